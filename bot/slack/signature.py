"""Whether Slack sent a delivery: the `v0` signature over the raw bytes, and its age. Nothing is parsed here."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

from bot.delivery import Delivery

OLDEST_SECONDS = 300  # Slack's own advice; the clock may be wrong either way

_TIMESTAMP = re.compile(r"[0-9]{1,12}")  # ASCII digits: int() would also read "1_0", " 1" and other scripts' digits


def verify(delivery: Delivery, secrets: Sequence[str], now: float) -> bool:
    """Whether one of the signing `secrets` signed these very bytes, at most five minutes from `now` (epoch seconds).

    A missing or doubled header is a bad signature. Several secrets stand side by side while one is being replaced.
    """
    timestamp = delivery.header("x-slack-request-timestamp")
    signature = delivery.header("x-slack-signature")
    if timestamp is None or signature is None or not _TIMESTAMP.fullmatch(timestamp):
        return False
    if not abs(now - int(timestamp)) <= OLDEST_SECONDS:  # this way round a clock that says NaN refuses too
        return False
    signed = b"v0:" + timestamp.encode() + b":" + delivery.body
    given = signature.encode("utf-8", "surrogateescape")
    genuine = False
    for secret in secrets:  # all of them, always: the time taken does not tell which one matched
        expected = b"v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
        genuine |= bool(secret) and hmac.compare_digest(expected, given)
    return genuine
