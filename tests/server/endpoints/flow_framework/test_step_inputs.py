"""Steps whose inputs a real cluster would refuse fail (docs/reference/plugin.md, "What steps check").

What each step checks is tested in tests/core/plugin; here it is what a client sees of it.
"""

from typing import Any, Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import CONNECTOR, MODEL, Body, Door, edge, node, template

ML: Final = "/_plugins/_ml"
INDEX: Final = node("i", "create_index", index_name="books", configurations={})
GROUP: Final = node("g", "register_model_group", name="models")
TRUSTED_ENDPOINTS: Final = "plugins.ml_commons.trusted_connector_endpoints_regex"


def with_inputs(body: Body, **inputs: Any) -> Body:
    return {**body, "user_inputs": {**body["user_inputs"], **inputs}}


GOOD_AND_BAD: Final[dict[str, tuple[Body, Body, str, str]]] = {
    "the name of an index": (
        INDEX,
        with_inputs(INDEX, index_name="Books"),
        "WorkflowStepException during step i, Invalid index name [Books], must be lowercase",
        "BAD_REQUEST",
    ),
    "the fields of an index": (
        with_inputs(
            INDEX,
            configurations={
                "mappings": {
                    "properties": {
                        "a": {"properties": {"b": {"type": "text"}}},
                        "a.b": {"type": "text"},
                        "a.c": {"type": "text"},
                    }
                }
            },
        ),
        with_inputs(
            INDEX, configurations={"mappings": {"properties": {"a.b": {"type": "keyword"}, "a": {"type": "text"}}}}
        ),
        "WorkflowStepException during step i, Failed to parse mapping [_doc]: mapper [a] cannot be changed from type "
        "[text] to [ObjectMapper]",
        "BAD_REQUEST",
    ),
    "the settings of an index": (
        with_inputs(INDEX, configurations={"settings": {"number_of_shards": 2}}),
        with_inputs(INDEX, configurations={"settings": {"number_of_shards": 0}}),
        "WorkflowStepException during step i, Failed to parse value [0] for setting [index.number_of_shards] must be "
        ">= 1",
        "BAD_REQUEST",
    ),
    "the mapping of an index": (
        with_inputs(INDEX, configurations={"mappings": {"properties": {"a": {"type": "text"}}}}),
        with_inputs(INDEX, configurations={"mappings": {"properties": {"a": {"type": "nope"}}}}),
        "WorkflowStepException during step i, Failed to parse mapping [_doc]: No handler for type [nope] declared on "
        "field [a]",
        "BAD_REQUEST",
    ),
    "an ingest pipeline": (
        node("p", "create_ingest_pipeline", pipeline_id="p", configurations={"processors": []}),
        node("p", "create_ingest_pipeline", pipeline_id="p", configurations={}),
        "WorkflowStepException during step p, [processors] required property is missing",
        "BAD_REQUEST",
    ),
    "a search pipeline": (
        node("p", "create_search_pipeline", pipeline_id="p", configurations={"description": "d"}),
        node("p", "create_search_pipeline", pipeline_id="p", configurations={"foo": 1}),
        "WorkflowStepException during step p, pipeline [p] doesn't support one or more provided configuration "
        "parameters [foo]",
        "BAD_REQUEST",
    ),
    "a connector": (
        CONNECTOR,
        with_inputs(CONNECTOR, protocol="nope"),
        "IllegalArgumentException during step create_connector_1",
        "BAD_REQUEST",
    ),
    "a model group": (
        GROUP,
        with_inputs(GROUP, access_mode="private"),
        "WorkflowStepException during step g, You cannot specify model access control parameters because the Security "
        "plugin or model access control is disabled on your cluster.",
        "BAD_REQUEST",
    ),
    "an agent": (
        node("a", "register_agent", name="root", type="flow"),
        node("a", "register_agent", name="root", type="nope"),
        "IllegalArgumentException during step a",
        "BAD_REQUEST",
    ),
    "a delay": (
        node("n", "noop", delay="1s"),
        node("n", "noop", delay="abc"),
        "WorkflowStepException during step n, failed to parse setting [delay] with value [abc] as a time value: unit "
        "is missing or unrecognized",
        "BAD_REQUEST",
    ),
}


