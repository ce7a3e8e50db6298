"""A strict Microsoft Graph over HTTP: who is in which group, and whose account is in use. Takes tokens of the issuer that
are for Graph, in time and with the permissions that each operation needs.

https://learn.microsoft.com/graph/api/user-checkmembergroups, https://learn.microsoft.com/graph/api/user-get
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web

from tests.doubles.teams_connector import Person
from tests.doubles.teams_issuer import GRAPH, Issuer

MOST_GROUPS = 20
_GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Graph:
    """Knows `people` and `groups`: the members of each, people and groups by their object ids. `disabled` are people
    whose accounts are blocked. `down` makes it answer with that status, `mute` makes it hang.
    """

    issuer: Issuer
    people: list[Person]
    groups: dict[str, set[str]] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)  # operation and person
    refused: list[tuple[int, str]] = field(default_factory=list)
    down: int | None = None
    mute: asyncio.Event | None = None
    url: str = ""

    @property
    def base(self) -> str:
        """What a bot is configured with."""
        return f"{self.url}/v1.0"

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1.0/users/{person}", self._user)
        app.router.add_post("/v1.0/users/{person}/checkMemberGroups", self._check_member_groups)
        app.router.add_route("*", "/{tail:.*}", self._nowhere)
        return app

    async def _user(self, request: web.Request) -> web.Response:
        refused = await self._checked(request, {"User.Read.All"})
        if refused is not None:
            return refused
        person = self._person(request)
        if person is None:
            return self._gone(request)
        members = {
            "id": person.entra_id,
            "accountEnabled": person.entra_id not in self.disabled,
            "userType": "Guest" if person.role == "guest" else "Member",
            "mail": person.principal,
            "userPrincipalName": person.principal,
            "displayName": person.name,
        }
        wanted = request.query.get("$select", "id,displayName,mail,userPrincipalName").split(",")
        if not set(wanted) <= set(members):
            return self._refuse(400, "BadRequest", "Could not find a property.")
        return web.json_response(
            {"@odata.context": f"{self.base}/$metadata"} | {name: members[name] for name in wanted}
        )

    async def _check_member_groups(self, request: web.Request) -> web.Response:
        refused = await self._checked(request, {"User.Read.All", "GroupMember.Read.All"})
        if refused is not None:
            return refused
        ids = (await request.json()).get("groupIds")
        if not isinstance(ids, list) or not 0 < len(ids) <= MOST_GROUPS:
            return self._refuse(400, "Request_BadRequest", "Between 1 and 20 groups can be checked.")
        if not all(isinstance(id_, str) and _GUID.fullmatch(id_) for id_ in ids):
            return self._refuse(400, "Request_BadRequest", "Invalid object identifier.")
        person = self._person(request)
        if person is None:
            return self._gone(request)
        return web.json_response({"value": [id_ for id_ in ids if self._is_in(person.entra_id, id_)]})

    def _is_in(self, member: str, group: str, above: Iterable[str] = ()) -> bool:
        members = self.groups.get(group, set())
        seen = {*above, group}
        return member in members or any(
            self._is_in(member, inner, seen) for inner in members if inner in self.groups and inner not in seen
        )

    def _person(self, request: web.Request) -> Person | None:
        return next((each for each in self.people if each.entra_id == request.match_info["person"]), None)

    async def _checked(self, request: web.Request, needed: set[str]) -> web.Response | None:
        self.asked.append((request.path.rpartition("/")[2], request.match_info["person"]))
        if self.mute:
            await self.mute.wait()
        if self.down:
            return self._refuse(self.down, "ServiceUnavailable", "Try again later.")
        claims = self._claims(request.headers.get("Authorization", ""))
        if claims is None:
            return self._refuse(401, "InvalidAuthenticationToken", "Access token validation failure.")
        if not needed <= set(claims.get("roles", ())):
            return self._refuse(403, "Authorization_RequestDenied", "Insufficient privileges.")
        return None

    def _claims(self, authorization: str) -> dict[str, Any] | None:
        scheme, _, token = authorization.partition(" ")
        try:
            key = self.issuer.key_ids[jwt.get_unverified_header(token)["kid"]].public_key()
            claims: dict[str, Any] = json.loads(jwt.PyJWS().decode(token, key, algorithms=["RS256"]))
        except (jwt.PyJWTError, KeyError):
            return None
        ours = claims["aud"] == GRAPH and claims["tid"] == self.issuer.tenant and claims["appid"] == self.issuer.app_id
        in_time = claims["nbf"] <= self.issuer.now() < claims["exp"]
        return claims if scheme == "Bearer" and ours and in_time else None

    def _gone(self, request: web.Request) -> web.Response:
        return self._refuse(404, "Request_ResourceNotFound", f"{request.match_info['person']} does not exist.")

    async def _nowhere(self, request: web.Request) -> web.Response:
        return self._refuse(404, "BadRequest", f"Resource not found for the segment {request.path}.")

    def _refuse(self, status: int, code: str, message: str) -> web.Response:
        self.refused.append((status, code))
        return web.json_response({"error": {"code": code, "message": message}}, status=status)
