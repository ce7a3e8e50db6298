"""How an exception request comes to its decision: the rules of decision line by line, and who tries to get around them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain import exception_decisions as decisions
from bot.domain import exception_submissions as submissions
from bot.domain.absences import Delegation, away
from bot.domain.exception_decisions import open_seats, seating
from bot.domain.exception_requests import Ballot, Choice, Demand, ExceptionRequest, Stage, State, recognised
from bot.domain.exception_steps import Happened, refused
from bot.domain.governance import Seat
from bot.domain.people import Account, Person, Standing
from bot.domain.rights import Voter
from bot.errors import (
    AlreadySpoken,
    AskersAlone,
    ChangesAwaited,
    FaultyFields,
    GrantedAlready,
    MembersDecide,
    MembersRequest,
    NothingChanged,
    NotRenewable,
    NotYourSeat,
    OlderRevision,
    OwnRequest,
    RequestOver,
    RoleLost,
    SeatTaken,
    UnlinkedDecides,
    UntilPassed,
)
from tests.domain.cast import (
    ADA,
    ALAN,
    CLAUSE,
    DORA,
    GRACE,
    HIGH,
    LOW,
    MODERATE,
    MONDAY,
    PAT,
    RULES,
    SAM,
    approved,
    demand,
    due,
    granted,
    happened,
    rules,
    say,
    submitted,
    voter,
    wish,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def fields(request: ExceptionRequest, who: Voter, choice: Choice, **other: object) -> dict[str, str]:
    """What is wrong with the form of a voice."""
    with pytest.raises(FaultyFields) as caught:
        say(request, who, choice, **other)  # type: ignore[arg-type]  # whatever a test fills in
    told = caught.value.facts["fields"]
    assert isinstance(told, tuple)
    return {fault.field: fault.sentence for fault in told}


# Asking


def test_a_request_is_submitted_under_the_rule_of_its_risk() -> None:
    step = submissions.submit("EX-7", wish(answers=MODERATE), GRACE, MONDAY, RULES)
    request = step.request
    assert (request.stage, request.ballot, request.revision, request.round) == (Stage.SUBMITTED, Ballot.REQUEST, 1, 1)
    assert request.asked_by == Person("p-grace", "slack:U-grace", "Grace", "grace@example.org")
    assert request.seats == (Seat("architect"), Seat("platform"), Seat("security"))
    assert (request.status, request.waiver, step.happened) == ("submitted", None, Happened.SUBMITTED)
    assert step.entry is not None
    assert (step.entry.action, step.entry.subject) == ("exception_request.submitted", "EX-7")
    assert (step.entry.rule, step.entry.revision, step.entry.by) == ("decide.moderate", "3f1c", GRACE.account)
    assert step.entry.before == {}
    assert step.entry.after["stage"] == "submitted"
    assert step.entry.words["reason"] == "The vendor's appliance cannot do it."
    assert "The vendor" not in str(step.entry.after)


def test_an_account_that_is_linked_to_nobody_can_ask() -> None:
    assert submissions.submit("EX-7", wish(), voter("grace", person=""), MONDAY, RULES).request.asked_by.id == ""


@pytest.mark.parametrize("standing", [Standing.GUEST, Standing.STRANGER])
def test_guests_and_strangers_do_not_ask(standing: Standing) -> None:
    with pytest.raises(MembersRequest):
        submissions.submit("EX-7", wish(), voter("grace", standing=standing), MONDAY, RULES)


def test_a_faulty_form_is_not_sent() -> None:
    with pytest.raises(FaultyFields, match=r"Say why it cannot be kept\."):
        submissions.submit("EX-7", wish(reason=" "), GRACE, MONDAY, RULES)


# Approval, decline, conditions


def test_one_seat_approves_what_has_low_risk() -> None:
    step = say(submitted(), ADA)
    request = step.request
    assert (step.happened, request.stage, request.status) == (Happened.APPROVED, Stage.APPROVED, "in force")
    assert request.waiver is not None
    assert (request.waiver.since, request.waiver.until) == (MONDAY, date(2026, 12, 31))
    assert request.decided_by == (ADA.as_person,)
    assert (request.ballot, request.clock, request.ended_at) == (None, None, MONDAY)
    assert step.entry is not None
    assert (step.entry.before["stage"], step.entry.after["stage"]) == ("submitted", "approved")
    assert (step.entry.before["waiver"], step.entry.after["waiver"]) == (None, "in force")
    assert step.entry.rule == "decide.low"


def test_every_seat_has_to_be_filled() -> None:
    request = submitted(answers=MODERATE)
    for who, left in ((SAM, 2), (ADA, 1)):
        step = say(request, who)
        request = step.request
        assert (step.happened, request.stage, len(open_seats(request))) == (Happened.SPOKEN, Stage.SUBMITTED, left)
    step = say(request, PAT)
    assert (step.happened, step.request.stage) == (Happened.APPROVED, Stage.APPROVED)
    assert step.request.decided_by == (SAM.as_person, ADA.as_person, PAT.as_person)
    assert open_seats(step.request) == ()


def test_a_double_click_is_one_voice() -> None:
    request = say(submitted(answers=MODERATE), ADA).request
    with pytest.raises(AlreadySpoken, match="You have said “Approve” on EX-7 already: that counts once"):
        say(request, ADA)
    with pytest.raises(AlreadySpoken):
        say(request, voter("ada", platform="teams"))
    with pytest.raises(RequestOver, match="EX-7 is approved already, by Ada: nothing was changed"):
        say(say(submitted(), ADA).request, ADA)


def test_one_seats_decline_ends_the_request() -> None:
    request = say(submitted(answers=MODERATE), ADA).request
    step = say(request, SAM, Choice.DECLINE, words="No.")
    assert (step.happened, step.request.stage, step.request.waiver) == (Happened.DECLINED, Stage.DECLINED, None)
    assert step.request.decided_by == (SAM.as_person,)
    assert (step.request.clock, step.request.ended_at) == (None, MONDAY)
    assert step.entry is not None
    assert step.entry.words == {"words": "No."}


def test_of_approve_and_decline_at_once_the_first_one_counts_and_the_other_gets_a_sentence() -> None:
    shown = submitted()
    for first, other, stage in (
        (Choice.APPROVE, Choice.DECLINE, "approved"),
        (Choice.DECLINE, Choice.APPROVE, "declined"),
    ):
        found = say(shown, ADA, first).request
        with pytest.raises(RequestOver, match=f"EX-7 is {stage} already, by Ada"):
            say(found, ALAN, other, digest=shown.digest)


def test_the_conditions_of_all_voices_add_up() -> None:
    request = submitted(answers=MODERATE)
    request = say(request, ADA, Choice.APPROVE_WITH_CONDITIONS, demands=(demand("One"), demand("Two"))).request
    request = say(request, SAM).request
    step = say(request, PAT, Choice.APPROVE_WITH_CONDITIONS, demands=(demand(" Three "),))
    assert (step.request.stage, step.happened) == (Stage.APPROVED_WITH_CONDITIONS, Happened.APPROVED)
    waiver = step.request.waiver
    assert waiver is not None
    assert [(each.number, each.text, each.by.name) for each in waiver.conditions] == [
        (1, "One", "Ada"),
        (2, "Two", "Ada"),
        (3, "Three", "Pat"),
    ]
    assert step.entry is not None
    assert step.entry.words["conditions"] == "Three"


def test_what_is_typed_goes_on_the_record_without_the_blanks_around_it() -> None:
    demands = (demand(" One ", " grace@example.org "), demand("Two"))
    step = say(
        submitted(answers=HIGH),
        SAM,
        Choice.APPROVE_WITH_CONDITIONS,
        words=" Because. ",
        acceptance=" I accept it. ",
        demands=demands,
    )
    (voice,) = step.request.voices
    assert (voice.words, voice.acceptance) == ("Because.", "I accept it.")
    assert [(each.text, each.owner) for each in voice.demands] == [
        ("One", "grace@example.org"),
        ("Two", "grace@example.org"),
    ]
    assert step.entry is not None
    assert step.entry.words == {"words": "Because.", "acceptance": "I accept it.", "conditions": "One\nTwo"}


def test_each_condition_has_an_owner_and_a_date_that_can_be_kept() -> None:
    request = submitted()
    conditional = Choice.APPROVE_WITH_CONDITIONS
    assert fields(request, ADA, conditional, demands=()) == {
        "conditions": "Give at least one condition, or approve without."
    }
    bad = (demand(), Demand(" ", " ", date(2026, 11, 22)), demand(due=date(2027, 1, 1)), demand(owner="x" * 255))
    assert fields(request, ADA, conditional, demands=bad) == {
        "condition:2:text": "Say what has to be done.",
        "condition:2:owner": "Say who sees to it.",
        "condition:2:due": "2026-11-22 is past: give today or a later day.",
        "condition:3:due": "The exception ends on 2026-12-31: give that day or an earlier one.",
        "condition:4:owner": "This is 255 characters long; write at most 254.",
    }
    assert fields(request, ADA, conditional, demands=(demand(),) * 11) == {
        "conditions": "These are 11 conditions; give 10 at most."
    }
    assert fields(request, ADA, Choice.APPROVE, demands=(demand(),)) == {
        "conditions": "Conditions belong to an approval with conditions."
    }
    edges = (demand(due=date(2026, 11, 23)), demand(due=date(2026, 12, 31)), *(demand(),) * 8)
    assert say(request, ADA, conditional, demands=edges).request.stage is Stage.APPROVED_WITH_CONDITIONS


def test_a_decline_and_a_wish_for_changes_have_reasons() -> None:
    request = submitted()
    assert fields(request, ADA, Choice.DECLINE, words=" ") == {"words": "Say why it is declined."}
    assert fields(request, ADA, Choice.ASK_FOR_CHANGES, words="") == {"words": "Say what should be changed."}
    assert say(request, ADA, words="").request.stage is Stage.APPROVED
    assert set(fields(request, ADA, Choice.APPROVE, words="x" * 3_001)) == {"words"}


def test_a_voice_can_be_made_stricter_and_never_laxer() -> None:
    request = say(submitted(answers=MODERATE), ADA).request
    stricter = say(request, ADA, Choice.APPROVE_WITH_CONDITIONS).request
    assert [voice.choice for voice in stricter.voices] == [Choice.APPROVE_WITH_CONDITIONS]
    for choice in (Choice.APPROVE, Choice.APPROVE_WITH_CONDITIONS):
        with pytest.raises(AlreadySpoken):
            say(stricter, ADA, choice)
    assert say(stricter, ADA, Choice.DECLINE).request.stage is Stage.DECLINED


def test_who_has_approved_can_still_ask_for_changes() -> None:
    for choice in (Choice.APPROVE, Choice.APPROVE_WITH_CONDITIONS):
        request = say(submitted(answers=MODERATE), ADA, choice).request
        assert say(request, ADA, Choice.ASK_FOR_CHANGES).request.stage is Stage.CHANGES_ASKED


def test_an_approval_says_nothing_more_unless_somebody_writes_it() -> None:
    request = submitted()
    step = decisions.decide(request, ADA, Choice.APPROVE, MONDAY, RULES, digest=request.digest)
    (voice,) = step.request.voices
    assert (voice.choice, voice.at, voice.digest) == (Choice.APPROVE, MONDAY, request.digest)
    assert (voice.words, voice.demands, voice.acceptance) == ("", (), "")


def test_high_risk_needs_the_typed_acceptance_of_each_who_approves() -> None:
    request = submitted(answers=HIGH)
    assert request.seats == (Seat("security"), Seat("director"))
    sentence = "This risk is accepted formally: type the sentence of acceptance."
    for choice in (Choice.APPROVE, Choice.APPROVE_WITH_CONDITIONS):
        assert fields(request, SAM, choice, acceptance=" ") == {"acceptance": sentence}
    assert say(request, SAM, Choice.DECLINE).request.stage is Stage.DECLINED
    request = say(request, SAM, acceptance=" I accept it. ").request
    assert request.voices[0].acceptance == "I accept it."
    with pytest.raises(FaultyFields):
        say(request, DORA, acceptance="")
    assert say(request, DORA).request.stage is Stage.APPROVED


def test_low_risk_needs_no_acceptance() -> None:
    assert say(submitted(), ADA, acceptance="").request.stage is Stage.APPROVED


# Rights (abuse cases 14 to 18, 25)


def test_nobody_approves_their_own_request_on_either_platform() -> None:
    request = submissions.submit("EX-7", wish(), ADA, MONDAY, RULES).request
    for platform in ("slack", "teams"):
        with pytest.raises(OwnRequest) as caught:
            say(request, voter("ada", platform=platform))
        entry = refused(request, "Approve", ADA.account, caught.value)
        assert (entry.action, entry.after["refusal"]) == ("exception_request.refused", "OwnRequest")
        assert (entry.rule, entry.revision) == ("decide.low", "3f1c")


def test_an_own_request_is_refused_with_whichever_button() -> None:
    request = submissions.submit("EX-7", wish(), ADA, MONDAY, RULES).request
    with pytest.raises(OwnRequest):
        say(request, ADA, digest="older")


def test_who_asked_before_their_account_was_linked_is_recognised() -> None:
    unlinked = Voter(Account("teams", "29:1"), "")
    request = submissions.submit("EX-7", wish(), unlinked, MONDAY, RULES).request
    request = recognised(request, lambda person: "p-ada" if person.account == "teams:29:1" else "")
    with pytest.raises(OwnRequest):
        say(request, ADA)


def test_two_accounts_that_became_one_person_have_one_voice() -> None:
    under = rules("decide: {low: {seats: [{role: architect, people: 2}]}}\nroles: {architect: {slack_groups: [S1]}}\n")
    other = Voter(Account("teams", "29:1"), "p-other", frozenset({"architect"}), timedelta(0))
    request = say(submitted(under=under), other, under=under).request
    request = recognised(request, lambda person: "p-ada" if person.account == "teams:29:1" else "")
    with pytest.raises(AlreadySpoken):
        say(request, ADA, under=under)


def test_recognising_also_looks_at_whom_somebody_spoke_for() -> None:
    absence = away(SAM.as_person, date(2026, 11, 27), ALAN.as_person, MONDAY, RULES.calendar)
    alan = voter("alan", roles=set(), delegations=(Delegation(absence, SAM.roles),))
    request = say(submitted(answers=HIGH), alan).request
    found = recognised(request, lambda person: f"new-{person.id}")
    assert found.voices[0].right.speaks_for is not None
    assert (found.voices[0].right.speaks_for.id, found.voices[0].right.by.id) == ("new-p-sam", "new-p-alan")
    assert found.asked_by.id == "new-p-grace"


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        (voter("ada", standing=Standing.STRANGER), MembersDecide),
        (voter("ada", standing=Standing.GUEST), MembersDecide),
        (voter("ada", person=""), UnlinkedDecides),
        (voter("ada", roles=set()), NotYourSeat),
        (DORA, NotYourSeat),
    ],
)
def test_who_may_not_decide_is_refused_before_anything_else_is_said(who: Voter, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        say(submitted(), who)


def test_strangers_learn_nothing_of_what_became_of_it() -> None:
    with pytest.raises(MembersDecide):
        say(approved(), voter("ada", standing=Standing.STRANGER))


def test_a_voice_stays_when_its_role_is_lost() -> None:
    request = say(submitted(answers=MODERATE), ADA).request
    former = voter("ada", roles=set())
    with pytest.raises(RoleLost):
        say(request, former, Choice.DECLINE)
    request = say(say(request, SAM).request, PAT).request
    assert request.stage is Stage.APPROVED


def test_one_human_fills_one_seat() -> None:
    all_roles = voter("ada", roles={"architect", "platform", "security"})
    request = say(submitted(answers=MODERATE), all_roles).request
    assert len(open_seats(request)) == 2
    with pytest.raises(AlreadySpoken):
        say(request, all_roles)
    with pytest.raises(SeatTaken):
        say(say(request, ALAN).request, voter("eve", roles={"architect"}))


def test_who_holds_several_roles_leaves_the_seats_open_that_others_can_fill() -> None:
    """Ada is an architect and, alone, of the platform: the architect's seat stays open for Alan."""
    under = rules(
        "roles:\n  architect: {people: [ada@example.org, alan@example.org]}\n  platform: {people: [ada@example.org]}\n"
        "  security: {people: [sam@example.org]}\n"
    )
    request = submitted(under=under, answers=MODERATE)
    request = say(request, voter("ada", roles={"architect", "platform"}), under=under).request
    assert [(role, voice is not None) for role, voice in seating(request, under)] == [
        ("architect", False),
        ("platform", True),
        ("security", False),
    ]
    assert open_seats(request, under) == (Seat("architect"), Seat("security"))
    request = say(request, ALAN, under=under).request
    assert open_seats(request) == (Seat("security"),)


