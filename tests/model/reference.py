"""What a flow-framework server answers, told a second time: a small model of its own.

It imports nothing of mockflow and works the other way round: where mockflow computes a run's whole timeline when it
begins, this keeps what is true now and lets things happen as time passes. An answer is ``(status, body)``; a body may
hold a `Known` (an id that the server makes up: the first answer that shows it tells it) or a `Like` (a text that the
contract leaves partly open).
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Body = dict[str, Any]
Answer = tuple[int, Any]
Template = dict[str, Any]
Node = dict[str, Any]
Refusal = tuple[int, str]
"""Status and message."""

EPOCH: Final = 1_767_225_600_000  # where a frozen clock begins
STEP_TIME: Final = 1000


@dataclass(frozen=True)
class JsonText:
    """The JSON text of a value, its keys in any order."""

    value: Any

    def fits(self, text: object) -> bool:
        return isinstance(text, str) and bool(json.loads(text) == self.value)


class Unordered(dict[str, Any]):
    """An object whose keys come in an order that a node draws at its start (docs/reference/plugin.md, "Shapes")."""


class Known:
    """An id that the server makes up."""

    def __init__(self) -> None:
        self.value: str | None = None

    def __str__(self) -> str:
        return self.value or "an id not seen yet"

    __repr__ = __str__


@dataclass(frozen=True)
class Like:
    """Any text that the pattern matches as a whole, or any value of a type."""

    pattern: str = ""
    type: type = str

    def fits(self, value: object) -> bool:
        return type(value) is self.type and (not self.pattern or bool(re.fullmatch(self.pattern, str(value))))


@dataclass(frozen=True)
class Release:
    """What differs between the versions that the model knows."""

    accepted: int
    created_and_accepted: int
    names_class: bool
    tells_why_no_index: bool
    ends_wait_on_failure: bool = True

    def error(self, step_id: str, message: str, status: str) -> str:
        """The text of a failed step whose exception is the plugin's own (section 6)."""
        if self.names_class:
            return f"WorkflowStepException during step {step_id}, {message}, restStatus: {status}"
        return f"{message} during step {step_id}, restStatus: {status}"


RELEASES: Final = {
    "2.19.0": Release(200, 201, names_class=False, tells_why_no_index=False, ends_wait_on_failure=False),
    "2.19.4": Release(200, 201, names_class=False, tells_why_no_index=True, ends_wait_on_failure=False),
    "3.0.0": Release(202, 202, names_class=False, tells_why_no_index=False),
    "3.1.0": Release(202, 202, names_class=True, tells_why_no_index=False),
    "3.2.0": Release(202, 202, names_class=True, tells_why_no_index=True),
}
NO_TIMEOUT: Final = "Failed to parse timeout value"
STATUSES: Final = {"BAD_REQUEST": 400, "REQUEST_TIMEOUT": 408, "INTERNAL_SERVER_ERROR": 500}


@dataclass(frozen=True)
class Step:
    """A row of steps.json, as far as these tests use it, and the kind of thing that the step makes."""

    resource_type: str | None = None
    kind: str = ""
    named_by: str = ""
    """The input that is the resource's id."""
    updates: bool = False
    deprovision: str = "delete"
    """delete, noop, undeploy, or if_allowed: delete what allow_delete names."""


STEPS: Final = {
    "noop": Step(),
    "create_tool": Step(),
    "create_connector": Step("connector_id", "connector"),
    "register_remote_model": Step("model_id", "model"),
    "deploy_model": Step("model_id", "model", deprovision="undeploy"),
    "register_model_group": Step("model_group_id", "model_group", deprovision="noop"),
    "register_agent": Step("agent_id", "agent"),
    "create_index": Step("index_name", "index", "index_name", updates=True, deprovision="if_allowed"),
    "create_ingest_pipeline": Step(
        "pipeline_id", "ingest_pipeline", "pipeline_id", updates=True, deprovision="if_allowed"
    ),
    "create_search_pipeline": Step(
        "pipeline_id", "search_pipeline", "pipeline_id", updates=True, deprovision="if_allowed"
    ),
}
FIELDS: Final = ("name", "description", "use_case", "version", "workflows", "ui_metadata")
UPDATABLE: Final = frozenset(FIELDS) - {"workflows"}


