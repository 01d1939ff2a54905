"""What models and agents answer: what a scenario says, else a default.

All functions raise RefusedError where ML Commons refuses (docs/reference/opensearch.md, "ML Commons").
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.cluster import machine_learning, memories
from mockflow.cluster.model_scripts import ActiveModel
from mockflow.cluster.world import World
from mockflow.core.faults.chance import draw, milliseconds
from mockflow.core.ml import outputs
from mockflow.core.ml.defaults import SAYS, Asked, default_answer, with_text, with_vector
from mockflow.core.ml.payload import check_payload
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.rest_status import REST_STATUS
from mockflow.core.plugin.resources import Made, body_of
from mockflow.core.scenario.model_scripts import ModelAnswer

MAX_NUMBERS: Final = 2_000_000
"""The most numbers of the vectors of one answer."""
_MANY_NUMBERS: Final = 20_000
_AUTO_DEPLOYS_SINCE: Final = (2, 13)
_AUTO_DEPLOY: Final = "plugins.ml_commons.model_auto_deploy.enable"
_STATUS: Final = "OpenSearchStatusException"
_STATUS_NAMES: Final = {code: name for name, code in REST_STATUS.items()}


@dataclass(frozen=True)
class Answered:
    """An answer, or the error of the service behind a model, and how long it is held back (ms).

    `make` makes the answer, which may take long; only an agent's, which does not, touches the world.
    """

    make: Callable[[], Mapping[str, Any]]
    refusal: RefusedError | None = None
    delay_ms: float = 0
    takes_long: bool = False
    """Whether the answer has many numbers."""


def predict(world: World, model: Made, body: Mapping[str, Any]) -> Answered:
    """The answer of a model. A remote model that is not deployed is deployed first, unless a setting says otherwise."""
    if model.inputs.get("is_enabled") in (False, "false"):
        raise RefusedError("Model is disabled.", _STATUS, "FORBIDDEN")
    _make_ready(world, model)
    asked = _asked(world, model, body)
    if asked.is_remote and not asked.documents:
        check_payload(asked.connector, asked.parameters)
    script = world.model_scripts.find("model", _names(model), _connector_names(world, model))
    size = len(asked.texts) * asked.dimension
    if size > MAX_NUMBERS:
        raise RefusedError(f"mockflow makes {MAX_NUMBERS} numbers for a request at most, not {size}")
    if script is None:
        return Answered(lambda: default_answer(asked), takes_long=size > _MANY_NUMBERS)
    return _scripted(world, script, lambda answer: _of_model(asked, answer))


def execute(world: World, agent: Made, body: Mapping[str, Any], user: str | None = None) -> Answered:
    """The answer of an agent: what its own script says, else that of its model, else a default text.

    An agent with a memory keeps it there, for `user`, the name of the caller.
    """
    parameters = body.get("parameters")
    if not isinstance(parameters, dict) and _INPUT not in body:
        raise RefusedError("Agent input data can not be empty.")
    parameters = parameters if isinstance(parameters, dict) else {}
    _check_tools(world, agent)
    question = str(next((parameters[name] for name in _QUESTIONS if name in parameters), ""))
    script = world.model_scripts.find("agent", _names(agent))
    llm = agent.inputs.get("llm")
    if script is None and isinstance(llm, Mapping):
        model = _model(world, str(llm.get("model_id")))
        script = world.model_scripts.find("model", _names(model), _connector_names(world, model))
    memory_id = parameters.get("memory_id")

    def kept(answer: Mapping[str, Any]) -> Mapping[str, Any]:
        type = str(agent.inputs.get("type")).upper()
        if type not in _REMEMBERS or not isinstance(agent.inputs.get("memory"), Mapping):
            return answer
        exchanged = question, outputs.plain_text(answer) or ""
        ids = memories.remember(world, agent, None if memory_id is None else str(memory_id), exchanged, user)
        return outputs.remembered(answer, *ids, is_chat=type == "CONVERSATIONAL")

    if script is None:
        default = kept(outputs.agent_result(SAYS))
        return Answered(lambda: default)
    return _scripted(world, script, lambda answer: _of_agent(question, answer, kept))


def vector(world: World, model_id: str, text: str) -> list[float]:
    """The embedding of a text, as a processor of a pipeline gets it."""
    found = outputs.numbers(_without_delay(predict(world, _model(world, model_id), {"text_docs": [text]})))
    if not found:
        raise RefusedError("The model's answer has no embedding")
    return found[0]


def answer_to(world: World, model_id: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer of a model to a processor of a pipeline."""
    return _without_delay(predict(world, _model(world, model_id), body))


