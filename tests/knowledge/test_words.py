from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.acronyms import mined
from knowledge.lexicon import lexicon
from knowledge.words import Stems, parts, sentences, words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Buckets", ["buckets"]),
        ("on-call", ["oncall", "on", "call"]),
        ("etcdGRPCRequestsSlow", ["etcdgrpcrequestsslow", "etcd", "grpc", "requests", "slow"]),
        ("v1.2", ["v1.2"]),
        ("don't", ["dont"]),
        ("team’s", ["team"]),
        ("snake_case", ["snake", "case"]),
        ("STD-004.3", ["std004", "std", "004.3"]),
    ],
)
def test_a_word_is_indexed_with_its_parts(word: str, expected: list[str]) -> None:
    assert parts(word) == expected


def test_a_proper_name_with_a_capital_inside_is_not_split() -> None:
    assert parts("JavaScript", lexicon().technology) == ["javascript"]


def test_words_are_runs_of_letters_and_digits_in_any_script() -> None:
    assert words("TLS 1.2, größer – 日本語!") == ["TLS", "1.2", "größer", "日本語"]


@pytest.mark.parametrize(
    ("one", "other"), [("encrypted", "encryption"), ("organisation", "organization"), ("buckets", "bucket")]
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    stems = Stems()
    assert stems(one) == stems(other)


def test_a_sentence_does_not_end_at_an_abbreviation_or_inside_a_number() -> None:
    text = "Keys, e.g. RSA ones, live 90 days. TLS 1.2 is the least. Rotate!"
    assert [text[begin:end] for begin, end in sentences(text)] == [
        "Keys, e.g. RSA ones, live 90 days.",
        "TLS 1.2 is the least.",
        "Rotate!",
    ]


@given(st.text(max_size=300))
def test_sentences_of_any_text_lie_in_order_within_it(text: str) -> None:
    last = 0
    for begin, end in sentences(text):
        assert last <= begin <= end <= len(text)
        last = end


@given(st.text(max_size=80))
def test_any_text_can_be_taken_apart(text: str) -> None:
    for word in words(text):
        assert all(parts(word))


def test_the_word_list_knows_common_and_rare_words_but_no_made_up_ones() -> None:
    english = lexicon().english
    the, zebra = english.rarity("the"), english.rarity("zebra")
    assert the == 0
    assert zebra is not None
    assert zebra > 8
    assert "kubernetez" not in english
    assert "" not in english
    assert "größe" not in english


def test_the_first_and_the_last_word_of_the_list_are_found() -> None:
    english = lexicon().english
    lines = english.text.split()
    for word in (lines[0], lines[-2]):
        assert word.decode() in english


@pytest.mark.parametrize(
    "text",
    ["(AB) " * 40_000, ". A" * 60_000, "ABC " * 50_000, "AB (a " + "b c " * 50_000, "aB" * 100_000, "e.g. " * 40_000],
)
def test_no_text_takes_long_to_take_apart(text: str) -> None:
    begin = time.process_time()
    list(sentences(text))
    mined(text)
    for word in words(text):
        parts(word)
    assert time.process_time() - begin < 5, "linear in the text: a tenth of a second on any machine"
