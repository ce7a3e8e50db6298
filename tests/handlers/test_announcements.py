"""What changes in the library is told: once, where it was asked for, as it is now."""

from __future__ import annotations

import json
import random
import string
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.domain.changes import TOLD
from bot.store.database import Database
from handlers.announcements import notice, prepare
from tests.databases import Clock
from tests.handlers.newsroom import ADA, ARCH, OPS, PAY, TEAM, Newsroom, decision, standard, writes

A = "Buckets MUST be encrypted at rest with a key of the KMS."
B = "Keys MUST be rotated every twelve months."
C = "Access to keys MUST be logged."
PATH = "standards/STD-001.md"


@pytest.fixture
def room(tmp_path: Path, database: Database) -> Newsroom:
    newsroom = Newsroom(tmp_path / "folder", database)
    newsroom.write(PATH, standard(A, B))
    newsroom.write("adrs/0001.md", decision())
    newsroom.subscribe(ARCH, "standards")
    newsroom.subscribe(TEAM, "all tag:network")
    newsroom.subscribe(PAY, "adrs")
    assert newsroom.look() == 0
    return newsroom


def test_the_first_look_is_silent(room: Newsroom) -> None:
    assert room.postings() == []
    assert room.look(anew=True) == 0
    assert '"library.known"' in room.recorded()[0]


def test_a_changed_clause_is_told_once_in_every_room_that_asked(room: Newsroom) -> None:
    room.write(PATH, standard(A, B.replace("twelve months", "ninety days")))
    assert room.look() == 1
    assert room.look() == room.look(anew=True) == 0
    assert room.postings() == [(ARCH, f"document:{PATH}:1"), (TEAM, f"document:{PATH}:1")]
    said = room.said(ARCH)
    assert "STD-001.2 Keys MUST be rotated every [-twelve months.-] {+ninety days.+}" in said
    assert "Buckets" not in said
    assert '"document.changed"' in room.recorded()[-1]


def test_the_record_names_the_first_clauses_of_a_change(room: Newsroom) -> None:
    changed = (A.replace("KMS", "vault"), C)
    room.write(PATH, standard(*changed, *(f"Rule {n} MUST be kept by team {n}." for n in range(30))))
    assert room.look() == 1
    after = json.loads(room.recorded()[-1])["after"]
    assert (after["added"], after["reworded"]) == (30, 2)
    assert after["clauses"] == {
        "added": [f"STD-001.{n}" for n in range(3, 3 + TOLD)],
        "reworded": ["STD-001.1", "STD-001.2"],
    }
    room.write(PATH, standard(*changed))
    assert room.look() == 1
    after = json.loads(room.recorded()[-1])["after"]
    assert after["removed"] == 30
    assert after["clauses"] == {"removed": [f"STD-001.{n}" for n in range(3, 3 + TOLD)]}


def test_clauses_are_linked_to_where_they_are_read(room: Newsroom) -> None:
    room.write(PATH, standard(A, B, C))
    room.look()
    assert "https://git.example.org/blob/main/standards/STD-001.md#rules" in repr(room.heard(ARCH)[-1])


def test_what_nobody_reads_differently_is_not_told(room: Newsroom) -> None:
    room.write(PATH, standard(A, B, tags="[network, keys]", reviewed="2026-11-01", review_every="1 year"))
    assert room.look() == 0
    room.write(PATH, standard(A, B, tags="[network, keys]").replace("## Rules\n", "##   Rules\n\n\n"))
    assert room.look() == 0
    assert room.postings() == []


def test_a_further_change_within_a_day_updates_what_was_said(room: Newsroom, clock: Clock) -> None:
    room.write(PATH, standard(A, B, C))
    room.look()
    room.posted()
    clock.advance(hours=23)
    room.write(PATH, standard(A.replace("KMS", "vault"), B, C))
    room.look()
    assert [key for _, key in room.postings(ARCH)] == [f"document:{PATH}:1"]
    assert room.states(ARCH) == ["changed"]
    assert "{+vault.+}" in room.said(ARCH)
    assert C in room.said(ARCH)


def test_after_a_day_a_change_is_another_one(room: Newsroom, clock: Clock) -> None:
    room.write(PATH, standard(A, B, C))
    room.look()
    clock.advance(hours=24)
    room.write(PATH, standard(A, B))
    room.look()
    assert [key for _, key in room.postings(ARCH)] == [f"document:{PATH}:1", f"document:{PATH}:2"]
    assert "Removed" in room.said(ARCH)


