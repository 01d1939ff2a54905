"""Answers every request of clients as OpenSearch does, in one function.

The order of checks: query string, authentication, the parameters of every route, a route for path and method, the
body's type, the handler's parameters and body, unknown parameters, then the action (docs/reference/opensearch.md,
"Routing", "Parameters").
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from time import time
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from mockflow.cluster import Cluster
from mockflow.cluster.decision import Decision
from mockflow.core.base.json_writer import with_escaped_pairs
from mockflow.server.endpoints import (
    cat,
    cluster_health,
    cluster_settings,
    cluster_state,
    indices,
    machine_learning,
    main_page,
    nodes,
    pipelines,
)
from mockflow.server.endpoints.flow_framework import routes as flow_framework
from mockflow.server.http.limits import MAX_LINE
from mockflow.server.http.messages import JSON_TYPE, OPAQUE_ID, Request, Response
from mockflow.server.rest import scripted, security
from mockflow.server.rest.call import Action, Call, Handler, Reply, refuse_unreadable_body
from mockflow.server.rest.errors import (
    Refusal,
    UnknownMethodError,
    invalid_uri,
    no_handler,
    simple_error,
    too_long_line,
)
from mockflow.server.rest.parameters import Parameters, decode, parse_target
from mockflow.server.rest.rendering import PLAIN, style_of
from mockflow.server.rest.router import Found, Missing, Router

ROUTER: Final[Router[Handler]] = Router(
    [
        *main_page.ROUTES,
        *cluster_health.ROUTES,
        *cluster_settings.ROUTES,
        *cluster_state.ROUTES,
        *nodes.ROUTES,
        *cat.ROUTES,
        *flow_framework.ROUTES,
        *indices.ROUTES,
        *pipelines.ROUTES,
        *machine_learning.ROUTES,
    ]
)

_CACHED: Final = 16_384  # request lines: a client that polls sends the same one repeatedly
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT"})
_VERSION: Final = len("  HTTP/1.1")  # with the spaces around the target
_NOT_URI: Final = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f]|%(?![0-9a-fA-F]{2})')  # what java.net.URI refuses


async def answer(cluster: Cluster, request: Request) -> Response:
    """The response to a client's request.

    Raises StuckError for a client that polls without end, and UnknownMethodError; no other error.
    """
    world = cluster.world
    world.forget_ended()
    journal, mode, now, wall = world.journal, world.clock.mode, world.now(), time()
    operation, workflow_id, style = "", None, PLAIN
    status, body = 0, b""  # until there is a response
    decision: Decision | None = None
    instead: scripted.ScriptedResponse | None = None
    is_foreign = False
    try:
        try:
            known = None if world.is_guarded or request.method != "GET" else world.repeated.get(request.target)
            line = _read_line(request.method, request.target) if known is None else known.line
            if isinstance(line.found, Found):
                operation, workflow_id = line.found.route.operation, line.found.values.get("workflow_id")
            if world.is_guarded:
                request.caller = security.authenticate(cluster, request, operation)
            style = style_of(request, line.values)
            if world.intercepts:
                decision = scripted.decide(cluster, request, *line)
            if decision is not None and (decision.answers or decision.performed):
                instead = scripted.scripted_response(cluster, decision, style)
            if decision is None or not decision.answers:
                is_peek = decision is not None and decision.is_broken
                if known is None or is_peek or request.body:
                    reply = _action(cluster, request, line, is_peek=is_peek)()
                else:
                    reply = known.action()
                if not isinstance(reply, Reply):
                    reply = await reply
                if reply.pretty_by_default and "pretty" not in line.values:
                    style = style.made_pretty()
                body, content_type = style.body(reply.content)
                status, headers = reply.status, reply.headers
        except Refusal as refusal:
            body, content_type = style.error_body(refusal)
            status, headers = refusal.status, refusal.headers
        if instead is not None:
            status, body, content_type, headers, is_foreign = instead
        if not (body.isascii() or is_foreign) and content_type == JSON_TYPE and world.version.behaviour.jackson == 2:
            body = with_escaped_pairs(body)
        if decision is not None:
            all_headers = headers if is_foreign else _headers(cluster, request, headers)
            response, status = Response(status, body, content_type, all_headers), 0
            scripted.advance_clock(cluster, decision)
            await scripted.apply_delay(decision)
            status = response.status if scripted.sends_response(decision) else 0
            return scripted.broken(decision, response)
    finally:
        journal.add(
            operation,
            workflow_id,
            request.method,
            request.target,
            request.headers,
            request.body,
            status,
            body,
            mode,
            now,
            wall,
            time() - wall,
            None if decision is None else scripted.trace(decision),
        )
    return Response(status, body, content_type, _headers(cluster, request, headers))


class _Line(NamedTuple):
    """A parsed request line."""

    path: str
    values: Mapping[str, str]
    found: Found[Handler] | Missing


@lru_cache(_CACHED)
def _read_line(method: str, target: str) -> _Line:
    if len(method) + len(target) + _VERSION > MAX_LINE:
        raise too_long_line()
    path, values = parse_target(target)
    return _Line(path, values, ROUTER.find(method, path))


class _Repeated(NamedTuple):
    """A request line whose action depends on nothing else, and the action that its first request in this world made."""

    line: _Line
    action: Action


def _action(cluster: Cluster, request: Request, line: _Line, *, is_peek: bool) -> Action:
    path, values, found = line
    if not isinstance(found, Found):
        return _without_route(request, found)
    action = _read(cluster, request, path, values, found, is_peek=is_peek)
    if found.route.repeats and request.method == "GET" and not (request.body or is_peek or cluster.world.is_guarded):
        if len(cluster.world.repeated) >= _CACHED:
            cluster.world.repeated.clear()
        cluster.world.repeated[request.target] = _Repeated(line, action)
    return action


def _read(
    cluster: Cluster,
    request: Request,
    path: str,
    values: Mapping[str, str],
    found: Found[Handler],
    *,
    is_peek: bool,
) -> Action:
    refuse_unreadable_body(request)
    call = Call(cluster, request, path, Parameters(values, found.values), found.values, is_peek=is_peek)
    action = found.route.handler(call)
    call.refuse_unused()
    return action


def _without_route(request: Request, missing: Missing) -> Action:
    """405 for a path that has other methods or a broken escape, else 400; OPTIONS lists the methods."""
    if request.method not in _METHODS:
        raise UnknownMethodError(request.method)
    methods = sorted(missing.methods)
    allowed = {"Allow": ",".join(methods)} if methods else {}
    if request.method == "OPTIONS" and not missing.is_unreadable:
        return lambda: Reply(200, "", allowed)
    listed = f", allowed: [{', '.join(methods)}]" if methods else ""
    if missing.is_unreadable:
        raise simple_error(405, f"Unexpected HTTP method{listed}", allowed)
    if not methods:
        raise _no_such_path(request)
    message = f"Incorrect HTTP method for uri [{request.target}] and method [{request.method}]{listed}"
    raise simple_error(405, message, allowed)


def _no_such_path(request: Request) -> Refusal:
    """The error with the decoded path; another error for what java.net.URI refuses."""
    if _NOT_URI.search(request.target):
        return invalid_uri()
    try:
        return no_handler(decode(urlsplit(request.target).path, plus_as_space=False), request.method)
    except ValueError:
        return invalid_uri()


def _headers(cluster: Cluster, request: Request, headers: Mapping[str, str]) -> Mapping[str, str]:
    """Adds the headers of every response: from 3.0 on the version, and the client's X-Opaque-Id."""
    version = cluster.world.version
    common = _version_header(version.number) if version.behaviour.sends_version_header else _NO_HEADERS
    opaque_id = request.headers.get(OPAQUE_ID)
    if opaque_id is not None:
        common = {**common, OPAQUE_ID: opaque_id}
    return {**common, **headers} if headers else common


@lru_cache
def _version_header(number: str) -> Mapping[str, str]:
    return {"X-OpenSearch-Version": f"OpenSearch/{number} (opensearch)"}


_NO_HEADERS: Final[Mapping[str, str]] = {}
