"""Why a delivery is turned away before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.errors import ArchwayError


class Rejected(ArchwayError):
    """A delivery that is not worked on. `status` is the HTTP status, `sentence` what its sender reads."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.sentence = sentence
        self.headers = dict(headers or {})
        super().__init__(sentence)


def bad_request(sentence: str) -> Rejected:
    """400: it cannot be understood."""
    return Rejected(400, sentence)


def unauthorized(sentence: str) -> Rejected:
    """401: it does not prove where it comes from."""
    return Rejected(401, sentence, {"WWW-Authenticate": "Bearer"})


def forbidden(sentence: str) -> Rejected:
    """403: it proves where it comes from, and that is not for us."""
    return Rejected(403, sentence)


def unavailable(sentence: str, retry_after: float) -> Rejected:
    """503: it cannot be judged now. `retry_after` is in seconds."""
    return Rejected(503, sentence, {"Retry-After": str(max(1, round(retry_after)))})
