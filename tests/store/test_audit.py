"""The record: a chain that nobody can alter unseen, from the database, an export or the checkpoints. The guards are off in
these tests: they are about whoever can take them off."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.domain.audit import Entry
from bot.domain.people import Account
from bot.errors import ConfigurationError
from bot.store import chain, exports, guards, keys, record
from bot.store.chain import Link, Spoken
from bot.store.checkpoints import Checkpoints
from bot.store.database import Database
from bot.store.tables import audit, audit_words
from bot.store.transaction import Transaction
from tests.databases import Clock

ADA = Account("slack", "U012", "T0")
GRACE = Account("teams", "29:grace", "tenant")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def checkpoints(data: Path) -> Checkpoints:
    return Checkpoints(keys.folder(data), keys.signing_key(data, None))


@pytest.fixture(autouse=True)
def nobody_writes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a note that is missing need not be waited for."""
    monkeypatch.setattr(record, "PATIENCE", 0.0)


def add(unit: Transaction, number: int, by: Account = ADA) -> int:
    words = {"reason": f"because of {number}", "note": "ä€😀"} if number % 3 == 0 else {}
    return unit.audit.add(
        Entry("exception.decided", f"EX-{number}", by, {"state": "open"}, {"state": "approved", "risk": 0.5, "seats": [1, None]},
              "STD-004.3", "r17", words)
    )  # fmt: skip


def filled(database: Database, checkpoints: Checkpoints) -> None:
    """37 entries with words, an erasure and three checkpoints, the last of them at the end."""
    for group in (range(12), range(12, 22)):
        for number in group:
            database.write_now(lambda unit, number=number: add(unit, number, ADA if number % 2 else GRACE))  # type: ignore[misc]
        checkpoints.sign(database)
    assert database.write_now(lambda unit: unit.audit.erase(account="slack:U012", by=GRACE)) > 0
    for number in range(22, 33):
        database.write_now(lambda unit, number=number: add(unit, number))  # type: ignore[misc]
    checkpoints.sign(database)


def exported(database: Database, data: Path) -> bytes:
    out = io.BytesIO()
    key, own = keys.signing_key(data, None), kept_in(database, data)
    before = record.content(own)
    database.read_now(lambda unit: exports.export(unit.connection, own, before, key, out))
    return out.getvalue()


def kept_in(database: Database, data: Path) -> Path:
    """The file of the checkpoints of a database."""
    return keys.checkpoints(keys.folder(data), database.engine.url)


def lines(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)


def test_entries_are_chained_as_it_is_written_down(database: Database, clock: Clock) -> None:
    assert database.write_now(lambda unit: [add(unit, 1), add(unit, 3)]) == [1, 2]
    rows = database.read_now(lambda unit: unit.connection.execute(select(audit).order_by(audit.c.sequence)).all())
    previous = "00" * 32
    for row in rows:
        made = hashlib.sha256(
            b"archway-audit-v1\n" + bytes.fromhex(previous) + row.sequence.to_bytes(8, "big") + row.body.encode()
        )
        assert (row.previous, row.hash) == (previous, made.hexdigest())
        previous = row.hash
    body = json.loads(rows[1].body)
    assert (body["by"], body["at"]) == (
        {"platform": "slack", "id": "U012", "organisation": "T0"},
        "2026-11-22T12:00:00.000000Z",
    )
    assert "because" not in rows[1].body
    kept = database.read_now(
        lambda unit: unit.connection.execute(select(audit_words).where(audit_words.c.name == "reason")).one()
    )
    digest = hashlib.sha256(b"archway-words-v1\n" + bytes.fromhex(kept.salt) + b"because of 3").hexdigest()
    assert body["words"]["reason"] == digest


def test_an_entry_is_undone_with_its_change(database: Database) -> None:
    def fail(unit: Transaction) -> None:
        add(unit, 1)
        raise KeyError(1)

    with pytest.raises(KeyError):
        database.write_now(fail)
    assert database.write_now(lambda unit: add(unit, 2)) == 1


