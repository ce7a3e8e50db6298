"""What a person sees of a message: its words, its links, and whom it would ping. For tests and for the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_MENTIONS = {"user": "user_id", "usergroup": "usergroup_id", "broadcast": "range", "channel": "channel_id"}


@dataclass(frozen=True, slots=True)
class Link:
    """A label and where it leads."""

    label: str
    url: str


def words(message: Mapping[str, Any]) -> str:
    """The text that is shown: of the blocks where there are some, else of `text`. One line a block element."""
    shown = message.get("blocks") or [{"type": "mrkdwn", "text": message.get("text", "")}]
    return "\n".join(line for line in _lines(shown) if line)


def links(message: Mapping[str, Any]) -> tuple[Link, ...]:
    """Every link that can be clicked, buttons included."""
    return tuple(_links(message.get("blocks") or []))


def pings(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Who or what would be mentioned for real: "@U1", "!channel", "#C1". Of `text` too, since notifications show it."""
    live = [part for part in _mrkdwn({"type": "mrkdwn", "text": message.get("text", "")}) if part[0] in "@!#"]
    for element in _objects(message.get("blocks") or []):
        if element.get("type") == "mrkdwn":
            live.extend(part for part in _mrkdwn(element) if part[0] in "@!#")
        elif element.get("type") in _MENTIONS:
            live.append(f"{element['type']}:{element.get(_MENTIONS[element['type']])}")
    return tuple(live)


def buttons(message: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels of the buttons."""
    return tuple(e["text"]["text"] for e in _objects(message.get("blocks") or []) if e.get("type") == "button")


def button(content: Mapping[str, Any], label: str) -> tuple[dict[str, Any], str]:
    """The button with this label, and the id of its block. Raises `LookupError` naming those that there are."""
    for block in content.get("blocks") or []:
        for element in _objects(block):
            if element.get("type") == "button" and element["text"]["text"] == label:
                return element, str(block.get("block_id", ""))
    raise LookupError(f"there is no button {label!r}, only {', '.join(buttons(content)) or 'none'}")


def _mrkdwn(element: Mapping[str, Any]) -> list[str]:
    return [token[1] for token in _TOKEN.finditer(str(element.get("text", "")))]


def _unescaped(text: str) -> str:
    text = _TOKEN.sub(lambda token: token[2] or token[1], text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _lines(value: Any) -> Iterator[str]:
    """The text below a value; what stands in one line of rich text comes out as one line."""
    match value:
        case {"type": "mrkdwn", "text": str(text)}:
            yield _unescaped(text)
        case {"type": "rich_text_section" | "rich_text_quote" | "rich_text_preformatted", "elements": elements}:
            yield "".join(_inline(element) for element in elements)
        case {"type": "markdown" | "plain_text" | "raw_text", "text": str(text)}:
            yield text
        case dict():
            for member in value.values():
                yield from _lines(member)
        case list():
            for item in value:
                yield from _lines(item)


def _inline(element: Mapping[str, Any]) -> str:
    match element:
        case {"type": "text", "text": text} | {"type": "link", "text": text}:
            return str(text)
        case {"type": "link", "url": url}:
            return str(url)
        case {"type": "emoji", "name": name}:
            return f":{name}:"
        case {"type": "date", "fallback": fallback}:
            return str(fallback)
    mention = _MENTIONS.get(element["type"])
    return f"@{element[mention]}" if mention else ""


def _links(value: Any) -> Iterator[Link]:
    for element in _objects(value):
        match element:
            case {"type": "mrkdwn", "text": str(text)}:
                for token in _TOKEN.finditer(text):
                    if token[1][0] not in "@!#":
                        yield Link(_unescaped(token[2] or token[1]), _unescaped(token[1]))
            case {"type": "link", "url": url}:
                yield Link(element.get("text", url), url)
            case {"type": "button", "url": url, "text": {"text": label}}:
                yield Link(label, url)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)
