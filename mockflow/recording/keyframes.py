"""Turns the observed status changes of a run into keyframes.

A change took effect between the status read that showed it and the read before. The plugin reports when a run began
and ended (`provision_start_time`, `provision_end_time`). These times place the first and the last keyframe exactly.
The cluster's clock and the recorder's may differ. The skew used is the smallest one that puts every reported time
between the two reads around it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from mockflow.core.base.durations import UNITS_MS, format_duration
from mockflow.core.plugin.resource_list import ResourceList
from mockflow.core.plugin.status import ALL_FIELDS, FINAL_STATES, KeyframeTime
from mockflow.core.script.compiler import Fold, Place
from mockflow.core.script.models import Keyframe
from mockflow.recording.status_history import Change

Status = Mapping[str, Any]

_MAX_SKEW: Final = 10 * UNITS_MS["m"]  # reported times that imply a larger skew are not used
_LATENCY: Final = 5 * UNITS_MS["s"]  # the longest time between the effect of a request and its response
_LONG_AGO: Final = UNITS_MS["h"]  # an unfinished run that began earlier than this starts at the first status read
_DERIVED: Final = ("provisioning_progress", "provision_start_time", "provision_end_time")
_WRITTEN: Final = tuple(name for name in ALL_FIELDS if name not in (*_DERIVED, "resources_created"))


@dataclass(frozen=True)
class Run:
    """An observed run. `origin` is when its elapsed time began, in ms of the recorder's clock."""

    origin: int
    keyframes: tuple[Keyframe, ...]


class _Moment(NamedTuple):
    at: int
    status: Status
    complete: bool


def run_of(changes: Sequence[Change], *, epoch: int, origin: int | None = None, from_first_read: bool = False) -> Run:
    """The run that `changes` (at least one) describe. `epoch` is the recorder's time 0 in epoch ms.

    The elapsed time counts from `origin`, the time of the request that began the run. If no such request was seen, it
    counts from `provision_start_time`, or from the first status read if that is earlier or `from_first_read` is set.
    """
    begun_by_client = origin is not None
    skew = _skew(changes, epoch) if origin is None else _skew_at(changes, epoch, origin)
    moments: list[_Moment] = []
    before: Status | None = None
    for change in changes:
        moments += _moments(change, before, None if skew is None else epoch + skew)
        before = change.status
    first = changes[0]
    if origin is None:
        origin = moments[0].at
        is_old = first.at - origin > _LONG_AGO and first.status.get("state") not in FINAL_STATES
        if is_old or from_first_read:
            moments = [_Moment(first.at, first.status, first.complete), *(m for m in moments if m.at > first.at)]
            origin = first.at
    slack = _LATENCY if begun_by_client else 0
    return Run(origin, _encoded(moments, origin, epoch + (skew or 0), slack))


# -- when ----------------------------------------------------------------------------------------------


def _skew(changes: Sequence[Change], epoch: int) -> int | None:
    """By how many ms the cluster's clock is ahead; None if no skew puts its reported times between the reads."""
    least, most = -_MAX_SKEW, _MAX_SKEW
    before: Status | None = None
    for change in changes:
        for time in _news(change.status, before).values():
            least = max(least, time - epoch - change.at)
            if change.after is not None:
                most = min(most, time - epoch - change.after - 1)
        before = change.status
    return max(least, min(most, 0)) if least <= most else None


def _skew_at(changes: Sequence[Change], epoch: int, origin: int) -> int | None:
    """As `_skew`, from a known beginning of the run; None if the cluster never reported a start time."""
    started = (change.status.get("provision_start_time") for change in changes)
    return next((time - epoch - origin for time in started if time is not None), None)


