"""From changes that were seen to the keyframes of a run.

A change came to hold somewhere between the look that saw it and the one before. The plugin itself tells when a run
began and ended (`provision_start_time`, `provision_end_time`); by these the first and the last keyframe are placed
exactly. The cluster's clock need not agree with the recorder's: the difference is the smallest that lets every such
time lie where it must have been.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from mockflow.core.base.durations import UNITS_MS, format_duration
from mockflow.core.plugin.status import ALL_FIELDS, FINAL_STATES, KeyframeTime
from mockflow.core.script.compiler import compile_run
from mockflow.core.script.models import Keyframe
from mockflow.recording.looks import Change

Status = Mapping[str, Any]

_MAX_SKEW: Final = 10 * UNITS_MS["m"]  # clocks that differ by more are not believed
_LATENCY: Final = 5 * UNITS_MS["s"]  # a request may be answered so long after what it did
_LONG_AGO: Final = UNITS_MS["h"]  # a run that began longer ago, and has not ended, is told from the first look on
_DERIVED: Final = ("provisioning_progress", "provision_start_time", "provision_end_time")
_WRITTEN: Final = tuple(name for name in ALL_FIELDS if name not in (*_DERIVED, "resources_created"))


@dataclass(frozen=True)
class Run:
    """A run as it was seen: `origin` is when its elapsed time began, in ms of the recorder's clock."""

    origin: int
    keyframes: tuple[Keyframe, ...]


class _Moment(NamedTuple):
    at: int
    status: Status
    complete: bool


def run_of(changes: Sequence[Change], *, epoch: int, origin: int | None = None, from_first_look: bool = False) -> Run:
    """The run that these changes (at least one) tell of; `epoch` is the recorder's 0 in epoch ms.

    Its elapsed time counts from `origin`, when a client's request to begin it came. Where none was seen, it counts from
    `provision_start_time` if the first look came later than that, else (or if so wanted) from the first look.
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
        if is_old or from_first_look:
            moments = [_Moment(first.at, first.status, first.complete), *(m for m in moments if m.at > first.at)]
            origin = first.at
    slack = _LATENCY if begun_by_client else 0
    return Run(origin, _encoded(moments, origin, epoch + (skew or 0), slack))


# -- when ----------------------------------------------------------------------------------------------


def _skew(changes: Sequence[Change], epoch: int) -> int | None:
    """By how many ms the cluster's clock is ahead; None where its times cannot be brought in line with the looks."""
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
    """The same where it is known when the run began; None where the cluster never told its own time of that."""
    started = (change.status.get("provision_start_time") for change in changes)
    return next((time - epoch - origin for time in started if time is not None), None)


def _news(status: Status, before: Status | None) -> dict[str, int]:
    """What the plugin itself tells of when this came to hold, in epoch ms: `start` of a run, and its `end`."""
    state, old = status.get("state"), before or {"state": "NOT_STARTED"}
    started, ended = ((status.get(name), old.get(name)) for name in ("provision_start_time", "provision_end_time"))
    news = {}
    # A time that the answer before did not tell may be as old as the state is.
    if started[0] not in (None, started[1]) and state != "NOT_STARTED":
        if started[1] is not None or old.get("state") == "NOT_STARTED":
            news["start"] = started[0]
    if ended[0] not in (None, ended[1]) and state in FINAL_STATES:
        if ended[1] is not None or old.get("state") not in FINAL_STATES:
            news["end"] = ended[0]
    return news


def _moments(change: Change, before: Status | None, zero: int | None) -> Iterator[_Moment]:
    """What happened between two looks; `zero` is the recorder's 0 by the cluster's clock, where that is known."""
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
    """The nearest time at which it can have come to hold."""
    return min(time if change.after is None else max(time, change.after + 1), change.at)


def _begun(status: Status, before: Status | None) -> Status | None:
    """The status when this run began; None where it was not the first one (contract.md, section 2)."""
    if before is not None and before.get("state") != "NOT_STARTED":
        return None
    of_the_run = ("error", "user_outputs", "resources_created", "provision_end_time")
    kept = {name: value for name, value in status.items() if name not in of_the_run}
    return kept | {"state": "PROVISIONING", "provisioning_progress": "IN_PROGRESS"}


# -- what ----------------------------------------------------------------------------------------------


def _encoded(moments: Sequence[_Moment], origin: int, epoch: int, slack: int = 0) -> tuple[Keyframe, ...]:
    """Each moment as what it changes; what would be derived all the same, times within `slack` ms, is not written."""
    keyframes: list[Keyframe] = []
    held: Status = {}
    for at, status, complete in moments:
        written = {name: status.get(name) for name in _WRITTEN if status.get(name) != held.get(name)}
        keyframe = {"at": format_duration(at - origin), **written, **_resources(status, held)}
        if complete:
            shown = _shown([*keyframes, Keyframe.model_validate(keyframe)], epoch + origin)
            keyframe |= {
                name: status.get(name) for name in _DERIVED if not _same(status.get(name), shown.get(name), slack)
            }
        keyframes.append(Keyframe.model_validate(keyframe))
        held = status
    return tuple(keyframes)


def _same(told: Any, shown: Any, slack: int) -> bool:
    return told == shown or (isinstance(told, int) and isinstance(shown, int) and abs(told - shown) <= slack)


def _resources(status: Status, held: Status) -> dict[str, Any]:
    new, old = status.get("resources_created") or [], held.get("resources_created") or []
    if new == old:
        return {}
    if not new:
        return {"resources_created": None}
    return {"created": new[len(old) :]} if new[: len(old)] == old else {"resources_created": new}


def _shown(keyframes: Sequence[Keyframe], started: int) -> Status:
    """What the last of these keyframes would show in a run that started then."""
    snapshot = compile_run(keyframes, scenario="", workflow_id="").segments[-1].snapshots[-1]
    return {
        name: started + value.offset if isinstance(value, KeyframeTime) else value for name, value in snapshot.items()
    }
