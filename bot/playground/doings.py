"""What people do in the workspace, as they would say it; each sends the events that Slack would send."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from bot.playground import forms, reading
from bot.playground.answers import HttpAnswer, offered_in, sent_back
from bot.playground.blocks import faults_in_view
from bot.playground.deliveries import Signed, typed
from bot.playground.shapes import message_json, view_json
from bot.playground.state import App, Message, State, User, View

GRACE = User("U0GRACE", "grace", "Grace Hopper", "grace@example.org")
ALAN = User("U0ALAN", "alan", "Alan Turing", "alan@example.org")
GENERAL = "C0GENERAL"
WAIT_SECONDS = 12.0  # longer than the bot waits for Slack to say who somebody is
OPTIONS_SECONDS = 3.0  # after which Slack shows that nothing was found

T = TypeVar("T")


class NotShownError(AssertionError):
    """What somebody waited for was not shown in time."""


class _Workspace(Protocol):
    state: State
    app: App
    bot_url: str

    def lend_response(self, user: str, channel: str, ts: str = "") -> str: ...
    def signed_interaction(self, kind: str, more: Mapping[str, Any], *, user: User = GRACE) -> Signed: ...
    async def deliver(self, signed: Signed) -> HttpAnswer: ...
    async def event(self, inner: Mapping[str, Any], *, id_: str | None = None, outside: bool = False) -> HttpAnswer: ...


class Doings:
    """The gestures of a workspace's people. What they do gives what they then have; answers come a moment later."""

    async def mention(
        self: _Workspace, text: str, *, user: User = GRACE, channel: str = GENERAL, thread: Message | None = None
    ) -> Message:
        """Mentions the bot in a channel."""
        message = _say(self, f"@archway {text}", user, channel, thread)
        event = _message_event(self, message)
        outside = self.state.channel(channel).is_ext_shared
        by_name = {
            name: value for name, value in event.items() if name != "parent_user_id"
        }  # Slack names it below alone
        await self.event({**by_name, "type": "app_mention"}, outside=outside)
        await self.event(event, outside=outside)
        return message

    async def message(
        self: _Workspace, text: str, *, user: User = GRACE, channel: str = GENERAL, thread: Message | None = None
    ) -> Message:
        """Writes in a channel where the bot is."""
        message = _say(self, text, user, channel, thread)
        await self.event(_message_event(self, message), outside=self.state.channel(channel).is_ext_shared)
        return message

    async def direct(self: _Workspace, text: str, *, user: User = GRACE, thread: Message | None = None) -> Message:
        """Writes to the bot alone."""
        message = _say(self, text, user, self.state.channel(user.id).id, thread)
        await self.event(_message_event(self, message))
        return message

    async def edit(self: _Workspace, message: Message, text: str) -> Message:
        """Writes a message anew."""
        changed = self.state.change(message, {**message.content, "text": typed(self.state, text)})
        edited = {"user": message.author, "ts": self.state.stamp()}
        inner = {**message_json(changed, self.app), "edited": edited}
        event = _message_event(self, changed)
        await self.event(
            {**event, "subtype": "message_changed", "message": inner, "hidden": True, "user": None, "text": None}
        )
        if f"<@{self.app.bot_user}>" in changed.content["text"]:
            await self.event({**event, "type": "app_mention", "edited": edited})
        return changed

    async def vanish(self: _Workspace, message: Message) -> HttpAnswer:
        """Deletes a message, as its author or an administrator may."""
        self.state.messages.remove(message)
        event = {"type": "message", "subtype": "message_deleted", "hidden": True, "channel": message.channel}
        gone = {"deleted_ts": message.ts, "ts": self.state.stamp(), "event_ts": self.state.stamp()}
        previous = {"previous_message": message_json(message, self.app)}
        return await self.event({**event, **gone, **previous, "channel_type": self.state.channel(message.channel).kind})

    async def share_link(
        self: _Workspace, url: str, *, user: User = GRACE, channel: str = GENERAL, thread: Message | None = None
    ) -> Message:
        """Posts links (those in the text, separated by spaces) to a domain of the app's."""
        message = self.state.post(
            channel, user.id, {"text": url.replace("&", "&amp;")}, thread_ts=thread.ts if thread else None
        )
        id_ = f"unfurl{message.ts}"
        self.state.shared[id_] = (channel, message.ts)
        links = [{"domain": one.split("/")[2], "url": one} for one in url.split() if one.startswith("http")]
        await self.event(
            {
                "type": "link_shared",
                "user": user.id,
                "channel": channel,
                "message_ts": message.ts,
                "unfurl_id": id_,
                "source": "conversations_history",
                "is_bot_user_member": True,
                "links": links,
            },
            outside=self.state.channel(channel).is_ext_shared,
        )
        return message

    async def open_home(self: _Workspace, *, user: User = GRACE, tab: str = "home") -> HttpAnswer:
        """Opens the app: its "home" tab, or "messages", which is the agent's view."""
        channel = self.state.channel(user.id).id
        return await self.event({"type": "app_home_opened", "user": user.id, "channel": channel, "tab": tab})

    async def look_at(self: _Workspace, channel: str, *, user: User = GRACE) -> HttpAnswer:
        """Has a channel open beside the agent's view."""
        entity = {"type": "slack#/types/channel_id", "value": channel, "team_id": self.app.team}
        return await self.event({"type": "app_context_changed", "user": user.id, "context": {"entities": [entity]}})

    async def invite(self: _Workspace, channel: str, *, user: User = GRACE) -> HttpAnswer:
        """Adds the bot to a channel."""
        room = self.state.channel(channel)
        self.state.channels[channel] = replace(room, members=room.members | {self.app.bot_user})
        event = {"type": "member_joined_channel", "user": self.app.bot_user, "channel": channel, "inviter": user.id}
        return await self.event(event)

    async def press_stop(self: _Workspace, message: Message, *, user: User = GRACE) -> HttpAnswer:
        """Presses the stop button while the bot works on a message."""
        event = {"type": "agent_session_stopped", "channel": message.channel, "user": user.id}
        return await self.event({**event, "thread_ts": message.thread_ts or message.ts, "streaming_message_ts": []})

    async def press(self: _Workspace, on: Message | View, label: str, *, user: User = GRACE) -> HttpAnswer:
        """Presses a button. Raises `LookupError` when there is none of that label."""
        button, block = reading.button(on.content, label)
        action = {name: value for name, value in button.items() if name in ("action_id", "type", "value", "text")}
        actions = {"actions": [{"block_id": block, **action, "action_ts": self.state.stamp()}]}
        where = _in_view(self, on) if isinstance(on, View) else _on_message(self, on, user)
        return await self.deliver(self.signed_interaction("block_actions", {**actions, **where}, user=user))

    async def type_in(self: _Workspace, view: View, label: str, text: str, *, user: User = GRACE) -> tuple[str, ...]:
        """Types in a field that finds something as one types; gives the labels of what it then offers.

        Raises `NotShownError` where Slack's client would show nothing, and `LookupError` where there is no such field.
        """
        view = self.state.views.get(view.id, view)
        block = forms.field(view.content, label)
        element = block["element"]
        if element["type"] != "external_select":
            raise LookupError(f"the field {label} finds nothing as one types: it is a {element['type']}")
        if self.bot_url and not self.app.loads_options:
            raise NotShownError("the app has no address for options: message_menu_options_url in its manifest")
        if len(text) < element.get("min_query_length", forms.LEAST_TYPED):
            raise NotShownError(f"Slack asks for nothing yet: {text!r} is too short")
        search = {"action_id": element["action_id"], "block_id": block["block_id"], "value": text}
        try:
            async with asyncio.timeout(OPTIONS_SECONDS):
                answer = await self.deliver(
                    self.signed_interaction("block_suggestion", {**search, **_in_view(self, view)}, user=user)
                )
        except TimeoutError:
            raise NotShownError("no options came in time") from None
        options = offered_in(answer)
        if isinstance(options, str):
            raise NotShownError(options)
        self.state.offered[view.id, block["block_id"]] = options
        return tuple(option["text"]["text"] for option in options)

    async def fill_in(self: _Workspace, view: View, label: str, value: str, *, user: User = GRACE) -> View:
        """Puts something into a field without sending the form; gives the view as it stands then. Where the field says that
        it is dispatched, the bot hears of it, and may draw the view anew a moment later.

        Raises `LookupError` for a field or choice that is not there.
        """
        view = self.state.keep(_filled(self, view, {label: value}))
        block = forms.field(view.content, label)
        element = block["element"]
        if block.get("dispatch_action") and element["type"] in forms.PICKED:
            state = view.states[block["block_id"]][element["action_id"]]
            action = {"block_id": block["block_id"], "action_id": element["action_id"], **state}
            actions = {"actions": [{**action, "action_ts": self.state.stamp()}], **_in_view(self, view)}
            await self.deliver(self.signed_interaction("block_actions", actions, user=user))
        return self.state.views.get(view.id, view)

    async def submit(self: _Workspace, view: View, values: Mapping[str, str], *, user: User = GRACE) -> View | None:
        """Fills in a form by the labels of its fields and sends it; gives what its window then shows, None when closed.

        Raises `LookupError` for a field or choice that is not there, and `NotShownError` where something is left out that
        has to be filled in: Slack's client does not send it then.
        """
        view = _filled(self, view, values)
        if missing := forms.left_out(view.content, view.states):
            raise NotShownError(f"Please complete all required fields: {', '.join(missing)}")
        if view.id in self.state.views:
            self.state.keep(replace(view, errors={}))
        filled = {"view": view_json(view, self.app, filled_in=True)}
        answer = await self.deliver(self.signed_interaction("view_submission", filled, user=user))
        if answer.status != 200:
            raise NotShownError(f"the form was answered with {answer.status}")
        told = answer.json if answer.body else {}
        match told.get("response_action"):
            case None:
                self.state.shut(view)
                return None
            case "clear":
                self.state.shut(view, whole_stack=True)
                return None
            case "update":
                return self.state.reshow(view, _taken(told["view"]))
            case "push":
                return self.state.show(user.id, _taken(told["view"]), view)
            case "errors":
                errors = sent_back(told, view.content)
                if isinstance(errors, str):
                    raise NotShownError(errors)
                return self.state.keep(replace(view, errors=errors))
        raise NotShownError(f"Slack knows no response_action {told['response_action']}")

    async def shortcut(self: _Workspace, name: str, *, user: User = GRACE) -> HttpAnswer:
        """Chooses a global shortcut, by its callback id."""
        return await self.deliver(self.signed_interaction("shortcut", {"callback_id": name}, user=user))

    async def message_shortcut(self: _Workspace, name: str, message: Message, *, user: User = GRACE) -> HttpAnswer:
        """Chooses a shortcut from the menu of a message, by its callback id."""
        where = _on_message(self, message, user)
        more = {"callback_id": name, "message_ts": message.ts, "message": message_json(message, self.app)}
        return await self.deliver(self.signed_interaction("message_action", {**where, **more}, user=user))

    async def answer_to(self: _Workspace, message: Message, *, after: Message | None = None) -> Message:
        """The bot's last words in the thread of a message (later than `after`), as soon as they are there and whole."""
        thread = message.thread_ts or message.ts
        since = (after or message).ts

        def answer() -> Message | None:
            said = [
                one
                for one in self.state.messages
                if (one.channel, one.thread_ts) == (message.channel, thread)
                and one.author == self.app.bot_user
                and one.ts > since
                and one.content.get("blocks")
            ]
            open_ = [one for one in said if (s := self.state.streams.get((one.channel, one.ts))) and s.is_open]
            return said[-1] if said and not open_ else None

        return await until(answer, f"no answer in the thread of {message.words!r}")

    async def whisper_to(self: _Workspace, user: User, *, after: int = 0) -> Message:
        """The last message that one person alone sees, once there are more than `after` of them."""

        def whisper() -> Message | None:
            said = [one for one in self.state.messages if one.only_for == user.id]
            return said[-1] if len(said) > after else None

        return await until(whisper, f"nothing was shown to {user.name} alone")

    async def view_of(self: _Workspace, user: User, words: str = "") -> View:
        """The modal that somebody has before them, once it shows these words."""

        def view() -> View | None:
            mine = [view for view in self.state.views.values() if view.user == user.id]
            return mine[-1] if mine and words in mine[-1].words else None

        return await until(view, f"no modal of {user.name} says {words!r}")


