"""Normative statements: which there are, what they demand, what they are called."""

from __future__ import annotations

import pytest

from knowledge import formats
from knowledge.documents import Clause, Level


def clauses(text: str, path: str = "standards/STD-004-encryption.md") -> list[tuple[str, str, str]]:
    return [(each.id, each.level.value, each.text) for each in found(text, path)]


def found(text: str, path: str = "standards/STD-004-encryption.md") -> tuple[Clause, ...]:
    document = formats.parse(path, text.encode()).document
    assert document is not None
    return document.clauses


def test_paragraphs_items_rows_and_headings_are_clauses() -> None:
    text = (
        "# Encryption\n\nBuckets MUST be encrypted.\n\n- Keys SHOULD rotate.\n- Nothing here.\n\n"
        "| What | Rule |\n|---|---|\n| Logs | MAY be plain |\n\n## You MUST NOT share keys\n\ntext\n"
    )
    assert clauses(text) == [
        ("STD-004.1", "MUST", "Buckets MUST be encrypted."),
        ("STD-004.2", "SHOULD", "Keys SHOULD rotate."),
        ("STD-004.3", "MAY", "Logs | MAY be plain"),
        ("STD-004.4", "MUST NOT", "You MUST NOT share keys"),
    ]
    assert [each.line for each in found(text)] == [3, 5, 10, 12]


@pytest.mark.parametrize(
    ("source", "identity", "text"),
    [
        ("NET-3: It MUST be so.", "NET-3", "It MUST be so."),
        ("**NET-3** It MUST be so.", "NET-3", "It MUST be so."),
        ("**NET-3:** It MUST be so.", "NET-3", "It MUST be so."),
        ("- **STD-003.4** It MUST be so.", "STD-003.4", "It MUST be so."),
        ("- [NET-3] – It MUST be so.", "NET-3", "It MUST be so."),
        ("It MUST be so. {#net-3}", "NET-3", "It MUST be so."),
        ("| ID | Rule |\n|--|--|\n| NET-3 | It MUST be so. |", "NET-3", "It MUST be so."),
        ("## NET-3: It MUST be so.", "NET-3", "It MUST be so."),
        ("**Note:** It MUST be so.", "STD-004.1", "Note: It MUST be so."),
        ("MUST: be so.", "STD-004.1", "MUST: be so."),
    ],
)
def test_the_authors_own_id_is_kept_and_is_no_part_of_the_text(source: str, identity: str, text: str) -> None:
    assert clauses(source) == [(identity, "MUST", text)]


def test_running_numbers_never_take_an_authored_id() -> None:
    text = "- first MUST\n- **STD-004.2** second MUST\n- third MUST\n- **STD-004.2** a double MUST\n"
    assert [each[0] for each in clauses(text)] == ["STD-004.1", "STD-004.2", "STD-004.3", "STD-004.4"]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("It SHALL be.", Level.MUST),
        ("It SHALL NOT be.", Level.MUST_NOT),
        ("It is REQUIRED.", Level.MUST),
        ("It is RECOMMENDED.", Level.SHOULD),
        ("It is NOT RECOMMENDED.", Level.SHOULD_NOT),
        ("It is OPTIONAL.", Level.MAY),
        ("It SHOULD, and later MUST.", Level.MUST),
        ("It MAY but SHOULD NOT.", Level.SHOULD_NOT),
        ("It **MUST** *NOT* be.", Level.MUST_NOT),
        ("### {MUST} be so", Level.MUST),
        (":white_check_mark: **DO** this.", Level.MUST),
        (":no_entry: **DO NOT** do that.", Level.MUST_NOT),
    ],
)
def test_levels(text: str, level: Level) -> None:
    assert [each.level for each in found(text)] == [level]


@pytest.mark.parametrize(
    "text",
    [
        'The key words "MUST", "MUST NOT" and "MAY" in this document are to be interpreted as described in RFC 2119. MUST',
        "```\nMUST\n```",
        'The word "MUST" is explained elsewhere.',
        "MUSTER and MAYBE.",
        "It may be optional and is recommended.",
    ],
)
def test_what_only_mentions_the_words_is_no_clause(text: str) -> None:
    assert clauses(text) == []


def test_a_standard_without_capitals_is_taken_at_its_lower_case() -> None:
    assert clauses("# T\n\nBuckets must be encrypted.\n\nKeys should not be shared. You may ask.") == [
        ("STD-004.1", "MUST", "Buckets must be encrypted."),
        ("STD-004.2", "SHOULD NOT", "Keys should not be shared. You may ask."),
    ]


def test_one_capital_word_makes_lower_case_ordinary() -> None:
    assert len(clauses("It MUST be.\n\nIt must be read.")) == 1


def test_only_standards_have_clauses() -> None:
    assert clauses("You MUST reboot.", "runbooks/reboot.md") == []


def test_clauses_belong_to_the_passage_they_stand_in() -> None:
    document = formats.parse("standards/x.md", b"## A\nIt MUST.\n## B\nIt MAY.\n").document
    assert document is not None
    assert [(each.heading, len(each.clauses)) for each in document.passages] == [("A", 1), ("B", 1)]
    assert [each.text for each in document.clauses] == ["It MUST.", "It MAY."]
