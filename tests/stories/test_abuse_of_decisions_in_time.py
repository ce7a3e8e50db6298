"""What time does to a decision: who is somebody else than a minute ago, many at once, rules that change meanwhile, clocks that
jump. Over HTTP, from Slack and from Teams. The numbers are those of `docs/abuse-cases.md`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.stories.abusing import BY_THREE, OTHER, ROOMS, Town, is_over, named, roles, town
from tests.stories.deciding import LOW, NEWS, NEWS_IN_TEAMS, Human

pytestmark = pytest.mark.asyncio(loop_scope="module")
BOTH = pytest.mark.parametrize("on", ["slack", "teams"])

OWN = "is your own request, from whichever account: others decide on it."
NO_ROLE = "is decided by architect, and you hold no such role now."
MEMBERS = "Only active, full members of this organisation decide."
OUTSIDER = "I answer members of this organisation only."
UNKNOWN = "I do not know whose account this is"
CHANGED_RULES = "governance.yaml has changed since this was sent: the earlier rule holds until it is sent again."
OTHER_RULES = "decide:\n  low: {seats: [security], within: 2 business days, lapse: 20 business days, at_most: 180 days, requires: [reason]}\n"  # fmt: skip


class Machine:
    """The clocks of the machine: what tells the time of day can be set, what counts seconds only grows. The event loop keeps
    its own: what it waits for, and connections that are open, are not hurried."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._ahead, self._passed = 0.0, 0.0
        of_day, steady = time.time, time.monotonic
        patch.setattr(asyncio.get_running_loop(), "time", steady)
        patch.setattr(time, "time", lambda: of_day() + self._ahead)
        patch.setattr(time, "monotonic", lambda: steady() + self._passed)

    def wait(self, seconds: float) -> None:
        """Lets seconds pass."""
        self._ahead += seconds
        self._passed += seconds

    def set_back(self, seconds: float) -> None:
        """Somebody corrects the time of day."""
        self._ahead -= seconds


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def machine() -> AsyncIterator[Machine]:
    with pytest.MonkeyPatch.context() as patch:
        yield Machine(patch)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """One organisation for all of whom no day passes: each test has people of its own, and leaves the rules as they were."""
    async with town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def anywhere(tmp_path: Path, database_url: str) -> AsyncIterator[Town]:
    """On a SQLite file, then on PostgreSQL."""
    async with town(tmp_path, DATABASE_URL=database_url) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def alone(tmp_path: Path) -> AsyncIterator[Town]:
    """One for a test in which days pass, or of which not everything is answered in the end."""
    async with town(tmp_path) as opened:
        yield opened


async def test_who_was_deactivated_or_demoted_since_the_card_was_sent_decides_nothing(there: Town, machine: Machine) -> None:  # 17  # fmt: skip
    graph, connector = there.there.house.teams.graph, there.there.house.teams.connector
    id_ = await there.asked("slack", there.somebody())

    def in_slack(**facts: object) -> Callable[[Human], object]:
        return lambda who: there.move_in(Human(replace(who.slack, **facts), who.teams))  # type: ignore[arg-type]  # of users

    def in_teams(**facts: str) -> Callable[[Human], object]:
        return lambda who: there.move_in(Human(who.slack, replace(who.teams, **facts)))

    changes: list[tuple[str, str, Callable[[Human], object], str]] = [
        ("slack", "architect", in_slack(deleted=True), OUTSIDER),
        ("slack", "architect", in_slack(is_restricted=True), MEMBERS),
        ("slack", "architect", in_slack(team="T0ELSEWHERE"), OUTSIDER),
        ("slack", "architect", in_slack(is_email_confirmed=False), UNKNOWN),
        ("slack", "grouper", there.leave_group, NO_ROLE),
        ("teams", "architect", lambda who: graph.disabled.add(who.teams.entra_id), OUTSIDER),
        ("teams", "architect", lambda who: connector.people.remove(who.teams), MEMBERS),
        ("teams", "architect", in_teams(role="guest"), MEMBERS),
        ("teams", "architect", in_teams(tenant="99999999-aaaa-4bbb-8ccc-0ddd0eee0fff"), OUTSIDER),
        ("teams", "grouper", there.leave_group, NO_ROLE),
    ]
    people = [there.somebody(role) for _, role, _, _ in changes]
    for who, (on, *_) in zip(people, changes, strict=True):
        await there.say(on, "away", who)  # from then on it is known who they are
    colleague = there.somebody("grouper")
    await there.say("slack", "away", colleague)
    for who, (_, _, change, _) in zip(people, changes, strict=True):
        change(who)
    machine.wait(61)
    for who, (on, _, _, why) in zip(people, changes, strict=True):
        assert why in await there.press(on, id_, "Approve", who)
        assert there.voices(id_) == []
    assert "counts" in await there.press("slack", id_, "Approve", colleague)


