"""GET and HEAD /, and /_cluster/health."""

import asyncio
import re
from typing import Any, Final

import pytest

from mockflow.core.plugin.versions import NEWEST
from tests.support.server import JSON, OWNER, STORY, Server, Servers, Wire, request, until_waiting

HEALTH: Final = "/_cluster/health"
GREEN: Final = {
    "cluster_name": "mockflow",
    "status": "green",
    "timed_out": False,
    "number_of_nodes": 1,
    "number_of_data_nodes": 1,
    "discovered_master": True,
    "discovered_cluster_manager": True,
    "active_primary_shards": 0,
    "active_shards": 0,
    "relocating_shards": 0,
    "initializing_shards": 0,
    "unassigned_shards": 0,
    "delayed_unassigned_shards": 0,
    "number_of_pending_tasks": 0,
    "number_of_in_flight_fetch": 0,
    "task_max_waiting_in_queue_millis": 0,
    "active_shards_percent_as_number": 100.0,
}


# -- the main page -------------------------------------------------------------------------------------


async def test_the_main_page(server: Server) -> None:
    answer = await server.ask("/")
    assert answer.status == 200
    assert answer.header("content-type") == JSON
    body = answer.json
    assert list(body) == ["name", "cluster_name", "cluster_uuid", "version", "tagline"]
    assert list(body["version"]) == [
        "distribution",
        "number",
        "build_type",
        "build_hash",
        "build_date",
        "build_snapshot",
        "lucene_version",
        "minimum_wire_compatibility_version",
        "minimum_index_compatibility_version",
    ]
    assert body["tagline"] == "The OpenSearch Project: https://opensearch.org/"
    assert body["version"]["distribution"] == "opensearch"
    assert body["version"]["build_snapshot"] is False
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", body["cluster_uuid"])
    assert re.fullmatch(r"[0-9a-f]{40}", body["version"]["build_hash"])


async def test_a_snapshot_says_so(serve: Servers) -> None:
    told = (await (await serve(version="3.2.0-SNAPSHOT")).ask("/")).json["version"]
    assert (told["number"], told["build_snapshot"]) == ("3.2.0-SNAPSHOT", True)


@pytest.mark.parametrize(
    ("version", "lucene", "wire", "index"),
    [
        ("2.12.0", "9.", "7.10.0", "7.0.0"),
        ("2.19.4", "9.12.", "7.10.0", "7.0.0"),
        ("3.0.0", "10.", "2.19.0", "2.0.0"),
        ("3.2.0", "10.", "2.19.0", "2.0.0"),
        (f"{NEWEST}.0", "10.", "2.19.0", "2.0.0"),
    ],
)
async def test_the_version(serve: Servers, version: str, lucene: str, wire: str, index: str) -> None:
    told = (await (await serve(version=version)).ask("/")).json["version"]
    assert told["number"] == version
    assert told["lucene_version"].startswith(lucene)
    assert told["minimum_wire_compatibility_version"] == wire
    assert told["minimum_index_compatibility_version"] == index


async def test_it_is_pretty_unless_told_otherwise(server: Server) -> None:
    plain, pretty = await server.ask("/"), await server.ask("/?pretty=true")
    assert plain.body == pretty.body
    assert plain.body.startswith(b'{\n  "name" : "')
    assert plain.body.endswith(b"}\n")
    compact = await server.ask("/?pretty=false")
    assert b"\n" not in compact.body
    assert compact.json == plain.json


async def test_its_errors_are_not_pretty(server: Server) -> None:
    answer = await server.ask("/?foo")
    assert answer.status == 400
    assert answer.reason == "request [/] contains unrecognized parameter: [foo]"
    assert b"\n" not in answer.body


async def test_the_icon(server: Server) -> None:
    assert (await server.ask("/favicon.ico")).status == 200


