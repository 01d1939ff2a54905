"""What the steps of agents and tools check, rendered for 3.8.0 and 2.19.6."""

from typing import Any

import pytest

from mockflow.core.plugin.step_checks.agents import model_of, tool_of, tools_of
from mockflow.core.plugin.versions import parse_version
from tests.core.plugin.steps import NEW, OLD, both, call, error, foreign, old

INTERNAL = "INTERNAL_SERVER_ERROR"
AGENT = {"name": "a", "type": "flow"}
TALKS = {"name": "a", "type": "Conversational"}
TOOLS: dict[str, Any] = {
    "previous_node_inputs": {"t1": "tools", "t2": "tools"},
    "outputs": {"t1": {"tools": {"type": "CatIndexTool"}}, "t2": {"tools": {"type": "X", "name": "Other"}}},
}
MODEL: dict[str, Any] = {"previous_node_inputs": {"m": "model_id"}, "outputs": {"m": {"model_id": "M"}}}


def errors(inputs: dict[str, Any], **changes: Any) -> tuple[str | None, str | None]:
    return error("register_agent", inputs, NEW, **changes), error("register_agent", inputs, OLD, **changes)


@pytest.mark.parametrize(
    ("inputs", "changes"),
    [
        (AGENT, {}),
        (AGENT, TOOLS),
        ({**AGENT, "tools_order": ["t2", "t1"]}, TOOLS),
        ({**AGENT, "parameters": {"a": "b"}, "memory": {"type": "conversation_index"}}, {}),
        (TALKS, MODEL),
        ({**AGENT, "type": "conversational_flow", "app_type": "os_chat"}, {}),
    ],
)
def test_a_good_agent_is_registered(inputs: dict[str, Any], changes: dict[str, Any]) -> None:
    assert errors(inputs, **changes) == (None, None)


