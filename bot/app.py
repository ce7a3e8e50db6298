"""The composition root: settings in, running app out. With `__main__` the only file that knows all the rooms.

`dispatcher` makes what the surfaces call with every command: it hands the command to `handlers.handle` with a fresh desk.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot import logs, terminal, web
from bot.cards import catalog
from bot.cards.model import Reply
from bot.delivery import Surface
from bot.domain.commands import Command
from bot.domain.people import Standing
from bot.errors import ConfigurationError, TooMany
from bot.floods import Floods
from bot.settings import STARTER, Secret, Settings
from handlers import handle
from handlers.desk import Desk
from knowledge.live import LiveLibrary

if TYPE_CHECKING:
    from bot.slack.surface import SlackSurface
    from bot.store.conversations import Conversations
    from bot.store.questions import QuestionLog

WRITE_EVERY = 1.0  # seconds between two writings of the question log
FORGET_EVERY = 3600.0  # seconds
CLOSE_SECONDS = 3.0  # after the requests are drained: containers are killed ten seconds after they are told to stop
INTRODUCE_EVERY = 60.0  # seconds, while Slack cannot be reached
FIRST_QUESTION = "do buckets have to be encrypted?"

Dispatch = Callable[[Command], Awaitable[Reply]]

log = structlog.stdlib.get_logger(__name__)


def open_library(settings: Settings, *, cached: bool = True) -> LiveLibrary:
    """The library of the knowledge folder, from its cached index as far as that is up to date."""
    return LiveLibrary(
        settings.knowledge, cached_in=settings.data / "index" if cached else None, pattern=settings.document_url
    )


def open_store(settings: Settings) -> tuple[QuestionLog, Conversations]:
    """What the bot remembers, in its database, which is brought to this version."""
    from bot.store import database, schema
    from bot.store.conversations import Conversations
    from bot.store.questions import QuestionLog

    database.claim(settings.database_url)
    engine = database.opened(settings.database_url)
    schema.upgrade(engine)
    return QuestionLog(engine, settings.keep_questions), Conversations(engine)


def dispatcher(settings: Settings, shelf: LiveLibrary, questions: QuestionLog) -> Dispatch:
    """Hands each command to its handler, with the library as it is at that moment and as the person may see it."""
    floods = Floods(time.monotonic)

    async def dispatch(command: Command) -> Reply:
        if not floods.admits(command):
            return catalog.refusal(TooMany().sentence)
        # No thread: what is asked so far reads memory alone, and a hand-over would cost more than the answer.
        library = shelf.public if command.by.standing is Standing.GUEST else shelf.library
        return handle(command, Desk(library, lambda: datetime.now(UTC), questions.add, shelf.place, settings.command))

    return dispatch


def slack(settings: Settings, dispatch: Dispatch, shelf: LiveLibrary) -> SlackSurface | None:
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
    )


def teams(settings: Settings, dispatch: Dispatch, shelf: LiveLibrary, rooms: Conversations) -> Surface:
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
        now=time.time,
        rooms=rooms,
    )


def slack_manifest(settings: Settings, url: str | None) -> bytes:
    """Slack's app manifest as JSON text; without `url` for Socket Mode. Raises `ConfigurationError`."""
    import json

    from bot.slack.manifest import manifest

    host = open_library(settings).link_host
    with _as_configuration():
        made = manifest(url or settings.public_url, settings.command, [host] if host else [])
    return json.dumps(made, indent=2, ensure_ascii=False).encode()


def teams_package(settings: Settings, url: str | None) -> bytes:
    """The Teams app package, a zip. Raises `ConfigurationError`."""
    from importlib.metadata import version

    from bot.teams.manifest import package

    if settings.microsoft_app_id is None:
        raise ConfigurationError(["MICROSOFT_APP_ID is missing: the package names the bot by it."])
    address = url or settings.public_url
    if address is None:
        raise ConfigurationError(["Name the address of the bot with --url https://archway.example.org."])
    host = open_library(settings).link_host
    with _as_configuration():
        return package(address, settings.microsoft_app_id, [host] if host else [], version("archway"))


@contextlib.contextmanager
def _as_configuration() -> Iterator[None]:
    """What a manifest cannot be made of is for whoever typed the command."""
    try:
        yield
    except ValueError as fault:
        raise ConfigurationError([str(fault)]) from fault


