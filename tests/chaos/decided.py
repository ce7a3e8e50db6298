"""What has to hold of decisions after a run, judged from outside: by what was acknowledged, what the record, the stored requests and
the timers say, what the platforms show. Pure.

The rules are told here once more, as simply as they can be where each role has one seat and each person one role, and the
record is replayed by them: each entry has to be what they make of the state before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.exception_deadlines import timers
from bot.domain.exception_requests import read
from tests.chaos.decisions import (
    APPROVE,
    ASK,
    CHANGES,
    CONDITIONS,
    DECLINE,
    RESUBMIT,
    REVOKE,
    SEATS,
    WITHDRAW,
    Case,
    Decisions,
    Deed,
)
from tests.chaos.invariants import Verdict

STRICTNESS = {APPROVE: 0, CONDITIONS: 1, CHANGES: 2, DECLINE: 2}
CHOICES = {"Approve": APPROVE, "Approve with conditions": CONDITIONS, "Ask for changes": CHANGES, "Decline": DECLINE}
OTHERS = {"submitted": ASK, "resubmitted": RESUBMIT, "withdrawn": WITHDRAW, "revoked": REVOKE}
REFUSED, NOTHING = (
    "refused",
    "nothing",
)  # what comes of a deed that is not allowed: with a line in the record, or without
OPENS = frozenset(STRICTNESS)  # what the buttons of an open ballot do
SHOWS = {"submitted": "It waits for", "changes asked": "Changes are asked for", "approved": "Approved", "withdrawn": "Withdrawn",
    "approved with conditions": "Approved with conditions", "declined": "Declined", "revoked": "Revoked"}  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """All that is known of decisions after a run."""

    decisions: Decisions
    acknowledged: frozenset[int]
    done: Mapping[int, int]  # deed → how many entries its request had when it was done, at most
    rounds: Mapping[int, int]  # deed → the ballot that it was for
    requests: Sequence[Mapping[str, Any]]  # as they are stored
    entries: Mapping[str, Sequence[Mapping[str, Any]]]  # of each request, in order
    noted: Mapping[str, int]  # how many entries each request's receipt names
    waiting: Mapping[str, str]  # timers that are not done, by key: when they are due, ISO 8601 in UTC
    over: frozenset[str]  # keys of those that are done
    cards: Sequence[Mapping[str, Any]]  # what the platforms show


@dataclass(frozen=True, slots=True)
class State:
    """A request by the rules of this judge. Voices are who, what and for which ballot."""

    case: Case
    asker: int
    stage: str = "submitted"
    waiver: str = ""
    round: int = 1
    voices: tuple[tuple[int, str, int], ...] = ()
    granted: tuple[tuple[int, str, int], ...] = ()

    @property
    def seats(self) -> tuple[str, ...]:
        first = self.case.emergency and not self.waiver
        return ("architect",) if first else SEATS[self.case.level]


def judge(evidence: Evidence, verdict: Verdict) -> None:
    """Adds what holds and what does not to a verdict."""
    _Judge(evidence, verdict).judge()


def outcome(state: State, deed: Deed, round_: int, decisions: Decisions) -> State | str:
    """What the rules make of a deed: another state, `REFUSED` or `NOTHING`."""
    case, who, role = state.case, deed.who, decisions.role_of(deed.who)
    undecided = state.stage in ("submitted", "changes asked")
    if deed.does == RESUBMIT:
        if who != state.asker or not undecided or round_ != state.round:
            return NOTHING if who == state.asker else REFUSED
        return replace(state, stage="submitted", voices=(), round=state.round + 1)
    if deed.does == WITHDRAW:
        if who != state.asker:
            return REFUSED
        return replace(state, stage="withdrawn") if undecided and not state.waiver else NOTHING
    if deed.does == REVOKE:
        if who == state.asker or role not in (*SEATS[case.level], *(("architect",) if case.emergency else ())):
            return REFUSED
        if state.waiver != "in force":
            return NOTHING
        owed = {"stage": "declined", "voices": (*state.voices, (who, DECLINE, state.round))} if undecided else {}
        return replace(state, waiver="revoked", **owed)  # type: ignore[arg-type]  # members of a state
    return _voice(state, deed.does, who, round_, decisions)


def _voice(state: State, choice: str, who: int, round_: int, decisions: Decisions) -> State | str:
    role = decisions.role_of(who)
    if state.stage != "submitted":
        return NOTHING
    own = next((each for each in state.voices if each[0] == who), None)
    if own is None and (who == state.asker or role not in state.seats):
        return REFUSED
    if round_ != state.round or (own and STRICTNESS[choice] <= STRICTNESS[own[1]]):
        return NOTHING
    if any(decisions.role_of(other) == role for other, _, _ in state.voices if other != who):
        return NOTHING  # the seat is taken
    return _tallied(state, (who, choice, round_), own)


def _tallied(state: State, voice: tuple[int, str, int], own: tuple[int, str, int] | None) -> State:
    rest = tuple(each for each in state.voices if each != own)
    after = replace(state, voices=(*rest, voice))
    if voice[1] == DECLINE:
        return replace(after, stage="declined", waiver="revoked" if state.waiver == "in force" else state.waiver)
    if voice[1] == CHANGES:
        return replace(after, stage="changes asked")
    if len(after.voices) < len(state.seats):
        return after
    granted = (*state.granted, *after.voices)
    if state.case.emergency and not state.waiver:
        return replace(after, waiver="in force", granted=granted, voices=(), round=state.round + 1)
    conditions = any(choice == CONDITIONS for _, choice, _ in granted)
    stage = "approved with conditions" if conditions else "approved"
    return replace(after, stage=stage, waiver=state.waiver or "in force", granted=granted)


@dataclass(frozen=True, slots=True)
class _Judge:
    evidence: Evidence
    verdict: Verdict

    def judge(self) -> None:
        evidence, breaches = self.evidence, self.verdict.breaches
        cases = {case.service: case for case in evidence.decisions.cases}
        found: dict[int, Mapping[str, Any]] = {}
        for request in evidence.requests:
            case = cases.get(request["wish"]["service"])
            if case is None or case.number in found:
                breaches["asked for once, stored more often"].append(request["id"])
            else:
                found[case.number] = request
        self.verdict.figures |= {
            "exceptions asked for": len(found),
            "their deliveries acknowledged": len(evidence.acknowledged),
            "of these in the record": 0,
            "of these too late": 0,
            "their cards": len({(card["room"], card["reference"]) for card in evidence.cards}),
            "their timers": len(evidence.waiting),
            **{f"exceptions {status}": count for status, count in Counter(map(_status, found.values())).most_common()},
        }
        for case in cases.values():
            deeds = [deed for wave in case.waves for deed in wave if deed.number in evidence.done]
            if stored := found.get(case.number):
                self._one(case, stored, deeds)
            elif any(deed.number in evidence.acknowledged for deed in deeds):
                breaches["asked for and not stored"].append(case.service)
        known = {timer.key for request in evidence.requests for timer in timers(read(request))}
        breaches["timers of no request"] += sorted(set(evidence.waiting) - known)

    def _one(self, case: Case, request: Mapping[str, Any], deeds: Sequence[Deed]) -> None:
        id_, evidence, breaches = str(request["id"]), self.evidence, self.verdict.breaches
        entries = evidence.entries.get(id_, ())
        if not entries:
            breaches["stored otherwise than recorded"].append(f"{id_} is not in the record at all")
        if evidence.noted.get(id_, 0) != len(entries):
            breaches["receipt and record differ"].append(id_)
        states, answered = self._replayed(case, request, entries, deeds)
        for deed in deeds:
            times, is_acknowledged = answered[deed.number], deed.number in evidence.acknowledged
            if times > 1:
                breaches["decided more than once"].append(f"{id_}: {_told(deed)}, {times} times")
            self.verdict.figures["of these in the record"] += is_acknowledged and bool(times)
            self.verdict.figures["of these too late"] += is_acknowledged and not times
            since = states[min(evidence.done[deed.number], len(states) - 1) :]
            if is_acknowledged and not times and self._had_to_have_effect(deed, since):
                breaches["decided without effect"].append(f"{id_}: {_told(deed)}")
        _stored(request, states[-1], self.verdict)
        _timed(request, evidence, self.verdict)
        _shown(request, [card for card in evidence.cards if card["reference"].startswith(f"{id_}:")], self.verdict)

    def _had_to_have_effect(self, deed: Deed, since: Sequence[State]) -> bool:
        """Whether the rules allow it in each state that the request had from when it was done, or want its refusal recorded."""
        return deed.does == ASK or all(self._outcome(state, deed) != NOTHING for state in since)

    def _outcome(self, state: State, deed: Deed) -> State | str:
        return outcome(state, deed, self.evidence.rounds[deed.number], self.evidence.decisions)

    def _replayed(
        self, case: Case, request: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], deeds: Sequence[Deed]
    ) -> tuple[list[State], Counter[int]]:
        """The state before the first entry and after each one, and how often each deed is in the record."""
        state, breaches = State(case, number_of(request["asked_by"]["account"])), self.verdict.breaches
        states, answered = [state], Counter[int]()
        facts: dict[str, Any] = {}
        for at, entry in enumerate(entries):
            where = f"{request['id']}, entry {at + 1} ({entry['action']})"
            happened = entry["action"].partition(".")[2]
            if happened != REFUSED and any(facts.get(name) != value for name, value in entry["before"].items()):
                breaches["the record has a gap"].append(where)
            facts |= entry["after"] if happened != REFUSED else {}
            deed = self._deed(entry, happened, facts, deeds)
            if deed is None:
                breaches["in the record, done by nobody"].append(where)
                states.append(state)
                continue
            answered[deed.number] += 1
            after = state if deed.does == ASK else self._outcome(state, deed)
            if (happened == REFUSED) != (after == REFUSED) or after == NOTHING or (deed.does == ASK) != (at == 0):
                breaches["against the rules"].append(f"{where}: {_told(deed)}")
            state = after if isinstance(after, State) else state
            states.append(state)
            if happened != REFUSED and _recorded(facts) != (state.stage, state.waiver, state.round, _union(state)):
                breaches["the record is not what the rules make of it"].append(where)
        return states, answered

    def _deed(
        self, entry: Mapping[str, Any], happened: str, facts: Mapping[str, Any], deeds: Sequence[Deed]
    ) -> Deed | None:
        """Which deed an entry tells of. In one ballot nobody does the same twice through the same account."""
        by = f"{entry['by']['platform']}:{entry['by']['id']}" if entry["by"] else ""
        theirs = [deed for deed in deeds if deed.account == by]
        if happened == REFUSED:
            tried = entry["after"]["tried"].lower().replace(" ", "_")
            return next((deed for deed in theirs if deed.does == tried), None)
        if does := OTHERS.get(happened):
            return next((deed for deed in theirs if deed.does == does), None)
        said = [CHOICES[each["choice"]] for each in facts["voices"] if each["by"] == by]
        ballot = facts["round"] - (happened == "granted")  # which begins the second look
        rounds = self.evidence.rounds
        return next((each for each in theirs if said and each.does == said[-1] and rounds[each.number] == ballot), None)


def _stored(request: Mapping[str, Any], state: State, verdict: Verdict) -> None:
    """The stored request is what the replayed record makes of it."""
    waiver = request["waiver"]
    stored = (request["stage"], waiver["state"] if waiver else "", request["round"], _voices(request["voices"]))
    if stored != (state.stage, state.waiver, state.round, _pairs(state.voices)):
        verdict.breaches["stored otherwise than recorded"].append(f"{request['id']}: {stored}, not {state}")
    if waiver and _voices(waiver["granted"]) != _pairs(state.granted):
        verdict.breaches["granted otherwise than recorded"].append(str(request["id"]))
    conditions = waiver["conditions"] if waiver else ()
    wanted = sum(choice == CONDITIONS for _, choice, _ in state.granted)
    if len({each["obligation"] for each in conditions if each["obligation"]}) != wanted:
        verdict.breaches["conditions without an obligation of their own"].append(str(request["id"]))


def _timed(request: Mapping[str, Any], evidence: Evidence, verdict: Verdict) -> None:
    """What waits for the request is what falls due for it and is not done yet."""
    wanted = {timer.key: timer.due.isoformat() for timer in timers(read(request)) if timer.key not in evidence.over}
    held = {key: due for key, due in evidence.waiting.items() if key.startswith(f"{request['id']}:")}
    for key in sorted({*wanted, *held}):
        if wanted.get(key) != held.get(key):
            verdict.breaches["timers"].append(f"{key} waits for {held.get(key)}, not {wanted.get(key)}")


def _shown(request: Mapping[str, Any], cards: Sequence[Mapping[str, Any]], verdict: Verdict) -> None:
    """What stands last in each room under each reference says where the request stands, and can be pressed while it can be decided."""
    standing = {(card["room"], card["reference"]): card for card in cards}
    doubles = Counter((card["room"], card["reference"]) for card in cards if card["room"].startswith("slack:"))
    for (room, reference), count in doubles.items():
        if count > 1:
            verdict.breaches["card doubled in Slack"].append(f"{reference} in {room}")
    newest = f"{request['id']}:review:{request['round']}"
    for (room, reference), card in standing.items():
        kind = reference.split(":")[1]
        says = "Emergency:" if _is_urgent(request) else SHOWS[_status(request)]
        if kind in ("review", "asked") and says not in card["text"]:
            verdict.breaches["card says something else"].append(f"{reference} in {room} of {_status(request)}: {card['text'][:200]}")  # fmt: skip
        carried = [button["about"].split() for button in card["buttons"]]
        offers = {words[1]: words[2] for words in carried if len(words) == 3 and words[1] in OPENS}
        is_open = request["stage"] == "submitted" and reference == newest
        if offers != (dict.fromkeys(OPENS, read(request).digest) if is_open else {}):
            verdict.breaches["card with the wrong buttons"].append(f"{reference} in {room}: {sorted(offers)}")
    platforms = {
        room.partition(":")[0] for room, reference in standing if reference.startswith(f"{request['id']}:review:")
    }
    if platforms != {"slack", "teams"}:
        verdict.breaches["card not on both platforms"].append(str(request["id"]))


def _status(request: Mapping[str, Any]) -> str:
    waiver = request["waiver"]
    return str(waiver["state"] if waiver and waiver["state"] == "revoked" else request["stage"])


def _is_urgent(request: Mapping[str, Any]) -> bool:
    return bool(request["stage"] == "submitted" and request["wish"]["emergency"] and not request["waiver"])


def number_of(account: str) -> int:
    """Whose account it is: "slack:U7" and "teams:00000000-0000-4000-8000-000000000007" are of person 7."""
    return int(account.removeprefix("slack:U").rpartition("-")[2])


def _voices(voices: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, str], ...]:
    return tuple((number_of(each["right"]["by"]["account"]), CHOICES[each["choice"]]) for each in voices)


def _pairs(voices: Sequence[tuple[int, str, int]]) -> tuple[tuple[int, str], ...]:
    return tuple((who, choice) for who, choice, _ in voices)


def _union(state: State) -> tuple[tuple[int, str], ...]:
    return _pairs(tuple(dict.fromkeys((*state.granted, *state.voices))))


def _recorded(facts: Mapping[str, Any]) -> tuple[str, str, int, tuple[tuple[int, str], ...]]:
    voices = tuple((number_of(each["by"]), CHOICES[each["choice"]]) for each in facts["voices"])
    return facts["stage"], facts["waiver"] or "", facts["round"], voices


def _told(deed: Deed) -> str:
    return f"deed {deed.number}, {deed.account} {deed.does}"
