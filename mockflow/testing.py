"""What the pytest plugin does once a fixture is used: one server a process, one world a test."""

import ctypes
import functools
import inspect
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from mockflow.core.opensearch.security import parse_user
from mockflow.handle.builder import Scenario
from mockflow.handle.clock import milliseconds
from mockflow.handle.cluster import Source
from mockflow.handle.errors import MockFlowError
from mockflow.handle.loop_thread import LoopThread
from mockflow.handle.mockflow import MockFlow
from mockflow.server.serving import SwitchableServer

Known = Mapping[str, tuple[Callable[[Any], Any], str]]
"""What markers and the ini file may set, each with its type and what it is for."""


@dataclass(frozen=True)
class Setup:
    """How one test wants its world: scenarios, and `MockFlow`'s keyword arguments."""

    sources: tuple[Source, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    strict: bool = False


class Session:
    """The server of this process. `url` is the same all session; each test's own is `mockflow.url`.

    Each world has a port of its own, and none has one that an earlier one had: what a leftover thread of an earlier
    test asks there never reaches the next test. The session's own `url` leads to the world of the running test, for
    programs that are configured once.
    """

    def __init__(self) -> None:
        self._thread = LoopThread().start()
        self._server = SwitchableServer()
        self._ports: set[int] = set()
        self.url = self._thread.run(self._server.start())

    def begin(self, setup: Setup) -> "World":
        """A fresh world; `end` it."""
        return self._thread.run(self._begin(setup))

    def end(self, world: "World") -> None:
        self._thread.run(self._end(world))

    def stop(self) -> None:
        self._thread.run(self._server.stop())
        self._thread.stop()

    async def _begin(self, setup: Setup) -> "World":
        handle = await _started(setup)
        taken = []  # kept open until another is found: a system may hand out the same port again at once
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
    """A server that is up already; it has one world, which each test begins anew."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._handle = MockFlow.connect(self.url)

    def begin(self, setup: Setup) -> "World":
        """Nothing is there but the test's own scenarios, not even those that the server has started with."""
        handle = self._handle
        settings = {"clock": "auto", "max_polls": 1000, **setup.settings}
        if "step_time" in settings:
            settings["step_time"] = milliseconds(settings["step_time"])
        for scenario in handle.scenarios():
            handle.remove(scenario)
        names = {"clock": "mode", "version": "opensearch_version"}
        handle.reset(keep=["scenarios"], **{names.get(name, name): value for name, value in settings.items()})
        handle.load(*setup.sources)
        return World(handle, setup.strict)

    def end(self, world: "World") -> None:
        """The next test begins anew."""

    def stop(self) -> None:
        """Leaves it as it has started."""
        try:
            self._handle.reset()
        except MockFlowError:
            pass  # the tests have told that it is gone


class World:
    """What a running test has, and what its report tells of it."""

    def __init__(self, handle: Any, strict: bool) -> None:
        self.handle = handle
        self.strict = strict
        self.interrupter = Interrupter()
        self.login: tuple[str, str] | None = None
        """Name and password of its first user, where it has any."""

    def verify(self) -> None:
        """Fails the test where a client was cut off, or where it is strict and parts of its scripts were never seen."""
        __tracebackhide__ = True
        if reason := self.handle.stuck:
            pytest.fail(f"a client polls for ever: {reason}", pytrace=False)
        if self.strict:
            try:
                self.handle.coverage().assert_complete()
            except AssertionError as error:
                unseen = str(error)
            else:
                return
            pytest.fail(f"strict: {unseen}", pytrace=False)  # outside of except: pytest shows each error's context

    def story(self) -> str:
        """For a failed test's report; a server that is gone tells none."""
        try:
            reason = self.handle.stuck
            return (f"a client polls for ever: {reason}\n\n" if reason else "") + str(self.handle.journal.story())
        except MockFlowError as error:
            return f"(no story: {error})"

    def coverage(self) -> list[tuple[str, str, bool]]:
        """Each scripted part: its scenario, which it is, and whether it was seen."""
        try:
            return [(part.scenario, str(part), part.seen) for part in self.handle.coverage().parts]
        except MockFlowError:
            return []


class EndlessPolling(pytest.fail.Exception):  # type: ignore[name-defined, misc]
    """No Exception to those who swallow exceptions: it ends the test."""

    def __init__(self) -> None:
        super().__init__("a client polls for ever and does not mind that its connection is closed; it was interrupted")


class Interrupter:
    """Ends a test whose client goes on and on although it is cut off.

    It raises EndlessPolling in the thread that runs the test; only between `arm` and `disarm`, where pytest takes
    what is raised for the test's own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._times = 0

    def arm(self) -> None:
        with self._lock:
            self._thread = threading.get_ident()

    def disarm(self) -> None:
        with self._lock:
            self._thread = None

    def cut_off(self) -> None:
        """A client was cut off."""
        with self._lock:
            self._times += 1
            if self._times > _CUTS and self._thread is not None:
                exception = ctypes.py_object(EndlessPolling)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), exception)


async def _started(setup: Setup) -> MockFlow:
    handle = MockFlow(*setup.sources, **setup.settings)
    await handle.start()
    return handle


_PORTS: Final = 10_000  # so many are not taken twice; a system has more
_CUTS: Final = 25  # a client may try again some times before it gives up


# -- what options, ini file and markers say ----------------------------------------------------------


def start_session(config: pytest.Config) -> Session | RemoteSession:
    """The server that the options ask for."""
    urls = config.getoption("--mockflow-url")
    if not urls:
        return Session()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    number = int(worker.removeprefix("gw"))
    if number >= len(urls):  # it took the place of a worker that has crashed
        pytest.fail(f"--mockflow-url: worker {worker} has none of the {len(urls)} servers", pytrace=False)
    return RemoteSession(urls[number])


def begin_world(request: pytest.FixtureRequest, session: Session | RemoteSession, known: Known) -> World:
    """The world that the test asks for; what is wrong with that fails it, without a traceback of ours."""
    __tracebackhide__ = True
    try:
        setup = setup_of(request, known)
        world = session.begin(setup)
        for user in map(parse_user, setup.settings.get("users", ())[:1]):
            world.login = (user.name, user.password)
        return world
    except (MockFlowError, ValueError, TypeError) as error:
        reason = str(error)
    pytest.fail(f"mockflow: {reason}", pytrace=False)  # outside of except: pytest shows each error's context


def setup_of(request: pytest.FixtureRequest, known: Known) -> Setup:
    """What ini options and the test's markers say; the nearest marker wins, scenarios of all add up."""
    config = request.config
    settings = _defaults(config, known)
    sources: list[Source] = [str(config.rootpath / path) for path in config.getini("mockflow_scenarios")]
    for marker in reversed(list(request.node.iter_markers("mockflow"))):
        if unknown := sorted(marker.kwargs.keys() - known.keys()):
            raise ValueError(f"the marker does not know {', '.join(unknown)}; it knows {', '.join(known)}")
        settings |= marker.kwargs
        sources += [_located(source, request) for source in marker.args]
    strict = bool(settings.pop("strict", False))
    return Setup(tuple(sources), settings, strict)


def _defaults(config: pytest.Config, known: Known) -> dict[str, Any]:
    """What the ini file says."""
    settings: dict[str, Any] = {}
    for name, (kind, _) in known.items():
        value = config.getini(f"mockflow_{name}")
        if value not in (None, ""):
            try:
                settings[name] = kind(value)
            except ValueError:
                raise ValueError(f"ini option mockflow_{name} should be a number, not {value!r}") from None
    return settings


def _located(source: Source, request: pytest.FixtureRequest) -> Source:
    """A path relative to the test file, then to the rootdir; anything else as it is."""
    if isinstance(source, Scenario) or (isinstance(source, str) and "\n" in source):
        return source
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"the marker takes paths, YAML text and built scenarios, not {source!r}")
    tried = [request.path.parent / source, request.config.rootpath / source]
    for path in tried:
        if path.exists():
            return path
    listed = ", ".join(map(str, dict.fromkeys(tried)))
    raise ValueError(f'no scenario "{source}"; looked for {listed}')


# -- the asynchronous client -------------------------------------------------------------------------


def closing_afterwards(item: Any, client: Any) -> None:
    """Closes an asynchronous client in the loop of the test that used it."""
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
