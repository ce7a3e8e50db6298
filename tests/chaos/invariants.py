"""What has to hold after a run, judged from outside: by what the platforms took, what was acknowledged, what the
database says at the end. Pure.

The order in which things were said is that of the audit's sequence, which is given under the last lock of each
transaction: it is the order of the commits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.chaos.plan import Fault, Plan

MOST_SHOWN = 5  # examples of each kind of breach


@dataclass(frozen=True, slots=True)
class Line:
    """An audit entry of a run: what was wished or rang, by which wish, about which announcement."""

    sequence: int
    action: str  # "chaos.wished", "chaos.rang"
    number: int
    about: int
    by: str  # as it stands in the card
    due: str = ""  # of a timer, ISO 8601
    at: str = ""  # when it rang


@dataclass(frozen=True)
class Evidence:
    """All that is known after a run."""

    plan: Plan
    acknowledged: frozenset[int]
    record: Sequence[Mapping[str, Any]]  # posts and updates that the platforms took, each platform's in their order
    audit: Sequence[Line]  # by sequence
    unfinished: Mapping[str, int]  # rows of the database in a state that should not be left, by what they are
    deaths: int  # processes that died, and crashes of the database
    audit_fault: str = ""  # what the verification of the chain says


@dataclass
class Verdict:
    """The figures of a run, and what has broken."""

    figures: dict[str, int | float] = field(default_factory=dict)
    breaches: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def holds(self) -> bool:
        return not any(self.breaches.values())

    def sentences(self) -> Iterator[str]:
        """Each kind of breach with its number and some examples."""
        for kind, each in self.breaches.items():
            if each:
                yield f"{kind}: {len(each)}, such as {'; '.join(each[:MOST_SHOWN])}"


def judge(evidence: Evidence) -> Verdict:
    """Compares everything with everything."""
    verdict = Verdict()
    wished = [line for line in evidence.audit if line.action == "chaos.wished"]
    _effects(evidence, wished, verdict)
    _timers(evidence, wished, verdict)
    _posts(evidence, wished, verdict)
    for what, count in evidence.unfinished.items():
        if count:
            verdict.breaches["left over in the database"].append(f"{count} {what}")
    if evidence.audit_fault:
        verdict.breaches["audit"].append(evidence.audit_fault)
    verdict.figures["audit entries"] = len(evidence.audit)
    return verdict


def _effects(evidence: Evidence, wished: Sequence[Line], verdict: Verdict) -> None:
    times = Counter(line.number for line in wished)
    verdict.figures["deliveries acknowledged"] = len(evidence.acknowledged)
    for number in sorted(evidence.acknowledged - set(times)):
        verdict.breaches["acknowledged without effect"].append(f"wish {number}")
    for number, count in times.items():
        if count > 1:
            verdict.breaches["effect more than once"].append(f"wish {number}: {count} times")


def _timers(evidence: Evidence, wished: Sequence[Line], verdict: Verdict) -> None:
    done = {line.number for line in wished}
    expected = {wish.number for wish in evidence.plan.wishes if wish.ring_after is not None and wish.number in done}
    rang = [line for line in evidence.audit if line.action == "chaos.rang"]
    times = Counter(line.number for line in rang)
    late = sorted((datetime.fromisoformat(line.at) - datetime.fromisoformat(line.due)).total_seconds() for line in rang)
    verdict.figures |= {
        "timers": len(times),
        "timers late p99, s": round(late[len(late) * 99 // 100], 2) if late else 0,
    }
    for line in rang:
        if datetime.fromisoformat(line.at) < datetime.fromisoformat(line.due):
            verdict.breaches["timer early"].append(f"wish {line.number}")
    for number in sorted(expected ^ set(times)):
        verdict.breaches["timer lost" if number in expected else "timer nobody set"].append(f"wish {number}")
    for number, count in times.items():
        if count > 1:
            verdict.breaches["timer more than once"].append(f"wish {number}: {count} times")


def _posts(evidence: Evidence, wished: Sequence[Line], verdict: Verdict) -> None:
    wishes = {wish.number: wish for wish in evidence.plan.wishes}
    withdrawn = {wish.about for wish in wishes.values() if wish.kind == "withdraw"}
    announced: dict[int, int] = {}  # announcement → sequence of the first time it was said
    last: dict[int, str] = {}  # announcement → who said last what it says
    for line in evidence.audit:
        if line.action == "chaos.rang" or wishes[line.number].kind != "withdraw":
            announced.setdefault(line.about, line.sequence)
            last[line.about] = line.by
    standing: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
    for each in evidence.record:
        standing[each["room"], each["about"]].append(each)
    expected = {(room, about) for about in announced if about not in withdrawn for room in wishes[about].rooms}
    verdict.figures |= {
        "messages": len(standing),
        "posts and updates taken": len(evidence.record),
        "lost": 0, "reordered": 0, "doubled in Slack": 0, "doubled in Teams, after a crash": 0, "doubled in Teams, outcome unknown": 0,
    }  # fmt: skip
    for room, about in sorted(expected - set(standing)):
        verdict.figures["lost"] += 1
        verdict.breaches["lost"].append(f"announcement {about} in {room}")
    for (room, about), taken in standing.items():
        if room not in wishes[about].rooms:
            verdict.breaches["where it does not belong"].append(f"announcement {about} in {room}")
        says = taken[-1]["by"]
        if about not in withdrawn and says != last.get(about):
            verdict.breaches["stale"].append(f"announcement {about} in {room} says {says}, not {last.get(about)}")
        _doubles(room, about, taken, verdict)
    crashed = verdict.figures["doubled in Teams, after a crash"]
    if crashed > evidence.deaths:
        verdict.breaches["more doubles in Teams than crashes"].append(f"{crashed} doubles, {evidence.deaths} crashes")
    _order(evidence, {about: at for about, at in announced.items() if about not in withdrawn}, verdict)


def _doubles(room: str, about: int, taken: Sequence[Mapping[str, Any]], verdict: Verdict) -> None:
    """Posts of one announcement in one room, beyond the first. Each needs a reason: the one before it was not known to
    have come through, because its answer was spoilt or because whoever sent it died."""
    posts = [one for one in taken if one["verb"] == "post"]
    for earlier in posts[:-1]:
        if room.startswith("slack:"):
            verdict.figures["doubled in Slack"] += 1
            verdict.breaches["doubled in Slack"].append(
                f"announcement {about} in {room} after {earlier['fault'] or 'a crash'}"
            )
        elif earlier["fault"] and Fault(earlier["fault"]).hides:
            verdict.figures["doubled in Teams, outcome unknown"] += 1
        else:
            verdict.figures["doubled in Teams, after a crash"] += 1


def _order(evidence: Evidence, announced: Mapping[int, int], verdict: Verdict) -> None:
    seen: set[tuple[str, int]] = set()
    newest: dict[str, int] = {}
    for each in evidence.record:
        room, about = each["room"], each["about"]
        if each["verb"] != "post" or (room, about) in seen or about not in announced:
            continue
        seen.add((room, about))
        if announced[about] < newest.get(room, 0):
            verdict.figures["reordered"] += 1
            verdict.breaches["reordered"].append(f"announcement {about} in {room}")
        newest[room] = max(newest.get(room, 0), announced[about])
