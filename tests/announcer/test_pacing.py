from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import Budget, Limit, Pace, Verb

ARCH, PLAT, TEAM = "slack:C0ARCH", "slack:C0PLAT", "teams:19:abc@thread.tacv2"


def sent(pace: Pace, room: str, verb: Verb, count: int, now: float = 0.0) -> list[float]:
    """When so many messages go that are all there at once."""
    return [pace.book(room, verb, now).at for _ in range(count)]


def test_a_slack_channel_gets_one_post_a_second_and_its_neighbour_its_own() -> None:
    pace = Pace()
    assert sent(pace, ARCH, Verb.POST, 3) == [0.0, 1.0, 2.0]
    assert pace.wait(PLAT, Verb.POST, 0.0) == 0.0
    assert pace.rest(ARCH, 0.5) == 2.5


def test_a_slack_workspace_gets_no_more_posts_than_it_stands_however_many_channels() -> None:
    pace = Pace()
    times = [pace.book(f"slack:C{number}", Verb.POST, 0.0).at for number in range(241)]
    assert (times[239], times[240]) == (0.0, 60.0)
    assert pace.rest("slack:C0NEW", 0.0) == 0.0  # which is not for the room to wait for


def test_what_a_platform_stands_as_a_whole_is_told_apart_from_what_a_room_does() -> None:
    pace = Pace()
    sent(pace, ARCH, Verb.POST, 3)
    sent(pace, TEAM, Verb.POST, 7)
    assert (pace.everywhere("slack", Verb.POST, 0.0), pace.everywhere("teams", Verb.POST, 0.0)) == (0.0, 0.0)
    sent(pace, ARCH, Verb.UPDATE, 50)
    assert (pace.everywhere("slack", Verb.UPDATE, 0.0), pace.everywhere("slack", Verb.POST, 0.0)) == (60.0, 0.0)
    assert pace.everywhere("unknown", Verb.POST, 0.0) == 0.0


def test_slack_updates_have_a_budget_of_their_own() -> None:
    pace = Pace()
    assert sent(pace, ARCH, Verb.UPDATE, 51)[-2:] == [0.0, 60.0]
    assert pace.wait(ARCH, Verb.POST, 0.0) == 0.0


def test_a_teams_thread_gets_what_microsoft_documents() -> None:
    times = sent(Pace(), TEAM, Verb.POST, 2_000)
    assert times[:9] == [0.0] * 7 + [1.0] + [2.0]
    for count, seconds in ((7, 1.0), (8, 2.0), (60, 30.0), (1_800, 3_600.0)):
        assert all(later - earlier >= seconds for earlier, later in zip(times, times[count:], strict=False))


def test_in_teams_posts_and_updates_share_their_limits() -> None:
    pace = Pace()
    sent(pace, TEAM, Verb.POST, 4)
    sent(pace, TEAM, Verb.UPDATE, 3)
    assert pace.wait(TEAM, Verb.UPDATE, 0.0) == 1.0


def test_all_teams_threads_together_get_thirty_a_second() -> None:
    pace = Pace()
    times = [pace.book(f"teams:19:{number}", Verb.POST, 0.0).at for number in range(31)]
    assert times[-2:] == [0.0, 1.0]


def test_a_factor_makes_everything_as_much_faster() -> None:
    assert sent(Pace(factor=100), ARCH, Verb.POST, 3) == pytest.approx([0.0, 0.01, 0.02])


def test_a_place_that_was_not_used_is_free_again() -> None:
    pace = Pace()
    booked = [pace.book(ARCH, Verb.POST, 0.0) for _ in range(2)]
    pace.give_back(booked[1])
    pace.give_back(booked[1])  # twice is once
    assert pace.book(ARCH, Verb.POST, 0.0).at == 1.0


def test_a_platform_without_limits_never_waits() -> None:
    assert sent(Pace({}), ARCH, Verb.POST, 100) == [0.0] * 100


def test_rooms_in_which_nothing_was_posted_for_long_are_forgotten() -> None:
    pace = Pace()
    for number in range(3_000):
        pace.book(f"slack:C{number}", Verb.POST, now=number * 10.0)
    assert len(pace._logs) < 2_000
    assert pace.wait("slack:C2999", Verb.POST, 29_990.0) == 1.0


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(0, 2**32))
def test_no_window_ever_holds_more_than_its_limit(gaps: list[float], seed: int) -> None:
    chance, now, times = random.Random(seed), 0.0, []
    limits = (Limit(2, 1.0), Limit(5, 7.0))
    pace = Pace({"slack": (Budget(frozenset({Verb.POST}), limits, each_room=True),)})
    for gap in gaps:
        now += gap
        booking = pace.book(ARCH, Verb.POST, now)
        assert booking.at >= now
        if chance.random() < 0.2:
            pace.give_back(booking)
        else:
            times.append(booking.at)
    times.sort()
    for limit in limits:
        assert all(
            later - earlier > limit.seconds - 1e-9 for earlier, later in zip(times, times[limit.count :], strict=False)
        )
