"""Reply → the body of the answer to an invoke, and the message of a post. Pure.

Results go to searches and links, cards and forms into dialogs, messages and the place of a pressed card.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bot.cards import adaptive_cards
from bot.cards.model import Card, Caution, Choices, Form, Note, Reply, Result, Results, Silence, Text
from bot.cards.text import clean
from bot.teams.activities import Json
from bot.teams.gestures import ANNOUNCED, Press

_ADAPTIVE = adaptive_cards.CARD
_SENTENCE = "application/vnd.microsoft.activity.message"
_ERROR = "application/vnd.microsoft.error"
_MOST_KEPT = 20_000  # bytes of what was filled in, on a button
_LONGEST_TOAST = 300  # characters; what is longer is posted as a card

UNKNOWN = "Archway does not know this action. It may belong to a newer or an older version of the app."
TOO_SLOW = "That took too long. Please try again."
NOT_TAKEN = "Too much comes in at once. Please try this again in a moment."
TAKEN = "This takes longer than usual. It is written down and will be done as soon as that is possible."
DONE = "That is done."
NOT_POSTED = "That could not be posted there. Is Archway still in that team or chat?"


def message(what: Card | Form, *, simple: bool = False) -> Json:
    """The message that carries a card or a form. `simple`, here and below: for a client that opens no dialogs from cards and
    searches nothing as one types, as Microsoft's Agents Playground."""
    if isinstance(what, Form):
        attachment = {"contentType": _ADAPTIVE, "content": _form_in_chat(what, simple=simple)}
        return {"type": "message", "summary": adaptive_cards.inert(clean(what.title)), "attachments": [attachment]}
    summary = adaptive_cards.inert(clean(what.summary))
    return {"type": "message", "summary": summary, "attachments": [adaptive_cards.attachment(what, dialogs=not simple)]}


def marked(post: Json, reference: str) -> Json:
    """The message, with a reference that stays with it and that nobody sees: as the id of its card's first element. Its
    buttons tell that it is kept up to date by whoever posted it."""
    (attachment,) = post["attachments"]
    first, *others = attachment["content"]["body"]
    content = announced({**attachment["content"], "body": [{**first, "id": reference}, *others]})
    return {**post, "attachments": [{**attachment, "content": content}]}


def announced(card: Json) -> Json:
    """The card, with buttons that tell of a post that the announcer keeps up to date."""
    return {**card, "actions": [_marked(action) for action in card["actions"]]} if "actions" in card else card


def _marked(action: Json) -> Json:
    told = {**action, "data": {**action["data"], ANNOUNCED: True}}
    return {**told, "fallback": _marked(action["fallback"])} if "fallback" in action else told


def notice(sentence: str) -> Json:
    """The answer to a query that has no results but something to say."""
    return {"composeExtension": {"type": "message", "text": adaptive_cards.inert(clean(sentence))}}


def offered(result: Result) -> Json:
    """A result as an extension lists it: a preview, and the card that is inserted."""
    (attachment,) = adaptive_cards.extension(Results((result,)))["composeExtension"]["attachments"]
    return dict(attachment)


def offered_as_json(result: Result) -> msgspec.Raw:
    """The same, written out: worth remembering, since every few letters that are typed find the same documents."""
    return msgspec.Raw(msgspec.json.encode(offered(result)))


def found(reply: Reply, offer: Callable[[Result], object] = offered) -> Json:
    """The answer to a query: a page of results, each as `offer` draws it, or the sentence of a card."""
    if isinstance(reply, Results):
        attachments = [offer(result) for result in reply.results]
        return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": attachments}}
    return notice(sentence_of(reply))


def sentence_of(reply: Card | Form | Choices | Silence) -> str:
    """A reply where there is room for a sentence alone."""
    match reply:
        case Card():
            return reply.summary
        case Form():
            return reply.title
    return DONE


def unfurled(reply: Reply) -> Json:
    """The answer to a pasted link: a card below it, or nothing. A list of no cards breaks Microsoft's own client."""
    return adaptive_cards.unfurl(reply.results[0]) if isinstance(reply, Results) and reply.results else {}


def inserted(card: Card) -> Json:
    """The answer that puts a card into the message that somebody writes."""
    shown = adaptive_cards.attachment(card, dialogs=False)  # the bot need not be there
    attachment = {**shown, "preview": shown}
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": [attachment]}}


