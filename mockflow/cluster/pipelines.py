"""The ingest and search pipelines of clients, and documents on their way through one (docs/reference/opensearch.md,
"Pipelines").
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Final, Literal

from mockflow.cluster import predictions
from mockflow.cluster.not_served import Note
from mockflow.cluster.world import World
from mockflow.core.base import bounds
from mockflow.core.ml.vectors import tokens
from mockflow.core.opensearch.pipelines.check_pipeline import check_ingest_pipeline, check_search_pipeline
from mockflow.core.opensearch.pipelines.configuration import ConfigurationError
from mockflow.core.opensearch.pipelines.run_pipeline import run_pipeline
from mockflow.core.plugin.resources import Made, body_of

PipelineKind = Literal["ingest_pipeline", "search_pipeline"]
MAX_PIPELINES: Final = bounds.PIPELINES
_CHECKS: Final = {"ingest_pipeline": check_ingest_pipeline, "search_pipeline": check_search_pipeline}


class TooManyPipelinesError(Exception):
    """More pipelines than mockflow holds."""


def put(world: World, kind: PipelineKind, name: str, body: Mapping[str, Any]) -> None:
    """Creates or replaces a pipeline. Raises ConfigurationError and TooManyPipelinesError."""
    if error := check(world, kind, name, body):
        raise error
    before = world.resources.find((kind, name))
    if before is None and world.resources.count(kind) >= MAX_PIPELINES:
        raise TooManyPipelinesError
    now, inputs = world.now(), {"configurations": body}
    if before is not None:
        world.resources.put(replace(before, inputs=inputs, changed=now))
    else:
        world.resources.put(Made(kind, name, inputs=inputs, created=now, is_listed=False, by_client=True))


def check(world: World, kind: PipelineKind, name: str, body: Mapping[str, Any]) -> ConfigurationError | None:
    """What OpenSearch says is wrong with a pipeline."""
    return _CHECKS[kind](name, body, world.version.minor)


def definition(world: World, name: str) -> Mapping[str, Any] | None:
    """The body of an ingest pipeline; None where there is none of this name."""
    made = world.resources.find(("ingest_pipeline", name))
    return None if made is None else body_of(made, world.version)


def run(world: World, body: Mapping[str, Any], document: dict[str, Any], note: Note) -> dict[str, Any]:
    """The document after the pipeline `body`. Raises PipelineFailedError and DroppedError."""
    return run_pipeline(body, document, PipelineModels(world, note))


class PipelineModels:
    """The models of a world, for the processors of pipelines."""

    def __init__(self, world: World, note: Note) -> None:
        self._world = world
        self._note = note

    def vector(self, model_id: str, text: str) -> list[float]:
        return predictions.vector(self._world, model_id, text)

    def tokens(self, model_id: str, text: str) -> dict[str, float]:
        predictions.answer_to(self._world, model_id, {"text_docs": [text]})  # refuses what the model refuses
        return tokens(text)

    def answer(self, model_id: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        return predictions.answer_to(self._world, model_id, {"parameters": parameters})

    def timestamp(self) -> str:
        moment = datetime.fromtimestamp(self._world.now() / 1000, timezone.utc)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def pipeline(self, name: str) -> Mapping[str, Any] | None:
        return definition(self._world, name)

    def passed_over(self, what: str) -> None:
        text = f"mockflow does not compute the processor {what}: documents pass it unchanged"
        self._world.not_computed.tell(text, self._note)
