"""A command that is refused changes nothing: everything that can be read is the same before and after it."""

import asyncio
import json
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockflow.cluster import Cluster, Mode
from mockflow.server.answer import answer
from mockflow.server.control import answer as control
from mockflow.server.control.paths import PREFIX
from mockflow.server.control.routes import ROUTES
from mockflow.server.http.messages import Request, StreamedResponse
from tests.server.control.test_reads import SCENARIOS, read_targets, request_of, world_of
from tests.support.control import Owner
from tests.support.server import OWNER, WORKFLOW, Servers

pytestmark = pytest.mark.slow

HUGE: Final = 10**400
NUMBERS: Final = st.sampled_from(
    [HUGE, -HUGE, 10**4000, -1, 0, 10**15, 2**63, 1.5, 1e308, float("nan"), float("inf"), -float("inf"), True, None]
)
TEXTS: Final = st.sampled_from(
    ["", "1", "3", "-1s", "1e9d", "9" * 400 + "s", "first", "x", "real", "FAILED", "\x00", "é"]
)
VALUES: Final = NUMBERS | TEXTS | st.sampled_from([[], {}, [1], {"x": 1}])
NAMES: Final = st.sampled_from(
    [
        *("mode", "advance", "speed", "until", "next", "step_time", "seed", "epoch", "max_polls", "users", "keep"),
        *("opensearch_version", "multi_tenancy", "trust_inputs", "steps", "on", "call", "calls", "every", "x"),
        *("probability", "respond", "delay", "connection", "workflow_id"),
    ]
)
UNTIL: Final = st.fixed_dictionaries(
    {"workflow_id": st.sampled_from(["first", "second", "none"]), "state": st.sampled_from(["FAILED", "GONE", ""])}
)
BODIES: Final = st.one_of(
    st.dictionaries(NAMES, VALUES, max_size=3),
    st.fixed_dictionaries({"until": UNTIL}),
    st.fixed_dictionaries({"next": st.sampled_from(["second", "none"])}),
    st.fixed_dictionaries({"mode": st.just("auto"), "epoch": NUMBERS}),
    st.fixed_dictionaries({"keep": st.just(["scenarios"]), "users": st.just(["a:b", "a:c"])}),
    st.fixed_dictionaries({"on": st.just("any"), "delay": st.just("1s"), "workflow_id": st.just("none")}),
    st.fixed_dictionaries({"on": st.just("any"), "probability": NUMBERS, "respond": st.just("too_many_requests")}),
    st.fixed_dictionaries({"steps": st.just({"grp": {"fails": {}}, "idx": {"fails": {"status": "OK"}}})}),
)
GOOD: Final = "{scenario: new, workflow_id: new, starts: load}"
DOCUMENTS: Final = st.sampled_from(
    [
        GOOD,
        "{scenario: planned, workflow_id: first}",
        "{scenario: new}",
        "{scenario: other, workflow_id: second}",
        "{scenario: new, workflow_id: new, faults: [{on: any, call: .inf}]}",
        "{scenario: new, workflow_id: new, provision: {timeline: [{at: 1s}, {at: 0s}]}}",
        f"{{scenario: big, workflow_id: big, faults: [{{on: any, call: {10**30}, delay: 1s}}]}}",
        "{scenario: planned, match: {name: 'plain*'}}",
        "- no",
        "{",
        "",
    ]
)
TEXT_BODIES: Final = st.lists(DOCUMENTS, min_size=1, max_size=3).map("\n---\n".join)
IN_PATHS: Final = {"workflow_id": ("second", "none"), "name": ("none", "%ff"), "id": ("7", "x", "9" * 5000)}


def commands() -> list[tuple[str, str]]:
    """Method and target of each route that is no read. A route with a parameter unknown here fails."""
    found = []
    for route in ROUTES:
        if route.method == "GET":
            continue
        targets = [route.path]
        for name in (part[1:-1] for part in route.path.split("/") if part.startswith("{")):
            targets = [target.replace(f"{{{name}}}", value) for target in targets for value in IN_PATHS[name]]
        found += [(route.method, query) for target in targets for query in (target, f"{target}?unknown=1")]
    return found


def dump(cluster: Cluster) -> list[Any]:
    """All that can be read; and what cannot: whether waits for this world have ended."""
    found: list[Any] = [cluster.world, cluster.world.clock.closed, cluster.world.next_steps.copy()]
    for target in (one for one in read_targets() if "/page/" not in one and "openapi" not in one):
        response = control.answer(cluster, Request("GET", target, {}))
        if not isinstance(response, StreamedResponse):
            found.append((target, response.status, response.body))
    return found


