"""What steps make: their entries in resources_created, what they make besides, and their outputs.

Source: docs/reference/plugin.md, "Steps and resources".
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from mockflow.core.opensearch.ids import opensearch_id
from mockflow.core.plugin.status import Resource
from mockflow.core.plugin.step_checks.agents import model_of, tool_of, tools_of
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.table import LEAVES_NO_ENTRY
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.template import Node
from mockflow.core.plugin.versions import Version

NewId = Callable[[str, str], str]
"""Resource type and step id -> id of the new resource."""


def created(node: Node, inputs: Mapping[str, Any], new_id: NewId) -> tuple[Resource, ...]:
    """The step's new entries of resources_created (docs/reference/plugin.md, "Steps and resources")."""
    kind = STEPS[node.type].resource_type
    if kind is None or node.type in LEAVES_NO_ENTRY:
        return ()
    given = inputs.get(_NAMED_BY.get(node.type, ""))
    resource_id = given if isinstance(given, str) else new_id(kind, node.id)
    entries = [_resource(node.type, node.id, kind, resource_id)]
    if node.type in REGISTER_MODELS and str(inputs.get("deploy", "")).lower() == "true":
        entries.append(_resource("deploy_model", node.id, kind, resource_id))
    return tuple(entries)


def put_by_update(node: Node, named: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """What an update step makes that has nothing to update: a pipeline; the request is that of its creation."""
    return named if node.type in ("create_ingest_pipeline", "create_search_pipeline") else ()


def group_of(
    node: Node, inputs: Mapping[str, Any], model: Resource, around: Surroundings
) -> tuple[Resource, tuple[Resource, ...]]:
    """The group of a model that names none: that of the model's name. The second value is the group if it is new."""
    found = around.group_named(str(inputs.get("name")))
    group_id = found or opensearch_id("model_group", model["resource_id"])
    group = _resource("register_model_group", node.id, "model_group_id", group_id)
    return group, () if found else (group,)


def with_tools(call: StepCall, version: Version) -> Mapping[str, Any]:
    """The inputs of a step; those of an agent with its tools and its model, which come from earlier steps."""
    if call.type != "register_agent":
        return call.inputs
    inputs = {
        name: value
        for name, value in call.inputs.items()
        if name not in ("tools", "llm", "llm.model_id", "llm.parameters")
    }
    tools, model = tools_of(call), model_of(call, version)
    return {**inputs, **({"llm": model} if model else {}), **({"tools": tools} if tools else {})}


def kept_output(resources: Collection[Resource]) -> dict[str, Any]:
    """The output of a node that is kept (WorkflowDataStep): its first resource."""
    return {resource["resource_type"]: resource["resource_id"] for resource in list(resources)[:1]}


def outputs_of(node: Node, call: StepCall, resources: Collection[Resource]) -> dict[str, Any]:
    """The outputs that later steps may use."""
    if node.type == "create_tool":
        return {"tools": tool_of(call)}
    inputs = call.inputs
    made = {resource["resource_type"]: resource["resource_id"] for resource in resources}
    return {
        name: value
        for name in STEPS[node.type].outputs
        if (value := made.get(name, inputs.get(name, _FIXED_OUTPUTS.get(name)))) is not None
    }


def _resource(step_name: str, step_id: str, kind: str, resource_id: str) -> Resource:
    return {
        "workflow_step_name": step_name,
        "workflow_step_id": step_id,
        "resource_type": kind,
        "resource_id": resource_id,
    }


# Steps whose resource id is one of the inputs.
_NAMED_BY: Final = {
    "create_index": "index_name",
    "reindex": "destination_index",
    "create_ingest_pipeline": "pipeline_id",
    "create_search_pipeline": "pipeline_id",
    "deploy_model": "model_id",
}
REGISTER_MODELS: Final = frozenset(name for name in STEPS if name.startswith(("register_remote_", "register_local_")))
"""The steps that register a model, and deploy it if their input `deploy` is true."""
_FIXED_OUTPUTS: Final = {"register_model_status": "CREATED", "model_group_status": "CREATED"}
