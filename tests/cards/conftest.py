"""Shared by the tests of the cards: `python -m pytest tests/cards --renew` writes the snapshots anew."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture
def same_as_snapshot(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the file of that name under `snapshots`, byte for byte."""

    def compare(name: str, text: str) -> None:
        path = SNAPSHOTS / name
        if request.config.getoption("--renew"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no snapshot {name}: run python -m pytest tests/cards --renew"
        assert text == path.read_text(encoding="utf-8"), f"{name} changed: if you meant it, run with --renew"

    return compare


@pytest.fixture
def strings() -> Callable[[Any], list[tuple[str, str]]]:
    """All texts within JSON, each with the name of the member that holds it."""

    def walk(value: Any, name: str = "") -> list[tuple[str, str]]:
        if isinstance(value, str):
            return [(name, value)]
        if isinstance(value, dict):
            return [found for key, inner in value.items() for found in walk(inner, key)]
        return [found for inner in value for found in walk(inner, name)] if isinstance(value, list) else []

    return walk
