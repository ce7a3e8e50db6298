from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy import select

from bot.domain.announcements import Announcement, Posted
from bot.store.attempts import Arrived, Attempt, Due, Failed, Held, LaneLost, Unsent, Vanished
from bot.store.database import Database, seconds_now
from bot.store.lanes import Lanes
from bot.store.tables import lane
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


def due(database: Database, platform: str = "slack", most: int = 10) -> list[str]:
    found = database.read_now(lambda unit: Lanes(unit.connection, unit.now).due(platform, most))
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
    (quick,) = claim(database, ARCH)

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


def test_a_message_whose_outcome_is_not_known_blocks_those_behind_it_and_no_other_lane(
    database: Database, clock: Clock
) -> None:
    announce(database, "k0", ARCH, PLAT)
    announce(database, "k1", ARCH, PLAT)
    lanes = {held.room: held for held in claim(database, ARCH, PLAT)}
    attempt = begin(database, lanes[ARCH])
    assert attempt
    finish(database, attempt, Failed("no answer", 60, known=False))
    assert begin(database, lanes[ARCH]) is None
    assert [arrive(database, lanes[PLAT]) for _ in range(2)] == ["k0", "k1"]
    clock.advance(seconds=60)
    again = begin(database, lanes[ARCH])
    assert again
    assert (again.announcement.key, again.maybe_posted, again.attempts) == ("k0", True, 1)
    finish(database, again, Arrived(Posted(ARCH, "found")))
    assert arrive(database, lanes[ARCH]) == "k1"


def test_a_lane_in_which_there_is_nothing_to_do_yet_is_not_due(database: Database, clock: Clock) -> None:
    announce(database, "k0", ARCH)
    announce(database, "k1", ARCH)
    (held,) = claim(database, ARCH)
    attempt = begin(database, held)
    assert attempt
    finish(database, attempt, Failed("no answer", 60, known=False))
    write(database, lambda lanes: lanes.let_go(held))
    assert due(database) == []
    clock.advance(seconds=60)
    assert due(database) == [ARCH]


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
    found = database.read_now(lambda unit: Lanes(unit.connection, unit.now).due("slack", 10))
    assert found == (Due(ARCH, posts=True, updates=True),)


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
