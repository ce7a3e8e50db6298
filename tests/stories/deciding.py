"""An organisation that decides on exceptions: people with an account on each platform, rooms of their roles on both, a clock in
the hand. What its people do is in `in_slack` and `in_teams`.

    async with organisation(tmp_path) as there:
        id_ = await there.request(GRACE)
        card = await there.see(f"{id_}:review:1")  # as it stands in Slack and in Teams, and the same on both
        await there.press(f"{id_}:review:1", ARCHITECTS, "Approve", ADA)  # after which both show the request alike
        await there.advance(days=40)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.playground import doings
from bot.playground.state import Channel, User
from bot.store.memory import Figures
from tests.databases import Clock
from tests.doubles import teams as tenant
from tests.doubles.teams import TENANT
from tests.doubles.teams_connector import Person, Team
from tests.stories.house import House, house, until
from tests.stories.in_slack import InSlack, SlackForm
from tests.stories.in_teams import InTeams, TeamsForm
from tests.stories.seeing import Post, squeezed

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)  # within business hours in London
HASTE = 50.0  # how much faster than they permit the platforms are posted to
QUESTION, CLAUSE = "do storage buckets have to be encrypted?", "STD-004.1"

ARCHITECTS, ARCHITECTS_IN_TEAMS = "slack:C0ARCH", "teams:19:arch@thread.tacv2"
PLATFORM, SECURITY = "slack:C0PLAT", "teams:19:sec@thread.tacv2"
NEWS, NEWS_IN_TEAMS = "slack:C0NEWS", "teams:19:news@thread.tacv2"
# Direct messages to Grace, Pat and Dora.
HERS, PATS, DORAS = "slack:U0GRACE", "slack:U0PAT", "slack:U0DORA"
HERS_IN_TEAMS = f"teams:a:chat-with-{tenant.GRACE.teams_id}"

RULES = """\
roles:
  architect: {people: [ada@example.org, alan@example.org], rooms: ["slack:C0ARCH", "teams:19:arch@thread.tacv2"]}
  platform: {people: [pat@example.org], rooms: ["slack:C0PLAT"]}
  security: {people: [sam@example.org], rooms: ["teams:19:sec@thread.tacv2"]}
  director: {people: [dora@example.org]}
"""
ENCRYPTION = """\
---
id: STD-004
title: Encryption
owner: security
controls: [SOC2:CC6.1]
---
# Encryption

## At rest