async def until(look: Callable[[], T | None], otherwise: str, seconds: float = WAIT_SECONDS) -> T:
    """What a look gives as soon as it gives something. Raises `NotShownError`."""
    end = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > end:
            raise NotShownError(otherwise)
        await asyncio.sleep(0.005)
    return found


def _say(slack: _Workspace, text: str, user: User, channel: str, thread: Message | None) -> Message:
    thread_ts = (thread.thread_ts or thread.ts) if thread else None
    return slack.state.post(channel, user.id, {"text": _wire(slack, text)}, thread_ts=thread_ts)


def _wire(slack: _Workspace, text: str) -> str:
    """What is typed as messages hold it: mentions by id alone."""
    people = {**slack.state.users, slack.app.bot_user: User(slack.app.bot_user, "archway")}
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for user in people.values():
        text = text.replace(f"@{user.name}", f"<@{user.id}>")
    return text


def _message_event(slack: _Workspace, message: Message) -> dict[str, Any]:
    channel = slack.state.channel(message.channel)
    parent = slack.state.seen(message.channel, message.thread_ts) if message.thread_ts else None
    return {
        **message_json(message, slack.app),
        "channel": message.channel,
        "channel_type": channel.kind,
        "event_ts": message.ts,
        **({"parent_user_id": parent.author} if parent else {}),
    }


