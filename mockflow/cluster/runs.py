"""Begins runs: what a status read, a provision or a reprovision begins, and the same run by a changed script.

`for_...` functions return the run for `World.begin`. They take the control API's plan for the next run, where the run
uses it, and log what is wrong with the run.

The rule of reads: no read of the control API, the page or the Python handle writes to the world or the log. Whatever
shows a run that has not begun uses `rehearse`, which takes nothing and logs nothing, so that the run that a client then
gets is the one that was shown. `tests/server/control/test_reads.py` checks the rule for every GET route.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from mockflow.cluster.causes import Cause, RunKind
from mockflow.cluster.coverage import PLANS, step_text
from mockflow.cluster.playing import play
from mockflow.cluster.surroundings import there_in
from mockflow.cluster.workflow import Beginning, Workflow
from mockflow.cluster.world import World
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.graph import Sequence

log: Final = logging.getLogger("mockflow")


def for_status_read(world: World, workflow: Workflow) -> Beginning:
    """The first run of a workflow that a scenario brings: the first attempt of its provisioning."""
    return _reported(world, workflow, _cause(world, workflow, "look"))


def for_provision(world: World, workflow: Workflow, params: Mapping[str, str]) -> Beginning:
    """The run of a provision. Raises FlowFrameworkError where the plugin refuses the template's graph."""
    return _reported(world, workflow, _cause(world, workflow, "provision", params=params))


def for_reprovision(world: World, workflow: Workflow, steps: Sequence, changes: Mapping[str, str]) -> Beginning:
    """The run of a reprovision; `steps` are those of the new template, `changes` says what is done with each."""
    return _reported(world, workflow, _cause(world, workflow, "reprovision", steps=steps, changes=changes))


def rehearse(world: World, workflow: Workflow, kind: RunKind) -> Beginning:
    """The first run of a workflow as a status read or a provision without parameters would begin it now.

    It writes nothing. Raises FlowFrameworkError where the plugin refuses the template's graph.
    """
    return play(world, workflow, _cause(world, workflow, kind))


def begin_by_status_read(world: World, workflow: Workflow) -> None:
    """Begins the first run of a workflow that a scenario brings, unless it has begun."""
    if workflow.run is None and workflow.begins != "provision":
        world.begin(workflow, for_status_read(world, workflow))


def begin_at_load(world: World, workflow: Workflow) -> None:
    """Begins the run of a workflow whose scenario has just been loaded, if its scenario says so.

    Where that fails, because a client has sent a template that the plugin refuses, a warning is logged and the workflow
    waits: the scenario is loaded nevertheless.
    """
    if workflow.begins != "load":
        return
    try:
        world.begin(workflow, for_status_read(world, workflow), world.anchor)
    except FlowFrameworkError as error:
        log.warning("workflow %s does not begin: %s", workflow.id, error)


def play_again(world: World, workflow: Workflow) -> None:
    """Plays the run under way by what the workflow's scenario says now, as if it had said so from the beginning.

    A run without a cause, a deprovisioning, continues unchanged.
    """
    if workflow.cause is None:
        return
    try:
        beginning = _taken(world, play(world, workflow, workflow.cause))
        _report_unknown(beginning)
    except FlowFrameworkError as error:
        log.warning("workflow %s keeps its former script: %s", workflow.id, error)
        return
    seen = world.coverage.begun(workflow, beginning, workflow.cause.attempt)
    made_before = tuple(workflow.made)
    workflow.play_again(beginning, world.elapsed(workflow), seen, in_turn=world.clock.mode == "auto")
    world.resources.remake(workflow, made_before)
    world.clock.notify()  # the run may end at another time


def _reported(world: World, workflow: Workflow, cause: Cause) -> Beginning:
    """The run that `cause` begins. A warning is logged for each step that would fail, although a timeline goes on."""
    beginning = _taken(world, play(world, workflow, cause))
    _report_unknown(beginning)
    name = workflow.scenario.scenario if workflow.scenario else ""
    for problem in beginning.input_problems:
        message = "scenario %s: its timeline goes on although a real cluster would end workflow %s with: %s"
        log.warning(message, name, workflow.id, problem)
    return beginning


def _report_unknown(beginning: Beginning) -> None:
    for warning in beginning.unknown_steps:
        log.warning("%s", warning)


def _taken(world: World, beginning: Beginning) -> Beginning:
    """Takes what the run uses of the control API's plan for the next run, unless its cause has taken it already."""
    cause = beginning.cause
    if cause is not None and cause.planned is None and beginning.planned is not None:
        cause.planned = beginning.planned
        for name in beginning.planned:
            text = step_text(name, world.next_steps.pop(name))
            world.coverage.end(PLANS, text, acted=name in beginning.steps)
    return beginning


def _cause(world: World, workflow: Workflow, kind: RunKind, **more: Any) -> Cause:
    return Cause(
        kind=kind,
        now=world.now(),
        stored=workflow.stored,
        before=workflow.fields(world.elapsed(workflow)),
        attempt=workflow.attempts["provision" if kind == "look" else kind],
        runs=workflow.attempts["provision"] + workflow.attempts["reprovision"],
        there=there_in(world),
        **more,
    )