def test_a_change_of_standing_is_a_post_of_its_own_however_soon(room: Newsroom, clock: Clock) -> None:
    room.subscribe(ARCH, "all")
    room.look()
    for hour, status in enumerate(("accepted", "deprecated", "accepted"), 1):
        clock.advance(hours=1)
        room.write(PATH, standard(A, f"{B} And hour {hour}.", status=status))
        room.look()
    clock.advance(hours=1)
    room.remove(PATH)
    room.look()
    assert [key.rpartition(":")[2] for _, key in room.postings(ARCH)] == ["1", "2", "3", "4"]
    assert "removed from the library" in room.said(ARCH)


def test_six_changes_in_one_look_are_one_post(room: Newsroom) -> None:
    room.subscribe(ARCH, "all")
    room.look()
    for number in range(11, 17):
        room.write(f"standards/STD-{number}.md", standard(A, number=number))
    assert room.look() == 6
    assert len(room.postings(ARCH)) == 1
    assert "6 documents changed at once" in room.said(ARCH)


@pytest.mark.parametrize("reviewed", ["0001-01-01", "9998-12-31"])
def test_a_document_of_the_end_of_time_stands_in_nobodys_way(room: Newsroom, reviewed: str) -> None:
    room.subscribe(ARCH, "all")
    room.look()
    room.write("standards/odd.md", standard(A, number=7, review_every="1 year", reviewed=reviewed))
    room.write(PATH, standard(A, f"{B} And that."))
    assert room.look() == 2
    assert len(room.postings(ARCH)) == 2


def test_a_path_too_long_for_an_index_is_not_told_of_and_reported(room: Newsroom) -> None:
    room.subscribe(ARCH, "all")
    room.look()
    path = "/".join(["d" * 200] * 6) + "/STD-9.md"
    room.write(path, standard(A, number=9))
    room.write(PATH, standard(A, f"{B} And that."))
    assert room.look() == 1
    assert room.look(anew=True) == 0
    (fault,) = room.shelf.library.contents.left_out
    assert (fault.path, fault.read) == (path, True)
    assert "its changes are not announced; shorten" in fault.reason


def test_an_id_of_thousands_of_characters_stands_in_nobodys_way(room: Newsroom, clock: Clock) -> None:
    number = "".join(random.Random(7).choices(string.digits, k=9_000))
    front = {"id": f'"{number}"', "owner": "somebody", "review_every": "1 month"}
    for words in ("We use queues.", "We use topics."):
        room.write("adrs/long.md", decision(words, **front, reviewed="2026-10-30"))
        assert room.look() == 1
    assert len(room.postings(PAY)) == 1
    clock.advance(days=30)
    room.fall_due()
    assert "is due for review since" in room.said(OPS)
    room.posted()
    room.write("adrs/long.md", decision("We use topics.", **front, reviewed="2026-12-20"))
    room.look()
    assert "reviewed on 2026-12-20" in room.said(OPS)


def test_a_change_that_is_taken_back_says_so_where_it_was_posted(room: Newsroom) -> None:
    room.write(PATH, standard(A, B, C))
    room.look()
    room.posted()
    room.write(PATH, standard(A, B))
    room.look()
    assert room.states(ARCH) == ["changed"]
    assert "what had changed was taken back" in room.said(ARCH)
    room.write(PATH, standard(A, C))
    room.look()
    assert [key for _, key in room.postings(ARCH)] == [f"document:{PATH}:1"]
    assert "Changed" in room.said(ARCH)


def test_a_change_that_is_taken_back_before_it_was_posted_never_is(room: Newsroom) -> None:
    room.write(PATH, standard(A, B, C))
    room.look()
    room.write(PATH, standard(A, B))
    room.look()
    assert room.postings() == []
    room.write(PATH, standard(A, C))
    room.look()
    assert len(room.postings(ARCH)) == 1


