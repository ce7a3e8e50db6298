"""Teams as the web layer sees it: a delivery from its gate to its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence

import msgspec
import structlog

from bot.delivery import Answered, Delivery
from bot.teams.activities import Incoming, Json
from bot.teams.adapter import ConnectorAdapter
from bot.teams.connector import Connector
from bot.teams.credentials import BotToken, scope_for
from bot.teams.gates import Gate, LoopbackGate, TokenGate
from bot.teams.inbound import Assistant, Dispatch
from bot.teams.keys import SigningKeys
from bot.teams.outbound import not_here
from bot.teams.rejected import Rejected, unavailable
from bot.teams.seen import SeenActivities
from bot.teams.service_urls import ServiceUrls
from bot.teams.session import Session
from bot.teams.tokens import TokenCheck

log = structlog.stdlib.get_logger(__name__)


class TeamsSurface:
    """The bot in Teams; a `bot.delivery.Surface`.

    Without `app_id` it answers callers on this machine only, and sends no token. `now` is in seconds since the
    epoch, `pause` waits between tries to deliver. Needs a running loop from the first delivery on.
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
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._session = Session()
        self._work: set[asyncio.Task[None]] = set()
        self._seen = SeenActivities(now)
        allowed = ServiceUrls(service_urls, loopback_only=app_id is None)
        token: BotToken | None = None
        self._gate: Gate = LoopbackGate(allowed)
        if app_id is not None:
            keys = SigningKeys(metadata_url, self._session, now)
            self._gate = TokenGate(TokenCheck(app_id, keys, now), allowed, tenant_id)
            token = BotToken(app_id, app_password or "", token_url, scope_for(metadata_url), self._session, now)
        self._adapter = ConnectorAdapter(Connector(self._session, allowed, now, token, pause))
        self._assistant = Assistant(dispatch, knows)

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
            return Answered(200, msgspec.json.encode(await self._invoked(activity)))
        if self._seen.is_new(activity.conversation["id"], activity.id):
            self._begin(self._worked_on(activity))
        return Answered(200)

    async def close(self) -> None:
        """Finishes what was acknowledged, then lets go of connections. Cancelled, it drops what is left."""
        try:
            while self._work:
                await asyncio.gather(*self._work, return_exceptions=True)
        finally:
            await self._session.close()

    async def _invoked(self, activity: Incoming) -> Json:
        try:
            return await self._adapter.turn(activity, self._assistant.on_turn) or {}
        except Exception:  # Teams must get a 2xx
            log.exception("an invoke from Teams failed", invoke=activity.name[:80])
            return not_here(activity.name)

    async def _worked_on(self, activity: Incoming) -> None:
        try:
            await self._adapter.turn(activity, self._assistant.on_turn)
        except Exception:  # there is nobody left to tell but the log
            log.exception("an activity from Teams failed", type=activity.type[:80])

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


def _refused(rejected: Rejected) -> Answered:
    return Answered(rejected.status, msgspec.json.encode({"error": rejected.sentence}), headers=rejected.headers)