@pytest.mark.parametrize("good", [row[0] for row in GOOD_AND_BAD.values()], ids=GOOD_AND_BAD)
async def test_good_inputs_succeed(door: Door, good: Body) -> None:
    workflow_id = await door.provisioned(template(good))
    assert await door.state(workflow_id) == "COMPLETED"


@pytest.mark.parametrize(("bad", "error", "status"), [row[1:] for row in GOOD_AND_BAD.values()], ids=GOOD_AND_BAD)
async def test_bad_inputs_fail(door: Door, bad: Body, error: str, status: str) -> None:
    workflow_id = await door.provisioned(template(bad))
    document = (await door.status(workflow_id)).json
    assert document == {"workflow_id": workflow_id, "error": f"{error}, restStatus: {status}", "state": "FAILED"}


async def test_a_provision_that_waits_answers_with_the_status_of_the_step(open_door: Open) -> None:
    door = await open_door(mode="auto")
    model = node("m", "register_remote_model", name="m", connector_id="nope")
    answer = await door.post("?provision=true&wait_for_completion_timeout=5s", template(model))
    error = "WorkflowStepException during step m, Failed to find connector:nope, restStatus: NOT_FOUND"
    assert answer.told == (404, {"error": error})


async def test_in_older_releases_the_message_comes_first(open_door: Open) -> None:
    door = await open_door(opensearch_version="2.19.6")
    workflow_id = await door.provisioned(template(with_inputs(INDEX, index_name="Books")))
    error = "Invalid index name [Books], must be lowercase during step i, restStatus: BAD_REQUEST"
    assert (await door.status(workflow_id)).json["error"] == error


async def test_steps_after_a_failed_one_are_not_executed(door: Door) -> None:
    body = template(with_inputs(INDEX, index_name="Books"), GROUP, edges=[edge("i", "g")])
    workflow_id = await door.provisioned(body)
    assert await door.resources(workflow_id) == []


async def test_steps_beside_a_failed_one_are(door: Door) -> None:
    workflow_id = await door.provisioned(template(GROUP, with_inputs(INDEX, index_name="Books")))
    assert len(await door.resources(workflow_id)) == 1


# -- what is in the cluster ----------------------------------------------------------------------------


async def test_a_connector_of_another_workflow(door: Door) -> None:
    first = await door.provisioned(template(CONNECTOR))
    (connector,) = await door.resources(first)
    model = {**MODEL, "previous_node_inputs": {}}
    second = await door.provisioned(template(with_inputs(model, connector_id=connector)))
    assert await door.state(second) == "COMPLETED"
    assert (await door.deprovision(second)).status == 200
    assert (await door.deprovision(first)).status == 200
    third = await door.provisioned(template(with_inputs(model, connector_id=connector)))
    assert (
        (await door.status(third))
        .json["error"]
        .endswith(f"Failed to find connector:{connector}, restStatus: NOT_FOUND")
    )


async def test_an_index_of_another_workflow(door: Door) -> None:
    first = await door.provisioned(template(INDEX))
    second = await door.provisioned(template(INDEX))
    assert "index [books/" in (await door.status(second)).json["error"]
    assert (await door.deprovision(first, "?allow_delete=books")).status == 200
    third = await door.provisioned(template(INDEX))
    assert await door.state(third) == "COMPLETED"


async def test_the_first_of_two_steps_makes_the_index(door: Door) -> None:
    workflow_id = await door.provisioned(template(INDEX, {**INDEX, "id": "again"}))
    assert "during step again, index [books/" in (await door.status(workflow_id)).json["error"]
    assert await door.resources(workflow_id) == ["books"]


async def test_an_alias_is_no_name_for_an_index(door: Door) -> None:
    aliased = with_inputs(INDEX, configurations={"aliases": {"latest": {}}})
    assert await door.state(await door.provisioned(template(aliased))) == "COMPLETED"
    workflow_id = await door.provisioned(template(with_inputs(INDEX, index_name="latest")))
    error = (await door.status(workflow_id)).json["error"]
    assert "Invalid index name [latest], already exists as alias" in error


