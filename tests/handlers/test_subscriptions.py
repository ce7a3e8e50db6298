"""Rooms choose what they hear of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cards.model import Card, Form, Place, Reply
from bot.cards.plain import text
from bot.domain.commands import Command, ListSubscriptions, OpenSubscriptionForm, Subscribe, Unsubscribe, pressed
from bot.domain.people import Account, Standing
from bot.store.database import Database
from bot.store.subscriptions import MOST
from handlers import handle
from tests.databases import Clock
from tests.handlers.newsroom import Newsroom, standard, writes

ADA = Account("slack", "U1", "T1", room="C0ARCH", name="Ada")
GRACE = Account("teams", "29:grace", "tenant", room="19:abc@thread.tacv2")

Say = Callable[[Command], str]


@pytest.fixture
def room(tmp_path: Path, database: Database) -> Newsroom:
    return Newsroom(tmp_path / "folder", database)


@pytest.fixture
def say(room: Newsroom) -> Say:
    def said(command: Command) -> str:
        return text(card(reply(room, command)), width=400)

    return said


def reply(room: Newsroom, command: Command) -> Reply:
    return room.database.write_now(lambda unit: handle(command, room.desk(unit)))


def card(shown: Reply) -> Card:
    assert isinstance(shown, Card)
    return shown


def held(room: Newsroom, where: str = "slack:C0ARCH") -> list[str]:
    return [each.words for each in room.database.read_now(lambda unit: unit.subscriptions.of(where))]


def test_a_room_hears_of_what_somebody_subscribes_it_to(room: Newsroom, say: Say) -> None:
    said = say(Subscribe(ADA, "standards tag:network digest daily"))
    assert "This room hears of standards tagged network, in a daily digest." in said
    assert "The next digest comes on Monday 23 November at 09:00 (Europe/London)." in said
    assert "To stop it: /arch unsubscribe standards tag:network" in said
    assert held(room) == ["standards tag:network digest daily"]
    assert '"subscription.added"' in room.recorded()[-1]


def test_in_teams_no_command_word_is_needed(room: Newsroom, say: Say) -> None:
    assert "To stop it: unsubscribe adrs" in say(Subscribe(GRACE, "adrs"))


def test_operators_are_told_the_name_of_their_room_and_all_are_until_they_have_one(room: Newsroom, say: Say) -> None:
    olga = replace(ADA, room="C0OPS")
    assert "Room slack:C0OPS" in say(Subscribe(olga, "adrs")) + say(ListSubscriptions(olga))
    assert "Room" not in say(Subscribe(ADA, "adrs")).replace("This room", "") + say(ListSubscriptions(ADA))
    room.operations_room = ""
    assert "Room slack:C0ARCH" in say(ListSubscriptions(ADA))


def test_two_topics_are_stopped_with_one_line(room: Newsroom, say: Say) -> None:
    assert "unsubscribe standards adrs tag:x" in say(Subscribe(ADA, "standards adrs tag:x"))
    say(Unsubscribe(ADA, "standards adrs tag:x"))
    assert held(room) == []


def test_hours_that_are_pointless_beside_another_subscription_are_warned_of(say: Say) -> None:
    say(Subscribe(ADA, "all"))
    said = say(Subscribe(ADA, "standards quiet 18:00-08:00"))
    assert "Quiet hours are those of Europe/London." in said
    assert "Nothing is kept back of standards: this room also hears of everything at once." in said


def test_somebody_alone_hears_for_themselves(room: Newsroom, say: Say) -> None:
    assert say(Subscribe(replace(ADA, room=""), "adrs")).startswith("You hear of ADRs.")
    assert held(room, "slack:U1") == ["adrs"]


def test_subscribing_twice_changes_nothing(room: Newsroom, say: Say) -> None:
    say(Subscribe(ADA, "adrs"))
    assert "This room already hears of ADRs." in say(Subscribe(ADA, "adr"))
    assert held(room) == ["adrs"]
    assert len([each for each in room.recorded() if "subscription" in each]) == 1


def test_other_hours_take_the_place_of_those_before(room: Newsroom, say: Say) -> None:
    say(Subscribe(ADA, "adrs digest daily"))
    assert "Until now it was: ADRs, in a daily digest." in say(Subscribe(ADA, "adrs quiet 18:00-08:00"))
    assert held(room) == ["adrs quiet 18:00-08:00"]
    assert "adrs digest daily" in room.recorded()[-1]


def test_several_topics_are_subscriptions_of_their_own(room: Newsroom, say: Say) -> None:
    say(Subscribe(ADA, "standards adrs tag:x"))
    assert held(room) == ["standards tag:x", "adrs tag:x"]


def test_a_slip_is_answered_with_what_was_meant(room: Newsroom, say: Say) -> None:
    assert "did you mean “standards”?" in say(Subscribe(ADA, "standrads"))
    assert held(room) == []


def test_unsubscribing_says_what_is_left(room: Newsroom, say: Say) -> None:
    say(Subscribe(ADA, "standards adrs"))
    said = say(Unsubscribe(ADA, "standard"))
    assert "Stopped: standards." in said
    assert "This room still hears of:\n\n• ADRs" in said
    assert "There was nothing of the kind to stop." in say(Unsubscribe(ADA, "standards"))
    assert "This room hears of nothing any more." in say(Unsubscribe(ADA, "all"))
    assert held(room) == []
    assert [each for each in room.recorded() if "subscription.removed" in each][-1].count("adrs") == 1


def test_the_buttons_of_the_list_stop_one_each_in_its_place(room: Newsroom) -> None:
    for words in ("standards", "standards tag:x", 'all owner:"platform team"'):
        reply(room, Subscribe(ADA, words))
    listed = card(reply(room, ListSubscriptions(ADA)))
    stop = [button for button in listed.buttons if button.verb == "unsubscribe"]
    assert stop[0].label == "Stop standards"
    after = card(reply(room, pressed(stop[0].verb, stop[0].about, ADA)))
    assert after.place is Place.INSTEAD
    assert held(room) == ["standards tag:x", 'all owner:"platform team"']
    reply(room, pressed(stop[2].verb, stop[2].about, ADA))
    assert held(room) == ["standards tag:x"]


@pytest.fixture
def kept(room: Newsroom, clock: Clock, say: Say) -> Newsroom:
    """A room that hears of standards in a weekly digest, for which one change is kept back; on Sunday at noon."""
    room.write("standards/STD-001.md", standard("Buckets MUST be encrypted."))
    room.look()
    say(Subscribe(ADA, "standards digest weekly"))
    clock.advance(days=1)
    room.write("standards/STD-001.md", standard("Buckets SHOULD be encrypted."))
    room.look()
    assert room.kept_back() == ["slack:C0ARCH"]
    return room


def test_a_room_that_wants_to_hear_at_once_hears_what_was_kept_back(kept: Newsroom, say: Say) -> None:
    say(Subscribe(ADA, "standards"))
    assert kept.postings("slack:C0ARCH") == [("slack:C0ARCH", "document:standards/STD-001.md:1")]
    assert kept.kept_back() == []


def test_a_room_that_wants_another_digest_hears_what_was_kept_back_in_that_one(
    kept: Newsroom, say: Say, clock: Clock
) -> None:
    say(Subscribe(ADA, "standards digest daily"))
    assert kept.postings() == []
    clock.advance(days=1)
    assert kept.fall_due() == 1
    assert [card.title for card in kept.heard("slack:C0ARCH")] == ["1 change since Monday 23 November"]


def test_what_was_kept_back_for_a_subscription_that_ended_waits_for_another_to_the_same(
    kept: Newsroom, say: Say, clock: Clock
) -> None:
    say(Subscribe(ADA, "all tag:network quiet 11:00-15:00"))
    with writes(kept.database) as written:
        say(Unsubscribe(ADA, "standards"))
    assert max(number for number, each in enumerate(written) if each.startswith("timer")) < written.index("kept_back")
    assert written.index("kept_back") > (written.index("lock") if kept.database.is_postgres else 0)
    clock.advance(hours=3)
    assert kept.fall_due() == 1
    assert [key for _, key in kept.postings()] == ["document:standards/STD-001.md:1"]


def test_what_was_kept_back_is_forgotten_with_the_last_subscription(kept: Newsroom, say: Say) -> None:
    with writes(kept.database) as written:
        say(Unsubscribe(ADA, "all"))
    assert written.index("kept_back") > (written.index("lock") if kept.database.is_postgres else -1)
    assert kept.kept_back() == []
    assert kept.postings() == []


def test_the_form_offers_only_what_there_is_news_of(room: Newsroom) -> None:
    form = reply(room, OpenSubscriptionForm(ADA))
    assert isinstance(form, Form)
    assert [choice.value for choice in form.fields[0].choices] == [
        "all",
        "standards",
        "adrs",
        "runbooks",
        "patterns",
        "guides",
        "exceptions",
        "reviews",
        "incidents",
        "obligations",
    ]
    assert [field.optional for field in form.fields] == [False, True, False, True]
    fields = {"topic": "adrs", "filters": "", "digest": "weekly", "quiet": ""}
    reply(room, pressed(form.verb, form.about, ADA, fields))
    assert held(room) == ["adrs digest weekly"]


@pytest.mark.parametrize("command", [Subscribe, Unsubscribe])
def test_guests_decide_nothing_of_what_a_room_hears(room: Newsroom, say: Say, command: type[Subscribe]) -> None:
    guest = replace(ADA, standing=Standing.GUEST)
    for wish in (command(guest, "all"), ListSubscriptions(guest), OpenSubscriptionForm(guest)):
        assert "Only members of this organisation decide" in say(wish)
    assert held(room) == []


def test_nothing_can_be_announced_in_a_terminal(say: Say) -> None:
    assert "Nothing can be announced in a terminal" in say(Subscribe(Account("terminal", "me"), "all"))


def test_a_room_has_a_bounded_number_of_subscriptions(room: Newsroom, say: Say) -> None:
    for number in range(MOST):
        say(Subscribe(ADA, f"all tag:t{number}"))
    assert f"There are {MOST} subscriptions here" in say(Subscribe(ADA, "adrs"))
    assert "/arch subscriptions" in say(Subscribe(ADA, "adrs"))
    assert len(held(room)) == MOST
    assert "already" in say(Subscribe(ADA, "all tag:t1"))
    assert "in a daily digest" in say(Subscribe(ADA, "all tag:t1 digest daily"))
