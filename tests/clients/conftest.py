"""One real server process for the clients of this room; each test begins with a new world, its clock in auto."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

Reset = Callable[..., None]


@pytest.fixture(scope="session")
def process() -> Iterator[str]:
    """The URL of `mockflow serve`."""
    command = [sys.executable, "-m", "mockflow", "serve", "--port", "0", "--auto", "--quiet"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOCKFLOW_")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout
        ready = server.stdout.readline()
        assert ready.startswith("mockflow ready at http://"), ready
        yield ready.split()[-1]
        server.terminate()


@pytest.fixture(scope="session")
def reset(process: str) -> Reset:
    """Begins a new world, with other settings perhaps."""

    def begin(**settings: Any) -> None:
        body = json.dumps(settings).encode()
        with urlopen(Request(f"{process}/_mockflow/reset", body, method="POST")) as response:
            assert response.status == 200

    return begin


@pytest.fixture
def url(process: str, reset: Reset) -> str:
    """The URL of a server with nothing in it."""
    reset()
    return process
