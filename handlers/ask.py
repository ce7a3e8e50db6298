"""Questions: an answer with its citations, or a page of results to choose from."""

from __future__ import annotations

from bot.cards import catalog
from bot.cards.model import Card, Results
from bot.domain.commands import Ask, Search
from bot.domain.events import QuestionAnswered
from handlers.desk import Desk


def answer(command: Ask, desk: Desk) -> Card:
    """The answer to a question, or an honest "no answer"."""
    found = desk.library.ask(command.question, command.kind)
    cited = [line.citation for line in found.answer] or found.results[:3]
    desk.happened(
        QuestionAnswered(
            at=desk.now(),
            platform=command.by.platform,
            question=command.question,
            answered=found.answered,
            confidence=found.confidence,
            documents=tuple(dict.fromkeys(citation.path for citation in cited)),
            unmatched=found.unmatched,
        )
    )
    return catalog.answer(found) if found.answered else catalog.no_answer(found)


def search(command: Search, desk: Desk) -> Results:
    """A page of documents to choose from; the answer itself comes first where there is one.

    Nothing is recorded: while somebody types, every few letters are a search.
    """
    found = None if command.skip or not command.text else desk.library.ask(command.text)
    hits = desk.library.search(command.text, skip=command.skip, count=command.count)
    return catalog.results(hits, found if found and found.answered else None)
