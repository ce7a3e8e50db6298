"""Persons and their accounts: who was seen, and which accounts are of one human.

Two accounts are of one person when their platforms vouch for the same e-mail address, or the same Entra object id, and
for no other reason. Evidence is looked at anew whenever somebody is met: a link lasts as long as what it rests on.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, update

from bot.domain.audit import Entry
from bot.domain.people import Account, Evidence, Person, Standing, evidence, same_writing
from bot.store.database import insert_or_ignore
from bot.store.order import hold
from bot.store.tables import account as accounts
from bot.store.tables import person as persons
from bot.store.types import naive

LOCK = 0x617263_70656F706C  # PostgreSQL's advisory lock around a change of links
AT_ONCE = 500  # accounts in one statement
SEEN = timedelta(minutes=1)  # how exactly it is kept when somebody was seen last
LINKED, UNLINKED, REFUSED = "account.linked", "account.unlinked", "account.link_refused"
BY_EMAIL, BY_ENTRA_ID, BY_STANDING = "verified e-mail", "Entra object id", "members alone"
BY_BOTH = "one address, two Entra ids"
NOBODY = ""

_Row = Row[Any]


class People:
    """Meets and finds people. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, naive(now)
        self.noticed: list[
            Entry
        ] = []  # what the record is to say of links; whoever ends the transaction adds it, last of all

    def meet(self, account: Account) -> str:
        """Writes down an account as it is at this moment, and links it to its person; that person's id, "" where the
        account is linked to nobody.

        Links made, lost and refused are in `noticed`. A refused link: the address is of one person and the Entra id of
        another. Neither is taken for the other, and the account is linked to nobody until that ends.
        """
        vouched = evidence(account)
        row = self._row(account)
        if row is not None and self._stands(row, account, vouched):
            if self._now - row.seen_at >= SEEN or row.name != account.name:
                self._write(account, row.person)
            return row.person or NOBODY
        self._hold()
        insert_or_ignore(self._connection, accounts, [self._values(account, None)])
        before = self._row(account, lock=True)  # which somebody else may have written meanwhile
        found, refused = self._person(vouched)
        self._write(account, found)
        self._notice(account, row, before.person if before else None, found, vouched, refused=refused)
        return found or NOBODY

    def person_of(self, account: Account) -> str:
        """The person that an account is linked to, as it was met last; "" for nobody."""
        row = self._row(account)
        return (row.person if row else None) or NOBODY

    def foreseen(self, account: Account) -> str:
        """The person that an account is linked to, or would be if it were met now; "" for nobody. One who is not known yet goes by
        their account. For what only looks, and so meets nobody."""
        vouched = evidence(account)
        if (linked := self.person_of(account)) or not vouched or self._is_disputed(vouched):
            return linked
        by_id = self._one(persons.c.entra_id == vouched.entra_id) if vouched.entra_id else None
        found = by_id or (self._one(persons.c.email == vouched.email) if vouched.email else None)
        return str(found.id) if found else str(account)

    def same_human(self, one: Account, other: Account) -> bool:
        """Whether two accounts are known to be of one human."""
        if (one.platform, one.id) == (other.platform, other.id):
            return True
        person = self.person_of(one)
        return bool(person) and person == self.person_of(other)

    def rooms_of(self, email: str) -> tuple[str, ...]:
        """Where the person with a verified e-mail address can be written to: "slack:U012", "teams:…", last seen first."""
        theirs = (
            select(accounts.c.platform, accounts.c.id)
            .join(persons, persons.c.id == accounts.c.person)
            .where(persons.c.email == same_writing(email), accounts.c.standing == Standing.MEMBER)
            .order_by(accounts.c.seen_at.desc(), accounts.c.platform)
        )
        return tuple(f"{row.platform}:{row.id}" for row in self._connection.execute(theirs))

    def person(self, id_: str) -> Person | None:
        """A person by id, with the account of theirs that was seen last; None for nobody's."""
        return self._person_where(persons.c.id == id_)

    def find(self, email: str) -> Person | None:
        """The person with a verified e-mail address, as `person` gives them."""
        return self._person_where(persons.c.email == same_writing(email))

    def by_account(self, named: str) -> Person | None:
        """Whoever has an account ("slack:U012"), as it was met last; without an id where it is linked to nobody. None for an account
        that was never met."""
        platform, _, id_ = named.partition(":")
        row = self._row(Account(platform, id_))
        return Person(row.person or NOBODY, named, row.name, row.email) if row else None

    def accounts(self, person_id: str) -> tuple[Account, ...]:
        """The accounts of a person, each as it was met last; the one that was seen last first."""
        theirs = select(accounts).where(accounts.c.person == person_id)
        rows = self._connection.execute(theirs.order_by(accounts.c.seen_at.desc(), accounts.c.platform, accounts.c.id))
        return tuple(
            Account(row.platform, row.id, row.organisation, Standing(row.standing), name=row.name, email=row.email)
            for row in rows
        )

    def linked(self, named: Collection[str]) -> Mapping[str, str]:
        """The ids of the persons that accounts ("slack:U012") are linked to now; those of nobody are left out."""
        wanted, found = sorted(each for each in {*named} if ":" in each), dict[str, str]()
        for first in range(0, len(wanted), AT_ONCE):
            ids: dict[str, list[str]] = {}  # by platform: SQLite looks pairs up without an index
            for each in wanted[first : first + AT_ONCE]:
                platform, _, id_ = each.partition(":")
                ids.setdefault(platform, []).append(id_)
            these = or_(
                *((accounts.c.platform == platform) & accounts.c.id.in_(some) for platform, some in ids.items())
            )
            linked = select(accounts).where(these, accounts.c.person.is_not(None))
            found |= {f"{row.platform}:{row.id}": row.person for row in self._connection.execute(linked)}
        return found

    def _person_where(self, which: ColumnElement[bool]) -> Person | None:
        """One person, with the account that was seen last."""
        theirs = (
            select(persons.c.id, persons.c.email, accounts.c.platform, accounts.c.id.label("account"), accounts.c.name)
            .outerjoin(accounts, accounts.c.person == persons.c.id)
            .where(which)
            .order_by(accounts.c.seen_at.desc(), accounts.c.platform)
            .limit(1)
        )
        row = self._connection.execute(theirs).one_or_none()
        if row is None:
            return None
        account = f"{row.platform}:{row.account}" if row.account else ""
        return Person(row.id, account, row.name or "", row.email or "")

    def _stands(self, row: _Row, account: Account, vouched: Evidence) -> bool:
        """Whether nothing has changed since somebody was met last that their link depends on."""
        if (row.standing, row.email, row.organisation) != (account.standing, account.email, account.organisation):
            return False
        if not row.person:
            return not vouched or self._is_disputed(vouched)
        person = self._one(persons.c.id == row.person)
        return person is not None and _fits(person, vouched)

    def _is_disputed(self, vouched: Evidence) -> bool:
        return self._person(vouched, look=True)[1]

    def _person(self, vouched: Evidence, *, look: bool = False) -> tuple[str | None, bool]:
        """Whose the evidence is, made where it is nobody's yet; and whether it is that of two persons. `look`: nothing
        is written, and a person that had to be made or changed is None."""
        if not vouched:
            return None, False
        by_id = self._one(persons.c.entra_id == vouched.entra_id) if vouched.entra_id else None
        by_email = self._one(persons.c.email == vouched.email) if vouched.email else None
        if by_email and vouched.entra_id and by_email.entra_id not in (None, vouched.entra_id):
            return None, True
        if look:
            return None, False
        if by_id and by_email and by_id.id != by_email.id:
            self._hand_over(by_email, by_id)
        found = by_id or by_email
        if found is None:
            return self._make(vouched), False
        self._complete(found, vouched)
        return str(found.id), False

    def _make(self, vouched: Evidence) -> str:
        id_ = uuid.uuid4().hex
        row = {"id": id_, "email": vouched.email or None, "entra_id": vouched.entra_id or None}
        self._connection.execute(insert(persons), row)
        return id_

    def _complete(self, found: _Row, vouched: Evidence) -> None:
        """A person has the Entra id that their address was vouched for with, and the address that their Entra id has now."""
        new = {
            name: value
            for name, value in (("email", vouched.email), ("entra_id", vouched.entra_id))
            if value and value != getattr(found, name)
        }
        if new:
            self._connection.execute(update(persons).where(persons.c.id == found.id).values(**new))

    def _hand_over(self, known_by_address: _Row, to: _Row) -> None:
        """Somebody has another address now, under which they were met elsewhere first. The accounts that this address is
        vouched for go with it: all of one address are of one person."""
        self._connection.execute(update(persons).where(persons.c.id == known_by_address.id).values(email=None))
        moving = select(accounts).where(accounts.c.person == known_by_address.id).order_by(accounts.c.platform)
        for row in self._connection.execute(moving).all():
            theirs = (accounts.c.platform == row.platform) & (accounts.c.id == row.id)
            self._connection.execute(update(accounts).where(theirs).values(person=to.id))
            moved = Account(row.platform, row.id, row.organisation, email=row.email)
            self.noticed += [_unlinked(moved, known_by_address.id, BY_EMAIL), _linked(moved, to.id, BY_EMAIL)]

    def _notice(
        self,
        account: Account,
        row: _Row | None,
        before: str | None,
        found: str | None,
        vouched: Evidence,
        *,
        refused: bool,
    ) -> None:
        rule = BY_ENTRA_ID if vouched.entra_id else BY_EMAIL if vouched.email else BY_STANDING
        if before and before != found:
            self.noticed.append(_unlinked(account, before, rule))
        if found and before != found:
            self.noticed.append(_linked(account, found, rule))
        if refused and (before or row is None or (row.email, row.standing) != (account.email, account.standing)):
            self.noticed.append(Entry(REFUSED, str(account), account, rule=BY_BOTH, words=_address(account)))

    def _one(self, which: ColumnElement[bool]) -> _Row | None:
        return self._connection.execute(select(persons).where(which)).first()

    def _row(self, account: Account, *, lock: bool = False) -> _Row | None:
        this = select(accounts).where(accounts.c.platform == account.platform, accounts.c.id == account.id)
        return self._connection.execute(this.with_for_update() if lock else this).first()

    def _write(self, account: Account, person: str | None) -> None:
        this = (accounts.c.platform == account.platform) & (accounts.c.id == account.id)
        self._connection.execute(update(accounts).where(this).values(self._values(account, person)))

    def _values(self, account: Account, person: str | None) -> dict[str, object]:
        return {
            "platform": account.platform,
            "id": account.id,
            "organisation": account.organisation,
            "person": person,
            "standing": account.standing.value,
            "name": account.name,
            "email": account.email,
            "seen_at": self._now,
        }

    def _hold(self) -> None:
        """Links change one at a time: two first sights of one human make one person."""
        hold(self._connection, LOCK)


def _fits(person: _Row, vouched: Evidence) -> bool:
    """Whether a person's address and Entra id are those that are vouched for now."""
    return bool(vouched) and all(
        not value or value == known
        for value, known in ((vouched.email, person.email), (vouched.entra_id, person.entra_id))
    )


def _linked(account: Account, person: str, rule: str) -> Entry:
    return Entry(LINKED, str(account), account, {}, {"person": person}, rule, words=_address(account))


def _unlinked(account: Account, person: str, rule: str) -> Entry:
    return Entry(UNLINKED, str(account), account, {"person": person}, {}, rule, words=_address(account))


def _address(account: Account) -> dict[str, str]:
    """Beside the chain, so that it can be erased."""
    return {"email": account.email} if account.email else {}
