"""What a run is played on: the platforms, a database, the bot's processes, the people; and what can be known afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.api.signing import SECRET
from tests.chaos.decided import Evidence as Decided
from tests.chaos.decided import judge as judge_decisions
from tests.chaos.deciding import Deciding
from tests.chaos.decisions import ROLES, Decisions
from tests.chaos.hurry import LOST_AFTER
from tests.chaos.invariants import Evidence, Verdict, judge
from tests.chaos.ledger import Ledger
from tests.chaos.load import SOURCE, Load
from tests.chaos.plan import Plan
from tests.chaos.processes import Processes
from tests.chaos.waiting import until
from tests.chaos.world import BOT_TOKEN, SIGNING_SECRET, conversation_of
from tests.doubles.teams import APP_ID, PASSWORD, TENANT

ROOT = Path(__file__).parent.parent.parent
QUIET_SECONDS = 240.0  # for the last delivery to have its effect and the last post to stand
DOCUMENT = "# Storage\n\n## Buckets\n\nBuckets MUST be encrypted.\n"


@dataclass
class Stage:
    """All parts of a run. The evidence stays in `folder`: it is the caller's to delete."""

    plan: Plan
    folder: Path
    world: dict[str, Any]
    http: aiohttp.ClientSession
    ledger: Ledger
    processes: Processes
    load: Load
    deciding: Deciding
    environ: dict[str, str]
    decided: Decided | None = None
    notes: list[str] = field(default_factory=list)

    async def introduce(self) -> None:
        """Starts the bot, adds it to its team, and waits until it knows the channels."""
        await self.processes.start()
        self.load.addresses = self.deciding.addresses = self.processes.addresses
        wanted = sum(room.startswith("teams:19:") for room in self.plan.all_rooms)
        async with asyncio.timeout(60):
            while await self.load.install() != 200:  # noqa: ASYNC110  # it is starting
                await asyncio.sleep(0.05)
            await until(lambda: self.ledger.rooms_known() >= wanted)

    async def switch(self, *, faults: bool) -> None:
        """From now on requests to the platforms go wrong as planned, or no longer."""
        async with self.http.post(f"{self.world['control']}/switch", json={"faults": faults}) as answer:
            assert answer.status == 200

    async def posted(self) -> int:
        """How many posts and updates the platforms have taken."""
        async with self.http.get(f"{self.world['control']}/count") as answer:
            return int((await answer.json())["posts"])

    async def cards(self, beginning: str) -> list[dict[str, Any]]:
        """What the platforms show of announcements under keys that begin so."""
        async with self.http.get(f"{self.world['control']}/cards", params={"beginning": beginning}) as answer:
            cards: list[dict[str, Any]] = await answer.json()
            return cards

    async def quiet(self) -> None:
        """Waits until nothing is left to be done; notes when patience was over before."""
        end = time.monotonic() + QUIET_SECONDS
        left = None
        while time.monotonic() < end:
            left = await asyncio.to_thread(self.ledger.unfinished)
            if left is not None and not any(count for what, count in left.items() if "set aside" not in what):
                return
            await asyncio.sleep(0.2)
        self.notes.append(f"it was not quiet {QUIET_SECONDS:.0f} s after the last delivery: {left}")

    async def told(self) -> dict[str, Any]:
        """What the platforms have written down."""
        async with self.http.get(f"{self.world['control']}/tell") as answer:
            told: dict[str, Any] = await answer.json()
            return told

    async def verdict(self, told: dict[str, Any], deaths: int) -> Verdict:
        """What holds and what does not; `deaths` are processes that died and crashes of the database."""
        refused = set(told["turned_away"])
        turned_away = {wish.number for wish in self.plan.wishes if conversation_of(wish) in refused}
        if turned_away:
            self.notes.append(f"{len(turned_away)} people in Teams were asked to try again: the database was away")
        if self.load.given_up:
            self.notes.append(f"{len(self.load.given_up)} deliveries were never acknowledged")
        environ = {**os.environ, **self.environ}
        evidence = Evidence(
            plan=self.plan,
            acknowledged=frozenset(self.load.acknowledged) - turned_away,
            record=told["record"],
            audit=await asyncio.to_thread(self.ledger.lines),
            unfinished=self.ledger.unfinished() or {"databases that cannot be read": 1},
            deaths=deaths,
            audit_fault=await asyncio.to_thread(self.ledger.audit_fault, environ),
        )
        verdict = judge(evidence)
        if self.plan.decisions:
            self.decided = await self._decided()
            judge_decisions(self.decided, verdict)
        verdict.breaches["did not stop in good order"] += self.processes.stubborn
        _keep(self.folder, evidence, verdict)
        return verdict

    async def _decided(self) -> Decided:
        doing = self.deciding
        if doing.given_up:
            self.notes.append(f"{len(doing.given_up)} deeds were never acknowledged")
        evidence = Decided(
            decisions=doing.decisions,
            acknowledged=frozenset(doing.acknowledged),
            done=doing.done,
            rounds=doing.rounds,
            cards=await self.cards("EX-"),
            **await asyncio.to_thread(self.ledger.decided),
        )
        kept = {name: getattr(evidence, name) for name in ("done", "rounds", "requests", "entries", "waiting", "cards")}
        (self.folder / "decided.json").write_text(json.dumps({**kept, "acknowledged": sorted(evidence.acknowledged)}))
        return evidence


