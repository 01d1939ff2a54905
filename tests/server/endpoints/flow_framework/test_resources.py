"""What a run has made answers on its own endpoint, for as long as it is there."""

import asyncio
from typing import Any, Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import (
    CONNECTOR,
    DEPLOYMENT,
    EPOCH,
    INDEX,
    MODEL,
    SEARCH,
    SECRET,
    Door,
    node,
    template,
)

ML: Final = "/_plugins/_ml"
SEARCH_PIPELINE: Final = node(
    "sp",
    "create_search_pipeline",
    pipeline_id="normal",
    configurations={"phase_results_processors": [{"normalization-processor": {}}]},
)
LOCAL_MODEL: Final = node(
    "local",
    "register_local_pretrained_model",
    name="huggingface/all-MiniLM-L6-v2",
    version="1.0.1",
    model_format="TORCH_SCRIPT",
    deploy="true",
)
GROUP: Final = node("group", "register_model_group", name="models", description="all of them")
TOOL: Final = node("tool", "create_tool", type="ListIndexTool", name="Lists")
AGENT: Final = node(
    "agent", "register_agent", {"tool": "tools"}, name="root", type="flow", description="answers", app_type="chat"
)


def no_such_index(name: str) -> dict[str, Any]:
    cause = {
        "type": "index_not_found_exception",
        "reason": f"no such index [{name}]",
        "index": name,
        "resource.id": name,
        "resource.type": "index_or_alias",
        "index_uuid": "_na_",
    }
    return {"error": {"root_cause": [cause], **cause}, "status": 404}


async def exists(door: Door, path: str) -> bool:
    answer = await door.ask("GET", path)
    assert answer.status in (200, 404), answer
    return answer.status == 200


async def paths_of(door: Door, workflow_id: str) -> dict[str, str]:
    """Step id -> the path of what it made."""
    below = {
        "create_connector": f"{ML}/connectors/",
        "create_index": "/",
        "create_ingest_pipeline": "/_ingest/pipeline/",
        "create_search_pipeline": "/_search/pipeline/",
        "register_agent": f"{ML}/agents/",
        "register_local_pretrained_model": f"{ML}/models/",
        "register_model_group": f"{ML}/model_groups/",
        "register_remote_model": f"{ML}/models/",
    }
    listed = (await door.status(workflow_id)).json["resources_created"]
    return {
        it["workflow_step_id"]: below[it["workflow_step_name"]] + it["resource_id"]
        for it in listed
        if it["workflow_step_name"] != "deploy_model"
    }


EVERYTHING: Final = template(
    CONNECTOR, MODEL, INDEX | {"previous_node_inputs": {}}, SEARCH_PIPELINE, LOCAL_MODEL, GROUP, TOOL, AGENT
)


# -- when they are there -------------------------------------------------------------------------------


async def test_each_is_there_from_its_moment_to_its_deprovisioning(door: Door) -> None:
    await door.load("scenario: s\nmatch: everything\ndeprovision: {takes: 5s}")
    finished = await door.provisioned(SEARCH)
    paths = await paths_of(door, finished)
    assert list(paths) == ["create_connector_1", "register_model_2", "create_pipeline_3", "create_index_4"]
    request = asyncio.create_task(door.deprovision(finished, "?allow_delete=books,embed"))
    await door.until_waiting(1)
    going = ["create_index_4", "create_pipeline_3", "register_model_2", "register_model_2", "create_connector_1"]
    for number in range(len(going) + 1):
        there = {step for step, path in paths.items() if await exists(door, path)}
        assert there == set(going[number:])
        await door.advance("834ms")
    assert (await request).status == 200


async def test_none_is_there_before_its_step_is_done(door: Door) -> None:
    workflow_id = await door.create(SEARCH, "?provision=true")
    steps = ["create_connector_1", "register_model_2", "create_pipeline_3", "create_index_4"]
    for number in range(len(steps) + 1):
        assert (await exists(door, "/books")) is (number == 4)
        assert (await exists(door, "/_ingest/pipeline/embed")) is (number >= 3)
        if number:
            paths = await paths_of(door, workflow_id)
            assert list(paths) == steps[:number]
            assert all([await exists(door, path) for path in paths.values()])
        await door.advance("1s")


