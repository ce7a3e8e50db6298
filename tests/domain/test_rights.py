"""Who may decide, and every way in which somebody may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.absences import Absence, Delegation, away
from bot.domain.governance import Seat
from bot.domain.people import Account, Person, Standing
from bot.domain.rights import Right, Voter, could_speak, entitled, in_words, known, may_decide
from bot.errors import (
    DelegateSpoke,
    FactsTooOld,
    FaultyFields,
    MembersDecide,
    NotYourSeat,
    OwnRequest,
    RoleLost,
    SeatTaken,
    UnlinkedDecides,
)
from tests.domain.cast import ADA, ALAN, DORA, GRACE, MONDAY, PAT, RULES, SAM, rules, voter

THREE = (Seat("architect"), Seat("platform"), Seat("security"))
GRACES = GRACE.as_person


def right(
    who: Voter,
    seats: Sequence[Seat] = THREE,
    spoken: Sequence[Right] = (),
    asker: Person = GRACES,
    now: datetime = MONDAY,
) -> Right:
    return may_decide(who, asker, seats, spoken, now=now, id_="EX-7")


def delegation(
    of: Voter, to: Voter, *, roles: frozenset[str] | None = None, until: date = date(2026, 11, 27)
) -> Delegation:
    absence = away(of.as_person, until, to.as_person, MONDAY, RULES.calendar)
    return Delegation(absence, of.roles if roles is None else roles)


def test_who_holds_a_role_of_an_open_seat_may() -> None:
    assert right(ADA) == Right(ADA.as_person, frozenset({"architect"}))


@pytest.mark.parametrize("standing", [Standing.GUEST, Standing.STRANGER])
def test_guests_strangers_bots_and_deactivated_people_never_decide(standing: Standing) -> None:
    with pytest.raises(MembersDecide):
        right(voter("ada", standing=standing))


def test_an_account_that_is_linked_to_nobody_does_not_decide() -> None:
    with pytest.raises(UnlinkedDecides, match="whose account this is, and EX-7 needs a known person"):
        right(voter("ada", person=""))


def test_of_an_account_alone_nothing_is_known() -> None:
    alone = Voter(Account("slack", "U1"))
    assert (alone.as_person, alone.roles, alone.delegations) == (Person("", "slack:U1"), frozenset(), ())
    with pytest.raises(UnlinkedDecides):
        right(alone)


@pytest.mark.parametrize("age", [None, 60.001, 3600, -1])
def test_facts_older_than_a_minute_or_from_the_future_decide_nothing(age: float | None) -> None:
    with pytest.raises(FactsTooOld, match="press the button again"):
        right(voter("ada", age=age))


@pytest.mark.parametrize("age", [0, 60])
def test_facts_of_a_minute_are_fresh(age: float) -> None:
    assert right(voter("ada", age=age))


def test_nobody_decides_on_their_own_request() -> None:
    with pytest.raises(OwnRequest, match="EX-7 is your own request, from whichever account"):
        right(ADA, asker=ADA.as_person)


def test_nobody_decides_on_their_own_request_from_another_account() -> None:
    in_teams = replace(ADA, account=Account("teams", "29:ada", "tenant"))
    with pytest.raises(OwnRequest):
        right(in_teams, asker=ADA.as_person)
    same_address = replace(ADA, person="p-another")
    with pytest.raises(OwnRequest):
        right(same_address, asker=Person("p-ada", email="ADA@example.org"))


def test_nobody_decides_on_what_they_asked_for_before_their_account_was_linked() -> None:
    with pytest.raises(OwnRequest):
        right(ADA, asker=Person("", "slack:U-ada"))


def test_two_people_of_whom_nothing_is_known_are_not_the_same() -> None:
    assert not Person("").same_human_as(Person(""))
    assert right(ADA, asker=Person("", "", "Somebody"))


def test_who_speaks_for_none_of_the_seats_is_told_who_does() -> None:
    with pytest.raises(
        NotYourSeat, match=r"^EX-7 is decided by architect, platform and security, and you hold no such role now"
    ):
        right(DORA)


def test_who_lost_the_role_before_the_click_is_refused() -> None:
    with pytest.raises(NotYourSeat):
        right(voter("ada", roles=set()))


def test_a_voice_that_was_given_stays_when_its_role_is_lost_and_cannot_be_changed() -> None:
    before = right(ADA)
    with pytest.raises(RoleLost, match=r"You do not speak for architect any more\. What you said on EX-7 before stays"):
        right(voter("ada", roles=set()), spoken=[before])
    with pytest.raises(SeatTaken):
        right(ALAN, spoken=[before])


def test_a_seat_that_is_filled_is_not_filled_again() -> None:
    with pytest.raises(
        SeatTaken, match=r"The seats of architect on EX-7 are filled already\. It waits for platform and security"
    ):
        right(ALAN, spoken=[right(ADA)])


def test_beside_voices_that_cannot_all_sit_there_is_no_room_for_another() -> None:
    one = (Seat("architect"),)
    with pytest.raises(SeatTaken):
        right(voter("dora", roles={"architect"}), one, [right(ADA, one), right(ALAN, one)])


def test_one_person_in_two_groups_of_a_role_counts_once() -> None:
    two = (Seat("architect", 2),)
    both = rules("roles: {architect: {slack_groups: [S1, S2], people: [ada@example.org]}}\n")
    held = both.roles_of("ada@example.org", {"slack:S1", "slack:S2"})
    first = right(voter("ada", roles=held), two)
    again = right(voter("ada", platform="teams", roles=held), two, [first])
    assert again.roles == first.roles == {"architect"}  # their own voice gave way to itself: it is one
    assert right(ALAN, two, [first])


def test_who_holds_two_roles_takes_the_one_that_another_cannot() -> None:
    both = (Seat("architect"), Seat("director"))
    dora = right(voter("dora", roles={"architect", "director"}), both)
    assert dora.roles == {"architect", "director"}
    assert right(ADA, both, [dora])  # Dora moves to the director's seat
    with pytest.raises(SeatTaken):
        right(ALAN, both, [dora, right(ADA, both, [dora])])


def test_roles_without_a_seat_play_no_part() -> None:
    assert right(voter("ada", roles={"architect", "director"})).roles == {"architect"}


def test_a_delegate_speaks_for_who_is_away() -> None:
    alan = voter("alan", roles=set(), delegations=(delegation(SAM, ALAN),))
    assert right(alan) == Right(alan.as_person, frozenset({"security"}), SAM.as_person)


def test_a_delegate_speaks_only_while_the_other_one_is_away() -> None:
    alan = voter("alan", roles=set(), delegations=(delegation(SAM, ALAN, until=date(2026, 11, 27)),))
    midnight = datetime(2026, 11, 28, tzinfo=UTC)
    assert right(alan, now=midnight - timedelta(microseconds=1))
    assert right(alan, now=MONDAY)
    for moment in (midnight, MONDAY - timedelta(microseconds=1)):
        with pytest.raises(NotYourSeat):
            right(alan, now=moment)


def test_a_delegate_who_has_a_seat_of_their_own_takes_that_one() -> None:
    alan = replace(ALAN, delegations=(delegation(SAM, ALAN),))
    assert right(alan).speaks_for is None
    ada = right(ADA)
    assert right(alan, spoken=[ada]).speaks_for == SAM.as_person


def test_a_delegate_never_fills_two_seats() -> None:
    alan = replace(ALAN, delegations=(delegation(SAM, ALAN),))
    own = right(alan)
    again = right(alan, spoken=[own])
    assert again == own  # the one voice that they have
    with pytest.raises(SeatTaken):
        right(ADA, spoken=[own])


def test_a_delegate_of_two_fills_one_seat() -> None:
    alan = voter("alan", roles=set(), delegations=(delegation(SAM, ALAN), delegation(PAT, ALAN)))
    first = right(alan)
    assert first.speaks_for == PAT.as_person  # in the order of their ids
    assert right(alan, spoken=[first]).speaks_for == PAT.as_person


def test_nobody_speaks_for_the_asker() -> None:
    alan = voter("alan", roles=set(), delegations=(delegation(SAM, ALAN),))
    with pytest.raises(NotYourSeat):
        right(alan, asker=SAM.as_person)


def test_a_delegate_does_not_decide_on_a_request_of_their_own() -> None:
    alan = voter("alan", roles=set(), delegations=(delegation(SAM, ALAN),))
    with pytest.raises(OwnRequest):
        right(alan, asker=alan.as_person)


def test_who_has_spoken_has_no_second_voice_through_their_delegate() -> None:
    two = (Seat("security", 2),)
    alan = voter("alan", roles=set(), delegations=(delegation(SAM, ALAN),))
    with pytest.raises(SeatTaken):
        right(alan, two, [right(SAM, two)])


def test_who_was_spoken_for_has_no_second_voice_when_they_are_back() -> None:
    two = (Seat("security", 2),)
    alan = voter("alan", roles=set(), delegations=(delegation(SAM, ALAN),))
    with pytest.raises(DelegateSpoke, match="Alan has spoken on EX-7 for you while you were away"):
        right(SAM, two, [right(alan, two)])


def test_a_delegates_voice_takes_away_nobody_elses() -> None:
    two = (Seat("security", 2),)
    alan = voter("alan", roles=set(), delegations=(delegation(SAM, ALAN),))
    pat = voter("pat", roles={"security"})
    assert right(pat, two, [right(alan, two)]).by == pat.as_person


def test_who_is_away_can_still_speak() -> None:
    assert right(SAM).roles == {"security"}


def test_a_delegate_hands_nothing_on() -> None:
    alan = voter("alan", roles=set(), delegations=(delegation(SAM, ALAN),))
    pat = voter("pat", roles=set(), delegations=(delegation(alan, PAT),))
    with pytest.raises(NotYourSeat):
        right(pat)


def test_somebody_elses_delegation_is_none() -> None:
    with pytest.raises(NotYourSeat):
        right(voter("dora", delegations=(delegation(SAM, ALAN),)))
    alone = Absence(SAM.as_person, MONDAY, date(2026, 11, 27), MONDAY + timedelta(days=4))
    with pytest.raises(NotYourSeat):
        right(voter("dora", delegations=(Delegation(alone, SAM.roles),)))


def test_who_lost_their_role_while_away_hands_nothing_on() -> None:
    alan = voter("alan", roles=set(), delegations=(delegation(SAM, ALAN, roles=frozenset()),))
    with pytest.raises(NotYourSeat):
        right(alan)


@pytest.mark.parametrize("trouble", [{"standing": Standing.GUEST}, {"person": ""}, {"age": 61.0}])
def test_a_delegate_is_looked_at_as_anybody(trouble: dict[str, object]) -> None:
    alan = voter("alan", delegations=(delegation(SAM, ALAN),), **trouble)  # type: ignore[arg-type]  # a table
    with pytest.raises((MembersDecide, UnlinkedDecides, FactsTooOld)):
        right(alan)


def test_an_absence_lasts_until_the_end_of_its_last_day_there() -> None:
    summer = datetime(2026, 7, 1, 9, tzinfo=UTC)
    absence = away(SAM.as_person, date(2026, 7, 3), None, summer, RULES.calendar)
    assert absence.ends == datetime(2026, 7, 3, 23, tzinfo=UTC)
    assert absence.lasts(summer)
    assert not absence.lasts(absence.ends)


@pytest.mark.parametrize(
    ("until", "delegate", "sentence"),
    [
        (date(2026, 11, 22), None, "2026-11-22 is past"),
        (date(2027, 11, 25), None, "more than a year away"),
        (date(2026, 11, 27), SAM.as_person, "You cannot be your own delegate"),
        (date(2026, 11, 27), Person("", "slack:U9"), "I do not know whose account your delegate's is"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(until: date, delegate: Person | None, sentence: str) -> None:
    with pytest.raises(FaultyFields, match=sentence):
        away(SAM.as_person, until, delegate, MONDAY, RULES.calendar)


def test_all_that_makes_no_sense_in_an_absence_is_said_at_once() -> None:
    with pytest.raises(FaultyFields, match=r"last day of your absence\. You cannot be your own delegate"):
        away(SAM.as_person, date(2026, 11, 22), SAM.as_person, MONDAY, RULES.calendar)


@pytest.mark.parametrize("until", [date(2026, 11, 23), date(2027, 11, 24)])
def test_an_absence_may_be_of_a_day_or_a_year(until: date) -> None:
    assert away(SAM.as_person, until, None, MONDAY, RULES.calendar).until == until


def test_entitled_is_who_could_fill_a_seat_whoever_has_spoken() -> None:
    assert entitled(ALAN, GRACES, THREE, now=MONDAY, id_="EX-7") == (Right(ALAN.as_person, frozenset({"architect"})),)


def test_who_could_speak_is_known_as_far_as_the_file_tells() -> None:
    seats = (Seat("architect", 2), Seat("director"))
    known_ones = rules(
        "roles: {architect: {people: [ada@example.org, dora@example.org]}, director: {people: [dora@example.org]}}\n"
    )
    assert could_speak(known_ones, seats, []) == ({"architect"}, {"architect", "director"})
    assert could_speak(known_ones, seats, [Person("", email="Dora@Example.org"), Person("p-x")]) == ({"architect"},)
    in_groups = rules("roles: {architect: {slack_groups: [S1]}, director: {people: [dora@example.org]}}\n")
    assert could_speak(in_groups, seats, []) == ({"director"}, {"architect"}, {"architect"})


def test_people_are_written_down_with_what_makes_them_known() -> None:
    assert known(ADA, "EX-7") == Person("p-ada", "slack:U-ada", "Ada", "ada@example.org")


@pytest.mark.parametrize(
    ("person", "shown"),
    [
        (Person("p", "slack:U1", "Ada", "a@x.y"), "Ada"),
        (Person("p", "slack:U1", "", "a@x.y"), "a@x.y"),
        (Person("p", "slack:U1"), "slack:U1"),
        (Person("p"), "somebody"),
    ],
)
def test_a_person_is_called_by_the_best_name_there_is(person: Person, shown: str) -> None:
    assert str(person) == shown


def test_lists_read_as_one_writes_them() -> None:
    assert in_words([]) == "nobody"
    assert in_words(["a"]) == "a"
    assert in_words(["b", "a", "b"]) == "b and a"
    for unordered in (set("edcba"), frozenset("edcba")):
        assert in_words(unordered) == "a, b, c, d and e"
