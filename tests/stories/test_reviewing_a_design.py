"""A design is reviewed: asked for on either platform, spoken on from both, decided in time; and what follows from the decision is
owed, drafted and found. After every step both platforms show it alike (`there.press` looks)."""

from __future__ import annotations

import pytest

from bot.playground.state import Channel
from bot.slack.wishes import REVIEW_ABOUT
from tests.stories.deciding import (
    ADA,
    ALAN,
    ARCHITECTS,
    ARCHITECTS_IN_TEAMS,
    GRACE,
    HERS,
    HERS_IN_TEAMS,
    NEWS,
    NEWS_IN_TEAMS,
    PAT,
    SAM,
    SECURITY,
    Human,
    Organisation,
    in_channel,
    write,
)
from tests.stories.house import until
from tests.stories.in_slack import SlackForm
from tests.stories.in_teams import TeamsForm

pytestmark = pytest.mark.asyncio

LIGHT = {
    "Title": "Exports in buckets",
    "Description": "Checkout writes encrypted exports into storage buckets of its own.",
    "scope": "team",
    "reversible": "hard",
    "spend": "none",
    "Service": "checkout",
    "Areas": "network",
}
BOARD = LIGHT | {"Title": "One broker for all", "scope": "organisation"}
ARB = "slack:C0ARB"


async def sent(there: Organisation, form: SlackForm | TeamsForm, values: dict[str, str]) -> str:
    """Fills in a form for a review and sends it; gives the id. Both platforms then show it alike."""
    await form.fill(values)
    told = await form.send()
    assert "is sent" in told, (told, form.faults)
    form.close()
    id_ = next(word for word in told.split() if word.startswith("RV-")).rstrip(".")
    await there.agree(id_)
    return id_


async def asked(there: Organisation, values: dict[str, str] = LIGHT, by: Human = GRACE) -> str:
    """Somebody asks for a review in Slack."""
    return await sent(there, await there.slack.open_form("review", by.slack), values)


async def asked_in_teams(there: Organisation, values: dict[str, str] = LIGHT, by: Human = GRACE) -> str:
    """The same in Teams."""
    opener = await there.teams.say("review", by.teams)
    return await sent(there, await there.teams.open(opener, "Request a review", by.teams), values)


async def hears_of_reviews(there: Organisation) -> None:
    await there.house.slack.command("/arch", "subscribe reviews service:checkout", channel="C0NEWS")
    await there.house.teams.mention("subscribe reviews", **in_channel(NEWS_IN_TEAMS))
    await there.settled()


def open_board(there: Organisation) -> None:
    """The board has a room of its own."""
    state = there.house.slack.state
    state.channels["C0ARB"] = Channel("C0ARB", "arb", frozenset({*state.users, there.house.slack.app.bot_user}))


async def test_a_light_review_is_claimed_questioned_and_approved_after_the_comment_time(anywhere: Organisation) -> None:
    there = anywhere
    await hears_of_reviews(there)
    id_ = await asked(there)
    review = f"{id_}:review:1"
    card = (await there.see(review)).says(
        "grace asks for a review of a design for checkout. Light review.",
        "It waits for architect and the end of the comment time on 25 November 2026, 10:00 GMT, until 30 November 2026",
        "assigned",
        "What it touches",
        "STD-004.1",
    )
    assert card.buttons == ("Claim", "Approve", "Approve with conditions", "Reject", "Raise a concern", "Show")
    (await there.see(f"{id_}:told:asked", NEWS, NEWS_IN_TEAMS)).says("In review")

    assert f"{id_} is yours to review." in await there.press(review, ARCHITECTS, "Claim", ADA)
    (await there.see(review)).says("architect: ada reviews it")
    told = await there.press(review, ARCHITECTS_IN_TEAMS, "Raise a concern", PAT, {"Concern": "Who rotates the keys?"})
    assert "it is not decided before it is resolved" in told
    (await there.see(review)).says("1 open concern", "“Who rotates the keys?” Pat, open")
    (await there.card(f"{id_}:asked:2", HERS)).says("1 open concern")

    told = await there.press(review, ARCHITECTS, "Approve", ADA, {"Rationale": "It fits STD-004."})
    assert "It still waits for 1 open concern and the end of the comment time." in told
    words = {"Resolution": "The platform does, every year."}
    assert "is resolved." in await there.press(review, ARCHITECTS_IN_TEAMS, "Resolve", PAT, words)
    (await there.see(review)).says("It waits for the end of the comment time", "resolved by Pat")

    await there.advance(days=2)
    decided = (await there.see(review)).says("Approved by ada on 25 November 2026.", "It fits STD-004.")
    assert decided.buttons == ("Show",)
    (await there.see(f"{id_}:told:decided", NEWS, NEWS_IN_TEAMS)).says("Approved by ada on 25 November 2026.")
    (await there.card(f"{id_}:asked:3", HERS)).says("Approved by ada", "A draft of it is written")
    await there.agree(id_)

    [(path, text)] = there.house.remembered(f"SELECT path, text FROM drafted_document WHERE subject = '{id_}'")
    write(there.house.bot.settings.knowledge / str(path), str(text))
    question = "why does checkout write encrypted exports into storage buckets of its own?"
    await until(lambda: "ADR-0001" in str(there.house.in_the_library(question).results))
    await until(lambda: "It is written down as" in str(there.slack.letters(GRACE.slack)))
    (await there.card(f"{id_}:asked:3", HERS)).says("It is written down as ADR-0001.")
    await there.agree(id_)