async def test_every_kind_comes_and_goes(door: Door) -> None:
    workflow_id = await door.provisioned(EVERYTHING)
    paths = await paths_of(door, workflow_id)
    assert len(paths) == 7, "a tool is nothing of its own"
    for path in paths.values():
        assert (await door.ask("GET", path)).status == 200
    assert (await door.deprovision(workflow_id, "?allow_delete=books,normal")).status == 200
    there = {step for step, path in paths.items() if await exists(door, path)}
    assert there == {"group"}, "a model group is only taken off the list"
    assert (await door.status(workflow_id)).json == {"workflow_id": workflow_id, "state": "NOT_STARTED"}


async def test_a_reindex_makes_no_entry(door: Door) -> None:
    copies = node(
        "r", "reindex", {"i": "index_name"}, source_index="books", destination_index="copies", requests_per_second=-1
    )
    books = node("i", "create_index", index_name="books", configurations={})
    workflow_id = await door.provisioned(template(books, copies))
    assert await door.state(workflow_id) == "COMPLETED"
    assert await door.resources(workflow_id) == ["books"]


async def test_what_a_failed_run_has_made_is_there(door: Door) -> None:
    await door.load("scenario: s\nmatch: everything\nprovision: {steps: {create_index_4: {fails: timeout}}}")
    workflow_id = await door.provisioned(SEARCH)
    assert [await exists(door, path) for path in (await paths_of(door, workflow_id)).values()] == [True] * 3
    assert not await exists(door, "/books")


async def test_what_cannot_be_deleted_stays(door: Door) -> None:
    await door.load("scenario: s\nmatch: everything\ndeprovision: {keeps: [create_connector_1]}")
    workflow_id = await door.provisioned(DEPLOYMENT)
    connector, model = (await paths_of(door, workflow_id)).values()
    assert (await door.deprovision(workflow_id)).status == 202
    assert (await exists(door, connector), await exists(door, model)) == (True, False)


async def test_in_auto_a_loop_that_waits_for_the_resource_ends(open_door: Open) -> None:
    for method, path in (
        ("GET", "/books"),
        ("HEAD", "/books"),
        ("GET", "/books/_mapping"),
        ("GET", "/_ingest/pipeline/embed"),
    ):
        door = await open_door(mode="auto")
        await door.create(SEARCH, "?provision=true")
        looks = 1
        while (await door.ask(method, path)).status == 404:
            looks += 1
            assert looks < 10
        assert looks > 1, "it is not there at once"


async def test_in_auto_a_loop_that_waits_for_a_model_ends(open_door: Open) -> None:
    door = await open_door(mode="auto")
    workflow_id = await door.create(template(LOCAL_MODEL), "?provision=true")
    while not await door.resources(workflow_id):
        pass
    path = (await paths_of(door, workflow_id))["local"]
    assert (await door.ask("GET", path)).json["model_state"] == "DEPLOYED"


# -- deleted out of band -------------------------------------------------------------------------------


async def test_then_it_may_be_made_again(door: Door) -> None:
    await door.provisioned(template(INDEX | {"previous_node_inputs": {}}))
    assert (await door.ask("DELETE", "/books")).told == (200, {"acknowledged": True})
    second = await door.provisioned(template(INDEX | {"previous_node_inputs": {}}))
    assert await door.state(second) == "COMPLETED"
    assert await exists(door, "/books")


async def test_delete_answers_of_machine_learning(door: Door) -> None:
    workflow_id = await door.provisioned(template(CONNECTOR))
    path = (await paths_of(door, workflow_id))["create_connector_1"]
    document = (await door.ask("DELETE", path)).json
    assert list(document) == [
        "_index",
        "_id",
        "_version",
        "result",
        "forced_refresh",
        "_shards",
        "_seq_no",
        "_primary_term",
    ]
    assert (document["_index"], document["result"]) == (".plugins-ml-connector", "deleted")


