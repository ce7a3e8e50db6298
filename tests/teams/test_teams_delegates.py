"""Who is away and names somebody: a mention is that person's account, anything else what was typed."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.commands import Ask, Command, changes
from bot.domain.exception_commands import GoAway
from bot.domain.obligation_commands import TransferObligation
from tests.doubles.teams import ALAN, GRACE, TENANT
from tests.doubles.teams_connector import Person
from tests.teams.room import Room

pytestmark = pytest.mark.asyncio

GROUP: dict[str, Any] = {
    "conversation": {"id": "19:g@thread.v2", "conversationType": "groupChat", "tenantId": TENANT},
    "channelData": {"tenant": {"id": TENANT}},
}


def mention(who: Person, text: str, **more: str) -> dict[str, Any]:
    return {"type": "mention", "mentioned": {"id": who.teams_id, "name": who.name, **more}, "text": text}


async def heard(room: Room, words: str, *mentions: dict[str, Any]) -> Command:
    """What is understood of words to the bot that mention others too."""
    bot = room.teams.activity("message_group_chat")["entities"][0]
    await room.teams.mention(words, ALAN, entities=[bot, *mentions], **GROUP)
    return room.library.asked[-1]


async def test_whoever_is_mentioned_is_meant_by_their_account(room: Room) -> None:
    command = await heard(
        room, "away until 2026-12-04 delegate <at>Grace  Hopper</at>&nbsp;please", mention(GRACE, "<at>Grace  Hopper</at>")
    )  # fmt: skip
    assert command == GoAway(command.by, "2026-12-04", f"teams:{GRACE.entra_id}")
    assert command.by.id == ALAN.entra_id
    assert changes(command)


async def test_an_obligation_is_handed_on_to_whoever_is_mentioned(room: Room) -> None:
    command = await heard(room, "transfer OB-40 to <at>Grace  Hopper</at>", mention(GRACE, "<at>Grace  Hopper</at>"))
    assert command == TransferObligation(command.by, "OB-40", f"teams:{GRACE.entra_id}")


async def test_a_mention_that_says_whose_it_is_is_not_looked_up(room: Room) -> None:
    told = mention(GRACE, "<at>Grace</at>", aadObjectId="c2d8d9f2-0000-4000-8000-000000000009")
    command = await heard(room, "away until 2026-12-04 delegate <at>Grace</at>", told)
    assert command == GoAway(command.by, "2026-12-04", "teams:c2d8d9f2-0000-4000-8000-000000000009")
    assert [person for _, person in room.teams.connector.looked_up] == [ALAN.teams_id]


async def test_where_the_roster_does_not_tell_it_is_the_id_that_teams_gave(room: Room) -> None:
    nobody = Person("", "29:nobody", "Nobody", "", TENANT)
    command = await heard(room, "away until 2026-12-04 delegate <at>Nobody</at>", mention(nobody, "<at>Nobody</at>"))
    assert command == GoAway(command.by, "2026-12-04", "teams:29:nobody")


async def test_the_first_of_several_is_meant(room: Room) -> None:
    both = (mention(ALAN, "<at>Alan</at>"), mention(GRACE, "<at>Grace</at>"))
    command = await heard(room, "away until 2026-12-04 delegate <at>Grace</at> or <at>Alan</at>", *both)
    assert command == GoAway(command.by, "2026-12-04", f"teams:{GRACE.entra_id}")


@pytest.mark.parametrize(
    "entity",
    [
        {"type": "mention", "mentioned": {"id": "28:other-bot"}, "text": "<at>Grace</at>"},
        {"type": "mention", "mentioned": {"id": "19:team@thread.skype"}, "text": "<at>Grace</at>"},
        {"type": "mention", "mentioned": {"id": 7, "aadObjectId": {}}, "text": "<at>Grace</at>"},
        {"type": "mention", "mentioned": None, "text": "<at>Grace</at>"},
        {"type": "mention", "mentioned": {"id": "29:x"}, "text": ""},
        {"type": "mention", "mentioned": {"id": "29:x"}, "text": None},
        {"type": "mention", "mentioned": {"id": "29:x"}, "text": "<at>Somebody else</at>"},
        {"type": "clientInfo", "mentioned": {"id": "29:x"}, "text": "<at>Grace</at>"},
    ],
    ids=str,
)
async def test_what_is_no_mention_of_a_person_is_what_was_typed(room: Room, entity: dict[str, Any]) -> None:
    command = await heard(room, "away until 2026-12-04 delegate <at>Grace</at>", entity)
    assert command == GoAway(command.by, "2026-12-04", "<at>Grace</at>")


async def test_an_address_is_as_it_was_typed(room: Room) -> None:
    command = await heard(room, "away until 2026-12-04 delegate grace@example.org")
    assert command == GoAway(command.by, "2026-12-04", "grace@example.org")


async def test_mentions_in_questions_stay_as_they_are(room: Room) -> None:
    command = await heard(room, "does <at>Grace</at> delegate reviews?", mention(GRACE, "<at>Grace</at>"))
    assert command == Ask(command.by, "does <at>Grace</at> delegate reviews?", for_all=True)
