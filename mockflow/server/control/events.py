"""The event stream that an open page follows: server-sent events, each with the changes since the one before.

The feed polls the cluster, ten times a second at most, and only while a client is connected. Without a page it costs
nothing. All changes between two polls are in one message. A client that reads slowly gets the next message later, and
no messages are queued for it.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from operator import is_
from time import perf_counter
from typing import Any, Final

from pydantic import BaseModel

from mockflow.cluster import Cluster, Workflow
from mockflow.cluster.journal import Exchange
from mockflow.core.scenario.model import Scenario
from mockflow.core.script.run import Run
from mockflow.server.http.messages import Response, StreamedResponse

INTERVAL_SECONDS: Final = 0.1
MAX_WORKFLOWS: Final = 500
"""The maximum in one message; others follow in the next ones."""
MAX_EXCHANGES: Final = 50
MAX_FIRST_EXCHANGES: Final = 1_000
_MAX_SUMMARY: Final = 300  # characters of a response's state or error
_PAUSE_FACTOR: Final = 9  # the pause between two polls, as a multiple of the time of one
_CLOCK_INTERVAL: Final = 50  # polls after which the clock is sent even if unchanged; it keeps the connection open

WorkflowView = Callable[[Cluster, Workflow], BaseModel]


def stream(cluster: Cluster, view: WorkflowView) -> Response:
    """Server-sent events until the client disconnects or the server stops; `view` makes the entry of a workflow."""
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return StreamedResponse(
        200, content_type="text/event-stream; charset=utf-8", headers=headers, chunks=_events(cluster, view)
    )


async def _events(cluster: Cluster, view: WorkflowView) -> AsyncGenerator[bytes, None]:
    feed = Feed(cluster, view)
    yield b"retry: 1000\n\n"
    while not cluster.world.clock.closed:
        began = perf_counter()
        if message := feed.next_message():
            yield b"data: %b\n\n" % json.dumps(message, separators=(",", ":")).encode()
        await asyncio.sleep(max(INTERVAL_SECONDS, _PAUSE_FACTOR * (perf_counter() - began)))


@dataclass(slots=True)
class _Sent:
    """A workflow as it was sent last."""

    workflow: Workflow
    scenario: Scenario | None
    run: Run | None
    lead: int
    polls: int
    revision: int
    holds_until: int | None
    """The elapsed ms of its next change by time."""

    def has_timeline_of(self, workflow: Workflow) -> bool:
        return self.workflow is workflow and self.run is workflow.run and self.scenario is workflow.scenario

    def still_holds(self, workflow: Workflow, elapsed: int) -> bool:
        """Whether at most the count of polls has changed."""
        in_time = self.holds_until is None or elapsed < self.holds_until
        return in_time and self.lead == workflow.lead and self.has_timeline_of(workflow)


class Feed:
    """The state that one client has received. `next_message` returns the changes since then:

    ``whole``: true if the client has to drop its state: in the first message, and after a reset.
    ``clock``: as ``GET /_mockflow/clock``; ``clock_ms`` is the clock without ``lead_ms``, by which auto is ahead.
    ``workflows``: those with changes, as ``GET /_mockflow/workflows``; ``zero_ms`` is the time of ``clock_ms`` at
    which a run's elapsed time is 0 (null: not begun), and another ``revision`` means another timeline.
    ``polls``: the counts of those that have no other change. ``gone``: ids. ``total``: the number of workflows.
    ``journal``: the number of all entries (``counted``), the number of the ``oldest`` one that is kept, and the latest
    new ``exchanges``, each without bodies and headers, with ``told``: the state or the error's reason.
    ``scenarios``: true if the list of scenarios or its problems changed.
    """

    def __init__(self, cluster: Cluster, view: WorkflowView) -> None:
        self._cluster = cluster
        self._view = view
        self._world: object = None
        self._revision = 0

    def next_message(self) -> dict[str, Any] | None:
        """The next message; None if nothing has changed."""
        message: dict[str, Any] = {}
        if self._world is not self._cluster.world.journal:
            self._start_over()
            message["whole"] = True
        for name, value in (
            ("clock", self._clock()),
            *self._workflows(),
            ("journal", self._journal()),
            ("scenarios", self._scenarios()),
        ):
            if value not in (None, [], {}):
                message[name] = value
        return message or None

    def _start_over(self) -> None:
        self._world = self._cluster.world.journal  # each world has a journal of its own
        self._clock_sent: object = None
        self._polls_since_clock = 0
        self._sent: dict[str, _Sent] = {}
        self._counted = 0
        self._oldest = 1
        self._at_most = MAX_FIRST_EXCHANGES
        self._scenarios_sent: list[Any] = []

    # -- clock ---------------------------------------------------------------------------------------

    def _clock(self) -> dict[str, Any] | None:
        cluster, clock = self._cluster, self._cluster.world.clock
        state = (clock, clock.changes, cluster.world.lead)
        self._polls_since_clock += 1
        if state == self._clock_sent and self._polls_since_clock < _CLOCK_INTERVAL:
            return None
        self._clock_sent, self._polls_since_clock = state, 0
        clock_ms = clock.now()
        return {
            "now": clock_ms + cluster.world.lead,
            "elapsed_ms": clock_ms + cluster.world.lead - cluster.world.began,
            "mode": clock.mode,
            "speed": clock.speed,
            "clock_ms": clock_ms,
            "lead_ms": cluster.world.lead,
        }

    # -- workflows -----------------------------------------------------------------------------------

    def _workflows(self) -> list[tuple[str, Any]]:
        cluster = self._cluster
        changed: list[dict[str, Any]] = []
        polls: dict[str, int] = {}
        living = list(cluster.world.living())
        for workflow in living:
            sent, elapsed = self._sent.get(workflow.id), cluster.world.elapsed(workflow)
            if sent and sent.still_holds(workflow, elapsed):
                if sent.polls != workflow.polls:
                    sent.polls = polls[workflow.id] = workflow.polls
            elif len(changed) < MAX_WORKFLOWS:
                changed.append(self._entry(workflow, elapsed, sent))
        there = {workflow.id for workflow in living}
        gone = [workflow_id for workflow_id in self._sent if workflow_id not in there]
        for workflow_id in gone:
            del self._sent[workflow_id]
        total = len(living) if changed or gone else None
        return [("workflows", changed), ("polls", polls), ("gone", gone), ("total", total)]

    def _entry(self, workflow: Workflow, elapsed: int, sent: _Sent | None) -> dict[str, Any]:
        run = workflow.run
        if sent and sent.has_timeline_of(workflow):
            revision = sent.revision
        else:
            revision = self._revision = self._revision + 1
        holds_until = run.next_time(elapsed) if run else None
        self._sent[workflow.id] = _Sent(
            workflow, workflow.scenario, run, workflow.lead, workflow.polls, revision, holds_until
        )
        return {
            **self._view(self._cluster, workflow).model_dump(),
            "zero_ms": run.started - workflow.lead if run else None,
            "revision": revision,
        }

    # -- journal -------------------------------------------------------------------------------------

    def _journal(self) -> dict[str, Any] | None:
        journal = self._cluster.world.journal
        oldest = journal.counted - len(journal) + 1
        at_most, self._at_most = self._at_most, MAX_EXCHANGES
        cleared = len(journal) == 0 and self._oldest != oldest
        if journal.counted == self._counted and not cleared:
            return None
        exchanges = journal.latest(self._counted, at_most)
        self._counted, self._oldest = journal.counted, oldest
        began = self._cluster.world.began
        return {
            "counted": journal.counted,
            "oldest": oldest,
            "stuck": self._cluster.world.stuck,
            "exchanges": [_summary(exchange, began) for exchange in exchanges],
        }

    # -- scenarios -----------------------------------------------------------------------------------

    def _scenarios(self) -> bool | None:
        state = [*self._cluster.world.scenarios.values(), *self._cluster.problems]
        if len(state) == len(self._scenarios_sent) and all(map(is_, state, self._scenarios_sent)):
            return None
        self._scenarios_sent = state
        return True


def _summary(exchange: Exchange, began: int) -> dict[str, Any]:
    """A journal entry without headers and bodies, with the state or error of its response as ``told``."""
    summary = exchange.as_json(began)
    response = summary.pop("response")
    del summary["request"]
    return {**summary, "told": _state_or_error(response)}


def _state_or_error(response: Any) -> str | None:
    if not isinstance(response, dict):
        return None
    error = response.get("error", response.get("state"))
    reason = error.get("reason") or error.get("type") if isinstance(error, dict) else error
    return str(reason)[:_MAX_SUMMARY] if reason else None
