from __future__ import annotations

import pytest

from knowledge.documents import Document
from knowledge.numbered import Bearing, asked_for, bearing
from tests.knowledge.shelf import BACKUP, DATABASE, FAILOVER, document, library

TIERS = document(
    "tiers.md",
    "Service levels",
    (
        "Objectives",
        """level | demand | recovery
- A level 0 service MUST meet | RTO 15 minutes
- A level 1 service MUST meet | RTO 1 hour
- A level 2 service MUST meet | RTO 12 hours
- A level 3 service MUST meet | RTO 72 hours""",
    ),
)
TABLE = document(
    "table.md",
    "Recovery",
    (
        "Limits",
        "level | RTO | restore test\n0 | 15 minutes | every month\n1 | 1 hour | every week\n2 | 12 hours | every year",
    ),
)


def quoted(question: str, *shelf: Document) -> list[str]:
    return [line.text for line in library(*shelf, BACKUP, DATABASE, FAILOVER).ask(question).answer]


@pytest.mark.parametrize("level", ["0", "1", "2", "3"])
def test_the_line_of_the_asked_number_is_quoted_and_its_siblings_are_not(level: str) -> None:
    lines = quoted(f"what is the RTO of a level {level} service", TIERS)
    assert lines
    assert all(f"level {level}" in line for line in lines)


def test_a_row_belongs_to_a_number_by_the_name_of_its_column() -> None:
    assert quoted("which RTO and restore test for level 1? hour, month, week, year", TABLE) == [
        "1 | 1 hour | every week"
    ]


def test_another_number_is_the_nearest_when_nothing_names_the_asked_one() -> None:
    tls = document(
        "tls.md",
        "Encryption on the wire",
        ("Rules", "- A TLS endpoint MUST NOT negotiate any version below TLS 1.2.\n- TLS keys MUST be rotated."),
    )
    answer = library(tls, BACKUP, DATABASE, FAILOVER).ask("is TLS 1.1 allowed")
    assert answer.answered
    assert "below TLS 1.2" in answer.answer[0].text
    assert answer.unmatched == ("1.1",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A tier 1 service", Bearing.RIGHT),
        ("Tier-1 services", Bearing.RIGHT),
        ("For tiers 0 and 1 within an hour", Bearing.AMONG_OTHERS),
        ("tiers 0 to 2 around the clock", Bearing.AMONG_OTHERS),
        ("tiers 0, 2 and 3", Bearing.ANOTHER),
        ("a tier 10 service", Bearing.ANOTHER),
        ("one service in 1 hour", Bearing.NEITHER),
        ("frontier 1", Bearing.NEITHER),
        ("tier 0 to 99999999", Bearing.ANOTHER),
    ],
)
def test_a_line_bears_on_a_number_by_its_noun(text: str, expected: Bearing) -> None:
    assert bearing(text, {("tier", "1")}) is expected


def test_a_bare_number_and_one_after_a_stop_word_name_nothing() -> None:
    assert asked_for("30 days, within 30 days, 3", frozenset({"within"})) == frozenset()


def test_the_header_row_of_a_table_is_never_quoted() -> None:
    table = document(
        "zebras.md", "Zebras", ("Stripes", "zebra colour | stripe width | grazing hours\nblack | 3 cm | six")
    )
    assert quoted("zebra colour stripe width grazing hours", table) == ["black | 3 cm | six"]


def test_a_question_full_of_numbered_things_costs_no_more_than_four() -> None:
    assert len(asked_for("tier 1 zone 2 sev 3 wave 4 ring 5 " * 50, frozenset())) == 4
