from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import select, update

from bot.domain.announcements import Announcement, Posted
from bot.store import lanes as lanes_module
from bot.store.attempts import Arrived, Attempt, Due, Failed, Held, LaneLost, Unsent, Vanished
from bot.store.database import Database, seconds_now
from bot.store.lanes import Lanes
from bot.store.outbox import AT_ONCE
from bot.store.tables import lane, posting
from bot.store.transaction import Transaction
from tests.databases import Clock

ARCH, PLAT, TEAM = "slack:C0ARCH", "slack:C0PLAT", "teams:19:abc@thread.tacv2"
LEASE = 60.0
T = TypeVar("T")


def announce(database: Database, key: str, *rooms: str, text: str = "a") -> None:
    announcement = Announcement(key, "STD-004", "document_changed", {"text": text})
    database.write_now(lambda unit: unit.outbox.announce(announcement, rooms))


def write(database: Database, work: Callable[[Lanes], T]) -> T:
    return database.write_now(lambda unit: work(Lanes(unit.connection, unit.now)))


def due(database: Database, platform: str = "slack", most: int = 10, lease: float = 0) -> list[str]:
    found = database.read_now(
        lambda unit: Lanes(unit.connection, unit.now).due(platform, lease, first=most, again=most, updates=most)
    )
    return [each.room for each in found]


def claim(database: Database, *rooms: str, lease: float = LEASE) -> list[Held]:
    return list(write(database, lambda lanes: lanes.claim(rooms, "somebody", lease)))


def begin(database: Database, held: Held, *verbs: str) -> Attempt | None:
    return write(database, lambda lanes: lanes.begin(held, verbs or ("post", "update")))


def finish(database: Database, attempt: Attempt, outcome: Arrived | Failed | Vanished | Unsent) -> None:
    write(database, lambda lanes: lanes.finish(attempt, outcome))


def arrive(database: Database, held: Held, *verbs: str) -> str | None:
    """Carries out the next attempt; gives its key."""
    attempt = begin(database, held, *verbs)
    if attempt:
        finish(database, attempt, Arrived(Posted(held.room, f"post of {attempt.announcement.key}")))
    return attempt.announcement.key if attempt else None


def pass_time(database: Database) -> None:
    """As if all the time had passed after which something is tried again."""
    database.write_now(lambda unit: unit.connection.execute(update(posting).values(at=AT_ONCE)))


def wait_until(happens: Callable[[], object]) -> None:
    while not happens():
        threading.Event().wait(0.02)


def test_a_lane_is_held_by_one_at_a_time(database: Database) -> None:
    announce(database, "k", ARCH, PLAT)
    assert sorted(due(database)) == [ARCH, PLAT]
    assert [held.room for held in claim(database, ARCH)] == [ARCH]
    assert claim(database, ARCH) == []
    assert due(database) == [PLAT]


def test_a_lane_that_is_let_go_can_be_taken_at_once(database: Database) -> None:
    announce(database, "k", ARCH)
    (held,) = claim(database, ARCH)
    write(database, lambda lanes: lanes.let_go(held))
    (again,) = claim(database, ARCH)
    assert again.fence == held.fence + 1


def test_a_lane_is_taken_over_when_its_lease_has_run_out_and_its_slow_owner_writes_nothing(database: Database) -> None:
    announce(database, "k", ARCH)
    (slow,) = claim(database, ARCH, lease=0.05)
    attempt = begin(database, slow)
    assert attempt
    wait_until(lambda: due(database))
    (quick,) = claim(database, ARCH, lease=0.0)  # a server that has just started would make it wait for the lease
    write(database, lambda lanes: lanes.hold(quick, LEASE))

    def receipt(unit: Transaction) -> None:
        lanes = Lanes(unit.connection, unit.now)
        lanes.hold(slow, LEASE)
        lanes.finish(attempt, Arrived(Posted(ARCH, "too late")))

    with pytest.raises(LaneLost):
        database.write_now(receipt)
    write(database, lambda lanes: lanes.let_go(slow))  # which is not its own to let go any more
    assert claim(database, ARCH) == []
    again = begin(database, quick)
    assert again
    assert again.maybe_posted


