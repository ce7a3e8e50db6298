"""From what stands in `governance.yaml` to decision rights: strict, every fault at once, each with its line and its mend.

What is left out takes the starter file's values: the parts at the top, the rule of a level and each of its lines, and
the members of `risk`, `escalate`, `reviews`, `incidents` and `calendar`. Lists of names (roles, questions, levels,
outcomes) are whole when they are written.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, tzinfo
from itertools import pairwise
from types import MappingProxyType
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.calendar import Calendar, Span, Unit
from bot.domain.governance import (
    EMERGENCY,
    Escalation,
    Governance,
    Incidents,
    Meeting,
    Outcome,
    Points,
    Reviews,
    Risk,
    Role,
    Rule,
    Seat,
)
from bot.domain.reading import SHOWN, Page, Part, Place
from bot.domain.seats import places, seated
from bot.errors import ConfigurationError

MOST_POINTS = 1_000
MOST_SEATS = 20
FIELDS = ("reason", "compensating_controls", "remediation", "remedied_by", "links", "service", "tier", "environment")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_RULE = ("seats", "within", "lapse", "at_most", "requires")
KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(  # by place; in upper case a name that the author chooses
    {
        "": ("roles", "risk", "decide", "warn_before_expiry", "escalate", "reviews", "incidents", "calendar"),
        "roles.ROLE": ("people", "slack_groups", "entra_groups", "rooms", "lead"),
        "risk": ("questions", "levels"),
        "decide.LEVEL": (*_RULE, "formal_acceptance"),
        "decide.LEVEL.seats": ("role", "people"),
        "decide.emergency": (*_RULE, "second_look"),
        "escalate": ("after", "to"),
        "reviews": ("questions", "outcomes", "areas"),
        "reviews.outcomes.OUTCOME": ("from", "reviewers", "within", "comment", "meets", "agenda", "room"),
        "incidents": ("announce", "assess_emergency_change"),
        "calendar": ("timezone", "business_hours", "holidays"),
    }
)
_FILLED = ("risk", "escalate", "reviews", "incidents", "calendar")  # whose left-out members are the starter's
_WHOLE_DAYS: Mapping[Unit, int] = MappingProxyType({Unit.DAY: 1, Unit.WEEK: 7})
_ANY_MONDAY = date(2026, 11, 2)  # to compare spans by
_SLACK_GROUP = re.compile(r"S[A-Z0-9]+")
_ENTRA_GROUP = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_SEVERITY = re.compile(r"SEV-[0-9]+")

Roles = Mapping[str, Role]


def read(
    written: object,
    lines: Mapping[Place, int],
    starter: Mapping[str, object],
    *,
    path: str = "governance.yaml",
    revision: str = "",
    digest: str = "",
) -> Governance:
    """Decision rights from plain values. `lines` says where each stands, `starter` is what left-out parts take.

    Raises `ConfigurationError` with all faults.
    """
    page = Page(path, lines, KEYS)
    parts = Part(_filled(written, starter, page), page).members("")
    roles, risk, calendar = _roles(parts["roles"]), _risk(parts["risk"]), _calendar(parts["calendar"])
    found = Governance(
        roles=roles,
        calendar=calendar,
        risk=risk,
        decide=_decide(parts["decide"], risk, roles, calendar),
        warn_before_expiry=_warnings(parts["warn_before_expiry"]),
        escalate=_escalation(parts["escalate"], roles),
        reviews=_reviews(parts["reviews"], roles, calendar),
        incidents=_incidents(parts["incidents"]),
        revision=revision or digest,
        digest=digest,
    )
    if page.faults:
        raise ConfigurationError(page.sentences())
    return found


def _filled(written: object, starter: Mapping[str, object], page: Page) -> dict[str, object]:
    """What was written, with the starter's values for what was left out."""
    filled = _over(starter, written, page)
    for name in _FILLED:
        filled[name] = _over(starter[name], filled[name], page, name)
    rules = _over(starter["decide"], filled["decide"], page, "decide")
    known = starter["decide"] if isinstance(starter["decide"], dict) else {}
    filled["decide"] = {
        level: _over(known.get(level, {}), rule, page, "decide", level) for level, rule in rules.items()
    }
    return filled