async def test_two_workflows_with_one_pipeline(door: Door) -> None:
    """The second overwrites it, and deprovisioning the second takes it from the first, which then cannot delete it."""
    first = await door.provisioned(template(SEARCH_PIPELINE))
    other = node("sp", "create_search_pipeline", pipeline_id="normal", configurations={"description": "second"})
    second = await door.provisioned(template(other))
    assert (await door.ask("GET", "/_search/pipeline/normal")).json == {"normal": {"description": "second"}}
    assert (await door.deprovision(second, "?allow_delete=normal")).status == 200
    assert not await exists(door, "/_search/pipeline/normal")
    assert await door.resources(first) == ["normal"], "the first does not know"
    error = {"error": "Failed to deprovision some resources: [pipeline_id normal]."}
    assert (await door.deprovision(first, "?allow_delete=normal")).told == (202, error)


# -- bodies --------------------------------------------------------------------------------------------


async def test_an_index(door: Door) -> None:
    await door.provisioned(SEARCH)
    body = (await door.ask("GET", "/books")).json
    assert list(body) == ["books"]
    index = body["books"]
    assert list(index) == ["aliases", "mappings", "settings"]
    assert index["mappings"] == {"properties": {"title": {"type": "text"}}}
    settings = index["settings"]["index"]
    assert settings["creation_date"] == str(EPOCH + 4000)
    assert (settings["knn"], settings["default_pipeline"], settings["provided_name"]) == ("true", "embed", "books")
    assert (await door.ask("GET", "/books/_mapping")).json == {"books": {"mappings": index["mappings"]}}
    assert (await door.ask("GET", "/books/_settings")).json == {"books": {"settings": index["settings"]}}
    head = await door.ask("HEAD", "/books")
    assert (head.status, head.text) == (200, "")


@pytest.mark.parametrize(
    "configurations",
    [
        {"settings": {"index": {"number_of_shards": 2}}, "mappings": {"properties": {"t": {"type": "text"}}}},
        {"settings": {"index.number_of_shards": "2"}, "mappings": {"properties": {"t": {"type": "text"}}}},
        {"settings": {"number_of_shards": 2}, "mappings": {"_doc": {"properties": {"t": {"type": "text"}}}}},
        '{"settings": {"number_of_shards": 2}, "mappings": {"properties": {"t": {"type": "text"}}}}',
    ],
    ids=["nested", "dotted", "short", "as text"],
)
async def test_spellings_of_an_index(door: Door, configurations: Any) -> None:
    await door.provisioned(template(node("i", "create_index", index_name="books", configurations=configurations)))
    index = (await door.ask("GET", "/books")).json["books"]
    assert index["settings"]["index"]["number_of_shards"] == "2"
    assert index["mappings"] == {"properties": {"t": {"type": "text"}}}


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
async def test_an_index_that_is_not_there(door: Door, method: str) -> None:
    answer = await door.ask(method, "/nope")
    assert answer.status == 404
    assert answer.text == "" if method == "HEAD" else answer.json == no_such_index("nope")


async def test_several_indexes(door: Door) -> None:
    nodes = [node(name, "create_index", index_name=name, configurations={}) for name in ("b-1", "b-2", "c")]
    await door.provisioned(template(*nodes))

    async def names(expression: str) -> list[str]:
        answer = await door.ask("GET", f"/{expression}")
        assert answer.status == 200, answer
        return sorted(name for name in answer.json if not name.startswith(".plugins-"))

    assert await names("b-1,c") == ["b-1", "c"]
    assert await names("b-*") == ["b-1", "b-2"]
    assert await names("_all") == await names("*") == ["b-1", "b-2", "c"]
    assert await names("x*") == []
    assert (await door.ask("GET", "/b-1,nope")).told == (404, no_such_index("nope"))
    assert (await door.ask("DELETE", "/b-*")).status == 200
    assert await names("*") == ["c"]


async def test_an_ingest_pipeline(door: Door) -> None:
    workflow_id = await door.provisioned(SEARCH)
    model_id = (await door.resources(workflow_id))[1]
    expected = {
        "description": "embeds",
        "processors": [{"text_embedding": {"model_id": model_id, "field_map": {"title": "vector"}}}],
    }
    for name in ("/embed", "/emb*", "/*", "", "/embed,nope"):
        assert (await door.ask("GET", f"/_ingest/pipeline{name}")).told == (200, {"embed": expected})
    assert (await door.ask("GET", "/_ingest/pipeline/nope")).told == (404, {})
    assert (await door.ask("GET", "/_search/pipeline/embed")).told == (404, {}), "it is of the other kind"


