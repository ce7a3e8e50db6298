from __future__ import annotations

import pytest

from knowledge.documents import Document, Kind, Status
from knowledge.forge import linker, pattern, reader

DOCUMENT = Document("standards/über $5 {x}.md", "STD-1", "Title", Kind.STANDARD, Status.ACCEPTED, "0" * 64)


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://github.com/acme/docs.git", "https://github.com/acme/docs/blob/{commit}/{path}#{anchor}"),
        ("git@github.com:acme/docs.git", "https://github.com/acme/docs/blob/{commit}/{path}#{anchor}"),
        ("ssh://git@git.acme.org:2222/acme/docs", "https://git.acme.org/acme/docs/blob/{commit}/{path}#{anchor}"),
        ("https://token:x@gitlab.acme.org/a/b/c.git", "https://gitlab.acme.org/a/b/c/-/blob/{commit}/{path}#{anchor}"),
        (
            "git@ssh.dev.azure.com:v3/org/proj/docs",
            "https://dev.azure.com/org/proj/_git/docs?path=/{path}&version=GC{commit}",
        ),
        ("https://codeberg.org/acme/docs", "https://codeberg.org/acme/docs/src/commit/{commit}/{path}#{anchor}"),
    ],
)
def test_a_forge_is_known_by_its_remote(remote: str, page: str) -> None:
    assert pattern(remote) == page


@pytest.mark.parametrize("remote", ["/srv/git/docs.git", "../docs", "file:///srv/docs", ""])
def test_a_folder_is_no_forge(remote: str) -> None:
    assert pattern(remote) is None


def test_credentials_in_a_remote_never_reach_a_link() -> None:
    link = linker(pattern("https://token:secret@github.com/acme/docs.git"), "abc")
    assert "secret" not in (link(DOCUMENT, "") or "")


def test_a_link_is_quoted_and_keeps_the_folders_place_in_its_repository() -> None:
    link = linker("https://git.example.org/docs/blob/{commit}/{path}#{anchor}", "abc", "handbook/")
    assert link(DOCUMENT, "at-rest") == (
        "https://git.example.org/docs/blob/abc/handbook/standards/%C3%BCber%20%245%20%7Bx%7D.md#at-rest"
    )
    assert (link(DOCUMENT, "") or "").endswith(".md")


def test_without_a_commit_there_is_no_link_to_one() -> None:
    assert linker("https://git.example.org/{commit}/{path}", None)(DOCUMENT, "") is None
    assert linker(None, "abc")(DOCUMENT, "") is None


@pytest.mark.parametrize(
    "form",
    [
        "https://github.com/acme/docs/blob/{commit}/{path}#{anchor}",
        "https://dev.azure.com/org/proj/_git/docs?path=/{path}&version=GC{commit}",
        "https://docs.example.org/{path}#{anchor}",
    ],
)
def test_a_link_can_be_read_back(form: str) -> None:
    url = linker(form, "abc", "handbook/")(DOCUMENT, "at-rest")
    assert url
    place = reader(form, "handbook/")(url)
    assert place
    assert place[0] == DOCUMENT.path
    assert place[1] in ("at-rest", "")


def test_a_link_of_another_commit_or_without_an_anchor_is_read_too() -> None:
    read = reader("https://github.com/acme/docs/blob/{commit}/{path}#{anchor}", "handbook/")
    assert read("https://github.com/acme/docs/blob/main/handbook/a/b.md") == ("a/b.md", "")
    assert read("https://github.com/acme/docs/blob/1f/handbook/a/b.md#x") == ("a/b.md", "x")


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/other/blob/main/handbook/a.md",
        "https://github.com.evil.example/acme/docs/blob/main/handbook/a.md",
        "https://github.com/acme/docs/blob/main/elsewhere/a.md",
        "https://github.com/acme/docs/issues/1",
        "javascript:alert(1)",
        "",
    ],
)
def test_other_links_are_not_ours(url: str) -> None:
    assert reader("https://github.com/acme/docs/blob/{commit}/{path}#{anchor}", "handbook/")(url) is None
    assert reader(None)(url) is None


def test_an_id_can_stand_for_the_path() -> None:
    assert reader("https://arch.example.org/documents/{id}#{anchor}")("https://arch.example.org/documents/STD-1#x") == (
        "STD-1",
        "x",
    )