def test_a_new_document_is_told_and_its_removal(room: Newsroom, clock: Clock) -> None:
    room.write("standards/STD-002.md", standard(C, number=2))
    assert room.look() == 1
    assert "New standard · STD-002 · security" in room.said(ARCH)
    clock.advance(days=2)
    room.remove("standards/STD-002.md")
    assert room.look() == 1
    assert "STD-002 · Standard 2 was removed from the library." in room.said(ARCH)
    clock.advance(days=2)
    room.write("standards/STD-002.md", standard(C, number=2))
    assert room.look() == 1
    assert [key for _, key in room.postings(ARCH)] == [f"document:standards/STD-002.md:{n}" for n in (1, 2, 3)]


def test_a_document_that_comes_and_goes_within_a_day_is_taken_back(room: Newsroom) -> None:
    room.write("standards/STD-002.md", standard(C, number=2))
    room.look()
    room.posted()
    room.remove("standards/STD-002.md")
    room.look()
    assert "STD-002 was added and taken away again." in room.said(ARCH)


def test_a_superseded_document_names_its_successor_first(room: Newsroom) -> None:
    room.write("adrs/0002.md", decision("We use logs.", id="ADR-0002", title="Logs", supersedes="ADR-0001"))
    assert room.look() == 2
    said = [card.name for card in room.heard(PAY)]
    assert sorted(said) == ["document_added", "document_superseded"]
    (card,) = [card for card in room.heard(PAY) if card.name == "document_superseded"]
    assert "ADR-0002" in repr(card.blocks[0])
    assert card.buttons[0].about == "adrs/0002.md"


def test_a_deprecated_document_is_told_as_such(room: Newsroom) -> None:
    room.write(PATH, standard(A, B, status="deprecated"))
    room.look()
    assert room.heard(ARCH)[0].name == "document_deprecated"


def test_whoever_heard_of_a_document_hears_that_it_is_no_longer_theirs(room: Newsroom) -> None:
    room.write(PATH, standard(A, B, C, tags="[storage]"))
    room.look()
    assert len(room.postings(TEAM)) == 1


def test_a_file_that_moves_is_no_news(room: Newsroom, clock: Clock) -> None:
    room.remove(PATH)
    room.write("standards/network/STD-001.md", standard(A, B))
    assert room.look() == 0
    room.remove("standards/network/STD-001.md")
    room.write(PATH, standard(A, B, C))
    assert room.look() == 1
    assert "1 clause added" in room.said(ARCH)


def test_many_changes_at_once_are_one_post_a_room(room: Newsroom) -> None:
    for number in range(2, 40):
        room.write(
            f"standards/STD-{number:03}.md", standard(A, number=number, tags="[network]" if number < 5 else "[x]")
        )
    assert room.look() == 38
    (arch,), (team,) = room.heard(ARCH), room.heard(TEAM)
    assert arch.summary == "38 documents changed at once: 38 new."
    assert team.summary == "3 documents changed at once: 3 new."
    assert "and 26 more" in room.said(ARCH)
    assert room.look(anew=True) == 0
    room.write("standards/STD-002.md", standard(A, B, number=2))
    assert room.look() == 1
    assert [key for _, key in room.postings(ARCH)][1:] == ["document:standards/STD-002.md:1"]


def test_an_empty_folder_is_a_missing_volume_and_no_news(room: Newsroom) -> None:
    for path in ("README.md", PATH, "adrs/0001.md"):
        room.remove(path)
    assert room.look() == 0
    room.write("README.md", "# About this folder\n\nWords.\n")
    room.write(PATH, standard(A, B))
    room.write("adrs/0001.md", decision())
    assert room.look() == room.look(anew=True) == 0


def test_a_broken_file_is_told_to_operators_and_is_not_gone(room: Newsroom) -> None:
    room.write(PATH, standard(A, B).replace("title:", "tags: [x]\ntitle:", 1))
    assert room.look() == 0
    assert room.postings(ARCH) == []
    assert f"{PATH}:" in room.said(OPS)
    assert "still answered from its last good version" in room.said(OPS)
    room.posted()
    room.write(PATH, standard(A, B, C))
    assert room.look() == 1
    assert len(room.postings(OPS)) == 1
    assert "can be read again" in room.said(OPS)


def test_a_file_that_is_broken_at_the_start_is_left_out_and_not_gone(room: Newsroom, database: Database) -> None:
    (room.folder / PATH).write_bytes(b"\x00\x01\x02" * 500)
    late = Newsroom(room.folder, database)
    assert late.look(anew=True) == 0
    assert "nothing is answered from it" in late.said(OPS)
    late.write(PATH, standard(A, B))
    assert late.look() == 0
    assert "can be read again" in late.said(OPS)


