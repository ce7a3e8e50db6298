"""Which addresses may be answered. Our token goes to these and to no other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from bot.cards.addresses import is_loopback

# Hosts of Microsoft's own connectors, compared whole: anybody can register NAME.trafficmanager.net.
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages and the
# allow-lists of Microsoft's own Teams SDKs.
MICROSOFT_HOSTS = frozenset(
    {
        "smba.trafficmanager.net",
        "smba.onyx.prod.teams.trafficmanager.net",
        "smba.infra.gcc.teams.microsoft.com",
        "smba.infra.gov.teams.microsoft.us",
        "smba.infra.dod.teams.microsoft.us",
    }
)

# Nothing that two parsers of addresses could read in two ways: no user, query, fragment, backslash or white space.
_PLAIN = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*/?", re.ASCII)
_LONGEST = 1024


class ServiceUrls:
    """Microsoft's own addresses and `further` ones (scheme, host and port alike, path as a prefix).

    With `loopback_only` Microsoft's are left out and every loopback address is in: a bot without an app id.
    """

    def __init__(self, further: Sequence[str] = (), *, loopback_only: bool = False) -> None:
        self._further = tuple(urlsplit(url) for url in further)
        self._loopback_only = loopback_only

    def allow(self, address: str) -> bool:
        """Whether this address, of a connector or of something below it, may be answered."""
        if len(address) > _LONGEST or not _PLAIN.fullmatch(address):
            return False
        if any(part in (".", "..") for part in address.split("/")):
            return False
        url = urlsplit(address)
        if any(_within(url, listed) for listed in self._further):
            return True
        if self._loopback_only:
            return is_loopback(url.hostname or "")
        return url.scheme == "https" and _port(url) == 443 and url.hostname in MICROSOFT_HOSTS


def same_service(one: str, other: str) -> bool:
    """Whether two addresses name the same connector: alike but for a slash at the end."""
    return one.rstrip("/") == other.rstrip("/")


def _within(url: SplitResult, listed: SplitResult) -> bool:
    if (url.scheme, url.hostname, _port(url)) != (listed.scheme, listed.hostname, _port(listed)):
        return False
    return f"{url.path.rstrip('/')}/".startswith(f"{listed.path.rstrip('/')}/")


def _port(url: SplitResult) -> int | None:
    """The port that is meant; None when there is no such port."""
    try:
        return url.port or {"https": 443, "http": 80}.get(url.scheme)
    except ValueError:
        return None
