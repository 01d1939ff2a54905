"""The journal of requests and responses, and the coverage of scripts by them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mockflow.cluster import Cluster
from mockflow.cluster.journal import Exchange
from mockflow.server.control import har, views
from mockflow.server.control.call import ControlCall, ControlError

_MAX_DIGITS: Final = 15


def get_journal(call: ControlCall) -> views.JournalView:
    """The requests and responses that match the filters."""
    return _journal(call.cluster, _chosen(call))


def get_archive(call: ControlCall) -> dict[str, Any]:
    """The requests and responses that match the filters, as an HTTP Archive."""
    entries = [exchange.as_json(call.world.began) for exchange in _chosen(call)]
    return har.archive(entries, default_host=call.cluster.publish_address)


def _chosen(call: ControlCall) -> list[Exchange]:
    query = call.query
    return call.world.journal.select(
        operation=query.get("operation"),
        workflow_id=query.get("workflow_id"),
        status=number_in(query, "status"),
        since=number_in(query, "since") or 0,
    )


def clear_journal(call: ControlCall) -> views.JournalView:
    """Removes all entries."""
    call.world.journal.clear()
    return _journal(call.cluster, ())


def get_exchange(call: ControlCall) -> views.ExchangeView:
    """One entry by its number; 404 for one that is not kept."""
    journal = call.world.journal
    text = call.values["number"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else 0
    found = journal.latest(number - 1, len(journal)) if number else []
    if not found or found[0].number != number:
        raise ControlError(404, f"no exchange {text} in the journal; it keeps the last {len(journal)}")
    return views.ExchangeView(**found[0].as_json(call.world.began))


def get_coverage(call: ControlCall) -> views.CoverageView:
    """The parts of the loaded scripts, seen or not."""
    cluster = call.cluster
    parts = [
        *cluster.world.coverage.parts(loaded.scenario for loaded in cluster.world.scenarios.values()),
        *cluster.world.active.parts(),
        *cluster.world.coverage.added(cluster.world.next_steps),
    ]
    problems = [
        f"workflow {workflow.id}: {problem}"
        for workflow in cluster.world.workflows.values()
        for problem in workflow.input_problems
    ]
    return views.CoverageView(
        parts=[views.PartView(**vars(part)) for part in parts],
        input_problems=problems,
        not_served=[views.NotServedView(**vars(kind), stub=kind.stub) for kind in cluster.world.not_served],
    )


def _journal(cluster: Cluster, exchanges: Iterable[Exchange]) -> views.JournalView:
    return views.JournalView(
        counted=cluster.world.journal.counted,
        stuck=cluster.world.stuck,
        waiting=cluster.world.waits.texts(cluster.world.clock),
        exchanges=[views.ExchangeView(**exchange.as_json(cluster.world.began)) for exchange in exchanges],
    )


def number_in(query: Mapping[str, str], name: str) -> int | None:
    """A query parameter that is a whole number; None where it is missing. ControlError 400 for another text."""
    text = query.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_DIGITS:
        raise ControlError(400, f'{name}: "{text}" is not a whole number')
    return int(text)