async def test_a_board_decides_from_its_agenda_under_two_conditions(there: Organisation) -> None:
    open_board(there)
    id_ = await asked_in_teams(there, BOARD)
    other = await asked(there, BOARD | {"Title": "Another broker"})
    review = f"{id_}:review:1"
    (await there.see(review)).says("Board review.", "The board takes it on 24 November 2026, 14:00 GMT.")
    assert there.references("board:") == []

    await there.advance(hours=4)
    agenda = (await there.card("board:board:2026-11-24", ARB)).says(
        "Agenda of the board on 24 November 2026, 14:00 GMT"
    )
    assert agenda.buttons == (f"Decide {id_}", f"Decide {other}")
    shown = await there.slack.press(agenda, f"Decide {id_}", ADA.slack)
    assert "Board review." in shown

    await there.until(there.clock.now.replace(day=24, hour=14))
    conditions = {
        "Rationale": "Once it is tested.",
        "Condition 1": "Load test it.",
        "Owner of condition 1": "grace@example.org",
        "Due day of condition 1": "2026-12-04",
        "Condition 2": "Write the runbook.",
        "Owner of condition 2": "pat@example.org",
        "Due day of condition 2": "2026-12-11",
    }
    await there.press(review, ARCHITECTS, "Approve with conditions", ADA, conditions)
    await there.press(review, SECURITY, "Approve", SAM, {"Rationale": "It is encrypted."})
    told = await there.press(review, ARCHITECTS_IN_TEAMS, "Approve", ALAN, {"Rationale": "One is enough."})
    assert "Approved with conditions." in told
    decided = (await there.see(review)).says("2 conditions", "“Load test it.” grace@example.org, by 4 December 2026")
    assert decided.buttons == ("Show",)
    (await there.card(f"{id_}:asked:2", HERS_IN_TEAMS)).says("Approved with conditions by")
    assert len(there.house.remembered(f"SELECT id FROM obligation WHERE subject = '{id_}'")) == 2
    (await there.card("board:board:2026-11-24", ARB)).says("Approved with conditions", "Condition: “Load test it.")

    await there.advance(days=1)
    minutes = (await there.card("board:board:2026-11-24", ARB)).says("Minutes of the board on 24 November 2026")
    minutes.says("Not decided: it goes to the board of 1 December 2026.")
    (await there.see(f"{other}:review:1")).says("The board takes it on 1 December 2026", "It was before the board on")
    assert minutes.buttons == ()


async def test_whoever_has_a_conflict_of_interest_does_not_decide(there: Organisation) -> None:
    id_ = await asked(there)
    review = f"{id_}:review:1"
    stale = await there.card(review, ARCHITECTS)
    shown = await there.teams.say(f"show {id_}", ALAN.teams)
    told = await there.teams.do(shown, "Conflict of interest", ALAN.teams, {"Reason": "I have built it."})
    assert f"You do not decide on {id_}; others are asked." in told
    (await there.see(review)).says("architect: ada, assigned", "Alan Turing has declared a conflict of interest.")
    assert "You have declared a conflict of interest" in await there.slack.press(stale, "Claim", ALAN.slack)
    refused = await there.teams.open(await there.card(review, ARCHITECTS_IN_TEAMS), "Approve", ALAN.teams)
    assert "You have declared a conflict of interest" in refused.words
    await there.press(review, ARCHITECTS, "Approve", ADA, {"Rationale": "Good."})
    await there.advance(days=2)
    (await there.see(review)).says("Approved by ada")


async def test_a_deferred_review_is_asked_anew_and_resumed(there: Organisation) -> None:
    id_ = await asked_in_teams(there)
    first, second = f"{id_}:review:1", f"{id_}:review:2"
    values = {"Until": "2026-12-01", "Rationale": "Wait for the audit."}
    await there.press(first, ARCHITECTS, "Claim", ADA)
    assert "Deferred until 1 December 2026." in await there.press(first, ARCHITECTS, "Defer", ADA, values)
    assert (await there.see(first)).buttons == ("Resume", "Show")
    await there.advance(days=8)
    anew = await there.see(f"{id_}:anew:1")
    anew.says("was deferred until 1 December 2026 by ada", "Wait for the audit.")
    told = await there.teams.press(await there.card(f"{id_}:anew:1", HERS_IN_TEAMS), "Resume", GRACE.teams)
    assert "is in review again" in told
    await there.agree(id_)
    assert (await there.see(first)).says("There is a newer post of this").buttons == ("Show",)
    await there.press(second, ARCHITECTS_IN_TEAMS, "Approve", ALAN, {"Rationale": "The audit is done."})
    await there.advance(days=3)
    (await there.see(second)).says("Approved by Alan")


async def test_a_message_becomes_the_description_on_either_platform(there: Organisation) -> None:
    slack = there.house.slack
    post = await slack.message("We want to put exports into buckets.", user=ALAN.slack)
    await slack.message_shortcut(REVIEW_ABOUT, post, user=GRACE.slack)
    view = await slack.view_of(GRACE.slack)
    assert view.values["Description"] == "We want to put exports into buckets."
    dialog = await there.house.teams.ask_about(
        "<p>We want to put exports into buckets.</p>", GRACE.teams, "requestReview"
    )
    assert (
        TeamsForm(there.house.teams, dialog, GRACE.teams).values["Description"]
        == "We want to put exports into buckets."
    )


async def test_no_review_is_needed_and_that_is_on_the_record(there: Organisation) -> None:
    form = await there.slack.open_form("review", GRACE.slack)
    await form.fill(LIGHT | {"reversible": "yes"})
    told = await form.send()
    assert "No review is needed for this: 0 points" in told
    await there.alike("show RV-1", ALAN, "No review is needed")
    await there.alike("reviews mine", GRACE, "RV-1")
