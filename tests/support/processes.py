"""A command that serves, as a process of its own."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.paths import ROOT

MOCKFLOW: Final = (sys.executable, "-m", "mockflow")
PATIENCE_SECONDS: Final = 60  # after which something hangs


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment with the command `mockflow` and with these variables of mockflow's, no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOCKFLOW_")}
    scripts = str(Path(sys.executable).parent)
    return {**kept, "PATH": f"{scripts}{os.pathsep}{kept.get('PATH', '')}", **(variables or {})}


@contextmanager
def serving(
    *arguments: str,
    command: Sequence[str] = MOCKFLOW,
    variables: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> Iterator[str]:
    """`mockflow serve` with these arguments; yields its URL once it says that it is ready."""
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment(variables),
            cwd=folder,
        ) as process,
    ):
        try:
            assert process.stdout
            ready = re.fullmatch(r"mockflow ready at (\S+)\n", process.stdout.readline())
            if not ready:
                log.seek(0)
                raise AssertionError(f"{' '.join(command)} did not become ready: {log.read()}")
            yield ready[1]
        finally:
            process.terminate()