def test_no_seat_is_kept_for_who_has_spoken_was_spoken_for_or_asks() -> None:
    """Pat alone is left, of the platform: that place stays open, although Grace and Ada would do for the other one."""
    under = rules(
        "roles:\n  architect: {people: [ada@example.org, grace@example.org]}\n"
        "  platform: {people: [ada@example.org, pat@example.org]}\n  security: {people: [sam@example.org]}\n"
    )
    request, both = submitted(under=under, answers=MODERATE), frozenset({"architect", "platform"})
    absence = away(ADA.as_person, date(2026, 11, 27), ALAN.as_person, MONDAY, under.calendar)
    for who in (voter("ada", roles=both), voter("alan", roles=set(), delegations=(Delegation(absence, both),))):
        spoken = say(request, who, under=under).request
        assert open_seats(spoken, under) == (Seat("platform"), Seat("security"))


def test_voices_that_cannot_all_sit_fill_no_seat() -> None:
    request = submitted()
    (ada,), (alan,) = (say(request, who).request.voices for who in (ADA, ALAN))
    assert seating(replace(request, voices=(ada, alan))) == (("architect", None),)


def test_a_delegates_voice_is_that_of_the_one_who_is_away() -> None:
    absence = away(SAM.as_person, date(2026, 11, 27), ALAN.as_person, MONDAY, RULES.calendar)
    alan = voter("alan", roles=set(), delegations=(Delegation(absence, SAM.roles),))
    step = say(submitted(answers=HIGH), alan)
    assert open_seats(step.request, RULES) == (Seat("director"),)
    assert step.entry is not None
    voices = step.entry.after["voices"]
    assert isinstance(voices, list)
    assert isinstance(voices[0], dict)
    assert (voices[0]["person"], voices[0]["for"]) == ("p-alan", "p-sam")


