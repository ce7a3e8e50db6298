"""The app manifest, judged by Slack's own schema, and by our rules where that is silent: names of scopes and events."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.playground.state import App
from bot.playground.web_api import METHODS
from bot.slack.events import happening
from bot.slack.manifest import EVENTS, PROMPTS, SCOPES, manifest
from bot.slack.wishes import ASK, ASK_ABOUT, EXCEPT, EXCEPT_ABOUT, REVIEW_ABOUT

SCHEMA = Path(__file__).parent / "schemas" / "manifest.schema.1.0.0.json"
DOCS = Path(__file__).parents[2] / "docs" / "connect-slack.md"
URL = "https://archway.example.org"

# As Slack's reference spells them (docs.slack.dev/reference/scopes and /events); the schema takes any text.
SLACKS_SCOPES = frozenset(
    "app_mentions:read assistant:write bookmarks:read bookmarks:write calls:read calls:write canvases:read "  # noqa: SIM905  # a table
    "canvases:write channels:history channels:join channels:manage channels:read chat:write chat:write.customize "
    "chat:write.public commands conversations.connect:manage conversations.connect:read conversations.connect:write "
    "dnd:read emoji:read files:read files:write groups:history groups:read groups:write im:history im:read im:write "
    "incoming-webhook links.embed:write links:read links:write lists:read lists:write metadata.message:read "
    "mpim:history mpim:read mpim:write pins:read pins:write reactions:read reactions:write reminders:read "
    "reminders:write remote_files:read remote_files:share remote_files:write team.billing:read team:read "
    "usergroups:read usergroups:write users.profile:read users:read users:read.email users:write".split()
)
# Which scope each event needs; None where it needs none.
SLACKS_EVENTS = {
    "agent_session_stopped": None,
    "app_context_changed": None,
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "link_shared": "links:read",
    "member_joined_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
}
VARIANTS: dict[str, dict[str, Any]] = {
    "http": manifest(URL, "/arch", ["git.example.org", "Docs.Example.org:8443", "git.example.org"]),
    "socket mode": manifest(None, "/guide", []),
    "five hosts": manifest(URL + "/", "/arch", [f"h{n}.example.org" for n in range(5)]),
}


def everything(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from everything(inner)


@pytest.mark.judge
@pytest.mark.parametrize("made", VARIANTS.values(), ids=VARIANTS.keys())
def test_slacks_own_schema_accepts_it(made: dict[str, Any]) -> None:
    validation = importlib.import_module("jsonschema")  # in the judges' environment alone
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert [error.message for error in validation.Draft7Validator(schema).iter_errors(made)] == []
    spoilt = {**made, "features": {**made["features"], "agent_view": {"agent_description": "x" * 301}}}
    assert list(validation.Draft7Validator(schema).iter_errors(spoilt))


@pytest.mark.parametrize("made", VARIANTS.values(), ids=VARIANTS.keys())
def test_scopes_and_events_are_spelt_as_slack_spells_them_and_fit_together(made: dict[str, Any]) -> None:
    scopes = set(made["oauth_config"]["scopes"]["bot"])
    events = made["settings"]["event_subscriptions"]["bot_events"]
    assert scopes <= SLACKS_SCOPES
    assert set(events) <= set(SLACKS_EVENTS)
    assert {scope for event in events if (scope := SLACKS_EVENTS[event])} <= scopes


@pytest.mark.parametrize("made", VARIANTS.values(), ids=VARIANTS.keys())
def test_limits_that_slack_documents_are_held(made: dict[str, Any]) -> None:
    about, features = made["display_information"], made["features"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert 175 <= len(about["long_description"]) <= 4_000
    assert re.fullmatch("#[0-9a-f]{6}", about["background_color"])
    assert len(features["agent_view"]["agent_description"]) <= 300
    assert 1 <= len(features["agent_view"]["suggested_prompts"]) <= 4
    assert all(len(shortcut["name"]) <= 24 for shortcut in features["shortcuts"])
    assert all(len(text) <= 4_000 for text in everything(made))


def test_the_scopes_are_those_that_the_methods_we_call_need_and_no_more() -> None:
    needed = {method.scope for method in METHODS.values() if method.scope}
    for_events = {scope for scope in SLACKS_EVENTS.values() if scope}
    for_answers = {"groups:read", "users:read.email"}  # private channels in a choice, the address in what a person is
    assert set(SCOPES) == needed | for_events | for_answers | {"commands"}
    assert set(SCOPES) <= App().scopes


def test_every_event_we_ask_for_is_understood() -> None:
    samples: dict[str, dict[str, Any]] = {
        "app_mention": {"user": "U1", "channel": "C1", "ts": "1.1", "text": "x"},
        "message": {"user": "U1", "channel": "C1", "ts": "1.1", "text": "x"},
        "link_shared": {"user": "U1", "channel": "C1", "message_ts": "1.1", "links": [{"url": "https://x"}]},
        "app_home_opened": {"user": "U1"},
        "app_context_changed": {"user": "U1"},
        "agent_session_stopped": {"channel": "D1"},
        "member_joined_channel": {"user": "U0BOT"},
    }
    for event in EVENTS:
        type_ = event.partition(".")[0]
        assert happening({"event": {"type": type_, **samples[type_]}}, "U0BOT") is not None, event


def test_over_http_everything_goes_to_one_address() -> None:
    made = VARIANTS["http"]
    address = f"{URL}/slack/events"
    assert made["settings"]["event_subscriptions"]["request_url"] == address
    assert made["settings"]["interactivity"]["request_url"] == address
    assert made["settings"]["interactivity"]["message_menu_options_url"] == address  # what is found as somebody types
    assert made["features"]["slash_commands"][0]["url"] == address
    assert made["settings"]["socket_mode_enabled"] is False
    assert manifest(address, "/arch", []) == manifest(URL, "/arch", [])


def test_without_an_address_it_is_socket_mode() -> None:
    made = VARIANTS["socket mode"]
    assert made["settings"]["socket_mode_enabled"] is True
    assert made["features"]["slash_commands"][0]["command"] == "/guide"
    assert not [text for text in everything(made) if text.startswith("http")]


def test_without_hosts_nothing_is_asked_for_links() -> None:
    made = VARIANTS["socket mode"]
    assert "unfurl_domains" not in made["features"]
    assert not [text for text in everything(made) if text.startswith("link")]
    assert VARIANTS["http"]["features"]["unfurl_domains"] == ["git.example.org", "docs.example.org"]


def test_the_shortcuts_are_the_ones_that_are_answered() -> None:
    shortcuts = [(one["type"], one["callback_id"]) for one in VARIANTS["http"]["features"]["shortcuts"]]
    assert shortcuts == [
        ("global", ASK),
        ("message", ASK_ABOUT),
        ("global", EXCEPT),
        ("message", EXCEPT_ABOUT),
        ("message", REVIEW_ABOUT),
    ]


def test_people_in_a_command_arrive_as_who_they_are() -> None:
    (slash,) = VARIANTS["http"]["features"]["slash_commands"]
    assert slash["should_escape"] is True


def test_the_prompts_are_those_that_the_bot_sets() -> None:
    prompts = VARIANTS["http"]["features"]["agent_view"]["suggested_prompts"]
    assert [(prompt["title"], prompt["message"]) for prompt in prompts] == list(PROMPTS)


@pytest.mark.parametrize(
    ("url", "hosts", "fault"),
    [
        ("http://archway.example.org", [], "https://"),
        ("archway.example.org", [], "https://"),
        ("https://a b", [], "https://"),
        ("https://user@archway.example.org", [], "https://"),
        (URL, ["not a host"], "host like"),
        (URL, ["-x.org"], "host like"),
        (URL, [f"h{n}.org" for n in range(6)], "5 hosts"),
    ],
)
def test_what_slack_would_refuse_is_refused_with_a_sentence(url: str, hosts: list[str], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        manifest(url, "/arch", hosts)


def test_the_manual_explains_every_scope_and_event() -> None:
    text = DOCS.read_text(encoding="utf-8")
    missing = [name for name in (*SCOPES, *EVENTS) if f"`{name}`" not in text]
    assert missing == []
    assert all(reason in text for reason in SCOPES.values())
