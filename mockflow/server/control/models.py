"""What goes in and out of the owner's door; the OpenAPI document is made from these models."""

from typing import Annotated, Any, Literal

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
from mockflow.core.base.durations import parse_duration
from mockflow.core.faults.model import Fault
from mockflow.core.opensearch.security import parse_user
from mockflow.core.plugin.versions import DEFAULT_VERSION, NEWEST, OLDEST, parse_version
from mockflow.core.script.plan import StepPlan


def _version(text: str) -> str:
    return parse_version(text).build


Milliseconds = Annotated[
    int,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "examples": ["3s", "250ms"], "pattern": r"^(\d+\s*(ms|s|m|h|d)|0)$"}),
]
Speed = Annotated[float, Field(gt=0, le=MAX_SPEED)]


def _user(text: str) -> str:
    parse_user(text)
    return text


UserText = Annotated[str, AfterValidator(_user)]
OpenSearchVersion = Annotated[str, AfterValidator(_version)]


class Body(BaseModel):
    """What the owner sends."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Until(Body):
    """A moment of a workflow: when `state` holds."""

    workflow_id: str
    state: str


class ClockChange(Body):
    """Exactly one of these."""

    mode: Mode | None = Field(default=None, description="How time moves from now on.")
    advance: Milliseconds | None = Field(default=None, description="Moves the clock forward, in any mode.")
    speed: Speed | None = Field(default=None, description="Virtual seconds for each second, in mode real.")
    until: Until | None = Field(default=None, description="Moves the clock to where the state holds.")
    next: str | None = Field(default=None, description="A workflow's id: moves the clock to its next moment.")

    @model_validator(mode="after")
    def _exactly_one(self) -> "ClockChange":
        if sum(value is not None for value in dict(self).values()) != 1:
            raise ValueError(f"send exactly one of {', '.join(type(self).model_fields)}")
        return self


class Reset(Body):
    """What differs in the new world from the one the server started with."""

    mode: Mode | None = None
    speed: Speed | None = None
    opensearch_version: OpenSearchVersion | None = Field(
        default=None, description=f"From {OLDEST} to {NEWEST}, such as {DEFAULT_VERSION}."
    )
    step_time: Milliseconds | None = None
    seed: int | None = None
    epoch: int | None = Field(default=None, ge=0, description="Epoch milliseconds at which the virtual clock begins.")
    max_polls: int | None = Field(
        default=None,
        ge=1,
        description="After so many equal answers where nothing can change any more, the client's connection is closed.",
    )
    users: list[UserText] | None = Field(
        default=None,
        description="Whom the security plugin knows, each name:password[:roles]; an empty list turns it off.",
    )
    multi_tenancy: bool | None = Field(
        default=None, description="Whether clients say by x-tenant-id for which tenant they ask."
    )
    keep: list[Literal["scenarios"]] = Field(
        default=[], description="scenarios: those loaded since the start stay, and those removed stay away."
    )


class NextRun(Body):
    """How steps go in the next run that has them."""

    steps: dict[str, StepPlan] = Field(
        description="By the id of a node or a step's type, as in a scenario's plan; it wins over what scenarios say."
    )


class NewFault(Fault):
    """A fault as in a scenario; on every request, or on those for one workflow."""

    workflow_id: str | None = Field(default=None, description="Only requests for this workflow.")


class View(BaseModel):
    """What the owner gets."""

    model_config = ConfigDict(frozen=True)


class ClockView(View):
    """The cluster's clock."""

    now: int = Field(description="Epoch milliseconds of the virtual clock.")
    elapsed_ms: int = Field(description="Virtual milliseconds since this world began.")
    mode: Mode
    speed: float


class ScenarioView(View):
    """A loaded scenario."""

    scenario: str
    description: str | None
    workflow_id: str | None
    source: str = Field(description="Where it was read from.")


class ScenariosView(View):
    """The loaded scenarios, and what is wrong with the files that the server began with or watches."""

    scenarios: list[ScenarioView]
    problems: list["ProblemView"] = Field(
        description="Of the files as they are now. Of a file with errors the last good version is in force."
    )


class NextMoment(View):
    """What brings the next change: a time, or a poll."""

    at_ms: int | None = Field(default=None, description="Elapsed milliseconds of the run.")
    at_poll: int | None = Field(default=None, description="The number of the poll that the timeline waits for.")


class WorkflowView(View):
    """A workflow now. Looking at it here is no poll."""

    workflow_id: str
    scenario: str | None = Field(description="The scenario that speaks for it; null: it is provisioned step by step.")
    run: str | None = Field(description="What began its run: look, provision, reprovision or deprovision.")
    starts: str
    begun: bool = Field(description="Whether its run has begun.")
    elapsed_ms: int
    polls: int
    state: str | None
    provisioning_progress: str | None
    next: NextMoment | None = Field(description="null: nothing in its script changes any more.")


