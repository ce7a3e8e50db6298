"""The record as a file that proves itself elsewhere: lines of JSON, with a sum and a signature at the end."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection

from bot.store import chain, notes, record
from bot.store.canonical import canonical
from bot.store.chain import Broken, Link, Spoken, Walked
from bot.store.notes import SigningKey, VerifyingKey
from bot.store.record import Verdict, Vouching
from bot.store.types import writable_facts

FORMAT = "archway-audit-export"
VERSION = 1


def export(connection: Connection, own: Path, before: bytes, key: SigningKey | None, out: BinaryIO) -> int:
    """Writes the whole record; gives the number of entries. `before` as in `record.vouched`.

    First a line about the file, then the checkpoints of the file `own`, then the entries with the words beside them, then a line
    with the SHA-256 of all lines before it, signed where there is a key.
    """
    digest = hashlib.sha256()

    def write(line: dict[str, Any]) -> None:
        data = canonical(writable_facts(line)).encode() + b"\n"
        digest.update(data)
        out.write(data)

    write({"format": FORMAT, "version": VERSION, "key": str(key.verifying) if key else None})
    if vouched := record.vouched(connection, own, before):
        write({"checkpoints": vouched.decode(errors="replace")})
    entries = 0
    for link, spoken in record.entries(connection):
        if link is not None:
            sequence, *texts = link
            body, previous, hash_ = (each.decode(errors="replace") for each in texts)
            words = {each.name: {"salt": each.salt, "words": each.words} for each in spoken}
            write({"sequence": sequence, "body": body, "previous": previous, "hash": hash_, "words": words})
            entries += 1
    sum_ = digest.digest()
    signed = key.sign(_signed_text(key.name, entries, sum_)) if key else None
    write({"end": {"entries": entries, "sha256": sum_.hex(), "note": signed}})
    return entries


def verify(lines: Iterable[bytes], key: VerifyingKey | None) -> Verdict:
    """Whether an exported file is as it was written, with nothing else at hand.

    Without a `key` that of the file itself is taken, and the verdict says that it is not trusted: whoever altered a file may
    have signed it anew.
    """
    trusted = key is not None
    reading = _Reading(lines)
    walked = Walked()
    vouching = Vouching()
    try:
        key, vouched = reading.beginning(key)
        vouching.read(vouched, key)
        walked = chain.walk(reading.entries(), vouching.marks)
        broken = walked.broken or (None if vouching.fault else reading.end(walked.entries, key))
    except _CutOffError:
        broken = Broken(0, f"the end of the file is missing: it is cut off at line {reading.number}")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        broken = Broken(0, f"line {reading.number} is none of an export")
    return replace(vouching.judged(walked, broken), key_trusted=trusted)


def is_export(file: BinaryIO) -> bool:
    """Whether a file says in its first line that it is one, of whatever version."""
    try:
        head = json.loads(file.readline(1 << 16))
    except (ValueError, RecursionError):
        return False
    return isinstance(head, dict) and head.get("format") == FORMAT


class _CutOffError(ValueError):
    """There is no next line, or not all of it."""


def _signed_text(name: str, entries: int, digest: bytes) -> str:
    return f"{name}/export\n{entries}\n{base64.b64encode(digest).decode()}\n"


class _Reading:
    """The lines of an exported file, one by one. Raises all kinds of errors where they are none."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._digest = hashlib.sha256()
        self._line: Mapping[str, Any] = {}
        self._raw = b""
        self.number = 0

    def beginning(self, key: VerifyingKey | None) -> tuple[VerifyingKey | None, bytes]:
        """The key to verify with, and the checkpoints."""
        head = self._next()
        if head["format"] != FORMAT or head["version"] != VERSION:
            raise ValueError
        own = VerifyingKey.parse(head["key"]) if head["key"] is not None else None
        vouched = self._next().get("checkpoints", "")
        if vouched:
            self._next()
        return key or own, vouched.encode()

    def entries(self) -> Iterator[tuple[Link, Sequence[Spoken]]]:
        """The entries up to the last line."""
        while "end" not in self._line:
            line = self._line
            sequence = line["sequence"]
            if type(sequence) is not int or sequence < 1:
                raise ValueError
            link = sequence, line["body"].encode(), line["previous"].encode(), line["hash"].encode()
            yield link, [Spoken(sequence, name, each["salt"], each["words"]) for name, each in line["words"].items()]
            self._next()

    def end(self, entries: int, key: VerifyingKey | None) -> Broken | None:
        """What is wrong with the last line, and with the file by it."""
        said, raw = self._line["end"], self._raw
        if canonical(self._line).encode() + b"\n" != raw or next(self._lines, None) is not None:
            return Broken(0, "the last line was altered, or is not the last")
        if said["entries"] != entries or said["sha256"] != self._digest.hexdigest():
            return Broken(0, "the file was altered: its sum does not fit")
        if key is None and said["note"] is None:
            return None
        if key is None or said["note"] is None:
            return Broken(0, "the file is not signed")
        try:
            signed = notes.read(said["note"], key)
        except ValueError as fault:
            return Broken(0, f"the signature of the file is broken: {fault}")
        if signed != _signed_text(key.name, entries, self._digest.digest()):
            return Broken(0, "the signature is of another file")
        return None

    def _next(self) -> Mapping[str, Any]:
        if self._raw:
            self._digest.update(self._raw)
        self.number += 1
        self._raw = next(self._lines, b"")
        if not self._raw.endswith(b"\n"):
            raise _CutOffError
        self._line = json.loads(self._raw)
        return self._line
