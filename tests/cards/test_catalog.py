"""What the cards say: the answer first, exact words, honest warnings."""

import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import pytest

from bot import errors
from bot.__main__ import parser
from bot.cards import catalog, gallery, plain, quoting
from bot.cards.examples import (
    AT_REST,
    BROKER,
    ENCRYPTION,
    EXAMPLES,
    FAILOVER,
    GRACE,
    HOLDINGS,
    KAFKA,
    PUBLIC,
    ROTATION,
    SECRETS,
    STANDARD,
)
from bot.cards.model import (
    Block,
    Card,
    Caution,
    Choice,
    Facts,
    Form,
    Heading,
    Inlines,
    Items,
    Link,
    Literal,
    Note,
    Place,
    Quote,
    Results,
    Strong,
)
from bot.domain.commands import LONGEST_QUESTION, Ask, OpenQuestionForm, Rate, Share, Show, pressed
from bot.domain.people import Account
from knowledge.documents import Answer, Citation, Clause, Level, Line, Passage, Shown, Status

T = TypeVar("T", bound=Block)


def words(line: Inlines) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in line)


def of_kind(card: Card, kind: type[T]) -> list[T]:
    return [block for block in card.blocks if isinstance(block, kind)]


def found(*clauses: Clause, where: Citation = ENCRYPTION, **more: Any) -> Answer:
    lines = tuple(Line(clause.text, clause.level, replace(where, clause=clause.id)) for clause in clauses)
    answer = Answer("how do we encrypt buckets?", answered=True, confidence=0.9, answer=lines, results=(where,))
    return replace(answer, **more)


def test_every_card_of_the_catalog_has_an_example() -> None:
    made = {
        function.__name__.rstrip("_")
        for _, function in inspect.getmembers(catalog, inspect.isfunction)
        if function.__module__ == catalog.__name__
        and not function.__name__.startswith("_")
        and inspect.signature(function).return_annotation in ("Card", "Form", "Results")
    }
    replies = [make() for make in EXAMPLES.values()]
    shown = {"results" if isinstance(reply, Results) else reply.name for reply in replies}
    assert made - shown == {"shown"}  # which is one of shown_document and shown_clause
    placed = {name for _, names in gallery.SECTIONS for name in names}
    assert shown <= placed


def test_every_example_says_what_it_shows() -> None:
    assert all(inspect.getdoc(make) for make in EXAMPLES.values())


def test_an_answer_begins_with_the_exact_clause() -> None:
    card = catalog.answer(found(AT_REST))
    first = card.blocks[0]
    assert isinstance(first, Quote)
    assert words(first.line) == AT_REST.text
    assert Strong("MUST") in first.line
    assert card.title is None


def test_a_source_names_clause_document_section_owner_and_review() -> None:
    source = of_kind(catalog.answer(found(AT_REST)), Quote)[0].source
    assert source[0] == Link("STD-003.12", ENCRYPTION.url)
    assert words(source) == (
        "STD-003.12 · Encryption in transit and at rest › Encryption at rest · security@example.org · reviewed 2026-10-06"
    )


def test_a_source_that_is_not_accepted_says_so_beside_its_id() -> None:
    card = catalog.answer(found(AT_REST, where=replace(ENCRYPTION, status=Status.DRAFT)))
    assert of_kind(card, Quote)[0].source[:3] == (Link("STD-003.12", ENCRYPTION.url), " · ", Strong("draft"))


def test_a_second_clause_of_a_document_does_not_repeat_its_source() -> None:
    quotes = of_kind(catalog.answer(found(AT_REST, ROTATION)), Quote)
    assert words(quotes[1].source) == "STD-003.13"


def test_lines_of_one_passage_share_a_quote() -> None:
    lines = tuple(Line(text, None, FAILOVER) for text in ("1. First this.", "\tthen --that"))
    quotes = of_kind(catalog.answer(found(answer=lines)), Quote)
    assert len(quotes) == 1
    assert quotes[0].line == ("1. First this.", "\n", Literal("then --that"))


def test_a_demand_in_small_letters_stands_out_too() -> None:
    clause = replace(AT_REST, text="Buckets must be encrypted; they must also be private.", level=Level.MUST)
    line = of_kind(catalog.answer(found(clause)), Quote)[0].line
    assert line == ("Buckets ", Strong("must"), " be encrypted; they must also be private.")


def test_a_long_clause_ends_in_an_ellipsis_at_a_word() -> None:
    quote = of_kind(catalog.answer(found(replace(AT_REST, text="Everything MUST be said " * 60))), Quote)[0]
    text = words(quote.line)
    assert len(text) <= quoting.QUOTE
    assert text.endswith(("Everything…", "MUST…", "be…", "said…"))


