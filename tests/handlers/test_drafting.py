"""Documents that follow from decisions: numbered after all others, kept until they are written, recognised when they are merged."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.drafted import DraftedDocument
from handlers import drafting
from handlers.drafting import adr_path, draft, next_number
from tests.databases import Clock
from tests.handlers.office import Office

ADR = "---\nid: ADR-0003\nstatus: proposed\n---\n# Use Kafka\n\n## Decision\n\nWe use Kafka.\n"


@pytest.fixture
def office(tmp_path: Path, database: Database, clock: Clock) -> Office:
    found = Office(tmp_path / "knowledge", database, clock)
    found.write("adrs/0001-record.md", "# Record decisions\n\n## Status\n\nAccepted\n")
    found.write("adrs/0002-use-rabbitmq.md", "# Use RabbitMQ\n\n## Status\n\nAccepted\n")
    found.look()
    return found


def number(office: Office) -> int:
    return office.database.write_now(lambda unit: next_number("adr", office.shelf.library, unit))


def drafted(office: Office, subject: str = "RV-3", path: str = "adrs/0003-use-kafka.md", text: str = ADR) -> None:
    office.database.write_now(lambda unit: draft(subject, path, text, office.desk(unit)))


def merged(office: Office, *changed: str) -> list[tuple[str, str]]:
    return office.database.read_now(lambda unit: drafting.merged(office.desk(unit), changed or None))


def of(office: Office, subject: str = "RV-3") -> tuple[DraftedDocument, ...]:
    return office.database.read_now(lambda unit: unit.drafted.of(subject))


def test_numbers_go_on_after_the_library_and_what_is_drafted(office: Office) -> None:
    assert number(office) == 3
    drafted(office)
    assert number(office) == 4
    office.write("adrs/0007-use-postgres.md", "# Use PostgreSQL\n\n## Status\n\nAccepted\n")
    office.look()
    assert number(office) == 8
    drafted(office, "INC-1", "standards/STD-099-firewalls.md", "# Firewalls\n")
    assert number(office) == 8


def test_a_draft_lies_among_the_others_whatever_its_title_says(office: Office) -> None:
    assert adr_path(12, "Use Kafka, not RabbitMQ!", office.shelf.library) == "adrs/0012-use-kafka-not-rabbitmq.md"
    assert adr_path(3, "../../etc/passwd\n", office.shelf.library) == "adrs/0003-etc-passwd.md"
    office.write("docs/decisions/0001-a.md", "# A\n\n## Status\n\nAccepted\n\n## Decision\n\nYes.\n")
    for each in (1, 2):
        office.remove(f"adrs/{['0001-record', '0002-use-rabbitmq'][each - 1]}.md")
    office.look()
    assert adr_path(2, "B", office.shelf.library) == "docs/decisions/0002-b.md"


@pytest.mark.parametrize(
    "path",
    ["../x.md", "/etc/x.md", "adrs/../../x.md", "adrs//x.md", ".git/hooks/x.md", "adrs/\n.md", "adrs/ä.md", "a\0b", ""],
)
def test_a_path_that_leads_elsewhere_is_a_fault_of_ours(office: Office, path: str) -> None:
    with pytest.raises(ValueError, match="no path for a draft"):
        drafted(office, path=path)
    assert of(office) == ()


def test_the_same_draft_again_takes_its_place_until_it_is_written(office: Office, clock: Clock) -> None:
    drafted(office, text="# First\n")
    drafted(office)
    (only,) = of(office)
    assert (only.text, only.place) == (ADR, "")
    assert office.database.write_now(lambda unit: unit.drafted.written(only, clock.now, "branch archway/rv-3"))
    drafted(office, text="# Third\n")
    (only,) = of(office)
    assert (only.text, only.place) == (ADR, "branch archway/rv-3")
    assert sum("document.drafted" in body for body in office.recorded()) == 2


def test_a_draft_is_recognised_at_its_path_or_by_its_id(office: Office) -> None:
    drafted(office)
    assert merged(office) == []
    office.write("adrs/0003-use-kafka.md", ADR.replace("proposed", "accepted"))
    office.look()
    assert merged(office) == [("RV-3", "adrs/0003-use-kafka.md")]
    assert merged(office, "standards/STD-001.md") == []
    office.remove("adrs/0003-use-kafka.md")
    office.write("adrs/2026/0003-kafka.md", ADR.replace("ADR-0003", "adr-0003"))
    office.look()
    assert merged(office, "adrs/2026/0003-kafka.md") == [("RV-3", "adrs/2026/0003-kafka.md")]


def test_a_draft_without_an_id_is_recognised_at_its_path_alone(office: Office) -> None:
    drafted(office, text="# Words\n")
    assert merged(office) == []
