"""Compares mockflow with other servers that return the same bytes: `make bench`.

Each server is a separate process on one core, the load generator wrk on another. All are measured in short rounds, by
turns, so that a temporary load affects all of them. The results are medians. The table is written to
docs/benchmarks.md, with the raw numbers in docs/benchmarks.json.
"""

import json
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

import click
import peers
from processes import cores, pinned

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent
FOLDER: Final = ROOT / "build" / "peers"
REFERENCE: Final = "aiohttp application"
_START_SECONDS: Final = 60


@dataclass
class Row:
    """One server: polls a second and latencies (ms) of each round, start (s) and resident memory (MiB)."""

    name: str
    missing: str = ""
    """Why it was not measured."""
    start: float = 0.0
    idle: float = 0.0
    loaded: float = 0.0
    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)


class Process:
    """A running server."""

    def __init__(self, command: Sequence[str], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}{peers.PATH}"
        self.began = time.perf_counter()
        silent = subprocess.DEVNULL
        self._process = subprocess.Popen(
            pinned(list(command), server=True), stdout=silent, stderr=silent, env=peers.environment(FOLDER)
        )

    def until_answer(self) -> float:
        """Seconds from the start to the first answer. Raises MissingError."""
        while time.perf_counter() - self.began < _START_SECONDS:
            if self._process.poll() is not None:
                raise peers.MissingError(f"it ended at once with exit code {self._process.returncode}")
            try:
                with urlopen(self.url, timeout=5) as response:
                    if json.loads(response.read()) == json.loads(peers.BODY):
                        return time.perf_counter() - self.began
                    raise peers.MissingError("it answers with another body")
            except (URLError, OSError):
                time.sleep(0.005)
        raise peers.MissingError(f"it did not answer within {_START_SECONDS} s")

    def memory(self) -> float:
        """Resident MiB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=7, show_default=True)
@click.option("--seconds", type=click.IntRange(1), default=2, show_default=True, help="Of each round.")
@click.option("--connections", type=click.IntRange(1), default=16, show_default=True)
@click.option("--only", multiple=True, help="Names of servers; all if not given.")
@click.option("--write/--no-write", default=True, help="Whether to write docs/benchmarks.md and .json.")
def main(rounds: int, seconds: int, connections: int, only: tuple[str, ...], write: bool) -> None:
    """Measure status polls of mockflow and of other servers."""
    wrk = shutil.which("wrk")
    if not wrk:
        raise click.ClickException("wrk is needed (the Debian package wrk)")
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows, running = [], []
    for peer in peers.PEERS:
        if only and peer.name not in only:
            continue
        row = Row(peer.name)
        rows.append(row)
        try:
            port = free_port()
            process = Process(peer.command(FOLDER, port), port)
            running.append((row, process))
            row.start = process.until_answer()
            row.idle = process.memory()
        except peers.MissingError as error:
            row.missing = str(error)
            running = [(one, server) for one, server in running if one is not row]
        click.echo(f"{peer.name}: {row.missing or f'first answer after {row.start:.2f} s'}", err=True)
    try:
        for number in range(-1, rounds):
            for row, process in running if number % 2 else running[::-1]:
                measure(row, process, wrk, seconds, connections, warms_up=number < 0)
        for row, process in running:
            row.loaded = process.memory()
    finally:
        for _, process in running:
            process.stop()
    text = table(rows)
    click.echo(text)
    if write:
        (ROOT / "docs" / "benchmarks.md").write_text(page(text, cases(rounds), rounds, seconds, connections), "utf-8")
        (ROOT / "docs" / "benchmarks.json").write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


def measure(row: Row, process: Process, wrk: str, seconds: int, connections: int, *, warms_up: bool) -> None:
    """One round of wrk; the result of the one that warms up is not kept."""
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", process.url]
    done = subprocess.run(pinned(command, server=False), capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise click.ClickException(f"{row.name}: the polls failed:\n{done.stdout}")
    if warms_up:
        return
    row.rates.append(float(re.findall(r"Requests/sec: +([\d.]+)", done.stdout)[0]))
    for name, values in (("50", row.p50), ("99", row.p99)):
        value, unit = re.findall(rf" {name}% +([\d.]+)(us|ms|s)", done.stdout)[0]
        values.append(float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def table(rows: Sequence[Row]) -> str:
    """The table in Markdown; ratios are to the bare aiohttp application."""
    reference = next((row for row in rows if row.name == REFERENCE and row.rates), None)
    lines = [
        "| server | polls/s | ratio | p50 ms | p99 ms | first answer s | idle MiB | loaded MiB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        if row.missing:
            lines.append(f"| {row.name} | not measured: {row.missing} | | | | | | |")
            continue
        ratios = [mine / its for mine, its in zip(row.rates, reference.rates, strict=True)] if reference else [0.0]
        cells = [
            f"{median(row.rates):,.0f}",
            f"{median(ratios):.2f}",
            f"{median(row.p50):.2f}",
            f"{median(row.p99):.2f}",
            f"{row.start:.2f}",
            f"{row.idle:.0f}",
            f"{row.loaded:.0f}",
        ]
        lines.append(f"| {row.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cases(rounds: int) -> str:
    """The table of `status.py`, measured now."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "cases.md"
        subprocess.run(
            [sys.executable, str(HERE / "status.py"), "--rounds", str(rounds), "--write", str(written)], check=True
        )
        return written.read_text("utf-8")


def page(text: str, cases: str, rounds: int, seconds: int, connections: int) -> str:
    """The page docs/benchmarks.md."""
    processor = (re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text()) or ["unknown processor"])[0]
    pinning = "servers on one core, wrk on another" if cores() else "not pinned to cores"
    return f"""# Benchmarks

Status polls of one workflow: every server returns the same {len(peers.BODY)} bytes for the same request.
`make bench` made this page on {date.today()}: Python {platform.python_version()}, {processor},
{pinning}, wrk with 1 thread and {connections} connections, {rounds} rounds of {seconds} s by turns, medians.
Ratios are to the bare aiohttp application, of the same run. The raw numbers are in [benchmarks.json](benchmarks.json).

mockflow writes its journal, computes each status anew and applies all limits; the others return a constant.

{text}

## Kinds of polls

mockflow and the bare aiohttp application again, which returns the same bytes: 32 connections, {rounds} rounds of 2 s by
turns, medians. {cases}"""


if __name__ == "__main__":
    main()
