"""What a check of a step gets: the step with its inputs, and the cluster around it."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mockflow.core.opensearch.pipelines import INSTALLED
from mockflow.core.plugin.resources import Key, key_of
from mockflow.core.plugin.status import Resource
from mockflow.core.plugin.versions import Version

DEFAULT_TRUSTED_ENDPOINTS: Final = (r"^https://.*$",)
"""The trusted endpoints where the setting plugins.ml_commons.trusted_connector_endpoints_regex is not set."""

_DELETES: Final = {"delete_connector": "connector", "delete_model": "model", "delete_agent": "agent"}
"""Step types that a template may have -> the kind of resource that they delete."""


@dataclass(frozen=True)
class StepCall:
    """One execution of a step.

    `inputs` are resolved: placeholders replaced, outputs of earlier nodes put in. An input that the plugin stores as
    JSON text (such as ``configurations``) may be text or the object itself. `previous_node_inputs` maps the id of an
    earlier node to the name of its output, `outputs` the id of an earlier node to all its outputs.
    """

    node_id: str
    type: str
    inputs: Mapping[str, Any]
    previous_node_inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    workflow_id: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What is in the cluster when a step is executed.

    `resources` are kinds and ids, such as ``("connector", id)``; `deployed` the ids of deployed models; `groups` maps
    a model group's name to its id. `ml_indices` are the kinds of ML resource whose system index is there (it comes
    with the first resource of the kind and stays). `model_access_control` is True where the security plugin and
    plugins.ml_commons.model_access_control_enabled are on.
    """

    version: Version
    resources: Container[Key] = ()
    deployed: frozenset[str] = frozenset()
    groups: Mapping[str, str] = field(default_factory=dict)
    ml_indices: frozenset[str] = frozenset()
    trusted_endpoints: tuple[str, ...] = DEFAULT_TRUSTED_ENDPOINTS
    model_access_control: bool = False
    plugins: frozenset[str] = INSTALLED
    made: frozenset[Key] = frozenset()
    """What steps of the same run have made, besides `resources`."""
    gone: frozenset[Key] = frozenset()
    """What steps of the same run have deleted."""

    def has(self, kind: str, resource_id: str) -> bool:
        """Whether there is a resource of that kind and id."""
        key = (kind, resource_id)
        return key not in self.gone and (key in self.made or key in self.resources)

    def after(self, call: StepCall, entries: tuple[Resource, ...]) -> "Surroundings":
        """The cluster after a step that succeeded with these entries in resources_created."""
        if call.type == "undeploy_model":
            return replace(self, deployed=self.deployed - {str(call.inputs["model_id"])})
        if kind := _DELETES.get(call.type):
            return replace(self, gone=self.gone | {(kind, str(call.inputs[f"{kind}_id"]))})
        made = frozenset(key_of(entry) for entry in entries)
        deployed = {entry["resource_id"] for entry in entries if entry["workflow_step_name"] == "deploy_model"}
        groups = {str(call.inputs.get("name")): key[1] for key in made if key[0] == "model_group"}
        return replace(
            self,
            made=self.made | made,
            gone=self.gone - made,
            deployed=self.deployed | deployed,
            groups={**self.groups, **groups},
            ml_indices=self.ml_indices | {kind for kind, _ in made},
        )
