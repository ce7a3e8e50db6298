"""Slack as the web layer sees it: a signed delivery comes in, its answer goes out. The way of a delivery, in order:

signature → payload → seen before? → Bolt → the listener for its kind → command → `dispatch` → card → JSON
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import structlog
from slack_sdk.errors import SlackApiError

from bot.cards import block_kit, catalog
from bot.cards.model import Card, Reply
from bot.delivery import Answered, Delivery
from bot.domain.commands import Command
from bot.slack import payloads
from bot.slack.bolt import bolt_app, bolt_request
from bot.slack.identity import Identity, introduce
from bot.slack.inbound import Kind, challenge_of, command_of, delivery_key, kind_of
from bot.slack.payloads import MalformedError, Payload
from bot.slack.replays import Deliveries
from bot.slack.signature import verify

log = structlog.stdlib.get_logger(__name__)


class SlackSurface:
    """`POST /slack/events`: commands, events and interactions."""

    def __init__(
        self,
        *,
        dispatch: Callable[[Command], Awaitable[Reply]],
        knows: Callable[[str], bool],
        signing_secret: str,
        bot_token: str,
        command: str,
        now: Callable[[], float],
        api_url: str = "https://slack.com/api/",
    ) -> None:
        """`knows` tells whether an id exists, `command` is the slash command ("/arch"), `now` gives epoch seconds."""
        self._dispatch = dispatch
        self._knows = knows
        self._signing_secrets = (signing_secret,)
        self._command = command
        self._now = now
        self._deliveries = Deliveries(now)
        self._bolt = bolt_app(bot_token, api_url, self._listen)
        self._identity: Identity | None = None
        self._listeners: Mapping[str, Callable[[Payload], Awaitable[object]]] = {
            Kind.COMMAND: self._answer_command,
            Kind.OPTIONS: self._offer_nothing,
        }

    async def introduce(self) -> bool:
        """Asks Slack whose token this is; from then on what is meant for another workspace or app gets 403.

        Gives False, and says why in the log, when Slack does not tell: commands are answered all the same.
        """
        try:
            self._identity = await introduce(self._bolt.client)
        except SlackApiError as refusal:
            reason = str(refusal.response["error"])
            log.warning("Slack refuses the bot token; compare SLACK_BOT_TOKEN with Install App", reason=reason)
        except Exception as fault:  # noqa: BLE001  # there are many ways of being out of reach
            log.warning("Slack's Web API is out of reach; look at SLACK_API_URL and the way out", reason=repr(fault))
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
            return await self._answer(kind, payload, delivery)
        except MalformedError as fault:
            log.warning("a malformed Slack delivery was refused", kind=kind, reason=str(fault))
            return _refused(400, str(fault))
        except Exception as fault:  # noqa: BLE001  # ours, and no reason for Slack to deliver again: never a 5xx
            return self._fault(kind, fault)

    async def close(self) -> None:
        """Each delivery is answered whole, so nothing is left running."""

    async def _answer(self, kind: Kind, payload: Payload, delivery: Delivery) -> Answered:
        if kind is Kind.ADDRESS_CHECK:
            return Answered(200, msgspec.json.encode({"challenge": challenge_of(payload)}))
        if kind is Kind.CERTIFICATE_CHECK:
            return Answered(200)
        if self._identity and not self._identity.is_meant(kind, payload):
            log.warning("a delivery for another Slack workspace or app was refused", kind=kind)
            return _refused(403, "This bot is installed in another workspace, or this is another app's delivery.")
        if not self._deliveries.is_new(delivery_key(kind, payload, delivery.header("x-slack-signature") or "")):
            log.info("a delivery came again and was not done again", kind=kind)
            return Answered(200)
        response = await self._bolt.async_dispatch(bolt_request(payload, kind))
        return Answered(response.status, response.body.encode())

    async def _listen(self, payload: Payload, kind: str) -> object:
        """What Bolt calls: the JSON value that answers a payload, or None for a mere acknowledgement."""
        listener = self._listeners.get(kind)
        if listener is None:  # nothing of ours waits for it yet, and a 404 would count against the app
            log.info("a Slack delivery was acknowledged and nothing more", kind=kind)
            return None
        return await listener(payload)

    async def _answer_command(self, payload: Payload) -> object:
        command = command_of(payload, self._command, self._knows)
        if command is None:
            log.warning("Slack sends a command that is not ours; compare ARCHWAY_COMMAND with the app's manifest")
            return _for_the_asker(catalog.refusal(f"This app is asked with {self._command}. Try {self._command} help."))
        reply = await self._dispatch(command)
        if not isinstance(reply, Card):
            raise TypeError(f"{type(command).__name__} was answered with {type(reply).__name__}, and Slack shows cards")
        return _for_the_asker(reply)

    async def _offer_nothing(self, _: Payload) -> object:
        return {"options": []}

    def _fault(self, kind: Kind | None, fault: Exception) -> Answered:
        """Logs a fault of ours, and shows its reference where Slack shows an answer."""
        reference = secrets.token_hex(4)
        log.error("a Slack delivery failed", kind=kind, reference=reference, exc_info=fault)
        shown = kind is Kind.COMMAND
        return Answered(200, msgspec.json.encode(_for_the_asker(catalog.fault(reference))) if shown else b"")


def _for_the_asker(card: Card) -> dict[str, object]:
    """The body that answers a slash command, for one pair of eyes."""
    return {"response_type": "ephemeral", "unfurl_links": False, "unfurl_media": False, **block_kit.message(card)}


def _refused(status: int, sentence: str) -> Answered:
    return Answered(status, msgspec.json.encode({"error": sentence}))
