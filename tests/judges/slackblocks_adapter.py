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
    """The message as slackblocks writes it. Raises what slackblocks raises, and KeyError for what it does not know."""
    blocks = [block(each) for each in message["blocks"]]
    written: Json = sb.Message(channel="C1", text=message["text"], blocks=blocks).to_dict()
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
    raise KeyError(value["type"])


def text(value: Json) -> sb.Text:
    kind = {"plain_text": sb.TextType.PLAINTEXT, "mrkdwn": sb.TextType.MARKDOWN}[value["type"]]
    return sb.Text(value["text"], type_=kind, emoji=value.get("emoji", False))


def element(value: Json) -> Any:
    if value["type"] == "button":
        return sb.Button(text(value["text"]), value["action_id"], value.get("url"), value.get("value"))
    return text(value)


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
