"""The README is true: its commands are run, its outputs compared, its tables complete."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import parser
from bot.settings import SETTINGS, STARTER

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def consoles() -> Iterator[tuple[str, str]]:
    """Each command of a console block with what the README says it prints."""
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


@pytest.fixture(scope="module")
def working_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Away from any repository: there, citations would link to its forge."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(STARTER, folder / "starter")
    return folder


@pytest.mark.parametrize("number", [number for number, (command, _) in enumerate(consoles()) if "make" not in command])
def test_a_command_prints_what_the_readme_says(
    number: int, working_folder: Path, request: pytest.FixtureRequest
) -> None:
    command, output = list(consoles())[number]
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for name in [name for name in environ if name.startswith(("ARCHWAY_", "SLACK_", "MICROSOFT_", "COLUMNS"))]:
        del environ[name]
    environ["ARCHWAY_KNOWLEDGE"] = str(working_folder / "starter")
    ended = subprocess.run(
        ["bash", "-c", command], cwd=working_folder, env=environ, check=True, capture_output=True, text=True
    )
    if request.config.getoption("--renew"):
        path = ROOT / "README.md"
        written = path.read_text(encoding="utf-8")
        path.write_text(written.replace(f"$ {command}\n{output}", f"$ {command}\n{ended.stdout}"), encoding="utf-8")
        output = ended.stdout
    assert masked(ended.stdout) == masked(output)
    assert ended.stderr == ""


def masked(text: str) -> str:
    """Seconds differ from run to run."""
    return re.sub(r"\d+\.\d+ s", "0.0 s", text).strip()


@pytest.mark.parametrize("command", [c for c, _ in consoles() if c.startswith("make")])
def test_a_make_target_of_the_readme_exists(command: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{command.split()[1]}:", makefile, re.MULTILINE)


def test_every_setting_is_in_the_table_with_its_meaning_and_default() -> None:
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default else ""
        assert f"| `{setting.name}` | {setting.meaning} | {default} |" in README


def test_every_command_is_in_the_table() -> None:
    listed = set(re.findall(r"^\| `archway (\w+)", README, re.MULTILINE))
    choices = next(action.choices for action in parser()._actions if action.choices)
    assert listed == set(choices or ())


def test_the_starter_folder_names_no_command_that_does_not_exist() -> None:
    choices = next(action.choices for action in parser()._actions if isinstance(action.choices, dict))
    for document in STARTER.rglob("*.md"):
        for command in re.findall(r"`archway (\w+)", document.read_text(encoding="utf-8")):
            assert command in choices, f"{document.name} names archway {command}"


def test_every_link_into_the_project_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
