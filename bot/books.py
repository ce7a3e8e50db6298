"""What the API reads: the library and what is remembered, as plain values in the shapes of `bot.api.answers`. All of it on worker threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from bot import proceedings, register
from bot.api.bundle import Bundle, BundledWaiver, bundle
from bot.api.mapping import severity_of
from bot.api.operations import BadParameterError
from bot.api.routes import Read
from bot.domain import incident_timeline
from bot.domain.calendar import Calendar
from bot.domain.exception_register import Counts
from bot.domain.exception_requests import ExceptionRequest, Waiver
from bot.domain.incidents import Incident
from bot.domain.obligations import Obligation
from bot.store.database import Database
from bot.store.transaction import Transaction
from knowledge.catalogue import AmbiguousId
from knowledge.documents import Citation, Clause, Document, Shown
from knowledge.library import Library

Values = Mapping[str, Any]
Facts = dict[str, Any]
NO_COUNTS = Counts()


class Books:
    """Looks things up. `library` and `calendar` give what is in force at the moment, `standing` what stands against each clause."""

    def __init__(
        self,
        database: Database,
        library: Callable[[], Library],
        calendar: Callable[[], Calendar],
        standing: Callable[[], Mapping[str, Counts]],
    ) -> None:
        self._database, self._library, self._calendar, self._standing = database, library, calendar, standing

    @property
    def reads(self) -> dict[str, Read]:
        """What answers each operation of the API, by its name."""
        return {
            "search": self._threaded(self._search),
            "documents": self._threaded(self._documents),
            "document": self._threaded(self._document),
            "clauses": self._threaded(self._clauses),
            "clause": self._threaded(self._clause),
            "exception-requests": self._remembered(_exception_requests),
            "exception-request": self._remembered(_exception_request),
            "waivers": self._remembered(self._waivers),
            "reviews": self._remembered(_reviews),
            "review": self._remembered(_review),
            "incidents": self._remembered(_incidents),
            "incident": self._remembered(_incident),
            "timeline": self._remembered(self._timeline),
            "obligations": self._remembered(_obligations),
            "policy-bundle": self._remembered(_bundle),
        }

    def _threaded(self, look: Callable[[Values], object]) -> Read:
        async def read(values: Values) -> object:
            return await asyncio.to_thread(look, values)

        return read

    def _remembered(self, look: Callable[[Transaction, Values], object]) -> Read:
        async def read(values: Values) -> object:
            return await self._database.read(lambda unit: look(unit, values))

        return read

    def _search(self, values: Values) -> Facts:
        skip, count = values["skip"], values["limit"]
        answer, found = self._library().look(values["q"], values.get("kind"), skip, count + 1)
        lines = [{"text": each.text, "level": each.level, "citation": _cited(each.citation)} for each in answer.answer]
        return {
            "question": answer.question,
            "answered": answer.answered,
            "confidence": answer.confidence,
            "answer": lines,
            "items": [{"citation": _cited(citation), "excerpt": excerpt} for citation, excerpt in found[:count]],
            "did_you_mean": answer.did_you_mean,
            "unmatched": [*answer.unmatched],
            "notes": [*answer.notes],
            "next": skip + count if len(found) > count else None,
        }

    def _documents(self, values: Values) -> Facts:
        library, kind = self._library(), values.get("kind")
        documents = [each for _, each in sorted(library.contents.documents.items()) if kind in (None, each.kind)]
        return _page([*documents], values, lambda each: _brief(each, library.show(each.path).citation.url))

    def _document(self, values: Values) -> Facts | None:
        library = self._library()
        shown = _shown(library, values["id"])
        if shown is None or shown.clause:
            return None
        document, url = shown.document, shown.citation.url
        return _brief(document, url) | {
            "reviewers": [*document.reviewers],
            "effective": _day(document.effective),
            "supersedes": [each.id for each in shown.supersedes],
            "superseded_by": [each.id for each in shown.superseded_by],
            "refers_to": [each.id for each in shown.refers_to],
            "referred_from": [each.id for each in shown.referred_from],
            "clauses": [self._stands(document, each, url) for each in document.clauses],
            "passages": [{"heading": p.heading, "anchor": p.anchor, "text": p.text} for p in document.passages],
        }

    def _clauses(self, values: Values) -> Facts:
        library, level = self._library(), values.get("level")
        documents: Iterable[Document] = (each for _, each in sorted(library.contents.documents.items()))
        if wanted := values.get("document"):
            shown = _shown(library, wanted)
            documents = [shown.document] if shown and not shown.clause else []
        found = [(each, clause) for each in documents for clause in each.clauses if level in (None, clause.level)]
        return _page(found, values, lambda pair: self._stands(pair[0], pair[1], _url_of(library, pair[0], pair[1])))

    def _clause(self, values: Values) -> Facts | None:
        shown = _shown(self._library(), values["id"])
        if shown is None or shown.clause is None:
            return None
        return self._stands(shown.document, shown.clause, shown.citation.url)

    def _stands(self, document: Document, clause: Clause, url: str | None) -> Facts:
        counts = self._standing().get(clause.id, NO_COUNTS)
        return {
            "id": clause.id,
            "level": clause.level,
            "text": clause.text,
            "document": document.id,
            "title": document.title,
            "path": document.path,
            "status": document.status,
            "url": url,
            "waivers_in_force": counts.in_force,
            "requests_pending": counts.pending,
        }

    def _waivers(self, unit: Transaction, values: Values) -> Facts:
        at = self._moment(values.get("at")) or unit.now
        found = unit.exceptions.waived(at, service=values.get("service", ""), target=values.get("clause", ""))
        return _page(found, values, lambda each: _waiver(each, unit.now))

    def _timeline(self, unit: Transaction, values: Values) -> Facts | str | None:
        if (found := _found(unit, values["id"])) is None:
            return None
        due = unit.obligations.of(found.id)
        if values.get("markdown"):
            return incident_timeline.markdown_of(found, due, self._calendar().zone)
        return {**incident_timeline.timeline_of(found, due)}

    def _moment(self, at: date | datetime | None) -> datetime | None:
        """A moment; of a day its first one in the calendar's zone."""
        if at is None or isinstance(at, datetime):
            return at
        try:
            return self._calendar().at_local(at, time(0))
        except OverflowError:
            return datetime.combine(at, time(0), UTC)


