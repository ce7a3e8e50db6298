"""What changes something is written down before it is acknowledged, and happens once: sent again, pressed again, after a
restart, at another replica (abuse cases 3 and 13).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import pytest_asyncio

from bot.cards.model import Place, Reply, Silence
from bot.delivery import AlreadyDone, Overloaded, Recorded
from bot.domain.commands import AskArchitect, Command, Subscribe, changes
from bot.domain.exception_commands import RequestException, TakeExceptionStep
from bot.domain.people import Standing
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.transaction import Transaction
from bot.teams import intake
from bot.teams.activities import read
from bot.teams.outbound import DONE, NOT_TAKEN, TAKEN
from bot.teams.wishes import key_of
from tests.doubles.teams import ALAN, CHANNEL, GRACE, PERSONAL_CHAT, TENANT, shown
from tests.doubles.teams_answers import SENTENCE, fault_of_action_answer, fault_of_dialog
from tests.doubles.teams_connector import ADAPTIVE
from tests.teams.room import Room, StandIn, answered, said
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio

SUBSCRIBE = {"action": {"type": "Action.Execute", "verb": "subscribe", "data": {"about": "standards"}}}


class Killed(Exception):
    """The process ends here, in a manner of speaking."""


@dataclass
class Desk(StandIn):
    """Does each recorded command once, in one transaction with the mark in the inbox; `done` holds what was committed.
    With `dies` it ends before the transaction; with `waits` it takes that long.
    """

    database: Database | None = None
    done: list[Command] = field(default_factory=list)
    dies: bool = False
    waits: asyncio.Event | None = None

    async def __call__(self, command: Command, delivery: str = "", /) -> Reply:
        self.asked.append(command)
        self.deliveries.append(delivery)
        if not changes(command):
            return self.reply(command) if self.reply else answered(command)
        if self.dies:
            raise Killed
        if self.waits:
            await self.waits.wait()
        assert self.database
        await self.database.write(lambda unit: self._once(unit, delivery))
        self.done.append(command)
        return self.reply(command) if self.reply else said(f"done: {type(command).__name__}")

    def _once(self, unit: Transaction, delivery: str) -> None:
        assert self.database
        if not Inbox(self.database).handled(unit.connection, delivery):
            raise AlreadyDone


@dataclass
class House:
    """A bot with a database, its desk, and the inbox of both."""

    room: Room
    desk: Desk
    inbox: Inbox

    async def left_behind(self) -> list[Recorded]:
        """What nobody has handled, once its lease is over."""
        async with asyncio.timeout(5):
            while not (left := await self.inbox.left_behind("teams")):  # noqa: ASYNC110  # the database's clock rings no bell
                await asyncio.sleep(0.01)
        return list(left)


@pytest_asyncio.fixture
async def house(database: Database) -> AsyncIterator[House]:
    desk, inbox = Desk(database=database), Inbox(database, lease=0.05)
    async with open_room(dispatch=desk, inbox=inbox) as room:
        yield House(room, desk, inbox)


async def press(room: Room, value: Any, **members: Any) -> Any:
    return await room.teams.invoke("card_action", value, **members)


async def test_a_typed_change_that_comes_again_after_a_restart_happens_once(house: House) -> None:
    activity = house.room.teams.activity("message_personal", text="subscribe standards")
    for _ in range(3):
        assert (await house.room.teams.deliver(activity)).status == 200
    await house.room.surface.close()
    async with house.room.another() as restarted:
        for _ in range(3):
            assert (await restarted.teams.deliver(activity)).status == 200
        await restarted.surface.close()
    assert [type(command) for command in house.desk.done] == [Subscribe]
    assert len(house.room.teams.connector.posted) == 1
    assert house.desk.done[0].by.id == GRACE.entra_id


async def test_a_pressed_change_that_comes_again_after_a_restart_happens_once_and_says_so(house: House) -> None:
    activity = house.room.teams.activity("card_action", value=SUBSCRIBE)
    both = await asyncio.gather(*(house.room.teams.deliver(activity) for _ in range(5)))
    assert {each.body for each in both} == {both[0].body}
    assert both[0].json["value"] == "done: Subscribe"
    async with house.room.another() as restarted:
        again = (await restarted.teams.deliver(activity)).json
        assert (again["type"], again["value"]) == (SENTENCE, DONE)
        other = {**activity, "value": {"action": {**SUBSCRIBE["action"], "data": {"about": "adrs"}}}}
        assert (await restarted.teams.deliver(other)).json["value"] == "done: Subscribe"
        elsewhere = {**activity, "from": ALAN.sender}
        assert (await restarted.teams.deliver(elsewhere)).json["value"] == "done: Subscribe"
    assert len(house.desk.done) == 3


@pytest.mark.parametrize("name", ["task/submit", "task/fetch", "composeExtension/submitAction"])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"verb": "subscribe", "topic": "standards", "filters": "", "digest": "now", "quiet": ""}, Subscribe),
        ({"verb": "exception_request", "about": "seen=low", "reason": "a", "announced": True}, RequestException),
        ({"verb": "exception_step", "about": "EX-7 decline 3f1c", "words": "No."}, TakeExceptionStep),
    ],
    ids=["subscribe", "request", "step"],
)
async def test_a_dialog_that_is_sent_again_after_a_restart_ends_with_a_sentence(
    house: House, name: str, data: dict[str, Any], expected: type[Command]
) -> None:
    value = {"data": data}
    activity = house.room.teams.activity("task_fetch", name=name, value=value)
    first = (await house.room.teams.deliver(activity)).json
    assert fault_of_dialog(first) is None
    async with house.room.another() as restarted:
        again = (await restarted.teams.deliver(activity)).json
    assert again == {"task": {"type": "message", "value": DONE}}
    assert [type(command) for command in house.desk.done] == [expected]
    assert house.desk.deliveries[0]


async def test_buttons_of_clients_without_invokes_are_recorded_too(house: House) -> None:
    value = {"verb": "subscribe", "about": "standards"}
    activity = house.room.teams.activity("message_personal", text="", value=value)
    assert (await house.room.teams.deliver(activity)).status == 200
    await house.room.surface.close()
    async with house.room.another() as restarted:
        assert (await restarted.teams.deliver(activity)).status == 200
        await restarted.surface.close()
    assert len(house.desk.done) == len(house.room.teams.connector.posted) == 1


async def test_questions_and_searches_are_not_written_down(house: House, database: Database) -> None:
    await house.room.teams.say("how do we encrypt buckets?")
    await house.room.teams.search("x")
    answer = await house.room.teams.mention("and keys?")
    await house.room.teams.press(answer, "Helpful")
    await house.room.teams.press(answer, "More")
    await house.room.surface.close()
    assert set(house.desk.deliveries) == {""}
    with database.engine.connect() as connection:
        assert house.inbox.figures(connection).waiting == 0


async def test_what_was_recorded_and_cut_is_done_by_another_process_and_its_reply_posted(house: House) -> None:
    house.desk.dies = True
    typed = house.room.teams.activity("message_personal", text="subscribe standards")
    assert (await house.room.teams.deliver(typed)).status == 200
    await house.room.surface.close()
    house.room.teams.connector.posted.clear()
    house.desk.dies = False
    async with house.room.another() as other:
        for recorded in await house.left_behind():
            await other.surface.resume(recorded)
            await other.surface.resume(recorded)  # and once more, as by a third one
        await other.surface.close()
    assert [type(command) for command in house.desk.done] == [Subscribe]
    (posted,) = house.room.teams.connector.posted
    assert (posted.conversation, posted.reply_to) == (PERSONAL_CHAT, typed["id"])
    assert "done: Subscribe" in json.dumps(posted.activity)
    assert (await house.room.teams.deliver(typed)).status == 200
    assert len(house.desk.done) == 1


async def test_a_press_that_was_cut_is_answered_in_the_chat_with_whoever_pressed(house: House) -> None:
    await house.room.teams.say("hello")
    await house.room.surface.close()
    house.desk.dies = True
    told = await press(house.room, SUBSCRIBE, **{"from": GRACE.sender})
    assert (told["type"], told["value"]) == (SENTENCE, TAKEN)
    house.desk.dies = False
    (recorded,) = await house.left_behind()
    await house.room.surface.resume(recorded)
    await house.room.surface.close()
    posted = house.room.teams.connector.posted[-1]
    assert posted.conversation == PERSONAL_CHAT
    assert house.desk.done[0].by.room == CHANNEL


async def test_where_there_is_no_such_chat_it_is_answered_where_it_was_pressed(house: House) -> None:
    house.desk.dies = True
    await press(house.room, SUBSCRIBE, **{"from": ALAN.sender})
    house.desk.dies = False
    (recorded,) = await house.left_behind()
    await house.room.surface.resume(recorded)
    await house.room.surface.close()
    assert house.room.teams.connector.posted[-1].conversation.startswith(f"{CHANNEL};messageid=")


async def test_a_card_that_goes_instead_takes_its_place_also_afterwards(house: House) -> None:
    answer = await house.room.teams.mention("hello")
    house.desk.reply = lambda command: said("stopped", Place.INSTEAD if changes(command) else Place.BESIDE)
    house.desk.dies = True
    value = {"action": {"type": "Action.Execute", "verb": "unsubscribe", "data": {"about": "standards"}}}
    activity = house.room.teams.activity("card_action", value=value, replyToId=answer.id)
    assert (await house.room.teams.deliver(activity)).status == 200
    house.desk.dies = False
    (recorded,) = await house.left_behind()
    await house.room.surface.resume(recorded)
    await house.room.surface.close()
    update = house.room.teams.connector.posted[-1]
    assert (update.method, update.id) == ("PUT", answer.id)
    assert "stopped" in json.dumps(shown(update))


async def test_what_keeps_a_recorded_delivery_from_being_done_is_raised_to_whoever_resumes(house: House) -> None:
    house.desk.dies = True
    assert (await press(house.room, SUBSCRIBE))["value"] == TAKEN
    (recorded,) = await house.left_behind()
    with pytest.raises(Killed):
        await house.room.surface.resume(recorded)
    house.desk.dies = False
    (recorded,) = await house.left_behind()
    await house.room.surface.resume(recorded)
    assert len(house.desk.done) == 1


async def test_nobody_is_taken_for_a_guest_where_the_roster_does_not_answer(house: House) -> None:
    house.room.teams.connector.rosters_down = 500
    typed = house.room.teams.activity("message_personal", text="subscribe standards")
    assert (await house.room.teams.deliver(typed)).status == 200
    (recorded,) = await house.left_behind()
    assert not house.desk.done
    house.room.teams.connector.rosters_down = 0
    house.room.clock.seconds += 11
    await house.room.surface.resume(recorded)
    assert [(command.by.id, command.by.standing) for command in house.desk.done] == [(GRACE.entra_id, Standing.MEMBER)]


async def test_silence_is_nothing_to_see(house: House) -> None:
    house.desk.reply = lambda _: Silence()
    typed = house.room.teams.activity("message_personal", text="subscribe standards")
    assert (await house.room.teams.deliver(typed)).status == 200
    pressed = await press(house.room, SUBSCRIBE)
    assert fault_of_action_answer(pressed) is None
    assert pressed["value"] == DONE
    await house.room.surface.close()
    assert not house.room.teams.connector.posted
    assert len(house.desk.done) == 2


async def test_a_slow_change_is_promised_and_its_answer_follows(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.room.teams.say("hello")
    house.desk.waits = asyncio.Event()
    monkeypatch.setattr("bot.teams.invokes.SECONDS", 0.2)
    async with house.room.another() as hasty:
        hasty.surface._assistant._invokes._seconds = 0.2
        told = await press(hasty, SUBSCRIBE)
        assert (told["type"], told["value"]) == (SENTENCE, TAKEN)
        assert not house.desk.done
        house.desk.waits.set()
        await hasty.surface.close()
    assert [type(command) for command in house.desk.done] == [Subscribe]
    assert "done: Subscribe" in json.dumps(house.room.teams.connector.posted[-1].activity)


class Full:
    """An inbox into which nothing goes; with `fault` it breaks."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault

    async def record(self, delivery: Recorded, /) -> bool:
        assert json.loads(delivery.body)
        raise self.fault or Overloaded


