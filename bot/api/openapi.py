"""The OpenAPI 3.1 document of the API, made of the table of operations and of the classes of their answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from bot.api.answers import Problem
from bot.api.operations import SCOPES, Operation

PATH = "/api/v1/openapi.json"
PROBLEM = "application/problem+json"
LONGEST_ID = 300
ABOUT = (
    "What Archway knows, for scripts and CI: documents, clauses, exception requests, waivers, and what follows from decisions. "
    "Tokens read; they never decide."
)

_FAULTS = {
    400: "A parameter is not known, doubled, missing or wrong: the answer names it.",
    401: "No token, or one that is not known.",
    403: "The token lacks the scope: the answer names it.",
    404: "There is none of this id.",
    429: "Too much at once: wait as long as Retry-After says.",
    503: "What is remembered cannot be read just now.",
}


def document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """The document as plain JSON."""
    types = [Problem, *(each.gives for each in operations if each.gives)]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_type = dict(zip(map(str, types), schemas, strict=True))
    scopes = "; ".join(f"`{name}`: {meaning}" for name, meaning in SCOPES.items())
    return {
        "openapi": "3.1.0",
        "info": {"title": "Archway", "version": version, "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": {PATH: {"get": _itself()}} | {each.path: {"get": _described(each, by_type)} for each in operations},
        "components": {
            "schemas": dict(components),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": f"Scopes: {scopes}."}},
        },
    }


def _described(operation: Operation, by_type: dict[str, Any]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {
            "name": each.name,
            "in": "query",
            "description": each.meaning,
            "required": each.required,
            "schema": each.schema,
        }
        for each in operation.parameters
    ]
    if operation.by_id:
        path = {"type": "string", "minLength": 1, "maxLength": LONGEST_ID}
        about = f"the id of the {operation.by_id}"
        parameters.insert(0, {"name": "id", "in": "path", "description": about, "required": True, "schema": path})
    schema = by_type[str(operation.gives)] if operation.gives else {}
    content: dict[str, Any] = {operation.media: {"schema": schema}}
    content |= {media: {"schema": {"type": "string"}} for media in operation.also}
    headers = {"ETag": {"description": "changes with the content", "schema": {"type": "string"}}}
    faults = {status: about for status, about in _FAULTS.items() if status != 404 or operation.by_id}
    described: dict[str, Any] = {
        "operationId": re.sub(r"[^a-z]+", "_", operation.name),
        "summary": operation.summary,
        "security": [{"token": [scope]} for scope in operation.scopes],
        "responses": {
            "200": {"description": operation.summary, "headers": headers, "content": content},
            "304": {"description": "It is as it was when it had the ETag that If-None-Match names."},
            **{str(status): _fault(about, status, by_type) for status, about in faults.items()},
        },
    }
    return described | ({"parameters": parameters} if parameters else {})


def _fault(about: str, status: int, by_type: dict[str, Any]) -> dict[str, Any]:
    fault: dict[str, Any] = {"description": about, "content": {PROBLEM: {"schema": by_type[str(Problem)]}}}
    headers = {401: ("WWW-Authenticate", "string"), 429: ("Retry-After", "integer"), 503: ("Retry-After", "integer")}
    if status in headers:
        name, kind = headers[status]
        fault["headers"] = {name: {"schema": {"type": kind}}}
    return fault


def _itself() -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": "openapi",
        "summary": "This document; needs no token",
        "security": [],
        "responses": {
            "200": {"description": "This document", "content": content},
            "304": {"description": "It is as it was when it had the ETag that If-None-Match names."},
        },
    }