def _exception_requests(unit: Transaction, values: Values) -> Facts:
    status = values.get("status", "")
    pending = status == register.PENDING
    found, total = unit.exceptions.listed(
        now=unit.now,
        pending=pending,
        service=values.get("service", ""),
        status="" if pending else status,
        skip=values["skip"],
        count=values["limit"],
    )
    return _paged([_request_brief(each, unit.now) for each in found], total, values)


def _exception_request(unit: Transaction, values: Values) -> Facts | None:
    request = unit.exceptions.get(values["id"])
    return register.facts(request, unit.exceptions.entries(request.id), unit.now) if request else None


def _reviews(unit: Transaction, values: Values) -> Facts:
    pending = values.get("status") == register.PENDING
    found, total = unit.reviews.listed(
        pending=pending, service=values.get("service", ""), skip=values["skip"], count=values["limit"]
    )
    return _paged([proceedings.review_brief(each) for each in found], total, values)


def _review(unit: Transaction, values: Values) -> Facts | None:
    found = unit.reviews.get(values["id"])
    return proceedings.review(found) if found else None


def _incidents(unit: Transaction, values: Values) -> Facts:
    found, total = unit.incidents.listed(
        open_only=values.get("status") == "open",
        severity=severity_of(values.get("severity", "")),
        service=values.get("service", ""),
        skip=values["skip"],
        count=values["limit"],
    )
    return _paged([{**incident_timeline.timeline_of(each)} for each in found], total, values)


def _incident(unit: Transaction, values: Values) -> Facts | None:
    found = _found(unit, values["id"])
    return {**incident_timeline.timeline_of(found, unit.obligations.of(found.id))} if found else None


def _found(unit: Transaction, wanted: str) -> Incident | None:
    return unit.incidents.get(wanted) or unit.incidents.by_key(wanted)


def _obligations(unit: Transaction, values: Values) -> Facts:
    status, owner = values.get("status", ""), values.get("owner")
    found, total = unit.obligations.listed(
        now=unit.now,
        is_open=None if not status else status != "met",
        overdue=status == "overdue",
        owners=[owner] if owner else None,
        subject=values.get("subject", "").strip().upper(),
        skip=values["skip"],
        count=values["limit"],
    )
    return _paged([_obligation(each, unit.now) for each in found], total, values)


