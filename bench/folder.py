"""A made-up knowledge folder of any size, always the same for the same seed, and distinct questions about it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

SYLLABLES = [
    "ba",
    "be",
    "ka",
    "ke",
    "la",
    "lo",
    "ma",
    "mi",
    "na",
    "no",
    "pa",
    "pe",
    "ra",
    "ri",
    "sa",
    "so",
    "ta",
    "te",
    "va",
    "vo",
    "za",
    "zu",
    "tor",
    "gen",
    "lis",
    "mar",
    "ven",
    "dal",
]
LITTLE = [
    "the",
    "a",
    "of",
    "to",
    "in",
    "for",
    "and",
    "is",
    "are",
    "with",
    "by",
    "on",
    "that",
    "be",
    "as",
    "at",
    "from",
    "it",
    "not",
    "or",
]
FORMS = (
    "how do we {0} the {1} {2}",
    "who may {0} {1} in {2}?",
    "do {0} have to be {1} for {2} {3}",
    "what is the {0} for {1} {2}",
    "{0} {1} {2} policy",
)


def vocabulary(size: int, rng: random.Random) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < size:
        words["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4)))] = None
    return list(words)


def write(root: Path, documents: int, sections: int = 9, seed: int = 1) -> list[str]:
    """Writes the folder; gives its words, most frequent first (as frequent as Zipf would have them)."""
    rng = random.Random(seed)
    words = vocabulary(12_000, rng)
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))

    def sentence(length: int) -> str:
        content = rng.choices(words, cum_weights=weights, k=length)
        mixed = [word for pair in zip(content, rng.choices(LITTLE, k=length), strict=True) for word in pair]
        return " ".join(mixed).capitalize() + "."

    for number in range(documents):
        kind = ("standards", "adrs", "runbooks", "patterns")[number % 4]
        lines = [f"# {sentence(3)[:-1]}", ""]
        for section in range(sections):
            lines += [f"## {sentence(2)[:-1]}", "", " ".join(sentence(rng.randint(5, 12)) for _ in range(4)), ""]
            if kind == "standards":
                lines += [f"- **S-{number}.{section * 3 + n}** Teams MUST {sentence(7).lower()}" for n in range(3)] + [
                    ""
                ]
        path = root / kind / f"{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8")
    return words


def questions(words: list[str], count: int, seed: int = 2) -> Iterator[str]:
    """Distinct questions; one in ten has a typo."""
    rng = random.Random(seed)
    weights = list(accumulate(1 / (rank + 30) for rank in range(len(words))))
    for number in range(count):
        chosen = rng.choices(words, cum_weights=weights, k=4)
        if number % 10 == 0:
            word = chosen[0]
            at = rng.randrange(len(word) - 1)
            chosen[0] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        yield f"{rng.choice(FORMS).format(*chosen)} {number}" if number % 3 else rng.choice(FORMS).format(*chosen)
