"""Which faults and stubs a request is compared with: all that concern it, in order, and no others."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockflow.cluster import Cluster, LoadedScenario, Settings, interceptor, scenarios
from mockflow.cluster.active import ActiveFault
from mockflow.cluster.changes import changes
from mockflow.cluster.decision import InterceptedRequest
from mockflow.cluster.interceptor import Interceptor
from mockflow.cluster.workflow import Workflow
from mockflow.core.base.path_pattern import PathPattern
from mockflow.core.faults.model import Fault
from mockflow.core.scenario.model import Scenario
from mockflow.server.http.messages import Request
from mockflow.server.rest.scripted import search_body
from tests.support.counting import counting

pytestmark = pytest.mark.slow

KINDS: tuple[dict[str, Any], ...] = (
    {"workflow_id": "w0"},
    {"workflow_id": "w1"},
    {"match": {"name": "one"}},
    {"match": {"name": "two"}},
    {},
)
ON = ("any", "get_status", "create", "GET /a/{x}", "/a/**", ["get_status", "/a/b"])
windows = st.sampled_from([None, "1s..2s", "3s.."])
faults = st.lists(
    st.tuples(st.sampled_from(ON), st.sampled_from(["workflow", "cluster", None]), windows), min_size=1, max_size=4
)
stubs = st.lists(st.sampled_from(["GET /a/{x}", "/a/b", "/a/**", "GET /c"]), max_size=3)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 4), faults, stubs),
        st.tuples(st.just("remove"), st.integers(0, 4), st.none(), st.none()),
        st.tuples(st.just("reload"), st.integers(0, 4), faults, stubs),
        st.tuples(st.just("add"), st.sampled_from([None, "w0", "w1"]), faults, st.none()),
        st.tuples(st.just("take"), st.integers(0, 9), st.none(), st.none()),
    ),
    max_size=10,
)
REQUESTS = (
    InterceptedRequest("GET", "/x", operation="get_status"),
    InterceptedRequest("POST", "/x", operation="create"),
    InterceptedRequest("GET", "/a/b"),
    InterceptedRequest("PUT", "/a/b/c"),
)


def fault(on: Any, scope: str | None, during: str | None) -> dict[str, Any]:
    more = {"scope": scope, "during": during}
    return {"on": on, "respond": "too_many_requests", **{key: value for key, value in more.items() if value}}


def scenario(number: int, listed: Any, stubs: Any) -> LoadedScenario:
    script = {
        "scenario": f"s{number}",
        "faults": [fault(*one) for one in listed],
        "stubs": [{"request": request, "respond": {"status": 200}} for request in stubs],
        **KINDS[number],
    }
    return LoadedScenario(Scenario.model_validate(script))


def names(fault: ActiveFault, request: InterceptedRequest) -> bool:
    return (
        "any" in fault.fault.on
        or request.operation in fault.fault.on
        or any(pattern.match(request.method, request.path) is not None for pattern in fault.patterns)
    )


def is_in_scope(fault: ActiveFault, workflow: Workflow | None, created_for: Scenario | None, operation: str) -> bool:
    scenario = fault.scenario
    if scenario is None:
        return fault.workflow_id is None or (workflow is not None and workflow.id == fault.workflow_id)
    if fault.fault.scope == "cluster" or not scenario.has_workflow:
        return True
    if workflow is not None:
        return workflow.scenario is not None and workflow.scenario.scenario == scenario.scenario
    return operation == "create" and created_for is scenario


@settings(max_examples=200, deadline=None)
@given(steps)
def test_as_if_each_were_compared(steps: Any) -> None:
    cluster = Cluster(Settings(mode="frozen"))
    order: list[str] = []  # of the scenarios that are active
    for kind, number, listed, paths in steps:
        active = cluster.world.active
        name = f"s{number}"
        if kind == "add":
            for one in listed:
                active.add(Fault.model_validate(fault(*one)), number)
        elif kind == "take" and active.added:
            active.remove_added(active.added[number % len(active.added)])
        elif kind == "remove" and name in cluster.world.scenarios:
            scenarios.remove(cluster.world, name)
            order.remove(name)
        elif kind == "put":
            scenarios.load(cluster.world, [scenario(number, listed, paths)])
            order = [*(one for one in order if one != name), name]
        elif kind == "reload":
            after = (scenario(number, listed, paths), *(one for one in cluster.startup if one.name != name))
            cluster.reload(changes(cluster.startup, after))
            order = list(cluster.world.scenarios)
        check(cluster, order)


def check(cluster: Cluster, order: list[str]) -> None:
    active, world = cluster.world.active, cluster.world
    assert [one.scenario.scenario for one in active.faults if one.scenario] == [
        name for name in order for _ in world.scenarios[name].scenario.faults
    ]
    created_for = world.scenarios["s2"].scenario if "s2" in world.scenarios else None
    for request in REQUESTS:
        asked = InterceptedRequest(
            request.method, request.path, operation=request.operation, created_for=lambda: created_for
        )
        for workflow in (None, *world.workflows.values()):
            wanted = [
                one
                for one in (*active.added, *active.faults)
                if names(one, request) and is_in_scope(one, workflow, created_for, request.operation)
            ]
            assert list(active.faults_for(asked, workflow)) == wanted
        matching = [one for one in active.stubs if one.stub.request.pattern.values(request.path) is not None]
        found = [one for one in active.stubs_for(request.path) if one in matching]
        assert found == matching
        assert active.stubs_near(request.path, 100) == active.stubs
    for workflow in world.workflows.values():
        for elapsed in (0, 1000, 2999, 3000):
            shared = [one for one in active.faults if one.scenario and not one.scenario.has_workflow]
            own = [one for one in active.faults if one.scenario and workflow.scenario is one.scenario]
            added = [one for one in active.added if one.workflow_id in (None, workflow.id)]
            edges = [edge for one in (*shared, *own, *added) for edge in one.window or () if edge is not None]
            wanted_edge = min((edge for edge in edges if edge > elapsed), default=None)
            assert active.next_edge(workflow, elapsed, world.began) == wanted_edge


def test_what_does_not_concern_a_request_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 scenarios, each with a fault and a stub, and 300 added faults: one of each is compared with a request."""
    loaded = [
        {
            "scenario": f"s{number}",
            "workflow_id": f"w{number}",
            "faults": [{"on": "get_status", "call": 5, "respond": "too_many_requests"}],
            "stubs": [{"request": f"GET /stub/{number}", "when": {"state": "FAILED"}, "respond": {"status": 200}}],
        }
        for number in range(300)
    ]
    cluster = Cluster(Settings(), tuple(LoadedScenario(Scenario.model_validate(one)) for one in loaded))
    for number in range(300):
        cluster.world.active.add(
            Fault.model_validate({"on": "get_status", "call": 5, "respond": "too_many_requests"}), f"w{number}"
        )
    compared: list[Any] = []
    for name in ("holds", "path_values"):
        monkeypatch.setattr(interceptor, name, counting(compared, getattr(interceptor, name)))
    monkeypatch.setattr(ActiveFault, "is_its_turn", counting(compared, ActiveFault.is_its_turn))
    for path, operation, most in (("/w7/_status", "get_status", 2), ("/", "info", 0), ("/stub/7", "", 2)):
        compared.clear()
        values = {"workflow_id": "w7"} if operation == "get_status" else {}
        Interceptor(cluster.world).decide(InterceptedRequest("GET", path, operation=operation, values=values))
        assert len(compared) == most
    assert [one.calls for one in cluster.world.active.faults if one.calls] == [1]


