"""What is wrong here and how to mend it: settings, folder, database, tokens, clock. Looks only; changes nothing."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cards.text import clean
from bot.errors import ConfigurationError
from bot.settings import Secret, Settings, load

if TYPE_CHECKING:
    import aiohttp

SECONDS = 10  # for each answer from outside
VERIFIED = 200_000  # entries of the record: about two seconds
MEND_GUARDS = (
    "`archway backup`, look at it with `archway audit verify`, then `archway restore --force`: that puts them on anew."
)
CLOCK_WARNS, CLOCK_FAILS = 60, 300  # seconds: Slack refuses signatures that are 5 minutes off


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `verdict` is ok, off, warning or error; `mend` is empty when nothing is to do."""

    check: str
    verdict: str
    detail: str
    mend: str = ""


def failed(findings: Iterable[Finding]) -> bool:
    """Whether something stands in the way."""
    return any(finding.verdict == "error" for finding in findings)


def report(findings: Iterable[Finding]) -> str:
    """The findings for people, one a line, how to mend it below."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.verdict:<8} {finding.check:<10} {clean(finding.detail)}")
        if finding.mend:
            lines.append(f"{'':<8} {'':<10} → {clean(finding.mend)}")
    return "\n".join(lines)


async def examine(environ: Mapping[str, str], *, knowledge: str | None, database_url: str | None) -> list[Finding]:
    """Looks at everything that exists. Never raises: what cannot be looked at is a finding."""
    try:
        settings = load(environ, knowledge=knowledge, database_url=database_url)
    except ConfigurationError as error:
        return [
            Finding("settings", "error", fault, "Correct it and run `archway doctor` again.") for fault in error.faults
        ]
    findings = [Finding("settings", "ok", "every variable can be read"), _data(settings), _knowledge(settings)]
    findings += [*_database(settings), _record(settings), *_rooms(settings), *_tools(settings), _api(settings)]
    import aiohttp

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as http:
        for found in await asyncio.gather(_address(settings, http), _slack(settings, http), _teams(settings, http)):
            findings += found
    return findings


def _data(settings: Settings) -> Finding:
    nearest = settings.data
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if os.access(nearest, os.W_OK) and nearest.is_dir():
        return Finding("data", "ok", f"{settings.data} can be written")
    return Finding(
        "data", "error", f"{settings.data} cannot be written", "Give this user the folder, or set ARCHWAY_DATA."
    )


def _knowledge(settings: Settings) -> Finding:
    from bot.app import open_library

    try:
        contents = open_library(settings, cached=False).library.contents
    except OSError as error:
        return Finding(
            "knowledge", "error", f"{settings.knowledge} cannot be read ({error.strerror})", "Set ARCHWAY_KNOWLEDGE."
        )
    counted = f"{len(contents.documents)} documents in {settings.knowledge}"
    if not contents.documents:
        return Finding("knowledge", "error", counted, "Set ARCHWAY_KNOWLEDGE to a folder with Markdown files.")
    if contents.left_out:
        first = contents.left_out[0]
        detail = f"{counted}; {len(contents.left_out)} with a fault, such as {first.path}: {first.reason}"
        return Finding("knowledge", "warning", detail, "`archway index` lists them all.")
    return Finding("knowledge", "ok", counted)


def _database(settings: Settings) -> list[Finding]:
    from bot.store.engines import is_postgres

    return _postgres(settings) if is_postgres(settings.database_url) else _sqlite(settings)


def _sqlite(settings: Settings) -> list[Finding]:
    findings = []
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    if not file.exists():  # looking would make it
        findings.append(Finding("database", "ok", f"{file} is not there yet; `archway serve` makes it"))
    else:
        findings += _looked_into(settings)
    if sqlite3.sqlite_version_info < (3, 51, 3):
        detail = f"SQLite {sqlite3.sqlite_version} can damage a database that two processes write to at once (fixed in 3.51.3)"
        findings.append(
            Finding(
                "database", "warning", detail, "Harmless as long as one `archway serve` alone uses a database file."
            )
        )
    return findings


def _postgres(settings: Settings) -> list[Finding]:
    from bot.store import schema
    from bot.store.engines import OLDEST_POSTGRES, opened_to_read

    engine = opened_to_read(settings.database_url, 1)
    try:
        with schema.sentences(engine), engine.connect() as connection:
            number = connection.dialect.server_version_info or (0,)
        if int(number[0]) < OLDEST_POSTGRES:
            detail = f"{schema.name(engine)}: PostgreSQL {number[0]} is too old"
            return [Finding("database", "error", detail, f"Use PostgreSQL {OLDEST_POSTGRES} or later.")]
    except ConfigurationError as error:
        return [_refused(error)]
    finally:
        engine.dispose()
    return [Finding("database", "ok", f"PostgreSQL {number[0]} answers"), *_looked_into(settings)]


def _looked_into(settings: Settings) -> list[Finding]:
    """The version, the guards of the record, and whether it can be written: tried, and undone."""
    from sqlalchemy import text

    from bot.store import guards, schema
    from bot.store.engines import is_postgres, opened

    postgres = is_postgres(settings.database_url)
    engine = opened(schema.to_look_at(settings.database_url), prepare=postgres)
    named = schema.name(engine)
    try:
        with schema.sentences(engine), engine.connect() as connection:
            stands_at = schema.recognised(connection)
            if stands_at is None:
                return [Finding("database", "ok", f"{named} is empty", "`archway migrate` makes the tables.")]
            if stands_at < schema.NEWEST:
                mend = "`archway backup`, then `archway migrate`."
                detail = f"{named} is at version {stands_at}, this program needs {schema.NEWEST}"
                return [Finding("database", "error" if postgres else "warning", detail, mend)]
            found = [Finding("database", "ok", f"{named} is at version {stands_at}")]
            if off := guards.missing(connection):
                detail = f"{named} lacks what keeps the record append-only: {', '.join(off)}"
                found.append(Finding("database", "error", detail, MEND_GUARDS))
            connection.rollback()
        with schema.sentences(engine), engine.connect() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
            connection.rollback()
    except ConfigurationError as error:
        return [_refused(error)]
    except OSError as error:
        return [Finding("database", "error", f"{named} cannot be opened ({error.strerror})", "Set DATABASE_URL.")]
    finally:
        engine.dispose()
    return found


def _refused(error: ConfigurationError) -> Finding:
    said, _, mend = error.faults[0].removesuffix("; `archway doctor` looks closer.").rpartition(": ")
    if not said or not error.faults[0].endswith(mend) or "doctor" in error.faults[0]:
        whole = error.faults[0].removesuffix("; `archway doctor` looks closer.")
        return Finding("database", "error", whole, "Check that the database is one of Archway, and may be written.")
    return Finding("database", "error", said, mend[:1].upper() + mend[1:])


def _record(settings: Settings) -> Finding:
    """The record as `archway audit verify` looks at it, unless it is too long for that, and the key."""
    from bot.maintenance import looked_at, sentence
    from bot.store import keys, record

    folder = keys.folder(settings.data)
    given = settings.audit_key.reveal() if settings.audit_key else None
    try:
        with looked_at(settings.database_url) as database:
            entries = database.read_now(lambda unit: unit.audit.head()[0])
            if entries > VERIFIED:
                detail = f"{entries:,} entries were not verified: that takes a while"
                return Finding("audit", "warning", detail, "`archway audit verify` does it.")
            verdict = record.verify(database, settings.data, given)
    except ConfigurationError as error:
        if "key" in error.faults[0].lower():
            return Finding("audit", "error", error.faults[0], "Set ARCHWAY_AUDIT_KEY, or put the file back.")
        return Finding("audit", "off", "the record was not verified: the database cannot be looked at, or is new")
    except (ValueError, OSError) as error:
        return Finding("audit", "error", f"the record cannot be read ({error})", "`archway audit verify` says more.")
    said = sentence(verdict).splitlines()
    if verdict.broken:
        return Finding(
            "audit", "error", said[0], "Keep all as it is, as evidence; `archway restore` puts back a backup."
        )
    private = folder / keys.PRIVATE_FILE
    if settings.audit_key is None and private.exists() and private.stat().st_mode & 0o077:
        return Finding("audit", "warning", f"{private} can be read by others", f"chmod 600 {private}")
    if verdict.aside:
        return Finding("audit", "warning", " ".join([said[0], *said[2:]]), "`archway audit verify` tells it again.")
    return Finding("audit", "ok", said[0])


def _rooms(settings: Settings) -> list[Finding]:
    """Rooms on a platform that is off: what is told there reaches nobody."""
    on = {"slack": settings.slack_bot_token is not None, "teams": settings.microsoft_app_id is not None}
    found = []
    for name, room in (
        ("ARCHWAY_QUESTIONS_ROOM", settings.questions_room),
        ("ARCHWAY_OPERATIONS_ROOM", settings.operations_room),
    ):
        platform = room.partition(":")[0]
        if room and not on.get(platform, True):
            mend = f"Turn {platform} on, or name a room elsewhere."
            found.append(Finding("rooms", "warning", f"{name} is {room}, and {platform} is off", mend))
    return found


def _tools(settings: Settings) -> list[Finding]:
    """The incident tools that may report, and whether their mappings can be read."""
    from bot.api.signatures import Scheme, is_base64_secret
    from bot.mappings import LiveMappings, unheard

    found = [
        Finding(
            "webhooks",
            "warning",
            f"webhooks/{source}.yaml maps a tool that may not report",
            f"Add {source}=SECRET to ARCHWAY_WEBHOOK_SECRETS (docs/webhooks.md), or delete the file.",
        )
        for source in unheard(settings.knowledge, settings.webhook_secrets)
    ]
    if not settings.webhook_secrets:
        mend = "Set ARCHWAY_WEBHOOK_SECRETS (docs/webhooks.md)."
        return [*found, Finding("webhooks", "off", "no incident tool may report", mend)]
    mappings = LiveMappings(settings.knowledge, settings.webhook_secrets)
    found += [
        Finding("webhooks", "error", line, "Mend the file; it is read at once.")
        for line in (mappings.fault or "").splitlines()
    ]
    for source, secrets in settings.webhook_secrets.items():
        if (mapping := mappings.of(source)) is None:
            continue
        scheme = mapping.signing.scheme
        if scheme is Scheme.STANDARD and not all(is_base64_secret(each.reveal()) for each in secrets):
            detail = f"{source} signs by Standard Webhooks, and one of its secrets is not base64"
            found.append(
                Finding("webhooks", "warning", detail, "Copy the secret that begins with whsec_ from the tool.")
            )
        else:
            found.append(Finding("webhooks", "ok", f"{source} may report, signed by {scheme}"))
    return found


def _api(settings: Settings) -> Finding:
    """Who may read the API."""
    if not settings.api_tokens:
        return Finding("api", "off", "nobody may read /api/v1", "Set ARCHWAY_API_TOKENS (docs/api.md).")
    names = ", ".join(f"{each.name} ({'+'.join(sorted(each.scopes))})" for each in settings.api_tokens)
    return Finding("api", "ok", f"/api/v1 may be read by {names}")


async def _address(settings: Settings, http: aiohttp.ClientSession) -> list[Finding]:
    """Whether the bot answers under the address that Slack and Teams are given."""
    if settings.public_url is None:
        mend = "Set ARCHWAY_PUBLIC_URL to have it tried; Socket Mode needs none."
        return [Finding("address", "off", "no public address is set", mend)]
    import aiohttp

    url = settings.public_url.rstrip("/") + "/healthz"
    try:
        async with http.get(url, allow_redirects=False) as answer:
            if answer.status == 200:
                return [Finding("address", "ok", f"{settings.public_url} answers")]
            said = f"answers {answer.status}"
    except (aiohttp.ClientError, TimeoutError) as error:
        said = f"does not answer ({type(error).__name__})"
    mend = "Start `archway serve`, and look at the name, the certificate and the proxy before it."
    return [Finding("address", "error", f"{url} {said}", mend)]


async def _slack(settings: Settings, http: aiohttp.ClientSession) -> list[Finding]:
    if settings.slack_bot_token is None:
        return [
            Finding("slack", "off", "no credentials", "Set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET to turn it on.")
        ]
    import aiohttp

    from bot.slack.manifest import SCOPES

    url = settings.slack_api_url.rstrip("/") + "/auth.test"
    try:
        async with http.post(url, headers=_bearer(settings.slack_bot_token), allow_redirects=False) as answer:
            skew = clock(answer.headers, time.time())
            scopes = answer.headers.get("x-oauth-scopes", "")
            body = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return [
            Finding("slack", "error", f"{url} does not answer ({type(error).__name__})", "Check the way out to Slack.")
        ]
    if not isinstance(body, dict) or not body.get("ok"):
        said = body.get("error", "no reason") if isinstance(body, dict) else "no reason"
        return [
            Finding(
                "slack", "error", f"refuses the bot token ({said})", "Install the app again and copy its bot token."
            ),
            *skew,
        ]
    findings = [Finding("slack", "ok", f"the token belongs to {body.get('user')} in {body.get('team')}"), *skew]
    granted = scopes.replace(" ", "").split(",")
    missing = [scope for scope in SCOPES if scopes and scope not in granted and not scope.startswith("links:")]
    if missing:
        mend = "Add them under OAuth & Permissions and install the app again."
        findings.append(Finding("slack", "error", f"the token lacks the scopes {', '.join(missing)}", mend))
    return findings


async def _teams(settings: Settings, http: aiohttp.ClientSession) -> list[Finding]:
    if settings.microsoft_app_id is None or settings.microsoft_app_password is None:
        detail = "no credentials: callers on this machine alone are answered"
        return [
            Finding(
                "teams",
                "off",
                detail,
                "Set MICROSOFT_APP_ID, MICROSOFT_APP_PASSWORD and MICROSOFT_APP_TENANT_ID to turn it on.",
            )
        ]
    import aiohttp

    findings: list[Finding] = []
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.microsoft_app_id,
        "client_secret": settings.microsoft_app_password.reveal(),
        "scope": "https://api.botframework.com/.default",
    }
    try:
        async with http.post(settings.microsoft_token_url, data=form, allow_redirects=False) as answer:
            findings += clock(answer.headers, time.time())
            body = await answer.json(content_type=None)
        if isinstance(body, dict) and body.get("access_token"):
            findings.insert(0, Finding("teams", "ok", "the tenant gives the bot a token"))
        else:
            said = str(body.get("error", answer.status)) if isinstance(body, dict) else str(answer.status)
            mend = "Check app id, password and tenant; a client secret may have expired."
            findings.insert(0, Finding("teams", "error", f"the tenant refuses the bot a token ({said})", mend))
        async with http.get(settings.microsoft_openid_metadata_url) as answer:
            published = await answer.json(content_type=None)
        if not isinstance(published, dict) or "jwks_uri" not in published:
            mend = "Check MICROSOFT_OPENID_METADATA_URL."
            findings.append(Finding("teams", "error", "the key metadata names no keys", mend))
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        detail = f"Microsoft's addresses do not answer ({type(error).__name__})"
        findings.append(Finding("teams", "error", detail, "Check the way out to Microsoft."))
    return findings


def _bearer(secret: Secret) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret.reveal()}"}


def clock(headers: Mapping[str, str], now: float) -> list[Finding]:
    """How far this machine's clock (`now`, epoch seconds) is from that of whoever answered with these headers."""
    try:
        off = abs(now - parsedate_to_datetime(headers["Date"]).timestamp())
    except (KeyError, ValueError):
        return []
    if off < CLOCK_WARNS:
        return [Finding("clock", "ok", "agrees with the outside world")]
    verdict = "error" if off >= CLOCK_FAILS else "warning"
    return [Finding("clock", verdict, f"is {off:.0f} seconds off", "Turn on time synchronisation: signatures expire.")]
