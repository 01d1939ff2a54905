"""Every code block of the README is run or parsed. What stands after its three backticks says how: see `KINDS`.

A block of any other kind fails. In a session on a real clock, `sleep` moves the clock by as much, so that nothing
waits and no timing decides.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp.test_utils import unused_port

from mockflow.cli import main
from mockflow.loading.load import load_text
from mockflow.loading.yaml12 import read
from tests.support.paths import ROOT, SCENARIOS
from tests.support.processes import PATIENCE_SECONDS, environment, run_pytest, serving, with_command

README: Final = (ROOT / "README.md").read_text("utf-8")
ADDRESS: Final = "127.0.0.1:9200"
URL: Final = f"http://{ADDRESS}"


@dataclass(frozen=True)
class Block:
    """One code block: its kind, the name of the file that it stands for (if any), its text and its line."""

    kind: str
    file: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.kind or 'nothing'}-{self.line}"


def blocks_of(text: str) -> list[Block]:
    found = []
    for match in re.finditer(r"^```([^\n`]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        words = match[1].split()
        files = [word for word in words if "." in word]
        kind = " ".join(word for word in words if word not in files)
        found.append(Block(kind, "".join(files), match[2], text.count("\n", 0, match.start()) + 1))
    return found


BLOCKS: Final = blocks_of(README)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a reader stands: the shipped scenarios, and the files that the README has them save."""
    (tmp_path / "scenarios").symlink_to(SCENARIOS)
    for block in BLOCKS:
        if block.file:
            (tmp_path / block.file).write_text(block.text, "utf-8")
    return tmp_path


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_block(block: Block, folder: Path) -> None:
    assert block.kind in KINDS, f"line {block.line}: nobody knows how to test {block.kind or 'a block without a kind'}"
    KINDS[block.kind](block, folder)


def test_no_block_is_overlooked() -> None:
    assert README.count("```") == 2 * len(BLOCKS)
    assert {block.kind for block in BLOCKS} == KINDS.keys()


@pytest.mark.parametrize("kind", ["ruby", "", "yaml"])
def test_a_block_of_an_unknown_kind_fails(kind: str, folder: Path) -> None:
    [block] = blocks_of(f"Text.\n\n```{kind}\nputs 1\n```\n")
    with pytest.raises(AssertionError, match="line 3: nobody knows how to test"):
        test_block(block, folder)


# -- the rest of the page ----------------------------------------------------------------------------


def test_every_shipped_scenario_is_in_the_table() -> None:
    shipped = {file.stem for file in (SCENARIOS).glob("*.yaml")}
    assert set(re.findall(r"^\| \[([\w-]+)\]\(scenarios/\1\.yaml\) \|", README, re.MULTILINE)) == shipped


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README))))
def test_what_it_links_to_is_there(target: str) -> None:
    assert (ROOT / target).exists()


def test_every_call_of_the_owners_door_is_named() -> None:
    with serving("serve", "--port", "0", "--quiet") as url:
        described = json.loads(output_of(["curl", "--silent", f"{url}/_mockflow/openapi.json"]))
    named = {path.split("?")[0] for path in re.findall(r"/_mockflow/[\w/.{}?=]+", README)}
    real = {re.sub(r"\{workflow_id\}", "{id}", path) for path in described["paths"]}
    assert real - {"/_mockflow"} <= named


# -- sessions ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A command of a session and what the README shows after it."""

    command: str
    output: str


