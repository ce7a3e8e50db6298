"""An organisation with as many people as attempts need, what somebody forges who wants more than they may, and what a request is
afterwards: straight from the database, whatever a card says.

    async with town(tmp_path) as there:
        mallory = there.somebody("architect")
        told = await there.press("teams", id_, "Approve", mallory)
        assert there.voices(id_) == []
        assert there.refused(id_) == [("teams:…", "Approve", "OwnRequest")]
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.playground.state import View
from tests.doubles.teams import button, shown
from tests.stories.deciding import (
    ARCHITECTS,
    ARCHITECTS_IN_TEAMS,
    LOW,
    QUESTION,
    Human,
    Organisation,
    human,
    organisation,
    write,
)
from tests.stories.house import until
from tests.stories.in_slack import SlackForm, button_of
from tests.stories.in_teams import TeamsForm
from tests.stories.seeing import Post

ROOMS = {"slack": ARCHITECTS, "teams": ARCHITECTS_IN_TEAMS}
OTHER = {"slack": "teams", "teams": "slack"}
SHOWN = "These are the risk and the seats that follow"  # says a form that comes back before it is sent
AGAIN = "Change and send again"
NOTHING: Mapping[str, Any] = MappingProxyType({})
MOST = 200  # people of a role
# Whoever is in the architects' group, on either platform; architects have their role by their address too.
IN_THE_GROUP = ("architect", "grouper")
GROUP, ENTRA_GROUP = "S0ARCH", "3f2c7d1e-5b64-4c0a-9a41-2d8f6e0b1c97"
ROLES = """\
roles:
  architect:
    people: [{architect}]
    slack_groups: [S0ARCH]
    entra_groups: [3f2c7d1e-5b64-4c0a-9a41-2d8f6e0b1c97]
    rooms: ["slack:C0ARCH", "teams:19:arch@thread.tacv2"]
  platform: {{people: [{platform}, {double}], rooms: ["slack:C0PLAT"]}}
  security: {{people: [{security}], rooms: ["teams:19:sec@thread.tacv2"]}}
  director: {{people: [dora@example.org]}}
"""
SECRETS = """\
---
id: STD-009
title: Secrets
owner: security
exceptions: {seats: [{role: architect, people: 3}]}
---
# Secrets

## Where they are

