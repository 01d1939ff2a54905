"""Reads of indices: their settings in each form, the parameters, HEAD (docs/reference/opensearch.md, "Indices")."""

import json
from typing import Any, Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import EPOCH, JSON, Door, node, template

SETTINGS: Final = {"number_of_shards": 2, "number_of_replicas": 0, "index": {"refresh_interval": "5s"}}
MAPPINGS: Final = {"properties": {"title": {"type": "text"}}}


def index(**settings: Any) -> dict[str, Any]:
    configurations = json.dumps({"settings": {**SETTINGS, **settings}, "mappings": MAPPINGS})
    return template(node("i", "create_index", index_name="books", configurations=configurations))


@pytest.fixture
async def books(door: Door) -> Door:
    """A server with the index `books`, made a second after its start."""
    await door.provisioned(index())
    return door


@pytest.mark.parametrize(("version", "created"), [("2.19.6", "136408427"), ("3.8.0", "137297827")])
async def test_the_settings_in_opensearchs_order(open_door: Open, version: str, created: str) -> None:
    door = await open_door(opensearch_version=version)
    plain = template(node("i", "create_index", index_name="i", configurations='{"settings":{"number_of_replicas":0}}'))
    await door.provisioned(plain)
    settings = (await door.ask("GET", "/i")).json["i"]["settings"]["index"]
    assert list(settings) == [
        "replication",
        "number_of_shards",
        "provided_name",
        "creation_date",
        "number_of_replicas",
        "uuid",
        "version",
    ]
    assert settings["replication"] == {"type": "DOCUMENT"}
    assert settings["version"] == {"created": created}
    assert (settings["provided_name"], settings["number_of_shards"], settings["number_of_replicas"]) == ("i", "1", "0")


async def test_flat_settings(books: Door) -> None:
    for path in ("/books", "/books/_settings"):
        settings = (await books.ask("GET", f"{path}?flat_settings=true")).json["books"]["settings"]
        assert list(settings) == sorted(settings)
        assert settings["index.number_of_shards"] == "2"
        assert settings["index.refresh_interval"] == "5s"
        assert settings["index.replication.type"] == "DOCUMENT"
        assert "index" not in settings


async def test_for_people(books: Door) -> None:
    settings = (await books.ask("GET", "/books?human")).json["books"]["settings"]["index"]
    assert settings["creation_date"] == str(EPOCH + 1000)
    assert settings["creation_date_string"] == "2026-01-01T00:00:01Z"
    assert list(settings["version"]) == ["created_string", "created"]
    assert settings["version"]["created_string"] == "3.2.0"


async def test_defaults_are_those_that_are_not_set(books: Door) -> None:
    body = (await books.ask("GET", "/books?include_defaults=true")).json["books"]
    assert list(body) == ["aliases", "mappings", "settings", "defaults"]
    assert body["defaults"]["index"]["max_result_window"] == "10000"
    assert "refresh_interval" not in body["defaults"]["index"]
    flat = (await books.ask("GET", "/books/_settings?include_defaults&flat_settings")).json["books"]
    assert list(flat) == ["settings", "defaults"]
    assert flat["defaults"]["index.max_result_window"] == "10000"
    assert "defaults" not in (await books.ask("GET", "/books")).json["books"]


async def test_replicas_that_expand_have_no_other_node(door: Door) -> None:
    await door.provisioned(index(auto_expand_replicas="0-1"))
    assert (await door.ask("GET", "/books")).json["books"]["settings"]["index"]["number_of_replicas"] == "0"


async def test_mappings_have_two_paths(books: Door) -> None:
    for path in ("/books/_mapping", "/books/_mappings"):
        assert (await books.ask("GET", path)).json == {"books": {"mappings": MAPPINGS}}


@pytest.mark.parametrize(("path", "status"), [("/books", 200), ("/nope", 404), ("/_nope", 400), ("/b*", 200)])
async def test_head_is_get_without_a_body(books: Door, path: str, status: int) -> None:
    answer = await books.ask("HEAD", path)
    assert (answer.status, answer.text, answer.content_type) == (status, "", f"{JSON}; charset=UTF-8")


@pytest.mark.parametrize("states", ["open", "all", "open,hidden", "closed,open", "none,open"])
async def test_patterns_expand_to_open_indices(books: Door, states: str) -> None:
    assert list((await books.ask("GET", f"/b*?expand_wildcards={states}")).json) == ["books"]


@pytest.mark.parametrize(("states", "status"), [("closed", 200), ("all,none", 404), ("hidden", 404)])
async def test_without_open_indices_a_pattern_finds_nothing(books: Door, states: str, status: int) -> None:
    answer = await books.ask("GET", f"/b*?expand_wildcards={states}")
    assert answer.status == status
    if status == 404:
        assert answer.reason == "no such index [b*]"
    else:
        assert answer.json == {}
    assert (await books.ask("GET", f"/books?expand_wildcards={states}")).status == 200


