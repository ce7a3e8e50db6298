"""Who presses buttons of exception requests in `clicks`, what they press, and what they are told."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, cycle
from typing import NamedTuple

from sqlalchemy import text

from bench import tally
from bot.domain.exception_commands import Origin, read_origin
from bot.domain.exception_requests import ExceptionRequest, Stage
from bot.domain.people import Account, Standing
from bot.domain.subscriptions import Subscription, Topic
from bot.store.database import Database
from bot.store.transaction import Transaction

CASTS = 60  # of colleagues, in turn: nobody presses so often that they are told to wait
STANDARDS = 200
REQUESTS_AT_ONCE, WAVES = 12, 3
WAVE, AFTERWARDS = (3, 6, 12, 24), 2  # clicks on one request in a wave; and when it is decided
OLD = 90.0  # seconds

# Who there is in each cast, with their roles. All but those in `ODD` are members with an address on both platforms.
ASKER = "grace"
PEOPLE: Mapping[str, tuple[str, ...]] = {
    ASKER: ("architect",),
    "ada": ("architect",), "alan": ("architect",), "anna": ("architect",), "pat": ("platform",), "pia": ("platform",),
    "sam": ("security",), "sue": ("security",), "dora": ("director",), "dirk": ("director",),
    "max": ("architect", "platform", "security"), "wim": ("security", "director"), "joe": (),
    "guest": ("architect",), "stranger": ("architect",), "unknown": ("architect",), "late": ("architect",), "lost": ("architect",),
}  # fmt: skip
ODD = ("guest", "stranger", "unknown", "late", "lost")
GROUPS = {role: f"S0{role.upper()}" for role in ("architect", "platform", "security", "director")}  # in Slack
RISKS = {"low": ("internal", "public"), "moderate": ("public", "internal"), "high": ("public", "restricted")}
# How often something is done with a request, by how people feel about it.
MOODS: Mapping[str, Mapping[str, float]] = {
    "agreed": {"approve": 12, "approve_with_conditions": 3},
    "at odds": {"approve": 14, "approve_with_conditions": 2, "decline": 1.5, "ask_for_changes": 0.5},
    "withdrawn": {"approve": 12, "withdraw": 1.5},
    "changed": {"approve": 10, "approve_with_conditions": 2, "ask_for_changes": 1, "resubmit": 1.5},
}
BY_THE_ASKER = {"withdraw": "withdrawn", "resubmit": "resubmitted"}
NAMES = {"approve": "Approve", "approve_with_conditions": "Approve with conditions", "decline": "Decline",
         "ask_for_changes": "Ask for changes", **BY_THE_ASKER}  # fmt: skip
POSTED = text(
    "UPDATE posting SET state = 'posted', post = 'p', trying = 0, revision = (SELECT revision FROM announcement "
    "WHERE announcement.key = posting.announcement) WHERE state IN ('waiting', 'changed')"
)


@dataclass(frozen=True, slots=True)
class Click:
    """A delivery: what is pressed, by whom, and how old the facts about them are (seconds). The rest is for the judge."""

    key: str
    by: Account
    verb: str
    about: str
    values: Mapping[str, str] = field(default_factory=dict)
    age: float = 1.0
    request: str = ""
    wanted: str = ""
    digest: str = ""
    whole: bool = True  # its form lacks nothing


class Answer(NamedTuple):
    """What was said to a click: "counted", "form", "AlreadyDone", or the name of a refusal; `about` is that of the form."""

    said: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for by whom; no two services are the same."""

    service: str
    risk: str
    hurry: bool
    standard: int
    cast: int

    @property
    def kind(self) -> tuple[str, bool]:
        """What decides which risk and seats a form shows."""
        return self.risk, self.hurry

    @property
    def values(self) -> dict[str, str]:
        """The form, filled in."""
        until, earlier = ("2026-11-27", "2026-11-26") if self.hurry else ("2026-12-31", "2026-12-30")
        return {
            "target": f"STD-{self.standard:03}.1",
            "service": self.service,
            "environment": "production",
            "tier": "3",
            "reason": "The vendor's appliance cannot do it.",
            "compensating_controls": "It stands in a network of its own.",
            "remediation": "We move to another one.",
            "remedied_by": earlier,
            "until": until,
            **_answers(self.risk),
            **({"emergency": "yes", "emergency_reason": "The till is down."} if self.hurry else {}),
        }


