"""Reads of one resource by the endpoints that serve resources of workflows."""

from mockflow.cluster import Cluster
from mockflow.core.plugin.resources import Made


def read_resource(cluster: Cluster, kind: str, name: str) -> Made | None:
    """The resource if it exists now. In mode auto the runs that make it then skip to their next moment."""
    made = cluster.resources.find((kind, name))
    for workflow in tuple(cluster.resources.makers((kind, name))):
        cluster.look(workflow)
    return made
