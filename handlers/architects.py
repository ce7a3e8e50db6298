"""What the library does not answer goes to the architects, and their answer back to whoever asked: on either platform, from
either. An answer is a form that is sent, or words in the thread of the question's post."""

from __future__ import annotations

import hashlib

from bot.cards import questions as cards
from bot.cards.model import Card, Form, Reply, Silence
from bot.domain.announcements import Announcement, Json
from bot.domain.audit import Entry
from bot.domain.commands import LONGEST_QUESTION, Ask, AskArchitect, OpenReplyForm, Remark, ReplyToQuestion
from bot.domain.people import Account, Standing
from bot.errors import (
    AnswersInTheirRoom,
    EmptyAnswer,
    MembersAnswer,
    NoQuestionsRoom,
    NotYet,
    OutdatedButton,
    UnknownQuestion,
)
from bot.store.open_questions import OpenQuestion
from handlers.ask import answer
from handlers.desk import Desk
from knowledge.documents import Status

ASKED, ANSWERED = "architect_question", "architect_reply"  # topics
NEAR = 3


def ask(command: AskArchitect, desk: Desk) -> Card:
    """Posts a question where the architects are. Asked again while it is open it stays one question.

    Members and guests may ask; it is said when a guest does. Raises `NoQuestionsRoom`.
    """
    question = " ".join(command.question.split())[:LONGEST_QUESTION]
    if not desk.questions_room:
        raise NoQuestionsRoom
    if not question:
        raise OutdatedButton
    unit = desk.transaction
    near = _near(question, desk)  # before anybody waits for the lock
    unit.outbox.lock()
    asked, is_new = unit.questions.ask(command.by, question)
    if is_new:
        facts: dict[str, Json] = {
            "id": asked.id,
            "question": question,
            "name": command.by.name,
            "guest": command.by.standing is Standing.GUEST,
            "near": near,
        }
        unit.outbox.announce(Announcement(asked.subject, asked.subject, ASKED, facts), [desk.questions_room])
        unit.audit.add(Entry("question.asked", asked.subject, command.by, words={"question": question}))
    return cards.question_sent(question, before=not is_new)


def reply_form(command: OpenReplyForm, desk: Desk) -> Form:
    """A form to answer a question in. Raises `UnknownQuestion`, `MembersAnswer`, `AnswersInTheirRoom`."""
    asked = _found(command.question, command.by, desk)
    return cards.reply_form(str(asked.id), asked.question, _name(asked))


def reply(command: ReplyToQuestion, desk: Desk) -> Card:
    """Sends an answer from the form. Raises what `_found` raises, and `EmptyAnswer`."""
    asked = _found(command.question, command.by, desk)
    if not command.text.strip():
        raise EmptyAnswer
    _answer(asked, command.by, command.text, desk)
    return cards.reply_sent(_name(asked))


def remark(command: Remark, desk: Desk) -> Reply:
    """Words in a thread of ours. Below a question they answer it, unless they are the asker's own or a guest's; else
    they are a question to the library when they name the bot, and nothing to us when they do not.

    Raises `NotYet` while a question stands there of whose post we do not know yet which one it is.
    """
    unit = desk.transaction
    post = unit.outbox.at(command.by.here, command.post)
    if post is None and command.by.standing is Standing.MEMBER and unit.outbox.in_doubt(command.by.here, ASKED):
        raise NotYet(f"words came for a post in {command.by.here} that may be one of those in doubt")
    asked = unit.questions.get(str(post.facts.get("id"))) if post and post.topic == ASKED else None
    if asked and command.by.standing is Standing.MEMBER and not unit.people.same_human(command.by, asked.asker):
        if command.text.strip():
            _answer(asked, command.by, command.text, desk)
        return Silence()
    if command.addressed:
        return answer(Ask(command.by, command.text, for_all=True), desk)
    return Silence()


def _answer(asked: OpenQuestion, by: Account, text: str, desk: Desk) -> None:
    """Tells the asker, and says at the question that it is answered. The same words of the same person are told once."""
    unit = desk.transaction
    words = text.strip()[: cards.WORDS]
    unit.outbox.lock()
    digest = hashlib.sha256(f"{by}\0{words}".encode("utf-8", "replace")).hexdigest()[:16]
    key = f"reply:{asked.id}:{digest}"
    if unit.outbox.get(key) is not None:
        return
    unit.questions.answered(asked)
    name = by.name.strip() or cards.SOMEBODY
    told: dict[str, Json] = {"question": asked.question, "words": words, "by": name}
    unit.outbox.announce(Announcement(key, asked.subject, ANSWERED, told), [asked.room])
    if post := unit.outbox.get(asked.subject):
        before = post.facts.get("replies")
        replies = before if isinstance(before, int) else 0
        facts = {**post.facts, "answered_by": name, "answer": words, "replies": replies + 1}
        unit.outbox.announce(Announcement(asked.subject, asked.subject, ASKED, facts))
    unit.audit.add(Entry("question.answered", asked.subject, by, words={"answer": words}))


def _found(number: str, by: Account, desk: Desk) -> OpenQuestion:
    if by.standing is not Standing.MEMBER:
        raise MembersAnswer
    if not desk.questions_room or by.here != desk.questions_room:
        raise AnswersInTheirRoom
    asked = desk.transaction.questions.get(number)
    if asked is None:
        raise UnknownQuestion
    return asked


def _name(asked: OpenQuestion) -> str:
    return cards.named({"name": asked.asker.name})


def _near(question: str, desk: Desk) -> list[Json]:
    """The documents that are nearest, as plain facts."""
    return [
        {
            "id": citation.id,
            "title": citation.title,
            "url": citation.url,
            "status": "" if citation.status is Status.ACCEPTED else citation.status.value,
        }
        for citation in desk.library.ask(question).results[:NEAR]
    ]
