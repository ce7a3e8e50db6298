"""What an author gets wrong is said with its place, and read as far as it can be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import folder, formats
from knowledge.documents import Contents, Document, Kind, LeftOut, Status

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
STARTER = Path(__file__).parents[2] / "knowledge" / "starter"
LONG_AGO = 1_700_000_000


def read(front: str, path: str = "notes/x.md", body: str = "# Title\n\ntext\n") -> tuple[Document, list[LeftOut]]:
    parsed = formats.parse(path, f"---\n{front}\n---\n{body}".encode())
    assert parsed.document is not None
    assert all(fault.read for fault in parsed.faults)
    return parsed.document, list(parsed.faults)


def said(front: str, path: str = "notes/x.md") -> str:
    (fault,) = read(front, path)[1]
    return fault.reason


def contents(root: Path, **files: str) -> Contents:
    for name, text in files.items():
        path = root / (name.replace("__", "/").replace("_md", ".md"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (LONG_AGO, LONG_AGO))
    return folder.read(root).contents


@pytest.mark.parametrize(
    ("written", "status", "hint"),
    [
        ("acepted", Status.DRAFT, "; did you mean accepted?"),
        ("draf", Status.DRAFT, "; did you mean draft?"),
        ("depricated", Status.DEPRECATED, "; did you mean deprecated?"),
        ("Retierd", Status.RETIRED, "; did you mean retired?"),
        ("bogus", Status.DRAFT, "."),
        ("42", Status.DRAFT, "."),
        ("true", Status.DRAFT, "."),
        ("unaccepted", Status.DRAFT, "; did you mean accepted?"),
    ],
)
def test_an_unreadable_status_never_counts_as_accepted_and_is_said(written: str, status: Status, hint: str) -> None:
    document, (fault,) = read(f"title: x\nstatus: {written}")
    assert document.status is status
    assert document.status_text.lower() == written.lower()
    assert (fault.path, fault.line) == ("notes/x.md", 3)
    words = "draft, proposed, accepted, deprecated, superseded, retired"
    assert fault.reason.lower().startswith(f'status "{written.lower()}" is none of {words}{hint}')


def test_a_choice_that_was_never_made_is_no_status() -> None:
    document, (fault,) = read("status: proposed | accepted | deprecated")
    assert document.status is Status.DRAFT
    assert "is none of" in fault.reason


def test_what_the_text_says_of_itself_counts_when_front_matter_cannot_be_read() -> None:
    document, faults = read("status: bogus", body="# T\n\n## Status\n\nRejected\n")
    assert document.status is Status.RETIRED
    assert len(faults) == 1


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("Rejected", Status.RETIRED),
        ("Withdrawn", Status.RETIRED),
        ("Final", Status.ACCEPTED),
        ("✅ Accepted", Status.ACCEPTED),
        ("adopted on 3 May 2026", Status.ACCEPTED),
        ("In-Progress", Status.DRAFT),
        ("live", Status.ACCEPTED),
        ("ready_for_review", Status.PROPOSED),
        ("not accepted", Status.PROPOSED),
        ("legacy", Status.DEPRECATED),
        ("superseded by X-9", Status.SUPERSEDED),
    ],
)
def test_notations_in_the_wild_are_no_faults(written: str, status: Status) -> None:
    document, faults = read(f"status: {written}")
    assert (document.status, faults) == (status, [])


@pytest.mark.parametrize("front", ["status:", "status: ''", "title: x"])
def test_no_status_is_no_fault(front: str) -> None:
    document, faults = read(front)
    assert (document.status, faults) == (Status.ACCEPTED, [])


def test_an_unknown_kind_is_said_and_the_path_decides() -> None:
    document, (fault,) = read("kind: standrad", "runbooks/x.md")
    assert document.kind is Kind.RUNBOOK
    assert fault.line == 2
    assert 'kind "standrad" is none of standard, adr, runbook, pattern, guide; did you mean standard?' in fault.reason
    assert read("kind: Policy")[1] == read("type: docs")[1] == []


@pytest.mark.parametrize(
    ("written", "day", "reason"),
    [
        ("03/04/2026", None, "may be two days"),
        ("22/11/2026", "2026-11-22", "is read as 2026-11-22; write it so"),
        ("11/22/2026", "2026-11-22", "is read as 2026-11-22; write it so"),
        ("2026-02-30", None, "cannot be read as a date"),
        ("31/02/2026", None, "cannot be read as a date"),
        ("last spring", None, "cannot be read as a date"),
        ("2026", None, "cannot be read as a date"),
        ("[2026-01-01]", None, "cannot be read as a date"),
    ],
)
def test_a_day_that_cannot_be_read_or_may_be_two_is_said(written: str, day: str | None, reason: str) -> None:
    document, (fault,) = read(f"title: x\nreviewed: {written}")
    assert (document.reviewed and document.reviewed.isoformat()) == day
    assert reason in fault.reason
    assert fault.line == 3
    assert reason in said(f"effective: {written}")
    assert reason in said(f"date: {written}")


@pytest.mark.parametrize(
    "written", ["2026-11-22", "'2026-11-22'", "22 November 2026", "22.11.2026", "2026-11-22T10:00:00Z"]
)
def test_days_that_can_mean_one_thing_are_no_faults(written: str) -> None:
    document, faults = read(f"reviewed: {written}")
    assert (str(document.reviewed), faults) == ("2026-11-22", [])


@pytest.mark.parametrize("written", ["yearly", "6 month", "12 months", "a year", "every quarter", "2 weeks"])
def test_intervals_that_are_read_are_no_faults(written: str) -> None:
    assert read(f"review_every: {written}")[1] == []


@pytest.mark.parametrize("written", ["sometimes", "6", "six months"])
def test_an_interval_that_cannot_be_read_is_said(written: str) -> None:
    assert said(f"review_every: {written}").startswith(f'review_every "{written}" cannot be read')


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("tags: {a: 1}", "tags must be a list"),
        ("tags: [a, {b: c}]", "an item of tags"),
        ("supersedes: 3.5", "supersedes must be the ids or paths of documents, not 3.5"),
        ("superseded_by: true", "superseded_by must be the ids or paths of documents, not true"),
        ("owner: [ada, alan]", 'owner must be one value, not a list; it is read as "ada, alan"'),
        ("owner: {name: ada}", "owner must be one value, not a mapping"),
        ("owner: true", "owner is true"),
        ("status: {proposed | accepted}", "status must be one value, not a mapping"),
        ("id: 3.10", "id 3.1 is taken as a number"),
        ("applies_to: 5", "applies_to must be a list of paths"),
        ("exceptions: high", "exceptions must be a mapping"),
    ],
)
def test_wrong_types_are_said_and_the_rest_is_read(front: str, reason: str) -> None:
    document, (fault,) = read(f"tier: 1\n{front}\naliases: [b]")
    assert (document.tier, document.aliases) == ("1", ("b",))
    assert reason in fault.reason
    assert fault.line == 3


def test_what_is_read_of_wrong_types() -> None:
    assert read("tags: [a, {b: c}]")[0].tags == ("a",)
    assert read("owner: [ada, alan]")[0].owner == "ada, alan"
    assert read("status: {proposed | accepted}")[0].status is Status.DRAFT


@pytest.mark.parametrize(
    ("key", "meant"),
    [("suprsedes", "supersedes"), ("reviwed", "reviewed"), ("onwer", "owner"), ("tag", "tags"), ("alias", "aliases"),
     ("superseded", "superseded_by"), ("reviewer", "reviewers"), ("titel", "title"), ("review-evry", "review_every")],
)  # fmt: skip
def test_misspelt_keys_are_said(key: str, meant: str) -> None:
    assert f'"{key}" is no key that is known; did you mean {meant}?' in said(f"{key}: x")


def test_a_misspelt_status_counts_lest_a_draft_pass_for_more() -> None:
    document, (fault,) = read("staus: draft")
    assert document.status is Status.DRAFT
    assert (fault.line, "did you mean status?" in fault.reason) == (2, True)


@pytest.mark.parametrize(
    "key",
    [
        "colour",
        "weight",
        "layout",
        "order",
        "related",
        "nav_order",
        "description",
        "data",
        "state",
        "creator",
        "name",
        "menu",
    ],
)
def test_keys_of_other_purposes_are_no_faults(key: str) -> None:
    assert read(f"{key}: x")[1] == []


def test_capitals_and_hyphens_in_keys_are_understood() -> None:
    document, faults = read("Status: Draft\nReview-Every: 6 months\nappliesTo: [a]")
    assert (document.status, document.review_every, document.applies_to) == (Status.DRAFT, "6 months", ("a",))
    assert faults == []


def test_forms_to_fill_in_have_no_faults() -> None:
    assert read("status: '{choose}'\ndate: YYYY-MM-DD\nkind: bogus", "adr/adr-template.md")[1] == []


def test_a_block_that_is_never_closed_is_read_as_text_and_said() -> None:
    parsed = formats.parse("x.md", b"---\nid: X-1\nstatus: draft\n\n# Title\n\ntext\n")
    assert parsed.document is not None
    assert (parsed.document.title, parsed.document.status) == ("Title", Status.DRAFT)
    (fault,) = parsed.faults
    assert (fault.line, fault.read) == (1, True)
    assert fault.reason == "front matter that begins at line 1 is never closed; add a line ---"


def test_names_of_documents_that_are_not_there_are_said(tmp_path: Path) -> None:
    found = contents(
        tmp_path,
        a_md="---\nid: A-1\nsupersedes: [A-9, b.md]\n---\nx",
        b_md="---\nid: B-1\nsuperseded_by: lost/x.md\n---\nx",
        c_md="---\nsupersedes: none\n---\n# C\n\nSupersedes: PEP 9\n",
        d_md="---\nsuperseded_by: https://intranet.example.org/x.md\n---\nx",
    )
    assert [(each.path, each.line, each.read) for each in found.left_out] == [("a.md", 3, True), ("b.md", 3, True)]
    assert (
        found.left_out[0].reason == 'supersedes names "A-9", which is no document of this folder; mend the id or path'
    )
    assert found.documents["c.md"].status is Status.ACCEPTED


def test_a_name_that_several_documents_have_is_said(tmp_path: Path) -> None:
    adr = "---\nkind: adr\n---\nx"
    found = contents(
        tmp_path, a__0007_x_md=adr, b__0007_y_md=adr, c__z_md="---\nkind: adr\nsupersedes: ADR-0007\n---\nx"
    )
    (fault,) = found.left_out
    assert "which is the id of a/0007_x.md, b/0007_y.md; write the path" in fault.reason


def test_two_documents_with_one_id_are_both_said(tmp_path: Path) -> None:
    found = contents(tmp_path, a_md="---\nid: NAM-1\n---\nx", b_md="---\ntitle: B\nid: nam-001\n---\nx")
    assert [(each.path, each.line, each.read) for each in found.left_out] == [("a.md", 2, True), ("b.md", 3, True)]
    assert found.left_out[0].reason == "the id NAM-1 is also that of b.md; give one of them another id"


def test_numbers_given_twice_in_one_folder_are_said_but_each_folder_may_count_from_one(tmp_path: Path) -> None:
    names = {f"{team}__adr__0001-{word}_md": "# T\n\nx" for team in ("one", "two") for word in ("a",)}
    assert contents(tmp_path, **names, README_md="# R", index_md="# I").left_out == ()
    found = contents(tmp_path, **{"one__adr__0001-b_md": "# T\n\nx"})
    assert [each.path for each in found.left_out] == ["one/adr/0001-a.md", "one/adr/0001-b.md"]


def test_clause_ids_that_two_documents_have_are_said(tmp_path: Path) -> None:
    found = contents(
        tmp_path,
        standards__a_md="# A\n\nNET-1: You MUST x.\n\nNET-2: You MUST y.\n\nNET-3: You MUST z.\n",
        standards__b_md="# B\n\nYou MUST v.\n\n**NET-2** You MUST w.\n",
    )
    assert [(each.path, each.line) for each in found.left_out] == [("standards/a.md", 5), ("standards/b.md", 5)]
    assert found.left_out[0].reason == "the clause id NET-2 is also in standards/b.md; give one of them another id"


def test_a_clause_id_that_another_documents_numbering_gives_is_said(tmp_path: Path) -> None:
    found = contents(
        tmp_path,
        standards__a_md="---\nid: STD-004\n---\n# A\n\nYou MUST x.\n",
        standards__b_md="---\nid: STD-005\n---\n# B\n\nSTD-004.1: You MUST y.\n",
    )
    assert [each.path for each in found.left_out] == ["standards/a.md", "standards/b.md"]


def test_documents_of_kinds_that_are_not_read_are_counted(tmp_path: Path) -> None:
    for name in ("a.html", "b/c.HTML", "d.pdf", "e.png", "f.py", "g.json", ".h.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = folder.read(tmp_path).contents.left_out
    assert [(each.path, each.reason, each.read) for each in found] == [
        ("*.html", "2 files of this kind are not read; save them as Markdown", False),
        ("*.pdf", "1 file of this kind is not read; save it as Markdown", False),
    ]


def test_a_mended_fault_is_gone_and_an_unmended_one_stays_when_read_again(tmp_path: Path) -> None:
    contents(tmp_path, a_md="---\nstatus: acepted\n---\nx", b_md="---\nsupersedes: A-9\n---\nx")
    first = folder.read(tmp_path)
    again = folder.read(tmp_path, first)
    assert again.contents.left_out == first.contents.left_out
    (tmp_path / "a.md").write_text("---\nstatus: accepted\n---\nx")
    assert [each.path for each in folder.read(tmp_path, again).contents.left_out] == ["b.md"]


def test_the_starter_has_no_faults() -> None:
    assert folder.read(STARTER).contents.left_out == ()


@pytest.mark.skipif(not CORPORA.is_dir(), reason=f"the development folders are not at {CORPORA}")
def test_real_documents_are_not_found_fault_with() -> None:
    assert [fault for fault in folder.read(CORPORA).contents.left_out if fault.read] == []


KEYS = ["id", "title", "kind", "status", "staus", "owner", "tags", "aliases", "date", "reviewed", "review_every", "supersedes",
        "superseded_by", "applies_to", "exceptions", "tier", "reviewers", "controls", "Status", "", "é", "type"]  # fmt: skip
VALUES = ["1", "3.5", "true", "", "~", "{}", "[]", "{a: 1}", "[a, {b: c}]", "[[x]]", "2026-01-01", "03/04/2026", "99/99/9999", "0",
          "'\\u202e'", "x.md", "[x.md, 3]", "'0000-00-00'", "draf", "²", "'² months'"]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=8))
def test_any_values_are_read_and_every_fault_has_its_line(values: dict[str, str]) -> None:
    text = "---\n" + "".join(f"'{key}': {value}\n" for key, value in values.items()) + "---\n# T\n\nx\n"
    parsed = formats.parse("standards/x.md", text.encode())
    assert parsed.document is not None
    assert all(fault.read and fault.line and fault.line <= len(values) + 1 for fault in parsed.faults)
