"""Invokes → the bodies of their answers: searches, links, dialogs, pressed buttons. Each within the time Teams waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache

import structlog

from bot.background import Background
from bot.cards.model import Card, Form, Place, Silence
from bot.domain.commands import LONGEST_QUESTION, Ask, Command, OpenQuestionForm, Preview, Search
from bot.domain.exception_commands import OpenExceptionForm, Suggest
from bot.domain.exception_forms import LONGEST_TEXT
from bot.domain.people import Account
from bot.domain.review_commands import OpenReviewForm
from bot.domain.rooms import Conversation
from bot.teams.accounts import Accounts
from bot.teams.activities import Incoming, Json
from bot.teams.afterwards import Afterwards
from bot.teams.connector import DeliveryFailed, PostGone
from bot.teams.gestures import Press, first_id, message_text, read_command, read_link, read_typing
from bot.teams.outbound import (
    DONE,
    NOT_POSTED,
    TAKEN,
    TOO_SLOW,
    dialog,
    dialog_end,
    found,
    in_place,
    inserted,
    is_no,
    is_short,
    malformed,
    not_here,
    notice,
    offered_as_json,
    once_more,
    sentence_of,
    suggested,
    toast,
    unfurled,
)
from bot.teams.queries import read_query
from bot.teams.replies import Replies, Said
from bot.teams.wishes import press_in

log = structlog.stdlib.get_logger(__name__)

# The ids of the actions in the manifest.
ASK_ABOUT, REQUEST_EXCEPTION, REQUEST_REVIEW = "askAbout", "requestException", "requestReview"
SECONDS = 4.5  # Teams waits five for the answer to an invoke
_REMEMBERED = 1024  # results as they are sent, some 2 KB each
_POSTING_SECONDS = 2.0  # of these; what takes longer is gone on with after the answer

Work = Callable[[Incoming], Awaitable[Json]]


class Invokes:
    """Answers invokes. Knows places, forms and cards; what a verb means is none of its business."""

    def __init__(
        self,
        replies: Replies,
        accounts: Accounts,
        afterwards: Afterwards,
        background: Background,
        *,
        knows: Callable[[str], bool],
        seconds: float = SECONDS,
    ) -> None:
        """`knows` tells whether a document or clause exists."""
        self._knows = knows
        self._replies = replies
        self._accounts = accounts
        self._afterwards = afterwards
        self._posts = afterwards.posts
        self._background = background
        self._seconds = seconds
        self._offer = lru_cache(_REMEMBERED)(offered_as_json)
        self._works: Mapping[str, Work] = {
            "composeExtension/query": self._search,
            "composeExtension/selectItem": self._select,
            "composeExtension/queryLink": self._link,
            "composeExtension/fetchTask": self._open_action,
            "composeExtension/submitAction": self._submit_action,
            "composeExtension/onCardButtonClicked": self._press_in_message,
            "task/fetch": self._dialog,
            "task/submit": self._dialog,
            "adaptiveCard/action": self._press,
            "application/search": self._suggest,
        }

    async def answer(self, incoming: Incoming) -> Json:
        """The body of the answer to an invoke, in time."""
        work = self._works.get(incoming.name)
        if work is None:
            return not_here(incoming.name)
        try:
            async with asyncio.timeout(self._seconds):
                return await work(incoming)
        except TimeoutError:
            log.warning("an invoke from Teams took too long", invoke=incoming.name, seconds=self._seconds)
            return not_here(incoming.name, TAKEN if incoming.delivery else TOO_SLOW)

    async def _search(self, incoming: Incoming) -> Json:
        query = read_query(incoming.value)
        if query is None:
            return notice("Archway does not know this search command.")
        by = await self._accounts.sender(incoming)
        command = Search(by, query.text, query.skip, query.count, query.kind, query.accepted_only)
        return found(await self._replies.to(command), self._offer)

    async def _suggest(self, incoming: Incoming) -> Json:
        """What can be chosen in a field, as one types in it."""
        typing = read_typing(incoming.value)
        if typing is None:
            return malformed()
        by = await self._accounts.sender(incoming)
        return suggested(await self._replies.to(Suggest(by, typing.dataset, typing.text)), typing.skip, typing.most)

    async def _link(self, incoming: Incoming) -> Json:
        url = read_link(incoming.value)
        if not url:
            return not_here(incoming.name)
        return unfurled(await self._replies.to(Preview(await self._accounts.sender(incoming), url)))

    async def _select(self, incoming: Incoming) -> Json:
        """A result that was chosen: its card, where a client asks for it instead of taking what it has."""
        press = press_in(incoming)
        if press is None:
            return not_here(incoming.name)
        said = await self._said(incoming, press, await self._accounts.sender(incoming), for_all=True)
        return inserted(said.reply) if isinstance(said.reply, Card) else notice(sentence_of(said.reply))

    async def _open_action(self, incoming: Incoming) -> Json:
        """An action of the extension, chosen on a message or where one is written."""
        action = read_command(incoming.value, ASK_ABOUT)
        if action not in (ASK_ABOUT, REQUEST_EXCEPTION, REQUEST_REVIEW):
            return not_here(incoming.name)
        by = await self._accounts.sender(incoming)
        wish: Command
        if action == REQUEST_EXCEPTION:
            text = message_text(incoming.value, LONGEST_TEXT)
            wish = OpenExceptionForm(by, first_id(text, self._knows), text)
        elif action == REQUEST_REVIEW:
            wish = OpenReviewForm(by, text=message_text(incoming.value, LONGEST_TEXT))
        else:
            text = message_text(incoming.value, LONGEST_QUESTION)
            wish = Ask(by, text) if text else OpenQuestionForm(by)
        return await self._shown_in_dialog(incoming, Said(await self._replies.shown(wish)))

    async def _submit_action(self, incoming: Incoming) -> Json:
        """A button or form in a dialog of the extension. What is for everybody goes into the message being written:
        the person sends it, in a chat that the bot need not be in.
        """
        by, press = await self._accounts.sender(incoming), press_in(incoming)
        said = await self._said(incoming, press, by, for_all=False)
        if isinstance(said.reply, Card) and said.reply.place is Place.ROOM and said.room is None and by.room:
            return inserted(said.reply)
        return await self._shown_in_dialog(incoming, said, press)

    async def _dialog(self, incoming: Incoming) -> Json:
        """A dialog that a button opens, or a button or form in it."""
        press = press_in(incoming)
        if press is None:
            return not_here(incoming.name)
        said = await self._said(incoming, press, await self._accounts.sender(incoming), for_all=False)
        match said.reply:
            case Card(place=Place.INSTEAD) as card if press.values and not press.announced:
                self._replace(incoming, card)  # the one that the form was opened from
        return await self._shown_in_dialog(incoming, said, press)

    async def _press(self, incoming: Incoming) -> Json:
        """A button or form on a card in a chat. The answer is seen by whoever pressed, a post by everybody."""
        press = press_in(incoming)
        if press is None:
            return malformed()
        by = await self._accounts.sender(incoming)
        filled_in, on_announced = bool(press.values), press.announced
        said = await self._said(incoming, press, by, for_all=bool(by.room) and not filled_in)
        match said.reply:
            case Silence():
                return toast(DONE)
            case Form() as form:
                return in_place(form, on_announced=on_announced, simple=self._posts.simple)
            case Card(place=Place.INSTEAD) as card:
                if not on_announced:  # else the announcer shows it to all, in the order in which things happened
                    self._replace(incoming, card)
                return in_place(card, on_announced=on_announced, simple=self._posts.simple)
            case Card(place=Place.ROOM) as card:
                if not await self._posted(incoming, card, said.room):
                    return toast(NOT_POSTED)
                return (
                    in_place(card, on_announced=on_announced, simple=self._posts.simple)
                    if filled_in
                    else toast(card.summary)
                )
            case card if is_no(card):  # what was filled in stays
                return toast(card.summary)
            case card:
                if filled_in or not (is_short(card) or await self._posted(incoming, card, None)):
                    return in_place(card, on_announced=on_announced, simple=self._posts.simple)
                return toast(card.summary)

    async def _press_in_message(self, incoming: Incoming) -> Json:
        """A button on a card that somebody sent with the extension, from a client that knows no better."""
        by = await self._accounts.sender(incoming)
        said = await self._said(incoming, press_in(incoming), by, for_all=bool(by.room))
        if not isinstance(said.reply, Silence):
            await self._posted(incoming, said.reply, said.room)
        return {}

    async def _said(self, incoming: Incoming, press: Press | None, by: Account, *, for_all: bool) -> Said:
        """The reply to a press. When Teams waits no longer for that to a recorded one, it is shown as soon as it is there."""
        asking = self._replies.to_press(press, by, incoming, for_all=for_all)
        if not incoming.delivery:
            return await asking
        work = self._background.start(asking, awaited=True)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._background.start(self._follow(incoming, work))
            raise

    async def _follow(self, incoming: Incoming, work: asyncio.Task[Said]) -> None:
        await self._afterwards.show(incoming, await work)

    async def _shown_in_dialog(self, incoming: Incoming, said: Said, press: Press | None = None) -> Json:
        reply = said.reply
        if isinstance(reply, Silence):
            return dialog_end(DONE)
        if isinstance(reply, Card) and reply.place is Place.ROOM:
            return dialog_end(reply.summary if await self._posted(incoming, reply, said.room) else NOT_POSTED)
        if press and press.values and isinstance(reply, Card) and is_no(reply) and reply.summary != TAKEN:
            return once_more(reply, press)
        on_announced = press is not None and press.announced
        return dialog(reply, on_announced=on_announced, simple=self._posts.simple)

    async def _posted(self, incoming: Incoming, what: Card | Form, room: Conversation | None) -> bool:
        """Posts in the room that was chosen, else where the activity came from. False when that is known to have
        failed; what takes long goes on.
        """
        if room is not None and isinstance(what, Card):
            work = self._background.start(self._post(self._posts.post(room, what)))
        else:
            work = self._background.start(self._post(self._posts.reply(incoming, what)))
        done, _ = await asyncio.wait({work}, timeout=_POSTING_SECONDS)
        return work not in done or work.result()

    async def _post(self, posting: Awaitable[object]) -> bool:
        try:
            await posting
        except (DeliveryFailed, ValueError) as failed:
            log.warning("something could not be posted in Teams", reason=str(failed))
            return False
        return True

    def _replace(self, incoming: Incoming, card: Card) -> None:
        """The answer to an invoke changes the card for one person; this begins to change it for all."""
        if incoming.reply_to:
            self._background.start(self._replaced(incoming, card))

    async def _replaced(self, incoming: Incoming, card: Card) -> bool:
        try:
            await self._posts.replace(incoming, card)
        except PostGone:
            log.info("a card that was pressed is not there any more, or not ours")
        except DeliveryFailed as failed:
            log.warning("a card could not be replaced in Teams", reason=str(failed))
        return True
