"""Cluster settings: all are stored and returned, those of the plugin take effect.

Sources: docs/reference/opensearch.md, "Cluster settings"; docs/reference/plugin.md, "Settings".
"""

import json
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from mockflow.core.base.json_scanner import MalformedJsonError
from mockflow.core.base.tokens import ContentError
from mockflow.core.opensearch.settings.cluster_settings import (
    PLUGIN_PREFIX,
    Flat,
    Scope,
    SettingRefusedError,
    Text,
    flattened,
    nested,
)
from mockflow.core.opensearch.values import BadValueError
from mockflow.server.endpoints.main_page import CLUSTER_NAME, NODE_NAME
from mockflow.server.endpoints.request_options import read_manager_timeout
from mockflow.server.http.messages import Request
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, ApiRoute, Call, Reply
from mockflow.server.rest.content import decode_content
from mockflow.server.rest.errors import bad_value, object_error
from mockflow.server.rest.worker import in_thread, of_unchanged

_Changes = Mapping[Scope, Mapping[str, Text | None]]
_Parts = Mapping[Scope, Flat] | Mapping[str, Flat]
_MANY: Final = 1_000
"""Settings, more of which take more than some milliseconds."""
_FLAT: Final = "flat"
_SCOPES: Final[tuple[Scope, ...]] = ("persistent", "transient")


def get_settings(call: Call) -> Action:
    """The settings; with include_defaults also the defaults of those that mockflow uses."""
    cluster = call.cluster
    flat = _flat(call)
    call.parameters.boolean("local")
    include_defaults = call.parameters.boolean("include_defaults")

    def act() -> Reply | Awaitable[Reply]:
        settings = cluster.world.cluster_settings
        shown: dict[str, Flat] = {scope: getattr(settings, scope) for scope in _SCOPES}
        if include_defaults:
            names = {"cluster.name": CLUSTER_NAME, "node.name": NODE_NAME}
            if cluster.world.settings.multi_tenancy:
                names[f"{PLUGIN_PREFIX}multi_tenancy_enabled"] = "true"
            shown["defaults"] = settings.defaults(cluster.world.version.minor, **names)
        return _reply({}, shown, flat=flat)

    return act


def put_settings(call: Call) -> Action:
    """Sets settings, and removes those that are null; returns those set. One refused setting refuses the request."""
    flat = _flat(call)
    call.parameters.time("timeout")
    body = read_object(call)
    changes = {scope: _changes(call, body[scope]) if scope in body else {} for scope in _SCOPES}

    def act() -> Reply | Awaitable[Reply]:
        if not any(changes.values()):
            kind = "action_request_validation_exception"
            raise object_error(400, kind, "Validation Failed: 1: no settings to update;")
        updates = {
            scope: {key: value for key, value in changes[scope].items() if value is not None} for scope in _SCOPES
        }
        if max(map(len, changes.values())) > _MANY:
            return _put_many(call, changes, updates, flat=flat)
        with _refusals(call):
            call.world.update_settings(changes)
        return _reply({"acknowledged": True}, updates, flat=flat)

    return act


async def _put_many(call: Call, changes: _Changes, updates: _Parts, *, flat: bool) -> Reply:
    minor = call.world.version.minor
    with _refusals(call):
        settings = await of_unchanged(lambda: call.world.cluster_settings, lambda it: it.with_all(changes, minor))
    call.world.replace_settings(settings)
    return await _in_thread({"acknowledged": True}, updates, flat=flat)


@contextmanager
def _refusals(call: Call) -> Iterator[None]:
    try:
        yield
    except SettingRefusedError as error:
        raise object_error(400, call.world.version.behaviour.settings_refusal, str(error)) from None
    except BadValueError as error:
        raise bad_value(error) from None


def _reply(first: dict[str, Any], parts: _Parts, *, flat: bool) -> Reply | Awaitable[Reply]:
    """The settings after `first`; very many are put into their form in another thread."""
    if any(len(part) > _MANY for part in parts.values()):
        return _in_thread(first, parts, flat=flat)
    return Reply(200, {**first, **{name: _shown(part, flat=flat) for name, part in parts.items()}})


async def _in_thread(first: dict[str, Any], parts: _Parts, *, flat: bool) -> Reply:
    shown = await in_thread(lambda: {name: _shown(part, flat=flat) for name, part in parts.items()})
    return Reply(200, {**first, **shown})


def read_ahead(request: Request) -> None:
    """Puts the settings of a large body, which has been read, into their dotted form. Its errors wait for its turn."""
    try:
        body = decode_content(request)
    except (MalformedJsonError, ContentError):
        return
    for source in (body.get(scope) for scope in _SCOPES) if isinstance(body, dict) else ():
        if isinstance(source, dict) and request.ahead is not None:
            request.ahead.keep((_FLAT, id(source)), partial(flattened, source))


def _flat(call: Call) -> bool:
    """Reads the parameters of both calls; returns whether keys stay dotted in the response."""
    read_manager_timeout(call.parameters)
    return call.parameters.boolean("flat_settings")


def _shown(settings: Flat, *, flat: bool) -> dict[str, Any]:
    return dict(sorted(settings.items())) if flat else nested(settings)


def _changes(call: Call, source: Any) -> dict[str, Text | None]:
    """The settings of one scope. Where they cannot be loaded, releases before 3.0 answer 500."""
    if source is not None and not isinstance(source, dict):
        java, target = _JAVA_CLASSES[type(source)], "java.util.Map"
        both = f"({java} and {target} are in module java.base of loader 'bootstrap')"
        raise object_error(500, "class_cast_exception", f"class {java} cannot be cast to class {target} {both}")
    try:
        if source is not None and call.request.ahead is not None:
            return call.request.ahead.result((_FLAT, id(source)), lambda: flattened(source))
        if source is not None:
            return flattened(source)
        cause = {"type": "parsing_exception", "reason": _NULL, "line": 1, "col": 1}
    except ValueError as error:
        cause = {"type": "illegal_state_exception", "reason": str(error)}
    text = json.dumps(source, ensure_ascii=False, separators=(",", ":"))
    status = 400 if call.world.version.minor >= (3, 0) else 500
    raise object_error(status, "settings_exception", f"Failed to load settings from [{text}]", caused_by=cause)


_NULL: Final = "Failed to parse object: expecting token of type [START_OBJECT] but found [VALUE_NULL]"
_JAVA_CLASSES: Final = {
    str: "java.lang.String",
    bool: "java.lang.Boolean",
    int: "java.lang.Integer",
    float: "java.lang.Double",
    list: "java.util.ArrayList",
}

ROUTES: Final = (
    ApiRoute("GET", "/_cluster/settings", "cluster.get_settings", get_settings),
    ApiRoute("PUT", "/_cluster/settings", "cluster.put_settings", put_settings),
)
