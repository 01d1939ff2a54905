"""What a page is told of a cluster while it is open: server-sent events, each the difference to the one before.

Nobody tells the feed anything. It looks, some times a second and only while somebody is connected, so a server
without a page pays nothing. What comes between two looks is told at once; a client that is slow to take one message
gets the next one later, and nothing piles up for it.
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
from mockflow.server.http.messages import Response, Streamed

INTERVAL_SECONDS: Final = 0.1
MAX_WORKFLOWS: Final = 500
"""So many in one message; the others follow in the next ones."""
MAX_EXCHANGES: Final = 50
MAX_FIRST_EXCHANGES: Final = 1_000
_MAX_TOLD: Final = 300  # characters of what an answer said
_SHARE: Final = 9  # rests so many times as long as a look took
_SILENCE_LOOKS: Final = 50  # after which the clock is told again: the page sets its own by it, and the line stays open

WorkflowView = Callable[[Cluster, Workflow], BaseModel]


def stream(cluster: Cluster, view: WorkflowView) -> Response:
    """Server-sent events until the client goes or the server stops; `view` is what is told of a workflow."""
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Streamed(
        200, content_type="text/event-stream; charset=utf-8", headers=headers, chunks=_events(cluster, view)
    )


async def _events(cluster: Cluster, view: WorkflowView) -> AsyncGenerator[bytes, None]:
    feed = Feed(cluster, view)
    yield b"retry: 1000\n\n"
    while not cluster.world.clock.closed:
        began = perf_counter()
        if message := feed.look():
            yield b"data: %b\n\n" % json.dumps(message, separators=(",", ":")).encode()
        await asyncio.sleep(max(INTERVAL_SECONDS, _SHARE * (perf_counter() - began)))


@dataclass(slots=True)
class _Told:
    """A workflow as it was told last."""

    workflow: Workflow
    scenario: Scenario | None
    run: Run | None
    lead: int
    polls: int
    revision: int
    holds_until: int | None
    """The elapsed ms at which time changes it."""

    def has_timeline_of(self, workflow: Workflow) -> bool:
        return self.workflow is workflow and self.run is workflow.run and self.scenario is workflow.scenario

    def still_holds(self, workflow: Workflow, elapsed: int) -> bool:
        """Whether nothing but the count of polls may have changed."""
        in_time = self.holds_until is None or elapsed < self.holds_until
        return in_time and self.lead == workflow.lead and self.has_timeline_of(workflow)


class Feed:
    """What one page has been told. Each `look` tells what differs by now:

    ``whole``: true where the page shall forget what it knew: the first message, and in a new world.
    ``clock``: as ``GET /_mockflow/clock``; ``clock_ms`` is the clock without ``lead_ms``, by which auto is ahead.
    ``workflows``: those that changed, as ``GET /_mockflow/workflows``; ``zero_ms`` is the time of ``clock_ms`` at
    which a run's elapsed time is 0 (null: not begun), and another ``revision`` means another timeline.
    ``polls``: the counts of those of which nothing else changed. ``gone``: ids. ``total``: how many there are.
    ``journal``: ``counted`` in all, the number of the ``oldest`` that is kept, and of the new ``exchanges`` the
    latest, each without bodies and headers, with ``told``: the state or the error's reason.
    ``scenarios``: true where the list of scenarios or its problems changed.
    """

    def __init__(self, cluster: Cluster, view: WorkflowView) -> None:
        self._cluster = cluster
        self._view = view
        self._world: object = None
        self._revision = 0

    def look(self) -> dict[str, Any] | None:
        """The next message; None where nothing has changed."""
        message: dict[str, Any] = {}
        if self._world is not self._cluster.world.journal:
            self._forget()
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

    def _forget(self) -> None:
        self._world = self._cluster.world.journal  # each world has its own
        self._clock_told: object = None
        self._looks = 0
        self._told: dict[str, _Told] = {}
        self._counted = 0
        self._oldest = 1
        self._at_most = MAX_FIRST_EXCHANGES
        self._scenarios_told: list[Any] = []

    # -- clock ---------------------------------------------------------------------------------------

    def _clock(self) -> dict[str, Any] | None:
        cluster, clock = self._cluster, self._cluster.world.clock
        state = (clock, clock.changes, cluster.world.lead)
        self._looks += 1
        if state == self._clock_told and self._looks < _SILENCE_LOOKS:
            return None
        self._clock_told, self._looks = state, 0
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
            told, elapsed = self._told.get(workflow.id), cluster.world.elapsed(workflow)
            if told and told.still_holds(workflow, elapsed):
                if told.polls != workflow.polls:
                    told.polls = polls[workflow.id] = workflow.polls
            elif len(changed) < MAX_WORKFLOWS:
                changed.append(self._tell(workflow, elapsed, told))
        gone = list(self._told.keys() - {workflow.id for workflow in living})
        for workflow_id in gone:
            del self._told[workflow_id]
        total = len(living) if changed or gone else None
        return [("workflows", changed), ("polls", polls), ("gone", gone), ("total", total)]

    def _tell(self, workflow: Workflow, elapsed: int, told: _Told | None) -> dict[str, Any]:
        run = workflow.run
        if told and told.has_timeline_of(workflow):
            revision = told.revision
        else:
            revision = self._revision = self._revision + 1
        holds_until = run.next_time(elapsed) if run else None
        self._told[workflow.id] = _Told(
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
        if len(state) == len(self._scenarios_told) and all(map(is_, state, self._scenarios_told)):
            return None
        self._scenarios_told = state
        return True


def _summary(exchange: Exchange, began: int) -> dict[str, Any]:
    """An exchange in one line of a journal, and what it was told in a word or a sentence."""
    summary = exchange.as_json(began)
    response = summary.pop("response")
    del summary["request"]
    return {**summary, "told": _told(response)}


def _told(response: Any) -> str | None:
    if not isinstance(response, dict):
        return None
    error = response.get("error", response.get("state"))
    reason = error.get("reason") or error.get("type") if isinstance(error, dict) else error
    return str(reason)[:_MAX_TOLD] if reason else None
