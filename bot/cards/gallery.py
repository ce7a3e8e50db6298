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
from typing import Any, NoReturn, assert_never

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.cards import adaptive_cards, block_kit, plain
from bot.cards.examples import EXAMPLES
from bot.cards.model import Card, Form, Results, Said

# How the page is divided: a heading, and the cards of the catalog under it.
SECTIONS = (
    ("Answers", ("answer", "whole_answer", "shared_answer", "thanks")),
    ("No answer", ("no_answer",)),
    ("Documents and clauses", ("shown_document", "whole_document", "shown_clause", "cited")),
    ("Forms", ("question_form", "share_form", "subscription_form", "reply_form")),
    ("Home and welcome", ("home", "welcome", "help")),
    ("Searching in Teams", ("results",)),
    ("Below a link", ("link",)),
    (
        "What changed in the library",
        (
            "document_changed",
            "document_added",
            "document_superseded",
            "document_deprecated",
            "document_retired",
            "document_gone",
            "change_undone",
            "documents_changed",
            "digest",
        ),
    ),
    ("Reviews that are overdue", ("review_overdue", "review_settled", "reviews_overdue")),
    ("What a room hears of", ("subscribed", "subscriptions")),
    ("Questions to the architects", ("question_sent", "architect_question", "architect_reply", "reply_sent")),
    ("Asking for an exception", ("exception_form", "opener", "exception_sent")),
    ("Deciding on an exception", ("exception_review", "exception_step_form", "exception_taken", "exception_reminder")),
    ("For whoever asked for an exception", ("exception_asked", "exception_expiry", "exception_condition")),
    ("The register of exceptions", ("shown_exception", "exception_receipt", "exception_register")),
    ("What else is told of exceptions", ("exception_told", "exception_reworded", "exceptions_of_superseded")),
    ("What is due", ("obligations", "shown_obligation", "obligation_form", "obligation_taken")),
    ("For whoever sees to an obligation", ("obligation", "obligation_told")),
    ("Asking for a review", ("design_review_form", "design_review_sent")),
    ("Reviewing", ("design_review", "design_review_step_form", "design_review_taken", "design_review_reminder")),
    ("For whoever asked for a review", ("design_review_asked", "shown_design_review")),
    ("What else is told of reviews", ("design_review_told", "design_review_agenda", "design_review_queue")),
    (
        "On the bridge of an incident",
        ("incident_bridge", "incident_form", "incident_step_form", "incident_opened", "incident_taken"),
    ),
    ("What is told of incidents", ("incident_told", "incident_decision", "shown_incident", "incident_timeline")),
    ("Away", ("exception_away",)),
    (
        "For operators",
        (
            "unreadable_file",
            "readable_again",
            "change_held_back",
            "change_let_go",
            "unreadable_files",
            "undeliverable",
            "sent_again",
            "delivery_aside",
            "delivery_sent_again",
            "governance_faulty",
            "link_refused",
        ),
    ),
    ("Trouble", ("refusal", "fault")),
)

EMOJI = {"warning": "⚠️"}

_SGR = re.compile(r"\x1b\[(\d+)m")
_INKS = {"0": "", "1": "bold", "2": "dim", "31": "red", "32": "green", "33": "yellow", "35": "magenta", "36": "cyan"}


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One example as every place shows it: the JSON that is sent, and what its `look` is. A terminal has no forms."""

    name: str
    card: str
    about: str
    look: str  # "message", "form", "home", "search" or "link"
    slack: dict[str, Any] | None
    teams: dict[str, Any]
    terminal: str = ""

    @property
    def title(self) -> str:
        """The example's name as words."""
        return self.name.replace("_", " ").capitalize()


def write(out: Path) -> None:
    """Writes `out/slack/NAME.json` (blocks or view), `out/teams/NAME.json` (Adaptive Card), `out/search/NAME.json` (the
    answer to a search, which is more than a card) and `out/index.html`.

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


def exhibit(name: str, make: Callable[[], Said]) -> Exhibit:
    """An example as every place shows it; its docstring says what it shows."""
    reply, about = make(), inspect.getdoc(make) or ""
    match reply:
        case Form():
            return Exhibit(name, reply.name, about, "form", block_kit.view(reply), adaptive_cards.form(reply))
        case Results():
            terminal = "\n\n".join(plain.text(result.card, colour=True) for result in reply.results)
            if name.startswith("link"):
                slack = block_kit.unfurl(reply.results[0].card)
                teams = adaptive_cards.unfurl(reply.results[0])["composeExtension"]["attachments"][0]["content"]
                return Exhibit(name, "link", about, "link", slack, teams, terminal)
            return Exhibit(name, "results", about, "search", None, adaptive_cards.extension(reply), terminal)
        case Card():
            look = "home" if reply.name == "home" else "message"
            slack = block_kit.home(reply) if look == "home" else block_kit.message(reply)
            terminal = plain.text(reply, colour=True)
            return Exhibit(name, reply.name, about, look, slack, adaptive_cards.card(reply), terminal)
    assert_never(reply)


def page(exhibits: list[Exhibit]) -> str:
    """The page, complete in itself."""
    sections = [(title, [each for each in exhibits if each.card in cards]) for title, cards in SECTIONS]
    shown = [(title, each) for title, each in sections if each]
    return _environment().get_template("gallery.html.j2").render(sections=shown)


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
