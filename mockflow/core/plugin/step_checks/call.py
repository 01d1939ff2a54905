"""What a check of a step gets: the step with its inputs, and the cluster around it."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from mockflow.core.opensearch.pipelines.check_pipeline import INSTALLED
from mockflow.core.opensearch.settings.cluster_settings import DEFAULT_TRUSTED_ENDPOINTS
from mockflow.core.plugin.resources import Key, key_of
from mockflow.core.plugin.status import Resource
from mockflow.core.plugin.step_checks.index_inputs import settings_after
from mockflow.core.plugin.step_checks.model_urls import ModelUrls
from mockflow.core.plugin.versions import Version

_DELETES: Final = {"delete_connector": "connector", "delete_model": "model", "delete_agent": "agent"}
"""Step types that a template may have -> the kind of resource that they delete."""
_SETTING: Final = frozenset({"create_index", "update_index"})


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


class Groups(Protocol):
    """The model groups of a cluster."""

    def get(self, name: str, /) -> str | None:
        """The id of the group with this name."""


class IndexSettings(Protocol):
    """The settings of the indexes of a cluster."""

    def get(self, name: str, /) -> Mapping[str, Any] | None:
        """The settings of an index as GET /{index}/_settings has them; None where there is no such index."""


@dataclass(frozen=True)
class Surroundings:
    """What is in the cluster when a step is executed.

    `resources` are kinds and ids, such as ``("connector", id)``, and `coming` those that runs under way make later;
    `deployed` the ids of deployed models; `groups` maps a model group's name to its id; `aliases` are names of
    aliases. `ml_indices` are the kinds of ML resource whose system index is there (it comes with the first resource of
    the kind and stays). `model_access_control` is True where the security plugin and
    plugins.ml_commons.model_access_control_enabled are on.
    """

    version: Version
    resources: Container[Key] = ()
    coming: Container[Key] = ()
    deployed: Container[str] = ()
    groups: Groups = field(default_factory=lambda: dict[str, str]())
    aliases: Container[str] = ()
    index_settings: IndexSettings = field(default_factory=lambda: dict[str, Mapping[str, Any]]())
    ml_indices: Container[str] = ()
    trusted_endpoints: tuple[str, ...] = DEFAULT_TRUSTED_ENDPOINTS
    model_access_control: bool = False
    model_urls: ModelUrls = field(default_factory=ModelUrls)
    plugins: frozenset[str] = INSTALLED
    run: "Run" = field(default_factory=lambda: Run())
    """What the steps of the same run have changed so far."""

    def has(self, kind: str, resource_id: str) -> bool:
        """Whether there is a resource of that kind and id."""
        key = (kind, resource_id)
        return key not in self.run.gone and (key in self.run.made or key in self.resources)

    def is_taken(self, kind: str, resource_id: str) -> bool:
        """Whether there is such a resource, or one is under way."""
        key = (kind, resource_id)
        return self.has(*key) or key in self.run.begun or key in self.coming

    def is_deployed(self, model_id: str) -> bool:
        """Whether there is a deployed model with this id."""
        return self.run.deployed.get(model_id, model_id in self.deployed)

    def group_named(self, name: str) -> str | None:
        """The id of the model group with this name."""
        return self.run.groups.get(name) or self.groups.get(name)

    def had(self, kind: str) -> bool:
        """Whether the system index for a kind of ML resource is there."""
        return kind in self.run.kinds or kind in self.ml_indices

    def settings_of(self, index: str) -> Mapping[str, Any] | None:
        """The settings of an index, nested or dotted; None where there is no such index."""
        return self.run.settings.get(index) or self.index_settings.get(index)

    def during(self, call: StepCall, entries: tuple[Resource, ...]) -> "Surroundings":
        """The cluster while a step is executed that will succeed with these entries in resources_created.

        Names of what it makes are taken from its beginning on.
        """
        made = frozenset(map(key_of, entries))
        if not made:
            return self
        groups = {str(call.inputs.get("name")): key[1] for key in made if key[0] == "model_group"}
        run = replace(self.run, begun=self.run.begun | made, groups={**self.run.groups, **groups})
        return replace(self, run=run)

    def after(self, call: StepCall, entries: tuple[Resource, ...]) -> "Surroundings":
        """The cluster after a step that succeeded with these entries in resources_created."""
        run = self.run
        if call.type == "undeploy_model":
            return replace(self, run=replace(run, deployed={**run.deployed, str(call.inputs["model_id"]): False}))
        if kind := _DELETES.get(call.type):
            return replace(self, run=replace(run, gone=run.gone | {(kind, str(call.inputs[f"{kind}_id"]))}))
        if call.type in _SETTING:
            name = str(call.inputs["index_name"])
            settings = settings_after(self.settings_of(name) if call.type == "update_index" else None, call.inputs)
            run = replace(run, settings={**run.settings, name: settings})
        made = frozenset(map(key_of, entries))
        deployed = {entry["resource_id"]: True for entry in entries if entry["workflow_step_name"] == "deploy_model"}
        groups = {str(call.inputs.get("name")): key[1] for key in made if key[0] == "model_group"}
        run = replace(
            run,
            made=run.made | made,
            gone=run.gone - made,
            deployed={**run.deployed, **deployed},
            groups={**run.groups, **groups},
            kinds=run.kinds | {kind for kind, _ in made},
        )
        return replace(self, run=run)


@dataclass(frozen=True)
class Run:
    """The changes that the steps of one run have made to the cluster so far."""

    made: frozenset[Key] = frozenset()
    begun: frozenset[Key] = frozenset()
    """What steps that have begun make."""
    gone: frozenset[Key] = frozenset()
    deployed: Mapping[str, bool] = field(default_factory=dict)
    """Ids of the models that were deployed (True) or undeployed (False)."""
    groups: Mapping[str, str] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The settings of the indexes that were created or updated."""
