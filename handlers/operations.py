"""What operators are told and what they can do about it: things that could not be delivered, decision rights that cannot be
read, accounts that cannot be linked."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from bot.cards import operations as cards
from bot.cards.model import Card
from bot.domain.announcements import Announcement, Json
from bot.domain.audit import Entry
from bot.domain.commands import SendAgain
from bot.domain.people import Standing
from bot.errors import NothingToSend, OperatorsSend
from bot.store import inbox
from bot.store.inbox import ASIDE
from bot.store.outbox import UNDELIVERABLE
from bot.store.people import REFUSED
from handlers.desk import Desk

RIGHTS = "governance.yaml"
FAULTY, LINK_REFUSED = "governance_faulty", "link_refused"  # topics
SAME_TROUBLE = timedelta(hours=1)  # within which a fault that is back is told where it was told before


def send_again(command: SendAgain, desk: Desk) -> Card:
    """Puts what could not be posted back in its lane, what could not be handled among what waits, and says so where
    operators were told of it.

    Raises `OperatorsSend` for whoever is not a member in the operators' room, `NothingToSend` when it was sent since.
    """
    by, unit = command.by, desk.transaction
    if by.standing is not Standing.MEMBER or not desk.operations_room or by.here != desk.operations_room:
        raise OperatorsSend
    if command.posting.startswith(f"{ASIDE}:"):
        return _handle_again(command, desk)
    number = int(command.posting) if command.posting.isascii() and command.posting.isdecimal() else 0
    unit.outbox.lock()
    aside = unit.outbox.set_aside(number) if number < 2**63 else None
    if aside is None or not unit.outbox.send_again(number):
        raise NothingToSend
    subject = aside.announcement.subject
    facts: dict[str, Json] = {"posting": number, "room": aside.room, "subject": subject, "fault": aside.fault}
    again: dict[str, Json] = {"again": by.name or str(by)}
    for told in unit.outbox.of(subject, UNDELIVERABLE):
        if told.facts.get("posting") == number and not told.facts.get("sent"):
            facts = {**told.facts}
            unit.outbox.announce(Announcement(told.key, subject, UNDELIVERABLE, {**told.facts, **again}))
    unit.audit.add(Entry("posting.sent_again", subject, by, before={"fault": aside.fault}, after={"room": aside.room}))
    return cards.sent_again({**facts, **again})


def _handle_again(command: SendAgain, desk: Desk) -> Card:
    by, unit = command.by, desk.transaction
    unit.outbox.lock()
    told = unit.outbox.get(command.posting)
    if told is None or told.topic != ASIDE or not inbox.send_again(unit.connection, str(told.facts["delivery"])):
        raise NothingToSend
    facts: dict[str, Json] = {**told.facts, "again": by.name or str(by)}
    unit.outbox.announce(Announcement(told.key, told.subject, ASIDE, facts))
    platform, fault = told.facts["platform"], told.facts["fault"]
    unit.audit.add(
        Entry("delivery.sent_again", told.subject, by, before={"fault": fault}, after={"platform": platform})
    )
    return cards.sent_again(facts)


def governance_changed(desk: Desk, fault: str | None, file: str = RIGHTS) -> None:
    """Tells operators once that decision rights (or other rules: `file`) cannot be read (`fault`: a line for each place), and, where
    they were told, that they are mended. To be called whenever the file was looked at: it writes what has changed alone."""
    if not desk.operations_room:
        return
    outbox = desk.transaction.outbox
    if not fault and not any(_is_open(told) for told in outbox.of(file, FAULTY)):
        return
    outbox.lock()
    told = sorted(outbox.of(file, FAULTY), key=lambda each: str(each.facts.get("at")))
    now = desk.now()
    here = [each for each in told if _is_open(each) or (each.facts.get("fault") == fault and _is_recent(each, now))]
    if not fault:
        for each in here:
            _say(desk, file, each.key, {**each.facts, "mended": True, "at": now.isoformat()})
        return
    facts: dict[str, Json] = {"fault": fault, "mended": False, "at": now.isoformat(), "file": file}
    if not here:
        of = "" if file == RIGHTS else f"{file}:"
        _say(desk, file, f"{FAULTY}:{of}{now.isoformat()}", facts)
    elif here[-1].facts.get("fault") != fault or not _is_open(here[-1]):
        _say(desk, file, here[-1].key, facts)


def people_met(desk: Desk) -> None:
    """Puts on the record which links were made, lost and refused when somebody was met, and tells operators of those
    refused. To be called at the end of a transaction: the record is locked last."""
    unit = desk.transaction
    for entry in unit.people.noticed:
        if entry.action == REFUSED and desk.operations_room:
            email = entry.words.get("email", "")
            digest = hashlib.sha256(email.encode("utf-8", "replace")).hexdigest()[:16]
            facts: dict[str, Json] = {"account": entry.subject, "email": email}
            refused = Announcement(f"{LINK_REFUSED}:{entry.subject}:{digest}", entry.subject, LINK_REFUSED, facts)
            unit.outbox.announce(refused, [desk.operations_room])
    for entry in unit.people.noticed:
        unit.audit.add(entry)
    unit.people.noticed.clear()


def _say(desk: Desk, file: str, key: str, facts: dict[str, Json]) -> None:
    desk.transaction.outbox.announce(Announcement(key, file, FAULTY, facts), [desk.operations_room])


def _is_open(told: Announcement) -> bool:
    return not told.facts.get("mended")


def _is_recent(told: Announcement, now: datetime) -> bool:
    """Replicas that see the folder at different times take turns: they are to change one post, not to write many."""
    return now - datetime.fromisoformat(str(told.facts.get("at"))) < SAME_TROUBLE
