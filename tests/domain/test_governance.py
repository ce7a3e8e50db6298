"""What `governance.yaml` may say: the starter file word for word, left-out parts, and every fault with its line."""

from __future__ import annotations

from datetime import date
from datetime import time as clock
from zoneinfo import ZoneInfo

import pytest

from bot.domain.calendar import Span, Unit
from bot.domain.governance import Escalation, Governance, Meeting, Role, Rule, Seat
from bot.domain.governance_reading import read
from bot.errors import ConfigurationError
from knowledge import governance
from knowledge.frontmatter import FaultyYaml
from knowledge.governance import File

STARTER = governance.starter()
ROLES = "roles:\n  architect: {people: [ada@example.org]}\n  security: {people: [sam@example.org]}\n"


def understood(text: str, revision: str = "") -> Governance:
    values, lines = File(text.encode()).values()
    return read(values, lines, STARTER.values()[0], revision=revision, digest="d1")


def faults(text: str) -> list[str]:
    with pytest.raises((ConfigurationError, FaultyYaml)) as caught:
        understood(text)
    return str(caught.value).split("\n")


def test_the_starter_file_is_without_fault_and_says_what_it_says() -> None:
    found = understood(STARTER.data.decode(), "3f1c")
    assert found.role("architect") == Role(
        ("ada@example.org", "alan@example.org"),
        ("S012ARCH",),
        ("3f2c7d1e-5b64-4c0a-9a41-2d8f6e0b1c97",),
        ("slack:C0ARCH", "teams:19:arch@thread.tacv2"),
        "dora@example.org",
    )
    assert found.decide["high"] == Rule(
        (Seat("security"), Seat("director")),
        Span(5, Unit.BUSINESS_DAY),
        Span(90, Unit.DAY),
        Span(20, Unit.BUSINESS_DAY),
        ("reason", "compensating_controls", "remediation"),
        formal_acceptance=True,
    )
    assert found.decide["emergency"].second_look == Span(3, Unit.BUSINESS_DAY)
    assert found.decide["emergency"].within == Span(1, Unit.HOUR)
    assert list(found.risk.levels.items()) == [("low", 0), ("moderate", 3), ("high", 5)]
    assert found.risk.questions["tier"] == {"3": 0, "2": 1, "1": 2, "0": 3}
    assert [str(span) for span in found.warn_before_expiry] == ["30 days", "7 days", "1 day"]
    assert found.escalate == Escalation(Span(1, Unit.BUSINESS_DAY), "director")
    assert found.reviews.outcomes["board"].reviewers == (Seat("architect", 2), Seat("security"))
    assert found.reviews.outcomes["board"].meets == Meeting(1, clock(14))
    assert found.reviews.areas["network"] == ("alan@example.org",)
    assert found.incidents.announce["SEV-1"] == ("slack:C0INC",)
    assert (found.calendar.zone, found.calendar.closes) == (ZoneInfo("Europe/London"), clock(17, 30))
    assert found.calendar.holidays == {date(2026, 12, 25)}
    assert found.revision == "3f1c"


def test_left_out_parts_take_the_starter_files_values() -> None:
    starter, found = understood(STARTER.data.decode()), understood(ROLES)
    assert set(found.roles) == {"architect", "security"}
    for part in ("calendar", "risk", "decide", "warn_before_expiry", "escalate", "reviews", "incidents"):
        assert getattr(found, part) == getattr(starter, part)
    assert found.revision == "d1"  # without a commit the digest


def test_left_out_lines_of_a_rule_take_the_starter_files_values_too() -> None:
    found = understood(f"{ROLES}decide:\n  low: {{seats: [security], within: 1 day}}\n  high:\n")
    assert found.decide["low"].seats == (Seat("security"),)
    assert found.decide["low"].at_most == Span(180, Unit.DAY)
    assert found.decide["high"].formal_acceptance
    assert understood("calendar: {timezone: Asia/Tokyo}\n").calendar.opens == clock(9)


def test_what_the_starter_file_asks_of_a_role_that_is_not_there_is_no_fault_of_the_author() -> None:
    found = understood("roles: {architect: {people: [ada@example.org]}}\n")
    assert Seat("director") in found.decide["high"].seats
    assert found.role("director") == Role()


