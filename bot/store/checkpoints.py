"""Checkpoints: signed notes outside the database that vouch for the record so far, so that writing it anew shows.

Each note in a file has the next number there, and the entry that it vouches for tells of that number: a note that is
taken away shows in the record, an entry that is taken away shows in the notes.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from bot.domain.announcements import Json
from bot.domain.audit import Entry
from bot.store import chain, keys, notes
from bot.store.database import Database
from bot.store.notes import SigningKey, VerifyingKey
from bot.store.tables import audit
from bot.store.transaction import Transaction

SUBJECT = "record"
# Read from the end of the file: a note has some 250 bytes.
TAIL = 4096
_NEXT_STEP = (
    ": nothing is signed. `archway audit verify` tells more; what was put back is put back with `archway restore`."
)
_NOTE = re.compile(r"([^\n]+\n[^\n]+\n[^\n]+\nfile [^\n]+\n\n— [^\n]+\n)\n")


class CannotVouchError(ValueError):
    """No checkpoint can be signed; the message is a sentence for the operator, and says what to do."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """That entry `sequence` has this hash, and with it all entries before. It is the note `number` of the file `file`."""

    sequence: int
    hash: bytes
    file: str
    number: int

    def text(self, origin: str) -> str:
        """The text that is signed: origin, sequence, hash as in C2SP tlog-checkpoint, then one line more."""
        return (
            f"{origin}\n{self.sequence}\n{base64.b64encode(self.hash).decode()}\nfile {self.file} note {self.number}\n"
        )


class Checkpoints:
    """The checkpoints in a folder: one file for each database. Processes that share one take turns."""

    def __init__(self, folder: Path, key: SigningKey) -> None:
        self._folder = folder
        self._key = key

    def sign(self, database: Database) -> bool:
        """Vouches for the record as it is; False when nothing has happened since the last time.

        Raises `CannotVouchError` when the file cannot be written, or does not fit the record: it was altered, or an older
        database was put in its place.
        """
        path = keys.checkpoints(self._folder, database.engine.url)
        try:
            return self._signed(path, database)
        except OSError as fault:
            raise CannotVouchError(f"{path} cannot be written ({fault.strerror}); set ARCHWAY_DATA.") from fault

    def _signed(self, path: Path, database: Database) -> bool:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _held(path) as descriptor:
            last = self._mended(path, descriptor, database)
            made = database.write_now(lambda unit: _told(unit, last))
            if made is None:
                return False
            _append(descriptor, self._note(made))
            return True

    def _mended(self, path: Path, descriptor: int, database: Database) -> Checkpoint:
        """The last checkpoint in the file. A process may have died between its entry and its note: then the note is made now."""
        size = os.fstat(descriptor).st_size
        if size == 0:
            return Checkpoint(0, chain.GENESIS, secrets.token_hex(8), 0)
        last, torn = self._last(os.pread(descriptor, TAIL, max(0, size - TAIL)).decode(errors="replace"))
        told = database.read_now(lambda unit: _last_told(unit.connection, last))
        if told is not None and told.number == (last.number if last else 0) + 1:
            note = self._note(told)
            if note.startswith(torn):
                _append(descriptor, note[len(torn) :])
                return told
        if torn or last is None:
            raise CannotVouchError(f"{path} does not end with a checkpoint of this record{_NEXT_STEP}")
        if told != last:
            raise CannotVouchError(f"{path} and the record do not fit{_NEXT_STEP}")
        return last

    def _last(self, tail: str) -> tuple[Checkpoint | None, str]:
        """The last whole note at the end of the file, and what stands behind it."""
        whole = None
        for whole in _NOTE.finditer(tail):  # noqa: B007  # the last one is wanted
            pass
        if whole is None:
            return None, tail
        try:
            return checkpoint(whole[1], self._key.verifying), tail[whole.end() :]
        except ValueError as fault:
            raise CannotVouchError(f"the last checkpoint is broken ({fault}){_NEXT_STEP}") from None

    def _note(self, made: Checkpoint) -> str:
        return self._key.sign(made.text(self._key.name)) + "\n"


def checkpoint(note: str, key: VerifyingKey) -> Checkpoint:
    """What a signed note vouches for. Raises `ValueError` when it is none, or altered."""
    text = notes.read(note, key)
    match = re.fullmatch(
        r"([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/=]{44})\nfile ([0-9a-f]{16}) note ([1-9][0-9]*)\n", text
    )
    if not match or match[1] != key.name:
        raise ValueError("that is no checkpoint of this record")
    try:
        hash_ = base64.b64decode(match[3], validate=True)
    except binascii.Error:
        raise ValueError("that is no checkpoint of this record") from None
    return Checkpoint(int(match[2]), hash_, match[4], int(match[5]))


def read(content: bytes, key: VerifyingKey) -> Sequence[Checkpoint]:
    """All checkpoints of a file, which has nothing else in it. Raises `ValueError` saying which one is broken."""
    found: list[Checkpoint] = []
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ValueError("the checkpoints are no text any more") from None
    for number, note in enumerate(_notes(text), 1):
        try:
            made = checkpoint(note, key)
        except ValueError as fault:
            raise ValueError(f"checkpoint {number} is broken: {fault}") from None
        if made.number != number or (found and (made.file != found[0].file or made.sequence <= found[-1].sequence)):
            raise ValueError(f"checkpoint {number} is not the one that belongs there")
        found.append(made)
    return found


def _notes(text: str) -> Iterator[str]:
    """The notes of a file: each is two paragraphs, and ends with an empty line."""
    if not text:
        return
    if not text.endswith("\n\n"):
        raise ValueError("the last checkpoint is cut off")
    paragraphs = text[:-2].split("\n\n")
    for at in range(0, len(paragraphs), 2):
        yield "\n\n".join(paragraphs[at : at + 2]) + "\n"


def missing(files: Sequence[Sequence[Checkpoint]], told: Mapping[str, Mapping[int, int]]) -> str | None:
    """Why the checkpoints of some files are not those that the record tells of (file → number → sequence)."""
    if told and not any(files):
        return "the record tells of checkpoints, and there is none"
    for found in files:
        here = told.get(found[0].file, {}) if found else {}
        for number, sequence in sorted(here.items()):
            if number > len(found):
                return f"checkpoint {number}, for entry {sequence}, is missing"
            if number < 1 or found[number - 1].sequence != sequence:
                return f"checkpoint {number} is not the one that entry {sequence} tells of"
        if len(here) < len(found):
            return "there are checkpoints that the record does not tell of"
    return None


def _told(unit: Transaction, last: Checkpoint) -> Checkpoint | None:
    """Adds the entry that tells of the next checkpoint, unless only such entries were added since the last one."""
    since = (
        select(audit.c.sequence)
        .where(audit.c.sequence > last.sequence, ~audit.c.body.startswith(chain.TELLS_OF_CHECKPOINT))
        .limit(1)
    )
    if unit.connection.execute(since).first() is None:
        return None
    after: dict[str, Json] = {"file": last.file, "note": last.number + 1}
    unit.audit.add(Entry(chain.CHECKPOINTED, SUBJECT, after=after))
    sequence, hash_ = unit.audit.head()
    return Checkpoint(sequence, hash_, last.file, last.number + 1)


def _last_told(connection: Connection, like: Checkpoint | None) -> Checkpoint | None:
    """The newest checkpoint that the record tells of, of the same file as `like`."""
    newest = (
        select(audit.c.sequence, audit.c.body, audit.c.hash)
        .where(audit.c.body.startswith(chain.TELLS_OF_CHECKPOINT))
        .order_by(audit.c.sequence.desc())
    )
    with connection.execute(newest.execution_options(yield_per=10)) as found:
        for row in found:
            number, file = chain.checkpoint_of(row.body)
            if like is None or file == like.file:
                return Checkpoint(row.sequence, bytes.fromhex(row.hash), file, number)
    return None


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """The file, open to read and append, for this process alone."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _append(descriptor: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)
