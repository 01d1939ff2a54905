"""The resources that exist now, as the page shows them: those of a workflow, and those of no workflow."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from mockflow.cluster import World
from mockflow.core.plugin.resources import Key, Made
from mockflow.server.control import views
from mockflow.server.control.call import ControlCall

_MOST: Final = 1_000


def get_resources(call: ControlCall) -> views.ResourcesView:
    """What a workflow has made and nobody has deleted; 404 for an unknown id."""
    world = call.world
    workflow = world.find(call.values["workflow_id"])
    return _views(world, workflow.listed(world.elapsed(workflow)))


def get_other_resources(call: ControlCall) -> views.ResourcesView:
    """What clients have made, and what workflows have left."""
    return _views(call.world, call.world.resources.unlisted())


def _views(world: World, all_keys: Iterable[Key]) -> views.ResourcesView:
    keys = [key for key in all_keys if key[0] not in _HIDDEN]
    found = (world.resources.peek(key) for key in islice(keys, _MOST))
    return views.ResourcesView(total=len(keys), resources=[_view(world, made) for made in found if made])


_HIDDEN: Final = frozenset({"task", "message"})


def _view(world: World, made: Made) -> views.ResourceView:
    name = made.inputs.get("name")
    is_index = made.kind == "index"
    written = world.stores.find(made.id, made.created) if is_index else None
    return views.ResourceView(
        kind=made.kind,
        id=made.id,
        name=name if isinstance(name, str) and not is_index and not made.kind.endswith("_pipeline") else None,
        state=made.body["model_state"] if made.kind == "model" else None,
        documents=(0 if written is None else len(written)) if is_index else None,
    )
