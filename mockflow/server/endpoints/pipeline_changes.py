"""Ingest and search pipelines that clients put, and documents tried on them (docs/reference/opensearch.md,
"Pipelines").
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from mockflow.cluster import pipelines
from mockflow.cluster.pipelines import PipelineKind, PipelineModels, TooManyPipelinesError
from mockflow.core.opensearch.pipelines.configuration import ConfigurationError
from mockflow.core.opensearch.pipelines.ingest_document import IngestDocument, ProcessorError
from mockflow.core.opensearch.pipelines.run_pipeline import DroppedError, Step, run_steps
from mockflow.server.endpoints.request_options import read_manager_timeout
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.errors import Refusal, illegal_argument, object_error

MAX_DOCUMENTS: Final = 1_000
"""The most documents of one simulation."""
MAX_SIMULATED: Final = 16 * 1024 * 1024
"""The most characters that processors copy in one simulation."""
MAX_RESULTS: Final = 100
"""The most processors of one document that ``verbose`` shows."""


def _put(kind: PipelineKind) -> Handler:
    def handle(call: Call) -> Action:
        name = call.path_value("id")
        read_manager_timeout(call.parameters)
        call.parameters.time("timeout")
        body = _body(call)

        def act() -> Reply:
            try:
                pipelines.put(call.world, kind, name, body)
            except ConfigurationError as error:
                raise _refused(error) from None
            except TooManyPipelinesError:
                reason = f"mockflow holds {pipelines.MAX_PIPELINES} pipelines"
                raise object_error(429, "rejected_execution_exception", reason) from None
            return Reply(200, {"acknowledged": True})

        return act

    return handle


put_ingest = _put("ingest_pipeline")
put_search = _put("search_pipeline")


def simulate(call: Call) -> Action:
    """Runs documents through a pipeline, that of the path or of the body; with ``verbose`` every step is shown."""
    name = call.path_value("id")
    verbose = call.parameters.boolean("verbose")
    body = _body(call)

    async def act() -> Reply:
        world = call.world
        definition = pipelines.definition(world, name) if name else _inline(call, body)
        if definition is None:
            raise illegal_argument(f"pipeline [{name}] does not exist")
        models = PipelineModels(world, call.request.note)
        shown = []
        copied = 0
        for document in _documents(body):
            shown.append(_simulated(document, definition, models, verbose=verbose))
            copied += document.copied_size
            if copied > MAX_SIMULATED:
                raise illegal_argument(f"mockflow simulates processors that copy {MAX_SIMULATED} characters at most")
            await asyncio.sleep(0)  # other clients are answered in between
        return Reply(200, {"docs": shown})

    return act


def _body(call: Call) -> dict[str, Any]:
    if not call.request.body:
        raise object_error(400, "parse_exception", "request body or source parameter is required")
    return read_object(call)


def _inline(call: Call, body: Mapping[str, Any]) -> Mapping[str, Any]:
    given = body.get("pipeline")
    if given is None:
        raise _missing("pipeline")
    if not isinstance(given, dict):
        raise object_error(400, "parse_exception", "[pipeline] property isn't a map", property_name="pipeline")
    if error := pipelines.check(call.world, "ingest_pipeline", "_simulate_pipeline", given):
        raise _refused(error)
    return given


def _documents(body: Mapping[str, Any]) -> list[IngestDocument]:
    docs = body.get("docs")
    if docs is None:
        raise _missing("docs")
    if not isinstance(docs, list) or not docs:
        raise illegal_argument("must specify at least one document in [docs]")
    if len(docs) > MAX_DOCUMENTS:
        raise illegal_argument(f"mockflow simulates {MAX_DOCUMENTS} documents at most")
    if not all(isinstance(document, dict) for document in docs):
        raise illegal_argument("malformed [docs] section, should include an inner object")
    if any(not isinstance(document.get("_source"), dict) for document in docs):
        raise _missing("_source")
    return [
        IngestDocument(
            document["_source"], {"metadata": {name: str(document.get(name, name)) for name in ("_index", "_id")}}
        )
        for document in docs
    ]


def _simulated(
    document: IngestDocument, definition: Mapping[str, Any], models: PipelineModels, *, verbose: bool
) -> dict[str, Any] | None:
    metadata = document.ingest.pop("metadata")
    document.ingest["timestamp"] = models.timestamp()
    results: list[dict[str, Any]] = []
    try:
        for step in run_steps(definition, document, models):
            if verbose:
                if len(results) >= MAX_RESULTS:
                    raise illegal_argument(f"mockflow shows {MAX_RESULTS} processors of a document at most")
                results.append(_result(step, metadata, document, models))
            if step.error is not None and not step.is_ignored and not verbose:
                return {"error": _error(step.error)}
    except DroppedError:
        if not verbose:
            return None
        results.append({"processor_type": "drop", "status": "dropped"})
    return {"processor_results": results} if verbose else {"doc": _shown(metadata, document.source, models)}


def _result(
    step: Step, metadata: Mapping[str, str], document: IngestDocument, models: PipelineModels
) -> dict[str, Any]:
    tag = {"tag": step.tag} if step.tag is not None else {}
    if step.error is not None and not step.is_ignored:
        return {"processor_type": step.type, "status": "error", **tag, "error": _error(step.error)}
    try:
        source = document.copied(document.source)
    except ProcessorError as error:  # what is shown of many processors is bounded as what they do
        raise illegal_argument(error.reason) from None
    doc = _shown(metadata, source, models)
    if step.error is not None:
        ignored = {"error": _error(step.error)}
        return {"processor_type": step.type, "status": "error_ignored", **tag, "ignored_error": ignored, "doc": doc}
    return {"processor_type": step.type, "status": "success", **tag, "doc": doc}


def _shown(metadata: Mapping[str, str], source: Mapping[str, Any], models: PipelineModels) -> dict[str, Any]:
    return {**metadata, "_source": source, "_ingest": {"timestamp": models.timestamp()}}


def _error(error: ProcessorError) -> dict[str, Any]:
    cause = {"type": error.type, "reason": error.reason}
    return {"root_cause": [cause], **cause}


def _missing(name: str) -> Refusal:
    return object_error(400, "parse_exception", f"[{name}] required property is missing", property_name=name)


def _refused(error: ConfigurationError) -> Refusal:
    """The response to a pipeline that is refused; of a parse_exception with the processor and the property."""
    meta = {"processor_type": error.processor_type, "property_name": error.property_name}
    is_parsed = error.type == "parse_exception"
    shown: dict[str, Any] = {name: value for name, value in meta.items() if value is not None and is_parsed}
    status = 500 if error.type in ("class_cast_exception", "null_pointer_exception", "exception") else 400
    return object_error(status, error.type, error.reason, **shown)
