"""Teams as the web layer and the announcer see it: a delivery from its gate to its answer, a post to its room.

gate → intake (what changes something is written down) → who sent it → command → `dispatch` → reply → its place
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import msgspec
import structlog

from bot.background import Background
from bot.cards import catalog
from bot.cards.model import Card, Form, Silence
from bot.delivery import AlreadyDone, Answered, Delivery, Dispatch, Inbox, Overloaded, Recorded
from bot.domain.announcements import Posted
from bot.domain.commands import changes
from bot.domain.people import Account
from bot.errors import OutdatedButton
from bot.teams import graph
from bot.teams.accounts import Accounts
from bot.teams.activities import Incoming, Json, read
from bot.teams.adapter import ConnectorAdapter
from bot.teams.afterwards import Afterwards
from bot.teams.announcing import Announcing
from bot.teams.connector import Connector, DeliveryFailed
from bot.teams.credentials import BotToken, scope_for
from bot.teams.directory import Directory, Rooms
from bot.teams.gates import Gate, LoopbackGate, TokenGate
from bot.teams.graph import Graph
from bot.teams.inbound import Assistant
from bot.teams.intake import Intake
from bot.teams.invokes import Invokes
from bot.teams.keys import SigningKeys
from bot.teams.outbound import DONE, NOT_TAKEN, not_here, once_more
from bot.teams.posts import Posts
from bot.teams.rejected import Rejected, unavailable
from bot.teams.replies import Replies, Said
from bot.teams.roster import Roster
from bot.teams.seen import AnswersGiven, SeenActivities
from bot.teams.service_urls import ServiceUrls
from bot.teams.session import Session
from bot.teams.sharing import Sharing
from bot.teams.tokens import TokenCheck
from bot.teams.wishes import FORMS_IN_DIALOGS, PRESSES, key_of, press_in, wish_in

log = structlog.stdlib.get_logger(__name__)

_SORRY_SECONDS = 8.0  # in which somebody is told that what they wrote could not be taken


class TeamsSurface:
    """The bot in Teams; a `bot.delivery.Surface` and a `bot.posting.Platform`.

    Without `app_id` it answers callers on this machine only, and sends no token; with `playground` it then believes them who
    people are. `rooms` keeps the conversations that it is in; without it they are known until it ends. Without an `inbox`
    nothing is recorded. `listens` tells of a room ("teams:19:…") whether words in threads of our posts there can be meant
    for us. `groups` names the Entra groups that roles name now, by their object ids; Graph is asked at `graph_url` once
    there are some. `now` is in seconds since the epoch, `pause` waits between tries to deliver. Needs a running loop from
    the first delivery on.
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
        inbox: Inbox | None = None,
        listens: Callable[[str], bool] = lambda _: False,
        groups: Callable[[], Iterable[str]] = tuple,
        graph_url: str = graph.PUBLIC_URL,
        playground: bool = False,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._session = Session()
        self._background = Background()
        self._seen = SeenActivities(now)
        self._taking: dict[tuple[str, str], asyncio.Task[bool]] = {}  # what is being written down at this moment
        self._answers = AnswersGiven(now, partial(self._background.start, awaited=True))
        self._intake = Intake(inbox, knows, listens)
        self._knows, self._listens = knows, listens
        allowed = ServiceUrls(service_urls, loopback_only=app_id is None)
        token: BotToken | None = None
        vouch: Callable[[Account], Awaitable[Account]] | None = None
        self._gate: Gate = LoopbackGate(allowed)
        if app_id is not None:
            keys = SigningKeys(metadata_url, self._session, now)
            self._gate = TokenGate(TokenCheck(app_id, keys, now), allowed, tenant_id)
            granted = partial(BotToken, app_id, app_password or "", token_url, session=self._session, now=now)
            token = granted(scope=scope_for(metadata_url))
            vouch = Graph(graph_url, granted(scope=graph.scope_for(graph_url)), self._session, groups, now).vouched
        connector = Connector(self._session, allowed, now, token, pause)
        directory, roster = Directory(connector, rooms), Roster(connector, now)
        self._directory = directory
        self._replies = Replies(dispatch, Sharing(directory, roster), vouch)
        home = tenant_id if app_id is not None else None
        self._accounts = Accounts(roster, directory, home, playground=playground and app_id is None)
        simple = app_id is None  # Microsoft's Agents Playground: nothing else comes without one
        self._posts = posts = Posts(connector, simple)
        self._announcing = Announcing(replace(connector, tries=1), directory, simple)
        self._afterwards = Afterwards(posts, directory)
        invokes = Invokes(self._replies, self._accounts, self._afterwards, self._background, knows=knows)
        self._adapter = ConnectorAdapter(connector)
        self._assistant = Assistant(
            replies=self._replies,
            accounts=self._accounts,
            posts=posts,
            invokes=invokes,
            directory=directory,
            knows=knows,
            listens=listens,
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
            return Answered(200, msgspec.json.encode(await self._answered(activity, delivery.body)))
        if not await self._once(activity, delivery.body):
            return _refused(unavailable("This could not be written down, and nobody could be told.", 10))
        return Answered(200)

    async def resume(self, delivery: Recorded) -> None:
        """Works on a recorded delivery whose work was cut. An invoke can be answered no longer: its reply is posted.

        Raises what keeps it from being done.
        """
        activity = replace(read(delivery.body), delivery=delivery.key)
        wish = wish_in(activity, self._knows, self._listens)
        if wish is None or not changes(wish):
            raise OutdatedButton  # of another version of the bot
        wish = await self._accounts.wished(wish, activity)
        try:
            reply = await self._replies.of(wish, delivery.key)
        except AlreadyDone:
            return
        if isinstance(reply, Card | Form | Silence):
            self._background.start(self._afterwards.show(activity, Said(reply)))

    async def post(self, room: str, card: Card, reference: str, *, maybe_posted: bool = False) -> Posted:
        """Posts a card in a room: in a channel as a new thread, else into the chat. Teams cannot be asked what is there:
        what was `maybe_posted` is posted again, under the same reference. Raises `PostingError`.
        """
        if maybe_posted:
            log.info("a post may stand twice in Teams", room=room, reference=reference)
        return await self._announcing.post(room, card, reference)

    async def update(self, posted: Posted, card: Card, reference: str) -> Posted:
        """Puts a card in the place of a post. Raises `PostingError`; `PostVanished` when it is not there any more."""
        return await self._announcing.update(posted, card, reference)

    async def close(self) -> None:
        """Finishes what was acknowledged, then lets go of connections. Cancelled, it drops what is left."""
        try:
            await self._background.drain()
        finally:
            await self._session.close()

    async def _answered(self, activity: Incoming, body: bytes) -> Json:
        if activity.name not in PRESSES:
            return await self._invoked(activity)
        try:
            if not activity.id:
                return await self._pressed(activity, body)
            return await self._answers.once(key_of(activity, body), lambda: self._pressed(activity, body))
        except Overloaded:
            press = press_in(activity)
            if activity.name in FORMS_IN_DIALOGS and press and press.values:
                return once_more(catalog.refusal(NOT_TAKEN), press)
            return not_here(activity.name, NOT_TAKEN)

    async def _pressed(self, activity: Incoming, body: bytes) -> Json:
        """The answer to a press that may change something. Raises `Overloaded`: it was not written down."""
        admitted = await self._intake.admitted(activity, body)
        return await self._invoked(admitted) if admitted else not_here(activity.name, DONE)

    async def _once(self, activity: Incoming, body: bytes) -> bool:
        """Takes an activity that comes for the first time. A copy of it is acknowledged when that is done and not before: it
        tells the sender that the activity is safe. False when it is not, and its sender does not know."""
        key = (activity.conversation["id"], activity.id)
        if self._seen.is_new(*key):
            taking = self._background.start(self._arrived(activity, body), awaited=True)
            self._taking[key] = taking
            taking.add_done_callback(
                lambda done: self._taking.pop(key, None) if self._taking.get(key) is done else None
            )
            return await asyncio.shield(taking)
        taken = self._taking.get(key)
        return await asyncio.shield(taken) if taken else True

    async def _arrived(self, activity: Incoming, body: bytes) -> bool:
        await self._keep_arrival(activity)
        return await self._take(activity, body)

    async def _keep_arrival(self, activity: Incoming) -> None:
        bot = activity.recipient["id"]
        if activity.action == "add" or any(member.get("id") == bot for member in activity.added):
            try:
                await self._directory.arrive(activity)
            except Exception:  # it is learnt again from the next word there
                log.exception("a room that the bot was added to could not be written down")

    async def _take(self, activity: Incoming, body: bytes) -> bool:
        """Begins to work on what needs no answer, once it is written down where it must be. Where it cannot be, its sender is
        told to try again; False when that did not come through either."""
        try:
            admitted = await self._intake.admitted(activity, body)
        except Overloaded:
            self._seen.forget(activity.conversation["id"], activity.id)
            try:
                async with asyncio.timeout(_SORRY_SECONDS):
                    await self._posts.reply(activity, catalog.refusal(NOT_TAKEN))
            except (DeliveryFailed, ValueError, TimeoutError):
                log.warning("an activity could not be written down, and its sender could not be told")
                return False
            return True
        if admitted:
            self._background.start(self._worked_on(admitted))
        return True

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