@pytest.mark.parametrize(
    ("inputs", "changes", "message"),
    [
        ({**AGENT, "type": "nope"}, {}, "nope is not a valid Agent Type"),
        (TALKS, {}, "We need model information for the conversational agent type"),
        ({**AGENT, "parameters": "x"}, {}, "[parameters] must be a key-value map."),
        ({**AGENT, "memory": {"window_size": "5"}}, {}, "agent name is null"),
    ],
)
def test_a_bad_agent_is_refused(inputs: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    assert errors(inputs, **changes) == foreign("IllegalArgumentException", message)


def test_two_tools_of_one_name() -> None:
    new, older = errors(AGENT, **{**TOOLS, "outputs": {name: {"tools": {"type": "T"}} for name in ("t1", "t2")}})
    assert new == foreign("IllegalArgumentException", "")[0]
    assert older == old("Duplicate tool defined: T")


NO_MODEL = foreign("IllegalArgumentException", "We need model information for the conversational agent type")


@pytest.mark.parametrize(
    ("inputs", "is_read"),
    [
        ({"llm": '{"model_id": "M", "parameters": {"a": "b"}}'}, (True, False)),
        ({"llm": {"model_id": "M"}}, (True, False)),
        ({"llm": {"parameters": {"a": "b"}}}, (False, False)),
        ({"llm.model_id": "M", "llm.parameters": {"a": "b"}}, (False, True)),
        ({"llm.parameters": {"a": "b"}}, (False, False)),
    ],
)
def test_which_inputs_are_the_model(inputs: dict[str, Any], is_read: tuple[bool, bool]) -> None:
    """`llm` is read from 3.1 on, `llm.model_id` before."""
    expected = tuple(None if good else text for good, text in zip(is_read, NO_MODEL, strict=True))
    assert errors({**TALKS, **inputs}) == expected


def test_the_kinds_of_the_model() -> None:
    new, _ = errors({**TALKS, "llm": {"model_id": "M", "parameters": {"a": 1}}})
    assert new == both("llm field [parameters] must be a string to string map")[0]
    assert errors({**TALKS, "llm": 5})[0] == "ClassCastException during step s, restStatus: INTERNAL_SERVER_ERROR"
    _, older = errors({**TALKS, "llm.model_id": "M", "llm.parameters": "x"})
    assert older == old("[llm.parameters] must be a key-value map.")
    assert "java.lang.Integer cannot be cast" in (errors({**TALKS, "llm.model_id": 5})[1] or "")


@pytest.mark.parametrize(("release", "inputs"), [(NEW, {"llm": {"model_id": "own"}}), (OLD, {"llm.model_id": "own"})])
def test_the_own_model_wins_over_that_of_an_earlier_node(release: str, inputs: dict[str, Any]) -> None:
    version = parse_version(release)
    assert model_of(call("register_agent", {**TALKS, **inputs}, **MODEL), version) == {"model_id": "own"}
    assert model_of(call("register_agent", TALKS, **MODEL), version) == {"model_id": "M"}


def test_an_order_that_leaves_out_a_tool_fails() -> None:
    assert errors({**AGENT, "tools_order": ["t1"]}, **TOOLS) == foreign(
        "UnsupportedOperationException", "null", INTERNAL
    )


def test_a_window_size_is_never_a_number() -> None:
    """Values of a map are texts in a stored template."""
    new, older = errors({**AGENT, "memory": {"type": "x", "window_size": 5}})
    assert new == "ClassCastException during step s, restStatus: INTERNAL_SERVER_ERROR"
    assert older is not None
    assert older.startswith("class java.lang.String cannot be cast to class java.lang.Integer")


@pytest.mark.parametrize(("type", "release"), [("plan_execute_and_reflect", "3.0.0"), ("ag_ui", "3.4.0")])
def test_a_type_of_agent_comes_with_a_release(type: str, release: str) -> None:
    inputs = {**AGENT, "type": type, "llm": {"model_id": "M"}, "llm.model_id": "M"}
    assert error("register_agent", inputs, release) is None
    assert error("register_agent", inputs, OLD) == (
        f"{type} is not a valid Agent Type during step s, restStatus: BAD_REQUEST"
    )


def test_a_name_has_a_length() -> None:
    assert error("register_agent", {**AGENT, "name": "x" * 128}) is None
    assert error("register_agent", {**AGENT, "name": "x" * 129}) == (
        "IllegalArgumentException during step s, restStatus: BAD_REQUEST"
    )


def test_an_unknown_agent_counts_as_deleted() -> None:
    assert error("delete_agent", {"agent_id": "nope"}) is None


@pytest.mark.parametrize(
    "inputs",
    [
        {"type": "NopeTool"},
        {"type": "T", "name": "n", "description": "d", "parameters": {"a": "b"}, "config": {}},
        {"type": "T", "include_output_in_agent_response": "true"},
    ],
)
def test_any_tool_is_taken(inputs: dict[str, Any]) -> None:
    assert (error("create_tool", inputs), error("create_tool", inputs, OLD)) == (None, None)


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"type": 5}, "ClassCastException during step s, restStatus: INTERNAL_SERVER_ERROR"),
        (
            {"type": "T", "include_output_in_agent_response": "x"},
            "WorkflowStepException during step s, Failed to parse value [x] as only [true] or [false] are allowed., "
            "restStatus: BAD_REQUEST",
        ),
        ({"type": "T", "parameters": "x"}, "ClassCastException during step s, restStatus: INTERNAL_SERVER_ERROR"),
    ],
)
def test_a_tool_of_wrong_kinds_fails(inputs: dict[str, Any], text: str) -> None:
    assert error("create_tool", inputs) == text


def test_a_tool_has_the_ids_of_earlier_nodes() -> None:
    tool = call(
        "create_tool",
        {"type": "ConnectorTool", "name": "T", "parameters": {"x": "y"}},
        previous_node_inputs={"c": "connector_id"},
        outputs={"c": {"connector_id": "C"}},
    )
    assert tool_of(tool) == {
        "type": "ConnectorTool",
        "name": "T",
        "parameters": {"x": "y", "connector_id": "C"},
        "include_output_in_agent_response": False,
    }
    bare = tool_of(call("create_tool", {"type": "T", "include_output_in_agent_response": True}))
    assert bare == {"type": "T", "include_output_in_agent_response": True}


def test_tools_come_in_their_order() -> None:
    ordered = call("register_agent", {**AGENT, "tools_order": ["t2"]}, **TOOLS)
    assert [tool["type"] for tool in tools_of(ordered)] == ["X", "CatIndexTool"]
    assert [tool["type"] for tool in tools_of(call("register_agent", AGENT, **TOOLS))] == ["CatIndexTool", "X"]
