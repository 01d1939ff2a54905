"""Status reads, polls among them, and the detection of clients that poll although nothing can change any more."""

import logging
from typing import Final

from mockflow.cluster import runs, skipping
from mockflow.cluster.moments import next_moment
from mockflow.cluster.workflow import Workflow
from mockflow.cluster.world import World
from mockflow.core.base.durations import format_duration
from mockflow.core.plugin.status import Document

log: Final = logging.getLogger("mockflow")


class StuckError(Exception):
    """A client polls for ever where nothing can change any more."""


def poll(world: World, workflow_id: str, *, show_all: bool = False) -> Document:
    """The response to one `GET _status`, which counts as a poll. In mode auto the run then skips to its next moment.

    Raises UnknownWorkflowError, and StuckError where the settings say that it ends such a client's polls.
    """
    workflow = world.with_status(workflow_id)
    if workflow.run is None:
        if workflow.begins == "provision":
            workflow.same_answers += 1
            if workflow.same_answers >= world.settings.max_polls:
                _report_stuck(world, workflow)
            return workflow.idle_document(show_all=show_all)
        world.begin(workflow, runs.for_status_read(world, workflow))
    elapsed = world.elapsed(workflow)
    in_turn = world.clock.mode == "auto"
    run = workflow.run
    document = workflow.poll(elapsed, show_all=show_all, in_turn=in_turn)
    if workflow.run is not run:
        world.clock.notify()  # an at_poll was reached, so the end of the run may be known now
    if in_turn:
        skipping.to_next_moment(world, workflow, elapsed)
    if workflow.same_answers >= world.settings.max_polls:
        _report_stuck(world, workflow)
    return document


def peek(world: World, workflow_id: str, *, show_all: bool) -> Document:
    """The response that a poll would get now. It does not count as a poll. Raises UnknownWorkflowError."""
    workflow = world.with_status(workflow_id)
    if workflow.run is None:
        return workflow.idle_document(show_all=show_all)
    return workflow.document(workflow.run, workflow.run.position(world.elapsed(workflow)), show_all=show_all)


def mark_seen(world: World, workflow: Workflow) -> None:
    """Counts the keyframe now as seen, for a response that shows the status and is no poll."""
    workflow.mark_seen(world.elapsed(workflow))


def count_faulty(world: World, workflow: Workflow, fault: str) -> None:
    """Counts a status call that a fault answered without moving time. Raises StuckError as `poll` does."""
    workflow.same_answers += 1
    if workflow.same_answers >= world.settings.max_polls:
        _report_stuck(world, workflow, fault)


def _report_stuck(world: World, workflow: Workflow, fault: str | None = None) -> None:
    """Where nothing can change any more, logs a warning once or, by the settings, raises StuckError.

    The warning follows the response number `max_polls`; the error replaces the one after it.
    """
    most, ends = world.settings.max_polls, world.settings.ends_stuck
    if workflow.same_answers > most and not ends and world.clock.mode not in ("frozen", "driven"):
        return  # it was logged then, or had no reason; where the clock has to be moved, another count matters
    times, reason = (
        (workflow.same_answers, f", because a fault answers them ({fault})") if fault else _why_stuck(world, workflow)
    )
    if reason is None or times < most + ends or (times > most and not ends):
        return
    message = f"workflow {workflow.id}: the same answer {times - ends} times{reason}"
    if ends:
        world.stuck = world.stuck or message
        raise StuckError(message)
    log.warning("%s", message)


def _why_stuck(world: World, workflow: Workflow) -> tuple[int, str | None]:
    """The number of equal responses; why its status does not change, and what would change it.

    Without a reason, time or polls change it. Where the clock has to be moved, responses count since it was moved last.
    """
    same = workflow.same_answers
    if workflow.run is None:
        return same, ", and nothing changes before a client provisions it"
    elapsed = world.elapsed(workflow)
    following = next_moment(world, workflow, elapsed)
    if following is None:
        return same, None if workflow.run.next_poll else ", and nothing in its script changes any more"
    here = min(same, workflow.same_time)
    if world.clock.mode == "driven":
        return here, ", and only the sleep of the program under test moves the clock"
    if world.clock.mode != "frozen":
        return here, None
    step = format_duration(following - elapsed)
    return here, f'; the clock is frozen, and {{"advance": "{step}"}} to /_mockflow/clock brings its next moment'
