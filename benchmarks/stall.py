"""How long one request holds the server: the worst inputs of each kind at growing sizes, beside a client that polls.

The longest pause of the poller is the result, in CPU time of the server where the system tells it, since other programs
cause pauses too; of several rounds the shortest. The bound is 100 ms; for large bodies 50 ms for each MiB.
"""

import gzip
import http.client
import itertools
import re
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
from processes import SERVE, pinned, process_of
from rich.console import Console
from rich.table import Table

from tests.support.asks import Ask
from tests.support.server import STORY
from tests.support.worst_inputs import CONTROL, FLOW, KINDS, USER, Kind, Made

BOUND_MS: Final = 100.0
BOUND_MS_A_MIB: Final = 50.0
STATUS: Final = f"{FLOW}/w/_status"
_PATIENCE_SECONDS: Final = 100
_PAUSE_SECONDS: Final = 0.001
_AUTHORIZATION: Final = {"Authorization": f"Basic {b64encode(USER.encode()).decode()}"}


@dataclass
class Result:
    """The expensive request of one kind at one size."""

    kind: Kind
    size: int
    body: int
    """Bytes of the request's body, not compressed."""
    status: int
    seconds: float
    """Until it was answered."""
    pauses: list[float] = field(default_factory=list)
    """The longest pause of the poller in each round, in milliseconds."""

    @property
    def pause(self) -> float:
        return min(self.pauses)

    @property
    def bound(self) -> float:
        return max(BOUND_MS, BOUND_MS_A_MIB * self.body / 2**20)

    @property
    def is_right(self) -> bool:
        return self.pause <= self.bound and self.status in self.kind.statuses


@click.command()
@click.option("--only", default="", help="The kinds whose name has this regular expression.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="How often each is sent.")
@click.option("--quick", is_flag=True, help="The smallest size of each kind alone.")
def main(only: str, rounds: int, quick: bool) -> None:
    """Measure the longest pause of a poller while the worst requests are answered."""
    kinds = [kind for kind in KINDS if re.search(only, kind.name)]
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "story.yaml"
        scenario.write_text(STORY)
        sized = [(kind, size) for kind in kinds for size in (kind.sizes[:1] if quick else kind.sizes)]
        sized.sort(key=lambda one: one[0].needs_user or bool(one[0].startup))
        of_server = itertools.groupby(sized, lambda one: one if one[0].startup else one[0].needs_user)
        for _, group in of_server:
            chosen = list(group)
            kind, size = chosen[0]
            more = Path(folder) / "more.yaml"
            more.write_text(kind.startup(size) if kind.startup else "")
            options = [*(("--user", USER) if kind.needs_user else ()), *([str(more)] if kind.startup else ())]
            command = [sys.executable, *SERVE, "--frozen", *options, str(scenario)]
            with process_of(pinned(command, server=True)) as (url, process):
                for kind, size in chosen:
                    results.append(measured(url, process.pid, kind, size, rounds))
                    _say(results[-1])
    print_results(results)
    sys.exit(not all(result.is_right for result in results))


def measured(url: str, pid: int, kind: Kind, size: int, rounds: int) -> Result:
    """Sends the requests of a kind in each round, until one round is within the bound."""
    result = None
    for _ in range(rounds):
        _send(url, Ask("POST", f"{CONTROL}/reset"))
        *before, last = kind.make(size)
        made = Made()
        for ask in before:
            status, answer, _ = _send(url, made.filled(ask))
            made.note(ask, status, answer)
        with polling(url, pid) as pauses:
            status, _, seconds = _send(url, made.filled(last))
            time.sleep(0.05)
        body = gzip.decompress(last.body) if "Content-Encoding" in last.headers else last.body
        result = result or Result(kind, size, len(body), status, seconds)
        result.pauses.append(max(pauses) * 1000)
        if result.is_right:
            break
    assert result
    return result


@contextmanager
def polling(url: str, pid: int) -> Iterator[list[float]]:
    """Polls until the end of the block; yields the seconds that each poll took.

    Where the server computed for less time than that, with all its threads, the rest was other programs'.
    """
    pauses: list[float] = []
    ends = threading.Event()
    connection = _connection(url)

    def poll() -> None:
        while not ends.is_set():
            began, computed = time.perf_counter(), cpu_seconds(pid)
            connection.request("GET", STATUS, headers=_AUTHORIZATION)
            connection.getresponse().read()
            took = time.perf_counter() - began
            pauses.append(took if computed is None else min(took, (cpu_seconds(pid) or 0) - computed))
            time.sleep(_PAUSE_SECONDS)

    poller = threading.Thread(target=poll, daemon=True)
    poller.start()
    try:
        while len(pauses) < 20:
            time.sleep(_PAUSE_SECONDS)
        pauses.clear()
        yield pauses
    finally:
        ends.set()
        poller.join()
        connection.close()


def cpu_seconds(pid: int) -> float | None:
    """The CPU time of all threads of a process so far; None where the system does not tell it."""
    try:
        return time.clock_gettime(~pid << 3 | _SCHEDULED)  # as clock_getcpuclockid of Linux makes it
    except (OSError, AttributeError):
        return None


_SCHEDULED: Final = 2


def _send(url: str, ask: Ask) -> tuple[int, bytes, float]:
    """Status, body and seconds; status 0 without an answer."""
    connection = _connection(url)
    began = time.perf_counter()
    try:
        connection.request(ask.method, ask.target, ask.body or None, {**_AUTHORIZATION, **ask.headers})
        response = connection.getresponse()
        return response.status, response.read(), time.perf_counter() - began
    except (OSError, http.client.HTTPException):
        return 0, b"", time.perf_counter() - began
    finally:
        connection.close()


def _connection(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE_SECONDS)


def _say(result: Result) -> None:
    click.echo(f"{'  ' if result.is_right else '! '}{result.kind.name} {result.size:,}: {_row(result)[2:]}", err=True)


def _row(result: Result) -> list[Any]:
    return [
        result.kind.name,
        f"{result.size:,}",
        f"{result.body / 2**20:.2f}",
        str(result.status),
        f"{result.seconds * 1000:,.0f} ms",
        f"{result.pause:,.0f} ms",
        f"{result.bound:,.0f} ms",
        "" if result.is_right else "missed",
    ]


def print_results(results: list[Result]) -> None:
    table = Table("kind", "size", "MiB", "status", "answered in", "longest pause", "bound", "")
    for column in table.columns[1:]:
        column.justify = "right"
    for result in results:
        table.add_row(*_row(result))
    console = Console(width=140)
    console.print(table)
    worst = max(results, key=lambda result: result.pause / result.bound)
    missed = sum(not result.is_right for result in results)
    console.print(f"The longest pause is {worst.pause:,.0f} ms ({worst.kind.name}); {missed} missed their bound.")


if __name__ == "__main__":
    main()
