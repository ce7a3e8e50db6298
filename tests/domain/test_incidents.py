"""Incidents and what is decided on their bridges: what is typed, what may be done, what stays visible, the timeline."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import incident_steps as steps
from bot.domain.commands import pressed, understand
from bot.domain.exception_forms import Target
from bot.domain.incident_commands import (
    About,
    Does,
    OpenIncident,
    OpenIncidentForm,
    OpenIncidentStep,
    ShowIncident,
    ShowTimeline,
    TakeIncidentStep,
    read_about,
)
from bot.domain.incident_drafts import adr_of, change_of
from bot.domain.incident_reports import ReportedDecision
from bot.domain.incident_steps import Wording
from bot.domain.incident_timeline import markdown_of, timeline_of
from bot.domain.incidents import DecisionKind, Incident, Stage, kind_of, read, recognised, severity, written
from bot.domain.obligations import Kind, Obligation
from bot.domain.people import Account, Person, Standing
from bot.errors import (
    DecisionChanged,
    FaultyFields,
    IncidentClosed,
    MembersOnTheBridge,
    NothingToAssess,
    NotYourDecision,
    OutdatedButton,
    UnknownDecision,
)
from tests.domain.cast import RULES

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA, GRACE, PAT = (
    Account("slack", f"U{name.upper()}", name=name.title(), email=f"{name}@example.org")
    for name in ("ada", "grace", "pat")
)
LEVELS = ("low", "moderate", "high")
ROLL_BACK = Wording("rollback", "Roll back release 41", "Errors began with it.")


def known_ids(id_: str) -> bool:
    return id_.upper() in ("STD-001", "STD-001.1", "ADR-0012")


def person(account: Account) -> Person:
    return Person(f"p-{account.id}", str(account), account.name, account.email)


def an_incident(**other: object) -> Incident:
    opened = steps.opened(
        "INC-1",
        ADA,
        person(ADA),
        NOON,
        level="sev1",
        title="Checkout is down",
        room="slack:C0INC",
        commander=person(ADA),
    )
    return replace(opened.incident, **other)  # type: ignore[arg-type]


def decided(
    incident: Incident | None = None, wording: Wording = ROLL_BACK, by: Account = GRACE, tool_id: str = ""
) -> Incident:
    step = steps.decided(
        incident or an_incident(),
        wording,
        by,
        recorder=person(by),
        decider=person(PAT),
        now=NOON + timedelta(minutes=5),
        levels=LEVELS,
        tool_id=tool_id,
    )
    return step.incident


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("incident SEV-1 Checkout is down", OpenIncident(ADA, "SEV-1", "Checkout is down")),
        ("incident sev2 slow", OpenIncident(ADA, "SEV-2", "slow")),
        ("incident", OpenIncidentForm(ADA)),
        ("decide", OpenIncidentStep(ADA, About("", Does.DECIDE))),
        ("decide fix-forward", OpenIncidentStep(ADA, About("", Does.DECIDE), {"kind": "fix_forward"})),
        ("decide ROLLBACK release 41", TakeIncidentStep(ADA, About("", Does.DECIDE), {"kind": "rollback", "statement": "release 41"})),
        ("timeline", ShowTimeline(ADA)),
        ("timeline inc-012", ShowTimeline(ADA, "INC-12")),
        ("timeline OPS-77", ShowTimeline(ADA, "OPS-77")),
        ("show INC-12", ShowIncident(ADA, "INC-12")),
    ],
)  # fmt: skip
def test_what_is_typed_on_a_bridge(typed: str, wish: object) -> None:
    assert understand(typed, ADA, known_ids) == wish


@pytest.mark.parametrize(
    "typed",
    [
        "incident management policy",
        "incident SEV-1",
        "decide what to do",
        "timeline of events",
        "timeline STD-001",
        "show incident",
    ],
)
def test_a_verb_counts_only_when_the_rest_parses(typed: str) -> None:
    assert type(understand(typed, ADA, known_ids)).__name__ == "Ask"


def test_what_buttons_carry_comes_back() -> None:
    about = About("INC-12", Does.CORRECT, 2, "3f1c")
    assert read_about(str(about)) == about
    assert read_about(str(About("", Does.DECIDE))) == About("", Does.DECIDE)
    assert pressed("incident_step", str(about), ADA, {"statement": "x"}) == TakeIncidentStep(
        ADA, about, {"statement": "x"}
    )
    for broken in ("", "INC-0 decide", "INC-1 destroy", "INC-1 correct x", "EX-1 decide"):
        with pytest.raises(OutdatedButton):
            read_about(broken)


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("SEV-1", "SEV-1"),
        ("sev 2", "SEV-2"),
        ("P1", "SEV-1"),
        ("3", "SEV-3"),
        ("Severity 4", "SEV-4"),
        ("critical", ""),
        ("SEV-10", ""),
        ("", ""),
    ],
)
def test_severities_are_read_as_people_write_them(said: str, level: str) -> None:
    assert severity(said) == level


def test_kinds_are_read_in_any_case_and_with_either_stroke() -> None:
    assert kind_of("Fix-Forward") is kind_of("fix_forward") is DecisionKind.FIX_FORWARD
    assert kind_of("emergency change") is DecisionKind.EMERGENCY_CHANGE
    assert kind_of("rewind") is None


def test_what_is_wrong_with_a_new_incident_stands_beside_its_field() -> None:
    with pytest.raises(FaultyFields) as refused:
        steps.opened("INC-1", ADA, person(ADA), NOON, level="bad", title=" ")
    assert {fault.field for fault in refused.value.facts["fields"]} == {"severity", "title"}  # type: ignore[attr-defined]


def test_guests_and_strangers_record_nothing() -> None:
    for standing in (Standing.GUEST, Standing.STRANGER):
        with pytest.raises(MembersOnTheBridge):
            steps.check_member(replace(ADA, standing=standing))
    steps.check_member(ADA)


def test_an_incident_is_read_as_it_was_written() -> None:
    incident = decided(decided(wording=replace(ROLL_BACK, waives=("STD-001.1", "STD-001.1"))))
    assert read(json.loads(json.dumps(written(incident)))) == incident
    assert [each.clause for each in incident.decisions[0].waived] == ["STD-001.1"]
    linked = recognised(incident, lambda each: f"now-{each.account}")
    assert linked.decisions[0].by.id == "now-slack:UPAT"


def test_a_correction_keeps_what_was_said_and_who_corrected_it() -> None:
    incident = decided()
    before = incident.decisions[0]
    step = steps.corrected(
        incident,
        1,
        replace(ROLL_BACK, statement="Roll back release 40"),
        GRACE,
        who=person(GRACE),
        digest=before.digest,
        now=NOON + timedelta(hours=1),
        levels=LEVELS,
    )
    after = step.incident.decisions[0]
    assert after.statement == "Roll back release 40"
    assert [(each.statement, each.corrected_by.name) for each in after.earlier] == [("Roll back release 41", "Grace")]
    assert step.entry
    assert step.entry.action == "incident.corrected"
    assert "release" not in json.dumps(dict(step.entry.after))  # words stand beside the chain
    with pytest.raises(DecisionChanged):
        steps.may_correct(step.incident, 1, before.digest, person(GRACE))


def test_a_decision_is_corrected_by_those_whose_it_is_alone() -> None:
    incident = decided()
    for who in (ADA, GRACE, PAT):  # the commander, who recorded it, who took it
        assert steps.may_correct(incident, 1, "", person(who)).number == 1
    other = Person("p-other", "slack:UOTHER", "Other")
    with pytest.raises(NotYourDecision):
        steps.may_correct(incident, 1, "", other)
    with pytest.raises(UnknownDecision):
        steps.may_correct(incident, 2, "", person(ADA))


def test_nothing_is_decided_in_a_closed_incident_but_what_its_tool_tells_late() -> None:
    over = steps.closed(an_incident(), "It was the cache.", ADA, person(ADA), NOON).incident
    assert (over.stage, over.summary) == (Stage.CLOSED, "It was the cache.")
    with pytest.raises(IncidentClosed):
        decided(over)
    with pytest.raises(IncidentClosed):
        steps.closed(over, "", ADA, person(ADA), NOON)
    assert len(decided(replace(over, source="pagerduty", key="P1")).decisions) == 1


def test_whoever_accepts_a_risk_says_which() -> None:
    with pytest.raises(FaultyFields, match="which risk"):
        decided(wording=Wording("accept_risk", "We live with it"))
    assert decided(wording=Wording("accept_risk", "We live with it", risk="high")).decisions[0].risk == "high"


def test_a_tool_that_tells_a_decision_again_is_recognised() -> None:
    incident = decided(tool_id="d-1")
    assert steps.known_already(incident, ReportedDecision("rollback", "anything", id="d-1")) == incident.decisions[0]
    assert steps.known_already(incident, ReportedDecision("rollback", "anything", id="d-2")) is None
    assert steps.known_already(incident, ReportedDecision("rollback", "Roll back release 41")) == incident.decisions[0]
    assert steps.known_already(incident, ReportedDecision("contain", "Roll back release 41")) is None


def test_an_assessment_weighs_the_answers_by_governance() -> None:
    incident = decided(wording=Wording("emergency_change", "Open the firewall"))
    with pytest.raises(NothingToAssess):
        steps.assessed(incident, 1, {}, "none", ADA, who=person(ADA), now=NOON, risk=RULES.risk)
    owed = steps.with_decision(incident, replace(incident.decisions[0], assessment_due="OB-4"))
    with pytest.raises(FaultyFields) as refused:
        steps.assessed(owed, 1, {"exposure": "nowhere"}, "", ADA, who=person(ADA), now=NOON, risk=RULES.risk)
    assert "mitigations" in {fault.field for fault in refused.value.facts["fields"]}  # type: ignore[attr-defined]
    worst = {name: max(answers, key=lambda each: answers[each]) for name, answers in RULES.risk.questions.items()}
    found = (
        steps.assessed(owed, 1, worst, "Closed again", ADA, who=person(ADA), now=NOON, risk=RULES.risk)
        .incident.decisions[0]
        .assessment
    )
    assert found
    assert found.points == sum(max(answers.values()) for answers in RULES.risk.questions.values())
    assert found.level == list(RULES.risk.levels)[-1]


def test_command_is_handed_over_to_somebody_else() -> None:
    incident = an_incident()
    after = steps.handed_over(incident, person(PAT), ADA, person(ADA), NOON).incident
    assert after.commander == person(PAT)
    assert [each.who.name for each in after.commanders] == ["Ada", "Pat"]
    with pytest.raises(FaultyFields, match="already"):
        steps.handed_over(after, person(PAT), ADA, person(ADA), NOON)


def test_the_timeline_tells_everything_in_order() -> None:
    incident = decided()
    incident = steps.corrected(
        incident,
        1,
        replace(ROLL_BACK, statement="Roll back release 40"),
        GRACE,
        who=person(GRACE),
        digest="",
        now=NOON + timedelta(hours=1),
        levels=LEVELS,
    ).incident
    incident = steps.closed(incident, "It was the cache.", ADA, person(ADA), NOON + timedelta(hours=2)).incident
    due = Obligation(
        "OB-1",
        "INC-1",
        1,
        "Write it up",
        "pat@example.org",
        date(2026, 12, 1),
        NOON + timedelta(days=9),
        NOON + timedelta(days=1),
        "done",
        Kind.FOLLOW_UP,
    )
    told = timeline_of(incident, [due])
    assert json.loads(json.dumps(told)) == told
    moments = told["moments"]
    assert isinstance(moments, list)
    assert [each["what"] for each in moments] == ["opened", "command", "decided", "corrected", "closed", "closed"]  # type: ignore[index,call-overload]
    text = markdown_of(incident, [due])
    assert text.startswith("# INC-1: Checkout is down\n")
    assert "~~Roll back release 41~~" in text
    assert text.index("release 41") < text.index("## Timeline")
    assert "OB-1" in text


@given(st.text(max_size=200))
def test_whatever_somebody_wrote_is_text_in_the_timeline(words: str) -> None:
    said = words.strip() or "something"
    incident = decided(an_incident(title=said), Wording("other", said, said))
    lines = markdown_of(incident).splitlines()
    assert sum(line.startswith("# ") for line in lines) == 1
    assert [line for line in lines if line.startswith("## ")] == ["## Decisions", "## Timeline"]
    assert not any(line.startswith(("<", "```")) for line in lines)


def test_drafts_quote_what_was_said_and_keep_their_front_matter_whole() -> None:
    title = 'Never "trust": a cache\n---\n# x'
    incident = decided(an_incident(title=title, url="https://tool.example.org/1"))
    text = adr_of(incident, incident.decisions[0], 12, title, "---\nid: EVIL\n# Heading", on=date(2026, 11, 23))
    front = text.split("---\n")[1]
    assert json.loads(front.splitlines()[1].removeprefix("title: ")) == title
    assert front.startswith('id: "ADR-0012"')
    assert "\n> # Heading" in text
    target = Target("STD-001.1", "standards/STD-001.md", "STD-001", "Storage", text="Buckets MUST be encrypted.")
    change = change_of(
        incident,
        incident.decisions[0],
        target,
        "Keys too",
        "Buckets and keys MUST be encrypted.",
        on=date(2026, 11, 23),
    )
    assert "> Buckets MUST be encrypted." in change
    assert "> Buckets and keys MUST be encrypted." in change
