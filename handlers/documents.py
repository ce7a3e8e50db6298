"""Documents as they are compared and told of: their states, and where the clauses of a change can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.domain import plain
from bot.domain.announcements import Json
from bot.domain.changes import Change, ClauseState, Concern, DocumentState, Named
from bot.domain.exception_requests import ExceptionRequest
from bot.domain.incidents import Incident
from bot.domain.obligations import Obligation
from bot.domain.reviews import Review
from bot.domain.subscriptions import News, Topic
from bot.store.types import writable
from knowledge import reviews
from knowledge.documents import Document
from knowledge.library import Library


def state_of(document: Document, shelf: Library) -> DocumentState:
    """What of a document is compared, such as every database takes it. Links are left out: each commit has its own."""
    due = None if document.status.is_over else reviews.due(document)
    newer = shelf.catalogue.successors.get(document.path) or document.superseded_by
    return DocumentState(
        path=writable(document.path),
        id=writable(document.id),
        title=writable(document.title),
        kind=document.kind.value,
        status=document.status.value,
        owner=writable(document.owner or ""),
        tags=tuple(map(writable, document.tags)),
        services=tuple(map(writable, document.applies_to)),
        risk=writable(document.exception_risk or ""),
        superseded_by=tuple(map(writable, newer)),
        clauses=tuple(
            ClauseState(writable(clause.id), clause.level.value, writable(clause.text), writable(passage.heading))
            for passage in document.passages
            for clause in passage.clauses
        ),
        sections=tuple(_sections(document)),
        reviewed=document.reviewed.isoformat() if document.reviewed else "",
        review_due=due.isoformat() if due else "",
    )


def news_of(told: DocumentState | Change | Concern) -> News:
    """Who hears of it."""
    topics = {topic.value: topic for topic in Topic}
    owners = tuple(part.strip() for part in told.owner.split(","))
    return News(
        topic=topics.get(f"{told.kind}s", Topic.GUIDES),
        tags=told.tags,
        owners=(told.owner, *owners),
        services=told.services,
        risk=told.risk,
    )


def linked(change: Change, shelf: Library) -> Change:
    """The change with links to where its document, its clauses and its successors are read now."""
    document = shelf.contents.documents.get(change.path)
    if document is None:
        return change
    anchors = {clause.id: passage.anchor for passage in document.passages for clause in passage.clauses}

    def clause_url(id_: str) -> str:
        return url(shelf, change.path, anchors[id_]) if id_ in anchors else ""

    return replace(
        change,
        url=url(shelf, change.path),
        added=tuple(replace(each, url=clause_url(each.id)) for each in change.added),
        reworded=tuple(replace(each, url=clause_url(each.id)) for each in change.reworded),
        superseded_by=tuple(_named(each.path, shelf) for each in change.superseded_by),
    )


def url(shelf: Library, path: str, anchor: str = "") -> str:
    """Where a document is read, "" when that is nowhere."""
    found = shelf.at(path, anchor)
    return (found[0].url or "") if found else ""


def _named(path: str, shelf: Library) -> Named:
    document = shelf.contents.documents.get(path)
    return Named(document.id, document.title, url(shelf, path), path) if document else Named(path, path=path)


def _sections(document: Document) -> Iterator[tuple[str, str]]:
    for passage in document.passages:
        words = " ".join(passage.text.split())
        heading = "" if passage.heading == document.title else writable(passage.heading)
        if heading or words:
            yield heading, hashlib.sha256(words.encode(errors="replace")).hexdigest()[:16]


def news_of_request(request: ExceptionRequest) -> News:
    """Who hears of an exception request: by its service and risk, and by what its standard is tagged with and owned by."""
    target = request.wish.target
    return News(
        topic=Topic.EXCEPTIONS,
        tags=target.tags if target else (),
        owners=(target.owner, *(part.strip() for part in target.owner.split(","))) if target else (),
        services=(request.wish.service,),
        risk=request.terms.level,
    )


def news_of_obligation(facts: Mapping[str, Json]) -> News:
    """Who hears of it: by its owner, and by the service that it is about, where one is known."""
    obligation = plain.read(Obligation, facts["obligation"])  # type: ignore[arg-type]  # a mapping, as it was written
    service = str(facts.get("service") or "")
    return News(Topic.OBLIGATIONS, owners=(obligation.owner,), services=(service,) if service else ())


def news_of_review(review: Review) -> News:
    """Who hears of a review: by its areas, its service, and by how it is reviewed ("light", "board")."""
    wish = review.wish
    tags = (*wish.tags, *(wish.target.tags if wish.target else ()))
    return News(Topic.REVIEWS, tags=tags, services=(wish.service,) if wish.service else (), risk=review.terms.outcome)


def news_of_incident(incident: Incident) -> News:
    """Who hears of an incident: by its severity and its service."""
    services = (incident.service,) if incident.service else ()
    return News(Topic.INCIDENTS, services=services, severity=incident.severity)
