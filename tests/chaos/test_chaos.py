"""A few seconds of what `make chaos` does for minutes, and the proof that it finds what is broken."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.chaos import sabotage
from tests.chaos.decided import Evidence, judge
from tests.chaos.invariants import Verdict
from tests.chaos.plan import Plan
from tests.chaos.run import Outcome, run, throw_away
from tests.databases import MISSING, binaries

SMALL = Plan(seed=11, messages=120, kills=4, rooms=8, people=60, decisions=24)
BROKEN = replace(SMALL, seed=13, messages=80, kills=3, decisions=0)
RUNS: dict[str, tuple[Plan, str, str]] = {
    "sqlite": (SMALL, "sqlite", ""),
    "postgresql": (replace(SMALL, seed=12, crashes=1, replicas=3), "postgresql", ""),
    sabotage.NO_LOOK: (replace(BROKEN, only=("accepted",)), "sqlite", sabotage.NO_LOOK),
    sabotage.HANDLED_FIRST: (replace(BROKEN, only=("handling",)), "sqlite", sabotage.HANDLED_FIRST),
    sabotage.STORED_FIRST: (
        replace(BROKEN, messages=8, decisions=16, only=("handling",)),
        "sqlite",
        sabotage.STORED_FIRST,
    ),
}


def ran(name: str) -> Outcome:
    plan, database, broken = RUNS[name]
    outcome = asyncio.run(run(plan, database, sabotage=broken))
    if outcome.verdict.holds or broken:
        throw_away(outcome)
    return outcome


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, Future[Outcome]]]:
    """All runs of this file side by side: they mostly wait."""
    names = [name for name in RUNS if name != "postgresql" or binaries()]
    with ThreadPoolExecutor(len(names)) as side_by_side:
        yield {name: side_by_side.submit(ran, name) for name in names}


def complaints(outcome: Outcome) -> str:
    return "\n".join([*outcome.verdict.sentences(), *outcome.notes, f"The evidence is in {outcome.folder}."])


def test_on_sqlite_nothing_is_lost_doubled_or_out_of_order_however_often_it_is_killed(
    outcomes: dict[str, Future[Outcome]],
) -> None:
    outcome = outcomes["sqlite"].result()
    assert outcome.verdict.holds, complaints(outcome)
    assert sum(outcome.kills.values()) >= 4


def test_on_postgresql_three_replicas_survive_kills_and_a_crash_of_the_database(
    outcomes: dict[str, Future[Outcome]],
) -> None:
    if "postgresql" not in outcomes:
        (pytest.fail if os.environ.get("ARCHWAY_REQUIRE_POSTGRES") == "1" else pytest.skip)(MISSING)
    outcome = outcomes["postgresql"].result()
    assert outcome.verdict.holds, complaints(outcome)
    assert sum(outcome.crashes.values()) == 1


@pytest.mark.parametrize(
    ("broken", "breach"),
    [
        (sabotage.NO_LOOK, "doubled in Slack"),
        (sabotage.HANDLED_FIRST, "acknowledged without effect"),
        (sabotage.STORED_FIRST, "stored otherwise than recorded"),
    ],
)
def test_a_bot_that_is_broken_on_purpose_is_found_out(
    outcomes: dict[str, Future[Outcome]], broken: str, breach: str
) -> None:
    assert outcomes[broken].result().verdict.breaches[breach]


def without_the_last_entry(decided: Evidence) -> Evidence:
    id_ = decided.requests[0]["id"]
    return replace(decided, entries={**decided.entries, id_: decided.entries[id_][:-1]})


def with_the_last_entry_doubled(decided: Evidence) -> Evidence:
    id_, entries = next((id_, each) for id_, each in decided.entries.items() if each[-1]["after"].get("voices"))
    return replace(decided, entries={**decided.entries, id_: [*entries, entries[-1]]})


def without_a_deed(decided: Evidence) -> Evidence:
    """The record and the stored request as if a voice had never been heard: the ballot is open still."""
    asked = {id_: entries[:1] for id_, entries in decided.entries.items()}
    return replace(decided, entries=asked)


def without_a_timer(decided: Evidence) -> Evidence:
    return replace(decided, waiting=dict([*decided.waiting.items()][1:]))


def with_a_timer_too_many(decided: Evidence) -> Evidence:
    return replace(decided, waiting={**decided.waiting, "EX-999:lapse:1": "2026-12-01T00:00:00+00:00"})


def with_buttons_left(decided: Evidence) -> Evidence:
    about = f"{decided.requests[0]['id']} approve 0123456789abcdef"
    cards = [
        {**card, "buttons": [*card["buttons"], {"verb": "exception_step", "about": about}]} for card in decided.cards
    ]
    return replace(decided, cards=cards)


def with_old_words(decided: Evidence) -> Evidence:
    return replace(decided, cards=[{**card, "text": "Nothing is decided."} for card in decided.cards])


@pytest.mark.parametrize(
    ("spoilt", "breach"),
    [
        (without_the_last_entry, "stored otherwise than recorded"),
        (with_the_last_entry_doubled, "decided more than once"),
        (without_a_deed, "decided without effect"),
        (without_a_timer, "timers"),
        (with_a_timer_too_many, "timers of no request"),
        (with_buttons_left, "card with the wrong buttons"),
        (with_old_words, "card says something else"),
    ],
)
def test_what_does_not_agree_with_a_decision_is_found(
    outcomes: dict[str, Future[Outcome]], spoilt: Callable[[Evidence], Evidence], breach: str
) -> None:
    decided = outcomes["sqlite"].result().decided
    assert decided
    verdict = Verdict()
    judge(spoilt(decided), verdict)
    assert verdict.breaches[breach]
