"""Log lines: for people in a terminal, or as JSON for machines; either way with the request's id.

What is worth a field goes into `extra`: `log.info("…", extra={"shard": shard})`.
"""

import logging
import os
import socket
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from apps.kernel.errors import Misconfigured
from apps.tracing import trace

FORMATS = ("line", "json")
# A text of strangers must not begin a line of its own in the log.
CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127)}
FIELDS = "%(levelname)s %(name)s %(message)s"


class Here(logging.Filter):
    """Adds to each record in whose name it was written, and by which unit."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add; nothing is left out."""
        record.request_id = trace.current()
        record.unit = f"{socket.gethostname()}:{os.getpid()}"
        return True


class Line(logging.Formatter):
    """One line for people, and below it the traceback where there is one."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's name)
        """Return the line, its id at the end."""
        said = f"{record.levelname} {record.name}: {record.message}".translate(CONTROLS)
        request_id = getattr(record, "request_id", "")
        return f"{said} [{request_id}]" if request_id else said


class Json(JsonFormatter):
    """One JSON object a line: time, level, logger, message, request_id, unit, and what is extra."""

    def __init__(self) -> None:
        super().__init__(
            FIELDS,
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "traceback"},
            timestamp="time",
        )


def form(name: str, text: str) -> str:
    """Return the form of log lines that the setting `name` asks for; raises Misconfigured."""
    if text not in FORMATS:
        raise Misconfigured(name, " or ".join(FORMATS), text)
    return text


def configuration(chosen: str) -> dict[str, Any]:
    """Return what `logging.config.dictConfig` takes, for Django's processes and for gunicorn."""
    classes = {"line": Line, "json": Json}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"here": {"()": Here}},
        "formatters": {"chosen": {"()": classes[chosen]}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "chosen",
                "filters": ["here"],
            }
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "apps": {"level": "INFO"},
            # A terminal shows the requests that failed or were slow, a log has them all.
            "apps.requests": {"level": "INFO" if chosen == "json" else "WARNING"},
            "django": {"level": "WARNING", "handlers": [], "propagate": True},
            # Each is in apps.requests, with more.
            "django.request": {"level": "ERROR"},
            "gunicorn.error": {"level": "WARNING", "handlers": [], "propagate": True},
            "uvicorn.error": {"level": "WARNING", "handlers": [], "propagate": True},
            # It logs a traceback a second while Valkey is away.
            "channels_redis": {"level": "CRITICAL"},
        },
    }
