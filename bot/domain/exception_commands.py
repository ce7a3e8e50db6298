"""What people can wish for about exception requests, and how a typed line or a pressed button becomes such a wish.

Buttons carry `about`: of a request its id and, with spaces between, what the button does, the digest of the ballot that it was
shown with, and the number of a condition ("EX-7 approve 3f1c99d0a1b2c3d4", "EX-7 meet - 2"). What a form for a
request is about is written as a query ("renews=EX-7&seen=high").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode

from bot.domain.people import Account
from bot.errors import OutdatedButton

_ID = re.compile(r"EX-(\d{1,9})", re.IGNORECASE)
# A day is one word ("friday"), or a month beside a number ("4 December 2026"): whatever it is, the handler reads it.
_AWAY = re.compile(
    r"until\s+(?P<day>\S+|\d\S*\s+[a-z]+\.?(?:\s+\d{4})?|[a-z]+\.?\s+\d\S*(?:\s+\d{4})?)"
    r"(?:\s+delegate\s+(?P<delegate>\S.*))?",
    re.IGNORECASE,
)
_FILTER = re.compile(r"mine|pending|expiring|service:\S.*", re.IGNORECASE)


class Does(StrEnum):
    """What can be done with a request or its waiver by whoever may."""

    APPROVE = "approve"
    APPROVE_WITH_CONDITIONS = "approve_with_conditions"
    ASK_FOR_CHANGES = "ask_for_changes"
    DECLINE = "decline"
    KEEP = "keep"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"
    REMEDY = "remedy"
    MEET = "meet"  # a condition


@dataclass(frozen=True, slots=True)
class About:
    """What a button or form of a request is about; `digest` is "" where none binds it, `number` that of a condition."""

    id: str
    does: Does
    digest: str = ""
    number: int = 0

    def __str__(self) -> str:
        parts = [self.id, self.does.value, self.digest or "-", str(self.number) if self.number else ""]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a form for a request is about: a new one, one that `renews` a waiver, or one that is sent again with the
    `digest` that it had. `seen` is the risk and the seats that were shown with it ("" for none yet)."""

    renews: str = ""
    resubmits: str = ""
    digest: str = ""
    seen: str = ""

    def __str__(self) -> str:
        names = ("renews", "resubmits", "digest", "seen")
        return urlencode({name: value for name in names if (value := getattr(self, name))})


@dataclass(frozen=True, slots=True)
class OpenExceptionForm:
    """The form for a request. `target` is the clause or standard that it begins with, `text` words to begin the reason with;
    `values` what is filled in so far, empty where it is opened anew."""

    by: Account
    target: str = ""
    text: str = ""
    origin: Origin = field(default_factory=Origin)
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequestException:
    """The form for a request, filled in and sent."""

    by: Account
    origin: Origin
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OpenExceptionStep:
    """The form with the words that something to be done with a request needs."""

    by: Account
    about: About


@dataclass(frozen=True, slots=True)
class TakeExceptionStep:
    """Something is done with a request; `values` are those of its form."""

    by: Account
    about: About
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShowException:
    """A request and its waiver, by id. `receipt`: with who decided it by which rule, and the proof."""

    by: Account
    id: str
    receipt: bool = False


@dataclass(frozen=True, slots=True)
class ListExceptions:
    """The register: all of it, or what the `filter` says ("mine", "pending", "expiring", "service:payments")."""

    by: Account
    filter: str = ""
    skip: int = 0


@dataclass(frozen=True, slots=True)
class GoAway:
    """Somebody is away until a day, and somebody may speak for them: both as they were typed. No day: what is known."""

    by: Account
    until: str = ""
    delegate: str = ""


@dataclass(frozen=True, slots=True)
class Suggest:
    """What can be chosen in the field that searches `what`, as somebody types in it."""

    by: Account
    what: str  # "clauses"
    text: str


ExceptionCommand = (
    OpenExceptionForm
    | RequestException
    | OpenExceptionStep
    | TakeExceptionStep
    | ShowException
    | ListExceptions
    | GoAway
    | Suggest
)


def request_id(text: str) -> str:
    """The id of a request as it is written ("EX-7" for "ex-007"); "" for anything else."""
    found = _ID.fullmatch(text.strip())
    return f"EX-{int(found[1])}" if found and int(found[1]) else ""


def typed(verb: str, rest: str, by: Account, knows: Callable[[str], bool]) -> ExceptionCommand | None:
    """The wish in a typed line; None when it is none of these. `knows` tells whether a document or clause exists."""
    if verb == "show" and (id_ := request_id(rest)):
        return ShowException(by, id_)
    if verb == "exception" and (not rest or knows(rest)):
        return OpenExceptionForm(by, rest)
    if verb == "exceptions" and (not rest or _FILTER.fullmatch(rest)):
        return ListExceptions(by, rest)
    if verb == "away" and not rest:
        return GoAway(by)
    if verb == "away" and (said := _AWAY.fullmatch(rest)):
        return GoAway(by, said["day"], said["delegate"] or "")
    return None


def pressed(verb: str, about: str, by: Account, values: Mapping[str, str]) -> ExceptionCommand | None:
    """The wish of a pressed button or a submitted form; None for a verb that is none of these. Raises `OutdatedButton`."""
    about, values = _whole(about), {_whole(name): _whole(text) for name, text in values.items()}
    match verb:
        case "exception_form":
            return OpenExceptionForm(by, about)
        case "exception_text_form":
            return OpenExceptionForm(by, text=about)
        case "exception_origin_form":
            return OpenExceptionForm(by, origin=read_origin(about))
        case "exception_redraw":
            return OpenExceptionForm(by, origin=read_origin(about), values=values)
        case "exception_request":
            return RequestException(by, read_origin(about), values)
        case "exception_step_form":
            return OpenExceptionStep(by, read_about(about))
        case "exception_step":
            return TakeExceptionStep(by, read_about(about), values)
        case "exception_receipt":
            return ShowException(by, _known(about), receipt=True)
        case "exception_show":
            return ShowException(by, _known(about))
        case "exceptions":
            filter_, _, skip = about.partition("@")
            return ListExceptions(by, filter_, int(skip) if skip.isascii() and skip.isdecimal() else 0)
    return None


def read_about(text: str) -> About:
    """What a button carries. Raises `OutdatedButton`."""
    match text.split():
        case [id_, does, *rest] if does in list(Does):
            digest = rest[0] if rest and rest[0] != "-" else ""
            number = rest[1] if len(rest) > 1 else ""
            return About(_known(id_), Does(does), digest, int(number) if number.isascii() and number.isdecimal() else 0)
    raise OutdatedButton


def read_origin(text: str) -> Origin:
    """What a form carries; members that are not known are ignored."""
    said = dict(parse_qsl(text))
    return Origin(
        request_id(said.get("renews", "")),
        request_id(said.get("resubmits", "")),
        said.get("digest", ""),
        said.get("seen", ""),
    )


def _whole(text: str) -> str:
    """A text as every database takes it: what buttons bind to is worked out before it is stored."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _known(text: str) -> str:
    if id_ := request_id(text):
        return id_
    raise OutdatedButton
