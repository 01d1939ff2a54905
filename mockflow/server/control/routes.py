"""The calls of the owner's door: each path and method, its handler, and what the OpenAPI document says of it."""

from typing import Any, Final

from mockflow._version import __version__
from mockflow.server.control import handlers as handlers
from mockflow.server.control import models as models
from mockflow.server.control import openapi, page
from mockflow.server.control.call import PREFIX, ControlCall, ControlRoute, Operation
from mockflow.server.http.messages import Response


def describe(_: ControlCall) -> dict[str, Any]:
    return openapi.document(ROUTES)


def index(call: ControlCall) -> Response | dict[str, Any]:
    if call.request.target.partition("?")[0].endswith("/"):
        return page.file(call.request, page.INDEX)
    return {"mockflow": __version__, "calls": [f"{route.method} {route.path}" for route in ROUTES]}


ROUTES: Final = (
    ControlRoute(
        "GET",
        PREFIX,
        "index",
        Operation(
            index,
            "What there is; with a slash at the end, the page for people.",
            media=("application/json", "text/html"),
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/page/{{file}}",
        "page_file",
        Operation(handlers.page_file, "A file of the page.", media=tuple(page.TYPES.values()), refusals=(404,)),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/events",
        "events",
        Operation(
            handlers.events,
            "Server-sent events: what has changed, at most ten times a second; the first one tells everything.",
            media=("text/event-stream",),
        ),
    ),
    ControlRoute("GET", f"{PREFIX}/openapi.json", "describe", Operation(describe, "This document.")),
    ControlRoute("GET", f"{PREFIX}/clock", "get_clock", Operation(handlers.get_clock, "The clock.", models.ClockView)),
    ControlRoute(
        "POST",
        f"{PREFIX}/clock",
        "change_clock",
        Operation(
            handlers.change_clock,
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
        Operation(handlers.reset, "A new world as at the start.", models.ClockView, takes=models.Reset),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/scenarios",
        "list_scenarios",
        Operation(
            handlers.list_scenarios, "The loaded scenarios, and the problems of their files.", models.ScenariosView
        ),
    ),
    ControlRoute(
        "PUT",
        f"{PREFIX}/scenarios",
        "load_scenarios",
        Operation(
            handlers.load_scenarios,
            "Loads scenarios, or replaces those of the same name: YAML (one or several documents) or JSON. A workflow "
            "that a replaced one brought begins anew; those of clients go on, by what the new one says.",
            models.Loaded,
            query={"source": "The name by which problems speak of the body, such as the file's path."},
            refusals=(409,),
        ),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/scenarios/{{name}}",
        "delete_scenario",
        Operation(
            handlers.delete_scenario,
            "Removes a scenario and the workflow that it brought; those of clients go on.",
            models.ScenarioView,
            refusals=(404,),
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/workflows",
        "list_workflows",
        Operation(handlers.list_workflows, "All workflows with their state now.", models.WorkflowView, many=True),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/workflows/{{workflow_id}}",
        "get_workflow",
        Operation(handlers.get_workflow, "A workflow with its whole timeline.", models.WorkflowDetail, refusals=(404,)),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/workflows/{{workflow_id}}/status",
        "status_at",
        Operation(
            handlers.status_at,
            "The status with all fields at any elapsed time, past or to come; without at, now.",
            query={"at": "Elapsed time of the run, such as 2500ms."},
            refusals=(404,),
        ),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/workflows/{{workflow_id}}/restart",
        "restart_workflow",
        Operation(handlers.restart_workflow, "Begins its run from 0 again.", models.WorkflowView, refusals=(404, 409)),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/next_run",
        "plan_next_run",
        Operation(
            handlers.plan_next_run,
            "How steps go, once, in the next run that has them; answers with all that is planned so.",
            models.NextRun,
            takes=models.NextRun,
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/faults",
        "list_faults",
        Operation(handlers.list_faults, "All faults at work, those added here first.", models.FaultView, many=True),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/faults",
        "add_fault",
        Operation(
            handlers.add_fault,
            "Adds a fault, as in a scenario: on every request, or on those for one workflow. It counts from now.",
            models.FaultView,
            takes=models.NewFault,
            refusals=(404,),
        ),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/faults",
        "delete_faults",
        Operation(handlers.delete_faults, "Takes away all that were added here.", models.FaultView, many=True),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/faults/{{id}}",
        "delete_fault",
        Operation(handlers.delete_fault, "Takes away one that was added here.", models.FaultView, refusals=(404,)),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/journal",
        "get_journal",
        Operation(
            handlers.get_journal,
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
        "GET",
        f"{PREFIX}/journal/{{number}}",
        "get_exchange",
        Operation(handlers.get_exchange, "One request and its answer.", models.ExchangeView, refusals=(404,)),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/journal",
        "clear_journal",
        Operation(handlers.clear_journal, "Forgets them all.", models.JournalView),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/coverage",
        "get_coverage",
        Operation(handlers.get_coverage, "Which parts of the scripts clients have seen.", models.CoverageView),
    ),
)
