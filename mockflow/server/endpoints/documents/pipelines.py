"""The ingest pipelines that a document goes through before it is written."""

from typing import Any

from mockflow.cluster import World, pipelines
from mockflow.core.opensearch.documents.errors import DocumentError
from mockflow.core.opensearch.pipelines.run_pipeline import PipelineFailedError


def apply_pipeline(world: World, name: str, document: dict[str, Any]) -> dict[str, Any]:
    """What an ingest pipeline makes of a document. Raises DocumentError, 400 for a pipeline that does not exist.

    Raises DroppedError for a document that is not to be written.
    """
    definition = pipelines.definition(world, name)
    if definition is None:
        raise DocumentError("illegal_argument_exception", f"pipeline with id [{name}] does not exist")
    try:
        return pipelines.run(world, definition, document)
    except PipelineFailedError as error:
        raise DocumentError(error.type, error.reason, status=error.status) from None
