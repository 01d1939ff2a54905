"""filter_path: what a client asks for is what is left, by OpenSearch's rules."""

import copy
import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mockflow.server.rest.filter_path import filter_paths

Json = Any

STATUS: Json = {
    "workflow_id": "8xL8bowB8y25Tqfenm50",
    "state": "COMPLETED",
    "resources_created": [
        {"workflow_step_name": "create_connector", "resource_id": "a1", "resource_type": "connector_id"},
        {"workflow_step_name": "register_remote_model", "resource_id": "b2", "resource_type": "model_id"},
    ],
}
NODES: Json = {
    "_nodes": {"total": 1},
    "nodes": {"n1": {"name": "one", "version": "3.0.0", "ip": "::1", "http": {"publish_address": "[::1]:9200"}}},
}
STATE: Json = {"metadata": {"uuid": "u", "stored_scripts": {"s": {"lang": "painless"}}}, "version": 2}
HITS: Json = {
    "took": 1,
    "hits": {"total": 2, "hits": [{"_id": "1", "_source": {"a": 1}}, {"_id": "2", "_source": {"b": [1, 2]}}]},
}
DOTS: Json = {"a.b": 1, "a": {"b": 2}, "a.b.c": {"d": 3}}
EMPTIES: Json = {"object": {}, "array": [], "full": {"object": {}, "a": 1}}


@pytest.mark.parametrize(
    ("value", "expression", "left"),
    [
        (STATUS, "state", {"state": "COMPLETED"}),
        (STATUS, "state,workflow_id", {"workflow_id": "8xL8bowB8y25Tqfenm50", "state": "COMPLETED"}),
        (STATUS, "wor*_id", {"workflow_id": "8xL8bowB8y25Tqfenm50"}),
        (STATUS, "resources_created", {"resources_created": STATUS["resources_created"]}),
        (
            STATUS,
            "resources_created.resource_id",
            {"resources_created": [{"resource_id": "a1"}, {"resource_id": "b2"}]},
        ),
        (STATUS, "**.resource_id", {"resources_created": [{"resource_id": "a1"}, {"resource_id": "b2"}]}),
        (STATUS, "*", STATUS),
        (STATUS, "**", STATUS),
        (
            NODES,
            "nodes.*.http.publish_address",
            {"nodes": {"n1": {"http": {"publish_address": "[::1]:9200"}}}},
        ),
        (
            NODES,
            "nodes.*.version,nodes.*.http.publish_address,nodes.*.ip",
            {"nodes": {"n1": {"version": "3.0.0", "ip": "::1", "http": {"publish_address": "[::1]:9200"}}}},
        ),
        (STATE, "**.stored_scripts", {"metadata": {"stored_scripts": {"s": {"lang": "painless"}}}}),
        (STATE, "metadata.**.lang", {"metadata": {"stored_scripts": {"s": {"lang": "painless"}}}}),
        (HITS, "hits.hits._id", {"hits": {"hits": [{"_id": "1"}, {"_id": "2"}]}}),
        (HITS, "hits.hits._source.b", {"hits": {"hits": [{"_source": {"b": [1, 2]}}]}}),
        (DOTS, "a.b", {"a": {"b": 2}}),
        (DOTS, r"a\.b", {"a.b": 1}),
        (DOTS, r"a\.b\.c.d", {"a.b.c": {"d": 3}}),
        (DOTS, r"a*", DOTS),
        ({"": {"": 1}, "a": 2}, ".", {"": {"": 1}}),
    ],
)
def test_includes(value: Json, expression: str, left: Json) -> None:
    assert filter_paths(value, expression) == left


@pytest.mark.parametrize(
    ("value", "expression", "left"),
    [
        (STATUS, "-resources_created", {"workflow_id": "8xL8bowB8y25Tqfenm50", "state": "COMPLETED"}),
        (STATUS, "-**.resource_*,-workflow_id,-**.workflow_step_name", {"state": "COMPLETED"}),
        (HITS, "-hits.hits._source", {"took": 1, "hits": {"total": 2, "hits": [{"_id": "1"}, {"_id": "2"}]}}),
        (
            HITS,
            "-hits.hits._source.a,-hits.hits._id,-took,-*.total",
            {"hits": {"hits": [{"_source": {"b": [1, 2]}}]}},
        ),
        (NODES, "-nodes.*.http.publish_address.deeper", NODES),
        (DOTS, r"-a\.b,-a", {"a.b.c": {"d": 3}}),
        (STATUS, "-nothing", STATUS),
        (STATUS, "-*", {}),
    ],
)
def test_excludes(value: Json, expression: str, left: Json) -> None:
    assert filter_paths(value, expression) == left


