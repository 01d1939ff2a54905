"""Plays measured cases on a cluster in this process, over one kept connection."""

import gzip
import http.client
import importlib.util
import json
from argparse import Namespace
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit

from mockflow import MockFlow
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
    so that what is created later has a later time.
    """
    replay = _comparison()
    with MockFlow(version=version, step_time="1ms", clock="auto", max_polls=10**9) as cluster:
        connection = _Connection(cluster.url)

        def ask(url: str, method: str, *request: Any) -> Answer:
            if method == "POST" and case["case"].startswith("search/"):
                cluster.clock.advance("1ms")
            return connection.ask(url, method, *request)

        replay.ask = ask  # type: ignore[attr-defined]
        for case in cases(version):
            found = replay.play(cluster.url, case, Namespace(settle=3000, strict=False))
            yield case, [(place, path) for place, _, differing in found for path, *_ in differing]


class _Connection:
    """Sends requests as they were recorded, byte for byte where it matters, over a connection that is kept."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port)
        self._kept: http.client.HTTPConnection | None = None

    def ask(self, url: str, method: str, target: str, headers: list[tuple[str, str]], body: bytes | None) -> Answer:
        """Status, headers and body; status 0 where the connection was closed without an answer."""
        connection = self._kept or http.client.HTTPConnection(*self._address, timeout=30)
        connection._validate_path = lambda _: None  # type: ignore[attr-defined]
        self._kept = None
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            elif method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", "0")
            connection.endheaders(body)
            response = connection.getresponse()
            answer = response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return 0, {}, f"{type(error).__name__}: {error}".encode()
        asks_to_close = ("connection", "close") in [(name.lower(), value.lower()) for name, value in headers]
        if response.will_close or asks_to_close:  # OpenSearch closes then, and does not say so
            connection.close()
        else:
            self._kept = connection
        return answer


def _comparison() -> ModuleType:
    """The program that came with the cases: what it leaves out of a comparison is left out here."""
    spec = importlib.util.spec_from_file_location("measured_replay", FOLDER / "replay.py")
    assert spec
    module = importlib.util.module_from_spec(spec)
    source = (FOLDER / "replay.py").read_text("utf-8").replace("\nmain()\n", "\n")
    exec(compile(source, str(FOLDER / "replay.py"), "exec"), module.__dict__)
    return module
