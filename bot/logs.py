"""How logs look: JSON for machines, short lines for people. Values that could be secrets never get here."""

from __future__ import annotations

import logging
import sys

import structlog


class _Unreadable(logging.Filter):
    """What cannot be read as a request may hold a token: it is counted, not quoted, and once a minute at most."""

    def __init__(self) -> None:
        super().__init__()
        self._until = 0.0
        self._unsaid = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Takes everything but the fact out of the record."""
        if record.created < self._until:
            self._unsaid += 1
            return False
        record.msg, record.args = "a request could not be read (%d more since the last word)", (self._unsaid,)
        record.exc_info = record.exc_text = None
        self._until, self._unsaid = record.created + 60, 0
        return True


def configure(form: str | None, level: str) -> None:
    """Sends our own and the libraries' logs to standard error. `form` is "json", "text" or None for "what fits"."""
    text = form == "text" or (form is None and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    last: list[structlog.typing.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if text:
        last.append(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
    else:
        last.extend((structlog.processors.format_exc_info, structlog.processors.JSONRenderer()))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    logging.getLogger("aiohttp.server").addFilter(_Unreadable())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("alembic", "watchfiles", "slack_bolt", "aiohttp.access", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
