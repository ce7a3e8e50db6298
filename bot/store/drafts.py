"""Forms that somebody has begun to fill in, so that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, select

from bot.domain.people import Account
from bot.store.database import insert_into
from bot.store.tables import draft
from bot.store.types import naive

KEEP = timedelta(days=14)  # since it was saved last


class Drafts:
    """Reads and writes drafts. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, now

    def save(self, account: Account, form: str, values: Mapping[str, str]) -> None:
        """Keeps what an account has filled into a form so far, in the place of what was kept before. `form` says which one it is:
        "new", "renews=EX-7"."""
        as_it_is = {"facts": dict(values), "at": naive(self._now)}
        key = {"platform": account.platform, "account": account.id, "form": form}
        self._connection.execute(
            insert_into(self._connection, draft)
            .values(**key, **as_it_is)
            .on_conflict_do_update(index_elements=list(draft.primary_key.columns), set_=as_it_is)
        )

    def find(self, account: Account, form: str) -> Mapping[str, str] | None:
        """What was filled in, by the names of the fields; None for nothing, or what is older than `KEEP`."""
        is_young = draft.c.at > naive(self._now - KEEP)
        found = self._connection.execute(select(draft.c.facts).where(_of(account, form), is_young)).scalar()
        return None if found is None else {name: str(value) for name, value in found.items()}

    def drop(self, account: Account, form: str) -> None:
        """What was filled in is needed no longer; nothing there is no fault."""
        self._connection.execute(delete(draft).where(_of(account, form)))


def _of(account: Account, form: str) -> ColumnElement[bool]:
    return (draft.c.platform == account.platform) & (draft.c.account == account.id) & (draft.c.form == form)
