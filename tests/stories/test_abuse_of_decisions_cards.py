"""What a card can be made to do: a button that is pressed twice, that is old, forged, or pressed somewhere else. A card proves
nothing. Over HTTP, from Slack and from Teams. The numbers are those of `docs/abuse-cases.md`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from bot.playground.deliveries import Signed
from bot.playground.shapes import message_json
from bot.playground.state import Channel, Message
from tests.doubles.teams import button, shown
from tests.stories.abusing import OTHER, SHOWN, Town, forged, is_over, named, rewritten, town
from tests.stories.deciding import HIGH, MODERATE, QUESTION, Human, in_channel
from tests.stories.in_slack import button_of
from tests.stories.in_slack import post_of as in_slack
from tests.stories.seeing import Post

pytestmark = pytest.mark.asyncio(loop_scope="module")
BOTH = pytest.mark.parametrize("on", ["slack", "teams"])

CHANGED = "has changed since this button was shown, and nothing was decided."
EARLIER = "The button is from an earlier version and does nothing any more."
NO_ROLE = "is decided by architect, and you hold no such role now."
OWN = "is your own request, from whichever account: others decide on it."
FOREIGN = "99999999-aaaa-4bbb-8ccc-0ddd0eee0fff"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """One organisation for all attempts: each is made by people of its own, on a request of its own."""
    async with town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


async def test_a_double_click_in_slack_is_one_voice(there: Town) -> None:  # 19
    slack, architect = there.there.house.slack, there.somebody("architect")
    id_ = await there.asked("teams", there.somebody(), MODERATE)
    card = await there.card("slack", id_)
    halves = await asyncio.gather(*(slack.press(card.what, "Approve", user=architect.slack) for _ in range(4)))
    assert [each.status for each in halves] == [200] * 4
    await voted_once(there, id_, architect, "slack")


async def test_a_double_click_in_teams_is_one_voice(there: Town) -> None:  # 19
    architect = there.somebody("architect")
    id_ = await there.asked("slack", there.somebody(), MODERATE)
    card = await there.card("teams", id_)
    halves = await asyncio.gather(*(there.press("teams", card, "Approve", architect) for _ in range(4)))
    assert len([each for each in halves if "counts. It still waits for" in each]) == 1
    assert len([each for each in halves if "You have said “Approve”" in each]) == 3
    await voted_once(there, id_, architect, "teams")


@BOTH
async def test_a_delivery_that_comes_again_is_acknowledged_and_is_one_voice(there: Town, on: str) -> None:  # 19
    architect = there.somebody("architect")
    id_ = await there.asked(OTHER[on], there.somebody(), MODERATE)
    card = await there.card(on, id_)
    if on == "slack":
        slack, first = there.there.house.slack, click(there, card, architect)
        again = first.with_header("X-Slack-Retry-Num", "1").with_header("X-Slack-Retry-Reason", "http_timeout")
        answers = [await slack.send(first), *await asyncio.gather(slack.send(again), slack.send(first))]
        assert [each.status for each in answers] == [200, 200, 200]
    else:
        activity = press_of(there, card, "Approve", architect)
        told = [await there.there.house.teams.deliver(activity) for _ in range(3)]
        assert [each.status for each in told] == [200] * 3
        assert len({each.body for each in told}) == 1, "whoever pressed is told the same again"
    await voted_once(there, id_, architect, on)


async def test_pressed_on_both_platforms_and_on_several_cards_at_once_it_is_one_voice(there: Town) -> None:  # 19, 25
    architect = there.somebody("architect")
    id_ = await there.asked("slack", there.somebody(), MODERATE)
    cards = [("slack", await there.card("slack", id_)), ("teams", await there.card("teams", id_))]
    cards += [(on, await there.show(on, id_, architect)) for on in ("slack", "teams")]
    slack = there.there.house.slack
    await asyncio.gather(
        *(slack.press(post.what, "Approve", user=architect.slack) for on, post in cards if on == "slack"),
        *(there.press(on, post, "Approve", architect) for on, post in cards if on == "teams"),
    )
    await there.there.settled()
    ((voice,), (spoken,)) = there.voices(id_), there.record(id_, "spoken")
    assert voice in (named(architect, "slack"), named(architect, "teams"))
    assert [each["by"] for each in spoken["after"]["voices"]] == [voice]
    assert there.person(architect, "slack") == there.person(architect, "teams") != ""


@BOTH
async def test_a_button_of_an_older_revision_counts_for_nothing(there: Town, on: str) -> None:  # 22
    asker, early, late = there.somebody(), there.somebody("architect"), there.somebody("architect")
    id_ = await there.asked(OTHER[on], asker, MODERATE)
    await there.press(on, id_, "Approve", early)
    old = await there.card(on, id_)
    first = there.stored(id_)["voices"][0]["digest"]
    await there.change(OTHER[on], id_, asker, {"Reason": "The vendor went out of business."})
    assert there.voices(id_) == []
    assert CHANGED in await there.press(on, old, "Approve", late)
    assert there.voices(id_) == []
    assert "counts" in await there.press(on, await there.card(on, id_, round_=2), "Approve", late)
    (voice,) = there.stored(id_)["voices"]
    assert voice["digest"] == there.about(on, await there.card(on, id_, round_=2), "Approve").split()[2] != first


@BOTH
async def test_a_button_pressed_after_the_withdrawal_counts_for_nothing_and_the_card_is_drawn_anew(there: Town, on: str) -> None:  # 23  # fmt: skip
    asker, late = there.somebody(), there.somebody("architect")
    id_ = await there.asked(on, asker)
    old = await there.card(on, id_)
    await there.fill_in(on, await there.show(on, id_, asker), "Withdraw", asker, {"Reason": "Not needed."})
    withdrawn = await there.card(on, id_)
    assert withdrawn.buttons == ("Show",)
    before = there.drawings(on, id_)
    told = await there.press(on, old, "Approve", late)
    assert is_over(told, id_, "withdrawn")
    assert there.voices(id_) == []
    assert await there.card(on, id_) == withdrawn
    assert there.drawings(on, id_) > before, "whoever still sees the button gets the card as it is"


FORGERIES: dict[str, tuple[str, str, str]] = {  # verb, what it is about, and what whoever presses it is told
    "no such request": ("exception_step", "EX-999 approve {digest}", "There is no EX-999 here"),
    "no id": ("exception_step", "../EX-1 approve {digest}", EARLIER),
    "a number beyond all": ("exception_step", "EX-99999999999999999999 approve {digest}", EARLIER),
    "another digest": ("exception_step", "{id} approve 0123456789abcdef", CHANGED),
    "no digest": ("exception_step", "{id} approve", CHANGED),
    "the digest of another request": ("exception_step", "{other} approve {digest}", CHANGED),
    "a verb of nobody": ("exception_grant", "{id} approve {digest}", EARLIER),
    "a step of nobody": ("exception_step", "{id} grant {digest}", EARLIER),
    "two steps": ("exception_step", "{id} approve,decline {digest}", EARLIER),
    "a waiver to keep": ("exception_step", "{id} keep {digest}", "is not in force: it is submitted."),
    "a waiver to revoke": ("exception_step", "{id} revoke {digest}", "is not in force: it is submitted."),
    "a condition of another number": ("exception_step", "{id} meet - 99", "is not in force: it is submitted."),
    "nothing": ("exception_step", "", EARLIER),
    "markup": ("exception_step", "<!channel> <at>all</at> {id}", EARLIER),
}


@BOTH
async def test_a_forged_button_gets_a_sentence_and_decides_nothing(there: Town, on: str) -> None:  # 24
    id_ = await there.asked(on, there.somebody())
    other = await there.asked(on, there.somebody())
    card = await there.card(on, id_)
    digest = there.about(on, card, "Approve").split()[2]
    for what, (verb, about, sentence) in FORGERIES.items():
        carried = about.format(id=id_, other=other, digest=digest)
        told = await there.forge(on, card, verb, carried, there.somebody("architect"))
        assert sentence in told, what
        assert (there.stage(id_), there.stage(other)) == ("submitted", "submitted"), what
        assert there.voices(id_) == there.voices(other) == [], what
    assert [each["action"] for each in there.record(id_) + there.record(other)] == ["exception_request.submitted"] * 2


@BOTH
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_button_with_more_than_it_can_hold_decides_nothing(there: Town, on: str) -> None:  # 24
    house, architect = there.there.house, there.somebody("architect")
    id_ = await there.asked(on, there.somebody())
    card = await there.card(on, id_)
    about = there.about(on, card, "Approve")
    for zeros, status in ((400_000, 200), (4_000_000, 413)):
        if on == "slack":
            huge = click(there, forged(card, "exception_step", about + "0" * zeros), architect, "Forged")
            assert (await house.slack.send(huge)).status == status
        else:
            action = {"type": "Action.Execute", "verb": "exception_step", "data": {"about": about + "0" * zeros}}
            answer = await house.teams.deliver(press_of(there, card, action, architect))
            assert answer.status == status
            assert b"does not know this action" in answer.body or status == 413
    await there.there.settled()
    assert there.voices(id_) == []
    assert "counts" in await there.press(on, id_, "Approve", architect)


@BOTH
async def test_a_forged_button_does_not_get_around_what_high_risk_wants_typed(there: Town, on: str) -> None:  # 24
    id_ = await there.asked(on, there.somebody(), HIGH)
    security = there.somebody("security")
    card = await there.show(on, id_, security)
    about = there.about(on, card, "Approve")
    if on == "slack":
        form = await there.there.slack.open(forged(card, "exception_step", about), "Forged", security.slack)
        assert "Formal acceptance" in form.words
    else:
        action = {"type": "Action.Execute", "verb": "exception_step", "data": {"about": about}}
        answer = await there.there.house.teams.act(action, card.what, by=security.teams)
        assert "Formal acceptance" in str(answer["value"])
    assert there.voices(id_) == []


@BOTH
async def test_a_card_that_was_carried_to_another_room_proves_no_more_there(there: Town, on: str) -> None:  # 24, 28
    asker, architect = there.somebody("architect"), there.somebody("architect")
    id_ = await there.asked(OTHER[on], asker)
    card = elsewhere(there, on, await there.card(on, id_))
    assert OWN in await there.press(on, card, "Approve", asker)
    assert NO_ROLE in await there.press(on, card, "Approve", there.somebody())
    assert there.voices(id_) == []
    assert [why for _, _, why in there.refused(id_)] == ["OwnRequest", "NotYourSeat"]
    assert "counts" in await there.press(on, card, "Approve", architect)  # the right is theirs, wherever they press


async def test_a_card_that_was_carried_to_another_organisation_is_forbidden(there: Town) -> None:  # 24
    architect = there.somebody("architect")
    id_ = await there.asked("slack", there.somebody())
    card = await there.card("slack", id_)
    theirs: dict[str, Any] = {
        "team": {"id": "T0ELSEWHERE", "domain": "elsewhere"},
        "message": {**card.what.content, "team": "T0ELSEWHERE"},
    }
    assert (await there.there.house.slack.send(click(there, card, architect, **theirs))).status == 403

    teams, activity = there.there.house.teams, press_of(there, await there.card("teams", id_), "Approve", architect)
    abroad = {
        "conversation": {**activity["conversation"], "tenantId": FOREIGN},
        "channelData": {**activity["channelData"], "tenant": {"id": FOREIGN}},
    }
    assert (await teams.deliver(activity | abroad)).status == 403
    assert there.voices(id_) == []


@BOTH
async def test_whom_the_bot_meets_with_this_click_may_say_why_not(there: Town, on: str) -> None:  # 18
    id_ = await there.asked(OTHER[on], there.somebody())
    newcomer = there.somebody("architect")
    assert "Declined." in await there.fill_in(on, await there.card(on, id_), "Decline", newcomer, {"Reason": "No."})
    assert there.voices(id_) == [named(newcomer, on)]


@BOTH
async def test_what_is_sent_again_with_other_answers_has_another_risk_and_no_voices(there: Town, on: str) -> None:  # 26
    asker, early = there.somebody(), there.somebody("architect")
    id_ = await there.asked(on, asker, MODERATE)
    await there.press(OTHER[on], id_, "Approve", early)
    await there.change(on, id_, asker, {"data": "restricted"})
    anew = await there.there.see(f"{id_}:review:2")
    assert "High risk. It waits for security and director" in anew.words
    assert there.voices(id_) == []
    assert there.record(id_, "resubmitted")[0]["after"]["seats"] == {"security": 1, "director": 1}
    about = there.about("slack", anew, "Approve")
    told = await there.forge(on, await there.card(on, id_), "exception_step", about, early)
    assert "is decided by security and director, and you hold no such role now." in told


@BOTH
async def test_a_forged_form_lets_nobody_but_the_asker_change_a_request_and_then_it_begins_anew(there: Town, on: str) -> None:  # 24, 26  # fmt: skip
    asker, early, intruder = there.somebody(), there.somebody("architect"), there.somebody("architect")
    id_ = await there.asked(on, asker, MODERATE)
    await there.press(on, id_, "Approve", early)
    voices, digest = there.voices(id_), there.about(on, await there.card(on, id_), "Approve").split()[2]
    assert voices == [named(early, on)]
    about = f"resubmits={id_}&digest={digest}"
    assert f"{id_} was asked for by" in await sent_as_if_about(there, on, about, intruder, HIGH)
    assert there.voices(id_) == voices
    assert there.refused(id_) == [(named(intruder, on), "Send again", "AskersAlone")]
    assert "nothing was decided" in await sent_as_if_about(
        there, on, f"resubmits={id_}&digest=0123456789abcdef", asker, HIGH
    )
    assert there.voices(id_) == voices

    assert f"{id_} is sent again. High risk" in await sent_as_if_about(there, on, about, asker, HIGH)
    assert there.voices(id_) == []
    assert "It waits for security and director" in (await there.there.see(f"{id_}:review:2")).words


async def voted_once(there: Town, id_: str, by: Human, on: str) -> None:
    """One voice counts, the record has one, and the cards on both platforms show it once."""
    await there.there.settled()
    assert there.voices(id_) == [named(by, on)]
    (spoken,) = there.record(id_, "spoken")
    assert [each["by"] for each in spoken["after"]["voices"]] == [named(by, on)]
    shown_now = await there.there.see(f"{id_}:review:1")
    assert "It waits for platform and security" in shown_now.words
    assert shown_now.words.count(by.slack.name if on == "slack" else by.teams.name) == 1


def click(there: Town, post: Post, by: Human, label: str = "Approve", **members: Any) -> Signed:
    """What Slack sends when somebody presses a button, signed; with other members of the payload."""
    slack, message = there.there.house.slack, post.what
    pressed = {**button_of(post, label), "block_id": "b", "action_ts": slack.state.stamp()}
    told = {
        "actions": [pressed],
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": False,
        },
        "channel": {"id": message.channel, "name": "architects"},
        "response_url": slack.lend_response(by.slack.id, message.channel, message.ts),
        "message": message_json(message, slack.app),
    }
    return slack.signed_interaction("block_actions", told | members, user=by.slack)


def press_of(there: Town, post: Post, what: str | dict[str, Any], by: Human) -> dict[str, Any]:
    """What Teams sends when somebody presses a button: one of the card, by its label, or any other."""
    action = button(shown(post.what), what) if isinstance(what, str) else what
    place = in_channel(post.room)
    place["conversation"] |= {"id": post.what.conversation}
    value = {"action": action, "trigger": "manual"}
    teams = there.there.house.teams
    return teams.activity("card_action", value=value, replyToId=post.what.id, **{"from": by.teams.sender}, **place)


def elsewhere(there: Town, on: str, post: Post) -> Post:
    """The same card as a post in a room that has nothing to do with it."""
    if on == "slack":
        slack = there.there.house.slack
        slack.state.channels["C0LUNCH"] = Channel("C0LUNCH", "lunch", frozenset(slack.state.users))
        carried: Message = slack.state.post("C0LUNCH", slack.app.bot_user, post.what.content)
        return in_slack(carried)
    connector = there.there.house.teams.connector
    connector.conversations.add("19:lunch@thread.v2")
    return replace(post, room="teams:19:lunch@thread.v2", what=replace(post.what, conversation="19:lunch@thread.v2"))


async def sent_as_if_about(there: Town, on: str, about: str, by: Human, values: dict[str, str]) -> str:
    """Somebody fills in the form for a new request, and sends it as if it were about something else."""
    if on == "teams":
        answer = await there.there.teams.ask(QUESTION, by.teams)
        form = await there.there.teams.open(answer, "Request an exception", by.teams)
        form.card["actions"][0]["data"]["about"] = about
        await form.fill(values)
        told = await form.send()
        return await form.send() if SHOWN in told else told
    answer = await there.there.slack.ask(QUESTION, by.slack)
    window = await there.there.slack.open(answer, "Request an exception", by.slack)
    await window.fill(values)
    await window.says("High risk")  # from then on it is drawn anew no more
    there.there.house.slack.state.keep(rewritten(window.now, about))
    told = await window.send()
    told = await window.send() if SHOWN in told else told
    window.close()
    return told
