"""How documents are described: what they are, who answers for them, what they hold, what they are tied to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.cards.model import (
    Block,
    Caution,
    Code,
    Facts,
    Heading,
    Inlines,
    Items,
    Link,
    Literal,
    Quote,
    Strong,
    Text,
    inlines,
)
from bot.cards.quoting import bare, dotted, kind_word, links, marked
from bot.cards.text import shortened
from bot.domain.exception_register import Counts
from knowledge.documents import Clause, Document, Passage, Shown

CLAUSES = 8
CLAUSE = 120
LEAD = 300


def warnings(what: Shown) -> list[Block]:
    """The warning that a document is not to be followed any more, and what to read instead."""
    document = what.document
    if what.superseded_by:
        return [Caution(("Superseded. Read this instead: ", *links(what.superseded_by)))]
    return [Caution((f"This {kind_word(document.kind)} is {document.status}.",))] if document.status.is_over else []


def identity(what: Shown) -> list[tuple[str, Inlines]]:
    """What it is and who answers for it."""
    document = what.document
    return [
        ("Document", (Link(document.id, what.citation.url), f" · {kind_word(document.kind)}")),
        ("Path", () if what.citation.url else (Literal(document.path),)),
        ("Status", status(document)),
        ("Owner", present(document.owner)),
        ("Reviewed", present(document.reviewed)),
        ("Tier", present(document.tier)),
    ]


def status(document: Document) -> Inlines:
    """Where it is in its life; what its author wrote of that is quoted."""
    written = document.status_text.strip()
    more = f" · “{shortened(written, 120)}”" if written and written.lower() != document.status else ""
    word = Strong(document.status.value) if document.status.is_over else document.status.value
    return (word, more) if more else (word,)


def demands(clauses: Sequence[Clause]) -> Items:
    """What a standard demands, its first clauses in short."""
    lines: list[Inlines] = [
        (Strong(clause.id), " ", *marked(shortened(clause.text, CLAUSE), clause.level)) for clause in clauses[:CLAUSES]
    ]
    more = len(clauses) - CLAUSES
    return Items((*lines, (f"and {more} more in the document",)) if more > 0 else tuple(lines))


def outline(document: Document) -> Iterable[Block]:
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


def words_of(passage: Passage) -> Iterable[Block]:
    """All words of a section, as they stand there: items as items, code as code."""
    items: list[Inlines] = []
    code: list[str] = []

    def gathered() -> Iterable[Block]:
        if items:
            yield Items(tuple(items))
        if code:
            yield Code("\n".join(code))
        items.clear()
        code.clear()

    for line in passage.text.splitlines():
        if line.startswith("\t"):
            if items:
                yield from gathered()
            code.append(line[1:])
        elif line.startswith("- "):
            if code:
                yield from gathered()
            items.append(marked(line[2:], None))
        else:
            yield from gathered()
            if line.strip():
                yield Text(marked(line, None))
    yield from gathered()


def ties(what: Shown) -> list[tuple[str, Inlines]]:
    """What it is tied to."""
    return [
        ("Supersedes", links(what.supersedes)),
        ("Refers to", links(what.refers_to)),
        ("Named by", links(what.referred_from)),
    ]


def known(pairs: Sequence[tuple[str, Inlines]]) -> tuple[Facts, ...]:
    """The facts that are known."""
    told = tuple(pair for pair in pairs if pair[1])
    return (Facts(told),) if told else ()


def exceptions(ids: Iterable[str], standing: Mapping[str, Counts] | None) -> Inlines:
    """How many waivers and open requests stand against any of these clauses and documents: "2 waivers in force · 1 request
    open"; nothing where there are none."""
    found = [standing[id_] for id_ in dict.fromkeys(ids) if id_ in standing] if standing else []
    in_force, pending = sum(each.in_force for each in found), sum(each.pending for each in found)
    waivers = f"{count(in_force, 'waiver')} in force" if in_force else None
    return inlines(dotted(waivers, f"{count(pending, 'request')} open" if pending else None))


def present(value: object) -> Inlines:
    """A value as a line, nothing when there is none."""
    return (str(value),) if value else ()


def count(number: int, what: str) -> str:
    """A number of things, in words: "1 clause", "3 clauses"."""
    return f"{number} {what}{'' if number == 1 else 's'}"
