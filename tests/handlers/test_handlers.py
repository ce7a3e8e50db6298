from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.cards.model import Card, Form, Place, Results
from bot.domain.commands import Ask, Command, Help, More, OpenHome, OpenQuestionForm, Preview, Rate, Search, Share, Show
from bot.domain.events import AnswerRated, Event, QuestionAnswered
from bot.domain.people import Account, Standing
from bot.settings import STARTER
from handlers import HANDLERS, handle
from handlers.desk import Desk
from knowledge.live import LiveLibrary

ADA = Account("slack", "U1", "T1")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Table:
    """A desk on the starter folder, and what was put down on it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.desk = Desk(
            library=LiveLibrary(STARTER, cached_in=None, pattern=None).library,
            now=lambda: NOON,
            happened=self.events.append,
            place=lambda url: ("standards/STD-003-encryption.md", "encryption-at-rest") if url == "ours" else None,
        )

    def card(self, command: Command) -> Card:
        reply = handle(command, self.desk)
        assert isinstance(reply, Card)
        return reply


@pytest.fixture(scope="module")
def table() -> Table:
    return Table()


def test_every_command_has_a_handler() -> None:
    assert set(HANDLERS) == set(Command.__args__)


def test_a_question_is_answered_and_counted_without_its_asker(table: Table) -> None:
    table.events.clear()
    assert table.card(Ask(ADA, "do buckets have to be encrypted?")).name == "answer"
    (event,) = table.events
    assert isinstance(event, QuestionAnswered)
    assert (event.question, event.answered, event.at) == ("do buckets have to be encrypted?", True, NOON)
    assert event.documents[0] == "standards/STD-003-encryption.md"
    assert "U1" not in repr(event)


def test_no_answer_counts_the_words_that_were_found_nowhere(table: Table) -> None:
    table.events.clear()
    assert table.card(Ask(ADA, "who waters the zeppelins")).name == "no_answer"
    (event,) = table.events
    assert isinstance(event, QuestionAnswered)
    assert "zeppelins" in event.unmatched


def test_typing_in_a_search_is_not_counted(table: Table) -> None:
    table.events.clear()
    reply = handle(Search(ADA, "do buckets have to be encrypted?"), table.desk)
    assert isinstance(reply, Results)
    assert reply.results[0].card.name == "answer"
    assert not table.events


def test_a_further_page_has_no_answer_on_top(table: Table) -> None:
    first = handle(Search(ADA, "encryption", count=3), table.desk)
    second = handle(Search(ADA, "encryption", skip=3, count=3), table.desk)
    assert isinstance(first, Results)
    assert isinstance(second, Results)
    assert {result.card.name for result in second.results} == {"cited"}
    assert not {result.title for result in first.results} & {result.title for result in second.results}


def test_an_empty_search_is_a_first_look_around(table: Table) -> None:
    reply = handle(Search(ADA, "", count=5), table.desk)
    assert isinstance(reply, Results)
    assert len(reply.results) == 5


def test_an_unknown_id_is_refused_with_the_next_step(table: Table) -> None:
    assert "There is no STD-999 here" in table.card(Show(ADA, "STD-999")).summary


def test_strangers_get_one_sentence_whatever_they_wish(table: Table) -> None:
    eve = replace(ADA, standing=Standing.STRANGER)
    for command in (Ask(eve, "x"), Show(eve, "STD-003"), More(eve, "x"), OpenHome(eve), Search(eve, "x")):
        assert "members of this organisation only" in table.card(command).summary


def test_a_voice_is_counted_without_saying_whose(table: Table) -> None:
    table.events.clear()
    for by in (ADA, ADA, replace(ADA, id="U2")):
        assert table.card(Rate(by, "do buckets have to be encrypted?", helpful=True)).name == "thanks"
    events = [event for event in table.events if isinstance(event, AnswerRated)]
    assert events[0].voice == events[1].voice != events[2].voice
    assert "U1" not in repr(events)


def test_all_of_an_answer_takes_the_place_of_its_short_form(table: Table) -> None:
    assert table.card(More(ADA, "do buckets have to be encrypted?")).place is Place.INSTEAD


def test_sharing_goes_to_the_present_room_or_asks_which(table: Table) -> None:
    question = "do buckets have to be encrypted?"
    assert table.card(Share(replace(ADA, room="C1", name="Ada"), question)).place is Place.ROOM
    assert isinstance(handle(Share(ADA, question, rooms=(("19:a", "Payments"),)), table.desk), Form)
    assert "no channel yet" in table.card(Share(ADA, question)).summary


def test_a_form_to_ask_in_keeps_what_was_written(table: Table) -> None:
    form = handle(OpenQuestionForm(ADA, "half a question"), table.desk)
    assert isinstance(form, Form)
    assert form.fields[0].value == "half a question"


def test_a_link_of_ours_is_previewed_and_no_other(table: Table) -> None:
    ours = handle(Preview(ADA, "ours"), table.desk)
    elsewhere = handle(Preview(ADA, "elsewhere"), table.desk)
    assert isinstance(ours, Results)
    assert isinstance(elsewhere, Results)
    assert [len(ours.results), len(elsewhere.results)] == [1, 0]


def test_home_shows_what_is_new(table: Table) -> None:
    assert table.card(OpenHome(ADA)).buttons


def test_help_speaks_the_command_word_in_slack_alone(table: Table) -> None:
    assert "/arch" in repr(table.card(Help(ADA)))
    assert "/arch" not in repr(table.card(Help(Account("teams", "1", "T"))))


def test_a_fault_of_ours_is_logged_under_the_reference_that_is_shown(tmp_path: Path) -> None:
    broken = Desk(None, lambda: NOON, lambda _: None, lambda _: None)  # type: ignore[arg-type]  # whatever breaks inside a handler
    with capture_logs() as logged:
        reply = handle(Ask(ADA, "x"), broken)
    assert isinstance(reply, Card)
    assert reply.name == "fault"
    assert logged[0]["reference"] in reply.summary
