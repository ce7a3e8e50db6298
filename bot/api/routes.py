"""`/api/v1` and the policy bundle over HTTP: token first, then the parameters, then the answer with its ETag. GET and HEAD alone:
nothing can be decided, or changed, here."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import structlog
from aiohttp import web

from bot.api import openapi
from bot.api.answers import Problem
from bot.api.bundle import Bundle
from bot.api.operations import MOST_SKIPPED, OPERATIONS, BadParameterError, Operation, parsed
from bot.api.tokens import Buckets, Holder, Rate, Tokens

BEGINNING = "/api/v1"
TITLES = {
    400: "Bad request",
    401: "No token",
    403: "Not allowed",
    404: "Not found",
    405: "Not that way",
    429: "Too much at once",
    503: "Not now",
}
MARKDOWN = "text/markdown"

Read = Callable[[Mapping[str, Any]], Awaitable[object]]
Page = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.stdlib.get_logger(__name__)


class ProblemError(Exception):
    """An answer that says what is wrong, and what to do about it."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.detail, self.headers = status, detail, headers or {}
        super().__init__(detail)


READ_ONLY = ProblemError(405, "Ask with GET: nothing can be changed here.", {"Allow": "GET, HEAD"})


class Api:
    """Answers what can be asked. `reads` gives, by the name of an operation, what it answers: None for an unknown id, `bytes` or
    `Bundle` for a file, else something of the shape that the operation gives."""

    def __init__(
        self,
        reads: Mapping[str, Read],
        holders: Sequence[Holder],
        version: str,
        *,
        is_away: Callable[[Exception], bool] = lambda _: False,
        rate: Rate = Rate(),  # noqa: B008  # frozen
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`is_away` tells whether a fault is the database's own."""
        self._reads, self._tokens = reads, Tokens(holders)
        self.buckets = Buckets(rate, now)
        self._is_away = is_away
        self.operations = tuple(each for each in OPERATIONS if each.name in reads)
        self._document = msgspec.json.encode(openapi.document(self.operations, version))

    @property
    def pages(self) -> dict[str, Page]:
        """What answers, by path; whatever begins like the API is answered by it."""
        own = {each.path: self._guarded(self._asked(each)) for each in self.operations}
        rest = {f"{BEGINNING}{{rest:(/.*)?}}": self._guarded(_nowhere)}
        return {openapi.PATH: self._guarded(self._describe), **own, **rest}

    def _guarded(self, page: Page) -> Page:
        """A page whose faults are problems too, each in one shape."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await page(request) if request.method in ("GET", "HEAD") else _problem(READ_ONLY)
            except ProblemError as problem:
                return _problem(problem)
            except Exception as fault:
                reference = secrets.token_hex(4)
                log.exception("the API could not answer", path=request.path, reference=reference)
                if self._is_away(fault):
                    why = "What is remembered cannot be read just now; ask again in a moment."
                    return _problem(ProblemError(503, why, {"Retry-After": "5"}))
                return _problem(ProblemError(500, f"This is our fault; operators find it as {reference} in the log."))

        return answer

    def _asked(self, operation: Operation) -> Page:
        read = self._reads[operation.name]

        async def answer(request: web.Request) -> web.Response:
            holder = self._let_in(request, operation)
            markdown = MARKDOWN in operation.also and _prefers_markdown(request)
            try:
                values = parsed(operation, list(request.query.items()))
                if operation.by_id:
                    values["id"] = _id_of(request)
                found = await read(values | ({"markdown": True} if markdown else {}))
            except BadParameterError as fault:
                raise ProblemError(400, str(fault)) from None
            log.info("the API was asked", operation=operation.name, token=holder.name)
            if found is None:
                raise ProblemError(404, f"There is no {operation.by_id} with this id.")
            if isinstance(found, Bundle):
                return _with_etag(request, found.archive, operation.media, found.revision)
            if isinstance(found, str):
                return _with_etag(request, found.encode(), f"{MARKDOWN}; charset=utf-8", varies=True)
            body = msgspec.json.encode(
                msgspec.convert(_paged(found, operation, values), operation.gives, from_attributes=True)
            )
            return _with_etag(request, body, operation.media, varies=bool(operation.also))

        return answer

    def _let_in(self, request: web.Request, operation: Operation) -> Holder:
        holder = self._tokens.holder(request.headers.getall("Authorization", []))
        if holder is None:
            how = "Send a token that ARCHWAY_API_TOKENS names: Authorization: Bearer TOKEN."
            raise ProblemError(401, how, {"WWW-Authenticate": 'Bearer realm="archway"'})
        if not holder.may(operation.scopes):
            wanted = " or ".join(operation.scopes)
            challenge = f'Bearer realm="archway", error="insufficient_scope", scope="{operation.scopes[0]}"'
            raise ProblemError(403, f"This token lacks the scope {wanted}.", {"WWW-Authenticate": challenge})
        if seconds := self.buckets.wait(holder.name):
            again = str(math.ceil(seconds))
            raise ProblemError(429, f"Too much at once; ask again in {again} s.", {"Retry-After": again})
        return holder

    async def _describe(self, request: web.Request) -> web.Response:
        return _with_etag(request, self._document, "application/json")


def _paged(found: object, operation: Operation, values: Mapping[str, Any]) -> object:
    """With the address of the next page, where the read said that there is more: `next` then holds how many to leave out."""
    skip = found.get("next") if isinstance(found, dict) else None
    if not isinstance(found, dict) or skip is None:
        return found
    known = {name: value for name, value in values.items() if name in operation.known}
    query = {name: str(value) for name, value in (known | {"skip": skip}).items()}
    return found | {"next": f"{operation.path}?{urlencode(query, quote_via=quote)}" if skip <= MOST_SKIPPED else None}


def _id_of(request: web.Request) -> str:
    text = request.match_info["id"]
    if len(text) > openapi.LONGEST_ID:
        raise ProblemError(404, "No id is that long.")
    return text.encode("utf-8", "replace").decode().replace("\0", " ")


def _prefers_markdown(request: web.Request) -> bool:
    """Whether Markdown is asked for before JSON."""
    for part in request.headers.get("Accept", "").split(","):
        media = part.partition(";")[0].strip().lower()
        if media in (MARKDOWN, "text/*"):
            return True
        if media in ("application/json", "application/*", "*/*"):
            return False
    return False


def _with_etag(
    request: web.Request, body: bytes, media: str, digest: str = "", *, varies: bool = False
) -> web.Response:
    tag = f'"{digest or hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    headers |= {"Vary": "Authorization, Accept" if varies else "Authorization"}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    if tag in known or "*" in known:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, headers={**headers, "Content-Type": media})


def _problem(problem: ProblemError) -> web.Response:
    said = Problem(TITLES.get(problem.status, "A fault of ours"), problem.status, problem.detail)
    headers = {**problem.headers, "Content-Type": openapi.PROBLEM, "Cache-Control": "no-store"}
    return web.Response(status=problem.status, body=msgspec.json.encode(said), headers=headers)


async def _nowhere(_: web.Request) -> web.Response:
    raise ProblemError(404, f"There is no such thing here; {openapi.PATH} says what there is.")
