"""Activity → what is wished for in it, by somebody of whom nothing is known yet but what the activity says. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from bot.domain.commands import Ask, Command, Remark, named_in, naming, pressed, understand
from bot.domain.people import Account
from bot.errors import Refusal
from bot.teams.accounts import account_of
from bot.teams.activities import Incoming, Json
from bot.teams.gestures import Press, read_action, read_dialog, read_submit
from bot.teams.mentions import first_mentioned, is_called, without_cards, without_mentions
from bot.teams.references import CHANNEL, PERSONAL, TEAMS, kind_of, thread_of

# Invokes that may carry a pressed button, and how it is read.
PRESSES: Mapping[str, Callable[[Any], Press | None]] = {
    "adaptiveCard/action": read_action,
    "composeExtension/onCardButtonClicked": read_submit,
    "composeExtension/selectItem": read_submit,
    "composeExtension/submitAction": read_dialog,
    "task/fetch": read_dialog,
    "task/submit": read_dialog,
}

FORMS_IN_DIALOGS = (
    "composeExtension/submitAction",
    "task/submit",
)  # of these, those that a form in a dialog is sent by


def wish_in(incoming: Incoming, knows: Callable[[str], bool], listens: Callable[[str], bool]) -> Command | None:
    """What is wished for in a message, typed or pressed, or in a pressed button; None when it is nothing that we know,
    or one of the searches, links and dialogs that change nothing.
    """
    if incoming.type == "message" and not is_submit(incoming):
        return typed(incoming, account_of(incoming), knows, listens)
    press = press_in(incoming)
    if press is None:
        return None
    try:
        return pressed(press.verb, press.about, account_of(incoming), press.values)
    except Refusal:
        return None


def typed(
    incoming: Incoming, by: Account, knows: Callable[[str], bool], listens: Callable[[str], bool]
) -> Command | None:
    """What is wished for in a typed message; None when it is not for us: in a personal chat each one is, elsewhere those
    that mention the bot. In a thread of a room that `listens` names, words that are no command are a remark.
    """
    bot = incoming.recipient["id"]
    if kind_of(incoming) != PERSONAL and not is_called(incoming.entities, bot):
        return None
    text = without_cards(incoming.text)
    words = without_mentions(text, incoming.entities, bot)
    if not words and (text != incoming.text or any(map(_is_card, incoming.attachments))):
        return None  # a card that somebody put there with the extension, and no word to us
    command = understand(words, by, knows, for_all=bool(by.room))
    if isinstance(command, Ask) and (post := _thread_of(incoming)) and listens(by.here):
        return Remark(by, post, words, addressed=True)
    if (said := named_in(command)) and (meant := first_mentioned(said, incoming.entities)):
        return naming(command, f"{TEAMS}:{meant}")
    return command


def press_in(incoming: Incoming) -> Press | None:
    """What was pressed; None when it is none of our buttons, or nothing was."""
    if incoming.type == "message":
        return read_submit(incoming.value)
    read = PRESSES.get(incoming.name)
    return read(incoming.value) if read else None


def is_submit(incoming: Incoming) -> bool:
    """Whether a message is the fallback of a button: it has a value and no text."""
    return isinstance(incoming.value, dict) and not incoming.text.strip()


def key_of(incoming: Incoming, body: bytes) -> str:
    """The key of an activity: the same when it is delivered again, another for each other one. `body` is what tells
    activities without an id apart."""
    place = (incoming.conversation["id"], incoming.sender["id"], incoming.id, incoming.name)
    said = body if not incoming.id else msgspec.json.encode(incoming.value)
    return f"teams:{hashlib.sha256(msgspec.json.encode(place) + said).hexdigest()}"


def _thread_of(incoming: Incoming) -> str:
    """The post that a message is a reply to, by its id; "" outside of channels and for the first post of a thread."""
    thread = thread_of(incoming.conversation["id"]) if kind_of(incoming) == CHANNEL else ""
    return thread if thread != incoming.id else ""


def _is_card(attachment: Json) -> bool:
    return str(attachment.get("contentType")).startswith("application/vnd.microsoft.card.")
