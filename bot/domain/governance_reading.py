"""From what stands in `governance.yaml` to decision rights: strict, every fault at once, each with its line and its mend.

What is left out takes the starter file's values: the parts at the top, the rule of a level and each of its lines, and
the members of `risk`, `escalate`, `reviews`, `incidents` and `calendar`. Lists of names (roles, questions, levels,
outcomes) are whole when they are written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from types import MappingProxyType
from zoneinfo import ZoneInfo

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
from bot.domain.reading import Page, Part, Place
from bot.errors import ConfigurationError

MOST_POINTS = 1_000
MOST_SEATS = 20
FIELDS = ("reason", "compensating_controls", "remediation", "remedied_by", "links", "service", "tier", "environment")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_SHAPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "risk": ("questions", "levels"),
        "escalate": ("after", "to"),
        "reviews": ("questions", "outcomes", "areas"),
        "incidents": ("announce", "assess_emergency_change"),
        "calendar": ("timezone", "business_hours", "holidays"),
    }
)
_PARTS = ("roles", "risk", "decide", "warn_before_expiry", "escalate", "reviews", "incidents", "calendar")
_ROLE = ("people", "slack_groups", "entra_groups", "rooms", "lead")
_RULE = ("seats", "within", "lapse", "at_most", "requires", "formal_acceptance")
_EMERGENCY = ("seats", "within", "lapse", "at_most", "requires", "second_look")
_OUTCOME = ("from", "reviewers", "within", "comment", "meets", "agenda", "room")
_ANY_MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)  # to compare spans by

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
    page = Page(path, lines)
    parts = Part(_filled(written, starter, page), page).members(_PARTS)
    roles = _roles(parts["roles"])
    risk = _risk(parts["risk"])
    found = Governance(
        roles=roles,
        calendar=_calendar(parts["calendar"]),
        risk=risk,
        decide=_decide(parts["decide"], risk, roles),
        warn_before_expiry=_warnings(parts["warn_before_expiry"]),
        escalate=_escalation(parts["escalate"], roles),
        reviews=_reviews(parts["reviews"], roles),
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
    for name in _SHAPES:
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
        Part(above, page, place).fault("must be a mapping: lines of `name: value`")
        return members
    members.update((key, value) for key, value in above.items() if value is not None or key not in members)
    return members


def _roles(part: Part) -> Roles:
    roles = {}
    for name, role in part.entries().items():
        members = role.members(_ROLE)
        roles[name] = Role(
            people=members["people"].addresses() if "people" in members else (),
            slack_groups=_groups(members.get("slack_groups"), "slack"),
            entra_groups=_groups(members.get("entra_groups"), "entra"),
            rooms=members["rooms"].rooms() if "rooms" in members else (),
            lead=members["lead"].address() if "lead" in members else "",
        )
        if not members.keys() & {"people", "slack_groups", "entra_groups"}:
            role.fault("is held by nobody; add people, slack_groups or entra_groups")
    if part.value == {}:
        part.fault("names no role; add at least one")
    return MappingProxyType(roles)


def _groups(part: Part | None, platform: str) -> tuple[str, ...]:
    if part is None:
        return ()
    found = []
    for text, item in part.texts():
        if platform == "slack" and not (text.startswith("S") and text.isalnum() and text.upper() == text):
            item.fault(f'"{text[:40]}" is no id of a Slack user group; it begins with S, like S012ARCH')
        elif len(text.split()) > 1 or text.startswith("@"):
            item.fault(f'"{text[:40]}" is no object id of an Entra group')
        else:
            found.append(text if platform == "slack" else text.lower())
    return tuple(found)


def _risk(part: Part) -> Risk:
    members = part.members(_SHAPES["risk"])
    levels = {name: points.number(0, MOST_POINTS) for name, points in members["levels"].entries().items()}
    for name in levels:
        if name == EMERGENCY:
            members["levels"].fault(f'"{EMERGENCY}" is chosen by the asker and is no level; give it another name')
    _ladder(members["levels"], levels)
    return Risk(
        _questions(members["questions"]), MappingProxyType(dict(sorted(levels.items(), key=lambda one: one[1])))
    )


def _questions(part: Part) -> Points:
    questions = {}
    for name, answers in part.entries().items():
        points = {answer: weight.number(0, MOST_POINTS) for answer, weight in answers.entries().items()}
        if not points:
            answers.fault("has no answers; write them like {internal: 0, public: 2}")
        questions[name] = MappingProxyType(points)
    return MappingProxyType(questions)


def _ladder(part: Part, points: Mapping[str, int]) -> None:
    """Each of several levels begins at points of its own, and the lowest at 0: else there are answers without one."""
    if not points:
        part.fault("is empty; name at least one that begins at 0 points")
        return
    ordered = sorted(points.items(), key=lambda one: one[1])
    if ordered[0][1] != 0:
        part.fault(f"the lowest, {ordered[0][0]}, must begin at 0 points, so that all answers lead somewhere")
    for (one, begins), (other, same) in pairwise(ordered):
        if begins == same:
            part.fault(f"{one} and {other} both begin at {begins} points; give one of them more")


def _decide(part: Part, risk: Risk, roles: Roles) -> Mapping[str, Rule]:
    rules = {}
    levels = (*risk.levels, EMERGENCY)
    entries = part.entries()
    for level, entry in entries.items():
        if level in levels:
            rule = _rule(entry, roles, emergency=level == EMERGENCY)
            if rule:
                rules[level] = rule
        elif entry.is_written:
            entry.fault(f"is no level of risk; there are {', '.join(levels)}")
    for level in levels:
        if level not in entries:
            part.fault(f"lacks a rule for {level}; add one with seats, within, lapse and at_most")
    return MappingProxyType(rules)


def _rule(part: Part, roles: Roles, *, emergency: bool) -> Rule | None:
    members = part.members(_EMERGENCY if emergency else _RULE)
    needed = ("seats", "within", "at_most", "second_look" if emergency else "lapse")
    for name in needed:
        if name not in members:
            part.fault(f"lacks {name}; add it")
    spans = {name: members[name].span() for name in ("within", "lapse", "at_most", "second_look") if name in members}
    seats = _seats(members["seats"], roles) if "seats" in members else ()
    within, at_most, lapse = spans.get("within"), spans.get("at_most"), spans.get("lapse")
    if within and lapse and _longer(within, lapse):
        part.fault(f"a request would lapse (after {lapse}) before its deadline (within {within}); make lapse longer")
    if at_most and at_most.unit not in (Unit.DAY, Unit.WEEK):
        members["at_most"].fault("is counted in days of the calendar; write it like 90 days")
    requires = tuple(_required(members["requires"])) if "requires" in members else ()
    acceptance = "formal_acceptance" in members and members["formal_acceptance"].truth()
    if within is None or at_most is None:
        return None
    return Rule(seats, within, at_most, lapse, requires, acceptance, spans.get("second_look"))


def _longer(one: Span, other: Span) -> bool:
    calendar = Calendar()
    return calendar.add(_ANY_MONDAY, one) > calendar.add(_ANY_MONDAY, other)


def _required(part: Part) -> Collection[str]:
    return [name for _, item in part.texts() if (name := item.one_of(FIELDS, "field of a request"))]


def _seats(part: Part, roles: Roles) -> tuple[Seat, ...]:
    seats: dict[str, Seat] = {}
    for item in part.items():
        short = isinstance(item.value, str)
        members = {"role": item} if short else item.members(("role", "people"))
        if "role" not in members:
            item.fault("lacks the role; write {role: architect, people: 1} or architect")
            continue
        role = _role(members["role"], roles)
        people = members["people"].number(1, MOST_SEATS) if "people" in members else 1
        if role in seats:
            item.fault(f"{role} is named twice; write it once with the people of both")
        held = roles.get(role)
        if held and item.is_written and not held.groups and len(held.people) < people:
            item.fault(f"asks for {people} people of {role}, which {len(held.people)} hold; it could never be filled")
        if role:
            seats[role] = Seat(role, people)
    if part.value == []:
        part.fault("names no seat; somebody has to decide: write [architect]")
    return tuple(seats.values())


def _role(part: Part, roles: Roles) -> str:
    """The name of a role that there is. What was filled in from the starter file may name one that is not there: nobody holds it."""
    return part.one_of(roles, "role") if part.is_written else part.text()


def _warnings(part: Part) -> tuple[Span, ...]:
    spans = []
    for item in part.items():
        span = item.span()
        if span and span.unit not in (Unit.DAY, Unit.WEEK):
            item.fault(f"{span}: warnings come whole days before the end; write it like 7 days")
        elif span:
            spans.append(span)
    return tuple(spans)


def _escalation(part: Part, roles: Roles) -> Escalation | None:
    members = part.members(_SHAPES["escalate"])
    after, to = members["after"].span(), _role(members["to"], roles)
    return Escalation(after, to) if after else None


def _reviews(part: Part, roles: Roles) -> Reviews:
    members = part.members(_SHAPES["reviews"])
    outcomes = {}
    for name, entry in members["outcomes"].entries().items():
        outcomes[name] = _outcome(entry, roles)
    _ladder(members["outcomes"], {name: outcome.points for name, outcome in outcomes.items()})
    areas = {tag: people.addresses() for tag, people in members["areas"].entries().items()}
    return Reviews(_questions(members["questions"]), MappingProxyType(outcomes), MappingProxyType(areas))


def _outcome(part: Part, roles: Roles) -> Outcome:
    members = part.members(_OUTCOME)
    if "from" not in members:
        part.fault("lacks from: the points from which it holds")
    spans = {name: members[name].span() for name in ("within", "comment", "agenda") if name in members}
    if "agenda" in members and "meets" not in members:
        members["agenda"].fault("is posted before a meeting; add meets, or remove it")
    return Outcome(
        points=members["from"].number(0, MOST_POINTS) if "from" in members else 0,
        reviewers=_seats(members["reviewers"], roles) if "reviewers" in members else (),
        within=spans.get("within"),
        comment=spans.get("comment"),
        meets=_meeting(members["meets"]) if "meets" in members else None,
        agenda=spans.get("agenda"),
        room=members["room"].room() if "room" in members else "",
    )


def _meeting(part: Part) -> Meeting | None:
    weekday, _, clock = part.text().partition(" ")
    at = part.clock(clock)
    if weekday not in WEEKDAYS or at is None:
        part.fault('must be a weekday and a time, like "Tuesday 14:00"')
        return None
    return Meeting(WEEKDAYS.index(weekday), at)


def _incidents(part: Part) -> Incidents:
    members = part.members(_SHAPES["incidents"])
    announce = {}
    for severity, rooms in members["announce"].entries().items():
        if not (severity.startswith("SEV-") and severity[4:].isdecimal()):
            rooms.fault("is no severity; write it like SEV-1")
        announce[severity] = rooms.rooms()
    return Incidents(MappingProxyType(announce), members["assess_emergency_change"].span())


def _calendar(part: Part) -> Calendar:
    members = part.members(_SHAPES["calendar"])
    zone = _zone(members["timezone"])
    holidays = frozenset(day for item in members["holidays"].items() if (day := item.day()))
    hours = members["business_hours"]
    begins, _, ends = hours.text().partition("-")
    opens, closes = hours.clock(begins), hours.clock(ends)
    whole_day = ends.strip() == "24:00"
    if opens is None or (closes is None and not whole_day) or (closes and closes <= opens):
        hours.fault('must be from one time to a later one, like "09:00-17:30"')
        return Calendar(zone, holidays=holidays)
    return Calendar(zone, opens, closes, holidays)


def _zone(part: Part) -> tzinfo:
    name = part.text()
    try:
        return ZoneInfo(name) if name else UTC
    except (OSError, ValueError, LookupError):  # not there; not a name, such as a path; a folder of zones
        part.fault(f'"{name[:40]}" is no time zone; write one like Europe/London')
        return UTC
