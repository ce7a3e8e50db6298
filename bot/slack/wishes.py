"""What a delivery asks for, before it is known who asks: enough to tell whether it must be written down first. Pure.

A key stays the same when Slack delivers the same thing again, whatever else is different then (signature, event id):

    slash command   its trigger id            button, shortcut   its trigger id and the verb
    words           channel and time stamp    form               the view, and the state and values of it that were sent
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.cards.text import shortened
from bot.domain.commands import (
    LONGEST_QUESTION,
    Ask,
    Command,
    OpenQuestionForm,
    Remark,
    changes,
    named_in,
    pressed,
    understand,
)
from bot.domain.exception_commands import OpenExceptionForm, Suggest
from bot.domain.people import Account
from bot.domain.review_commands import OpenReviewForm
from bot.errors import Refusal
from bot.slack.events import Happening, Said, happening, may_follow
from bot.slack.inbound import Kind, SlashCommand, by_account, readable, slash_command_of
from bot.slack.interactions import (
    Changed,
    Pressed,
    Searched,
    Shortcut,
    Submitted,
    pressed_in,
    searched_in,
    shortcut_in,
    submitted_in,
)
from bot.slack.payloads import Payload

# The callback ids of our shortcuts: of the menu of all, and of a message's own.
ASK, EXCEPT = "ask", "request_exception"
ASK_ABOUT, EXCEPT_ABOUT, REVIEW_ABOUT = "ask_about", "request_exception_about", "request_review_about"
NOBODY = Account("slack", "")  # until it is known who it is
LONGEST_REASON = 3_000  # characters of a message that a form begins with

_ID = re.compile(r"\w[\w.-]*\w")  # what the id of a document or clause looks like, within a sentence

Gesture = SlashCommand | Happening | Pressed | Changed | Searched | Submitted | Shortcut


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody did, and the command that it is (by nobody yet): None where it is none, or only looks like one.

    `key` is that of a delivery that changes something; "" for all others.
    """

    kind: Kind
    gesture: Gesture | None = None
    command: Command | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads wishes. `word` is the slash command, `knows` tells whether an id exists, `listens` whether words in threads
    of our posts in a room ("slack:C0ASK") can be meant for us, `own_user` gives the bot's user id, "" while unknown."""

    word: str
    knows: Callable[[str], bool]
    listens: Callable[[str], bool]
    own_user: Callable[[], str]

    def read(self, kind: Kind, payload: Payload, otherwise: str) -> Wish:
        """The wish in a payload; `otherwise` is the key of what has none of its own. Raises `MalformedError`."""
        match kind:
            case Kind.COMMAND:
                return self._typed(slash_command_of(payload), otherwise)
            case Kind.EVENT:
                return self._happened(happening(payload, self.own_user(), self.listens))
            case Kind.ACTION:
                press = pressed_in(payload)
                if isinstance(press, Changed):
                    return self._changed(press)
                return self._pressed(press, otherwise) if press else Wish(kind)
            case Kind.OPTIONS:
                search = searched_in(payload)
                return Wish(kind, search, Suggest(NOBODY, search.what, search.text)) if search else Wish(kind)
            case Kind.SUBMISSION:
                return self._submitted(submitted_in(payload), otherwise)
            case Kind.SHORTCUT | Kind.MESSAGE_SHORTCUT:
                return self._chosen(kind, shortcut_in(payload), otherwise)
        return Wish(kind)

    def _typed(self, slash: SlashCommand, otherwise: str) -> Wish:
        if slash.command.lower() != self.word:
            return Wish(Kind.COMMAND, slash)
        command = self._understood(slash.text)
        return _wish(Kind.COMMAND, slash, command, f"slack:command:{slash.trigger_id or otherwise}")

    def _happened(self, what: Happening | None) -> Wish:
        if not isinstance(what, Said):
            return Wish(Kind.EVENT, what)
        command = self._said(what)
        if command is None:
            return Wish(Kind.EVENT, what)
        return _wish(Kind.EVENT, what, command, f"slack:message:{what.channel}:{what.ts}")

    def _said(self, said: Said) -> Command | None:
        is_meant = said.is_direct or said.is_addressed
        command = self._understood(said.wire, for_all=not (said.is_direct or said.is_outside))
        if said.on_our_post and not (is_meant and not isinstance(command, Ask)):
            return Remark(NOBODY, said.thread_ts, said.text, is_meant) if said.text else None
        if not is_meant and (changes(command) or not may_follow(said)):
            return None  # what is said to nobody by name changes nothing
        return command

    def _understood(self, wire: str, *, for_all: bool = False) -> Command:
        """The wish in a typed line, as Slack writes it."""
        command = understand(readable(wire), NOBODY, self.knows, for_all=for_all)
        if named_in(command):
            return understand(readable(by_account(wire)), NOBODY, self.knows)
        return command

    def _changed(self, changed: Changed) -> Wish:
        command = _meant(changed.verb, changed.about, changed.values)
        return Wish(Kind.ACTION, changed, None if command is None or changes(command) else command)

    def _pressed(self, press: Pressed, otherwise: str) -> Wish:
        command = _meant(press.verb, press.about)
        return _wish(Kind.ACTION, press, command, f"slack:press:{press.spot.trigger_id or otherwise}:{press.verb}")

    def _submitted(self, form: Submitted, otherwise: str) -> Wish:
        view = f"{form.spot.view_id}:{form.spot.view_hash}" if form.spot.view_id and form.spot.view_hash else otherwise
        command = _meant(form.verb, form.about, form.values)
        return _wish(Kind.SUBMISSION, form, command, f"slack:form:{view}:{form.digest}")

    def _chosen(self, kind: Kind, shortcut: Shortcut, otherwise: str) -> Wish:
        text = readable(shortcut.text)
        question = " ".join(text.split())[:LONGEST_QUESTION]
        command: Command | None = None
        if shortcut.name == ASK_ABOUT and question:
            command = Ask(NOBODY, question)
        elif shortcut.name in (ASK_ABOUT, ASK):
            command = OpenQuestionForm(NOBODY)
        elif shortcut.name in (EXCEPT_ABOUT, EXCEPT):
            target = next(filter(self.knows, _ID.findall(text)), "")
            command = OpenExceptionForm(NOBODY, target, shortened(text, LONGEST_REASON))
        elif shortcut.name == REVIEW_ABOUT:
            command = OpenReviewForm(NOBODY, text=shortened(text, LONGEST_REASON))
        return _wish(kind, shortcut, command, f"slack:shortcut:{shortcut.spot.trigger_id or otherwise}:{shortcut.name}")


def _wish(kind: Kind, gesture: Gesture, command: Command | None, key: str) -> Wish:
    return Wish(kind, gesture, command, key if command is not None and changes(command) else "")


def _meant(verb: str, about: str, values: Mapping[str, str] | None = None) -> Command | None:
    """The wish of a verb; None for one that is refused, which whoever answers says then."""
    try:
        return pressed(verb, about, NOBODY, values)
    except Refusal:
        return None
