"""A few seconds of what `make chaos` does for minutes, and the proof that it finds what is broken."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.chaos import sabotage
from tests.chaos.plan import Plan
from tests.chaos.run import Outcome, run, throw_away
from tests.databases import MISSING, binaries


def ran(plan: Plan, database: str, *, broken: str = "") -> Outcome:
    outcome = asyncio.run(run(plan, database, sabotage=broken))
    if outcome.verdict.holds or broken:
        throw_away(outcome)
    return outcome


def complaints(outcome: Outcome) -> str:
    return "\n".join([*outcome.verdict.sentences(), *outcome.notes, f"The evidence is in {outcome.folder}."])


def test_on_sqlite_nothing_is_lost_doubled_or_out_of_order_however_often_it_is_killed() -> None:
    outcome = ran(Plan(seed=11, messages=250, kills=5, rooms=8, people=60), "sqlite")
    assert outcome.verdict.holds, complaints(outcome)
    assert sum(outcome.kills.values()) >= 5


def test_on_postgresql_three_replicas_survive_kills_and_a_crash_of_the_database() -> None:
    if binaries() is None:
        (pytest.fail if os.environ.get("ARCHWAY_REQUIRE_POSTGRES") == "1" else pytest.skip)(MISSING)
    outcome = ran(Plan(seed=12, messages=250, kills=5, crashes=1, rooms=8, replicas=3, people=60), "postgresql")
    assert outcome.verdict.holds, complaints(outcome)
    assert sum(outcome.crashes.values()) == 1


@pytest.mark.parametrize(
    ("broken", "dies", "breach"),
    [
        (sabotage.NO_LOOK, "accepted", "doubled in Slack"),
        (sabotage.HANDLED_FIRST, "handling", "acknowledged without effect"),
    ],
)
def test_a_bot_that_is_broken_on_purpose_is_found_out(broken: str, dies: str, breach: str) -> None:
    outcome = ran(Plan(seed=13, messages=120, kills=3, rooms=8, people=60, only=(dies,)), "sqlite", broken=broken)
    assert outcome.verdict.breaches[breach]
