"""The handle of one workflow."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mockflow.handle.clock import Duration, milliseconds
from mockflow.handle.transport import Transport


@dataclass(frozen=True)
class Moment:
    """A moment of a run and the status from then on. `at` is the elapsed ms, None until its `at_poll` is reached."""

    at: int | None
    """Elapsed ms of the run."""
    at_poll: int | None
    """The poll that the moment waits for."""
    keyframe: int | None
    """The index in the script's timeline; None if no keyframe describes the moment."""
    status: dict[str, Any]
    """The fields of the status from then on."""


class WorkflowHandle:
    """A workflow. Reading it here does not count as a poll.

    >>> workflow = cluster.workflow("8xL8bowB8y25Tqfenm50")
    >>> workflow.state, workflow.polls
    ('NOT_STARTED', 0)
    >>> workflow.status_at("6s")["state"]
    'COMPLETED'

    Everything raises MockFlowError once the workflow no longer exists.
    """

    def __init__(self, transport: Transport, workflow_id: str) -> None:
        self._transport = transport
        self.id = workflow_id
        """The id, as in the path of a status request."""
        self._path = f"/workflows/{quote(workflow_id, safe='')}"

    @property
    def status(self) -> dict[str, Any]:
        """The current status with all fields, as returned by `GET _status?all=true`."""
        return dict(self._transport.ask("GET", f"{self._path}/status"))

    def status_at(self, elapsed: Duration) -> dict[str, Any]:
        """The status with all fields at an elapsed time of the run, past or future."""
        return dict(self._transport.ask("GET", f"{self._path}/status?at={quote(milliseconds(elapsed))}"))

    @property
    def state(self) -> str | None:
        """NOT_STARTED, PROVISIONING, COMPLETED or FAILED; None if its script removes the state."""
        state = self._detail()["state"]
        return None if state is None else str(state)

    @property
    def resources(self) -> list[dict[str, str]]:
        """The current `resources_created`."""
        return list(self.status.get("resources_created", ()))

    @property
    def elapsed(self) -> int:
        """Milliseconds since its run began; 0 before that."""
        return int(self._detail()["elapsed_ms"])

    @property
    def polls(self) -> int:
        """The number of polls of its run."""
        return int(self._detail()["polls"])

    @property
    def timeline(self) -> list[Moment]:
        """All moments of its run, past and future."""
        return [
            Moment(moment["at_ms"], moment["at_poll"], moment["keyframe"], moment["status"])
            for moment in self._detail()["timeline"]
        ]

    def restart(self) -> None:
        """Begins its run again at 0. Raises MockFlowError if a client has to provision the workflow first."""
        self._transport.ask("POST", f"{self._path}/restart")

    def _detail(self) -> Any:
        return self._transport.ask("GET", self._path)

    def __repr__(self) -> str:
        return f"<workflow {self.id}: {self.state}>"
