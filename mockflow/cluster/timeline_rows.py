"""A run's timeline as the control API shows it: a row for each moment, bounded.

The rows of a long timeline would list the same resources again and again. Each row therefore has the differences to the
row before, and the whole lists are in the rows only where they are short together.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from mockflow.core.plugin.resource_list import Differences
from mockflow.core.plugin.status import ALL_FIELDS, Fields, KeyframeTime, Resource
from mockflow.core.script.run import Run
from mockflow.core.script.timeline import Position

MAX_LISTED: Final = 3_000
"""The entries that the lists of all rows have together at most; with more, no row has its list."""

_NO_BOUND: Final = 10**9


@dataclass(frozen=True)
class Timeline:
    """Rows, and how many moments and entries of differences they leave out."""

    rows: list[dict[str, Any]]
    moments_left_out: int = 0
    resources_left_out: int = 0


def timeline_of(
    run: Run,
    before: Iterable[Resource] | None = None,
    *,
    most_moments: int = _NO_BOUND,
    most_resources: int = _NO_BOUND,
) -> Timeline:
    """The rows of a run. `before` are the resources before it.

    Of more than `most_moments` moments those stay at which the state changes, as far as there is room, and others at
    equal distances. The differences have `most_resources` entries in all; what is beyond is left out.
    """
    positions = [Position(n, place) for n, one in enumerate(run.timeline.segments) for place in range(len(one.offsets))]
    kept = _kept([run.timeline.fields(one).get("state") for one in positions], most_moments)
    listed = [run.timeline.fields(positions[number]).get("resources_created") or () for number in kept]
    has_lists = sum(map(len, listed)) <= MAX_LISTED
    differences = Differences(before)
    room, left_out, last = most_resources, 0, -1
    rows = []
    for number, resources in zip(kept, listed, strict=True):
        changes = differences.to(resources)
        created, gone = (list(islice(entries, room)) for entries in changes)
        gone = gone[: room - len(created)]
        left_out += sum(map(len, changes)) - len(created) - len(gone)
        room -= len(created) + len(gone)
        rows.append(
            {
                **_time(run, positions[number]),
                "left_out": number - last - 1,
                "resources": len(resources),
                "created": created,
                "gone": gone,
                "status": dict(_status(run.timeline.fields(positions[number]), with_list=has_lists)),
            }
        )
        last = number
    return Timeline(rows, len(positions) - len(kept), left_out)


def _time(run: Run, position: Position) -> Mapping[str, int | None]:
    segment = run.timeline.segments[position.segment]
    offset = segment.offsets[position.place]
    begun = run.begun[position.segment] if position.segment < len(run.begun) else None
    return {
        "keyframe": segment.keyframes[position.place],
        "at_ms": None if begun is None else begun + offset,
        "at_poll": segment.poll or None,
        "after_poll_ms": offset if segment.poll else None,
    }


def _status(fields: Fields, *, with_list: bool) -> Iterator[tuple[str, Any]]:
    """The fields in their order. Times that depend on the run's beginning are left out."""
    for name in ALL_FIELDS:
        value = fields.get(name)
        if name == "resources_created":
            if value is not None and with_list:
                yield name, list(value)
        elif name in fields and not isinstance(value, KeyframeTime):
            yield name, value


def _kept(states: list[str | None], most: int) -> list[int]:
    """The indexes of the moments that stay: the first, the last, changes of state, and others at equal distances."""
    count = len(states)
    if count <= most:
        return list(range(count))
    changes = [number for number in range(1, count) if states[number] != states[number - 1]]
    fixed = {0, count - 1, *changes[: max(most // 2, 0)]}
    others = [number for number in range(count) if number not in fixed]
    room = most - len(fixed)
    fixed.update(others[number * len(others) // room] for number in range(room))
    return sorted(fixed)
