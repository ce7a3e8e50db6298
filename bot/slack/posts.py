"""The announcer's two verbs in Slack: `post`, marked so that it can be found again, and `update`.

Neither waits nor tries again. A post carries its reference in the message's metadata; when an earlier try may have come
through, the room's history is read for it first, so that nothing stands there twice.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import aiohttp
import msgspec
import structlog

from bot.cards import block_kit
from bot.cards.model import Card
from bot.domain.announcements import Posted
from bot.posting import CannotPost, NotSent, OutcomeUnknown, PostingError, TooFast
from bot.slack.outbound import Outbound
from bot.slack.refusals import HISTORY, refusal, unreadable

MARK = "archway_post"  # the type of our metadata
LOOK_SECONDS = 10.0  # for finding a room and what stands in it
LOOK_BACK_SECONDS = 2 * 86_400.0  # Slack or we may have been away for a day
PAGE, MOST_PAGES = 200, 20  # of history: Slack advises 200 messages a page
MANY_ROOMS = 3  # refused for their pace, with no post between them that came through: then it is the workspace's limit
MOST_ROOMS = 20_000  # whose channel, or whose last post, is remembered
TOO_MUCH = (
    f"A try to post here was cut, and more than {PAGE * MOST_PAGES} messages came since, so that it cannot be told "
    "whether it came through. Look in the channel. When it is not there, send it again in two days."
)

Key = TypeVar("Key")
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]+)?")

log = structlog.stdlib.get_logger(__name__)


class SlackPosts:
    """Posts and updates for the announcer (`bot.posting.Platform`)."""

    def __init__(self, outbound: Outbound, own_user: Callable[[], str], now: Callable[[], float]) -> None:
        """`own_user` gives the bot's user id, "" while it is unknown; `now` gives epoch seconds."""
        self._outbound, self._own_user, self._now = outbound, own_user, now
        self._direct: OrderedDict[str, str] = OrderedDict()  # people → the channel of their direct messages
        self._last: OrderedDict[str, str] = OrderedDict()  # rooms → a late post of ours, by Slack's clock
        # A room and a reference → a post of ours that stood there before the first try under it.
        self._before: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._hurried: set[str] = set()  # rooms that were refused for their pace since the last post
        self._is_refused = False  # the token, as far as we know

    async def post(self, room: str, card: Card, reference: str, *, maybe_posted: bool = False) -> Posted:
        """Posts a card, or gives the post that stands there under this reference. Raises `PostingError`: of this try alone,
        and not of earlier ones that were not found out about."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                channel = await self._channel(room)
                found = await self._look(room, channel, reference) if maybe_posted else None
        except TimeoutError as fault:
            raise NotSent("Slack took too long to say what stands there.") from fault
        if found is not None:
            self._stands(found, reference)
            return found
        if not maybe_posted and room in self._last:
            _keep(self._before, (room, reference), self._last[room])
        try:
            said = await self._call(
                "chat.postMessage",
                {"channel": channel, "unfurl_links": False, "unfurl_media": False, **_marked(card, reference)},
            )
        except TooFast as fault:
            self._hurried.add(room)
            raise TooFast(fault.reason, fault.seconds, everywhere=len(self._hurried) >= MANY_ROOMS) from fault
        self._hurried.clear()
        posted = _posted(room, channel, said)
        self._stands(posted, reference)
        return posted

    async def update(self, posted: Posted, card: Card, reference: str) -> Posted:
        """Puts a card in the place of a post. Raises `PostingError`; `PostVanished` when it is not there any more."""
        channel = posted.thread or await self._channel(posted.room)
        await self._call("chat.update", {"channel": channel, "ts": posted.post, **_marked(card, reference)})
        return posted

    def _stands(self, posted: Posted, reference: str) -> None:
        self._before.pop((posted.room, reference), None)
        _keep(self._last, posted.room, posted.post)

    async def _channel(self, room: str) -> str:
        """The channel of a room; for a person the one of their direct messages, which is opened when need be."""
        id_ = room.removeprefix("slack:")
        if not id_.startswith(("U", "W")):
            return id_
        if id_ not in self._direct:
            try:
                said = await self._call("conversations.open", {"users": id_})
            except OutcomeUnknown as fault:  # nothing is posted by opening, as often as one likes
                raise NotSent(fault.reason) from fault
            match said.get("channel"):
                case {"id": str(channel)} if channel:
                    _keep(self._direct, id_, channel)
                case _:
                    raise NotSent("Slack opened a direct message and did not say which.")
        return self._direct[id_]

    async def _look(self, room: str, channel: str, reference: str) -> Posted | None:
        """The post of ours under a reference; None when it is not there.

        Another post of ours ends the look only where it is known to be older than the first try: what was set aside and is
        sent again may stand above later ones.
        """
        cursor, bound = "", f"{self._now() - LOOK_BACK_SECONDS:.6f}"
        oldest = max(bound, self._before.get((room, reference), bound), key=float)
        for _ in range(MOST_PAGES):
            said = await self._call(
                HISTORY,
                {
                    "channel": channel,
                    "limit": str(PAGE),
                    "oldest": oldest,
                    "include_all_metadata": "true",
                    **({"cursor": cursor} if cursor else {}),
                },
            )
            messages = said.get("messages")
            if not isinstance(messages, list):
                raise OutcomeUnknown("Slack gave a history without messages.")
            for one in messages:
                if self._mark_of(one) == reference:
                    return _posted(room, channel, one)
            cursor = _next(said)
            if not cursor:
                return None
        raise CannotPost(TOO_MUCH)

    def _mark_of(self, message: Any) -> str:
        """The reference of a post of ours; "" for all else, whoever marked it."""
        match message:
            case {"metadata": {"event_type": str(kind), "event_payload": {"reference": str(reference)}}, "ts": str()}:
                is_ours = message.get("user") in (self._own_user() or message.get("user"), None)
                return reference if kind == MARK and "bot_id" in message and is_ours else ""
        return ""

    async def _call(self, method: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """What Slack answers, when it did as it was told. Raises `PostingError`."""
        how: dict[str, Any] = {"data": args} if method == HISTORY else {"json": args}  # reading methods read forms
        try:
            async with self._outbound.session.post(
                self._outbound.address(method), headers=self._outbound.headers, allow_redirects=False, **how
            ) as answer:
                status, pause, body = answer.status, answer.headers.get("Retry-After", ""), await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as fault:
            raise NotSent(f"Slack's Web API is out of reach: {_said(fault)}") from fault
        except (aiohttp.ClientError, OSError) as fault:  # TimeoutError is an OSError
            raise OutcomeUnknown(f"Slack's answer was cut: {_said(fault)}") from fault
        if status == 429:
            raise TooFast("Slack asks for patience.", _seconds(pause), everywhere=method != "chat.postMessage")
        if status >= 500:
            raise OutcomeUnknown(f"Slack answered with {status}.")
        said = _json(body)
        match said.get("ok"), said.get("error"):
            case True, _:
                self._is_refused = False
                return said
            case False, str(code):
                raise self._refusal(method, code, said)
        raise OutcomeUnknown("Slack's answer makes no sense.")

    def _refusal(self, method: str, code: str, said: Mapping[str, Any]) -> PostingError:
        unread = unreadable(code) if method == HISTORY else None
        fault = unread or refusal(code, said, everywhere=method != "chat.postMessage")
        if isinstance(fault, NotSent) and not self._is_refused:
            self._is_refused = True  # said once, until a call comes through
            log.error("Slack refuses the bot; all posts wait until that is mended", reason=code)
        return fault


def _marked(card: Card, reference: str) -> dict[str, Any]:
    return {**block_kit.message(card), "metadata": {"event_type": MARK, "event_payload": {"reference": reference}}}


def _posted(room: str, channel: str, said: Mapping[str, Any]) -> Posted:
    """Where it stands. `thread` is the channel where the room's name does not tell it."""
    post, there = said.get("ts"), said.get("channel") or channel
    if not isinstance(post, str) or not isinstance(there, str) or not post:
        raise OutcomeUnknown("Slack took a post and did not say where it stands.")
    return Posted(room, post, "" if f"slack:{there}" == room else there)


def _keep(kept: OrderedDict[Key, str], key: Key, value: str) -> None:
    """Remembers what was learnt last, and of that not more than `MOST_ROOMS`."""
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > MOST_ROOMS:
        kept.popitem(last=False)


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError as fault:
        raise OutcomeUnknown("Slack's answer is not JSON.") from fault
    return said if isinstance(said, dict) else {}


def _next(said: Mapping[str, Any]) -> str:
    match said.get("response_metadata"):
        case {"next_cursor": str(cursor)}:
            return cursor
    return ""


def _seconds(pause: str) -> float:
    return float(pause) if _SECONDS.fullmatch(pause) else 1.0


def _said(fault: BaseException) -> str:
    return str(fault) or type(fault).__name__
