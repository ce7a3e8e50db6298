"""The bot's database as a run sees it from outside: what is unfinished, what the record says. Reads only."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bot.store.tables import audit, exception_entry, exception_request, timer
from tests.chaos.deciding import Known
from tests.chaos.invariants import Line

UNFINISHED = {
    "recorded deliveries that nobody has handled": "SELECT count(*) FROM inbox WHERE handled_at IS NULL AND fault = ''",
    "recorded deliveries that were set aside": "SELECT count(*) FROM inbox WHERE handled_at IS NULL AND fault <> ''",
    "posts or updates that wait": "SELECT count(*) FROM posting WHERE state NOT IN ('posted', 'superseded', 'set_aside')",
    "posts that were set aside": "SELECT count(*) FROM posting WHERE state = 'set_aside'",
    "posts behind their announcement": "SELECT count(*) FROM posting p JOIN announcement a ON a.key = p.announcement "
    "WHERE p.state = 'posted' AND p.revision <> a.revision",
    "timers that are not done": "SELECT count(*) FROM timer WHERE done_at IS NULL AND topic = 'chaos'",
}


class Ledger:
    """The database at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_engine(url, poolclass=NullPool)

    def unfinished(self) -> Mapping[str, int] | None:
        """How many rows are in a state that should not be left; None while the database cannot be reached."""
        try:
            with self._engine.connect() as connection:
                return {what: connection.execute(text(query)).scalar_one() for what, query in UNFINISHED.items()}
        except DBAPIError:
            return None

    def rooms_known(self) -> int:
        """How many Teams conversations the bot knows."""
        with self._engine.connect() as connection:
            return int(
                connection.execute(text("SELECT count(*) FROM conversation WHERE platform = 'teams'")).scalar_one()
            )

    def lines(self) -> list[Line]:
        """The entries of the run, by sequence."""
        with self._engine.connect() as connection:
            rows = connection.execute(text("SELECT sequence, body FROM audit ORDER BY sequence")).all()
        entries = [(row.sequence, json.loads(row.body)) for row in rows]
        return [Line(sequence, each["action"], **each["after"]) for sequence, each in entries if each["action"].startswith("chaos.")]  # fmt: skip

    def exceptions(self) -> Mapping[str, Known] | None:
        """The requests as they are stored, by their services; None while the database cannot be reached."""
        counted = select(exception_entry.c.request, func.count()).group_by(exception_entry.c.request)
        try:
            with self._engine.connect() as connection:
                # What is counted first is at most as new as what is read then.
                entries = {row[0]: row[1] for row in connection.execute(counted)}
                rows = connection.execute(select(exception_request.c.number, exception_request.c.facts)).all()
        except DBAPIError:
            return None
        return {row.facts["wish"]["service"]: Known(row.facts, entries.get(row.number, 0)) for row in rows}

    def decided(self) -> dict[str, Any]:
        """All that the database says of exceptions: members of `decided.Evidence`."""
        entries: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        with self._engine.connect() as connection:
            requests = list(connection.scalars(select(exception_request.c.facts).order_by(exception_request.c.number)))
            for body in connection.scalars(select(audit.c.body).order_by(audit.c.sequence)):
                entry = json.loads(body)
                if entry["action"].startswith("exception_request."):
                    entries[entry["subject"]].append(entry)
            noted = Counter(f"EX-{number}" for number in connection.scalars(select(exception_entry.c.request)))
            timers = connection.execute(select(timer).where(timer.c.topic == "exception_request")).all()
        return {
            "requests": requests,
            "entries": dict(entries),
            "noted": noted,
            "waiting": {each.key: each.due.replace(tzinfo=UTC).isoformat() for each in timers if each.done_at is None},
            "over": frozenset(each.key for each in timers if each.done_at is not None),
        }

    def audit_fault(self, environ: Mapping[str, str]) -> str:
        """What `archway audit verify` says against the record; "" when it is whole."""
        command = [sys.executable, "-m", "bot", "audit", "verify", "--database", self.url]
        done = subprocess.run(command, env={**environ}, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else (done.stdout + done.stderr).strip()[-500:] or f"status {done.returncode}"