def test_many_at_once_make_one_chain(database: Database, data: Path) -> None:
    def work(start: int) -> None:
        for number in range(start, start + 20):
            database.write_now(lambda unit, number=number: add(unit, number))  # type: ignore[misc]

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 160, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = record.verify(database, data)
    assert (verdict.broken, verdict.entries) == (None, 160)


def test_an_empty_record_is_whole(database: Database, data: Path) -> None:
    verdict = record.verify(database, data)
    assert (verdict.broken, verdict.entries, verdict.head) == (None, 0, "00" * 32)


def test_a_record_longer_than_a_page_is_whole(database: Database, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "PAGE", 7)
    database.write_now(lambda unit: [add(unit, number) for number in range(100)])
    verdict = record.verify(database, data)
    assert (verdict.broken, verdict.entries) == (None, 100)


def test_what_no_database_takes_is_replaced_before_it_is_hashed(database: Database, data: Path) -> None:
    bad = Entry("a.b\x00", "\ud800", ADA, after={"x\x00": ["\udfff"]}, words={"n\x00": "w\ud800\x00"})
    database.write_now(lambda unit: unit.audit.add(bad))
    assert record.verify(database, data).broken is None


def test_words_are_erased_and_the_chain_stays_whole(database: Database, data: Path, checkpoints: Checkpoints) -> None:
    for number in range(6):
        database.write_now(lambda unit, number=number: add(unit, number, ADA if number < 3 else GRACE))  # type: ignore[misc]
    checkpoints.sign(database)
    assert database.write_now(lambda unit: unit.audit.erase(subject="EX-3", by=ADA)) == 2
    assert database.write_now(lambda unit: unit.audit.erase(account="slack:U012")) == 2
    assert database.write_now(lambda unit: unit.audit.erase(account="slack:U012")) == 0
    kept = database.read_now(
        lambda unit: unit.connection.execute(select(audit_words.c.salt, audit_words.c.words)).all()
    )
    assert set(kept) == {(None, None)}
    assert record.verify(database, data).broken is None
    assert b"because" not in exported(database, data)
    with pytest.raises(ValueError, match="name an account or a subject"):
        database.write_now(lambda unit: unit.audit.erase())


def test_words_that_were_erased_unseen_or_came_back_are_found(database: Database, data: Path) -> None:
    database.write_now(lambda unit: [add(unit, 3), add(unit, 6)])
    before = database.read_now(lambda unit: unit.connection.execute(select(audit_words)).mappings().all())
    database.write_now(
        lambda unit: (
            unit.connection.execute(
                text("UPDATE audit_words SET salt = NULL, words = NULL WHERE sequence = 2 AND name = 'note'")
            ).rowcount
        )
    )
    broken = record.verify(database, data).broken
    assert broken == chain.Broken(2, "its words “note” are gone, and no entry tells of it")
    database.write_now(lambda unit: unit.audit.erase(subject="EX-3"))

    def put_back(unit: Transaction) -> None:
        guards.take_off(unit.connection)
        unit.connection.execute(text("DELETE FROM audit_words"))
        unit.connection.execute(audit_words.insert(), [dict(row) for row in before])

    database.write_now(put_back)
    broken = record.verify(database, data).broken
    assert broken == chain.Broken(1, "its words “note” were erased (entry 3), and are back")


# Checkpoints.


