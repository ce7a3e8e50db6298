"""reStructuredText, AsciiDoc and plain text: sections, words, header lines."""

from __future__ import annotations

from knowledge import asciidoc, plain_text, restructured_text
from knowledge.outline import Outline


def told(outline: Outline) -> list[tuple[int, str, str, int, str]]:
    return [(each.level, each.heading, each.anchor, each.line, each.text) for each in outline.sections]


def test_restructured_text() -> None:
    outline = restructured_text.read(
        "PEP: 7\nTitle: Style\n       guide\nStatus: Active\n\nAbstract\n========\n\nUse ``__init__`` and :pep:`8`, see `the\n"
        "docs <https://x.example>`_ or Footnote_ [1]_.  **Bold**.\n\n* one\n  more\n* two\n\nExample::\n\n    code(1)\n\n"
        "      deeper\n\n.. note::\n   Mind it.\n\n.. comment\n   hidden\n\nSub part\n--------\n\n====  ====\nA     B\n====  ====\n"
        "1     2\n====  ====\n"
    )
    assert outline.fields == {"pep": "7", "title": "Style guide", "status": "Active"}
    assert told(outline) == [
        (1, "Abstract", "abstract", 6,
         "Use __init__ and PEP 8, see the docs or Footnote. Bold.\n- one more\n- two\nExample:\n\tcode(1)\n\t  deeper\nMind it."),
        (2, "Sub part", "sub-part", 28, "A | B\n1 | 2"),
    ]  # fmt: skip


def test_asciidoc() -> None:
    outline = asciidoc.read(
        "[[top]]\n= Rules\n:status: draft\n\n[#243]\n== {MUST} use `codes`\n\nSee https://x.example[the *site*],\n<<top,above>>, "
        "{RFC-1}#a[RFC 1] & link:b.adoc[b].\n\n* one\n** two\n. three\n\n[source,yaml]\n----\na: 1\n----\n\n////\nhidden\n////\n|===\n"
        "| A | B\n| 1 | 2\n|===\nimage::x.png[alt]\n"
    )
    assert outline.fields["status"] == "draft"
    assert told(outline) == [
        (1, "Rules", "top", 2, ""),
        (2, "MUST use codes", "243", 6, "See the site, above, RFC 1 & b.\n- one\n- two\n- three\n\ta: 1\nA | B\n1 | 2"),
    ]


def test_plain_text() -> None:
    outline = plain_text.read(
        "Title: On call\nStatus: draft\n\nWho\n---\n\nThe one\nwith *the* pager.\n- first\n- second\n"
    )
    assert outline.fields == {"title": "On call", "status": "draft"}
    assert told(outline) == [(2, "Who", "who", 4, "The one with *the* pager.\n- first\n- second")]
