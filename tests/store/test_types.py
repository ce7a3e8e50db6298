"""Text that no database takes: made such as every one takes it, on its way in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.store.database import Database
from bot.store.tables import announcement, conversation
from bot.store.types import writable, writable_facts
from tests.databases import NOON

anything = st.text(st.characters(codec="utf-8") | st.characters(categories=["Cs"]) | st.just("\x00"))


@given(anything)
def test_every_text_can_be_written_afterwards(text: str) -> None:
    made = writable(text)
    assert "\x00" not in made
    assert made.encode().decode() == made
    assert writable(made) == made


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00")))
def test_a_text_that_is_one_stays_as_it_is(text: str) -> None:
    assert writable(text) == text


def test_halves_that_belong_together_are_joined_and_others_replaced() -> None:
    assert writable("a\ud83d\ude00b") == "a😀b"
    assert writable("\ude00 \ud83d x") == "\ufffd \ufffd x"
    assert writable_facts({"a\x00": ["\udcff", 1, None, ("x",)]}) == {"a\ufffd": ["\ufffd", 1, None, ["x"]]}


def test_nul_and_surrogates_pass_into_both_databases(database: Database) -> None:
    row = {"platform": "slack", "id": "C\x00", "organisation": "T", "name": "\udcff", "reference": "{}"}
    facts = {"title": "a\x00b", "\ud800": ["\udfff"]}
    database.write_now(lambda unit: unit.connection.execute(conversation.insert().values(row)).rowcount)
    said = {
        "key": "k\x00",
        "subject": "s",
        "topic": "t",
        "facts": facts,
        "revision": 1,
        "at": NOON.replace(tzinfo=None),
        "over": False,
    }
    database.write_now(lambda unit: unit.connection.execute(announcement.insert().values(said)).rowcount)
    wanted = select(conversation.c.name).where(conversation.c.id == "C\x00")
    assert database.read_now(lambda unit: unit.connection.scalars(wanted).one()) == "\ufffd"
    kept = database.read_now(lambda unit: unit.connection.scalars(select(announcement.c.facts)).one())
    assert kept == {"title": "a\ufffdb", "\ufffd": ["\ufffd"]}
