"""A clause changes in the folder, and the rooms that wanted to know hear of it: once each, on both platforms, and in step."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bot.playground.doings import ALAN, GENERAL
from bot.playground.state import Channel, Message
from tests.doubles.teams import shown
from tests.doubles.teams_connector import Posted
from tests.stories.house import House, until, words_of

PLATFORM = "C0PLATFORM"
OLD = "customer-managed KMS key"
NEW = "customer-managed HSM key"
NEWER = "customer-managed HSM key, rotated every year"


def standard(house: House) -> Path:
    return house.knowledge / "standards" / "STD-003-encryption.md"


def edit(house: House, old: str, new: str) -> None:
    path = standard(house)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def in_slack(house: House, channel: str) -> list[Message]:
    return [message for message in house.slack.messages if message.channel == channel and "STD-003" in message.words]


def in_teams(house: House, room: str) -> list[Posted]:
    """What stands there now: an update takes the place of its post."""
    standing: dict[str, Posted] = {}
    for posted in house.teams.connector.posted:
        if posted.room == room and "STD-003" in words_of(posted.activity):
            standing[posted.id] = posted
    return list(standing.values())


async def everybody_subscribes(house: House) -> tuple[str, str]:
    """Two Slack channels, a Teams channel and a personal chat in Teams; gives the Teams rooms."""
    house.slack.state.channels[PLATFORM] = Channel(PLATFORM, "platform", house.slack.state.channel(GENERAL).members)
    for channel in (GENERAL, PLATFORM):
        told = await house.slack.command("/arch", "subscribe standards", channel=channel)
        assert "standards" in told.words
    in_channel = await house.teams.mention("subscribe standards")
    in_chat = await house.teams.say("subscribe standards")
    assert "standards" in words_of(shown(in_channel))
    assert "standards" in words_of(shown(in_chat))
    return in_channel.room, in_chat.room


@pytest.mark.asyncio
async def test_a_room_that_subscribes_is_written_down_before_it_is_told_so(house: House) -> None:
    house.teams.connector.teams_mute = asyncio.Event()  # what team the channel is in is not told for now
    told = await house.teams.mention("subscribe standards")
    assert ("teams", told.room.removeprefix("teams:")) in house.remembered("SELECT platform, id FROM conversation")
    house.teams.connector.teams_mute.set()
    in_its_team = "SELECT count(*) FROM conversation WHERE name LIKE '%payments%'"
    await until(lambda: house.remembered(in_its_team) != [(0,)])  # and its team is asked all the same


@pytest.mark.asyncio
async def test_a_changed_clause_is_told_once_in_each_room_and_kept_up_to_date(house: House) -> None:
    rooms = await everybody_subscribes(house)

    edit(house, OLD, NEW)
    await until(lambda: all(in_slack(house, channel) for channel in (GENERAL, PLATFORM)))
    await until(lambda: all(in_teams(house, room) for room in rooms))
    for words in [
        *(in_slack(house, c)[0].words for c in (GENERAL, PLATFORM)),
        *(words_of(shown(in_teams(house, r)[0])) for r in rooms),
    ]:
        assert "STD-003.12" in words
        assert "HSM" in words, "the new wording"
        assert "KMS" in words, "the old wording"
    first = {channel: in_slack(house, channel)[0].ts for channel in (GENERAL, PLATFORM)}
    posts = {room: in_teams(house, room)[0].id for room in rooms}

    edit(house, NEW, NEWER)
    await until(lambda: all("rotated" in in_slack(house, channel)[0].words for channel in (GENERAL, PLATFORM)))
    await until(lambda: all("rotated" in words_of(shown(in_teams(house, room)[0])) for room in rooms))
    assert {channel: [m.ts for m in in_slack(house, channel)] for channel in first} == {
        c: [ts] for c, ts in first.items()
    }
    assert {room: [p.id for p in in_teams(house, room)] for room in rooms} == {
        room: [id_] for room, id_ in posts.items()
    }
    for channel in (GENERAL, PLATFORM):
        assert "KMS" in in_slack(house, channel)[0].words, "what it was before both edits"


@pytest.mark.asyncio
async def test_a_room_that_unsubscribed_hears_nothing_more(house: House) -> None:
    await everybody_subscribes(house)
    await house.slack.command("/arch", "unsubscribe all", channel=PLATFORM)
    edit(house, OLD, NEW)
    await until(lambda: bool(in_slack(house, GENERAL)))
    assert not in_slack(house, PLATFORM)


@pytest.mark.asyncio
async def test_what_was_told_is_in_the_record(house: House) -> None:
    await everybody_subscribes(house)
    edit(house, OLD, NEW)
    await until(lambda: bool(in_slack(house, GENERAL)))
    entries = house.remembered("SELECT body FROM audit ORDER BY sequence")
    assert sum('"action":"subscription.added"' in str(body) for (body,) in entries) == 4


@pytest.mark.asyncio
async def test_a_flood_of_changes_by_one_person_leaves_others_served(house: House) -> None:
    house.slack.state.channels[PLATFORM] = Channel(PLATFORM, "platform", house.slack.state.channel(GENERAL).members)
    flood = [house.slack.command("/arch", f"subscribe standards tag:t{number}") for number in range(120)]
    said = [each.words for each in await asyncio.gather(*flood)]
    assert any("a lot" in words for words in said), "a sentence for whoever floods"
    assert "standards" in (await house.slack.command("/arch", "subscribe standards", user=ALAN, channel=PLATFORM)).words
    assert "standards" in words_of(shown(await house.teams.say("subscribe standards")))
    assert house.remembered("SELECT count(*) FROM inbox WHERE handled_at IS NULL") == [(0,)]


@pytest.mark.asyncio
async def test_what_changes_is_answered_from_while_nothing_can_be_written(house: House) -> None:
    await everybody_subscribes(house)
    other = sqlite3.connect(house.knowledge.parent / "data" / "archway.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    edit(house, OLD, NEW)
    await until(lambda: NEW in str(house.in_the_library("do buckets have to be encrypted?").answer))
    edit(house, NEW, NEWER)
    await until(lambda: NEWER in str(house.in_the_library("do buckets have to be encrypted?").answer))
    assert not in_slack(house, GENERAL)
    other.execute("ROLLBACK")
    other.close()
    await until(lambda: any("rotated" in told.words for told in in_slack(house, GENERAL)), seconds=30)
