"""The form of an exception request: its risk, its seats, and everything that can be wrong with it, beside its field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import Span
from bot.domain.exception_forms import FieldFault, Wish, faults, filled_in, is_link, last_day, refuse, terms, tidied
from bot.domain.governance import Governance, Seat
from bot.errors import FaultyFields, NoDecisionRights
from tests.domain.cast import CALM, CLAUSE, HIGH, LOW, MODERATE, MONDAY, RULES, rules, wish


def told(form: Wish, under: Governance = RULES, now: datetime = MONDAY) -> dict[str, str]:
    return {fault.field: fault.sentence for fault in faults(form, under, now)}


@pytest.mark.parametrize(
    ("answers", "tier", "points", "level"),
    [
        (LOW, "3", 0, "low"),
        (LOW, "1", 2, "low"),
        (LOW, "0", 3, "moderate"),  # exactly the points from which it holds
        ({"exposure": "partner", "data": "restricted"}, "3", 4, "moderate"),
        (HIGH, "3", 5, "high"),
        (HIGH, "0", 8, "high"),
        ({}, "", 0, "low"),  # nothing answered yet: the form shows what follows so far
        ({"exposure": "nonsense"}, "9", 0, "low"),
        ({"tier": "0"}, "3", 3, "moderate"),  # the question's own answer before the field of its name
    ],
)
def test_the_risk_is_the_highest_level_whose_points_are_reached(
    answers: dict[str, str], tier: str, points: int, level: str
) -> None:
    found = terms(wish(answers=answers, tier=tier), RULES)
    assert (found.points, found.level, found.by_points) == (points, level, level)
    assert found.seats == RULES.decide[level].seats
    assert found.revision == "3f1c"


@pytest.mark.parametrize(
    ("own", "answers", "level"),
    [
        ("high", LOW, "high"),
        ("moderate", LOW, "moderate"),
        ("low", HIGH, "high"),
        ("", MODERATE, "moderate"),
        ("severe", LOW, "high"),
    ],
)
def test_a_standard_raises_the_risk_and_never_lowers_it(own: str, answers: dict[str, str], level: str) -> None:
    found = terms(wish(answers=answers, target=replace(CLAUSE, risk=own)), RULES)
    assert found.level == level
    assert found.rule == RULES.decide[level]
    assert found.by_points == terms(wish(answers=answers), RULES).level


def test_a_standard_adds_its_seats() -> None:
    target = replace(CLAUSE, seats=("director", "architect", "director"))
    assert terms(wish(target=target), RULES).seats == (Seat("architect"), Seat("director", 2))
    assert terms(wish(target=None), RULES).seats == (Seat("architect"),)


def test_an_emergency_has_its_own_rule_beside_that_of_its_risk() -> None:
    found = terms(wish(emergency=True, answers=MODERATE), RULES)
    assert found.emergency == RULES.decide["emergency"]
    assert (found.level, found.seats) == ("moderate", RULES.decide["moderate"].seats)
    assert terms(wish(), RULES).emergency is None


def test_without_decision_rights_nothing_can_be_asked_for() -> None:
    with pytest.raises(NoDecisionRights):
        terms(wish(), Governance())
    with pytest.raises(NoDecisionRights):
        terms(wish(), replace(RULES, decide={}))
    with pytest.raises(NoDecisionRights):
        terms(wish(emergency=True), replace(RULES, decide={"low": RULES.decide["low"]}))


def test_a_form_that_is_filled_in_has_no_fault() -> None:
    assert told(wish()) == {}
    assert told(wish(answers=HIGH)) == {}


def test_everything_that_is_wrong_is_told_at_once_in_the_order_of_the_form() -> None:
    empty = Wish(target=None, until=None, emergency=True)
    assert list(told(empty).items()) == [
        ("target", "Choose the clause or standard that you cannot keep."),
        ("tier", "Choose one of 3, 2, 1, 0."),
        ("reason", "Say why it cannot be kept."),
        ("until", "Give the last day on which the exception is needed."),
        ("emergency_reason", "Say why it cannot wait for a decision."),
        ("risk:exposure", "Choose one of internal, partner, public."),
        ("risk:data", "Choose one of public, internal, confidential, restricted."),
    ]


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        (LOW, ["reason"]),
        (MODERATE, ["reason", "compensating_controls", "remediation"]),
        (HIGH, ["reason", "compensating_controls", "remediation"]),
    ],
)
def test_what_is_mandatory_follows_from_the_risk(answers: dict[str, str], missing: list[str]) -> None:
    form = wish(answers=answers, reason="", compensating_controls="", remediation=" ", remedied_by=None, links=())
    assert list(told(form)) == missing
    emergency = replace(form, emergency=True, emergency_reason="Now.", until=MONDAY.date())
    assert list(told(emergency)) == ["reason"]  # those of the emergency's own rule


def test_every_field_can_be_made_mandatory() -> None:
    strict = rules(
        "decide: {low: {requires: [remedied_by, links, service, tier, environment]}}\nrisk: {questions: {data: {public: 0}}}\n"
    )
    form = wish(remedied_by=None, links=(), service="", tier="", environment="", reason="", answers={"data": "public"})
    assert told(form, strict) == {
        "service": "Name the service.",
        "tier": "Choose the tier.",
        "environment": "Choose the environment.",
        "remedied_by": "Give the day by which it will be remedied.",
        "links": "Give a link to the ticket or the design.",
    }


@pytest.mark.parametrize(
    ("answers", "last"),
    [(LOW, date(2027, 5, 22)), (MODERATE, date(2027, 3, 23)), (HIGH, date(2027, 2, 21))],
)
def test_a_longer_wish_is_an_error_beside_the_field(answers: dict[str, str], last: date) -> None:
    assert told(wish(answers=answers, until=last)) == {}
    fault = told(wish(answers=answers, until=last + timedelta(days=1)))
    level = terms(wish(answers=answers), RULES).level
    at_most = RULES.decide[level].at_most
    assert fault == {"until": f"It may run for {at_most} at most at {level} risk: until {last} or earlier."}


def test_an_emergency_is_short() -> None:
    form = wish(emergency=True, emergency_reason="Now.", until=date(2026, 12, 1))
    assert told(form) == {"until": "It may run for 7 days at most in an emergency: until 2026-11-30 or earlier."}
    assert told(replace(form, until=date(2026, 11, 30))) == {}


@pytest.mark.parametrize("moment", ["2026-10-24T22:59:59", "2026-10-24T23:00:00", "2026-10-25T23:59:59"])
def test_the_day_that_it_is_is_that_of_the_place(moment: str) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)  # London's summer time ends on the 25th
    today = RULES.calendar.today(now)
    assert today == (date(2026, 10, 24) if moment.startswith("2026-10-24T22") else date(2026, 10, 25))
    assert told(wish(until=today, remedied_by=today), now=now) == {}
    assert told(wish(until=today + timedelta(days=180)), now=now) == {}
    assert "until" in told(wish(until=today + timedelta(days=181)), now=now)
    past = told(wish(until=today - timedelta(days=1), remedied_by=today - timedelta(days=1)), now=now)
    assert past == {
        name: f"{today - timedelta(days=1)} is past: give today or a later day." for name in ("until", "remedied_by")
    }


def test_texts_have_an_end() -> None:
    assert told(wish(reason="x" * 3_000, service="x" * 100)) == {}
    long = told(wish(reason="x" * 3_001, service="x" * 101, tier="x" * 200))
    assert long["reason"] == "This is 3,001 characters long; write at most 3,000."
    assert set(long) == {"reason", "service", "tier"}


def test_an_answer_that_is_not_known_stands_beside_its_question() -> None:
    fault = told(wish(answers={"exposure": "sideways", "data": "public"}))
    assert fault == {"risk:exposure": "“sideways” is no answer that is known: choose one of internal, partner, public."}


@pytest.mark.parametrize(
    "link",
    [
        "https://tickets.example.org/OPS-7",
        "https://example.org:8443/a?b=c#d",
        "HTTPS://EXAMPLE.ORG/",
        "https://[::1]/x",
    ],
)
def test_https_links_are_taken(link: str) -> None:
    assert is_link(link)


@pytest.mark.parametrize(
    "link",
    [
        "http://example.org",
        "javascript:alert(1)",
        "https:example.org",
        "https://",
        "https:///x",
        "https://user@example.org/",
        "https://example.org@evil.example/",
        "https://exa mple.org",
        "https://example.org/\n",
        "https://example.org/<!channel>",
        "https://example.org/|x",
        "https://[1/x",
        "https://example.org:port/",
        "https://example.org:0/",
        "https://example.org/\u202egro",
        "ftp://example.org",
        "//example.org",
        "",
        "https://example.org/" + "x" * 500,
    ],
)
def test_nothing_else_is_a_link(link: str) -> None:
    assert not is_link(link)


def test_a_link_that_is_none_is_named() -> None:
    assert told(wish(links=("https://a.example", "http://b.example"))) == {
        "links": "“http://b.example” is no https:// address: copy it from the browser."
    }
    many = tuple(f"https://a.example/{number}" for number in range(11))
    assert told(wish(links=many)) == {"links": "These are 11 links; give the 10 that matter most."}
    assert told(wish(links=many[:10])) == {}


def test_spaces_around_words_and_doubled_links_do_not_count() -> None:
    form = tidied(
        wish(reason=" because\n", service=" payments ", links=(" https://a.example ", "https://a.example", " "))
    )
    assert (form.reason, form.service, form.links) == ("because", "payments", ("https://a.example",))


def test_all_faults_are_in_the_refusal() -> None:
    two = [FieldFault("reason", "Say why."), FieldFault("until", "Say when.")]
    with pytest.raises(FaultyFields, match=r"Say why\. Say when\.") as caught:
        refuse(two)
    assert caught.value.facts["fields"] == tuple(two)
    refuse([])


def test_weeks_are_of_seven_days() -> None:
    assert last_day(date(2026, 11, 23), Span.parse("2 weeks")) == date(2026, 12, 7)
    assert last_day(date(2026, 11, 23), Span.parse("14 days")) == date(2026, 12, 7)


texts = st.text(max_size=20)


@CALM
@given(
    st.builds(
        Wish,
        target=st.sampled_from([None, CLAUSE, replace(CLAUSE, risk="x", seats=("a", "b"))]),
        until=st.none() | st.dates(),
        service=texts,
        tier=texts | st.sampled_from(["0", "3"]),
        reason=texts,
        remedied_by=st.none() | st.dates(),
        links=st.lists(st.text() | st.just("https://a.example"), max_size=12).map(tuple),
        answers=st.dictionaries(st.sampled_from(["exposure", "data", "x"]), texts, max_size=3),
        emergency=st.booleans(),
    )
)
def test_whatever_is_filled_in_gives_faults_and_never_an_error(form: Wish) -> None:
    found = faults(tidied(form), RULES, MONDAY)
    assert len({fault.field for fault in found}) == len(found)
    assert all(fault.sentence.endswith(".") for fault in found)


def test_a_form_is_read_by_the_names_of_its_fields() -> None:
    fields = {
        "until": "2026-12-31",
        "remedied_by": " 2026-12-30 ",
        "links": "https://a.example\nhttps://b.example  https://c.example",
        "service": "payments",
        "tier": "3",
        "reason": "Because.",
        "emergency": "yes",
        "emergency_reason": "Now.",
        "risk:exposure": "internal",
        "risk:data": "",
        "colour": "red",
    }
    assert filled_in(fields, CLAUSE, "EX-3") == Wish(
        target=CLAUSE,
        until=date(2026, 12, 31),
        remedied_by=date(2026, 12, 30),
        links=("https://a.example", "https://b.example", "https://c.example"),
        service="payments",
        tier="3",
        reason="Because.",
        emergency=True,
        emergency_reason="Now.",
        answers={"exposure": "internal"},
        renews="EX-3",
    )
    assert filled_in({}, None) == Wish(target=None, until=None)


@pytest.mark.parametrize("text", ["soon", "31.12.2026", "2026-02-30", "2026-13-01"])
def test_a_day_that_is_none_counts_as_missing(text: str) -> None:
    assert told(filled_in({"until": text}, CLAUSE))["until"].startswith("Give the last day")
