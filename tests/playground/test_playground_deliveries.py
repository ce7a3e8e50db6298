"""What the workspace sends to a bot and how it takes the answer, with a bot of a few lines at the other end."""

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from slack_sdk.signature import Clock as SdkClock
from slack_sdk.signature import SignatureVerifier

from bot.playground import reading
from bot.playground.slack import ALAN, GENERAL, SlackWorkspace

if TYPE_CHECKING:
    from tests.playground.conftest import Bot, Clock

pytestmark = pytest.mark.asyncio


def verifier(slack: SlackWorkspace, clock: "Clock") -> SignatureVerifier:
    class Now(SdkClock):
        def now(self) -> float:
            return clock()

    return SignatureVerifier(slack.signing_secret, Now())


async def test_a_command_is_signed_as_slacks_own_library_expects(
    slack: SlackWorkspace, bot: "Bot", clock: "Clock"
) -> None:
    await slack.command("/arch", "hello")
    headers, body = bot.requests[0]
    assert verifier(slack, clock).is_valid_request(body, headers)
    assert not verifier(slack, clock).is_valid_request(body + b"x", headers)


async def test_a_typed_line_travels_as_slack_writes_it(slack: SlackWorkspace, bot: "Bot") -> None:
    await slack.command("/arch", "ask @grace in #general: a < b & https://example.org/?a=b or @nobody", user=ALAN)
    assert bot.form["text"] == (
        "ask <@U0GRACE|grace> in <#C0GENERAL|general>: a &lt; b &amp; <https://example.org/?a=b> or @nobody"
    )
    assert (bot.form["command"], bot.form["user_id"], bot.form["team_id"]) == ("/arch", "U0ALAN", slack.app.team)


async def test_a_retried_event_has_its_old_id_and_says_so(slack: SlackWorkspace, bot: "Bot") -> None:
    await slack.event({"type": "app_mention"})
    id_ = json.loads(bot.requests[0][1])["event_id"]
    await slack.event({"type": "app_mention"}, id_=id_)
    headers, body = bot.requests[1]
    assert json.loads(body)["event_id"] == id_
    assert headers["X-Slack-Retry-Num"] == "1"


async def test_spoilt_deliveries_arrive_spoilt_to_the_byte(slack: SlackWorkspace, bot: "Bot") -> None:
    signed = slack.signed_command("/arch", "help")
    await slack.send(signed.with_body(b"other").with_header("X-Slack-Signature", "v0=bad").without("Content-Type"))
    headers, body = bot.requests[0]
    assert body == b"other"
    assert headers["X-Slack-Signature"] == "v0=bad"
    assert len(signed.doubled("x-slack-signature").headers) == len(signed.headers) + 1
    assert signed.gzipped().body[:2] == b"\x1f\x8b"


SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"text": "oh", "status": 500}, "dispatch_failed"),
        ({"text": "oh", "status": 404}, "dispatch_failed"),
        ({"text": "<p>oh", "content_type": "text/html"}, "invalid_command_response"),
        ({"text": "{", "content_type": "application/json"}, "invalid_command_response"),
        ({"text": "[]", "content_type": "application/json"}, "invalid_payload"),
        ({"text": "{}", "content_type": "application/json"}, "no_text"),
        ({"text": '{"txt": "a"}', "content_type": "application/json"}, "invalid_arguments"),
        ({"text": '{"text": "a", "response_type": "public"}', "content_type": "application/json"}, "invalid_arguments"),
        (
            {"text": '{"text": "a", "blocks": [{"type": "section"}]}', "content_type": "application/json"},
            "invalid_blocks",
        ),
    ],
)
async def test_a_wrong_answer_shows_slacks_error_instead(
    slack: SlackWorkspace, bot: "Bot", answer: dict[str, Any], error: str
) -> None:
    bot.answer = answer
    shown = await slack.command("/arch", "help")
    assert shown.error == error
    assert slack.messages == ()


async def test_a_right_answer_is_shown_to_the_asker_or_to_all(slack: SlackWorkspace, bot: "Bot") -> None:
    bot.answer = {"text": "just words"}
    assert (await slack.command("/arch", "help")).words == "just words"
    bot.answer = {"text": json.dumps({"text": "a", "blocks": [SECTION]}), "content_type": "application/json"}
    assert (await slack.command("/arch", "help")).words == "hello"
    bot.answer = {"text": '{"text": "a", "response_type": "in_channel"}', "content_type": "application/json"}
    assert (await slack.command("/arch", "help")).for_all
    bot.answer = {}
    assert (await slack.command("/arch", "help")).message == {}
    assert [message.only_for for message in slack.messages] == ["U0GRACE", "U0GRACE", None]


async def test_a_response_url_works_five_times_within_half_an_hour(
    slack: SlackWorkspace, bot: "Bot", clock: "Clock", session: aiohttp.ClientSession
) -> None:
    await slack.command("/arch", "help")
    url = bot.form["response_url"]

    async def respond(message: object) -> tuple[int, Any]:
        async with session.post(url, json=message) as response:
            text = await response.text()
            return response.status, text if text == "ok" else json.loads(text)["error"]

    assert await respond({"text": "one"}) == (200, "ok")
    assert await respond({"text": "a", "replace_original": True, "response_type": "in_channel"}) == (
        400,
        "invalid_arguments",
    )
    assert await respond([]) == (400, "invalid_payload")
    assert await respond({"blocks": [{"type": "section"}]}) == (400, "invalid_blocks")
    assert await respond({"text": "five"}) == (200, "ok")
    assert await respond({"text": "six"}) == (404, "used_url")
    await slack.command("/arch", "help")
    url = bot.form["response_url"]
    clock.seconds += 1801
    assert await respond({"text": "late"}) == (404, "expired_url")
    url += "x"
    assert await respond({"text": "where?"}) == (404, "invalid_url")
    assert [m.content["text"] for m in slack.messages if m.channel == GENERAL] == ["one", "five"]


async def test_what_a_person_sees_of_a_message_can_be_read() -> None:
    message = {
        "text": "hi <@U1> <!here>",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "see <https://a.example|the page> &lt;b&gt; <#C1>"}},
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "<!channel> "},
                            {"type": "user", "user_id": "U1"},
                            {"type": "link", "url": "https://b.example", "text": " b"},
                        ],
                    }
                ],
            },
            {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "More"}}]},
        ],
    }
    assert reading.words(message) == "see the page <b> #C1\n<!channel> @U1 b\nMore"
    assert reading.links(message) == (
        reading.Link("the page", "https://a.example"),
        reading.Link(" b", "https://b.example"),
    )
    assert reading.pings(message) == ("@U1", "!here", "#C1", "user:U1")
    assert reading.buttons(message) == ("More",)
