"""What an administrator uploads: Slack's app manifest and the Teams app package, made of the settings."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bot.errors import ConfigurationError
from bot.settings import Settings
from knowledge.live import LiveLibrary


def slack_manifest(settings: Settings, url: str | None) -> bytes:
    """Slack's app manifest as JSON text; without `url` for Socket Mode. Raises `ConfigurationError`."""
    import json

    from bot.slack.manifest import manifest

    host = _link_host(settings)
    with _as_configuration():
        made = manifest(url or settings.public_url, settings.command, [host] if host else [])
    return json.dumps(made, indent=2, ensure_ascii=False).encode()


def teams_package(settings: Settings, url: str | None) -> bytes:
    """The Teams app package, a zip. Raises `ConfigurationError`."""
    from importlib.metadata import version

    from bot.teams.manifest import package

    if settings.microsoft_app_id is None:
        raise ConfigurationError(["MICROSOFT_APP_ID is missing: the package names the bot by it."])
    address = url or settings.public_url
    if address is None:
        raise ConfigurationError(["Name the address of the bot with --url https://archway.example.org."])
    host = _link_host(settings)
    with _as_configuration():
        return package(address, settings.microsoft_app_id, [host] if host else [], version("archway"))


@contextlib.contextmanager
def _as_configuration() -> Iterator[None]:
    """What a manifest cannot be made of is for whoever typed the command."""
    try:
        yield
    except ValueError as fault:
        raise ConfigurationError([str(fault)]) from fault


def _link_host(settings: Settings) -> str | None:
    return LiveLibrary(settings.knowledge, cached_in=settings.data / "index", pattern=settings.document_url).link_host