@dataclass(frozen=True)
class Draft:
    """A request body for create and update, and what the plugin has against it.

    `refusal` always, `graph_refusal` when the graph is checked.
    """

    template: Any
    refusal: Refusal | None = None
    graph_refusal: Refusal | None = None

    @property
    def in_validation(self) -> Refusal | None:
        """The refusal of a create or update: of a bad time-out the reason is not told."""
        if self.graph_refusal and self.graph_refusal[1].startswith(NO_TIMEOUT):
            return 400, f"Workflow validation failed for template {self.template['name']}"
        return self.graph_refusal


@dataclass(frozen=True)
class Script:
    """How the runs of some workflows go (the scenarios that the test loads). Keys are node ids, values messages."""

    fails: tuple[Mapping[str, tuple[str, str]], ...] = ({},)
    """For each provisioning, the last repeats: node id -> message and RestStatus."""
    takes: Mapping[str, int] = field(default_factory=dict)
    keeps: tuple[Collection[str], ...] = ((),)
    """For each deprovisioning, the last repeats: the nodes whose resources cannot be deleted."""
    deprovision_takes: tuple[int, ...] = (0,)


def nth(attempts: tuple[Any, ...], number: int) -> Any:
    return attempts[min(number, len(attempts) - 1)]


@dataclass
class Resource:
    """An entry of resources_created, and the kind of thing that it stands for."""

    step_name: str
    step_id: str
    type: str
    id: str | Known
    kind: str

    def body(self) -> Body:
        return {
            "workflow_step_name": self.step_name,
            "workflow_step_id": self.step_id,
            "resource_type": self.type,
            "resource_id": self.id,
        }

    @property
    def deprovision(self) -> str:
        return STEPS[self.step_name].deprovision


@dataclass
class Thing:
    """Something in the cluster: the inputs that made it (and changed it), when, and whether it is deployed."""

    inputs: Mapping[str, Any]
    created: int
    deployed: bool = False


@dataclass
class Event:
    """What a run brings at its time."""

    time: int
    happens: Callable[[], None]
    makes_index: str | None = None
    updates: tuple[str, str | Known] | None = None
    """Kind and id of what an update step changes."""


@dataclass(eq=False)
class Flow:
    """One workflow: its template and its status document, each as long as it is there."""

    script: Script
    template: Template | None
    graph_refusal: Refusal | None
    created_time: int
    updated_time: int
    id: Known | str = field(default_factory=Known)
    provisioned_time: int | None = None
    has_status: bool = True
    state: str = "NOT_STARTED"
    progress: str = "NOT_STARTED"
    start: int | None = None
    end: int | None = None
    error: str | Like | None = None
    failure_status: int = 0
    fails: bool = False
    """Whether the run under way will fail."""
    renewed_credentials: bool = False
    """Whether the credentials were encrypted a second time, which an update of other fields does."""
    resources: list[Resource] = field(default_factory=list)
    run: int = 0
    """The number of the run under way, of all runs; at the same time, the run that began later acts later."""
    events: list[Event] = field(default_factory=list)
    provisions: int = 0
    deprovisions: int = 0

    def __repr__(self) -> str:
        return f"<workflow {self.id}>"

    @property
    def nodes(self) -> list[Node]:
        return nodes_of(self.template or {})


def nodes_of(template: Template) -> list[Node]:
    nodes: list[Node] = template.get("workflows", {}).get("provision", {}).get("nodes", [])
    return nodes


def edges_of(template: Template) -> list[tuple[str, str]]:
    """Those given, then those that follow from previous_node_inputs (section 3)."""
    given = template["workflows"]["provision"].get("edges", [])
    pairs = [(edge["source"], edge["dest"]) for edge in given]
    pairs += [(before, node["id"]) for node in nodes_of(template) for before in node.get("previous_node_inputs", {})]
    return list(dict.fromkeys(pairs))


def in_order(template: Template) -> list[Node]:
    """Kahn's algorithm, start nodes in template order (section 4)."""
    by_id = {node["id"]: node for node in nodes_of(template)}
    edges = edges_of(template)
    order = [node_id for node_id in by_id if not any(dest == node_id for _, dest in edges)]
    for node_id in order:
        for source, dest in edges:
            if source == node_id and dest not in order:
                if all(before in order[: order.index(node_id) + 1] for before, after in edges if after == dest):
                    order.append(dest)
    return [by_id[node_id] for node_id in order]


