"""What is told of exception requests beside the requests themselves: how many stand against a clause, and the proof of a step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How many waivers are in force against a clause or standard, and how many requests wait for a decision. An emergency that
    was granted is a waiver in force, and not counted a second time while its second look is owed."""

    in_force: int = 0
    pending: int = 0


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry of the record: its place, when (aware, UTC), what happened ("exception_request.approved"), and the hash that the
    chain has there, in hexadecimal."""

    sequence: int
    at: datetime
    action: str
    hash: str
