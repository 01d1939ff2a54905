"""Nothing that a client or a user sees depends on the order of Python's hashes."""

import subprocess
import sys
from typing import Final

from tests.support.paths import ROOT
from tests.support.processes import environment

SEEDS: Final = ("0", "4711")


def test_one_world_is_the_same_under_every_hash_seed() -> None:
    """Requests over all endpoints, the control API, coverage, journal, story, and the output of check."""
    program = [sys.executable, "-m", "tests.support.one_world"]
    running = [
        subprocess.Popen(program, stdout=subprocess.PIPE, cwd=ROOT, env=environment(PYTHONHASHSEED=seed))
        for seed in SEEDS
    ]
    outputs = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(SEEDS)
    first, second = (output.splitlines() for output in outputs)
    assert len(first) > 1_000
    assert [(mine, its) for mine, its in zip(first, second, strict=True) if mine != its] == []