class Moment(View):
    """A moment of a run, and the status from then on."""

    keyframe: int | None = Field(description="Index in the script's timeline; null for what holds before it.")
    at_ms: int | None = Field(description="Elapsed milliseconds; null until its at_poll is reached.")
    at_poll: int | None = Field(description="The poll that begins this part of the timeline.")
    after_poll_ms: int | None = Field(description="Milliseconds after that poll.")
    status: dict[str, Any]


class FaultWindow(View):
    """When a fault or a phase of an outage may act, in elapsed ms of the run."""

    fault: str
    from_ms: int
    to_ms: int | None = Field(description="null: for ever.")


class WorkflowDetail(WorkflowView):
    """A workflow with its whole timeline."""

    timeline: list[Moment]
    faults: list[FaultWindow] = Field(description="When faults and outages of its scenario may act.")


class PlaceView(View):
    """A place in a scenario; line and column count from 1, 0 means the whole."""

    file: str
    line: int
    column: int


class ProblemView(PlaceView):
    """A problem in a scenario."""

    severity: Literal["error", "warning"]
    message: str
    hint: str
    other: PlaceView | None


class Loaded(View):
    """What a PUT of scenarios did."""

    loaded: list[ScenarioView]
    problems: list[ProblemView] = Field(description="Warnings; errors load nothing.")


class ErrorDetail(View):
    """What is wrong, and with a scenario where."""

    message: str
    problems: list[Any] = []


class ErrorView(View):
    """Any refusal of the owner's door."""

    error: ErrorDetail


class Sent(View):
    """What a client sent besides the first line. Secrets in headers are hidden."""

    headers: dict[str, str]
    body: Any = Field(description="Decoded JSON, else text, else null.")


class NearMissView(View):
    """A stub that did not answer."""

    stub: str
    reasons: list[str] = Field(description="What is otherwise than the stub wants it.")


class ExchangeView(View):
    """One request and its answer."""

    number: int = Field(description="From 1, in order of the answers.")
    operation: str | None = Field(description="Its name in the API specification; null where nothing serves the path.")
    workflow_id: str | None = Field(description="The workflow it is about; of a create, the one that it made.")
    method: str
    target: str
    status: int = Field(description="0: no answer, for the client went away or was cut off.")
    mode: Mode = Field(description="The clock's mode when it came.")
    now: int = Field(description="Epoch milliseconds of the virtual clock when it came.")
    elapsed_ms: int = Field(description="Virtual milliseconds since this world began.")
    wall: float = Field(description="Epoch seconds of the wall clock.")
    took_ms: float = Field(description="Milliseconds to the answer by the wall clock.")
    fault: str | None = Field(description="The faults and outages that acted on it, in people's words.")
    stub: str | None = Field(description="The stub that answered.")
    connection: str | None = Field(
        description="How a fault broke the connection, such as truncate; of an answer in part, status is its own."
    )
    near_misses: list[NearMissView] = Field(
        description="Of a request that nothing serves: the stubs that came closest, the closest first."
    )
    is_poll: bool = Field(description="Whether it is a status call that the workflow itself answered.")
    request: Sent
    response: Any = Field(description="The answer's body: decoded JSON, else text, else null.")


class JournalView(View):
    """What clients asked and what they were told, the oldest first."""

    counted: int = Field(description="How many requests there were in all; older ones are forgotten.")
    stuck: str | None = Field(description="Why a client was cut off that polled for ever, once one was.")
    exchanges: list[ExchangeView]


class FaultView(View):
    """A fault at work."""

    id: int | None = Field(description="Of one that was added here; null for one of a scenario.")
    scenario: str | None
    fault: str = Field(description="Its name, or what it is in people's words.")
    workflow_id: str | None
    calls: int = Field(description="How many calls its on has named so far.")
    acted: int = Field(description="On how many of them it has acted.")
    script: dict[str, Any] = Field(description="As it is written.")


class PartView(View):
    """A keyframe of a script, a step of its plan, a fault, stub or outage, or an attempt that has none of these."""

    scenario: str
    run: str = Field(description="provision, reprovision or deprovision; faults, stubs or outages.")
    attempt: int = Field(description="From 0; of faults, stubs and outages their place.")
    keyframe: int | None = Field(description="Its index in the timeline; seen once a client was told it.")
    step: str | None = Field(description="Its key in the plan, seen once a run had such a step.")
    what: str = Field(description="The part in people's words.")
    seen: bool


class CoverageView(View):
    """Which parts of the loaded scripts clients have seen."""

    parts: list[PartView]
