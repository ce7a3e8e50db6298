"""`archway serve` from the outside: it starts with nothing, says what is on and off, keeps its secrets, and drains."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import create_engine, text

from bot.playground.slack import SlackWorkspace
from tests.doubles.teams import teams
from tests.stories.serving import serving

CANARIES = {
    "SLACK_SIGNING_SECRET": "canary-signing-7391",
    "SLACK_BOT_TOKEN": "xoxb-canary-7392",
    "MICROSOFT_APP_ID": "7a1c2f3e-1111-4222-8333-944455556666",
    "MICROSOFT_APP_PASSWORD": "canary-password-7393",
    "MICROSOFT_APP_TENANT_ID": "5b1cfa5e-aaaa-4bbb-8ccc-0ddd0eee0fff",
}


@pytest.mark.asyncio
async def test_without_credentials_it_starts_answers_and_says_what_is_off(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        assert await served.end() == 0
    assert "off  Slack: set SLACK_BOT_TOKEN" in served.said
    assert "on   Teams" in served.said
    assert "STD-003" in served.said
    assert "archway ask" in served.said
    assert served.logged == ""


@pytest.mark.asyncio
async def test_no_secret_shows_whatever_comes_in(tmp_path: Path) -> None:
    environ = CANARIES | {
        "ARCHWAY_LOG_LEVEL": "debug",
        "ARCHWAY_LOG_FORMAT": "json",
        "MICROSOFT_OPENID_METADATA_URL": "http://127.0.0.1:9/none",
        "MICROSOFT_TOKEN_URL": "http://127.0.0.1:9/none",
    }
    answers = []
    async with (
        serving(tmp_path, **environ) as served,
        SlackWorkspace(signing_secret=CANARIES["SLACK_SIGNING_SECRET"], bot_token=CANARIES["SLACK_BOT_TOKEN"]) as slack,
        aiohttp.ClientSession() as http,
    ):
        slack.bot_url = f"{served.address}/slack/events"
        good = slack.signed_command("/arch", "do buckets have to be encrypted? canary-question-7394")
        answers.append((await slack.send(good)).body)
        for body in (
            b"",
            b"{",
            b"payload=%7B",
            b"\xff" * 99,
            b'{"a":' * 5000,
            b"token=canary-token-7395&command=/arch",
        ):
            answers.append((await slack.send(slack.signed(body))).body)
            for headers in ({}, {"Authorization": "Bearer canary.jwt.7396"}, {"X-Slack-Signature": "v0=canary-7397"}):
                for path in ("/slack/events", "/api/messages"):
                    async with http.post(served.address + path, data=body, headers=headers) as answer:
                        assert answer.status < 500 or answer.status == 503
                        answers.append(await answer.read())
        assert await served.end() == 0
    shown = served.said + served.logged + b"".join(answers).decode(errors="replace")
    for canary in ("7391", "7392", "7393", "7395", "7396", "7397"):
        assert f"-{canary}" not in shown.replace(f".{canary}", f"-{canary}"), canary
    assert "canary-question-7394" not in served.logged
    for line in served.logged.splitlines():
        json.loads(line)


@pytest.mark.asyncio
async def test_what_was_acknowledged_is_finished_after_sigterm(tmp_path: Path) -> None:
    async with teams() as tenant, serving(tmp_path, **tenant.environment) as served:
        tenant.messages_url = f"{served.address}/api/messages"
        tenant.connector.stalled = asyncio.Event()
        asked = tenant.activity("message_personal", text="do buckets have to be encrypted?")
        assert (await tenant.deliver(asked)).status == 200
        async with asyncio.timeout(5):
            while not tenant.connector.tokens_seen:  # noqa: ASYNC110  # the answer is on its way, and held up
                await asyncio.sleep(0.01)
        served.process.send_signal(signal.SIGTERM)
        tenant.connector.stalled.set()
        assert await served.end() == 0
        assert len(tenant.connector.posted) == 1
    with create_engine(f"sqlite:///{tmp_path}/data/archway.db").connect() as connection:
        written = connection.execute(text("SELECT text FROM question")).scalars().all()
    assert written == ["do buckets have to be encrypted?"]  # what was asked was written down before the process ended


@pytest.mark.asyncio
async def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        port = served.address.rsplit(":", 1)[1]
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "serve", "--port", port),
            env={"ARCHWAY_DATA": str(tmp_path / "other")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complained = await second.communicate()
    assert (second.returncode, said) == (2, b"")
    assert complained.decode().startswith("archway: Cannot listen on 127.0.0.1:")
    assert "--port" in complained.decode()
    assert complained.count(b"\n") == 1


@pytest.mark.asyncio
async def test_a_second_one_on_the_same_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with serving(tmp_path):
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "serve", "--port", "0"),
            env={"ARCHWAY_DATA": str(tmp_path / "data")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complained = await second.communicate()
    assert (second.returncode, said) == (2, b"")
    assert "Another archway serves on" in complained.decode()


@pytest.mark.asyncio
async def test_a_request_that_cannot_be_read_leaves_no_secret_in_the_log(tmp_path: Path) -> None:
    async with serving(tmp_path, ARCHWAY_LOG_LEVEL="debug", ARCHWAY_LOG_FORMAT="json") as served:
        port = int(served.address.rsplit(":", 1)[1])
        for _ in range(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /api/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer CANARY-7398\x01\r\n\r\n")
            assert b"400" in await reader.readline()
            writer.close()
        await served.end()
    assert "CANARY-7398" not in served.logged
    assert served.logged.count("could not be read") == 1
