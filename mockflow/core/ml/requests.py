"""What ML Commons says about the requests that make and change its resources.

Each function takes the decoded JSON object of a request and returns the inputs of the resource, as the step of a
workflow would have them. They raise RefusedError (docs/reference/opensearch.md, "ML Commons"; the texts of the inputs
that are missing were read in the sources of ML Commons, not measured).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mockflow.core.ml.model_config import check_model_config
from mockflow.core.opensearch.java import java_text
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.step_checks.agents import agent_failure
from mockflow.core.plugin.step_checks.call import Surroundings
from mockflow.core.plugin.step_checks.connectors import check_connector, is_action_type
from mockflow.core.plugin.step_checks.models import FUNCTIONS, MODEL_FORMATS, check_access, check_group, check_names_of

_STATUS: Final = "OpenSearchStatusException"
_LOCAL: Final = "TEXT_EMBEDDING"
_METRICS: Final = "METRICS_CORRELATION"
_ILLEGAL: Final = "IllegalArgumentException"
_VALIDATED_SINCE: Final = (3, 1)


def connector(body: Mapping[str, Any], around: Surroundings, *, access_control: bool = False) -> dict[str, Any]:
    """The connector of ``POST connectors/_create``. `access_control`: who may use which connector is controlled."""
    inputs = _connector_inputs(body)
    for name in ("name", "version", "protocol"):
        if inputs[name] is None or (name == "version" and not inputs[name]):
            raise RefusedError(f"Connector {name} is null")
    inputs["description"] = inputs["description"] or ""
    _check_actions(inputs["actions"], around)
    _refuse(check_connector(inputs, around))
    if not access_control:
        _refuse(check_access(body, "connector"), own=_ILLEGAL)
    return {name: value for name, value in inputs.items() if value is not None}


def changed_connector(before: Mapping[str, Any], body: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """The connector after ``PUT connectors/{id}``: parameters and credentials are merged, all else is replaced."""
    _check_actions(body.get("actions") or (), around)
    changes = {name: body[name] for name in _CONNECTOR if body.get(name) is not None}
    merged = {name: {**(before.get(name) or {}), **changes[name]} for name in ("parameters",) if name in changes}
    after = {**before, **changes, **merged}
    _refuse(check_connector({"description": "", "credential": {"": ""}, "actions": [], **after}, around))
    return after


def model_group(body: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """The group of ``POST model_groups/_register``."""
    inputs = _texts(body, ("name", "description", "access_mode"))
    if inputs.get("name") is None and around.version.minor < _VALIDATED_SINCE:
        message = "model group name must not be null"
        raise RefusedError(message, "NullPointerException", "INTERNAL_SERVER_ERROR")
    inputs |= {name: body[name] for name in ("backend_roles", "add_all_backend_roles") if body.get(name) is not None}
    _refuse(check_group(inputs, around), own=_ILLEGAL)
    return inputs


def changed_model_group(before: Mapping[str, Any], body: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """The group after ``PUT model_groups/{id}``."""
    changes = {name: value for name, value in body.items() if value is not None}
    if not around.model_access_control:
        _refuse(check_access({**changes, "backend_roles": "backend_roles" in changes}), own=_ILLEGAL)
    after = {**before, **changes}
    if after.get("name") == before.get("name"):
        return after
    return {**after, **model_group(after, around)}


def model(body: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """The model of ``POST models/_register``. A connector within it is checked like one of its own."""
    inputs = _texts(body, _MODEL_TEXTS)
    inputs |= {name: body[name] for name in _MODEL_OBJECTS if body.get(name) is not None}
    function = (inputs.get("function_name") or _LOCAL).upper()
    _known(function, FUNCTIONS, "Wrong function name")
    if inputs.get("name") is None:
        raise RefusedError("model name is null")
    if function != "REMOTE":
        _check_local(inputs)
    check_model_config(function, inputs.get("model_config"), around.version)
    _refuse(check_names_of("Model", inputs, around.version))
    if inputs.get("url") is not None and function != _METRICS:
        _refuse(around.model_urls.failure(inputs["url"], by_step=False), own=_ILLEGAL)
    if function == "REMOTE":
        _check_remote(inputs, around)
    group = inputs.get("model_group_id")
    if group and not around.has("model_group", group):
        raise RefusedError(f"Failed to find model group with ID: {group}", _STATUS, "NOT_FOUND")
    if not (group or around.group_named(inputs["name"]) or around.model_access_control):
        _refuse(check_access(body), own=_ILLEGAL)
    return {**inputs, "function_name": function}


def changed_model(before: Mapping[str, Any], body: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """The model after ``PUT models/{id}``."""
    function = str(before.get("function_name") or "REMOTE").upper()
    if function not in ("REMOTE", "TEXT_EMBEDDING"):
        message = f"The function category {function} is not supported at this time."
        raise RefusedError(message, _STATUS, "FORBIDDEN")
    if body.get("connector_id") is not None and body.get("connector") is not None:
        raise RefusedError(
            "Model cannot have both stand-alone connector and internal connector. Please check your update input body.",
            _STATUS,
        )
    changes = _texts(body, ("name", "description", "model_group_id", "connector_id"))
    changes |= {name: body[name] for name in _MODEL_CHANGES if body.get(name) is not None}
    _refuse(check_names_of("Model", {"name": before.get("name"), **changes}, around.version))
    for kind, name in (("model_group", "model_group_id"), ("connector", "connector_id")):
        wanted = changes.get(name)
        if wanted is not None and not around.has(kind, wanted):
            what = "model group" if kind == "model_group" else kind
            message = f"Failed to find {what} with the provided {what} id: {wanted}"
            raise RefusedError(message, _STATUS, "NOT_FOUND")
    return {**before, **changes}


def agent(body: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """The agent of ``POST agents/_register`` or ``PUT agents/{id}``."""
    inputs = _texts(body, ("name", "type", "description", "app_type", "provisioned_by"))
    inputs |= {name: body[name] for name in _AGENT_OBJECTS if body.get(name) is not None}
    if inputs.get("type") is None:
        raise RefusedError("Agent type can't be null")
    if inputs.get("name") is None:
        raise RefusedError("agent name is null")
    tools = inputs.get("tools", [])
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise _not_a("START_OBJECT", tools)
    if any(tool.get("type") is None for tool in tools):
        raise RefusedError("tool type is null")
    llm = inputs.get("llm")
    if llm is not None and (not isinstance(llm, dict) or llm.get("model_id") is None):
        raise RefusedError("model id is null")
    names = [tool.get("name") or tool["type"] for tool in tools]
    has_model = llm is not None or body.get("model") is not None
    _refuse(agent_failure(inputs["name"], inputs["type"], names, around.version, has_model=has_model))
    if tools:
        inputs["tools"] = [{"include_output_in_agent_response": False, **tool} for tool in tools]
    return inputs


_CONNECTOR: Final = ("name", "version", "description", "protocol", "parameters", "actions", "client_config", "url")
_CONNECTOR_TEXTS: Final = ("name", "version", "description", "protocol", "url", "provisioned_by")
_MODEL_TEXTS: Final = (
    *("name", "version", "description", "function_name", "model_group_id", "connector_id", "model_format"),
    *("model_content_hash_value", "url", "provisioned_by"),
)
_MODEL_OBJECTS: Final = ("model_config", "connector", "interface", "guardrails", "deploy_setting", "rate_limiter")
_MODEL_CHANGES: Final = ("model_config", "connector", "interface", "guardrails", "deploy_setting", "is_enabled")
_AGENT_OBJECTS: Final = ("llm", "tools", "parameters", "memory", "model", "context_management")


def _connector_inputs(body: Mapping[str, Any]) -> dict[str, Any]:
    inputs: dict[str, Any] = dict.fromkeys(("name", "description", "version", "protocol"))
    inputs |= _texts(body, _CONNECTOR_TEXTS)
    for name in ("parameters", "credential", "client_config"):
        value = body.get(name)
        if value is not None and not isinstance(value, dict):
            raise _not_a("START_OBJECT", value)
        inputs[name] = value if value is not None or name == "client_config" else {}
    actions = body.get("actions")
    if actions is not None and not isinstance(actions, list):
        raise _not_a("START_ARRAY", actions)
    return {**inputs, "actions": actions or []}


def _check_actions(actions: Iterable[Any], around: Surroundings) -> None:
    for action in actions:
        if not isinstance(action, dict):
            raise _not_a("START_OBJECT", action)
        for name, words in (("action_type", "action type"), ("url", "url"), ("method", "method")):
            if action.get(name) is None:
                raise RefusedError(f"{words} can't be null")
        kind = java_text(action["action_type"])
        if not is_action_type(kind, around):
            raise RefusedError(
                f"No enum constant org.opensearch.ml.common.connector.ConnectorAction.ActionType.{kind.upper()}"
            )


def _check_local(inputs: Mapping[str, Any]) -> None:
    if inputs.get("model_format") is None:
        raise RefusedError("model format is null")
    _known(inputs["model_format"].upper(), MODEL_FORMATS, "Wrong model format")
    if inputs.get("url") is not None:
        if inputs.get("model_config") is None:
            raise RefusedError("model config is null")
        if inputs.get("model_content_hash_value") is None:
            raise RefusedError("model content hash value is null")


def _check_remote(inputs: Mapping[str, Any], around: Surroundings) -> None:
    if wanted := inputs.get("connector_id"):
        if not around.has("connector", wanted):
            raise RefusedError(f"Failed to find connector:{wanted}", _STATUS, "NOT_FOUND")
        return
    if not isinstance(inputs.get("connector"), dict):
        raise RefusedError("You must provide connector content when creating a remote model without connector id!")
    within = _connector_inputs(inputs["connector"])
    _check_actions(within["actions"], around)
    if not within["actions"]:
        raise RefusedError("Connector endpoint is required when creating a remote model without connector id!")
    lacking = {"name": "connector", "protocol": "http"}
    _refuse(check_connector({**within, **{n: within[n] or value for n, value in lacking.items()}}, around))


def _texts(body: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The values of these names as texts. A number is its text, and an object has none."""
    given = {name: body[name] for name in names if body.get(name) is not None}
    for value in given.values():
        if isinstance(value, (dict, list)):
            token = "START_OBJECT" if isinstance(value, dict) else "START_ARRAY"
            raise RefusedError(f"Can't get text on a {token}", "IllegalStateException", "INTERNAL_SERVER_ERROR")
    return {name: java_text(value) for name, value in given.items()}


def _known(value: str, known: Iterable[str], message: str) -> None:
    if value not in known:
        raise RefusedError(message)


def _not_a(token: str, value: Any) -> RefusedError:
    found = _TOKENS.get(type(value), "VALUE_NUMBER")
    return RefusedError(
        f"Failed to parse object: expecting token of type [{token}] but found [{found}]", "ParsingException"
    )


_TOKENS: Final[Mapping[type, str]] = {
    dict: "START_OBJECT",
    list: "START_ARRAY",
    str: "VALUE_STRING",
    bool: "VALUE_BOOLEAN",
    type(None): "VALUE_NULL",
}


def _refuse(failure: Failure | None, own: str = _STATUS) -> None:
    """Raises what a step of a workflow would fail with; `own` is the class where the plugin wraps it in its own."""
    if failure is None:
        return
    exception = own if failure.is_the_plugins_own else failure.simple_name
    if failure.message.startswith("Validation Failed: "):
        exception = "ActionRequestValidationException"
    raise RefusedError(failure.message, exception, failure.status)