- Secrets MUST be kept in the vault.
"""
BY_THREE = "where must secrets be kept?"  # about the clause on which three architects decide


@dataclass
class Town:
    """The organisation, and everybody who ever moves in."""

    there: Organisation
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def somebody(
        self, role: str = "somebody", *, slack: Mapping[str, Any] = NOTHING, teams: Mapping[str, Any] = NOTHING
    ) -> Human:
        """Somebody whom the bot has not met, with a role by their address where it is one; with other facts on either platform."""
        number = next(self._numbers)
        assert number <= MOST, "there are no addresses left: raise MOST"
        born = human(f"{role}{number}", number + 100)
        if role in IN_THE_GROUP:
            self.there.house.teams.graph.groups[ENTRA_GROUP].add(born.teams.entra_id)
        return self.move_in(Human(replace(born.slack, **slack), replace(born.teams, **teams)))

    def move_in(self, who: Human) -> Human:
        """Somebody is there from now on, or is somebody else than they were."""
        state, teams = self.there.house.slack.state, self.there.house.teams
        state.users[who.slack.id] = who.slack
        people = [each for each in teams.connector.people if each.teams_id != who.teams.teams_id]
        teams.connector.people = teams.graph.people = [*people, who.teams]
        return who

    def leave_group(self, who: Human) -> None:
        """Somebody is in the architects' group no longer, on either platform."""
        state, graph = self.there.house.slack.state, self.there.house.teams.graph
        state.groups[GROUP] = state.groups[GROUP] - {who.slack.id}
        graph.groups[ENTRA_GROUP].discard(who.teams.entra_id)

    async def rules(self, text: str) -> None:
        """Other decision rights are in force."""
        write(self.there.house.knowledge / "governance.yaml", text)
        kept = self.there.house.bot.settings.data
        await until(lambda: any(file.read_text() == text for file in kept.glob("governance-*.yaml")), seconds=20)

    async def asked(self, on: str, by: Human, values: Mapping[str, str] = LOW, question: str = QUESTION) -> str:
        """Somebody asks the bot alone, requests an exception from its answer and sends the form; gives the id."""
        there = self.there
        answer = await (there.slack.ask(question, by.slack) if on == "slack" else there.teams.ask(question, by.teams))
        return await self.sent(await self.open(on, answer, "Request an exception", by), values)

    async def sent(self, form: SlackForm | TeamsForm, values: Mapping[str, str]) -> str:
        """Fills in a form for a request and sends it, a second time where it shows the risk first; gives the id."""
        await form.fill(values)
        told = await form.send()
        told = await form.send() if SHOWN in told else told
        assert "is sent" in told, (told, form.faults)
        return next(word for word in told.split() if word.startswith("EX-")).rstrip(".")

    async def open(self, on: str, post: Post, label: str, who: Human) -> SlackForm | TeamsForm:
        """Somebody presses a button that opens a form."""
        if on == "slack":
            return await self.there.slack.open(post, label, who.slack)
        return await self.there.teams.open(post, label, who.teams)

    async def card(self, on: str, id_: str, round_: int = 1) -> Post:
        """The card for those who decide, in the architects' room."""
        return await self.there.card(f"{id_}:review:{round_}", ROOMS[on])

    async def show(self, on: str, id_: str, to: Human) -> Post:
        """A request as it is shown to somebody alone: with buttons of its own."""
        return await self.say(on, f"show {id_}", to)

    async def say(self, on: str, line: str, to: Human) -> Post:
        """Somebody writes to the bot alone; gives what it says."""
        return await (self.there.slack.say(line, to.slack) if on == "slack" else self.there.teams.say(line, to.teams))

    async def press(self, on: str, post: Post | str, label: str, who: Human) -> str:
        """Somebody presses a button of a card, or of the card of a request; gives what they are told."""
        post = await self.card(on, post) if isinstance(post, str) else post
        if on == "slack":
            return await self.there.slack.press(post, label, who.slack)
        return await self.there.teams.press(post, label, who.teams)

    async def fill_in(self, on: str, post: Post, label: str, who: Human, values: Mapping[str, str]) -> str:
        """Somebody presses a button that opens a form, fills it in and sends it."""
        return await (await self.open(on, post, label, who)).send(values)

    async def change(self, on: str, id_: str, asker: Human, values: Mapping[str, str]) -> None:
        """Security asks for changes, and the asker sends the request again with other values."""
        card = await self.card("teams", id_)
        await self.fill_in(
            "teams", card, "Ask for changes", self.somebody("security"), {"What should be changed": "Why?"}
        )
        await self.send_again(on, id_, asker, values)

    async def send_again(self, on: str, id_: str, asker: Human, values: Mapping[str, str]) -> None:
        """The asker, from whom changes are awaited, sends the request again with other values."""
        await self.sent(await self.open(on, await self.show(on, id_, asker), AGAIN, asker), values)

    def drawings(self, on: str, id_: str) -> int:
        """How often the cards of a request in the architects' room were drawn."""
        reference, room = f"{id_}:review:", ROOMS[on].partition(":")[2]
        house = self.there.house
        if on == "teams":
            posted = house.teams.connector.posted
            return len([each for each in posted if each.reference.startswith(reference) and each.room == room])
        posts = [each for each in house.slack.messages if each.reference.startswith(reference) and each.channel == room]
        return sum(1 + each.changes for each in posts)

    async def forge(self, on: str, post: Post, verb: str, about: str, who: Human) -> str:
        """Somebody presses what no card of ours carries, where a card of ours stands; gives what they are told."""
        if on == "slack":
            return await self.there.slack.press(forged(post, verb, about), "Forged", who.slack)
        action = {"type": "Action.Execute", "verb": verb, "data": {"about": about, "announced": True}}
        answer = await self.there.house.teams.act(action, post.what, by=who.teams)
        return str(answer["value"])

    def about(self, on: str, post: Post, label: str) -> str:
        """What a button carries."""
        if on == "slack":
            return str(button_of(post, label)["value"])
        return str(button(shown(post.what), label)["data"]["about"])

    def stored(self, id_: str) -> dict[str, Any]:
        """A request as it is written down."""
        number = int(id_.removeprefix("EX-"))
        ((facts,),) = self.there.house.remembered(f"SELECT facts FROM exception_request WHERE number = {number}")
        read: dict[str, Any] = json.loads(facts) if isinstance(facts, str) else facts  # type: ignore[assignment]
        return read

    def stage(self, id_: str) -> str:
        """How far a request is."""
        return str(self.stored(id_).get("stage", "submitted"))

    def voices(self, id_: str) -> list[str]:
        """The accounts whose voices count on the ballot that is open or was last, in their order."""
        return [str(voice["right"]["by"]["account"]) for voice in self.stored(id_).get("voices", ())]

    def timers(self, id_: str, what: str) -> int:
        """How many timers a request has for something, done or not."""
        ((found,),) = self.there.house.remembered(f"SELECT count(*) FROM timer WHERE key LIKE '{id_}:{what}:%'")
        return int(str(found))

    def person(self, who: Human, on: str) -> str:
        """The person that an account is linked to; "" for nobody."""
        platform, _, id_ = named(who, on).partition(":")
        found = self.there.house.remembered(
            f"SELECT person FROM account WHERE platform = '{platform}' AND id = '{id_}'"
        )
        return str(found[0][0] or "") if found else ""

    def record(self, id_: str, action: str = "") -> list[dict[str, Any]]:
        """What the record says of a request, in its order; of one kind ("approved") where it is named."""
        entries = [
            json.loads(str(body)) for (body,) in self.there.house.remembered("SELECT body FROM audit ORDER BY sequence")
        ]
        wanted = f"exception_request.{action}" if action else ""
        return [each for each in entries if each["subject"] == id_ and wanted in ("", each["action"])]

    def refused(self, id_: str) -> list[tuple[str, str, str]]:
        """The attempts on record: who, what they pressed, why it was refused."""
        entries = self.record(id_, "refused")
        return [(account_of(each), each["after"]["tried"], each["after"]["refusal"]) for each in entries]


