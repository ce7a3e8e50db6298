"""Signed notes (C2SP signed-note, https://c2sp.org/signed-note): a text, a blank line, Ed25519 signatures below it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NAME = "archway-audit"
ED25519 = b"\x01"  # the signature type
PRIVATE = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key and the name that signs with it. As text it is a "vkey": name, key id, base64."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes by which signature lines name the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifyingKey:
        """Raises `ValueError` when that is no vkey."""
        name, number, encoded = _three(text.strip())
        made = cls(name, _typed(encoded))
        if made.id.hex() != number:
            raise ValueError("the key's id does not fit its bytes")
        return made


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key. It does not print; `text` is what is kept in a file."""

    name: str
    seed: bytes

    @property
    def verifying(self) -> VerifyingKey:
        """Its public half."""
        return VerifyingKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    @property
    def text(self) -> str:
        """The key as Go's `note` package writes it."""
        return f"{PRIVATE}{self.name}+{self.verifying.id.hex()}+{_base64(ED25519 + self.seed)}"

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """A key as `text` writes it; or the 32 bytes alone, in base64 or hexadecimal. Raises `ValueError`."""
        text = text.strip()
        if text.startswith(PRIVATE):
            name, number, encoded = _three(text.removeprefix(PRIVATE))
            made = cls(name, _typed(encoded))
            if made.verifying.id.hex() != number:
                raise ValueError("the key's id does not fit its bytes")
            return made
        seed = bytes.fromhex(text) if re.fullmatch("[0-9a-fA-F]{64}", text) else _bytes(text)
        if len(seed) != 32:
            raise ValueError("an Ed25519 key has 32 bytes")
        return cls(NAME, seed)

    def sign(self, text: str) -> str:
        """The whole note of a text, which ends with a newline."""
        if not text.endswith("\n") or any(ord(c) < 0x20 and c != "\n" for c in text):
            raise ValueError("a note's text is lines without control characters")
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{text}\n— {self.name} {_base64(self.verifying.id + signature)}\n"


def read(note: str, key: VerifyingKey) -> str:
    """The text of a note that `key` has signed, newline included.

    Raises `ValueError` when it is none, nobody knows who signed it, or it was altered. Stricter than the format where that
    allows two spellings of one note.
    """
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise ValueError("that is no signed note")
    text += "\n"
    ours = None
    for line in signatures[:-1].split("\n"):
        match = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
        if not match:
            raise ValueError("that is no line of a signature")
        decoded = _bytes(match[2])
        if match[1] != key.name or decoded[:4] != key.id:
            continue
        if ours is not None:
            raise ValueError("it is signed twice with one key")
        ours = decoded[4:]
    if ours is None:
        raise ValueError(f"it is not signed with the key {key.name}+{key.id.hex()}")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(ours, text.encode())
    except InvalidSignature:
        raise ValueError("the signature does not fit") from None
    return text


def _three(text: str) -> tuple[str, str, str]:
    parts = text.split("+", 2)  # base64 may hold a plus itself
    if len(parts) != 3 or not parts[0] or any(c.isspace() for c in parts[0]):
        raise ValueError("that is no key of the form name+id+base64")
    return parts[0], parts[1], parts[2]


def _typed(encoded: str) -> bytes:
    decoded = _bytes(encoded)
    if len(decoded) != 33 or decoded[:1] != ED25519:
        raise ValueError("that is no Ed25519 key")
    return decoded[1:]


def _bytes(encoded: str) -> bytes:
    """Base64 in its one right spelling: unused bits are zero."""
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("that is no base64") from None
    if _base64(decoded) != encoded:
        raise ValueError("that is no base64 in its one right spelling")
    return decoded


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
