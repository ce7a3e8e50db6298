"""One person, many accounts: linked by a verified address or an Entra object id, and by nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bot.domain.audit import Entry
from bot.domain.people import Account, Person, Standing
from bot.store.database import Database
from bot.store.people import BY_BOTH, LINKED, REFUSED, UNLINKED
from bot.store.tables import account as accounts
from bot.store.tables import person as persons
from bot.store.transaction import Transaction
from tests.databases import Clock

ENTRA = "3f2c7d1e-5b64-4c0a-9a41-2d8f6e0b1c97"
OTHER = "11111111-5b64-4c0a-9a41-2d8f6e0b1c97"
SLACK = Account("slack", "U1", "T1", name="Ada", email="ada@example.org")
TEAMS = Account("teams", ENTRA, "tenant", name="Ada Lovelace", email="ada@example.org")
GRACE = Account("slack", "U2", "T1", name="Grace", email="grace@example.org")


def met(database: Database, account: Account) -> str:
    return noted(database, account)[0]


def noted(database: Database, account: Account) -> tuple[str, list[Entry]]:
    def meet(unit: Transaction) -> tuple[str, list[Entry]]:
        return unit.people.meet(account), unit.people.noticed

    return database.write_now(meet)


def changes(database: Database, account: Account) -> list[tuple[str, str]]:
    return [(entry.action, entry.subject) for entry in noted(database, account)[1]]


def count(database: Database) -> int:
    return database.read_now(lambda unit: unit.connection.scalar(select(func.count()).select_from(persons)) or 0)


def same(database: Database, one: Account, other: Account) -> bool:
    return database.read_now(lambda unit: unit.people.same_human(one, other))


def test_one_address_on_both_platforms_is_one_person(database: Database) -> None:
    assert met(database, SLACK) == met(database, TEAMS) != ""
    assert same(database, SLACK, TEAMS)
    assert count(database) == 1


def test_whose_an_account_will_be_can_be_told_before_it_is_met(database: Database) -> None:
    def foreseen(account: Account) -> str:
        return database.read_now(lambda unit: unit.people.foreseen(account))

    assert foreseen(SLACK) == "slack:U1"
    assert count(database) == 0
    ada = met(database, TEAMS)
    assert foreseen(SLACK) == foreseen(replace(TEAMS, email="")) == foreseen(TEAMS) == ada
    assert foreseen(replace(TEAMS, id=OTHER)) == ""  # her address, another Entra id
    assert foreseen(replace(SLACK, email="")) == foreseen(replace(SLACK, standing=Standing.GUEST)) == ""
    assert foreseen(GRACE) == "slack:U2"


def test_a_person_is_the_same_at_every_sight(database: Database, clock: Clock) -> None:
    first = met(database, SLACK)
    clock.advance(hours=1)
    assert met(database, replace(SLACK, name="Ada L.", room="C1")) == first
    row = database.read_now(lambda unit: unit.connection.execute(select(accounts)).one())
    assert (row.name, row.seen_at) == ("Ada L.", clock().replace(tzinfo=None))


def test_letters_in_lower_case_link_and_nothing_looser(database: Database) -> None:
    ada = met(database, SLACK)
    assert met(database, replace(TEAMS, email="ADA@Example.org")) == ada
    for number, email in enumerate(
        ["аda@example.org", "ada+1@example.org", "a.da@example.org", "ada@example.org.evil.example", "ada@exampIe.org"]
    ):
        assert met(database, Account("slack", f"U9{number}", "T1", email=email)) not in (ada, "")
    assert met(database, Account("slack", "U99", "T1", email="ada@example.org ")) == ""


def test_without_evidence_an_account_is_nobodys(database: Database) -> None:
    nameless = replace(SLACK, email="")
    assert met(database, nameless) == met(database, replace(nameless, id="U7")) == ""
    assert not same(database, nameless, replace(nameless, id="U7"))
    assert same(database, nameless, nameless)
    assert count(database) == 0


@pytest.mark.parametrize("standing", [Standing.GUEST, Standing.STRANGER])
def test_guests_and_strangers_are_linked_to_nobody(database: Database, standing: Standing) -> None:
    ada = met(database, TEAMS)
    assert met(database, replace(SLACK, standing=standing)) == ""
    assert not same(database, SLACK, TEAMS)
    assert met(database, TEAMS) == ada


def test_who_is_no_member_any_more_is_unlinked_and_back_when_they_are(database: Database) -> None:
    ada = met(database, SLACK)
    assert changes(database, replace(SLACK, standing=Standing.STRANGER)) == [(UNLINKED, "slack:U1")]
    assert changes(database, replace(SLACK, standing=Standing.STRANGER)) == []
    assert database.read_now(lambda unit: unit.people.person_of(SLACK)) == ""
    person, entries = noted(database, SLACK)
    assert (person, [entry.action for entry in entries]) == (ada, [LINKED])


def test_links_go_on_the_record_with_the_rule_and_the_address_beside_it(database: Database) -> None:
    person, (entry,) = noted(database, SLACK)
    assert entry == Entry(
        LINKED, "slack:U1", SLACK, {}, {"person": person}, "verified e-mail", words={"email": "ada@example.org"}
    )
    assert noted(database, SLACK)[1] == []
    assert noted(database, TEAMS)[1][0].rule == "Entra object id"


def test_an_entra_account_stays_of_its_person_when_the_address_changes(database: Database) -> None:
    ada = met(database, TEAMS)
    assert met(database, SLACK) == ada
    renamed = replace(TEAMS, email="ada.king@example.org")
    assert met(database, renamed) == ada
    assert met(database, SLACK) not in (ada, "")  # the old address is nobody's proof any more
    assert met(database, replace(SLACK, email="ada.king@example.org")) == ada


def test_somebody_with_a_new_address_is_one_person_whichever_platform_tells_first(database: Database) -> None:
    ada = met(database, TEAMS)
    assert met(database, SLACK) == ada
    assert met(database, replace(SLACK, email="ada.king@example.org")) not in (ada, "")
    person, entries = noted(database, replace(TEAMS, email="ada.king@example.org"))
    assert person == ada
    assert [(entry.action, entry.subject) for entry in entries] == [(UNLINKED, "slack:U1"), (LINKED, "slack:U1")]
    assert same(database, SLACK, TEAMS)


def test_a_slack_account_with_another_address_is_of_another_person(database: Database) -> None:
    ada, grace = met(database, SLACK), met(database, GRACE)
    assert changes(database, replace(SLACK, email="grace@example.org")) == [
        (UNLINKED, "slack:U1"),
        (LINKED, "slack:U1"),
    ]
    assert database.read_now(lambda unit: unit.people.person_of(SLACK)) == grace != ada


def test_an_address_that_goes_to_a_second_entra_account_links_it_to_nobody(database: Database) -> None:
    ada = met(database, TEAMS)
    second = replace(TEAMS, id=OTHER)
    person, (entry,) = noted(database, second)
    assert person == ""
    assert (entry.action, entry.rule) == (REFUSED, BY_BOTH)
    assert noted(database, second) == ("", [])  # told once
    assert not same(database, TEAMS, second)
    assert met(database, TEAMS) == ada
    assert met(database, replace(TEAMS, email="ada.king@example.org")) == ada
    assert met(database, second) not in (ada, "")  # the address is free


def test_an_entra_account_that_takes_another_ones_address_loses_its_link(database: Database) -> None:
    ada = met(database, TEAMS)
    grace = met(database, replace(TEAMS, id=OTHER, email="grace@example.org"))
    person, entries = noted(database, replace(TEAMS, id=OTHER))
    assert person == ""
    assert [entry.action for entry in entries] == [UNLINKED, REFUSED]
    assert met(database, TEAMS) == ada
    assert met(database, replace(TEAMS, id=OTHER, email="grace@example.org")) == grace


def test_an_entra_id_is_the_same_in_capitals(database: Database) -> None:
    assert met(database, replace(TEAMS, email="")) == met(database, replace(TEAMS, id=ENTRA.upper(), email=""))


def test_a_person_can_be_written_to_where_they_were_seen_last(database: Database, clock: Clock) -> None:
    met(database, SLACK)
    clock.advance(minutes=5)
    met(database, TEAMS)
    met(database, GRACE)
    rooms = database.read_now(lambda unit: unit.people.rooms_of("Ada@example.org"))
    assert rooms == (f"teams:{ENTRA}", "slack:U1")
    met(database, replace(TEAMS, standing=Standing.GUEST))
    assert database.read_now(lambda unit: unit.people.rooms_of("ada@example.org")) == ("slack:U1",)
    assert database.read_now(lambda unit: unit.people.rooms_of("")) == ()


def test_a_person_is_found_by_id_address_and_account(database: Database, clock: Clock) -> None:
    ada = met(database, SLACK)
    clock.advance(minutes=5)
    met(database, TEAMS)
    known = Person(ada, f"teams:{ENTRA}", "Ada Lovelace", "ada@example.org")
    assert database.read_now(lambda unit: unit.people.person(ada)) == known
    assert database.read_now(lambda unit: unit.people.find("Ada@example.org")) == known
    slack = database.read_now(lambda unit: unit.people.by_account("slack:U1"))
    assert slack == Person(ada, "slack:U1", "Ada", "ada@example.org")
    for nobody in ("", "nobody", "slack:U9", "slack:"):
        found = database.read_now(
            lambda unit, who=nobody: (unit.people.person(who), unit.people.find(who), unit.people.by_account(who))  # type: ignore[misc]
        )
        assert found == (None, None, None)


def test_a_person_whose_accounts_are_all_of_others_now_is_still_known(database: Database) -> None:
    ada = met(database, SLACK)
    met(database, replace(SLACK, standing=Standing.GUEST))
    assert database.read_now(lambda unit: unit.people.person(ada)) == Person(ada, email="ada@example.org")
    guest = database.read_now(lambda unit: unit.people.by_account("slack:U1"))
    assert guest == Person("", "slack:U1", "Ada", "ada@example.org")


def test_the_accounts_of_a_person_are_told_as_they_were_met_last(database: Database, clock: Clock) -> None:
    ada = met(database, replace(SLACK, room="C1", groups=frozenset({"slack:S1"})))
    clock.advance(minutes=5)
    met(database, TEAMS)
    met(database, GRACE)
    found = database.read_now(lambda unit: unit.people.accounts(ada))
    assert [(each, each.standing, each.name, each.email, each.room) for each in found] == [
        (TEAMS, Standing.MEMBER, "Ada Lovelace", "ada@example.org", ""),
        (SLACK, Standing.MEMBER, "Ada", "ada@example.org", ""),
    ]
    assert database.read_now(lambda unit: unit.people.accounts("")) == ()


def test_many_accounts_are_looked_up_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.people.AT_ONCE", 2)
    ada, grace = met(database, SLACK), met(database, GRACE)
    met(database, TEAMS)
    met(database, replace(GRACE, id="U3", standing=Standing.GUEST))
    named = ["slack:U1", f"teams:{ENTRA}", "slack:U2", "slack:U3", "slack:U9", "", "nobody", "slack:U1"]
    found = database.read_now(lambda unit: unit.people.linked(named))
    assert found == {"slack:U1": ada, f"teams:{ENTRA}": ada, "slack:U2": grace}
    assert database.read_now(lambda unit: unit.people.linked([])) == {}


def test_first_sights_at_the_same_time_make_one_person(database: Database) -> None:
    several = [SLACK, TEAMS, *(replace(SLACK, id=f"U{number}") for number in range(20, 40))] * 3

    async def all_at_once() -> list[str]:
        return await asyncio.gather(
            *(database.write(lambda unit, one=one: unit.people.meet(one)) for one in several)  # type: ignore[misc]
        )

    assert len(set(asyncio.run(all_at_once()))) == 1
    assert count(database) == 1
