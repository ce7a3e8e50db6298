"""The app manifest before Microsoft's own schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.teams.manifest import SCHEMA_VERSION, manifest
from tests.doubles.teams import APP_ID

PACKAGE = Path(__file__).parent.parent.parent / "judges" / "node_modules" / "@microsoft" / "app-manifest"
SCHEMA = PACKAGE / "build" / "json-schemas" / "teams" / f"v{SCHEMA_VERSION}" / "MicrosoftTeams.schema.json"

pytestmark = [
    pytest.mark.judge,
    pytest.mark.skipif(
        os.environ.get("ARCHWAY_JUDGES") != "1",
        reason="OUTSIDE JUDGES NOT RUN: `make judges` installs and runs them",
    ),
]


def faults(judged: dict[str, Any]) -> list[str]:
    import jsonschema

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return [error.message for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(judged)]


@pytest.mark.parametrize("hosts", [[], ["git.example.org", "github.com"]])
def test_the_manifest_passes(hosts: list[str]) -> None:
    assert faults(manifest("https://archway.example.org", APP_ID, hosts)) == []
    assert faults(manifest("https://archway.example.org", APP_ID, hosts, name="A name that is much too long for Teams")) == []  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "no-guid"},
        {"icons": {}},
        {"accentColor": "blue"},
        {"name": {"short": "x" * 31, "full": "x"}},
        {"bots": [{"scopes": ["personal"]}]},
        {"surprise": True},
    ],
    ids=str,
)
def test_the_judge_refuses_what_is_wrong(wrong: dict[str, Any]) -> None:
    assert faults({**manifest("https://archway.example.org", APP_ID), **wrong})
