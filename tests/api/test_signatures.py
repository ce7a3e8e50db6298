"""Whoever holds a secret of the source is heard; everything else is not signed, and nothing raises."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import string

import pytest

from bot.api.signatures import Scheme, Signing, is_base64_secret, signed
from bot.delivery import Delivery
from tests.api.signing import NOW, OTHER, SECRET, delivery, pagerduty, standard

BODY = b'{"type": "incident.opened"}'
STANDARD, PAGERDUTY = Signing(), Signing(Scheme.PAGERDUTY)


def heard(made: Delivery, signing: Signing = STANDARD, *secrets: str, now: float = NOW) -> bool:
    return signed(made, signing, secrets or (SECRET,), now) is not None


def test_the_specifications_own_example_is_signed() -> None:
    body = b'{"test": 2432232314}'
    made = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert signed(delivery(body, made), STANDARD, (secret,), 1_614_265_330) == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert heard(delivery(body, made), STANDARD, secret.removeprefix("whsec_"), now=1_614_265_330)
    assert not heard(delivery(body + b" ", made), STANDARD, secret, now=1_614_265_330)


def test_while_secrets_are_rotated_either_is_good_in_any_place_of_the_list() -> None:
    by_old, by_new = standard(BODY, OTHER), standard(BODY, SECRET)
    both = {**by_old, "webhook-signature": f"v1a,AAAA {by_old['webhook-signature']} {by_new['webhook-signature']}"}
    assert heard(delivery(BODY, by_old), STANDARD, SECRET, OTHER)
    assert heard(delivery(BODY, by_new), STANDARD, SECRET, OTHER)
    assert heard(delivery(BODY, both), STANDARD, SECRET)
    assert heard(delivery(BODY, both), STANDARD, OTHER)
    assert not heard(delivery(BODY, by_old), STANDARD, SECRET)


@pytest.mark.parametrize(("late", "good"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_five_minutes_are_the_limit_by_the_clock_that_is_handed_in(late: int, good: bool) -> None:
    assert heard(delivery(BODY, standard(BODY)), now=NOW + late) is good


@pytest.mark.parametrize("seconds", ["", "nan", "inf", "-1", "1e9", "٣", " 1795000000", "1795000000.0", "9" * 400])
def test_a_timestamp_that_is_no_whole_number_is_not_signed(seconds: str) -> None:
    assert not heard(delivery(BODY, {**standard(BODY), "webhook-timestamp": seconds}))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_missing_or_doubled_is_not_signed(name: str) -> None:
    made = standard(BODY)
    assert not heard(delivery(BODY, [(each, value) for each, value in made.items() if each != name]))
    assert not heard(delivery(BODY, [*made.items(), (name, made[name])]))


def test_a_flood_of_signatures_in_one_header_is_not_looked_at() -> None:
    made = standard(BODY)
    enough = " ".join(["v1,AAAA"] * (20 - 1) + [made["webhook-signature"]])
    assert heard(delivery(BODY, {**made, "webhook-signature": enough}))
    assert not heard(delivery(BODY, {**made, "webhook-signature": f"v1,AAAA {enough}"}))


def test_pagerdutys_header_may_hold_several_signatures() -> None:
    assert heard(delivery(BODY, pagerduty(BODY, "first-secret-of-it")), PAGERDUTY, "first-secret-of-it")
    both = pagerduty(BODY, "first-secret-of-it", "second-secret-of-it")
    assert heard(delivery(BODY, both), PAGERDUTY, "second-secret-of-it")
    assert not heard(delivery(BODY, both), PAGERDUTY, "third-secret-of-it")
    assert not heard(
        delivery(BODY, {"X-PagerDuty-Signature": both["X-PagerDuty-Signature"].replace("v1=", "v2=")}),
        PAGERDUTY,
        "first-secret-of-it",
    )


def test_a_header_with_a_prefix_is_signed_in_hexadecimal_or_base64() -> None:
    hexadecimal = pagerduty(BODY, "a-secret-of-the-tool")["X-PagerDuty-Signature"].removeprefix("v1=")
    signing = Signing(Scheme.HMAC, "x-hub-signature-256", "sha256=")
    for text in (hexadecimal, hexadecimal.upper(), base64.b64encode(bytes.fromhex(hexadecimal)).decode()):
        assert heard(delivery(BODY, {"X-Hub-Signature-256": f"sha256={text}"}), signing, "a-secret-of-the-tool")
        assert not heard(delivery(BODY, {"X-Hub-Signature-256": text}), signing, "a-secret-of-the-tool")


def test_schemes_are_called_as_mappings_call_them() -> None:
    assert [*map(str, Scheme)] == ["standard-webhooks", "pagerduty", "hmac-sha256"]


def test_only_a_signature_of_the_version_counts_and_blanks_around_it_do_not() -> None:
    secret = "first-secret-of-it"
    [made] = pagerduty(BODY, secret).values()
    bare = made.removeprefix("v1=")
    assert heard(delivery(BODY, {"X-PagerDuty-Signature": f"v1={'0' * 64} , {made} "}), PAGERDUTY, secret)
    for text in (bare, f"v0={bare}", f"x{made}", "", "v1="):
        assert not heard(delivery(BODY, {"X-PagerDuty-Signature": text}), PAGERDUTY, secret), text
    signing = Signing(Scheme.HMAC, "x-sum")
    assert heard(delivery(BODY, {"X-Sum": f" {bare}\t"}), signing, secret)
    assert not heard(delivery(BODY, {"X-Sum": ""}), signing, secret)
    assert not heard(delivery(BODY, {}), signing, secret)
    assert not heard(delivery(BODY, {"": bare}), Signing(Scheme.STANDARD), secret)
    made_up = standard(BODY)
    assert not heard(delivery(BODY, {**made_up, "webhook-signature": made_up["webhook-signature"].removeprefix("v1,")}))


def test_a_header_may_be_long_and_no_longer() -> None:
    made = standard(BODY)
    padded = made["webhook-signature"] + " v1a," + "A" * (4_096 - len(made["webhook-signature"]) - 5)
    assert len(padded) == 4_096
    assert heard(delivery(BODY, {**made, "webhook-signature": padded}))
    assert not heard(delivery(BODY, {**made, "webhook-signature": f"{padded}A"}))


def test_an_id_may_be_long_and_no_longer_and_is_seen() -> None:
    for id_, good in (
        ("a" * 200, True),
        ("a" * 201, False),
        ("", False),
        ("a b", False),
        ("é", False),
        ("a\x7f", False),
    ):
        assert (signed(delivery(BODY, standard(BODY, id_=id_)), STANDARD, (SECRET,), NOW) == id_) is good, id_


def test_a_schemes_signature_that_covers_no_id_gives_none() -> None:
    assert signed(delivery(BODY, pagerduty(BODY, "first-secret-of-it")), PAGERDUTY, ("first-secret-of-it",), NOW) == ""


def test_a_secret_is_base64_only_when_all_of_it_is() -> None:
    assert is_base64_secret(SECRET)
    assert is_base64_secret(SECRET.removeprefix("whsec_"))
    assert not is_base64_secret("whsec_a-secret-of-ours!")
    text = "abcd-efgh-ijkl-mnop"
    made = hmac.digest(text.encode(), f"msg_1.{NOW}.".encode() + BODY, hashlib.sha256)
    headers = {**standard(BODY), "webhook-signature": f"v1,{base64.b64encode(made).decode()}"}
    assert heard(delivery(BODY, headers), STANDARD, text), "such a secret is taken as it is written"


def test_ten_thousand_malformed_signatures_are_all_refused() -> None:
    dice = random.Random(5)
    good = standard(BODY)
    alphabet = string.printable + "é٣\udcff\x00\x7f€"
    for number in range(10_000):
        made = dict(good)
        name = dice.choice(sorted(made))
        value = made[name]
        match number % 5:
            case 0:  # one character is another one
                at = dice.randrange(len(value))
                made[name] = value[:at] + dice.choice([c for c in alphabet if c != value[at]]) + value[at + 1 :]
            case 1:  # cut
                made[name] = value[: dice.randrange(len(value))]
            case 2:  # noise
                made[name] = "".join(dice.choices(alphabet, k=dice.randrange(1, 80)))
            case 3:  # something before or behind
                made[name] = dice.choice([value + value, "x" + value, value[1:] + "=", value.swapcase() + "x"])
            case 4:
                made["webhook-signature"] = f"v1,{base64.b64encode(dice.randbytes(dice.randrange(64))).decode()}"
        if made == good:
            continue
        assert not heard(delivery(BODY, made)), made
        other = delivery(BODY, {"X-PagerDuty-Signature": "v1=" + made["webhook-signature"]})
        assert not heard(other, PAGERDUTY, SECRET)
