"""The ingest pipelines that a document goes through before it is written."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from mockflow.cluster import World
from mockflow.core.opensearch.documents.errors import DocumentError
from mockflow.core.plugin.resources import body_of

_MODULE: Final = "mockflow.core.opensearch.pipelines.run_pipeline"


def apply_pipeline(world: World, name: str, document: dict[str, Any]) -> dict[str, Any]:
    """What an ingest pipeline makes of a document. 400 for a pipeline that does not exist."""
    made = world.resources.find(("ingest_pipeline", name))
    if made is None:
        raise DocumentError("illegal_argument_exception", f"pipeline with id [{name}] does not exist")
    if find_spec(_MODULE) is None:
        return document
    run = import_module(_MODULE).run_pipeline
    result: dict[str, Any] = run(body_of(made, world.version), document, world.resources)
    return result
