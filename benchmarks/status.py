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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple
from urllib.request import urlopen

import click
from processes import SERVE, cores, pinned, running
from rich.console import Console
from rich.table import Table

HERE: Final = Path(__file__).parent
CONNECTIONS: Final = 32
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

Polls = Callable[[str, Path], "Speed"]
"""Polls the server at a URL, by turns each path of a file."""

FILTER: Final = "?filter_path=state,resources_created.resource_id"


class Speed(NamedTuple):
    """Polls a second, and the 99th percentile of their latencies in ms (0 if unknown)."""

    rate: float
    p99: float


@dataclass(frozen=True)
class Case:
    """What is polled and how, and the wanted ratio of the rates."""

    name: str
    target: float
    many: bool = False
    query: str = ""
    options: tuple[str, ...] = ()
    """Options of `mockflow serve`."""
    connections: int = CONNECTIONS
    unique: bool = False
    """Whether each request has an X-Opaque-Id of its own; wrk only."""
    page: bool = False
    """Whether the page is open in a browser."""


CASES: Final = (
    Case("one workflow", 3.0),
    Case("one workflow, all=true", 3.0, query="?all=true"),
    Case("one workflow, pretty", 3.0, query="?pretty"),
    Case("one workflow, filter_path", 3.0, query=FILTER),
    Case("many workflows", 3.0, many=True),
    Case("many workflows, all=true", 3.0, many=True, query="?all=true"),
    Case("many workflows, pretty", 3.0, many=True, query="?pretty"),
    Case("many workflows, filter_path", 3.0, many=True, query=FILTER),
    Case("nothing repeats", 1.2, unique=True),
    Case("clock auto", 2.0, options=("--auto", "--max-polls", "1000000000")),
    Case("page open", 2.5, page=True),
    Case("1,000 connections", 3.0, connections=1_000),
)


@dataclass(frozen=True)
class Result:
    """The speeds of both in a case, round by round."""

    case: Case
    bare: list[Speed]
    mockflow: list[Speed]

    @property
    def ratios(self) -> list[float]:
        return [mine.rate / its.rate for mine, its in zip(self.mockflow, self.bare, strict=True)]


@click.command()
@click.option("--quick", is_flag=True, help="Fewer rounds.")
@click.option("--rounds", type=click.IntRange(1), help="How often each is measured.  [default: 7; quick: 3]")
@click.option("--seconds", type=click.FloatRange(0.01), default=2, show_default=True, help="Whole ones for wrk.")
@click.option("--workflows", type=click.IntRange(2), default=10_000, show_default=True, help="How many are many.")
@click.option("--only", default="", help="Measure the cases whose names match this regular expression.")
@click.option("--without-wrk", is_flag=True, help="Poll with poll.py, as where wrk is missing.")
@click.option("--without-warm-up", is_flag=True, help="Count the first round as well.")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the table in Markdown, too.")
def main(
    quick: bool,
    rounds: int | None,
    seconds: float,
    workflows: int,
    only: str,
    without_wrk: bool,
    without_warm_up: bool,
    write: Path | None,
) -> None:
    """Compare status polls a second of mockflow and of a bare aiohttp application."""
    wrk = None if without_wrk else shutil.which("wrk")
    print_setting(wrk, seconds)
    results = []
    for case in CASES:
        if not re.search(only, case.name) or (case.unique and not wrk):
            continue
        warm_up = 0 if without_warm_up else max(1, round(WARM_SECONDS / seconds)) if case.many else 1
        with tempfile.TemporaryDirectory() as folder:
            number = workflows if case.many else 1
            polls = poller(wrk, seconds, case)
            results.append(measure(case, number, rounds or (3 if quick else 7), polls, Path(folder), warm_up))
    print_results(results)
    if write:
        write.write_text(in_markdown(results, workflows), "utf-8")


WARM_SECONDS: Final = 6
"""With many workflows a round has each request only now and then; until each has come twice, the long way answers."""


def measure(case: Case, workflows: int, rounds: int, polls: Polls, folder: Path, warm_up: int) -> Result:
    """Loads so many workflows and polls all of them by turns."""
    ids = [f"benchmark_{number:010}" for number in range(workflows)]
    write_scenarios(folder / "scenarios", ids)
    paths = folder / "paths"
    paths.write_text("\n".join(f"/_plugins/_flow_framework/workflow/{id}/_status{case.query}" for id in ids))
    options = (*case.options, "--max-connections", str(case.connections + 100))
    with ExitStack() as stack:
        mockflow = stack.enter_context(running(*SERVE, *options, str(folder / "scenarios")))
        stack.enter_context(watching(mockflow) if case.page else nullcontext())
        until_completed(mockflow, paths)
        bodies = folder / "bodies.json"
        bodies.write_text(json.dumps(bodies_of(mockflow, paths, ids)))
        bare = stack.enter_context(running(str(HERE / "bare.py"), str(bodies)))
        check_same_bytes(mockflow, bare, paths)
        result = Result(case, *by_turns(bare, mockflow, paths, rounds, polls, warm_up))
    click.echo(f"{case.name}: {median(result.ratios):.2f}")
    return result


