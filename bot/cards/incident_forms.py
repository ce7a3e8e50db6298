"""The forms of incidents: what is wrong, and the words that a step needs. Names of fields are those of `bot.domain.incident_steps` and
`handlers.incident_steps`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.cards.exception_words import capital
from bot.cards.incident_words import KINDS, STATEMENT, line
from bot.cards.model import Block, Button, Caution, Choice, Field, Form, Quote, Strong
from bot.domain.exception_forms import LONGEST_NAME, LONGEST_TEXT, FieldFault
from bot.domain.governance import Governance
from bot.domain.incident_commands import About, Does
from bot.domain.incident_steps import LONGEST_TITLE, MOST_WAIVED
from bot.domain.incidents import Decision, Incident
from bot.domain.obligation_steps import LONGEST_OWNER

CLAUSES = "clauses"  # what a field for a clause searches
OPEN = "Open an incident"
BUTTONS: Mapping[Does, str] = {
    Does.DECIDE: "Record decision",
    Does.CORRECT: "Correct",
    Does.ASSESS: "Assess the risk",
    Does.FOLD: "Fold into standards",
    Does.FOLLOW_UP: "Add a follow-up",
    Does.HAND_OVER: "Hand over",
    Does.CLOSE: "Close",
}
TITLES: Mapping[Does, str] = {
    Does.DECIDE: "Decision ·",
    Does.ASSESS: "Risk ·",
    Does.FOLD: "Into standards",
    Does.FOLLOW_UP: "Follow-up ·",
}
SEVERITIES = tuple(Choice(f"SEV-{number}", f"SEV-{number}") for number in range(1, 5))
WHO = "An e-mail address or @somebody"
YOU = "You, unless you name somebody."
LONGEST_LINE = 120


def incident_form(values: Mapping[str, str], *, faults: Sequence[FieldFault] = ()) -> Form:
    """The form with which an incident is opened; `values` are what was typed already."""
    fields = (
        Field("severity", "Severity", choices=SEVERITIES),
        Field("title", "Title", hint="For example: Checkout is down", most=LONGEST_TITLE),
        Field("service", "Service", hint="For example: checkout", most=LONGEST_NAME, optional=True),
        Field("commander", "Commander", hint=WHO, most=LONGEST_OWNER, optional=True, help=YOU),
    )
    filled, rest = _filled(fields, values, faults)
    opener = Button(OPEN, "incident_form", primary=True, form=True)
    return Form("incident_form", OPEN, filled, "Open", "incident_open", blocks=rest, opener=opener)


def step_form(
    incident: Incident,
    about: About,
    values: Mapping[str, str],
    governance: Governance,
    *,
    faults: Sequence[FieldFault] = (),
) -> Form:
    """The form with the words that a step needs; `values` are what was typed already."""
    decision = incident.decision(about.number)
    filled, rest = _filled(_fields(about, decision, governance), values, faults)
    blocks: list[Block] = [*rest]
    if decision and about.does is not Does.CORRECT:
        blocks.append(Quote((line(decision.statement, STATEMENT),), (Strong(f"Decision {decision.number}"),)))
    label = BUTTONS[about.does]
    return Form(
        name="incident_step_form",
        title=f"{TITLES.get(about.does, label)} {incident.id}"[:24],
        fields=filled,
        submit=label,
        verb="incident_step",
        about=str(about),
        blocks=tuple(blocks),
        opener=Button(label, "incident_step_form", str(about), primary=True, form=True),
    )


def _filled(
    fields: Sequence[Field], values: Mapping[str, str], faults: Sequence[FieldFault]
) -> tuple[tuple[Field, ...], tuple[Block, ...]]:
    """The fields with their values and what is wrong with them, and what is wrong besides."""
    told = {fault.field: fault.sentence for fault in faults}
    filled = tuple(
        replace(field, value=values.get(field.name, field.value), fault=told.pop(field.name, "")) for field in fields
    )
    return filled, tuple(Caution((sentence,)) for sentence in told.values())


def _fields(about: About, decision: Decision | None, governance: Governance) -> Sequence[Field]:
    match about.does:
        case Does.DECIDE:
            return (
                *_wording(None, governance),
                Field("options", "Options considered", most=LONGEST_TEXT, lines=True, optional=True),
                Field("decided_by", "Decided by", hint=WHO, most=LONGEST_OWNER, optional=True, help=YOU),
                Field(
                    "waives",
                    "Clauses set aside",
                    hint="For example: STD-003.1, STD-004.2",
                    lines=True,
                    most=MOST_WAIVED * (LONGEST_NAME + 2),
                    optional=True,
                    help="Ids, one a line or with commas. An emergency exception is asked for, with its second look.",
                ),
            )
        case Does.CORRECT:
            return _wording(decision, governance)
        case Does.ASSESS:
            return (
                *(
                    Field(f"risk:{name}", capital(name), choices=tuple(Choice(each, each) for each in answers))
                    for name, answers in governance.risk.questions.items()
                ),
                Field("mitigations", "What lowers the risk", most=LONGEST_TEXT, lines=True),
            )
        case Does.FOLD:
            statement = line(decision.statement, LONGEST_LINE) if decision else ""
            return (
                Field(
                    "as",
                    "As",
                    value="adr",
                    choices=(Choice("A new ADR", "adr"), Choice("A change of a standard", "standard")),
                ),
                Field("title", "Title", value=statement, most=LONGEST_LINE),
                Field("lesson", "What is to be done from now on", most=LONGEST_TEXT, lines=True),
                Field(
                    "target", "Clause or standard", optional=True, search=CLAUSES, help="For a change of a standard."
                ),
            )
        case Does.FOLLOW_UP:
            return (
                Field("what", "What is to be done", most=1_000, lines=True),
                Field("owner", "Owner", hint=WHO, most=LONGEST_OWNER),
                Field("due", "Until", day=True),
            )
        case Does.HAND_OVER:
            return (Field("to", "To", hint=WHO, most=LONGEST_OWNER),)
        case Does.CLOSE:
            return (Field("summary", "What happened", most=LONGEST_TEXT, lines=True, optional=True),)


def _wording(decision: Decision | None, governance: Governance) -> tuple[Field, ...]:
    kinds = tuple(Choice(label, kind.value) for kind, label in KINDS.items())
    levels = tuple(Choice(capital(level), level) for level in governance.risk.levels)
    now = decision
    return (
        Field("kind", "Kind", value=now.kind.value if now else "", choices=kinds),
        Field("statement", "What is decided", value=now.statement if now else "", most=LONGEST_TEXT, lines=True),
        Field("rationale", "Why", value=now.rationale if now else "", most=LONGEST_TEXT, lines=True, optional=True),
        *((Field("risk", "Risk", value=now.risk if now else "", choices=levels, optional=True),) if levels else ()),
    )