def test_lines_beyond_a_handful_are_counted() -> None:
    clauses = tuple(replace(AT_REST, id=f"STD-003.{number}") for number in range(9))
    card = catalog.answer(found(*clauses))
    assert len(of_kind(card, Quote)) == catalog.QUOTES
    assert "And 4 more lines in STD-003." in [words(note.line) for note in of_kind(card, Note)]


def test_warnings_come_after_the_answer_and_before_the_rest() -> None:
    card = catalog.answer(found(AT_REST, notes=("Superseded by ADR-0004.",), results=(ENCRYPTION, KAFKA)))
    assert [type(block) for block in card.blocks] == [Quote, Caution, Heading, Items, Note]


def test_also_see_names_at_most_three_other_documents() -> None:
    others = tuple(replace(SECRETS, id=f"STD-{number}", path=str(number)) for number in range(6))
    card = catalog.answer(found(AT_REST, results=(ENCRYPTION, *others)))
    assert [words(line) for line in of_kind(card, Items)[0].lines] == [
        f"STD-{number} · Secrets and keys" for number in range(3)
    ]


def test_the_question_stands_in_the_small_print() -> None:
    assert words(of_kind(catalog.answer(found(AT_REST)), Note)[-1].line) == "Asked: “how do we encrypt buckets?”"


def test_the_summary_is_the_answer_in_one_sentence() -> None:
    assert catalog.answer(found(PUBLIC)).summary == f"STD-003.14: {PUBLIC.text}"


def test_no_answer_names_the_words_that_nothing_mentions_and_the_nearest_documents() -> None:
    answer = Answer("kafka on mars", answered=False, confidence=0.1, results=(KAFKA, BROKER), unmatched=("mars",))
    text = plain.text(catalog.no_answer(answer))
    assert text.startswith("Nothing here answers “kafka on mars”.")
    assert "No document mentions “mars”." in text
    assert "Nearest documents" in text
    assert "they do not answer it" in text
    assert "ADR-0002 · Use RabbitMQ for events between services · superseded" in text


def test_no_answer_without_any_document_still_says_what_to_do() -> None:
    assert "Try other words" in plain.text(catalog.no_answer(Answer("", answered=False, confidence=0.0)))


def test_a_superseded_document_says_first_what_to_read_instead() -> None:
    shown = Shown(replace(STANDARD, status=Status.SUPERSEDED), None, ENCRYPTION, superseded_by=(KAFKA,))
    first = catalog.shown(shown).blocks[0]
    assert isinstance(first, Caution)
    assert words(first.line) == "Superseded. Read this instead: ADR-0004 · Use Kafka for events between services"


def test_a_retired_document_without_a_successor_warns_too() -> None:
    card = catalog.shown(Shown(replace(STANDARD, status=Status.RETIRED), None, ENCRYPTION))
    assert [words(block.line) for block in of_kind(card, Caution)] == ["This standard is retired."]


def test_a_shown_document_tells_owner_review_status_and_ties() -> None:
    shown = Shown(
        STANDARD, None, ENCRYPTION, supersedes=(BROKER,), refers_to=(SECRETS,), referred_from=(KAFKA, FAILOVER)
    )
    facts = {label: words(line) for block in of_kind(catalog.shown(shown), Facts) for label, line in block.pairs}
    assert facts == {
        "Document": "STD-003 · standard",
        "Status": "accepted",
        "Owner": "security@example.org",
        "Reviewed": "2026-10-06",
        "Supersedes": "ADR-0002 · Use RabbitMQ for events between services · superseded",
        "Refers to": "STD-002 · Secrets and keys",
        "Named by": "ADR-0004, RUN-002",
    }


def test_a_document_without_clauses_is_shown_with_its_decision_and_sections() -> None:
    passages = tuple(
        Passage(heading, (), "", 1, f"{heading} in short.\nMore.")
        for heading in (f"ADR-1: {STANDARD.title}", "Status", "Context", "Decision outcome")
    )
    card = catalog.shown(Shown(replace(STANDARD, passages=passages), None, ENCRYPTION))
    assert [words(quote.line) for quote in of_kind(card, Quote)] == ["Decision outcome in short."]
    assert of_kind(card, Items) == [Items((("Context",), ("Decision outcome",)))]


def test_answered_without_a_single_line_is_no_answer() -> None:
    assert catalog.answer(found()).name == "no_answer"


def test_a_shown_clause_is_quoted_whole() -> None:
    long = replace(AT_REST, text="Everything MUST be said. " * 100)
    card = catalog.shown(Shown(STANDARD, long, ENCRYPTION))
    assert words(of_kind(card, Quote)[0].line) == long.text
    assert card.title == "STD-003.12"


