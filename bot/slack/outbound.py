"""What we say to Slack of our own accord: a few methods of its Web API, and the addresses it lends for answers.

One client on one session: a session for each call would open a TLS connection for each call. Slack's own retries are
off, because a post that is tried again after a cut can stand there twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import block_kit
from bot.cards.model import Card

CALL_SECONDS = 10.0
CONNECT_SECONDS = 3.0
MOST_TRIES = 3
LONGEST_PAUSE = 30.0  # seconds: who asks us to wait longer gets no answer from this call

Json = dict[str, Any]

log = structlog.stdlib.get_logger(__name__)


class Failure(StrEnum):
    """Why something was not done, as far as it matters for what to do next."""

    GONE = "gone"  # the message or view is no longer there, or no longer the one that was meant
    NO_ROOM = "no room"  # the channel is unknown, archived, or the bot is not in it
    PACE = "pace"  # Slack asks for more patience than this call has
    UNREACHABLE = "unreachable"  # no answer: whether it was done is unknown
    REFUSED = "refused"  # for another reason: a scope, an argument, a used address


_FAILURES: Mapping[str, Failure] = {
    "message_not_found": Failure.GONE,
    "cant_update_message": Failure.GONE,
    "thread_not_found": Failure.GONE,
    "not_found": Failure.GONE,
    "hash_conflict": Failure.GONE,
    "channel_not_found": Failure.NO_ROOM,
    "not_in_channel": Failure.NO_ROOM,
    "user_not_in_channel": Failure.NO_ROOM,
    "is_archived": Failure.NO_ROOM,
    "restricted_action": Failure.NO_ROOM,
    "ratelimited": Failure.PACE,
}


# Refusals that are Slack's own trouble, or that an administrator is about to mend.
_PASSING = frozenset(
    {
        "fatal_error",
        "internal_error",
        "service_unavailable",
        "request_timeout",
        "not an answer of Slack's",
        "team_added_to_org",
        "org_login_required",
        "invalid_auth",
        "account_inactive",
        "token_revoked",
        "token_expired",
    }
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call: its `data`, or why it was not done; `reason` is Slack's own word for it."""

    failure: Failure | None = None
    reason: str = ""
    data: Mapping[str, Any] | None = None

    @property
    def passes(self) -> bool:
        """Whether another try may come through in a moment."""
        return self.failure in (Failure.PACE, Failure.UNREACHABLE) or self.reason in _PASSING

    @property
    def ts(self) -> str:
        """The id of the message that was posted; "" when there is none."""
        return str((self.data or {}).get("ts", ""))


