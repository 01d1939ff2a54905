"""Many clients with random operations against `mockflow serve`, each answer compared with what the pure core says.

A phase for each mode of the clock. The clients create, provision, poll, deprovision, delete and search, while an owner
moves the clock, loads scenarios anew, adds faults and resets. Everything follows from the seed but for the order in
which requests arrive. The exit code is 1 for a wrong answer, a 5xx that no fault gives, or a traceback in the log.
"""

import asyncio
import re
import secrets
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import click
from processes import SERVE, process_of
from rich.console import Console
from rich.table import Table
from soak_clients import Client
from soak_oracle import Clock, Versions
from soak_owner import Owner
from soak_scenarios import scripts_of
from soak_world import Findings, World

MODES: Final = {"frozen": ("--frozen",), "auto": ("--auto",), "real": ()}
_SCRIPTS: Final = 27
_SHOWN: Final = 5
_SHARE: Final = 5  # early and late are the first and the last fifth


@dataclass(frozen=True)
class Usage:
    """What the server's process has; empty texts where the system does not tell."""

    descriptors: str
    threads: str
    memory: str


@dataclass(frozen=True)
class Phase:
    """The result of one mode."""

    mode: str
    findings: Findings
    usages: tuple[Usage, ...]
    """At the start, after each fifth, and at the end."""
    tracebacks: int
    exit_code: int

    @property
    def is_right(self) -> bool:
        found = self.findings
        return not (found.wrong or found.unasked or self.tracebacks or self.exit_code) and found.checked > 0


@click.command()
@click.option("--seconds", type=click.FloatRange(1), default=180, show_default=True, help="Of all phases together.")
@click.option("--clients", type=click.IntRange(1), default=200, show_default=True)
@click.option("--seed", type=int, help="Repeats the scenarios and choices of a run.  [default: a random one]")
@click.option("--mode", "modes", type=click.Choice(list(MODES)), multiple=True, default=list(MODES), show_default=True)
def main(seconds: float, clients: int, seed: int | None, modes: tuple[str, ...]) -> None:
    """Soak a server, and compare every answer."""
    seed = secrets.randbelow(2**32) if seed is None else seed
    click.echo(f"seed {seed}")
    phases = [soaked(mode, seconds / len(modes), clients, f"{seed} {mode}") for mode in modes]
    print_results(phases)
    for phase in phases:
        for kind, found in (("wrong", phase.findings.wrong), ("unasked", phase.findings.unasked)):
            for one in found[:_SHOWN]:
                click.echo(f"{kind}: {one}")
    click.echo(f"All as the core says (seed {seed})." if _all(phases) else f"Not as the core says: seed {seed}.")
    sys.exit(not _all(phases))


def _all(phases: list[Phase]) -> bool:
    return all(phase.is_right for phase in phases)


def soaked(mode: str, seconds: float, clients: int, seed: str) -> Phase:
    """One phase with a server of its own."""
    with tempfile.TemporaryFile("w+") as log:
        with process_of([sys.executable, *SERVE, *MODES[mode]], log) as (url, process):
            findings, usages = asyncio.run(_soaked(mode, url, process.pid, seconds, clients, Random(seed)))
        log.seek(0)
        text = log.read()
    return Phase(mode, findings, usages, text.count("Traceback"), process.returncode)


async def _soaked(
    mode: str, url: str, pid: int, seconds: float, clients: int, random: Random
) -> tuple[Findings, tuple[Usage, ...]]:
    findings = Findings()
    versions = [Versions(script) for script in scripts_of(random, _SCRIPTS)]
    clock = Clock(goes=mode == "real")
    world = World(url, mode, versions, findings, clock, ends=time.monotonic() + seconds)
    owner = Owner(world, Random(random.random()))
    await owner.begin()
    usages = [usage(pid)]
    world.ends = time.monotonic() + seconds
    everybody = [Client(world, number, Random(random.random())) for number in range(clients)]
    running = [asyncio.create_task(client.run()) for client in everybody]
    watching = asyncio.create_task(_watch(usages, pid, seconds / _SHARE))
    await owner.run()
    await owner.move_until_done(running)
    await asyncio.gather(*running)
    watching.cancel()
    owner.check_faults()
    await asyncio.sleep(0.1)  # the server sees that the connections are closed
    return findings, (*usages, usage(pid))


async def _watch(usages: list[Usage], pid: int, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        usages.append(usage(pid))


def usage(pid: int) -> Usage:
    """Read from /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return Usage("", "", "")
    values = dict(re.findall(r"^(\w+):\s+(\d+)", status, re.MULTILINE))
    return Usage(str(descriptors), values["Threads"], f"{int(values['VmRSS']) / 1024:.0f}")


def print_results(phases: list[Phase]) -> None:
    table = Table(
        *("clock", "requests", "checked", "wrong", "unasked 5xx", "tracebacks", "exit code"),
        *("descriptors", "threads", "memory, MiB, by fifths", "p99 early", "p99 late"),
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for phase in phases:
        found, before, after = phase.findings, phase.usages[0], phase.usages[-1]
        early, late = percentiles(found.polls)
        table.add_row(
            phase.mode,
            *(f"{count:,}" for count in (found.requests, found.checked, len(found.wrong), len(found.unasked))),
            str(phase.tracebacks),
            str(phase.exit_code),
            *(f"{getattr(before, name)} → {getattr(after, name)}" for name in ("descriptors", "threads")),
            " ".join(each.memory for each in phase.usages),
            f"{early:.0f} ms",
            f"{late:.0f} ms",
        )
    Console(width=160).print(table)
    done = sum((phase.findings.done for phase in phases[1:]), phases[0].findings.done)
    click.echo("answered: " + ", ".join(f"{count:,} {name}" for name, count in done.most_common()))


def percentiles(polls: list[tuple[float, float]]) -> tuple[float, float]:
    """The 99th percentile in ms of the first and of the last fifth of the polls."""
    took = [seconds for _, seconds in sorted(polls)] or [0.0]
    share = len(took) // _SHARE or 1
    early, late = sorted(took[:share]), sorted(took[-share:])
    return early[len(early) * 99 // 100] * 1000, late[len(late) * 99 // 100] * 1000


if __name__ == "__main__":
    main()
