"""What is remembered of activities that came."""

from __future__ import annotations

from bot.teams.seen import REMEMBERED_SECONDS, SeenActivities
from tests.teams.room import Clock


def test_an_activity_is_new_once_for_each_conversation() -> None:
    seen = SeenActivities(Clock())
    assert seen.is_new("a", "1")
    assert not seen.is_new("a", "1")
    assert seen.is_new("b", "1")


def test_an_activity_without_an_id_is_always_new() -> None:
    seen = SeenActivities(Clock())
    assert seen.is_new("a", "")
    assert seen.is_new("a", "")


def test_ids_are_forgotten_after_a_while() -> None:
    clock = Clock()
    seen = SeenActivities(clock)
    assert seen.is_new("a", "1")
    clock.seconds += REMEMBERED_SECONDS + 1
    assert seen.is_new("a", "1")


def test_a_flood_does_not_fill_the_memory() -> None:
    seen = SeenActivities(Clock())
    for number in range(25_000):
        assert seen.is_new("a", str(number))
    assert len(seen) <= 10_000
    assert not seen.is_new("a", "24999")
