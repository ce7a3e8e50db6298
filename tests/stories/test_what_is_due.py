"""What decisions demand afterwards, from the day it is given to the day it is closed: told on the platform where its owner is, overdue to
their lead on the other one, handed on, closed with evidence; and a waiver's condition, closed from the list of all that is due."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.domain.obligations import Kind, Wanted
from bot.domain.people import Account
from bot.store.transaction import Transaction
from handlers.desk import Desk
from handlers.obligations import oblige
from tests.domain.cast import rules
from tests.stories.deciding import (
    ADA,
    ARCHITECTS,
    DORA,
    DORAS,
    GRACE,
    NEWS,
    NEWS_IN_TEAMS,
    PAT,
    PATS,
    RULES,
    SAM,
    Human,
    Organisation,
    in_channel,
    write,
)

pytestmark = pytest.mark.asyncio

LED = RULES.replace("people: [pat@example.org]", "people: [pat@example.org], lead: dora@example.org")
LOAD_TEST = Wanted("Load test the checkout.", "pat@example.org", date(2026, 12, 4), Kind.CONDITION)
CONDITION = {
    "Condition 1": "Encrypt the exports.",
    "Owner of condition 1": "pat@example.org",
    "Due day of condition 1": "2026-12-04",
}


def chat_of(who: Human) -> str:
    return f"teams:a:chat-with-{who.teams.teams_id}"


async def given(there: Organisation, *wanted: Wanted) -> None:
    """A review has been decided, and demands this of somebody."""
    bot, by = there.house.bot, Account("slack", ADA.slack.id, "T1", name="ada", email="ada@example.org")

    def decided(unit: Transaction) -> None:
        desk = Desk(
            bot.shelf.library, lambda: unit.now, lambda _: None, bot.shelf.place, governance=rules(LED), store=unit
        )
        oblige("RV-3", "Checkout on Kafka", wanted, by, desk)

    write(there.house.knowledge / "governance.yaml", LED)
    await bot.memory.database.write(decided)
    await bot.desks.notice()
    await there.settled()


async def moves_to_teams(there: Organisation, who: Human) -> None:
    """Somebody speaks to the bot in Teams, and is told there from then on."""
    there.clock.advance(minutes=5)
    await there.teams.say("away", who.teams)


async def test_an_obligation_is_told_reminded_of_overdue_handed_on_and_closed(anywhere: Organisation) -> None:
    there = anywhere
    await there.house.slack.command("/arch", "subscribe obligations owner:sam@example.org", channel="C0NEWS")
    await there.house.teams.mention("subscribe obligations owner:pat@example.org", **in_channel(NEWS_IN_TEAMS))
    await moves_to_teams(there, PAT)
    await given(there, LOAD_TEST)
    first = (await there.card("OB-1:to:1", chat_of(PAT))).says("You are to see to OB-1, by 4 December 2026.")
    first.says("Load test the checkout.", "Condition of RV-3 Checkout on Kafka asked for by ada")
    assert first.buttons == ("Close", "Transfer", "Show")
    await there.alike("obligations", GRACE, "1 obligation", "OB-1 by 4 December 2026 “Load test the checkout.”")
    await there.alike("show OB-1", GRACE, "OB-1 Due on 4 December 2026.")

    await there.until(datetime(2026, 12, 3, 9, 1, tzinfo=UTC))
    (await there.card("OB-1:soon", chat_of(PAT))).says("OB-1 is due on 4 December 2026.")
    await there.until(datetime(2026, 12, 5, 0, 1, tzinfo=UTC))
    late = "OB-1 is overdue since 4 December 2026. pat@example.org was to see to it."
    (await there.see("OB-1:overdue", chat_of(PAT), DORAS)).says(late)
    (await there.card("OB-1:told:overdue", NEWS_IN_TEAMS)).says(late)
    (await there.card("OB-1:to:1", chat_of(PAT))).says("You are to see to OB-1, overdue since 4 December 2026.")
    await there.alike("obligations overdue", GRACE, "overdue since 4 December 2026")
    refused = await there.slack.say("close OB-1 Fine.", GRACE.slack)
    refused.says("OB-1 is for pat@example.org to close or hand on")

    told = await there.slack.do(
        await there.card("OB-1:overdue", DORAS), "Transfer", DORA.slack, {"Owner": "sam@example.org"}
    )
    assert "OB-1 is for sam@example.org to see to from now on; they are told." in told
    handed_on = (await there.see("OB-1:overdue", chat_of(PAT), DORAS)).says(
        "OB-1 is for sam@example.org to see to now."
    )
    assert handed_on.buttons == ("Show",)
    (sams,) = await there.posts("OB-1:to:2")
    sams.says("You are to see to OB-1, overdue since 4 December 2026.")
    await there.until(datetime(2026, 12, 14, 9, 1, tzinfo=UTC))
    again = await there.posts("OB-1:again:2026-12-14")
    assert [post.room for post in again] == [sams.room]
    again[0].says("OB-1 is still overdue, since 4 December 2026.")

    told = await there.slack.do(sams, "Close", SAM.slack, {"Evidence": "https://ci.example.org/load/7"})
    assert "OB-1 is closed, with what you gave as evidence." in told
    closed = (await there.see("OB-1:overdue", chat_of(PAT), DORAS)).says(
        "OB-1 is closed by sam", "https://ci.example.org/load/7"
    )
    assert closed.buttons == ("Show",)
    (await there.card("OB-1:told:closed", NEWS)).says("OB-1 is closed by sam")
    (await there.card("OB-1:told:overdue", NEWS_IN_TEAMS)).says("OB-1 is closed by sam")
    await there.advance(days=40)
    assert [each for each in there.references("OB-1:again") if each != "OB-1:again:2026-12-14"] == []
    await there.alike("obligations", GRACE, "Nothing is due.")
    await there.alike("show OB-1", GRACE, "OB-1 Closed by sam on 14 December 2026.", "https://ci.example.org/load/7")


async def test_a_condition_of_a_waiver_is_handed_on_and_closed_from_the_list(there: Organisation) -> None:
    id_ = await there.request()
    await there.press(f"{id_}:review:1", ARCHITECTS, "Approve with conditions", ADA, CONDITION)
    assert "Done" in (await there.card(f"{id_}:condition:1", PATS)).buttons
    told = await there.slack.say("transfer OB-1 to @sam", PAT.slack)
    told.says("OB-1 is for sam@example.org to see to from now on; they are told.")
    await there.agree(id_)
    assert (await there.card(f"{id_}:condition:1", PATS)).buttons == ("Show",)
    await there.alike(f"show {id_}", GRACE, "Encrypt the exports.", "sam@example.org")

    mine = (await there.teams.say("obligations mine", SAM.teams)).says("OB-1 by 4 December 2026 “Encrypt the exports.”")
    assert mine.buttons == ("Close OB-1",)
    told_in_teams = await there.teams.do(mine, "Close OB-1", SAM.teams, {"Evidence": "OPS-7"})
    assert f"{id_}" in told_in_teams
    await there.agree(id_)
    await there.alike(f"show {id_}", GRACE, "met on 23 November 2026")
    await there.alike("show OB-1", GRACE, "OB-1 Closed by Sam on 23 November 2026.", "OPS-7")
    await there.alike("obligations", GRACE, "Nothing is due.")
