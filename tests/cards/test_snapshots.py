"""Every card, drawn for every place, is what it was when somebody last looked at it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cards import adaptive_cards, block_kit, plain
from bot.cards.examples import EXAMPLES
from bot.cards.model import Form, Results

SNAPSHOTS = Path(__file__).parent / "snapshots"
Same = Callable[[str, str], None]


def pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_card_is_drawn_as_it_was(name: str, same_as_snapshot: Same) -> None:
    reply = EXAMPLES[name]()
    match reply:
        case Results() if name.startswith("link"):
            same_as_snapshot(f"slack/{name}.json", pretty(block_kit.unfurl(reply.results[0].card)))
            same_as_snapshot(f"teams/{name}.json", pretty(adaptive_cards.unfurl(reply.results[0])))
        case Results():
            same_as_snapshot(f"teams/{name}.json", pretty(adaptive_cards.extension(reply)))
        case Form():
            same_as_snapshot(f"slack/{name}.json", pretty(block_kit.view(reply)))
            same_as_snapshot(f"teams/{name}.json", pretty(adaptive_cards.dialog(reply)))
        case _:
            shown = block_kit.home(reply) if reply.name == "home" else block_kit.message(reply)
            same_as_snapshot(f"slack/{name}.json", pretty(shown))
            same_as_snapshot(f"teams/{name}.json", pretty(adaptive_cards.card(reply)))
            same_as_snapshot(f"plain/{name}.txt", plain.text(reply, width=80) + "\n")


def test_no_snapshot_outlives_its_card() -> None:
    assert {path.stem for path in SNAPSHOTS.rglob("*.*")} == set(EXAMPLES)
