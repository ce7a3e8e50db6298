"""The body of a delivery → what Bot Framework sent, read strictly. Knows the activity's frame, not its meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from bot.teams.rejected import bad_request

_LONGEST_NUMBER = 32  # digits and signs; the activity schema has no longer ones
_LONGEST_ID = 1024
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL fails in PostgreSQL, lone surrogates in every UTF-8
_MAYBE_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Incoming:
    """One activity. Members that are used to route and to judge are checked; the rest is as it was sent."""

    type: str
    id: str
    channel: str
    service_url: str
    conversation: Json  # has an "id"
    sender: Json  # has an "id", "" when nobody sent it
    recipient: Json  # likewise
    channel_data: Json
    name: str = ""
    text: str = ""
    value: Any = None
    entities: Sequence[Json] = ()
    reply_to: str = ""  # the post that a button was pressed on
    action: str = ""  # of an installation update
    added: Sequence[Json] = ()  # members, each as it was sent
    removed: Sequence[Json] = ()
    attachments: Sequence[Json] = ()
    delivery: str = ""  # the key under which it was recorded; "" when it was not

    @property
    def alone(self) -> bool:
        """Whether somebody is alone with the bot: what is said here is seen by them and by nobody else."""
        kind, id_ = self.conversation.get("conversationType"), self.conversation["id"]
        # Chats between people are "personal" too where an extension is used in them; only the bot's own begin so.
        return kind in (None, "personal") and not id_.startswith("19:")

    @property
    def tenant(self) -> str:
        """The Entra tenant of the conversation; empty when it is not said."""
        tenant = self.channel_data.get("tenant")
        said = tenant.get("id") if isinstance(tenant, dict) else self.conversation.get("tenantId")
        return said if isinstance(said, str) else ""


def read(body: bytes) -> Incoming:
    """The activity in a request's body.

    Raises `Rejected` (400) when it is not JSON that means one thing only, or no activity that can be answered.
    """
    payload = _parse(body)
    return Incoming(
        type=_text(payload, "type", needed=True),
        id=_id(payload, "id"),
        channel=_text(payload, "channelId", needed=True),
        service_url=_text(payload, "serviceUrl", needed=True),
        conversation=_party(payload, "conversation", needed=True),
        sender=_party(payload, "from"),
        recipient=_party(payload, "recipient"),
        channel_data=_object(payload, "channelData"),
        name=_text(payload, "name"),
        text=_text(payload, "text"),
        value=payload.get("value"),
        entities=_objects(payload, "entities"),
        reply_to=_id(payload, "replyToId"),
        action=_text(payload, "action"),
        added=_objects(payload, "membersAdded"),
        removed=_objects(payload, "membersRemoved"),
        attachments=_objects(payload, "attachments"),
    )


def _parse(body: bytes) -> Json:
    try:
        payload = _STRICT.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise bad_request("The body is not JSON, or not JSON that can be read in one way only.") from None
    if not isinstance(payload, dict):
        raise bad_request("The body is not an activity: a JSON object is expected.")
    if _MAYBE_UNSTORABLE.search(body):
        try:
            return {_storable(name): _storable(value) for name, value in payload.items()}
        except RecursionError:
            raise bad_request("The body is nested too deeply.") from None
    return payload


def _once(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name comes twice")
    return members


def _number(digits: str) -> float:
    number = float(digits) if len(digits) <= _LONGEST_NUMBER else float("inf")
    if not isfinite(number):
        raise ValueError("a number is too large")
    return number


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("a number is too large")
    return int(digits)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


# The standard library's decoder: quicker ones neither show doubled names nor hand over text with lone surrogates.
_STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_float=_number, parse_int=_integer, parse_constant=_no_number)


def _storable(value: Any) -> Any:
    """The value with what no database takes replaced by U+FFFD, in names and in texts."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {_storable(name): _storable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_storable(member) for member in value]
    return value


def _text(payload: Json, name: str, *, needed: bool = False) -> str:
    value = payload.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value):
        raise bad_request(f'The activity\'s "{name}" is not a text.')
    return value


def _id(payload: Json, name: str, *, needed: bool = False) -> str:
    value = _text(payload, name, needed=needed)
    if len(value) > _LONGEST_ID or value in (".", ".."):  # ids become parts of an address
        raise bad_request(f'The activity\'s "{name}" is not an id.')
    return value


def _object(payload: Json, name: str) -> Json:
    value = payload.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_request(f'The activity\'s "{name}" is not an object.')
    return value


def _objects(payload: Json, name: str) -> Sequence[Json]:
    value = payload.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(member, dict) for member in value):
        raise bad_request(f'The activity\'s "{name}" is not a list of objects.')
    return value


def _party(payload: Json, name: str, *, needed: bool = False) -> Json:
    party = _object(payload, name)
    return {**party, "id": _id(party, "id", needed=needed)}
