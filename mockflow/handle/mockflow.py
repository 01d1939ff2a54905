"""`MockFlow`: a fake cluster that this process starts and stops."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from mockflow.cluster import ClaimedError, Cluster, LoadedScenario, Mode, Settings
from mockflow.core.base.durations import parse_duration
from mockflow.core.opensearch.security import parse_user
from mockflow.core.plugin.versions import DEFAULT_VERSION
from mockflow.handle.clock import Duration, milliseconds
from mockflow.handle.cluster import ClusterHandle, Source, refusal, texts_of
from mockflow.handle.errors import MockFlowError, ScenarioError
from mockflow.handle.loop_thread import LoopThread
from mockflow.handle.transport import Local, Remote
from mockflow.loading.body_files import Folders
from mockflow.loading.load import load_text
from mockflow.server.serving import Control, Serving, UnprotectedControlError
from mockflow.server.tls import made


class MockFlow(ClusterHandle):
    """A fake OpenSearch with flow-framework, on its own port, for the length of a ``with``.

    `sources` are files, folders, shipped scenarios such as ``"@overloaded"``, YAML text or built scenarios, as for
    `load`. `clock` is auto (a polling loop sees
    every keyframe and never waits), frozen (`clock.advance` moves it) or real at `speed`. `version` is the OpenSearch
    version, `step_time` the duration of steps without a plan, `seed` the seed of generated ids, `epoch` the virtual
    time at the start in epoch ms. If a client gets the same status `max_polls` times and nothing can change any more,
    its connection is closed. With `trust_inputs` steps succeed whatever their inputs are; otherwise a step fails whose
    inputs a real cluster would refuse. All indices together hold `max_documents`. Port 0 takes any free port.

    `users`, each ``name:password`` or ``name:password:roles``, turn security on. `multi_tenancy` requires a tenant in
    each request. `tls` serves HTTPS with a generated certificate, whose CA is `ca`. `control_token` protects the
    control API, and `control=False` switches it off; this handle works either way. `body_files` are folders besides
    that of the scenario's file from which a `body_file` may read.

    >>> with MockFlow("scenarios/docs-example.yaml") as cluster:
    ...     deploy(cluster.url)
    'COMPLETED'

    ``with`` serves in a separate thread, for any code. ``async with`` serves in the running loop, for asynchronous code
    only: code that blocks the loop never gets a response.

    Raises ScenarioError with every problem of the sources and its place, MockFlowError for other wrong arguments and,
    on entering, for an address that is in use.
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
        users: Iterable[str] = (),
        multi_tenancy: bool = False,
        trust_inputs: bool = False,
        max_documents: int = 100_000,
        tls: bool = False,
        control: bool = True,
        control_token: str | None = None,
        body_files: Iterable[str | Path] = (),
    ) -> None:
        body_folders = tuple(body_files)
        try:
            settings = Settings(
                clock,
                speed,
                epoch,
                version,
                parse_duration(milliseconds(step_time)),
                seed,
                max_polls,
                ends_stuck=True,
                users=tuple(map(parse_user, users)),
                multi_tenancy=multi_tenancy,
                trust_inputs=trust_inputs,
                max_documents=max_documents,
            )
            access = Control(control_token) if control else None
            context, self._ca = made(host) if tls else (None, b"")
            self.cluster = Cluster(settings, _loaded(sources, body_folders))
        except ClaimedError as error:
            raise ScenarioError(str(error)) from None
        except ValueError as error:
            raise MockFlowError(str(error)) from None
        self._local = Local(self.cluster)
        super().__init__(self._local)
        self._body_folders = body_folders
        self._where = (host, port)
        self._serving = Serving(self.cluster, control=access, tls=context, control_needs_port=False)
        self._thread: LoopThread | None = None

    @property
    def ca(self) -> str:
        """The CA in PEM that verifies this server, for ``ssl.create_default_context(cadata=...)``.

        Raises MockFlowError without `tls`.
        """
        if not self._ca:
            raise MockFlowError("there is no CA: this server uses HTTP; MockFlow(tls=True) serves HTTPS")
        return self._ca.decode()

    @property
    def stuck(self) -> str | None:
        """Why a client's connection was closed: it kept polling although no status could change any more."""
        return self.cluster.world.stuck

    @classmethod
    def connect(cls, url: str, *, token: str | None = None, ca: str | None = None) -> ClusterHandle:
        """A handle for a server that runs already, such as a container. It has every command except start and stop.

        `token` is the token of the control API, by default MOCKFLOW_CONTROL_TOKEN. `ca` is the PEM file of the CA that
        verifies a server with HTTPS, by default MOCKFLOW_CA. In a ``with`` statement it is the same handle, and the
        server goes on afterwards.

        >>> elsewhere = MockFlow.connect(cluster.url)
        >>> elsewhere.clock.mode
        'auto'
        """
        return ClusterHandle(Remote(url, token=token, ca=ca))

    # -- in a thread ---------------------------------------------------------------------------------

    def __enter__(self) -> "MockFlow":
        thread = LoopThread().start()
        try:
            thread.run(self.start())
        except BaseException:
            thread.stop()
            raise
        self._thread = thread
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            raise MockFlowError(self._local.why_not)
        if thread.is_elsewhere:
            return  # a forked child leaves the with statement: the server is its parent's
        try:
            thread.run(self.stop())
        finally:
            thread.stop()

    # -- in the running loop ---------------------------------------------------------------------------

    async def __aenter__(self) -> "MockFlow":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens in the running loop. Raises MockFlowError if the address is in use or if it was started before."""
        if self._serving.url:
            raise MockFlowError("this MockFlow was started before; make a new one")
        try:
            self._local.begin(await self._serving.start(*self._where))
        except UnprotectedControlError as error:
            raise MockFlowError(f"{error}; in Python: control_token=... or control=False") from None
        except OSError as error:
            host, port = self._where
            raise MockFlowError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None

    async def stop(self) -> None:
        """Stops within a second; open requests are answered. Does nothing if it does not run, or in a forked child."""
        if self._local.is_elsewhere:
            return
        self._local.end()
        await self._serving.stop()

    def __repr__(self) -> str:
        return f"<MockFlow at {self.url}>" if self._local.serves else "<MockFlow, not running>"


def _loaded(sources: tuple[Source, ...], body_folders: Folders) -> tuple[LoadedScenario, ...]:
    loaded: list[LoadedScenario] = []
    for name, text in texts_of(sources, body_folders):
        loading = load_text(text, name)
        if loading.errors:
            raise refusal(loading)
        loaded += [LoadedScenario(located.scenario, str(located.place)) for located in loading.scenarios]
    return tuple(loaded)
