"""What a room hears of: the words of a subscription, whether it hears of something, and when it is told.

    standards adrs tag:network tag:"land and sea" owner:platform@example.org digest weekly quiet 18:00-08:00

Several values of one filter are "any of", several filters "all of". Each topic is a subscription of its own.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bot.domain.calendar import DAY, Calendar
from bot.errors import UnclearSubscription


class Topic(StrEnum):
    """What one can hear of."""

    STANDARDS = "standards"
    ADRS = "adrs"
    RUNBOOKS = "runbooks"
    PATTERNS = "patterns"
    GUIDES = "guides"
    EXCEPTIONS = "exceptions"
    REVIEWS = "reviews"
    INCIDENTS = "incidents"
    OBLIGATIONS = "obligations"
    ALL = "all"


class Digest(StrEnum):
    """How often a room is told that wants everything at once."""

    DAILY = "daily"
    WEEKLY = "weekly"


DOCUMENTS = (Topic.STANDARDS, Topic.ADRS, Topic.RUNBOOKS, Topic.PATTERNS, Topic.GUIDES)
FILTERS = ("tag", "owner", "service", "severity", "risk")
WITH_SEVERITY = frozenset({Topic.INCIDENTS, Topic.ALL})
NINE = time(9)  # when a digest comes where nobody said when business begins

EXACTLY = "exactly "

MOST_VALUES, LONGEST_VALUE, LONGEST = 10, 80, 2_000  # filters of a subscription; characters of one, of the whole line
FEW = 2  # words behind the verb that are taken for a slip when nothing in them is understood

_NAMES = {each.value: each for each in Topic} | {each.value.removesuffix("s"): each for each in Topic if each != "all"}
_NAMES |= {"everything": Topic.ALL}
_WORD = re.compile(r'(?:([A-Za-z]+):[ \t]*)?(["“„][^"“”]*(?:["“”]|$)|\S+)')
_HOURS = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|to|until)\s*(\d{1,2})(?:[:.](\d{2}))?", re.IGNORECASE)
_CLOCK = re.compile(  # what stands between quotes is left as it is
    r"""(?<![^\s:])["“„][^"“”]*["“”]|"""
    r"\b(\d{1,2}(?:[:.]\d{2})?)\s*(?:-|–|\bto\b|\buntil\b)\s*(\d{1,2}(?:[:.]\d{2})?)(?!\S)",
    re.IGNORECASE,
)
_SEVERITY = re.compile(r"(?:sev)?[ -]?(\d)", re.IGNORECASE)
_QUOTES = str.maketrans("", "", '"“”„')
_PLAIN = re.compile(r"[\w@.+:/#&=-]+")
_FILLERS = frozenset({"to", "and", "about", "with", "a", "hours"})


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day in which a room is told nothing; over midnight where they begin later than they end."""

    begin: time
    end: time

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class News:
    """What happened, as far as it decides who hears of it."""

    topic: Topic
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    severity: str = ""
    risk: str = ""

    def has(self, name: str, value: str) -> bool:
        """Whether a filter's value fits, in any case."""
        match name:
            case "tag":
                found: Iterable[str] = self.tags
            case "owner":
                found = self.owners
            case "service":
                found = self.services
            case "severity":
                found = (self.severity,)
            case _:
                found = (self.risk,)
        return any(value == _value(name, each) for each in found if each)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is heard of, and when. `filters` are pairs of a name and a value, in order and once each."""

    topic: Topic
    filters: tuple[tuple[str, str], ...] = ()
    digest: Digest | None = None
    quiet: Quiet | None = None

    @property
    def what(self) -> str:
        """The words that say what is heard of. A room has one subscription to the same thing."""
        return " ".join([self.topic.value, *(f"{name}:{_quoted(value)}" for name, value in self.filters)])

    @property
    def words(self) -> str:
        """The words of all of it, as `read` reads them."""
        digest = f" digest {self.digest}" if self.digest else ""
        return f"{self.what}{digest}{f' quiet {self.quiet}' if self.quiet else ''}"

    @property
    def waits(self) -> bool:
        """Whether there are times at which what happens is kept back."""
        return self.digest is not None or self.quiet is not None

    def covers(self, other: Subscription) -> bool:
        """Whether all that the other one is meant by is meant by this one too."""
        if self.topic not in (Topic.ALL, other.topic):
            return False
        names = {name for name, _ in self.filters}
        theirs = [pair for pair in other.filters if pair[0] in names]
        return {name for name, _ in theirs} == names and set(self.filters).issuperset(theirs)

    def hears(self, news: News) -> bool:
        """Whether it is meant by this."""
        if self.topic not in (Topic.ALL, news.topic):
            return False
        names = {name for name, _ in self.filters}
        return all(any(news.has(name, value) for own, value in self.filters if own == name) for name in names)


@dataclass
class _Reading:
    """A line as far as it is understood."""

    topics: list[Topic] = field(default_factory=list)
    filters: list[tuple[str, str]] = field(default_factory=list)
    digest: Digest | None = None
    quiet: Quiet | None = None
    faults: list[str] = field(default_factory=list)
    strange: int = 0  # faults that are not the slip of something known

    @property
    def understood(self) -> int:
        return len(self.topics) + len(self.filters) + (self.digest is not None) + (self.quiet is not None)


def read(words: str) -> tuple[Subscription, ...]:
    """The subscriptions that a line asks for, one for each topic; filters alone are of all topics.

    Raises `UnclearSubscription`, which says for each word that is not understood what to write instead.
    """
    found = _reading(words)
    faults = found.faults[:3]
    if found.strange:
        faults.append(f"One can hear of {_listed(Topic)}.")
    if not faults and not found.topics and not found.filters:
        faults = [f"Say what to hear of: {_listed(Topic)}."]
    named = tuple(topic for topic in dict.fromkeys(found.topics) if topic is not Topic.ALL)
    topics: tuple[Topic, ...] = named or (Topic.ALL,)
    filters = tuple(sorted(set(found.filters), key=lambda pair: (FILTERS.index(pair[0]), pair[1])))
    if any(name == "severity" for name, _ in filters) and not WITH_SEVERITY.issuperset(topics):
        faults.append("Only incidents have a severity: leave it out, or write “incidents severity:SEV-1”.")
    if len(filters) > MOST_VALUES:
        faults.append(f"Those are more filters than one subscription can have ({MOST_VALUES}): make two of it.")
    if faults:
        raise UnclearSubscription(faults=" ".join(faults))
    return tuple(Subscription(topic, filters, found.digest, found.quiet) for topic in topics)


def filled_in(fields: Mapping[str, str]) -> str:
    """The words of a form's fields: `topic`, `filters`, `digest` ("now" for none) and `quiet`."""
    digest, quiet = fields.get("digest", ""), fields.get("quiet", "").strip()
    words = [fields.get("topic", ""), fields.get("filters", "")]
    words += [f"digest {digest}"] if digest in tuple(Digest) else []
    words += [f"quiet {quiet.removeprefix('quiet')}"] if quiet else []
    return " ".join(" ".join(words).split())


