"""Markdown's blocks and lines: sections, anchors, plain words."""

from __future__ import annotations

import pytest

from knowledge import inline, markdown
from knowledge.outline import Section


def sections(text: str) -> list[Section]:
    return list(markdown.read(text).sections)


def text_of(text: str) -> str:
    return "\n".join(section.text for section in sections(text))


def headings(text: str) -> list[tuple[int, str, str, int]]:
    return [(each.level, each.heading, each.anchor, each.line) for each in sections(text) if each.level]


def test_headings_of_both_styles_begin_sections() -> None:
    assert headings("# One\n\nTwo\n---\ntext\n\n#### Four ####\n\nOver\ntwo lines\n===\n") == [
        (1, "One", "one", 1),
        (2, "Two", "two", 3),
        (4, "Four", "four", 7),
        (1, "Over two lines", "over-two-lines", 9),
    ]


def test_a_heading_alone_is_still_a_section() -> None:
    assert [(each.heading, each.text) for each in sections("## A\n## B\ntext")] == [("A", ""), ("B", "text")]


@pytest.mark.parametrize(
    "text",
    [
        "```\n# no\n```",
        "~~~~ yaml\n~~~\n# no\n~~~~",
        "- item\n\n  ```\n  # no\n  ```",
        "    # no",
        "#no",
        "####### no",
        "\\# no",
        "<!--\n# no\n-->",
        "<pre>\n# no\n</pre>",
        "> # quoted",
        "text\n<div>\n# no\n</div>",
    ],
)
def test_what_only_looks_like_a_heading_is_none(text: str) -> None:
    assert headings(text) == []


def test_an_odd_number_of_fences_loses_no_text() -> None:
    text = "# A\n```\ncode\n```\n## B\n```\nopen to the end\n## C\n"
    assert [each.heading for each in sections(text)] == ["A", "B"]
    assert sections(text)[1].text == "\topen to the end\n\t## C"


def test_repeated_headings_are_told_apart_as_the_forge_does() -> None:
    text = "## Setup\n## Setup\n## Setup-1\n## Setup\n"
    assert [each.anchor for each in sections(text)] == ["setup", "setup-1", "setup-1-1", "setup-2"]


@pytest.mark.parametrize(
    ("source", "heading", "anchor"),
    [
        ("What's **new** in `v1.2`?", "What's new in v1.2?", "whats-new-in-v12"),
        ("[Link](https://x.example/) & more", "Link & more", "link--more"),
        ("Größe_x — naïve", "Größe_x — naïve", "größe_x--naïve"),
        ("Data at rest {#at-rest}", "Data at rest", "at-rest"),
        ("Data at rest {: #at-rest .big}", "Data at rest", "at-rest"),
        (":warning: Careful", "Careful", "warning-careful"),
        ("{MUST} do", "{MUST} do", "must-do"),
        ("C#", "C#", "c"),
        ("Trailing ##", "Trailing", "trailing"),
    ],
)
def test_anchors_are_the_forges_or_the_authors(source: str, heading: str, anchor: str) -> None:
    assert headings(f"## {source}") == [(2, heading, anchor, 1)]


def test_blocks_keep_one_line_each() -> None:
    text = (
        "A paragraph\nof two lines.\n\n* one\n  goes on\n* two\n  1. inner\n\n3) three\n\n"
        "| Tier | RPO |\n|------|:---:|\n| 0 | 5 `min` |\n| 1 \\| 2 | |\n\n```sh\nls  -l\n\n  indented\n```\n\n    old code\n"
    )
    assert text_of(text).split("\n") == [
        "A paragraph of two lines.",
        "- one goes on",
        "- two",
        "1. inner",
        "3. three",
        "Tier | RPO",
        "0 | 5 min",
        "1 | 2",
        "\tls  -l",
        "\t  indented",
        "\told code",
    ]


def test_numbered_items_follow_one_another() -> None:
    text = "1. a\n2. b\n   goes on\n  3. c\n\ntext\n2019. was a year"
    assert text_of(text) == "1. a\n2. b goes on\n3. c\ntext 2019. was a year"


def test_a_year_at_the_start_of_a_line_is_no_list() -> None:
    assert text_of("It was in\n2019. Then it ended.") == "It was in 2019. Then it ended."


def test_text_after_a_table_and_text_in_quotes_are_paragraphs() -> None:
    text = "a | b\n--|--\n1 | 2\n\nafter\n\n> [!NOTE]\n> quoted **text**\n> - item\n"
    assert text_of(text) == "a | b\n1 | 2\nafter\nquoted text\n- item"


def test_generated_tables_of_contents_are_dropped_and_other_links_kept() -> None:
    text = "# T\n\n## Table of Contents\n\n- [A](#a)\n  - [B](#b)\n\n## A\n\n- [see](#b)\n- [page](b.md)\n"
    assert [(each.heading, each.text) for each in sections(text)] == [("T", ""), ("A", "- see\n- page")]


def test_site_generators_markup_is_dropped_and_its_text_kept() -> None:
    text = '!!! note "Mind"\n    the *gap*\n\n:::tip\nhint\n:::\n\n{{< hint info >}}\nshort\n{{< /hint >}}\n\n[TOC]\n{: .class }\n'
    assert text_of(text) == "Mind\nthe gap\nhint\nshort"


def test_html_leaves_its_words() -> None:
    text = '<h2 align="center">Head</h2>\n<details>\n<summary>More</summary>\n\nInside **it**.\n\n</details>\n\nH<sub>2</sub>O<br>x\n'
    assert headings(text) == [(2, "Head", "head", 1)]
    assert text_of(text) == "More\nInside it.\nH2O x"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("**bold** *it* __b__ _i_ ~~gone~~ ***both***", "bold it b i gone both"),
        ("snake_case_name and 2 * 3 * 4 and *.example.com", "snake_case_name and 2 * 3 * 4 and *.example.com"),
        ("`a_b*c` and ``x`y`` and `open", "a_b*c and x`y and `open"),
        ("`&amp;` is &amp; and &quot;q&quot;", '&amp; is & and "q"'),
        ('[label](https://x.example/a_(b) "t") [ref][r] [r] [no]', "label ref r [no]"),
        ("![alt](a.png)[![badge](b.svg)](c) text", "text"),
        (
            "<https://x.example/a_b_c> <ada@example.org> <b>x</b> <host-name>",
            "https://x.example/a_b_c ada@example.org x <host-name>",
        ),
        ("\\*not\\* \\[x\\]", "*not* [x]"),
        ("[[Page|label]] [^1] fine<!-- hidden -->!", "label fine!"),
        ("don’t “quote” — 5 µs", "don’t “quote” — 5 µs"),
        ("**a `b` c** ![x `y`](z) `w`", "a b c w"),
        ("at 12:30:45 :tada: <%= title %>", "at 12:30:45"),
        ("hard\\ break", "hard break"),
        ("[graph](https://x.example/g?q=sum(rate(a{b=(1)}))) now", "graph now"),
    ],
)
def test_markup_goes_and_words_stay_exact(source: str, words: str) -> None:
    assert inline.plain(source, frozenset({"r"})) == words


def test_reference_links_are_found_wherever_the_file_defines_them() -> None:
    assert (
        text_of("See [the rule] and [ADR][2].\n\n[the  Rule]: a.md\n[2]: <b.md> 'title'\n") == "See the rule and ADR."
    )


def test_a_rule_across_the_page_is_no_text() -> None:
    assert text_of("a\n\n---\n\n* * *\n\nb") == "a\nb"
