"""Those who ask for exceptions and those who decide, through their handlers: a newsroom under the starter file's rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.cards.model import Button, Card, Form, Reply
from bot.cards.plain import text
from bot.domain.commands import Command, pressed
from bot.domain.exception_requests import ExceptionRequest
from bot.domain.governance import Governance
from bot.domain.people import Account
from bot.store.database import Database
from bot.store.transaction import Transaction
from handlers import handle
from handlers.desk import Desk
from tests.databases import Clock
from tests.domain.cast import RULES
from tests.handlers.newsroom import Newsroom, standard


def person(name: str, platform: str = "slack", **other: Any) -> Account:
    """Somebody by their first name, alone with the bot."""
    id_ = f"U{name.upper()}" if platform == "slack" else f"29:{name}"
    organisation = "T1" if platform == "slack" else "tenant"
    return Account(platform, id_, organisation, name=name.title(), email=f"{name}@example.org", **other)


GRACE, ADA, ALAN, PAT, SAM, DORA = (person(name) for name in ("grace", "ada", "alan", "pat", "sam", "dora"))
PAT_IN_TEAMS, ADA_IN_TEAMS, GRACE_IN_TEAMS = (person(name, "teams") for name in ("pat", "ada", "grace"))
FILLED_IN = {
    "target": "STD-001.1",
    "service": "payments",
    "environment": "production",
    "tier": "3",
    "reason": "The vendor's appliance cannot do it.",
    "until": "2026-12-31",
    "risk:exposure": "internal",
    "risk:data": "public",
}
MORE = {
    "compensating_controls": "It stands in a network of its own.",
    "remediation": "We move to another one.",
    "remedied_by": "2026-12-30",
}
MODERATE = FILLED_IN | MORE | {"risk:exposure": "public", "risk:data": "internal"}
HIGH = FILLED_IN | MORE | {"risk:exposure": "public", "risk:data": "restricted"}


class Office(Newsroom):
    """A newsroom with one standard, in which everybody has been met once."""

    def __init__(self, folder: Path, database: Database, clock: Clock) -> None:
        super().__init__(folder, database)
        self.clock, self.governance, self.facts_age = clock, RULES, timedelta(seconds=1)
        self.write("standards/STD-001.md", standard("Buckets MUST be encrypted.", "Keys SHOULD be rotated."))
        self.look()
        for each in (GRACE, ADA, ALAN, PAT, SAM, DORA):
            self.database.write_now(lambda unit, each=each: unit.people.meet(each))  # type: ignore[misc]  # mypy cannot infer it

    def desk(self, unit: Transaction | None) -> Desk:
        rules: Governance = getattr(self, "governance", RULES)
        age = getattr(self, "facts_age", timedelta(seconds=1))
        return replace(super().desk(unit), governance=rules, facts_age=age)

    def does(self, command: Command) -> Reply:
        """The reply to a wish."""

        def done(unit: Transaction) -> Reply:
            unit.people.meet(command.by)
            return handle(command, self.desk(unit))

        return self.database.write_now(done)

    def press(self, by: Account, button: Button | tuple[str, str], **values: str) -> Reply:
        """The reply to a button, or to the form of that verb and what it is about."""
        verb, about = (button.verb, button.about) if isinstance(button, Button) else button
        return self.does(pressed(verb, about, by, values))

    def send(self, form: Form, by: Account, values: dict[str, str]) -> Reply:
        """The reply to a form that is filled in: what stands in it, and these."""
        filled = {field.name: field.value for field in form.fields if field.value} | values
        return self.does(pressed(form.verb, form.about, by, filled))

    def ask(self, by: Account = GRACE, values: dict[str, str] = FILLED_IN) -> ExceptionRequest:
        """A request that was sent as its form wants it: looked at once more when the risk was not what was shown."""
        form = self.press(by, ("exception_form", values.get("target", "")))
        assert isinstance(form, Form), text_of(form)
        reply = self.send(form, by, values)
        if isinstance(reply, Form) and not reply.faults:
            reply = self.send(reply, by, values)
        assert isinstance(reply, Card), [*reply.faults.items()] if isinstance(reply, Form) else reply
        return self.request()

    def request(self, id_: str = "") -> ExceptionRequest:
        """The request of an id; the newest without one."""

        def found(unit: Transaction) -> ExceptionRequest:
            listed, _ = unit.exceptions.listed(now=unit.now, count=1)
            request = unit.exceptions.get(id_) if id_ else listed[0]
            assert request
            return request

        return self.database.read_now(found)

    def button(self, room: str, label: str) -> Button:
        """The newest button of a label that is seen in a room."""
        for card in reversed(self.heard(room)):
            for button in card.buttons:
                if button.label == label:
                    return button
        raise AssertionError(f"no {label} in {room}: {[[b.label for b in card.buttons] for card in self.heard(room)]}")

    def labels(self, room: str) -> list[list[str]]:
        """The labels of the buttons of each card in a room."""
        return [[button.label for button in card.buttons] for card in self.heard(room)]

    def decide(self, by: Account, room: str, label: str, **values: str) -> Reply:
        """Presses a button in a room; fills in its form where it opens one."""
        reply = self.press(by, self.button(room, label))
        return self.send(reply, by, values) if isinstance(reply, Form) else reply


def text_of(reply: Reply) -> str:
    return text(reply, width=500) if isinstance(reply, Card) else repr(reply)
