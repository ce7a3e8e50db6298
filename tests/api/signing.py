"""Deliveries as senders sign them."""

from __future__ import annotations

import base64
import hashlib
import hmac

from bot.delivery import Delivery

NOW = 1_795_000_000
SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes....").decode()
OTHER = "whsec_" + base64.b64encode(b"another one of 24 bytes.").decode()


def standard(body: bytes, secret: str = SECRET, id_: str = "msg_1", at: int = NOW) -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.digest(key, f"{id_}.{at}.".encode() + body, hashlib.sha256)
    signature = "v1," + base64.b64encode(made).decode()
    return {"webhook-id": id_, "webhook-timestamp": str(at), "webhook-signature": signature}


def pagerduty(body: bytes, *secrets: str) -> dict[str, str]:
    """PagerDuty's header: a signature for each secret."""
    made = (hmac.digest(secret.encode(), body, hashlib.sha256).hex() for secret in secrets)
    return {"X-PagerDuty-Signature": ",".join(f"v1={each}" for each in made)}


def delivery(body: bytes, headers: dict[str, str] | list[tuple[str, str]]) -> Delivery:
    """As the edge hands it on."""
    known: dict[str, list[str]] = {}
    for name, value in headers.items() if isinstance(headers, dict) else headers:
        known.setdefault(name.lower(), []).append(value)
    return Delivery(known, body, "127.0.0.1")
