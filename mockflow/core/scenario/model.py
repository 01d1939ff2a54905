"""The scenario document, version 1 of the language, as a model.

What is written here is the language: the JSON Schema for editors (`mockflow schema`) is made from these models,
and each key's description is what an editor shows. Rules that span several keys are in `rules`.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from mockflow.core.base.model import Model, Name, Text
from mockflow.core.faults.model import Fault
from mockflow.core.faults.outages import Outage
from mockflow.core.scenario.match import MATCH, Match
from mockflow.core.scenario.short_forms import allow_short_forms
from mockflow.core.script.models import DeprovisionScript, RunScript
from mockflow.core.stubs.model import Stub

LANGUAGE_VERSION: Final = 1


class Scenario(Model):
    """One YAML document: who it applies to, and what happens over time."""

    scenario: Name = Field(description="The scenario's name; no two loaded scenarios share one.")
    description: Text | None = Field(default=None, description="For people: what this scenario shows.")
    workflow_id: Name | None = Field(
        default=None,
        description="The id of the workflow that this scenario brings; beside match, the id that the first workflow "
        "gets that a client creates so.",
    )
    match: Annotated[Match, MATCH] | None = Field(
        default=None,
        description="For which workflows that clients create this scenario speaks: use_case, name (a glob), header, "
        "or everything.",
    )
    starts: Literal["first_status", "provision", "load"] | None = Field(
        default=None,
        description="When elapsed time begins: with the first status call (so, if left out), when a client provisions "
        "the workflow (always so for workflows of clients), or when the scenario is loaded.",
    )
    unrealistic: bool = Field(
        default=False,
        description="true: this script breaks the plugin's rules on purpose. No warnings, and any state is allowed.",
    )
    template: dict[str, Any] | None = Field(
        default=None,
        description="The template of the workflow that this scenario brings, as a client would send it. Made of its "
        "resources' steps if left out.",
    )
    provision: RunScript | None = Field(
        default=None,
        description="What happens while the workflow is provisioned. Left out: a workflow of the scenario stays "
        "NOT_STARTED, one of a client is provisioned step by step.",
    )
    reprovision: RunScript | None = Field(
        default=None, description="What happens while the workflow is reprovisioned. Left out: step by step."
    )
    deprovision: DeprovisionScript | None = Field(
        default=None, description="What deprovisioning leaves behind. Left out: nothing that it may delete."
    )
    faults: tuple[Fault, ...] = Field(
        default=(), strict=False, description="What goes wrong with requests: delays, errors, broken connections."
    )
    outages: tuple[Outage, ...] = Field(
        default=(), strict=False, description="When the whole cluster is not what it should be: a rolling restart."
    )
    stubs: tuple[Stub, ...] = Field(
        default=(), strict=False, description="Scripted answers for any path, before the cluster's own."
    )

    @property
    def has_workflow(self) -> bool:
        """Whether it speaks for any workflow; else it is about the cluster alone."""
        return self.workflow_id is not None or self.match is not None

    @property
    def brings_workflow(self) -> bool:
        """Whether the workflow is there without a client's doing."""
        return self.workflow_id is not None and self.match is None

    @property
    def begins(self) -> Literal["first_status", "provision", "load"]:
        """When elapsed time begins."""
        return self.starts or ("first_status" if self.brings_workflow else "provision")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a scenario document."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"mockflow scenario, version {LANGUAGE_VERSION}",
        **{key: value for key, value in Scenario.model_json_schema().items() if key != "title"},
    }
    allow_short_forms(schema["$defs"])
    return schema
