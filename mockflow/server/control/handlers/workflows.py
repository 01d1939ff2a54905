"""Workflows: their state, timeline, status at any time, and the plan of their next run."""

import asyncio
from itertools import islice
from typing import Any, Final

from mockflow.cluster import Cluster, Workflow, World, moments, moving
from mockflow.cluster.timeline_rows import MAX_LISTED, timeline_of
from mockflow.core.base.bounds import PLANNED_STEPS
from mockflow.core.base.durations import parse_duration
from mockflow.core.base.steps import Steps, at_once
from mockflow.core.base.suggest import did_you_mean, is_misspelt
from mockflow.core.plugin.status import status_document
from mockflow.core.plugin.steps import STEPS, listed_steps
from mockflow.core.script.run import Run
from mockflow.core.script.timeline import IDLE
from mockflow.server.control import requests, views
from mockflow.server.control.call import MAX_PROBLEMS, ControlCall, read_body
from mockflow.server.control.errors import ControlError
from mockflow.server.rest.pauses import with_pauses

_MAX_MOMENTS: Final = 1_000
_MAX_WINDOWS: Final = 1_000
_SLICE: Final = 200
MAX_PLANNED: Final = 500
"""The steps that the plan of the next run has at most: as many as a template may have."""


def list_workflows(call: ControlCall) -> list[views.WorkflowView]:
    """All workflows."""
    return [workflow_view(call.cluster, workflow) for workflow in call.world.living()]


async def list_workflows_in_loop(call: ControlCall) -> list[views.WorkflowView]:
    """As `list_workflows`, with pauses in which clients are answered: each is shown as it is when its turn comes."""
    world, views_so_far = call.world, list[views.WorkflowView]()
    for number, workflow in enumerate(list(world.living()), 1):
        views_so_far.append(workflow_view(call.cluster, workflow))
        if number % _SLICE == 0:
            await asyncio.sleep(0)
            if call.world is not world:  # it was reset
                return await list_workflows_in_loop(call)
    return views_so_far


def get_workflow(call: ControlCall) -> views.WorkflowDetail:
    """One workflow with its timeline; 404 for an unknown id."""
    return detail_of(call.cluster, call.world.find(call.values["workflow_id"]))


def detail_of(cluster: Cluster, workflow: Workflow) -> views.WorkflowDetail:
    """A workflow with its timeline."""
    run = moving.upcoming(cluster.world, workflow)
    timeline = timeline_of(run, most_moments=_MAX_MOMENTS, most_resources=MAX_LISTED)
    name = workflow.scenario.scenario if workflow.scenario else ""
    windows = list(islice(cluster.world.active.windows(name), _MAX_WINDOWS))
    return views.WorkflowDetail(
        **dict(workflow_view(cluster, workflow)),
        timeline=[views.Moment(**row) for row in timeline.rows],
        input_problems=list(workflow.input_problems),
        faults=[views.FaultWindow(fault=what, from_ms=begin, to_ms=end) for what, begin, end in windows],
        left_out=views.LeftOut(
            moments=timeline.moments_left_out,
            resources=timeline.resources_left_out,
            faults=cluster.world.active.window_count(name) - len(windows),
        ),
    )


def status_at(call: ControlCall) -> dict[str, Any]:
    """The status of a workflow at any elapsed time; 400 for an invalid `at`, 404 for an unknown id."""
    cluster = call.cluster
    workflow = cluster.world.find(call.values["workflow_id"])
    try:
        at = parse_duration(call.query["at"]) if "at" in call.query else None
    except ValueError as error:
        raise ControlError(400, f"at: {error}") from None
    run = moving.upcoming(cluster.world, workflow)
    if at is None:
        fields = moving.fields_now(cluster.world, workflow, run)
    else:
        fields = {**workflow.owned, **run.fields(run.position(at))}
    return status_document(workflow.id, fields, show_all=True).value


