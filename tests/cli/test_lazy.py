"""Commands are imported when they are called: what runs often imports little."""

import gc
import os
import subprocess
import sys
from typing import Final

import click
import pytest

from mockflow.cli import COMMANDS, main
from mockflow.cli.quick_import import quick_import
from tests.support.paths import ROOT
from tests.support.processes import environment

LARGE: Final = {"aiohttp", "pydantic", "rich", "yaml", "asyncio", "ssl", "http.client", "pathlib", "decimal"}
PROGRAM: Final = """
import socket, sys
from mockflow.cli import main
with socket.socket() as closed:
    closed.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{closed.getsockname()[1]}"
for arguments in (["--version"], ["--help"], ["wait", url, "--timeout", "0s"], ["completion", "bash"]):
    try:
        main(arguments)
    except SystemExit:
        pass
    print("loaded:", *sorted(LARGE & sys.modules.keys()))
for command in ("serve", "check", "load"):
    try:
        main([command, "--help"])
    except SystemExit:
        pass
print("loaded:", *sorted({"aiohttp", "pydantic", "rich"} & sys.modules.keys()))
"""


def test_what_runs_often_imports_little() -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"LARGE = {LARGE!r}\n{PROGRAM}"],
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Connection refused" in done.stderr
    loaded = [line for line in done.stdout.splitlines() if line.startswith("loaded:")]
    assert loaded == ["loaded:"] * 5, done.stdout
    assert done.returncode == 0


def test_a_quick_import_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/of/the/user.pem")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    before = dict(os.environ)
    with quick_import():
        assert not gc.isenabled()
        assert os.environ["SSL_CERT_FILE"] == os.environ["SSL_CERT_DIR"] == os.devnull
    assert gc.isenabled()
    assert dict(os.environ) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_the_catalog_says_what_the_command_says(name: str) -> None:
    command = main.load(name)
    assert command.name == name
    assert COMMANDS[name][1] == command.get_short_help_str(100)


def test_the_help_lists_them_in_order() -> None:
    assert main.list_commands(click.Context(main)) == sorted(COMMANDS)


def test_an_unknown_command() -> None:
    with pytest.raises(click.UsageError, match="No such command 'nope'"):
        main.main(["nope"], standalone_mode=False)
