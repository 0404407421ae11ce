"""Structured logs without personal data: events, ids and times."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from gcrm.core.config import settings

SECRET_WORDS = ("password", "token", "secret", "cookie", "authorization", "email", "phone", "note")


def _scrub(_logger: Any, _name: str, entry: EventDict) -> EventDict:
    for key in entry:
        if any(word in key.lower() for word in SECRET_WORDS):
            entry[key] = "[kept out]"
    return entry


def configure() -> None:
    """Send structlog and the standard logging to stderr in one form."""
    is_json = settings().log_format == "json"
    level = logging.getLevelNamesMapping().get(settings().log_level.upper(), logging.INFO)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _scrub,
    ]
    last: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if is_json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, force=True)


def get() -> Any:
    return structlog.get_logger()