def steps_of(session: str) -> list[Step]:
    _, *parts = re.split(r"^\$ ", session, flags=re.MULTILINE)
    return [Step(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def play(block: Block, folder: Path) -> None:
    """Types the commands into a shell and compares what comes with what the README shows."""
    need("bash", "curl")
    steps = steps_of(block.text)
    port = unused_port()
    address = f"127.0.0.1:{port}"
    script = _PRELUDE + "".join(f"printf '\\036'\n{_typed(step.command)}\n" for step in steps)
    clock = {} if re.search("--auto|--frozen|--speed", block.text) else {"MOCKFLOW_FROZEN": "1"}
    # A file, not a pipe: a server in the background would hold a pipe open.
    answers = folder / "answers"
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
            **with_command(programs, MOCKFLOW_PORT=str(port), **clock),
        )
    _, *outputs = answers.read_text("utf-8").replace(address, ADDRESS).split("\036")
    assert [Step(step.command, output.rstrip()) for step, output in zip(steps, outputs, strict=True)] == [
        Step(step.command, step.output.rstrip()) for step in steps
    ]


def _typed(command: str) -> str:
    """The command; one in the background is waited for until it has said something."""
    if not command.endswith("&"):
        return command
    return f"{command.removesuffix('&')} > said 2>&1 & until [ -s said ]; do command sleep 0.02; done; cat said"


# `sleep 2` is told to the clock. At the end everything in the background ends.
_PRELUDE: Final = f"""\
trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT
sleep() {{ curl --silent --output /dev/null --data "{{\\"advance\\": \\"$1s\\"}}" {URL}/_mockflow/clock; }}
"""


# -- programs ----------------------------------------------------------------------------------------


def run_python(block: Block, folder: Path) -> None:
    """Runs the program against a server of the shipped scenarios; sleeping takes no time."""
    with serving("serve", "scenarios", "--auto", "--quiet", "--port", "0") as url:
        program = "import time\ntime.sleep = lambda seconds: None\n" + block.text.replace(URL, url)
        output_of([sys.executable, "-W", "error", "-c", program.replace("asyncio.sleep(1)", "asyncio.sleep(0)")])


def run_python_test(block: Block, folder: Path) -> None:
    (folder / "test_example.py").write_text(block.text, "utf-8")
    done = run_pytest(folder, "-q", "--asyncio-mode=auto", "test_example.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed in", done.stdout, re.MULTILINE)


def check_javascript(block: Block, folder: Path) -> None:
    need("node")
    (folder / "example.mjs").write_text(block.text, "utf-8")
    output_of(["node", "--check", "example.mjs"], folder)


def check_shell(block: Block, folder: Path) -> None:
    need("bash")
    output_of(["bash", "-n", "-c", block.text])
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for command in block.text.splitlines():
        words = shlex.split(command, comments=True)
        assert words[0] in ("make", "docker", "mockflow")
        check_command(words)
        assert words[0] != "make" or words[1] in targets


# -- YAML --------------------------------------------------------------------------------------------


def check_scenario(block: Block, folder: Path) -> None:
    loading = load_text(block.text, f"README.md, line {block.line}")
    assert [str(problem) for problem in loading.problems] == []
    assert len(loading.scenarios) == 1


def yaml_of(block: Block) -> Any:
    [document], problems = read(block.text, f"README.md, line {block.line}")
    assert problems == []
    return document.value


def check_compose(block: Block, folder: Path) -> None:
    services = yaml_of(block)["services"]
    assert services["consumer"]["depends_on"] == {"opensearch": {"condition": "service_healthy"}}
    check_variables(services["opensearch"]["environment"])


def check_actions(block: Block, folder: Path) -> None:
    workflow = yaml_of(block)
    assert workflow.keys() == {"on", "jobs"}
    for job in workflow["jobs"].values():
        for service in job.get("services", {}).values():
            check_variables(service["env"])
        for step in job["steps"]:
            assert len(step.keys() & {"run", "uses"}) == 1
            check_command(shlex.split(step.get("run", "").removesuffix("&")))


def check_command(words: list[str]) -> None:
    """Parses a command of mockflow's, without running it."""
    if words[:1] == ["mockflow"]:
        main.load(words[1]).make_context(words[1], words[2:], **main.context_settings)


def check_variables(variables: dict[str, str]) -> None:
    known = {f"MOCKFLOW_{parameter.name}".upper() for parameter in main.load("serve").params}
    assert variables.keys() <= known


# -- helpers -----------------------------------------------------------------------------------------


def need(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")


def output_of(command: list[str], folder: Path = ROOT) -> str:
    """What a command prints; it has to succeed."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**environment(), "PYTHONPATH": os.fspath(ROOT)},
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


KINDS: Final[dict[str, Callable[[Block, Path], None]]] = {
    "console": play,
    "sh": check_shell,
    "python": run_python,
    "python test": run_python_test,
    "js": check_javascript,
    "yaml scenario": check_scenario,
    "yaml compose": check_compose,
    "yaml actions": check_actions,
}
