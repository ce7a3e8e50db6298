"""Many people who press buttons of the same exception requests at once: does every voice count once, and no other one?

    python -m bench.clicks [--clicks 100000] [--database sqlite|postgresql|both] [--seed 7]

One replica works on a SQLite file, two on a PostgreSQL database, each a process with its own desks, which are handed recorded
deliveries as surfaces hand them. A crowd presses in waves: what it sees before each is what was stored then, or older. A judge
with rules of its own (`tally`) then goes through the record. Exits with 1 when anything is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from multiprocessing.connection import Connection
from pathlib import Path

from bench import tally
from bench.crowd import GROUPS, STANDARDS, Answer, Click, Crowd
from bot import errors, logs, settings
from bot.cards.model import Card, Form, Reply
from bot.cards.plain import text as in_plain_words
from bot.delivery import AlreadyDone, Overloaded, Recorded
from bot.desks import Desks
from bot.domain.commands import pressed
from bot.domain.exception_decisions import seating
from bot.governance import LiveGovernance
from bot.mappings import LiveMappings
from bot.standing import StandingExceptions
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.transaction import Transaction
from knowledge.live import LiveLibrary
from tests import databases

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)  # when a run begins; nothing falls due on that day
AT_ONCE = 32  # clicks that a replica works on at a time
SHOWN = 20  # sentences of the judge
ROOMS = {"architect": "slack:C0ARCH", "platform": "slack:C0PLAT", "security": "teams:19:sec@thread.tacv2", "director": "slack:C0DIR"}  # fmt: skip
# What `tally.SEATS` says; all else is the starter file's.
RULES = """
decide:
  low: {seats: [architect]}
  moderate: {seats: [{role: architect, people: 2}, platform, security]}
  high: {seats: [security, director], formal_acceptance: true}
  emergency: {seats: [architect]}
roles:
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: how many requests, what was said how often, the seconds of the clicks alone, all that is wrong."""

    requests: int
    said: Counter[str]
    seconds: float
    wrong: list[str]


def storm(url: str, folder: Path, clicks: int, replicas: int, seed: int) -> Outcome:
    """Presses so often, on an empty database at the newest version, and has it judged. `folder` is to be made: the library."""
    crowd, records = after(url, folder, clicks, replicas, seed)
    return Outcome(len(records.stored), crowd.said, crowd.seconds, judged(crowd, records))


def after(url: str, folder: Path, clicks: int, replicas: int, seed: int) -> tuple[Crowd, tally.Records]:
    """The crowd and what is stored, when so much was pressed; nothing is judged yet."""
    _write(folder)
    since = time.time()
    database, rng = Database(url, partial(_now, since)), random.Random(seed)
    try:
        with ExitStack() as stack:
            pipes = [stack.enter_context(_replica(url, folder, since)) for _ in range(replicas)]
            crowd = Crowd(database, partial(_dealt, pipes, rng), rng)
            while (left := clicks - crowd.said.total()) > 0:
                crowd.press(left)
        return crowd, database.read_now(records)
    finally:
        database.close_now()


def judged(crowd: Crowd, stored: tally.Records) -> list[str]:
    """All that is wrong."""
    return [*crowd.faults, *tally.wrong(stored, crowd.cast, crowd.replies, MONDAY.date())]


def records(unit: Transaction) -> tally.Records:
    """All that is stored, and who sits where as cards show it."""
    found = tally.read(unit.connection)
    for request in unit.exceptions.all():
        sits = seating(request)
        found.seated[request.id] = [(role, voice.right.by.account if voice else "") for role, voice in sits]
    return found


def _dealt(pipes: Sequence[Connection], rng: random.Random, clicks: Sequence[Click]) -> list[Answer]:
    """What is said to clicks that are made at once, each at one of the replicas."""
    dealt = [rng.randrange(len(pipes)) for _ in clicks]
    for number, pipe in enumerate(pipes):
        pipe.send([click for click, replica in zip(clicks, dealt, strict=True) if replica == number])
    said = [iter(pipe.recv()) for pipe in pipes]
    return [next(said[replica]) for replica in dealt]


def _now(since: float) -> datetime:
    return MONDAY + timedelta(seconds=time.time() - since)


def _write(folder: Path) -> None:
    """A library of standards with one clause each, and the decision rights."""
    (folder / "standards").mkdir(parents=True)
    roles = [f'  {role}: {{slack_groups: [{GROUPS[role]}], rooms: ["{room}"]}}\n' for role, room in ROOMS.items()]
    (folder / "governance.yaml").write_text(RULES + "".join(roles), encoding="utf-8")
    for number in range(1, STANDARDS + 1):
        front = f"---\nid: STD-{number:03}\ntitle: Standard {number}\nowner: security\ntags: [network]\n---\n"
        body = f"# Standard {number}\n\n## Rules\n\n- Bucket {number} MUST be encrypted.\n"
        (folder / f"standards/STD-{number:03}.md").write_text(f"{front}\n{body}", encoding="utf-8")


@contextmanager
def _replica(url: str, folder: Path, since: float) -> Iterator[Connection]:
    """A process that works on clicks: batches go in, their answers come out in their order."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_serve, args=(url, folder, since, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
        ours.send(None)
    finally:
        ours.close()
        process.join(60)


