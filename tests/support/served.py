"""`mockflow serve` as a process of its own, and its answers."""

import json
import os
import re
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final

from tests.support.processes import PATIENCE_SECONDS, environment, start

if TYPE_CHECKING:
    from typing_extensions import Self

WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def first_line(stream: IO[str]) -> str:
    """Reads a line and no byte more: what a text stream had read ahead, `communicate` would not find."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(stream.fileno(), 1)):
        line += byte
    return line.decode("utf-8")


class Started:
    """A command of mockflow as a process of its own; its ready line has come when this is made."""

    def __init__(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> None:
        self.process = start(*arguments, env=environment(env))
        self._watchdog = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        self._watchdog.start()
        assert self.process.stdout
        self.ready_line = first_line(self.process.stdout)
        if not self.ready_line:
            raise AssertionError(f"it did not start: {self.end()[1]}")
        self.url = re.findall(r"ready at (\S+)", self.ready_line)[0]

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.end()

    def end(self) -> tuple[int, str, str]:
        """Waits for its end: exit code, standard error, and what standard output had after the ready line."""
        try:
            stdout, stderr = self.process.communicate()
        except ValueError:  # the pipes were read and closed before
            stdout, stderr = "", ""
        self._watchdog.cancel()
        return self.process.wait(), stderr, stdout

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Sends it a signal and waits for its end."""
        self.process.send_signal(number)
        return self.end()


class Served(Started):
    """`mockflow serve` on a free port."""

    def __init__(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> None:
        port = () if "--port" in arguments or "MOCKFLOW_PORT" in (env or {}) else ("--port", "0")
        super().__init__("serve", *arguments, *port, env=env)

    def ask(self, target: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        return ask(self.url + target, method, body)

    def status(self, workflow_id: str, query: str = "") -> Any:
        status, body = self.ask(f"{WORKFLOW}/{workflow_id}/_status{query}")
        assert status == 200, body
        return body

    def advance(self, duration: str) -> None:
        assert self.ask("/_mockflow/clock", "POST", {"advance": duration})[0] == 200

    def reset(self, **changes: Any) -> None:
        assert self.ask("/_mockflow/reset", "POST", changes)[0] == 200


def ask(url: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    try:
        with _OPENER.open(request, timeout=PATIENCE_SECONDS) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
