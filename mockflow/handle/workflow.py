"""One workflow in Python."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mockflow.handle.clock import Duration, milliseconds
from mockflow.handle.transport import Transport


@dataclass(frozen=True)
class Moment:
    """A moment of a run and the status from then on. `at` is elapsed ms, None until its at_poll is reached."""

    at: int | None
    at_poll: int | None
    keyframe: int | None
    """Its index in the script's timeline; None for what no keyframe says."""
    status: dict[str, Any]


class WorkflowHandle:
    """A workflow for its owner: looking at it here is no poll.

    >>> workflow = cluster.workflow("8xL8bowB8y25Tqfenm50")
    >>> workflow.state, workflow.polls
    ('NOT_STARTED', 0)
    >>> workflow.status_at("6s")["state"]
    'COMPLETED'

    Everything here raises MockFlowError once the workflow is gone.
    """

    def __init__(self, transport: Transport, workflow_id: str) -> None:
        self._transport = transport
        self.id = workflow_id
        self._path = f"/workflows/{quote(workflow_id, safe='')}"

    @property
    def status(self) -> dict[str, Any]:
        """The status now, with all fields, as `GET _status?all=true` answers."""
        return dict(self._transport.ask("GET", f"{self._path}/status"))

    def status_at(self, elapsed: Duration) -> dict[str, Any]:
        """The status with all fields at any elapsed time of its run, past or to come."""
        return dict(self._transport.ask("GET", f"{self._path}/status?at={quote(milliseconds(elapsed))}"))

    @property
    def state(self) -> str | None:
        """NOT_STARTED, PROVISIONING, COMPLETED or FAILED; None where its script takes the state away."""
        state = self._detail()["state"]
        return None if state is None else str(state)

    @property
    def resources(self) -> list[dict[str, str]]:
        """What its status lists as created now."""
        return list(self.status.get("resources_created", ()))

    @property
    def elapsed(self) -> int:
        """Milliseconds since its run began; 0 before it does."""
        return int(self._detail()["elapsed_ms"])

    @property
    def polls(self) -> int:
        """How many status calls its run has answered."""
        return int(self._detail()["polls"])

    @property
    def timeline(self) -> list[Moment]:
        """All moments of its run, past and to come."""
        return [
            Moment(moment["at_ms"], moment["at_poll"], moment["keyframe"], moment["status"])
            for moment in self._detail()["timeline"]
        ]

    def restart(self) -> None:
        """Begins its run from 0 again. MockFlowError where a client has to provision it first."""
        self._transport.ask("POST", f"{self._path}/restart")

    def _detail(self) -> Any:
        return self._transport.ask("GET", self._path)

    def __repr__(self) -> str:
        return f"<workflow {self.id}: {self.state}>"
