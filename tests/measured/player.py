"""Plays measured cases on a cluster in this process, over one kept connection."""

import gzip
import importlib.util
import json
import socket
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, BinaryIO, Final, NoReturn
from unittest.mock import patch
from urllib.parse import urlsplit

from mockflow import MockFlow
from mockflow.server.answer import answer
from tests.support.paths import SHARED

FOLDER: Final = SHARED / "oracle"
VERSIONS: Final = ("3.8.0", "2.19.6")

Case = Mapping[str, Any]
Difference = tuple[int, str]
"""Of a case: the number of the request, and the path in the answer that differs."""

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers with names in small letters, and body."""


def cases(version: str) -> Iterator[Case]:
    """The measured cases of one release, those for a cluster without workflows first."""
    with gzip.open(FOLDER / f"{version}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def played(version: str) -> Iterator[tuple[Case, list[Difference]]]:
    """Each case with what mockflow answers otherwise.

    The clock is auto: a wait is a number of status polls. In the cases of searches a millisecond passes with each POST,
    so that what is created later has a later time. The answers are not held against the specification: the real node
    gives some that it does not have.
    """
    replay = _comparison()
    with (
        patch("mockflow.server.app.answer", answer),
        MockFlow(version=version, step_time="1ms", clock="auto", max_polls=10**9) as cluster,
    ):
        connection = _Connection(cluster.url)

        def ask(url: str, method: str, *request: Any) -> Answer:
            if method == "POST" and case["case"].startswith("search/"):
                cluster.clock.advance("1ms")
            return connection.ask(url, method, *request)

        replay.ask, replay.time = ask, _Clock  # type: ignore[attr-defined]
        for case in cases(version):
            found = replay.play(cluster.url, case, Namespace(settle=3000, strict=False))
            yield case, [(place, path) for place, _, differing in found for path, *_ in differing]
        connection.close()


class _Connection:
    """Sends requests as they were recorded, byte for byte where it matters, over a connection that is kept."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = f"{parts.hostname}:{parts.port}"
        self._address = (parts.hostname or "", parts.port or 0)
        self._kept: tuple[socket.socket, BinaryIO] | None = None

    def ask(self, url: str, method: str, target: str, headers: list[tuple[str, str]], body: bytes | None) -> Answer:
        """The answer; status 0 where the connection was closed without one."""
        names = {name.lower(): value.lower() for name, value in headers}
        length = len(body) if body is not None else 0 if method in ("POST", "PUT", "PATCH") else None
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host}", *(f"{name}: {value}" for name, value in headers)]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        if self._kept is None:
            opened = socket.create_connection(self._address, timeout=30)
            self._kept = opened, opened.makefile("rb")
        connection, reader = self._kept
        try:
            connection.sendall("\r\n".join(lines).encode("latin-1", "surrogateescape") + b"\r\n\r\n" + (body or b""))
            answered = _read(reader, method)
        except OSError as error:
            answered = 0, {}, str(error).encode()
        asks_to_close = names.get("connection") == "close"  # OpenSearch closes then, and does not say so
        if not answered[0] or asks_to_close or answered[1].get("connection", "").lower() == "close":
            self.close()
        return answered

    def close(self) -> None:
        """Ends the kept connection."""
        for part in reversed(self._kept or ()):
            part.close()
        self._kept = None


def _read(reader: BinaryIO, method: str) -> Answer:
    """Reads one answer. Raises OSError where the connection ends before it."""
    head = [line.rstrip(b"\r\n").decode("latin-1") for line in iter(reader.readline, b"\r\n") if line or _ended()]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    status = int(head[0].split()[1])
    if status == 100:
        return _read(reader, method)
    length = 0 if method == "HEAD" or status == 204 else int(headers.get("content-length", 0))
    return status, headers, reader.read(length)


def _ended() -> NoReturn:
    raise OSError("closed without an answer")


class _Clock:
    """What the comparison waits with: it does not wait, for each status poll moves the clock."""

    monotonic = staticmethod(time.monotonic)

    @staticmethod
    def sleep(_: float) -> None:
        """Returns at once."""


def _comparison() -> ModuleType:
    """The program that came with the cases: what it leaves out of a comparison is left out here."""
    spec = importlib.util.spec_from_file_location("measured_replay", FOLDER / "replay.py")
    assert spec
    module = importlib.util.module_from_spec(spec)
    source = (FOLDER / "replay.py").read_text("utf-8").replace("\nmain()\n", "\n")
    exec(compile(source, str(FOLDER / "replay.py"), "exec"), module.__dict__)
    return module
