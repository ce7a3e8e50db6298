import json
from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from bot.domain.commands import Ask, Help, Show
from bot.domain.people import Account, Standing
from bot.playground.deliveries import JSON, SIGNATURE, TIMESTAMP
from bot.playground.slack import ALAN
from tests.slack.room import SECRET, TOKEN, Room, open_room

pytestmark = pytest.mark.asyncio

Logged = list[MutableMapping[str, Any]]


async def test_a_question_is_answered_for_the_asker_alone(room: Room) -> None:
    shown = await room.slack.command("/arch", "how do we encrypt <buckets> & disks?", user=ALAN)
    by = Account("slack", "U0ALAN", organisation="T0PLAYGROUND")
    assert room.commands == [Ask(by, "how do we encrypt <buckets> & disks?")]
    assert shown.error is None
    assert not shown.for_all
    assert shown.words.startswith("You asked: how do we encrypt <buckets> & disks?\n")
    assert shown.http.content_type == JSON
    assert [message.only_for for message in room.slack.messages] == ["U0ALAN"]


async def test_verbs_count_when_the_rest_parses_and_an_empty_line_asks_for_help(room: Room) -> None:
    for line in ("show STD-004", "show me", "", "help"):
        assert (await room.slack.command("/arch", line)).error is None
    assert [type(command) for command in room.commands] == [Show, Ask, Help, Help]


async def test_the_command_word_is_the_one_that_was_set() -> None:
    async with open_room("/guide") as room:
        assert (await room.slack.command("/guide", "help")).words == "Ask in plain words"
        shown = await room.slack.command("/arch", "help")
        assert "/guide help" in shown.words
        assert room.commands == [Help(Account("slack", "U0GRACE", organisation="T0PLAYGROUND"))]


async def test_no_text_can_mention_anybody_or_mislead_with_a_label(room: Room) -> None:  # abuse 31, 32
    line = "<!channel> <@U0ALAN> <!subteam^S1> <https://evil.example|https://good.example> *b* `c` &lt;!here&gt; @alan"
    shown = await room.slack.command("/arch", line)
    assert shown.error is None
    assert shown.pings == ()
    assert shown.links == ()
    assert "<!channel> <@U0ALAN>" in shown.words
    assert shown.message["unfurl_links"] is shown.message["unfurl_media"] is False


async def test_nothing_unsigned_is_let_in(room: Room, logged: Logged) -> None:  # abuse 1
    good = room.slack.signed_command("/arch", "who pays?")
    for bad in (
        good.without(SIGNATURE),
        good.without(TIMESTAMP),
        good.doubled(SIGNATURE),
        good.doubled(TIMESTAMP),
        good.with_header(SIGNATURE, "v0=" + "0" * 64),
        good.with_header(SIGNATURE, "v0=ünïcode"),
        good.with_header(SIGNATURE, ""),
        good.with_header(TIMESTAMP, str(int(room.clock()) + 1)),
        good.with_body(good.body + b"&a=b"),
        good.with_body(b"[" * 100_000).with_header("Content-Type", JSON),
    ):
        assert (await room.slack.send(bad)).status == 401
    assert room.commands == []
    assert "who" not in repr(logged)
    assert (await room.slack.send(good)).status == 200


async def test_the_secret_of_another_app_opens_nothing(room: Room) -> None:
    room.slack.signing_secret = "another"
    assert (await room.slack.command("/arch", "help")).error == "dispatch_failed"
    assert room.commands == []


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_what_was_signed_more_than_five_minutes_away_is_refused(room: Room, seconds: int) -> None:  # abuse 2
    signed = room.slack.signed_command("/arch", "help")
    room.clock.seconds += seconds
    assert (await room.slack.send(signed)).status == 401


@pytest.mark.parametrize("timestamp", ["nan", "1e9", "-1", "9" * 300, "١٥٣", "1_790_000_000", "0x6ab"])
async def test_a_timestamp_that_is_no_number_is_refused(room: Room, timestamp: str) -> None:  # abuse 2
    body = room.slack.signed_command("/arch", "help").body
    assert (await room.slack.send(room.slack.signed(body, at=timestamp))).status == 401


