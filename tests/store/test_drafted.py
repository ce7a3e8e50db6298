"""Drafted documents, as they are kept."""

from __future__ import annotations

from datetime import timedelta

from bot.store.database import Database
from bot.store.drafted import DraftedDocument
from tests.databases import Clock

PATH = "adrs/0003-use-kafka.md"


def put(database: Database, subject: str, path: str = PATH, text: str = "# Use Kafka\n") -> bool:
    return database.write_now(lambda unit: unit.drafted.put(subject, path, text))


def waiting(database: Database) -> tuple[DraftedDocument, ...]:
    return database.read_now(lambda unit: unit.drafted.waiting())


def written(database: Database, document: DraftedDocument, clock: Clock) -> bool:
    return database.write_now(lambda unit: unit.drafted.written(document, clock.now, "branch archway/rv-3"))


def test_what_is_drafted_waits_until_it_is_written(database: Database, clock: Clock) -> None:
    assert put(database, "RV-3")
    assert put(database, "INC-1")
    first, second = waiting(database)
    assert first == DraftedDocument(first.id, "RV-3", PATH, "# Use Kafka\n", clock.now)
    later = clock.advance(hours=1)
    assert written(database, first, clock)
    assert not written(database, first, clock)
    assert waiting(database) == (second,)
    (kept,) = database.read_now(lambda unit: unit.drafted.of("RV-3"))
    assert (kept.written_at, kept.place) == (later, "branch archway/rv-3")


def test_words_that_were_replaced_meanwhile_are_not_written_yet(database: Database, clock: Clock) -> None:
    put(database, "RV-3")
    (first,) = waiting(database)
    clock.advance(minutes=1)
    assert put(database, "RV-3", text="# Use RabbitMQ\n")
    assert not written(database, first, clock)
    (second,) = waiting(database)
    assert (second.id, second.text, second.at) == (first.id, "# Use RabbitMQ\n", first.at + timedelta(minutes=1))


def test_what_is_written_stays_as_it_was(database: Database, clock: Clock) -> None:
    put(database, "RV-3")
    written(database, waiting(database)[0], clock)
    assert not put(database, "RV-3", text="# Something else\n")
    assert waiting(database) == ()


def test_all_that_was_drafted_is_told_with_the_beginning_of_its_words(database: Database) -> None:
    put(database, "RV-3", text="---\nid: ADR-0003\n---\n" + "x" * 10_000)
    put(database, "INC-1", "standards/STD-009.md")
    first, second = database.read_now(lambda unit: unit.drafted.all())
    assert (first.subject, len(first.text), second.path) == ("RV-3", 2_000, "standards/STD-009.md")
    assert database.read_now(lambda unit: unit.drafted.paths()) == (PATH, "standards/STD-009.md")
