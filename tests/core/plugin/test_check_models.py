"""What the steps of models and model groups check, rendered for 3.8.0 and 2.19.6."""

from typing import Any

import pytest

from mockflow.core.plugin.step_checks.names import problems_in_template
from mockflow.core.plugin.template import Node
from mockflow.core.plugin.versions import parse_version
from tests.core.plugin.steps import NEW, OLD, around, both, call, error, foreign

INTERNAL = "INTERNAL_SERVER_ERROR"
THERE = {("connector", "c"), ("model", "m"), ("model_group", "g")}
REMOTE = {"name": "m", "connector_id": "c"}
LOCAL = {"name": "huggingface/x", "version": "1.0.1", "model_format": "TORCH_SCRIPT"}
CUSTOM = {
    **LOCAL,
    "function_name": "text_embedding",
    "model_content_hash_value": "0",
    "url": "https://x",
    "model_type": "bert",
    "embedding_dimension": "768",
    "framework_type": "sentence_transformers",
}
ALLOWED = "can only contain letters, numbers, spaces, and basic punctuation (.,!?():@-_'/\")"


def errors(type: str, inputs: dict[str, Any], **changes: Any) -> tuple[str | None, str | None]:
    changes = {"resources": THERE, **changes}
    return error(type, inputs, NEW, **changes), error(type, inputs, OLD, **changes)


@pytest.mark.parametrize(
    ("type", "inputs"),
    [
        ("register_remote_model", REMOTE),
        ("register_remote_model", {**REMOTE, "function_name": "foo", "deploy": True, "model_group_id": "g"}),
        ("register_remote_model", {**REMOTE, "model_group_id": ""}),
        ("register_local_pretrained_model", {**LOCAL, "function_name": "nope", "url": 5, "embedding_dimension": "x"}),
        ("register_remote_model", {**REMOTE, "deploy": "false", "interface": '{"input": {}}'}),
        ("register_remote_model", {**REMOTE, "interface": {"input": {}}, "description": "Größe (1)."}),
        ("register_local_pretrained_model", LOCAL),
        ("register_local_sparse_encoding_model", {**LOCAL, "deploy": "true"}),
        ("register_local_custom_model", CUSTOM),
        ("deploy_model", {"model_id": "m"}),
        ("undeploy_model", {"model_id": "m"}),
        ("delete_model", {"model_id": "m"}),
        ("register_model_group", {"name": "new"}),
        ("register_model_group", {"name": "new", "access_mode": "foo"}),
    ],
)
def test_a_good_step_succeeds(type: str, inputs: dict[str, Any]) -> None:
    assert errors(type, inputs) == (None, None)


@pytest.mark.parametrize(
    ("type", "inputs", "message", "status"),
    [
        (
            "register_remote_model",
            {"name": "m", "connector_id": "nope"},
            "Failed to find connector:nope",
            "NOT_FOUND",
        ),
        (
            "register_remote_model",
            {**REMOTE, "deploy": "yes"},
            "Failed to parse value [yes] as only [true] or [false] are allowed.",
            "BAD_REQUEST",
        ),
        (
            "register_remote_model",
            {"name": "m", "connector_id": " "},
            "You must provide connector content when creating a remote model without connector id!",
            "BAD_REQUEST",
        ),
        ("register_remote_model", {**REMOTE, "interface": "xyz"}, "Failed to create model interface", "BAD_REQUEST"),
        ("register_remote_model", {**REMOTE, "model_group_id": "x"}, "Failed to register remote model", INTERNAL),
        ("register_local_pretrained_model", {**LOCAL, "model_format": "x"}, "Wrong model format", "BAD_REQUEST"),
        (
            "register_local_pretrained_model",
            {**LOCAL, "model_format": "torch_script"},
            "Wrong model format",
            "BAD_REQUEST",
        ),
        (
            "register_local_custom_model",
            {**CUSTOM, "interface": "x"},
            "Failed to create model interface",
            "BAD_REQUEST",
        ),
        (
            "register_local_sparse_encoding_model",
            {**LOCAL, "model_group_id": "x"},
            "Failed to register local model in step s",
            INTERNAL,
        ),
        ("deploy_model", {"model_id": "nope"}, "Failed to find model", "NOT_FOUND"),
        ("undeploy_model", {"model_id": "nope"}, "Failed to find model", "NOT_FOUND"),
        ("delete_model", {"model_id": "nope"}, "Failed to find model", "NOT_FOUND"),
        (
            "register_model_group",
            {"name": "new", "access_mode": "public"},
            "You cannot specify model access control parameters because the Security plugin or model access control is "
            "disabled on your cluster.",
            "BAD_REQUEST",
        ),
        (
            "register_model_group",
            {"name": "taken"},
            "The name you provided is already being used by a model group with ID: g.",
            "BAD_REQUEST",
        ),
    ],
)
def test_a_bad_step_fails(type: str, inputs: dict[str, Any], message: str, status: str) -> None:
    assert errors(type, inputs, groups={"taken": "g"}) == both(message, status)


