"""`MockFlow`: a fake cluster that this process starts and stops."""

import asyncio
from types import TracebackType
from typing import Any

from mockflow.cluster import Cluster, LoadedScenario, Mode, Settings
from mockflow.core.durations import parse_duration
from mockflow.core.versions import DEFAULT_VERSION
from mockflow.handle.clock import Duration, milliseconds
from mockflow.handle.cluster import ClusterHandle, Source, texts_of
from mockflow.handle.errors import MockFlowError, ScenarioError
from mockflow.handle.loop_thread import LoopThread
from mockflow.handle.transport import Local, Remote
from mockflow.loading.load import load_text
from mockflow.server.serving import Serving


class MockFlow(ClusterHandle):
    """A fake OpenSearch with flow-framework, on a port of its own, for the length of a ``with``.

    `sources` are files, folders, YAML text or built scenarios. `clock` is auto (a polling loop sees every keyframe
    and never waits), frozen (`clock.advance` moves it) or real at `speed`. `version` is the OpenSearch that it is,
    `step_time` how long a step takes that no scenario speaks of, `epoch` the virtual time at the start in epoch ms.

    >>> with MockFlow("scenarios/docs-example.yaml") as cluster:
    ...     deploy(cluster.url)

    In a running loop, ``async with`` serves in that loop; ``with`` has a thread and a loop of its own, for
    synchronous code.
    """

    def __init__(
        self,
        *sources: Source,
        clock: Mode = "auto",
        speed: float = 1.0,
        version: str = DEFAULT_VERSION,
        step_time: Duration = "1s",
        seed: int = 0,
        epoch: int | None = None,
        max_polls: int = 1000,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        try:
            settings = Settings(
                clock, speed, epoch, version, parse_duration(milliseconds(step_time)), seed, max_polls, ends_stuck=True
            )
        except ValueError as error:
            raise MockFlowError(str(error)) from None
        self.cluster = Cluster(settings, _loaded(sources))
        self._where = (host, port)
        self._serving = Serving(self.cluster)
        self._thread: LoopThread | None = None

    @classmethod
    def connect(cls, url: str) -> ClusterHandle:
        """A handle for a server that is up already, such as the container."""
        return ClusterHandle(Remote(url), url.rstrip("/"))

    # -- in a thread ---------------------------------------------------------------------------------

    def __enter__(self) -> "MockFlow":
        self._thread = LoopThread().start()
        try:
            self._thread.run(self.start())
        except BaseException:
            self._thread.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._thread is not None
        try:
            self._thread.run(self.stop())
        finally:
            self._thread.stop()

    # -- in the running loop ---------------------------------------------------------------------------

    async def __aenter__(self) -> "MockFlow":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens, in the running loop."""
        try:
            url = await self._serving.start(*self._where)
        except OSError as error:
            host, port = self._where
            raise MockFlowError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
        super().__init__(Local(self.cluster, asyncio.get_running_loop()), url)

    async def stop(self) -> None:
        """Ends; open requests are answered."""
        await self._serving.stop()

    def __repr__(self) -> str:
        return f"<MockFlow at {getattr(self, 'url', '(not started)')}>"

    def __getattr__(self, name: str) -> Any:
        if name in ("url", "clock", "journal", "_transport"):
            raise MockFlowError("it has not started; use it in a with statement: with MockFlow(...) as cluster")
        raise AttributeError(f"{type(self).__name__} has no {name}")


def _loaded(sources: tuple[Source, ...]) -> tuple[LoadedScenario, ...]:
    loaded: list[LoadedScenario] = []
    for name, text in texts_of(sources):
        loading = load_text(text, name)
        if loading.errors:
            raise ScenarioError(
                "\n".join(map(str, loading.errors)), problems=[problem.as_json() for problem in loading.errors]
            )
        loaded += [LoadedScenario(located.scenario, str(located.place)) for located in loading.scenarios]
    return tuple(loaded)
