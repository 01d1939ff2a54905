"""Reads of the control API change nothing: with and without them, clients get the same bytes, on every clock."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockflow.cluster import Clock, Cluster, LoadedScenario, Mode, Settings, StuckError
from mockflow.handle.cluster import ClusterHandle
from mockflow.handle.transport import Local
from mockflow.loading.load import load_text
from mockflow.server.answer import answer
from mockflow.server.control import answer as control
from mockflow.server.control.paths import PREFIX
from mockflow.server.control.routes import ROUTES
from mockflow.server.http.messages import Request, StreamedResponse
from tests.support.control import Owner
from tests.support.server import EPOCH, OWNER, WORKFLOW, Servers

pytestmark = pytest.mark.slow

GROUP: Final = """
template:
  name: t
  workflows:
    provision:
      nodes:
        - {id: grp, type: register_model_group, user_inputs: {name: group}}
        - {id: idx, type: create_index, user_inputs: {index_name: i-%s, configurations: "{}"}}
"""
SCENARIOS: Final = f"""
scenario: planned
workflow_id: first
{GROUP % "first"}
provision:
  attempts:
    - {{steps: {{grp: {{takes: 2s}}, nothing: {{takes: 1s}}}}}}
    - {{step_time: 300ms}}
deprovision: {{attempts: [{{keeps: [idx]}}, {{}}]}}
faults:
  - {{on: get_status, call: 2, respond: too_many_requests}}
  - {{on: get_status, while: {{state: FAILED}}, respond: too_many_requests}}
---
scenario: later
workflow_id: second
starts: provision
{GROUP % "second"}
provision: {{timeline: [{{at: 1s, state: PROVISIONING}}, {{at_poll: 2, state: COMPLETED, created: [
  {{workflow_step_name: create_index, workflow_step_id: idx, resource_id: i-first}}]}}]}}
---
scenario: loaded
workflow_id: third
starts: load
{GROUP % "third"}
provision: {{step_time: 700ms}}
---
scenario: listed
workflow_id: fourth
provision:
  timeline:
    - at: 0s
      state: PROVISIONING
      created: [{{workflow_step_name: register_remote_model, workflow_step_id: m, resource_id: m1}}]
    - {{at: 1s, resources_created: []}}
    - {{at: 2s, state: COMPLETED}}
---
scenario: slow-to-go
match: {{use_case: SLOW}}
workflow_id: fifth
deprovision: {{takes: 400ms}}
---
scenario: shared
match: {{name: "plain*"}}
stubs:
  - {{request: "GET /stub", respond: [{{body: one}}, {{body: two}}]}}
