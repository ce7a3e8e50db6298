"""What a Slack workspace holds: people, channels, messages, views; and what it lends: triggers and response addresses."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.playground import forms, reading
from bot.playground.messages import Message, Messages

__all__ = ["App", "Channel", "Lent", "Message", "Session", "SlackError", "State", "Stream", "User", "View"]

TRIGGER_SECONDS = 3.0
RESPONSE_SECONDS = 1800.0
RESPONSE_USES = 5


class SlackError(Exception):
    """An answer with `ok: false`: Slack's own code, and what goes with it."""

    def __init__(self, code: str, *messages: str, **more: object) -> None:
        self.code, self.messages, self.more = code, messages, more
        super().__init__(f"{code} {' '.join(messages)}".strip())


@dataclass(frozen=True, slots=True)
class App:
    """The app as it is installed in the workspace."""

    id: str = "A0ARCHWAY"
    team: str = "T0PLAYGROUND"
    team_name: str = "Playground"
    bot_user: str = "U0ARCHWAY"
    bot_id: str = "B0ARCHWAY"
    enterprise: str | None = None  # an Enterprise Grid, to which the app is installed as a whole
    is_agent: bool = True  # declared in the manifest
    loads_options: bool = True  # the manifest has an address for options; in Socket Mode none is needed
    scopes: frozenset[str] = frozenset(
        {
            "app_mentions:read",
            "assistant:write",
            "channels:history",
            "channels:read",
            "chat:write",
            "commands",
            "groups:history",
            "groups:read",
            "im:history",
            "im:write",
            "links:read",
            "links:write",
            "mpim:history",
            "usergroups:read",
            "users:read",
            "users:read.email",
        }
    )


@dataclass(frozen=True, slots=True)
class User:
    """Somebody in the workspace."""

    id: str
    name: str
    real_name: str = ""
    email: str | None = None
    is_email_confirmed: bool = True
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False
    team: str | None = None  # another workspace than the app's
    enterprise: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel or a direct message."""

    id: str
    name: str
    members: frozenset[str] = frozenset()
    is_archived: bool = False
    is_private: bool = False
    is_ext_shared: bool = False  # with other organisations

    @property
    def kind(self) -> str:
        """Slack's `channel_type`."""
        return "im" if self.id.startswith("D") else "group" if self.is_private else "channel"


@dataclass(frozen=True, slots=True)
class View:
    """An open modal or a published home tab."""

    id: str
    user: str
    content: Mapping[str, Any]
    hash: str
    root: str = ""  # of a stack of modals, the lowest
    states: forms.States = field(default_factory=dict)  # what stands in its fields
    errors: Mapping[str, str] = field(default_factory=dict)  # what stands beside them in red, by their labels

    @property
    def words(self) -> str:
        """The text that is shown, a line an element."""
        return reading.words(self.content)

    @property
    def buttons(self) -> tuple[str, ...]:
        """The labels of its buttons."""
        return reading.buttons(self.content)

    @property
    def fields(self) -> tuple[str, ...]:
        """The labels of what can be filled in."""
        return tuple(block["label"]["text"] for block in forms.inputs(self.content))

    @property
    def values(self) -> dict[str, str]:
        """What a person sees in its fields, by their labels."""
        return forms.values(self.content, self.states)


@dataclass(slots=True)
class Lent:
    """A trigger or a response address: to whom, for which channel and message, since when, how often used."""

    user: str
    channel: str
    since: float
    ts: str = ""
    uses: int = 0


@dataclass(slots=True)
class Session:
    """An agent's session in a thread."""

    status: str
    title: str = ""


@dataclass(slots=True)
class Stream:
    """A message that is still being written."""

    chunks: list[Mapping[str, Any]] = field(default_factory=list)
    is_open: bool = True