@dataclass
class Server:
    """The whole of it. Every method is a request and gives its answer."""

    release: Release
    scripts: Mapping[str, Script] = field(default_factory=dict)
    """use_case -> how its workflows go."""
    now: int = EPOCH
    flows: list[Flow] = field(default_factory=list)
    things: dict[tuple[str, str | Known], Thing] = field(default_factory=dict)
    has_templates: bool = False
    runs: int = 0

    # -- time ----------------------------------------------------------------------------------------

    def advance(self, milliseconds: int) -> None:
        until = self.now + milliseconds
        while True:
            busy = [flow for flow in self.flows if flow.events]
            flow = min(busy, key=lambda flow: (flow.events[0].time, flow.run), default=None)
            if flow is None or flow.events[0].time > until:
                break
            self.now = flow.events[0].time
            flow.events.pop(0).happens()
        self.now = until

    # -- create and update ---------------------------------------------------------------------------

    def create(self, draft: Draft, *, validate: bool = True, provision: bool = False) -> tuple[Answer, Flow | None]:
        refusal = draft.refusal or (draft.in_validation if validate else None)
        if refusal:
            return refused(refusal), None
        script = self.scripts.get(draft.template.get("use_case", ""), Script())
        flow = Flow(script, draft.template, draft.graph_refusal, self.now, self.now)
        self.flows.append(flow)
        self.has_templates = True
        if provision:
            self._provision(flow)
        return (self.release.created_and_accepted if provision else 201, {"workflow_id": flow.id}), flow

    def update(self, flow: Flow, draft: Draft, *, validate: bool = True, provision: bool = False) -> Answer:
        if draft.refusal:
            return refused(draft.refusal)
        if flow.template is None:
            return no_template(flow.id)
        if draft.in_validation and validate:
            return refused(draft.in_validation)
        if flow.progress != "NOT_STARTED":
            return refused((400, NOT_UPDATABLE.format(id=flow.id)))
        self._store(flow, draft)  # and that is all, with provision=true as well
        return self.release.created_and_accepted if provision else 201, {"workflow_id": flow.id}

    def update_fields(self, flow: Flow, changes: Body) -> Answer:
        for name in changes:
            if name not in UPDATABLE:
                return refused((400, f"You can not update the field [{name}] without updating the whole template."))
        if flow.template is None:
            return no_template(flow.id)
        flow.template = {**flow.template, **changes}
        flow.renewed_credentials = True
        flow.updated_time = self.now
        return 201, {"workflow_id": flow.id}

    def _store(self, flow: Flow, draft: Draft) -> None:
        flow.template, flow.graph_refusal, flow.updated_time = draft.template, draft.graph_refusal, self.now
        flow.renewed_credentials = False

    # -- reading -------------------------------------------------------------------------------------

    def get(self, flow: Flow) -> Answer:
        if flow.template is None:
            return no_template(flow.id)
        template = {"description": "", "use_case": "", **flow.template}
        body: Body = {name: template[name] for name in FIELDS if name in template}
        nodes = [
            {
                "id": node["id"],
                "type": node["type"],
                "previous_node_inputs": node.get("previous_node_inputs", {}),
                "user_inputs": Unordered(
                    {
                        name: stored(name, value)
                        for name, value in node.get("user_inputs", {}).items()
                        if name != "credential"
                    }
                ),
            }
            for node in flow.nodes
        ]
        edges = [{"source": source, "dest": dest} for source, dest in edges_of(template)]
        body["workflows"] = {"provision": {"user_params": {}, "nodes": nodes, "edges": edges}}
        body |= {"created_time": flow.created_time, "last_updated_time": flow.updated_time}
        if flow.provisioned_time is not None:
            body["last_provisioned_time"] = flow.provisioned_time
        return 200, body

    def status(self, flow: Flow, *, show_all: bool) -> Answer:
        if not flow.has_status:
            return refused((404, f"Fail to find workflow status of {flow.id}"))
        values = {
            "workflow_id": flow.id,
            "error": flow.error,
            "state": flow.state,
            "provisioning_progress": flow.progress if show_all else None,
            "provision_start_time": flow.start if show_all else None,
            "provision_end_time": flow.end if show_all else None,
            "resources_created": [resource.body() for resource in flow.resources] or None,
        }
        return 200, {name: value for name, value in values.items() if value is not None}

    # -- provision and reprovision -------------------------------------------------------------------

    def provision(self, flow: Flow) -> Answer:
        if flow.template is None:
            return no_template(flow.id)
        if flow.progress != "NOT_STARTED":
            return refused((400, NOT_PROVISIONABLE.format(id=flow.id, progress=flow.progress)))
        if flow.graph_refusal:
            return refused(flow.graph_refusal)
        self._provision(flow)
        return self.release.accepted, {"workflow_id": flow.id}

    def _provision(self, flow: Flow) -> None:
        flow.resources = []
        fails = nth(flow.script.fails, flow.provisions)
        flow.provisions += 1
        self._run(flow, {node["id"]: "create" for node in flow.nodes}, fails)

    def reprovision(self, flow: Flow, draft: Draft, *, validate: bool = True) -> Answer:
        if draft.refusal:
            return refused(draft.refusal)
        if flow.template is None:
            return no_template(flow.id)
        if draft.in_validation and validate:
            return refused(draft.in_validation)
        if flow.progress not in ("DONE", "FAILED"):
            message = "The template can not be reprovisioned unless its provisioning state is DONE or FAILED: "
            return refused((400, f"{message}{flow.id}"))
        if draft.graph_refusal:
            status, message = draft.graph_refusal
            if message.startswith("Invalid workflow, node"):
                message = f"Workflow validation failed for workflow {flow.id}"
            elif message.startswith(NO_TIMEOUT):
                message = f"Failed to get workflow state for workflow {flow.id}"
            return refused((status, message))
        changes = changes_between(flow.nodes, nodes_of(draft.template), renewed_credentials=flow.renewed_credentials)
        if isinstance(changes, str):
            return refused((400, changes))
        self._store(flow, draft)
        flow.error = None
        self._run(flow, changes, {})
        return self.release.created_and_accepted, {"workflow_id": flow.id}

    def _run(self, flow: Flow, changes: Mapping[str, str], fails: Mapping[str, tuple[str, str]]) -> None:
        flow.state, flow.progress, flow.start = "PROVISIONING", "IN_PROGRESS", self.now
        flow.provisioned_time = self.now
        self.runs += 1
        flow.run = self.runs
        assert flow.template is not None
        edges = edges_of(flow.template)
        ends: dict[str, int] = {}
        failed: dict[str, tuple[str | Like, str]] = {}
        done: list[Event] = []
        begun = self.now  # whether an index is there already is decided here, for the whole run
        for node in in_order(flow.template):
            before = [source for source, dest in edges if dest == node["id"]]
            if any(source not in ends or source in failed for source in before):
                continue
            change = changes[node["id"]]
            takes = 0 if change == "keep" else flow.script.takes.get(node["id"], STEP_TIME)
            end = ends[node["id"]] = max((ends[source] for source in before), default=begun) + takes
            if change == "keep":
                continue
            if failure := fails.get(node["id"]) or self._no_index(node, change):
                failed[node["id"]] = failure
            else:
                done.append(self._doing(flow, node, change, end))
        # The plugin waits for the steps in their order, so an earlier one that takes longer is waited for.
        last, failure_of = list(ends), next(iter(failed), None)
        if failure_of is not None:
            last = last[: last.index(failure_of) + 1]
        flow.fails = failure_of is not None
        end = max(ends[node_id] for node_id in last)
        flow.events = sorted((event for event in done if event.time <= end), key=lambda event: event.time)
        flow.events.append(Event(end, self._ending(flow, failure_of, failed.get(failure_of or ""))))
        self.advance(0)

    def _no_index(self, node: Node, change: str) -> tuple[str | Like, str] | None:
        """A create_index for an index that is there, or that another run is about to make."""
        if node["type"] != "create_index" or change != "create":
            return None
        name = node["user_inputs"]["index_name"]
        coming = any(name == event.makes_index for flow in self.flows for event in flow.events)
        if ("index", name) not in self.things and not coming:
            return None
        if self.release.tells_why_no_index:
            return Like(rf"index \[{name}(/[\w-]{{22}})?\] already exists"), "BAD_REQUEST"
        return f"Failed to create the index {name}", "INTERNAL_SERVER_ERROR"

    def _doing(self, flow: Flow, node: Node, change: str, time: int) -> Event:
        if change == "update":
            step, inputs = STEPS[node["type"]], node["user_inputs"]
            thing = (step.kind, inputs[step.named_by])
            return Event(time, lambda: self._update(thing, inputs), updates=thing)
        index = node["user_inputs"]["index_name"] if node["type"] == "create_index" else None
        return Event(time, lambda: self._create(flow, node), index)

    def _create(self, flow: Flow, node: Node) -> None:
        step, inputs = STEPS[node["type"]], node.get("user_inputs", {})
        if step.resource_type is None:
            return
        resource_id: str | Known = inputs[step.named_by] if step.named_by else Known()
        if node["type"] == "deploy_model":
            resource_id = next(r.id for r in flow.resources if r.type == "model_id")
            thing = self.things.get(("model", resource_id))
            if thing:
                thing.deployed = True
        else:
            self.things.pop((step.kind, resource_id), None)
            self.things[(step.kind, resource_id)] = Thing(inputs, self.now)
        flow.resources.append(Resource(node["type"], node["id"], step.resource_type, resource_id, step.kind))
        if node["type"].startswith("register_remote") and str(inputs.get("deploy")).lower() == "true":
            self.things[(step.kind, resource_id)].deployed = True
            flow.resources.append(Resource("deploy_model", node["id"], step.resource_type, resource_id, step.kind))

    def _update(self, thing: tuple[str, str | Known], inputs: Body) -> None:
        if thing[0] != "index":  # of an index the settings alone, which these templates do not have
            self.things[thing].inputs = inputs

    def _ending(self, flow: Flow, failed: str | None, failure: tuple[str | Like, str] | None) -> Callable[[], None]:
        def happens() -> None:
            flow.end = self.now
            flow.state, flow.progress = "COMPLETED", "DONE"
            if failed is not None and failure is not None:
                flow.state, flow.progress = "FAILED", "FAILED"
                flow.error = self._error(failed, *failure)
                flow.failure_status = STATUSES[failure[1]]

        return happens

    def _error(self, step_id: str, message: str | Like, status: str) -> str | Like:
        if isinstance(message, str):
            return self.release.error(step_id, message, status)
        before, after = self.release.error(step_id, "\0", status).split("\0")
        return Like(re.escape(before) + message.pattern + re.escape(after))

    def waited(self, flow: Flow, status: int) -> Answer:
        """The answer of a request with wait_for_completion_timeout, when the run has ended or that has passed."""
        if flow.state == "FAILED" and self.release.ends_wait_on_failure:
            return flow.failure_status, {"error": flow.error}
        return status, self.status(flow, show_all=False)[1]

    def is_to_update(self, thing: tuple[str, str | Known]) -> bool:
        """Whether a run that is under way changes it."""
        return any(event.updates == thing for flow in self.flows for event in flow.events)

    # -- deprovision and delete ----------------------------------------------------------------------

    def deprovision(self, flow: Flow, allow_delete: Collection[str] = ()) -> Answer:
        if not flow.has_status:
            return refused((404, f"Failed to get workflow state for workflow {flow.id}"))
        keeps = nth(flow.script.keeps, flow.deprovisions)
        flow.deprovisions += 1
        not_allowed = [r for r in flow.resources if r.deprovision == "if_allowed" and r.id not in allow_delete]
        tried = [r for r in reversed(flow.resources) if r not in not_allowed]
        failed = [r for r in tried if r.step_id in keeps or self._is_missed(r)]
        for resource in tried:
            if resource not in failed:
                self._take_away(resource)
        flow.resources = [*failed, *not_allowed]
        if not flow.resources:
            flow.state, flow.progress = "NOT_STARTED", "NOT_STARTED"
            flow.start = flow.end = flow.error = None
            flow.has_status = flow.template is not None
            return 200, {"workflow_id": flow.id}
        flow.state, flow.progress, flow.end = "COMPLETED", "DONE", self.now
        sentences = []
        if failed:
            sentences.append(f"Failed to deprovision some resources: [{told(failed)}].")
        if not_allowed:
            sentences.append(
                f"These resources require the allow_delete parameter to deprovision: [{told(not_allowed)}]."
            )
        return 202 if failed else 403, {"error": " ".join(sentences)}

    def _is_missed(self, resource: Resource) -> bool:
        """Whether its deprovision step fails because it is gone: connectors, agents and models may be."""
        is_gone = (resource.kind, resource.id) not in self.things
        return is_gone and resource.deprovision in ("if_allowed", "undeploy")

    def begin_deprovision(self, flow: Flow) -> int:
        """A run that is under way goes no further. Milliseconds that the request waits."""
        flow.events = []
        return int(nth(flow.script.deprovision_takes, flow.deprovisions)) if flow.has_status else 0

    def _take_away(self, resource: Resource) -> None:
        key = (resource.kind, resource.id)
        if resource.deprovision in ("delete", "if_allowed"):
            self.things.pop(key, None)
        elif resource.deprovision == "undeploy" and key in self.things:
            self.things[key].deployed = False

    def delete(self, flow: Flow, *, clear_status: bool) -> Answer:
        answer = deleted(flow.id) if flow.template is not None else not_there(flow.id)
        flow.template = None
        if flow.has_status and (clear_status or not flow.resources) and flow.progress != "IN_PROGRESS":
            flow.has_status = False
        return answer


