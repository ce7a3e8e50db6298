from bot.slack.replays import Deliveries
from tests.slack.room import Clock


def test_a_key_is_new_once() -> None:
    deliveries = Deliveries(Clock())
    assert [deliveries.is_new(key) for key in ("a", "b", "a", "b", "c")] == [True, True, False, False, True]


def test_a_key_is_remembered_for_as_long_as_slack_may_deliver_it_again() -> None:
    clock = Clock()
    deliveries = Deliveries(clock)
    for second in range(0, 2000, 7):
        clock.seconds += 7
        assert deliveries.is_new(f"at {second}")
        if second >= 399:
            assert not deliveries.is_new(f"at {(second - 390) // 7 * 7}")


def test_it_is_forgotten_in_the_end() -> None:
    clock = Clock()
    deliveries = Deliveries(clock, seconds=10)
    deliveries.is_new("a")
    clock.seconds += 30
    assert deliveries.is_new("a")
    assert len(deliveries) == 1


def test_a_flood_of_distinct_deliveries_stays_bounded_and_the_latest_are_remembered() -> None:
    deliveries = Deliveries(Clock(), most=1000)
    for number in range(50_000):
        assert deliveries.is_new(str(number))
        assert len(deliveries) <= 2000
    assert not any(deliveries.is_new(str(number)) for number in range(49_000, 50_000))
