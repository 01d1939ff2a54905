"""Open, close and block indices (docs/reference/documents.md, "Closed indices")."""

from typing import Final

from mockflow.cluster import client_indices, index_listing
from mockflow.core.opensearch.indices.listing import DEFAULT_OPTIONS, IndicesOptions
from mockflow.core.opensearch.search.errors import not_supported
from mockflow.server.endpoints.indices import found_indices
from mockflow.server.endpoints.kept_tasks import told_by_task
from mockflow.server.endpoints.request_options import (
    read_indices_options,
    read_manager_timeout,
    read_wait_for_shards,
)
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import illegal_argument

_CLOSED_ONLY: Final = IndicesOptions(expands_to=frozenset({"closed"}))
_BLOCKS: Final = ("read_only", "read", "write", "metadata")


def close_index(call: Call) -> Action:
    """POST /{index}/_close. It tells of the indices that were open."""
    expression, options = _read(call, DEFAULT_OPTIONS)

    def act() -> Reply:
        names = _some(found_indices(call.world, expression, options))
        closed = client_indices.set_closed(call.world, names, is_closed=True)
        told = {name: {"closed": True} for name in closed}
        return Reply(200, {"acknowledged": True, "shards_acknowledged": bool(closed), "indices": told})

    return act


def open_index(call: Call) -> Action:
    """POST /{index}/_open."""
    expression, options = _read(call, _CLOSED_ONLY)
    waits = call.parameters.boolean("wait_for_completion", True)
    call.parameters.time("task_execution_timeout")

    def act() -> Reply:
        names = found_indices(call.world, expression, options)
        client_indices.set_closed(call.world, names, is_closed=False)
        told = {"acknowledged": True, "shards_acknowledged": True}
        if waits:
            return Reply(200, told)
        return told_by_task(call.world, "indices.open", "", call.world.now(), {"response": told})

    return act


def add_block(call: Call) -> Action:
    """PUT /{index}/_block/{block}. It tells of the indices that did not have the block."""
    expression, options = _read(call, DEFAULT_OPTIONS)
    block = call.path_value("block")
    if block == "read_only_allow_delete":
        raise not_supported("the block [read_only_allow_delete]", (f"[{known}]" for known in _BLOCKS))
    if block not in _BLOCKS:
        raise illegal_argument(f"No block found with name {block}")
    setting = f"index.blocks.{block}"

    def act() -> Reply:
        world = call.world
        names = _some(found_indices(world, expression, options))
        new = [name for name in names if index_listing.body(world, name)["settings"].get(setting) != "true"]
        client_indices.put_settings(world, new, {setting: "true"}, preserve=False)
        told = [{"name": name, "blocked": True} for name in new]
        return Reply(200, {"acknowledged": True, "shards_acknowledged": bool(new), "indices": told})

    return act


def _read(call: Call, defaults: IndicesOptions) -> tuple[str, IndicesOptions]:
    read_manager_timeout(call.parameters)
    call.parameters.time("timeout")
    read_wait_for_shards(call.parameters)
    return call.path_value("index"), read_indices_options(call.parameters, defaults)


def _some(names: list[str]) -> list[str]:
    if not names:
        raise illegal_argument("Index name is required")
    return names
