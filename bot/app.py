"""The composition root: settings in, running app out. With `__main__` the only file that knows all the rooms.

`running` puts the bot together: what it remembers, its library, the desks where handlers work, a surface for each
platform, the announcer and the clockwork beside them.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog

from bot import logs, terminal, web
from bot.cards.addresses import is_loopback
from bot.delivery import Dispatch, Recorded, Surface
from bot.errors import ConfigurationError, OutdatedButton
from bot.settings import Secret, Settings
from knowledge.live import LiveLibrary

if TYPE_CHECKING:
    from bot.announcer import Announcer
    from bot.api.routes import Api
    from bot.api.webhooks import AllSources
    from bot.desks import Desks
    from bot.governance import LiveGovernance
    from bot.mappings import LiveMappings
    from bot.pacing import Pace
    from bot.posting import Platform
    from bot.slack.surface import SlackSurface
    from bot.standing import StandingExceptions
    from bot.store.memory import Memory
    from bot.teams.surface import TeamsSurface

WRITE_EVERY = 1.0  # seconds between two writings of the question log
FORGET_EVERY = 3600.0  # seconds
RESUME_EVERY = 5.0  # seconds between two looks for work that another process has left behind
RESUMED_AT_ONCE = 8
NOTICE_AGAIN = 10.0  # seconds after which what could not be announced is tried again
CLOSE_SECONDS = 2.5  # after the requests are drained: containers are killed ten seconds after they are told to stop
INTRODUCE_EVERY = 60.0  # seconds, while Slack cannot be reached

log = structlog.stdlib.get_logger(__name__)


def clock() -> datetime:
    """The time as everything is handed it."""
    return datetime.now(UTC)


def open_library(settings: Settings, *, cached: bool = True) -> LiveLibrary:
    """The library of the knowledge folder, from its cached index as far as that is up to date."""
    return LiveLibrary(
        settings.knowledge, cached_in=settings.data / "index" if cached else None, pattern=settings.document_url
    )


def open_memory(settings: Settings, clock: Callable[[], datetime] = clock) -> Memory:
    """What the bot remembers. A SQLite file is claimed for this process and brought to this version; a PostgreSQL
    database must stand at it already. Raises `ConfigurationError`."""
    from bot.store.memory import Memory

    return Memory.open(
        settings.database_url,
        settings.data,
        _revealed(settings.audit_key),
        settings.keep_questions,
        clock,
        operations_room=settings.operations_room,
    )


@dataclass(frozen=True, slots=True)
class Bot:
    """The parts of a running bot."""

    settings: Settings
    memory: Memory
    shelf: LiveLibrary
    standing: StandingExceptions
    desks: Desks
    slack: SlackSurface | None
    teams: TeamsSurface
    webhooks: AllSources
    api: Api

    @property
    def dispatch(self) -> Dispatch:
        """What every command is handed to."""
        return self.desks.dispatch

    @property
    def routes(self) -> dict[str, Surface]:
        """The surfaces, by the paths at which they take deliveries."""
        routes: dict[str, Surface] = {"/api/messages": self.teams}
        if self.slack:
            routes["/slack/events"] = self.slack
        return routes | self.webhooks.routes

    @property
    def surfaces(self) -> dict[str, Surface]:
        """The surfaces, by the names of their platforms."""
        return {"teams": self.teams, **({"slack": self.slack} if self.slack else {}), "webhook": self.webhooks}

    @property
    def platforms(self) -> dict[str, Platform]:
        """Where can be posted unasked, by name."""
        return {"teams": self.teams, **({"slack": self.slack} if self.slack else {})}


def compose(
    settings: Settings,
    memory: Memory,
    written: Callable[[], None],
    clock: Callable[[], datetime] = clock,
    *,
    playground: bool = False,
) -> Bot:
    """The bot, put together and not yet listening. `written` is called when there may be something to announce.
    `playground`: as in `running`.
    """
    from bot.desks import Desks
    from bot.governance import LiveGovernance
    from bot.mappings import LiveMappings
    from bot.standing import StandingExceptions

    shelf = open_library(settings)
    governance = LiveGovernance(settings.knowledge, kept_in=settings.data)
    mappings = LiveMappings(settings.knowledge, settings.webhook_secrets, kept_in=settings.data)
    standing = StandingExceptions(memory.database)
    desks = Desks(
        settings=settings,
        shelf=shelf,
        governance=governance,
        mappings=mappings,
        standing=standing,
        database=memory.database,
        inbox=memory.inbox,
        happened=memory.questions.add,
        clock=clock,
        written=written,
    )
    return Bot(
        settings,
        memory,
        shelf,
        standing,
        desks,
        _slack(settings, desks.dispatch, shelf, memory, governance),
        _teams(settings, desks.dispatch, shelf, memory, governance, playground=playground),
        _webhooks(settings, desks.dispatch, memory, mappings),
        _api(settings, shelf, memory, governance, standing),
    )


def _slack(
    settings: Settings, dispatch: Dispatch, shelf: LiveLibrary, memory: Memory, governance: LiveGovernance
) -> SlackSurface | None:
    """Slack, or None when it is off."""
    if settings.slack_bot_token is None:
        return None
    from bot.slack.surface import SlackSurface

    return SlackSurface(
        dispatch=dispatch,
        knows=shelf.knows,
        signing_secret=_revealed(settings.slack_signing_secret),
        app_token=_revealed(settings.slack_app_token),
        bot_token=settings.slack_bot_token.reveal(),
        command=settings.command,
        now=time.time,
        api_url=settings.slack_api_url,
        inbox=memory.inbox,
        listens=_listens(settings),
        groups=partial(_groups, governance, "slack"),
    )


def _teams(
    settings: Settings,
    dispatch: Dispatch,
    shelf: LiveLibrary,
    memory: Memory,
    governance: LiveGovernance,
    *,
    playground: bool,
) -> TeamsSurface:
    """Teams; without an app id it answers callers on this machine alone."""
    from bot.teams.surface import TeamsSurface

    return TeamsSurface(
        dispatch=dispatch,
        knows=shelf.knows,
        app_id=settings.microsoft_app_id,
        app_password=_revealed(settings.microsoft_app_password),
        tenant_id=settings.microsoft_app_tenant_id,
        metadata_url=settings.microsoft_openid_metadata_url,
        token_url=settings.microsoft_token_url,
        service_urls=settings.microsoft_service_urls,
        graph_url=settings.graph_url,
        now=time.time,
        rooms=memory.rooms,
        inbox=memory.inbox,
        listens=_listens(settings),
        groups=partial(_groups, governance, "entra"),
        playground=playground,
    )


def _webhooks(settings: Settings, dispatch: Dispatch, memory: Memory, mappings: LiveMappings) -> AllSources:
    """The incident tools that have a secret."""
    from bot.api.webhooks import AllSources, IncidentWebhooks

    async def settle(key: str) -> None:
        await memory.database.write(lambda unit: memory.inbox.handled(unit.connection, key))

    sources = {
        source: IncidentWebhooks(
            source=source,
            secrets=[each.reveal() for each in secrets],
            mapping=partial(mappings.of, source),
            dispatch=dispatch,
            inbox=memory.inbox,
            set_aside=memory.inbox.set_aside,
            settle=settle,
            now=time.time,
        )
        for source, secrets in settings.webhook_secrets.items()
    }
    return AllSources(sources, memory.inbox.set_aside)


def _api(
    settings: Settings, shelf: LiveLibrary, memory: Memory, governance: LiveGovernance, standing: StandingExceptions
) -> Api:
    """What scripts can read, with the tokens that there are."""
    from bot.api.routes import Api
    from bot.api.tokens import Holder
    from bot.books import Books
    from bot.store.transaction import Transaction

    books = Books(memory.database, lambda: shelf.library, lambda: governance.now.calendar, lambda: standing.now)
    holders = [Holder.of(each.name, each.token.reveal(), each.scopes) for each in settings.api_tokens]
    return Api(books.reads, holders, version("archway"), is_away=Transaction.is_lost)


def _listens(settings: Settings) -> Callable[[str], bool]:
    """Words in a thread are meant for us where questions to the architects stand."""
    room = settings.questions_room
    return lambda there: bool(room) and there == room


def _groups(governance: LiveGovernance, platform: str) -> list[str]:
    """The ids of the groups of a platform that some role names now."""
    of = f"{platform}:"
    return [group.removeprefix(of) for group in governance.now.groups if group.startswith(of)]


def _revealed(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None


@asynccontextmanager
async def running(
    settings: Settings,
    host: str,
    port: int,
    *,
    clock: Callable[[], datetime] = clock,
    pace: Pace | None = None,
    playground: bool = False,
) -> AsyncIterator[tuple[str, Bot]]:
    """The bot, listening; gives its address and its parts. On leaving, what has begun is finished.

    Days pass by the `clock`: what falls due, until when a waiver runs. Signatures, tokens and what is known of people for a
    minute go by the machine's own time. `pace` is how fast the platforms are posted to, as they permit unless told.
    `playground`: Microsoft's Agents Playground on this machine is believed who people are.

    Raises `ConfigurationError` when the address is taken, the database cannot be used, or the playground not be believed.
    """
    if playground:
        _require_own_machine(settings, host)
    from bot.announcer import Announcer
    from bot.drafting import Drafting
    from bot.metrics import Metrics
    from bot.timers import Clockwork

    memory = await asyncio.to_thread(open_memory, settings, clock)
    try:
        wakes: list[Callable[[], None]] = []

        def written() -> None:
            for wake in wakes:
                wake()

        bot = compose(settings, memory, written, clock, playground=playground)
        metrics = Metrics()
        announcer = Announcer(
            memory.database,
            bot.platforms,
            pace=pace,
            operations_room=settings.operations_room,
            too_fast=metrics.too_fast,
            one_by_one={"teams"},  # it cannot be asked whether a post came through
        )
        clockwork = Clockwork(memory.database, bot.desks.fall_due, clock)
        drafting = Drafting(memory.database, settings.knowledge, settings.data, clock)
        wakes += [announcer.wake, clockwork.wake, bot.standing.wake, drafting.wake]

        async def measured() -> tuple[bytes, str]:
            return metrics.text(await memory.figures()), metrics.content_type

        works: list[Callable[[], Awaitable[None]]] = [
            partial(_follow, bot),
            partial(_write, memory),
            partial(_forget, memory),
            *(partial(_resume, memory, name, surface) for name, surface in bot.surfaces.items()),
            memory.vouch,
            announcer.run,
            clockwork.run,
            bot.standing.run,
            drafting.run,
        ]
        if bot.slack:
            works += [bot.slack.run, partial(_introduce, bot.slack)]
        application = web.application(
            bot.routes, partial(_missing, bot), measured, metrics.delivered, pages=bot.api.pages
        )
        async with (
            _background(works),
            _drained(announcer, bot.surfaces.values()) as ends,
            web.listening(application, host, port) as (bound_host, bound_port),
        ):
            try:
                yield f"http://{bound_host}:{bound_port}", bot
            finally:
                ends()
    finally:
        await memory.close()


async def serve(settings: Settings, host: str, port: int, *, pace: Pace | None = None, playground: bool = False) -> int:
    """Runs the bot until it is told to stop (SIGTERM, SIGINT); gives the exit status. `pace`, `playground`: as in `running`."""
    logs.configure(settings.log_format, settings.log_level)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, host, port, pace=pace, playground=playground) as (address, bot):
        _leave_the_library_alone()
        terminal.greet(settings, address, bot.shelf.library, playground=playground)
        waiting: list[asyncio.Task[object]] = [asyncio.create_task(stop.wait())]
        if sys.stdin.isatty() and sys.stdout.isatty():
            waiting.append(asyncio.create_task(terminal.prompt(bot.dispatch, bot.shelf.knows)))
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
    return 0


def _require_own_machine(settings: Settings, host: str) -> None:
    """Raises `ConfigurationError` where people are who somebody proved them to be, or where others can reach it."""
    if named := settings.credentials:
        fault = f"--playground believes what it is told of people, and {named[0]} is set: leave out one of the two."
        raise ConfigurationError([fault])
    if not is_loopback(host):
        raise ConfigurationError([f"--playground is for this machine alone: leave out --host {host}."])


def _leave_the_library_alone() -> None:
    """Takes what has been loaded out of the garbage collector's sight: it stays for as long as the process does, and to
    look through all documents again and again costs a tenth of the answers in a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _missing(bot: Bot) -> Mapping[str, str]:
    """What is not ready yet, and why."""
    missing = {}
    if bot.slack and not bot.slack.connected:
        missing["slack"] = "Socket Mode is not connected"
    if fault := await bot.memory.fault():
        missing["database"] = fault
    return missing


