"""Signed notes against vectors that others published, and against a reader written from the specification alone."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from bot.store import notes
from bot.store.notes import SigningKey, VerifyingKey

# From the documentation of Go's golang.org/x/mod/sumdb/note.
GO_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = f"{GO_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
# From the C2SP signed-note specification.
C2SP_PUBLIC = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def test_go_signs_the_same_note_with_the_same_key() -> None:
    key = SigningKey.parse(GO_PRIVATE)
    assert str(key.verifying) == GO_PUBLIC
    assert key.text == GO_PRIVATE
    assert key.sign(GO_TEXT) == GO_NOTE


@pytest.mark.parametrize(("note", "public"), [(GO_NOTE, GO_PUBLIC), (C2SP_NOTE, C2SP_PUBLIC)])
def test_notes_of_others_are_read(note: str, public: str) -> None:
    assert notes.read(note, VerifyingKey.parse(public)) == note.split("\n\n", maxsplit=1)[0] + "\n"


def test_a_signature_of_somebody_else_beside_ours_is_passed_over() -> None:
    both = GO_NOTE + C2SP_NOTE.rsplit("\n\n", maxsplit=1)[1]
    assert notes.read(both, VerifyingKey.parse(GO_PUBLIC)) == GO_TEXT


def test_our_notes_are_read_by_a_reader_made_from_the_specification() -> None:
    key = SigningKey.parse("00" * 31 + "01")
    note = key.sign("archway-audit\n1\nabc\n")
    text, signature = note.split("\n\n")
    dash, name, encoded = signature.rstrip("\n").split(" ")
    blob = base64.b64decode(encoded)
    vkey_name, key_id, public = str(key.verifying).split("+", 2)
    raw = base64.b64decode(public)[1:]
    assert (dash, name, vkey_name) == ("\u2014", "archway-audit", "archway-audit")
    assert blob[:4].hex() == key_id == hashlib.sha256(name.encode() + b"\x0a\x01" + raw).hexdigest()[:8]
    Ed25519PublicKey.from_public_bytes(raw).verify(blob[4:], text.encode() + b"\n")


@given(st.integers(0, len(GO_NOTE.encode()) - 1), st.integers(1, 255))
def test_no_byte_of_a_note_can_be_altered(at: int, by: int) -> None:
    altered = bytearray(GO_NOTE.encode())
    altered[at] ^= by
    with pytest.raises(ValueError, match=r"."):
        notes.read(altered.decode(), VerifyingKey.parse(GO_PUBLIC))


@pytest.mark.parametrize(
    "note",
    ["", "text\n", GO_NOTE[:-1], GO_NOTE + GO_NOTE.rsplit("\n\n", maxsplit=1)[1], GO_NOTE + "— x\n", C2SP_NOTE,
     GO_NOTE.replace("nAM=", "nAN="), GO_NOTE.replace("— ", "- ")],
)  # fmt: skip
def test_what_is_no_note_of_ours_is_refused(note: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        notes.read(note, VerifyingKey.parse(GO_PUBLIC))


@pytest.mark.parametrize(
    "text",
    ["", "abc", GO_PRIVATE[:-4], GO_PRIVATE.replace("c74f", "c74e"), "PRIVATE+KEY+x", base64.b64encode(b"short").decode(),
     "PRIVATE+KEY+a b+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"],
)  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        SigningKey.parse(text)


@pytest.mark.parametrize(
    "text", ["", "a+b", GO_PUBLIC.replace("c74f", "c74e"), GO_PUBLIC[:-4], GO_PUBLIC.replace("+AR", "+AB")]
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        VerifyingKey.parse(text)


@pytest.mark.parametrize("text", ["", "no end", "a tab\t\n", "a\r\n"])
def test_what_cannot_stand_in_a_note_is_not_signed(text: str) -> None:
    with pytest.raises(ValueError, match="lines without control"):
        SigningKey.parse(GO_PRIVATE).sign(text)


def test_a_key_does_not_print() -> None:
    key = SigningKey.parse(base64.b64encode(b"k" * 32).decode())
    assert "kkk" not in repr(key)
    assert base64.b64encode(b"k" * 32).decode() not in repr(key) + str(key)
