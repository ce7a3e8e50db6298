"""Which earlier requests are shown to those who decide, and when they disagree."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.exception_forms import Target
from bot.domain.exception_requests import Choice, ExceptionRequest, Stage
from bot.domain.precedents import DECIDED, MOST, inconsistent, nearest, told
from bot.domain.waivers import revoke
from tests.domain.cast import (
    ADA,
    CALM,
    CLAUSE,
    HIGH,
    LOW,
    MODERATE,
    MONDAY,
    PAT,
    SAM,
    approved,
    demand,
    say,
    submitted,
    with_condition,
)

SIBLING = replace(CLAUSE, id="STD-004.9", text="Keys MUST be rotated.")
WHOLE = replace(CLAUSE, id="STD-004", text="")
ELSEWHERE = Target("STD-009.1", "standards/std-009.md", "STD-009", "Logs", "Logs MUST be kept.", "MUST")
OPEN = submitted()
APPROVED = approved()
DECLINED = say(submitted(), ADA, Choice.DECLINE).request
WITH_CONDITION = with_condition()


def earlier(number: int, decided: ExceptionRequest = APPROVED, **other: object) -> ExceptionRequest:
    """A request of that number, decided as `decided` was, about something else."""
    level = str(other.pop("level", decided.terms.level))
    wish = replace(decided.wish, **other)  # type: ignore[arg-type]  # the names are those of the form
    return replace(decided, id=f"EX-{number}", wish=wish, terms=replace(decided.terms, level=level))


def ids(found: tuple[ExceptionRequest, ...]) -> list[str]:
    return [each.id for each in found]


def test_the_same_clause_comes_before_the_same_standard_and_that_before_the_same_service() -> None:
    others = [
        earlier(1, target=ELSEWHERE),
        earlier(2, target=WHOLE, service="billing", reason="Nothing alike."),
        earlier(3, service="billing", reason="Nothing alike.", tier="0", level="high"),
    ]
    assert ids(nearest(OPEN, others)) == ["EX-3", "EX-2", "EX-1"]


def test_another_service_and_other_words_elsewhere_are_no_precedents() -> None:
    assert nearest(OPEN, [earlier(1, target=ELSEWHERE, service="billing")]) == ()
    assert nearest(OPEN, [earlier(1, target=ELSEWHERE, reason="Weekly exports to the tax office.")]) == ()


def test_the_same_risk_and_tier_count_more_than_the_service_and_the_newest_comes_first() -> None:
    older, newer = (replace(earlier(n), asked_at=MONDAY - timedelta(days=9 - n)) for n in (1, 2))
    assert ids(nearest(OPEN, [older, newer, earlier(3, level="high"), earlier(4, tier="0", service="billing")])) == [
        "EX-2",
        "EX-1",
        "EX-3",
    ]
    assert ids(nearest(OPEN, [earlier(3, level="high"), earlier(4, service="billing")])) == ["EX-4", "EX-3"]
    assert ids(nearest(OPEN, [earlier(3, level="high"), earlier(4, tier="0", level="high")])) == ["EX-3", "EX-4"]


def test_what_nobody_decided_is_no_precedent() -> None:
    undecided = [
        replace(submitted(), id=f"EX-{n}", stage=stage)
        for n, stage in enumerate([Stage.SUBMITTED, Stage.CHANGES_ASKED, Stage.WITHDRAWN, Stage.LAPSED], 1)
    ]
    assert nearest(OPEN, undecided) == ()
    assert inconsistent(OPEN, undecided) == ""


def test_a_precedent_is_told_with_how_it_ended_who_decided_and_its_conditions() -> None:
    assert told(WITH_CONDITION) == {
        "id": "EX-7",
        "target": "STD-004.3",
        "service": "payments",
        "level": "low",
        "ended": "approved with conditions",
        "conditions": ["Condition 1"],
        "by": "Ada",
    }
    assert (told(DECLINED)["ended"], told(DECLINED)["by"], told(DECLINED)["conditions"]) == ("declined", "Ada", [])
    several = submitted(answers=MODERATE)
    for who in (ADA, PAT, SAM):
        several = say(several, who).request
    assert told(several)["by"] == "Ada, Pat and Sam"
    revoked = revoke(approved(), ADA, "Not any more.", MONDAY + timedelta(days=1)).request
    assert (told(revoked)["ended"], told(revoked)["by"]) == ("approved, then revoked", "Ada")


def test_different_decisions_at_the_same_risk_are_pointed_out_by_id() -> None:
    known = [earlier(1), earlier(2, DECLINED), earlier(3), earlier(4, target=ELSEWHERE)]
    assert inconsistent(OPEN, known) == (
        "Requests against STD-004.3 at low risk were decided differently: EX-1 and EX-3 were approved, EX-2 was declined. "
        "Look at why before you decide."
    )


@pytest.mark.parametrize(
    "other",
    [
        earlier(2, DECLINED, level="high"),
        earlier(2, DECLINED, target=SIBLING),
        earlier(2),
        replace(DECLINED, id="EX-99"),
    ],
    ids=["at another risk", "against another clause", "decided alike", "the request itself"],
)
def test_decisions_that_fit_together_are_not_pointed_out(other: ExceptionRequest) -> None:
    assert inconsistent(replace(OPEN, id="EX-99"), [earlier(1), other]) == ""


def test_the_conditions_of_the_nearest_one_are_pointed_out() -> None:
    far = earlier(2, WITH_CONDITION, target=SIBLING)
    assert inconsistent(OPEN, [earlier(1, WITH_CONDITION), far]) == (
        "EX-1, the nearest earlier one, was granted under a condition: look at it before you decide."
    )
    assert inconsistent(OPEN, [earlier(1), far]) == ""
    two = say(
        submitted(), ADA, Choice.APPROVE_WITH_CONDITIONS, demands=(demand("One"), demand("Two", due=date(2026, 12, 5)))
    ).request
    assert "under 2 conditions: look at them" in inconsistent(OPEN, [earlier(3, two)])


def test_a_long_list_of_ids_is_cut_and_the_rest_is_counted() -> None:
    known = [earlier(1, DECLINED), *(earlier(n) for n in range(10, 16))]
    assert "EX-10, EX-11, EX-12 and 3 more were approved, EX-1 was declined" in inconsistent(OPEN, known)


TARGETS = (CLAUSE, SIBLING, WHOLE, ELSEWHERE)
EARLIER = st.lists(
    st.builds(
        lambda decided, stage, days, **wish: replace(
            earlier(1, decided, **wish), stage=stage or decided.stage, asked_at=MONDAY - timedelta(days=days)
        ),
        st.sampled_from([APPROVED, DECLINED, WITH_CONDITION, OPEN]),
        st.sampled_from([None, None, None, Stage.WITHDRAWN, Stage.LAPSED]),
        st.integers(0, 900),
        target=st.sampled_from(TARGETS),
        service=st.sampled_from(["payments", " Payments", "billing", ""]),
        tier=st.sampled_from(["3", "0", ""]),
        reason=st.sampled_from([APPROVED.wish.reason, "Weekly exports to the tax office.", "", "appliance vendor"]),
        level=st.sampled_from(["low", "moderate", "high"]),
    ),
    max_size=8,
).map(lambda found: [replace(each, id=f"EX-{number}") for number, each in enumerate(found, 1)])
ASKED = st.builds(
    lambda target, answers, number: replace(submitted(target=target, answers=answers, remedied_by=date(2026, 12, 1)), id=f"EX-{number}"),
    st.sampled_from(TARGETS),
    st.sampled_from([LOW, MODERATE, HIGH]),
    st.sampled_from([1, 3, 99]),
)  # fmt: skip


def distance(request: ExceptionRequest, other: ExceptionRequest) -> int:
    """How far away it is, by what it is against alone."""
    one, two = request.wish.target, other.wish.target
    assert one
    assert two
    return 0 if one.id == two.id else 1 if one.document == two.document else 2


@CALM
@given(ASKED, EARLIER)
def test_the_nearest_are_a_few_that_were_decided_in_order_and_none_nearer_is_left_out(
    request: ExceptionRequest, known: list[ExceptionRequest]
) -> None:
    found = nearest(request, known)
    assert len(found) <= MOST
    assert len({each.id for each in found}) == len(found)
    assert all(each.stage in DECIDED and each.id != request.id for each in found)
    distances = [distance(request, each) for each in found]
    assert distances == sorted(distances)
    left = [each for each in known if each.stage in DECIDED and each.id != request.id and each not in found]
    near = [each for each in left if distance(request, each) < 2]
    assert len(found) == MOST or not near
    assert all(distance(request, each) >= distances[-1] for each in near)


@CALM
@given(ASKED, EARLIER, st.randoms(use_true_random=False))
def test_neither_depends_on_the_order_in_which_they_are_known(
    request: ExceptionRequest, known: list[ExceptionRequest], random: st.DataObject
) -> None:
    shuffled = known.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # it is a random.Random
    assert nearest(request, shuffled) == nearest(request, known)
    assert bool(inconsistent(request, shuffled)) == bool(inconsistent(request, known))


@CALM
@given(ASKED, EARLIER)
def test_at_a_closer_fit_of_risk_and_tier_one_comes_first(
    request: ExceptionRequest, known: list[ExceptionRequest]
) -> None:
    def fit(each: ExceptionRequest) -> int:
        return (each.terms.level == request.terms.level) + (each.wish.tier == request.wish.tier)

    for one, two in zip(found := nearest(request, known), found[1:], strict=False):
        assert distance(request, one) < distance(request, two) or fit(one) >= fit(two)


@CALM
@given(ASKED, EARLIER)
def test_a_disagreement_is_said_exactly_where_there_is_one_and_names_known_ids(
    request: ExceptionRequest, known: list[ExceptionRequest]
) -> None:
    same = [
        each
        for each in known
        if each.id != request.id and distance(request, each) == 0 and each.terms.level == request.terms.level
    ]
    stages = {each.stage for each in same}
    disagree = Stage.DECLINED in stages and bool(stages & {Stage.APPROVED, Stage.APPROVED_WITH_CONDITIONS})
    sentence = inconsistent(request, known)
    assert ("decided differently" in sentence) == disagree
    assert all(f"EX-{number}" not in sentence.split() for number in (request.id,))
    for each in known:
        json.dumps(told(each))
