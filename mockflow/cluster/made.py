"""The resources that a run makes, known when it begins: each with its inputs and its times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mockflow.cluster.causes import Cause
from mockflow.cluster.workflow import Workflow
from mockflow.core.opensearch.ids import opensearch_id
from mockflow.core.plugin.resource_list import Differences
from mockflow.core.plugin.resources import Key, Made, key_of
from mockflow.core.plugin.status import Fields
from mockflow.core.plugin.template import Node
from mockflow.core.script.timeline import Timeline

if TYPE_CHECKING:
    from mockflow.core.plugin.simulation import Done, Simulation


def made_by_steps(workflow: Workflow, cause: Cause, simulation: Simulation) -> dict[Key, tuple[Made, ...]]:
    """The resources that the steps of a run make and update."""
    now = cause.now
    made: dict[Key, tuple[Made, ...]] = {}
    for step in sorted(simulation.steps, key=lambda step: step.end):
        for key in dict.fromkeys(map(key_of, step.resources)):
            is_there = key in made or cause.there.find(key)
            if step.node.type in _REFERRING and is_there:
                made.setdefault(key, ())
            else:
                made[key] = (*made.get(key, ()), Made(*key, step.node.type, step.inputs, now + step.end))
        for key in dict.fromkeys(map(key_of, step.updated)):
            made[key] = (*made.get(key, ()), _updated(cause, made, key, step, now))
        for key in map(key_of, step.left):
            one = Made(*key, step.node.type, step.inputs, now + step.end, is_listed=False)
            made[key] = (*made.get(key, ()), one)
        task = _task(workflow, step, now)
        if task:
            made[task.key] = (task,)
    return made


def _updated(cause: Cause, made: Mapping[Key, tuple[Made, ...]], key: Key, step: Done, now: int) -> Made:
    """A resource after a step that updates it. Of an index only settings change."""
    before = made[key][-1] if made.get(key) else cause.there.find(key)
    before = before or Made(*key, step.node.type, created=now + step.end)
    inputs = step.inputs
    if key[0] == "index":
        from mockflow.core.plugin.step_checks.index_inputs import inputs_after_update

        changes = before.changes.settings if before.changes else None
        inputs = inputs_after_update(before.inputs, step.inputs, changes)
    return replace(before, inputs=inputs, changed=now + step.end)


def made_by_script(cause: Cause, timeline: Timeline) -> dict[Key, tuple[Made, ...]]:
    """The resources that a scripted timeline lists at any time, with the inputs of the step of that id."""
    nodes = _nodes(cause)
    made: dict[Key, tuple[Made, ...]] = {}
    listed = Differences()
    for fields, offset in _snapshots(timeline):
        for resource in listed.to(fields.get("resources_created"))[0]:
            key = key_of(resource)
            if key not in made:
                node = nodes.get(resource["workflow_step_id"])
                step_type = node.type if node else resource["workflow_step_name"]
                made[key] = (Made(*key, step_type, node.user_inputs if node else {}, cause.now + offset),)
    return made


# Steps that list a resource that exists already. Where it does not exist, they count as its makers.
_REFERRING: Final = frozenset({"deploy_model"})


def _task(workflow: Workflow, step: Done, now: int) -> Made | None:
    """The ML task of a step that registers or deploys a model (docs/reference/opensearch.md, "ML Commons")."""
    task_type = _TASK_OF_STEP.get(step.node.type)
    if task_type is None:
        return None
    model_id = step.resources[0]["resource_id"] if step.resources else step.inputs.get("model_id")
    inputs = {
        **({"model_id": model_id} if model_id else {}),
        "task_type": task_type,
        "function_name": str(step.inputs.get("function_name") or "TEXT_EMBEDDING").upper(),
        "state": "FAILED" if step.failure else "COMPLETED",
        "worker_node": [opensearch_id("node")],
        "create_time": now + step.begin,
        "last_update_time": now + step.end,
        "is_async": True,
        **({"error": step.failure.message} if step.failure else {}),
    }
    task_id = opensearch_id("task", workflow.id, step.node.id, str(now + step.begin))
    return Made("task", task_id, step.node.type, inputs, now + step.begin, is_listed=False)


_TASK_OF_STEP: Final = {
    "register_remote_model": "REGISTER_MODEL",
    "register_local_custom_model": "REGISTER_MODEL",
    "register_local_pretrained_model": "REGISTER_MODEL",
    "register_local_sparse_encoding_model": "REGISTER_MODEL",
    "deploy_model": "DEPLOY_MODEL",
}


def _nodes(cause: Cause) -> Mapping[str, Node]:
    graph = cause.stored.template.provision if cause.stored else None
    return {node.id: node for node in graph.nodes} if graph else {}


def _snapshots(timeline: Timeline) -> Iterable[tuple[Fields, int]]:
    for segment in timeline.segments:
        yield from zip(segment.snapshots, segment.offsets, strict=True)
