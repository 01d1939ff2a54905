"""The tasks of requests that did not wait for their outcome (docs/reference/documents.md, "By query").

They are done at once, so each is complete when it is asked for.
"""

from typing import Any

from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import illegal_argument, object_error


def get_task(call: Call) -> Action:
    """GET /_tasks/{task_id}."""
    call.parameters.boolean("wait_for_completion")
    call.parameters.time("timeout")
    given = call.path_value("task_id")
    node, colon, number = given.rpartition(":")
    if not colon or not number.isascii() or not number.isdigit():
        raise illegal_argument(f"malformed task id {given}")

    def act() -> Reply:
        world = call.world
        kept = world.stores.tasks.get(int(number)) if node == world.node_id and len(number) < _LONG else None
        if kept is None:
            reason = f"task [{given}] isn't running and hasn't stored its results"
            raise object_error(404, "resource_not_found_exception", reason)
        outcome = {key: kept[key] for key in ("response", "error") if key in kept}
        task: dict[str, Any] = {
            "node": node,
            "id": int(number),
            "type": "transport",
            "action": kept["action"],
            "status": {key: value for key, value in outcome.get("response", {}).items() if key not in _OF_THE_WHOLE},
            "description": kept["description"],
            "start_time_in_millis": kept["start_time_in_millis"],
            "running_time_in_nanos": 1_000_000,
            "cancellable": True,
            "cancelled": False,
            "headers": {},
        }
        return Reply(200, {"completed": True, "task": task, **outcome})

    return act


_LONG = 19  # digits of a Java long
_OF_THE_WHOLE = ("took", "timed_out", "failures")