def test_a_button_of_another_ballot_is_no_approval() -> None:
    for request, who in ((submitted(), ADA), (submitted(answers=HIGH), SAM), (granted(), SAM)):
        with pytest.raises(OlderRevision):
            say(request, who, Choice.KEEP)


# Changes asked, another content (abuse cases 22, 26, 27)


def test_changes_asked_stops_the_clock() -> None:
    request = say(submitted(answers=MODERATE), ADA).request
    step = say(request, SAM, Choice.ASK_FOR_CHANGES, words="Which network?")
    asked = step.request
    assert (step.happened, asked.stage, asked.clock, asked.ballot) == (
        Happened.CHANGES_ASKED,
        Stage.CHANGES_ASKED,
        None,
        None,
    )
    with pytest.raises(ChangesAwaited, match=r"Changes were asked for on EX-7\. Decide when Grace has sent it again"):
        say(asked, PAT)
    assert asked.voices[-1].words == "Which network?"


def test_a_resubmission_clears_the_voices_and_says_what_changed() -> None:
    asked = say(say(submitted(answers=MODERATE), ADA).request, SAM, Choice.ASK_FOR_CHANGES).request
    form = wish(answers=HIGH, compensating_controls="Two networks.", links=())
    later = MONDAY + 30 * DAY
    step = submissions.resubmit(asked, form, GRACE, later, RULES)
    found = step.request
    assert (step.happened, found.stage, found.revision, found.voices) == (Happened.RESUBMITTED, Stage.SUBMITTED, 2, ())
    assert (found.terms.level, found.seats) == ("high", (Seat("security"), Seat("director")))
    assert found.clock is not None
    assert found.clock.since == later
    assert [(each.field, each.before, each.after) for each in found.differences] == [
        ("compensating_controls", "It stands in a network of its own.", "Two networks."),
        ("links", "https://tickets.example.org/OPS-7", ""),
        ("risk:data", "internal", "restricted"),
        ("risk", "moderate", "high"),
        ("seats", "architect 1, platform 1, security 1", "security 1, director 1"),
    ]
    assert step.entry is not None
    assert (step.entry.before["risk"], step.entry.after["risk"]) == ("moderate", "high")
    assert step.entry.rule == "decide.high"


