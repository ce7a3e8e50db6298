"""Documents and libraries for tests, made without a disk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from knowledge.documents import Clause, Contents, Document, Kind, Level, Passage, Status
from knowledge.library import Library


def document(path: str, title: str, *sections: tuple[str, str], **members: Any) -> Document:
    """A document of (heading, text) sections; in a standard each line with MUST, SHOULD or MAY is a clause."""
    members.setdefault("id", path.rsplit("/", 1)[-1].removesuffix(".md"))
    members.setdefault("kind", Kind.STANDARD)
    members.setdefault("status", Status.ACCEPTED)
    passages: list[Passage] = []
    count = 0
    for line, (heading, text) in enumerate(sections, 1):
        clauses = []
        for block in text.split("\n"):
            found = re.search(r"\b(MUST NOT|MUST|SHOULD NOT|SHOULD|MAY)\b", block)
            if found and members["kind"] is Kind.STANDARD:
                count += 1
                clauses.append(Clause(f"{members['id']}.{count}", Level(found[1]), block.removeprefix("- "), line))
        anchor = heading.lower().replace(" ", "-")
        passages.append(Passage(heading, (), anchor, line, text, tuple(clauses)))
    digest = hashlib.sha256(repr((title, sections)).encode()).hexdigest()
    return Document(path=path, title=title, digest=digest, passages=tuple(passages), **members)


def contents(*documents: Document, glossary: Mapping[str, tuple[str, ...]] | None = None) -> Contents:
    """A folder of these documents."""
    return Contents({one.path: one for one in documents}, glossary=glossary or {})


def library(*documents: Document, glossary: Mapping[str, tuple[str, ...]] | None = None) -> Library:
    """A library of these documents."""
    return Library.build(contents(*documents, glossary=glossary), link)


def link(document: Document, anchor: str) -> str:
    """Where a document is read."""
    return f"https://docs.example.org/{document.path}#{anchor}"


ENCRYPTION = document(
    "standards/STD-003.md",
    "Encryption",
    ("", "How data is protected by cryptography, at rest and in transit."),
    (
        "At rest",
        """- Object storage buckets MUST be encrypted at rest with a customer-managed key.
- Laptops SHOULD be encrypted with the vendor's disk encryption.""",
    ),
    (
        "In transit",
        "- A TLS endpoint MUST NOT negotiate any version below TLS 1.2.\n\topenssl s_client -tls1_1 buckets encrypted",
    ),
    ("Further reading", "Books on encryption of buckets."),
    id="STD-003",
    owner="security",
)
BACKUP = document(
    "standards/STD-006.md",
    "Backup and disaster recovery",
    ("Taking backups", "- Every data store MUST be backed up daily.\n- A replica MUST NOT be counted as a backup."),
    ("Objectives", "The Recovery Point Objective (RPO) says how much data may be lost.\nTier 1 | 15 minutes | 4 hours"),
    id="STD-006",
)
DATABASE = document(
    "adrs/0003-postgresql.md",
    "PostgreSQL as the default relational database",
    ("Context", "Teams ask again and again which relational database to use, and every database wants an operator."),
    ("Decision", "New services use the cloud's managed PostgreSQL."),
    ("Consequences", "Operators learn one database engine."),
    id="ADR-0003",
    kind=Kind.ADR,
)
FAILOVER = document(
    "runbooks/failover.md",
    "Region failover",
    ("Symptoms", "The region is down; failover of the region may be due."),
    ("Steps", "Freeze deployments, then promote the standby of the other region."),
    id="RB-001",
    kind=Kind.RUNBOOK,
)
FOLDER = (ENCRYPTION, BACKUP, DATABASE, FAILOVER)
