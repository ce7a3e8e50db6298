"""A document that follows from a decision: a branch of the folder's repository, which somebody merges, and from which is then answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store.transaction import Transaction
from handlers.desk import Desk
from handlers.drafting import adr_path, draft, merged, next_number
from tests.drafting.test_branches import git
from tests.stories.deciding import ENCRYPTION, write
from tests.stories.house import House, house, until

pytestmark = pytest.mark.asyncio

ADR = """\
---
id: ADR-0003
status: accepted
date: 2026-11-23
---
# Carry checkout events over Kafka

## Context

Orders are lost when the queue is full.

## Decision

Checkout events travel over Kafka, with three replicas.
"""


async def drafted(opened: House) -> str:
    """A review has been decided, and an ADR is drafted from it; gives its path."""

    def decided(unit: Transaction) -> str:
        desk = Desk(opened.shelf.library, lambda: unit.now, lambda _: None, opened.shelf.place, store=unit)
        path = adr_path(next_number("adr", desk.library, unit), "Carry checkout events over Kafka", desk.library)
        draft("RV-3", path, ADR, desk)
        return path

    path = await opened.bot.memory.database.write(decided)
    await opened.bot.desks.notice()  # as after a command: whoever writes it is woken
    return path


async def test_a_draft_is_merged_and_answered_from(tmp_path: Path) -> None:
    docs = tmp_path / "knowledge"
    write(docs / "standards" / "STD-004-encryption.md", ENCRYPTION)
    write(docs / "adrs" / "0002-use-rabbitmq.md", "# Use RabbitMQ\n\n## Status\n\nAccepted\n")
    git(docs, "init", "-q")
    git(docs, "add", ".")
    git(docs, "commit", "-q", "-m", "First")
    async with house(tmp_path) as opened:
        path = await drafted(opened)
        assert path == "adrs/0003-carry-checkout-events-over-kafka.md"
        places = "SELECT place FROM drafted_document"
        await until(lambda: opened.remembered(places) == [("branch archway/rv-3",)])
        assert git(docs, "show", f"archway/rv-3:{path}") == ADR.strip()
        assert git(docs, "status", "--porcelain") == ""
        question = "how do checkout events travel?"
        assert not opened.in_the_library(question).answered

        git(docs, "merge", "-q", "archway/rv-3")
        await until(lambda: opened.in_the_library(question).answered)
        assert opened.in_the_library(question).answer[0].citation.id == "ADR-0003"
        found = await opened.bot.memory.database.read(
            lambda unit: merged(
                Desk(opened.shelf.library, lambda: unit.now, lambda _: None, opened.shelf.place, store=unit)
            )
        )
        assert found == [("RV-3", path)]
