"""The double itself: its rates, its faults, and the process that a harness runs it in."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from typing import Any

import aiohttp
import pytest

from bot.posting import PostingError, TooFast
from tests.doubles.faults import KINDS, Faults, Throttle
from tests.doubles.teams import CHANNEL
from tests.teams.room import Clock, Room, said


def test_faults_are_dealt_by_their_seed_at_their_rates() -> None:
    rates = dict.fromkeys(KINDS, 0.01)
    one, same, other = Faults(7, rates), Faults(7, rates), Faults(8, rates)
    dealt = [one.next() for _ in range(10_000)]
    assert dealt == [same.next() for _ in range(10_000)]
    assert dealt != [other.next() for _ in range(10_000)]
    assert all(60 < one.dealt[kind] < 150 for kind in KINDS)
    assert Counter(dealt)[""] > 9_000
    with pytest.raises(ValueError, match="no such faults"):
        one.change({"spell": 1.0})


def test_the_rates_of_a_thread_are_teams_own_and_go_as_fast_as_they_are_scaled() -> None:
    for scale in (1.0, 100.0):
        clock = Clock()
        throttle = Throttle(clock, scale)
        assert [throttle.wait("a") for _ in range(7)] == [None] * 7
        wait = throttle.wait("a")
        assert wait
        assert wait[0] == pytest.approx(1 / scale, abs=1e-6)
        assert not wait[1]
        assert throttle.wait("b") is None
        clock.seconds += 1 / scale + 1e-6
        assert throttle.wait("a") is None
        wait = throttle.wait("a")
        assert wait
        assert wait[0] == pytest.approx(1 / scale, abs=1e-3)
        assert throttle.refused == 2


def test_the_rate_of_the_app_is_for_all_threads() -> None:
    throttle = Throttle(Clock())
    assert [throttle.wait(str(n)) for n in range(50)] == [None] * 50
    assert throttle.wait("another") == (1.0, True)


@pytest.mark.asyncio
async def test_the_throttle_speaks_as_teams_does(room: Room) -> None:
    await room.teams.mention("x")
    await room.surface.close()
    room.teams.connector.throttle = Throttle(room.clock)
    for _ in range(7):
        await room.surface.post(f"teams:{CHANNEL}", said("x"), "r")
    with pytest.raises(TooFast) as too_fast:
        await room.surface.post(f"teams:{CHANNEL}", said("x"), "r")
    assert (too_fast.value.seconds, too_fast.value.everywhere) == (1.0, False)
    for _ in range(43):
        room.teams.connector.throttle.wait("elsewhere" + str(_))
    with pytest.raises(TooFast) as too_fast:
        await room.surface.post(f"teams:{CHANNEL}", said("x"), "r")
    assert too_fast.value.everywhere


@pytest.mark.asyncio
async def test_what_was_taken_and_not_answered_is_counted(room: Room) -> None:
    await room.teams.mention("x")
    await room.surface.close()
    connector = room.teams.connector
    connector.faults.change({"taken_then_unavailable": 0.3, "cut": 0.3})
    tries = 0
    for number in range(20):
        while True:
            tries += 1
            try:
                await room.surface.post(f"teams:{CHANNEL}", said("x"), f"r{number}")
            except PostingError:
                continue
            break
    unanswered = sum(not each.answered for each in connector.posted)
    assert unanswered == connector.faults.dealt["taken_then_unavailable"] == sum(connector.doubles().values())
    assert tries == 20 + unanswered + connector.faults.dealt["cut"]


@pytest.mark.asyncio
async def test_it_runs_as_a_process_and_tells_its_state() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.doubles.teams_process", "--faults", "slow=0.01", "--channels", "2", "--chats", "2",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        started = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as client:
            state = await _json(client, "GET", f"{started['control']}/_state")
            assert (state["posts"], state["next"], state["doubles"]) == ([], 0, {})
            changed = await _json(client, "POST", f"{started['control']}/_control", {"away": True, "scale": 50, "rates": {}})  # fmt: skip
            assert changed["away"]
            async with client.get(f"{started['control']}/_token") as answer:
                assert (await answer.text()).count(".") == 2
        assert [each["type"] for each in started["installations"]] == ["conversationUpdate"] + [
            "installationUpdate"
        ] * 2
        assert "MICROSOFT_APP_ID" in started["environment"]
    finally:
        process.stdin.close()
        assert await process.wait() == 0


async def _json(client: aiohttp.ClientSession, method: str, url: str, body: Any = None) -> dict[str, Any]:
    async with client.request(method, url, json=body) as answer:
        said: dict[str, Any] = await answer.json()
        return said


@pytest.mark.asyncio
async def test_for_large_runs_little_is_kept_of_each_post(room: Room) -> None:
    await room.teams.mention("x")
    await room.surface.close()
    room.teams.connector.keeps_activities = False
    await room.surface.post(f"teams:{CHANNEL}", said("x"), "r")
    posted = room.teams.connector.posted[-1]
    assert (posted.activity, posted.reference, posted.room) == ({"summary": "x"}, "r", CHANNEL)
