"""Who somebody is: an account on one platform, and how the platform vouches for it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum


class Standing(StrEnum):
    """How somebody belongs here."""

    MEMBER = "member"
    GUEST = "guest"  # invited into our organisation: sees what is tagged "public"
    STRANGER = "stranger"  # of another organisation, deactivated, or a bot: gets one polite sentence


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a person. `organisation` is the Slack team or the Entra tenant that vouches for it.

    All from `standing` on are facts of the moment, and not part of who it is.
    """

    platform: str  # "slack", "teams", "terminal"
    id: str
    organisation: str = ""
    standing: Standing = field(default=Standing.MEMBER, compare=False)
    room: str = field(default="", compare=False)  # the channel or chat in which they speak; "" where they are alone
    name: str = field(default="", compare=False)  # as the platform shows it; free text of theirs
    email: str = field(default="", compare=False)  # verified by the platform (GOVERNANCE.md), lower case; else ""
    groups: frozenset[str] = field(default=frozenset(), compare=False)  # of those that roles name: "slack:S012ARCH"
    certain: bool = field(default=True, compare=False)  # False: the platform does not tell just now; a guest is assumed
    as_of: float | None = field(default=None, compare=False)  # when the platform told it, by `time.monotonic`

    @property
    def here(self) -> str:
        """The room in which they speak, by its name everywhere: "slack:C0ARCH"; their own where they are alone."""
        return f"{self.platform}:{self.room or self.id}"

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What tells whose an account is: a verified e-mail address, an Entra object id; "" for what is not known."""

    email: str = ""
    entra_id: str = ""

    def __bool__(self) -> bool:
        return bool(self.email or self.entra_id)


@dataclass(frozen=True, slots=True)
class Person:
    """One human as something of theirs is kept: who spoke, who asked. `id` is theirs across platforms, "" where their account
    is linked to nobody; `account` the one that they used ("slack:U012"), "" for none; `email` verified, lower case, or "";
    `name` as the platform shows it, free text of theirs."""

    id: str
    account: str = ""
    name: str = ""
    email: str = ""

    def same_human_as(self, other: Person) -> bool:
        """Whether two are known to be of one human: by their id, by an account, by a verified address. Any of them is
        enough: two accounts may have been of two persons when they were written down, and of one since."""
        return (
            bool(self.id and self.id == other.id)
            or bool(self.account and self.account == other.account)
            or bool(self.email and same_writing(self.email) == same_writing(other.email))
        )

    def __str__(self) -> str:
        return self.name or self.email or self.account or "somebody"


def evidence(account: Account) -> Evidence:
    """What an account's platform vouches for at this moment. Guests, strangers and bots have none: they are linked to nobody."""
    if account.standing is not Standing.MEMBER:
        return Evidence()
    email = same_writing(account.email) if _ADDRESS.fullmatch(account.email) else ""
    is_entra = account.platform == "teams" and _GUID.fullmatch(account.id) is not None  # else a Teams id: "29:…"
    return Evidence(email, account.id.lower() if is_entra else "")


def same_writing(address: str) -> str:
    """An e-mail address as it is compared: A to Z in lower case, and nothing looser. Whatever looks alike stays different:
    lower-casing in Unicode would turn the Kelvin sign into a k."""
    return address.lower() if address.isascii() else address.translate(_LOWER)


_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
# Nothing that is written down differently: two addresses must not become one on their way into a database.
_ADDRESS = re.compile("[^@\\s\0\ufffd\ud800-\udfff]{1,64}@[^@\\s\0\ufffd\ud800-\udfff]{1,255}")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
