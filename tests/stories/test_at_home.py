"""At home in both platforms: the gestures of docs/gestures.md, each in Slack and in Teams, with the whole bot behind."""

from __future__ import annotations

import pytest

from bot.playground.doings import ALAN, GENERAL, GRACE, until
from bot.playground.state import Channel, User
from tests.doubles.teams import CHANNEL, shown
from tests.stories.house import House, words_of

QUESTION = "do buckets have to be encrypted?"
CLAUSE = "STD-003.12"
LINK = "https://git.example.org/docs/standards/STD-003-encryption.md#encryption-at-rest"


@pytest.mark.asyncio
async def test_a_mention_is_answered_where_everybody_sees_it(house: House) -> None:
    asked = await house.slack.mention(QUESTION)
    answer = await house.slack.answer_to(asked)
    assert CLAUSE in answer.words
    assert answer.only_for is None
    assert "Share in channel" not in answer.buttons

    posted = await house.teams.mention(QUESTION)
    assert CLAUSE in words_of(shown(posted))
    assert "Share in channel" not in words_of(shown(posted))


@pytest.mark.asyncio
async def test_a_thread_goes_on_without_a_new_mention_in_slack(house: House) -> None:
    asked = await house.slack.mention(QUESTION)
    answer = await house.slack.answer_to(asked)
    await house.slack.message("how long do we keep logs", thread=asked)
    following = await house.slack.answer_to(asked, after=answer)
    assert "STD-007" in following.words


@pytest.mark.asyncio
async def test_a_direct_word_is_answered_to_its_author(house: House) -> None:
    asked = await house.slack.direct(QUESTION)
    assert CLAUSE in (await house.slack.answer_to(asked)).words
    assert CLAUSE in words_of(shown(await house.teams.say(QUESTION)))


@pytest.mark.asyncio
async def test_a_message_of_somebody_else_can_be_asked_about(house: House) -> None:
    said = await house.slack.message(QUESTION, user=ALAN)
    await house.slack.message_shortcut("ask_about", said)
    assert CLAUSE in (await house.slack.whisper_to(GRACE)).words

    dialog = await house.teams.ask_about(f"<p>{QUESTION}</p>")
    assert CLAUSE in words_of(dialog["value"]["card"]["content"])


@pytest.mark.asyncio
async def test_more_takes_the_place_of_the_short_answer(house: House) -> None:
    answer = await house.slack.answer_to(await house.slack.direct(QUESTION))
    before = answer.words
    assert "More" in answer.buttons
    await house.slack.press(answer, "More")
    state = house.slack.state
    changed = await until(
        lambda: next((m for m in state.messages if m.ts == answer.ts and m.words != before), None), "nothing changed"
    )
    assert CLAUSE in changed.words
    assert "More" not in changed.buttons

    posted = await house.teams.say(QUESTION)
    instead = await house.teams.press(posted, "More")
    assert CLAUSE in words_of(instead)
    assert "More" not in words_of(instead)


@pytest.mark.asyncio
async def test_a_voice_is_thanked_and_counted_once(house: House) -> None:
    answer = await house.slack.answer_to(await house.slack.direct(QUESTION))
    await house.slack.press(answer, "Helpful")
    await house.slack.press(answer, "Helpful")
    await house.slack.whisper_to(GRACE)
    posted = await house.teams.say(QUESTION)
    await house.teams.press(posted, "Not helpful")

    def voices() -> list[tuple[object, ...]] | None:
        rows = house.remembered("SELECT platform, helpful FROM rating ORDER BY platform")
        return rows if len(rows) == 2 else None

    assert await until(voices, "two voices are not counted") == [("slack", 1), ("teams", 0)]


