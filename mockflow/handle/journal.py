"""The journal in Python: the requests of clients, and assertions about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

from mockflow.core.base.durations import format_duration, parse_duration
from mockflow.core.base.suggest import closest
from mockflow.core.opensearch.rest_paths import is_operation
from mockflow.core.plugin.status import FINAL_STATES
from mockflow.handle.clock import Duration, milliseconds
from mockflow.handle.coverage import Coverage
from mockflow.handle.errors import MockFlowError
from mockflow.handle.exchange import Exchange
from mockflow.handle.story import story_of
from mockflow.handle.transport import Transport
from mockflow.server.answer import ROUTER

WhichClock = Literal["virtual", "wall"]


@dataclass(frozen=True)
class Polling:
    """The polls of one workflow. A poll is a status call that the workflow itself answered with 200."""

    runs: tuple[tuple[Exchange, ...], ...]
    """The polls of each run. A request that begins another run begins another group."""

    @property
    def polls(self) -> tuple[Exchange, ...]:
        """All polls, the oldest first."""
        return tuple(chain.from_iterable(self.runs))

    @property
    def count(self) -> int:
        """How many polls there were."""
        return len(self.polls)

    @property
    def first(self) -> Exchange | None:
        """The first poll; None if there was none."""
        return next(iter(self.polls), None)

    @property
    def last(self) -> Exchange | None:
        """The last poll; None if there was none."""
        return next(reversed(self.polls), None)

    @property
    def intervals(self) -> list[int]:
        """Virtual milliseconds from each poll to the next of the same run.

        In mode auto the polls themselves move the time, so these intervals do not show how the program waits.
        """
        return [later.elapsed - earlier.elapsed for earlier, later in self._pairs()]

    @property
    def wall_intervals(self) -> list[float]:
        """Wall-clock milliseconds from each poll to the next of the same run."""
        return [(later.wall - earlier.wall) * 1000 for earlier, later in self._pairs()]

    @property
    def after_terminal(self) -> int:
        """How many polls came after one that returned COMPLETED or FAILED, the end of its run."""
        ends = (next((n for n, poll in enumerate(run, 1) if poll.state in FINAL_STATES), len(run)) for run in self.runs)
        return sum(len(run) - end for run, end in zip(self.runs, ends, strict=True))

    def measured(self, clock: WhichClock | None) -> list[tuple[Exchange, float, WhichClock]]:
        """Each poll except a run's first, the ms since the poll before, and the clock they are measured by.

        `clock` None stands for wall if either poll was made in mode auto, else for virtual.
        """
        found: list[tuple[Exchange, float, WhichClock]] = []
        for earlier, later in self._pairs():
            which = clock or ("wall" if "auto" in (earlier.mode, later.mode) else "virtual")
            wall = (later.wall - earlier.wall) * 1000
            found.append((later, wall if which == "wall" else later.elapsed - earlier.elapsed, which))
        return found

    def _pairs(self) -> Iterable[tuple[Exchange, Exchange]]:
        return chain.from_iterable(map(pairwise, self.runs))


class JournalHandle:
    """The requests of clients and their responses, the oldest first.

    The last 10,000 exchanges since the start or the last reset are kept, with 64 KiB of each body, and 64 MiB of all
    large ones: older ones are cut short. Credentials in headers and bodies are hidden.

    >>> with MockFlow("scenarios/docs-example.yaml") as cluster:
    ...     deploy(cluster.url)
    ...     cluster.journal.assert_called("get_status", times=3)
    'COMPLETED'
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def requests(
        self, operation: str | None = None, workflow_id: str | None = None, status: int | None = None
    ) -> list[Exchange]:
        """The exchanges; the arguments select those of one operation, workflow or HTTP status.

        `operation` is a name in the API specification. Requests without a response have status 0. Raises MockFlowError
        for one that OpenSearch has not.

        >>> [request.state for request in cluster.journal.requests("get_status")]
        []
        """
        return [Exchange.from_json(entry) for entry in self._read(operation, workflow_id, status)["exchanges"]]

    def clear(self) -> None:
        """Removes all exchanges; the numbering continues."""
        self._transport.ask("DELETE", "/journal")

    def polling(self, workflow_id: str | None = None) -> Polling:
        """The polls of a workflow; without an id, of the only one that was polled.

        Raises AssertionError if no id is given and several workflows were polled.
        """
        exchanges = self.requests(workflow_id=workflow_id)
        polled = {str(exchange.workflow_id) for exchange in exchanges if exchange.is_poll}
        if len(polled) > 1:
            raise self._failed(f"{len(polled)} workflows were polled; name one of {', '.join(sorted(polled))}")
        runs: list[list[Exchange]] = [[]]
        for exchange in exchanges:
            if exchange.is_poll:
                runs[-1].append(exchange)
            elif exchange.workflow_id in polled and exchange.begins_run:
                runs.append([])
        return Polling(tuple(tuple(run) for run in runs if run))

    def story(self) -> str:
        """The requests, their responses and the timelines of the workflows, as the text that a failed assertion has."""
        workflows = [
            self._transport.ask("GET", f"/workflows/{quote(workflow['workflow_id'], safe='')}")
            for workflow in self._transport.ask("GET", "/workflows")
        ]
        journal = self._read()
        exchanges = [Exchange.from_json(entry) for entry in journal["exchanges"]]
        touched = {exchange.workflow_id for exchange in exchanges}
        mode = self._transport.ask("GET", "/clock")["mode"]
        concerned = [w for w in workflows if w["begun"] or w["workflow_id"] in touched]
        coverage = Coverage.from_json(self._transport.ask("GET", "/coverage"))
        return story_of(
            exchanges,
            concerned,
            mode=mode,
            counted=journal["counted"],
            unused=list(map(str, coverage.never_acted)),
            not_served=coverage.not_served,
        )

    def assert_called(
        self, operation: str, *, times: int | None = None, workflow_id: str | None = None, status: int | None = None
    ) -> None:
        """Raises AssertionError, with the story, unless there were `times` calls, by default at least one.

        `operation` is a name in the API specification, such as get_status, create, provision. Raises MockFlowError for
        one that OpenSearch has not.
        """
        number = len(self.requests(operation, workflow_id, status))
        if number != times if times is not None else not number:
            about = "".join(
                f" {word} {value}"
                for word, value in (("for workflow", workflow_id), ("answered with", status))
                if value is not None
            )
            wanted = "at least once" if times is None else _times(times)
            raise self._failed(f"expected {operation} to be called{about} {wanted}, but it was called {_times(number)}")

    def assert_polling(
        self,
        workflow_id: str | None = None,
        *,
        min_interval: Duration | None = None,
        max_interval: Duration | None = None,
        stops_after_terminal: bool = True,
        clock: WhichClock | None = None,
    ) -> None:
        """Raises AssertionError, with the story, if polls were too frequent, too rare, missing, or went on too long.

        `stops_after_terminal` forbids polls after COMPLETED or FAILED, until a request begins another run. `clock` is
        the clock that measures intervals, ``virtual`` or ``wall``. The default is virtual, but wall for polls that were
        made in mode auto, where the polls themselves move the time. `workflow_id` defaults to the only workflow that
        was polled.
        """
        polling = self.polling(workflow_id)
        if not polling.count:
            raise self._failed("no status call was answered" + (f" for workflow {workflow_id}" if workflow_id else ""))
        least, most = _limit("min_interval", min_interval), _limit("max_interval", max_interval)
        for poll, interval, which in polling.measured(clock):
            wrong = ""
            if least is not None and interval < least:
                wrong = f"faster than {format_duration(least)}"
            elif most is not None and interval > most:
                wrong = f"slower than {format_duration(most)}"
            if wrong:
                number = polling.polls.index(poll) + 1
                after = f"{_interval_text(interval)} after the one before it ({which} clock)"
                raise self._failed(f"poll {number} came {after}, {wrong}")
        if stops_after_terminal and (more := polling.after_terminal):
            raise self._failed(f"{more} poll{'s' * (more != 1)} after the end of the workflow")

    def _read(
        self, operation: str | None = None, workflow_id: str | None = None, status: int | None = None
    ) -> dict[str, Any]:
        if operation is not None and operation not in ROUTER.operations and not is_operation(operation):
            advice = closest(operation, ROUTER.operations)
            raise MockFlowError(f'no operation "{operation}"' + (f"; did you mean {advice}?" if advice else ""))
        wanted = {"operation": operation, "workflow_id": workflow_id, "status": status}
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        exchanges: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:  # in pages, so that no request takes long
            page = self._transport.ask("GET", f"/journal?after={after}&limit={_PAGE}&{query}".rstrip("&"))
            exchanges += page["exchanges"]
            after = page["next"]
        return {**page, "exchanges": exchanges}

    def _failed(self, message: str) -> AssertionError:
        return AssertionError(f"{message}\n\n{self.story()}")


def _times(number: int) -> str:
    return f"{number} time{'s' * (number != 1)}"


def _limit(name: str, bound: Duration | None) -> int | None:
    try:
        return None if bound is None else parse_duration(milliseconds(bound))
    except ValueError as error:
        raise MockFlowError(f"{name}: {error}") from None


def _interval_text(interval: float) -> str:
    is_exact = interval < _EXACT_BELOW_MS and interval % 1
    return f"{interval:.3f}ms" if is_exact else format_duration(round(interval))


_EXACT_BELOW_MS: Final = 10
_PAGE: Final = 200  # exchanges
