"""Reads a template as the plugin's parsers do (docs/reference/plugin.md, "Template").

They walk through the body once and stop at the first thing that they cannot use, so the order of its fields decides
which refusal a client gets. The sources are Template, Workflow, WorkflowNode and WorkflowEdge of flow-framework.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from mockflow.core.base.tokens import VALUE_NULL, ContentError, Tokens
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.maps import object_map, text_map
from mockflow.core.plugin.template import UPDATABLE, Edge, Graph, Node, Template
from mockflow.core.plugin.user_inputs import read_user_inputs
from mockflow.core.plugin.versions import DEFAULT_VERSION, Version, parse_version

_Reader = Callable[[Tokens, Version], Any]


def parse_template(content: Any, *, update_fields: bool = False, version: Version | None = None) -> Template:
    """A template from a request's decoded body, as `read_template`."""
    return read_template(Tokens(content), update_fields=update_fields, version=version)


def read_template(tokens: Tokens, *, update_fields: bool = False, version: Version | None = None) -> Template:
    """A template from the tokens of a decoded body; `version` is the release that reads it.

    Raises ContentError for what has the wrong kind, and FlowFrameworkError as the plugin does. With `update_fields`
    only those in `UPDATABLE` may be sent, and none is required.
    """
    version = version or parse_version(DEFAULT_VERSION)
    tokens.next()
    read: dict[str, Any] = {"copied_maps": version.behaviour.copied_maps}
    for name in tokens.fields():
        if update_fields and name not in UPDATABLE:
            message = f"You can not update the field [{name}] without updating the whole template."
            raise FlowFrameworkError(message)
        if name not in _TEMPLATE:
            raise _unknown(name, "a template")
        value = _TEMPLATE[name](tokens, version)
        if name == "version":
            read.update(value)
        elif name not in _OF_THE_SERVER:
            read[name] = value
    if read.get("name") is None and not update_fields:
        raise FlowFrameworkError("A template object requires a name.")
    return Template(**read)


def _unknown(name: str, what: str) -> FlowFrameworkError:
    return FlowFrameworkError(f"Unable to parse field [{name}] in {what} object.")


# -- the fields of a template --------------------------------------------------------------------------


def _trimmed(tokens: Tokens, _: Version) -> str:
    return tokens.text().strip(_JAVA_SPACE)


def _text_or_none(tokens: Tokens, _: Version) -> str | None:
    return None if tokens.kind == VALUE_NULL else tokens.text()


def _versions(tokens: Tokens, version: Version) -> dict[str, Any]:
    read: dict[str, Any] = {"version": None, "compatibility": ()}
    for name in tokens.fields():
        if name == "template":
            read["version"] = _release(tokens.text(), version)
        elif name == "compatibility":
            read["compatibility"] += tuple(_release(tokens.text(), version) for _ in tokens.elements())
        else:
            raise _unknown("version", "a version")
    return read


def _release(text: str, version: Version) -> str:
    """`org.opensearch.Version.fromString`: an empty text is the node's own version."""
    if not text:
        return version.number
    found = _RELEASE.fullmatch(text)
    if not found:
        raise ContentError(f"{text} where a version belongs")
    major, minor, revision = (int(number) for number in found.groups()[:3])
    if major > _LARGEST_MAJOR and version.behaviour.refuses_large_versions:
        raise ContentError(f"{text} where a version belongs")
    number = major * 1_000_000 + minor * 10_000 + revision * 100  # so a part above 99 counts into the next one
    return f"{number // 1_000_000 % 100}.{number // 10_000 % 100}.{number // 100 % 100}{found[4] or ''}"


def _workflows(tokens: Tokens, version: Version) -> dict[str, Graph]:
    maps = version.behaviour.copied_maps
    return maps.copy({name: _graph(tokens, version) for name in tokens.fields()})


def _ui_metadata(tokens: Tokens, version: Version) -> dict[str, Any] | None:
    if tokens.kind == VALUE_NULL:
        return None
    metadata = object_map(tokens)
    if None in metadata.values():  # Map.copyOf takes no null
        raise ContentError("null in ui_metadata")
    return version.behaviour.copied_maps.copy(metadata)


