"""Exception requests to read: one of each kind, around a moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import reviews, waivers
from bot.domain.audit import Entry
from bot.domain.exception_requests import Choice
from bot.domain.governance import Seat
from bot.domain.incidents import Decision, DecisionKind, Incident, Said, Taken, Waived
from bot.domain.reviews import Review
from bot.store.database import Database
from bot.store.transaction import Transaction
from tests.domain.cast import ADA, GRACE, MODERATE, SAM, approved, granted, say, submitted


def fill(database: Database, now: datetime) -> None:
    """EX-1 a waiver of payments for thirty days, EX-2 declined, EX-3 waits, EX-4 a waiver of billing that was revoked, EX-5 an
    emergency of payments for two days; RV-1 a review of payments that waits, INC-1 an incident of it with a decision."""
    until = (now + timedelta(days=30)).date()
    requests = (
        approved(now, until=until, service="payments", environment="production"),
        say(submitted(now, until=until, service="Billing"), ADA, Choice.DECLINE, now).request,
        submitted(now, until=until, answers=MODERATE, remedied_by=until),
        waivers.revoke(approved(now, until=until, service="billing"), ADA, "It is misused.", now).request,
        granted(now, until=(now + timedelta(days=2)).date(), remedied_by=until, service="payments"),
    )

    def put(unit: Transaction) -> None:
        for person in (GRACE, ADA, SAM):
            unit.people.meet(person.account)
        for number, each in enumerate(requests, 1):
            request = replace(each, id=f"EX-{number}")
            unit.exceptions.put(request)
            unit.exceptions.note(request.id, unit.audit.add(Entry("exception_request.submitted", request.id)))
        unit.reviews.put(review(now))
        unit.incidents.put(incident(now))
        unit.obligations.add("INC-1", 1, "Write it down.", "ada@example.org", until, now + timedelta(days=30))
        unit.obligations.add("EX-1", 1, "Rotate the keys.", "grace@example.org", until, now + timedelta(days=30))

    database.write_now(put)


def review(now: datetime) -> Review:
    """RV-1, with a reviewer and an open concern."""
    ada, grace = ADA.as_person, GRACE.as_person
    return Review(
        id="RV-1",
        asked_by=grace,
        asked_at=now,
        wish=reviews.Wish(
            title="A ledger of our own", service="Payments", answers={"scope": "team"}, wished=now.date()
        ),
        terms=reviews.Terms(revision="3f1c", outcome="light", points=2, seats=(Seat("architect", 1),)),
        reviewers=(reviews.Reviewer("architect", ada, now),),
        concerns=(reviews.Concern(1, ada, "Who rotates its keys?", now),),
        touches=(reviews.Touched("clause", "STD-004.3", "Encryption", "it keeps data", ""),),
    )


def incident(now: datetime) -> Incident:
    """INC-1, that its tool calls BRIDGE-88, with one decision that was corrected."""
    ada = ADA.as_person
    decision = Decision(
        number=1,
        kind=DecisionKind.ROLLBACK,
        statement="Roll back to 4.1",
        at=now,
        by=ada,
        recorded_by=ada,
        waived=(Waived("STD-004.3", "EX-5"),),
        tool_id="d-1",
        earlier=(Said(DecisionKind.ROLLBACK, "Roll back to 4.0", "", "", now, ada),),
    )
    return Incident(
        id="INC-1",
        severity="SEV-1",
        title="Checkout is <slow>",
        opened_at=now,
        opened_by=ada,
        service="payments",
        key="BRIDGE-88",
        source="bridge",
        commanders=(Taken(ada, now, ada),),
        decisions=(decision,),
    )
