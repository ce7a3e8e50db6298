"""The bot's Slack room over real HTTP: a workspace in a box, the surface behind our web layer, a clock in the hand.

The rest of the bot is a few lines here, with cards, forms and places of every sort: the surface knows no verbs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from bot import web
from bot.cards.model import (
    Button,
    Card,
    Choice,
    Choices,
    Field,
    Form,
    Link,
    Place,
    Reply,
    Result,
    Results,
    Silence,
    Text,
)
from bot.delivery import AlreadyDone
from bot.domain.commands import (
    Ask,
    Command,
    Help,
    More,
    OpenHome,
    OpenQuestionForm,
    OpenSubscriptionForm,
    Preview,
    Rate,
    Remark,
    Search,
    Share,
    Show,
    Subscribe,
    Welcome,
)
from bot.domain.exception_commands import GoAway, ListExceptions, OpenExceptionForm, RequestException, Suggest
from bot.domain.people import Standing
from bot.playground.rates import Rate as Pace
from bot.playground.slack import SlackWorkspace
from bot.slack.surface import SlackSurface
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.transaction import Transaction

SECRET, TOKEN, APP_TOKEN = "room-signing-secret", "xoxb-room-bot-token", "xapp-room-app-token"


@dataclass
class Clock:
    """Epoch seconds that stand still until they are moved."""

    seconds: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Room:
    """What a test holds in its hands."""

    slack: SlackWorkspace
    clock: Clock
    surface: SlackSurface
    commands: list[Command]  # what has been dispatched, and not done before
    inbox: Inbox | None = None
    keys: list[str] = field(default_factory=list)  # of the deliveries that were dispatched as recorded
    slow: asyncio.Event = field(default_factory=asyncio.Event)  # set: slow questions are answered

    async def introduce(self) -> bool:
        return await self.surface.introduce()

    async def rest(self) -> None:
        """Waits until everything that was begun has ended."""
        await self.surface._background.drain()


def card(said: str, *buttons: Button, place: Place = Place.BESIDE, url: str | None = None) -> Card:
    line = (said, Link("the document", url)) if url else (said,)
    return Card("echo", said, (Text(line),), buttons=buttons, place=place)


def wish(values: Mapping[str, str], about: str = "", *, faults: Mapping[str, str] = MappingProxyType({})) -> Form:
    """A form with fields of every sort: what stands above them, and which they are, depends on two of them."""
    tier, emergency = values.get("tier", ""), values.get("emergency", "no")
    target = values.get("target", "")
    fields = [
        Field(
            "target",
            "Clause or standard",
            target,
            "Type a few words",
            choices=(Choice(f"{target} Encryption", target),) if target else (),
            search="clauses",
            live=True,
        ),
        Field("tier", "Tier", tier, choices=tuple(Choice(f"Tier {n}", str(n)) for n in range(3)), live=True),
        *([Field("why_now", "Why now", values.get("why_now", ""))] if emergency == "yes" else []),
        Field("reason", "Reason", values.get("reason", ""), lines=True, most=3_000, help="For those who decide."),
        Field("until", "Until", values.get("until", ""), day=True, optional=True),
        Field("emergency", "Emergency", emergency, choices=(Choice("No", "no"), Choice("Yes", "yes")), live=True),
    ]
    return Form(
        "wish",
        "Request an exception",
        tuple(replace(field, fault=faults.get(field.name, "")) for field in fields),
        "Send",
        "exception_request",
        about,
        intro=("To deviate for a time.",),
        blocks=(Text((f"Risk of tier {tier or 'unknown'}.",)),),
        redraw="exception_redraw",
        opener=Button("Request an exception", "exception_form", target, form=True),
    )


def answered(question: str) -> Card:
    return card(
        f"You asked: {question}",
        Button("More", "more", question, primary=True),
        Button("Helpful", "helpful", question),
        Button("Not helpful", "not_helpful", question),
        Button("Share in channel", "share", question),
        Button("Of last year", "gone_verb", question),
    )


async def answer(room: Room, command: Command) -> Reply:  # noqa: C901, PLR0912  # one line for each command
    """The rest of the bot: says back what it heard. A question that begins with "break" makes it fail."""
    room.commands.append(command)
    if command.by.standing is Standing.STRANGER:
        return card("Members only")
    match command:
        case Ask(_, question) if question.startswith("break"):
            raise RuntimeError("the library burnt down")
        case Ask(_, question) if question.startswith("slow"):
            await room.slow.wait()
            return answered(question)
        case Ask(_, "a form"):
            return Form("form", "Fill in", (Field("word", "Word"),), "Send", "ask")
        case Ask(_, question, _, for_all):
            return answered(question + (" [for all]" if for_all else ""))
        case More(_, question):
            return card(f"All about {question}", Button("Helpful", "helpful", question), place=Place.INSTEAD)
        case Rate(_, _, helpful):
            return card(f"Thanks: {helpful}")
        case Share(by, question, "", rooms) if not by.room:
            if not rooms:
                return card("No room to share in")
            choices = tuple(Choice(name, id_) for id_, name in rooms)
            return Form("share", "Share", (Field("room", "Channel", choices=choices),), "Share", "share", question)
        case Share(by, question):
            return card(f"{question}, shared by {by.name}", place=Place.ROOM)
        case OpenQuestionForm(_, text):
            return Form("ask", "Ask", (Field("question", "Question", text, lines=True),), "Ask", "ask")
        case Preview(_, url) if "/docs/" in url:
            return Results((Result("STD-004", "Encryption", card("STD-004", Button("More", "more", "x"), url=url)),))
        case Preview() | Search():
            return Results(())
        case OpenHome(by):
            return card(
                f"Welcome home, {by.name}", Button("Ask a question", "ask_form"), Button("Newest", "show", "STD-1")
            )
        case Welcome():
            return card("Hello, ask me in plain words")
        case Show(_, id_):
            return card(f"Here is {id_}")
        case Help():
            return card("Ask in plain words")
        case Subscribe(_, words) if "tag:form" in words:
            return Form("form", "Fill in", (Field("word", "Word"),), "Send", "ask")
        case Subscribe(_, words):
            silent = "tag:quiet" in words
            return Silence() if silent else card(f"Subscribed to {words}", Button("Undo", "unsubscribe", words))
        case OpenSubscriptionForm():
            return Form("subscribe", "Subscribe", (Field("about", "About"),), "Subscribe", "subscribe", "standards")
        case OpenExceptionForm(_, target, text, origin, values):
            if "slow" in values.get("reason", "") and values.get("tier") == "0":
                await room.slow.wait()
            return wish(values or {"target": target, "reason": text}, str(origin))
        case RequestException(_, origin, values):
            return await requested(room, values, str(origin))
        case Suggest(_, what, text):
            return await suggested(room, what, text)
        case GoAway(_, until, delegate):
            return card(f"Away until {until}, {delegate} speaks")
        case ListExceptions(_, filter_):
            return card(f"The register: {filter_ or 'all'}")
        case Remark(by, _, text):
            return Silence() if text.startswith("quiet") else card(f"{by.name} said: {text}")
    return card(f"Done: {type(command).__name__}")


async def requested(room: Room, values: Mapping[str, str], about: str) -> Reply:
    """What becomes of a form that was sent: it depends on its reason."""
    match values.get("reason", ""):
        case "slow" | "slow and faulty" as reason:
            await room.slow.wait()
            return wish(values, about, faults={"until": "It is past."} if "faulty" in reason else {})
        case "faulty" | "cut and faulty":
            return wish(values, about, faults={"until": "It is past."})
        case "urgent":
            return wish({**values, "emergency": "yes"}, about, faults={"why_now": "Say why.", "until": "It is past."})
        case "look again" | "cut":
            return wish({**values, "tier": "2"}, about)
    return card(f"Requested against {values.get('target')} until {values.get('until')}")


async def suggested(room: Room, what: str, text: str) -> Reply:
    """What is offered as somebody types."""
    match text:
        case "break":
            raise RuntimeError("the library burnt down")
        case "slow":
            await room.slow.wait()
        case "many":
            return Choices(tuple(Choice(f"STD-{n} {'word ' * 30}", f"STD-{n}") for n in range(150)))
        case "form":
            return card("no choices at all")
    return Choices((Choice(f"STD-004 {what}: {text}", "STD-004"), Choice("STD-005 Backups", "STD-005")))


@asynccontextmanager
async def open_room(
    word: str = "/arch",
    api_url: str | None = None,
    *,
    socket_mode: bool = False,
    rates: Mapping[str, Pace] = MappingProxyType({}),  # the clock stands still, and with it Slack's patience
    now: Callable[[], float] | None = None,
    database: Database | None = None,
    beside: Room | None = None,
    lease: float = 30.0,
    listens: Callable[[str], bool] = lambda _: False,
    groups: Callable[[], Iterable[str]] = tuple,
) -> AsyncIterator[Room]:
    """A workspace and a bot that know each other's address and secrets. What changes something is recorded in the
    `database`, where there is one. The bot of a room `beside` another one is in the same workspace."""
    clock = beside.clock if beside else Clock()
    inbox = Inbox(database, lease) if database else None
    async with AsyncExitStack() as stack:
        slack = (
            beside.slack
            if beside
            else await stack.enter_async_context(
                SlackWorkspace(
                    signing_secret=SECRET, bot_token=TOKEN, app_token=APP_TOKEN, now=now or clock, rates=rates
                )
            )
        )

        async def dispatch(command: Command, delivery: str = "", /) -> Reply:
            match command:
                case Subscribe(_, words) if "tag:slow" in words:
                    await room.slow.wait()
                case RequestException(_, _, {"reason": "cut" | "cut and faulty"}):
                    await room.slow.wait()
            if delivery:
                await once(delivery)
            return await answer(room, command)

        async def once(delivery: str) -> None:
            def handled(unit: Transaction) -> bool:
                assert inbox
                return inbox.handled(unit.connection, delivery)

            assert database
            if not await database.write(handled):
                raise AlreadyDone
            room.keys.append(delivery)

        surface = SlackSurface(
            dispatch=dispatch,
            knows=lambda id_: id_ == "STD-004",
            signing_secret=SECRET,
            bot_token=TOKEN,
            command=word,
            now=clock,
            api_url=api_url or slack.api_url,
            app_token=APP_TOKEN if socket_mode else None,
            inbox=inbox,
            listens=listens,
            groups=groups,
        )
        room = Room(slack, clock, surface, [], inbox)
        async with web.listening(web.application({"/slack/events": surface}), "127.0.0.1", 0) as (host, port):
            if not socket_mode:
                slack.bot_url = f"http://{host}:{port}/slack/events"
            running = asyncio.create_task(surface.run())
            try:
                yield room
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                room.slow.set()
                await surface.close()
