"""What Teams takes as the answer to an invoke; each function tells what is wrong with one, None when nothing is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.doubles.teams_connector import ADAPTIVE, fault_of_attachment, fault_of_card

LARGEST_RESULT_CARD = 28 * 1024
SUGGESTIONS = "application/vnd.microsoft.search.searchResponse"
MOST_SUGGESTIONS = 15
SENTENCE = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"

Json = dict[str, Any]


def fault_of_query_answer(body: Any) -> str | None:
    """The answer to `composeExtension/query`, `selectItem`, or a `submitAction` that inserts a card."""
    extension = body.get("composeExtension") if isinstance(body, dict) else None
    if not isinstance(extension, dict):
        return "no composeExtension"
    if extension.get("type") == "message":
        return None if isinstance(extension.get("text"), str) and extension["text"] else "a message without text"
    if extension.get("type") != "result" or extension.get("attachmentLayout") not in ("list", "grid"):
        return "neither results nor a message"
    for attachment in extension.get("attachments") or ():
        fault = fault_of_attachment(attachment)
        if fault:
            return fault
        if len(json.dumps(attachment["content"]).encode()) > LARGEST_RESULT_CARD:
            return "a card above 28 KB"
        if attachment["contentType"] == ADAPTIVE and fault_of_attachment(attachment.get("preview")):
            return "an Adaptive Card without a preview"
        if any(opens_dialog(action) for action in actions_of(attachment["content"])):
            return "a card that opens a dialog where the bot may not be"
    return None


def fault_of_unfurl(body: Any) -> str | None:
    """The answer to `composeExtension/queryLink`: nothing, or cards of version 1.3 without `Action.Execute`."""
    if body == {}:
        return None
    if not body.get("composeExtension", {}).get("attachments"):
        return "an answer without cards: Microsoft's Agents Playground breaks on it"
    fault = fault_of_query_answer(body)
    if fault or body["composeExtension"]["type"] != "result":
        return fault or "not a result"
    for attachment in body["composeExtension"]["attachments"]:
        content = attachment["content"]
        if attachment["contentType"] == ADAPTIVE and content["version"] not in ("1.0", "1.1", "1.2", "1.3"):
            return "a card that is too new to be drawn below a link"
        if any(action["type"] == "Action.Execute" for action in actions_of(content)):
            return "an action that such a card does not know"
    return None


def fault_of_dialog(body: Any) -> str | None:
    """The answer to `task/fetch`, `task/submit`, `composeExtension/fetchTask` and `submitAction`."""
    if isinstance(body, dict) and "composeExtension" in body:
        return fault_of_query_answer(body)
    task = body.get("task") if isinstance(body, dict) else None
    if not isinstance(task, dict):
        return "no task"
    if task.get("type") == "message":
        return None if isinstance(task.get("value"), str) and task["value"] else "a message without text"
    info = task.get("value")
    if task.get("type") != "continue" or not isinstance(info, dict):
        return "neither a dialog nor a message"
    if not isinstance(info.get("title"), str) or not all(_is_extent(info.get(side)) for side in ("width", "height")):
        return "a dialog without a title or a size"
    if fault := fault_of_attachment(info.get("card")):
        return fault
    if any(action["type"] not in ("Action.Submit", "Action.OpenUrl") for action in actions_of(info["card"]["content"])):
        return "an action that dialogs do not know"
    if any(opens_dialog(action) for action in actions_of(info["card"]["content"])):
        return "a dialog that opens a dialog"
    return None


def fault_of_action_answer(body: Any) -> str | None:
    """The answer to `adaptiveCard/action`."""
    if not isinstance(body, dict) or set(body) != {"statusCode", "type", "value"}:
        return "not an invoke answer"
    value = body["value"]
    if body["type"] == SENTENCE:
        return None if body["statusCode"] == 200 and isinstance(value, str) and value else "a sentence without words"
    if body["type"] == ERROR:
        fine = (
            body["statusCode"] in (400, 500) and isinstance(value, dict) and value.get("code") and value.get("message")
        )
        return None if fine else "an error without a code or a message"
    if body["type"] == ADAPTIVE:
        return "an error with a card" if body["statusCode"] != 200 else fault_of_card(value)
    return "an unknown type of answer"


def fault_of_suggestions(body: Any) -> str | None:
    """The answer to `application/search`: what can be chosen, or an error."""
    if isinstance(body, dict) and body.get("type") == ERROR:
        return fault_of_action_answer(body)
    if not isinstance(body, dict) or set(body) != {"type", "value"} or body["type"] != SUGGESTIONS:
        return "not the answer to a search in a field"
    results = body["value"].get("results") if isinstance(body["value"], dict) else None
    if not isinstance(results, list) or len(results) > MOST_SUGGESTIONS:
        return "no results, or more than are listed"
    for result in results:
        if set(result) != {"title", "value"} or not all(isinstance(text, str) and text for text in result.values()):
            return "a result without a title or a value"
    return None


def opens_dialog(action: Json) -> bool:
    """Whether a button opens a dialog of the bot's."""
    data = action.get("data")
    return isinstance(data, dict) and data.get("msteams") == {"type": "task/fetch"}


def actions_of(card: Json) -> list[Json]:
    """The buttons of a card, wherever they stand."""
    return list(_actions(card))


def _actions(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "actions":
                yield from member
            elif name != "fallback":
                yield from _actions(member)
    elif isinstance(value, list):
        for member in value:
            yield from _actions(member)


def _is_extent(extent: Any) -> bool:
    return extent in ("small", "medium", "large") or (isinstance(extent, int) and 0 < extent <= 1000)
