"""What a room hears of: subscribe, unsubscribe, the list of it, a form to choose in."""

from __future__ import annotations

from datetime import datetime

from bot.cards import subscriptions as cards
from bot.cards.model import Card, Form
from bot.domain.audit import Entry
from bot.domain.commands import ListSubscriptions, OpenSubscriptionForm, Subscribe, Unsubscribe
from bot.domain.people import Account, Standing
from bot.domain.subscriptions import Subscription, ended, moment, read
from bot.errors import MembersSubscribe, NoRoomToHear, TooManySubscriptions
from bot.store.subscriptions import MOST
from handlers.desk import Desk
from handlers.telling import put_off_anew

TERMINAL = "terminal"


def subscribe(command: Subscribe, desk: Desk) -> Card:
    """The room hears of something from now on. To the same thing it has one subscription: other hours or another digest
    take the place of those before.

    Raises `UnclearSubscription`, `TooManySubscriptions`, and what `_checked` raises.
    """
    by = _checked(command.by)
    wanted = read(command.words)
    held = desk.transaction.subscriptions
    before = {each.what: each for each in held.of(by.here)}
    new = [each for each in wanted if before.get(each.what) != each]
    if len({*before, *(each.what for each in wanted)}) > max(MOST, len(before)):
        raise TooManySubscriptions(most=MOST, command=_typed("subscriptions", by, desk))
    for each in new:
        held.add(by.here, each, by)
    if any(each.what in before for each in new):
        put_off_anew(by.here, desk)
    for each in new:
        earlier = before.get(each.what)
        changed = {"words": earlier.words} if earlier else {}
        desk.transaction.audit.add(
            Entry("subscription.added", by.here, by, before=changed, after={"words": each.words})
        )
    return cards.subscribed(
        wanted,
        held.of(by.here),
        by,
        _word(by, desk),
        before=not new,
        instead=[before[each.what] for each in new if each.what in before],
        due=_next(wanted[0], desk),
        room=_room(by, desk),
    )


def unsubscribe(command: Unsubscribe, desk: Desk) -> Card:
    """The room hears of something no longer. Raises `UnclearSubscription`, and what `_checked` raises."""
    by = _checked(command.by)
    held = desk.transaction.subscriptions
    before = held.of(by.here)
    gone = ended(command.words, before)
    if gone and len(gone) == len(before):
        desk.transaction.outbox.lock()  # what is kept back goes with the last of them
    held.remove(by.here, gone)
    if gone:
        put_off_anew(by.here, desk)
    for each in gone:
        desk.transaction.audit.add(Entry("subscription.removed", by.here, by, before={"words": each.words}))
    return cards.listed(held.of(by.here), by, _word(by, desk), stopped=gone, room=_room(by, desk))


def listed(command: ListSubscriptions, desk: Desk) -> Card:
    """All that the room hears of."""
    by = _checked(command.by)
    return cards.listed(desk.transaction.subscriptions.of(by.here), by, _word(by, desk), room=_room(by, desk))


def form(command: OpenSubscriptionForm, desk: Desk) -> Form:  # noqa: ARG001  # every handler takes both
    """A form to choose what the room hears of."""
    return cards.subscription_form(_checked(command.by))


def _checked(by: Account) -> Account:
    """Who may say what a room hears of. Raises `MembersSubscribe` for guests, `NoRoomToHear` where nothing can be posted."""
    if by.standing is not Standing.MEMBER:
        raise MembersSubscribe
    if by.platform == TERMINAL:
        raise NoRoomToHear
    return by


def _next(wanted: Subscription, desk: Desk) -> datetime:
    """When the room would be told of what happens now, in the zone in which its hours count."""
    now, calendar = desk.transaction.now, desk.governance.calendar
    return (moment(wanted, now, calendar) or now).astimezone(calendar.zone)


def _room(by: Account, desk: Desk) -> str:
    """The name of the room as settings and `governance.yaml` write it: for operators, and for all until they have a room."""
    return by.here if by.room and desk.operations_room in ("", by.here) else ""


def _word(by: Account, desk: Desk) -> str:
    return desk.command_word if by.platform == "slack" else ""


def _typed(words: str, by: Account, desk: Desk) -> str:
    return f"{_word(by, desk)} {words}".strip()
