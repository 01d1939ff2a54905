"""The JSON Schema of the scenario language, as editors use it."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from mockflow.core.scenario.json_schema import json_schema

SCHEMA: Final = json_schema()
FAULT: Final = {"on": "any", "delay": "1s"}


@pytest.mark.parametrize(
    ("keys", "is_good"),
    [
        ({"workflow_id": "w"}, True),
        ({"match": "everything"}, True),
        ({"workflow_id": "w", "match": {"name": "x"}}, True),
        ({"faults": [FAULT]}, True),
        ({"faults": [FAULT], "provision": None}, True),
        ({}, False),
        ({"description": "x"}, False),
        ({"workflow_id": None}, False),
        ({"faults": []}, False),
        ({"faults": [FAULT], "provision": {"step_time": "1s"}}, False),
        ({"provision": {"timeline": [{"at": "0s"}]}}, False),
    ],
    ids=str,
)
def test_a_scenario_has_a_workflow_or_is_about_the_cluster(keys: dict[str, Any], is_good: bool) -> None:
    assert Draft202012Validator(SCHEMA).is_valid({"scenario": "s", **keys}) is is_good


def keywords(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield key
            inner = value.values() if key in ("properties", "$defs") else [value]
            for each in inner:
                yield from keywords(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from keywords(each)


def test_it_has_one_title_and_nothing_that_depends_on_the_release_of_pydantic() -> None:
    used = list(keywords(SCHEMA))
    assert used.count("title") == 1
    assert not {"default", "propertyNames", "format"} & set(used)
