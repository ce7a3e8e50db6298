"""Forms: in dialogs, in the place of a card, as posts; what is typed in them stays, and faults stand beside their fields."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.cards.model import Field, Form
from bot.domain.exception_commands import (
    About,
    Does,
    OpenExceptionForm,
    OpenExceptionStep,
    Origin,
    RequestException,
    TakeExceptionStep,
)
from tests.doubles.teams import ALAN, GRACE, button, shown
from tests.doubles.teams_connector import ADAPTIVE
from tests.teams.deciding import FILLED, GROUP, below, deciding, form_in, review_card, review_in
from tests.teams.room import Room, StandIn
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room(dispatch=StandIn(reply=deciding)) as opened:
        yield opened


async def test_a_button_with_a_form_opens_a_dialog(room: Room) -> None:
    card = await review_in(room)
    assert [(a["title"], a["type"]) for a in shown(card)["actions"]] == [
        ("Approve", "Action.Execute"),
        ("Decline", "Action.Submit"),
        ("Approve with conditions", "Action.Submit"),
    ]
    dialog = await room.teams.open_dialog(card, "Decline", ALAN)
    assert dialog["value"]["title"] == "Decline"
    opened = room.library.asked[-1]
    assert isinstance(opened, OpenExceptionStep)
    assert (opened.about, opened.by.id, opened.by.room) == (About("EX-7", Does.DECLINE, "3f1c99d0a1b2c3d4"), ALAN.entra_id, GROUP["id"])  # fmt: skip
    ended = await room.teams.send(dialog, "Decline", card, {"words": "It is too long."}, ALAN)
    assert "was declined by Alan Turing" in json.dumps(form_in(ended))
    taken = room.library.asked[-1]
    assert isinstance(taken, TakeExceptionStep)
    assert (taken.about.does, taken.values) == (Does.DECLINE, {"words": "It is too long."})


async def test_a_dialog_is_drawn_anew_with_its_faults_and_all_that_was_typed(room: Room) -> None:
    posted = await room.teams.say("exception STD-004")
    dialog = await room.teams.open_dialog(posted, "Request an exception")
    await room.teams.type_in(form_in(dialog), "target", "004.3")
    again = await room.teams.send(dialog, "Send", posted, FILLED | {"until": "2028-01-01"})
    form = form_in(again)
    values = {element["id"]: element.get("value") for element in form["body"] if "id" in element}
    assert values == FILLED | {"until": "2028-01-01"}
    assert below(form, "until") == [("Until 30 June 2027 or earlier.", "attention")]
    assert below(form, "reason") == [("Everybody who decides reads this.", "")]
    first = form["body"][0]
    assert (first["type"], first["style"]) == ("Container", "warning")
    assert [run["text"] for run in first["items"][0]["inlines"]] == ["This was not sent yet. Please look at: ", "Until"]
    assert "Low risk" in json.dumps(form["body"][1])
    ended = await room.teams.send(again, "Send", posted, {"until": "2027-01-31"})
    assert "EX-7 was sent." in json.dumps(form_in(ended))
    command = room.library.asked[-1]
    assert isinstance(command, RequestException)
    assert (command.origin, command.values) == (Origin(seen="low"), FILLED)


async def test_what_was_filled_in_can_be_sent_again_after_a_fault(room: Room) -> None:
    posted = await room.teams.say("exception STD-004")
    dialog = await room.teams.open_dialog(posted, "Request an exception")
    room.library.reply = lambda _: (_ for _ in ()).throw(ZeroDivisionError)
    values = FILLED | {"target": "STD-004"}
    failed = await room.teams.send(dialog, "Send", posted, values)
    assert "Reference" in json.dumps(form_in(failed))
    room.library.reply = deciding
    sent = await room.teams.send(failed, "Try again", posted)
    assert "EX-7 was sent." in json.dumps(form_in(sent))
    command = room.library.asked[-1]
    assert isinstance(command, RequestException)
    assert command.values == values


async def test_what_was_filled_in_is_not_kept_where_it_is_too_much(room: Room) -> None:
    room.library.reply = lambda _: (_ for _ in ()).throw(ZeroDivisionError)
    data = {"verb": "exception_request", **{f"field_{n}": "x" * 9_000 for n in range(3)}}
    told = await room.teams.invoke("task_fetch", {"data": data}, name="task/submit")
    assert "actions" not in told["task"]["value"]["card"]["content"]


async def test_within_a_dialog_a_button_with_a_form_goes_on_in_it(room: Room) -> None:
    card = await review_in(room)
    room.library.reply = lambda command: review_card() if isinstance(command, OpenExceptionStep) else deciding(command)
    dialog = await room.teams.open_dialog(card, "Decline")
    assert "msteams" not in json.dumps(form_in(dialog)["actions"])
    room.library.reply = deciding
    form = await room.teams.send(dialog, "Decline", card)
    assert form["value"]["title"] == "Decline"


async def test_a_form_that_a_message_asks_for_is_opened_by_a_button(room: Room) -> None:
    posted = await room.teams.mention("exception STD-004", ALAN)
    opener = button(shown(posted), "Request an exception")
    assert opener["style"] == "positive"
    assert not [element for element in shown(posted)["body"] if element["type"].startswith("Input.")]
    assert room.library.asked == [OpenExceptionForm(room.library.asked[0].by, "STD-004")]
    dialog = await room.teams.open_dialog(posted, "Request an exception", GRACE)
    assert room.library.asked[-1] == OpenExceptionForm(room.library.asked[-1].by, "STD-004")
    assert room.library.asked[-1].by.id == GRACE.entra_id
    (chosen,) = (element for element in form_in(dialog)["body"] if element.get("id") == "target")
    assert (chosen["value"], chosen["choices"]) == ("STD-004", [{"title": "STD-004", "value": "STD-004"}])


async def test_a_form_without_an_opener_stands_in_the_chat(room: Room) -> None:
    room.library.reply = lambda _: Form("any", "Title", (Field("a", "A"),), "Send", "ask")
    assert [e["type"] for e in shown(await room.teams.say("x"))["body"]] == ["RichTextBlock", "Input.Text"]


async def test_in_the_place_of_a_card_faults_stand_beside_their_fields_too(room: Room) -> None:
    card = await review_in(room)
    action = {"type": "Action.Execute", "verb": "exception_form", "data": {"about": "STD-004"}}
    form = await room.teams.act(action, card)
    assert form["type"] == ADAPTIVE
    values = FILLED | {"target": "STD-004", "until": "2028-01-01"}
    again = await room.teams.fill_in(form["value"], card, values)
    assert below(again["value"], "until") == [("Until 30 June 2027 or earlier.", "attention")]
    assert {e["id"]: e.get("value") for e in again["value"]["body"] if "id" in e} == values
    told = await room.teams.fill_in(again["value"], card, {"until": "2027-01-31"})
    assert "EX-7 was sent." in json.dumps(told["value"])


async def test_in_microsofts_playground_forms_stand_in_the_place_of_their_button() -> None:
    """It opens no dialogs from cards, and searches nothing as one types."""
    local = {"app_id": None, "app_password": None, "tenant_id": None}
    async with open_room(dispatch=StandIn(reply=deciding), **local) as room:
        room.teams.connector.issued = None
        posted = await room.teams.say("exception STD-004")
        form = await room.teams.press(posted, "Request an exception")
        (target,) = (element for element in form["value"]["body"] if element.get("id") == "target")
        assert (target["type"], target["value"]) == ("Input.Text", "STD-004")
        told = await room.teams.fill_in(form["value"], posted, FILLED | {"target": "STD-004"})
        assert "EX-7 was sent." in json.dumps(told["value"])
        dialog = await room.teams.ask_about("<p>STD-004</p>", action="requestException")
        assert "choices.data" not in json.dumps(dialog)
        announced = await room.surface.post(posted.conversation, review_card(), "ref-1")
        card = next(each for each in room.teams.connector.posted if each.id == announced.post)
        assert {action["type"] for action in shown(card)["actions"]} == {"Action.Execute"}
        assert (await room.teams.press(card, "Decline"))["value"]["actions"][0]["data"]["announced"] is True


async def test_clients_without_dialogs_fill_it_in_as_a_post_that_is_drawn_anew(room: Room) -> None:
    posted = await room.teams.say("exception STD-004")
    await room.teams.press_as_of_old(posted, "Request an exception")
    form = (await room.teams.connector.posts(2))[1]
    assert form.method == "POST"
    values = FILLED | {"target": "STD-004", "until": "2028-01-01"}
    await room.teams.press_as_of_old(form, "Send", GRACE, **values)
    again = (await room.teams.connector.posts(3))[2]
    assert (again.method, again.id) == ("PUT", form.id)
    assert below(shown(again), "until") == [("Until 30 June 2027 or earlier.", "attention")]
    assert {e["id"]: e.get("value") for e in shown(again)["body"] if "id" in e} == values
    room.teams.forget_posts()
    await room.teams.press_as_of_old(again, "Send", GRACE, **values)
    afresh = (await room.teams.connector.posts(4))[3]
    assert afresh.method == "POST"
    assert "two" in json.dumps(shown(afresh))


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("<p>We cannot keep STD-004.</p>", "STD-004"),
        ("<p>2 of 3: (STD-004), not STD-9</p>", "STD-004"),
        ("<p>nothing of the kind: STD-9, a-1, 7</p>", ""),
    ],
)
async def test_an_exception_is_requested_from_a_message(room: Room, content: str, target: str) -> None:
    dialog = await room.teams.ask_about(content, ALAN, "requestException")
    opened = room.library.asked[-1]
    assert opened == OpenExceptionForm(opened.by, target, content.removeprefix("<p>").removesuffix("</p>"))
    (reason,) = (element for element in form_in(dialog)["body"] if element.get("id") == "reason")
    assert reason["value"] == opened.text
    await room.teams.type_in(form_in(dialog), "target", "004.3")
    again = await room.teams.submit(dialog, "Send", ALAN, values=FILLED | {"until": "2028-01-01"})
    assert below(form_in(again), "until") == [("Until 30 June 2027 or earlier.", "attention")]
    ended = await room.teams.submit(again, "Send", ALAN, values={"until": "2027-01-31"})
    assert "EX-7 was sent." in json.dumps(form_in(ended))
    command = room.library.asked[-1]
    assert isinstance(command, RequestException)
    assert command.values == FILLED
    assert command.by.id == ALAN.entra_id


async def test_an_exception_is_requested_without_a_message(room: Room) -> None:
    await room.teams.ask_about(None, action="requestException")
    assert room.library.asked == [OpenExceptionForm(room.library.asked[0].by)]


async def test_a_long_message_is_the_beginning_of_the_reason(room: Room) -> None:
    await room.teams.ask_about("<p>" + "word " * 2_000 + "STD-004</p>", action="requestException")
    opened = room.library.asked[0]
    assert isinstance(opened, OpenExceptionForm)
    assert (len(opened.text), opened.text[-9:], opened.target) == (2_999, "word word", "")
