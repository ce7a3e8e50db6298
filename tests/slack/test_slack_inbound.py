import pytest

from bot.slack.inbound import Kind, by_account, delivery_key, kind_of, readable, room_of, slash_command_of
from bot.slack.payloads import MalformedError, Payload


def slash(text: str, **more: str) -> Payload:
    return {"command": "/arch", "text": text, "user_id": "U0GRACE", "team_id": "T0TEAM"} | more


def test_a_typed_command_has_its_author_its_place_and_its_means() -> None:
    slack = slash_command_of(slash("how?", channel_id="C1", trigger_id="1.2", response_url="https://x"))
    assert (slack.user_id, slack.text, slack.channel_id) == ("U0GRACE", "how?", "C1")
    assert (slack.trigger_id, slack.response_url) == ("1.2", "https://x")
    assert slash_command_of({"command": "/arch", "user_id": "U0GRACE", "team_id": "T0TEAM"}).text == ""


def test_workspaces_of_one_organisation_share_their_people() -> None:
    assert slash_command_of(slash("x")).organisation == "T0TEAM"
    assert slash_command_of(slash("x", enterprise_id="E0GRID")).organisation == "E0GRID"


def test_a_direct_message_is_no_room() -> None:
    assert (room_of("C0GENERAL"), room_of("G0SECRET"), room_of("D0GRACE")) == ("C0GENERAL", "G0SECRET", "")


@pytest.mark.parametrize(
    "payload",
    [
        {"command": "/arch"},
        slash("", user_id=""),
        slash("") | {"user_id": 7},
        slash("") | {"text": ["a"]},
        slash("") | {"command": None},
        slash("") | {"team_id": {}},
    ],
)
def test_a_command_without_its_members_is_malformed(payload: Payload) -> None:
    with pytest.raises(MalformedError, match=r"user_id|text|command|team_id"):
        slash_command_of(payload)


@pytest.mark.parametrize(
    ("wire", "seen"),
    [
        ("RTO &lt; 4h &amp; RPO &gt; 0", "RTO < 4h & RPO > 0"),
        ("&amp;lt; stays &lt;", "&lt; stays <"),
        ("who is <@U0ALAN|alan>?", "who is @alan?"),
        ("who is <@U0ALAN>?", "who is @U0ALAN?"),
        ("in <#C0GENERAL|general>", "in #general"),
        ("in <#C0GENERAL|>", "in #C0GENERAL"),
        ("ask <!subteam^S0ARCH|@architects> or <!here>", "ask @architects or @here"),
        ("since <!date^1700000000^{date}|14 November>", "since 14 November"),
        ("see <https://example.org/a?b=1&amp;c=2>", "see https://example.org/a?b=1&c=2"),
        ("see <http://example.org|example.org>", "see example.org"),
        ("write to <mailto:a@example.org|a@example.org>", "write to a@example.org"),
        ("&lt;!channel&gt; is only text", "<!channel> is only text"),
        ("a < b > c <not a token> <", "a < b > c <not a token> <"),
        ("<@<@<@<@", "<@<@<@<@"),
        ("plain words", "plain words"),
    ],
)
def test_slacks_wire_text_becomes_what_the_person_sees(wire: str, seen: str) -> None:
    assert readable(wire) == seen


@pytest.mark.parametrize(
    ("wire", "seen"),
    [
        ("delegate <@U0ALAN|alan>", "delegate slack:U0ALAN"),
        ("delegate <@W0GRID>", "delegate slack:W0GRID"),
        ("delegate &lt;@U0ALAN|alan&gt;", "delegate <@U0ALAN|alan>"),
        ("delegate <mailto:a@example.org|a@example.org>", "delegate a@example.org"),
        ("delegate <!subteam^S0ARCH|@architects> in <#C0GENERAL|general>", "delegate @architects in #general"),
        ("delegate <@u0alan or 1=1|x>", "delegate @x"),
    ],
)
def test_people_can_be_read_as_who_they_are(wire: str, seen: str) -> None:
    assert readable(by_account(wire)) == seen


def test_a_hostile_line_is_read_in_linear_time() -> None:
    assert readable("<@" * 200_000 + "<https://" * 50_000).startswith("<@<@")
    assert by_account("<@A" * 200_000).startswith("<@A<@A")


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"type": "url_verification"}, Kind.ADDRESS_CHECK),
        ({"ssl_check": "1", "token": "x"}, Kind.CERTIFICATE_CHECK),
        (slash("x"), Kind.COMMAND),
        ({"type": "event_callback"}, Kind.EVENT),
        ({"type": "block_actions", "command": "/arch"}, Kind.ACTION),
        ({"type": "block_suggestion"}, Kind.OPTIONS),
        ({"type": "view_submission"}, Kind.SUBMISSION),
        ({"type": "next_years_idea"}, Kind.OTHER),
        ({"type": "command"}, Kind.OTHER),
    ],
)
def test_every_payload_has_a_kind(payload: Payload, kind: Kind) -> None:
    assert kind_of(payload) is kind


@pytest.mark.parametrize("payload", [{}, {"type": None}, {"type": 7}, {"type": ["command"]}, {"text": "hello"}])
def test_what_is_nothing_that_slack_sends_is_malformed(payload: Payload) -> None:
    with pytest.raises(MalformedError):
        kind_of(payload)


def test_a_retried_event_has_the_same_key_and_all_else_the_key_of_its_signature() -> None:
    event = {"type": "event_callback", "event_id": "Ev1"}
    assert delivery_key(Kind.EVENT, event, "v0=a") == delivery_key(Kind.EVENT, event, "v0=b")
    assert delivery_key(Kind.COMMAND, slash("x", event_id="Ev1"), "v0=a") != delivery_key(Kind.EVENT, event, "v0=a")
    assert delivery_key(Kind.COMMAND, slash("x"), "v0=a") != delivery_key(Kind.COMMAND, slash("x"), "v0=b")
    assert delivery_key(Kind.EVENT, {"type": "event_callback", "event_id": 7}, "v0=a") == "v0=a"
