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
PYTEST_INI: Final = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"


def furnish(page: Page, folder: Path, line: int = 0) -> None:
    """Makes what a reader has at a line: the shipped scenarios, and the files that the page had them save."""
    (folder / "scenarios").symlink_to(SCENARIOS)
    (folder / "pytest.ini").write_text(PYTEST_INI, "utf-8")
    for block in page.blocks:
        if block.file and block.line <= line:
            file = folder / block.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")


def sessions(page: Page) -> list[Step]:
    return [step for block in page.blocks for step in block.steps]


def played(page: Page, folder: Path) -> list[Step]:
    """The commands of all sessions, and what comes when they are typed into one shell in this folder."""
    address = f"127.0.0.1:{unused_port()}"
    programs = folder.with_name(f"{folder.name}-programs")
    programs.mkdir()
    answers = programs / "answers"  # a file, not a pipe: a server in the background would hold a pipe open
    with answers.open("wb") as file:
        subprocess.run(
            ["bash", "-c", _script(page, programs).replace(ADDRESS, address)],
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=folder,
            timeout=PATIENCE_SECONDS,
            check=False,
            **with_command(programs, pytests=runs_pytest(page), MOCKFLOW_PORT=address.rpartition(":")[2]),
        )
    _, *outputs = answers.read_text("utf-8").replace(address, ADDRESS).split("\036")
    return [Step(step.command, output) for step, output in zip(sessions(page), outputs, strict=True)]


def shown(steps: list[Step]) -> list[Step]:
    """Without white space at the end of an output, as curl ends no line, and without the seconds that pytest took."""
    return [Step(step.command, re.sub(r"(?<= in )\d+\.\d\ds$", "1s", step.output.rstrip())) for step in steps]


def runs_pytest(page: Page, line: int = 0) -> bool:
    """Whether a session of the page, below a line, does."""
    return any("pytest " in step.command for block in page.blocks if block.line > line for step in block.steps)


def has_shell() -> bool:
    return all(shutil.which(program) for program in ("bash", "curl"))


def _script(page: Page, folder: Path) -> str:
    """The commands, and between them the files as the page has them saved; their texts are in this folder."""
    (folder / "sitecustomize.py").write_text("import time\ntime.sleep = lambda seconds: None\n", "utf-8")
    lines = [_PRELUDE, f'python() {{ PYTHONPATH="{folder}:$PYTHONPATH" command python "$@"; }}']
    for block in page.blocks:
        if block.file:
            text = folder / str(block.line)
            text.write_text(block.text, "utf-8")
            lines.append(f'mkdir -p "$(dirname {block.file})"; cp {text} {block.file}')
        lines += [f"printf '\\036'\n{_typed(step.command)}" for step in block.steps]
    return "\n".join(lines)


def _typed(command: str) -> str:
    """The command. One in the background is waited for until it has said something; no server's clock is real."""
    if not command.endswith("&"):
        return command
    clock = "" if re.search("--auto|--frozen|--speed", command) else "MOCKFLOW_FROZEN=1 "
    return f"{clock}{command.removesuffix('&')} > said 2>&1 & until [ -s said ]; do command sleep 0.02; done; cat said"


# `sleep 2` is told to the clock, and in Python sleeping takes no time: nothing waits, and no timing decides. At the end
# everything in the background ends.
_PRELUDE: Final = f"""\
trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT
sleep() {{ curl --silent --output /dev/null --data "{{\\"advance\\": \\"$1s\\"}}" {URL}/_mockflow/clock; }}
"""
