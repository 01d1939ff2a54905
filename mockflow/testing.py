"""What the pytest plugin does once a fixture is used: one server a process, one world a test."""

import functools
import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from mockflow.handle.builder import Scenario
from mockflow.handle.cluster import ClusterHandle, Source
from mockflow.handle.errors import MockFlowError
from mockflow.handle.loop_thread import LoopThread
from mockflow.handle.mockflow import MockFlow
from mockflow.handle.transport import Remote
from mockflow.server.serving import Front

_MARKED: Final = ("clock", "speed", "version", "step_time", "seed", "epoch", "max_polls", "strict")


@dataclass(frozen=True)
class Setup:
    """How one test wants its world: scenarios, and `MockFlow`'s keyword arguments."""

    sources: tuple[Source, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


class Session:
    """The server of this process. `url` is the same all session; each test's own is `mockflow.url`.

    Each world has a port of its own: what a leftover thread of an earlier test asks there never reaches the next
    test. The session's own `url` leads to the world of the running test, for programs that are configured once.
    """

    def __init__(self) -> None:
        self._thread = LoopThread().start()
        self._front = Front()
        self.url = self._thread.run(self._front.start())

    @contextmanager
    def world(self, setup: Setup) -> Iterator[ClusterHandle]:
        """A fresh world for the length of a test."""
        cluster = MockFlow(*setup.sources, **setup.settings)
        self._thread.run(cluster.start())
        self._front.lead_to(cluster.cluster)
        try:
            yield cluster
        finally:
            self._front.lead_to(None)
            self._thread.run(cluster.stop())

    def stop(self) -> None:
        self._thread.run(self._front.stop())
        self._thread.stop()


class RemoteSession(Session):
    """A server that was up already: each test begins with a reset."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    @contextmanager
    def world(self, setup: Setup) -> Iterator[ClusterHandle]:
        handle = ClusterHandle(Remote(self.url), self.url)
        settings = dict(setup.settings)
        names = {"clock": "mode", "version": "opensearch_version"}
        handle.reset(**{"mode": "auto", **{names.get(name, name): value for name, value in settings.items()}})
        handle.load(*setup.sources)
        yield handle

    def stop(self) -> None:
        """It is somebody else's."""


def start_session(config: pytest.Config) -> Session:
    """The server that the options ask for. UsageError where there are too few URLs for the workers."""
    urls = [url for given in config.getoption("--mockflow-url") for url in given.split(",")]
    if not urls:
        return Session()
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    number = int(worker.removeprefix("gw")) if worker else 0
    if number >= len(urls):
        raise pytest.UsageError(
            f"--mockflow-url: worker {worker} has none of the {len(urls)} servers given, and tests that share one "
            "would disturb each other; give one URL for each worker"
        )
    return RemoteSession(urls[number])


def setup_of(request: pytest.FixtureRequest) -> Setup:
    """What ini options and the test's markers say; the nearest marker wins, scenarios of all add up."""
    config, markers = request.config, list(request.node.iter_markers("mockflow"))
    settings: dict[str, Any] = {
        name: value for name in _MARKED if (value := _ini(config, f"mockflow_{name}")) not in (None, "")
    }
    sources: list[Source] = [str(config.rootpath / path) for path in _ini(config, "mockflow_scenarios") or ()]
    for marker in reversed(markers):
        unknown = sorted(marker.kwargs.keys() - set(_MARKED))
        if unknown:
            raise pytest.UsageError(f"mockflow marker: unknown {', '.join(unknown)}; it knows {', '.join(_MARKED)}")
        settings |= marker.kwargs
        sources += [_located(source, request) for source in marker.args]
    request.node.stash[STRICT] = bool(settings.pop("strict", False))
    return Setup(tuple(sources), settings)


def _ini(config: pytest.Config, name: str) -> Any:
    try:
        return config.getini(name)
    except (KeyError, ValueError):
        return None


def _located(source: Source, request: pytest.FixtureRequest) -> Source:
    """A path relative to the test file, then to the rootdir; anything else as it is."""
    if isinstance(source, Scenario) or (isinstance(source, str) and "\n" in source):
        return source
    source = str(source)
    tried = [request.path.parent / source, request.config.rootpath / source]
    for path in tried:
        if path.exists():
            return path
    listed = ", ".join(map(str, dict.fromkeys(tried)))
    raise pytest.UsageError(f'mockflow marker: no scenario "{source}"; looked for {listed}')


STRICT: pytest.StashKey[bool] = pytest.StashKey()


def verify(item: pytest.Item, handle: ClusterHandle) -> None:
    """Fails the test where a client was cut off, or where it is strict and parts of its scripts were never seen."""
    __tracebackhide__ = True
    if reason := _stuck(handle):
        pytest.fail(reason, pytrace=False)
    if item.stash.get(STRICT, False):
        try:
            handle.coverage().assert_complete()
        except AssertionError as error:
            pytest.fail(f"strict: {error}", pytrace=False)


def story_of(handle: ClusterHandle) -> str:
    """The story for a failed test's report; a server that is gone tells none."""
    try:
        return "\n\n".join(filter(None, [_stuck(handle), handle.journal.story()]))
    except MockFlowError as error:
        return f"(no story: {error})"


def _stuck(handle: ClusterHandle) -> str:
    return f"a client polls for ever: {handle.stuck}" if isinstance(handle, MockFlow) and handle.stuck else ""


def covered_parts(handle: ClusterHandle) -> list[tuple[str, bool]]:
    """Each scripted part and whether it was seen, for the summary at the end."""
    try:
        return [(str(part), part.seen) for part in handle.coverage().parts]
    except MockFlowError:
        return []


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
