"""How the Python API reaches a fake cluster: in this process or over HTTP."""

import asyncio
import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import TimeoutError as TooLateError
from http.client import HTTPException
from typing import Any, Final, NoReturn, Protocol

from mockflow.cluster import Cluster
from mockflow.core.base.plain_text import SENDABLE, is_sendable
from mockflow.handle import used
from mockflow.handle.errors import ExpectationError, MockFlowError, NeverComesError, ScenarioError
from mockflow.handle.loop_thread import FORKED
from mockflow.handle.redirects import NoRedirects
from mockflow.loading.regular_files import require_regular
from mockflow.server.control.paths import PREFIX
from mockflow.server.http.messages import Request, Response

_SECONDS: Final = 30.0


class Transport(Protocol):
    """Sends commands to the control API."""

    @property
    def url(self) -> str:
        """The cluster's URL for clients. Raises MockFlowError if it was not started."""

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of the response to a command. `path` is the part after /_mockflow.

        Raises MockFlowError if the command is refused or there is no response.
        """

    def read(self, path: str) -> Any:
        """As `ask` with GET, of a cluster that has stopped too, and without counting as a use of it."""

    def count(self) -> used.Count | None:
        """Of a cluster in this process: its world, and how many requests that has received."""


class NotCopied:
    """What cannot be copied: it belongs to a server and a process."""

    def __reduce_ex__(self, _: object) -> NoReturn:
        """Raises MockFlowError. All ways to copy and to pickle come here."""
        raise MockFlowError(
            "a handle cannot be copied or pickled; MockFlow.connect(url) makes another one for the same server, "
            "in any process"
        )


class Local(NotCopied):
    """A cluster in this process, served by an event loop of this thread or another."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._loop: asyncio.AbstractEventLoop | None = None
        self._url = ""
        self._process = os.getpid()
        self.why_not = "this MockFlow was not started; use it in a with statement: with MockFlow(...) as cluster"
        """Why it serves nothing, while it does not."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether this process is a fork of the one that serves the cluster."""
        return os.getpid() != self._process

    @property
    def serves(self) -> bool:
        return self._loop is not None

    @property
    def url(self) -> str:
        if not self._url:
            raise MockFlowError(self.why_not)
        return self._url

    def begin(self, url: str) -> None:
        """From now on the running loop serves the cluster at `url`."""
        self._url, self._loop, self._process = url, asyncio.get_running_loop(), os.getpid()
        used.begins(self)

    def end(self) -> None:
        """From now on every command is refused."""
        if self._loop is not None:
            used.ends(self)
        self._loop = None
        self.why_not = "this MockFlow has stopped; use it within its with statement, or make a new one"

    def ask(self, method: str, path: str, body: object = None) -> Any:
        used.asked(self)
        request = Request(method, PREFIX + path, {}, _encoded(body))
        response = self._in_loop(lambda: _answer(self._cluster, request))
        return _decoded(path, response.status, response.body)

    def read(self, path: str) -> Any:
        request = Request("GET", PREFIX + path, {})
        in_loop = self._in_loop if self.serves else _directly
        response = in_loop(lambda: _answer(self._cluster, request))
        return _decoded(path, response.status, response.body)

    def count(self) -> used.Count:
        return self._cluster.world, self._cluster.world.journal.counted

    def _in_loop(self, call: Callable[[], Any]) -> Any:
        if self._loop is None:
            raise MockFlowError(self.why_not)
        if self.is_elsewhere:
            raise MockFlowError(FORKED)
        if not self._loop.is_running() or self._loop is _running_loop():
            return call()

        async def called() -> Any:
            return call()

        future = asyncio.run_coroutine_threadsafe(called(), self._loop)
        try:
            return future.result(_SECONDS)
        except TooLateError:
            future.cancel()
            raise MockFlowError(
                f"the event loop that serves the cluster was blocked for {_SECONDS:.0f} s; for synchronous code use "
                "with instead of async with, which serves in a separate thread"
            ) from None


class Remote(NotCopied):
    """A server that runs already, at `url`."""

    def __init__(self, url: str, *, token: str | None = None, ca: str | None = None) -> None:
        self._url = url.rstrip("/")
        token = token or os.environ.get("MOCKFLOW_CONTROL_TOKEN")
        if token and not is_sendable(token):
            raise MockFlowError(f"a control token {SENDABLE}")
        self._headers = {"Authorization": _in_header(f"Bearer {token}")} if token else {}
        self._opener = _opener(self._url, ca or os.environ.get("MOCKFLOW_CA"))

    @property
    def url(self) -> str:
        return self._url

    def ask(self, method: str, path: str, body: object = None) -> Any:
        used.asked(self)
        return self._ask(method, path, body)

    def read(self, path: str) -> Any:
        return self._ask("GET", path)

    def count(self) -> None:
        return None

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        try:
            url, data = self._url + PREFIX + path, _encoded(body) or None
            request = urllib.request.Request(url, data, self._headers, method=method)
            with self._opener.open(request, timeout=_SECONDS) as response:
                return _decoded(path, response.status, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return _decoded(path, error.code, error.read())
        except (OSError, ValueError, HTTPException) as error:
            raise MockFlowError(f"no mockflow at {self._url}: {getattr(error, 'reason', error)}") from None


def _answer(cluster: Cluster, request: Request) -> Response:
    from mockflow.server.control.answer import answer  # on first use

    return answer(cluster, request)


def _directly(call: Callable[[], Any]) -> Any:
    return call()


def _opener(url: str, ca: str | None) -> urllib.request.OpenerDirector:
    """Opens URLs directly: HTTP proxies of the environment do not apply to a test's server."""
    direct = urllib.request.ProxyHandler({})
    if not url.startswith("https:"):
        return urllib.request.build_opener(direct, NoRedirects())
    try:
        if ca:
            require_regular(ca)
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ValueError) as error:
        raise MockFlowError(f"{ca} is not a CA in PEM: {error}") from None
    return urllib.request.build_opener(direct, NoRedirects(), urllib.request.HTTPSHandler(context=context))


def _in_header(text: str) -> str:
    """Text as http.client sends it in UTF-8."""
    return text.encode().decode("latin-1")


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _encoded(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    try:
        return json.dumps(body).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise MockFlowError(f"the values of a command are JSON: {error}") from None


def _decoded(path: str, status: int, body: bytes) -> Any:
    try:
        answer = json.loads(body)
        if status < 400:
            return answer
        message, problems, story = (answer["error"].get(name) for name in ("message", "problems", "story"))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise MockFlowError(f"the server answered {status}; is it mockflow?", status=status) from None
    error = _kind(path, status)(str(message), status=status, problems=problems or ())
    if isinstance(error, ExpectationError):
        error.story = str(story)
    raise error


def _kind(path: str, status: int) -> type[MockFlowError]:
    if path.startswith("/scenarios?"):
        return ScenarioError
    return _KINDS.get(status, MockFlowError)


_KINDS: Final = {409: NeverComesError, 422: ExpectationError}
