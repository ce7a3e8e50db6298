"""What changes something is on disk before Slack hears that it came, and is done once: whatever is sent again, whoever
is restarted meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.delivery import Delivery, Overloaded, Recorded
from bot.domain.commands import Ask, Command, Subscribe, Unsubscribe
from bot.domain.people import Standing
from bot.playground import sockets
from bot.playground.deliveries import JSON
from bot.playground.slack import ALAN, GENERAL, GRACE
from bot.slack import gestures, slash
from bot.slack.inbound import Kind
from bot.slack.intake import Intake
from bot.slack.interactions import Pressed, Spot
from bot.slack.wishes import Wish
from bot.store.database import Database
from bot.store.tables import inbox
from tests.slack.room import Room, open_room

pytestmark = pytest.mark.asyncio

OVER = -1.0  # a lease that is over at once: what is recorded is left behind


@pytest_asyncio.fixture
async def kept(database: Database) -> AsyncIterator[Room]:
    """A room whose bot records."""
    async with open_room(database=database) as opened:
        assert await opened.introduce()
        yield opened


def rows(database: Database) -> list[Any]:
    return database.read_now(lambda unit: list(unit.connection.execute(select(inbox).order_by(inbox.c.at))))


def words(room: Room) -> list[str]:
    return [command.words for command in room.commands if isinstance(command, Subscribe)]


def shown(room: Room) -> list[str]:
    return [message.words.splitlines()[0] for message in room.slack.messages if message.author == "U0ARCHWAY"]


async def left_behind(room: Room) -> Recorded:
    """The one delivery whose work was cut."""
    assert room.inbox
    (delivery,) = await room.inbox.left_behind("slack")
    return delivery


async def test_a_change_is_recorded_before_its_answer_and_handled_under_its_key(kept: Room, database: Database) -> None:
    answer = await kept.slack.command("/arch", "subscribe standards tag:network")
    assert answer.words.startswith("Subscribed to standards tag:network")
    (row,) = rows(database)
    assert row.platform == "slack"
    assert row.handled_at is not None
    assert kept.keys == [row.key]
    assert kept.commands[0].by.email == "grace@example.org"


async def test_questions_and_forms_are_not_written_down(kept: Room, database: Database) -> None:
    await kept.slack.command("/arch", "do we subscribe to standards?")
    await kept.slack.command("/arch", "subscribe")
    await kept.slack.answer_to(await kept.slack.mention("who pays?"))
    await kept.slack.press(kept.slack.messages[-1], "Helpful")
    await kept.rest()
    assert rows(database) == []
    assert kept.keys == []


@pytest.mark.parametrize("seconds", [0, 10, 280])
async def test_a_valid_replay_has_no_second_effect(kept: Room, seconds: int) -> None:  # abuse 3
    signed = kept.slack.signed_command("/arch", "subscribe standards")
    assert (await kept.slack.send(signed)).body
    kept.clock.seconds += seconds
    again = await kept.slack.send(signed)
    assert (again.status, again.body) == (200, b"")
    assert words(kept) == ["standards"]
    await kept.slack.command("/arch", "subscribe standards")  # the person's own wish, once more
    assert words(kept) == ["standards"] * 2


async def test_a_replay_after_a_restart_has_no_second_effect(kept: Room, database: Database) -> None:  # abuse 3
    command = kept.slack.signed_command("/arch", "subscribe standards")
    said = {"type": "app_mention", "user": "U0GRACE", "channel": GENERAL, "ts": "1.5", "event_ts": "1.5"}
    event = kept.slack.signed_event({**said, "text": "<@U0ARCHWAY> subscribe adrs"})
    press = kept.slack.signed_interaction(
        "block_actions",
        {"actions": [{"type": "button", "action_id": "subscribe", "value": "runbooks"}], "channel": {"id": GENERAL}},
    )
    for signed in (command, event, press):
        assert (await kept.slack.send(signed)).status == 200
    await kept.rest()
    assert words(kept) == ["standards", "adrs", "runbooks"]
    async with open_room(database=database, beside=kept) as restarted:
        assert await restarted.introduce()
        for signed in (command, event, press):
            kept.clock.seconds += 10
            again = await kept.slack.send(signed)
            assert (again.status, again.body) == (200, b"")
        await restarted.rest()
        assert restarted.commands == []
    assert len(rows(database)) == 3


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_what_is_signed_too_far_away_is_not_written_down(
    kept: Room, database: Database, seconds: int
) -> None:  # abuse 2
    signed = kept.slack.signed_command("/arch", "subscribe standards")
    kept.clock.seconds += seconds
    assert (await kept.slack.send(signed)).status == 401
    for timestamp in ("nan", "1e9", "9" * 300):
        body = kept.slack.signed_command("/arch", "subscribe standards").body
        assert (await kept.slack.send(kept.slack.signed(body, at=timestamp))).status == 401
    assert (rows(database), kept.commands) == ([], [])


async def test_nul_and_lone_surrogates_are_written_down_as_what_they_are_not(
    database: Database,
) -> None:  # abuse 13
    async with open_room(database=database, lease=OVER) as room:
        assert await room.introduce()
        typed = room.slack.signed_command("/arch", "subscribe standards tag:slowXX").body
        assert (await room.slack.send(room.slack.signed(typed.replace(b"XX", b"%00%ED%A0%80")))).status == 200
        said = {"type": "app_mention", "user": "U0GRACE", "channel": GENERAL, "ts": "1.5"}
        event = room.slack.signed_event({**said, "text": "<@U0ARCHWAY> subscribe adrs tag:slowXX"}).body
        assert (await room.slack.send(room.slack.signed(event.replace(b"XX", rb"\u0000\ud800"), JSON))).status == 200
        bodies = [row.body for row in rows(database)]
        assert len(bodies) == 2
        assert not [body for body in bodies if b"\\u0000" in body or b"\\ud800" in body or b"\0" in body]
        room.slow.set()
        await room.rest()
        assert sorted(words(room)) == ["adrs tag:slow��", "standards tag:slow����"]
        assert room.inbox
        assert await room.inbox.left_behind("slack") == []  # nobody works on it again


async def test_the_old_verification_token_is_not_written_down(database: Database) -> None:
    async with open_room(database=database) as room:
        await room.slack.deliver(room.slack.signed_command("/arch", "subscribe standards tag:slow"))
        (row,) = rows(database)
        assert "token" not in json.loads(row.body)
        assert json.loads(row.body)["text"] == "subscribe standards tag:slow"


async def test_the_same_message_under_another_event_is_the_same_wish(kept: Room, database: Database) -> None:
    said = {
        "type": "app_mention",
        "user": "U0GRACE",
        "channel": GENERAL,
        "ts": "1.5",
        "text": "<@U0ARCHWAY> subscribe adrs",
    }
    for id_ in ("Ev1", "Ev1", "Ev2"):
        assert (await kept.slack.event(said, id_=id_)).status == 200
    await kept.slack.event({**said, "ts": "1.6"})
    await kept.rest()
    assert words(kept) == ["adrs", "adrs"]
    assert len(rows(database)) == 2


async def test_both_halves_of_a_double_click_are_one_wish(kept: Room, database: Database) -> None:  # abuse 19
    await kept.slack.command("/arch", "subscribe standards")
    card = kept.slack.messages[-1]
    for _ in range(3):
        await kept.slack.press(card, "Undo")
    await kept.rest()
    assert len([command for command in kept.commands if isinstance(command, Unsubscribe)]) == 1
    assert len(rows(database)) == 2
    kept.clock.seconds += 5
    await kept.slack.press(card, "Undo")  # meant
    await kept.rest()
    assert len(rows(database)) == 3


async def test_the_second_half_of_a_double_click_waits_until_the_first_is_on_disk() -> None:
    begun, on_disk = asyncio.Event(), asyncio.Event()

    class Slow:
        async def record(self, _delivery: Recorded, /) -> bool:
            begun.set()
            await on_disk.wait()
            raise Overloaded

    intake = Intake(Slow(), lambda: 0.0)
    press = Pressed(Spot("U1", "T1", channel="C1", ts="1.5"), "exception_step", "EX-7 approve abc")
    first, second = (
        asyncio.create_task(intake.records(Wish(Kind.ACTION, press, None, key), {}, key)) for key in ("one", "two")
    )
    await begun.wait()
    done, _ = await asyncio.wait((first, second), timeout=0.1)
    assert done == set()
    on_disk.set()
    for half in (first, second):  # neither was acknowledged
        with pytest.raises(Overloaded):
            await half


async def test_a_form_that_changes_something_is_recorded(kept: Room, database: Database) -> None:
    await kept.slack.command("/arch", "subscribe")
    form = await kept.slack.view_of(GRACE)
    after = await kept.slack.submit(form, {"About": "x"})
    assert after is not None
    assert after.words.startswith("Subscribed to ")
    assert len(rows(database)) == len(kept.keys) == 1


async def test_what_cannot_be_written_down_is_not_acknowledged(kept: Room, database: Database) -> None:
    database.close_now()
    typed = kept.slack.signed_command("/arch", "subscribe standards")
    said = {"type": "app_mention", "user": "U0GRACE", "channel": GENERAL, "ts": "1.5"}
    mention = kept.slack.signed_event({**said, "text": "<@U0ARCHWAY> subscribe adrs"})
    for signed in (typed, typed, mention):  # sent again it is not taken for something that came before
        answer = await kept.slack.send(signed)
        assert answer.status == 503
        assert answer.json["error"].endswith(".")
    assert kept.commands == []
    headers = {name.lower(): (value,) for name, value in typed.headers}
    assert (await kept.surface.receive(Delivery(headers, typed.body))).headers == {"Retry-After": "5"}
    assert (await kept.slack.command("/arch", "who pays?")).error is None  # questions need no database


async def test_a_click_that_could_not_be_written_down_can_be_made_again_at_once(database: Database) -> None:
    async with open_room(database=database) as room:
        click = {"actions": [{"type": "button", "action_id": "subscribe", "value": "adrs"}], "channel": {"id": GENERAL}}
        database.close_now()
        for _ in range(2):
            assert (await room.slack.send(room.slack.signed_interaction("block_actions", click))).status == 503


async def test_over_socket_mode_it_gets_no_receipt(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "RECEIPT_SECONDS", 0.2)
    async with open_room(database=database, socket_mode=True) as room:
        assert (await room.slack.command("/arch", "subscribe standards")).words.startswith("Subscribed")
        database.close_now()
        receipts = len(room.slack.sockets.receipts)
        assert (await room.slack.deliver(room.slack.signed_command("/arch", "subscribe adrs"))).status == 0
        assert len(room.slack.sockets.receipts) == receipts
        assert (await room.slack.command("/arch", "who pays?")).error is None


async def test_a_slow_change_is_acknowledged_and_followed_up(kept: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slash, "PATIENCE_SECONDS", 0.05)
    answer = await kept.slack.command("/arch", "subscribe standards tag:slow")
    assert (answer.http.status, answer.message) == (200, {})
    kept.slow.set()
    assert (await kept.slack.whisper_to(GRACE)).words.startswith("Subscribed to standards tag:slow")


async def test_a_slow_form_is_closed_and_followed_up_outside(kept: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gestures, "PATIENCE_SECONDS", 0.05)
    await kept.slack.shortcut("ask")
    form = await kept.slack.view_of(GRACE)
    assert await kept.slack.submit(form, {"Question": "slow one"}) is None
    kept.slow.set()
    await kept.rest()
    assert shown(kept) == ["You asked: slow one"]


async def test_silence_shows_nothing(kept: Room) -> None:
    answer = await kept.slack.command("/arch", "subscribe standards tag:quiet")
    assert (answer.error, answer.message) == (None, {})
    await kept.slack.mention("subscribe standards tag:quiet")
    await kept.slack.direct("subscribe standards tag:quiet")
    click = {"type": "button", "action_id": "subscribe", "value": "standards tag:quiet"}
    await kept.slack.send(kept.slack.signed_interaction("block_actions", {"actions": [click]}))
    await kept.rest()
    assert len(kept.commands) == 4
    assert shown(kept) == []


async def cut(room: Room, what: str) -> None:
    """Somebody wishes for something, and the work is cut before it has begun: its lease is over."""
    text = "subscribe standards tag:slow"
    match what:
        case "command":
            await room.slack.send(room.slack.signed_command("/arch", text))
        case "mention":
            await room.slack.mention(text)
        case "direct":
            await room.slack.direct(text)
        case "click":
            click = {"type": "button", "action_id": "subscribe", "value": "standards tag:slow"}
            where = {"channel": {"id": GENERAL}, "container": {"message_ts": "1.2", "is_ephemeral": True}}
            await room.slack.send(room.slack.signed_interaction("block_actions", {"actions": [click], **where}))
        case "form":
            view = {"id": "V1", "hash": "1.a", "type": "modal", "callback_id": "subscribe", "state": {"values": {}}}
            about = {"private_metadata": "standards tag:slow"}
            await room.slack.send(room.slack.signed_interaction("view_submission", {"view": view | about}))


@pytest.mark.parametrize("what", ["command", "mention", "direct", "click", "form"])
async def test_work_that_was_cut_is_taken_up_by_another_process_once(
    database: Database, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slash, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(gestures, "PATIENCE_SECONDS", 0.01)
    async with open_room(database=database, lease=OVER) as dying:
        assert await dying.introduce()
        await cut(dying, what)
        dying.clock.seconds += 1200  # twenty minutes later
        async with open_room(database=database, beside=dying) as living:
            assert await living.introduce()
            living.slow.set()
            delivery = await left_behind(dying)
            await living.surface.resume(delivery)
            await living.rest()
            assert words(living) == ["standards tag:slow"]
            assert living.commands[0].by.id == "U0GRACE"
            assert living.commands[0].by.standing is Standing.MEMBER
            assert shown(living) == ["Subscribed to standards tag:slow"]
            await living.surface.resume(delivery)  # somebody else was faster
            await living.rest()
            dying.slow.set()  # so was the first one, after all
            await dying.rest()
            assert len(living.commands) == 1
            assert dying.commands == []
            assert len(shown(living)) == 1


async def test_a_change_that_fails_for_a_moment_is_kept_and_its_author_told_so(kept: Room, database: Database) -> None:
    click = {
        "actions": [{"type": "button", "action_id": "subscribe", "value": "adrs tag:slow"}],
        "channel": {"id": GENERAL},
    }
    await kept.slack.send(kept.slack.signed_interaction("block_actions", click))
    assert len(rows(database)) == 1
    database.close_now()  # between the record and its work
    kept.slow.set()
    await kept.rest()
    assert "It is written down and will be done" in kept.slack.messages[-1].words
    assert kept.commands == []


async def test_a_form_that_cannot_be_opened_any_more_is_said(database: Database) -> None:
    async with open_room(database=database, lease=OVER) as room:
        await room.slack.send(room.slack.signed_command("/arch", "who pays?"))
        body = json.dumps(
            {
                "command": "/arch",
                "text": "subscribe adrs tag:form",
                "user_id": "U0GRACE",
                "team_id": "T0PLAYGROUND",
                "channel_id": GENERAL,
                "trigger_id": "1.2.old",
                "response_url": room.slack.lend_response("U0GRACE", GENERAL),
            }
        ).encode()
        assert room.inbox
        delivery = Recorded("slack:command:1.2.old", "slack", body)
        assert await room.inbox.record(delivery)
        await room.surface.resume(delivery)
        await room.rest()
        assert "in time" in room.slack.messages[-1].words


async def test_what_this_version_does_not_know_is_not_taken_for_done(kept: Room) -> None:
    body = json.dumps({"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "gone", "value": "x"}]})
    with pytest.raises(LookupError, match="nothing that this version knows"):
        await kept.surface.resume(Recorded("slack:press:1:gone", "slack", body.encode()))


async def test_while_slack_does_not_tell_who_it_is_a_change_waits(database: Database) -> None:
    async with open_room(database=database, lease=OVER) as room:
        assert await room.introduce()
        await room.slack.go_away("503")
        answer = await room.slack.command("/arch", "subscribe standards", user=ALAN)
        assert "does not tell me who you are" in answer.words
        delivery = await left_behind(room)
        with pytest.raises(Exception, match="does not tell me"):
            await room.surface.resume(delivery)
        assert room.commands == []
        asked = await room.slack.command(
            "/arch", "who pays?", user=ALAN
        )  # a question is answered, with what all may see
        assert asked.words.startswith("You asked")
        await room.slack.come_back()
        room.clock.seconds += 10
        await room.surface.resume(delivery)
        await room.rest()
        assert words(room) == ["standards"]
        assert room.commands[-1].by.email == "alan@example.org"
        assert shown(room)[-1] == "Subscribed to standards"


async def test_pressing_stop_does_not_undo_what_was_written_down(kept: Room) -> None:
    message = await kept.slack.direct("subscribe standards tag:slow")
    await kept.slack.press_stop(message)
    kept.slow.set()
    assert (await kept.slack.answer_to(message)).words.startswith("Subscribed")


def commands(room: Room) -> list[type[Command]]:
    return [type(command) for command in room.commands]


async def test_without_an_inbox_a_change_is_done_without_a_key() -> None:
    async with open_room() as room:
        assert (await room.slack.command("/arch", "subscribe standards")).words.startswith("Subscribed")
        await room.slack.command("/arch", "who pays?")
        assert commands(room) == [Subscribe, Ask]
        assert room.keys == []
