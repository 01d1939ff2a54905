"""The steps of agents and their tools (docs/reference/plugin.md, "What steps check")."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mockflow.core.opensearch.java import java_text
from mockflow.core.opensearch.json_text import NoObjectError, read_object
from mockflow.core.opensearch.values import BadValueError, boolean
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.failing import MAP, bad_cast, illegal_argument, no_text, own
from mockflow.core.plugin.versions import Version

_TYPES_SINCE: Final = {
    "FLOW": (2, 12),
    "CONVERSATIONAL": (2, 12),
    "CONVERSATIONAL_FLOW": (2, 12),
    "PLAN_EXECUTE_AND_REFLECT": (3, 0),
    "AG_UI": (3, 4),
    "CONVERSATIONAL_V2": (3, 6),
}
_WITH_MODEL: Final = frozenset({"CONVERSATIONAL", "PLAN_EXECUTE_AND_REFLECT"})
_LONGEST_NAME: Final = 128
_NAME_SINCE: Final = (3, 0)
_TYPE_NAMED_SINCE: Final = (2, 19)
_MODEL_SINCE: Final = (3, 7)
_DUPLICATE_HIDDEN_SINCE: Final = (3, 0)
_TOOL_PARAMETERS: Final = ("connector_id", "model_id", "agent_id")
_ARRAY: Final = "[Ljava.lang.String;"


def check_tool(call: StepCall, around: Surroundings) -> Failure | None:
    """Any type of tool is taken: it is looked up when the agent is executed."""
    if failure := no_text(call.inputs, "type", "name", "description"):
        return failure
    flag = call.inputs.get("include_output_in_agent_response")
    try:
        if flag is not None:
            boolean(java_text(flag))
    except BadValueError as error:
        return own(error.reason, about="include_output_in_agent_response")
    for name in ("parameters", "config"):
        value = call.inputs.get(name)
        if value is not None and not isinstance(value, dict):
            return bad_cast(value, MAP, name)
    return None


def tool_of(call: StepCall) -> dict[str, Any]:
    """The output ``tools`` of create_tool, as an agent that has the tool shows it.

    The ids of a connector, a model and an agent that previous_node_inputs name are parameters of the tool.
    """
    given = call.inputs.get("parameters")
    parameters = dict(given) if isinstance(given, dict) else {}
    for name in _TOOL_PARAMETERS:
        nodes = [node for node, output in call.previous_node_inputs.items() if output == name]
        value = call.outputs.get(nodes[0], {}).get(name) if nodes else None
        if value is not None:
            parameters.setdefault(name, value)
    flag = java_text(call.inputs.get("include_output_in_agent_response"))
    tool = {name: call.inputs[name] for name in ("type", "name", "description") if call.inputs.get(name) is not None}
    return {
        **tool,
        **({"parameters": parameters} if parameters else {}),
        "include_output_in_agent_response": flag == "true",
        **({"config": call.inputs["config"]} if call.inputs.get("config") else {}),
    }


def tools_of(call: StepCall) -> list[Mapping[str, Any]]:
    """The tools of register_agent: those of the nodes in tools_order first, then the others of earlier nodes."""
    given = call.inputs.get("tools_order")
    order = given if isinstance(given, list) else []
    nodes = [*order, *(node for node in _tool_nodes(call) if node not in order)]
    tools = [call.outputs.get(node, {}).get("tools") for node in nodes]
    return [tool for tool in tools if isinstance(tool, Mapping)]


def model_of(call: StepCall, version: Version) -> Mapping[str, Any]:
    """The model of register_agent: the given one, else the one that an earlier node made; empty where it has none."""
    if _reads_llm(version):
        given = call.inputs.get("llm")
        llm = given if isinstance(given, dict) else {} if given is None else _read_or_nothing(java_text(given))
    else:
        llm = {name: call.inputs.get(f"llm.{name}") for name in ("model_id", "parameters")}
    model_id = llm.get("model_id")
    if model_id is None:
        node = next((node for node, output in call.previous_node_inputs.items() if output == "model_id"), "")
        model_id = call.outputs.get(node, {}).get("model_id")
    if model_id is None:
        return {}
    return {"model_id": model_id, **({"parameters": llm["parameters"]} if llm.get("parameters") else {})}


def check_register(call: StepCall, around: Surroundings) -> Failure | None:
    """The step reads its inputs one by one, then ML Commons checks the agent."""
    inputs, reads_llm = call.inputs, _reads_llm(around.version)
    if failure := no_text(inputs, "type", "name", "description"):
        return failure
    if failure := _check_text_of_llm(inputs) if reads_llm else _check_parts_of_llm(inputs):
        return failure
    if failure := _check_tools_order(call):
        return failure
    if not isinstance(inputs.get("parameters", {}), dict):
        return illegal_argument("[parameters] must be a key-value map.", "parameters")
    if failure := _check_memory(inputs) or no_text(inputs, "app_type"):
        return failure
    if failure := _check_llm(inputs) if reads_llm else None:
        return failure
    return _check_agent(call, around)


def _reads_llm(version: Version) -> bool:
    """Whether the step reads the input ``llm``; before, it reads ``llm.model_id`` and ``llm.parameters``."""
    return "llm" in version.behaviour.json_inputs


def _check_text_of_llm(inputs: Mapping[str, Any]) -> Failure | None:
    return None if isinstance(inputs.get("llm"), dict) else no_text(inputs, "llm")


def _check_parts_of_llm(inputs: Mapping[str, Any]) -> Failure | None:
    if failure := no_text(inputs, "llm.model_id"):
        return failure
    if isinstance(inputs.get("llm.parameters", {}), dict):
        return None
    return illegal_argument("[llm.parameters] must be a key-value map.", "llm.parameters")


def _read_or_nothing(text: str) -> dict[str, Any]:
    try:
        return read_object(text)
    except NoObjectError:
        return {}


def _tool_nodes(call: StepCall) -> list[str]:
    return [node for node, output in call.previous_node_inputs.items() if output == "tools"]


def _check_tools_order(call: StepCall) -> Failure | None:
    """An order that leaves out a tool fails: the plugin adds to a list of fixed size."""
    order = call.inputs.get("tools_order")
    if order is None:
        return None
    if not isinstance(order, list):
        return bad_cast(order, _ARRAY, "tools_order")
    if all(node in order for node in _tool_nodes(call)):
        return None
    return Failure("INTERNAL_SERVER_ERROR", "null", "java.lang.UnsupportedOperationException", "tools_order")


def _check_memory(inputs: Mapping[str, Any]) -> Failure | None:
    memory = inputs.get("memory")
    if memory is None:
        return None
    if not isinstance(memory, dict):
        return bad_cast(memory, MAP, "memory")
    if memory.get("type") is None:
        return illegal_argument("agent name is null", "memory")
    if memory.get("window_size") is not None:  # values of a map are texts, and a number is wanted
        return bad_cast(java_text(memory["window_size"]), "java.lang.Integer", "memory")
    return None


def _check_llm(inputs: Mapping[str, Any]) -> Failure | None:
    """The model is a JSON object, as text or as it is."""
    given = inputs.get("llm")
    if given is None:
        return None
    try:
        llm = given if isinstance(given, dict) else read_object(java_text(given))
    except NoObjectError:
        return Failure("BAD_REQUEST", "Failed to parse content to map", "OpenSearchParseException", "llm")
    if failure := no_text(llm, "model_id"):
        return failure
    parameters = llm.get("parameters")
    if parameters is None:
        return None
    if isinstance(parameters, dict) and all(isinstance(value, str) for value in parameters.values()):
        return None
    return own("llm field [parameters] must be a string to string map", about="llm")


def _has_model(call: StepCall, version: Version) -> bool:
    return bool(model_of(call, version)) or (version.minor >= _MODEL_SINCE and call.inputs.get("model") is not None)


def _check_agent(call: StepCall, around: Surroundings) -> Failure | None:
    names = [tool.get("name") or tool.get("type") for tool in tools_of(call)]
    has_model = _has_model(call, around.version)
    return agent_failure(call.inputs["name"], call.inputs["type"], names, around.version, has_model=has_model)


def agent_failure(name: str, type: str, tools: Sequence[Any], version: Version, *, has_model: bool) -> Failure | None:
    """What ML Commons says about an agent; `tools` are the names of its tools."""
    release = version.minor
    if release >= _NAME_SINCE and (not name.strip() or len(name) > _LONGEST_NAME):
        return illegal_argument(
            f"Agent name cannot be empty or exceed max length of {_LONGEST_NAME} characters", "name"
        )
    since = _TYPES_SINCE.get(type.upper())
    if since is None or since > release:
        named = release >= _TYPE_NAMED_SINCE
        return illegal_argument(f"{type} is not a valid Agent Type" if named else "Invalid Agent Type", "type")
    if type.upper() in _WITH_MODEL and not has_model:
        return illegal_argument("We need model information for the conversational agent type", "llm")
    if duplicate := next((name for place, name in enumerate(tools) if name in tools[:place]), None):
        named = release < _DUPLICATE_HIDDEN_SINCE
        return illegal_argument(
            f"Duplicate tool defined: {duplicate}" if named else "Duplicate tool defined in agent configuration"
        )
    return None
