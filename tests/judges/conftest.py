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
    Button,
    Card,
    Caution,
    Choice,
    Code,
    Facts,
    Field,
    Form,
    Heading,
    Items,
    Link,
    Literal,
    Note,
    Quote,
    Result,
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
        buttons=tuple(Button(f"Show {n}", "show", f"STD-{n}", primary=n == 0) for n in range(6)),
    )
    examples = {name: reply for name, make in EXAMPLES.items() if isinstance(reply := make(), Card)}
    return {**examples, "everything": everything}


@pytest.fixture(scope="session")
def forms() -> dict[str, Form]:
    """Every form of the gallery, and one with everything that the model has."""
    many = tuple(Choice(f"Room {n}", f"room-{n}") for n in range(120))
    everything = Form(
        "everything",
        "Everything at once",
        (
            Field("short", "A line", "written", "a hint", most=80),
            Field("long", "Lines", "two\nlines", lines=True, most=9_000),
            Field("empty", "Nothing yet"),
            Field("one_of", "One of these", "b", choices=(Choice("A", "a"), Choice("B", "b"))),
            Field("one_of_many", "One of many", choices=many),
            Field("day", "A day", "2026-12-04", "a hint", day=True, help="At the latest today.", fault="It is past."),
            Field("no_day", "No day yet", day=True, optional=True, live=True),
            Field("found", "Found", "b", "a hint", choices=(Choice("B", "b"),), search="clauses", live=True),
            Field("not_found", "Not found yet", search="clauses", optional=True),
            Field("live", "Live", choices=(Choice("A", "a"), Choice("B", "b")), live=True, help="It changes the rest."),
            Field("faulty", "Faulty", "written", fault="Write something else.", help="Small print."),
        ),
        submit="Send it",
        verb="send",
        about="all of it",
        intro=("plain ", Strong("strong"), Link("STD-003", "https://git.example.org/x")),
        blocks=(Caution(("Stop.",)), Quote(("quoted",), (Strong("STD-003.1"), " · Title")), Note(("small print",))),
        redraw="draw",
        opener=Button("Open", "open", "all of it", primary=True, form=True),
    )
    examples = {name: reply for name, make in EXAMPLES.items() if isinstance(reply := make(), Form)}
    return {**examples, "everything": everything}


@pytest.fixture(scope="session")
def views(cards: dict[str, Card], forms: dict[str, Form]) -> dict[str, Json]:
    """All forms as Slack's modals, and all cards as its home tab."""
    modals = {f"form_{name}": block_kit.view(form) for name, form in forms.items()}
    return {**modals, **{f"home_{name}": block_kit.home(card) for name, card in cards.items()}}


@pytest.fixture(scope="session")
def messages(cards: dict[str, Card]) -> dict[str, Json]:
    """All of them as Slack gets them."""
    return {name: block_kit.message(card) for name, card in cards.items()}


@pytest.fixture(scope="session")
def adaptive(cards: dict[str, Card], forms: dict[str, Form]) -> dict[str, Json]:
    """All of them as Teams gets them: in messages, in dialogs, below links."""
    shown = {f"form_{name}": adaptive_cards.form(form) for name, form in forms.items()}
    shown |= {f"titled_{name}": adaptive_cards.form(form, titled=True) for name, form in forms.items()}
    for name, card in cards.items():
        shown[name] = adaptive_cards.card(card)
        shown[f"dialog_{name}"] = adaptive_cards.dialog(card)["task"]["value"]["card"]["content"]
        link = adaptive_cards.unfurl(Result(card.name, card.summary, card))
        shown[f"link_{name}"] = link["composeExtension"]["attachments"][0]["content"]
    return shown


@pytest.fixture(scope="session")
def searches() -> dict[str, Json]:
    """The answers to a search in Teams."""
    return {
        name: adaptive_cards.extension(reply) for name, make in EXAMPLES.items() if isinstance(reply := make(), Results)
    }


@pytest.fixture(scope="session")
def types_judge() -> Judge:
    """Slack's own TypeScript types, by the TypeScript compiler: unknown members, wrong types; no lengths, no counts.

    It judges messages by their blocks, and modals and home tabs whole."""

    def judge(messages: Mapping[str, Json]) -> dict[str, list[str]]:
        out = JUDGES / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        for name, message in messages.items():
            (out / f"{name}.ts").write_text(_typescript(message), encoding="utf-8")
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


def _typescript(payload: Json) -> str:
    """A program that is well typed when Slack's types know the payload."""
    kind = {"modal": "ModalView", "home": "HomeView"}.get(payload.get("type", ""))
    # A view's own type lets blocks of any making pass; ours are all known ones.
    shape = f'Omit<{kind}, "blocks"> & {{ blocks: KnownBlock[] }}' if kind else "KnownBlock[]"
    value = json.dumps(payload if kind else payload.get("blocks"), ensure_ascii=True, indent=1)
    return (
        'import type { HomeView, KnownBlock, ModalView } from "@slack/types";\n'
        f"export const payload: {shape} = {value};\n"
    )


def _node(arguments: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
    assert (JUDGES / "node_modules").is_dir(), "the npm judges are not installed: npm ci --prefix judges"
    return subprocess.run(
        ["node", *arguments], cwd=JUDGES, input=given, capture_output=True, text=True, timeout=300, check=False
    )
