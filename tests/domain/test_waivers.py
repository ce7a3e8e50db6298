"""What becomes of a waiver: its end, its conditions, who revokes it, what follows it, and what the record says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain import waivers
from bot.domain.exception_requests import Ballot, Choice, ExceptionRequest, Stage, State
from bot.domain.exception_steps import Happened, Step, facts
from bot.domain.people import Person, Standing
from bot.domain.rights import Voter
from bot.errors import (
    AlreadySpoken,
    FaultyFields,
    MembersDecide,
    NothingAsked,
    NotYourSeat,
    NoWaiver,
    OlderRevision,
    OwnRequest,
    RequestOver,
    SeatTaken,
    UnknownCondition,
    UnlinkedDecides,
)
from tests.domain.cast import (
    ADA,
    ALAN,
    DORA,
    GRACE,
    MODERATE,
    MONDAY,
    PAT,
    SAM,
    approved,
    demand,
    due,
    granted,
    happened,
    say,
    submitted,
    voter,
    with_condition,
)

MOMENT, DAY = timedelta(microseconds=1), timedelta(days=1)
OVER = datetime(2027, 1, 1, tzinfo=UTC)  # the end of the 31st of December in London
LATE = datetime(2026, 12, 5, tzinfo=UTC)  # the end of the day by which the condition is due


def keep(request: ExceptionRequest, who: Voter, now: datetime = LATE, **other: str) -> Step:
    return waivers.keep(request, who, now, **({"digest": request.digest} | other))


def faults(act: Callable[..., Step], *given: object) -> dict[str, str]:
    """What is wrong with a form."""
    with pytest.raises(FaultyFields) as caught:
        act(*given)
    told = caught.value.facts["fields"]
    assert isinstance(told, tuple)
    return {fault.field: fault.sentence for fault in told}


def words(step: Step) -> dict[str, str]:
    """Those that go on the record with it, but for blanks around them."""
    assert step.entry is not None
    return {name: text.strip() for name, text in step.entry.words.items()}


def escalated(request: ExceptionRequest) -> ExceptionRequest:
    assert request.clock is not None
    assert request.clock.escalate is not None
    return happened(due(request, f"escalate:{request.round}", request.clock.escalate)).request


def overdue(*day: date) -> ExceptionRequest:
    return happened(due(with_condition(*day), "condition:1:2026-12-04", LATE)).request


def overdue_with_three_seats() -> ExceptionRequest:
    request = submitted(answers=MODERATE)
    request = say(request, ADA, Choice.APPROVE_WITH_CONDITIONS).request
    request = say(say(request, SAM).request, PAT).request
    return happened(due(request, "condition:1:2026-12-04", LATE)).request


# Its end


def test_a_waiver_is_in_force_from_approval_to_the_end_of_its_last_day() -> None:
    request = approved()
    waiver = request.waiver
    assert waiver is not None
    assert [waiver.in_force(at) for at in (MONDAY - MOMENT, MONDAY, OVER - MOMENT, OVER)] == [False, True, True, False]
    assert due(request, "expire:2026-12-31", OVER - MOMENT) is None
    step = happened(due(request, "expire:2026-12-31", OVER))
    assert (step.happened, step.request.status, step.request.stage) == (Happened.EXPIRED, "expired", Stage.APPROVED)
    assert due(step.request, "expire:2026-12-31", OVER) is None  # once
    assert step.entry is not None
    assert (step.entry.by, step.entry.action) == (None, "exception_request.expired")
    after = step.request.waiver
    assert after is not None
    assert [after.in_force(at) for at in (MONDAY, OVER - MOMENT, OVER)] == [True, True, False]


def test_an_expiry_that_comes_late_ends_nothing_later() -> None:
    step = happened(due(approved(), "expire:2026-12-31", OVER + DAY))
    assert step.request.waiver is not None
    assert not step.request.waiver.in_force(OVER)


def test_buttons_do_nothing_on_a_waiver_that_has_ended() -> None:
    request = with_condition()
    expired = happened(due(request, "expire:2026-12-31", OVER)).request
    for each, now in ((expired, OVER), (request, OVER)):  # also before the timer has come round
        with pytest.raises(NoWaiver, match="EX-7 is not in force: it is expired"):
            waivers.revoke(each, ADA, "No.", now)
        with pytest.raises(NoWaiver):
            waivers.remedy(each, GRACE, "Done.", now)
        with pytest.raises(NoWaiver):
            keep(each, ADA, now)
        with pytest.raises(RequestOver):
            say(each, ADA, Choice.DECLINE, now)


# Revoked, remedied


@pytest.mark.parametrize("who", [ADA, ALAN])
def test_each_who_could_decide_can_revoke_with_a_reason(who: Voter) -> None:
    step = waivers.revoke(approved(), who, " It leaked. ", MONDAY)
    waiver = step.request.waiver
    assert waiver is not None
    assert (step.happened, waiver.state, waiver.ended_because) == (Happened.REVOKED, State.REVOKED, "It leaked.")
    assert (waiver.ended_by, waiver.ended_at, waiver.in_force(MONDAY)) == (who.as_person, MONDAY, False)
    assert words(step) == {"words": "It leaked."}
    assert step.request.stage is Stage.APPROVED  # that it was decided stays so
    assert step.entry is not None
    assert (step.entry.before, step.entry.after) == ({"waiver": "in force"}, {"waiver": "revoked"})
    with pytest.raises(NoWaiver, match="it is revoked"):
        waivers.revoke(step.request, who, "Again.", MONDAY)


def test_nobody_else_revokes() -> None:
    request = approved()
    for who, refusal in (
        (GRACE, OwnRequest),
        (DORA, NotYourSeat),
        (voter("ada", standing=Standing.GUEST), MembersDecide),
        (voter("ada", person=""), UnlinkedDecides),
    ):
        with pytest.raises(refusal):
            waivers.revoke(request, who, "No.", MONDAY)
    assert faults(waivers.revoke, request, ADA, " ", MONDAY) == {"words": "Say why it is revoked."}
    with pytest.raises(NoWaiver, match="it is submitted"):
        waivers.revoke(submitted(), ADA, "No.", MONDAY)


def test_whoever_granted_an_emergency_can_revoke_it() -> None:
    request = granted(answers={"exposure": "public", "data": "restricted"})  # whose second look is security's
    assert request.seats[0].role == "security"
    request = say(request, SAM).request
    step = waivers.revoke(request, ADA, " A mistake. ", MONDAY + DAY)
    assert (step.request.stage, step.request.status) == (Stage.DECLINED, "revoked")
    assert (step.request.ended_at, step.request.decided_by) == (MONDAY + DAY, (ADA.as_person,))
    approval, voice = step.request.voices
    assert (approval.right.by, approval.choice) == (SAM.as_person, Choice.APPROVE)
    assert (voice.choice, voice.at, voice.digest, voice.words) == (
        Choice.DECLINE,
        MONDAY + DAY,
        request.digest,
        "A mistake.",
    )
    with pytest.raises(RequestOver):
        say(step.request, SAM)
    assert due(step.request, "second_look", MONDAY + 9 * DAY) is None


def test_the_asker_says_that_it_is_remedied_and_what_shows_it() -> None:
    who = voter("grace", platform="teams")
    step = waivers.remedy(approved(), who, " https://git.example.org/1 ", MONDAY)
    waiver = step.request.waiver
    assert waiver is not None
    assert (step.happened, waiver.state, waiver.ended_because) == (
        Happened.CLOSED,
        State.CLOSED,
        "https://git.example.org/1",
    )
    assert waiver.ended_by == who.as_person
    assert words(step) == {"evidence": "https://git.example.org/1"}
    assert due(step.request, "expire:2026-12-31", OVER) is None
    assert faults(waivers.remedy, approved(), GRACE, "", MONDAY) == {
        "evidence": "Say what shows that it is remedied: a link, a change, a test."
    }
    assert waivers.remedy(approved(), ALAN, "I saw it.", MONDAY).request.status == "closed"
    with pytest.raises(NotYourSeat):
        waivers.remedy(approved(), DORA, "I saw it.", MONDAY)
    with pytest.raises(MembersDecide):
        waivers.remedy(approved(), voter("grace", standing=Standing.STRANGER), "I saw it.", MONDAY)


def test_an_emergency_that_is_remedied_still_owes_its_second_look() -> None:
    request = waivers.remedy(granted(), GRACE, "The till works.", MONDAY).request
    assert (request.status, request.ballot, request.look_is_owed) == ("closed", Ballot.SECOND_LOOK, True)
    confirmed = request
    for who in (ADA, SAM, PAT):
        confirmed = say(confirmed, who).request
    assert (confirmed.stage, confirmed.status) == (Stage.APPROVED, "closed")
    declined = say(request, SAM, Choice.DECLINE).request
    assert (declined.stage, declined.status) == (Stage.DECLINED, "closed")
    missed = happened(due(request, "second_look", MONDAY + 9 * DAY)).request
    assert (missed.stage, missed.status) == (Stage.LAPSED, "closed")


def test_an_emergency_that_ends_before_its_second_look_still_owes_it() -> None:
    request = granted(until=MONDAY.date())
    expired = happened(due(request, "expire:2026-11-23", MONDAY + DAY)).request
    assert (expired.status, expired.look_is_owed) == ("expired", True)
    missed = happened(due(expired, "second_look", MONDAY + 3 * DAY)).request
    assert (missed.status, missed.stage) == ("expired", Stage.LAPSED)


# Conditions


def test_an_overdue_condition_flags_the_waiver_and_asks_its_seats_anew() -> None:
    request = with_condition()
    assert due(request, "condition:1:2026-12-04", LATE - MOMENT) is None
    step = happened(due(request, "condition:1:2026-12-04", LATE))
    found = step.request
    assert (step.happened, found.status, found.stage) == (
        Happened.OVERDUE,
        "in force",
        Stage.APPROVED_WITH_CONDITIONS,
    )
    assert (found.ballot, found.voices, found.round) == (Ballot.OVERDUE, (), request.round + 1)
    assert found.waiver is not None
    assert found.waiver.is_flagged
    assert found.waiver.in_force(LATE)
    assert found.clock is not None
    assert (found.clock.since, found.clock.lapse) == (LATE, None)
    assert due(found, "condition:1:2026-12-04", LATE) is None


def test_a_waiver_is_kept_when_every_seat_has_said_so() -> None:
    request = overdue_with_three_seats()
    assert request.decided_by == (ADA.as_person, SAM.as_person, PAT.as_person)
    request = escalated(request)
    for who in (ALAN, PAT):
        step = keep(request, who)
        request = step.request
        assert (step.happened, request.ballot) == (Happened.SPOKEN, Ballot.OVERDUE)
    with pytest.raises(AlreadySpoken):
        keep(request, PAT)
    with pytest.raises(SeatTaken):
        keep(request, ADA)
    step = keep(request, SAM, words="Until spring.")
    assert (step.happened, step.request.ballot, step.request.clock) == (Happened.KEPT, None, None)
    assert not step.request.escalated
    assert step.request.waiver is not None
    assert step.request.waiver.is_flagged  # it still is overdue
    with pytest.raises(NothingAsked):
        keep(step.request, SAM)


def test_a_voice_for_keeping_says_when_on_what_and_why() -> None:
    request = overdue_with_three_seats()
    step = keep(request, ADA, words=" Until spring. ")
    (voice,) = step.request.voices
    assert (voice.choice, voice.at, voice.digest, voice.words) == (Choice.KEEP, LATE, request.digest, "Until spring.")
    assert words(step) == {"words": "Until spring."}
    assert words(keep(overdue(), ADA, words="Until spring.")) == {"words": "Until spring."}
    silent = keep(request, ADA)
    assert (silent.request.voices[0].words, words(silent)) == ("", {})
    long = faults(lambda: keep(request, ADA, words="x" * 3_001))
    assert long == {"words": "This is 3,001 characters long; write at most 3,000."}


def test_one_seat_revokes_when_a_condition_is_overdue() -> None:
    request = keep(overdue_with_three_seats(), ADA).request
    step = waivers.revoke(request, SAM, "Not met.", LATE)
    assert (step.request.status, step.request.ballot, step.request.clock) == ("revoked", None, None)


def test_nobody_keeps_their_own_waiver_or_with_an_older_button() -> None:
    request = overdue()
    with pytest.raises(OwnRequest):
        keep(request, GRACE)
    with pytest.raises(OlderRevision):
        keep(request, ADA, digest=with_condition().digest)
    with pytest.raises(MembersDecide):
        keep(request, voter("ada", standing=Standing.STRANGER))
    with pytest.raises(NothingAsked):
        keep(with_condition(), ADA, MONDAY)
    with pytest.raises(MembersDecide):  # who learns nothing of what became of it
        keep(submitted(), voter("ada", standing=Standing.STRANGER), MONDAY)


def test_each_further_overdue_condition_asks_anew() -> None:
    request = overdue(date(2026, 12, 4), date(2026, 12, 5))
    second = happened(due(request, "condition:2:2026-12-05", LATE + DAY)).request
    assert second.round == request.round + 1
    with pytest.raises(OlderRevision):
        keep(second, ADA, LATE + DAY, digest=request.digest)
    kept = keep(second, ADA, LATE + DAY).request
    assert kept.ballot is None
    again = happened(due(keep(request, ADA).request, "condition:2:2026-12-05", LATE + DAY)).request
    assert again.ballot is Ballot.OVERDUE


def test_a_condition_that_is_met_late_takes_the_flag_away() -> None:
    step = waivers.meet(overdue(), 1, GRACE, "Done on Sunday.", LATE)
    found = step.request
    assert words(step) == {"evidence": "Done on Sunday."}
    assert (step.happened, found.ballot, found.clock, found.voices) == (Happened.MET, None, None, ())
    assert found.waiver is not None
    assert not found.waiver.is_flagged
    both = happened(due(overdue(date(2026, 12, 4), date(2026, 12, 5)), "condition:2:2026-12-05", LATE + DAY)).request
    one_left = waivers.meet(both, 1, GRACE, "Done.", LATE + DAY).request
    assert (one_left.ballot, one_left.clock) == (Ballot.OVERDUE, both.clock)
    halfway = keep(escalated(overdue_with_three_seats()), ADA).request
    found = waivers.meet(halfway, 1, GRACE, "Done.", LATE + DAY).request
    assert (found.ballot, found.voices, found.escalated) == (None, (), False)


def test_a_condition_that_is_met_in_time_is_never_overdue() -> None:
    step = waivers.meet(with_condition(), 1, GRACE, "Done.", MONDAY)
    assert step.request.voices == with_condition().voices
    assert due(step.request, "condition:1:2026-12-04", LATE) is None
    with pytest.raises(UnknownCondition):
        waivers.meet(step.request, 1, GRACE, "Done.", MONDAY)
    with pytest.raises(UnknownCondition):
        waivers.meet(step.request, 2, GRACE, "Done.", MONDAY)
    with pytest.raises(NoWaiver):
        waivers.meet(submitted(), 1, GRACE, "Done.", MONDAY)
    assert faults(waivers.meet, with_condition(), 1, GRACE, " ", MONDAY) == {
        "evidence": "Say what shows that it is met: a link, a change, a test."
    }


def test_of_two_conditions_the_one_that_is_named_is_met_and_by_its_own_owner() -> None:
    demands = (demand(owner="eve@example.org"), demand(owner="mallory@example.org"))
    both = say(submitted(), ADA, Choice.APPROVE_WITH_CONDITIONS, demands=demands).request
    found = waivers.meet(both, 2, voter("mallory"), "Done.", MONDAY).request
    assert found.waiver is not None
    assert [each.met_at for each in found.waiver.conditions] == [None, MONDAY]
    with pytest.raises(NotYourSeat):
        waivers.meet(both, 2, voter("eve"), "Done.", MONDAY)


def test_its_owner_the_asker_and_the_seats_say_that_a_condition_is_met() -> None:
    owned = say(submitted(), ADA, Choice.APPROVE_WITH_CONDITIONS, demands=(demand(owner="Eve@example.org"),)).request
    for who in (voter("eve"), voter("eve", person=""), GRACE, ALAN):
        assert waivers.meet(owned, 1, who, "Done.", MONDAY).happened is Happened.MET
    for other, refusal in ((DORA, NotYourSeat), (voter("eve", standing=Standing.GUEST), MembersDecide)):
        with pytest.raises(refusal):
            waivers.meet(owned, 1, other, "Done.", MONDAY)
    nobody = replace(voter("eve"), account=replace(voter("eve").account, email=""))
    unowned = replace(owned, waiver=replace(owned.waiver, conditions=()))  # type: ignore[type-var]  # there is one
    with pytest.raises(NotYourSeat):
        waivers.meet(unowned, 1, nobody, "Done.", MONDAY)


def test_a_condition_can_be_met_after_the_waiver_has_ended() -> None:
    revoked = waivers.revoke(with_condition(), ADA, "No.", MONDAY).request
    assert waivers.meet(revoked, 1, GRACE, "Done.", MONDAY).happened is Happened.MET


def test_during_a_second_look_an_overdue_condition_only_flags() -> None:
    request = submitted(emergency=True, emergency_reason="Now.", until=date(2026, 11, 30))
    soon = (demand(due=MONDAY.date()),)
    request = say(request, ADA, Choice.APPROVE_WITH_CONDITIONS, demands=soon).request
    found = happened(due(request, "condition:1:2026-11-23", MONDAY + DAY)).request
    assert (found.ballot, found.digest) == (Ballot.SECOND_LOOK, request.digest)
    assert found.waiver is not None
    assert found.waiver.is_flagged
    looked = say(found, ALAN, now=MONDAY + DAY).request
    assert (looked.stage, looked.ballot) == (Stage.APPROVED_WITH_CONDITIONS, None)  # they knew when they approved


def test_a_condition_due_at_the_very_end_is_not_overdue_before_it() -> None:
    request = with_condition(date(2026, 12, 31))
    assert due(request, "condition:1:2026-12-31", OVER) is None
    assert happened(due(request, "expire:2026-12-31", OVER)).happened is Happened.EXPIRED


def test_what_is_being_asked_about_is_asked_no_longer_when_the_waiver_ends() -> None:
    expired = happened(due(overdue(), "expire:2026-12-31", OVER)).request
    assert (expired.ballot, expired.clock, expired.status) == (None, None, "expired")


def test_the_store_gives_conditions_their_ids() -> None:
    request = waivers.obliged(with_condition(date(2026, 12, 4), date(2026, 12, 5)), {1: "OB-40", 3: "OB-99"})
    assert request.waiver is not None
    assert [each.obligation for each in request.waiver.conditions] == ["OB-40", ""]
    assert waivers.obliged(submitted(), {1: "OB-40"}) == submitted()


# What follows it, what changes beside it


def test_a_waiver_that_is_renewed_runs_to_its_own_end() -> None:
    step = happened(waivers.follow(approved(), "EX-9", MONDAY))
    found = step.request
    assert found.waiver is not None
    assert (step.happened, found.status, found.waiver.in_force(OVER - MOMENT)) == (Happened.FOLLOWED, "in force", True)
    assert waivers.follow(found, "EX-10", MONDAY) is None
    over = happened(due(found, "expire:2026-12-31", OVER))
    assert (over.happened, over.request.status) == (Happened.RENEWED, "renewed")


def test_what_has_ended_is_not_followed() -> None:
    assert waivers.follow(submitted(), "EX-9", MONDAY) is None
    assert waivers.follow(approved(), "EX-9", OVER) is None
    revoked = waivers.revoke(approved(), ADA, "No.", MONDAY + DAY).request
    for now in (MONDAY + DAY, MONDAY):  # also by a clock that is behind
        assert waivers.follow(revoked, "EX-9", now) is None


def test_a_clause_that_reads_differently_flags_what_rests_on_it() -> None:
    request = approved()
    assert waivers.reworded(request, "Buckets MUST be encrypted.") is None
    step = happened(waivers.reworded(request, "Buckets MUST be encrypted twice."))
    assert (step.happened, step.request.target_now) == (Happened.REWORDED, "Buckets MUST be encrypted twice.")
    assert step.request.digest == request.digest
    assert waivers.reworded(step.request, "Buckets MUST be encrypted twice.") is None
    assert happened(waivers.reworded(step.request, "Buckets MUST be encrypted.")).request.target_now == ""


def test_reminders_and_warnings_change_nothing() -> None:
    request = submitted()
    assert request.clock is not None
    for key, when in (("remind:1:half", request.clock.half), ("remind:1:end", request.clock.end)):
        assert due(request, key, when - MOMENT) is None
        step = happened(due(request, key, when))
        assert (step.request, step.entry, step.happened) == (request, None, Happened.REMINDED)
    step = happened(due(approved(), "warn:2026-12-24", datetime(2026, 12, 24, 9, tzinfo=UTC)))
    assert (step.happened, step.entry) == (Happened.WARNED, None)


def test_an_escalation_is_written_down_once() -> None:
    request = submitted()
    assert request.clock is not None
    assert request.clock.escalate is not None
    when = request.clock.escalate
    step = happened(due(request, "escalate:1", when))
    assert (step.happened, step.request.escalated) == (Happened.ESCALATED, True)
    assert step.entry is not None
    assert step.entry.after == {"escalated": True}
    assert due(step.request, "escalate:1", when) is None


@pytest.mark.parametrize("key", ["", "remind:1", "remind:2:half", "lapse:0", "expire:2026-12-31", "second_look"])
def test_a_timer_for_another_state_does_nothing(key: str) -> None:
    assert due(submitted(), key, OVER) is None


def test_the_record_names_voices_conditions_and_nobodys_words() -> None:
    request = with_condition()
    told = facts(request)
    assert told["conditions"] == [{"number": 1, "obligation": "", "due": "2026-12-04", "is": "open"}]
    assert told["voices"] == [
        {
            "by": "slack:U-ada",
            "person": "p-ada",
            "for": "",
            "roles": ["architect"],
            "choice": "Approve with conditions",
            "digest": submitted().digest,
        }
    ]
    assert (told["until"], told["risk"], told["seats"]) == ("2026-12-31", "low", {"architect": 1})
    states = [overdue(), keep(overdue(), ADA).request, waivers.meet(overdue(), 1, GRACE, "Done.", LATE).request]
    seen = []
    for each in states:
        listed = facts(each)["conditions"]
        assert isinstance(listed, list)
        assert isinstance(listed[0], dict)
        seen.append(listed[0]["is"])
    assert seen == ["overdue", "kept", "met"]
    assert "Condition 1" not in str([facts(each) for each in states])


def test_who_is_known_by_id_alone_is_named_so() -> None:
    assert facts(replace(submitted(), asked_by=Person("p-1")))["asked_by"] == "p-1"


def test_a_condition_is_handed_on_by_its_owner_the_asker_and_the_seats() -> None:
    owned = say(submitted(), ADA, Choice.APPROVE_WITH_CONDITIONS, demands=(demand(owner="Pat@example.org"),)).request
    for who in (PAT, GRACE, ADA):
        step = waivers.entrust(owned, 1, who, " Sam@example.org", MONDAY)
        assert step.request.waiver
        assert step.request.waiver.conditions[0].owner == "sam@example.org"
        assert step.happened is Happened.ENTRUSTED
        assert step.entry
        assert words(step) == {"from": "Pat@example.org", "to": "sam@example.org"}
    assert faults(waivers.entrust, owned, 1, PAT, "pat@example.org", MONDAY) == {
        "owner": "pat@example.org sees to it already: name somebody else."
    }
    with pytest.raises(NotYourSeat):
        waivers.entrust(owned, 1, SAM, "sam@example.org", MONDAY)
    with pytest.raises(UnknownCondition):
        waivers.entrust(owned, 2, GRACE, "sam@example.org", MONDAY)
    with pytest.raises(NoWaiver):
        waivers.entrust(submitted(), 1, GRACE, "sam@example.org", MONDAY)