@pytest.mark.parametrize("version", ["2.12.0", "3.2.0"])
async def test_head_is_cheap_and_empty(serve: Servers, version: str) -> None:
    answer = await (await serve(version=version)).ask("/", "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("content-type") == JSON


async def test_parts_of_it(server: Server) -> None:
    assert (await server.ask("/?filter_path=version.number")).json == {"version": {"number": "3.2.0"}}
    assert (await server.ask("/?format=yaml")).body.startswith(b'---\nname: "')


async def test_two_clusters_of_one_seed_are_alike(serve: Servers) -> None:
    assert (await (await serve()).ask("/")).raw == (await (await serve(STORY)).ask("/")).raw


# -- the cluster's health ------------------------------------------------------------------------------


@pytest.fixture
async def bare(serve: Servers) -> Server:
    """A server without any scenario, its clock frozen: no index is there yet."""
    return await serve()


async def test_health(bare: Server) -> None:
    answer = await bare.ask(HEALTH)
    assert answer.status == 200
    assert list(answer.json.items()) == list(GREEN.items())
    assert b'"active_shards_percent_as_number":100.0}' in answer.body


@pytest.mark.parametrize(
    "query",
    [
        "local=true",
        "local",
        "timeout=1ms&cluster_manager_timeout=1s",
        "wait_for_status=green",
        "wait_for_status=GREEN",
        "wait_for_status=yellow",
        "wait_for_status=red",
        "wait_for_nodes=1",
        "wait_for_nodes=%3E%3D1",
        "wait_for_nodes=ge(1)",
        "wait_for_nodes=%3C2",
        "wait_for_nodes=lt(2)",
        "wait_for_nodes=%3C%3D1",
        "wait_for_nodes=le(1)",
        "wait_for_nodes=%3E0",
        "wait_for_nodes=gt(0)",
        "wait_for_nodes=",
        "wait_for_no_relocating_shards=true&wait_for_no_initializing_shards=true",
        "wait_for_active_shards=all",
        "wait_for_active_shards=0",
        "wait_for_events=languid",
        "wait_for_events=LANGUID",
        "level=cluster",
        "level=whatever",
        "expand_wildcards=open&ignore_unavailable=true&allow_no_indices=false",
        "awareness_attribute=zone&level=awareness_attributes&ensure_node_weighed_in=false",
        "wait_for_status=green&wait_for_nodes=1&wait_for_active_shards=all&wait_for_events=normal&timeout=1s",
    ],
)
async def test_what_is_so_already_is_answered_at_once(bare: Server, query: str) -> None:
    answer = await bare.ask(f"{HEALTH}?{query}")
    assert (answer.status, answer.json) == (200, GREEN)


@pytest.mark.parametrize("level", ["indices", "shards"])
async def test_health_of_indices(bare: Server, level: str) -> None:
    answer = await bare.ask(f"{HEALTH}?level={level}")
    assert list(answer.json.items()) == [*GREEN.items(), ("indices", {})]


NO_STATUS: Final = "No enum constant org.opensearch.cluster.health.ClusterHealthStatus."


@pytest.mark.parametrize(
    ("query", "kind", "reason"),
    [
        ("wait_for_status=foo", "illegal_argument_exception", f"{NO_STATUS}FOO"),
        ("wait_for_status=", "illegal_argument_exception", NO_STATUS),
        ("expand_wildcards=foo", "illegal_argument_exception", "No valid expand wildcard value [foo]"),
        (
            "master_timeout=1s&cluster_manager_timeout=1s",
            "parse_exception",
            "Please only use one of the request parameters [master_timeout, cluster_manager_timeout].",
        ),
        (
            "awareness_attribute=zone",
            "action_request_validation_exception",
            "Validation Failed: 1: level=awareness_attributes is required with awareness_attribute parameter;",
        ),
        (
            "wait_for_events=soon",
            "illegal_argument_exception",
            "No enum constant org.opensearch.common.Priority.SOON",
        ),
        ("wait_for_nodes=abc", "number_format_exception", 'For input string: "abc"'),
        ("wait_for_nodes=%3E%3Dx", "number_format_exception", 'For input string: "x"'),
        ("wait_for_nodes=ge(x)", "number_format_exception", 'For input string: "x"'),
        ("wait_for_nodes=ge()", "number_format_exception", 'For input string: ""'),
        ("wait_for_active_shards=some", "illegal_argument_exception", "cannot parse ActiveShardCount[some]"),
        ("wait_for_active_shards=-1", "illegal_argument_exception", "shard count cannot be a negative value"),
        (
            "local=1",
            "illegal_argument_exception",
            "Failed to parse value [1] as only [true] or [false] are allowed.",
        ),
        (
            "master_timeout=5",
            "illegal_argument_exception",
            "failed to parse setting [master_timeout] with value [5] as a time value: unit is missing or unrecognized",
        ),
        (
            "foo&wait_for_status=foo",
            "illegal_argument_exception",
            f"{NO_STATUS}FOO",
        ),
        (
            "wait_for_state=green",
            "illegal_argument_exception",
            "request [/_cluster/health] contains unrecognized parameter: [wait_for_state] -> did you mean any of "
            "[wait_for_status, wait_for_events, wait_for_nodes]?",
        ),
    ],
)
async def test_health_refuses(bare: Server, query: str, kind: str, reason: str) -> None:
    answer = await bare.ask(f"{HEALTH}?{query}")
    assert (answer.status, answer.error["type"], answer.reason) == (400, kind, reason)


# -- waiting -------------------------------------------------------------------------------------------

TIMED_OUT: Final = {**GREEN, "timed_out": True}
LATER: Final = {**TIMED_OUT, "active_primary_shards": 1, "active_shards": 1}
"""After 10 s there is the index .plugins-ml-config."""
NO_SUCH_INDEX: Final = {**TIMED_OUT, "status": "red"}
NEVER: Final = [
    ("?wait_for_nodes=2", TIMED_OUT),
    ("?wait_for_nodes=ge(2)", TIMED_OUT),
    ("?wait_for_nodes=%3E1", TIMED_OUT),
    ("?wait_for_nodes=-1", TIMED_OUT),
    ("?wait_for_active_shards=1", TIMED_OUT),
    ("/no-such-index", NO_SUCH_INDEX),
]


@pytest.mark.parametrize(("query", "expected"), NEVER)
async def test_in_auto_a_wait_that_never_ends_ends_at_once(
    serve: Servers, query: str, expected: dict[str, Any]
) -> None:
    answer = await (await serve(mode="auto")).ask(HEALTH + query)
    assert (answer.status, answer.json) == (408, expected)


@pytest.mark.parametrize("timeout", ["0", "0s"])
async def test_a_timeout_of_nothing_is_over_at_once(bare: Server, timeout: str) -> None:
    answer = await bare.ask(f"{HEALTH}?wait_for_nodes=2&timeout={timeout}")
    assert (answer.status, answer.json) == (408, TIMED_OUT)


@pytest.mark.parametrize(
    ("timeout", "just_before", "rest", "expected"),
    [
        ("", "29999ms", "1ms", LATER),
        ("&timeout=5s", "4999ms", "1ms", TIMED_OUT),
        ("&timeout=1h", "59m", "1m", LATER),
    ],
)
async def test_frozen_it_answers_when_the_owner_moves_the_clock_so_far(
    bare: Server, timeout: str, just_before: str, rest: str, expected: dict[str, Any]
) -> None:
    wire = await Wire.open(bare.url)
    try:
        await wire.send(request(f"{HEALTH}?wait_for_nodes=2{timeout}"))
        await until_waiting(bare.cluster)
        await bare.advance(just_before)
        waiting = asyncio.create_task(wire.answer())
        assert (await bare.ask("/")).status == 200
        assert len(bare.cluster.world.clock._waiting) == 1
        assert not waiting.done()
        await bare.advance(rest)
        answer = await waiting
        assert (answer.status, answer.json) == (408, expected)
        assert await _nobody_waits(bare)
    finally:
        await wire.close()


@pytest.mark.parametrize(("change", "expected"), [('{"mode": "auto"}', TIMED_OUT), ('{"advance": "36500d"}', LATER)])
async def test_what_else_ends_a_wait(bare: Server, change: str, expected: dict[str, Any]) -> None:
    answer = await _while_waiting(bare, "?wait_for_nodes=2", f"{OWNER}/clock", change)
    assert answer == (408, expected)


async def test_a_reset_ends_a_wait(bare: Server) -> None:
    assert await _while_waiting(bare, "?wait_for_nodes=2", f"{OWNER}/reset", "{}") == (408, TIMED_OUT)


async def test_a_wait_without_end_ends_with_the_server(serve: Servers) -> None:
    server = await serve()
    wire = await Wire.open(server.url)
    try:
        await wire.send(request(f"{HEALTH}?wait_for_nodes=2&timeout=-1"))
        await until_waiting(server.cluster)
        await server.advance("36500d")
        assert len(server.cluster.world.clock._waiting) == 1
        await serve.stop()
        assert (await wire.answer()).status == 408
        assert await wire.rest() == b""
    finally:
        await wire.close()


async def test_in_real_time_a_fast_clock_makes_waits_short(serve: Servers) -> None:
    server = await serve(mode="real")
    await server.ask(f"{OWNER}/clock", "POST", '{"speed": 1000000}')
    answer = await server.ask(f"{HEALTH}?wait_for_nodes=2&timeout=30s")
    assert (answer.status, answer.json) == (408, LATER)


async def test_a_change_of_speed_reaches_those_who_wait(serve: Servers) -> None:
    server = await serve(mode="real")
    answer = await _while_waiting(server, "?wait_for_nodes=2&timeout=1d", f"{OWNER}/clock", '{"speed": 1000000}')
    assert answer == (408, LATER)


async def test_a_client_that_goes_away_leaves_nothing_behind(bare: Server) -> None:
    wires = [await Wire.open(bare.url) for _ in range(3)]
    for wire in wires:
        await wire.send(request(f"{HEALTH}?wait_for_nodes=2"))
    await until_waiting(bare.cluster, 3)
    for wire in wires:
        await wire.close()
    await until_waiting(bare.cluster, 0)
    assert (await bare.ask("/")).status == 200


async def test_others_are_answered_meanwhile(bare: Server) -> None:
    wire = await Wire.open(bare.url)
    try:
        await wire.send(request(f"{HEALTH}?wait_for_nodes=2"))
        await until_waiting(bare.cluster)
        for _ in range(3):
            assert (await bare.ask("/")).status == 200
            assert (await bare.ask(HEALTH)).status == 200
    finally:
        await wire.close()


async def _while_waiting(bare: Server, query: str, target: str, body: str) -> tuple[int, Any]:
    """The answer to a waiting request that the owner's call ends."""
    wire = await Wire.open(bare.url)
    try:
        await wire.send(request(HEALTH + query))
        await until_waiting(bare.cluster)
        assert (await bare.ask(target, "POST", body)).status == 200
        answer = await wire.answer()
        return answer.status, answer.json
    finally:
        await wire.close()


async def _nobody_waits(bare: Server) -> bool:
    await until_waiting(bare.cluster, 0)
    return True


# -- indices that runs have made -----------------------------------------------------------------------

INDEXER: Final = """
scenario: indexer
workflow_id: i
template:
  name: indexer
  workflows:
    provision:
      nodes:
        - id: create_index_1
          type: create_index
          user_inputs:
            index_name: articles
            configurations: {settings: {index: {number_of_shards: 2, number_of_replicas: 1}}}
provision:
  timeline:
    - {at: 0s, state: PROVISIONING}
    - at: 3s
      created: [{workflow_step_name: create_index, workflow_step_id: create_index_1, resource_id: articles}]
    - {at: 5s, state: COMPLETED}
"""
SYSTEM_INDICES: Final = 3  # one shard each, without a replica


async def test_health_follows_what_runs_have_made(serve: Servers) -> None:
    server = await serve(INDEXER)
    await server.status("i")
    assert (await server.ask(f"{HEALTH}/articles?timeout=0")).json["status"] == "red"
    await server.advance("3s")
    answer = await server.ask(f"{HEALTH}?level=shards")
    assert answer.status == 200
    assert answer.json["status"] == "yellow"
    assert answer.json["active_primary_shards"] == answer.json["active_shards"] == SYSTEM_INDICES + 2
    assert answer.json["unassigned_shards"] == 2
    assert answer.json["active_shards_percent_as_number"] == pytest.approx(100 * 5 / 7)
    one = (await server.ask(f"{HEALTH}/articles")).json
    assert (one["active_shards"], one["unassigned_shards"]) == (2, 2)
    assert one["active_shards_percent_as_number"] == pytest.approx(100 * 5 / 7), "the cluster's"
    green = (await server.ask(f"{HEALTH}/.plugins-flow-framework-state")).json
    assert (green["status"], green["active_shards_percent_as_number"]) == ("green", 100.0)
    counts = {"active_shards": 1, "relocating_shards": 0, "initializing_shards": 0, "unassigned_shards": 1}
    shard = {"status": "yellow", "primary_active": True, **counts}
    assert answer.json["indices"]["articles"] == {
        "status": "yellow",
        "number_of_shards": 2,
        "number_of_replicas": 1,
        "active_primary_shards": 2,
        **counts,
        "active_shards": 2,
        "unassigned_shards": 2,
        "shards": {"0": shard, "1": shard},
    }


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("?wait_for_status=yellow", 200),
        ("?wait_for_status=green", 408),
        ("?wait_for_active_shards=2", 200),
        ("?wait_for_active_shards=3", 408),
        ("?wait_for_active_shards=all", 408),
    ],
)
@pytest.mark.parametrize("index", ["articles", "art*", "articles,nope*"])
async def test_health_of_an_index_with_a_replica_that_one_node_cannot_hold(
    serve: Servers, index: str, query: str, status: int
) -> None:
    server = await serve(INDEXER, mode="auto")
    for _ in range(3):
        await server.status("i")
    answer = await server.ask(f"{HEALTH}/{index}{query}")
    assert (answer.status, answer.json["status"], answer.json["timed_out"]) == (status, "yellow", status == 408)


