"""The journal of requests and responses, and the coverage of scripts by them."""

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Any, Final

from mockflow.cluster import World
from mockflow.cluster.coverage import Part
from mockflow.cluster.journal import Exchange
from mockflow.core.base.steps import Steps, at_once
from mockflow.server.control import har, views
from mockflow.server.control.call import ControlCall, LongList
from mockflow.server.control.errors import ControlError
from mockflow.server.rest.pauses import with_pauses

_MAX_DIGITS: Final = 15
_HEAD: Final = 500  # about the bytes of an exchange without bodies
_PART: Final = 200  # and of a part of the coverage


def get_journal(call: ControlCall) -> LongList[Exchange]:
    """The requests and responses that match the filters.

    With `limit` the latest of them, but with `after` the first ones with a number above it.
    """
    exchanges, following = _chosen(call)
    return _journal(call, exchanges, following)


def get_archive(call: ControlCall) -> LongList[Exchange]:
    """The requests and responses that match the filters, as an HTTP Archive."""
    exchanges, _ = _chosen(call)
    host, path, began = call.cluster.publish_address, call.cluster.path, call.world.began

    def written(exchange: Exchange) -> dict[str, Any]:
        return har.entry(exchange.as_json(began), host, path)

    return LongList(har.archive, exchanges, written, _size(exchanges))


def _chosen(call: ControlCall) -> tuple[list[Exchange], int | None]:
    """The exchanges, and the value of `after` for those that follow; None if there are none."""
    query = call.query
    limit, after = number_in(query, "limit"), number_in(query, "after")
    chosen: Iterable[Exchange] = call.world.journal.select(
        operation=query.get("operation"),
        workflow_id=query.get("workflow_id"),
        status=number_in(query, "status"),
        since=max(number_in(query, "since") or 0, after or 0),
    )
    following = None
    if after is None:
        exchanges = list(chosen if limit is None else deque(chosen, maxlen=limit))
    else:
        exchanges = list(chosen if limit is None else islice(chosen, limit + 1))
        if limit is not None and len(exchanges) > limit:
            del exchanges[limit:]
            following = exchanges[-1].number if exchanges else after
    return exchanges, following


def clear_journal(call: ControlCall) -> LongList[Exchange]:
    """Removes all entries."""
    call.world.journal.clear()
    return _journal(call, [])


def get_exchange(call: ControlCall) -> views.ExchangeView:
    """One entry by its number; 404 for one that is not kept."""
    journal = call.world.journal
    text = call.values["number"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else 0
    found = journal.get(number)
    if found is None:
        raise ControlError(404, f"no exchange {text} in the journal; it keeps the last {len(journal)}")
    return views.ExchangeView(**found.as_json(call.world.began))


def get_coverage(call: ControlCall) -> LongList[Part]:
    """The parts of the loaded scripts, seen or not."""
    return at_once(_coverage(call))


async def get_coverage_in_loop(call: ControlCall) -> LongList[Part]:
    """As `get_coverage`, with pauses in which clients are answered: each part is told as it is when its turn comes."""
    return await with_pauses(_coverage(call))


def _coverage(call: ControlCall) -> Steps[LongList[Part]]:
    world = call.world
    parts = yield from parts_of(world)
    problems: list[str] = []
    for workflow in list(world.workflows.values()):
        problems += (f"workflow {workflow.id}: {problem}" for problem in workflow.input_problems)
        yield
    view = views.CoverageView(input_problems=problems, not_served=not_served_by(world), parts=[])

    def around(written: list[Any]) -> dict[str, Any]:
        return {**view.model_dump(), "parts": written}

    return LongList(around, parts, lambda part: views.PartView(**vars(part)).model_dump(), len(parts) * _PART)


def parts_of(world: World) -> Steps[list[Part]]:
    """The parts of the loaded scripts, seen or not."""
    parts: list[Part] = []
    for part in chain(
        world.coverage.parts([loaded.scenario for loaded in world.scenarios.values()]),
        world.active.parts(),
        world.model_scripts.parts(),
        world.coverage.added(world.next_steps),
    ):
        parts.append(part)
        yield
    return parts


def not_served_by(world: World) -> list[views.NotServedView]:
    """What clients have asked that OpenSearch has and mockflow does not serve."""
    return [views.NotServedView(**vars(kind), stub=kind.stub) for kind in world.not_served]


def _journal(call: ControlCall, exchanges: list[Exchange], following: int | None = None) -> LongList[Exchange]:
    world, began = call.world, call.world.began
    view = views.JournalView(
        counted=world.journal.counted,
        stuck=world.stuck,
        waiting=world.waits.texts(world.clock),
        next=following,
        exchanges=[],
    )

    def around(written: list[Any]) -> dict[str, Any]:
        return {**view.model_dump(), "exchanges": written}

    return LongList(around, exchanges, lambda exchange: exchange.as_json(began), _size(exchanges))


def _size(exchanges: list[Exchange]) -> int:
    return sum(len(exchange.request_body) + len(exchange.response_body) + _HEAD for exchange in exchanges)


def number_in(query: Mapping[str, str], name: str) -> int | None:
    """A query parameter that is a whole number; None where it is missing. ControlError 400 for another text."""
    text = query.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_DIGITS:
        raise ControlError(400, f'{name}: "{text}" is not a whole number')
    return int(text)
