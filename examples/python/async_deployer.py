"""Deploys several flow-framework templates at once with AsyncOpenSearch, and returns the outcome of each."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from opensearchpy import AsyncOpenSearch, TransportError

POLL_SECONDS = 2
LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Outcome:
    """The outcome of a deployment. `state` is COMPLETED, FAILED, TIMED_OUT or REFUSED; COMPLETED has no `reason`."""

    name: str
    state: str
    reason: str = ""
    resources: tuple[str, ...] = field(default=(), compare=False)


async def deploy_all(client: AsyncOpenSearch, templates: list[dict[str, Any]]) -> list[Outcome]:
    """Deploys all templates, and deletes what failures leave. The outcomes are in the order of the templates."""
    return list(await asyncio.gather(*(deploy(client, template) for template in templates)))


async def deploy(client: AsyncOpenSearch, template: dict[str, Any]) -> Outcome:
    plugin, name = client.plugins.flow_framework, str(template.get("name"))
    try:
        created = await plugin.create(body=template, provision="true")
    except TransportError as error:
        return Outcome(name, "REFUSED", str(error.error))
    workflow_id = created["workflow_id"]
    status = await _at_its_end(client, workflow_id)
    if status is None:
        return Outcome(name, "TIMED_OUT", f"not done after {LIMIT_SECONDS} s")
    resources = status.get("resources_created", [])
    if status["state"] == "COMPLETED":
        return Outcome(name, "COMPLETED", resources=tuple(each["resource_id"] for each in resources))
    named = [each["resource_id"] for each in resources if each["resource_type"] in ("index_name", "pipeline_id")]
    params = {"allow_delete": ",".join(named)} if named else None
    answer = await plugin.deprovision(workflow_id=workflow_id, params=params)
    reason = status.get("error", "no reason given")
    return Outcome(name, "FAILED", f"{reason}; {answer['error']}" if "error" in answer else reason)


async def _at_its_end(client: AsyncOpenSearch, workflow_id: str) -> dict[str, Any] | None:
    """The status once it is COMPLETED or FAILED; None if it is neither in time."""
    end = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < end:
        status: dict[str, Any] = await client.plugins.flow_framework.get_status(workflow_id=workflow_id)
        if status["state"] in ("COMPLETED", "FAILED"):
            return status
        await asyncio.sleep(POLL_SECONDS)
    return None