async def _introduce(workspace: SlackSurface) -> None:
    """Learns from Slack which workspace and app the token is of; from then on, deliveries for others are refused."""
    while not await workspace.introduce():  # noqa: ASYNC110  # it asks Slack each time: no event could tell
        await asyncio.sleep(INTRODUCE_EVERY)
    await asyncio.Event().wait()


async def _follow(bot: Bot) -> None:
    """Follows the folder. What changes is answered from at once, whatever becomes of announcing it."""
    changed = asyncio.Event()
    changed.set()  # also what changed while nobody looked

    async def announce() -> None:
        while True:
            await changed.wait()
            changed.clear()
            try:
                await bot.desks.notice()
            except Exception:
                log.exception("what changed in the library cannot be announced yet and is tried again")
                asyncio.get_running_loop().call_later(NOTICE_AGAIN, changed.set)

    async def tell() -> None:
        changed.set()

    async with asyncio.TaskGroup() as both:
        both.create_task(announce())
        both.create_task(bot.shelf.follow(tell))


async def _write(memory: Memory) -> None:
    while True:
        await asyncio.sleep(WRITE_EVERY)
        await memory.write_questions()


async def _forget(memory: Memory) -> None:
    while True:
        await memory.forget()
        await asyncio.sleep(FORGET_EVERY)


