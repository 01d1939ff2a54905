import json
import time
from typing import Any

import pytest

from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.core.opensearch.indices.create_index import IndexEnvironment, refusal_of_create
from mockflow.core.plugin.use_cases import expand, use_cases

ENVIRONMENTS = (IndexEnvironment((2, 19)), IndexEnvironment((3, 8)))
MISREAD = "Failed to create the index i, _doc is not permitted in mapping"


def body(**parts: Any) -> str:
    return json.dumps(parts)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize(
    "configurations",
    [
        "",
        "{}",
        "{} xyz",
        " {}",
        body(settings={}, mappings={}, aliases={}),
        body(mappings={"properties": {"_doc": {"type": "text"}}}),
        body(settings={"index": {"number_of_shards": "2"}}, aliases={"A": {"is_write_index": True}}),
        body(mappings={"_doc": {"properties": {}}, "dynamic": True}).replace('"_doc"', '"_meta"'),
    ],
)
def test_bodies_that_make_an_index(configurations: str, environment: IndexEnvironment) -> None:
    assert refusal_of_create("i", configurations, environment) is None


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize(
    "configurations",
    [
        "xyz",
        "[]",
        "null",
        "${{ cfg }}",
        '{"foo": {}}',
        '{"settings": []}',
        '{"settings": {}, "settings": {}}',
        '{"settings": {"a": [{}]}}',
        body(mappings={"_doc": {"properties": {"a": {"type": "text"}}}}),
        body(mappings=[]),
        body(aliases={"a": "b"}),
        "[" * 5000,
    ],
)
def test_what_the_step_cannot_read_fails_with_one_text_and_leaves_an_index(
    configurations: str, environment: IndexEnvironment
) -> None:
    refusal = refusal_of_create("i", configurations, environment)
    assert refusal is not None
    assert (refusal.message, refusal.exception, refusal.status) == (MISREAD, "WorkflowStepException", "BAD_REQUEST")
    assert refusal.leaves_index


def test_no_index_is_left_where_the_name_is_bad_too() -> None:
    refusal = refusal_of_create("BAD", "xyz", ENVIRONMENTS[1])
    assert refusal is not None
    assert refusal.message == "Failed to create the index BAD, _doc is not permitted in mapping"
    assert not refusal.leaves_index


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize(
    ("name", "configurations", "message"),
    [
        ("BAD", "{}", "Invalid index name [BAD], must be lowercase"),
        ("", "{}", "Invalid index name [], must not be empty"),
        (
            "BAD",
            body(settings={"foo": "bar"}),
            "unknown setting [index.foo] please check that any required plugins are installed, or check the breaking "
            "changes documentation for removed settings",
        ),
        (
            "i",
            body(settings={"number_of_shards": 0}),
            "Failed to parse value [0] for setting [index.number_of_shards] must be >= 1",
        ),
        (
            "i",
            body(mappings={"properties": {"a": {"type": "nope"}}}),
            "Failed to parse mapping [_doc]: No handler for type [nope] declared on field [a]",
        ),
        ("i", body(settings={"analysis": {"filter": {"f": {"type": "x"}}}}), "Unknown filter type [x] for [f]"),
        (
            "i",
            body(aliases={"a": {"routing": "1,2"}}),
            "alias [a] has several index routing values associated with it",
        ),
        ("i", body(aliases={"old": {}}), "Invalid alias name [old], an index exists with the same name as the alias"),
        ("old", "{}", f"index [old/{opensearch_uuid('index', 'old')}] already exists"),
        ("other", "{}", "Invalid index name [other], already exists as alias"),
    ],
)
def test_what_opensearch_refuses_is_passed_on(
    name: str, configurations: str, message: str, environment: IndexEnvironment
) -> None:
    environment = IndexEnvironment(environment.minor, indexes=["old"], aliases=["other"])
    refusal = refusal_of_create(name, configurations, environment)
    assert refusal is not None
    assert (refusal.message, refusal.exception, refusal.status) == (message, "WorkflowStepException", "BAD_REQUEST")
    assert not refusal.leaves_index


@pytest.mark.parametrize(
    ("configurations", "message", "status"),
    [
        (
            body(settings={"number_of_shards": "x"}),
            "Failed to parse value [x] for setting [index.number_of_shards]",
            "BAD_REQUEST",
        ),
        (body(mappings={"x": {}}), "Failed to create the index i", "INTERNAL_SERVER_ERROR"),
        (body(settings={"foo": 1}), "Failed to create the index i", "INTERNAL_SERVER_ERROR"),
    ],
)
def test_some_releases_pass_on_few_reasons(configurations: str, message: str, status: str) -> None:
    refusal = refusal_of_create("i", configurations, IndexEnvironment((3, 1), passes_on_reasons=False))
    assert refusal is not None
    assert (refusal.message, refusal.status) == (message, status)


def _configurations(content: Any) -> list[str]:
    if isinstance(content, list):
        return [found for item in content for found in _configurations(item)]
    if not isinstance(content, dict):
        return []
    found = [found for value in content.values() for found in _configurations(value)]
    if content.get("type") == "create_index":
        given = content["user_inputs"]["configurations"]
        found.append(given if isinstance(given, str) else json.dumps(given))
    return found


@pytest.mark.parametrize("name", use_cases())
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_indexes_of_every_use_case_are_made(name: str, environment: IndexEnvironment) -> None:
    template = expand(name, dict.fromkeys(use_cases()[name]["required"], "given"))
    for configurations in _configurations(template):
        assert refusal_of_create("i", configurations, environment) is None


def test_a_check_takes_less_than_a_few_milliseconds() -> None:
    vectors = {f"v{number}": {"type": "knn_vector", "dimension": 768} for number in range(5)}
    texts = {f"t{number}": {"type": "text"} for number in range(20)}
    configurations = body(settings={"index.knn": True}, mappings={"properties": {**vectors, **texts}})
    refusal_of_create("i", configurations, ENVIRONMENTS[1])  # reads the tables
    begin = time.process_time()
    for _ in range(50):
        assert refusal_of_create("i", configurations, ENVIRONMENTS[1]) is None
    assert (time.process_time() - begin) / 50 < 0.02
