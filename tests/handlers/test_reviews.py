"""Reviews through their handlers: asked for, assigned, spoken on, decided, followed up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cards.model import Card, Form
from bot.domain.obligations import Obligation
from bot.domain.people import Account, Standing
from bot.domain.reviews import Review, Stage
from bot.governance import LiveGovernance
from bot.store.database import Database
from bot.store.transaction import Transaction
from handlers.desk import Desk
from tests.databases import Clock
from tests.domain.cast import MONDAY
from tests.handlers.newsroom import decision
from tests.handlers.office import ADA, ALAN, DORA, GRACE, PAT, PAT_IN_TEAMS, SAM, Office, text_of

LIGHT = {
    "title": "Checkout on queues",
    "description": "Checkout writes its orders to queues.\nBuckets hold the encrypted exports.",
    "service": "checkout",
    "matrix:scope": "team",
    "matrix:reversible": "hard",
    "matrix:spend": "none",
    "tags": "network",
}
BOARD = LIGHT | {"title": "One broker for all", "matrix:scope": "organisation"}
NONE = LIGHT | {"matrix:reversible": "yes"}
ARCH, ARB = "slack:C0ARCH", "slack:C0ARB"


class Studio(Office):
    """An office in which designs are reviewed."""

    adr_template = ""

    def desk(self, unit: Transaction | None) -> Desk:
        return replace(super().desk(unit), adr_template=self.adr_template)

    def wish(self, by: Account = GRACE, values: dict[str, str] = LIGHT) -> Review:
        form = self.press(by, ("review_form", ""))
        assert isinstance(form, Form), text_of(form)
        reply = self.send(form, by, values)
        assert isinstance(reply, Card), [*reply.faults.items()] if isinstance(reply, Form) else reply
        return self.review()

    def review(self, id_: str = "") -> Review:
        def found(unit: Transaction) -> Review:
            listed, _ = unit.reviews.listed(count=1)
            review = unit.reviews.get(id_) if id_ else listed[0]
            assert review
            return review

        return self.database.read_now(found)

    def later(self, **by: float) -> None:
        self.clock.advance(**by)
        self.fall_due()

    def owed(self, subject: str) -> list[Obligation]:
        return list(self.database.read_now(lambda unit: unit.obligations.of(subject)))

    def act(self, by: Account, room: str, label: str, **values: str) -> str:
        return text_of(self.decide(by, room, label, **values))


@pytest.fixture
def studio(tmp_path: Path, database: Database, clock: Clock) -> Studio:
    clock.now = MONDAY
    studio = Studio(tmp_path / "folder", database, clock)
    studio.write("adrs/0001-queues.md", decision("Orders go through queues."))
    studio.look()
    return studio


def test_a_light_review_is_assigned_by_area_and_approved_after_the_comment_time(studio: Studio) -> None:
    studio.subscribe("slack:C0NEWS", "reviews service:checkout")
    review = studio.wish()
    assert [(each.role, each.who.email) for each in review.reviewers] == [("architect", "alan@example.org")]
    asked = text_of(studio.heard(ARCH)[-1])
    assert "Grace asks for a review of a design for checkout. Light review." in asked
    assert "architect: Alan, assigned" in asked
    assert [text_of(each) for each in studio.heard("slack:UALAN")] == [asked]
    assert "is yours to review" in studio.act(ADA, ARCH, "Claim")
    assert "architect: Ada reviews it" in studio.said(ARCH)
    told = studio.act(ADA, ARCH, "Approve", words="It fits ADR-0001.")
    assert "It still waits for the end of the comment time." in told
    assert studio.review().stage is Stage.IN_REVIEW
    studio.later(days=2)
    assert studio.review().stage is Stage.APPROVED
    assert "Approved by Ada on 25 November 2026." in studio.said(ARCH)
    assert "Approved by Ada" in studio.said("slack:UGRACE")
    assert "Approved by Ada" in studio.said("slack:C0NEWS")
    assert studio.labels(ARCH)[-1] == ["Show"]


def test_what_the_description_touches_is_attached_with_why(studio: Studio) -> None:
    request = studio.ask(values={"target": "STD-001.1", "service": "checkout", "environment": "production", "tier": "3",
                                 "reason": "No.", "until": "2026-12-31", "risk:exposure": "internal",
                                 "risk:data": "public"})  # fmt: skip
    studio.decide(ADA, ARCH, "Approve")
    first = studio.wish()
    found = {each.id: each for each in studio.wish().touches}
    assert {"STD-001.1", "ADR-0001", request.id, first.id} <= found.keys()
    assert "queues" in found["ADR-0001"].why
    assert found[request.id].why == "in force for checkout"
    assert found[first.id].why == "the same service, in review"


def test_no_review_is_needed_and_the_card_says_why(studio: Studio) -> None:
    form = studio.press(GRACE, ("review_form", ""))
    assert isinstance(form, Form)
    reply = text_of(studio.send(form, GRACE, NONE))
    assert "No review is needed for this: 0 points by scope: team (0), reversible: yes (0), spend: none (0)." in reply
    assert "ADR-0001" in reply
    assert "on the record as RV-" in reply
    assert studio.review().stage is Stage.NOT_NEEDED
    assert studio.heard(ARCH) == []


def test_a_concern_holds_the_decision_until_it_is_resolved(studio: Studio) -> None:
    review = studio.wish()
    shown = studio.press(PAT_IN_TEAMS, ("review_show", review.id))
    assert isinstance(shown, Card)
    raised = next(each for each in shown.buttons if each.label == "Raise a concern")
    form = studio.press(PAT_IN_TEAMS, raised)
    assert isinstance(form, Form)
    studio.send(form, PAT_IN_TEAMS, {"text": "Who pays for it?"})
    studio.act(ADA, ARCH, "Approve", words="Good.")
    studio.later(days=3)
    assert studio.review().stage is Stage.IN_REVIEW
    assert "waits for 1 open concern, until" in studio.said(ARCH)
    own = studio.press(GRACE, ("review_step", f"{review.id} resolve - 1"), words="We do.")
    assert "never by whoever asked" in text_of(own)
    told = text_of(studio.press(PAT, ("review_step", f"{review.id} resolve - 1"), words="They do."))
    assert "Concern 1 of RV-1 is resolved. Approved." in told
    assert studio.review().stage is Stage.APPROVED


def test_a_conflict_of_interest_takes_the_seat_and_somebody_else_has_it(studio: Studio) -> None:
    review = studio.wish()
    form = studio.press(ALAN, ("review_step_form", f"{review.id} conflict"))
    assert isinstance(form, Form)
    studio.send(form, ALAN, {"reason": "I built it."})
    after = studio.review()
    assert [each.who.email for each in after.reviewers] == ["ada@example.org"]
    assert "RV-1" in studio.said("slack:UADA")
    refused = studio.press(ALAN, ("review_step_form", f"{review.id} approve {review.digest}"))
    assert "declared a conflict of interest" in text_of(refused)
    refused = studio.press(ALAN, ("review_step", f"{review.id} approve {review.digest}"), words="Yes.")
    assert "declared a conflict of interest" in text_of(refused)
    assert any('"review.refused"' in line for line in studio.recorded())


def test_nobody_decides_on_their_own(studio: Studio) -> None:
    review = studio.wish(ADA)
    reply = studio.press(ADA, ("review_step", f"{review.id} approve {review.digest}"), words="Mine.")
    assert "is your own request" in text_of(reply)


def test_a_deferred_one_is_asked_anew_on_its_day_and_resumed(studio: Studio) -> None:
    review = studio.wish()
    studio.act(ADA, ARCH, "Claim")
    told = studio.act(ADA, ARCH, "Defer", words="Wait for the audit.", until="2026-12-01")
    assert "Deferred until 1 December 2026." in told
    assert studio.labels(ARCH)[-1] == ["Resume", "Show"]
    studio.later(days=8)
    assert studio.review().stage is Stage.DEFERRED
    assert "was deferred until 1 December 2026 by Ada" in studio.said("slack:UGRACE")
    told = studio.act(GRACE, "slack:UGRACE", "Resume")
    assert "is in review again" in told
    assert studio.review().round == 2
    assert "Approve" in studio.labels(ARCH)[-1]
    stale = studio.press(ADA, ("review_step", f"{review.id} approve {review.digest}"), words="Good.")
    assert "has changed since" in text_of(stale)


def test_a_board_gets_one_agenda_and_its_minutes(studio: Studio) -> None:
    first = studio.wish(values=BOARD)
    second = studio.wish(values=BOARD | {"title": "Another"})
    assert first.sitting
    assert first.sitting.day.isoformat() == "2026-11-24"
    studio.later(hours=4)
    assert len(studio.heard(ARB)) == 1
    agenda = studio.said(ARB)
    assert "Agenda of the board on 24 November 2026, 14:00 GMT" in agenda
    assert "RV-1 · One broker for all" in agenda
    assert "RV-2 · Another" in agenda
    assert studio.labels(ARB) == [["Decide RV-1", "Decide RV-2"]]
    demands = {"condition:1:what": "Load test it.", "condition:1:owner": "grace@example.org", "condition:1:due": "2026-12-04",
               "condition:2:what": "Write the runbook.", "condition:2:owner": "pat@example.org",
               "condition:2:due": "2026-12-11"}  # fmt: skip
    about = f"{first.id} %s {first.digest}"
    studio.press(SAM, ("review_step", about % "approve"), words="Secure.")
    studio.press(ADA, ("review_step", about % "approve_with_conditions"), words="It fits.", **demands)
    studio.press(ALAN, ("review_step", about % "approve"), words="Yes.")
    done = studio.review(first.id)
    assert done.stage is Stage.APPROVED_WITH_CONDITIONS
    assert [each.obligation for each in done.conditions] == [each.id for each in studio.owed(first.id)]
    assert [each.owner for each in studio.owed(first.id)] == ["grace@example.org", "pat@example.org"]
    assert "Approved with conditions by" in studio.said(ARB)
    studio.later(days=2)
    minutes = studio.said(ARB)
    assert "Minutes of the board on 24 November 2026" in minutes
    assert "Not decided: it goes to the board of 1 December 2026" in minutes
    assert studio.review(second.id).met[0].isoformat() == "2026-11-24"
    assert len(studio.heard(ARB)) == 1


def test_an_adr_is_drafted_and_linked_once_it_is_merged(studio: Studio) -> None:
    review = studio.wish()
    studio.act(ADA, ARCH, "Approve", words="It fits.")
    studio.later(days=2)
    drafts = studio.database.read_now(lambda unit: unit.drafted.of(review.id))
    assert [each.path for each in drafts] == ["adrs/0002-checkout-on-queues.md"]
    assert "A draft of it is written: adrs/0002-checkout-on-queues.md." in studio.said(ARCH)
    studio.write(drafts[0].path, drafts[0].text)
    studio.look()
    found = studio.shelf.library.show("ADR-0002").document
    assert (found.title, found.status.value, found.kind.value) == ("Checkout on queues", "accepted", "adr")
    assert "It is written down as ADR-0002." in studio.said(ARCH)
    studio.look()


def test_a_change_of_a_standard_goes_through_the_same_seats_and_is_announced_as_such(studio: Studio) -> None:
    studio.subscribe("slack:C0NEWS", "reviews")
    studio.wish(
        values=NONE | {"kind": "standard change", "target": "STD-001.1", "proposal": "Buckets MUST be encrypted by us."}
    )
    assert studio.review().terms.outcome == "light"
    studio.act(ADA, ARCH, "Approve", words="Yes.")
    studio.later(days=2)
    assert "STD-001.1 is to read differently: the change is accepted." in studio.said("slack:C0NEWS")
    drafts = studio.database.read_now(lambda unit: unit.drafted.of("RV-1"))
    assert [each.path for each in drafts] == ["proposals/rv-1-checkout-on-queues.md"]
    assert "> Buckets MUST be encrypted by us." in drafts[0].text


def test_those_who_have_not_spoken_are_reminded_and_it_escalates(studio: Studio) -> None:
    studio.wish()
    studio.later(days=4)
    assert "RV-1 · Checkout on queues waits for architect" in studio.said(ARCH)
    studio.later(days=6)
    assert studio.review().escalated
    assert "director is asked to see to it" in text_of(studio.heard("slack:UDORA")[-1])


def test_it_is_handed_over_to_a_colleague_of_the_role(studio: Studio) -> None:
    review = studio.wish(values=BOARD)
    security = studio.press(SAM, ("review_step", f"{review.id} hand_over"), to="pat@example.org")
    assert isinstance(security, Form)
    assert "is not among those who review as security" in security.faults["to"]
    review = studio.wish()
    about = ("review_step", f"{review.id} hand_over")
    assert "not assigned to you" in text_of(studio.press(SAM, about, to="alan@example.org"))
    had, other = (ALAN, ADA) if review.reviewers[0].who.email == "alan@example.org" else (ADA, ALAN)
    assert "handed over" in text_of(studio.press(had, about, to=f"{other.name.lower()}@example.org"))
    assert f"handed over by {had.name}" in text_of(studio.heard(str(other))[-1])


def test_what_is_wrong_stands_beside_its_field_and_is_kept(studio: Studio) -> None:
    form = studio.press(GRACE, ("review_form", ""))
    assert isinstance(form, Form)
    again = studio.send(form, GRACE, {"description": "Some words.", "links": "wiki/page", "matrix:scope": "team"})
    assert isinstance(again, Form)
    assert again.faults.keys() == {"title", "links", "matrix:reversible", "matrix:spend"}
    kept = studio.press(GRACE, ("review_form", ""))
    assert isinstance(kept, Form)
    assert {each.name: each.value for each in kept.fields}["description"] == "Some words."


def test_the_queue_says_who_has_what_and_how_long_it_took(studio: Studio) -> None:
    studio.wish()
    studio.act(ADA, ARCH, "Approve", words="Good.")
    studio.later(days=2)
    studio.wish(values=BOARD)
    card = studio.press(GRACE, ("reviews", ""))
    said = text_of(card)
    assert "RV-2" in said
    assert "RV-1" not in said
    assert "board of 1 December 2026" in said
    assert "From request to decision: 2 business days in the middle" in said
    assert "RV-1" in text_of(studio.press(GRACE, ("reviews", "mine")))
    assert "RV-2" in text_of(studio.press(SAM, ("reviews", "mine")))
    assert "There are none for nothing." in text_of(studio.press(GRACE, ("reviews", "service:nothing")))


@pytest.mark.parametrize("verb", ["review_form", "reviews"])
def test_guests_neither_ask_nor_see(studio: Studio, verb: str) -> None:
    guest = Account("slack", "UGUEST", "T1", Standing.GUEST)
    assert "Only members of this organisation" in text_of(studio.press(guest, (verb, "")))


def test_withdrawn_it_waits_for_nothing(studio: Studio) -> None:
    review = studio.wish()
    refused = studio.press(DORA, ("review_step", f"{review.id} withdraw"))
    assert "nobody else changes or withdraws it" in text_of(refused)
    studio.press(GRACE, ("review_step", f"{review.id} withdraw"), words="Not now.")
    assert studio.review().stage is Stage.WITHDRAWN
    assert studio.timers("review") == {}
    late: Any = studio.press(ADA, ("review_step", f"{review.id} approve {review.digest}"), words="Good.")
    assert "is withdrawn already, by Grace: nothing was changed." in text_of(late)
    studio.later(seconds=timedelta(days=30).total_seconds())


def test_voices_at_the_same_moment_decide_once(studio: Studio) -> None:
    review = studio.wish(values=BOARD)
    demands = {
        "condition:1:what": "Load test it.",
        "condition:1:owner": "grace@example.org",
        "condition:1:due": "2026-12-04",
    }
    about = ("review_step", f"{review.id} approve_with_conditions {review.digest}")

    def speak(who: Account) -> str:
        return text_of(studio.press(who, about, words="It fits.", **demands))

    with ThreadPoolExecutor(6) as crowd:
        told = list(crowd.map(speak, (ADA, ALAN, SAM, ADA, ALAN, SAM)))
    decided = studio.review(review.id)
    assert decided.stage is Stage.APPROVED_WITH_CONDITIONS
    assert sorted(each.right.by.email.partition("@")[0] for each in decided.voices) == ["ada", "alan", "sam"]
    assert sum(f"on {review.id} counts." in each for each in told) == 3
    assert sum('"review.approved"' in line for line in studio.recorded()) == 1
    assert len(studio.owed(review.id)) == 3
    assert len(studio.database.read_now(lambda unit: unit.drafted.of(review.id))) == 1


def test_an_organisation_has_its_own_template_for_adrs(studio: Studio) -> None:
    studio.write("templates/adr.md", "---\nid: {id}\n---\n\n# {heading}\n\nDecided by {decision_makers} on {date}.\n")
    studio.adr_template = LiveGovernance(studio.folder).adr_template
    review = studio.wish()
    studio.act(ADA, ARCH, "Approve", words="It fits.")
    studio.later(days=2)
    [drafted] = studio.database.read_now(lambda unit: unit.drafted.of(review.id))
    assert drafted.text == '---\nid: ADR-0002\n---\n\n# Checkout on queues\n\nDecided by ["Ada"] on 2026-11-25.\n'
