from __future__ import annotations

import pytest
from sqlalchemy import insert

from bot.domain.announcements import Announcement
from bot.domain.people import Account
from bot.domain.subscriptions import read
from bot.store.database import Database
from bot.store.tables import subscription
from bot.store.transaction import Transaction
from tests.databases import Clock

ADA = Account("slack", "U1", "T1")
ARCH, PAY = "slack:C0ARCH", "slack:C0PAY"


def add(database: Database, room: str, *words: str) -> None:
    for each in words:
        database.write_now(lambda unit, each=each: unit.subscriptions.add(room, *read(each), ADA))  # type: ignore[misc]


def of(database: Database, room: str) -> list[str]:
    return [each.words for each in database.read_now(lambda unit: unit.subscriptions.of(room))]


def keep(database: Database, room: str, *keys: str, until: str) -> None:
    def work(unit: Transaction) -> None:
        for key in keys:
            unit.outbox.announce(Announcement(key, "S", "document"))
            unit.subscriptions.keep_back(key, [room], until)

    database.write_now(work)


def let_go(database: Database, room: str, until: str) -> list[str]:
    return [key for key, _ in database.write_now(lambda unit: unit.subscriptions.let_go(room, "let_go:", until))]


def test_subscriptions_are_kept_by_room_in_their_order(database: Database) -> None:
    add(database, ARCH, "standards", "adrs digest daily")
    add(database, PAY, "all")
    assert of(database, ARCH) == ["standards", "adrs digest daily"]
    assert {room: len(each) for room, each in database.read_now(lambda unit: unit.subscriptions.all()).items()} == {
        ARCH: 2,
        PAY: 1,
    }


def test_one_to_the_same_thing_takes_the_place_of_the_other(database: Database) -> None:
    add(database, ARCH, "standards", "standards digest daily", "standards digest daily")
    assert of(database, ARCH) == ["standards digest daily"]


def test_a_row_of_a_later_version_is_passed_over(database: Database, clock: Clock) -> None:
    row = {"room": ARCH, "words": "weather tag:x", "by": "slack:U1", "at": clock.now.replace(tzinfo=None)}
    database.write_now(lambda unit: unit.connection.execute(insert(subscription), [row]) and None)
    add(database, ARCH, "adrs")
    assert of(database, ARCH) == ["adrs"]


def test_what_is_kept_back_is_let_go_once_and_in_order(database: Database, clock: Clock) -> None:
    keep(database, ARCH, "b", until="let_go:1")
    clock.advance(minutes=1)
    keep(database, ARCH, "a", "b", until="let_go:2")
    keep(database, ARCH, "later", until="let_go:3")
    keep(database, PAY, "a", until="let_go:2")
    assert database.read_now(lambda unit: unit.subscriptions.kept_for("a")) == {ARCH, PAY}
    assert let_go(database, ARCH, "let_go:2") == ["b", "a"]
    assert let_go(database, ARCH, "let_go:2") == []
    assert let_go(database, PAY, "let_go:2") == ["a"]


def test_what_became_pointless_is_kept_back_no_longer(database: Database) -> None:
    keep(database, ARCH, "a", "b", until="let_go:1")
    database.write_now(lambda unit: unit.subscriptions.never_mind("a"))
    assert let_go(database, ARCH, "let_go:1") == ["b"]


@pytest.mark.parametrize(("gone", "left"), [("adrs", []), ("standards", ["k"])])
def test_a_room_without_subscriptions_hears_nothing_of_what_was_kept_back(
    database: Database, gone: str, left: list[str]
) -> None:
    add(database, ARCH, "adrs")
    keep(database, ARCH, "k", until="let_go:1")
    database.write_now(lambda unit: unit.subscriptions.remove(ARCH, read(gone)))
    assert let_go(database, ARCH, "let_go:1") == left
