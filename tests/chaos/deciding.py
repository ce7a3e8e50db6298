"""The people of a run who ask for exceptions and decide: forms and buttons, as the platforms send them."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.domain.exception_requests import read
from bot.playground.deliveries import FORM, sign
from tests.chaos.decisions import (
    APPROVE,
    CONDITIONS,
    LOW,
    RESUBMIT,
    REVOKE,
    SEATS,
    WITHDRAW,
    Case,
    Decisions,
    Deed,
)
from tests.chaos.load import APP, AT_ONCE, PATIENCE, TEAM_ID, Request, Sender, activity_of
from tests.chaos.waiting import until
from tests.chaos.world import SIGNING_SECRET

WAITS = 20.0  # seconds for a request to get as far as the next deed wants it
OVER = ("approved", "approved with conditions", "declined", "withdrawn", "lapsed")
TARGET = "STD-001.1"


@dataclass(frozen=True, slots=True)
class Known:
    """A request as it is stored, and how many entries of the record were about it, at most, when it was read."""

    request: Mapping[str, Any]
    entries: int

    @property
    def id(self) -> str:
        return str(self.request["id"])

    @property
    def digest(self) -> str:
        """What its buttons bind to."""
        return read(self.request).digest


@dataclass
class Deciding(Sender):
    """Does the deeds of a plan, each when its request is as far. `look` gives the requests by their services."""

    look: Callable[[], Mapping[str, Known] | None] = dict
    cards: Callable[[str], Awaitable[Sequence[Mapping[str, Any]]]] | None = (
        None  # those of a request, as they are shown
    )
    known: Mapping[str, Known] = field(default_factory=dict)
    done: dict[int, int] = field(default_factory=dict)  # deed → how many entries there were when it was done
    rounds: dict[int, int] = field(default_factory=dict)  # deed → the ballot that it was for
    pressed: int = 0  # buttons on posted cards
    made: int = 0  # buttons that were not posted yet
    finished: int = 0  # cases

    @property
    def decisions(self) -> Decisions:
        return Decisions(self.plan)

    async def run(self) -> None:
        """Does all of them; returns when each was acknowledged or given up, or will never be possible."""
        cases = Decisions(self.plan).cases
        turns = asyncio.Semaphore(AT_ONCE)
        looking = asyncio.create_task(self._keep_looking())
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as http,
                asyncio.TaskGroup() as group,
            ):
                for case in cases:
                    await until(partial(self.may_go, case.number / len(cases)))
                    await turns.acquire()
                    task = group.create_task(self._case(http, case))
                    task.add_done_callback(lambda _: turns.release())
        finally:
            looking.cancel()

    async def _keep_looking(self) -> None:
        while True:
            found = await asyncio.to_thread(self.look)
            self.known = self.known if found is None else found
            await asyncio.sleep(0.15)

    async def _case(self, http: aiohttp.ClientSession, case: Case) -> None:
        rng = random.Random(f"{self.plan.seed} case {case.number}")
        for wave in case.waves:
            if not await self._is(case, wave[0].when):
                break
            known = self.known.get(case.service)
            async with asyncio.TaskGroup() as group:
                for deed in wave:
                    group.create_task(self._do(http, case, deed, known, random.Random(rng.getrandbits(32))))
        self.finished += 1

    async def _is(self, case: Case, when: str) -> bool:
        """Waits until a request is as far; False when it will never be, or takes too long."""
        end = time.monotonic() + WAITS
        while when and time.monotonic() < end:
            known = self.known.get(case.service)
            if known and is_now(known.request, when):
                return True
            if known and known.request["stage"] in OVER and not when.startswith("ballot 2"):
                return False
            await asyncio.sleep(0.05)
        return not when

    async def _do(
        self, http: aiohttp.ClientSession, case: Case, deed: Deed, known: Known | None, rng: random.Random
    ) -> None:
        request = await self._request(case, deed, known)
        self.done[deed.number] = known.entries if known else 0
        self.rounds[deed.number] = known.request["round"] if known else 0
        await self.deliver(http, deed.number, lambda _: request, deed.copies, rng)

    async def _request(self, case: Case, deed: Deed, known: Known | None) -> Request:
        if known is None or deed.does == RESUBMIT:
            about = origin(case, known)
            return self._form(deed, "exception_request", about, form_of(case, again=known is not None))
        card, verb, about = await self._button(deed, known)
        if deed.does == APPROVE:
            return self._press(deed, verb, about, card)
        words = {"words": f"Said in deed {deed.number}."}
        if deed.does == CONDITIONS:
            due = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
            words |= {"condition:1:text": f"Do {deed.number}.", "condition:1:owner": "u1@example.org", "condition:1:due": due}  # fmt: skip
        return self._form(deed, "exception_step", about, words, card)

    async def _button(self, deed: Deed, known: Known) -> tuple[Mapping[str, Any], str, str]:
        """The card, the verb and the matter of a button: as a card of the platform carries it, else as it will."""
        digest = "" if deed.does in (WITHDRAW, REVOKE) else f" {known.digest}"
        about = f"{known.id} {deed.does}{digest}"
        assert self.cards
        for card in await self.cards(known.id):
            for button in card["buttons"]:
                if card["room"].startswith(deed.platform) and button["about"] == about:
                    self.pressed += 1
                    return card, button["verb"], about
        self.made += 1
        return {}, "exception_step", about

    def _press(self, deed: Deed, verb: str, about: str, card: Mapping[str, Any]) -> Request:
        """A button on a card; where there is no such card, as if there were one in a room of their own."""
        if deed.platform == "teams":
            action = {"type": "Action.Execute", "id": verb, "verb": verb, "data": {"about": about}}
            value = {"action": action, "trigger": "manual"}
            return self._invoke(deed, "adaptiveCard/action", value, card)
        channel, ts = (
            card.get("room", f"slack:D{deed.who}").removeprefix("slack:"),
            card.get("id", f"17{deed.number}.0"),
        )
        return self._interaction(deed, "block_actions", {
            "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False},
            "channel": {"id": channel, "name": "somewhere"}, "message": {"type": "message", "ts": ts},
            "actions": [{"type": "button", "action_id": verb, "block_id": "b", "value": about, "action_ts": "1.0"}],
        })  # fmt: skip

    def _form(self, deed: Deed, verb: str, about: str, values: Mapping[str, str], card: Mapping[str, Any] | None = None) -> Request:  # fmt: skip
        """A form that was filled in and sent."""
        if deed.platform == "teams":
            value = {"data": {"verb": verb, "about": about, **values}, "context": {"theme": "default"}}
            return self._invoke(deed, "task/submit", value, card or {})
        states = {
            name: {f"value::{name}": {"type": "plain_text_input", "value": text}} for name, text in values.items()
        }
        return self._interaction(deed, "view_submission", {
            "view": {
                "id": f"VDEED{deed.number}", "hash": f"h{deed.number}", "type": "modal", "callback_id": verb, "private_metadata": about,
                "blocks": [{"type": "input", "block_id": name} for name in values], "state": {"values": states}, "team_id": TEAM_ID,
            },
            "response_urls": [],
        })  # fmt: skip

    def _interaction(self, deed: Deed, kind: str, more: Mapping[str, Any]) -> Request:
        payload = {
            "type": kind, "token": "x", "team": {"id": TEAM_ID, "domain": "playground"}, "api_app_id": APP, "enterprise": None,
            "user": {"id": f"U{deed.who}", "username": f"user{deed.who}", "name": f"user{deed.who}", "team_id": TEAM_ID},
            "is_enterprise_install": False, "trigger_id": f"deed{deed.number}.1.chaos", **more,
        }  # fmt: skip
        signed = sign(urlencode({"payload": json.dumps(payload)}).encode(), SIGNING_SECRET, time.time(), FORM)
        return Request("/slack/events", signed.body, signed.headers)

    def _invoke(self, deed: Deed, name: str, value: Mapping[str, Any], card: Mapping[str, Any]) -> Request:
        person = f"29:{deed.who}"
        where = card.get("conversation", f"a:chat-with-{person}")
        activity = activity_of(self.world, "invoke", where, person, id=f"deed{deed.number}", name=name, value=value)
        if card:
            activity["replyToId"] = card["id"]
        return self.to_teams(activity)


def is_now(request: Mapping[str, Any], when: str) -> bool:
    """Whether a request is as somebody waits for it to be."""
    if when == "in force":
        return (request["waiver"] or {}).get("state") == "in force"
    if when.startswith("ballot"):
        return (request["stage"], request["round"]) == ("submitted", int(when.split()[1]))
    return str(request["stage"]) == when


def origin(case: Case, known: Known | None) -> str:
    """What the form of a request carries: the risk and the seats that it has shown, and what it is sent again for."""
    seats = ",".join(f"{role}:1" for role in SEATS[case.level])
    seen = f"{case.level} {seats}{' emergency' if case.emergency else ''}"
    again = {"resubmits": known.id, "digest": known.digest} if known else {}
    return urlencode({**again, "seen": seen})


def form_of(case: Case, *, again: bool) -> dict[str, str]:
    """A form for a request, as it is filled in."""
    today = datetime.now(UTC)
    low = case.level == LOW
    return {
        "target": TARGET, "service": case.service, "environment": "production", "tier": "3",
        "reason": "Another reason." if again else "The vendor's appliance cannot do it.",
        "compensating_controls": "It stands in a network of its own.", "remediation": "We move to another one.",
        "until": (today + timedelta(days=5)).date().isoformat(),
        "risk:exposure": "internal" if low else "public", "risk:data": "public" if low else "internal",
        **({"emergency": "yes", "emergency_reason": "The till is down."} if case.emergency else {}),
    }  # fmt: skip
