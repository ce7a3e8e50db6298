"""A folder that means harm: nothing outside is read, nothing takes long, nothing stops the rest."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import disk, folder, formats
from knowledge.documents import Contents

TWO_MB = 2 * 1024 * 1024
BUDGET = 1.5  # seconds of processor time; measured below 0.3 on an idle machine, and machines are not idle


@pytest.fixture
def root(tmp_path: Path) -> Path:
    top = tmp_path / "knowledge"
    top.mkdir()
    (top / "good.md").write_text("# Good\n\ntext\n")
    (tmp_path / "secret.md").write_text("# Secret\n")
    return top


def reasons(contents: Contents) -> dict[str, str]:
    assert "good.md" in contents.documents
    assert not any("Secret" in document.title for document in contents.documents.values())
    return {fault.path: fault.reason for fault in contents.left_out}


def test_links_that_lead_out_are_skipped_and_reported(root: Path) -> None:
    (root / "file.md").symlink_to(root.parent / "secret.md")
    (root / "folder").symlink_to(root.parent)
    (root / "etc").symlink_to("/etc")
    (root / "dangling.md").symlink_to("nowhere.md")
    (root / "loop.md").symlink_to("loop.md")
    found = reasons(folder.read(root).contents)
    assert set(found) == {"file.md", "folder", "etc", "dangling.md", "loop.md"}
    assert "leads out" in found["file.md"]


def test_links_inside_are_read_once(root: Path) -> None:
    (root / "again.md").symlink_to("good.md")
    (root / "sub").mkdir()
    (root / "sub/round").symlink_to("..")
    contents = folder.read(root).contents
    assert list(contents.documents) == ["good.md"]
    assert contents.left_out == ()


def test_a_mounted_config_map_is_read(root: Path) -> None:
    (root / "..2026_11").mkdir()
    (root / "..2026_11/runbook.md").write_text("# Runbook\n")
    (root / "..data").symlink_to("..2026_11")
    (root / "runbook.md").symlink_to("..data/runbook.md")
    before = folder.read(root)
    assert before.contents.documents["runbook.md"].title == "Runbook"
    (root / "..2026_12").mkdir()
    (root / "..2026_12/runbook.md").write_text("# Turned\n")
    (root / "..next").symlink_to("..2026_12")
    (root / "..next").rename(root / "..data")
    assert folder.read(root, before).contents.documents["runbook.md"].title == "Turned"


def test_pipes_sockets_and_devices_are_skipped_and_reported(root: Path) -> None:
    os.mkfifo(root / "pipe.md")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "socket.md"))
        (root / "device.md").symlink_to("/dev/zero")
        assert set(reasons(folder.read(root).contents)) == {"pipe.md", "socket.md", "device.md"}


def test_a_file_that_turns_into_a_link_or_pipe_after_the_look_is_not_followed(root: Path) -> None:
    (root / "sub").symlink_to(root.parent)
    (root / "turned.md").symlink_to(root.parent / "secret.md")
    os.mkfifo(root / "pipe.md")
    descriptor = os.open(root, os.O_RDONLY)
    try:
        for location in ("turned.md", "sub/secret.md", "pipe.md", "../secret.md"):
            with pytest.raises(OSError, match=r".") as caught:
                disk.read(descriptor, location)
            assert disk.why(caught.value)
    finally:
        os.close(descriptor)


def test_hidden_folders_and_dependencies_are_left_alone(root: Path) -> None:
    for name in (".git", ".github", "node_modules"):
        (root / name).mkdir()
        (root / name / "x.md").write_text("# x\n")
    (root / ".hidden.md").write_text("# x\n")
    contents = folder.read(root).contents
    assert list(contents.documents) == ["good.md"]
    assert contents.left_out == ()


def test_a_huge_file_is_not_read(root: Path) -> None:
    with (root / "huge.md").open("wb") as file:
        file.truncate(2 * 1024**3)
    (root / "long.md").write_text("words " * 500_000)
    began = time.process_time()
    said = reasons(folder.read(root).contents)
    assert "is not text" in said["huge.md"]
    assert "larger than 2 MB" in said["long.md"]
    assert time.process_time() - began < BUDGET


def test_more_files_or_deeper_folders_than_allowed_are_reported(root: Path) -> None:
    deep = root.joinpath(*["d"] * (disk.DEEPEST + 3))
    deep.mkdir(parents=True)
    (deep / "x.md").write_text("# x\n")
    assert any("deeper than" in reason for reason in reasons(folder.read(root).contents).values())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_without_permission_are_reported(root: Path) -> None:
    (root / "locked.md").write_text("# x\n")
    (root / "locked.md").chmod(0)
    assert "permission" in reasons(folder.read(root).contents)["locked.md"]


def test_names_that_are_no_text_are_reported(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.md")).write_text("# x\n")
    (root / "größe und $preis.md").write_text("# Fine\n")
    contents = folder.read(root).contents
    assert "größe und $preis.md" in contents.documents
    assert "not UTF-8" in reasons(contents)["caf?.md"]


@pytest.mark.parametrize(
    ("data", "title", "said"),
    [
        ("# Größe\n".encode("utf-16"), "Größe", ""),
        (b"\xef\xbb\xbf# Mark\r\n\r\ntext\r\n", "Mark", ""),
        ("# Caf\xe9 “x”\n".encode("cp1252"), "Café “x”", "not UTF-8 here"),
        ("# a\u202eb\u200bc\xa0d\x07\n".encode(), "abc d", ""),
        (b"\x7fELF\x00\x00", None, "is not text"),
        (b"\xff\xfe\x00", None, "UTF-16"),
        (b"", None, "no text"),
        (b"\n\n", None, "no text"),
    ],
)
def test_odd_encodings_are_read_or_reported(data: bytes, title: str | None, said: str) -> None:
    parsed = formats.parse("x.md", data)
    assert (parsed.document.title if parsed.document else None) == title
    assert [said in fault.reason for fault in parsed.faults] == [True] * bool(said)


def test_a_picture_inside_the_text_costs_nothing() -> None:
    text = "# A\n\n![x](data:image/png;base64," + "A" * 1_000_000 + ")\n\nafter\n"
    parsed = formats.parse("x.md", text.encode())
    assert parsed.faults == ()
    assert parsed.document is not None
    assert parsed.document.passages[0].text == "after"


def test_long_lines_and_long_files_are_cut_and_reported() -> None:
    parsed = formats.parse("x.md", b"# A\n" + b"word " * 200_000 + b"\n\n## B\n" + b"a\n" * 30_000)
    assert parsed.document is not None
    assert [passage.heading for passage in parsed.document.passages] == ["A", "B"]
    assert [("lines" in fault.reason, fault.line) for fault in parsed.faults] == [(True, 25_001), (False, 2)]


def full(unit: str, between: str = "\n") -> str:
    return (unit + between) * (TWO_MB // len((unit + between).encode()))


PATHOLOGICAL = {
    "list": full("- a"),
    "quotes": full("> a"),
    "one line of quotes": ">" * TWO_MB,
    "headings": full("# a"),
    "brackets": "[" * TWO_MB,
    "pairs": full("[a]("),
    "parentheses": full("[x]((a)", ""),
    "pictures": full("!["),
    "emphasis": full("*_a ", ""),
    "openers": "*a " * 300_000 + "a* " * 300_000,
    "backticks": "".join("`" * n + "a" for n in range(1, 2000)),
    "escapes": "\\" * TWO_MB,
    "table": "a|b\n-|-\n" + full("x|y"),
    "wide table": "|".join("a" * 9000) + "\n" + "|".join("-" * 9000) + "\n" + full("|"),
    "fences": "\n".join("`" * n for n in range(3, 1500)),
    "nested lists": "\n".join(" " * (2 * n) + "- a" for n in range(1400)),
    "lists on one line": "- " * (TWO_MB // 2),
    "comments": full("<!-- a -->", ""),
    "open comments": full("a <!--", ""),
    "tags": full("<a ", ""),
    "entities": full("&amp", ""),
    "spaces in headings": full("# a" + " " * 5000 + "b"),
    "definitions": full("[a]: b"),
    "anchors": full("# a {#b"),
    "words": full("You MUST do x"),
    "status": "## Status\n" + full("superseded by ", ""),
    "admonitions": full('!!! note "x"'),
    "templates": full("{{<", ""),
    "contents": full("- [a](#b)"),
}


@pytest.mark.parametrize("name", PATHOLOGICAL)
@pytest.mark.parametrize("path", ["standards/x.md", "x.adoc", "x.rst", "x.txt"])
def test_pathological_text_takes_bounded_time(name: str, path: str) -> None:
    data = PATHOLOGICAL[name].encode()[:TWO_MB]
    began = time.process_time()
    formats.parse(path, data)
    assert time.process_time() - began < BUDGET


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["standards/x.md", "adr/1-x.md", "x.adoc", "x.rst", "x.txt"]),
    st.lists(st.sampled_from(
        ["# ", "a", " ", "\n", "\n\n", "- ", "1. ", "> ", "```", "~~~", "|", "-|-", "[", "](", ")", "*", "_", "`", "<", "<!--", "-->", "---",
         "===", "\t", "    ", "MUST", "\\", "!", "{", "#x}", "::", "..", "<div>", "</pre>", "<pre>", "é", "\r", ":", "+++", "!!! n", "|==="]
    ), max_size=80).map("".join),
)  # fmt: skip
def test_any_text_is_read_without_a_fault_of_ours(path: str, text: str) -> None:
    document = formats.parse(path, text.encode()).document
    if document:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
        assert all(1 <= passage.line <= lines for passage in document.passages)
        assert all(1 <= clause.line <= lines for clause in document.clauses)
        assert "\n" not in document.title


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_reported(data: bytes) -> None:
    parsed = formats.parse("x.md", data)
    assert parsed.document or parsed.faults
