from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.documents import Kind, Status
from knowledge.library import AmbiguousId, Library, UnknownId
from tests.knowledge.shelf import BACKUP, DATABASE, ENCRYPTION, FAILOVER, FOLDER, contents, document, library, link

SHELF = library(*FOLDER)


def test_counts() -> None:
    assert (SHELF.documents, SHELF.passages, SHELF.clauses) == (4, 11, 5)


@pytest.mark.parametrize("wanted", ["STD-003", "std-003", "std 3", "STD-003.2", "adr-3", "standards/std-003.md"])
def test_ids_and_paths_are_known_in_any_case(wanted: str) -> None:
    assert SHELF.knows(wanted)
    assert SHELF.show(wanted)


def test_show_gives_a_document_or_a_clause() -> None:
    shown = SHELF.show("std-003.2")
    assert (shown.document.path, shown.clause and shown.clause.id, shown.citation.clause) == (
        ENCRYPTION.path,
        "STD-003.2",
        "STD-003.2",
    )
    assert shown.citation.heading == "At rest"
    assert SHELF.show("ADR-0003").clause is None


def test_an_unknown_id_names_its_nearest() -> None:
    with pytest.raises(UnknownId) as raised:
        SHELF.show("STD-033")
    assert "STD-003" in raised.value.nearest
    assert not SHELF.knows("STD-033")


def test_an_ambiguous_id_names_the_paths() -> None:
    shelf = library(document("a/0007.md", "One", id="ADR-7"), document("b/0007.md", "Two", id="ADR-7"))
    with pytest.raises(AmbiguousId) as raised:
        shelf.show("adr-7")
    assert raised.value.candidates == ("a/0007.md", "b/0007.md")
    assert shelf.show("a/0007.md").document.title == "One"
    assert {one.path for one in shelf.ask("what does adr 7 say").results[:2]} == {"a/0007.md", "b/0007.md"}


def test_show_links_both_ways() -> None:
    old = document(
        "old.md", "Old", ("", "See STD-006."), id="STD-001", status=Status.SUPERSEDED, superseded_by=("new.md",)
    )
    new = document("new.md", "New", id="STD-002", refers_to=("adrs/0003-postgresql.md",))
    shelf = library(old, new, *FOLDER)
    assert [one.path for one in shelf.show("STD-001").superseded_by] == ["new.md"]
    assert [one.path for one in shelf.show("STD-002").supersedes] == ["old.md"]
    assert [one.path for one in shelf.show("STD-001").refers_to] == [BACKUP.path]
    assert [one.path for one in shelf.show("STD-006").referred_from] == ["old.md"]
    assert [one.path for one in shelf.show("ADR-0003").referred_from] == ["new.md"]


@pytest.mark.parametrize("question", ["what does STD-003.2 say", "std 3.2", "STD-003.2?"])
def test_a_question_that_names_a_clause_is_answered_with_it(question: str) -> None:
    answer = SHELF.ask(question)
    assert answer.answered
    assert answer.answer[0].citation.clause == "STD-003.2"
    assert answer.results[0].path == ENCRYPTION.path


def test_a_question_that_names_a_document_gets_that_document_first() -> None:
    assert SHELF.ask("adr 3 and encryption of buckets").results[0].path == DATABASE.path


def test_a_question_about_something_else_gets_no_answer_but_the_nearest_documents() -> None:
    answer = SHELF.ask("how do we restart the kafka brokers of the backup region")
    assert not answer.answered
    assert answer.answer == ()
    assert "kafka" in answer.unmatched
    assert answer.results
    assert answer.confidence < 0.6


def test_a_mended_question_is_offered() -> None:
    assert SHELF.ask("Encrpytion of bukets?").did_you_mean == "Encryption of buckets?"
    assert SHELF.ask("encryption of buckets?").did_you_mean is None


@pytest.mark.parametrize(
    "question",
    [
        "",
        "   ",
        "\0",
        "🔥🔥🔥",
        "\u202egnirts\u202c",
        "how do we do it",
        "?" * 10_000,
        "a" * 10_000,
        "encrypt " * 2_000,
        "\ud800",
        "''\"\"''",
        "-_-",
        "%s{0}{{x}}",
    ],
)
def test_any_question_gets_an_answer_without_an_exception(question: str) -> None:
    answer = SHELF.ask(question)
    assert answer.question == question
    assert SHELF.search(question) is not None
    SHELF.knows(question)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_no_text_whatever_raises(question: str) -> None:
    answer = SHELF.ask(question)
    assert 0 <= answer.confidence <= 1
    assert answer.answered == bool(answer.answer)
    SHELF.search(question, kind="standard", count=3)


