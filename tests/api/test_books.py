"""What the API reads is the same from both databases, and of the shape that it is said to be."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.api.bundle import Bundle
from bot.api.operations import OPERATIONS, Operation, parsed
from bot.books import Books
from bot.domain.calendar import Calendar
from bot.settings import STARTER
from bot.store.database import Database
from knowledge.live import LiveLibrary
from tests.api.filling import fill
from tests.databases import Clock

IDS = {
    "document": "STD-001",
    "clause": "STD-001.1",
    "exception-request": "EX-1",
    "review": "RV-1",
    "incident": "INC-1",
    "timeline": "BRIDGE-88",
}


@pytest.fixture(scope="module")
def shelf() -> LiveLibrary:
    return LiveLibrary(STARTER, cached_in=None, pattern=None)


def books(database: Database, shelf: LiveLibrary) -> Books:
    return Books(database, lambda: shelf.library, Calendar, dict)


async def asked(books: Books, name: str, **query: str) -> Any:
    operation = next(each for each in OPERATIONS if each.name == name)
    values = parsed(operation, list(query.items()))
    return await books.reads[name](values | ({"id": IDS[name]} if operation.by_id else {}))


@pytest.mark.asyncio
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
async def test_every_operation_reads_what_it_is_said_to_give(
    operation: Operation, database: Database, shelf: LiveLibrary, clock: Clock
) -> None:
    fill(database, clock())
    query = {"q": "encryption"} if operation.name == "search" else {}
    found = await asked(books(database, shelf), operation.name, **query)
    if operation.gives is None:
        assert isinstance(found, Bundle)
        return
    plain = found if operation.by_id or found["next"] is None else found | {"next": "?"}
    assert msgspec.convert(plain, operation.gives)
    assert operation.by_id or found["items"]


@pytest.mark.asyncio
async def test_a_waiver_is_in_force_from_its_first_moment_to_its_last_and_no_longer(
    database: Database, shelf: LiveLibrary, clock: Clock
) -> None:
    began: datetime = clock()
    fill(database, began)
    reads = books(database, shelf)

    async def ids(at: datetime | date) -> list[str]:
        return [each["id"] for each in (await asked(reads, "waivers", at=at.isoformat()))["items"]]

    ends = datetime.fromisoformat((await asked(reads, "waivers"))["items"][0]["ends"])
    assert await ids(began) == ["EX-1", "EX-5"]
    assert await ids(began - timedelta(seconds=1)) == []
    assert await ids(ends.replace(year=ends.year + 1)) == []
    assert await ids(ends) == []
    assert await ids(ends.date()) == [], "a day counts when it begins"
    assert await ids(ends.date() - timedelta(days=1)) == ["EX-1"]
    clock.advance(days=31)
    assert (await asked(reads, "waivers"))["items"] == []
    assert (await asked(reads, "exception-requests", status="pending"))["total"] == 2


@pytest.mark.asyncio
async def test_the_bundle_holds_the_same_waivers_from_either_database(
    database: Database, shelf: LiveLibrary, clock: Clock, tmp_path: Path
) -> None:
    fill(database, clock())
    first, second = [await asked(books(database, shelf), "policy-bundle") for _ in range(2)]
    assert first == second
    clock.advance(days=3)
    assert (await asked(books(database, shelf), "policy-bundle")).revision != first.revision
