"""Whoever cannot keep a clause asks for an exception where they are: from an answer, by a typed line, from a message; the form is
one and the same on both platforms."""

from __future__ import annotations

import pytest

from tests.stories.deciding import (
    ADA,
    ALAN,
    ARCHITECTS,
    ARCHITECTS_IN_TEAMS,
    CLAUSE,
    DORAS,
    EMERGENCY,
    GRACE,
    LOW,
    MODERATE,
    MORE,
    PLATFORM,
    QUESTION,
    SECURITY,
    Organisation,
)

pytestmark = pytest.mark.asyncio

REQUEST = "Request an exception"
FIELD = "Clause or standard"
LABELS = [
    FIELD, "Service", "Environment", "Tier", "exposure", "data", "Until", "Reason", "Compensating controls",
    "Remediation plan", "Remedied by", "Links", "Emergency",
]  # fmt: skip


async def test_in_slack_the_form_finds_the_clause_and_shows_risk_and_seats_as_one_answers(there: Organisation) -> None:
    answer = await there.slack.ask(QUESTION, GRACE.slack)
    form = await there.slack.open(answer, REQUEST, GRACE.slack)
    assert [*form.values] == LABELS
    assert form.values[FIELD].startswith("STD-004.1 Storage buckets MUST be encrypted")

    offered = await form.find("audit logs")
    (logs,) = [each for each in offered if each.startswith("STD-007.1")]
    await form.fill({FIELD: logs})
    await form.says("Audit logs MUST be kept for a year.")
    await form.fill({"exposure": "internal", "data": "public"})
    await form.says("Low risk so far: decided by architect, within 2 business days.")
    await form.says("Still to be answered: tier.")
    await form.fill({"Tier": "1"})
    await form.says("Low risk: decided by architect")
    await form.fill({"exposure": "partner"})
    await form.says("Moderate risk: decided by architect, platform and security, within 5 business days.")
    await form.says("until 23 March 2027")
    assert form.values["exposure"] == "partner"

    await form.send(LOW | MORE | {"Tier": "1", "exposure": "partner", "Until": "2027-03-24"})
    assert [*form.faults] == ["Until"]
    assert "at most at moderate risk: until 2027-03-23 or earlier" in form.faults["Until"]
    assert "is sent. Moderate risk" in await form.send({"Until": "2027-03-23"})
    card = await there.see("EX-1:review:1", ARCHITECTS, ARCHITECTS_IN_TEAMS, PLATFORM, SECURITY)
    card.says("grace asks for an exception to STD-007.1 for payments in production until 23 March 2027.")
    await there.agree("EX-1")


async def test_in_teams_the_dialog_finds_the_clause_and_shows_risk_and_seats_before_it_is_sent(
    there: Organisation,
) -> None:
    answer = await there.teams.ask(QUESTION, GRACE.teams)
    form = await there.teams.open(answer, REQUEST, GRACE.teams)
    assert [*form.values] == LABELS
    assert form.values[FIELD].startswith("STD-004.1 Storage buckets MUST be encrypted")

    (logs,) = [each for each in await form.find("STD-007.1") if each.startswith("STD-007.1")]
    await form.fill({FIELD: logs})
    filled = MODERATE | {"Until": "2027-03-24", "Reason": "It is\nas it is."}
    await form.send(filled)
    assert [*form.faults] == ["Until"]
    assert "at most at moderate risk: until 2027-03-23 or earlier" in form.faults["Until"]
    assert {label: value for label, value in form.values.items() if label in filled} == filled
    assert "Audit logs MUST be kept for a year." in form.words

    assert "Moderate risk: decided by architect, platform and security, within 5 business days." in form.words

    told = await form.send({"data": "restricted", "Until": "2027-02-21"})
    assert "These are the risk and the seats that follow from your answers. Send it again if you want it so." in told
    assert "High risk: decided by security and director, within 5 business days." in told
    assert "is sent. High risk" in await form.send()
    card = await there.see("EX-1:review:1", SECURITY, DORAS)
    card.says("Grace Hopper asks for an exception to STD-007.1 for payments in production until 21 February 2027.")
    card.says("It is as it is.")
    await there.agree("EX-1")