def restart_workflow(call: ControlCall) -> views.WorkflowView:
    """Begins the run of a workflow again."""
    return workflow_view(call.cluster, moving.restart(call.world, call.values["workflow_id"]))


def plan_next_run(call: ControlCall) -> requests.NextRun:
    """Sets how steps go in the next run that has them; 400 for a step that no run has, or for too many."""
    return at_once(_planned(call))


async def plan_next_run_in_loop(call: ControlCall) -> requests.NextRun:
    """As `plan_next_run`, with pauses: to tell what a step may be misspelt for takes a tenth of a millisecond."""
    return await with_pauses(_planned(call))


def _planned(call: ControlCall) -> Steps[requests.NextRun]:
    body = read_body(call, requests.NextRun)
    if len({**call.world.next_steps, **body.steps}) > MAX_PLANNED:
        raise ControlError(
            400, f"steps: at most {MAX_PLANNED} can be planned; run or reset what was planned before, or send fewer"
        )
    known = _KnownSteps(call.world)
    problems: list[dict[str, str]] = []
    for step in body.steps:
        if message := known.why_not(step):
            problems.append({"field": f"steps.{step}", "message": message})
        if len(problems) == MAX_PROBLEMS:
            break
        yield
    if problems:
        raise ControlError(400, "; ".join(problem["message"] for problem in problems), problems)
    if len(call.world.next_steps.keys() | body.steps) > PLANNED_STEPS:
        message = f"{PLANNED_STEPS} steps can be planned; a run that has them uses them up, a reset removes them"
        raise ControlError(409, message)
    call.world.next_steps.update(body.steps)
    return requests.NextRun(steps=call.world.next_steps)


class _KnownSteps:
    """The steps that a run may have: the types of the release, and the nodes of the templates."""

    def __init__(self, world: World) -> None:
        templates = [workflow.stored for workflow in world.living() if workflow.stored and not workflow.stored.is_made]
        graphs = [stored.template.provision for stored in templates if stored.template.provision]
        self._has_templates = bool(templates)
        self._types = listed_steps(world.version.steps)
        self._nodes = {name for graph in graphs for node in graph.nodes for name in (node.id, node.type)}
        self._version = world.version.build

    def why_not(self, step: str) -> str:
        """Why no run has a step with this id or type; empty where one may have it.

        While no template is known, an id may be that of a template to come, unless it looks like a misspelt type.
        """
        if step in self._types or step in self._nodes:
            return ""
        if not (self._has_templates or step in STEPS or is_misspelt(step, STEPS)):
            return ""
        known = [*self._types, *sorted(self._nodes - self._types.keys())]
        where = f"in OpenSearch {self._version} or in the template of a workflow"
        return f'no step "{step}" {where}; {did_you_mean(step, known)}'


def workflow_view(cluster: Cluster, workflow: Workflow) -> views.WorkflowView:
    """The state of a workflow now, as the list and the event stream show it."""
    event = moving.begins_next(workflow)
    # Before a provision nothing comes by itself, so that the run is not rehearsed for each entry of a list.
    run = Run(IDLE, cluster.world.now()) if event == "provision" else moving.upcoming(cluster.world, workflow)
    elapsed = cluster.world.elapsed(workflow)
    fields = moving.fields_now(cluster.world, workflow, run)
    following = moments.next_moment(cluster.world, workflow, elapsed) if workflow.run else run.next_time(elapsed)
    poll = run.next_poll
    next_change = None
    if following is not None:
        next_change = views.NextMoment(at_ms=following)
    elif poll is not None:
        next_change = views.NextMoment(at_poll=poll)
    return views.WorkflowView(
        workflow_id=workflow.id,
        scenario=workflow.scenario.scenario if workflow.scenario else None,
        run=workflow.kind,
        starts=workflow.begins,
        begun=workflow.run is not None,
        upcoming=event,
        elapsed_ms=elapsed,
        polls=workflow.polls,
        state=fields.get("state"),
        provisioning_progress=fields.get("provisioning_progress"),
        next=next_change,
    )
