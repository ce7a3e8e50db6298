from __future__ import annotations

import os
from pathlib import Path

import pytest

from knowledge.live import LiveLibrary


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "knowledge"
    (root / "standards").mkdir(parents=True)
    written(root, "STD-001", "Zebras MUST be fed.", tags="[public]")
    written(root, "STD-002", "Unicorns (secret horned animals, SHA) MUST be hidden.")
    return root


def written(root: Path, id_: str, clause: str, tags: str = "[]") -> None:
    text = f"---\nid: {id_}\nkind: standard\ntags: {tags}\n---\n# {id_}\n\n- **{id_}.1** {clause}\n"
    (root / "standards" / f"{id_}.md").write_text(text)


def opened(folder: Path) -> LiveLibrary:
    return LiveLibrary(folder, cached_in=folder.parent / "cache", pattern="https://docs.example.org/{path}#{anchor}")


def test_the_public_library_knows_nothing_of_the_rest(folder: Path) -> None:
    shelf = opened(folder)
    assert shelf.library.ask("must unicorns be hidden").answered
    public = shelf.public
    assert public.ask("must zebras be fed").answered
    assert not public.ask("must unicorns be hidden").answered
    assert "unicorns" in public.ask("must unicorns be hidden").unmatched
    assert not public.knows("STD-002")
    assert shelf.public is public


def test_the_public_library_follows_a_change(folder: Path) -> None:
    shelf = opened(folder)
    assert not shelf.public.knows("STD-003")
    written(folder, "STD-003", "Lions MUST be kept apart.", tags="[public]")
    shelf.refresh()
    assert shelf.public.knows("STD-003")


def test_a_second_opening_finds_what_the_first_has_read(folder: Path) -> None:
    first = opened(folder)
    second = opened(folder)
    assert second.library.contents == first.library.contents
    assert second.library.ask("must zebras be fed").answered


def test_a_cache_that_cannot_be_written_is_no_fault(folder: Path) -> None:
    (folder.parent / "cache").write_text("a file where the folder should be")
    assert opened(folder).library.ask("must zebras be fed").answered


def test_a_citation_link_leads_back_to_its_place(folder: Path) -> None:
    shelf = opened(folder)
    citation = shelf.library.ask("must zebras be fed").answer[0].citation
    assert citation.url
    place = shelf.place(citation.url)
    assert place
    found = shelf.library.at(*place)
    assert found
    assert found[0].path == "standards/STD-001.md"
    assert "Zebras MUST be fed." in found[1]
    assert shelf.link_host == "docs.example.org"
    assert shelf.place("https://elsewhere.example.org/x") is None


def test_a_place_that_is_gone_is_nothing(folder: Path) -> None:
    assert opened(folder).library.at("standards/gone.md", "") is None


@pytest.mark.parametrize("place", [".git", ".git/config", ".git/HEAD"])
def test_a_pipe_among_gits_files_holds_nobody(folder: Path, place: str) -> None:
    path = folder / place
    path.parent.mkdir(exist_ok=True)
    if place == ".git/config":
        (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    os.mkfifo(path)
    assert opened(folder).library.ask("must zebras be fed").answered


def test_odd_files_of_git_are_no_fault(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / ".git" / "commondir").write_text("a\0b")
    (folder / ".git" / "config").write_text('[remote "origin"]\n\turl\n\x0bx\n')
    assert opened(folder).library.ask("must zebras be fed").answered