class Outbound:
    """The bot's voice. Nothing here raises: what Slack refuses comes back as a `Failure`."""

    def __init__(self, token: str, api_url: str) -> None:
        self._token, self._api_url = token, api_url
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncWebClient | None = None
        self._told: set[tuple[str, str]] = set()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The one session, opened when it is first needed: there is no loop before."""
        if self._session is None:
            limits = aiohttp.ClientTimeout(total=CALL_SECONDS, connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(timeout=limits)
        return self._session

    @property
    def headers(self) -> dict[str, str]:
        """What proves whose bot calls."""
        return {"Authorization": f"Bearer {self._token}"}

    def address(self, method: str) -> str:
        """Where a method is called."""
        return f"{self._api_url.rstrip('/')}/{method}"

    @property
    def client(self) -> AsyncWebClient:
        """Slack's client on our session; with a session its own time limit has no effect, so ours holds."""
        if self._client is None:
            self._client = AsyncWebClient(self._token, self._api_url, session=self.session, retry_handlers=[])
        return self._client

    async def call(self, method: str, *, read: bool = False, patient: bool = True, **args: Any) -> Outcome:
        """Calls a method; what is None is left out. `read` sends a form, since Slack's reading methods overlook JSON.

        `patient` waits as long as Slack asks when we are too fast, within bounds.
        """
        given = {name: value for name, value in args.items() if value is not None}
        for left in reversed(range(MOST_TRIES if patient else 1)):
            try:
                answer = await (
                    self.client.api_call(method, params=given) if read else self.client.api_call(method, json=given)
                )
            except SlackApiError as refusal:
                pause = _pause(refusal)
                if pause is None:
                    return self._refused(method, refusal)
                if not left or pause > LONGEST_PAUSE:
                    return Outcome(Failure.PACE, "ratelimited")
                await asyncio.sleep(pause)
            except (aiohttp.ClientError, OSError, ValueError) as fault:  # TimeoutError is an OSError
                log.warning("Slack's Web API gave no answer", method=method, reason=repr(fault))
                return Outcome(Failure.UNREACHABLE, type(fault).__name__)
            else:
                return Outcome(data=answer.data if isinstance(answer.data, dict) else {})
        raise AssertionError("every way out of the loop returns")

    async def post(self, channel: str, card: Card, thread_ts: str | None = None) -> Outcome:
        """Posts a card for all in a channel, a thread, or the direct message with a person (their id)."""
        return await self.call("chat.postMessage", channel=channel, thread_ts=thread_ts or None, **_message(card))

    async def whisper(self, channel: str, user: str, card: Card, thread_ts: str | None = None) -> Outcome:
        """Shows a card to one person in a channel or thread."""
        return await self.call(
            "chat.postEphemeral", channel=channel, user=user, thread_ts=thread_ts or None, **block_kit.message(card)
        )

    async def update(self, channel: str, ts: str, card: Card, thread_ts: str | None = None) -> Outcome:
        """Puts a card in the place of a message of ours; where that has vanished, posts it afresh: keep its new `ts`."""
        said = await self.call("chat.update", channel=channel, ts=ts, **block_kit.message(card))
        return await self.post(channel, card, thread_ts) if said.failure is Failure.GONE else said

    async def respond(self, url: str, message: Json) -> Outcome:
        """Answers by a `response_url`: five times within half an hour."""
        if not self._is_lent(url):
            return Outcome(Failure.REFUSED, "not an address of Slack's")
        for left in reversed(range(MOST_TRIES)):
            try:
                async with self.session.post(url, json=message, allow_redirects=False) as answer:
                    words = await answer.text()
                    status, pause = answer.status, answer.headers.get("Retry-After", "")
            except (aiohttp.ClientError, OSError) as fault:
                log.warning("a response address of Slack's gave no answer", reason=repr(fault))
                return Outcome(Failure.UNREACHABLE, type(fault).__name__)
            if status == 429 and left and pause.isdecimal() and int(pause) <= LONGEST_PAUSE:
                await asyncio.sleep(int(pause))
            elif status == 200:
                return Outcome(data={})
            else:
                log.info("a response address of Slack's was refused", status=status, reason=words[:100])
                return Outcome(Failure.PACE if status == 429 else Failure.REFUSED, words[:100])
        raise AssertionError("every way out of the loop returns")

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._session is not None:
            await self._session.close()

    def _refused(self, method: str, refusal: SlackApiError) -> Outcome:
        try:
            said = refusal.response["error"]
        except (AttributeError, KeyError, TypeError, ValueError):
            said = None
        reason = said if isinstance(said, str) else "not an answer of Slack's"  # what stands between us may answer, too
        failure = _FAILURES.get(reason, Failure.REFUSED)
        if failure is Failure.REFUSED and (method, reason) not in self._told:
            self._told.add((method, reason))  # once: what a workspace does not allow, it does not allow each time
            log.warning("Slack refuses a call", method=method, reason=reason)
        return Outcome(failure, reason)

    def _is_lent(self, url: str) -> bool:
        """Whether an address may hear an answer: https, or the host that we were told is Slack."""
        there, slack = urlsplit(url), urlsplit(self._api_url)
        return (there.scheme, there.netloc) == (slack.scheme, slack.netloc) or (
            there.scheme == "https" and (there.hostname or "").endswith((".slack.com", ".slack-gov.com"))
        )


def _message(card: Card) -> Json:
    return {"unfurl_links": False, "unfurl_media": False, **block_kit.message(card)}


def _pause(refusal: SlackApiError) -> float | None:
    """The seconds that Slack asks us to wait, or None when it asks nothing of the kind."""
    response = refusal.response
    if getattr(response, "status_code", None) != 429:
        return None
    seconds = str(response.headers.get("Retry-After", "1"))
    return float(seconds) if seconds.isdecimal() else 1.0
