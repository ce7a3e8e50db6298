import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery import Delivery
from bot.slack.signature import verify

# Slack's own worked example: https://docs.slack.dev/authentication/verifying-requests-from-slack
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SIGNED_AT = 1531420618
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


def delivery(
    signatures: tuple[str, ...] = (SIGNATURE,), timestamps: tuple[str, ...] = (str(SIGNED_AT),), body: bytes = BODY
) -> Delivery:
    return Delivery({"x-slack-signature": signatures, "x-slack-request-timestamp": timestamps}, body)


def signed_at(timestamp: str) -> Delivery:
    """A signature that is right for a timestamp, whatever the timestamp is."""
    base = b"v0:" + timestamp.encode("utf-8", "surrogateescape") + b":" + BODY
    return delivery(("v0=" + hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest(),), (timestamp,))


def test_slacks_published_example_is_genuine() -> None:
    assert verify(delivery(), [SECRET], SIGNED_AT)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 299.9, 300])
def test_a_delivery_may_be_five_minutes_old_and_clocks_five_minutes_apart(seconds: float) -> None:
    assert verify(delivery(), [SECRET], SIGNED_AT + seconds)


@pytest.mark.parametrize("seconds", [-1e9, -301, -300.5, 300.5, 301, 1e9, float("inf"), float("nan")])
def test_beyond_five_minutes_either_way_it_is_refused(seconds: float) -> None:
    assert not verify(delivery(), [SECRET], SIGNED_AT + seconds)


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        " ",
        "nan",
        "inf",
        "1e9",
        "-1531420618",
        "+1531420618",
        " 1531420618",
        "1531420618 ",
        "1_531_420_618",
        "1531420618.0",
        "0x5b47a2ca",
        "9" * 400,
        "١٥٣١٤٢٠٦١٨",
        "\uff11\uff15",
        "²",
        "1531420618\n",
        "1531420618,1531420618",
        "\udcff",
    ],
)
def test_a_timestamp_that_is_no_plain_number_is_refused_even_when_it_is_signed(timestamp: str) -> None:
    assert not verify(signed_at(timestamp), [SECRET], SIGNED_AT)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "v0=",
        "v0",
        SIGNATURE.upper(),
        SIGNATURE[:-1],
        SIGNATURE + "0",
        SIGNATURE.removeprefix("v0="),
        f" {SIGNATURE}",
        SIGNATURE.replace("v0=", "v1="),
        f"{SIGNATURE},{SIGNATURE}",
        "v0=é",
        "\udcff",
        "\0",
        "x" * 100_000,
    ],
)
def test_anything_but_the_exact_signature_is_refused(signature: str) -> None:
    assert not verify(delivery((signature,)), [SECRET], SIGNED_AT)


def test_a_missing_or_doubled_header_is_refused() -> None:
    assert not verify(delivery(signatures=()), [SECRET], SIGNED_AT)
    assert not verify(delivery(timestamps=()), [SECRET], SIGNED_AT)
    assert not verify(delivery(signatures=(SIGNATURE, SIGNATURE)), [SECRET], SIGNED_AT)
    assert not verify(delivery(timestamps=(str(SIGNED_AT),) * 2), [SECRET], SIGNED_AT)
    assert not verify(Delivery({}, BODY), [SECRET], SIGNED_AT)


def test_while_a_secret_is_replaced_either_one_counts_and_an_empty_one_never() -> None:
    assert verify(delivery(), ["new", SECRET], SIGNED_AT)
    assert verify(delivery(), [SECRET, "new"], SIGNED_AT)
    assert not verify(delivery(), ["new"], SIGNED_AT)
    assert not verify(delivery(), [], SIGNED_AT)
    base = b"v0:%d:%s" % (SIGNED_AT, BODY)
    with_nothing = "v0=" + hmac.new(b"", base, hashlib.sha256).hexdigest()
    assert not verify(delivery((with_nothing,)), [""], SIGNED_AT)


@given(at=st.integers(0, len(BODY) - 1), byte=st.integers(1, 255))
def test_no_byte_of_the_body_can_change(at: int, byte: int) -> None:
    changed = bytearray(BODY)
    changed[at] ^= byte
    assert not verify(delivery(body=bytes(changed)), [SECRET], SIGNED_AT)


@given(signature=st.text(max_size=80), timestamp=st.text(max_size=20), body=st.binary(max_size=80))
def test_whatever_comes_is_refused_and_nothing_is_raised(signature: str, timestamp: str, body: bytes) -> None:
    assert not verify(delivery((signature,), (timestamp,), body), [SECRET], SIGNED_AT)
