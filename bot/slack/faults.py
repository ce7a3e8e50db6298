"""A fault of ours → a sentence with a reference that stands in the log too."""

from __future__ import annotations

import secrets

import structlog

from bot.cards import catalog
from bot.cards.model import Card
from bot.errors import Refusal

log = structlog.stdlib.get_logger(__name__)


def told(fault: Exception, what: str) -> Card:
    """Logs a fault in `what` (a kind of delivery, never its content), and gives the card that names its reference.

    A refusal is no fault, and is its own sentence.
    """
    if isinstance(fault, Refusal):
        return catalog.refusal(fault.sentence)
    reference = secrets.token_hex(4)
    log.error("a Slack delivery failed", kind=what, reference=reference, exc_info=fault)
    return catalog.fault(reference)
