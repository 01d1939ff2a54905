"""The types of a keyframe's fields, for type checkers only: nothing imports this module when a program runs."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

State = Literal["NOT_STARTED", "PROVISIONING", "COMPLETED", "FAILED"]
"""The states that the plugin has. A scenario with ``unrealistic=True`` may have others."""


class _Created(TypedDict):
    workflow_step_name: str
    workflow_step_id: str


class CreatedResource(_Created, total=False):
    """An entry of `resources_created` and `created`."""

    resource_type: str
    resource_id: str


class KeyframeFields(TypedDict, total=False):
    """The fields of a keyframe besides `state`. None removes a field."""

    error: str | None
    """The error text of a failed workflow."""
    provisioning_progress: Literal["NOT_STARTED", "IN_PROGRESS", "DONE", "FAILED"] | None
    """Derived from the state where it is not given."""
    provision_start_time: int | None
    """Epoch milliseconds."""
    provision_end_time: int | None
    """Epoch milliseconds."""
    resources_created: Sequence[CreatedResource] | None
    """The whole list of resources."""
    created: Sequence[CreatedResource]
    """Resources that are added to the list."""
    user: Mapping[str, Any] | None
    """The owner, as the security plugin describes it."""
    user_outputs: Mapping[str, Any] | None
    """Outputs kept for the user."""
    tenant_id: str | None
    all_shared_principals: Sequence[Any] | None
    workflow_id: str
    """As in a pasted response; it has no effect."""
