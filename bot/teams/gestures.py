"""The value of an invoke or of a card's submit → what was pressed, asked about, pasted. Pure, and as strict as needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from bot.cards.adaptive_cards import SUGGESTED

ANNOUNCED = "announced"  # member of the data of buttons on posts that the announcer keeps up to date

_LONGEST_VERB = 100
_LONGEST_ABOUT = 4_000  # characters; our own buttons stay far below
_LONGEST_VALUE = 10_000
_MOST_FIELDS = 50
_LONGEST_HTML = 20_000
_LONGEST_URL = 2_000
_FRAME = frozenset({"verb", "about", "msteams", ANNOUNCED})  # members of a button's data that are no fields of a form
_LONGEST_DATASET, _LONGEST_TYPED = 100, 1_000
_ID = re.compile(r"[^\W_][\w.-]*\w")  # as documents and clauses are called: without a digit it is a word
_APART = frozenset({"p", "div", "br", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "pre", "blockquote", "hr"})
_TAG = re.compile(r"<(?:/?(?P<name>[a-zA-Z]+)|[!?])[^<>]*>")
_ALTERNATIVE = re.compile(r"""\balt=["']([^"'<>]{1,100})["']""")


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button or a submitted form. `values` are the form's fields; a button alone has none. `announced`: it began
    on a post that the announcer keeps up to date."""

    verb: str
    about: str
    values: Mapping[str, str]
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Typing:
    """What is typed in a field that searches `dataset`, and which part of what is found can be shown."""

    dataset: str
    text: str
    skip: int
    most: int


def read_action(value: Any) -> Press | None:
    """What was pressed in an `adaptiveCard/action` invoke; None when it is none of a card's buttons."""
    action = value.get("action") if isinstance(value, dict) else None
    if not isinstance(action, dict) or action.get("type", "Action.Execute") != "Action.Execute":
        return None
    data = action.get("data")
    return _press(action.get("verb"), {} if data is None else data)


def read_submit(data: Any) -> Press | None:
    """What was pressed, by the data that an `Action.Submit` carries; None when it is none of our buttons."""
    return _press(data.get("verb"), data) if isinstance(data, dict) else None


def read_dialog(value: Any) -> Press | None:
    """What was pressed to open a dialog or within one; None when it is none of our buttons."""
    return read_submit(value.get("data")) if isinstance(value, dict) else None


def read_typing(value: Any) -> Typing | None:
    """What an `application/search` invoke asks for; None when it is not of the documented form.
    https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/dynamic-search
    """
    if not isinstance(value, dict):
        return None
    dataset, text, options = value.get("dataset"), value.get("queryText"), value.get("queryOptions")
    if not isinstance(dataset, str) or not 0 < len(dataset) <= _LONGEST_DATASET:
        return None
    if not isinstance(text, str) or len(text) > _LONGEST_TYPED:
        return None
    if not isinstance({} if options is None else options, dict):
        return None
    skip, most = (options or {}).get("skip", 0), (options or {}).get("top", SUGGESTED)
    if not all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in (skip, most)):
        return None
    return Typing(dataset, " ".join(text.split()), skip, most)


def read_link(value: Any) -> str:
    """The pasted address of a `composeExtension/queryLink` invoke; "" when there is none."""
    url = value.get("url") if isinstance(value, dict) else None
    return url if isinstance(url, str) and len(url) <= _LONGEST_URL else ""


def read_command(value: Any, default: str) -> str:
    """The id of the extension's command that was chosen; `default` where none is named, as Microsoft's Agents
    Playground does.
    """
    command = value.get("commandId", default) if isinstance(value, dict) else None
    return command if isinstance(command, str) else ""


def message_text(value: Any, most: int) -> str:
    """The words of the message that an action was chosen on, in one line of at most `most` characters, cut at a word;
    "" without a message.
    """
    payload = value.get("messagePayload") if isinstance(value, dict) else None
    if not isinstance(payload, dict):
        return ""
    body = payload.get("body")
    content = body.get("content") if isinstance(body, dict) else None
    words = ""
    if isinstance(body, dict) and isinstance(content, str):
        words = " ".join((content if body.get("contentType") == "text" else plain(content)).split())
    subject = payload.get("subject")
    if not words and isinstance(subject, str):
        words = " ".join(subject.split())
    return words if len(words) <= most else words[:most].rpartition(" ")[0] or words[:most]


def first_id(text: str, knows: Callable[[str], bool]) -> str:
    """The first document or clause that a text names by an id that `knows` knows; "" for none."""
    named = (word for word in _ID.findall(text) if any(letter.isdigit() for letter in word))
    return next((word for word in named if knows(word)), "")


def plain(html: str) -> str:
    """The words of a piece of HTML as Teams writes it, without its marks. The standard library's parser needs seconds
    for what a hostile client may send; this reads each character once.
    """
    return unescape(_TAG.sub(_between, html[:_LONGEST_HTML])).replace("\u00a0", " ")


def _between(tag: re.Match[str]) -> str:
    """What stands in the place of a tag."""
    name = (tag["name"] or "").lower()
    if name in ("img", "emoji"):  # an emoji is a picture with its character beside it
        alternative = _ALTERNATIVE.search(tag[0])
        return alternative[1] if alternative else ""
    return "\n" if name in _APART else ""


def _press(verb: Any, data: Any) -> Press | None:
    if not isinstance(verb, str) or not 0 < len(verb) <= _LONGEST_VERB or not isinstance(data, dict):
        return None
    about = data.get("about", "")
    fields = {name: said for name, said in data.items() if name not in _FRAME}
    if not isinstance(about, str) or len(about) > _LONGEST_ABOUT or len(fields) > _MOST_FIELDS:
        return None
    if not all(isinstance(said, str) and len(said) <= _LONGEST_VALUE for said in fields.values()):
        return None
    return Press(verb, about, fields, data.get(ANNOUNCED) is True)
