"""Waivers in force as a bundle for Open Policy Agent: https://www.openpolicyagent.org/docs/management-bundles. The same waivers give
the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

POLICY = Path(__file__).parent / "policy.rego"


@dataclass(frozen=True, slots=True)
class BundledWaiver:
    """A waiver as a policy sees it. `clause` is None for the whole standard; `since` and `until` are ISO 8601, `until` its last day;
    `starts` and `ends` are seconds since 1970."""

    id: str
    standard: str
    clause: str | None
    service: str
    environment: str
    since: str
    until: str
    starts: int
    ends: int

    @property
    def data(self) -> dict[str, Any]:
        """As it stands in `data.archway.waivers`."""
        facts = asdict(self)
        return {"from": facts.pop("since"), **facts}


@dataclass(frozen=True, slots=True)
class Bundle:
    """The archive, and the digest of what is in it."""

    revision: str
    archive: bytes


def bundle(waivers: Iterable[BundledWaiver]) -> Bundle:
    """A `.tar.gz` of waivers and the policy that reads them."""
    data = _json([each.data for each in waivers])
    policy = POLICY.read_bytes()
    revision = hashlib.sha256(b"%d:%s%s" % (len(data), data, policy)).hexdigest()
    manifest = _json({"revision": revision, "roots": ["archway"]})
    files = {".manifest": manifest, "archway/policy.rego": policy, "archway/waivers/data.json": data}
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, filename="") as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(files[name]), 0o644
            archive.addfile(entry, io.BytesIO(files[name]))
    return Bundle(revision, packed.getvalue())


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
