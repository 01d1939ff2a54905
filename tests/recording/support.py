"""A cluster that is recorded, and the recording played back, both in this process on frozen clocks."""

import json
from collections.abc import Iterable
from typing import Any, Final

import pytest

from mockflow.cluster import Cluster, LoadedScenario, Settings, polling
from mockflow.cluster.decision import Decision
from mockflow.cluster.phases import active_phases
from mockflow.core.scenario.model import Scenario
from mockflow.loading.load import Located, load_paths, load_text
from mockflow.recording.keyframes import run_of
from mockflow.recording.scenario import scenario_of, text_of
from mockflow.recording.status_history import StatusHistory
from mockflow.server.http.messages import Response
from mockflow.server.rest import scripted
from tests.support.paths import SCENARIOS

EPOCH: Final = 1_767_225_600_000


def cluster_of(*scenarios: Scenario, epoch: int = EPOCH) -> Cluster:
    settings = Settings(mode="frozen", epoch=epoch)
    return Cluster(settings, tuple(LoadedScenario(scenario) for scenario in scenarios))


def shipped() -> list[Located]:
    """Every scenario of scenarios/."""
    return load_paths([SCENARIOS]).scenarios


def no_delay(monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> None:
    """A fault's delay is wall time; here it passes on the cluster's own clock, at once."""

    async def hold_back(verdict: Decision) -> None:
        cluster.world.clock.advance(int(verdict.delay_ms))

    monkeypatch.setattr(scripted, "apply_delay", hold_back)


def hears(cluster: Cluster, response: Response) -> tuple[int, Any]:
    """Status and content as a client gets them; (0, None) where the connection breaks or is refused."""
    is_closed = any(phase.window.phase == "port_closed" for phase in active_phases(cluster.world))
    if is_closed or response.connection not in (None, "drip"):
        return 0, None
    is_json = response.body[:1] in (b"{", b"[")
    return response.status, json.loads(response.body) if is_json else response.body.decode()


def status(cluster: Cluster, workflow_id: str) -> dict[str, Any]:
    """What a poll with all=true answers."""
    return polling.poll(cluster.world, workflow_id, show_all=True).value


def watched(
    cluster: Cluster, workflow_id: str, pauses: Iterable[int], skew: int = 0
) -> tuple[StatusHistory, list[tuple[int, Any]]]:
    """Looks at once and after each pause (ms); what was gathered, and each answer with its time.

    The cluster's clock is `skew` ms ahead of the recorder's.
    """
    history, seen = StatusHistory(workflow_id), []
    for pause in (0, *pauses):
        cluster.world.clock.advance(pause)
        now = cluster.world.now() - EPOCH
        answer = status(cluster, workflow_id)
        answer = {k: v + skew if k.endswith("_time") else v for k, v in answer.items()}
        history.record(now, answer)
        seen.append((now, answer))
    return history, seen


def recorded(history: StatusHistory) -> Scenario:
    """The recording as it comes out of the file that was written; nothing is to be said of it."""
    scenario = scenario_of(history, epoch=EPOCH)
    assert scenario is not None
    loading = load_text(text_of([scenario]), "recorded.yaml")
    assert [str(problem) for problem in loading.problems] == []
    assert loading.scenarios[0].scenario == scenario
    return scenario


def played_back(history: StatusHistory, times: Iterable[int]) -> list[tuple[int, Any]]:
    """What the recording answers at these times of the recorder's clock; its run begins where the recorded one did."""
    origin = run_of(history.changes, epoch=EPOCH).origin
    cluster = cluster_of(recorded(history), epoch=EPOCH + origin)
    status(cluster, history.workflow_id)  # begins the run
    answers = []
    for time in times:
        cluster.world.clock.advance(EPOCH + time - cluster.world.now())
        answers.append((time, status(cluster, history.workflow_id)))
    return answers