async def test_a_pipeline_written_as_text(door: Door) -> None:
    pipeline = node(
        "p", "create_ingest_pipeline", pipeline_id="p", configurations='{"description": "d", "processors": []}'
    )
    await door.provisioned(template(pipeline))
    assert (await door.ask("GET", "/_ingest/pipeline/p")).json == {"p": {"description": "d", "processors": []}}


async def test_deleting_pipelines(door: Door) -> None:
    await door.provisioned(template(SEARCH_PIPELINE))
    missing = await door.ask("DELETE", "/_search/pipeline/nope")
    assert (missing.status, missing.reason) == (404, "pipeline [nope] is missing")
    assert missing.json["error"]["type"] == "resource_not_found_exception"
    assert (await door.ask("DELETE", "/_search/pipeline/norm*")).told == (200, {"acknowledged": True})
    assert (await door.ask("GET", "/_search/pipeline")).told == (404, {})


async def test_bodies_of_machine_learning(door: Door) -> None:
    workflow_id = await door.provisioned(EVERYTHING)
    paths = await paths_of(door, workflow_id)
    bodies = {step: (await door.ask("GET", path)).json for step, path in paths.items()}

    connector = bodies["create_connector_1"]
    assert connector["name"] == "chat"
    assert connector["parameters"] == {"model": "gpt-3.5-turbo"}
    assert "credential" not in connector
    assert SECRET not in str(connector)

    model = bodies["register_model_2"]
    assert (model["name"], model["algorithm"], model["model_state"]) == ("chat model", "REMOTE", "DEPLOYED")
    assert model["connector_id"] == paths["create_connector_1"].rpartition("/")[2]

    local = bodies["local"]
    assert (local["name"], local["model_format"]) == ("huggingface/all-MiniLM-L6-v2", "TORCH_SCRIPT")
    assert bodies["group"]["name"] == "models"
    assert (bodies["agent"]["name"], bodies["agent"]["type"], bodies["agent"]["app_type"]) == ("root", "flow", "chat")


async def test_a_model_is_deployed_only_when_that_step_is_done(door: Door) -> None:
    register = {**MODEL, "user_inputs": {**MODEL["user_inputs"], "deploy": False}}
    deploy = node("deploy", "deploy_model", {"register_model_2": "model_id"})
    workflow_id = await door.create(template(CONNECTOR, register, deploy), "?provision=true")
    await door.advance("2s")
    path = (await paths_of(door, workflow_id))["register_model_2"]
    assert (await door.ask("GET", path)).json["model_state"] == "REGISTERED"
    await door.advance("1s")
    assert (await door.ask("GET", path)).json["model_state"] == "DEPLOYED"


@pytest.mark.parametrize("kind", ["models", "connectors", "agents", "model_groups", "tasks"])
async def test_what_is_not_there(door: Door, kind: str) -> None:
    for method in ("GET", "DELETE"):
        answer = await door.ask(method, f"{ML}/{kind}/nope")
        status = 500 if (method, kind) == ("DELETE", "model_groups") else 404  # its index was never made
        assert (answer.status, answer.json["error"]["type"], answer.json["status"]) == (
            status,
            "status_exception",
            status,
        )


async def test_a_task_runs_while_its_step_does(door: Door) -> None:
    workflow_id = await door.create(template(LOCAL_MODEL), "?provision=true")
    (kind, task_id), *_ = [key for key in door.cluster.world.workflows[workflow_id].made if key[0] == "task"]
    running = await door.ask("GET", f"{ML}/{kind}s/{task_id}")
    assert (running.status, running.json["state"]) == (200, "CREATED")
    await door.advance("1s")
    done = (await door.ask("GET", f"{ML}/tasks/{task_id}")).json
    assert (done["state"], done["task_type"]) == ("COMPLETED", "REGISTER_MODEL")
    assert done["model_id"] == (await door.resources(workflow_id))[0]


async def test_a_scripted_timeline_makes_them_too(door: Door) -> None:
    await door.load(
        """
scenario: s
workflow_id: w
provision:
  timeline:
    - {at: 0s, state: PROVISIONING}
    - at: 2s
      created:
        - {workflow_step_name: create_index, workflow_step_id: i, resource_id: movies}
"""
    )
    await door.status("w")
    assert not await exists(door, "/movies")
    await door.advance("2s")
    assert await exists(door, "/movies")
