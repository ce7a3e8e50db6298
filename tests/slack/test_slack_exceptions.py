"""Ways to the form for an exception and to what goes with it: shortcuts, typed lines, cards where no window can be opened."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.commands import Ask
from bot.domain.exception_commands import GoAway, ListExceptions, OpenExceptionForm
from bot.playground.slack import ALAN, GENERAL, GRACE
from bot.playground.state import Channel
from bot.slack import gestures
from bot.slack.wishes import EXCEPT, EXCEPT_ABOUT
from bot.store.database import Database
from tests.slack.room import Room, open_room

pytestmark = pytest.mark.asyncio

OPENER = "Request an exception"
CLAUSE, REASON = "Clause or standard", "Reason"


@pytest_asyncio.fixture
async def kept(database: Database) -> AsyncIterator[Room]:
    """A room whose bot records what changes something."""
    async with open_room(database=database) as opened:
        assert await opened.introduce()
        yield opened


async def test_the_global_shortcut_opens_the_form(home: Room) -> None:
    await home.slack.shortcut(EXCEPT)
    view = await home.slack.view_of(GRACE)
    assert view.values[CLAUSE] == view.values[REASON] == ""
    assert home.commands == [OpenExceptionForm(home.commands[0].by)]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("We cannot keep (STD-004) before <May>.", "STD-004"),
        ("STD-004.", "STD-004"),
        ("See EX-1, STD-9.4 and https://git.example.org/STD-004, please", "STD-004"),
        ("No bucket of ours is encrypted", ""),
        ("xSTD-004 STD-0041", ""),
    ],
)
async def test_from_a_message_the_form_begins_with_its_words_and_the_clause_in_them(
    home: Room, text: str, target: str
) -> None:
    message = await home.slack.message(text, user=ALAN)
    await home.slack.message_shortcut(EXCEPT_ABOUT, message)
    view = await home.slack.view_of(GRACE)
    assert view.values[REASON] == text
    (command,) = home.commands
    assert isinstance(command, OpenExceptionForm)
    assert (command.target, command.text, command.by.id, command.by.room) == (target, text, "U0GRACE", GENERAL)


async def test_of_a_long_message_the_form_begins_with_as_much_as_fits(home: Room) -> None:
    message = home.slack.state.post(GENERAL, "U0ALAN", {"text": "why? " * 5_000 + "STD-004"})
    await home.slack.message_shortcut(EXCEPT_ABOUT, message)
    view = await home.slack.view_of(GRACE)
    assert view.values[REASON].endswith("why?…")
    assert 2_900 < len(view.values[REASON]) <= 3_000
    assert view.values[CLAUSE] == "STD-004 Encryption"


async def test_a_message_without_words_opens_an_empty_form(home: Room) -> None:
    picture = home.slack.state.post(GENERAL, "U0ALAN", {"text": ""})
    await home.slack.message_shortcut(EXCEPT_ABOUT, picture)
    assert (await home.slack.view_of(GRACE)).values[REASON] == ""


async def test_the_command_opens_the_form_for_a_clause(home: Room) -> None:
    shown = await home.slack.command("/arch", "exception STD-004")
    assert (shown.error, shown.message) == (None, {})
    assert (await home.slack.view_of(GRACE)).values[CLAUSE] == "STD-004 Encryption"
    assert (await home.slack.command("/arch", "exceptions pending")).words == "The register: pending"
    assert isinstance(home.commands[-1], ListExceptions)
    await home.slack.command("/arch", "exception to the rule?")
    assert isinstance(home.commands[-1], Ask)


async def test_a_command_that_changes_something_can_open_a_form_too(kept: Room) -> None:
    shown = await kept.slack.command("/arch", "subscribe adrs tag:form")
    assert (shown.error, shown.message) == (None, {})
    assert (await kept.slack.view_of(GRACE)).fields == ("Word",)
    assert len(kept.keys) == 1


# --- where no window can be opened


async def test_a_mention_gets_a_card_that_opens_the_form_for_whoever_presses(home: Room) -> None:
    asked = await home.slack.mention("exception STD-004")
    card = await home.slack.answer_to(asked)
    assert card.words.splitlines() == ["Request an exception", "To deviate for a time.", OPENER]
    assert card.content["blocks"][-1]["elements"][0]["style"] == "primary"
    await home.slack.press(card, OPENER, user=ALAN)
    assert (await home.slack.view_of(ALAN)).values[CLAUSE] == "STD-004 Encryption"


async def test_so_does_a_direct_message(home: Room) -> None:
    card = await home.slack.answer_to(await home.slack.direct("exception STD-004"))
    assert card.buttons == (OPENER,)


async def test_a_form_without_an_opener_gets_a_sentence(home: Room) -> None:
    said = await home.slack.answer_to(await home.slack.mention("a form"))
    assert said.words.startswith("That needs a form")


def press(room: Room, **where: Any) -> Any:
    """The button of a clause's card, ready to be sent."""
    action = {"type": "button", "action_id": "exception_form", "value": "STD-004"}
    return room.slack.signed_interaction("block_actions", {"actions": [action], "channel": {"id": GENERAL}, **where})


