"""Questions to the architects, as they are kept."""

from __future__ import annotations

from bot.domain.people import Account
from bot.store.database import Database
from bot.store.open_questions import OpenQuestion

ADA = Account("slack", "U1", "T1", room="C1", name="Ada")


def test_a_question_is_kept_with_the_room_of_its_asker(database: Database) -> None:
    asked, is_new = database.write_now(lambda unit: unit.questions.ask(ADA, "why?"))
    assert is_new
    assert asked == OpenQuestion(asked.id, "why?", Account("slack", "U1"), "slack:U1", answered=False)
    assert asked.asker.name == "Ada"
    assert database.read_now(lambda unit: unit.questions.get(str(asked.id))) == asked


def test_it_is_the_same_one_until_it_is_answered(database: Database) -> None:
    first, _ = database.write_now(lambda unit: unit.questions.ask(ADA, "why?"))
    assert database.write_now(lambda unit: unit.questions.ask(ADA, "why?")) == (first, False)
    database.write_now(lambda unit: unit.questions.answered(first))
    second, is_new = database.write_now(lambda unit: unit.questions.ask(ADA, "why?"))
    assert is_new
    assert second.id != first.id
    found = database.read_now(lambda unit: unit.questions.get(str(first.id)))
    assert found
    assert found.answered
