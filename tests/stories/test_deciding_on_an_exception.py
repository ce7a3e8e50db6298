"""A request is carried to its decision: asked on either platform, decided with buttons on either, and after every step both show
it alike (`there.press` and `there.sent` look)."""

from __future__ import annotations

import pytest

from bot.playground.doings import NotShownError
from tests.stories.deciding import (
    ADA,
    ALAN,
    ARCHITECTS,
    ARCHITECTS_IN_TEAMS,
    DORA,
    DORAS,
    GRACE,
    HERS,
    HIGH,
    MODERATE,
    NEWS,
    NEWS_IN_TEAMS,
    PAT,
    PLATFORM,
    SAM,
    SECURITY,
    Organisation,
)

pytestmark = pytest.mark.asyncio

DECIDING = ("Approve", "Approve with conditions", "Ask for changes", "Decline", "Show")


async def test_low_risk_is_decided_by_one_architect(anywhere: Organisation) -> None:
    there = anywhere
    id_ = await there.request()
    asked = await there.see(f"{id_}:review:1", ARCHITECTS, ARCHITECTS_IN_TEAMS)
    asked.says("grace asks for an exception to STD-004.1 for payments in production until 31 December 2026.")
    asked.says("Low risk. It waits for architect, until 25 November 2026, 10:00 GMT.")
    asked.says("Storage buckets MUST be encrypted at rest.", "The vendor's appliance cannot do it.")
    assert asked.buttons == DECIDING
    (await there.see(f"{id_}:told:asked", NEWS, NEWS_IN_TEAMS)).says("Waiting for a decision")
    shown_before = await there.card(f"{id_}:review:1", ARCHITECTS_IN_TEAMS)

    told = await there.press(f"{id_}:review:1", ARCHITECTS, "Approve", ADA)
    assert f"Your “Approve” on {id_} counts. Approved, in force." in told
    decided = await there.see(f"{id_}:review:1", ARCHITECTS, ARCHITECTS_IN_TEAMS)
    decided.says("Approved by ada on 23 November 2026, in force until 31 December 2026.")
    assert decided.buttons == ("Show",)
    hers = (await there.card(f"{id_}:asked:2", HERS)).says("Approved by ada")
    assert hers.buttons == ("Renew", "Remedied", "Show")
    assert (await there.card(f"{id_}:asked:1", HERS)).buttons == ("Show",)
    (await there.see(f"{id_}:told:decided", NEWS, NEWS_IN_TEAMS)).says("Approved by ada")

    late = await there.teams.press(shown_before, "Approve", ALAN.teams)
    assert late.startswith(f"{id_} is approved already, by ada: nothing was changed.")
    assert await there.agree(id_) == decided


async def test_moderate_risk_is_decided_from_slack_then_teams_then_slack(anywhere: Organisation) -> None:
    there = anywhere
    id_ = await there.request_in_teams(values=MODERATE)
    review, rooms = f"{id_}:review:1", (ARCHITECTS, ARCHITECTS_IN_TEAMS, PLATFORM, SECURITY)
    (await there.see(review, *rooms)).says("It waits for architect, platform and security")

    told = await there.press(review, ARCHITECTS, "Approve", ADA)
    assert "It still waits for platform and security." in told
    once = (await there.see(review, *rooms)).says("It waits for platform and security", "architect: ada approves")
    assert once.buttons == DECIDING

    assert "It still waits for platform." in await there.press(review, SECURITY, "Approve", SAM)
    (await there.see(review, *rooms)).says("It waits for platform, until", "security: Sam approves")

    assert "Approved, in force." in await there.press(review, PLATFORM, "Approve", PAT)
    decided = await there.see(review, *rooms)
    decided.says("Approved by ada, Sam and pat on 23 November 2026, in force until 31 December 2026.")
    assert decided.buttons == ("Show",)


async def test_high_risk_is_accepted_in_typed_words_on_both(there: Organisation) -> None:
    id_ = await there.request(values=HIGH)
    review = f"{id_}:review:1"
    (await there.see(review, SECURITY, DORAS)).says("High risk. It waits for security and director")
    dialog = await there.teams.open(await there.card(review, SECURITY), "Approve", SAM.teams)
    with pytest.raises(AssertionError, match="acceptance is required"):
        await dialog.send()
    told = await dialog.send({"Formal acceptance": "I accept that the buckets lie open until the year ends."})
    assert "It still waits for director." in told
    (await there.agree(id_)).says("It waits for director")

    form = await there.slack.open(await there.card(review, DORAS), "Approve", DORA.slack)
    with pytest.raises(NotShownError, match="Formal acceptance"):
        await form.send()
    assert "Approved, in force." in await form.send({"Formal acceptance": "So do I, for all of us."})
    await there.agree(id_)
    (await there.see(review, SECURITY, DORAS)).says("Approved by Sam and dora")
    receipt = await there.slack.press(await there.slack.say(f"show {id_}", GRACE.slack), "Receipt", GRACE.slack)
    for words in ("I accept that the buckets lie open", "So do I, for all of us.", "Storage buckets MUST be encrypted"):
        assert words in receipt


