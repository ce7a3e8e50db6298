"""What people can wish for, and how a typed line or a pressed button becomes such a wish.

A command is a frozen value in the imperative. Whoever adds a verb adds its value and one branch of `understand` (what
is typed) or of `pressed` (what a button carries).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.domain import exception_commands, incident_commands, obligation_commands, review_commands, subscriptions
from bot.domain.exception_commands import (
    ExceptionCommand,
    GoAway,
    ListExceptions,
    OpenExceptionForm,
    OpenExceptionStep,
    RequestException,
    ShowException,
    TakeExceptionStep,
)
from bot.domain.incident_commands import (
    IncidentCommand,
    OpenIncident,
    OpenIncidentForm,
    OpenIncidentStep,
    ShowIncident,
    ShowTimeline,
    TakeIncidentStep,
)
from bot.domain.incident_reports import ReportIncident
from bot.domain.obligation_commands import (
    ListObligations,
    MeetObligation,
    ObligationCommand,
    OpenObligationForm,
    ShowObligation,
    TransferObligation,
)
from bot.domain.people import Account
from bot.domain.review_commands import (
    ListReviews,
    OpenReviewForm,
    OpenReviewStep,
    RequestReview,
    ReviewCommand,
    ShowReview,
    TakeReviewStep,
)
from bot.errors import OutdatedButton

LONGEST_QUESTION = 1_000  # characters that a button carries: platforms allow 2,000 bytes and more


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the library."""

    by: Account
    question: str
    kind: str | None = None  # only documents of this kind
    for_all: bool = False  # the answer is seen by everybody in the room, not by the asker alone


@dataclass(frozen=True, slots=True)
class More:
    """All of an answer, in the place of its short form."""

    by: Account
    question: str
    for_all: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """Whether an answer helped."""

    by: Account
    question: str
    helpful: bool


@dataclass(frozen=True, slots=True)
class Share:
    """An answer that its asker alone has seen, to be shown to a room: the present one, or `room`.

    `rooms` are those to choose from (id and name), as the platform says at this moment that the person is in them.
    """

    by: Account
    question: str
    room: str = ""
    rooms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenQuestionForm:
    """A form to ask in, with words already in it or none."""

    by: Account
    text: str = ""


@dataclass(frozen=True, slots=True)
class Show:
    """One document or clause, by its id or path."""

    by: Account
    id: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a link to one of our documents leads to; nothing when it leads elsewhere."""

    by: Account
    url: str


@dataclass(frozen=True, slots=True)
class Help:
    """What can be typed."""

    by: Account


@dataclass(frozen=True, slots=True)
class Welcome:
    """A first word where the bot has just been added."""

    by: Account


@dataclass(frozen=True, slots=True)
class OpenHome:
    """What somebody sees who opens the app: how to ask, what is new in the library."""

    by: Account


@dataclass(frozen=True, slots=True)
class Search:
    """A page of results to choose from, as one types; an empty `text` asks for a first look around."""

    by: Account
    text: str
    skip: int = 0
    count: int = 25
    kind: str | None = None
    accepted_only: bool = False  # leaves drafts and what is superseded out


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The room in which somebody speaks is to hear of something; `words` as they are typed after the verb."""

    by: Account
    words: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """It is to hear of that no longer; of nothing when `words` is "all"."""

    by: Account
    words: str


@dataclass(frozen=True, slots=True)
class ListSubscriptions:
    """What the room hears of."""

    by: Account


@dataclass(frozen=True, slots=True)
class OpenSubscriptionForm:
    """A form to choose what the room hears of."""

    by: Account


@dataclass(frozen=True, slots=True)
class AskArchitect:
    """A question that the library does not answer, for the room where architects are."""

    by: Account
    question: str


@dataclass(frozen=True, slots=True)
class OpenReplyForm:
    """A form to answer a colleague's question in; `question` is its number."""

    by: Account
    question: str


@dataclass(frozen=True, slots=True)
class ReplyToQuestion:
    """An answer to a colleague's question, written in the form."""

    by: Account
    question: str
    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Words in a thread that began with a post of ours, in a room where such words can be meant for us. `post` is the
    platform's id of that post. `addressed`: they name the bot, and are a question to it where they are nothing else."""

    by: Account
    post: str
    text: str
    addressed: bool = False


@dataclass(frozen=True, slots=True)
class SendAgain:
    """What could not be posted is to be tried once more; `posting` is its number."""

    by: Account
    posting: str


Command = (
    Ask
    | More
    | Rate
    | Share
    | OpenQuestionForm
    | Show
    | Preview
    | Help
    | Welcome
    | OpenHome
    | Search
    | Subscribe
    | Unsubscribe
    | ListSubscriptions
    | OpenSubscriptionForm
    | AskArchitect
    | OpenReplyForm
    | ReplyToQuestion
    | Remark
    | SendAgain
    | ExceptionCommand
    | ObligationCommand
    | ReviewCommand
    | IncidentCommand
)

