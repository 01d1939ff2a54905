"""The life cycle of a workflow: the effect of provisioning, reprovisioning and deprovisioning on its status.

Pure functions: they take the status before and the request, and return the moments of the new run
(docs/reference/plugin.md, "Provision", "Reprovision", "Deprovision").
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.failures import ERROR_FORMATS
from mockflow.core.plugin.resource_list import ResourceList, identity_of
from mockflow.core.plugin.status import Fields, KeyframeTime, Resource
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.template import Template

if TYPE_CHECKING:
    from mockflow.core.plugin.simulation import Simulation

NOT_STARTED: Final[Fields] = {"state": "NOT_STARTED", "provisioning_progress": "NOT_STARTED"}
_OF_THE_DOCUMENT: Final = ("user", "tenant_id", "all_shared_principals")


def fresh(before: Fields) -> Fields:
    """The status of a workflow that is not provisioned. User, tenant and sharing stay as in `before`."""
    return {**NOT_STARTED, **{name: before[name] for name in _OF_THE_DOCUMENT if name in before}}


Moments = list[tuple[int, Fields]]
"""Elapsed ms and the status from then on, in order. Of several moments at one time, the last holds."""


# -- provisioning --------------------------------------------------------------------------------------


def check_provisionable(workflow_id: str, before: Fields, refusal: str) -> None:
    """Refuses a workflow that is provisioned. `refusal` is the version's text, with {progress} and {id}."""
    progress = before.get("provisioning_progress")
    if progress != "NOT_STARTED":
        raise FlowFrameworkError(refusal.format(progress=progress or "unknown", id=workflow_id))


def provisioned(before: Fields, simulation: Simulation, error_format: str) -> Moments:
    """The run after an accepted provision. The list of resources begins empty."""
    return _stepwise({**before, "resources_created": []}, simulation, error_format)


def reprovisioned(before: Fields, simulation: Simulation, error_format: str) -> Moments:
    """The run after an accepted reprovision. Resources stay, and the old error is removed."""
    held = {name: value for name, value in before.items() if name != "error"}
    return _stepwise(held, simulation, error_format)


def _stepwise(before: Fields, simulation: Simulation, error_format: str) -> Moments:
    resources = ResourceList(before.get("resources_created") or [])
    running: Fields = {
        **before,
        "state": "PROVISIONING",
        "provisioning_progress": "IN_PROGRESS",
        "provision_start_time": KeyframeTime(0, 0),
    }
    moments: Moments = [(0, {**running, "resources_created": resources})]
    for step in sorted(simulation.steps, key=lambda step: step.end):
        if step.resources:
            resources = resources.followed_by(step.resources)
            moments.append((step.end, {**running, "resources_created": resources}))
    last: dict[str, Any] = {**moments[-1][1], "provision_end_time": KeyframeTime(0, simulation.end)}
    if simulation.failed and simulation.failed.failure:
        error = ERROR_FORMATS[error_format](simulation.failed.node.id, simulation.failed.failure)
        last |= {"state": "FAILED", "provisioning_progress": "FAILED", "error": error}
    else:
        last |= {"state": "COMPLETED", "provisioning_progress": "DONE"}
    return [*moments, (simulation.end, last)]


# -- reprovisioning ------------------------------------------------------------------------------------


def check_reprovisionable(workflow_id: str, before: Fields) -> None:
    """Refuses a workflow whose provisioning has not ended."""
    if before.get("state") in ("PROVISIONING", "NOT_STARTED"):
        raise FlowFrameworkError(
            f"The template can not be reprovisioned unless its provisioning state is DONE or FAILED: {workflow_id}"
        )


# -- deprovisioning ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DeprovisionRules:
    """What differs between releases.

    `deletes_named`: indexes and pipelines are deleted at all. `takes_not_found_for_deleted`: an
    OpenSearchStatusException with NOT_FOUND counts as success.
    """

    deletes_named: bool = True
    takes_not_found_for_deleted: bool = True


NEWEST_RULES: Final = DeprovisionRules()


@dataclass(frozen=True)
class Deprovisioned:
    """The result of a deprovisioning: the run, the error in its response (None: nothing is left), and resources.

    `deleted` resources are removed from the cluster, `forgotten` ones only from the workflow's list.
    """

    moments: Moments
    refusal: FlowFrameworkError | None
    deleted: tuple[Resource, ...]
    forgotten: tuple[Resource, ...]


