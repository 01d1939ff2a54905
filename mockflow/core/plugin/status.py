"""A workflow's status: its fields at one moment, and the document of the response.

For the order and the presence of fields see docs/reference/plugin.md, "Status document".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.base.json_writer import compact

PROGRESS_OF_STATE: Final = {
    "NOT_STARTED": "NOT_STARTED",
    "PROVISIONING": "IN_PROGRESS",
    "COMPLETED": "DONE",
    "FAILED": "FAILED",
}
STATES: Final = tuple(PROGRESS_OF_STATE)
PROGRESS: Final = tuple(PROGRESS_OF_STATE.values())
FINAL_STATES: Final = frozenset({"COMPLETED", "FAILED"})

# In the order of the response. workflow_id comes first in both forms.
BRIEF_FIELDS: Final = ("error", "state", "resources_created")
ALL_FIELDS: Final = (
    "error",
    "state",
    "provisioning_progress",
    "provision_start_time",
    "provision_end_time",
    "user",
    "user_outputs",
    "resources_created",
    "tenant_id",
    "all_shared_principals",
)
_ABSENT_WHEN_EMPTY: Final = ("user_outputs", "resources_created")


@dataclass(frozen=True)
class KeyframeTime:
    """The time of a keyframe, `offset` ms into `segment`. The absolute time is known once the segment has begun."""

    segment: int
    offset: int


Resource = dict[str, str]
"""An entry of resources_created: workflow_step_name, workflow_step_id, resource_type, resource_id."""
Fields = Mapping[str, Any]
"""A snapshot: the status fields that have a value. Times are epoch milliseconds or a `KeyframeTime`."""


class Document:
    """A JSON value that is encoded only once."""

    __slots__ = ("_json", "value")

    def __init__(self, value: dict[str, Any], json: bytes | None = None) -> None:
        self.value = value
        self._json = json

    @property
    def json(self) -> bytes:
        """Compact JSON in UTF-8."""
        if self._json is None:
            self._json = compact(self.value)
        return self._json


def status_document(workflow_id: str, fields: Fields, *, show_all: bool) -> Document:
    """The response body of `GET _status`. The times in `fields` are epoch milliseconds."""
    body: dict[str, Any] = {"workflow_id": workflow_id}
    for name in ALL_FIELDS if show_all else BRIEF_FIELDS:
        value = fields.get(name)
        if value is not None and (value or name not in _ABSENT_WHEN_EMPTY):
            body[name] = value
    return Document(body)
