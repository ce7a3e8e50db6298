"""Reading plain values that somebody wrote in a file: every fault is noted with its line, and reading goes on."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import TypeVar

from bot.domain.calendar import Span
from bot.domain.people import same_writing

Place = tuple[str | int, ...]  # the keys and list positions that lead to a value

T = TypeVar("T")

LONGEST_NAME = 60
SHOWN = 40  # characters of a value that is quoted

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\]+\.[^\s@<>()\[\],;:\"\\.]+")
_ROOM = re.compile(r"slack:[CDGU][A-Z0-9]{2,}|teams:[^\s:][^\s]*")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Page:
    """A file: its name, on which line each value stands, and what is wrong with it so far."""

    path: str
    lines: Mapping[Place, int]
    faults: list[tuple[int, str]] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a value, or of the nearest one around it that was written down."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def sentences(self) -> tuple[str, ...]:
        """The faults from top to bottom, each with file and line."""
        return tuple(f"{self.path}:{line}: {reason}" for line, reason in sorted(dict.fromkeys(self.faults)))


@dataclass(frozen=True, slots=True)
class Part:
    """A value and its place. What does not read as wanted is noted as a fault, and something harmless is given back."""

    value: object
    page: Page
    place: Place = ()

    @property
    def is_written(self) -> bool:
        """Whether it stands in the file itself, and was not filled in from elsewhere."""
        return self.place in self.page.lines

    @property
    def shown(self) -> str:
        """The value as it stands in a sentence."""
        match self.value:
            case None:
                return "nothing"
            case dict():
                return "a mapping"
            case list():
                return "a list"
            case bool():
                return str(self.value).lower()
            case str():
                return f'"{_short(self.value)}"'
        return _short(str(self.value))

    def fault(self, reason: str) -> None:
        """Notes what is wrong here, and how to mend it."""
        where = ".".join(_short(key) for key in self.place if isinstance(key, str))
        self.page.faults.append((self.page.line(self.place), f"{where}: {reason}" if where else reason))

    def members(self, known: Collection[str]) -> dict[str, Part]:
        """A mapping with none but `known` keys; those without a value are left out."""
        entries = self.entries(f"must be a mapping with {_listed(known)}")
        for key in [key for key in entries if key not in known]:
            near = difflib.get_close_matches(key.lower(), known, 1, 0.6)
            hint = f"did you mean {near[0]}?" if near else f"known are {_listed(known)}"
            entries.pop(key).fault(f"is no key that is known; {hint}")
        return {key: part for key, part in entries.items() if part.value is not None}

    def entries(self, wanted: str = "must be a mapping: lines of `name: value`") -> dict[str, Part]:
        """A mapping with any names as its keys."""
        if not isinstance(self.value, dict):
            self.fault(wanted)
            return {}
        parts = {str(key): Part(value, self.page, (*self.place, key)) for key, value in self.value.items()}
        for name in [name for name in parts if not name.strip() or len(name) > LONGEST_NAME]:
            parts.pop(name).fault(f"is no name; write one of 1 to {LONGEST_NAME} characters")
        return parts

    def items(self) -> Iterator[Part]:
        """The items of a list."""
        if not isinstance(self.value, list):
            self.fault("must be a list, written like [one, two]")
            return
        for number, value in enumerate(self.value):
            yield Part(value, self.page, (*self.place, number))

    def texts(self) -> Iterator[tuple[str, Part]]:
        """The items of a list of texts; what is given twice is a fault."""
        seen = set()
        for part in self.items():
            if text := part.text():
                if text in seen:
                    part.fault(f'"{_short(text)}" is given twice; keep one')
                seen.add(text)
                yield text, part

    def text(self) -> str:
        """A text; "" with a fault for anything else."""
        if isinstance(self.value, str) and self.value.strip():
            return self.value.strip()
        if self.value is None or self.value == "":
            self.fault("has no value; write one or remove the line")
        else:
            self.fault(f"must be a text, not {self.shown}; quote it if it is meant so")
        return ""

    def number(self, least: int, most: int) -> int:
        """A whole number; `least` with a fault for anything else."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and least <= self.value <= most:
            return self.value
        self.fault(f"must be a whole number from {least} to {most}, not {self.shown}")
        return least

    def truth(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.fault(f"must be true or false, not {self.shown}")
        return self.value is True

    def one_of(self, choices: Collection[str], what: str) -> str:
        """One of several texts; "" with a fault for anything else."""
        text = self.text()
        if not text or text in choices:
            return text
        near = difflib.get_close_matches(text, choices, 1, 0.6)
        hint = f"did you mean {near[0]}?" if near else f"there is {_listed(choices) or 'none'}"
        self.fault(f'"{_short(text)}" is no {what}; {hint}')
        return ""

    def span(self) -> Span | None:
        """A length of time that is longer than none; None with a fault for anything else."""
        try:
            found = Span.parse(self.value if isinstance(self.value, str) else "")
        except ValueError as error:
            self.fault(f"{self.shown} is no length of time; {error}")
            return None
        if not found.count:
            self.fault(f"is {found}; write a length of time that passes, or remove the line")
            return None
        return found

    def address(self) -> str:
        """A person's e-mail address, as addresses are compared."""
        text = self.text()
        if text and not _ADDRESS.fullmatch(text):
            self.fault(f'"{_short(text)}" is no e-mail address; persons are written like ada@example.org')
            return ""
        return same_writing(text)

    def addresses(self) -> tuple[str, ...]:
        """A list of persons, each once."""
        found: dict[str, None] = {}
        for part in self.items():
            if address := part.address():
                if address in found:
                    part.fault(f"{address} is given twice; keep one")
                found[address] = None
        return tuple(found)

    def room(self) -> str:
        """A room by its name everywhere."""
        text = self.text()
        if text and not _ROOM.fullmatch(text):
            self.fault(f'"{_short(text)}" is no room; write slack:CHANNEL_ID or teams:CONVERSATION_ID, with the id')
            return ""
        return text

    def rooms(self) -> tuple[str, ...]:
        """A list of rooms."""
        return tuple(room for _, part in self.texts() if (room := part.room()))

    def clock(self, text: str) -> time | None:
        """A time of the day that is part of this value's text; None, without a fault, when it is none."""
        found = _CLOCK.fullmatch(text.strip())
        return time(int(found[1]), int(found[2])) if found else None

    def day(self) -> date | None:
        """A day of the calendar."""
        if isinstance(self.value, date):
            return self.value
        try:
            return date.fromisoformat(self.value if isinstance(self.value, str) else "")
        except ValueError:
            self.fault(f'{self.shown} is no day; write it like "2026-12-25"')
            return None


def _listed(words: Collection[str]) -> str:
    return ", ".join(words)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
