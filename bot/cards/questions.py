"""Questions that go to the architects, and what comes back: what the asker sees, what the architects see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.model import (
    BREAK,
    Block,
    Button,
    Card,
    Field,
    Form,
    Heading,
    Inlines,
    Items,
    Link,
    Note,
    Quote,
    Strong,
    Text,
)
from bot.cards.quoting import dotted
from bot.cards.text import clean_lines, shortened

SUMMARY, NAME, TITLE, QUESTION = 200, 60, 120, 200
WORDS = 3_000  # characters of an answer: what a form takes on either platform
SOMEBODY = "a colleague"

Told = Mapping[str, Any]


def question_sent(question: str, *, before: bool) -> Card:
    """That a question is with the architects: since now, or since `before`."""
    since = "is with the architects already" if before else "is with the architects now"
    said = shortened(question, QUESTION)
    blocks = (
        Text(("Your question ", since, ": ", Strong(f"“{said}”"))),
        Note(("The answer comes to you as a direct message, from me.",)),
    )
    return Card("question_sent", f"Your question {since}.", blocks)


def architect_question(facts: Told) -> Card:
    """A question for the architects: who asks, what the library has that is near, and, once there is one, the answer."""
    question, asker = str(facts["question"]), named(facts)
    blocks: list[Block] = [Quote(quoted(question), (f"Asked by {asker}",))]
    near = [_near(each) for each in facts.get("near") or ()]
    if near:
        blocks += [Heading("Nearest documents"), Items(tuple(near))]
    replies = int(facts.get("replies") or 0)
    if replies:
        several = f" ({replies} replies)" if replies > 1 else ""
        blocks += [
            Text(("Answered by ", Strong(shortened(str(facts["answered_by"]), NAME)), several)),
            Quote(quoted(str(facts["answer"]), 500)),
        ]
        if replies > 1:
            blocks.append(Note((f"This is the latest. All of them were sent to {asker}.",)))
    else:
        how = "Press Reply, or reply in this thread (mention me, where I do not read along)"
        blocks.append(Note((f"{how}: what you write goes to {asker} as a direct message.",)))
    summary = f"{asker} asks: {question}" if not replies else f"Answered: {question}"
    button = Button("Reply", "reply_form", str(facts["id"]), primary=not replies)
    return Card("architect_question", shortened(summary, SUMMARY), tuple(blocks), "A question", (button,))


def architect_reply(facts: Told) -> Card:
    """An answer, for whoever asked."""
    by, words = shortened(str(facts["by"]), NAME), str(facts["words"])
    blocks = (
        Text((Strong(by), " answers your question.")),
        Quote(quoted(words)),
        Note((f"You asked: “{shortened(str(facts['question']), QUESTION)}”",)),
    )
    return Card("architect_reply", shortened(f"{by} answers: {words}", SUMMARY), blocks)


def reply_form(number: str, question: str, asker: str) -> Form:
    """Where one answers a colleague's question."""
    return Form(
        name="reply_form",
        title="Answer a question",
        fields=(Field("text", "Answer", hint="It is sent in your name", lines=True, most=WORDS),),
        submit="Send",
        verb="reply_to_question",
        about=number,
        intro=(f"{asker} asks: ", Strong(f"“{shortened(question, QUESTION)}”")),
    )


def reply_sent(asker: str) -> Card:
    """A word for whoever answered."""
    sentence = f"Thank you. {asker} gets your answer as a direct message."
    return Card("reply_sent", sentence, (Text((sentence,)),))


def named(facts: Told) -> str:
    """The name of whoever asked, as their platform shows it."""
    name = shortened(" ".join(str(facts.get("name") or "").split()), NAME) or SOMEBODY
    return f"{name} (guest)" if facts.get("guest") else name


def quoted(words: str, most: int = WORDS) -> Inlines:
    """What a person wrote, line by line as they wrote it: never markup."""
    lines = [line for line in clean_lines(shortened(words, most)) if line.strip()]
    return tuple(part for line in lines for part in (BREAK, line))[1:] or ("",)


def _near(document: Told) -> Inlines:
    link = Link(str(document["id"]), str(document["url"]) if document.get("url") else None)
    return link, f" · {dotted(shortened(str(document['title']), TITLE), document.get('status'))}"
