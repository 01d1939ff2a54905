"""The Python handle of a fake cluster: the control API as methods."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

from mockflow.core.base.suggest import did_you_mean
from mockflow.handle.builder import Scenario
from mockflow.handle.clock import ClockHandle, Duration, milliseconds
from mockflow.handle.coverage import Coverage
from mockflow.handle.errors import MockFlowError, ScenarioError
from mockflow.handle.faults import Delay, FaultHandle, Respond, script_of
from mockflow.handle.journal import JournalHandle
from mockflow.handle.patching import PatchedSleep
from mockflow.handle.sleeping import VirtualSleep
from mockflow.handle.transport import NotCopied, Transport
from mockflow.handle.workflow import WorkflowHandle
from mockflow.loading.body_files import Folders, without_body_files
from mockflow.loading.load import Loading, Located, load_paths
from mockflow.loading.regular_files import read_regular
from mockflow.loading.writing import as_yaml

Source = str | Path | Scenario[Any]
"""A file or folder, a shipped scenario such as ``"@overloaded"``, the text of a YAML document (a string with a
newline), or a scenario built in Python."""


class ClusterHandle(NotCopied):
    """A fake cluster, in this process or elsewhere.

    Every method raises MockFlowError if the command is refused or the cluster does not answer within 30 s.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.clock = ClockHandle(transport, self._only_workflow)
        """Virtual time: reads it, moves it, and sets how it goes."""
        self.journal = JournalHandle(transport)
        """The requests of clients, and assertions about them."""
        self._sleep = VirtualSleep(self.clock)
        self._body_folders: tuple[str | Path, ...] = ()

    def __enter__(self) -> "ClusterHandle":
        """The handle itself; the server goes on after the ``with``."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Does nothing: who started the server stops it."""

    async def __aenter__(self) -> "ClusterHandle":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Does nothing, as `__exit__`."""

    @property
    def url(self) -> str:
        """The URL for clients, such as ``http://127.0.0.1:9200``."""
        return self._transport.url

    @property
    def transport(self) -> Transport:
        """How commands reach the control API."""
        return self._transport

    @property
    def host(self) -> str:
        """The host in `url`; of an IPv6 address without the brackets."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port in `url`."""
        return urlsplit(self.url).port or 80

    @property
    def stuck(self) -> str | None:
        """Why a client's connection was closed: it kept polling although no status could change any more."""
        journal = self._transport.read("/journal?limit=0")
        return None if journal["stuck"] is None else str(journal["stuck"])

    def load(self, *sources: Source, body_files: Iterable[str | Path] = ()) -> None:
        """Loads scenarios. One of the same name is replaced, and the workflow that it defines begins anew.

        Workflows of clients continue with the new scenario of the same name.

        A string with a line break is YAML, ``"@overloaded"`` is a shipped scenario (``"@all"`` are all of them), any
        other string is the path of a file or folder. A `body_file` lies below the folder of its scenario's file, or
        below one of the folders `body_files`. Raises ScenarioError with every problem and its place; a file or text
        with a problem is not loaded.

        >>> cluster.load("scenarios/instant.yaml", Scenario("mine").workflow("w").at("0s", state="COMPLETED"))
        """
        for name, text in texts_of(sources, (*self._body_folders, *body_files)):
            self._transport.ask("PUT", f"/scenarios?source={quote(name)}", text)

    def scenarios(self) -> list[str]:
        """The names of the loaded scenarios."""
        return [scenario["scenario"] for scenario in self._transport.ask("GET", "/scenarios")["scenarios"]]

    def remove(self, scenario: str) -> None:
        """Removes a scenario and the workflow that it defines. Workflows of clients continue without a script."""
        self._transport.ask("DELETE", f"/scenarios/{quote(scenario, safe='')}")

    def workflow(self, workflow_id: str | None = None) -> WorkflowHandle:
        """The workflow with this id; without an id, the only workflow.

        Raises MockFlowError if there is no such workflow, or without an id, if there is none or more than one.
        """
        known = self._workflow_ids()
        if workflow_id is not None and workflow_id not in known:
            advice = did_you_mean(workflow_id, known) if known else "there are no workflows"
            raise MockFlowError(f'no workflow "{workflow_id}"; {advice}')
        return WorkflowHandle(self._transport, self._only_workflow() if workflow_id is None else workflow_id)

    def workflows(self) -> list[WorkflowHandle]:
        """All workflows, those of scenarios and those of clients."""
        return [WorkflowHandle(self._transport, workflow_id) for workflow_id in self._workflow_ids()]

    def fail_step(
        self,
        step: str,
        *,
        status: str | None = None,
        message: str | None = None,
        exception: str | None = None,
        takes: Duration | None = None,
        timeout: bool = False,
    ) -> None:
        """Lets a step, named by its id or type, fail once: in the next run that has it, whatever a scenario plans.

        `status` is the name of a RestStatus (default INTERNAL_SERVER_ERROR), `exception` the class of the exception
        (default WorkflowStepException), `takes` how long the step takes before it fails. With `timeout` the step runs
        into its time-out, which has a status and message of its own. A strict test fails if no run executes the step.

        Raises MockFlowError for values that the plugin does not have, such as a status below 400, and for a step that
        is neither a type of this release nor a node of a known template. Before any template is known, an id that no
        type resembles is accepted.

        >>> cluster.fail_step("create_index", status="BAD_REQUEST", message="disk full", takes="2s")
        """
        written = {"status": status, "message": message, "exception": exception, "timeout": timeout or None}
        fails = {key: value for key, value in written.items() if value is not None}
        plan = {"fails": fails, "takes": None if takes is None else milliseconds(takes)}
        self._transport.ask("POST", "/next_run", {"steps": {step: plan}})

    def fail(
        self,
        on: str | Sequence[str],
        *,
        times: int | None = None,
        respond: Respond | None = None,
        delay: Delay | None = None,
        connection: str | None = None,
        call: int | None = None,
        every: int | None = None,
        during: str | None = None,
        state: str | None = None,
        probability: float | None = None,
        over: str | None = None,
        performed: bool | None = None,
        workflow_id: str | None = None,
        optional: bool | None = None,
    ) -> FaultHandle:
        """Adds a fault, with the keys of a fault in a scenario. Its calls are counted from now on.

        Which requests: `on` is an operation such as get_status, a list of them, ``"any"``, or a path such as
        ``"/_plugins/_ml/**"``. `workflow_id` limits the fault to requests for one workflow.

        When: `times` limits it to the first calls. `call`, `every`, `during` (elapsed time of the run, ``"1s..2s"``),
        `state` and `probability` are further conditions; all must hold.

        What: `respond` is a preset (``mockflow presets`` lists them) or {status, headers, body}. `delay`, in wall time,
        is a duration, {uniform: …} or {lognormal: …}. `connection` is reset, empty, truncate, wrong_length, garbage,
        stall, drip (within `over`) or lost_reply. With `performed` the request takes effect although `respond` is its
        response. A strict test fails if the fault never acts, unless it is `optional` or has a `probability`.

        Raises MockFlowError for invalid or contradictory values.

        >>> fault = cluster.fail("get_status", times=2, respond="too_many_requests")
        >>> slow = cluster.fail("any", delay={"lognormal": {"median": "1ms", "sigma": 0.5}})
        """
        script = script_of(
            on,
            times=times,
            respond=respond,
            delay=delay,
            connection=connection,
            state=state,
            call=call,
            every=every,
            during=during,
            probability=probability,
            over=over,
            performed=performed,
            workflow_id=workflow_id,
            optional=optional,
        )
        return FaultHandle(self._transport, self._transport.ask("POST", "/faults", script)["id"])

    def clear_faults(self) -> None:
        """Removes every fault that `fail` added. Faults of scenarios stay."""
        self._transport.ask("DELETE", "/faults")

    def coverage(self) -> Coverage:
        """Which parts of the loaded scripts clients have seen since the start or the last reset."""
        return Coverage.from_json(self._transport.ask("GET", "/coverage"))

    def reset(self, **settings: Any) -> None:
        """Begins a new world: clock, workflows, journal, counts and scenarios are as at the start.

        `settings` hold until the next reset: mode, speed, opensearch_version, step_time, seed, epoch (ms), max_polls,
        users (each ``name:password`` or ``name:password:roles``), multi_tenancy, trust_inputs,
        max_documents.
        ``keep=["scenarios"]`` keeps the scenarios that were loaded since the start.

        >>> cluster.reset(mode="frozen", step_time="10ms", keep=["scenarios"])
        """
        self._transport.ask("POST", "/reset", settings)

    def patch_sleep(self, *modules: str) -> PatchedSleep:
        """Makes the sleeps of the code under test virtual, for the length of a ``with``.

        In the named modules and their submodules, `time.sleep`, `asyncio.sleep` and the clocks of `time` (`time`,
        `monotonic`, `perf_counter` and their `_ns` forms) use this cluster's clock. Only waiting moves the clock: a
        sleep, or a request that waits for the end of a run. Without names, all modules are patched except mockflow,
        the standard library, event loops, HTTP clients and servers, and test tools. If several threads or tasks sleep,
        the one that wakes first moves the clock, once no other has a request open.

        >>> with cluster.patch_sleep("deployer"):
        ...     deployer.deploy(cluster.url)    # polls every 5 s, gives up after 10 minutes: takes milliseconds
        'COMPLETED'
        >>> cluster.journal.assert_polling(min_interval="5s", max_interval="5s")

        These keep real time: `asyncio.wait_for` and `asyncio.timeout`, time-outs of HTTP clients, waits of `threading`
        and `queue`, `datetime.now`. So does everything that is not a global name of the modules when the ``with``
        begins: an `import time` within a function, a default argument, an attribute of an object, a module that is
        imported later. A program that waits there, after it has asked for a status, is interrupted within seconds: the
        ``with`` raises MockFlowError, which says where it waits and what to name or to do instead. Raises
        MockFlowError for a module that is not imported or that must keep real time.
        """
        return PatchedSleep(self._sleep, modules, self._transport)

    def _only_workflow(self) -> str:
        known = self._workflow_ids()
        if len(known) != 1:
            there = f"there are {len(known)}, {', '.join(known)}; name one" if known else "there is none"
            raise MockFlowError(f"no single workflow: {there}")
        return known[0]

    def _workflow_ids(self) -> list[str]:
        return [str(workflow["workflow_id"]) for workflow in self._transport.ask("GET", "/workflows")]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.url}>"


