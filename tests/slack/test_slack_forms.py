"""Forms that help: found as one types, drawn anew as one chooses, sent back with what is wrong beside each field."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.commands import Command
from bot.domain.exception_commands import OpenExceptionForm, Origin, RequestException, Suggest
from bot.playground.doings import NotShownError, until
from bot.playground.shapes import view_json
from bot.playground.slack import GENERAL, GRACE
from bot.playground.state import View
from bot.slack import gestures
from bot.store.database import Database
from tests.slack.room import Room, open_room

pytestmark = pytest.mark.asyncio

CLAUSE, TIER, REASON, UNTIL, EMERGENCY = "Clause or standard", "Tier", "Reason", "Until", "Emergency"
FILLED = {TIER: "Tier 1", REASON: "It is a spike", UNTIL: "2026-12-04"}


@pytest_asyncio.fixture
async def kept(database: Database) -> AsyncIterator[Room]:
    """A room whose bot records what changes something."""
    async with open_room(database=database) as opened:
        assert await opened.introduce()
        yield opened


async def form(room: Room) -> View:
    """The form, opened in a channel for a clause."""
    await room.slack.command("/arch", "exception STD-004")
    return await room.slack.view_of(GRACE)


def seen(room: Room, kind: type[Command]) -> list[Any]:
    return [command for command in room.commands if isinstance(command, kind)]


def said(room: Room) -> list[str]:
    """What the bot has said outside of windows."""
    return [message.words for message in room.slack.messages if message.author == room.slack.app.bot_user]


def changed(room: Room, view: View, action_id: str, **action: object) -> Any:
    """A field of a view that was answered, ready to be sent."""
    actions = [{"type": "static_select", "action_id": action_id, "block_id": "tier", **action}]
    drawn = view_json(view, room.slack.app, filled_in=True)
    return room.slack.signed_interaction("block_actions", {"actions": actions, "view": drawn})


# --- as one types


async def test_what_is_typed_is_searched_by_whoever_types_where_they_are(home: Room) -> None:
    view = await form(home)
    offered = await home.slack.type_in(view, CLAUSE, "encr <b>")
    assert offered == ("STD-004 clauses: encr <b>", "STD-005 Backups")
    (search,) = seen(home, Suggest)
    assert (search.what, search.text) == ("clauses", "encr <b>")
    assert (search.by.id, search.by.room, search.by.email) == ("U0GRACE", GENERAL, "grace@example.org")


async def test_before_anything_is_typed_there_is_something_to_choose_from(home: Room) -> None:
    view = await form(home)
    assert view.values[CLAUSE] == "STD-004 Encryption"
    assert len(await home.slack.type_in(view, CLAUSE, "")) == 2


async def test_what_was_found_can_be_chosen_and_is_sent(home: Room) -> None:
    view = await form(home)
    await home.slack.type_in(view, CLAUSE, "backup")
    shown = await home.slack.submit(view, {**FILLED, CLAUSE: "STD-005 Backups"})
    assert shown is not None
    assert shown.words.startswith("Requested against STD-005 until 2026-12-04")


async def test_over_socket_mode_it_comes_in_the_receipt() -> None:
    async with open_room(socket_mode=True) as room:
        await until(lambda: room.surface.connected or None, "Socket Mode did not connect")
        assert await room.introduce()
        room.slack.app = replace(room.slack.app, loads_options=False)  # needs no address for it
        view = await form(room)
        assert (await room.slack.type_in(view, CLAUSE, "encr"))[0] == "STD-004 clauses: encr"
        await room.slack.fill_in(view, TIER, "Tier 2")
        assert "Risk of tier 2" in (await room.slack.view_of(GRACE, "Risk of tier 2")).words
        back = await room.slack.submit(view, {**FILLED, REASON: "faulty"})
        assert back is not None
        assert back.errors == {UNTIL: "It is past."}


async def test_more_than_slack_takes_is_cut(home: Room) -> None:
    assert len(await home.slack.type_in(await form(home), CLAUSE, "many")) == 100


@pytest.mark.parametrize("text", ["break", "form"])
async def test_what_cannot_be_found_offers_nothing(home: Room, text: str) -> None:
    view = await form(home)
    assert await home.slack.type_in(view, CLAUSE, text) == ()
    assert said(home) == []


async def test_what_takes_too_long_offers_nothing_in_time(home: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gestures, "PATIENCE_SECONDS", 0.05)
    assert await home.slack.type_in(await form(home), CLAUSE, "slow") == ()


async def test_the_same_letters_again_are_searched_again(home: Room) -> None:  # at the same second: no replay
    view = await form(home)
    for _ in range(3):
        assert len(await home.slack.type_in(view, CLAUSE, "encr")) == 2
    assert len(seen(home, Suggest)) == 3


@pytest.mark.parametrize("action_id", ["value", "value::reason", "", "::", "buttons", ":" * 300, 7, None])
async def test_a_field_that_searches_nothing_offers_nothing(home: Room, action_id: object) -> None:  # abuse 12
    search = {"action_id": action_id, "block_id": "reason", "value": "x"}
    answer = await home.slack.send(home.slack.signed_interaction("block_suggestion", search))
    assert (answer.status, answer.json) == (200, {"options": []})
    assert home.commands == []


async def test_somebody_elses_search_is_only_a_word(home: Room) -> None:
    search = {"action_id": "value:people's secrets:target", "block_id": "target", "value": "x" * 5_000}
    answer = await home.slack.send(home.slack.signed_interaction("block_suggestion", search))
    assert len(answer.json["options"]) == 2
    (search_,) = seen(home, Suggest)
    assert (search_.what, len(search_.text)) == ("people's secrets", 200)


# --- as one chooses


async def test_choosing_draws_the_form_anew_with_all_that_is_filled_in(home: Room) -> None:
    view = await form(home)
    await home.slack.fill_in(view, REASON, "It is a spike")
    await home.slack.fill_in(view, TIER, "Tier 2")
    anew = await home.slack.view_of(GRACE, "Risk of tier 2")
    assert (anew.id, anew.values[TIER], anew.values[REASON]) == (view.id, "Tier 2", "It is a spike")
    command = home.commands[-1]
    assert isinstance(command, OpenExceptionForm)
    assert command.values == {"target": "STD-004", "tier": "2", "reason": "It is a spike", "emergency": "no"}
    assert (command.origin, command.by.room) == (Origin(), GENERAL)


async def test_a_field_that_appears_does_not_disturb_what_is_typed_meanwhile(home: Room) -> None:
    view = await form(home)
    await home.slack.fill_in(view, EMERGENCY, "Yes")
    await home.slack.fill_in(view, REASON, "typed while the form is drawn")
    anew = await home.slack.view_of(GRACE, "Why now")
    assert anew.fields == (CLAUSE, TIER, "Why now", REASON, UNTIL, EMERGENCY)
    assert anew.values[REASON] == "typed while the form is drawn"
    await home.slack.fill_in(anew, EMERGENCY, "No")
    await until(lambda: len(home.slack.state.views[view.id].fields) == 5 or None, "the field did not go")


async def test_the_form_that_was_drawn_anew_is_sent_from_where_it_was_opened(home: Room) -> None:
    view = await form(home)
    await home.slack.fill_in(view, TIER, "Tier 2")
    anew = await home.slack.view_of(GRACE, "Risk of tier 2")
    shown = await home.slack.submit(anew, {REASON: "It is a spike"})
    assert shown is not None
    assert shown.words.startswith("Requested against STD-004")
    (request,) = seen(home, RequestException)
    assert (request.values["tier"], request.by.room) == ("2", GENERAL)


async def test_the_answer_to_an_older_choice_does_not_replace_a_newer_one(home: Room) -> None:
    view = await form(home)
    await home.slack.fill_in(view, REASON, "slow with tier 0")
    await home.slack.fill_in(view, TIER, "Tier 0")  # its answer waits
    await until(lambda: len(seen(home, OpenExceptionForm)) == 2 or None, "the first choice did not come")
    await home.slack.fill_in(view, TIER, "Tier 2")
    await home.slack.view_of(GRACE, "Risk of tier 2")
    home.slow.set()
    await home.rest()
    assert "Risk of tier 2" in home.slack.state.views[view.id].words
    assert len([name for name, _ in home.slack.calls if name == "views.update"]) == 1


async def test_a_choice_that_was_made_while_the_form_was_drawn_is_drawn_too(home: Room) -> None:
    view = await form(home)
    await home.slack.fill_in(view, TIER, "Tier 1")
    drawn = await home.slack.view_of(GRACE, "Risk of tier 1")
    before = replace(drawn, hash=view.hash, states=chosen(drawn, "2"))  # she chose before she saw it
    await home.slack.send(changed(home, before, "exception_redraw::tier"))
    assert (await home.slack.view_of(GRACE, "Risk of tier 2")).hash not in (view.hash, drawn.hash)


def chosen(view: View, tier: str) -> Any:
    """What stands in the fields once a tier is chosen."""
    option = {"text": {"type": "plain_text", "text": f"Tier {tier}"}, "value": tier}
    return {**view.states, "tier": {"exception_redraw::tier": {"type": "static_select", "selected_option": option}}}


async def test_a_stale_hash_is_no_error_for_the_person(home: Room, logged: list[MutableMapping[str, Any]]) -> None:
    view = await form(home)
    stale = changed(home, view, "exception_redraw::tier")
    other = home.slack.state.reshow(view, {**view.content, "title": {"type": "plain_text", "text": "Other"}})
    await home.slack.send(stale)
    await home.rest()
    assert home.slack.state.views == {view.id: other}
    assert said(home) == []
    assert [entry for entry in logged if entry["log_level"] in ("warning", "error")] == []


async def test_a_window_that_was_closed_meanwhile_stays_closed(
    home: Room, logged: list[MutableMapping[str, Any]]
) -> None:
    view = await form(home)
    late = changed(home, view, "exception_redraw::tier")
    home.slack.state.shut(view)
    await home.slack.send(late)
    await home.rest()
    assert (home.slack.state.views, said(home)) == ({}, [])
    assert [entry for entry in logged if entry["log_level"] in ("warning", "error")] == []


async def test_many_quick_choices_are_no_double_click(home: Room) -> None:
    view = await form(home)
    for tier in ("1", "2", "1", "2", "0"):
        await home.slack.fill_in(view, TIER, f"Tier {tier}")
        await home.slack.view_of(GRACE, f"Risk of tier {tier}")


@pytest.mark.parametrize("verb", ["gone_verb", "exception_request", "subscribe"])
async def test_a_field_changes_nothing_whatever_its_verb(kept: Room, verb: str) -> None:  # abuse 23
    view = await form(kept)
    await kept.slack.send(changed(kept, view, f"{verb}::tier"))
    assert "earlier version" in (await kept.slack.view_of(GRACE, "earlier version")).words
    assert (len(kept.commands), kept.keys) == (1, [])


@pytest.mark.parametrize("action_id", ["value::reason", "value", "value:clauses:target"])
async def test_a_field_on_which_nothing_depends_is_no_wish(home: Room, action_id: str) -> None:
    view = await form(home)
    assert (await home.slack.send(changed(home, view, action_id))).status == 200
    await home.rest()
    assert len(home.commands) == 1
    assert home.slack.state.views == {view.id: view}


async def test_a_choice_in_a_message_is_no_wish(home: Room) -> None:
    action = {"type": "static_select", "action_id": "exception_redraw::tier", "selected_option": {"value": "1"}}
    await home.slack.send(home.slack.signed_interaction("block_actions", {"actions": [action]}))
    await home.rest()
    assert (home.commands, said(home)) == ([], [])


# --- when it is sent


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(kept: Room) -> None:
    view = await form(kept)
    back = await kept.slack.submit(view, {**FILLED, REASON: "faulty"})
    assert back is not None
    assert (back.id, back.errors, back.values[REASON]) == (view.id, {UNTIL: "It is past."}, "faulty")
    shown = await kept.slack.submit(back, {REASON: "It is a spike", UNTIL: "2026-12-24"})
    assert shown is not None
    assert shown.words.startswith("Requested against STD-004 until 2026-12-24")
    assert len(kept.keys) == 2


async def test_a_form_that_was_sent_back_may_be_sent_again_as_it_is(kept: Room) -> None:
    view = await form(kept)
    for _ in range(3):
        back = await kept.slack.submit(view, {**FILLED, REASON: "faulty"})
        assert back is not None
        assert back.errors == {UNTIL: "It is past."}
    assert len(seen(kept, RequestException)) == 3


async def test_a_form_that_one_process_sent_back_is_taken_in_by_another(kept: Room, database: Database) -> None:
    view = await form(kept)
    back = await kept.slack.submit(view, {**FILLED, REASON: "faulty"})
    assert back is not None
    async with open_room(database=database, beside=kept) as other:
        assert await other.introduce()
        shown = await other.slack.submit(back, {REASON: "It is a spike"})
        assert shown is not None
        assert shown.words.startswith("Requested")
        assert len(seen(other, RequestException)) == 1


async def test_a_form_that_was_taken_in_is_not_taken_in_twice_and_says_so(kept: Room) -> None:  # abuse 19
    view = await form(kept)
    filled = await kept.slack.fill_in(view, REASON, "It is a spike")
    filled = replace(filled, states=chosen(filled, "1"))
    first = await kept.slack.submit(kept.slack.state.keep(filled), {})
    assert first is not None
    assert first.words.startswith("Requested")
    again = await kept.slack.submit(kept.slack.state.keep(filled), {})  # the answer was lost on its way
    assert again is not None
    assert "sent before" in again.words
    assert len(seen(kept, RequestException)) == 1


async def test_a_fault_in_a_field_that_is_not_there_yet_draws_the_form_anew(kept: Room) -> None:
    view = await form(kept)
    anew = await kept.slack.submit(view, {**FILLED, REASON: "urgent"})
    assert anew is not None
    assert anew.errors == {}
    lines = anew.words.splitlines()
    assert ":warning:  Why now: Say why." in lines
    assert ":warning:  Until: It is past." in lines
    assert (anew.fields[2], anew.values[UNTIL]) == ("Why now", "2026-12-04")
    kinds = [block.get("block_id", block["type"]) for block in anew.content["blocks"]]
    assert kinds[kinds.index("why_now") + 1] == kinds[kinds.index("until") + 1] == "rich_text"


async def test_a_form_without_a_fault_takes_the_place_of_the_one_that_was_sent(kept: Room) -> None:
    view = await form(kept)
    anew = await kept.slack.submit(view, {**FILLED, REASON: "look again"})
    assert anew is not None
    assert "Risk of tier 2" in anew.words
    assert anew.hash != view.hash


@pytest.mark.parametrize(("reason", "told"), [("slow", ""), ("slow and faulty", "It is past.")])
async def test_a_form_that_comes_back_too_late_is_opened_from_a_card(
    kept: Room, monkeypatch: pytest.MonkeyPatch, reason: str, told: str
) -> None:
    monkeypatch.setattr(gestures, "PATIENCE_SECONDS", 0.05)
    view = await form(kept)
    assert await kept.slack.submit(view, {**FILLED, REASON: reason}) is None
    kept.slow.set()
    card = await kept.slack.whisper_to(GRACE)
    assert "not sent yet" in card.words
    assert told in card.words
    assert (card.channel, card.buttons) == (GENERAL, ("Request an exception",))
    await kept.slack.press(card, "Request an exception")
    assert (await kept.slack.view_of(GRACE)).values[CLAUSE] == "STD-004 Encryption"


async def test_slacks_client_does_not_send_what_is_not_filled_in(home: Room) -> None:
    view = await form(home)
    with pytest.raises(NotShownError, match=r"complete all required fields: Tier, Reason$"):
        await home.slack.submit(view, {UNTIL: "2026-12-04"})
    assert len(home.commands) == 1


async def test_over_two_windows_each_is_drawn_for_itself(home: Room) -> None:
    first = await form(home)
    await home.slack.command("/arch", "exception")
    second = await until(lambda: next((v for v in home.slack.state.views.values() if v != first), None), "no window")
    await asyncio.gather(
        home.slack.fill_in(first, TIER, "Tier 1"),
        home.slack.fill_in(second, TIER, "Tier 2"),
    )
    await home.rest()
    assert "Risk of tier 1" in home.slack.state.views[first.id].words
    assert "Risk of tier 2" in home.slack.state.views[second.id].words
