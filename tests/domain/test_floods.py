from __future__ import annotations

from dataclasses import replace

from bot.domain.commands import Ask, Search
from bot.domain.exception_commands import Suggest
from bot.domain.people import Account
from bot.floods import MOST_BUCKETS, PERSON, ROOM, Floods

ADA = Account("slack", "U1", "T1", room="C1")


class Clock:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def admitted(floods: Floods, by: Account, times: int) -> int:
    return sum(floods.admits(Ask(by, "x")) for _ in range(times))


def test_one_who_asks_too_much_waits_and_others_are_served() -> None:
    floods = Floods(Clock())
    assert admitted(floods, ADA, 100) == PERSON.burst
    assert admitted(floods, replace(ADA, id="U2"), 5) == 5


def test_a_bucket_fills_again_with_time() -> None:
    clock = Clock()
    floods = Floods(clock)
    admitted(floods, ADA, 100)
    clock.seconds += 60
    assert admitted(floods, ADA, 100) == PERSON.burst
    clock.seconds += 10
    assert admitted(floods, ADA, 100) == PERSON.a_minute // 6


def test_a_room_has_a_bucket_of_its_own() -> None:
    floods = Floods(Clock())
    crowd = [Account("slack", f"U{number}", "T1", room="C1") for number in range(200)]
    assert sum(floods.admits(Ask(by, "x")) for by in crowd) == ROOM.burst
    assert floods.admits(Ask(replace(crowd[0], id="U999", room="C2"), "x"))


def test_typing_does_not_use_up_questions() -> None:
    floods = Floods(Clock())
    assert all(floods.admits(Search(ADA, "x")) for _ in range(50))
    assert all(floods.admits(Suggest(ADA, "clauses", "x")) for _ in range(50))
    assert admitted(floods, ADA, 1) == 1


def test_a_million_people_do_not_fill_the_memory() -> None:
    floods = Floods(Clock())
    for number in range(MOST_BUCKETS + 1000):
        floods.admits(Ask(Account("teams", str(number), "T"), "x"))
    assert len(floods) <= MOST_BUCKETS
