"""What stands against a clause is said where it is quoted, and one more exception can be asked for from there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.cards import catalog
from bot.cards.examples import AT_REST, BROKER, BUCKETS, ENCRYPTION, FAILOVER, GRACE, ROTATION, STANDARD
from bot.cards.model import Button, Card, Facts, Inlines, Note, Quote
from bot.domain.commands import LONGEST_QUESTION, pressed
from bot.domain.exception_commands import OpenExceptionForm
from bot.domain.exception_register import Counts
from knowledge.documents import Citation, Kind, Line, Shown, Status

REQUEST = Button("Request an exception", "exception_form", AT_REST.id, form=True)
ONE_BUTTON = ["Request an exception"]
SHOWN = Shown(STANDARD, AT_REST, replace(ENCRYPTION, clause=AT_REST.id))


def words(line: Inlines) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in line)


def below(card: Card) -> list[str]:
    """What stands right below each quote, in its own words."""
    pairs = zip(card.blocks, card.blocks[1:], strict=False)
    return [words(after.line) for quote, after in pairs if isinstance(quote, Quote) and isinstance(after, Note)]


def exceptions(card: Card) -> str | None:
    pairs = [pair for block in card.blocks if isinstance(block, Facts) for pair in block.pairs]
    return next((words(line) for label, line in pairs if label == "Exceptions"), None)


def labels(card: Card) -> list[str]:
    return [button.label for button in card.buttons]


def quoting(*where: Citation) -> Card:
    lines = tuple(Line("It MUST be so.", None, each) for each in where)
    return catalog.answer(replace(BUCKETS, answer=lines, results=where), standing={})


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (Counts(2, 1), "2 waivers in force · 1 request open"),
        (Counts(1, 0), "1 waiver in force"),
        (Counts(0, 2), "2 requests open"),
    ],
)
def test_what_stands_against_a_clause_is_said_below_it_and_nowhere_else(counts: Counts, said: str) -> None:
    card = catalog.answer(BUCKETS, standing={ROTATION.id: counts, "STD-099": Counts(7, 7)})
    assert below(card) == [said]
    assert words(card.blocks[1].source).startswith(ROTATION.id)  # type: ignore[union-attr]  # it is a quote
    assert exceptions(catalog.shown(replace(SHOWN, clause=ROTATION), {ROTATION.id: counts})) == said


def test_what_stands_against_all_of_a_standard_counts_for_each_clause_of_it() -> None:
    standing = {"STD-003": Counts(1, 1), AT_REST.id: Counts(1, 0)}
    card = catalog.answer(BUCKETS, standing=standing)
    assert below(card) == ["2 waivers in force · 1 request open", "1 waiver in force · 1 request open"]
    assert exceptions(catalog.shown(SHOWN, standing)) == "2 waivers in force · 1 request open"


def test_a_document_counts_what_stands_against_it_and_all_its_clauses() -> None:
    standing = {"STD-003": Counts(1, 0), AT_REST.id: Counts(1, 2), ROTATION.id: Counts(0, 1), "STD-030": Counts(9, 9)}
    assert exceptions(catalog.shown(replace(SHOWN, clause=None), standing)) == "2 waivers in force · 3 requests open"


def test_nothing_is_said_where_nothing_stands_or_nobody_may_see_it() -> None:
    for standing in ({}, None, {AT_REST.id: Counts(0, 0)}):
        assert below(catalog.answer(BUCKETS, standing=standing)) == []
        assert exceptions(catalog.shown(SHOWN, standing)) is None


def test_an_exception_to_the_first_clause_is_asked_for_from_an_answer() -> None:
    for make in (catalog.answer, catalog.whole_answer):
        card = make(BUCKETS, standing={})
        assert REQUEST in card.buttons
    assert REQUEST in catalog.shared_answer(BUCKETS, GRACE, standing={}).buttons
    assert pressed(REQUEST.verb, REQUEST.about, GRACE) == OpenExceptionForm(GRACE, AT_REST.id)


def test_an_exception_is_asked_for_from_the_card_of_a_clause_or_a_standard() -> None:
    assert catalog.shown(SHOWN, {}).buttons == (REQUEST,)
    assert catalog.shown(replace(SHOWN, clause=None), {}).buttons == (replace(REQUEST, about="STD-003"),)


def test_all_that_can_be_done_from_an_answer_fits_beside_each_other_in_teams() -> None:
    card = catalog.answer(BUCKETS, architects=True, standing={})
    assert labels(card) == [
        "More",
        *ONE_BUTTON,
        "Helpful",
        "Not helpful",
        "Ask an architect",
        "Share in channel",
    ]


def test_nobody_asks_for_one_where_it_cannot_be() -> None:
    assert not {*ONE_BUTTON} & {*labels(catalog.answer(BUCKETS)), *labels(catalog.shown(SHOWN))}
    over = Shown(replace(STANDARD, status=Status.RETIRED), AT_REST, ENCRYPTION)
    assert labels(catalog.shown(over, {})) == []
    assert labels(catalog.shown(Shown(replace(STANDARD, kind=Kind.ADR), None, BROKER), {})) == []
    assert ONE_BUTTON[0] not in labels(quoting(BROKER, FAILOVER))


def test_the_first_standard_that_is_quoted_is_the_one_to_ask_for() -> None:
    superseded = replace(ENCRYPTION, clause="STD-001.1", id="STD-001", status=Status.SUPERSEDED)
    for where, id_ in ((replace(ENCRYPTION, clause=ROTATION.id), ROTATION.id), (ENCRYPTION, "STD-003")):
        assert replace(REQUEST, about=id_) in quoting(FAILOVER, superseded, where).buttons


def test_a_question_too_long_for_a_button_can_still_lead_to_a_request() -> None:
    long = replace(BUCKETS, question="x" * (LONGEST_QUESTION + 1))
    assert catalog.answer(long, standing={}).buttons == (REQUEST,)


def test_what_is_put_into_a_conversation_says_nothing_that_may_be_over_tomorrow() -> None:
    (first, *_) = catalog.results([(ENCRYPTION, "")], BUCKETS).results
    assert below(first.card) == []
    assert first.card.buttons == ()
