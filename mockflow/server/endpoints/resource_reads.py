"""Reads of one resource by the endpoints that serve resources of workflows."""

from mockflow.cluster import Cluster, skipping
from mockflow.core.plugin.resources import Made


def read_resource(cluster: Cluster, kind: str, name: str) -> Made | None:
    """The resource if it exists now. In mode auto what makes it then skips to its next moment."""
    made = cluster.world.resources.find((kind, name))
    for workflow in tuple(cluster.world.resources.makers((kind, name))):
        skipping.after_read(cluster.world, workflow)
    if made is not None:
        skipping.until_ready(cluster.world, made)
    return made
