"""The outside judges: other people's validators of what Slack and Teams accept. `make judges` runs them.

Without `ARCHWAY_JUDGES=1` they are skipped, and say so; with it, a tool that is missing is a failure.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.cards import adaptive_cards, block_kit
from bot.cards.examples import EXAMPLES
from bot.cards.model import (
    BREAK,
    Card,
    Caution,
    Code,
    Facts,
    Heading,
    Items,
    Link,
    Literal,
    Note,
    Quote,
    Results,
    Strong,
    Text,
)

JUDGES = Path(__file__).parents[2] / "judges"

Json = dict[str, Any]
Judge = Callable[[Mapping[str, Json]], dict[str, list[str]]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.judge)
            if os.environ.get("ARCHWAY_JUDGES") != "1":
                item.add_marker(pytest.mark.skip(reason="OUTSIDE JUDGES NOT RUN: `make judges` installs and runs them"))


@pytest.fixture(scope="session")
def cards() -> dict[str, Card]:
    """Every card of the gallery, and one with everything that the model has."""
    link = Link("STD-003", "https://git.example.org/x")
    everything = Card(
        "everything",
        "Everything at once.",
        (
            Text(("plain ", Strong("strong"), " ", Literal("literal"), " ", link, BREAK, "and a second line")),
            Quote(("quoted",), (link, " · ", Strong("draft"), " · Title")),
            Heading("Heading"),
            Items((("one",), (link,)), ordered=True),
            Facts((("Label", (link, " value")), ("Other", ()))),
            Caution(("Stop.",)),
            Note(("small print ", link)),
            Code("a:\n\n  b: c"),
        ),
        title="Title",
    )
    examples = {name: reply for name, make in EXAMPLES.items() if isinstance(reply := make(), Card)}
    return {**examples, "everything": everything}


@pytest.fixture(scope="session")
def messages(cards: dict[str, Card]) -> dict[str, Json]:
    """All of them as Slack gets them."""
    return {name: block_kit.message(card) for name, card in cards.items()}


@pytest.fixture(scope="session")
def adaptive(cards: dict[str, Card]) -> dict[str, Json]:
    """All of them as Teams gets them."""
    return {name: adaptive_cards.card(card) for name, card in cards.items()}


@pytest.fixture(scope="session")
def searches() -> dict[str, Json]:
    """The answers to a search in Teams."""
    return {
        name: adaptive_cards.extension(reply) for name, make in EXAMPLES.items() if isinstance(reply := make(), Results)
    }


@pytest.fixture(scope="session")
def types_judge() -> Judge:
    """Slack's own TypeScript types, by the TypeScript compiler: unknown members, wrong types; no lengths, no counts."""

    def judge(messages: Mapping[str, Json]) -> dict[str, list[str]]:
        out = JUDGES / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        for name, message in messages.items():
            blocks = json.dumps(message.get("blocks"), ensure_ascii=True, indent=1)
            source = (
                f'import type {{ KnownBlock }} from "@slack/types";\nexport const blocks: KnownBlock[] = {blocks};\n'
            )
            (out / f"{name}.ts").write_text(source, encoding="utf-8")
        ran = _node(["node_modules/typescript/bin/tsc", "--project", "tsconfig.json", "--pretty", "false"])
        assert ran.returncode in (0, 1, 2), ran.stderr
        complaints: dict[str, list[str]] = {name: [] for name in messages}
        for line in ran.stdout.splitlines():
            if line.startswith("out/"):
                complaints[line.removeprefix("out/").split(".ts(")[0]].append(line)
            else:
                assert line.startswith(" "), (
                    line
                )  # an explanation of the line above; anything else is not about a payload
        return complaints

    return judge


@pytest.fixture(scope="session")
def library_judge() -> Judge:
    """Microsoft's own library of Adaptive Cards."""

    def judge(cards: Mapping[str, Json]) -> dict[str, list[str]]:
        ran = _node(["adaptive_cards.mjs"], json.dumps(cards))
        assert ran.returncode == 0, ran.stderr
        complaints: dict[str, list[str]] = json.loads(ran.stdout)
        return complaints

    return judge


def _node(arguments: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
    assert (JUDGES / "node_modules").is_dir(), "the npm judges are not installed: npm ci --prefix judges"
    return subprocess.run(
        ["node", *arguments], cwd=JUDGES, input=given, capture_output=True, text=True, timeout=300, check=False
    )
