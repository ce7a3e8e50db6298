"""Reading plain values that somebody wrote in a file: every fault is noted with its line, and reading goes on."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time

from bot.domain.calendar import Span
from bot.domain.people import same_writing

Place = tuple[str | int, ...]  # the keys and list positions that lead to a value

LONGEST_NAME = 60
SHOWN = 40  # characters of a value that is quoted

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\]+\.[^\s@<>()\[\],;:\"\\.]+")
_ROOM = re.compile(r"slack:[CDGU][A-Z0-9]{2,}|teams:[^\s:/#%][^\s/#%]*")  # an address or a name is no id
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Page:
    """A file: its name, on which line each value stands, which keys belong where, and what is wrong with it so far."""

    path: str
    lines: Mapping[Place, int]
    keys: Mapping[str, tuple[str, ...]]  # by the place of a mapping: "roles.ROLE"
    faults: dict[tuple[int, str], None] = field(default_factory=dict)  # line and reason
    faulty: set[Place] = field(default_factory=set)  # values with a fault in them

    def line(self, place: Place) -> int:
        """The line of a value, or of the nearest one around it that was written down; that of the first one for all."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place) or min(self.lines.values(), default=1)

    def sentences(self) -> tuple[str, ...]:
        """The faults from top to bottom, each with file and line."""
        return tuple(f"{self.path}:{line}: {reason}" for line, reason in sorted(self.faults))


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
    def is_faulty(self) -> bool:
        """Whether something is wrong with it or within it, so far."""
        return self.place in self.page.faulty

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
        self.page.faults[self.page.line(self.place), f"{where}: {reason}" if where else reason] = None
        self.page.faulty.update(self.place[:depth] for depth in range(len(self.place) + 1))

    def members(self, form: str) -> dict[str, Part]:
        """A mapping with none but the keys of a place ("roles.ROLE"); those without a value are left out."""
        known = self.page.keys[form]
        entries = self.entries(f"must be a mapping with {_listed(known)}")
        for key in [key for key in entries if key not in known]:
            entries.pop(key).fault(self._unknown(key, known))
        return {key: part for key, part in entries.items() if part.value is not None}

    def _unknown(self, key: str, known: Collection[str]) -> str:
        """What is wrong with a key that is not known here, and what may have been meant."""
        near = difflib.get_close_matches(key.lower(), known, 1, 0.6)
        places = [place for place, keys in self.page.keys.items() if key in keys]
        if places and not difflib.get_close_matches(key, near, 1, 0.8):
            return f"is no key here; it belongs {'under ' + ' or '.join(places) if all(places) else 'at the top'}"
        return f"is no key that is known; {f'did you mean {near[0]}?' if near else f'known are {_listed(known)}'}"

    def entries(self, wanted: str = "must be a mapping: lines of `name: value`") -> dict[str, Part]:
        """A mapping with any names as its keys."""
        if not isinstance(self.value, dict):
            glued = isinstance(self.value, str) and ":" in self.value
            self.fault(f"{wanted}, with a space after each colon" if glued else wanted)
            return {}
        parts = {str(key): Part(value, self.page, (*self.place, key)) for key, value in self.value.items()}
        for name in [name for name in parts if not 0 < len(name.strip()) <= LONGEST_NAME or not name.isprintable()]:
            parts.pop(name).fault(f"is no name; write one of 1 to {LONGEST_NAME} characters that can be seen")
        return parts

    def items(self) -> Iterator[Part]:
        """The items of a list."""
        if not isinstance(self.value, list):
            glued = isinstance(self.value, str) and self.value.startswith("-")
            self.fault(f"must be a list, written like [one, two]{', or with a space after each dash' if glued else ''}")
            return
        for number, value in enumerate(self.value):
            yield Part(value, self.page, (*self.place, number))

    def once(self, read: Callable[[Part], str]) -> tuple[str, ...]:
        """What the items of a list read as ("" for faulty ones, which are left out); what is given twice is a fault."""
        found: dict[str, None] = {}
        for part in self.items():
            if text := read(part):
                if text in found:
                    part.fault(f'"{_short(text)}" is given twice; keep one')
                found[text] = None
        return tuple(found)

    def text(self, like: str = "") -> str:
        """A text, such as `like`; "" with a fault for anything else."""
        if isinstance(self.value, str) and self.value.strip():
            text = self.value.strip()
            if text.isprintable():
                return text
            self.fault(f"{self.shown} holds a character that cannot be seen; type it anew")
        elif self.value is None or self.value == "":
            self.fault("has no value; write one or remove the line")
        elif like or isinstance(self.value, (dict, list)):
            self.fault(f"must be a text{f' like {like}' if like else ''}, not {self.shown}")
        else:
            self.fault(f"must be a text, not {self.shown}; quote it if it is meant so")
        return ""

    def number(self, least: int, most: int) -> int | None:
        """A whole number; None with a fault for anything else."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and least <= self.value <= most:
            return self.value
        quoted = isinstance(self.value, str) and self.value.strip().isdecimal()
        hint = "; remove the quotes" if quoted else ""
        self.fault(f"must be a whole number from {least} to {most}, not {self.shown}{hint}")
        return None

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
        hint = (
            f"did you mean {near[0]}?" if near else f"choose one of {_listed(choices)}" if choices else "there is none"
        )
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

    def formed(self, form: re.Pattern[str], like: str, what: str) -> str:
        """A text of some form, such as `like`; "" with a fault for anything else, which says what it is: "no …; …"."""
        text = self.text(like)
        if text and not form.fullmatch(text):
            self.fault(f"{self.shown} is {what}")
            return ""
        return text

    def address(self) -> str:
        """A person's e-mail address, as addresses are compared."""
        like = "ada@example.org"
        return same_writing(self.formed(_ADDRESS, like, f"no e-mail address; persons are written like {like}"))

    def room(self) -> str:
        """A room by its name everywhere."""
        what = "no room; write slack:CHANNEL_ID or teams:CONVERSATION_ID, with the id"
        return self.formed(_ROOM, '"slack:C0ARCH"', what)

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
