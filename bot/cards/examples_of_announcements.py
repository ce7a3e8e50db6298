"""Examples of what is said unasked, and of the cards and the form with which a room chooses what it hears of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.cards import library_news, subscriptions
from bot.cards.model import Card, Said
from bot.domain.changes import Change, ClauseState, DocumentState, Named, difference, undone, written
from bot.domain.people import Account
from bot.domain.subscriptions import read

FORGE = "https://git.example.org/architecture/blob/8d20e17/"
HERE = Account("slack", "U012", "T1", room="C0PAY", name="Ada")
ALONE = replace(HERE, room="")
MONDAY = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/London"))


def _clause(number: int, level: str, text: str) -> ClauseState:
    return ClauseState(
        f"STD-003.{number}", level, text, "Encryption at rest", f"{FORGE}standards/STD-003-encryption.md"
    )


ENCRYPTION = DocumentState(
    path="standards/STD-003-encryption.md",
    id="STD-003",
    title="Encryption in transit and at rest",
    kind="standard",
    status="accepted",
    owner="security@example.org",
    tags=("encryption", "storage"),
    clauses=(
        _clause(1, "MUST", "Object storage buckets MUST be encrypted at rest with a key of the platform's KMS."),
        _clause(2, "SHOULD", "Keys SHOULD be rotated every twelve months, by the KMS itself."),
        _clause(3, "MUST NOT", "A key MUST NOT be shared between environments or between data classes."),
        _clause(4, "MAY", "Scratch volumes of build machines MAY stay unencrypted."),
    ),
    reviewed="2026-10-06",
    review_due="2027-10-06",
)
CHANGED = replace(
    ENCRYPTION,
    clauses=(
        _clause(
            1,
            "MUST",
            "Object storage buckets MUST be encrypted at rest with a customer-managed key of the platform's KMS.",
        ),
        _clause(2, "MUST", "Keys MUST be rotated every ninety days, by the KMS itself."),
        _clause(3, "MUST", "Backups MUST be encrypted with a key of another account than the data."),
        _clause(4, "MUST NOT", "A key MUST NOT be shared between environments or between data classes."),
    ),
)
BROKER = DocumentState(
    path="adrs/0002-use-rabbitmq.md",
    id="ADR-0002",
    title="Use RabbitMQ for events between services",
    kind="adr",
    status="accepted",
    owner="platform@example.org",
    sections=(("Context", "1"), ("Decision", "2"), ("Consequences", "3")),
)
KAFKA = Named(
    "ADR-0004", "Use Kafka for events between services", f"{FORGE}adrs/0004-use-kafka.md", "adrs/0004-use-kafka.md"
)


def _told(before: DocumentState | None, after: DocumentState | None, **more: object) -> Card:
    change = difference(before, after)
    state = after or before
    if change is None or state is None:
        raise ValueError("the two states of an example differ")
    made: Change = replace(change, url=f"{FORGE}{state.path}" if after else "", **more)  # type: ignore[arg-type]  # by name
    return library_news.document(written(made))


def _document_changed() -> Card:
    """Clauses that changed, came and went, word by word. The rest only has new numbers."""
    return _told(ENCRYPTION, CHANGED)


def _document_changed_in_its_sections() -> Card:
    """An ADR has no clauses: its sections are named. It has another owner, too."""
    sections = (("Context", "1"), ("Decision", "2b"), ("Consequences", "3b"), ("Costs", "4"))
    return _told(BROKER, replace(BROKER, owner="messaging@example.org", sections=sections))


def _document_reworded_beyond_recognition() -> Card:
    """Two wordings with too little in common are shown one after the other."""
    text = "Customer data in buckets is protected by envelope encryption, whoever runs the store."
    return _told(ENCRYPTION, replace(ENCRYPTION, clauses=(_clause(1, "MUST", text), *ENCRYPTION.clauses[1:])))


def _document_added() -> Card:
    """A standard that is new."""
    return _told(None, CHANGED)


def _document_added_as_a_draft() -> Card:
    """A decision that is proposed, by its sections."""
    return _told(None, replace(BROKER, status="proposed"))


def _document_superseded() -> Card:
    """What replaces it comes first."""
    return _told(BROKER, replace(BROKER, status="superseded", superseded_by=(KAFKA.path,)), superseded_by=(KAFKA,))


def _document_deprecated() -> Card:
    """It is not to be followed any more, and nothing replaces it."""
    return _told(ENCRYPTION, replace(ENCRYPTION, status="deprecated"))


def _document_gone() -> Card:
    """A file that was taken out of the folder."""
    return _told(ENCRYPTION, None)


def _document_hostile() -> Card:
    """Texts that try to act, in every place where a document's words can come."""
    attack = "<!channel> *bold* [Sign in](https://evil.example) <at>all</at> {{DATE(2026-01-01T00:00:00Z)}} `code`"
    old = replace(
        ENCRYPTION, title=attack, owner=attack, clauses=(ClauseState(attack, "MUST", f"{attack} MUST be so."),)
    )
    new = replace(old, owner=f"new {attack}", clauses=(ClauseState(attack, "MUST", f"{attack} MUST not be so."),))
    return _told(old, new)


