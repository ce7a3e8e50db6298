"""Retrieval quality on a question file: how well the library finds and abstains, beside FTS5 in the same run."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.baseline import Fts5, Ranked
from knowledge.library import Library

Report = dict[str, Any]

DEPTH = 10


class QuestionFileError(ValueError):
    """A question file that cannot be used; says file, line and how to mend it."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One line of a question file. No `relevant` path: the folder does not answer it."""

    id: str
    question: str
    relevant: frozenset[str]
    kind: str
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an engine made of one question."""

    asked: AskedQuestion
    ranked: Sequence[Ranked]
    confidence: float
    answered: bool
    seconds: float


def read(path: Path) -> tuple[AskedQuestion, ...]:
    """The questions of a JSONL file, blank lines left out. Raises QuestionFileError with file and line."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise QuestionFileError(
            f"{path}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8"
        ) from error
    except OSError as error:
        raise QuestionFileError(f"{path}: cannot be read ({error.strerror or error})") from error
    questions = [_question(f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    if not questions:
        raise QuestionFileError(
            f'{path}: no questions; write one JSON object a line, such as {{"id": "q1", "question": "…", "relevant": ["a.md"], "kind": "plain"}}'
        )
    return tuple(questions)


def _question(place: str, line: str) -> AskedQuestion:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise QuestionFileError(f"{place}: not JSON ({error}); write one object a line") from error
    if not isinstance(value, dict):
        raise QuestionFileError(f"{place}: a line must be a JSON object with id, question, relevant and kind")
    for name in ("id", "question", "kind"):
        if not isinstance(value.get(name), str) or not value[name].strip():
            raise QuestionFileError(f'{place}: "{name}" must be a text that is not empty')
    relevant, heading = value.get("relevant"), value.get("heading")
    if not isinstance(relevant, list) or not all(isinstance(one, str) for one in relevant):
        raise QuestionFileError(
            f'{place}: "relevant" must be a list of paths within the knowledge folder, [] when it holds no answer'
        )
    if heading is not None and not isinstance(heading, str):
        raise QuestionFileError(f'{place}: "heading" must be a text, or left out')
    return AskedQuestion(value["id"], value["question"], frozenset(relevant), value["kind"], heading)


def evaluate(library: Library, questions: Iterable[AskedQuestion]) -> Report:
    """The report that `archway eval --json` prints: over all questions with an answer, by kind, abstention, speed, FTS5."""
    questions = tuple(questions)
    report = _report([_ask_library(library, asked) for asked in questions])
    fts5 = Fts5(library.contents.documents.values())
    report["baselines"] = {"fts5": _report([_ask_fts5(fts5, asked) for asked in questions])}
    return report


def unknown_paths(library: Library, questions: Iterable[AskedQuestion]) -> tuple[str, ...]:
    """Relevant paths that the folder does not have: such questions can only count as failed."""
    wanted = {path for asked in questions for path in asked.relevant}
    return tuple(sorted(wanted - library.contents.documents.keys()))


def _ask_library(library: Library, asked: AskedQuestion) -> Outcome:
    begin = time.perf_counter()
    answer = library.ask(asked.question)
    seconds = time.perf_counter() - begin
    ranked = [Ranked(one.path, one.heading, one.score) for one in answer.results]
    return Outcome(asked, ranked, answer.confidence, answer.answered, seconds)


def _ask_fts5(engine: Fts5, asked: AskedQuestion) -> Outcome:
    begin = time.perf_counter()
    ranked = engine.ask(asked.question, DEPTH)
    return Outcome(asked, ranked, ranked[0].score if ranked else 0.0, bool(ranked), time.perf_counter() - begin)


def _report(outcomes: Sequence[Outcome]) -> Report:
    answerable = [one for one in outcomes if one.asked.relevant]
    kinds = {one.asked.kind for one in answerable}
    times = sorted(1000 * one.seconds for one in outcomes)
    return {
        "overall": _measures(answerable),
        "kinds": {kind: _measures([one for one in answerable if one.asked.kind == kind]) for kind in sorted(kinds)},
        "abstention": _abstention(outcomes),
        "ms": {"p50": _rounded(_share_below(times, 0.5)), "p99": _rounded(_share_below(times, 0.99))},
    }


def _measures(outcomes: Sequence[Outcome]) -> Report:
    headed = [one for one in outcomes if one.asked.heading is not None]
    return {
        "n": len(outcomes),
        "ndcg@10": _mean(map(_ndcg, outcomes)),
        "mrr@10": _mean(map(_reciprocal_rank, outcomes)),
        "recall@1": _mean(_recall(one, 1) for one in outcomes),
        "recall@5": _mean(_recall(one, 5) for one in outcomes),
        "section@1": _mean(float(_cites_section(one)) for one in headed),
    }


def _ndcg(outcome: Outcome) -> float:
    gained = sum(1 / math.log2(place + 2) for place in _found_at(outcome))
    best = sum(1 / math.log2(place + 2) for place in range(min(DEPTH, len(outcome.asked.relevant))))
    return gained / best


def _reciprocal_rank(outcome: Outcome) -> float:
    return next((1 / (place + 1) for place in _found_at(outcome)), 0.0)


def _recall(outcome: Outcome, depth: int) -> float:
    """The share of what could be found at this depth: one of several answers at the very top is all of it."""
    return sum(place < depth for place in _found_at(outcome)) / min(depth, len(outcome.asked.relevant))


def _found_at(outcome: Outcome) -> list[int]:
    return [place for place, one in enumerate(outcome.ranked[:DEPTH]) if one.path in outcome.asked.relevant]


def _cites_section(outcome: Outcome) -> bool:
    first, wanted = outcome.ranked[:1], outcome.asked.heading or ""
    return bool(first) and first[0].path in outcome.asked.relevant and _bare(first[0].heading) == _bare(wanted)


def _bare(heading: str) -> str:
    """A heading without markup, punctuation and case."""
    return " ".join(re.findall(r"[^\W_]+", heading.lower()))


def _abstention(outcomes: Sequence[Outcome]) -> Report:
    """How well confidence tells answerable questions from the others, and what the threshold makes of it. Precision and
    recall are those of refusing; `answered_at_90` is the share of answerable questions above the confidence that
    refuses 90 % of the others."""
    yes = [one.confidence for one in outcomes if one.asked.relevant]
    no = sorted(one.confidence for one in outcomes if not one.asked.relevant)
    if not yes or not no:
        return {"auc": None, "precision": None, "recall": None, "f1": None, "answered_at_90": None}
    wins = sum((one > other) + (one == other) / 2 for one in yes for other in no)
    refused = [one for one in outcomes if not one.answered]
    right = sum(not one.asked.relevant for one in refused)
    precision, recall = (right / len(refused) if refused else 0.0), right / len(no)
    line = no[math.ceil(0.9 * len(no)) - 1]
    return {
        "auc": _rounded(wins / (len(yes) * len(no))),
        "precision": _rounded(precision),
        "recall": _rounded(recall),
        "f1": _rounded(2 * precision * recall / (precision + recall) if right else 0.0),
        "answered_at_90": _mean(float(one > line) for one in yes),
    }


def _share_below(ordered: Sequence[float], share: float) -> float:
    return ordered[min(math.ceil(share * len(ordered)), len(ordered)) - 1] if ordered else 0.0


def _mean(values: Iterable[float]) -> float | None:
    values = list(values)
    return _rounded(sum(values) / len(values)) if values else None


def _rounded(value: float) -> float:
    return round(value, 4)


def table(report: Mapping[str, Any]) -> str:
    """The report for people: ours and FTS5 side by side."""
    fts5 = report["baselines"]["fts5"]
    rows = [("", "questions", "nDCG@10", "FTS5", "MRR@10", "recall@1", "FTS5", "recall@5", "section@1", "FTS5")]
    for name, own, other in [
        ("all", report["overall"], fts5["overall"]),
        *((kind, own, fts5["kinds"][kind]) for kind, own in report["kinds"].items()),
    ]:
        rows.append(
            (
                name,
                str(own["n"]),
                *map(_shown, (own["ndcg@10"], other["ndcg@10"], own["mrr@10"], own["recall@1"], other["recall@1"])),
                *map(_shown, (own["recall@5"], own["section@1"], other["section@1"])),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [_aligned(row, widths) for row in rows]
    for name, one in (("abstention", report), ("  FTS5", fts5)):
        lines.append(f"{name}: " + ", ".join(f"{key} {_shown(value)}" for key, value in one["abstention"].items()))
        lines.append(
            f"{'time' if one is report else '  FTS5'}: p50 {one['ms']['p50']:.2f} ms, p99 {one['ms']['p99']:.2f} ms"
        )
    return "\n".join(lines)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    place: Callable[[str, int], str] = str.rjust
    return "  ".join(
        [row[0].ljust(widths[0]), *(place(cell, width) for cell, width in zip(row[1:], widths[1:], strict=True))]
    ).rstrip()


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