@pytest.mark.asyncio
async def test_an_answer_is_shared_with_a_room(house: House) -> None:
    shown_to_grace = await house.slack.command("/arch", QUESTION)
    assert "Share in channel" in shown_to_grace.buttons
    mine = await house.slack.whisper_to(GRACE)
    await house.slack.press(mine, "Share in channel")
    state = house.slack.state
    shared = await until(
        lambda: next((m for m in state.messages if m.channel == GENERAL and m.only_for is None and m.buttons), None),
        "nothing was shared",
    )
    assert CLAUSE in shared.words
    assert "Shared by grace" in shared.words

    await house.teams.deliver(house.teams.activity("members_added"))  # the bot is added to a team
    known = f"SELECT name FROM conversation WHERE id = '{CHANNEL}'"
    await until(lambda: house.remembered(known) or None, "the channels are not known")
    await house.teams.connector.posts(1)  # the welcome
    posted = await house.teams.say(QUESTION)
    before = len(house.teams.connector.posted)
    form = await house.teams.press(posted, "Share in channel")
    assert isinstance(form["value"], dict), form
    told = await house.teams.fill_in(form["value"], posted, {"room": CHANNEL})
    assert isinstance(told["value"], dict), (told, house.teams.connector.refused)
    shared_there = (await house.teams.connector.posts(before + 1))[before]
    assert CHANNEL in shared_there.conversation
    assert CLAUSE in words_of(shown(shared_there))
    assert "Shared by Grace Hopper" in words_of(shown(shared_there))


@pytest.mark.asyncio
async def test_a_link_to_a_document_shows_what_stands_there(house: House) -> None:
    message = await house.slack.share_link(f"look at {LINK}")
    state = house.slack.state
    unfurls = await until(lambda: state.unfurls.get((message.channel, message.ts)), "no preview")
    assert "STD-003" in str(unfurls)
    (card,) = await house.teams.paste_link(LINK)
    assert "STD-003" in words_of(card)


@pytest.mark.asyncio
async def test_a_link_elsewhere_shows_nothing(house: House) -> None:
    assert await house.teams.paste_link("https://git.example.org/other/page") == []


@pytest.mark.asyncio
async def test_whoever_opens_the_app_sees_how_to_ask(house: House) -> None:
    await house.slack.open_home()
    state = house.slack.state
    home = await until(lambda: state.homes.get(GRACE.id), "no home tab")
    assert "Ask a question" in home.buttons
    await house.slack.press(home, "Ask a question")
    form = await house.slack.view_of(GRACE)
    assert form.fields


@pytest.mark.asyncio
async def test_a_guest_sees_public_documents_alone(house: House) -> None:
    guest = User("U0GUEST", "guest", "Gus Guest", "gus@example.org", is_restricted=True)
    house.slack.state.users[guest.id] = guest
    assert "Nothing here answers" in (await house.slack.command("/arch", QUESTION, user=guest)).words


@pytest.mark.asyncio
async def test_people_of_other_organisations_get_one_polite_sentence(house: House) -> None:
    stranger = User("U0STRANGER", "eve", "Eve", is_stranger=True, team="T0ELSEWHERE")
    house.slack.state.users[stranger.id] = stranger
    room = house.slack.state.channels[GENERAL]
    house.slack.state.channels[GENERAL] = Channel(room.id, room.name, room.members | {stranger.id}, is_ext_shared=True)
    asked = await house.slack.mention(QUESTION, user=stranger)
    answer = await until(
        lambda: next((m for m in house.slack.messages if m.author == house.slack.app.bot_user), None), "no word"
    )
    assert "members of this organisation only" in answer.words
    assert CLAUSE not in answer.words
    assert asked.ts


@pytest.mark.asyncio
async def test_a_flood_of_one_person_leaves_others_served(house: House) -> None:
    words = [(await house.slack.command("/arch", f"{QUESTION} {number}")).words for number in range(25)]
    assert "Please wait a minute" in words[-1]
    assert CLAUSE in words[0]
    assert CLAUSE in (await house.slack.command("/arch", QUESTION, user=ALAN)).words
