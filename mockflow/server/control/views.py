"""The values in responses of the control API; the OpenAPI document describes them from these models."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mockflow.cluster import Mode
from mockflow.core.base.plain_text import plain


class View(BaseModel):
    """A value in a response."""

    model_config = ConfigDict(frozen=True)


class ClockView(View):
    """The cluster's clock."""

    now: int = Field(description="Epoch milliseconds of the virtual clock.")
    elapsed_ms: int = Field(description="Virtual milliseconds since this world began.")
    mode: Mode
    speed: float


class HealthView(View):
    """The server answers. Reading it counts as no request, and needs no token."""

    status: Literal["ok"]
    version: str = Field(description="The version of mockflow.")
    scenarios: int = Field(description="The number of loaded scenarios.")
    problems: int = Field(description="The number of problems of the scenario files.")


class ScenarioView(View):
    """A loaded scenario."""

    scenario: str
    description: str | None
    workflow_id: str | None
    source: str = Field(description="Where it was read from.")


class ScenarioText(ScenarioView):
    """A loaded scenario with its document as text."""

    text: str = Field(description="The document: as it was loaded through the control API, else as its file has it.")
    is_made: bool = Field(description="Whether the text was made from the scenario, because it is in no file.")
    file: str | None = Field(description="The file of this server that has the scenario.")
    line: int = Field(description="The line of the file on which the text begins, from 1.")
    version: str | None = Field(description="The version of the file that the text is from or was edited from.")
    read_only: str | None = Field(description="Why the file cannot be written; null if it can.")


class ScenariosView(View):
    """The loaded scenarios, and the problems of the files that the server has loaded or watches."""

    scenarios: list[ScenarioView]
    problems: list["ProblemView"] = Field(
        description="Problems of the files as they are now. For a file with errors its last valid version applies."
    )


class NextMoment(View):
    """The cause of the next change: a time, or a poll."""

    at_ms: int | None = Field(default=None, description="Elapsed milliseconds of the run.")
    at_poll: int | None = Field(default=None, description="The number of the poll that the timeline waits for.")


class WorkflowView(View):
    """The state of a workflow now: what a status request would be answered. Reading it here changes nothing.

    A keyframe with at_poll is reached by the poll itself; until then it is only `next`.
    """

    workflow_id: str
    scenario: str | None = Field(description="Its scenario; null: it is provisioned step by step.")
    run: str | None = Field(description="The cause of its run: look (a poll), provision, reprovision or deprovision.")
    starts: str
    begun: bool = Field(description="Whether its run has begun.")
    upcoming: str | None = Field(
        description="The event that would begin its run: look (a poll) or provision. Until then the timeline shows the "
        "run that would begin, and for look `next` too. null: its run has begun."
    )
    elapsed_ms: int
    polls: int
    state: str | None
    provisioning_progress: str | None
    next: NextMoment | None = Field(
        description="null: neither time nor polls change it any more, or not before a provision."
    )


class Moment(View):
    """A moment of a run, and the status from then on."""

    keyframe: int | None = Field(description="Index in the script's timeline; null before the first keyframe.")
    at_ms: int | None = Field(description="Elapsed milliseconds; null until its at_poll is reached.")
    at_poll: int | None = Field(description="The poll that begins this part of the timeline.")
    after_poll_ms: int | None = Field(description="Milliseconds after that poll.")
    left_out: int = Field(description="The number of moments between the one before and this one that are left out.")
    resources: int = Field(description="The number of resources that its status lists.")
    created: list[dict[str, str]] = Field(description="The resources that the moment before does not list.")
    gone: list[dict[str, str]] = Field(description="The resources that only the moment before lists.")
    status: dict[str, Any] = Field(
        description="The fields. resources_created is in all of a timeline's moments or, where the lists would have "
        "more than 3,000 entries together, in none."
    )


class FaultWindow(View):
    """The time in which a fault or a phase of an outage may act, in elapsed ms of the run."""

    fault: str
    from_ms: int
    to_ms: int | None = Field(description="null: without end.")


