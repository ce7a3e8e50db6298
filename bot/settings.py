"""Environment → frozen `Settings`. The one place that knows the environment's names; every fault is reported at once.

`SETTINGS` is the whole list with defaults and meanings: the README's table is tested against it.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.errors import ConfigurationError

_CREDENTIALS = (
    *("slack_bot_token", "slack_signing_secret", "slack_app_token"),
    *("microsoft_app_id", "microsoft_app_password", "microsoft_app_tenant_id"),
)
SCOPES = ("read", "waivers", "admin")
SHORTEST_SECRET = 16  # characters: what is shorter can be guessed
STARTER = Path(__file__).parent.parent / "knowledge" / "starter"


class Secret:
    """A value that does not print."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one place that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A bearer token of the API: who has it, the token, what it may be used for."""

    name: str
    token: Secret
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the environment decides. None means that a surface or a feature is off."""

    slack_bot_token: Secret | None
    slack_signing_secret: Secret | None
    slack_app_token: Secret | None
    slack_api_url: str
    microsoft_app_id: str | None
    microsoft_app_password: Secret | None
    microsoft_app_tenant_id: str | None
    microsoft_openid_metadata_url: str
    microsoft_token_url: str
    microsoft_service_urls: tuple[str, ...]
    database_url: str = field(repr=False)  # may hold a password
    data: Path
    audit_key: Secret | None
    graph_url: str
    webhook_secrets: Mapping[str, tuple[Secret, ...]]
    api_tokens: tuple[ApiToken, ...]
    knowledge: Path
    public_url: str | None
    document_url: str | None
    keep_questions: timedelta
    command: str
    questions_room: str
    operations_room: str
    log_format: str | None
    log_level: str

    @property
    def slack_is_on(self) -> bool:
        """Whether Slack can be answered, over HTTP or Socket Mode."""
        return self.slack_bot_token is not None

    @property
    def teams_has_credentials(self) -> bool:
        """Whether Teams can be answered beyond loopback."""
        return self.microsoft_app_id is not None

    @property
    def credentials(self) -> list[str]:
        """The variables that are set of those which tie the bot to a real workspace or tenant."""
        return [name.upper() for name in _CREDENTIALS if getattr(self, name)]


class _Faulty(ValueError):
    """A setting's value is wrong: the sentence says how to mend it (never what a secret was)."""


def _text(value: str) -> str:
    return value


def _secret(value: str) -> Secret:
    if any(c.isspace() for c in value):
        raise _Faulty("holds white space; set it to the value alone")
    return Secret(value)


def _webhook_secrets(value: str) -> Mapping[str, tuple[Secret, ...]]:
    """`source=SECRET`, a comma between two sources, a space between two secrets of one."""
    like = "must read like pagerduty=SECRET,bridge=whsec_NEW whsec_OLD: a source, its secret or secrets"
    found: dict[str, tuple[Secret, ...]] = {}
    for part in value.split(",") if value else ():
        source, separator, rest = part.partition("=")
        name, secrets = source.strip(), rest.split()
        if not separator or not secrets:
            raise _Faulty(like)
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
            raise _Faulty(f"{like}; a source has up to 40 small letters, digits, “-” or “_”")
        if name in found:
            raise _Faulty(f"names the source {name} twice; put its secrets together, with a space between two")
        for secret in secrets:
            if secret.startswith("whsec_") and not _is_base64(secret.removeprefix("whsec_")):
                raise _Faulty(
                    f"has a secret of {name} that begins with whsec_ and is not base64 after it; copy it anew"
                )
            if len(secret) < SHORTEST_SECRET:
                raise _Faulty(f"has a secret of {name} with fewer than {SHORTEST_SECRET} characters; take a longer one")
        found[name] = tuple(map(Secret, secrets))
    return found


