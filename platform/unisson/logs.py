"""Log lines: one JSON object each in production, for the eye in development; never a secret, never a frame's locals."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from tenants.context import agency_or_none
from unisson.config import Settings

SECRET_PATHS = ("/approve/", "/connect/", "/invitations/", "/verification/", "/password-reset/")


_processors: list[structlog.typing.Processor] = []
"""One list for the process: a logger that was used already keeps it, and goes by what was configured last."""


def configure(settings: Settings) -> None:
    """Set the process's log up, once, at its start."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.is_production
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    told: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _say_agency,
        _hide_tokens,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([structlog.processors.format_exc_info] if settings.is_production else []),
    ]
    _processors[:] = [*told, renderer]
    structlog.configure(
        processors=_processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # What libraries log, in the same shape: their words may quote what somebody sent, line breaks included.
    spoken = logging.StreamHandler(sys.stderr)
    spoken.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *told],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=settings.log_level, handlers=[spoken])


def _say_agency(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    agency_id = agency_or_none()
    if agency_id is not None:
        event.setdefault("agency", str(agency_id))
    return event


def _hide_tokens(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    path = event.get("path")
    if isinstance(path, str):
        event["path"] = without_token(path)
    return event


def without_token(path: str) -> str:
    """Return a path whose secret, if it carries one, is cut out."""
    if path.startswith("/media/"):
        return "/media/…"
    for mark in SECRET_PATHS:
        before, found, after = path.partition(mark)
        if found:
            return f"{before}{mark}…{after[after.find('/') :] if '/' in after else ''}"
    return path