@pytest.mark.parametrize("type", ["register_local_pretrained_model", "register_local_sparse_encoding_model"])
def test_a_local_model_has_to_be_in_the_list(type: str) -> None:
    inputs = {**LOCAL, "name": "sentence-transformers/all-MiniLM-L6-v2"}
    reason = "This model is not in the pre-trained model list, please check your parameters."
    message, _ = errors(type, inputs)
    assert message == (
        f"FlowFrameworkException during step s, Local model registration failed with error : {reason}, "
        "restStatus: BAD_REQUEST"
    )
    assert not any(errors(type, {**inputs, "name": "amazon/x"}))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("function_name", "nope", "Wrong function name"),
        ("framework_type", "nope", "Wrong framework type"),
        ("embedding_dimension", "x", 'For input string: "x"'),
        ("embedding_dimension", "3000000000", 'For input string: "3000000000"'),
    ],
)
def test_a_local_model_has_known_values(name: str, value: str, message: str) -> None:
    assert errors("register_local_custom_model", {**CUSTOM, name: value}) == both(message)


def test_a_number_where_text_is_wanted_is_a_failed_cast() -> None:
    new, _ = errors("register_local_pretrained_model", {**LOCAL, "version": 1})
    assert new == foreign("ClassCastException", "", INTERNAL)[0]


def test_guardrails_are_an_object() -> None:
    new, older = errors("register_remote_model", {**REMOTE, "guardrails": "x"})
    assert new == foreign("ClassCastException", "", INTERNAL)[0]
    assert (older or "").startswith("class java.lang.String cannot be cast to class org.opensearch.ml.common.model.")


def test_there_are_no_models_before_the_first_one() -> None:
    message = "Failed to get data object from index .plugins-ml-model"
    assert errors("undeploy_model", {"model_id": "m"}, ml_indices=frozenset()) == both(message, INTERNAL)


def test_a_deployed_model_is_not_deleted() -> None:
    message = "Model cannot be deleted in deploying or deployed state. Try undeploy model first then delete"
    assert errors("delete_model", {"model_id": "m"}, deployed=frozenset({"m"})) == both(message)


def test_access_modes_are_taken_with_access_control() -> None:
    inputs = {"name": "new", "access_mode": "private"}
    assert errors("register_model_group", inputs, model_access_control=True) == (None, None)


def test_later_steps_find_what_earlier_ones_made() -> None:
    before = around()
    group = {"workflow_step_id": "g", "resource_type": "model_group_id", "resource_id": "G"}
    after = before.after(
        call("register_model_group", {"name": "same"}), ({"workflow_step_name": "register_model_group", **group},)
    )
    assert (before.group_named("same"), after.group_named("same")) == (None, "G")
    assert (before.has("model_group", "G"), after.has("model_group", "G")) == (False, True)
    model = {"workflow_step_id": "m", "resource_type": "model_id", "resource_id": "M"}
    entries = tuple({"workflow_step_name": name, **model} for name in ("register_remote_model", "deploy_model"))
    assert after.after(call("register_remote_model", REMOTE), entries).is_deployed("M")


def test_later_steps_miss_what_earlier_ones_took_away() -> None:
    before = around(resources=THERE, deployed=frozenset({"m"}))
    undeployed = before.after(call("undeploy_model", {"model_id": "m"}), ())
    deleted = undeployed.after(call("delete_model", {"model_id": "m"}), ())
    assert (before.is_deployed("m"), undeployed.is_deployed("m")) == (True, False)
    assert (undeployed.has("model", "m"), deleted.has("model", "m")) == (True, False)


@pytest.mark.parametrize(
    ("type", "inputs"),
    [
        ("register_remote_model", {"name": "a.b (1): x_y/z", "description": 'It\'s "fine", no?'}),
        ("register_model_group", {"name": "Gruppe 5", "description": ""}),
        ("create_connector", {"name": "a<b>"}),
    ],
)
def test_good_names_of_a_template(type: str, inputs: dict[str, Any]) -> None:
    assert problems_in_template([Node("n", type, {}, inputs)], parse_version(NEW)) is None


@pytest.mark.parametrize(
    ("type", "inputs", "message"),
    [
        ("register_remote_model", {"name": "a<b>"}, f"1: Model name [node n] {ALLOWED};"),
        (
            "register_model_group",
            {"name": ""},
            "1: Model group name [node n] is required and cannot be null or blank;",
        ),
        (
            "register_remote_model",
            {"name": "${{ x }}", "description": "${{ y }}"},
            f"1: Model description [node n] {ALLOWED};2: Model name [node n] {ALLOWED};",
        ),
    ],
)
def test_bad_names_of_a_template(type: str, inputs: dict[str, Any], message: str) -> None:
    node = Node("n", type, {}, inputs)
    assert problems_in_template([node], parse_version(NEW)) == f"Validation Failed: {message}"
    assert problems_in_template([node], parse_version(OLD)) is None


def test_names_are_checked_by_the_step_too() -> None:
    """Where the template was not validated."""
    new, older = errors("register_model_group", {"name": "a<b>"})
    assert new == both(f"Validation Failed: 1: Model group name {ALLOWED};")[0]
    assert older is None
