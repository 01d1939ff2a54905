"""The command as a process of its own, as users start it."""

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
_PATIENCE_SECONDS: Final = 30  # after which a process is killed, so that no test hangs
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def environment(**variables: str) -> dict[str, str]:
    """The environment without any option of mockflow's, and with these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOCKFLOW_")}
    return {**kept, **variables}


def run(*arguments: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The whole run of a command that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "mockflow", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_PATIENCE_SECONDS,
        env=environment(**(env or {})),
        check=False,
    )


def first_line(stream: IO[str]) -> str:
    """Reads a line and no byte more: what a text stream had read ahead, `communicate` would not find."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(stream.fileno(), 1)):
        line += byte
    return line.decode("utf-8")


class Served:
    """`mockflow serve` on a free port; the ready line has come when this is made."""

    def __init__(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> None:
        port = () if "--port" in arguments or "MOCKFLOW_PORT" in (env or {}) else ("--port", "0")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mockflow", "serve", *map(str, arguments), *port],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment(**(env or {})),
        )
        self._watchdog = threading.Timer(_PATIENCE_SECONDS * 2, self.process.kill)
        self._watchdog.start()
        assert self.process.stdout
        self.ready_line = first_line(self.process.stdout)
        if not self.ready_line:
            raise AssertionError(f"it did not start: {self.end()[1]}")
        self.url = self.ready_line.split()[-1]

    def __enter__(self) -> "Served":
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
        return self.process.returncode, stderr, stdout

    def stop(self, number: int) -> tuple[int, str, str]:
        """Sends it a signal and waits for its end."""
        self.process.send_signal(number)
        return self.end()

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
        with _OPENER.open(request, timeout=_PATIENCE_SECONDS) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
