"""An incident from its first word to its last obligation: decisions from both platforms, one corrected, one that sets a clause aside, an
emergency change whose assessment falls overdue. After every step the rooms of both platforms show it alike."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.playground.state import Channel
from tests.stories.deciding import (
    ADA,
    ARCHITECTS,
    DORAS,
    GRACE,
    NEWS,
    NEWS_IN_TEAMS,
    PAT,
    PATS,
    SAM,
    Human,
    Organisation,
    in_channel,
)

pytestmark = pytest.mark.asyncio

WAR_ROOM = "slack:C0INC"


async def said_on_the_bridge(there: Organisation, line: str, by: Human, channel: str = "C0ARCH") -> None:
    """Types a command in the bridge's channel."""
    shown = await there.house.slack.command("/arch", line, channel=channel, user=by.slack)
    assert (shown.error, shown.http.status) == (None, 200), shown
    await there.settled()


async def hears(there: Organisation) -> None:
    """Rooms on both platforms hear of incidents, and the room that governance.yaml names is there."""
    state = there.house.slack.state
    state.channels["C0INC"] = Channel("C0INC", "inc", frozenset({*state.users, there.house.slack.app.bot_user}))
    await said_on_the_bridge(there, "subscribe incidents", ADA, "C0NEWS")
    await there.house.teams.mention("subscribe incidents severity:SEV-1", **in_channel(NEWS_IN_TEAMS))
    await there.settled()


async def done(  # noqa: PLR0917  # in the order of a sentence: where what is pressed by whom
    there: Organisation, reference: str, room: str, label: str, by: Human, values: dict[str, str]
) -> str:
    """Somebody presses a button of a posted card and sends its form; gives what they are told."""
    post = await there.card(reference, room)
    if room.startswith("slack:"):
        told = await there.slack.do(post, label, by.slack, values)
    else:
        told = await there.teams.do(post, label, by.teams, values)
    await there.settled()
    return told


