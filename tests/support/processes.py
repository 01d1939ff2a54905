"""The command `mockflow` as a process of its own."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from _pytest.config import default_plugins

from tests.support.forked import Forked, ForkServer
from tests.support.paths import ROOT

MOCKFLOW: Final = (sys.executable, "-m", "mockflow")
PATIENCE_SECONDS: Final = 60  # after which something hangs
_CAN_FORK: Final = sys.platform == "linux"
_COMMAND_IMPORTS: Final = (
    "mockflow.cli.serve",
    "mockflow.cli.serving",
    "mockflow.cli.show",
    "mockflow.server.serving",
    "opensearchpy",
    "trustme",
    "watchfiles",
)
_PLUGINS: Final = (
    *(f"_pytest.{plugin}" for plugin in default_plugins),
    "_hypothesis_pytestplugin",
    "anyio._backends._asyncio",
    "anyio.pytest_plugin",
    "pytest_asyncio.plugin",
    "pytest_aiohttp.plugin",
    "xdist.looponfail",
    "xdist.plugin",
)
_PYTEST_IMPORTS: Final = (
    "mockflow.testing.worlds",
    "mockflow.testing.stories",
    "mockflow.server.serving",
    "opensearchpy",
    "pytest",
    *_PLUGINS,
    "execnet.multi",
    "hypothesis",
    "unittest",
)
_WITHOUT: Final = ("-p", "no:schemathesis", "-p", "no:cacheprovider")
_IMPORTED_BEFORE: Final = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
_COMMANDS: Final = ForkServer("mockflow", *_COMMAND_IMPORTS)
_PYTESTS: Final = ForkServer("pytest", *_PYTEST_IMPORTS)

Process = subprocess.Popen[str] | Forked


def environment(variables: Mapping[str, str] | None = None, /, **more: str) -> dict[str, str]:
    """The environment with the command `mockflow` in its PATH, and with these variables of mockflow's, no others.

    Processes may write compiled modules, whatever the environment says: each one would compile the package again.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOCKFLOW_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    scripts = str(Path(sys.executable).parent)
    return {**kept, "PATH": f"{scripts}{os.pathsep}{kept.get('PATH', '')}", **(variables or {}), **more}


def start(*arguments: str | Path, env: Mapping[str, str] | None = None, **options: Any) -> Process:
    """Starts `mockflow` with these arguments; `options` are cwd, stdin, stdout and stderr, the latter two are pipes.

    `env` are all the variables of the process, `environment()` by default.
    """
    words = list(map(str, arguments))
    variables = environment() if env is None else env
    if _CAN_FORK:
        return Forked(_COMMANDS, words, env=variables, **options)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*MOCKFLOW, *words], text=True, encoding="utf-8", env=variables, **{**pipes, **options})


def run(*arguments: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The whole run of a command that ends by itself; `env` is added to `environment()`."""
    return _ended(start(*arguments, env=environment(env)))


def with_command(folder: Path, *, pytests: bool = False, **variables: str) -> dict[str, Any]:
    """Options for `subprocess.run`: these variables besides `environment()`, and a `mockflow` in the PATH that forks.

    The command is written into this folder; with `pytests` a `pytest` that forks, too.
    """
    given = environment(variables)
    if not _CAN_FORK:
        return {"env": given}
    channels = [_COMMANDS.write_program(folder / "mockflow")]
    if pytests:
        channels.append(_PYTESTS.write_program(folder / "pytest"))
        given["PYTEST_ADDOPTS"] = " ".join((*_WITHOUT, *_IMPORTED_BEFORE))
    return {"env": {**given, "PATH": f"{folder}{os.pathsep}{given['PATH']}"}, "pass_fds": tuple(channels)}


def run_pytest(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs ``python -m pytest`` in a folder; what it prints is for no terminal.

    Plugins are imported before; that their assertions are not rewritten is no warning.
    """
    words = [*arguments, *_WITHOUT]
    variables = {"PYTHONPATH": str(ROOT), **(environment() if env is None else env)}
    if _CAN_FORK:
        words += _IMPORTED_BEFORE
        return _ended(Forked(_PYTESTS, words, env=variables, cwd=folder))
    command = [sys.executable, "-m", "pytest", *words]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=variables,
        cwd=folder,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def _ended(process: Process) -> subprocess.CompletedProcess[str]:
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.wait(), stdout, stderr)


@contextmanager
def serving(
    *arguments: str,
    command: Sequence[str] | None = None,
    variables: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> Iterator[str]:
    """`mockflow serve` with these arguments; yields its URL once it says that it is ready.

    `command` takes the place of `mockflow` in a process that is not forked.
    """
    options: dict[str, Any] = {"stdout": subprocess.PIPE, "env": environment(variables), "cwd": folder}
    with tempfile.TemporaryFile("w+") as log:
        process: Process
        if command is None:
            process = start(*arguments, stderr=log, **options)
        else:
            process = subprocess.Popen([*command, *arguments], stderr=log, text=True, **options)
        try:
            assert process.stdout
            ready = re.fullmatch(r"mockflow ready at (\S+)\n", process.stdout.readline())
            if not ready:
                log.seek(0)
                raise AssertionError(f"{command or MOCKFLOW} did not become ready: {log.read()}")
            yield ready[1]
        finally:
            process.terminate()
            process.communicate()
