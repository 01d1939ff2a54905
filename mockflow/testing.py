"""The implementation of the pytest fixtures: one server for each process, one world for each test."""

import ctypes
import functools
import inspect
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from mockflow.core.base.plain_text import plain
from mockflow.core.opensearch.security import parse_user
from mockflow.handle.builder import Scenario
from mockflow.handle.clock import milliseconds
from mockflow.handle.cluster import Source
from mockflow.handle.errors import MockFlowError
from mockflow.handle.loop_thread import LoopThread
from mockflow.handle.mockflow import MockFlow
from mockflow.loading.shipped import MARK, is_shipped
from mockflow.server.serving import SwitchableServer

Known = Mapping[str, tuple[Callable[[Any], Any], str]]
"""The settings of markers and the ini file: name -> type and help text."""


@dataclass(frozen=True)
class Setup:
    """The settings of one test: scenarios, and keyword arguments of `MockFlow`."""

    sources: tuple[Source, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    strict: bool = False


class Session:
    """The server of this process. Its `url` is the same in the whole session; each test has its own `mockflow.url`.

    Each world has its own port, which no earlier world had. So a request of a thread that an earlier test left running
    never reaches the next test. The session's `url` serves the world of the running test, for programs that are
    configured once.
    """

    def __init__(self) -> None:
        self._thread = LoopThread().start()
        self._server = SwitchableServer()
        self._ports: set[int] = set()
        self.url = self._thread.run(self._server.start())

    def begin(self, setup: Setup) -> "World":
        """Starts a new world; the caller ends it with `end`."""
        return self._thread.run(self._begin(setup))

    def end(self, world: "World") -> None:
        self._thread.run(self._end(world))

    def stop(self) -> None:
        self._thread.run(self._server.stop())
        self._thread.stop()

    async def _begin(self, setup: Setup) -> "World":
        handle = await _started(setup)
        taken = []  # stay open until a new port is found: the system may return a closed port again
        while handle.port in self._ports and len(self._ports) < _PORTS:
            taken.append(handle)
            handle = await _started(setup)
        for other in taken:
            await other.stop()
        self._ports.add(handle.port)
        self._server.switch_to(handle.cluster)
        world = World(handle, setup.strict)
        handle.cluster.on_cut_off = world.interrupter.cut_off
        return world

    async def _end(self, world: "World") -> None:
        self._server.switch_to(None)
        await world.handle.stop()


class RemoteSession:
    """A server that runs already. It has one world, which is reset for each test."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._handle = MockFlow.connect(self.url)

    def begin(self, setup: Setup) -> "World":
        """Resets the world. It has only the test's scenarios, not those that the server was started with."""
        handle = self._handle
        settings = {"clock": "auto", "max_polls": 1000, **setup.settings}
        body_files = settings.pop("body_files", ())
        if "step_time" in settings:
            settings["step_time"] = milliseconds(settings["step_time"])
        for scenario in handle.scenarios():
            handle.remove(scenario)
        names = {"clock": "mode", "version": "opensearch_version"}
        handle.reset(keep=["scenarios"], **{names.get(name, name): value for name, value in settings.items()})
        handle.load(*setup.sources, body_files=body_files)
        return World(handle, setup.strict)

    def end(self, world: "World") -> None:
        """Does nothing: the next test resets the world."""

    def stop(self) -> None:
        """Resets the server to its state at the start."""
        try:
            self._handle.reset()
        except MockFlowError:
            pass  # the server is gone, which the tests have reported


class World:
    """The cluster of one test, and what its report says about it."""

    def __init__(self, handle: Any, strict: bool) -> None:
        self.handle = handle
        self.strict = strict
        self.interrupter = Interrupter()
        self.login: tuple[str, str] | None = None
        """Name and password of the first user, if there are users."""

    def verify(self) -> None:
        """Fails the test if a client polled without end, or if it is strict and parts of its scripts were not seen."""
        __tracebackhide__ = True
        if reason := self.handle.stuck:
            pytest.fail(f"a client polls without end: {reason}", pytrace=False)
        if self.strict:
            try:
                self.handle.coverage().assert_complete()
            except AssertionError as error:
                unseen = str(error)
            else:
                return
            pytest.fail(f"strict: {unseen}", pytrace=False)  # outside of except: pytest prints an error's context

    def story(self) -> str:
        """The story for a failed test's report, or the reason why there is none."""
        try:
            reason = self.handle.stuck
            return (f"a client polls without end: {reason}\n\n" if reason else "") + str(self.handle.journal.story())
        except MockFlowError as error:
            return f"(no story: {error})"

    def not_served(self) -> list[tuple[str, int, str]]:
        """The requests that OpenSearch has and mockflow does not serve: description, calls, and a stub for them."""
        try:
            return [(str(kind), kind.calls, kind.stub) for kind in self.handle.coverage().not_served]
        except MockFlowError:
            return []

    def coverage(self) -> list[tuple[str, str, bool]]:
        """The scripted parts: scenario, description, and whether it was seen."""
        try:
            return [(plain(part.scenario), str(part), part.seen) for part in self.handle.coverage().parts]
        except MockFlowError:
            return []


class EndlessPolling(pytest.fail.Exception):  # type: ignore[name-defined, misc]
    """Not an Exception, so that a program that catches all exceptions cannot swallow it."""

    def __init__(self) -> None:
        super().__init__("a client keeps polling although its connection is closed; the test was interrupted")


class Interrupter:
    """Ends a test whose client keeps polling although its connection is closed each time.

    It raises EndlessPolling in the thread of the test. It does so only between `enable` and `disable`, while pytest
    attributes the exception to the test.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._times = 0

    def enable(self) -> None:
        with self._lock:
            self._thread = threading.get_ident()

    def disable(self) -> None:
        with self._lock:
            self._thread = None

    def cut_off(self) -> None:
        """Called when the connection of an endlessly polling client was closed."""
        with self._lock:
            self._times += 1
            if self._times > _CUTS and self._thread is not None:
                exception = ctypes.py_object(EndlessPolling)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), exception)


async def _started(setup: Setup) -> MockFlow:
    handle = MockFlow(*setup.sources, **setup.settings)
    await handle.start()
    return handle


_PORTS: Final = 10_000  # the most ports that are remembered as used; a system has more
_CUTS: Final = 25  # a client may retry this often before it gives up


# -- options, ini file and markers -------------------------------------------------------------------


def start_session(config: pytest.Config) -> Session | RemoteSession:
    """The server that the options select."""
    urls = config.getoption("--mockflow-url")
    if not urls:
        return Session()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    number = int(worker.removeprefix("gw"))
    if number >= len(urls):  # the worker replaces one that crashed
        pytest.fail(f"--mockflow-url: worker {worker} has none of the {len(urls)} servers", pytrace=False)
    return RemoteSession(urls[number])


def begin_world(request: pytest.FixtureRequest, session: Session | RemoteSession, known: Known) -> World:
    """The world with the test's settings. Wrong settings fail the test, without a traceback of mockflow."""
    __tracebackhide__ = True
    try:
        setup = setup_of(request, known)
        world = session.begin(setup)
        for user in map(parse_user, setup.settings.get("users", ())[:1]):
            world.login = (user.name, user.password)
        return world
    except (MockFlowError, ValueError, TypeError) as error:
        reason = str(error)
    pytest.fail(f"mockflow: {reason}", pytrace=False)  # outside of except: pytest prints an error's context


def setup_of(request: pytest.FixtureRequest, known: Known) -> Setup:
    """The settings of ini options and the test's markers. The nearest marker wins; scenarios of all are loaded."""
    config = request.config
    settings = _defaults(config, known)
    sources: list[Source] = [
        path if is_shipped(path) else str(config.rootpath / path) for path in config.getini("mockflow_scenarios")
    ]
    for marker in reversed(list(request.node.iter_markers("mockflow"))):
        if unknown := sorted(marker.kwargs.keys() - known.keys()):
            raise ValueError(f"unknown keyword {', '.join(unknown)}; the marker takes {', '.join(known)}")
        settings |= marker.kwargs
        sources += [_located(source, request) for source in marker.args]
    strict = bool(settings.pop("strict", False))
    settings["body_files"] = [config.rootpath / folder for folder in settings.get("body_files", ())]
    return Setup(tuple(sources), settings, strict)


def _defaults(config: pytest.Config, known: Known) -> dict[str, Any]:
    """The settings of the ini file."""
    settings: dict[str, Any] = {}
    for name, (kind, _) in known.items():
        value = config.getini(f"mockflow_{name}")
        if value not in (None, "", []):  # pytest 7 gives a list for an option that is not set
            try:
                settings[name] = kind(value)
            except ValueError:
                raise ValueError(f"ini option mockflow_{name} should be a number, not {value!r}") from None
    return settings


def _located(source: Source, request: pytest.FixtureRequest) -> Source:
    """A path is relative to the test file, then to the rootdir; anything else is unchanged."""
    if isinstance(source, Scenario) or (isinstance(source, str) and "\n" in source):
        return source
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"the marker takes paths, YAML text and built scenarios, not {source!r}")
    tried = [request.path.parent / source, request.config.rootpath / source]
    for path in tried:
        if path.exists():
            return path
    if str(source).startswith(MARK):
        return source
    listed = ", ".join(map(str, dict.fromkeys(tried)))
    raise ValueError(f'no scenario "{source}"; looked for {listed}')


# -- the asynchronous client -------------------------------------------------------------------------


def closing_afterwards(item: Any, client: Any) -> None:
    """Closes an asynchronous client in the event loop of the test function."""
    function = getattr(item, "obj", None)
    if function is None or not inspect.iscoroutinefunction(function):
        return

    @functools.wraps(function)
    async def closing(*args: Any, **kwargs: Any) -> Any:
        try:
            return await function(*args, **kwargs)
        finally:
            await client.close()

    item.obj = closing