- Storage buckets MUST be encrypted at rest.
- Keys SHOULD be rotated every year.
"""
LOGS = "---\nid: STD-007\ntitle: Logs\nowner: platform\n---\n# Logs\n\n## Keeping\n\n- Audit logs MUST be kept for a year.\n"


@dataclass(frozen=True)
class Human:
    """Somebody with an account on each platform; what links the two is their verified address."""

    slack: User
    teams: Person


def human(name: str, number: int) -> Human:
    """Somebody by their first name."""
    email = f"{name}@example.org"
    entra = f"{number:08d}-aaaa-4bbb-8ccc-000000000000"
    return Human(
        User(f"U0{name.upper()}", name, name.title(), email),
        Person(entra, f"29:{name}", name.title(), email, TENANT),
    )


GRACE, ALAN = Human(doings.GRACE, tenant.GRACE), Human(doings.ALAN, tenant.ALAN)
ADA, PAT, SAM, DORA = (human(name, number) for number, name in enumerate(("ada", "pat", "sam", "dora"), 1))
EVERYBODY = (GRACE, ALAN, ADA, PAT, SAM, DORA)

# Forms as people fill them in, by the labels of their fields.
LOW = {
    "Service": "payments",
    "Environment": "production",
    "Tier": "3",
    "exposure": "internal",
    "data": "public",
    "Until": "2026-12-31",
    "Reason": "The vendor's appliance cannot do it.",
}
MORE = {
    "Compensating controls": "It stands in a network of its own.",
    "Remediation plan": "We move to another one.",
    "Remedied by": "2026-12-30",
}
MODERATE = LOW | {"exposure": "public", "data": "internal"} | MORE
HIGH = LOW | {"exposure": "public", "data": "restricted"} | MORE
EMERGENCY = MODERATE | {
    "Until": "2026-11-29",
    "Emergency": "Yes",
    "Reason for the emergency": "The till is down.",
}


@dataclass
class Organisation:
    """The bot, its two platforms, and the clock by which days pass."""

    house: House
    clock: Clock
    slack: InSlack = field(init=False)
    teams: InTeams = field(init=False)

    def __post_init__(self) -> None:
        self.slack, self.teams = InSlack(self.house.slack), InTeams(self.house.teams)

    async def settled(self) -> None:
        """Waits until all that came in is handled, all that was due is done, all that is announced is posted, and answers know
        what stands against their clauses."""
        await self._rest(lambda now: not (now.inbox.waiting or now.timers.overdue or any(now.outbox.waiting.values())))
        await self.house.bot.standing.look()

    async def advance(self, **by: float) -> None:
        """Lets time pass, and what falls due happen: `advance(days=1, hours=2)`."""
        await self.settled()
        self.clock.advance(**by)
        await self.house.bot.desks.notice()  # has timers looked at now; they would be a little later by themselves
        await self._rest(lambda now: not now.timers.overdue)
        await self.house.bot.desks.notice()  # and so with what they announce
        await self.settled()

    async def _rest(self, true: Callable[[Figures], bool]) -> None:
        async with asyncio.timeout(60):
            while True:
                now = await self.house.bot.memory.figures()
                assert now.timers.failing == now.outbox.set_aside == 0, now
                if true(now):
                    return
                await asyncio.sleep(0.01)

    async def until(self, moment: datetime) -> None:
        """Lets time pass until then."""
        await self.advance(seconds=(moment - self.clock.now).total_seconds())

    def references(self, beginning: str) -> list[str]:
        """What has been announced so far under keys that begin so, by key."""
        said = {each.reference for each in self.house.slack.messages}
        said |= {each.reference for each in self.house.teams.connector.posted}
        return sorted(each for each in said if each.startswith(beginning))

    async def posts(self, reference: str) -> list[Post]:
        """Where an announcement stands, in Slack first: as it is once everything has settled."""
        await self.settled()
        return [*self.slack.posts(reference), *self.teams.posts(reference)]

    async def card(self, reference: str, room: str) -> Post:
        """The card of an announcement in a room."""
        found = [post for post in await self.posts(reference) if post.room == room]
        assert len(found) == 1, (reference, room, await self.posts(reference))
        return found[0]

    async def see(self, reference: str, *rooms: str) -> Post:
        """A card that stands in Slack and in Teams, and in no other than `rooms` where some are named: with the same words and the
        same buttons everywhere, or this fails."""
        posts = await self.posts(reference)
        assert not rooms or sorted(post.room for post in posts) == sorted(rooms), (reference, posts)
        platforms = {post.room.partition(":")[0] for post in posts}
        assert platforms == {"slack", "teams"}, f"{reference} stands in {[post.room for post in posts] or 'no room'}"
        _alike(posts)
        return posts[0]

    async def agree(self, id_: str) -> Post:
        """Both platforms show a request alike: in all of its cards wherever they stand, and to whoever has it shown; what whoever
        decides was shown last is in both. Gives that card."""
        await self.settled()
        for reference in self.references(f"{id_}:"):
            _alike(await self.posts(reference))
        await self.alike(f"show {id_}", ALAN)
        return await self.see(self.references(f"{id_}:review:")[-1])

    async def press(
        self, reference: str, room: str, label: str, who: Human, values: Mapping[str, str] | None = None
    ) -> str:
        """Somebody presses a button of a posted card, and sends the form that it opens where there are `values` for one, by their
        labels; gives what they are told. Both platforms then show the request alike."""
        post, id_ = await self.card(reference, room), reference.partition(":")[0]
        if room.startswith("slack:"):
            told = await self.slack.do(post, label, who.slack, values)
        else:
            told = await self.teams.do(post, label, who.teams, values)
        await self.agree(id_)
        return told

    async def alike(self, line: str, who: Human, *said: str) -> None:
        """What is typed is answered alike on both platforms, and with these words."""
        answers = [await self.slack.say(line, who.slack), await self.teams.say(line, who.teams)]
        _alike(answers)
        for words in said:
            assert words in answers[0].words, answers[0]

    async def request(self, by: Human = GRACE, values: Mapping[str, str] = LOW) -> str:
        """Somebody asks in Slack, presses *Request an exception* on the answer and sends the form; gives the id."""
        form = await self.slack.open(await self.slack.ask(QUESTION, by.slack), "Request an exception", by.slack)
        return await self.sent(form, values)

    async def request_in_teams(self, by: Human = GRACE, values: Mapping[str, str] = LOW) -> str:
        """The same in Teams, where the risk is shown once the form was sent, and it is sent again."""
        form = await self.teams.open(await self.teams.ask(QUESTION, by.teams), "Request an exception", by.teams)
        return await self.sent(form, values)

    async def sent(self, form: SlackForm | TeamsForm, values: Mapping[str, str]) -> str:
        """Fills in a form for a request and sends it, a second time where it shows the risk first; gives the id. Both platforms
        then show it alike."""
        await form.fill(values)
        told = await form.send()
        if "These are the risk and the seats" in told:
            told = await form.send()
        assert "is sent" in told, (told, form.faults)
        form.close()
        id_ = next(word for word in told.split() if word.startswith("EX-")).rstrip(".")
        await self.agree(id_)
        return id_


def _alike(posts: Sequence[Post]) -> None:
    for post in posts:
        told = f"in {posts[0].room}: {posts[0].words} {posts[0].buttons}\nin {post.room}: {post.words} {post.buttons}"
        assert squeezed(post.words) == squeezed(posts[0].words), told
        assert post.buttons == posts[0].buttons, told


@asynccontextmanager
async def organisation(scratch: Path, **environ: str) -> AsyncIterator[Organisation]:
    """The organisation at work on a Monday morning: everybody has spoken to the bot on both platforms once, and two rooms hear
    of exceptions."""
    write(scratch / "knowledge" / "standards" / "STD-004-encryption.md", ENCRYPTION)
    write(scratch / "knowledge" / "standards" / "STD-007-logs.md", LOGS)
    write(scratch / "knowledge" / "governance.yaml", RULES)
    clock = Clock(MONDAY)
    async with house(scratch, clock=clock, haste=HASTE, **environ) as opened:
        there = Organisation(opened, clock)
        await _furnish(opened)
        await asyncio.gather(*(introduce(there, each) for each in EVERYBODY))
        await opened.slack.command("/arch", "subscribe exceptions", channel="C0NEWS")
        await opened.teams.mention("subscribe exceptions", **in_channel(NEWS_IN_TEAMS))
        await there.settled()
        yield there


async def introduce(there: Organisation, who: Human) -> None:
    """Somebody speaks to the bot on both platforms, so that it knows who they are."""
    await there.slack.say("away", who.slack)
    await there.teams.say("away", who.teams)


def in_channel(room: str) -> dict[str, Any]:
    """The members of an activity that comes from a channel in Teams."""
    id_ = room.removeprefix("teams:")
    conversation = {"id": f"{id_};messageid=1", "conversationType": "channel", "isGroup": True, "tenantId": TENANT}
    data = {"channel": {"id": id_}, "team": {"id": "19:decisions@thread.tacv2"}, "tenant": {"id": TENANT}}
    return {"conversation": conversation, "channelData": data}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


async def _furnish(opened: House) -> None:
    """People and rooms on both platforms; the bot is in all of them."""
    slack, teams = opened.slack.state, opened.teams
    slack.users = {each.slack.id: each.slack for each in EVERYBODY}
    everybody = frozenset({*slack.users, opened.slack.app.bot_user})
    for room in (ARCHITECTS, PLATFORM, NEWS):
        id_ = room.removeprefix("slack:")
        slack.channels[id_] = Channel(id_, id_.lower(), everybody)
    slack.channels[doings.GENERAL] = Channel(doings.GENERAL, "general", everybody)
    teams.connector.people = teams.graph.people = [each.teams for each in EVERYBODY]
    rooms = (ARCHITECTS_IN_TEAMS, SECURITY, NEWS_IN_TEAMS)
    team = Team("19:decisions@thread.tacv2", "Decisions", {room.removeprefix("teams:"): room for room in rooms})
    teams.connector.teams[team.id] = team
    added = teams.activity("members_added", **in_channel(ARCHITECTS_IN_TEAMS))
    added["channelData"] |= {"eventType": "teamMemberAdded"}
    assert (await teams.deliver(added)).status < 300
    for room in rooms:
        teams.connector.conversations.add(room.removeprefix("teams:"))
    known = "SELECT count(*) FROM conversation WHERE platform = 'teams'"
    await until(lambda: opened.remembered(known) >= [(len(rooms),)])
