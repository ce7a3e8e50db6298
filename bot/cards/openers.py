"""A form where none can be shown: in answer to a message, or when its window is gone. A card with a button that opens it."""

from __future__ import annotations

from dataclasses import replace

from bot.cards import catalog
from bot.cards.model import Block, Card, Caution, Facts, Form, Text

NEEDS_FORM = "That needs a form, and a message cannot open one. Use the slash command for it."
PRESS = "This needs a form. Press the button to open it."
NOT_SENT = "This was not sent yet. Open the form again, look it over, and send it."


def opened_from(form: Form, otherwise: str = NEEDS_FORM, *, was_sent: bool = False) -> Card:
    """What a form is for, what is wrong with the values in it, and its opener. `otherwise` is the sentence in its place for
    a form without an opener; `was_sent`: somebody filled it in and sent it, and it comes back."""
    if form.opener is None:
        return catalog.refusal(otherwise)
    faults = tuple((field.label, (field.fault,)) for field in form.fields if field.fault)
    blocks: list[Block] = [Text(form.intro)] if form.intro else []
    if faults or was_sent:
        blocks.append(Caution((NOT_SENT,)))
    blocks += [block for block in form.blocks if isinstance(block, Caution)]
    blocks += [Facts(faults)] if faults else []
    opener = replace(form.opener, primary=True)
    return Card("opener", form.title, tuple(blocks) or (Text((PRESS,)),), form.title, (opener,))
