"""The words of subscriptions: what they mean, what is said of those that mean nothing, and when a room is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import Calendar
from bot.domain.commands import (
    Ask,
    Command,
    ListSubscriptions,
    OpenSubscriptionForm,
    Subscribe,
    Unsubscribe,
    changes,
    pressed,
    understand,
)
from bot.domain.people import Account
from bot.domain.subscriptions import (
    EXACTLY,
    LONGEST_VALUE,
    Digest,
    News,
    Quiet,
    Subscription,
    Topic,
    ended,
    is_meant,
    moment,
    read,
    undercut,
)
from bot.errors import UnclearSubscription

ADA = Account("slack", "U1", "T1", room="C1")
LONDON = Calendar(ZoneInfo("Europe/London"), time(9), time(17, 30), frozenset({date(2026, 12, 25)}))
NETWORK = News(Topic.STANDARDS, tags=("Network", "edge"), owners=("Ada@Example.org",), services=("payments",))

VALUES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=LONGEST_VALUE).map(
    lambda text: " ".join("".join(c for c in text if c.isprintable() and c not in '"“”„').lower().split())
)
FILTERS = st.tuples(
    st.sampled_from(["tag", "owner", "service", "risk"]), VALUES.filter(lambda text: 0 < len(text) < 80)
)
TIMES = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
QUIETS = st.builds(Quiet, TIMES, TIMES).filter(lambda quiet: quiet.begin != quiet.end)
ORDER = ("tag", "owner", "service", "severity", "risk")
SUBSCRIPTIONS = st.builds(
    Subscription,
    st.sampled_from(list(Topic)),
    st.sets(FILTERS, max_size=4).map(lambda found: tuple(sorted(found, key=lambda one: (ORDER.index(one[0]), one[1])))),
    st.none() | st.sampled_from(list(Digest)),
    st.none() | QUIETS,
)


def canonical(words: str) -> list[str]:
    return [each.words for each in read(words)]


def one(words: str) -> Subscription:
    (found,) = read(words)
    return found


def refused(words: str) -> str:
    with pytest.raises(UnclearSubscription) as caught:
        read(words)
    return caught.value.sentence


@given(SUBSCRIPTIONS)
def test_what_is_written_is_read_again(subscription: Subscription) -> None:
    assert read(subscription.words) == (subscription,)


@given(st.text(max_size=300))
def test_any_line_is_read_or_refused_with_a_sentence(words: str) -> None:
    is_meant(words)
    try:
        found = read(words)
    except UnclearSubscription as refusal:
        said = refusal.sentence
    else:
        said = "Read."
        assert [read(each.words) for each in found] == [(each,) for each in found]
    assert said.endswith((".", "?"))


PIECES = st.sampled_from(
    [*'"“”„:,;-–. 015ab', " to ", "18:00 - 08:00", "tag:", " owner:", "severity:", "ß", "\u00a0", "İ"]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_what_is_confirmed_of_any_line_is_read_again_as_it_was(line: str) -> None:
    try:
        found = read(f"all tag:{line}")
    except UnclearSubscription:
        return
    assert [read(each.words) for each in found] == [(each,) for each in found]


def test_quotation_marks_of_any_kind_are_no_part_of_a_value() -> None:
    assert one("standards tag:5”rack").filters == (("tag", "5rack"),)
    assert one("standards tag:„land and sea“") == one('standards tag:"land and sea"')
    assert one("standards tag:5”rack").hears(News(Topic.STANDARDS, tags=("5”Rack",)))
    assert one('standards tag:"9 - 5" quiet 18:00 - 8:00').filters == (("tag", "9 - 5"),)


@pytest.mark.parametrize(
    ("words", "canonically"),
    [
        ("standards", ["standards"]),
        ("Standard", ["standards"]),
        ("to standards and adrs", ["standards", "adrs"]),
        ("standards, adr", ["standards", "adrs"]),
        ("all standards", ["standards"]),
        ("everything", ["all"]),
        ("tag:network", ["all tag:network"]),
        ("standards tag:network,edge tags:Edge", ["standards tag:edge tag:network"]),
        ('standards tag: "Land  and Sea"', ['standards tag:"land and sea"']),
        ("standards owner:“Platform Team”", ['standards owner:"platform team"']),
        ("exceptions service:payments", ["exceptions service:payments"]),
        ("incidents severity:sev1 severity:SEV-2", ["incidents severity:SEV-1 severity:SEV-2"]),
        ("standards digest daily", ["standards digest daily"]),
        ("standards with a daily digest", ["standards digest daily"]),
        ("standards weekly quiet 18-8", ["standards digest weekly quiet 18:00-08:00"]),
        ("standards quiet hours 18:00 – 08:00", ["standards quiet 18:00-08:00"]),
        ("standards quiet 22.30 to 6", ["standards quiet 22:30-06:00"]),
        ("standards quiet:18:00-24:00", ["standards quiet 18:00-00:00"]),
    ],
)
def test_a_subscription_is_read_as_people_write_it(words: str, canonically: list[str]) -> None:
    assert canonical(words) == canonically


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("standrads", "There is no topic “standrads”; did you mean “standards”?"),
        ("exeption service:x", "did you mean “exceptions”?"),
        ("newsletter", "There is no topic “newsletter”. One can hear of standards, adrs,"),
        ("standards onwer:ada", "did you mean “owner:ada”?"),
        ("standards color:red", "There is no filter “color:”; there are tag:, owner:, service:, severity: and risk:."),
        ("standards tag:", "“tag:” needs a value behind it"),
        ('standards tag:"land and sea', 'between two quotes where it has spaces: tag:"land and sea"'),
        ("standards digest dayly", "A digest is “digest daily” or “digest weekly”, not “dayly”."),
        ("standards digest", "A digest is “digest daily” or “digest weekly”."),
        ("standards quiet 6pm-8am", "Quiet hours are written like “quiet 18:00-08:00”, not “6pm-8am”."),
        ("standards quiet 18:00-18:00", "Quiet hours are written like “quiet 18:00-08:00”"),
        ("standards quiet 25:00-08:00", "Quiet hours are written like “quiet 18:00-08:00”"),
        ("standards severity:1", "Only incidents have a severity"),
        ("daily digest", "Say what to hear of: standards,"),
        ("", "Say what to hear of: standards,"),
        ("standards " + " ".join(f"tag:t{n}" for n in range(11)), "more filters than one subscription can have"),
        ("standards tag:" + "x" * 81, "“tag:” needs a value"),
        ("x" * 3_000, "too long"),
    ],
)
def test_what_is_not_understood_is_named_with_what_to_write_instead(words: str, said: str) -> None:
    assert said in refused(words)


def heard(text: str) -> Command:
    return understand(text, ADA, lambda _: False)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("subscribe", OpenSubscriptionForm(ADA)),
        ("Subscribe standards tag:network", Subscribe(ADA, "standards tag:network")),
        ("subscribe standrads", Subscribe(ADA, "standrads")),
        ("subscribe standards tag:x quiet 6pm-8am", Subscribe(ADA, "standards tag:x quiet 6pm-8am")),
        ("subscriptions", ListSubscriptions(ADA)),
        ("unsubscribe", ListSubscriptions(ADA)),
        ("unsubscribe all", Unsubscribe(ADA, "all")),
        ("unsubscribe standards tag:network", Unsubscribe(ADA, "standards tag:network")),
    ],
)
def test_the_verbs_are_understood(text: str, command: Command) -> None:
    assert heard(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "subscribe to a Kafka topic from another account",
        "subscribe standards handling of pub sub events",
        "subscribe to topics?",
        "subscriptions of Azure landing zones",
        "unsubscribe links in marketing e-mail",
        "how do services subscribe to events?",
    ],
)
def test_a_question_that_begins_with_such_a_word_stays_a_question(text: str) -> None:
    assert heard(text) == Ask(ADA, text)


def test_buttons_and_the_form_carry_the_same_words() -> None:
    fields = {"topic": "standards", "filters": " tag:network ", "digest": "weekly", "quiet": "18:00-08:00"}
    assert pressed("subscribe", "", ADA, fields) == Subscribe(
        ADA, "standards tag:network digest weekly quiet 18:00-08:00"
    )
    assert pressed("subscribe", "", ADA, {"topic": "all", "filters": "", "digest": "now", "quiet": ""}) == Subscribe(
        ADA, "all"
    )
    assert pressed("subscribe", "adrs", ADA) == Subscribe(ADA, "adrs")
    assert pressed("subscribe_form", "", ADA) == OpenSubscriptionForm(ADA)
    assert pressed("unsubscribe", "exactly adrs", ADA) == Unsubscribe(ADA, "exactly adrs")
    assert pressed("subscriptions", "", ADA) == ListSubscriptions(ADA)


def test_only_what_changes_something_is_recorded() -> None:
    lines = ("subscribe all", "unsubscribe all", "unsubscribe", "subscriptions", "subscribe")
    assert [changes(heard(text)) for text in lines] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("words", "hears"),
    [
        ("standards", True),
        ("adrs", False),
        ("all", True),
        ("standards tag:network", True),
        ("standards tag:storage tag:edge", True),
        ("standards tag:storage", False),
        ("all owner:ada@example.org service:payments", True),
        ("all owner:ada@example.org service:billing", False),
        ("all severity:SEV-1", False),
        ("all risk:high", False),
    ],
)
def test_a_room_hears_of_what_all_its_filters_name(words: str, hears: bool) -> None:
    assert one(words).hears(NETWORK) is hears


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("all", "standards tag:x", True),
        ("standards", "adrs", False),
        ("standards tag:x tag:y", "standards tag:x owner:ada", True),
        ("standards tag:x", "standards tag:x tag:y", False),
        ("standards tag:x", "standards", False),
        ("all tag:x", "standards tag:x", True),
    ],
)
def test_one_subscription_covers_another_when_it_hears_all_of_the_same(wide: str, narrow: str, covers: bool) -> None:
    assert one(wide).covers(one(narrow)) is covers


def test_hours_are_pointless_where_the_same_is_told_at_once() -> None:
    held = (*read("all"), *read("standards quiet 18:00-08:00"), *read("adrs digest daily"), *read("guides"))
    assert undercut(held) == ((held[1], held[0]), (held[2], held[0]))
    assert undercut(held[1:]) == ()


def test_severities_are_one_however_they_are_written() -> None:
    assert one("incidents severity:1").hears(News(Topic.INCIDENTS, severity="sev-1"))


def test_unsubscribing_from_a_topic_ends_all_that_narrow_it_down() -> None:
    held = (*read("standards"), *read("standards tag:x digest daily"), *read("adrs"), *read("all"))

    def stopped(words: str) -> list[str]:
        return [each.words for each in ended(words, held)]

    assert stopped("standards") == ["standards", "standards tag:x digest daily"]
    assert stopped("standard tag:x quiet 18:00-08:00") == ["standards tag:x digest daily"]
    assert stopped("runbooks") == []
    assert stopped("all") == [each.words for each in held]


def test_nothing_is_stopped_without_a_word_that_names_it() -> None:
    with pytest.raises(UnclearSubscription):
        ended("", read("standards"))


def test_a_button_ends_what_it_names_and_no_more() -> None:
    held = (*read("standards"), *read("standards tag:x"), *read("all"))
    assert ended(f"{EXACTLY}standards", held) == (held[0],)
    assert ended(f"{EXACTLY}all", held) == (held[2],)


def told(words: str, local: str, calendar: Calendar = LONDON, fold: int = 0) -> str:
    now = datetime.fromisoformat(local).replace(tzinfo=calendar.zone, fold=fold)
    then = moment(one(words), now.astimezone(UTC), calendar)
    return then.astimezone(calendar.zone).strftime("%a %d %b %H:%M") if then else "at once"


@pytest.mark.parametrize(
    ("words", "local", "then"),
    [
        ("all", "2026-11-25 03:00", "at once"),
        ("all quiet 18:00-08:00", "2026-11-25 12:00", "at once"),
        ("all quiet 18:00-08:00", "2026-11-25 18:00", "Thu 26 Nov 08:00"),
        ("all quiet 18:00-08:00", "2026-11-25 07:59", "Wed 25 Nov 08:00"),
        ("all quiet 18:00-08:00", "2026-11-25 08:00", "at once"),
        ("all quiet 12:00-13:00", "2026-11-25 12:30", "Wed 25 Nov 13:00"),
        ("all quiet 00:00-23:00", "2026-11-25 23:30", "at once"),
        ("all digest daily", "2026-11-25 08:59", "Wed 25 Nov 09:00"),
        ("all digest daily", "2026-11-25 09:00", "Thu 26 Nov 09:00"),
        ("all digest daily", "2026-11-27 12:00", "Mon 30 Nov 09:00"),
        ("all digest daily", "2026-12-24 12:00", "Mon 28 Dec 09:00"),
        ("all digest weekly", "2026-11-25 12:00", "Mon 30 Nov 09:00"),
        ("all digest weekly", "2026-11-30 08:00", "Mon 30 Nov 09:00"),
        ("all digest weekly", "2026-11-30 09:30", "Mon 07 Dec 09:00"),
        ("all digest daily quiet 18:00-10:00", "2026-11-25 12:00", "Thu 26 Nov 10:00"),
        # Clocks are put back on 25 October 2026 at two, forward on 28 March 2027 at one.
        ("all quiet 22:00-08:00", "2026-10-24 23:00", "Sun 25 Oct 08:00"),
        ("all quiet 22:00-01:30", "2027-03-27 23:00", "Sun 28 Mar 02:00"),
        ("all digest daily", "2027-03-26 12:00", "Mon 29 Mar 09:00"),
    ],
)
def test_a_room_is_told_at_its_own_time(words: str, local: str, then: str) -> None:
    assert told(words, local) == then


def test_quiet_hours_end_once_on_the_night_that_has_an_hour_twice() -> None:
    assert told("all quiet 22:00-01:30", "2026-10-25 01:15", fold=0) == "Sun 25 Oct 01:30"
    assert told("all quiet 22:00-01:30", "2026-10-25 01:15", fold=1) == "at once"


def test_a_weekly_digest_waits_for_the_first_business_day_of_its_week() -> None:
    calendar = Calendar(LONDON.zone, time(9), None, frozenset({date(2026, 11, 30)}))
    assert told("all digest weekly", "2026-11-25 12:00", calendar) == "Tue 01 Dec 09:00"


def test_without_a_calendar_a_digest_comes_at_nine() -> None:
    assert told("all digest daily", "2026-11-25 12:00", Calendar()) == "Thu 26 Nov 09:00"


@given(SUBSCRIPTIONS, st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))  # noqa: DTZ001  # made aware below
def test_nobody_is_told_early_or_within_quiet_hours_or_never(subscription: Subscription, local: datetime) -> None:
    now = local.replace(tzinfo=UTC)
    then = moment(subscription, now, LONDON) or now
    assert now <= then <= now + timedelta(days=18)
    assert (
        subscription.quiet is None
        or moment(Subscription(subscription.topic, quiet=subscription.quiet), then, LONDON) is None
    )
