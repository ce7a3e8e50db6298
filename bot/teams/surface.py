"""Teams as the web layer sees it: a delivery from its gate to its answer."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import msgspec
import structlog

from bot.background import Background
from bot.cards.model import Card
from bot.delivery import Answered, Delivery
from bot.domain.rooms import Conversation, Receipt
from bot.teams.accounts import Accounts
from bot.teams.activities import Incoming, Json
from bot.teams.adapter import ConnectorAdapter
from bot.teams.connector import Connector, DeliveryFailed
from bot.teams.credentials import BotToken, scope_for
from bot.teams.directory import Directory, Rooms
from bot.teams.gates import Gate, LoopbackGate, TokenGate
from bot.teams.inbound import Assistant
from bot.teams.invokes import Invokes
from bot.teams.keys import SigningKeys
from bot.teams.outbound import not_here
from bot.teams.posts import Posts
from bot.teams.rejected import Rejected, unavailable
from bot.teams.replies import Dispatch, Replies
from bot.teams.roster import Roster
from bot.teams.seen import AnswersGiven, SeenActivities
from bot.teams.service_urls import ServiceUrls
from bot.teams.session import Session
from bot.teams.sharing import Sharing
from bot.teams.tokens import TokenCheck

log = structlog.stdlib.get_logger(__name__)

# Invokes that may change something: sent again, they get the answer that was given.
_ONCE = frozenset(
    {"adaptiveCard/action", "composeExtension/submitAction", "composeExtension/onCardButtonClicked", "task/submit"}
)


class TeamsSurface:
    """The bot in Teams; a `bot.delivery.Surface`.

    Without `app_id` it answers callers on this machine only, and sends no token. `rooms` keeps the conversations that
    it is in; without it they are known until it ends. `now` is in seconds since the epoch, `pause` waits between tries
    to deliver. Needs a running loop from the first delivery on.
    """

    def __init__(
        self,
        *,
        dispatch: Dispatch,
        knows: Callable[[str], bool],
        app_id: str | None,
        app_password: str | None,
        tenant_id: str | None,
        metadata_url: str,
        token_url: str,
        service_urls: Sequence[str],
        now: Callable[[], float],
        rooms: Rooms | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._session = Session()
        self._background = Background()
        self._seen = SeenActivities(now)
        self._answers = AnswersGiven(now, partial(self._background.start, awaited=True))
        allowed = ServiceUrls(service_urls, loopback_only=app_id is None)
        token: BotToken | None = None
        self._gate: Gate = LoopbackGate(allowed)
        if app_id is not None:
            keys = SigningKeys(metadata_url, self._session, now)
            self._gate = TokenGate(TokenCheck(app_id, keys, now), allowed, tenant_id)
            token = BotToken(app_id, app_password or "", token_url, scope_for(metadata_url), self._session, now)
        connector = Connector(self._session, allowed, now, token, pause)
        directory, roster = Directory(connector, rooms), Roster(connector, now)
        replies = Replies(dispatch, Sharing(directory, roster))
        accounts = Accounts(roster, directory, tenant_id if app_id is not None else None)
        self._posts = Posts(connector)
        invokes = Invokes(replies, accounts, self._posts, self._background)
        self._adapter = ConnectorAdapter(connector)
        self._assistant = Assistant(
            replies=replies,
            accounts=accounts,
            posts=self._posts,
            invokes=invokes,
            directory=directory,
            knows=knows,
            welcomed=SeenActivities(now),
        )

    async def receive(self, delivery: Delivery) -> Answered:
        """The answer to a delivery. An activity that was let in always gets a 2xx: Teams stops delivering to a bot
        that fails repeatedly.
        """
        try:
            activity = await self._gate.admit(delivery)
        except Rejected as rejected:
            log.info("a delivery to Teams was rejected", status=rejected.status, reason=rejected.sentence)
            return _refused(rejected)
        except Exception:  # a surface never raises; the sender may try again
            log.exception("a delivery from Teams could not be judged")
            return _refused(unavailable("This could not be judged just now.", 10))
        if activity.type == "invoke":
            return Answered(200, msgspec.json.encode(await self._answered(activity)))
        if self._seen.is_new(activity.conversation["id"], activity.id):
            self._background.start(self._worked_on(activity))
        return Answered(200)

    async def post(self, room: Conversation, card: Card) -> Receipt:
        """Posts a card unasked: in a channel as a new thread, else into the chat. Raises `DeliveryFailed`."""
        return await self._posts.post(room, card)

    async def update(self, receipt: Receipt, card: Card) -> Receipt:
        """Puts a card in the place of a post. A post that has vanished is posted afresh: keep the receipt that comes
        back. Raises `DeliveryFailed`.
        """
        return await self._posts.update(receipt, card)

    async def close(self) -> None:
        """Finishes what was acknowledged, then lets go of connections. Cancelled, it drops what is left."""
        try:
            await self._background.drain()
        finally:
            await self._session.close()

    async def _answered(self, activity: Incoming) -> Json:
        if activity.name not in _ONCE or not activity.id:
            return await self._invoked(activity)
        what = hashlib.sha256(msgspec.json.encode(activity.value)).hexdigest()
        key = (activity.conversation["id"], activity.sender["id"], activity.id, activity.name, what)
        return await self._answers.once(key, lambda: self._invoked(activity))

    async def _invoked(self, activity: Incoming) -> Json:
        try:
            return await self._adapter.turn(activity, self._assistant.on_turn) or {}
        except Exception:  # Teams must get a 2xx
            log.exception("an invoke from Teams failed", invoke=activity.name[:80])
            return not_here(activity.name)

    async def _worked_on(self, activity: Incoming) -> None:
        try:
            await self._adapter.turn(activity, self._assistant.on_turn)
        except DeliveryFailed as failed:  # there is nobody left to tell but the log
            log.error("an answer could not be delivered in Teams", reason=str(failed))  # noqa: TRY400  # a traceback says no more
        except Exception:
            log.exception("an activity from Teams failed", type=activity.type[:80])


def _refused(rejected: Rejected) -> Answered:
    return Answered(rejected.status, msgspec.json.encode({"error": rejected.sentence}), headers=rejected.headers)
