"""Answers every request of clients as OpenSearch does, in one function.

The order of checks: query string, authentication, the parameters of every route, a route for path and method, the
body's type, the handler's parameters and body, unknown parameters, then the action (docs/reference/opensearch.md,
"Routing", "Parameters").
"""

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from time import perf_counter
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from mockflow.cluster import Cluster
from mockflow.cluster.clock import wall_time
from mockflow.cluster.decision import Decision
from mockflow.core.base.bounds import REPEATED_REQUEST, REPEATED_REQUESTS
from mockflow.core.base.json_writer import compact, compact_in_parts, has_many
from mockflow.core.opensearch.rest_paths import RestPath
from mockflow.core.plugin.status import Document
from mockflow.server.endpoints import routing
from mockflow.server.http.limits import MAX_LINE
from mockflow.server.http.messages import JSON_TYPE, Request, Response
from mockflow.server.repeated import Known, remember
from mockflow.server.rest import content, scripted, security
from mockflow.server.rest.by_release import body_of, headers_of
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
from mockflow.server.rest.rendering import PLAIN, Style, style_of
from mockflow.server.rest.router import Found, Missing
from mockflow.server.rest.worker import LARGE, in_thread

_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT"})
_VERSION: Final = len("  HTTP/1.1")  # with the spaces around the target
_NOT_URI: Final = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f]|%(?![0-9a-fA-F]{2})')  # what java.net.URI refuses


async def answer(cluster: Cluster, request: Request) -> Response:
    """The response to a client's request.

    Raises StuckError for a client that polls without end, and UnknownMethodError; no other error.
    """
    if len(request.body) > LARGE:
        await _read_ahead(cluster, request)
    if request.method == "POST" and request.target.partition("?")[0].endswith("/_provision"):
        await _check_ahead(cluster, request)
    searched = None
    if request.body and cluster.world.intercepts:
        searched = await scripted.search_body(cluster, request, request.target.partition("?")[0])
    world = cluster.world
    world.forget_ended()
    journal, mode, now, wall, began = world.journal, world.clock.mode, world.now(), wall_time(), perf_counter()
    operation, workflow_id, style = "", None, PLAIN
    status, body = 0, b""  # until there is a response
    decision: Decision | None = None
    instead: scripted.ScriptedResponse | None = None
    not_served: RestPath | None = None
    is_foreign = False
    try:
        try:
            line = _read_line(request.method, request.target)
            if isinstance(line.found, Found):
                operation, workflow_id = line.found.route.operation, line.found.values.get("workflow_id")
            elif line.found.not_served is not None:
                not_served = _of_release(cluster, line.found.not_served)
            if world.is_guarded:
                request.caller = security.authenticate(cluster, request, operation)
            style = style_of(request, line.values)
            if world.intercepts:
                decision = scripted.decide(cluster, request, line.path, line.values, line.found, searched)
            if decision is not None and (decision.answers or decision.performed):
                instead = scripted.scripted_response(cluster, decision, style)
            if decision is None or not decision.answers:
                if not_served is not None:
                    world.not_served.count(not_served.method, not_served.path, not_served.operation)
                is_peek = decision is not None and decision.is_broken
                reply = _action(cluster, request, line, is_peek=is_peek)()
                if not isinstance(reply, Reply):
                    reply = await reply
                if reply.pretty_by_default and "pretty" not in line.values:
                    style = style.made_pretty()
                body, content_type = await _body(style, reply.content)
                status, headers = reply.status, reply.headers
        except Refusal as refusal:
            body, content_type = style.error_body(refusal)
            status, headers = refusal.status, refusal.headers
        if instead is not None:
            status, body, content_type, headers, is_foreign = instead
        if not is_foreign:
            body = body_of(world.version, body, content_type)
        if decision is not None:
            all_headers = headers if is_foreign else headers_of(world.version, request.headers, headers)
            response, status = Response(status, body, content_type, all_headers), 0
            scripted.advance_clock(cluster, decision)
            await scripted.apply_delay(decision)
            status = response.status if scripted.sends_response(decision) else 0
            return scripted.broken(decision, response)
    finally:
        is_served = not_served is None or (decision is not None and decision.answers)
        journal.add(
            operation if not_served is None else not_served.operation,
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
            perf_counter() - began,
            None if decision is None else scripted.trace(decision),
            is_served=is_served,
            head_bytes=request.head_bytes,
            notes=request.notes,
        )
    return Response(status, body, content_type, headers_of(world.version, request.headers, headers))


