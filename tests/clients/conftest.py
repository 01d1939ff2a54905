"""One real server process for the clients of this room; each test begins with a new world, its clock in auto."""

import json
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.support.processes import serving

Reset = Callable[..., None]


@pytest.fixture(scope="session")
def process() -> Iterator[str]:
    """The URL of `mockflow serve`."""
    with serving("serve", "--port", "0", "--auto", "--quiet") as url:
        yield url


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


class Door:
    """The control API of a server process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.label = ""
        """Of the fault that was added last."""

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON; a `body` that is no text is sent as JSON."""
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.url}/_mockflow{path}", data, method=method)) as response:
            return json.load(response)

    def load(self, scenario: str) -> list[dict[str, Any]]:
        """Loads scenarios; returns what the door says of them."""
        return list(self.ask("PUT", "/scenarios", scenario)["loaded"])

    def fail(self, **fault: Any) -> None:
        """Adds a fault, as in a scenario."""
        self.label = self.ask("POST", "/faults", fault)["fault"]

    def journal(self, at_least: int = 0) -> list[dict[str, Any]]:
        """What clients asked; waits for so many, for a client may be faster than the end of what it has left."""
        found = self._until(lambda: self.ask("GET", "/journal")["exchanges"], lambda found: len(found) >= at_least)
        return list(found)

    def wait_until_open(self) -> None:
        """Returns once the port takes connections."""
        self._until(self._clock, bool)

    def _clock(self) -> Any:
        try:
            return self.ask("GET", "/clock")
        except URLError:
            return None

    @staticmethod
    def _until(look: Callable[[], Any], is_there: Callable[[Any], bool]) -> Any:
        end = monotonic() + 20
        while not is_there(found := look()):
            assert monotonic() < end, found
            sleep(0.01)
        return found


@pytest.fixture
def door(url: str) -> Door:
    """The control API of the server that has nothing in it."""
    return Door(url)
