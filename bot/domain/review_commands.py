"""What people can wish for about architecture reviews, and how a typed line or a pressed button becomes such a wish.

Buttons carry `about`: the id of the review and, with spaces between, what the button does, the digest of the round that it was
shown in, and the number of a concern ("RV-3 approve 3f1c99d0a1b2c3d4", "RV-3 resolve - 2").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.people import Account
from bot.errors import OutdatedButton

_ID = re.compile(r"RV-0*([1-9]\d{0,8})", re.IGNORECASE | re.ASCII)
_FILTER = re.compile(r"mine|pending|board|service:\S.*", re.IGNORECASE)


class Does(StrEnum):
    """What can be done with a review by whoever may."""

    CLAIM = "claim"
    HAND_OVER = "hand_over"
    CONFLICT = "conflict"
    CONCERN = "concern"
    RESOLVE = "resolve"
    APPROVE = "approve"
    APPROVE_WITH_CONDITIONS = "approve_with_conditions"
    REJECT = "reject"
    DEFER = "defer"
    WITHDRAW = "withdraw"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class About:
    """What a button or form of a review is about; `digest` is "" where none binds it, `number` that of a concern."""

    id: str
    does: Does
    digest: str = ""
    number: int = 0

    def __str__(self) -> str:
        parts = [self.id, self.does.value, self.digest or "-", str(self.number) if self.number else ""]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class OpenReviewForm:
    """The form for a review. `target` is the clause or standard that is to be changed, where it is that, `text` words to begin the
    description with; `values` what is filled in so far, empty where it is opened anew."""

    by: Account
    target: str = ""
    text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequestReview:
    """The form for a review, filled in and sent."""

    by: Account
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OpenReviewStep:
    """The form with the words that something to be done with a review needs."""

    by: Account
    about: About


@dataclass(frozen=True, slots=True)
class TakeReviewStep:
    """Something is done with a review; `values` are those of its form."""

    by: Account
    about: About
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShowReview:
    """A review, by id."""

    by: Account
    id: str


@dataclass(frozen=True, slots=True)
class ListReviews:
    """The queue: all that is open, or what the `filter` says ("mine", "pending", "board", "service:payments")."""

    by: Account
    filter: str = ""
    skip: int = 0


ReviewCommand = OpenReviewForm | RequestReview | OpenReviewStep | TakeReviewStep | ShowReview | ListReviews


def review_id(text: str) -> str:
    """The id of a review as it is written ("RV-3" for "rv-003"); "" for anything else."""
    found = _ID.fullmatch(text.strip())
    return f"RV-{found[1]}" if found else ""


def typed(verb: str, rest: str, by: Account, knows: Callable[[str], bool]) -> ReviewCommand | None:
    """The wish in a typed line; None when it is none of these. `knows` tells whether a document or clause exists."""
    if verb == "show" and (id_ := review_id(rest)):
        return ShowReview(by, id_)
    if verb == "review" and (not rest or knows(rest)):
        return OpenReviewForm(by, rest)
    if verb == "reviews" and (not rest or _FILTER.fullmatch(rest)):
        return ListReviews(by, rest)
    return None


def pressed(verb: str, about: str, by: Account, values: Mapping[str, str]) -> ReviewCommand | None:
    """The wish of a pressed button or a submitted form; None for a verb that is none of these. Raises `OutdatedButton`."""
    about, values = _whole(about), {_whole(name): _whole(text) for name, text in values.items()}
    match verb:
        case "review_form":
            return OpenReviewForm(by, about)
        case "review_text_form":
            return OpenReviewForm(by, text=about)
        case "review_redraw":
            return OpenReviewForm(by, values=values)
        case "review_request":
            return RequestReview(by, values)
        case "review_step_form":
            return OpenReviewStep(by, read_about(about))
        case "review_step":
            return TakeReviewStep(by, read_about(about), values)
        case "review_show":
            return ShowReview(by, _known(about))
        case "reviews":
            filter_, _, skip = about.rpartition("@") if "@" in about else (about, "", "")
            return ListReviews(by, filter_, int(skip) if skip.isascii() and skip.isdecimal() else 0)
    return None


def read_about(text: str) -> About:
    """What a button carries. Raises `OutdatedButton`."""
    match text.split():
        case [id_, does, *rest] if does in list(Does):
            digest = rest[0] if rest and rest[0] != "-" else ""
            number = rest[1] if len(rest) > 1 else ""
            return About(_known(id_), Does(does), digest, int(number) if number.isascii() and number.isdecimal() else 0)
    raise OutdatedButton


def _whole(text: str) -> str:
    """A text as every database takes it: what buttons bind to is worked out before it is stored."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _known(text: str) -> str:
    if id_ := review_id(text):
        return id_
    raise OutdatedButton
