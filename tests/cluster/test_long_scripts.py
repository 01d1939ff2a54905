"""What many keyframes and resources cost, in memory and in look-ups rather than in time."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from mockflow.cluster import Cluster, LoadedScenario, Settings, operations, polling, scenarios
from mockflow.core.plugin.resource_list import ResourceList
from mockflow.core.plugin.resources import key_of
from mockflow.core.scenario.model import Scenario
from mockflow.core.scenario.rules import check
from tests.support.counting import counting

pytestmark = pytest.mark.slow

MANY = 3_000


def resource(number: int) -> dict[str, str]:
    return {"workflow_step_name": "create_connector", "workflow_step_id": f"step_{number}"}


def one_by_one(count: int) -> list[dict[str, Any]]:
    middle = [{"at": f"{number}ms", "created": [resource(number)]} for number in range(1, count)]
    return [{"at": 0, "state": "PROVISIONING"}, *middle, {"at": f"{count}ms", "state": "COMPLETED"}]


def all_at_once(count: int) -> list[dict[str, Any]]:
    return [{"at": 0, "state": "COMPLETED", "created": [resource(number) for number in range(count)]}]


def scenario_of(timeline: list[dict[str, Any]]) -> Scenario:
    return Scenario.model_validate({"scenario": "s", "workflow_id": "w", "provision": {"timeline": timeline}})


def cluster_of(timeline: list[dict[str, Any]], mode: Any = "frozen") -> Cluster:
    return Cluster(Settings(mode=mode), (LoadedScenario(scenario_of(timeline)),))


def test_a_run_holds_each_resource_once() -> None:
    """Whole lists would be 4.5 million entries, 36 MB; the resources themselves take 2 MB."""
    cluster = cluster_of(one_by_one(MANY))
    tracemalloc.start()
    try:
        polling.poll(cluster.world, "w")
        size, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 15_000_000
    assert size < 10_000_000
    run = cluster.world.find("w").run
    assert run is not None
    (segment,) = run.timeline.segments
    lists = [fields["resources_created"] for fields in segment.snapshots if "resources_created" in fields]
    assert len({id(one._head) for one in lists if isinstance(one, ResourceList)}) == 1
    assert len(lists[-1]) == MANY - 1


def test_a_check_compares_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each list would be compared with the one before; only the first and the last are read as a whole."""
    read: list[tuple[ResourceList]] = []
    monkeypatch.setattr(ResourceList, "entries", counting(read, ResourceList.entries))
    scenario = scenario_of(one_by_one(MANY))
    assert [f for f in check(scenario) if f.severity == "error"] == []
    assert sum(len(one) for (one,) in read) < 10 * MANY


def test_polls_through_a_long_run_keep_a_few_documents() -> None:
    cluster = cluster_of(one_by_one(300), "auto")
    states = [polling.poll(cluster.world, "w").value["state"] for _ in range(302)]
    assert states[-2:] == ["COMPLETED", "COMPLETED"]
    assert len(cluster.world.find("w")._documents) <= 32


def deprovisioned(cluster: Cluster) -> None:
    operations.deprovision(cluster.world, "w", [])
    cluster.world.clock.advance(1)


def provisioned(cluster: Cluster) -> None:
    operations.provision(cluster.world, "w")


def removed(cluster: Cluster) -> None:
    scenarios.remove(cluster.world, "s")


def looked_up(cluster: Cluster) -> None:
    assert len(list(cluster.world.resources.all_of("connector"))) == MANY


@pytest.mark.parametrize("does", [deprovisioned, provisioned, removed, looked_up])
def test_a_workflow_of_many_resources_is_gone_through_a_few_times(
    does: Callable[[Cluster], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not once for each resource, which would be nine million keys."""
    cluster = cluster_of(all_at_once(MANY))
    polling.poll(cluster.world, "w")
    made: list[Any] = []
    monkeypatch.setattr("mockflow.cluster.workflow.key_of", counting(made, key_of))
    does(cluster)
    assert len(made) <= 5 * MANY