def dialog(what: Card | Form, *, on_announced: bool = False, simple: bool = False) -> Json:
    """The answer that opens a dialog or goes on in one. `on_announced`: it began on a post of the announcer."""
    body = adaptive_cards.dialog(what, searches=not simple)
    if on_announced:
        shown = body["task"]["value"]["card"]
        shown["content"] = announced(shown["content"])
    return body


def once_more(why: Card, press: Press) -> Json:
    """The answer that says in a dialog why its form was not taken, with a button that sends what was filled in again."""
    body = adaptive_cards.dialog(why)
    shown = body["task"]["value"]["card"]["content"]
    data = {**press.values, "verb": press.verb, "about": press.about, **({ANNOUNCED: True} if press.announced else {})}
    if len(msgspec.json.encode(data)) <= _MOST_KEPT:
        shown["actions"] = [*shown.get("actions", ()), {"type": "Action.Submit", "title": "Try again", "data": data}]
    return body


def dialog_end(sentence: str) -> Json:
    """The answer that ends a dialog with a sentence."""
    return {"task": {"type": "message", "value": adaptive_cards.inert(clean(sentence))}}


def in_place(what: Card | Form, *, on_announced: bool = False, simple: bool = False) -> Json:
    """The answer to a pressed button that replaces its card, for whoever pressed. `on_announced`: on a post of the
    announcer."""
    if isinstance(what, Form):
        shown = _form_in_chat(what, simple=simple)
    else:
        shown = adaptive_cards.card(what, dialogs=not simple)
    return {"statusCode": 200, "type": _ADAPTIVE, "value": announced(shown) if on_announced else shown}


def suggested(reply: Reply, skip: int, most: int) -> Json:
    """The answer to what is typed in a field that searches: what can be chosen, nothing where there is no such thing."""
    return adaptive_cards.found(reply if isinstance(reply, Choices) else Choices(()), skip, most)


def toast(sentence: str) -> Json:
    """The answer to a pressed button that is a sentence for whoever pressed."""
    return {"statusCode": 200, "type": _SENTENCE, "value": adaptive_cards.inert(clean(sentence))}


def malformed() -> Json:
    """The answer to a pressed button of which nothing can be read. The HTTP status is 200 all the same."""
    return {"statusCode": 400, "type": _ERROR, "value": {"code": "BadRequest", "message": UNKNOWN}}


def is_short(card: Card) -> bool:
    """Whether a card's summary says all of it: a word of thanks, a refusal."""
    plain = all(isinstance(block, Text | Caution | Note) for block in card.blocks)
    return plain and len(card.blocks) == 1 and not card.buttons and len(card.summary) <= _LONGEST_TOAST


def is_no(card: Card) -> bool:
    """Whether a card says that something was not done: its summary then says why."""
    return card.name in ("refusal", "fault")


def not_here(invoke: str, sentence: str = UNKNOWN) -> Json:
    """The answer to an invoke that we do not know or cannot answer: in the shape that its place in Teams can show.

    Never an error status: repeated ones make Teams stop delivering.
    """
    if invoke in ("composeExtension/fetchTask", "composeExtension/submitAction", "task/fetch", "task/submit"):
        return dialog_end(sentence)
    if invoke in ("composeExtension/queryLink", "composeExtension/anonymousQueryLink"):
        return {}
    if invoke.startswith("composeExtension/"):
        return notice(sentence)
    if invoke == "adaptiveCard/action":
        return toast(sentence)
    return adaptive_cards.found(Choices(())) if invoke == "application/search" else {}


def _form_in_chat(form: Form, *, simple: bool) -> Json:
    """The form as a card of its own, whose answer can take its place: an `Action.Submit` alone cannot be answered so."""
    shown = adaptive_cards.form(form, titled=True, searches=not simple)
    shown["actions"] = [_answerable(action) for action in shown["actions"]]
    return shown


def _answerable(submit: Json) -> Json:
    if submit["type"] != "Action.Submit":
        return submit
    data = dict(submit["data"])
    return {**submit, "type": "Action.Execute", "verb": data.pop("verb"), "data": data, "fallback": submit}