_QUESTIONS: Final = ("question", "prompt", "input", "query")
_INPUT: Final = "input"
"""The standard input of an agent, from 3.5 on."""
_REMEMBERS: Final = frozenset({"CONVERSATIONAL", "CONVERSATIONAL_FLOW"})
_RUNS_TOOLS: Final = frozenset({"FLOW", "CONVERSATIONAL_FLOW"})
"""Agents that run all their tools, one after the other. Those of other agents are chosen by its model."""


def _check_tools(world: World, agent: Made) -> None:
    """An agent of tools needs one, and the models that its tools ask."""
    tools = agent.inputs.get("tools") or []
    if str(agent.inputs.get("type")).upper() not in _RUNS_TOOLS or not isinstance(tools, list):
        return
    if not tools:
        raise RefusedError("no tool configured")
    for tool in tools:
        parameters = tool.get("parameters") if isinstance(tool, Mapping) else None
        model_id = parameters.get("model_id") if isinstance(parameters, Mapping) else None
        if tool.get("type") == "MLModelTool" and isinstance(model_id, str) and "$" not in model_id:
            _model(world, model_id)


def _model(world: World, model_id: str) -> Made:
    made = world.resources.find(("model", model_id))
    if made is None:
        raise RefusedError("Failed to find model", _STATUS, "NOT_FOUND")
    return made


def _make_ready(world: World, model: Made) -> None:
    if model.ready:
        return
    setting = world.cluster_settings.text(_AUTO_DEPLOY)
    deploys = world.version.minor >= _AUTO_DEPLOYS_SINCE and setting != "false"
    if not (machine_learning.is_remote(model) and deploys):
        raise RefusedError(f"Model not ready yet. Please run this first: POST /_plugins/_ml/models/{model.id}/_deploy")
    world.resources.deploy(model.id, world.now())


def _asked(world: World, model: Made, body: Mapping[str, Any]) -> Asked:
    within = model.inputs.get("connector")
    connector = within if isinstance(within, Mapping) else {}
    if not connector and (made := world.resources.find(("connector", str(model.inputs.get("connector_id"))))):
        connector = made.inputs
    return Asked({**model.inputs, **body_of(model)}, connector, body)


def _names(made: Made) -> tuple[str, str]:
    return made.id, str(made.inputs.get("name", ""))


def _connector_names(world: World, model: Made) -> tuple[str, str]:
    connector = _asked(world, model, {}).connector
    return str(model.inputs.get("connector_id", "")), str(connector.get("name", ""))


def _scripted(world: World, script: ActiveModel, content: Callable[[ModelAnswer], Mapping[str, Any]]) -> Answered:
    answer = script.next_answer()
    delay = 0.0
    if script.script.latency is not None:
        key = f"{script.scenario.scenario}/models/{script.number}"
        delay = milliseconds(script.script.latency, draw(world.settings.seed, key, script.answered, "latency"))
    if answer.fails is None:
        return Answered(lambda: content(answer), None, delay)
    message = f"Error from remote service: {answer.fails.message}"
    return Answered(dict, RefusedError(message, _STATUS, _STATUS_NAMES[answer.fails.status]), delay)


def _of_model(asked: Asked, answer: ModelAnswer) -> Mapping[str, Any]:
    if answer.inference_results is not None:
        return {"inference_results": answer.inference_results}
    if answer.vector is not None:
        return with_vector(asked, list(answer.vector))
    if answer.data is not None:
        return outputs.results([[outputs.data_map(answer.data)]], 200)
    return with_text(asked, asked.prompt if answer.echo else answer.text or "")


def _of_agent(
    question: str, answer: ModelAnswer, kept: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Mapping[str, Any]:
    if answer.inference_results is not None:
        return {"inference_results": answer.inference_results}
    if answer.data is not None:
        return kept(outputs.agent_result(outputs.plain_text(outputs.results([[outputs.data_map(answer.data)]])) or ""))
    return kept(outputs.agent_result(question if answer.echo else answer.text or ""))


def _without_delay(answered: Answered) -> Mapping[str, Any]:
    if answered.refusal:
        raise answered.refusal
    return answered.make()