async def test_in_teams_an_emergency_is_asked_its_reason_when_it_is_sent(there: Organisation) -> None:
    form = await there.teams.open(await there.teams.ask(QUESTION, GRACE.teams), REQUEST, GRACE.teams)
    why = "Reason for the emergency"
    assert why not in form.values
    await form.send({label: value for label, value in EMERGENCY.items() if label != why})
    assert form.faults == {why: "Say why it cannot wait for a decision."}
    assert "in force as soon as architect says so, for 7 days at most" in form.words
    assert "is sent" in await form.send({why: "The till is down."})
    (await there.agree("EX-1")).says("in force as soon as architect", "The till is down.")


async def test_a_typed_line_opens_the_form_for_a_clause(there: Organisation) -> None:
    form = await there.slack.open_form(f"exception {CLAUSE}", GRACE.slack)
    assert await there.sent(form, LOW) == "EX-1"
    opener = await there.teams.say(f"exception {CLAUSE}", ALAN.teams)
    assert opener.buttons == (REQUEST,)
    dialog = await there.teams.open(opener, REQUEST, ALAN.teams)
    assert dialog.values[FIELD].startswith(CLAUSE)
    assert await there.sent(dialog, LOW) == "EX-2"
    (await there.agree("EX-1")).says("grace asks for an exception to STD-004.1")
    (await there.agree("EX-2")).says("Alan Turing asks for an exception to STD-004.1")


async def test_the_extension_begins_with_the_message_that_it_was_chosen_on(there: Organisation) -> None:
    form = await there.teams.open_from_message(f"<p>We cannot keep {CLAUSE} before <b>May</b>.</p>", GRACE.teams)
    assert form.values[FIELD].startswith(CLAUSE)
    assert form.values["Reason"] == f"We cannot keep {CLAUSE} before May."
    given = {label: value for label, value in LOW.items() if label != "Reason"}
    id_ = await there.sent(form, given)
    card = await there.agree(id_)
    card.says(f"We cannot keep {CLAUSE} before May.")
    await there.teams.press(await there.card(f"{id_}:review:1", ARCHITECTS_IN_TEAMS), "Approve", ALAN.teams)
    (await there.agree(id_)).says("Approved by Alan Turing")


async def test_a_shortcut_begins_with_the_message_that_it_was_chosen_on(there: Organisation) -> None:
    said = await there.house.slack.message(f"We cannot keep {CLAUSE} before May.", user=ALAN.slack)
    form = await there.slack.open_from_message(said, GRACE.slack)
    assert form.values[FIELD].startswith(CLAUSE)
    assert form.values["Reason"] == f"We cannot keep {CLAUSE} before May."
    given = {label: value for label, value in LOW.items() if label != "Reason"}
    (await there.agree(await there.sent(form, given))).says("We cannot keep STD-004.1 before May.")
    empty = await there.slack.open_from_message(None, ADA.slack)
    assert empty.values[FIELD] == empty.values["Reason"] == ""


async def test_what_was_typed_is_there_again_on_the_platform_where_it_was_left(there: Organisation) -> None:
    form = await there.slack.open(await there.slack.ask(QUESTION, GRACE.slack), REQUEST, GRACE.slack)
    await form.send(LOW | {"Until": "2029-01-01"})
    assert [*form.faults] == ["Until"]
    form.close()
    again = await there.slack.open_form(f"exception {CLAUSE}", GRACE.slack)
    assert "Filled in as you left it." in again.words
    assert again.values["Reason"] == LOW["Reason"]
    assert "is sent" in await again.send({"Until": "2026-12-31"})


async def test_an_answer_and_the_register_tell_of_it_alike_on_both_platforms(there: Organisation) -> None:
    await there.request()
    await there.alike("exceptions mine", GRACE, "1 request", "EX-1", "payments")
    await there.alike("exceptions pending", ADA, "EX-1")
    await there.alike("exceptions service:payments", ADA, "EX-1")
    await there.alike("exceptions expiring", ADA, "There are none.")
    await there.alike(f"show {CLAUSE}", ADA, "1 request open")
    await there.press("EX-1:review:1", ARCHITECTS, "Approve", ADA)
    await there.alike(f"show {CLAUSE}", ADA, "1 waiver in force")
    await there.advance(days=20)
    await there.alike("exceptions expiring", ADA, "EX-1", "31 December 2026")