def is_meant(words: str) -> bool:
    """Whether words behind "subscribe" or "unsubscribe" are those of a subscription, be it with a slip; else the whole
    line is a question."""
    found = _reading(words)
    if not found.faults:
        return found.understood > 0
    if words.rstrip().endswith("?"):
        return False
    return len(words.split()) <= FEW or found.strange < found.understood + len(found.faults) - found.strange


def ended(words: str, held: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """Which subscriptions words behind "unsubscribe" mean: all of them with "all"; those to a topic, however it is
    narrowed down, when no filter is named. What begins with `EXACTLY`, as buttons do, is the one with these words.

    Raises `UnclearSubscription`.
    """
    if words.startswith(EXACTLY):
        return tuple(each for each in held if each.what == words.removeprefix(EXACTLY))
    wanted = read(words)
    wide = {each.topic for each in wanted if not each.filters}
    narrow = {each.what for each in wanted}
    return tuple(each for each in held if each.what in narrow or each.topic in wide or Topic.ALL in wide)


def undercut(held: Sequence[Subscription]) -> tuple[tuple[Subscription, Subscription], ...]:
    """Those that are to wait, each with one of the same room that tells all of it at once: a room is told once, and then."""
    return tuple(
        (late, soon)
        for late in held
        if late.waits and (soon := next((each for each in held if not each.waits and each.covers(late)), None))
    )


def business_begins(day: date, calendar: Calendar) -> datetime:
    """When business begins on the first business day from `day` on; at nine where nobody said when."""
    while not calendar.is_business_day(day):
        day += DAY
    return calendar.at_local(day, NINE if calendar.opens == time(0) else calendar.opens)


def moment(subscription: Subscription, now: datetime, calendar: Calendar) -> datetime | None:
    """When a room is told of what happens at `now`; None for at once. Hours and days are those of the calendar."""
    then = _next_digest(subscription.digest, now, calendar) if subscription.digest else now
    if subscription.quiet:
        then = _end_of_quiet(subscription.quiet, then, calendar)
    return then if then > now else None


def _next_digest(often: Digest, now: datetime, calendar: Calendar) -> datetime:
    """When business begins on the next business day; weekly: on the first one of a week."""
    day = calendar.today(now)
    if often is Digest.WEEKLY:
        day -= timedelta(days=day.weekday())
    while True:
        if (then := business_begins(day, calendar)) > now:
            return then
        day += timedelta(days=7) if often is Digest.WEEKLY else DAY


def _end_of_quiet(quiet: Quiet, then: datetime, calendar: Calendar) -> datetime:
    today = calendar.today(then)
    for day in (today - DAY, today):
        begin = calendar.at_local(day, quiet.begin)
        end = calendar.at_local(day + DAY if quiet.end <= quiet.begin else day, quiet.end)
        if begin <= then < end:
            return end
    return then


def _reading(words: str) -> _Reading:
    found = _Reading()
    if len(words) > LONGEST:
        found.faults.append("That is too long for a subscription.")
        return found
    text = "".join(c if c.isprintable() else " " for c in words)
    text = _CLOCK.sub(
        lambda found: f"{found[1]}-{found[2]}" if found[1] else found[0], text
    )  # "18:00 - 08:00": one word
    waiting = ""  # "digest" or "quiet", whose value comes next
    for key, written in _WORD.findall(text):
        name, value = key.lower(), _unquoted(written)
        if not name and value.lower().strip(",") in _FILLERS:
            continue
        if not name and (waiting or _HOURS.fullmatch(value) or value.lower() in tuple(Digest)):
            name, waiting = waiting or ("quiet" if _HOURS.fullmatch(value) else "digest"), ""
            _settle(found, name, value)
        elif not name and value.lower() in ("digest", "quiet"):
            waiting = "" if getattr(found, value.lower()) else value.lower()
        elif name or value.endswith(":"):
            _settle(found, name or value[:-1].lower(), value if name else "", quoted=value != written)
        else:
            for word in value.replace(";", ",").split(","):
                _topic(found, word)
    if waiting:
        _settle(found, waiting, "")
    return found


def _settle(found: _Reading, name: str, value: str, *, quoted: bool = False) -> None:
    """Takes in what has a name: a filter, the digest, the quiet hours."""
    if name == "digest":
        if value.lower() in tuple(Digest):
            found.digest = Digest(value.lower())
        else:
            found.faults.append(f"A digest is “digest daily” or “digest weekly”{_not(value)}.")
    elif name == "quiet":
        found.quiet = _hours(value)
        if found.quiet is None:
            found.faults.append(f"Quiet hours are written like “quiet 18:00-08:00”{_not(value)}.")
    elif known := _near(name.removesuffix("s"), FILTERS) if name not in FILTERS else name:
        if name not in (known, f"{known}s"):
            found.faults.append(f"There is no filter “{_short(name)}:”; did you mean “{known}:{_short(value)}”?")
        for each in [value] if quoted else value.split(","):
            _filter(found, known, each)
    else:
        found.faults.append(f"There is no filter “{_short(name)}:”; there are {_listed(f'{own}:' for own in FILTERS)}.")
        found.strange += 1


def _filter(found: _Reading, name: str, written: str) -> None:
    value = _value(name, written)
    if not value or written.strip()[:1] in ('"', "“", "”", "„") or len(value) > LONGEST_VALUE:
        example = 'tag:"land and sea"' if name == "tag" else f'{name}:"{_short(value.strip(chr(34))) or "name"}"'
        found.faults.append(f"“{name}:” needs a value behind it, between two quotes where it has spaces: {example}.")
    else:
        found.filters.append((name, value))


def _topic(found: _Reading, word: str) -> None:
    if not word:
        return
    if topic := _NAMES.get(word.lower()):
        found.topics.append(topic)
    elif near := _near(word.lower(), (*_NAMES, "digest", "quiet")):
        meant = _NAMES.get(near, near)
        found.faults.append(f"There is no topic “{_short(word)}”; did you mean “{meant}”?")
    else:
        found.faults.append(f"There is no topic “{_short(word)}”.")
        found.strange += 1


def _hours(value: str) -> Quiet | None:
    hours = _HOURS.fullmatch(value)
    if hours is None:
        return None
    try:
        quiet = Quiet(time(int(hours[1]), int(hours[2] or 0)), time(int(hours[3]) % 24, int(hours[4] or 0)))
    except ValueError:
        return None
    return quiet if quiet.begin != quiet.end and int(hours[3]) <= 24 else None


def _value(name: str, written: str) -> str:
    """A value as it is compared and written: in small letters and without quotation marks, severities as "SEV-1"."""
    value = " ".join(written.lower().translate(_QUOTES).split())
    severity = _SEVERITY.fullmatch(value) if name == "severity" else None
    return f"SEV-{severity[1]}" if severity else value


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else f'"{value}"'


def _unquoted(written: str) -> str:
    return written[1:-1] if len(written) > 1 and written[0] in '"“„' and written[-1] in '"“”' else written


def _near(word: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)), None)


def _listed(words: Iterable[str]) -> str:
    *most, last = [str(word) for word in words]
    return f"{', '.join(most)} and {last}"


def _not(value: str) -> str:
    return f", not “{_short(value)}”" if value else ""


def _short(word: str) -> str:
    return word if len(word) <= 40 else word[:39] + "…"
