"""The record as a whole: whether anything in it was altered."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, text

from bot.store import chain, checkpoints, keys
from bot.store.chain import Broken, Link, Spoken, Walked
from bot.store.checkpoints import Checkpoint
from bot.store.database import Database
from bot.store.notes import VerifyingKey
from bot.store.tables import audit
from bot.store.transaction import Transaction

PAGE = 5_000  # rows
PATIENCE = 2.0  # seconds in which a process that runs must have written its note


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a look at the record. `broken` is None when it is as it was written.

    `checkpoints` were checked with `key` (its text; None when nothing is signed); the record tells of `elsewhere` further files of
    them, kept by other replicas.
    """

    entries: int
    head: str
    checkpoints: int
    elsewhere: int
    key: str | None
    broken: Broken | None

    def facts(self) -> dict[str, Any]:
        """As `archway audit verify --json` prints it."""
        return {"whole": self.broken is None, **asdict(self)}


class Vouching:
    """The checkpoints that a record is held against, from one file or several, and the first fault among them."""

    def __init__(self) -> None:
        self.files: list[Sequence[Checkpoint]] = []
        self.fault: str | None = None
        self._keys: list[str] = []

    def read(self, content: bytes, key: VerifyingKey | None) -> None:
        """Takes the content of a file; an empty one is none."""
        if not content:
            return
        if key is None:
            self.fault = (
                "the key of the checkpoints is missing: set ARCHWAY_AUDIT_KEY, or put back the file audit/key.pub"
            )
            return
        try:
            self.files.append(checkpoints.read(content, key))
            self._keys.append(str(key))
        except ValueError as fault:
            self.fault = self.fault or str(fault)

    @property
    def marks(self) -> dict[int, bytes]:
        """Which entry must have which hash."""
        return {each.sequence: each.hash for file in self.files for each in file}

    def judged(self, walked: Walked, broken: Broken | None) -> Verdict:
        """The verdict on a record that was walked; `broken` is what was found in the record itself."""
        if broken is None and (why := self.fault or checkpoints.missing(self.files, walked.checkpoints)):
            broken = Broken(0, why)
        elsewhere = len(walked.checkpoints.keys() - {file[0].file for file in self.files})
        number = sum(map(len, self.files))
        return Verdict(walked.entries, walked.head, number, elsewhere, " ".join(self._keys) or None, broken)


def verify(database: Database, data: Path, given: str | None = None) -> Verdict:
    """Walks the record and holds it against the checkpoints in the data folder. Only reads.

    `given` is ARCHWAY_AUDIT_KEY; with it nothing is believed that another key has signed.
    """
    folder, key = keys.folder(data), keys.verifying_key(data, given)
    while True:
        lying = content(folder)
        vouching = Vouching()
        vouching.read(lying, key)
        if given is None:
            for file, its_key in keys.former(data):
                vouching.read(file.read_bytes(), its_key)
        verdict = database.read_now(partial(_verify, vouching))
        # A process that runs may be just between its entry and its note.
        if verdict.broken is None or verdict.broken.sequence or not _grows(folder, lying):
            return verdict


def _verify(vouching: Vouching, unit: Transaction) -> Verdict:
    walked = chain.walk(entries(unit.connection), vouching.marks)
    return vouching.judged(walked, walked.broken or _oddly_stored(unit.connection))


def content(folder: Path) -> bytes:
    """The checkpoints of a folder, as they lie there."""
    try:
        return (folder / keys.CHECKPOINTS).read_bytes()
    except FileNotFoundError:
        return b""


def _grows(folder: Path, before: bytes) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if content(folder) != before:
            return True
        time.sleep(0.05)
    return False


def entries(connection: Connection) -> Iterator[tuple[Link | None, Sequence[Spoken]]]:
    """The entries with the words beside them, as the bytes that are stored, whatever was made of them."""
    # These are names of ours, and nothing that anybody wrote.
    rows = text(f"SELECT sequence, {_columns(connection, 'body', 'previous', 'hash')} FROM audit ORDER BY sequence")  # noqa: S608
    spoken = _spoken(connection)
    following = next(spoken, None)
    with connection.execute(rows.execution_options(yield_per=PAGE)) as found:
        for page in found.partitions():
            for row in page:
                beside: list[Spoken] = []
                while following is not None and following.sequence <= row[0]:
                    beside.append(following)
                    following = next(spoken, None)
                yield row, beside
    if following is not None:
        yield None, [following]


def _spoken(connection: Connection) -> Iterator[Spoken]:
    columns = _columns(connection, "name", "salt", "words")
    rows = text(f"SELECT sequence, {columns}, salt IS NULL, words IS NULL FROM audit_words ORDER BY sequence, name")  # noqa: S608
    with connection.execute(rows.execution_options(yield_per=PAGE)) as found:
        for sequence, name, salt, words, no_salt, no_words in found:
            yield Spoken(sequence, _text(name), None if no_salt else _text(salt), None if no_words else _text(words))


def _columns(connection: Connection, *names: str) -> str:
    return ", ".join(_AS_BYTES[connection.dialect.name].format(name) for name in names)


def _text(stored: bytes) -> str:
    return stored.decode(errors="surrogateescape")  # what is no UTF-8 fits no digest


# What was put into a column of text may be none.
_AS_BYTES = {
    "sqlite": "coalesce(CAST({0} AS BLOB), x'')",
    "postgresql": "coalesce(convert_to({0}, 'UTF8'), '')",
}


def _oddly_stored(connection: Connection) -> Broken | None:
    """In SQLite the same bytes may be text or not."""
    if connection.dialect.name != "sqlite":
        return None
    odd = """
        SELECT sequence FROM audit WHERE typeof(body) <> 'text' OR typeof(previous) <> 'text' OR typeof(hash) <> 'text'
        UNION SELECT sequence FROM audit_words
        WHERE typeof(name) <> 'text' OR typeof(salt) NOT IN ('text', 'null') OR typeof(words) NOT IN ('text', 'null')
        ORDER BY sequence LIMIT 1
    """
    found = connection.execute(text(odd)).scalar()
    return None if found is None else Broken(found, "it is not stored as it was written")


def vouched(connection: Connection, folder: Path, before: bytes) -> bytes:
    """The checkpoints that belong to what this connection sees. `before` is the `content` from before it began to look.

    All of that counts: what it vouches for must be there. A note that was being written meanwhile is waited for.
    """
    told = audit.c.body.startswith(chain.TELLS_OF_CHECKPOINT)
    newest = select(audit.c.body).where(told).order_by(audit.c.sequence.desc()).limit(1)
    body = connection.scalars(newest).first()
    if body is None or not before:
        return before
    number, file = chain.checkpoint_of(body)
    line = f"\nfile {file} note {number}\n".encode()
    if line in before or f"\nfile {file} ".encode() not in before:
        return before
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        now = content(folder)
        at = now.find(b"\n\n", now.find(line) + len(line) + 1) if line in now else -1
        if at >= 0 and now.startswith(before):
            return now[: at + 2]
        time.sleep(0.05)
    return before
