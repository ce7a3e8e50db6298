"""Every card and form that the bot can show. Each has an example in `examples.EXAMPLES`; values in, cards out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.cards.describing import (
    count,
    demands,
    exceptions,
    identity,
    known,
    outline,
    present,
    status,
    ties,
    warnings,
    words_of,
)
from bot.cards.exception_forms import REQUEST
from bot.cards.model import (
    BREAK,
    Block,
    Button,
    Card,
    Caution,
    Choice,
    Field,
    Form,
    Heading,
    Inlines,
    Items,
    Link,
    Literal,
    Note,
    Place,
    Quote,
    Result,
    Results,
    Strong,
    Text,
    inlines,
)
from bot.cards.quoting import QUOTE, bare, card_source, kind_word, marked, named, preview, quotes
from bot.cards.text import shortened
from bot.domain.commands import LONGEST_QUESTION
from bot.domain.exception_register import Counts as Exceptions
from bot.domain.people import Account
from knowledge.documents import Answer, Citation, Clause, Counts, Document, Kind, Line, Shown

Against = Mapping[str, Exceptions] | None  # of clauses and documents, by their ids; None where nobody can ask for one

QUOTES = 5  # a handful: what one reads on a phone without scrolling twice
ALSO = 3
NOTE = 300
QUESTION = 200
SUMMARY = 200
NAME = 60
EVERYTHING = 100  # lines or documents: all that an answer can have
LONGEST_QUOTE = 2_000

ASK_ARCHITECT = "Ask an architect"
# Short enough for a button on a phone; the starter folder answers them, and most folders of standards do.
TRY = ("Do buckets have to be encrypted?", "How often are secrets rotated?", "Which tags must a resource have?")


def answer(found: Answer, *, for_all: bool = False, architects: bool = False, standing: Against = None) -> Card:
    """What the library says, the quoted words first. `for_all`: everybody in the room sees it already. `architects`:
    there is a room where they can be asked. `standing`: waivers and open requests, by what they are against, where one can be
    asked for."""
    if not found.answer:
        return no_answer(found, architects=architects)
    buttons = _answer_buttons(found, standing, more=_has_more(found), share=not for_all, architects=architects)
    return _answer("answer", found, standing, buttons=buttons)


def whole_answer(found: Answer, *, for_all: bool = False, architects: bool = False, standing: Against = None) -> Card:
    """All that the library says, in the place of its short form."""
    if not found.answer:
        return replace(no_answer(found, architects=architects), place=Place.INSTEAD)
    buttons = _answer_buttons(found, standing, more=False, share=not for_all, architects=architects)
    return _answer(
        "whole_answer", found, standing, quoted=EVERYTHING, also=EVERYTHING, buttons=buttons, place=Place.INSTEAD
    )


def shared_answer(found: Answer, by: Account, *, architects: bool = False, standing: Against = None) -> Card:
    """What the library says, for everybody in a room, and who thought that they should see it."""
    buttons = _answer_buttons(found, standing, more=_has_more(found), share=False, architects=architects)
    shown = _answer("shared_answer", found, standing, buttons=buttons) if found.answer else None
    card = shown or no_answer(found, architects=architects)
    shared = Note((f"Shared by {shortened(by.name.strip(), NAME) or 'a colleague'}",))
    return replace(card, blocks=(*card.blocks, shared), place=Place.ROOM)


def share_form(question: str, rooms: Sequence[tuple[str, str]]) -> Form:
    """In which room an answer is to be shown; `rooms` are ids and names."""
    return Form(
        name="share_form",
        title="Share in channel",
        fields=(
            Field("room", "Channel", hint="Choose a channel", choices=tuple(Choice(name, id_) for id_, name in rooms)),
        ),
        submit="Share",
        verb="share",
        about=question,
        intro=("Everybody there will see the answer to ", Strong(f"“{shortened(question, QUESTION)}”"), "."),
    )


def question_form(text: str = "") -> Form:
    """Where one asks, with words already in it or none."""
    question = Field("question", "Question", text, hint=f"For example: {TRY[0]}", lines=True, most=LONGEST_QUESTION)
    return Form("question_form", "Ask the standards", (question,), submit="Ask", verb="ask")


def thanks(*, helpful: bool) -> Card:
    """A word for whoever rated an answer."""
    if helpful:
        sentence = "Thank you. The owners of the quoted documents see that they helped, and not whom."
    else:
        sentence = "Thank you. The owners of the quoted documents see that this did not help, and not who said so. Other words may find more."
    return Card("thanks", sentence, (Text((sentence,)),))


def no_answer(found: Answer, *, architects: bool = False) -> Card:
    """The honest word that nothing here answers, with the nearest documents as what they are. `architects`: there is a
    room where they can be asked."""
    question = shortened(found.question, QUESTION)
    blocks: list[Block] = [Text(("Nothing here answers ", Strong(f"“{question}”"), "."))]
    if found.unmatched:
        blocks.append(Text(("No document mentions ", *_listed(found.unmatched), ".")))
    if found.did_you_mean:
        blocks.append(Text(("Did you mean ", Strong(f"“{shortened(found.did_you_mean, QUESTION)}”"), "?")))
    if found.results:
        near = tuple(named(citation) for citation in found.results[:ALSO])
        blocks += [Heading("Nearest documents"), Items(near)]
        blocks.append(
            Note(
                ("They share words with the question; they do not answer it. Try other words, or show one by its id.",)
            )
        )
    else:
        blocks.append(Note(("Try other words, or the name that the standard itself uses.",)))
    buttons: tuple[Button, ...] = ()
    if found.did_you_mean and len(found.did_you_mean) <= LONGEST_QUESTION:
        buttons = (Button(f"Ask “{shortened(found.did_you_mean, 40)}”", "ask", found.did_you_mean, primary=True),)
    if architects and found.question and len(found.question) <= LONGEST_QUESTION:
        buttons = (*buttons, Button(ASK_ARCHITECT, "ask_architect", found.question, primary=not buttons))
    return Card("no_answer", f"Nothing here answers “{question}”.", tuple(blocks), buttons=buttons)


def shown(what: Shown, standing: Against = None) -> Card:
    """A document or one of its clauses, with its links both ways. `standing` as in `answer`."""
    return shown_clause(what, what.clause, standing) if what.clause else shown_document(what, standing)


def shown_document(what: Shown, standing: Against = None) -> Card:
    """A document: what it is, who answers for it, what it demands, what it is tied to."""
    document = what.document
    blocks: list[Block] = [*warnings(what)]
    against = (document.id, *(clause.id for clause in document.clauses))
    blocks += known([*identity(what), ("Exceptions", exceptions(against, standing))])
    if document.clauses:
        blocks += [Heading(count(len(document.clauses), "clause")), demands(document.clauses)]
    else:
        blocks += outline(document)
    blocks += known(ties(what))
    summary = f"{document.id}: {document.title} ({kind_word(document.kind)}, {document.status})"
    newer = tuple(Button(f"Show {shortened(one.id, 40)}", "show", one.path) for one in what.superseded_by[:1])
    buttons = (*newer, *_request_button(document, document.id, standing))
    return Card("shown_document", shortened(summary, SUMMARY), tuple(blocks), title=document.title, buttons=buttons)


def whole_document(what: Shown) -> Card:
    """A document word for word, for a terminal: a chat has no room for it, and links to it."""
    document = what.document
    blocks: list[Block] = [*warnings(what), *known([*identity(what), *ties(what)])]
    for passage in document.passages:
        if passage.heading and passage.heading != document.title:
            blocks.append(Heading(passage.heading))
        blocks += words_of(passage)
    summary = f"{document.id}: {document.title}"
    return Card("whole_document", shortened(summary, SUMMARY), tuple(blocks), title=document.title)


def shown_clause(what: Shown, clause: Clause, standing: Against = None) -> Card:
    """One clause: its exact text, how strong it is, where it stands and who answers for it."""
    document, heading = what.document, what.citation.heading
    facts: list[tuple[str, Inlines]] = [
        ("Level", (Strong(clause.level.value),)),
        ("Where", inlines(Link(document.title, what.citation.url), f" › {heading}" if heading else None)),
        ("Status", status(document)),
        ("Owner", present(document.owner)),
        ("Reviewed", present(document.reviewed)),
        ("Controls", present(", ".join(document.controls))),
        ("Exceptions", exceptions((clause.id, document.id), standing)),
    ]
    blocks = (Quote(marked(clause.text, clause.level)), *warnings(what), *known(facts))
    buttons = _request_button(document, clause.id, standing)
    summary = shortened(f"{clause.id}: {clause.text}", SUMMARY)
    return Card("shown_clause", summary, blocks, title=clause.id, buttons=buttons)


def cited(what: Citation, excerpt: str = "") -> Card:
    """One document that a search found, to be put into a conversation; `excerpt` is what it says, in its own words."""
    source = card_source(what)
    over = (Caution((f"This {kind_word(what.kind)} is {what.status}.",)),) if what.status.is_over else ()
    said = Quote(marked(shortened(bare(excerpt), QUOTE), None, excerpt), source) if excerpt else Text(source)
    return Card("cited", shortened(f"{what.id}: {what.title}", SUMMARY), (said, *over), title=what.title)


def results(hits: Sequence[tuple[Citation, str]], found: Answer | None = None) -> Results:
    """A page of documents to choose from, each with an excerpt; the answer comes first where there is one.

    Their cards have no buttons: they are put into conversations in which the bot may not be.
    """
    page = [Result(hit.title, preview(hit), cited(hit, excerpt)) for hit, excerpt in hits]
    if found and found.answer:
        first = found.answer[0]
        where = first.citation.clause or first.citation.id
        page.insert(0, Result(f"Answer from {where}", shortened(bare(first.text), SUMMARY), _answer("answer", found)))
    return Results(tuple(page))


def help_(word: str = "/arch") -> Card:
    """What can be typed, after the command word (empty where none is needed)."""
    before = f"{word} " if word else ""
    return Card(
        "help",
        "Ask about the standards, decisions and runbooks in plain words.",
        (
            Text(
                (
                    "Ask in plain words. The answer is quoted from the standards, decisions and runbooks, with its source.",
                )
            ),
            Items(
                (
                    (Literal(f"{before}how do we encrypt buckets?"), BREAK, "the clause that says so"),
                    (Literal(f"{before}show STD-003"), BREAK, "a document: owner, status, clauses, what replaced it"),
                    (Literal(f"{before}show STD-003.2"), BREAK, "one clause, word for word"),
                    (
                        Literal(f"{before}exception STD-003.2"),
                        BREAK,
                        "ask for an exception; the form shows who decides",
                    ),
                    (Literal(f"{before}exceptions pending"), BREAK, "what waits for a decision; also: mine, expiring"),
                    (Literal(f"{before}review"), BREAK, "ask for a review of a design; the form shows who reviews it"),
                    (Literal(f"{before}reviews"), BREAK, "what is in review; also: mine, board"),
                    (Literal(f"{before}incident SEV-1 checkout is down"), BREAK, "an incident on this room's bridge"),
                    (Literal(f"{before}decide rollback release 41"), BREAK, "what its bridge decides; then: timeline"),
                    (Literal(f"{before}obligations mine"), BREAK, "what is due from you, and how to close it"),
                    (Literal(f"{before}away until friday delegate @grace"), BREAK, "who decides for you meanwhile"),
                    (Literal(f"{before}subscribe standards"), BREAK, "tell this room what changes in them"),
                    (Literal(f"{before}subscriptions"), BREAK, "what this room hears of, and how to stop it"),
                    (Literal(f"{before}help"), BREAK, "this list"),
                )
            ),
        ),
    )


def welcome(counts: Counts, word: str = "") -> Card:
    """A first word where the bot has just been added: three things to try."""
    hello = "Hello, I am Archway. I answer in the exact words of the standards, decisions and runbooks, and show where they stand."
    ask: Inlines = ("Type ", Literal(f"{word} your question"), " in any channel") if word else ("Write to me here",)
    return Card(
        "welcome",
        "Archway is here. Ask it what the standards, decisions and runbooks say.",
        (Text((f"{hello} {_holdings(counts)}",)), Text((*ask, ", mention me in a thread, or try one of these:"))),
        buttons=tuple(Button(question, "ask", question) for question in TRY),
    )


def home(counts: Counts, newest: Sequence[Citation], word: str = "/arch") -> Card:
    """What somebody sees who opens the app: how to ask, what is new in the library."""
    blocks: list[Block] = [
        Text(("What do the standards, decisions and runbooks say? You get their exact words, and where they stand.",)),
    ]
    if newest:
        blocks += [Heading("New in the library"), Items(tuple(named(citation) for citation in newest))]
    blocks.append(Note((_holdings(counts),)))
    blocks += [
        Heading("Elsewhere"),
        Items(
            (
                *(
                    ((Literal(f"{word} {TRY[0].lower()}"), BREAK, "in any channel; you alone see the answer"),)
                    if word
                    else ()
                ),
                ("Mention Archway in a channel or thread: everybody there sees the answer",),
                ("Write to Archway directly: no command needed",),
            )
        ),
    ]
    ask = Button("Ask a question", "ask_form", primary=True)
    return Card(
        "home", "Ask what the standards, decisions and runbooks say.", tuple(blocks), "Ask the standards", (ask,)
    )


def refusal(sentence: str) -> Card:
    """What was not done, and the next step: the sentence of a `bot.errors.Refusal`."""
    return Card("refusal", shortened(sentence, SUMMARY), (Text((sentence,)),))


def fault(reference: str) -> Card:
    """Something of ours broke; the log has it under this reference."""
    return Card(
        "fault",
        f"That went wrong, and it is our fault. Reference {reference}.",
        (
            Caution(("That went wrong, and it is our fault. Please try once more.",)),
            Note(("If it happens again, tell whoever runs Archway this reference: ", Literal(reference))),
        ),
    )


def _answer(
    name: str,
    found: Answer,
    standing: Against = None,
    *,
    quoted: int = QUOTES,
    also: int = ALSO,
    buttons: tuple[Button, ...] = (),
    place: Place = Place.BESIDE,
) -> Card:
    lines = found.answer[:quoted]
    blocks: list[Block] = []
    for quote, source in quotes(lines, QUOTE if quoted == QUOTES else LONGEST_QUOTE):
        blocks.append(quote)
        if against := exceptions((source.clause or source.id, source.id), standing):
            blocks.append(Note(against))
    blocks += [Caution((shortened(note, NOTE),)) for note in found.notes]
    if left := len(found.answer) - len(lines):
        blocks.append(Note((f"And {count(left, 'more line')} in {found.answer[-1].citation.id}.",)))
    if others := _others(found, lines)[:also]:
        blocks += [Heading("Also see"), Items(tuple(named(citation) for citation in others))]
    blocks += _small_print(found)
    first = lines[0]
    where = first.citation.clause or first.citation.id
    summary = shortened(f"{where}: {bare(first.text)}", SUMMARY)
    return Card(name, summary, tuple(blocks), buttons=buttons, place=place)


def _others(found: Answer, lines: Sequence[Line]) -> list[Citation]:
    """The documents that were found and not quoted, best first."""
    cited = {line.citation.path for line in lines}
    return [citation for citation in found.results if citation.path not in cited]


def _has_more(found: Answer) -> bool:
    """Whether the short form of an answer leaves anything out."""
    lines = found.answer[:QUOTES]
    return (
        len(found.answer) > QUOTES
        or len(_others(found, lines)) > ALSO
        or any(len(bare(line.text)) > QUOTE for line in lines)
    )


def _answer_buttons(
    found: Answer, standing: Against, *, more: bool, share: bool, architects: bool
) -> tuple[Button, ...]:
    """What can be done from an answer; little when the question is too long to be carried by a button."""
    question = found.question
    cited = (line.citation for line in found.answer)
    requests = next(filter(None, (_request_button(each, each.clause or each.id, standing) for each in cited)), ())
    if not question or len(question) > LONGEST_QUESTION:
        return requests
    return (
        *((Button("More", "more" if share else "more_for_all", question),) if more else ()),
        *requests,
        Button("Helpful", "helpful", question),
        Button("Not helpful", "not_helpful", question),
        *((Button(ASK_ARCHITECT, "ask_architect", question),) if architects else ()),
        *((Button("Share in channel", "share", question),) if share else ()),
    )


def _request_button(where: Document | Citation, id_: str, standing: Against) -> tuple[Button, ...]:
    """Opens the form for a request against a standard or a clause of it; none of one that is followed no longer."""
    can_be = standing is not None and where.kind is Kind.STANDARD and not where.status.is_over
    return (Button(REQUEST, "exception_form", id_, form=True),) if can_be else ()


def _holdings(counts: Counts) -> str:
    """How much there is to ask about."""
    if not counts.documents:
        return "The library holds no documents yet."
    clauses = f", with {count(counts.clauses, 'clause')}" if counts.clauses else ""
    return f"The library holds {count(counts.documents, 'document')}{clauses}."


def _small_print(found: Answer) -> Iterable[Note]:
    if found.unmatched:
        yield Note(("No document mentions ", *_listed(found.unmatched), "."))
    asked = f"Asked: “{shortened(found.question, QUESTION)}”"
    yield Note((f"{asked} · Read as “{shortened(found.did_you_mean, QUESTION)}”" if found.did_you_mean else asked,))


def _listed(words: Sequence[str]) -> Inlines:
    return ", ".join([f"“{shortened(word, 40)}”" for word in words[:5]]), *((" and more",) if len(words) > 5 else ())
