"""The server's messages: on standard error one line for each request and event, as text or JSON."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from textwrap import indent
from typing import TYPE_CHECKING, Any, Final

import click

from mockflow.cli.options import print_problems
from mockflow.core.base.plain_text import plain
from mockflow.core.base.secrets import target_without_secrets, text_without_secrets

if TYPE_CHECKING:
    from mockflow.loading.problems import Problem
    from mockflow.server.http.messages import AccessLog, Request

_requests: Final = logging.getLogger("mockflow.requests")
_start: Final = logging.getLogger("mockflow.start")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S.%f")[:-3]
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        # Its lines are indented, so that the message of an exception cannot pass for a line of the log.
        trace = indent(f"\n{_trace(self, record)}", "  ") if record.exc_info else ""
        return f"{time} {level}{_message(record)}{trace}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = _line(record.levelname.lower(), record.created)
        line |= getattr(record, "request", None) or {"message": _message(record), **getattr(record, "fields", {})}
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
    _start.setLevel(logging.INFO)
    if log_format == "json":
        logging.getLogger().handlers[:] = [log_handler]  # messages of libraries are JSON, too
    return None if quiet else _log_request


class StartMessages:
    """What `serve` says before and when it is ready, besides the ready line: lines of text, or of JSON."""

    def __init__(self, log_format: str) -> None:
        self._is_json = log_format == "json"

    def say(self, text: str, *, stdout: bool = False, **fields: Any) -> None:
        """An information. Text goes to standard output if asked for; JSON always to standard error."""
        if self._is_json:
            _start.info("%s", text, extra={"fields": fields})
        else:
            click.echo(text, err=not stdout)

    def warn(self, text: str) -> None:
        """A warning."""
        if self._is_json:
            _start.warning("%s", text)
        else:
            click.echo(f"warning: {text}", err=True)

    def print_problems(self, problems: Iterable[Problem]) -> None:
        """The problems of scenario files."""
        if not self._is_json:
            print_problems(problems, stderr=True)
            return
        for problem in problems:
            _start.log(level_of(problem), "%s", problem.text, extra={"fields": {"problem": problem.as_json()}})


def level_of(problem: Problem) -> int:
    """The log level of a problem."""
    return logging.WARNING if problem.severity == "warning" else logging.ERROR


class JsonError(click.ClickException):
    """An error of a command as a line of JSON."""

    def __init__(self, error: click.ClickException) -> None:
        super().__init__(error.format_message())

    @classmethod
    def of(cls, error: click.ClickException) -> JsonError:
        """With the exit code of `error`."""
        return (_JsonUsageError if error.exit_code == click.UsageError.exit_code else cls)(error)

    def show(self, file: Any = None) -> None:
        """Prints the line on standard error."""
        line: Mapping[str, object] = {**_line("error", datetime.now().timestamp()), "message": self.message}
        click.echo(json.dumps(line, ensure_ascii=False), file=file, err=file is None)


class _JsonUsageError(JsonError):
    exit_code = click.UsageError.exit_code


def _line(level: str, seconds: float) -> dict[str, object]:
    return {"time": datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="milliseconds"), "level": level}


def _log_request(request: Request, status: int, seconds: float) -> None:
    fields = {
        "method": plain(request.method),
        "target": plain(target_without_secrets(request.world + request.target)),
        "status": status,
        "ms": round(seconds * 1000, 2),
    }
    _requests.info("%(method)s %(target)s %(status)d %(ms)sms", fields, extra={"request": fields})
