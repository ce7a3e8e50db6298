"""Where a link may lead and what its label may say: https only, and no label passes for another host's address."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import SplitResult, quote, urlsplit

from bot.cards.model import Link
from bot.cards.text import clean

LONGEST = 2_000  # characters; Slack refuses addresses beyond 3,000, and browsers differ above 2,000

# The common case, decided in one match: no credentials, nothing to quote.
_PLAIN = re.compile(
    r"https://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,4})?(?:[/?#][\w\-./~:?#@!$&()*+,;=%]*)?", re.ASCII
)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
# What a reader takes for an address: host.tld, 10.0.0.1, or anything behind "//".
_NAMED_HOST = re.compile(
    r"(?<=//)[^\s/?#]+"
    r"|(?<![\w.-])(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[\w-]+)(?![\w-])"
    r"|(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"
)
_QUOTED_SAFE = "/%:@!$&()*+,;=~?"


def drawn(link: Link) -> tuple[str, str | None]:
    """The label to show and the address to link it to; the address is None when it leads nowhere safe."""
    label, url = clean(link.text), link.url
    if url is None:
        return label, None
    plain = _PLAIN.fullmatch(url) if len(url) <= LONGEST else None
    checked, host = (url, plain[1].lower()) if plain else _examined(url)
    if checked is None:
        return label, None
    if ("." in label or "//" in label or not label.isascii()) and _names_another(label, host):
        label = f"{label} ({host})"
    return label or host, checked


def is_loopback(host: str) -> bool:
    """Whether a host name or address (without brackets) is this very machine."""
    return host.lower() == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)


def _examined(url: str) -> tuple[str | None, str]:
    """The address, quoted, and its host; None for whatever is not plainly https, or http on loopback."""
    nowhere = None, ""
    url = url.strip(" ").replace(" ", "%20")
    if len(url) > LONGEST or _FORBIDDEN.search(url):
        return nowhere
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a malformed IPv6 host or port
        return nowhere
    reachable = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not reachable or "@" in parts.netloc or not (_HOST.fullmatch(host) or _is_ip(host)):
        return nowhere
    quoted = _quoted(parts, (f"[{host}]" if ":" in host else host) + ("" if port is None else f":{port}"))
    return (quoted, host) if len(quoted) <= LONGEST else nowhere


def _quoted(parts: SplitResult, netloc: str) -> str:
    url = f"{parts.scheme}://{netloc}{quote(parts.path, safe=_QUOTED_SAFE, errors='replace')}"
    for mark, rest in (("?", parts.query), ("#", parts.fragment)):
        url += mark + quote(rest, safe=_QUOTED_SAFE, errors="replace") if rest else ""
    return url


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _names_another(label: str, host: str) -> bool:
    if not label.isascii():
        # Full-width letters, look-alike dots and invisible joiners read as the address that they imitate.
        label = "".join(c for c in unicodedata.normalize("NFKC", label) if unicodedata.category(c) != "Cf")
        label = label.replace("。", ".")
    return any(word.lower().strip(".") != host for word in _NAMED_HOST.findall(label))
