"""A faulty `governance.yaml` is refused with the line and the mend of every mistake, and the last good one stays in force.

Each file in `faulty` has one mistake that people make, or a few. Above it stands what is told, word for word and by line,
and how each line is mended: by the text behind the colon, or, without one, by taking the line out.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bot.governance import LiveGovernance
from knowledge.frontmatter import LARGEST_FILE

FILES = sorted((Path(__file__).parent / "faulty").glob("*.yaml"))
GOOD = """
roles: {architect: {people: [grace@example.org]}, security: {people: [sam@example.org]}}
decide: {low: {seats: [security], within: 3 business days}}
"""
OTHER = "roles: {architect: {people: [linus@example.org]}}\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """`governance.yaml` of a knowledge folder, as it is when all is well."""
    (tmp_path / "knowledge").mkdir()
    path = tmp_path / "knowledge" / "governance.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def in_force(rules: Path) -> LiveGovernance:
    live = LiveGovernance(rules.parent, kept_in=rules.parent.parent / "data")
    assert live.fault is None
    return live


def told(text: str) -> list[str]:
    """What the head of a file says that is told."""
    return [f"governance.yaml:{line}: {reason}" for line, reason in re.findall(r"^# told (\d+): (.*)$", text, re.M)]


def mended(text: str) -> str:
    """The file with its lines replaced as its head says."""
    lines: dict[int, list[str]] = {number: [line] for number, line in enumerate(text.split("\n"), start=1)}
    mends = re.findall(r"^# mend (\d+):(?: (.*))?$", text, re.M)
    for number, _ in mends:
        lines[int(number)] = []
    for number, line in mends:
        lines[int(number)] += [line] if line else []
    return "\n".join(line for number in lines for line in lines[number])


def test_there_are_forty_faulty_files_and_more() -> None:
    assert len(FILES) >= 40


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_faulty_file_is_told_with_line_and_mend_and_the_last_good_one_stays(file: Path, rules: Path) -> None:
    live = in_force(rules)
    before = live.now
    text = file.read_text(encoding="utf-8")
    rules.write_text(text, encoding="utf-8")
    for _ in range(2):  # the second look is at a file that is known to be faulty
        assert (live.refresh() or "").split("\n") == told(text)
        assert live.now is before
    assert [live.now.role("architect").people, live.now.decide["low"].seats[0].role, live.now.revision] == [
        ("grace@example.org",),
        "security",
        before.digest,
    ]
    rules.write_text(mended(text), encoding="utf-8")
    assert (live.refresh(), live.fault) == (None, None)
    assert live.now.revision not in (before.revision, "")


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", 1, "is empty; write at least its roles"),
        (b"# to be written\n", 1, "is empty; write at least its roles"),
        (GOOD.encode("utf-16"), 1, "is not UTF-8; save it as UTF-8"),
        (b"roles:\n  pr\xfcfer: {people: [ada@example.org]}\n", 2, "is not UTF-8; save it as UTF-8"),
        (b"roles:\n  architect:\n    people: [ada\x00@example.org]\n", 3, "a character that cannot be seen; type the line"),
        (GOOD.encode() + b"# and so on\n" * (LARGEST_FILE // 12), 1, "longer than 256 KiB; shorten it"),
    ],
    ids=["empty", "comments alone", "UTF-16", "Latin-1", "a NUL", "too large"],
)  # fmt: skip
def test_what_is_no_text_of_rules_is_refused_too(data: bytes, line: int, reason: str, rules: Path) -> None:
    live = in_force(rules)
    before = live.now
    rules.write_bytes(data)
    fault = live.refresh() or ""
    assert fault.startswith(f"governance.yaml:{line}: ")
    assert reason in fault
    assert live.now is before
    rules.write_text(OTHER, encoding="utf-8")
    assert live.refresh() is None
    assert live.now.role("architect").people == ("linus@example.org",)


def test_a_faulty_file_is_not_in_force_after_a_restart_either(rules: Path) -> None:
    before = in_force(rules).now
    rules.write_text(OTHER + "colour: red\n", encoding="utf-8")
    live = LiveGovernance(rules.parent, kept_in=rules.parent.parent / "data")
    assert live.now == before
    assert live.fault == (
        "governance.yaml:2: colour: is no key that is known; known are roles, risk, decide, warn_before_expiry, escalate, "
        "reviews, incidents, calendar"
    )


def test_a_file_that_could_not_be_read_for_a_while_is_in_force_again_as_it_was(rules: Path) -> None:
    live = in_force(rules)
    before = live.now
    rules.rename(rules.with_suffix(".away"))
    os.mkfifo(rules)
    assert "governance.yaml:1: cannot be read: not a regular file" in (live.refresh() or "")
    assert live.now is before
    rules.unlink()
    rules.with_suffix(".away").rename(rules)
    assert (live.refresh(), live.fault) == (None, None)
    assert live.now == before
