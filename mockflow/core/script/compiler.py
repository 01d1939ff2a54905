"""Compiles the script of a run to a timeline: places keyframes in time and accumulates their fields."""

from collections.abc import Sequence
from copy import copy
from typing import Any, Final, NamedTuple

from mockflow.core.base.durations import parse_moment
from mockflow.core.opensearch.ids import resource_id
from mockflow.core.plugin.resource_list import ResourceList
from mockflow.core.plugin.status import FINAL_STATES, PROGRESS_OF_STATE, Fields, KeyframeTime, Resource
from mockflow.core.script.models import Keyframe
from mockflow.core.script.models import Resource as ScriptedResource
from mockflow.core.script.timeline import Segment, Timeline

# Derived from the state until a keyframe sets them, and again after a later keyframe sets the state.
_DERIVED: Final = ("provisioning_progress", "provision_start_time", "provision_end_time")
_NOT_FIELDS: Final = frozenset({"at", "at_poll", "workflow_id", "created"})


class Place(NamedTuple):
    """The place of a keyframe: `offset` ms into `segment`. `poll` is set if the keyframe begins the segment."""

    segment: int
    offset: int
    poll: int | None = None


def place_keyframes(keyframes: Sequence[Keyframe]) -> list[Place]:
    """The place of each keyframe. A keyframe without a time has the place of the one before."""
    places: list[Place] = []
    place = Place(segment=0, offset=0)
    for keyframe in keyframes:
        if keyframe.at_poll is not None:
            place = Place(place.segment + 1, 0, keyframe.at_poll)
        elif keyframe.at is not None:
            relative, offset = parse_moment(keyframe.at)
            place = Place(place.segment, place.offset + offset if relative else offset)
        places.append(place)
    return places


def compile_run(
    keyframes: Sequence[Keyframe], *, scenario: str, workflow_id: str, state: str = "NOT_STARTED"
) -> Timeline:
    """The timeline of keyframes that have passed `rules`. `state` holds before the first one."""
    places = place_keyframes(keyframes)
    fold = Fold(scenario, workflow_id, state)
    moments: list[tuple[Place, Fields, int | None]] = []
    if not places or places[0] != Place(0, 0):
        fold.begin()
        moments.append((Place(0, 0), fold.snapshot(), None))
    for number, (keyframe, place) in enumerate(zip(keyframes, places, strict=True)):
        fold.apply(keyframe, place)
        moments.append((place, fold.snapshot(), number))
    return Timeline(_segments(moments))


def _segments(moments: list[tuple[Place, Fields, int | None]]) -> tuple[Segment, ...]:
    grouped: dict[int, list[tuple[Place, Fields, int | None]]] = {}
    for moment in moments:
        grouped.setdefault(moment[0].segment, []).append(moment)
    return tuple(
        Segment(
            poll=group[0][0].poll or 0,
            offsets=tuple(place.offset for place, _, _ in group),
            snapshots=tuple(fields for _, fields, _ in group),
            keyframes=tuple(number for _, _, number in group),
        )
        for group in grouped.values()
    )


class Fold:
    """The fields that hold after the keyframes applied so far."""

    def __init__(self, scenario: str, workflow_id: str, state: str) -> None:
        self._owner = (scenario, workflow_id)
        self._fields: dict[str, Any] = {"state": state}
        self._written: set[str] = set()
        self._start: KeyframeTime | None = None
        self._end: KeyframeTime | None = None

    def begin(self) -> None:
        """The fields before the first keyframe count from the beginning of the run."""
        self._observe(self._fields["state"], KeyframeTime(0, 0))

    def copy(self) -> "Fold":
        """A fold to which other keyframes can be applied."""
        other = copy(self)
        other._fields, other._written = self._fields.copy(), self._written.copy()
        return other

    def apply(self, keyframe: Keyframe, place: Place) -> None:
        """Applies the next keyframe."""
        written = keyframe.model_fields_set - _NOT_FIELDS
        if "state" in written:
            self._written.difference_update(_DERIVED)
        self._written |= written
        for name in written:
            self._fields[name] = getattr(keyframe, name)
        if "resources_created" in written:
            self._fields["resources_created"] = self._resources(keyframe.resources_created)
        elif keyframe.created:
            held = self._fields.get("resources_created") or ResourceList()
            self._fields["resources_created"] = held.followed_by(self._resources(keyframe.created))
        self._observe(self._fields["state"], KeyframeTime(place.segment, place.offset))

    def _observe(self, state: str | None, time: KeyframeTime) -> None:
        if self._start is None and state not in (None, "NOT_STARTED"):
            self._start = time
        if self._start is not None and self._end is None and state in FINAL_STATES:
            self._end = time

    def snapshot(self) -> Fields:
        """The fields that have a value. Snapshots share the entries of their resources."""
        derived = (PROGRESS_OF_STATE.get(self._fields["state"]), self._start, self._end)
        fields = self._fields | {
            name: value for name, value in zip(_DERIVED, derived, strict=True) if name not in self._written
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _resources(self, resources: tuple[ScriptedResource, ...] | None) -> ResourceList:
        return ResourceList(_entry(resource, *self._owner) for resource in resources or ())


def written_resources(keyframe: Keyframe, scenario: str, workflow_id: str) -> list[Resource]:
    """The resources that a keyframe itself lists, in `resources_created` or `created`."""
    written = keyframe.resources_created or keyframe.created or ()
    return [_entry(resource, scenario, workflow_id) for resource in written]


def _entry(resource: ScriptedResource, scenario: str, workflow_id: str) -> Resource:
    made = resource.resource_id or resource_id(resource.type, scenario, workflow_id, resource.workflow_step_id)
    return {
        "workflow_step_name": resource.workflow_step_name,
        "workflow_step_id": resource.workflow_step_id,
        "resource_type": resource.type,
        "resource_id": made,
    }