async def test_a_replay_is_acknowledged_and_has_no_second_effect(room: Room) -> None:  # abuse 3
    signed = room.slack.signed_command("/arch", "who pays?")
    assert (await room.slack.send(signed)).body
    for later in (0, 10, 280):
        room.clock.seconds += later
        again = await room.slack.send(signed)
        assert (again.status, again.body) == (200, b"")
    assert len(room.commands) == 1
    await room.slack.command("/arch", "who pays?")
    assert len(room.commands) == 2  # asked again by the person, not by a replay


async def test_a_packed_body_is_refused_whoever_signed_it(room: Room) -> None:  # abuse 4
    signed = room.slack.signed_command("/arch", "help")
    assert (await room.slack.send(signed.gzipped())).status == 415
    packed = room.slack.signed(signed.gzipped().body).with_header("Content-Encoding", "gzip")
    assert (await room.slack.send(packed)).status == 415
    assert (await room.slack.send(signed.with_header("Content-Encoding", "identity"))).status == 415


async def test_a_body_that_was_written_anew_on_the_way_is_refused(room: Room) -> None:  # abuse 4
    signed = room.slack.signed_command("/arch", "a b")
    assert b"a+b" in signed.body
    assert (await room.slack.send(signed.with_body(signed.body.replace(b"a+b", b"a%20b")))).status == 401


BOMBS = {
    "deep": '{"type": ' + "[" * 200_000,
    "deep and whole": '{"type": ' + "[" * 50_000 + "]" * 50_000 + "}",
    "duplicate member": '{"type": "event_callback", "type": "url_verification"}',
    "giant number": '{"type": "event_callback", "event_time": ' + "9" * 500_000 + "}",
    "infinite number": '{"type": "event_callback", "event_time": 1e400}',
    "not a number": '{"type": "event_callback", "event_time": NaN}',
    "cut short": '{"type": "event_callback"',
    "list": "[]",
    "null": "null",
    "text": '"event_callback"',
    "empty object": "{}",
    "empty": "",
    "type is no text": '{"type": {"a": 1}}',
    "challenge is no text": '{"type": "url_verification", "challenge": [1]}',
    "authorizations are no list": '{"type": "event_callback", "authorizations": 7}',
    "team is a number": '{"type": "block_actions", "team": 7}',
    "event's user is a list of numbers": '{"type": "event_callback", "event": {"user": 7}}',
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS.keys())
async def test_malformed_json_is_a_bad_request(room: Room, logged: Logged, body: str) -> None:  # abuse 12
    for signed in (room.slack.signed(body.encode(), JSON), room.slack.signed(b"payload=" + quote(body).encode())):
        answer = await room.slack.send(signed)
        assert answer.status == 400
        assert answer.json["error"].endswith(".")
    assert not [entry for entry in logged if entry["log_level"] in ("error", "critical")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"text=hello",
        b"command=%2Farch",
        b"command=%2Farch&user_id=&team_id=T1",
        b"text=a&text=b",
        b"a" * 10_000,
        b"\xff=1",
    ],
)
async def test_a_form_that_is_no_command_is_a_bad_request(room: Room, body: bytes) -> None:  # abuse 12
    assert (await room.slack.send(room.slack.signed(body))).status == 400
    assert room.commands == []


async def test_nul_and_lone_surrogates_are_normalised(room: Room) -> None:  # abuse 13
    body = room.slack.signed_command("/arch", "XX").body
    assert (await room.slack.send(room.slack.signed(body.replace(b"XX", b"a%00b+%ED%A0%80")))).status == 200
    assert room.commands[0] == Ask(Account("slack", "U0GRACE", organisation="T0PLAYGROUND"), "a�b ���")


