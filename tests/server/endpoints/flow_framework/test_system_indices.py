"""The indices of the plugins are real: they are listed, read and deleted, and what they hold goes with them."""

from typing import Final

import pytest

from tests.support.flow_framework import CONNECTOR, NOOP, WORKFLOW, Door, node, template

FLOW: Final = [".plugins-flow-framework-config", ".plugins-flow-framework-state", ".plugins-flow-framework-templates"]
TEMPLATES: Final = FLOW[2]
STATES: Final = FLOW[1]
ML: Final = "/_plugins/_ml"


async def names(door: Door) -> list[str]:
    """The names of all indices, in order, as each of their lists has them."""
    listed = sorted((await door.ask("GET", "/_cat/indices?h=index")).text.split())
    assert sorted((await door.ask("GET", "/_all")).json) == listed
    health = (await door.ask("GET", "/_cluster/health?level=indices")).json
    assert sorted(health["indices"]) == listed
    assert health["active_primary_shards"] == len(listed)
    return listed


async def test_they_come_once_used(door: Door) -> None:
    assert await names(door) == []
    await door.create(NOOP)
    assert await names(door) == FLOW
    await door.provisioned(template(CONNECTOR))
    assert await names(door) == [*FLOW, ".plugins-ml-config", ".plugins-ml-connector"]


async def test_the_configuration_of_ml_commons_comes_10_seconds_after_the_start(door: Door) -> None:
    await door.advance("9999ms")
    assert await names(door) == []
    await door.advance("1ms")
    assert await names(door) == [".plugins-ml-config"]
    assert (await door.ask("DELETE", "/.plugins-ml-config")).status == 200
    assert await names(door) == []


@pytest.mark.parametrize("name", FLOW)
async def test_one_is_read_like_any_other(door: Door, name: str) -> None:
    assert (await door.ask("GET", f"/{name}")).status == 404
    await door.create(NOOP)
    assert (await door.ask("HEAD", f"/{name}")).status == 200
    index = (await door.ask("GET", f"/{name}")).json[name]
    assert list(index) == ["aliases", "mappings", "settings"]
    assert (index["mappings"]["dynamic"], index["mappings"]["_meta"]) == ("false", {"schema_version": 1})
    settings = index["settings"]["index"]
    assert (settings["auto_expand_replicas"], settings["number_of_replicas"]) == ("0-1", "0")
    assert (await door.ask("GET", f"/{name}/_mapping")).json == {name: {"mappings": index["mappings"]}}


async def test_fields_of_fields_and_nested_ones(door: Door) -> None:
    await door.create(NOOP)
    properties = (await door.ask("GET", f"/{TEMPLATES}")).json[TEMPLATES]["mappings"]["properties"]
    assert properties["name"] == {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}
    assert properties["version"]["type"] == "nested"
    assert properties["version"]["properties"]["template"] == {"type": "text"}
    assert properties["created_time"] == {"type": "date", "format": "strict_date_time||epoch_millis"}


async def test_all_workflows_are_gone_with_templates_and_states(door: Door) -> None:
    first, second = await door.create(NOOP), await door.provisioned(template(CONNECTOR))
    connector = (await door.resources(second))[0]
    assert (await door.ask("DELETE", f"/{TEMPLATES},{STATES}")).told == (200, {"acknowledged": True})
    for workflow_id in (first, second):
        assert (await door.get(workflow_id)).status == 404
        assert (await door.status(workflow_id)).status == 404
        assert (await door.deprovision(workflow_id)).status == 404
    assert (await door.ask("POST", f"{WORKFLOW}/_search", {})).status == 404
    assert (await door.ask("GET", f"{ML}/connectors/{connector}")).status == 200, "what they have made stays"
    created = await door.create(NOOP)
    assert (await door.get(created)).status == 200
    assert [name for name in await names(door) if name in FLOW] == FLOW


async def test_templates_alone(door: Door) -> None:
    workflow_id = await door.provisioned(template(CONNECTOR))
    assert (await door.ask("DELETE", f"/{TEMPLATES}")).status == 200
    assert (await door.get(workflow_id)).status == 404
    assert await door.state(workflow_id) == "COMPLETED"
    assert TEMPLATES not in await names(door)
    assert (await door.deprovision(workflow_id)).status == 200


async def test_states_alone(door: Door) -> None:
    workflow_id = await door.provisioned(template(CONNECTOR))
    connector = (await door.resources(workflow_id))[0]
    assert (await door.ask("DELETE", f"/{STATES}")).status == 200
    assert (await door.get(workflow_id)).status == 200
    assert (await door.status(workflow_id)).status == 404
    assert (await door.provision(workflow_id)).status == 400
    assert (await door.ask("GET", f"{ML}/connectors/{connector}")).status == 200
    assert STATES not in await names(door)
    assert (await door.ask("DELETE", f"/{TEMPLATES}")).status == 200
    assert (await door.get(workflow_id)).status == 404
    assert workflow_id not in door.cluster.world.workflows


async def test_resources_are_gone_with_their_index(door: Door) -> None:
    workflow_id = await door.provisioned(template(CONNECTOR))
    connector = (await door.resources(workflow_id))[0]
    assert (await door.ask("DELETE", "/.plugins-ml-connector")).status == 200
    answer = await door.ask("GET", f"{ML}/connectors/{connector}")
    assert (answer.status, answer.reason) == (404, "Failed to find connector")
    assert (await door.ask("DELETE", "/.plugins-ml-connector")).status == 404
    await door.provisioned(template(CONNECTOR))
    assert ".plugins-ml-connector" in await names(door)


async def test_a_pattern_deletes_them_too(door: Door) -> None:
    index = node("i", "create_index", index_name="books", configurations='{"settings":{"number_of_replicas":0}}')
    workflow_id = await door.provisioned(template(index))
    assert (await door.ask("DELETE", "/*")).status == 200
    assert await names(door) == []
    assert (await door.get(workflow_id)).status == 404
