"""The action of a request: its handler has read it, or its line has no handler."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from mockflow.cluster import Cluster
from mockflow.core.base.bounds import REPEATED_REQUEST
from mockflow.server.http.messages import Request
from mockflow.server.repeated import Known, remember
from mockflow.server.request_line import Line
from mockflow.server.rest.call import Action, Call, Handler, Reply, refuse_unreadable_body
from mockflow.server.rest.errors import Refusal, UnknownMethodError, invalid_uri, no_handler, simple_error
from mockflow.server.rest.parameters import Parameters, decode
from mockflow.server.rest.router import Found, Missing

_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT"})
_NOT_URI: Final = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f]|%(?![0-9a-fA-F]{2})')  # what java.net.URI refuses


def action_of(cluster: Cluster, request: Request, line: Line, *, is_peek: bool) -> Action:
    """Reads the request as its handler does, and returns what it does; with `is_peek` a status read is no poll.

    Raises Refusal, and UnknownMethodError.
    """
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