async def test_an_incident_is_opened_decided_on_closed_and_followed_up(anywhere: Organisation) -> None:
    there = anywhere
    await hears(there)
    await said_on_the_bridge(there, "incident SEV-1 Checkout is down", ADA)
    bridge = await there.card("INC-1:bridge", ARCHITECTS)
    bridge.says("SEV-1 INC-1 Checkout is down", "ada is in command", "Nothing is decided yet.")
    assert bridge.buttons == ("Record decision", "Add a follow-up", "Hand over", "Timeline", "Close")
    (await there.see("INC-1:told", NEWS, NEWS_IN_TEAMS, WAR_ROOM)).says("Open since 23 November 2026, 10:00 GMT")

    await said_on_the_bridge(there, "decide rollback to release 41", PAT)
    (await there.see("INC-1:decision:1", ARCHITECTS, NEWS, NEWS_IN_TEAMS, WAR_ROOM)).says("Roll back: to release 41")
    told = await done(there, "INC-1:told", NEWS_IN_TEAMS, "Record decision", SAM, {"Kind": "Contain access", "What is decided": "Revoke the crawler's keys", "Why": "It hammers the API."})  # fmt: skip
    assert "Decision 2 of INC-1 is recorded" in told
    told = await done(there, "INC-1:bridge", ARCHITECTS, "Record decision", GRACE, {"Kind": "Emergency change", "What is decided": "Switch encryption off", "Why": "The key store is down.", "Clauses set aside": "STD-004.1"})  # fmt: skip
    assert "Decision 3" in told
    told = await done(there, "INC-1:told", NEWS_IN_TEAMS, "Record decision", PAT, {"Kind": "Accept a risk", "What is decided": "Serve stale prices", "Risk": "Moderate"})  # fmt: skip
    assert "Decision 4" in told
    await said_on_the_bridge(there, "decide Fix-Forward with release 42", ADA)
    for number in range(1, 6):
        await there.see(f"INC-1:decision:{number}", ARCHITECTS, NEWS, NEWS_IN_TEAMS, WAR_ROOM)
    (await there.see("INC-1:told")).says("5 decisions so far.")

    told = await done(there, "INC-1:decision:1", NEWS_IN_TEAMS, "Correct", PAT, {"What is decided": "to release 40"})
    assert "What it said stays to be seen." in told
    corrected = await there.see("INC-1:decision:1", ARCHITECTS, NEWS, NEWS_IN_TEAMS, WAR_ROOM)
    corrected.says("Correction of decision 1", "to release 41", "to release 40", "Corrected by Pat")
    (await there.card("INC-1:bridge", ARCHITECTS)).says("to release 41", "to release 40")

    await there.advance(seconds=2)  # the clause that was set aside is asked for by itself
    (await there.see("EX-1:review:1")).says(
        "Emergency", "STD-004.1", "grace asks for an exception", "Switch encryption off"
    )
    (await there.card("INC-1:bridge", ARCHITECTS)).says("STD-004.1 is set aside: EX-1 asks for it.")
    await there.press("EX-1:review:1", ARCHITECTS, "Approve", ADA)

    day = (there.clock.now.date() + timedelta(days=20)).isoformat()
    told = await done(there, "INC-1:bridge", ARCHITECTS, "Add a follow-up", ADA, {"What is to be done": "Renew the certificate by machine", "Owner": "pat@example.org", "Until": day})  # fmt: skip
    assert "OB-2 is given to its owner" in told
    (await there.card("OB-2:to:1", PATS)).says("Renew the certificate by machine")
    (await there.card("INC-1:bridge", ARCHITECTS)).says("2 obligations, 2 open.")

    told = await done(
        there, "INC-1:bridge", ARCHITECTS, "Close", ADA, {"What happened": "The key store's disk was full."}
    )
    assert "INC-1 is closed, with 5 decisions." in told
    (await there.see("INC-1:told", NEWS, NEWS_IN_TEAMS, WAR_ROOM)).says(
        "Closed by ada", "The key store's disk was full."
    )
    assert (await there.card("INC-1:bridge", ARCHITECTS)).buttons == ("Timeline", "Add a follow-up")
    timeline = await there.slack.say("timeline INC-1", SAM.slack)
    timeline.says("# INC-1: Checkout is down", "~~to release 41~~", "Incident closed")
    await there.alike("timeline INC-1", GRACE)

    await there.advance(days=5)  # the assessment was due within three business days
    overdue = there.references("OB-1:")
    assert any("overdue" in each for each in overdue), overdue
    told = await done(there, "INC-1:decision:3", NEWS_IN_TEAMS, "Assess the risk", ADA, {"Exposure": "internal", "Data": "restricted", "Tier": "1", "What lowers the risk": "It was on again after an hour."})  # fmt: skip
    assert "Thank you. The risk of decision 3" in told
    (await there.see("INC-1:decision:3")).says("Assessed afterwards")
    await there.advance(days=20)
    assert any("overdue" in each for each in there.references("OB-2:"))
    told = await done(there, "OB-2:to:1", PATS, "Close", PAT, {"Evidence": "https://ci.example.org/certificates"})
    assert "OB-2" in told
    (await there.card("INC-1:bridge", ARCHITECTS)).says("2 obligations, all of them closed.")
    assert there.house.remembered("SELECT count(*) FROM obligation WHERE met_at IS NULL") == [(0,)]
    assert DORAS not in [post.room for post in await there.posts("INC-1:told")]


async def test_a_bridge_in_teams_is_heard_of_in_slack(there: Organisation) -> None:
    await hears(there)
    await there.house.teams.mention("incident SEV-2 Search is slow", by=SAM.teams, **in_channel(NEWS_IN_TEAMS))
    await there.settled()
    bridge = (await there.card("INC-1:bridge", NEWS_IN_TEAMS)).says("SEV-2 INC-1 Search is slow")
    assert bridge.buttons[0] == "Record decision"
    (await there.card("INC-1:told", NEWS)).says("Search is slow")
    again = await there.house.teams.mention("incident SEV-2 Another one", by=PAT.teams, **in_channel(NEWS_IN_TEAMS))
    assert "INC-1 is open here already" in str(again.activity)
    await there.house.teams.mention("decide contain the crawler", by=PAT.teams, **in_channel(NEWS_IN_TEAMS))
    (await there.see("INC-1:decision:1", NEWS, NEWS_IN_TEAMS, WAR_ROOM)).says("Contain access: the crawler")
    told = await done(there, "INC-1:bridge", NEWS_IN_TEAMS, "Hand over", SAM, {"To": "ada@example.org"})
    assert "ada is in command of INC-1" in told
    (await there.card("INC-1:bridge", NEWS_IN_TEAMS)).says("ada is in command")
