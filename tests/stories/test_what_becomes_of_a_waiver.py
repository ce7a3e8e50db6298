"""An exception in force until its day: an emergency and its second look, conditions, warnings, renewal, the ways in which it ends. After
every step Slack and Teams show it alike (`there.press` and `there.sent` look)."""

from __future__ import annotations

import pytest

from tests.stories.deciding import (
    ADA,
    ALAN,
    ARCHITECTS,
    ARCHITECTS_IN_TEAMS,
    CLAUSE,
    EMERGENCY,
    GRACE,
    HERS,
    HERS_IN_TEAMS,
    LOW,
    NEWS,
    NEWS_IN_TEAMS,
    PAT,
    PATS,
    PLATFORM,
    SAM,
    SECURITY,
    Organisation,
    write,
)
from tests.stories.house import until

pytestmark = pytest.mark.asyncio

DECIDING = ("Approve", "Approve with conditions", "Ask for changes", "Decline", "Show")
EVERYWHERE = (ARCHITECTS, ARCHITECTS_IN_TEAMS, PLATFORM, SECURITY)


async def in_force(there: Organisation, last: str = "2026-12-31") -> str:
    """A waiver that an architect has approved."""
    id_ = await there.request(values=LOW | {"Until": last})
    await there.press(f"{id_}:review:1", ARCHITECTS, "Approve", ADA)
    (await there.agree(id_)).says("in force until")
    return id_


async def granted(there: Organisation) -> str:
    """An emergency of moderate risk that an architect has granted at once; those who decide on such a risk are asked."""
    form = await there.slack.open_form(f"exception {CLAUSE}", GRACE.slack)
    await form.fill(EMERGENCY)
    await form.says("in force as soon as architect says so, for 7 days at most")
    await form.says("A second look within 3 business days decides as at moderate risk")
    id_ = await there.sent(form, {})
    asked = await there.see(f"{id_}:review:1", ARCHITECTS, ARCHITECTS_IN_TEAMS)
    asked.says("in force as soon as architect", "until 23 November 2026, 11:00 GMT", "The till is down.")
    told = await there.press(f"{id_}:review:1", ARCHITECTS_IN_TEAMS, "Approve", ALAN)
    assert "counts. It is in force; its second look waits for architect, platform and security." in told
    (await there.see(f"{id_}:told:decided", NEWS, NEWS_IN_TEAMS)).says("mergency")
    owed = (await there.see(f"{id_}:review:2", *EVERYWHERE)).says("It waits for architect, platform and security")
    assert owed.buttons == DECIDING
    (await there.see(f"{id_}:review:1")).says("There is a newer post of this: decide there.")
    return id_


async def test_an_emergency_is_in_force_at_once_and_confirmed_by_a_second_look(anywhere: Organisation) -> None:
    there = anywhere
    id_ = await granted(there)
    look = f"{id_}:review:2"
    await there.alike(f"show {CLAUSE}", ADA, "1 waiver in force")
    await there.advance(days=1)
    await there.press(look, ARCHITECTS, "Approve", ADA)
    await there.press(look, SECURITY, "Approve", SAM)
    (await there.see(look, *EVERYWHERE)).says("It waits for platform")
    await there.press(look, PLATFORM, "Approve", PAT)
    confirmed = (await there.see(look, *EVERYWHERE)).says("in force until 29 November 2026")
    assert confirmed.buttons == ("Show",)
    await there.advance(days=3)
    assert await there.agree(id_) == confirmed


async def test_an_emergency_without_a_second_look_in_time_is_revoked(there: Organisation) -> None:
    id_ = await granted(there)
    await there.press(f"{id_}:review:2", ARCHITECTS, "Approve", ADA)
    await there.advance(days=2)
    (await there.see(f"{id_}:remind:2:half", PLATFORM, SECURITY)).says(f"{id_} waits for platform and security")
    await there.agree(id_)
    await there.advance(days=1, hours=1)
    revoked = (await there.agree(id_)).says("Revoked on 26 November 2026", "its second look did not come in time")
    assert revoked.buttons == ("Show",)
    (await there.see(f"{id_}:told:ended", NEWS, NEWS_IN_TEAMS)).says("Revoked on 26 November 2026")
    there.slack.letters(GRACE.slack)[-1].says("its second look did not come in time")


