"""Slack as the rest of the bot sees it: a signed delivery comes in, its answer goes out; and the two verbs of the announcer.
The way of a delivery, in order:

signature → payload → ours? → wish → seen before, or written down → Bolt → the listener for its kind → who → `dispatch` →
reply → its place

Over Socket Mode the first step is the connection itself; all others are the same. What was written down and not done is
taken up by `resume`, which begins at the payload.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from bot.background import Background
from bot.cards import catalog
from bot.cards.model import Card
from bot.delivery import Answered, Delivery, Dispatch, Inbox, Overloaded, Recorded
from bot.domain.announcements import Posted
from bot.slack import payloads
from bot.slack.bolt import answered, bolt_app, bolt_request
from bot.slack.conversation import Conversation
from bot.slack.events import Invited, Looked, Opened, Said, SharedLinks, Stopped
from bot.slack.faults import told
from bot.slack.gestures import NO_OPTIONS, Gestures
from bot.slack.granting import Granting
from bot.slack.groups import Groups
from bot.slack.identity import Identity, introduce
from bot.slack.inbound import Kind, SlashCommand, challenge_of, kind_of
from bot.slack.intake import Intake, unpacked
from bot.slack.interactions import Changed, Pressed, Searched, Shortcut, Submitted
from bot.slack.manifest import PROMPTS
from bot.slack.outbound import Failure, Outbound
from bot.slack.payloads import MalformedError, Payload
from bot.slack.people import People
from bot.slack.placing import Placing, modal
from bot.slack.posts import SlackPosts
from bot.slack.previews import Previews
from bot.slack.redraws import Redraws
from bot.slack.rooms import Rooms
from bot.slack.signature import verify
from bot.slack.slash import Slash, for_the_asker
from bot.slack.socket_mode import SocketMode
from bot.slack.threads import Threads
from bot.slack.wishes import Reader, Wish

SENT = "This was sent before, exactly as it is now, and is not taken in twice. Open the form again to change something."

log = structlog.stdlib.get_logger(__name__)


class SlackSurface:
    """`POST /slack/events`, or Socket Mode: commands, events and interactions. Also a `bot.posting.Platform`."""

    def __init__(
        self,
        *,
        dispatch: Dispatch,
        knows: Callable[[str], bool],
        signing_secret: str | None,
        bot_token: str,
        command: str,
        now: Callable[[], float],
        api_url: str = "https://slack.com/api/",
        app_token: str | None = None,
        prompts: Sequence[tuple[str, str]] = PROMPTS,
        inbox: Inbox | None = None,
        listens: Callable[[str], bool] = lambda _: False,
        groups: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """`knows` tells whether an id exists, `command` is the slash command ("/arch"), `now` gives epoch seconds.

        Without a signing secret nothing is taken over HTTP; with an app token `run` takes it over Socket Mode.
        `prompts` are titles and questions that the agent's view offers to begin with. What changes something is written
        down in the `inbox`, where there is one; `listens` tells whether words in threads of our posts in a room
        ("slack:C0ASK") can be meant for us; `groups` gives the ids of the user groups that roles name now.
        """
        self._signing_secrets = (signing_secret,) if signing_secret else ()
        self._now = now
        self._identity: Identity | None = None
        self._introducing: asyncio.Task[Any] | None = None
        self._background = background = Background()
        self._outbound = outbound = Outbound(bot_token, api_url)
        self._reader = Reader(command, knows, listens, self._own_user)
        self._intake = Intake(inbox, now)
        self._bolt = bolt_app(bot_token, api_url, self._listen)
        people = People(outbound, background, self._who_we_are, Groups(outbound, background, groups, now), now)
        granting = Granting(dispatch, people, recorded=inbox is not None)
        placing = Placing(outbound)
        self._rooms = Rooms(outbound)
        self._posts = SlackPosts(outbound, self._own_user, now)
        self._previews = Previews(dispatch=dispatch, people=people, outbound=outbound, prompts=prompts)
        self._slash = Slash(command, granting, placing, background)
        self._gestures = Gestures(
            granting=granting,
            placing=placing,
            redraws=Redraws(outbound),
            rooms=self._rooms,
            background=background,
            send_back=self._intake.send_back,
        )
        self._conversation = Conversation(
            granting=granting,
            outbound=outbound,
            placing=placing,
            threads=Threads(outbound, background, self._own_user, now),
            background=background,
        )
        self._socket_mode = app_token and SocketMode(
            app_token=app_token,
            api_url=api_url,
            outbound=outbound,
            background=background,
            answer=self._answer_envelope,
        )
        self._listeners: Mapping[str, Callable[[Wish], Awaitable[object]]] = {
            Kind.COMMAND: self._answer_command,
            Kind.EVENT: self._hear,
            Kind.ACTION: self._press,
            Kind.SUBMISSION: self._submit,
            Kind.SHORTCUT: self._choose,
            Kind.MESSAGE_SHORTCUT: self._choose,
            Kind.OPTIONS: self._suggest,
        }

    @property
    def connected(self) -> bool:
        """Whether Socket Mode is connected; always, where deliveries come over HTTP."""
        return not self._socket_mode or self._socket_mode.connected

    async def run(self) -> None:
        """Takes deliveries over Socket Mode until it is cancelled; without an app token it waits for that alone."""
        if self._socket_mode:
            await self._socket_mode.run()
        else:
            await asyncio.Event().wait()

    async def introduce(self) -> bool:
        """Asks Slack whose token this is; from then on what is meant for another installation or app gets 403.

        Gives False, and says why in the log, when Slack does not tell: commands are answered all the same.
        """
        who = await introduce(self._outbound)
        if isinstance(who, Identity):
            self._identity = who
        elif self._identity is not None:
            return True
        elif who.failure is Failure.UNREACHABLE:
            log.warning("Slack's Web API is out of reach; look at SLACK_API_URL and the way out", reason=who.reason)
        else:
            log.warning("Slack refuses the bot token; compare SLACK_BOT_TOKEN with Install App", reason=who.reason)
        return self._identity is not None

    async def receive(self, delivery: Delivery) -> Answered:
        """The answer to a delivery. What is not signed gets 401 unread, what is malformed gets 400."""
        if "content-encoding" in delivery.headers:  # the signature is over raw bytes, and a packed body may be a bomb
            return _refused(415, "Send the body as it is, without Content-Encoding.")
        if not verify(delivery, self._signing_secrets, self._now()):
            log.warning("a delivery without a good Slack signature was refused", remote=delivery.remote)
            return _refused(401, "This is not signed by Slack, or it is older than five minutes.")
        kind: Kind | None = None
        try:
            payload = payloads.read(delivery)
            kind = kind_of(payload)
            return await self._answer(kind, payload, delivery.header("x-slack-signature") or "")
        except MalformedError as fault:
            log.warning("a malformed Slack delivery was refused", kind=kind, reason=str(fault))
            return _refused(400, str(fault))
        except Overloaded as fault:
            return _refused(503, str(fault), {"Retry-After": str(fault.seconds)})
        except Exception as fault:  # noqa: BLE001  # ours, and no reason for Slack to deliver again: never a 5xx
            return self._fault(kind, fault)

    async def resume(self, delivery: Recorded) -> None:
        """Works on a recorded delivery anew; its reply goes where it still can. Raises when it was not done."""
        payload = unpacked(delivery.body)
        wish = self._reader.read(kind_of(payload), payload, "")
        gesture, command = wish.gesture, wish.command
        if command is None or not wish.key:
            raise LookupError(f"the recorded delivery {delivery.key} asks for nothing that this version knows")
        if isinstance(gesture, SlashCommand):
            await self._slash.resume(gesture, command, delivery.key)
        elif isinstance(gesture, Said):
            await self._conversation.resume(gesture, command, delivery.key)
        elif isinstance(gesture, (Pressed, Submitted, Shortcut)):
            await self._gestures.resume(gesture, command, delivery.key)

    async def post(self, room: str, card: Card, reference: str, *, maybe_posted: bool = False) -> Posted:
        """Posts a card in a room, marked with its reference; looks first whether it stands there when it may."""
        return await self._posts.post(room, card, reference, maybe_posted=maybe_posted)

    async def update(self, posted: Posted, card: Card, reference: str) -> Posted:
        """Puts a card in the place of a post."""
        return await self._posts.update(posted, card, reference)

    async def close(self) -> None:
        """Finishes what was begun after an acknowledgement, and lets go of connections."""
        try:
            await self._background.drain()
        finally:
            await self._outbound.close()

    async def _answer(self, kind: Kind, payload: Payload, key: str) -> Answered:
        if kind is Kind.ADDRESS_CHECK:
            return Answered(200, msgspec.json.encode({"challenge": challenge_of(payload)}))
        if kind is Kind.CERTIFICATE_CHECK:
            return Answered(200)
        if self._identity and not self._identity.is_meant(kind, payload):
            log.warning("a delivery for another Slack workspace or app was refused", kind=kind)
            return _refused(403, "This bot is installed in another workspace, or this is another app's delivery.")
        wish = self._intake.as_sent(self._reader.read(kind, payload, key))
        request = bolt_request(payload, wish)  # malformed is refused before anything is written down
        if wish.key:
            if not await self._intake.records(wish, payload, key):
                return _as_before(kind)
        elif kind is not Kind.OPTIONS and not self._intake.is_new(wish, payload, key):
            return Answered(200)
        response = await answered(self._bolt, request)
        return Answered(response.status, response.body.encode())

    async def _answer_envelope(self, key: str, payload: Payload) -> object:
        """What goes with the receipt of an envelope: the body that HTTP would have answered, None where it is empty.

        Raises `Overloaded`: then there is to be no receipt, so that Slack delivers again.
        """
        kind: Kind | None = None
        try:
            kind = kind_of(payload)
            outcome = await self._answer(kind, payload, key)
        except MalformedError as fault:
            log.warning("a malformed Slack delivery was refused", kind=kind, reason=str(fault))
            return None
        except Overloaded:
            raise
        except Exception as fault:  # noqa: BLE001  # ours: what is acknowledged does not come again
            outcome = self._fault(kind, fault)
        return msgspec.json.decode(outcome.body) if outcome.status == 200 and outcome.body else None

    async def _listen(self, wish: Wish) -> object:
        """What Bolt calls: the JSON value that answers a wish, or None for a mere acknowledgement."""
        listener = self._listeners.get(wish.kind)
        if listener is None:  # nothing of ours waits for it, and a 404 would count against the app
            log.info("a Slack delivery was acknowledged and nothing more", kind=wish.kind)
            return None
        return await listener(wish)

    async def _answer_command(self, wish: Wish) -> object:
        if isinstance(wish.gesture, SlashCommand):
            return await self._slash.answer(wish.gesture, wish.command, wish.key)
        return None

    async def _hear(self, wish: Wish) -> None:
        match wish.gesture:
            case Said() as said:
                if wish.command is not None:
                    self._conversation.hear(said, wish.command, wish.key)
            case Stopped() as stopped:
                self._conversation.stop(stopped)
            case Opened() as opened:
                self._background.start(self._previews.open(opened))
            case SharedLinks() as shared:
                self._background.start(self._previews.unfurl(shared))
            case Invited() as invited:
                self._background.start(self._previews.greet(invited))
            case Looked(user, channel):
                self._rooms.looks_at(user, channel)
            case None:
                log.debug("a Slack event was acknowledged and nothing more")

    async def _press(self, wish: Wish) -> None:
        if isinstance(wish.gesture, Pressed):
            self._gestures.press(wish.gesture, wish.command, wish.key)
        elif isinstance(wish.gesture, Changed):
            self._gestures.change(wish.gesture, wish.command)

    async def _submit(self, wish: Wish) -> object:
        if isinstance(wish.gesture, Submitted):
            return await self._gestures.submit(wish.gesture, wish.command, wish.key)
        return None

    async def _choose(self, wish: Wish) -> None:
        if isinstance(wish.gesture, Shortcut):
            self._gestures.choose(wish.gesture, wish.command, wish.key)

    async def _suggest(self, wish: Wish) -> object:
        if isinstance(wish.gesture, Searched) and wish.command is not None:
            return await self._gestures.suggest(wish.gesture, wish.command)
        return NO_OPTIONS

    def _own_user(self) -> str:
        return self._identity.bot_user if self._identity else ""

    async def _who_we_are(self) -> Identity | None:
        """Our identity; asked for where it is needed before `introduce` has succeeded, once for all who wait."""
        if self._identity is None:
            if self._introducing is None or self._introducing.done():
                self._introducing = self._background.start(introduce(self._outbound), awaited=True)
            who = await asyncio.shield(self._introducing)
            self._identity = self._identity or (who if isinstance(who, Identity) else None)
        return self._identity

    def _fault(self, kind: Kind | None, fault: Exception) -> Answered:
        """Logs a fault of ours, and shows its reference where Slack shows an answer."""
        card = told(fault, kind or "unknown")
        shown: dict[str, object] = {}
        if kind is Kind.COMMAND:
            shown = for_the_asker(card)
        elif kind is Kind.SUBMISSION:
            shown = {"response_action": "update", "view": modal(card)}
        elif kind is Kind.OPTIONS:
            shown = NO_OPTIONS
        return Answered(200, msgspec.json.encode(shown) if shown else b"")


def _as_before(kind: Kind) -> Answered:
    """The answer to what came before. A form that is sent twice is not closed without a word."""
    if kind is not Kind.SUBMISSION:
        return Answered(200)
    return Answered(200, msgspec.json.encode({"response_action": "update", "view": modal(catalog.refusal(SENT))}))


def _refused(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Answered:
    return Answered(status, msgspec.json.encode({"error": sentence}), headers=headers or {})
