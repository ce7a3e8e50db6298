"""What people see without asking: the home tab, suggested prompts, previews of links, a first word in a channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards import block_kit
from bot.cards.model import Card, Results
from bot.delivery import Dispatch
from bot.domain.commands import OpenHome, Preview, Welcome
from bot.slack.events import Invited, Opened, SharedLinks
from bot.slack.inbound import room_of
from bot.slack.outbound import Outbound
from bot.slack.people import People


class Previews:
    """Shows itself when Slack says that somebody would look."""

    def __init__(
        self,
        *,
        dispatch: Dispatch,
        people: People,
        outbound: Outbound,
        prompts: Sequence[tuple[str, str]],
    ) -> None:
        """`prompts` are titles and questions to begin with."""
        self._dispatch, self._people, self._outbound = dispatch, people, outbound
        self._prompts = [{"title": title, "message": message} for title, message in prompts]

    async def open(self, opened: Opened) -> None:
        """The home tab, made anew each time it is opened; in the messages tab, what can be asked."""
        if opened.tab == "messages":
            await self._outbound.call(
                "assistant.threads.setSuggestedPrompts", channel_id=opened.channel, prompts=self._prompts
            )
            return
        by = await self._people.account(opened.user, opened.organisation, "")
        reply = await self._dispatch(OpenHome(by))
        if isinstance(reply, Card):
            await self._outbound.call("views.publish", user_id=opened.user, view=block_kit.home(reply))

    async def unfurl(self, shared: SharedLinks) -> None:
        """A preview below each link that leads to a document which its author may see."""
        where: dict[str, Any] = dict(shared.where)
        by = await self._people.account(shared.user, shared.organisation, room_of(where.get("channel", "")))
        shown = {}
        for url in shared.urls:
            reply = await self._dispatch(Preview(by, url))
            if isinstance(reply, Results) and reply.results:
                shown[url] = block_kit.unfurl(reply.results[0].card)
        if shown:
            await self._outbound.call("chat.unfurl", unfurls=shown, **where)

    async def greet(self, invited: Invited) -> None:
        """A first word in a channel that the bot was added to."""
        by = await self._people.account(invited.user, invited.organisation, room_of(invited.channel))
        reply = await self._dispatch(Welcome(by))
        if isinstance(reply, Card):
            await self._outbound.post(invited.channel, reply)
