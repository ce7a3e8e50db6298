"""The forms of exception requests: what is wished for, with its risk and seats shown before it is sent, and the words that a step
needs. Names of fields are those of `bot.domain.exception_forms` and `bot.domain.exception_decisions`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.cards.exception_words import capital, day, risk, roles, sentence
from bot.cards.model import Block, Button, Caution, Choice, Field, Form, Note, Quote, Strong, Text
from bot.cards.quoting import marked
from bot.cards.text import shortened
from bot.domain.exception_commands import About, Does, Origin
from bot.domain.exception_decisions import LONGEST_OWNER
from bot.domain.exception_forms import (
    ASKED_ONCE,
    LABELS,
    LONGEST_NAME,
    LONGEST_TEXT,
    FieldFault,
    Target,
    Terms,
    Wish,
    last_day,
)
from bot.domain.exception_requests import Ballot, ExceptionRequest
from bot.domain.governance import EMERGENCY, Governance
from bot.domain.rights import in_words
from knowledge.documents import Level

CLAUSES = "clauses"  # what the field for the clause searches
CLAUSE = 300
ROWS = 3  # of conditions in the form
REQUEST, RENEW, CHANGE = "Request an exception", "Renew", "Change and send again"
YES_NO = (Choice("No", "no"), Choice("Yes", "yes"))

BUTTONS: Mapping[Does, str] = {
    Does.APPROVE: "Approve",
    Does.APPROVE_WITH_CONDITIONS: "Approve with conditions",
    Does.ASK_FOR_CHANGES: "Ask for changes",
    Does.DECLINE: "Decline",
    Does.KEEP: "Keep",
    Does.WITHDRAW: "Withdraw",
    Does.REVOKE: "Revoke",
    Does.REMEDY: "Remedied",
    Does.MEET: "Done",
}
TITLES: Mapping[Does, str] = {  # where the button's label is too long for one
    Does.APPROVE_WITH_CONDITIONS: "Approve",
    Does.ASK_FOR_CHANGES: "Changes to",
    Does.MEET: "Condition ·",
}
HINTS: Mapping[str, str] = {
    "service": "For example: checkout",
    "tier": "For example: 1",
    "environment": "For example: production",
    "reason": "Why it cannot be kept now",
    "compensating_controls": "What lowers the risk meanwhile",
    "remediation": "What will be done so that it is kept again",
    "links": "https:// addresses of the ticket or the design, one a line",
    "emergency_reason": "Why it cannot wait for a decision",
}


def request_form(
    wish: Wish,
    terms: Terms | None,
    governance: Governance,
    today: date,
    origin: Origin,
    *,
    faults: Sequence[FieldFault] = (),
    note: str = "",
    targets: tuple[Choice, ...] = (),
    locked: Collection[str] = (),
) -> Form:
    """The form for a request. `today` is the day in the calendar's zone; `note` a sentence of ours on top; `targets` what
    the clause can be chosen from besides the present one; `locked` are the fields of an emergency that was granted, which
    stay as they are: neither they nor the clause are shown."""
    hidden = {*locked, "target"} if locked else set()
    told = {fault.field: fault.sentence for fault in faults}
    fields = [
        replace(field, fault=told.pop(field.name, ""))
        for field in _fields(wish, terms, governance, today, targets)
        if field.name not in hidden
    ]
    blocks: list[Block] = [Text((note,))] if note else []
    blocks += [Caution((sentence_,)) for sentence_ in told.values()]
    blocks += _clause(wish.target)
    blocks += _decided(wish, terms, governance, today, granted=bool(locked))
    opener = _opener(wish, origin)
    return Form(
        name="exception_form",
        title=_title(origin),
        fields=tuple(fields),
        submit="Send",
        verb="exception_request",
        about=str(origin),
        blocks=tuple(blocks),
        redraw="exception_redraw",
        opener=opener,
    )


def step_form(
    request: ExceptionRequest, about: About, values: Mapping[str, str], *, faults: Sequence[FieldFault] = ()
) -> Form:
    """The form with the words that a step needs; `values` are what was typed already."""
    told = {fault.field: fault.sentence for fault in faults}
    fields = [
        replace(field, value=values.get(field.name, field.value), fault=told.pop(field.name, ""))
        for field in _step_fields(request, about)
    ]
    if "conditions" in told and fields:
        fields[0] = replace(fields[0], fault=fields[0].fault or told.pop("conditions"))
    blocks: list[Block] = [Caution((sentence_,)) for sentence_ in told.values()]
    blocks += _step_blocks(request, about)
    label = BUTTONS[about.does]
    return Form(
        name="exception_step_form",
        title=f"{TITLES.get(about.does, label)} {request.id}",
        fields=tuple(fields),
        submit=label,
        verb="exception_step",
        about=str(about),
        blocks=tuple(blocks),
        opener=Button(label, "exception_step_form", str(about), primary=True, form=True),
    )


def wants_acceptance(request: ExceptionRequest) -> bool:
    """Whether an approval on the ballot that is open has to be typed."""
    return request.terms.rule.formal_acceptance and request.ballot is not Ballot.EMERGENCY


def _title(origin: Origin) -> str:
    if origin.renews:
        return f"{RENEW} {origin.renews}"
    return f"Change {origin.resubmits}" if origin.resubmits else REQUEST


def _opener(wish: Wish, origin: Origin) -> Button:
    if origin.renews or origin.resubmits:
        label = RENEW if origin.renews else CHANGE
        return Button(label, "exception_origin_form", str(replace(origin, seen="")), primary=True, form=True)
    if wish.target is None and wish.reason:
        return Button(REQUEST, "exception_text_form", wish.reason, primary=True, form=True)
    return Button(REQUEST, "exception_form", wish.target.id if wish.target else "", primary=True, form=True)


def _fields(
    wish: Wish, terms: Terms | None, governance: Governance, today: date, targets: tuple[Choice, ...]
) -> Iterator[Field]:
    """All fields, in their order."""
    rule = (terms.emergency or terms.rule) if terms else None
    required = {*(rule.requires if rule else ()), *(["emergency_reason"] if wish.emergency else [])}
    yield _target(wish, targets)
    for name in ("service", "environment", "tier"):
        yield _name(name, wish, governance, required)
    for question, answers in governance.risk.questions.items():
        if question not in ASKED_ONCE:
            yield _question(f"risk:{question}", question, wish.answer(question), answers)
    last = last_day(today, rule.at_most) if rule else None
    yield Field(
        "until",
        LABELS["until"],
        str(wish.until or ""),
        day=True,
        help=f"At the latest {day(last)}." if last else "",
    )
    for name in ("reason", "compensating_controls", "remediation"):
        yield _text(name, wish, required)
    yield Field(
        "remedied_by",
        LABELS["remedied_by"],
        str(wish.remedied_by or ""),
        optional="remedied_by" not in required,
        day=True,
    )
    yield Field(
        "links",
        LABELS["links"],
        "\n".join(wish.links),
        HINTS["links"],
        lines=True,
        most=LONGEST_TEXT,
        optional="links" not in required,
    )
    if rights := governance.decide.get(EMERGENCY):
        yield Field(
            "emergency",
            "Emergency",
            "yes" if wish.emergency else "no",
            choices=YES_NO,
            live=True,
            help=f"In force after one voice, for {rights.at_most} at most; a second look decides.",
        )
    if wish.emergency:
        yield _text("emergency_reason", wish, required)


def _target(wish: Wish, targets: tuple[Choice, ...]) -> Field:
    present = (_choice(wish.target),) if wish.target else ()
    others = tuple(each for each in targets if not wish.target or each.value != wish.target.id)
    return Field(
        "target",
        LABELS["target"],
        wish.target.id if wish.target else "",
        "Type an id or a few words",
        choices=(*present, *others),
        search=CLAUSES,
        live=True,
    )


def _choice(target: Target) -> Choice:
    words = target.text or target.title
    return Choice(shortened(f"{target.id} {words}", 75), target.id)


def _name(name: str, wish: Wish, governance: Governance, required: set[str]) -> Field:
    answers = governance.risk.questions.get(name) if name in ASKED_ONCE else None
    value = getattr(wish, name)
    if answers:
        return _question(name, LABELS[name], value, answers)
    return Field(name, LABELS[name], value, HINTS[name], most=LONGEST_NAME, optional=name not in required)


def _question(name: str, label: str, answer: str, answers: Mapping[str, int]) -> Field:
    choices = tuple(Choice(each, each) for each in answers)
    return Field(name, label, answer if answer in answers else "", "Choose one", choices=choices, live=True)


def _text(name: str, wish: Wish, required: set[str]) -> Field:
    optional = name not in required
    return Field(name, LABELS[name], getattr(wish, name), HINTS[name], lines=True, most=LONGEST_TEXT, optional=optional)


def _clause(target: Target | None) -> Iterator[Block]:
    if target and target.text:
        level = Level(target.level) if target.level in tuple(Level) else None
        yield Quote(
            marked(shortened(target.text, CLAUSE), level), (Strong(target.id), f" · {shortened(target.title, 120)}")
        )


def _decided(wish: Wish, terms: Terms | None, governance: Governance, today: date, *, granted: bool) -> Iterator[Block]:
    """Risk, who decides, within which time, and how long it may run; of an emergency that was `granted`, until when it does."""
    if terms is None:
        return
    open_ = [name for name, answers in governance.risk.questions.items() if wish.answer(name) not in answers]
    level, rule = terms.level, terms.rule
    so_far = " so far" if open_ else ""
    by = roles(terms.seats)
    if fast := terms.emergency:
        last = wish.until if granted and wish.until else last_day(today, fast.at_most)
        says = in_words([seat.role for seat in fast.seats])
        begins = "it is in force" if granted else f"in force as soon as {says} says so, for {fast.at_most} at most"
        look = f" within {fast.second_look}" if fast.second_look and not granted else ""
        yield Text((Strong("Emergency"), f": {begins}, until {day(last)}."))
        yield Text((f"A second look{look} decides as at ", Strong(f"{level} risk"), f"{so_far}: {by}."))
        yield Note(("Without a second look in time it is revoked.",))
    else:
        yield Text((Strong(f"{capital(level)} risk{so_far}"), f": decided by {by}, within {rule.within}."))
        yield Text((f"It may run for {rule.at_most} at most: until {day(last_day(today, rule.at_most))}.",))
    if terms.level != terms.by_points and wish.target:
        yield Note(
            (f"By the answers it would be {terms.by_points}: {wish.target.standard or wish.target.id} raises it.",)
        )
    if rule.formal_acceptance:
        yield Note(("At this risk, those who decide accept it formally, in a typed sentence.",))
    if open_:
        yield Note((f"Still to be answered: {', '.join(open_)}.",))


def _step_fields(request: ExceptionRequest, about: About) -> Iterator[Field]:
    match about.does:
        case Does.APPROVE_WITH_CONDITIONS:
            yield from _conditions(request)
            if wants_acceptance(request):
                yield _acceptance(request)
        case Does.APPROVE if wants_acceptance(request):
            yield _acceptance(request)
        case Does.DECLINE | Does.REVOKE:
            yield _words("Reason", f"Why it is {'declined' if about.does is Does.DECLINE else 'revoked'}")
        case Does.ASK_FOR_CHANGES:
            yield _words("What should be changed", "What is missing, or should be otherwise")
        case Does.REMEDY | Does.MEET:
            done = "it is remedied" if about.does is Does.REMEDY else "the condition is met"
            yield Field(
                "evidence",
                "Evidence",
                "",
                f"What shows that {done}: a link, a change, a test",
                lines=True,
                most=LONGEST_TEXT,
            )
        case _:
            yield _words("Reason", "For those who read it later", optional=True)


def _words(label: str, hint: str, *, optional: bool = False) -> Field:
    return Field("words", label, "", hint, lines=True, most=LONGEST_TEXT, optional=optional)


def _acceptance(request: ExceptionRequest) -> Field:
    return Field(
        "acceptance",
        "Formal acceptance",
        "",
        "For example: I accept this risk for my organisation until then",
        lines=True,
        most=LONGEST_TEXT,
        help=f"{risk(request)} is accepted in a sentence that you type; it is kept with your name.",
    )


def _conditions(request: ExceptionRequest) -> Iterator[Field]:
    asker, last = request.asked_by.email, request.wish.until
    ends = f"At the latest {day(last)}, when the exception ends." if last else ""
    for number in range(1, ROWS + 1):
        place, first = f"condition:{number}", number == 1
        yield Field(
            f"{place}:text",
            f"Condition {number}",
            "",
            "What has to be done",
            lines=True,
            most=LONGEST_TEXT,
            optional=not first,
        )
        yield Field(
            f"{place}:owner",
            f"Owner of condition {number}",
            asker if first else "",
            "An e-mail address",
            most=LONGEST_OWNER,
            optional=not first,
        )
        by_when, help_ = f"Due day of condition {number}", ends if first else ""
        yield Field(f"{place}:due", by_when, day=True, optional=not first, help=help_)


def _step_blocks(request: ExceptionRequest, about: About) -> Iterator[Block]:
    yield Text((*sentence(request), " ", Strong(f"{risk(request)}.")))
    waiver = request.waiver
    if about.does is Does.MEET and waiver:
        for each in waiver.conditions:
            if each.number == about.number:
                yield Quote((shortened(each.text, CLAUSE),), (f"Condition {each.number}, due {day(each.due)}",))
    elif about.does in (Does.REMEDY, Does.REVOKE):
        yield Note(("It ends the exception now: from then on the clause has to be kept.",))
    elif about.does is Does.WITHDRAW:
        yield Note(("Those who were asked are told. It can be asked for anew at any time.",))
    elif about.does is Does.ASK_FOR_CHANGES:
        yield Note(("The clock stops until it is sent again.",))
