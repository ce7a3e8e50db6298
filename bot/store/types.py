"""Column types. Text is made such as every database takes it, on its way in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Dialect, Text
from sqlalchemy.types import TypeDecorator

# NUL passes SQLite and fails PostgreSQL; surrogates without their other half cannot be written as UTF-8.
_IMPOSSIBLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def writable(text: str) -> str:
    """The text with U+FFFD for each character that not every database takes; halves that belong together are joined."""
    if not _IMPOSSIBLE.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\x00", REPLACEMENT)


def writable_facts(value: Any) -> Any:
    """The same for all texts in plain JSON: keys, and values however deep."""
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, dict):
        return {writable(name): writable_facts(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [writable_facts(each) for each in value]
    return value


def naive(moment: datetime) -> datetime:
    """A moment as it stands in the tables: UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)


class Words(TypeDecorator[str]):
    """Text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's
        """What is written or looked for."""
        return None if value is None else writable(value)


class Facts(TypeDecorator[Any]):
    """Plain JSON."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002  # SQLAlchemy's
        """What is written."""
        return writable_facts(value)
