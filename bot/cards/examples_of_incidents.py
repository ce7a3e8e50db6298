"""Examples of incidents: the bridge's card, what other rooms hear, a decision and its correction, the timeline, the forms."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from bot.cards import incident_forms, incidents
from bot.cards.exception_cast import RULES
from bot.cards.model import Card, Form, Said
from bot.domain.exception_forms import FieldFault
from bot.domain.incident_commands import About, Does
from bot.domain.incident_timeline import markdown_of, timeline_of
from bot.domain.incidents import Assessment, Decision, DecisionKind, Incident, Stage, Taken, Waived, written
from bot.domain.incidents import Said as Before
from bot.domain.obligations import Kind, Obligation
from bot.domain.people import Person

LONDON = ZoneInfo("Europe/London")
NIGHT = datetime(2026, 12, 2, 2, 14, tzinfo=UTC)
ADA = Person("p-ada", "slack:U0ADA", "Ada Byron", "ada@example.org")
PAT = Person("p-pat", "teams:29:pat", "Pat Lee", "pat@example.org")
SAM = Person("p-sam", "slack:U0SAM", "Sam Ortiz", "sam@example.org")


def _after(minutes: int) -> datetime:
    return NIGHT + timedelta(minutes=minutes)


ROLLBACK = Decision(
    1,
    DecisionKind.ROLLBACK,
    "Roll back checkout to release 40.",
    _after(9),
    PAT,
    PAT,
    rationale="Errors began four minutes after release 41.",
    earlier=(Before(DecisionKind.ROLLBACK, "Roll back checkout to release 39.", "", "", _after(12), PAT),),
)
FIREWALL = Decision(
    2,
    DecisionKind.EMERGENCY_CHANGE,
    "Open the firewall to the second payment provider.",
    _after(21),
    ADA,
    PAT,
    rationale="The first one does not answer from eu-west-1, and nobody there can be reached before six.",
    options="Wait for the first provider; send all payments through us-east-1.",
    risk="moderate",
    waived=(
        Waived("STD-004.11", "EX-31"),
        Waived("STD-404.1", missing="STD-404.1 is no clause or standard here: ask for the exception by hand."),
    ),
    assessment_due="OB-44",
)
ACCEPTED = Decision(3, DecisionKind.ACCEPT_RISK, "Serve stale prices until noon.", _after(40), SAM, SAM, risk="low")
OPEN = Incident(
    "INC-12",
    "SEV-1",
    "Payments fail in eu-west-1",
    NIGHT,
    PAT,
    room="slack:C0INC",
    service="checkout",
    key="OPS-4711",
    source="pagerduty",
    url="https://incidents.example.org/4711",
    commanders=(Taken(ADA, _after(2), PAT),),
    decisions=(ROLLBACK, FIREWALL, ACCEPTED),
)
ASSESSED = replace(
    FIREWALL,
    assessment=Assessment(
        {"exposure": "partner", "data": "restricted", "tier": "1"},
        6,
        "high",
        "Closed again at noon.",
        SAM,
        _after(3_000),
    ),
)
CLOSED = replace(
    OPEN,
    decisions=(ROLLBACK, ASSESSED, ACCEPTED),
    stage=Stage.CLOSED,
    closed_at=_after(200),
    closed_by=ADA,
    summary="The provider's certificate had expired. Payments went through the second one from 02:40.",
)
DUE = (
    Obligation(
        "OB-44",
        "INC-12",
        1,
        "Assess the risk of the emergency change: Open the firewall to the second payment provider.",
        "ada@example.org",
        date(2026, 12, 7),
        datetime(2026, 12, 8, tzinfo=UTC),
        met_at=_after(3_000),
        evidence="high risk, 6 points. Closed again at noon.",
        kind=Kind.ASSESSMENT,
    ),
    Obligation(
        "OB-45",
        "INC-12",
        2,
        "Renew the provider's certificate by machine.",
        "pat@example.org",
        date(2026, 12, 18),
        datetime(2026, 12, 19, tzinfo=UTC),
        kind=Kind.FOLLOW_UP,
    ),
)


def _facts(incident: Incident, **more: Any) -> dict[str, Any]:
    return {"incident": written(incident), "zone": "Europe/London", **more}


def _bridge() -> Card:
    """On its bridge: the decisions so far, one corrected, one that sets clauses aside."""
    return incidents.bridge_card(_facts(OPEN, follow_ups=2, open_follow_ups=1))


def _bridge_new() -> Card:
    """Just opened, with nobody in command."""
    return incidents.bridge_card(_facts(replace(OPEN, decisions=(), commanders=(), key="")))


def _bridge_long() -> Card:
    """A long night: the last decisions, and how many there were before."""
    many = tuple(
        replace(ACCEPTED, number=number, statement=f"Move shard {number} to the other cluster.")
        for number in range(1, 20)
    )
    return incidents.bridge_card(_facts(replace(OPEN, decisions=many)))


def _bridge_closed() -> Card:
    """Closed."""
    return incidents.bridge_card(_facts(CLOSED, follow_ups=2, open_follow_ups=0))


def _told() -> Card:
    """For rooms that hear of incidents."""
    return incidents.told_card(_facts(OPEN))


def _told_closed() -> Card:
    """The same once it is closed."""
    return incidents.told_card(_facts(CLOSED))


def _decision() -> Card:
    """An emergency change: its risk is to be assessed, and two clauses are set aside."""
    return incidents.decision_card(_facts(OPEN, number=2))


def _decision_corrected() -> Card:
    """One that was corrected: what it said stays to be seen."""
    return incidents.decision_card(_facts(OPEN, number=1))


def _decision_corrected_twice() -> Card:
    """One whose reason and risk were corrected as well, and again afterwards."""
    first = Before(DecisionKind.CONTAIN, "Close the firewall.", "The provider is attacked.", "high", _after(23), PAT)
    then = Before(DecisionKind.EMERGENCY_CHANGE, FIREWALL.statement, "It does not answer.", "high", _after(25), ADA)
    decision = replace(FIREWALL, earlier=(first, then))
    return incidents.decision_card(_facts(replace(OPEN, decisions=(ROLLBACK, decision)), number=2))


def hostile(text: str) -> Incident:
    """An incident with a text in every place where somebody's words can come."""
    him = Person("p-eve", "slack:U0EVE", text, "eve@example.org")
    decision = replace(
        ASSESSED,
        statement=text,
        rationale=text,
        options=text,
        risk=text,
        by=him,
        waived=(Waived(text, missing=text),),
        earlier=(Before(DecisionKind.OTHER, f"{text} before", text + text, text, _after(12), him),),
        drafts=(text,),
    )
    return replace(
        OPEN,
        title=text,
        service=text,
        key=text,
        url=text,
        commanders=(Taken(him, NIGHT, him),),
        decisions=(ROLLBACK, decision),
        summary=text,
        missing=(text,),
    )