@pytest.mark.parametrize(
    ("query", "kind", "reason"),
    [
        ("expand_wildcards=foo", "illegal_argument_exception", "No valid expand wildcard value [foo]"),
        ("expand_wildcards=open,foo", "illegal_argument_exception", "No valid expand wildcard value [foo]"),
        ("ignore_unavailable=foo", "illegal_argument_exception", "Could not convert [ignore_unavailable] to boolean"),
        ("allow_no_indices", "illegal_argument_exception", "Could not convert [allow_no_indices] to boolean"),
        (
            "master_timeout=1s&cluster_manager_timeout=1s",
            "parse_exception",
            "Please only use one of the request parameters [master_timeout, cluster_manager_timeout].",
        ),
        (
            "timeout=1s",
            "illegal_argument_exception",
            "request [/books] contains unrecognized parameter: [timeout]",
        ),
    ],
)
async def test_refused_parameters(books: Door, query: str, kind: str, reason: str) -> None:
    answer = await books.ask("GET", f"/books?{query}")
    assert (answer.status, answer.json["error"]["type"], answer.reason) == (400, kind, reason)


@pytest.mark.parametrize("query", ["local=true", "flat_settings=true", "include_defaults=true"])
async def test_a_delete_takes_no_parameters_of_reads(books: Door, query: str) -> None:
    answer = await books.ask("DELETE", f"/books?{query}")
    assert (answer.status, f"unrecognized parameter: [{query[:-5]}]" in answer.reason) == (400, True)
    assert (await books.ask("DELETE", "/books?timeout=1s&ignore_unavailable=true")).json == {"acknowledged": True}


# -- pipelines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/_ingest/pipeline", "/_search/pipeline"])
async def test_a_cluster_without_pipelines(door: Door, path: str) -> None:
    for name in ("", "/*", "/nope", "/nope*"):
        assert (await door.ask("GET", path + name)).told == (404, {})
    assert (await door.ask("DELETE", f"{path}/nope")).told == (200, {"acknowledged": True})
    assert (await door.ask("DELETE", f"{path}/*")).told == (200, {"acknowledged": True})


@pytest.mark.parametrize(
    ("kind", "path", "configurations"),
    [
        ("create_ingest_pipeline", "/_ingest/pipeline", '{"processors":[]}'),
        ("create_search_pipeline", "/_search/pipeline", '{"request_processors":[]}'),
    ],
)
async def test_once_there_was_a_pipeline_a_missing_one_is_an_error(
    door: Door, kind: str, path: str, configurations: str
) -> None:
    await door.provisioned(template(node("p", kind, pipeline_id="p", configurations=configurations)))
    assert (await door.ask("GET", path)).told == (200, {"p": json.loads(configurations)})
    assert (await door.ask("DELETE", f"{path}/p")).status == 200
    missing = await door.ask("DELETE", f"{path}/p")
    assert (missing.status, missing.reason) == (404, "pipeline [p] is missing")
    assert (await door.ask("GET", path)).told == (404, {})
    assert (await door.ask("GET", f"{path}/p?local=true")).status == 400


async def test_a_pipeline_has_what_its_step_sends(door: Door) -> None:
    """Arrays in quotes become arrays; what stands behind the object is not read."""
    fields = [{"remove": {"field": '["a", "b"]'}}, {"set": {"field": "c", "value": "x [1] y"}}]
    sent = [{"remove": {"field": ["a", "b"]}}, {"set": {"field": "c", "value": "x [1] y"}}]
    as_object: Any = {"processors": fields}
    texts = (as_object, json.dumps(as_object), json.dumps(as_object) + " xyz")
    nodes = [
        node(f"p{n}", "create_ingest_pipeline", pipeline_id=f"p{n}", configurations=text)
        for n, text in enumerate(texts)
    ]
    await door.provisioned(template(*nodes))
    found = (await door.ask("GET", "/_ingest/pipeline")).json
    assert found == {f"p{n}": {"processors": sent} for n in range(len(texts))}


# -- in mode auto --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), [("GET", "/books"), ("HEAD", "/books"), ("GET", "/books/_mappings")])
async def test_in_auto_a_loop_that_waits_for_an_index_ends(open_door: Open, method: str, path: str) -> None:
    door = await open_door(mode="auto")
    await door.create(index(), "?provision=true")
    looks = 1
    while (await door.ask(method, path)).status == 404:
        looks += 1
        assert looks < 10
    assert looks > 1, "it is not there at once"
