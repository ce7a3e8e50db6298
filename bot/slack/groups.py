"""Who is in the Slack user groups that roles name. Known for a minute at most; asked only for wishes that change something."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from bot.background import Background
from bot.slack.outbound import Outbound

MOST_SECONDS = 8.0  # that somebody waits for it
PREFIX = "slack:"

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Memberships:
    """The groups that somebody is in ("slack:S012ARCH"), and when Slack was asked for the one that is known longest, by
    `time.monotonic`; None where it was asked for none."""

    names: frozenset[str] = frozenset()
    as_of: float | None = None


@dataclass(frozen=True, slots=True)
class _Members:
    """The members of a group, and when Slack said so: by the clock that was handed in, and by `time.monotonic`."""

    since: float
    as_of: float
    users: frozenset[str]


class Groups:
    """Asks Slack for the members of each group, once a while, whoever waits for it."""

    def __init__(
        self,
        outbound: Outbound,
        background: Background,
        named: Callable[[], Iterable[str]],
        now: Callable[[], float],
    ) -> None:
        """`named` gives the ids of the groups that roles name now ("S012ARCH"), `now` gives seconds."""
        self._outbound, self._background, self._named, self._now = outbound, background, named, now
        self._known: dict[str, _Members] = {}
        self._asking: dict[str, asyncio.Task[_Members | None]] = {}
        self._told: set[str] = set()

    async def of(self, user: str, within: float) -> Memberships | None:
        """The groups that somebody is in, as they were less than `within` seconds ago; None when Slack does not tell just
        now."""
        ids = sorted({id_.removeprefix(PREFIX) for id_ in self._named()})
        told = await asyncio.gather(*(self._members(id_, within) for id_ in ids))
        known = [one for one in told if one is not None]
        if len(known) < len(ids):
            return None
        names = frozenset(PREFIX + id_ for id_, one in zip(ids, known, strict=True) if user in one.users)
        return Memberships(names, min((one.as_of for one in known), default=None))

    async def _members(self, id_: str, within: float) -> _Members | None:
        known = self._known.get(id_)
        if known and 0 <= self._now() - known.since < within and time.monotonic() - known.as_of < within:
            return known
        asking = self._asking.get(id_)
        if asking is None:
            asking = self._asking[id_] = self._background.start(self._ask(id_))
            asking.add_done_callback(lambda _: self._asking.pop(id_, None))
        try:
            return await asyncio.wait_for(asyncio.shield(asking), MOST_SECONDS)
        except TimeoutError:
            return None

    async def _ask(self, id_: str) -> _Members | None:
        since, as_of = self._now(), time.monotonic()  # what Slack says is at least as young as the question
        said = await self._outbound.call("usergroups.users.list", read=True, patient=False, usergroup=id_)
        users = (said.data or {}).get("users")
        if isinstance(users, list):
            self._told.discard(id_)
            self._known[id_] = _Members(since, as_of, frozenset(str(user) for user in users))
            return self._known[id_]
        if said.data is None and said.passes:
            return None
        if id_ not in self._told:  # once, until Slack knows it
            self._told.add(id_)
            log.warning(
                "a Slack user group that a role names cannot be read (scope usergroups:read), so nobody is in it",
                group=id_,
                reason=said.reason,
            )
        self._known[id_] = _Members(since, as_of, frozenset())
        return self._known[id_]