def _change_undone() -> Card:
    """What the post of a change becomes when the file is again as it was."""
    change = replace(undone(ENCRYPTION, ENCRYPTION.path, ENCRYPTION.id), url=f"{FORGE}{ENCRYPTION.path}")
    return library_news.document(written(change))


def _documents_changed() -> Card:
    """Many changes in one look, as after a merge: one post for all."""
    named = [
        {"id": f"STD-{number:03}", "title": title, "what": what, "url": f"{FORGE}standards/STD-{number:03}.md"}
        for number, title, what in (
            (21, "Service mesh", "added"),
            (22, "Feature flags", "added"),
            (3, "Encryption in transit and at rest", "changed"),
            (9, "DNS and certificates", "gone"),
        )
    ]
    return library_news.documents({"count": 42, "added": 30, "changed": 10, "gone": 2, "documents": named})


def _digest() -> Card:
    """What a room hears of once a day or week, one line each."""
    cards = (_document_changed(), _document_superseded(), _document_added_as_a_draft(), _document_gone())
    ids = ("STD-003", "ADR-0002", "ADR-0002", "STD-003")
    lines = [{"id": id_, "text": card.summary, "url": f"{FORGE}{id_}.md"} for id_, card in zip(ids, cards, strict=True)]
    return library_news.digest({"since": "Monday 16 November", "count": len(lines), "lines": lines})


def _unreadable_file() -> Card:
    """For operators: a file that was there and can no longer be read."""
    reason = "the front matter is not closed: end it with a line of three dashes"
    path = "standards/STD-003-encryption.md"
    return library_news.unreadable({"path": path, "line": 4, "reason": reason, "answered": True})


def _readable_again() -> Card:
    """What that post becomes when the file is mended."""
    return library_news.unreadable({"path": "standards/STD-003-encryption.md", "reason": "", "mended": True})


def _change_held_back() -> Card:
    """For operators: a document whose status or id cannot be meant, so that nothing is announced of it."""
    reason = 'status "acepted" is none of draft, proposed, accepted; did you mean accepted? Until then it is a draft'
    told = {"path": "standards/STD-003-encryption.md", "line": 5, "reason": reason, "answered": True, "held": True}
    return library_news.unreadable(told)


def _change_let_go() -> Card:
    """What that post becomes when the document is mended."""
    told = {"path": "standards/STD-003-encryption.md", "reason": "", "mended": True, "held": True}
    return library_news.unreadable(told)


def _unreadable_files() -> Card:
    """For operators: many files at once, as when permissions are lost."""
    files = [{"path": f"adrs/{n:04}.md", "line": None, "reason": "may not be read by this user"} for n in range(1, 13)]
    return library_news.unreadable_files({"count": 64, "files": files})


