"""What Slack sends to an app: payloads as it writes them, signed as it signs them, and ways to spoil the signature."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from bot.playground.state import App, State, User

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
SIGNATURE, TIMESTAMP = "X-Slack-Signature", "X-Slack-Request-Timestamp"


@dataclass(frozen=True, slots=True)
class Signed:
    """A request ready to go. Each method gives another one, so that a test says in one line what is wrong with it."""

    body: bytes
    headers: tuple[tuple[str, str], ...]

    def with_header(self, name: str, value: str) -> Signed:
        """With this header in place of what was there."""
        return replace(self, headers=(*self.without(name).headers, (name, value)))

    def without(self, name: str) -> Signed:
        """Without this header."""
        return replace(self, headers=tuple(h for h in self.headers if h[0].lower() != name.lower()))

    def doubled(self, name: str) -> Signed:
        """With this header twice."""
        return replace(self, headers=(*self.headers, *(h for h in self.headers if h[0].lower() == name.lower())))

    def with_body(self, body: bytes) -> Signed:
        """With another body under the old signature."""
        return replace(self, body=body)

    def gzipped(self) -> Signed:
        """Packed on the way, as a proxy might do it."""
        return self.with_body(gzip.compress(self.body)).with_header("Content-Encoding", "gzip")


def sign(body: bytes, secret: str, at: float | str, content_type: str = FORM) -> Signed:
    """A request as Slack would sign it at that time (epoch seconds, or any text at all)."""
    timestamp = at if isinstance(at, str) else str(int(at))
    base = b"v0:" + timestamp.encode("utf-8", "surrogateescape") + b":" + body
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return Signed(body, (("Content-Type", content_type), (TIMESTAMP, timestamp), (SIGNATURE, signature)))


def command(state: State, app: App, *, word: str, text: str, user: User, channel: str, response_url: str) -> bytes:
    """The form of a slash command; `text` is what the person types."""
    return urlencode(
        {
            "token": "gIkuvaNzQIHg97ATvDxqgjtO",  # Slack still sends the old verification token; nobody should look at it
            "team_id": app.team,
            "team_domain": app.team_name.lower(),
            **({"enterprise_id": app.enterprise, "enterprise_name": "Grid"} if app.enterprise else {}),
            "channel_id": channel,
            "channel_name": state.channel(channel).name,
            "user_id": user.id,
            "user_name": user.name,
            "command": word,
            "text": typed(state, text),
            "api_app_id": app.id,
            "is_enterprise_install": "true" if app.enterprise else "false",
            "response_url": response_url,
            "trigger_id": state.lend_trigger(user.id, channel),
        }
    ).encode()


def event(state: State, app: App, inner: Mapping[str, Any], id_: str | None = None, *, outside: bool = False) -> bytes:
    """The envelope of an event; give the `id_` of an earlier one to deliver it again. `outside`: other organisations
    are in that channel."""
    return json.dumps(
        {
            "token": "gIkuvaNzQIHg97ATvDxqgjtO",
            "team_id": app.team,
            **({"enterprise_id": app.enterprise} if app.enterprise else {}),
            "api_app_id": app.id,
            "event": inner,
            "type": "event_callback",
            "event_id": id_ or f"Ev{next(state.numbers):09d}",
            "event_time": int(state.now()),
            "authorizations": [
                {
                    "enterprise_id": app.enterprise,
                    "team_id": app.team,
                    "user_id": app.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": app.enterprise is not None,
                }
            ],
            "is_ext_shared_channel": outside,
        }
    ).encode()


def interaction(state: State, app: App, kind: str, user: User, more: Mapping[str, Any]) -> bytes:
    """The form that carries a click, a submission, a shortcut or a question for options."""
    payload = {
        "type": kind,
        "token": "gIkuvaNzQIHg97ATvDxqgjtO",
        "team": {"id": app.team, "domain": app.team_name.lower()},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team or app.team},
        "api_app_id": app.id,
        "enterprise": {"id": app.enterprise, "name": "Grid"} if app.enterprise else None,
        "is_enterprise_install": app.enterprise is not None,
        **({} if kind == "block_suggestion" else {"trigger_id": state.lend_trigger(user.id, "")}),
        **more,
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


_MENTION = re.compile(r"@([a-z0-9._-]+)|#([a-z0-9_-]+)|(https?://[^\s<>]+)")


def typed(state: State, text: str) -> str:
    """A typed line as Slack writes it with "escape channels, users and links" switched on."""
    people = {user.name: user.id for user in state.users.values()}
    channels = {channel.name: channel.id for channel in state.channels.values() if channel.name}

    def mention(found: re.Match[str]) -> str:
        user, channel, url = found.groups()
        if user in people:
            return f"<@{people[user]}|{user}>"
        if channel in channels:
            return f"<#{channels[channel]}|{channel}>"
        return f"<{url}>" if url else found[0]

    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MENTION.sub(mention, escaped)
