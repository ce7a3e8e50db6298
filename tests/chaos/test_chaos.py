"""A few seconds of what `make chaos` does for minutes, and the proof that it finds what is broken."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.chaos import sabotage
from tests.chaos.plan import Plan
from tests.chaos.run import Outcome, run, throw_away
from tests.databases import MISSING, binaries

SMALL = Plan(seed=11, messages=120, kills=4, rooms=8, people=60)
BROKEN = replace(SMALL, seed=13, messages=80, kills=3)
RUNS: dict[str, tuple[Plan, str, str]] = {
    "sqlite": (SMALL, "sqlite", ""),
    "postgresql": (replace(SMALL, seed=12, crashes=1, replicas=3), "postgresql", ""),
    sabotage.NO_LOOK: (replace(BROKEN, only=("accepted",)), "sqlite", sabotage.NO_LOOK),
    sabotage.HANDLED_FIRST: (replace(BROKEN, only=("handling",)), "sqlite", sabotage.HANDLED_FIRST),
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
    [(sabotage.NO_LOOK, "doubled in Slack"), (sabotage.HANDLED_FIRST, "acknowledged without effect")],
)
def test_a_bot_that_is_broken_on_purpose_is_found_out(
    outcomes: dict[str, Future[Outcome]], broken: str, breach: str
) -> None:
    assert outcomes[broken].result().verdict.breaches[breach]
