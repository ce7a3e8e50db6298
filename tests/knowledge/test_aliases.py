from __future__ import annotations

import pytest

from knowledge.aliases import Aliases
from knowledge.lexicon import lexicon
from tests.knowledge.shelf import BACKUP, FOLDER, document, library

LAPTOPS = document(
    "laptops.md",
    "Managed devices",
    ("Purpose", "Whoever works here works on a machine that we look after."),
    (
        "Rules",
        "- Consoles MUST be reached from a company-managed machine.\n- Screens SHOULD be locked after 10 minutes.",
    ),
    aliases=("BYOD, unmanaged computer", "who pays for my private phone?", "data, dead man's switch, café corner"),
)
SHELF = (*FOLDER, LAPTOPS)


@pytest.mark.parametrize(
    "question",
    [
        "BYOD",
        "what about byod?",
        "unmanaged computer",
        "who pays for my private phone",
        "pls tell me: who pays for my private phone?",
        "dead man’s switch",
        "cafe corner",
    ],
)
def test_a_question_that_is_an_alias_is_answered_from_its_document(question: str) -> None:
    answer = library(*SHELF).ask(question)
    assert answer.answered
    assert answer.results[0].path == LAPTOPS.path
    assert {line.citation.path for line in answer.answer} == {LAPTOPS.path}


def test_the_other_words_of_an_alias_find_the_line() -> None:
    keys = document(
        "keys.md",
        "Tokens",
        ("Purpose", "Why we have tokens."),
        ("Rules", "- Tokens MUST be kept in the safe.\n- Hardware keys MUST be replaced when lost."),
        aliases=("yubikey, lost hardware keys",),
    )
    assert library(*FOLDER, keys).ask("yubikey").answer[0].text == "Hardware keys MUST be replaced when lost."


def test_an_everyday_word_alone_is_no_alias() -> None:
    assert library(*SHELF).ask("data").results[0].path != LAPTOPS.path


def test_an_alias_in_a_question_about_much_else_decides_nothing() -> None:
    found = Aliases.of([LAPTOPS], lexicon())
    assert found.called("does BYOD change how backups of the ledger are restored") == []
    assert [one.path for one in found.called("is an unmanaged computer insured")] == [LAPTOPS.path]


def test_an_alias_beside_a_name_that_nothing_mentions_is_no_sure_answer() -> None:
    assert not library(*SHELF).ask("unmanaged computer Grundig").answered


def test_of_two_documents_with_one_alias_the_one_that_says_more_of_it_comes_first() -> None:
    rich = document("rich.md", "Zebra fund", ("", "The zebra fund buys hay for every zebra."), aliases=("zebra fund",))
    poor = document("poor.md", "Hay", ("", "Hay is dear."), aliases=("zebra fund",))
    assert [one.path for one in library(BACKUP, poor, rich).ask("zebra fund").results[:2]] == ["rich.md", "poor.md"]


def test_the_successor_of_an_aliased_document_comes_first() -> None:
    old = document("old.md", "Zebra care", ("", "Wash them."), aliases=("striped horses",), superseded_by=("new.md",))
    new = document("new.md", "Animals", ("", "Do not wash them."))
    answer = library(*FOLDER, old, new).ask("striped horses")
    assert answer.results[0].path == "new.md"
    assert answer.answer[0].text == "Do not wash them."


def test_no_aliases_no_names() -> None:
    assert Aliases.of([BACKUP], lexicon()).called("who pays") == []
