"""Into which channels something can be posted for somebody: those where both they and the bot are members."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from bot.slack.outbound import Outbound

MOST_ROOMS = 100  # options of one select: Slack's limit
ASK_SECONDS = 1.5  # a form must be open within three seconds of the click
MOST_PEOPLE = 5_000


class Rooms:
    """Asks Slack for memberships, each time: a list of yesterday could leak an answer."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._viewed: OrderedDict[str, str] = OrderedDict()

    def looks_at(self, user: str, channel: str) -> None:
        """Somebody has this channel open beside the app: it will be the first to choose."""
        self._viewed.pop(user, None)
        if channel:
            self._viewed[user] = channel
        if len(self._viewed) > MOST_PEOPLE:
            self._viewed.popitem(last=False)

    async def shared_with(self, user: str, team: str) -> tuple[tuple[str, str], ...]:
        """Id and name of each channel of a workspace, by name, the one that they look at first; none when Slack does
        not tell."""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                theirs, ours = await asyncio.gather(self._of(user, team), self._of(None, team))
        except TimeoutError:
            return ()
        viewed = self._viewed.get(user)
        both = sorted((id_ != viewed, name, id_) for id_, name in theirs.items() if id_ in ours)
        return tuple((id_, f"#{name}") for _, name, id_ in both[:MOST_ROOMS])

    async def _of(self, user: str | None, team: str) -> dict[str, str]:
        said = await self._outbound.call(
            "users.conversations",
            read=True,
            patient=False,
            user=user,
            team_id=team or None,
            types="public_channel,private_channel",
            exclude_archived="true",
            limit="999",
        )
        channels = (said.data or {}).get("channels")
        if not isinstance(channels, list):
            return {}
        return {
            str(one["id"]): str(one.get("name", one["id"]))
            for one in channels
            if isinstance(one, dict) and "id" in one and not one.get("is_ext_shared")
        }
