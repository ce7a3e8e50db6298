"""Incident webhooks over HTTP against the running bot: who is heard, what is written down, what becomes of what cannot be mapped."""

from __future__ import annotations

import json
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.domain.commands import SendAgain
from bot.domain.incidents import Stage
from bot.domain.people import Account
from tests.api.filling import incident
from tests.api.signing import OTHER, SECRET, pagerduty, standard
from tests.stories.house import House, house, until

PAYLOADS = Path(__file__).parents[1] / "payloads" / "webhooks"
PAGER = "pagerduty-secret-of-32-characters"
SECRETS = f"bridge={SECRET} {OTHER},pagerduty={PAGER},odd={PAGER}-too"
IGNORED = (PAYLOADS / "pagerduty_service_updated.json").read_bytes()
pytestmark = pytest.mark.asyncio


@dataclass
class Tool:
    """An incident tool that posts to a running bot."""

    house: House
    http: aiohttp.ClientSession

    async def post(self, source: str, body: bytes, headers: Any) -> tuple[int, Any]:
        url = f"{self.house.address}/webhooks/incidents/{source}"
        async with self.http.post(url, data=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    def told(self) -> str:
        """What operators were told."""
        return " ".join(str(each) for each in self.house.slack.messages if each.channel == "C0GENERAL")

    def written(self) -> list[tuple[object, ...]]:
        """What lies in the inbox: key, fault, whether it is handled."""
        return self.house.remembered("select key, fault, handled_at is not null from inbox order by at, key")


@pytest_asyncio.fixture
async def tool(tmp_path: Path) -> AsyncIterator[Tool]:
    running = house(tmp_path, haste=100, ARCHWAY_WEBHOOK_SECRETS=SECRETS, ARCHWAY_OPERATIONS_ROOM="slack:C0GENERAL")
    async with running as opened, aiohttp.ClientSession() as http:
        yield Tool(opened, http)


def now() -> int:
    return int(time.time())


async def test_a_thousand_junk_signatures_are_401_and_nothing_is_written_down(tool: Tool) -> None:
    """Abuse case 5."""
    dice, body = random.Random(5), b'{"type": "incident.opened", "incident": {"key": "A"}}'
    alphabet = "".join(chr(code) for code in range(33, 127)) + "é€"
    for number in range(1_000):
        made = standard(body, at=now())
        name = dice.choice(sorted(made))
        noise = "".join(dice.choices(alphabet, k=dice.randrange(1, 200)))
        match number % 4:
            case 0:
                made[name] = noise
            case 1:
                del made[name]
            case 2:
                made["webhook-signature"] = f"v1,{noise}"
            case 3:
                made["webhook-timestamp"] = str(now() + dice.choice([-1, 1]) * dice.randrange(302, 10**9))
        status, said = await tool.post("bridge", body, made)
        assert status == 401, made
        assert list(said) == ["error"]
    assert tool.written() == []


async def test_the_secret_of_one_source_opens_no_other(tool: Tool) -> None:
    """Abuse case 6."""
    assert (await tool.post("bridge", IGNORED, pagerduty(IGNORED, PAGER)))[0] == 401
    assert (await tool.post("odd", IGNORED, standard(IGNORED, at=now())))[0] == 401
    assert (await tool.post("pagerduty", IGNORED, standard(IGNORED, at=now())))[0] == 401
    assert (await tool.post("pagerduty", IGNORED, pagerduty(IGNORED, f"{PAGER}-too")))[0] == 401
    assert tool.written() == []
    assert (await tool.post("pagerduty", IGNORED, pagerduty(IGNORED, PAGER)))[0] == 202


async def test_a_source_without_a_secret_is_not_there(tool: Tool) -> None:
    status, said = await tool.post("opsgenie", IGNORED, standard(IGNORED, at=now()))
    assert status == 404
    assert "ARCHWAY_WEBHOOK_SECRETS" in said["error"]
    assert tool.written() == []


async def test_doubled_headers_packed_and_huge_bodies_are_refused(tool: Tool) -> None:
    made = standard(IGNORED, at=now())
    for name in made:
        assert (await tool.post("bridge", IGNORED, [*made.items(), (name, made[name])]))[0] == 401
    assert (await tool.post("bridge", IGNORED, {**made, "Content-Encoding": "gzip"}))[0] == 415
    huge = b'{"type": "incident.opened", "x": "' + b"x" * 300_000 + b'"}'
    assert (await tool.post("bridge", huge, standard(huge, at=now())))[0] == 413
    assert tool.written() == []


async def test_what_asks_for_nothing_is_done_at_once_and_a_replay_is_known(tool: Tool) -> None:
    made = pagerduty(IGNORED, PAGER)
    key = "webhook:pagerduty:01E0000000000000000000SERV"
    assert await tool.post("pagerduty", IGNORED, made) == (202, {"received": key, "new": True})
    assert await tool.post("pagerduty", IGNORED, made) == (200, {"received": key, "new": False})
    assert tool.written() == [(key, "", True)]


async def test_other_content_under_a_known_id_is_not_handled(tool: Tool) -> None:
    one, two = b'{"type": "nonsense"}', b'{"type": "incident.opened", "incident": {"key": "A"}}'
    assert (await tool.post("bridge", one, standard(one, id_="same", at=now())))[0] == 202
    status, said = await tool.post("bridge", two, standard(two, OTHER, id_="same", at=now()))
    assert (status, said["new"]) == (200, False)
    assert [key for key, *_ in tool.written()] == ["webhook:bridge:same"]


async def test_what_cannot_be_mapped_is_kept_and_shown_and_handled_once_the_mapping_is_mended(tool: Tool) -> None:
    body = json.dumps({"kind": "noise", "id": "7"}).encode()
    status, said = await tool.post("bridge", body, standard(body, id_="m1", at=now()))
    assert status == 202
    assert "what type of event" in said["note"]
    [(key, fault, handled)] = tool.written()
    assert (key, handled) == ("webhook:bridge:m1", False)
    assert fault == "The body does not say what type of event it is, where the mapping looks for it."
    await until(lambda: "could not be handled" in tool.told())
    folder = tool.house.knowledge / "webhooks"
    folder.mkdir()
    (folder / "bridge.yaml").write_text("type: kind\ntypes: {noise: ignored}\nincident: {key: id}\n", encoding="utf-8")
    tool.house.bot.desks._mappings.refresh()
    [told] = tool.house.remembered("select key from announcement where topic = 'delivery_aside'")
    operator = Account("slack", "U0OPS", "T1", room="C0GENERAL", name="Olga")
    await tool.house.bot.dispatch(SendAgain(operator, str(told[0])))
    await until(lambda: tool.written() == [("webhook:bridge:m1", "", True)])


async def test_what_is_refused_changes_nothing_and_is_shown_to_operators(tool: Tool) -> None:
    at = datetime.now(UTC)
    over = replace(incident(at), key="", source="", stage=Stage.CLOSED, closed_at=at)
    tool.house.bot.memory.database.write_now(lambda unit: unit.incidents.put(over))
    decision = {"id": "d-9", "statement": "Do it all the same", "kind": "rollback"}
    body = json.dumps({"type": "incident.decided", "incident": {"key": "INC-1"}, "decision": decision}).encode()
    status, said = await tool.post("bridge", body, standard(body, id_="m3", at=now()))
    assert status == 202
    assert "operators were told" in said["note"]
    [(key, fault, handled)] = tool.written()
    assert (key, handled) == ("webhook:bridge:m3", False)
    assert "INC-1" in str(fault)
    [(facts,)] = tool.house.remembered("select facts from incident")
    assert len(json.loads(str(facts))["decisions"]) == 1
    await until(lambda: "could not be handled" in tool.told())


async def test_a_faulty_mapping_is_told_to_operators_and_when_it_is_mended_too(tool: Tool) -> None:
    folder = tool.house.knowledge / "webhooks"
    folder.mkdir()
    (folder / "odd.yaml").write_text("type: kind\ntypes: {noise: nothing}\nincident: {key: id}\n", encoding="utf-8")
    await until(lambda: "webhooks/odd.yaml:2" in tool.told())
    (folder / "odd.yaml").write_text("type: kind\ntypes: {noise: ignored}\nincident: {key: id}\n", encoding="utf-8")
    await until(lambda: "webhooks was mended" in tool.told())


async def test_no_secret_shows_in_what_is_said_or_written(tool: Tool) -> None:
    for source in ("bridge", "pagerduty", "nobody"):
        _, said = await tool.post(source, b"x", {"webhook-id": "a"})
        assert not [secret for secret in (SECRET, OTHER, PAGER) if secret in json.dumps(said)]
    shown = repr(tool.house.bot.settings)
    assert not [secret for secret in (SECRET, OTHER, PAGER) if secret in shown]
