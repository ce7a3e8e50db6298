"""A stand-in for the handlers of exception requests, and what its forms and cards look like in Teams."""

from __future__ import annotations

from typing import Any

from bot.cards.model import Button, Card, Choice, Choices, Field, Form, Place, Reply, Text
from bot.domain.commands import Command
from bot.domain.exception_commands import (
    About,
    Does,
    GoAway,
    OpenExceptionForm,
    OpenExceptionStep,
    RequestException,
    ShowException,
    Suggest,
    TakeExceptionStep,
)
from tests.doubles.teams import TENANT
from tests.doubles.teams_connector import Posted
from tests.teams.room import Room, answered, said

CLAUSES = tuple(Choice(f"STD-004.{n}: Buckets", f"STD-004.{n}") for n in range(1, 41))
FILLED = {"target": "STD-004.3", "reason": "two\nlines", "until": "2027-01-31"}
ABOUT = "EX-7 decline 3f1c99d0a1b2c3d4"
GROUP = {"id": "19:g@thread.v2", "conversationType": "groupChat", "tenantId": TENANT}
IN_GROUP: dict[str, Any] = {"conversation": GROUP, "channelData": {"tenant": {"id": TENANT}}}


def request_form(target: str = "", text: str = "", until: str = "", fault: str = "") -> Form:
    fields = (
        Field("target", "Clause or standard", target, search="clauses"),
        Field("reason", "Reason", text, lines=True, most=3_000, help="Everybody who decides reads this."),
        Field("until", "Until", until, day=True, fault=fault),
    )
    opener = Button("Request an exception", "exception_form", target, form=True)
    blocks = (Text(("Low risk: an architect decides.",)),)
    return Form("exception_form", "Request an exception", fields, "Send", "exception_request", "seen=low", blocks=blocks, opener=opener)  # fmt: skip


def requested(values: Any) -> Reply:
    if values["until"] > "2027-06-30":
        return request_form(values["target"], values["reason"], values["until"], "Until 30 June 2027 or earlier.")
    return said("EX-7 was sent.")


def review_card(decided: str = "", place: Place = Place.BESIDE) -> Card:
    buttons = (
        Button("Approve", "exception_step", "EX-7 approve 3f1c99d0a1b2c3d4", primary=True),
        Button("Decline", "exception_step_form", ABOUT, form=True),
        Button("Approve with conditions", "exception_step_form", "EX-7 approve_with_conditions 3f1c", form=True),
    )
    sentence = f"EX-7 {decided}" if decided else "EX-7 waits for a decision."
    return Card("exception_review", sentence, (Text((sentence,)),), buttons=() if decided else buttons, place=place)


def deciding(command: Command) -> Reply:
    """As the handlers of exception requests do, without their memory."""
    match command:
        case OpenExceptionForm(_, target, text):
            return request_form(target, text)
        case RequestException(_, _, values):
            return requested(values)
        case OpenExceptionStep():
            words = Field("words", "Why", lines=True, most=3_000)
            return Form("step", "Decline", (words,), "Decline", "exception_step", ABOUT)
        case TakeExceptionStep(by, About(_, Does.DECLINE), values):
            if len(values["words"]) < 5:
                words = Field("words", "Why", values["words"], lines=True, fault="Say a little more.")
                return Form("step", "Decline", (words,), "Decline", "exception_step", ABOUT)
            return review_card(f"was declined by {by.name}.", Place.INSTEAD)
        case TakeExceptionStep(by):
            return review_card(f"was approved by {by.name}.", Place.INSTEAD)
        case ShowException():
            return review_card()
        case Suggest(_, what, text):
            listed = CLAUSES if what == "clauses" else ()
            return Choices(tuple(choice for choice in listed if text.casefold() in choice.label.casefold()))
        case GoAway():
            return said("away")
    return answered(command)


def form_in(dialog: Any) -> Any:
    return dialog["value"]["card"]["content"]


def below(form: Any, name: str) -> list[tuple[str, str]]:
    """The texts between an input and the next one, with their colours."""
    body = form["body"]
    at = next(n for n, element in enumerate(body) if element.get("id") == name) + 1
    rest = body[at:]
    upto = next((n for n, element in enumerate(rest) if element["type"].startswith("Input.")), len(rest))
    runs = [run for element in rest[:upto] for run in element["inlines"]]
    return [(run["text"], run.get("color", "")) for run in runs]


async def review_in(room: Room, place: str = "group") -> Posted:
    """A card with decisions on it, as the answer to whoever asked for it."""
    if place == "personal":
        return await room.teams.say("show EX-7")
    return await room.teams.mention("show EX-7", **(IN_GROUP if place == "group" else {}))
