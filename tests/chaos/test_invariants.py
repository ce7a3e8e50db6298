"""The judge of the chaos runs finds what it is there to find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.invariants import Evidence, Line, judge
from tests.chaos.plan import Fault, Plan

PLAN = Plan(seed=1, messages=120, kills=0, rooms=4)


def a_good_run() -> Evidence:
    """As if nothing had ever gone wrong: each wish done in its turn, posted or updated in all rooms at once."""
    audit: list[Line] = []
    record: list[dict[str, Any]] = []
    posted: dict[int, list[tuple[str, str]]] = {}
    for wish in PLAN.wishes:
        by = str(wish.number)
        audit.append(Line(len(audit) + 1, "chaos.wished", wish.number, wish.about, by))
        if wish.kind == "withdraw":
            continue
        verb = "update" if wish.about in posted else "post"
        posted[wish.about] = [(room, f"{wish.about}") for room in wish.rooms]
        record += [taken(verb, room, wish.about, by) for room in wish.rooms]
        if wish.ring_after is not None:
            times = {"due": "2026-11-22T12:00:00+00:00", "at": "2026-11-22T12:00:00.5+00:00"}
            audit.append(Line(len(audit) + 1, "chaos.rang", wish.number, wish.about, f"ring{wish.number}", **times))
            record += [taken("update", room, wish.about, f"ring{wish.number}") for room in wish.rooms]
    return Evidence(PLAN, frozenset(wish.number for wish in PLAN.wishes), record, audit, {}, deaths=1)


def taken(verb: str, room: str, about: int, by: str, fault: Fault | None = None) -> dict[str, Any]:
    return {"verb": verb, "room": room, "id": str(about), "about": about, "by": by, "fault": fault}


def first_post(evidence: Evidence, platform: str) -> int:
    """Where in the record something was posted on a platform."""
    return next(
        n for n, each in enumerate(evidence.record) if each["verb"] == "post" and each["room"].startswith(platform)
    )


def again(evidence: Evidence, at: int, fault: Fault | None = None) -> Evidence:
    """The same, with one post made a second time; the first one was spoilt by `fault`."""
    record = list(evidence.record)
    record[at : at + 1] = [{**record[at], "fault": fault}, record[at]]
    return replace(evidence, record=record)


def test_a_good_run_holds_and_is_counted() -> None:
    verdict = judge(a_good_run())
    assert verdict.holds, list(verdict.sentences())
    assert verdict.figures["messages"] >= PLAN.messages
    assert verdict.figures["timers"] > 0
    assert verdict.figures["timers late p99, s"] == 0.5


def test_an_acknowledged_delivery_without_effect_is_found() -> None:
    good = a_good_run()
    change = next(wish.number for wish in PLAN.wishes if wish.kind == "change")
    broken = replace(good, audit=[line for line in good.audit if line.number != change])
    assert judge(broken).breaches["acknowledged without effect"] == [f"wish {change}"]


def test_an_effect_that_happens_twice_is_found() -> None:
    good = a_good_run()
    assert judge(replace(good, audit=[*good.audit, good.audit[0]])).breaches["effect more than once"]


def test_a_lost_post_is_found() -> None:
    good = a_good_run()
    at = first_post(good, "slack")
    room, about = good.record[at]["room"], good.record[at]["about"]
    record = [each for each in good.record if (each["room"], each["about"]) != (room, about)]
    verdict = judge(replace(good, record=record))
    assert verdict.figures["lost"] == 1
    assert verdict.breaches["lost"] == [f"announcement {about} in {room}"]


def test_posts_in_another_order_than_they_were_committed_are_found() -> None:
    good = a_good_run()
    room = good.record[0]["room"]
    ours = [n for n, each in enumerate(good.record) if each["room"] == room and each["verb"] == "post"]
    record = list(good.record)
    record[ours[0]], record[ours[1]] = record[ours[1]], record[ours[0]]
    assert judge(replace(good, record=record)).figures["reordered"] == 1


def test_a_double_in_slack_is_found_whatever_caused_it() -> None:
    good = a_good_run()
    verdict = judge(again(good, first_post(good, "slack"), Fault.TAKEN_AND_CUT))
    assert verdict.figures["doubled in Slack"] == 1
    assert not verdict.holds


def test_a_double_in_teams_is_counted_by_its_cause() -> None:
    good = a_good_run()
    at = first_post(good, "teams")
    verdict = judge(again(good, at, Fault.TAKEN_AND_TIMEOUT))
    assert verdict.figures["doubled in Teams, outcome unknown"] == 1
    assert verdict.holds
    verdict = judge(again(good, at))
    assert verdict.figures["doubled in Teams, after a crash"] == 1
    assert verdict.holds  # there was one crash
    verdict = judge(again(again(good, at), at))
    assert verdict.breaches["more doubles in Teams than crashes"] == ["2 doubles, 1 crashes"]


def test_a_post_that_was_never_brought_up_to_date_is_found() -> None:
    good = a_good_run()
    last = max(n for n, each in enumerate(good.record) if each["verb"] == "update")
    record = [each for n, each in enumerate(good.record) if n != last]
    assert len(judge(replace(good, record=record)).breaches["stale"]) == 1


@pytest.mark.parametrize(
    ("spoil", "breach"),
    [
        (lambda lines, ring: [line for line in lines if line is not ring], "timer lost"),
        (lambda lines, ring: [*lines, ring], "timer more than once"),
        (lambda lines, ring: [replace(line, at="2026-11-22T11:59:59+00:00") if line is ring else line for line in lines], "timer early"),
    ],
)  # fmt: skip
def test_a_timer_that_is_lost_or_early_or_rings_twice_is_found(spoil: Any, breach: str) -> None:
    good = a_good_run()
    ring = next(line for line in good.audit if line.action == "chaos.rang")
    assert judge(replace(good, audit=spoil(good.audit, ring))).breaches[breach]


def test_what_is_left_over_and_a_broken_chain_are_found() -> None:
    verdict = judge(replace(a_good_run(), unfinished={"recorded deliveries": 2}, audit_fault="entry 7 was altered"))
    assert list(verdict.sentences()) == [
        "left over in the database: 1, such as 2 recorded deliveries",
        "audit: 1, such as entry 7 was altered",
    ]