async def test_the_name_of_a_model_group_stays_taken(door: Door) -> None:
    """For deprovisioning deletes no group."""
    workflow_id = await door.provisioned(template(GROUP))
    (group,) = await door.resources(workflow_id)
    assert (await door.deprovision(workflow_id)).status == 200
    await door.provision(workflow_id)
    await door.advance("1h")
    assert (await door.status(workflow_id)).json["error"] == (
        "WorkflowStepException during step g, The name you provided is already being used by a model group with ID: "
        f"{group}., restStatus: BAD_REQUEST"
    )
    other = await door.provisioned(template(with_inputs(GROUP, name="others")))
    assert await door.state(other) == "COMPLETED"


async def test_the_name_of_a_model_group_that_is_under_way_is_taken_too(door: Door) -> None:
    first = await door.create(template(GROUP), "?provision=true")
    second = await door.create(template(GROUP), "?provision=true")
    await door.advance("1h")
    assert (await door.state(first), await door.state(second)) == ("COMPLETED", "FAILED")


async def test_access_to_model_groups_where_it_is_controlled(open_door: Open) -> None:
    setting = {"persistent": {"plugins.ml_commons.model_access_control_enabled": "true"}}
    door = await open_door(mode="frozen")
    assert (await door.ask("PUT", "/_cluster/settings", setting)).status == 200
    workflow_id = await door.provisioned(template(with_inputs(GROUP, access_mode="private")))
    assert await door.state(workflow_id) == "FAILED", "without the security plugin the setting does nothing"


async def test_trusted_endpoints(door: Door) -> None:
    other = with_inputs(
        CONNECTOR, actions=[{"action_type": "predict", "method": "POST", "url": "http://localhost:8080/v1"}]
    )
    assert await door.state(await door.provisioned(template(other))) == "FAILED"
    trusted = {"persistent": {TRUSTED_ENDPOINTS: ["^http://localhost:.*$"]}}
    assert (await door.ask("PUT", "/_cluster/settings", trusted)).status == 200
    assert await door.state(await door.provisioned(template(other))) == "COMPLETED"
    assert await door.state(await door.provisioned(template(CONNECTOR))) == "FAILED"


# -- what steps make and take ----------------------------------------------------------------------------


async def test_a_delay_takes_its_time(door: Door) -> None:
    workflow_id = await door.create(template(node("n", "noop", delay="3s")), "?provision=true")
    await door.advance("2999ms")
    assert await door.state(workflow_id) == "PROVISIONING"
    await door.advance("1ms")
    assert await door.state(workflow_id) == "COMPLETED"


@pytest.mark.parametrize(("rate", "state"), [({"requests_per_second": -1}, "COMPLETED"), ({}, "FAILED")])
async def test_a_reindex_needs_its_rate_and_leaves_no_entry(door: Door, rate: Body, state: str) -> None:
    copy = node("r", "reindex", {"i": "index_name"}, source_index="books", destination_index="copies", **rate)
    workflow_id = await door.provisioned(template(INDEX, copy))
    assert (await door.state(workflow_id), await door.resources(workflow_id)) == (state, ["books"])


async def test_a_configuration_that_cannot_be_read_leaves_an_index(door: Door) -> None:
    """The step sends its request all the same."""
    workflow_id = await door.provisioned(template(with_inputs(INDEX, configurations={"foo": {}})))
    document = (await door.status(workflow_id)).json
    assert document["error"] == (
        "WorkflowStepException during step i, Failed to create the index books, _doc is not permitted in mapping, "
        "restStatus: BAD_REQUEST"
    )
    assert "resources_created" not in document
    assert (await door.ask("GET", "/books")).status == 200
    assert (await door.deprovision(workflow_id)).status == 200
    await door.provision(workflow_id)
    await door.advance("1h")
    assert (await door.delete(workflow_id, "?clear_status=true")).status == 200
    assert (await door.ask("GET", "/books")).status == 200
    assert (await door.ask("DELETE", "/books")).status == 200
    assert (await door.ask("GET", "/books")).status == 404


async def test_a_name_that_is_wrong_leaves_none(door: Door) -> None:
    await door.provisioned(template(with_inputs(INDEX, index_name="_books", configurations={"foo": {}})))
    indices = (await door.ask("GET", "/_cat/indices?format=json")).json
    assert not [it["index"] for it in indices if not it["index"].startswith(".plugins")]


