"""Being away: until when, and who speaks for somebody meanwhile."""

from __future__ import annotations

from bot.cards import exceptions as cards
from bot.cards.model import Card
from bot.domain.absences import Absence, away
from bot.domain.announcements import Json
from bot.domain.audit import Entry
from bot.domain.days import read_day
from bot.domain.exception_commands import GoAway
from bot.domain.people import Person, Standing
from bot.errors import FaultyFields, MembersDecide, UnlinkedDecides
from handlers.desk import Desk
from handlers.naming import SAID, person_named

UNCLEAR = "“{text}” is no day: write it like 2026-12-04, friday, tomorrow or 4 December."


def go_away(command: GoAway, desk: Desk) -> Card:
    """Somebody is away from now on until the end of a day; without a day, what is known of that. It takes the place of what they
    said before.

    Raises `MembersDecide`, `UnlinkedDecides`, and `FaultyFields` for a day or a delegate that cannot be.
    """
    by, unit = command.by, desk.transaction
    if by.standing is not Standing.MEMBER:
        raise MembersDecide
    person = unit.people.person_of(by)
    if not person:
        raise UnlinkedDecides(id="an absence")
    before = unit.absences.of(person)
    present = before if before and before.lasts(unit.now) else None
    said = command.until.strip()
    if said:
        today = desk.governance.calendar.today(unit.now)
        until = read_day(said, today)
        if until is None:
            raise FaultyFields(faults=UNCLEAR.format(text=said[:SAID]))
        delegate = _delegate(command.delegate, command, desk)
        them = Person(person, str(by), by.name, by.email)
        absence = away(them, until, delegate, unit.now, desk.governance.calendar)
        unit.absences.put(absence)
        unit.audit.add(Entry("absence.announced", f"person:{person}", by, _facts(present), _facts(absence)))
        present = absence
    word = desk.command_word if by.platform == "slack" else ""
    stands_in = unit.absences.delegated_to(person, unit.now)
    return cards.away_card(present, word, stands_in=stands_in)


def _delegate(text: str, command: GoAway, desk: Desk) -> Person | None:
    """Whom somebody named. Raises `FaultyFields` for a mere name, and for somebody who was never met."""
    return person_named(text, command.by, desk, whose="your delegate's") if text.strip() else None


def _facts(absence: Absence | None) -> dict[str, Json]:
    """An absence as the record keeps it: nobody's address, nobody's name."""
    if absence is None:
        return {}
    return {"until": absence.until.isoformat(), "delegate": absence.delegate.id if absence.delegate else ""}
