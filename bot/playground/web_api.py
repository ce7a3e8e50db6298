"""Slack's Web API, the part that a bot like ours needs: arguments in, Slack's JSON out, Slack's codes for what is wrong.

Knows no HTTP. An argument that Slack's reference does not name is refused, though Slack would let it pass: it is a typo.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.playground import agents, lookups
from bot.playground.blocks import faults_in_message, faults_in_view
from bot.playground.lookups import readable
from bot.playground.methods import Args, Method
from bot.playground.schema import Fault
from bot.playground.shapes import message_json, view_json
from bot.playground.state import App, Channel, SlackError, State, View

MOST_STACKED = 3  # modals
MOST_VIEW = 250_000  # bytes
MOST_METADATA = 8_000  # bytes
MOST_TEXT = 40_000  # characters; Slack cuts there, we refuse, so that nothing is cut unseen

_EVENT_TYPE = re.compile(r"[A-Za-z0-9_.]{1,255}")

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
    if args.get("metadata") is not None:
        _check_metadata(args["metadata"])
    return {name: args[name] for name in ("text", "blocks", "metadata") if args.get(name) is not None}


def _check_metadata(value: Any) -> None:
    match value:
        case {"event_type": str(kind), "event_payload": dict()} if len(value) == 2 and _EVENT_TYPE.fullmatch(kind):
            if len(json.dumps(value)) > MOST_METADATA:
                raise SlackError("metadata_too_large")
        case _:
            raise SlackError("invalid_metadata_format")


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
    if thread is not None and state.seen(channel.id, thread) is None:
        raise SlackError("thread_not_found")
    message = state.post(channel.id, app.bot_user, content, thread_ts=thread)
    state.arrivals.append((channel.id, message.ts, message.reference))
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
    if len(json.dumps(view)) > MOST_VIEW:
        raise SlackError("view_too_large")
    content: Mapping[str, Any] = view
    return content


def _same_hash(view: View, args: Args) -> None:
    if args.get("hash") not in (None, view.hash):
        raise SlackError("hash_conflict")


def _writable(state: State, app: App, id_: object) -> Channel:
    channel = state.channel(id_)
    if channel.is_archived:
        raise SlackError("is_archived")
    return readable(state, app, id_)


_MESSAGE = frozenset(
    {"text", "blocks", "metadata", "thread_ts", "unfurl_links", "unfurl_media", "mrkdwn", "parse", "link_names"}
)


def _names(*names: str) -> frozenset[str]:
    return frozenset(names)


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "auth.test": Method(_auth_test, _names()),
        "chat.postMessage": Method(_post_message, _names("channel"), _MESSAGE | {"reply_broadcast"}, "chat:write"),
        "chat.postEphemeral": Method(_post_ephemeral, _names("channel", "user"), _MESSAGE, "chat:write"),
        "chat.update": Method(_update, _names("channel", "ts"), _MESSAGE - {"thread_ts"}, "chat:write"),
        **lookups.METHODS,
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
