"""Every card as files and as one page that draws them as Slack, Teams and a terminal would.

The page draws the JSON that would be sent, not the neutral card, so that a renderer's mistake shows. It needs no network
and no script.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.cards import adaptive_cards, block_kit, plain
from bot.cards.examples import EXAMPLES
from bot.cards.model import Reply, Results

# How the page is divided: a heading, and the cards of the catalog under it.
SECTIONS = (
    ("Answers", ("answer",)),
    ("No answer", ("no_answer",)),
    ("Documents and clauses", ("shown_document", "shown_clause", "cited")),
    ("Searching in Teams", ("results",)),
    ("Help and trouble", ("help", "refusal", "fault")),
)

EMOJI = {"warning": "⚠️"}

_SGR = re.compile(r"\x1b\[(\d+)m")
_INKS = {"0": "", "1": "bold", "2": "dim", "33": "yellow", "35": "magenta", "36": "cyan"}


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One example as every place shows it. `teams` is an Adaptive Card or, for `results`, an answer to a search."""

    name: str
    card: str
    about: str
    slack: dict[str, Any] | None
    teams: dict[str, Any]
    terminal: str

    @property
    def title(self) -> str:
        """The example's name as words."""
        return self.name.replace("_", " ").capitalize()


def write(out: Path) -> None:
    """Writes `out/slack/NAME.json`, `out/teams/NAME.json`, `out/search/NAME.json` and `out/index.html`.

    Raises OSError where the folder cannot be written.
    """
    exhibits = [exhibit(name, make) for name, make in EXAMPLES.items()]
    for each in exhibits:
        if each.slack is None:
            _write_json(out / "search" / f"{each.name}.json", each.teams)
        else:
            _write_json(out / "slack" / f"{each.name}.json", each.slack)
            _write_json(out / "teams" / f"{each.name}.json", each.teams)
    (out / "index.html").write_text(page(exhibits), encoding="utf-8")


def exhibit(name: str, make: Callable[[], Reply]) -> Exhibit:
    """An example as every place shows it; its docstring says what it shows."""
    reply, about = make(), inspect.getdoc(make) or ""
    if isinstance(reply, Results):
        terminal = "\n\n".join(plain.text(result.card, colour=True) for result in reply.results)
        return Exhibit(name, "results", about, None, adaptive_cards.extension(reply), terminal)
    return Exhibit(
        name,
        reply.name,
        about,
        block_kit.message(reply),
        adaptive_cards.card(reply),
        plain.text(reply, colour=True),
    )


def page(exhibits: list[Exhibit]) -> str:
    """The page, complete in itself."""
    sections = [(title, [each for each in exhibits if each.card in cards]) for title, cards in SECTIONS]
    return _environment().get_template("gallery.html.j2").render(sections=sections)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bot.cards", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"inked": _inked, "indented": _indented, "kilobytes": _kilobytes}
    environment.globals |= {"unknown": _unknown, "emoji": EMOJI}
    return environment


def _unknown(kind: str) -> NoReturn:
    raise ValueError(f"The gallery cannot draw {kind}. Teach its template how the platform shows it.")


def _inked(text: str) -> Markup:
    """A terminal's text with its colours as elements of HTML."""
    return Markup("").join(_ink(text))


def _ink(text: str) -> Iterator[Markup]:
    style = ""
    for odd, part in enumerate(_SGR.split(text)):
        if odd % 2:
            style = _INKS[part]
        elif part:
            yield Markup('<span class="{}">{}</span>').format(style, part) if style else escape(part)


def _indented(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _kilobytes(value: object) -> str:
    return f"{len(json.dumps(value, ensure_ascii=False, separators=(',', ':')).encode()) / 1000:.1f} kB"


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
