"""The exception register for whoever audits it: every request with its decision and its waiver, as JSON or as CSV.

JSON has the exact words of everybody and all that is known. CSV is for spreadsheets: one row a request, each cell on one line,
and nothing in it that a spreadsheet would take for a formula.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.cards.text import clean
from bot.domain import plain
from bot.domain.announcements import Json
from bot.domain.exception_register import Proof
from bot.domain.exception_requests import Condition, ExceptionRequest, Stage, State, Voice
from bot.domain.people import Person
from bot.errors import ConfigurationError
from bot.store.transaction import Transaction

PENDING = "pending"  # as `exceptions pending` says it
STATUSES = tuple(dict.fromkeys([PENDING, *map(str, Stage), *map(str, State)]))
COLUMNS = (
    *("id", "status", "stage", "in_force", "clause", "standard", "title", "level", "clause_text", "clause_sha256"),
    *(
        "clause_text_now",
        "owner",
        "controls",
        "service",
        "tier",
        "environment",
        "asked_by",
        "asked_by_email",
        "asked_at",
    ),
    *("reason", "compensating_controls", "remediation", "remedied_by", "wanted_until", "links", "answers", "emergency"),
    *("emergency_reason", "renews", "risk", "points", "rule", "revision", "seats", "content_digest", "voices"),
    *(
        "decided_by",
        "decided_at",
        "conditions",
        "since",
        "until",
        "ended_at",
        "ended_by",
        "ended_because",
        "renewed_by",
    ),
    "audit_entries",
)

Facts = dict[str, Json]

# Spreadsheets take a cell for a formula that begins so, in whichever width; and a text after a semicolon for a cell of its own
# where that separates them. https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"(?:(?<=;)|\A)(?=\s*[=+\-@＝＋－﹣−＠﹦﹢﹫])")


def status_of(text: str) -> str:
    """A status as it is written on the command line. Raises `ConfigurationError` for one that there is not."""
    said = " ".join(re.split(r"[\s_-]+", text.strip().lower()))
    if said not in STATUSES:
        raise ConfigurationError([f"“{text}” is no status; there are: {', '.join(STATUSES)}."])
    return said


def read(unit: Transaction, status: str = "", service: str = "") -> dict[str, Any]:
    """The register as it is at this moment: the requests of a status ("" for all) for a service, by their ids. A request that was
    approved is found under that, and under what has become of its waiver."""
    wanted = service.strip().casefold()
    found = [
        facts(each, unit.exceptions.entries(each.id), unit.now)
        for each in unit.exceptions.all()
        if (not wanted or each.wish.service.strip().casefold() == wanted)
        and (not status or status in _statuses(each, unit.now))
    ]
    return {"at": _moment(unit.now), "status": status, "service": service, "count": len(found), "requests": found}


def facts(request: ExceptionRequest, proofs: Iterable[Proof], now: datetime) -> Facts:
    """All that is known of a request, as JSON. Moments are in UTC, digests SHA-256 in hexadecimal."""
    wish, terms, waiver, target = request.wish, request.terms, request.waiver, request.wish.target
    return {
        "id": request.id,
        "status": _status(request, now),
        "stage": request.stage,
        "in_force": bool(waiver and waiver.in_force(now)),
        "clause": {
            "id": target.id,
            "standard": target.standard,
            "title": target.title,
            "path": target.document,
            "level": target.level,
            "text": target.text,
            "text_sha256": hashlib.sha256(target.text.encode(errors="replace")).hexdigest(),
            "text_now": request.target_now,
            "url": target.url,
            "owner": target.owner,
            "controls": [*target.controls],
            "tags": [*target.tags],
        }
        if target
        else None,
        "service": wish.service,
        "tier": wish.tier,
        "environment": wish.environment,
        "asked_by": _person(request.asked_by),
        "asked_at": _moment(request.asked_at),
        "reason": wish.reason,
        "compensating_controls": wish.compensating_controls,
        "remediation": wish.remediation,
        "remedied_by": str(wish.remedied_by or ""),
        "wanted_until": str(wish.until or ""),
        "links": [*wish.links],
        "answers": {**wish.answers},
        "emergency": wish.emergency,
        "emergency_reason": wish.emergency_reason,
        "renews": wish.renews,
        "risk": {"level": terms.level, "points": terms.points, "level_by_points": terms.by_points},
        "rule": {"name": request.rule, "revision": terms.revision, **plain.written(terms.rule)},
        "seats": {seat.role: seat.people for seat in terms.seats},
        "emergency_rule": plain.written(terms.emergency) if terms.emergency else None,
        "sent": request.revision,
        "content_digest": request.digest,
        "escalated": request.escalated,
        "voices": [_voice(each) for each in _voices(request)],
        "decided_by": [_person(each) for each in request.decided_by],
        "decided_at": _moment(request.ended_at),
        "conditions": [_condition(each) for each in waiver.conditions] if waiver else [],
        "waiver": {
            "since": _moment(waiver.since),
            "until": str(waiver.until),
            "ends": _moment(waiver.ends),
            "ended_at": _moment(waiver.ended_at),
            "ended_by": _person(waiver.ended_by),
            "ended_because": waiver.ended_because,
            "renewed_by": waiver.renewed_by,
            "second_look_by": _moment(waiver.look_by),
            "second_look_at": _moment(waiver.looked_at),
        }
        if waiver
        else None,
        "audit": [
            {"sequence": each.sequence, "at": _moment(each.at), "action": each.action, "hash": each.hash}
            for each in proofs
        ],
    }


def as_csv(register: Mapping[str, Any]) -> str:
    """The requests of a register as CSV with a line of headings. Whatever would be a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in register["requests"]:
        row = dict(_cells(each))
        writer.writerow([harmless(row.get(name, "")) for name in COLUMNS])
    return out.getvalue()


