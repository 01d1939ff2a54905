"""The owner's door, /_mockflow: clock, scenarios, workflows. Plain JSON by its own rules.

Nothing scripted touches it, and it carries none of OpenSearch's headers or parameters.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, TypeGuard, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mockflow._version import __version__
from mockflow.cluster import (
    ClaimedError,
    Cluster,
    LoadedScenario,
    NeverError,
    UnknownScenarioError,
    UnknownWorkflowError,
    Workflow,
)
from mockflow.cluster.journal import Exchange
from mockflow.core.durations import parse_duration
from mockflow.core.status import status_document
from mockflow.core.suggest import did_you_mean
from mockflow.loading.load import load_text
from mockflow.server import control_models as models
from mockflow.server import openapi
from mockflow.server.errors import Refusal
from mockflow.server.http import Request, Response
from mockflow.server.parameters import decode, parse_target
from mockflow.server.router import Found, Route, Router

PREFIX: Final = "/_mockflow"


class ControlError(Exception):
    """A refusal: the status, what is wrong and what would be right, and problems one by one."""

    def __init__(self, status: int, message: str, problems: list[Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.problems = problems or []


@dataclass(frozen=True)
class ControlCall:
    """One request of the owner."""

    cluster: Cluster
    request: Request
    values: Mapping[str, str]
    query: Mapping[str, str]


@dataclass(frozen=True)
class Operation:
    """A handler and what the OpenAPI document says of it."""

    handle: Callable[[ControlCall], Any]
    summary: str
    answers: type[BaseModel] | None = None
    many: bool = False
    takes: type[BaseModel] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    """Query parameters and what they mean."""
    refusals: tuple[int, ...] = ()


ControlRoute = Route[Operation]


def is_mine(target: str) -> bool:
    """Whether a request target is the owner's: the prefix itself, or a path or query after it."""
    return target[len(PREFIX) : len(PREFIX) + 1] in ("", "/", "?")


def answer(cluster: Cluster, request: Request) -> Response:
    """Answers a request of the owner; never raises for what was sent."""
    try:
        path, query = _parsed(request.target)
        found = ROUTER.find(request.method, path)
        if not isinstance(found, Found):
            raise _no_route(request.method, path, found)
        if unknown := sorted(query.keys() - found.route.handler.query.keys()):
            known = ", ".join(found.route.handler.query) or "none"
            raise ControlError(400, f"unknown parameter {', '.join(unknown)}; known here: {known}")
        values = {name: decode(value, plus_as_space=False) for name, value in found.values.items()}
        return _json(200, found.route.handler.handle(ControlCall(cluster, request, values, query)))
    except ControlError as error:
        return _refused(error.status, str(error), error.problems)
    except UnknownWorkflowError as error:
        return _refused(404, f'no workflow "{error}"; GET {PREFIX}/workflows lists them')
    except UnknownScenarioError as error:
        return _refused(404, f'no scenario "{error}"; GET {PREFIX}/scenarios lists them')
    except (NeverError, ClaimedError) as error:
        return _refused(409, str(error))
    except ValueError as error:
        return _refused(400, str(error))


def _parsed(target: str) -> tuple[str, Mapping[str, str]]:
    try:
        return parse_target(target)
    except Refusal as refusal:  # in OpenSearch's words; its cause has the plain ones
        raise ControlError(400, refusal.body["error"]["caused_by"]["reason"]) from None


def _no_route(method: str, path: str, methods: set[str]) -> ControlError:
    if methods:
        return ControlError(405, f"{path} knows {', '.join(sorted(methods))}, not {method}")
    return ControlError(404, f"nothing at {path}; GET {PREFIX}/openapi.json describes what there is")


def _refused(status: int, message: str, problems: list[Any] | None = None) -> Response:
    return _json(status, {"error": {"message": message, "problems": problems or []}})


def _json(status: int, content: Any) -> Response:
    text = json.dumps(_plain(content), indent=2, ensure_ascii=False) + "\n"
    return Response(status, text.encode("utf-8", "replace"), "application/json")


def _plain(content: Any) -> Any:
    if isinstance(content, BaseModel):
        return content.model_dump()
    return [_plain(item) for item in content] if isinstance(content, list) else content


Body = TypeVar("Body", bound=BaseModel)


def _body(call: ControlCall, model: type[Body]) -> Body:
    """The request's JSON as `model`; an empty body is an empty object."""
    try:
        return model.model_validate(json.loads(call.request.body or b"{}"))
    except ValidationError as error:
        problems = [
            {"field": ".".join(map(str, e["loc"])), "message": _in_plain_words(e, model)}
            for e in error.errors(include_url=False)
        ]
        listed = "; ".join(f"{p['field']}: {p['message']}" if p["field"] else p["message"] for p in problems)
        raise ControlError(400, listed, problems) from None
    except (ValueError, RecursionError) as error:
        raise ControlError(400, f"the body is not JSON: {error}") from None