def test_levels_of_ones_own_have_rules_of_their_own() -> None:
    text = f"{ROLES}risk: {{levels: {{minor: 0, major: 4}}}}\n"
    assert faults(text) == [
        "governance.yaml:4: risk.levels.major: has no rule; add decide.major with seats, within, lapse and at_most",
        "governance.yaml:4: risk.levels.minor: has no rule; add decide.minor with seats, within, lapse and at_most",
    ]
    rule = "{seats: [security], within: 2 days, lapse: 9 days, at_most: 90 days}"
    found = understood(f"{text}decide:\n  minor: {rule}\n  major: {rule}\n")
    assert set(found.decide) == {"minor", "major", "emergency"}


def test_who_holds_which_role() -> None:
    found = understood(STARTER.data.decode())
    assert found.roles_of("ada@example.org") == {"architect"}
    assert found.roles_of("Dora@Example.ORG") == {"director"}
    assert found.roles_of("", {"slack:S012ARCH"}) == {"architect"}
    assert found.roles_of("sam@example.org", {"entra:3f2c7d1e-5b64-4c0a-9a41-2d8f6e0b1c97"}) == {
        "architect",
        "security",
    }
    assert found.roles_of("", {"slack:S999", "teams:S012ARCH"}) == frozenset()
    assert found.groups == {"slack:S012ARCH", "entra:3f2c7d1e-5b64-4c0a-9a41-2d8f6e0b1c97"}


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada@example.org ",
        "ada+x@example.org",
        "аda@example.org",  # a Cyrillic а
        "ada@example.org.evil.example",
        "a.da@example.org",
        "\u212aada@example.org",
    ],
)
def test_addresses_that_look_alike_hold_no_role(email: str) -> None:
    assert understood(STARTER.data.decode()).roles_of(email) == frozenset()


def test_the_kelvin_sign_is_no_k() -> None:
    found = understood("roles: {architect: {people: [Kay@example.org]}}\n")
    assert found.roles_of("kay@example.org") == {"architect"}
    assert found.roles_of("\u212aay@example.org") == frozenset()


