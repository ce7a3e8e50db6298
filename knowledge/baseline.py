"""What we measure ourselves against: SQLite's FTS5 with its porter stemmer over the same sections."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.documents import Document


@dataclass(frozen=True, slots=True)
class Ranked:
    """A document as an engine ranks it, with the section it would cite."""

    path: str
    heading: str
    score: float


class Fts5:
    """A section index: title, heading and text of every section; the best section stands for its document."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "CREATE VIRTUAL TABLE section USING fts5(path UNINDEXED, heading UNINDEXED, text, tokenize = 'porter unicode61')"
        )
        self._database.executemany(
            "INSERT INTO section VALUES (?, ?, ?)",
            (
                (document.path, passage.heading, f"{document.title}\n{passage.heading}\n{passage.text}")
                for document in documents
                for passage in document.passages
            ),
        )

    def ask(self, question: str, count: int = 10) -> list[Ranked]:
        """The best documents for a question, each by its best section: any of its words may match."""
        words = dict.fromkeys(re.findall(r"\w+", question.lower()))
        if not words:
            return []
        rows = self._database.execute(
            "SELECT path, heading, -rank FROM section WHERE section MATCH ? ORDER BY rank LIMIT 400",
            (" OR ".join(f'"{word}"' for word in words),),
        )
        found: dict[str, Ranked] = {}
        for path, heading, score in rows:
            found.setdefault(path, Ranked(path, heading, score))
            if len(found) == count:
                break
        return list(found.values())
