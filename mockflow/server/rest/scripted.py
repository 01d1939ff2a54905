"""Scripted answers: what a fault, an outage or a stub says in the cluster's place."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from mockflow.cluster import Cluster
from mockflow.cluster.journal import Scripted
from mockflow.cluster.verdict import Inquiry, Verdict
from mockflow.core.base.tokens import ContentError
from mockflow.core.faults.model import WITHOUT_ANSWER
from mockflow.core.faults.presets import PRESETS
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.opensearch.security import action_of
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.plugin.use_cases import expand
from mockflow.core.scenario.model import Scenario
from mockflow.core.stubs.templating import fill, fill_json_text
from mockflow.server.http.messages import TEXT_TYPE, Request, Response
from mockflow.server.rest.call import Handler
from mockflow.server.rest.content import read_content
from mockflow.server.rest.rendering import Style
from mockflow.server.rest.router import Found


class Told(NamedTuple):
    """An answer in its parts."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str]
    is_foreign: bool = False
    """Whether it comes from something before the cluster."""


def consult(
    cluster: Cluster, request: Request, path: str, query: Mapping[str, str], found: Found[Handler] | set[str]
) -> Verdict | None:
    """What is to become of a request; None: nothing interferes."""
    assert cluster.scripted is not None
    is_known = isinstance(found, Found)
    asked = Inquiry(
        request.method,
        path,
        query,
        request.headers,
        request.body,
        operation=found.route.operation if isinstance(found, Found) else "",
        values=found.values if isinstance(found, Found) else {},
        created_for=lambda: _created_for(cluster, request, query) if is_known else None,
    )
    return cluster.scripted.judge(asked)


def told(cluster: Cluster, verdict: Verdict, style: Style) -> Told:
    """The answer in place of the cluster's own; an empty one where none is to arrive."""
    respond = verdict.respond
    if respond is None:
        return Told(0, b"", "", {})
    preset = PRESETS[respond.preset] if respond.preset else None
    known = _known(cluster, verdict)
    content = preset.body if preset else respond.content
    status = preset.status if preset else respond.status or 200
    headers = {**(preset.headers if preset else {}), **fill(respond.headers, known)}
    headers = {name.lower(): _one_line(value) for name, value in headers.items()}
    is_json_text = isinstance(content, str) and "json" in headers.get("content-type", "")
    body, content_type = _written(
        fill_json_text(content, known) if is_json_text else fill(content, known), style, status
    )
    is_foreign = preset is not None and preset.is_foreign
    return Told(status, body, headers.pop("content-type", content_type), headers, is_foreign)


def trace(verdict: Verdict) -> Scripted:
    """For the journal."""
    return Scripted(
        tuple(verdict.faults),
        verdict.stub,
        tuple({"stub": miss.stub, "reasons": list(miss.reasons)} for miss in verdict.near_misses),
        is_own=not verdict.is_broken,
        connection=verdict.connection,
    )


async def hold_back(verdict: Verdict) -> None:
    """The delay, in wall time."""
    if verdict.delay_ms:
        await asyncio.sleep(verdict.delay_ms / 1000)


def move_on(cluster: Cluster, verdict: Verdict) -> None:
    """What a scripted answer does to time in mode auto. StuckError for a client that asks for ever."""
    for workflow, scenario, elapsed in verdict.moves:
        if elapsed == (cluster.elapsed(workflow) if workflow else cluster.elapsed_ms):
            cluster.move_on(workflow, scenario)
    if verdict.is_broken and not verdict.moves and verdict.workflow and verdict.asked.operation == "get_status":
        cluster.told_nothing_new(verdict.workflow, (verdict.faults or [verdict.stub or ""])[-1])


def arrives(verdict: Verdict) -> bool:
    """Whether the client gets an answer, whole or not."""
    return verdict.connection not in WITHOUT_ANSWER


def broken(verdict: Verdict, response: Response) -> Response:
    """The answer as the connection lets it through."""
    response.connection = verdict.connection
    response.over = verdict.over_ms / 1000
    return response


def _written(content: Any, style: Style, status: int) -> tuple[bytes, str]:
    if content is None:
        return b"", ""
    if isinstance(content, str):
        return content.encode("utf-8", "replace"), TEXT_TYPE
    return style.body(content) if status < _FIRST_ERROR else style.written(content)


_FIRST_ERROR: Final = 400


def _one_line(value: Any) -> str:
    """A header's value from what a client may have sent: nothing in it ends the line."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return "".join(mark for mark in text if mark.isprintable() or mark == "\t").strip()


def _known(cluster: Cluster, verdict: Verdict) -> Mapping[str, Any]:
    """What placeholders stand for."""
    asked, workflow = verdict.asked, verdict.workflow
    values = {name: unquote(value) for name, value in asked.values.items()}
    return {
        "path": {**values, **verdict.values},
        "query": asked.query,
        "header": {name.lower(): value for name, value in asked.headers.items()},
        "body": asked.json,
        "workflow": _workflow(cluster, verdict),
        "now": cluster.now(),
        "elapsed": cluster.elapsed(workflow) if workflow else cluster.elapsed_ms,
        "method": asked.method,
        "permission": action_of(asked.operation),
        "aws_action": f"es:ESHttp{asked.method.capitalize()}",
    }


def _workflow(cluster: Cluster, verdict: Verdict) -> Mapping[str, Any]:
    workflow = verdict.workflow
    if workflow is None:
        return {}
    fields = cluster.fields(workflow)
    resources = {one["workflow_step_id"]: one["resource_id"] for one in fields.get("resources_created") or ()}
    return {**fields, "id": workflow.id, "resources": resources}


def _created_for(cluster: Cluster, request: Request, query: Mapping[str, str]) -> Scenario | None:
    """The scenario that speaks for the workflow that this create makes; of a broken template, by what is readable."""
    try:
        content = read_content(request)
        use_case = query.get("use_case")
        if use_case is not None:
            content = expand(use_case, content, has_body=bool(request.body), version=cluster.version)
        template = parse_template(content, version=cluster.version)
    except (ContentError, FlowFrameworkError):
        return cluster.scenarios.speaker(name="", use_case="", headers=request.headers)
    return cluster.scenarios.speaker(
        name=template.name or "", use_case=template.use_case or "", headers=request.headers
    )