def test_without_a_file_nobody_holds_a_role() -> None:
    assert Governance().roles_of("ada@example.org", {"slack:S012ARCH"}) == frozenset()
    assert Governance().role("architect") == Role()
    assert Governance().groups == frozenset()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("- roles\n", 1, "governance.yaml:1: must be a mapping with roles, risk, decide"),
        ("just words\n", 1, "must be a mapping"),
        ("roles: 5\n", 1, "roles: must be a mapping"),
        ("roles: {}\n", 1, "roles: names no role; add at least one"),
        ("role:\n  architect: {}\n", 1, "role: is no key that is known; did you mean roles?"),
        ("colour: red\n", 1, "colour: is no key that is known; known are roles, risk, decide"),
        ("roles:\n  architect: [ada@example.org]\n", 2, "roles.architect: must be a mapping with people, slack_groups"),
        ("roles:\n  architect:\n", 2, "roles.architect: must be a mapping"),
        ("roles:\n  architect: {lead: ada@example.org}\n", 2, "roles.architect: is held by nobody; add people"),
        ("roles:\n  a:\n    persons: []\n    people: []\n", 3, "roles.a.persons: is no key that is known"),
        ("roles:\n  a:\n    people: ada@example.org\n", 3, "roles.a.people: must be a list, written like [one, two]"),
        ("roles:\n  a:\n    people:\n      - ada\n", 4, 'roles.a.people: "ada" is no e-mail address'),
        ("roles:\n  a:\n    people: [ada@example.org, 7]\n", 3, "roles.a.people: must be a text like ada@example.org, not 7"),
        ("roles:\n  a:\n    people: [x@y.org, X@y.org]\n", 3, 'roles.a.people: "x@y.org" is given twice; keep one'),
        ("roles:\n  a:\n    people: []\n    lead: dora\n", 4, 'roles.a.lead: "dora" is no e-mail address'),
        ("roles:\n  a:\n    slack_groups: [architects]\n", 3, '"architects" is no id of a Slack user group'),
        ("roles:\n  a:\n    entra_groups: [The Architects]\n", 3, "is no object id of an Entra group"),
        ("roles:\n  a:\n    people: []\n    rooms: ['#arch']\n", 4, '"#arch" is no room; write slack:CHANNEL_ID'),
        ("roles:\n  a:\n    people: []\n    rooms: [slack:arch]\n", 4, '"slack:arch" is no room'),
        ("roles:\n  a:\n    people: []\n    rooms: [C0ARCH]\n", 4, '"C0ARCH" is no room'),
        ("risk: high\n", 1, "risk: must be a mapping"),
        ("risk:\n  questions:\n    data: [a, b]\n", 3, "risk.questions.data: must be a mapping"),
        ("risk:\n  questions:\n    data: {}\n", 3, "risk.questions.data: has no answers"),
        ("risk:\n  questions:\n    data: {a: -1}\n", 3, "risk.questions.data.a: must be a whole number from 0"),
        ("risk:\n  questions:\n    data: {a: 1.5}\n", 3, "must be a whole number from 0 to 1000, not 1.5"),
        ("risk:\n  questions:\n    data: {a: true}\n", 3, "must be a whole number from 0 to 1000, not true"),
        ("risk:\n  levels: {low: 1, moderate: 3, high: 5}\n", 2, "risk.levels.low: is the lowest and must begin at 0 points, not 1"),
        ("risk:\n  levels: {low: 0, moderate: 3, high: 3}\n", 2, "risk.levels.high: begins at 3 points, and moderate before it at 3; write the"),
        ("risk:\n  levels: {emergency: 0, low: 1}\n", 2, "risk.levels.emergency: is chosen by the asker and is no level"),
        ("risk:\n  levels: {}\n", 2, "risk.levels: is empty; name at least one"),
        ("decide: [low]\n", 1, "decide: must be a mapping"),
        ("decide:\n  low: yes please\n", 2, "decide.low: must be a mapping"),
        ("decide:\n  lower: {seats: [architect]}\n", 2, "decide.lower: is no level of risk; did you mean low?"),
        ("decide:\n  low:\n    seats: []\n", 3, "decide.low.seats: names no seat; somebody has to decide"),
        ("decide:\n  low:\n    seats: architect\n", 3, "decide.low.seats: must be a list"),
        ("decide:\n  low:\n    seats: [architekt]\n", 3, '"architekt" is no role; did you mean architect?'),
        ("decide:\n  low:\n    seats:\n      - {people: 1}\n", 4, "lacks the role; write {role: architect, people: 1}"),
        ("decide:\n  low:\n    seats: [{role: architect, people: 0}]\n", 3, "must be a whole number from 1 to 20, not 0"),
        ("decide:\n  low:\n    seats: [{role: architect, persons: 1}]\n", 3, "persons: is no key that is known"),
        ("decide:\n  low:\n    seats: [architect, architect]\n", 3, "architect is named twice; write it once"),
        ("decide:\n  low:\n    seats: [{role: platform, people: 2}]\n", 3, "decide.low.seats: could never be filled: one person fills one seat"),
        ("decide:\n  low:\n    within: soon\n", 3, 'decide.low.within: "soon" is no length of time; write a length'),
        ("decide:\n  low:\n    within: 2\n", 3, "decide.low.within: 2 is no length of time"),
        ("decide:\n  low:\n    within: 0 days\n", 3, "is 0 days; write a length of time that passes"),
        ("decide:\n  low:\n    within: 30 business days\n", 3, "lapse (after 20 business days) before its deadline"),
        ("decide:\n  low:\n    at_most: 90 hours\n", 3, "at_most: is counted in days of the calendar"),
        ("decide:\n  low:\n    requires: [reasons]\n", 3, '"reasons" is no field of a request; did you mean reason?'),
        ("decide:\n  low:\n    requires: [reason, reason]\n", 3, '"reason" is given twice; keep one'),
        ("decide:\n  high:\n    formal_acceptance: sure\n", 3, "must be true or false, not \"sure\""),
        ("decide:\n  low:\n    second_look: 3 days\n", 3, "decide.low.second_look: is no key here; it belongs under decide.emergency"),
        ("warn_before_expiry: 30 days\n", 1, "warn_before_expiry: must be a list"),
        ("warn_before_expiry:\n  - 30 days\n  - 2 hours\n", 3, "2 hours: warnings come whole days before the end"),
        ("escalate: {after: later}\n", 1, 'escalate.after: "later" is no length of time'),
        ("escalate: {to: boss}\n", 1, 'escalate.to: "boss" is no role; choose one of architect, platform'),
        ("reviews:\n  outcomes:\n    light: {reviewers: [architect]}\n", 3, "reviews.outcomes.light: lacks from"),
        ("reviews:\n  outcomes:\n    none: {from: 0}\n    light: {from: 0}\n", 4, "reviews.outcomes.light: begins at 0 points, and none before it at 0"),
        ("reviews:\n  outcomes:\n    none: {from: 0, meets: Tuesdays}\n", 3, '"Tuesdays" is no weekday and time; write it like "Tuesday'),
        ("reviews:\n  outcomes:\n    none: {from: 0, agenda: 1 day}\n", 3, "agenda: is posted before a meeting; add meets"),
        ("reviews:\n  areas: {network: [alan]}\n", 2, '"alan" is no e-mail address'),
        ("incidents:\n  announce: {sev1: [slack:C0INC]}\n", 2, "incidents.announce.sev1: is no severity"),
        ("incidents: {assess_emergency_change: never}\n", 1, '"never" is no length of time'),
        ("calendar: London\n", 1, "calendar: must be a mapping"),
        ("calendar:\n  timezone: Europe/Londen\n", 2, '"Europe/Londen" is no time zone; did you mean Europe/London?'),
        ("calendar:\n  timezone: Europe\n", 2, '"Europe" is no time zone'),
        ("calendar:\n  timezone: ../../etc/passwd\n", 2, "is no time zone"),
        ("calendar:\n  business_hours: 9 to 5\n", 2, 'is not from one time to a later one; write it like "09:00-17:30"'),
        ("calendar:\n  business_hours: 17:30-09:00\n", 2, "is not from one time to a later one"),
        ("calendar:\n  business_hours: 09:00-25:00\n", 2, "is not from one time to a later one"),
        ("calendar:\n  holidays: 2026-12-25\n", 2, "calendar.holidays: must be a list"),
        ("calendar:\n  holidays:\n    - 2026-12-25\n    - Christmas\n", 4, '"Christmas" is no day; write it like'),
        ("calendar:\n  holidays: [2026-02-30]\n", 2, "2026-02-30 is no date of the calendar"),
        ("roles: {a: 1}\nroles: {b: 2}\n", 2, "the key 'roles' is given twice; keep one"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_line_and_mend(text: str, line: int, reason: str) -> None:
    found = faults(text)
    assert any(fault.startswith(f"governance.yaml:{line}: ") and reason in fault for fault in found), found


def test_all_faults_are_told_at_once_from_top_to_bottom() -> None:
    found = faults("calendar: {timezone: Mars}\nroles:\n  a: {people: [x]}\nrisk:\n  levels: {low: 2}\ncolour: red\n")
    assert [int(fault.split(":")[1]) for fault in found] == [1, 3, 5, 6]


def test_business_hours_may_last_all_day() -> None:
    found = understood('calendar: {business_hours: "00:00-24:00"}\n').calendar
    assert (found.opens, found.closes) == (clock(0), None)


def test_a_short_seat_is_one_person_of_a_role() -> None:
    found = understood(f"{ROLES}decide: {{low: {{seats: [architect]}}}}\n")
    assert found.decide["low"].seats == (Seat("architect", 1),)


@pytest.mark.parametrize(
    "text",
    [
        "roles: {" + ", ".join(f"r{n}: 1" for n in range(1500)) + "}\n",
        "\n".join(f"key{n}: 1" for n in range(1500)),
        "roles:\n  a:\n    people: [" + ", ".join("x" for _ in range(5000)) + "]\n",
        "roles:\n  " + "a" * 16_000 + ": {people: []}\n",
    ],
)
def test_a_hostile_file_is_refused_as_any_other(text: str) -> None:
    assert faults(text[: 16 * 1024])
