"""The ingest pipelines that a document goes through before it is written."""

from typing import Any

from mockflow.cluster import World
from mockflow.cluster.client_documents import DroppedDocumentError, RunPipeline
from mockflow.core.opensearch.documents.errors import DocumentError
from mockflow.server.http.messages import Request


def pipelines_for(world: World, request: Request) -> RunPipeline:
    """Runs the pipelines of a world on documents of a request.

    Raises DocumentError for a pipeline that does not exist or fails, and DroppedDocumentError.
    """

    def run(name: str, _: str, document: dict[str, Any]) -> dict[str, Any]:
        from mockflow.cluster import pipelines  # most writes need none
        from mockflow.core.opensearch.pipelines.run_pipeline import DroppedError, PipelineFailedError

        definition = pipelines.definition(world, name)
        if definition is None:
            raise DocumentError("illegal_argument_exception", f"pipeline with id [{name}] does not exist")
        try:
            return pipelines.run(world, definition, document, request.note)
        except PipelineFailedError as error:
            raise DocumentError(error.type, error.reason, status=error.status) from None
        except DroppedError:
            raise DroppedDocumentError from None

    return run
