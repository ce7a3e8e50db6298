"""What people can wish for, and how a typed line or a pressed button becomes such a wish.

A command is a frozen value in the imperative. Whoever adds a verb adds its value and one branch of `understand` (what
is typed) or of `pressed` (what a button carries).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.domain.people import Account
from bot.errors import OutdatedButton

LONGEST_QUESTION = 1_000  # characters that a button carries: platforms allow 2,000 bytes and more


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the library."""

    by: Account
    question: str
    kind: str | None = None  # only documents of this kind
    for_all: bool = False  # the answer is seen by everybody in the room, not by the asker alone


@dataclass(frozen=True, slots=True)
class More:
    """All of an answer, in the place of its short form."""

    by: Account
    question: str
    for_all: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """Whether an answer helped."""

    by: Account
    question: str
    helpful: bool


@dataclass(frozen=True, slots=True)
class Share:
    """An answer that its asker alone has seen, to be shown to a room: the present one, or `room`.

    `rooms` are those to choose from (id and name), as the platform says at this moment that the person is in them.
    """

    by: Account
    question: str
    room: str = ""
    rooms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenQuestionForm:
    """A form to ask in, with words already in it or none."""

    by: Account
    text: str = ""


@dataclass(frozen=True, slots=True)
class Show:
    """One document or clause, by its id or path."""

    by: Account
    id: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a link to one of our documents leads to; nothing when it leads elsewhere."""

    by: Account
    url: str


@dataclass(frozen=True, slots=True)
class Help:
    """What can be typed."""

    by: Account


@dataclass(frozen=True, slots=True)
class Welcome:
    """A first word where the bot has just been added."""

    by: Account


@dataclass(frozen=True, slots=True)
class OpenHome:
    """What somebody sees who opens the app: how to ask, what is new in the library."""

    by: Account


@dataclass(frozen=True, slots=True)
class Search:
    """A page of results to choose from, as one types; an empty `text` asks for a first look around."""

    by: Account
    text: str
    skip: int = 0
    count: int = 25
    kind: str | None = None
    accepted_only: bool = False  # leaves drafts and what is superseded out


Command = Ask | More | Rate | Share | OpenQuestionForm | Show | Preview | Help | Welcome | OpenHome | Search


def understand(text: str, by: Account, knows: Callable[[str], bool], *, for_all: bool = False) -> Command:
    """The wish in a typed line.

    A verb counts only when the rest parses (`knows` tells whether an id exists); else the whole line is a question.
    An empty line and "help" ask for help.
    """
    words = text.encode("utf-8", "replace").decode().replace("\0", " ").split()  # lone surrogates and NUL are no words
    verb = words[0].lower() if words else "help"
    if verb in ("help", "?") and len(words) < 2:
        return Help(by)
    if verb == "show" and len(words) == 2 and knows(words[1]):
        return Show(by, words[1])
    return Ask(by, " ".join(words), for_all=for_all)


def pressed(verb: str, about: str, by: Account, values: Mapping[str, str] | None = None) -> Command:
    """The wish of a pressed button or a submitted form: its `verb`, what it is `about`, and the form's fields by name.

    Raises `OutdatedButton` for a verb that is not (or no longer) known.
    """
    fields = values or {}
    match verb:
        case "ask":
            return Ask(by, " ".join((fields.get("question") or about).split()))
        case "ask_form":
            return OpenQuestionForm(by, about)
        case "more" | "more_for_all":
            return More(by, about, for_all=verb == "more_for_all")
        case "helpful" | "not_helpful":
            return Rate(by, about, helpful=verb == "helpful")
        case "share":
            return Share(by, about, fields.get("room", ""))
        case "show":
            return Show(by, about)
    raise OutdatedButton
