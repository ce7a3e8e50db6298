"""Where a drafted document belongs: paths that are safe whatever a title says, the number of the next ADR, and the id that a draft gives
itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST_SLUG, LONGEST_PATH = 60, 200  # characters
NUMBER_WIDTH = 4  # digits: "0012"

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_NUMBERED = re.compile(r"(?:[A-Za-z]+[-_ ]?)?(\d{1,6})(?![\d])", re.ASCII)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_ID = re.compile(r"^id:[ \t]*[\"']?([^\"'\s#]+)", re.MULTILINE)


def slug(title: str) -> str:
    """A title as a part of a path: small letters of ASCII, digits and hyphens; "untitled" where nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > LONGEST_SLUG:
        words = words[: LONGEST_SLUG + 1].rpartition("-")[0] or words[:LONGEST_SLUG]
    return words.strip("-") or "untitled"


def is_safe(path: str) -> bool:
    """Whether a path can be written below a folder: of plain parts, none of them hidden, leading nowhere else."""
    parts = path.split("/")
    return len(path) <= LONGEST_PATH and all(_PART.fullmatch(part) and not part.endswith(".") for part in parts)


def number_of(label: str) -> int | None:
    """The number that an id or the name of a file begins with: 12 of "ADR-0012", "0012-use-kafka.md" and "12_use_kafka"."""
    found = _NUMBERED.match(label)
    return int(found[1]) if found else None


def next_number(labels: Iterable[str]) -> int:
    """The number after the highest of ids and names of files, from 1."""
    return max((number for label in labels if (number := number_of(label)) is not None), default=0) + 1


def numbered(number: int, title: str) -> str:
    """The name of a file: "0012-use-kafka.md"."""
    return f"{number:0{NUMBER_WIDTH}d}-{slug(title)}.md"


def own_id(text: str) -> str:
    """The id in the front matter of a draft; "" for none."""
    matter = _FRONT_MATTER.match(text)
    found = _ID.search(matter[1]) if matter else None
    return found[1] if found else ""
