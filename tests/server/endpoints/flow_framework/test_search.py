"""The two searches of the plugin over HTTP: what fails, and how the response says so."""

from typing import Any, Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import NOOP, WORKFLOW, YAML, Answer, Body, Door

TEMPLATES: Final = ".plugins-flow-framework-templates"
STATES: Final = ".plugins-flow-framework-state"
SEARCHES: Final = [("_search", TEMPLATES), ("state/_search", STATES)]
BOTH: Final = {"_source": {"includes": ["name", "use_case"], "excludes": ["use_case"]}}

each = pytest.mark.parametrize(("search", "index"), SEARCHES)


async def asked(door: Door, search: str, body: Any, **more: Any) -> Answer:
    return await door.ask("POST", f"{WORKFLOW}/{search}", body, **more)


def missing(index: str) -> Body:
    return {
        "type": "index_not_found_exception",
        "reason": f"no such index [{index}]",
        "index": index,
        "resource.id": index,
        "resource.type": "index_or_alias",
        "index_uuid": "_na_",
    }


@each
async def test_before_the_first_workflow(door: Door, search: str, index: str) -> None:
    answer = await asked(door, search, {})
    error = {
        "root_cause": [missing(index)],
        "type": "status_exception",
        "reason": f"Failed to search indices [{index}]",
        "caused_by": missing(index),
    }
    assert answer.told == (404, {"error": error, "status": 404})
    await door.put("nope", NOOP)
    assert (await asked(door, search, {})).status == 404, "a failed update makes no index"
    await door.create(NOOP)
    assert (await asked(door, search, {})).status == 200


async def test_a_scenario_that_brings_a_workflow_has_made_the_indices(door: Door) -> None:
    await door.load("scenario: mine\nmatch: everything\nworkflow_id: w")
    assert (await asked(door, "_search", {})).status == 404, "one that waits for a client has not"
    await door.load("scenario: theirs\nworkflow_id: x")
    found = (await asked(door, "_search", {})).json
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["x"]


@each
@pytest.mark.parametrize(
    ("body", "reason"),
    [({"sort": [{"nope": "asc"}]}, "No mapping found for [nope] in order to sort on"), ({"size": 10_001}, "Result ")],
)
async def test_what_fails_in_the_search_is_wrapped(
    door: Door, search: str, index: str, body: Body, reason: str
) -> None:
    await door.create(NOOP)
    answer = await asked(door, search, body)
    error = answer.json["error"]
    assert (answer.status, error["type"]) == (500, "status_exception")
    assert error["reason"] == f"Failed to search indices [{index}]"
    assert error["root_cause"][0]["reason"].startswith(reason)
    cause = error["caused_by"]
    assert (cause["type"], cause["reason"]) == ("search_phase_execution_exception", "all shards failed")
    assert cause["failed_shards"][0]["index"] == index


@each
@pytest.mark.parametrize("key", ["aggs", "aggregations"])
@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("2.19.6", "Can not start an object, expecting field name (context: Object)"),
        ("3.8.0", "Cannot start an object, expecting a property name (context: Object)\n at [No location information]"),
    ],
)
async def test_aggregations_cannot_be_written(
    open_door: Open, search: str, index: str, key: str, version: str, reason: str
) -> None:
    door = await open_door(opensearch_version=version)
    await door.create(NOOP)
    answer = await asked(door, search, {key: {"a": {"terms": {"field": "use_case"}}}})
    error = answer.json["error"]
    assert (answer.status, error["type"], error["reason"]) == (500, "json_generation_exception", reason)
    assert error["suppressed"][0]["reason"] == "Failed to close the XContentBuilder"
    assert ("caused_by" in error) == (version == "3.8.0")
    bad = await asked(door, search, {key: {}, "size": "x"})
    assert bad.status == 400, "what is wrong with the request is found before"


@pytest.mark.parametrize(("version", "status"), [("2.19.6", 200), ("3.6.0", 200), ("3.7.0", 400), ("3.8.0", 400)])
async def test_a_field_that_is_included_and_excluded(open_door: Open, version: str, status: int) -> None:
    door = await open_door(opensearch_version=version)
    await door.create(NOOP)
    answer = await asked(door, "_search", BOTH)
    assert answer.status == status
    if status == 400:
        assert answer.reason == "The same entry [use_case] cannot be both included and excluded in _source."