async def test_while_the_platform_does_not_say_who_somebody_is_they_decide_nothing(alone: Town, machine: Machine) -> None:  # 17  # fmt: skip
    there, architect = alone, alone.somebody("architect")
    slack, connector = there.there.house.slack, there.there.house.teams.connector
    id_ = await there.asked("slack", there.somebody())
    cards = {on: await there.card(on, id_) for on in ROOMS}
    for on in ROOMS:
        await there.say(on, "away", architect)
    slack.app = replace(slack.app, scopes=slack.app.scopes - {"users:read"})
    connector.rosters_down = 503
    machine.wait(61)
    for on, card in cards.items():
        assert "counts" not in await there.press(on, card, "Approve", architect)
        assert there.voices(id_) == []


async def test_who_lost_the_role_is_refused_at_once_and_what_they_said_before_stays(there: Town) -> None:  # 17, 27
    early, late = there.somebody("architect"), there.somebody("architect")
    id_ = await there.asked("slack", there.somebody(), question=BY_THREE)
    await there.press("teams", id_, "Approve", early)
    there.leave_group(early)
    there.leave_group(late)
    await there.rules(roles(architect="alan@example.org"))
    assert NO_ROLE in await there.press("teams", id_, "Approve", late)
    assert there.voices(id_) == [named(early, "teams")]
    await there.rules(roles())


async def test_two_accounts_that_prove_to_be_of_one_human_are_one_for_requests_from_before(there: Town, machine: Machine) -> None:  # 15  # fmt: skip
    human = there.somebody("architect", slack={"is_email_confirmed": False})
    id_ = await there.asked("slack", human)
    assert there.person(human, "slack") == ""
    there.move_in(Human(replace(human.slack, is_email_confirmed=True), human.teams))
    machine.wait(61)
    await there.say("slack", "away", human)
    assert OWN in await there.press("teams", id_, "Approve", human)
    assert there.voices(id_) == []


@BOTH
async def test_a_clock_that_is_set_back_locks_nobody_out(there: Town, machine: Machine, on: str) -> None:  # 29
    architect = there.somebody("architect")
    id_ = await there.asked(OTHER[on], there.somebody())
    await there.say(on, "away", architect)
    machine.set_back(200)
    machine.wait(61)
    assert "counts" in await there.press(on, id_, "Approve", architect)


async def test_of_many_who_approve_at_once_exactly_as_many_count_as_there_are_seats(anywhere: Town) -> None:  # 20
    there = anywhere
    id_ = await there.asked("slack", there.somebody(), question=BY_THREE)
    cards = {on: await there.card(on, id_) for on in ROOMS}
    crowd = [there.somebody(role) for role in ("architect", "grouper") * 5]
    on = ["slack", "teams"] * 5
    await asyncio.gather(*(there.say(each, "away", who) for each, who in zip(on, crowd, strict=True)))  # they are known
    told = await asyncio.gather(
        *(there.press(each, cards[each], "Approve", who) for each, who in zip(on, crowd, strict=True))
    )
    await there.there.settled()
    counted = [named(who, each) for each, who, said in zip(on, crowd, told, strict=True) if "counts" in said]
    assert len(counted) == 3
    assert sorted(there.voices(id_)) == sorted(counted)
    assert len([said for said in told if is_over(said, id_, "approved")]) == 7
    assert [each["action"].rpartition(".")[2] for each in there.record(id_)] == [
        "submitted",
        "spoken",
        "spoken",
        "approved",
    ]
    assert there.timers(id_, "expire") == 1
    assert {post.room for post in await there.there.posts(f"{id_}:told:decided")} == {NEWS, NEWS_IN_TEAMS}
    await there.there.see(f"{id_}:told:decided", NEWS, NEWS_IN_TEAMS)
    decided = await there.there.see(f"{id_}:review:1")
    assert decided.buttons == ("Show",)