def _on_message(slack: _Workspace, message: Message, user: User) -> dict[str, Any]:
    channel = slack.state.channel(message.channel)
    ephemeral = message.only_for is not None
    container: dict[str, Any] = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
    }
    return {
        "container": container,
        "channel": {"id": channel.id, "name": channel.name or "directmessage"},
        "response_url": slack.lend_response(user.id, channel.id, message.ts),
        **({} if ephemeral else {"message": message_json(message, slack.app)}),
    }


def _in_view(slack: _Workspace, view: View) -> dict[str, Any]:
    return {"container": {"type": "view", "view_id": view.id}, "view": view_json(view, slack.app, filled_in=True)}


def _filled(slack: _Workspace, view: View, values: Mapping[str, str]) -> View:
    """A form as it stands now, with some values put into it by the labels of its fields."""
    view = slack.state.views.get(view.id, view)
    states = view.states
    for label, value in values.items():
        block = forms.field(view.content, label)
        offered = slack.state.offered.get((view.id, block["block_id"]), ())
        states = forms.put(states, block, forms.entered(block["element"], value, offered))
    return replace(view, states=states)


def _taken(view: Mapping[str, Any]) -> Mapping[str, Any]:
    if faults := faults_in_view(view):
        raise NotShownError("; ".join(str(fault) for fault in faults))
    return view
