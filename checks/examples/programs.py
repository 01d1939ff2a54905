"""Which examples there are, what each needs, and how its tests are run."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.paths import ROOT
from tests.support.processes import environment

EXAMPLES: Final = ROOT / "examples"
FETCH_SECONDS: Final = 600
TEST_SECONDS: Final = 600

# What npm, Maven and Go print where a registry does not answer, or does not have what is asked for.
_UNREACHABLE: Final = re.compile(
    r"^.*(?:npm (?:ERR!|error) code (?:E40\d|E5\d\d|EAI_AGAIN|ECONN\w+|ENET\w+|ENOTFOUND|ETIMEDOUT)"
    r"|Could not transfer artifact|was not found in \S+ during a previous attempt"
    r"|dial tcp|no such host|i/o timeout|module lookup disabled|toolchain not available).*$",
    re.MULTILINE,
)


class MissingError(Exception):
    """The example cannot be tested here; the message says why."""


@dataclass(frozen=True)
class Tool:
    """A program that must be installed; `version` finds the number in what it prints that has to be `least` or more."""

    name: str
    command: tuple[str, ...] = ()
    version: str = ""
    least: int = 0


@dataclass(frozen=True)
class Example:
    """An example: `fetch` gets its packages, `test` runs its tests; both in its folder."""

    folder: str
    test: tuple[str, ...]
    tools: tuple[Tool, ...] = ()
    fetch: tuple[str, ...] = ()


_MAVEN: Final = ("mvn", "--batch-mode", "--quiet")
ALL: Final = (
    Example("python", test=(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", ".")),
    Example(
        "typescript",
        tools=(Tool("node", ("node", "--version"), r"v(\d+)", 20), Tool("npm")),
        fetch=("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"),
        test=("npm", "test"),
    ),
    Example(
        "java",
        tools=(Tool("mvn", ("mvn", "--batch-mode", "--version"), r"Java version: (\d+)", 17),),
        # Compiles all, and selects no test: so the packages that run the tests are there, too.
        fetch=(*_MAVEN, "test", "-Dtest=None", "-Dsurefire.failIfNoSpecifiedTests=false"),
        test=(*_MAVEN, "--offline", "test"),
    ),
    Example("go", tools=(Tool("go"),), fetch=("go", "mod", "download"), test=("go", "test", "-count=1", "./...")),
    Example("curl", tools=(Tool("bash"), Tool("curl"), Tool("jq")), test=("bash", "test_deploy.sh")),
)


def play(
    example: Example,
    *,
    folder: Path = EXAMPLES,
    fetch_seconds: float = FETCH_SECONDS,
    test_seconds: float = TEST_SECONDS,
) -> str:
    """What the tests of an example print.

    Raises MissingError where a tool or the registry is missing, and AssertionError for whatever else does not succeed:
    packages that do not fit together, a program that does not compile, a test that fails or takes too long.
    """
    home, variables = folder / example.folder, environment()
    for tool in example.tools:
        _require(tool, variables)
    if example.fetch:
        try:
            _run(example.fetch, home, variables, fetch_seconds)
        except subprocess.TimeoutExpired:
            raise MissingError(f"{' '.join(example.fetch)}: not done after {fetch_seconds:g} s") from None
        except AssertionError as error:
            if reason := _UNREACHABLE.search(str(error).partition("\n")[2]):
                raise MissingError(f"the registry cannot be reached: {reason[0].strip()}") from None
            raise
    try:
        return _run(example.test, home, variables, test_seconds)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"{' '.join(example.test)}: not done after {test_seconds:g} s") from None


def _require(tool: Tool, variables: Mapping[str, str]) -> None:
    if not shutil.which(tool.name, path=variables["PATH"]):
        raise MissingError(f"{tool.name} is not installed")
    if tool.command:
        try:
            printed = _run(tool.command, ROOT, variables, 60)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            raise MissingError(f"{tool.name} does not run: {error}") from None
        found = re.search(tool.version, printed)
        if not found or int(found[1]) < tool.least:
            raise MissingError(f"{tool.name} is too old: version {found[1] if found else 'unknown'}, not {tool.least}")


def _run(command: tuple[str, ...], folder: Path, variables: Mapping[str, str], seconds: float) -> str:
    """What it prints; AssertionError for another exit code than 0. At a time-out all that it has started ends."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        printed, _ = process.communicate(timeout=seconds)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    assert process.returncode == 0, f"{' '.join(command)}: exit code {process.returncode}\n{printed[-6000:]}"
    return printed
