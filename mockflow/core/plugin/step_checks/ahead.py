"""Checks of large inputs before a run needs them: they follow from the text alone, so a thread may make them."""

from typing import Final

from mockflow.core.base.large_texts import LARGE
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.table import check_step
from mockflow.core.plugin.substitution import resolved_inputs
from mockflow.core.plugin.template import Node, Template
from mockflow.core.plugin.versions import Version


def large_steps(template: Template) -> list[Node]:
    """The steps of the provisioning whose configuration is large, or may be: an object's text is not known yet."""
    nodes = template.provision.nodes if template.provision else ()
    return [node for node in nodes if node.type in _CHECKED and _is_large(node.user_inputs.get("configurations"))]


_CHECKED: Final = frozenset({"create_index"}) | {
    f"{verb}_{kind}_pipeline" for verb in ("create", "update") for kind in ("ingest", "search")
}


def _is_large(value: object) -> bool:
    return len(value) > LARGE if isinstance(value, str) else isinstance(value, dict) and len(str(value)) > LARGE


def check_ahead(nodes: list[Node], version: Version) -> None:
    """Checks the steps as a run will. What was found is kept, by the text of the configuration."""
    around = Surroundings(version)
    for node in nodes:
        check_step(StepCall(node.id, node.type, resolved_inputs(node, {}, {})), around)
