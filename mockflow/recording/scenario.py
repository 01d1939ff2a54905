"""Builds scenarios from recordings, and the text of scenario files."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mockflow.core.base.durations import format_duration
from mockflow.core.base.secrets import without_secrets
from mockflow.core.scenario.model import Scenario
from mockflow.core.scenario.rules import check
from mockflow.loading.writing import as_yaml
from mockflow.recording.keyframes import run_of
from mockflow.recording.status_history import StatusHistory

# The fields that a client sends. The other fields of `GET workflow` are set by the cluster
# (docs/reference/plugin.md, "Template").
_TEMPLATE_FIELDS: Final = ("name", "description", "use_case", "version", "workflows", "ui_metadata")
_LISTED_GAPS: Final = 20
"""The most gaps that a description lists one by one."""


def scenario_of(
    history: StatusHistory, *, epoch: int, template: Mapping[str, Any] | None = None, about: str = ""
) -> Scenario | None:
    """The scenario that reproduces `history`; None if it is empty. `epoch` is the recorder's time 0 in epoch ms."""
    if not history.changes:
        return None
    run = run_of(history.changes, epoch=epoch)
    document: dict[str, Any] = {
        "scenario": f"recorded-{history.workflow_id}",
        "description": " ".join(filter(None, (about, *gap_sentences(history, run.origin)))),
        "workflow_id": history.workflow_id,
        "template": sendable(template) if template else None,
        "provision": {"timeline": [keyframe.model_dump(exclude_unset=True) for keyframe in run.keyframes]},
        "faults": list(faults_of(history, run.origin)) or None,
    }
    return accepted(document, history.left_out)


def accepted(document: Mapping[str, Any], left_out: set[str]) -> Scenario:
    """The scenario in a form that passes `mockflow check` without warnings.

    What has to be dropped for that is added to `left_out`.
    """
    kept = {name: value for name, value in document.items() if value not in (None, "")}
    scenario = Scenario.model_validate(kept)
    findings = check(scenario)
    about_template = [finding for finding in findings if finding.path[:1] == ("template",)]
    if any(finding.severity == "error" for finding in about_template):
        left_out.add("its template, which this version of mockflow does not accept")
        scenario = Scenario.model_validate({name: value for name, value in kept.items() if name != "template"})
        findings = check(scenario)
    elif about_template:  # its secrets are not recorded
        scenario = Scenario.model_validate({**kept, "trust_inputs": True})
        findings = check(scenario)
    if findings:  # the cluster behaved unlike the plugin, or is newer than this version of mockflow
        scenario = Scenario.model_validate({**scenario.model_dump(exclude_unset=True), "unrealistic": True})
    return scenario


def text_of(scenarios: Iterable[Scenario]) -> str:
    """The scenarios as one YAML file."""
    return "---\n".join(as_yaml(scenario.model_dump(exclude_unset=True, by_alias=True)) for scenario in scenarios)


def faults_of(history: StatusHistory, origin: int) -> Iterator[dict[str, Any]]:
    """The gaps of a run that began at `origin`, as faults of `get_status` by elapsed time."""
    for gap in history.gaps:
        start = max(gap.start, origin)
        if gap.does and (gap.end is None or gap.end > start):
            end = "" if gap.end is None else format_duration(gap.end - origin)
            yield {"on": "get_status", "during": f"{format_duration(start - origin)}..{end}", **gap.does}


def gap_sentences(history: StatusHistory, origin: int) -> Iterable[str]:
    """One sentence for each gap that no fault reproduces."""
    gaps = [gap for gap in history.gaps if not gap.does]
    for gap in gaps[:_LISTED_GAPS]:
        start = format_duration(max(gap.start - origin, 0))
        until = "on" if gap.end is None else f"to {format_duration(max(gap.end - origin, 0))}"
        yield f"No response from {start} {until}: {gap.reason}."
    if len(gaps) > _LISTED_GAPS:
        yield f"{len(gaps) - _LISTED_GAPS} more gaps without a response."


def sendable(template: Mapping[str, Any]) -> dict[str, Any]:
    """A template returned by `GET workflow` in the form that a client sends.

    The plugin never returns credentials; an empty one is added where create_connector requires it.
    """
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
