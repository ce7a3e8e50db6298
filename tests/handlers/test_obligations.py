"""What decisions demand afterwards: given, told, reminded of, overdue, handed on, closed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cards.model import Card, Form, Reply
from bot.domain.commands import understand
from bot.domain.governance import Role
from bot.domain.obligations import Kind, Obligation, Wanted
from bot.domain.people import Account, Standing
from bot.store.database import Database
from handlers.obligations import oblige
from tests.databases import Clock
from tests.domain.cast import MONDAY, RULES
from tests.handlers.newsroom import OPS
from tests.handlers.office import ADA, ALAN, DORA, GRACE, PAT, PAT_IN_TEAMS, SAM, Office, person, text_of

FRIDAY = date(2026, 12, 4)
DEMAND = {
    "condition:1:text": "Encrypt the exports.",
    "condition:1:owner": "pat@example.org",
    "condition:1:due": "2026-12-04",
}
LED = replace(RULES, roles={**RULES.roles, "platform": Role(("pat@example.org",), lead="dora@example.org")})


@pytest.fixture
def office(tmp_path: Path, database: Database, clock: Clock) -> Office:
    clock.now = MONDAY
    found = Office(tmp_path / "knowledge", database, clock)
    found.governance = LED
    return found


def give(office: Office, *wanted: Wanted, subject: str = "RV-3", by: Account | None = GRACE) -> Sequence[Obligation]:
    wanted = wanted or (Wanted("Load test it.", "pat@example.org", FRIDAY, Kind.FOLLOW_UP),)
    return office.database.write_now(lambda unit: oblige(subject, "Checkout on Kafka", wanted, by, office.desk(unit)))


def one(office: Office, id_: str = "OB-1") -> Obligation:
    found = office.database.read_now(lambda unit: unit.obligations.get(id_))
    assert found
    return found


def say(office: Office, by: Account, line: str) -> Reply:
    return office.does(understand(line, by, office.shelf.knows))


def says(office: Office, by: Account, line: str) -> str:
    return text_of(say(office, by, line))


def records(office: Office, action: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [json.loads(body) for body in office.recorded()]
    return [entry for entry in found if entry["action"] == action]


def later(office: Office, moment: datetime) -> None:
    """That moment comes, and what falls due until then happens in its order."""
    while due := [at.replace(tzinfo=UTC) for at in office.timers("obligation").values()]:
        if min(due) > moment:
            break
        office.clock.now = max(min(due), office.clock.now)
        office.fall_due()
    office.clock.now = moment
    office.fall_due()


def test_each_owner_is_told_of_their_own_and_it_is_on_the_record(office: Office) -> None:
    found = give(
        office,
        Wanted("Load test it.", "Pat@Example.org", FRIDAY),
        Wanted("Assess it.", "sam@example.org", FRIDAY, Kind.ASSESSMENT),
    )
    assert [(each.id, each.number, each.owner, each.kind) for each in found] == [
        ("OB-1", 1, "pat@example.org", Kind.CONDITION),
        ("OB-2", 2, "sam@example.org", Kind.ASSESSMENT),
    ]
    assert found[0].ends == datetime(2026, 12, 5, tzinfo=UTC)
    (card,) = office.heard(str(PAT))
    assert "You are to see to OB-1, by 4 December 2026." in text_of(card)
    assert "Condition of RV-3 · Checkout on Kafka · asked for by Grace" in text_of(card)
    assert [button.label for button in card.buttons] == ["Close", "Transfer", "Show"]
    assert "OB-2" in office.said(str(SAM))
    given = records(office, "obligation.given")
    assert [(each["subject"], each["after"]["follows"]) for each in given] == [("OB-1", "RV-3"), ("OB-2", "RV-3")]
    assert "example.org" not in json.dumps(given)
    assert [*office.timers("obligation")] == ["OB-1:overdue", "OB-1:soon", "OB-2:overdue", "OB-2:soon"]


def test_numbers_go_on_where_a_subject_has_some(office: Office) -> None:
    give(office)
    assert [each.number for each in give(office)] == [2]
    assert [each.number for each in give(office, subject="INC-1")] == [1]
    assert give(office, subject="RV-9")
    assert office.database.write_now(lambda unit: oblige("RV-9", "", (), None, office.desk(unit))) == ()


def test_operators_hear_of_an_owner_whom_nobody_has_met(office: Office) -> None:
    give(office, Wanted("Do it.", "stranger@example.org", FRIDAY))
    assert "You are to see to OB-1" in office.said(OPS)


def test_it_is_reminded_of_overdue_to_the_lead_and_again_each_week(office: Office) -> None:
    office.subscribe("slack:C0NEWS", "obligations owner:pat@example.org")
    office.subscribe("slack:C0OTHER", "obligations owner:sam@example.org")
    give(office)
    later(office, datetime(2026, 12, 3, 9, tzinfo=UTC))
    assert "OB-1 is due on 4 December 2026." in office.said(str(PAT))
    later(office, datetime(2026, 12, 5, 0, tzinfo=UTC))
    assert one(office).overdue_at == datetime(2026, 12, 5, tzinfo=UTC)
    for room in (str(PAT), str(DORA)):
        assert "OB-1 is overdue since 4 December 2026. pat@example.org was to see to it." in office.said(room)
    assert "overdue" in office.said("slack:C0NEWS")
    assert not office.heard("slack:C0OTHER")
    assert office.labels(str(DORA)) == [["Close", "Transfer", "Show"]]
    assert len(records(office, "obligation.overdue")) == 1
    cards = len(office.heard(str(PAT)))
    later(office, datetime(2026, 12, 14, 9, tzinfo=UTC))
    assert len(office.heard(str(PAT))) == cards + 1
    assert "OB-1 is still overdue, since 4 December 2026." in office.said(str(PAT))
    later(office, datetime(2026, 12, 21, 9, tzinfo=UTC))
    assert len(office.heard(str(PAT))) == cards + 2
    assert len(office.heard(str(DORA))) == 1


def test_whoever_asked_hears_that_it_is_overdue_where_the_owner_has_no_lead(office: Office) -> None:
    give(office, Wanted("Do it.", "sam@example.org", FRIDAY))
    later(office, datetime(2026, 12, 5, tzinfo=UTC))
    assert "OB-1 is overdue" in office.said(str(GRACE))


def test_its_owner_closes_it_with_evidence_on_the_other_platform(office: Office) -> None:
    office.subscribe("slack:C0NEWS", "obligations")
    give(office)
    form = office.press(PAT_IN_TEAMS, office.button(str(PAT), "Close"))
    assert isinstance(form, Form)
    assert form.title == "Close OB-1"
    faulty = office.send(form, PAT_IN_TEAMS, {"evidence": "  "})
    assert isinstance(faulty, Form)
    assert faulty.faults == {"evidence": "Say what shows that it is done: a link, a change, a test."}
    told = office.send(form, PAT_IN_TEAMS, {"evidence": "https://tests.example.org/7"})
    assert "OB-1 is closed, with what you gave as evidence." in text_of(told)
    met = one(office)
    assert (met.evidence, met.met_by, met.met_at) == ("https://tests.example.org/7", "teams:29:pat", MONDAY)
    (card,) = office.heard(str(PAT))
    assert "OB-1 is closed by Pat, on 23 November 2026." in text_of(card)
    assert "https://tests.example.org/7" in text_of(card)
    assert [button.label for button in card.buttons] == ["Show"]
    assert "OB-1 is closed by Pat" in office.said("slack:C0NEWS")
    (entry,) = records(office, "obligation.closed")
    assert (entry["before"], entry["after"]) == ({"is": "open"}, {"is": "met"})
    assert "tests.example.org" not in json.dumps(entry)
    later(office, datetime(2027, 1, 31, tzinfo=UTC))
    assert len(office.heard(str(PAT))) == 1
    assert "OB-1 is closed already: nothing was changed." in says(office, PAT, "close OB-1 again")


@pytest.mark.parametrize("who", [GRACE, DORA], ids=["whoever asked for it", "the owner's lead"])
def test_others_who_may_close_it(office: Office, who: Account) -> None:
    give(office)
    assert "is closed" in says(office, who, "close ob-01 Seen it run.")
    assert one(office).evidence == "Seen it run."


def test_nobody_else_closes_it_and_the_attempt_is_on_the_record(office: Office) -> None:
    give(office)
    told = says(office, SAM, "close OB-1 It is fine.")
    assert told.startswith(
        "OB-1 is for pat@example.org to close or hand on, for their lead, or for whoever asked for it."
    )
    assert "OB-1 is for pat@example.org" in says(office, SAM, "close OB-1")
    assert "OB-1 is for pat@example.org" in says(office, SAM, "transfer OB-1 to sam@example.org")
    assert one(office).met_at is None
    assert [each["after"]["tried"] for each in records(office, "obligation.refused")] == ["Close", "Transfer"]


def test_guests_neither_see_nor_close_what_is_due(office: Office) -> None:
    give(office)
    guest = replace(person("pat"), standing=Standing.GUEST)
    for line in ("obligations", "obligations mine", "show OB-1", "close OB-1 Done.", "transfer OB-1 sam@example.org"):
        assert says(office, guest, line).startswith("Only members of this organisation see what is due here.")


def test_it_is_handed_on_and_the_new_owner_is_told(office: Office) -> None:
    give(office)
    form = office.press(PAT, office.button(str(PAT), "Transfer"))
    assert isinstance(form, Form)
    for words, fault in (
        ("sam", "“sam” names nobody"),
        ("nobody@example.org", "I have not met nobody@example.org yet"),
        ("pat@example.org", "pat@example.org sees to it already"),
    ):
        faulty = office.send(form, PAT, {"owner": words})
        assert isinstance(faulty, Form)
        assert faulty.faults["owner"].startswith(fault)
    told = office.send(form, PAT, {"owner": "Sam@example.org"})
    assert "OB-1 is for sam@example.org to see to from now on; they are told." in text_of(told)
    assert one(office).owner == "sam@example.org"
    (before,) = office.heard(str(PAT))
    assert "OB-1 is for sam@example.org to see to now." in text_of(before)
    assert [button.label for button in before.buttons] == ["Show"]
    assert "You are to see to OB-1" in office.said(str(SAM))
    assert "OB-1 is for sam@example.org to close" in says(office, PAT, "close OB-1 Done.")
    later(office, datetime(2026, 12, 3, 9, tzinfo=UTC))
    assert "OB-1 is due on 4 December" in office.said(str(SAM))
    (entry,) = records(office, "obligation.transferred")
    assert "example.org" not in json.dumps(entry)
    assert "pat@example.org to see to from now on" in says(office, SAM, "transfer OB-1 @UPAT")
    assert office.labels(str(PAT)) == [["Close", "Transfer", "Show"]] * 2
    assert "You are to see to OB-1" in office.said(str(PAT))


def test_what_is_due_is_listed_with_what_is_overdue_first(office: Office) -> None:
    give(office, Wanted("Late.", "sam@example.org", date(2026, 11, 24)), Wanted("Soon.", "pat@example.org", FRIDAY))
    give(office, *(Wanted(f"Step {n}.", "ada@example.org", date(2027, 1, n)) for n in range(1, 12)), subject="INC-1")
    assert "13 obligations, 1 to 10" in says(office, GRACE, "obligations")
    later(office, datetime(2026, 11, 26, tzinfo=UTC))
    card = say(office, GRACE, "obligations")
    assert isinstance(card, Card)
    told = text_of(card)
    assert "1 overdue" in told
    assert told.index("OB-1 · overdue since 24 November 2026 · “Late.” · sam@example.org · RV-3") < told.index(
        "OB-2 · by"
    )
    more = office.press(GRACE, next(button for button in card.buttons if button.label == "More"))
    assert "11 to 13" in text_of(more)
    assert "OB-13" in text_of(more)
    mine = say(office, PAT_IN_TEAMS, "obligations mine")
    assert isinstance(mine, Card)
    assert "1 obligation\n" in text_of(mine)
    assert "OB-2" in text_of(mine)
    assert [button.label for button in mine.buttons] == ["Close OB-2"]
    assert "OB-1" in says(office, GRACE, "obligations overdue")
    assert "Nothing is due from you." in says(office, ALAN, "obligations mine")
    says(office, SAM, "close OB-1 Done late.")
    assert "Nothing is overdue." in says(office, GRACE, "obligations overdue")
    assert "Closed by Sam on 26 November 2026." in says(office, GRACE, "show OB-1")


def test_a_condition_of_a_waiver_is_closed_from_the_list(office: Office) -> None:
    office.subscribe("slack:C0NEWS", "obligations service:payments")
    id_ = office.ask().id
    office.decide(ADA, "slack:C0ARCH", "Approve with conditions", **DEMAND)
    listed = say(office, PAT, "obligations mine")
    assert isinstance(listed, Card)
    assert f"OB-1 · by 4 December 2026 · “Encrypt the exports.” · pat@example.org · {id_}" in text_of(listed)
    shown = say(office, PAT, "show OB-1")
    assert isinstance(shown, Card)
    assert f"Condition of {id_} · exception to STD-001.1 for payments" in text_of(shown)
    assert [button.label for button in shown.buttons] == ["Close", "Transfer", f"Show {id_}"]
    form = office.press(PAT, listed.buttons[0])
    assert isinstance(form, Form)
    faulty = office.send(form, PAT, {"evidence": ""})
    assert isinstance(faulty, Form)
    assert "evidence" in faulty.faults
    told = text_of(office.send(form, PAT, {"evidence": "OPS-7"}))
    assert f"Condition 1 of {id_} is met" in told or "met" in told
    waiver = office.request(id_).waiver
    assert waiver
    assert waiver.conditions[0].met_at == MONDAY
    met = one(office)
    assert (met.met_at, met.evidence, met.met_by) == (MONDAY, "OPS-7", str(PAT))
    assert "OB-1 is closed by Pat" in office.said("slack:C0NEWS")
    assert "Nothing is due." in says(office, GRACE, "obligations")
    assert records(office, "exception_request.condition_met")


def test_a_condition_of_a_waiver_is_handed_on_in_the_request_too(office: Office) -> None:
    id_ = office.ask().id
    office.decide(ADA, "slack:C0ARCH", "Approve with conditions", **DEMAND)
    assert "Done" in office.labels(str(PAT))[-1]
    assert "OB-1 is for sam@example.org" in says(office, PAT, "transfer OB-1 to sam@example.org")
    waiver = office.request(id_).waiver
    assert waiver
    assert waiver.conditions[0].owner == "sam@example.org"
    assert one(office).owner == "sam@example.org"
    assert f"Condition 1 of {id_} is for sam@example.org to see to now." in office.said(str(PAT))
    assert office.labels(str(PAT))[-1] == ["Show"]
    assert f"You are to see to condition 1 of {id_}" in office.said(str(SAM))
    assert "Done" in office.labels(str(SAM))[-1]
    (entry,) = records(office, "exception_request.condition_transferred")
    assert entry["after"] == {"condition": 1, "obligation": "OB-1"}
    assert "example.org" not in json.dumps(entry)
    assert "is decided by architect" in says(office, DORA, "transfer OB-1 to dora@example.org")
    office.clock.now = datetime(2026, 12, 5, 1, tzinfo=UTC)
    office.fall_due()
    assert one(office).overdue_at
    assert "overdue" in office.said(str(SAM))
    assert "OB-1 · overdue since" in says(office, GRACE, "obligations overdue")


def test_conditions_of_a_waiver_that_has_ended_are_wanted_of_nobody(office: Office) -> None:
    office.ask()
    office.decide(ADA, "slack:C0ARCH", "Approve with conditions", **DEMAND)
    office.press(ADA, ("exception_step", "EX-1 revoke"), words="Not any more.")
    assert "Nothing is due." in says(office, GRACE, "obligations")
    assert "Not wanted any more: EX-1 has ended." in says(office, GRACE, "show OB-1")


def test_rooms_hear_of_a_service(office: Office) -> None:
    office.subscribe("slack:C0PAY", "obligations service:payments")
    office.subscribe("slack:C0SEARCH", "obligations service:search digest daily")
    office.ask()
    office.decide(ADA, "slack:C0ARCH", "Approve with conditions", **DEMAND)
    office.clock.advance(days=13)
    office.fall_due()
    assert "OB-1 is overdue since 4 December 2026." in office.said("slack:C0PAY")
    assert not office.heard("slack:C0SEARCH")


def test_a_timer_that_comes_late_or_for_nothing_changes_nothing(office: Office) -> None:
    give(office)
    office.clock.now = MONDAY + timedelta(days=30)  # nothing ran for a month
    office.fall_due()
    assert [card.summary for card in office.heard(str(DORA))] == ["OB-1 is overdue since 4 December 2026."]
    assert [*office.timers("obligation")] == ["OB-1:again:2026-12-30"]


def test_hostile_words_stay_words(office: Office) -> None:
    give(office, Wanted("<!channel> *x* [y](https://evil.example)\0\ud800", "<@U1>", FRIDAY))
    assert "<!channel> *x*" in says(office, GRACE, "show OB-1")
    assert "OB-1" in says(office, GRACE, "obligations")


def test_of_many_who_close_it_at_once_one_does(office: Office) -> None:
    give(office)
    office.clock.now = datetime(2026, 12, 5, 1, tzinfo=UTC)
    with ThreadPoolExecutor(5) as pool:
        due = pool.submit(office.fall_due)
        told = [*pool.map(lambda number: says(office, GRACE, f"close OB-1 Look {number}."), range(8))]
        due.result()
    assert sum("is closed, with what you gave" in each for each in told) == 1
    assert sum("is closed already" in each for each in told) == 7
    assert len(records(office, "obligation.closed")) == 1
    assert [button for labels in office.labels(str(PAT)) for button in labels if button != "Show"] == []


def test_decisions_at_once_do_not_wait_for_each_other_in_a_circle(office: Office) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(lambda number: give(office, subject=f"RV-{number}"), range(1, 9))]
    assert sorted(each.number for one in found for each in one) == [1] * 8
    assert len({each.id for one in found for each in one}) == 8