@dataclass(slots=True)
class State:
    """All of it, changed in place. `now` gives epoch seconds."""

    now: Callable[[], float]
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)  # user groups → their people
    messages: Messages = field(default_factory=Messages)
    arrivals: list[tuple[str, str, str]] = field(default_factory=list)  # channel, ts, reference of each post of the bot
    views: dict[str, View] = field(default_factory=dict)
    offered: dict[tuple[str, str], list[Any]] = field(default_factory=dict)  # by view and block: options as one types
    homes: dict[str, View] = field(default_factory=dict)
    triggers: dict[str, Lent] = field(default_factory=dict)
    responses: dict[str, Lent] = field(default_factory=dict)
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict)  # by channel and thread
    streams: dict[tuple[str, str], Stream] = field(default_factory=dict)  # by channel and message
    prompts: dict[str, list[Mapping[str, str]]] = field(default_factory=dict)  # by channel
    shared: dict[str, tuple[str, str]] = field(default_factory=dict)  # unfurl ids → channel and message
    unfurls: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)  # by channel and message
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def stamp(self) -> str:
        """A new message id: seconds and microseconds, never the same twice."""
        return f"{int(self.now())}.{next(self.numbers):06d}"

    def channel(self, id_: object) -> Channel:
        """The channel; a user's id stands for the direct message with them. Raises `channel_not_found`."""
        if isinstance(id_, str) and id_ in self.users:
            return self.channels.setdefault(f"D{id_}", Channel(f"D{id_}", "", frozenset({id_})))
        if not isinstance(id_, str) or id_ not in self.channels:
            raise SlackError("channel_not_found")
        return self.channels[id_]

    def message(self, channel: str, ts: object) -> Message:
        """A message that all can see. Raises `message_not_found`."""
        message = self.messages.find(channel, ts)
        if message is None or message.only_for is not None:
            raise SlackError("message_not_found")
        return message

    def seen(self, channel: str, ts: str) -> Message | None:
        """A message, one that a single person sees included."""
        return self.messages.find(channel, ts)

    def post(
        self,
        channel: str,
        author: str,
        content: Mapping[str, Any],
        *,
        thread_ts: str | None = None,
        only_for: str | None = None,
    ) -> Message:
        """Adds a message."""
        message = Message(channel, self.stamp(), author, content, thread_ts, only_for)
        self.messages.append(message)
        return message

    def change(self, message: Message, content: Mapping[str, Any]) -> Message:
        """Puts other content in a message's place."""
        changed = replace(message, content=content, changes=message.changes + 1)
        self.messages.append(changed)
        return changed

    def lend_trigger(self, user: str, channel: str) -> str:
        """A new `trigger_id`."""
        number = next(self.numbers)
        id_ = f"{number}.{int(self.now())}.{hashlib.sha256(str(number).encode()).hexdigest()[:32]}"
        self.triggers[id_] = Lent(user, channel, self.now())
        return id_

    def use_trigger(self, id_: object) -> str:
        """Who acted. Raises when the trigger is unknown, used or older than three seconds."""
        lent = self.triggers.get(id_) if isinstance(id_, str) else None
        if lent is None:
            raise SlackError("invalid_trigger_id")
        if lent.uses:
            raise SlackError("exchanged_trigger_id")
        if self.now() - lent.since > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        lent.uses += 1
        return lent.user

    def lend_response(self, user: str, channel: str, ts: str = "") -> str:
        """The last part of a new `response_url`; `ts` is the message that it may replace."""
        number = next(self.numbers)
        id_ = f"{number}/{hashlib.sha256(f'response {number}'.encode()).hexdigest()[:24]}"
        self.responses[id_] = Lent(user, channel, self.now(), ts)
        return id_

    def use_response(self, id_: str) -> Lent:
        """For whom and where. Raises when it is unknown, older than half an hour or was used five times."""
        lent = self.responses.get(id_)
        if lent is None:
            raise SlackError("invalid_url")
        if self.now() - lent.since > RESPONSE_SECONDS:
            raise SlackError("expired_url")
        if lent.uses >= RESPONSE_USES:
            raise SlackError("used_url")
        lent.uses += 1
        return lent

    def show(self, user: str, content: Mapping[str, Any], on: View | None = None) -> View:
        """Opens a modal, or puts it on top of one."""
        id_ = f"V{next(self.numbers):08d}"
        view = View(id_, user, content, self._hash(), on.root if on else id_, forms.opened(content))
        self.views[view.id] = view
        return view

    def stack(self, root: str) -> list[View]:
        """The modals that lie on each other, lowest first."""
        return [view for view in self.views.values() if view.root == root]

    def shut(self, view: View, *, whole_stack: bool = False) -> None:
        """Closes a modal, or with it all that it lies on."""
        for one in self.stack(view.root) if whole_stack else [view]:
            self.views.pop(one.id, None)

    def top(self, user: str) -> View:
        """The modal that somebody has before them. Raises `LookupError`."""
        return [view for view in self.views.values() if view.user == user][-1]

    def reshow(self, view: View, content: Mapping[str, Any]) -> View:
        """Puts other content into an open view."""
        states = forms.opened(content, view.states)
        return self.keep(replace(view, content=content, hash=self._hash(), states=states, errors={}))

    def keep(self, view: View) -> View:
        """Puts an open view in the place of what it was."""
        self.views[view.id] = view
        return view

    def publish(self, user: str, content: Mapping[str, Any]) -> View:
        """Somebody's home tab."""
        id_ = self.homes[user].id if user in self.homes else f"V{next(self.numbers):08d}"
        self.homes[user] = View(id_, user, content, self._hash())
        return self.homes[user]

    def _hash(self) -> str:
        return f"{int(self.now())}.{hashlib.sha256(str(next(self.numbers)).encode()).hexdigest()[:8]}"
