"""Bot Framework's and Entra's token services in a box: OpenID metadata, key set, tokens for the bot and from it.

The bot's tokens for the connector are mere words; those for Graph are JSON Web Tokens.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://api.botframework.com"
CONNECTOR = "https://api.botframework.com"
GRAPH = "https://graph.microsoft.com"
ENDORSEMENTS = ("msteams", "webchat", "emulator")


@cache
def private_key(number: int, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One of any number of keys; making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass
class Issuer:
    """Knows one bot. Counts what it is asked; `down` makes it answer with that status, `mute` makes it hang."""

    app_id: str
    password: str
    tenant: str
    now: Callable[[], float]
    url: str = ""
    key_ids: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    endorsements: Sequence[str] | None = ENDORSEMENTS
    more_keys: list[Any] = field(default_factory=list)
    issued: set[str] = field(default_factory=set)
    expires_in: int | str = 3600
    granted: tuple[str, ...] = (
        "User.Read.All",
        "GroupMember.Read.All",
    )  # what an administrator let the app do in Graph
    metadata_fetches: int = 0
    key_fetches: int = 0
    token_requests: list[dict[str, str]] = field(default_factory=list)
    down: int | None = None
    mute: asyncio.Event | None = None

    def __post_init__(self) -> None:
        self.rotate()

    @property
    def metadata_url(self) -> str:
        return f"{self.url}/v1/.well-known/openidconfiguration"

    @property
    def token_url(self) -> str:
        return f"{self.url}/{self.tenant}/oauth2/v2.0/token"

    @property
    def key_id(self) -> str:
        """The key that is signed with at present."""
        return next(reversed(self.key_ids))

    def rotate(self) -> None:
        """Publishes a new key instead of the old ones."""
        number = int(self.key_id.removeprefix("key-")) + 1 if self.key_ids else 1
        self.key_ids = {f"key-{number}": private_key(number)}

    def claims(self, service_url: str, **changes: Any) -> dict[str, Any]:
        """The claims of a token as the connector sends them; a change to None takes a claim away."""
        now = int(self.now())
        claims = {"iss": ISSUER, "aud": self.app_id, "nbf": now - 60, "exp": now + 3600, "serviceurl": service_url}
        return {name: value for name, value in {**claims, **changes}.items() if value is not None}

    def token(self, service_url: str, **changes: Any) -> str:
        """A token that the bot will be shown, signed with the present key."""
        return self.signed(self.claims(service_url, **changes), self.key_ids[self.key_id], self.key_id)

    def signed(self, claims: dict[str, Any], key: rsa.RSAPrivateKey, key_id: str | None) -> str:
        """Any claims, signed with any key, under any key id."""
        headers = {"typ": "JWT", **({"kid": key_id} if key_id else {})}
        return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm="RS256", headers=headers)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/.well-known/openidconfiguration", self._metadata)
        app.router.add_get("/v1/.well-known/keys", self._keys)
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._token)
        return app

    async def _metadata(self, _: web.Request) -> web.Response:
        self.metadata_fetches += 1
        return await self._answer(
            {
                "issuer": ISSUER,
                "authorization_endpoint": "https://invalid.botframework.com",
                "jwks_uri": f"{self.url}/v1/.well-known/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            }
        )

    async def _keys(self, _: web.Request) -> web.Response:
        self.key_fetches += 1
        return await self._answer({"keys": self.more_keys + [self._published(*each) for each in self.key_ids.items()]})

    def _published(self, key_id: str, key: rsa.RSAPrivateKey) -> dict[str, Any]:
        published = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
        endorsed = {} if self.endorsements is None else {"endorsements": list(self.endorsements)}
        return {**published, "kty": "RSA", "use": "sig", "kid": key_id, "x5t": key_id, **endorsed}

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.token_requests.append(form)
        expected = {
            "grant_type": "client_credentials",
            "client_id": self.app_id,
            "client_secret": self.password,
        }
        resource = form.get("scope", "").removesuffix("/.default")
        known = resource in (CONNECTOR, GRAPH)
        if (
            not known
            or form != {**expected, "scope": f"{resource}/.default"}
            or request.match_info["tenant"] != self.tenant
        ):
            return web.json_response({"error": "invalid_client", "error_description": str(form)}, status=401)
        token = self._for_graph() if resource == GRAPH else f"token-{len(self.token_requests)}"
        if resource == CONNECTOR:
            self.issued.add(token)
        return await self._answer({"token_type": "Bearer", "expires_in": self.expires_in, "access_token": token})

    def _for_graph(self) -> str:
        now = int(self.now())
        claims = {
            "aud": GRAPH,
            "iss": f"https://sts.windows.net/{self.tenant}/",
            "tid": self.tenant,
            "appid": self.app_id,
        }
        times = {"nbf": now - 60, "exp": now + int(self.expires_in)}
        return self.signed({**claims, **times, "roles": list(self.granted)}, self.key_ids[self.key_id], self.key_id)

    async def _answer(self, document: dict[str, Any]) -> web.Response:
        if self.mute:
            await self.mute.wait()
        if self.down:
            return web.Response(status=self.down, text="<html>try later</html>", content_type="text/html")
        return web.json_response(document)