class LeftOut(View):
    """What a long timeline leaves out; the status at any time has it."""

    moments: int = Field(description="Moments; those at which the state changes stay, and others at equal distances.")
    resources: int = Field(description="Entries of created and gone.")
    faults: int = Field(description="Entries of faults.")


class WorkflowDetail(WorkflowView):
    """A workflow with its timeline: at most 1,000 moments."""

    timeline: list[Moment] = Field(description="The moments of its run, or of the upcoming run where none has begun.")
    input_problems: list[str] = Field(
        description="The errors of steps whose inputs a real cluster would refuse, although the run's timeline goes on."
    )
    faults: list[FaultWindow] = Field(
        description="The times in which faults and outages of its scenario may act, at most 1,000."
    )
    left_out: LeftOut


class ResourceView(View):
    """A resource that exists now. One of a workflow is listed by its status, and no client has deleted it."""

    kind: str = Field(
        description="index, model, agent, connector, model_group, memory, ingest_pipeline or search_pipeline."
    )
    id: str
    name: str | None = Field(
        description="The name that its step or its client gave it; null for indices and pipelines."
    )
    state: str | None = Field(description="Of a model: model_state, such as DEPLOYED; null for others.")
    documents: int | None = Field(description="Of an index: how many documents clients have written; null for others.")


class ResourcesView(View):
    """The resources that exist now, at most 1,000; those of a workflow in the order of its status."""

    total: int = Field(description="How many there are.")
    resources: list[ResourceView]


class PlaceView(View):
    """A place in a scenario; line and column count from 1, 0 means the whole file."""

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
    """The result of loading scenarios."""

    loaded: list[ScenarioView]
    problems: list[ProblemView] = Field(description="Warnings; if there are errors, nothing is loaded.")


class Checked(View):
    """The problems of a text, which is not loaded."""

    scenarios: list[str] = Field(description="The names of the scenarios without errors.")
    problems: list[ProblemView]


class ErrorDetail(View):
    """The message of an error; for scenarios also the place of each problem."""

    message: str
    problems: list[Any] = []
    story: str | None = Field(
        default=None, description="Of an expectation that does not hold (422): the requests and the timelines, as text."
    )


class ErrorView(View):
    """An error of the control API."""

    error: ErrorDetail


class Sent(View):
    """Headers and body of a client's request. Secrets in headers are hidden."""

    headers: dict[str, str]
    body: Any = Field(description="Decoded JSON, else text, else null.")


class NearMissView(View):
    """A stub that did not match."""

    stub: str
    reasons: list[str] = Field(description="The differences between the request and the stub.")


class ExchangeView(View):
    """One request and its response."""

    number: int = Field(description="From 1, in the order of the responses.")
    operation: str | None = Field(
        description="Its name in the API specification; null for a path that OpenSearch has not."
    )
    workflow_id: str | None = Field(description="The workflow of the request; for a create, the one that it made.")
    method: str
    target: str
    status: int = Field(description="0: no response, because the connection was closed before.")
    served: bool = Field(description="false: OpenSearch has this operation, mockflow does not serve it.")
    mode: Mode = Field(description="The clock's mode when the request arrived.")
    now: int = Field(description="Epoch milliseconds of the virtual clock when the request arrived.")
    elapsed_ms: int = Field(description="Virtual milliseconds since this world began.")
    wall: float = Field(description="Epoch seconds of the wall clock.")
    took_ms: float = Field(description="Milliseconds from request to response by the wall clock.")
    fault: str | None = Field(description="The faults and outages that acted on it, as text.")
    stub: str | None = Field(description="The stub that answered.")
    connection: str | None = Field(
        description="How a fault broke the connection, such as truncate; status is that of the partial response."
    )
    near_misses: list[NearMissView] = Field(
        description="For a path without a route: the most similar stubs, the closest first."
    )
    notes: list[str] = Field(
        description="What mockflow does not do for this request as OpenSearch would, such as a processor that it does "
        "not compute; each is told once, of the first such request."
    )
    is_poll: bool = Field(description="Whether it is a status read that the workflow itself answered.")
    cut: bool = Field(description="Whether bodies, headers or target were cut short, see docs/reference/limits.md.")
    request: Sent
    response: Any = Field(description="The response's body: decoded JSON, else text, else null.")


