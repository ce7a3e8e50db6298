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
    Command,
    Help,
    More,
    OpenHome,
    OpenQuestionForm,
    Preview,
    Rate,
    Search,
    Share,
    Show,
    Welcome,
)
from bot.domain.people import Standing
from bot.errors import Outsider, Refusal
from handlers import ask, library
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
    }
)

log = structlog.stdlib.get_logger(__name__)


def handle(command: Command, desk: Desk) -> Reply:
    """The card for a command. A refusal becomes its sentence; a fault is logged, and its reference is shown."""
    try:
        if command.by.standing is Standing.STRANGER:
            return catalog.refusal(Outsider().sentence)
        return HANDLERS[type(command)](command, desk)
    except Refusal as refusal:
        return catalog.refusal(refusal.sentence)
    except Exception:  # the last place where a fault can become a sentence with a reference
        reference = secrets.token_hex(4)
        log.exception("a command failed", command=type(command).__name__, reference=reference)
        return catalog.fault(reference)
