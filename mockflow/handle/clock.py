"""The handle of the cluster's virtual clock."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from mockflow.handle.errors import MockFlowError
from mockflow.handle.transport import Transport

Duration = str | int | timedelta
"""An OpenSearch time unit such as ``"3s"``, whole milliseconds, or a timedelta."""


class ClockHandle:
    """Virtual time of the whole cluster: auto, frozen, or real at a speed.

    >>> with MockFlow("scenarios/docs-example.yaml", clock="frozen") as cluster:
    ...     cluster.clock.advance("3s")
    ...     cluster.clock.elapsed
    3000
    """

    def __init__(self, transport: Transport, only_workflow: Callable[[], str]) -> None:
        self._transport = transport
        self._only_workflow = only_workflow

    @property
    def mode(self) -> str:
        """``auto``, ``frozen`` or ``real``; ``driven`` while sleep is patched."""
        return str(self._get()["mode"])

    @property
    def now(self) -> int:
        """Epoch milliseconds."""
        return int(self._get()["now"])

    @property
    def elapsed(self) -> int:
        """Milliseconds since the start or the last reset."""
        return int(self._get()["elapsed_ms"])

    @property
    def speed(self) -> float:
        """Virtual seconds for each second of the wall clock, in mode real."""
        return float(self._get()["speed"])

    @speed.setter
    def speed(self, speed: float) -> None:
        self._change(speed=speed)

    def auto(self) -> None:
        """Lets time skip to the next moment after each poll: a polling loop sees every keyframe and never waits."""
        self.set_mode("auto")

    def freeze(self) -> None:
        """Stops time; only `advance`, `advance_to` and `next` move it."""
        self.set_mode("frozen")

    def real(self, speed: float | None = None) -> None:
        """Lets time run at `speed`, above 0 and at most a million; the default is the current speed."""
        if speed is not None:
            self.speed = speed
        self.set_mode("real")

    def set_mode(self, mode: str) -> None:
        """Sets the mode: `auto`, `frozen`, `real`, or `driven` (moved by sleeps and by waiting requests)."""
        self._change(mode=mode)

    def advance(self, duration: Duration) -> None:
        """Moves time forward, in any mode. Raises MockFlowError for an invalid duration.

        >>> cluster.clock.advance(timedelta(minutes=1))
        """
        self._change(advance=milliseconds(duration))

    def advance_to(self, state: str, workflow_id: str | None = None) -> None:
        """Moves time to the moment at which the workflow reaches `state`; does nothing if it is in that state.

        `workflow_id` defaults to the only workflow. Raises NeverComesError if time alone never leads there: the state
        is not in the timeline, is past, or depends on a poll or a provisioning.

        >>> cluster.clock.advance_to(state="COMPLETED")
        """
        self._change(until={"workflow_id": self._named(workflow_id), "state": state})

    def next(self, workflow_id: str | None = None) -> None:
        """Moves time to the workflow's next moment. Polls that its script waits for count as made.

        `workflow_id` defaults to the only workflow. Raises NeverComesError at the end of the timeline.
        """
        self._change(next=self._named(workflow_id))

    def _named(self, workflow_id: str | None) -> str:
        return self._only_workflow() if workflow_id is None else workflow_id

    def _get(self) -> Any:
        return self._transport.ask("GET", "/clock")

    def _change(self, **change: Any) -> None:
        self._transport.ask("POST", "/clock", change)

    def __repr__(self) -> str:
        clock = self._get()
        speed = f" at speed {clock['speed']:g}" if clock["mode"] == "real" else ""
        return f"<clock: {clock['mode']}{speed}, {clock['elapsed_ms']} ms elapsed>"


def milliseconds(duration: Duration) -> str:
    """A duration in the form that the control API takes."""
    if isinstance(duration, timedelta):
        duration = round(duration.total_seconds() * 1000)
    if isinstance(duration, bool) or not isinstance(duration, (str, int)):
        raise MockFlowError(f'expected a time such as "3s", whole milliseconds or a timedelta, not {duration!r}')
    return f"{duration}ms" if isinstance(duration, int) else duration
