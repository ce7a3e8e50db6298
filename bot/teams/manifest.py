"""The Teams app package: what an administrator uploads. Pure: a zip of the manifest and two icons, as bytes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.errors import ConfigurationError
from bot.teams import icons
from bot.teams.invokes import ASK_ABOUT, REQUEST_EXCEPTION, REQUEST_REVIEW
from bot.teams.queries import ACCEPTED, COMMAND

SCHEMA_VERSION = "1.19"  # new enough for all that is declared, old enough for government clouds
NAME = "Archway"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same input makes the same bytes
_MOST_DOMAINS = 50

_TABS = {
    COMMAND: ("All", "Search the standards, decisions and runbooks"),
    f"{COMMAND}.{ACCEPTED}": ("Accepted", "What is in force: no drafts, nothing superseded"),
    f"{COMMAND}.standard": ("Standards", "Standards and their clauses"),
    f"{COMMAND}.adr": ("ADRs", "Architecture decision records"),
    f"{COMMAND}.runbook": ("Runbooks", "Runbooks"),
    f"{COMMAND}.pattern": ("Patterns", "Reference architectures and golden paths"),
    f"{COMMAND}.guide": ("Guides", "Guides"),
}
_WORDS = (
    ("help", "What you can write to me"),
    ("how do we encrypt buckets?", "Any question, in plain words"),
    ("show STD-004", "A document or clause, by its id"),
    ("exception", "Requests an exception; with the id of a clause, to that one"),
    ("exceptions", "The exception register; mine, pending, expiring or service:NAME may follow"),
    ("review", "Requests an architecture review; with the id of a clause, of a change to that one"),
    ("reviews", "The review queue; mine, pending, board or service:NAME may follow"),
)


def package(url: str, app_id: str, link_hosts: Sequence[str] = (), version: str = "1.0.0", name: str = NAME) -> bytes:
    """The zip. `url` is the bot's public https address, `app_id` the bot's Entra app id, `link_hosts` the hosts that
    citations link to: links to them get a preview. Raises `ConfigurationError`.
    """
    written = json.dumps(manifest(url, app_id, link_hosts, version, name), indent=2, ensure_ascii=False)
    files = {"manifest.json": written.encode(), "color.png": icons.color(), "outline.png": icons.outline()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, content in files.items():
            packed.writestr(zipfile.ZipInfo(path, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def manifest(
    url: str, app_id: str, link_hosts: Sequence[str] = (), version: str = "1.0.0", name: str = NAME
) -> dict[str, Any]:
    """The manifest alone. Raises `ConfigurationError`."""
    _require_public_https(url)
    hosts = [each for each in dict.fromkeys(link_hosts) if _is_domain(each)][:_MOST_DOMAINS]
    at = url.rstrip("/")
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA_VERSION}/MicrosoftTeams.schema.json",
        "manifestVersion": SCHEMA_VERSION,
        "version": version,
        "id": app_id,
        "developer": {"name": name[:32], "websiteUrl": at, "privacyUrl": at, "termsOfUseUrl": at},
        "name": {"short": name[:30], "full": f"{name}: architecture guidance"[:100]},
        "description": {
            "short": "What our standards say, with the exact clause.",
            "full": "Ask in plain words: Archway answers with the exact sentences of your organisation's standards, "
            "architecture decisions and runbooks, and shows where they stand. It says so when there is no answer.",
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#204A87",
        "defaultInstallScope": "personal",
        "bots": [
            {
                "botId": app_id,
                "scopes": ["personal", "team", "groupChat"],
                "supportsFiles": False,
                "isNotificationOnly": False,
                "commandLists": [{"scopes": ["personal", "team", "groupChat"], "commands": _commands()}],
            }
        ],
        "composeExtensions": [_extension(app_id, hosts)],
    }  # fmt: skip


def _commands() -> list[dict[str, str]]:
    return [{"title": title, "description": description} for title, description in _WORDS]


def _extension(app_id: str, hosts: Sequence[str]) -> dict[str, Any]:
    searches = [_search(id_, title, description) for id_, (title, description) in _TABS.items()]
    ask = {
        "id": ASK_ABOUT,
        "type": "action",
        "title": "Ask the standards about this",
        "description": "Answers a message, or a question of yours, from the standards",
        "context": ["message", "compose"],
        "fetchTask": True,
    }
    request = {
        "id": REQUEST_EXCEPTION,
        "type": "action",
        "title": "Request an exception",
        "description": "Opens the form, with the clause and the words of a message where there is one",
        "context": ["message", "compose", "commandBox"],
        "fetchTask": True,
    }
    review = {
        "id": REQUEST_REVIEW,
        "type": "action",
        "title": "Request a review",
        "description": "Opens the form for an architecture review, with the words of a message",
        "context": ["message", "compose", "commandBox"],
        "fetchTask": True,
    }
    extension: dict[str, Any] = {"botId": app_id, "commands": [*searches, ask, request, review]}
    if hosts:
        extension["messageHandlers"] = [{"type": "link", "value": {"domains": list(hosts)}}]
    return extension


def _search(id_: str, title: str, description: str) -> dict[str, Any]:
    return {
        "id": id_,
        "type": "query",
        "title": title,
        "description": description,
        "context": ["compose", "commandBox"],
        "initialRun": True,
        "parameters": [
            {
                "name": "question",
                "title": "Question or words",
                "description": "What you want to know",
                "inputType": "text",
            }
        ],
    }


def _require_public_https(url: str) -> None:
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "https" and not (parts.username or parts.query or parts.fragment or parts.port)
    except ValueError:
        plain = False
    if not plain or not _is_domain(parts.hostname or ""):
        raise ConfigurationError(
            [f"{url} is no public https address: give the one at which Teams reaches the bot, with --url."]
        )


def _is_domain(host: str) -> bool:
    """Whether this is a host name that a manifest may list: no wildcard, no address, no port."""
    labels = host.split(".")
    fine = all(label and label.isascii() and label.replace("-", "").isalnum() for label in labels)
    return len(labels) > 1 and fine and not labels[-1].isdigit()
