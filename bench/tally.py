"""A judge of decisions that shares no rule with the bot: from the record alone, in the order of its commits, it works out anew what
became of each exception request, and compares that with what is stored, what hangs on it and what people were told.

The rules are those of GOVERNANCE.md, for the seats that `SEATS` names; the timers are those of a day on which nothing falls due.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import permutations
from typing import Any

from sqlalchemy import Connection, text

Json = Mapping[str, Any]

# By risk, the least points that have it and a role for each place; of an emergency, the places of which one is enough.
SEATS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "low": (0, ("architect",)),
    "moderate": (3, ("architect", "architect", "platform", "security")),
    "high": (5, ("security", "director")),
}
EMERGENCY = ("architect",)
WARNINGS = (30, 7, 1)  # days before the last one
STRICTNESS = {"Approve": 0, "Approve with conditions": 1, "Ask for changes": 2, "Decline": 2}
ENDS = {"Decline": "declined", "Ask for changes": "changes_asked"}
BY_VOICE = ("spoken", "approved", "granted", "confirmed", "declined", "changes_asked")
NEWS = (
    "submitted",
    "changes_asked",
    "approved",
    "declined",
    "granted",
    "confirmed",
)  # each a card of its own to the asker
TOLD = {"approved": "decided", "granted": "decided", "declined": "decided"}  # the outcome, to rooms that subscribe


@dataclass(frozen=True, slots=True)
class Someone:
    """Who is behind an account, by the bench's own list. `roles` are held until the entry `until` of the record, None for
    ever; an account that is no `member`, not `linked` to anybody, or of which old facts alone are known, decides nothing."""

    human: str
    roles: frozenset[str] = frozenset()
    member: bool = True
    linked: bool = True
    fresh: bool = True
    until: int | None = None

    def speaks(self, sequence: int) -> frozenset[str]:
        """The roles that they speak for when that entry is written."""
        counts = self.member and self.linked and self.fresh
        return self.roles if counts and (self.until is None or sequence <= self.until) else frozenset()


@dataclass(frozen=True, slots=True)
class Reply:
    """What was said to a click: by which delivery it came, on which request, from which account, what was wanted, on which content,
    and `said`: "counted", "AlreadyDone", or the name of the refusal. `whole` is one that lacks nothing that its form wants."""

    delivery: str
    request: str
    account: str
    wanted: str
    digest: str
    said: str
    whole: bool = True


@dataclass
class Records:
    """All that a database holds of exception requests, by their ids."""

    entries: list[tuple[int, Json]] = field(default_factory=list)  # the record, in order
    stored: dict[str, Json] = field(default_factory=dict)
    seated: dict[str, Sequence[tuple[str, str]]] = field(default_factory=dict)  # roles and accounts, as cards show them
    timers: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # what is still to fall due
    told: defaultdict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))  # announcements
    past: list[str] = field(default_factory=list)  # posts that show another state, and nobody is to change them
    noted: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  # entries for the receipt
    obligations: Counter[str] = field(default_factory=Counter)
    unhandled: int = 0  # deliveries


def read(connection: Connection) -> Records:
    """Everything, as it stands in the tables."""
    found = Records()

    def rows(statement: str) -> Iterator[Any]:
        yield from connection.execute(text(statement))

    found.entries = [(row[0], json.loads(row[1])) for row in rows("SELECT sequence, body FROM audit ORDER BY sequence")]
    found.stored = {f"EX-{row[0]}": _json(row[1]) for row in rows("SELECT number, facts FROM exception_request")}
    for facts in rows("SELECT facts FROM timer WHERE topic = 'exception_request' AND done_at IS NULL"):
        timer = _json(facts[0])
        found.timers[timer["id"]].append(timer["due"])
    for row in rows("SELECT key, subject, topic, facts FROM announcement"):
        facts = _json(row[3])
        shown = _digest(facts["request"]) if "request" in facts else ""
        known = {name: facts[name] for name in ("happened", "phase") if name in facts}
        found.told[row[1]].append({"key": row[0], "topic": row[2], "shows": shown, **known})
    behind = "SELECT a.key, p.room FROM posting p JOIN announcement a ON a.key = p.announcement WHERE p.state = 'posted' AND p.revision <> a.revision"
    found.past = [f"{row[0]} in {row[1]}" for row in rows(behind)]
    for row in rows("SELECT request, sequence FROM exception_entry"):
        found.noted[f"EX-{row[0]}"].add(row[1])
    found.obligations.update(row[0] for row in rows("SELECT subject FROM obligation"))
    found.unhandled = next(rows("SELECT count(*) FROM inbox WHERE handled_at IS NULL"))[0]
    return found


def wrong(records: Records, cast: Mapping[str, Someone], replies: Sequence[Reply], today: date) -> list[str]:
    """What is not as it should be, a sentence each; nothing where everything is. `cast` are the accounts ("slack:U1")."""
    told = [f"{each} shows what is past" for each in records.past]
    told += _links(records.entries, cast)
    if records.unhandled:
        told.append(f"{records.unhandled} deliveries were never handled")
    done = Counter({reply.delivery: 0 for reply in replies})
    done.update(reply.delivery for reply in replies if reply.said != "AlreadyDone")
    told += [f"{delivery} was done {times} times" for delivery, times in done.items() if times != 1]
    judged = {id_: Judged(id_, cast) for id_ in records.stored}
    for sequence, body in records.entries:
        if body["action"].startswith("exception_request."):
            judged[body["subject"]].take(sequence, body)
    heard = defaultdict[str, list[Reply]](list)
    for reply in replies:
        heard[reply.request].append(reply)
    for id_, each in judged.items():
        each.compare(records, today)
        each.answered(heard[id_], records.entries[-1][0])
        told += each.faults
    return told


class Judged:
    """One request as the record tells it."""

    def __init__(self, id_: str, cast: Mapping[str, Someone]) -> None:
        self.id, self.cast = id_, cast
        self.faults: list[str] = []
        self.known: dict[str, Any] = {}  # every fact, as the entries have it
        self.voices: list[tuple[str, str, str]] = []  # of the open ballot: account, choice, digest
        self.granted: list[tuple[str, str, str]] = []
        self.acts = list[tuple[str, str, str]]()  # account, what it did, on which content
        self.happened = Counter[str]()
        self.entries = set[int]()
        self.sequence, self.ballots = 0, 0

    @property
    def places(self) -> tuple[str, ...]:
        """A role for each place of the ballot that is open, or was last."""
        if self.known.get("emergency") and not self.known.get("waiver"):
            return EMERGENCY
        return SEATS[self.known["risk"]][1]

    def take(self, sequence: int, body: Json) -> None:
        """Follows an entry, and says what in it breaks a rule."""
        happened = body["action"].removeprefix("exception_request.")
        self.sequence = sequence
        self.entries.add(sequence)
        self.happened[happened] += 1
        by = f"{body['by']['platform']}:{body['by']['id']}"
        if happened == "refused":
            self._refused(by, body["after"])
            return
        for name, value in body["before"].items():
            if self.known.get(name) != value:
                self._wrong(f"takes {name} for {value} when it was {self.known.get(name)}")
        if happened in BY_VOICE:
            self._voice(by, happened, body["after"])
        elif happened in ("submitted", "resubmitted", "withdrawn"):
            self._asked(by, happened)
        else:
            self._wrong(f"tells of {happened}, which nobody can have done")
        self.known |= body["after"]
        self._check_claims()

    def compare(self, records: Records, today: date) -> None:
        """Holds what is stored, due and said against the record."""
        stored, known = records.stored[self.id], self.known
        waiver = stored["waiver"]
        is_as_told = (
            stored["stage"] == known["stage"]
            and (waiver and waiver["state"]) == known["waiver"]
            and stored["round"] == known["round"] == self.ballots
            and stored["revision"] == known["revision"]
        )
        if not is_as_told:
            self._wrong(f"is stored as {stored['stage']}, {waiver and waiver['state']}, round {stored['round']}")
        if [_voice(each) for each in stored["voices"]] != self.voices:
            self._wrong(f"is stored with the voices {[_voice(each) for each in stored['voices']]}, not {self.voices}")
        if waiver and [_voice(each) for each in waiver["granted"]] != self.granted:
            self._wrong("is stored with a waiver that others have granted")
        conditions = waiver["conditions"] if waiver else []
        demanded = sum(len(each["demands"]) for each in waiver["granted"]) if waiver else 0
        if not demanded == len(conditions) == records.obligations[self.id]:
            self._wrong(
                f"has {len(conditions)} conditions and {records.obligations[self.id]} obligations of {demanded}"
            )
        if self.entries != records.noted[self.id]:
            self._wrong("has another receipt than record")
        due = Counter(records.timers[self.id])
        if due != self._due(stored, conditions, today):
            self._wrong(f"waits for {dict(due)}, not {dict(self._due(stored, conditions, today))}")
        self._compare_told(records.told[self.id], stored)
        self._compare_seats(records.seated[self.id])

    def answered(self, replies: Sequence[Reply], last: int) -> None:
        """Holds what people were told against the record, whose last entry that is: what counted is on it, once, and nothing was
        turned away that had a place."""
        told = [(reply.account, reply.wanted, reply.digest) for reply in replies if reply.said == "counted"]
        counted = Counter((*each[:2], "") if each[1] == "withdrawn" else each for each in told)
        acts = Counter(self.acts)
        if counted != acts:
            self._wrong(f"says to {dict(counted - acts)} that it counts, and counts {dict(acts - counted)} unsaid")
        if self.known["stage"] != "submitted":
            return
        spoken = {self.cast[account].human for account, _, _ in self.voices}
        for reply in replies:
            who = self.cast[reply.account]
            wants = reply.wanted.startswith("Approve") and reply.digest == self.known["digest"]
            if not wants or not reply.whole or reply.said in ("counted", "AlreadyDone", "TooMany"):
                continue
            if who.human in {*spoken, self._asker} or not who.speaks(last):
                continue
            if self._fits([*(account for account, _, _ in self.voices), reply.account]):
                self._wrong(f"has a place for {reply.account}, and told them {reply.said}")

    @property
    def _asker(self) -> str:
        return self.cast[self.known["asked_by"]].human

    def _asked(self, by: str, happened: str) -> None:
        """What the asker does."""
        if happened == "submitted":
            self.ballots = 1
            if self.known:
                self._wrong("is submitted twice")
            return
        self.acts.append((by, happened, self.known["digest"] if happened == "resubmitted" else ""))
        if self.cast[by].human != self._asker:
            self._wrong(f"is {happened} by {by}, who has not asked for it")
        if self.known["stage"] not in ("submitted", "changes asked"):
            self._wrong(f"is {happened} when it was {self.known['stage']}")
        if happened == "withdrawn" and self.known["waiver"]:
            self._wrong("is withdrawn with a waiver in force")
        if happened == "resubmitted":
            self.voices, self.ballots = [], self.ballots + 1

    def _voice(self, by: str, happened: str, after: Json) -> None:
        """What somebody says, and what has to follow from it."""
        who, digest = self.cast[by], self.known["digest"]
        claimed = [each for each in after.get("voices", ()) if each["by"] == by and each["digest"] == digest]
        if len(claimed) != 1:
            self._wrong(f"has {len(claimed)} voices of {by} on what is asked")
            return
        choice = claimed[0]["choice"]
        self.acts.append((by, choice, digest))
        roles = who.speaks(self.sequence) & {*self.places}
        if claimed[0]["roles"] != sorted(roles) or not roles or claimed[0]["for"]:
            self._wrong(f"hears {by} as {claimed[0]['roles']}, who speaks for {sorted(roles)}")
        if self.known["stage"] != "submitted":
            self._wrong(f"counts {by} when it was {self.known['stage']}")
        if who.human == self._asker:
            self._wrong(f"counts {by}, whose request it is")
        own = [each for each in self.voices if self.cast[each[0]].human == who.human]
        if own and STRICTNESS[choice] <= STRICTNESS[own[0][1]]:
            self._wrong(f"counts {by} twice")
        self.voices = [*(each for each in self.voices if each not in own), (by, choice, digest)]
        if not self._fits([account for account, _, _ in self.voices]):
            self._wrong(f"has no place for {by} beside {self.voices}")
        if happened != self._follows(choice):
            self._wrong(f"is {happened} when it should be {self._follows(choice)}")
        if choice.startswith("Approve") and happened in ("approved", "granted", "confirmed"):
            self.granted = [*self.granted, *self.voices]
        if happened == "granted":
            self.voices, self.ballots = [], self.ballots + 1

    def _follows(self, choice: str) -> str:
        """What a voice that was just heard leads to."""
        if choice in ENDS:
            return ENDS[choice]
        if self.places == EMERGENCY and self.known["emergency"]:
            return "granted"
        if len(self.voices) < len(self.places):
            return "spoken"
        return "confirmed" if self.known["waiver"] else "approved"

    def _refused(self, by: str, after: Json) -> None:
        """A refusal on the record has to be deserved."""
        who, places = self.cast[by], {*self.places}
        has_roles = bool(who.speaks(self.sequence) & places)
        deserved = {
            "MembersDecide": not who.member,
            "MembersRequest": not who.member,
            "UnlinkedDecides": not who.linked,
            "FactsTooOld": not who.fresh,
            "OwnRequest": who.human == self._asker,
            "AskersAlone": who.human != self._asker,
            "NotYourSeat": not has_roles,
            "RoleLost": not has_roles and any(self.cast[each[0]].human == who.human for each in self.voices),
        }
        if not deserved.get(after["refusal"]):
            self._wrong(f"refuses {by} for {after['refusal']}")

    def _check_claims(self) -> None:
        """What every entry says of risk, seats and voices."""
        known = self.known
        risk = [level for level, (points, _) in SEATS.items() if known["points"] >= points][-1]
        if known["risk"] != risk or known["seats"] != Counter(SEATS[risk][1]):
            self._wrong(f"is decided as {known['risk']} by {known['seats']}")
        told = [(each["by"], each["choice"], each["digest"]) for each in known["voices"]]
        if told != list(dict.fromkeys((*self.granted, *self.voices))):
            self._wrong(f"tells of the voices {told}, not {self.voices}")

    def _fits(self, accounts: Sequence[str]) -> bool:
        """Whether each of the voices can have a place of its own, whoever sits where."""
        roles = {account: self._roles_of(account) for account in accounts}
        tries = permutations(self.places, len(accounts))
        return any(all(role in roles[who] for who, role in zip(accounts, each, strict=True)) for each in tries)

    def _roles_of(self, account: str) -> frozenset[str]:
        """The roles of somebody who has spoken: what was given stays when a role is lost."""
        return self.cast[account].roles

    def _due(self, stored: Json, conditions: Sequence[Json], today: date) -> Counter[str]:
        """What is to fall due in a state, and nothing besides."""
        due, waiver = Counter[str](), stored["waiver"]
        if stored["stage"] == "submitted":
            due.update(["half"] if waiver else ["half", "end", "escalate", "lapse"])
        if waiver and stored["stage"] in ("submitted", "changes asked"):
            due["second_look"] += 1
        if waiver and waiver["state"] == "in force":
            last = date.fromisoformat(waiver["until"])
            due["expire"] += 1
            due["warn"] += sum(last - timedelta(days=days) > today for days in WARNINGS)
            due.update({"condition": len(conditions), "soon": len(conditions)})
        return +due

    def _compare_told(self, told: Sequence[Json], stored: Json) -> None:
        """Every card shows the request as it is; each outcome is told once; each ballot has one card."""
        shown = _digest(stored)
        for each in told:
            if each["shows"] != shown:
                self._wrong(f"is shown by {each['key']} as it was")
        topics = Counter(each["topic"] for each in told)
        if topics["exception_review"] != self.ballots:
            self._wrong(f"has {topics['exception_review']} cards for {self.ballots} ballots")
        news = Counter(each["happened"] for each in told if each["topic"] == "exception_asked")
        if news != Counter({name: count for name, count in self.happened.items() if name in NEWS}):
            self._wrong(f"told its asker of {dict(news)}")
        told_of = Counter(each["phase"] for each in told if each["topic"] == "exception_told")
        was_granted = self.happened["granted"] > 0
        phases = {"submitted": "asked", **TOLD, **({"declined": "ended"} if was_granted else {})}
        if told_of != Counter({phase for name, phase in phases.items() if self.happened[name]}):
            self._wrong(f"told subscribers of {dict(told_of)}")

    def _compare_seats(self, seated: Sequence[tuple[str, str]]) -> None:
        """Where cards show the voices: one human on one place of a role of theirs, and all places full at an approval."""
        sitting = [(role, account) for role, account in seated if account]
        people = [self.cast[account].human for _, account in sitting]
        if any(role not in self._roles_of(account) for role, account in sitting) or len(people) != len({*people}):
            self._wrong(f"seats {sitting}")
        is_open = self.known["stage"] == "submitted" or not self.known["stage"].startswith("approved")
        if len(sitting) != len(self.voices) or not (is_open or len(sitting) == len(self.places)):
            self._wrong(f"seats {len(sitting)} of {len(self.voices)} on {len(self.places)} places")

    def _wrong(self, sentence: str) -> None:
        self.faults.append(f"{self.id} {sentence} (entry {self.sequence})")


def _links(entries: Collection[tuple[int, Json]], cast: Mapping[str, Someone]) -> list[str]:
    """What is wrong with who is whom: all accounts of one human are one person, and nobody else's."""
    person = {
        body["subject"]: body["after"].get("person") for _, body in entries if body["action"].startswith("account.")
    }
    humans = defaultdict[str, set[Any]](set)
    for account, someone in cast.items():
        if someone.member and someone.linked and account in person:
            humans[someone.human].add(person[account])
    told = [f"{human} is {len(found)} persons" for human, found in humans.items() if len(found) != 1 or None in found]
    everybody = [next(iter(found)) for found in humans.values()]
    return told if len(everybody) == len({*everybody}) else [*told, "two people are one person"]


def _voice(voice: Json) -> tuple[str, str, str]:
    return voice["right"]["by"]["account"], voice["choice"], voice["digest"]


def _digest(facts: Json) -> str:
    """What is the same for the same JSON."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _json(value: Any) -> Any:
    """SQLite gives JSON as text."""
    return json.loads(value) if isinstance(value, str) else value