def _in_plain_words(error: ErrorDetails, model: type[BaseModel]) -> str:
    """What is wrong with one field, without pydantic's own terms."""
    *outer, name = error["loc"] or ("",)
    if error["type"] == "extra_forbidden":
        return f"unknown; {did_you_mean(str(name), _model_at(model, outer).model_fields)}"
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "model_type":
        return f"should be a JSON object with {', '.join(_model_at(model, error['loc']).model_fields)}"
    return error["msg"].removeprefix("Value error, ").removeprefix("Input ")


def _model_at(model: type[BaseModel], path: Iterable[int | str]) -> type[BaseModel]:
    """The model within `model` that describes the object at `path`."""
    for part in path:
        annotation = model.model_fields[str(part)].annotation
        model = next(arg for arg in (annotation, *get_args(annotation)) if _is_model(arg))
    return model


def _is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


# -- clock and world -------------------------------------------------------------------------------


def get_clock(call: ControlCall) -> models.ClockView:
    cluster = call.cluster
    return models.ClockView(
        now=cluster.now(), elapsed_ms=cluster.elapsed_ms, mode=cluster.clock.mode, speed=cluster.clock.speed
    )


def change_clock(call: ControlCall) -> models.ClockView:
    cluster, change = call.cluster, _body(call, models.ClockChange)
    if change.mode is not None:
        cluster.clock.set_mode(change.mode)
    elif change.advance is not None:
        cluster.clock.advance(change.advance)
    elif change.speed is not None:
        cluster.clock.set_speed(change.speed)
    elif change.until is not None:
        cluster.advance_to_state(change.until.workflow_id, change.until.state)
    elif change.next is not None:
        cluster.advance_to_next(change.next)
    return get_clock(call)


def reset(call: ControlCall) -> models.ClockView:
    body = _body(call, models.Reset)
    changes = body.model_dump(exclude={"keep"}, exclude_none=True)
    if body.max_polls is not None:
        changes["ends_stuck"] = True
    call.cluster.reset(keep_scenarios="scenarios" in body.keep, **changes)
    return get_clock(call)


# -- scenarios -------------------------------------------------------------------------------------


def list_scenarios(call: ControlCall) -> list[models.ScenarioView]:
    return [_scenario_view(loaded) for loaded in call.cluster.scenarios.values()]


def load_scenarios(call: ControlCall) -> models.Loaded:
    source = call.query.get("source", "request")
    loading = load_text(call.request.body, source)
    if loading.errors:
        message = "\n".join(map(str, loading.errors))
        raise ControlError(400, message, [problem.as_json() for problem in loading.problems])
    loaded = [LoadedScenario(located.scenario, str(located.place)) for located in loading.scenarios]
    call.cluster.load(loaded)
    return models.Loaded(
        loaded=[_scenario_view(scenario) for scenario in loaded],
        problems=[models.ProblemView(**problem.as_json()) for problem in loading.problems],
    )


def delete_scenario(call: ControlCall) -> models.ScenarioView:
    name = call.values["name"]
    loaded = call.cluster.scenarios.get(name)
    call.cluster.remove(name)
    assert loaded is not None
    return _scenario_view(loaded)


def _scenario_view(loaded: LoadedScenario) -> models.ScenarioView:
    scenario = loaded.scenario
    return models.ScenarioView(
        scenario=scenario.scenario,
        description=scenario.description,
        workflow_id=scenario.workflow_id,
        source=loaded.source,
    )


# -- workflows -------------------------------------------------------------------------------------


def list_workflows(call: ControlCall) -> list[models.WorkflowView]:
    return [_workflow_view(call.cluster, workflow) for workflow in call.cluster.workflows.values()]


def get_workflow(call: ControlCall) -> models.WorkflowDetail:
    cluster = call.cluster
    workflow = cluster.find(call.values["workflow_id"])
    timeline = [models.Moment(**moment) for moment in workflow.moments(cluster.upcoming(workflow))]
    return models.WorkflowDetail(**dict(_workflow_view(cluster, workflow)), timeline=timeline)


def status_at(call: ControlCall) -> dict[str, Any]:
    cluster = call.cluster
    workflow = cluster.find(call.values["workflow_id"])
    try:
        at = parse_duration(call.query["at"]) if "at" in call.query else cluster.elapsed(workflow)
    except ValueError as error:
        raise ControlError(400, f"at: {error}") from None
    run = cluster.upcoming(workflow)
    return status_document(workflow.id, run.fields(run.position(at)), show_all=True).value


def restart_workflow(call: ControlCall) -> models.WorkflowView:
    return _workflow_view(call.cluster, call.cluster.restart(call.values["workflow_id"]))


def _workflow_view(cluster: Cluster, workflow: Workflow) -> models.WorkflowView:
    run = cluster.upcoming(workflow)
    elapsed = cluster.elapsed(workflow)
    fields = run.timeline.fields(run.position(elapsed))
    following, poll = run.next_time(elapsed), run.next_poll
    upcoming = None
    if following is not None:
        upcoming = models.NextMoment(at_ms=following)
    elif poll is not None:
        upcoming = models.NextMoment(at_poll=poll)
    return models.WorkflowView(
        workflow_id=workflow.id,
        scenario=workflow.scenario.scenario if workflow.scenario else None,
        run=workflow.kind,
        starts=workflow.begins,
        begun=workflow.run is not None,
        elapsed_ms=elapsed,
        polls=workflow.polls,
        state=fields.get("state"),
        provisioning_progress=fields.get("provisioning_progress"),
        next=upcoming,
    )


