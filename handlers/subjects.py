"""What reviews and incidents are told of that follows from them: a draft that somebody has merged, an obligation that is overdue, closed or
somebody else's now. Each table has one line for every kind of subject, by how its id begins ("RV-")."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from bot.domain.changes import DocumentState
from handlers.desk import Desk
from handlers.drafting import merged
from handlers.incident_telling import obligation_changed as incident_owes
from handlers.review_dues import draft_merged

# A draft of the subject is in the library now: the subject, and the document's path. Called again whenever that document changes:
# what is known already is no news.
MERGED: Mapping[str, Callable[[str, str, Desk], None]] = MappingProxyType({"RV-": draft_merged})
# An obligation of the subject is otherwise than before: cards that list it are drawn anew. The outbox is locked.
OWED: Mapping[str, Callable[[str, Desk], None]] = MappingProxyType({"INC-": incident_owes})


def drafts_merged(steps: Collection[tuple[DocumentState | None, DocumentState | None]], desk: Desk) -> None:
    """Tells subjects of drafts that are in the library now; `steps` are what documents were, and are."""
    changed = {now.path for _, now in steps if now}
    for subject, path in merged(desk, changed) if changed else ():
        for beginning, tell in MERGED.items():
            if subject.startswith(beginning):
                tell(subject, path, desk)


def obligation_changed(subject: str, desk: Desk) -> None:
    """Tells a subject that an obligation of its is otherwise than before."""
    for beginning, tell in OWED.items():
        if subject.startswith(beginning):
            tell(subject, desk)
