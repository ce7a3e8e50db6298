from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge import index_file
from knowledge.documents import Document
from knowledge.index import Formula, build, fingerprint, unit_spans
from knowledge.lexicon import lexicon
from knowledge.segments import Index
from knowledge.vocabulary import Vocabulary
from tests.knowledge.shelf import BACKUP, DATABASE, ENCRYPTION, FAILOVER, FOLDER, document


def by_path(*documents: Document) -> dict[str, Document]:
    return {one.path: one for one in documents}


def places(index: Index, word: str) -> dict[str, float]:
    """The documents that have a word, with its highest impact among their sections."""
    term = index.vocabulary.find(word)
    assert term is not None
    found: dict[str, float] = {}
    for segment, alive in zip(index.segments, index.alive, strict=True):
        rows = segment.by_passage
        if term + 1 < len(rows.starts):
            for place in range(rows.starts[term], rows.starts[term + 1]):
                own = int(segment.document_of[rows.places[place]])
                if alive[own]:
                    found[segment.paths[own]] = max(found.get(segment.paths[own], 0), float(rows.impacts[place]))
    return found


def test_a_term_weighs_more_in_a_heading_and_in_a_short_section() -> None:
    filler = "Some other things are said here at length, and then some more, and more again, until the section is long."
    index = Index.build(
        [
            document("long.md", "One", ("Two", f"Zebras. {filler}")),
            document("short.md", "One", ("Two", "Zebras.")),
            document("heading.md", "One", ("Zebras", filler)),
        ]
    )
    impact = places(index, "zebra")
    assert impact["heading.md"] > impact["long.md"]
    assert impact["short.md"] > impact["long.md"]


def test_a_document_without_text_is_found_by_its_title() -> None:
    assert places(Index.build([document("empty.md", "Zebra crossing")]), "zebra")


def test_a_clause_a_row_and_a_line_of_code_are_quoted_whole_and_paragraphs_by_sentence() -> None:
    passage = ENCRYPTION.passages[2]
    assert [passage.text[begin:end][:12] for begin, end in unit_spans(passage)] == ["- A TLS endp", "\topenssl s_c"]
    prose = document("a.md", "A", ("", "One is here. Two is there.\nTier 1 | 15 minutes. Really | 4")).passages[0]
    assert [prose.text[begin:end] for begin, end in unit_spans(prose)] == [
        "One is here.",
        "Two is there.",
        "Tier 1 | 15 minutes. Really | 4",
    ]


def test_nothing_changed_gives_the_same_index() -> None:
    index = Index.build(FOLDER)
    assert index.updated(by_path(*FOLDER)) is index


def test_a_changed_document_replaces_its_old_text_alone() -> None:
    index = Index.build(FOLDER)
    changed = document(
        DATABASE.path, "Zebras in the default database", ("Decision", "New services use zebras."), id="ADR-0003"
    )
    updated = index.updated(by_path(ENCRYPTION, BACKUP, changed, FAILOVER))
    assert set(places(updated, "zebras")) == {DATABASE.path}
    assert DATABASE.path not in places(updated, "postgresql")
    assert set(places(updated, "buckets")) == {ENCRYPTION.path}
    assert set(places(index, "postgresql")) == {DATABASE.path}, "the older moment stays as it was"


def test_a_removed_document_is_gone() -> None:
    updated = Index.build(FOLDER).updated(by_path(ENCRYPTION, BACKUP, DATABASE))
    assert FAILOVER.path not in places(updated, "region")


def test_an_updated_index_weighs_as_one_built_anew() -> None:
    averages = Index.build(FOLDER).segments[0].averages
    updated = Index.build(FOLDER[:3]).updated(by_path(*FOLDER))
    anew = build(FOLDER, Vocabulary(lexicon()), Formula(), averages)
    assert len(updated.segments) == 1
    assert len(updated.segments[0].by_passage.places) == len(anew.by_passage.places)
    np.testing.assert_allclose(
        np.sort(updated.segments[0].by_passage.impacts), np.sort(anew.by_passage.impacts), rtol=0.2
    )
    assert updated.segments[0].unit_spans.tolist() == anew.unit_spans.tolist()


def test_a_large_index_keeps_its_large_segment_when_little_changes() -> None:
    many = {
        f"{number}.md": document(f"{number}.md", f"Title {number}", ("Heading", f"Text about thing{number}."))
        for number in range(60)
    }
    index = Index.build(many.values())
    for number in range(3):
        path = f"{number}.md"
        many = {**many, path: document(path, "Changed", ("Heading", f"Zebra{number} instead."))}
        index = index.updated(many, few=10)
        assert len(index.segments) == 2
        assert set(places(index, f"zebra{number}")) == {path}
    assert set(places(index, "changed")) == {"0.md", "1.md", "2.md"}
    assert len(index.compact().paths) == 60
    for number in range(3, 40):
        path = f"{number}.md"
        many = {**many, path: document(path, "Changed", ("Heading", "Again."))}
    index = index.updated(many, few=10)
    assert len(places(index, "changed")) == 40
    assert sum(int(alive.sum()) for alive in index.alive) == 60


def test_the_fingerprint_follows_what_is_indexed() -> None:
    assert fingerprint(BACKUP) == fingerprint(replace(BACKUP, owner="somebody else"))
    assert fingerprint(BACKUP) != fingerprint(replace(BACKUP, aliases=("saving things",)))
    assert fingerprint(BACKUP) != fingerprint(replace(BACKUP, digest="0" * 64))


def test_a_saved_index_is_read_as_it_was(tmp_path: Path) -> None:
    index = Index.build(FOLDER)
    index_file.save(tmp_path / "index", index.compact(), index.vocabulary)
    loaded = index_file.load(tmp_path / "index", lexicon())
    assert loaded is not None
    assert loaded.updated(by_path(*FOLDER)) is loaded
    assert places(loaded, "bucket") == places(index, "bucket")
    assert list(tmp_path.iterdir()) == [tmp_path / "index"], "nothing is left beside it"


@pytest.mark.parametrize("damage", [b"", b"no index", b"PK\x03\x04 almost"])
def test_a_damaged_index_file_is_no_index(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "index").write_bytes(damage)
    assert index_file.load(tmp_path / "index", lexicon()) is None
    assert index_file.load(tmp_path / "missing", lexicon()) is None


def test_an_index_file_that_was_cut_or_altered_is_no_index(tmp_path: Path) -> None:
    index = Index.build(FOLDER)
    file = tmp_path / "index"
    index_file.save(file, index.compact(), index.vocabulary)
    whole = file.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:200] + b"\xff" * 40 + whole[240:]):
        file.write_bytes(broken)
        assert index_file.load(file, lexicon()) is None


def test_an_index_made_with_another_word_list_is_no_index(tmp_path: Path) -> None:
    index = Index.build(FOLDER)
    index_file.save(tmp_path / "index", index.compact(), index.vocabulary)
    other = replace(lexicon(), stop_words=frozenset({"bucket"}))
    assert index_file.load(tmp_path / "index", other) is None
