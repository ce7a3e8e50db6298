"""The policy bundle: the same waivers are the same bytes, and none that has ended is in it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.api.bundle import BundledWaiver, bundle
from bot.domain import waivers
from bot.store.transaction import Transaction
from tests.api.asking import CI, asker
from tests.api.filling import fill
from tests.domain.cast import ADA

WAIVER = BundledWaiver("EX-1", "STD-004", None, "payments", "", "2026-11-23T00:00:00+00:00", "2026-12-31", 1, 2)


def files(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as packed:
        return {each.name: packed.extractfile(each).read() for each in packed}  # type: ignore[union-attr]  # all are files


def test_the_same_waivers_are_the_same_bytes() -> None:
    one, two = bundle([WAIVER]), bundle([WAIVER])
    assert one == two
    found = files(one.archive)
    assert sorted(found) == [".manifest", "archway/policy.rego", "archway/waivers/data.json"]
    assert json.loads(found[".manifest"]) == {"revision": one.revision, "roots": ["archway"]}
    assert json.loads(found["archway/waivers/data.json"]) == [
        {
            "id": "EX-1",
            "standard": "STD-004",
            "clause": None,
            "service": "payments",
            "environment": "",
            "from": "2026-11-23T00:00:00+00:00",
            "until": "2026-12-31",
            "starts": 1,
            "ends": 2,
        }
    ]
    with tarfile.open(fileobj=io.BytesIO(one.archive)) as packed:
        assert {each.mtime for each in packed} == {0}
    assert bundle([]).revision != one.revision


@pytest.mark.asyncio
async def test_a_waiver_that_is_revoked_leaves_the_bundle_and_changes_its_revision(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    async with asker(tmp_path) as ask:
        database = ask.house.bot.memory.database
        fill(database, now)
        first = await ask.get("/policy/bundle.tar.gz", CI)
        data = json.loads(files(first.body)["archway/waivers/data.json"])
        assert [each["id"] for each in data] == ["EX-1", "EX-5"]
        assert data[0]["until"] == (now + timedelta(days=30)).date().isoformat()
        assert first.headers["ETag"] == f'"{json.loads(files(first.body)[".manifest"])["revision"]}"'

        def revoke(unit: Transaction) -> None:
            request = unit.exceptions.get("EX-1", lock=True)
            assert request
            unit.exceptions.put(waivers.revoke(request, ADA, "It is misused.", unit.now).request)

        database.write_now(revoke)
        second = await ask.get("/policy/bundle.tar.gz", CI, If_None_Match=first.headers["ETag"])
        assert second.status == 200
        assert [each["id"] for each in json.loads(files(second.body)["archway/waivers/data.json"])] == ["EX-5"]
        assert hashlib.sha256(second.body).digest() != hashlib.sha256(first.body).digest()
