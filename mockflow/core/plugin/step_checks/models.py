"""The steps of models and model groups (docs/reference/plugin.md, "What steps check")."""

import json
from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.opensearch.java import is_java_int, java_text
from mockflow.core.opensearch.json_text import NoObjectError, read_object
from mockflow.core.opensearch.values import BadValueError, boolean
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.failing import bad_cast, no_text, not_found, of_plugin, own
from mockflow.core.plugin.step_checks.names import NAMES_SINCE, Described, about_name, problems_of_names
from mockflow.core.plugin.step_checks.pretrained import NOT_LISTED, can_be_listed
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.versions import Version

_INTERNAL: Final = "INTERNAL_SERVER_ERROR"
MODEL_FORMATS: Final = frozenset({"TORCH_SCRIPT", "ONNX"})
FRAMEWORKS: Final = frozenset({"HUGGINGFACE_TRANSFORMERS", "SENTENCE_TRANSFORMERS", "HUGGINGFACE_TRANSFORMERS_NEURON"})
FUNCTIONS: Final = frozenset(
    {
        *("LINEAR_REGRESSION", "KMEANS", "AD_LIBSVM", "SAMPLE_ALGO", "LOCAL_SAMPLE_CALCULATOR", "FIT_RCF", "BATCH_RCF"),
        *("ANOMALY_LOCALIZATION", "RCF_SUMMARIZE", "LOGISTIC_REGRESSION", "TEXT_EMBEDDING", "METRICS_CORRELATION"),
        *("REMOTE", "SPARSE_ENCODING", "SPARSE_TOKENIZE", "TEXT_SIMILARITY", "QUESTION_ANSWERING", "AGENT"),
        *("CONNECTOR", "TOOL"),
    }
)
_ACCESS_MODES: Final = frozenset({"public", "private", "restricted"})
_STILL_DEPLOYED: Final = "Model cannot be deleted in deploying or deployed state. Try undeploy model first then delete"
_GUARDRAILS: Final = "org.opensearch.ml.common.model.Guardrails"
_NO_CONNECTOR: Final = "You must provide connector content when creating a remote model without connector id!"
_NO_ACCESS_CONTROL: Final = (
    "You cannot specify {what} access control parameters because the Security plugin or {what} access control is "
    "disabled on your cluster."
)


def check_register_remote(call: StepCall, around: Surroundings) -> Failure | None:
    """The connector and the model group have to be there."""
    inputs = call.inputs
    if failure := no_text(inputs, "name", "description", "model_group_id", "connector_id") or _check_deploy(inputs):
        return failure
    if failure := _check_guardrails(inputs) or _check_interface(inputs):
        return failure
    if failure := check_names_of("Model", inputs, around.version):
        return failure
    if not inputs["connector_id"].strip():
        return own(_NO_CONNECTOR, about="connector_id")
    if not around.has("connector", inputs["connector_id"]):
        return not_found(f"Failed to find connector:{inputs['connector_id']}", "connector_id")
    return _check_group(inputs, around, "Failed to register remote model")


def check_register_local(call: StepCall, around: Surroundings) -> Failure | None:
    """Formats and numbers have to be known ones. Whether the model can be downloaded is not checked.

    Inputs that this kind of model does not have are not read.
    """
    step = STEPS[call.type]
    inputs = {name: value for name, value in call.inputs.items() if name in step.inputs or name in step.optional}
    if failure := no_text(inputs, *_LOCAL_TEXTS) or _check_deploy(inputs):
        return failure
    for name, known, what in _LOCAL_NAMES:
        value = inputs.get(name)
        if value is not None and (value if name == "model_format" else value.upper()) not in known:
            return own(f"Wrong {what}", about=name)
    dimension = inputs.get("embedding_dimension")
    if dimension is not None and not is_java_int(dimension):
        return own(f'For input string: "{dimension}"', about="embedding_dimension")
    if failure := _check_interface(inputs) or check_names_of("Model", inputs, around.version):
        return failure
    if inputs.get("url") is not None and (failure := around.model_urls.failure(inputs["url"], by_step=True)):
        return failure
    if failure := _check_group(inputs, around, f"Failed to register local model in step {call.node_id}"):
        return failure
    if inputs.get("url") is None and not can_be_listed(inputs["name"]):
        return of_plugin(f"Local model registration failed with error : {NOT_LISTED}", "name")
    return None


