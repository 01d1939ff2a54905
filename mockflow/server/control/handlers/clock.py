"""The clock, and the reset of the cluster."""

from typing import Any, Final

from mockflow.cluster import moving
from mockflow.core.opensearch.security import parse_user
from mockflow.server.control import requests, views
from mockflow.server.control.call import ControlCall, read_body
from mockflow.server.rest.pauses import with_pauses


def get_clock(call: ControlCall) -> views.ClockView:
    """The clock as it is."""
    world = call.cluster.world
    now = world.now()  # once: a real clock goes on between two reads
    return views.ClockView(now=now, elapsed_ms=now - world.began, mode=world.clock.mode, speed=world.clock.speed)


def change_clock(call: ControlCall) -> views.ClockView:
    """Makes one change of the clock."""
    cluster, change = call.cluster, read_body(call, requests.ClockChange)
    if change.mode is not None:
        cluster.world.clock.set_mode(change.mode)
    elif change.advance is not None:
        cluster.world.clock.advance(change.advance)
    elif change.speed is not None:
        cluster.world.clock.set_speed(change.speed)
    elif change.until is not None:
        moving.advance_to_state(cluster.world, change.until.workflow_id, change.until.state)
    elif change.next is not None:
        moving.advance_to_next(cluster.world, change.next)
    return get_clock(call)


def reset(call: ControlCall) -> views.ClockView:
    """Replaces the world by a new one."""
    body = read_body(call, requests.Reset)
    call.cluster.reset(keep_scenarios="scenarios" in body.keep, **settings_of(body))
    return get_clock(call)


async def reset_in_loop(call: ControlCall) -> views.ClockView:
    """As `reset`, with pauses in which clients are answered by the former world."""
    body = read_body(call, requests.Reset)
    steps = call.cluster.reset_in_steps(keep_scenarios="scenarios" in body.keep, **settings_of(body))
    await with_pauses(steps, keeps_many=len(call.world.scenarios) > _MANY)
    return get_clock(call)


_MANY: Final = 1_000


def settings_of(body: requests.WorldSettings) -> dict[str, Any]:
    """The settings of a new world that differ from those of the start."""
    changes = body.model_dump(include=set(requests.WorldSettings.model_fields), exclude_none=True)
    if body.max_polls is not None:
        changes["ends_stuck"] = True
    if body.users is not None:
        changes["users"] = tuple(map(parse_user, body.users))
    return changes
