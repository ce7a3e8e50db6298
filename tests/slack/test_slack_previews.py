"""The home tab, link previews, and the first word in a channel."""

from dataclasses import replace

import pytest

from bot.domain.commands import Preview
from bot.playground.slack import ALAN, GENERAL, GRACE
from bot.playground.state import Channel
from tests.slack.room import Room

pytestmark = pytest.mark.asyncio

DOCUMENT = "https://git.example.org/docs/std-004.md?a=1&b=2#encryption"


async def test_the_home_tab_greets_and_its_button_opens_the_form(home: Room) -> None:
    await home.slack.open_home(user=ALAN)
    await home.rest()
    tab = home.slack.state.homes["U0ALAN"]
    assert tab.words.startswith("Welcome home, alan")
    await home.slack.press(tab, "Ask a question", user=ALAN)
    assert (await home.slack.view_of(ALAN)).fields == ("Question",)


async def test_what_is_pressed_at_home_opens_in_a_window_and_the_tab_stays(home: Room) -> None:
    await home.slack.open_home()
    await home.rest()
    tab = home.slack.state.homes["U0GRACE"]
    await home.slack.press(tab, "Newest")
    assert (await home.slack.view_of(GRACE)).words == "Here is STD-1"
    assert home.slack.state.homes["U0GRACE"] == tab


async def test_a_link_to_a_document_is_previewed_without_buttons(home: Room) -> None:
    message = await home.slack.share_link(DOCUMENT)
    await home.rest()
    (unfurl,) = home.slack.state.unfurls.values()
    assert set(unfurl) == {DOCUMENT}
    assert "STD-004" in str(unfurl[DOCUMENT])
    assert "button" not in str(unfurl[DOCUMENT])
    assert (GENERAL, message.ts) in home.slack.state.unfurls


async def test_five_links_at_most_are_looked_at_and_foreign_ones_stay_as_they_are(home: Room) -> None:
    links = [f"https://git.example.org/docs/{n}" for n in range(3)] + [
        f"https://git.example.org/x/{n}" for n in range(9)
    ]
    await home.slack.share_link(" ".join(links))
    await home.rest()
    assert len([command for command in home.commands if isinstance(command, Preview)]) == 5
    (unfurl,) = home.slack.state.unfurls.values()
    assert set(unfurl) == set(links[:3])


async def test_a_link_that_leads_elsewhere_has_no_preview(home: Room) -> None:
    await home.slack.share_link("https://git.example.org/other")
    await home.rest()
    assert home.slack.state.unfurls == {}
    assert not [name for name, _ in home.slack.calls if name == "chat.unfurl"]


async def test_an_older_event_without_unfurl_id_is_previewed_by_its_place(home: Room) -> None:
    message = home.slack.state.post(GENERAL, "U0GRACE", {"text": DOCUMENT.replace("&", "&amp;")})
    place = {"channel": GENERAL, "message_ts": message.ts}
    await home.slack.event({"type": "link_shared", "user": "U0GRACE", "links": [{"url": DOCUMENT}], **place})
    await home.rest()
    assert (GENERAL, message.ts) in home.slack.state.unfurls


async def test_where_other_organisations_read_along_nothing_is_previewed(home: Room) -> None:  # abuse 18
    state = home.slack.state
    state.channels[GENERAL] = replace(state.channels[GENERAL], is_ext_shared=True)
    await home.slack.share_link(DOCUMENT)
    await home.rest()
    assert (home.commands, state.unfurls) == ([], {})


@pytest.mark.parametrize(
    "links", [None, [], "https://x", [7], [{"url": 7}], [{"domain": "x"}]], ids=["none", "empty", "text", "7", "n", "d"]
)
async def test_links_that_are_not_as_documented_are_acknowledged(home: Room, links: object) -> None:  # abuse 12
    event = {"type": "link_shared", "user": "U0GRACE", "channel": GENERAL, "message_ts": "1.1", "links": links}
    assert (await home.slack.event(event)).status == 200
    await home.rest()
    assert home.commands == []


async def test_added_to_a_channel_the_bot_says_how_it_can_be_asked(home: Room) -> None:
    home.slack.state.channels["C0NEW"] = Channel("C0NEW", "new", frozenset({"U0GRACE"}))
    await home.slack.invite("C0NEW")
    await home.rest()
    assert [(m.channel, m.words) for m in home.slack.messages] == [("C0NEW", "Hello, ask me in plain words")]
    await home.slack.event({"type": "member_joined_channel", "user": "U0ALAN", "channel": "C0NEW"})
    await home.rest()
    assert len(home.slack.messages) == 1
