"""Who sits where: proved against trying out every seating there is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.governance import Seat
from bot.domain.seats import joined, places, seated, unfilled
from tests.domain.cast import CALM

ROLES = ("architect", "platform", "security", "director")
roles = st.frozensets(st.sampled_from(ROLES), max_size=3)
rules = st.lists(st.builds(Seat, st.sampled_from(ROLES), st.integers(1, 2)), max_size=3, unique_by=lambda s: s.role)


def every_seating(at: Sequence[str], people: Sequence[frozenset[str]]) -> list[tuple[int, ...]]:
    """All ways in which these people can all sit, tried one by one."""
    return [
        chosen
        for chosen in permutations(range(len(at)), len(people))
        if all(at[place] in held for place, held in zip(chosen, people, strict=True))
    ]


def fillable(at: Sequence[str], people: Sequence[frozenset[str]]) -> int:
    """How many of the places people could fill, tried one by one."""
    if not at:
        return 0
    best = fillable(at[1:], people)
    for number, held in enumerate(people):
        if at[0] in held:
            best = max(best, 1 + fillable(at[1:], [*people[:number], *people[number + 1 :]]))
    return best


@settings(CALM, max_examples=300)
@given(rules, st.lists(roles, max_size=4), st.lists(roles, max_size=4))
def test_the_seating_leaves_the_most_others_fillable(
    seats: list[Seat], voices: list[frozenset[str]], others: list[frozenset[str]]
) -> None:
    at = places(seats)
    possible = every_seating(at, voices)
    found = seated(seats, voices, others)
    if found is None:
        assert possible == []
        return
    assert found in possible

    def left(chosen: tuple[int, ...]) -> int:
        return fillable([role for place, role in enumerate(at) if place not in chosen], others)

    assert left(found) == max(left(chosen) for chosen in possible)


@CALM
@given(rules, st.lists(roles, max_size=5))
def test_without_knowing_the_others_a_seating_is_found_whenever_there_is_one(
    seats: list[Seat], voices: list[frozenset[str]]
) -> None:
    assert (seated(seats, voices) is None) == (every_seating(places(seats), voices) == [])


@CALM
@given(rules, st.lists(roles, max_size=4), roles)
def test_a_seating_moves_for_a_further_voice_and_nobody_loses_their_seat(
    seats: list[Seat], voices: list[frozenset[str]], further: frozenset[str]
) -> None:
    if seated(seats, [*voices, further]) is not None:
        assert seated(seats, voices) is not None


def test_who_holds_two_roles_leaves_the_seat_that_another_can_fill() -> None:
    both = [Seat("architect"), Seat("director")]
    dora = {"architect", "director"}
    assert seated(both, [dora], [{"architect"}]) == (1,)
    assert seated(both, [dora], [{"director"}]) == (0,)
    assert seated(both, [dora, {"architect"}]) == (1, 0)
    assert seated(both, [dora, {"director"}]) == (0, 1)


def test_one_human_fills_one_seat_whatever_they_hold() -> None:
    assert unfilled([Seat("architect"), Seat("security")], [0]) == (Seat("security"),)
    assert seated([Seat("architect", 2)], [{"architect"}]) == (0,)
    assert unfilled([Seat("architect", 2)], [0]) == (Seat("architect", 1),)
    assert seated([Seat("architect")], [{"architect"}, {"architect"}]) is None


def test_a_standard_adds_seats_and_removes_none() -> None:
    rule = (Seat("architect"), Seat("security", 2))
    assert joined(rule, []) == rule
    assert joined(rule, [Seat("security")]) == rule
    assert joined(rule, [Seat("architect", 2), Seat("director")]) == (
        Seat("architect", 2),
        Seat("security", 2),
        Seat("director"),
    )


@CALM
@given(rules, rules)
def test_of_each_role_there_are_as_many_as_either_rule_wants(one: list[Seat], other: list[Seat]) -> None:
    for role in ROLES:
        wanted = [sum(seat.people for seat in seats if seat.role == role) for seats in (one, other)]
        assert sum(seat.people for seat in joined(one, other) if seat.role == role) == max(wanted)
