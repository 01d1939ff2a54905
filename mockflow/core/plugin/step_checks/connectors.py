"""The steps of connectors (docs/reference/plugin.md, "What steps check").

What ML Commons finds wrong with a connector is passed on as it is, so releases from 3.1 on show the exception's class
alone.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.base.careful_regex import matches_whole
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.failing import (
    MAP,
    STRING,
    bad_cast,
    illegal_argument,
    no_text,
    not_found,
    of_plugin,
    own,
)
from mockflow.core.plugin.step_checks.names import Described, about_name, problems_of_names

_ACTION_TYPES_SINCE: Final = {
    "PREDICT": (2, 12),
    "EXECUTE": (2, 12),
    "BATCH_PREDICT": (2, 16),
    "BATCH_PREDICT_STATUS": (2, 17),
    "CANCEL_BATCH_PREDICT": (2, 17),
}
_PROTOCOLS_SINCE: Final = {
    "http": (2, 12),
    "aws_sigv4": (2, 12),
    "mcp_sse": (3, 0),
    "mcp_streamable_http": (3, 3),
}
_NAMES_SINCE: Final = (3, 1)
_ROLES_SINCE: Final = (3, 0)
"""The release from which on a role may be a connector's credential (assumed; 2.19.6 has none: AwsConnector)."""
_URL_SINCE: Final = (3, 7)
"""The release from which on the step reads the URL of an MCP connector."""
_IN_CONFIGURATION: Final = "IllegalArgumentException in connector configuration"
_PARTS_OF_ACTION: Final = {
    "method": STRING,
    "url": STRING,
    "headers": MAP,
    "request_body": STRING,
    "pre_process_function": STRING,
    "post_process_function": STRING,
}
"""The entries of an action, in the order in which the step reads them, and their Java classes."""
# The second and third alternative take what is not closed, so that it is looked at once.
_PARAMETER: Final = re.compile(r"\$\{parameters\.(?:([^}:]+)(?::-([^}]*))?}|[^}:]+:-[^}]*|[^}:]*)")


def check_create(call: StepCall, around: Surroundings) -> Failure | None:
    """The step reads its inputs, then ML Commons checks the connector."""
    if failure := no_text(call.inputs, "name", "description", "version", "protocol"):
        return failure
    for name, kind in (("parameters", dict), ("credential", dict), ("actions", list)):
        if not isinstance(call.inputs.get(name), kind):
            return of_plugin(_IN_CONFIGURATION, name)
    for action in call.inputs["actions"]:
        if failure := _check_action(action, around):
            return failure
    inputs = call.inputs if around.version.minor >= _URL_SINCE else {**call.inputs, "url": None}
    return check_connector(inputs, around)


def check_delete(call: StepCall, around: Surroundings) -> Failure | None:
    """A connector that is not there counts as deleted, unless there never was any connector."""
    if around.had("connector"):
        return None
    if around.version.minor < (3, 0):
        message = "Failed to delete data object from index .plugins-ml-connector"
        return own(message, "INTERNAL_SERVER_ERROR", "connector_id")
    return not_found("Failed to find connector", "connector_id")


def _check_action(action: Any, around: Surroundings) -> Failure | None:
    """The step casts what it reads before it looks whether all is there."""
    if not isinstance(action, dict):
        return of_plugin(_IN_CONFIGURATION, "actions")
    if (type := action.get("action_type")) is not None and not isinstance(type, str):
        return bad_cast(type, STRING, "actions")
    if type is None or not is_action_type(type, around):
        return of_plugin(_IN_CONFIGURATION, "actions")
    for name, kind in _PARTS_OF_ACTION.items():
        value = action.get(name)
        if value is not None and not isinstance(value, dict if kind == MAP else str):
            return bad_cast(value, kind, "actions")
    is_whole = action.get("method") is not None and action.get("url") is not None
    return None if is_whole else of_plugin(_IN_CONFIGURATION, "actions")


def is_action_type(name: str, around: Surroundings) -> bool:
    """Whether the release has actions of this type."""
    since = _ACTION_TYPES_SINCE.get(name.upper())
    return since is not None and since <= around.version.minor


def check_connector(inputs: Mapping[str, Any], around: Surroundings) -> Failure | None:
    """What ML Commons says about a connector. The kinds of its inputs are right, those of each action too."""
    protocol = inputs["protocol"]
    mcp = protocol.startswith("mcp_") and _is_known(protocol, around)
    if not inputs["credential"] and not mcp:
        return illegal_argument("Connector credential is null or empty list", "credential")
    if mcp and not str(inputs.get("url") or "").strip():
        return illegal_argument("MCP Connector url is null or blank", "url")
    if around.version.minor >= _NAMES_SINCE:
        name, description = Described(inputs["name"], is_required=True), Described(inputs["description"])
        if problems := problems_of_names({"Model connector name": name, "Model connector description": description}):
            exception = "org.opensearch.action.ActionRequestValidationException"
            return Failure("BAD_REQUEST", problems, exception, about_name(problems))
    if not _is_known(protocol, around):
        return illegal_argument(f"Can't find class for type {protocol}", "protocol")
    if protocol == "aws_sigv4" and (lacking := _lacking_for_aws(inputs, around)):
        return illegal_argument(f"Missing {lacking}", "credential" if lacking == "credential" else "parameters")
    return _check_urls(inputs, around, mcp)


def _is_known(protocol: str, around: Surroundings) -> bool:
    since = _PROTOCOLS_SINCE.get(protocol)
    return since is not None and since <= around.version.minor


def _lacking_for_aws(inputs: Mapping[str, Any], around: Surroundings) -> str | None:
    credential = inputs["credential"]
    is_role = "roleArn" in credential and around.version.minor >= _ROLES_SINCE
    if not is_role and not {"access_key", "secret_key"} <= credential.keys():
        return "credential"
    for name, what in (("service_name", "service name"), ("region", "region")):
        if name not in credential and name not in inputs["parameters"]:
            return what
    return None


def _check_urls(inputs: Mapping[str, Any], around: Surroundings, mcp: bool) -> Failure | None:
    """Each action's URL, parameters put in, has to match one of the trusted endpoints as a whole."""
    for url in [str(inputs["url"])] if mcp else [action["url"] for action in inputs["actions"]]:
        full = _PARAMETER.sub(lambda found: _parameter(found, inputs["parameters"]), url)
        # An expression that Java alone can read, or that may take very long, is taken to match.
        if all(matches_whole(pattern, full) is False for pattern in around.trusted_endpoints):
            return illegal_argument(
                f"Connector URL is not matching the trusted connector endpoint regex, URL is: {full}",
                "url" if mcp else "actions",
            )
    return None


def _parameter(found: re.Match[str], parameters: Mapping[str, Any]) -> str:
    value = parameters.get(found[1], found[2]) if found[1] else None
    return found[0] if value is None else str(value)