def _bridge_hostile() -> Card:
    """Words that try to be more than words."""
    return incidents.bridge_card(_facts(hostile("<!channel> *[Approved](https://evil.example)* <at>all</at> `x`")))


def _decision_assessed() -> Card:
    """An emergency change whose risk is assessed."""
    return incidents.decision_card(_facts(CLOSED, number=2))


def _shown() -> Card:
    """For whoever looks it up."""
    return incidents.shown(CLOSED, DUE, LONDON)


def _timeline() -> Card:
    """The timeline as Markdown."""
    return incidents.timeline(CLOSED, markdown_of(CLOSED, DUE, LONDON), as_json=False)


def _timeline_json() -> Card:
    """The timeline as JSON."""
    return incidents.timeline(CLOSED, json.dumps(timeline_of(CLOSED, DUE), indent=1), as_json=True)


def _opened() -> Card:
    """For whoever opened it."""
    return incidents.opened(replace(OPEN, key="", decisions=()))


def _taken() -> Card:
    """For whoever recorded a decision."""
    return incidents.taken(OPEN, About("INC-12", Does.DECIDE), 3)


def _taken_command() -> Card:
    """For whoever handed command over."""
    return incidents.taken(OPEN, About("INC-12", Does.HAND_OVER), 0)


def _form() -> Form:
    """An incident is opened; its title is missing."""
    return incident_forms.incident_form(
        {"severity": "SEV-2"}, faults=[FieldFault("title", "Say in a few words what is wrong.")]
    )


def _step(does: Does, number: int = 0, **values: str) -> Form:
    return incident_forms.step_form(OPEN, About("INC-12", does, number), values, RULES)


def _form_decide() -> Form:
    """A decision is recorded."""
    return _step(Does.DECIDE)


def _form_correct() -> Form:
    """A decision is corrected: it begins with what it says."""
    return _step(Does.CORRECT, 1)


def _form_assess() -> Form:
    """The risk of an emergency change, afterwards."""
    return _step(Does.ASSESS, 2)


def _form_fold() -> Form:
    """What a decision taught becomes a draft."""
    return _step(Does.FOLD, 2)


def _form_follow_up() -> Form:
    """Something to be done afterwards."""
    return _step(Does.FOLLOW_UP)


def _form_hand_over() -> Form:
    """Somebody else takes command."""
    return _step(Does.HAND_OVER)


def _form_close() -> Form:
    """It is over."""
    return _step(Does.CLOSE)


EXAMPLES_OF_INCIDENTS: Mapping[str, Callable[[], Said]] = MappingProxyType(
    {
        "incident_bridge": _bridge,
        "incident_bridge_new": _bridge_new,
        "incident_bridge_long": _bridge_long,
        "incident_bridge_closed": _bridge_closed,
        "incident_bridge_hostile": _bridge_hostile,
        "incident_told": _told,
        "incident_told_closed": _told_closed,
        "incident_decision": _decision,
        "incident_decision_corrected": _decision_corrected,
        "incident_decision_corrected_twice": _decision_corrected_twice,
        "incident_decision_assessed": _decision_assessed,
        "shown_incident": _shown,
        "incident_timeline": _timeline,
        "incident_timeline_json": _timeline_json,
        "incident_opened": _opened,
        "incident_taken": _taken,
        "incident_taken_command": _taken_command,
        "incident_form": _form,
        "incident_step_form": _form_decide,
        "incident_step_form_correct": _form_correct,
        "incident_step_form_assess": _form_assess,
        "incident_step_form_fold": _form_fold,
        "incident_step_form_follow_up": _form_follow_up,
        "incident_step_form_hand_over": _form_hand_over,
        "incident_step_form_close": _form_close,
    }
)