def _serve(url: str, folder: Path, since: float, pipe: Connection) -> None:
    logs.configure("text", "error")
    asyncio.run(_served(url, folder, partial(_now, since), pipe))


async def _served(url: str, folder: Path, clock: Callable[[], datetime], pipe: Connection) -> None:
    database = Database(url, clock)
    inbox, few = Inbox(database), asyncio.Semaphore(AT_ONCE)
    desks = desks_on(database, inbox, folder, clock)

    async def answered(click: Click) -> Answer:
        async with few:
            while True:
                try:
                    return await _answered(click, inbox, desks)
                except Overloaded:  # whoever sent it sends it again
                    await asyncio.sleep(0.1)

    with suppress(EOFError, BrokenPipeError):  # whoever asked was stopped
        while (clicks := await asyncio.to_thread(pipe.recv)) is not None:
            pipe.send(await asyncio.gather(*map(answered, clicks)))
    await database.close()


def desks_on(database: Database, inbox: Inbox, folder: Path, clock: Callable[[], datetime]) -> Desks:
    """The desks of a bot that knows a folder and nobody hears."""
    return Desks(
        settings=settings.load({"ARCHWAY_KNOWLEDGE": str(folder)}),
        shelf=LiveLibrary(folder, cached_in=None, pattern=None),
        governance=LiveGovernance(folder),
        mappings=LiveMappings(folder, ()),
        standing=StandingExceptions(database),
        database=database,
        inbox=inbox,
        happened=lambda _: None,
        clock=clock,
        written=lambda: None,
    )


async def _answered(click: Click, inbox: Inbox, desks: Desks) -> Answer:
    """Raises `Overloaded`."""
    # A delivery that comes twice is worked on twice, as when the lease of whoever recorded it was over.
    await inbox.record(Recorded(click.key, click.by.platform, b"{}"))
    by = replace(click.by, as_of=time.monotonic() - click.age)
    try:
        reply = await desks.dispatch(pressed(click.verb, click.about, by, click.values), click.key)
    except AlreadyDone:
        return Answer("AlreadyDone")
    return Answer(_said(reply), reply.about if isinstance(reply, Form) else "")


def _said(reply: Reply) -> str:
    if isinstance(reply, Form):
        return "form"
    if not isinstance(reply, Card):
        return "silence"
    if reply.name != "refusal":
        return "counted" if reply.name in ("exception_taken", "exception_sent") else reply.name
    sentence = " ".join(in_plain_words(reply, width=10_000).split())
    return next((name for name, pattern in _sentences() if pattern.search(sentence)), sentence)


@cache
def _sentences() -> list[tuple[str, re.Pattern[str]]]:
    """The refusals by their names, and what they say."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.Refusal)]
    said = {kind.__name__: " ".join((kind.__doc__ or "").split()) for kind in kinds}
    patterns = {name: re.sub(r"\\{\w+\\}", ".*", re.escape(text)) for name, text in said.items() if text != "{faults}"}
    return [(name, re.compile(pattern)) for name, pattern in patterns.items()]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--clicks", type=int, default=100_000, help="on each database")
    options.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    sys.exit(0 if measure(chosen.clicks, chosen.database, chosen.seed) else 1)


def measure(clicks: int, database: str = "both", seed: int = 7) -> bool:
    """Prints what came of it on databases of its own; gives whether nothing is wrong."""
    is_right = True
    with tempfile.TemporaryDirectory() as scratch, empty_databases(Path(scratch), database) as urls:
        for name, url in urls.items():
            replicas = 1 if name == "SQLite" else 2
            outcome = storm(url, Path(scratch) / f"pressed on {name}", clicks, replicas, seed)
            is_right = is_right and not outcome.wrong
            tell(f"clicks on {name}, {replicas} replica{'s' * (replicas > 1)}", outcome)
    return is_right


@contextmanager
def empty_databases(scratch: Path, wanted: str = "both") -> Iterator[dict[str, str]]:
    """The addresses of empty databases at the newest version, by their kinds; PostgreSQL waits for the disk."""
    urls: dict[str, str] = {}
    with ExitStack() as stack:
        if wanted != "postgresql":
            urls["SQLite"] = f"sqlite:///{databases.migrated_sqlite(scratch / 'clicks.db')}"
        if wanted != "sqlite" and (found := databases.binaries()):
            server = databases.PostgresServer(found)
            stack.callback(server.stop)
            server.start()
            template = stack.enter_context(databases.migrated_postgres(server.url))
            urls["PostgreSQL"] = stack.enter_context(databases.postgres_database(server.url, template))
        elif wanted != "sqlite":
            print("\nPostgreSQL was not pressed on: there are no binaries of it here")
        yield urls


def tell(name: str, outcome: Outcome) -> None:
    """Prints an outcome, and how busy the machine was."""
    said, load = outcome.said.total(), " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(
        f"\n{name}: {said:,} on {outcome.requests:,} exception requests in "
        f"{outcome.seconds:,.0f} s = {said / outcome.seconds:,.0f}/s (load {load})"
    )
    print("  " + " · ".join(f"{what} {count:,}" for what, count in outcome.said.most_common()))
    print(f"  wrong tallies {len(outcome.wrong)}", *outcome.wrong[:SHOWN], sep="\n    ", flush=True)


if __name__ == "__main__":
    main()
