"""Every card that the bot can show. Each has an example in `examples.EXAMPLES`; values in, cards out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.cards.model import (
    BREAK,
    Block,
    Card,
    Caution,
    Facts,
    Heading,
    Inlines,
    Items,
    Link,
    Literal,
    Note,
    Quote,
    Result,
    Results,
    Strong,
    Text,
    inlines,
)
from bot.cards.quoting import QUOTE, bare, card_source, kind_word, links, marked, named, preview, quotes
from bot.cards.text import shortened
from knowledge.documents import Answer, Citation, Clause, Document, Shown

QUOTES = 5  # a handful: what one reads on a phone without scrolling twice
ALSO = 3
CLAUSES = 8
CLAUSE = 120
LEAD = 300
NOTE = 300
QUESTION = 200
SUMMARY = 200


def answer(found: Answer) -> Card:
    """What the library says, the quoted words first."""
    if not found.answer:
        return no_answer(found)
    lines = found.answer[:QUOTES]
    blocks: list[Block] = list(quotes(lines))
    blocks += [Caution((shortened(note, NOTE),)) for note in found.notes]
    if left := len(found.answer) - len(lines):
        blocks.append(Note((f"And {_count(left, 'more line')} in {found.answer[-1].citation.id}.",)))
    cited = {line.citation.path for line in lines}
    if also := [citation for citation in found.results if citation.path not in cited][:ALSO]:
        blocks += [Heading("Also see"), Items(tuple(named(citation) for citation in also))]
    blocks += _small_print(found)
    first = lines[0]
    where = first.citation.clause or first.citation.id
    return Card("answer", shortened(f"{where}: {bare(first.text)}", SUMMARY), tuple(blocks))


def no_answer(found: Answer) -> Card:
    """The honest word that nothing here answers, with the nearest documents as what they are."""
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
    return Card("no_answer", f"Nothing here answers “{question}”.", tuple(blocks))


def shown(what: Shown) -> Card:
    """A document or one of its clauses, with its links both ways."""
    return shown_document(what) if what.clause is None else shown_clause(what, what.clause)


def shown_document(what: Shown) -> Card:
    """A document: what it is, who answers for it, what it demands, what it is tied to."""
    document = what.document
    blocks: list[Block] = [*_over(what)]
    blocks += _facts(_identity(what))
    if document.clauses:
        blocks += [Heading(_count(len(document.clauses), "clause")), _clauses(document.clauses)]
    else:
        blocks += _outline(document)
    blocks += _facts(_ties(what))
    summary = f"{document.id}: {document.title} ({kind_word(document.kind)}, {document.status})"
    return Card("shown_document", shortened(summary, SUMMARY), tuple(blocks), title=document.title)


def shown_clause(what: Shown, clause: Clause) -> Card:
    """One clause: its exact text, how strong it is, where it stands and who answers for it."""
    document, heading = what.document, what.citation.heading
    facts: list[tuple[str, Inlines]] = [
        ("Level", (Strong(clause.level.value),)),
        ("Where", inlines(Link(document.title, what.citation.url), f" › {heading}" if heading else None)),
        ("Status", _status(document)),
        ("Owner", _present(document.owner)),
        ("Reviewed", _present(document.reviewed)),
        ("Controls", _present(", ".join(document.controls))),
    ]
    blocks = (Quote(marked(clause.text, clause.level)), *_over(what), *_facts([*facts, *_ties(what)]))
    return Card("shown_clause", shortened(f"{clause.id}: {clause.text}", SUMMARY), blocks, title=clause.id)


def cited(what: Citation, excerpt: str = "") -> Card:
    """One document that a search found, to be put into a conversation; `excerpt` is what it says, in its own words."""
    source = card_source(what)
    over = (Caution((f"This {kind_word(what.kind)} is {what.status}.",)),) if what.status.is_over else ()
    said = Quote(marked(shortened(bare(excerpt), QUOTE), None, excerpt), source) if excerpt else Text(source)
    return Card("cited", shortened(f"{what.id}: {what.title}", SUMMARY), (said, *over), title=what.title)


def results(hits: Sequence[tuple[Citation, str]], found: Answer | None = None) -> Results:
    """A page of documents to choose from, each with an excerpt; the answer comes first where there is one."""
    page = [Result(hit.title, preview(hit), cited(hit, excerpt)) for hit, excerpt in hits]
    if found and found.answered:
        first = found.answer[0]
        page.insert(0, Result(bare(first.text), f"Answer from {preview(first.citation)}", answer(found)))
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
                    (Literal(f"{before}help"), BREAK, "this list"),
                )
            ),
        ),
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


def _small_print(found: Answer) -> Iterable[Note]:
    if found.unmatched:
        yield Note(("No document mentions ", *_listed(found.unmatched), "."))
    asked = f"Asked: “{shortened(found.question, QUESTION)}”"
    yield Note(
        (f"{asked} · Did you mean “{shortened(found.did_you_mean, QUESTION)}”?" if found.did_you_mean else asked,)
    )


def _listed(words: Sequence[str]) -> Inlines:
    return ", ".join([f"“{shortened(word, 40)}”" for word in words[:5]]), *((" and more",) if len(words) > 5 else ())


def _over(what: Shown) -> list[Block]:
    """The warning that a document is not to be followed any more, and what to read instead."""
    document = what.document
    if what.superseded_by:
        return [Caution(("Superseded. Read this instead: ", *links(what.superseded_by)))]
    return [Caution((f"This {kind_word(document.kind)} is {document.status}.",))] if document.status.is_over else []


def _identity(what: Shown) -> list[tuple[str, Inlines]]:
    document = what.document
    return [
        ("Document", (Link(document.id, what.citation.url), f" · {kind_word(document.kind)}")),
        ("Status", _status(document)),
        ("Owner", _present(document.owner)),
        ("Reviewed", _present(document.reviewed)),
        ("Tier", _present(document.tier)),
    ]


def _status(document: Document) -> Inlines:
    written = document.status_text.strip()
    more = f" · “{shortened(written, 120)}”" if written and written.lower() != document.status else ""
    word = Strong(document.status.value) if document.status.is_over else document.status.value
    return (word, more) if more else (word,)


def _clauses(clauses: Sequence[Clause]) -> Items:
    lines: list[Inlines] = [
        (Strong(clause.id), " ", *marked(shortened(clause.text, CLAUSE), clause.level)) for clause in clauses[:CLAUSES]
    ]
    more = len(clauses) - CLAUSES
    return Items((*lines, (f"and {more} more in the document",)) if more > 0 else tuple(lines))


def _outline(document: Document) -> Iterable[Block]:
    """What a document without clauses is about: its decision or first words, and its sections."""
    decided = (passage for passage in document.passages if passage.heading.lower().startswith("decision"))
    lead = next(decided, None) or next((passage for passage in document.passages if passage.text), None)
    if lead and lead.text:
        yield Quote(marked(shortened(bare(lead.text.splitlines()[0]), LEAD), None))
    told = ("", "status")  # the card's title and status stand above
    headings = [passage.heading for passage in document.passages if len(passage.trail) < 2]
    headings = [heading for heading in headings if document.title not in heading and heading.lower() not in told]
    if headings:
        lines: list[Inlines] = [(shortened(heading, CLAUSE),) for heading in headings[:CLAUSES]]
        more = len(headings) - CLAUSES
        yield Heading("Sections")
        yield Items((*lines, (f"and {more} more",)) if more > 0 else tuple(lines))


def _ties(what: Shown) -> list[tuple[str, Inlines]]:
    return [
        ("Supersedes", links(what.supersedes)),
        ("Refers to", links(what.refers_to)),
        ("Named by", links(what.referred_from)),
    ]


def _facts(pairs: Sequence[tuple[str, Inlines]]) -> tuple[Facts, ...]:
    """The facts that are known."""
    known = tuple(pair for pair in pairs if pair[1])
    return (Facts(known),) if known else ()


def _present(value: object) -> Inlines:
    return (str(value),) if value else ()


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
