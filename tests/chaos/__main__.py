"""`make chaos`: python -m tests.chaos [--database sqlite|postgresql|both] [--messages N] [--kills N] [--crashes N] [--seed S]

Kills the bot and crashes its database while people use it, and says what came of it. Exit status 1 when an invariant is
broken: the evidence then stays, and its folder is named.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys

from tests.chaos.plan import Plan
from tests.chaos.run import Outcome, run, throw_away


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.splitlines()[2])
    options.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options.add_argument("--messages", type=int, default=5_000, help="first posts in rooms, on each database")
    options.add_argument(
        "--decisions", type=int, default=400, help="deliveries that ask for exceptions and decide, on each database"
    )
    options.add_argument("--kills", type=int, default=60, help="SIGKILLs, on each database")
    options.add_argument("--crashes", type=int, default=6, help="crash-stops of PostgreSQL")
    options.add_argument("--rooms", type=int, default=24, help="on each platform")
    options.add_argument("--replicas", type=int, default=3, help="on PostgreSQL; on SQLite one serves at a time")
    options.add_argument("--seed", type=int, default=None)
    options.add_argument(
        "--hurry", type=float, default=100.0, help="paces so many times as fast as the platforms allow"
    )
    options.add_argument("--keep", action="store_true", help="keep the evidence of a run that holds, too")
    chosen = options.parse_args()
    seed = random.randrange(1_000_000) if chosen.seed is None else chosen.seed
    holds = True
    for database in ("sqlite", "postgresql") if chosen.database == "both" else (chosen.database,):
        several = database == "postgresql"
        plan = Plan(
            seed,
            chosen.messages,
            chosen.kills,
            chosen.crashes if several else 0,
            chosen.rooms,
            chosen.replicas if several else 1,
            decisions=chosen.decisions,
        )
        print(f"\n{database}: seed {seed}, {len(plan.wishes)} deliveries, {plan.replicas} processes", flush=True)
        outcome = asyncio.run(run(plan, database, lambda line: print(f"  {line}", flush=True), hurry=chosen.hurry))
        print_table(outcome)
        holds &= outcome.verdict.holds
        if outcome.verdict.holds and not chosen.keep:
            throw_away(outcome)
        else:
            print(f"  evidence: {outcome.folder}")
    return 0 if holds else 1


def print_table(outcome: Outcome) -> None:
    """All figures of a run."""
    faults = sum(outcome.injected.values())
    rows: list[tuple[str, object]] = [
        ("seconds", round(outcome.seconds)),
        ("kills", f"{sum(outcome.kills.values())} ({_listed(outcome.kills)})"),
        ("crash-stops of the database", f"{sum(outcome.crashes.values())} ({_listed(outcome.crashes)})"),
        ("requests to the platforms", outcome.requests),
        ("faults injected", f"{faults} = {faults / max(1, outcome.requests):.1%} ({_listed(outcome.injected)})"),
        ("answers to deliveries", _listed(outcome.statuses)),
        ("processes that ended by themselves", _listed(outcome.ended) or "none"),
        *outcome.verdict.figures.items(),
    ]
    for name, value in rows:
        print(f"  {name:38} {value}")
    for note in outcome.notes:
        print(f"  note: {note}")
    for sentence in outcome.verdict.sentences():
        print(f"  BROKEN  {sentence}")
    print(f"  {'every invariant holds' if outcome.verdict.holds else 'BROKEN'}", flush=True)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda each: -each[1]))


if __name__ == "__main__":
    sys.exit(main())
