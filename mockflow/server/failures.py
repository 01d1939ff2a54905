"""What follows from a request that mockflow itself fails to answer, or refuses to answer for ever."""

import logging
from typing import Final

from mockflow.cluster import Cluster
from mockflow.core.base.secrets import target_without_secrets
from mockflow.server.http.messages import Request, Response
from mockflow.server.rest.errors import internal_error

log: Final = logging.getLogger("mockflow")


def failed(request: Request) -> Response:
    """Logs the exception under way, and returns the 500 that names mockflow."""
    target = target_without_secrets(request.world + request.target)
    log.exception("internal error of mockflow at %s %s", request.method, target)
    return internal_error().response()


def cut_off(cluster: Cluster) -> None:
    """Tells the owner of the cluster that a client which polls without end gets no further response."""
    if cluster.on_cut_off:
        cluster.on_cut_off()