@dataclass(slots=True)
class Pressed:
    """A request that people press on: all contents that it has had, the newest last, by their digests."""

    request: ExceptionRequest
    wish: Wish
    mood: str
    digests: list[str]

    @property
    def is_open(self) -> bool:
        """Whether something can still be said."""
        return self.request.ballot is not None or self.request.stage is Stage.CHANGES_ASKED


class Crowd:
    """Everybody who presses, and what they were told."""

    def __init__(
        self, database: Database, answers: Callable[[Sequence[Click]], Sequence[Answer]], rng: random.Random
    ) -> None:
        """`answers` has clicks made at once, and gives what is said to each."""
        self._database, self._answers, self._rng = database, answers, rng
        self._numbers, self._casts = count(), cycle(range(CASTS))
        self._seen: dict[tuple[str, bool], str] = {}  # what a form has shown, by the kind of the wish
        self.cast: dict[str, tally.Someone] = {}
        self.replies: list[tally.Reply] = []
        self.said, self.seconds = Counter[str](), 0.0
        self.faults: list[str] = []
        everything, by = Subscription(Topic.EXCEPTIONS), Account("slack", "U0", "T1")
        database.write_now(lambda unit: unit.subscriptions.add("slack:C0NEWS", everything, by))

    def press(self, most: int) -> None:
        """A few waves of clicks on some further requests; so many clicks at most."""
        pressed_on = self._asked()
        for wave in range(WAVES):
            clicks = [click for each in pressed_on for click in self._wave(each, wave)][:most]
            most -= len(clicks)
            began = time.perf_counter()
            answers = self._answers(clicks)
            self.seconds += time.perf_counter() - began
            for click, answer in zip(clicks, answers, strict=True):
                self._hear(click, answer)
            self._look(pressed_on, wave)

    def _hear(self, click: Click, answer: Answer) -> None:
        self.said[answer.said] += 1
        if answer.said in ("fault", "silence"):
            self.faults.append(f"{click.request} met {click.by} with a {answer.said}")
        asked = (click.key, click.request, str(click.by), click.wanted, click.digest)
        self.replies.append(tally.Reply(*asked, answer.said, click.whole))

    def _asked(self) -> list[Pressed]:
        """Requests that were just sent, each by another cast. Whoever has not seen the risk yet sees it first."""
        waiting, sent = [self._wish(next(self._casts)) for _ in range(REQUESTS_AT_ONCE)], list[Wish]()
        while waiting:
            answers = self._answers([self._sending(wish) for wish in waiting])
            for wish, answer in zip(waiting, answers, strict=True):
                if answer.said == "form":
                    self._seen[wish.kind] = read_origin(answer.about).seen
                elif answer.said != "counted":
                    self.faults.append(f"{wish.service} could not be sent: {answer.said}")
            taken = [wish for wish, answer in zip(waiting, answers, strict=True) if answer.said == "counted"]
            waiting = [wish for wish, answer in zip(waiting, answers, strict=True) if answer.said == "form"]
            sent += taken

        def found(unit: Transaction) -> list[ExceptionRequest]:
            return [unit.exceptions.listed(now=unit.now, service=wish.service)[0][0] for wish in sent]

        stored = self._database.read_now(found)
        moods = self._rng.choices([*MOODS], (5, 3, 2, 3), k=len(stored))
        return [Pressed(each, wish, mood, [each.digest]) for each, wish, mood in zip(stored, sent, moods, strict=True)]

    def _wish(self, cast: int) -> Wish:
        risk = self._rng.choices([*RISKS], (4, 4, 2))[0]
        hurry = risk == "moderate" and self._rng.random() < 0.25
        return Wish(f"service {next(self._numbers)}", risk, hurry, self._rng.randrange(1, STANDARDS + 1), cast)

    def _sending(self, wish: Wish) -> Click:
        by, _ = self._person(ASKER, str(wish.cast), wave=0)
        return Click(self._key(), by, "exception_request", str(Origin(seen=self._seen.get(wish.kind, ""))), wish.values)

    def _wave(self, pressed: Pressed, wave: int) -> Iterator[Click]:
        """Clicks on a request, to be made at once. Some come twice: by the same delivery, by another one, from the other account."""
        mood = MOODS[pressed.mood]
        most = WAVE[1] if pressed.request.terms.level == "low" else WAVE[-1]
        number = min(most, self._rng.choice(WAVE)) if pressed.is_open else AFTERWARDS
        for does in self._rng.choices([*mood], [*mood.values()], k=number):
            click = self._click(pressed, does, wave)
            yield click
            twice = self._rng.random()
            if twice < 0.1:
                yield click
            elif twice < 0.2:
                yield replace(click, key=self._key())
            elif twice < 0.3:
                name, _, human = click.by.id.partition(":")
                by, age = self._person(name, human.removeprefix(name), wave)
                yield replace(click, key=self._key(), by=by, age=age)

    def _click(self, pressed: Pressed, does: str, wave: int) -> Click:
        request, rng = pressed.request, self._rng
        digest = pressed.digests[-1] if rng.random() < 0.9 else rng.choice([*pressed.digests, "0" * 16])
        wanted = {seat.role for seat in request.terms.seats}
        likely = [name for name, roles in PEOPLE.items() if wanted & {*roles} and name not in ODD]
        name = rng.choice(likely if rng.random() < 0.8 else [*PEOPLE])
        if does in BY_THE_ASKER and rng.random() < 0.9:
            name = ASKER
        by, age = self._person(name, request.id if name == "lost" else str(pressed.wish.cast), wave)
        values, whole = _words(request, does), True
        if values and rng.random() < 0.1:
            values.popitem()
            whole = False
        verb, about = "exception_step", f"{request.id} {does} {digest}"
        if does == "resubmit":
            is_kept = request.wish.emergency or rng.random() < 0.7
            risk = request.terms.level if is_kept else rng.choice([*RISKS])
            seen = self._seen.get((risk, request.wish.emergency), "")
            verb, about = "exception_request", str(Origin(resubmits=request.id, digest=digest, seen=seen))
            values = pressed.wish.values | _answers(risk) | {"reason": f"Reason {next(self._numbers)}."}
        return Click(self._key(), by, verb, about, values, age, request.id, NAMES[does], digest, whole)

    def _person(self, name: str, cast: str, wave: int) -> tuple[Account, float]:
        """One of the accounts of somebody, as it is vouched for now, and the age of that in seconds. Whoever is lost loses their
        roles after the first wave."""
        platform = "slack" if name in ODD else self._rng.choice(("slack", "teams"))
        human = f"{name}{cast}"
        standing = {"guest": Standing.GUEST, "stranger": Standing.STRANGER}.get(name, Standing.MEMBER)
        roles = () if name == "lost" and wave else PEOPLE[name]
        email = "" if name == "unknown" else f"{human}@example.org".lower()
        groups = frozenset(f"slack:{GROUPS[role]}" for role in roles)
        account = Account(platform, f"{name}:{human}", "T1", standing, name=name.title(), email=email, groups=groups)
        known = tally.Someone(
            human,
            frozenset(PEOPLE[name]),
            member=standing is Standing.MEMBER,
            linked=name != "unknown",
            fresh=name != "late",
            until=0 if name == "lost" and wave else None,
        )
        self.cast.setdefault(str(account), known)
        return account, OLD if name == "late" else 1.0

    def _look(self, pressed: Sequence[Pressed], wave: int) -> None:
        """People see what came of a wave: it has been posted."""

        def seen(unit: Transaction) -> tuple[list[ExceptionRequest | None], int]:
            unit.connection.execute(POSTED)
            return [unit.exceptions.get(each.request.id) for each in pressed], unit.audit.head()[0]

        found, last = self._database.write_now(seen)
        for each, request in zip(pressed, found, strict=True):
            assert request is not None
            each.request = request
            if request.digest not in each.digests:
                each.digests.append(request.digest)
            lost = f"slack:lost:lost{request.id}"
            if wave == 0 and lost in self.cast:
                self.cast[lost] = replace(self.cast[lost], until=last)

    def _key(self) -> str:
        return f"bench:{next(self._numbers)}"


def _words(request: ExceptionRequest, does: str) -> dict[str, str]:
    """What stands in the form of a step."""
    formal = request.terms.rule.formal_acceptance and does.startswith("approve")
    values = {"acceptance": "I accept the risk."} if formal else {}
    if does == "approve_with_conditions":
        owner = "pat0@example.org"
        values |= {"condition:1:text": "Rotate it.", "condition:1:owner": owner, "condition:1:due": "2026-11-26"}
    if does in ("decline", "ask_for_changes"):
        values["words"] = "Because."
    return values


def _answers(risk: str) -> dict[str, str]:
    exposure, data = RISKS[risk]
    return {"risk:exposure": exposure, "risk:data": data}
