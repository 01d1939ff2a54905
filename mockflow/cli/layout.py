"""The layout of a run's picture, shared by terminal and SVG. Pure.

The input is the run's moments as the control API returns them. They are placed on one axis; a part that waits for a
poll follows the part before. `spread` then distributes the width so that short stretches beside long ones are visible.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any, Final

from mockflow.core.plugin.resource_list import Differences
from mockflow.core.plugin.status import PROGRESS_OF_STATE

Resource = Mapping[str, str]


@dataclass(frozen=True)
class Stop:
    """One moment of a run with its changes. `at` is the virtual ms on the axis, `label` the text of the time."""

    at: int
    label: str
    state: str
    waits: bool = False
    """Whether the moment waits for a poll that has not arrived; its place on the axis is an estimate until then."""
    created: tuple[Resource, ...] = ()
    gone: tuple[Resource, ...] = ()
    error: str = ""
    notes: tuple[str, ...] = ()
    """Descriptions of other fields that were added, changed or removed."""


@dataclass(frozen=True)
class Shade:
    """The period of a fault or a phase of an outage, in elapsed ms of the run. `end` None: without end."""

    begin: int
    end: int | None
    what: str

    def __str__(self) -> str:
        return f"{time_text(self.begin)} to {'the end' if self.end is None else time_text(self.end)}: {self.what}"


@dataclass(frozen=True)
class Band:
    """A stretch of one state: the index of its first stop, and the index after its last one."""

    state: str
    first: int
    end: int


@dataclass(frozen=True)
class Strip:
    """The picture of a run: its stops in order, the bands of states, and the periods of faults and outages."""

    stops: tuple[Stop, ...]
    bands: tuple[Band, ...]
    shades: tuple[Shade, ...] = ()

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """The length of each stop in ms. The last one has no end and gets at least an eighth of the whole."""
        times = [stop.at for stop in self.stops]
        gaps = [after - before for before, after in pairwise(times)]
        shaded = max((shade.end or shade.begin for shade in self.shades), default=0) - times[-1]
        return (*gaps, max(sum(gaps) // _TAIL, shaded * 9 // 8, 1))

    def place(self, at: float, edges: Sequence[float]) -> float:
        """The position of the time `at`, given the `edges` of the stops from `spread`."""
        number = max(bisect_right(self.stops, at, key=lambda stop: stop.at) - 1, 0)
        part = (at - self.stops[number].at) / max(self.lengths[number], 1)
        return edges[number] + (edges[number + 1] - edges[number]) * min(max(part, 0), 1)

    def span(self, shade: Shade, edges: Sequence[float]) -> tuple[float, float]:
        """The positions of the begin and the end of a shade."""
        return self.place(shade.begin, edges), edges[-1] if shade.end is None else self.place(shade.end, edges)


_TAIL: Final = 8


def strip_of(
    moments: Iterable[Mapping[str, Any]], before: Mapping[str, Any] | None = None, shades: Iterable[Shade] = ()
) -> Strip:
    """Places a run's moments, at least one. `before` is the status before the run."""
    stops: list[Stop] = []
    before = before or {}
    differences = Differences(before.get("resources_created"))
    begun = 0  # the begin of the current part
    for moment in moments:
        poll, after = moment["at_poll"], moment["after_poll_ms"]
        if moment["at_ms"] is not None:
            at = moment["at_ms"]
        else:
            begun = stops[-1].at if not after else begun
            at = begun + after
        label = f"poll {poll}{_later(after)}" if poll else time_text(at)
        status = moment["status"]
        if "created" in moment:
            changes = moment["created"], moment["gone"]
        else:  # a server of an older version
            changes = differences.to(status.get("resources_created"))
        stops.append(_stop(at, label, status, before, changes, waits=moment["at_ms"] is None and not after))
        before = status
    return Strip(tuple(stops), _bands(stops), tuple(shades))


def time_text(milliseconds: int) -> str:
    """A time in a short form: ``700ms``, ``30.5s``, ``1m35s``, ``2h``."""
    if milliseconds < _SECOND:
        return f"{milliseconds}ms" if milliseconds else "0s"
    parts = []
    for unit, size in (("d", 86_400 * _SECOND), ("h", 3_600 * _SECOND), ("m", 60 * _SECOND)):
        count, milliseconds = divmod(milliseconds, size)
        parts += [f"{count}{unit}"] if count else []
    if milliseconds:
        parts.append(f"{milliseconds / _SECOND:.3f}".rstrip("0").rstrip(".") + "s")
    return "".join(parts)


_SECOND: Final = 1000


def spread(lengths: Sequence[float], minimums: Sequence[float], total: float) -> list[float]:
    """The edges of stretches from 0 to `total`, in proportion to their lengths, but none narrower than its minimum.

    If there is no room for all minimums, these share the width in proportion.
    """
    wanted = sum(minimums)
    if wanted >= total:
        widths = [minimum * total / wanted for minimum in minimums]
    else:
        widths = _widths(lengths, minimums, total)
    edges = [0.0]
    for width in widths:
        edges.append(edges[-1] + width)
    return edges


def _widths(lengths: Sequence[float], minimums: Sequence[float], total: float) -> list[float]:
    """Widths in proportion to the lengths. Those that would be too narrow get their minimum, the others the rest."""
    narrow: set[int] = set()
    while True:
        free = total - sum(minimums[n] for n in narrow)
        length = sum(lengths[n] for n in range(len(lengths)) if n not in narrow)
        scale = free / length if length else 0
        found = {n for n in range(len(lengths)) if n not in narrow and lengths[n] * scale < minimums[n]}
        if not found:
            return [minimums[n] if n in narrow else lengths[n] * scale for n in range(len(lengths))]
        narrow |= found


def _stop(
    at: int,
    label: str,
    status: Mapping[str, Any],
    before: Mapping[str, Any],
    changes: tuple[Iterable[Resource], Iterable[Resource]],
    *,
    waits: bool,
) -> Stop:
    state = status.get("state")
    error = status.get("error")
    changed = {name: value for name, value in status.items() if name not in _DRAWN and before.get(name) != value}
    gone = [name for name in before if name not in status and name not in _DRAWN | _TIMES]
    progress = status.get("provisioning_progress")
    if progress != PROGRESS_OF_STATE.get(state or "") and progress != before.get("provisioning_progress"):
        changed["provisioning_progress"] = progress
    return Stop(
        at,
        label,
        "(no state)" if state is None else state,
        waits,
        created=tuple(changes[0]),
        gone=tuple(changes[1]),
        error=error if error and error != before.get("error") else "",
        notes=(
            *(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in changed.items()),
            *(f"no {name} any more" for name in gone),
        ),
    )


# Fields that the picture shows by other means.
_DRAWN: Final = frozenset({"state", "error", "resources_created", "workflow_id", "provisioning_progress"})
# Fields that are shown only if a script sets them; derived values are unknown before a run begins.
_TIMES: Final = frozenset({"provision_start_time", "provision_end_time"})


def _later(milliseconds: int) -> str:
    return f" +{time_text(milliseconds)}" if milliseconds else ""


def _bands(stops: Sequence[Stop]) -> tuple[Band, ...]:
    bands = []
    for state, group in groupby(enumerate(stops), key=lambda pair: pair[1].state):
        numbers = [number for number, _ in group]
        bands.append(Band(state, numbers[0], numbers[-1] + 1))
    return tuple(bands)
