import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery import Delivery
from bot.slack import payloads
from bot.slack.payloads import MalformedError

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def read(body: bytes | str, content_type: str = FORM) -> payloads.Payload:
    body = body.encode() if isinstance(body, str) else body
    return payloads.read(Delivery({"content-type": (content_type,)}, body))


def test_a_form_its_payload_and_a_json_body_are_read() -> None:
    assert read("command=%2Farch&text=a+b%26c&blank=") == {"command": "/arch", "text": "a b&c", "blank": ""}
    assert read(urlencode({"payload": '{"type": "shortcut"}'})) == {"type": "shortcut"}
    assert read('{"type": "event_callback", "event": {"n": [1, 2.5, true, null]}}', JSON + "; charset=utf-8") == {
        "type": "event_callback",
        "event": {"n": [1, 2.5, True, None]},
    }


DEEP = 100_000
MALFORMED = {
    "nothing at all": "",
    "half an object": '{"type": ',
    "a list": "[]",
    "null": "null",
    "a number": "7",
    "a byte order mark": '\ufeff{"a": 1}',
    "two values": "{} {}",
    "the same member twice": '{"a": 1, "a": 2}',
    "the same member twice, deep inside": '{"a": [{"b": {"c": 1, "c": 1}}]}',
    "the same member twice, once cleaned": '{"a\\u0000": 1, "a\\ud800": 2}',
    "a deep list": '{"a": ' + "[" * DEEP + "]" * DEEP + "}",
    "a deep object": '{"a": ' * DEEP + "1" + "}" * DEEP,
    "a list one level too deep": '{"a": ' + "[" * payloads.MOST_DEPTH + "]" * payloads.MOST_DEPTH + "}",
    "an integer of a million digits": '{"a": ' + "9" * 1_000_000 + "}",
    "an integer of 21 digits": '{"a": ' + "9" * 21 + "}",
    "a float beyond all bounds": '{"a": 1e999}',
    "NaN": '{"a": NaN}',
    "minus infinity": '{"a": -Infinity}',
    "a bare line break in a string": '{"a": "b\nc"}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_json_is_refused_with_a_sentence(body: str) -> None:
    for content_type, sent in ((JSON, body), (FORM, "payload=" + quote(body))):
        with pytest.raises(MalformedError, match=r"^The .*\.$") as refusal:
            read(sent, content_type)
        assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    "body",
    [
        b"no equals sign",
        b"&&&",
        b"text=a&text=b",
        b"payload=1&payload=2",
        b"text=\xff\xfe",
        b"a=1&" * 100,
        b"&".join(b"f%d=1" % n for n in range(payloads.MOST_FIELDS + 1)),
    ],
)
def test_a_malformed_form_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        read(body)


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data; boundary=x", "application/xml"])
def test_other_content_types_are_refused(content_type: str) -> None:
    with pytest.raises(MalformedError, match=r"application/json"):
        read(b"command=%2Farch", content_type)


def test_nul_and_lone_surrogates_become_replacement_characters_everywhere() -> None:
    assert read("text=a%00b%ED%A0%80c%FF")["text"] == "a�b���c�"
    assert read(r'{"k\u0000": ["\ud800", "\udfff\ud83d", "\ud83d\ude00"]}', JSON) == {"k�": ["�", "��", "😀"]}


WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | WORDS


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner), max_leaves=20))
def test_what_json_can_say_comes_through_as_it_is(value: object) -> None:
    assert read(json.dumps({"value": value}), JSON) == {"value": value}


@given(st.binary(max_size=200), st.sampled_from([FORM, JSON]))
def test_no_bytes_at_all_make_it_fail_otherwise(body: bytes, content_type: str) -> None:
    try:
        payload = read(body, content_type)
    except MalformedError:
        return
    json.dumps(payload, ensure_ascii=False).encode()
