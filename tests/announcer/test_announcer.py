from __future__ import annotations

import asyncio
import random

import pytest
from sqlalchemy import func, select, update

from bot.announcer import Announcer
from bot.cards.model import Card
from bot.domain.announcements import Announcement
from bot.pacing import Budget, Limit, Pace, Verb
from bot.store.database import Database
from bot.store.tables import lane, posting
from tests.announcer.outside import Outside, said
from tests.announcer.stage import (
    ARCH,
    OPERATIONS,
    PLAT,
    TEAM,
    announce,
    announcement,
    announcer,
    at_work,
    states,
    until,
    until_settled,
    waiting,
)

pytestmark = pytest.mark.asyncio


async def test_what_is_announced_is_posted_once_in_each_room_in_order_on_all_platforms(database: Database) -> None:
    outside = Outside()
    for number in range(10):
        announce(database, f"k{number}", ARCH, PLAT, TEAM, text=str(number))
    async with at_work(announcer(database, outside, lanes=2, turn=3)):
        await until_settled(database)
    for room in (ARCH, PLAT, TEAM):
        assert outside.texts(room) == [str(number) for number in range(10)]
    assert len(outside.calls) == 30


async def test_updates_take_the_place_of_what_stands_and_many_become_one(database: Database) -> None:
    outside = Outside()
    announce(database, "k", ARCH, TEAM)
    carrying = announcer(database, outside)
    async with at_work(carrying):
        await until_settled(database)
    for text in ("b", "c", "d"):
        announce(database, "k", text=text)
    async with at_work(carrying):
        await until_settled(database)
    assert (outside.texts(ARCH), outside.texts(TEAM)) == (["d"], ["d"])
    assert [call[0] for call in outside.calls] == ["post", "post", "update", "update"]


async def test_what_was_accepted_before_the_answer_was_cut_is_looked_for_and_not_posted_twice(
    database: Database,
) -> None:
    outside = Outside()
    outside.next_in[ARCH].extend(["accepted_then_cut", "lost"])
    announce(database, "k0", ARCH)
    announce(database, "k1", ARCH)
    async with at_work(announcer(database, outside)):
        await until_settled(database)
    assert outside.references(ARCH) == ["k0", "k1"]
    assert (ARCH, "k0") in outside.looked_for
    assert (ARCH, "k1") not in outside.looked_for


async def test_a_process_that_dies_between_sending_and_its_receipt_doubles_nothing(database: Database) -> None:
    outside = Outside(held=asyncio.Event())
    announce(database, "k0", ARCH)
    announce(database, "k1", ARCH)
    async with at_work(announcer(database, outside, request=0.1, lease=0.3)):
        await until(lambda: outside.under_way)
    # It sent, and died before it heard of it.
    outside.held = None
    await outside.post(ARCH, said(announcement("k0")), "k0")
    async with at_work(announcer(database, outside)):
        await until_settled(database)
    assert outside.references(ARCH) == ["k0", "k1"]
    assert outside.looked_for == [(ARCH, "k0")]


async def test_a_platform_that_cannot_be_asked_doubles_at_most_the_one_that_was_under_way(database: Database) -> None:
    outside = Outside(can_look=False)
    outside.next_in[TEAM].append("accepted_then_cut")
    for number in range(3):
        announce(database, f"k{number}", TEAM)
    async with at_work(announcer(database, outside)):
        await until_settled(database)
    assert outside.references(TEAM) == ["k0", "k0", "k1", "k2"]


