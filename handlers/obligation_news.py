"""What rooms that subscribe hear of obligations: that one is overdue, that one is closed. Conditions of waivers are among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.domain import plain
from bot.domain.announcements import Announcement, Json
from bot.domain.obligations import Obligation
from handlers.desk import Desk
from handlers.documents import news_of_obligation
from handlers.telling import Telling, hearing

TOLD = "obligation_told"  # a topic
OVERDUE, CLOSED = "overdue", "closed"  # of what is told


def facts_of(obligation: Obligation, desk: Desk) -> dict[str, Json]:
    """What every card of an obligation is drawn from."""
    service = desk.transaction.obligations.service_of(obligation.subject)
    return {
        "obligation": plain.written(obligation),
        "zone": str(desk.governance.calendar.zone),
        "given_by": name_of(obligation.given_by, desk),
        "met_by": name_of(obligation.met_by, desk),
        "service": service,
    }


def name_of(account: str, desk: Desk) -> str:
    """What somebody is called who has an account ("slack:U012"); "" for nobody."""
    person = desk.transaction.people.by_account(account) if account else None
    return str(person) if person else ""


def news(obligation: Obligation, what: str, desk: Desk) -> Iterator[Telling]:
    """To be told now that one is `OVERDUE` or `CLOSED`; and what was told of it before, as it is now."""
    facts = facts_of(obligation, desk)
    yield from told_anew(obligation, facts, desk)
    told = Announcement(f"{obligation.id}:told:{what}", obligation.id, TOLD, {**facts, "what": what})
    yield Telling(told, hearing([news_of_obligation(told.facts)], desk))


def told_anew(obligation: Obligation, facts: Mapping[str, Json], desk: Desk) -> Iterator[Telling]:
    """What rooms were told of it before, as it is now."""
    for told in desk.transaction.outbox.of(obligation.id, TOLD):
        yield Telling(replace(told, facts={**told.facts, **facts}))
