"""The shapes of what `/api/v1` answers: from these classes the OpenAPI document takes its schemas. Days and moments are ISO 8601 texts,
moments in UTC."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

Item = TypeVar("Item")


class Problem(msgspec.Struct):
    """What went wrong, and what to do about it."""

    title: str
    status: int
    detail: str


class Listed(msgspec.Struct, Generic[Item]):
    """A page of a list: `next` is the address of the page behind it, `total` how many there are on all pages."""

    items: list[Item]
    total: int
    next: str | None = None


class Citation(msgspec.Struct):
    """Where something is written."""

    id: str
    clause: str | None
    kind: str
    status: str
    title: str
    path: str
    heading: str
    anchor: str
    url: str | None
    owner: str | None
    reviewed: str | None
    score: float


class Line(msgspec.Struct):
    """A quoted sentence or clause; `text` is the document's own words."""

    text: str
    level: str | None
    citation: Citation


class Hit(msgspec.Struct):
    """A document that was found, and an excerpt of it."""

    citation: Citation
    excerpt: str


class SearchAnswer(msgspec.Struct):
    """An answer in quoted lines, or an honest "no answer" (`answered` false), and the documents that were found."""

    question: str
    answered: bool
    confidence: float
    answer: list[Line]
    items: list[Hit]
    did_you_mean: str | None
    unmatched: list[str]
    notes: list[str]
    next: str | None = None


class DocumentBrief(msgspec.Struct):
    """A document without its text."""

    id: str
    title: str
    kind: str
    status: str
    path: str
    url: str | None
    owner: str | None
    tags: list[str]
    controls: list[str]
    date: str | None
    reviewed: str | None
    clauses: int


class Clause(msgspec.Struct):
    """One normative statement, with what stands against it: waivers in force and requests that wait."""

    id: str
    level: str
    text: str
    document: str
    title: str
    path: str
    status: str
    url: str | None
    waivers_in_force: int
    requests_pending: int


class Passage(msgspec.Struct):
    """A section of a document."""

    heading: str
    anchor: str
    text: str


class Document(msgspec.Struct):
    """A document with its text and its links both ways (ids)."""

    id: str
    title: str
    kind: str
    status: str
    path: str
    url: str | None
    owner: str | None
    reviewers: list[str]
    tags: list[str]
    controls: list[str]
    date: str | None
    reviewed: str | None
    effective: str | None
    supersedes: list[str]
    superseded_by: list[str]
    refers_to: list[str]
    referred_from: list[str]
    clauses: list[Clause]
    passages: list[Passage]


class Person(msgspec.Struct):
    """Somebody, as the exception register names them."""

    person: str
    account: str
    name: str
    email: str


class Target(msgspec.Struct):
    """The clause or standard that a request is against, as it was then; `text_now` where it reads differently since."""

    id: str
    standard: str
    title: str
    path: str
    level: str
    text: str
    text_sha256: str
    text_now: str
    url: str
    owner: str
    controls: list[str]
    tags: list[str]


class Risk(msgspec.Struct):
    """How risky it is, and by how many points."""

    level: str
    points: int


class Voice(msgspec.Struct, rename={"for_": "for"}):
    """What somebody said on it, with which right."""

    by: Person
    for_: Person | None
    roles: list[str]
    choice: str
    at: str
    words: str


class Condition(msgspec.Struct, rename={"is_": "is"}):
    """What was demanded with an approval: open, overdue or met."""

    number: int
    obligation: str
    text: str
    owner: str
    due: str
    is_: str
    met_at: str | None


class Granted(msgspec.Struct):
    """The waiver of a request: until when it is in force, and how it ended."""

    since: str
    until: str
    ends: str
    ended_at: str | None
    ended_because: str
    renewed_by: str
    second_look_by: str | None
    second_look_at: str | None


class Proof(msgspec.Struct):
    """An entry of the record about it."""

    sequence: int
    at: str
    action: str
    hash: str


class ExceptionRequest(msgspec.Struct):
    """An exception request, as the register has it."""

    id: str
    status: str
    stage: str
    in_force: bool
    clause: Target | None
    service: str
    tier: str
    environment: str
    asked_by: Person
    asked_at: str
    reason: str
    compensating_controls: str
    remediation: str
    remedied_by: str
    wanted_until: str
    links: list[str]
    answers: dict[str, str]
    emergency: bool
    emergency_reason: str
    renews: str
    risk: Risk
    seats: dict[str, int]
    voices: list[Voice]
    decided_by: list[Person]
    decided_at: str | None
    conditions: list[Condition]
    waiver: Granted | None
    audit: list[Proof]


class ExceptionBrief(msgspec.Struct):
    """An exception request in short."""

    id: str
    status: str
    stage: str
    in_force: bool
    clause: str
    standard: str
    service: str
    tier: str
    environment: str
    asked_by: Person
    asked_at: str
    risk: str
    until: str
    decided_at: str | None


class Waiver(msgspec.Struct, rename={"from_": "from"}):
    """A waiver in force. `clause` is null where it is of the whole standard; `until` is its last day, `ends` the first moment after
    it; it is `flagged` while a condition is overdue."""

    id: str
    standard: str
    clause: str | None
    service: str
    environment: str
    from_: str
    until: str
    ends: str
    risk: str
    flagged: bool
    conditions: list[Condition]


class Obligation(msgspec.Struct):
    """Something dated that a decision demands: open, overdue or met; `subject` is the request, review or incident."""

    id: str
    kind: str
    subject: str
    title: str
    what: str
    owner: str
    due: str
    status: str
    met_at: str | None
    evidence: str


class ReviewBrief(msgspec.Struct):
    """An architecture review in short. `outcome` is what the decision matrix says: none, light, board."""

    id: str
    status: str
    kind: str
    title: str
    service: str
    outcome: str
    asked_by: Person
    asked_at: str
    meeting: str | None
    open_concerns: int
    decided_at: str | None


class Reviewer(msgspec.Struct):
    """Who is to fill a place."""

    role: str
    who: Person


class Concern(msgspec.Struct):
    """Something that a decision waits for, until it is resolved."""

    number: int
    by: Person
    text: str
    at: str
    resolved_by: Person | None
    resolution: str
    resolved_at: str | None


class Touched(msgspec.Struct):
    """Something that the description touches, and why."""

    kind: str
    id: str
    title: str
    why: str
    url: str


class ReviewVoice(msgspec.Struct):
    """What a reviewer said, and why."""

    by: Person
    roles: list[str]
    choice: str
    at: str
    words: str


class ReviewCondition(msgspec.Struct):
    """What was demanded with an approval; how it stands, the obligation says."""

    obligation: str
    text: str
    owner: str
    due: str


class Review(ReviewBrief):
    """An architecture review, from its request to its decision."""

    description: str
    tier: str
    data: str
    wished: str | None
    links: list[str]
    tags: list[str]
    answers: dict[str, str]
    points: int
    revision: str
    reviewers: list[Reviewer]
    concerns: list[Concern]
    voices: list[ReviewVoice]
    decided_by: list[Person]
    conditions: list[ReviewCondition]
    touches: list[Touched]
    deferred_until: str | None
    draft: str | None
