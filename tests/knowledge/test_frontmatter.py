"""Strict YAML: what is taken, what is refused with its line, and that nothing takes long."""

from __future__ import annotations

import contextlib
import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import frontmatter
from knowledge.frontmatter import FaultyYaml

SIXTEEN_KIB = 16 * 1024


def fault_of(text: str) -> FaultyYaml:
    with pytest.raises(FaultyYaml) as caught:
        frontmatter.load(text, "governance.yaml")
    return caught.value


def test_plain_values_are_read_as_their_author_meant_them() -> None:
    text = "title: Encryption\nreviewed: 2026-03-01\ntier: 0\nshare: 0.5\nlive: true\nowner:\ntags: [a, b]\nquiet: 18:00-08:00\n"
    assert frontmatter.load(text) == {
        "title": "Encryption",
        "reviewed": date(2026, 3, 1),
        "tier": 0,
        "share": 0.5,
        "live": True,
        "owner": None,
        "tags": ["a", "b"],
        "quiet": "18:00-08:00",
    }


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "18:00", "0123", "1e3", "SOC2:CC6.1"])
def test_words_that_other_loaders_change_stay_words(word: str) -> None:
    assert frontmatter.load(f"key: {word}") == {"key": word}


def test_quoted_numbers_stay_text_and_keys_are_always_text() -> None:
    assert frontmatter.load('{3: "0", "yes": "2026-01-01"}') == {"3": "0", "yes": "2026-01-01"}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: &anchor 2\n", 2, "anchors"),
        ("a: 1\nb: *anchor\n", 2, "anchors"),
        ("a: !!python/object:os.system x\n", 1, "tags"),
        ("a: 1\n\na: 2\n", 3, "given twice"),
        ("a: {b: 1, b: 2}\n", 1, "given twice"),
        ("a: " + "[" * 30 + "]" * 30, 1, "deeper"),
        ("a: 1\n---\nb: 2\n", 2, "second YAML document"),
        ("a: [1\nb: 2\n", 2, "not valid YAML"),
        ("a: 2026-02-30\n", 1, "calendar"),
        ("? [a]\n: b\n", 1, "plain word"),
        ("a: \x07", 1, "not valid YAML"),
    ],
)
def test_what_is_not_plain_is_refused_with_file_and_line(text: str, line: int, said: str) -> None:
    fault = fault_of(text)
    assert said in fault.reason
    assert str(fault).startswith(f"governance.yaml:{line}: ")


