"""What a bot answers to a delivery, and what a person then sees of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground import forms, reading
from bot.playground.elements import OPTION
from bot.playground.schema import sequence, string, thing
from bot.playground.state import SlackError
from bot.playground.web_api import message_content


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the bot answered to a delivery."""

    status: int
    body: bytes
    content_type: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person who typed a command sees: a message, or Slack's own `error` in its place."""

    http: HttpAnswer
    message: Mapping[str, Any]
    error: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def for_all(self) -> bool:
        """Whether the whole channel sees it."""
        return self.message.get("response_type") == "in_channel"

    @property
    def words(self) -> str:
        """The text that is shown, a line an element."""
        return reading.words(self.message)

    @property
    def links(self) -> tuple[reading.Link, ...]:
        """What can be clicked."""
        return reading.links(self.message)

    @property
    def pings(self) -> tuple[str, ...]:
        """Who would be notified by it."""
        return reading.pings(self.message)

    @property
    def buttons(self) -> tuple[str, ...]:
        """The labels of its buttons."""
        return reading.buttons(self.message)


_ANSWER = frozenset(
    {
        "response_type",
        "text",
        "blocks",
        "metadata",
        "thread_ts",
        "replace_original",
        "delete_original",
        "unfurl_links",
        "unfurl_media",
        "mrkdwn",
    }
)


_OPTIONS = thing({"options": sequence(OPTION, 0, 100)}, {})
_ERRORS = thing({"response_action": string(), "errors": lambda *_: iter(())}, {})


def offered_in(http: HttpAnswer) -> list[Any] | str:
    """The options that somebody is offered as they type, or why Slack shows none."""
    if http.status != 200 or http.content_type != "application/json":
        return f"the search was answered with {http.status} {http.content_type}"
    try:
        told = http.json
    except ValueError:
        return "the search was not answered in JSON"
    faults = [str(fault) for fault in _OPTIONS(told, "")]
    if faults:
        return "; ".join(faults)
    options: list[Any] = told["options"]
    values = {option["value"] for option in options}
    return options if len(values) == len(options) else "option values must be unique"


def sent_back(told: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, str] | str:
    """What is wrong with a form that was sent, by the labels of its fields, or why Slack cannot show that."""
    labels = {block["block_id"]: block["label"]["text"] for block in forms.inputs(content)}
    errors = told.get("errors")
    if list(_ERRORS(told, "")) or not isinstance(errors, dict) or not errors:
        return "errors must be an object of block ids and sentences, and nothing beside it"
    if unknown := sorted(set(errors) - set(labels)):
        return f"there is no input block {', '.join(unknown)} in the view"
    if not all(isinstance(sentence, str) and sentence for sentence in errors.values()):
        return "an error must be a sentence"
    return {labels[block]: sentence for block, sentence in errors.items()}


def command_answer(message: Any) -> Mapping[str, Any]:
    """The JSON value that answers a command, when it is a message that Slack would take; raises `SlackError`."""
    if not isinstance(message, dict):
        raise SlackError("invalid_payload")
    unknown = sorted(set(message) - _ANSWER)
    if unknown:
        raise SlackError("invalid_arguments", *(f"[ERROR] unknown argument: {name}" for name in unknown))
    if message.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
        raise SlackError("invalid_arguments", "[ERROR] response_type must be ephemeral or in_channel")
    if message.get("replace_original") and message.get("response_type") == "in_channel":
        raise SlackError("invalid_arguments", "[ERROR] what one person sees cannot be made public")
    message_content(message)
    return message


def answered(http: HttpAnswer) -> Shown:
    """What a person sees when a command is answered so."""
    if http.status != 200:
        return Shown(http, {}, "dispatch_failed")
    if not http.body:  # a mere acknowledgement
        return Shown(http, {})
    if http.content_type == "text/plain":
        return Shown(http, {"text": http.body.decode(errors="replace")})
    if http.content_type != "application/json":
        return Shown(http, {}, "invalid_command_response")
    try:
        return Shown(http, command_answer(http.json))
    except SlackError as error:
        return Shown(http, {}, error.code, error.messages)
    except ValueError:
        return Shown(http, {}, "invalid_command_response")
