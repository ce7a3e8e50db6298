"""Decision rights follow their file, and a faulty one does not take them away."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.governance import Governance
from bot.governance import LiveGovernance

GOOD = "roles: {architect: {people: [ada@example.org]}}\n"
OTHER = "roles: {architect: {people: [grace@example.org]}}\n"
FAULTY = "roles: {architect: {people: [grace]}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "knowledge").mkdir()
    return tmp_path / "knowledge"


def write(folder: Path, text: str) -> None:
    (folder / "governance.yaml").write_text(text, encoding="utf-8")


def architects(live: LiveGovernance) -> tuple[str, ...]:
    return live.now.role("architect").people


def test_a_changed_file_is_in_force_at_the_next_look(folder: Path) -> None:
    write(folder, GOOD)
    live = LiveGovernance(folder)
    assert (architects(live), live.fault) == (("ada@example.org",), None)
    before = live.now.revision
    write(folder, OTHER)
    assert live.refresh() is None
    assert architects(live) == ("grace@example.org",)
    assert live.now.revision == live.now.digest != before


def test_a_faulty_file_leaves_the_last_good_one_in_force(folder: Path) -> None:
    write(folder, GOOD)
    live = LiveGovernance(folder)
    write(folder, FAULTY)
    for _ in range(2):
        assert live.refresh() == (
            'governance.yaml:1: roles.architect.people: "grace" is no e-mail address; persons are written like '
            "ada@example.org"
        )
        assert architects(live) == ("ada@example.org",)
    write(folder, GOOD)
    assert live.refresh() is None
    assert architects(live) == ("ada@example.org",)


def test_an_empty_file_is_a_faulty_one(folder: Path) -> None:
    write(folder, GOOD)
    live = LiveGovernance(folder)
    write(folder, "")
    assert "is empty" in (live.refresh() or "")
    assert architects(live) == ("ada@example.org",)


def test_a_file_that_is_gone_stays_in_force_and_is_missed(folder: Path) -> None:
    write(folder, GOOD)
    live = LiveGovernance(folder)
    (folder / "governance.yaml").unlink()
    assert "is gone" in (live.refresh() or "")
    assert architects(live) == ("ada@example.org",)


def test_a_folder_that_never_had_one_has_no_fault_and_no_roles(folder: Path) -> None:
    live = LiveGovernance(folder)
    assert (live.now, live.fault, live.refresh()) == (Governance(), None, None)


def test_the_last_good_one_is_in_force_over_a_restart_too(folder: Path, tmp_path: Path) -> None:
    write(folder, GOOD)
    LiveGovernance(folder, kept_in=tmp_path / "data")
    write(folder, FAULTY)
    live = LiveGovernance(folder, kept_in=tmp_path / "data")
    assert architects(live) == ("ada@example.org",)
    assert "no e-mail address" in (live.fault or "")


def test_what_was_kept_of_another_folder_is_never_in_force(folder: Path, tmp_path: Path) -> None:
    write(folder, GOOD)
    LiveGovernance(folder, kept_in=tmp_path / "data")
    (tmp_path / "other").mkdir()
    write(tmp_path / "other", FAULTY)
    assert architects(LiveGovernance(tmp_path / "other", kept_in=tmp_path / "data")) == ()


def test_a_new_commit_is_a_new_revision_of_the_same_rights(folder: Path) -> None:
    write(folder, GOOD)
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ab" * 20)
    live = LiveGovernance(folder)
    digest = live.now.digest
    assert live.now.revision == "ab" * 20
    (folder / ".git" / "HEAD").write_text("cd" * 20)
    live.refresh()
    assert (live.now.revision, live.now.digest) == ("cd" * 20, digest)
