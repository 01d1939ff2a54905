"""The forms in which ML Commons gives what a model says (docs/reference/opensearch.md, "ML Commons")."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Output = dict[str, Any]


def results(outputs: Iterable[Iterable[Output]], status: int | None = None) -> dict[str, Any]:
    """The answer of a prediction: a result for each document; `status` is the remote service's."""
    more = {} if status is None else {"status_code": status}
    return {"inference_results": [{"output": list(output), **more} for output in outputs]}


def tensor(name: str, numbers: Sequence[float]) -> Output:
    """An output with numbers: an embedding, or a similarity."""
    return {"name": name, "data_type": "FLOAT32", "shape": [len(numbers)], "data": list(numbers)}


def data_map(content: Any, name: str = "response") -> Output:
    """An output with an object. A service that answers another JSON value is in ``response``."""
    return {"name": name, "dataAsMap": content if isinstance(content, dict) else {"response": content}}


def agent_result(text: str) -> dict[str, Any]:
    """The answer of an agent that has run to its end."""
    return {"inference_results": [{"output": [{"name": "response", "result": text}]}]}


def remembered(answer: Mapping[str, Any], memory_id: str, message_id: str, *, is_chat: bool) -> dict[str, Any]:
    """The answer of an agent that has a memory. A chat gives its text within an object."""
    [result] = answer["inference_results"]
    ids = [{"name": "memory_id", "result": memory_id}, {"name": "parent_interaction_id", "result": message_id}]
    output = result["output"]
    if is_chat:
        output = [data_map({"response": one.get("result"), "additional_info": {}}) for one in output]
    return {"inference_results": [{**result, "output": [*ids, *output]}]}


def plain_text(answer: Mapping[str, Any]) -> str | None:
    """The text that an answer of a model has, wherever a vendor puts it; None where it has none."""
    for result in answer.get("inference_results") or ():
        for output in result.get("output") or ():
            if isinstance(output.get("result"), str):
                return str(output["result"])
            if (found := _text_in(output.get("dataAsMap"))) is not None:
                return found
    return None


def numbers(answer: Mapping[str, Any]) -> list[list[float]]:
    """The vectors that an answer of a model has, in its own tensors or in a vendor's form."""
    found = []
    for result in answer.get("inference_results") or ():
        for output in result.get("output") or ():
            if isinstance(output.get("data"), list):
                found.append(output["data"])
            else:
                found += _vectors_in(output.get("dataAsMap"))
    return found


def _vectors_in(content: Any) -> list[list[float]]:
    if not isinstance(content, dict):
        return []
    if isinstance(content.get("embedding"), list):
        return [content["embedding"]]
    if isinstance(content.get("embeddings"), list):
        return [vector for vector in content["embeddings"] if isinstance(vector, list)]
    rows = content.get("data")
    return [row["embedding"] for row in rows if isinstance(row, dict) and "embedding" in row] if rows else []


def _text_in(content: Any) -> str | None:
    if not isinstance(content, dict):
        return None
    for path in _TEXTS:
        value: Any = content
        for key in path:
            if isinstance(key, int):
                value = value[key] if isinstance(value, list) and len(value) > key else None
            else:
                value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            return value
    return None


_TEXTS: tuple[tuple[str | int, ...], ...] = (
    ("choices", 0, "message", "content"),
    ("output", "message", "content", 0, "text"),
    ("content", 0, "text"),
    ("candidates", 0, "content", "parts", 0, "text"),
    ("completion",),
    ("text",),
    ("response",),
)
