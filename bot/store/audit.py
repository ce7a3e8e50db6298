"""The record: one entry for every change of state, in the transaction of that change, chained by hashes."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.domain.audit import Entry
from bot.domain.people import Account
from bot.store import chain
from bot.store.canonical import canonical
from bot.store.order import keep_order
from bot.store.tables import audit, audit_words
from bot.store.types import writable_facts

KEPT_LONG_ENOUGH = "kept long enough"  # the subject of an entry that tells of words that were erased in time


class Audit:
    """Adds to the record. All of it in the transaction that `connection` is in; the last lock that is taken."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, now

    def add(self, entry: Entry) -> int:
        """Adds an entry at the end of the chain; gives its place there, from 1.

        Raises `ValueError` or `TypeError` for facts that are no JSON that everybody reads alike.
        """
        words = {str(name): str(each) for name, each in writable_facts(dict(entry.words)).items()}
        salts = {name: chain.new_salt() for name in words}
        digests = {name: chain.digest_of(salts[name], each) for name, each in words.items()}
        body = canonical(writable_facts(_body(entry, self._now, digests)))
        self._hold()
        last, previous = self.head()
        made = chain.hash_of(previous, last + 1, body.encode())
        self._connection.execute(
            insert(audit), {"sequence": last + 1, "body": body, "previous": previous.hex(), "hash": made.hex()}
        )
        if words:
            beside = [
                {"sequence": last + 1, "name": name, "salt": salts[name], "words": each} for name, each in words.items()
            ]
            self._connection.execute(insert(audit_words), beside)
        return last + 1

    def head(self) -> tuple[int, bytes]:
        """The place and the hash of the last entry; 0 and zeroes before the first."""
        newest = select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
        row = self._connection.execute(newest).first()
        return (row.sequence, bytes.fromhex(row.hash)) if row else (0, chain.GENESIS)

    def erase(self, *, account: str = "", subject: str = "", by: Account | None = None) -> int:
        """Takes away what was written in the words of an account ("slack:U012"), or about a subject; gives the number of texts.

        The chain stays whole: it holds salted digests, and the salts go too. An entry tells which words were erased,
        and by whom.
        """
        if not account and not subject:
            raise ValueError("name an account or a subject")
        return self._erase(lambda body: _is_of(body, account, {subject} - {""}), subject or account, by)

    def erase_of(self, subjects: Collection[str]) -> int:
        """As `erase`, for several subjects whose words were kept long enough: in one look, told by one entry."""
        return self._erase(lambda body: _is_of(body, "", subjects), KEPT_LONG_ENOUGH, None)

    def _erase(self, is_meant: Callable[[str], bool], subject: str, by: Account | None) -> int:
        self._hold()
        kept = (
            select(audit_words.c.sequence, audit_words.c.name, audit.c.body)
            .join(audit, audit.c.sequence == audit_words.c.sequence)
            .where(audit_words.c.words.is_not(None))
            .order_by(audit_words.c.sequence, audit_words.c.name)
        )
        gone = [[row.sequence, row.name] for row in self._connection.execute(kept) if is_meant(row.body)]
        for sequence, name in gone:
            this = (audit_words.c.sequence == sequence) & (audit_words.c.name == name)
            self._connection.execute(update(audit_words).where(this).values(salt=None, words=None))
        if gone:
            self.add(Entry(chain.ERASED, subject, by, after={"erased": gone}))  # type: ignore[dict-item]  # invariance
        return len(gone)

    def _hold(self) -> None:
        """Nobody else adds until this transaction ends."""
        keep_order(self._connection)


def _body(entry: Entry, now: datetime, digests: Mapping[str, str]) -> dict[str, Any]:
    by = entry.by
    return {
        "action": entry.action,
        "subject": entry.subject,
        "by": by and {"platform": by.platform, "id": by.id, "organisation": by.organisation},
        "at": now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "before": dict(entry.before),
        "after": dict(entry.after),
        "rule": entry.rule,
        "revision": entry.revision,
        "words": dict(digests),
    }


def _is_of(body: str, account: str, subjects: Collection[str]) -> bool:
    read = json.loads(body)
    by = read["by"]
    return bool(account and by and f"{by['platform']}:{by['id']}" == account) or read["subject"] in subjects
