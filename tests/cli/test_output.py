"""Output that cannot be written, and values that no header can carry: a message, not a traceback."""

import os
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.processes import PATIENCE_SECONDS, environment, run, start

FULL: Final = Path("/dev/full")
COMMANDS: Final = (("serve", "--port", "0"), ("presets",), ("--help",), ("check", "@instant"))

pytestmark = pytest.mark.process


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", COMMANDS)
def test_output_that_is_full(command: tuple[str, ...]) -> None:
    with FULL.open("w") as full:
        process = start(*command, stdout=full, env=environment())
        _, log = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.wait() == 1
    assert log.splitlines()[-1] == "Error: the output cannot be written: No space left on device"
    assert "Traceback" not in log


@pytest.mark.skipif(sys.platform == "win32", reason="arguments are text there")
@pytest.mark.parametrize(
    ("option", "told"), [("--control-token", "a control token is printable text"), ("--user", "is not UTF-8")]
)
def test_a_secret_that_is_not_utf_8(option: str, told: str) -> None:
    done = run("serve", "--port", "0", option, os.fsdecode(b"a:\xff"))
    assert (done.returncode, told in done.stderr, "Traceback" in done.stderr) == (2, True, False)
