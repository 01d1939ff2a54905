"""Whatever a body says, the check ends with a refusal or with none."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.opensearch.indices.create_index import IndexEnvironment, refusal_of_create
from mockflow.core.opensearch.indices.update_index import refusal_of_update_settings
from mockflow.core.opensearch.mappings.mapping_types import field_types
from mockflow.core.opensearch.settings.index_settings import index_settings_table

MINOR = (3, 8)
SETTINGS = sorted(index_settings_table(MINOR).by_key)
TYPES = field_types(MINOR)
PARAMETERS = sorted({name for kind in TYPES.values() for name in kind.parameters} | {"fields", "properties", "type"})
ENVIRONMENT = IndexEnvironment(MINOR, indexes=["i"], aliases=["a"])

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PARAMETERS), inner, max_size=3),
    max_leaves=6,
)
fields = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(TYPES))}, optional={name: values for name in PARAMETERS if name != "type"}
)
analysis = st.dictionaries(
    st.sampled_from(["analyzer", "tokenizer", "filter", "char_filter", "normalizer"]),
    st.dictionaries(st.text(max_size=2), st.dictionaries(st.sampled_from(["type", "tokenizer", "filter"]), values)),
)
settings = st.dictionaries(st.sampled_from(SETTINGS), values, max_size=4)
root = st.dictionaries(
    st.sampled_from(["dynamic", "dynamic_templates", "_source", "_meta", "_id", "date_detection", "derived", "x"]),
    values,
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "settings": settings | st.builds(lambda parts: {"analysis": parts}, analysis) | values,
        "mappings": st.builds(
            lambda rest, named: {**rest, "properties": named},
            root,
            st.dictionaries(st.text(max_size=4), fields | values, max_size=3),
        )
        | values,
        "aliases": st.dictionaries(st.text(max_size=3), st.dictionaries(st.just("routing"), scalars) | scalars),
    },
)


@given(st.sampled_from(["b", "i", "a", "B"]), bodies)
def test_creating_ends_with_a_refusal_or_with_none(name: str, body: Any) -> None:
    refusal_of_create(name, json.dumps(body), ENVIRONMENT)


@given(settings | values)
def test_updating_ends_with_a_refusal_or_with_none(given_settings: Any) -> None:
    configurations = json.dumps({"settings": given_settings})
    for current in ({"index": {"number_of_shards": "1"}}, None):
        refusal_of_update_settings("i", configurations, current, "U", ENVIRONMENT)