async def _read_ahead(cluster: Cluster, request: Request) -> None:
    """Reads a large body as its handler will, before the request has its turn: the loop goes on meanwhile."""
    try:
        _, values, found = _read_line(request.method, request.target)
        refuse_unreadable_body(request)
    except Refusal:
        return  # its turn will tell
    operation = found.route.operation if isinstance(found, Found) else ""
    if operation in ("create", "update"):
        from mockflow.server.rest import template_body

        updates = Parameters(values, {}).is_set("update_fields")
        world = cluster.world
        arguments = request, values.get("use_case"), updates, world.version, world.own_use_cases()
        await in_thread(template_body.read_ahead, *arguments)
        if _provisions(values):
            await in_thread(template_body.check_ahead, *arguments)
    elif operation and operation != "bulk":  # whose body is no single value; its handler reads it in a thread too
        await in_thread(partial(content.read_ahead, request, as_tokens=operation == "provision"))
        if operation == "cluster.put_settings":
            from mockflow.server.endpoints import cluster_settings

            await in_thread(cluster_settings.read_ahead, request)


def _provisions(values: Mapping[str, str]) -> bool:
    return values.get("provision", "false") != "false" or values.get("reprovision", "false") != "false"


async def _check_ahead(cluster: Cluster, request: Request) -> None:
    """Checks the large steps of the workflow that a request provisions, before its turn, as `_read_ahead` reads."""
    workflow_id = request.target.partition("?")[0].split("/")[-2]
    workflow = cluster.world.workflows.get(workflow_id)
    if workflow is None or workflow.stored is None:
        return
    from mockflow.core.plugin.step_checks.ahead import check_ahead, large_steps

    nodes = large_steps(workflow.stored.template)
    if nodes:
        await in_thread(check_ahead, nodes, cluster.world.version)


async def _body(style: Style, shown: Any) -> tuple[bytes, str]:
    """The body's bytes and content type. What takes long to write is written in another thread."""
    if isinstance(shown, str) or (style.is_plain and isinstance(shown, Document)):
        return style.body(shown)
    if has_many(shown):
        return await in_thread(_in_parts if style.is_plain else style.body, shown)
    if style.is_plain:
        return style.body(shown)
    if len(shown.json if isinstance(shown, Document) else compact(shown)) * style.effort < LARGE:
        return style.body(shown)
    return await in_thread(style.body, shown)


def _in_parts(shown: Any) -> tuple[bytes, str]:
    return compact_in_parts(shown), JSON_TYPE


class _Line(NamedTuple):
    """A parsed request line."""

    path: str
    values: Mapping[str, str]
    found: Found[Handler] | Missing


def _read_line(method: str, target: str) -> _Line:
    """The parsed line of a request. Short ones are kept: a client that polls sends the same one repeatedly."""
    return (_read_short_line if len(target) <= _SHORT_LINE else _read_any_line)(method, target)


def _read_any_line(method: str, target: str) -> _Line:
    if len(method) + len(target) + _VERSION > MAX_LINE:
        raise too_long_line()
    path, values = parse_target(target)
    return _Line(path, values, routing.find(method, path))


def _of_release(cluster: Cluster, path: RestPath) -> RestPath | None:
    """A path that OpenSearch has, if the world's release has it."""
    return path if path.since <= cluster.world.version.minor else None


_SHORT_LINE: Final = 512
_read_short_line: Final = lru_cache(REPEATED_REQUESTS)(_read_any_line)


def _action(cluster: Cluster, request: Request, line: _Line, *, is_peek: bool) -> Action:
    path, values, found = line
    if not isinstance(found, Found):
        return _without_route(request, found)
    action = _read(cluster, request, path, values, found, is_peek=is_peek)
    is_read = request.method == "GET" and not (request.body or is_peek or cluster.world.is_guarded)
    if found.route.repeats and is_read and request.head_bytes <= REPEATED_REQUEST:
        known = Known(action, values, found.route.operation, found.values.get("workflow_id"))
        remember(cluster.world, request.target, known)
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
    """405 for a path that has other methods or a broken escape, else 400; OPTIONS lists the methods.

    What OpenSearch has and mockflow does not serve is 400, as if there were no such path.
    """
    if request.method not in _METHODS:
        raise UnknownMethodError(request.method)
    methods = sorted(missing.methods)
    allowed = {"Allow": ",".join(methods)} if methods else {}
    if request.method == "OPTIONS" and not missing.is_unreadable:
        return lambda: Reply(200, "", allowed)
    listed = f", allowed: [{', '.join(methods)}]" if methods else ""
    if missing.is_unreadable:
        raise simple_error(405, f"Unexpected HTTP method{listed}", allowed)
    if not methods or missing.not_served is not None:
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
