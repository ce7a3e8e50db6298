from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.changes import ClauseState, DocumentState
from bot.store.database import Database
from bot.store.library import Known

STATE = DocumentState(
    "s.md", "S", "Ständärd ✓", "standard", "accepted", clauses=(ClauseState("S.1", "MUST", "It MUST be."),), tags=("a",)
)


def test_what_is_known_comes_back_as_it_was(database: Database) -> None:
    since = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    known = [
        Known("s.md", STATE, None, "document:s.md:1", since, faults=2, unreadable=True),
        Known("gone.md", None, STATE),
    ]
    assert database.read_now(lambda unit: unit.library.is_empty())
    database.write_now(lambda unit: unit.library.put(known))
    assert not database.read_now(lambda unit: unit.library.is_empty())
    assert database.read_now(lambda unit: unit.library.all()) == {each.path: each for each in known}
    assert database.read_now(lambda unit: unit.library.of(["gone.md", "unknown.md"])) == {"gone.md": known[1]}


def test_what_is_put_takes_the_place_of_what_was_known(database: Database) -> None:
    for title in ("one", "two"):
        database.write_now(lambda unit, title=title: unit.library.put([Known("s.md", None, announcement=title)]))  # type: ignore[misc]
    assert database.read_now(lambda unit: unit.library.all())["s.md"].announcement == "two"


def test_many_paths_are_looked_for_in_parts(database: Database) -> None:
    database.write_now(lambda unit: unit.library.put([Known(f"{n}.md", STATE) for n in range(1_200)]))
    assert len(database.read_now(lambda unit: unit.library.of([f"{n}.md" for n in range(1_200)]))) == 1_200
