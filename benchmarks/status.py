"""Status polls per second: `mockflow serve` compared with a bare aiohttp application that returns the same bytes.

Each is a separate process. The servers run on one core, the load generator on another. They are polled in turn in
short rounds, so that a temporary load affects both. The result is the ratio, not the number of polls.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final
from urllib.request import urlopen

import click
from processes import SERVE, cores, pinned, running
from rich.console import Console
from rich.table import Table

HERE: Final = Path(__file__).parent
CONNECTIONS: Final = 32
QUERIES: Final = ("", "?all=true")
SCENARIOS_A_FILE: Final = 1_000
SCENARIO: Final = """\
scenario: s{number}
workflow_id: {id}
starts: load
provision:
  timeline:
    - at: 0s
      state: PROVISIONING
    - at: 1ms
      created:
        - workflow_step_name: create_connector
          workflow_step_id: create_connector_1
          resource_id: NdjCQYwBLmvn802B0IwE
    - at: 2ms
      state: COMPLETED
      provision_start_time: 1753000000000
      provision_end_time: 1753000003417
      created:
        - workflow_step_name: register_remote_model
          workflow_step_id: register_model_2
          resource_id: N9jCQYwBLmvn802B0oyh
"""

Polls = Callable[[str, Path], float]
"""Polls the server at a URL, by turns each path of a file; returns polls a second."""


@dataclass(frozen=True)
class Result:
    """Polls a second of both, round by round."""

    workflows: int
    query: str
    bare: list[float]
    mockflow: list[float]

    @property
    def ratios(self) -> list[float]:
        return [mine / its for mine, its in zip(self.mockflow, self.bare, strict=True)]


@click.command()
@click.option("--quick", is_flag=True, help="Fewer rounds.")
@click.option("--rounds", type=click.IntRange(1), help="How often each is measured.  [default: 11; quick: 3]")
@click.option("--seconds", type=click.FloatRange(0.01), default=1, show_default=True, help="Whole ones for wrk.")
@click.option("--workflows", type=click.IntRange(2), default=10_000, show_default=True, help="The larger number.")
@click.option("--page", is_flag=True, help="Measure while the page is open in a browser.")
@click.option("--without-wrk", is_flag=True, help="Poll with poll.py, as where wrk is missing.")
@click.option("--without-warm-up", is_flag=True, help="Count the first round as well.")
def main(
    quick: bool,
    rounds: int | None,
    seconds: float,
    workflows: int,
    page: bool,
    without_wrk: bool,
    without_warm_up: bool,
) -> None:
    """Compare status polls a second of mockflow and of a bare aiohttp application."""
    wrk = None if without_wrk else shutil.which("wrk")
    print_setting(wrk, seconds)
    polls = poller(wrk, seconds)
    results: list[Result] = []
    warm_up = 0 if without_warm_up else 1
    for number in (1, workflows):
        with tempfile.TemporaryDirectory() as folder:
            results += measure(number, rounds or (3 if quick else 11), polls, Path(folder), page=page, warm_up=warm_up)
    print_results(results)


def measure(workflows: int, rounds: int, polls: Polls, folder: Path, *, page: bool, warm_up: int) -> Iterator[Result]:
    """Loads so many workflows and polls all of them by turns, with and without ``?all=true``."""
    ids = [f"benchmark_{number:010}" for number in range(workflows)]
    write_scenarios(folder / "scenarios", ids)
    began = time.perf_counter()
    with running(*SERVE, str(folder / "scenarios")) as mockflow, watching(mockflow) if page else nullcontext():
        click.echo(f"mockflow ready with {workflows:,} loaded after {time.perf_counter() - began:.1f} s")
        for query in QUERIES:
            paths = folder / "paths"
            paths.write_text("\n".join(f"/_plugins/_flow_framework/workflow/{id}/_status{query}" for id in ids))
            bodies = folder / "bodies.json"
            bodies.write_text(json.dumps(bodies_of(mockflow, paths, ids)))
            with running(str(HERE / "bare.py"), str(bodies)) as bare:
                check_same_bytes(mockflow, bare, paths)
                yield Result(workflows, query, *by_turns(bare, mockflow, paths, rounds, polls, warm_up))


@contextmanager
def watching(mockflow: str) -> Iterator[None]:
    """Takes the events that an open page lives on."""
    with urlopen(f"{mockflow}/_mockflow/events", timeout=60) as events:
        threading.Thread(target=lambda: all(events), daemon=True).start()
        yield


def by_turns(
    one: str, other: str, paths: Path, rounds: int, polls: Polls, warm_up: int
) -> tuple[list[float], list[float]]:
    """Measures both in each round, by turns the one first and the other; rounds before them warm up."""
    rates: dict[str, list[float]] = {one: [], other: []}
    for number in range(rounds + warm_up):
        for url in (one, other) if number % 2 else (other, one):
            rates[url].append(polls(url, paths))
    return rates[one][warm_up:], rates[other][warm_up:]


# -- what is polled --------------------------------------------------------------------------------


def write_scenarios(folder: Path, ids: list[str]) -> None:
    folder.mkdir()
    documents = [SCENARIO.format(number=number, id=id) for number, id in enumerate(ids)]
    for start in range(0, len(ids), SCENARIOS_A_FILE):
        text = "---\n".join(documents[start : start + SCENARIOS_A_FILE])
        (folder / f"{start:06}.yaml").write_text(text)


def bodies_of(mockflow: str, paths: Path, ids: list[str]) -> dict[str, str]:
    """Every workflow's answer: that of the first one, with the other ids in it."""
    first = fetched(mockflow + paths.read_text().split()[0]).decode()
    return {id: first.replace(ids[0], id) for id in ids}