@pytest.mark.parametrize("fault", [None, ZeroDivisionError("disk")])
async def test_too_much_at_once_gets_a_2xx_and_a_sentence_and_can_be_tried_again(fault: Exception | None) -> None:
    full = Full(fault)
    async with open_room(inbox=full) as room:
        activity = room.teams.activity("card_action", value=SUBSCRIBE)
        told = (await room.teams.deliver(activity)).json
        assert (told["type"], told["value"]) == (SENTENCE, NOT_TAKEN)
        typed = room.teams.activity("message_personal", text="subscribe standards")
        assert (await room.teams.deliver(typed)).status == 200
        assert NOT_TAKEN in json.dumps((await room.teams.connector.posts(1))[0].activity)
        value = {"data": {"verb": "subscribe", "about": "standards"}}
        ended = await room.teams.invoke("task_fetch", value, name="task/submit")
        assert ended == {"task": {"type": "message", "value": NOT_TAKEN}}
        for name in ("task/submit", "composeExtension/submitAction"):
            filled_in = {"verb": "exception_request", "about": "seen=low", "reason": "two\nlines", "announced": True}
            kept = await room.teams.invoke("task_fetch", {"data": filled_in}, name=name)
            assert fault_of_dialog(kept) is None
            shown_card = kept["task"]["value"]["card"]["content"]
            assert NOT_TAKEN in json.dumps(shown_card["body"])
            assert [each["data"] for each in shown_card["actions"]] == [filled_in]
        assert not room.library.asked
        assert (await room.teams.say("a question?")).activity["attachments"]
        room.surface._intake = intake.Intake(None, room.settings["knows"], lambda _: False)
        assert (await room.teams.deliver(activity)).json["value"] == "help"
        assert (await room.teams.deliver(typed)).status == 200
        await room.surface.close()
    assert len([command for command in room.library.asked if changes(command)]) == 2