def test_who_holds_a_lane_keeps_it_with_every_sign_of_life(database: Database) -> None:
    announce(database, "k", ARCH)
    (held,) = claim(database, ARCH, lease=0.05)
    write(database, lambda lanes: lanes.hold(held, LEASE))
    left = select(lane.c.leased_until - seconds_now)
    assert database.read_now(lambda unit: unit.connection.execute(left).scalar_one()) > LEASE / 2


def test_posts_go_in_the_order_in_which_they_were_announced(database: Database) -> None:
    for number in range(3):
        announce(database, f"k{number}", ARCH)
    (held,) = claim(database, ARCH)
    assert [arrive(database, held) for _ in range(4)] == ["k0", "k1", "k2", None]


def test_a_message_whose_outcome_is_not_known_blocks_those_behind_it_and_no_other_lane(database: Database) -> None:
    announce(database, "k0", ARCH, PLAT)
    announce(database, "k1", ARCH, PLAT)
    lanes = {held.room: held for held in claim(database, ARCH, PLAT)}
    attempt = begin(database, lanes[ARCH])
    assert attempt
    finish(database, attempt, Failed("no answer", 60, known=False))
    assert begin(database, lanes[ARCH]) is None
    assert [arrive(database, lanes[PLAT]) for _ in range(2)] == ["k0", "k1"]
    pass_time(database)
    again = begin(database, lanes[ARCH])
    assert again
    assert (again.announcement.key, again.maybe_posted, again.attempts) == ("k0", True, 1)
    finish(database, again, Arrived(Posted(ARCH, "found")))
    assert arrive(database, lanes[ARCH]) == "k1"


def test_a_lane_in_which_there_is_nothing_to_do_yet_is_not_due(database: Database) -> None:
    announce(database, "k0", ARCH)
    announce(database, "k1", ARCH)
    (held,) = claim(database, ARCH)
    attempt = begin(database, held)
    assert attempt
    finish(database, attempt, Failed("no answer", 60, known=False))
    write(database, lambda lanes: lanes.let_go(held))
    assert due(database) == []
    pass_time(database)
    assert due(database) == [ARCH]


def test_what_is_tried_again_waits_for_the_databases_clock(database: Database) -> None:
    announce(database, "k", ARCH)
    (held,) = claim(database, ARCH)
    attempt = begin(database, held)
    assert attempt
    finish(database, attempt, Failed("no answer", 0.05, known=False))
    wait_until(lambda: begin(database, held))


def test_a_clock_that_was_ahead_or_behind_for_a_while_holds_nothing_up(database: Database, clock: Clock) -> None:
    clock.advance(days=3)
    announce(database, "ahead", ARCH)
    clock.advance(days=-3)
    announce(database, "behind", ARCH)
    (held,) = claim(database, ARCH)
    attempt = begin(database, held)
    assert attempt
    clock.advance(days=3)
    finish(database, attempt, Failed("no answer", 0, known=False))
    clock.advance(days=-6)
    assert [arrive(database, held) for _ in range(3)] == ["ahead", "behind", None]
    announce(database, "ahead", text="b")
    assert arrive(database, held) == "ahead"


def test_what_may_not_be_done_now_hides_nothing_that_may(database: Database) -> None:
    rooms = [f"slack:C{number}" for number in range(4)]
    announce(database, "old", *rooms)
    for held in claim(database, *rooms):
        arrive(database, held)
        write(database, lambda lanes, held=held: lanes.let_go(held))  # type: ignore[misc]
    announce(database, "old", text="b")
    announce(database, "doubtful", PLAT)
    (held,) = claim(database, PLAT)
    begin(database, held)
    write(database, lambda lanes: lanes.let_go(held))
    announce(database, "new", ARCH, rooms[0])
    for kind, found in {"first": {ARCH, rooms[0]}, "again": {PLAT}, "updates": set(rooms)}.items():
        assert {each.room for each in kinds_due(database, **{kind: 10})} == found
        assert len(kinds_due(database, **{kind: 1})) == 1
    everything = {each.room: each for each in kinds_due(database, first=2, again=1, updates=4)}
    assert everything[rooms[0]] == Due(rooms[0], first=True, updates=True)
    assert everything[PLAT] == Due(PLAT, again=True)
    assert len(everything) == 6