def _overdue(**more: object) -> Card:
    facts = {
        "id": "STD-003",
        "title": "Encryption in transit and at rest",
        "path": "standards/STD-003-encryption.md",
        "url": f"{FORGE}standards/STD-003-encryption.md",
        "owner": "security@example.org",
        "reviewed": "2025-11-20",
        "every": "12 months",
        "due": "2026-11-20",
        "reached": True,
    }
    return library_news.review_overdue(facts | more)


def _review_overdue() -> Card:
    """For the owner of a document."""
    return _overdue()


def _review_overdue_of_nobody() -> Card:
    """For operators, where the owner cannot be told."""
    return _overdue(owner="Team Voyager", reached=False)


def _review_settled() -> Card:
    """What that post becomes when the review is done."""
    return _overdue(settled=True, reviewed="2026-11-24")


def _reviews_overdue() -> Card:
    """For operators: the reviews that are overdue in a folder that was never looked at before."""
    named = [
        {"id": f"ADR-{n:04}", "title": f"Decision {n}", "due": f"2025-{n:02}-01", "url": f"{FORGE}adrs/{n:04}.md"}
        for n in range(1, 13)
    ]
    return library_news.reviews_overdue({"count": 57, "documents": named})


def _subscribed() -> Card:
    """What a room hears of from now on, and how to stop it."""
    new = read("standards tag:network digest daily")
    return subscriptions.subscribed(new, (*read("adrs quiet 18:00-08:00"), *new), HERE, "/arch", due=MONDAY)


def _subscribed_instead() -> Card:
    """Other hours than before, which another subscription of the room makes pointless."""
    new, instead = read("standards adrs quiet 18:00-08:00"), read("standards adrs")
    held = (*new, *read("all"))
    return subscriptions.subscribed(new, held, HERE, "/arch", instead=instead, due=MONDAY, room="slack:C0PAY")


def _subscriptions() -> Card:
    """All that a room hears of, each with a button to stop it."""
    mine = (
        *read("standards tag:network tag:edge digest daily"),
        *read("adrs quiet 18:00-08:00"),
        *read('all owner:"platform team"'),
    )
    return subscriptions.listed(mine, HERE, "/arch")


def _subscriptions_after_one_was_stopped() -> Card:
    """The same list, after a button of it was pressed."""
    return subscriptions.listed(read("adrs quiet 18:00-08:00"), HERE, "/arch", stopped=read("standards tag:network"))


def _subscriptions_none() -> Card:
    """A room that hears of nothing."""
    return subscriptions.listed((), HERE, "/arch")


def _subscription_form() -> Said:
    """Where one chooses what a room hears of."""
    return subscriptions.subscription_form(HERE)


EXAMPLES_OF_ANNOUNCEMENTS: Mapping[str, Callable[[], Said]] = MappingProxyType(
    {
        "document_changed": _document_changed,
        "document_changed_in_its_sections": _document_changed_in_its_sections,
        "document_reworded_beyond_recognition": _document_reworded_beyond_recognition,
        "document_added": _document_added,
        "document_added_as_a_draft": _document_added_as_a_draft,
        "document_superseded": _document_superseded,
        "document_deprecated": _document_deprecated,
        "document_gone": _document_gone,
        "document_hostile": _document_hostile,
        "change_undone": _change_undone,
        "documents_changed": _documents_changed,
        "digest": _digest,
        "review_overdue": _review_overdue,
        "review_overdue_of_nobody": _review_overdue_of_nobody,
        "review_settled": _review_settled,
        "reviews_overdue": _reviews_overdue,
        "unreadable_file": _unreadable_file,
        "readable_again": _readable_again,
        "change_held_back": _change_held_back,
        "change_let_go": _change_let_go,
        "unreadable_files": _unreadable_files,
        "subscribed": _subscribed,
        "subscribed_instead": _subscribed_instead,
        "subscriptions": _subscriptions,
        "subscriptions_after_one_was_stopped": _subscriptions_after_one_was_stopped,
        "subscriptions_none": _subscriptions_none,
        "subscription_form": _subscription_form,
    }
)
