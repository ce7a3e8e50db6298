"""What a document is, in every notation that people use; and what documents say of one another."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge import formats, references
from knowledge.documents import Document, Kind, Status


def document(text: str, path: str = "docs/adr/0007-use-queues.md") -> Document:
    parsed = formats.parse(path, text.encode())
    assert parsed.document is not None, parsed.faults
    return parsed.document


def folder(**files: str) -> dict[str, Document]:
    paths = {name.replace("__", "/").replace("_md", ".md"): text for name, text in files.items()}
    return references.resolve({path: document(text, path) for path, text in paths.items()})


def test_all_that_front_matter_may_say() -> None:
    found = document(
        "---\nid: STD-004\ntitle: Encryption\nkind: standard\nstatus: draft\nowner: security\nreviewers: [ada, alan]\n"
        "tags: [crypto, Tag one]\naliases: [TLS, at rest]\ntier: 1\ndate: 2025-01-02\nreviewed: 2026-03-04\n"
        "review_every: 6 months\neffective: 2025-02-01\ncontrols: [SOC2:CC6.1, ISO27001:A.8.24]\n"
        "applies_to: {paths: [infra/], services: [payments]}\nexceptions: {risk: high, seats: [{role: security, people: 1}]}\n"
        "---\n# Other title\ntext\n",
        "x/y.md",
    )
    assert (found.id, found.title, found.kind, found.status) == ("STD-004", "Encryption", Kind.STANDARD, Status.DRAFT)
    assert (found.owner, found.reviewers, found.tags, found.aliases) == (
        "security",
        ("ada", "alan"),
        ("crypto",),
        ("TLS", "at rest"),
    )
    assert (found.tier, found.date, found.reviewed, found.effective) == (
        "1",
        date(2025, 1, 2),
        date(2026, 3, 4),
        date(2025, 2, 1),
    )
    assert (found.review_every, found.controls) == ("6 months", ("SOC2:CC6.1", "ISO27001:A.8.24"))
    assert (found.applies_to, found.exception_risk, found.exception_seats) == (
        ("infra/", "payments"),
        "high",
        ("security",),
    )


@pytest.mark.parametrize(
    ("stated", "seats"),
    [
        ("[security]", ("security",)),
        ("[{role: security}, director]", ("security", "director")),
        ("[{role: security, people: 2}, {role: director, people: 1}]", ("security", "security", "director")),
        ("[{role: security, people: 0}]", ("security",)),
        ("[{role: security, people: true}]", ("security",)),
        ("[{role: security, people: 1000000000}]", ("security",) * 20),
    ],
)
def test_a_standard_names_a_role_as_often_as_it_wants_people_of_it(stated: str, seats: tuple[str, ...]) -> None:
    assert document(f"---\nexceptions: {{seats: {stated}}}\n---\nx").exception_seats == seats


def test_other_peoples_keys_are_understood() -> None:
    found = document(
        "---\nlast_reviewed_on: 2026-01-31\nreview_in: 6 month\nowner_slack: '#platform'\ncreated: 3 May 2024\n---\nx"
    )
    assert (found.reviewed, found.review_every, found.owner, found.date) == (
        date(2026, 1, 31),
        "6 month",
        "#platform",
        date(2024, 5, 3),
    )


@pytest.mark.parametrize(
    ("path", "text", "title"),
    [
        ("a/b-c.md", "# From the *heading*\nx", "From the heading"),
        ("a/0007-use_some-queues.md", "x", "Use some queues"),
        ("spam-check/index.md", "x", "Spam check"),
        ("a/list-keys.html.md.erb.md", "# <%= current_page.data.title %>\nx", "List keys"),
        ("spam-check/README.md", "intro\n\n# Configuration\nx\n# Logs\ny", "Spam check"),
        ("a/x.md", "intro\n\n# Only one\nx\n## Logs\ny", "Only one"),
        ("a/x.rst", "PEP: 7\nTitle: Style\nStatus: Active\n\nText\n====\nx\n", "Style"),
        ("a/x.adoc", "= The *title*\n:status: draft\n\nx\n", "The title"),
    ],
)
def test_titles(path: str, text: str, title: str) -> None:
    assert document(text, path).title == title


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("standards/x.md", "x", Kind.STANDARD),
        ("standards/patterns/x.md", "x", Kind.PATTERN),
        ("docs/adr/0001-x.md", "x", Kind.ADR),
        ("docs/architecture_decisions/x.md", "x", Kind.ADR),
        ("team-runbooks/docs/redis/x.md", "x", Kind.RUNBOOK),
        ("x/reference-architectures/web.md", "x", Kind.PATTERN),
        ("docs/x.md", "x", Kind.GUIDE),
        ("docs/x.md", "## Context\nx\n## Decision\ny", Kind.ADR),
        ("docs/x.md", "## Meaning\nx\n## Impact\ny\n## Mitigation\nz", Kind.RUNBOOK),
        ("docs/x.md", "## You MUST sign\nx\n## You SHOULD rotate\ny", Kind.STANDARD),
        ("docs/x.md", "---\ntype: Runbook\n---\nx", Kind.RUNBOOK),
        ("adr/adr-template.md", "## Context\nx\n## Decision\ny", Kind.GUIDE),
        ("runbooks/archetypes/default.md", "x", Kind.GUIDE),
        ("adr/README.md", "An index of decisions", Kind.GUIDE),
    ],
)
def test_kinds(path: str, text: str, kind: Kind) -> None:
    assert document(text, path).kind is kind


@pytest.mark.parametrize(
    ("path", "text", "identity"),
    [
        ("adr/0007-x.md", "x", "ADR-0007"),
        ("adr/7-x.md", "x", "ADR-0007"),
        ("standards/STD-003-encryption.md", "x", "STD-003"),
        ("standards/std-003.md", "x", "STD-003"),
        ("peps/pep-0649.rst", "PEP: 649\nTitle: T\n\nx", "PEP-0649"),
        ("adr/x.md", "---\nid: 12\n---\nx", "ADR-0012"),
        ("x.md", "---\nid: SEGAS-00018\n---\nx", "SEGAS-00018"),
        ("runbooks/Redis Full/README.md", "x", "runbooks-redis-full"),
        ("guides/top-10-tips.md", "x", "guides-top-10-tips"),
    ],
)
def test_ids(path: str, text: str, identity: str) -> None:
    assert document(text, path).id == identity


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("no word of it", Status.ACCEPTED, ""),
        ("## Status\n\nAccepted\n", Status.ACCEPTED, ""),
        ("## Status\n\n✅ Accepted\n", Status.ACCEPTED, ""),
        ("## Status\n\n❌ Rejected\n", Status.RETIRED, "Rejected"),
        ("## Status: Proposed\n", Status.PROPOSED, ""),
        ("## Status\n\nReverted by [the next](0009-y.md)\n", Status.RETIRED, "Reverted by the next"),
        (
            "## Status\n\nThis standard was formally adopted on 3 May.\n",
            Status.ACCEPTED,
            "This standard was formally adopted on 3 May",
        ),
        ("# T\n\nStatus: Withdrawn\n", Status.RETIRED, "Withdrawn"),
        ("# T\n\n* **Status**: proposed <!-- optional -->\n", Status.PROPOSED, ""),
        ("# T\n\n| **Status** | Approved |\n|---|---|\n| Owner | x |\n", Status.ACCEPTED, "Approved"),
        ("# T\n\n![status](https://img.shields.io/badge/status-draft-orange.svg)\n", Status.DRAFT, ""),
        (
            "# T\n\nThis alert is deprecated, see elsewhere.\n",
            Status.DEPRECATED,
            "This alert is deprecated, see elsewhere",
        ),
        ("# T\n\nStatus: [proposed | rejected | accepted | deprecated]\n", Status.ACCEPTED, ""),
        ("---\nstatus: Implemented\n---\nx", Status.ACCEPTED, "Implemented"),
        ("---\nstatus: accepted\n---\n## Status\n\nDraft\n", Status.ACCEPTED, ""),
        ("---\nlayout: withdrawn\n---\nx", Status.RETIRED, "withdrawn"),
        ("## Status\n\non hold\n", Status.PROPOSED, "on hold"),
        ("## Status\n\nSuperseded by [ADR-0020](0020-x.md)\n", Status.SUPERSEDED, "Superseded by ADR-0020"),
        ("## Status\n\nNot yet decided\n", Status.PROPOSED, "Not yet decided"),
    ],
)
def test_statuses(text: str, status: Status, said: str) -> None:
    found = document(text)
    assert (found.status, found.status_text) == (status, said)


@pytest.mark.parametrize(
    "said",
    [
        "## Status\n\nSuperseded by [ADR-0020](0020-new.md)\n",
        "## Status\n\n⌛ Superseded [0020](./0020-new.md)\n",
        "## Status\n\nsuperseded by ADR 20\n",
        "* Status: superseded by ADR-0020\n",
        "| Status | Superseded |\n|---|---|\n| Superseded by | [new](0020-new.md) |\n",
        "Superseded-By: 20\n",
        "---\nsuperseded_by: ADR-0020\n---\nx",
        "---\nstatus: superseded by [ADR-0020](0020-new.md)\n---\nx",
        "---\nsuperseded_by: [0020-new.md]\n---\nx",
    ],
)
def test_a_successor_is_found_and_knows_it(said: str) -> None:
    documents = folder(
        **{"adr__0007-old_md": said if said.startswith("---") else "# T\n\n" + said, "adr__0020-new_md": "x"}
    )
    old, new = documents["adr/0007-old.md"], documents["adr/0020-new.md"]
    assert (old.status, old.superseded_by) == (Status.SUPERSEDED, ("adr/0020-new.md",))
    assert (new.status, new.supersedes) == (Status.ACCEPTED, ("adr/0007-old.md",))


def test_a_document_that_another_supersedes_is_superseded_though_it_does_not_say_so() -> None:
    documents = folder(
        **{
            "adr__0001-a_md": "## Status\nAccepted",
            "adr__0002-b_md": "## Status\nAccepted\n\nSupersedes [1](0001-a.md)",
        }
    )
    old = documents["adr/0001-a.md"]
    assert (old.status, old.status_text) == (Status.SUPERSEDED, "accepted; superseded by ADR-0002")
    assert old.superseded_by == ("adr/0002-b.md",)


def test_a_proposal_supersedes_nothing_yet() -> None:
    documents = folder(**{"adr__0001-a_md": "x", "adr__0002-b_md": "Status: Proposed\n\nSupersedes: ADR-0001"})
    assert documents["adr/0001-a.md"].status is Status.ACCEPTED
    assert documents["adr/0001-a.md"].superseded_by == ("adr/0002-b.md",)


def test_two_that_supersede_each_other_both_stay() -> None:
    documents = folder(**{"adr__0001-a_md": "Supersedes: ADR-0002", "adr__0002-b_md": "Supersedes: ADR-0001"})
    assert {each.status for each in documents.values()} == {Status.ACCEPTED}


def test_a_number_that_two_documents_have_stays_as_written() -> None:
    documents = folder(
        **{"a__0007-x_md": "x", "a__0007-y_md": "x", "a__0008-z_md": "---\nkind: adr\nsupersedes: ADR-0007\n---\nx"}
    )
    assert documents["a/0008-z.md"].supersedes == ("ADR-0007",)


def test_a_number_means_the_document_in_the_same_folder() -> None:
    documents = folder(
        **{"one__adr__0007-x_md": "x", "two__adr__0007-x_md": "x", "two__adr__0008-z_md": "Supersedes: 7"}
    )
    assert documents["two/adr/0008-z.md"].supersedes == ("two/adr/0007-x.md",)


def test_references_never_lead_out_of_the_folder() -> None:
    documents = folder(
        a__x_md="[up](../../../etc/passwd) [self](x.md) [other](/b/y.md#top) [web](https://x.example/b/y.md)",
        b__y_md="x",
    )
    assert documents["a/x.md"].refers_to == ("b/y.md",)


def test_a_stub_says_where_its_text_has_gone() -> None:
    documents = folder(a__x_md="# X\n\nThis page has been moved to [there](../b/y.html).", b__y_md="# Y\n\ntext")
    assert documents["a/x.md"].moved_to == "b/y.md"
    assert documents["b/y.md"].moved_to is None


def test_header_lines_of_a_proposal_are_read() -> None:
    found = document(
        "PEP: 3153\nTitle: Async\nStatus: Superseded\nCreated: 29-May-2011\nSuperseded-By: 3156\n\nAbstract\n========\n\nx",
        "pep-3153.rst",
    )
    assert (found.id, found.status, found.superseded_by, found.date) == (
        "PEP-3153",
        Status.SUPERSEDED,
        ("3156",),
        date(2011, 5, 29),
    )
    assert [each.heading for each in found.passages] == ["Abstract"]
