"""What incident tools post: signature first, then written down, then handled, once. What cannot be mapped is kept for operators."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
import structlog

from bot.api.mapping import PLATFORM, SourceMapping, UnmappedError, body_of, id_of, report
from bot.api.signatures import signed
from bot.delivery import AlreadyDone, Answered, Delivery, Dispatch, Inbox, NotTaken, Overloaded, Recorded, Surface

ROUTE = "/webhooks/incidents/{source}"
MOST_BYTES = 256 * 1024  # a report is a page of text

log = structlog.stdlib.get_logger(__name__)


class IncidentWebhooks:
    """The deliveries of one source, and what was recorded of it (`bot.delivery.Surface`)."""

    def __init__(
        self,
        *,
        source: str,
        secrets: Sequence[str],
        mapping: Callable[[], SourceMapping | None],
        dispatch: Dispatch,
        inbox: Inbox,
        set_aside: Callable[[str, str], Awaitable[None]],
        settle: Callable[[str], Awaitable[None]],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`mapping` is None while there is none that can be read. `set_aside` keeps a delivery for operators, with a reason; `settle`
        marks one as handled that asks for nothing. `now` in seconds since 1970."""
        self._source, self._secrets, self._mapping = source, tuple(secrets), mapping
        self._dispatch, self._inbox, self._set_aside, self._settle = dispatch, inbox, set_aside, settle
        self._now = now

    async def receive(self, delivery: Delivery) -> Answered:
        """401 for what is not signed, 413 for what is too large; 2xx once it is written down."""
        if len(delivery.body) > MOST_BYTES:
            return _answer(413, error=f"A body may have {MOST_BYTES} bytes at most.")
        mapping = self._mapping()
        if mapping is None:
            why = f"webhooks/{self._source}.yaml cannot be read; send it again when it is mended."
            return _answer(503, {"Retry-After": "60"}, error=why)
        id_ = signed(delivery, mapping.signing, self._secrets, self._now())
        if id_ is None:
            log.warning("a webhook without a good signature was refused", source=self._source, remote=delivery.remote)
            return _answer(401, error="This is not signed with a secret of this source, or not within five minutes.")
        key = f"{PLATFORM}:{self._source}:{id_ or _id(mapping, delivery.body)}"
        try:
            if not await self._inbox.record(Recorded(key, PLATFORM, delivery.body)):
                return _answer(200, received=key, new=False)
        except Overloaded as fault:
            return _answer(503, {"Retry-After": str(fault.seconds)}, error=str(fault))
        try:
            await self._handle(key, delivery.body, mapping)
        except (UnmappedError, NotTaken) as why:
            await self._put_aside(key, str(why))
            return _answer(202, received=key, new=True, note=f"It is kept, and operators were told. {why}")
        except AlreadyDone:
            pass
        except Exception:  # it is written down, and taken up again
            log.exception("a webhook could not be worked on and is tried again", source=self._source)
        return _answer(202, received=key, new=True)

    async def resume(self, delivery: Recorded) -> None:
        """Works on a recorded delivery anew. Raises when it was not done, and is to be tried again."""
        mapping = self._mapping()
        if mapping is None:
            await self._set_aside(delivery.key, f"webhooks/{self._source}.yaml cannot be read.")
            return
        try:
            await self._handle(delivery.key, delivery.body, mapping)
        except (UnmappedError, NotTaken) as why:
            await self._set_aside(delivery.key, str(why))
        except AlreadyDone:
            pass

    async def close(self) -> None:
        """Nothing is begun that is not finished when it is answered."""

    async def _handle(self, key: str, data: bytes, mapping: SourceMapping) -> None:
        """Raises `UnmappedError`, and what dispatching raises."""
        command = report(mapping, self._source, body_of(data))
        if command is None:
            await self._settle(key)
        else:
            await self._dispatch(command, key)

    async def _put_aside(self, key: str, reason: str) -> None:
        try:
            await self._set_aside(key, reason)
        except Exception:  # it is written down, and set aside when it is taken up again
            log.exception("a webhook could not be set aside", source=self._source)


class AllSources:
    """What was recorded of any source, and is taken up again."""

    def __init__(
        self, sources: Mapping[str, IncidentWebhooks], set_aside: Callable[[str, str], Awaitable[None]]
    ) -> None:
        self._sources, self._set_aside = sources, set_aside

    @property
    def routes(self) -> dict[str, Surface]:
        """The paths at which deliveries are taken."""
        named: dict[str, Surface] = {ROUTE.format(source=source): each for source, each in self._sources.items()}
        return named | {ROUTE: self}

    async def receive(self, delivery: Delivery) -> Answered:
        """A source that there is not: nothing is looked at, and nothing written down."""
        log.warning("a webhook of a source without a secret was refused", remote=delivery.remote)
        return _answer(404, error="There is no such source: name it with its secret in ARCHWAY_WEBHOOK_SECRETS.")

    async def resume(self, delivery: Recorded) -> None:
        """Hands it to its source."""
        source = delivery.key.split(":")[1]
        if surface := self._sources.get(source):
            await surface.resume(delivery)
        else:
            await self._set_aside(delivery.key, f"{source} has no secret in ARCHWAY_WEBHOOK_SECRETS any more.")

    async def close(self) -> None:
        """Lets go of nothing."""
        for surface in self._sources.values():
            await surface.close()


def _id(mapping: SourceMapping, data: bytes) -> str:
    """The id that stands in a signed body; its digest where there is none."""
    try:
        found = id_of(mapping, body_of(data))
    except UnmappedError:
        found = ""
    return found or f"sha256-{hashlib.sha256(data).hexdigest()}"


def _answer(status: int, headers: Mapping[str, str] | None = None, /, **said: object) -> Answered:
    return Answered(status, msgspec.json.encode(said), headers=headers or {})