def test_the_same_can_be_sent_again_after_changes_were_asked() -> None:
    asked = say(submitted(), ADA, Choice.ASK_FOR_CHANGES).request
    found = submissions.resubmit(asked, wish(), GRACE, MONDAY, RULES).request
    assert (found.stage, found.differences) == (Stage.SUBMITTED, ())


def test_risk_that_is_edited_after_submission_has_other_seats_and_no_voices() -> None:
    request = say(submitted(answers=MODERATE), ADA).request
    found = submissions.resubmit(request, wish(answers=LOW), GRACE, MONDAY + HOUR, RULES).request
    assert (found.terms.level, found.voices, found.seats) == ("low", (), (Seat("architect"),))
    with pytest.raises(NothingChanged):
        submissions.resubmit(found, wish(answers=LOW), GRACE, MONDAY + HOUR, RULES)


def test_a_button_of_an_older_revision_is_refused() -> None:
    shown = submitted(answers=MODERATE)
    found = submissions.resubmit(shown, wish(answers=LOW), GRACE, MONDAY, RULES).request
    with pytest.raises(OlderRevision, match="EX-7 has changed since this button was shown, and nothing was decided"):
        say(found, ADA, digest=shown.digest)
    back = submissions.resubmit(found, wish(answers=MODERATE), GRACE, MONDAY, RULES).request
    with pytest.raises(OlderRevision):  # the same words again are another revision
        say(back, ADA, digest=shown.digest)


