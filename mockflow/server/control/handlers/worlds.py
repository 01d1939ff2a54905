"""Further worlds of this server: make, list and delete them."""

from mockflow.cluster import Cluster
from mockflow.cluster.worlds import PREFIX, UnknownWorldError, WorldExistsError
from mockflow.server.control import requests, views
from mockflow.server.control.call import ControlCall, read_body
from mockflow.server.control.errors import ControlError
from mockflow.server.control.handlers.clock import settings_of


def list_worlds(call: ControlCall) -> list[views.WorldView]:
    """All but the default one."""
    return [_view(name, cluster) for name, cluster in call.cluster.worlds]


def make_world(call: ControlCall) -> views.WorldView:
    """Makes a world as the server's was at the start; 409 for a name that is taken and for too many."""
    if call.cluster.path:
        raise ControlError(409, f"this is a further world; make another at the server's own /_mockflow, not {PREFIX}")
    body = read_body(call, requests.NewWorld)
    changes = settings_of(body)
    try:
        name = call.cluster.worlds.make(body.name, lambda path: call.cluster.further(path, **changes))
    except WorldExistsError as error:
        raise ControlError(409, str(error)) from None
    return next(_view(one, cluster) for one, cluster in call.cluster.worlds if one == name)


def delete_world(call: ControlCall) -> views.WorldView:
    """Removes a world; requests that wait in it are answered."""
    name = call.values["name"]
    try:
        return _view(name, call.cluster.delete_world(name))
    except UnknownWorldError:
        raise ControlError(404, f'no world "{name}"; GET /_mockflow/worlds lists them') from None


def _view(name: str, cluster: Cluster) -> views.WorldView:
    world = cluster.world
    return views.WorldView(
        name=name,
        path=cluster.path,
        mode=world.clock.mode,
        workflows=len(world.workflows),
        requests=world.journal.counted,
    )
