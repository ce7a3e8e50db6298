"""Reviews that fall due: the owner is told, once, as long as it is still so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.domain.people import Account
from bot.errors import NotYet
from bot.store.database import Database
from tests.databases import Clock
from tests.handlers.newsroom import ARCH, OPS, PAY, Newsroom, standard

A = "Buckets MUST be encrypted at rest."
PATH = "standards/STD-001.md"
SECURITY = "teams:19:sec@thread.tacv2"
DUE: dict[str, Any] = {"reviewed": "2025-11-25", "review_every": "1 year"}  # on Wednesday 25 November 2026


@pytest.fixture
def room(tmp_path: Path, database: Database) -> Newsroom:
    newsroom = Newsroom(tmp_path / "folder", database)
    newsroom.write(PATH, standard(A, **DUE))
    newsroom.look()
    return newsroom


def reviewed(room: Newsroom, **front: str) -> None:
    room.write(PATH, standard(A, **(DUE | front)))
    room.look()


def test_the_owner_is_told_when_business_begins_on_the_day(room: Newsroom, clock: Clock) -> None:
    assert [due.isoformat() for due in room.timers("review_overdue").values()] == ["2026-11-25T09:00:00"]
    clock.advance(days=2, hours=20)
    assert room.fall_due() == 0
    clock.advance(hours=1)
    assert room.fall_due() == 1
    assert room.postings() == [(SECURITY, f"overdue:{PATH}:2026-11-25")]
    assert "STD-001 · Standard 1 is due for review since 2026-11-25." in room.said(SECURITY)


def test_a_weekend_is_waited_for(room: Newsroom) -> None:
    reviewed(room, reviewed="2025-11-28")
    assert [due.isoformat() for due in room.timers("review_overdue").values()] == ["2026-11-30T09:00:00"]


def test_a_review_in_time_moves_the_timer(room: Newsroom, clock: Clock) -> None:
    reviewed(room, reviewed="2026-11-20")
    assert list(room.timers("review_overdue")) == [f"review:{PATH}:2027-11-20"]
    clock.advance(days=5)
    assert room.fall_due() == 0


def test_a_review_after_the_day_settles_what_was_said(room: Newsroom, clock: Clock) -> None:
    clock.advance(days=4)
    room.fall_due()
    room.posted()
    reviewed(room, reviewed="2026-11-26")
    assert "STD-001 · Standard 1: reviewed on 2026-11-26." in room.said(SECURITY)
    assert room.states(SECURITY) == ["changed"]


def test_a_document_that_is_retired_or_gone_owes_no_review(room: Newsroom, clock: Clock) -> None:
    clock.advance(days=4)
    room.fall_due()
    room.posted()
    reviewed(room, status="retired")
    assert "no review is due any more" in room.said(SECURITY)
    assert room.timers("review_overdue") == {}


def test_what_is_no_longer_overdue_when_the_timer_falls_is_not_told(room: Newsroom, clock: Clock) -> None:
    clock.advance(days=4)
    room.write(PATH, standard(A, **(DUE | {"reviewed": "2026-11-20"})))
    room.shelf.refresh()  # seen, and not yet noticed
    with pytest.raises(NotYet):
        room.fall_due()
    room.look()
    assert room.fall_due() == 0
    assert room.postings() == []


def test_a_process_whose_folder_is_behind_leaves_what_is_overdue_to_be_told(
    room: Newsroom, tmp_path: Path, database: Database
) -> None:
    behind = Newsroom(tmp_path / "behind", database)
    behind.write(PATH, standard(A, **DUE))
    behind.look()
    reviewed(room, reviewed="2025-01-01")
    with pytest.raises(NotYet):
        behind.fall_due()
    assert room.postings() == []
    behind.write(PATH, standard(A, **(DUE | {"reviewed": "2025-01-01"})))
    behind.look()
    assert behind.fall_due() == 1
    assert room.postings() == [(SECURITY, f"overdue:{PATH}:2026-01-01")]


def test_what_cannot_be_read_any_more_is_overdue_as_it_was_known(
    room: Newsroom, database: Database, clock: Clock
) -> None:
    (room.folder / PATH).write_bytes(b"\x00\x01\x02" * 500)
    late = Newsroom(room.folder, database)
    late.look(anew=True)
    clock.advance(days=4)
    assert late.fall_due() == 1
    assert "STD-001 · Standard 1 is due for review since 2026-11-25." in late.said(SECURITY)


def test_a_review_that_is_put_forward_and_back_is_overdue_again(room: Newsroom, clock: Clock) -> None:
    clock.advance(days=4)
    room.fall_due()
    room.posted()
    reviewed(room, reviewed="2026-11-26")
    room.posted()
    reviewed(room)
    assert room.fall_due() == 0
    assert room.states(SECURITY) == ["changed"]
    assert "STD-001 · Standard 1 is due for review since 2026-11-25." in room.said(SECURITY)


def test_a_document_that_moves_after_it_was_called_overdue_is_not_told_of_once_more(
    room: Newsroom, clock: Clock
) -> None:
    clock.advance(days=4)
    room.fall_due()
    room.posted()
    room.remove(PATH)
    room.write("standards/network/STD-001.md", standard(A, **DUE))
    room.look()
    assert room.timers("review_overdue") == {}
    assert "standards/network/STD-001.md" in repr(room.heard(SECURITY))
    room.write("standards/network/STD-001.md", standard(A, **(DUE | {"reviewed": "2026-11-26"})))
    room.look()
    assert [key for _, key in room.postings()] == [f"overdue:{PATH}:2026-11-25"]
    assert "STD-001 · Standard 1: reviewed on 2026-11-26." in room.said(SECURITY)


@pytest.mark.parametrize(
    ("owner", "rooms"),
    [
        ("slack:C0SEC", ["slack:C0SEC"]),
        ("security", [SECURITY]),
        ("Ada@Example.org", ["slack:U7"]),
        ("platform", ["teams:29:pat"]),
        ("security, ada@example.org", [SECURITY, "slack:U7"]),
        ("Team Voyager", [OPS]),
        ("nobody@example.org", [OPS]),
    ],
)
def test_an_owner_is_found_by_room_role_or_address(room: Newsroom, clock: Clock, owner: str, rooms: list[str]) -> None:
    def met(account: Account) -> None:
        room.database.write_now(lambda unit: unit.people.meet(account))

    met(Account("slack", "U7", "T1", name="Ada", email="ada@example.org"))
    met(Account("teams", "29:pat", "tenant", name="Pat", email="pat@example.org"))
    reviewed(room, owner=owner)
    clock.advance(days=4)
    room.fall_due()
    assert [each for each, key in room.postings() if key.startswith("overdue")] == rooms
    assert ("has no room here" in room.said(rooms[0])) is (rooms == [OPS])


def test_rooms_that_asked_for_the_owners_documents_hear_of_it_and_no_others(room: Newsroom, clock: Clock) -> None:
    room.subscribe(ARCH, "all owner:security")
    room.subscribe(PAY, "all")
    clock.advance(days=4)
    room.fall_due()
    assert {each for each, _ in room.postings()} == {SECURITY, ARCH}


def test_an_old_folder_with_many_overdue_documents_is_one_list_for_operators(
    tmp_path: Path, database: Database, clock: Clock
) -> None:
    room = Newsroom(tmp_path / "folder", database)
    for number in range(1, 41):
        room.write(
            f"standards/STD-{number:03}.md", standard(A, number=number, reviewed="2020-01-01", review_every="1 year")
        )
    room.look()
    assert room.timers("review_overdue") == {}
    assert [each for each, _ in room.postings()] == [OPS]
    assert room.heard(OPS)[0].summary == "40 documents are overdue for review."


def test_a_few_that_are_overdue_at_the_first_look_are_told_to_their_owners(tmp_path: Path, database: Database) -> None:
    room = Newsroom(tmp_path / "folder", database)
    room.write(PATH, standard(A, reviewed="2020-01-01", review_every="1 year"))
    room.look()
    assert room.fall_due() == 1
    assert [each for each, _ in room.postings()] == [SECURITY]