def test_a_form_that_was_opened_before_another_was_sent_does_not_undo_it() -> None:
    shown = submitted()
    found = submissions.resubmit(shown, wish(reason="Newer."), GRACE, MONDAY, RULES, digest=shown.digest).request
    with pytest.raises(OlderRevision):
        submissions.resubmit(found, wish(reason="Older."), GRACE, MONDAY, RULES, digest=shown.digest)


@pytest.mark.parametrize(
    "change",
    [
        {"wish": wish(reason="Another.")},
        {"wish": wish(target=replace(CLAUSE, text="Another."))},
        {"terms": submitted(answers=HIGH).terms},
        {"round": 2},
        {"revision": 2},
        {"id": "EX-8"},
    ],
)
def test_whatever_is_voted_on_is_in_the_digest(change: dict[str, object]) -> None:
    request = submitted()
    assert replace(request, **change).digest != request.digest  # type: ignore[arg-type]  # a table
    assert replace(request, voices=(), escalated=True).digest == request.digest


def test_rules_that_change_meanwhile_hold_from_the_resubmission_on() -> None:
    stricter = rules("decide: {low: {seats: [security, director], within: 1 day}}\n", "beef")
    request = submitted()
    assert request.terms.revision == "3f1c"
    assert say(request, ADA, under=stricter).request.stage is Stage.APPROVED
    found = submissions.resubmit(request, wish(reason="Anew."), GRACE, MONDAY, stricter).request
    assert (found.terms.revision, found.seats) == ("beef", (Seat("security"), Seat("director")))
    assert found.clock is not None
    assert found.clock.end == MONDAY + DAY
    assert [each.field for each in found.differences] == ["reason", "seats", "rules"]


