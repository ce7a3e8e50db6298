"""How long it takes from a click on an exception request until its voice is stored and answered: signed deliveries over HTTP to a
bot of its own process, which also tells everybody what came of it, on SQLite and on PostgreSQL.

    python -m bench.answered [--clicks 150]

Slack's buttons are acknowledged when they are recorded, and answered through their response address; Teams waits for the
answer itself. Prints, asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import event, text

ROOT = Path(__file__).parent.parent
sys.path[:0] = [each for each in (str(ROOT), str(ROOT / "bench")) if each not in sys.path]

import run  # noqa: E402  # a script's own neighbour

from bench import clicks  # noqa: E402
from bot.cards.model import Form  # noqa: E402
from bot.desks import Desks  # noqa: E402
from bot.domain.commands import pressed  # noqa: E402
from bot.domain.people import Account  # noqa: E402
from bot.domain.subscriptions import Subscription, Topic  # noqa: E402
from bot.playground.slack import SlackWorkspace  # noqa: E402
from bot.playground.state import Channel, User  # noqa: E402
from bot.store.database import Database  # noqa: E402
from bot.store.inbox import Inbox  # noqa: E402
from tests.doubles.teams import TENANT, Teams, teams  # noqa: E402
from tests.doubles.teams_connector import Person  # noqa: E402

ROLES = ("architect", "platform", "security")  # the seats of a request of moderate risk, a click each
PEOPLE = 150  # who press in turn
CLIENTS, TIMES = (1, 16), (1, 3)  # at once; and how many more clicks then
STANDARDS = 50
ROOMS = {"architect": "slack:C0ARCH", "platform": "slack:C0PLAT", "security": "slack:C0SEC"}
NEWS = "slack:C0NEWS"
UNTOLD = text("SELECT count(*) FROM posting WHERE state = 'waiting' AND room LIKE 'slack:UASKER%'")  # of the beginning

Press = Callable[[int, str, str], Coroutine[Any, Any, tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits for three voices."""

    id: str
    digest: str


