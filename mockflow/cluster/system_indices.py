"""The indices of flow-framework and ML Commons: which exist, what they hold, and what their deletion deletes.

Those of flow-framework come with the first workflow, those of ML Commons with the first resource of their kind. All
stay until a client deletes them (docs/reference/plugin.md, "Search"; docs/reference/opensearch.md, "ML Commons").
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mockflow.cluster.world import CONFIG_INDEX, World
from mockflow.core.opensearch.plugin_indices import STATE_INDEX, TEMPLATE_INDEX
from mockflow.core.plugin.resources import key_of

ML_INDICES: Final[Mapping[str, str]] = {
    "connector": ".plugins-ml-connector",
    "model": ".plugins-ml-model",
    "model_group": ".plugins-ml-model-group",
    "agent": ".plugins-ml-agent",
    "task": ".plugins-ml-task",
    "memory": ".plugins-ml-memory-meta",
    "message": ".plugins-ml-memory-message",
}
"""Kind of resource -> its index."""

_ML_CONFIG: Final = ".plugins-ml-config"
_ML_CONFIG_AFTER_MS: Final = 10_000
# ML Commons puts a model without a group into a group of its own, and registers each model by a task.
_COME_WITH_MODELS: Final = frozenset({"model_group", "task"})


@dataclass(frozen=True)
class SystemIndex:
    """An index of a plugin: when it was created (epoch ms), and the number of its documents."""

    name: str
    created: int
    documents: int


def existing(world: World) -> Iterator[SystemIndex]:
    """The indices that exist now."""
    for name, created in world.plugin_indices.items():
        yield SystemIndex(name, created, _COUNTS[name](world))
    for kind, name in ML_INDICES.items():
        first = _created(world, kind)
        if first is not None:
            yield SystemIndex(name, first, sum(1 for _ in world.resources.all_of(kind)))
    configured = _ml_config_created(world)
    if configured is not None:
        yield SystemIndex(_ML_CONFIG, configured, 1)


def ml_kinds(world: World) -> frozenset[str]:
    """The kinds of ML resource whose index exists."""
    return frozenset(kind for kind in ML_INDICES if _created(world, kind) is not None)


def delete(world: World, name: str) -> None:
    """Deletes an index with its documents."""
    if name in world.plugin_indices:
        del world.plugin_indices[name]
        _DELETIONS.get(name, _nothing)(world)
    elif name == _ML_CONFIG:
        world.ml_config_deleted = True
    else:
        world.resources.delete_kind(next(kind for kind, index in ML_INDICES.items() if index == name))


def _created(world: World, kind: str) -> int | None:
    first = world.resources.first_of(kind)
    return world.resources.first_of("model") if first is None and kind in _COME_WITH_MODELS else first


def _ml_config_created(world: World) -> int | None:
    """It is made 10 s after the start, or for the first connector, whose credential it encrypts."""
    if world.ml_config_deleted:
        return None
    times = [_created(world, "connector")]
    if world.elapsed_ms >= _ML_CONFIG_AFTER_MS:
        times.append(world.began + _ML_CONFIG_AFTER_MS)
    return min((time for time in times if time is not None), default=None)


def _delete_templates(world: World) -> None:
    for workflow in tuple(world.workflows.values()):
        workflow.stored = None
        if not workflow.has_status:
            world.forget(workflow)


def _delete_states(world: World) -> None:
    """What the workflows have made stays."""
    for workflow in tuple(world.workflows.values()):
        world.resources.leave(workflow, map(key_of, world.fields(workflow).get("resources_created") or ()))
        workflow.has_status = False
        if workflow.stored is None:
            world.forget(workflow)


def _nothing(_: World) -> None:
    """The index has no documents that the plugin reads again."""


_COUNTS: Final[Mapping[str, Callable[[World], int]]] = {
    TEMPLATE_INDEX: lambda world: sum(workflow.stored is not None for workflow in world.workflows.values()),
    STATE_INDEX: lambda world: sum(workflow.has_status for workflow in world.workflows.values()),
    CONFIG_INDEX: lambda _: 1,
}
_DELETIONS: Final[Mapping[str, Callable[[World], None]]] = {
    TEMPLATE_INDEX: _delete_templates,
    STATE_INDEX: _delete_states,
}
