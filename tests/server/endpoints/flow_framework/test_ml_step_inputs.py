"""What a client sees of steps whose inputs are wrong for ML Commons, for both measured releases."""

from typing import Any, Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import CONNECTOR, Body, Door, node, template

ML: Final = "/_plugins/_ml"
INTERNAL: Final = "INTERNAL_SERVER_ERROR"
LOCAL: Final[dict[str, Any]] = {"name": "m", "version": "1", "model_format": "TORCH_SCRIPT"}
CUSTOM: Final[dict[str, Any]] = {
    **LOCAL,
    "function_name": "TEXT_EMBEDDING",
    "model_content_hash_value": "0",
    "url": "https://a.example.com/m.zip",
    "model_type": "bert",
    "embedding_dimension": "768",
    "framework_type": "sentence_transformers",
}
IN_CONFIGURATION: Final = "IllegalArgumentException in connector configuration"


@pytest.fixture(params=["3.8.0", "2.19.6"])
async def release(request: pytest.FixtureRequest, open_door: Open) -> Door:
    return await open_door(opensearch_version=request.param)


def is_new(door: Door) -> bool:
    return door.cluster.world.version.minor >= (3, 0)


async def error(door: Door, *nodes: Body) -> str | None:
    """The error of a workflow of these nodes after its provisioning."""
    status = (await door.status(await door.provisioned(template(*nodes)))).json
    found: str | None = status.get("error")
    assert (status["state"] == "FAILED") == (found is not None)
    return found


def connector(**changes: Any) -> Body:
    return {**CONNECTOR, "id": "s", "user_inputs": {**CONNECTOR["user_inputs"], **changes}}


def action(**changes: Any) -> Body:
    return connector(actions=[{**CONNECTOR["user_inputs"]["actions"][0], **changes}])


def cast(given: str, wanted: str) -> str:
    where = "are in module java.base of loader 'bootstrap'"
    return f"class {given} cannot be cast to class {wanted} ({given} and {wanted} {where})"


STRING: Final = "java.lang.String"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"request_body": {"input": "${parameters.input}"}}, cast("java.util.HashMap", STRING)),
        ({"pre_process_function": {"a": "b"}}, cast("java.util.HashMap", STRING)),
        ({"post_process_function": {"a": "b"}}, cast("java.util.HashMap", STRING)),
        ({"headers": "Authorization: x"}, cast(STRING, "java.util.Map")),
        ({"headers": ["x"]}, cast(STRING, "java.util.Map")),
        ({"url": {"a": "b"}}, cast("java.util.HashMap", STRING)),
        ({"action_type": {"a": "b"}}, cast("java.util.HashMap", STRING)),
    ],
)
async def test_the_kinds_of_an_actions_entries(release: Door, changes: Body, message: str) -> None:
    expected = "ClassCastException during step s" if is_new(release) else f"{message} during step s"
    assert await error(release, action(**changes)) == f"{expected}, restStatus: {INTERNAL}"


async def test_the_type_of_an_action_comes_first(release: Door) -> None:
    assert await error(release, action(request_body="{}", headers={"a": "b"})) is None
    assert IN_CONFIGURATION in (await error(release, action(action_type="nope", headers="x")) or "")


@pytest.mark.parametrize(
    ("step", "inputs", "message"),
    [
        ("register_local_pretrained_model", {**LOCAL, "model_format": "torch_script"}, "Wrong model format"),
        ("register_local_custom_model", {**CUSTOM, "interface": "no JSON"}, "Failed to create model interface"),
    ],
)
async def test_a_local_model(release: Door, step: str, inputs: Body, message: str) -> None:
    own = "WorkflowStepException during step s, " + message if is_new(release) else f"{message} during step s"
    assert await error(release, node("s", step, **inputs)) == f"{own}, restStatus: BAD_REQUEST"


async def test_guardrails(release: Door) -> None:
    """They are an object, whose type is local_regex if none is named."""
    model = node("m", "register_remote_model", after={"s": "connector_id"}, name="m", guardrails="none")
    told = "ClassCastException during step m" if is_new(release) else f"class {STRING} cannot be cast to class org."
    assert (await error(release, connector(), model) or "").startswith(told)
    given = {"input_guardrail": {"regex": [".*abort.*"]}}
    workflow_id = await release.create(template(node("n", guardrails=given)))
    (stored,) = (await release.get(workflow_id)).json["workflows"]["provision"]["nodes"]
    assert stored["user_inputs"]["guardrails"] == {"type": "local_regex", **given}


async def test_a_model_takes_the_name_of_a_group(release: Door) -> None:
    """A model without a group gets one of its own name, which stays."""
    model = node("m", "register_remote_model", after={"s": "connector_id"}, name="books")
    workflow_id = await release.provisioned(template(connector(), model))
    made = (await release.status(workflow_id)).json["resources_created"][1]["resource_id"]
    group_id = (await release.ask("GET", f"{ML}/models/{made}")).json["model_group_id"]
    assert (await release.ask("GET", f"{ML}/model_groups/{group_id}")).json["name"] == "books"

    group = node("g", "register_model_group", name="books")
    taken = f"The name you provided is already being used by a model group with ID: {group_id}."
    assert taken in (await error(release, group) or "")
    assert (await release.deprovision(workflow_id)).status == 200
    assert taken in (await error(release, group) or "")

    again = await release.provisioned(template(connector(), model))
    made = (await release.status(again)).json["resources_created"][1]["resource_id"]
    assert (await release.ask("GET", f"{ML}/models/{made}")).json["model_group_id"] == group_id


@pytest.mark.parametrize(
    ("inputs", "reads"),
    [({"llm": {"model_id": "M"}}, "3.8.0"), ({"llm.model_id": "M", "llm.parameters": {"a": "b"}}, "2.19.6")],
)
async def test_the_model_of_an_agent(release: Door, inputs: Body, reads: str) -> None:
    agent = node("s", "register_agent", name="a", type="conversational", **inputs)
    assert (await error(release, agent) is None) == (release.cluster.world.version.number == reads)


async def test_two_tools_of_one_name(release: Door) -> None:
    tools = [node(name, "create_tool", type="T") for name in ("a", "b")]
    agent = node("s", "register_agent", after={"a": "tools", "b": "tools"}, name="a", type="flow")
    told = "IllegalArgumentException" if is_new(release) else "Duplicate tool defined: T"
    assert await error(release, *tools, agent) == f"{told} during step s, restStatus: BAD_REQUEST"
