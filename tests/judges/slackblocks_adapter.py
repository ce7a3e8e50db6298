"""From Block Kit's JSON to the objects of slackblocks, which hold Slack's lengths and counts."""

from typing import Any

import slackblocks as sb
from slackblocks.rich_text import elements, objects

Json = dict[str, Any]

PARTS = {
    "rich_text_section": objects.RichTextSection,
    "rich_text_quote": objects.RichTextQuote,
    "rich_text_preformatted": objects.RichTextCodeBlock,
}


def built(message: Json) -> Json:
    """The message or view as slackblocks writes it. Raises what slackblocks raises, and KeyError for what it does not
    know."""
    if "type" in message:
        return view(message)
    blocks = [block(each) for each in message["blocks"]]
    written: Json = sb.Message(channel="C1", text=message["text"], blocks=blocks).to_dict()
    return written


def view(value: Json) -> Json:
    blocks = [block(each) for each in value["blocks"]]
    more: Json = {name: value.get(name) for name in ("private_metadata", "callback_id")}
    match value["type"]:
        case "modal":
            more |= {name: text(value[name]) for name in ("title", "submit", "close") if name in value}
            written: Json = sb.ModalView(blocks=blocks, **more).to_dict()
        case "home":
            written = sb.HomeTabView(blocks=blocks, **more).to_dict()
        case _:
            raise KeyError(value["type"])
    return written


def block(value: Json) -> sb.Block:
    own, parts = value.get("block_id"), value.get("elements", [])
    match value["type"]:
        case "header":
            return sb.HeaderBlock(text(value["text"]), block_id=own)
        case "section":
            fields: list[str | sb.Text] | None = [text(each) for each in value["fields"]] if "fields" in value else None
            return sb.SectionBlock(text(value["text"]) if "text" in value else None, fields=fields, block_id=own)
        case "context":
            return sb.ContextBlock([element(each) for each in parts], block_id=own)
        case "actions":
            return sb.ActionsBlock([element(each) for each in parts], block_id=own)
        case "rich_text":
            return sb.RichTextBlock([part(each) for each in parts], block_id=own)
        case "input":
            return sb.InputBlock(
                text(value["label"]),
                element(value["element"]),
                dispatch_action=value.get("dispatch_action", False),
                block_id=own,
                hint=text(value["hint"]) if "hint" in value else None,
                optional=value.get("optional", False),
            )
    raise KeyError(value["type"])


def text(value: Json) -> sb.Text:
    kind = {"plain_text": sb.TextType.PLAINTEXT, "mrkdwn": sb.TextType.MARKDOWN}[value["type"]]
    return sb.Text(value["text"], type_=kind, emoji=value.get("emoji", False))


def element(value: Json) -> Any:
    kind = value["type"]
    id_, hint = value.get("action_id"), text(value["placeholder"]) if "placeholder" in value else None
    if kind == "button":
        return sb.Button(text(value["text"]), id_, value.get("url"), value.get("value"), value.get("style"))
    if kind == "plain_text_input":
        names = ("initial_value", "multiline", "max_length")
        return sb.PlainTextInput(id_, placeholder=hint, **{name: value[name] for name in names if name in value})
    if kind == "static_select":
        first = option(value["initial_option"]) if "initial_option" in value else None
        return sb.StaticSelectMenu(
            id_, [option(each) for each in value["options"]], initial_option=first, placeholder=hint
        )
    if kind == "external_select":
        first = option(value["initial_option"]) if "initial_option" in value else None
        return sb.ExternalSelectMenu(id_, first, value.get("min_query_length"), placeholder=hint)
    if kind == "datepicker":
        return sb.DatePicker(id_, value.get("initial_date"), placeholder=hint)
    return text(value)


def option(value: Json) -> sb.Option:
    return sb.Option(text(value["text"]), value["value"])


def part(value: Json) -> Any:
    if value["type"] == "rich_text_list":
        return objects.RichTextList(
            value["style"], [part(each) for each in value["elements"]], offset=None, border=None
        )
    runs = [run(each) for each in value["elements"]]
    if not runs:
        raise ValueError("slackblocks lets empty quotes pass; Slack does not")
    return PARTS[value["type"]](runs)


def run(value: Json) -> elements.RichTextElement:
    match value["type"]:
        case "text":
            return elements.RichText(value["text"], **value.get("style", {}))
        case "link":
            return elements.RichTextLink(value["url"], value["text"])
        case "emoji":
            return elements.RichTextEmoji(value["name"])
    raise KeyError(value["type"])
