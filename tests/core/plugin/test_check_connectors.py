"""What the steps of connectors check, rendered for 3.8.0 and 2.19.6."""

from typing import Any

import pytest

from tests.core.plugin.steps import CONNECTOR, NEW, OLD, both, error, foreign, old

ACTION = CONNECTOR["actions"][0]
AWS = {"access_key": "a", "secret_key": "s"}
AWS_PARAMETERS = {"service_name": "bedrock", "region": "us-west-2"}
CONFIGURATION = "IllegalArgumentException in connector configuration"


def errors(**changes: Any) -> tuple[str | None, str | None]:
    inputs = {**CONNECTOR, **changes}
    return error("create_connector", inputs, NEW), error("create_connector", inputs, OLD)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"version": "x"},
        {"actions": []},
        {"actions": [{**ACTION, "action_type": "Batch_Predict", "request_body": "{}", "headers": {}}]},
        {"actions": [{**ACTION, "url": "https://${parameters.host:-a.example.com}/x"}]},
        {"protocol": "aws_sigv4", "credential": AWS, "parameters": AWS_PARAMETERS},
        {"parameters": {"endpoint": "models.example.com", "temperature": 0}},
        {"description": ""},
    ],
)
def test_a_good_connector_is_created(changes: dict[str, Any]) -> None:
    assert errors(**changes) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"actions": "x"},
        {"parameters": "x"},
        {"credential": ["x"]},
        {"actions": [{"action_type": "predict", "method": "POST"}]},
        {"actions": [{"action_type": "predict", "url": "https://x"}]},
        {"actions": [{"method": "POST", "url": "https://x"}]},
        {"actions": [{**ACTION, "action_type": "nope"}]},
    ],
)
def test_a_configuration_that_the_step_cannot_read(changes: dict[str, Any]) -> None:
    assert errors(**changes) == (
        f"FlowFrameworkException during step s, {CONFIGURATION}, restStatus: BAD_REQUEST",
        old(CONFIGURATION),
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"credential": {}, "actions": []}, "Connector credential is null or empty list"),
        ({"protocol": "foo"}, "Can't find class for type foo"),
        ({"protocol": "aws_sigv4"}, "Missing credential"),
        ({"protocol": "aws_sigv4", "credential": AWS}, "Missing service name"),
        ({"protocol": "aws_sigv4", "credential": {**AWS, "service_name": "b"}}, "Missing region"),
        (
            {"actions": [{**ACTION, "url": "http://${parameters.endpoint}/x"}]},
            "Connector URL is not matching the trusted connector endpoint regex, URL is: http://models.example.com/x",
        ),
    ],
)
def test_a_connector_that_ml_commons_refuses(changes: dict[str, Any], message: str) -> None:
    assert errors(**changes) == foreign("IllegalArgumentException", message)


def test_an_input_of_another_kind_is_a_failed_cast() -> None:
    assert errors(version=1) == foreign(
        "ClassCastException",
        "class java.lang.Integer cannot be cast to class java.lang.String (java.lang.Integer and java.lang.String are "
        "in module java.base of loader 'bootstrap')",
        "INTERNAL_SERVER_ERROR",
    )


def test_the_trusted_endpoints_are_those_of_the_cluster() -> None:
    trusted = (r"^https://api\.openai\.com/.*$", r"^https://models\.example\.com/v1/.*$")
    assert error("create_connector", CONNECTOR, trusted_endpoints=trusted) is None
    assert error("create_connector", CONNECTOR, trusted_endpoints=trusted[:1]) == (
        "IllegalArgumentException during step s, restStatus: BAD_REQUEST"
    )
    assert error("create_connector", CONNECTOR, trusted_endpoints=(r"^\Qhttps\E.*",)) is None  # for Java alone


def test_a_role_is_a_credential_in_newer_releases() -> None:
    assert errors(protocol="aws_sigv4", credential={"roleArn": "arn", **AWS_PARAMETERS}, parameters={}) == (
        None,
        old("Missing credential"),
    )


def test_newer_releases_check_names() -> None:
    assert errors(name="a<b>") == (
        "ActionRequestValidationException during step s, restStatus: BAD_REQUEST",
        None,
    )


def test_mcp_connectors_come_with_a_release() -> None:
    changes = {"protocol": "mcp_sse", "credential": {}, "url": "https://mcp.example.com"}
    assert error("create_connector", {**CONNECTOR, **changes}, "3.7.0") is None
    assert error("create_connector", {**CONNECTOR, **changes}, "3.6.0") == (
        "IllegalArgumentException during step s, restStatus: BAD_REQUEST"
    )  # the step does not read the URL
    assert error("create_connector", {**CONNECTOR, **changes, "url": " "}, "3.0.0") == old(
        "MCP Connector url is null or blank"
    )
    assert error("create_connector", {**CONNECTOR, **changes}, OLD) == old("Connector credential is null or empty list")


def test_an_unknown_connector_counts_as_deleted() -> None:
    assert error("delete_connector", {"connector_id": "nope"}) is None
    assert error("delete_connector", {"connector_id": "nope"}, OLD) is None


def test_there_is_nothing_to_delete_before_the_first_connector() -> None:
    inputs = {"connector_id": "nope"}
    none: frozenset[str] = frozenset()
    assert error("delete_connector", inputs, ml_indices=none) == (
        "WorkflowStepException during step s, Failed to find connector, restStatus: NOT_FOUND"
    )
    assert error("delete_connector", inputs, OLD, ml_indices=none) == old(
        "Failed to delete data object from index .plugins-ml-connector", "INTERNAL_SERVER_ERROR"
    )


def test_a_missing_input_is_named() -> None:
    inputs = {name: value for name, value in CONNECTOR.items() if name not in ("name", "actions")}
    message = "Missing required inputs [name, actions] in workflow [w] node [s]"
    assert error("create_connector", inputs, workflow_id="w") == (
        f"FlowFrameworkException during step s, {message}, restStatus: BAD_REQUEST"
    )
    assert error("create_connector", inputs, OLD, workflow_id="w") == old(message)
    assert both("x")[1] == old("x")
