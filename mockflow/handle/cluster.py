"""The fake cluster's handle in Python: the owner's door as methods."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from mockflow.handle.builder import Scenario
from mockflow.handle.clock import ClockHandle, Duration, milliseconds
from mockflow.handle.coverage import Coverage
from mockflow.handle.errors import MockFlowError, ScenarioError
from mockflow.handle.journal import JournalHandle
from mockflow.handle.sleeping import PatchedSleep
from mockflow.handle.transport import Transport
from mockflow.handle.workflow import WorkflowHandle
from mockflow.loading.load import load_paths

Source = str | Path | Scenario
"""A file or folder, the text of a YAML document (a string with a newline), or a scenario built in Python."""


class ClusterHandle:
    """A fake cluster for its owner, wherever it runs."""

    def __init__(self, transport: Transport, url: str) -> None:
        self._transport = transport
        self.url = url
        """Where clients find it, such as ``http://127.0.0.1:9200``."""
        self.clock = ClockHandle(transport, self._only_workflow)
        self.journal = JournalHandle(transport)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @property
    def stuck(self) -> str | None:
        """Why a client was cut off: it polled for ever where nothing could change any more."""
        journal = self._transport.ask("GET", "/journal?status=0")  # without its exchanges
        return None if journal["stuck"] is None else str(journal["stuck"])

    def load(self, *sources: Source) -> None:
        """Loads scenarios, or replaces those of the same name. ScenarioError has every problem, with its place."""
        for name, text in texts_of(sources):
            self._transport.ask("PUT", f"/scenarios?source={quote(name)}", text)

    def scenarios(self) -> list[str]:
        """The names of the loaded scenarios."""
        return [scenario["scenario"] for scenario in self._transport.ask("GET", "/scenarios")]

    def remove(self, scenario: str) -> None:
        """Removes a scenario and its workflows."""
        self._transport.ask("DELETE", f"/scenarios/{quote(scenario, safe='')}")

    def workflow(self, workflow_id: str | None = None) -> WorkflowHandle:
        """A workflow; without an id, the only one there is."""
        handle = WorkflowHandle(self._transport, workflow_id or self._only_workflow())
        handle.status  # noqa: B018 - tells at once that there is none
        return handle

    def workflows(self) -> list[WorkflowHandle]:
        """All workflows, those of scenarios and those that clients have created."""
        found = self._transport.ask("GET", "/workflows")
        return [WorkflowHandle(self._transport, workflow["workflow_id"]) for workflow in found]

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
        """In the next run of any workflow, the step of this id or type fails. `status` is a RestStatus name.

        It goes for one run that has such a step, and wins over what a scenario says of it.
        """
        fails: Any = {"status": status, "message": message, "exception": exception}
        fails = "timeout" if timeout else {key: value for key, value in fails.items() if value is not None}
        plan = {"fails": fails, **({"takes": milliseconds(takes)} if takes is not None else {})}
        self._transport.ask("POST", "/next_run", {"steps": {step: plan}})

    def coverage(self) -> Coverage:
        """Which keyframes and attempts of the scripts clients have seen."""
        return Coverage.from_json(self._transport.ask("GET", "/coverage"))

    def reset(self, **settings: Any) -> None:
        """A new world as at the start.

        `settings`: mode, speed, opensearch_version, step_time, seed, epoch, max_polls, keep.
        """
        self._transport.ask("POST", "/reset", settings)

    def patch_sleep(self, *modules: str) -> PatchedSleep:
        """Makes the waiting of the code under test virtual: a context manager.

        `time.sleep`, `asyncio.sleep`, `time.monotonic` and `time.time`, as the named modules (and what is in them)
        see them, belong to this cluster's clock, and only sleeping moves it. None named: all code but mockflow, the
        standard library, event loops, HTTP clients and test tools. What stays real: time-outs of `asyncio.wait_for`
        and of HTTP clients, `threading` waits, `datetime.now`.

        >>> with cluster.patch_sleep("deployer"):
        ...     deployer.deploy(cluster.url)    # polls every 5 s, gives up after 10 minutes: takes milliseconds
        """
        return PatchedSleep(self.clock, modules)

    def _only_workflow(self) -> str:
        ids = [workflow["workflow_id"] for workflow in self._transport.ask("GET", "/workflows")]
        if len(ids) != 1:
            known = f"there are {len(ids)}: {', '.join(ids)}" if ids else "there is none"
            raise MockFlowError(f"which workflow? name it; {known}")
        return str(ids[0])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.url or '(not started)'}>"


def texts_of(sources: tuple[Source, ...]) -> list[tuple[str, str]]:
    """Each source's name and YAML. Files are checked here, so that problems have their places."""
    found: list[tuple[str, str]] = []
    for source in sources:
        if isinstance(source, Scenario):
            source.build()
            found.append((source.name, source.yaml()))
        elif isinstance(source, str) and "\n" in source:
            found.append(("text", source))
        else:
            loading = load_paths([source])
            if loading.errors:
                raise ScenarioError(
                    "\n".join(map(str, loading.errors)), problems=[problem.as_json() for problem in loading.errors]
                )
            files = dict.fromkeys(located.place.file for located in loading.scenarios)
            found += [(file, Path(file).read_text("utf-8")) for file in files]
    return found


def settings_json(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as the owner's door takes them, without those that are None."""
    return {name: value for name, value in settings.items() if value is not None}
