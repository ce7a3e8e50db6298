"""Who somebody is in Slack at this moment: member, guest or stranger, and their name. Known for a minute at most."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from bot.background import Background
from bot.domain.people import Account, Standing
from bot.slack.identity import Identity
from bot.slack.outbound import Outbound

FRESH_SECONDS = 60.0  # facts about a person are at most so old when their wish is handled
ASK_SECONDS = 1.0  # Slack wants its answer within three
AGAIN_SECONDS = 5.0  # after which somebody is asked for again, when Slack did not tell
MOST_PEOPLE = 20_000
SLACKBOT = "USLACKBOT"

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Facts:
    """What Slack says of somebody."""

    standing: Standing
    name: str = ""


UNKNOWN = Facts(Standing.GUEST)  # when Slack does not tell: what everybody may see


class People:
    """Asks Slack who somebody is, once a minute at most, whoever waits for it."""

    def __init__(
        self,
        outbound: Outbound,
        background: Background,
        home: Callable[[], Awaitable[Identity | None]],
        now: Callable[[], float],
    ) -> None:
        """`home` tells which installation we are, `now` gives seconds."""
        self._outbound, self._background, self._home, self._now = outbound, background, home, now
        self._known: OrderedDict[str, tuple[float, Facts]] = OrderedDict()  # until when, and what
        self._asking: dict[str, asyncio.Task[Facts]] = {}
        self._silent = False

    def at_hand(self, user: str) -> Facts | None:
        """What is known and fresh, without waiting."""
        known = self._known.get(user)
        return known[1] if known and self._now() < known[0] else None

    async def ask(self, user: str) -> Facts:
        """What is known and fresh, else what Slack says within a second, else `UNKNOWN`."""
        if facts := self.at_hand(user):
            return facts
        asking = self._asking.get(user)
        if asking is None:
            asking = self._asking[user] = self._background.start(self._find(user))
            asking.add_done_callback(lambda _: self._asking.pop(user, None))
        try:
            return await asyncio.wait_for(asyncio.shield(asking), ASK_SECONDS)
        except TimeoutError:
            return self._unknown("no answer within a second")

    async def account(self, user: str, organisation: str, room: str) -> Account:
        """Somebody as the rest of the bot knows them, with the facts of this moment."""
        facts = self.at_hand(user) or await self.ask(user)
        return Account("slack", user, organisation, facts.standing, room, facts.name)

    async def _find(self, user: str) -> Facts:
        if user == SLACKBOT:
            return self._keep(user, Facts(Standing.STRANGER), FRESH_SECONDS)
        home = await self._home()
        if home is None:
            return self._keep(user, self._unknown("nobody told whose workspace this is"), AGAIN_SECONDS)
        said = await self._outbound.call("users.info", read=True, patient=False, user=user)
        if said.reason in ("user_not_found", "user_not_visible"):
            return self._keep(user, Facts(Standing.STRANGER), FRESH_SECONDS)
        if said.data is None:
            return self._keep(user, self._unknown(said.reason), AGAIN_SECONDS)
        self._silent = False
        return self._keep(user, facts_of(said.data.get("user"), home), FRESH_SECONDS)

    def _keep(self, user: str, facts: Facts, seconds: float) -> Facts:
        self._known[user] = (self._now() + seconds, facts)
        self._known.move_to_end(user)
        if len(self._known) > MOST_PEOPLE:
            self._known.popitem(last=False)
        return facts

    def _unknown(self, reason: str) -> Facts:
        if not self._silent:  # once, until Slack speaks again
            self._silent = True
            log.warning(
                "Slack does not tell who somebody is (scope users:read); until it does, all are treated as guests",
                reason=reason,
            )
        return UNKNOWN


def facts_of(user: Any, home: Identity) -> Facts:
    """How somebody belongs to the organisation of our installation, from what `users.info` says of them."""
    if not isinstance(user, Mapping):
        return UNKNOWN
    said = user.get("profile")
    profile: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    name = next((str(n) for n in (profile.get("display_name"), profile.get("real_name"), user.get("name")) if n), "")
    grid = user.get("enterprise_user")
    enterprise = grid.get("enterprise_id") if isinstance(grid, Mapping) else None
    is_ours = user.get("team_id") == home.team or (home.enterprise is not None and enterprise == home.enterprise)
    if not is_ours or any(user.get(flag) for flag in ("is_stranger", "deleted", "is_bot", "is_workflow_bot")):
        return Facts(Standing.STRANGER, name)
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Facts(Standing.GUEST, name)
    return Facts(Standing.MEMBER, name)
