"""The server's log on standard error: one line for each request, as text or JSON."""

import json
import logging
import sys
from datetime import datetime
from textwrap import indent
from typing import Final

from mockflow.core.base.plain_text import plain
from mockflow.core.base.secrets import target_without_secrets, text_without_secrets
from mockflow.server.app import AccessLog
from mockflow.server.http.messages import Request

_requests: Final = logging.getLogger("mockflow.requests")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S.%f")[:-3]
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        # Its lines are indented, so that the message of an exception cannot pass for a line of the log.
        trace = indent(f"\n{_trace(self, record)}", "  ") if record.exc_info else ""
        return f"{time} {level}{_message(record)}{trace}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        line |= getattr(record, "request", None) or {"message": _message(record)}
        if record.exc_info:
            line["traceback"] = _trace(self, record)
        return json.dumps(line, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    """The message without secrets, in one line that cannot drive a terminal."""
    return plain(text_without_secrets(record.getMessage()))


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    assert record.exc_info
    return plain(text_without_secrets(formatter.formatException(record.exc_info)), keep="\n")


def set_up(log_format: str, *, quiet: bool) -> AccessLog | None:
    """Configures the log; `quiet` keeps warnings only. Returns the function to call after each request."""
    log_handler = logging.StreamHandler(sys.stderr)
    log_handler.setFormatter(_Json() if log_format == "json" else _Text())
    logger = logging.getLogger("mockflow")
    logger.handlers[:] = [log_handler]
    logger.propagate = False
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    return None if quiet else _log_request


def _log_request(request: Request, status: int, seconds: float) -> None:
    fields = {
        "method": plain(request.method),
        "target": plain(target_without_secrets(request.target)),
        "status": status,
        "ms": round(seconds * 1000, 2),
    }
    _requests.info("%(method)s %(target)s %(status)d %(ms)sms", fields, extra={"request": fields})