async def test_what_cannot_be_written_down_in_time_is_not_waited_for() -> None:
    class Stuck(Full):
        async def record(self, delivery: Recorded, /) -> bool:
            await asyncio.Event().wait()
            raise AssertionError(delivery)

    async with open_room(inbox=Stuck()) as room:
        room.surface._intake = replace(room.surface._intake, seconds=0.05)
        assert (await press(room, SUBSCRIBE))["value"] == NOT_TAKEN


async def test_text_that_no_database_takes_is_made_fit_and_stops_nobody(house: House) -> None:
    body = json.dumps(house.room.teams.activity("message_personal", text="subscribe standards tag:\0\ud800x\udfff"))
    headers = {"Authorization": f"Bearer {house.room.teams.issuer.token(house.room.teams.connector.service_url)}"}
    assert "\\u0000" in body
    house.desk.dies = True
    assert (await house.room.teams.post(body.encode(), headers)).status == 200
    await house.room.surface.close()
    house.desk.dies = False
    (recorded,) = await house.left_behind()
    await house.room.surface.resume(recorded)
    (done,) = house.desk.done
    assert isinstance(done, Subscribe)
    assert done.words.encode()
    assert "\0" not in done.words
    assert not await house.inbox.left_behind("teams")


async def test_ids_of_any_length_and_kind_make_a_key(house: House) -> None:
    place = {"id": "a:" + "ü" * 1000, "conversationType": "personal", "tenantId": TENANT}
    activity = house.room.teams.activity("card_action", value=SUBSCRIBE, conversation=place, id="f:" + "x" * 1000)
    for _ in range(2):
        assert (await house.room.teams.deliver(activity)).status == 200
    async with house.room.another() as restarted:
        assert (await restarted.teams.deliver(activity)).json["value"] == DONE
    assert len(house.desk.done) == 1
    without_id = {**activity, "id": ""}
    for _ in range(2):
        assert (await house.room.teams.deliver(without_id)).status == 200
    assert len(house.desk.done) == 2


