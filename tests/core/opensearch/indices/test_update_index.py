import json
from typing import Any

import pytest

from mockflow.core.opensearch.indices.create_index import IndexEnvironment
from mockflow.core.opensearch.indices.update_index import refusal_of_update_settings
from mockflow.core.opensearch.refusal import Refusal

ENVIRONMENT = IndexEnvironment((3, 8))
CURRENT = {"index": {"number_of_shards": "1", "number_of_replicas": "0", "provided_name": "i"}}
FAILED = "Failed to update index settings for index i"


def refusal(configurations: str, current: dict[str, Any] | None = CURRENT) -> Refusal | None:
    return refusal_of_update_settings("i", configurations, current, "U", ENVIRONMENT)


@pytest.mark.parametrize(
    "settings",
    [
        {"number_of_replicas": 1},
        {"index": {"number_of_replicas": 1, "number_of_shards": 1}},
        {"index.refresh_interval": "5s", "number_of_shards": "1"},
        {"index": {"search": {"default_pipeline": "p"}}},
    ],
)
def test_changes_that_an_index_takes(settings: dict[str, Any]) -> None:
    assert refusal(json.dumps({"settings": settings, "mappings": {"nonsense": 1}})) is None


@pytest.mark.parametrize(
    ("configurations", "message", "status"),
    [
        ("", f"{FAILED}, index configuration is not given", "BAD_REQUEST"),
        ("{}", f"{FAILED}, settings are not found in the index configuration", "BAD_REQUEST"),
        ('{"mappings": {}}', f"{FAILED}, settings are not found in the index configuration", "BAD_REQUEST"),
        ('{"settings": {}}', f"{FAILED}, no settings have been updated", "BAD_REQUEST"),
        ('{"settings": {"number_of_shards": 1}}', f"{FAILED}, no settings have been updated", "BAD_REQUEST"),
        (
            '{"settings": {"number_of_shards": 5}}',
            "Can't update non dynamic settings [[index.number_of_shards]] for open indices [[i/U]]",
            "BAD_REQUEST",
        ),
        (
            '{"settings": {"number_of_replicas": "x"}}',
            "Failed to parse value [x] for setting [index.number_of_replicas]",
            "BAD_REQUEST",
        ),
        ("xyz", "Failed to parse content to map", "BAD_REQUEST"),
        (
            '{"settings": {"number_of_replicas": null}}',
            "Failed to retrieve the index settings for index i",
            "INTERNAL_SERVER_ERROR",
        ),
    ],
)
def test_changes_that_an_index_does_not_take(configurations: str, message: str, status: str) -> None:
    found = refusal(configurations)
    assert found is not None
    assert (found.message, found.status, found.exception) == (message, status, "WorkflowStepException")


def test_an_index_that_is_not_there_cannot_be_updated() -> None:
    found = refusal('{"settings": {"number_of_replicas": 1}}', None)
    assert found is not None
    assert (found.message, found.status) == (
        "Failed to retrieve the index settings for index i",
        "INTERNAL_SERVER_ERROR",
    )