def until_completed(mockflow: str, paths: Path) -> None:
    """Polls the first workflow to its end, which in mode auto takes some polls."""
    path = paths.read_text().split()[0].partition("?")[0]
    while b"COMPLETED" not in fetched(mockflow + path):
        pass


@contextmanager
def watching(mockflow: str) -> Iterator[None]:
    """Takes the events that an open page lives on."""
    with urlopen(f"{mockflow}/_mockflow/events", timeout=60) as events:
        threading.Thread(target=lambda: all(events), daemon=True).start()
        yield


def by_turns(
    one: str, other: str, paths: Path, rounds: int, polls: Polls, warm_up: int
) -> tuple[list[Speed], list[Speed]]:
    """Measures both in each round, by turns the one first and the other; rounds before them warm up."""
    rates: dict[str, list[Speed]] = {one: [], other: []}
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


def poller(wrk: str | None, seconds: float, case: Case) -> Polls:
    """Polls with wrk, or with poll.py."""

    def polls(url: str, paths: Path) -> Speed:
        if wrk:
            limits = ["-t1", f"-c{case.connections}", f"-d{seconds:g}s", "--latency"]
            kind = ["unique"] if case.unique else []
            command = [wrk, *limits, "-s", str(HERE / "paths.lua"), url, "--", str(paths), *kind]
        else:
            command = [sys.executable, str(HERE / "poll.py"), url, str(seconds), str(case.connections), str(paths)]
        command = pinned(command, server=False)
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
        report = done.stdout + done.stderr
        rate = re.search(r"Requests/sec: +([\d.]+)", report)
        if not rate or "Non-2xx" in report or "Socket errors" in report:
            raise click.ClickException(f"the polls failed:\n{report}")
        if not float(rate[1]):
            raise click.ClickException("no poll was answered in a round; take longer ones (--seconds)")
        p99 = re.search(r" 99% +([\d.]+)(us|ms|s)", report)
        return Speed(float(rate[1]), float(p99[1]) * {"us": 0.001, "ms": 1, "s": 1000}[p99[2]] if p99 else 0)

    return polls


# -- the report ------------------------------------------------------------------------------------


def print_setting(wrk: str | None, seconds: float) -> None:
    where = f"servers on core {both[0]}, polls from core {both[1]}" if (both := cores()) else "not pinned to cores"
    click.echo(f"{CONNECTIONS} connections of {'wrk' if wrk else 'poll.py'}, {seconds:g} s each, {where}")


def rows(results: list[Result]) -> Iterator[tuple[str, ...]]:
    """The cells of each result; p99 of both in ms."""
    for result in results:
        bare, mine = ([speed.rate for speed in speeds] for speeds in (result.bare, result.mockflow))
        p99 = [median(speed.p99 for speed in speeds) for speeds in (result.bare, result.mockflow)]
        yield (
            result.case.name,
            f"{median(bare):,.0f}/s",
            f"{median(mine):,.0f}/s",
            f"{median(result.ratios):.2f}",
            f"{min(result.ratios):.2f} to {max(result.ratios):.2f}",
            f"{result.case.target:.1f}",
            f"{p99[0]:.2f}, {p99[1]:.2f}",
        )


HEADINGS: Final = ("polls", "bare aiohttp", "mockflow", "ratio", "lowest to highest", "wanted", "p99 ms of both")


def print_results(results: list[Result]) -> None:
    table = Table(*HEADINGS)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows(results):
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    missed = [result.case.name for result in results if median(result.ratios) < result.case.target]
    click.echo(f"Below the wanted ratio: {', '.join(missed)}." if missed else "Every ratio is as wanted.")


def in_markdown(results: list[Result], workflows: int) -> str:
    """The table for docs/benchmarks.md."""
    lines = [f"| {' | '.join(HEADINGS)} |", f"|---{'|---:' * (len(HEADINGS) - 1)}|"]
    lines += [f"| {' | '.join(row)} |" for row in rows(results)]
    return f"Many are {workflows:,} workflows, polled by turns.\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
