"""What a model answers for which no scenario speaks.

Local models answer as ML Commons has them. Of remote ones the answer has the form of the service that the connector
names: an embedding, a chat, a ranking; any other gets an empty object. Vectors and rankings follow from the texts
(`vectors`), and a chat says that it is mockflow's (docs/reference/machine-learning.md).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.base.json_writer import loads
from mockflow.core.ml import outputs
from mockflow.core.ml.dimensions import dimension_of
from mockflow.core.ml.payload import action_of, parameters_of
from mockflow.core.ml.vectors import embedding, relevance, tokens
from mockflow.core.opensearch.refusal import RefusedError

SAYS: Final = "This is mockflow's answer; a scenario's models key writes another."
MAX_TEXTS: Final = 1_000


@dataclass(frozen=True)
class Asked:
    """A prediction: the model and its connector as ML Commons has them (empty: a local model), and the body."""

    model: Mapping[str, Any]
    connector: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def is_remote(self) -> bool:
        return str(self.model.get("algorithm", "")).upper() == "REMOTE"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters of the request."""
        given = self.body.get("parameters")
        return given if isinstance(given, dict) else {}

    @property
    def documents(self) -> list[str]:
        """The texts of ``text_docs``."""
        given = self.body.get("text_docs")
        return [str(text) for text in given][:MAX_TEXTS] if isinstance(given, list) else []

    @property
    def texts(self) -> list[str]:
        """The texts that the model gets: the documents, or those among the parameters."""
        if self.documents:
            return self.documents
        for name in _TEXT_PARAMETERS:
            if name in self.parameters:
                return _texts(self.parameters[name])
        return []

    @property
    def prompt(self) -> str:
        """The question that a chat gets: the last message, or the texts."""
        for name in ("messages", "_chat_history"):
            messages = _decoded(self.parameters.get(name))
            if isinstance(messages, list) and messages:
                return _content(messages[-1])
        return " ".join(self.texts)

    @property
    def service(self) -> str:
        """What tells the service: the URL of the action, its parameters' model, and the names of its functions."""
        action = action_of(self.connector)
        parameters = parameters_of(self.connector, {})
        words = (action.get("url"), parameters.get("model"), *(action.get(name) for name in _FUNCTIONS))
        return " ".join(str(word).lower() for word in words if word)

    def has_function(self, name: str) -> bool:
        """Whether the connector's action has a ``pre_process_function`` or a ``post_process_function``."""
        return bool(action_of(self.connector).get(name))

    @property
    def dimension(self) -> int:
        return dimension_of(self.model, self.connector)


def default_answer(asked: Asked) -> dict[str, Any]:
    """What the model answers. Raises RefusedError for a body that its kind of model does not take."""
    if not asked.is_remote:
        kind = str(asked.model.get("algorithm", "")).upper()
        return _LOCAL.get(kind, _embeddings)(asked)
    service = asked.service
    if asked.documents and not asked.has_function(_BEFORE):
        raise RefusedError("pre_process_function not defined in connector")
    for words, answer in _SERVICES:
        if any(word in service for word in words):
            return answer(asked)
    return outputs.results([[outputs.data_map({})]], _OK)


def with_text(asked: Asked, text: str) -> dict[str, Any]:
    """The answer in which a remote model says `text`, in the form of its service."""
    return outputs.results([[outputs.data_map(_chat_form(asked.service)(text))]], _OK)


def with_vector(asked: Asked, vector: list[float]) -> dict[str, Any]:
    """The answer in which each text has the same `vector`, in the form of the model."""
    return _of_vectors(asked, [vector for _ in asked.texts or [""]])


_OK: Final = 200
_TEXT_PARAMETERS: Final = ("input", "inputText", "inputs", "texts", "prompt", "question", "text", "query")
_BEFORE: Final = "pre_process_function"
_AFTER: Final = "post_process_function"
_FUNCTIONS: Final = (_BEFORE, _AFTER)


def _texts(value: Any) -> list[str]:
    value = _decoded(value)
    if isinstance(value, list):
        return [_content(item) for item in value][:MAX_TEXTS]
    return [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)]


