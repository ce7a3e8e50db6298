"""What happens to every text before it is drawn: cleaned, and shortened where a limit demands it."""

from __future__ import annotations

import re

ELLIPSIS = "…"

# Controls and escape sequences drive terminals; bidirectional overrides and invisible tags make one text look like
# another; lone surrogates cannot be written as UTF-8. Joiners stay: emoji and several scripts need them.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x1c-\x1f\x85\u2028\u2029]+")


def clean(text: str) -> str:
    """The text on one line, without characters that act instead of being read."""
    if text.isprintable():
        return text
    return _UNSEEN.sub("", _BREAKS.sub(" ", _ESCAPES.sub("", text)))


def clean_lines(text: str) -> list[str]:
    """The lines of a text, each clean, tabs as four spaces."""
    return [clean(line.replace("\t", "    ")) for line in text.splitlines()]


def units(text: str) -> int:
    """The length of a text in UTF-16 code units: how Slack's and Microsoft's clients count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, limit: int) -> str:
    """The text itself, or as many of its first words as fit into `limit` UTF-16 units together with an ellipsis."""
    if len(text) * 2 <= limit or units(text) <= limit:
        return text
    head = text[: max(limit - 1, 0)]
    while units(head) > limit - 1:
        head = head[: -max((units(head) - limit + 1) // 2, 1)]
    space = head.rfind(" ")
    if text[len(head)] != " " and space > len(head) // 2:  # else it is one long word: cut within it
        head = head[:space]
    return head.rstrip(" ,;:.–-") + ELLIPSIS


def carried(text: str, most: int) -> str:
    """A text that is not shown but comes back: without what cannot be stored or sent (NUL, lone surrogates), and cut
    at `most` UTF-16 units."""
    if not text.isprintable():
        text = text.replace("\0", "").encode("utf-8", "ignore").decode()
    if len(text) * 2 <= most or units(text) <= most:
        return text
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")
