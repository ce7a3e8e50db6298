"""Who is away, and who speaks for them. People are told as they are linked now: whoever was linked to nobody, or to another
person, when they said so is who they are today."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from bot.domain import plain
from bot.domain.absences import Absence
from bot.domain.people import Person
from bot.store.database import insert_into
from bot.store.people import People
from bot.store.tables import absence as absences
from bot.store.types import naive


class Absences:
    """Reads and writes absences. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, people: People) -> None:
        self._connection, self._people = connection, people

    def put(self, absence: Absence) -> None:
        """Keeps an absence, in the place of the person's last one. Raises `ValueError` for one of nobody who is known."""
        person, delegate = absence.of, absence.delegate or Person("")
        if not person.id:
            raise ValueError("an absence is of a person")
        as_it_is = {
            "account": person.account,
            "delegate": delegate.id,
            "delegate_account": delegate.account,
            "ends": naive(absence.ends),
            "facts": plain.written(absence),
        }
        self._connection.execute(
            insert_into(self._connection, absences)
            .values(away=person.id, **as_it_is)
            .on_conflict_do_update(index_elements=[absences.c.away], set_=as_it_is)
        )

    def of(self, person_id: str) -> Absence | None:
        """The last absence of a person, whether it lasts or not."""
        theirs = absences.c.account.in_(self._accounts(person_id))
        found = [each for each in self._read((absences.c.away == person_id) | theirs) if each.of.id == person_id]
        return max(found, key=lambda each: each.since, default=None)  # of two persons who are one since, the last one

    def delegated_to(self, person_id: str, now: datetime) -> tuple[Absence, ...]:
        """The absences that last at `now` in which a person speaks for somebody, by the ids of those who are away."""
        theirs = absences.c.delegate_account.in_(self._accounts(person_id))
        found = self._read(((absences.c.delegate == person_id) | theirs) & (absences.c.ends > naive(now)))
        spoken_for = [
            each
            for each in found
            if each.delegate and each.delegate.id == person_id and each.lasts(now) and self.of(each.of.id) == each
        ]
        return tuple(sorted(spoken_for, key=lambda each: each.of.id))

    def _read(self, which: ColumnElement[bool]) -> tuple[Absence, ...]:
        kept = self._connection.scalars(select(absences.c.facts).where(which)).all()
        found = [plain.read(Absence, facts) for facts in kept]
        known = self._people.linked([person.account for each in found for person in (each.of, each.delegate) if person])

        def anew(person: Person) -> Person:
            return replace(person, id=known.get(person.account, person.id))

        return tuple(
            replace(each, of=anew(each.of), delegate=anew(each.delegate) if each.delegate else None) for each in found
        )

    def _accounts(self, person_id: str) -> list[str]:
        return [str(account) for account in self._people.accounts(person_id)]
