"""The calls of the control API: path, method, handler, and their description in the OpenAPI document."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from pydantic import BaseModel

from mockflow._version import __version__
from mockflow.core.stubs.model import Stub
from mockflow.server.control import openapi, page, requests, views
from mockflow.server.control.call import ControlCall, ControlRoute, Operation
from mockflow.server.control.handlers import (
    browser,
    clock,
    faults,
    health,
    journal,
    resources,
    scenarios,
    stubs,
    texts,
    verify,
    workflows,
    worlds,
)
from mockflow.server.control.paths import PREFIX
from mockflow.server.http.messages import Response


@cache
def _document() -> dict[str, Any]:
    return openapi.document(ROUTES)


def describe(_: ControlCall) -> dict[str, Any]:
    """The OpenAPI document of these routes."""
    return _document()


def index(call: ControlCall) -> Response | dict[str, Any]:
    """The list of calls; with a slash at the end of the path, the page."""
    if call.request.target.partition("?")[0].endswith("/"):
        return page.file(call.request, page.INDEX)
    return {"mockflow": __version__, "calls": [f"{route.method} {route.path}" for route in ROUTES]}


def _route(
    line: str,
    handle: Callable[[ControlCall], Any],
    summary: str,
    response: type[BaseModel] | None = None,
    *,
    name: str | None = None,
    **described: Any,
) -> ControlRoute:
    """A call by its method and the path below the prefix; its name in the document is by default the handler's."""
    method, _, path = line.partition(" ")
    return ControlRoute(
        method, PREFIX + path, name or handle.__name__, Operation(handle, summary, response, **described)
    )


_HEALTH: Final = "Whether the server answers; counts as no request, and needs no token."

_JOURNAL_FILTERS: Final = {
    "operation": "Only this operation: its name in the API specification, such as get_status.",
    "workflow_id": "Only requests for this workflow.",
    "status": "Only responses with this HTTP status.",
    "since": "Only entries with a number above this.",
    "limit": "So many entries at most: the latest, but with after the first ones.",
    "after": "Only entries with a number above this; the key next of a response has the following value.",
}