# What changes something is recorded before it is acknowledged, and handled in one transaction.
CHANGES: tuple[type[Command], ...] = (
    Subscribe,
    Unsubscribe,
    AskArchitect,
    ReplyToQuestion,
    Remark,
    SendAgain,
    RequestException,
    TakeExceptionStep,
    GoAway,
    MeetObligation,
    TransferObligation,
    RequestReview,
    TakeReviewStep,
    OpenIncident,
    TakeIncidentStep,
    ReportIncident,
)
# What looks at what is remembered is handled in a transaction too, and changes nothing.
LOOKS: tuple[type[Command], ...] = (
    ListSubscriptions,
    OpenReplyForm,
    OpenExceptionForm,
    OpenExceptionStep,
    ShowException,
    ListExceptions,
    ListObligations,
    ShowObligation,
    OpenObligationForm,
    OpenReviewForm,
    OpenReviewStep,
    ShowReview,
    ListReviews,
    OpenIncidentForm,
    OpenIncidentStep,
    ShowIncident,
    ShowTimeline,
)

# The member in which somebody else is named as it was typed: a platform tells whom they mean where they are mentioned.
NAMED: Mapping[type[Command], str] = MappingProxyType({GoAway: "delegate", TransferObligation: "to"})


def named_in(command: Command) -> str:
    """The words with which a command names somebody else; "" where it names nobody."""
    return str(getattr(command, NAMED[type(command)])) if type(command) in NAMED else ""


def naming(command: Command, account: str) -> Command:
    """The same command with whom it names as an account: "teams:29:…"."""
    return replace(command, **{NAMED[type(command)]: account})  # type: ignore[arg-type]  # which of them it is, NAMED says


def changes(command: Command) -> bool:
    """Whether a command changes what is remembered. `by` plays no part: it can be told before it is known who that is."""
    return isinstance(command, CHANGES)


def understand(text: str, by: Account, knows: Callable[[str], bool], *, for_all: bool = False) -> Command:
    """The wish in a typed line.

    A verb counts only when the rest parses (`knows` tells whether an id exists); else the whole line is a question.
    An empty line and "help" ask for help.
    """
    words = text.encode("utf-8", "replace").decode().replace("\0", " ").split()  # lone surrogates and NUL are no words
    verb = words[0].lower() if words else "help"
    if verb in ("help", "?") and len(words) < 2:
        return Help(by)
    if verb == "show" and len(words) == 2 and knows(words[1]):
        return Show(by, words[1])
    rest = " ".join(words[1:])
    if wish := _subscribing(verb, rest, by) or exception_commands.typed(verb, rest, by, knows):
        return wish
    if owed := obligation_commands.typed(verb, rest, by):
        return owed
    if reviewed := review_commands.typed(verb, rest, by, knows):
        return reviewed
    if told := incident_commands.typed(verb, rest, by, knows):
        return told
    return Ask(by, " ".join(words), for_all=for_all)


def _subscribing(verb: str, rest: str, by: Account) -> Command | None:
    """The wish to hear of something, or of something no longer."""
    if verb in ("subscriptions", "unsubscribe") and not rest:  # each in the list has a button that stops it
        return ListSubscriptions(by)
    if verb == "subscribe" and not rest:
        return OpenSubscriptionForm(by)
    if verb == "subscribe" and subscriptions.is_meant(rest):
        return Subscribe(by, rest)
    if verb == "unsubscribe" and subscriptions.is_meant(rest):
        return Unsubscribe(by, rest)
    return None


def pressed(verb: str, about: str, by: Account, values: Mapping[str, str] | None = None) -> Command:
    """The wish of a pressed button or a submitted form: its `verb`, what it is `about`, and the form's fields by name.

    Raises `OutdatedButton` for a verb that is not (or no longer) known.
    """
    fields = values or {}
    match verb:
        case "ask":
            return Ask(by, " ".join((fields.get("question") or about).split()))
        case "ask_form":
            return OpenQuestionForm(by, about)
        case "more" | "more_for_all":
            return More(by, about, for_all=verb == "more_for_all")
        case "helpful" | "not_helpful":
            return Rate(by, about, helpful=verb == "helpful")
        case "share":
            return Share(by, about, fields.get("room", ""))
        case "show":
            return Show(by, about)
        case "subscribe_form":
            return OpenSubscriptionForm(by)
        case "subscribe":
            return Subscribe(by, subscriptions.filled_in(fields) if fields else about)
        case "unsubscribe":
            return Unsubscribe(by, about)
        case "subscriptions":
            return ListSubscriptions(by)
    return _pressed_among_people(verb, about, by, fields)


def _pressed_among_people(verb: str, about: str, by: Account, fields: Mapping[str, str]) -> Command:
    """The wish of a button that has to do with architects or operators."""
    match verb:
        case "ask_architect":
            return AskArchitect(by, about)
        case "reply_form":
            return OpenReplyForm(by, about)
        case "reply_to_question":
            return ReplyToQuestion(by, about, fields.get("text", ""))
        case "send_again":
            return SendAgain(by, about)
    if wish := exception_commands.pressed(verb, about, by, fields):
        return wish
    if owed := obligation_commands.pressed(verb, about, by, fields):
        return owed
    if reviewed := review_commands.pressed(verb, about, by, fields):
        return reviewed
    if told := incident_commands.pressed(verb, about, by, fields):
        return told
    raise OutdatedButton