# -- journal and coverage --------------------------------------------------------------------------


def get_journal(call: ControlCall) -> models.JournalView:
    query = call.query
    chosen = call.cluster.journal.select(
        operation=query.get("operation"),
        workflow_id=query.get("workflow_id"),
        status=_number(query, "status"),
        since=_number(query, "since") or 0,
    )
    return _journal(call.cluster, chosen)


def clear_journal(call: ControlCall) -> models.JournalView:
    call.cluster.journal.clear()
    return _journal(call.cluster, ())


def _journal(cluster: Cluster, exchanges: Iterable[Exchange]) -> models.JournalView:
    return models.JournalView(
        counted=cluster.journal.counted,
        stuck=cluster.stuck,
        exchanges=[models.ExchangeView(**exchange.as_json(cluster.began)) for exchange in exchanges],
    )


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        raise ControlError(400, f'{name}: "{text}" is not a whole number')
    return int(text)


_MOST_DIGITS: Final = 15


def get_coverage(call: ControlCall) -> models.CoverageView:
    cluster = call.cluster
    parts = cluster.coverage.parts(loaded.scenario for loaded in cluster.scenarios.values())
    return models.CoverageView(parts=[models.PartView(**asdict(part)) for part in parts])


def plan_next_run(call: ControlCall) -> models.NextRun:
    body = _body(call, models.NextRun)
    call.cluster.next_steps.update(body.steps)
    return models.NextRun(steps=call.cluster.next_steps)


# -- itself ----------------------------------------------------------------------------------------


def describe(_: ControlCall) -> dict[str, Any]:
    return openapi.document(ROUTES)


def index(_: ControlCall) -> dict[str, Any]:
    return {"mockflow": __version__, "calls": [f"{route.method} {route.path}" for route in ROUTES]}


ROUTES: Final = (
    ControlRoute("GET", PREFIX, "index", Operation(index, "What there is.")),
    ControlRoute("GET", f"{PREFIX}/openapi.json", "describe", Operation(describe, "This document.")),
    ControlRoute("GET", f"{PREFIX}/clock", "get_clock", Operation(get_clock, "The clock.", models.ClockView)),
    ControlRoute(
        "POST",
        f"{PREFIX}/clock",
        "change_clock",
        Operation(
            change_clock,
            "Moves or changes the clock; 409 for a state that never comes.",
            models.ClockView,
            takes=models.ClockChange,
            refusals=(404, 409),
        ),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/reset",
        "reset",
        Operation(reset, "A new world as at the start.", models.ClockView, takes=models.Reset),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/scenarios",
        "list_scenarios",
        Operation(list_scenarios, "The loaded scenarios.", models.ScenarioView, many=True),
    ),
    ControlRoute(
        "PUT",
        f"{PREFIX}/scenarios",
        "load_scenarios",
        Operation(
            load_scenarios,
            "Loads scenarios, or replaces those of the same name: YAML (one or several documents) or JSON.",
            models.Loaded,
            query={"source": "The name by which problems speak of the body, such as the file's path."},
            refusals=(409,),
        ),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/scenarios/{{name}}",
        "delete_scenario",
        Operation(delete_scenario, "Removes a scenario and its workflow.", models.ScenarioView, refusals=(404,)),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/workflows",
        "list_workflows",
        Operation(list_workflows, "All workflows with their state now.", models.WorkflowView, many=True),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/workflows/{{workflow_id}}",
        "get_workflow",
        Operation(get_workflow, "A workflow with its whole timeline.", models.WorkflowDetail, refusals=(404,)),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/workflows/{{workflow_id}}/status",
        "status_at",
        Operation(
            status_at,
            "The status with all fields at any elapsed time, past or to come; without at, now.",
            query={"at": "Elapsed time of the run, such as 2500ms."},
            refusals=(404,),
        ),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/workflows/{{workflow_id}}/restart",
        "restart_workflow",
        Operation(restart_workflow, "Begins its run from 0 again.", models.WorkflowView, refusals=(404, 409)),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/next_run",
        "plan_next_run",
        Operation(
            plan_next_run,
            "How steps go, once, in the next run that has them; answers with all that is planned so.",
            models.NextRun,
            takes=models.NextRun,
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/journal",
        "get_journal",
        Operation(
            get_journal,
            "What clients asked and what they were told.",
            models.JournalView,
            query={
                "operation": "Only these: an operation's name in the API specification, such as get_status.",
                "workflow_id": "Only those about this workflow.",
                "status": "Only those answered with this HTTP status.",
                "since": "Only those with a number above this.",
            },
        ),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/journal",
        "clear_journal",
        Operation(clear_journal, "Forgets them all.", models.JournalView),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/coverage",
        "get_coverage",
        Operation(get_coverage, "Which parts of the scripts clients have seen.", models.CoverageView),
    ),
)
ROUTER: Final[Router[Operation]] = Router(ROUTES)
