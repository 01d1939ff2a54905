"""Faults that are added while the cluster runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from mockflow.handle.clock import Duration, milliseconds
from mockflow.handle.errors import MockFlowError
from mockflow.handle.transport import Transport

Respond = str | Mapping[str, Any]
"""A preset's name, or {status, headers, body}."""
Delay = Duration | Mapping[str, Any]
"""A duration, or {uniform: {min, max}} or {lognormal: {median, sigma}}."""


class FaultHandle:
    """A fault that was added by `ClusterHandle.fail`.

    >>> fault = cluster.fail("get_status", respond="unauthorized")
    >>> fault.acted
    0
    >>> fault.remove()
    """

    def __init__(self, transport: Transport, number: int) -> None:
        self._transport = transport
        self._number = number

    @property
    def calls(self) -> int:
        """How many calls of its operations there were since it was added."""
        return int(self._view()["calls"])

    @property
    def acted(self) -> int:
        """On how many of these calls it acted."""
        return int(self._view()["acted"])

    def remove(self) -> None:
        """Removes the fault. Raises MockFlowError if it was removed before."""
        self._transport.ask("DELETE", f"/faults/{self._number}")

    def _view(self) -> dict[str, Any]:
        views: list[dict[str, Any]] = self._transport.ask("GET", "/faults")
        return next((view for view in views if view["id"] == self._number), {"calls": 0, "acted": 0})

    def __repr__(self) -> str:
        return f"<Fault {self._view().get('fault', '(removed)')}>"


def script_of(
    on: str | Sequence[str],
    *,
    times: int | None = None,
    respond: Respond | None = None,
    delay: Delay | None = None,
    connection: str | None = None,
    state: str | None = None,
    **keys: Any,
) -> dict[str, Any]:
    """A fault in the scenario language. Arguments that are None are left out."""
    if times is not None and times < 1:
        raise MockFlowError(f"times is at least 1, not {times}")
    script = {
        "on": on if isinstance(on, str) else list(on),
        "calls": None if times is None else f"1..{times}",
        "while": None if state is None else {"state": state},
        "respond": dict(respond) if isinstance(respond, Mapping) else respond,
        "delay": dict(delay) if isinstance(delay, Mapping) else None if delay is None else milliseconds(delay),
        "connection": connection,
        **keys,
    }
    return {key: value for key, value in script.items() if value is not None}
