"""Microsoft's own test client, driven without a screen, in front of `archway serve` as anybody would start it.

`make test-playground-teams` installs what it takes. The pictures of each step are in build/playground_teams: look at them.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.settings import STARTER
from tests.stories.serving import serving

HERE = Path(__file__).parent
PICTURES = HERE.parent.parent / "build" / "playground_teams"
CLIENT = HERE / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PATTERN = "https://git.example.org/docs/{path}#{anchor}"

pytestmark = [
    pytest.mark.judge,
    pytest.mark.asyncio,
    pytest.mark.skipif(
        os.environ.get("ARCHWAY_PLAYGROUND") != "1",
        reason="MICROSOFT'S AGENTS PLAYGROUND NOT RUN: `make test-playground-teams` installs and runs it",
    ),
]

# Each step with what is to be seen at its end.
STEPS = {
    "welcome": "Hello, I am Archway",
    "message": "customer-managed KMS key",
    "button_with_update": "Also see",
    "button_with_a_word": "Thank you",
    "mention": "customer-managed KMS key",
    "share_posts_in_a_channel": "Shared by Alex Wilber",
    "search": "STD-003 · standard",
    "inserted_result": "Encryption in transit and at rest",
    "action_on_a_message": "customer-managed KMS key",
    "action_without_a_message": "customer-managed KMS key",
    "unfurl": "Encryption in transit and at rest",
    "subscribe": "standards",
    "subscribe_a_channel": "standards",
    "a_change_is_told": "STD-003.12",
    "a_change_is_told_in_the_channel": "STD-003.12",
    "the_post_is_updated": "rotated every year",
}
DECIDING = {
    "the_form_by_the_action": "Clause or standard",
    "what_is_missing_stands_beside_its_field": "Say how it will be remedied.",
    "the_request_is_sent": "EX-1 is sent. Moderate risk: it waits for architect, platform and security",
    "those_who_decide_are_asked": "Alex Wilber asks for an exception to STD-003.1 for checkout",
    "nobody_decides_on_their_own": "your own",
    "another_one_approves": "Your “Approve” on EX-1 counts. It still waits for platform and security.",
    "the_card_waits_for_the_others": "architect: Megan Bowen approves",
    "the_second_one_approves": "It still waits for security.",
    "the_last_one_approves": "Your “Approve” on EX-1 counts. Approved",
    "the_card_says_who_decided": "Patti Fernandez",
}
ON_THE_BRIDGE = {
    "an_incident_is_opened": "Alex Wilber is in command",
    "a_decision_is_recorded_by_its_words": "Contain access: the crawler",
    "the_form_of_a_decision": "An emergency exception is asked for",
    "a_decision_is_recorded_by_the_form": "Roll back: Release 41 is taken back",
    "the_form_of_a_review": "Still to be answered: scope, reversible, spend.",
    "a_review_is_asked_for": "RV-1",
    "those_who_review_are_asked": "Clause STD-003.12",
}
# People of the client's configuration in the places of the starter file's.
HERE_INSTEAD = {
    "ada@example.org": "meganb@example.com",
    "alan@example.org": "adelev@example.com",
    "pat@example.org": "isaiahl@example.com",
    "sam@example.org": "pattif@example.com",
    "dora@example.org": "lynner@example.com",
    "teams:19:arch@thread.tacv2": "teams:group-chat-id",
}


def require_what_it_takes() -> None:
    missing = [
        name
        for name, there in {
            "node": shutil.which("node"),
            f"a Chromium at {CHROMIUM} (or name one in CHROMIUM)": Path(CHROMIUM).exists(),
            "its packages (npm ci --prefix tests/playground_teams)": CLIENT.exists(),
        }.items()
        if not there
    ]
    if missing:
        pytest.fail(f"MICROSOFT'S AGENTS PLAYGROUND CANNOT RUN HERE: missing {', '.join(missing)}", pytrace=False)


@asynccontextmanager
async def playground(bot: str, scratch: Path) -> AsyncIterator[str]:
    """The client, in front of a bot; it and what it starts end with the block. It writes a log where it is started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        "node", str(CLIENT), "-e", f"{bot}/api/messages", "-c", "msteams", "-p", str(port), "--disable-telemetry",
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd=scratch,
        env={**os.environ, "BROWSER": "none", "M365_AGENTS_PLAYGROUND_CONFIG_PATH": str(HERE / "m365agentsplayground.yml")},
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(60), aiohttp.ClientSession() as http:
            while not await answers(http, address):
                assert process.returncode is None, "the playground ended by itself"
                await asyncio.sleep(0.1)
        yield address
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
            await process.wait()


