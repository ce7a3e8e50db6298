"""A seed decides everything that a run does."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from tests.chaos.decisions import STORIES, Decisions
from tests.chaos.plan import POINTS, Fault, Plan


def test_the_same_seed_plans_the_same_faults_kills_and_deliveries() -> None:
    one, same, other = (Plan(seed, messages=500, kills=20) for seed in (7, 7, 8))

    def all_of(plan: Plan) -> tuple[object, ...]:
        fates = tuple(plan.fate(slot, life) for slot in range(3) for life in range(20))
        return plan.wishes, fates, tuple(islice(plan.faults("slack"), 500))

    assert all_of(one) == all_of(same)
    assert all(a != b for a, b in zip(all_of(one), all_of(other), strict=True))


def test_six_requests_in_a_hundred_go_wrong_and_in_every_way() -> None:
    drawn = Counter(islice(Plan(1, 1, 0).faults("teams"), 50_000))
    assert set(drawn) == {None, *Fault}
    assert 1 - drawn[None] / 50_000 >= 0.06


def test_processes_die_at_every_point_and_anywhere() -> None:
    plan = Plan(1, 1, 0)
    assert {plan.fate(0, life).point for life in range(400)} == {*POINTS, "at random"}


def test_there_are_as_many_messages_as_were_asked_for() -> None:
    plan = Plan(3, messages=1_000, kills=0)
    said = [wish for wish in plan.wishes if wish.kind == "say"]
    assert 1_000 <= sum(len(wish.rooms) for wish in said) < 1_012
    assert all(set(wish.rooms) <= set(plan.all_rooms) for wish in said)
    assert {wish.kind for wish in plan.wishes} == {"say", "change", "withdraw"}


def test_a_seed_decides_who_decides_what_and_nobody_does_two_things_at_once_through_one_account() -> None:
    one, same, other = (Decisions(Plan(seed, 1, 0, decisions=300)).cases for seed in (7, 7, 8))
    assert one == same != other
    waves = [wave for case in one for wave in case.waves]
    assert 300 <= sum(map(len, waves)) < 310
    assert all(len({deed.account for deed in wave}) == len(wave) for wave in waves)
    assert {tuple(sorted(deed.does for deed in case.waves[1])) for case in one} == {
        tuple(sorted(does for does, _, _ in story[1][1])) for story in STORIES.values()
    }