def test_a_checkpoint_is_made_when_something_has_happened(
    database: Database, data: Path, checkpoints: Checkpoints
) -> None:
    assert not checkpoints.sign(database)
    database.write_now(lambda unit: add(unit, 1))
    assert checkpoints.sign(database)
    assert not checkpoints.sign(database)
    database.write_now(lambda unit: add(unit, 2))
    assert checkpoints.sign(database)
    verdict = record.verify(database, data)
    assert (verdict.broken, verdict.entries, verdict.checkpoints) == (None, 4, 2)
    first, second = re.findall(r"archway-audit\n(\d+)\n(\S{44})\nfile [0-9a-f]{16} note (\d)\n\n— archway-audit \S+\n\n",
                               kept_in(database, data).read_text())  # fmt: skip
    assert (first[0], first[2], second[0], second[2]) == ("2", "1", "4", "2")
    assert base64.b64decode(second[1]).hex() == verdict.head


def test_several_processes_share_a_file_of_checkpoints(database: Database, data: Path) -> None:
    key = keys.signing_key(data, None)

    def work() -> None:
        mine = Checkpoints(keys.folder(data), key)
        for number in range(10):
            database.write_now(lambda unit, number=number: add(unit, number))  # type: ignore[misc]
            mine.sign(database)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert record.verify(database, data).broken is None


def test_replicas_with_data_folders_of_their_own_vouch_each_for_itself(database: Database, tmp_path: Path) -> None:
    key = base64.b64encode(b"k" * 32).decode()
    for number in range(4):
        data = tmp_path / str(number % 2)
        database.write_now(lambda unit, number=number: add(unit, number))  # type: ignore[misc]
        Checkpoints(keys.folder(data), keys.signing_key(data, key)).sign(database)
    for number in range(2):
        verdict = record.verify(database, tmp_path / str(number), key)
        assert (verdict.broken, verdict.checkpoints, verdict.elsewhere) == (None, 2, 1)
    mine = Checkpoints(keys.folder(tmp_path / "0"), keys.signing_key(tmp_path / "0", key))
    assert [mine.sign(database), mine.sign(database)] == [True, False]


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_process_that_died_while_it_wrote_its_note_is_no_tampering(
    database: Database, data: Path, checkpoints: Checkpoints, kept: float, is_first: bool
) -> None:
    file = kept_in(database, data)
    database.write_now(lambda unit: add(unit, 1))
    if not is_first:
        checkpoints.sign(database)
        database.write_now(lambda unit: add(unit, 2))
    before = file.stat().st_size if file.exists() else 0
    checkpoints.sign(database)
    whole = file.read_bytes()
    file.write_bytes(whole[: before + max(int((len(whole) - before) * kept), 1 if is_first else 0)])
    assert not checkpoints.sign(database)
    assert file.read_bytes() == whole
    assert record.verify(database, data).broken is None


def test_checkpoints_are_not_made_on_top_of_altered_ones(
    database: Database, data: Path, checkpoints: Checkpoints
) -> None:
    file = kept_in(database, data)
    for number in range(3):
        database.write_now(lambda unit, number=number: add(unit, number))  # type: ignore[misc]
        checkpoints.sign(database)
    whole = file.read_bytes()
    notes = whole.split(b"\n\n")
    database.write_now(lambda unit: add(unit, 9))
    for altered in (b"junk", whole + b"junk", whole[:-3] + b"x\n\n", b"\n\n".join(notes[:2]) + b"\n\n"):
        file.write_bytes(altered)
        with pytest.raises(ValueError, match=r"."):
            checkpoints.sign(database)
        assert file.read_bytes() == altered
    file.write_bytes(whole)
    assert checkpoints.sign(database)


def test_missing_checkpoints_are_found(database: Database, data: Path, checkpoints: Checkpoints) -> None:
    database.write_now(lambda unit: add(unit, 1))
    checkpoints.sign(database)
    kept_in(database, data).unlink()
    broken = record.verify(database, data).broken
    assert broken == chain.Broken(0, "the record tells of checkpoints, and there is none")