async def answers(http: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with http.get(address) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def a_link(bot_environ: dict[str, str]) -> str:
    """What a citation links to."""
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "bot", "show", "STD-003", "--json"],
        env={**os.environ, **bot_environ}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return str(json.loads(ran.stdout)["citation"]["url"])


async def test_everything_that_people_do_in_teams_can_be_seen_to_work(tmp_path: Path) -> None:
    require_what_it_takes()
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    knowledge = tmp_path / "knowledge"
    shutil.copytree(STARTER, knowledge)
    standard = knowledge / "standards" / "STD-003-encryption.md"
    environ = {
        "ARCHWAY_DOCUMENT_URL": PATTERN,
        "ARCHWAY_DATA": str(tmp_path / "data"),
        "ARCHWAY_KNOWLEDGE": str(knowledge),
    }
    link = await a_link(environ)
    async with serving(tmp_path, **environ) as served, playground(served.address, tmp_path) as address:
        seen = await driven("drive.mjs", address, str(PICTURES), link, str(standard))
    require_seen(seen, STEPS)


async def test_an_exception_is_asked_for_and_decided_on_by_others_in_a_group_chat(tmp_path: Path) -> None:
    require_seen(await in_the_group_chat("decide.mjs", "deciding", tmp_path), DECIDING)


async def test_an_incident_is_decided_on_and_a_review_is_asked_for_in_a_group_chat(tmp_path: Path) -> None:
    require_seen(await in_the_group_chat("bridge.mjs", "bridge", tmp_path), ON_THE_BRIDGE)


async def in_the_group_chat(script: str, pictures: str, tmp_path: Path) -> dict[str, str]:
    """What a script has seen that works in the client's group chat, which is the architects' room."""
    require_what_it_takes()
    (PICTURES / pictures).mkdir(parents=True, exist_ok=True)
    knowledge = tmp_path / "knowledge"
    shutil.copytree(STARTER, knowledge)
    rights = knowledge / "governance.yaml"
    text = rights.read_text(encoding="utf-8")
    for theirs, here in HERE_INSTEAD.items():
        text = text.replace(theirs, here)
    rights.write_text(text, encoding="utf-8")
    environ = {"ARCHWAY_DATA": str(tmp_path / "data"), "ARCHWAY_KNOWLEDGE": str(knowledge)}
    async with (
        serving(tmp_path, "--playground", **environ) as served,
        playground(served.address, tmp_path) as address,
    ):
        return await driven(script, address, str(PICTURES / pictures))


async def driven(script: str, *words: str) -> dict[str, str]:
    """What a script has seen, by the steps that it took."""
    driver = await asyncio.create_subprocess_exec(
        "node", str(HERE / script), *words, stdout=subprocess.PIPE, env={**os.environ, "CHROMIUM": CHROMIUM}
    )
    async with asyncio.timeout(400):
        out, _ = await driver.communicate()
    assert driver.returncode == 0
    seen: dict[str, str] = json.loads(out)
    return seen


def require_seen(seen: dict[str, str], steps: dict[str, str]) -> None:
    wrong = {step: seen.get(step, "not done") for step, expected in steps.items() if expected not in seen.get(step, "")}
    assert not wrong, json.dumps(wrong, indent=1)
    assert set(seen) == set(steps)