def deprovisioned(
    before: Fields,
    *,
    allow_delete: Collection[str],
    keeps: Collection[str] = (),
    takes: int = 0,
    rules: DeprovisionRules = NEWEST_RULES,
    exists: Callable[[Resource], bool] = lambda _: True,
    times_out: bool = False,
) -> Deprovisioned:
    """Deletes the resources over `takes` ms, the last one first.

    `keeps` are the ids of the steps whose resources cannot be deleted. Of the resources that need permission, those in
    `allow_delete` alone are deleted. `exists` says whether a resource is still in the cluster: what others have deleted
    counts as deleted or as not deletable, by its kind. With `times_out` no step has the time to delete anything.
    """
    resources: list[Resource] = list(before.get("resources_created") or [])
    deletes_named = rules.deletes_named
    not_allowed = [r for r in resources if _needs_permission(r, deletes_named) and r["resource_id"] not in allow_delete]
    tried = _without(resources[::-1], not_allowed)
    kept = [
        r for r in tried if times_out or r["workflow_step_id"] in keeps or (_fails_if_gone(r, rules) and not exists(r))
    ]
    going = _without(tried, kept)
    left = [*kept, *not_allowed]

    moments: Moments = [(0, before)]
    for number, still in enumerate(ResourceList(resources).without(going), 1):
        moments.append((takes * number // (len(going) + 1), {**before, "resources_created": still}))
    after: Fields = fresh(before)
    if left:
        after = {
            **before,
            "state": "COMPLETED",
            "provisioning_progress": "DONE",
            "provision_end_time": KeyframeTime(0, takes),
            "resources_created": left,
        }
    forgotten = tuple(r for r in going if _deprovision_step(r) == "noop" or _is_only_named(r, deletes_named))
    return Deprovisioned(
        moments=[*moments, (takes, after)],
        refusal=_what_is_left(kept, not_allowed),
        deleted=tuple(_without(going, forgotten)),
        forgotten=forgotten,
    )


def _without(resources: Iterable[Resource], others: Iterable[Resource]) -> list[Resource]:
    left_out = set(map(identity_of, others))
    return [resource for resource in resources if identity_of(resource) not in left_out]


# The deprovision steps that fail with a not-found of OpenSearchStatusException where the resource is gone.
_SEE_NOT_FOUND: Final = frozenset({"delete_connector", "delete_model", "delete_agent"})


def _fails_if_gone(resource: Resource, rules: DeprovisionRules) -> bool:
    """Whether the step that deletes a resource fails where others have deleted it (pull request 805)."""
    step = _deprovision_step(resource)
    if step in (None, "noop") or _is_only_named(resource, rules.deletes_named):
        return False
    return step not in _SEE_NOT_FOUND or not rules.takes_not_found_for_deleted


def _deprovision_step(resource: Resource) -> str | None:
    step = STEPS.get(resource["workflow_step_name"])
    return step.deprovision_step if step else None


def _needs_permission(resource: Resource, deletes_named: bool) -> bool:
    step = STEPS.get(_deprovision_step(resource) or "")
    return deletes_named and step is not None and step.allow_delete_required


def _is_only_named(resource: Resource, deletes_named: bool) -> bool:
    """Whether an older version only forgets a resource that a newer one deletes."""
    return not deletes_named and _needs_permission(resource, True)


def _what_is_left(kept: list[Resource], not_allowed: list[Resource]) -> FlowFrameworkError | None:
    sentences = [
        f"{beginning} [{_listed(resources)}]."
        for beginning, resources in (
            ("Failed to deprovision some resources:", kept),
            ("These resources require the allow_delete parameter to deprovision:", not_allowed),
        )
        if resources
    ]
    if not sentences:
        return None
    return FlowFrameworkError(" ".join(sentences), "ACCEPTED" if kept else "FORBIDDEN")


def _listed(resources: Iterable[Resource]) -> str:
    return ", ".join(dict.fromkeys(f"{r['resource_type']} {r['resource_id']}" for r in resources))


# -- templates -----------------------------------------------------------------------------------------


def check_updatable(workflow_id: str, before: Fields) -> None:
    """Refuses to replace the template of a workflow that is or was provisioned."""
    if before.get("provisioning_progress") != "NOT_STARTED":
        raise FlowFrameworkError(
            f"The template can not be updated unless its provisioning state is NOT_STARTED: {workflow_id}. "
            "Deprovision the workflow to reset the state."
        )


_LONGEST_KEYWORD: Final = 32_766
"""Bytes of the longest term that Lucene indexes."""


def check_indexable(template: Template) -> None:
    """Refuses a template that the index does not take: `use_case` is a keyword of any length in its mapping."""
    if len((template.use_case or "").encode("utf-8", "surrogatepass")) > _LONGEST_KEYWORD:
        raise FlowFrameworkError("Failed to index template in global context index")


def keeps_status_after_delete(before: Fields, *, clear_status: bool) -> bool:
    """Whether the status document stays when the template is deleted."""
    if before.get("provisioning_progress") == "IN_PROGRESS":
        return True
    return bool(before.get("resources_created")) and not clear_status


def template_from(name: str, resources: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """A template in a client's form whose steps create `resources`, for a scenario without a template."""
    nodes: dict[str, dict[str, Any]] = {}
    for resource in resources:
        step_id = resource["workflow_step_id"]
        node = {"id": step_id, "type": resource["workflow_step_name"], "user_inputs": _inputs_for(resource)}
        nodes.setdefault(step_id, node)
    if not nodes:
        nodes["noop"] = {"id": "noop", "type": "noop"}
    return {"name": name, "workflows": {"provision": {"nodes": list(nodes.values())}}}


def _inputs_for(resource: Mapping[str, str]) -> dict[str, Any]:
    step = STEPS.get(resource["workflow_step_name"])
    named = {resource["resource_type"]: resource["resource_id"]}
    inputs: dict[str, Any] = {name: _PLAIN_INPUTS.get(name, name) for name in (step.inputs if step else ())}
    return {**inputs, **{name: value for name, value in named.items() if name in inputs}}


# Minimal values of inputs that are not strings.
_PLAIN_INPUTS: Final[Mapping[str, Any]] = {
    "configurations": {},
    "parameters": {},
    "credential": {},
    "actions": [],
    "version": "1",
}
