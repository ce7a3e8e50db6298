"""What the bot does in a run that it does nowhere else: a handler, a timer's effect and a card that know the plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from bot.cards.model import Card, Reply, Text
from bot.domain.announcements import Announcement, Json
from bot.domain.audit import Entry
from bot.domain.commands import Subscribe
from bot.domain.incident_reports import ReportIncident
from bot.domain.people import Account
from bot.domain.timers import Timer
from handlers.desk import Desk
from tests.chaos.plan import Plan

NUMBER = re.compile(r"tag:chaos-(\d+)")
KEY = "chaos-"  # and the number: the key of an incident


class Granting:
    """Does what the wishes of a plan ask for, in the transaction that every command gets: announces, sets a timer, adds to
    the record. It has no effect elsewhere and remembers nothing."""

    def __init__(self, plan: Plan, passed: Callable[[str], None], otherwise: Callable[[Any, Desk], Reply]) -> None:
        self._plan, self._passed, self._otherwise = plan, passed, otherwise

    def wish(self, command: Subscribe, desk: Desk) -> Reply:
        """Grants the wish that a subscription's words name; any other is subscribed as ever."""
        found = NUMBER.search(command.words)
        return self._granted(int(found[1]), command.by, desk) if found else self._otherwise(command, desk)

    def report(self, command: ReportIncident, desk: Desk) -> Reply:
        """Grants the wish that an incident's key names."""
        return self._granted(int(command.key.removeprefix(KEY)), command.by, desk)

    def _granted(self, number: int, who: Account, desk: Desk) -> Reply:
        wish = self._plan.wishes[number - 1]
        unit, by = desk.transaction, str(wish.number)
        if wish.ring_after is not None:
            due = unit.now + timedelta(seconds=wish.ring_after)
            unit.timers.set(Timer(f"chaos:{by}:ring", due, "chaos", {"number": wish.number, "about": wish.about}))
        if wish.kind == "withdraw":
            unit.outbox.withdraw(f"chaos:{wish.about}")
        else:
            unit.outbox.announce(said(wish.about, by), wish.rooms)
        self._passed("handling")
        unit.audit.add(_entry("chaos.wished", who, number=wish.number, about=wish.about, by=by))
        return Card("chaos", f"Granted: {by}", (Text((f"Granted: {by}",)),))

    def ring(self, timer: Timer, desk: Desk) -> None:
        """A timer's effect: what was announced is changed once more."""
        number, about = _int(timer.facts["number"]), _int(timer.facts["about"])
        unit, by = desk.transaction, f"ring{number}"
        unit.outbox.announce(said(about, by))
        self._passed("ringing")
        times = {"due": timer.due.isoformat(), "at": unit.now.isoformat()}
        unit.audit.add(_entry("chaos.rang", None, number=number, about=about, by=by, **times))
        self._passed("rang")


def said(about: int, by: str) -> Announcement:
    """The announcement of a wish, as `by` says it."""
    return Announcement(f"chaos:{about}", f"A{about}", "chaos", {"about": about, "by": by})


def card_of_a_run(facts: Mapping[str, Json]) -> Card:
    """Its card: `faults` reads it on its way to the platforms."""
    line = f"chaos {facts['about']} by {facts['by']} and no more"
    return Card("chaos", line, (Text((line,)),))


def _entry(action: str, who: Account | None, /, **after: Json) -> Entry:
    return Entry(action, f"W{after['number']}", who, after=after)


def _int(value: Json) -> int:
    assert isinstance(value, int)
    return value
