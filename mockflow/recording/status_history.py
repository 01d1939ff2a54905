"""The status reads of one workflow, reduced to the moments at which the response changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError

from mockflow.core.base.secrets import without_secrets
from mockflow.core.plugin.resource_list import ResourceList
from mockflow.core.plugin.status import ALL_FIELDS, BRIEF_FIELDS, FINAL_STATES
from mockflow.core.script.models import Keyframe
from mockflow.core.script.models import Resource as ScriptedResource

_OF_THE_RUN: Final = ("provisioning_progress", "provision_start_time", "provision_end_time")
_EMPTY: Final[tuple[Any, ...]] = (None, [], {})


@dataclass(frozen=True)
class Change:
    """A status that differs from the one before. It took effect after `after` and was read at `at` (ms)."""

    after: int | None
    """When the status before was read; None for the first."""
    at: int
    status: Mapping[str, Any]
    complete: bool
    """Whether the response had all fields (``all=true``). The fields missing from a brief response are derived."""


@dataclass(frozen=True)
class Gap:
    """No status could be read from `start` to `end` (ms; None: until the recording ended), because of `reason`."""

    start: int
    end: int | None
    reason: str
    does: Mapping[str, Any] = field(default_factory=dict)
    """The fault keys that reproduce it, such as ``{"respond": ...}``; empty if the cause is unknown."""


@dataclass
class StatusHistory:
    """Collects the status reads of one workflow. Times are ms of the recorder's clock and only grow."""

    workflow_id: str
    changes: list[Change] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    """Descriptions of what the scenario language cannot express."""
    _listed: tuple[list[Any], ResourceList] = field(default_factory=lambda: ([], ResourceList()))
    _seen_at: int | None = None
    _last: tuple[Mapping[str, Any], bool] | None = None

    def record(self, at: int, body: Mapping[str, Any], *, complete: bool = True) -> bool:
        """Records a response of `GET _status`; returns whether the status changed.

        `complete` says whether the request had ``all=true``.
        """
        if self._seen_at is not None and at <= self._seen_at:
            at = self._seen_at + 1  # two reads within one millisecond
        after, self._seen_at = self._seen_at, at
        self._close_gap(at)
        if self._last == (body, complete):
            return False
        self._last = (body, complete)
        status = self._fields(body)
        last = self.changes[-1] if self.changes else None
        if last is not None:
            compared = ALL_FIELDS if complete and last.complete else BRIEF_FIELDS
            if all(status.get(name) == last.status.get(name) for name in compared):
                if complete and not last.complete:
                    self.changes[-1] = replace(last, status=status, complete=True)
                return False
            if not complete:
                complete = last.complete and status.get("state") == last.status.get("state")
                kept = (name for name in last.status if name not in BRIEF_FIELDS)
                status |= {name: last.status[name] for name in kept if complete or name not in _OF_THE_RUN}
        self.changes.append(Change(after, at, status, complete))
        return True

    def record_gap(self, at: int, reason: str, does: Mapping[str, Any] | None = None) -> bool:
        """Records that no status could be read at `at`; returns whether that is a change.

        `does` are the fault keys that reproduce it, such as ``{"respond": ...}``.
        """
        last = self.gaps[-1] if self.gaps else None
        if last and last.end is None:
            if (last.reason, last.does) == (reason, does or {}):
                return False
            self._close_gap(at)
        self.gaps.append(Gap(at, None, reason, does or {}))
        return True

    @property
    def state(self) -> str | None:
        """The state last read."""
        return self.changes[-1].status.get("state") if self.changes else None

    @property
    def is_final(self) -> bool:
        """Whether the state last read is COMPLETED or FAILED."""
        return self.state in FINAL_STATES

    def _close_gap(self, at: int) -> None:
        if self.gaps and self.gaps[-1].end is None:
            self.gaps[-1] = replace(self.gaps[-1], end=at)

    def _fields(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a response that the scenario language has, without secrets."""
        self.left_out.update(f"the field {name}" for name in body if name not in (*ALL_FIELDS, "workflow_id"))
        fields: dict[str, Any] = {}
        for name in ALL_FIELDS:
            value = body.get(name)
            if name == "resources_created" and isinstance(value, (list, ResourceList)):
                if resources := self._resources(list(value)):
                    fields[name] = resources
                continue
            value = without_secrets(value)
            if value not in _EMPTY:
                if _is_valid(Keyframe, {name: value}):
                    fields[name] = value
                else:
                    self.left_out.add(f"an invalid {name}")
        return fields

    def _resources(self, entries: list[Any]) -> ResourceList:
        """The resources that the scenario language has. What was read before is not checked again."""
        before, known = self._listed
        is_longer = entries[: len(before)] == before
        new = self._valid(without_secrets(entries[len(before) :] if is_longer else entries))
        resources = known.followed_by(new) if is_longer else ResourceList(new)
        self._listed = entries, resources
        return resources

    def _valid(self, entries: list[Any]) -> Iterator[dict[str, str]]:
        for entry in entries:
            is_object = isinstance(entry, dict)
            known = {k: v for k, v in entry.items() if k in ScriptedResource.model_fields} if is_object else {}
            if _is_valid(ScriptedResource, known):
                yield known
            else:
                self.left_out.add("a resource without its step")


def _is_valid(model: type[Keyframe] | type[ScriptedResource], value: dict[str, Any]) -> bool:
    try:
        model.model_validate(value)
    except ValidationError:
        return False
    return True