def _api_tokens(value: str) -> tuple[ApiToken, ...]:
    """`name=TOKEN:scope+scope`, a comma between two."""
    like = f"must read like ci=TOKEN:read+waivers, with scopes of {', '.join(SCOPES)}"
    found: dict[str, ApiToken] = {}
    for part in value.split(",") if value else ():
        name, separator, rest = part.strip().partition("=")
        token, colon, scopes = rest.rpartition(":")
        if not separator or not colon or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", name):
            raise _Faulty(like)
        if not re.fullmatch(rf"[!-+\--9;-~]{{{SHORTEST_SECRET},200}}", token):
            raise _Faulty(f"has a token of {name} that is no token: {SHORTEST_SECRET} to 200 letters, digits and signs")
        wanted = [scope.strip() for scope in scopes.split("+")]
        if unknown := [scope for scope in wanted if scope not in SCOPES]:
            raise _Faulty(
                f"gives {name} the scope “{unknown[0][:20]}”, which there is not; there are {', '.join(SCOPES)}"
            )
        if name in found or token in (each.token.reveal() for each in found.values()):
            raise _Faulty(f"has the name or the token of {name} twice; each is to have its own")
        found[name] = ApiToken(name, Secret(token), frozenset(wanted))
    return tuple(found.values())


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
    except ValueError:
        raise _Faulty("is not an address like https://example.org/") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        raise _Faulty("is not an address like https://example.org/")
    return value


def _urls(value: str) -> tuple[str, ...]:
    return tuple(_url(part) for part in re.split(r"[,\s]+", value) if part)


def _guid(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}", value):
        raise _Faulty("is not an id as Entra shows it, like 11111111-2222-3333-4444-555555555555")
    return value


def _folder(value: str) -> Path:
    path = _path(value)
    if not path.is_dir():
        raise _Faulty(f"names {value}, which is not a folder; make one with `archway init {value}`")
    return path


def _path(value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise _Faulty(f"names {value}, and there is no such home folder") from None


def _database(value: str) -> str:
    if re.fullmatch(r"sqlite:///[^?:]+", value):
        return value
    scheme, separator, rest = value.partition("://")
    if scheme not in ("postgresql+psycopg", "postgresql", "postgres") or not separator or not rest.strip("/"):
        raise _Faulty(
            "must be an address like sqlite:////data/archway.db or postgresql+psycopg://archway@db.example.org/archway"
        )
    if not all(port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536 for port in _ports(rest)):
        raise _Faulty("names a port that is no number from 1 to 65535; write it behind the host: db.example.org:5432")
    return f"postgresql+psycopg://{rest}"


def _ports(rest: str) -> Iterator[str]:
    """The ports that an address names behind "://", after each host and as `port=`, whatever they are."""
    place, _, query = re.sub(r"^[^:/]*(:[^@]*)?@", "", rest).partition("?")
    named = parse_qs(query, keep_blank_values=True)
    further = ",".join(named.get("host", [])).split(",")
    hosts = [place.partition("/")[0], *(host for host in further if host.count(":") == 1)]  # others are IPv6 or sockets
    yield from (found[1] for host in hosts if (found := re.fullmatch(r"(?:\[.*\]|[^:/\[]*):(.*)", host)))
    yield from (port for ports in named.get("port", []) for port in ports.split(","))


def _room(value: str) -> str:
    if value and not re.fullmatch(r"(slack|teams):[^\s]{2,300}", value):
        raise _Faulty("must be a room like slack:C012AB3CD or teams:19:…@thread.tacv2")
    return value


def _pattern(value: str) -> str:
    try:
        if set(re.findall(r"{([^{}]*)}", value)) - {"path", "anchor", "commit", "id"}:
            raise ValueError  # noqa: TRY301  # one sentence for everything that is wrong with braces
        example = value.format(path="a.md", anchor="b", commit="c", id="d")
    except (KeyError, IndexError, ValueError):
        raise _Faulty("may hold {path}, {anchor}, {commit} and {id}, and nothing else in braces") from None
    _url(example)
    return value


def _duration(value: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,5})\s*(hour|day|week)s?", value.strip())
    if not match:
        raise _Faulty('must be a time like "90 days", "2 weeks" or "12 hours"')
    return timedelta(**{match[2] + "s": int(match[1])})


