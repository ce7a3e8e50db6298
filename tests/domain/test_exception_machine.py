"""The life of exception requests against a simple model: thousands of steps of everybody, in any order, at any time.

The model keeps a handful of plain words and sets and knows nothing of the code: who has said yes in this ballot, which state
the request and its waiver are in, and the dates. Seats are counted by trying out every seating.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.domain import exception_submissions as submissions
from bot.domain import waivers
from bot.domain.absences import Delegation, away
from bot.domain.exception_deadlines import moved, timers
from bot.domain.exception_dues import fall_due
from bot.domain.exception_requests import Ballot, Choice, ExceptionRequest, read, written
from bot.domain.exception_steps import Step
from bot.domain.people import Standing
from bot.domain.rights import Voter
from bot.domain.seats import places
from bot.errors import Refusal
from tests.domain.cast import CALM, HIGH, LOW, MODERATE, MONDAY, RULES, demand, say, voter, wish

LONDON = RULES.calendar
ROLES = {
    "grace": {"architect"},  # who asks
    "ada": {"architect"},
    "alan": {"architect", "platform"},
    "pat": {"platform", "security"},
    "sam": {"security"},
    "dora": {"director", "architect"},
    "eve": set[str](),
}
SEATS = {
    "low": ["architect"],
    "moderate": ["architect", "platform", "security"],
    "high": ["security", "director"],
    "emergency": ["architect"],
}
ANSWERS = {"low": LOW, "moderate": MODERATE, "high": HIGH}
MOMENT = timedelta(microseconds=1)
who = st.sampled_from([*ROLES])
platform = st.sampled_from(["slack", "teams"])


def fits(seats: list[str], people: list[set[str]]) -> bool:
    """Whether all can sit, each on a seat of their own."""
    return any(
        all(role in held for role, held in zip(chosen, people, strict=True))
        for chosen in permutations(seats, len(people))
    )


class ALifeOfARequest(RuleBasedStateMachine):
    """The request as the code has it, and beside it what the model says."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.steps = 0
        self.away: Delegation | None = None  # Sam's, to Ada

    @initialize(level=st.sampled_from([*ANSWERS]), emergency=st.booleans(), days=st.integers(0, 7))
    def ask(self, level: str, emergency: bool, days: int) -> None:
        until = self.now.date() + timedelta(days=7 - days if emergency else 70 - days * 10)
        form = wish(answers=ANSWERS[level], emergency=emergency, emergency_reason="Now.", until=until, remedied_by=None)
        self.request = submissions.submit("EX-7", form, self.person("grace"), self.now, RULES).request
        self.store = {timer.key: timer for timer in timers(self.request)}
        self.set_at = dict.fromkeys(self.store, self.now)
        self.done: set[str] = set()
        self.older: list[str] = []  # digests of ballots that are over
        # the model
        self.level, self.until = level, until
        self.state, self.waiver = "submitted", ""
        self.emergency = emergency  # it is one that was not granted yet
        self.yes: dict[str, tuple[set[str], int, str]] = {}  # name → roles, strictness, whom they speak for
        self.look_by: datetime | None = None
        self.ends: datetime | None = None
        self.open_conditions = set[int]()
        self.conditions = 0
        self.asked_about: set[int] = set()

    @rule(level=st.sampled_from([*ANSWERS]), emergency=st.booleans(), days=st.integers(0, 7), conditional=st.booleans())
    def another_is_asked_for_and_approved(self, level: str, emergency: bool, days: int, conditional: bool) -> None:
        if self.is_over() and self.now < MONDAY + timedelta(days=40):  # it stays winter in London
            self.ask(level, emergency, days)
        if self.state == "submitted":
            self.approve_each(["pat", "sam", "dora", "alan", "ada"], conditional=conditional)

    # What the world does

    @rule(hours=st.sampled_from([0.01, 1, 5, 20, 26, 24 * 6]))
    def some_time_passes(self, hours: float) -> None:
        self.time_passes(hours)

    def time_passes(self, hours: float) -> None:
        """The clock moves; what falls due happens in its order, each key once."""
        self.now += timedelta(hours=hours)
        while waiting := [timer for key, timer in self.store.items() if key not in self.done and timer.due <= self.now]:
            timer = min(waiting, key=lambda each: (each.due, each.key))
            assert fall_due(self.request, timer.key, timer.due - MOMENT, LONDON) is None, "never early"
            self.done.add(timer.key)
            step = fall_due(self.request, timer.key, self.now, LONDON)
            what = timer.key.removeprefix("EX-7:").split(":")
            self.model_due(what)
            if step:
                self.take(step)

    def model_due(self, what: list[str]) -> None:
        match what:
            case ["lapse", _]:
                self.state = "lapsed"
            case ["second_look"]:
                self.state = "lapsed"
                if self.waiver == "in force" and self.ends and self.now < self.ends:
                    self.waiver = "revoked"
            case ["expire", _]:
                self.waiver, self.asked_about = "expired", set()
            case ["condition", number, _] if self.waiver == "in force":
                if self.state == "approved":
                    self.asked_about.add(int(number))
                    self.yes = {}

    @rule()
    def the_next_thing_falls_due(self) -> None:
        if waiting := [timer.due for key, timer in self.store.items() if key not in self.done]:
            self.time_passes(max(timedelta(0), min(waiting) - self.now) / timedelta(hours=1))

    @rule(until=st.integers(0, 5))
    def sam_goes_away(self, until: int) -> None:
        sam, ada = self.person("sam"), self.person("ada")
        day = LONDON.today(self.now) + timedelta(days=until)
        self.away = Delegation(away(sam.as_person, day, ada.as_person, self.now, LONDON), frozenset({"security"}))

    # What people do

    @rule(name=who, platform=platform, choice=st.sampled_from([Choice.APPROVE, Choice.APPROVE_WITH_CONDITIONS]))
    def somebody_approves(self, name: str, platform: str, choice: Choice) -> None:
        self.approve(name, platform, choice)

    def approve(self, name: str, platform: str, choice: Choice) -> None:
        due = LONDON.today(self.now) + timedelta(days=2)
        conditional = choice is Choice.APPROVE_WITH_CONDITIONS
        demands = (demand(due=due),) if conditional else ()
        speaks = self.may(name, 1 if conditional else 0)
        in_time = self.state == "submitted" and bool(self.waiver or LONDON.today(self.now) <= self.until)
        runs = self.waiver == "in force" and self.now < (self.ends or self.now)
        in_time = in_time and (not conditional or (bool(self.waiver) and not runs) or due <= self.until)
        ballot = self.request.ballot
        worked = self.tries(lambda: say(self.request, self.person(name, platform), choice, self.now, demands=demands))
        assert worked == bool(speaks and in_time)
        if worked and speaks:
            self.yes[name] = (speaks[0], 1 if conditional else 0, speaks[1])
            if ballot is Ballot.EMERGENCY:
                self.model_granted()
            elif len(self.yes) == len(SEATS[self.level]):
                self.model_approved()

    @rule(names=st.permutations(["ada", "alan", "pat", "sam", "dora"]), conditional=st.booleans())
    def everybody_approves(self, names: list[str], conditional: bool) -> None:
        self.approve_each(names, conditional=conditional)

    def approve_each(self, names: list[str], *, conditional: bool) -> None:
        for name in names:
            self.approve(name, "teams", Choice.APPROVE_WITH_CONDITIONS if conditional else Choice.APPROVE)

    @precondition(lambda self: self.asked_about)
    @rule(names=st.permutations(["ada", "alan", "pat", "sam", "dora"]))
    def everybody_keeps(self, names: list[str]) -> None:
        for name in names:
            self.keep(name)

    @rule(
        name=who,
        platform=platform,
        choice=st.sampled_from([Choice.DECLINE, Choice.ASK_FOR_CHANGES]),
        sure=st.integers(0, 3),
    )
    def object_to_it(self, name: str, platform: str, choice: Choice, sure: int) -> None:
        if sure:  # else few requests would live long
            return
        speaks = self.may(name, 2)
        worked = self.tries(lambda: say(self.request, self.person(name, platform), choice, self.now))
        assert worked == bool(speaks and self.state == "submitted")
        if worked and choice is Choice.ASK_FOR_CHANGES:
            self.state = "changes asked"
        elif worked:
            self.state = "declined"
            if self.waiver == "in force" and self.now < (self.ends or self.now):
                self.waiver = "revoked"

    @rule(name=who, choice=st.sampled_from(Choice))
    def press_an_older_button(self, name: str, choice: Choice) -> None:
        if self.older and choice is not Choice.KEEP:
            digest = self.older[-1]
            assert not self.tries(lambda: say(self.request, self.person(name), choice, self.now, digest=digest))

    @rule(level=st.sampled_from([*ANSWERS]), who=st.sampled_from(["grace", "ada"]), sure=st.integers(0, 3))
    def send_again(self, level: str, who: str, sure: int) -> None:
        if sure and self.state != "changes asked":
            return
        form = wish(
            answers=ANSWERS[level],
            reason=f"Reason {self.request.revision}.",
            emergency=self.request.wish.emergency,
            emergency_reason="Now.",
            until=self.until,
            remedied_by=None,
        )
        allowed = who == "grace" and self.state in ("submitted", "changes asked")
        timely = bool(self.waiver) or LONDON.today(self.now) <= self.until
        worked = self.tries(lambda: submissions.resubmit(self.request, form, self.person(who), self.now, RULES))
        assert worked == (allowed and timely)
        if worked:
            self.level, self.state, self.yes = level, "submitted", {}

    @precondition(lambda self: self.steps > 6)
    @rule(who=who)
    def withdraw(self, who: str) -> None:
        worked = self.tries(lambda: submissions.withdraw(self.request, self.person(who), self.now))
        assert worked == (who == "grace" and self.state in ("submitted", "changes asked") and not self.waiver)
        if worked:
            self.state = "withdrawn"

    @rule(name=who)
    def somebody_keeps(self, name: str) -> None:
        self.keep(name)

    def keep(self, name: str) -> None:
        speaks = self.may(name, 0)
        digest = self.request.digest
        worked = self.tries(lambda: waivers.keep(self.request, self.person(name), self.now, digest=digest))
        assert worked == bool(speaks and self.asked_about and self.waiver == "in force")
        if worked and speaks:
            self.yes[name] = (speaks[0], 0, speaks[1])
            if len(self.yes) == len(SEATS[self.level]):
                self.asked_about = set()

    @precondition(lambda self: self.waiver)
    @rule(name=who, sure=st.integers(0, 3))
    def revoke(self, name: str, sure: int) -> None:
        if sure:
            return
        roles = self.roles(name)
        wanted = {*SEATS[self.level], *(SEATS["emergency"] if self.request.wish.emergency else [])}
        worked = self.tries(lambda: waivers.revoke(self.request, self.person(name), "No.", self.now))
        assert worked == (name != "grace" and bool(roles & wanted) and self.waiver == "in force")
        if worked:
            self.waiver, self.asked_about = "revoked", set()
            if self.state in ("submitted", "changes asked"):
                self.state = "declined"

    @precondition(lambda self: self.waiver)
    @rule(name=who, sure=st.integers(0, 3))
    def remedy(self, name: str, sure: int) -> None:
        if sure:
            return
        wanted = {*SEATS[self.level], *(SEATS["emergency"] if self.request.wish.emergency else [])}
        worked = self.tries(lambda: waivers.remedy(self.request, self.person(name), "Done.", self.now))
        assert worked == ((name == "grace" or bool(self.roles(name) & wanted)) and self.waiver == "in force")
        if worked:
            self.waiver, self.asked_about = "closed", set()

    @precondition(lambda self: self.open_conditions)
    @rule(data=st.data())
    def meet(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.open_conditions)))
        assert self.tries(lambda: waivers.meet(self.request, number, self.person("grace"), "Done.", self.now))
        self.open_conditions.remove(number)
        was_asked = bool(self.asked_about)
        self.asked_about.discard(number)
        if was_asked and not self.asked_about:
            self.yes = {}

    @rule(name=who, trouble=st.sampled_from(["guest", "stranger", "unlinked", "old"]), choice=st.sampled_from(Choice))
    def somebody_who_never_decides(self, name: str, trouble: str, choice: Choice) -> None:
        other = {
            "guest": voter(name, standing=Standing.GUEST, roles=ROLES[name]),
            "stranger": voter(name, standing=Standing.STRANGER, roles=ROLES[name]),
            "unlinked": voter(name, person="", roles=ROLES[name]),
            "old": voter(name, age=61, roles=ROLES[name]),
        }[trouble]
        request, digest = self.request, self.request.digest
        if choice is Choice.KEEP:
            assert not self.tries(lambda: waivers.keep(request, other, self.now, digest=digest))
            if name != "grace":
                assert not self.tries(lambda: waivers.revoke(request, other, "No.", self.now))
        else:
            assert not self.tries(lambda: say(request, other, choice, self.now))

    # What always holds

    @invariant()
    def the_model_and_the_code_agree(self) -> None:
        if not hasattr(self, "request"):
            return
        stage = "approved" if self.request.stage.startswith("approved") else str(self.request.stage)
        assert (stage, str(self.request.waiver.state) if self.request.waiver else "") == (self.state, self.waiver)
        assert self.request.terms.level == self.level
        if self.request.ballot:
            assert {voice.right.by.name.lower() for voice in self.request.voices} == set(self.yes)
            assert len(self.request.voices) <= len(places(self.request.seats))
        assert (self.request.ballot is Ballot.OVERDUE) == bool(self.asked_about)
        if self.request.waiver:
            met = {each.number for each in self.request.waiver.conditions if each.met_at is None}
            assert met == self.open_conditions

    @invariant()
    def timers_are_those_of_the_state_and_none_is_set_twice(self) -> None:
        if not hasattr(self, "request"):
            return
        found = timers(self.request)
        assert {timer.key: timer for timer in found} == self.store
        assert all(timer.due.tzinfo is UTC for timer in found)
        # A condition whose day passed while others were still to speak is due when it is set: it falls due at the next look.
        late = {timer.key for timer in found if self.set_at[timer.key] < timer.due <= self.now}
        assert late <= self.done

    @invariant()
    def it_can_be_written_and_read(self) -> None:
        if hasattr(self, "request"):
            assert read(json.loads(json.dumps(written(self.request)))) == self.request

    # What the model knows

    def is_over(self) -> bool:
        return self.state not in ("submitted", "changes asked") and self.waiver != "in force"

    def person(self, name: str, platform: str = "slack") -> Voter:
        held = (self.away,) if self.away and name == "ada" else ()
        return voter(name, platform=platform, roles=ROLES[name], delegations=held)

    def roles(self, name: str) -> set[str]:
        """Also those of somebody whom they speak for at this moment."""
        is_away = self.away is not None and self.away.absence.lasts(self.now)
        return ROLES[name] | ({"security"} if name == "ada" and is_away else set())

    def may(self, name: str, strictness: int) -> tuple[set[str], str] | None:
        """The roles with which somebody may speak now, and for whom; None when they may not."""
        seats = SEATS["emergency"] if self.emergency and not self.waiver else SEATS[self.level]
        if self.asked_about:
            seats = SEATS[self.level]
        if name == "grace" or (name in self.yes and strictness <= self.yes[name][1]):
            return None
        others = {other: said for other, said in self.yes.items() if other != name}
        if any(for_ == name for _, _, for_ in others.values()):
            return None
        ways = [(ROLES[name] & set(seats), "")]
        if (self.roles(name) != ROLES[name] and "sam" not in others) or (
            name == "ada" and self.away and self.away.absence.lasts(self.now) and "sam" not in others
        ):
            ways.append(({"security"} & set(seats), "sam"))
        for roles, for_ in ways:
            if roles and fits(seats, [*(said[0] for said in others.values()), roles]):
                return roles, for_
        return None

    def model_granted(self) -> None:
        self.waiver = "in force"
        self.add_conditions()
        self.ends = datetime.combine(self.until + timedelta(days=1), datetime.min.time(), UTC)  # winter in London
        self.yes = {}

    def model_approved(self) -> None:
        if not self.waiver:
            self.waiver = "in force"
            self.ends = datetime.combine(self.until + timedelta(days=1), datetime.min.time(), UTC)
        self.state = "approved"
        self.add_conditions()

    def add_conditions(self) -> None:
        """Each who approved with conditions had one."""
        for _, strictness, _ in self.yes.values():
            if strictness == 1:
                self.conditions += 1
                self.open_conditions.add(self.conditions)

    # How the code is driven

    def tries(self, command: Callable[[], Step]) -> bool:
        try:
            step = command()
        except Refusal as refusal:
            sentence = refusal.sentence
        else:
            self.take(step)
            return True
        assert "{" not in sentence
        assert sentence.rstrip("”").endswith(".")
        return False

    def take(self, step: Step) -> None:
        """What the store does with a step."""
        before: ExceptionRequest = self.request
        self.request = step.request
        self.steps += 1
        if before.digest != step.request.digest:
            self.older.append(before.digest)
        assert (step.entry is None) == (before == step.request)
        new, gone = moved(before, step.request)
        for key in gone:
            del self.store[key]
        for timer in new:
            assert timer.key not in self.done, f"{timer.key} was done and cannot come again"
            self.store[timer.key] = timer
            self.set_at[timer.key] = self.now


TestTheLifeOfARequest = ALifeOfARequest.TestCase
TestTheLifeOfARequest.settings = settings(CALM, max_examples=100, stateful_step_count=40)

if __name__ == "__main__":  # python -m tests.domain.test_exception_machine 5000
    run_state_machine_as_test(
        ALifeOfARequest, settings=settings(CALM, max_examples=int(sys.argv[1]), stateful_step_count=40)
    )
