"""The map of all that can go wrong names every refusal, each under the family that it belongs to."""

from __future__ import annotations

import inspect
import re

from bot import errors


def test_the_map_is_complete() -> None:
    drawn: dict[str, str] = {}
    way: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"    ([│ ]*)(?:├── |└── )?([A-Z]\w+)", line):
            depth = (found.start(2) - 4) // 4
            way[depth:] = [found[2]]
            drawn[found[2]] = way[depth - 1] if depth else "Exception"
    known = {
        name: each.__bases__[0].__name__
        for name, each in vars(errors).items()
        if inspect.isclass(each) and issubclass(each, errors.ArchwayError)
    }
    assert drawn == known


def test_every_refusal_is_a_sentence_that_says_what_is_next() -> None:
    for name, each in vars(errors).items():
        if inspect.isclass(each) and issubclass(each, errors.Refusal):
            sentence = " ".join((inspect.getdoc(each) or "").split())
            assert sentence.endswith((".", "}")), name