def _command(value: str) -> str:
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", value):
        raise _Faulty('must be a slash and up to 31 small letters, digits, "-" or "_", like /arch')
    return value


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.lower() not in words:
            raise _Faulty(f"must be one of {', '.join(words)}")
        return value.lower()

    return parse


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: its name, how its text becomes a value, what holds when it is unset, what it is for."""

    name: str
    parse: Callable[[str], object]
    default: str | None
    meaning: str

    @property
    def field(self) -> str:
        """The member of `Settings`."""
        return self.name.removeprefix("ARCHWAY_").lower()

    @property
    def is_secret(self) -> bool:
        """Whether it may also be given as a file, by `NAME_FILE`."""
        return self.parse in (_secret, _database, _webhook_secrets, _api_tokens)


SETTINGS: tuple[Setting, ...] = (
    Setting("SLACK_BOT_TOKEN", _secret, None, "the Slack app's bot token (`xoxb-…`); unset: Slack is off"),
    Setting("SLACK_SIGNING_SECRET", _secret, None, "the Slack app's signing secret; unset: nothing is taken over HTTP"),
    Setting("SLACK_APP_TOKEN", _secret, None, "an app-level token (`xapp-…`): Socket Mode, no public address needed"),
    Setting("SLACK_API_URL", _url, "https://slack.com/api/", "Slack's Web API"),
    Setting("MICROSOFT_APP_ID", _guid, None, "the Teams bot's app id; unset: Teams answers on loopback only"),
    Setting("MICROSOFT_APP_PASSWORD", _secret, None, "its client secret"),
    Setting("MICROSOFT_APP_TENANT_ID", _guid, None, "its home tenant; others are refused"),
    Setting(
        "MICROSOFT_OPENID_METADATA_URL",
        _url,
        "https://login.botframework.com/v1/.well-known/openidconfiguration",
        "where Bot Framework publishes its keys",
    ),
    Setting(
        "MICROSOFT_TOKEN_URL",
        _url,
        None,
        "where the bot gets its own token; unset: the tenant's own address at login.microsoftonline.com",
    ),
    Setting("MICROSOFT_SERVICE_URLS", _urls, "", "further service addresses that may be answered, separated by commas"),
    Setting(
        "DATABASE_URL",
        _database,
        None,
        "`sqlite:///…`, or `postgresql+psycopg://…` for several replicas; unset: `archway.db` in the data folder",
    ),
    Setting(
        "ARCHWAY_DATA",
        _path,
        "./data",
        "the data folder: database, index, the audit's key and checkpoints, drafted documents where the knowledge folder is no repository",
    ),
    Setting(
        "ARCHWAY_AUDIT_KEY",
        _secret,
        None,
        "the Ed25519 key that signs audit checkpoints, base64 of its 32 bytes; unset: made in the data folder",
    ),
    Setting(
        "ARCHWAY_GRAPH_URL",
        _url,
        "https://graph.microsoft.com/v1.0",
        "Microsoft Graph, for the Entra groups that `governance.yaml` names",
    ),
    Setting(
        "ARCHWAY_WEBHOOK_SECRETS",
        _webhook_secrets,
        "",
        "incident tools that may report: `pagerduty=SECRET,bridge=whsec_NEW whsec_OLD`, a space between two while rotating; "
        "unset: none",
    ),
    Setting(
        "ARCHWAY_API_TOKENS",
        _api_tokens,
        "",
        "who may read `/api/v1`: `ci=TOKEN:read+waivers,ops=TOKEN:admin`, name = token : scopes; unset: nobody",
    ),
    Setting("ARCHWAY_KNOWLEDGE", _folder, None, "the knowledge folder; unset: the starter folder"),
    Setting(
        "ARCHWAY_PUBLIC_URL",
        _url,
        None,
        "where the bot is reached from outside, like `https://archway.example.org`: written into manifests, tried by the doctor",
    ),
    Setting(
        "ARCHWAY_DOCUMENT_URL",
        _pattern,
        None,
        "pattern for citation links, like `https://git.example.org/docs/blob/{commit}/{path}#{anchor}`; "
        "unset: the forge of the folder's git remote, else no links",
    ),
    Setting(
        "ARCHWAY_KEEP_QUESTIONS", _duration, "90 days", "how long texts of questions are kept; `0 days`: not at all"
    ),
    Setting("ARCHWAY_COMMAND", _command, "/arch", "the slash command"),
    Setting(
        "ARCHWAY_QUESTIONS_ROOM",
        _room,
        "",
        "where questions to the architects go: `slack:CHANNEL_ID` or `teams:CONVERSATION_ID`; unset: there is no such button",
    ),
    Setting(
        "ARCHWAY_OPERATIONS_ROOM",
        _room,
        "",
        "where operators are told what cannot be delivered or read; unset: the log alone",
    ),
    Setting(
        "ARCHWAY_LOG_FORMAT",
        _one_of("json", "text"),
        None,
        "`json` or `text`; unset: `text` on a terminal, else `json`",
    ),
    Setting(
        "ARCHWAY_LOG_LEVEL",
        _one_of("debug", "info", "warning", "error"),
        "info",
        "`debug`, `info`, `warning` or `error`",
    ),
)


def load(environ: Mapping[str, str], **chosen: str | None) -> Settings:
    """The settings of an environment. `chosen` (by `Settings` member, from the command line) wins over it.

    Raises `ConfigurationError` with a sentence for every fault.
    """
    faults: list[str] = []
    values: dict[str, object] = {}
    for setting in SETTINGS:
        option = chosen.get(setting.field)
        name = f"--{setting.field.removesuffix('_url')}" if option else setting.name
        try:
            raw = option or _given(setting, environ)
            if raw is None:
                raw = setting.default
            values[setting.field] = None if raw is None else setting.parse(raw)
        except _Faulty as fault:
            faults.append(f"{name} {fault}.")
            values[setting.field] = None
    if not faults:
        faults.extend(_contradictions(values))
    if faults:
        raise ConfigurationError(faults)
    values["knowledge"] = values["knowledge"] or STARTER
    values["database_url"] = values["database_url"] or f"sqlite:///{values['data']}/archway.db"
    values["microsoft_token_url"] = values["microsoft_token_url"] or (
        f"https://login.microsoftonline.com/{values['microsoft_app_tenant_id']}/oauth2/v2.0/token"
    )
    return Settings(**values)  # type: ignore[arg-type]  # the table and the class are compared by a test


def environment(dotenv: Path = Path(".env")) -> dict[str, str]:
    """The process's environment over a `.env` file, where there is one."""
    from dotenv import dotenv_values

    try:
        written = {k: v for k, v in dotenv_values(dotenv).items() if v is not None} if dotenv.is_file() else {}
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError([f"{dotenv} cannot be read: save it as UTF-8 text, or remove it."]) from None
    return {**written, **os.environ}