def _over(below: object, above: object, page: Page, *place: str) -> dict[str, object]:
    """The members of a mapping, those of another one in the place of what it leaves out. What is no mapping is a fault,
    and the other one is read in its place."""
    members = dict(below) if isinstance(below, Mapping) else {}
    if not isinstance(above, dict):
        part, form = Part(above, page, place), ".".join(place)
        if form in page.keys:
            part.members(form)
        else:
            part.entries()
        return members
    members.update((key, value) for key, value in above.items() if value is not None or key not in members)
    return members


def _roles(part: Part) -> Roles:
    roles = {}
    for name, role in part.entries().items():
        members = role.members("roles.ROLE")
        roles[name] = Role(
            people=members["people"].once(Part.address) if "people" in members else (),
            slack_groups=members["slack_groups"].once(_slack_group) if "slack_groups" in members else (),
            entra_groups=members["entra_groups"].once(_entra_group) if "entra_groups" in members else (),
            rooms=members["rooms"].once(Part.room) if "rooms" in members else (),
            lead=members["lead"].address() if "lead" in members else "",
        )
        if not (roles[name].people or roles[name].groups or role.is_faulty):
            role.fault("is held by nobody; add people, slack_groups or entra_groups")
    if part.value == {}:
        part.fault("names no role; add at least one")
    return MappingProxyType(roles)


def _slack_group(part: Part) -> str:
    return part.formed(_SLACK_GROUP, "S012ARCH", "no id of a Slack user group; it begins with S, like S012ARCH")


def _entra_group(part: Part) -> str:
    like = "3f2c7d1e-5b64-4c0a-9a41-2d8f6e0b1c97"
    return part.formed(_ENTRA_GROUP, like, f"no object id of an Entra group; it looks like {like}").lower()


def _risk(part: Part) -> Risk:
    members = part.members("risk")
    entries = members["levels"].entries()
    if EMERGENCY in entries:
        entries[EMERGENCY].fault("is chosen by the asker and is no level; give it another name")
    return Risk(_questions(members["questions"]), MappingProxyType(_ladder(members["levels"], entries, entries)))


def _questions(part: Part) -> Points:
    questions = {}
    for name, answers in part.entries().items():
        points = {answer: weight.number(0, MOST_POINTS) or 0 for answer, weight in answers.entries().items()}
        if answers.value == {}:
            answers.fault("has no answers; write them like {internal: 0, public: 2}")
        questions[name] = MappingProxyType(points)
    return MappingProxyType(questions)


def _ladder(part: Part, entries: Mapping[str, Part], weights: Mapping[str, Part]) -> dict[str, int]:
    """The points from which on each of several levels holds, lowest first: the first at 0, so that all answers lead
    somewhere, and each at more than the one before it, so that what stands higher is higher."""
    points = {name: weight.number(0, MOST_POINTS) for name, weight in weights.items()}
    sound = {name: begins for name, begins in points.items() if begins is not None}
    if part.value == {}:
        part.fault("is empty; name at least one that begins at 0 points")
    if not sound or len(sound) < len(entries):
        return sound
    for (before, lower), (name, begins) in pairwise(sound.items()):
        if begins <= lower:
            reason = f"begins at {begins} points, and {before} before it at {lower}"
            entries[name].fault(f"{reason}; write the lowest first, and each with more points than the one before")
            return sound
    first, begins = next(iter(sound.items()))
    if begins:
        entries[first].fault(f"is the lowest and must begin at 0 points, not {begins}; then all answers lead somewhere")
    return sound


def _decide(part: Part, risk: Risk, roles: Roles, calendar: Calendar) -> Mapping[str, Rule]:
    rules = {}
    levels = (*risk.levels, EMERGENCY)
    entries = part.entries()
    for level, entry in entries.items():
        if level in levels:
            rule = _rule(entry, roles, calendar, emergency=level == EMERGENCY)
            if rule:
                rules[level] = rule
        elif entry.is_written and ("risk", "levels") not in part.page.faulty:
            near = difflib.get_close_matches(level, levels, 1, 0.6)
            hint = f"did you mean {near[0]}?" if near else f"add it to risk.levels, or take one of {', '.join(levels)}"
            entry.fault(f"is no level of risk; {hint}")
    for level in risk.levels:
        if level not in entries:
            alone = Part(None, part.page, ("risk", "levels", level))
            alone.fault(f"has no rule; add decide.{level} with seats, within, lapse and at_most")
    return MappingProxyType(rules)