def _bundle(unit: Transaction, _: Values) -> Bundle:
    return bundle(
        [
            BundledWaiver(
                id=each.id,
                standard=target.standard,
                clause=None if target.id == target.standard else target.id,
                service=each.wish.service,
                environment=each.wish.environment,
                since=waiver.since.astimezone(UTC).isoformat(),
                until=waiver.until.isoformat(),
                starts=int(waiver.since.timestamp()),
                ends=int(waiver.ends.timestamp()),
            )
            for each in unit.exceptions.waived(unit.now)
            if (target := each.wish.target) and (waiver := each.waiver)
        ]
    )


def _waiver(request: ExceptionRequest, now: datetime) -> Facts:
    facts, waiver = register.facts(request, (), now), _granted(request)
    target = request.wish.target
    return {
        "id": request.id,
        "standard": target.standard if target else "",
        "clause": target.id if target and target.id != target.standard else None,
        "service": request.wish.service,
        "environment": request.wish.environment,
        "from": waiver.since.astimezone(UTC).isoformat(),
        "until": waiver.until.isoformat(),
        "ends": waiver.ends.astimezone(UTC).isoformat(),
        "risk": request.terms.level,
        "flagged": waiver.is_flagged,
        "conditions": facts["conditions"],
    }


def _granted(request: ExceptionRequest) -> Waiver:
    if request.waiver is None:
        raise LookupError(f"{request.id} has no waiver")
    return request.waiver


def _request_brief(request: ExceptionRequest, now: datetime) -> Facts:
    facts = register.facts(request, (), now)
    target, waiver = request.wish.target, request.waiver
    until = waiver.until if waiver else request.wish.until
    return facts | {
        "clause": target.id if target else "",
        "standard": target.standard if target else "",
        "risk": request.terms.level,
        "until": until.isoformat() if until else "",
    }


def _obligation(each: Obligation, now: datetime) -> Facts:
    return {
        "id": each.id,
        "kind": each.kind,
        "subject": each.subject,
        "title": each.title,
        "what": each.what,
        "owner": each.owner,
        "due": each.due.isoformat(),
        "status": "met" if each.met_at else "overdue" if each.ends <= now else "open",
        "met_at": each.met_at.isoformat() if each.met_at else None,
        "evidence": each.evidence,
    }


def _brief(document: Document, url: str | None) -> Facts:
    return {
        "id": document.id,
        "title": document.title,
        "kind": document.kind,
        "status": document.status,
        "path": document.path,
        "url": url,
        "owner": document.owner,
        "tags": [*document.tags],
        "controls": [*document.controls],
        "date": _day(document.date),
        "reviewed": _day(document.reviewed),
        "clauses": len(document.clauses),
    }


def _cited(citation: Citation) -> Facts:
    known = ("id", "clause", "kind", "status", "title", "path", "heading", "anchor", "url", "owner", "score")
    return {name: getattr(citation, name) for name in known} | {"reviewed": _day(citation.reviewed)}


def _shown(library: Library, wanted: str) -> Shown | None:
    """A document or clause; None for an unknown id. Raises `BadParameterError` for one that several documents have."""
    try:
        return library.show(wanted)
    except AmbiguousId as several:
        paths = ", ".join(several.candidates[:10])
        raise BadParameterError(f"Several documents have this id; name one by its path: {paths}.") from None
    except LookupError:
        return None


def _url_of(library: Library, document: Document, clause: Clause) -> str | None:
    anchor = next((each.anchor for each in document.passages if clause in each.clauses), "")
    found = library.at(document.path, anchor)
    return found[0].url if found else None


def _page(found: Sequence[Any], values: Values, shown: Callable[[Any], Facts]) -> Facts:
    skip, count = values["skip"], values["limit"]
    return _paged([shown(each) for each in found[skip : skip + count]], len(found), values)


def _paged(items: list[Facts], total: int, values: Values) -> Facts:
    behind = values["skip"] + len(items)
    return {"items": items, "total": total, "next": behind if items and behind < total else None}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
