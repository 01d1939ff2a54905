"""Laws of search that hold for any documents: of bool, of pages, of what a hit shows."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.opensearch.plugin_indices import STATE_INDEX
from mockflow.core.opensearch.search import SearchError, SourceFilter, Stored, plugin_source, search

Json = Any

WORDS = ("alpha", "beta", "gamma")
STATES = ("FAILED", "COMPLETED", "PROVISIONING")

sources = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(STATES),
        "error": st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join),
        "provision_start_time": st.integers(0, 5),
        "resources_created": st.lists(st.fixed_dictionaries({"resource_id": st.sampled_from(WORDS)}), max_size=3),
    },
)
stores = st.lists(sources, max_size=8).map(
    lambda many: tuple(Stored(str(number), source) for number, source in enumerate(many))
)
leaves = st.one_of(
    st.just({"match_all": {}}),
    st.just({"match_none": {}}),
    st.sampled_from(STATES).map(lambda state: {"term": {"state": state}}),
    st.lists(st.sampled_from(STATES), max_size=2).map(lambda states: {"terms": {"state": states}}),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(lambda some: {"match": {"error": " ".join(some)}}),
    st.integers(0, 5).map(lambda time: {"range": {"provision_start_time": {"gte": time}}}),
    st.sampled_from(["state", "error", "provision_start_time"]).map(lambda field: {"exists": {"field": field}}),
    st.sampled_from(WORDS).map(
        lambda word: {
            "nested": {"path": "resources_created", "query": {"term": {"resources_created.resource_id": word}}}
        }
    ),
)
queries = st.recursive(
    leaves,
    lambda inner: st.fixed_dictionaries(
        {}, optional={occur: st.lists(inner, max_size=2) for occur in ("must", "filter", "should", "must_not")}
    ).map(lambda clauses: {"bool": clauses}),
    max_leaves=6,
)
sorts = st.lists(
    st.tuples(
        st.sampled_from(["state", "provision_start_time", "_id", "_doc", "_score"]),
        st.fixed_dictionaries({"order": st.sampled_from(["asc", "desc"])}),
    ).map(lambda pair: dict([pair])),
    max_size=3,
)
ALL = {"size": 100}


def ids(documents: tuple[Stored, ...], query: Json) -> set[str]:
    return {hit["_id"] for hit in hits(documents, {"query": query})}


def hits(documents: tuple[Stored, ...], request: Json) -> list[Json]:
    found: list[Json] = search(STATE_INDEX, documents, ALL | request)["hits"]["hits"]
    return found


@given(stores, queries, queries)
def test_bool_is_the_algebra_of_sets(documents: tuple[Stored, ...], one: Json, other: Json) -> None:
    first, second, everything = ids(documents, one), ids(documents, other), {each.id for each in documents}
    assert ids(documents, {"bool": {"must": [one, other]}}) == first & second
    assert ids(documents, {"bool": {"filter": [one, other]}}) == first & second
    assert ids(documents, {"bool": {"should": [one, other]}}) == first | second
    assert ids(documents, {"bool": {"must_not": [one, other]}}) == everything - first - second
    assert ids(documents, {"bool": {"must": one, "should": other}}) == first
    assert ids(documents, {"bool": {"must_not": {"bool": {"must_not": one}}}}) == first
    assert ids(documents, {"bool": {"should": [one, other], "minimum_should_match": 2}}) == first & second


@given(stores, queries, sorts, st.integers(0, 9), st.integers(0, 9))
def test_a_page_is_a_slice_of_the_whole(
    documents: tuple[Stored, ...], query: Json, sort: Json, start: int, size: int
) -> None:
    request = {"query": query, "sort": sort}
    page = search(STATE_INDEX, documents, request | {"from": start, "size": size})["hits"]
    whole = hits(documents, request)
    assert page["hits"] == whole[start : start + size]
    assert page["total"] == {"value": len(whole), "relation": "eq"}


@given(stores, queries)
def test_the_best_come_first_and_equals_as_inserted(documents: tuple[Stored, ...], query: Json) -> None:
    ranks = [(-hit["_score"], int(hit["_id"])) for hit in hits(documents, {"query": query})]
    assert ranks == sorted(ranks)


@given(stores, sorts)
def test_sorting_changes_the_order_alone_and_descending_reverses_it(documents: tuple[Stored, ...], sort: Json) -> None:
    in_order = hits(documents, {"sort": sort})
    assert sorted(int(hit["_id"]) for hit in in_order) == list(range(len(documents)))
    total = [*sort, {"_id": {"order": "asc"}}]
    turned = [
        {
            name: {
                "order": "asc" if options["order"] == "desc" else "desc",
                **({} if name == "_score" or name == "_doc" else {"missing": "_first"}),
            }
        }
        for part in total
        for name, options in part.items()
    ]
    forth, back = ([hit["_id"] for hit in hits(documents, {"sort": each})] for each in (total, turned))
    assert back == forth[::-1]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
paths = st.lists(st.sampled_from(["a", "b", "a.b", "a.*", "*.c", "b.c.a", "user"]), max_size=3)


def leaves_of(value: Json, path: str = "") -> set[str]:
    """The paths of all values that are no objects or arrays."""
    if isinstance(value, dict):
        return {leaf for key, part in value.items() for leaf in leaves_of(part, f"{path}.{key}" if path else key)}
    if isinstance(value, list):
        return {leaf for part in value for leaf in leaves_of(part, path)}
    return {path}


@given(st.dictionaries(st.sampled_from("abc"), json_values), paths, paths)
def test_source_filtering_shows_a_part_and_includes_and_excludes_divide_it(
    source: Json, includes: list[str], excludes: list[str]
) -> None:
    def shown(**chosen: list[str]) -> set[str]:
        document = (Stored("1", source),)
        return leaves_of(search(STATE_INDEX, document, {"_source": chosen})["hits"]["hits"][0]["_source"])

    everything = leaves_of(source)
    assert shown(includes=includes, excludes=excludes) == shown(includes=includes) & shown(excludes=excludes)
    if includes:
        assert shown(includes=includes) == everything - shown(excludes=includes)


@given(st.dictionaries(st.sampled_from(["user", "ui_metadata", "a"]), json_values), st.none() | paths)
def test_the_plugin_never_shows_a_user(source: Json, includes: list[str] | None) -> None:
    asked = None if includes is None else SourceFilter(includes=tuple(includes))
    shown = plugin_source(asked).part_of()(source)
    assert "user" not in shown
    assert asked is None or "ui_metadata" not in shown


# Anything that is JSON, made of the words that the parsers know, so that it often gets far.
LANGUAGE = (
    "query match match_phrase term terms ids bool must should filter must_not minimum_should_match exists field range "
    "gte prefix wildcard nested path score_mode value values boost operator case_insensitive ignore_unmapped "
    "from size sort order missing unmapped_type _source includes track_total_hits "
    "_id state error provision_start_time resources_created resources_created.resource_id"
)
KEYS = LANGUAGE.split()
scalars = st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.sampled_from([*KEYS, "", "1", "and", "*a?"])
requests = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=15,
)
fields = st.sampled_from(["_id", "state", "error", "provision_start_time", "resources_created"])
shaped = st.one_of(
    requests,
    st.builds(lambda key, value: {key: value}, st.sampled_from(["query", "sort", "_source", "size"]), requests),
    st.builds(lambda name, body: {"query": {name: body}}, st.sampled_from(KEYS), requests),
    st.builds(
        lambda name, field, value: {"query": {name: {field: value}}},
        st.sampled_from(["match", "match_phrase", "term", "terms", "prefix", "wildcard", "range"]),
        fields,
        requests,
    ),
    st.builds(lambda field, options: {"sort": {field: options}}, fields | st.just("_score"), requests),
)


@given(stores, shaped)
def test_every_request_is_answered_or_refused_with_a_reason(documents: tuple[Stored, ...], request: Json) -> None:
    try:
        answer = search(STATE_INDEX, documents, request)
    except SearchError as error:
        told = error.error()
        assert told["type"]
        assert told["reason"]
        assert told["root_cause"][0]["reason"]
        json.dumps(told)
    else:
        json.dumps(answer)