def test_results_put_the_answer_first() -> None:
    page = catalog.results(((ENCRYPTION, "- Encrypt it."), (SECRETS, "")), found(AT_REST))
    assert isinstance(page, Results)
    assert [result.card.name for result in page.results] == ["answer", "cited", "cited"]
    assert (page.results[0].title, page.results[0].text) == (f"Answer from {AT_REST.id}", AT_REST.text)
    assert [quote.line for quote in of_kind(page.results[1].card, Quote)] == [("Encrypt it.",)]
    assert page.results[2].text == "STD-002 · standard · security@example.org · reviewed 2026-05-02"


def test_results_without_an_answer_are_documents_alone() -> None:
    page = catalog.results(((replace(BROKER, reviewed=date(2025, 1, 1)), ""),))
    assert [result.card.name for result in page.results] == ["cited"]
    assert page.results[0].text == "ADR-0002 · ADR · superseded · platform@example.org · reviewed 2025-01-01"


@pytest.mark.parametrize(("word", "typed"), [("/arch", "/arch show STD-003"), ("", "show STD-003")])
def test_help_speaks_with_the_command_word_of_the_place(word: str, typed: str) -> None:
    lines = of_kind(catalog.help_(word), Items)[0].lines
    assert Literal(typed) in [line[0] for line in lines]


def test_help_names_nothing_that_does_not_exist() -> None:
    text = plain.text(catalog.help_("/arch"))
    later = ("gaps", "dashboard", "stats")
    assert not [verb for verb in later if f"/arch {verb}" in text]


def test_a_fault_shows_its_reference() -> None:
    card = catalog.fault("5f2a9c01")
    assert "5f2a9c01" in card.summary
    assert "5f2a9c01" in plain.text(card)


def labels(card: Card) -> list[str]:
    return [button.label for button in card.buttons]


OTHERS = tuple(replace(SECRETS, id=f"STD-{number}", path=str(number)) for number in range(9))


def test_an_answer_can_be_rated_and_shared() -> None:
    card = catalog.answer(found(AT_REST))
    assert labels(card) == ["Helpful", "Not helpful", "Share in channel"]
    assert {button.about for button in card.buttons} == {"how do we encrypt buckets?"}
    assert [pressed(button.verb, button.about, GRACE) for button in card.buttons] == [
        Rate(GRACE, "how do we encrypt buckets?", helpful=True),
        Rate(GRACE, "how do we encrypt buckets?", helpful=False),
        Share(GRACE, "how do we encrypt buckets?"),
    ]


def test_what_everybody_sees_already_is_not_offered_to_be_shared() -> None:
    assert labels(catalog.answer(found(AT_REST), for_all=True)) == ["Helpful", "Not helpful"]
    assert "Share in channel" not in labels(catalog.whole_answer(found(AT_REST), for_all=True))


@pytest.mark.parametrize(
    "more",
    [
        {"answer": tuple(Line(f"Line {n}.", None, ENCRYPTION) for n in range(6))},
        {"results": (ENCRYPTION, *OTHERS[:4])},
        {"answer": (Line("Everything MUST be said. " * 60, None, ENCRYPTION),)},
    ],
)
def test_more_is_offered_where_there_is_more(more: dict[str, Any]) -> None:
    assert labels(catalog.answer(found(AT_REST, **more)))[0] == "More"


def test_more_is_not_offered_where_all_is_shown() -> None:
    assert "More" not in labels(catalog.answer(found(AT_REST, results=(ENCRYPTION, *OTHERS[:3]))))


def test_more_shows_every_line_and_every_document_in_the_place_of_the_answer() -> None:
    lines = tuple(Line(f"Line {n}. " * 80, None, replace(ENCRYPTION, clause=str(n))) for n in range(9))
    card = catalog.whole_answer(found(answer=lines, results=(ENCRYPTION, *OTHERS)))
    assert [words(quote.line) for quote in of_kind(card, Quote)] == [line.text.strip() for line in lines]
    assert len(of_kind(card, Items)[0].lines) == 9
    assert card.place is Place.INSTEAD
    assert "More" not in labels(card)


def test_a_shared_answer_says_who_shared_it_to_the_room() -> None:
    card = catalog.shared_answer(found(AT_REST), GRACE)
    assert words(of_kind(card, Note)[-1].line) == "Shared by Grace Hopper"
    assert card.place is Place.ROOM
    assert "Share in channel" not in labels(card)


def test_somebody_without_a_name_shares_all_the_same() -> None:
    card = catalog.shared_answer(found(AT_REST), Account("teams", "29:1"))
    assert words(of_kind(card, Note)[-1].line) == "Shared by a colleague"