"""
TEMPLATE: Final[dict[str, Any]] = {
    "name": "plain",
    "workflows": {
        "provision": {"nodes": [{"id": "grp", "type": "register_model_group", "user_inputs": {"name": "group"}}]}
    },
}
CONNECTOR: Final[dict[str, Any]] = {
    "name": "c",
    "version": 1,
    "protocol": "http",
    "credential": {"key": "k"},
    "actions": [{"action_type": "predict", "method": "POST", "url": "https://api.openai.com/v1/x"}],
}
REMOTE: Final = json.dumps({"name": "r", "function_name": "remote", "connector": CONNECTOR}).encode()
IDS: Final = ("first", "second", "third", "fourth", "fifth", "unknown")
CLIENT_READS: Final = (
    *(("GET", f"{WORKFLOW}/{name}/_status?all=true", b"") for name in IDS),
    *(("GET", f"{WORKFLOW}/{name}", b"") for name in IDS[:2]),
    ("GET", f"{WORKFLOW}/state/_search", b'{"query": {"match_all": {}}}'),
    ("GET", "/_cat/indices", b""),
    ("GET", "/_plugins/_ml/models/m1", b""),
    ("POST", "/_plugins/_ml/model_groups/_search", b'{"query": {"match_all": {}}}'),
    ("GET", "/i-first", b""),
    ("GET", "/stub", b""),
    ("POST", "/books/_search?scroll=1m&size=1", b'{"query": {"match": {"title": "x y"}}}'),
    ("GET", "/_all/_search", b""),
    ("POST", "/_mget", b'{"docs": [{"_index": "books", "_id": "1"}, {"_index": "i-first", "_id": "1"}]}'),
    ("GET", "/_cat/count/books,i-*", b""),
    ("POST", "/_plugins/_ml/models/_search", b'{"query": {"match_all": {}}}'),
    ("POST", "/_plugins/_ml/tasks/_search", b'{"query": {"match_all": {}}}'),
    ("POST", "/_plugins/_ml/models/m1/_predict", b'{"parameters": {"input": ["x"]}}'),
    ("POST", "/_ingest/pipeline/p/_simulate", b'{"docs": [{"_source": {"title": "x"}}]}'),
)
CLIENT_WRITES: Final = (
    *(("POST", f"{WORKFLOW}/{name}/_{what}", b"") for name in IDS for what in ("provision", "deprovision")),
    *(("DELETE", f"{WORKFLOW}/{name}", b"") for name in IDS),
    ("POST", WORKFLOW, json.dumps(TEMPLATE).encode()),
    ("POST", f"{WORKFLOW}?provision=true", json.dumps(TEMPLATE).encode()),
    ("POST", f"{WORKFLOW}?provision=true", json.dumps({**TEMPLATE, "use_case": "SLOW"}).encode()),
    ("POST", WORKFLOW, json.dumps({**TEMPLATE, "use_case": "SLOW"}).encode()),
    ("PUT", "/books/_doc/1", b'{"title": "x", "zz": {"b": 1, "a.c": true}}'),
    ("POST", "/i-first/_doc", b'{"title": "y"}'),
    ("POST", "/books/_update_by_query?conflicts=proceed", b'{"query": {"exists": {"field": "title"}}}'),
    ("POST", "/_aliases", b'{"actions": [{"add": {"index": "*", "alias": "every"}}]}'),
    ("PUT", "/_ingest/pipeline/p", b'{"processors": [{"set": {"field": "a", "value": "{{title}}"}}]}'),
    ("PUT", "/_cluster/settings", b'{"transient": {"logger.a": "debug", "logger.b": "info"}}'),
    ("POST", "/_plugins/_ml/model_groups/_register", b'{"name": "mine"}'),
    ("POST", "/_plugins/_ml/models/_register?deploy=true", REMOTE),
    ("POST", "/_plugins/_ml/agents/_register", b'{"name": "a", "type": "flow", "tools": [{"type": "ListIndexTool"}]}'),
    ("DELETE", "/books", b""),
    ("DELETE", "/i-first", b""),
)
COMMANDS: Final = (
    ("POST", f"{OWNER}/next_run", {"steps": {"grp": {"fails": {"message": "planned"}}}}),
    ("POST", f"{OWNER}/next_run", {"steps": {"create_index": {"takes": "5s"}}}),
    ("POST", f"{OWNER}/clock", {"advance": "700ms"}),
    ("POST", f"{OWNER}/clock", {"advance": "3s"}),
    *(("POST", f"{OWNER}/clock", {"next": name}) for name in IDS[:4]),
    *(("POST", f"{OWNER}/clock", {"until": {"workflow_id": name, "state": "FAILED"}}) for name in IDS[:4]),
    *(("POST", f"{OWNER}/clock", {"until": {"workflow_id": name, "state": "COMPLETED"}}) for name in IDS[:2]),
    *(("POST", f"{OWNER}/workflows/{name}/restart", {}) for name in IDS[:3]),
    ("PUT", f"{OWNER}/scenarios", "{scenario: taken, workflow_id: fifth}"),
    ("DELETE", f"{OWNER}/scenarios/slow-to-go", {}),
    ("POST", f"{OWNER}/worlds", {"mode": "auto"}),
    ("POST", f"{OWNER}/worlds", {"name": "mine"}),
    ("DELETE", f"{OWNER}/worlds/mine", {}),
    ("POST", f"{OWNER}/stubs", {"request": "GET /stub", "respond": {"body": "added"}}),
    ("POST", f"{OWNER}/faults", {"on": "get_status", "call": 3, "respond": "too_many_requests"}),
)
VERIFIED: Final[tuple[tuple[str, str, Any], ...]] = (
    ("POST", f"{OWNER}/verify", {"called": {"operation": "get_status"}}),
    ("POST", f"{OWNER}/verify", {"polling": {"workflow_id": "first", "min_interval": "1s"}}),
    ("POST", f"{OWNER}/verify", {"polling": {}}),
)
"""Reads of the control API that have a body."""
VALUES: Final = {
    "workflow_id": IDS,
    "name": ("planned",),
    "id": ("0",),
    "number": ("1", "2", "99"),
    "file": ("app.js", "none"),
    "at": ("0", "1500ms", "9s"),
    "operation": ("get_status",),
    "status": ("200",),
    "since": ("1",),
    "limit": ("1",),
    "after": ("1",),
}
HANDLE_READS: Final[tuple[Callable[[ClusterHandle], object], ...]] = (
    lambda handle: [repr(workflow) for workflow in handle.workflows()],
    lambda handle: [(one.status, one.state, one.resources, one.elapsed, one.polls) for one in handle.workflows()],
    lambda handle: [(one.timeline, one.status_at("3s")) for one in handle.workflows()],
    lambda handle: (handle.journal.story(), handle.stuck, handle.scenarios(), len(handle.journal.requests())),
    lambda handle: (str(handle.coverage()), handle.clock.now, handle.clock.elapsed, handle.clock.mode),
)


def read_targets() -> list[str]:
    """A target of each GET route with each value of its parameters. A route with a parameter unknown here fails."""
    targets = []
    for route in ROUTES:
        if route.method != "GET":
            continue
        paths = [route.path]
        for name in re.findall(r"{(\w+)}", route.path):
            paths = [path.replace(f"{{{name}}}", value) for path in paths for value in VALUES[name]]
        targets += paths
        targets += [
            f"{path}?{name}={value}" for path in paths for name in route.handler.query for value in VALUES[name]
        ]
    return targets


Step = tuple[int, list[Any], list[Any], tuple[str, str, Any]]
"""The ms of the wall clock before it, the reads in the middle of them and at their end, and the request."""

reads: st.SearchStrategy[list[Any]] = st.lists(
    st.one_of(st.sampled_from(read_targets()), st.sampled_from(HANDLE_READS), st.sampled_from(VERIFIED)), max_size=3
)


def steps(requests: tuple[Any, ...]) -> st.SearchStrategy[list[Step]]:
    return st.lists(st.tuples(st.integers(0, 2_500), reads, reads, st.sampled_from(requests)), min_size=2, max_size=12)


def request_of(method: str, target: str, body: Any) -> Request:
    text = json.dumps(body) if isinstance(body, dict) else body
    content = text.encode() if isinstance(text, str) else text
    return Request(method, target, {"Content-Type": "application/json"} if content else {}, content)


class Wall:
    """A wall clock in whole milliseconds that a test moves."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> float:
        return self.ms / 1000


class Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def logged() -> Iterator[list[str]]:
    records, logger = Records(), logging.getLogger("mockflow")
    logger.addHandler(records)
    try:
        yield records.lines
    finally:
        logger.removeHandler(records)


@cache
def loaded() -> tuple[LoadedScenario, ...]:
    loading = load_text(SCENARIOS.encode(), "text")
    assert not loading.errors, loading.errors
    return tuple(LoadedScenario(one.scenario, str(one.place)) for one in loading.scenarios)


def world_of(mode: Mode) -> tuple[Cluster, Wall]:
    wall = Wall()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mockflow.cluster.world.Clock", partial(Clock, wall=wall))
        return Cluster(Settings(mode=mode, epoch=EPOCH, seed=3, max_polls=4), loaded()), wall


async def read(cluster: Cluster, handle: ClusterHandle, what: Any) -> None:
    if callable(what):
        what(handle)
        return
    request = Request("GET", what, {}) if isinstance(what, str) else request_of(*what)
    response = control.answer(cluster, request)
    assert response.status in (200, 400, 404, *((409, 422) if what in VERIFIED else ())), (what, response.body)
    if isinstance(response, StreamedResponse):
        for _ in range(2):
            await anext(response.chunks)
        await response.chunks.aclose()


async def outcome(steps: list[Step], mode: Mode, *, with_reads: bool) -> Any:
    """All that clients and the control API can see after the steps."""
    with logged() as lines:
        cluster, wall = world_of(mode)
        local = Local(cluster)
        local.begin("http://here")
        handle = ClusterHandle(local)
        answers: list[Any] = []
        waiting: list[asyncio.Task[None]] = []

        async def send(number: int, request: Request) -> None:
            try:
                response = await answer(cluster, request)
            except StuckError as error:
                answers.append((number, str(error)))
            else:
                answers.append((number, response.status, response.body, dict(response.headers)))

        for number, (pause, middle, end, (method, target, body)) in enumerate(steps):
            for part, looks in ((pause // 2, middle), (pause - pause // 2, end)):
                wall.ms += part
                for look in looks if with_reads else ():
                    await read(cluster, handle, look)
            request = request_of(method, target, body)
            if target.startswith(PREFIX):
                response = control.answer(cluster, request)
                assert response.status < 500, response.body
                answers.append((number, response.status, response.body))
            else:
                waiting.append(asyncio.create_task(send(number, request)))
            for _ in range(6):
                await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        seen = [
            control.answer(cluster, Request("GET", PREFIX + path, {})).body
            for path in ("/journal", "/coverage", "/faults", "/workflows", "/clock", "/story", "/worlds", "/stubs")
        ]
        await asyncio.sleep(0)
        return answers, seen, list(lines)


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    for clock in ("wall_time", "perf_counter"):
        monkeypatch.setattr(f"mockflow.server.answer.{clock}", lambda: 1.0)  # the journal's times


REQUESTS: Final = CLIENT_READS + CLIENT_WRITES + COMMANDS
# A request that waits on a real clock waits for the wall clock of this machine, which the test does not move.
UNWAITING: Final = tuple(one for one in REQUESTS if "fifth" not in one[1] and b"SLOW" not in repr(one[2]).encode())


def _check(steps: list[Step], mode: Mode) -> None:
    async def both() -> tuple[Any, Any]:
        return await outcome(steps, mode, with_reads=True), await outcome(steps, mode, with_reads=False)

    with_reads, without = asyncio.run(both())
    assert with_reads == without


quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(steps(REQUESTS))
def test_reads_change_nothing_on_a_frozen_clock(steps: list[Step]) -> None:
    _check(steps, "frozen")


@quick
@given(steps(REQUESTS))
def test_reads_change_nothing_in_auto(steps: list[Step]) -> None:
    _check(steps, "auto")


@quick
@given(steps(UNWAITING))
def test_reads_change_nothing_on_a_real_clock(steps: list[Step]) -> None:
    _check(steps, "real")


# -- one by one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", read_targets())
def test_a_read_takes_no_plan_and_logs_nothing(target: str) -> None:
    plan = ("POST", f"{OWNER}/next_run", {"steps": {"grp": {"fails": {"message": "planned"}}}})
    look = ("GET", f"{WORKFLOW}/first/_status", b"")
    advance = ("POST", f"{OWNER}/clock", {"advance": "1m"})
    failing: list[Step] = [
        (0, [], [], plan),
        (0, [target] * 2, [], look),
        (0, [], [], advance),
        (0, [target], [], look),
    ]
    answers, _, lines = asyncio.run(outcome(failing, "frozen", with_reads=True))
    assert (answers, lines) == asyncio.run(outcome(failing, "frozen", with_reads=False))[::2]
    assert sum('no step "nothing"' in line for line in lines) == 1


PLANNED: Final = {"steps": {"grp": {"fails": {"message": "planned"}}}}


async def served(serve: Servers, mode: Mode = "frozen") -> Owner:
    return await Owner.of(await serve(SCENARIOS.replace("while: {state: FAILED}", "call: 99"), mode=mode))


async def test_a_planned_failure_is_for_the_run_of_the_client(serve: Servers) -> None:
    owner = await served(serve)
    await owner.post("/next_run", PLANNED)
    for _ in range(3):
        detail = await owner.get("/workflows/first")
        assert [moment["status"]["state"] for moment in detail["timeline"]][-1] == "FAILED"
    assert (await owner.post("/next_run", {"steps": {}}))["steps"].keys() == {"grp"}
    await owner.server.status("first")
    await owner.clock(advance="1m")
    assert (await owner.get("/workflows/first/status"))["state"] == "FAILED"


async def test_the_clock_goes_to_the_state_that_the_client_then_gets(serve: Servers) -> None:
    owner = await served(serve)
    await owner.post("/next_run", PLANNED)
    await owner.clock(until={"workflow_id": "first", "state": "FAILED"})
    assert (await owner.server.status("first")).json["state"] == "FAILED"


async def test_a_refused_move_takes_no_plan(serve: Servers) -> None:
    owner = await served(serve)
    await owner.post("/next_run", PLANNED)
    await owner.refused(409, "POST", "/clock", {"until": {"workflow_id": "first", "state": "COMPLETED"}})
    assert (await owner.post("/next_run", {"steps": {}}))["steps"].keys() == {"grp"}
    assert (await owner.get("/workflows/first"))["begun"] is False


# -- now, and what is to come --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["frozen", "auto"])
@pytest.mark.parametrize("name", IDS[:4])
async def test_now_is_what_a_client_is_answered(serve: Servers, mode: Mode, name: str) -> None:
    owner = await Owner.of(await serve(NOW, mode=mode))
    for _ in range(4):
        view, status = await owner.get(f"/workflows/{name}"), await owner.get(f"/workflows/{name}/status")
        listed = {one["workflow_id"]: one for one in await owner.get("/workflows")}[name]
        told = (await owner.server.ask(f"{WORKFLOW}/{name}/_status?all=true")).json
        assert status == told
        assert view["state"] == listed["state"] == told["state"]
        assert view["provisioning_progress"] == told["provisioning_progress"]
        await owner.clock(advance="600ms")


NOW: Final = """
scenario: a
workflow_id: first
provision: {timeline: [{at: 0s, state: PROVISIONING}, {at: 1s, state: COMPLETED}]}
---
scenario: b
workflow_id: second
starts: provision
provision: {timeline: [{at: 0s, state: PROVISIONING}, {at: 1s, state: COMPLETED}]}
---
scenario: c
workflow_id: third
starts: load
provision: {timeline: [{at: 0s, state: PROVISIONING}, {at: 1s, state: COMPLETED}]}
---
scenario: d
workflow_id: fourth
starts: provision
template: {name: t, workflows: {provision: {nodes: [{id: grp, type: register_model_group, user_inputs: {name: g}}]}}}
"""


async def test_what_a_provision_would_begin_is_shown_as_upcoming(serve: Servers) -> None:
    owner = await Owner.of(await serve(NOW))
    detail = await owner.get("/workflows/second")
    assert (detail["state"], detail["begun"], detail["upcoming"], detail["next"]) == (
        "NOT_STARTED",
        False,
        "provision",
        None,
    )
    assert [moment["status"]["state"] for moment in detail["timeline"]] == ["PROVISIONING", "COMPLETED"]
    assert (await owner.get("/workflows/second/status?at=1s"))["state"] == "COMPLETED"
    await owner.server.ask(f"{WORKFLOW}/second/_provision", "POST")
    assert (await owner.get("/workflows/second"))["upcoming"] is None
