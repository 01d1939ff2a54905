"""The journal in Python: what was asked, how often and how far apart, and whether that is as it should be."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal
from urllib.parse import urlencode

from mockflow.core.durations import format_duration, parse_duration
from mockflow.core.status import FINAL_STATES
from mockflow.handle.clock import Duration, milliseconds
from mockflow.handle.exchange import Exchange
from mockflow.handle.story import told
from mockflow.handle.transport import Transport

WhichClock = Literal["virtual", "wall"]


@dataclass(frozen=True)
class Polling:
    """How a consumer polled one workflow."""

    polls: tuple[Exchange, ...]

    @property
    def count(self) -> int:
        return len(self.polls)

    @property
    def first(self) -> Exchange | None:
        return self.polls[0] if self.polls else None

    @property
    def last(self) -> Exchange | None:
        return self.polls[-1] if self.polls else None

    @property
    def intervals(self) -> list[int]:
        """Virtual milliseconds from each poll to the next."""
        return [later.elapsed - earlier.elapsed for earlier, later in pairwise(self.polls)]

    @property
    def wall_intervals(self) -> list[float]:
        """Milliseconds by the wall clock from each poll to the next."""
        return [(later.wall - earlier.wall) * 1000 for earlier, later in pairwise(self.polls)]

    @property
    def after_terminal(self) -> int:
        """How many polls came after one that told COMPLETED or FAILED."""
        terminal = next((n for n, poll in enumerate(self.polls) if poll.state in FINAL_STATES), None)
        return 0 if terminal is None else len(self.polls) - terminal - 1


class JournalHandle:
    """What clients asked this cluster and what they were told, the oldest first.

    >>> with MockFlow("scenarios/docs-example.yaml") as cluster:
    ...     deploy(cluster.url)
    ...     cluster.journal.assert_called("get_status", times=3)
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def requests(
        self, operation: str | None = None, workflow_id: str | None = None, status: int | None = None
    ) -> list[Exchange]:
        """The exchanges of one operation (its name in the API specification), workflow or HTTP status."""
        wanted = {"operation": operation, "workflow_id": workflow_id, "status": status}
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        entries = self._transport.ask("GET", f"/journal?{query}" if query else "/journal")
        return [Exchange.from_json(entry) for entry in entries["exchanges"]]

    def clear(self) -> None:
        """Forgets what was asked so far."""
        self._transport.ask("DELETE", "/journal")

    def polling(self, workflow_id: str | None = None) -> Polling:
        """The status calls that a workflow answered. Without an id, of the only workflow that was polled."""
        polls = [exchange for exchange in self.requests("get_status", workflow_id) if exchange.is_poll]
        polled = sorted({str(poll.workflow_id) for poll in polls})
        if len(polled) > 1:
            raise self._failed(f"{len(polled)} workflows were polled; name one of {', '.join(polled)}")
        return Polling(tuple(polls))

    def story(self) -> str:
        """What was asked when, what was answered, and what the script said."""
        workflows = [
            self._transport.ask("GET", f"/workflows/{workflow['workflow_id']}")
            for workflow in self._transport.ask("GET", "/workflows")
        ]
        exchanges = self.requests()
        touched = {exchange.workflow_id for exchange in exchanges}
        mode = self._transport.ask("GET", "/clock")["mode"]
        return told(exchanges, [w for w in workflows if w["begun"] or w["workflow_id"] in touched], mode)

    def assert_called(
        self, operation: str, *, times: int | None = None, workflow_id: str | None = None, status: int | None = None
    ) -> None:
        """Fails unless the operation was called so many times; without `times`, at least once."""
        number = len(self.requests(operation, workflow_id, status))
        if number != times if times is not None else not number:
            wanted = "at least once" if times is None else f"{times} time{'s' * (times != 1)}"
            raise self._failed(f"{operation} was to be called {wanted}, and was called {number} times")

    def assert_polling(
        self,
        workflow_id: str | None = None,
        *,
        min_interval: Duration | None = None,
        max_interval: Duration | None = None,
        stops_after_terminal: bool = True,
        clock: WhichClock | None = None,
    ) -> None:
        """Fails where a consumer polls too fast, too slowly, or on after COMPLETED or FAILED; or not at all.

        `clock` is the one by which intervals count: ``virtual``, or ``wall`` for milliseconds that really passed.
        By default virtual, but in mode auto, where time moves by looks, wall.
        """
        polling = self.polling(workflow_id)
        if not polling.count:
            raise self._failed("no status call was answered" + (f" for workflow {workflow_id}" if workflow_id else ""))
        if clock is None:
            clock = "wall" if self._transport.ask("GET", "/clock")["mode"] == "auto" else "virtual"
        intervals: Sequence[float] = polling.intervals if clock == "virtual" else polling.wall_intervals
        for bound, is_broken, wrong in (
            (min_interval, float.__lt__, "faster than"),
            (max_interval, float.__gt__, "slower than"),
        ):
            limit = None if bound is None else parse_duration(milliseconds(bound))
            for number, interval in enumerate(intervals, 2):
                if limit is not None and is_broken(float(interval), float(limit)):
                    raise self._failed(
                        f"poll {number} came {_told(interval)} after the one before it ({clock} clock), "
                        f"{wrong} {format_duration(limit)}"
                    )
        if stops_after_terminal and polling.after_terminal:
            number = polling.after_terminal
            raise self._failed(f"{number} poll{'s' * (number != 1)} after the workflow had come to its end")

    def _failed(self, message: str) -> AssertionError:
        return AssertionError(f"{message}\n\n{self.story()}")


def _told(interval: float) -> str:
    return f"{interval:.3f}ms" if interval < _ROUGHLY else format_duration(round(interval))


_ROUGHLY: Final = 10
