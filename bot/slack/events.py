"""Event → what happened, pure: somebody said something, shared links, opened the app, pressed stop, let us in.

What is not for us comes out as None: bots' and our own messages, edits, deletions, joins of others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.slack.inbound import readable, room_of
from bot.slack.payloads import Payload

MOST_LINKS = 5
_SAID = (None, "file_share", "thread_broadcast", "me_message")  # subtypes in which a person says something new
_SOMEBODY = re.compile(r"\s*<(?:@|!)")
# A remark in a thread is left alone; a question is recognised by its mark or by how it begins.
_ASKING = re.compile(
    r"[?？؟]|^\W*(and|or|but|so|then|what|which|who|whose|whom|when|where|why|how|do|does|did|is|are|was|were|can|could|"
    r"should|must|may|might|will|would|has|have|had|show|help|tell|explain)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a person. `text` is as they see it, without the bot's own name; `wire` the same as Slack writes it."""

    user: str
    organisation: str
    channel: str
    ts: str
    text: str
    wire: str
    thread_ts: str = ""  # of the thread that it stands in, "" at top level
    is_direct: bool = False  # in the direct message with the bot
    is_addressed: bool = False  # the bot is mentioned
    is_outside: bool = False  # other organisations read this channel
    continues_bot: bool = False  # the thread began with the bot
    on_our_post: bool = False  # in a thread that began (as far as Slack tells) with the bot, where it listens

    @property
    def thread(self) -> str:
        """The thread to answer in: the one it stands in, or the one it begins."""
        return self.thread_ts or self.ts


@dataclass(frozen=True, slots=True)
class SharedLinks:
    """Somebody writes or has posted links to a domain of ours."""

    user: str
    organisation: str
    channel: str
    urls: tuple[str, ...]
    where: tuple[tuple[str, str], ...]  # what `chat.unfurl` wants to know of the place


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody opened the app: its `tab` "home" or "messages"."""

    user: str
    organisation: str
    channel: str
    tab: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What channel somebody has open beside the app."""

    user: str
    channel: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody pressed stop while we worked."""

    channel: str
    thread_ts: str


@dataclass(frozen=True, slots=True)
class Invited:
    """The bot was added to a channel."""

    user: str  # who did it; "" when Slack does not tell
    organisation: str
    channel: str


Happening = Said | SharedLinks | Opened | Looked | Stopped | Invited


def happening(payload: Payload, bot_user: str, listens: Callable[[str], bool] = lambda _: False) -> Happening | None:
    """What an event says, or None when it is not for us. `bot_user` is our own user id, "" while it is unknown;
    `listens` tells whether words in threads of our posts in a room ("slack:C0ASK") can be meant for us."""
    event = payload.get("event")
    if not isinstance(event, dict):
        return None
    organisation = _text(payload, "enterprise_id") or _text(payload, "team_id")
    match event.get("type"):
        case "app_mention" | "message":
            return _said(event, payload, organisation, bot_user, listens)
        case "link_shared":
            return _links(event, payload, organisation)
        case "app_home_opened":
            return Opened(_text(event, "user"), organisation, _text(event, "channel"), _text(event, "tab"))
        case "app_context_changed":
            return _looked(event, payload)
        case "agent_session_stopped":
            return Stopped(_text(event, "channel"), _text(event, "thread_ts"))
        case "member_joined_channel" if bot_user and event.get("user") == bot_user:
            return Invited(_text(event, "inviter"), organisation, _text(event, "channel"))
    return None


def may_follow(said: Said) -> bool:
    """Whether words in a thread, said to nobody by name, can be a question to the one who answered there before."""
    return bool(said.thread_ts) and said.thread_ts != said.ts and bool(_ASKING.search(said.text))


def _said(
    event: Mapping[str, Any], payload: Payload, organisation: str, bot_user: str, listens: Callable[[str], bool]
) -> Said | None:
    user, channel, ts = _text(event, "user"), _text(event, "channel"), _text(event, "ts")
    text, thread_ts, first = _text(event, "text"), _text(event, "thread_ts"), _text(event, "parent_user_id")
    is_reply = bool(thread_ts) and thread_ts != ts
    may_be_ours = not first or not bot_user or first == bot_user  # mentions come without whose thread it is
    on_our_post = is_reply and may_be_ours and listens(f"slack:{room_of(channel) or user}")
    is_direct = event.get("channel_type") == "im"
    mentioned = bool(bot_user) and f"<@{bot_user}" in text
    by_name = event.get("type") == "app_mention"
    if not user or not channel or not ts or user == bot_user or event.get("bot_id") or event.get("hidden"):
        return None
    if event.get("subtype") not in _SAID or "edited" in event:
        return None
    if mentioned and not by_name and not is_direct:
        return None  # comes as app_mention too
    if by_name and channel.startswith("D"):
        return None  # comes as a direct message too
    if not by_name and not is_direct and not on_our_post and _SOMEBODY.match(text):
        return None  # somebody else is spoken to
    wire = without_name(text, bot_user)
    return Said(
        user,
        organisation,
        channel,
        ts,
        readable(wire).strip(),
        wire,
        thread_ts=thread_ts,
        is_direct=is_direct,
        is_addressed=by_name,
        is_outside=payload.get("is_ext_shared_channel") is True,
        continues_bot=bool(bot_user) and first == bot_user,
        on_our_post=on_our_post,
    )


def without_name(text: str, bot_user: str) -> str:
    """A text without the mentions of the bot; while its id is unknown, without the mention at the start."""
    if bot_user:
        return re.sub(rf"[ \t]*<@{re.escape(bot_user)}(\|[^<>]*)?>[,:]?", " ", text)
    return re.sub(r"^\s*<@[^<>]*>[,:]?", " ", text)


def _links(event: Mapping[str, Any], payload: Payload, organisation: str) -> SharedLinks | None:
    links = event.get("links")
    urls = [_text(link, "url") for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    user, id_, source = _text(event, "user"), _text(event, "unfurl_id"), _text(event, "source")
    channel, ts = _text(event, "channel"), _text(event, "message_ts")
    where = {"unfurl_id": id_, "source": source} if id_ and source else {"channel": channel, "ts": ts}
    known = tuple(dict.fromkeys(url for url in urls if url))[:MOST_LINKS]
    if not known or not user or not all(where.values()) or payload.get("is_ext_shared_channel") is True:
        return None  # a preview in a channel that other organisations read would show them our documents
    return SharedLinks(user, organisation, channel, known, tuple(where.items()))


def _looked(event: Mapping[str, Any], payload: Payload) -> Looked | None:
    user = _text(event, "user")
    match payload.get("authorizations"):
        case [{"user_id": str(id_), "is_bot": False}, *_] if not user:
            user = id_
    match event.get("context"):
        case {"entities": [{"type": "slack#/types/channel_id", "value": str(channel)}, *_]} if user and channel:
            return Looked(user, channel)
    return Looked(user, "") if user else None


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""