class Listening(SlackWorkspace):
    """A workspace that tells when an answer came, by the response address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.waited: dict[str, asyncio.Future[float]] = {}

    async def _serve_response_url(self, request: web.Request) -> web.Response:
        answer = await super()._serve_response_url(request)
        if waiting := self.waited.pop(request.match_info["id"], None):
            waiting.set_result(time.perf_counter())
        return answer


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--clicks", type=int, default=150, help="of one client; of several three times as many")
    measure(options.parse_args().clicks)


def measure(count: int) -> None:
    """All of it, on folders of its own."""
    with tempfile.TemporaryDirectory() as scratch, clicks.empty_databases(Path(scratch)) as urls:
        folder = Path(scratch) / "decided"
        _write(folder)
        for name, url in urls.items():
            print(f"\nfrom a click on an exception request to its answer, on {name} (load {os.getloadavg()[0]:.1f})")
            asyncio.run(_measured(url, folder, Path(scratch) / f"{name}-answered", count))


async def _measured(url: str, folder: Path, scratch: Path, count: int) -> None:
    requests = await _asked(url, folder, 2 * -(-count * sum(TIMES) // len(ROLES)))
    database = Database(url, _now)
    async with _platforms(len(requests) + 1) as (workspace, tenant):
        environ = tenant.environment | {"SLACK_API_URL": workspace.api_url, "DATABASE_URL": url}
        serving = run.serve(folder, scratch, slack=True, environ=environ)
        port, _ = await asyncio.to_thread(serving.__enter__)
        try:
            workspace.bot_url = f"http://127.0.0.1:{port}/slack/events"
            tenant.messages_url = f"http://127.0.0.1:{port}/api/messages"
            voices = _voices(requests)
            while database.read_now(lambda unit: unit.connection.execute(UNTOLD).scalar()):  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.5)
            for name, press in (("Slack", _in_slack(workspace)), ("Teams", _in_teams(tenant))):
                for clients, times in zip(CLIENTS, TIMES, strict=True):
                    await _timed(press, ((n, "exception_show", requests[0].id) for n in range(PEOPLE)), 8)
                    some = [next(voices) for _ in range(count * times)]
                    began = time.perf_counter()
                    took = await _timed(press, iter(some), clients)
                    _tell(f"{name}, {clients} client{'s' * (clients > 1)}", took, time.perf_counter() - began)
        finally:
            await asyncio.to_thread(serving.__exit__, None, None, None)
    decided = database.read_now(lambda unit: [each.status for each in unit.exceptions.all()])
    database.close_now()
    print(f"  {decided.count('in force')} of {len(decided)} requests are in force")


def _voices(requests: list[Asked]) -> Iterator[tuple[int, str, str]]:
    """Clicks in any order: who presses, a verb, and what it is about."""
    all_ = [(each, seat) for each in requests for seat in range(len(ROLES))]
    random.Random(5).shuffle(all_)
    for number, (each, seat) in enumerate(all_):
        who = number % (PEOPLE // len(ROLES)) * len(ROLES) + seat
        yield who, "exception_step", f"{each.id} approve {each.digest}"


async def _timed(press: Press, presses: Iterator[tuple[int, str, str]], clients: int) -> list[tuple[float, float]]:
    """Milliseconds until each click was acknowledged, and answered."""
    took: list[tuple[float, float]] = []

    async def client() -> None:
        for each in presses:
            began = time.perf_counter()
            acknowledged, answered = await press(*each)
            took.append(((acknowledged - began) * 1e3, (answered - began) * 1e3))

    await asyncio.gather(*(client() for _ in range(clients)))
    return took


def _tell(name: str, took: list[tuple[float, float]], seconds: float) -> None:
    def figures(which: int) -> str:
        times = sorted(each[which] for each in took)
        return f"p50 {times[len(times) // 2]:6.1f} ms p99 {times[int(len(times) * 0.99)]:6.1f} ms"

    acknowledged = "" if all(first == last for first, last in took) else f"acknowledged {figures(0)} · "
    print(f"  {name:18} {acknowledged}answered {figures(1)} · {len(took) / seconds:5.0f}/s  (hold p50 20 ms)")


def _in_slack(workspace: Listening) -> Press:
    async def press(who: int, verb: str, about: str) -> tuple[float, float]:
        user = workspace.state.users[f"U{who}"]
        channel = workspace.state.channel(user.id).id
        url = workspace.lend_response(user.id, channel)
        answer = workspace.waited[url.partition("/commands/")[2]] = asyncio.get_running_loop().create_future()
        button = {"block_id": "b", "action_id": verb, "type": "button", "value": about, "action_ts": "1.1"}
        container = {
            "type": "message",
            "message_ts": workspace.state.stamp(),
            "channel_id": channel,
            "is_ephemeral": False,
        }
        there = {"container": container, "channel": {"id": channel, "name": "directmessage"}, "response_url": url}
        said = await workspace.send(
            workspace.signed_interaction("block_actions", {"actions": [button], **there}, user=user)
        )
        acknowledged = time.perf_counter()
        assert said.status == 200, said
        return acknowledged, await asyncio.wait_for(answer, 30)

    return press


def _in_teams(tenant: Teams) -> Press:
    token = tenant.issuer.token(tenant.connector.service_url)

    async def press(who: int, verb: str, about: str) -> tuple[float, float]:
        chat = {"id": f"a:{who}", "conversationType": "personal", "tenantId": TENANT}
        action = {"type": "Action.Execute", "verb": verb, "data": {"about": about, "announced": True}}
        members = {"conversation": chat, "replyToId": "1", "from": tenant.connector.people[who].sender}
        activity = tenant.activity("card_action", value={"action": action, "trigger": "manual"}, **members)
        said = await tenant.deliver(activity, token)
        at = time.perf_counter()
        assert said.status == 200, said
        return at, at

    return press


@asynccontextmanager
async def _platforms(askers: int) -> AsyncIterator[tuple[Listening, Teams]]:
    """Slack and Teams in boxes, full of people who are the same in both; askers are in Slack alone."""
    options: dict[str, Any] = {"signing_secret": run.SECRET, "bot_token": "xoxb-bench", "rates": {}}
    async with Listening(**options, remember_calls=False) as workspace, teams() as tenant:
        workspace.state.users |= {
            f"U{n}": User(f"U{n}", f"user{n}", f"User {n}", f"u{n}@example.org") for n in range(PEOPLE)
        }
        workspace.state.users |= {f"UASKER{n}": _asker(n) for n in range(askers)}
        rooms = [room.removeprefix("slack:") for room in (*ROOMS.values(), NEWS)]
        bot = frozenset({workspace.app.bot_user})
        workspace.state.channels |= {room: Channel(room, room.lower(), bot) for room in rooms}
        tenant.connector.people = [
            Person(f"00000000-0000-4000-8000-{n:012}", f"29:{n}", f"User {n}", f"u{n}@example.org", TENANT)
            for n in range(PEOPLE)
        ]
        yield workspace, tenant


async def _asked(url: str, folder: Path, count: int) -> list[Asked]:
    """So many requests of moderate risk that nobody has spoken on; prints how many statements of SQL a voice costs."""
    database = Database(url, _now)
    desks = clicks.desks_on(database, Inbox(database), folder, _now)
    everything = Subscription(Topic.EXCEPTIONS)
    await database.write(lambda unit: unit.subscriptions.add(NEWS, everything, Account("slack", "U0", "T1")))
    seen = ""
    for number in range(count + 1):
        asker = _asker(number)
        by = Account("slack", asker.id, "T0PLAYGROUND", name=asker.name, email=asker.email or "")
        reply = await desks.dispatch(pressed("exception_request", seen, by, _filled_in(number)))
        if isinstance(reply, Form):
            seen = reply.about
            reply = await desks.dispatch(pressed("exception_request", seen, by, _filled_in(number)))
        assert not isinstance(reply, Form), reply.faults
    found = await database.read(lambda unit: [Asked(each.id, each.digest) for each in unit.exceptions.all()])
    await _counted(database, desks, found.pop())
    await database.close()
    return found


async def _counted(database: Database, desks: Desks, request: Asked) -> None:
    """Prints the statements of the first voice, of the last one, and of a click that comes too late."""
    sent: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *each: sent.append(each[2]))
    counts = []
    for who in (0, 1, 2, 0):
        by = Account("slack", f"U{who}", "T0PLAYGROUND", name=f"User {who}", email=f"u{who}@example.org")
        await database.write(lambda unit, by=by: unit.people.meet(by))  # type: ignore[misc]  # mypy cannot infer it
        sent.clear()
        command = pressed("exception_step", f"{request.id} approve {request.digest}", _vouched(by), {})
        await desks.dispatch(command)
        counts.append(len(sent))
    print(
        f"  statements of SQL: a voice {counts[0]}, the last one {counts[2]}, a click that comes too late {counts[3]}"
    )


def _vouched(by: Account) -> Account:
    return replace(by, as_of=time.monotonic())


def _asker(number: int) -> User:
    return User(f"UASKER{number}", f"asker{number}", f"Asker {number}", f"asker{number}@example.org")


def _filled_in(number: int) -> dict[str, str]:
    today = _now().date()
    return {
        "target": f"STD-{number % STANDARDS + 1:03}.1",
        "service": f"service {number}",
        "environment": "production",
        "tier": "3",
        "reason": "The vendor's appliance cannot do it.",
        "compensating_controls": "It stands in a network of its own.",
        "remediation": "We move to another one.",
        "remedied_by": str(today + timedelta(days=50)),
        "until": str(today + timedelta(days=60)),
        "risk:exposure": "public",
        "risk:data": "internal",
    }


def _write(folder: Path) -> None:
    (folder / "standards").mkdir(parents=True)
    roles = {
        role: {"people": [f"u{n}@example.org" for n in range(seat, PEOPLE, len(ROLES))]}
        for seat, role in enumerate(ROLES)
    }
    rules = {"roles": {role: {**roles[role], "rooms": [ROOMS[role]]} for role in ROLES}}
    (folder / "governance.yaml").write_text(json.dumps(rules), encoding="utf-8")
    for number in range(1, STANDARDS + 1):
        front = f"---\nid: STD-{number:03}\ntitle: Standard {number}\nowner: security\ntags: [network]\n---\n"
        body = f"# Standard {number}\n\n## Rules\n\n- Bucket {number} MUST be encrypted.\n"
        (folder / f"standards/STD-{number:03}.md").write_text(f"{front}\n{body}", encoding="utf-8")


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
