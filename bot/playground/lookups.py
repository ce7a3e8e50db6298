"""The Web API's methods that look something up: people and their groups, channels, what was said in them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.playground.methods import Args, Method
from bot.playground.shapes import channel_json, message_json, user_json
from bot.playground.state import App, Channel, Message, SlackError, State

MOST_OPENED = 8  # people in a group message
_HISTORY_SCOPES = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}


def readable(state: State, app: App, id_: object) -> Channel:
    """A channel that the bot is in, or its direct message with somebody. Raises."""
    channel = state.channel(id_)
    if app.bot_user not in channel.members and not channel.id.startswith("D"):
        raise SlackError("not_in_channel")
    return channel


def _may_read(channel: Channel, app: App) -> None:
    needed = _HISTORY_SCOPES[channel.kind]
    if needed not in app.scopes:
        raise SlackError("missing_scope", needed=needed, provided=",".join(sorted(app.scopes)))


def _history(state: State, app: App, args: Args) -> dict[str, Any]:
    channel = readable(state, app, args["channel"])
    _may_read(channel, app)
    roots = [m for m in state.messages.of(channel.id) if not m.only_for and m.thread_ts in (None, m.ts)]
    return _page(roots[::-1], app, args)


def _replies(state: State, app: App, args: Args) -> dict[str, Any]:
    channel = readable(state, app, args["channel"])
    _may_read(channel, app)
    ts = args["ts"]
    thread = [m for m in state.messages.of(channel.id) if not m.only_for and ts in (m.ts, m.thread_ts)]
    if not thread:
        raise SlackError("thread_not_found")
    return _page(thread, app, args)


def _page(messages: list[Message], app: App, args: Args) -> dict[str, Any]:
    limit, start = _number(args.get("limit", 100), "invalid_limit"), _number(args.get("cursor") or 0, "invalid_cursor")
    oldest, latest = str(args.get("oldest", "0")), str(args.get("latest", "9" * 10))
    inclusive = args.get("inclusive") in (True, "true", "1", 1)
    within = [m for m in messages if oldest < m.ts < latest or (inclusive and m.ts in (oldest, latest))]
    more = len(within) > start + limit
    with_metadata = args.get("include_all_metadata") in (True, "true", "1", 1)
    return {
        "messages": [message_json(m, app, with_metadata=with_metadata) for m in within[start : start + limit]],
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }


def _number(value: object, code: str) -> int:
    if not str(value).isdecimal() or not 0 <= int(str(value)) <= 999:
        raise SlackError(code)
    return int(str(value))


def _users_info(state: State, app: App, args: Args) -> dict[str, Any]:
    user = state.users.get(args["user"])
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user_json(user, app)}


def _users_conversations(state: State, app: App, args: Args) -> dict[str, Any]:
    asked, ours = args.get("user") or app.bot_user, app.bot_user
    types = str(args.get("types", "public_channel")).split(",")
    if not set(types) <= {"public_channel", "private_channel", "mpim", "im"}:
        raise SlackError("invalid_types")
    if "private_channel" in types and "groups:read" not in app.scopes:
        raise SlackError("missing_scope", needed="groups:read", provided=",".join(sorted(app.scopes)))
    wanted = {"public_channel": "channel", "private_channel": "group", "im": "im"}
    kinds = {wanted[type_] for type_ in types if type_ in wanted}
    listed = [
        channel_json(channel, app)
        for channel in state.channels.values()
        if channel.kind in kinds
        and asked in channel.members
        and (not channel.is_private or ours in channel.members)
        and not (channel.is_archived and args.get("exclude_archived") in (True, "true", "1"))
    ]
    return {"channels": listed, "response_metadata": {"next_cursor": ""}}


def _bots_info(_: State, app: App, args: Args) -> dict[str, Any]:
    if args.get("bot") != app.bot_id:
        raise SlackError("bot_not_found")
    return {"bot": {"id": app.bot_id, "deleted": False, "name": "Archway", "app_id": app.id, "user_id": app.bot_user}}


def _open(state: State, app: App, args: Args) -> dict[str, Any]:
    if "channel" in args:
        return {"channel": {"id": state.channel(args["channel"]).id}}
    asked = [id_ for id_ in str(args.get("users", "")).split(",") if id_]
    if not asked:
        raise SlackError("users_list_not_supplied")
    if len(asked) > MOST_OPENED:
        raise SlackError("too_many_users")
    people = [state.users.get(id_) for id_ in asked]
    if None in people:
        raise SlackError("user_not_found")
    if len(asked) > 1:
        raise SlackError("missing_scope", needed="mpim:write", provided=",".join(sorted(app.scopes)))
    (user,) = people
    if user is not None and user.deleted:
        raise SlackError("user_disabled")
    if user is not None and user.is_bot:
        raise SlackError("cannot_dm_bot")
    return {"channel": {"id": state.channel(asked[0]).id}}


def _group_members(state: State, _: App, args: Args) -> dict[str, Any]:
    if args["usergroup"] not in state.groups:
        raise SlackError("no_such_subteam")
    return {"users": sorted(state.groups[args["usergroup"]])}


_PAGING = frozenset({"cursor", "limit", "oldest", "latest", "inclusive", "include_all_metadata"})


def _names(*names: str) -> frozenset[str]:
    return frozenset(names)


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "conversations.history": Method(_history, _names("channel"), _PAGING, reads_json=False),
        "conversations.open": Method(
            _open, _names(), _names("users", "channel", "return_im", "prevent_creation"), "im:write"
        ),
        "conversations.replies": Method(_replies, _names("channel", "ts"), _PAGING, reads_json=False),
        "usergroups.users.list": Method(
            _group_members, _names("usergroup"), _names("include_disabled"), "usergroups:read", reads_json=False
        ),
        "users.info": Method(_users_info, _names("user"), _names("include_locale"), "users:read", reads_json=False),
        "bots.info": Method(_bots_info, _names("bot"), _names("team_id"), "users:read", reads_json=False),
        "users.conversations": Method(
            _users_conversations,
            _names(),
            _names("user", "types", "exclude_archived", "limit", "cursor"),
            "channels:read",
            reads_json=False,
        ),
    }
)
