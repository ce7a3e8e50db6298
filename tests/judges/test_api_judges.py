"""What nobody here wrote asks our API, signs our webhooks and evaluates our policy."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import tarfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.api.bundle import BundledWaiver, bundle
from bot.api.signatures import Signing, signed
from bot.api.tokens import Buckets, Rate
from tests.api.asking import CI, OPS, asker
from tests.api.filling import fill
from tests.api.signing import NOW, OTHER, SECRET, delivery, standard

EXAMPLES = 20  # of each operation and each way to get it wrong


@pytest.mark.asyncio
async def test_schemathesis_finds_no_answer_that_is_not_described(tmp_path: Path) -> None:
    async with asker(tmp_path) as ask:
        fill(ask.house.bot.memory.database, datetime.now(UTC))
        ask.house.bot.api.buckets = Buckets(Rate(10**6, 10**6), time.monotonic)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{ask.house.address}/api/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {OPS}", "--checks", "all", "--max-examples", str(EXAMPLES)),
            *("--seed", "7", "--no-color", "--mode", "all", "--request-timeout", "20"),
            cwd=tmp_path,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(300):
            said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


@pytest.mark.parametrize("secrets", [("a",), ("a", "b"), ("b", "a")])
def test_what_standardwebhooks_signs_is_heard_while_any_of_its_secrets_is_known(secrets: tuple[str, ...]) -> None:
    from standardwebhooks import Webhook

    keys = {"a": SECRET, "b": OTHER}
    at = datetime.fromtimestamp(NOW, UTC)
    for name, key in keys.items():
        for form in (key, key.removeprefix("whsec_")):
            body = '{"type": "incident.opened", "title": "Grüße 🚒"}'
            made = {
                "webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
                "webhook-timestamp": str(NOW),
                "webhook-signature": Webhook(form).sign("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", at, body),
            }
            known = tuple(keys[each] for each in secrets)
            heard = signed(delivery(body.encode(), made), Signing(), known, NOW)
            assert bool(heard) is (name in secrets)


def test_standardwebhooks_takes_what_our_own_tests_sign() -> None:
    from standardwebhooks import Webhook

    at = int(time.time())
    assert Webhook(SECRET).verify(b'{"a": 1}', standard(b'{"a": 1}', at=at)) == {"a": 1}


def evaluated(archive: bytes, **asked: object) -> dict[str, object]:
    """What the policy of a bundle says, by the evaluator's own clock."""
    import regopy

    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as packed:
        files = {each.name: packed.extractfile(each).read().decode() for each in packed}  # type: ignore[union-attr]  # all are files
    rego = regopy.Interpreter()
    rego.add_module("policy.rego", files["archway/policy.rego"])
    rego.add_data({"archway": {"waivers": json.loads(files["archway/waivers/data.json"])}})
    rego.set_input(dict(asked))
    said: dict[str, object] = json.loads(str(rego.query("data.archway")))["expressions"][0]
    return said


def waiver(since: datetime, days: int, **other: object) -> BundledWaiver:
    ends = since + timedelta(days=days)
    known: dict[str, object] = {
        "id": "EX-1",
        "standard": "STD-004",
        "clause": "STD-004.3",
        "service": "payments",
        "environment": "production",
    }
    known |= {"since": since.isoformat(), "until": (ends - timedelta(days=1)).date().isoformat()}
    return BundledWaiver(**(known | {"starts": int(since.timestamp()), "ends": int(ends.timestamp())} | other))  # type: ignore[arg-type]


ASKED = {"clause": "STD-004.3", "standard": "STD-004", "service": "Payments", "environment": "production"}


def test_a_waiver_in_force_allows_and_an_expired_one_denies_by_the_evaluators_clock() -> None:
    now = datetime.now(UTC)
    in_force = evaluated(bundle([waiver(now - timedelta(days=1), 5)]).archive, **ASKED)
    assert (in_force["allowed"], in_force["waived"], in_force["covering"]) == (True, True, ["EX-1"])
    ended = evaluated(bundle([waiver(now - timedelta(days=5), 4)]).archive, **ASKED)
    assert (ended["allowed"], ended["waived"], ended["covering"]) == (False, False, [])
    to_come = evaluated(bundle([waiver(now + timedelta(hours=1), 4)]).archive, **ASKED)
    assert to_come["allowed"] is False


def test_a_waiver_covers_its_own_clause_service_and_environment_alone() -> None:
    now = datetime.now(UTC) - timedelta(hours=1)
    narrow = bundle([waiver(now, 5)]).archive
    for other in ({"clause": "STD-004.4"}, {"service": "billing"}, {"environment": "staging"}):
        assert evaluated(narrow, **(ASKED | other))["allowed"] is False
    wide = bundle([waiver(now, 5, clause=None, environment="")]).archive
    assert evaluated(wide, **(ASKED | {"clause": "STD-004.9", "environment": "staging"}))["allowed"] is True
    assert evaluated(wide, **(ASKED | {"standard": "STD-005"}))["allowed"] is False
    assert evaluated(bundle([]).archive, **ASKED)["allowed"] is False


@pytest.mark.asyncio
async def test_the_bundle_that_the_bot_serves_allows_what_was_approved_and_nothing_that_was_revoked(
    tmp_path: Path,
) -> None:
    async with asker(tmp_path) as ask:
        fill(ask.house.bot.memory.database, datetime.now(UTC))
        archive = (await ask.get("/policy/bundle.tar.gz", CI)).body
    assert evaluated(archive, **ASKED)["covering"] == ["EX-1", "EX-5"]
    assert evaluated(archive, **(ASKED | {"service": "billing"}))["allowed"] is False
