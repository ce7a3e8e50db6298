from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import select, text

from bot.domain.announcements import Announcement, Posted
from bot.store.attempts import Arrived, Attempt, Refused
from bot.store.backlog import of_outbox
from bot.store.database import Database
from bot.store.lanes import Lanes
from bot.store.tables import announcement as announcements
from bot.store.tables import posting
from bot.store.transaction import Transaction
from tests import databases
from tests.databases import Clock

ARCH, PLAT, TEAM = "slack:C0ARCH", "slack:C0PLAT", "teams:19:abc@thread.tacv2"


def changed(text: str, key: str = "std-4:changed") -> Announcement:
    return Announcement(key, "STD-004", "document_changed", {"text": text})


def announce(database: Database, announcement: Announcement, *rooms: str) -> None:
    database.write_now(lambda unit: unit.outbox.announce(announcement, rooms))


def states(database: Database, key: str = "std-4:changed") -> dict[str, str]:
    wanted = select(posting.c.room, posting.c.state).where(posting.c.announcement == key)
    return database.read_now(lambda unit: {room: state for room, state in unit.connection.execute(wanted)})  # noqa: C416


def revision(database: Database, key: str = "std-4:changed") -> int:
    wanted = select(announcements.c.revision).where(announcements.c.key == key)
    return database.read_now(lambda unit: int(unit.connection.execute(wanted).scalar_one()))


def begun(database: Database, room: str) -> Attempt:
    """The next attempt in a room, whose lane is let go at once: these tests have it to themselves."""

    def begin(unit: Transaction) -> Attempt:
        lanes = Lanes(unit.connection, unit.now)
        (held,) = lanes.claim([room], "these tests", 60)
        attempt = lanes.begin(held, ("post", "update"))
        lanes.let_go(held)
        assert attempt
        return attempt

    return database.write_now(begin)


def finish(database: Database, attempt: Attempt, outcome: Any, operations: str = "") -> None:
    database.write_now(lambda unit: Lanes(unit.connection, unit.now, operations).finish(attempt, outcome))


def post(database: Database, room: str, post: str = "p1", thread: str = "t1") -> None:
    finish(database, begun(database, room), Arrived(Posted(room, post, thread)))


def test_an_announcement_waits_once_in_each_of_its_rooms(database: Database) -> None:
    announce(database, changed("a"), ARCH, TEAM, ARCH)
    assert states(database) == {ARCH: "waiting", TEAM: "waiting"}
    assert database.read_now(lambda unit: unit.outbox.rooms("std-4:changed")) == (ARCH, TEAM)
    assert database.read_now(lambda unit: unit.outbox.get("std-4:changed")) == changed("a")
    assert database.read_now(lambda unit: unit.outbox.get("nothing")) is None


def test_the_same_facts_announced_again_change_nothing(database: Database) -> None:
    announce(database, Announcement("k", "STD-004", "t", {"numbers": [1, 2], "none": None}), ARCH)
    post(database, ARCH)
    announce(database, Announcement("k", "STD-004", "t", {"none": None, "numbers": [1, 2]}), ARCH)
    assert (states(database, "k"), revision(database, "k")) == ({ARCH: "posted"}, 1)


def test_other_facts_make_what_stands_due_for_an_update_and_what_waits_is_posted_as_it_is_now(
    database: Database,
) -> None:
    announce(database, changed("a"), ARCH, TEAM)
    post(database, ARCH)
    announce(database, changed("b"))
    assert (states(database), revision(database)) == ({ARCH: "changed", TEAM: "waiting"}, 2)
    attempt = begun(database, TEAM)
    assert (attempt.announcement, attempt.revision, attempt.stands) == (changed("b"), 2, None)
    update = begun(database, ARCH)
    assert (update.announcement, update.stands) == (changed("b"), Posted(ARCH, "p1", "t1"))
    finish(database, update, Arrived(Posted(ARCH, "p1", "t1")))
    assert states(database)[ARCH] == "posted"


def test_further_rooms_are_added_to_those_that_there_are(database: Database) -> None:
    announce(database, changed("a"), ARCH)
    post(database, ARCH)
    announce(database, changed("a"), PLAT)
    assert states(database) == {ARCH: "posted", PLAT: "waiting"}


def test_what_changes_while_it_is_on_its_way_is_updated_afterwards(database: Database) -> None:
    announce(database, changed("a"), ARCH)
    attempt = begun(database, ARCH)
    announce(database, changed("b"))
    assert states(database) == {ARCH: "maybe_sent"}
    finish(database, attempt, Arrived(Posted(ARCH, "p1")))
    assert states(database) == {ARCH: "changed"}
    assert begun(database, ARCH).announcement == changed("b")


def test_an_update_that_is_overtaken_is_made_once_more(database: Database) -> None:
    announce(database, changed("a"), ARCH)
    post(database, ARCH)
    announce(database, changed("b"))
    attempt = begun(database, ARCH)
    announce(database, changed("c"))
    finish(database, attempt, Arrived(Posted(ARCH, "p1")))
    assert (states(database), begun(database, ARCH).announcement) == ({ARCH: "changed"}, changed("c"))