def test_a_clause_that_was_reworded_is_that_of_the_request_when_it_is_sent_again() -> None:
    request = replace(submitted(), target_now="Newer.")
    same = submissions.resubmit(request, wish(reason="More."), GRACE, MONDAY, RULES).request
    assert same.target_now == "Newer."
    anew = submissions.resubmit(request, wish(target=replace(CLAUSE, text="Newer.")), GRACE, MONDAY, RULES).request
    assert anew.target_now == ""


def test_only_the_asker_changes_and_withdraws() -> None:
    request = submitted()
    for who in (ADA, voter("eve")):
        with pytest.raises(AskersAlone, match="EX-7 was asked for by Grace"):
            submissions.withdraw(request, who, MONDAY)
        with pytest.raises(AskersAlone):
            submissions.resubmit(request, wish(reason="Mine."), who, MONDAY, RULES)
    with pytest.raises(MembersRequest):
        submissions.withdraw(request, voter("grace", standing=Standing.GUEST), MONDAY)
    from_teams = voter("grace", platform="teams")
    assert submissions.withdraw(request, from_teams, MONDAY).request.stage is Stage.WITHDRAWN


def test_what_is_withdrawn_is_over() -> None:
    with pytest.raises(FaultyFields):
        submissions.withdraw(submitted(), GRACE, MONDAY, "x" * 3_001)
    step = submissions.withdraw(say(submitted(), ADA, Choice.ASK_FOR_CHANGES).request, GRACE, MONDAY, "Not needed.")
    assert (step.happened, step.request.ended_at) == (Happened.WITHDRAWN, MONDAY)
    assert step.entry is not None
    assert step.entry.words == {"words": "Not needed."}
    with pytest.raises(RequestOver, match="EX-7 is withdrawn already, by Grace"):
        say(step.request, ADA)
    with pytest.raises(RequestOver):
        submissions.withdraw(step.request, GRACE, MONDAY)
    with pytest.raises(RequestOver):
        submissions.resubmit(step.request, wish(), GRACE, MONDAY, RULES)


# Dates


def test_a_request_lapses_and_nobody_decides_on_it_any_more() -> None:
    request = submitted()
    assert request.clock is not None
    assert request.clock.lapse is not None
    over = request.clock.lapse
    assert due(request, "lapse:1", over - timedelta(microseconds=1)) is None
    assert say(request, ADA, now=over - timedelta(microseconds=1)).request.stage is Stage.APPROVED
    with pytest.raises(RequestOver, match="EX-7 is lapsed already: nothing was changed"):  # before the timer came round
        say(request, ADA, now=over)
    step = happened(due(request, "lapse:1", over))
    assert (step.happened, step.request.stage, step.request.decided_by) == (Happened.LAPSED, Stage.LAPSED, ())
    with pytest.raises(RequestOver, match="EX-7 is lapsed already: nothing was changed"):
        say(step.request, ADA, now=over)


def test_what_waits_for_its_asker_does_not_lapse() -> None:
    asked = say(submitted(), ADA, Choice.ASK_FOR_CHANGES).request
    long_after = MONDAY + 30 * DAY
    assert due(asked, "lapse:1", long_after) is None
    assert submissions.resubmit(asked, wish(), GRACE, long_after, RULES).request.stage is Stage.SUBMITTED


def test_what_was_wanted_until_yesterday_cannot_be_approved() -> None:
    request = submitted(until=date(2026, 11, 24))
    evening = MONDAY.replace(day=24, hour=23, minute=59)
    assert say(request, ADA, now=evening).request.stage is Stage.APPROVED
    for approval in (Choice.APPROVE, Choice.APPROVE_WITH_CONDITIONS):
        with pytest.raises(UntilPassed, match="EX-7 was wanted until 2026-11-24, which is past"):
            say(request, ADA, approval, now=evening + HOUR)
    assert say(request, ADA, Choice.DECLINE, now=evening + HOUR).request.stage is Stage.DECLINED


# Emergencies


