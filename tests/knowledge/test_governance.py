"""Where `governance.yaml` is found, and what stands in it with the line of each value."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from knowledge import governance
from knowledge.frontmatter import FaultyYaml
from knowledge.governance import File


def test_each_value_has_the_line_on_which_it_stands() -> None:
    values, lines = File(
        b"roles:\n  architect:\n    people:\n      - a\n      - b\nrisk: {levels:\n  {low: 0}}\n"
    ).values()
    assert values == {"roles": {"architect": {"people": ["a", "b"]}}, "risk": {"levels": {"low": 0}}}
    assert lines == {
        ("roles",): 1,
        ("roles", "architect"): 2,
        ("roles", "architect", "people"): 3,
        ("roles", "architect", "people", 0): 4,
        ("roles", "architect", "people", 1): 5,
        ("risk",): 6,
        ("risk", "levels"): 6,
        ("risk", "levels", "low"): 7,
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"", 1),
        (b"# only words\n", 1),
        (b"\xff\xfe", 1),
        (b"roles: {a: 1}\nroles: {b: 1}\n", 2),
        (b"a: &x 1\nb: *x\n", 1),
        (b"a: !!python/object:os.system 1\n", 1),
        (b"a:\n  b: [1,\n", 3),
        (b"a: 2026-02-30\n", 1),
        (b"x: " + b"[" * 50 + b"]" * 50, 1),
        (b"a: 1\n---\nb: 2\n", 2),
    ],
)
def test_what_is_not_taken_is_refused_with_its_line(text: bytes, line: int) -> None:
    with pytest.raises(FaultyYaml) as caught:
        File(text).values()
    assert (caught.value.line, caught.value.path) == (line, "governance.yaml")


def test_a_folder_without_the_file_has_none(tmp_path: Path) -> None:
    assert governance.find(tmp_path) is None
    assert governance.find(tmp_path / "nowhere") is None


def test_the_file_is_found_behind_a_link_within_the_folder(tmp_path: Path) -> None:
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "governance.yaml").write_bytes(b"roles: {}\n")
    (tmp_path / "governance.yaml").symlink_to("..data/governance.yaml")
    found = governance.find(tmp_path)
    assert found == File(b"roles: {}\n")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_bytes(b"roles: {}\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "governance.yaml").symlink_to("../secret.yaml")
    with pytest.raises(FaultyYaml, match="out of the knowledge folder"):
        governance.find(tmp_path / "folder")


def test_a_pipe_in_its_place_does_not_hold_anybody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "governance.yaml")
    with pytest.raises(FaultyYaml, match="not a regular file"):
        governance.find(tmp_path)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "governance.yaml").write_bytes(b"# x\n" * 100_000)
    found = governance.find(tmp_path)
    assert found
    with pytest.raises(FaultyYaml, match="longer than"):
        found.values()


def test_its_commit_is_that_of_the_repository_around_it(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ab" * 20)
    (tmp_path / "governance.yaml").write_bytes(b"roles: {}\n")
    assert governance.find(tmp_path) == File(b"roles: {}\n", "ab" * 20)
