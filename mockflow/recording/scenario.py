"""A recording as a scenario, and scenarios as the text of a file."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mockflow.core.base.durations import format_duration
from mockflow.core.base.secrets import without_secrets
from mockflow.core.scenario.model import Scenario
from mockflow.core.scenario.rules import check
from mockflow.loading.writing import as_yaml
from mockflow.recording.keyframes import run_of
from mockflow.recording.looks import Looks

# What a client sends of a template; the rest of an answer of `GET` is the cluster's own (contract.md, section 3).
_TEMPLATE_FIELDS: Final = ("name", "description", "use_case", "version", "workflows", "ui_metadata")
_TOLD_GAPS: Final = 20
"""So many are told one by one."""


def scenario_of(
    looks: Looks, *, epoch: int, template: Mapping[str, Any] | None = None, about: str = ""
) -> Scenario | None:
    """The scenario that plays what was seen; None where nothing was. `epoch` is the recorder's 0 in epoch ms."""
    if not looks.changes:
        return None
    run = run_of(looks.changes, epoch=epoch)
    document: dict[str, Any] = {
        "scenario": f"recorded-{looks.workflow_id}",
        "description": " ".join(filter(None, (about, *told(looks, run.origin)))),
        "workflow_id": looks.workflow_id,
        "template": sendable(template) if template else None,
        "provision": {"timeline": [keyframe.model_dump(exclude_unset=True) for keyframe in run.keyframes]},
        "faults": list(faults_of(looks, run.origin)) or None,
    }
    return accepted(document, looks.left_out)


def accepted(document: Mapping[str, Any], left_out: set[str]) -> Scenario:
    """The scenario in a form that `mockflow check` has nothing to say of; `left_out` is told what that cost."""
    kept = {name: value for name, value in document.items() if value not in (None, "")}
    scenario = Scenario.model_validate(kept)
    findings = check(scenario)
    if any(finding.path[:1] == ("template",) for finding in findings):
        left_out.add("its template, which this version of mockflow does not take")
        scenario = Scenario.model_validate({name: value for name, value in kept.items() if name != "template"})
        findings = check(scenario)
    if findings:  # the cluster did what the plugin never does, or is newer than this version of mockflow
        scenario = Scenario.model_validate({**scenario.model_dump(exclude_unset=True), "unrealistic": True})
    return scenario


def text_of(scenarios: Iterable[Scenario]) -> str:
    """The scenarios as one YAML file."""
    return "---\n".join(as_yaml(scenario.model_dump(exclude_unset=True, by_alias=True)) for scenario in scenarios)


def faults_of(looks: Looks, origin: int) -> Iterator[dict[str, Any]]:
    """The gaps of a run that began at `origin` as faults of `_status`, by the elapsed time."""
    for gap in looks.gaps:
        start = max(gap.start, origin)
        if gap.does and (gap.end is None or gap.end > start):
            end = "" if gap.end is None else format_duration(gap.end - origin)
            yield {"on": "get_status", "during": f"{format_duration(start - origin)}..{end}", **gap.does}


def told(looks: Looks, origin: int) -> Iterable[str]:
    """When there was no answer and no fault tells of it, in sentences."""
    gaps = [gap for gap in looks.gaps if not gap.does]
    for gap in gaps[:_TOLD_GAPS]:
        start = format_duration(max(gap.start - origin, 0))
        until = "on" if gap.end is None else f"to {format_duration(max(gap.end - origin, 0))}"
        yield f"No answer from {start} {until}: {gap.reason}."
    if len(gaps) > _TOLD_GAPS:
        yield f"Nor was there one another {len(gaps) - _TOLD_GAPS} times."


def sendable(template: Mapping[str, Any]) -> dict[str, Any]:
    """What `GET` has answered as a client would send it: with the credential that is never shown, but empty."""
    kept: dict[str, Any] = {name: without_secrets(template[name]) for name in _TEMPLATE_FIELDS if template.get(name)}
    workflows = kept.get("workflows")
    for workflow in workflows.values() if isinstance(workflows, dict) else ():
        if isinstance(workflow, dict):
            _drop_empty(workflow, "user_params", "edges")
            for node in workflow.get("nodes", ()):
                _drop_empty(node, "previous_node_inputs", "user_inputs")
                if node.get("type") == "create_connector":
                    node["user_inputs"] = {"credential": {}, **node.get("user_inputs", {})}
    return kept


def _drop_empty(values: dict[str, Any], *names: str) -> None:
    for name in names:
        if not values.get(name):
            values.pop(name, None)