async def test_an_agent_has_its_tools_and_its_model(door: Door) -> None:
    tool = node("t", "create_tool", {"create_connector_1": "connector_id"}, type="ConnectorTool", name="asks")
    after = {"t": "tools", "register_model_2": "model_id"}
    agent = node("a", "register_agent", after, name="root", type="conversational", llm={"parameters": {"n": "5"}})
    workflow_id = await door.provisioned(template(CONNECTOR, MODEL, tool, agent))
    assert await door.state(workflow_id) == "COMPLETED"
    connector, model, _, agent_id = await door.resources(workflow_id)
    document = (await door.ask("GET", f"{ML}/agents/{agent_id}")).json
    assert document["llm"] == {"model_id": model, "parameters": {"n": "5"}}
    parameters = {"connector_id": connector}
    assert document["tools"] == [
        {
            "type": "ConnectorTool",
            "name": "asks",
            "parameters": parameters,
            "include_output_in_agent_response": False,
        }
    ]


async def test_an_agent_without_tools_and_model(door: Door) -> None:
    workflow_id = await door.provisioned(template(node("a", "register_agent", name="root", type="flow")))
    (agent_id,) = await door.resources(workflow_id)
    document = (await door.ask("GET", f"{ML}/agents/{agent_id}")).json
    assert not {"tools", "llm"} & document.keys()


# -- plans ------------------------------------------------------------------------------------------------


async def test_a_planned_failure_wins(door: Door) -> None:
    await door.load('scenario: s\nmatch: everything\nprovision: {steps: {i: {fails: {message: "planned"}}}}')
    workflow_id = await door.provisioned(template(with_inputs(INDEX, index_name="Books")))
    error = "WorkflowStepException during step i, planned, restStatus: INTERNAL_SERVER_ERROR"
    assert (await door.status(workflow_id)).json["error"] == error


async def test_a_plan_without_a_failure_does_not(door: Door) -> None:
    await door.load("scenario: s\nmatch: everything\nprovision: {steps: {i: {takes: 5s}}}")
    workflow_id = await door.create(template(with_inputs(INDEX, index_name="Books")), "?provision=true")
    await door.advance("4999ms")
    assert await door.state(workflow_id) == "PROVISIONING"
    await door.advance("1ms")
    assert await door.state(workflow_id) == "FAILED"


@pytest.mark.parametrize(("version", "status"), [("3.8.0", "GATEWAY_TIMEOUT"), ("3.7.0", "INTERNAL_SERVER_ERROR")])
async def test_the_status_of_a_time_out(open_door: Open, version: str, status: str) -> None:
    door = await open_door(mode="frozen", opensearch_version=version)
    await door.load("scenario: s\nmatch: everything\nprovision: {steps: {i: {fails: timeout}}}")
    workflow_id = await door.provisioned(template(INDEX))
    error = f"TimeoutException during step i, restStatus: {status}"
    assert (await door.status(workflow_id)).json["error"] == error


# -- reprovisioning ----------------------------------------------------------------------------------------


UPDATES: Final[dict[str, tuple[Body, str | None]]] = {
    "another setting": ({"settings": {"number_of_replicas": 0}}, None),
    "mappings alone": (
        {"mappings": {"properties": {"a": {"type": "text"}}}},
        "Failed to update index settings for index books, settings are not found in the index configuration",
    ),
    "the same setting": (
        {"settings": {"number_of_replicas": 1}, "mappings": {"properties": {"a": {"type": "text"}}}},
        "Failed to update index settings for index books, no settings have been updated",
    ),
    "a setting for ever": (
        {"settings": {"number_of_shards": 5}},
        "Can't update non dynamic settings [[index.number_of_shards]] for open indices [[books/{uuid}]]",
    ),
}


@pytest.mark.parametrize(("configurations", "message"), UPDATES.values(), ids=UPDATES)
async def test_an_update_of_an_index(door: Door, configurations: Body, message: str | None) -> None:
    """Its error has the format of before 3.1."""
    workflow_id = await door.provisioned(template(INDEX))
    uuid = (await door.ask("GET", "/books")).json["books"]["settings"]["index"]["uuid"]
    body = template(with_inputs(INDEX, configurations=configurations))
    assert (await door.put(workflow_id, body, "?reprovision=true")).status == 202
    await door.advance("1h")
    document = (await door.status(workflow_id)).json
    error = message and f"{message.format(uuid=uuid)} during step i, restStatus: BAD_REQUEST"
    assert (document["state"], document.get("error")) == ("FAILED" if message else "COMPLETED", error)


