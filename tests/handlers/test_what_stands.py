"""Who is told what stands against a clause, and who can ask for one more exception."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.cards.model import Card
from bot.cards.plain import text
from bot.domain.commands import Ask, Command, More, Share, Show
from bot.domain.exception_register import Counts
from bot.domain.governance import Governance
from bot.domain.people import Account, Standing
from bot.settings import STARTER
from handlers import handle
from handlers.desk import Desk
from knowledge.live import LiveLibrary
from tests.domain.cast import RULES

ADA = Account("slack", "U1", "T1", room="C1")
GUEST = replace(ADA, standing=Standing.GUEST)
CLAUSE, QUESTION = "STD-003.12", "do buckets have to be encrypted?"
REQUEST, STANDS = "Request an exception", "2 waivers in force · 1 request open"
WISHES = (
    Ask(ADA, QUESTION),
    Ask(ADA, QUESTION, for_all=True),
    More(ADA, QUESTION),
    Share(ADA, QUESTION),
    Show(ADA, CLAUSE),
    Show(ADA, "STD-003"),
)


@pytest.fixture(scope="module")
def desk() -> Desk:
    """A desk without a database: no answer may need one."""
    return Desk(
        library=LiveLibrary(STARTER, cached_in=None, pattern=None).library,
        now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC),
        happened=lambda _: None,
        place=lambda _: None,
        governance=RULES,
        standing={CLAUSE: Counts(2, 1)},
    )


def card(command: Command, desk: Desk) -> Card:
    reply = handle(command, desk)
    assert isinstance(reply, Card)
    return reply


def requests(shown: Card) -> list[str]:
    return [button.about for button in shown.buttons if button.label == REQUEST]


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: type(wish).__name__)
def test_a_member_is_told_what_stands_and_can_ask_for_one_more(wish: Command, desk: Desk) -> None:
    shown = card(wish, desk)
    assert STANDS in text(shown, width=200)
    assert requests(shown) == ["STD-003" if wish == Show(ADA, "STD-003") else CLAUSE]


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: type(wish).__name__)
def test_a_guest_is_told_nothing_of_it(wish: Command, desk: Desk) -> None:
    shown = card(replace(wish, by=GUEST), desk)
    assert "STD-003" in text(shown, width=200)
    assert STANDS not in text(shown, width=200)
    assert requests(shown) == []


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: type(wish).__name__)
def test_where_nobody_decides_nobody_is_offered_to_ask(wish: Command, desk: Desk) -> None:
    assert requests(card(wish, replace(desk, governance=Governance()))) == []
