"""Processes that are forked by a server which has imported what they need (`tests.support.fork_server`).

Signals, exit codes and streams are real; only the start is short: some milliseconds instead of a second.
"""

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import IO, Any, Final

from tests.support.paths import ROOT


class Forked:
    """A process that a `ForkServer` has forked; the part of `subprocess.Popen` that tests use."""

    def __init__(
        self,
        server: "ForkServer",
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: int | None = None,
        stdout: Any = subprocess.PIPE,
        stderr: Any = subprocess.PIPE,
    ) -> None:
        self.args = [server.module, *arguments]
        self.returncode: int | None = None
        self._lock = threading.Lock()
        self._status, status = os.pipe()
        weakref.finalize(self, os.close, self._status)
        self.stdout, out = _pipe(stdout)
        self.stderr, err = _pipe(stderr)
        source = os.open(os.devnull, os.O_RDONLY) if stdin is None else os.dup(stdin)
        request = {"arguments": list(arguments), "environment": dict(env), "folder": os.fspath(cwd or Path.cwd())}
        server.send(json.dumps(request).encode(), [source, out, err, status])
        for descriptor in (source, out, err, status):
            os.close(descriptor)
        self.pid = int(self._line())

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        with self._lock:
            if self.returncode is None and select.select([self._status], [], [], 0)[0]:
                self.returncode = int(self._line() or -signal.SIGKILL)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, when it has ended."""
        if self.returncode is None:
            select.select([self._status], [], [], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it prints until its end."""
        streams = {name: stream for name, stream in (("out", self.stdout), ("err", self.stderr)) if stream}
        if any(stream.closed for stream in streams.values()):
            raise ValueError("the output was read before")
        end = None if timeout is None else monotonic() + timeout
        texts: dict[str, str] = {}

        def read(name: str, stream: IO[str]) -> None:
            with stream:
                texts[name] = stream.read()

        threads = [threading.Thread(target=read, args=each, daemon=True) for each in streams.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(None if end is None else max(0, end - monotonic()))
            if thread.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self.wait(None if end is None else max(0, end - monotonic()))
        return texts.get("out", ""), texts.get("err", "")

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Sends SIGTERM, unless it has ended."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Sends SIGKILL, unless it has ended."""
        self.send_signal(signal.SIGKILL)

    def _line(self) -> bytes:
        line = b""
        while (byte := os.read(self._status, 1)) not in (b"", b"\n"):
            line += byte
        return line


_PROGRAM: Final = """\
#!{python} -IS
import json, os, signal, socket, sys

answers, status = os.pipe()
request = {{"arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd()}}
socket.send_fds(socket.socket(fileno={channel}), [json.dumps(request).encode()], [0, 1, 2, status])
os.close(status)
with open(answers) as lines:
    process = int(next(lines))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(process, number))
    code = int(next(lines))
sys.exit(code if code >= 0 else 128 - code)
"""


def _pipe(target: Any) -> tuple[IO[str] | None, int]:
    """The reading end, if `target` asks for a pipe, and the descriptor for the process."""
    if target != subprocess.PIPE:
        return None, os.dup(target if isinstance(target, int) else target.fileno())
    reading, writing = os.pipe()
    return os.fdopen(reading, encoding="utf-8"), writing


class ForkServer:
    """Forks processes that run a module as ``python -m`` does; started with the first of them."""

    def __init__(self, module: str, *imports: str) -> None:
        self.module = module
        self._imports = imports
        self._lock = threading.Lock()
        self._channel: socket.socket | None = None

    def send(self, message: bytes, descriptors: list[int]) -> None:
        with self._lock:
            if self._channel is None:
                self._channel = self._started()
            socket.send_fds(self._channel, [message], descriptors)

    def write_program(self, file: Path) -> int:
        """Writes a program that runs the module as this server forks it.

        It has to inherit the file descriptor that is returned.
        """
        with self._lock:
            self._channel = self._channel or self._started()
        file.write_text(_PROGRAM.format(python=sys.executable, channel=self._channel.fileno()), "utf-8")
        file.chmod(0o755)
        return self._channel.fileno()

    def _started(self) -> socket.socket:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fork_server", str(its.fileno()), self.module, *self._imports],
            cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
            pass_fds=(its.fileno(),),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for pytest
        )
        its.close()

        def end() -> None:
            ours.close()
            server.wait()

        atexit.register(end)
        return ours
