"""What a room hears of: the list of it, the form to choose it in, and what is said when it changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.cards.describing import count
from bot.cards.model import (
    Block,
    Button,
    Card,
    Caution,
    Choice,
    Field,
    Form,
    Inlines,
    Items,
    Literal,
    Note,
    Place,
    Strong,
    Text,
    joined,
)
from bot.cards.text import shortened
from bot.domain.people import Account
from bot.domain.subscriptions import DOCUMENTS, EXACTLY, Digest, Subscription, Topic, undercut

SUMMARY = 200
BUTTON = 40

_NAMES = {
    Topic.ALL: "everything",
    Topic.ADRS: "ADRs",
    Topic.EXCEPTIONS: "exception requests",
}
_CHOICES = {
    Topic.ALL: "Everything",
    **{
        topic: _NAMES.get(topic, topic.value.capitalize())
        for topic in (*DOCUMENTS, Topic.EXCEPTIONS, Topic.REVIEWS, Topic.INCIDENTS, Topic.OBLIGATIONS)
    },
}


def subscribed(
    new: Sequence[Subscription],
    subscriptions: Sequence[Subscription],
    by: Account,
    word: str,
    *,
    before: bool = False,
    instead: Sequence[Subscription] = (),
    due: datetime | None = None,
    room: str = "",
) -> Card:
    """What a room hears of from now on, or did `before`, and how to stop it. `subscriptions` are all that it has,
    `instead` those whose place was taken. `due` is when what happens now would be told, in the zone in which hours count;
    `room` its name, for those who have to write it into a setting."""
    already = " already" if before else ""
    who = "You" if not by.room else "This room"
    hears = f"{who}{already} hear{'' if not by.room else 's'} of "
    blocks: list[Block] = [Text((hears, Strong(_sentence(new)), "."))]
    if due and (hours := _hours(new, due)):
        blocks.append(Text((hours,)))
    if instead:
        blocks.append(Text((f"Until now it was: {_sentence(instead)}.",)))
    sooner: dict[Subscription, list[Subscription]] = {}
    for late, soon in undercut(subscriptions):
        if late in new or soon in new:
            sooner.setdefault(soon, []).append(late)
    for soon, late_ones in sooner.items():
        late_names = "; ".join(_plain(each) for each in late_ones[:3]) + (" and more" if len(late_ones) > 3 else "")
        of = f"{who.lower()} also hear{'' if not by.room else 's'} of {_plain(soon)}"
        blocks.append(
            Caution((f"Nothing is kept back of {late_names}: {of} at once. Stop that, or give it the same hours.",))
        )
    others = [each for each in subscriptions if each not in new]
    if others:
        blocks += [Text(("And as before of:",)), Items(tuple((described(each),) for each in others))]
    topics = " ".join(each.topic for each in new)
    stop = _typed(word, f"unsubscribe {topics}{new[0].what.removeprefix(new[0].topic)}")
    blocks.append(Note(("To stop it: ", Literal(stop), *([f" · Room {room}"] if room else ()))))
    buttons = tuple(_stop(each) for each in new)
    return Card("subscribed", shortened(f"{hears}{_sentence(new)}.", SUMMARY), tuple(blocks), buttons=buttons)


def listed(
    subscriptions: Sequence[Subscription],
    by: Account,
    word: str,
    *,
    stopped: Sequence[Subscription] | None = None,
    room: str = "",
) -> Card:
    """All that a room hears of, each with a button to stop it. `stopped` is what it hears of no longer; an empty one
    says that there was nothing of the kind. `room` as in `subscribed`."""
    blocks: list[Block] = []
    if stopped is not None:
        said = f"Stopped: {_sentence(stopped)}." if stopped else "There was nothing of the kind to stop."
        blocks.append(Text((said,)))
    who = "You hear" if not by.room else "This room hears"
    if subscriptions:
        still = who if stopped is None else who.replace("hear", "still hear")
        blocks.append(Text((f"{still} of:",)))
        blocks.append(Items(tuple(_line(each) for each in subscriptions)))
    else:
        blocks.append(Text((f"{who} of nothing{' any more' if stopped else ' yet'}.",)))
        blocks.append(Text(("For example: ", Literal(_typed(word, "subscribe standards tag:network digest daily")))))
    notes: list[Inlines] = []
    if len(subscriptions) > 1:
        notes.append(("To stop all of it: ", Literal(_typed(word, "unsubscribe all"))))
    if room:
        notes.append((f"Room {room}",))
    if notes:
        blocks.append(Note(joined(notes)))
    summary = f"{who} of {_sentence(subscriptions) or 'nothing'}."
    buttons = (
        *(_stop(each) for each in subscriptions),
        Button("Subscribe", "subscribe_form", primary=not subscriptions),
    )
    return Card("subscriptions", shortened(summary, SUMMARY), tuple(blocks), buttons=buttons, place=_place(stopped))


def subscription_form(by: Account) -> Form:
    """Where one chooses what a room hears of; only topics of which there is news now."""
    who = "this room" if by.room else "you"
    return Form(
        name="subscription_form",
        title="Subscribe",
        fields=(
            Field(
                "topic", "What", Topic.STANDARDS.value, choices=tuple(Choice(_CHOICES[each], each) for each in _CHOICES)
            ),
            Field(
                "filters",
                "Only",
                hint="tag:network owner:security@example.org service:payments",
                most=500,
                optional=True,
            ),
            Field(
                "digest",
                "When",
                "now",
                choices=(
                    Choice("At once", "now"),
                    Choice("In a digest every business day", Digest.DAILY),
                    Choice("In a digest every week", Digest.WEEKLY),
                ),
            ),
            Field("quiet", "Quiet hours", hint="18:00-08:00", most=40, optional=True),
        ),
        submit="Subscribe",
        verb="subscribe",
        intro=(f"Archway tells {who} what changes in the library.",),
    )


def described(subscription: Subscription) -> str:
    """A subscription in words: "standards tagged network or security, in a daily digest"."""
    said = _plain(subscription)
    if subscription.digest:
        said += f", in a {subscription.digest} digest"
    if quiet := subscription.quiet:
        said += f", quiet from {quiet.begin:%H:%M} to {quiet.end:%H:%M}"
    return said


def _hours(new: Sequence[Subscription], due: datetime) -> str:
    """When the next digest comes, and whose hours are quiet."""
    zone, parts = str(due.tzinfo), []
    if new[0].digest:
        parts.append(f"The next digest comes on {due:%A} {due.day} {due:%B} at {due:%H:%M} ({zone}).")
    if new[0].quiet:
        parts.append(f"Quiet hours are those of {zone}.")
    return " ".join(parts)


def _plain(subscription: Subscription) -> str:
    """The same without the times at which it is told."""
    parts = [_name(subscription.topic)]
    for name, words in (
        ("tag", "tagged"),
        ("owner", "owned by"),
        ("service", "for the service"),
        ("severity", "of severity"),
        ("risk", "of risk"),
    ):
        if values := [value for own, value in subscription.filters if own == name]:
            parts.append(f"{words} {' or '.join(values)}")
    return " ".join(parts)


def _line(subscription: Subscription) -> Inlines:
    return (described(subscription),)


def _sentence(subscriptions: Iterable[Subscription]) -> str:
    told = [described(each) for each in subscriptions]
    return "; ".join(told[:3]) + (f" and {count(len(told) - 3, 'more subscription')}" if len(told) > 3 else "")


def _name(topic: Topic) -> str:
    return _NAMES.get(topic, topic.value)


def _stop(subscription: Subscription) -> Button:
    return Button(f"Stop {shortened(subscription.what, BUTTON)}", "unsubscribe", EXACTLY + subscription.what)


def _typed(word: str, words: str) -> str:
    return f"{word} {words}" if word else words


def _place(stopped: Sequence[Subscription] | None) -> Place:
    return Place.BESIDE if stopped is None else Place.INSTEAD
