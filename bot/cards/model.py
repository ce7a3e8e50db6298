"""What a card is, before any platform draws it. Text is data here: nothing is escaped, nothing is markup.

Card ┬─ blocks ── Text · Quote · Items · Facts · Caution · Note · Heading · Code
     │              └─ lines of inlines: str · Strong · Literal · Link · Removed · Added
     └─ buttons ── Button          what can be done from it
Form ── Field ── Choice            what can be filled in; Choices as one types
Results ── Result ── Card          what a search offers to choose from
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that stand out: a requirement word, an id."""

    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    """Words to be typed or found exactly so: a command, a path."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A label that leads somewhere. A renderer draws the label alone when the address is not https (or http on
    loopback), and never lets a label pass for another host's."""

    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Removed:
    """Words that stood there before, within what reads differently now."""

    text: str


@dataclass(frozen=True, slots=True)
class Added:
    """Words that stand there now and did not before."""

    text: str


Inline = str | Strong | Literal | Link | Removed | Added
Inlines = tuple[Inline, ...]

BREAK = "\n"  # an inline that is just this begins a new line; a line feed within any other text is a space


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph in our own voice."""

    line: Inlines


@dataclass(frozen=True, slots=True)
class Quote:
    """The exact words of a document, set apart from ours, and where they stand."""

    line: Inlines
    source: Inlines = ()


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    lines: tuple[Inlines, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and values."""

    pairs: tuple[tuple[str, Inlines], ...]


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning that changes what the reader should do: the source is superseded, the request was refused."""

    line: Inlines


@dataclass(frozen=True, slots=True)
class Note:
    """Small print: a hint, a reference, the question that was asked."""

    line: Inlines


@dataclass(frozen=True, slots=True)
class Heading:
    """A small heading within a card."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to be kept as they are, in a fixed-width face."""

    text: str


Block = Text | Quote | Items | Facts | Caution | Note | Heading | Code


@dataclass(frozen=True, slots=True)
class Button:
    """Something to do from a card. `verb` and `about` come back when it is pressed (`bot.domain.commands.pressed`).

    At most one button of a card is primary. `form`: it opens a form, in a window where the platform has them.
    """

    label: str
    verb: str
    about: str = ""
    primary: bool = False
    form: bool = False


class Place(StrEnum):
    """Where a card goes that answers a pressed button."""

    BESIDE = "beside"  # a word of its own, for whoever pressed
    INSTEAD = "instead"  # takes the place of the card with the button
    ROOM = "room"  # for everybody in the room


@dataclass(frozen=True, slots=True)
class Card:
    """One thing that is said. `name` is its entry in the catalog, `summary` the plain sentence for notifications,
    lock screens and screen readers, `title` a heading on top or none."""

    name: str
    summary: str
    blocks: tuple[Block, ...]
    title: str | None = None
    buttons: tuple[Button, ...] = ()
    place: Place = Place.BESIDE


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a field can have."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Field:
    """Something to fill in: a text, with `choices` one of them, with `day` a date (its value in ISO 8601), with `search` what
    is found as one types (`bot.domain.commands.Suggest` of that name); then `choices` holds the present one."""

    name: str
    label: str
    value: str = ""
    hint: str = ""  # shown where nothing is written yet
    choices: tuple[Choice, ...] = ()
    lines: bool = False  # room for more than one line
    most: int = 1_000  # characters
    optional: bool = False  # may stay empty
    day: bool = False
    search: str = ""
    live: bool = False  # the form is drawn anew when it is answered, where the platform can do that
    help: str = ""  # small print below
    fault: str = ""  # what is wrong with the value, to stand beside it


@dataclass(frozen=True, slots=True)
class Form:
    """Something to be filled in and sent. `verb` and `about` come back with the fields' values.

    `blocks` stand above the fields. `redraw` is the verb that comes back with the values when a live field was answered.
    `opener` opens it from where no form can be shown, as from a message.
    """

    name: str
    title: str  # at most 24 characters: Slack's limit
    fields: tuple[Field, ...]
    submit: str
    verb: str
    about: str = ""
    intro: Inlines = ()
    blocks: tuple[Block, ...] = ()
    redraw: str = ""
    opener: Button | None = None

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong, by the names of the fields."""
        return {field.name: field.fault for field in self.fields if field.fault}


@dataclass(frozen=True, slots=True)
class Result:
    """One thing to choose: `title` and `text` are its preview, `card` is what is inserted."""

    title: str
    text: str
    card: Card


@dataclass(frozen=True, slots=True)
class Results:
    """A page of things to choose from."""

    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen in a field, as one types in it."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is said."""


Said = Card | Results | Form
Reply = Said | Choices | Silence


def inlines(*parts: Inline | None) -> Inlines:
    """The parts that are there, as a line."""
    return tuple(part for part in parts if part)


def joined(lines: Sequence[Inlines], separator: str = " · ") -> Inlines:
    """Several short lines as one, with a separator between them; empty ones are left out."""
    out: list[Inline] = []
    for line in lines:
        if line:
            out.extend((separator, *line) if out else line)
    return tuple(out)
