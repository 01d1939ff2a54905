"""The cluster's settings that change the plugin's answers."""

from typing import Any, Final

import pytest

from tests.support.flow_framework import DEPLOYMENT, NOOP, WORKFLOW, Door, node, template

PREFIX: Final = "plugins.flow_framework."
OPERATIONS: Final = [
    ("POST", "", "create"),
    ("PUT", "/{id}", "update"),
    ("GET", "/{id}", "get"),
    ("DELETE", "/{id}", "delete"),
    ("GET", "/{id}/_status", "get_status"),
    ("POST", "/{id}/_provision", "provision"),
    ("POST", "/{id}/_deprovision", "deprovision"),
    ("GET", "/_steps", "get_steps"),
    ("POST", "/_search", "search"),
    ("POST", "/state/_search", "search_state"),
]


async def set_to(door: Door, **settings: Any) -> None:
    body = {"persistent": {PREFIX + name: value for name, value in settings.items()}}
    answer = await door.ask("PUT", "/_cluster/settings", body)
    assert answer.status == 200, answer


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=[it[2] for it in OPERATIONS])
async def test_a_disabled_plugin_refuses_everything(door: Door, method: str, path: str, operation: str) -> None:
    workflow_id = await door.create(NOOP)
    target = WORKFLOW + path.format(id=workflow_id)
    body = NOOP if operation in ("create", "update") else {}
    await set_to(door, enabled=False)
    verb = "set" if operation in ("create", "update") else "update the setting"
    message = f"This API is disabled. To enable it, {verb} [plugins.flow_framework.enabled] to true."
    answer = await door.ask(method, target, body)
    assert answer.told == (403, {"error": message})
    await set_to(door, enabled=True)
    assert (await door.ask(method, target, body)).status in (200, 201, 202)


async def test_disabled_comes_before_what_is_wrong_with_the_request(door: Door) -> None:
    await set_to(door, enabled=False)
    for query, body in (("?foo=1&provision=true", NOOP), ("", "no JSON"), ("?use_case=nope", None)):
        assert (await door.post(query, body)).status == 403
    answer = await door.post("?foo=1", NOOP)
    assert answer.status == 400, "a parameter that nothing reads"
    assert answer.reason == "request [/_plugins/_flow_framework/workflow] contains unrecognized parameter: [foo]"
    assert (await door.ask("GET", "/_plugins/_flow_framework/workflow/_search")).status == 403, "without a body, too"
    assert (await door.post("?provision=True", NOOP)).status == 400, "but parameters are read before"


async def test_max_workflows(door: Door) -> None:
    await set_to(door, max_workflows=2)
    first = await door.create(NOOP)
    await door.create(NOOP)
    for query in ("", "?provision=true"):
        assert (await door.post(query, NOOP)).told == (400, {"error": "Maximum workflows limit reached: 2"})
    assert (await door.put(first, NOOP)).status == 201, "an update makes no workflow"
    await door.delete(first)
    await door.create(NOOP)


async def test_the_template_is_checked_before_the_limit(door: Door) -> None:
    await set_to(door, max_workflows=1)
    await door.create(NOOP)
    assert (await door.post(body={})).json == {"error": "A template object requires a name."}
    assert (await door.post(body=template(node("a", "nope")))).status == 501


async def test_a_status_that_is_left_over_does_not_count(door: Door) -> None:
    await set_to(door, max_workflows=1)
    workflow_id = await door.provisioned(template(node("g", "register_model_group", name="g")))
    await door.delete(workflow_id)
    assert (await door.status(workflow_id)).status == 200
    await door.create(NOOP)


async def test_max_workflow_steps_is_read_when_the_node_starts(door: Door) -> None:
    await set_to(door, max_workflow_steps=1)
    workflow_id = await door.create(template(node("a"), node("b")))
    assert (await door.provision(workflow_id)).status == 202
    await set_to(door, max_workflow_steps=500)
    message = (
        "Workflow null has 51 nodes, which exceeds the maximum of 50. Change the setting "
        "[plugins.flow_framework.max_workflow_steps] to increase this."
    )
    body = template(*(node(f"n{number}") for number in range(51)))
    assert (await door.post(body=body)).told == (400, {"error": message})


async def test_without_time_for_requests_nothing_is_deprovisioned(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    await set_to(door, request_timeout="0s")
    answer = await door.deprovision(workflow_id)
    assert answer.status == 202
    assert answer.json["error"].startswith("Failed to deprovision some resources: [model_id ")
    assert len(await door.resources(workflow_id)) == 3
    await set_to(door, request_timeout="1ms")
    assert (await door.deprovision(workflow_id)).status == 200


async def test_filter_by_backend_roles_needs_a_user_and_there_is_none(door: Door) -> None:
    """Without the security plugin nobody may create or update; the rest asks only users that there are."""
    workflow_id = await door.create(NOOP)
    await set_to(door, filter_by_backend_roles=True)
    refusal = (400, {"error": "Filter by backend roles is enabled and User is null"})
    assert (await door.post(body=NOOP)).told == refusal
    assert (await door.put(workflow_id, NOOP)).told == refusal
    assert (await door.put("nope", NOOP, "?reprovision=true")).told == refusal
    assert (await door.post(body={})).json == {"error": "A template object requires a name."}
    assert (await door.provision(workflow_id)).status == 202
    await set_to(door, filter_by_backend_roles=None)
    await door.create(NOOP)
