"""Activity → command → answer: what a message, an invoke or an arrival from Teams leads to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from botbuilder.core import TurnContext
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.schema import Activity, Attachment

from bot.cards.adaptive_cards import inert
from bot.cards.model import Card, Form, Place, Silence
from bot.cards.openers import opened_from
from bot.cards.text import clean
from bot.domain.commands import Welcome
from bot.teams.accounts import Accounts
from bot.teams.activities import Incoming, Json
from bot.teams.adapter import answer_invoke, incoming_of
from bot.teams.connector import DeliveryFailed, PostGone
from bot.teams.directory import Directory, changes_channels
from bot.teams.gestures import Press
from bot.teams.invokes import Invokes
from bot.teams.outbound import NOT_POSTED, message
from bot.teams.posts import Posts
from bot.teams.replies import Replies
from bot.teams.seen import SeenActivities
from bot.teams.wishes import is_submit, press_in, wish_in

_WELCOME = "welcome"


class Assistant(TeamsActivityHandler):  # type: ignore[misc]  # the SDK carries no types
    """Our side of a turn. The SDK calls the method that is named after the kind of activity."""

    def __init__(
        self,
        *,
        replies: Replies,
        accounts: Accounts,
        posts: Posts,
        invokes: Invokes,
        directory: Directory,
        knows: Callable[[str], bool],
        listens: Callable[[str], bool],
        welcomed: SeenActivities,
    ) -> None:
        self._replies = replies
        self._accounts = accounts
        self._posts = posts
        self._invokes = invokes
        self._directory = directory
        self._knows = knows
        self._listens = listens
        self._welcomed = welcomed

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """A message to the bot is answered where it was written; so is a button of a client without invokes."""
        incoming = incoming_of(turn_context)
        if is_submit(incoming):
            await self._pressed(turn_context, incoming)
            return
        wish = wish_in(incoming, self._knows, self._listens)
        if wish is None:
            return
        wish = await self._accounts.wished(wish, incoming)
        if incoming.delivery:  # what it changes may have to be told here, whatever becomes of this process
            await self._directory.arrive(incoming)
        try:
            reply = await self._replies.shown(wish, incoming.delivery)
            if isinstance(reply, Form) and reply.opener:  # it opens in a dialog, and no message can open one
                reply = opened_from(reply)
            await self._say(turn_context, reply)
        finally:
            await self._directory.note(incoming)

    async def on_invoke_activity(self, turn_context: TurnContext) -> None:
        """An invoke is answered in the HTTP response, by plain dicts: the SDK's models lose or break some of them."""
        answer_invoke(turn_context, await self._invokes.answer(incoming_of(turn_context)))

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """Arrivals and departures of the bot, channels that come and go. Nobody else's arrival is greeted; the SDK's
        own dispatch would ask Teams for each new member.
        """
        incoming = incoming_of(turn_context)
        if _has(incoming, incoming.removed):
            await self._left(incoming)
        elif _has(incoming, incoming.added):
            await self._arrived(turn_context, incoming)
        elif changes_channels(incoming):
            await self._directory.note(incoming)
        elif incoming.channel_data.get("eventType") == "channelDeleted":
            await self._directory.lose_channel(incoming)
        elif incoming.channel_data.get("eventType") == "teamDeleted":
            await self._left(incoming)

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        """The app was installed or removed; an upgrade needs no welcome."""
        incoming = incoming_of(turn_context)
        if incoming.action == "add":
            await self._arrived(turn_context, incoming)
        elif incoming.action == "remove":
            await self._left(incoming)

    async def on_event_activity(self, turn_context: TurnContext) -> None:
        """Meetings and read receipts are nothing to us; the SDK would read each into its models first."""

    async def _arrived(self, turn_context: TurnContext, incoming: Incoming) -> None:
        """Teams tells of an arrival in two ways, and sometimes twice: it is greeted once."""
        try:
            if self._welcomed.is_new(incoming.conversation["id"], _WELCOME):
                by = await self._accounts.sender(incoming)
                await self._say(turn_context, await self._replies.shown(Welcome(by)))
        finally:
            await self._directory.note(incoming)

    async def _left(self, incoming: Incoming) -> None:
        self._welcomed.forget(incoming.conversation["id"], _WELCOME)
        await self._directory.leave(incoming)

    async def _pressed(self, turn_context: TurnContext, incoming: Incoming) -> None:
        """The fallback of a button: its answer can only be a post, or a change of the card."""
        by = await self._accounts.sender(incoming)
        press = press_in(incoming)
        said = await self._replies.to_press(press, by, incoming, for_all=bool(by.room))
        match said.reply:
            case Card(place=Place.INSTEAD) if press and press.announced:
                return  # the announcer puts it there
            case (Card(place=Place.INSTEAD) | Form()) as what if incoming.reply_to and _is_there(press, what):
                try:
                    await self._posts.replace(incoming, what)
                except PostGone:
                    await turn_context.send_activity(_activity(what, simple=self._posts.simple))
            case Card() as card if said.room:
                try:
                    await self._posts.post(said.room, card)
                    sentence = card.summary
                except (DeliveryFailed, ValueError):
                    sentence = NOT_POSTED
                await turn_context.send_activity(Activity(type="message", text=inert(clean(sentence))))
            case reply:
                await self._say(turn_context, reply)

    async def _say(self, turn_context: TurnContext, what: Card | Form | Silence) -> None:
        if not isinstance(what, Silence):
            await turn_context.send_activity(_activity(what, simple=self._posts.simple))


def _is_there(press: Press | None, what: Card | Form) -> bool:
    """Whether something goes where the button is: a form where one was filled in, since what was typed stands there."""
    return isinstance(what, Card) or (press is not None and bool(press.values))


def _has(incoming: Incoming, members: Sequence[Json]) -> bool:
    """Whether the bot is among those who came or went."""
    bot = incoming.recipient["id"]
    return bool(bot) and any(member.get("id") == bot for member in members)


def _activity(what: Card | Form, *, simple: bool) -> Activity:
    drawn = message(what, simple=simple)
    attachments = [Attachment(content_type=a["contentType"], content=a["content"]) for a in drawn["attachments"]]
    return Activity(type="message", summary=drawn["summary"], attachments=attachments)
