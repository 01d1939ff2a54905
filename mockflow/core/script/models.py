"""The models of scripted runs: keyframes, timelines, plans and attempts."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from mockflow.core.base.durations import MOMENT_PATTERN, parse_duration, parse_moment
from mockflow.core.base.findings import quoted
from mockflow.core.base.model import Model, Name, Text, suggested
from mockflow.core.base.suggest import closest
from mockflow.core.plugin.planned import PlannedStep
from mockflow.core.plugin.status import PROGRESS, STATES
from mockflow.core.plugin.steps import STEPS
from mockflow.core.script.plan import Deprovision, Duration, StepPlan


def _moment(value: object) -> object:
    """Checks a time and keeps its text, so that the model equals what the user wrote."""
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
    """One entry of resources_created (docs/reference/plugin.md, "Status document")."""

    workflow_step_name: Name = Field(description="The step's type, such as create_connector.")
    workflow_step_id: Name = Field(description="The id of the step's node in the template.")
    resource_type: Name | None = Field(
        default=None,
        description="The type of the resource, such as connector_id. Default: the type that the step creates.",
    )
    resource_id: Name | None = Field(
        default=None,
        description="The resource's id. Default: generated from scenario, workflow and step, the same in every run.",
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
    """A moment of a run and the fields that hold from then on.

    A field holds until a later keyframe changes it; null removes it.
    """

    at: Moment | None = Field(
        default=None,
        description='The elapsed time of the run, such as "500ms" or "2s"; "+2s" counts from the keyframe before. '
        "After an at_poll keyframe, times count from that poll.",
    )
    at_poll: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None,
        description="Instead of at: the number of the poll of the run, counted from 1, that reaches the keyframe.",
    )
    workflow_id: Name | None = Field(
        default=None,
        description="The workflow's own id, allowed so that the response of a real cluster can be pasted. No effect.",
    )
    error: Text | None = Field(default=None, description="The error text of a failed workflow.")
    state: Annotated[Name, suggested(STATES)] | None = Field(
        default=None, description="The workflow's state: NOT_STARTED, PROVISIONING, COMPLETED or FAILED."
    )
    provisioning_progress: Annotated[Name, suggested(PROGRESS)] | None = Field(
        default=None,
        description="NOT_STARTED, IN_PROGRESS, DONE or FAILED. Default: derived from the state.",
    )
    provision_start_time: EpochMillis | None = Field(
        default=None,
        description="Epoch milliseconds. Default: the time of the first keyframe that is not NOT_STARTED.",
    )
    provision_end_time: EpochMillis | None = Field(
        default=None,
        description="Epoch milliseconds. Default: the time of the first COMPLETED or FAILED after the start.",
    )
    user: dict[str, Any] | None = Field(
        default=None, description="The user who created the workflow, in the form of the security plugin."
    )
    user_outputs: dict[str, Any] | None = Field(default=None, description="Outputs kept for the user.")
    resources_created: tuple[Resource, ...] | None = Field(
        default=None, strict=False, description="All resources from this moment on; replaces the list."
    )
    created: tuple[Resource, ...] | None = Field(
        default=None, strict=False, description="New resources, added to the list."
    )
    tenant_id: Text | None = Field(default=None, description="The tenant, if multi-tenancy is on.")
    all_shared_principals: list[Any] | None = Field(
        default=None, description="The principals with whom the workflow is shared, if resource sharing is on."
    )


class Attempt(Model):
    """The script of one run: a timeline of keyframes, or a plan of steps."""

    timeline: Annotated[tuple[Keyframe, ...], Field(min_length=1)] | None = Field(
        default=None, strict=False, description="The keyframes in order of time."
    )
    step_time: Duration | None = Field(
        default=None, description="The duration of steps that are not in steps. Default: the server's step time."
    )
    steps: dict[Name, StepPlan] = Field(
        default={}, description="Plans of steps, by the node's id or the step's type; the id wins."
    )

    def planned(self) -> dict[str, PlannedStep]:
        """The plans of the steps for the simulation."""
        return {name: step.planned() for name, step in self.steps.items()}

    def step_ms(self, otherwise: int) -> int:
        """The duration in ms of steps that are not in `steps`; `otherwise` is the server's step time."""
        return otherwise if self.step_time is None else parse_duration(self.step_time)


class RunScript(Attempt):
    """The script of all runs of one kind: the same for each, or one attempt after the other."""

    attempts: Annotated[tuple[Attempt, ...], Field(min_length=1)] | None = Field(
        default=None, strict=False, description="The first run, the second, and so on; the last repeats."
    )

    def attempt(self, number: int) -> Attempt:
        """The script of run `number`, counted from 0."""
        return self.attempts[min(number, len(self.attempts) - 1)] if self.attempts else self


class DeprovisionScript(Deprovision):
    """The plan of all deprovisionings: the same for each, or one attempt after the other."""

    attempts: Annotated[tuple[Deprovision, ...], Field(min_length=1)] | None = Field(
        default=None, strict=False, description="The first deprovisioning, the second, and so on; the last repeats."
    )

    def attempt(self, number: int) -> Deprovision:
        """The plan of deprovisioning `number`, counted from 0."""
        return self.attempts[min(number, len(self.attempts) - 1)] if self.attempts else self