def _revealed(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None


@asynccontextmanager
async def running(settings: Settings, host: str, port: int) -> AsyncIterator[tuple[str, Dispatch, LiveLibrary]]:
    """The bot, listening; gives its address, its dispatch and its library. On leaving, what has begun is finished.

    Raises `ConfigurationError` when the address is taken or the database is of a later version.
    """
    questions, rooms = open_store(settings)
    shelf = open_library(settings)
    dispatch = dispatcher(settings, shelf, questions)
    surfaces: dict[str, Surface] = {"/api/messages": teams(settings, dispatch, shelf, rooms)}
    works: list[Callable[[], Awaitable[None]]] = [shelf.follow, partial(_write, questions), partial(_forget, questions)]
    if workspace := slack(settings, dispatch, shelf):
        surfaces["/slack/events"] = workspace
        works += [workspace.run, partial(_introduce, workspace)]
    try:
        async with (
            _background(works),
            _closed_at_the_end(surfaces.values()),
            web.listening(web.application(surfaces, partial(_missing, workspace)), host, port) as (
                bound_host,
                bound_port,
            ),
        ):
            yield f"http://{bound_host}:{bound_port}", dispatch, shelf
    finally:
        try:
            await asyncio.to_thread(questions.write)
        except Exception:  # the end must not hang on statistics
            log.exception("the last questions could not be written down")


async def serve(settings: Settings, host: str, port: int) -> int:
    """Runs the bot until it is told to stop (SIGTERM, SIGINT); gives the exit status."""
    logs.configure(settings.log_format, settings.log_level)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, host, port) as (address, dispatch, shelf):
        _leave_the_library_alone()
        _greet(settings, address, shelf)
        waiting: list[asyncio.Task[object]] = [asyncio.create_task(stop.wait())]
        if sys.stdin.isatty() and sys.stdout.isatty():
            waiting.append(asyncio.create_task(terminal.prompt(dispatch, shelf.knows)))
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
    return 0


def _leave_the_library_alone() -> None:
    """Takes what has been loaded out of the garbage collector's sight: it stays for as long as the process does, and to
    look through all documents again and again costs a tenth of the answers in a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _greet(settings: Settings, address: str, shelf: LiveLibrary) -> None:
    on, off = [], []
    if settings.slack_is_on and settings.slack_app_token:
        on.append("Slack: over Socket Mode")
    if settings.slack_is_on and settings.slack_signing_secret:
        on.append(f"Slack: commands, events and interactions at {address}/slack/events")
    if not settings.slack_is_on:
        off.append("Slack: set SLACK_BOT_TOKEN, and SLACK_SIGNING_SECRET or SLACK_APP_TOKEN (docs/connect-slack.md)")
    if settings.teams_has_credentials:
        on.append(f"Teams: messages at {address}/api/messages")
    else:
        on.append(
            f"Teams: at {address}/api/messages for callers on this machine, such as Microsoft's Agents Playground"
        )
        off.append(
            "Teams beyond this machine: set MICROSOFT_APP_ID, MICROSOFT_APP_PASSWORD and MICROSOFT_APP_TENANT_ID "
            "(docs/connect-teams.md)"
        )
    print(terminal.greeting(address, on, off, shelf.library.contents))
    if settings.knowledge == STARTER:
        print(f"\nFor example, somebody asks: {FIRST_QUESTION}\n")
        terminal.print_card(catalog.answer(shelf.library.ask(FIRST_QUESTION)))
    print(terminal.next_steps(settings.knowledge, shelf.library.contents), flush=True)


def _missing(workspace: SlackSurface | None) -> dict[str, str]:
    """What is not ready yet, and why."""
    return {} if workspace is None or workspace.connected else {"slack": "Socket Mode is not connected"}


async def _introduce(workspace: SlackSurface) -> None:
    """Learns from Slack which workspace and app the token is of; from then on, deliveries for others are refused."""
    while not await workspace.introduce():  # noqa: ASYNC110  # it asks Slack each time: no event could tell
        await asyncio.sleep(INTRODUCE_EVERY)
    await asyncio.Event().wait()


async def _write(questions: QuestionLog) -> None:
    while True:
        await asyncio.sleep(WRITE_EVERY)
        await asyncio.to_thread(questions.write)


async def _forget(questions: QuestionLog) -> None:
    while True:
        await asyncio.to_thread(questions.forget, datetime.now(UTC))
        await asyncio.sleep(FORGET_EVERY)


@asynccontextmanager
async def _closed_at_the_end(surfaces: Iterable[Surface]) -> AsyncIterator[None]:
    """Lets the surfaces finish what they acknowledged, once nothing new can come in."""
    try:
        yield
    finally:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(*(surface.close() for surface in surfaces))
        except TimeoutError:
            log.warning("stopped before everything that was acknowledged could be answered", seconds=CLOSE_SECONDS)


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
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