async def test_what_is_meant_for_another_workspace_or_app_is_refused(room: Room) -> None:  # abuse 10
    app = room.slack.app
    assert await room.introduce()
    assert (await room.slack.command("/arch", "help")).error is None
    for foreign in (replace(app, team="T0OTHER"), replace(app, id="A0OTHER")):
        room.slack.app = foreign
        assert (await room.slack.send(room.slack.signed_command("/arch", "help"))).status == 403
        assert (await room.slack.event({"type": "message", "user": "U0GRACE"})).status == 403
        assert (await room.slack.shortcut("ask")).status == 403
    assert len(room.commands) == 1


async def test_an_event_from_a_partners_workspace_in_a_shared_channel_is_ours_when_slack_sends_it_to_us(
    room: Room,
) -> None:
    assert await room.introduce()
    body = room.slack.signed_event({"type": "message", "user": "U0GRACE"}).body
    partners = body.replace(b'"team_id": "T0PLAYGROUND"', b'"team_id": "T0PARTNER"', 1)  # who wrote, not whom it is for
    assert (await room.slack.send(room.slack.signed(partners, JSON))).status == 200


async def test_all_workspaces_of_an_organisation_are_answered_and_foreign_ones_are_not(room: Room) -> None:
    room.slack.app = grid = replace(room.slack.app, enterprise="E0GRID")
    assert await room.introduce()
    for workspace in ("T0PLAYGROUND", "T0SECOND", "T0THIRD"):
        room.slack.app = replace(grid, team=workspace)
        assert (await room.slack.command("/arch", "who pays?")).error is None
        assert (await room.slack.event({"type": "message", "user": "U0GRACE"})).status == 200
        assert (await room.slack.shortcut("ask")).status == 200
    await room.rest()
    assert {command.by for command in room.commands} == {Account("slack", "U0GRACE", organisation="E0GRID")}
    assert {command.by.standing for command in room.commands} == {Standing.MEMBER}
    for foreign in (
        replace(grid, team="T0OTHER", enterprise="E0OTHER"),
        replace(grid, team="T0OTHER", enterprise=None),
    ):
        room.slack.app = foreign
        assert (await room.slack.send(room.slack.signed_command("/arch", "help"))).status == 403
        assert (await room.slack.event({"type": "message", "user": "U0GRACE"})).status == 403
        assert (await room.slack.shortcut("ask")).status == 403


async def test_without_leave_to_ask_for_the_app_the_workspace_alone_counts(room: Room) -> None:
    app = room.slack.app
    room.slack.app = replace(app, scopes=frozenset({"commands"}))
    assert await room.introduce()
    room.slack.app = replace(app, id="A0OTHER")
    assert (await room.slack.command("/arch", "help")).error is None


async def test_a_token_that_slack_refuses_is_named_in_the_log_and_commands_are_answered(
    room: Room, logged: Logged
) -> None:
    room.slack.bot_token = "xoxb-new"
    assert not await room.introduce()
    assert {entry["reason"] for entry in logged} == {"invalid_auth"}
    assert TOKEN not in repr(logged)
    assert (await room.slack.command("/arch", "help")).error is None


async def test_without_a_way_to_slack_the_bot_still_answers_commands(logged: Logged) -> None:
    async with open_room(api_url="http://127.0.0.1:1/api/") as cut_off:
        assert not await cut_off.introduce()
        assert logged[-1]["event"].startswith("Slack's Web API is out of reach")
        assert TOKEN not in repr(logged)
        assert (await cut_off.slack.command("/arch", "help")).error is None


async def test_slacks_checks_of_address_and_certificate_are_answered(room: Room) -> None:
    check = room.slack.signed(b'{"type": "url_verification", "token": "x", "challenge": "3eZbrw1a"}', JSON)
    assert (await room.slack.send(check)).json == {"challenge": "3eZbrw1a"}
    assert (await room.slack.send(room.slack.signed(b"ssl_check=1&token=x"))).status == 200


async def test_a_retried_event_is_acknowledged_and_not_done_again(room: Room, logged: Logged) -> None:
    mention = {"type": "app_mention", "user": "U0GRACE", "text": "hello", "channel": "C0GENERAL", "ts": "1.1"}
    assert (await room.slack.event(mention, id_="Ev7")).status == 200
    room.clock.seconds += 360
    assert (await room.slack.event(mention, id_="Ev7")).status == 200
    await room.rest()
    assert [e["event"] for e in logged if e.get("kind") == "event_callback"] == [
        "a delivery came again and was not done again",
    ]
    assert room.commands == [Ask(Account("slack", "U0GRACE", organisation="T0PLAYGROUND"), "hello", for_all=True)]