def test_an_announcement_that_changes_in_the_moment_of_its_receipt_is_not_missed(
    postgres_server: str, postgres_template: str, clock: Clock
) -> None:
    with databases.postgres_database(postgres_server, postgres_template) as url:
        database = Database(url, clock)
        try:
            overtake_a_receipt(database)
        finally:
            database.close_now()


def overtake_a_receipt(database: Database) -> None:
    announce(database, changed("a"), ARCH)
    attempt = begun(database, ARCH)
    announced, may_commit = threading.Event(), threading.Event()

    def slowly(unit: Transaction) -> None:
        unit.outbox.announce(changed("b"))
        announced.set()
        assert may_commit.wait(10)

    changing = threading.Thread(target=database.write_now, args=(slowly,))
    changing.start()
    assert announced.wait(10)
    receipt = threading.Thread(target=finish, args=(database, attempt, Arrived(Posted(ARCH, "p1"))))
    receipt.start()
    wait_for_a_blocked_transaction(database)
    may_commit.set()
    changing.join()
    receipt.join()
    assert states(database) == {ARCH: "changed"}


def wait_for_a_blocked_transaction(database: Database) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while not database.read_now(lambda unit: unit.connection.exec_driver_sql(waiting).scalar()):
        threading.Event().wait(0.01)


def test_what_is_withdrawn_is_not_posted_any_more_and_what_is_posted_stays(database: Database) -> None:
    announce(database, changed("a"), ARCH, TEAM, PLAT)
    post(database, ARCH)
    attempt = begun(database, PLAT)
    finish(database, attempt, Refused("the room is archived", known=True))
    database.write_now(lambda unit: unit.outbox.withdraw("std-4:changed"))
    database.write_now(lambda unit: unit.outbox.withdraw("unknown"))
    assert states(database) == {ARCH: "posted", TEAM: "superseded", PLAT: "superseded"}
    assert database.read_now(lambda unit: unit.outbox.rooms("std-4:changed")) == (ARCH,)


def test_what_was_withdrawn_and_is_announced_again_is_said_anew(database: Database) -> None:
    announce(database, changed("a"), ARCH, TEAM)
    post(database, ARCH)
    database.write_now(lambda unit: unit.outbox.withdraw("std-4:changed"))
    announce(database, changed("a"), ARCH, TEAM)
    assert (states(database), revision(database)) == ({ARCH: "posted", TEAM: "waiting"}, 1)
    assert begun(database, TEAM).announcement == changed("a")


def test_what_is_withdrawn_while_it_may_have_been_sent_is_seen_through(database: Database) -> None:
    announce(database, changed("a"), ARCH)
    begun(database, ARCH)
    database.write_now(lambda unit: unit.outbox.withdraw("std-4:changed"))
    again = begun(database, ARCH)
    assert again.maybe_posted


def test_a_post_is_found_by_its_id_and_by_its_thread(database: Database) -> None:
    announce(database, changed("a"), ARCH)
    announce(database, changed("b", "other"), ARCH)
    post(database, ARCH, "p1", "chat")
    post(database, ARCH, "p2", "chat")
    assert at(database, ARCH, "p1") == changed("a")
    assert at(database, ARCH, "chat") == changed("b", "other")  # the newest of the thread
    assert (at(database, TEAM, "p1"), at(database, ARCH, "p3"), at(database, ARCH, "")) == (None, None, None)


def at(database: Database, room: str, post: str) -> Announcement | None:
    return database.read_now(lambda unit: unit.outbox.at(room, post))


def test_a_posting_that_was_set_aside_is_sent_again_once(database: Database, clock: Clock) -> None:
    announce(database, changed("a"), ARCH)
    attempt = begun(database, ARCH)
    finish(database, attempt, Refused("the room is archived", known=True))
    aside = database.read_now(lambda unit: unit.outbox.set_aside(attempt.posting))
    assert aside
    assert (aside.room, aside.announcement, aside.fault) == (ARCH, changed("a"), "the room is archived")
    assert database.read_now(lambda unit: of_outbox(unit.connection, clock())).set_aside == 1
    assert database.write_now(lambda unit: unit.outbox.send_again(attempt.posting))
    assert not database.write_now(lambda unit: unit.outbox.send_again(attempt.posting))
    assert database.read_now(lambda unit: unit.outbox.set_aside(attempt.posting)) is None
    assert not begun(database, ARCH).maybe_posted


def test_what_may_have_come_through_before_it_was_set_aside_is_looked_for_when_it_is_sent_again(
    database: Database,
) -> None:
    announce(database, changed("a"), ARCH)
    attempt = begun(database, ARCH)
    finish(database, attempt, Refused("nobody knows why", known=False))
    assert database.write_now(lambda unit: unit.outbox.send_again(attempt.posting))
    assert begun(database, ARCH).maybe_posted


