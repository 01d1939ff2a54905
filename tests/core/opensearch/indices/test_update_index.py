import json
from typing import Any

import pytest

from mockflow.core.opensearch.indices.create_index import IndexEnvironment
from mockflow.core.opensearch.indices.update_index import refusal_of_reindex, refusal_of_update_settings
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


INPUTS = {"source_index": "a", "destination_index": "b", "requests_per_second": "-1"}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"requests_per_second": "100"},
        {"requests_per_second": 0.5},
        {"refresh": "true", "slices": 2, "max_docs": "10"},
        {"source_index": "a,c"},
    ],
)
def test_reindexing_that_works(more: dict[str, Any]) -> None:
    assert refusal_of_reindex({**INPUTS, **more}, ["a", "c"]) is None


@pytest.mark.parametrize(
    ("more", "message", "status"),
    [
        ({"requests_per_second": "x"}, 'Failed to reindex For input string: "x"', "BAD_REQUEST"),
        (
            {"requests_per_second": "0"},
            "Failed to reindex [requests_per_second] must be greater than 0. Use -1 to disable throttling.",
            "BAD_REQUEST",
        ),
        (
            {"refresh": "yes"},
            "Failed to reindex Failed to parse value [yes] as only [true] or [false] are allowed.",
            "BAD_REQUEST",
        ),
        ({"slices": "auto"}, 'Failed to reindex For input string: "auto"', "BAD_REQUEST"),
        (
            {"max_docs": "-1"},
            "Failed to reindex [max_docs] parameter cannot be negative, found [-1]",
            "BAD_REQUEST",
        ),
        ({"source_index": "gone"}, "Failed to reindex from source gone to b", "NOT_FOUND"),
        ({"destination_index": "a"}, "Failed to reindex from source a to a", "BAD_REQUEST"),
        ({"require_alias": "true"}, "Failed to reindex from source a to b", "NOT_FOUND"),
    ],
)
def test_reindexing_that_fails(more: dict[str, Any], message: str, status: str) -> None:
    found = refusal_of_reindex({**INPUTS, **more}, ["a"])
    assert found is not None
    assert (found.message, found.status, found.exception) == (message, status, "WorkflowStepException")


def test_reindexing_without_a_rate_is_a_null_pointer() -> None:
    found = refusal_of_reindex({"source_index": "a", "destination_index": "b"}, ["a"])
    assert found is not None
    assert (found.exception, found.status) == ("NullPointerException", "INTERNAL_SERVER_ERROR")
    assert found.message == 'Cannot invoke "java.lang.Float.floatValue()" because "<local14>" is null'
