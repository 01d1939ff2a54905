"""What happened between a consumer and a real cluster, as scenarios."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from mockflow.core.base.durations import format_duration
from mockflow.core.base.secrets import without_secrets
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.use_cases import expand
from mockflow.core.scenario.model import Scenario
from mockflow.loading.yaml12 import read
from mockflow.recording.exchanges import Exchange
from mockflow.recording.keyframes import run_of
from mockflow.recording.looks import Looks
from mockflow.recording.scenario import accepted, faults_of, sendable
from mockflow.recording.stubs import Stubs, answer_of

# Parameters that leave the status as it is; an answer to another, such as filter_path, may be a part of it.
_HARMLESS: Final = frozenset({"all", "pretty", "human", "error_trace", "format", "wait_for_completion_timeout"})
# What something before the plugin answers: security, a proxy, a busy or broken node.
_REFUSALS: Final = frozenset({0, 401, 403, 408, 429, *range(500, 600)})
# Those that do not follow from what was done to the workflow before, also if the plugin words them.
_NEVER_OF_A_RUN: Final = frozenset({0, 401, 429})


@dataclass
class _Run:
    """A run of one workflow: what began it and, if a request did, when that came."""

    kind: str
    looks: Looks
    origin: int | None = None


@dataclass
class _Refusal:
    """A call that something before the plugin has answered, or nobody: the workflow's `call`-th of its operation."""

    operation: str
    call: int
    does: dict[str, Any]
    """As a fault says it."""
    began: int
    run: _Run | None = None
    """In which a status poll was refused; a window of its elapsed time tells that better than the number."""

    def as_performed(self) -> None:
        """What it asked for has happened all the same."""
        self.does = {"connection": "lost_reply"} if "connection" in self.does else {**self.does, "performed": True}


@dataclass
class _Workflow:
    id: str
    match: dict[str, str] | None = None
    """For a workflow that the consumer created: what its template is known by."""
    template_name: str | None = None
    template: dict[str, Any] | None = None
    starts: str | None = None
    runs: list[_Run] = field(default_factory=list)
    deprovisions: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[_Refusal] = field(default_factory=list)
    unsure: _Refusal | None = None
    """A provision that was refused by who cannot know whether the plugin has heard of it; the next look tells."""
    calls: Counter[str] = field(default_factory=Counter)
    left_out: set[str] = field(default_factory=set)
    is_running: bool = False
    """Whether looks belong to the last run; not so once it was deprovisioned or its template replaced."""

    @property
    def is_under_way(self) -> bool:
        """Whether its last run was seen to have begun."""
        return self.is_running and self.runs[-1].looks.state not in (None, "NOT_STARTED")


