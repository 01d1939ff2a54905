"""Runs a document through an ingest pipeline, one processor after the other.

Processors that change plain data do what OpenSearch's do; those that ask a model put what `Models` says in place. All
others, conditions in Painless among them, pass the document through, and `Models.passed_over` notes them
(docs/reference/machine-learning.md).
"""

import copy
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.opensearch.pipelines.chunking import can_chunk
from mockflow.core.opensearch.pipelines.ingest_document import IngestDocument, ProcessorError
from mockflow.core.opensearch.pipelines.model_processors import ASKING, Models
from mockflow.core.opensearch.pipelines.plain_processors import PLAIN, is_plain_separator, reads_dates
from mockflow.core.opensearch.refusal import RefusedError, error_type

_STATUSES: Final = {"fail_processor_exception": 500, "illegal_state_exception": 500}


class PipelineFailedError(Exception):
    """A document that a pipeline refuses: the reason, the type of the error as REST answers have it, and the status."""

    def __init__(self, reason: str, type: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.type = type
        self.status = status


class DroppedError(Exception):
    """A document that a pipeline drops: it is not indexed, and the request succeeds."""


@dataclass(frozen=True)
class Step:
    """A processor that a document has passed: its type and tag, and why it failed, if it has."""

    type: str
    tag: str | None
    error: ProcessorError | None = None
    is_ignored: bool = False


def run_pipeline(definition: Mapping[str, Any], document: dict[str, Any], models: Models) -> dict[str, Any]:
    """The source of a document after the pipeline `definition`; `document` stays as it is.

    Raises PipelineFailedError and DroppedError.
    """
    current = IngestDocument(copy.deepcopy(document), {"timestamp": models.timestamp()})
    for step in run_steps(definition, current, models):
        if step.error is not None and not step.is_ignored:
            raise PipelineFailedError(step.error.reason, step.error.type, _STATUSES.get(step.error.type, 400))
    return current.source


def run_steps(definition: Mapping[str, Any], document: IngestDocument, models: Models) -> Iterator[Step]:
    """Runs the processors on `document`, which changes; after a step with an error that counts there is none more.

    Raises DroppedError.
    """
    outcome = yield from _run_all(definition.get("processors") or (), document, models)
    if outcome is None:
        return
    handlers = definition.get("on_failure")
    if handlers:
        _tell(document, outcome)
        outcome = yield from _run_all(handlers, document, models)
        if outcome is None:
            return
    yield Step(*outcome)


_Failed = tuple[str, str | None, ProcessorError]


def _run_all(processors: Any, document: IngestDocument, models: Models) -> Generator[Step, None, _Failed | None]:
    """Runs processors until one fails whose failure counts; returns that one."""
    for entry in processors:
        for type, content in entry.items():
            configuration = {"source": content} if isinstance(content, str) else content
            tag = configuration.get("tag")
            try:
                _run(type, configuration, document, models)
            except ProcessorError as error:
                if configuration.get("ignore_failure"):
                    yield Step(type, tag, error, is_ignored=True)
                    continue
                handlers = configuration.get("on_failure")
                if not handlers:
                    return (type, tag, error)
                _tell(document, (type, tag, error))
                failed = yield from _run_all(handlers, document, models)
                if failed is not None:
                    return failed
                continue
            yield Step(type, tag)
    return None


def _run(type: str, it: Mapping[str, Any], document: IngestDocument, models: Models) -> None:
    if it.get("if") is None and type == "drop":
        raise DroppedError
    if it.get("if") is None and type == "pipeline":
        _run_other(document.filled(it["name"]), it, document, models)
    elif it.get("if") or not _is_computed(type, it):
        models.passed_over(f"{type} with a condition" if it.get("if") else type)
    elif type in PLAIN:
        PLAIN[type](document, it)
    else:
        try:
            ASKING[type](document, it, models)
        except RefusedError as error:
            raise ProcessorError(error.refusal.message, error_type(error.refusal.exception)) from None


def _run_other(name: str, it: Mapping[str, Any], document: IngestDocument, models: Models) -> None:
    """Runs another pipeline on the document. What fails in it fails here."""
    definition = models.pipeline(name)
    if definition is None:
        if it.get("ignore_missing_pipeline"):
            return
        raise ProcessorError(f"Pipeline processor configured for non-existent pipeline [{name}]", _ILLEGAL_STATE)
    if name in document.running:
        raise ProcessorError(f"Cycle detected for pipeline: {name}", _ILLEGAL_STATE)
    document.running.append(name)
    for step in run_steps(definition, document, models):
        if step.error is not None and not step.is_ignored:
            raise step.error
    document.running.pop()


_ILLEGAL_STATE: Final = "illegal_state_exception"


def _is_computed(type: str, it: Mapping[str, Any]) -> bool:
    if type == "split":
        return is_plain_separator(it["separator"])
    if type == "date":
        return reads_dates(it["formats"])
    if type == "text_chunking":
        return can_chunk(it["algorithm"])
    return type in PLAIN or type in ASKING


def _tell(document: IngestDocument, failed: _Failed) -> None:
    """The metadata for the processors of on_failure."""
    type, tag, error = failed
    document.ingest |= {
        "on_failure_message": error.reason,
        "on_failure_processor_type": type,
        "on_failure_processor_tag": tag,
    }
