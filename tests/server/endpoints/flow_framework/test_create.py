"""POST /workflow: what is stored and what is answered."""

import json
import re

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import DEPLOYMENT, NOOP, YAML, Door, node, template

ONLY = (
    "Only the parameters [use_case, pretty, workflow_id, provision, reprovision, format, error_trace, human, "
    "update_fields, wait_for_completion_timeout, filter_path, validation] are permitted unless the provision parameter "
    "is set to true."
)
PROVISION_AND_UPDATE = "You can not use both the provision and update_fields parameters in the same request."
REPROVISION_NEW = "You can not use the reprovision parameter to create a new template."
TIMEOUT_ALONE = (
    "Request parameter 'wait_for_completion_timeout' is not allowed unless the 'provision' or 'reprovision' parameter "
    "is set to true."
)
NO_CASE = "Unable to find substitution ready file for use case: nope"
MISSING = "Missing the following required parameters for use case [semantic_search] : [create_ingest_pipeline.model_id]"
UNUSABLE = (
    "failure parsing request body when a use case is given, make sure to provide a map with values that are either "
    "Strings, Arrays, or Map of Strings to Strings"
)
INVALID = "IOException: template content invalid for specified Content-Type."
NO_NAME = "A template object requires a name."
NO_NODES = "A workflow must have at least one node."
BARE_NODE = "An node object requires both an id and type field."
BARE_EDGE = "An edge object requires both a source and dest field."


# -- success -------------------------------------------------------------------------------------------


async def test_answers_201_and_the_id_alone(door: Door) -> None:
    answer = await door.post(body=NOOP)
    assert answer.status == 201
    assert answer.content_type == "application/json; charset=UTF-8"
    assert re.fullmatch(r'{"workflow_id":"[A-Za-z0-9_-]{20}"}', answer.text)


async def test_with_provision_202_and_the_run_begins(door: Door) -> None:
    answer = await door.post("?provision=true", DEPLOYMENT)
    assert (answer.status, list(answer.json)) == (202, ["workflow_id"])
    assert await door.state(answer.json["workflow_id"]) == "PROVISIONING"


@pytest.mark.parametrize("query", ["", "?provision=false", "?provision=%20", "?validation=all", "?validation=none"])
async def test_without_provision_nothing_begins(door: Door, query: str) -> None:
    workflow_id = await door.create(DEPLOYMENT, query)
    await door.advance("1h")
    assert (await door.status(workflow_id)).json == {"workflow_id": workflow_id, "state": "NOT_STARTED"}


@pytest.mark.parametrize("query", ["?provision", "?provision=", "?provision=true"])
async def test_a_parameter_without_a_value_is_true(door: Door, query: str) -> None:
    assert (await door.post(query, NOOP)).status == 202


async def test_other_parameters_are_substitutions_while_provisioning(door: Door) -> None:
    index = node("i", "create_index", index_name="${{ index }}", configurations="{}")
    workflow_id = await door.create(template(index), "?provision=true&index=books&unused=x")
    await door.advance("1m")
    assert await door.resources(workflow_id) == ["books"]


async def test_each_create_makes_another_workflow(door: Door) -> None:
    ids = [await door.create(NOOP) for _ in range(3)]
    assert len(set(ids)) == 3


async def test_an_id_that_a_scenario_brings_is_not_given_again(open_door: Open) -> None:
    """Somebody has copied it from an answer of the world before."""
    first = await (await open_door()).create(NOOP)
    door = await open_door()
    await door.load(f"scenario: s\nworkflow_id: {first}\nprovision: {{timeline: [{{at: 0s, state: PROVISIONING}}]}}")
    assert await door.create(NOOP) != first
    assert await door.state(first) == "PROVISIONING"


async def test_a_scenario_may_bring_the_id_of_a_clients_workflow(door: Door) -> None:
    """It takes that one's place; nothing of the other is left."""
    workflow_id = await door.provisioned(DEPLOYMENT)
    connector = f"/_plugins/_ml/connectors/{(await door.resources(workflow_id))[0]}"
    assert (await door.ask("GET", connector)).status == 200
    await door.load(f"scenario: s\nworkflow_id: {workflow_id}")
    assert (await door.status(workflow_id)).json == {"workflow_id": workflow_id, "state": "NOT_STARTED"}
    assert (await door.ask("GET", connector)).status == 404


async def test_ids_repeat_in_the_next_world(open_door: Open) -> None:
    first, second = await open_door(), await open_door()
    assert [await first.create(NOOP), await first.create(NOOP)] == [
        await second.create(NOOP),
        await second.create(NOOP),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "n"},
        {"name": "n", "workflows": {}},
        {"name": 1, "description": True, "use_case": 2.5},
        {"name": "n", "version": {}},
        {"name": "n", "version": {"template": "1.0.0", "compatibility": ["2.12.0", "3.0.0"]}},
        {"name": "n", "ui_metadata": {"any": [1, {"thing": None}]}},
        {"name": "n", "workflows": {"other": {"nodes": [node("a")]}}},
        {"name": "n", "workflows": {"provision": {"nodes": [node("a")], "edges": [], "user_params": {"k": 1}}}},
    ],
    ids=str,
)
async def test_what_a_template_may_be(door: Door, body: object) -> None:
    assert (await door.post(body=body)).status == 201


