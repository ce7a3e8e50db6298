"""Slack's Web API, the part that a bot like ours needs: arguments in, Slack's JSON out, Slack's codes for what is wrong.

Knows no HTTP. An argument that Slack's reference does not name is refused, though Slack would let it pass: it is a typo.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.playground import agents
from bot.playground.blocks import faults_in_message, faults_in_view
from bot.playground.methods import Args, Method
from bot.playground.schema import Fault
from bot.playground.shapes import channel_json, message_json, user_json, view_json
from bot.playground.state import App, Channel, Message, SlackError, State, View

MOST_STACKED = 3  # modals
MOST_TEXT = 40_000  # characters; Slack cuts there, we refuse, so that nothing is cut unseen

STRUCTURED = frozenset(
    {"blocks", "view", "metadata", "unfurls", "prompts", "chunks"}
)  # arguments that are more than one value


def call(state: State, app: App, name: str, args: Args, *, as_json: bool = False) -> dict[str, Any]:
    """What a method answers, without `ok`. Raises `SlackError`."""
    method = METHODS.get(name)
    if method is None:
        raise SlackError("unknown_method", req_method=name)
    if method.scope and method.scope not in app.scopes:
        raise SlackError("missing_scope", needed=method.scope, provided=",".join(sorted(app.scopes)))
    if as_json and not method.reads_json:
        args = {}  # Slack's reading methods overlook a JSON body
    missing = sorted(method.required - set(args))
    unknown = sorted(set(args) - method.required - method.optional - {"team_id"})
    nested = sorted(name for name, value in args.items() if name not in STRUCTURED and isinstance(value, (dict, list)))
    if missing or unknown or nested:
        raise SlackError(
            "invalid_arguments",
            *(f"[ERROR] missing required field: {name}" for name in missing),
            *(f"[ERROR] unknown argument: {name}" for name in unknown),
            *(f"[ERROR] must be a string [json-pointer:/{name}]" for name in nested),
        )
    return method.call(state, app, args)


def message_content(args: Args) -> dict[str, Any]:
    """What of some arguments makes a message's content. Raises when Slack would not take it."""
    text, blocks = args.get("text"), args.get("blocks")
    if text is not None and not isinstance(text, str):
        raise SlackError("invalid_arguments", "[ERROR] must be a string [json-pointer:/text]")
    if not text and not blocks:
        raise SlackError("no_text")
    if text and len(text) > MOST_TEXT:
        raise SlackError("msg_too_long")
    if blocks is not None:
        _refuse("invalid_blocks", faults_in_message(blocks))
    metadata = args.get("metadata")
    if metadata is not None and not _is_metadata(metadata):
        raise SlackError("invalid_metadata_format")
    return {name: args[name] for name in ("text", "blocks", "metadata") if args.get(name) is not None}


def _is_metadata(value: Any) -> bool:
    match value:
        case {"event_type": str(), "event_payload": dict()}:
            return len(value) == 2
    return False


def _refuse(code: str, faults: tuple[Fault, ...]) -> None:
    if faults:
        raise SlackError(code, *(f"[ERROR] {fault}" for fault in faults), errors=[str(fault) for fault in faults])


def _auth_test(_: State, app: App, __: Args) -> dict[str, Any]:
    return {
        "url": "https://playground.slack.com/",
        "team": app.team_name,
        "user": "archway",
        "team_id": app.team,
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": app.enterprise is not None,
        **({"enterprise_id": app.enterprise} if app.enterprise else {}),
    }


def _post_message(state: State, app: App, args: Args) -> dict[str, Any]:
    channel = _writable(state, app, args["channel"])
    content = message_content(args)
    thread = args.get("thread_ts")
    if thread is not None and not any(m.ts == thread and m.channel == channel.id for m in state.messages):
        raise SlackError("thread_not_found")
    message = state.post(channel.id, app.bot_user, content, thread_ts=thread)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(message, app)}


def _post_ephemeral(state: State, app: App, args: Args) -> dict[str, Any]:
    channel = _writable(state, app, args["channel"])
    if args["user"] not in channel.members:
        raise SlackError("user_not_in_channel")
    message = state.post(
        channel.id, app.bot_user, message_content(args), thread_ts=args.get("thread_ts"), only_for=args["user"]
    )
    return {"message_ts": message.ts}


def _update(state: State, app: App, args: Args) -> dict[str, Any]:
    channel = state.channel(args["channel"])
    message = state.message(channel.id, args["ts"])
    if message.author != app.bot_user:
        raise SlackError("cant_update_message")
    content = message_content(args)  # blocks that are not named stay; [] takes them away
    message = state.change(message, {**message.content, **content})
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.content.get("text", ""),
        "message": message_json(message, app),
    }


def _history(state: State, app: App, args: Args) -> dict[str, Any]:
    channel = _readable(state, app, args["channel"])
    roots = [m for m in state.messages if m.channel == channel.id and not m.only_for and m.thread_ts in (None, m.ts)]
    return _page(roots[::-1], app, args)


def _replies(state: State, app: App, args: Args) -> dict[str, Any]:
    channel = _readable(state, app, args["channel"])
    ts = args["ts"]
    thread = [m for m in state.messages if m.channel == channel.id and not m.only_for and ts in (m.ts, m.thread_ts)]
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


