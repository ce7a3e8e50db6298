"""What can be chosen in a field, as one types in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.cards.model import Choice, Choices, Reply
from bot.domain.exception_commands import Suggest
from tests.doubles.teams import ALAN
from tests.doubles.teams_answers import fault_of_suggestions
from tests.teams.deciding import CLAUSES, deciding, form_in
from tests.teams.room import Room, StandIn, said
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room(dispatch=StandIn(reply=deciding)) as opened:
        yield opened


async def test_what_is_typed_in_a_field_is_looked_for(room: Room) -> None:
    posted = await room.teams.say("exception")
    form = form_in(await room.teams.open_dialog(posted, "Request an exception"))
    (field,) = (element for element in form["body"] if element.get("id") == "target")
    assert (field["style"], field["choices"]) == ("filtered", [])
    assert field["choices.data"] == {"type": "Data.Query", "dataset": "clauses"}
    found = await room.teams.type_in(form, "target", "  std-004.4 ", by=ALAN)
    assert found == [{"title": "STD-004.4: Buckets", "value": "STD-004.4"}, {"title": "STD-004.40: Buckets", "value": "STD-004.40"}]  # fmt: skip
    asked = room.library.asked[-1]
    assert asked == Suggest(asked.by, "clauses", "std-004.4")
    assert asked.by.id == ALAN.entra_id


async def test_a_long_list_is_shown_page_by_page(room: Room) -> None:
    posted = await room.teams.say("exception")
    form = form_in(await room.teams.open_dialog(posted, "Request an exception"))
    pages = [await room.teams.type_in(form, "target", "", skip) for skip in (0, 15, 30, 45)]
    assert [len(page) for page in pages] == [15, 15, 10, 0]
    assert [each["value"] for page in pages for each in page] == [choice.value for choice in CLAUSES]


MALFORMED: list[Any] = [
    None,
    7,
    "x",
    [],
    {},
    {"queryText": "x"},
    {"dataset": "clauses"},
    {"dataset": "", "queryText": "x"},
    {"dataset": 7, "queryText": "x"},
    {"dataset": "x" * 101, "queryText": "x"},
    {"dataset": "clauses", "queryText": None},
    {"dataset": "clauses", "queryText": ["x"]},
    {"dataset": "clauses", "queryText": "x" * 1_001},
    {"dataset": "clauses", "queryText": "x", "queryOptions": []},
    {"dataset": "clauses", "queryText": "x", "queryOptions": "all"},
    {"dataset": "clauses", "queryText": "x", "queryOptions": {"skip": -1}},
    {"dataset": "clauses", "queryText": "x", "queryOptions": {"skip": "1"}},
    {"dataset": "clauses", "queryText": "x", "queryOptions": {"top": True}},
    {"dataset": "clauses", "queryText": "x", "queryOptions": {"top": 1.5}},
]


@pytest.mark.parametrize("value", MALFORMED, ids=lambda value: str(value)[:60])
async def test_a_malformed_search_in_a_field_is_answered_as_such_and_asks_nothing(room: Room, value: Any) -> None:
    answer = await room.teams.invoke("application_search", value)
    assert fault_of_suggestions(answer) is None
    assert answer["statusCode"] == 400
    assert not room.library.asked


@pytest.mark.parametrize(
    ("options", "count"), [({}, 15), (None, 15), ({"top": 3}, 3), ({"top": 500}, 15), ({"top": 0}, 0), ({"skip": 10**9}, 0)]
)  # fmt: skip
async def test_options_of_a_search_in_a_field_may_be_left_out(room: Room, options: Any, count: int) -> None:
    value = {"dataset": "clauses", "queryText": "", "queryOptions": options, "kind": "search"}
    answer = await room.teams.invoke("application_search", value)
    assert fault_of_suggestions(answer) is None
    assert len(answer["value"]["results"]) == count


async def test_where_nothing_can_be_found_the_list_is_empty(room: Room) -> None:
    nothing: list[Reply] = [said("I answer members of this organisation only."), Choices((Choice("x", ""), Choice("y", "y" * 999)))]  # fmt: skip
    for reply in nothing:
        room.library.reply = lambda _, reply=reply: reply
        answer = await room.teams.invoke("application_search", {"dataset": "clauses", "queryText": "x"})
        assert answer["value"] == {"results": []}
    room.library.reply = lambda _: (_ for _ in ()).throw(ZeroDivisionError)
    answer = await room.teams.invoke("application_search", {"dataset": "clauses", "queryText": "x"})
    assert fault_of_suggestions(answer) is None


async def test_labels_of_what_is_found_are_texts_and_nothing_else(room: Room) -> None:
    label = "<at>x</at>\n{{DATE(x)}}\u202e" + "y" * 200
    room.library.reply = lambda _: Choices((Choice(label, "v"),))
    answer = await room.teams.invoke("application_search", {"dataset": "clauses", "queryText": "x"})
    (found,) = answer["value"]["results"]
    assert found["title"].startswith("<at>x</at> {\u2060{DATE(x)}}yyy")
    assert len(found["title"]) <= 101
