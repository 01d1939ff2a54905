"""The scenario document, version 1 of the language, as a model.

These models define the language. The JSON Schema for editors (`mockflow schema`) is generated from them, and editors
show each key's description. Rules that span several keys are in `rules`.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from mockflow.core.base.model import Model, Name, Text
from mockflow.core.faults.model import Fault
from mockflow.core.faults.outages import Outage
from mockflow.core.scenario.match import MATCH, Match
from mockflow.core.scenario.model_scripts import ModelScript
from mockflow.core.scenario.use_case_key import UseCase
from mockflow.core.script.models import DeprovisionScript, RunScript
from mockflow.core.stubs.model import Stub

LANGUAGE_VERSION: Final = 1


class Scenario(Model):
    """One YAML document: which workflows it applies to, and what happens over time."""

    scenario: Name = Field(description="The scenario's name, unique among loaded scenarios.")
    description: Text | None = Field(default=None, description="What this scenario shows, for readers.")
    workflow_id: Name | None = Field(
        default=None,
        description="The id of the workflow that this scenario defines. Beside match: the id of the first matching "
        "workflow that a client creates.",
    )
    match: Annotated[Match, MATCH] | None = Field(
        default=None,
        description="Which workflows of clients this scenario applies to: use_case, name (a glob), header, "
        "or everything.",
    )
    starts: Literal["first_status", "provision", "load"] | None = Field(
        default=None,
        description="When elapsed time begins: with the first status call (the default), when a client provisions the "
        "workflow (always for workflows of clients), or when the scenario is loaded.",
    )
    unrealistic: bool = Field(
        default=False,
        description="true: this script breaks the plugin's rules on purpose. Any state is allowed, without warnings.",
    )
    trust_inputs: bool = Field(
        default=False,
        description="true: the steps of this scenario's workflows succeed whatever their inputs are. Otherwise a step "
        "fails whose inputs a real cluster would refuse.",
    )
    template: dict[str, Any] | None = Field(
        default=None,
        description="The template of the workflow that this scenario defines, as a client sends it. Default: a "
        "template with the steps of its resources.",
    )
    provision: RunScript | None = Field(
        default=None,
        description="What happens while the workflow is provisioned. Default: a workflow of the scenario stays "
        "NOT_STARTED, a client's workflow is provisioned step by step.",
    )
    reprovision: RunScript | None = Field(
        default=None, description="What happens while the workflow is reprovisioned. Default: step by step."
    )
    deprovision: DeprovisionScript | None = Field(
        default=None, description="What deprovisioning leaves behind. Default: nothing that it may delete."
    )
    faults: tuple[Fault, ...] = Field(
        default=(), strict=False, description="Faults of requests: delays, errors, broken connections."
    )
    outages: tuple[Outage, ...] = Field(
        default=(), strict=False, description="Periods in which the whole cluster is unavailable or unhealthy."
    )
    stubs: tuple[Stub, ...] = Field(
        default=(), strict=False, description="Scripted responses for any path, in place of the cluster's own."
    )

    models: tuple[ModelScript, ...] = Field(
        default=(), strict=False, description="What models and agents answer to predictions, in place of the defaults."
    )

    use_cases: dict[Name, UseCase] = Field(
        default={},
        description="Use cases beside the plugin's, or in place of those of the same name, for requests with use_case.",
    )

    @property
    def has_workflow(self) -> bool:
        """Whether it applies to any workflow; otherwise it is about the cluster only."""
        return self.workflow_id is not None or self.match is not None

    @property
    def brings_workflow(self) -> bool:
        """Whether the scenario itself defines a workflow, which exists from the start."""
        return self.workflow_id is not None and self.match is None

    @property
    def begins(self) -> Literal["first_status", "provision", "load"]:
        """When elapsed time begins."""
        return self.starts or ("first_status" if self.brings_workflow else "provision")
