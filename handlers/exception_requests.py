"""Exception requests as their askers see them: the form, what is sent with it, one request, the register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.cards import catalog, exception_forms, exceptions
from bot.cards.model import Card, Choice, Choices, Form, Reply
from bot.domain import exception_forms as forms
from bot.domain import exception_submissions as submissions
from bot.domain.exception_commands import (
    ListExceptions,
    OpenExceptionForm,
    Origin,
    RequestException,
    ShowException,
    Suggest,
)
from bot.domain.exception_forms import FieldFault, Target, Terms, Wish
from bot.domain.exception_requests import ExceptionRequest
from bot.domain.exception_steps import refused
from bot.domain.governance import Seat
from bot.domain.people import Person, Standing
from bot.domain.rights import Voter
from bot.errors import FaultyFields, MembersRequest, NotEntitled, RequestOver, UnknownId
from handlers.desk import Desk
from handlers.exception_telling import done, review_facts
from handlers.voters import voter
from knowledge import library
from knowledge.documents import Clause, Document, Kind

CLAUSES = "clauses"  # what the form's first field searches
PAGE = 10  # requests of the register on one card
SUGGESTED = 25
LABEL = 75
LONGEST_SEEN = 500  # characters
SOON = 30  # days within which a waiver counts as expiring
SHOWN = "These are the risk and the seats that follow from your answers. Send it again if you want it so."
DRAFT = "Filled in as you left it."


def form(command: OpenExceptionForm, desk: Desk) -> Form:
    """The form, with what is known already: the clause, what a renewal or a further round begins with, what was left of an
    earlier try. Raises `MembersRequest`, `UnknownId`, `RequestOver`, `NoDecisionRights`."""
    by, origin = command.by, command.origin
    if by.standing is not Standing.MEMBER:
        raise MembersRequest
    if command.values:
        return _drawn(_wish(command.values, origin, desk), origin, desk)
    kept = desk.transaction.drafts.find(by, _draft(origin))
    wish = _begun(command, desk)
    if kept and (not wish.target or wish.target.id == kept.get("target") or origin.renews or origin.resubmits):
        return _drawn(_wish(kept, origin, desk), origin, desk, note=DRAFT)
    return _drawn(wish, origin, desk)


def request(command: RequestException, desk: Desk) -> Reply:
    """Sends a request, a renewal, or a request again with other content. What is wrong stands beside its field, and nothing that
    was typed is lost. Whoever has not seen yet which risk it has sees that first.

    Raises what `exception_submissions.submit` and `resubmit` raise.
    """
    by, origin, unit = command.by, command.origin, desk.transaction
    if by.standing is not Standing.MEMBER:
        raise MembersRequest
    wish = forms.tidied(_wish(command.values, origin, desk))
    before = unit.exceptions.get(origin.resubmits, lock=True) if origin.resubmits else None
    if origin.resubmits and before is None:
        raise UnknownId(id=origin.resubmits, nearest="")
    who = voter(by, desk)
    now, governance = unit.now, desk.governance
    try:
        if before:
            step = submissions.resubmit(before, wish, who, now, governance, digest=origin.digest or None)
        else:
            renews = unit.exceptions.get(origin.renews, lock=True) if origin.renews else None
            step = submissions.submit(_PLACEHOLDER, wish, who, now, governance, renews=renews)
    except FaultyFields as faulty:
        unit.drafts.save(by, _draft(origin), command.values)
        return _drawn(wish, origin, desk, faults=faulty.facts["fields"])  # type: ignore[arg-type]  # a tuple of them
    except NotEntitled as refusal:
        if before:
            unit.exceptions.note(before.id, unit.audit.add(refused(before, "Send again", by, refusal)))
        return catalog.refusal(refusal.sentence)
    if origin.seen != _seen(step.request.terms):
        unit.drafts.save(by, _draft(origin), command.values)
        return _drawn(wish, origin, desk, note=SHOWN)
    if before is None:
        step = submissions.submit(unit.exceptions.next_id(), wish, who, now, governance, renews=renews)
    unit.drafts.drop(by, _draft(origin))
    return exceptions.sent(done(before, step, desk), governance.calendar.zone)


def show(command: ShowException, desk: Desk) -> Card:
    """A request and its waiver; with `receipt` who decided it by which rule, and the proof. Raises `UnknownId`."""
    unit = desk.transaction
    found = unit.exceptions.get(command.id) if command.by.standing is Standing.MEMBER else None
    if found is None:
        raise UnknownId(id=command.id, nearest="")
    zone = desk.governance.calendar.zone
    if command.receipt:
        return exceptions.receipt(found, unit.exceptions.entries(found.id), zone)
    who = voter(command.by, desk)
    is_asker = who.as_person.same_human_as(found.asked_by)
    return exceptions.shown(
        found,
        zone,
        told=review_facts(found, desk) if found.ballot else None,
        is_asker=is_asker,
        may_decide=not is_asker and _holds(who, found.seats),
        may_revoke=not is_asker and _holds(who, found.overseers),
    )


def register(command: ListExceptions, desk: Desk) -> Card:
    """A page of the register. Raises `MembersRequest` for guests."""
    by, unit = command.by, desk.transaction
    if by.standing is not Standing.MEMBER:
        raise MembersRequest
    filter_ = command.filter.lower() if not command.filter.lower().startswith("service:") else command.filter
    today = desk.governance.calendar.today(unit.now)
    found, total = unit.exceptions.listed(
        now=unit.now,
        asker=Person(unit.people.person_of(by), str(by), by.name, by.email) if filter_ == "mine" else None,
        pending=filter_ == "pending",
        expiring_before=date.fromordinal(today.toordinal() + SOON) if filter_ == "expiring" else None,
        service=filter_.partition(":")[2].strip().strip('"') if filter_.startswith(("service:", "Service:")) else "",
        skip=command.skip,
        count=PAGE,
    )
    word = desk.command_word if by.platform == "slack" else ""
    return exceptions.register(found, total, filter_, command.skip, word, today=today)


def suggest(command: Suggest, desk: Desk) -> Choices:
    """Clauses and standards for what is typed: those that are called so, then those that say so."""
    if command.by.standing is not Standing.MEMBER or command.what != CLAUSES:
        return Choices(())
    text = command.text.strip()
    found: dict[str, Choice] = {}
    for document, clause in (*_called(text, desk.library), *_saying(text, desk.library)):
        choice = _choice(document, clause)
        found.setdefault(choice.value, choice)
        if len(found) == SUGGESTED:
            break
    return Choices(tuple(found.values()))


def _holds(who: Voter, seats: Sequence[Seat]) -> bool:
    """Whether somebody holds a role of the seats, as far as buttons are concerned."""
    return not who.roles.isdisjoint(seat.role for seat in seats)


_PLACEHOLDER = "EX-0"  # of a request that is looked at and not kept


def _begun(command: OpenExceptionForm, desk: Desk) -> Wish:
    origin = command.origin
    if origin.renews or origin.resubmits:
        old = desk.transaction.exceptions.get(origin.renews or origin.resubmits)
        if old is None:
            raise UnknownId(id=origin.renews or origin.resubmits, nearest="")
        if origin.renews:
            return submissions.renewal_of(old)
        if old.ballot is None and old.stage is not old.stage.CHANGES_ASKED:
            raise RequestOver(id=old.id, status=old.status, since="")
        return old.wish
    target = target_of(command.target, desk.library) if command.target else None
    return Wish(target, None, reason=command.text[: forms.LONGEST_TEXT])


def _wish(fields: Mapping[str, str], origin: Origin, desk: Desk) -> Wish:
    """The wish that is filled in. What a granted emergency keeps is not in its form, and taken from it."""
    old = _earlier(origin, desk)
    if origin.resubmits and old and old.waiver:
        was = old.wish
        kept = {"service": was.service, "environment": was.environment, "until": str(was.until or ""),
                "emergency": "yes" if was.emergency else "", "target": was.target.id if was.target else ""}  # fmt: skip
        fields = kept | dict(fields)
    named = fields.get("target", "")
    target = target_of(named, desk.library) if named else None
    if target is None and old and old.wish.target and old.wish.target.id == named:
        target = old.wish.target  # it is not in the library any more
    asked = {f"risk:{name}" for name in desk.governance.risk.questions}
    known = {name: text for name, text in fields.items() if not name.startswith("risk:") or name in asked}
    return forms.filled_in(known, target, origin.renews)


def _earlier(origin: Origin, desk: Desk) -> ExceptionRequest | None:
    id_ = origin.renews or origin.resubmits
    return desk.transaction.exceptions.get(id_) if id_ else None


def _drawn(wish: Wish, origin: Origin, desk: Desk, *, faults: tuple[FieldFault, ...] = (), note: str = "") -> Form:
    """The form as it is filled in, with the risk and the seats that follow from it. Raises `NoDecisionRights`."""
    terms = forms.terms(wish, desk.governance)
    today = desk.governance.calendar.today(desk.now())
    old = _earlier(origin, desk) if origin.resubmits else None
    locked = submissions.LOCKED if old and old.waiver else ()
    shown = replace(origin, seen=_seen(terms))
    return exception_forms.request_form(
        wish, terms, desk.governance, today, shown, faults=faults, note=note, locked=locked
    )


def _seen(terms: Terms) -> str:
    """The risk and the seats, as a form remembers that it has shown them."""
    seats = ",".join(f"{seat.role}:{seat.people}" for seat in terms.seats)
    return f"{terms.level} {seats}{' emergency' if terms.emergency else ''}"[:LONGEST_SEEN]


def _draft(origin: Origin) -> str:
    return str(replace(origin, seen="", digest="")) or "new"


def target_of(id_: str, shelf: library.Library) -> Target | None:
    """The clause or standard under an id, as it is now; None when there is none, or more than one."""
    try:
        shown = shelf.show(id_)
    except LookupError:
        return None
    document, clause = shown.document, shown.clause
    if document.kind is not Kind.STANDARD and clause is None:
        return None
    return Target(
        id=clause.id if clause else document.id,
        document=document.path,
        standard=document.id,
        title=document.title,
        text=clause.text if clause else "",
        level=clause.level.value if clause else "",
        url=shown.citation.url or "",
        owner=document.owner or "",
        controls=document.controls,
        tags=document.tags,
        risk=document.exception_risk or "",
        seats=document.exception_seats,
    )


def _called(text: str, shelf: library.Library) -> list[tuple[Document, Clause | None]]:
    wanted = text.casefold()
    found: list[tuple[Document, Clause | None]] = []
    for document in shelf.contents.documents.values():
        if document.kind is not Kind.STANDARD or document.status.is_over:
            continue
        if document.id.casefold().startswith(wanted):
            found.append((document, None))
        if wanted:
            found += [(document, each) for each in document.clauses if each.id.casefold().startswith(wanted)]
        if len(found) > SUGGESTED:
            break
    return found


def _saying(text: str, shelf: library.Library) -> list[tuple[Document, Clause | None]]:
    found: list[tuple[Document, Clause | None]] = []
    if not text:
        return found
    words = set(text.casefold().split())
    for each in shelf.find(text, Kind.STANDARD.value, 5).found:
        near = sorted(each.passage.clauses, key=lambda clause: -len(words & set(clause.text.casefold().split())))
        found += [(each.document, clause) for clause in near[:5]]
        found.append((each.document, None))
    return found


def _choice(document: Document, clause: Clause | None) -> Choice:
    if clause is None:
        return Choice(f"{document.id} · all of {document.title}"[:LABEL], document.id)
    return Choice(f"{clause.id} · {clause.text}"[:LABEL], clause.id)
