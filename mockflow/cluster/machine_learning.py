"""What clients make of ML Commons: connectors, groups, models, agents, their tasks, and the deployment of models.

What a client makes and what a workflow has made are in one registry. All functions raise RefusedError where ML Commons
refuses (docs/reference/opensearch.md, "ML Commons").
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mockflow.cluster.surroundings import around
from mockflow.cluster.world import World
from mockflow.core.base import bounds
from mockflow.core.ml import requests
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.plugin.resources import Made
from mockflow.core.plugin.step_checks.call import Surroundings
from mockflow.core.plugin.step_checks.pretrained import NOT_LISTED, can_be_listed

MAX_MADE: Final = bounds.ML_RESOURCES
"""The most resources of one kind that clients may make. Of tasks the oldest are forgotten."""
MAX_TASKS: Final = bounds.ML_TASKS

Check = Callable[[Mapping[str, Any], Surroundings], dict[str, Any]]

_CHECKS: Final[Mapping[str, Check]] = {
    "model_group": requests.model_group,
    "agent": requests.agent,
}
_STATUS: Final = "OpenSearchStatusException"


@dataclass(frozen=True)
class Registered:
    """The task that registers a model, and the model: none if the task fails."""

    model: Made | None
    task: Made


def create(world: World, kind: str, body: Mapping[str, Any], tenant_id: str | None) -> Made:
    """A new connector, model group or agent."""
    if kind == "connector":
        inputs = requests.connector(body, around(world), access_control=world.has_connector_access_control)
    else:
        inputs = _CHECKS[kind](body, around(world))
    return add(world, kind, inputs, tenant_id)


def add(world: World, kind: str, inputs: Mapping[str, Any], tenant_id: str | None) -> Made:
    """Adds a resource of a client; there may be MAX_MADE of a kind."""
    if world.resources.count(kind) >= MAX_MADE:
        message = f"mockflow holds {MAX_MADE} resources of a kind that clients make"
        raise RefusedError(message, "OpenSearchRejectedExecutionException", "TOO_MANY_REQUESTS")
    made = Made(
        kind,
        world.new_resource_id(kind),
        inputs=inputs,
        created=world.now(),
        is_listed=False,
        by_client=True,
        tenant_id=tenant_id,
    )
    world.resources.put(made)
    return made


def register_model(world: World, body: Mapping[str, Any], *, deploys: bool, tenant_id: str | None) -> Registered:
    """A new model, in a group of its own if the body names none. A local one takes the time of a step."""
    inputs = requests.model(body, around(world))
    is_remote = inputs["function_name"] == "REMOTE"
    if not inputs.get("model_group_id"):
        inputs["model_group_id"] = _group_for(world, inputs, tenant_id)
    done = world.now() + (0 if is_remote else world.settings.step_time)
    if not (is_remote or inputs.get("url") is not None or can_be_listed(inputs["name"])):
        failed = {"function_name": inputs["function_name"], "state": "FAILED", "error": NOT_LISTED}
        return Registered(None, _task(world, "REGISTER_MODEL", failed, done, tenant_id))
    made = add(world, "model", inputs, tenant_id)
    task = _task(world, "REGISTER_MODEL", _completed(made), done, tenant_id)
    if deploys:
        world.resources.deploy(made.id, done)
    return Registered(made, task)


def deploy(world: World, model: Made, tenant_id: str | None) -> Made:
    """Deploys a model; returns the task. A local model takes the time of a step."""
    done = world.now() + (0 if is_remote(model) else world.settings.step_time)
    world.resources.deploy(model.id, done)
    return _task(world, "DEPLOY_MODEL", _completed(model), done, tenant_id)


def undeploy(world: World, models: Iterable[str] | None) -> dict[str, str]:
    """Undeploys these models, or all. Each id with what became of it: undeployed, or not_found on the node."""
    ids = [made.id for made in world.resources.all_of("model")] if models is None else list(models)
    found: dict[str, str] = {}
    for model_id in ids:
        made = world.resources.find(("model", model_id))
        is_on_node = made is not None and (made.ready or made.ready_at is not None)
        if is_on_node:
            world.resources.deploy(model_id, None)
        if is_on_node or models is not None:
            found[model_id] = "undeployed" if is_on_node else "not_found"
    return found


def update_connector(world: World, made: Made, body: Mapping[str, Any]) -> Made:
    """Changes a connector that no deployed model uses."""
    users = [
        model.id
        for model in world.resources.all_of("model")
        if model.ready and model.inputs.get("connector_id") == made.id
    ]
    if users:
        sentence = "models are still using this connector, please undeploy the models first"
        raise RefusedError(f"{len(users)} {sentence}: [{', '.join(users)}]", _STATUS)
    return _change(world, made, requests.changed_connector(made.inputs, body, around(world)))


def update_model(world: World, made: Made, body: Mapping[str, Any]) -> Made:
    """Changes a model that is not being deployed."""
    if made.ready_at is not None and not made.ready:
        message = f"Model is deploying. Please wait for the model to complete deployment. model ID {made.id}"
        raise RefusedError(message, _STATUS, "CONFLICT")
    return _change(world, made, requests.changed_model(made.inputs, body, around(world)))


def update_group(world: World, made: Made, body: Mapping[str, Any]) -> Made:
    """Changes a model group."""
    return _change(world, made, requests.changed_model_group(made.inputs, body, around(world)))


def update_agent(world: World, made: Made, body: Mapping[str, Any]) -> Made:
    """Changes an agent."""
    return _change(world, made, requests.agent({**made.inputs, **body}, around(world)))


def _group_for(world: World, inputs: Mapping[str, Any], tenant_id: str | None) -> str:
    """The group that has the model's name, or a new one of that name."""
    if found := world.resources.group_named(inputs["name"]):
        return found
    group = {name: inputs[name] for name in ("name", "description") if name in inputs}
    return add(world, "model_group", group, tenant_id).id


def _change(world: World, made: Made, inputs: Mapping[str, Any]) -> Made:
    changed = replace(made, inputs=inputs, changed=world.now())
    world.resources.put(changed)
    return changed


def _completed(model: Made) -> dict[str, Any]:
    """What a task has come to that registered or deployed this model."""
    function = "REMOTE" if is_remote(model) else str(model.inputs.get("function_name", "TEXT_EMBEDDING"))
    return {"model_id": model.id, "function_name": function, "state": "COMPLETED"}


def _task(world: World, kind: str, outcome: Mapping[str, Any], done: int, tenant_id: str | None) -> Made:
    now = world.now()
    inputs = {
        **outcome,
        "task_type": kind,
        "worker_node": [world.node_id],
        "create_time": now,
        "last_update_time": done,
        "is_async": outcome["function_name"] != "REMOTE",
    }
    task = Made(
        "task",
        world.new_resource_id("task"),
        inputs=inputs,
        created=now,
        is_listed=False,
        by_client=True,
        tenant_id=tenant_id,
        ready_at=done,
    )
    world.resources.put(task, at_most=MAX_TASKS)
    return task


def is_remote(model: Made) -> bool:
    """Whether a service outside of the cluster computes the model's answers."""
    return str(model.inputs.get("function_name", "")).upper() == "REMOTE" or model.step_type == "register_remote_model"
