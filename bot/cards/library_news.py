"""What changed in the library, as it is announced: documents, many at once, a digest, files that cannot be read, reviews
that are overdue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.cards.describing import count, known, present
from bot.cards.model import (
    Added,
    Block,
    Button,
    Card,
    Caution,
    Facts,
    Heading,
    Inline,
    Inlines,
    Items,
    Link,
    Literal,
    Note,
    Removed,
    Strong,
    Text,
    inlines,
    joined,
)
from bot.cards.quoting import kind_word, marked
from bot.cards.text import shortened
from bot.domain.changes import Change, ClauseState, Named, Reworded, Run, What, read_change
from knowledge.documents import Kind, Level

SUMMARY, TITLE, REASON = 200, 120, 300
OVER = ("deprecated", "superseded", "retired")
LINES = 12  # of a digest or of many changes at once: more is read in the library itself

Told = Mapping[str, Any]


def document(facts: Told) -> Card:
    """What happened to one document."""
    change = read_change(facts)
    match change.what:
        case What.ADDED:
            return _card("document_added", change, _added(change))
        case What.GONE:
            return _gone(change)
        case What.UNDONE:
            return _undone(change)
    over = change.status in OVER and any(name == "status" for name, *_ in change.members)
    name = f"document_{change.status}" if over else "document_changed"
    return _card(name, change, _changed(change))


def documents(facts: Told) -> Card:
    """Many documents at once, as when a folder is exchanged: the first of them, and how many there are."""
    total, named = int(facts["count"]), list(facts["documents"])[:LINES]
    parts = [
        f"{facts[what]} {word}"
        for what, word in (("added", "new"), ("changed", "changed"), ("gone", "removed"))
        if facts.get(what)
    ]
    lines = [
        (
            *_linked(each["id"], each.get("url", "")),
            f" · {shortened(each['title'], TITLE)}",
            f" · {_happened(each['what'])}",
        )
        for each in named
    ]
    summary = f"{count(total, 'document')} changed at once: {', '.join(parts)}."
    return Card(
        "documents_changed",
        summary,
        (
            Text((Strong(f"{count(total, 'document')} changed at once"), f": {', '.join(parts)}.")),
            *_listed(lines, total),
        ),
    )


def digest(facts: Told) -> Card:
    """What a room heard nothing of since the last time, one line each."""
    total, since = int(facts["count"]), str(facts["since"])
    lines = [_line_of(each) for each in list(facts["lines"])[:LINES]]
    return Card(
        "digest",
        f"{count(total, 'change')} since {since}.",
        (*_listed(lines, total),),
        title=f"{count(total, 'change')} since {since}",
    )


def unreadable(facts: Told) -> Card:
    """A file that can no longer be read, for operators, or of which nothing is told; or that it is mended."""
    if facts.get("held"):
        return _held_back(facts)
    path, line, reason = str(facts["path"]), facts.get("line"), shortened(str(facts["reason"]), REASON)
    where = f"{path}:{line}" if line else path
    if facts.get("mended") and facts.get("gone"):
        return Card(
            "readable_again",
            f"{path} was removed.",
            (
                Text(
                    (Literal(path), " could not be read, and was removed."),
                ),
            ),
        )
    if facts.get("mended"):
        return Card("readable_again", f"{path} can be read again.", (Text((Literal(path), " can be read again.")),))
    still = (
        "Questions are still answered from its last good version."
        if facts.get("answered")
        else "It is left out of the library: nothing is answered from it."
    )
    return Card(
        "unreadable_file",
        shortened(f"{where} cannot be read: {reason}", SUMMARY),
        (
            Caution((Literal(where), f" cannot be read: {reason}.")),
            Text((still,)),
            Note(("This post changes when the file is mended.",)),
        ),
    )


def _held_back(facts: Told) -> Card:
    path, line, reason = str(facts["path"]), facts.get("line"), shortened(str(facts["reason"]), REASON)
    where = f"{path}:{line}" if line else path
    if facts.get("mended"):
        became = "was removed" if facts.get("gone") else "was mended"
        return Card("change_let_go", f"{path} {became}.", (Text((Literal(path), f" {became}.")),))
    return Card(
        "change_held_back",
        shortened(f"{where} has a fault, and its change is not announced: {reason}", SUMMARY),
        (
            Caution((Literal(where), f" has a fault: {reason}.")),
            Text(
                ("What changed in it is not announced before that is mended. Questions are answered from it as it is.",)
            ),
            Note(("This post changes when the file is mended.",)),
        ),
    )


def unreadable_files(facts: Told) -> Card:
    """Many files that cannot be read, for operators: the first of them, and how many there are."""
    total, named = int(facts["count"]), list(facts["files"])[:LINES]
    lines: list[Inlines] = [
        (
            Literal(f"{each['path']}:{each['line']}" if each.get("line") else str(each["path"])),
            f" {shortened(str(each['reason']), REASON)}",
        )
        for each in named
    ]
    said = f"{count(total, 'file')} of the library cannot be read any more."
    if facts.get("held"):
        said = f"{count(total, 'file')} of the library have faults: what changed in them is not announced."
    return Card(
        "unreadable_files",
        said,
        (Caution((said,)), *_listed(lines, total), Note(("All of them: ", Literal("archway index")))),
    )


def reviews_overdue(facts: Told) -> Card:
    """Many documents that were due for review when they were first seen, for operators."""
    total, named = int(facts["count"]), list(facts["documents"])[:LINES]
    lines: list[Inlines] = [
        (
            *_linked(str(each["id"]), str(each.get("url", ""))),
            f" · {shortened(str(each['title']), TITLE)} · due since {each['due']}",
        )
        for each in named
    ]
    said = f"{count(total, 'document')} are overdue for review."
    hint = "They are too many to tell each owner at once: each owner is told when the next review falls due."
    return Card("reviews_overdue", said, (Text((Strong(said),)), *_listed(lines, total), Note((hint,))))


def review_overdue(facts: Told) -> Card:
    """A document that was due for review, for its owner; or that it was reviewed since."""
    id_, title, due = str(facts["id"]), shortened(str(facts["title"]), TITLE), str(facts["due"])
    link = _linked(id_, str(facts.get("url", "")))
    if facts.get("settled"):
        reviewed = facts.get("reviewed")
        said = f" · {title}: " + (f"reviewed on {reviewed}." if reviewed else "no review is due any more.")
        return Card("review_settled", shortened(f"{id_}{said}", SUMMARY), (Text((*link, said)),))
    blocks: list[Block] = [Text((*link, f" · {title} is due for review since {due}."))]
    blocks += known(
        (
            ("Owner", present(facts.get("owner"))),
            ("Reviewed", present(facts.get("reviewed"))),
            ("Every", present(facts.get("every"))),
        )
    )
    if not facts.get("reached"):
        owner = facts.get("owner")
        said = f"Its owner, {owner}, has no room here" if owner else "It names no owner"
        blocks.append(Caution((f"{said}, so this is told here.",)))
    blocks.append(Note(("To settle it, write the day of the review into its front matter, behind “reviewed:”.",)))
    return Card(
        "review_overdue",
        shortened(f"{id_}: {title} is due for review since {due}.", SUMMARY),
        tuple(blocks),
        buttons=(_show(id_, str(facts["path"])),),
    )


def in_short(change: Change) -> str:
    """What happened to a document, in a few words: "2 clauses changed, 1 added"."""
    status = next((after for name, _, after in change.members if name == "status"), None)
    parts = [status] if status else []
    clauses = [
        (change.count("reworded"), "changed"),
        (change.count("added"), "added"),
        (change.count("removed"), "removed"),
    ]
    for number, word in clauses:
        if number:
            parts.append(
                f"{count(number, 'clause')} {word}"
                if not any("clause" in part for part in parts)
                else f"{number} {word}"
            )
    if number := change.count("sections"):
        parts.append(f"{count(number, 'section')} changed")
    parts += [f"{name} changed" for name, *_ in change.members if name != "status"]
    if change.superseded_by and status != "superseded" and not parts:
        parts.append("has a successor")
    if not parts and change.count("renumbered"):
        parts.append(f"{count(change.count('renumbered'), 'clause')} renumbered")
    return ", ".join(parts) or "changed"


def _card(name: str, change: Change, blocks: Iterable[Block]) -> Card:
    what = f"new {_kind(change)}" if change.what is What.ADDED else in_short(change)
    newer = change.superseded_by[:1] if change.status == "superseded" else ()
    buttons = [*(_show(each.id, each.path or each.id) for each in newer), _show(change.id, change.path)]
    return Card(
        name,
        shortened(f"{change.id} {shortened(change.title, TITLE)}: {what}", SUMMARY),
        tuple(blocks),
        title=change.title,
        buttons=tuple(buttons[:1]),
    )


def _added(change: Change) -> Iterable[Block]:
    status = None if change.status == "accepted" else Strong(change.status)
    yield Text(
        joined(
            (
                inlines(Strong(f"New {_kind(change)}")),
                _linked(change.id, change.url),
                inlines(status),
                present(change.owner),
            )
        )
    )
    if change.added:
        yield Heading(count(change.count("added"), "clause"))
        yield _more([_clause(each) for each in change.added], change.count("added"))
    elif change.sections:
        yield Heading("Sections")
        yield _more([(heading,) for _, heading in change.sections], change.count("sections"))


def _changed(change: Change) -> Iterable[Block]:
    yield from _over(change)
    yield Text(joined((_linked(change.id, change.url), (_kind(change),), (in_short(change),))))
    told = "status" if change.status in OVER else ""  # by the warning above
    members = [(name.capitalize(), _instead(before, after)) for name, before, after in change.members if name != told]
    if members:
        yield Facts(tuple(members))
    for heading, lines, name in (
        ("Changed", [_reworded(each) for each in change.reworded], "reworded"),
        ("Added", [_clause(each) for each in change.added], "added"),
        ("Removed", [_clause(each) for each in change.removed], "removed"),
    ):
        if lines:
            yield Heading(heading)
            yield _more(lines, change.count(name))
    if change.sections:
        yield Heading("Sections")
        words = [(f"{heading or 'The beginning'} ", f"({how})") for how, heading in change.sections]
        yield _more(words, change.count("sections"))
    if change.renumbered:
        numbers = [f"{before} is now {after}" for before, after in change.renumbered]
        more = change.count("renumbered") - len(numbers)
        yield Note((f"New numbers for the same words: {', '.join(numbers)}{f' and {more} more' if more else ''}.",))


def _over(change: Change) -> Iterable[Block]:
    """The warning that it is not to be followed any more, where that is what happened."""
    moved = any(name == "status" for name, *_ in change.members)
    if change.superseded_by and change.status == "superseded":
        lines = [_named(each) for each in change.superseded_by]
        yield Caution(("Superseded. Read this instead: ", *joined(lines, ", ")))
    elif moved and change.status in OVER:
        yield Caution((f"This {_kind(change)} is {change.status}: new work must not rest on it.",))


def _gone(change: Change) -> Card:
    said = f" · {shortened(change.title, TITLE)} was removed from the library."
    owner = (Note((f"Its owner was {change.owner}.",)),) if change.owner else ()
    summary = f"{change.id} {shortened(change.title, TITLE)}: removed from the library"
    return Card("document_gone", shortened(summary, SUMMARY), (Text((Strong(change.id), said)), *owner))


def _undone(change: Change) -> Card:
    if not change.title:
        said = " was added and taken away again."
        return Card("change_undone", f"{change.id}{said}", (Text((Strong(change.id), said)),))
    said = f" · {shortened(change.title, TITLE)}: what had changed was taken back. It reads as before."
    summary = f"{change.id}: the change was taken back. It reads as before."
    return Card(
        "change_undone",
        summary,
        (Text((*_linked(change.id, change.url), said)),),
        buttons=(_show(change.id, change.path),),
    )


def _reworded(clause: Reworded) -> Inlines:
    before = f" (was {clause.before})" if clause.before else None
    words: list[Inline] = []
    for run, text in clause.runs:
        words.append(" ")
        words.append(Removed(text) if run is Run.OLD else Added(text) if run is Run.NEW else text)
    return (*inlines(*_linked(clause.id, clause.url), before), " ", *words)


def _clause(clause: ClauseState) -> Inlines:
    level = Level(clause.level) if clause.level in tuple(Level) else None
    return (*_linked(clause.id, clause.url), "  ", *marked(clause.text, level))


def _instead(before: str, after: str) -> Inlines:
    return (f"{before or 'none'} → ", Strong(after or "none"))


def _named(document: Named) -> Inlines:
    title = f" · {shortened(document.title, TITLE)}" if document.title else None
    return (*_linked(document.id, document.url), *inlines(title))


def _linked(id_: str, url: str) -> Inlines:
    return (Link(id_, url),) if url else (Strong(id_),)


def _line_of(line: Told) -> Inlines:
    text, id_ = str(line["text"]), str(line.get("id", ""))
    if id_ and text.startswith(id_):
        return (*_linked(id_, str(line.get("url", ""))), text[len(id_) :])
    return (text,)


def _happened(what: str) -> str:
    return {"added": "new", "gone": "removed"}.get(what, what)


def _kind(change: Change) -> str:
    return kind_word(Kind(change.kind)) if change.kind in tuple(Kind) else change.kind or "document"


def _listed(lines: Sequence[Inlines], total: int) -> tuple[Block, ...]:
    return (_more(lines, total),) if lines else ()


def _more(lines: Sequence[Inlines], total: int) -> Items:
    left = total - len(lines)
    return Items((*lines, (f"and {left} more",)) if left > 0 else tuple(lines))


def _show(id_: str, about: str) -> Button:
    return Button(f"Show {shortened(id_, 40)}", "show", about)