def _unfurl(state: State, app: App, args: Args) -> dict[str, Any]:
    if "unfurl_id" in args and "source" in args:
        place = state.shared.get(args["unfurl_id"])
        if args["source"] not in ("composer", "conversations_history"):
            raise SlackError("invalid_source")
        if place is None:
            raise SlackError("invalid_unfurl_id")
    elif "channel" in args and "ts" in args:
        place = (state.channel(args["channel"]).id, str(args["ts"]))
    else:
        raise SlackError("missing_channel")
    message = state.message(*place)
    for url, unfurl in _unfurls(args).items():
        if url not in str(message.content.get("text", "")).replace("&amp;", "&"):
            raise SlackError("cannot_unfurl_url")
        if not isinstance(unfurl, dict) or set(unfurl) - {"blocks", "preview", "hide_color"}:
            raise SlackError("cannot_parse_attachment")
        _refuse("invalid_blocks", faults_in_message(unfurl.get("blocks")))
    if message.author == app.bot_user:
        raise SlackError("cannot_unfurl_message")
    state.unfurls[place] = {**state.unfurls.get(place, {}), **args["unfurls"]}
    return {}


def _unfurls(args: Args) -> Mapping[str, Any]:
    unfurls = args.get("unfurls")
    if not isinstance(unfurls, dict) or not unfurls:
        raise SlackError("missing_unfurls")
    return unfurls


def _bots_info(_: State, app: App, args: Args) -> dict[str, Any]:
    if args.get("bot") != app.bot_id:
        raise SlackError("bot_not_found")
    return {"bot": {"id": app.bot_id, "deleted": False, "name": "Archway", "app_id": app.id, "user_id": app.bot_user}}


def _views_open(state: State, app: App, args: Args) -> dict[str, Any]:
    content = _view_content(args["view"], "modal")
    external = content.get("external_id")
    if external and any(view.content.get("external_id") == external for view in state.views.values()):
        raise SlackError("duplicate_external_id")
    return {"view": view_json(state.show(state.use_trigger(args["trigger_id"]), content), app)}


def _views_push(state: State, app: App, args: Args) -> dict[str, Any]:
    content = _view_content(args["view"], "modal")
    user = state.use_trigger(args["trigger_id"])
    below = next((view for view in reversed(state.views.values()) if view.user == user), None)
    if below is None:
        raise SlackError("invalid_trigger_id", "[ERROR] no modal is open to push on")
    if len(state.stack(below.root)) >= MOST_STACKED:
        raise SlackError("push_limit_reached")
    return {"view": view_json(state.show(user, content, below), app)}


def _views_update(state: State, app: App, args: Args) -> dict[str, Any]:
    content = _view_content(args["view"], "modal")
    external = args.get("external_id")
    view = state.views.get(args.get("view_id", ""))
    if external:
        view = next((v for v in state.views.values() if v.content.get("external_id") == external), None)
    if view is None:
        raise SlackError("not_found")
    _same_hash(view, args)
    return {"view": view_json(state.reshow(view, content), app)}


def _views_publish(state: State, app: App, args: Args) -> dict[str, Any]:
    content = _view_content(args["view"], "home")
    if args["user_id"] not in state.users:
        raise SlackError("user_not_found")
    if args["user_id"] in state.homes:
        _same_hash(state.homes[args["user_id"]], args)
    return {"view": view_json(state.publish(args["user_id"], content), app)}


def _view_content(view: Any, kind: str) -> Mapping[str, Any]:
    _refuse("invalid_arguments", faults_in_view(view))
    if view["type"] != kind:
        raise SlackError("invalid_arguments", f"[ERROR] must be a {kind} [json-pointer:/view/type]")
    content: Mapping[str, Any] = view
    return content


def _same_hash(view: View, args: Args) -> None:
    if args.get("hash") not in (None, view.hash):
        raise SlackError("hash_conflict")


def _writable(state: State, app: App, id_: object) -> Channel:
    channel = state.channel(id_)
    if channel.is_archived:
        raise SlackError("is_archived")
    return _readable(state, app, id_)


def _readable(state: State, app: App, id_: object) -> Channel:
    channel = state.channel(id_)
    if app.bot_user not in channel.members and not channel.id.startswith("D"):
        raise SlackError("not_in_channel")
    return channel


_MESSAGE = frozenset(
    {"text", "blocks", "metadata", "thread_ts", "unfurl_links", "unfurl_media", "mrkdwn", "parse", "link_names"}
)
_PAGING = frozenset({"cursor", "limit", "oldest", "latest", "inclusive", "include_all_metadata"})


def _names(*names: str) -> frozenset[str]:
    return frozenset(names)


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "auth.test": Method(_auth_test, _names()),
        "chat.postMessage": Method(_post_message, _names("channel"), _MESSAGE | {"reply_broadcast"}, "chat:write"),
        "chat.postEphemeral": Method(_post_ephemeral, _names("channel", "user"), _MESSAGE, "chat:write"),
        "chat.update": Method(_update, _names("channel", "ts"), _MESSAGE - {"thread_ts"}, "chat:write"),
        "conversations.history": Method(_history, _names("channel"), _PAGING, "channels:history", reads_json=False),
        "conversations.replies": Method(
            _replies, _names("channel", "ts"), _PAGING, "channels:history", reads_json=False
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
        "chat.unfurl": Method(
            _unfurl, _names("unfurls"), _names("channel", "ts", "unfurl_id", "source", "metadata"), "links:write"
        ),
        **agents.METHODS,
        "views.push": Method(_views_push, _names("trigger_id", "view")),
        "views.open": Method(_views_open, _names("trigger_id", "view")),
        "views.update": Method(_views_update, _names("view"), _names("view_id", "external_id", "hash")),
        "views.publish": Method(_views_publish, _names("user_id", "view"), _names("hash")),
    }
)
