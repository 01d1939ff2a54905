"""How the Python API reaches a fake cluster: in this process, or over HTTP. The commands are the same."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar

from mockflow.cluster import Cluster
from mockflow.handle.errors import MockFlowError, NeverComesError, ScenarioError
from mockflow.server import control
from mockflow.server.control_call import PREFIX
from mockflow.server.http import Request

_SECONDS: Final = 30.0
T = TypeVar("T")


class Transport(Protocol):
    """Carries one command to the owner's door, `path` being what follows /_mockflow, and brings its JSON."""

    def ask(self, method: str, path: str, body: object = None) -> Any: ...


class Local:
    """A cluster whose event loop runs in this process, be it in this thread or another."""

    def __init__(self, cluster: Cluster, loop: asyncio.AbstractEventLoop) -> None:
        self.cluster = cluster
        self._loop = loop

    def ask(self, method: str, path: str, body: object = None) -> Any:
        request = Request(method, PREFIX + path, {}, _encoded(body))
        response = run_in(self._loop, lambda: control.answer(self.cluster, request))
        return _decoded(response.status, response.body)


class Remote:
    """A server that is up already, at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def ask(self, method: str, path: str, body: object = None) -> Any:
        url = self.url + PREFIX + path
        request = urllib.request.Request(url, data=_encoded(body) or None, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as response:
                return _decoded(response.status, response.read())
        except urllib.error.HTTPError as error:
            return _decoded(error.code, error.read())
        except OSError as error:
            raise MockFlowError(f"no mockflow at {self.url}: {getattr(error, 'reason', error)}") from None


def run_in(loop: asyncio.AbstractEventLoop, call: Callable[[], T]) -> T:
    """Calls in the loop's thread, and waits for the result where that is another one."""
    try:
        if asyncio.get_running_loop() is loop:
            return call()
    except RuntimeError:
        pass

    async def called() -> T:
        return call()

    return asyncio.run_coroutine_threadsafe(called(), loop).result(_SECONDS)


def _encoded(body: object) -> bytes:
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _decoded(status: int, body: bytes) -> Any:
    try:
        answer = json.loads(body)
    except ValueError:
        raise MockFlowError(f"the server answered {status}; is it mockflow?", status=status) from None
    if status < 400:
        return answer
    error = answer.get("error", {}) if isinstance(answer, dict) else {}
    if not isinstance(error, dict) or "message" not in error:
        raise MockFlowError(f"the server answered {status}; is it mockflow?", status=status)
    problems = error.get("problems") or ()
    kind = NeverComesError if status == 409 else MockFlowError
    if any(isinstance(problem, dict) and "line" in problem for problem in problems):
        kind = ScenarioError
    raise kind(error["message"], status=status, problems=problems)