def kinds_due(database: Database, **most: int) -> tuple[Due, ...]:
    return database.read_now(lambda unit: Lanes(unit.connection, unit.now).due("slack", LEASE, **most))


def test_a_post_that_was_never_tried_is_not_begun_where_none_may_be(database: Database) -> None:
    announce(database, "old", ARCH)
    (held,) = claim(database, ARCH)
    arrive(database, held)
    announce(database, "new", ARCH)

    def next_one() -> Attempt | None:
        return write(database, lambda lanes: lanes.begin(held, ("post", "update"), first=False))

    assert next_one() is None
    announce(database, "old", text="b")
    update_of_the_old = next_one()
    assert update_of_the_old
    assert not update_of_the_old.is_first
    finish(database, update_of_the_old, Arrived(Posted(ARCH, "post of old")))
    first = begin(database, held)
    assert first
    assert first.is_first
    again = next_one()
    assert again
    assert (again.announcement.key, again.is_first) == ("new", False)


def test_a_look_at_what_is_due_does_not_go_through_every_lane_that_there_ever_was(database: Database) -> None:
    if database.is_postgres:
        return  # it plans by what it has counted
    for kind, statement in lanes_module._due.items():
        words = statement.params(platform="slack", most=10).compile(
            database.engine, compile_kwargs={"literal_binds": True}
        )
        with database.reading.connect() as connection:
            steps = [step for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}")]
        assert any(step.startswith("SEARCH lane") for step in steps), kind


def test_updates_go_on_while_a_post_is_stuck_and_posts_while_an_update_is(database: Database) -> None:
    announce(database, "old", ARCH)
    announce(database, "older", ARCH)
    (held,) = claim(database, ARCH)
    assert [arrive(database, held) for _ in range(2)] == ["old", "older"]
    announce(database, "old", text="b")
    announce(database, "older", text="b")
    announce(database, "new", ARCH)
    announce(database, "newer", ARCH)
    stuck_post, stuck_update = begin(database, held, "post"), begin(database, held, "update")
    assert stuck_post
    assert stuck_update
    finish(database, stuck_post, Failed("no answer", 60, known=False))
    finish(database, stuck_update, Failed("no answer", 60, known=False))
    assert arrive(database, held, "post", "update") == "older"
    finish(database, stuck_post, Arrived(Posted(ARCH, "p")))
    assert arrive(database, held, "update", "post") == "newer"


def test_posts_and_updates_are_asked_for_by_name_and_in_turn(database: Database) -> None:
    announce(database, "old", ARCH)
    (held,) = claim(database, ARCH)
    arrive(database, held)
    announce(database, "old", text="b")
    announce(database, "new", ARCH)
    for verbs, key in {("update",): "old", ("update", "post"): "old", ("post",): "new"}.items():
        attempt = begin(database, held, *verbs)
        assert attempt
        assert attempt.announcement.key == key
        finish(database, attempt, Unsent())
    write(database, lambda lanes: lanes.let_go(held))
    assert kinds_due(database, first=10, updates=10) == (Due(ARCH, first=True, updates=True),)


def test_what_was_certainly_not_sent_need_not_be_looked_for(database: Database) -> None:
    announce(database, "k", ARCH)
    (held,) = claim(database, ARCH)
    for outcome in (Unsent(), Failed("no connection", 0, known=True)):
        attempt = begin(database, held)
        assert attempt
        assert not attempt.maybe_posted
        finish(database, attempt, outcome)
    for known in (False, True, False):  # but once it may have been sent, that stays so
        attempt = begin(database, held)
        assert attempt
        finish(database, attempt, Failed("no answer", 0, known=known))
    attempt = begin(database, held)
    assert attempt
    assert (attempt.maybe_posted, attempt.attempts) == (True, 4)


