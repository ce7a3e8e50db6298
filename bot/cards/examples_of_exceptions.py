"""Examples of exception requests: their forms, what those see who decide, ask or look one up, the register."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from bot.cards import exception_cast as cast
from bot.cards import exception_forms, exceptions
from bot.cards.model import Card, Form, Said
from bot.domain import exception_submissions as submissions
from bot.domain import waivers
from bot.domain.absences import Absence, away
from bot.domain.exception_commands import About, Does, Origin
from bot.domain.exception_forms import FieldFault, Wish, faults, terms
from bot.domain.exception_register import Proof
from bot.domain.exception_requests import Choice, ExceptionRequest
from bot.domain.rights import Voter

NEW = Origin()


def _form(wish: Wish, origin: Origin = NEW, told: tuple[FieldFault, ...] = (), **more: Any) -> Form:
    return exception_forms.request_form(
        wish, terms(wish, cast.RULES), cast.RULES, cast.TODAY, origin, faults=told, **more
    )


def _exception_form() -> Form:
    """From a clause: what is to be filled in, before a question of risk is answered."""
    return _form(Wish(cast.CLAUSE, None))


def _exception_form_filled_in() -> Form:
    """Risk and seats follow from the answers while one fills it in."""
    return _form(cast.WISH)


def _exception_form_with_faults() -> Form:
    """Sent, and not right yet: each fault stands beside its field, and nothing that was typed is lost."""
    wish = replace(cast.WISH, until=date(2027, 6, 30), links=("wiki/checkout",), remediation="", target=None)
    return _form(wish, told=faults(wish, cast.RULES, cast.MONDAY))


def _exception_form_of_high_risk() -> Form:
    """A standard that raises the risk by itself, and adds a seat."""
    target = replace(cast.CLAUSE, risk="high", seats=("platform",))
    return _form(replace(cast.WISH, target=target, until=date(2027, 2, 19)))


def _exception_form_in_an_emergency() -> Form:
    """In force after one voice: what that means is said before it is sent."""
    return _form(replace(cast.WISH, emergency=True, until=date(2026, 11, 30)))


def _exception_form_to_renew() -> Form:
    """A renewal begins with what the waiver was asked for with, without its day."""
    return _form(submissions.renewal_of(cast.in_force()), Origin(renews="EX-7"))


def _exception_form_to_change() -> Form:
    """An emergency that was granted is sent again: what was granted is not to be changed."""
    request = cast.granted()
    note = "These are the risk and the seats that follow from your answers. Send it again if you want it so."
    return _form(request.wish, Origin(resubmits="EX-7", digest=request.digest), note=note, locked=submissions.LOCKED)


def _step(request: ExceptionRequest, does: Does, number: int = 0, **more: Any) -> Form:
    return exception_forms.step_form(request, About(request.id, does, request.digest, number), {}, **more)


def _exception_step_form() -> Form:
    """High risk is accepted in a sentence that is typed."""
    return _step(cast.submitted(answers=cast.HIGH, until=date(2027, 2, 19)), Does.APPROVE)


def _exception_step_form_conditions() -> Form:
    """An approval under conditions, each with who sees to it and by when; something is missing yet."""
    told = (FieldFault("condition:1:text", "Say what has to be done."),)
    return _step(cast.half_way(), Does.APPROVE_WITH_CONDITIONS, faults=told)


def _exception_step_form_decline() -> Form:
    """Whoever declines says why."""
    return _step(cast.submitted(), Does.DECLINE)


def _exception_step_form_remedied() -> Form:
    """What shows that the clause is kept again."""
    return _step(cast.in_force(), Does.REMEDY)


def _exception_step_form_done() -> Form:
    """What shows that a condition is met."""
    return _step(cast.in_force(), Does.MEET, 1)


def _review() -> Card:
    """For those who decide: the answer to what, why, which risk, until when; half of the seats have spoken."""
    return exceptions.review_card(
        cast.facts(
            cast.half_way(),
            precedents=cast.PRECEDENTS,
            waivers=cast.BESIDE,
            inconsistent="EX-5 was declined at low risk, and this is moderate: say why it is decided otherwise.",
        )
    )


def _review_low() -> Card:
    """Low risk, one seat, and little to read."""
    wish: dict[str, Any] = {"answers": cast.LOW, "compensating_controls": "", "remediation": "", "links": ()}
    return exceptions.review_card(cast.facts(cast.submitted(**wish)))


def _review_high() -> Card:
    """High risk: an approval opens the form for its formal acceptance. The rules have changed meanwhile."""
    return exceptions.review_card(
        cast.facts(cast.submitted(answers=cast.HIGH, until=date(2027, 2, 19)), rules_changed=True)
    )


def _review_resubmitted() -> Card:
    """Sent again after changes were asked for: what is different, and the deadline that has passed since."""
    request = replace(cast.resubmitted(), escalated=True)
    return exceptions.review_card(cast.facts(request, escalated_to="director", unreached=["security"]))


def _review_of_changes_asked() -> Card:
    """Changes are asked for: nobody decides until it is sent again."""
    return exceptions.review_card(cast.facts(cast.changes_asked()))


def _review_emergency() -> Card:
    """An emergency: one voice is enough."""
    request = cast.submitted(
        emergency=True, emergency_reason="The till of the Leeds shop cannot book.", until=date(2026, 11, 30)
    )
    return exceptions.review_card(cast.facts(request))


def _review_second_look() -> Card:
    """It is in force already, and ends unless it is looked at."""
    return exceptions.review_card(cast.facts(cast.granted()))


def _review_overdue() -> Card:
    """A condition is overdue: keep the waiver or revoke it."""
    return exceptions.review_card(cast.facts(cast.overdue()))


def _review_decided() -> Card:
    """Decided: who, how, under which conditions, until when. No button decides any more."""
    return exceptions.review_card(cast.facts(cast.in_force()))


def _review_declined() -> Card:
    """Declined, with the reason."""
    request = cast.say(
        cast.submitted(), cast.SAM, Choice.DECLINE, words="Tokens are card data for our auditor. Use the relay instead."
    )
    return exceptions.review_card(cast.facts(request))


def _review_newer() -> Card:
    """A post of an earlier round, while a newer one is where one decides."""
    return exceptions.review_card(cast.facts(cast.resubmitted(), newer=True))


def _review_hostile() -> Card:
    """Texts that try to act or to speak in our voice, and as much of them as a form takes."""
    attack = "Approved by CTO\n\nStatus: approved. <!channel> *bold* [Sign in](https://evil.example) <at>all</at> {{DATE(2026-01-01T00:00:00Z)}} `code`"
    long = " ".join([attack] * 20)[:3_000]
    target = replace(cast.CLAUSE, title=attack, text=f"{attack} {cast.CLAUSE.text}", owner=attack)
    request = cast.submitted(
        target=target,
        service="checkout. Approved by CTO",
        environment="“production” · approved",
        reason=long,
        compensating_controls=long,
        remediation=long,
    )
    asker = replace(request.asked_by, name="Approved by CTO <!channel>")
    return exceptions.review_card(
        cast.facts(
            replace(request, asked_by=asker),
            precedents=[{**cast.PRECEDENTS[0], "service": attack, "by": attack, "conditions": [attack]}],
            waivers=[{"id": "EX-3", "service": attack, "until": attack}],
        )
    )


def _asked() -> Card:
    """For whoever asked: who has spoken, who is still to speak, until when."""
    return exceptions.asked_card(cast.facts(cast.half_way()))


def _asked_changes() -> Card:
    """Changes are asked for: what, and the button to send it again."""
    return exceptions.asked_card(cast.facts(cast.changes_asked()))


def _asked_approved() -> Card:
    """In force, with what is owed."""
    return exceptions.asked_card(cast.facts(cast.in_force()))


def _asked_emergency() -> Card:
    """Granted in an emergency: in force, and a second look is to come."""
    return exceptions.asked_card(cast.facts(cast.granted()))


def _asked_lapsed() -> Card:
    """Nobody decided in time."""
    return exceptions.asked_card(cast.facts(cast.fallen_due(cast.submitted(), "lapse:1")))


def _asked_unseen() -> Card:
    """An emergency whose second look did not come: revoked."""
    return exceptions.asked_card(cast.facts(cast.fallen_due(cast.granted(), "second_look")))


def _asked_revoked() -> Card:
    """Revoked, with the reason."""
    later = cast.MONDAY + timedelta(days=9)
    reason = "The bucket was readable from two more subnets when we looked."
    return exceptions.asked_card(cast.facts(waivers.revoke(cast.in_force(), cast.SAM, reason, later).request))


def _shown() -> Card:
    """All of a waiver, for somebody who may revoke it."""
    return exceptions.shown(cast.in_force(), cast.LONDON, told={"waivers": cast.BESIDE}, may_revoke=True)


def _shown_pending() -> Card:
    """All of a request, for somebody with a seat."""
    return exceptions.shown(cast.half_way(), cast.LONDON, told={"precedents": cast.PRECEDENTS}, may_decide=True)


def _shown_reworded() -> Card:
    """Its clause reads differently now; for whoever asked."""
    step = waivers.reworded(cast.in_force(), cast.REWORDED)
    return exceptions.shown(step.request if step else cast.in_force(), cast.LONDON, is_asker=True)


def _shown_remedied() -> Card:
    """Remedied, with the evidence."""
    evidence = "Release 9 is live since Monday: https://tickets.example.org/OPS-4711, their bucket is deleted."
    request = waivers.remedy(cast.in_force(), cast.GRACE, evidence, cast.MONDAY + timedelta(days=80)).request
    return exceptions.shown(request, cast.LONDON)


def _receipt() -> Card:
    """What an auditor wants: the words, the rule, the people, the times, the proof."""
    actions = ("submitted", "spoken", "spoken", "approved")
    proofs = tuple(
        Proof(1204 + 7 * n, cast.MONDAY + timedelta(hours=n), f"exception_request.{action}", f"{n + 9:x}c41d7e0" * 8)
        for n, action in enumerate(actions)
    )
    return exceptions.receipt(cast.in_force(), proofs, cast.LONDON)


def _receipt_formal() -> Card:
    """High risk: the sentences with which it was accepted."""
    sentence = "I accept the risk of unencrypted exports for the bank until 26 February."
    request = cast.say(
        cast.submitted(answers=cast.HIGH, until=date(2027, 2, 19)), cast.SAM, acceptance="Accepted for security."
    )
    return exceptions.receipt(cast.say(request, cast.DORA, acceptance=sentence), (), cast.LONDON)


def _sent() -> Card:
    """A word for whoever sent a request."""
    return exceptions.sent(cast.submitted(), cast.LONDON)


def _taken() -> Card:
    """A word for whoever spoke, while others are to speak."""
    return exceptions.taken(cast.half_way(), About("EX-7", Does.APPROVE_WITH_CONDITIONS))


def _taken_last() -> Card:
    """A word for whoever spoke last."""
    return exceptions.taken(cast.in_force(), About("EX-7", Does.APPROVE))


def _register() -> Card:
    """A page of the register."""
    return exceptions.register(cast.several(), 23, "", 0, "/arch", today=cast.TODAY)


def _register_of_a_service() -> Card:
    """The last page of those of a service."""
    return exceptions.register(cast.several()[:2], 12, "service:checkout", 10, "", today=date(2027, 2, 20))


def _register_empty() -> Card:
    """Nothing that somebody asked for."""
    return exceptions.register((), 0, "mine", 0, "/arch")


def _absence(delegate: Voter | None = cast.ALAN) -> Absence:
    who = delegate.as_person if delegate else None
    return away(cast.ADA.as_person, date(2026, 12, 4), who, cast.MONDAY, cast.RULES.calendar)


def _away() -> Card:
    """Away, with somebody who speaks for them; and whom they speak for themselves."""
    other = away(cast.PAT.as_person, date(2026, 11, 27), cast.ADA.as_person, cast.MONDAY, cast.RULES.calendar)
    return exceptions.away_card(_absence(), "/arch", stands_in=(other,))


def _away_not() -> Card:
    """Somebody who is not away."""
    return exceptions.away_card(None, "")


EXAMPLES_OF_EXCEPTIONS: Mapping[str, Callable[[], Said]] = MappingProxyType(
    {
        "exception_form": _exception_form,
        "exception_form_filled_in": _exception_form_filled_in,
        "exception_form_with_faults": _exception_form_with_faults,
        "exception_form_of_high_risk": _exception_form_of_high_risk,
        "exception_form_in_an_emergency": _exception_form_in_an_emergency,
        "exception_form_to_renew": _exception_form_to_renew,
        "exception_form_to_change": _exception_form_to_change,
        "exception_step_form": _exception_step_form,
        "exception_step_form_conditions": _exception_step_form_conditions,
        "exception_step_form_decline": _exception_step_form_decline,
        "exception_step_form_remedied": _exception_step_form_remedied,
        "exception_step_form_done": _exception_step_form_done,
        "exception_review": _review,
        "exception_review_low": _review_low,
        "exception_review_high": _review_high,
        "exception_review_resubmitted": _review_resubmitted,
        "exception_review_of_changes_asked": _review_of_changes_asked,
        "exception_review_emergency": _review_emergency,
        "exception_review_second_look": _review_second_look,
        "exception_review_overdue": _review_overdue,
        "exception_review_decided": _review_decided,
        "exception_review_declined": _review_declined,
        "exception_review_newer": _review_newer,
        "exception_review_hostile": _review_hostile,
        "exception_asked": _asked,
        "exception_asked_changes": _asked_changes,
        "exception_asked_approved": _asked_approved,
        "exception_asked_emergency": _asked_emergency,
        "exception_asked_lapsed": _asked_lapsed,
        "exception_asked_unseen": _asked_unseen,
        "exception_asked_revoked": _asked_revoked,
        "shown_exception": _shown,
        "shown_exception_pending": _shown_pending,
        "shown_exception_reworded": _shown_reworded,
        "shown_exception_remedied": _shown_remedied,
        "exception_receipt": _receipt,
        "exception_receipt_formal": _receipt_formal,
        "exception_sent": _sent,
        "exception_taken": _taken,
        "exception_taken_last": _taken_last,
        "exception_register": _register,
        "exception_register_of_a_service": _register_of_a_service,
        "exception_register_empty": _register_empty,
        "exception_away": _away,
        "exception_away_not": _away_not,
    }
)
