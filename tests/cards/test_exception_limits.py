"""Whatever people type into exception requests: nothing of it acts or speaks for us, and what decides is never cut away."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cards import adaptive_cards, block_kit, exceptions, plain
from bot.cards import exception_cast as cast
from bot.cards import exception_news as news
from bot.cards.exception_forms import request_form, step_form
from bot.cards.fit import NOTICE, fitted
from bot.cards.model import Card, Form, Heading, Quote, Strong, Text
from bot.domain import waivers
from bot.domain.absences import Absence
from bot.domain.exception_commands import About, Does, Origin
from bot.domain.exception_forms import FieldFault, terms
from bot.domain.exception_register import Proof
from bot.domain.exception_requests import Choice, Demand, ExceptionRequest
from bot.domain.people import Person

Strings = Callable[[Any], list[tuple[str, str]]]

ATTACKS = [
    "<!channel>",
    "<@U123>",
    "<https://evil.example|https://git.example.org>",
    "<at>x</at>",
    "[Sign in](https://evil.example)",
    "*bold* _italic_ ~strike~ `code`",
    "{{DATE(2026-01-01T00:00:00Z,SHORT)}} {% raw %} {sentence} %s",
    '", "actions": [{"type": "Action.Submit"}], "x": "',
    "“Approved by CTO” · approved\nStatus: approved",
    "\u202egnp.exe\x1b[31m",
]
LONG = ["word ", '"\\ ', "漢字 ", "a\n", "😀", "é"]
TEXTS = st.sampled_from(ATTACKS) | st.builds(
    lambda piece, times: (piece * times)[:3_000], st.sampled_from([*ATTACKS, *LONG]), st.sampled_from([1, 40, 3_000])
)
any_texts = settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))


def named(person: Person, name: str) -> Person:
    return replace(person, name=name)


def decided(text: str, name: str, demands: int = 10) -> tuple[ExceptionRequest, ExceptionRequest]:
    """A request with a text in all that is typed and a name for everybody, half-way and in force under conditions."""
    links = tuple(f"https://tickets.example.org/{n}/{'x' * 450}" for n in range(10))
    wish: dict[str, Any] = {"reason": text, "compensating_controls": text, "remediation": text, "links": links}
    target = replace(cast.CLAUSE, id=text, title=text, text=f"{text} MUST", owner=text, level=text, controls=(text,))
    request = cast.submitted(**wish)
    asked = replace(request.wish, target=target, service=text, environment=text, tier=text, answers={text: text})
    request = replace(request, wish=asked, asked_by=named(request.asked_by, name))
    someone = [replace(who, account=replace(who.account, name=name)) for who in (cast.ALAN, cast.PAT, cast.SAM)]
    conditions = [Demand(text, f"{text}@x"[:254], date(2026, 12, 4) + timedelta(days=n)) for n in range(demands)]
    for each, more in zip(someone[:2], (demands // 2, 0), strict=True):
        choice = Choice.APPROVE_WITH_CONDITIONS if more else Choice.APPROVE
        request = cast.say(request, each, choice, words=text, demands=conditions[:more])
    rest = conditions[demands // 2 :]
    last = Choice.APPROVE_WITH_CONDITIONS if rest else Choice.APPROVE
    return request, cast.say(request, someone[2], last, 3, words=text, demands=rest)


def everywhere(text: str, name: str, demands: int = 10) -> list[Card]:
    """The text in every place where a person's or a document's words can come."""
    open_, running = decided(text, name, demands)
    sent = replace(
        cast.resubmitted(),
        differences=tuple(replace(each, before=text, after=f"{text} new") for each in cast.resubmitted().differences),
    )
    revoked = waivers.revoke(running, cast.SAM, text, cast.MONDAY + timedelta(days=1)).request
    line = {
        "id": text,
        "target": text,
        "service": text,
        "level": text,
        "ended": "declined",
        "by": name,
        "conditions": [text] * 3,
        "until": text,
    }
    facts = {
        "precedents": [line] * 3,
        "waivers": [line] * 9,
        "rules_changed": True,
        "unreached": ["security"],
        "escalated_to": "director",
    }
    absence = Absence(
        named(cast.ADA.as_person, name), cast.MONDAY, date(2026, 12, 4), cast.MONDAY, named(cast.PAT.as_person, name)
    )
    changed = replace(running, target_now=f"{text} otherwise")
    return [
        exceptions.review_card(cast.facts(open_, **facts)),
        exceptions.review_card(cast.facts(sent, **facts)),
        exceptions.review_card(cast.facts(running)),
        exceptions.asked_card(cast.facts(open_)),
        exceptions.asked_card(cast.facts(revoked)),
        exceptions.shown(open_, cast.LONDON, told=facts, may_decide=True),
        exceptions.shown(changed, cast.LONDON, may_revoke=True),
        exceptions.receipt(running, [Proof(1, cast.MONDAY, text, text)] * 9, cast.LONDON),
        exceptions.sent(open_, cast.LONDON),
        exceptions.taken(running, About("EX-7", Does.APPROVE)),
        exceptions.register([open_, running] * 5, 99, f"service:{text[:100]}", 10, text),
        exceptions.away_card(absence, text, stands_in=[absence] * 3),
        news.told_card(cast.facts(running)),
        news.reminder_card(cast.facts(open_)),
        news.expiry_card(cast.facts(running, today="2027-02-19")),
        news.expiry_card(cast.facts(revoked)),
        news.condition_card(cast.facts(running, number=1)) if demands else news.told_card(cast.facts(open_)),
        news.reworded_card(cast.facts(changed)),
        news.superseded_card({"id": text, "status": text, "successors": [line] * 5, "waivers": [line] * 20, "pending": [line]}),
    ]  # fmt: skip


def forms(text: str, name: str) -> list[Form]:
    open_, running = decided(text, name)
    wish = replace(running.wish, emergency=True, emergency_reason=text)
    told = tuple(FieldFault(field, text) for field in ("until", "reason", "unknown"))
    origin = Origin(renews="EX-7", seen=text)
    request = request_form(wish, terms(wish, cast.RULES), cast.RULES, cast.TODAY, origin, faults=told, note=text)
    values = {"words": text, "evidence": text, "acceptance": text, "condition:1:text": text, "condition:1:due": text}
    steps = [step_form(open_, About("EX-7", does, "3f", 1), values, faults=told) for does in Does]
    return [request, *steps, step_form(running, About("EX-7", Does.MEET, "", 1), values)]


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_acts(text: str, strings: Strings) -> None:
    for card in everywhere(text, text):
        message, drawn = block_kit.message(card), adaptive_cards.card(card)
        assert not set(message["text"]) & set("<>*_~`")
        assert {name for name, _ in strings(message["blocks"])} <= {
            "type", "text", "url", "style", "name", "block_id", "action_id", "value",
        }  # fmt: skip
        assert {kind for name, kind in strings(message["blocks"]) if name == "type"} <= {
            "header", "context", "plain_text", "rich_text", "rich_text_section", "rich_text_quote", "rich_text_list",
            "text", "link", "emoji", "actions", "button",
        }  # fmt: skip
        assert {kind for name, kind in strings(drawn["body"]) if name == "type"} <= {
            "RichTextBlock", "TextRun", "Container", "ColumnSet", "Column", "Action.OpenUrl",
        }  # fmt: skip
        assert "{{DATE" not in json.dumps(drawn["body"])
        assert drawn["msteams"] == {"width": "Full"}


@pytest.mark.parametrize("text", ATTACKS)
def test_what_a_card_does_and_says_of_its_state_is_the_same_whatever_the_texts_are(text: str) -> None:
    for hostile, plain_ in zip(everywhere(text, "Ada", 2), everywhere("x", "Ada", 2), strict=True):
        assert [(button.label, button.verb) for button in hostile.buttons] == [
            (button.label, button.verb) for button in plain_.buttons
        ]
        assert [type(block) for block in hostile.blocks] == [type(block) for block in plain_.blocks]
        bold = [
            [part.text for part in block.line if isinstance(part, Strong)]
            for block in hostile.blocks
            if isinstance(block, Text)
        ]
        assert not [part for parts in bold for part in parts if "Approved by CTO" in part and "EX-" in part]


@any_texts
@given(TEXTS, TEXTS)
def test_every_card_keeps_the_limits_of_both_platforms(text: str, name: str) -> None:
    for card in everywhere(text, name):
        blocks = block_kit.message(card)["blocks"]
        assert len(blocks) <= 50
        assert len(json.dumps(blocks)) <= 12_000
        assert len(json.dumps(adaptive_cards.card(card)).encode()) <= 24_000
        assert len(card.summary) <= 600


@any_texts
@given(TEXTS, TEXTS)
def test_who_decided_and_the_buttons_are_never_cut_away(text: str, name: str) -> None:
    for card in everywhere(text, name):
        for budget in (block_kit.BUDGET, adaptive_cards.BUDGET):
            kept = fitted(card, budget)
            assert kept.buttons == card.buttons
            assert kept.blocks[0] == card.blocks[0] or isinstance(card.blocks[0], Quote)


@any_texts
@given(TEXTS, TEXTS)
def test_every_form_keeps_the_limits_of_both_platforms(text: str, name: str) -> None:
    for form in forms(text, name):
        view, drawn = block_kit.view(form), adaptive_cards.form(form)
        assert len(view["blocks"]) <= 100
        assert len(view["title"]["text"]) <= 24
        assert len(view["private_metadata"]) <= 3_000
        assert len(json.dumps(view).encode()) <= 250_000
        assert len(json.dumps(drawn).encode()) <= 24_000


@any_texts
@given(TEXTS, st.integers(20, 120))
def test_a_terminal_is_never_driven(text: str, width: int) -> None:
    for card in everywhere(text, text):
        shown = plain.text(card, width=width)
        assert not [c for c in shown if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000)]


def test_what_is_typed_in_full_measure_leaves_all_the_rest_on_the_card() -> None:
    """Reason, controls, plan and remarks of 3,000 characters each: the quotes give, nothing else does."""
    open_, _ = decided("The appliance cannot do it before release nine, which is due in spring. " * 41, "Ada Byron", 0)
    wish = replace(
        open_.wish,
        target=cast.CLAUSE,
        service="checkout",
        environment="production",
        tier="1",
        answers={"data": "public"},
        links=cast.WISH.links,
    )
    card = exceptions.shown(replace(open_, wish=wish), cast.LONDON, may_decide=True)
    assert fitted(card, adaptive_cards.BUDGET) is card
    kept = fitted(card, block_kit.BUDGET).blocks
    assert kept[-1] is NOTICE
    assert [block for block in kept[:-1] if not isinstance(block, Quote)] == [
        block for block in card.blocks if not isinstance(block, Quote)
    ]
    assert sum(isinstance(block, Quote) for block in kept) == sum(isinstance(block, Quote) for block in card.blocks)


def test_quotes_give_before_anything_is_left_out() -> None:
    card = Card(
        "any",
        "",
        (Quote(("word " * 2_000,), ("Its source",)), Quote(("Short.",)), Heading("Last"), Text(("Still there.",))),
    )
    long, *rest, notice = fitted(card, block_kit.BUDGET).blocks
    assert isinstance(long, Quote)
    assert str(long.line[0]).endswith("word…")
    assert long.source == ("Its source",)
    assert (tuple(rest), notice) == (card.blocks[1:], NOTICE)


def test_where_quotes_alone_are_too_many_the_last_ones_are_left_out() -> None:
    card = Card("any", "", tuple(Quote((f"{n} " + "word " * 200,)) for n in range(40)))
    kept = fitted(card, block_kit.BUDGET).blocks
    assert kept[0] == card.blocks[0]
    assert len(kept) < 20
