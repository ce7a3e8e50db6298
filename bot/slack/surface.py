"""Slack as the web layer sees it: a signed delivery comes in, its answer goes out. The way of a delivery, in order:

signature → payload → ours? → seen before? → Bolt → the listener for its kind → command → `dispatch` → reply → its place

Over Socket Mode the first step is the connection itself; all others are the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from bot.background import Background
from bot.cards import block_kit, catalog
from bot.cards.model import Card, Form, Reply
from bot.delivery import Answered, Delivery
from bot.domain.commands import Command, understand
from bot.slack import payloads
from bot.slack.bolt import answered, bolt_app
from bot.slack.conversation import Conversation
from bot.slack.events import Invited, Looked, Opened, Said, SharedLinks, Stopped, happening
from bot.slack.faults import told
from bot.slack.gestures import Gestures
from bot.slack.identity import Identity, introduce
from bot.slack.inbound import (
    Kind,
    SlashCommand,
    challenge_of,
    delivery_key,
    kind_of,
    readable,
    room_of,
    slash_command_of,
)
from bot.slack.interactions import Spot, pressed_in, shortcut_in, submitted_in
from bot.slack.manifest import PROMPTS
from bot.slack.outbound import Failure, Outbound
from bot.slack.payloads import MalformedError, Payload
from bot.slack.people import People
from bot.slack.placing import Placing, modal
from bot.slack.previews import Previews
from bot.slack.replays import Deliveries
from bot.slack.rooms import Rooms
from bot.slack.signature import verify
from bot.slack.socket_mode import SocketMode
from bot.slack.threads import Threads

PATIENCE_SECONDS = 2.0  # Slack shows an error after three

log = structlog.stdlib.get_logger(__name__)


class SlackSurface:
    """`POST /slack/events`, or Socket Mode: commands, events and interactions."""

    def __init__(
        self,
        *,
        dispatch: Callable[[Command], Awaitable[Reply]],
        knows: Callable[[str], bool],
        signing_secret: str | None,
        bot_token: str,
        command: str,
        now: Callable[[], float],
        api_url: str = "https://slack.com/api/",
        app_token: str | None = None,
        prompts: Sequence[tuple[str, str]] = PROMPTS,
    ) -> None:
        """`knows` tells whether an id exists, `command` is the slash command ("/arch"), `now` gives epoch seconds.

        Without a signing secret nothing is taken over HTTP; with an app token `run` takes it over Socket Mode.
        `prompts` are titles and questions that the agent's view offers to begin with.
        """
        self._dispatch, self._knows = dispatch, knows
        self._signing_secrets = (signing_secret,) if signing_secret else ()
        self._command, self._now = command, now
        self._identity: Identity | None = None
        self._introducing: asyncio.Task[Any] | None = None
        self._deliveries = Deliveries(now)
        self._background = Background()
        self._outbound = Outbound(bot_token, api_url)
        self._bolt = bolt_app(bot_token, api_url, self._listen)
        self._people = People(self._outbound, self._background, self._who_we_are, now)
        self._placing = Placing(self._outbound)
        self._rooms = Rooms(self._outbound)
        self._previews = Previews(dispatch=dispatch, people=self._people, outbound=self._outbound, prompts=prompts)
        self._gestures = Gestures(
            dispatch=dispatch,
            people=self._people,
            placing=self._placing,
            rooms=self._rooms,
            background=self._background,
            now=now,
        )
        self._conversation = Conversation(
            dispatch=dispatch,
            knows=knows,
            people=self._people,
            outbound=self._outbound,
            placing=self._placing,
            threads=Threads(self._outbound, self._background, self._own_user, now),
            background=self._background,
        )
        self._socket_mode = app_token and SocketMode(
            app_token=app_token,
            api_url=api_url,
            outbound=self._outbound,
            background=self._background,
            answer=self._answer_envelope,
        )
        self._listeners: Mapping[str, Callable[[Payload], Awaitable[object]]] = {
            Kind.COMMAND: self._answer_command,
            Kind.EVENT: self._hear,
            Kind.ACTION: self._press,
            Kind.SUBMISSION: self._submit,
            Kind.SHORTCUT: self._choose,
            Kind.MESSAGE_SHORTCUT: self._choose,
            Kind.OPTIONS: self._offer_nothing,
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
        except Exception as fault:  # noqa: BLE001  # ours, and no reason for Slack to deliver again: never a 5xx
            return self._fault(kind, fault)

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
        if not self._deliveries.is_new(delivery_key(kind, payload, key)):
            log.info("a delivery came again and was not done again", kind=kind)
            return Answered(200)
        response = await answered(self._bolt, payload, kind)
        return Answered(response.status, response.body.encode())

    async def _answer_envelope(self, key: str, payload: Payload) -> object:
        """What goes with the receipt of an envelope: the body that HTTP would have answered, None where it is empty."""
        kind: Kind | None = None
        try:
            kind = kind_of(payload)
            outcome = await self._answer(kind, payload, key)
        except MalformedError as fault:
            log.warning("a malformed Slack delivery was refused", kind=kind, reason=str(fault))
            return None
        except Exception as fault:  # noqa: BLE001  # ours: what is acknowledged does not come again
            outcome = self._fault(kind, fault)
        return msgspec.json.decode(outcome.body) if outcome.status == 200 and outcome.body else None

    async def _listen(self, payload: Payload, kind: str) -> object:
        """What Bolt calls: the JSON value that answers a payload, or None for a mere acknowledgement."""
        listener = self._listeners.get(kind)
        if listener is None:  # nothing of ours waits for it, and a 404 would count against the app
            log.info("a Slack delivery was acknowledged and nothing more", kind=kind)
            return None
        return await listener(payload)

    async def _answer_command(self, payload: Payload) -> object:
        slash = slash_command_of(payload)
        if slash.command.lower() != self._command:
            log.warning("Slack sends a command that is not ours; compare ARCHWAY_COMMAND with the app's manifest")
            return _for_the_asker(catalog.refusal(f"This app is asked with {self._command}. Try {self._command} help."))
        answering = asyncio.get_running_loop().create_task(self._reply_to(slash))
        await asyncio.sleep(0)  # most answers are ready after one step, and waiting with a limit costs as much again
        if not answering.done():
            await asyncio.wait((self._background.hold(answering, awaited=True),), timeout=PATIENCE_SECONDS)
        if not answering.done():  # acknowledged now, followed up when it is ready
            self._background.start(self._follow_up(answering, slash))
            return None
        reply = answering.result()
        if isinstance(reply, Form):
            self._background.start(self._placing.put(reply, _spot(slash)))
            return None
        if not isinstance(reply, Card):
            raise TypeError(f"a command was answered with {type(reply).__name__}, and Slack shows cards and forms")
        return _for_the_asker(reply)

    async def _reply_to(self, slash: SlashCommand) -> Reply:
        by = await self._people.account(slash.user_id, slash.organisation, room_of(slash.channel_id))
        return await self._dispatch(understand(readable(slash.text), by, self._knows))

    async def _follow_up(self, answering: asyncio.Task[Reply], slash: SlashCommand) -> None:
        try:
            reply = await answering
        except Exception as fault:  # noqa: BLE001  # shown with its reference, like any other
            reply = told(fault, Kind.COMMAND)
        await self._placing.put(reply, _spot(slash))

    async def _hear(self, payload: Payload) -> None:
        what = happening(payload, self._own_user())
        match what:
            case Said():
                self._conversation.hear(what)
            case Stopped():
                self._conversation.stop(what)
            case Opened():
                self._background.start(self._previews.open(what))
            case SharedLinks():
                self._background.start(self._previews.unfurl(what))
            case Invited():
                self._background.start(self._previews.greet(what))
            case Looked(user, channel):
                self._rooms.looks_at(user, channel)
            case None:
                log.debug("a Slack event was acknowledged and nothing more")

    async def _press(self, payload: Payload) -> None:
        if press := pressed_in(payload):
            self._gestures.press(press)

    async def _submit(self, payload: Payload) -> object:
        return await self._gestures.submit(submitted_in(payload))

    async def _choose(self, payload: Payload) -> None:
        self._gestures.choose(shortcut_in(payload))

    async def _offer_nothing(self, _: Payload) -> object:
        return {"options": []}

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
            shown = _for_the_asker(card)
        elif kind is Kind.SUBMISSION:
            shown = {"response_action": "update", "view": modal(card)}
        return Answered(200, msgspec.json.encode(shown) if shown else b"")


def _spot(slash: SlashCommand) -> Spot:
    return Spot(
        slash.user_id,
        slash.organisation,
        slash.team_id,
        slash.channel_id,
        response_url=slash.response_url,
        trigger_id=slash.trigger_id,
    )


def _for_the_asker(card: Card) -> dict[str, object]:
    """The body that answers a slash command, for one pair of eyes."""
    return {"response_type": "ephemeral", "unfurl_links": False, "unfurl_media": False, **block_kit.message(card)}


def _refused(status: int, sentence: str) -> Answered:
    return Answered(status, msgspec.json.encode({"error": sentence}))