def _decoded(value: Any) -> Any:
    """A value that may be JSON text."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _content(message: Any) -> str:
    """The text of a message, in the forms that chat services have."""
    if isinstance(message, list):
        return " ".join(map(_content, message))
    if isinstance(message, dict):
        return _content(message.get("content", message.get("text", "")))
    return str(message)


# -- local models ------------------------------------------------------------------------------------


def _embeddings(asked: Asked) -> dict[str, Any]:
    if not asked.documents:
        raise RefusedError("Input text docs size is 0.")
    return _of_vectors(asked, [embedding(text, asked.dimension) for text in asked.documents])


def _sparse(asked: Asked) -> dict[str, Any]:
    return outputs.results([[outputs.data_map([tokens(text)], "output")] for text in asked.documents])


def _similarity(asked: Asked) -> dict[str, Any]:
    query = str(asked.body.get("query_text", ""))
    return outputs.results(
        [[outputs.tensor("similarity", [relevance(query, text)])] for text in asked.documents],
    )


def _answering(asked: Asked) -> dict[str, Any]:
    return outputs.results([[{"name": "answer", "result": str(asked.body.get("context", ""))[:_LONGEST]}]])


_LONGEST: Final = 200
_LOCAL: Final[Mapping[str, Callable[[Asked], dict[str, Any]]]] = {
    "SPARSE_ENCODING": _sparse,
    "SPARSE_TOKENIZE": _sparse,
    "TEXT_SIMILARITY": _similarity,
    "QUESTION_ANSWERING": _answering,
}


# -- remote models -----------------------------------------------------------------------------------


def _remote_embeddings(asked: Asked) -> dict[str, Any]:
    return _of_vectors(asked, [embedding(text, asked.dimension) for text in asked.texts or [""]])


def _of_vectors(asked: Asked, vectors: list[list[float]]) -> dict[str, Any]:
    service = asked.service
    if not asked.is_remote:
        return outputs.results([[outputs.tensor("sentence_embedding", vector)] for vector in vectors])
    if asked.has_function(_AFTER):
        return outputs.results([[outputs.tensor("sentence_embedding", vector) for vector in vectors]], _OK)
    if "titan" in service:
        count = sum(len(text.split()) for text in asked.texts)
        body: dict[str, Any] = {"embedding": vectors[0], "inputTextTokenCount": float(count)}
    elif "cohere" in service:
        body = {"embeddings": vectors, "response_type": "embeddings_floats", "texts": asked.texts}
    else:
        rows = [{"object": "embedding", "index": number, "embedding": vector} for number, vector in enumerate(vectors)]
        body = {"object": "list", "data": rows, "usage": {"prompt_tokens": 0, "total_tokens": 0}}
    return outputs.results([[outputs.data_map(body)]], _OK)


def _ranking(asked: Asked) -> dict[str, Any]:
    query = str(asked.body.get("query_text", asked.parameters.get("query", "")))
    texts = asked.documents or _texts(asked.parameters.get("documents", []))
    scores = [relevance(query, text) for text in texts]
    if asked.has_function(_AFTER):
        return outputs.results([[outputs.tensor("similarity", [score]) for score in scores]], _OK)
    ranked = sorted(enumerate(scores), key=lambda one: -one[1])
    rows = [{"index": index, "relevance_score": score} for index, score in ranked]
    return outputs.results([[outputs.data_map({"results": rows})]], _OK)


def _chat(asked: Asked) -> dict[str, Any]:
    return with_text(asked, SAYS)


_SERVICES: Final[tuple[tuple[tuple[str, ...], Callable[[Asked], dict[str, Any]]], ...]] = (
    (("rerank",), _ranking),
    (("embed",), _remote_embeddings),
    (("chat", "converse", "claude", "/messages", "completion", "generatecontent", "gpt", "nova", "deepseek"), _chat),
)
"""Words of a service, and what it answers. The first that fits counts."""


def _openai(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }


def _converse(text: str) -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0},
    }


def _anthropic(text: str) -> dict[str, Any]:
    return {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
    }


def _gemini(text: str) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": text}]}
    return {"candidates": [{"content": content, "finishReason": "STOP"}]}


_FORMS: Final[tuple[tuple[str, Callable[[str], dict[str, Any]]], ...]] = (
    ("converse", _converse),
    ("generatecontent", _gemini),
    ("/chat/completions", _openai),
    ("claude-v2", lambda text: {"completion": text}),
    ("claude-instant", lambda text: {"completion": text}),
    ("claude", _anthropic),
    ("/messages", _anthropic),
    ("cohere", lambda text: {"text": text}),
    ("openai", _openai),
    ("gpt", _openai),
    ("deepseek", _openai),
)


def _chat_form(service: str) -> Callable[[str], dict[str, Any]]:
    """How the service writes a text; one that is not known has it under ``response``."""
    return next((form for word, form in _FORMS if word in service), lambda text: {"response": text})
