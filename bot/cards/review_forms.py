"""The forms of reviews: what is to be reviewed, with what the decision matrix says so far, and the words that a step needs. Names of
fields are those of `bot.domain.review_forms` and `bot.domain.review_decisions`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.cards.exception_words import ID, quote, roles
from bot.cards.model import Block, Button, Caution, Choice, Field, Form, Note, Quote, Strong, Text, inlines
from bot.cards.review_words import KINDS, named_title, outcome_of, sentence
from bot.cards.text import shortened
from bot.domain.exception_forms import LONGEST_NAME, LONGEST_TEXT, FieldFault, Target
from bot.domain.governance import Governance
from bot.domain.obligation_steps import LONGEST_OWNER
from bot.domain.review_commands import About, Does
from bot.domain.review_forms import CHOSEN, LABELS, LONGEST_TAGS, LONGEST_TITLE, MATRIX
from bot.domain.reviews import Kind, Review, Terms, Wish

CLAUSES = "clauses"  # what the field for the clause searches
CLAUSE, CARRIED, CONCERN = 300, 1_000, 60
ROWS = 3  # of conditions in the form
REQUEST = "Request a review"
BUTTONS: Mapping[Does, str] = {
    Does.CLAIM: "Claim",
    Does.HAND_OVER: "Hand over",
    Does.CONFLICT: "Conflict of interest",
    Does.CONCERN: "Raise a concern",
    Does.RESOLVE: "Resolve",
    Does.APPROVE: "Approve",
    Does.APPROVE_WITH_CONDITIONS: "Approve with conditions",
    Does.REJECT: "Reject",
    Does.DEFER: "Defer",
    Does.WITHDRAW: "Withdraw",
    Does.RESUME: "Resume",
}
TITLES: Mapping[Does, str] = {  # where the button's label is too long for one
    Does.APPROVE_WITH_CONDITIONS: "Approve",
    Does.CONFLICT: "Conflict ·",
    Does.CONCERN: "Concern ·",
    Does.RESOLVE: "Resolve ·",
    Does.HAND_OVER: "Hand over",
}
HINTS: Mapping[str, str] = {
    "title": "For example: Orders on Kafka",
    "description": "What is to be built or changed, and why",
    "proposal": "How the clause is to read",
    "service": "For example: checkout",
    "tier": "For example: 1",
    "data": "For example: internal",
    "links": "https:// addresses of the design or the ticket, one a line",
    "tags": "For example: network, identity",
}


def review_form(
    wish: Wish,
    terms: Terms | None,
    governance: Governance,
    *,
    faults: Sequence[FieldFault] = (),
    note: str = "",
) -> Form:
    """The form for a review. `terms` are what the matrix says so far, None where it says nothing; `note` a sentence of ours on top."""
    told = {fault.field: fault.sentence for fault in faults}
    fields = [replace(field, fault=told.pop(field.name, "")) for field in _fields(wish, governance)]
    blocks: list[Block] = [Text((note,))] if note else []
    blocks += [Caution((sentence_,)) for sentence_ in told.values()]
    if wish.kind is Kind.STANDARD_CHANGE and wish.target and wish.target.text:
        title = f" · {shortened(wish.target.title, 120)}" if wish.target.title else None
        blocks.append(
            Quote((shortened(wish.target.text, CLAUSE),), inlines(Strong(shortened(wish.target.id, ID)), title))
        )
    blocks += _said(wish, terms, governance)
    about = wish.target.id if wish.target else ""
    is_text = not about and bool(wish.description)
    opener = Button(
        REQUEST,
        "review_text_form" if is_text else "review_form",
        shortened(wish.description, CARRIED) if is_text else shortened(about, CARRIED),
        primary=True,
        form=True,
    )
    return Form(
        name="design_review_form",
        title=REQUEST,
        fields=tuple(fields),
        submit="Send",
        verb="review_request",
        blocks=tuple(blocks),
        redraw="review_redraw",
        opener=opener,
    )


def step_form(review: Review, about: About, values: Mapping[str, str], *, faults: Sequence[FieldFault] = ()) -> Form:
    """The form with the words that a step needs; `values` are what was typed already."""
    told = {fault.field: fault.sentence for fault in faults}
    fields = [
        replace(field, value=values.get(field.name, field.value), fault=told.pop(field.name, ""))
        for field in _step_fields(review, about)
    ]
    blocks: list[Block] = [Caution((sentence_,)) for sentence_ in told.values()]
    blocks.append(Text((Strong(review.id), f" · {named_title(review)}")))
    blocks.append(Text(sentence(review)))
    if hint := _hint(about.does):
        blocks.append(Note((hint,)))
    label = BUTTONS[about.does]
    return Form(
        name="design_review_step_form",
        title=f"{TITLES.get(about.does, label)} {review.id}",
        fields=tuple(fields),
        submit=label,
        verb="review_step",
        about=str(about),
        blocks=tuple(blocks),
        opener=Button(label, "review_step_form", str(about), primary=True, form=True),
    )


def _fields(wish: Wish, governance: Governance) -> Iterator[Field]:
    """All fields, in their order."""
    kinds = tuple(Choice(label[:1].upper() + label[1:], kind) for kind, label in KINDS.items())
    yield Field("kind", LABELS["kind"], wish.kind, choices=kinds, live=True)
    if wish.kind is Kind.STANDARD_CHANGE:
        yield _target(wish.target)
        yield _text("proposal", wish.proposal)
    yield Field("title", LABELS["title"], wish.title, HINTS["title"], most=LONGEST_TITLE)
    yield _text("description", wish.description)
    for question, answers in governance.reviews.questions.items():
        yield _question(f"{MATRIX}{question}", question, wish.answers.get(question, ""), answers, live=True)
    yield Field("service", LABELS["service"], wish.service, HINTS["service"], most=LONGEST_NAME, optional=True)
    for name in CHOSEN:
        value = getattr(wish, name)
        if known := governance.risk.questions.get(name):
            yield replace(_question(name, LABELS[name], value, known), optional=True)
        else:
            yield Field(name, LABELS[name], value, HINTS[name], most=LONGEST_NAME, optional=True)
    areas = ", ".join(sorted(governance.reviews.areas))
    yield Field(
        "tags",
        LABELS["tags"],
        ", ".join(wish.tags),
        HINTS["tags"],
        most=LONGEST_TAGS,
        optional=True,
        help=shortened(f"Reviewers are known for {areas}.", 150) if areas else "",
    )
    yield Field("wished", LABELS["wished"], str(wish.wished or ""), day=True, optional=True)
    yield Field(
        "links", LABELS["links"], "\n".join(wish.links), HINTS["links"], lines=True, most=LONGEST_TEXT, optional=True
    )


def _target(target: Target | None) -> Field:
    present = (Choice(shortened(f"{target.id} {target.text or target.title}", 75), target.id),) if target else ()
    return Field(
        "target",
        LABELS["target"],
        target.id if target else "",
        "Type an id or a few words",
        choices=present,
        search=CLAUSES,
        live=True,
    )


def _text(name: str, value: str) -> Field:
    return Field(name, LABELS[name], value, HINTS[name], lines=True, most=LONGEST_TEXT)


def _question(name: str, label: str, answer: str, answers: Mapping[str, int], *, live: bool = False) -> Field:
    choices = tuple(Choice(each, each) for each in answers)
    return Field(name, label, answer if answer in answers else "", "Choose one", choices=choices, live=live)


def _said(wish: Wish, terms: Terms | None, governance: Governance) -> Iterator[Block]:
    """What the matrix says so far: whether anybody reviews it, who, within which time."""
    if terms is None:
        return
    questions = governance.reviews.questions
    left = [name for name, answers in questions.items() if wish.answers.get(name) not in answers]
    so_far = " so far" if left else ""
    if terms.is_needed:
        within = f", within {terms.within}" if terms.within else ""
        yield Text((Strong(f"{outcome_of(terms)}{so_far}"), f": by {roles(terms.seats)}{within}."))
        if terms.at:
            agenda = f"; its agenda is posted {terms.agenda} before" if terms.agenda else ""
            weekday = day_name(terms.weekday)
            yield Note((f"The board meets on {weekday} at {terms.at}{agenda}.",))
        elif terms.comment:
            yield Note((f"Concerns can be raised for {terms.comment}; it is decided afterwards.",))
    else:
        yield Text((Strong(f"{outcome_of(terms)}{so_far}"), ": send it, and it is on the record that none was needed."))
    if left:
        yield Note((f"Still to be answered: {', '.join(left)}.",))


def day_name(weekday: int) -> str:
    """The name of a day of the week; Monday is 0."""
    return f"{date(2024, 1, 1 + weekday % 7):%A}"


def _step_fields(review: Review, about: About) -> Iterator[Field]:
    match about.does:
        case Does.HAND_OVER:
            yield Field("to", "To", "", "An e-mail address", most=LONGEST_OWNER)
        case Does.CONFLICT:
            yield _words("reason", "Reason", "What the conflict is")
        case Does.CONCERN:
            yield _words("text", "Concern", "What has to be cleared up before it is decided")
        case Does.RESOLVE:
            open_ = review.open_concerns
            choices = tuple(
                Choice(f"{each.number}: {quote(each.text, CONCERN)}"[:75], str(each.number)) for each in open_
            )
            first = str(about.number or (open_[0].number if len(open_) == 1 else "")) if open_ else ""
            yield Field("concern", "Concern", first, "Choose one", choices=choices)
            yield _words("words", "Resolution", "How it was cleared up")
        case Does.APPROVE_WITH_CONDITIONS:
            yield _words("words", "Rationale", "Why it is approved")
            yield from _conditions(review)
        case Does.APPROVE | Does.REJECT:
            yield _words("words", "Rationale", f"Why it is {'approved' if about.does is Does.APPROVE else 'rejected'}")
        case Does.DEFER:
            yield Field("until", "Until", day=True, help="On this day it is asked anew.")
            yield _words("words", "Rationale", "What it waits for")
        case _:
            yield replace(_words("words", "Reason", "For those who read it later"), optional=True)


def _words(name: str, label: str, hint: str) -> Field:
    return Field(name, label, "", hint, lines=True, most=LONGEST_TEXT)


def _conditions(review: Review) -> Iterator[Field]:
    for number in range(1, ROWS + 1):
        place, first = f"condition:{number}", number == 1
        yield Field(
            f"{place}:what", f"Condition {number}", "", "What has to be done", lines=True, most=LONGEST_TEXT,
            optional=not first,
        )  # fmt: skip
        owner = review.asked_by.email if first else ""
        yield Field(
            f"{place}:owner", f"Owner of condition {number}", owner, "An e-mail address", most=LONGEST_OWNER,
            optional=not first,
        )  # fmt: skip
        yield Field(f"{place}:due", f"Due day of condition {number}", day=True, optional=not first)


def _hint(does: Does) -> str:
    match does:
        case Does.CONFLICT:
            return "Somebody else is asked in your place, and what you said so far does not count."
        case Does.CONCERN:
            return "It is not decided before this is resolved, by you or by another reviewer."
        case Does.REJECT:
            return "One rejection ends the review."
        case Does.DEFER:
            return "One deferral stops the clock; whoever asked, or a reviewer, resumes it."
        case Does.WITHDRAW:
            return "Those who were asked are told. It can be asked for anew at any time."
    return ""