async def test_an_update_changes_settings_alone(door: Door) -> None:
    mappings = {"properties": {"title": {"type": "text"}}}
    first = with_inputs(INDEX, configurations={"settings": {"number_of_shards": 2}, "mappings": mappings})
    workflow_id = await door.provisioned(template(first))
    changed = with_inputs(INDEX, configurations={"settings": {"number_of_replicas": 0}, "mappings": {}})
    await door.put(workflow_id, template(changed), "?reprovision=true")
    await door.advance("1h")
    assert await door.state(workflow_id) == "COMPLETED"
    index = (await door.ask("GET", "/books")).json["books"]
    settings = index["settings"]["index"]
    assert (settings["number_of_shards"], settings["number_of_replicas"]) == ("2", "0")
    assert index["mappings"] == mappings


async def test_an_update_replaces_a_pipeline(door: Door) -> None:
    def pipeline(configurations: Body) -> Body:
        return template(node("p", "create_search_pipeline", pipeline_id="p", configurations=configurations))

    workflow_id = await door.provisioned(pipeline({"description": "old", "request_processors": []}))
    await door.put(workflow_id, pipeline({"description": "new"}), "?reprovision=true")
    await door.advance("1h")
    assert (await door.ask("GET", "/_search/pipeline/p")).json == {"p": {"description": "new"}}
    await door.put(workflow_id, pipeline({"foo": 1}), "?reprovision=true")
    await door.advance("1h")
    assert (await door.status(workflow_id)).json["error"] == (
        "pipeline [p] doesn't support one or more provided configuration parameters [foo] during step p, "
        "restStatus: BAD_REQUEST"
    )
    assert (await door.ask("GET", "/_search/pipeline/p")).json == {"p": {"description": "new"}}


async def test_a_planned_failure_of_a_reprovisioning(door: Door) -> None:
    await door.load('scenario: s\nmatch: everything\nreprovision: {steps: {i: {fails: {message: "planned"}}}}')
    workflow_id = await door.provisioned(template(INDEX))
    body = template(with_inputs(INDEX, configurations={"settings": {"number_of_replicas": 0}}))
    await door.put(workflow_id, body, "?reprovision=true")
    await door.advance("1h")
    error = "planned during step i, restStatus: INTERNAL_SERVER_ERROR"
    assert (await door.status(workflow_id)).json["error"] == error


# -- names, which are checked with the template ---------------------------------------------------------------


BAD_NAME: Final = (
    "Validation Failed: 1: Model group name [node g] can only contain letters, numbers, spaces, and basic "
)
BAD_NAME_END: Final = "punctuation (.,!?():@-_'/\");"


async def test_a_good_name(door: Door) -> None:
    assert (await door.post("", template(with_inputs(GROUP, name="Models (1), all!")))).status == 201


@pytest.mark.parametrize("version", ["3.8.0", "3.7.0"])
async def test_a_bad_name_is_refused(open_door: Open, version: str) -> None:
    door = await open_door(mode="frozen", opensearch_version=version)
    bad = template(with_inputs(GROUP, name="a<b>"))
    refusal = (400, {"error": BAD_NAME + BAD_NAME_END})
    assert (await door.post("", bad)).told == refusal
    workflow_id = await door.create(bad, "?validation=none")
    assert (await door.provision(workflow_id)).told == refusal
    assert (await door.status(workflow_id, "?all=true")).json["provisioning_progress"] == "NOT_STARTED"
    good = await door.provisioned(template(INDEX))
    assert (await door.put(good, template(INDEX, with_inputs(GROUP, name="a<b>")), "?reprovision=true")).told == refusal


async def test_a_bad_name_fails_the_step_of_releases_before_the_check_of_templates(open_door: Open) -> None:
    door = await open_door(mode="frozen", opensearch_version="3.6.0")
    workflow_id = await door.provisioned(template(with_inputs(GROUP, name="a<b>")))
    assert "Model group name can only contain" in (await door.status(workflow_id)).json["error"]


@pytest.mark.parametrize("version", ["2.19.6", "3.0.0"])
async def test_older_releases_take_any_name(open_door: Open, version: str) -> None:
    door = await open_door(mode="frozen", opensearch_version=version)
    workflow_id = await door.provisioned(template(with_inputs(GROUP, name="a<b>")))
    assert await door.state(workflow_id) == "COMPLETED"
