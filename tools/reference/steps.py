"""The plugin's steps and use cases, from its catalogue."""

from mockflow.core.plugin.use_cases import use_cases
from mockflow.core.plugin.versions import NEWEST, parse_version
from tools.reference.markdown import code, codes, document, table

_INTRODUCTION = f"""\
The types of workflow steps, as `GET /_plugins/_flow_framework/workflow/_steps` lists them in OpenSearch {NEWEST},
with their required inputs. *Releases* that have fewer of them are in [Versions](versions.md). What a step checks of
its inputs is in [flow-framework](plugin.md), what mockflow does not check in [Fidelity](fidelity.md).
"""
_DELETES = """\
These steps delete. The plugin uses them in a deprovision; a template may not have them.
"""
_USE_CASES = """\
`POST /_plugins/_flow_framework/workflow?use_case=NAME` makes a workflow of one of these templates. Its required
parameters are keys of the body; all other parameters have defaults.
"""


def page() -> str:
    steps = parse_version(f"{NEWEST}.0").steps.values()
    rows = (
        (
            code(step.name),
            codes(step.inputs),
            codes(step.outputs),
            code(step.resource_type) if step.resource_type else "",
            code(step.deprovision_step) if step.deprovision_step else "",
            step.timeout or "10s",
        )
        for step in steps
        if not step.denied_in_templates
    )
    deleting = (
        (
            code(step.name),
            codes(step.inputs),
            "`allow_delete` has to name the resource" if step.allow_delete_required else "",
        )
        for step in steps
        if step.denied_in_templates
    )
    cases = ((code(name), codes(case["required"])) for name, case in use_cases().items())
    return document(
        "Steps and use cases",
        "`mockflow/core/plugin/steps.py` and `use_cases.json`",
        _INTRODUCTION,
        "## Steps",
        table(("step", "required inputs", "outputs", "resource", "deprovision", "time-out"), rows),
        "## Steps of a deprovision",
        _DELETES,
        table(("step", "required inputs", ""), deleting),
        "## Use cases",
        _USE_CASES,
        table(("use case", "required parameters"), cases),
    )