async def _resume(memory: Memory, platform: str, surface: Surface) -> None:
    """Takes up what was recorded and not handled: its process ended, or failed at it."""

    async def again(delivery: Recorded) -> None:
        try:
            await surface.resume(delivery)
        except OutdatedButton as refusal:  # nobody will ever understand it
            await memory.inbox.set_aside(delivery.key, refusal.sentence)
        except Exception:
            log.exception("a recorded delivery could not be worked on and is tried again", platform=platform)

    while True:
        if taken := await memory.inbox.left_behind(platform, RESUMED_AT_ONCE):
            await asyncio.gather(*map(again, taken))
        else:
            await asyncio.sleep(RESUME_EVERY)


@asynccontextmanager
async def _drained(announcer: Announcer, surfaces: Collection[Surface]) -> AsyncIterator[Callable[[], None]]:
    """Lets the announcer and the surfaces finish what they have begun. What it gives is called when the end begins: the
    announcer takes nothing new from then on, while requests are still being answered."""
    draining: list[asyncio.Task[None]] = []
    try:
        yield lambda: draining.append(asyncio.create_task(announcer.drain()))
    finally:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                if draining:
                    await asyncio.wait(draining, timeout=CLOSE_SECONDS / 2)  # its posts need the surfaces' connections
                await asyncio.gather(*(surface.close() for surface in surfaces))
        except TimeoutError:
            log.warning("stopped before everything that was begun could be finished", seconds=CLOSE_SECONDS)
        for task in draining:
            task.cancel()


@asynccontextmanager
async def _background(works: Sequence[Callable[[], Awaitable[None]]]) -> AsyncIterator[None]:
    """Endless works beside the block. One that fails is logged and begun again."""

    async def again_and_again(work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except Exception:
                log.exception("background work failed and begins again")
            await asyncio.sleep(1)

    tasks = [asyncio.create_task(again_and_again(work)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
