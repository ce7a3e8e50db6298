"""What a method of the Web API is: its arguments, its scope, what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.state import App, State

Args = Mapping[str, Any]
Call = Callable[[State, App, Args], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """One method: what it does, what it must and may be told, the scope it needs, whether it reads JSON bodies."""

    call: Call
    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    scope: str | None = None
    reads_json: bool = True