def test_an_emergency_is_in_force_after_one_voice() -> None:
    request = submitted(emergency=True, emergency_reason="Now.", until=date(2026, 11, 30), answers=HIGH)
    assert (request.ballot, request.seats, request.rule) == (Ballot.EMERGENCY, (Seat("architect"),), "decide.emergency")
    with pytest.raises(NotYourSeat):
        say(request, SAM)
    step = say(request, ADA, acceptance="")
    found = step.request
    assert (step.happened, found.stage, found.status) == (Happened.GRANTED, Stage.SUBMITTED, "in force")
    assert (found.ballot, found.seats, found.voices) == (Ballot.SECOND_LOOK, (Seat("security"), Seat("director")), ())
    assert (found.revision, found.round) == (request.revision, request.round + 1)
    assert found.rule == "decide.high"
    assert found.look_is_owed
    assert found.waiver is not None
    assert found.waiver.in_force(MONDAY)
    assert found.waiver.look_by == MONDAY + 3 * DAY
    assert step.entry is not None
    assert step.entry.rule == "decide.emergency"


def test_one_voice_is_enough_however_many_seats_an_emergency_names() -> None:
    under = rules("decide: {emergency: {seats: [architect, security]}}\n")
    request = submitted(under=under, emergency=True, emergency_reason="Now.", until=date(2026, 11, 30))
    assert say(request, SAM, under=under).happened is Happened.GRANTED


def test_the_second_look_of_what_was_escalated_can_be_escalated_anew() -> None:
    request = submitted(emergency=True, emergency_reason="Now.", until=date(2026, 11, 30))
    assert request.clock is not None
    assert request.clock.escalate is not None
    late = happened(due(request, "escalate:1", request.clock.escalate)).request
    assert late.escalated
    assert not say(late, ADA, now=request.clock.escalate).request.escalated


def test_an_emergency_can_be_declined() -> None:
    request = submitted(emergency=True, emergency_reason="Now.", until=date(2026, 11, 30))
    assert say(request, ADA, Choice.DECLINE).request.status == "declined"


def test_the_second_look_decides_as_a_normal_request_of_its_risk() -> None:
    request = granted()
    for who in (ADA, SAM):
        step = say(request, who)
        request = step.request
        assert step.happened is Happened.SPOKEN
    step = say(request, PAT, Choice.APPROVE_WITH_CONDITIONS, demands=(demand(due=date(2026, 11, 27)),))
    assert (step.happened, step.request.stage) == (Happened.CONFIRMED, Stage.APPROVED_WITH_CONDITIONS)
    waiver = step.request.waiver
    assert waiver is not None
    assert (waiver.state, waiver.looked_at, waiver.until) == (State.IN_FORCE, MONDAY, date(2026, 11, 30))
    assert [voice.right.by.name for voice in waiver.granted] == ["Ada", "Ada", "Sam", "Pat"]
    assert [person.name for person in step.request.decided_by] == ["Ada", "Sam", "Pat"]
    assert not step.request.look_is_owed


def test_the_click_that_granted_an_emergency_is_no_second_look() -> None:
    shown = submitted(emergency=True, emergency_reason="Now.", until=date(2026, 11, 30))
    found = say(shown, ADA).request
    for who in (ADA, ALAN):
        with pytest.raises(OlderRevision):
            say(found, who, digest=shown.digest)


def test_a_second_look_of_high_risk_needs_the_acceptance() -> None:
    with pytest.raises(FaultyFields):
        say(granted(answers=HIGH), SAM, acceptance="")


def test_a_second_look_that_declines_revokes() -> None:
    step = say(granted(), SAM, Choice.DECLINE, words="Never.")
    waiver = step.request.waiver
    assert waiver is not None
    assert (step.request.stage, waiver.state, waiver.ended_because) == (Stage.DECLINED, State.REVOKED, "Never.")
    assert (waiver.ended_by, waiver.in_force(MONDAY)) == (SAM.as_person, False)


def test_without_a_second_look_in_time_an_emergency_is_revoked() -> None:
    request = granted()
    assert request.waiver is not None
    assert request.waiver.look_by is not None
    over = request.waiver.look_by
    assert due(request, "second_look", over - timedelta(microseconds=1)) is None
    with pytest.raises(RequestOver):
        say(request, ADA, now=over)
    step = happened(due(request, "second_look", over))
    waiver = step.request.waiver
    assert waiver is not None
    assert (step.happened, step.request.stage, waiver.state) == (Happened.LOOK_MISSED, Stage.LAPSED, State.REVOKED)
    assert waiver.ended_because == "The second look did not come in time."
    assert (step.request.status, step.request.decided_by) == ("revoked", ())
    assert due(step.request, "second_look", over) is None


def test_changes_asked_do_not_put_off_the_second_look() -> None:
    asked = say(granted(), SAM, Choice.ASK_FOR_CHANGES).request
    assert asked.waiver is not None
    assert asked.waiver.look_by is not None
    assert (asked.stage, asked.status, asked.look_is_owed) == (Stage.CHANGES_ASKED, "in force", True)
    later = MONDAY + DAY
    form = replace(asked.wish, reason="More.", tier="0")
    again = submissions.resubmit(asked, form, GRACE, later, RULES).request
    assert again.waiver == asked.waiver
    assert (again.ballot, again.terms.points) == (Ballot.SECOND_LOOK, 6)
    assert again.clock is not None
    assert again.clock.end == asked.waiver.look_by
    step = happened(due(asked, "second_look", asked.waiver.look_by))
    assert step.happened is Happened.LOOK_MISSED
    with pytest.raises(RequestOver):
        submissions.resubmit(asked, form, GRACE, asked.waiver.look_by, RULES)


