"""What people do in Teams about exception requests, by the labels that they see: cards, buttons, dialogs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.playground.doings import until
from tests.doubles.teams import TENANT, Teams, shown
from tests.doubles.teams_answers import actions_of
from tests.doubles.teams_connector import Person, Posted
from tests.stories.house import words_of
from tests.stories.seeing import Post, worded

CLAUSE = "Clause or standard"
EXTENSION = "requestException"


@dataclass
class InTeams:
    """One side of the organisation. Whoever acts is named by their account."""

    teams: Teams

    def posts(self, reference: str) -> list[Post]:
        """The posts of one announcement, as they stand now: an update takes the place of its post."""
        standing = {each.id: each for each in self.teams.connector.posted}
        return [post_of(each) for each in standing.values() if each.reference == reference]

    async def ask(self, question: str, by: Person) -> Post:
        """Asks the bot alone; gives its answer."""
        return await self.say(question, by)

    async def say(self, line: str, by: Person) -> Post:
        """Writes to the bot alone; gives what it says."""
        before = len(self.teams.connector.posted)
        said = self.teams.activity("message_personal", text=line, conversation=chat_with(by), **{"from": by.sender})
        assert (await self.teams.deliver(said)).status == 200

        def answer() -> Posted | None:
            new = self.teams.connector.posted[before:]
            return next((each for each in new if not each.reference and each.room == chat_with(by)["id"]), None)

        return post_of(await until(answer, f"{by.name} is not answered"))

    async def open(self, post: Post, label: str, by: Person) -> TeamsForm:
        """Presses a button that opens a dialog with a form."""
        return TeamsForm(self.teams, await self.teams.open_dialog(post.what, label, by), by, post.what)

    async def open_from_message(self, html: str | None, by: Person) -> TeamsForm:
        """Chooses the extension's action, on a message or where one is written."""
        return TeamsForm(self.teams, await self.teams.ask_about(html, by, EXTENSION), by)

    async def press(self, post: Post, label: str, by: Person) -> str:
        """Presses a button; gives what whoever pressed is told."""
        answer = await self.teams.press(post.what, label, by)
        return worded(answer["value"] if isinstance(answer["value"], str) else words_of(answer["value"]))

    async def do(self, post: Post, label: str, by: Person, values: Mapping[str, str] | None = None) -> str:
        """Presses a button, and sends the form that it opens where there are `values` for one; gives what is told."""
        if values is None:
            return await self.press(post, label, by)
        form = await self.open(post, label, by)
        told = await form.send(values)
        assert not form.faults, form.faults
        return told


@dataclass
class TeamsForm:
    """A dialog with a form that somebody has before them. `on` is the post that it was opened from."""

    teams: Teams
    dialog: dict[str, Any]
    by: Person
    on: Posted | None = None
    filled: dict[str, str] = field(default_factory=dict)  # by the names of the inputs

    @property
    def card(self) -> dict[str, Any]:
        card: dict[str, Any] = self.dialog["value"]["card"]["content"]
        return card

    @property
    def title(self) -> str:
        return str(self.dialog["value"]["title"])

    @property
    def words(self) -> str:
        return worded(words_of(self.dialog["value"]["card"]["content"]))

    @property
    def values(self) -> dict[str, str]:
        """What a person sees in its fields, by their labels."""
        return {label: _seen(each, self.filled.get(each["id"])) for label, each in self._inputs.items()}

    @property
    def faults(self) -> Mapping[str, str]:
        """What stands below its fields in red, by their labels."""
        found, label = dict[str, str](), ""
        for element in self.card["body"]:
            label = element.get("label", label)
            runs = element.get("inlines", ())
            if label and any(run.get("color") == "attention" for run in runs):
                found.setdefault(label, "".join(run["text"] for run in runs))
        return found

    async def find(self, typed: str, label: str = CLAUSE) -> tuple[str, ...]:
        """Types in a field that finds something; gives what it offers."""
        element = self._inputs[label]
        found = await self.teams.type_in(self.card, element["id"], typed, by=self.by)
        known = {choice["value"] for choice in element["choices"]}
        element["choices"] += [each for each in found if each["value"] not in known]
        return tuple(each["title"] for each in found)

    async def fill(self, values: Mapping[str, str]) -> None:
        """Fills in its fields, by their labels."""
        for label, value in values.items():
            element = self._inputs[label]
            self.filled[element["id"]] = _chosen(element, value)

    async def send(self, values: Mapping[str, str] | None = None) -> str:
        """Sends it; gives what the dialog then says. Another form takes its place."""
        await self.fill(values or {})
        label = self.card["actions"][0]["title"]
        if self.on:
            told = await self.teams.send(self.dialog, label, self.on, self.filled, self.by)
        else:
            told = await self.teams.submit(self.dialog, label, self.by, values=self.filled, action=EXTENSION)
        if not isinstance(told["value"], dict):
            return worded(told["value"])
        self.dialog, self.filled = told, {}
        return self.words

    def close(self) -> None:
        """Closes it: the bot hears nothing of that."""

    @property
    def _inputs(self) -> dict[str, dict[str, Any]]:
        return {each["label"]: each for each in self.card["body"] if each["type"].startswith("Input.")}


def chat_with(person: Person) -> dict[str, Any]:
    """The personal chat of somebody with the bot."""
    return {"id": f"a:chat-with-{person.teams_id}", "conversationType": "personal", "tenantId": TENANT}


def post_of(posted: Posted) -> Post:
    card = shown(posted)
    buttons = tuple(action["title"] for action in actions_of(card))
    return Post(f"teams:{posted.room}", worded(words_of(card)), buttons, posted)


def _chosen(element: Mapping[str, Any], value: str) -> str:
    if element["type"] != "Input.ChoiceSet":
        return value
    found = [choice["value"] for choice in element["choices"] if choice["title"] == value]
    assert found, f"{value!r} is none of {[choice['title'] for choice in element['choices']]}"
    return str(found[0])


def _seen(element: Mapping[str, Any], filled: str | None) -> str:
    value = str(element.get("value", "")) if filled is None else filled
    return next((str(each["title"]) for each in element.get("choices", ()) if each["value"] == value), value)
