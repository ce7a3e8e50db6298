"""Slack's app manifest: what an administrator pastes at api.slack.com/apps to make the app, scopes and events included."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

NAME = "Archway"
DESCRIPTION = "Answers questions about your architecture standards, decisions and runbooks, with the exact clause."
ABOUT = (
    "Archway reads your organisation's architecture standards, decision records, patterns and runbooks, and answers "
    "questions about them in the very words of the documents: each with its clause, its owner and a link to where it "
    "stands. Ask with the slash command, by mention, in a direct message or from a message's menu. It quotes, and "
    "invents nothing: what no document says is answered with an honest no."
)
AGENT = "Ask what your standards, decision records and runbooks say. Answers are quoted from the documents, with links."
COLOUR = "#20304d"

# What the agent's view offers to begin with: titles and questions.
PROMPTS: tuple[tuple[str, str], ...] = (
    ("What must be encrypted?", "What must be encrypted?"),
    ("Before we go live", "What must a new service have before it goes live?"),
    ("Roll back a release", "How do we roll back a release?"),
    ("What else can I ask?", "help"),
)

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "app_mentions:read": "to hear a question that mentions it in a channel",
        "assistant:write": "to be an agent: status, title, suggested prompts, the stop button",
        "channels:history": "to hear follow-up questions and replies in threads of public channels that it was added to, "
        "and to see there whether a post came through when the connection was cut",
        "channels:read": "to offer the public channels that an answer can be shared in, and to greet when it is added",
        "chat:write": "to answer in threads and direct messages, and to announce where somebody subscribed",
        "commands": "for the slash command and the shortcuts",
        "groups:history": "the same in private channels that it was added to",
        "groups:read": "to offer the private channels that an answer can be shared in",
        "im:history": "to hear questions in direct messages with it, and to see there whether a post came through",
        "im:write": "to write to somebody first: a reminder, or the reply of an architect",
        "links:read": "to see links to your documents, of the hosts named in the manifest alone",
        "links:write": "to show a preview below such links",
        "mpim:history": "to hear follow-up questions in group messages that it was added to",
        "usergroups:read": "to know who is in the user groups that roles name in governance.yaml",
        "users:read": "to tell members from guests and from people of other organisations",
        "users:read.email": "to know that an account in Slack and one in Teams are the same person's",
    }
)

EVENTS: tuple[str, ...] = (
    "agent_session_stopped",
    "app_context_changed",
    "app_home_opened",
    "app_mention",
    "link_shared",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
)

_FOR_LINKS = ("links:read", "links:write", "link_shared")
_HOST = re.compile(r"(?![.\-])[-a-z0-9.]+[a-z0-9]")
MOST_HOSTS = 5


def manifest(url: str | None, command: str, unfurl_hosts: Sequence[str]) -> dict[str, Any]:
    """The manifest. `url` is where Slack reaches the bot ("https://archway.example.org"); without it the app uses
    Socket Mode. `command` is the slash command ("/arch"), `unfurl_hosts` are the hosts of links to documents.

    Raises `ValueError` for an address that is not https, for a host that Slack would not take, and for a sixth one.
    """
    address = _events_address(url) if url else None
    hosts = _hosts(unfurl_hosts)
    left_out = () if hosts else _FOR_LINKS
    events: dict[str, Any] = {"bot_events": [event for event in EVENTS if event not in left_out]}
    interactivity: dict[str, Any] = {"is_enabled": True}
    slash = {
        "command": command,
        "description": "Ask what our standards, decisions and runbooks say",
        "usage_hint": "how do we encrypt buckets?",
        "should_escape": True,  # people and channels arrive with their names
    }
    if address:
        events["request_url"] = interactivity["request_url"] = slash["url"] = address
        interactivity["message_menu_options_url"] = address  # what can be chosen in a form as somebody types
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": NAME,
            "description": DESCRIPTION,
            "long_description": ABOUT,
            "background_color": COLOUR,
        },
        "features": {
            "agent_view": {
                "agent_description": AGENT,
                "suggested_prompts": [{"title": title, "message": message} for title, message in PROMPTS],
            },
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "shortcuts": [
                {
                    "name": "Ask the standards",
                    "type": "global",
                    "callback_id": "ask",
                    "description": "Opens a form to ask in; the answer is for you alone",
                },
                {
                    "name": "Ask standards about this",  # 24 characters: Slack's limit
                    "type": "message",
                    "callback_id": "ask_about",
                    "description": "Asks what a message asks; the answer is for you alone",
                },
                {
                    "name": "Request an exception",
                    "type": "global",
                    "callback_id": "request_exception",
                    "description": "Opens the form to deviate from a clause or standard for a time",
                },
                {
                    "name": "Request an exception",
                    "type": "message",
                    "callback_id": "request_exception_about",
                    "description": "Opens the same form with what a message says",
                },
                {
                    "name": "Request a review",
                    "type": "message",
                    "callback_id": "request_review_about",
                    "description": "Opens the form for an architecture review with what a message says",
                },
            ],
            "slash_commands": [slash],
            **({"unfurl_domains": hosts} if hosts else {}),
        },
        "oauth_config": {"scopes": {"bot": [scope for scope in SCOPES if scope not in left_out]}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": True,
            "socket_mode_enabled": address is None,
            "token_rotation_enabled": False,
        },
    }


def _events_address(url: str) -> str:
    if not re.fullmatch(r"https://[^\s/?#@]+(/[^\s?#]*)?", url):
        raise ValueError(f"{url} is not an address like https://archway.example.org, which Slack could reach.")
    base = url.rstrip("/").removesuffix("/slack/events")
    return f"{base}/slack/events"


def _hosts(hosts: Sequence[str]) -> list[str]:
    known = list(dict.fromkeys(host.lower().partition(":")[0] for host in hosts))
    for host in known:
        if not _HOST.fullmatch(host) or len(host) > 255:
            raise ValueError(f"{host} is not a host like git.example.org.")
    if len(known) > MOST_HOSTS:
        raise ValueError(f"Slack shows previews for {MOST_HOSTS} hosts at most; {len(known)} are named.")
    return known