def _instant(tokens: Tokens, _: Version) -> None:
    """Milliseconds. An object or array is not skipped: what stands in it counts as the template's own fields."""
    if tokens.kind in _VALUES and not _NUMBER.fullmatch(tokens.text()):
        raise ContentError("a time that is no number of milliseconds")


def _user(tokens: Tokens, _: Version) -> None:
    """`org.opensearch.commons.authuser.User.parse`. The server sets the user itself."""
    for name in tokens.fields():
        if name == "name":
            tokens.text()
        elif name in ("backend_roles", "roles", "custom_attribute_names"):
            for _element in tokens.elements():
                tokens.text()


_JAVA_SPACE: Final = "".join(map(chr, range(33)))
"""What Java's String.trim takes off."""
_RELEASE: Final = re.compile(r"\+?(\d{1,3})[.-]\+?(\d{1,3})[.-]\+?(\d{1,3})[.-]*(-(?:alpha|beta|rc)\d{1,2})?", re.ASCII)
_LARGEST_MAJOR: Final = 99
_NUMBER: Final = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
_VALUES: Final = ("VALUE_STRING", "VALUE_NUMBER", "VALUE_BOOLEAN")
_OF_THE_SERVER: Final = ("created_time", "last_updated_time", "last_provisioned_time", "user")
"""Fields of a stored template: read with it, so that what GET answers may be sent back, and set by the server."""
_TEMPLATE: Final[Mapping[str, _Reader]] = {
    "name": _trimmed,
    "description": _trimmed,
    "use_case": _trimmed,
    "version": _versions,
    "workflows": _workflows,
    "ui_metadata": _ui_metadata,
    "user": _user,
    "created_time": _instant,
    "last_updated_time": _instant,
    "last_provisioned_time": _instant,
    "tenant_id": _text_or_none,
}


# -- a workflow ----------------------------------------------------------------------------------------


def _graph(tokens: Tokens, version: Version) -> Graph:
    """A workflow. The value of an unknown field is not skipped: what stands in it counts as the workflow's own."""
    params: dict[str, str] = {}
    nodes: list[Node] = []
    edges: list[Edge] = []
    for name in tokens.fields():
        if name == "user_params":
            params |= {key: tokens.text() for key in tokens.fields()}
        elif name == "nodes":
            nodes += [_node(tokens, version) for _ in tokens.elements()]
        elif name == "edges":
            edges += [_edge(tokens) for _ in tokens.elements()]
    if not nodes:
        raise FlowFrameworkError("A workflow must have at least one node.")
    inferred = dict.fromkeys(Edge(source, node.id) for node in nodes for source in node.previous_node_inputs)
    edges += [edge for edge in inferred if edge not in edges]
    return Graph(tuple(nodes), tuple(edges), version.behaviour.copied_maps.copy(params))


def _node(tokens: Tokens, version: Version) -> Node:
    read: dict[str, Any] = {}
    for name in tokens.fields():
        if name in ("id", "type"):
            read[name] = tokens.text()
        elif name == "previous_node_inputs":
            read[name] = version.behaviour.copied_maps.copy(text_map(tokens))
        elif name == "user_inputs":
            read[name] = version.behaviour.copied_maps.copy(read_user_inputs(tokens, version.behaviour.json_inputs))
        else:
            raise _unknown(name, "a node")
    if "id" not in read or "type" not in read:
        raise FlowFrameworkError("An node object requires both an id and type field.")
    return Node(**read)


def _edge(tokens: Tokens) -> Edge:
    read: dict[str, str] = {}
    for name in tokens.fields():
        if name not in ("source", "dest"):
            raise _unknown(name, "an edge")
        read[name] = tokens.text()
    if "source" not in read or "dest" not in read:
        raise FlowFrameworkError("An edge object requires both a source and dest field.")
    return Edge(**read)