def test_a_chain_that_was_written_anew_is_found(database: Database, data: Path, checkpoints: Checkpoints) -> None:
    filled(database, checkpoints)

    def rewrite(unit: Transaction) -> None:
        guards.take_off(unit.connection)
        rows = unit.connection.execute(select(audit).order_by(audit.c.sequence)).all()
        previous = chain.GENESIS
        for row in rows:
            body = row.body.replace("EX-20", "EX-99")
            made = chain.hash_of(previous, row.sequence, body.encode())
            unit.connection.execute(
                audit.update()
                .where(audit.c.sequence == row.sequence)
                .values(body=body, previous=previous.hex(), hash=made.hex())
            )
            previous = made

    database.write_now(rewrite)
    broken = record.verify(database, data).broken
    assert broken is not None
    assert "the record was written anew" in broken.why


def test_a_key_is_made_once_and_for_its_owner_alone(data: Path) -> None:
    key = keys.signing_key(data, None)
    assert keys.signing_key(data, None) == key
    assert (data / "audit" / "key").stat().st_mode & 0o777 == 0o600
    assert (data / "audit" / "key.pub").read_text() == f"{key.verifying}\n"
    assert keys.verifying_key(data, None) == key.verifying
    (data / "audit" / "key").unlink()
    assert keys.verifying_key(data, None) == key.verifying
    given = base64.b64encode(b"k" * 32).decode()
    assert keys.verifying_key(data, given) == keys.signing_key(data, given).verifying != key.verifying


@pytest.mark.parametrize("file", ["key", "key.pub"])
def test_a_damaged_key_is_one_sentence(data: Path, file: str) -> None:
    keys.signing_key(data, None)
    (data / "audit" / "key").unlink()
    (data / "audit" / file).write_text("canary")
    with pytest.raises(ConfigurationError, match=r"holds no key") as refused:
        keys.verifying_key(data, None)
    assert "canary" not in str(refused.value)


def test_without_the_key_nothing_is_said_to_be_whole(database: Database, data: Path, checkpoints: Checkpoints) -> None:
    database.write_now(lambda unit: add(unit, 1))
    checkpoints.sign(database)
    for file in ("key", "key.pub"):
        (data / "audit" / file).unlink()
    broken = record.verify(database, data).broken
    assert broken is not None
    assert "the key of the checkpoints is missing" in broken.why
    other = base64.b64encode(b"k" * 32).decode()
    broken = record.verify(database, data, other).broken
    assert broken is not None
    assert "it is not signed with the key" in broken.why


# Exports.


def test_an_export_proves_itself_with_the_key_alone(database: Database, data: Path, checkpoints: Checkpoints) -> None:
    filled(database, checkpoints)
    content = exported(database, data)
    key = keys.signing_key(data, None).verifying
    for trusted in (key, None):
        verdict = exports.verify(lines(content), trusted)
        assert (verdict.broken, verdict.entries, verdict.checkpoints, verdict.key) == (None, 37, 3, str(key))
    other = keys.signing_key(data, base64.b64encode(b"k" * 32).decode()).verifying
    assert exports.verify(lines(content), other).broken is not None


def test_a_record_goes_on_while_it_is_exported(
    database: Database, data: Path, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "PATIENCE", 10.0)
    filled(database, checkpoints)

    own, out = kept_in(database, data), io.BytesIO()
    before = record.content(own)
    database.write_now(lambda unit: add(unit, 98))
    checkpoints.sign(database)

    def meanwhile(unit: Transaction) -> None:
        unit.audit.head()  # from here on this reader sees one moment
        database.write_now(lambda writer: add(writer, 99))
        checkpoints.sign(database)
        exports.export(unit.connection, own, before, keys.signing_key(data, None), out)

    database.read_now(meanwhile)
    verdict = exports.verify(lines(out.getvalue()), None)
    assert (verdict.broken, verdict.entries, verdict.checkpoints) == (None, 39, 4)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]\n", b"null\n", b'{"format":"archway-audit-export","version":2,"key":null}\n', b"[" * 100_000,
     b'{"format":"archway-audit-export","key":null,"version":1}\n',
     b'{"format":"archway-audit-export","key":null,"version":1}\n{"sequence":1}\n',
     b'{"format":"archway-audit-export","key":null,"version":1}\n{"end":{}}\n'],
)  # fmt: skip
def test_what_is_no_export_is_no_whole_record(content: bytes) -> None:
    assert exports.verify(lines(content), None).broken is not None


