"""The app package: what is in it, the same bytes each time, refusals in words."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import Any

import pytest

from bot.errors import ConfigurationError
from bot.teams import icons
from bot.teams.manifest import manifest, package
from bot.teams.queries import read_query
from tests.doubles.teams import APP_ID

URL = "https://archway.example.org"


def opened(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        return {name: files.read(name) for name in files.namelist()}


def test_a_package_has_a_manifest_and_two_icons() -> None:
    files = opened(package(URL, APP_ID))
    assert set(files) == {"manifest.json", "color.png", "outline.png"}
    assert json.loads(files["manifest.json"]) == manifest(URL, APP_ID)
    assert package(URL, APP_ID) == package(URL, APP_ID)


@pytest.mark.parametrize(("drawn", "side"), [(icons.color(), 192), (icons.outline(), 32)])
def test_icons_have_the_size_that_teams_wants(drawn: bytes, side: int) -> None:
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", drawn[16:24]) == (side, side)


def test_every_tab_of_the_search_is_understood() -> None:
    commands = manifest(URL, APP_ID)["composeExtensions"][0]["commands"]
    queries = [command for command in commands if command["type"] == "query"]
    read = [read_query({"commandId": query["id"]}) for query in queries]
    assert len({str(query) for query in read}) == len(queries) == 7
    assert len(commands) <= 10


def test_an_exception_is_requested_from_a_message_the_message_box_and_the_command_box() -> None:
    made = manifest(URL, APP_ID)
    (request,) = (each for each in made["composeExtensions"][0]["commands"] if each["id"] == "requestException")
    assert (request["title"], request["type"], request["fetchTask"]) == ("Request an exception", "action", True)
    assert request["context"] == ["message", "compose", "commandBox"]
    assert {"exception", "exceptions"} <= {each["title"] for each in made["bots"][0]["commandLists"][0]["commands"]}


def test_hosts_of_citation_links_are_unfurled_and_no_others() -> None:
    extension = manifest(URL, APP_ID, ["git.example.org", "git.example.org", "*", "*.example.org", "localhost", "10.0.0.1", "a b.org", ""])  # fmt: skip
    (handler,) = extension["composeExtensions"][0]["messageHandlers"]
    assert handler["value"]["domains"] == ["git.example.org"]
    assert "messageHandlers" not in manifest(URL, APP_ID)["composeExtensions"][0]


@pytest.mark.parametrize("url", ["http://archway.example.org", "https://localhost", "https://10.0.0.1", "https://a:b@x.org", "https://x.org:3978", "https://[::1", "x", "", "https://x.org/?a"])  # fmt: skip
def test_an_address_that_teams_could_not_reach_is_refused_in_words(url: str) -> None:
    with pytest.raises(ConfigurationError, match="no public https address"):
        package(url, APP_ID)


def addresses(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for member in value.values() for found in addresses(member)]
    if isinstance(value, list):
        return [found for member in value for found in addresses(member)]
    return [value] if isinstance(value, str) and "://" in value else []


def test_all_addresses_are_https() -> None:
    found = addresses(manifest(URL, APP_ID, ["git.example.org"]))
    assert found
    assert all(address.startswith("https://") for address in found)
