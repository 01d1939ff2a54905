"""The response to a request with ``wait_for_completion=false``: a task. The work is done already, and kept for it."""

from typing import Any

from mockflow.cluster import World
from mockflow.core.opensearch.operations import ACTIONS
from mockflow.server.rest.call import Reply


def told_by_task(world: World, operation: str, description: str, began: int, outcome: dict[str, Any]) -> Reply:
    """The id of a task. `outcome` has the ``response`` or the ``error``; `began` is epoch ms."""
    kept = {"action": ACTIONS[operation], "description": description, "start_time_in_millis": began, **outcome}
    return Reply(200, {"task": f"{world.node_id}:{world.stores.keep_task(kept)}"})
