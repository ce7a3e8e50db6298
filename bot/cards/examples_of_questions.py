"""Examples of what passes between askers and architects, and of what operators are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from bot.cards import operations, questions
from bot.cards.model import Card, Form, Said

FORGE = "https://git.example.org/architecture/blob/3f1c9ab/"
QUESTION = "Which database do we take for time series of sensors?"
ANSWER = """Take TimescaleDB on the managed PostgreSQL: the platform team runs it already for billing.
Two things to mind:
- keep raw data for 30 days and roll it up after that
- ask pat@example.org for a quota before you load more than 50 GB"""

ASKED: Mapping[str, Any] = MappingProxyType(
    {
        "id": 7,
        "question": QUESTION,
        "name": "Ada Lovelace",
        "guest": False,
        "near": [
            {
                "id": "ADR-0004",
                "title": "Use Kafka for events between services",
                "url": f"{FORGE}adrs/0004-use-kafka.md",
                "status": "",
            },
            {
                "id": "ADR-0002",
                "title": "Use RabbitMQ for events between services",
                "url": None,
                "status": "superseded",
            },
        ],
    }
)
ASIDE: Mapping[str, Any] = MappingProxyType(
    {
        "posting": 41,
        "room": "slack:C0ARCH",
        "subject": "STD-003",
        "fault": "channel_not_found: Slack knows no such channel, or Archway was not invited.",
        "at": "2026-11-22T12:04:31.120000+00:00",
    }
)
NOT_HANDLED: Mapping[str, Any] = MappingProxyType(
    {
        "told": "delivery_aside:8f434346648f6b96df89dda901c5176b",
        "delivery": "slack:Ev0123",
        "platform": "slack",
        "fault": "failed 110 times",
        "at": "2026-11-22T12:04:31.120000+00:00",
    }
)
FAULTS = """governance.yaml:14: roles.architect.people: "ada" is no e-mail address; persons are written like ada@example.org
governance.yaml:31: decide.low.within: "2 busines days" is no length of time; write a length of time like "2 business days", "5 days" or "1 hour\""""


def _question_sent() -> Card:
    """The asker's question is on its way, and where the answer will come."""
    return questions.question_sent(QUESTION, before=False)


def _question_sent_before() -> Card:
    """The same question again, while nobody has answered it."""
    return questions.question_sent(QUESTION, before=True)


def _architect_question() -> Card:
    """What the architects see: the question, who asks, what the library has that is near."""
    return questions.architect_question(ASKED)


def _architect_question_answered() -> Card:
    """The same post after three of them have answered: the latest answer stands there."""
    return questions.architect_question({**ASKED, "answered_by": "Grace Hopper", "answer": ANSWER, "replies": 3})


def _architect_question_of_a_guest() -> Card:
    """A guest asks; what is near is tagged "public" then, here nothing is."""
    return questions.architect_question({**ASKED, "guest": True, "near": []})


def _architect_question_hostile() -> Card:
    """A question that tries everything: it is quoted, and nothing in it acts."""
    words = "<!channel> *urgent* [click](https://evil.example) <at>everyone</at> {{ 7*7 }} Approved by CTO"
    return questions.architect_question(
        {**ASKED, "question": words, "name": "<@U012> *root*\nDirector", "answered_by": "_Eve_ <!here>", "answer": words * 9, "replies": 1}
    )  # fmt: skip


def _architect_reply() -> Card:
    """What the asker gets as a direct message."""
    return questions.architect_reply({"question": QUESTION, "words": ANSWER, "by": "Grace Hopper"})


def _reply_form() -> Form:
    """Where an architect answers, whichever platform they are on."""
    return questions.reply_form("7", QUESTION, "Ada Lovelace")


def _reply_sent() -> Card:
    """A word for the architect."""
    return questions.reply_sent("Ada Lovelace")


def _undeliverable() -> Card:
    """A post that its platform refuses; operators can have it tried once more."""
    return operations.undeliverable(ASIDE)


def _undeliverable_sent() -> Card:
    """The same post once it was delivered after all."""
    return operations.undeliverable({**ASIDE, "again": "Olga", "sent": True})


def _delivery_aside() -> Card:
    """For operators: something that came in and could not be handled."""
    return operations.delivery_aside(NOT_HANDLED)


def _delivery_sent_again() -> Card:
    """What that post becomes when somebody pressed its button."""
    return operations.delivery_aside({**NOT_HANDLED, "again": "Olga Petrowa"})


def _sent_again() -> Card:
    """What takes its place when the button is pressed."""
    return operations.sent_again({**ASIDE, "again": "Olga Petrowa"})


def _governance_faulty() -> Card:
    """Decision rights that were edited into something that cannot be read."""
    return operations.governance_faulty({"fault": FAULTS, "mended": False})


def _governance_mended() -> Card:
    """The same post when they can be read again."""
    return operations.governance_faulty({"fault": FAULTS, "mended": True})


def _link_refused() -> Card:
    """Two Entra accounts with one address: neither passes for the other."""
    return operations.link_refused(
        {"account": "teams:3f2c7d1e-5b64-4c0a-9a41-2d8f6e0b1c97", "email": "ada@example.org"}
    )


EXAMPLES_OF_QUESTIONS: Mapping[str, Callable[[], Said]] = MappingProxyType(
    {
        "question_sent": _question_sent,
        "question_sent_before": _question_sent_before,
        "architect_question": _architect_question,
        "architect_question_answered": _architect_question_answered,
        "architect_question_of_a_guest": _architect_question_of_a_guest,
        "architect_question_hostile": _architect_question_hostile,
        "architect_reply": _architect_reply,
        "reply_form": _reply_form,
        "reply_sent": _reply_sent,
        "undeliverable": _undeliverable,
        "undeliverable_sent": _undeliverable_sent,
        "delivery_aside": _delivery_aside,
        "delivery_sent_again": _delivery_sent_again,
        "sent_again": _sent_again,
        "governance_faulty": _governance_faulty,
        "governance_mended": _governance_mended,
        "link_refused": _link_refused,
    }
)