def test_what_is_found_after_an_unknown_outcome_is_brought_up_to_date(database: Database) -> None:
    announce(database, "k", ARCH)
    (held,) = claim(database, ARCH)
    begin(database, held)
    announce(database, "k", text="b")
    again = begin(database, held)
    assert again
    assert (again.maybe_posted, again.announcement.facts["text"]) == (True, "b")
    finish(database, again, Arrived(Posted(ARCH, "found")))  # nobody knows whether that is "a" or "b"
    update = begin(database, held)
    assert update
    assert update.stands == Posted(ARCH, "found")


def test_what_became_pointless_before_it_was_sent_is_passed_over(database: Database) -> None:
    for key in ("k0", "k1", "k2"):
        announce(database, key, ARCH)
    (held,) = claim(database, ARCH)
    attempt = begin(database, held)
    assert attempt
    database.write_now(lambda unit: unit.outbox.withdraw("k0"))
    database.write_now(lambda unit: unit.outbox.withdraw("k1"))
    finish(database, attempt, Unsent())
    assert [arrive(database, held), arrive(database, held)] == ["k2", None]


def test_a_post_that_vanished_is_posted_afresh_and_its_receipt_replaced(database: Database) -> None:
    announce(database, "k", ARCH)
    (held,) = claim(database, ARCH)
    arrive(database, held)
    announce(database, "k", text="b")
    update = begin(database, held)
    assert update
    finish(database, update, Vanished())
    fresh = begin(database, held)
    assert fresh
    assert (fresh.stands, fresh.maybe_posted) == (None, False)
    begin_again = begin(database, held)
    assert begin_again
    assert begin_again.maybe_posted  # as careful as the first time
    finish(database, fresh, Arrived(Posted(ARCH, "p2")))
    found = database.read_now(lambda unit: unit.outbox.at(ARCH, "p2"))
    assert found
    assert found.facts["text"] == "b"


def test_a_room_that_has_to_rest_rests_alone(database: Database) -> None:
    announce(database, "k", ARCH, PLAT)
    for held in claim(database, ARCH, PLAT):
        write(database, lambda lanes, held=held: lanes.let_go(held, 60 if held.room == ARCH else 0))  # type: ignore[misc]
    assert due(database) == [PLAT]
    assert claim(database, ARCH) == []


def test_a_platform_that_has_to_rest_rests_in_all_its_rooms_and_no_other_does(database: Database) -> None:
    announce(database, "k", ARCH, PLAT, TEAM)
    (held,) = claim(database, ARCH)
    write(database, lambda lanes: lanes.pause("slack", 60))
    write(database, lambda lanes: lanes.pause("slack", 1))  # a shorter wish takes nothing from a longer one
    assert not write(database, lambda lanes: lanes.hold(held, LEASE))
    assert (due(database), claim(database, PLAT), due(database, "teams")) == ([], [], [TEAM])


def test_a_pause_ends(database: Database) -> None:
    announce(database, "k", ARCH)
    write(database, lambda lanes: lanes.pause("slack", 0.05))
    wait_until(lambda: due(database) == [ARCH])


def test_who_waited_longest_has_their_turn_first(database: Database) -> None:
    rooms = [f"slack:C{number}" for number in range(4)]
    announce(database, "k", *rooms)
    for room in (rooms[2], rooms[0]):
        (held,) = claim(database, room)
        write(database, lambda lanes, held=held: lanes.let_go(held))  # type: ignore[misc]
    found = due(database)
    assert (set(found[:2]), found[2:]) == ({rooms[1], rooms[3]}, [rooms[2], rooms[0]])
    assert len(due(database, most=3)) == 3
