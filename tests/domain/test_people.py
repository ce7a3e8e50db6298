"""What tells whose an account is, and what never does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.people import Account, Evidence, Standing, evidence, same_writing

GUID = "3F2C7D1E-5b64-4c0a-9a41-2d8f6e0b1c97"
ADA = Account("slack", "U1", "T1", email="ada@example.org")


def test_a_member_is_known_by_a_verified_address() -> None:
    assert evidence(ADA) == Evidence("ada@example.org")
    assert evidence(replace(ADA, email="Ada@Example.ORG")) == Evidence("ada@example.org")


def test_an_entra_id_counts_in_teams_alone() -> None:
    assert evidence(Account("teams", GUID)) == Evidence("", GUID.lower())
    assert not evidence(Account("slack", GUID))
    assert not evidence(Account("teams", "29:1abc"))


@pytest.mark.parametrize("standing", [Standing.GUEST, Standing.STRANGER])
def test_who_is_no_member_is_known_by_nothing(standing: Standing) -> None:
    assert not evidence(replace(ADA, standing=standing))
    assert not evidence(Account("teams", GUID, standing=standing, email="ada@example.org"))


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@example.org ", " ada@example.org", "a da@example.org", "ada@exam\0ple.org", "\ud800@x.y"]
)  # fmt: skip
def test_what_is_no_address_is_no_evidence(email: str) -> None:
    assert not evidence(replace(ADA, email=email))


def test_addresses_are_compared_in_lower_case_and_nothing_looser() -> None:
    assert same_writing("Kay@Example.org") == "kay@example.org"
    lookalikes = [
        "\u212aay@example.org",
        "kаy@example.org",
        "kay+1@example.org",
        "k.ay@example.org",
        "kay@example.org.",
    ]
    assert same_writing("kay@example.org") not in map(same_writing, lookalikes)