def harmless(text: str) -> str:
    """A text on one line that no spreadsheet takes for a formula, and no terminal for an order."""
    return _FORMULA.sub("'", clean(text))


def _cells(each: Mapping[str, Any]) -> dict[str, str]:
    """The cells of a request, by their columns. What several people said stands in one cell, a semicolon between them."""
    clause, waiver, asker = each["clause"] or {}, each["waiver"] or {}, each["asked_by"]
    known = {name: _text(each[name]) for name in COLUMNS if isinstance(each.get(name), str | bool | list)}
    return {
        **known,
        **{name: _text(clause.get(name)) for name in ("standard", "title", "level", "owner", "controls")},
        **{name: _text(waiver.get(name)) for name in ("since", "until", "ended_at", "ended_because", "renewed_by")},
        "clause": _text(clause.get("id")),
        "clause_text": _text(clause.get("text")),
        "clause_sha256": _text(clause.get("text_sha256")),
        "clause_text_now": _text(clause.get("text_now")),
        "asked_by": _who(asker),
        "asked_by_email": asker["email"],
        "answers": _text([f"{name}: {said}" for name, said in each["answers"].items()]),
        "risk": each["risk"]["level"],
        "points": str(each["risk"]["points"]),
        "rule": each["rule"]["name"],
        "revision": each["rule"]["revision"],
        "seats": _text([f"{role} {people}" for role, people in each["seats"].items()]),
        "voices": _text([_said(voice) for voice in each["voices"]]),
        "decided_by": _text([_who(person) for person in each["decided_by"]]),
        "conditions": _text([_demanded(condition) for condition in each["conditions"]]),
        "ended_by": _who(waiver.get("ended_by")),
        "audit_entries": _text([str(entry["sequence"]) for entry in each["audit"]]),
    }


def _said(voice: Mapping[str, Any]) -> str:
    stands_for = f" for {_who(voice['for'])}" if voice["for"] else ""
    words = f": {voice['words']}" if voice["words"] else ""
    return f"{voice['at']} {_who(voice['by'])}{stands_for} as {', '.join(voice['roles'])}, {voice['choice']}{words}"


def _demanded(condition: Mapping[str, Any]) -> str:
    return f"{condition['text']} ({condition['owner']}, by {condition['due']}, {condition['is']})"


def _who(person: Mapping[str, Any] | None) -> str:
    return str(person["name"] or person["email"] or person["account"]) if person else ""


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(map(str, value))
    return str(value)


def _voices(request: ExceptionRequest) -> Iterable[Voice]:
    """Who decided, and who spoke since or last, each voice once: also where its person has been linked anew since."""
    spoken = (*(request.waiver.granted if request.waiver else ()), *request.voices)
    return {(voice.right.by.account, voice.at, voice.choice): voice for voice in spoken}.values()


def _voice(voice: Voice) -> Facts:
    return {
        "by": _person(voice.right.by),
        "for": _person(voice.right.speaks_for),
        "roles": [*sorted(voice.right.roles)],
        "choice": voice.choice,
        "at": _moment(voice.at),
        "words": voice.words,
        "acceptance": voice.acceptance,
        "content_digest": voice.digest,
    }


def _condition(each: Condition) -> Facts:
    return {
        "number": each.number,
        "obligation": each.obligation,
        "text": each.text,
        "owner": each.owner,
        "due": each.due.isoformat(),
        "set_by": _person(each.by),
        "is": "met" if each.met_at else "overdue" if each.overdue_at else "open",
        "met_at": _moment(each.met_at),
        "overdue_at": _moment(each.overdue_at),
        "kept_at": _moment(each.kept_at),
    }


def _person(person: Person | None) -> Facts | None:
    if person is None:
        return None
    return {"person": person.id, "account": person.account, "name": person.name, "email": person.email}


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def _status(request: ExceptionRequest, now: datetime) -> str:
    """Where it stands: also where a waiver's end has passed and nobody has written that down yet."""
    waiver = request.waiver
    if waiver and waiver.state is State.IN_FORCE and now >= waiver.ends:
        return str(State.EXPIRED)
    return request.status


def _statuses(request: ExceptionRequest, now: datetime) -> frozenset[str]:
    is_pending = request.stage in (Stage.SUBMITTED, Stage.CHANGES_ASKED)
    return frozenset({_status(request, now), str(request.stage), *([PENDING] if is_pending else [])})
