"""Cleaning and shortening of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.text import clean, clean_lines, shortened, units

# Lone surrogates are what JSON's escapes can bring in.
ANY_TEXT = st.text(st.characters(), max_size=200)


@pytest.mark.parametrize(
    ("dirty", "text"),
    [
        ("plain words – ‘quoted’ ✓", "plain words – ‘quoted’ ✓"),
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        ("\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "red link"),
        ("bell\x07 null\x00 c1\x9b31m", "bell null c131m"),
        ("exe.\u202etxt\u202c \u2066x\u2069", "exe.txt x"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("tag\U000e0041s", "tags"),
        ("family 👩\u200d👩\u200d👧 and می\u200cخواهم", "family 👩\u200d👩\u200d👧 and می\u200cخواهم"),
        ("no\u00a0break", "no\u00a0break"),
    ],
)
def test_what_acts_instead_of_being_read_is_removed(dirty: str, text: str) -> None:
    assert clean(dirty) == text


@given(ANY_TEXT)
def test_a_clean_text_is_one_line_of_valid_unicode(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert len(cleaned.splitlines()) <= 1
    assert "\x1b" not in cleaned
    assert clean(cleaned) == cleaned


def test_the_lines_of_code_keep_their_indentation() -> None:
    assert clean_lines("a:\n\tb: 1\n\n  c\x1b[1m") == ["a:", "    b: 1", "", "  c"]


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("short enough", 12, "short enough"),
        ("one two three four", 14, "one two three…"),
        ("one two, three four", 10, "one two…"),
        ("Donaudampfschifffahrtsgesellschaft", 10, "Donaudamp…"),
        ("😀😀😀😀😀", 6, "😀😀…"),
    ],
)
def test_a_long_text_is_cut_at_a_word_and_says_so(text: str, limit: int, short: str) -> None:
    assert shortened(text, limit) == short


@given(ANY_TEXT, st.integers(2, 300))
def test_a_shortened_text_keeps_the_limit(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert units(short) <= limit
    assert short == text or short.endswith("…")