def texts_of(sources: tuple[Source, ...], body_folders: Folders = ()) -> list[tuple[str, bytes]]:
    """The name and the YAML of each source. Files and built scenarios are checked, the files of a folder together."""
    found: list[tuple[str, bytes]] = []
    for source in sources:
        if isinstance(source, Scenario):
            source.build()
            found.append((source.name, source.yaml().encode()))
        elif isinstance(source, str) and "\n" in source:
            found.append(("text", source.encode()))
        elif isinstance(source, (str, Path)):
            loading = load_paths([source], body_folders)
            if loading.errors or not loading.scenarios:
                raise refusal(loading, _hint(source))
            files: dict[str, list[Located]] = {}
            for located in loading.scenarios:
                files.setdefault(located.place.file, []).append(located)
            found += [(file, _text_of(file, listed)) for file, listed in files.items()]
        else:
            raise MockFlowError(f"a scenario is a path, YAML text or a built Scenario, not {source!r}")
    return found


def _text_of(file: str, listed: list[Located]) -> bytes:
    """The text of a scenario file; the contents of each `body_file` are written into it."""
    if not any(located.files for located in listed):
        return read_regular(file)
    return "---\n".join(as_yaml(without_body_files(located.scenario)) for located in listed).encode()


def refusal(loading: Loading, hint: str = "") -> ScenarioError:
    """The error with all problems of what was loaded."""
    problems = loading.errors or loading.problems  # a folder without scenario files is only a warning
    text = "\n".join(map(str, problems))
    return ScenarioError(text + hint, problems=[problem.as_json() for problem in problems])


def _hint(source: str | Path) -> str:
    return "; YAML text has a line break" if isinstance(source, str) and ":" in source and " " in source else ""
