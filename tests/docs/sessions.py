"""Types the sessions of a page into a shell, one after the other, as a reader would."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from aiohttp.test_utils import unused_port

from tests.docs.pages import Page, Step
from tests.support.paths import SCENARIOS
from tests.support.processes import PATIENCE_SECONDS, with_command

ADDRESS: Final = "127.0.0.1:9200"
URL: Final = f"http://{ADDRESS}"


def furnish(page: Page, folder: Path) -> None:
    """Makes what a reader has: the shipped scenarios, and the files that the page has them save."""
    (folder / "scenarios").symlink_to(SCENARIOS)
    for block in page.blocks:
        if block.file:
            file = folder / block.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")


def sessions(page: Page) -> list[Step]:
    return [step for block in page.blocks if block.language == "console" for step in block.steps]


def played(page: Page, folder: Path) -> list[Step]:
    """The commands of all sessions, and what comes when they are typed into one shell in this folder."""
    steps = sessions(page)
    address = f"127.0.0.1:{unused_port()}"
    script = _PRELUDE + "".join(f"printf '\\036'\n{_typed(step.command)}\n" for step in steps)
    # A file, not a pipe: a server in the background would hold a pipe open.
    answers = folder.with_name(f"{folder.name}-answers")
    programs = folder.with_name(f"{folder.name}-programs")
    programs.mkdir()
    with answers.open("wb") as file:
        subprocess.run(
            ["bash", "-c", script.replace(ADDRESS, address)],
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=folder,
            timeout=PATIENCE_SECONDS,
            check=False,
            **with_command(programs, MOCKFLOW_PORT=address.rpartition(":")[2]),
        )
    _, *outputs = answers.read_text("utf-8").replace(address, ADDRESS).split("\036")
    return [Step(step.command, output) for step, output in zip(steps, outputs, strict=True)]


def shown(steps: list[Step]) -> list[Step]:
    """Without the white space at the end of an output: pages show `{...}` where curl ends no line."""
    return [Step(step.command, step.output.rstrip()) for step in steps]


def has_shell() -> bool:
    return all(shutil.which(program) for program in ("bash", "curl"))


def _typed(command: str) -> str:
    """The command. One in the background is waited for until it has said something; no server's clock is real."""
    if not command.endswith("&"):
        return command
    clock = "" if re.search("--auto|--frozen|--speed", command) else "MOCKFLOW_FROZEN=1 "
    return f"{clock}{command.removesuffix('&')} > said 2>&1 & until [ -s said ]; do command sleep 0.02; done; cat said"


# `sleep 2` is told to the clock, so nothing waits and no timing decides. At the end everything in the background ends.
_PRELUDE: Final = f"""\
trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT
sleep() {{ curl --silent --output /dev/null --data "{{\\"advance\\": \\"$1s\\"}}" {URL}/_mockflow/clock; }}
"""
