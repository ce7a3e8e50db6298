"""The key that signs checkpoints: given by the operator, or made once in the data folder, for the owner's eyes alone."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import URL

from bot.errors import ConfigurationError
from bot.store.notes import NAME, SigningKey, VerifyingKey

PRIVATE_FILE = "key"
PUBLIC_FILE = "key.pub"
CHECKPOINTS = "checkpoints"
_FILE = re.compile(rb"\nfile ([0-9a-f]{16}) note ")


def folder(data: Path) -> Path:
    """Where key and checkpoints lie in a data folder."""
    return data / "audit"


def checkpoints(here: Path, url: URL) -> Path:
    """The file of the checkpoints for the database at `url`: each place has its own, so that nothing that a data folder was
    once used with gets in the way. A file in the data folder may move with it."""
    if url.get_backend_name() == "postgresql":
        place = f"{url.host or url.query.get('host', '')}:{url.port or 5432}/{url.database}"
    else:
        named = url.database or ""
        file = Path(unquote(named.removeprefix("file:")) if "uri" in url.query else named).resolve()
        data = here.parent.resolve()
        place = str(file.relative_to(data) if file.is_relative_to(data) else file)
    return here / f"{CHECKPOINTS}.{hashlib.sha256(place.encode(errors='surrogateescape')).hexdigest()[:16]}"


def file_id(content: bytes) -> str:
    """Which file of checkpoints this is, as its notes and the record call it; "" where it says none."""
    found = _FILE.search(content)
    return found[1].decode() if found else ""


def set_aside(file: Path) -> Path | None:
    """Gives a file of checkpoints another name, under which it is still held against the record, and not added to."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    aside = file.with_name(f"{file.name}.{file_id(content) or 'odd'}")
    if aside.exists():
        aside = aside.with_name(f"{aside.name}.{secrets.token_hex(4)}")
    return file.rename(aside)


def signing_key(data: Path, given: str | None) -> SigningKey:
    """The key that is `given` (ARCHWAY_AUDIT_KEY), else that of the data folder, which is made when it is missing.

    Raises `ConfigurationError` when it is no key, or cannot be kept.
    """
    if given:
        return _given(given)
    here = folder(data)
    try:
        _private(here.parent)
        here.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(here / PRIVATE_FILE)
        key = _kept(here / PRIVATE_FILE)
        publish(here, key.verifying)
    except OSError as fault:
        raise ConfigurationError([f"{here} cannot be written ({fault.strerror}); set ARCHWAY_DATA."]) from None
    return key


def verifying_key(data: Path, given: str | None) -> VerifyingKey | None:
    """The public half of the key that signs here; None when there is none yet. Changes nothing."""
    if given:
        return _given(given).verifying
    here = folder(data)
    try:
        if (here / PRIVATE_FILE).exists() and os.access(here / PRIVATE_FILE, os.R_OK):
            return _kept(here / PRIVATE_FILE).verifying
        return _public(here / PUBLIC_FILE)
    except FileNotFoundError:
        return None
    except OSError:
        raise ConfigurationError([f"{here / PUBLIC_FILE} holds no key; put it back from a backup."]) from None


def _given(text: str) -> SigningKey:
    try:
        return SigningKey.parse(text)
    except ValueError:
        raise ConfigurationError(
            ["ARCHWAY_AUDIT_KEY is no Ed25519 key; make one with `head -c 32 /dev/urandom | base64`."]
        ) from None


def _kept(file: Path) -> SigningKey:
    try:
        return SigningKey.parse(file.read_text())
    except ValueError:
        raise ConfigurationError([f"{file} holds no key; put it back from a backup."]) from None


def _make(file: Path) -> None:
    """Writes a new key, unless there is one: whoever comes first makes it. What another key has signed is put aside."""
    if file.exists():
        return
    _put_aside(file.parent)
    made = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(SigningKey(NAME, secrets.token_bytes(32)).text + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(made, file)  # unlike a rename it does not take the place of another one
    except FileExistsError:
        pass
    finally:
        made.unlink()


def _put_aside(here: Path) -> None:
    """Checkpoints from a backup whose key stayed elsewhere: they are still held against the record, and not added to."""
    if (here / PUBLIC_FILE).exists():
        publish_former(here, _public(here / PUBLIC_FILE))
        for file in here.glob(f"{CHECKPOINTS}.*"):
            if re.fullmatch(rf"{CHECKPOINTS}\.[0-9a-f]{{16}}", file.name):
                set_aside(file)
        (here / PUBLIC_FILE).unlink()


def former(data: Path) -> Iterator[VerifyingKey]:
    """The keys that signed checkpoints of this folder before, or elsewhere."""
    for file in sorted(folder(data).glob("key.*.pub")):
        yield _public(file)


def files(here: Path) -> Iterator[Path]:
    """All files of checkpoints in a folder: those that are added to, and those that were set aside."""
    yield from (file for file in sorted(here.glob(f"{CHECKPOINTS}*")) if file.is_file())


def _public(file: Path) -> VerifyingKey:
    try:
        return VerifyingKey.parse(file.read_text())
    except ValueError:
        raise ConfigurationError([f"{file} holds no key; put it back from a backup."]) from None


def publish_former(here: Path, key: VerifyingKey) -> None:
    """Keeps the public half of a key that signed checkpoints of this folder, and signs none here any more."""
    (here / f"key.{key.id.hex()}.pub").write_text(f"{key}\n")


def _private(data: Path) -> None:
    """A data folder that is made is the owner's alone; one that is there stays as it was given."""
    if not data.exists():
        data.mkdir(mode=0o700, parents=True, exist_ok=True)


def publish(here: Path, key: VerifyingKey) -> None:
    """Writes down the public half of the key that signs in this folder."""
    text = f"{key}\n".encode()
    file = here / PUBLIC_FILE
    if not file.exists() or file.read_bytes() != text:
        file.write_bytes(text)
