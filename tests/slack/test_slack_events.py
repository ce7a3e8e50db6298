"""Events as values: what is for us, and what is not."""

from typing import Any

import pytest

from bot.slack.events import Looked, Said, SharedLinks, Stopped, happening, may_follow, without_name
from bot.slack.interactions import Spot, submitted_in, with_origin

BOT = "U0BOT"
SAID = {"user": "U1", "channel": "C1", "ts": "1.2", "text": "who pays?", "type": "message", "channel_type": "channel"}


def heard(event: dict[str, Any], bot: str = BOT, **outer: Any) -> Said | None:
    what = happening({"team_id": "T1", "event": SAID | event, **outer}, bot)
    assert what is None or isinstance(what, Said)
    return what


def test_words_come_without_the_bots_name_and_as_a_person_sees_them() -> None:
    said = heard({"type": "app_mention", "text": "hey <@U0BOT>, is A &lt; B in <#C2|arch>? <@U0BOT|archway>"})
    assert said is not None
    assert said.text == "hey  is A < B in #arch?"
    assert said.is_addressed
    assert said.thread == "1.2"


def test_while_the_bots_id_is_unknown_the_mention_at_the_start_is_its_name() -> None:
    assert without_name("<@U0BOT> who pays <@U1>?", "").strip() == "who pays <@U1>?"


@pytest.mark.parametrize("text", ["<@U2> who pays?", " <@U2|alan> and you?", "<!subteam^S1> who pays?", "<!here> who?"])
def test_what_is_said_to_somebody_else_is_not_for_us(text: str) -> None:
    assert heard({"text": text, "thread_ts": "1.1"}) is None
    assert heard({"text": text, "channel_type": "im"}) is not None  # in a direct message all is for us


@pytest.mark.parametrize(
    "event",
    [
        {"user": BOT},
        {"bot_id": "B1"},
        {"hidden": True},
        {"edited": {"user": "U1", "ts": "1.3"}},
        {"text": "<@U0BOT> who pays?"},  # comes as app_mention too
        {"user": None},
        {"ts": ""},
        *({"subtype": subtype} for subtype in ("message_changed", "message_deleted", "channel_join", "bot_message")),
    ],
)
def test_what_no_person_says_anew_is_not_for_us(event: dict[str, Any]) -> None:  # abuse 28
    assert heard(event) is None


def test_a_mention_in_a_direct_message_comes_as_that_message_too() -> None:
    assert heard({"type": "app_mention", "channel": "D1", "channel_type": None, "text": "<@U0BOT> who?"}) is None


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast"])
def test_what_a_person_says_in_another_way_is(subtype: str | None) -> None:
    assert heard({"subtype": subtype}) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("who pays", True),
        ("and for backups", True),
        ("the same for Azure?", True),
        ("本当に？", True),
        ("show STD-004", True),
        ("thanks!", False),
        ("I agree with Ada", False),
        ("", False),
        ("android phones are out of scope", False),
    ],
)
def test_a_question_in_a_thread_is_told_from_a_remark(text: str, expected: bool) -> None:
    said = heard({"text": text, "thread_ts": "1.1"})
    assert said is not None
    assert may_follow(said) is expected
    first = heard({"text": text, "thread_ts": "1.2"})
    assert first is not None
    assert not may_follow(first)  # the thread's own beginning


def test_people_of_all_workspaces_of_an_organisation_are_of_that_organisation() -> None:
    said = heard({}, enterprise_id="E1")
    assert said is not None
    assert said.organisation == "E1"


def test_links_are_taken_once_each_and_five_at_most() -> None:
    event = {"type": "link_shared", "user": "U1", "channel": "C1", "message_ts": "1.1"}
    links = [{"url": f"https://x/{n % 7}"} for n in range(20)]
    what = happening({"event": event | {"links": links}}, BOT)
    assert isinstance(what, SharedLinks)
    assert what.urls == tuple(f"https://x/{n}" for n in range(5))


def test_the_channel_beside_the_app_is_known_from_who_looks() -> None:
    context = {"entities": [{"type": "slack#/types/channel_id", "value": "C7"}]}
    authorizations = [{"user_id": "U1", "is_bot": False}]
    event = {"type": "app_context_changed", "context": context}
    assert happening({"event": event, "authorizations": authorizations}, BOT) == Looked("U1", "C7")
    assert happening({"event": event | {"user": "U2", "context": {}}}, BOT) == Looked("U2", "")
    assert happening({"event": event, "authorizations": [{"user_id": BOT, "is_bot": True}]}, BOT) is None


def test_stop_names_its_thread() -> None:
    event = {"type": "agent_session_stopped", "channel": "D1", "thread_ts": "1.1"}
    assert happening({"event": event}, BOT) == Stopped("D1", "1.1")


@pytest.mark.parametrize("event", [None, 7, [], {}, {"type": None}, {"type": "next_years"}, {"type": ["message"]}])
def test_what_is_no_event_of_ours_is_left_alone(event: Any) -> None:
    assert happening({"event": event}, BOT) is None


@pytest.mark.parametrize("about", ["", "who pays?", '{"about":"x","channel":"C9","thread_ts":""}', "ü" * 1_000, "{"])
def test_what_a_form_is_about_comes_back_to_the_letter_with_the_room_it_was_opened_from(about: str) -> None:
    view = with_origin({"private_metadata": about, "callback_id": "ask"}, Spot("U1", "T1", channel="C1"))
    assert len(view["private_metadata"]) <= 3_000
    back = submitted_in({"user": {"id": "U1"}, "view": view | {"state": {"values": {}}}})
    assert (back.verb, back.about, back.spot.channel) == ("ask", about, "C1")