async def test_it_is_warned_of_renewed_and_followed_by_the_new_one(there: Organisation) -> None:
    id_ = await in_force(there)
    await there.advance(days=8)
    (await there.card(f"{id_}:warn:2026-12-01", HERS)).says("ends in 30 days, on 31 December 2026")
    await there.advance(days=23)
    warning = await there.card(f"{id_}:warn:2026-12-24", HERS)
    assert warning.buttons == ("Renew", "Remedied", "Show")
    form = await there.slack.open(warning, "Renew", GRACE.slack)
    assert form.title == f"Renew {id_}"
    assert form.values["Reason"] == LOW["Reason"]
    assert await there.sent(form, {"Until": "2027-02-26"}) == "EX-2"
    (await there.agree("EX-2")).says("until 26 February 2027 to follow EX-1.")
    (await there.agree(id_)).says("in force until 31 December 2026")

    await there.press("EX-2:review:1", ARCHITECTS_IN_TEAMS, "Approve", ALAN)
    (await there.agree("EX-2")).says("Approved by Alan Turing on 24 December 2026, in force until 26 February 2027.")
    (await there.agree(id_)).says("in force until 31 December 2026; EX-2 follows it.")
    followed = (await there.card(f"{id_}:warn:2026-12-24", HERS)).says("EX-2 follows it.")
    assert followed.buttons == ("Show",)
    assert "Renew" not in (await there.card(f"{id_}:asked:2", HERS)).buttons
    await there.advance(days=9)
    (await there.agree(id_)).says("Ended on 31 December 2026: EX-2 follows it.")
    assert await there.posts(f"{id_}:warn:2026-12-30") == []
    (await there.agree("EX-2")).says("in force until 26 February 2027")


async def test_what_was_asked_for_in_teams_is_changed_and_renewed_there(there: Organisation) -> None:
    id_ = await there.request_in_teams()
    words = {"What should be changed": "Since when?"}
    await there.press(f"{id_}:review:1", ARCHITECTS, "Ask for changes", ADA, words)
    card = (await there.card(f"{id_}:asked:2", HERS_IN_TEAMS)).says("ada asks for changes", "Since when?")
    form = await there.teams.open(card, "Change and send again", GRACE.teams)
    assert form.values["Reason"] == LOW["Reason"]
    await there.sent(form, {"Reason": "Since May the appliance cannot do it."})
    (await there.see(f"{id_}:review:2", ARCHITECTS, ARCHITECTS_IN_TEAMS)).says("Since May")
    await there.press(f"{id_}:review:2", ARCHITECTS_IN_TEAMS, "Approve", ADA)
    form = await there.teams.open(await there.card(f"{id_}:asked:3", HERS_IN_TEAMS), "Renew", GRACE.teams)
    assert form.title == f"Renew {id_}"
    assert await there.sent(form, {"Until": "2027-01-29"}) == "EX-2"
    await there.press("EX-2:review:1", ARCHITECTS, "Approve", ADA)
    (await there.agree("EX-2")).says("in force until 29 January 2027")
    await there.agree(id_)


async def test_nobody_renews_it_and_it_expires_at_the_end_of_its_day(there: Organisation) -> None:
    id_ = await in_force(there, "2026-12-04")
    await there.advance(days=10)
    (await there.card(f"{id_}:warn:2026-12-03", HERS)).says(f"{id_} ends tomorrow, on 4 December 2026")
    await there.advance(days=1, hours=13, minutes=59)  # 23:59 in London
    (await there.agree(id_)).says("in force until 4 December 2026")
    await there.alike(f"show {CLAUSE}", ADA, "1 waiver in force")
    await there.advance(minutes=1)
    expired = (await there.agree(id_)).says("Expired on 4 December 2026")
    assert expired.buttons == ("Show",)
    (await there.see(f"{id_}:told:ended", NEWS, NEWS_IN_TEAMS)).says("Expired on 4 December 2026")
    notice = there.slack.letters(GRACE.slack)[-1].says("has expired", "Keep the clause from now on.")
    assert notice.buttons == ("Renew", "Show")


async def test_it_is_revoked_with_a_reason_by_whoever_could_have_decided(there: Organisation) -> None:
    id_ = await in_force(there)
    shown = await there.teams.say(f"show {id_}", ALAN.teams)
    why = {"Reason": "The appliance leaks."}
    assert f"{id_} is revoked." in await there.teams.do(shown, "Revoke", ALAN.teams, why)
    revoked = (await there.agree(id_)).says("Revoked by Alan Turing on 23 November 2026", "The appliance leaks.")
    (await there.see(f"{id_}:told:ended", NEWS, NEWS_IN_TEAMS)).says("Revoked by Alan Turing")
    hers = there.slack.letters(GRACE.slack)[-1].says("Revoked by Alan Turing", "The appliance leaks.")
    assert hers.buttons == ("Request an exception", "Show")
    await there.advance(days=60)
    assert await there.agree(id_) == revoked