def wants_detail() -> bool:
    """Whether whoever runs a command wants to see where it failed."""
    return os.environ.get("ARCHWAY_LOG_LEVEL", "").strip().lower() == "debug"


def may_colour() -> bool:
    """Whether whoever looks at the terminal has not asked for plain text (https://no-color.org)."""
    return not os.environ.get("NO_COLOR")


def _given(setting: Setting, environ: Mapping[str, str]) -> str | None:
    """The text of a variable, or of the file that `NAME_FILE` names; an empty one counts as unset."""
    value = environ.get(setting.name, "").strip()
    file = environ.get(f"{setting.name}_FILE", "").strip() if setting.is_secret else ""
    if value and file:
        raise _Faulty(f"and {setting.name}_FILE are both set; keep one")
    if not file:
        return value or None
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        raise _Faulty(f"cannot be read from {file}, which {setting.name}_FILE names; check that it exists") from None


def _contradictions(values: Mapping[str, object]) -> Iterator[str]:
    if values["slack_bot_token"] and not values["slack_signing_secret"] and not values["slack_app_token"]:
        yield (
            "SLACK_SIGNING_SECRET is missing beside SLACK_BOT_TOKEN (or SLACK_APP_TOKEN, for Socket Mode); "
            "it stands under Basic Information of the Slack app."
        )
    for name in ("slack_signing_secret", "slack_app_token"):
        if values[name] and not values["slack_bot_token"]:
            yield f"SLACK_BOT_TOKEN is missing beside {name.upper()}; it stands under Install App of the Slack app."
    if values["microsoft_app_id"]:
        for member in ("microsoft_app_password", "microsoft_app_tenant_id"):
            if not values[member]:
                yield f"{member.upper()} is missing beside MICROSOFT_APP_ID; see the bot's registration in Azure."
    elif values["microsoft_app_password"]:
        yield "MICROSOFT_APP_ID is missing beside MICROSOFT_APP_PASSWORD; see the bot's registration in Azure."