# Ten thousand alterations: every one is found.


def test_every_alteration_of_the_tables_is_found(
    tmp_path: Path, sqlite_template: Path, data: Path, clock: Clock
) -> None:
    file = tmp_path / "archway.db"
    shutil.copy(sqlite_template, file)
    database = Database(f"sqlite:///{file}", clock)
    filled(database, Checkpoints(keys.folder(data), keys.signing_key(data, None)))
    vouching = record.Vouching()
    vouching.read(record.content(kept_in(database, data)), keys.verifying_key(data, None))
    found = database.read_now(lambda unit: list(record.entries(unit.connection)))
    database.close_now()
    assert judged(vouching, found) is None
    chance = random.Random(20261122)
    for number in range(8000):
        altered = [((*link,), list(spoken)) for link, spoken in found if link]
        how = chance.choice(ALTERATIONS)
        how(altered, chance)
        if altered != [((*link,), list(spoken)) for link, spoken in found if link]:
            assert judged(vouching, altered) is not None, (number, how.__name__)


def judged(vouching: record.Vouching, entries: Sequence[tuple[Any, Sequence[Spoken]]]) -> chain.Broken | None:
    walked = chain.walk(entries, vouching.marks)
    return vouching.judged(walked, walked.broken).broken


Rows = list[tuple[Link, list[Spoken]]]


def flip(data: bytes, chance: random.Random) -> bytes:
    """One byte altered, taken out or put in."""
    at = chance.randrange(len(data) + 1)
    kind = chance.randrange(3)
    if kind == 0 and at < len(data):
        return data[:at] + bytes([data[at] ^ chance.randrange(1, 256)]) + data[at + 1 :]
    if kind == 1 and at < len(data):
        return data[:at] + data[at + 1 :]
    return data[:at] + bytes([chance.randrange(256)]) + data[at:]


def alter_a_column(rows: Rows, chance: random.Random) -> None:
    at = chance.randrange(len(rows))
    link, spoken = rows[at]
    column = chance.randrange(4)
    values: list[Any] = list(link)
    values[column] = link[0] + chance.randrange(-40, 40) if column == 0 else flip(values[column], chance)
    rows[at] = (tuple(values), spoken)


def delete_entries(rows: Rows, chance: random.Random) -> None:
    at = chance.randrange(len(rows))
    del rows[at : at + chance.randrange(1, 4)]


def cut_the_tail(rows: Rows, chance: random.Random) -> None:
    del rows[chance.randrange(len(rows)) :]


def cut_the_head(rows: Rows, chance: random.Random) -> None:
    del rows[: chance.randrange(len(rows))]


def swap_entries(rows: Rows, chance: random.Random) -> None:
    one, other = chance.randrange(len(rows)), chance.randrange(len(rows))
    rows[one], rows[other] = rows[other], rows[one]


def swap_contents(rows: Rows, chance: random.Random) -> None:
    one, other = chance.randrange(len(rows)), chance.randrange(len(rows))
    (a, words_a), (b, words_b) = rows[one], rows[other]
    rows[one], rows[other] = ((a[0], *b[1:]), words_a), ((b[0], *a[1:]), words_b)


def double_an_entry(rows: Rows, chance: random.Random) -> None:
    rows.insert(chance.randrange(len(rows) + 1), rows[chance.randrange(len(rows))])


