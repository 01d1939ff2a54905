"""The ingest processors that ask a model (docs/reference/opensearch.md, "Pipelines").

Sources: text_embedding, sparse_encoding and text_image_embedding of neural-search, ml_inference of ML Commons (read).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from mockflow.core.opensearch.java import java_text
from mockflow.core.opensearch.pipelines.ingest_document import IngestDocument, ProcessorError
from mockflow.core.opensearch.pipelines.plain_processors import Configuration


class Models(Protocol):
    """The models of a cluster, as pipelines use them. The methods that ask raise RefusedError."""

    def vector(self, model_id: str, text: str) -> list[float]:
        """The embedding of a text."""

    def tokens(self, model_id: str, text: str) -> dict[str, float]:
        """The sparse encoding of a text."""

    def answer(self, model_id: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer of a prediction with these parameters."""

    def timestamp(self) -> str:
        """The time of this run, in ISO form."""

    def pipeline(self, name: str) -> Mapping[str, Any] | None:
        """The definition of another ingest pipeline; None where there is none."""

    def passed_over(self, what: str) -> None:
        """Notes a processor that mockflow does not compute: documents pass it unchanged."""


Encode = Callable[[str], Any]


def _embedding(document: IngestDocument, it: Configuration, models: Models) -> None:
    _encode(document.source, it["field_map"], lambda text: models.vector(it["model_id"], text), "knn")


def _sparse(document: IngestDocument, it: Configuration, models: Models) -> None:
    _encode(document.source, it["field_map"], lambda text: models.tokens(it["model_id"], text), "sparse_encoding")


def _encode(holder: Any, fields: Mapping[str, Any], encode: Encode, key: str) -> None:
    """Puts the encoding of each field of a map beside it; of several texts a list of objects with `key`."""
    if isinstance(holder, list):
        for item in holder:
            _encode(item, fields, encode, key)
        return
    if not isinstance(holder, dict):
        return
    for field, target in fields.items():
        outer, _, inner = field.partition(".")
        if inner and field not in holder:
            _encode(holder.get(outer), {inner: target}, encode, key)
            continue
        value = holder.get(field)
        if isinstance(target, dict):
            _encode(value, target, encode, key)
        elif isinstance(value, str) and value.strip():
            holder[str(target)] = encode(value)
        elif isinstance(value, list) and value:
            holder[str(target)] = [{key: encode(_text(item, field))} for item in value]
        elif value is not None and not isinstance(value, list):
            raise ProcessorError(f"map type field [{field}] is neither string nor nested type, cannot process it")


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ProcessorError(f"list type field [{field}] has empty string or non-string value, cannot process it")
    return value


def _image(document: IngestDocument, it: Configuration, models: Models) -> None:
    given = [str(document.get(field)) for field in it["field_map"].values() if document.has(str(field))]
    if given:
        document.set(it["embedding"], models.vector(it["model_id"], "\n".join(given)))


def _inference(document: IngestDocument, it: Configuration, models: Models) -> None:
    """Each map of fields is a prediction; what its output is called stands in the output map of the same place."""
    inputs, made = it.get("input_map") or [{}], it.get("output_map") or []
    for number, fields in enumerate(inputs):
        missing = [path for path in fields.values() if not document.has(_plain(path))]
        if missing and it.get("ignore_missing"):
            continue
        if missing:
            raise ProcessorError(f"cannot find field [{missing[0]}] in document, cannot process it")
        configured = it.get("model_config") or {}
        parameters = {**configured, **{name: document.get(_plain(path)) for name, path in fields.items()}}
        answer = models.answer(it["model_id"], parameters)
        wanted = made[number] if number < len(made) else {"inference_results": "inference_results"}
        for field, path in wanted.items():
            document.set(field, _found(answer, java_text(path), is_full=bool(it.get("full_response_path"))))


def _plain(path: Any) -> str:
    return java_text(path).removeprefix("$.")


def _found(answer: Mapping[str, Any], path: str, *, is_full: bool) -> Any:
    """The part of an answer that an output map names: within the first output, or within the whole answer."""
    if path == "inference_results":
        return answer["inference_results"]
    value: Any = answer
    if not is_full:
        outputs = answer["inference_results"][0]["output"]
        value = outputs[0].get("dataAsMap", outputs[0])
        value = value["response"] if set(value) == {"response"} and path != "response" else value
    for part in _PART.findall(path.removeprefix("$.")):
        index = int(part) if part.isdigit() else part
        try:
            value = value[index]
        except (KeyError, IndexError, TypeError):
            raise ProcessorError(f"model inference output cannot find such json path: {path}") from None
    return value


_PART: Final = re.compile(r"[^.\[\]'\"]{1,200}")

ASKING: Final[Mapping[str, Callable[[IngestDocument, Configuration, Models], None]]] = {
    "text_embedding": _embedding,
    "sparse_encoding": _sparse,
    "text_image_embedding": _image,
    "ml_inference": _inference,
}
"""By their type."""
