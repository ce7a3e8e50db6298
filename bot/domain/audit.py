"""One line of the record: who changed what, when, by which rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.announcements import Json
from bot.domain.people import Account


@dataclass(frozen=True, slots=True)
class Entry:
    """A change of state, or an attempt that was refused. `by` is None when nobody did it: a timer, the folder.

    `action` is a verb in the past with its object first, like "subscription.added"; `before` and `after` are the
    members that changed. `rule` and `revision` name what allowed it. What is written in a person's own words goes into
    `words`: it stands beside the chain under a salted digest, so that it can be erased.
    """

    action: str
    subject: str
    by: Account | None = None
    before: Mapping[str, Json] = field(default_factory=dict)
    after: Mapping[str, Json] = field(default_factory=dict)
    rule: str = ""
    revision: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
