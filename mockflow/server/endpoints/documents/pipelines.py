"""The ingest pipelines that a document goes through before it is written."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from mockflow.cluster import World
from mockflow.cluster.client_documents import DroppedDocumentError
from mockflow.core.opensearch.documents.errors import DocumentError
from mockflow.core.plugin.resources import body_of

_RUNNER: Final = "mockflow.cluster.pipelines"
_ERRORS: Final = "mockflow.core.opensearch.pipelines.run_pipeline"


def apply_pipeline(world: World, name: str, document: dict[str, Any]) -> dict[str, Any]:
    """What an ingest pipeline makes of a document. Without the module that runs pipelines it passes unchanged.

    Raises DocumentError for a pipeline that does not exist or fails, and DroppedDocumentError.
    """
    made = world.resources.find(("ingest_pipeline", name))
    if made is None:
        raise DocumentError("illegal_argument_exception", f"pipeline with id [{name}] does not exist")
    if find_spec(_RUNNER) is None:
        return document
    runner, errors = import_module(_RUNNER), import_module(_ERRORS)
    try:
        result: dict[str, Any] = runner.run(world, body_of(made, world.version), document)
    except errors.PipelineFailedError as error:
        raise DocumentError(error.type, error.reason, status=error.status) from None
    except errors.DroppedError:
        raise DroppedDocumentError from None
    return result
