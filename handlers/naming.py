"""Whom somebody means: by an e-mail address, or by an account that they mentioned."""

from __future__ import annotations

from bot.domain.people import Account, Person
from bot.errors import FaultyFields
from handlers.desk import Desk

SAID = 60  # characters of what was typed that a refusal repeats
UNNAMED = (
    "“{text}” names nobody: give {whose} e-mail address, or mention them so that the platform knows whom you mean."
)
UNMET = "I have not met {text} yet: ask them to write “help” to me once, then say this again."


def person_named(text: str, by: Account, desk: Desk, *, whose: str) -> Person:
    """Whom `by` named: by an account ("slack:U012"), an account of their own platform ("@U012") or an e-mail address; `whose` says
    in a refusal whose address it would be ("your delegate's").

    Raises `FaultyFields` for a mere name, and for somebody who was never met.
    """
    named, people = text.strip(), desk.transaction.people
    found = people.by_account(named if ":" in named else f"{by.platform}:{named.removeprefix('@')}")
    if found:
        return found
    is_address = "@" in named.lstrip("@")
    if not is_address and ":" not in named:
        raise FaultyFields(faults=UNNAMED.format(text=named[:SAID], whose=whose))
    found = people.find(named) if is_address else None
    if found is None or not found.account:
        raise FaultyFields(faults=UNMET.format(text=named[:SAID] if is_address else "that colleague"))
    return found