@pytest.mark.parametrize(
    ("value", "expression", "left"),
    [
        (HITS, "hits.hits._id,-hits.hits._source", {"hits": {"hits": [{"_id": "1"}, {"_id": "2"}]}}),
        (HITS, "hits,-hits.hits._source,-hits.total", {"hits": {"hits": [{"_id": "1"}, {"_id": "2"}]}}),
        (HITS, "-hits.hits,took,hits", {"took": 1, "hits": {"total": 2}}),
        (HITS, "took,-took", {}),
        (HITS, "hits.hits._id,-hits", {}),
    ],
)
def test_excludes_remove_from_what_includes_select(value: Json, expression: str, left: Json) -> None:
    assert filter_paths(value, expression) == left


@pytest.mark.parametrize(
    ("value", "expression", "left"),
    [
        ({"a": {"a": 1}}, "**.a", {"a": {"a": 1}}),
        ({"a": 1}, "**.a", {}),
        ({"a": {"b": 1}}, "a.**.b", {}),
        ({"a": {"x": {"b": 1}}}, "a.**.b", {"a": {"x": {"b": 1}}}),
        ({"a": 1, "b": {"c": 2}}, "a.**,b.**", {"b": {"c": 2}}),
        ({"a": 1, "b": {"a": 2, "c": 3}}, "-**.a", {"a": 1, "b": {"c": 3}}),
        ({"a": {"b": {"c": 1}}}, "**.**.**", {"a": {"b": {"c": 1}}}),
        ({"a": {"b": 1}}, "**.**.**", {}),
    ],
)
def test_two_stars_stand_for_one_level_or_more(value: Json, expression: str, left: Json) -> None:
    assert filter_paths(value, expression) == left


@pytest.mark.parametrize(
    ("value", "expression", "left"),
    [
        (EMPTIES, "object,array", {"object": {}, "array": []}),
        (EMPTIES, "object.*,array.*", {}),
        (EMPTIES, "full.*", {"full": {"object": {}, "a": 1}}),
        (EMPTIES, "full.object", {"full": {"object": {}}}),
        (EMPTIES, "-full", {"object": {}, "array": []}),
        (EMPTIES, "-object.a,-array.a", {"full": {"object": {}, "a": 1}}),
        (EMPTIES, "-full.a", {"object": {}, "array": [], "full": {"object": {}}}),
        (EMPTIES, "-full.*", {"object": {}, "array": []}),
        ({"a": [{"b": 1}, {"b": 1, "c": 2}, 3]}, "-a.b", {"a": [{"c": 2}, 3]}),
        ({"a": [{"b": 1}, {"c": 2}, 3, [[{"b": 4}]]]}, "a.b", {"a": [{"b": 1}, [[{"b": 4}]]]}),
    ],
)
def test_only_what_a_filter_looked_into_goes_when_empty(value: Json, expression: str, left: Json) -> None:
    assert filter_paths(value, expression) == left


@pytest.mark.parametrize(
    ("value", "expression", "left"),
    [
        (STATUS, "nothing", {}),
        (STATUS, "state.deeper", {}),
        ({}, "state", {}),
        ({}, "-state", {}),
        ([{"a": 1, "b": 2}, {"b": 3}], "a", [{"a": 1}]),
        ([{"a": 1, "b": 2}, {"b": 3}], "-b", [{"a": 1}]),
        ([{"a": 1}], "b", []),
        ([{"a": 1}], "a,-a", []),
        ([1, 2], "-b", [1, 2]),
    ],
)
def test_the_root_stays(value: Json, expression: str, left: Json) -> None:
    assert filter_paths(value, expression) == left


@pytest.mark.parametrize("expression", ["", " ", ",", " , ,", "\t"])
def test_blank_entries_are_nothing(expression: str) -> None:
    assert filter_paths(STATUS, expression) == STATUS
    assert filter_paths(STATUS, f"{expression}, state ,{expression}") == {"state": "COMPLETED"}


