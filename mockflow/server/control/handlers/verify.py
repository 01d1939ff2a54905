"""Expectations of what clients asked, and the story that explains why one does not hold."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from mockflow.cluster.journal import Exchange as Kept
from mockflow.core.base.durations import format_duration
from mockflow.core.base.steps import Steps, at_once
from mockflow.core.opensearch.rest_paths import problem_of_operation
from mockflow.server.control import requests, views
from mockflow.server.control.call import ControlCall, read_body
from mockflow.server.control.errors import ControlError
from mockflow.server.control.exchange import Exchange
from mockflow.server.control.handlers.journal import not_served_by, number_in, parts_of
from mockflow.server.control.handlers.workflows import detail_of
from mockflow.server.control.polls import SeveralPolledError, polling_of
from mockflow.server.control.story import story_of
from mockflow.server.control.story_hints import hints
from mockflow.server.rest.pauses import with_pauses
from mockflow.server.rest.worker import in_thread

_EXACT_BELOW_MS: Final = 10


def verify(call: ControlCall) -> views.Verified:
    """Checks the expectations; 422 with the story for one that does not hold, 400 for an unknown operation.

    409 for a number of calls that the journal cannot know, because it has dropped some.
    """
    try:
        return at_once(_verify(call))
    except _UnmetError as unmet:
        raise ControlError(422, str(unmet), story=at_once(_story(call, 0))()) from None


async def verify_in_loop(call: ControlCall) -> views.Verified:
    """As `verify`, with pauses in which clients are answered. What they ask meanwhile is not looked at."""
    try:
        return await with_pauses(_verify(call))
    except _UnmetError as unmet:
        raise ControlError(422, str(unmet), story=await _story_in_loop(call, 0)) from None


def get_story(call: ControlCall) -> views.StoryView:
    """The story of the requests with a number above `since`."""
    return views.StoryView(story=at_once(_story(call, number_in(call.query, "since") or 0))())


async def get_story_in_loop(call: ControlCall) -> views.StoryView:
    """As `get_story`, with pauses in which clients are answered."""
    return views.StoryView(story=await _story_in_loop(call, number_in(call.query, "since") or 0))


async def _story_in_loop(call: ControlCall, since: int) -> str:
    while True:
        world = call.world
        story = await with_pauses(_story(call, since))
        if call.world is world:  # it was not reset meanwhile
            return await in_thread(story)


class _UnmetError(Exception):
    """An expectation does not hold."""


def _verify(call: ControlCall) -> Steps[views.Verified]:
    body = read_body(call, requests.Expectations)
    calls = (yield from _calls(call, body.called)) if body.called else None
    polls = (yield from _polls(call, body.polling)) if body.polling else None
    return views.Verified(calls=calls, polls=polls)


def _calls(call: ControlCall, wanted: requests.Called) -> Steps[int]:
    if problem := problem_of_operation(wanted.operation):
        raise ControlError(400, problem)
    number = 0
    for exchange in list(call.world.journal):
        number += (
            exchange.operation == wanted.operation
            and wanted.status in (None, exchange.status)
            and (wanted.workflow_id is None or exchange.workflow_id == wanted.workflow_id)
        )
        yield
    if wanted.times is not None and number <= wanted.times and (dropped := call.world.journal.dropped):
        raise ControlError(
            409,
            f"how often {wanted.operation} was called is not known: the journal has dropped {dropped} earlier requests "
            f"and keeps the last {len(call.world.journal)}. DELETE /_mockflow/journal before what is to be verified",
        )
    if number == wanted.times if wanted.times is not None else number:
        return number
    about = "".join(
        f" {word} {value}"
        for word, value in (("for workflow", wanted.workflow_id), ("answered with", wanted.status))
        if value is not None
    )
    often = "at least once" if wanted.times is None else _times(wanted.times)
    raise _UnmetError(f"expected {wanted.operation} to be called{about} {often}, but it was called {_times(number)}")


def _polls(call: ControlCall, wanted: requests.PollingExpected) -> Steps[int]:
    exchanges = yield from _told(call, list(call.world.journal))
    try:
        polling = polling_of(exchanges, wanted.workflow_id)
    except SeveralPolledError as error:
        raise _UnmetError(str(error)) from None
    if not polling.count:
        about = "" if wanted.workflow_id is None else f" for workflow {wanted.workflow_id}"
        raise _UnmetError(f"no status call was answered{about}")
    least, most = wanted.min_interval, wanted.max_interval
    for poll, interval, which in polling.measured(wanted.clock):
        wrong = ""
        if least is not None and interval < least:
            wrong = f"faster than {format_duration(least)}"
        elif most is not None and interval > most:
            wrong = f"slower than {format_duration(most)}"
        if wrong:
            number = polling.polls.index(poll) + 1
            after = f"{_interval_text(interval)} after the one before it ({which} clock)"
            raise _UnmetError(f"poll {number} came {after}, {wrong}")
    if wanted.stops_after_terminal and (more := polling.after_terminal):
        raise _UnmetError(f"{more} poll{'s' * (more != 1)} after the end of the workflow")
    return polling.count


def _story(call: ControlCall, since: int) -> Steps[Callable[[], str]]:
    """What writes the story: in any thread, from values."""
    world, counted = call.world, call.world.journal.counted
    kept = yield from _told(call, world.journal.latest(0, _MOST_TOLD))
    parts = yield from parts_of(world)
    exchanges = [one for one in kept if one.number > since]
    touched = {exchange.workflow_id for exchange in exchanges}
    workflows: list[views.WorkflowDetail] = []
    for workflow in list(world.living()):
        if call.world is not world:  # it was reset
            break
        if world.holds(workflow) and (workflow.id in touched or (workflow.run is not None and not since)):
            workflows.append(detail_of(call.cluster, workflow))
        yield
    unused = [part for part in parts if part.run in _ACT and not (part.seen or part.optional or since)]
    write = partial(
        story_of,
        exchanges,
        workflows,
        mode=world.clock.mode,
        counted=counted - since,
        earlier=[one for one in kept if one.number <= since],
        stuck=None if since else world.stuck,
        waiting=world.waits.texts(world.clock),
        not_served=() if since else not_served_by(world),
        hints=[*hints(exchanges, [workflow.id for workflow in world.living()], world.clock.mode)],
    )
    return lambda: write(unused=[views.PartView(**vars(part)).text() for part in unused])


_ACT: Final = ("plans", "faults", "outages", "stubs", "models")
_MOST_TOLD: Final = 1_000
"""The exchanges that a story looks at, the latest ones."""


def _told(call: ControlCall, exchanges: Iterable[Kept]) -> Steps[list[Exchange]]:
    began, told = call.world.began, list[Exchange]()
    for one in exchanges:
        told.append(Exchange.from_json(one.as_json(began)))
        yield
    return told


def _times(number: int) -> str:
    return f"{number} time{'s' * (number != 1)}"


def _interval_text(interval: float) -> str:
    is_exact = interval < _EXACT_BELOW_MS and interval % 1
    return f"{interval:.3f}ms" if is_exact else format_duration(round(interval))