def forge_an_entry(rows: Rows, chance: random.Random) -> None:
    """One more in the middle, with a hash that fits it."""
    at = chance.randrange(len(rows))
    (sequence, body, previous, _), _ = rows[at]
    forged = body.replace(b"approved", b"declined") + b" "
    hash_ = chain.hash_of(bytes.fromhex(previous.decode()), sequence, forged).hex().encode()
    rows[at : at + chance.randrange(2)] = [((sequence, forged, previous, hash_), [])]


def rewrite_the_tail(rows: Rows, chance: random.Random) -> None:
    """Everything from somewhere on, with hashes that fit."""
    at = chance.randrange(len(rows))
    previous = bytes.fromhex(rows[at][0][2].decode())
    for number in range(at, len(rows)):
        (sequence, body, _, _), spoken = rows[number]
        body = body.replace(b'"T0"', b'"T1"').replace(b'"tenant"', b'"renter"') if number == at else body
        made = chain.hash_of(previous, sequence, body)
        rows[number] = ((sequence, body, previous.hex().encode(), made.hex().encode()), spoken)
        previous = made


def with_words(rows: Rows, chance: random.Random) -> tuple[int, int]:
    at = chance.choice([number for number, (_, spoken) in enumerate(rows) if spoken])
    return at, chance.randrange(len(rows[at][1]))


def alter_words(rows: Rows, chance: random.Random) -> None:
    at, which = with_words(rows, chance)
    each = rows[at][1][which]
    parts: dict[str, Any] = {"sequence": each.sequence, "name": each.name, "salt": each.salt, "words": each.words}
    name = chance.choice(list(parts))
    if name == "sequence":
        parts[name] += chance.choice((-3, -1, 1, 3))
    elif parts[name] is None:
        parts[name] = "00" * 16
    elif name != "name" and chance.random() < 0.3:
        parts[name] = None
    else:
        parts[name] = flip(parts[name].encode(), chance).decode(errors="surrogateescape")
    rows[at][1][which] = Spoken(**parts)


def erase_words(rows: Rows, chance: random.Random) -> None:
    at, which = with_words(rows, chance)
    each = rows[at][1][which]
    rows[at][1][which] = Spoken(each.sequence, each.name, None, None)


def delete_words(rows: Rows, chance: random.Random) -> None:
    at, which = with_words(rows, chance)
    del rows[at][1][which]


def move_words(rows: Rows, chance: random.Random) -> None:
    at, which = with_words(rows, chance)
    elsewhere = chance.choice([number for number in range(len(rows)) if number != at])
    rows[elsewhere][1].append(rows[at][1].pop(which))


def add_words(rows: Rows, chance: random.Random) -> None:
    at = chance.randrange(len(rows))
    rows[at][1].append(Spoken(at + 1, chance.choice(("reason", "more")), "00" * 16, "put in"))


ALTERATIONS: tuple[Callable[[Rows, random.Random], None], ...] = (
    alter_a_column, alter_a_column, alter_a_column, delete_entries, cut_the_tail, cut_the_head, swap_entries, swap_contents,
    double_an_entry, forge_an_entry, rewrite_the_tail, alter_words, erase_words, delete_words, move_words, add_words,
)  # fmt: skip


def test_every_alteration_of_an_export_is_found(database: Database, data: Path, checkpoints: Checkpoints) -> None:
    filled(database, checkpoints)
    content = exported(database, data)
    key = keys.signing_key(data, None).verifying
    chance = random.Random(20261122)
    for number in range(1000):
        altered = altered_text(content, chance)
        assert altered == content or exports.verify(lines(altered), key).broken is not None, number


def test_every_alteration_of_the_checkpoints_is_found(database: Database, data: Path, checkpoints: Checkpoints) -> None:
    filled(database, checkpoints)
    content = record.content(kept_in(database, data))
    key = keys.verifying_key(data, None)
    found = database.read_now(lambda unit: list(record.entries(unit.connection)))
    chance = random.Random(20261122)
    for number in range(1000):
        altered = altered_text(content, chance)
        vouching = record.Vouching()
        vouching.read(altered, key)
        assert altered == content or judged(vouching, found) is not None, number


