"""Activity → command → answer: what a message, a search or anything else from Teams leads to."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from botbuilder.core import TurnContext
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.schema import Activity, Attachment

from bot.cards import adaptive_cards, catalog
from bot.cards.model import Card, Reply
from bot.domain.commands import Command, Search, understand
from bot.domain.people import Account
from bot.teams.activities import Incoming, Json
from bot.teams.adapter import answer_invoke, incoming_of
from bot.teams.mentions import is_called, without_mentions
from bot.teams.outbound import found, not_here, notice
from bot.teams.queries import read_query

log = structlog.stdlib.get_logger(__name__)

SEARCH_COMMAND = "search"
_INVOKE_SECONDS = 4.5  # Teams waits five for the answer to an invoke
_LONGEST_ENTRA_ID = 64  # it is a GUID

Dispatch = Callable[[Command], Awaitable[Reply]]
_Drawn = TypeVar("_Drawn")


class Assistant(TeamsActivityHandler):  # type: ignore[misc]  # the SDK carries no types
    """Our side of a turn. The SDK calls the method that is named after the kind of activity."""

    def __init__(
        self, dispatch: Dispatch, knows: Callable[[str], bool], invoke_seconds: float = _INVOKE_SECONDS
    ) -> None:
        self._dispatch = dispatch
        self._knows = knows
        self._invoke_seconds = invoke_seconds

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """A message to the bot is answered where it was written."""
        incoming = incoming_of(turn_context)
        if not _is_for_us(incoming):
            return
        words = without_mentions(incoming.text, incoming.entities, incoming.recipient["id"])
        command = understand(words, _sender(incoming), self._knows)
        await turn_context.send_activity(await self._answer(command, _message))

    async def on_invoke_activity(self, turn_context: TurnContext) -> None:
        """An invoke is answered in the HTTP response, by plain dicts: the SDK's models lose or break some of them."""
        incoming = incoming_of(turn_context)
        if incoming.name == "composeExtension/query":
            answer_invoke(turn_context, await self._search(incoming))
        else:
            answer_invoke(turn_context, not_here(incoming.name))

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """Nothing is said on arrival. The SDK's own dispatch would ask Teams for each new member."""

    async def on_event_activity(self, turn_context: TurnContext) -> None:
        """Meetings and read receipts are nothing to us; the SDK would read each into its models first."""

    async def _search(self, incoming: Incoming) -> Json:
        query = read_query(incoming.value)
        if query.command != SEARCH_COMMAND:
            return not_here(incoming.name)
        command = Search(_sender(incoming), query.text, query.skip, query.count)
        try:
            async with asyncio.timeout(self._invoke_seconds):
                return await self._answer(command, found)
        except TimeoutError:
            log.warning("teams search too slow", seconds=self._invoke_seconds)
            return notice("The search took too long. Please try again.")

    async def _answer(self, command: Command, drawn: Callable[[Reply], _Drawn]) -> _Drawn:
        """The reply to a command, drawn; a fault is logged and its reference is what is shown."""
        try:
            return drawn(await self._dispatch(command))
        except Exception:  # whatever it is, the person must be told and Teams must get a 2xx
            reference = secrets.token_hex(4)
            log.exception("a command from Teams failed", command=type(command).__name__, reference=reference)
            return drawn(catalog.fault(reference))


def _is_for_us(incoming: Incoming) -> bool:
    """Whether a message is to the bot: in a personal chat each one is, elsewhere those that mention it."""
    if incoming.conversation.get("conversationType", "personal") == "personal":
        return True
    return is_called(incoming.entities, incoming.recipient["id"])


def _sender(incoming: Incoming) -> Account:
    entra_id = incoming.sender.get("aadObjectId")
    if not isinstance(entra_id, str) or not 0 < len(entra_id) <= _LONGEST_ENTRA_ID:
        entra_id = str(incoming.sender["id"])
    return Account("teams", entra_id, incoming.tenant)


def _message(reply: Reply) -> Activity:
    if not isinstance(reply, Card):
        raise TypeError("a message is answered with a card")
    drawn = adaptive_cards.attachment(reply)
    attachment = Attachment(content_type=drawn["contentType"], content=drawn["content"])
    return Activity(type="message", summary=reply.summary, attachments=[attachment])