NOT_UPDATABLE: Final = (
    "The template can not be updated unless its provisioning state is NOT_STARTED: {id}. "
    "Deprovision the workflow to reset the state."
)
NOT_PROVISIONABLE: Final = (
    "The workflow provisioning state is {progress} and can not be provisioned unless its state is NOT_STARTED: {id}. "
    "Deprovision the workflow to reset the state."
)


def changes_between(old: list[Node], new: list[Node], *, renewed_credentials: bool = False) -> dict[str, str] | str:
    """What becomes of each node, or the refusal (section 5)."""
    before = {node["id"]: node for node in old}
    if any(node_id not in {node["id"] for node in new} for node_id in before):
        return "Workflow Step deletion is not supported when reprovisioning a template."
    changes = {}
    for node in new:
        one = before.get(node["id"])
        if one is None:
            changes[node["id"]] = "create"
        elif all(one.get(name, {}) == node.get(name, {}) for name in ("previous_node_inputs", "user_inputs")) and not (
            renewed_credentials and "credential" in one.get("user_inputs", {})
        ):
            changes[node["id"]] = "keep"
        elif STEPS[node["type"]].updates:
            changes[node["id"]] = "update"
        else:
            if STEPS[node["type"]].resource_type is None:
                return f"Unable to find update step for step: {node['type']}"
            return f"Workflow Step {node['id']} does not support updates when reprovisioning."
    if set(changes.values()) == {"keep"}:
        return "Template does not contain any modifications"
    return changes


def stored(name: str, value: Any) -> Any:
    """An input as the index has it: configurations are text, and keys of other objects come in any order."""
    if not isinstance(value, dict):
        return value
    return JsonText(value) if name == "configurations" else Unordered(value)


def refused(refusal: Refusal) -> Answer:
    return refusal[0], {"error": refusal[1]}


def no_template(workflow_id: Known | str) -> Answer:
    return refused((404, f"Failed to retrieve template ({workflow_id}) from global context."))


def told(resources: Iterable[Resource]) -> str:
    return ", ".join(dict.fromkeys(f"{resource.type} {resource.id}" for resource in resources))


def deleted(workflow_id: Known | str, result: str = "deleted") -> Answer:
    return 200, {
        "_index": ".plugins-flow-framework-templates",
        "_id": workflow_id,
        "_version": Like(type=int),
        "result": result,
        "forced_refresh": Like(type=bool),
        "_shards": {name: Like(type=int) for name in ("total", "successful", "failed")},
        "_seq_no": Like(type=int),
        "_primary_term": Like(type=int),
    }


def not_there(workflow_id: Known | str) -> Answer:
    return deleted(workflow_id, "not_found")
