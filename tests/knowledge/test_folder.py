"""Reading a folder: the first time, again, from a cache, and while it changes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from knowledge import cache, folder
from knowledge.documents import Kind
from knowledge.folder import Snapshot

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
LONG_AGO = 1_700_000_000


def write(path: Path, text: str, *, when: int = LONG_AGO) -> None:
    """Writes a file as if it were long ago: what was written just now is read again, to be sure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (when, when))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    top = tmp_path / "knowledge"
    write(top / "standards/STD-001-keys.md", "---\nowner: ada\n---\n# Keys\n\nKeys MUST rotate.\n")
    write(top / "adr/0001-use-queues.md", "# Use queues\n\nStatus: Accepted\n")
    write(top / "notes.txt", "Notes\n=====\n\nplain words\n")
    write(top / "picture.png", "not a document")
    write(top / "glossary.yaml", "MTTR: [mean time to recovery, time to restore]\nSLO: service level objective\n")
    return top


def test_every_readable_file_becomes_a_document(root: Path) -> None:
    contents = folder.read(root).contents
    assert list(contents.documents) == ["adr/0001-use-queues.md", "notes.txt", "standards/STD-001-keys.md"]
    assert contents.documents["standards/STD-001-keys.md"].kind is Kind.STANDARD
    assert contents.glossary == {
        "MTTR": ("mean time to recovery", "time to restore"),
        "SLO": ("service level objective",),
    }
    assert contents.left_out == ()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        folder.read(tmp_path / "nowhere")


def test_what_did_not_change_is_the_same_object(root: Path) -> None:
    before = folder.read(root)
    write(root / "adr/0001-use-queues.md", "# Use logs\n\nStatus: Accepted\n", when=LONG_AGO + 1)
    after = folder.read(root, before)
    assert after.contents.documents["adr/0001-use-queues.md"].title == "Use logs"
    assert after.contents.documents["notes.txt"] is before.contents.documents["notes.txt"]


def test_a_change_that_keeps_size_and_time_is_seen(root: Path) -> None:
    before = folder.read(root)
    write(root / "notes.txt", "Notes\n=====\n\nother words\n")
    assert "other" in folder.read(root, before).contents.documents["notes.txt"].passages[0].text


def test_deleted_and_renamed_files_go_away(root: Path) -> None:
    before = folder.read(root)
    (root / "notes.txt").rename(root / "moved.txt")
    (root / "adr/0001-use-queues.md").unlink()
    assert list(folder.read(root, before).contents.documents) == ["moved.txt", "standards/STD-001-keys.md"]


@pytest.mark.parametrize("broken", [b"---\nowner: [ada\n---\n# Keys\n\nnew text\n", b"\x00\x01binary", b"\xff\xfe\x00"])
def test_a_broken_edit_keeps_the_last_good_version_and_says_so(root: Path, broken: bytes) -> None:
    good = folder.read(root)
    path = root / "standards/STD-001-keys.md"
    path.write_bytes(broken)
    worse = folder.read(root, good)
    again = folder.read(root, worse)
    for snapshot in (worse, again):
        assert (
            snapshot.contents.documents["standards/STD-001-keys.md"]
            is good.contents.documents["standards/STD-001-keys.md"]
        )
        (fault,) = snapshot.contents.left_out
        assert fault.path == "standards/STD-001-keys.md"
        assert fault.reason.endswith("what was there before is still answered from")
    write(path, "# Keys\n\nmended\n")
    mended = folder.read(root, again).contents
    assert mended.left_out == ()
    assert mended.documents["standards/STD-001-keys.md"].passages[0].text == "mended"


def test_a_document_with_faulty_front_matter_is_read_without_it_and_reported(root: Path) -> None:
    write(root / "adr/0002-x.md", "---\ntitle: a: b\n---\n# Second\n\ntext\n")
    contents = folder.read(root).contents
    assert contents.documents["adr/0002-x.md"].title == "Second"
    (fault,) = contents.left_out
    assert (fault.path, fault.line) == ("adr/0002-x.md", 2)


def test_a_faulty_glossary_keeps_the_terms_it_had(root: Path) -> None:
    before = folder.read(root)
    write(root / "glossary.yaml", "SLO: [a\n", when=LONG_AGO + 1)
    after = folder.read(root, folder.read(root, before))
    assert after.contents.glossary == before.contents.glossary
    assert [(fault.path, fault.line) for fault in after.contents.left_out] == [("glossary.yaml", 2)]
    (root / "glossary.yaml").unlink()
    assert folder.read(root, after).contents.glossary == {}


def test_the_cache_gives_back_what_was_read(root: Path, tmp_path: Path) -> None:
    write(root / "adr/0002-x.md", "Supersedes: ADR-0001\n\ntext\n")
    snapshot = folder.read(root)
    cache.save(tmp_path / "data/documents", snapshot)
    before = cache.load(tmp_path / "data/documents")
    assert before is not None
    assert before.files == snapshot.files
    again = folder.read(root, before)
    assert again.contents == snapshot.contents
    assert all(again.files[path] is before.files[path] for path in again.files)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-9], lambda data: b"archway documents 0\n" + data, lambda _: b""]
)
def test_a_damaged_or_older_cache_is_no_cache(root: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "documents"
    cache.save(path, folder.read(root))
    path.write_bytes(damage(path.read_bytes()))
    assert cache.load(path) is None


def test_the_commit_is_known_with_loose_and_packed_refs(root: Path) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root.parent), "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    if not shutil.which("git"):
        pytest.skip("git is not installed")
    assert folder.read(root).contents.revision is None
    git("init", "-q")
    assert folder.read(root).contents.revision is None
    git("add", ".")
    git("commit", "-qm", "first")
    assert folder.read(root).contents.revision == git("rev-parse", "HEAD")
    git("pack-refs", "--all")
    assert folder.read(root).contents.revision == git("rev-parse", "HEAD")
    git("checkout", "-q", "--detach")
    assert folder.read(root).contents.revision == git("rev-parse", "HEAD")


