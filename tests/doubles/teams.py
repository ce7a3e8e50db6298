"""Microsoft Teams in a box, over HTTP: a token issuer, a connector, Graph, and the client that people type into."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp

from tests.doubles.graph import Graph
from tests.doubles.loopback_server import served
from tests.doubles.teams_answers import (
    actions_of,
    fault_of_action_answer,
    fault_of_dialog,
    fault_of_query_answer,
    fault_of_suggestions,
    fault_of_unfurl,
    opens_dialog,
)
from tests.doubles.teams_connector import ADAPTIVE, Connector, Person, Posted, Team
from tests.doubles.teams_issuer import Issuer

APP_ID = "7a1c2f3e-1111-4222-8333-944455556666"
PASSWORD = "correct-horse-battery-staple"
TENANT = "5b1cfa5e-aaaa-4bbb-8ccc-0ddd0eee0fff"
PAYLOADS = Path(__file__).parent.parent / "payloads"

Json = dict[str, Any]

GRACE = Person(
    "c2d8d9f2-4c0f-4f4a-9b3e-2d0f4f4a9b3e",
    "29:1XJKJMvc5GBtc2JwZq0oj8tHZmzrQgFmB39ATiQWA85gQtHieVkKilBZ9XHoq9j7Zaqt7CZ-NJWi7me2kHTL3Bw",
    "Grace Hopper",
    "Grace@example.org",
    TENANT,
)
ALAN = Person("0ef15ea9-0000-4000-8000-000000000000", "29:1hEcC", "Alan Turing", "alan@example.org", TENANT)
GUEST = Person(
    "11111111-0000-4000-8000-000000000001",
    "29:guest",
    "Ada Guest",
    "ada_partner.example#EXT#@example.org",
    TENANT,
    "guest",
)
STRANGER = Person(
    "22222222-0000-4000-8000-000000000002",
    "29:stranger",
    "Sam Elsewhere",
    "sam@elsewhere.example",
    "99999999-aaaa-4bbb-8ccc-0ddd0eee0fff",
)

PERSONAL_CHAT = "a:17I0kl9EkpE1O9PH5TWrzrLNwnWWcfrU7QZjKR0WSfOpzbfcAg2IaydGElSo10tVr4C7Fc6GtieTJX663WuJCc1uA83n4CSrHSgGBj5XNYLcVlJAs2ZX8DbYBPck201w-"
PAYMENTS = Team("19:712c61d0ef384e5fa681ba90ca943398@thread.skype", "Payments", {"19:712c61d0ef384e5fa681ba90ca943398@thread.skype": None, "19:253b1f341670408fb6fc51050b6e5ceb@thread.skype": "Architecture"})  # fmt: skip
CHANNEL = "19:253b1f341670408fb6fc51050b6e5ceb@thread.skype"


@dataclass(frozen=True)
class Answer:
    """What the bot said to a delivery."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Teams:
    """One tenant with one bot, which listens at `messages_url` once that is set."""

    issuer: Issuer
    connector: Connector
    graph: Graph
    client: aiohttp.ClientSession
    messages_url: str = ""
    suggested: set[str] = field(default_factory=set)  # values that a field which searches has offered
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def settings(self) -> dict[str, Any]:
        """What a bot of this tenant is configured with, as `TeamsSurface` takes it."""
        return {
            "app_id": APP_ID,
            "app_password": PASSWORD,
            "tenant_id": TENANT,
            "metadata_url": self.issuer.metadata_url,
            "token_url": self.issuer.token_url,
            "service_urls": (self.connector.url,),
            "graph_url": self.graph.base,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The same for `archway serve`."""
        return {
            "MICROSOFT_APP_ID": APP_ID,
            "MICROSOFT_APP_PASSWORD": PASSWORD,
            "MICROSOFT_APP_TENANT_ID": TENANT,
            "MICROSOFT_OPENID_METADATA_URL": self.issuer.metadata_url,
            "MICROSOFT_TOKEN_URL": self.issuer.token_url,
            "MICROSOFT_SERVICE_URLS": self.connector.url,
            "ARCHWAY_GRAPH_URL": self.graph.base,
        }

    def activity(self, payload: str, **members: Any) -> Json:
        """A new activity after `tests/payloads/teams_PAYLOAD.json`, from this connector and with an id of its own."""
        activity: Json = json.loads((PAYLOADS / f"teams_{payload}.json").read_text(encoding="utf-8"))
        activity |= {"id": f"{activity['id']}-{next(self._numbers)}", "serviceUrl": self.connector.service_url}
        activity |= members
        self.connector.conversations.add(activity["conversation"]["id"])
        return activity

    def query(self, text: str, skip: int = 0, count: int = 25) -> Json:
        """What the search extension sends while somebody types."""
        value = {
            "commandId": "search",
            "parameters": [{"name": "question", "value": text}],
            "queryOptions": {"skip": skip, "count": count},
        }
        return self.activity("query", value=value)

    async def deliver(self, activity: Json, token: str | None = None) -> Answer:
        """Delivers an activity as the connector does, with a fitting token unless another is given."""
        token = token or self.issuer.token(activity["serviceUrl"])
        return await self.post(json.dumps(activity).encode(), {"Authorization": f"Bearer {token}"})

    async def post(self, body: bytes, headers: Any) -> Answer:
        """Any body and any headers (a list of pairs may double one)."""
        pairs = [*dict(headers).items()] if isinstance(headers, dict) else list(headers)
        if not any(name.lower() == "content-type" for name, _ in pairs):
            pairs.append(("Content-Type", "application/json; charset=utf-8"))
        async with self.client.post(self.messages_url, data=body, headers=pairs) as answer:
            return Answer(answer.status, await answer.read(), dict(answer.headers))

    async def say(self, text: str, by: Person = GRACE, **members: Any) -> Posted:
        """Writes to the bot in a personal chat; gives what it says."""
        return await self._posted_after(self.activity("message_personal", text=text, **{"from": by.sender}, **members))

    async def mention(self, text: str, by: Person = GRACE, **members: Any) -> Posted:
        """Mentions the bot in a channel; gives its answer."""
        text = f"<at>Archway</at> {text}"
        return await self._posted_after(self.activity("message_channel", text=text, **{"from": by.sender}, **members))

    async def press(self, posted: Posted, label: str, by: Person = GRACE, **members: Any) -> Json:
        """Presses a button of a posted card; gives the answer to whoever pressed: a card, or a sentence."""
        return await self.act(button(shown(posted), label), posted, by=by, **members)

    async def fill_in(self, form: Json, posted: Posted, values: Mapping[str, str], by: Person = GRACE) -> Json:
        """Fills in the form that a button led to, in the place of its card, and sends it."""
        (submit,) = form["actions"]
        return await self.act(submit, posted, filled(form, values, self.suggested), by)

    async def open_dialog(self, posted: Posted, label: str, by: Person = GRACE) -> Json:
        """Presses a button that opens a dialog; gives the dialog."""
        action = button(shown(posted), label)
        assert opens_dialog(action), "this button opens no dialog: use press"
        value = {"data": action["data"], "context": {"theme": "default"}}
        return self._dialog(await self.invoke("task_fetch", value, by, posted))

    async def send(self, dialog: Json, label: str, posted: Posted, values: Mapping[str, str] | None = None, by: Person = GRACE) -> Json:  # fmt: skip
        """Presses a button in a dialog that a button of a post opened, with what was filled in; gives what comes then."""
        card = dialog["value"]["card"]["content"]
        written = filled(card, values, self.suggested) if values is not None else {}
        value = {"data": {**button(card, label)["data"], **written}, "context": {"theme": "default"}}
        return self._dialog(await self.invoke("task_fetch", value, by, posted, name="task/submit"))

    async def type_in(self, form: Json, name: str, text: str, skip: int = 0, by: Person = GRACE) -> list[Json]:
        """Types in a field of a form that searches; gives what is listed below it."""
        (searching,) = (element for element in form["body"] if element.get("id") == name)
        query = searching["choices.data"]
        assert query["type"] == "Data.Query"
        value = {"queryText": text, "queryOptions": {"skip": skip, "top": 15}, "dataset": query["dataset"]}
        answer = await self.invoke("application_search", value, by)
        fault = fault_of_suggestions(answer)
        assert fault is None, fault
        results: list[Json] = answer["value"]["results"]
        self.suggested |= {result["value"] for result in results}
        return results

    async def act(
        self, action: Json, posted: Posted, values: Mapping[str, str] | None = None, by: Person = GRACE, **members: Any
    ) -> Json:
        """What a client sends for a card's action; asserts that Teams would take the answer."""
        assert action["type"] == "Action.Execute", "of an Action.Submit nothing comes back: use press_as_of_old"
        data = {**action.get("data", {}), **(values or {})}
        said = {"type": "Action.Execute", "id": action.get("id"), "verb": action["verb"], "data": data}
        value = {"action": said, "trigger": "manual"}
        answer = await self.invoke("card_action", value, by, posted, **members)
        fault = fault_of_action_answer(answer)
        assert fault is None, fault
        return answer

    async def press_as_of_old(self, posted: Posted, label: str, by: Person = GRACE, **values: str) -> None:
        """Presses a button as a client does that knows neither `Action.Execute` nor dialogs: its data come as a message."""
        action = button(shown(posted), label)
        fallback = action.get("fallback", action)
        members = {"text": "", "value": {**fallback["data"], **values}, "replyToId": posted.id, "from": by.sender}
        activity = self.activity("message_personal", conversation=self._place(posted), **members)
        assert (await self.deliver(activity)).status == 200

    async def search(self, text: str, skip: int = 0, count: int = 25) -> Json:
        """The results for a text as the compose box would list them; asserts that Teams would take the answer."""
        answer = await self.deliver(self.query(text, skip, count))
        assert answer.status == 200, answer
        fault = fault_of_query_answer(answer.json)
        assert fault is None, fault
        extension: Json = answer.json["composeExtension"]
        return extension

    async def ask_about(self, content: str | None, by: Person = GRACE, action: str = "askAbout", **members: Any) -> Json:  # fmt: skip
        """Chooses an action of the extension on a message with this HTML, or with None without a message."""
        body = {"contentType": "html", "content": content}
        message: Json = {"id": "1", "messageType": "message", "subject": None, "body": body, "attachments": []}
        value: Json = {"commandId": action, "commandContext": "message" if content else "compose"}
        value |= {"messagePayload": message} if content is not None else {}
        return self._dialog(await self.invoke("task_fetch", value, by, name="composeExtension/fetchTask", **members))

    async def submit(self, dialog: Json, label: str, by: Person = GRACE, *, values: Mapping[str, str] | None = None, action: str = "askAbout", **members: Any) -> Json:  # fmt: skip
        """Presses a button in the dialog of the extension, with what was filled in; gives what comes then."""
        card = dialog["value"]["card"]["content"]
        data = {**button(card, label)["data"], **(filled(card, values, self.suggested) if values is not None else {})}
        value = {"commandId": action, "commandContext": "message", "data": data}
        answer = await self.invoke("task_fetch", value, by, name="composeExtension/submitAction", **members)
        return answer if "composeExtension" in answer else self._dialog(answer)

    async def paste_link(self, url: str, by: Person = GRACE) -> list[Json]:
        """Pastes an address where a message is written; gives the cards below it."""
        answer = await self.invoke("query", {"url": url}, by, name="composeExtension/queryLink")
        fault = fault_of_unfurl(answer)
        assert fault is None, fault
        attachments: list[Json] = answer.get("composeExtension", {}).get("attachments", [])
        return attachments

    async def invoke(self, payload: str, value: Any, by: Person = GRACE, on: Posted | None = None, **members: Any) -> Json:  # fmt: skip
        """Any invoke, also on a posted card; gives the body of the answer, which always comes with 200."""
        place = {"conversation": self._place(on), "replyToId": on.id, "channelData": self._data(on)} if on else {}
        answer = await self.deliver(self.activity(payload, value=value, **({"from": by.sender} | place | members)))
        assert answer.status == 200, answer
        body: Json = answer.json
        return body

    def forget_posts(self) -> None:
        """All posts vanish, as when people delete them."""
        self.connector.gone |= {posted.id for posted in self.connector.posted}

    def _dialog(self, answer: Json) -> Json:
        fault = fault_of_dialog(answer)
        assert fault is None, fault
        task: Json = answer["task"]
        return task

    def _place(self, posted: Posted) -> Json:
        if posted.conversation.startswith("a:"):
            kind = "personal"
        else:
            kind = "channel" if ";messageid=" in posted.conversation else "groupChat"
        return {"id": posted.conversation, "conversationType": kind, "tenantId": TENANT}

    def _data(self, posted: Posted) -> Json:
        data: Json = {"tenant": {"id": TENANT}, "source": {"name": "message"}}
        for team in self.connector.teams.values():
            if posted.room in team.channels:
                data |= {"channel": {"id": posted.room}, "team": {"id": team.id}}
        return data

    async def _posted_after(self, activity: Json) -> Posted:
        before = len(self.connector.posted)
        assert (await self.deliver(activity)).status == 200
        return (await self.connector.posts(before + 1))[before]


def shown(posted: Posted) -> Json:
    """The Adaptive Card of a post."""
    (attachment,) = posted.activity["attachments"]
    assert attachment["contentType"] == ADAPTIVE
    card: Json = attachment["content"]
    return card


def button(card: Json, label: str) -> Json:
    """The one button of a card with this label."""
    (found,) = (action for action in actions_of(card) if action["title"] == label)
    return found


def filled(card: Json, values: Mapping[str, str], suggested: Collection[str] = ()) -> dict[str, str]:
    """What is sent of a form: every input, filled in by its id or left as it was; asserts what a client enforces.
    `suggested`: what fields that search have offered."""
    inputs = {element["id"]: element for element in card["body"] if element["type"].startswith("Input.")}
    assert set(values) <= set(inputs), "there is no such input"
    sent = {name: values.get(name, element.get("value", "")) for name, element in inputs.items()}
    for name, element in inputs.items():
        assert sent[name] or not element.get("isRequired"), f"{name} is required"
        choices = [choice["value"] for choice in element.get("choices", ())]
        choices += suggested if "choices.data" in element else []
        is_chosen = element["type"] != "Input.ChoiceSet" or not sent[name] or sent[name] in choices
        assert is_chosen, f"{name} is none of the choices"
        is_day = element["type"] != "Input.Date" or not sent[name] or date.fromisoformat(sent[name])
        assert is_day, f"{name} is no day"
        assert len(sent[name]) <= element.get("maxLength", len(sent[name])), f"{name} is too long"
    return sent


@asynccontextmanager
async def teams(now: Callable[[], float] = time.time) -> AsyncIterator[Teams]:
    """Teams, listening on this machine while the block runs."""
    issuer = Issuer(APP_ID, PASSWORD, TENANT, now)
    connector = Connector(issuer.issued, people=[GRACE, ALAN, GUEST, STRANGER])
    graph = Graph(issuer, [GRACE, ALAN, GUEST])
    async with (
        served(issuer.app()) as issuer.url,
        served(connector.app()) as connector.url,
        served(graph.app()) as graph.url,
        aiohttp.ClientSession() as client,
    ):
        yield Teams(issuer, connector, graph, client)


def without(activity: Json, *path: str) -> Json:
    """The activity without one of its members, which is named by its path."""
    changed = deepcopy(activity)
    place = changed
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return changed
