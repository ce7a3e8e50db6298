"""What is told of two states of a document."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.changes import (
    LONGEST,
    TOLD,
    Change,
    ClauseState,
    Concern,
    DocumentState,
    Run,
    What,
    difference,
    read_change,
    read_state,
    reworded,
    undone,
    written,
)

WORDS = st.lists(
    st.sampled_from(["keys", "buckets", "MUST", "be", "rotated", "encrypted", "yearly", "never", "by"]), max_size=12
)
CLAUSES = st.lists(WORDS.map(" ".join), max_size=6).map(
    lambda texts: tuple(ClauseState(f"S.{n}", "MUST", text, "Rules") for n, text in enumerate(texts, 1))
)


def state(*texts: str, **more: object) -> DocumentState:
    clauses = tuple(ClauseState(f"S.{n}", "MUST", text, "Rules") for n, text in enumerate(texts, 1))
    sections = (("Rules", " ".join(texts)), ("Scope", "all"))
    made = DocumentState("s.md", "S", "Standard", "standard", "accepted", "ada", clauses=clauses, sections=sections)
    return replace(made, **more)  # type: ignore[arg-type]  # by name


def changed(before: DocumentState | None, after: DocumentState | None) -> Change:
    found = difference(before, after)
    assert found
    return found


A = "Buckets MUST be encrypted at rest."
B = "Keys MUST be rotated every year by the KMS."
C = "Access MUST be logged and kept for thirteen months."


def test_a_change_tells_whom_it_concerned_before() -> None:
    change = changed(state(A, tags=("network",)), state(B, tags=("storage",), owner="grace"))
    assert (change.tags, change.owner) == (("storage",), "grace")
    assert change.concerned == Concern("standard", "ada", ("network",))
    assert read_change(json.loads(json.dumps(written(change)))) == change
    assert changed(state(A), state(B)).concerned is None


def test_a_change_of_words_is_shown_word_by_word() -> None:
    change = changed(state(A, B), state(A, B.replace("every year", "every month")))
    (clause,) = change.reworded
    assert clause.id == "S.2"
    assert clause.runs == (
        (Run.SAME, "Keys MUST be rotated every"),
        (Run.OLD, "year"),
        (Run.NEW, "month"),
        (Run.SAME, "by the KMS."),
    )
    assert (change.added, change.removed, change.sections) == ((), (), ())


def test_a_clause_that_is_put_in_between_changes_no_other_but_its_number() -> None:
    change = changed(state(A, B), state(A, C, B))
    assert [(each.id, each.text) for each in change.added] == [("S.2", C)]
    assert change.renumbered == (("S.2", "S.3"),)
    assert not change.reworded


def test_a_clause_that_moved_and_was_reworded_is_found_again() -> None:
    change = changed(state(A, B, C), state(C, A, B.replace("year", "month")))
    (clause,) = change.reworded
    assert (clause.id, clause.before) == ("S.3", "S.2")
    assert set(change.renumbered) == {("S.3", "S.1"), ("S.1", "S.2")}


def test_a_clause_that_is_taken_away_is_shown_as_such() -> None:
    change = changed(state(A, B, C), state(A, C))
    assert [each.text for each in change.removed] == [B]
    assert change.renumbered == (("S.3", "S.2"),)


def test_a_clause_that_says_something_else_altogether_shows_both_wordings() -> None:
    other = "Nobody works on Sundays, whatever happens."
    change = changed(state(A, B), state(A, other))
    assert change.reworded[0].runs == ((Run.OLD, B), (Run.NEW, other))


def test_one_word_that_stayed_between_two_differences_goes_with_them() -> None:
    runs = reworded(
        "every key is kept for two years in the vault", "every key is kept for three long years at the bank"
    )
    assert [words for run, words in runs if run is Run.SAME] == ["every key is kept for"]


def test_a_long_clause_is_shown_around_its_differences() -> None:
    words = [f"w{n}" for n in range(120)]
    runs = reworded(" ".join(words), " ".join([*words[:60], "new", *words[61:]]))
    assert [run for run, _ in runs] == [Run.SAME, Run.OLD, Run.NEW, Run.SAME]
    assert runs[0][1] == "… w52 w53 w54 w55 w56 w57 w58 w59"
    assert runs[-1][1].endswith("w68 …")


def test_title_owner_and_status_are_told_and_tags_and_review_dates_are_not() -> None:
    before = state(A)
    change = changed(before, replace(before, title="New", status="deprecated", owner="bob"))
    assert change.members == (
        ("title", "Standard", "New"),
        ("status", "accepted", "deprecated"),
        ("owner", "ada", "bob"),
    )
    assert difference(before, replace(before, tags=("x",), reviewed="2026-01-01", review_due="2027-01-01")) is None


def test_sections_are_told_of_where_no_clause_tells_it() -> None:
    before = state(A)
    after = replace(before, sections=(("Rules", A), ("Scope", "some"), ("Costs", "high")))
    assert changed(before, after).sections == (("changed", "Scope"), ("added", "Costs"))
    assert changed(after, before).sections == (("changed", "Scope"), ("removed", "Costs"))
    assert changed(state(A), state(B, C)).sections == ()


def test_a_successor_is_told_of() -> None:
    change = changed(state(A), state(A, status="superseded", superseded_by=("t.md",)))
    assert [each.path for each in change.superseded_by] == ["t.md"]


def test_a_document_that_comes_or_goes() -> None:
    came, went = changed(None, state(A, B)), changed(state(A, B), None)
    assert (came.what, came.count("added")) == (What.ADDED, 2)
    assert (went.what, went.id, went.count("removed")) == (What.GONE, "S", 0)
    assert difference(None, None) is None


def test_what_was_taken_back_has_nothing_to_show() -> None:
    assert undone(state(A), "s.md", "S").title == "Standard"
    assert undone(None, "s.md", "S").title == ""


def test_what_is_told_is_bounded() -> None:
    before = state(*[f"clause {n} " + "x" * 2_000 for n in range(500)])
    after = state(*[f"other {n} " + "y " * 2_000 for n in range(500)])
    change = changed(before, after)
    assert change.count("reworded") == 500
    assert len(change.reworded) == TOLD
    assert len(json.dumps(written(change))) < TOLD * (2 * LONGEST + 200) + 2_000


class Counted(str):
    """Words that count how often they are taken apart and compared."""

    __slots__ = ()
    times: ClassVar = Counter[str]()

    def split(self, *arguments: Any, **named: Any) -> list[str]:
        self.times["split"] += 1
        return super().split(*arguments, **named)

    def __eq__(self, other: object) -> bool:
        self.times["compared"] += 1
        return super().__eq__(other)

    __hash__ = str.__hash__


def test_a_standard_of_thousands_of_clauses_is_not_compared_each_with_each() -> None:
    many = 2_000
    one, other = ([Counted(f"{word} {n} MUST hold") for n in range(many)] for word in ("Clause", "Quite another"))
    for after in (list(reversed(one)), other):
        Counted.times.clear()
        change = changed(state(*one, sections=()), state(*after, sections=()))
        assert sum(change.counts.values()) == many
        assert Counted.times["split"] <= 2 * TOLD
        assert Counted.times["compared"] <= 10 * many


def test_equal_clauses_are_kept_apart() -> None:
    assert changed(state(A, A), state(A)).count("removed") == 1
    assert difference(state(A, A), state(A, A)) is None


@given(CLAUSES, CLAUSES)
def test_nothing_is_lost_and_nothing_comes_from_nowhere(
    old: tuple[ClauseState, ...], new: tuple[ClauseState, ...]
) -> None:
    change = difference(state(clauses=old), state(clauses=new))
    counts = change.counts if change else {}
    assert len(old) - counts.get("removed", 0) == len(new) - counts.get("added", 0)
    assert (change is None) == ([(c.id, c.text) for c in old] == [(c.id, c.text) for c in new])


@given(WORDS, WORDS)
def test_both_wordings_can_be_read_from_the_runs(old: list[str], new: list[str]) -> None:
    runs = reworded(" ".join(old), " ".join(new))
    assert " ".join(words for run, words in runs if run is not Run.NEW and words) == " ".join(old)
    assert " ".join(words for run, words in runs if run is not Run.OLD and words) == " ".join(new)


@given(CLAUSES, CLAUSES)
def test_states_and_changes_come_back_from_json(old: tuple[ClauseState, ...], new: tuple[ClauseState, ...]) -> None:
    before, after = state(clauses=old, tags=("a",)), state(clauses=new, superseded_by=("t.md",))
    assert read_state(json.loads(json.dumps(written(before)))) == before
    change = changed(before, after)
    assert read_change(json.loads(json.dumps(written(change)))) == change


def test_members_of_another_version_are_left_out() -> None:
    assert read_state({**written(state(A)), "mood": "good"}) == state(A)