async def test_changes_are_asked_for_and_it_is_sent_again_and_decided_anew(there: Organisation) -> None:
    id_ = await there.request(values=MODERATE)
    first, second = f"{id_}:review:1", f"{id_}:review:2"
    await there.press(first, ARCHITECTS, "Approve", ADA)
    shown_in_slack, shown_in_teams = await there.card(first, PLATFORM), await there.card(first, SECURITY)
    await there.press(first, SECURITY, "Ask for changes", SAM, {"What should be changed": "Say which data it is."})
    waiting = await there.see(first, ARCHITECTS, ARCHITECTS_IN_TEAMS, PLATFORM, SECURITY)
    waiting.says("Changes are asked for. The clock stands still until it is sent again.", "Say which data it is.")
    assert waiting.buttons == ("Show",)
    told = await there.slack.press(shown_in_slack, "Approve", PAT.slack)
    assert told == f"Changes were asked for on {id_}. Decide when grace has sent it again."

    await there.advance(days=40)  # the clock stands still
    (await there.agree(id_)).says("Changes are asked for.")
    again = await there.slack.open(await there.card(f"{id_}:asked:2", HERS), "Change and send again", GRACE.slack)
    assert again.values["Reason"] == MODERATE["Reason"]
    await again.fill({"Reason": "The data are names alone.", "data": "restricted", "Until": "2027-02-26"})
    await again.says("High risk")
    assert await there.sent(again, {"Remedied by": "2027-02-25"}) == id_
    anew = await there.see(second, SECURITY, DORAS)
    anew.says("The data are names alone.", "It waits for security and director")
    assert anew.buttons == DECIDING
    (await there.see(first)).says("There is a newer post of this: decide there.")
    assert "has changed since" in await there.teams.press(shown_in_teams, "Approve", SAM.teams)

    await there.press(second, SECURITY, "Approve", SAM, {"Formal acceptance": "I accept it."})
    await there.press(second, DORAS, "Approve", DORA, {"Formal acceptance": "So do I."})
    (await there.agree(id_)).says("Approved by Sam and dora on 2 January 2027")


async def test_one_seat_declines_and_the_others_have_nothing_more_to_decide(there: Organisation) -> None:
    id_ = await there.request(values=MODERATE)
    await there.press(f"{id_}:review:1", ARCHITECTS, "Approve", ADA)
    why = {"Reason": "The new appliance is there already."}
    assert "Declined." in await there.press(f"{id_}:review:1", PLATFORM, "Decline", PAT, why)
    declined = await there.agree(id_)
    declined.says("Declined by pat on 23 November 2026", "The new appliance is there already.")
    assert declined.buttons == ("Show",)
    (await there.card(f"{id_}:asked:2", HERS)).says("The new appliance is there already.")
    (await there.see(f"{id_}:told:decided", NEWS, NEWS_IN_TEAMS)).says("Declined by pat")
    await there.advance(days=60)
    assert await there.agree(id_) == declined


async def test_whoever_asked_withdraws_it_on_the_other_platform(there: Organisation) -> None:
    id_ = await there.request()
    shown_before = await there.card(f"{id_}:review:1", ARCHITECTS)
    shown = await there.teams.say(f"show {id_}", GRACE.teams)
    assert f"{id_} is withdrawn." in await there.teams.do(
        shown, "Withdraw", GRACE.teams, {"Reason": "We encrypt them."}
    )
    withdrawn = (await there.agree(id_)).says("Withdrawn by grace on 23 November 2026")
    assert withdrawn.buttons == ("Show",)
    assert "withdrawn" in await there.slack.press(shown_before, "Approve", ADA.slack)
    assert await there.agree(id_) == withdrawn


async def test_what_nobody_decides_is_reminded_of_escalated_and_lapses(there: Organisation) -> None:
    id_ = await there.request(values=MODERATE)
    review = f"{id_}:review:1"
    await there.press(review, ARCHITECTS_IN_TEAMS, "Approve", ALAN)
    await there.advance(days=4)
    half = await there.see(f"{id_}:remind:1:half", PLATFORM, SECURITY)
    half.says(f"{id_} waits for platform and security, until 30 November 2026, 10:00 GMT.")

    await there.press(review, SECURITY, "Approve", SAM)
    await there.advance(days=3)
    (await there.card(f"{id_}:remind:1:end", PLATFORM)).says(f"{id_} waits for platform, until")
    assert [post.room for post in await there.posts(f"{id_}:remind:1:end")] == [PLATFORM]
    await there.advance(days=1)
    (await there.agree(id_)).says("The deadline has passed: director is asked to see to it.", "It waits for platform")
    assert (await there.card(review, DORAS)).buttons == DECIDING

    await there.advance(days=20)
    lapsed = (await there.agree(id_)).says("Lapsed on 21 December 2026")
    assert lapsed.buttons == ("Show",)
    (await there.see(f"{id_}:told:decided", NEWS, NEWS_IN_TEAMS)).says("Lapsed")


async def test_whoever_stands_in_speaks_for_somebody_who_is_away(there: Organisation) -> None:
    told = await there.teams.say("away until 4 December 2026 delegate dora@example.org", SAM.teams)
    told.says("You are away until 4 December 2026. dora speaks for you meanwhile.")
    id_ = await there.request(values=MODERATE)
    review = f"{id_}:review:1"
    assert "It still waits for architect and platform." in await there.press(review, SECURITY, "Approve", DORA)
    (await there.agree(id_)).says("security: Dora for Sam approves")
    await there.press(review, ARCHITECTS_IN_TEAMS, "Approve", ADA)
    await there.press(review, PLATFORM, "Approve", PAT)
    (await there.agree(id_)).says("Approved by Dora, Ada and pat")
    receipt = await there.slack.press(await there.slack.say(f"show {id_}", GRACE.slack), "Receipt", GRACE.slack)
    assert "Dora (dora@example.org) for Sam (sam@example.org), security Approve" in receipt
