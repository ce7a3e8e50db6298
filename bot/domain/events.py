"""What has happened, as values in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """A question was put to the library. Who asked is left out on purpose: owners learn what is asked, not by whom."""

    at: datetime
    platform: str
    question: str
    answered: bool
    confidence: float
    documents: tuple[str, ...]  # paths that were cited, best first
    unmatched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerRated:
    """Somebody said whether an answer helped. `voice` tells two voices apart and not whose they are."""

    at: datetime
    platform: str
    question: str
    helpful: bool
    documents: tuple[str, ...]
    voice: str


Event = QuestionAnswered | AnswerRated