def _news(status: Status, before: Status | None) -> dict[str, int]:
    """The times in `status` that are new since `before`, in epoch ms: `start` and `end` of the run."""
    state, old = status.get("state"), before or {"state": "NOT_STARTED"}
    started, ended = ((status.get(name), old.get(name)) for name in ("provision_start_time", "provision_end_time"))
    news = {}
    # If the response before had no such time, the time may be as old as the state itself.
    if started[0] not in (None, started[1]) and state != "NOT_STARTED":
        if started[1] is not None or old.get("state") == "NOT_STARTED":
            news["start"] = started[0]
    if ended[0] not in (None, ended[1]) and state in FINAL_STATES:
        if ended[1] is not None or old.get("state") not in FINAL_STATES:
            news["end"] = ended[0]
    return news


def _moments(change: Change, before: Status | None, zero: int | None) -> Iterator[_Moment]:
    """The moments between two status reads. `zero` is the recorder's time 0 on the cluster's clock, if known."""
    status, complete = change.status, change.complete
    times = {} if zero is None else {name: time - zero for name, time in _news(status, before).items()}
    start, end = times.get("start"), _between(times.get("end", change.at), change)
    if start is None:
        yield _Moment(end, status, complete)
        return
    start = _between(start, change)
    begun = _begun(status, before)
    if begun == status:
        yield _Moment(start, status, complete)
        return
    if begun is not None and start < end:
        yield _Moment(start, begun, complete)
    yield _Moment(end, status, complete)


def _between(time: int, change: Change) -> int:
    """`time`, moved into the interval in which `change` took effect."""
    return min(time if change.after is None else max(time, change.after + 1), change.at)


def _begun(status: Status, before: Status | None) -> Status | None:
    """The status at the beginning of the run; None unless the state before was NOT_STARTED.

    (docs/reference/plugin.md, "Status document")
    """
    if before is not None and before.get("state") != "NOT_STARTED":
        return None
    of_the_run = ("error", "user_outputs", "resources_created", "provision_end_time")
    kept = {name: value for name, value in status.items() if name not in of_the_run}
    return kept | {"state": "PROVISIONING", "provisioning_progress": "IN_PROGRESS"}


# -- what ----------------------------------------------------------------------------------------------


def _encoded(moments: Sequence[_Moment], origin: int, epoch: int, slack: int) -> tuple[Keyframe, ...]:
    """Each moment as a keyframe of changed fields.

    A value that the compiler would derive is left out; derived times may differ by `slack` ms.
    """
    keyframes: list[Keyframe] = []
    held: Status = {}
    fold = Fold("", "", "NOT_STARTED")
    if moments and moments[0].at > origin:
        fold.begin()
    for at, status, complete in moments:
        written = {name: status.get(name) for name in _WRITTEN if status.get(name) != held.get(name)}
        keyframe = {"at": format_duration(at - origin), **written, **_resources(status, held)}
        if complete:
            shown = _shown(fold, written, at - origin, epoch + origin)
            keyframe |= {
                name: status.get(name) for name in _DERIVED if not _same(status.get(name), shown.get(name), slack)
            }
        keyframes.append(Keyframe.model_validate(keyframe))
        fold.apply(keyframes[-1], Place(0, at - origin))
        held = status
    return tuple(keyframes)


def _same(seen: Any, shown: Any, slack: int) -> bool:
    return seen == shown or (isinstance(seen, int) and isinstance(shown, int) and abs(seen - shown) <= slack)


def _resources(status: Status, held: Status) -> dict[str, Any]:
    new, old = (ResourceList.of(one.get("resources_created")) for one in (status, held))
    if new == old:
        return {}
    if not new:
        return {"resources_created": None}
    created = new.after(old)
    return {"resources_created": new.entries()} if created is None else {"created": created}


def _shown(before: Fold, written: Mapping[str, Any], at: int, started: int) -> Status:
    """The fields after a keyframe at `at` has written these, in a run that started at `started` (epoch ms)."""
    fold = before.copy()
    fold.apply(Keyframe.model_validate(written), Place(0, at))
    return {
        name: started + value.offset if isinstance(value, KeyframeTime) else value
        for name, value in fold.snapshot().items()
    }