def _rule(part: Part, roles: Roles, calendar: Calendar, *, emergency: bool) -> Rule | None:
    members = part.members("decide.emergency" if emergency else "decide.LEVEL")
    for name in ("seats", "within", "at_most", "second_look" if emergency else "lapse"):
        if name not in members:
            part.fault(f"lacks {name}; add it")
    spans = {name: members[name].span() for name in ("within", "lapse", "at_most", "second_look") if name in members}
    seats = _seats(members["seats"], roles, all_of_them=not emergency) if "seats" in members else ()
    within, at_most, lapse = spans.get("within"), spans.get("at_most"), spans.get("lapse")
    if within and lapse and _longer(within, lapse, calendar):
        of = next((members[name] for name in ("lapse", "within") if members[name].is_written), part)
        of.fault(f"a request would lapse (after {lapse}) before its deadline (within {within}); make lapse longer")
    if at_most and at_most.unit not in _WHOLE_DAYS:
        members["at_most"].fault("is counted in days of the calendar; write it like 90 days")
    requires = _required(members["requires"]) if "requires" in members else ()
    acceptance = "formal_acceptance" in members and members["formal_acceptance"].truth()
    if within is None or at_most is None:
        return None
    return Rule(seats, within, at_most, lapse, requires, acceptance, spans.get("second_look"))


def _longer(one: Span, other: Span, calendar: Calendar) -> bool:
    """Whether a span is longer than another one in a week without holidays."""
    begins = calendar.start_of_business(_ANY_MONDAY)
    plain = replace(calendar, holidays=frozenset())
    return plain.add(begins, one) > plain.add(begins, other)


def _required(part: Part) -> tuple[str, ...]:
    return part.once(lambda item: item.one_of(FIELDS, "field of a request"))


def _seats(part: Part, roles: Roles, *, all_of_them: bool = True) -> tuple[Seat, ...]:
    """The seats of a list. `all_of_them`: each is to be filled; else one is enough."""
    seats: dict[str, Seat] = {}
    items = list(part.items())
    for item in items:
        members = {"role": item} if isinstance(item.value, str) else item.members("decide.LEVEL.seats")
        if "role" not in members:
            if not item.is_faulty:
                item.fault("lacks the role; write {role: architect, people: 1} or architect")
            continue
        role = _role(members["role"], roles)
        people = members["people"].number(1, MOST_SEATS) or 1 if "people" in members else 1
        if role in seats:
            item.fault(f"{role} is named twice; write it once with the people of both")
        elif role:
            seats[role] = Seat(role, people)
    if part.value == []:
        part.fault("names no seat; somebody has to decide: write [architect]")
    found = tuple(seats.values())
    if (wanted := len(places(found))) > MOST_SEATS:
        part.fault(f"asks for {wanted} people; ask for {MOST_SEATS} at most")
    elif all_of_them and all(item.is_written for item in items) and not _can_be_filled(found, roles, part.page):
        reason = "could never be filled: one person fills one seat, and too few hold these roles"
        part.fault(f"{reason}; add people to a role, or ask for fewer")
    return found


def _can_be_filled(seats: Sequence[Seat], roles: Roles, page: Page) -> bool:
    """Whether there are people enough, as far as the file tells: who is in a group it does not, nor who was meant to hold a
    role that is faulty."""
    known = [seat for seat in seats if not (roles[seat.role].groups or ("roles", seat.role) in page.faulty)]
    people = dict.fromkeys(address for seat in known for address in roles[seat.role].people)
    wanted = [frozenset(roles[role].people) for role in places(known)]
    return seated([Seat(address) for address in people], wanted) is not None  # each place takes a person of its own


def _role(part: Part, roles: Roles) -> str:
    """The name of a role that there is. What was filled in from the starter file may name one that is not there: nobody holds it."""
    return part.one_of(roles, "role") if part.is_written else part.text()


def _warnings(part: Part) -> tuple[Span, ...]:
    spans: list[Span] = []
    for item in part.items():
        span = item.span()
        if span is None:
            continue
        if span.unit not in _WHOLE_DAYS:
            item.fault(f"{span}: warnings come whole days before the end; write it like 7 days")
        elif spans and _days(span) > _days(spans[-1]):
            item.fault(f"{span} stands after {spans[-1]}; write the longest first")
        else:
            spans.append(span)
    return tuple(spans)


