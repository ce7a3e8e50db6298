"""From an answer to a request, to a waiver, and back: the answer says what stands; and a click counts on fresh facts alone."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot import app, settings
from bot.cards.model import Card, Form, Reply
from bot.cards.plain import text
from bot.delivery import Dispatch
from bot.domain.commands import Ask, Command, Show, pressed
from bot.domain.exception_commands import About, Does, ShowException
from bot.domain.people import Account

pytestmark = pytest.mark.asyncio

GRACE = Account("slack", "UGRACE", "T1", name="Grace", email="grace@example.org")
ADA = Account("slack", "UADA", "T1", name="Ada", email="ada@example.org")
QUESTION, CLAUSE = "do buckets have to be encrypted?", "STD-001.1"
STANDARD = "# Encryption\n\n## At rest\n\n- Storage buckets MUST be encrypted at rest.\n- Keys SHOULD be rotated.\n"
FILLED_IN = {
    "service": "payments",
    "environment": "production",
    "tier": "3",
    "reason": "The vendor's appliance cannot do it.",
    "risk:exposure": "internal",
    "risk:data": "public",
}


@pytest_asyncio.fixture
async def dispatch(tmp_path: Path) -> AsyncIterator[Dispatch]:
    """What the surfaces of a running bot hand their commands to; on one standard and the starter file's rules."""
    folder = tmp_path / "knowledge"
    (folder / "standards").mkdir(parents=True)
    (folder / "standards" / "STD-001-encryption.md").write_text(STANDARD)
    shutil.copy(settings.STARTER / "governance.yaml", folder)
    loaded = settings.load({"ARCHWAY_DATA": str(tmp_path / "data"), "ARCHWAY_KNOWLEDGE": str(folder)})
    async with app.running(loaded, "127.0.0.1", 0) as (_, bot):
        yield bot.dispatch


def words(reply: Reply) -> str:
    assert isinstance(reply, Card), reply
    return text(reply, width=300)


async def says(dispatch: Dispatch, command: Command, wanted: str) -> None:
    """Waits until the card of a command says something."""
    async with asyncio.timeout(30):
        while wanted not in words(await dispatch(command)):  # noqa: ASYNC110  # what is waited for is what memory says
            await asyncio.sleep(0.01)


async def asked(dispatch: Dispatch) -> str:
    """The id of a request that somebody sends from an answer."""
    answer = await dispatch(Ask(GRACE, QUESTION))
    assert isinstance(answer, Card)
    (button,) = [each for each in answer.buttons if each.label == "Request an exception"]
    assert button.about == CLAUSE
    form = await dispatch(pressed(button.verb, button.about, GRACE))
    values = {**FILLED_IN, "until": (datetime.now(UTC) + timedelta(days=30)).date().isoformat()}
    while isinstance(form, Form):
        assert not form.faults
        filled = {field.name: field.value for field in form.fields if field.value} | values
        form = await dispatch(pressed(form.verb, form.about, GRACE, filled))
    return next(word for word in words(form).split() if word.startswith("EX-"))


async def approve(dispatch: Dispatch, id_: str, by: Account) -> str:
    """Presses Approve on a request as it is; what comes back."""
    shown = await dispatch(ShowException(ADA, id_))
    assert isinstance(shown, Card)
    digest = next((button.about.split()[2] for button in shown.buttons if button.label == "Approve"), "")
    about = str(About(id_, Does.APPROVE, digest))
    return words(await dispatch(pressed("exception_step", about, by)))


async def test_an_answer_says_what_stands_against_the_clause_that_it_quotes(dispatch: Dispatch) -> None:
    assert "waiver" not in words(await dispatch(Ask(GRACE, QUESTION)))
    id_ = await asked(dispatch)
    await says(dispatch, Ask(GRACE, QUESTION), "1 request open")
    await approve(dispatch, id_, replace(ADA, as_of=time.monotonic()))
    await says(dispatch, Ask(GRACE, QUESTION), "1 waiver in force")
    await says(dispatch, Show(GRACE, CLAUSE), "1 waiver in force")
    await says(dispatch, Show(GRACE, "STD-001"), "1 waiver in force")


@pytest.mark.parametrize("age", [None, 61.0, -60.0], ids=["unknown", "a minute old", "of a time to come"])
async def test_a_click_on_old_facts_decides_nothing(dispatch: Dispatch, age: float | None) -> None:
    id_ = await asked(dispatch)
    old = replace(ADA, as_of=None if age is None else time.monotonic() - age)
    assert "What I know about you is older than a minute" in await approve(dispatch, id_, old)
    await says(dispatch, Ask(GRACE, QUESTION), "1 request open")
    assert "counts" in await approve(dispatch, id_, replace(ADA, as_of=time.monotonic() - 30))
    await says(dispatch, Ask(GRACE, QUESTION), "1 waiver in force")
