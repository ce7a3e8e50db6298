"""Payload → values, pure: what kind of thing Slack delivers, who it is from, what was typed. What happened in a channel
stands in `events`, what was pressed or filled in stands in `interactions`."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from bot.slack.payloads import MalformedError, Payload


class Kind(StrEnum):
    """What Slack delivers; each kind has one listener."""

    ADDRESS_CHECK = "url_verification"
    CERTIFICATE_CHECK = "ssl_check"
    COMMAND = "command"
    EVENT = "event_callback"
    ACTION = "block_actions"
    OPTIONS = "block_suggestion"
    SHORTCUT = "shortcut"
    MESSAGE_SHORTCUT = "message_action"
    SUBMISSION = "view_submission"
    DISMISSAL = "view_closed"
    OTHER = "other"  # well signed, and newer than this code


_KINDS = {kind.value: kind for kind in Kind if kind not in (Kind.COMMAND, Kind.CERTIFICATE_CHECK)}


class SlashCommand(msgspec.Struct):
    """A typed command. `organisation` vouches for its author, `text` is Slack's wire text."""

    command: str
    user_id: str
    team_id: str
    text: str = ""
    channel_id: str = ""
    trigger_id: str = ""
    response_url: str = ""
    enterprise_id: str = ""

    @property
    def organisation(self) -> str:
        """The organisation in which workspaces share their people, else the workspace."""
        return self.enterprise_id or self.team_id


def kind_of(payload: Payload) -> Kind:
    """The kind of a payload. Raises `MalformedError` when it is nothing that Slack would send."""
    match payload:
        case {"type": str(kind)}:
            return _KINDS.get(kind, Kind.OTHER)
        case {"type": _}:
            raise MalformedError("The member type must be text.")
        case {"command": _}:
            return Kind.COMMAND
        case {"ssl_check": _}:
            return Kind.CERTIFICATE_CHECK
    raise MalformedError("The payload has neither a type nor a command.")


def slash_command_of(payload: Payload) -> SlashCommand:
    """The typed command in a payload. Raises `MalformedError`."""
    try:
        slash = msgspec.convert(payload, SlashCommand)
    except msgspec.ValidationError as fault:
        raise MalformedError(f"The command is not as Slack documents it: {fault}.") from None
    if not slash.user_id:
        raise MalformedError("The field user_id is empty.")
    return slash


def room_of(channel: str) -> str:
    """The room that a channel is; "" for a direct message, where a person is alone with whom they write to."""
    return "" if channel.startswith("D") else channel


def challenge_of(payload: Payload) -> str:
    """What Slack wants to hear back when it checks our address. Raises `MalformedError`."""
    challenge = payload.get("challenge")
    if not isinstance(challenge, str):
        raise MalformedError("The member challenge must be text.")
    return challenge


def delivery_key(kind: Kind, payload: Payload, otherwise: str) -> str:
    """What stays the same when something is delivered again: an event's id, which a retry keeps under a new signature.

    For all else that is `otherwise`: over HTTP the signature, which covers the trigger id.
    """
    match payload:
        case {"event_id": str(id_)} if kind is Kind.EVENT and id_:
            return id_
    return otherwise


_TOKEN = re.compile(r"<([@#!]|https?:|mailto:|tel:)([^<>|]*)(?:\|([^<>]*))?>")

_PERSON = re.compile(r"<@([A-Z0-9]{1,40})(?:\|[^<>]*)?>")


def readable(text: str) -> str:
    """Slack's wire text as the person sees it: mentions and links by their names, `&lt;` as `<`.

    What comes out is data that may look like markup; whoever draws it escapes it.
    """
    if "<" in text:
        text = _TOKEN.sub(_words, text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def by_account(text: str) -> str:
    """Slack's wire text with the people in it by their accounts ("slack:U012"), where it matters who is meant and not how
    they are called."""
    return _PERSON.sub(r"slack:\1", text)


def _words(token: re.Match[str]) -> str:
    sign, target, label = token[1], token[2], token[3]
    if sign in "@#":
        return sign + (label or target).removeprefix(sign)
    if sign == "!":  # <!here>, <!subteam^S1|@architects>, <!date^1700000000^{date}|last year>
        return label or "@" + target.partition("^")[0]
    return label or sign + target
