from __future__ import annotations

import pytest

from knowledge.acronyms import mined
from knowledge.expansion import Wanted
from knowledge.library import Library
from knowledge.spelling import Spellings
from tests.knowledge.shelf import BACKUP, FOLDER, document, library


def understood(shelf: Library, question: str) -> dict[str, Wanted]:
    return {word.word: word for word in shelf.find(question).wanted if word.word}


def found(shelf: Library, question: str) -> str | None:
    results = shelf.ask(question).results
    return results[0].path if results else None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bukets", "buckets"),
        ("encrpyted", "encrypted"),
        ("databse", "database"),
        ("reccovery", "recovery"),
        ("shoud", "should"),
    ],
)
def test_a_misspelt_word_is_taken_for_a_word_of_the_folder_or_an_everyday_one(typed: str, meant: str) -> None:
    assert understood(library(*FOLDER), typed)[typed].mended == meant


@pytest.mark.parametrize("word", ["rust", "salary", "kafka", "grafana", "k8s", "xyz", "tls9", "ééé"])
def test_a_word_that_somebody_meant_is_left_alone(word: str) -> None:
    shelf = library(*FOLDER, document("a.md", "Rest and safari", ("", "Rest on safari with a graf and a kafta.")))
    assert understood(shelf, word)[word].mended is None


@pytest.mark.parametrize(("typed", "meant"), [("aprove", "approve"), ("aproved", "approved"), ("ofice", "office")])
def test_everyday_english_is_preferred_to_a_word_of_the_folder_that_is_no_nearer(typed: str, meant: str) -> None:
    shelf = library(
        *FOLDER, document("a.md", "Proof", ("", "Prove it, proved by revue, review it. Reviewing is proving."))
    )
    assert understood(shelf, typed)[typed].mended == meant


def test_a_misspelt_stop_word_asks_for_nothing() -> None:
    assert library(*FOLDER).ask("whcih thier").unmatched == ()


def test_two_mistakes_are_mended_in_long_words_alone() -> None:
    spellings = Spellings.of(["encryption", "tiers"])
    assert [word for word, _ in spellings.near("encrpytoin")] == ["encryption"]
    assert spellings.near("teirz") == []
    assert Spellings.of([]).near("anything") == []


def test_a_mined_acronym_stands_for_its_long_form_and_back() -> None:
    other = document(
        "other.md", "Objectives", ("", "How much may be lost: the recovery point objective of each service.")
    )
    assert found(library(BACKUP, other), "RPO") == BACKUP.path
    assert {one.path for one in library(BACKUP, other).ask("our RPO?").results} == {BACKUP.path, other.path}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("The Recovery Time Objective (RTO) says", {("rto", "recovery time objective")}),
        ("Several Service Level Objectives (SLOs) hold", {("slo", "service level objectives")}),
        ("RBAC (role-based access control) is used", {("rbac", "role based access control")}),
        ("The mean time to recovery (MTTR)", {("mttr", "mean time to recovery")}),
        ("Use it (EU) or (PDF) files, see (A)", set()),
    ],
)
def test_acronyms_are_mined_where_a_text_explains_them(text: str, pairs: set[tuple[str, str]]) -> None:
    assert mined(text) == pairs


def test_the_glossary_works_both_ways() -> None:
    pets = document("pets.md", "Hand-fed machines", ("", "A snowflake is a machine that was set up by hand."))
    shelf = library(pets, BACKUP, glossary={"pet": ("snowflake",), "gold master": ("baseline image",)})
    assert found(shelf, "pet") == pets.path
    images = document("images.md", "Images", ("", "Every baseline image is signed."))
    assert found(library(images, BACKUP, glossary={"gold master": ("baseline image",)}), "gold master") == images.path


def test_abbreviations_and_synonyms_of_the_field_are_known() -> None:
    shelf = library(*FOLDER)
    assert found(shelf, "db operators") == "adrs/0003-postgresql.md"
    assert found(shelf, "switchover of the region") == "runbooks/failover.md"


def test_words_written_together_or_apart_are_one() -> None:
    assert found(library(*FOLDER), "fail over") == "runbooks/failover.md"
    balancer = document("lb.md", "Spreading load", ("", "A load balancer spreads requests."))
    assert found(library(balancer, *FOLDER), "loadbalancer") == balancer.path


def test_a_long_question_is_cut_after_its_first_words() -> None:
    question = " ".join(f"word{number}" for number in range(500))
    assert len(library(*FOLDER).find(question).wanted) <= 62