def test_what_was_granted_stays_as_it_is_until_the_second_look() -> None:
    request = granted()
    form = replace(
        request.wish,
        target=replace(CLAUSE, id="STD-001.1"),
        service="all",
        environment="all",
        until=date(2026, 12, 31),
        emergency=False,
    )
    with pytest.raises(FaultyFields) as caught:
        submissions.resubmit(request, form, GRACE, MONDAY, RULES)
    told = caught.value.facts["fields"]
    assert isinstance(told, tuple)
    assert {fault.field for fault in told} == {"target", "service", "environment", "until", "emergency"}


def test_an_emergency_that_was_not_granted_can_become_a_normal_request() -> None:
    request = submitted(emergency=True, emergency_reason="Now.", until=date(2026, 11, 30))
    found = submissions.resubmit(request, wish(emergency=False), GRACE, MONDAY, RULES).request
    assert (found.ballot, found.terms.emergency) == (Ballot.REQUEST, None)


def test_a_granted_emergency_is_not_withdrawn_from_its_second_look() -> None:
    with pytest.raises(GrantedAlready):
        submissions.withdraw(granted(), GRACE, MONDAY)


def test_conditions_of_the_emergency_and_of_its_second_look_add_up() -> None:
    request = submitted(emergency=True, emergency_reason="Now.", until=date(2026, 11, 30))
    soon = (demand("First", due=date(2026, 11, 24)),)
    request = say(request, ADA, Choice.APPROVE_WITH_CONDITIONS, demands=soon).request
    assert request.stage is Stage.SUBMITTED
    step = say(request, ALAN)
    assert step.request.stage is Stage.APPROVED_WITH_CONDITIONS
    second = say(request, ALAN, Choice.APPROVE_WITH_CONDITIONS, demands=soon).request
    assert second.waiver is not None
    assert [(each.number, each.kept_at) for each in second.waiver.conditions] == [(1, None), (2, None)]


def test_a_second_look_asks_for_nothing_after_the_end_of_what_is_in_force() -> None:
    later = (demand(due=date(2026, 12, 1)),)
    assert fields(granted(), SAM, Choice.APPROVE_WITH_CONDITIONS, demands=later) == {
        "condition:1:due": "The exception ends on 2026-11-30: give that day or an earlier one."
    }


def test_a_second_look_after_the_end_can_still_ask_for_something() -> None:
    request = granted(until=MONDAY.date())
    tomorrow = MONDAY + DAY
    step = say(request, ADA, Choice.APPROVE_WITH_CONDITIONS, now=tomorrow, demands=(demand(due=date(2027, 3, 1)),))
    assert step.happened is Happened.SPOKEN


# Renewal


def test_a_renewal_is_a_new_request_that_names_the_old_one() -> None:
    old = granted()
    form = submissions.renewal_of(old)
    assert (form.renews, form.until, form.emergency, form.emergency_reason, form.target) == (
        "EX-7",
        None,
        False,
        "",
        CLAUSE,
    )
    form = replace(form, until=date(2027, 1, 31))
    request = submissions.submit("EX-9", form, GRACE, MONDAY, RULES, renews=old).request
    assert (request.wish.renews, request.stage, request.voices) == ("EX-7", Stage.SUBMITTED, ())
    changed = submissions.resubmit(request, replace(form, reason="Anew.", renews=""), GRACE, MONDAY, RULES).request
    assert changed.wish.renews == "EX-7"


def test_only_what_is_or_was_in_force_is_renewed() -> None:
    form = wish(renews="EX-7")
    declined = say(submitted(), ADA, Choice.DECLINE).request
    revoked = say(granted(), SAM, Choice.DECLINE).request
    elsewhere = replace(approved(), wish=wish(target=replace(CLAUSE, id="STD-001")))
    for old, sentence in (
        (None, "EX-7 cannot be renewed: it is not known"),
        (replace(approved(), id="EX-8"), "EX-7 cannot be renewed"),
        (declined, "it is declined"),
        (revoked, "it is revoked"),
        (elsewhere, "it is against STD-001"),
    ):
        with pytest.raises(NotRenewable, match=sentence):
            submissions.submit("EX-9", form, GRACE, MONDAY, RULES, renews=old)
    assert submissions.submit("EX-9", form, GRACE, MONDAY, RULES, renews=approved())
