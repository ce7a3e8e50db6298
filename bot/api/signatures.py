"""Who vouches for a webhook delivery: Standard Webhooks, PagerDuty's scheme, a header with an HMAC-SHA256.

Everything is bounded before anything is computed, and compared in constant time. Nothing here raises: whatever is missing,
doubled or malformed is not signed. https://www.standardwebhooks.com and
https://developer.pagerduty.com/docs/verifying-webhook-signatures
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.delivery import Delivery

TOLERANCE = 300  # seconds, before and after
LONGEST_HEADER = 4_096  # characters
LONGEST_ID = 200
MOST_SIGNATURES = 20  # in one header: a sender that rotates sends two

_ID = re.compile(rf"[!-~]{{1,{LONGEST_ID}}}")
_SECONDS = re.compile(r"[0-9]{1,12}")


class Scheme(StrEnum):
    """How a sender signs."""

    STANDARD = "standard-webhooks"
    PAGERDUTY = "pagerduty"
    HMAC = "hmac-sha256"  # of the body, in hexadecimal or base64


@dataclass(frozen=True, slots=True)
class Signing:
    """A scheme and where its signature stands: `header` and `prefix` are for `Scheme.HMAC` alone."""

    scheme: Scheme = Scheme.STANDARD
    header: str = ""  # lower case
    prefix: str = ""


def signed(delivery: Delivery, signing: Signing, secrets: Sequence[str], now: float) -> str | None:
    """The delivery's id where the signature covers one, "" where it covers the body alone; None when nobody vouches for it.

    `secrets` as they are set: several while they are rotated. `now` in seconds since 1970.
    """
    match signing.scheme:
        case Scheme.STANDARD:
            return _standard(delivery, secrets, now)
        case Scheme.PAGERDUTY:
            given = [each.strip() for each in _header(delivery, "x-pagerduty-signature").split(",")]
            hexes = [each.removeprefix("v1=") for each in given if each.startswith("v1=")]
            return _over_body(delivery.body, hexes, secrets)
        case Scheme.HMAC:
            text = _header(delivery, signing.header).strip()
            is_it = text.startswith(signing.prefix)
            return _over_body(delivery.body, [text.removeprefix(signing.prefix)] if is_it else [], secrets)


def _standard(delivery: Delivery, secrets: Sequence[str], now: float) -> str | None:
    id_, seconds = _header(delivery, "webhook-id"), _header(delivery, "webhook-timestamp")
    if not _ID.fullmatch(id_) or not _SECONDS.fullmatch(seconds) or abs(now - int(seconds)) > TOLERANCE:
        return None
    given = _header(delivery, "webhook-signature").split(" ")
    wanted = [each.removeprefix("v1,") for each in given if each.startswith("v1,")]
    content = b"%s.%s.%s" % (id_.encode(), seconds.encode(), delivery.body)
    made = (base64.b64encode(hmac.digest(_key(secret), content, hashlib.sha256)) for secret in secrets)
    return id_ if _any_equal(wanted, made) else None


def _over_body(body: bytes, given: Sequence[str], secrets: Sequence[str]) -> str | None:
    digests = [hmac.digest(secret.encode(), body, hashlib.sha256) for secret in secrets]
    made = [form for each in digests for form in (each.hex().encode(), base64.b64encode(each))]
    lowered = [each.lower() if len(each) == 64 else each for each in given]
    return "" if _any_equal(lowered, iter(made)) else None


def _any_equal(given: Sequence[str], made: Iterator[bytes]) -> bool:
    """Whether any signature that was given is one that was made; all are compared, so that time tells nothing."""
    if not given or len(given) > MOST_SIGNATURES:
        return False
    as_bytes = [each.encode("utf-8", "surrogateescape") for each in given]
    equal = [hmac.compare_digest(each, right) for right in made for each in as_bytes]
    return any(equal)


def _header(delivery: Delivery, name: str) -> str:
    """The one value of a header; "" where it is missing, doubled or far too long."""
    value = delivery.header(name) or ""
    return value if len(value) <= LONGEST_HEADER else ""


def is_base64_secret(secret: str) -> bool:
    """Whether a secret is one of Standard Webhooks: base64, behind `whsec_` or without that."""
    return _decoded(secret) is not None


def _key(secret: str) -> bytes:
    """The bytes of a secret: base64 behind `whsec_`, or without that where it is base64, as the specification's own libraries
    read it; else the text itself."""
    decoded = _decoded(secret)
    return secret.encode() if decoded is None else decoded


def _decoded(secret: str) -> bytes | None:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None