def test_a_body_is_searched_for_the_stubs_of_its_path_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    respond = {"status": 200}
    stubs = [
        *({"request": {"path": f"/stub/{number}", "body": {"$.a": 1}}, "respond": respond} for number in range(300)),
        {"request": {"path": "/other", "body": {"$.b": 1}}, "respond": respond},
    ]
    loaded = LoadedScenario(Scenario.model_validate({"scenario": "s", "stubs": stubs}))
    cluster = Cluster(Settings(), (loaded,))
    compared: list[Any] = []
    monkeypatch.setattr(PathPattern, "match", counting(compared, PathPattern.match))
    searched = [asyncio.run(search_body(cluster, Request("POST", "/x", {}, b"{}"), path)) for path in ("/x", "/other")]
    assert [one is None for one in searched] == [True, False]
    assert len(compared) == 1


def test_whom_a_create_is_for_is_asked_once() -> None:
    loaded = [
        {
            "scenario": f"s{number}",
            "match": {"name": f"n{number}"},
            "faults": [{"on": "create", "respond": "too_many_requests"}],
        }
        for number in range(20)
    ]
    cluster = Cluster(Settings(), tuple(LoadedScenario(Scenario.model_validate(one)) for one in loaded))
    asked = []

    def created_for() -> Scenario:
        asked.append(1)
        return cluster.world.scenarios["s7"].scenario

    request = InterceptedRequest("POST", "/x", operation="create", created_for=created_for)
    Interceptor(cluster.world).decide(request)
    assert len(asked) == 1
    assert [one.acted for one in cluster.world.active.faults].index(1) == 7