async def test_a_key_is_of_place_sender_kind_and_content() -> None:
    async with open_room() as room:
        one = room.teams.activity("card_action", value=SUBSCRIBE)
        same = {**one, "timestamp": "2026-11-23T10:00:00.000Z", "serviceUrl": "https://smba.trafficmanager.net/amer/"}
        others = [
            {**one, "id": "2"},
            {**one, "from": ALAN.sender},
            {**one, "name": "task/submit"},
            {**one, "value": {}},
            {**one, "conversation": {"id": "19:other"}},
        ]

        def key(activity: Any) -> str:
            body = json.dumps(activity).encode()
            return key_of(read(body), body)

        assert key(one) == key(same)
        assert len({key(each) for each in [one, *others]}) == 6


async def test_a_press_of_another_version_is_not_recorded_and_gets_its_sentence(house: House) -> None:
    told = await press(house.room, {"action": {"type": "Action.Execute", "verb": "abolished", "data": {}}})
    assert "earlier version" in told["value"]
    assert not house.desk.asked


async def test_a_form_that_changes_something_is_answered_in_its_place(house: House) -> None:
    house.desk.reply = lambda _: said("This room hears of standards.")
    value = {"action": {"type": "Action.Execute", "verb": "subscribe", "data": {"topic": "standards", "digest": "now"}}}
    told = await press(house.room, value)
    assert told["type"] == ADAPTIVE
    (done,) = house.desk.done
    assert isinstance(done, Subscribe)
    assert done.by.here == f"teams:{CHANNEL}"
    assert not isinstance(done, AskArchitect)


async def test_a_copy_is_not_acknowledged_before_the_activity_itself_is_on_disk() -> None:
    on_disk = asyncio.Event()
    begun = asyncio.Event()

    class Slow:
        async def record(self, _delivery: Recorded, /) -> bool:
            begun.set()
            await on_disk.wait()
            return True

    async with open_room(dispatch=StandIn(), inbox=Slow()) as room:
        activity = room.teams.activity("message_personal", text="subscribe standards")
        first = asyncio.create_task(room.teams.deliver(activity))
        await begun.wait()
        copy = asyncio.create_task(room.teams.deliver(activity))
        done, _ = await asyncio.wait((first, copy), timeout=0.3)
        assert done == set()
        on_disk.set()
        assert [(await each).status for each in (first, copy)] == [200, 200]


async def test_what_is_neither_written_down_nor_refused_in_words_is_not_acknowledged() -> None:
    async with open_room(inbox=Full()) as room:
        activity = room.teams.activity("message_personal", text="subscribe standards")
        room.teams.connector.faults.change({"unavailable": 1.0})
        answer = await room.teams.deliver(activity)
        assert answer.status == 503
        room.teams.connector.faults.change({})
        assert (await room.teams.deliver(activity)).status == 200
        assert NOT_TAKEN in json.dumps((await room.teams.connector.posts(1))[0].activity)
