"""Answers requests to the control API, /_mockflow: plain JSON by its own rules.

Faults, outages and stubs do not apply to it. It has none of OpenSearch's headers and parameters.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from pydantic import BaseModel

from mockflow.cluster import (
    ClaimedError,
    Cluster,
    NeverError,
    UnknownScenarioError,
    UnknownWorkflowError,
)
from mockflow.core.base.json_writer import dumps
from mockflow.server.control.call import ControlCall, LongList, Operation, read_body_ahead
from mockflow.server.control.errors import NO_HEADERS, ControlError, error_body, json_response
from mockflow.server.control.paths import PREFIX
from mockflow.server.control.routes import ROUTES
from mockflow.server.http.messages import Request, Response, StreamedResponse
from mockflow.server.rest.errors import Refusal
from mockflow.server.rest.parameters import decode, parse_target
from mockflow.server.rest.router import Found, Missing, Router
from mockflow.server.rest.worker import LARGE, in_thread

ROUTER: Final[Router[Operation]] = Router(ROUTES)


def answer(cluster: Cluster, request: Request) -> Response:
    """The response to a request; errors of the request are responses too."""
    return _written(*_result(cluster, request))


async def answer_in_loop(cluster: Cluster, request: Request) -> Response:
    """As `answer`; what takes long and needs no cluster is done in another thread."""
    if request.method in _READS:
        status, content, headers = await _read_in_loop(cluster, request)
    else:
        async with cluster.turn:
            status, content, headers = await _result_in_loop(cluster, request)
    if isinstance(content, LongList) and content.size > _MAX_AT_ONCE:
        if request.method == "HEAD":
            return Response(status, content_type="application/json")
        return StreamedResponse(status, content_type="application/json", headers=headers, chunks=_parts(content))
    if _is_large(content):
        return await in_thread(_written, status, content, headers)
    return _written(status, content, headers)


async def _read_in_loop(cluster: Cluster, request: Request) -> "_Result":
    try:
        call, operation = _routed(cluster, request)
        if operation.handle_in_loop:
            return 200, await operation.handle_in_loop(call), NO_HEADERS
    except Exception as error:
        return _refused(error)
    return _result(cluster, request)


async def _result_in_loop(cluster: Cluster, request: Request) -> "_Result":
    try:
        call, operation = _routed(cluster, request)
        is_large = len(request.body) > LARGE
        if is_large and operation.read_ahead:
            await in_thread(operation.read_ahead, request)
        elif is_large and operation.body:
            await in_thread(read_body_ahead, request, operation.body)
        if operation.handle_in_loop and (is_large or not operation.read_ahead):
            return 200, await operation.handle_in_loop(call), NO_HEADERS
        return 200, operation.handle(call), NO_HEADERS
    except Exception as error:
        return _refused(error)


_READS: Final = frozenset({"GET", "HEAD"})


_Result = tuple[int, Any, Mapping[str, str]]
"""Status, content and headers."""


def _result(cluster: Cluster, request: Request) -> _Result:
    try:
        call, operation = _routed(cluster, request)
        if request.method == "HEAD" and "text/event-stream" in operation.media_types:
            # without its body, a stream ends at once
            return 200, Response(200, content_type="text/event-stream"), NO_HEADERS
        return 200, operation.handle(call), NO_HEADERS
    except Exception as error:
        return _refused(error)


def _routed(cluster: Cluster, request: Request) -> tuple[ControlCall, Operation]:
    """The call and its operation. ControlError and ValueError for a request that is none."""
    path, query = _parsed(request.target)
    found = ROUTER.find("GET" if request.method == "HEAD" else request.method, path)
    if not isinstance(found, Found):
        raise _no_route(request.method, path, found)
    if unknown := sorted(query.keys() - found.route.handler.query.keys()):
        known = ", ".join(found.route.handler.query) or "none"
        raise ControlError(400, f"unknown parameter {', '.join(unknown)}; known here: {known}")
    values = {name: decode(value, plus_as_space=False) for name, value in found.values.items()}
    if request.method not in _READS:  # a read changes nothing
        cluster.world.forget_ended()
    return ControlCall(cluster, request, values, query), found.route.handler


def _refused(error: Exception) -> _Result:
    """The answer to a request that failed. An error that is not the request's is raised again."""
    if isinstance(error, ControlError):
        content = error_body(str(error), error.problems)
        if error.story is not None:
            content["error"]["story"] = error.story
        return error.status, content, NO_HEADERS
    if isinstance(error, UnknownWorkflowError):
        return 404, error_body(f'no workflow "{error}"; GET {PREFIX}/workflows lists them'), NO_HEADERS
    if isinstance(error, UnknownScenarioError):
        return 404, error_body(f'no scenario "{error}"; GET {PREFIX}/scenarios lists them'), NO_HEADERS
    if isinstance(error, (NeverError, ClaimedError)):
        return 409, error_body(str(error)), NO_HEADERS
    if isinstance(error, ValueError):
        return 400, error_body(str(error)), NO_HEADERS
    raise error


def _is_large(content: Any) -> bool:
    """Whether the content may take long to write: it has a long list, or bodies of clients."""
    if isinstance(content, dict) and isinstance(error := content.get("error"), dict):
        return _is_large(error.get("problems"))
    if isinstance(content, LongList):
        return len(content.items) > _FEW
    if isinstance(content, BaseModel):
        values = [getattr(content, name) for name in type(content).model_fields]
        return any(isinstance(value, (list, dict)) and (_is_large(value) or bool(value)) for value in values)
    return isinstance(content, (list, dict)) and len(content) > _FEW


_FEW: Final = 20


async def _parts(content: LongList[Any]) -> AsyncGenerator[bytes, None]:
    """The response in parts, between which others get a turn."""
    part, brackets, end = dumps(content.around([]), ensure_ascii=False).rpartition("[]")
    part += brackets[0]
    for number, item in enumerate(content.items):
        part += ("," if number else "") + dumps(content.written(item), ensure_ascii=False)
        if len(part) > _PART:
            yield part.encode("utf-8", "replace")
            part = ""
            await asyncio.sleep(0)
    yield f"{part}]{end}\n".encode("utf-8", "replace")


_MAX_AT_ONCE: Final = 256 * 1024
"""Bytes of a list up to which it is one response, with its length in the head."""
_PART: Final = 64 * 1024  # characters


def _parsed(target: str) -> tuple[str, Mapping[str, str]]:
    try:
        return parse_target(target)
    except Refusal as refusal:  # its cause has the message without OpenSearch's wrapping
        raise ControlError(400, refusal.body["error"]["caused_by"]["reason"]) from None


def _no_route(method: str, path: str, missing: Missing) -> ControlError:
    if missing.is_unreadable:
        for segment in path.split("/"):
            decode(segment, plus_as_space=False)  # raises ValueError for the one with the broken escape
    if missing.methods:
        return ControlError(405, f"{path} takes {', '.join(sorted(missing.methods))}, not {method}")
    return ControlError(404, f"no call {path}; GET {PREFIX}/openapi.json describes all calls")


def _written(status: int, content: Any, headers: Mapping[str, str]) -> Response:
    return content if isinstance(content, Response) else json_response(status, _plain(content), headers)


def _plain(content: Any) -> Any:
    if isinstance(content, LongList):
        return content.around([content.written(item) for item in content.items])
    if isinstance(content, BaseModel):
        return content.model_dump()
    return [_plain(item) for item in content] if isinstance(content, list) else content