def altered_text(content: bytes, chance: random.Random) -> bytes:
    """A file that was altered: bytes, lines, paragraphs, its end."""
    separator = chance.choice((b"\n", b"\n\n"))
    parts = content.split(separator)
    one, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    kind = chance.randrange(6)
    if kind == 0:
        parts[one], parts[other] = parts[other], parts[one]
    elif kind == 1:
        del parts[one : one + chance.randrange(1, 4)]
    elif kind == 2:
        parts.insert(one, parts[other])
    elif kind == 3:
        return content[: chance.randrange(len(content))]
    else:
        return flip(content, chance)
    return separator.join(parts)


@pytest.mark.parametrize(
    ("statement", "sequence"),
    [
        ("UPDATE audit SET body = replace(body, 'approved', 'declined') WHERE sequence = 7", 7),
        ("UPDATE audit SET body = body || ' ' WHERE sequence = 7", 7),
        ("UPDATE audit SET hash = upper(hash) WHERE sequence = 7", 7),
        ("UPDATE audit SET previous = '' WHERE sequence = 7", 7),
        ("UPDATE audit SET sequence = 99 WHERE sequence = 37", 37),
        ("UPDATE audit SET sequence = -1 WHERE sequence = 5", 1),
        ("DELETE FROM audit WHERE sequence = 12", 12),
        ("DELETE FROM audit WHERE sequence > 30", 31),
        ("DELETE FROM audit", 1),
        ("INSERT INTO audit SELECT 38, body, hash, hash FROM audit WHERE sequence = 37", 38),
        ("DELETE FROM audit_words WHERE sequence = 4", 4),
        ("UPDATE audit_words SET words = 'other' WHERE sequence = 4 AND name = 'reason'", 4),
        ("UPDATE audit_words SET salt = NULL WHERE sequence = 1 AND name = 'reason'", 1),
        ("UPDATE audit_words SET sequence = 2 WHERE sequence = 1", 1),
        ("INSERT INTO audit_words VALUES (2, 'more', '00', 'put in')", 2),
    ],
)
def test_an_altered_database_is_found_where_it_was_altered(
    database: Database, data: Path, checkpoints: Checkpoints, statement: str, sequence: int
) -> None:
    filled(database, checkpoints)
    with database.engine.connect() as connection:
        if not database.is_postgres:
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        else:
            connection.execute(text("ALTER TABLE audit_words DROP CONSTRAINT fk_audit_words_sequence_audit"))
        guards.take_off(connection)
        connection.execute(text(statement))
        connection.commit()
    broken = record.verify(database, data).broken
    assert broken is not None
    assert broken.sequence == sequence
    assert exports.verify(lines(exported(database, data)), None).broken is not None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET body = CAST(body AS BLOB) WHERE sequence = 3",
        "UPDATE audit SET body = CAST(x'80ff' AS TEXT) WHERE sequence = 3",
        "UPDATE audit SET hash = CAST(hash AS BLOB) WHERE sequence = 3",
        "UPDATE audit_words SET words = CAST(x'80ff' AS TEXT) WHERE sequence = 1",
        "UPDATE audit_words SET words = CAST(words AS BLOB) WHERE sequence = 1",
    ],
)
def test_what_sqlite_alone_can_store_is_found(
    tmp_path: Path, sqlite_template: Path, data: Path, clock: Clock, statement: str
) -> None:
    file = tmp_path / "archway.db"
    shutil.copy(sqlite_template, file)
    database = Database(f"sqlite:///{file}", clock)
    filled(database, Checkpoints(keys.folder(data), keys.signing_key(data, None)))
    with database.engine.begin() as connection:
        guards.take_off(connection)
    raw = sqlite3.connect(file)
    raw.execute(statement)
    raw.commit()
    raw.close()
    assert record.verify(database, data).broken is not None
    database.close_now()
