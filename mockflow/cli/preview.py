"""The runs of a scenario, played in a separate cluster by the code that serves it.

The module has no rules of its own. It begins each run in a frozen cluster as a client's call would, and reads the
moments as the control API does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mockflow.cli.layout import Shade
from mockflow.cluster import (
    Cluster,
    LoadedScenario,
    NeverError,
    Settings,
    StoredTemplate,
    Workflow,
    moving,
    operations,
    runs,
)
from mockflow.cluster.timeline_rows import timeline_of
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.graph import Sequence, sequence_of
from mockflow.core.plugin.planned import KEEP, UPDATE
from mockflow.core.plugin.status import Fields
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.template import Template
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.plugin.use_cases import expand, use_cases
from mockflow.core.scenario.model import Scenario
from mockflow.core.script.models import RunScript

Moments = list[dict[str, Any]]
"""The moments of a run as in the control API, each with `at_ms`, `at_poll`, `after_poll_ms`, `status` and so on."""
NO_FIELDS: Final[Fields] = {}


@dataclass(frozen=True)
class RunPreview:
    """One run: its moments, the status before it, a note on when it begins, and the error of its response, if any."""

    title: str
    moments: Moments
    before: Fields = field(default_factory=dict)
    note: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class ScenarioPreview:
    """A scenario and all its runs."""

    name: str
    description: str
    about: str
    """A description of what the scenario applies to."""
    runs: tuple[RunPreview, ...]
    shades: tuple[Shade, ...] = ()
    """The faults and outages that depend on the elapsed time of a run."""
    other_effects: tuple[str, ...] = ()
    """Descriptions of stubs and of the faults that depend on calls or chance."""


def preview_of(scenario: Scenario, settings: Settings, template: Template | None = None) -> ScenarioPreview:
    """Plays `scenario`. `template` is the template of a client, for scenarios that match clients' workflows.

    Raises FlowFrameworkError if the plugin would refuse `template`.
    """
    cluster = Cluster(settings, (LoadedScenario(scenario),))
    active = cluster.world.active
    shades = tuple(Shade(begin, end, what) for what, begin, end in active.windows(scenario.scenario))
    faults = [f"fault {fault.label}" for fault in active.faults if fault.window is None]
    other_effects = (*faults, *(f"stub {stub.label}" for stub in active.stubs))
    preview = ScenarioPreview(
        scenario.scenario, scenario.description or "", _about(scenario), (), shades, other_effects
    )
    if not scenario.has_workflow:
        return preview
    note = ""
    if scenario.brings_workflow:
        assert scenario.workflow_id is not None
        workflow = cluster.world.find(scenario.workflow_id)
    else:
        if template is None:
            template, note = _likely_template(scenario)
            _trust_inputs(cluster)
        else:
            operations.check_graphs(cluster.world, template)
        now = cluster.world.now()
        workflow_id = cluster.world.new_workflow_id(scenario.workflow_id)
        workflow = Workflow(workflow_id, scenario, StoredTemplate(template, now, now))
        cluster.world.add(workflow)
    runs = [*_provisionings(cluster, workflow, note), *_reprovisionings(cluster, workflow)]
    return replace(preview, runs=(*runs, *_deprovisionings(cluster, workflow)))


def _about(scenario: Scenario) -> str:
    if not scenario.has_workflow:
        return "the cluster as a whole"
    if scenario.match is None:
        return f"workflow {scenario.workflow_id}"
    if scenario.match.everything:
        return "every workflow that a client creates"
    wanted = [f"{key} {value}" for key in ("use_case", "name") if (value := getattr(scenario.match, key))]
    wanted += [f"header {name}: {value}" for name, value in (scenario.match.header or {}).items()]
    return "workflows that a client creates with " + " and ".join(wanted)


# -- the runs, in the order of a workflow's life -------------------------------------------------------


def _provisionings(cluster: Cluster, workflow: Workflow, note: str) -> Iterator[RunPreview]:
    scenario = workflow.scenario
    assert scenario is not None
    count = _attempts(scenario.provision)
    for number in range(count):
        workflow.attempts["provision"] = number
        notes = (_BEGINS[workflow.begins], note) if number == 0 else ("begins when a client provisions it again",)
        title = _title("provision", number, count)
        try:
            if number == 0 and workflow.begins != "provision":
                beginning = runs.for_status_read(cluster.world, workflow)
            else:
                beginning = runs.for_provision(cluster.world, workflow, {})
        except FlowFrameworkError as error:
            yield RunPreview(title, [], refusal=str(error))
            return
        if workflow.run is None or number:
            cluster.world.begin(workflow, beginning)
        yield RunPreview(title, _moments(workflow), note="; ".join(filter(None, notes)))
        _play_to_the_end(cluster, workflow)
        if number < count - 1:
            _take_all_away(cluster, workflow)


def _reprovisionings(cluster: Cluster, workflow: Workflow) -> Iterator[RunPreview]:
    script = workflow.scenario.reprovision if workflow.scenario else None
    _trust_inputs(cluster)
    for number in range(_attempts(script) if script else 0):
        assert script is not None
        attempt = script.attempt(number)
        workflow.attempts["reprovision"] = number
        note = "begins when a client reprovisions it"
        stored = workflow.stored
        if attempt.timeline:
            steps = Sequence((), {})
        elif stored and not stored.is_made and (graph := stored.template.provision):
            steps = sequence_of(graph, workflow_id=workflow.id, max_steps=len(graph.nodes))
        else:
            return  # a plan without a template that has its steps
        named = {node.id for node in steps.nodes if {node.id, node.type} & attempt.steps.keys()}
        changes = {node.id: UPDATE if node.id in named or not named else KEEP for node in steps.nodes}
        if not attempt.timeline:
            note += f"; drawn as if it had changed {'the steps that the plan names' if named else 'every step'}"
        before = cluster.world.fields(workflow)
        cluster.world.begin(workflow, runs.for_reprovision(cluster.world, workflow, steps, changes))
        yield RunPreview(_title("reprovision", number, _attempts(script)), _moments(workflow, before), before, note)
        _play_to_the_end(cluster, workflow)


def _trust_inputs(cluster: Cluster) -> None:
    """For steps whose real inputs are not known."""
    cluster.world.settings = replace(cluster.world.settings, trust_inputs=True)


def _deprovisionings(cluster: Cluster, workflow: Workflow) -> Iterator[RunPreview]:
    script = workflow.scenario.deprovision if workflow.scenario else None
    count = len(script.attempts or (script,)) if script else 0
    for number in range(count):
        workflow.attempts["deprovision"] = number
        before = cluster.world.fields(workflow)
        refusal = _deprovision(cluster, workflow)
        note = "begins when a client deprovisions it, allow_delete naming all"
        answer = f"{refusal.code}: {refusal}" if refusal else ""
        yield RunPreview(_title("deprovision", number, count), _moments(workflow, before), before, note, answer)
        _play_to_the_end(cluster, workflow)


def _attempts(script: RunScript | None) -> int:
    return len(script.attempts or (script,)) if script else 1


def _title(kind: str, number: int, count: int) -> str:
    return kind if count == 1 else f"{kind}, attempt {number + 1} of {count}"


_BEGINS: Final = {
    "first_status": "begins with the first status call",
    "load": "begins when the scenario is loaded",
    "provision": "begins when a client provisions it",
}


def _moments(workflow: Workflow, before: Fields = NO_FIELDS) -> Moments:
    assert workflow.run is not None
    return timeline_of(workflow.run, before.get("resources_created")).rows


def _play_to_the_end(cluster: Cluster, workflow: Workflow) -> None:
    while True:
        try:
            moving.advance_to_next(cluster.world, workflow.id)
        except NeverError:
            return


def _deprovision(cluster: Cluster, workflow: Workflow) -> FlowFrameworkError | None:
    names = [resource["resource_id"] for resource in cluster.world.fields(workflow).get("resources_created") or ()]
    return operations.deprovision(cluster.world, workflow.id, names)[1]


def _take_all_away(cluster: Cluster, workflow: Workflow) -> None:
    """Deprovisions, as a client does between two attempts, until nothing is left or nothing changes."""
    script = workflow.scenario.deprovision if workflow.scenario else None
    for _ in range(len(script.attempts or (script,)) if script else 1):
        refusal = _deprovision(cluster, workflow)
        _play_to_the_end(cluster, workflow)
        if refusal is None:
            return


# -- templates of clients ------------------------------------------------------------------------------


def _likely_template(scenario: Scenario) -> tuple[Template, str]:
    """A template that a client might create, and a note on its source: the use case, or the steps of the plan."""
    if scenario.match and scenario.match.use_case and (found := _of_use_case(scenario.match.use_case)):
        name, template = found
        return template, f"drawn with the template of the plugin's use case {name}"
    scripts = [scenario.provision, *(scenario.provision.attempts or ())] if scenario.provision else []
    names = list(dict.fromkeys(name for script in scripts for name in script.steps))
    nodes = [_node(name, before) for name, before in zip(names, [None, *names], strict=False)]
    content = {"name": scenario.scenario, "workflows": {"provision": {"nodes": nodes or [_node("any_step", None)]}}}
    if any(script.timeline for script in scripts):
        return parse_template(content), ""
    whose = "the steps that the plan names" if names else "one step"
    return parse_template(content), f"drawn with {whose} alone; --template FILE draws it with a template of yours"


def _of_use_case(wanted: str) -> tuple[str, Template] | None:
    """The first use case whose template has this `use_case`, with required parameters as ``<name>``."""
    for name, case in use_cases().items():
        if case["template"].get("use_case") == wanted:
            return name, parse_template(expand(name, {key: f"<{key}>" for key in case["required"]}))
    return None


def _node(name: str, before: str | None) -> dict[str, Any]:
    step = STEPS.get(name, STEPS["noop"])
    step = STEPS["noop"] if step.denied_in_templates else step
    waits = {before: "output"} if before is not None else {}
    inputs = {key: f"<{key}>" for key in step.inputs}
    return {"id": name, "type": step.name, "previous_node_inputs": waits, "user_inputs": inputs}