@pytest.mark.parametrize("index", ["_all", "*", "nope*"])
async def test_health_of_whatever_there_is(bare: Server, index: str) -> None:
    answer = await bare.ask(f"{HEALTH}/{index}")
    assert (answer.status, answer.json) == (200, GREEN)


async def test_health_of_what_cannot_be_an_index(bare: Server) -> None:
    answer = await bare.ask(f"{HEALTH}/_nope")
    assert (answer.status, answer.error["type"]) == (400, "invalid_index_name_exception")


async def test_a_wait_ends_when_what_it_waits_for_comes(serve: Servers) -> None:
    server = await serve(INDEXER)
    await server.status("i")
    wire = await Wire.open(server.url)
    try:
        await wire.send(request(f"{HEALTH}/articles?wait_for_status=yellow"))
        await until_waiting(server.cluster)
        await server.advance("2999ms")
        assert len(server.cluster.world.clock._waiting) == 1
        await server.advance("1ms")
        answer = await wire.answer()
        assert (answer.status, answer.json["status"]) == (200, "yellow")
    finally:
        await wire.close()


async def test_in_auto_a_wait_for_an_index_skips_to_where_it_is_there(serve: Servers) -> None:
    server = await serve(INDEXER, mode="auto")
    await server.status("i")
    assert (await server.ask(f"{HEALTH}/articles")).status == 200
    assert (await server.ask(f"{OWNER}/clock")).json["elapsed_ms"] >= 3000
    assert (await server.status("i")).json["state"] in ("PROVISIONING", "COMPLETED")


async def test_in_real_time_a_wait_for_an_index_ends_by_itself(serve: Servers) -> None:
    server = await serve(INDEXER, mode="real")
    await server.ask(f"{OWNER}/clock", "POST", '{"speed": 100}')
    await server.status("i")
    answer = await server.ask(f"{HEALTH}/articles?timeout=1d")
    assert (answer.status, answer.json["status"]) == (200, "yellow")
