"""Every operation through opensearch-py, sync and async, against a server process."""

import inspect
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from opensearchpy import (
    AsyncOpenSearch,
    AuthorizationException,
    NotFoundError,
    OpenSearch,
    RequestError,
    SerializationError,
    TransportError,
)

from tests.clients.conftest import Reset
from tests.support.client_story import NEEDS_ALLOW_DELETE, NO_BOOLEAN, SCENARIOS, STATES, TEMPLATE, UNKNOWN

BASE: Final = "/_plugins/_flow_framework/workflow"


class Plugin:
    """The client's flow_framework namespace, sync or async: each call is awaited."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __getattr__(self, operation: str) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            return await _awaited(getattr(self.client.plugins.flow_framework, operation)(*args, **kwargs))

        return call

    async def request(self, method: str, path: str, **kwargs: Any) -> Any:
        """What the namespace has no method or parameter for."""
        return await _awaited(self.client.transport.perform_request(method, path, **kwargs))

    async def created(self, **changes: Any) -> str:
        """The id of a new workflow."""
        return str((await self.create(body={**TEMPLATE, **changes}))["workflow_id"])

    async def completed(self, **changes: Any) -> str:
        """The id of a new workflow whose provisioning has come to its end."""
        workflow_id = await self.created(**changes)
        await self.provision(workflow_id=workflow_id, body={"index": "books"})
        while (await self.get_status(workflow_id=workflow_id))["state"] == "PROVISIONING":
            pass
        return workflow_id


async def _awaited(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


@pytest.fixture(params=["sync", "async"])
async def plugin(url: str, request: pytest.FixtureRequest) -> AsyncIterator[Plugin]:
    client = (OpenSearch if request.param == "sync" else AsyncOpenSearch)(url)
    yield Plugin(client)
    await _awaited(client.close())


# -- the ten operations --------------------------------------------------------------------------------


async def test_a_workflow_from_its_beginning_to_its_end(plugin: Plugin) -> None:
    created = await plugin.create(body=TEMPLATE)
    assert list(created) == ["workflow_id"]
    workflow_id = created["workflow_id"]
    assert await plugin.get_status(workflow_id=workflow_id) == {"workflow_id": workflow_id, "state": "NOT_STARTED"}

    updated = await plugin.update(workflow_id=workflow_id, body={"description": "new"}, update_fields=True)
    assert updated == created
    document = await plugin.get(workflow_id=workflow_id)
    assert document["description"] == "new"
    assert "s3cret" not in str(document)

    assert await plugin.provision(workflow_id=workflow_id, body={"index": "books"}) == created
    documents = [await plugin.get_status(workflow_id=workflow_id, all=True) for _ in STATES]
    assert [document["state"] for document in documents] == STATES
    assert [len(document.get("resources_created", [])) for document in documents] == [0, 1, 3, 4]

    found = await plugin.search(body={"query": {"match": {"name": "story"}}})
    assert [hit["_id"] for hit in found["hits"]["hits"]] == [workflow_id]
    states = await plugin.search_state(body={"query": {"match_all": {}}})
    assert states["hits"]["hits"][0]["_source"]["state"] == "COMPLETED"

    assert await plugin.deprovision(workflow_id=workflow_id, allow_delete=["books", "x"]) == created
    assert (await plugin.get_status(workflow_id=workflow_id))["state"] == "NOT_STARTED"
    deleted = await plugin.delete(workflow_id=workflow_id, clear_status=True)
    assert (deleted["_id"], deleted["result"]) == (workflow_id, "deleted")
    with pytest.raises(NotFoundError):
        await plugin.get_status(workflow_id=workflow_id)


async def test_steps(plugin: Plugin) -> None:
    assert "create_connector" in await plugin.get_steps()
    assert list(await plugin.get_steps(workflow_step=["noop", "reindex"])) == ["noop", "reindex"]


async def test_create_with_everything(plugin: Plugin) -> None:
    body = {"create_ingest_pipeline.model_id": "m", "create_ingest_pipeline.description": "d"}
    created = await plugin.create(body=body, use_case="semantic_search", provision=True, validation="all")
    assert (await plugin.get_status(workflow_id=created["workflow_id"]))["state"] == "PROVISIONING"


async def test_reprovision(plugin: Plugin) -> None:
    workflow_id = await plugin.completed()
    nodes = [*TEMPLATE["workflows"]["provision"]["nodes"], {"id": "more", "type": "noop"}]
    body = {**TEMPLATE, "workflows": {"provision": {**TEMPLATE["workflows"]["provision"], "nodes": nodes}}}
    assert await plugin.update(workflow_id=workflow_id, body=body, reprovision=True) == {"workflow_id": workflow_id}
    assert (await plugin.get_status(workflow_id=workflow_id))["state"] == "PROVISIONING"


async def test_waiting_goes_through_params(plugin: Plugin) -> None:
    workflow_id = await plugin.created()
    with pytest.raises(TypeError):
        await plugin.provision(workflow_id=workflow_id, wait_for_completion_timeout="10s")
    answer = await plugin.provision(
        workflow_id=workflow_id, params={"wait_for_completion_timeout": "10s", "index": "books"}
    )
    assert (answer["state"], len(answer["resources_created"])) == ("COMPLETED", 4)


# -- errors --------------------------------------------------------------------------------------------


async def test_a_string_error(plugin: Plugin) -> None:
    await plugin.create(body=TEMPLATE)  # a cluster that has never had a workflow has another text
    with pytest.raises(NotFoundError) as caught:
        await plugin.get_status(workflow_id="nope")
    error = caught.value
    assert (error.status_code, error.error, error.info) == (404, UNKNOWN, {"error": UNKNOWN})
    assert UNKNOWN in str(error)


async def test_an_object_error(plugin: Plugin) -> None:
    """A boolean among params is sent as Python writes it, and OpenSearch does not take that."""
    with pytest.raises(RequestError) as caught:
        await plugin.create(body=TEMPLATE, params={"provision": True})
    error = caught.value
    assert (error.status_code, error.error) == (400, "illegal_argument_exception")
    assert NO_BOOLEAN in str(error)


async def test_403(plugin: Plugin) -> None:
    workflow_id = await plugin.completed()
    with pytest.raises(AuthorizationException) as caught:
        await plugin.deprovision(workflow_id=workflow_id)
    assert (caught.value.status_code, caught.value.error) == (403, NEEDS_ALLOW_DELETE)


async def test_400_of_a_second_provision(plugin: Plugin) -> None:
    workflow_id = await plugin.completed()
    with pytest.raises(RequestError) as caught:
        await plugin.provision(workflow_id=workflow_id)
    assert str(caught.value.error).startswith("The workflow provisioning state is DONE")


async def test_501(plugin: Plugin) -> None:
    body = {"name": "n", "workflows": {"provision": {"nodes": [{"id": "a", "type": "nope"}]}}}
    with pytest.raises(TransportError) as caught:
        await plugin.create(body=body)
    assert type(caught.value) is TransportError
    assert (caught.value.status_code, caught.value.error) == (501, "Workflow step type [nope] is not implemented.")


async def test_a_partial_deprovision_is_no_exception(plugin: Plugin) -> None:
    await plugin.request("PUT", "/_mockflow/scenarios", body=SCENARIOS)
    workflow_id = await plugin.completed(name="keeps")
    answer = await plugin.deprovision(workflow_id=workflow_id, allow_delete="books")
    assert list(answer) == ["error"]
    assert answer["error"].startswith("Failed to deprovision some resources: [connector_id ")


async def test_a_failed_workflow_is_no_exception_unless_it_is_waited_for(plugin: Plugin) -> None:
    await plugin.request("PUT", "/_mockflow/scenarios", body=SCENARIOS)
    message = "WorkflowStepException during step create_connector_1, slow down, restStatus: TOO_MANY_REQUESTS"
    workflow_id = await plugin.completed(name="fails")
    answer = await plugin.get_status(workflow_id=workflow_id)
    assert (answer["state"], answer["error"]) == ("FAILED", message)

    with pytest.raises(TransportError) as caught:
        await plugin.create(
            body={**TEMPLATE, "name": "fails"}, provision=True, params={"wait_for_completion_timeout": "10s"}
        )
    assert (caught.value.status_code, caught.value.error) == (429, message)


async def test_an_answer_in_yaml_is_more_than_it_can_read(plugin: Plugin) -> None:
    with pytest.raises(SerializationError):
        await plugin.create(body="name: n", headers={"Content-Type": "application/yaml"})
    answer = await plugin.create(
        body="name: n", headers={"Content-Type": "application/yaml", "Accept": "application/json"}
    )
    assert list(answer) == ["workflow_id"]


@pytest.mark.parametrize("version", ["2.12.0", "2.19.0", "3.0.0", "3.9.0"])
async def test_any_version(plugin: Plugin, reset: Reset, version: str) -> None:
    reset(opensearch_version=version)
    info = await _awaited(plugin.client.info())
    assert info["version"]["number"] == version
    body = {"name": "n", "workflows": {"provision": {"nodes": [{"id": "g", "type": "noop"}]}}}
    workflow_id = (await plugin.create(body=body))["workflow_id"]
    await plugin.provision(workflow_id=workflow_id)
    while (await plugin.get_status(workflow_id=workflow_id))["state"] != "COMPLETED":
        pass
