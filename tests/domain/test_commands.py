from __future__ import annotations

import pytest

from bot.domain.commands import Ask, Command, Help, Show, understand
from bot.domain.people import Account

ADA = Account("slack", "U1", "T1")


def heard(text: str) -> Command:
    return understand(text, ADA, lambda id_: id_.upper() in ("STD-004", "STD-004.3"))


@pytest.mark.parametrize("text", ["", "   ", "help", "HELP", " help ", "?"])
def test_help_is_given_for_help_and_for_nothing(text: str) -> None:
    assert heard(text) == Help(ADA)


@pytest.mark.parametrize("text", ["show STD-004.3", "Show  STD-004.3 "])
def test_a_known_id_is_shown(text: str) -> None:
    assert heard(text) == Show(ADA, "STD-004.3")


@pytest.mark.parametrize(
    "text",
    [
        "show me how to rotate keys",
        "show STD-999",
        "show",
        "help me with egress",
        "how do we encrypt buckets?",
        "incident response times",
        "STD-004",
    ],
)
def test_a_verb_counts_only_when_the_rest_parses(text: str) -> None:
    assert heard(text) == Ask(ADA, text)


def test_what_is_no_text_is_no_word() -> None:
    assert heard("encrypt \udcff\0 buckets") == Ask(ADA, "encrypt ? buckets")


def test_white_space_in_a_question_is_folded() -> None:
    assert heard("  how \n do\twe ") == Ask(ADA, "how do we")
