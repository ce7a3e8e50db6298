"""What it costs to remember, on SQLite and, where its binaries are, on PostgreSQL: the part of `make bench` about durability.

    python bench/durability.py [--seconds 6]

Every figure is printed beside what is to hold. Prints, asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

import announcing  # noqa: E402  # a script's own neighbours, here and below
import folder  # noqa: E402
import run as bench  # noqa: E402
import store  # noqa: E402

MEGABYTES = 100  # of the database that is copied while it is written to
CLIENTS = (1, 64)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=6, help="for each load")
    measure(options.parse_args().seconds)


def measure(seconds: float) -> None:
    """All of it, on folders of its own."""
    with tempfile.TemporaryDirectory() as scratch, databases(Path(scratch)) as urls:
        knowledge = Path(scratch) / "knowledge"
        words = folder.write(knowledge, 1120)
        for name, url in urls.items():
            print(f"\ndurability on {name}")
            acknowledged(knowledge, Path(scratch) / name, url(), seconds)
            inside(url())
            copied(url(), Path(scratch) / f"{name}-copy")
        questions(knowledge, Path(scratch), words, {name: url() for name, url in urls.items()}, seconds)


def acknowledged(knowledge: Path, scratch: Path, url: str, seconds: float) -> None:
    """Signed deliveries that change something. An event is answered when it is recorded; a command's answer is the reply, so
    that it is recorded, handled, audited and committed by then."""
    scratch.mkdir()
    with bench.boxes() as (workspace, _):
        environ = {"SLACK_API_URL": workspace.api_url, "DATABASE_URL": url}
        with bench.serve(knowledge, scratch / "data", slack=True, environ=environ) as (port, _):
            everybody = lambda count: (bench.slack("help", n % bench.PEOPLE) for n in range(count))  # noqa: E731
            bench.loads(port, everybody, scratch, 1, warm=True)
            for what, make in (("event: recorded", event), ("command: recorded, handled", command)):
                numbers = iter(range(10_000_000))
                figures = bench.loads(port, lambda count: (make(next(numbers)) for _ in range(count)), scratch, seconds)  # noqa: B023
                one, many = figures[1], figures[64]
                print(
                    f"  {what:28} 1 client {one['per_second']:7,.0f}/s p99 {one['p99_ms']:6.1f} ms · 64 clients "
                    f"{many['per_second']:7,.0f}/s p99 {many['p99_ms']:6.1f} ms {_unlike(one, many)}  (hold 3,000/s, p99 50 ms)"
                )


def command(number: int) -> bytes:
    """A subscription, typed by one of many people in their own direct message."""
    return bench.slack(f"subscribe standards tag:t{number}", number % bench.PEOPLE, room="D")


def event(number: int) -> bytes:
    """The same, by mentioning the bot in a channel."""
    person = number % bench.PEOPLE
    inner = {
        "type": "app_mention", "user": f"U{person}", "text": f"<@U0ARCHWAY> subscribe standards tag:e{number}", "team": "T0PLAYGROUND",
        "channel": f"C{person}", "ts": f"1700000000.{number:06d}", "event_ts": f"1700000000.{number:06d}",
    }  # fmt: skip
    envelope = {
        "token": "x", "team_id": "T0PLAYGROUND", "api_app_id": "A0ARCHWAY", "event": inner, "type": "event_callback",
        "event_id": f"Ev{number:012d}", "event_time": 1700000000, "is_ext_shared_channel": False,
        "authorizations": [{"enterprise_id": None, "team_id": "T0PLAYGROUND", "user_id": "U0ARCHWAY", "is_bot": True, "is_enterprise_install": False}],
    }  # fmt: skip
    return bench.signed(json.dumps(envelope).encode(), "application/json")


def inside(url: str) -> None:
    """The store and the announcer by themselves, in this process."""
    figures = store.measured(url)
    print(
        f"  inbox, in this process       {figures['acks_per_second']:7,.0f}/s p99 {figures['p99_ms']:.1f} ms with {store.CLIENTS} clients"
        f"  (hold 3,000/s, p99 50 ms) · audited units {figures['audited_units_per_second']:,.0f}/s"
    )
    print(f"  audit verify                 {figures['verified_per_second']:7,.0f} entries/s  (hold 100,000)")
    told = asyncio.run(announcing.measure(url))
    print("  announcer                    " + " · ".join(f"{name} {rate:,.0f}/s" for name, rate in told.items()))


def copied(url: str, scratch: Path) -> None:
    """A backup of some size while somebody writes."""
    from bot.domain.audit import Entry
    from bot.store import backup
    from bot.store.database import Database

    scratch.mkdir()
    database = Database(url, lambda: datetime.now(UTC))
    filler = Entry("bench.filled", "bench", after={"text": "x" * 8_000})
    for _ in range(MEGABYTES // 8):
        database.write_now(lambda unit: [unit.audit.add(filler) for _ in range(1_000)])
    over, written = threading.Event(), 0

    def write() -> None:
        nonlocal written
        while not over.is_set():
            database.write_now(lambda unit: unit.audit.add(Entry("bench.written", "bench")))
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    began = time.perf_counter()
    size = backup.backup(url, scratch / "copy.db", scratch, None, datetime.now(UTC))
    seconds = time.perf_counter() - began
    over.set()
    writer.join()
    database.close_now()
    print(
        f"  backup while writing         {size / 1e6:,.0f} MB in {seconds:.2f} s, {written} units written meanwhile  (hold 100 MB in 1 s)"
    )


def questions(knowledge: Path, scratch: Path, words: list[str], urls: dict[str, str], seconds: float) -> None:
    """`/arch QUESTION` with all that is remembered, beside a bot that remembers nothing."""
    asked = folder.questions(words, 400_000)

    def commands(count: int) -> Iterator[bytes]:
        return (bench.slack(question, n % bench.PEOPLE) for n, question in zip(range(count), asked, strict=False))

    print("\n/arch QUESTION, one process")
    with bench.boxes() as (workspace, _):
        with bench.hello("forgetful", str(knowledge), workspace.api_url) as port:
            without = bench.loads(port, commands, scratch, seconds, warm=True)
            _tell("remembering nothing", without, without)
        for name, url in urls.items():
            environ = {"SLACK_API_URL": workspace.api_url, "DATABASE_URL": url}
            with bench.serve(knowledge, scratch / f"asked-{name}", slack=True, environ=environ) as (port, _):
                _tell(f"with {name}", bench.loads(port, commands, scratch, seconds, warm=True), without)


def _tell(name: str, figures: dict[int, dict[str, Any]], beside: dict[int, dict[str, Any]]) -> None:
    one, many = figures[1], figures[64]
    print(
        f"  {name:26} 1 client p50 {one['p50_ms']:5.2f} ms · 64 clients {many['per_second']:6,.0f}/s = "
        f"{many['per_second'] / beside[64]['per_second']:.2f} × without {_unlike(one, many)}"
    )


def _unlike(*figures: dict[str, Any]) -> str:
    """The statuses, where there are others than 200."""
    others = [each["statuses"] for each in figures if set(each["statuses"]) != {"200"}]
    return str(others) if others else ""


@contextmanager
def databases(scratch: Path) -> Iterator[dict[str, Any]]:
    """For each kind a function that gives the address of a new database at the newest version."""
    from sqlalchemy import create_engine, text

    from bot.store import schema
    from bot.store.engines import opened
    from tests.databases import PostgresServer, binaries

    count = iter(range(1_000))

    def sqlite() -> str:
        return migrated(f"sqlite:///{scratch}/bench-{next(count)}.db")

    def postgres() -> str:
        assert server
        name = f"bench_{next(count)}"
        engine = create_engine(server.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return migrated(server.url.removesuffix("postgres") + name)

    def migrated(url: str) -> str:
        engine = opened(url)
        schema.upgrade(engine)
        engine.dispose()
        return url

    found = binaries()
    server = PostgresServer(found, durable=True) if found else None
    try:
        if server:
            server.start()
        else:
            print("\nPostgreSQL was not measured: there are no binaries of it here")
        yield {"SQLite": sqlite, **({"PostgreSQL": postgres} if server else {})}
    finally:
        if server:
            server.stop()
        shutil.rmtree(scratch / "copies", ignore_errors=True)


if __name__ == "__main__":
    main()