@cache
def _used(mode: Mode) -> tuple[Cluster, list[Any]]:
    """A world in which something has happened, and its dump; a command that is not refused replaces it."""
    cluster, _ = world_of(mode)

    async def use() -> None:
        for request in (
            request_of("GET", f"{WORKFLOW}/first/_status", b""),
            request_of("POST", f"{OWNER}/clock", {"advance": "1500ms"}),
            request_of("POST", f"{OWNER}/next_run", {"steps": {"grp": {"takes": "2s"}}}),
            request_of("POST", f"{OWNER}/faults", {"on": "get_status", "call": 3, "respond": "too_many_requests"}),
            request_of("GET", f"{WORKFLOW}/third/_status", b""),
        ):
            is_control = request.target.startswith(PREFIX)
            response = control.answer(cluster, request) if is_control else await answer(cluster, request)
            assert response.status == 200, response.body

    asyncio.run(use())
    return cluster, dump(cluster)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(commands()), BODIES.map(json.dumps) | TEXT_BODIES, st.sampled_from(["frozen", "auto"]))
def test_a_refused_command_changes_nothing(command: tuple[str, str], body: str, mode: Mode) -> None:
    cluster, before = _used(mode)
    response = control.answer(cluster, request_of(*command, body))
    assert response.status < 500
    if response.status == 200:
        _used.cache_clear()
        return
    message = json.loads(response.body)["error"]["message"]
    assert message
    assert "Traceback" not in message
    assert dump(cluster) == before


# -- one by one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (f'{{"epoch": {10**400}}}', "epoch: should be less than or equal to 253402300799999"),
        (f'{{"epoch": {"9" * 5000}}}', "a number has 5000 digits"),
        (f'{{"seed": {2**63}}}', "seed: should be less than or equal to 9223372036854775807"),
        ('{"seed": 1e400}', "1e400 is no number in JSON"),
        ('{"max_polls": 10000000000}', "max_polls: should be less than or equal to 1000000000"),
        ('{"step_time": "99999999d"}', 'step_time: "99999999d" is longer than a century'),
        ('{"epoch": NaN}', "NaN is no number in JSON"),
        ('{"speed": -Infinity}', "-Infinity is no number in JSON"),
    ],
    ids=lambda text: text[:24],
)
async def test_a_refused_reset_leaves_the_world(serve: Servers, body: str, why: str) -> None:
    owner = await Owner.of(await serve(SCENARIOS))
    await owner.server.status("third")
    before = dump(owner.server.cluster)
    assert why in await owner.refused(400, "POST", "/reset", body)
    assert dump(owner.server.cluster) == before
    await owner.clock(advance="1s")
    assert (await owner.get("/workflows/third"))["elapsed_ms"] == 1000


async def test_the_clock_ends_with_the_year_9999(serve: Servers) -> None:
    owner = await Owner.of(
        await serve("{scenario: s, workflow_id: w, provision: {timeline: [{at: 1d, state: COMPLETED}]}}")
    )
    last = 253_402_300_799_999
    await owner.post("/reset", {"epoch": last})
    for change in ({"advance": "1ms"}, {"next": "w"}, {"until": {"workflow_id": "w", "state": "COMPLETED"}}):
        assert "does not go beyond the year 9999" in await owner.refused(400, "POST", "/clock", change)
        assert (await owner.get("/workflows/w"))["begun"] is False
        assert (await owner.get("/clock"))["now"] == last
    assert (await owner.server.ask("/_cat/indices")).status == 200


async def test_a_run_that_cannot_begin_at_the_load_does_not_stop_it(serve: Servers) -> None:
    nodes = [{"id": f"n{n}", "type": "noop", "user_inputs": {}} for n in range(60)]
    template = {"name": "t", "workflows": {"provision": {"nodes": nodes}}}
    script = {
        "scenario": "big",
        "workflow_id": "b",
        "starts": "load",
        "template": template,
        "provision": {"step_time": "1s"},
    }
    owner = await Owner.of(await serve())
    await owner.put("/scenarios", json.dumps(script) + "\n---\n{scenario: after, workflow_id: after}")
    assert [one["workflow_id"] for one in await owner.get("/workflows")] == ["b", "after"]
    assert (await owner.server.status("b")).status == 200


@pytest.mark.parametrize("number", ["9" * 5000, "0", "99"])
async def test_a_journal_number_that_is_too_long(serve: Servers, number: str) -> None:
    owner = await Owner.of(await serve())
    assert "no exchange" in await owner.refused(404, "GET", f"/journal/{number[:2000]}")
    response = control.answer(owner.server.cluster, Request("GET", f"{OWNER}/journal/{number}", {}))
    assert response.status == 404