async def test_of_approve_and_decline_at_once_the_first_counts_and_the_other_gets_a_sentence(anywhere: Town) -> None:  # 21  # fmt: skip
    there = anywhere
    for on in ("slack", "teams") * 2:
        for_it, against = there.somebody("architect"), there.somebody("architect")
        await asyncio.gather(there.say(on, "away", for_it), there.say(OTHER[on], "away", against))
        id_ = await there.asked("teams", there.somebody())
        card = await there.card(on, id_)
        form = await there.open(OTHER[on], await there.card(OTHER[on], id_), "Decline", against)
        yes, no = await asyncio.gather(there.press(on, card, "Approve", for_it), form.send({"Reason": "No."}))
        await there.there.settled()
        (decision,) = there.record(id_)[1:]
        assert decision["action"] in ("exception_request.approved", "exception_request.declined")
        assert there.stage(id_) in decision["action"]
        first, second, word = (yes, no, "approved") if there.stage(id_) == "approved" else (no, yes, "declined")
        assert "counts" in first
        assert is_over(second, id_, word)
        assert there.voices(id_) == [named(for_it, on) if word == "approved" else named(against, OTHER[on])]
        assert word.capitalize() in (await there.there.see(f"{id_}:review:1")).words


@BOTH
async def test_rules_that_change_meanwhile_hold_from_the_next_sending_on_and_the_card_says_so(there: Town, on: str) -> None:  # 27  # fmt: skip
    asker, security = there.somebody(), there.somebody("security")
    id_ = await there.asked(on, asker, question=BY_THREE)
    before = there.stored(id_)["terms"]["revision"]
    await there.rules(roles() + OTHER_RULES)
    for each in ROOMS:
        assert CHANGED_RULES in (await there.show(each, id_, asker)).words
    assert NO_ROLE in await there.press(on, id_, "Approve", security)
    assert "counts. It still waits for architect" in await there.press(on, id_, "Approve", there.somebody("architect"))
    assert CHANGED_RULES in (await there.there.see(f"{id_}:review:1")).words
    assert there.record(id_, "spoken")[0]["revision"] == there.stored(id_)["terms"]["revision"] == before

    card = await there.card(on, id_)
    await there.fill_in(on, card, "Ask for changes", there.somebody("architect"), {"What should be changed": "Why?"})
    await there.send_again(OTHER[on], id_, asker, {"Reason": "It is the vendor's own."})
    assert there.stored(id_)["terms"]["revision"] != before
    assert there.voices(id_) == []
    anew = await there.there.see(f"{id_}:review:2")
    assert CHANGED_RULES not in anew.words
    assert "It waits for security and architect (3 people)" in anew.words
    await there.rules(roles())


# When it is asked for, until which day, and when that ends in London.
SUMMER_BEGINS = datetime(2027, 2, 1, 10, tzinfo=UTC), "2027-03-28", datetime(2027, 3, 28, 23, tzinfo=UTC)
SUMMER_ENDS = datetime(2027, 9, 6, 10, tzinfo=UTC), "2027-10-31", datetime(2027, 11, 1, 0, tzinfo=UTC)


async def test_a_waiver_ends_once_and_never_early_whatever_the_clocks_do(alone: Town) -> None:  # 23, 29
    there, organisation, clock = alone, alone.there, alone.there.clock
    for asked, until, end in (SUMMER_BEGINS, SUMMER_ENDS):
        await organisation.until(asked)
        id_ = await there.asked("slack", there.somebody(), LOW | {"Until": until})
        old = {on: await there.card(on, id_) for on in ROOMS}
        await there.press("teams", id_, "Approve", there.somebody("architect"))
        await organisation.until(end - timedelta(seconds=1))
        assert there.record(id_, "expired") == []
        assert "in force until" in (await organisation.agree(id_)).words

        await organisation.until(end)
        assert "xpired" in (await organisation.agree(id_)).words
        for moment in (end - timedelta(days=7), end + timedelta(days=90), end - timedelta(hours=1), end):
            clock.now = moment
            await organisation.settled()
        assert len(there.record(id_, "expired")) == 1
        assert len(await organisation.posts(f"{id_}:expire:{until}")) == 1
        await organisation.see(f"{id_}:told:ended", NEWS, NEWS_IN_TEAMS)

        before = {on: there.drawings(on, id_) for on in ROOMS}
        for on, card in old.items():
            assert is_over(await there.press(on, card, "Approve", there.somebody("architect")), id_, "approved")
            assert (await there.card(on, id_)).buttons == ("Show",)
            assert there.drawings(on, id_) > before[on]
        assert len(there.voices(id_)) == 1