class Story:
    """Gathers exchanges. `epoch` is the 0 of their times in epoch ms.

    What counts is when a request came, not when it was answered: in playback an answer takes no time, and what was told
    then has to hold when it is asked for.
    """

    def __init__(self, epoch: int, about: str = "") -> None:
        self._epoch = epoch
        self._about = about
        self._workflows: dict[str, _Workflow] = {}
        self._left_out: dict[str, set[str]] = {}
        self._stubs = Stubs()
        self._creates: dict[str | None, list[_Refusal]] = {}
        """Creates that were refused, by their template's name; and how many there were, by it."""
        self._created: Counter[str | None] = Counter()

    def add(self, exchange: Exchange) -> bool:
        """Notes what happened; whether a workflow's state or resources have changed by it."""
        if not exchange.is_flow_frameworks:
            self._stubs.add(exchange)
            return False
        self._count(exchange)
        note = _NOTES.get(exchange.operation or "")
        return note(self, exchange) if note else False

    def scenarios(self) -> list[Scenario]:
        """All that was seen so far."""
        self._left_out = {"requests": set(self._stubs.left_out)}
        scenarios: list[Scenario] = []
        first: dict[str, str] = {}
        for workflow in self._workflows.values():
            known_as = workflow.id if workflow.match is None else str(workflow.match)
            other = first.setdefault(known_as, workflow.id)
            if other != workflow.id:
                told = f"all of it: it is played as {other}, whose template has the same name"
                self._left_out[workflow.id] = {told}
                continue
            try:
                scenarios += self._scenario(workflow)
            except ValidationError as error:
                self._left_out[workflow.id] = {f"all of it: {error.errors()[0]['msg']}"}
        for name in self._creates.keys() - {workflow.template_name for workflow in self._workflows.values()}:
            told = (
                f"a create that was refused: no workflow of the template {name or 'without a name'} was seen to be made"
            )
            self._left_out.setdefault("requests", set()).add(told)
        if stubs := list(self._stubs.documents()):
            document = {"scenario": "recorded-requests", "description": self._about, "stubs": stubs}
            scenarios.append(accepted(document, self._left_out["requests"]))
        return scenarios

    @property
    def left_out(self) -> Iterator[str]:
        """What `scenarios` could not say, in people's words."""
        for owner, things in self._left_out.items():
            yield from (f"{owner}: {thing}" for thing in sorted(things))

    # -- what is noted -----------------------------------------------------------------------------

    def _workflow(self, workflow_id: str | None) -> _Workflow:
        assert workflow_id is not None
        return self._workflows.setdefault(workflow_id, _Workflow(workflow_id))

    def _count(self, exchange: Exchange) -> None:
        """A call that something before the plugin has refused is a fault."""
        operation = exchange.operation
        if operation is None or operation == "create":
            return
        workflow = self._workflow(exchange.workflow_id)
        workflow.calls[operation] += 1
        if not _is_refusal(exchange):
            return
        try:
            refusal = _Refusal(operation, workflow.calls[operation], _does(exchange), exchange.began)
        except ValueError as error:
            workflow.left_out.add(f"a refusal of {operation}: {error}")
            return
        workflow.refusals.append(refusal)
        if operation == "provision":
            workflow.unsure = refusal
        if operation == "get_status" and workflow.is_running:
            refusal.run = workflow.runs[-1]
            refusal.run.looks.missed(exchange.began, f"{exchange.status}", refusal.does)

    def _status(self, exchange: Exchange) -> bool:
        if exchange.status != 200:
            return _is_refusal(exchange)
        if not exchange.query.keys() <= _HARMLESS or "state" not in exchange.answer:
            return False
        return self._look(self._workflow(exchange.workflow_id), exchange)

    def _look(self, workflow: _Workflow, exchange: Exchange) -> bool:
        unsure, workflow.unsure = workflow.unsure, None
        if unsure and exchange.answer["state"] != "NOT_STARTED" and not workflow.is_under_way:
            unsure.as_performed()
            self._begin(workflow, "provision", unsure.began)
        if not workflow.runs and workflow.match is None:
            workflow.runs.append(_Run("look", Looks(workflow.id)))
            workflow.is_running = True
        if not workflow.is_running:
            return False
        return workflow.runs[-1].looks.saw(exchange.began, exchange.answer, complete=exchange.is_true("all"))

    def _get(self, exchange: Exchange) -> bool:
        workflow = self._workflow(exchange.workflow_id)
        if exchange.status == 200 and exchange.query.keys() <= _HARMLESS and "workflows" in exchange.answer:
            workflow.template = workflow.template or sendable(exchange.answer)
        return False

    def _create(self, exchange: Exchange) -> bool:
        name = _template_name(exchange)
        self._created[name] += 1
        if _is_refusal(exchange):
            with suppress(ValueError):
                refusal = _Refusal("create", self._created[name], _does(exchange), exchange.began)
                self._creates.setdefault(name, []).append(refusal)
        workflow_id = exchange.answer.get("workflow_id")
        if not exchange.is_accepted or not isinstance(workflow_id, str):
            return False
        workflow = self._workflows[workflow_id] = _Workflow(workflow_id)
        workflow.match, workflow.template_name = {"name": name} if name else {}, name
        workflow.refusals = list(self._creates.get(name, []))
        if exchange.is_true("provision"):
            self._begin_at(workflow, "provision", exchange)
        return True

    def _provision(self, exchange: Exchange) -> bool:
        if exchange.is_accepted or (exchange.waits and "can not be provisioned" not in str(exchange.answer)):
            self._begin_at(self._workflow(exchange.workflow_id), "provision", exchange)
            return True
        return False

    def _update(self, exchange: Exchange) -> bool:
        if not exchange.is_accepted:
            return False
        workflow = self._workflow(exchange.workflow_id)
        workflow.is_running = workflow.is_running and exchange.is_true("update_fields")
        for kind in ("provision", "reprovision"):
            if exchange.is_true(kind):
                self._begin_at(workflow, kind, exchange)
        return True

    def _begin_at(self, workflow: _Workflow, kind: str, exchange: Exchange) -> None:
        """A request has begun a run, and may have waited for its end."""
        run = self._begin(workflow, kind, exchange.began)
        if exchange.waits and "state" in exchange.answer:
            run.looks.saw(min(exchange.ended, exchange.began + exchange.waits), exchange.answer, complete=False)

    def _begin(self, workflow: _Workflow, kind: str, origin: int) -> _Run:
        if kind == "provision" and workflow.is_running and workflow.runs[-1].kind == "look":
            workflow.runs.pop()  # nobody had provisioned it yet, and that is what a client sees until one does
            workflow.starts = kind
        held = workflow.runs[-1].looks.changes[-1].status if kind == "reprovision" and workflow.runs else {}
        begun = {"state": "PROVISIONING", "resources_created": held.get("resources_created")}
        run = _Run(kind, Looks(workflow.id), origin)
        run.looks.saw(origin, begun, complete=False)
        workflow.runs.append(run)
        workflow.is_running = True
        workflow.unsure = None
        return run

    def _deprovision(self, exchange: Exchange) -> bool:
        workflow = self._workflow(exchange.workflow_id)
        said = str(exchange.answer.get("error", ""))
        if exchange.status not in (200, 202, 403):
            return False
        last = workflow.runs[-1].looks.changes[-1].status if workflow.runs else {}
        failed = said.partition("Failed to deprovision some resources: [")[2].partition("]")[0].split(", ")
        kept = [
            resource["workflow_step_id"]
            for resource in last.get("resources_created") or ()
            if f"{resource['resource_type']} {resource['resource_id']}" in failed
        ]
        plan: dict[str, Any] = {"keeps": list(dict.fromkeys(kept))} if kept else {}
        workflow.deprovisions.append(plan | {"takes": format_duration(exchange.ended - exchange.began)})
        workflow.is_running = False
        return True

    # -- what becomes of it ------------------------------------------------------------------------

    def _scenario(self, workflow: _Workflow) -> Iterator[Scenario]:
        scripts: dict[str, list[dict[str, Any]]] = {"provision": [], "reprovision": []}
        left_out = set(workflow.left_out)
        faults: list[dict[str, Any]] = []
        only = workflow.runs[0] if len(workflow.runs) == 1 else None  # a window does not know one run from another
        for run in workflow.runs:
            if run.looks.changes:
                told = run_of(run.looks.changes, epoch=self._epoch, origin=run.origin, from_first_look=True)
                timeline = [keyframe.model_dump(exclude_unset=True) for keyframe in told.keyframes]
                scripts["reprovision" if run.kind == "reprovision" else "provision"].append({"timeline": timeline})
                if run is only:
                    faults += faults_of(run.looks, told.origin)
            left_out |= run.looks.left_out
        counted = (one for one in workflow.refusals if one.run is None or one.run is not only)
        faults += ({"on": one.operation, "call": one.call, **one.does} for one in counted)
        document: dict[str, Any] = {
            "scenario": f"recorded-{workflow.id}",
            "description": self._about,
            "workflow_id": workflow.id,
            "match": workflow.match or ({"everything": True} if workflow.match is not None else None),
            "starts": workflow.starts if workflow.match is None else None,
            "template": workflow.template if workflow.match is None else None,
            **{kind: _script(attempts) for kind, attempts in scripts.items()},
            "deprovision": _script(workflow.deprovisions),
            "faults": faults or None,
        }
        if workflow.match is None and not scripts["provision"] and workflow.template is None:
            return
        yield accepted(document, left_out)
        if left_out:
            self._left_out[workflow.id] = left_out


