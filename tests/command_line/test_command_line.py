"""The command line as a person or a script uses it: exit statuses, one sentence on standard error, JSON alone."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot.__main__ import main, parser
from knowledge import index_file
from knowledge.lexicon import lexicon


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHWAY_DATA", str(tmp_path / "data"))


def ran(*arguments: str) -> int:
    return main(arguments)


def test_an_answer_is_printed_with_its_citation(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("ask", "do", "buckets", "have", "to", "be", "encrypted?") == 0
    printed = capsys.readouterr().out
    assert "MUST" in printed
    assert "STD-003" in printed


def test_no_answer_has_an_exit_status_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("ask", "--json", "what is for lunch on the zeppelin") == 4
    answer = json.loads(capsys.readouterr().out)
    assert (answer["answered"], answer["answer"]) == (False, [])
    assert "zeppelin" in answer["unmatched"]


def test_json_has_the_members_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    ran("ask", "--json", "do buckets have to be encrypted?")
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {
        "question", "answered", "confidence", "answer", "results", "did_you_mean", "unmatched", "notes",
    }  # fmt: skip
    assert set(answer["answer"][0]) == {"text", "level", "citation"}
    assert set(answer["results"][0]) == {
        "id", "clause", "kind", "status", "title", "path", "heading", "anchor", "url", "owner", "reviewed", "score",
    }  # fmt: skip


def test_a_kind_narrows_the_question(capsys: pytest.CaptureFixture[str]) -> None:
    ran("ask", "--json", "--kind", "runbook", "certificate has expired")
    answer = json.loads(capsys.readouterr().out)
    assert {result["kind"] for result in answer["results"]} == {"runbook"}


def test_a_clause_is_shown_word_for_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("show", "--json", "std-003.1") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["clause"]["id"] == "STD-003.1"
    assert ran("show", "STD-003.1") == 0
    assert shown["clause"]["text"].split()[0] in capsys.readouterr().out


def test_an_unknown_id_gets_the_nearest_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("show", "STD-033") == 2
    error = capsys.readouterr().err
    assert error.startswith("archway: There is no STD-033 here; the nearest are")
    assert "STD-003" in error


def test_the_index_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("index", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["documents"] >= 18
    assert report["clauses"] >= 80
    assert report["left_out"] == []


def test_a_missing_folder_is_one_sentence_with_the_next_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("ask", "--knowledge", "/nowhere/at/all", "x") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "archway: --knowledge names /nowhere/at/all, which is not a folder; make one with `archway init /nowhere/at/all`.\n"
    )


def test_a_starter_folder_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "standards of ours"
    assert ran("init", str(folder)) == 0
    assert ran("ask", "--knowledge", str(folder), "do buckets have to be encrypted?") == 0
    assert ran("init", str(folder)) == 2
    assert "name another one" in capsys.readouterr().err


def test_a_question_file_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(
        '{"id": "1", "question": "encrypt buckets", "relevant": ["standards/STD-003-encryption.md"], "kind": "plain"}\n'
        '{"id": "2", "question": "who won the cup", "relevant": [], "kind": "unanswerable"}\n'
    )
    assert ran("eval", "--json", str(file)) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["overall"]["n"] == 1
    assert {"overall", "kinds", "abstention", "ms", "baselines"} <= set(report)
    assert ran("eval", str(file)) == 0
    assert "FTS5" in capsys.readouterr().out


def test_a_faulty_question_file_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "1", "question": "x", "relevant": [], "kind": "plain"}\nnot json\n')
    assert ran("eval", str(file)) == 2
    assert f"{file}:2" in capsys.readouterr().err


def test_the_doctor_says_what_is_off_and_how_to_turn_it_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("doctor", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    verdicts = {(finding["check"], finding["verdict"]) for finding in report["findings"]}
    assert {("slack", "off"), ("teams", "off"), ("settings", "ok"), ("knowledge", "ok")} <= verdicts


def test_the_doctor_fails_on_wrong_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-canary")
    assert ran("doctor") == 1
    printed = capsys.readouterr().out
    assert "SLACK_SIGNING_SECRET is missing" in printed
    assert "canary" not in printed


def test_every_command_has_help() -> None:
    for command in ("serve", "ask", "show", "index", "eval", "init", "doctor", "gallery"):
        with pytest.raises(SystemExit) as end:
            parser().parse_args([command, "--help"])
        assert end.value.code == 0


def test_a_port_that_is_none_is_bad_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        ran("serve", "--port", "99999")
    assert end.value.code == 2
    assert "not a port between 0 and 65535" in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    script = "import sys; import bot.__main__ as m; m.parser().format_help(); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    heavy = {
        "numpy",
        "aiohttp",
        "sqlalchemy",
        "slack_bolt",
        "botbuilder",
        "jinja2",
        "markdown_it",
        "msgspec",
        "structlog",
    }
    assert not heavy & set(modules)


def test_a_reader_that_stops_early_is_no_error() -> None:
    command = f"{sys.executable} -m bot ask --json do buckets have to be encrypted | head -c 1"
    ended = subprocess.run(["bash", "-o", "pipefail", "-c", command], check=False, capture_output=True, text=True)
    assert ended.stderr == ""


def test_slacks_manifest_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("manifest", "slack", "--url", "https://archway.example.org") == 0
    made = json.loads(capsys.readouterr().out)
    assert made["features"]["slash_commands"][0]["url"] == "https://archway.example.org/slack/events"
    file = tmp_path / "slack.json"
    assert ran("manifest", "slack", "-o", str(file)) == 0
    assert json.loads(file.read_text())["settings"]["socket_mode_enabled"] is True


def test_the_teams_package_is_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APP_ID", "APP_PASSWORD", "APP_TENANT_ID"):
        monkeypatch.setenv(f"MICROSOFT_{name}", "11111111-2222-3333-4444-555555555555")
    file = tmp_path / "teams.zip"
    assert ran("manifest", "teams", "--url", "https://archway.example.org", "-o", str(file)) == 0
    assert set(zipfile.ZipFile(file).namelist()) == {"manifest.json", "color.png", "outline.png"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("slack", "--url", "http://archway.example.org"), "is not an address like https://archway.example.org"),
        (("teams",), "name it with -o"),
        (("teams", "-o", "x.zip"), "MICROSOFT_APP_ID is missing"),
    ],
)
def test_what_a_manifest_lacks_is_one_sentence(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran("manifest", *arguments) == 2
    assert said in capsys.readouterr().err


def test_a_name_cannot_drive_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    (folder / "a\x1b]0;PWN\x07\nleft out: forged.md").with_suffix(".md").write_text("---\ntitle: [unclosed\n---\n# A\n")
    (folder / "b.md").write_text('---\nid: "STD-2\\e[31mX"\n---\n# B\n\nText.\n')
    assert ran("index", "--knowledge", str(folder)) == 0
    assert ran("show", "--knowledge", str(folder), "STD-22") == 2
    assert ran("doctor", "--knowledge", str(folder)) in (0, 1)
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    assert "\nleft out: forged" not in shown.out


def test_the_doctor_changes_nothing(tmp_path: Path) -> None:
    assert ran("doctor") == 0
    assert not (tmp_path / "data").exists()


def test_an_empty_question_is_bad_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("ask", " ") == 2
    assert "The question is empty" in capsys.readouterr().err


def test_one_folder_never_answers_for_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, broken = tmp_path / "good", tmp_path / "broken"
    for folder, text in (
        (good, "# Keys\n\nBuckets are encrypted with AAA keys.\n"),
        (broken, "---\nid: [\n---\n# Keys\n\nBuckets are encrypted with BBB keys.\n"),
    ):
        folder.mkdir()
        (folder / "a.md").write_text(text)
    ran("ask", "--knowledge", str(good), "encrypted buckets")
    assert "AAA" in capsys.readouterr().out
    ran("ask", "--knowledge", str(broken), "encrypted buckets")
    assert "AAA" not in capsys.readouterr().out


def test_a_terminal_without_our_letters_gets_the_answer_all_the_same(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "ask", "do buckets have to be encrypted"],
        env={"PYTHONIOENCODING": "latin-1", "ARCHWAY_DATA": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    assert b"MUST" in ended.stdout
    assert ended.stderr == b""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ARCHWAY_DOCUMENT_URL", "https://x/{path.foo}"),
        ("ARCHWAY_DOCUMENT_URL", "https://x/{path:>99999999999}"),
        ("ARCHWAY_DOCUMENT_URL", "https://[x/{path}"),
        ("ARCHWAY_DATA", "~nosuchuser/x"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///x.db?foo=bar"),
        ("DATABASE_URL", "postgresql+psycopg://archway:canary@db.example.org:five/archway"),
        ("DATABASE_URL", "postgresql+psycopg://archway:canary@db.example.org:70000/archway"),
        ("DATABASE_URL", "postgresql://archway:canary@/archway?host=one:5432&host=two:five"),
        ("DATABASE_URL", "postgresql://archway:canary@db.example.org/archway?port=five"),
        ("DATABASE_URL", "postgresql+psycopg://archway:canary/archway"),  # a password that lost its host
    ],
)
def test_an_odd_setting_is_one_sentence(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert ran("ask", "x") == 2
    said = capsys.readouterr().err
    assert said.startswith(f"archway: {name} ")
    assert "canary" not in said


def test_an_id_of_many_documents_names_a_few_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(40):
        (tmp_path / f"{number:02}.md").write_text(f"---\nid: SAME-1\n---\n# Number {number}\n\nText.\n")
    assert ran("show", "--knowledge", str(tmp_path), "SAME-1") == 2
    assert "04.md and 35 more" in capsys.readouterr().err


def test_a_question_file_of_brackets_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text("[" * 100_000 + "\n")
    assert ran("eval", str(file)) == 2
    assert f"{file}:1: not JSON" in capsys.readouterr().err


def test_a_damaged_index_is_made_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("index") == 0
    (kept,) = (tmp_path / "data").rglob("index/*/index")
    whole = kept.read_bytes()
    for at in range(len(whole) - 1500, len(whole), 7):
        kept.write_bytes(whole[:at] + bytes([whole[at] ^ 0x21]) + whole[at + 1 :])
        assert index_file.load(kept, lexicon()) is None or ran("show", "STD-003.1") == 0
