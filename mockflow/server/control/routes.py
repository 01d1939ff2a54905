"""The calls of the control API: path, method, handler, and their description in the OpenAPI document."""

from functools import cache
from typing import Any, Final

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
from mockflow.server.control.paths import HEALTH, PREFIX
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


_HEALTH: Final = Operation(
    health.get_health, "Whether the server answers; counts as no request, and needs no token.", views.HealthView
)

_JOURNAL_FILTERS: Final = {
    "operation": "Only this operation: its name in the API specification, such as get_status.",
    "workflow_id": "Only requests for this workflow.",
    "status": "Only responses with this HTTP status.",
    "since": "Only entries with a number above this.",
    "limit": "So many entries at most: the latest, but with after the first ones.",
    "after": "Only entries with a number above this; the key next of a response has the following value.",
}

ROUTES: Final = (
    ControlRoute(
        "GET",
        PREFIX,
        "index",
        Operation(
            index,
            "The list of calls; with a slash at the end of the path, the page.",
            media_types=("application/json", "text/html"),
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/page/{{file}}",
        "page_file",
        Operation(browser.page_file, "A file of the page.", media_types=tuple(page.TYPES.values()), errors=(404,)),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/events",
        "events",
        Operation(
            browser.event_stream,
            "Server-sent events with the changes, at most ten in a second; the first one has the whole state.",
            media_types=("text/event-stream",),
        ),
    ),
    ControlRoute("GET", f"{PREFIX}/openapi.json", "describe", Operation(describe, "This document.")),
    ControlRoute("GET", HEALTH, "get_health", _HEALTH),
    ControlRoute("HEAD", HEALTH, "head_health", _HEALTH),
    ControlRoute("GET", f"{PREFIX}/clock", "get_clock", Operation(clock.get_clock, "The clock.", views.ClockView)),
    ControlRoute(
        "POST",
        f"{PREFIX}/clock",
        "change_clock",
        Operation(
            clock.change_clock,
            "Moves or changes the clock; 409 for a state that the workflow never has.",
            views.ClockView,
            body=requests.ClockChange,
            errors=(404, 409),
        ),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/reset",
        "reset",
        Operation(
            clock.reset,
            "Resets the cluster to its state at the start.",
            views.ClockView,
            body=requests.Reset,
            handle_in_loop=clock.reset_in_loop,
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/scenarios",
        "list_scenarios",
        Operation(
            scenarios.list_scenarios, "The loaded scenarios, and the problems of their files.", views.ScenariosView
        ),
    ),
    ControlRoute(
        "PUT",
        f"{PREFIX}/scenarios",
        "load_scenarios",
        Operation(
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
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/scenarios/{{name}}",
        "get_scenario",
        Operation(texts.get_scenario, "A scenario with its document as text.", views.ScenarioText, errors=(404, 409)),
    ),
    ControlRoute(
        "PUT",
        f"{PREFIX}/scenarios/{{name}}",
        "replace_scenario",
        Operation(
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
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/check",
        "check_text",
        Operation(
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
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/scenarios/{{name}}",
        "delete_scenario",
        Operation(
            scenarios.delete_scenario,
            "Removes a scenario and its workflow; workflows that clients created stay.",
            views.ScenarioView,
            errors=(404,),
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/workflows",
        "list_workflows",
        Operation(
            workflows.list_workflows,
            "All workflows with their state now.",
            views.WorkflowView,
            is_list=True,
            handle_in_loop=workflows.list_workflows_in_loop,
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/workflows/{{workflow_id}}",
        "get_workflow",
        Operation(workflows.get_workflow, "A workflow with its whole timeline.", views.WorkflowDetail, errors=(404,)),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/workflows/{{workflow_id}}/resources",
        "get_resources",
        Operation(
            resources.get_resources,
            "The resources of a workflow that exist now: indices with their documents, models with their state.",
            views.ResourcesView,
            errors=(404,),
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/resources",
        "get_other_resources",
        Operation(
            resources.get_other_resources,
            "The resources of no workflow: what clients have made, and what workflows have left.",
            views.ResourcesView,
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/workflows/{{workflow_id}}/status",
        "status_at",
        Operation(
            workflows.status_at,
            "The status with all fields at any elapsed time, past or future; without at, now.",
            query={"at": "Elapsed time of the run, such as 2500ms."},
            errors=(404,),
        ),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/workflows/{{workflow_id}}/restart",
        "restart_workflow",
        Operation(workflows.restart_workflow, "Begins its run from 0 again.", views.WorkflowView, errors=(404, 409)),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/next_run",
        "plan_next_run",
        Operation(
            workflows.plan_next_run,
            "Sets the outcome of steps once, in the next run that has them; returns all that is set so.",
            requests.NextRun,
            body=requests.NextRun,
            errors=(409,),
            handle_in_loop=workflows.plan_next_run_in_loop,
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/faults",
        "list_faults",
        Operation(
            faults.list_faults,
            "The active faults, those added at run time first.",
            views.FaultView,
            is_list=True,
            query={"workflow_id": "Only faults in whose scope requests for this workflow are."},
        ),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/faults",
        "add_fault",
        Operation(
            faults.add_fault,
            "Adds a fault as in a scenario, for every request or for those of one workflow. It counts from now on.",
            views.FaultView,
            body=requests.NewFault,
            errors=(404, 409),
        ),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/faults",
        "delete_faults",
        Operation(
            faults.delete_faults, "Removes all faults that were added at run time.", views.FaultView, is_list=True
        ),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/faults/{{id}}",
        "delete_fault",
        Operation(faults.delete_fault, "Removes a fault that was added at run time.", views.FaultView, errors=(404,)),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/stubs",
        "list_stubs",
        Operation(stubs.list_stubs, "The active stubs, those added at run time first.", views.StubView, is_list=True),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/stubs",
        "add_stub",
        Operation(
            stubs.add_stub,
            "Adds a stub as in a scenario; it precedes those of scenarios.",
            views.StubView,
            body=Stub,
            errors=(409,),
        ),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/stubs",
        "delete_stubs",
        Operation(stubs.delete_stubs, "Removes all stubs that were added at run time.", views.StubView, is_list=True),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/stubs/{{id}}",
        "delete_stub",
        Operation(stubs.delete_stub, "Removes a stub that was added at run time.", views.StubView, errors=(404,)),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/journal",
        "get_journal",
        Operation(
            journal.get_journal,
            "Requests of clients and their responses.",
            views.JournalView,
            query=_JOURNAL_FILTERS,
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/journal.har",
        "get_archive",
        Operation(
            journal.get_archive,
            "The journal as an HTTP Archive (HAR 1.2), which browsers and proxies open.",
            query=_JOURNAL_FILTERS,
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/journal/{{number}}",
        "get_exchange",
        Operation(journal.get_exchange, "One request and its response.", views.ExchangeView, errors=(404,)),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/journal",
        "clear_journal",
        Operation(journal.clear_journal, "Removes all entries.", views.JournalView),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/worlds",
        "list_worlds",
        Operation(worlds.list_worlds, "The further worlds of this server.", views.WorldView, is_list=True),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/worlds",
        "make_world",
        Operation(
            worlds.make_world,
            "Makes a further world, isolated from all others, below /_world/NAME.",
            views.WorldView,
            body=requests.NewWorld,
            errors=(409,),
            handle_in_loop=worlds.make_world_in_loop,
        ),
    ),
    ControlRoute(
        "DELETE",
        f"{PREFIX}/worlds/{{name}}",
        "delete_world",
        Operation(
            worlds.delete_world,
            "Removes a further world.",
            views.WorldView,
            errors=(404,),
            handle_in_loop=worlds.delete_world_in_loop,
        ),
    ),
    ControlRoute(
        "POST",
        f"{PREFIX}/verify",
        "verify",
        Operation(
            verify.verify,
            "Checks what clients asked: how often an operation was called, how a workflow was polled.",
            views.Verified,
            body=requests.Expectations,
            errors=(409, 422),
            handle_in_loop=verify.verify_in_loop,
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/story",
        "get_story",
        Operation(
            verify.get_story,
            "The requests of clients and the timelines of their workflows, as text.",
            views.StoryView,
            query={"since": "Only requests with a number above this."},
            handle_in_loop=verify.get_story_in_loop,
        ),
    ),
    ControlRoute(
        "GET",
        f"{PREFIX}/coverage",
        "get_coverage",
        Operation(
            journal.get_coverage,
            "The parts of the loaded scripts, seen by clients or not.",
            views.CoverageView,
            handle_in_loop=journal.get_coverage_in_loop,
        ),
    ),
)
