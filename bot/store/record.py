"""The record as a whole: whether anything in it was altered."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select, text

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
class Aside:
    """A file whose last `notes` checkpoints, up to that of entry `sequence`, are about something else than this record: it
    was `restored` from an older backup, or they belong to another database."""

    file: str
    notes: int
    sequence: int
    restored: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a look at the record. `broken` is None when it is as it was written.

    `checkpoints` were checked with `key` (its text; None when nothing is signed), which somebody here vouches for if it is
    `key_trusted`; the record tells of `elsewhere` further files of them, which are not here. `aside` are those that are here
    and vouch for what is not in this record.
    """

    entries: int
    head: str
    checkpoints: int
    elsewhere: int
    key: str | None
    broken: Broken | None
    aside: tuple[Aside, ...] = ()
    key_trusted: bool = True

    def facts(self) -> dict[str, Any]:
        """As `archway audit verify --json` prints it."""
        return {"whole": self.broken is None, **asdict(self)}


class Vouching:
    """The checkpoints that a record is held against, from one file or several, and the first fault among them."""

    def __init__(self) -> None:
        self.files: list[Sequence[Checkpoint]] = []
        self.fault: str | None = None
        self.aside: list[Aside] = []
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
            self.take(checkpoints.read(content, key), key)
        except ValueError as fault:
            self.fault = self.fault or str(fault)

    def take(self, notes: Sequence[Checkpoint], key: VerifyingKey) -> None:
        """Takes what was read from a file."""
        self.files.append(notes)
        if str(key) not in self._keys:
            self._keys.append(str(key))

    @property
    def marks(self) -> dict[int, bytes]:
        """Which entry must have which hash."""
        return {each.sequence: each.hash for file in self.files for each in file}

    def judged(self, walked: Walked, broken: Broken | None) -> Verdict:
        """The verdict on a record that was walked; `broken` is what was found in the record itself."""
        if broken is None and (why := self.fault or checkpoints.missing(self.files, walked.checkpoints)):
            broken = Broken(0, why)
        elsewhere = len(walked.checkpoints.keys() - {file[0].file for file in self.files if file})
        number = sum(map(len, self.files))
        keys_ = " ".join(self._keys) or None
        return Verdict(walked.entries, walked.head, number, elsewhere, keys_, broken, tuple(self.aside))


def verify(database: Database, data: Path, given: str | None = None) -> Verdict:
    """Walks the record and holds it against the checkpoints in the data folder. Only reads.

    `given` is ARCHWAY_AUDIT_KEY; with it nothing is believed that another key has signed.
    """
    key, former = keys.verifying_key(data, given), [] if given else list(keys.former(data))
    own = keys.checkpoints(keys.folder(data), database.engine.url)
    while True:
        lying = content(own)
        others = {file: content(file) for file in keys.files(keys.folder(data)) if file != own}
        vouching = Vouching()
        vouching.read(lying, key)
        verdict = database.read_now(partial(_verify, vouching, others, [each for each in (key, *former) if each]))
        # A process that runs may be just between its entry and its note.
        if verdict.broken is None or verdict.broken.sequence or not _grows(own, lying):
            return verdict


def _verify(
    vouching: Vouching, others: Mapping[Path, bytes], trusted: Sequence[VerifyingKey], unit: Transaction
) -> Verdict:
    if any(others.values()):
        tells = _told(unit.connection)
        for file, lying in others.items():
            _hold_against(vouching, (file, lying), trusted, tells)
    walked = chain.walk(entries(unit.connection), vouching.marks)
    return vouching.judged(walked, walked.broken or _oddly_stored(unit.connection))


def _told(connection: Connection) -> tuple[Mapping[str, Mapping[int, int]], int]:
    """The checkpoints that the record tells of (file → number → sequence), and where it was last put back from a backup."""
    told: dict[str, dict[int, int]] = {}
    for sequence, body in connection.execute(
        select(audit.c.sequence, audit.c.body).where(audit.c.body.startswith(chain.TELLS_OF_CHECKPOINT))
    ):
        with suppress(ValueError):  # whoever walks the record says what is wrong with it
            number, file = chain.checkpoint_of(body)
            told.setdefault(file, {})[number] = sequence
    restored = select(func.max(audit.c.sequence)).where(audit.c.body.startswith(chain.TELLS_OF_RESTORED))
    return told, connection.scalar(restored) or 0


def _hold_against(
    vouching: Vouching,
    found: tuple[Path, bytes],
    trusted: Sequence[VerifyingKey],
    tells: tuple[Mapping[str, Mapping[int, int]], int],
) -> None:
    """Takes a file of checkpoints that is not that of this database's place, as far as it is about this record."""
    (file, lying), (told, restored) = found, tells
    here = told.get(keys.file_id(lying), {})
    for key in trusted:
        try:
            notes = checkpoints.read(lying, key)
            break
        except ValueError as fault:
            why = str(fault)
    else:
        if here and trusted and "not signed with the key" not in why:
            vouching.fault = vouching.fault or f"{file.name}: {why}"
        return
    about = len(notes)
    if not here:
        about = 0
    elif max(here.values()) < restored:
        about = min(about, max(here))
    if notes[:about]:
        vouching.take(notes[:about], key)
    if notes[about:]:
        vouching.aside.append(Aside(str(file), len(notes) - about, notes[-1].sequence, restored=bool(here)))


def content(file: Path) -> bytes:
    """The checkpoints of a file, as they lie there."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _grows(file: Path, before: bytes) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if content(file) != before:
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
            number = sequence if type(sequence) is int else -1  # SQLite takes anything: it belongs to no entry
            yield Spoken(number, _text(name), None if no_salt else _text(salt), None if no_words else _text(words))


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


def vouched(connection: Connection, own: Path, before: bytes) -> bytes:
    """The checkpoints that belong to what this connection sees. `before` is the `content` from before it began to look.

    All of that counts: what it vouches for must be there. A note that was being written meanwhile is waited for. Where
    nothing was signed yet at this place (`own`), it is what was signed at the last one, if that lies here too.
    """
    told = audit.c.body.startswith(chain.TELLS_OF_CHECKPOINT)
    newest = select(audit.c.body).where(told).order_by(audit.c.sequence.desc()).limit(1)
    body = connection.scalars(newest).first()
    if body is None:
        return before
    try:
        number, file = chain.checkpoint_of(body)
    except ValueError:
        return before
    if not before:
        lying = (content(each) for each in keys.files(own.parent) if each != own)
        return next((each for each in lying if keys.file_id(each) == file), b"")
    line = f"\nfile {file} note {number}\n".encode()
    if line in before or f"\nfile {file} ".encode() not in before:
        return before
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        now = content(own)
        at = now.find(b"\n\n", now.find(line) + len(line) + 1) if line in now else -1
        if at >= 0 and now.startswith(before):
            return now[: at + 2]
        time.sleep(0.05)
    return before
