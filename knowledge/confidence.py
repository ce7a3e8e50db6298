"""How sure an answer is: a logistic over signals that mean the same in small and large folders.

`python bench/fit_abstention.py` makes the constants from question files and prints how they do on folders left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

THRESHOLD = 0.65  # below it the answer is "no answer"


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known when the documents have been found. More of them fitted better and did worse on other folders."""

    score: float  # the best document's, in units of the rarest word's worth
    share: float  # the best document's, of what a section could reach that is full of all the words
    missing: float  # the question's largest share in a name that stands nowhere (a product, an abbreviation)


@dataclass(frozen=True, slots=True)
class Logistic:
    """The weight of each signal."""

    score: float = 0.91
    share: float = 2.73
    constant: float = -1.50
    # Not fitted, but promised: a question about a thing that no document mentions is not answered from its other words.
    missing: float = -5.0

    def __call__(self, signals: Signals) -> float:
        """Between 0 and 1."""
        total = self.constant + self.score * signals.score + self.share * signals.share + self.missing * signals.missing
        return 1 / (1 + exp(-max(min(total, 30.0), -30.0)))