def test_a_file_that_breaks_twice_is_told_of_twice(room: Newsroom) -> None:
    for _ in range(2):
        (room.folder / PATH).write_bytes(b"\x00\x01\x02" * 500)
        room.look()
        room.write(PATH, standard(A, B))
        room.look()
    assert [key for _, key in room.postings(OPS)] == [f"unreadable:{PATH}:{n}" for n in (1, 2)]


def test_a_status_that_becomes_none_is_no_news_and_told_to_operators(room: Newsroom) -> None:
    room.write(PATH, standard(A, B, status="acceptedish"))
    assert room.look() == 0
    assert room.look(anew=True) == 0
    assert [room.postings(ARCH), room.postings(TEAM)] == [[], []]
    assert 'STD-001.md:6 has a fault: status "acceptedish" is none of' in room.said(OPS)
    assert "not announced before that is mended" in room.said(OPS)
    room.write(PATH, standard(A, f"{B} And that.", status="accepted"))
    assert room.look() == 1
    assert "STD-001.2" in room.said(ARCH)
    assert "status" not in room.said(ARCH)
    assert room.said(OPS) == f"{PATH} was mended."
    assert len(room.postings(OPS)) == 1


def test_a_new_document_with_an_id_that_is_taken_waits_until_one_of_the_two_has_another(room: Newsroom) -> None:
    room.write("standards/copy.md", standard(A, C))
    assert room.look() == 0
    assert room.postings(ARCH) == []
    assert "copy.md:2 has a fault: the id STD-001 is also that of standards/STD-001.md" in room.said(OPS)
    assert [key for _, key in room.postings(OPS)] == ["unreadable:standards/copy.md:1"]  # the other one is as it was
    room.write("standards/copy.md", standard(A, B, C))
    assert room.look() == 0
    room.write(PATH, standard(A, B, number=2))
    assert room.look() == 2
    assert {card.name for card in room.heard(ARCH)} == {"document_changed", "document_added"}
    assert room.said(OPS) == "standards/copy.md was mended."


def test_a_change_that_was_held_back_and_is_taken_back_was_never_there(room: Newsroom) -> None:
    room.write(PATH, standard(A, B, id="ADR-0001"))
    assert room.look() == 0
    room.write("standards/copy.md", standard(A, C, status="perhaps"))
    assert room.look() == 0
    room.write(PATH, standard(A, B))
    room.remove("standards/copy.md")
    assert room.look() == 0
    assert [room.postings(room_) for room_ in (ARCH, TEAM, PAY)] == [[], [], []]
    assert sorted(card.summary for card in room.heard(OPS)) == [f"{PATH} was mended.", "standards/copy.md was removed."]


def test_a_document_that_was_faulty_before_the_first_look_is_told_of_as_any_other(
    tmp_path: Path, database: Database
) -> None:
    room = Newsroom(tmp_path / "folder", database)
    room.write(PATH, standard(A, B, status="acceptedish"))
    room.write("standards/copy.md", standard(A, C))
    room.subscribe(ARCH, "standards")
    assert room.look() == 0
    room.write(PATH, standard(A, B, C, status="acceptedish"))
    assert room.look() == 1
    assert room.postings(OPS) == []


def test_many_broken_files_are_one_list(room: Newsroom) -> None:
    for number in range(2, 30):
        room.write(f"standards/STD-{number:03}.md", standard(A, number=number))
    room.look()
    for number in range(2, 30):
        (room.folder / f"standards/STD-{number:03}.md").write_bytes(b"\x00\x01\x02" * 500)
    room.look()
    (card,) = room.heard(OPS)
    assert card.summary == "28 files of the library cannot be read any more."


def test_without_an_operators_room_nobody_is_told_and_nothing_breaks(room: Newsroom) -> None:
    room.operations_room = ""
    (room.folder / PATH).write_bytes(b"\x00\x01\x02" * 500)
    assert room.look() == 0
    assert room.postings() == []


def test_two_processes_tell_of_a_change_once(room: Newsroom, database: Database) -> None:
    other = Newsroom(room.folder, database)
    other.look()
    room.write(PATH, standard(A, B, C))
    assert room.look() == 1
    assert other.look() == 0
    assert len(room.postings(ARCH)) == 1