async def test_yaml_in_is_yaml_out(door: Door) -> None:
    text = "name: from yaml\nworkflows:\n  provision:\n    nodes:\n      - {id: a, type: noop}\n"
    answer = await door.post(body=text, content_type=YAML)
    workflow_id = door.cluster.world.workflows.popitem()[0]
    assert (answer.status, answer.content_type) == (201, "application/yaml")
    assert answer.text == f'---\nworkflow_id: "{workflow_id}"\n'


async def test_yaml_in_is_json_out_for_a_client_that_accepts_it(door: Door) -> None:
    answer = await door.post(body="name: n", content_type=YAML, headers={"Accept": "application/json"})
    assert answer.status == 201
    assert list(answer.json) == ["workflow_id"]


async def test_a_refusal_of_yaml_is_yaml_too(door: Door) -> None:
    answer = await door.post(body="description: d", content_type=YAML)
    assert (answer.status, answer.text) == (400, f'---\nerror: "{NO_NAME}"\n')


# -- refusals of parameters ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?foo=1", ONLY),
        ("?foo=1&bar=2", ONLY),
        ("?foo=1&provision=false", ONLY),
        ("?provision=true&update_fields=true", PROVISION_AND_UPDATE),
        ("?reprovision=true", REPROVISION_NEW),
        ("?reprovision=true&provision=true", REPROVISION_NEW),
        ("?wait_for_completion_timeout=1s", TIMEOUT_ALONE),
        ("?wait_for_completion_timeout=0", TIMEOUT_ALONE),
        ("?provision=false&wait_for_completion_timeout=1s", TIMEOUT_ALONE),
        ("?use_case=nope", NO_CASE),
        # two wrong things: the earlier one is told
        ("?foo=1&update_fields=true&reprovision=true", ONLY),
        ("?foo=1&reprovision=true", ONLY),
        ("?provision=true&update_fields=true&reprovision=true", PROVISION_AND_UPDATE),
        ("?reprovision=true&use_case=nope", REPROVISION_NEW),
        ("?reprovision=true&wait_for_completion_timeout=1s", REPROVISION_NEW),
        ("?wait_for_completion_timeout=1s&use_case=nope", TIMEOUT_ALONE),
    ],
)
async def test_refused_parameters(door: Door, query: str, message: str) -> None:
    for body in (NOOP, None, "no JSON"):  # whatever the body: it is looked at later
        assert (await door.post(query, body)).told == (400, {"error": message})
    assert not door.cluster.world.workflows


@pytest.mark.parametrize("name", ["provision", "reprovision", "update_fields"])
@pytest.mark.parametrize("value", ["True", "1", "yes", "TRUE"])
async def test_a_boolean_is_true_or_false(door: Door, name: str, value: str) -> None:
    answer = await door.post(f"?{name}={value}", "no JSON")
    assert answer.status == 400
    assert answer.reason == f"Failed to parse value [{value}] as only [true] or [false] are allowed."


async def test_a_timeout_of_minus_one_is_none(door: Door) -> None:
    assert (await door.post("?wait_for_completion_timeout=-1", NOOP)).status == 201


# -- refusals of the body ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        '"text"',
        "null",
        "1",
        "{",
        '{"name": "n"',
        '{"name": "a", "name": "b"}',
        '{"name": "n", "ui_metadata": {"a": 1, "a": 2}}',
        '{"name": NaN}',
        b"\xff\xfe",
        "[" * 100_000,
        '{"name": []}',
        '{"name": {}}',
        '{"name": null}',
        '{"name": "n", "description": []}',
        '{"name": "n", "use_case": {}}',
        '{"name": "n", "version": "1.0.0"}',
        '{"name": "n", "version": {"template": "one"}}',
        '{"name": "n", "version": {"template": "1.0"}}',
        '{"name": "n", "version": {"compatibility": "2.12.0"}}',
        '{"name": "n", "version": {"compatibility": ["x"]}}',
        '{"name": "n", "workflows": []}',
        '{"name": "n", "workflows": {"provision": []}}',
        '{"name": "n", "workflows": {"provision": {"nodes": {}}}}',
        '{"name": "n", "workflows": {"provision": {"nodes": ["a"]}}}',
        '{"name": "n", "workflows": {"provision": {"nodes": [], "edges": {}}}}',
        '{"name": "n", "workflows": {"provision": {"nodes": [{"id": [], "type": "noop"}]}}}',
        '{"name": "n", "workflows": {"provision": {"nodes": [{"id": "a", "type": "noop", "user_inputs": []}]}}}',
        '{"name": "n", "workflows": {"provision": {"user_params": []}}}',
        '{"name": "n", "ui_metadata": []}',
    ],
    ids=lambda body: repr(body[:70]),
)
async def test_what_is_no_template(door: Door, body: str) -> None:
    # An empty body has no type that could be unsupported.
    assert (await door.post(body=body)).told == (400, {"error": INVALID})


