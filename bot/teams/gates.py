"""Who may come in: Bot Framework with a token, or, for a bot without an app id, this very machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from bot.cards.addresses import is_loopback
from bot.delivery import Delivery
from bot.teams.activities import Incoming, read
from bot.teams.rejected import Rejected, forbidden
from bot.teams.service_urls import ServiceUrls
from bot.teams.tokens import TokenCheck


class Gate(Protocol):
    """Judges a delivery before anything is done with it."""

    async def admit(self, delivery: Delivery) -> Incoming:
        """The activity that was delivered. Raises `Rejected`."""


@dataclass(frozen=True, slots=True)
class TokenGate:
    """For a bot with an app id: nothing is parsed before the token is found genuine."""

    tokens: TokenCheck
    service_urls: ServiceUrls
    tenant: str | None

    async def admit(self, delivery: Delivery) -> Incoming:
        """The activity that a genuine and fitting token came with. Raises `Rejected`."""
        token = await self.tokens.verify(delivery.header("authorization"))
        activity = read(delivery.body)
        token.require_fit(activity, self.tenant)
        _require_answerable(activity, self.service_urls)
        return activity


@dataclass(frozen=True, slots=True)
class LoopbackGate:
    """For a bot without an app id, as on a developer's machine: no tokens, but no caller from elsewhere either."""

    service_urls: ServiceUrls

    async def admit(self, delivery: Delivery) -> Incoming:
        """The activity that a program on this machine delivered. Raises `Rejected`."""
        if not _is_local(delivery):
            raise forbidden("Without MICROSOFT_APP_ID this bot answers programs on its own machine only.")
        if not (delivery.header("content-type") or "").startswith("application/json"):
            # A page in the developer's browser can send anything else here without being asked.
            raise Rejected(415, "Send the activity as application/json.")
        activity = read(delivery.body)
        _require_answerable(activity, self.service_urls)
        return activity


def _require_answerable(activity: Incoming, service_urls: ServiceUrls) -> None:
    if not service_urls.allow(activity.service_url):
        raise forbidden("The activity's service address is not one that may be answered; see MICROSOFT_SERVICE_URLS.")


def _is_local(delivery: Delivery) -> bool:
    """Whether the caller is on this machine, and neither a proxy for others nor a browser led astray by a name."""
    if not is_loopback(delivery.remote.removeprefix("::ffff:")) or _is_forwarded(delivery.headers):
        return False
    host = delivery.header("host")
    try:
        return host is None or is_loopback(urlsplit(f"http://{host}").hostname or "")
    except ValueError:
        return False


def _is_forwarded(headers: Mapping[str, object]) -> bool:
    return any(name in headers for name in ("forwarded", "x-forwarded-for", "x-real-ip"))