BOMBS = {
    "billion laughs": "a: &a [x,x]\n" + "".join(f"k{n}: &b{n} [*a,*a,*a]\n" for n in range(500)),
    "merge keys": "x: &x {a: 1}\n" + "<<: [*x, *x]\n" * 800,
    "deep flow": "[" * SIXTEEN_KIB,
    "deep mappings": "{a: " * (SIXTEEN_KIB // 4),
    "deep blocks": "- " * (SIXTEEN_KIB // 2),
    "deep keys": "? " * (SIXTEEN_KIB // 2),
    "indentation": "\n".join(" " * n + "a:" for n in range(170)),
    "many keys": "".join(f"{n}: \n" for n in range(2000)),
    "one long number": "a: " + "9" * 16000,
    "sexagesimal": "a: " + "1:" * 8000 + "1",
    "quotes": '"' + "\\n" * 8000,
    "comments": "#" * SIXTEEN_KIB,
    "flow list": "[" + "a," * 8000 + "]",
    "open keys": "[" + "a: " * 5000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_over_at_once(name: str) -> None:
    began = time.process_time()
    with contextlib.suppress(FaultyYaml):
        frontmatter.load(BOMBS[name][:SIXTEEN_KIB], largest=SIXTEEN_KIB)
    assert time.process_time() - began < 0.3


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet="a:-[]{}&*!|>'\"%@`#?,<\n \t0123456789.~é\x85", max_size=400).map(lambda part: (part * 41)[:16000])
)
def test_any_text_is_a_value_or_a_fault_and_never_slow(text: str) -> None:
    began = time.process_time()
    with contextlib.suppress(FaultyYaml):
        frontmatter.load(text)
    assert time.process_time() - began < 0.3


def test_a_block_that_is_too_long_is_refused_unread() -> None:
    front = frontmatter.split("---\n" + "a: b\n" * 5000 + "---\ntext\n")
    assert front.fault is not None
    assert "16 KiB" in front.fault.reason
    assert front.body == "text\n"


@pytest.mark.parametrize("before", ["", "\ufeff", "\n", "\ufeff\n \n"])
def test_a_byte_order_mark_or_blank_lines_may_stand_before_the_block(before: str) -> None:
    front = frontmatter.split(before + "---\ntitle: x\n---\nbody\n")
    assert front.values == {"title": "x"}
    assert front.body == "body\n"
    assert front.body_line == 4 + before.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n\n---\ntitle: x\n---\n",
        "---\n\nA rule across the page, then text.\n\n---\nmore\n",
        "---\n# Heading after a rule\n\ntext\n",
        "---\nNote: a paragraph after a rule.\n\ntext\n",
        "----\ntitle: x\n----\n",
    ],
)
def test_rules_and_blocks_in_mid_file_are_no_front_matter(text: str) -> None:
    front = frontmatter.split(text)
    assert front.values == {}
    assert front.fault is None
    assert front.body == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\ntitle: never closed\n", 1),
        ("---\nid: X-1\nowner: ada\n\n# Title\n\ntext\n", 1),
        ("\n---\nid: X-1\n\n# Title\n", 2),
        ("---\nid: X-1\n\n# Title\n\nSome text.\n\n---\n\nMore after a rule.\n", 1),
    ],
)
def test_a_block_that_is_never_closed_is_text_and_said(text: str, line: int) -> None:
    front = frontmatter.split(text)
    assert (front.body, front.body_line, front.values) == (text, 1, {})
    assert front.fault is not None
    assert front.fault.line == line
    assert front.fault.reason == f"front matter that begins at line {line} is never closed; add a line ---"


@pytest.mark.parametrize(
    "text", ["---\nstatus: draft  # soon\ntitle: a: b\n---\nx", "---\nid: X\nstatus: 'draft'\n\n# Title\n"]
)
def test_the_status_in_a_faulty_block_still_counts(text: str) -> None:
    front = frontmatter.split(text)
    assert front.fault is not None
    assert front.values == {"status": "draft"}


def test_a_comment_in_a_faulty_block_is_no_heading() -> None:
    front = frontmatter.split("---\ntitle: a: b\n\n# who\nowner: ada\n---\nbody\n")
    assert front.body == "body\n"


def test_the_lines_of_keys_are_known() -> None:
    assert frontmatter.split("\n---\na: {b: 1}\n\nc: 2\n---\nx").lines == {"a": 3, "c": 5}


def test_an_impossible_day_costs_only_itself() -> None:
    front = frontmatter.split("---\nstatus: draft\nreviewed: 2026-02-30\n---\nx")
    assert front.fault is None
    assert front.values == {"status": "draft", "reviewed": "2026-02-30"}


def test_an_empty_block_is_no_fault() -> None:
    assert frontmatter.split("---\n---\ntext") == frontmatter.FrontMatter({}, "text", 3)


def test_a_faulty_block_costs_its_values_but_not_the_text() -> None:
    front = frontmatter.split("---\ntitle: a: b\nx: 1\n---\nbody")
    assert front.values == {}
    assert front.body == "body"
    assert front.fault is not None
    assert front.fault.line == 2


def test_toml_is_set_aside_and_said() -> None:
    front = frontmatter.split('+++\ntitle = "x"\n+++\nbody\n')
    assert front.body == "body\n"
    assert front.body_line == 4
    assert front.fault is not None
    assert "TOML" in front.fault.reason