ROUTES: Final = (
    _route(
        "GET",
        index,
        "The list of calls; with a slash at the end of the path, the page.",
        media_types=("application/json", "text/html"),
    ),
    _route(
        "GET /page/{file}",
        browser.page_file,
        "A file of the page.",
        media_types=tuple(page.TYPES.values()),
        errors=(404,),
    ),
    _route(
        "GET /events",
        browser.event_stream,
        "Server-sent events with the changes, at most ten in a second; the first one has the whole state.",
        name="events",
        media_types=("text/event-stream",),
    ),
    _route("GET /openapi.json", describe, "This document."),
    _route("GET /health", health.get_health, _HEALTH, views.HealthView),
    _route("HEAD /health", health.get_health, _HEALTH, views.HealthView, name="head_health"),
    _route("GET /clock", clock.get_clock, "The clock.", views.ClockView),
    _route(
        "POST /clock",
        clock.change_clock,
        "Moves or changes the clock; 409 for a state that the workflow never has.",
        views.ClockView,
        body=requests.ClockChange,
        errors=(404, 409),
    ),
    _route(
        "POST /reset",
        clock.reset,
        "Resets the cluster to its state at the start.",
        views.ClockView,
        body=requests.Reset,
        handle_in_loop=clock.reset_in_loop,
    ),
    _route(
        "GET /scenarios",
        scenarios.list_scenarios,
        "The loaded scenarios, and the problems of their files.",
        views.ScenariosView,
    ),
    _route(
        "PUT /scenarios",
        scenarios.load_scenarios,
        "Loads scenarios, or replaces those of the same name: YAML (one or several documents) or JSON. The "
        "workflow of a replaced scenario begins anew; workflows that clients created go on with the new scenario.",
        views.Loaded,
        query={"source": "The name of the body in problems, such as the path of its file."},
        errors=(409,),
        takes_scenarios=True,
        read_ahead=scenarios.read_ahead,
        handle_in_loop=scenarios.load_scenarios_in_loop,
    ),
    _route(
        "GET /scenarios/{name}",
        texts.get_scenario,
        "A scenario with its document as text.",
        views.ScenarioText,
        errors=(404, 409),
    ),
    _route(
        "PUT /scenarios/{name}",
        texts.replace_scenario,
        "Loads the body in place of this scenario, also under another name. With write the file that the scenario "
        "came from gets it too, and running workflows go on by it; the server permits that with --edit only.",
        views.Loaded,
        query={
            "source": "The name of the body in problems.",
            "version": "The version of the scenario's file that the text was edited from.",
            "write": "true: write the body into the file, which must still have this version.",
        },
        errors=(404, 409),
        takes_scenarios=True,
        read_ahead=scenarios.read_ahead,
        handle_in_loop=texts.replace_scenario_in_loop,
    ),
    _route(
        "POST /check",
        texts.check_text,
        "The problems of scenarios, as mockflow check tells them; loads nothing.",
        views.Checked,
        query={
            "source": "The name of the body in problems.",
            "scenario": "The scenario whose new text it is: where its file can be written, the text may have a "
            "body_file.",
        },
        takes_scenarios=True,
        read_ahead=scenarios.read_ahead,
    ),
    _route(
        "DELETE /scenarios/{name}",
        scenarios.delete_scenario,
        "Removes a scenario and its workflow; workflows that clients created stay.",
        views.ScenarioView,
        errors=(404,),
    ),
    _route(
        "GET /workflows",
        workflows.list_workflows,
        "All workflows with their state now.",
        views.WorkflowView,
        is_list=True,
        handle_in_loop=workflows.list_workflows_in_loop,
    ),
    _route(
        "GET /workflows/{workflow_id}",
        workflows.get_workflow,
        "A workflow with its whole timeline.",
        views.WorkflowDetail,
        errors=(404,),
    ),
    _route(
        "GET /workflows/{workflow_id}/resources",
        resources.get_resources,
        "The resources of a workflow that exist now: indices with their documents, models with their state.",
        views.ResourcesView,
        errors=(404,),
    ),
    _route(
        "GET /resources",
        resources.get_other_resources,
        "The resources of no workflow: what clients have made, and what workflows have left.",
        views.ResourcesView,
    ),
    _route(
        "GET /workflows/{workflow_id}/status",
        workflows.status_at,
        "The status with all fields at any elapsed time, past or future; without at, now.",
        query={"at": "Elapsed time of the run, such as 2500ms."},
        errors=(404,),
    ),
    _route(
        "POST /workflows/{workflow_id}/restart",
        workflows.restart_workflow,
        "Begins its run from 0 again.",
        views.WorkflowView,
        errors=(404, 409),
    ),
    _route(
        "POST /next_run",
        workflows.plan_next_run,
        "Sets the outcome of steps once, in the next run that has them; returns all that is set so.",
        requests.NextRun,
        body=requests.NextRun,
        errors=(409,),
        handle_in_loop=workflows.plan_next_run_in_loop,
    ),
    _route(
        "GET /faults",
        faults.list_faults,
        "The active faults, those added at run time first.",
        views.FaultView,
        is_list=True,
        query={"workflow_id": "Only faults in whose scope requests for this workflow are."},
    ),
    _route(
        "POST /faults",
        faults.add_fault,
        "Adds a fault as in a scenario, for every request or for those of one workflow. It counts from now on.",
        views.FaultView,
        body=requests.NewFault,
        errors=(404, 409),
    ),
    _route(
        "DELETE /faults",
        faults.delete_faults,
        "Removes all faults that were added at run time.",
        views.FaultView,
        is_list=True,
    ),
    _route(
        "DELETE /faults/{id}",
        faults.delete_fault,
        "Removes a fault that was added at run time.",
        views.FaultView,
        errors=(404,),
    ),
    _route(
        "GET /stubs", stubs.list_stubs, "The active stubs, those added at run time first.", views.StubView, is_list=True
    ),
    _route(
        "POST /stubs",
        stubs.add_stub,
        "Adds a stub as in a scenario; it precedes those of scenarios.",
        views.StubView,
        body=Stub,
        errors=(409,),
    ),
    _route(
        "DELETE /stubs",
        stubs.delete_stubs,
        "Removes all stubs that were added at run time.",
        views.StubView,
        is_list=True,
    ),
    _route(
        "DELETE /stubs/{id}",
        stubs.delete_stub,
        "Removes a stub that was added at run time.",
        views.StubView,
        errors=(404,),
    ),
    _route(
        "GET /journal",
        journal.get_journal,
        "Requests of clients and their responses.",
        views.JournalView,
        query=_JOURNAL_FILTERS,
    ),
    _route(
        "GET /journal.har",
        journal.get_archive,
        "The journal as an HTTP Archive (HAR 1.2), which browsers and proxies open.",
        query=_JOURNAL_FILTERS,
    ),
    _route(
        "GET /journal/{number}",
        journal.get_exchange,
        "One request and its response.",
        views.ExchangeView,
        errors=(404,),
    ),
    _route("DELETE /journal", journal.clear_journal, "Removes all entries.", views.JournalView),
    _route("GET /worlds", worlds.list_worlds, "The further worlds of this server.", views.WorldView, is_list=True),
    _route(
        "POST /worlds",
        worlds.make_world,
        "Makes a further world, isolated from all others, below /_world/NAME.",
        views.WorldView,
        body=requests.NewWorld,
        errors=(409,),
        handle_in_loop=worlds.make_world_in_loop,
    ),
    _route(
        "DELETE /worlds/{name}",
        worlds.delete_world,
        "Removes a further world.",
        views.WorldView,
        errors=(404,),
        handle_in_loop=worlds.delete_world_in_loop,
    ),
    _route(
        "POST /verify",
        verify.verify,
        "Checks what clients asked: how often an operation was called, how a workflow was polled.",
        views.Verified,
        body=requests.Expectations,
        errors=(409, 422),
        handle_in_loop=verify.verify_in_loop,
    ),
    _route(
        "GET /story",
        verify.get_story,
        "The requests of clients and the timelines of their workflows, as text.",
        views.StoryView,
        query={"since": "Only requests with a number above this."},
        handle_in_loop=verify.get_story_in_loop,
    ),
    _route(
        "GET /coverage",
        journal.get_coverage,
        "The parts of the loaded scripts, seen by clients or not.",
        views.CoverageView,
        handle_in_loop=journal.get_coverage_in_loop,
    ),
)