def test_processes_that_look_at_the_same_time_tell_of_a_change_once(room: Newsroom, database: Database) -> None:
    others = [Newsroom(room.folder, database) for _ in range(4)]
    for number in range(1, 6):
        room.write(f"standards/STD-{number:03}.md", standard(A, C, number=number))
    with ThreadPoolExecutor(len(others)) as threads:
        told = list(threads.map(lambda each: each.look(), others))
    assert sorted(told) == [0, 0, 0, 5]
    assert len(room.postings(ARCH)) == len(room.postings(TEAM)) == 5


def test_a_process_that_sees_an_older_folder_takes_nothing_back(
    room: Newsroom, tmp_path: Path, database: Database
) -> None:
    behind = Newsroom(tmp_path / "behind", database)
    behind.write(PATH, standard(A, B))
    behind.write("adrs/0001.md", decision())
    behind.look()
    room.write(PATH, standard(A, B, C))
    room.look()
    room.write(PATH, standard(A, C))
    room.look()
    behind.write(PATH, standard(A, B, C))
    assert behind.look() == 0
    behind.write(PATH, standard(A, C))
    assert behind.look() == 0
    assert "[-" in room.said(ARCH)


def test_a_room_in_its_quiet_hours_hears_afterwards_of_what_is_then(room: Newsroom, clock: Clock) -> None:
    room.subscribe(ADA, "standards quiet 11:00-15:00")
    room.write(PATH, standard(A, B, C))
    room.look()
    assert room.postings(ADA) == []
    room.write(PATH, standard(A, C))
    room.look()
    clock.advance(hours=3)
    assert room.fall_due() == 1
    assert [key for _, key in room.postings(ADA)] == [f"document:{PATH}:1"]
    assert "[-Keys MUST be rotated" in room.said(ADA)
    room.write(PATH, standard(A, C, "Keys MUST NOT be shared."))
    room.look()
    assert len(room.postings(ADA)) == 1


def test_what_was_taken_back_within_quiet_hours_was_never_there(room: Newsroom, clock: Clock) -> None:
    room.subscribe(ADA, "standards quiet 11:00-15:00")
    room.write(PATH, standard(A, B, C))
    room.look()
    room.write(PATH, standard(A, B))
    room.look()
    clock.advance(hours=3)
    room.fall_due()
    assert room.postings(ADA) == []


def test_more_than_a_few_things_after_quiet_hours_are_one_card(room: Newsroom, clock: Clock) -> None:
    room.subscribe(ADA, "standards quiet 11:00-15:00")
    for number in range(2, 7):
        room.write(f"standards/STD-{number:03}.md", standard(A, number=number))
    room.look()
    clock.advance(hours=3)
    room.fall_due()
    assert [card.summary for card in room.heard(ADA)] == ["5 changes since Sunday 22 November."]


def test_a_digest_gathers_until_business_begins(room: Newsroom, clock: Clock) -> None:
    room.subscribe(ADA, "standards adrs digest daily")
    room.write(PATH, standard(A, B, C))
    room.look()
    clock.advance(hours=2)
    room.write("adrs/0001.md", decision("We use logs."))
    room.look()
    assert [due.isoformat() for due in room.timers("let_go").values()] == ["2026-11-23T09:00:00"]
    assert room.fall_due() == 0
    clock.advance(hours=19)
    assert room.fall_due() == 1
    (card,) = room.heard(ADA)
    assert card.title == "2 changes since Sunday 22 November"
    assert "ADR-0001 Queues: 1 section changed" in room.said(ADA)
    assert room.fall_due() == 0


def test_a_room_that_hears_both_at_once_and_in_a_digest_hears_at_once(room: Newsroom) -> None:
    room.subscribe(ARCH, "all tag:network digest weekly")
    room.write(PATH, standard(A, B, C))
    room.look()
    assert len(room.postings(ARCH)) == 1
    assert room.timers("let_go") == {}


