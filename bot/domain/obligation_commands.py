"""What people can wish for about obligations, and how a typed line or a pressed button becomes such a wish.

Buttons carry `about`: the id of the obligation and, for a form, what is to be done with it ("OB-40 close").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.people import Account
from bot.errors import OutdatedButton

_ID = re.compile(r"OB-0*([1-9]\d{0,17})", re.IGNORECASE | re.ASCII)
_FILTER = re.compile(r"mine|overdue", re.IGNORECASE)
_CLOSE = re.compile(r"(?P<id>OB-\d{1,18})(?:\s+(?P<evidence>\S.*))?", re.IGNORECASE | re.ASCII | re.DOTALL)
_TRANSFER = re.compile(r"(?P<id>OB-\d{1,18})(?:\s+(?:to\s+)?(?P<to>\S.*))?", re.IGNORECASE | re.ASCII | re.DOTALL)


class Does(StrEnum):
    """What can be done with an obligation."""

    CLOSE = "close"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class ListObligations:
    """What is due: of everybody, or what the `filter` says ("mine", "overdue")."""

    by: Account
    filter: str = ""
    skip: int = 0


@dataclass(frozen=True, slots=True)
class ShowObligation:
    """One of them, by its id."""

    by: Account
    id: str


@dataclass(frozen=True, slots=True)
class OpenObligationForm:
    """The form with what closing or transferring one needs."""

    by: Account
    id: str
    does: Does = Does.CLOSE


@dataclass(frozen=True, slots=True)
class MeetObligation:
    """It is met: `evidence` (words, a link) is what shows it."""

    by: Account
    id: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class TransferObligation:
    """Somebody else sees to it from now on: an e-mail address, or an account that was mentioned."""

    by: Account
    id: str
    to: str = ""


ObligationCommand = ListObligations | ShowObligation | OpenObligationForm | MeetObligation | TransferObligation


def obligation_id(text: str) -> str:
    """The id of an obligation as it is written ("OB-40" for "ob-040"); "" for anything else."""
    found = _ID.fullmatch(text.strip())
    return f"OB-{found[1]}" if found else ""


def typed(verb: str, rest: str, by: Account) -> ObligationCommand | None:
    """The wish in a typed line; None when it is none of these."""
    if verb == "show" and (id_ := obligation_id(rest)):
        return ShowObligation(by, id_)
    if verb == "obligations" and (not rest or _FILTER.fullmatch(rest)):
        return ListObligations(by, rest.lower())
    if verb == "close" and (said := _CLOSE.fullmatch(rest)) and (id_ := obligation_id(said["id"])):
        return MeetObligation(by, id_, said["evidence"]) if said["evidence"] else OpenObligationForm(by, id_)
    if verb == "transfer" and (said := _TRANSFER.fullmatch(rest)) and (id_ := obligation_id(said["id"])):
        to = said["to"]
        return TransferObligation(by, id_, to) if to else OpenObligationForm(by, id_, Does.TRANSFER)
    return None


def pressed(verb: str, about: str, by: Account, values: Mapping[str, str]) -> ObligationCommand | None:
    """The wish of a pressed button or a submitted form; None for a verb that is none of these. Raises `OutdatedButton`."""
    match verb:
        case "obligations":
            filter_, _, skip = about.partition("@")
            return ListObligations(by, filter_, int(skip) if skip.isascii() and skip.isdecimal() else 0)
        case "obligation_show":
            return ShowObligation(by, _known(about))
        case "obligation_form":
            id_, _, does = about.partition(" ")
            if does not in tuple(Does):
                raise OutdatedButton
            return OpenObligationForm(by, _known(id_), Does(does))
        case "obligation_close":
            return MeetObligation(by, _known(about), values.get("evidence", ""))
        case "obligation_transfer":
            return TransferObligation(by, _known(about), values.get("owner", ""))
    return None


def _known(text: str) -> str:
    if id_ := obligation_id(text):
        return id_
    raise OutdatedButton
