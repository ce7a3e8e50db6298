from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from knowledge import evaluation, folder
from knowledge.baseline import Fts5
from knowledge.evaluation import AskedQuestion, QuestionFileError
from knowledge.library import Library
from tests.knowledge.shelf import BACKUP, DATABASE, ENCRYPTION, FOLDER, library

HERE = Path(__file__).parents[2]
CORPORA = Path(os.environ.get("ARCHWAY_CORPORA", HERE.parent / "shared" / "corpora"))

QUESTIONS = (
    AskedQuestion("1", "do buckets have to be encrypted at rest?", frozenset({ENCRYPTION.path}), "plain", "at rest"),
    AskedQuestion("2", "which databse do new services use", frozenset({DATABASE.path}), "typo", "Context"),
    AskedQuestion("3", "a replica as a backup", frozenset({BACKUP.path, "missing.md"}), "plain"),
    AskedQuestion("4", "how many kafka brokers for the region", frozenset(), "unanswerable"),
)


def test_the_report_has_the_promised_members() -> None:
    report = evaluation.evaluate(library(*FOLDER), QUESTIONS)
    assert set(report) == {"overall", "kinds", "abstention", "ms", "baselines"}
    assert set(report["overall"]) == {"n", "ndcg@10", "mrr@10", "recall@1", "recall@5", "section@1"}
    assert set(report["kinds"]) == {"plain", "typo"}
    assert set(report["abstention"]) == {"auc", "precision", "recall", "f1", "answered_at_90"}
    assert set(report["ms"]) == {"p50", "p99"}
    assert set(report["baselines"]["fts5"]) == {"overall", "kinds", "abstention", "ms"}
    assert json.loads(json.dumps(report)) == report


def test_measures_are_right() -> None:
    report = evaluation.evaluate(library(*FOLDER), QUESTIONS)
    overall = report["overall"]
    assert overall["n"] == 3
    assert overall["mrr@10"] == 1.0
    assert overall["recall@1"] == 1.0
    assert overall["recall@5"] == pytest.approx((1 + 1 + 0.5) / 3, abs=1e-4)
    assert overall["ndcg@10"] == pytest.approx((1 + 1 + 1 / (1 + 0.63093)) / 3, abs=1e-4)
    assert overall["section@1"] == 0.5, "the section with the answer to the second question is another one"
    assert report["abstention"]["auc"] == 1.0
    assert report["abstention"]["recall"] == 1.0
    assert report["abstention"]["answered_at_90"] == 1.0


def test_what_cannot_be_measured_is_null() -> None:
    report = evaluation.evaluate(library(*FOLDER), QUESTIONS[2:3])
    assert report["overall"]["section@1"] is None
    assert report["abstention"]["auc"] is None
    assert evaluation.evaluate(library(), QUESTIONS)["overall"]["ndcg@10"] == 0.0


def test_the_table_shows_both_engines() -> None:
    shown = evaluation.table(evaluation.evaluate(library(*FOLDER), QUESTIONS))
    assert "FTS5" in shown
    assert "nDCG@10" in shown
    assert shown.splitlines()[1].startswith("all")


def test_the_baseline_finds_by_any_word() -> None:
    ranked = Fts5(FOLDER).ask('"encrypted" AND (buckets*')
    assert ranked[0].path == ENCRYPTION.path
    assert Fts5(FOLDER).ask("?!") == []


def test_paths_that_the_folder_lacks_are_told() -> None:
    assert evaluation.unknown_paths(library(*FOLDER), QUESTIONS) == ("missing.md",)


def test_a_question_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    rows = [
        {"id": "1", "question": "q?", "relevant": ["a.md"], "kind": "plain", "heading": "H"},
        {"id": "2", "question": "r?", "relevant": [], "kind": "x"},
    ]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n\n", "utf-8")
    assert evaluation.read(file) == (
        AskedQuestion("1", "q?", frozenset({"a.md"}), "plain", "H"),
        AskedQuestion("2", "r?", frozenset(), "x"),
    )


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ('{"question": "q", "relevant": [], "kind": "x"}', '"id" must be a text'),
        ('{"id": "1", "question": " ", "relevant": [], "kind": "x"}', '"question" must be a text'),
        ('{"id": "1", "question": "q", "relevant": "a.md", "kind": "x"}', '"relevant" must be a list'),
        ('{"id": "1", "question": "q", "relevant": [], "kind": "x", "heading": 1}', '"heading" must be a text'),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, line: str, complaint: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "0", "question": "q", "relevant": [], "kind": "x"}\n' + line, "utf-8")
    with pytest.raises(QuestionFileError, match=complaint) as raised:
        evaluation.read(file)
    assert str(raised.value).startswith(f"{file}:2: ")


def test_a_file_that_is_empty_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    for name, data in (("empty", b"\n"), ("binary", b"\xff\xfe\x00")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(QuestionFileError, match=name):
            evaluation.read(tmp_path / name)
    with pytest.raises(QuestionFileError, match="cannot be read"):
        evaluation.read(tmp_path / "missing")


def test_on_the_starter_folder_we_are_well_ahead_of_fts5() -> None:
    shelf = Library.build(folder.read(HERE / "knowledge" / "starter").contents, lambda _document, _anchor: None)
    questions = evaluation.read(HERE / "tests" / "questions" / "starter.jsonl")
    assert evaluation.unknown_paths(shelf, questions) == ()
    report = evaluation.evaluate(shelf, questions)
    assert report["overall"]["ndcg@10"] >= report["baselines"]["fts5"]["overall"]["ndcg@10"] + 0.1
    assert report["abstention"]["auc"] >= 0.75


def test_on_real_folders_we_are_ahead_of_fts5_by_more_than_chance() -> None:
    if not CORPORA.is_dir():
        pytest.skip(f"no development folders in {CORPORA}: name their place in ARCHWAY_CORPORA")
    ours, theirs, count = 0.0, 0.0, 0
    for name in ("standards", "runbooks", "decisions"):
        shelf = Library.build(folder.read(CORPORA / name).contents, lambda _document, _anchor: None)
        report = evaluation.evaluate(shelf, evaluation.read(CORPORA / f"{name}.questions.jsonl"))
        weight = report["overall"]["n"]
        ours += weight * report["overall"]["ndcg@10"]
        theirs += weight * report["baselines"]["fts5"]["overall"]["ndcg@10"]
        count += weight
    assert ours / count >= theirs / count + 0.05
