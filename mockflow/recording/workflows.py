"""What was recorded of one workflow of a client, and its scenario."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mockflow.core.base.durations import format_duration
from mockflow.recording.exchanges import Exchange
from mockflow.recording.keyframes import run_of
from mockflow.recording.scenario import faults_of
from mockflow.recording.status_history import StatusHistory


@dataclass
class RecordedRun:
    """A run of one workflow. `origin` is the time of the request that began it; None if there was none."""

    kind: str
    """provision or reprovision; observed, if no request that began it was seen."""
    history: StatusHistory
    origin: int | None = None


@dataclass
class Refusal:
    """A call that did not reach the plugin: the `call`-th of its operation for this workflow."""

    operation: str
    call: int
    does: dict[str, Any]
    """The keys of the fault that reproduces it."""
    began: int
    run: RecordedRun | None = None
    """The run during which a status poll was refused. A window of its elapsed time is preferred to the call number."""

    def as_performed(self) -> None:
        """Marks that the request took effect although its response says otherwise."""
        self.does = {"connection": "lost_reply"} if "connection" in self.does else {**self.does, "performed": True}


@dataclass
class RecordedWorkflow:
    """Collects runs, deprovisionings and refusals of one workflow."""

    id: str
    match: dict[str, str] | None = None
    """For a workflow that the client created: the scenario's `match`."""
    template_name: str | None = None
    template: dict[str, Any] | None = None
    starts: str | None = None
    runs: list[RecordedRun] = field(default_factory=list)
    deprovisions: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    unsure: Refusal | None = None
    """A refused provision that may have reached the plugin all the same; the next status read decides."""
    calls: Counter[str] = field(default_factory=Counter)
    left_out: set[str] = field(default_factory=set)
    is_running: bool = False
    """Whether status reads belong to the last run. False after a deprovision or a replaced template."""

    @property
    def is_under_way(self) -> bool:
        """Whether the last run was seen to have begun."""
        return self.is_running and self.runs[-1].history.state not in (None, "NOT_STARTED")

    def begin(self, kind: str, origin: int) -> RecordedRun:
        """Begins a run of `kind`, at the time `origin` of the request for it."""
        if kind == "provision" and self.is_running and self.runs[-1].kind == "observed":
            self.runs.pop()  # before the first provision the status is NOT_STARTED anyway
            self.starts = kind
        held = self.runs[-1].history.changes[-1].status if kind == "reprovision" and self.runs else {}
        begun = {"state": "PROVISIONING", "resources_created": held.get("resources_created")}
        run = RecordedRun(kind, StatusHistory(self.id), origin)
        run.history.record(origin, begun, complete=False)
        self.runs.append(run)
        self.is_running = True
        self.unsure = None
        return run

    def begin_at(self, kind: str, exchange: Exchange) -> None:
        """Begins a run at a request. If the request waited for the end of the run, its response is a status read."""
        run = self.begin(kind, exchange.began)
        if exchange.waits and "state" in exchange.answer:
            run.history.record(min(exchange.ended, exchange.began + exchange.waits), exchange.answer, complete=False)

    def read_status(self, exchange: Exchange) -> bool:
        """Records a successful status poll; returns whether the status changed."""
        unsure, self.unsure = self.unsure, None
        if unsure and exchange.answer["state"] != "NOT_STARTED" and not self.is_under_way:
            unsure.as_performed()
            self.begin("provision", unsure.began)
        if not self.runs and self.match is None:
            self.runs.append(RecordedRun("observed", StatusHistory(self.id)))
            self.is_running = True
        if not self.is_running:
            return False
        return self.runs[-1].history.record(exchange.began, exchange.answer, complete=exchange.is_true("all"))

    def deprovision(self, exchange: Exchange) -> None:
        """Records a deprovisioning, with the steps whose resources could not be deleted."""
        said = str(exchange.answer.get("error", ""))
        last = self.runs[-1].history.changes[-1].status if self.runs else {}
        failed = said.partition("Failed to deprovision some resources: [")[2].partition("]")[0].split(", ")
        kept = [
            resource["workflow_step_id"]
            for resource in last.get("resources_created") or ()
            if f"{resource['resource_type']} {resource['resource_id']}" in failed
        ]
        plan: dict[str, Any] = {"keeps": list(dict.fromkeys(kept))} if kept else {}
        self.deprovisions.append(plan | {"takes": format_duration(exchange.ended - exchange.began)})
        self.is_running = False

    def documents(self, epoch: int, about: str) -> Iterator[tuple[dict[str, Any], set[str]]]:
        """The scenario document and what is left out of it; nothing, if there is nothing to script.

        `epoch` is the recorder's time 0 in epoch ms, `about` the scenario's description.
        """
        scripts: dict[str, list[dict[str, Any]]] = {"provision": [], "reprovision": []}
        left_out = set(self.left_out)
        faults: list[dict[str, Any]] = []
        only = self.runs[0] if len(self.runs) == 1 else None  # a window of time would act in every run
        for run in self.runs:
            if run.history.changes:
                played = run_of(run.history.changes, epoch=epoch, origin=run.origin, from_first_read=True)
                timeline = [keyframe.model_dump(exclude_unset=True) for keyframe in played.keyframes]
                scripts["reprovision" if run.kind == "reprovision" else "provision"].append({"timeline": timeline})
                if run is only:
                    faults += faults_of(run.history, played.origin)
            left_out |= run.history.left_out
        counted = (one for one in self.refusals if one.run is None or one.run is not only)
        faults += ({"on": one.operation, "call": one.call, **one.does} for one in counted)
        if self.match is None and not scripts["provision"] and self.template is None:
            return
        yield (
            {
                "scenario": f"recorded-{self.id}",
                "description": about,
                "workflow_id": self.id,
                "match": self.match or ({"everything": True} if self.match is not None else None),
                "starts": self.starts if self.match is None else None,
                "template": self.template if self.match is None else None,
                **{kind: _script(attempts) for kind, attempts in scripts.items()},
                "deprovision": _script(self.deprovisions),
                "faults": faults or None,
            },
            left_out,
        )


def _script(attempts: list[dict[str, Any]]) -> dict[str, Any] | None:
    if len(attempts) > 1:
        return {"attempts": attempts}
    return attempts[0] if attempts else None
