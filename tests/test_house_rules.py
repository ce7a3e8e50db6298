"""The directions of the house: who may import whom. The one thing about the layout that is enforced."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# room → what it may import besides the standard library and itself. The first room whose name begins a module wins.
ROOMS: dict[str, set[str]] = {
    "knowledge": {"numpy", "msgspec", "rapidfuzz", "Stemmer", "yaml", "watchfiles"},
    "bot.domain": {"bot.errors"},
    "bot.errors": set(),
    "bot.delivery": {"bot.domain", "bot.cards.model", "bot.errors"},
    "bot.posting": {"bot.domain", "bot.cards.model", "bot.errors"},
    "bot.governance": {"bot.domain", "bot.errors", "knowledge"},
    "bot.announcer": {"bot.store", "bot.cards", "bot.domain", "bot.errors", "bot.posting", "bot.pacing", "structlog"},
    "bot.pacing": set(),
    "bot.timers": {"bot.store", "bot.domain", "bot.errors", "structlog"},
    "bot.standing": {"bot.store", "bot.domain", "structlog"},
    "bot.mappings": {"bot.api.mapping", "bot.api.mapping_reading", "bot.domain", "bot.errors", "knowledge"},
    "bot.proceedings": {"bot.domain"},
    "bot.books": {"bot.api", "bot.proceedings", "bot.register", "bot.store", "bot.domain", "bot.errors", "knowledge"},
    "bot.register": {"bot.store", "bot.domain", "bot.cards.text", "bot.errors"},
    "bot.metrics": {"bot.store.memory", "prometheus_client"},
    "bot.settings": {"bot.errors", "dotenv"},
    "bot.logs": {"structlog"},
    "bot.floods": {"bot.domain"},
    "bot.drafting": {"bot.branches", "bot.store", "bot.domain", "structlog"},
    "bot.branches": {"knowledge.repository"},
    "bot.background": {"structlog"},
    "bot.cards": {"bot.domain", "bot.errors", "knowledge.documents", "jinja2", "markupsafe"},
    "bot.store": {"bot.domain", "bot.errors", "bot.delivery", "sqlalchemy", "alembic", "cryptography", "structlog"},
    "handlers": {"bot.domain", "bot.cards", "bot.errors", "bot.store", "knowledge", "structlog"},
    "bot.slack": {"bot.domain", "bot.cards", "bot.errors", "bot.delivery", "bot.posting", "bot.background", "aiohttp", "slack_bolt", "slack_sdk",
                  "msgspec", "structlog"},
    "bot.teams": {"bot.domain", "bot.cards", "bot.errors", "bot.delivery", "bot.posting", "bot.background", "botbuilder", "botframework", "aiohttp",
                  "jwt", "cryptography", "msgspec", "structlog"},
    "bot.api": {"aiohttp", "bot.domain", "bot.cards", "bot.errors", "bot.delivery", "msgspec", "structlog"},
    "bot.web": {"aiohttp", "bot.domain", "bot.cards", "bot.errors", "bot.delivery", "structlog"},
    "bot.playground": {"aiohttp"},
}  # fmt: skip
KNOWS_ALL = {"bot.app", "bot.__main__", "bot.desks", "bot.doctor", "bot.maintenance", "bot.manifests", "bot.terminal"}
BOTBUILDER = {"bot.teams.adapter", "bot.teams.inbound"}


def modules() -> Iterator[tuple[str, Path]]:
    for top in ("bot", "handlers", "knowledge"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if "migrations" not in path.parts and "starter" not in path.parts:
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield node.module or "", node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(room + ".")


def is_ours(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in ("bot", "handlers", "knowledge")


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_room_imports_only_what_it_may(module: str, path: Path) -> None:
    if module in KNOWS_ALL or module == "bot":
        return
    room = next((room for room in ROOMS if within(module, room)), None)
    assert room, f"{module} lives in no room: add it to ROOMS with what it may import, or move it"
    allowed = ROOMS[room] | {room}
    for name, line in imports(path):
        top = name.split(".")[0]
        if top in sys.stdlib_module_names:
            continue
        fine = any(within(name, each) or (is_ours(name) and within(each, name) and each != name) for each in allowed)
        assert fine, f"{module}:{line} imports {name}; {room} may import {sorted(allowed)}"


def test_botbuilder_stays_in_its_two_modules() -> None:
    for module, path in modules():
        for name, line in imports(path):
            if name.split(".")[0] in ("botbuilder", "botframework", "msrest"):
                assert module in BOTBUILDER, f"{module}:{line} imports {name}"


def test_only_settings_reads_the_environment() -> None:
    for module, path in modules():
        if module == "bot.settings" or within(module, "bot.playground"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"):
                raise AssertionError(f"{module}:{node.lineno} reads the environment")


def test_every_module_says_in_a_docstring_what_lives_there() -> None:
    for module, path in modules():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{module} has no docstring"


def test_there_is_no_import_cycle() -> None:
    graph = {module: {name for name, _ in top_level(path)} for module, path in modules()}
    edges = {
        module: {other for other in graph if other in names and other != module} for module, names in graph.items()
    }
    done: set[str] = set()

    def walk(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, f"import cycle: {' → '.join((*way, module))}"
        if module not in done:
            for other in edges[module]:
                walk(other, (*way, module))
            done.add(module)

    for module in graph:
        walk(module, ())


def top_level(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