def check_deploy(call: StepCall, around: Surroundings) -> Failure | None:
    return no_text(call.inputs, "model_id") or _check_model(call.inputs["model_id"], around)


def check_undeploy(call: StepCall, around: Surroundings) -> Failure | None:
    return no_text(call.inputs, "model_id") or _check_model(call.inputs["model_id"], around)


def check_delete(call: StepCall, around: Surroundings) -> Failure | None:
    """A deployed model is not deleted."""
    model_id = java_text(call.inputs["model_id"])
    if failure := _check_model(model_id, around):
        return failure
    if around.is_deployed(model_id):
        return own(_STILL_DEPLOYED, about="model_id")
    return None


def check_register_group(call: StepCall, around: Surroundings) -> Failure | None:
    """A name belongs to one group; access needs access control."""
    inputs = call.inputs
    if failure := no_text(inputs, "name", "description"):
        return failure
    return check_group(inputs, around)


def check_group(inputs: Mapping[str, Any], around: Surroundings) -> Failure | None:
    """What ML Commons says about a model group. Its name and description are texts."""
    if failure := check_names_of("Model group", inputs, around.version):
        return failure
    if taken_by := around.group_named(inputs["name"]):
        return own(f"The name you provided is already being used by a model group with ID: {taken_by}.", about="name")
    return None if around.model_access_control else check_access(inputs)


def check_access(inputs: Mapping[str, Any], what: str = "model") -> Failure | None:
    """What ML Commons says about access modes and backend roles of `what` where access is not controlled."""
    restricting = {
        "access_mode": inputs.get("access_mode") in _ACCESS_MODES,
        "add_all_backend_roles": inputs.get("add_all_backend_roles") is not None,
        "backend_roles": bool(inputs.get("backend_roles")),
    }
    about = next((name for name, restricts in restricting.items() if restricts), None)
    return own(_NO_ACCESS_CONTROL.format(what=what), about=about) if about else None


def _check_model(model_id: str, around: Surroundings) -> Failure | None:
    if not around.had("model"):
        return own("Failed to get data object from index .plugins-ml-model", _INTERNAL, "model_id")
    return None if around.has("model", model_id) else not_found("Failed to find model", "model_id")


def _check_group(inputs: Mapping[str, Any], around: Surroundings, message: str) -> Failure | None:
    group = inputs.get("model_group_id")
    missing = bool(group) and not around.has("model_group", str(group))
    return own(message, _INTERNAL, "model_group_id") if missing else None


def _check_deploy(inputs: Mapping[str, Any]) -> Failure | None:
    try:
        if inputs.get("deploy") is not None:
            boolean(java_text(inputs["deploy"]))
    except BadValueError as error:
        return own(error.reason, about="deploy")
    return None


def _check_guardrails(inputs: Mapping[str, Any]) -> Failure | None:
    value = inputs.get("guardrails")
    return None if value is None or isinstance(value, dict) else bad_cast(value, _GUARDRAILS, "guardrails")


def _check_interface(inputs: Mapping[str, Any]) -> Failure | None:
    """The interface is a JSON object, as text or as it is."""
    value = inputs.get("interface")
    if value is None:
        return None
    try:
        read_object(value if isinstance(value, str) else json.dumps(value))
    except NoObjectError:
        return own("Failed to create model interface", about="interface")
    return None


def check_names_of(what: str, inputs: Mapping[str, Any], version: Version) -> Failure | None:
    """What ML Commons says about the name and the description of a model or a group, `what`."""
    if version.minor < NAMES_SINCE:
        return None
    name, description = Described(inputs.get("name"), is_required=True), Described(inputs.get("description"))
    problems = problems_of_names({f"{what} name": name, f"{what} description": description})
    return own(problems, about=about_name(problems)) if problems else None


_LOCAL_TEXTS: Final = (
    *("name", "version", "model_format", "function_name", "model_content_hash_value", "url", "model_type"),
    *("embedding_dimension", "framework_type", "description", "model_group_id", "all_config"),
)
_LOCAL_NAMES: Final = (
    ("model_format", MODEL_FORMATS, "model format"),
    ("function_name", FUNCTIONS, "function name"),
    ("framework_type", FRAMEWORKS, "framework type"),
)
