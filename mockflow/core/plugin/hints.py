"""What would be right, for inputs with which a step fails."""

import re
from typing import Final

from mockflow.core.plugin.failures import Failure


def hint_for(failure: Failure) -> str:
    """What would be right; empty where the message says it already."""
    text = f"{failure.message} {failure.reason}"
    return next((hint for pattern, hint in _HINTS.items() if re.search(pattern, text)), "").format(about=failure.about)


_HINTS: Final = {
    "must be lowercase": "write it in lower case",
    "must not start with": "begin with a letter or a digit",
    "must not contain": "use lower-case letters, digits, - and _",
    r"Invalid index name .* must not be empty": "give the index a name",
    r"index \[.*] already exists": "make each index once",
    "_doc is not permitted in mapping": "configurations is a JSON object with settings, mappings and aliases only",
    "configurations is no JSON object": "quote its text, or write it as a mapping",
    "No handler for type": "write a field type of OpenSearch, or of a plugin that is installed",
    "No processor type exists": "write a processor of OpenSearch, or of a plugin that is installed",
    "required property is missing": "add it",
    "doesn't support one or more provided configuration parameters": "leave them out",
    "settings are not found in the index configuration": "update_index changes settings only; write settings: {{...}}",
    "no settings have been updated": "change a setting, or leave the step out",
    "Can't update non dynamic settings": "leave them out: they are set when the index is made",
    "IllegalArgumentException in connector configuration": (
        "parameters and credential are mappings; each of the actions has a method, a url and a known action_type"
    ),
    "credential is null or empty": "a credential has at least one key",
    "Can't find class for type": "write http or aws_sigv4",
    "Missing (credential|region|service name)": (
        "aws_sigv4 needs access_key and secret_key, or roleArn, and region and service_name in parameters"
    ),
    "trusted connector endpoint regex": (
        "plugins.ml_commons.trusted_connector_endpoints_regex of the cluster says which URLs are trusted"
    ),
    "can only contain letters": "use letters, digits, spaces and . , ! ? ( ) : @ - _ / ' \"",
    "cannot be null or blank": "write a text",
    r"Float\.floatValue": "write requests_per_second: -1, which is no limit",
    "requests_per_second": "write a number above 0, or -1 for no limit",
    "as a time value": "write a number with a unit, such as 3s",
    "is not a valid Agent Type|Invalid Agent Type": "write flow, conversational or conversational_flow",
    "need model information": (
        "write llm: {{model_id: ...}} (before 3.1 llm.model_id: ...), or take model_id from an earlier node"
    ),
    "string to string map": "quote the values",
    "^null ": "name all tools in tools_order, or leave it out",
    "cannot be cast to": "{about} is of another kind, such as text in place of a mapping",
    "model access control parameters": "leave them out, or turn on security and model access control",
    "already being used by a model group": "choose another name",
}
"""Pattern of a failure's message -> what would be right."""
