"""Obligations by their rules: what is typed and pressed, who may close them, when they fall due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain import drafted
from bot.domain.commands import Ask, changes, named_in, naming, pressed, understand
from bot.domain.governance import Role
from bot.domain.obligation_commands import (
    Does,
    ListObligations,
    MeetObligation,
    OpenObligationForm,
    ShowObligation,
    TransferObligation,
    obligation_id,
)
from bot.domain.obligation_steps import (
    Due,
    again,
    check_right,
    faults,
    handed_over,
    leads_of,
    met,
    timers,
)
from bot.domain.obligations import Kind, Obligation, Wanted
from bot.domain.people import Account, Standing
from bot.errors import FaultyFields, MembersDecide, NotYours, ObligationMet, OutdatedButton
from tests.domain.cast import ADA, GRACE, MONDAY, PAT, RULES, SAM, voter

BY = Account("slack", "U1", "T1")
CALENDAR = RULES.calendar
ONE = Obligation(
    "OB-40",
    "RV-3",
    1,
    "Do it.",
    "pat@example.org",
    date(2026, 12, 4),
    datetime(2026, 12, 5, tzinfo=UTC),
    kind=Kind.FOLLOW_UP,
)
MET = replace(ONE, met_at=MONDAY)


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("obligations", ListObligations(BY)),
        ("Obligations  MINE", ListObligations(BY, "mine")),
        ("obligations overdue", ListObligations(BY, "overdue")),
        ("show ob-040", ShowObligation(BY, "OB-40")),
        ("close OB-40", OpenObligationForm(BY, "OB-40")),
        (
            "close OB-40 https://ci.example.org/7 is green",
            MeetObligation(BY, "OB-40", "https://ci.example.org/7 is green"),
        ),
        ("transfer OB-40", OpenObligationForm(BY, "OB-40", Does.TRANSFER)),
        ("transfer ob-40 to pat@example.org", TransferObligation(BY, "OB-40", "pat@example.org")),
        ("transfer OB-40 @pat", TransferObligation(BY, "OB-40", "@pat")),
    ],
)
def test_what_is_typed_is_understood(line: str, wish: object) -> None:
    assert understand(line, BY, lambda _: False) == wish


@pytest.mark.parametrize(
    "line",
    [
        "obligations of suppliers in contracts",
        "show OB-0",
        "close the ticket",
        "close OB-",
        "transfer data to the US",
        "close EX-1",
    ],
)
def test_all_else_is_a_question(line: str) -> None:
    assert isinstance(understand(line, BY, lambda _: False), Ask)


def test_buttons_and_forms_come_back_as_wishes() -> None:
    assert pressed("obligations", "mine@10", BY) == ListObligations(BY, "mine", 10)
    assert pressed("obligations", "@x", BY) == ListObligations(BY)
    assert pressed("obligation_show", "OB-40", BY) == ShowObligation(BY, "OB-40")
    assert pressed("obligation_form", "OB-40 transfer", BY) == OpenObligationForm(BY, "OB-40", Does.TRANSFER)
    assert pressed("obligation_close", "OB-40", BY, {"evidence": "Seen."}) == MeetObligation(BY, "OB-40", "Seen.")
    assert pressed("obligation_transfer", "OB-40", BY, {"owner": "a@b"}) == TransferObligation(BY, "OB-40", "a@b")
    for verb, about in (("obligation_show", "EX-1"), ("obligation_form", "OB-40 burn"), ("obligation_close", "")):
        with pytest.raises(OutdatedButton):
            pressed(verb, about, BY)


def test_closing_and_handing_on_change_something_and_looking_does_not() -> None:
    assert changes(MeetObligation(BY, "OB-40"))
    assert changes(TransferObligation(BY, "OB-40"))
    assert not changes(ListObligations(BY))
    assert not changes(OpenObligationForm(BY, "OB-40"))


def test_whom_a_command_names_is_told_by_the_platform() -> None:
    wish = TransferObligation(BY, "OB-40", "Pat Lee")
    assert named_in(wish) == "Pat Lee"
    assert naming(wish, "teams:29:pat") == TransferObligation(BY, "OB-40", "teams:29:pat")
    assert named_in(ListObligations(BY)) == ""


@pytest.mark.parametrize("text", ["OB-0", "OB-", "40", "OB-40x", "OB-٤", "OB-" + "9" * 19])
def test_what_is_no_id_is_none(text: str) -> None:
    assert obligation_id(text) == ""


@pytest.mark.parametrize(
    ("who", "addresses"),
    [
        (PAT, ()),
        (voter("patricia"), ("PAT@example.org",)),  # another address of the same person
        (ADA, ()),  # who asked for it
        (SAM, ()),  # the owner's lead
    ],
)
def test_its_owner_their_lead_and_whoever_asked_may_close_it(who: object, addresses: tuple[str, ...]) -> None:
    check_right(ONE, who, addresses, ADA.as_person, ["sam@example.org"])  # type: ignore[arg-type]  # a Voter


def test_nobody_else_may() -> None:
    with pytest.raises(NotYours, match=r"OB-40 is for pat@example.org"):
        check_right(ONE, GRACE, (), ADA.as_person, ["sam@example.org"])
    with pytest.raises(NotYours, match="is for nobody"):
        check_right(replace(ONE, owner=""), voter("x", person=""), ("",), None, ())
    with pytest.raises(MembersDecide):
        check_right(ONE, voter("pat", standing=Standing.GUEST), (), None, ())


def test_leads_are_those_of_the_roles_that_somebody_holds() -> None:
    led = replace(
        RULES,
        roles={
            "platform": Role(("pat@example.org",), lead="Dora@example.org"),
            "payments": Role(("pat@example.org", "sam@example.org"), lead="pat@example.org"),
            "search": Role(("sam@example.org",), lead="dora@example.org"),
        },
    )
    assert leads_of("pat@example.org", led) == ("dora@example.org",)
    assert leads_of("sam@example.org", led) == ("pat@example.org", "dora@example.org")
    assert leads_of("grace@example.org", led) == ()
    assert leads_of("", led) == ()


def test_it_is_met_once_and_with_evidence() -> None:
    done = met(ONE, "slack:U1", "  Seen.  ", MONDAY)
    assert (done.met_at, done.met_by, done.evidence) == (MONDAY, "slack:U1", "Seen.")
    with pytest.raises(ObligationMet):
        met(done, "slack:U1", "Again.", MONDAY)
    for evidence in ("", " \n", "x" * 3_001):
        with pytest.raises(FaultyFields):
            met(ONE, "slack:U1", evidence, MONDAY)


def test_it_is_handed_on_to_somebody_else() -> None:
    assert handed_over(ONE, " Sam@example.org").owner == "sam@example.org"
    with pytest.raises(FaultyFields, match="already"):
        handed_over(ONE, "PAT@example.org")
    with pytest.raises(ObligationMet):
        handed_over(MET, "sam@example.org")


def test_what_is_wrong_with_one_is_told_beside_its_field() -> None:
    today = MONDAY.date()
    assert faults(Wanted("Do it.", "pat@example.org", today), today) == []
    told = faults(Wanted(" ", "", today - timedelta(days=1)), today, "2:")
    assert [each.field for each in told] == ["2:what", "2:owner", "2:due"]
    assert [each.field for each in faults(Wanted("Do it.", "Pat", date.max), today)] == ["owner", "due"]


def test_it_is_reminded_of_before_its_day_and_overdue_at_the_end_of_it() -> None:
    assert [(each.key, each.due) for each in timers(ONE, MONDAY, CALENDAR)] == [
        ("OB-40:overdue", datetime(2026, 12, 5, tzinfo=UTC)),
        ("OB-40:soon", datetime(2026, 12, 3, 9, tzinfo=UTC)),
    ]
    today = replace(ONE, due=MONDAY.date(), ends=datetime(2026, 11, 24, tzinfo=UTC))
    assert [each.key for each in timers(today, MONDAY, CALENDAR)] == ["OB-40:overdue"]
    assert timers(MET, MONDAY, CALENDAR) == ()
    assert timers(replace(ONE, subject="EX-7", kind=Kind.CONDITION), MONDAY, CALENDAR) == ()


def test_it_is_reminded_of_again_on_a_business_day_of_the_next_week() -> None:
    saturday = datetime(2026, 12, 5, tzinfo=UTC)
    next_one = again(ONE, saturday, CALENDAR)
    assert (next_one.key, next_one.due) == ("OB-40:again:2026-12-14", datetime(2026, 12, 14, 9, tzinfo=UTC))
    assert next_one.facts == {"id": "OB-40", "due": Due.AGAIN}
    christmas = again(ONE, datetime(2026, 12, 18, 9, tzinfo=UTC), CALENDAR)
    assert christmas.due == datetime(2026, 12, 28, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Use Kafka, not RabbitMQ!", "use-kafka-not-rabbitmq"),
        ("Größe über alles", "groe-uber-alles"),
        ("../../etc/passwd\0", "etc-passwd"),
        ("日本", "untitled"),
        ("-- --", "untitled"),
        ("a " * 100, "-".join("a" * 30)),
        ("b" * 100, "b" * 60),
    ],
)
def test_a_title_becomes_a_part_of_a_path(title: str, slug: str) -> None:
    assert drafted.slug(title) == slug
    assert drafted.is_safe(f"adrs/{drafted.numbered(12, title)}")


def test_numbers_are_read_of_ids_and_names_of_files() -> None:
    labels = ["ADR-0012", "0007-use-kafka.md", "adr_3", "README.md", "ADR-12345678", "x"]
    assert [drafted.number_of(label) for label in labels] == [12, 7, 3, None, None, None]
    assert drafted.next_number(labels) == 13
    assert drafted.next_number([]) == 1


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("---\nid: ADR-0012\ntitle: x\n---\n# X\n", "ADR-0012"),
        ('---\r\ntitle: x\r\nid: "ADR-0012"  # ours\r\n---\r\n', "ADR-0012"),
        ("# X\n\nid: ADR-0012\n", ""),
        ("---\ntitle: x\n---\nid: ADR-0012\n", ""),
        ("", ""),
    ],
)
def test_a_draft_says_its_own_id_in_its_front_matter(text: str, id_: str) -> None:
    assert drafted.own_id(text) == id_
