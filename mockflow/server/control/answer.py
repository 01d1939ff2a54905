"""Answers requests to the control API, /_mockflow: plain JSON by its own rules.

Faults, outages and stubs do not apply to it. It has none of OpenSearch's headers and parameters.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from mockflow.cluster import (
    ClaimedError,
    Cluster,
    NeverError,
    UnknownScenarioError,
    UnknownWorkflowError,
)
from mockflow.server.control.call import PREFIX, ControlCall, ControlError, Operation
from mockflow.server.control.routes import ROUTES
from mockflow.server.http.messages import Request, Response
from mockflow.server.rest.errors import Refusal
from mockflow.server.rest.parameters import decode, parse_target
from mockflow.server.rest.router import Found, Missing, Router

_NO_HEADERS: Final[Mapping[str, str]] = {}
ROUTER: Final[Router[Operation]] = Router(ROUTES)


def is_control(target: str) -> bool:
    """Whether a target that begins with the prefix is one of the control API, not of a longer name."""
    return target[len(PREFIX) : len(PREFIX) + 1] in ("", "/", "?")


def answer(cluster: Cluster, request: Request) -> Response:
    """The response to a request; errors of the request are responses too."""
    try:
        path, query = _parsed(request.target)
        found = ROUTER.find(request.method, path)
        if not isinstance(found, Found):
            raise _no_route(request.method, path, found)
        if unknown := sorted(query.keys() - found.route.handler.query.keys()):
            known = ", ".join(found.route.handler.query) or "none"
            raise ControlError(400, f"unknown parameter {', '.join(unknown)}; known here: {known}")
        values = {name: decode(value, plus_as_space=False) for name, value in found.values.items()}
        if request.method != "GET":  # a read changes nothing
            cluster.world.forget_ended()
        content = found.route.handler.handle(ControlCall(cluster, request, values, query))
        return content if isinstance(content, Response) else _json(200, content)
    except ControlError as error:
        return refused(error.status, str(error), error.problems)
    except UnknownWorkflowError as error:
        return refused(404, f'no workflow "{error}"; GET {PREFIX}/workflows lists them')
    except UnknownScenarioError as error:
        return refused(404, f'no scenario "{error}"; GET {PREFIX}/scenarios lists them')
    except (NeverError, ClaimedError) as error:
        return refused(409, str(error))
    except ValueError as error:
        return refused(400, str(error))


def refused(
    status: int, message: str, problems: list[Any] | None = None, headers: Mapping[str, str] = _NO_HEADERS
) -> Response:
    """An error in the form of the control API."""
    return _json(status, {"error": {"message": message, "problems": problems or []}}, headers)


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


def _json(status: int, content: Any, headers: Mapping[str, str] = _NO_HEADERS) -> Response:
    text = json.dumps(_plain(content), indent=2, ensure_ascii=False) + "\n"
    return Response(status, text.encode("utf-8", "replace"), "application/json", headers)


def _plain(content: Any) -> Any:
    if isinstance(content, BaseModel):
        return content.model_dump()
    return [_plain(item) for item in content] if isinstance(content, list) else content
