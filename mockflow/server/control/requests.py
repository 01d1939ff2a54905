"""The bodies of requests to the control API; the OpenAPI document describes them from these models."""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from mockflow.cluster import Mode
from mockflow.cluster.clock import MAX_SPEED
from mockflow.cluster.settings import BOUNDS
from mockflow.core.base.durations import parse_duration
from mockflow.core.faults.model import Fault
from mockflow.core.opensearch.security import parse_user
from mockflow.core.plugin.versions import DEFAULT_VERSION, NEWEST, OLDEST, parse_version
from mockflow.core.script.plan import StepPlan
from mockflow.server.control.polls import WhichClock


def _version(text: str) -> str:
    return parse_version(text).build


Milliseconds = Annotated[
    int,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "examples": ["3s", "250ms"], "pattern": r"^(\d+\s*(ms|s|m|h|d)|0)$"}),
]
Speed = Annotated[float, Field(gt=0, le=MAX_SPEED, allow_inf_nan=False)]


def _user(text: str) -> str:
    parse_user(text)
    return text


UserText = Annotated[str, AfterValidator(_user)]
OpenSearchVersion = Annotated[str, AfterValidator(_version)]


class Body(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Until(Body):
    """The moment at which a workflow has `state`."""

    workflow_id: str
    state: str


class ClockChange(Body):
    """A change of the clock: exactly one of these fields."""

    mode: Mode | None = Field(default=None, description="The mode of the clock from now on.")
    advance: Milliseconds | None = Field(default=None, description="Moves the clock forward, in any mode.")
    speed: Speed | None = Field(default=None, description="Virtual seconds for each second, in mode real.")
    until: Until | None = Field(default=None, description="Moves the clock until the workflow has the state.")
    next: str | None = Field(default=None, description="The id of a workflow: moves the clock to its next moment.")

    @model_validator(mode="after")
    def _exactly_one(self) -> "ClockChange":
        if sum(value is not None for value in dict(self).values()) != 1:
            raise ValueError(f"send exactly one of {', '.join(type(self).model_fields)}")
        return self


class WorldSettings(Body):
    """Settings of the new world that differ from those that the server started with."""

    mode: Mode | None = None
    speed: Speed | None = None
    opensearch_version: OpenSearchVersion | None = Field(
        default=None, description=f"From {OLDEST} to {NEWEST}, such as {DEFAULT_VERSION}."
    )
    step_time: Milliseconds | None = None
    seed: int | None = Field(
        default=None,
        ge=BOUNDS["seed"][0],
        le=BOUNDS["seed"][1],
        description="The seed of generated ids and of chance; without one, the seed that the server started with.",
    )
    epoch: int | None = Field(
        default=None,
        ge=BOUNDS["epoch"][0],
        le=BOUNDS["epoch"][1],
        description="Epoch milliseconds at which the virtual clock begins.",
    )
    max_polls: int | None = Field(
        default=None,
        ge=BOUNDS["max_polls"][0],
        le=BOUNDS["max_polls"][1],
        description="After this number of equal responses, if nothing can change any more, the connection is closed.",
    )
    users: list[UserText] | None = Field(
        default=None,
        description="The users of the security plugin, each name:password[:roles]; an empty list turns the plugin off.",
    )
    multi_tenancy: bool | None = Field(
        default=None, description="Whether clients have to name their tenant in the header x-tenant-id."
    )
    trust_inputs: bool | None = Field(
        default=None,
        description="Whether steps succeed whatever their inputs are; else some fail, as on a real cluster.",
    )
    max_documents: int | None = Field(
        default=None,
        ge=BOUNDS["max_documents"][0],
        le=BOUNDS["max_documents"][1],
        description="How many documents all indices together hold; a further one is refused.",
    )


class Reset(WorldSettings):
    """Settings of the new world that differ from those that the server started with."""

    keep: list[Literal["scenarios"]] = Field(
        default=[], description="scenarios: keep the scenarios as they are, loaded and removed ones included."
    )


class NewWorld(WorldSettings):
    """A further world, and its settings that differ from those that the server started with."""

    name: str | None = Field(default=None, description="Letters, digits, and . _ -; without it, one is made.")


class NextRun(Body):
    """The outcome of steps in the next run that has them."""

    steps: dict[str, StepPlan] = Field(
        description="By the id of a node or a step's type, as in a scenario's plan; it takes precedence over scenarios."
    )


class Called(Body):
    """How often an operation was called."""

    operation: str = Field(description="A name in the API specification, such as get_status, create, provision.")
    times: int | None = Field(default=None, ge=0, description="The number of calls; without it at least one.")
    workflow_id: str | None = Field(default=None, description="Only calls for this workflow.")
    status: int | None = Field(default=None, description="Only calls with this HTTP status; 0: without a response.")


class PollingExpected(Body):
    """How a workflow was polled: at least once, and within these bounds."""

    workflow_id: str | None = Field(default=None, description="Without it, the only workflow that was polled.")
    min_interval: Milliseconds | None = Field(default=None, description="The least time between two polls of a run.")
    max_interval: Milliseconds | None = Field(default=None, description="The most time between two polls of a run.")
    stops_after_terminal: bool = Field(
        default=True, description="No poll comes after COMPLETED or FAILED, until a request begins another run."
    )
    clock: WhichClock | None = Field(
        default=None,
        description="The clock that measures intervals. The default is virtual, but wall for polls in mode auto.",
    )


class Expectations(Body):
    """What is expected of clients: one of these fields or both."""

    called: Called | None = None
    polling: PollingExpected | None = None

    @model_validator(mode="after")
    def _at_least_one(self) -> "Expectations":
        if self.called is None and self.polling is None:
            raise ValueError(f"send at least one of {', '.join(type(self).model_fields)}")
        return self


class NewFault(Fault):
    """A fault as in a scenario, for every request or for those of one workflow."""

    workflow_id: str | None = Field(default=None, description="Act on requests for this workflow only.")