_NOTES: Final = {
    "create": Story._create,
    "get": Story._get,
    "get_status": Story._status,
    "provision": Story._provision,
    "update": Story._update,
    "deprovision": Story._deprovision,
}


def _is_refusal(exchange: Exchange) -> bool:
    """Whether it was not the plugin that answered; on `_status` it never refuses like that."""
    is_worded = isinstance(exchange.answer.get("error"), str) and exchange.operation != "get_status"
    return exchange.status in (_NEVER_OF_A_RUN if is_worded else _REFUSALS)


def _does(exchange: Exchange) -> dict[str, Any]:
    """What a fault does that answers like that, or not at all. ValueError where none can."""
    return {"respond": answer_of(exchange)} if exchange.is_answered else {"connection": "empty"}


def _script(attempts: list[dict[str, Any]]) -> dict[str, Any] | None:
    if len(attempts) > 1:
        return {"attempts": attempts}
    return attempts[0] if attempts else None


def _template_name(exchange: Exchange) -> str | None:
    """The name of the template that a create request has sent, or of its use case's."""
    documents, problems = read(exchange.request_body, "request") if exchange.request_body else ([], [])
    sent = documents[0].value if documents and not problems else {}
    if use_case := exchange.query.get("use_case"):
        try:
            sent = expand(use_case, sent)
        except FlowFrameworkError:
            return None
    name = sent.get("name") if isinstance(sent, Mapping) else None
    return str(without_secrets(name)) if isinstance(name, str) and name else None