@pytest.mark.parametrize("expression", ["-", " - ", "-,", "-,-", "state,-", "- ,state"])
def test_an_exclusion_of_nothing_is_refused(expression: str) -> None:
    for _ in range(2):  # every time, not only the first
        with pytest.raises(ValueError, match=r"^filters cannot be null or empty$"):
            filter_paths(STATUS, expression)


def test_an_exclusion_of_nothing_beside_another_is_ignored() -> None:
    assert filter_paths({"a": 1, "b": 2}, "-,-a") == {"b": 2}


def test_the_order_of_keys_is_the_values() -> None:
    assert list(filter_paths({"c": 1, "a": 2, "b": 3}, "a,b,c")) == ["c", "a", "b"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "expression",
    [
        "**." * 1_000 + "end",
        "-" + "**." * 1_000 + "end",
        ",".join(["**." * 30 + "end"] * 40),
        "*a" * 1_500 + "b",
    ],
    ids=["many levels", "many excluded levels", "many paths", "many stars in a key"],
)
def test_no_expression_takes_long(expression: str) -> None:
    value: Json = {"a" * 2_000: 1}
    for _ in range(100):
        value = {"left": value, "right": [1], "end": 2}
    filter_paths(value, expression)


keys = st.text("ab*.", max_size=3)
scalars = st.none() | st.booleans() | st.integers() | keys
objects = st.dictionaries(
    keys,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)),
    max_size=4,
)
paths = st.lists(st.sampled_from(["a", "b", "ab", "a*", "*b", "*", "**", r"a\.b", ""]), min_size=1, max_size=4).map(
    ".".join
)
expressions = st.lists(st.sampled_from(["", "-"]).flatmap(lambda sign: paths.map(sign.__add__)), max_size=4).map(
    ",".join
)


@given(objects)
def test_two_stars_take_all(value: Json) -> None:
    assert filter_paths(value, "**") == value


@given(objects, expressions)
@settings(deadline=None)
def test_what_is_left_is_part_of_the_value_and_final(value: Json, expression: str) -> None:
    assume(not re.search(r"(^|,)-(,|$)", expression))
    before = copy.deepcopy(value)
    left = filter_paths(value, expression)
    assert value == before
    assert is_part(left, value)
    assert filter_paths(left, expression) == left


plain_keys = st.sampled_from(["a", "b", "ab", "aab", "ba"])
trees = st.recursive(
    st.integers(), lambda inner: st.dictionaries(plain_keys, inner, min_size=1, max_size=3), max_leaves=12
).filter(lambda tree: isinstance(tree, dict))
plain_paths = st.lists(st.sampled_from(["a", "b", "a*", "*b", "*a*b", "*", "**"]), min_size=1, max_size=4).map(".".join)


@given(trees, st.lists(plain_paths, min_size=1, max_size=3))
@settings(deadline=None)
def test_a_leaf_is_left_if_a_path_leads_to_it_or_above(tree: Json, paths: list[str]) -> None:
    named = re.compile("|".join(map(as_regex, paths)))
    taken = {keys: leaf for keys, leaf in leaves(tree).items() if named.match(keys)}
    assert leaves(filter_paths(tree, ",".join(paths))) == taken
    assert leaves(filter_paths(tree, ",".join(f"-{path}" for path in paths))) == {
        keys: leaf for keys, leaf in leaves(tree).items() if keys not in taken
    }


def as_regex(path: str) -> str:
    return "".join("(?:[^/]*/)+" if key == "**" else key.replace("*", "[^/]*") + "/" for key in path.split("."))


def leaves(value: Json, above: str = "") -> dict[str, Json]:
    if not isinstance(value, dict):
        return {above: value}
    return {keys: leaf for key, item in value.items() for keys, leaf in leaves(item, f"{above}{key}/").items()}


def is_part(part: Json, whole: Json) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        order = [key for key in whole if key in part]
        return order == list(part) and all(is_part(part[key], whole[key]) for key in part)
    if isinstance(part, list) and isinstance(whole, list):
        remaining = iter(whole)
        return all(any(is_part(item, candidate) for candidate in remaining) for item in part)
    return bool(part == whole)
