"""The scenario language, version 1, as models.

What is written here is the language: the JSON Schema for editors (`mockflow schema`) is made from these models,
and each key's description is what an editor shows. Rules that span several keys are in `rules`.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mockflow.core.durations import MOMENT_PATTERN, parse_moment
from mockflow.core.faults.model import Fault
from mockflow.core.faults.outages import Outage
from mockflow.core.findings import quoted
from mockflow.core.model import Model, Name, Text, suggested
from mockflow.core.plan import MATCH, Deprovision, Duration, Match, StepPlan
from mockflow.core.short_forms import allow_short_forms
from mockflow.core.status import PROGRESS, STATES
from mockflow.core.steps import STEPS
from mockflow.core.stubs.model import Stub
from mockflow.core.suggest import closest

LANGUAGE_VERSION: Final = 1


def _moment(value: object) -> object:
    """Checks a time and keeps its text: the model stays what the user wrote."""
    try:
        parse_moment(value)
    except ValueError as error:
        raise PydanticCustomError("time", "{reason}", {"reason": str(error)}) from None
    return "0s" if value == 0 else value


def _millis(value: int) -> int:
    if not 0 <= value < 10**15:
        raise PydanticCustomError("epoch_millis", "an epoch time is in milliseconds, from 0 to 10^15")
    return value


EpochMillis = Annotated[int, AfterValidator(_millis)]
Moment = Annotated[
    str,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": MOMENT_PATTERN},
                {"const": 0},
            ]
        }
    ),
]


class Resource(Model):
    """One entry of resources_created (contract.md, section 2)."""

    workflow_step_name: Name = Field(description="The step's type, such as create_connector.")
    workflow_step_id: Name = Field(description="The id of the step's node in the template.")
    resource_type: Name | None = Field(
        default=None,
        description="What was created, such as connector_id. Follows from the step when left out.",
    )
    resource_id: Name | None = Field(
        default=None,
        description="The resource's id. Made from scenario, workflow and step when left out, the same each time.",
    )

    @model_validator(mode="after")
    def _type_is_known(self) -> "Resource":
        step = STEPS.get(self.workflow_step_name)
        if self.resource_type is None and (step is None or step.resource_type is None):
            match = closest(self.workflow_step_name, (s.name for s in STEPS.values() if s.resource_type))
            raise PydanticCustomError(
                "resource_type",
                "{what}",
                {
                    "what": f"step {quoted(self.workflow_step_name)} "
                    + ("creates no resource; leave it out, or " if step else "is unknown; ")
                    + (f"did you mean {match}? else " if match and not step else "")
                    + "write its resource_type",
                    "key": "workflow_step_name",
                },
            )
        return self

    @property
    def type(self) -> str:
        return self.resource_type or STEPS[self.workflow_step_name].resource_type or ""


class Keyframe(Model):
    """A moment of a run and what is true from then on.

    A field holds until a later keyframe changes it; null takes it away.
    """

    at: Moment | None = Field(
        default=None,
        description='The elapsed time of the run, such as "500ms" or "2s"; "+2s": after the keyframe before. '
        "After an at_poll keyframe, times count from that poll.",
    )
    at_poll: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None,
        description="Instead of at: from the poll with this number (1 is the first) of the run on.",
    )
    workflow_id: Name | None = Field(
        default=None,
        description="The workflow's own id, so that an answer of a real cluster can be pasted. Changes nothing.",
    )
    error: Text | None = Field(default=None, description="The error text of a failed workflow.")
    state: Annotated[Name, suggested(STATES)] | None = Field(
        default=None, description="The workflow's state: NOT_STARTED, PROVISIONING, COMPLETED or FAILED."
    )
    provisioning_progress: Annotated[Name, suggested(PROGRESS)] | None = Field(
        default=None,
        description="NOT_STARTED, IN_PROGRESS, DONE or FAILED. Follows from the state when left out.",
    )
    provision_start_time: EpochMillis | None = Field(
        default=None,
        description="Epoch milliseconds. When left out: when the first keyframe that is not NOT_STARTED began.",
    )
    provision_end_time: EpochMillis | None = Field(
        default=None,
        description="Epoch milliseconds. When left out: when the first COMPLETED or FAILED after the start began.",
    )
    user: dict[str, Any] | None = Field(
        default=None, description="Who created the workflow, as the security plugin tells it."
    )
    user_outputs: dict[str, Any] | None = Field(default=None, description="Outputs kept for the user.")
    resources_created: tuple[Resource, ...] | None = Field(
        default=None, strict=False, description="All resources from now on, in place of the list before."
    )
    created: tuple[Resource, ...] | None = Field(
        default=None, strict=False, description="Resources that are new now: added to the list before."
    )
    tenant_id: Text | None = Field(default=None, description="The tenant, where multi-tenancy is on.")
    all_shared_principals: list[Any] | None = Field(
        default=None, description="With whom the workflow is shared, where resource sharing is on."
    )


class Attempt(Model):
    """How one run goes: a timeline of keyframes, or a plan of steps."""

    timeline: Annotated[tuple[Keyframe, ...], Field(min_length=1)] | None = Field(
        default=None, strict=False, description="The keyframes in order of time."
    )
    step_time: Duration | None = Field(
        default=None, description="How long each step takes that steps says nothing of. The server's, if left out."
    )
    steps: dict[Name, StepPlan] = Field(
        default={}, description="How steps go, by the id of the node or by the step's type; the id wins."
    )


class RunScript(Attempt):
    """How the runs of one kind go: each like this, or one attempt after the other."""

    attempts: Annotated[tuple[Attempt, ...], Field(min_length=1)] | None = Field(
        default=None, strict=False, description="The first run, the second, and so on; the last repeats."
    )

    def attempt(self, number: int) -> Attempt:
        """How run `number` (from 0) goes."""
        return self.attempts[min(number, len(self.attempts) - 1)] if self.attempts else self


class DeprovisionScript(Deprovision):
    """How deprovisionings go: each like this, or one attempt after the other."""

    attempts: Annotated[tuple[Deprovision, ...], Field(min_length=1)] | None = Field(
        default=None, strict=False, description="The first deprovisioning, the second, and so on; the last repeats."
    )

    def attempt(self, number: int) -> Deprovision:
        """How deprovisioning `number` (from 0) goes."""
        return self.attempts[min(number, len(self.attempts) - 1)] if self.attempts else self


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