async def test_an_owner_that_lost_its_lane_writes_nothing_and_the_new_one_finds_what_it_posted(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    slow, quick = Outside(answers=asyncio.Event()), Outside()
    quick.rooms = slow.rooms  # one outside, and two ways to it
    announce(database, "k", ARCH)
    async with at_work(announcer(database, slow)):
        await until(lambda: slow.texts(ARCH))
        # As if so much time had passed: a request that takes longer than its lease is cut before.
        database.write_now(lambda unit: unit.connection.execute(update(lane).values(leased_until=0.0)))
        async with at_work(announcer(database, quick)):
            await until_settled(database)
            found = database.read_now(lambda unit: unit.outbox.at(ARCH, slow.rooms[ARCH][0].id))
            announce(database, "k", text="b")
            await until(lambda: slow.texts(ARCH) == ["b"])
            await until_settled(database)
            assert slow.answers
            slow.answers.set()
            told = ""
            while "a lane was lost" not in told:
                await asyncio.sleep(0.01)
                told += capsys.readouterr().out
    assert found == announcement("k")
    assert (slow.looked_for, quick.looked_for, slow.references(ARCH)) == ([], [(ARCH, "k")], ["k"])
    assert states(database) == {("k", ARCH): "posted"}


async def test_a_room_that_asks_for_patience_waits_alone(database: Database) -> None:
    outside = Outside(seconds=3600)
    outside.next_in[ARCH].append("too_fast")
    announce(database, "k", ARCH, PLAT)
    asked: list[str] = []
    platforms = {"slack": outside}
    carrying = Announcer(database, platforms, pace=Pace({}), say=said, too_fast=asked.append)
    async with at_work(carrying):
        # It was certainly not sent: nobody will have to look for it.
        await until(lambda: states(database) == {("k", ARCH): "waiting", ("k", PLAT): "posted"})
    assert (outside.texts(ARCH), outside.texts(PLAT)) == ([], ["a"])
    assert asked == ["slack"]


async def test_a_platform_that_asks_for_patience_everywhere_waits_in_all_rooms_and_no_other_does(
    database: Database,
) -> None:
    outside = Outside(seconds=3600)
    outside.next_in[ARCH].append("too_fast_everywhere")
    announce(database, "k0", ARCH)
    async with at_work(announcer(database, outside)):
        await until(lambda: outside.calls)
        await until(lambda: states(database)["k0", ARCH] == "waiting")
        announce(database, "k1", PLAT, TEAM)
        await until(lambda: waiting(database) == 2)
    assert (outside.texts(ARCH), outside.texts(PLAT), outside.texts(TEAM)) == ([], [], ["a"])


async def test_patience_that_was_asked_for_ends(database: Database) -> None:
    outside = Outside()
    for room in (ARCH, TEAM):
        outside.next_in[room].extend(["too_fast", "too_fast_everywhere"])
    announce(database, "k", ARCH, TEAM)
    async with at_work(announcer(database, outside)):
        await until_settled(database)
    assert (outside.texts(ARCH), outside.texts(TEAM), outside.looked_for) == (["a"], ["a"], [])


async def test_a_platform_that_is_away_for_a_day_loses_nothing_and_keeps_the_order(database: Database) -> None:
    outside = Outside(everywhere="no_connection")
    announce(database, "old", ARCH)
    outside.everywhere = "fine"
    async with at_work(announcer(database, outside)):
        await until_settled(database)
        outside.everywhere = "no_connection"
        for number in range(5):
            announce(database, f"k{number}", ARCH, PLAT, text="morning")
        announce(database, "reminder", ARCH, PLAT)
        for hour in ("noon", "evening", "night"):
            announce(database, "old", text=hour)
            announce(database, "k2", text=hour)
        await until(lambda: len(outside.calls) > 50)
        database.write_now(lambda unit: unit.outbox.withdraw("reminder"))
        calls = len(outside.calls)
        outside.everywhere = "fine"
        await until_settled(database)
    expected = ["morning", "morning", "night", "morning", "morning"]
    assert (outside.texts(ARCH), outside.texts(PLAT)) == (["night", *expected], expected)
    assert outside.references(PLAT) == [f"k{number}" for number in range(5)]
    assert states(database)["reminder", ARCH] == "superseded"
    assert len(outside.calls) <= calls + 10 + 1 + 2  # posts, one update, and what was under way
    assert outside.looked_for == []


async def test_backoff_grows_with_every_failure(database: Database) -> None:
    outside = Outside(everywhere="no_connection")
    failed: list[int] = []

    def backoff(times: int) -> float:
        failed.append(times)
        return 0.0

    announce(database, "k", ARCH)
    async with at_work(announcer(database, outside, backoff=backoff)):
        await until(lambda: len(failed) > 3)
    assert failed[:4] == [0, 1, 2, 3]


async def test_a_room_that_takes_nothing_is_set_aside_told_and_sent_again(database: Database) -> None:
    outside = Outside()
    outside.next_in[ARCH].append("refused")
    announce(database, "k0", ARCH)
    announce(database, "k1", ARCH)
    async with at_work(announcer(database, outside)):
        await until_settled(database)
        assert outside.references(ARCH) == ["k1"]  # the lane goes on
        (told,) = outside.texts(OPERATIONS)
        number = int(told.split()[0])
        assert told == f"{number} in {ARCH}: the room is archived"
        assert database.write_now(lambda unit: unit.outbox.send_again(number))
        await until_settled(database)
    assert outside.references(ARCH) == ["k1", "k0"]
    assert outside.texts(OPERATIONS) == [f"{told} (sent)"]


async def test_an_operations_room_that_takes_nothing_is_told_of_nowhere(database: Database) -> None:
    outside = Outside(always={OPERATIONS: "refused"})
    outside.next_in[ARCH].append("refused")
    announce(database, "k", ARCH)
    async with at_work(announcer(database, outside)):
        await until_settled(database)
    assert sorted(states(database).values()) == ["set_aside", "set_aside"]


async def test_a_topic_that_is_not_known_here_is_left_to_a_newer_version(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = Outside()
    announce(database, "old", ARCH)
    async with at_work(announcer(database, outside)):
        await until_settled(database)
    newer = announcement("k0", topic="of a newer version")
    database.write_now(lambda unit: unit.outbox.announce(newer, [ARCH]))
    announce(database, "k1", ARCH)
    older = announcer(database, outside, say=of_this_version, unknown=0.0)
    async with at_work(older):
        await until(lambda: attempts(database) > 3)
        announce(database, "old", text="b")
        await until(lambda: outside.texts(ARCH) == ["b"])
        await older.drain()
    async with at_work(announcer(database, outside)):
        await until_settled(database)
    assert outside.references(ARCH) == ["old", "k0", "k1"]
    assert outside.looked_for == []
    assert capsys.readouterr().out.count("left to a newer version") == 1


async def test_a_topic_that_no_version_takes_is_set_aside_in_the_end_and_the_lane_goes_on(database: Database) -> None:
    outside = Outside()
    unknown = announcement("k0", topic="of a newer version")
    database.write_now(lambda unit: unit.outbox.announce(unknown, [ARCH]))
    announce(database, "k1", ARCH)
    async with at_work(announcer(database, outside, say=of_this_version, unknown=0.0, unknown_tries=5)):
        await until_settled(database)
    assert outside.references(ARCH) == ["k1"]
    assert states(database)["k0", ARCH] == "set_aside"
    assert "'of a newer version'" in outside.texts(OPERATIONS)[0]


def of_this_version(announcement: Announcement) -> Card:
    """Cards of a version that does not know all topics: like `card_of`."""
    return {"test": said, "undeliverable": said}[announcement.topic](announcement)


def attempts(database: Database) -> int:
    wanted = select(func.max(posting.c.attempts))
    return database.read_now(lambda unit: int(unit.connection.execute(wanted).scalar_one()))


async def test_a_card_that_cannot_be_made_is_set_aside_with_the_reason_and_the_lane_goes_on(database: Database) -> None:
    outside = Outside()
    faulty = announcer(database, outside)  # whose cards want a fact that the following does not have
    announce(database, "k1", PLAT)
    no_text = announcement("k2")
    database.write_now(lambda unit: unit.outbox.announce(type(no_text)("k2", "STD-004", "test", {}), [PLAT]))
    announce(database, "k3", PLAT)
    async with at_work(faulty):
        await until(lambda: outside.references(PLAT) == ["k1", "k3"])
        await until(lambda: any("KeyError" in text for text in outside.texts(OPERATIONS)))


async def test_a_message_alone_in_failing_is_set_aside_while_others_arrive(database: Database) -> None:
    outside = Outside(always={"poison": "lost"})
    announce(database, "poison", ARCH)
    announce(database, "behind", ARCH)
    async with at_work(announcer(database, outside, poison_tries=5, poison=0.0)):
        for number in range(1000):
            announce(database, f"k{number}", PLAT)
            await until(lambda number=number: f"k{number}" in outside.references(PLAT))  # type: ignore[misc]
            if states(database)["poison", ARCH] == "set_aside":
                break
        outside.always.clear()
        await until(lambda: "behind" in outside.references(ARCH))
        tries = sum(call == ("post", ARCH, "poison") for call in outside.calls)
        assert tries >= 5
        await until(lambda: outside.texts(OPERATIONS))
        number = int(outside.texts(OPERATIONS)[0].split()[0])
        database.write_now(lambda unit: unit.outbox.send_again(number))
        await until(lambda: "poison" in outside.references(ARCH))
    assert (ARCH, "poison") in outside.looked_for


async def test_while_nothing_arrives_nothing_is_taken_for_poison(database: Database) -> None:
    outside = Outside(everywhere="lost")
    announce(database, "k", ARCH, PLAT)
    async with at_work(announcer(database, outside, poison_tries=2, poison=0.0)):
        await until(lambda: len(outside.calls) > 20)
        outside.everywhere = "fine"
        await until_settled(database)
    assert (outside.texts(ARCH), outside.texts(PLAT)) == (["a"], ["a"])


async def test_a_fault_that_nobody_foresaw_counts_as_an_unknown_outcome_and_is_logged_once(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = Outside()
    outside.next_in[ARCH].extend(["of_its_own"] * 3)
    announce(database, "k", ARCH)
    async with at_work(announcer(database, outside)):
        await until_settled(database)
    assert outside.texts(ARCH) == ["a"]
    assert len(outside.looked_for) == 3
    assert capsys.readouterr().out.count("Traceback") == 1


async def test_a_platform_that_does_not_answer_in_time_is_asked_again(database: Database) -> None:
    outside = Outside(held=asyncio.Event())
    announce(database, "k", ARCH)
    async with at_work(announcer(database, outside, request=0.05)):
        await until(lambda: len(outside.calls) > 1)
        assert outside.held
        outside.held.set()
        await until_settled(database)
    assert outside.references(ARCH) == ["k"]


async def test_a_post_that_vanished_is_posted_afresh_and_updated_from_then_on(database: Database) -> None:
    outside = Outside()
    announce(database, "k", ARCH)
    async with at_work(announcer(database, outside)):
        await until_settled(database)
        outside.rooms[ARCH].clear()
        announce(database, "k", text="b")
        await until_settled(database)
        announce(database, "k", text="c")
        await until_settled(database)
    assert outside.texts(ARCH) == ["c"]
    assert [call[0] for call in outside.calls] == ["post", "update", "post", "update"]


async def test_a_drained_announcer_finishes_what_is_under_way_and_gives_its_lanes_back_at_once(
    database: Database,
) -> None:
    outside = Outside(held=asyncio.Event())
    for number in range(3):
        announce(database, f"k{number}", ARCH, PLAT)
    leaving = announcer(database, outside, lease=3600.0)
    async with at_work(leaving):
        await until(lambda: outside.under_way == 2)
        drained = asyncio.create_task(leaving.drain())
        await asyncio.sleep(0)
        assert not drained.done()
        assert outside.held
        outside.held.set()
        await drained
        assert outside.references(ARCH) == outside.references(PLAT) == ["k0"]
        async with at_work(announcer(database, outside)):
            await until_settled(database)
    assert outside.references(ARCH) == outside.references(PLAT) == ["k0", "k1", "k2"]
    assert outside.looked_for == []


async def test_a_drained_announcer_does_not_wait_longer_than_it_is_told_and_keeps_what_is_under_way(
    database: Database,
) -> None:
    slack, teams = Outside(held=asyncio.Event()), Outside(held=asyncio.Event())
    rooms = [f"teams:19:room{number}@thread.tacv2" for number in range(8)]
    announce(database, "k", ARCH, *rooms)
    leaving = announcer(database, {"slack": slack, "teams": teams}, one_by_one={"teams"}, lease=3600.0)
    async with at_work(leaving):
        await until(lambda: slack.under_way + teams.under_way == 2)
        await leaving.drain(0.05)
        assert (slack.under_way, teams.under_way) == (1, 1)
        under_way = {room for _, room, _ in slack.calls + teams.calls}
        wanted = select(lane.c.room).where(lane.c.owner != "")
        assert under_way == set(database.read_now(lambda unit: unit.connection.execute(wanted).scalars().all()))
        async with at_work(announcer(database, Outside())):
            await until(lambda: waiting(database) == 2)
        assert len(slack.calls + teams.calls) == 2


async def test_draining_one_that_does_not_run_takes_no_time(database: Database) -> None:
    await announcer(database, Outside()).drain()


async def test_lanes_of_a_platform_that_is_off_wait(database: Database) -> None:
    outside = Outside()
    announce(database, "k", ARCH, TEAM)
    async with at_work(announcer(database, {"teams": outside})):
        await until(lambda: states(database) == {("k", ARCH): "waiting", ("k", TEAM): "posted"})


async def test_a_platform_that_hangs_takes_nothing_from_the_others(database: Database) -> None:
    slack, teams = Outside(held=asyncio.Event()), Outside()
    announce(database, "k", *(f"slack:C{number}" for number in range(20)), TEAM)
    async with at_work(announcer(database, {"slack": slack, "teams": teams}, lanes=4)):
        await until(lambda: slack.under_way == 4)
        await until(lambda: teams.texts(TEAM))


async def test_a_room_is_posted_to_no_faster_than_its_platform_permits(database: Database) -> None:
    outside = Outside()
    for number in range(4):
        announce(database, f"k{number}", ARCH, text=str(number))
    began = asyncio.get_running_loop().time()
    pace = Pace({"slack": (Budget(frozenset({Verb.POST}), (Limit(1, 0.2),), each_room=True),)})
    async with at_work(announcer(database, outside, pace=pace)):
        await until_settled(database)
    assert asyncio.get_running_loop().time() - began >= 0.6
    assert outside.texts(ARCH) == ["0", "1", "2", "3"]


async def test_what_is_announced_wakes_at_once_in_this_process(database: Database) -> None:
    outside = Outside()
    carrying = announcer(database, outside, poll=3600.0)
    async with at_work(carrying):
        await asyncio.sleep(0.05)
        announce(database, "k", ARCH)
        carrying.wake()
        await until_settled(database)


async def test_in_a_storm_of_faults_every_message_stands_once_and_in_order(database: Database) -> None:
    outside = Outside(chance=random.Random(7), fault_rate=0.2, seconds=0.01)
    rooms = [f"slack:C{number}" for number in range(8)]
    for number in range(15):
        announce(database, f"k{number}", *rooms, text=f"{number}")
    async with at_work(announcer(database, outside), announcer(database, outside)):
        for number in range(0, 15, 2):
            announce(database, f"k{number}", text=f"{number} again")
        await until_settled(database)
    for room in rooms:
        assert outside.references(room) == [f"k{number}" for number in range(15)]
        assert outside.texts(room) == [f"{number} again" if number % 2 == 0 else f"{number}" for number in range(15)]


async def test_where_nobody_can_be_asked_one_post_at_a_time_is_in_doubt_and_a_crash_doubles_one_at_most(
    database: Database,
) -> None:
    outside = Outside(can_look=False, answers=asyncio.Event())
    rooms = [f"teams:19:room{number}@thread.tacv2" for number in range(8)]
    announce(database, "k", *rooms)
    async with at_work(announcer(database, outside, one_by_one={"teams"}, request=2.0, lease=4.0)):
        await until(lambda: outside.calls)
    assert sorted(states(database).values()) == ["maybe_sent"] + ["waiting"] * 7
    assert sum(len(posts) for posts in outside.rooms.values()) == 1
    outside.answers = None
    async with at_work(announcer(database, outside, one_by_one={"teams"})):
        await until_settled(database)
    assert sorted(len(outside.rooms[room]) for room in rooms) == [1] * 7 + [2]


async def test_where_posts_go_one_by_one_rooms_that_hang_hold_the_others_up_once_and_not_again(
    database: Database,
) -> None:
    outside = Outside(can_look=False)
    rooms = [f"teams:19:room{number}@thread.tacv2" for number in range(8)]
    hanging, others = rooms[:4], rooms[4:]
    for room in hanging:
        outside.always[room] = "never"
    carrying = announcer(database, outside, one_by_one={"teams"}, request=5.0, first=0.05)
    async with at_work(carrying):
        for number in range(3):
            announce(database, f"k{number}", *rooms)
        await until(lambda: all(outside.references(room) == ["k0", "k1", "k2"] for room in others))
        # Their second tries wait for an answer still, longer than it took to tell all others.
        await until(lambda: outside.under_way == 4)
    assert [states(database)["k0", room] for room in hanging] == ["maybe_sent"] * 4
    assert [states(database)["k1", room] for room in hanging] == ["waiting"] * 4


async def test_updates_that_the_pace_forbids_hide_no_post_that_it_permits(database: Database) -> None:
    outside = Outside()
    rooms = [f"slack:C{number}" for number in range(9)]
    announce(database, "old", *rooms)
    async with at_work(announcer(database, outside)):
        await until_settled(database)
    announce(database, "old", text="b")
    pace = Pace({"slack": (Budget(frozenset({Verb.UPDATE}), (Limit(1, 3600.0),)),)})
    async with at_work(announcer(database, outside, pace=pace, lanes=2)):
        await until(lambda: [call[0] for call in outside.calls].count("update") == 1)
        for number in range(3):
            announce(database, f"new{number}", ARCH)  # whose lane comes after theirs from the second on
            await until(lambda number=number: f"new{number}" in outside.references(ARCH))  # type: ignore[misc]
    assert [call[0] for call in outside.calls].count("update") == 1


async def test_a_lane_whose_lease_ran_out_while_its_receipt_waits_is_not_taken_by_the_same_process(
    database: Database,
) -> None:
    outside = Outside(answers=asyncio.Event())
    announce(database, "k", ARCH)
    carrying = announcer(database, outside)
    async with at_work(carrying):
        await until(lambda: outside.texts(ARCH))
        database.write_now(lambda unit: unit.connection.execute(update(lane).values(leased_until=0.0)))
        announce(database, "other", PLAT)
        carrying.wake()
        await until(lambda: outside.texts(PLAT))  # it has looked at what is due
        assert outside.answers
        outside.answers.set()
        await until_settled(database)
    assert outside.references(ARCH) == ["k"]
    assert [room for verb, room, _ in outside.calls if verb == "post"] == [ARCH, PLAT]
