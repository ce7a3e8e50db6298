"""Drafts in a repository: real git, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.branches import Branches, Change, RepositoryFault

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
TEXT = "---\nid: ADR-0012\nstatus: proposed\n---\n# Use Kafka\n\nWords.\n"
ADR = Change("adrs/0012-use-kafka.md", TEXT, "Draft it", AT)


def git(folder: Path, *words: str) -> str:
    own = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")
    return subprocess.run(
        ["git", "-C", folder, *own, *words], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A knowledge folder that is a repository, with something in its index and something untracked."""
    root = tmp_path / "docs"
    (root / "adrs").mkdir(parents=True)
    git(root, "init", "-q")
    (root / "adrs" / "0011-old.md").write_text("# Old\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "First")
    (root / "staged.md").write_text("# Staged\n")
    git(root, "add", "staged.md")
    (root / "adrs" / "0011-old.md").write_text("# Being changed\n")
    (root / "loose.md").write_text("# Loose\n")
    return root


def test_a_draft_is_a_commit_on_a_branch_and_nothing_else_moves(folder: Path) -> None:
    before = (git(folder, "status", "--porcelain=v2", "--branch"), git(folder, "diff"), git(folder, "diff", "--cached"))
    name, commit = Branches(folder).put("archway/rv-3", ADR)
    assert (name, commit) == ("archway/rv-3", git(folder, "rev-parse", "archway/rv-3"))
    assert git(folder, "show", f"{commit}:adrs/0012-use-kafka.md") == TEXT.strip()
    assert git(folder, "show", "--name-only", "--format=%an|%s|%aI", commit).splitlines() == [
        "Archway|Draft it|2026-11-23T10:00:00+00:00",
        "",
        "adrs/0012-use-kafka.md",
    ]
    assert git(folder, "rev-parse", f"{commit}^") == git(folder, "rev-parse", "HEAD")
    after = (git(folder, "status", "--porcelain=v2", "--branch"), git(folder, "diff"), git(folder, "diff", "--cached"))
    assert after == before
    assert not (folder / "adrs" / "0012-use-kafka.md").exists()


def test_what_is_there_already_is_not_committed_again(folder: Path) -> None:
    first = Branches(folder).put("archway/rv-3", ADR)
    assert Branches(folder).put("archway/rv-3", ADR) == first
    assert git(folder, "rev-list", "--count", "HEAD..archway/rv-3") == "1"


def test_a_second_draft_of_a_subject_follows_on_its_branch(folder: Path) -> None:
    _, first = Branches(folder).put("archway/rv-3", ADR)
    _, second = Branches(folder).put("archway/rv-3", Change("standards/STD-004.md", "# Encryption\n", "Change it", AT))
    assert git(folder, "rev-parse", f"{second}^") == first
    assert git(folder, "diff", "--name-only", "HEAD", second).splitlines() == [
        "adrs/0012-use-kafka.md",
        "standards/STD-004.md",
    ]


def test_a_branch_that_is_checked_out_stays_as_it_is(folder: Path, tmp_path: Path) -> None:
    git(folder, "branch", "archway/rv-3")
    git(folder, "worktree", "add", "-q", str(tmp_path / "other"), "archway/rv-3")
    name, _ = Branches(folder).put("archway/rv-3", ADR)
    assert name == "archway/rv-3-2"
    assert git(folder, "rev-parse", "archway/rv-3") == git(folder, "rev-parse", "HEAD")
    assert git(tmp_path / "other", "status", "--porcelain") == ""


def test_a_folder_within_a_repository_keeps_its_place_there(folder: Path) -> None:
    (folder / "team" / "docs").mkdir(parents=True)
    (folder / "team" / "docs" / "README.md").write_text("# Docs\n")
    git(folder, "add", "team")
    git(folder, "commit", "-q", "-m", "Docs")
    within = Branches(folder / "team" / "docs")
    assert within.are_there
    _, commit = within.put("archway/inc-2", ADR)
    assert git(folder, "show", "--name-only", "--format=", commit) == "team/docs/adrs/0012-use-kafka.md"


def test_a_folder_that_a_repository_does_not_hold_is_in_none(folder: Path, tmp_path: Path) -> None:
    (folder / "build" / "docs").mkdir(parents=True)
    assert not Branches(folder / "build" / "docs").are_there
    (tmp_path / "plain").mkdir()
    assert not Branches(tmp_path / "plain").are_there
    assert not Branches(folder, git=None).are_there


def test_a_repository_without_a_commit_takes_a_draft(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    _, commit = Branches(tmp_path).put("archway/rv-1", ADR)
    assert git(tmp_path, "ls-tree", "-r", "--name-only", commit) == ADR.path
    assert "No commits yet" in git(tmp_path, "status")


def test_no_hook_of_the_repository_is_run(folder: Path) -> None:
    hook = folder / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert Branches(folder).put("archway/rv-3", ADR)[0] == "archway/rv-3"


@pytest.mark.parametrize("damage", ["objects", "refs", "head"])
def test_a_faulty_repository_is_said_to_be_one(folder: Path, damage: str) -> None:
    if damage == "objects":
        for each in (folder / ".git" / "objects").rglob("*"):
            if each.is_file():
                each.unlink()
    elif damage == "refs":
        git(folder, "branch", "archway")  # no branch can be below another one
    else:
        (folder / ".git" / "HEAD").write_text("junk\n")
    with pytest.raises(RepositoryFault, match="git "):
        Branches(folder).put("archway/rv-3", ADR)


def test_who_comes_second_does_not_undo_the_first(folder: Path) -> None:
    slow = Branches(folder)
    there = slow._commit("refs/heads/archway/rv-3")
    Branches(folder).put("archway/rv-3", ADR)
    blob = slow._done("hash-object", "-w", "--stdin", input_=b"other")
    with pytest.raises(RepositoryFault, match="update-ref"):
        slow._committed("archway/rv-3", there, ("adrs/other.md", blob), ADR)
    assert git(folder, "show", "archway/rv-3:adrs/0012-use-kafka.md") == TEXT.strip()


def test_the_surroundings_of_the_process_do_not_lead_git_elsewhere(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    git(elsewhere, "init", "-q")
    monkeypatch.setenv("GIT_DIR", os.fspath(elsewhere / ".git"))
    Branches(folder).put("archway/rv-3", ADR)
    monkeypatch.delenv("GIT_DIR")
    assert git(elsewhere, "for-each-ref") == ""
    assert "archway/rv-3" in git(folder, "for-each-ref")
