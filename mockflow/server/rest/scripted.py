"""Scripted responses: those of faults, outages and stubs in place of the cluster's own."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from mockflow.cluster import Cluster, polling, scenarios, skipping
from mockflow.cluster.decision import Decision, InterceptedRequest
from mockflow.cluster.interceptor import Interceptor
from mockflow.cluster.journal import Scripted
from mockflow.core.base.tokens import ContentError
from mockflow.core.faults.model import WITHOUT_ANSWER
from mockflow.core.faults.presets import PRESETS
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.opensearch.security import action_of
from mockflow.core.scenario.model import Scenario
from mockflow.core.stubs.json_path import is_direct
from mockflow.core.stubs.matching import SearchedBody
from mockflow.core.stubs.templating import fill, fill_json_text
from mockflow.server.http.messages import TEXT_TYPE, Request, Response
from mockflow.server.rest.call import Handler
from mockflow.server.rest.rendering import Style
from mockflow.server.rest.router import Found, Missing
from mockflow.server.rest.worker import in_thread


class ScriptedResponse(NamedTuple):
    """The parts of a scripted response."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str]
    is_foreign: bool = False
    """Whether it is the response of a proxy in front of the cluster."""


async def search_body(cluster: Cluster, request: Request, path: str) -> SearchedBody | None:
    """The body, searched for what the stubs want that may answer: in another thread; None if they want nothing."""
    wanted = [
        active.stub.request.body
        for active in cluster.world.active.stubs_for(path)
        if active.stub.request.body and active.stub.request.pattern.match(request.method, path) is not None
    ]
    if not wanted:
        return None
    searched = SearchedBody(request.body)
    is_quick = len(wanted) <= _FEW_STUBS and len(request.body) <= _SMALL_BODY
    if is_quick and all(is_direct(expression) for values in wanted for expression in values):
        searched.search(wanted)
    else:
        await in_thread(searched.search, wanted)
    return searched


_FEW_STUBS: Final = 100
_SMALL_BODY: Final = 16 * 1024


def decide(
    cluster: Cluster,
    request: Request,
    path: str,
    query: Mapping[str, str],
    found: Found[Handler] | Missing,
    searched: SearchedBody | None = None,
) -> Decision | None:
    """What faults, outages and stubs do with a request; None if none of them applies."""
    is_known = isinstance(found, Found)
    asked = InterceptedRequest(
        request.method,
        path,
        query,
        request.headers,
        request.body,
        searched,
        operation=found.route.operation if isinstance(found, Found) else "",
        values=found.values if isinstance(found, Found) else {},
        created_for=lambda: _created_for(cluster, request, query) if is_known else None,
    )
    return Interceptor(cluster.world).decide(asked)


def scripted_response(cluster: Cluster, decision: Decision, style: Style) -> ScriptedResponse:
    """The response in place of the cluster's own; an empty one with status 0 if none is sent."""
    respond = decision.respond
    if respond is None:
        return ScriptedResponse(0, b"", "", {})
    preset = PRESETS[respond.preset] if respond.preset else None
    known = _known(cluster, decision)
    content = preset.body if preset else respond.content
    status = preset.status if preset else respond.status or 200
    headers = {**(preset.headers if preset else {}), **fill(respond.headers, known)}
    headers = {name.lower(): _one_line(value) for name, value in headers.items()}
    is_json_text = isinstance(content, str) and "json" in headers.get("content-type", "")
    body, content_type = _written(
        fill_json_text(content, known) if is_json_text else fill(content, known), style, status
    )
    is_foreign = preset is not None and preset.is_foreign
    return ScriptedResponse(status, body, headers.pop("content-type", content_type), headers, is_foreign)


def trace(decision: Decision) -> Scripted:
    """The journal's record of what was scripted."""
    return Scripted(
        tuple(decision.faults),
        decision.stub,
        tuple({"stub": miss.stub, "reasons": list(miss.reasons)} for miss in decision.near_misses),
        is_own=not decision.is_broken,
        connection=decision.connection,
    )


async def apply_delay(decision: Decision) -> None:
    """Waits for the delay, in wall time."""
    if decision.delay_ms:
        await asyncio.sleep(decision.delay_ms / 1000)


def advance_clock(cluster: Cluster, decision: Decision) -> None:
    """Moves the time in mode auto after a scripted response. StuckError for a client that polls without end."""
    for workflow, scenario, elapsed in decision.moves:
        if elapsed == (cluster.world.elapsed(workflow) if workflow else cluster.world.elapsed_ms):
            skipping.after_intercepted(cluster.world, workflow, scenario)
    if decision.is_broken and not decision.moves and decision.workflow and decision.request.operation == "get_status":
        polling.count_faulty(cluster.world, decision.workflow, (decision.faults or [decision.stub or ""])[-1])


def sends_response(decision: Decision) -> bool:
    """Whether the client gets a response, complete or not."""
    return decision.connection not in WITHOUT_ANSWER


def broken(decision: Decision, response: Response) -> Response:
    """The response, with the way in which its connection breaks."""
    response.connection = decision.connection
    response.over = decision.over_ms / 1000
    return response


def _written(content: Any, style: Style, status: int) -> tuple[bytes, str]:
    if content is None:
        return b"", ""
    if isinstance(content, str):
        return content.encode("utf-8", "replace"), TEXT_TYPE
    return style.body(content) if status < _FIRST_ERROR else style.written(content)


_FIRST_ERROR: Final = 400


def _one_line(value: Any) -> str:
    """A header's value without line breaks; it may contain what a client has sent."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return "".join(mark for mark in text if mark.isprintable() or mark == "\t").strip()


def _known(cluster: Cluster, decision: Decision) -> Mapping[str, Any]:
    """The values of placeholders."""
    asked, workflow = decision.request, decision.workflow
    values = {name: unquote(value) for name, value in asked.values.items()}
    return {
        "path": {**values, **decision.values},
        "query": asked.query,
        "header": {name.lower(): value for name, value in asked.headers.items()},
        "body": asked.json,
        "workflow": _workflow(cluster, decision),
        "now": cluster.world.now(),
        "elapsed": cluster.world.elapsed(workflow) if workflow else cluster.world.elapsed_ms,
        "method": asked.method,
        "permission": action_of(asked.operation),
        "aws_action": f"es:ESHttp{asked.method.capitalize()}",
    }


def _workflow(cluster: Cluster, decision: Decision) -> Mapping[str, Any]:
    workflow = decision.workflow
    if workflow is None:
        return {}
    fields = cluster.world.fields(workflow)
    resources = {one["workflow_step_id"]: one["resource_id"] for one in fields.get("resources_created") or ()}
    return {**fields, "id": workflow.id, "resources": resources}


def _created_for(cluster: Cluster, request: Request, query: Mapping[str, str]) -> Scenario | None:
    """The scenario for the workflow that this create makes; without name and use case for a broken template."""
    from mockflow.server.rest.template_body import read_template  # on first use

    try:
        world = cluster.world
        template = read_template(request, query.get("use_case"), False, world.version, world.own_use_cases())
    except (ContentError, FlowFrameworkError):
        return scenarios.matching(cluster.world, name="", use_case="", headers=request.headers)
    return scenarios.matching(
        cluster.world, name=template.name or "", use_case=template.use_case or "", headers=request.headers
    )
