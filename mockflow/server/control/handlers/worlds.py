"""Further worlds of this server: make, list and delete them."""

from typing import Final

from mockflow.cluster import Cluster
from mockflow.cluster.worlds import PREFIX, UnknownWorldError, WorldExistsError
from mockflow.core.base.steps import Steps, at_once
from mockflow.server.control import requests, views
from mockflow.server.control.call import ControlCall, read_body
from mockflow.server.control.errors import ControlError
from mockflow.server.control.handlers.clock import settings_of
from mockflow.server.rest.pauses import with_pauses


def list_worlds(call: ControlCall) -> list[views.WorldView]:
    """All but the default one."""
    return [_view(name, cluster) for name, cluster in call.cluster.worlds]


def make_world(call: ControlCall) -> views.WorldView:
    """Makes a world as the server's was at the start; 409 for a name that is taken and for too many."""
    return at_once(_made(call))


async def make_world_in_loop(call: ControlCall) -> views.WorldView:
    """As `make_world`, with pauses in which clients are answered."""
    return await with_pauses(_made(call), keeps_many=len(call.cluster.startup) > _MANY)


_MANY: Final = 1_000


def _made(call: ControlCall) -> Steps[views.WorldView]:
    if call.cluster.path:
        raise ControlError(409, f"this is a further world; make another at the server's own /_mockflow, not {PREFIX}")
    body = read_body(call, requests.NewWorld)
    changes = settings_of(body)
    try:
        name = yield from call.cluster.worlds.make_in_steps(
            body.name, lambda path: call.cluster.further_in_steps(path, **changes)
        )
    except WorldExistsError as error:
        raise ControlError(409, str(error)) from None
    return next(_view(one, cluster) for one, cluster in call.cluster.worlds if one == name)


def delete_world(call: ControlCall) -> views.WorldView:
    """Removes a world; requests that wait in it are answered."""
    return at_once(_deleted(call))


async def delete_world_in_loop(call: ControlCall) -> views.WorldView:
    """As `delete_world`, with pauses in which clients are answered."""
    return await with_pauses(_deleted(call))


def _deleted(call: ControlCall) -> Steps[views.WorldView]:
    name = call.values["name"]
    try:
        view = next((_view(one, cluster) for one, cluster in call.cluster.worlds if one == name), None)
        yield from call.cluster.delete_world(name)
    except UnknownWorldError:
        raise ControlError(404, f'no world "{name}"; GET /_mockflow/worlds lists them') from None
    assert view is not None
    return view


def _view(name: str, cluster: Cluster) -> views.WorldView:
    world = cluster.world
    return views.WorldView(
        name=name,
        path=cluster.path,
        mode=world.clock.mode,
        workflows=len(world.workflows),
        requests=world.journal.counted,
    )