@asynccontextmanager
async def stage(
    plan: Plan,
    database: str = "",
    *,
    may_die: Callable[[int], bool] = lambda _: False,
    sabotage: str = "",
    hurry: float = 100.0,
) -> AsyncIterator[Stage]:
    """Everything put up and nothing begun. `database` is the address of one at the newest version; "": a SQLite file."""
    folder = Path(tempfile.mkdtemp(prefix=f"archway-chaos-{plan.seed}-"))
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(_world(plan))
        url = database or f"sqlite:///{folder}/data/archway.db"
        environ = _environ(world, url, folder)
        if plan.decisions:
            (folder / "knowledge" / "governance.yaml").write_text(_rules(Decisions(plan)))
        processes = Processes(plan, environ, folder, may_die, sabotage, hurry)
        stack.push_async_callback(processes.close)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        ledger = Ledger(url)
        deciding = Deciding(plan, world, [], look=ledger.exceptions)
        set_ = Stage(plan, folder, world, http, ledger, processes, Load(plan, world, []), deciding, environ)
        deciding.cards = set_.cards
        yield set_


@asynccontextmanager
async def _world(plan: Plan) -> AsyncIterator[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.world", json.dumps(asdict(plan)), str(LOST_AFTER),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT, limit=1 << 20,
    )  # fmt: skip
    assert process.stdout
    assert process.stdin
    try:
        yield json.loads(await process.stdout.readline())
    finally:
        process.stdin.close()
        await process.wait()


def _rules(decisions: Decisions) -> str:
    """Who holds which role; all else is as in the starter file. JSON is YAML."""
    roles: dict[str, Any] = {
        role: {
            "people": [f"u{number}@example.org" for number in decisions.people(role)],
            "rooms": list(decisions.rooms(role)),
        }
        for role in ROLES
    }
    return json.dumps({"roles": {**roles, "director": {"people": ["director@example.org"]}}})


def _environ(world: dict[str, Any], url: str, folder: Path) -> dict[str, str]:
    knowledge = folder / "knowledge" / "standards"
    knowledge.mkdir(parents=True)
    (knowledge / "STD-001-storage.md").write_text(DOCUMENT)
    return {
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_API_URL": world["slack"],
        "MICROSOFT_APP_ID": APP_ID,
        "MICROSOFT_APP_PASSWORD": PASSWORD,
        "MICROSOFT_APP_TENANT_ID": TENANT,
        "MICROSOFT_OPENID_METADATA_URL": world["metadata"],
        "MICROSOFT_TOKEN_URL": world["tokens"],
        "MICROSOFT_SERVICE_URLS": world["connector"],
        "DATABASE_URL": url,
        "ARCHWAY_DATA": str(folder / "data"),
        "ARCHWAY_KNOWLEDGE": str(folder / "knowledge"),
        "ARCHWAY_WEBHOOK_SECRETS": f"{SOURCE}={SECRET}",
        "ARCHWAY_LOG_LEVEL": "warning",
        "ARCHWAY_LOG_FORMAT": "json",
    }


def _keep(folder: Path, evidence: Evidence, verdict: Verdict) -> None:
    kept = {
        **asdict(evidence),
        "acknowledged": sorted(evidence.acknowledged),
        "breaches": verdict.breaches,
        "figures": verdict.figures,
    }
    (folder / "evidence.json").write_text(json.dumps(kept))