def test_what_was_kept_back_is_heard_by_whoever_would_have_heard_of_it_as_it_was(room: Newsroom, clock: Clock) -> None:
    room.subscribe(ADA, "standards tag:network quiet 11:00-15:00")
    room.subscribe(PAY, "standards tag:network digest daily")
    room.write(PATH, standard(A, B, C, tags="[storage]"))
    room.look()
    clock.advance(days=1)
    room.write(PATH, standard(A, C, tags="[storage]"))  # nobody here hears of this one
    room.look()
    assert room.fall_due() == 2
    assert [key for _, key in room.postings(ADA)] == [f"document:{PATH}:1"]
    assert [card.title for card in room.heard(PAY)] == ["1 change since Sunday 22 November"]


def test_what_would_be_kept_back_behind_a_timer_that_is_done_is_told_at_once(room: Newsroom, clock: Clock) -> None:
    room.subscribe(ADA, "standards quiet 11:00-15:00")
    room.write(PATH, standard(A, B, C))
    room.look()
    clock.advance(hours=3)
    assert room.fall_due() == 1
    clock.advance(seconds=-1)  # as on another machine
    room.write("standards/STD-002.md", standard(C, number=2))
    room.look()
    assert [key for _, key in room.postings(ADA)] == [f"document:{PATH}:1", "document:standards/STD-002.md:1"]
    assert room.kept_back() == []


def test_timers_are_set_in_one_order_and_before_anything_is_announced(room: Newsroom, clock: Clock) -> None:
    for other in ("slack:C9", "slack:C8", "slack:C7"):
        room.subscribe(other, "standards tag:x quiet 11:00-15:00")
    overdue = {"reviewed": "2020-01-01", "review_every": "1 year"}
    for number in (3, 2, 4):
        room.write(f"standards/STD-00{number}.md", standard(A, number=number, tags="[x]", **overdue))
    room.look()
    room.fall_due()
    room.posted()
    clock.advance(days=1, hours=1)
    for number, when in ((2, "2021-01-01"), (4, "2026-11-01")):
        text = standard(A, B, number=number, tags="[x]", **(overdue | {"reviewed": when}))
        room.write(f"standards/STD-00{number}.md", text)
    (room.folder / "standards/STD-003.md").write_bytes(b"\x00\x01\x02" * 500)
    with writes(room.database) as written:
        room.look()
    timers = [each.removeprefix("timer ") for each in written if each.startswith("timer")]
    reviews = [each for each in timers if each.startswith("review:")]
    assert timers == [*sorted(reviews), *sorted(each for each in timers if each.startswith("let_go:"))]
    assert len(reviews) == 4
    assert len(timers) - len(reviews) == 3
    others = [number for number, each in enumerate(written) if each in ("lock", "announcement", "posting", "audit")]
    assert max(number for number, each in enumerate(written) if each.startswith("timer")) < min(others)


def test_what_another_process_noticed_since_it_was_compared_is_compared_anew(
    room: Newsroom, tmp_path: Path, database: Database
) -> None:
    other = Newsroom(room.folder, database)
    room.write(PATH, standard(A, B, C))
    other.shelf.refresh()
    prepared = database.read_now(lambda unit: prepare(other.desk(unit)))
    room.look()
    assert database.write_now(lambda unit: notice(other.desk(unit), None, prepared)) == 0
    room.write(PATH, standard(A, C))
    room.look()
    assert database.write_now(lambda unit: notice(other.desk(unit), None, prepared)) == 1
    assert "Added" in room.said(ARCH)
    assert "[-" not in room.said(ARCH)


def test_who_unsubscribed_meanwhile_hears_nothing_of_what_was_kept_back(room: Newsroom, clock: Clock) -> None:
    room.subscribe(ADA, "standards digest daily")
    room.write(PATH, standard(A, B, C))
    room.look()
    room.unsubscribe(ADA)
    clock.advance(days=1)
    room.fall_due()
    assert room.postings(ADA) == []
    room.subscribe(ADA, "standards digest daily")
    room.write("standards/STD-002.md", standard(C, number=2))
    room.look()
    room.unsubscribe(ADA)
    room.subscribe(ADA, "adrs")
    clock.advance(days=1)
    room.fall_due()
    assert room.postings(ADA) == []


def test_many_changes_at_once_wait_for_the_digest_too(room: Newsroom, clock: Clock) -> None:
    room.subscribe(ADA, "standards digest daily")
    for number in range(2, 40):
        room.write(f"standards/STD-{number:03}.md", standard(A, number=number))
    room.look()
    clock.advance(days=1)
    room.fall_due()
    assert "38 documents changed at once: 38 new." in room.said(ADA)
