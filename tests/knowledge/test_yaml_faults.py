"""What is said of text that is no YAML: the same with libyaml and without it, and the line where it was gone wrong."""

from __future__ import annotations

import pytest
import yaml

from knowledge import frontmatter
from knowledge.yaml_faults import explained

LOADERS = [pytest.param(getattr(yaml, "CSafeLoader", yaml.SafeLoader), id="libyaml"), pytest.param(yaml.SafeLoader, id="Python")]  # fmt: skip


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a:\n\tb: 1\n", 2, "a tab; indent"),
        ("a: [@ada]\n", 1, "no value begins with @"),
        ("a: %x\n", 1, "no value begins with %"),
        ('a: 1\nb: "x\nc: 1\nd: 2\n', 2, "the quote that begins here is never closed"),
        ("a: 1\nb: [x, y\nc: 2\n", 3, "that opens in line 2"),
        ("a: {b: 1 c: 2}\n", 1, "missing in the list or mapping here"),
        ("a: [x,, y]\n", 1, "missing in the list or mapping here"),
        ("a:\n  b: [#x]\nc: 1\n", 2, "a # begins a comment"),
        ("a: 1\nb\nc: 2\n", 2, "this line is no `key: value`"),
        ("a:\n- b\nc\n", 3, "this line is no `key: value`"),
        ("a: 1\n<<<<<<< HEAD\nb: 1\n", 2, "a merge conflict was left here"),
        ("a: b: c\n", 1, "a key where none belongs"),
        ("a:\n  b: 1\n   c: 2\n", 3, "a key where none belongs"),
        ("a:\n  b: 1\n c: 2\n", 3, "indented unlike the lines around it"),
        ("a: 'it's'\n", 1, "something behind a closing quote or bracket"),
        ("ä: 1\nb: x\x01\n", 2, "a character that cannot be seen"),
        ("a: >x\n", 1, "; check quotes, colons and indentation"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_its_mend(text: str, line: int, reason: str, loader: type) -> None:
    with pytest.raises(yaml.YAMLError) as caught:
        list(yaml.parse(text, Loader=loader))
    told, where = explained(text, caught.value, 1)
    assert (reason in told, where) == (True, line), told


def test_in_front_matter_lines_are_those_of_the_document() -> None:
    found = frontmatter.split("---\nid: STD-1\ntags: [a, b\nstatus: draft\n---\nText\n")
    assert found.fault
    assert (found.fault.line, "that opens in line 3" in found.fault.reason) == (4, True)