@pytest.mark.parametrize("body", ["name: b: c", "- a", "name: a\nname: b", "\t", "&a [*a]"])
async def test_what_is_no_template_in_yaml(door: Door, body: str) -> None:
    answer = await door.post(body=body, content_type=YAML)
    assert (answer.status, answer.text) == (400, f'---\nerror: "{INVALID}"\n')


async def test_json_is_not_read_as_yaml(door: Door) -> None:
    assert (await door.post(body="name: n")).told == (400, {"error": INVALID})


async def test_a_body_of_another_type(door: Door) -> None:
    answer = await door.post("?foo=1", json.dumps(NOOP), content_type="text/plain")
    assert answer.told == (406, {"error": "Content-Type header [text/plain] is not supported", "status": 406})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "n", "foo": 1}, "Unable to parse field [foo] in a template object."),
        ({"name": "n", "version": {"foo": 1}}, "Unable to parse field [version] in a version object."),
        (template({**node("a"), "foo": 1}), "Unable to parse field [foo] in a node object."),
        (template(node("a", x=None)), "Unable to parse field [x] in a node object."),
        (template(node("a"), edges=[{"source": "a", "foo": 1}]), "Unable to parse field [foo] in an edge object."),
        ({}, NO_NAME),
        ({"description": "d"}, NO_NAME),
        (template(), NO_NODES),
        ({"name": "n", "workflows": {"provision": {}}}, NO_NODES),
        ({"name": "n", "workflows": {"any": {"nodes": []}}}, NO_NODES),
        (template({"id": "a"}), BARE_NODE),
        (template({"type": "noop"}), BARE_NODE),
        (template({}), BARE_NODE),
        (template(node("a"), edges=[{"source": "a"}]), BARE_EDGE),
        (template(node("a"), edges=[{"dest": "a"}]), BARE_EDGE),
        # two wrong things: the one that comes first in the body is told
        ({"workflows": {"provision": {"nodes": [{"foo": 1}]}}}, "Unable to parse field [foo] in a node object."),
        ({"foo": 1, "name": []}, "Unable to parse field [foo] in a template object."),
        ({"name": [], "foo": 1}, INVALID),
        ({"foo": 1}, "Unable to parse field [foo] in a template object."),
        ({"workflows": {"provision": {"nodes": []}}}, NO_NODES),
        ({"workflows": {"provision": {"nodes": [{}]}}}, BARE_NODE),
        (template(edges=[{}]), BARE_EDGE),
        (template({}, edges=[{}]), BARE_NODE),
        (template({}, node("b", "nope")), BARE_NODE),
    ],
    ids=str,
)
async def test_refused_templates(door: Door, body: object, message: str) -> None:
    for query in ("", "?validation=none", "?provision=true"):
        assert (await door.post(query, body)).told == (400, {"error": message})
    assert not door.cluster.world.workflows


async def test_a_refused_template_is_not_stored(door: Door) -> None:
    await door.post(body={})
    assert (await door.get("any")).told == (404, {"error": "There are no templates in the global_context"})


async def test_a_body_that_a_use_case_cannot_take(door: Door) -> None:
    # An unknown name is told before the body is looked at, a value of the wrong kind before a missing parameter.
    assert (await door.post("?use_case=nope", "no JSON")).json == {"error": NO_CASE}
    assert (await door.post("?use_case=semantic_search")).json == {"error": MISSING}
    assert (await door.post("?use_case=semantic_search", {"x": 1})).json == {"error": MISSING}
    for wrong in ({"x": None}, NOOP):
        assert (await door.post("?use_case=semantic_search", wrong)).told == (500, {"error": UNUSABLE})
    for body in ("no JSON", "[]", "null", '"text"', '{"a": "1", "a": "2"}', "{", " "):
        assert (await door.post("?use_case=semantic_search", body)).told == (400, {"error": UNUSABLE})
    for value in (None, {"a": {"b": "c"}}, {"a": {"b": 1}}, {"a": ["b"]}, [{"a": "b"}]):
        body_of_values = {"create_ingest_pipeline.model_id": "m", "create_index.name": value}
        assert (await door.post("?use_case=semantic_search", body_of_values)).told == (500, {"error": UNUSABLE})
    assert not door.cluster.world.workflows


async def test_a_use_case_that_the_index_does_not_take(door: Door) -> None:
    """It is a keyword, and Lucene has no terms of more than 32,766 bytes."""
    refusal = (400, {"error": "Failed to index template in global context index"})
    workflow_id = await door.create({**NOOP, "use_case": "x" * 32_766})
    for body in ({"use_case": "x" * 32_767}, {"use_case": "\u00e9" * 20_000}):
        assert (await door.post("", {**NOOP, **body})).told == refusal
        assert (await door.put(workflow_id, {**NOOP, **body})).told == refusal
        assert (await door.put(workflow_id, body, "?update_fields=true")).told == refusal


@pytest.mark.parametrize(("validation", "status"), [("all", 501), ("all,", 501), ("", 201), ("all,foo", 201)])
async def test_validation_is_all_alone_or_none(door: Door, validation: str, status: int) -> None:
    assert (await door.post(f"?validation={validation}", template(node("a", "nope")))).status == status
