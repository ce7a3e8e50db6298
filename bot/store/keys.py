"""The key that signs checkpoints: given by the operator, or made once in the data folder, for the owner's eyes alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from bot.errors import ConfigurationError
from bot.store.notes import NAME, SigningKey, VerifyingKey

PRIVATE_FILE = "key"
PUBLIC_FILE = "key.pub"
CHECKPOINTS = "checkpoints"


def folder(data: Path) -> Path:
    """Where key and checkpoints lie in a data folder."""
    return data / "audit"


def signing_key(data: Path, given: str | None) -> SigningKey:
    """The key that is `given` (ARCHWAY_AUDIT_KEY), else that of the data folder, which is made when it is missing.

    Raises `ConfigurationError` when it is no key, or cannot be kept.
    """
    if given:
        return _given(given)
    here = folder(data)
    try:
        here.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(here / PRIVATE_FILE)
        key = _kept(here / PRIVATE_FILE)
        _publish(here / PUBLIC_FILE, key)
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
        return VerifyingKey.parse((here / PUBLIC_FILE).read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
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
    if (here / PUBLIC_FILE).exists() and (here / CHECKPOINTS).exists():
        by = VerifyingKey.parse((here / PUBLIC_FILE).read_text()).id.hex()
        (here / CHECKPOINTS).rename(here / f"{CHECKPOINTS}.{by}")
        (here / PUBLIC_FILE).rename(here / f"key.{by}.pub")


def former(data: Path) -> Iterator[tuple[Path, VerifyingKey]]:
    """The files of checkpoints that were put aside, with their keys."""
    here = folder(data)
    for file in sorted(here.glob(f"{CHECKPOINTS}.*")):
        public = here / f"key{file.suffix}.pub"
        if public.exists():
            yield file, VerifyingKey.parse(public.read_text())


def _publish(file: Path, key: SigningKey) -> None:
    text = f"{key.verifying}\n"
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
