"""The workspace as an outside world that goes wrong: faults by lot, absence, pace at another scale, a process of its own."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.playground.faults import Fault, Faults
from bot.playground.rates import RATES
from bot.playground.slack import GENERAL, SlackWorkspace

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def calling(slack: SlackWorkspace) -> AsyncIterator[Any]:
    """Calls a method; gives status and body, or the fault of the connection."""
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=2)) as session:

        async def call(method: str = "chat.postMessage", **args: Any) -> tuple[int, bytes] | BaseException:
            try:
                async with session.post(
                    slack.api_url + method, json={"channel": GENERAL, "text": "x", **args}
                ) as answer:
                    return answer.status, await answer.read()
            except (aiohttp.ClientError, TimeoutError) as fault:
                return fault

        yield call


@pytest.mark.parametrize("fault", [each for each in Fault if each is not Fault.SILENT])
async def test_every_fault_is_what_it_says(fault: Fault) -> None:
    faults = Faults(seed=3)
    faults.change({fault.value: 1.0, "slow_seconds": 0.0})
    async with SlackWorkspace(rates={}, faults=faults) as slack, calling(slack) as call:
        seen = [await call() for _ in range(20)]
        done = len(slack.state.arrivals)
        assert faults.injected[fault.value] == 20
        match fault:
            case Fault.PACE:
                assert (done, {one[0] for one in seen}) == (0, {429})
            case Fault.CUT:
                assert done == 0
                assert all(isinstance(one, aiohttp.ClientError) for one in seen)
            case Fault.ACCEPTED_THEN_CUT:
                assert done == 20
                assert all(isinstance(one, aiohttp.ClientError) for one in seen)
            case Fault.SERVER:
                assert 0 < done < 20
                assert {one[0] for one in seen} <= {500, 502, 503, 504}
            case Fault.SLOW:
                assert (done, {one[0] for one in seen}) == (20, {200})
            case Fault.GARBAGE:
                assert 0 < done < 20
                assert not [one for one in seen if b'"ok": true' in one[1]]


async def test_the_same_seed_gives_the_same_faults() -> None:
    def drawn(seed: int) -> list[object]:
        faults = Faults(seed, rate429=0.1, cut=0.1, garbage=0.1)
        return [faults.draw("chat.postMessage") for _ in range(200)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert 30 < len([one for one in drawn(1) if one]) < 90
    assert Faults(rate429=1.0, methods=frozenset({"chat.update"})).draw("chat.postMessage") is None


async def test_a_silent_slack_never_answers() -> None:
    async with SlackWorkspace(rates={}, faults=Faults(silent=1.0)) as slack, calling(slack) as call:
        headers = {"Authorization": f"Bearer {slack.bot_token}"}
        async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=0.2)) as session:
            with pytest.raises(TimeoutError):
                await session.post(slack.api_url + "auth.test")
        slack.change_faults({"silent": 0.0})
        assert (await call())[0] == 200
        with pytest.raises(KeyError):
            slack.change_faults({"speed": 1.0})


async def test_slack_can_be_away_and_come_back_at_the_same_address() -> None:
    async with SlackWorkspace(rates={}) as slack, calling(slack) as call:
        assert (await call())[0] == 200
        for _ in range(2):
            await slack.go_away("refused")
            assert isinstance(await call(), aiohttp.ClientError)  # the connection that was open is cut
            assert isinstance(await call(), aiohttp.ClientConnectorError)
            await slack.come_back()
            assert (await call())[0] == 200
        await slack.go_away("503")
        assert (await call())[0] == 503
        await slack.come_back()
        assert len(slack.state.arrivals) == 3


async def test_paces_can_be_made_a_hundred_times_as_fast() -> None:
    seconds = [0.0]
    async with SlackWorkspace(rates=RATES, scale=0.01, now=lambda: seconds[0]) as slack, calling(slack) as call:
        assert (await call())[0] == 200
        assert (await call())[0] == 429
        seconds[0] += 0.0101
        assert (await call())[0] == 200
        headers = {"Authorization": f"Bearer {slack.bot_token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(slack.api_url + "chat.postMessage", json={"channel": GENERAL, "text": "x"}) as refused,
        ):
            assert (refused.status, refused.headers["Retry-After"]) == (429, "0.01")


async def test_what_was_posted_is_remembered_in_its_order_also_when_somebody_deletes_it() -> None:
    async with SlackWorkspace(rates={}) as slack, calling(slack) as call:
        mark = {"event_type": "archway_post", "event_payload": {"reference": "one"}}
        await call(metadata=mark)
        await call(text="two")
        await call("chat.update", ts=slack.state.arrivals[1][1], text="two, mended")
        slack.state.messages.remove(slack.messages[0])
        watched = slack.watched()
        assert [(post["reference"], post["stands"]) for post in watched["posts"]] == [
            ("one", None),
            ("", {"text": "two, mended", "changes": 1}),
        ]
        assert watched["calls"] == {"chat.postMessage": 2, "chat.update": 1}


async def test_ten_thousand_messages_are_no_trouble() -> None:
    async with SlackWorkspace(rates={}) as slack:
        for number in range(10_000):
            slack.state.post(GENERAL, slack.app.bot_user, {"text": str(number)})
        stamps = [message.ts for message in slack.state.messages]
        for ts in stamps:
            slack.state.change(slack.state.message(GENERAL, ts), {"text": "changed"})
        assert [message.ts for message in slack.state.messages] == stamps
        assert slack.messages[-1] == slack.state.messages[-1] == slack.state.messages[9_999]
        assert slack.state.messages[0].words == "changed"
        with pytest.raises(IndexError):
            slack.state.messages[10_000]


async def test_it_runs_as_a_process_that_is_watched_and_steered_from_outside() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.playground", "--slack", "--scale", "0", "--seed", "3",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        told = json.loads(await process.stdout.readline())
        headers = {"Authorization": f"Bearer {told['bot_token']}"}
        async with aiohttp.ClientSession(headers=headers) as session:

            async def control(what: str, body: Any) -> Any:
                async with session.post(f"{told['control']}/_{what}", json=body) as answer:
                    assert answer.status == 200
                    return await answer.json()

            async def post(channel: str) -> int:
                async with session.post(
                    told["slack"] + "chat.postMessage", json={"channel": channel, "text": "x"}
                ) as answer:
                    return answer.status

            await control("people", [{"id": "U1", "name": "ada"}])
            await control("channels", [{"id": "C1", "name": "arch", "members": ["U1"]}])
            assert await post("C1") == 200
            await control("away", {"how": "503"})
            assert await post("C1") == 503
            await control("away", {"how": ""})
            await control("faults", {"rate429": 1.0})
            assert await post("C1") == 429
            async with session.get(f"{told['control']}/_state") as answer:
                state = await answer.json()
        assert [post["channel"] for post in state["posts"]] == ["C1"]
        assert state["calls"] == {"chat.postMessage": 2}
        assert state["faults"] == {"rate429": 1}
    finally:
        process.stdin.close()
        assert await process.wait() == 0
