"""Reviews as rules: the decision matrix, who is assigned, when a board meets, what may be said, and the tally against a model."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import review_decisions as decisions
from bot.domain import review_steps as steps
from bot.domain.calendar import Span
from bot.domain.exception_requests import Demand
from bot.domain.review_assignment import Staff, candidates
from bot.domain.review_cycle import business_days, cycle
from bot.domain.review_deadlines import before, sitting, timers
from bot.domain.review_drafts import adr, quoted
from bot.domain.review_dues import fall_due
from bot.domain.review_forms import faults, filled_in, terms, tidied
from bot.domain.reviews import OPEN, Choice, Review, Stage, Wish, read, recognised, written
from bot.domain.rights import Voter
from bot.errors import AlreadySpoken, ConflictDeclared, FaultyFields, OthersResolve, OwnRequest, Refusal, ReviewDeferred
from tests.domain.cast import ADA, ALAN, CALM, CLAUSE, DORA, GRACE, MONDAY, PAT, RULES, SAM, rules, voter

LIGHT = {"scope": "team", "reversible": "hard", "spend": "none"}
BOARD = {"scope": "organisation", "reversible": "hard", "spend": "none"}
NONE = {"scope": "team", "reversible": "yes", "spend": "none"}
LENA = voter("lena", roles={"architect"})
EVERYBODY = (GRACE, ADA, ALAN, PAT, SAM, LENA)


def wish(answers: dict[str, str] = LIGHT, **other: Any) -> Wish:
    said = {"title": "Orders on queues", "description": "Orders go through queues."}
    fields = said | {f"matrix:{name}": answer for name, answer in answers.items()} | other
    return tidied(filled_in(fields, CLAUSE if fields.get("kind") == "standard change" else None))


def asked(answers: dict[str, str] = LIGHT, staff: Staff | None = None, **other: Any) -> Review:
    return steps.submit("RV-1", wish(answers, **other), GRACE, MONDAY, RULES, staff=staff or Staff()).review


def say(review: Review, who: Voter, choice: Choice = Choice.APPROVE, now: datetime = MONDAY, **other: Any) -> Review:
    filled: dict[str, Any] = {"digest": review.digest, "words": "Because."}
    if choice is Choice.DEFER:
        filled["until"] = date(2026, 12, 15)
    if choice is Choice.APPROVE_WITH_CONDITIONS:
        filled["demands"] = (Demand("Test it.", "grace@example.org", date(2026, 12, 31)),)
    return decisions.decide(review, who, choice, now, RULES, **(filled | other)).review


@pytest.mark.parametrize(
    ("answers", "outcome", "points"), [(NONE, "none", 0), (LIGHT, "light", 2), (BOARD, "board", 6)]
)
def test_the_highest_outcome_whose_points_are_reached_holds(answers: dict[str, str], outcome: str, points: int) -> None:
    found = terms(wish(answers), RULES)
    assert (found.outcome, found.points, found.is_needed) == (outcome, points, outcome != "none")
    assert sum(each.points for each in found.weights) == points


def test_a_change_of_a_standard_is_always_reviewed() -> None:
    assert terms(wish(NONE, kind="standard change", proposal="It MUST."), RULES).outcome == "light"


def test_all_that_is_wrong_is_told_beside_its_field() -> None:
    wrong = filled_in({"kind": "standard change", "links": "wiki", "wished": "2026-11-01", "matrix:scope": "?"}, None)
    told = [each.field for each in faults(tidied(wrong), RULES, MONDAY)]
    assert told == ["target", "proposal", "title", "description", "matrix:scope", "matrix:reversible", "matrix:spend",
                    "wished", "links"]  # fmt: skip


def test_those_of_the_area_come_first_then_whoever_has_least_and_the_absent_last() -> None:
    review = asked(tags="network")
    assert review.reviewers[0].who.email == "alan@example.org"
    assert asked().reviewers[0].who.email == "ada@example.org"
    busy = Staff({"ada@example.org": 2, "alan@example.org": 1})
    assert asked(staff=busy).reviewers[0].who.email == "alan@example.org"
    away = Staff({}, {"alan@example.org"})
    assert candidates("architect", review, RULES, away) == ("ada@example.org", "alan@example.org")


def test_whoever_asked_is_not_assigned() -> None:
    review = steps.submit("RV-1", wish(), ADA, MONDAY, RULES, staff=Staff()).review
    assert [each.who.email for each in review.reviewers] == ["alan@example.org"]


def test_a_role_with_groups_alone_has_nobody_until_somebody_claims() -> None:
    file = rules("roles: {architect: {slack_groups: [S012], rooms: ['slack:C0ARCH']}}")
    review = steps.submit("RV-1", wish(), GRACE, MONDAY, file, staff=Staff()).review
    assert review.reviewers == ()
    claimed = steps.claim(review, LENA, MONDAY).review
    assert [(each.who.id, each.claimed_at) for each in claimed.reviewers] == [("p-lena", MONDAY)]


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 23, 14, tzinfo=UTC), "2026-11-24"),  # a business day before Tuesday, 14:00
        (datetime(2026, 11, 23, 14, 1, tzinfo=UTC), "2026-12-01"),
        (datetime(2026, 11, 24, 14, 30, tzinfo=UTC), "2026-12-01"),
        (datetime(2026, 11, 21, 12, tzinfo=UTC), "2026-11-24"),  # a Saturday
    ],
)
def test_a_board_takes_it_at_the_first_meeting_that_is_far_enough_away(now: datetime, day: str) -> None:
    found = sitting(now, asked(BOARD).terms, RULES.calendar)
    assert found
    assert found.day.isoformat() == day
    assert now <= found.agenda < found.at


def test_a_board_does_not_meet_on_a_holiday() -> None:
    calendar = replace(RULES.calendar, holidays=frozenset({date(2026, 12, 1)}))
    found = sitting(datetime(2026, 11, 25, 9, tzinfo=UTC), asked(BOARD).terms, calendar)
    assert found
    assert found.day == date(2026, 12, 8)


@pytest.mark.parametrize(
    "text", ["1 business day", "3 business days", "2 days", "1 week", "5 hours", "20 business hours"]
)
@given(offset=st.integers(0, 120))
@CALM
def test_what_is_a_span_before_is_not_later_than_it_when_it_is_added_again(text: str, offset: int) -> None:
    calendar, span = RULES.calendar, Span.parse(text)
    day = date(2026, 11, 2) + timedelta(days=offset)
    if not calendar.is_business_day(day):
        return
    assert calendar.add(before(day, time(14), span, calendar), span) <= calendar.at_local(day, time(14))


def test_it_is_approved_when_the_comment_time_is_over() -> None:
    review = say(asked(), ADA)
    assert review.stage is Stage.IN_REVIEW
    due = next(each for each in timers(review) if each.key == "RV-1:comment:1")
    assert fall_due(review, due.key, due.due - timedelta(seconds=1), RULES.calendar) is None
    step = fall_due(review, due.key, due.due, RULES.calendar)
    assert step
    assert step.review.stage is Stage.APPROVED
    assert step.entry
    assert step.entry.action == "review.approved"


def test_a_voice_can_be_made_stricter_and_never_laxer() -> None:
    review = say(asked(), ADA, Choice.APPROVE_WITH_CONDITIONS)
    with pytest.raises(AlreadySpoken):
        say(review, ADA)
    assert say(review, ADA, Choice.REJECT).stage is Stage.REJECTED


def test_a_rationale_is_wanted_of_every_voice() -> None:
    for choice in Choice:
        with pytest.raises(FaultyFields) as refused:
            say(asked(), ADA, choice, words=" ")
        assert refused.value.facts["fields"][0].field == "words"  # type: ignore[index]  # a tuple of them


def test_whoever_declared_a_conflict_does_not_decide_and_their_voice_is_gone() -> None:
    review = say(asked(BOARD), ADA)
    after = steps.declare_conflict(review, ADA, "I built it.", MONDAY, RULES, staff=Staff()).review
    assert after.voices == ()
    assert "ada@example.org" not in [each.who.email for each in after.reviewers]
    with pytest.raises(ConflictDeclared):
        say(after, ADA)
    with pytest.raises(ConflictDeclared):
        steps.claim(after, replace(ADA, account=replace(ADA.account, platform="teams", id="29:ada")), MONDAY)


def test_concerns_are_resolved_by_reviewers_and_never_by_whoever_asked() -> None:
    review = decisions.raise_concern(asked(), PAT, "Who pays?", MONDAY).review
    with pytest.raises(OwnRequest):
        decisions.raise_concern(review, GRACE, "Mine.", MONDAY)
    for who in (GRACE, DORA):
        with pytest.raises(OthersResolve):
            decisions.resolve(review, who, 1, "We do.", MONDAY)
    for who in (PAT, ADA):
        assert decisions.resolve(review, who, 1, "They do.", MONDAY).review.open_concerns == ()


def test_a_deferred_one_is_decided_after_it_is_resumed() -> None:
    review = say(asked(), ADA, Choice.DEFER)
    with pytest.raises(ReviewDeferred):
        say(review, ALAN)
    resumed = steps.resume(review, GRACE, MONDAY + timedelta(days=9), RULES, staff=Staff()).review
    assert (resumed.stage, resumed.round, resumed.voices) == (Stage.IN_REVIEW, 2, ())
    assert resumed.digest != review.digest


def test_a_review_is_read_as_it_was_written() -> None:
    review = say(decisions.raise_concern(asked(BOARD), PAT, "Who pays?", MONDAY).review, SAM)
    for each in (review, say(review, ADA, Choice.DEFER), asked(NONE), asked(kind="standard change", proposal="x")):
        assert read(written(each)) == each
    met = recognised(review, lambda person: f"now-{person.id}")
    assert (met.asked_by.id, met.concerns[0].by.id, met.voices[0].right.by.id) == (
        "now-p-grace",
        "now-p-pat",
        "now-p-sam",
    )


def test_the_cycle_is_counted_in_business_days() -> None:
    friday, monday = datetime(2026, 11, 20, 13, 15, tzinfo=UTC), datetime(2026, 11, 23, 13, 15, tzinfo=UTC)
    assert business_days(friday, monday, RULES.calendar) == 1.0
    spans = [(friday, monday)] * 9 + [(friday, monday + timedelta(days=7))]
    took = cycle(spans, RULES.calendar)
    assert took
    assert (took.count, took.median, took.p90) == (10, 1.0, 1.0)
    assert cycle([], RULES.calendar) is None


def test_what_people_wrote_stays_quoted_in_an_adr() -> None:
    hostile = "---\nid: ADR-9999\n---\n# Mine\n{status}"
    review = replace(
        say(asked(title='A "title": {id} # x', description=hostile), ADA, words=hostile), stage=Stage.APPROVED
    )
    text = adr(review, "ADR-0009", date(2026, 11, 25))
    assert text.startswith("---\nid: ADR-0009\ntitle: ")
    assert text.count("\n---\n") == 1
    assert "\n# Mine" not in text
    assert "> {status}" in text
    assert quoted("a\n\n# b") == "> a\n>\n> # b"


def test_an_organisation_writes_adrs_by_a_template_of_its_own() -> None:
    review = replace(say(asked(), ADA), stage=Stage.APPROVED)
    text = adr(review, "ADR-0009", date(2026, 11, 25), "---\nid: {id}\n---\n# {heading} {unknown}\n{decision_makers}\n")
    assert text == '---\nid: ADR-0009\n---\n# Orders on queues {unknown}\n["Ada"]\n'


MOVES = st.lists(
    st.tuples(
        st.sampled_from(range(len(EVERYBODY))),
        st.sampled_from(
            ["approve", "conditions", "reject", "defer", "concern", "resolve", "conflict", "claim", "resume", "wait"]
        ),
    ),
    max_size=25,
)


def _fills(review: Review) -> bool:
    """Whether the voices fill all seats: by trying out every seating."""
    wanted = [seat.role for seat in review.seats for _ in range(seat.people)]
    held = [each.right.roles for each in review.voices]
    return any(
        all(role in roles for role, roles in zip(wanted, some, strict=True)) for some in permutations(held, len(wanted))
    )


@given(moves=MOVES, board=st.booleans())
@CALM
def test_the_tally_keeps_its_promises_whatever_people_do(moves: list[tuple[int, str]], board: bool) -> None:
    review, now = asked(BOARD if board else LIGHT), MONDAY
    for person, move in moves:
        who, before_ = EVERYBODY[person], review
        try:
            review = _moved(review, who, move, now)
        except Refusal:
            assert review == before_
        if move == "wait":
            now += timedelta(hours=20)
            for timer in timers(review):
                if timer.due <= now and (step := fall_due(review, timer.key, now, RULES.calendar)):
                    review = step.review
        people = [voice.right.by.id for voice in review.voices]
        assert len(people) == len(set(people))
        assert "p-grace" not in people
        assert not any(review.has_conflict(voice.right.by) for voice in review.voices)
        assert not any(review.has_conflict(each.who) for each in review.reviewers)
        ready = _fills(review) and not review.open_concerns and not decisions.comment_open(review, now)
        if review.stage in (Stage.APPROVED, Stage.APPROVED_WITH_CONDITIONS):
            assert _fills(review)
            assert not review.open_concerns
            assert (review.stage is Stage.APPROVED_WITH_CONDITIONS) == bool(review.conditions)
        if review.stage is Stage.IN_REVIEW and move != "wait":
            assert not ready or before_ == review
        if before_.stage not in OPEN:
            assert review == before_
        assert read(written(review)) == review


def _moved(review: Review, who: Voter, move: str, now: datetime) -> Review:
    choices = {"approve": Choice.APPROVE, "conditions": Choice.APPROVE_WITH_CONDITIONS, "reject": Choice.REJECT,
               "defer": Choice.DEFER}  # fmt: skip
    if move in choices:
        return say(review, who, choices[move], now)
    match move:
        case "concern":
            return decisions.raise_concern(review, who, "Why?", now).review
        case "resolve" if review.open_concerns:
            return decisions.resolve(review, who, review.open_concerns[0].number, "So.", now).review
        case "conflict":
            return steps.declare_conflict(review, who, "Mine.", now, RULES, staff=Staff()).review
        case "claim":
            return steps.claim(review, who, now).review
        case "resume":
            return steps.resume(review, who, now, RULES, staff=Staff()).review
    return review
