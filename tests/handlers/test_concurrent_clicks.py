"""Many people press buttons of the same requests at once, and each voice counts once: `bench.clicks` in small, and its judge."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import clicks, tally
from bench.crowd import Crowd

Pressed = tuple[Crowd, tally.Records]


def test_of_clicks_at_once_each_voice_counts_once(database_url: str, tmp_path: Path) -> None:
    replicas = 2 if database_url.startswith("postgresql") else 1
    outcome = clicks.storm(database_url, tmp_path / "library", clicks=300, replicas=replicas, seed=11)
    assert outcome.wrong == []
    assert outcome.said.total() == 300
    assert outcome.said.keys() >= {"counted", "AlreadyDone", "RequestOver", "OwnRequest"}


@pytest.fixture(scope="module")
def pressed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Pressed:
    """What a few clicks came to."""
    folder = tmp_path_factory.mktemp("clicks")
    shutil.copyfile(sqlite_template, folder / "archway.db")
    return clicks.after(f"sqlite:///{folder / 'archway.db'}", folder / "library", clicks=120, replicas=1, seed=5)


def approved(records: tally.Records) -> str:
    """A request of which the record says that its last seat was filled."""
    actions = {body["subject"]: body["action"] for _, body in records.entries}
    return next(str(id_) for id_, action in actions.items() if action == "exception_request.approved")


def a_voice_more(records: tally.Records, id_: str) -> None:
    stored: dict[str, Any] = {**records.stored[id_]}
    stored["voices"] = [*stored["voices"], stored["voices"][0]]
    records.stored[id_] = stored


def a_voice_less(records: tally.Records, id_: str) -> None:
    records.stored[id_] = {**records.stored[id_], "voices": []}


def another_outcome(records: tally.Records, id_: str) -> None:
    records.stored[id_] = {**records.stored[id_], "stage": "declined"}


def two_approvals(records: tally.Records, id_: str) -> None:
    sequence, last = next((each for each in reversed(records.entries) if each[1]["subject"] == id_), (0, {}))
    records.entries.append((sequence + 1_000, last))


def a_step_on_what_was_before(records: tally.Records, id_: str) -> None:
    """As when two clicks have read the same state, and the second one has written over the first."""
    number = next(
        number for number, (_, body) in enumerate(records.entries) if body["subject"] == id_ and body["before"]
    )
    sequence, body = records.entries[number]
    records.entries[number] = sequence, {**body, "before": {**body["before"], "stage": "changes asked"}}


def a_timer_that_nobody_cancelled(records: tally.Records, id_: str) -> None:
    records.timers[id_].append("lapse")


def a_timer_less(records: tally.Records, id_: str) -> None:
    records.timers[id_].remove("expire")


def two_cards_of_one_outcome(records: tally.Records, id_: str) -> None:
    records.told[id_].append(next(each for each in records.told[id_] if each.get("happened") == "approved"))


def a_card_that_shows_an_open_ballot(records: tally.Records, id_: str) -> None:
    card = records.told[id_].pop()
    records.told[id_].append({**card, "shows": "something else"})


def one_human_on_two_seats(records: tally.Records, id_: str) -> None:
    records.seated[id_] = [*records.seated[id_], *records.seated[id_]]


@pytest.mark.parametrize(
    "spoil",
    [
        a_voice_more,
        a_voice_less,
        another_outcome,
        two_approvals,
        a_step_on_what_was_before,
        a_timer_that_nobody_cancelled,
        a_timer_less,
        two_cards_of_one_outcome,
        a_card_that_shows_an_open_ballot,
        one_human_on_two_seats,
    ],
)
def test_the_judge_sees(pressed: Pressed, spoil: Callable[[tally.Records, str], None]) -> None:
    crowd, stored = pressed
    assert clicks.judged(crowd, stored) == []
    records = deepcopy(stored)
    id_ = approved(records)
    spoil(records, id_)
    assert [sentence for sentence in clicks.judged(crowd, records) if sentence.startswith(f"{id_} ")]


def test_the_judge_sees_a_word_that_did_not_count_and_one_on_other_content(pressed: Pressed) -> None:
    crowd, stored = pressed
    others: list[tuple[str, dict[str, Any]]] = [("RequestOver", {"said": "counted"}), ("counted", {"digest": "0" * 16})]
    for said, other in others:
        spoilt = [*crowd.replies]
        number = next(number for number, reply in enumerate(spoilt) if reply.said == said and reply.wanted == "Approve")
        spoilt[number] = replace(spoilt[number], **other)
        assert tally.wrong(stored, crowd.cast, spoilt, clicks.MONDAY.date())


def test_the_judge_sees_a_delivery_that_was_done_twice(pressed: Pressed) -> None:
    crowd, stored = pressed
    again = [replace(reply, said="AlreadySpoken") if reply.said == "AlreadyDone" else reply for reply in crowd.replies]
    assert again != crowd.replies
    assert tally.wrong(stored, crowd.cast, again, clicks.MONDAY.date())


def test_the_judge_sees_a_voice_of_somebody_without_a_role(pressed: Pressed) -> None:
    crowd, stored = pressed
    voices = stored.stored[approved(stored)]["voices"]
    account = voices[0]["right"]["by"]["account"]
    cast = {**crowd.cast, account: tally.Someone("somebody")}
    assert tally.wrong(stored, cast, crowd.replies, clicks.MONDAY.date())
