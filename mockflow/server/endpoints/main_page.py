"""The main page, which clients request first (docs/reference/opensearch.md, "Main page")."""

from typing import Final

from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.server.rest.call import Action, ApiRoute, Call, Reply

CLUSTER_NAME: Final = "mockflow"
NODE_NAME: Final = "mockflow-node-1"


def info(call: Call) -> Action:
    """Name and version; pretty-printed unless ``pretty=false``, as in OpenSearch."""
    version = call.world.version
    body = {
        "name": NODE_NAME,
        "cluster_name": CLUSTER_NAME,
        "cluster_uuid": opensearch_uuid("cluster", str(call.world.settings.seed)),
        "version": {
            "distribution": "opensearch",
            "number": version.build,
            "build_type": "tar",
            "build_hash": version.build_hash,
            "build_date": version.build_date,
            "build_snapshot": version.is_snapshot,
            "lucene_version": version.lucene,
            "minimum_wire_compatibility_version": version.behaviour.minimum_wire_version,
            "minimum_index_compatibility_version": version.behaviour.minimum_index_version,
        },
        "tagline": "The OpenSearch Project: https://opensearch.org/",
    }
    return lambda: Reply(200, body, pretty_by_default=True)


def favicon(_: Call) -> Action:
    """The icon that browsers request; it is empty here."""
    return lambda: Reply(200, "")


ROUTES: Final = (
    ApiRoute("GET", "/", "info", info),
    ApiRoute("HEAD", "/", "ping", info),
    ApiRoute("GET", "/favicon.ico", "favicon", favicon),
)
