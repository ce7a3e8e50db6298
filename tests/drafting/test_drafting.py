"""Drafted documents are written once, where somebody can take them up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.drafting import Drafting
from bot.store.database import Database
from bot.store.drafted import DraftedDocument
from bot.store.tables import audit
from tests.databases import Clock
from tests.drafting.test_branches import git

pytestmark = pytest.mark.asyncio

PATH, TEXT = "adrs/0012-use-kafka.md", "---\nid: ADR-0012\n---\n# Use Kafka\n"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    root.mkdir()
    return root


@pytest.fixture
def repository(docs: Path) -> Path:
    git(docs, "init", "-q")
    (docs / "README.md").write_text("# Docs\n")
    git(docs, "add", ".")
    git(docs, "commit", "-q", "-m", "First")
    return docs


def drafting(database: Database, docs: Path, clock: Clock) -> Drafting:
    return Drafting(database, docs, docs.parent / "data", clock)


def draft(database: Database, text: str = TEXT, *, subject: str = "RV-3", path: str = PATH) -> None:
    database.write_now(lambda unit: unit.drafted.put(subject, path, text))


def of(database: Database, subject: str = "RV-3") -> list[tuple[str, str]]:
    found: tuple[DraftedDocument, ...] = database.read_now(lambda unit: unit.drafted.of(subject))
    return [(each.path, each.place) for each in found]


def recorded(database: Database) -> list[str]:
    bodies: Any = database.read_now(lambda unit: unit.connection.scalars(select(audit.c.body)).all())
    return [body for body in bodies if "document.draft_written" in body]


async def test_a_draft_becomes_a_branch_of_the_repository(database: Database, repository: Path, clock: Clock) -> None:
    draft(database)
    assert await drafting(database, repository, clock).write()
    assert of(database) == [(PATH, "branch archway/rv-3")]
    assert git(repository, "show", f"archway/rv-3:{PATH}") == TEXT.strip()
    (entry,) = recorded(database)
    assert git(repository, "rev-parse", "archway/rv-3") in entry
    assert await drafting(database, repository, clock).write()
    assert git(repository, "rev-list", "--count", "archway/rv-3") == "2"
    assert len(recorded(database)) == 1


async def test_a_draft_of_a_plain_folder_becomes_a_file(database: Database, docs: Path, clock: Clock) -> None:
    draft(database)
    assert await drafting(database, docs, clock).write()
    assert of(database) == [(PATH, f"file drafts/{PATH}")]
    file = docs.parent / "data" / "drafts" / PATH
    assert file.read_text() == TEXT
    assert [each.name for each in file.parent.iterdir()] == [file.name]


async def test_a_file_that_says_something_else_stays(database: Database, docs: Path, clock: Clock) -> None:
    file = docs.parent / "data" / "drafts" / PATH
    file.parent.mkdir(parents=True)
    file.write_text("# Mine\n")
    draft(database)
    assert await drafting(database, docs, clock).write()
    assert of(database) == [(PATH, "file drafts/adrs/0012-use-kafka-2.md")]
    assert file.read_text() == "# Mine\n"


async def test_what_was_written_before_the_end_is_found_there(
    database: Database, repository: Path, clock: Clock
) -> None:
    draft(database)
    cut = drafting(database, repository, clock)
    (waiting,) = await database.read(lambda unit: unit.drafted.waiting())
    cut._put(waiting)  # and the process ends before it is noted
    assert of(database) == [(PATH, "")]
    assert await drafting(database, repository, clock).write()
    assert of(database) == [(PATH, "branch archway/rv-3")]
    assert git(repository, "rev-list", "--count", "HEAD..archway/rv-3") == "1"


async def test_two_processes_write_it_once(database: Database, repository: Path, clock: Clock) -> None:
    for number in range(4):
        draft(database, path=f"adrs/{number:04d}-x.md")
    both = [drafting(database, repository, clock) for _ in range(2)]
    while not all(await asyncio.gather(*(each.write() for each in both))):  # the one who came second tries again
        pass
    assert git(repository, "rev-list", "--count", "HEAD..archway/rv-3") == "4"
    assert len(recorded(database)) == 4


async def test_words_that_are_replaced_while_they_are_written_are_written_too(
    database: Database, repository: Path, clock: Clock
) -> None:
    draft(database)
    slow = drafting(database, repository, clock)
    (first,) = await database.read(lambda unit: unit.drafted.waiting())
    place = slow._put(first)
    draft(database, TEXT + "\nMore.\n")
    await database.write(lambda unit: slow._noted(first, *place, unit))
    assert of(database) == [(PATH, "")]
    assert await slow.write()
    assert "More." in git(repository, "show", f"archway/rv-3:{PATH}")


async def test_a_faulty_repository_is_tried_again_and_never_a_crash(
    database: Database, repository: Path, clock: Clock
) -> None:
    git(repository, "branch", "archway")
    draft(database)
    draft(database, "# Words\n", subject="INC-2", path="../../etc/passwd")
    writer = drafting(database, repository, clock)
    assert not await writer.write()
    git(repository, "branch", "-D", "archway")
    assert not await writer.write()
    assert of(database) == [(PATH, "branch archway/rv-3")]
    assert of(database, "INC-2") == [("../../etc/passwd", "")]


async def test_it_is_written_by_itself_as_soon_as_it_is_there(
    database: Database, repository: Path, clock: Clock
) -> None:
    writer = drafting(database, repository, clock)
    running = asyncio.create_task(writer.run())
    try:
        draft(database)
        writer.wake()
        async with asyncio.timeout(20):
            while of(database) != [(PATH, "branch archway/rv-3")]:  # noqa: ASYNC110  # another thread writes
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
