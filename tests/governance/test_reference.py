"""`docs/governance.md` is complete and true: every key that is read is explained, every key there is read, every example is taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.domain.exception_forms import Wish, terms
from bot.domain.governance import Governance
from bot.domain.governance_reading import FIELDS, KEYS, read
from bot.domain.reading import Place
from knowledge import frontmatter, governance
from knowledge.governance import File

FOLDER = Path(__file__).parent
PAGE = (FOLDER.parent.parent / "docs" / "governance.md").read_text(encoding="utf-8")
STARTER: Mapping[str, Any] = governance.starter().values()[0]
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in PAGE.partition("# Every key")[2].split("\n")
    if line.startswith("| `")
]
EXPLAINED = {key.strip("`"): (left_out, example.strip("`")) for key, _, _, left_out, example in ROWS}
READ = [f"{place}.{key}".removeprefix(".") for place, keys in KEYS.items() for key in keys]
NAMES = {"ROLE": "architect", "LEVEL": "low", "OUTCOME": "board"}  # of the starter file
WHOLE = ("roles.ROLE.", "reviews.outcomes.OUTCOME.", "decide.LEVEL.seats.")  # nothing is filled in there


def understood(text: str) -> Governance:
    values, lines = File(text.encode()).values()
    return read(values, lines, STARTER)


def test_every_key_that_is_read_is_explained_once_and_no_other_is() -> None:
    assert sorted(row[0].strip("`") for row in ROWS) == sorted(READ)


def test_the_starter_file_has_all_parts() -> None:
    assert set(STARTER) == set(KEYS[""])


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_an_example_of_the_page_is_taken_as_it_stands(number: int) -> None:
    understood(BLOCKS[number])


@pytest.mark.parametrize("key", READ)
def test_the_example_of_a_key_is_taken_in_its_place(key: str) -> None:
    name, value = next(iter(frontmatter.load(EXPLAINED[key][1]).items()))
    assert name == key.rpartition(".")[2]
    way = [NAMES.get(part, part) for part in key.split(".")]
    values = _with(STARTER, way, value)
    written = [place for place in _places(values) if [part for part in place if part != 0][: len(way)] == way]
    assert written
    assert read(values, dict.fromkeys(written, 1), STARTER)


@pytest.mark.parametrize("key", [key for key in READ if not key.startswith(WHOLE)])
def test_what_holds_when_a_key_is_left_out_is_what_the_starter_file_says(key: str) -> None:
    for level in ("low", "moderate", "high"):
        value: Any = STARTER
        for part in key.split("."):
            value = value.get(level if part == "LEVEL" else part) if isinstance(value, dict) else None
        told = value if isinstance(value, list) else [value]
        for each in told:
            if not isinstance(each, (dict, type(None))):
                assert f"`{str(each).lower() if isinstance(each, bool) else each}`" in EXPLAINED[key][0], each


def test_the_levels_of_the_starter_file_are_told_with_their_points() -> None:
    for level, points in STARTER["risk"]["levels"].items():
        assert f"`{level}: {points}`" in EXPLAINED["risk.levels"][0]


def test_all_fields_that_can_be_required_are_named() -> None:
    row = next(row for row in ROWS if row[0] == "`decide.LEVEL.requires`")
    assert re.findall(r"`(\w+)`", row[2]) == list(FIELDS)


def test_the_worked_example_decides_as_its_table_says() -> None:
    table = PAGE.partition("| exposure |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (\w+) \| (\w+) \| (\d+) \| (\w+) \| ([\w, ]+) \|$", table, re.MULTILINE)
    assert len(rows) == 3
    for exposure, data, points, level, seats in rows:
        found = terms(Wish(None, None, answers={"exposure": exposure, "data": data}), understood(BLOCKS[0]))
        assert (found.points, found.level) == (int(points), level)
        assert [seat.role for seat in found.seats] == seats.split(", ")


def test_the_mistakes_that_the_page_shows_are_told_so() -> None:
    told = "".join(file.read_text(encoding="utf-8") for file in (FOLDER / "faulty").glob("*.yaml"))
    for line in re.findall(r"^governance\.yaml:(.*)$", PAGE, re.MULTILINE):
        assert f"# told {line}\n" in told


def _with(values: Any, way: list[str], value: Any) -> Any:
    """The same values with another one at a place; of a list its first item is meant."""
    if not way:
        return value
    if isinstance(values, list):
        return [_with(values[0], way, value), *values[1:]]
    return {**values, way[0]: _with(values.get(way[0]), way[1:], value)}


def _places(values: Any, place: Place = ()) -> list[Place]:
    items = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    return [place, *(inner for key, each in items for inner in _places(each, (*place, key)))]