def _days(span: Span) -> int:
    return span.count * _WHOLE_DAYS[span.unit]


def _escalation(part: Part, roles: Roles) -> Escalation | None:
    members = part.members("escalate")
    after, to = members["after"].span(), _role(members["to"], roles)
    return Escalation(after, to) if after else None


def _reviews(part: Part, roles: Roles, calendar: Calendar) -> Reviews:
    members = part.members("reviews")
    entries = members["outcomes"].entries()
    inner = {name: entry.members("reviews.outcomes.OUTCOME") for name, entry in entries.items()}
    for name in [name for name in inner if "from" not in inner[name]]:
        if not entries[name].is_faulty:
            entries[name].fault("lacks from; add the points from which it holds")
    weights = {name: lines["from"] for name, lines in inner.items() if "from" in lines}
    points = _ladder(members["outcomes"], entries, weights)
    outcomes = {
        name: _outcome(entry, inner[name], points.get(name, 0), roles, calendar) for name, entry in entries.items()
    }
    areas = {tag: people.once(Part.address) for tag, people in members["areas"].entries().items()}
    return Reviews(_questions(members["questions"]), MappingProxyType(outcomes), MappingProxyType(areas))


def _outcome(part: Part, members: Mapping[str, Part], points: int, roles: Roles, calendar: Calendar) -> Outcome:
    spans = {name: members[name].span() for name in ("within", "comment", "agenda") if name in members}
    within, comment = spans.get("within"), spans.get("comment")
    if within and comment and _longer(comment, within, calendar):
        members["comment"].fault(f"{comment} of comments would end after the review (within {within}); make it shorter")
    if "agenda" in members and "meets" not in members:
        members["agenda"].fault("is posted before a meeting; add meets, or remove it")
    if members.keys() - {"from", "reviewers"} and "reviewers" not in members:
        part.fault("lacks reviewers; somebody has to review: add reviewers, or leave only from")
    return Outcome(
        points=points,
        reviewers=_seats(members["reviewers"], roles) if "reviewers" in members else (),
        within=within,
        comment=comment,
        meets=_meeting(members["meets"]) if "meets" in members else None,
        agenda=spans.get("agenda"),
        room=members["room"].room() if "room" in members else "",
    )


def _meeting(part: Part) -> Meeting | None:
    text = part.text('"Tuesday 14:00"')
    weekday, _, clock = text.partition(" ")
    at = part.clock(clock)
    if weekday in WEEKDAYS and at is not None:
        return Meeting(WEEKDAYS.index(weekday), at)
    if text:
        part.fault(f'{part.shown} is no weekday and time; write it like "Tuesday 14:00"')
    return None


def _incidents(part: Part) -> Incidents:
    members = part.members("incidents")
    announce = {}
    for severity, rooms in members["announce"].entries().items():
        if not _SEVERITY.fullmatch(severity):
            rooms.fault("is no severity; write it like SEV-1")
        announce[severity] = rooms.once(Part.room)
    return Incidents(MappingProxyType(announce), members["assess_emergency_change"].span())


def _calendar(part: Part) -> Calendar:
    members = part.members("calendar")
    zone = _zone(members["timezone"])
    holidays = frozenset(day for item in members["holidays"].items() if (day := item.day()))
    hours = members["business_hours"]
    text = hours.text('"09:00-17:30"')
    begins, _, ends = text.partition("-")
    opens, closes = hours.clock(begins), hours.clock(ends)
    whole_day = ends.strip() == "24:00"
    if opens is None or (closes is None and not whole_day) or (closes and closes <= opens):
        if text:
            hours.fault(f'{hours.shown} is not from one time to a later one; write it like "09:00-17:30"')
        return Calendar(zone, holidays=holidays)
    return Calendar(zone, opens, closes, holidays)


def _zone(part: Part) -> tzinfo:
    name = part.text("Europe/London")
    try:
        return ZoneInfo(name) if name else UTC
    except (OSError, ValueError, LookupError):  # not there; not a name, such as a path; a folder of zones
        zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
        near = difflib.get_close_matches(name[:SHOWN], zones, 1, 0.6)  # "Etc/GMT+1" is an hour behind
        hint = f"did you mean {near[0]}?" if near else "write one like Europe/London"
        part.fault(f"{part.shown} is no time zone; {hint}")
        return UTC
