"""The doctor against the doubles: what it finds in tokens, scopes, clocks, folders and databases, and that it never raises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot import doctor, web
from bot.doctor import Finding
from bot.playground.slack import SlackWorkspace
from bot.playground.state import App
from tests.doubles.teams import Teams, teams


@pytest_asyncio.fixture
async def tenant() -> AsyncIterator[Teams]:
    async with teams() as opened:
        yield opened


async def found(environ: dict[str, str], tmp_path: Path) -> list[Finding]:
    environ = {"ARCHWAY_DATA": str(tmp_path / "data"), **environ}
    return await doctor.examine(environ, knowledge=None, database_url=None)


def verdicts(findings: list[Finding], check: str) -> list[str]:
    return [finding.verdict for finding in findings if finding.check == check]


@pytest.mark.asyncio
async def test_good_credentials_are_well(tmp_path: Path, tenant: Teams) -> None:
    async with SlackWorkspace() as slack:
        environ = {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "SLACK_API_URL": slack.api_url,
            **tenant.environment,
        }
        findings = await found(environ, tmp_path)
    assert verdicts(findings, "slack") == ["ok"]
    assert verdicts(findings, "teams") == ["ok"]
    assert set(verdicts(findings, "clock")) == {"ok"}
    assert not doctor.failed(findings)


@pytest.mark.asyncio
async def test_a_token_that_slack_refuses_is_named_with_the_mend_and_does_not_show(tmp_path: Path) -> None:
    async with SlackWorkspace() as slack:
        environ = {
            "SLACK_BOT_TOKEN": "xoxb-canary",
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "SLACK_API_URL": slack.api_url,
        }
        findings = await found(environ, tmp_path)
    assert verdicts(findings, "slack") == ["error"]
    assert "invalid_auth" in doctor.report(findings)
    assert "Install the app again" in doctor.report(findings)
    assert "canary" not in doctor.report(findings)


@pytest.mark.asyncio
async def test_scopes_that_are_missing_are_named_with_the_mend(tmp_path: Path) -> None:
    few = App(scopes=frozenset({"commands", "chat:write"}))
    async with SlackWorkspace(app=few) as slack:
        environ = {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "SLACK_API_URL": slack.api_url,
        }
        findings = await found(environ, tmp_path)
    assert verdicts(findings, "slack") == ["ok", "error"]
    assert "app_mentions:read" in doctor.report(findings)
    assert "install the app again" in doctor.report(findings)


@pytest.mark.asyncio
async def test_the_public_address_is_tried(tmp_path: Path) -> None:
    async with web.listening(web.application({}), "127.0.0.1", 0) as (host, port):
        there = await found({"ARCHWAY_PUBLIC_URL": f"http://{host}:{port}"}, tmp_path)
        elsewhere = await found({"ARCHWAY_PUBLIC_URL": f"http://{host}:{port}/below"}, tmp_path)
    gone = await found({"ARCHWAY_PUBLIC_URL": f"http://{host}:{port}"}, tmp_path)
    assert [verdicts(one, "address") for one in (there, elsewhere, gone)] == [["ok"], ["error"], ["error"]]


@pytest.mark.asyncio
async def test_a_wrong_password_is_named_with_the_mend_and_does_not_show(tmp_path: Path, tenant: Teams) -> None:
    findings = await found({**tenant.environment, "MICROSOFT_APP_PASSWORD": "canary"}, tmp_path)
    assert "error" in verdicts(findings, "teams")
    assert "client secret may have expired" in doctor.report(findings)
    assert "canary" not in doctor.report(findings)


@pytest.mark.asyncio
async def test_addresses_that_do_not_answer_are_findings(tmp_path: Path, tenant: Teams) -> None:
    nowhere = "http://127.0.0.1:9/"
    environ = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "s",
        "SLACK_API_URL": nowhere,
        **tenant.environment,
        "MICROSOFT_TOKEN_URL": nowhere,
    }
    findings = await found(environ, tmp_path)
    assert verdicts(findings, "slack") == ["error"]
    assert verdicts(findings, "teams") == ["error"]
    assert all(finding.mend for finding in findings if finding.verdict == "error")


@pytest.mark.asyncio
async def test_a_folder_without_documents_and_one_with_faults_are_told_apart(tmp_path: Path) -> None:
    empty, faulty = tmp_path / "empty", tmp_path / "faulty"
    empty.mkdir()
    faulty.mkdir()
    (faulty / "a.md").write_text("---\ntitle: [unclosed\n---\n# A\n\nText.\n")
    assert verdicts(await found({"ARCHWAY_KNOWLEDGE": str(empty)}, tmp_path), "knowledge") == ["error"]
    findings = await found({"ARCHWAY_KNOWLEDGE": str(faulty)}, tmp_path)
    assert verdicts(findings, "knowledge") == ["warning"]
    assert "a.md" in doctor.report(findings)


@pytest.mark.asyncio
async def test_what_is_no_database_is_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "archway.db"
    file.write_bytes(b"this is no database at all, but long enough to look at" * 100)
    findings = await found({"DATABASE_URL": f"sqlite:///{file}"}, tmp_path)
    assert "error" in verdicts(findings, "database")


@pytest.mark.asyncio
async def test_a_room_of_a_platform_that_is_off_is_a_warning(tmp_path: Path) -> None:
    findings = await found({"ARCHWAY_QUESTIONS_ROOM": "slack:C012AB3CD"}, tmp_path)
    assert verdicts(findings, "rooms") == ["warning"]
    assert "ARCHWAY_QUESTIONS_ROOM is slack:C012AB3CD, and slack is off" in doctor.report(findings)


def test_a_clock_that_is_off_is_found() -> None:
    assert doctor.clock({"Date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 1795348800.0)[0].verdict == "ok"
    assert doctor.clock({"Date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 1795348800.0 + 90)[0].verdict == "warning"
    assert doctor.clock({"Date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 1795348800.0 - 400)[0].verdict == "error"
    assert doctor.clock({}, 0.0) == []
    assert doctor.clock({"Date": "yesterday"}, 0.0) == []


@pytest.mark.asyncio
async def test_incident_tools_and_the_api_are_named_without_their_secrets(tmp_path: Path) -> None:
    environ = {
        "ARCHWAY_WEBHOOK_SECRETS": "pagerduty=canary-of-pagerduty,bridge=canary-of-bridge-no-base64",
        "ARCHWAY_API_TOKENS": "ci=canary-token-of-ci-1:read+waivers",
    }
    findings = await found(environ, tmp_path)
    assert verdicts(findings, "webhooks") == ["ok", "warning"]
    assert verdicts(findings, "api") == ["ok"]
    said = doctor.report(findings)
    assert "pagerduty may report, signed by pagerduty" in said
    assert "ci (read+waivers)" in said
    assert "canary" not in said
    assert verdicts(await found({}, tmp_path), "webhooks") == ["off"]


@pytest.mark.asyncio
async def test_a_faulty_mapping_is_found_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "webhooks").mkdir()
    (tmp_path / "webhooks" / "bridge.yaml").write_text(
        "type: t\ntypes: {a: opened}\nincident: {key: k}\n", encoding="utf-8"
    )
    environ = {"ARCHWAY_KNOWLEDGE": str(tmp_path), "ARCHWAY_WEBHOOK_SECRETS": "bridge=whsec_Y2FuYXJ5LW5ldy0xMjM0"}
    findings = await found(environ, tmp_path)
    assert verdicts(findings, "webhooks") == ["error"]
    assert "webhooks/bridge.yaml:2: types.a:" in doctor.report(findings)


@pytest.mark.asyncio
async def test_a_mapping_of_a_tool_that_may_not_report_is_found(tmp_path: Path) -> None:
    (tmp_path / "webhooks").mkdir()
    (tmp_path / "webhooks" / "bridge.yaml").write_text("type: t\n", encoding="utf-8")
    findings = await found({"ARCHWAY_KNOWLEDGE": str(tmp_path)}, tmp_path)
    assert verdicts(findings, "webhooks") == ["warning", "off"]
    assert "Add bridge=SECRET to ARCHWAY_WEBHOOK_SECRETS" in doctor.report(findings)
