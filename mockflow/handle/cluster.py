"""The fake cluster's handle in Python: the owner's door as methods."""

from collections.abc import Sequence
from pathlib import Path
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
from mockflow.handle.transport import Transport
from mockflow.handle.workflow import WorkflowHandle
from mockflow.loading.body_files import without_body_files
from mockflow.loading.load import Loading, Located, load_paths
from mockflow.loading.writing import as_yaml

Source = str | Path | Scenario
"""A file or folder, the text of a YAML document (a string with a newline), or a scenario built in Python."""


class ClusterHandle:
    """A fake cluster for its owner, wherever it runs.

    Every command raises MockFlowError where it is refused or the cluster does not answer; none waits for ever.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.clock = ClockHandle(transport, self._only_workflow)
        self.journal = JournalHandle(transport)
        self._sleep = VirtualSleep(self.clock)

    @property
    def url(self) -> str:
        """Where clients find it, such as ``http://127.0.0.1:9200``."""
        return self._transport.url

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
        """Why a client was cut off: it polled for ever where nothing could change any more."""
        journal = self._transport.ask("GET", "/journal?status=0")  # without its exchanges
        return None if journal["stuck"] is None else str(journal["stuck"])

    def load(self, *sources: Source) -> None:
        """Loads scenarios, or replaces those of the same name, and the workflows that they bring begin anew.

        Workflows of clients go on, by what the scenario of the same name says now.

        A string with a line break is YAML, any other the path of a file or folder. ScenarioError has every problem
        with its place; of the file or text that has one nothing is loaded.

        >>> cluster.load("scenarios/instant.yaml", Scenario("mine").workflow("w").at("0s", state="COMPLETED"))
        """
        for name, text in texts_of(sources):
            self._transport.ask("PUT", f"/scenarios?source={quote(name)}", text)

    def scenarios(self) -> list[str]:
        """The names of the loaded scenarios."""
        return [scenario["scenario"] for scenario in self._transport.ask("GET", "/scenarios")["scenarios"]]

    def remove(self, scenario: str) -> None:
        """Removes a scenario and the workflow that it brought; those of clients that it spoke for go on without it."""
        self._transport.ask("DELETE", f"/scenarios/{quote(scenario, safe='')}")

    def workflow(self, workflow_id: str | None = None) -> WorkflowHandle:
        """A workflow; without an id, the only one there is.

        MockFlowError where there is none of this id; without one, where there are none or several.
        """
        known = self._workflow_ids()
        if workflow_id is not None and workflow_id not in known:
            advice = did_you_mean(workflow_id, known) if known else "there are none at all"
            raise MockFlowError(f'no workflow "{workflow_id}"; {advice}')
        return WorkflowHandle(self._transport, self._only_workflow() if workflow_id is None else workflow_id)

    def workflows(self) -> list[WorkflowHandle]:
        """All workflows, those of scenarios and those that clients have created."""
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
        """In the next run that has such a step, by its id or type, it fails; once, whatever a scenario says of it.

        `status` is the name of a RestStatus (INTERNAL_SERVER_ERROR if left out), `exception` the class of what is
        raised (WorkflowStepException), `takes` how long the step takes before it fails. With `timeout` it runs into
        its time-out instead, which has a status and message of its own. MockFlowError for what the plugin does not
        know, such as a status that is no failure.

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
    ) -> FaultHandle:
        """From now on requests go wrong, as a fault in a scenario would have it; it counts from its first call.

        `on` is an operation such as get_status, several, ``"any"``, or a path such as ``"/_plugins/_ml/**"``.
        `respond` is a preset (``mockflow presets`` lists them) or {status, headers, body}; `delay`, in wall time, a
        duration or {uniform: …} or {lognormal: …}; `connection` reset, empty, truncate, wrong_length, garbage, stall,
        drip (within `over`) or lost_reply. `performed`: the request has its effect, though `respond` is its answer.
        `times`: the first so many calls alone; `call`, `every`, `during` (elapsed time of the run, ``"1s..2s"``),
        `state` and `probability` say when, too. `workflow_id`: requests for this workflow alone. MockFlowError for
        what cannot be meant.

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
        )
        return FaultHandle(self._transport, self._transport.ask("POST", "/faults", script)["id"])

    def clear_faults(self) -> None:
        """Takes away every fault that `fail` has added; those of scenarios stay."""
        self._transport.ask("DELETE", "/faults")

    def coverage(self) -> Coverage:
        """Which keyframes, steps and attempts of the loaded scripts clients have seen in this world."""
        return Coverage.from_json(self._transport.ask("GET", "/coverage"))

    def reset(self, **settings: Any) -> None:
        """A new world as at the start.

        `settings` are those of this world alone: mode, speed, opensearch_version, step_time, seed, epoch (ms),
        max_polls, users (each ``name:password`` or ``name:password:roles``), multi_tenancy; ``keep=["scenarios"]``
        keeps those that were loaded since.

        >>> cluster.reset(mode="frozen", step_time="10ms", keep=["scenarios"])
        """
        self._transport.ask("POST", "/reset", settings)

    def patch_sleep(self, *modules: str) -> PatchedSleep:
        """Makes the waiting of the code under test virtual, for the length of a ``with``.

        `time.sleep`, `asyncio.sleep` and the clocks of `time` (`time`, `monotonic`, `perf_counter`, each with its
        `_ns`), as the named modules and what is in them see them, belong to this cluster's clock, and only waiting
        moves it: a sleep, and a request that waits for a run to end. None named: all code but mockflow, the standard
        library, event loops, HTTP clients and servers, and test tools. Of several threads or tasks that sleep, the
        one that wakes first moves the clock, once nobody else is in the middle of a request.

        >>> with cluster.patch_sleep("deployer"):
        ...     deployer.deploy(cluster.url)    # polls every 5 s, gives up after 10 minutes: takes milliseconds
        'COMPLETED'
        >>> cluster.journal.assert_polling(min_interval="5s", max_interval="5s")

        What stays real: `asyncio.wait_for` and `asyncio.timeout`, time-outs of HTTP clients, waits of `threading` and
        `queue`, `datetime.now`; and what the modules did not see as a module's name or function when the ``with``
        began: an `import time` within a function, a default argument, an attribute of an object, a module that is
        imported later. MockFlowError for a module that is not imported, or that must keep real time.
        """
        return PatchedSleep(self._sleep, modules)

    def _only_workflow(self) -> str:
        known = self._workflow_ids()
        if len(known) != 1:
            there = f"there are {len(known)}: {', '.join(known)}" if known else "there is none"
            raise MockFlowError(f"which workflow? name it; {there}")
        return known[0]

    def _workflow_ids(self) -> list[str]:
        return [str(workflow["workflow_id"]) for workflow in self._transport.ask("GET", "/workflows")]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.url}>"


def texts_of(sources: tuple[Source, ...]) -> list[tuple[str, bytes]]:
    """Each source's name and YAML. Built ones and files are checked here, all of a folder together."""
    found: list[tuple[str, bytes]] = []
    for source in sources:
        if isinstance(source, Scenario):
            source.build()
            found.append((source.name, source.yaml().encode()))
        elif isinstance(source, str) and "\n" in source:
            found.append(("text", source.encode()))
        elif isinstance(source, (str, Path)):
            loading = load_paths([source])
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
    """A file as it is; with the bodies in it that it has in files of their own."""
    if not any(located.files for located in listed):
        return Path(file).read_bytes()
    return "---\n".join(as_yaml(without_body_files(located.scenario)) for located in listed).encode()


def refusal(loading: Loading, hint: str = "") -> ScenarioError:
    """What is wrong with what was loaded."""
    problems = loading.errors or loading.problems  # a folder without any file is but a warning
    text = "\n".join(map(str, problems))
    return ScenarioError(text + hint, problems=[problem.as_json() for problem in problems])


def _hint(source: str | Path) -> str:
    return "; YAML text has a line break" if isinstance(source, str) and ":" in source and " " in source else ""
