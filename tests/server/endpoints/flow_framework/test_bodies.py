"""Bodies of create, update and _provision: what is read of them, and what templates become of them."""

import json
from typing import Any

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import JSON, NOOP, WORKFLOW, YAML, Body, Door, node, template

INVALID = {"error": "IOException: template content invalid for specified Content-Type."}
UNUSABLE = {
    "error": "failure parsing request body when a use case is given, make sure to provide a map with values that are "
    "either Strings, Arrays, or Map of Strings to Strings"
}


async def shown(door: Door, body: Any, **more: Any) -> Body:
    """What GET answers after a create with this body."""
    answer = await door.post("?validation=none", body, headers={"Accept": "application/json"}, **more)
    assert answer.status == 201, answer
    document: Body = (await door.get(answer.json["workflow_id"])).json
    return document


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "ü"} and more',
        '{"name": "ü"}{}',
        '/* a comment */ {"name": // another\n "ü"}',
        '\ufeff{"name": "ü"}',
        '{"name": "ü"}'.encode("utf-16"),
        '{"name": "ü"}'.encode("utf-32-be"),
    ],
    ids=repr,
)
async def test_json_that_is_read(door: Door, body: Any) -> None:
    assert (await shown(door, body))["name"] == "ü"


@pytest.mark.parametrize("body", [b'{"name": "\xe9"}', b'{"name": "a", "description": "\xff"}', b"{'name': 'a'}"])
async def test_json_that_is_not_read(door: Door, body: bytes) -> None:
    assert (await door.post("", body)).told == (400, INVALID)


async def test_yaml_keeps_the_text_of_its_scalars(door: Door) -> None:
    inputs = "{a: {b: 0x1F, c: 010, d: 0.50, e: yes, f: 2026-01-01}, g: 5, h: true}"
    nodes = f"[{{id: 1_0, type: noop, user_inputs: {inputs}}}]"
    body = (
        f"name: 010\ndescription: 0x1F\nuse_case: ~x\nworkflows: {{provision: {{nodes: {nodes}}}}}\n---\nname: second\n"
    )
    document = await shown(door, body, content_type=YAML)
    assert (document["name"], document["description"], document["use_case"]) == ("010", "0x1F", "~x")
    [only] = document["workflows"]["provision"]["nodes"]
    assert only["id"] == "1_0"
    texts = {"b": "0x1F", "c": "010", "d": "0.50", "e": "yes", "f": "2026-01-01"}
    assert only["user_inputs"] == {"a": texts, "g": 5, "h": True}


@pytest.mark.parametrize("body", ["- a", "name: a\nname: b", "name: ~", "name: [a", "name: !!binary [a]", ""])
async def test_yaml_that_is_not_read(door: Door, body: str) -> None:
    answer = await door.post("", body, content_type=YAML, headers={"Accept": "application/json"})
    assert answer.told == (400, INVALID)


@pytest.mark.parametrize("media_type", ["application/cbor", "application/smile"])
async def test_json_is_not_read_as_another_format(door: Door, media_type: str) -> None:
    answer = await door.post("", NOOP, content_type=media_type, headers={"Accept": JSON})
    assert answer.told == (400, INVALID)


@pytest.mark.parametrize("path", [WORKFLOW, f"{WORKFLOW}/x/_provision", f"{WORKFLOW}/_search"])
async def test_a_content_type_without_a_value(door: Door, path: str) -> None:
    answer = await door.ask("POST", path, "{}", content_type="")
    assert answer.status == 400
    assert answer.reason == "java.lang.IllegalArgumentException: invalid Content-Type header []"


async def test_a_template_without_workflows(door: Door) -> None:
    workflow_id = await door.create({"name": "n"})
    assert (await door.get(workflow_id)).json["workflows"] == {}
    [hit] = (await door.ask("POST", f"{WORKFLOW}/_search", {})).json["hits"]["hits"]
    assert hit["_source"]["workflows"] == {}


async def test_a_search_shows_keys_in_the_order_of_a_hash_map(door: Door) -> None:
    inputs = {"type": "x", "name": "y", "configurations": "{}", "index_name": "z"}
    await door.create(
        {"name": "n", **template({"id": "a", "type": "noop", "user_inputs": inputs}), "use_case": "u"},
        "?validation=none",
    )
    [hit] = (await door.ask("POST", f"{WORKFLOW}/_search", {})).json["hits"]["hits"]
    source = hit["_source"]
    assert list(source) == ["use_case", "created_time", "last_updated_time", "name", "description", "workflows"]
    graph = source["workflows"]["provision"]
    assert list(graph) == ["nodes", "edges", "user_params"]
    assert list(graph["nodes"][0]) == ["user_inputs", "id", "type", "previous_node_inputs"]
    assert list(graph["nodes"][0]["user_inputs"]) == ["configurations", "name", "type", "index_name"]


