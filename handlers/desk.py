"""What a handler works with: the library as it is now, the clock, the transaction, a place to put down what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.domain.events import Event
from bot.domain.exception_register import Counts
from bot.domain.governance import Governance
from bot.domain.people import Account, Standing
from knowledge.library import Library

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to every handler, made anew for every command.

    `library` holds what the person may see.
    """

    library: Library
    now: Callable[[], datetime]
    happened: Callable[[Event], None]
    place: Callable[[str], tuple[str, str] | None]  # what a citation link leads to: a path or id, and an anchor
    command_word: str = "/arch"
    questions_room: str = ""  # where questions to the architects go: "slack:C0ASK"; "" for nowhere
    operations_room: str = ""  # where operators are told
    governance: Governance = field(default_factory=Governance)
    store: Transaction | None = None  # there for commands in CHANGES and LOOKS, for timers and for what was noticed
    facts_age: timedelta | None = None  # how long ago the platform told who acts; None where that is not known
    # Waivers in force and open requests, by the id of the clause or standard that they are against.
    standing: Mapping[str, Counts] = field(default_factory=dict)
    adr_template: str = ""  # the organisation's own (`bot.domain.review_drafts`); "" for ours

    @property
    def transaction(self) -> Transaction:
        """The transaction that this command is handled in."""
        if self.store is None:
            raise LookupError("this command is not among those that are handled in a transaction (bot.domain.commands)")
        return self.store

    def standing_for(self, by: Account) -> Mapping[str, Counts] | None:
        """What stands against clauses, for a member where the decision rights say who decides on it; None for all others: they
        neither see it nor ask for more."""
        return self.standing if by.standing is Standing.MEMBER and self.governance.decide else None

    def attempt(self) -> AbstractContextManager[object]:
        """Takes back what was written within when it is left by an exception."""
        return self.store.connection.begin_nested() if self.store else nullcontext()
