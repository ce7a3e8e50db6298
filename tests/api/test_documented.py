"""The pages about webhooks and the API are true: their examples are run."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.api.mapping import report
from bot.api.mapping_reading import read
from bot.mappings import SHIPPED, shipped
from knowledge.frontmatter import load_with_lines
from tests.api.asking import READER, asker
from tests.stories.house import house

DOCS = Path(__file__).parents[2] / "docs"
WEBHOOKS, API = ((DOCS / name).read_text(encoding="utf-8") for name in ("webhooks.md", "api.md"))


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)


def test_the_body_that_is_shown_is_understood() -> None:
    told = report(shipped("bridge"), "bridge", json.loads(blocks(WEBHOOKS, "json")[0]))
    assert told
    assert told.decision
    assert (told.key, told.severity, told.decision.kind, told.decision.waives) == (
        "BRIDGE-88",
        "SEV-1",
        "rollback",
        ("STD-004.3",),
    )


def test_the_mapping_that_is_shown_is_one() -> None:
    mapping = read(*load_with_lines(blocks(WEBHOOKS, "yaml")[0]), "webhooks/tool.yaml")
    body = {
        "event": "noted",
        "time": "2026-11-22T11:58:00Z",
        "alert": {
            "id": 7,
            "summary": "Slow",
            "level": "critical",
            "people": [{"role": "lead", "email": "Ada@example.org"}],
        },
        "note": {"id": "n", "kind": "revert", "text": "Back to 4.1", "author": "ada@example.org"},
    }
    told = report(mapping, "tool", body)
    assert told
    assert told.decision
    assert (told.key, told.title, told.severity, told.commander) == ("7", "Slow", "SEV-1", "ada@example.org")
    assert told.decision.kind == "rollback"


def test_every_shipped_mapping_is_listed() -> None:
    for each in SHIPPED.glob("*.yaml"):
        assert f"`{each.stem}`" in WEBHOOKS or each.stem == "archway"


@pytest.mark.asyncio
async def test_the_program_that_is_shown_is_heard(tmp_path: Path) -> None:
    [program] = blocks(WEBHOOKS, "python")
    [secret] = re.findall(r'b64decode\("([^"]+)"\)', program)
    assert base64.b64decode(secret)
    async with house(tmp_path, ARCHWAY_WEBHOOK_SECRETS=f"bridge=whsec_{secret}") as running:
        printed = io.StringIO()

        def run() -> None:
            with contextlib.redirect_stdout(printed):
                exec(program.replace("http://127.0.0.1:3978", running.address), {})

        await asyncio.to_thread(run)
    assert f"prints `{printed.getvalue().splitlines()[-1]}`" in WEBHOOKS


@pytest.mark.asyncio
async def test_the_question_that_is_shown_has_that_answer(tmp_path: Path) -> None:
    [asked] = re.findall(r'"http://127.0.0.1:3978(/api/v1/search[^"]*)"', API)
    shown = json.loads(blocks(API, "json")[0])
    async with asker(tmp_path) as ask:
        found = (await ask.get(asked, READER)).json
        described = (await ask.get("/api/v1/openapi.json", "")).json["paths"]
    assert within(shown, found)
    for path in re.findall(r"^\| `([a-z-]+)[?`]", API, re.MULTILINE):
        assert path in ("read", "waivers", "admin") or f"/api/v1/{path}" in described
    for path, methods in described.items():
        name = path.removeprefix("/api/v1/").replace("{id}", "ID")
        assert f"`{name}" in API or name in API, path
        for parameter in methods["get"].get("parameters", []):
            known = parameter["name"] in ("id", "limit", "skip") or re.search(rf"[?&]{parameter['name']}=", API)
            assert known, f"{path} takes {parameter['name']}"


def within(part: Any, whole: Any) -> bool:
    """Whether all that is shown stands so in what came."""
    if isinstance(part, dict):
        return all(within(value, whole.get(name)) for name, value in part.items())
    if isinstance(part, list):
        return all(within(*pair) for pair in zip(part, whole, strict=False))
    return bool(part == whole)
