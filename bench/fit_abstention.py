"""Fits the logistic of knowledge/confidence.py on question files and shows how it does on folders left out.

python bench/fit_abstention.py FOLDER=QUESTIONS.jsonl [FOLDER=QUESTIONS.jsonl …]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from knowledge import evaluation, folder
from knowledge.confidence import THRESHOLD, Logistic
from knowledge.library import Library

RIDGE = 10.0


def fit(signals: np.ndarray, answerable: np.ndarray) -> np.ndarray:
    """Weights of the columns and a constant, by Newton's method with a ridge on standardised columns."""
    mean, spread = signals.mean(0), signals.std(0)
    design = np.c_[(signals - mean) / spread, np.ones(len(signals))]
    weights, ridge = np.zeros(design.shape[1]), np.diag([*[RIDGE] * signals.shape[1], 1e-6])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = (design * (chance * (1 - chance))[:, None]).T @ design + ridge
        weights -= np.linalg.solve(slope, design.T @ (chance - answerable) + ridge @ weights)
    return np.append(weights[:-1] / spread, weights[-1] - (weights[:-1] * mean / spread).sum())


def auc(confidence: np.ndarray, answerable: np.ndarray) -> float:
    yes, no = confidence[answerable], confidence[~answerable]
    return float((yes[:, None] > no).mean() + (yes[:, None] == no).mean() / 2)


def main() -> None:
    rows, answerable, groups = [], [], []
    for number, pair in enumerate(sys.argv[1:]):
        root, _, questions = pair.partition("=")
        library = Library.build(folder.read(Path(root)).contents, lambda _document, _anchor: None)
        for asked in evaluation.read(Path(questions)):
            signals = library.find(asked.question).signals
            if signals:
                rows.append((signals.score, signals.share, signals.missing))
                answerable.append(bool(asked.relevant))
                groups.append(number)
    x, y, group = np.array(rows), np.array(answerable), np.array(groups)
    penalty = Logistic().missing * x[:, 2]
    left_out = np.zeros(len(y))
    for number in sorted(set(groups)):
        train, test = group != number, group == number
        weights = fit(x[train, :2], y[train])
        left_out[test] = x[test, :2] @ weights[:2] + weights[2] + penalty[test]
        if not y[test].all():
            print(f"{sys.argv[1 + number]}: AUC {auc(left_out[test], y[test]):.3f} fitted on the others")
    weights = fit(x[:, :2], y)
    print(f"all, each folder fitted on the others: AUC {auc(left_out, y):.3f}")
    print("score = {:.2f}, share = {:.2f}, constant = {:.2f}".format(*weights))
    chance = 1 / (1 + np.exp(-(x[:, :2] @ weights[:2] + weights[2] + penalty)))
    for threshold in sorted({*np.arange(0.5, 0.9, 0.05).round(2).tolist(), THRESHOLD}):
        print(
            f"threshold {threshold:.2f}: answers {(chance[y] >= threshold).mean():.0%} of what can be answered, refuses {(chance[~y] < threshold).mean():.0%} of the rest"
        )


if __name__ == "__main__":
    main()
