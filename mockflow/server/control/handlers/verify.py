"""Expectations of what clients asked, and the story that explains why one does not hold."""

from collections.abc import Iterable
from typing import Final

from mockflow.core.base.durations import format_duration
from mockflow.core.base.suggest import closest
from mockflow.core.opensearch.rest_paths import is_operation
from mockflow.server.answer import ROUTER
from mockflow.server.control import requests, views
from mockflow.server.control.call import ControlCall, ControlError, read_body
from mockflow.server.control.exchange import Exchange
from mockflow.server.control.handlers.journal import get_coverage, number_in
from mockflow.server.control.handlers.workflows import detail_of
from mockflow.server.control.polls import SeveralPolledError, polling_of
from mockflow.server.control.story import story_of
from mockflow.server.control.story_hints import hints

_EXACT_BELOW_MS: Final = 10


def verify(call: ControlCall) -> views.Verified:
    """Checks the expectations; 422 with the story for one that does not hold, 400 for an unknown operation."""
    body = read_body(call, requests.Expectations)
    return views.Verified(
        calls=_calls(call, body.called) if body.called else None,
        polls=_polls(call, body.polling) if body.polling else None,
    )


def get_story(call: ControlCall) -> views.StoryView:
    """The story of the requests with a number above `since`."""
    return views.StoryView(story=_story(call, number_in(call.query, "since") or 0))


def _calls(call: ControlCall, wanted: requests.Called) -> int:
    if wanted.operation not in ROUTER.operations and not is_operation(wanted.operation):
        advice = closest(wanted.operation, ROUTER.operations)
        hint = f"; did you mean {advice}?" if advice else ""
        raise ControlError(400, f'no operation "{wanted.operation}"{hint}')
    number = _count(
        call.world.journal.select(operation=wanted.operation, workflow_id=wanted.workflow_id, status=wanted.status)
    )
    if number == wanted.times if wanted.times is not None else number:
        return number
    about = "".join(
        f" {word} {value}"
        for word, value in (("for workflow", wanted.workflow_id), ("answered with", wanted.status))
        if value is not None
    )
    often = "at least once" if wanted.times is None else _times(wanted.times)
    raise _failed(call, f"expected {wanted.operation} to be called{about} {often}, but it was called {_times(number)}")


def _polls(call: ControlCall, wanted: requests.PollingExpected) -> int:
    try:
        polling = polling_of(_exchanges(call), wanted.workflow_id)
    except SeveralPolledError as error:
        raise _failed(call, str(error)) from None
    if not polling.count:
        about = "" if wanted.workflow_id is None else f" for workflow {wanted.workflow_id}"
        raise _failed(call, f"no status call was answered{about}")
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
            raise _failed(call, f"poll {number} came {after}, {wrong}")
    if wanted.stops_after_terminal and (more := polling.after_terminal):
        raise _failed(call, f"{more} poll{'s' * (more != 1)} after the end of the workflow")
    return polling.count


def _failed(call: ControlCall, message: str) -> ControlError:
    return ControlError(422, message, story=_story(call, 0))


def _story(call: ControlCall, since: int) -> str:
    world, coverage = call.world, get_coverage(call)
    began, journal = world.began, world.journal
    kept = [Exchange.from_json(one.as_json(began)) for one in journal.latest(0, _MOST_TOLD)]
    exchanges = [one for one in kept if one.number > since]
    touched = {exchange.workflow_id for exchange in exchanges}
    return story_of(
        exchanges,
        [
            detail_of(call.cluster, workflow)
            for workflow in world.living()
            if workflow.id in touched or (workflow.run is not None and not since)
        ],
        mode=world.clock.mode,
        counted=world.journal.counted - since,
        earlier=[one for one in kept if one.number <= since],
        stuck=None if since else world.stuck,
        waiting=world.waits.texts(world.clock),
        unused=[
            part.text() for part in coverage.parts if part.run in _ACT and not (part.seen or part.optional or since)
        ],
        not_served=() if since else coverage.not_served,
        hints=[*hints(exchanges, [workflow.id for workflow in world.living()], world.clock.mode)],
    )


_ACT: Final = ("plans", "faults", "outages", "stubs", "models")
_MOST_TOLD: Final = 1_000
"""The exchanges that a story looks at, the latest ones, so that it does not hold the server."""


def _exchanges(call: ControlCall) -> list[Exchange]:
    began = call.world.began
    return [Exchange.from_json(one.as_json(began)) for one in call.world.journal]


def _count(chosen: Iterable[object]) -> int:
    return sum(1 for _ in chosen)


def _times(number: int) -> str:
    return f"{number} time{'s' * (number != 1)}"


def _interval_text(interval: float) -> str:
    is_exact = interval < _EXACT_BELOW_MS and interval % 1
    return f"{interval:.3f}ms" if is_exact else format_duration(round(interval))
