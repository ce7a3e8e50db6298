"""Who decides on an exception, whatever they try: nobody on their own request, nobody whom the organisation does not know for
sure, and everybody once. Over HTTP, from Slack and from Teams. The numbers are those of `docs/abuse-cases.md`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from bot.playground.doings import until
from bot.playground.state import Channel
from tests.doubles.teams_connector import Posted
from tests.stories.abusing import BY_THREE, OTHER, Town, named, town
from tests.stories.deciding import MODERATE, Human
from tests.stories.in_slack import post_of as in_slack
from tests.stories.in_teams import chat_with
from tests.stories.in_teams import post_of as in_teams
from tests.stories.seeing import Post

pytestmark = pytest.mark.asyncio(loop_scope="module")
BOTH = pytest.mark.parametrize("on", ["slack", "teams"])

OWN = "is your own request, from whichever account: others decide on it."
UNKNOWN = "I do not know whose account this is"
NO_ROLE = "is decided by architect, and you hold no such role now."
MEMBERS = "Only active, full members of this organisation decide."
OUTSIDER = "I answer members of this organisation only."
LOOKALIKES = (
    "\u0430{role}@example.org",  # a Cyrillic letter
    "{role}\u017f@example.org",  # a long s
    "{role}@example.org\u200b",
    "{role}@\uff45xample.org",
    "{role}@ex\u00e4mple.org",
    "{role}+ada@example.org",
    "{role}@example.org.",
    "{role}@mail.example.org",
    "{role}@example.org@elsewhere.example",
)
GUESTS: dict[str, dict[str, Any]] = {"slack": {"is_restricted": True}, "teams": {"role": "guest"}}
ELSEWHERE = "99999999-aaaa-4bbb-8ccc-0ddd0eee0fff"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """One organisation for all attempts: each is made by people of its own, on a request of its own."""
    async with town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


@BOTH
async def test_nobody_decides_on_their_own_request_and_the_attempt_is_on_record(there: Town, on: str) -> None:  # 14
    asker = there.somebody("architect")
    id_ = await there.asked(on, asker)
    before = await there.card(on, id_)
    for label, does in (("Approve", "approve"), ("Decline", "decline")):
        about = there.about(on, before, label)
        assert about.split()[1] == does
        assert OWN in await there.forge(on, before, "exception_step", about, asker)
        assert OWN in await there.forge(on, before, "exception_step_form", about, asker)
    assert there.voices(id_) == []
    assert there.refused(id_) == [(named(asker, on), label, "OwnRequest") for label in ("Approve", "Decline")]
    assert await there.card(on, id_) == before
    assert "counts" in await there.press(on, id_, "Approve", there.somebody("architect"))


@BOTH
async def test_a_request_is_its_askers_own_on_the_other_platform_too(there: Town, on: str) -> None:  # 15
    asker = there.somebody("architect")  # the other platform has never heard of them
    id_ = await there.asked(on, asker)
    assert OWN in await there.press(OTHER[on], id_, "Approve", asker)
    assert there.voices(id_) == []
    assert there.refused(id_) == [(named(asker, OTHER[on]), "Approve", "OwnRequest")]


@pytest.mark.parametrize(
    ("on", "facts"),
    [
        ("slack", {"email": None}),
        ("slack", {"is_email_confirmed": False}),
        ("teams", {"principal": "", "entra_id": ""}),
    ],
)
async def test_an_account_that_is_linked_to_nobody_decides_nothing(there: Town, on: str, facts: Mapping[str, Any]) -> None:  # 15, 16  # fmt: skip
    somebody = there.somebody("architect", **{on: facts})
    id_ = await there.asked(on, there.somebody())
    assert UNKNOWN in await there.press(on, id_, "Approve", somebody)
    assert there.voices(id_) == []
    assert there.refused(id_) == [(named(somebody, on), "Approve", "UnlinkedDecides")]
    assert "counts" in await there.press(on, id_, "Approve", there.somebody("grouper"))


@BOTH
async def test_an_address_that_looks_like_an_architects_is_none(there: Town, on: str) -> None:  # 16
    architect = there.somebody("architect")
    genuine = str(architect.slack.email)
    id_ = await there.asked(OTHER[on], there.somebody())
    for address in LOOKALIKES:
        alike = address.format(role=genuine.partition("@")[0])
        impostor = there.somebody(slack={"email": alike}, teams={"principal": alike})
        assert "counts" not in await there.press(on, id_, "Approve", impostor)
        who, _, why = there.refused(id_)[-1]
        assert who == named(impostor, on)
        assert why in ("NotYourSeat", "UnlinkedDecides")
        assert there.voices(id_) == []
    upper = there.move_in(
        Human(replace(architect.slack, email=genuine.upper()), replace(architect.teams, principal=genuine.upper()))
    )
    assert "counts" in await there.press(
        on, id_, "Approve", upper
    )  # capitals are the same address, and nothing looser is
    linked = there.there.house.remembered(f"SELECT count(*) FROM account WHERE person = '{there.person(upper, on)}'")
    assert linked == [(1,)]


@pytest.mark.parametrize(
    ("on", "facts", "why"),
    [
        ("slack", {"is_restricted": True}, MEMBERS),
        ("slack", {"is_ultra_restricted": True, "is_restricted": True}, MEMBERS),
        ("slack", {"is_stranger": True, "team": "T0ELSEWHERE"}, OUTSIDER),  # Slack Connect
        ("slack", {"team": "T0ELSEWHERE"}, OUTSIDER),
        ("slack", {"is_bot": True}, OUTSIDER),
        ("slack", {"deleted": True}, OUTSIDER),
        ("teams", {"role": "guest"}, MEMBERS),
        ("teams", {"role": "guest", "principal": "ada_elsewhere.example#EXT#@example.org"}, MEMBERS),
        ("teams", {"tenant": ELSEWHERE}, OUTSIDER),  # federated
        ("teams", {"role": "anonymous"}, OUTSIDER),
        ("teams", {"teams_id": "28:another-bot", "role": "bot"}, OUTSIDER),
    ],
)
async def test_only_full_members_decide_whatever_address_and_group_they_have(
    there: Town, on: str, facts: Mapping[str, Any], why: str
) -> None:  # 18
    somebody = there.somebody("architect", **{on: facts})
    id_ = await there.asked(OTHER[on], there.somebody())
    card = await there.card(on, id_)
    assert why in await there.press(on, card, "Approve", somebody)
    for verb in ("exception_step_form", "exception_step"):
        assert why in await there.forge(on, card, verb, there.about(on, card, "Decline"), somebody)
    assert there.stage(id_) == "submitted"
    assert there.voices(id_) == []
    tried = [(named(somebody, on), label, "MembersDecide") for label in ("Approve", "Decline")]
    assert there.refused(id_) == (tried if why is MEMBERS else [])  # of strangers nothing is looked at


async def test_somebody_with_two_roles_fills_one_seat(there: Town) -> None:  # 25
    both = there.somebody("double")
    id_ = await there.asked("slack", there.somebody(), MODERATE)
    assert "It still waits for" in await there.press("slack", id_, "Approve", both)
    for on in ("teams", "slack"):
        again = await there.press(on, await there.show(on, id_, both), "Approve", both)
        assert "You have said “Approve”" in again
    assert there.voices(id_) == [named(both, "slack")]
    await there.press("teams", id_, "Approve", there.somebody("security"))
    assert there.stage(id_) == "submitted"
    assert "Approved, in force." in await there.press("teams", id_, "Approve", there.somebody("architect"))


@BOTH
async def test_somebody_named_in_a_role_and_in_its_groups_fills_one_of_its_three_seats(there: Town, on: str) -> None:  # 25  # fmt: skip
    thrice = there.somebody("architect")
    id_ = await there.asked("slack", there.somebody(), question=BY_THREE)
    assert "It still waits for architect (2 people)." in await there.press(on, id_, "Approve", thrice)
    for again in (OTHER[on], on):
        told = await there.press(again, await there.show(again, id_, thrice), "Approve", thrice)
        assert "You have said “Approve”" in told
    assert there.voices(id_) == [named(thrice, on)]
    for other in (there.somebody("grouper"), there.somebody("architect")):
        assert there.stage(id_) == "submitted"
        await there.press(OTHER[on], id_, "Approve", other)
    assert there.stage(id_) == "approved"


@BOTH
async def test_in_a_group_chat_the_same_is_looked_at(there: Town, on: str) -> None:  # 28
    asker, architect = there.somebody("architect"), there.somebody("architect")
    id_ = await there.asked(OTHER[on], asker)
    card = await (shown_in_a_group_dm if on == "slack" else shown_in_a_group_chat)(there, id_, architect)
    assert "Approve" in card.buttons
    assert OWN in await there.press(on, card, "Approve", asker)
    assert NO_ROLE in await there.press(on, card, "Approve", there.somebody())
    assert MEMBERS in await there.press(on, card, "Approve", there.somebody("architect", **{on: GUESTS[on]}))
    assert there.voices(id_) == []
    assert [why for _, _, why in there.refused(id_)] == ["OwnRequest", "NotYourSeat", "MembersDecide"]
    assert "counts" in await there.press(on, card, "Approve", architect)


@BOTH
async def test_words_decide_nothing_and_edited_words_change_nothing(there: Town, on: str) -> None:  # 28
    architect = there.somebody("architect")
    id_ = await there.asked(on, there.somebody())
    absences = there.there.house.remembered("SELECT count(*) FROM absence")
    if on == "slack":
        slack = there.there.house.slack
        mine = await slack.direct(f"approve {id_}", user=architect.slack)
        await slack.answer_to(mine)
        for text in ("away until 2026-12-04", f"approve {id_}"):
            mine = await slack.edit(mine, text)
    else:
        teams = there.there.house.teams
        await there.say("teams", f"approve {id_}", architect)
        for text in ("away until 2026-12-04", f"approve {id_}"):
            edited = teams.activity("message_update", text=text, conversation=chat_with(architect.teams))
            assert (await teams.deliver(edited | {"from": architect.teams.sender})).status == 200
    await there.there.settled()
    assert there.voices(id_) == []
    assert there.refused(id_) == []
    assert there.there.house.remembered("SELECT count(*) FROM absence") == absences
    assert "You are away until 4 December 2026" in (await there.say(on, "away until 2026-12-04", architect)).words
    assert there.there.house.remembered("SELECT count(*) FROM absence") > absences


async def shown_in_a_group_dm(there: Town, id_: str, by: Human) -> Post:
    """A card in the thread of a message in which somebody names the bot, where they write to several people at once."""
    slack = there.there.house.slack
    both = frozenset({*slack.state.users, slack.app.bot_user})
    slack.state.channels["G0SEVERAL"] = Channel("G0SEVERAL", "mpdm-several", both, is_private=True)
    text = f"<@{slack.app.bot_user}> show {id_}"
    message = slack.state.post("G0SEVERAL", by.slack.id, {"text": text})
    told = {"user": by.slack.id, "text": text, "ts": message.ts, "channel": message.channel, "event_ts": message.ts}
    assert (await slack.event({**told, "type": "app_mention", "channel_type": "mpim"})).status == 200
    return in_slack(await slack.answer_to(message))


async def shown_in_a_group_chat(there: Town, id_: str, by: Human) -> Post:
    """A card in a chat of several people, in which somebody names the bot."""
    teams = there.there.house.teams
    before = len(teams.connector.posted)
    said = teams.activity("message_group_chat", text=f"<at>Archway</at> show {id_}", **{"from": by.teams.sender})
    assert (await teams.deliver(said)).status == 200

    def answer() -> Posted | None:
        new = teams.connector.posted[before:]
        return next(
            (each for each in new if not each.reference and each.conversation == said["conversation"]["id"]), None
        )

    return in_teams(await until(answer, "the group chat is not answered"))
