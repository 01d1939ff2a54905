"""The one node of the cluster: name, address, plugins (docs/reference/opensearch.md, "Nodes")."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from mockflow.cluster import Cluster
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.plugins import PLUGINS
from mockflow.core.opensearch.values import BadValueError, boolean
from mockflow.server.endpoints.main_page import CLUSTER_NAME, NODE_NAME
from mockflow.server.rest.call import Action, ApiRoute, Call, Reply
from mockflow.server.rest.errors import bad_value

ROLES: Final = ("cluster_manager", "data", "ingest", "remote_cluster_client")
TRANSPORT_PORT: Final = 9300
JAVA_VERSION: Final = "21.0.8"
PROCESS_ID: Final = 1
ATTRIBUTES: Final = {"shard_indexing_pressure_enabled": "true"}

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::([0-9]{1,5}))?", re.ASCII)
_MAX_CONTENT_LENGTH: Final = 100 * 1024 * 1024
_PROCESSORS: Final = 2
_REFRESH_MS: Final = 1000


def publish_address(call: Call) -> str:
    """Host and port under which the client reaches the node: those of its Host header.

    A client that sniffs uses this address alone from then on. The address that the socket is bound to (0.0.0.0, a port
    inside a container) may not be reachable for it. Without a Host header, as HTTP/1.0 allows, it is the address that
    the server is bound to.
    """
    found = _HOST.fullmatch(call.request.headers.get("Host", ""))
    return f"{found[1]}:{found[2] or 80}" if found else call.cluster.publish_address


def ip_of(address: str) -> str:
    """The address without its port; 127.0.0.1 for a name."""
    host = address.rpartition(":")[0]
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return "127.0.0.1"


def info(call: Call) -> Action:
    """The node with all sections or those of the path; no node if the path names another one."""
    nodes, metrics = call.path_value("node_id"), call.path_value("metric")
    if not metrics and set(names_of_nodes(nodes)) <= _SECTIONS.keys():  # one segment of metrics alone names no node
        nodes, metrics = "", nodes
    nodes, metrics = nodes or "_all", metrics or "_all"
    sections = (
        _SECTIONS.keys() if names_of_nodes(metrics) == ["_all"] else _SECTIONS.keys() & set(names_of_nodes(metrics))
    )
    call.parameters.time("timeout", shown_as="NodesInfoRequest.timeout")
    call.parameters.boolean("flat_settings")

    def act() -> Reply:
        address = publish_address(call)
        there = names_the_node(names_of_nodes(nodes), call.world.node_id, address)
        body = {call.world.node_id: _node(call.cluster, address, sections)} if there else {}
        counts = {"total": len(body), "successful": len(body), "failed": 0}
        return Reply(200, {"_nodes": counts, "cluster_name": CLUSTER_NAME, "nodes": body})

    return act


def _node(cluster: Cluster, address: str, sections: Iterable[str]) -> dict[str, Any]:
    version, ip = cluster.world.version, ip_of(address)
    node: dict[str, Any] = {
        "name": NODE_NAME,
        "transport_address": _transport_address(ip),
        "host": ip,
        "ip": ip,
        "version": version.number,
        "build_type": "tar",
        "build_hash": version.build_hash,
    }
    if "indices" in sections:
        node["total_indexing_buffer"] = 53_687_091
    node |= {"roles": list(ROLES), "attributes": ATTRIBUTES}
    for name, section in _SECTIONS.items():
        if name in sections:
            node |= section(cluster, address)
    return node


def _transport_address(ip: str) -> str:
    return f"[{ip}]:{TRANSPORT_PORT}" if ":" in ip else f"{ip}:{TRANSPORT_PORT}"


def _os(_: Cluster, __: str) -> Mapping[str, Any]:
    return {
        "os": {
            "refresh_interval_in_millis": _REFRESH_MS,
            "name": "Linux",
            "pretty_name": "Linux",
            "arch": "amd64",
            "version": "6.1",
            "available_processors": _PROCESSORS,
            "allocated_processors": _PROCESSORS,
        }
    }


def _transport(_: Cluster, address: str) -> Mapping[str, Any]:
    bound = _transport_address(ip_of(address))
    return {"transport": {"bound_address": [bound], "publish_address": bound, "profiles": {}}}


def _http(cluster: Cluster, address: str) -> Mapping[str, Any]:
    return {
        "http": {
            "bound_address": [cluster.publish_address],
            "publish_address": address,
            "max_content_length_in_bytes": _MAX_CONTENT_LENGTH,
        }
    }


def _plugins(cluster: Cluster, _: str) -> Mapping[str, Any]:
    version = cluster.world.version
    optional: dict[str, Any] = (
        {"optional_extended_plugins": []} if version.behaviour.lists_optional_extended_plugins else {}
    )
    plugins = [
        {
            "name": plugin.name,
            "version": version.plugin,
            "opensearch_version": version.number,
            "java_version": version.behaviour.plugin_java_version,
            "description": plugin.description,
            "classname": plugin.classname,
            "custom_foldername": "",
            "extended_plugins": list(plugin.extends),
            "has_native_controller": False,
            **optional,
        }
        for plugin in PLUGINS
    ]
    return {"plugins": plugins, "modules": []}


def _constant(**section: Any) -> Callable[[Cluster, str], Mapping[str, Any]]:
    return lambda _, __: section


# The metrics of the path, in the order of the response. Those that need a running JVM are incomplete.
_SECTIONS: Final[Mapping[str, Callable[[Cluster, str], Mapping[str, Any]]]] = {
    "settings": _constant(settings={"cluster": {"name": CLUSTER_NAME}, "node": {"name": NODE_NAME}}),
    "os": _os,
    "process": _constant(process={"refresh_interval_in_millis": _REFRESH_MS, "id": PROCESS_ID, "mlockall": False}),
    "jvm": _constant(jvm={"pid": PROCESS_ID, "version": JAVA_VERSION}),
    "thread_pool": _constant(thread_pool={}),
    "transport": _transport,
    "http": _http,
    "plugins": _plugins,
    "ingest": _constant(ingest={"processors": []}),
    "aggregations": _constant(aggregations={}),
    "indices": _constant(),
    "search_pipelines": _constant(search_pipelines={"request_processors": [], "response_processors": []}),
}


def names_of_nodes(text: str) -> list[str]:
    """The node filters of a path."""
    return [part for part in (part.strip() for part in text.split(",")) if part]


def names_the_node(specifications: Iterable[str], id: str, address: str) -> bool:
    """OpenSearch's node filters, applied in order: ids, names, addresses, ``role:true``, ``attribute:value``."""
    special = ("_all", "_local", "_master", "_cluster_manager", id)
    chosen = False
    for text in specifications:
        name, colon, value = text.partition(":")
        if text in special or any(matches(text, own) for own in (NODE_NAME, ip_of(address))):
            chosen = True
        elif colon and name in _ROLE_FILTERS:
            try:
                wanted = boolean(value or "true")
            except BadValueError as error:
                raise bad_value(error) from None
            chosen = wanted if name != "coordinating_only" else chosen
        elif colon and any(matches(name, key) and matches(value, own) for key, own in ATTRIBUTES.items()):
            chosen = True
    return chosen


_ROLE_FILTERS: Final = frozenset({*ROLES, "master", "coordinating_only"})

ROUTES: Final = (
    ApiRoute("GET", "/_nodes", "nodes.info", info),
    ApiRoute("GET", "/_nodes/{node_id}", "nodes.info", info),
    ApiRoute("GET", "/_nodes/{node_id}/{metric}", "nodes.info", info),
    ApiRoute("GET", "/_nodes/{node_id}/info/{metric}", "nodes.info", info),
)
