from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from bot import settings
from bot.errors import ConfigurationError


def faults(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as error:
        settings.load(environ)
    return error.value.faults


def test_the_table_and_the_class_have_the_same_members() -> None:
    assert [setting.field for setting in settings.SETTINGS] == [
        field.name for field in dataclasses.fields(settings.Settings)
    ]


def test_nothing_needs_to_be_set() -> None:
    loaded = settings.load({})
    assert not loaded.slack_is_on
    assert not loaded.teams_has_credentials
    assert loaded.knowledge == settings.STARTER
    assert loaded.database_url == "sqlite:///data/archway.db"
    assert loaded.keep_questions == timedelta(days=90)


def test_every_fault_is_reported_at_once_and_names_its_variable() -> None:
    found = faults(
        {
            "ARCHWAY_KNOWLEDGE": "/nowhere/at/all",
            "SLACK_API_URL": "slack.com",
            "ARCHWAY_KEEP_QUESTIONS": "for ever",
            "ARCHWAY_COMMAND": "arch",
            "ARCHWAY_LOG_LEVEL": "loud",
            "ARCHWAY_DOCUMENT_URL": "https://git.example.org/{branch}",
            "DATABASE_URL": "mysql://localhost/x",
        }
    )
    assert {fault.split()[0] for fault in found} == {
        "ARCHWAY_KNOWLEDGE",
        "SLACK_API_URL",
        "ARCHWAY_KEEP_QUESTIONS",
        "ARCHWAY_COMMAND",
        "ARCHWAY_LOG_LEVEL",
        "ARCHWAY_DOCUMENT_URL",
        "DATABASE_URL",
    }


def test_a_half_set_platform_names_what_is_missing() -> None:
    assert "SLACK_SIGNING_SECRET is missing" in faults({"SLACK_BOT_TOKEN": "xoxb-1"})[0]
    assert "SLACK_BOT_TOKEN is missing" in faults({"SLACK_SIGNING_SECRET": "s"})[0]
    assert len(faults({"MICROSOFT_APP_ID": "11111111-2222-3333-4444-555555555555"})) == 2
    assert "MICROSOFT_APP_ID is missing" in faults({"MICROSOFT_APP_PASSWORD": "s"})[0]


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("shh\n")
    loaded = settings.load({"SLACK_SIGNING_SECRET_FILE": str(file), "SLACK_BOT_TOKEN": "xoxb-1"})
    assert loaded.slack_signing_secret
    assert loaded.slack_signing_secret.reveal() == "shh"


def test_a_secret_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    found = faults({"SLACK_SIGNING_SECRET_FILE": str(tmp_path / "missing"), "SLACK_BOT_TOKEN": "xoxb-1"})
    assert "SLACK_SIGNING_SECRET_FILE names" in found[0]


def test_a_secret_given_twice_is_a_fault(tmp_path: Path) -> None:
    assert "are both set" in faults({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_BOT_TOKEN_FILE": str(tmp_path / "x")})[0]


def test_secrets_never_print() -> None:
    loaded = settings.load({"SLACK_SIGNING_SECRET": "canary-1", "SLACK_BOT_TOKEN": "canary-2"})
    assert "canary" not in repr(loaded) + str(loaded)
    assert "canary" not in " ".join(faults({"SLACK_SIGNING_SECRET": "canary 1"}))


def test_the_command_line_wins_and_its_faults_name_the_option(tmp_path: Path) -> None:
    assert settings.load({"ARCHWAY_KNOWLEDGE": "/nowhere"}, knowledge=str(tmp_path)).knowledge == tmp_path
    with pytest.raises(ConfigurationError, match="--knowledge names /nowhere"):
        settings.load({}, knowledge="/nowhere")


def test_an_empty_variable_counts_as_unset() -> None:
    assert settings.load({"SLACK_SIGNING_SECRET": " ", "ARCHWAY_KNOWLEDGE": ""}).knowledge == settings.STARTER


def test_a_dotenv_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("ARCHWAY_COMMAND=/from-file\nARCHWAY_LOG_LEVEL=debug\n")
    monkeypatch.setenv("ARCHWAY_COMMAND", "/from-environment")
    loaded = settings.load(settings.environment(file))
    assert (loaded.command, loaded.log_level) == ("/from-environment", "debug")


def test_webhook_secrets_and_api_tokens_are_read_and_never_print() -> None:
    loaded = settings.load(
        {
            "ARCHWAY_WEBHOOK_SECRETS": "pagerduty=canary-of-pagerduty, bridge=whsec_Y2FuYXJ5LW5ldy0xMjM0 whsec_Y2FuYXJ5LW9sZC0xMjM0",
            "ARCHWAY_API_TOKENS": "ci=canary-token-of-ci-1:read+waivers,ops=canary-token-of-ops:admin",
        }
    )
    assert [*loaded.webhook_secrets] == ["pagerduty", "bridge"]
    assert [each.reveal() for each in loaded.webhook_secrets["bridge"]] == [
        "whsec_Y2FuYXJ5LW5ldy0xMjM0",
        "whsec_Y2FuYXJ5LW9sZC0xMjM0",
    ]
    assert [(each.name, sorted(each.scopes)) for each in loaded.api_tokens] == [
        ("ci", ["read", "waivers"]),
        ("ops", ["admin"]),
    ]
    assert loaded.api_tokens[0].token.reveal() == "canary-token-of-ci-1"
    assert "canary" not in repr(loaded)
    assert "Y2FuYXJ5" not in repr(loaded)


def test_they_may_stand_in_files(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("ci=canary-token-of-ci-1:read\n", encoding="utf-8")
    loaded = settings.load({"ARCHWAY_API_TOKENS_FILE": str(tmp_path / "tokens")})
    assert [each.name for each in loaded.api_tokens] == ["ci"]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ARCHWAY_WEBHOOK_SECRETS", "canary-without-a-name", "must read like"),
        ("ARCHWAY_WEBHOOK_SECRETS", "bridge=", "must read like"),
        ("ARCHWAY_WEBHOOK_SECRETS", "Bri dge=canary-of-bridge-1", "small letters"),
        ("ARCHWAY_WEBHOOK_SECRETS", "bridge=canary", "fewer than 16"),
        ("ARCHWAY_WEBHOOK_SECRETS", "bridge=whsec_canary!canary", "not base64"),
        ("ARCHWAY_WEBHOOK_SECRETS", "a=canary-of-bridge-1,a=canary-of-bridge-2", "twice"),
        ("ARCHWAY_API_TOKENS", "canary-token-of-ci-1", "must read like"),
        ("ARCHWAY_API_TOKENS", "ci=canary-token-of-ci-1", "must read like"),
        ("ARCHWAY_API_TOKENS", "ci=canary:read", "16 to 200"),
        ("ARCHWAY_API_TOKENS", "ci=canary-token-of-ci-1:write", "“write”"),
        ("ARCHWAY_API_TOKENS", "ci=canary-token-of-ci-1:read,ci=canary-token-of-ci-2:read", "twice"),
        ("ARCHWAY_API_TOKENS", "ci=canary-token-of-ci-1:read,ops=canary-token-of-ci-1:admin", "twice"),
    ],
)
def test_a_faulty_one_says_what_is_wrong_and_not_what_the_secret_was(name: str, value: str, says: str) -> None:
    [fault] = faults({name: value})
    assert fault.startswith(name)
    assert says in fault
    assert "canary" not in fault
