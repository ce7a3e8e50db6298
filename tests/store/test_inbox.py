"""Deliveries that change something: on disk before they are acknowledged, each handled once, by whoever is alive."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.delivery import Overloaded, Recorded
from bot.domain.announcements import Announcement
from bot.store import inbox as inbox_module
from bot.store import schema, units
from bot.store.database import Database
from bot.store.engines import opened
from bot.store.inbox import MOST_ATTEMPTS, Inbox, InboxFigures, send_again
from bot.store.tables import inbox, posting
from bot.store.transaction import Transaction
from tests.databases import MISSING, Clock, PostgresServer, binaries

LONG = 3600.0  # seconds: a lease that does not end in a test
OVER = -1.0  # one that is over at once


def delivery(key: str, platform: str = "slack") -> Recorded:
    return Recorded(key, platform, b"body of " + key.encode("utf-8", "replace"))


def figures(database: Database, box: Inbox) -> InboxFigures:
    return database.read_now(lambda unit: box.figures(unit.connection))


@pytest.mark.asyncio
async def test_a_delivery_is_new_once(database: Database) -> None:
    box = Inbox(database, LONG)
    assert await box.record(delivery("a"))
    assert not await box.record(delivery("a"))
    assert await box.record(delivery("b"))
    assert not await Inbox(database, LONG).record(delivery("a"))


@pytest.mark.asyncio
async def test_of_many_at_once_each_is_new_once(database: Database) -> None:
    box = Inbox(database, LONG)
    outcomes = await asyncio.gather(*(box.record(delivery(str(number % 200))) for number in range(600)))
    assert sum(outcomes) == 200
    assert figures(database, box).waiting == 200


@pytest.mark.asyncio
async def test_two_processes_take_a_delivery_once(database: Database) -> None:
    one, other = Inbox(database, LONG), Inbox(database, LONG)
    outcomes = await asyncio.gather(
        *(box.record(delivery(str(number))) for number in range(200) for box in (one, other))
    )
    assert sum(outcomes) == 200


@pytest.mark.asyncio
async def test_a_delivery_is_handled_once_and_its_body_goes(database: Database) -> None:
    box = Inbox(database, LONG)
    await box.record(delivery("a"))

    def handle(unit: Transaction) -> bool:
        return box.handled(unit.connection, "a")

    assert await database.write(handle)
    assert not await database.write(handle)
    assert not await database.write(lambda unit: box.handled(unit.connection, "unknown"))
    assert database.read_now(lambda unit: unit.connection.scalars(select(inbox.c.body)).all()) == [b""]
    assert not await box.record(delivery("a"))
    assert figures(database, box) == InboxFigures(0, 0.0, 0)


@pytest.mark.asyncio
async def test_work_that_fails_leaves_the_delivery_where_it_was(database: Database) -> None:
    box = Inbox(database, OVER)
    await box.record(delivery("a"))

    def fail(unit: Transaction) -> None:
        assert box.handled(unit.connection, "a")
        raise KeyError("a")

    with pytest.raises(KeyError):
        await database.write(fail)
    assert await box.left_behind("slack") == [delivery("a")]


@pytest.mark.asyncio
async def test_what_is_left_behind_is_taken_up_oldest_first_by_one(database: Database) -> None:
    dead, alive = Inbox(database, OVER), Inbox(database, LONG)
    for key in ("c", "a", "b"):
        await dead.record(delivery(key))
    await dead.record(delivery("t", "teams"))
    await alive.record(delivery("mine"))
    assert [each.key for each in await alive.left_behind("slack", 2)] == ["c", "a"]
    assert [each.key for each in await alive.left_behind("slack")] == ["b"]
    assert await alive.left_behind("slack") == []
    assert await alive.left_behind("teams") == [delivery("t", "teams")]


@pytest.mark.asyncio
async def test_those_who_look_at_once_share_what_is_left(database: Database) -> None:
    dead = Inbox(database, OVER)
    await asyncio.gather(*(dead.record(delivery(str(number))) for number in range(100)))
    alive = [Inbox(database, LONG) for _ in range(10)]
    taken = await asyncio.gather(*(box.left_behind("slack", 15) for box in alive))
    keys = [each.key for some in taken for each in some]
    assert len(keys) == len(set(keys))
    rest = await alive[0].left_behind("slack", 100)
    assert sorted([*keys, *(each.key for each in rest)]) == sorted(str(number) for number in range(100))


@pytest.mark.asyncio
async def test_long_work_keeps_what_it_has(database: Database) -> None:
    dead, alive = Inbox(database, OVER), Inbox(database, LONG)
    await dead.record(delivery("a"))
    await alive.extend(["a"])
    assert await alive.left_behind("slack") == []


@pytest.mark.asyncio
async def test_operators_are_told_once_of_what_is_set_aside_and_can_have_it_tried_again(database: Database) -> None:
    box = Inbox(database, OVER, operations_room="slack:C0OPS")
    for key in ("a" * 2_000, "b"):
        await box.record(delivery(key))
    await database.write(lambda unit: unit.connection.execute(update(inbox).values(attempts=MOST_ATTEMPTS)).rowcount)
    assert await box.left_behind("slack") == []
    await box.set_aside("b", "is none of ours")
    await box.set_aside("never there", "is none of ours")

    def told(unit: Transaction) -> list[Announcement]:
        keys = unit.connection.scalars(select(posting.c.announcement).where(posting.c.room == "slack:C0OPS"))
        return [found for key in keys if (found := unit.outbox.get(key))]

    facts = {each.facts["delivery"]: each.facts["fault"] for each in database.read_now(told)}
    assert facts == {"a" * 2_000: f"failed {MOST_ATTEMPTS} times", "b": "is none of ours"}

    async def tried_again(key: str) -> bool:
        return await database.write(lambda unit: send_again(unit.connection, key))

    again = [await tried_again(key) for key in ("b", "b", "unknown")]
    assert again == [True, False, False]
    assert await box.left_behind("slack") == [delivery("b")]
    await box.set_aside("b", "is none of ours")
    assert len(database.read_now(told)) == 2


@pytest.mark.asyncio
async def test_what_fails_far_too_often_is_set_aside_and_counted(database: Database) -> None:
    box = Inbox(database, OVER)
    await box.record(delivery("a"))
    await box.record(delivery("b"))
    often = update(inbox).where(inbox.c.key == "a").values(attempts=MOST_ATTEMPTS)
    await database.write(lambda unit: unit.connection.execute(often).rowcount)
    assert await box.left_behind("slack") == [delivery("b")]
    await box.set_aside("b", "is none of ours")
    assert await box.left_behind("slack") == []
    assert figures(database, box) == InboxFigures(0, 0.0, 2)
    assert database.read_now(lambda unit: sorted(unit.connection.scalars(select(inbox.c.fault)))) == [
        f"failed {MOST_ATTEMPTS} times",
        "is none of ours",
    ]


@pytest.mark.asyncio
async def test_handled_keys_are_forgotten_in_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "FORGET_AT_ONCE", 2)
    box = Inbox(database, LONG)
    for key in "abcde":
        await box.record(delivery(key))
        if key != "e":
            await database.write(lambda unit, key=key: box.handled(unit.connection, key))  # type: ignore[misc]
    assert await box.forget() == 0
    assert await box.forget(keep=-60) == 4
    assert figures(database, box).waiting == 1


@pytest.mark.asyncio
async def test_the_age_of_the_oldest_is_told(database: Database) -> None:
    box = Inbox(database, LONG)
    await box.record(delivery("a"))
    await database.write(lambda unit: unit.connection.execute(update(inbox).values(at=inbox.c.at - 100)).rowcount)
    assert 100 <= figures(database, box).oldest_seconds < 160


@pytest.mark.asyncio
async def test_keys_that_no_database_takes_are_known_again(database: Database) -> None:
    box = Inbox(database, LONG)
    assert await box.record(delivery("a\x00\ud800"))
    assert not await box.record(delivery("a\x00\ud800"))
    assert await database.write(lambda unit: box.handled(unit.connection, "a\x00\ud800"))


@pytest.mark.asyncio
async def test_a_database_that_does_not_answer_in_time_is_overloaded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "ANSWER_WITHIN", 0.0)
    box = Inbox(database, LONG)
    with pytest.raises(Overloaded):
        await box.record(delivery("a"))
    monkeypatch.undo()
    await box.record(delivery("b"))
    assert not await box.record(delivery("a"))  # it was recorded after all, and is handled when its lease is over


@pytest.mark.asyncio
async def test_a_sender_that_hangs_up_does_not_take_the_others_along(database: Database) -> None:
    box = Inbox(database, LONG)
    hangs_up = asyncio.ensure_future(box.record(delivery("a")))
    stays = asyncio.ensure_future(box.record(delivery("b")))
    await asyncio.sleep(0)
    hangs_up.cancel()
    assert await stays


@pytest.mark.asyncio
async def test_a_full_database_turns_deliveries_away_and_takes_them_again_when_there_is_room(
    small_file: Database,
) -> None:
    box = Inbox(small_file, LONG)
    acknowledged = await acknowledged_until_turned_away(box)
    assert acknowledged
    kept = small_file.read_now(lambda unit: unit.connection.scalars(select(inbox.c.key)).all())
    assert sorted(acknowledged) == sorted(kept)
    await small_file.write(lambda unit: unit.connection.exec_driver_sql("PRAGMA max_page_count=10000").scalar_one())
    assert await box.record(Recorded("there is room", "slack", b"x" * 2000))


@pytest.mark.asyncio
async def test_a_delivery_that_was_turned_away_does_not_take_later_ones_along(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Inbox(database, LONG)
    monkeypatch.setattr(units, "MOST_WAITING", 0)
    for key in ("a", "b"):
        with pytest.raises(Overloaded):
            await box.record(delivery(key))
    monkeypatch.undo()
    assert await box.record(delivery("c"))
    assert await box.record(delivery("a"))


@pytest.mark.asyncio
async def test_a_file_that_somebody_else_has_locked_takes_deliveries_again_when_it_is_free(
    small_file: Database,
) -> None:
    small_file.write_now(lambda unit: unit.connection.exec_driver_sql("PRAGMA busy_timeout=0").scalar())
    box = Inbox(small_file, LONG)
    other = sqlite3.connect(small_file.engine.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Overloaded):
        await box.record(delivery("a"))
    other.execute("ROLLBACK")
    other.close()
    assert await box.record(delivery("b"))
    assert await box.record(delivery("a"))


@pytest.mark.asyncio
async def test_a_server_that_was_away_takes_deliveries_again_when_it_is_back(clock: Clock) -> None:
    found = binaries()
    if found is None:
        pytest.skip(MISSING)
    server = PostgresServer(found, durable=False)
    server.start()
    try:
        engine = opened(server.url)
        schema.upgrade(engine)
        engine.dispose()
        server.crash()
        database = Database(server.url, clock, patience=0.0)
        box = Inbox(database, LONG)
        with pytest.raises(Overloaded):
            await box.record(delivery("a"))
        server.start()
        assert await box.record(delivery("b"))
        assert await box.record(delivery("a"))
        await database.close()
    finally:
        server.stop()


@pytest.mark.asyncio
async def test_what_was_set_aside_loses_its_body_first_and_is_forgotten_later(database: Database) -> None:
    box = Inbox(database, LONG)
    for key, days in (("new", 6), ("old", 8), ("ancient", 91), ("waits", 91)):
        await box.record(delivery(key))
        past = update(inbox).where(inbox.c.key == key).values(at=inbox.c.at - days * 24 * 3600)
        await database.write(lambda unit, past=past: unit.connection.execute(past).rowcount)  # type: ignore[misc]
        if key != "waits":
            await box.set_aside(key, "is none of ours")
    await box.forget()
    wanted = select(inbox.c.key, inbox.c.body).order_by(inbox.c.key)
    kept = database.read_now(lambda unit: [tuple(row) for row in unit.connection.execute(wanted)])
    assert kept == [("new", b"body of new"), ("old", b""), ("waits", b"body of waits")]


async def acknowledged_until_turned_away(box: Inbox) -> list[str]:
    acknowledged: list[str] = []
    while len(acknowledged) < 10_000:
        key = str(len(acknowledged))
        try:
            await box.record(Recorded(key, "slack", b"x" * 2000))
        except Overloaded:
            return acknowledged
        acknowledged.append(key)
    raise AssertionError("it is never full")


@pytest.fixture
def small_file(sqlite_template: Path, tmp_path: Path, clock: Clock) -> Iterator[Database]:
    """A SQLite database that may grow by a few pages only."""
    (tmp_path / "archway.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{tmp_path}/archway.db", clock)
    database.write_now(lambda unit: unit.connection.exec_driver_sql("PRAGMA max_page_count=60").scalar_one())
    yield database
    database.close_now()
