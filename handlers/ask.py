"""Questions: an answer with its citations, all of it, shared, rated; or a page of results to choose from."""

from __future__ import annotations

import hashlib

from bot.cards import catalog
from bot.cards.model import Card, Form, Results
from bot.domain.commands import Ask, More, OpenQuestionForm, Rate, Search, Share
from bot.domain.events import AnswerRated, QuestionAnswered
from bot.errors import NoRoomToShare
from handlers.desk import Desk
from knowledge.documents import Answer


def answer(command: Ask, desk: Desk) -> Card:
    """The answer to a question, or an honest "no answer"."""
    found = desk.library.ask(command.question, command.kind)
    desk.happened(
        QuestionAnswered(
            at=desk.now(),
            platform=command.by.platform,
            question=command.question,
            answered=found.answered,
            confidence=found.confidence,
            documents=_cited(found),
            unmatched=found.unmatched,
        )
    )
    architects = bool(desk.questions_room)
    if not found.answered:
        return catalog.no_answer(found, architects=architects)
    standing = desk.standing_for(command.by)
    return catalog.answer(found, for_all=command.for_all, architects=architects, standing=standing)


def more(command: More, desk: Desk) -> Card:
    """All of the answer, where its short form was."""
    found = desk.library.ask(command.question)
    architects, standing = bool(desk.questions_room), desk.standing_for(command.by)
    return catalog.whole_answer(found, for_all=command.for_all, architects=architects, standing=standing)


def share(command: Share, desk: Desk) -> Card | Form:
    """The answer for a room, saying who shared it; a form to choose the room where there is more than the present one.

    Raises `NoRoomToShare` when somebody is alone with the bot and it knows no room of theirs.
    """
    if not command.by.room and not command.room:
        if not command.rooms:
            raise NoRoomToShare
        return catalog.share_form(command.question, command.rooms)
    found = desk.library.ask(command.question)
    architects, standing = bool(desk.questions_room), desk.standing_for(command.by)
    return catalog.shared_answer(found, command.by, architects=architects, standing=standing)


def rate(command: Rate, desk: Desk) -> Card:
    """Counts a voice for or against an answer, and says thanks."""
    found = desk.library.ask(command.question)
    voice = hashlib.sha256(f"{command.by}\0{command.question}".encode()).hexdigest()
    desk.happened(AnswerRated(desk.now(), command.by.platform, command.question, command.helpful, _cited(found), voice))
    return catalog.thanks(helpful=command.helpful)


def question_form(command: OpenQuestionForm, desk: Desk) -> Form:  # noqa: ARG001  # every handler takes both
    """A form to ask in."""
    return catalog.question_form(command.text)


def search(command: Search, desk: Desk) -> Results:
    """A page of documents to choose from; the answer itself comes first where there is one.

    Nothing is recorded: while somebody types, every few letters are a search.
    """
    page = (command.kind, command.skip, command.count)
    if command.skip or not command.text.strip():
        return catalog.results(desk.library.search(command.text, *page, accepted_only=command.accepted_only))
    found, hits = desk.library.look(command.text, *page, accepted_only=command.accepted_only)
    return catalog.results(hits, found if found.answered else None)


def _cited(found: Answer) -> tuple[str, ...]:
    """The paths of the documents that an answer rests on, else of the nearest ones."""
    cited = [line.citation for line in found.answer] or found.results[:3]
    return tuple(dict.fromkeys(citation.path for citation in cited))
