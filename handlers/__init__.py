"""What people can ask for: the whole product on one page. A command comes in, a card goes out.

A handler is synchronous and does no network. What it may use stands in `Desk`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import structlog

from bot.cards import catalog
from bot.cards.model import Reply
from bot.domain.commands import (
    Ask,
    AskArchitect,
    Command,
    Help,
    ListSubscriptions,
    More,
    OpenHome,
    OpenQuestionForm,
    OpenReplyForm,
    OpenSubscriptionForm,
    Preview,
    Rate,
    Remark,
    ReplyToQuestion,
    Search,
    SendAgain,
    Share,
    Show,
    Subscribe,
    Unsubscribe,
    Welcome,
)
from bot.domain.exception_commands import (
    GoAway,
    ListExceptions,
    OpenExceptionForm,
    OpenExceptionStep,
    RequestException,
    ShowException,
    Suggest,
    TakeExceptionStep,
)
from bot.domain.exception_deadlines import TOPIC as OF_EXCEPTIONS
from bot.domain.incident_commands import (
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
    OpenObligationForm,
    ShowObligation,
    TransferObligation,
)
from bot.domain.obligation_steps import TOPIC as OF_OBLIGATIONS
from bot.domain.people import Standing
from bot.domain.review_commands import (
    ListReviews,
    OpenReviewForm,
    OpenReviewStep,
    RequestReview,
    ShowReview,
    TakeReviewStep,
)
from bot.domain.review_deadlines import BOARD as OF_BOARDS
from bot.domain.review_deadlines import TOPIC as OF_REVIEWS
from bot.domain.timers import Timer
from bot.errors import NotYet, Outsider, Refusal
from handlers import (
    absences,
    announcements,
    architects,
    ask,
    exception_dues,
    exception_requests,
    exception_steps,
    incident_dues,
    incident_reports,
    incident_steps,
    incident_telling,
    incidents,
    library,
    obligation_dues,
    obligation_steps,
    operations,
    review_boards,
    review_dues,
    review_steps,
    reviews,
    subscriptions,
)
from handlers import help as help_
from handlers.desk import Desk

HANDLERS: Mapping[type[Command], Callable[[Any, Desk], Reply]] = MappingProxyType(
    {
        Ask: ask.answer,
        More: ask.more,
        Share: ask.share,
        Rate: ask.rate,
        OpenQuestionForm: ask.question_form,
        Search: ask.search,
        Show: library.show,
        Preview: library.preview,
        OpenHome: library.home,
        Welcome: library.welcome,
        Help: help_.show_help,
        Subscribe: subscriptions.subscribe,
        Unsubscribe: subscriptions.unsubscribe,
        ListSubscriptions: subscriptions.listed,
        OpenSubscriptionForm: subscriptions.form,
        AskArchitect: architects.ask,
        OpenReplyForm: architects.reply_form,
        ReplyToQuestion: architects.reply,
        Remark: architects.remark,
        SendAgain: operations.send_again,
        OpenExceptionForm: exception_requests.form,
        RequestException: exception_requests.request,
        OpenExceptionStep: exception_steps.form,
        TakeExceptionStep: exception_steps.take,
        ShowException: exception_requests.show,
        ListExceptions: exception_requests.register,
        GoAway: absences.go_away,
        Suggest: exception_requests.suggest,
        ListObligations: obligation_steps.listed,
        ShowObligation: obligation_steps.show,
        OpenObligationForm: obligation_steps.form,
        MeetObligation: obligation_steps.meet,
        TransferObligation: obligation_steps.transfer,
        OpenReviewForm: reviews.form,
        RequestReview: reviews.request,
        OpenReviewStep: review_steps.form,
        TakeReviewStep: review_steps.take,
        ShowReview: reviews.show,
        ListReviews: reviews.listed,
        OpenIncidentForm: incidents.form,
        OpenIncident: incidents.open_,
        OpenIncidentStep: incident_steps.form,
        TakeIncidentStep: incident_steps.take,
        ShowIncident: incidents.show,
        ShowTimeline: incidents.timeline,
        ReportIncident: incident_reports.report,
    }
)

# What falls due, by the topic of its timer.
DUE: Mapping[str, Callable[[Timer, Desk], None]] = MappingProxyType(
    {
        "let_go": announcements.let_go,
        "review_overdue": announcements.review_overdue,
        OF_EXCEPTIONS: exception_dues.fall_due,
        OF_OBLIGATIONS: obligation_dues.fall_due,
        OF_REVIEWS: review_dues.fall_due,
        OF_BOARDS: review_boards.fall_due,
        incident_telling.TOPIC: incident_dues.fall_due,
    }
)

log = structlog.stdlib.get_logger(__name__)


def handle(command: Command, desk: Desk) -> Reply:
    """The card for a command. A refusal becomes its sentence; a fault is logged, and its reference is shown.

    What a refused or failed command has written is taken back. `NotYet` and a fault of the database itself are raised:
    the whole transaction has to be done again.
    """
    try:
        if command.by.standing is Standing.STRANGER:
            return catalog.refusal(Outsider().sentence)
        with desk.attempt():
            return HANDLERS[type(command)](command, desk)
    except Refusal as refusal:
        return catalog.refusal(refusal.sentence)
    except NotYet:
        raise
    except Exception as fault:  # the last place where a fault can become a sentence with a reference
        if desk.store is not None and desk.store.is_lost(fault):
            raise
        reference = secrets.token_hex(4)
        log.exception("a command failed", command=type(command).__name__, reference=reference)
        return catalog.fault(reference)


def fall_due(timer: Timer, desk: Desk) -> None:
    """Does what a timer is for. Raises what its effect raises; `LookupError` for a topic of another version."""
    DUE[timer.topic](timer, desk)
