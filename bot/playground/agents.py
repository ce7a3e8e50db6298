"""The Web API's methods for agents: sessions with a status and a title, suggested prompts, streamed messages.

Which error code Slack gives to an app that is no agent is not documented; here it is `not_allowed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.playground.blocks import faults_in_message
from bot.playground.methods import Args, Method
from bot.playground.schema import Check, kind, one_of, string, typed
from bot.playground.state import App, Message, Session, SlackError, State, Stream

STATUSES = ("active", "processing", "suspended", "closed")
MOST_TITLE, MOST_PROMPTS, MOST_MARKDOWN = 200, 4, 12_000


def _any_list(_: Any, __: str) -> Any:
    return iter(())


_CHUNK: Check = typed(
    {
        **kind("markdown_text", {"text": string(1, MOST_MARKDOWN)}),
        **kind("plan_update", {"title": string(1, 256)}),
        **kind(
            "task_update",
            {
                "id": string(1, 255),
                "title": string(1, 256),
                "status": one_of("pending", "in_progress", "complete", "error"),
            },
            {"details": string(1, 256), "output": string(1, 256), "sources": _any_list},
        ),
        **kind("blocks", {"blocks": _any_list}),
    }
)


def _set_status(state: State, app: App, args: Args) -> dict[str, Any]:
    key = _thread(state, app, args)
    if args["status"] not in STATUSES:
        raise SlackError("invalid_arguments", "[ERROR] invalid status [json-pointer:/status]")
    session = state.sessions.get(key)
    if session is None:
        session = state.sessions[key] = Session(args["status"], _title(args.get("title") or " ").strip())
    session.status = args["status"]
    return {"agent_status": session.status, "status": session.status, "title": session.title}


def _rename(state: State, app: App, args: Args) -> dict[str, Any]:
    session = state.sessions.get(_thread(state, app, args))
    if session is None:
        raise SlackError("session_not_found")
    session.title = _title(args["title"])
    return {"title": session.title}


def _title(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MOST_TITLE:
        raise SlackError("invalid_arguments", "[ERROR] 1 to 200 characters [json-pointer:/title]")
    return value


def _thread(state: State, app: App, args: Args) -> tuple[str, str]:
    if not app.is_agent:
        raise SlackError("not_allowed")
    channel = state.channel(args["channel_id"])
    thread = args.get("thread_ts")
    if not thread:
        raise SlackError("invalid_arguments", "[ERROR] missing required field: thread_ts")
    state.message(channel.id, thread)
    return channel.id, str(thread)


def _suggest(state: State, _: App, args: Args) -> dict[str, Any]:
    channel = state.channel(args["channel_id"])
    prompts = args["prompts"]
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= MOST_PROMPTS:
        raise SlackError("invalid_arguments", "[ERROR] 1 to 4 items [json-pointer:/prompts]")
    for prompt in prompts:
        if not isinstance(prompt, dict) or set(prompt) != {"title", "message"} or not all(prompt.values()):
            raise SlackError("invalid_arguments", "[ERROR] a prompt is a title and a message [json-pointer:/prompts]")
    state.prompts[channel.id] = prompts
    return {}


def _start(state: State, app: App, args: Args) -> dict[str, Any]:
    channel = state.channel(args["channel"])
    if app.bot_user not in channel.members and channel.kind != "im":
        raise SlackError("not_in_channel")
    thread = args.get("thread_ts")
    if not thread:
        raise SlackError("invalid_thread_ts")
    state.message(channel.id, thread)
    if channel.kind != "im":
        for name in ("recipient_user_id", "recipient_team_id"):
            if name not in args:
                raise SlackError(f"missing_{name}")
    message = state.post(channel.id, app.bot_user, {"text": "", "blocks": []}, thread_ts=thread)
    state.streams[channel.id, message.ts] = Stream()
    _write(state, message, args)
    return {"channel": channel.id, "ts": message.ts}


def _append(state: State, _: App, args: Args) -> dict[str, Any]:
    message = _streaming(state, args)
    if not args.get("markdown_text") and not args.get("chunks"):
        raise SlackError("no_text")
    _write(state, message, args)
    return {"channel": message.channel, "ts": message.ts}


def _stop(state: State, app: App, args: Args) -> dict[str, Any]:
    message = _streaming(state, args)
    if args.get("session_status") not in (None, *STATUSES):
        raise SlackError("invalid_arguments", "[ERROR] invalid status [json-pointer:/session_status]")
    faults = faults_in_message(args.get("blocks") or [])
    if faults:
        raise SlackError("invalid_blocks", *(f"[ERROR] {fault}" for fault in faults))
    message = _write(state, message, args)
    state.change(message, {**message.content, "blocks": [*message.content["blocks"], *(args.get("blocks") or [])]})
    state.streams[message.channel, message.ts].is_open = False
    if args.get("session_status") and app.is_agent:
        state.sessions[message.channel, str(message.thread_ts)].status = args["session_status"]
    return {"channel": message.channel, "ts": message.ts}


def _streaming(state: State, args: Args) -> Message:
    message = state.message(state.channel(args["channel"]).id, args["ts"])
    stream = state.streams.get((message.channel, message.ts))
    if stream is None or not stream.is_open:
        raise SlackError("message_not_in_streaming_state")
    return message


def _write(state: State, message: Message, args: Args) -> Message:
    chunks: list[Mapping[str, Any]] = list(args.get("chunks") or [])
    for faults in (tuple(_CHUNK(chunk, f"/chunks/{number}")) for number, chunk in enumerate(chunks)):
        if faults:
            raise SlackError("invalid_chunks", *(f"[ERROR] {fault}" for fault in faults))
    if args.get("markdown_text"):
        chunks.append({"type": "markdown_text", "text": args["markdown_text"]})
    state.streams[message.channel, message.ts].chunks.extend(chunks)
    text, blocks = str(message.content.get("text", "")), list(message.content["blocks"])
    for chunk in chunks:
        if chunk["type"] == "markdown_text":
            text += chunk["text"]
        elif chunk["type"] == "blocks":
            faults = faults_in_message(chunk["blocks"])
            if faults:
                raise SlackError("invalid_blocks", *(f"[ERROR] {fault}" for fault in faults))
            blocks.extend(chunk["blocks"])
    return state.change(message, {**message.content, "text": text, "blocks": blocks})


_CHUNKS = frozenset({"markdown_text", "chunks"})

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "agents.sessions.setStatus": Method(
            _set_status,
            frozenset({"channel_id", "status"}),
            frozenset({"thread_ts", "title", "initiator_user_id"}),
            "chat:write",
        ),
        "agents.sessions.rename": Method(
            _rename, frozenset({"channel_id", "title"}), frozenset({"thread_ts"}), "chat:write"
        ),
        "assistant.threads.setSuggestedPrompts": Method(
            _suggest, frozenset({"channel_id", "prompts"}), frozenset({"thread_ts", "title"}), "assistant:write"
        ),
        "chat.startStream": Method(
            _start,
            frozenset({"channel"}),
            _CHUNKS | {"thread_ts", "recipient_user_id", "recipient_team_id", "task_display_mode"},
            "chat:write",
        ),
        "chat.appendStream": Method(_append, frozenset({"channel", "ts"}), _CHUNKS, "chat:write"),
        "chat.stopStream": Method(
            _stop, frozenset({"channel", "ts"}), _CHUNKS | {"blocks", "metadata", "session_status"}, "chat:write"
        ),
    }
)
