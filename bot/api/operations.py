"""All that can be asked of the API, in one table: the routes and the OpenAPI document are made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from bot.api import answers, incident_answers

READ, WAIVERS, ADMIN = "read", "waivers", "admin"
SCOPES = {READ: "everything under /api/v1", WAIVERS: "waivers in force and the policy bundle", ADMIN: "all of it"}
MOST_ITEMS, USUAL_ITEMS, MOST_SKIPPED = 100, 20, 100_000
LONGEST_TEXT = 200

_WHOLE = re.compile(r"-?[0-9]{1,9}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)


class BadParameterError(ValueError):
    """A parameter's value is wrong: the sentence names it and says how to mend it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter: a text, one of `choices`, a whole number, or a day or moment (`is_moment`)."""

    name: str
    meaning: str
    required: bool = False
    longest: int = LONGEST_TEXT
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    default: int | None = None
    is_moment: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        if self.choices:
            return {"type": "string", "enum": [*self.choices]}
        if self.least is not None:
            return {"type": "integer", "minimum": self.least, "maximum": self.most, "default": self.default}
        if self.is_moment:
            return {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
        return {"type": "string", "minLength": 1, "maxLength": self.longest}

    def value(self, text: str) -> str | int | date | datetime:
        """A text as what it is to be: a moment is aware, a day a date. Raises `BadParameterError`."""
        if self.choices:
            if text not in self.choices:
                raise BadParameterError(f"{self.name} must be one of {', '.join(self.choices)}.")
            return text
        if self.least is not None:
            if not _WHOLE.fullmatch(text) or not self.least <= int(text) <= (self.most or 0):
                raise BadParameterError(f"{self.name} must be a whole number from {self.least} to {self.most}.")
            return int(text)
        if self.is_moment:
            return _moment(self.name, text)
        if not 0 < len(text) <= self.longest:
            raise BadParameterError(f"{self.name} must have 1 to {self.longest} characters.")
        return text.encode("utf-8", "replace").decode().replace("\0", " ")


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked with GET. Any of the `scopes` is enough. `gives` is the type of its answer, None for a file of the
    type `media`; `also` names further types of its answer."""

    name: str
    path: str
    summary: str
    gives: Any
    parameters: tuple[Parameter, ...] = ()
    scopes: tuple[str, ...] = (READ,)
    media: str = "application/json"
    also: tuple[str, ...] = ()
    by_id: str = ""  # what the id in its path is of
    known: Mapping[str, Parameter] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", {each.name: each for each in self.parameters})


def _page(default: int = USUAL_ITEMS) -> tuple[Parameter, ...]:
    return (
        Parameter("limit", "how many at most", least=1, most=MOST_ITEMS, default=default),
        Parameter("skip", "how many to leave out", least=0, most=MOST_SKIPPED, default=0),
    )


KIND = Parameter("kind", "only documents of this kind", choices=("standard", "adr", "runbook", "pattern", "guide"))
SERVICE = Parameter("service", "only for this service, whatever the case of its letters")
CLAUSE = Parameter("clause", "only against this clause, or this whole standard, by its id")

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "search",
        "/api/v1/search",
        "The answer to a question, and the documents that it is about",
        answers.SearchAnswer,
        (Parameter("q", "a question, or words to look for", required=True, longest=1_000), KIND, *_page(10)),
    ),
    Operation(
        "documents",
        "/api/v1/documents",
        "Documents, by their paths",
        answers.Listed[answers.DocumentBrief],
        (KIND, *_page()),
    ),
    Operation("document", "/api/v1/documents/{id}", "One document with its text", answers.Document, by_id="document"),
    Operation(
        "clauses",
        "/api/v1/clauses",
        "Clauses of standards, in the order of their documents",
        answers.Listed[answers.Clause],
        (
            Parameter("document", "only of this document, by its id or path"),
            Parameter("level", "only of this requirement", choices=("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY")),
            *_page(),
        ),
    ),
    Operation("clause", "/api/v1/clauses/{id}", "One clause", answers.Clause, by_id="clause"),
    Operation(
        "exception-requests",
        "/api/v1/exception-requests",
        "Exception requests, the newest first",
        answers.Listed[answers.ExceptionBrief],
        (
            SERVICE,
            Parameter(
                "status",
                "only where it stands so, or pending for all that wait",
                choices=(
                    *("pending", "submitted", "changes asked", "approved", "approved with conditions", "declined"),
                    *("withdrawn", "lapsed", "in force", "expired", "revoked", "renewed", "closed"),
                ),
            ),
            *_page(),
        ),
    ),
    Operation(
        "exception-request",
        "/api/v1/exception-requests/{id}",
        "One exception request, as the register has it",
        answers.ExceptionRequest,
        by_id="exception request",
    ),
    Operation(
        "waivers",
        "/api/v1/waivers",
        "Waivers in force, now or at another time",
        answers.Listed[answers.Waiver],
        (
            SERVICE,
            CLAUSE,
            Parameter(
                "at",
                "in force at this moment, or when this day begins in the calendar's zone; now unless told",
                is_moment=True,
            ),
            *_page(),
        ),
        (READ, WAIVERS),
    ),
    Operation(
        "reviews",
        "/api/v1/reviews",
        "Architecture reviews: those that wait the oldest first, all others the newest first",
        answers.Listed[answers.ReviewBrief],
        (
            SERVICE,
            Parameter("status", "only those that wait for a decision", choices=("pending",)),
            *_page(),
        ),
    ),
    Operation("review", "/api/v1/reviews/{id}", "One architecture review", answers.Review, by_id="review"),
    Operation(
        "incidents",
        "/api/v1/incidents",
        "Incidents, the newest first",
        answers.Listed[incident_answers.IncidentBrief],
        (
            SERVICE,
            Parameter("severity", "only of this severity, like SEV-1", longest=40),
            Parameter("status", "only those that are open", choices=("open",)),
            *_page(),
        ),
    ),
    Operation(
        "incident",
        "/api/v1/incidents/{id}",
        "One incident with its decisions, by its id or its tool's key",
        incident_answers.Incident,
        by_id="incident",
    ),
    Operation(
        "timeline",
        "/api/v1/incidents/{id}/timeline",
        "What happened on its bridge, in order, as JSON or as Markdown",
        incident_answers.Timeline,
        also=("text/markdown",),
        by_id="incident",
    ),
    Operation(
        "obligations",
        "/api/v1/obligations",
        "What decisions demand, the first to fall due first",
        answers.Listed[answers.Obligation],
        (
            Parameter("status", "only those that stand so", choices=("open", "overdue", "met")),
            Parameter("owner", "only those of this e-mail address"),
            Parameter("subject", "only what follows from this request, review or incident, by its id"),
            *_page(),
        ),
    ),
    Operation(
        "policy-bundle",
        "/policy/bundle.tar.gz",
        "Waivers in force as a bundle for Open Policy Agent",
        None,
        scopes=(WAIVERS,),
        media="application/gzip",
    ),
)


def parsed(operation: Operation, query: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The values of a query, defaults filled in. Raises `BadParameterError` for what is not known, doubled, missing or wrong."""
    values: dict[str, Any] = {}
    for name, text in query:
        if name not in operation.known:
            known = ", ".join(operation.known) or "none"
            raise BadParameterError(f"“{name[:60]}” is no parameter here; known: {known}.")
        if name in values:
            raise BadParameterError(f"{name} is given twice; give it once.")
        values[name] = operation.known[name].value(text)
    for parameter in operation.parameters:
        if parameter.required and parameter.name not in values:
            raise BadParameterError(f"{parameter.name} is missing: {parameter.meaning}.")
        if parameter.default is not None:
            values.setdefault(parameter.name, parameter.default)
    return values


def _moment(name: str, text: str) -> date | datetime:
    mend = f"{name} must be a day like 2026-12-31, or a moment like 2026-12-31T09:00:00Z."
    if not _MOMENT.fullmatch(text):
        raise BadParameterError(mend)
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        raise BadParameterError(mend) from None
    if at.tzinfo is None:
        raise BadParameterError(f"{name} has no zone; write one behind it, like 2026-12-31T09:00:00Z.")
    try:
        return at.astimezone(UTC)
    except OverflowError:  # an offset that leads out of the calendar
        return at.replace(tzinfo=UTC)
