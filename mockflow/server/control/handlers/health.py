"""Health: a check of the server that counts as nothing."""

from mockflow._version import __version__
from mockflow.server.control import views
from mockflow.server.control.call import ControlCall


def get_health(call: ControlCall) -> views.HealthView:
    """Whether the server answers, with numbers only: anybody may read it."""
    return views.HealthView(
        status="ok",
        version=__version__,
        scenarios=len(call.world.scenarios),
        problems=len(call.cluster.problems),
    )