async def test_it_is_remedied_with_evidence_by_whoever_asked(there: Organisation) -> None:
    id_ = await there.request_in_teams()
    await there.press(f"{id_}:review:1", ARCHITECTS, "Approve", ADA)
    await there.advance(days=8)
    form = await there.teams.open(await there.card(f"{id_}:warn:2026-12-01", HERS_IN_TEAMS), "Remedied", GRACE.teams)
    with pytest.raises(AssertionError, match="evidence is required"):
        await form.send()
    assert f"{id_} is closed" in await form.send({"Evidence": "https://git.example.org/change/7"})
    closed = (await there.agree(id_)).says("Remedied on 1 December 2026", "https://git.example.org/change/7")
    assert closed.buttons == ("Show",)
    assert (await there.card(f"{id_}:warn:2026-12-01", HERS_IN_TEAMS)).buttons == ("Show",)
    (await there.see(f"{id_}:told:ended", NEWS, NEWS_IN_TEAMS)).says("Remedied on 1 December 2026")
    await there.advance(days=60)
    assert await there.agree(id_) == closed


async def under_a_condition(there: Organisation) -> str:
    """A waiver that is approved under the condition that Pat rotates the keys until 3 December."""
    id_ = await there.request()
    demand = {
        "Condition 1": "Rotate the keys.",
        "Owner of condition 1": "pat@example.org",
        "Due day of condition 1": "2026-12-03",
    }
    told = await there.press(f"{id_}:review:1", ARCHITECTS, "Approve with conditions", ADA, demand)
    assert "counts" in told
    (await there.agree(id_)).says("in force until 31 December 2026", "Rotate the keys.", "3 December 2026")
    (await there.card(f"{id_}:condition:1", PATS)).says("Rotate the keys.")
    return id_


async def test_an_overdue_condition_has_the_seats_keep_the_exception_and_is_met_late(anywhere: Organisation) -> None:
    there = anywhere
    id_ = await under_a_condition(there)
    await there.advance(days=9)
    (await there.card(f"{id_}:condition:1:2026-12-03:soon", PATS)).says("is due on 3 December 2026")
    await there.advance(days=2)
    asked = await there.see(f"{id_}:review:2", ARCHITECTS, ARCHITECTS_IN_TEAMS)
    asked.says("Keep it or revoke it? It waits for architect", "Rotate the keys.")
    assert asked.buttons == ("Keep", "Revoke", "Show")
    (await there.agree(id_)).says("overdue")
    (await there.card(f"{id_}:condition:1:overdue", PATS)).says("is overdue since 3 December 2026")

    assert "counts" in await there.press(f"{id_}:review:2", ARCHITECTS_IN_TEAMS, "Keep", ALAN)
    kept = (await there.agree(id_)).says("in force until 31 December 2026")
    assert kept.buttons == ("Show",)

    told = await there.press(f"{id_}:condition:1", PATS, "Done", PAT, {"Evidence": "https://git.example.org/keys/7"})
    assert f"Condition 1 of {id_} is met." in told
    (await there.card(f"{id_}:condition:1:overdue", PATS)).says(f"Condition 1 of {id_} is met.")


async def test_an_overdue_condition_has_the_seats_revoke_the_exception(there: Organisation) -> None:
    id_ = await under_a_condition(there)
    await there.advance(days=11)
    why = {"Reason": "The keys are old."}
    assert f"{id_} is revoked." in await there.press(f"{id_}:review:2", ARCHITECTS_IN_TEAMS, "Revoke", ALAN, why)
    revoked = (await there.agree(id_)).says("Revoked by Alan Turing on 4 December 2026")
    assert revoked.buttons == ("Show",)
    (await there.card(f"{id_}:condition:1", PATS)).says("is not wanted any more")


async def test_a_clause_that_reads_differently_flags_it_to_holder_and_owner(there: Organisation) -> None:
    id_ = await in_force(there)
    path = there.house.knowledge / "standards" / "STD-004-encryption.md"
    write(path, path.read_text().replace("encrypted at rest", "encrypted at rest and in transit"))
    await until(lambda: len(there.references(f"{id_}:reworded:")) == 1)
    flagged = await there.see(there.references(f"{id_}:reworded:")[0], HERS, SECURITY)
    flagged.says("reads differently now", "and in transit")
    (await there.agree(id_)).says("reads differently now")


async def test_what_stands_against_a_superseded_standard_is_listed_to_its_owner(there: Organisation) -> None:
    held, asked = await in_force(there), await there.request()
    path = there.house.knowledge / "standards" / "STD-004-encryption.md"
    write(
        path, path.read_text().replace("owner: security", "owner: security\nstatus: superseded\nsuperseded_by: STD-007")
    )
    await until(lambda: len(there.references("exceptions:")) == 1)
    (listed,) = await there.posts(there.references("exceptions:")[0])
    assert listed.room == SECURITY
    listed.says("STD-004 is superseded, and has 1 exception in force and 1 request pending.", held, asked, "STD-007")
    for id_ in (held, asked):
        await there.agree(id_)