VIEW = {"id": "V1", "callback_id": "form", "type": "modal", "state": {"values": {}}}
CATCH_ALL: dict[str, dict[str, Any]] = {
    "block_actions": {
        "actions": [{"action_id": "old", "block_id": "b", "type": "button"}],
        "response_url": "https://x",
    },
    "view_closed": {"view": VIEW, "is_cleared": False},
    "shortcut": {"callback_id": "ask"},
    "message_action": {"callback_id": "ask", "message": {"ts": "1.1", "text": "hello", "user": "U0ALAN"}},
    "workflow_step_edit": {"callback_id": "old"},
    "next_years_idea": {},
}


@pytest.mark.parametrize("kind", CATCH_ALL)
async def test_what_nothing_waits_for_is_acknowledged_and_never_404(room: Room, kind: str) -> None:
    answer = await room.slack.send(room.slack.signed_interaction(kind, CATCH_ALL[kind]))
    assert (answer.status, answer.body) == (200, b"")


async def test_a_form_of_an_earlier_version_is_answered_with_a_sentence(room: Room) -> None:
    answer = await room.slack.send(room.slack.signed_interaction("view_submission", {"view": VIEW}))
    assert answer.json["response_action"] == "update"
    assert "earlier version" in json.dumps(answer.json["view"]["blocks"])


@pytest.mark.parametrize(
    "name", ["message", "app_home_opened", "agent_session_stopped", "tokens_revoked", "next_years"]
)
async def test_every_event_is_acknowledged(room: Room, name: str) -> None:
    answer = await room.slack.event({"type": name, "user": "U0GRACE", "channel": "C0GENERAL"})
    assert (answer.status, answer.body) == (200, b"")


async def test_a_select_that_nobody_fills_offers_nothing(room: Room) -> None:
    question = {"action_id": "clause", "block_id": "b", "value": "enc", "view": VIEW}
    answer = await room.slack.send(room.slack.signed_interaction("block_suggestion", question))
    assert answer.json == {"options": []}


async def test_a_fault_is_logged_under_the_reference_that_is_shown(room: Room, logged: Logged) -> None:
    shown = await room.slack.command("/arch", "break the library")
    (entry,) = [entry for entry in logged if entry["log_level"] == "error"]
    assert shown.http.status == 200
    assert shown.error is None
    assert entry["reference"] in shown.words
    assert isinstance(entry["exc_info"], RuntimeError)
    assert "burnt" not in shown.words
    assert "break the library" not in repr({**entry, "exc_info": None})


async def test_bolts_lazy_header_from_outside_has_no_effect(room: Room) -> None:
    signed = room.slack.signed_command("/arch", "help")
    lazy = signed.with_header("X-Slack-Bolt-Lazy-Only", "1").with_header("X-Slack-Bolt-Lazy-Function-Name", "listener")
    assert (await room.slack.send(lazy)).json["response_type"] == "ephemeral"
    assert room.commands == [Help(Account("slack", "U0GRACE", organisation="T0PLAYGROUND"))]


async def test_neither_secret_nor_body_reaches_the_log(room: Room, logged: Logged) -> None:  # abuse 43
    await room.slack.command("/arch", "my password is canary")
    await room.slack.command("/arch", "break it, canary")
    for spoilt in (
        '{"canary": 1',
        '{"type": "event_callback", "team": "canary", "authorizations": [7]}',
        '{"canary": 1}',
    ):
        await room.slack.send(room.slack.signed(spoilt.encode(), JSON))
    await room.slack.send(room.slack.signed(b"canary=1&canary=2"))
    everything = json.dumps(logged, default=repr)
    assert "canary" not in everything
    assert SECRET not in everything
    assert TOKEN not in everything