class JournalView(View):
    """Requests of clients and their responses, the oldest first."""

    counted: int = Field(description="The number of all requests; the journal keeps the latest.")
    stuck: str | None = Field(
        description="Why a client that polled or waited without end was disconnected; null if none was."
    )
    waiting: list[str] = Field(
        description="The requests that wait on the clock now: what each one waits for, and what would move the clock."
    )
    next: int | None = Field(description="With after and limit: the value of after for what follows; null at the end.")
    exchanges: list[ExchangeView]


class WorldView(View):
    """A further world of the server."""

    name: str
    path: str = Field(description="What to add to the server's URL: clients and /_mockflow are below it.")
    mode: Mode
    workflows: int
    requests: int = Field(description="The number of requests of clients.")


class StoryView(View):
    """What clients asked and were answered, and the timelines of their workflows."""

    story: str = Field(description="Lines of text, as a failed assertion of the Python API shows them.")


class Verified(View):
    """The expectations hold."""

    calls: int | None = Field(description="How many requests `called` counts; null without it.")
    polls: int | None = Field(description="How many polls `polling` is about; null without it.")


class FaultView(View):
    """An active fault."""

    id: int | None = Field(description="The id of a fault that was added at run time; null for one of a scenario.")
    scenario: str | None
    fault: str = Field(description="Its name, or its description.")
    workflow_id: str | None
    calls: int = Field(description="The number of calls so far that its on names.")
    acted: int = Field(description="The number of these calls on which it has acted.")
    next_call: int | None = Field(
        description="The number of the next call on which it acts, for one with call, calls or every; null for others, "
        "and once all of its calls are over. Its other conditions have to hold as well."
    )
    script: dict[str, Any] = Field(description="The fault as it is written.")


class StubView(View):
    """An active stub."""

    id: int | None = Field(description="The id of a stub that was added at run time; null for one of a scenario.")
    scenario: str | None
    stub: str = Field(description="Its name, or its request.")
    answered: int = Field(description="The number of requests that it has answered.")
    script: dict[str, Any] = Field(description="The stub as it is written.")


class PartView(View):
    """A keyframe, a step of a plan, a fault, a stub, an outage, or an attempt without any of these."""

    scenario: str = Field(description="(added) for what was added through the control API: faults and plans.")
    run: str = Field(description="provision, reprovision or deprovision; faults, stubs, outages, models or plans.")
    attempt: int = Field(description="From 0; for faults, stubs, outages and models their index.")
    keyframe: int | None = Field(description="Its index in the timeline; seen once a response to a client showed it.")
    step: str | None = Field(description="Its key in the plan; seen once a run had such a step.")
    what: str = Field(description="The description of the part.")
    seen: bool
    optional: bool = Field(description="Whether a strict test passes although it was not seen.")

    def text(self) -> str:
        """The scenario, the run and the part in one line."""
        is_run = self.run in ("provision", "reprovision", "deprovision")
        attempt = f" attempt {self.attempt + 1}" if is_run and self.attempt else ""
        return plain(f"{self.scenario}: {self.run}{attempt}: {self.what}{' (optional)' if self.optional else ''}")


class NotServedView(View):
    """A kind of request that OpenSearch has and mockflow does not serve."""

    request: str = Field(description="Method and path, such as POST /{alias}/_rollover.")
    operation: str = Field(description="Its name in the API specification.")
    calls: int
    stub: str = Field(description="YAML for a scenario, which answers it.")


class CoverageView(View):
    """The parts of the loaded scripts, seen by clients or not."""

    parts: list[PartView]
    input_problems: list[str] = Field(
        description="The workflow and the error of each step whose inputs a real cluster would refuse, although the "
        "timeline of its workflow goes on."
    )
    not_served: list[NotServedView] = Field(
        description="The requests since the start or the last reset that OpenSearch has and mockflow does not serve."
    )
