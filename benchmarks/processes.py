"""The measured servers as separate processes, pinned to cores if possible."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click

SERVE: Final = ("-m", "mockflow", "serve", "--quiet", "--port", "0")
_PATIENCE_SECONDS: Final = 30


def cores() -> tuple[int, int] | None:
    """One core for the servers and one for the load generator, if possible."""
    if not shutil.which("taskset") or not hasattr(os, "sched_getaffinity"):
        return None
    first, *others = sorted(os.sched_getaffinity(0))
    return (first, others[-1]) if others else None


def pinned(command: list[str], *, server: bool) -> list[str]:
    return ["taskset", "-c", str(both[not server]), *command] if (both := cores()) else command


@contextmanager
def running(*arguments: str) -> Iterator[str]:
    """Runs Python with these arguments; yields the URL in its line "ready at"."""
    with process_of(pinned([sys.executable, *arguments], server=True)) as (url, _):
        yield url


@contextmanager
def process_of(command: list[str], log: Any = subprocess.DEVNULL) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Runs a command; yields the URL in its line "ready at", and its process. The log goes to `log`.

    Without one it is dropped: it warns that nothing changes any more.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        try:
            assert process.stdout
            ready = re.search(r"ready at (http\S+)", process.stdout.readline())
            if not ready:
                raise click.ClickException(f"{' '.join(command)} did not become ready")
            yield ready[1], process
        finally:
            process.terminate()
            process.wait(_PATIENCE_SECONDS)
