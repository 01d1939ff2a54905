"""The cost of the pytest plugin: installed but unused, at the first use, and for each further test.

Each value is the difference between two whole runs of pytest, measured in turn, so that a temporary load affects both.
The result is the median of the differences. On a busy machine the CPU time is more reliable.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import click
from rich.console import Console
from rich.table import Table

PYTEST: Final = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
ENVIRONMENT: Final = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # no other plugins
    "PYTHONDONTWRITEBYTECODE": "",  # compiled modules are kept, as usual
}
PLUGIN: Final = ("-p", "mockflow")  # by its entry point
FILES: Final = {
    "story.yaml": """\
scenario: story
workflow_id: 8xL8bowB8y25Tqfenm50
provision:
  timeline:
    - {at: 0s, state: PROVISIONING}
    - {at: 5s, state: COMPLETED}
""",
    "pytest.ini": "[pytest]\nmarkers = mockflow\n",
    "empty.py": "def test_x(): pass\n",
    "mocked.py": """\
import os, pytest
@pytest.mark.mockflow("story.yaml")
@pytest.mark.parametrize("number", range(int(os.environ["TESTS"])))
def test_x(mockflow, number): pass
""",
    "plain.py": """\
import os, pytest
@pytest.fixture(scope="session")
def mockflow_server(): yield
@pytest.fixture
def mockflow(mockflow_server): yield
@pytest.mark.mockflow("story.yaml")
@pytest.mark.parametrize("number", range(int(os.environ["TESTS"])))
def test_x(mockflow, number): pass
""",
}

Options = tuple[str, ...]


class Cost(NamedTuple):
    """Wall-clock time and CPU time in seconds."""

    wall: float
    processor: float


@click.command()
@click.option("--rounds", default=15, show_default=True, type=click.IntRange(1), help="How often each is measured.")
@click.option("--tests", default=300, show_default=True, type=click.IntRange(2), help="In a run of many.")
@click.option("--without-warm-up", is_flag=True, help="Count the first round as well.")
def main(rounds: int, tests: int, without_warm_up: bool) -> None:
    """Measure the plugin in separate processes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in FILES.items():
            (folder / file).write_text(text, "utf-8")
        collecting = ("--collect-only", "empty.py")
        warm_up = 0 if without_warm_up else 1
        unused = by_turns(warm_up, rounds, folder, (*PLUGIN, *collecting), collecting)
        first = by_turns(warm_up, rounds, folder, (*PLUGIN, "mocked.py"), ("plain.py",))
        many = by_turns(warm_up, max(rounds // 3, 1), folder, (*PLUGIN, "mocked.py"), ("plain.py",), tests=tests)
    usual = Cost(*(median(values) for values in zip(*first, strict=True)))
    further = [Cost(*((more - once) / (tests - 1) for more, once in zip(cost, usual, strict=True))) for cost in many]
    table = Table("the plugin", "median", "lowest to highest", "of the processor", "wanted")
    for column in table.columns[1:]:
        column.justify = "right"
    for what, costs, limit in (
        ("unused, in --collect-only", unused, "15 ms"),
        ("the first use", first, "300 ms"),
        (f"each of {tests - 1} further tests", further, "1.5 ms"),
    ):
        wall = [cost.wall for cost in costs]
        low, middle, high = (f"{1000 * value:.1f}" for value in (min(wall), median(wall), max(wall)))
        processor = f"{1000 * median(cost.processor for cost in costs):.1f} ms"
        table.add_row(what, f"{middle} ms", f"{low} to {high} ms", processor, limit)
    Console(width=None if sys.stdout.isatty() else 100).print(table)


def by_turns(warm_up: int, rounds: int, folder: Path, one: Options, other: Options, tests: int = 1) -> list[Cost]:
    """The additional cost of `one` compared with `other` in each round, after so many rounds to warm up."""
    more = []
    for number in range(rounds + warm_up):
        costs = {options: cost_of(folder, options, tests) for options in ((one, other), (other, one))[number % 2]}
        more.append(Cost(*(mine - its for mine, its in zip(costs[one], costs[other], strict=True))))
    return more[warm_up:]


def cost_of(folder: Path, options: Options, tests: int) -> Cost:
    """One run of pytest."""
    environment = {"PYTHONPYCACHEPREFIX": str(folder / "cache"), **os.environ, **ENVIRONMENT, "TESTS": str(tests)}
    began, used = time.perf_counter(), processor_seconds()
    done = subprocess.run(
        [sys.executable, *PYTEST, *options], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    cost = Cost(time.perf_counter() - began, processor_seconds() - used)
    if done.returncode:
        raise click.ClickException(f"the run failed:\n{done.stdout}{done.stderr}")
    return cost


def processor_seconds() -> float:
    """The CPU time of the processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()
