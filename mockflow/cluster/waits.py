"""Requests that wait on the virtual clock now: who waits for what, and what would move the clock."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mockflow.cluster.clock import Clock
from mockflow.core.base.durations import format_duration
from mockflow.core.base.secrets import target_without_secrets


@dataclass(eq=False, frozen=True)
class Wait:
    """A request that waits for `what`; `left` returns the virtual ms until then, None where time does not bring it."""

    method: str
    target: str
    what: str
    left: Callable[[], int | None]

    def text(self, clock: Clock) -> str:
        """The request, what it waits for, and what would end the wait."""
        left = self.left()
        request = f"{self.method} {target_without_secrets(self.target)} waits for {self.what}"
        if left is None:
            return f"{request}, and time alone does not bring it"
        step = format_duration(max(left, 0))
        if clock.mode != "frozen":
            return f"{request}, {step} from now"
        return (
            f'{request}, {step} from now; the clock is frozen, and {{"advance": "{step}"}} to /_mockflow/clock '
            f'moves it there (in Python clock.advance("{step}"), from another thread)'
        )


class Waits:
    """The waits of one world, the oldest first."""

    def __init__(self) -> None:
        self._waits: dict[Wait, None] = {}
        self.ended_at: int | None = None
        """The number of changes of the clock when a wait was ended because nothing moved the clock."""

    def __iter__(self) -> Iterator[Wait]:
        return iter(tuple(self._waits))

    def begin(self, wait: Wait) -> None:
        """From now on the request waits."""
        self._waits[wait] = None

    def end(self, wait: Wait) -> None:
        """It waits no more."""
        del self._waits[wait]

    def texts(self, clock: Clock) -> list[str]:
        """The text of each wait."""
        return [wait.text(clock) for wait in self._waits]
