"""Values as plain JSON and back: nothing is lost, what another version wrote can be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import plain
from bot.domain.calendar import Span, Unit
from bot.domain.exception_requests import Choice
from bot.domain.people import Person
from tests.domain.cast import CALM

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    count: int = 0
    sure: bool = False
    day: date | None = None
    at: datetime | None = None
    span: Span | None = None
    choice: Choice = Choice.APPROVE
    roles: frozenset[str] = frozenset()
    days: tuple[date, ...] = ()
    person: Person | None = None
    people: tuple[Person, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)


people = st.builds(Person, st.text(), st.text(), st.text(), st.text())
samples = st.builds(
    Sample,
    name=st.text(),
    count=st.integers(),
    sure=st.booleans(),
    day=st.none() | st.dates(),
    at=st.none()
    | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))]), min_value=datetime(1970, 1, 2)),  # noqa: DTZ001  # naive bounds are what it takes
    span=st.none() | st.builds(Span, st.integers(0, 9999), st.sampled_from(Unit)),
    choice=st.sampled_from(Choice),
    roles=st.frozensets(st.text()),
    days=st.lists(st.dates()).map(tuple),
    person=st.none() | people,
    people=st.lists(people, max_size=3).map(tuple),
    answers=st.dictionaries(st.text(), st.text()),
)


@CALM
@given(samples)
def test_what_was_written_is_read_as_it_was(value: Sample) -> None:
    assert plain.read(Sample, json.loads(json.dumps(plain.written(value)))) == value


def test_members_that_are_not_known_are_ignored_and_those_that_are_missing_take_their_defaults() -> None:
    assert plain.read(Sample, {"name": "a", "colour": "red", "person": {"id": "p", "shoe_size": 44}}) == Sample(
        "a", person=Person("p")
    )


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"name": 7},
        {"name": None},
        {"name": "a", "count": "7"},
        {"name": "a", "count": True},
        {"name": "a", "sure": "yes"},
        {"name": "a", "day": "tomorrow"},
        {"name": "a", "day": 7},
        {"name": "a", "span": "soon"},
        {"name": "a", "choice": "Perhaps"},
        {"name": "a", "choice": 3},
        {"name": "a", "people": [{"name": "no id"}]},
    ],
)
def test_what_cannot_be_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        plain.read(Sample, facts)


def test_moments_are_written_in_utc_and_must_have_a_zone() -> None:
    in_berlin = NOON.astimezone(timezone(timedelta(hours=1)))
    assert plain.written(Sample("a", at=in_berlin))["at"] == "2026-11-23T12:00:00+00:00"
    with pytest.raises(TypeError, match="time zone"):
        plain.written(Sample("a", at=NOON.replace(tzinfo=None)))


@pytest.mark.parametrize("value", [object(), {"a": 1}, "text"])
def test_only_dataclasses_are_written(value: object) -> None:
    with pytest.raises(TypeError, match="is no dataclass"):
        plain.written(value)
