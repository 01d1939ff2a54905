"""Reads of one resource by the endpoints that serve resources of workflows."""

from mockflow.cluster import Cluster, skipping
from mockflow.core.plugin.resources import Made


def read_resource(cluster: Cluster, kind: str, name: str) -> Made | None:
    """The resource if it exists now. In mode auto the runs that make it then skip to their next moment."""
    made = cluster.world.resources.find((kind, name))
    for workflow in tuple(cluster.world.resources.makers((kind, name))):
        skipping.after_read(cluster.world, workflow)
    return made
