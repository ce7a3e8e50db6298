"""A form where none can be shown: a card that says what it is for, and opens it."""

from dataclasses import replace

from bot.cards.model import Button, Caution, Facts, Field, Form, Text
from bot.cards.openers import NEEDS_FORM, NOT_SENT, opened_from

OPENER = Button("Request an exception", "exception_form", "STD-004.3", form=True)
FORM = Form(
    "exception_form",
    "Request an exception",
    (Field("reason", "Reason"), Field("until", "Until", day=True)),
    "Send",
    "exception_request",
    intro=("For a time.",),
    blocks=(Text(("Low risk.",)),),
    opener=OPENER,
)


def test_it_says_what_the_form_is_for_and_its_button_stands_out() -> None:
    card = opened_from(FORM)
    assert (card.title, card.blocks) == ("Request an exception", (Text(("For a time.",)),))
    assert card.buttons == (replace(OPENER, primary=True),)


def test_without_an_intro_it_says_what_to_do() -> None:
    (said,) = opened_from(replace(FORM, intro=())).blocks
    assert "Press the button" in str(said)


def test_what_is_wrong_stands_on_it_by_the_labels_of_the_fields() -> None:
    faulty = replace(FORM, fields=(FORM.fields[0], replace(FORM.fields[1], fault="It is past.")))
    locked = Caution(("The clause was retired.",))
    card = opened_from(replace(faulty, blocks=(locked, *FORM.blocks)))
    assert card.blocks[1:] == (Caution((NOT_SENT,)), locked, Facts((("Until", ("It is past.",)),)))


def test_what_was_sent_and_comes_back_without_a_fault_says_so_too() -> None:
    assert Caution((NOT_SENT,)) in opened_from(FORM, was_sent=True).blocks
    assert Caution((NOT_SENT,)) not in opened_from(FORM).blocks


def test_without_an_opener_there_is_a_sentence() -> None:
    form = replace(FORM, opener=None)
    assert opened_from(form).summary == NEEDS_FORM
    assert opened_from(form, "Too late.").summary == "Too late."
    assert opened_from(form).buttons == ()