async def test_what_is_too_late_for_a_window_is_opened_from_a_card(home: Room) -> None:
    signed = press(home)
    home.clock.seconds += 4
    await home.slack.send(signed)
    card = await home.slack.whisper_to(GRACE)
    assert card.buttons == (OPENER,)
    await home.slack.press(card, OPENER)
    assert (await home.slack.view_of(GRACE)).values[CLAUSE] == "STD-004 Encryption"


async def test_where_the_bot_is_not_the_card_comes_by_the_lent_address(home: Room) -> None:
    home.slack.state.channels["C0ELSE"] = Channel("C0ELSE", "else", frozenset({"U0GRACE"}))
    signed = press(home, channel={"id": "C0ELSE"}, response_url=home.slack.lend_response("U0GRACE", "C0ELSE"))
    home.clock.seconds += 4
    await home.slack.send(signed)
    assert (await home.slack.whisper_to(GRACE)).channel == "C0ELSE"


@pytest.mark.parametrize(("reason", "told"), [("cut", ""), ("cut and faulty", "It is past.")])
async def test_a_form_that_is_taken_up_again_and_comes_back_is_opened_from_a_card(
    database: Database, monkeypatch: pytest.MonkeyPatch, reason: str, told: str
) -> None:
    monkeypatch.setattr(gestures, "PATIENCE_SECONDS", 0.01)
    async with open_room(database=database, lease=-1.0) as dying:
        assert await dying.introduce()
        await dying.slack.command("/arch", "exception STD-004")
        view = await dying.slack.view_of(GRACE)
        assert await dying.slack.submit(view, {"Tier": "Tier 1", REASON: reason}) is None
        assert dying.inbox
        (delivery,) = await dying.inbox.left_behind("slack")
        assert json.loads(delivery.body)["view"]["id"] == view.id
        async with open_room(database=database, beside=dying) as living:
            assert await living.introduce()
            living.slow.set()
            await living.surface.resume(delivery)
            await living.rest()
            card = await living.slack.whisper_to(GRACE)
            assert "not sent yet" in card.words
            assert told in card.words
            assert (card.channel, card.buttons) == (GENERAL, (OPENER,))


# --- who speaks for whom


@pytest.mark.parametrize(
    ("delegate", "told"),
    [
        ("@alan", "slack:U0ALAN"),
        ("alan@example.org", "alan@example.org"),
        ("Alan Turing", "Alan Turing"),
        ("@nobody", "@nobody"),
    ],
)
async def test_a_delegate_who_is_mentioned_is_that_account(home: Room, delegate: str, told: str) -> None:
    await home.slack.command("/arch", f"away until 2026-12-24 delegate {delegate}")
    await home.slack.answer_to(await home.slack.mention(f"away until 2026-12-24 delegate {delegate}"))
    away = [(command.until, command.delegate) for command in home.commands if isinstance(command, GoAway)]
    assert away == [("2026-12-24", told)] * 2


async def test_people_in_questions_keep_their_names(home: Room) -> None:
    await home.slack.command("/arch", "who is away until monday, @alan?")
    await home.slack.command("/arch", "away until 2026-12-24")
    question, away = home.commands
    assert isinstance(question, Ask)
    assert question.question == "who is away until monday, @alan?"
    assert away == GoAway(away.by, "2026-12-24")
