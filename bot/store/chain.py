"""The chain of the record, without any database: how an entry is hashed, and walking entries to see that none was altered."""

from __future__ import annotations

import hashlib
import json
import secrets
from binascii import hexlify
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

DOMAIN = b"archway-audit-v1\n"
WORDS_DOMAIN = b"archway-words-v1\n"
GENESIS = bytes(32)  # what the first entry follows
ERASED = "words.erased"  # the action of an entry that tells of erased words
CHECKPOINTED = "record.checkpointed"  # the action of an entry that a checkpoint is about
RESTORED = "record.restored"  # the action of an entry that follows what was put back from a backup
# Members of a body are sorted: the action is the first, the words are the last.
_TELLS_OF_ERASED = f'{{"action":"{ERASED}",'.encode()
TELLS_OF_CHECKPOINT = f'{{"action":"{CHECKPOINTED}",'
TELLS_OF_RESTORED = f'{{"action":"{RESTORED}",'
_TELLS_OF_CHECKPOINT = TELLS_OF_CHECKPOINT.encode()
_TELLING = (_TELLS_OF_ERASED, _TELLS_OF_CHECKPOINT)
_NO_WORDS = b'"words":{}}'


# An entry as it is stored: sequence, body, previous, hash; texts as their bytes, hashes in hexadecimal.
Link = tuple[int, bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words beside an entry: both None when they were erased."""

    sequence: int
    name: str
    salt: str | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing that is not as it was written. `sequence` is of the entry that it shows at."""

    sequence: int
    why: str


@dataclass(slots=True)
class Walked:
    """What a walk came to see: how many entries, the last hash, what the entries tell of checkpoints."""

    entries: int = 0
    head: str = GENESIS.hex()
    checkpoints: dict[str, dict[int, int]] = field(default_factory=dict)  # file → number of the note → sequence
    broken: Broken | None = None


def hash_of(previous: bytes, sequence: int, body: bytes) -> bytes:
    """SHA-256 over domain, the previous entry's hash (32 bytes), the sequence (8 bytes, big-endian) and the body."""
    return hashlib.sha256(DOMAIN + previous + sequence.to_bytes(8, "big") + body).digest()


def new_salt() -> str:
    """16 random bytes in hexadecimal."""
    return secrets.token_hex(16)


def digest_of(salt: str, words: str) -> str:
    """What an entry holds in place of somebody's words: SHA-256 in hexadecimal."""
    return hashlib.sha256(WORDS_DOMAIN + bytes.fromhex(salt) + words.encode()).hexdigest()


def checkpoint_of(body: str | bytes) -> tuple[int, str]:
    """The number of the note that an entry with the action `CHECKPOINTED` tells of, and its file. Raises `ValueError`."""
    try:
        after = json.loads(body)["after"]
        number, file = after["note"], after["file"]
    except (KeyError, TypeError, RecursionError):
        number = file = None
    if type(number) is not int or type(file) is not str:
        raise ValueError("that entry tells of no checkpoint")
    return number, file


def walk(entries: Iterable[tuple[Link | None, Sequence[Spoken]]], marks: Mapping[int, bytes]) -> Walked:
    """Walks entries by sequence, each with the words beside it; None stands for the entry of words that there is not.

    `marks` are the hashes that checkpoints vouch for. It ends at the first entry that is broken.
    """
    walked = Walked()
    erasures = _Erasures()
    previous, hexadecimal = GENESIS, hexlify(GENESIS)
    for expected, (link, spoken) in enumerate(entries, 1):
        why = "words of an entry were put in that there is not"
        if link is not None:
            sequence, body, follows, hash_ = link
            if type(sequence) is not int:
                why = "its number is none"
            elif sequence != expected:
                why = "it is missing" if sequence > expected else f"a second entry {sequence} was put in before it"
            elif follows != hexadecimal:
                why = "it does not follow the entry before it"
            else:
                previous = hash_of(previous, sequence, body)
                hexadecimal = hexlify(previous)
                if hash_ != hexadecimal:
                    why = "its content does not fit its hash"
                elif sequence in marks and marks[sequence] != previous:
                    why = "it is not the entry that a checkpoint vouches for: the record was written anew"
                elif not spoken and body.endswith(_NO_WORDS) and not body.startswith(_TELLING):
                    why = ""
                else:
                    why = _fault_within(sequence, body, spoken, walked, erasures)
        if why:
            walked.broken = Broken(expected, why)
            return walked
        walked.entries = expected
    walked.head = previous.hex()
    walked.broken = _missing(walked, marks) or erasures.fault()
    return walked


def _fault_within(sequence: int, body: bytes, spoken: Sequence[Spoken], walked: Walked, erasures: _Erasures) -> str:
    """Looks at what an entry that fits its hash says of words, erasures and checkpoints; "" when nothing is wrong."""
    try:
        if body.startswith(_TELLS_OF_ERASED):
            erasures.tell(sequence, json.loads(body)["after"]["erased"])
        elif body.startswith(_TELLS_OF_CHECKPOINT):
            number, file = checkpoint_of(body)
            walked.checkpoints.setdefault(file, {})[number] = sequence
        if body.endswith(_NO_WORDS):
            return f"words “{spoken[0].name}” were put in" if spoken else ""
        digests = json.loads(body)["words"]
        if not all(type(name) is type(each) is str for name, each in digests.items()):
            raise TypeError  # noqa: TRY301
        return _fault_of_words(sequence, digests, spoken, erasures)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "its content is none of ours"


def _fault_of_words(sequence: int, digests: Mapping[str, str], spoken: Sequence[Spoken], erasures: _Erasures) -> str:
    here: set[str] = set()
    for each in spoken:
        if each.sequence != sequence or each.name not in digests or each.name in here:
            return f"words “{each.name}” were put in"
        here.add(each.name)
        if each.words is None and each.salt is None:
            erasures.found.add((sequence, each.name))
        elif not _fits(each, digests[each.name]):
            return f"its words “{each.name}” were altered"
    missing = digests.keys() - here
    return f"its words “{min(missing)}” are missing" if missing else ""


def _fits(spoken: Spoken, digest: str) -> bool:
    if spoken.salt is None or spoken.words is None or spoken.salt != spoken.salt.lower():
        return False
    try:
        return digest_of(spoken.salt, spoken.words) == digest
    except ValueError:  # a salt that is no hexadecimal, a text that is none
        return False


def _missing(walked: Walked, marks: Mapping[int, bytes]) -> Broken | None:
    if marks and (last := max(marks)) > walked.entries:
        return Broken(walked.entries + 1, f"the end is missing: a checkpoint vouches for entry {last}")
    return None


class _Erasures:
    """Words are erased by an entry that tells of it, and stay so."""

    def __init__(self) -> None:
        self.found: set[tuple[int, str]] = set()
        self._told: dict[tuple[int, str], int] = {}

    def tell(self, by: int, erased: Iterable[tuple[int, str]]) -> None:
        """The entry `by` says that these words were erased."""
        for sequence, name in erased:
            if type(sequence) is not int or type(name) is not str:
                raise TypeError
            self._told.setdefault((sequence, name), by)

    def fault(self) -> Broken | None:
        """The first erasure that is not as it was told."""
        if silent := self.found - self._told.keys():
            sequence, name = min(silent)
            return Broken(sequence, f"its words “{name}” are gone, and no entry tells of it")
        if back := self._told.keys() - self.found:
            sequence, name = min(back)
            return Broken(
                sequence, f"its words “{name}” were erased (entry {self._told[sequence, name]}), and are back"
            )
        return None
