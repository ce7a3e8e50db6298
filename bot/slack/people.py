"""Who somebody is in Slack at this moment: member, guest or stranger, their name and e-mail. Known for a minute at most."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from bot.background import Background
from bot.domain.people import Account, Standing, same_writing
from bot.errors import Refusal
from bot.slack.groups import Groups
from bot.slack.identity import Identity
from bot.slack.outbound import Outbound

FRESH_SECONDS = 60.0  # facts about a person are at most so old when their wish is handled
VOUCHED_SECONDS = 45.0  # the same where something changes, which may have to wait for the database
ASK_SECONDS = 1.0  # Slack wants its answer within three
VOUCH_SECONDS = 8.0  # what was written down can wait longer
AGAIN_SECONDS = 5.0  # after which somebody is asked for again, when Slack did not tell
MOST_PEOPLE = 20_000
SLACKBOT = "USLACKBOT"

log = structlog.stdlib.get_logger(__name__)


class NotIdentified(Refusal):
    """Slack does not tell me who you are just now, and this needs to be known. It is done as soon as Slack tells: you
    need not ask again."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What Slack says of somebody. `email` is there for full members alone, in lower case, as far as Slack confirms it;
    `as_of` is when Slack was asked, by `time.monotonic`, None where it did not tell."""

    standing: Standing
    name: str = ""
    email: str = ""
    passing: bool = False  # Slack did not tell, and may in a moment
    as_of: float | None = field(default=None, compare=False)


# When Slack does not tell, what everybody may see: it will not, or it may in a moment.
UNTOLD, PASSING = Facts(Standing.GUEST), Facts(Standing.GUEST, passing=True)


class People:
    """Asks Slack who somebody is, once a minute at most, whoever waits for it."""

    def __init__(
        self,
        outbound: Outbound,
        background: Background,
        home: Callable[[], Awaitable[Identity | None]],
        groups: Groups,
        now: Callable[[], float],
    ) -> None:
        """`home` tells which installation we are, `groups` who is in which user group, `now` gives seconds."""
        self._outbound, self._background, self._home, self._now = outbound, background, home, now
        self._groups = groups
        self._known: OrderedDict[str, tuple[float, float, Facts]] = OrderedDict()  # since and until when, and what
        self._asking: dict[str, asyncio.Task[Facts]] = {}
        self._silent = False

    def at_hand(self, user: str, within: float = FRESH_SECONDS) -> Facts | None:
        """What is known, and was learnt less than so many seconds ago, without waiting."""
        known = self._known.get(user)
        if known is None:
            return None
        since, until, facts = known
        now = self._now()
        age = 0.0 if facts.as_of is None else time.monotonic() - facts.as_of  # the clock may have been set back
        return facts if since <= now < until and max(now - since, age) < within else None

    async def ask(self, user: str, within: float = FRESH_SECONDS, patience: float = ASK_SECONDS) -> Facts:
        """What is known and fresh, else what Slack says within a second (or `patience`), else `UNTOLD` or `PASSING`."""
        if facts := self.at_hand(user, within):
            return facts
        asking = self._asking.get(user)
        if asking is None:
            asking = self._asking[user] = self._background.start(self._find(user))
            asking.add_done_callback(lambda _: self._asking.pop(user, None))
        try:
            return await asyncio.wait_for(asyncio.shield(asking), patience)
        except TimeoutError:
            return self._unknown("no answer in time")

    async def account(self, user: str, organisation: str, room: str) -> Account:
        """Somebody as the rest of the bot knows them, with the facts of this moment."""
        facts = self.at_hand(user) or await self.ask(user)
        return _account(facts, user, organisation, room)

    async def vouched(self, user: str, organisation: str, room: str) -> Account:
        """The same for a wish that changes something: younger facts, and the groups that roles name.

        Raises `NotIdentified` when Slack does not tell just now.
        """
        facts, groups = await asyncio.gather(
            self.ask(user, VOUCHED_SECONDS, VOUCH_SECONDS), self._groups.of(user, VOUCHED_SECONDS)
        )
        if facts.passing or groups is None:
            raise NotIdentified
        account = _account(facts, user, organisation, room)
        if facts.standing is not Standing.MEMBER:
            return account
        told = [as_of for as_of in (facts.as_of, groups.as_of) if as_of is not None]
        return replace(account, groups=groups.names, as_of=min(told, default=None))

    async def _find(self, user: str) -> Facts:
        since, as_of = self._now(), time.monotonic()  # what Slack says is at least as young as the question
        facts = await self._told(user)
        if facts is UNTOLD or facts is PASSING:
            self._known[user] = (since, self._now() + AGAIN_SECONDS, facts)
        else:
            facts = replace(facts, as_of=as_of)
            self._known[user] = (since, since + FRESH_SECONDS, facts)
        self._known.move_to_end(user)
        if len(self._known) > MOST_PEOPLE:
            self._known.popitem(last=False)
        return facts

    async def _told(self, user: str) -> Facts:
        if user == SLACKBOT:
            return Facts(Standing.STRANGER)
        home = await self._home()
        if home is None:
            return self._unknown("nobody told whose workspace this is")
        said = await self._outbound.call("users.info", read=True, patient=False, user=user)
        if said.reason in ("user_not_found", "user_not_visible"):
            return Facts(Standing.STRANGER)
        if said.data is None:
            return self._unknown(said.reason, passing=said.passes)
        if not isinstance(said.data.get("user"), Mapping):
            return self._unknown("an answer without the person")
        self._silent = False
        return facts_of(said.data.get("user"), home)

    def _unknown(self, reason: str, *, passing: bool = True) -> Facts:
        if not self._silent:  # once, until Slack speaks again
            self._silent = True
            log.warning(
                "Slack does not tell who somebody is (scope users:read); until it does, all are treated as guests",
                reason=reason,
            )
        return PASSING if passing else UNTOLD


def _account(facts: Facts, user: str, organisation: str, room: str) -> Account:
    return Account("slack", user, organisation, facts.standing, room, facts.name, facts.email, as_of=facts.as_of)


def facts_of(user: Any, home: Identity) -> Facts:
    """How somebody belongs to the organisation of our installation, from what `users.info` says of them."""
    if not isinstance(user, Mapping):
        return UNTOLD
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
    return Facts(Standing.MEMBER, name, _email(profile.get("email"), user.get("is_email_confirmed")))


def _email(address: Any, confirmed: Any) -> str:
    """An address that vouches for somebody: none when Slack says that nobody has confirmed it."""
    if confirmed is False or not isinstance(address, str):
        return ""
    return same_writing(address)