@pytest.mark.parametrize(
    ("text", "line", "col"),
    [('{"foo":1}', 1, 8), ('{"query":{"foo":{}}}', 1, 17), ('{\n "query":"x"}', 2, 10), ("[]", 1, 1), ("5", 1, 1)],
)
async def test_parse_errors_have_a_place(door: Door, text: str, line: int, col: int) -> None:
    await door.create(NOOP)
    answer = await asked(door, "_search", text)
    error = answer.json["error"]
    assert answer.status == 400
    assert [(it["line"], it["col"]) for it in (error, error["root_cause"][0])] == [(line, col)] * 2


async def test_yaml_has_no_places(door: Door) -> None:
    await door.create(NOOP)
    answer = await asked(door, "_search", "foo: 1", content_type=YAML)
    assert answer.status == 400
    assert "line:" not in answer.text


@pytest.mark.parametrize("media_type", ["text/plain", "nothing/known"])
async def test_a_source_of_a_type_that_is_not_read(door: Door, media_type: str) -> None:
    await door.create(NOOP)
    answer = await door.ask("GET", f"{WORKFLOW}/_search?source=%7B%7D&source_content_type={media_type}")
    assert (answer.status, answer.json["error"]["type"]) == (500, "illegal_state_exception")
    assert answer.reason == f"Unknown value for source_content_type [{media_type}]"
    answer = await door.ask("GET", f"{WORKFLOW}/_search?source=%7B%22foo%22:1%7D&source_content_type=application/json")
    assert (answer.status, answer.json["error"]["col"]) == (400, 8)


# -- order ---------------------------------------------------------------------------------------------


async def found(door: Door, search: str) -> list[str]:
    return [hit["_id"] for hit in (await asked(door, search, {})).json["hits"]["hits"]]


async def test_hits_come_in_the_order_of_the_last_write(door: Door) -> None:
    first, second, third = [await door.create(NOOP) for _ in range(3)]
    for search, _ in SEARCHES:
        assert await found(door, search) == [first, second, third]
    await door.put(first, {"name": "new"}, "?update_fields=true")
    assert await found(door, "_search") == [second, third, first]
    assert await found(door, "state/_search") == [first, second, third], "its status is the old one"
    await door.advance("1s")
    await door.provision(second)
    assert await found(door, "_search") == [third, first, second]
    assert await found(door, "state/_search") == [first, third, second]
    await door.provision(first)
    await door.advance("1h")
    assert await found(door, "_search") == [third, second, first]


async def test_the_status_of_a_later_workflow_is_written_later(door: Door) -> None:
    first = await door.create(NOOP)
    await door.provision(first)
    await door.advance("1m")
    second = await door.create(NOOP)
    assert await found(door, "state/_search") == [first, second]
    await door.advance("1m")
    third = await door.create(NOOP)
    await door.advance("1m")
    await door.put(second, NOOP)
    assert await found(door, "state/_search") == [first, third, second], "an update resets the status"


async def test_sequence_numbers_are_those_of_the_writes(door: Door) -> None:
    for _ in range(2):
        await door.create(NOOP)
    hits = (await asked(door, "_search", {})).json["hits"]["hits"]
    assert [hit["_seq_no"] for hit in hits] == [0, 1]
    await door.put(hits[0]["_id"], NOOP)
    assert [hit["_seq_no"] for hit in (await asked(door, "_search", {})).json["hits"]["hits"]] == [1, 2]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            {"timeout": "1"},
            "failed to parse setting [timeout] with value [1] as a time value: unit is missing or unrecognized",
        ),
        ({"version": "x"}, "Failed to parse value [x] as only [true] or [false] are allowed."),
        ({"seq_no_primary_term": "x"}, "Failed to parse value [x] as only [true] or [false] are allowed."),
    ],
)
async def test_a_text_that_is_no_value_of_its_key_is_refused(door: Door, body: Body, reason: str) -> None:
    await door.create(NOOP)
    answer = await asked(door, "_search", body)
    assert answer.status == 400
    assert answer.json["error"]["type"] == "illegal_argument_exception"
    assert answer.json["error"]["reason"] == reason
    for taken in ({"timeout": "1s"}, {"version": "true"}, {"seq_no_primary_term": False}):
        assert (await asked(door, "_search", taken)).status == 200
