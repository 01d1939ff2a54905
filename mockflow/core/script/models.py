"""The scripts of runs, as models: keyframes, timelines and plans, and the attempts that follow one another."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from mockflow.core.base.durations import MOMENT_PATTERN, parse_duration, parse_moment
from mockflow.core.base.findings import quoted
from mockflow.core.base.model import Model, Name, Text, suggested
from mockflow.core.base.suggest import closest
from mockflow.core.plugin.simulation import PlannedStep
from mockflow.core.plugin.status import PROGRESS, STATES
from mockflow.core.plugin.steps import STEPS
from mockflow.core.script.plan import Deprovision, Duration, StepPlan


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

    def planned(self) -> dict[str, PlannedStep]:
        """The plan of the steps, for the simulation."""
        return {name: step.planned() for name, step in self.steps.items()}

    def step_ms(self, otherwise: int) -> int:
        """How many ms each step takes that `steps` does not describe; `otherwise` is the server's step time."""
        return otherwise if self.step_time is None else parse_duration(self.step_time)


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