class Follower:
    """A reader that follows the folder, and lets a test wait for what it sees."""

    def __init__(self, root: Path) -> None:
        self.root, self.snapshot, self.looks = root, folder.read(root), 0

    async def follow(self) -> None:
        async for _ in folder.watch(self.root):
            with contextlib.suppress(OSError):
                self.snapshot = folder.read(self.root, self.snapshot)
            self.looks += 1

    async def until(self, seen: Callable[[Snapshot], bool]) -> None:
        async with asyncio.timeout(10):
            while not seen(self.snapshot):  # noqa: ASYNC110  # what is waited for is a fact on disk
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def following(root: Path) -> AsyncIterator[Follower]:
    follower = Follower(root)
    task = asyncio.create_task(follower.follow())
    try:
        async with asyncio.timeout(10):
            while not follower.looks:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.01)
        yield follower
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def titles(snapshot: Snapshot) -> set[str]:
    return {document.title for document in snapshot.contents.documents.values()}


@pytest.mark.asyncio
async def test_saves_new_folders_and_atomic_renames_are_followed(root: Path) -> None:
    async with following(root) as follower:
        (root / "notes.txt").write_text("Fresh\n=====\n\nx")
        await follower.until(lambda snapshot: "Fresh" in titles(snapshot))
        (root / "deep/er").mkdir(parents=True)
        (root / "deep/er/new.md").write_text("# Brand new\n")
        await follower.until(lambda snapshot: "Brand new" in titles(snapshot))
        (root / ".notes.swp").write_text("Renamed\n=======\n\nx")
        (root / ".notes.swp").rename(root / "notes.txt")
        await follower.until(lambda snapshot: "Renamed" in titles(snapshot))
        (root / "notes.txt").unlink()
        await follower.until(lambda snapshot: "Renamed" not in titles(snapshot))


@pytest.mark.asyncio
async def test_the_whole_folder_may_be_replaced_or_gone_for_a_while(root: Path) -> None:
    async with following(root) as follower:
        shutil.move(root, root.with_name("aside"))
        write(root / "a.md", "# Replaced\n")
        await follower.until(lambda snapshot: titles(snapshot) == {"Replaced"})
        shutil.rmtree(root)
        root.with_name("aside").rename(root)
        await follower.until(lambda snapshot: "Use queues" in titles(snapshot))
        write(root / "a.md", "# Still followed\n")
        await follower.until(lambda snapshot: "Still followed" in titles(snapshot))


@pytest.mark.asyncio
async def test_a_link_that_is_turned_to_another_folder_is_followed(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "second/b.md", "# Second\n")
    link = tmp_path / "current"
    link.symlink_to(root)
    async with following(link) as follower:
        (tmp_path / "next").symlink_to(tmp_path / "second")
        (tmp_path / "next").rename(link)
        await follower.until(lambda snapshot: titles(snapshot) == {"Second"})


@pytest.mark.asyncio
async def test_a_file_name_that_is_no_text_does_not_end_the_watch(root: Path) -> None:
    async with following(root) as follower:
        odd = os.fsencode(root) + b"/notes-\xff.md"
        os.close(os.open(odd, os.O_WRONLY | os.O_CREAT))
        await follower.until(lambda snapshot: any("UTF-8" in fault.reason for fault in snapshot.contents.left_out))
        (root / "notes.txt").write_text("Later\n=====\n\nx")
        await follower.until(lambda snapshot: "Later" in titles(snapshot))


@pytest.mark.asyncio
async def test_without_watches_the_files_times_are_looked_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "true")
    async with following(root) as follower:
        (root / "notes.txt").write_text("Polled\n======\n\nx")
        await follower.until(lambda snapshot: "Polled" in titles(snapshot))


def markdown_files() -> Iterator[Path]:
    return (path for path in CORPORA.rglob("*.md") if not any(part.startswith(".") for part in path.parts))


@pytest.mark.skipif(not CORPORA.is_dir(), reason=f"the development folders are not at {CORPORA}")
def test_headings_of_real_documents_are_those_of_markdown_it() -> None:
    from markdown_it import MarkdownIt

    from knowledge import frontmatter, markdown

    judge = MarkdownIt("commonmark").enable("table").disable("inline")
    unlike = total = 0
    for path in markdown_files():
        front = frontmatter.split(path.read_text(encoding="utf-8"))
        theirs, quotes = set(), 0
        for token in judge.parse(front.body):
            quotes += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
            if token.type == "heading_open" and not quotes and token.map:
                theirs.add((int(token.tag[1]), token.map[0] + front.body_line))
        ours = {(each.level, each.line) for each in markdown.read(front.body, front.body_line).sections if each.level}
        unlike += len(theirs ^ ours)
        total += len(theirs)
    assert total > 1000
    assert unlike <= total / 500  # empty tables of contents and HTML headings are meant to differ


@pytest.mark.skipif(not CORPORA.is_dir(), reason=f"the development folders are not at {CORPORA}")
def test_real_folders_are_read_whole() -> None:
    contents = folder.read(CORPORA).contents
    assert len(contents.documents) > 1100
    assert len(contents.left_out) < 10
    for document in contents.documents.values():
        assert document.title.strip()
        anchors = [passage.anchor for passage in document.passages if passage.heading]
        assert len(set(anchors)) == len(anchors), document.path