def test_an_update_that_was_set_aside_is_sent_again_as_an_update(database: Database) -> None:
    announce(database, changed("a"), ARCH)
    post(database, ARCH)
    announce(database, changed("b"))
    attempt = begun(database, ARCH)
    finish(database, attempt, Refused("it is too old", known=True))
    announce(database, changed("c"))
    assert states(database) == {ARCH: "set_aside"}  # operators know of it: it is theirs to send
    assert database.write_now(lambda unit: unit.outbox.send_again(attempt.posting))
    again = begun(database, ARCH)
    assert (again.announcement, again.stands) == (changed("c"), Posted(ARCH, "p1", "t1"))


def test_operators_are_told_once_of_each_setting_aside_and_that_it_was_sent_since(database: Database) -> None:
    operations = "slack:C0OPS"
    announce(database, changed("a"), ARCH)
    told = []
    for fault in ("archived", "archived still"):
        attempt = begun(database, ARCH)
        finish(database, attempt, Refused(fault, known=True), operations)
        (newest,) = (each for each in undeliverable(database) if each.facts["fault"] == fault)
        told.append(newest)
        assert newest.facts["posting"] == attempt.posting
        assert (newest.subject, newest.facts["room"], newest.facts["subject"]) == ("STD-004", ARCH, "STD-004")
        assert newest.facts["at"] == "2026-11-22T12:00:00+00:00"
        database.write_now(lambda unit, of=attempt.posting: unit.outbox.send_again(of))  # type: ignore[misc]
    assert told[0].key != told[1].key
    post(database, ARCH)
    assert [each.facts.get("sent") for each in undeliverable(database)] == [True, True]
    assert database.read_now(lambda unit: unit.outbox.rooms(told[0].key)) == (operations,)


def undeliverable(database: Database) -> tuple[Announcement, ...]:
    return database.read_now(lambda unit: unit.outbox.of("STD-004", "undeliverable"))


def test_of_what_the_operations_room_itself_does_not_take_nobody_is_told(database: Database) -> None:
    announce(database, changed("a"), ARCH)
    finish(database, begun(database, ARCH), Refused("archived", known=True), operations=ARCH)
    assert undeliverable(database) == ()


def test_the_age_of_what_waits_is_counted_from_when_it_began_to_wait(database: Database, clock: Clock) -> None:
    announce(database, changed("a"), ARCH)
    clock.advance(hours=1)
    announce(database, changed("b"))
    figures = database.read_now(lambda unit: of_outbox(unit.connection, clock()))
    assert (figures.waiting, figures.oldest) == ({"slack": 1}, {"slack": 3600.0})
    post(database, ARCH)
    assert database.read_now(lambda unit: of_outbox(unit.connection, clock())).waiting == {}
    clock.advance(hours=1)
    announce(database, changed("c"), TEAM)
    clock.advance(minutes=1)
    figures = database.read_now(lambda unit: of_outbox(unit.connection, clock()))
    assert (figures.waiting, figures.oldest) == ({"slack": 1, "teams": 1}, {"slack": 60.0, "teams": 60.0})


def test_ids_become_visible_in_their_order_however_many_announce_at_once(database: Database) -> None:
    seen: list[int] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            ids = database.read_now(lambda unit: list(unit.connection.execute(select(posting.c.id)).scalars()))
            seen.extend(sorted(set(ids) - set(seen)))

    def tell(name: str) -> None:
        for number in range(25):
            announce(database, changed("a", f"{name}:{number}"), ARCH, TEAM)

    watching = threading.Thread(target=watch)
    telling = [threading.Thread(target=tell, args=(name,)) for name in "abcd"]
    watching.start()
    for thread in telling:
        thread.start()
    for thread in telling:
        thread.join()
    stop.set()
    watching.join()
    assert seen == sorted(seen)
    assert len(database.read_now(lambda unit: unit.connection.execute(select(posting.c.id)).all())) == 200


def test_texts_that_not_every_database_takes_are_made_fit_in_keys_rooms_and_facts(database: Database) -> None:
    announce(database, changed("a\x00b\ud800c", "key\x00"), "slack:\x00")
    announce(database, changed("a\x00b\ud800c", "key\x00"), "slack:\x00")
    found = database.read_now(lambda unit: unit.outbox.get("key\x00"))
    assert found
    assert found.facts["text"] == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"
    assert revision(database, found.key) == 1


def test_the_order_is_kept_again_when_what_kept_it_was_taken_back(database: Database) -> None:
    """On PostgreSQL a lock goes with the savepoint that it was taken in: another one must be taken by what is said after it."""
    if not database.is_postgres:
        return
    held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")

    def work(unit: Transaction) -> list[int]:
        seen = []
        attempt = unit.connection.begin_nested()
        unit.outbox.announce(changed("taken back"), [ARCH])
        seen.append(unit.connection.execute(held).scalar_one())
        attempt.rollback()
        seen.append(unit.connection.execute(held).scalar_one())
        unit.outbox.announce(changed("said"), [ARCH])
        seen.append(unit.connection.execute(held).scalar_one())
        with unit.connection.begin_nested():
            unit.outbox.announce(changed("said again"), [ARCH])
        seen.append(unit.connection.execute(held).scalar_one())
        return seen

    assert database.write_now(work) == [1, 0, 1, 1]
    assert database.write_now(work) == [1, 0, 1, 1]  # nothing of the first transaction is taken for this one's