def check_same_bytes(mockflow: str, bare: str, paths: Path) -> None:
    for path in {paths.read_text().split()[place] for place in (0, -1)}:
        if fetched(mockflow + path) != fetched(bare + path):
            raise click.ClickException(f"the two do not answer {path} with the same bytes")


def fetched(url: str) -> bytes:
    with urlopen(url, timeout=10) as response:
        body: bytes = response.read()
        return body


# -- processes -------------------------------------------------------------------------------------


def poller(wrk: str | None, seconds: float) -> Polls:
    """Polls with wrk, or with poll.py."""

    def polls(url: str, paths: Path) -> float:
        if wrk:
            limits = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s"]
            command = [wrk, *limits, "-s", str(HERE / "paths.lua"), url, "--", str(paths)]
        else:
            command = [sys.executable, str(HERE / "poll.py"), url, str(seconds), str(CONNECTIONS), str(paths)]
        command = pinned(command, server=False)
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
        report = done.stdout + done.stderr
        rate = re.search(r"Requests/sec: +([\d.]+)", report)
        if not rate or "Non-2xx" in report or "Socket errors" in report:
            raise click.ClickException(f"the polls failed:\n{report}")
        if not float(rate[1]):
            raise click.ClickException("no poll was answered in a round; take longer ones (--seconds)")
        return float(rate[1])

    return polls


# -- the report ------------------------------------------------------------------------------------


def print_setting(wrk: str | None, seconds: float) -> None:
    where = f"servers on core {both[0]}, polls from core {both[1]}" if (both := cores()) else "not pinned to cores"
    click.echo(f"{CONNECTIONS} connections of {'wrk' if wrk else 'poll.py'}, {seconds:g} s each, {where}")


def print_results(results: list[Result]) -> None:
    table = Table("workflows", "query", "bare aiohttp", "mockflow", "ratio", "lowest to highest")
    for column in table.columns:
        column.justify = "right"
    for result in results:
        table.add_row(
            f"{result.workflows:,}",
            result.query or "none",
            f"{median(result.bare):,.0f}/s",
            f"{median(result.mockflow):,.0f}/s",
            f"{median(result.ratios):.2f}",
            f"{min(result.ratios):.2f} to {max(result.ratios):.2f}",
        )
    Console(width=None if sys.stdout.isatty() else 100).print(table)
    missed = [result for result in results if median(result.ratios) < 1.0]
    click.echo("The target, every ratio 1.0 or better, is " + ("missed." if missed else "reached."))


if __name__ == "__main__":
    main()
