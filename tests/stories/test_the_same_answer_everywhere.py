"""One question through the terminal, Slack, a Teams message and a Teams search: the same answer, the same citation."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys

import pytest

from tests.stories.house import House, links_of, words_of

QUESTIONS = [
    "do buckets have to be encrypted?",
    "how long do we keep logs",
    "who may read production secrets",
    "what is the rpo of tier 1",
]


async def in_a_terminal(house: House, question: str) -> dict[str, object]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "ask", "--json", question, "--knowledge", str(house.knowledge),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"ARCHWAY_DATA": str(house.knowledge.parent / "terminal"),
                          "ARCHWAY_DOCUMENT_URL": "https://git.example.org/docs/{path}#{anchor}"},
    )  # fmt: skip
    printed, _ = await process.communicate()
    answer: dict[str, object] = json.loads(printed)
    return answer


@pytest.mark.asyncio
@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_question_is_answered_alike_on_every_surface(house: House, question: str) -> None:
    told = await in_a_terminal(house, question)
    assert told["answered"], told
    lines = told["answer"]
    assert isinstance(lines, list)

    slack = await house.slack.command("/arch", question)
    assert slack.error is None, slack
    assert not slack.for_all
    message = await house.in_teams(question)
    found = (await house.teams.search(question))["attachments"][0]["content"]

    for line in lines:
        named = line["citation"]["clause"] or line["citation"]["id"]
        for shown in (slack.words, words_of(message), words_of(found)):
            assert squeezed(line["text"]) in squeezed(shown)
            assert named in shown
        url = line["citation"]["url"]
        assert url in {link.url for link in slack.links}
        assert url in links_of(message)
        assert url in links_of(found)


@pytest.mark.asyncio
async def test_no_answer_is_honest_on_every_surface(house: House) -> None:
    question = "who waters the zeppelins in hangar seven"
    assert not (await in_a_terminal(house, question))["answered"]
    slack = await house.slack.command("/arch", question)
    message = await house.in_teams(question)
    for shown in (slack.words, words_of(message)):
        assert "zeppelins" in shown
        assert "MUST" not in shown


@pytest.mark.asyncio
async def test_a_clause_and_help_are_shown_alike(house: House) -> None:
    clause = house.shelf.library.show("STD-003.1").clause
    assert clause
    slack = await house.slack.command("/arch", "show std-003.1")
    message = await house.in_teams("show STD-003.1")
    for shown in (slack.words, words_of(message)):
        assert squeezed(clause.text) in squeezed(shown)
    assert "/arch show" in (await house.slack.command("/arch", "help")).words
    helped = words_of(await house.in_teams("help"))
    assert "show" in helped
    assert "/arch" not in helped


def squeezed(text: str) -> str:
    """Without white space: a renderer may break a text into runs."""
    return re.sub(r"\s+", "", text)
