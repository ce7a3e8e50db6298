"""What follows from a decision of a bridge in a transaction of its own: each clause that it sets aside becomes an emergency exception
request of whoever decided, with its second look. What stands in the way is said on the bridge's card; nothing is lost."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import exception_forms as forms
from bot.domain import exception_submissions as submissions
from bot.domain import incident_steps as steps
from bot.domain.exception_forms import Target, Wish
from bot.domain.governance import EMERGENCY, Governance
from bot.domain.incidents import Decision, Incident
from bot.domain.people import Account, Person, Standing
from bot.domain.timers import Timer
from bot.errors import Refusal
from handlers.desk import Desk
from handlers.exception_requests import target_of
from handlers.exception_telling import done as asked
from handlers.incident_telling import done
from handlers.voters import voter

NOT_MET = "Archway has not met {name} yet: ask for the exception by hand."
NO_CLAUSE = "{clause} is no clause or standard here: ask for the exception by hand."


def fall_due(timer: Timer, desk: Desk) -> None:
    """Asks for the exception to a clause that a decision sets aside; nothing where that was done."""
    unit = desk.transaction
    incident = unit.incidents.get(str(timer.facts["id"]), lock=True)
    number, clause = int(str(timer.facts["number"])), str(timer.facts["clause"])
    decision = incident.decision(number) if incident else None
    if incident is None or decision is None:
        return
    if not any(each.clause == clause and not (each.request or each.missing) for each in decision.waived):
        return
    request, missing = _asked(incident, decision, clause, desk)
    done(steps.waived(incident, number, clause, request=request, missing=missing), desk)


def _asked(incident: Incident, decision: Decision, clause: str, desk: Desk) -> tuple[str, str]:
    """The id of the request, or the sentence that says why there is none."""
    unit = desk.transaction
    target = target_of(clause, desk.library)
    if target is None:
        return "", NO_CLAUSE.format(clause=clause)
    by = _account(decision.by, desk)
    if by is None:
        return "", NOT_MET.format(name=decision.by)
    try:
        wish = _wish(incident, decision, target, desk.governance, desk)
        step = submissions.submit(unit.exceptions.next_id(), wish, voter(by, desk), unit.now, desk.governance)
    except Refusal as refusal:
        return "", f"No exception could be asked for: {refusal.sentence}"
    return asked(None, step, desk).id, ""


def _wish(incident: Incident, decision: Decision, target: Target, governance: Governance, desk: Desk) -> Wish:
    """An emergency as long as one may last. Nobody answered the questions of risk on the bridge: the gravest answers are taken until
    whoever decided sends it again with better ones."""
    worst = {name: max(answers, key=lambda each: answers[each]) for name, answers in governance.risk.questions.items()}
    today = governance.calendar.today(desk.transaction.now)
    said = f"Decision {decision.number} of {incident.name} ({incident.severity} {incident.title}): {decision.statement}"
    reason = "\n\n".join(part for part in (said, decision.rationale) if part)[: forms.LONGEST_TEXT]
    wish = Wish(
        target=target,
        until=None,
        service=incident.service or incident.name,
        reason=reason,
        answers={name: answer for name, answer in worst.items() if name not in forms.ASKED_ONCE},
        emergency=True,
        emergency_reason=f"It was decided on the bridge of {incident.name}.",
        tier=worst.get("tier", ""),
        environment=worst.get("environment", ""),
        links=(incident.url,) if forms.is_link(incident.url) else (),
    )
    rule = governance.decide.get(EMERGENCY)
    return replace(wish, until=forms.last_day(today, rule.at_most) if rule else today)


def _account(person: Person, desk: Desk) -> Account | None:
    """The account with which somebody asks: of a full member, the one that they decided with, else the one that was seen last."""
    theirs = (
        [each for each in desk.transaction.people.accounts(person.id) if each.standing is Standing.MEMBER]
        if person.id
        else []
    )
    same = [each for each in theirs if str(each) == person.account]
    return next(iter([*same, *theirs]), None)