@pytest.mark.parametrize(
    ("make", "place"), [(catalog.whole_answer, Place.INSTEAD), (lambda a: catalog.shared_answer(a, GRACE), Place.ROOM)]
)
def test_an_answer_that_has_gone_since_is_no_answer_in_the_same_place(
    make: Callable[[Answer], Card], place: Place
) -> None:
    card = make(Answer("q", answered=False, confidence=0.0))
    assert (card.name, card.place) == ("no_answer", place)


def test_a_question_too_long_for_a_button_has_none() -> None:
    assert catalog.answer(found(AT_REST, question="x" * (LONGEST_QUESTION + 1))).buttons == ()
    assert catalog.answer(found(AT_REST, question="x" * LONGEST_QUESTION)).buttons


def test_a_spelling_to_try_is_one_press_away() -> None:
    answer = Answer("kubernets", answered=False, confidence=0.0, did_you_mean="kubernetes")
    (button,) = catalog.no_answer(answer).buttons
    assert pressed(button.verb, button.about, GRACE) == Ask(GRACE, "kubernetes")
    assert catalog.no_answer(replace(answer, did_you_mean=None)).buttons == ()


def test_the_successor_of_a_document_is_one_press_away() -> None:
    shown = Shown(replace(STANDARD, status=Status.SUPERSEDED), None, ENCRYPTION, superseded_by=(KAFKA,))
    (button,) = catalog.shown(shown).buttons
    assert pressed(button.verb, button.about, GRACE) == Show(GRACE, KAFKA.path)


def test_the_room_to_share_in_is_chosen_from_those_of_the_asker() -> None:
    form = catalog.share_form("q", [("C1", "general"), ("C2", "payments")])
    assert form.fields[0].choices == (Choice("general", "C1"), Choice("payments", "C2"))
    assert pressed(form.verb, form.about, GRACE, {form.fields[0].name: "C2"}) == Share(GRACE, "q", "C2")


def test_a_question_from_the_form_is_asked() -> None:
    form = catalog.question_form("and what about pods?")
    assert form.fields[0].value == "and what about pods?"
    assert pressed(form.verb, form.about, GRACE, {form.fields[0].name: "why?"}) == Ask(GRACE, "why?")


def test_the_home_tab_leads_with_asking_and_shows_what_is_new() -> None:
    card = catalog.home(HOLDINGS, (ENCRYPTION, KAFKA), "/ask")
    (button,) = card.buttons
    assert button.primary
    assert pressed(button.verb, button.about, GRACE) == OpenQuestionForm(GRACE)
    text = plain.text(card)
    assert "ADR-0004 · Use Kafka for events between services" in text
    assert "46 documents, with 318 clauses" in text
    assert "/ask do buckets have to be encrypted?" in text


def test_a_welcome_offers_three_things_to_try() -> None:
    card = catalog.welcome(HOLDINGS, "/arch")
    assert [pressed(button.verb, button.about, GRACE) for button in card.buttons] == [
        Ask(GRACE, question) for question in catalog.TRY
    ]
    assert all(len(button.label) <= 32 for button in card.buttons)  # what a button on a phone shows


def test_what_is_put_into_a_conversation_has_no_buttons() -> None:
    page = catalog.results(((ENCRYPTION, ""),), found(AT_REST))
    assert [result.card.buttons for result in page.results] == [(), ()]


def test_every_button_and_form_means_something() -> None:
    for make in EXAMPLES.values():
        reply = make()
        if isinstance(reply, Form):
            assert pressed(reply.verb, reply.about, GRACE, {field.name: "x" for field in reply.fields})
        elif isinstance(reply, Card):
            assert [pressed(button.verb, button.about, GRACE) for button in reply.buttons] or not reply.buttons
            assert sum(button.primary for button in reply.buttons) <= 1


def test_every_command_line_that_is_named_exists() -> None:
    named = re.compile(r"archway ([a-z]+)")
    refusals = [inspect.getdoc(each) or "" for _, each in inspect.getmembers(errors, inspect.isclass)]
    cards = [plain.text(reply, width=400) for make in EXAMPLES.values() if isinstance(reply := make(), Card)]
    found = {command for text in (*refusals, *cards) for command in named.findall(text)}
    assert "index" in found
    for command in found:
        with pytest.raises(SystemExit) as left:
            parser().parse_args([command, "--help"])
        assert left.value.code == 0, f"there is no archway {command}"


def test_no_field_has_a_name_that_forms_need_themselves() -> None:
    forms = [reply for make in EXAMPLES.values() if isinstance(reply := make(), Form)]
    assert forms
    assert not {field.name for form in forms for field in form.fields} & {"verb", "about"}


def test_titles_of_forms_fit_on_a_modal() -> None:
    for make in EXAMPLES.values():
        if isinstance(reply := make(), Form):
            assert len(reply.title) <= 24