async def test_a_tenant_that_the_body_brings(door: Door) -> None:
    """Without multi-tenancy it is kept with the workflow, and shown last."""
    workflow_id = await door.create({"name": "n", "tenant_id": "t"})
    document = (await door.get(workflow_id)).json
    assert (list(document)[-1], document["tenant_id"]) == ("tenant_id", "t")
    assert (await door.status(workflow_id, "?all=true")).json["tenant_id"] == "t"


async def test_a_resource_made_of_a_configuration_that_was_sent_as_an_object(door: Door) -> None:
    index = node("i", "create_index", index_name="books", configurations={"settings": {"number_of_shards": 2}})
    workflow_id = await door.create(template(index), "?provision=true")
    await door.advance("1m")
    assert (await door.get(workflow_id)).json["workflows"]["provision"]["nodes"][0]["user_inputs"] == {
        "index_name": "books",
        "configurations": '{"settings":{"number_of_shards":2}}',
    }
    assert (await door.ask("GET", "/books")).json["books"]["settings"]["index"]["number_of_shards"] == "2"


# -- parameters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timeout", "status"), [("-1", 201), ("%20-01", 201), ("-1s", 400), ("-1ms", 400), ("0s", 400)]
)
async def test_a_timeout_without_a_run(door: Door, timeout: str, status: int) -> None:
    assert (await door.post(f"?wait_for_completion_timeout={timeout}", NOOP)).status == status


# -- use cases -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('a"b\\c\nd', 'a"b\\c\nd'),
        (True, "true"),
        (["a", "b"], '["a", "b"]'),
        ({"a": 5}, "{a=5}"),
        ("a$1b\\$", "a$1b\\$"),
        ("${{ template.name }}", "${{ template.name }}"),
    ],
    ids=repr,
)
async def test_a_value_of_a_use_case(door: Door, value: Any, text: str) -> None:
    workflow_id = await door.create({"create_ingest_pipeline.model_id": value}, "?use_case=semantic_search")
    pipeline = (await door.get(workflow_id)).json["workflows"]["provision"]["nodes"][0]["user_inputs"]
    configurations = json.loads(pipeline["configurations"])
    assert configurations["processors"][0]["text_embedding"]["model_id"] == text


async def test_a_value_that_breaks_the_text_of_the_template(door: Door) -> None:
    """Only quotes, backslashes and line feeds are escaped."""
    answer = await door.post("?use_case=semantic_search", {"create_ingest_pipeline.model_id": "a\tb"})
    assert answer.told == (400, INVALID)


async def test_a_body_of_a_use_case_may_be_followed_by_anything(door: Door) -> None:
    assert (await door.post("?use_case=semantic_search", '{"create_ingest_pipeline.model_id": "a"} x')).status == 201


AGENTIC = ("agentic_search_with_flow_agent", "agentic_search_with_conversational_agent")


@pytest.mark.parametrize("name", AGENTIC)
@pytest.mark.parametrize(("version", "is_known"), [("2.19.6", False), ("3.5.0", False), ("3.6.0", True)])
async def test_use_cases_that_came_later(open_door: Open, name: str, version: str, is_known: bool) -> None:
    door = await open_door(opensearch_version=version)
    error = (await door.post(f"?use_case={name}", {})).json["error"]
    assert error.startswith("Missing the following" if is_known else "Unable to find substitution ready file for")


@pytest.mark.parametrize(("version", "region"), [("2.19.6", "us-east-1"), ("3.6.0", "${parameters.region}")])
async def test_the_region_of_a_bedrock_address(open_door: Open, version: str, region: str) -> None:
    door = await open_door(opensearch_version=version)
    keys = ("access_key", "secret_key", "session_token")
    body = {f"create_connector.credential.{key}": "x" for key in keys} | {"create_connector.region": "eu-west-1"}
    workflow_id = await door.create(body, "?use_case=bedrock_titan_embedding_model_deploy&validation=none")
    document = (await door.get(workflow_id)).json
    assert document["description"] == document["description"].strip()
    connector = document["workflows"]["provision"]["nodes"][0]["user_inputs"]
    url = f"https://bedrock-runtime.{region}.amazonaws.com/model/amazon.titan-embed-text-v1/invoke"
    assert connector["actions"][0]["url"] == url


@pytest.mark.parametrize(("version", "model"), [("2.19.6", "1.0.1"), ("3.8.0", "1.0.2")])
async def test_the_version_of_a_local_model(open_door: Open, version: str, model: str) -> None:
    door = await open_door(opensearch_version=version)
    workflow_id = await door.create({}, "?use_case=semantic_search_with_local_model&validation=none")
    local = (await door.get(workflow_id)).json["workflows"]["provision"]["nodes"][0]["user_inputs"]
    assert local["version"] == model