def test_an_empty_library_answers_too() -> None:
    shelf = library()
    assert not shelf.ask("how do we encrypt buckets").answered
    assert shelf.search("") == ()
    assert shelf.search("encrypt") == ()
    assert shelf.updated(contents(*FOLDER)).ask("encrypt buckets at rest").answered


def test_search_gives_each_document_once_with_an_excerpt_of_its_best_section() -> None:
    found = SHELF.search("encrypted buckets")
    citation, excerpt = found[0]
    assert (citation.path, citation.heading) == (ENCRYPTION.path, "At rest")
    assert excerpt.startswith("Object storage buckets MUST")
    assert len({one.path for one, _ in found}) == len(found)


def test_search_goes_in_pages() -> None:
    shelf = library(*(document(f"{n}.md", f"Zebra {n}", ("", "Zebra.")) for n in range(30)))
    pages = [shelf.search("zebra", skip=skip, count=10) for skip in (0, 10, 20, 30)]
    assert [len(page) for page in pages] == [10, 10, 10, 0]
    assert len({citation.path for page in pages for citation, _ in page}) == 30


def test_search_helps_while_a_word_is_being_typed() -> None:
    assert SHELF.search("encr")[0][0].path == ENCRYPTION.path
    assert SHELF.search("default postg")[0][0].path == DATABASE.path


def test_a_first_look_around_shows_standards_first_and_the_latest_reviewed_before_others() -> None:
    new = replace(BACKUP, reviewed=date(2026, 5, 1))
    old = replace(ENCRYPTION, reviewed=date(2024, 5, 1))
    kinds = [(citation.path, citation.kind) for citation, _ in library(FAILOVER, old, new).search("")]
    assert kinds == [(BACKUP.path, Kind.STANDARD), (ENCRYPTION.path, Kind.STANDARD), (FAILOVER.path, Kind.RUNBOOK)]


def test_an_update_is_a_new_library_and_the_old_one_stays_as_it_was() -> None:
    changed = document(
        DATABASE.path,
        "Zebras as the default database",
        ("Decision", "New services use zebras."),
        id="ADR-0003",
        kind=Kind.ADR,
    )
    updated = SHELF.updated(contents(ENCRYPTION, BACKUP, changed))
    assert updated.ask("may services use zebras").results[0].path == DATABASE.path
    assert not updated.knows("RB-001")
    assert SHELF.knows("RB-001")
    assert SHELF.ask("postgresql").results[0].title == DATABASE.title


def test_words_of_documents_that_are_gone_mend_nothing() -> None:
    updated = library(document("new.md", "Frobnicators", ("", "A frobnicator spins.")), *FOLDER).updated(
        contents(*FOLDER)
    )
    answer = updated.ask("the frobnicatr")
    assert answer.did_you_mean is None
    assert answer.unmatched == ("frobnicatr",)


def test_what_is_not_indexed_is_up_to_date_too() -> None:
    updated = SHELF.updated(contents(replace(ENCRYPTION, owner="platform"), BACKUP))
    assert updated.ask("encrypt buckets at rest").results[0].owner == "platform"


def test_a_library_opened_twice_answers_alike(tmp_path: Path) -> None:
    cache = tmp_path / "data" / "index"
    first = Library.open(contents(*FOLDER), link, cache)
    stamp = cache.stat().st_mtime_ns
    second = Library.open(contents(*FOLDER), link, cache)
    assert cache.stat().st_mtime_ns == stamp, "an index that is up to date is not written again"
    question = "do buckets have to be encrypted at rest?"
    assert first.ask(question) == second.ask(question) == SHELF.ask(question)
    third = Library.open(contents(*FOLDER[1:]), link, cache)
    assert not third.knows("STD-003")
    assert cache.stat().st_mtime_ns != stamp
    cache.write_bytes(b"damaged")
    assert Library.open(contents(*FOLDER), link, cache).ask(question) == SHELF.ask(question)


def test_questions_are_answered_while_the_library_is_updated() -> None:
    faults: list[Exception] = []
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            try:
                assert SHELF.ask("do bukets have to be encrypted at rest?").answered
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must show it
                faults.append(error)
                return

    asking = threading.Thread(target=keep_asking)
    asking.start()
    shelf = SHELF
    for number in range(20):
        shelf = shelf.updated(
            contents(*FOLDER, document("new.md", f"Animal{number}", ("", f"Zebra{number} crossing bucket{number}.")))
        )
        assert shelf.ask(f"zebra{number}").results[0].path == "new.md"
    stop.set()
    asking.join()
    assert faults == []
