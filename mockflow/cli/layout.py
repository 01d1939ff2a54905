"""Where things lie in the picture of a run: pure, and the same for terminal and SVG.

A run comes as its moments, as the owner's door tells them. They are placed on one axis; a part that waits for a poll
follows the one before it. `spread` then shares the width out, so that a short stretch beside a long one is seen too.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Final

from mockflow.core.plugin.status import PROGRESS_OF_STATE

Resource = Mapping[str, str]


@dataclass(frozen=True)
class Stop:
    """One moment of a run, and what is new from then on. `at` is virtual ms on the axis, `label` its time in words."""

    at: int
    label: str
    state: str
    waits: bool = False
    """Whether a poll that has not come yet leads here; until then its place on the axis is a guess."""
    created: tuple[Resource, ...] = ()
    gone: tuple[Resource, ...] = ()
    error: str = ""
    told: tuple[str, ...] = ()
    """Other fields that are new, have changed or are gone, in words."""


@dataclass(frozen=True)
class Shade:
    """When a fault or a phase of an outage may act, in elapsed ms of the run; `end` None: for ever."""

    begin: int
    end: int | None
    what: str

    def __str__(self) -> str:
        return f"{told_time(self.begin)} to {'the end' if self.end is None else told_time(self.end)}: {self.what}"


@dataclass(frozen=True)
class Band:
    """A stretch of one state: the numbers of its first stop, and of the one that ends it (that may be none)."""

    state: str
    first: int
    end: int


@dataclass(frozen=True)
class Strip:
    """A run as it is drawn: its stops in order, the bands that they begin, and what goes wrong over time."""

    stops: tuple[Stop, ...]
    bands: tuple[Band, ...]
    shades: tuple[Shade, ...] = ()

    @property
    def lengths(self) -> tuple[int, ...]:
        """How long each stop holds, in ms; the last one, which holds for ever, gets an eighth of the whole at least."""
        times = [stop.at for stop in self.stops]
        gaps = [after - before for before, after in pairwise(times)]
        shaded = max((shade.end or shade.begin for shade in self.shades), default=0) - times[-1]
        return (*gaps, max(sum(gaps) // _TAIL, shaded * 9 // 8, 1))

    def place(self, at: float, edges: Sequence[float]) -> float:
        """Where the time `at` lies between the `edges` of the stops, as `spread` gives them."""
        number = max((n for n, stop in enumerate(self.stops) if stop.at <= at), default=0)
        part = (at - self.stops[number].at) / max(self.lengths[number], 1)
        return edges[number] + (edges[number + 1] - edges[number]) * min(max(part, 0), 1)

    def span(self, shade: Shade, edges: Sequence[float]) -> tuple[float, float]:
        """Where a shade begins and ends between the edges."""
        return self.place(shade.begin, edges), edges[-1] if shade.end is None else self.place(shade.end, edges)


_TAIL: Final = 8


def strip_of(
    moments: Iterable[Mapping[str, Any]], before: Mapping[str, Any] | None = None, shades: Iterable[Shade] = ()
) -> Strip:
    """Places a run's moments, which are at least one; `before` is the status that it begins from."""
    stops: list[Stop] = []
    before = before or {}
    begun = 0  # where the part that is being placed begins
    for moment in moments:
        poll, after = moment["at_poll"], moment["after_poll_ms"]
        if moment["at_ms"] is not None:
            at = moment["at_ms"]
        else:
            begun = stops[-1].at if not after else begun
            at = begun + after
        label = f"poll {poll}{_later(after)}" if poll else told_time(at)
        status = moment["status"]
        stops.append(_stop(at, label, status, before, waits=moment["at_ms"] is None and not after))
        before = status
    return Strip(tuple(stops), _bands(stops), tuple(shades))


def told_time(milliseconds: int) -> str:
    """A time for people's eyes: ``700ms``, ``30.5s``, ``1m35s``, ``2h``."""
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
    """Edges from 0 to `total`: stretches as wide as their lengths, but none narrower than its minimum.

    Where there is no room for all minimums, they share what there is.
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
    """In proportion to the lengths; those that would be too narrow get their minimum, and the others the rest."""
    narrow: set[int] = set()
    while True:
        free = total - sum(minimums[n] for n in narrow)
        length = sum(lengths[n] for n in range(len(lengths)) if n not in narrow)
        scale = free / length if length else 0
        found = {n for n in range(len(lengths)) if n not in narrow and lengths[n] * scale < minimums[n]}
        if not found:
            return [minimums[n] if n in narrow else lengths[n] * scale for n in range(len(lengths))]
        narrow |= found


def _stop(at: int, label: str, status: Mapping[str, Any], before: Mapping[str, Any], *, waits: bool) -> Stop:
    state = status.get("state")
    held, listed = before.get("resources_created") or [], status.get("resources_created") or []
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
        created=tuple(resource for resource in listed if resource not in held),
        gone=tuple(resource for resource in held if resource not in listed),
        error=error if error and error != before.get("error") else "",
        told=(
            *(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in changed.items()),
            *(f"no {name} any more" for name in gone),
        ),
    )


# What the picture shows in its own way.
_DRAWN: Final = frozenset({"state", "error", "resources_created", "workflow_id", "provisioning_progress"})
# Told where a script has written them; what is derived is known only once a run has begun.
_TIMES: Final = frozenset({"provision_start_time", "provision_end_time"})


def _later(milliseconds: int) -> str:
    return f" +{told_time(milliseconds)}" if milliseconds else ""


def _bands(stops: Sequence[Stop]) -> tuple[Band, ...]:
    bands = []
    for state, group in groupby(enumerate(stops), key=lambda pair: pair[1].state):
        numbers = [number for number, _ in group]
        bands.append(Band(state, numbers[0], numbers[-1] + 1))
    return tuple(bands)
