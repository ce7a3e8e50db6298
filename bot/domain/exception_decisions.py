"""What the seats say to an exception request, until it is decided.

A command takes the request as it is and gives a `Step`, or raises a refusal; nothing else happens. So of two clicks at once
the first to be committed counts, and the other one is refused on the state that it then finds.

A voice counts on the ballot that its button was shown for (`digest`). One person has one voice; it can be made stricter as long
as the ballot is open, never laxer: approve, approve with conditions, ask for changes or decline.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

from bot.domain import exception_forms as forms
from bot.domain.exception_deadlines import reminder, restarted, warnings
from bot.domain.exception_forms import FieldFault
from bot.domain.exception_requests import (
    Ballot,
    Choice,
    Condition,
    Demand,
    ExceptionRequest,
    Stage,
    State,
    Voice,
    Waiver,
    ended,
)
from bot.domain.exception_steps import Happened, Step, stepped
from bot.domain.governance import Governance, Seat
from bot.domain.rights import Right, Voter, could_speak, entitled, in_words, known, may_decide
from bot.domain.seats import places, seated, unfilled
from bot.errors import (
    AlreadySpoken,
    ChangesAwaited,
    OlderRevision,
    RequestOver,
    UntilPassed,
)

LONGEST_OWNER, MOST_CONDITIONS = 254, 10
STRICTNESS = MappingProxyType(
    {
        Choice.KEEP: 0,
        Choice.APPROVE: 0,
        Choice.APPROVE_WITH_CONDITIONS: 1,
        Choice.ASK_FOR_CHANGES: 2,
        Choice.DECLINE: 2,
    }
)


def decide(
    request: ExceptionRequest,
    voter: Voter,
    choice: Choice,
    now: datetime,
    governance: Governance,
    *,
    digest: str,
    words: str = "",
    demands: Sequence[Demand] = (),
    acceptance: str = "",
) -> Step:
    """A voice. `digest` is that of the request as the button was shown with it; `words` is the reason, or what is to be
    changed; `demands` are the conditions; `acceptance` the sentence that high risk wants typed.

    Raises what `rights.may_decide` raises, `RequestOver`, `ChangesAwaited`, `OlderRevision`, `AlreadySpoken`, `UntilPassed`
    and `FaultyFields` (fields: words, acceptance, conditions, "condition:1:text", "condition:1:owner", "condition:1:due").
    """
    known(voter, request.id)
    check_undecided(request, now)
    if choice is Choice.KEEP:  # said of a waiver, never of a request
        raise OlderRevision(id=request.id)
    if request.stage is Stage.CHANGES_ASKED:
        raise ChangesAwaited(id=request.id, name=request.asked_by)
    right, rest = may_speak(request, voter, choice, now, digest)
    approves = choice in (Choice.APPROVE, Choice.APPROVE_WITH_CONDITIONS)
    until = request.wish.until
    if approves and not request.waiver and until and until < governance.calendar.today(now):
        raise UntilPassed(id=request.id, until=until)
    demands = tuple(replace(each, text=each.text.strip(), owner=each.owner.strip()) for each in demands)
    voice = Voice(right, choice, now, request.digest, words.strip(), demands, acceptance.strip())
    forms.refuse(_faults(request, voice, governance))
    after = replace(request, voices=(*rest, voice))
    told = {
        "words": voice.words,
        "acceptance": voice.acceptance,
        "conditions": "\n".join(each.text for each in demands),
    }
    if choice is Choice.DECLINE:
        return stepped(request, _declined(after, voice), Happened.DECLINED, voter.account, told)
    if choice is Choice.ASK_FOR_CHANGES:
        after = replace(after, stage=Stage.CHANGES_ASKED, clock=None)
        return stepped(request, after, Happened.CHANGES_ASKED, voter.account, told)
    if request.ballot is not Ballot.EMERGENCY and open_seats(after):
        return stepped(request, after, Happened.SPOKEN, voter.account, told)
    happened = {Ballot.EMERGENCY: Happened.GRANTED, Ballot.SECOND_LOOK: Happened.CONFIRMED}
    what = happened.get(request.ballot or Ballot.REQUEST, Happened.APPROVED)
    return stepped(request, _approved(after, now, governance), what, voter.account, told)


def may_speak(
    request: ExceptionRequest, voter: Voter, choice: Choice, now: datetime, digest: str
) -> tuple[Right, tuple[Voice, ...]]:
    """The right with which somebody speaks on the ballot that is open, and the voices that stay beside theirs.

    Raises what `rights.may_decide` raises, `OlderRevision` and `AlreadySpoken`.
    """
    them = voter.as_person
    own = next((voice for voice in request.voices if voice.right.by.same_human_as(them)), None)
    if own is None:
        entitled(voter, request.asked_by, request.seats, now=now, id_=request.id)
    if digest != request.digest:
        raise OlderRevision(id=request.id)
    if own and STRICTNESS[choice] <= STRICTNESS[own.choice]:
        raise AlreadySpoken(id=request.id, choice=own.choice)
    spoken = [voice.right for voice in request.voices]
    right = may_decide(voter, request.asked_by, request.seats, spoken, now=now, id_=request.id)
    return right, tuple(voice for voice in request.voices if voice is not own)


def seating(request: ExceptionRequest, governance: Governance | None = None) -> tuple[tuple[str, Voice | None], ...]:
    """The places of the ballot and who sits there: a role and a voice, or None. With `governance` those places stay open that
    the most others can fill, as far as it tells who they are."""
    spoken = [voice.right for voice in request.voices]
    others: tuple[Collection[str], ...] = ()
    if governance:
        gone = [request.asked_by, *(right.by for right in spoken)]
        gone += [right.speaks_for for right in spoken if right.speaks_for]
        others = could_speak(governance, request.seats, gone)
    taken = seated(request.seats, [right.roles for right in spoken], others) or ()
    who = dict(zip(taken, request.voices, strict=False))
    return tuple((role, who.get(place)) for place, role in enumerate(places(request.seats)))


def open_seats(request: ExceptionRequest, governance: Governance | None = None) -> tuple[Seat, ...]:
    """The seats that a voice is still wanted for."""
    filled = [place for place, (_, voice) in enumerate(seating(request, governance)) if voice]
    return unfilled(request.seats, filled)


def check_undecided(request: ExceptionRequest, now: datetime) -> None:
    """Raises `RequestOver` for one that is decided or over; also when a deadline has passed whose timer has not come round."""
    if request.stage not in (Stage.SUBMITTED, Stage.CHANGES_ASKED):
        names = [str(person) for person in request.decided_by]
        raise RequestOver(id=request.id, status=request.stage, since=f", by {in_words(names)}" if names else "")
    clock, waiver = request.clock, request.waiver
    if (clock and clock.lapse and now >= clock.lapse) or (waiver and waiver.look_by and now >= waiver.look_by):
        raise RequestOver(id=request.id, status=Stage.LAPSED, since="")


def _faults(request: ExceptionRequest, voice: Voice, governance: Governance) -> list[FieldFault]:
    """What is wrong with the form of a voice."""
    choice, words, demands, acceptance = voice.choice, voice.words, voice.demands, voice.acceptance
    wanted = {Choice.DECLINE: "Say why it is declined.", Choice.ASK_FOR_CHANGES: "Say what should be changed."}
    told = forms.text_fault("words", words, forms.LONGEST_TEXT, required=wanted.get(choice, ""))
    formal = request.terms.rule.formal_acceptance and request.ballot is not Ballot.EMERGENCY
    if formal and choice in (Choice.APPROVE, Choice.APPROVE_WITH_CONDITIONS):
        sentence = "This risk is accepted formally: type the sentence of acceptance."
        told += forms.text_fault("acceptance", acceptance, forms.LONGEST_TEXT, required=sentence)
    if choice is Choice.APPROVE_WITH_CONDITIONS and not demands:
        told.append(FieldFault("conditions", "Give at least one condition, or approve without."))
    elif demands and choice is not Choice.APPROVE_WITH_CONDITIONS:
        told.append(FieldFault("conditions", "Conditions belong to an approval with conditions."))
    elif len(demands) > MOST_CONDITIONS:
        told.append(FieldFault("conditions", f"These are {len(demands)} conditions; give {MOST_CONDITIONS} at most."))
    else:
        waiver = request.waiver
        until = (
            request.wish.until if waiver is None or waiver.in_force(voice.at) else None
        )  # None: whatever remains to do
        for number, demand in enumerate(demands, start=1):
            told += _faults_of(demand, f"condition:{number}", governance.calendar.today(voice.at), until)
    return told


def _faults_of(demand: Demand, place: str, today: date, until: date | None) -> list[FieldFault]:
    told = forms.text_fault(f"{place}:text", demand.text, forms.LONGEST_TEXT, required="Say what has to be done.")
    told += forms.text_fault(f"{place}:owner", demand.owner, LONGEST_OWNER, required="Say who sees to it.")
    if demand.due < today:
        told.append(FieldFault(f"{place}:due", f"{demand.due} is past: give today or a later day."))
    elif until and demand.due > until:
        told.append(FieldFault(f"{place}:due", f"The exception ends on {until}: give that day or an earlier one."))
    return told


def _declined(request: ExceptionRequest, voice: Voice) -> ExceptionRequest:
    waiver = request.waiver
    if waiver and waiver.in_force(voice.at):
        request = ended(request, State.REVOKED, voice.at, voice.right.by, voice.words)
    return replace(request, stage=Stage.DECLINED, clock=None, ended_at=voice.at)


def _approved(request: ExceptionRequest, now: datetime, governance: Governance) -> ExceptionRequest:
    """All voices that were wanted are there: a waiver begins, or the one of an emergency is confirmed or granted."""
    calendar, waiver = governance.calendar, request.waiver
    stands = waiver.conditions if waiver else ()
    demands = [(demand, voice.right.by) for voice in request.voices for demand in voice.demands]
    added = tuple(
        Condition(
            number,
            demand.text,
            demand.owner,
            demand.due,
            calendar.end_of_day(demand.due),
            by,
            reminder(now, demand.due, calendar),
        )
        for number, (demand, by) in enumerate(demands, start=len(stands) + 1)
    )
    if waiver is None:
        until = request.wish.until or calendar.today(now)
        ends = calendar.end_of_day(until)
        soon = warnings(now, ends, request.terms, calendar)
        waiver = Waiver(now, until, ends, request.voices, added, soon)
        if request.ballot is Ballot.EMERGENCY and request.terms.emergency:
            look = request.terms.emergency.second_look
            look_by = calendar.add(now, look) if look else ends
            granted = replace(
                request, waiver=replace(waiver, look_by=look_by), round=request.round + 1, voices=(), escalated=False
            )
            return restarted(granted, now, calendar)
    else:
        kept = tuple(replace(each, kept_at=now) if each.is_asked_about else each for each in stands)
        waiver = replace(waiver, granted=(*waiver.granted, *request.voices), conditions=(*kept, *added), looked_at=now)
    stage = Stage.APPROVED_WITH_CONDITIONS if waiver.conditions else Stage.APPROVED
    return replace(request, stage=stage, clock=None, ended_at=now, waiver=waiver)
