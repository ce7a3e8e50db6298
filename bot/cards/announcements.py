"""What is said unasked: for each topic the card that its facts make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.cards import (
    exception_news,
    exceptions,
    incidents,
    library_news,
    obligations,
    operations,
    questions,
    review_agenda,
    reviews,
)
from bot.cards.model import Card
from bot.domain.announcements import Announcement, Json

Facts = Mapping[str, Json]

SAY: Mapping[str, Callable[[Facts], Card]] = MappingProxyType(
    {
        "document": library_news.document,
        "documents": library_news.documents,
        "digest": library_news.digest,
        "review_overdue": library_news.review_overdue,
        "reviews_overdue": library_news.reviews_overdue,
        "unreadable": library_news.unreadable,
        "unreadable_files": library_news.unreadable_files,
        "architect_question": questions.architect_question,
        "architect_reply": questions.architect_reply,
        "exception_review": exceptions.review_card,
        "exception_asked": exceptions.asked_card,
        "exception_told": exception_news.told_card,
        "exception_reminder": exception_news.reminder_card,
        "exception_expiry": exception_news.expiry_card,
        "exception_condition": exception_news.condition_card,
        "exception_reworded": exception_news.reworded_card,
        "exceptions_of_superseded": exception_news.superseded_card,
        "incident_bridge": incidents.bridge_card,
        "incident_told": incidents.told_card,
        "incident_decision": incidents.decision_card,
        "obligation": obligations.owner_card,
        "obligation_told": obligations.told_card,
        "review_card": reviews.review_card,
        "review_asked": reviews.asked_card,
        "review_told": reviews.told_card,
        "review_reminder": reviews.reminder_card,
        "review_agenda": review_agenda.agenda_card,
        "undeliverable": operations.undeliverable,
        "delivery_aside": operations.delivery_aside,
        "governance_faulty": operations.governance_faulty,
        "link_refused": operations.link_refused,
    }
)


def card_of(announcement: Announcement) -> Card:
    """The card of an announcement, as its facts are now. Raises `LookupError` for a topic of another version."""
    return SAY[announcement.topic](announcement.facts)
