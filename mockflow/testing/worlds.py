"""One server for each test process, and the worlds of its tests, modules and sessions."""

import os
import socket
from collections.abc import Container
from contextlib import ExitStack
from typing import Any, Final

import pytest

from mockflow.core.base.plain_text import plain
from mockflow.core.opensearch.security import parse_user
from mockflow.handle.clock import milliseconds
from mockflow.handle.errors import MockFlowError
from mockflow.handle.loop_thread import LoopThread
from mockflow.handle.mockflow import MockFlow
from mockflow.server.serving import SwitchableServer
from mockflow.testing.interrupter import Interrupter
from mockflow.testing.setup import Known, Setup, setup_of


class World:
    """The cluster of one test or, `is_shared`, of a module or session; and what reports say about it."""

    def __init__(self, handle: Any, setup: Setup) -> None:
        self.handle = handle
        self.strict = setup.strict
        self.is_shared = setup.is_shared
        self.interrupter = Interrupter()
        self.login: tuple[str, str] | None = None
        """Name and password of the first user, if there are users."""
        self._stuck_before: str | None = None
        for user in map(parse_user, setup.settings.get("users", ())[:1]):
            self.login = (user.name, user.password)

    def test_begins(self) -> None:
        """To be called before each test that a shared world serves."""
        self._stuck_before = self.handle.stuck
        self.interrupter.forget()

    def verify(self) -> None:
        """Fails the test if a client asked without end, or if it is strict and parts of its scripts were not seen.

        The scripts of a shared world are checked at its end.
        """
        __tracebackhide__ = True
        reason = self.handle.stuck
        if reason and (reason != self._stuck_before or self.interrupter.has_cut_off):
            pytest.fail(f"a client was cut off: {reason}", pytrace=False)
        if not self.is_shared:
            self.check_complete()

    def check_complete(self) -> None:
        """Fails if it is strict and parts of its scripts were not seen."""
        __tracebackhide__ = True
        if not self.strict:
            return
        try:
            self.handle.coverage().assert_complete()
        except AssertionError as error:
            unseen = str(error)
        else:
            return
        pytest.fail(f"strict: {unseen}", pytrace=False)  # outside of except: pytest prints an error's context

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


class Session:
    """The server of this process. Its `url` is the same in the whole session; each world has a URL of its own.

    Each world has its own port, which no earlier world had. So a request of a thread that an earlier test left running
    never reaches the next test. The session's `url` serves the world of the running test, else that of the module or
    session, for programs that are configured once.
    """

    def __init__(self) -> None:
        self._thread = LoopThread().start()
        self._server = SwitchableServer()
        self._ports: set[int] = set()
        self._worlds: list[World] = []
        self.url = self._thread.run(self._server.start())

    def begin(self, setup: Setup) -> World:
        """Starts a new world; the caller ends it with `end`."""
        return self._thread.run(self._begin(setup))

    def end(self, world: World) -> None:
        self._thread.run(self._end(world))

    def stop(self) -> None:
        self._thread.run(self._server.stop())
        self._thread.stop()

    async def _begin(self, setup: Setup) -> World:
        handle = await self._started(setup)
        world = World(handle, setup)
        handle.cluster.on_cut_off = world.interrupter.cut_off
        self._worlds.append(world)
        self._switch()
        return world

    async def _started(self, setup: Setup) -> MockFlow:
        for may_fail in (True, True, False):
            port = _unused(self._ports)
            handle = MockFlow(*setup.sources, port=port, **setup.settings)
            try:
                await handle.start()
            except MockFlowError:
                if may_fail:
                    continue  # another process has taken the port meanwhile
                raise
            self._ports.add(port)
            return handle
        raise AssertionError

    async def _end(self, world: World) -> None:
        self._worlds.remove(world)
        self._switch()
        await world.handle.stop()

    def _switch(self) -> None:
        """The world of a test comes before those of modules and sessions, and a later one before an earlier one."""
        latest = max(self._worlds, key=lambda world: (not world.is_shared, self._worlds.index(world)), default=None)
        self._server.switch_to(latest.handle.cluster if latest else None)


class RemoteSession:
    """A server that runs already. Its default world is reset for each test; a module or session has a further one."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._handle = MockFlow.connect(self.url)

    def begin(self, setup: Setup) -> World:
        """A world that has only the scenarios of `setup`, not those that the server was started with."""
        settings = {"clock": "auto", "max_polls": 1000, **setup.settings}
        body_files = settings.pop("body_files", ())
        if "step_time" in settings:
            settings["step_time"] = milliseconds(settings["step_time"])
        names = {"clock": "mode", "version": "opensearch_version"}
        written = {names.get(name, name): value for name, value in settings.items()}
        handle = self._handle
        if setup.is_shared:
            made = handle.transport.ask("POST", "/worlds", written)
            handle = MockFlow.connect(self.url + made["path"])
        for scenario in handle.scenarios():
            handle.remove(scenario)
        if not setup.is_shared:
            handle.reset(keep=["scenarios"], **written)
        handle.load(*setup.sources, body_files=body_files)
        return World(handle, setup)

    def end(self, world: World) -> None:
        """Removes a shared world; that of a test is reset for the next one."""
        if world.is_shared:
            self._handle.transport.ask("DELETE", f"/worlds/{world.handle.url.rpartition('/')[2]}")

    def stop(self) -> None:
        """Resets the server to its state at the start."""
        try:
            self._handle.reset()
        except MockFlowError:
            pass  # the server is gone, which the tests have reported


def _unused(used_before: Container[int]) -> int:
    """A free port that was not used before."""
    with ExitStack() as tried:  # all stay bound until one is new: the system may return a closed one again
        for _ in range(_TRIES):
            bound = tried.enter_context(socket.socket())
            bound.bind(("127.0.0.1", 0))
            port: int = bound.getsockname()[1]
            if port not in used_before:
                break
        return port


_TRIES: Final = 100  # so that a session with very many tests goes on when it has used nearly all


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


def begin_world(
    request: pytest.FixtureRequest, session: Session | RemoteSession, known: Known, *, is_shared: bool
) -> World:
    """The world with the settings of a test or module. Wrong settings fail it, without a traceback of mockflow."""
    __tracebackhide__ = True
    try:
        return session.begin(setup_of(request, known, is_shared=is_shared))
    except (MockFlowError, ValueError, TypeError) as error:
        reason = str(error)
    pytest.fail(f"mockflow: {reason}", pytrace=False)  # outside of except: pytest prints an error's context