def account_of(entry: Mapping[str, Any]) -> str:
    """Who an entry of the record is by ("slack:U1")."""
    by = entry["by"]
    return f"{by['platform']}:{by['id']}" if isinstance(by, dict) else str(by)


def is_over(told: str, id_: str, how: str) -> bool:
    """Whether somebody is told that a request is decided, and how."""
    return told.startswith((f"{id_} was {how}", f"{id_} is {how}"))


def forged(post: Post, verb: str, about: str) -> Post:
    """A card in Slack with one button that was never on it, "Forged"."""
    text = {"type": "plain_text", "text": "Forged"}
    made = {"type": "button", "action_id": verb, "value": about, "text": text}
    blocks = [{"type": "actions", "block_id": "forged", "elements": [made]}]
    return replace(post, what=replace(post.what, content={**post.what.content, "blocks": blocks}))


def rewritten(view: View, about: str) -> View:
    """A form in Slack that is about something else."""
    return replace(view, content={**view.content, "private_metadata": about})


def named(who: Human, on: str) -> str:
    """Somebody's account, as the record names it."""
    return f"slack:{who.slack.id}" if on == "slack" else f"teams:{who.teams.entra_id or who.teams.teams_id}"


def roles(**changed: str) -> str:
    """Decision rights under which everybody of a role in their name holds it; other people where a role is named."""
    people = {
        role: ", ".join(f"{role}{number}@example.org" for number in range(1, MOST + 1))
        for role in ("architect", "platform", "security", "double")
    }
    people["architect"] += ", alan@example.org, ada@example.org, " + people["double"]
    return ROLES.format(**people | changed)


@asynccontextmanager
async def town(scratch: Path, **environ: str) -> AsyncIterator[Town]:
    """The organisation at work, with room for more people; on one more standard, on which three architects decide."""
    async with organisation(scratch, **environ) as there:
        write(there.house.knowledge / "standards" / "STD-009-secrets.md", SECRETS)
        there.house.slack.state.groups[GROUP] = frozenset(
            f"U0{role.upper()}{number}" for role in IN_THE_GROUP for number in range(1, MOST + 1)
        )
        there.house.teams.graph.groups[ENTRA_GROUP] = set()
        opened = Town(there)
        await asyncio.gather(opened.rules(roles()), until(lambda: there.house.shelf.knows("STD-009.1"), seconds=20))
        yield opened
