"""What operators are told: what could not be delivered or handled, decision rights that cannot be read, accounts that cannot
be linked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.describing import known, present
from bot.cards.model import Block, Button, Card, Caution, Inlines, Items, Literal, Note, Place, Text
from bot.cards.text import shortened

SUMMARY, REASON, NAME = 200, 300, 60
RIGHTS = "governance.yaml"
FAULTS = 10  # of a file: the rest is seen when these are mended

Told = Mapping[str, Any]


def undeliverable(facts: Told) -> Card:
    """A post that could not be delivered, why, and what became of it since."""
    subject, again = str(facts["subject"]), shortened(str(facts.get("again") or ""), NAME)
    what = f"The post about {subject}" if subject else "A post"
    pairs: list[tuple[str, Inlines]] = [
        ("Room", (Literal(str(facts["room"])),)),
        ("Reason", present(shortened(str(facts.get("fault") or ""), REASON))),
        ("Set aside", present(_moment(facts.get("at")))),
    ]
    if facts.get("sent") or again:
        sentence = f"{what} was delivered after all." if facts.get("sent") else f"{what} is tried once more."
        title = "Delivered" if facts.get("sent") else "Sent again"
        pairs.append(("Tried by", present(again)))
        return Card("undeliverable", shortened(sentence, SUMMARY), (Text((sentence,)), *known(pairs)), title)
    sentence = f"{what} could not be delivered, and further tries would not help."
    note = Note(("Nothing else waits for it. Once the reason is mended, send it again.",))
    button = Button("Send again", "send_again", str(facts["posting"]))
    blocks: tuple[Block, ...] = (Caution((sentence,)), *known(pairs), note)
    return Card("undeliverable", shortened(sentence, SUMMARY), blocks, "Not delivered", (button,))


def delivery_aside(facts: Told) -> Card:
    """Something that came in and could not be handled, why, and what became of it since."""
    again = shortened(str(facts.get("again") or ""), NAME)
    pairs: list[tuple[str, Inlines]] = [
        ("From", present(str(facts["platform"]).capitalize())),
        ("Reason", present(shortened(str(facts.get("fault") or ""), REASON))),
        ("Set aside", present(_moment(facts.get("at")))),
    ]
    if again:
        sentence = "What came in and could not be handled is tried once more."
        pairs.append(("Tried by", present(again)))
        return Card("delivery_aside", sentence, (Text((sentence,)), *known(pairs)), "Sent again")
    sentence = "Something that came in could not be handled, and is not tried any more."
    note = Note(
        ("Whoever sent it waits for nothing now. Once the reason is mended, send it again; it is kept for a week.",)
    )
    button = Button("Send again", "send_again", str(facts["told"]))
    return Card("delivery_aside", sentence, (Caution((sentence,)), *known(pairs), note), "Not handled", (button,))


def sent_again(facts: Told) -> Card:
    """The same, in the place of the card whose button was pressed."""
    card = delivery_aside(facts) if "delivery" in facts else undeliverable(facts)
    return Card("sent_again", card.summary, card.blocks, card.title, card.buttons, Place.INSTEAD)


def governance_faulty(facts: Told) -> Card:
    """Decision rights, or the mappings of incident tools, that cannot be read, line by line; or that they can be again."""
    faults = [line for line in str(facts["fault"]).splitlines() if line.strip()]
    file = str(facts.get("file") or RIGHTS)
    title = "Decision rights" if file == RIGHTS else "Incident tools"
    if facts.get("mended"):
        sentence = f"{file} was mended and is in force."
        blocks = (Text((sentence,)), *_faults(faults, "This was wrong:"))
        return Card("governance_faulty", sentence, blocks, title)
    sentence = f"{file} cannot be taken as it is. What it said before stays in force until it is mended."
    return Card("governance_faulty", sentence, (Caution((sentence,)), *_faults(faults)), title)


def link_refused(facts: Told) -> Card:
    """Two Entra accounts with one e-mail address: neither is taken for the other."""
    account, email = str(facts["account"]), str(facts["email"])
    sentence = f"{account} has the e-mail address {email}, which another Entra account has too."
    blocks = (
        Caution((sentence,)),
        Text(("It is linked to nobody: whoever uses it can ask, and cannot decide.",)),
        Note(("To mend it, give one of the two another address in Entra. It is looked at anew when they next write.",)),
    )
    return Card("link_refused", shortened(sentence, SUMMARY), blocks, "One address, two accounts")


def _faults(faults: list[str], intro: str = "") -> tuple[Block, ...]:
    lines: list[Inlines] = [(shortened(fault, REASON),) for fault in faults[:FAULTS]]
    if len(faults) > FAULTS:
        lines.append((f"and {len(faults) - FAULTS} more",))
    return (*((Note((intro,)),) if intro and lines else ()), *((Items(tuple(lines)),) if lines else ()))


def _moment(at: object) -> str:
    """A moment in ISO 8601 as people read it."""
    text = str(at or "")
    return f"{text[:10]} {text[11:16]} UTC" if text[10:11] == "T" else text
