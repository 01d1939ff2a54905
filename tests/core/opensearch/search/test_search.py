"""Search: which documents a request finds, in which order, and what the answer says of them."""

from typing import Any

import pytest

from mockflow.core.opensearch.plugin_indices import STATE_INDEX, TEMPLATE_INDEX
from mockflow.core.opensearch.search import (
    Rules,
    SearchError,
    Stored,
    plugin_source,
    search,
)
from mockflow.core.opensearch.search.fields import Field

Json = Any

SEMANTIC: Json = {
    "name": "Semantic search: bge-small, v1.5",
    "description": "Register_model and the author's index",
    "use_case": "SEMANTIC_SEARCH",
    "version": {"template": "1.0.0", "compatibility": ["2.12.0", "3.0.0"]},
    "workflows": {
        "provision": {
            "nodes": [
                {"id": "a", "type": "create_connector", "user_inputs": {"credential": {"key": "1"}, "name": "c"}},
                {"id": "b", "type": "deploy_model", "user_inputs": {"credential": {"key": "2"}}},
            ]
        }
    },
    "ui_metadata": {"config": {"a": 1}},
    "user": {"name": "alice", "backend_roles": ["hr"]},
    "created_time": 1_767_225_600_000,
}
HYBRID: Json = {
    "name": "hybrid search",
    "use_case": "HYBRID_SEARCH",
    "version": {"template": "1.0.0", "compatibility": ["3.0.0"]},
    "created_time": 1_767_225_601_500,
}
AGENT: Json = {"name": "search search AGENT", "description": "", "use_case": "CUSTOM"}
TEMPLATES = (
    Stored("t1", SEMANTIC, version=3, seq_no=7, primary_term=2),
    Stored("t2", HYBRID, seq_no=1),
    Stored("t3", AGENT, seq_no=2),
)

CONNECTOR: Json = {
    "workflow_step_name": "create_connector",
    "workflow_step_id": "step_1",
    "resource_type": "connector_id",
    "resource_id": "c1",
}
MODEL: Json = {
    "workflow_step_name": "register_remote_model",
    "workflow_step_id": "step_2",
    "resource_type": "model_id",
    "resource_id": "m1",
}
STATES = (
    Stored("t1", {"workflow_id": "t1", "state": "COMPLETED", "resources_created": [CONNECTOR, MODEL]}),
    Stored("t2", {"workflow_id": "t2", "state": "FAILED", "error": "Failed to create", "resources_created": [MODEL]}),
    Stored("t3", {"workflow_id": "t3", "state": "NOT_STARTED"}),
)


def found(documents: tuple[Stored, ...], request: Json) -> list[str]:
    """The ids of the hits, in order."""
    index = STATE_INDEX if documents is STATES else TEMPLATE_INDEX
    return [hit["_id"] for hit in search(index, documents, request)["hits"]["hits"]]


def refused(request: Json, index: str = TEMPLATE_INDEX, documents: tuple[Stored, ...] = TEMPLATES) -> SearchError:
    with pytest.raises(SearchError) as caught:
        search(index, documents, request)
    return caught.value


def test_the_whole_answer() -> None:
    assert search(TEMPLATE_INDEX, TEMPLATES, {"query": {"ids": {"values": ["t1"]}}, "_source": "use_case"}) == {
        "took": 1,
        "timed_out": False,
        "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
        "hits": {
            "total": {"value": 1, "relation": "eq"},
            "max_score": 1.0,
            "hits": [
                {
                    "_index": ".plugins-flow-framework-templates",
                    "_id": "t1",
                    "_version": 3,
                    "_seq_no": 7,
                    "_primary_term": 2,
                    "_score": 1.0,
                    "_source": {"use_case": "SEMANTIC_SEARCH"},
                }
            ],
        },
    }


def test_the_order_of_the_answers_keys() -> None:
    answer = search(TEMPLATE_INDEX, TEMPLATES, {"sort": "use_case", "size": 1})
    assert list(answer) == ["took", "timed_out", "_shards", "hits"]
    assert list(answer["hits"]) == ["total", "max_score", "hits"]
    keys = ["_index", "_id", "_version", "_seq_no", "_primary_term", "_score", "_source", "sort"]
    assert list(answer["hits"]["hits"][0]) == keys


@pytest.mark.parametrize("request_body", [{}, {"query": {"match_all": {}}}, {"query": {"bool": {}}}])
def test_without_a_condition_everything_is_found_as_inserted(request_body: Json) -> None:
    answer = search(TEMPLATE_INDEX, TEMPLATES, request_body)["hits"]
    assert [(hit["_id"], hit["_score"]) for hit in answer["hits"]] == [("t1", 1.0), ("t2", 1.0), ("t3", 1.0)]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        # match: words of a text, in any case, one of them or all; whole strings of a keyword
        ({"match": {"name": "HYBRID"}}, ["t2"]),
        ({"match": {"name": "hybrid agent"}}, ["t2", "t3"]),
        ({"match": {"name": {"query": "hybrid search", "operator": "and"}}}, ["t2"]),
        ({"match": {"name": {"query": "hybrid search", "operator": "AND"}}}, ["t2"]),
        ({"match": {"name": {"query": "hybrid search agent", "minimum_should_match": 2}}}, ["t2", "t3"]),
        ({"match": {"name": {"query": "hybrid search agent", "minimum_should_match": "-1"}}}, ["t2", "t3"]),
        ({"match": {"name": "sema"}}, []),
        ({"match": {"name": "..."}}, []),
        ({"match": {"use_case": "HYBRID_SEARCH"}}, ["t2"]),
        ({"match": {"use_case": "hybrid_search"}}, []),
        ({"match": {"name.keyword": "hybrid search"}}, ["t2"]),
        ({"match": {"name.keyword": "hybrid"}}, []),
        ({"match": {"created_time": 1_767_225_600_000}}, ["t1"]),
        # the analyzer: hyphens part words, underscores, dots in numbers and apostrophes do not
        ({"match": {"name": "bge"}}, ["t1"]),
        ({"match": {"name": "v1.5"}}, ["t1"]),
        ({"match": {"name": "v1"}}, []),
        ({"match": {"description": "register_model"}}, ["t1"]),
        ({"match": {"description": "register"}}, []),
        ({"match": {"description": "AUTHOR'S"}}, ["t1"]),
        # match_phrase
        ({"match_phrase": {"name": "semantic search"}}, ["t1"]),
        ({"match_phrase": {"name": {"query": "search semantic"}}}, []),
        ({"match_phrase": {"name": "hybrid"}}, ["t2"]),
        # term: not analysed
        ({"term": {"name": "hybrid"}}, ["t2"]),
        ({"term": {"name": "Hybrid"}}, []),
        ({"term": {"name.keyword": "hybrid search"}}, ["t2"]),
        ({"term": {"use_case": {"value": "HYBRID_SEARCH", "boost": 2}}}, ["t2"]),
        ({"term": {"use_case": {"value": "hybrid_search", "case_insensitive": True}}}, ["t2"]),
        ({"term": {"use_case": {"value": "hybrid_search", "case_insensitive": False}}}, []),
        ({"term": {"created_time": "1767225600000"}}, ["t1"]),
        ({"term": {"created_time": "2026-01-01T00:00:01.500Z"}}, ["t2"]),
        ({"term": {"_id": "t3"}}, ["t3"]),
        ({"terms": {"use_case": ["CUSTOM", "HYBRID_SEARCH", "X"]}}, ["t2", "t3"]),
        ({"terms": {"_id": ["t3", "t1"], "boost": 1}}, ["t1", "t3"]),
        ({"terms": {"use_case": []}}, []),
        ({"ids": {"values": ["t2", "t1", "none"]}}, ["t1", "t2"]),
        ({"ids": {"values": "t2"}}, ["t2"]),
        ({"ids": {}}, []),
        # exists: an empty string does, an empty list would not
        ({"exists": {"field": "description"}}, ["t1", "t3"]),
        ({"exists": {"field": "created*"}}, ["t1", "t2"]),
        ({"prefix": {"use_case": "HYB"}}, ["t2"]),
        ({"prefix": {"use_case": {"value": "hyb", "case_insensitive": True}}}, ["t2"]),
        ({"prefix": {"name": "hyb"}}, ["t2"]),
        ({"prefix": {"name": "Hyb"}}, []),
        ({"wildcard": {"use_case": "*_SEARCH"}}, ["t1", "t2"]),
        ({"wildcard": {"use_case": {"value": "?USTO?"}}}, ["t3"]),
        ({"wildcard": {"use_case": {"wildcard": "custom", "case_insensitive": "true"}}}, ["t3"]),
        ({"wildcard": {"name.keyword": r"hybrid\*"}}, []),
        ({"wildcard": {"name.keyword": "Semantic*1.5"}}, ["t1"]),
        ({"wildcard": {"name.keyword": r"hy\brid?s*"}}, ["t2"]),
        ({"wildcard": {"name.keyword": "[h]ybrid*"}}, []),
        ({"range": {"created_time": {"gt": 1_767_225_600_000}}}, ["t2"]),
        ({"range": {"created_time": {"gte": "2026-01-01T00:00:00.000Z", "lt": 1_767_225_601_500}}}, ["t1"]),
        ({"range": {"created_time": {"lte": "2026-01-01T02:00:01.500+02:00"}}}, ["t1", "t2"]),
        ({"range": {"created_time": {"gte": "2026-01-01T00:00:01.0-0030"}}}, []),
        ({"range": {"created_time": {"gte": None}}}, ["t1", "t2"]),
        ({"range": {"use_case": {"gte": "D", "lt": "I"}}}, ["t2"]),
        # what is not mapped is found by nothing, as neither index maps by itself
        ({"term": {"workflows.provision.nodes.id": "a"}}, []),
        ({"match": {"nonsense": "x"}}, []),
        ({"exists": {"field": "ui_metadata"}}, []),
        ({"range": {"nonsense": {"gte": 1}}}, []),
        ({"prefix": {"ui_metadata.config": "x"}}, []),
        # nested fields are found by [nested] alone
        ({"term": {"user.name": "alice"}}, []),
        ({"nested": {"path": "user", "query": {"term": {"user.name": "alice"}}}}, ["t1"]),
        ({"nested": {"path": "version", "query": {"match": {"version.compatibility": "2.12.0"}}}}, ["t1"]),
        ({"nested": {"path": "nowhere", "query": {"match_all": {}}, "ignore_unmapped": True}}, []),
        # bool
        ({"bool": {"must": {"match": {"name": "search"}}, "must_not": [{"term": {"_id": "t3"}}]}}, ["t2", "t1"]),
        ({"bool": {"must_not": {"exists": {"field": "created_time"}}}}, ["t3"]),
        ({"bool": {"should": [{"term": {"_id": "t3"}}, {"term": {"_id": "t1"}}]}}, ["t1", "t3"]),
        ({"bool": {"filter": {"match_all": {}}, "should": [{"term": {"_id": "t3"}}]}}, ["t3", "t1", "t2"]),
        (
            {"bool": {"filter": [{"match_all": {}}], "should": {"term": {"_id": "t3"}}, "minimum_should_match": 1}},
            ["t3"],
        ),
        ({"bool": {"should": [{"match_all": {}}, {"term": {"_id": "t2"}}], "minimum_should_match": "2"}}, ["t2"]),
        (
            {"bool": {"should": [{"match_all": {}}, {"term": {"_id": "t2"}}], "minimum_should_match": -1}},
            ["t2", "t1", "t3"],
        ),
        ({"bool": {"must": {"match_all": {}}, "should": [], "minimum_should_match": 1}}, []),
        ({"bool": {"must": None, "filter": {"term": {"use_case": "CUSTOM"}}}}, ["t3"]),
        ({"match_none": {}}, []),
    ],
    ids=str,
)
def test_queries_over_templates(query: Json, ids: list[str]) -> None:
    assert found(TEMPLATES, {"query": query}) == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"term": {"state": "COMPLETED"}}, ["t1"]),
        ({"term": {"workflow_id": "t2"}}, ["t2"]),
        ({"match": {"error": "failed"}}, ["t2"]),
        ({"exists": {"field": "resources_created"}}, []),  # each of its fields is in documents of its own
        (
            {"nested": {"path": "resources_created", "query": {"exists": {"field": "resources_created.resource_id"}}}},
            ["t1", "t2"],
        ),
        ({"term": {"resources_created.resource_id": "c1"}}, []),
        ({"nested": {"path": "resources_created", "query": {"term": {"resources_created.resource_id": "c1"}}}}, ["t1"]),
        (
            {
                "nested": {
                    "path": "resources_created",
                    "query": {
                        "bool": {
                            "must": [
                                {"term": {"resources_created.resource_type": "connector_id"}},
                                {"term": {"resources_created.resource_id": "m1"}},
                            ]
                        }
                    },
                }
            },
            [],  # both hold for t1, but for no single resource
        ),
    ],
    ids=str,
)
def test_queries_over_states(query: Json, ids: list[str]) -> None:
    assert found(STATES, {"query": query}) == ids


def test_an_index_without_a_mapping_gets_the_one_opensearch_would_infer() -> None:
    models = (
        Stored("m1", {"name": "Bge Small", "size": 3, "ready": True, "config": {"kind": ["remote"]}}),
        Stored("m2", {"name": "Titan", "size": 10, "ready": False}),
    )

    def names(query: Json) -> list[str]:
        return [hit["_id"] for hit in search(".plugins-ml-model", models, {"query": query})["hits"]["hits"]]

    assert names({"match": {"name": "small"}}) == ["m1"]
    assert names({"term": {"name.keyword": "Titan"}}) == ["m2"]
    assert names({"range": {"size": {"gt": 3}}}) == ["m2"]
    assert names({"term": {"ready": "true"}}) == ["m1"]
    assert names({"term": {"config.kind": "remote"}}) == ["m1"]


@pytest.mark.parametrize(
    ("query", "scores"),
    [
        # ln(1 + (N - n + 0.5) / (n + 0.5)) * tf / (tf + 1.2 * (0.25 + 0.75 * length / average)), by hand
        ({"term": {"use_case": "CUSTOM"}}, [("t3", 1.0)]),
        ({"term": {"use_case": {"value": "CUSTOM", "boost": 2}}}, [("t3", 2.0)]),
        ({"constant_score": {"filter": {"match": {"name": "search"}}, "boost": 2}}, [("t1", 2), ("t2", 2), ("t3", 2)]),
        ({"constant_score": {"filter": {"term": {"use_case": "CUSTOM"}}}}, [("t3", 1.0)]),
        ({"match": {"name": "search"}}, [("t3", 0.0858723), ("t2", 0.0725714), ("t1", 0.0503892)]),
        ({"terms": {"use_case": ["CUSTOM"], "boost": 3}}, [("t3", 3.0)]),
        ({"prefix": {"use_case": "C"}}, [("t3", 1.0)]),
        ({"range": {"created_time": {"gt": 1_767_225_600_000, "boost": 0.5}}}, [("t2", 0.5)]),
        ({"bool": {"filter": {"term": {"use_case": "CUSTOM"}}}}, [("t3", 0.0)]),
        ({"bool": {"must_not": {"exists": {"field": "created_time"}}}}, [("t3", 0.0)]),
        ({"bool": {"must": [{"match_all": {}}, {"ids": {"values": "t3"}}], "boost": 2}}, [("t3", 4.0)]),
        ({"match_all": {"boost": 1.5}}, [("t1", 1.5), ("t2", 1.5), ("t3", 1.5)]),
    ],
    ids=str,
)
def test_scores(query: Json, scores: list[tuple[str, float]]) -> None:
    answer = search(TEMPLATE_INDEX, TEMPLATES, {"query": query})["hits"]
    assert [hit["_id"] for hit in answer["hits"]] == [name for name, _ in scores]
    assert [hit["_score"] for hit in answer["hits"]] == pytest.approx([score for _, score in scores], rel=1e-5)
    assert answer["max_score"] == answer["hits"][0]["_score"]


def test_before_3_0_terms_of_keywords_have_scores() -> None:
    query = {"term": {"use_case": {"value": "CUSTOM", "boost": 2}}}
    answer = search(TEMPLATE_INDEX, TEMPLATES, {"query": query}, Rules(scores_keywords=True))["hits"]
    assert [hit["_score"] for hit in answer["hits"]] == pytest.approx([0.8916630], rel=1e-5)


@pytest.mark.parametrize(("mode", "score"), [("avg", 1.5), ("sum", 3.0), ("max", 2.0), ("min", 1.0), ("none", 0.0)])
def test_a_nested_querys_score_modes(mode: str, score: float) -> None:
    inner = {
        "bool": {
            "must": {"match_all": {}},
            "should": {"terms": {"resources_created.resource_id": ["c1"]}},
        }
    }
    query = {"nested": {"path": "resources_created", "query": inner, "score_mode": mode}}
    assert search(STATE_INDEX, STATES[:1], {"query": query})["hits"]["max_score"] == score


@pytest.mark.parametrize(
    ("sort", "rows"),
    [
        ("use_case", [("t3", ["CUSTOM"]), ("t2", ["HYBRID_SEARCH"]), ("t1", ["SEMANTIC_SEARCH"])]),
        ([{"use_case": "desc"}], [("t1", ["SEMANTIC_SEARCH"]), ("t2", ["HYBRID_SEARCH"]), ("t3", ["CUSTOM"])]),
        (
            {"name.keyword": {"order": "asc"}},
            [(i, [name]) for i, name in (("t1", SEMANTIC["name"]), ("t2", HYBRID["name"]), ("t3", AGENT["name"]))],
        ),
        ("created_time", [("t1", [1767225600000]), ("t2", [1767225601500]), ("t3", [2**63 - 1])]),
        ({"created_time": "desc"}, [("t2", [1767225601500]), ("t1", [1767225600000]), ("t3", [-(2**63)])]),
        (
            {"created_time": {"missing": "_first"}},
            [("t3", [-(2**63)]), ("t1", [1767225600000]), ("t2", [1767225601500])],
        ),
        (
            {"created_time": {"missing": 1767225601000}},
            [("t1", [1767225600000]), ("t3", [1767225601000]), ("t2", [1767225601500])],
        ),
        ("_id", [("t1", ["t1"]), ("t2", ["t2"]), ("t3", ["t3"])]),
        ({"_doc": "desc"}, [("t3", [2]), ("t2", [1]), ("t1", [0])]),
        ({"nonsense": {"unmapped_type": "keyword"}}, [("t1", [None]), ("t2", [None]), ("t3", [None])]),
        ([{"nonsense": {"unmapped_type": "long"}}, {"_id": "desc"}], [(i, [2**63 - 1, i]) for i in ("t3", "t2", "t1")]),
    ],
    ids=str,
)
def test_sorting(sort: Json, rows: list[tuple[str, list[Any]]]) -> None:
    answer = search(TEMPLATE_INDEX, TEMPLATES, {"sort": sort})["hits"]
    assert [(hit["_id"], hit["sort"]) for hit in answer["hits"]] == rows
    assert answer["max_score"] is None
    assert {hit["_score"] for hit in answer["hits"]} == {None}


def test_missing_strings_go_last_either_way_and_first_if_asked() -> None:
    states = (Stored("a", {}), Stored("b", {"state": "B"}), Stored("c", {"state": "C"}))
    for options, ids in (
        ({"order": "asc"}, "bca"),
        ({"order": "desc"}, "cba"),
        ({"order": "asc", "missing": "_first"}, "abc"),
        ({"order": "desc", "missing": "_first"}, "acb"),
        ({"order": "asc", "missing": "BB"}, "bac"),
    ):
        hits = search(STATE_INDEX, states, {"sort": [{"state": options}]})["hits"]["hits"]
        assert "".join(hit["_id"] for hit in hits) == ids, options


def test_sorting_by_score_alone_is_the_order_without_a_sort() -> None:
    query = {"match": {"name": "search"}}
    plain = search(TEMPLATE_INDEX, TEMPLATES, {"query": query})
    for sort in ("_score", ["_score"], {"_score": "desc"}, [{"_score": {"order": "desc"}}]):
        assert search(TEMPLATE_INDEX, TEMPLATES, {"query": query, "sort": sort}) == plain


def test_sorting_by_score_and_more_shows_both() -> None:
    answer = search(TEMPLATE_INDEX, TEMPLATES, {"query": {"match": {"name": "search"}}, "sort": [{"_score": "asc"}]})
    assert [(hit["_id"], hit["_score"] == hit["sort"][0]) for hit in answer["hits"]["hits"]] == [
        ("t1", True),
        ("t2", True),
        ("t3", True),
    ]
    assert answer["hits"]["max_score"] is None


@pytest.mark.parametrize(
    ("request_body", "ids"),
    [
        ({"size": 2}, ["t1", "t2"]),
        ({"size": "2"}, ["t1", "t2"]),
        ({"from": 1, "size": 1}, ["t2"]),
        ({"from": 5}, []),
        ({"size": 0}, []),
        ({"from": 0, "size": 10_000}, ["t1", "t2", "t3"]),
    ],
    ids=str,
)
def test_paging(request_body: Json, ids: list[str]) -> None:
    answer = search(TEMPLATE_INDEX, TEMPLATES, request_body)["hits"]
    assert [hit["_id"] for hit in answer["hits"]] == ids
    assert answer["total"] == {"value": 3, "relation": "eq"}
    assert answer["max_score"] == (None if request_body.get("size") == 0 else 1.0)


def test_ten_hits_if_nothing_is_said_and_all_are_counted() -> None:
    many = tuple(Stored(str(number), {"state": "FAILED"}) for number in range(12))
    answer = search(STATE_INDEX, many, {})["hits"]
    assert (len(answer["hits"]), answer["total"]["value"]) == (10, 12)


@pytest.mark.parametrize(
    ("asked", "total"),
    [
        (True, {"value": 3, "relation": "eq"}),
        ("true", {"value": 3, "relation": "eq"}),
        (3, {"value": 3, "relation": "eq"}),
        (2, {"value": 2, "relation": "gte"}),
        (False, None),
        ("false", None),
        (-1, None),
    ],
)
def test_track_total_hits(asked: Json, total: Json) -> None:
    assert search(TEMPLATE_INDEX, TEMPLATES, {"track_total_hits": asked})["hits"].get("total") == total


def test_no_hits_have_no_max_score() -> None:
    answer = search(TEMPLATE_INDEX, (), {"query": {"match": {"name": "x"}}, "sort": ["use_case"]})["hits"]
    assert answer == {"total": {"value": 0, "relation": "eq"}, "max_score": None, "hits": []}


@pytest.mark.parametrize(
    "quiet",
    [{"version": True}, {"seq_no_primary_term": False}, {"timeout": "1s"}, {"explain": False}, {"profile": "false"}],
    ids=str,
)
def test_keys_that_change_nothing(quiet: Json) -> None:
    assert search(TEMPLATE_INDEX, TEMPLATES, quiet) == search(TEMPLATE_INDEX, TEMPLATES, {})


SOURCE: Json = {"a": {"b": 1, "c": {"d": 2}}, "list": [{"x": 1, "y": 2}, {"y": 3}, 4], "empty": {}, "name": "n"}


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (True, SOURCE),
        (False, None),
        ("name", {"name": "n"}),
        (["name", "a.b"], {"a": {"b": 1}, "name": "n"}),
        ("a", {"a": SOURCE["a"]}),
        ("a.*", {"a": SOURCE["a"]}),
        ("*.d", {"a": {"c": {"d": 2}}}),
        ("list.x", {"list": [{"x": 1}]}),
        ("empty", {"empty": {}}),
        ("nothing", {}),
        ([], SOURCE),
        ({}, SOURCE),
        ({"includes": "a", "excludes": "a.c"}, {"a": {"b": 1}}),
        ({"include": ["a", "name"], "exclude": ["a"]}, {"name": "n"}),
        ({"excludes": ["list.y", "empty", "a"]}, {"list": [{"x": 1}, 4], "name": "n"}),
        ({"excludes": "*"}, {}),
    ],
    ids=str,
)
def test_source_filtering(asked: Json, shown: Json) -> None:
    hit = search(TEMPLATE_INDEX, (Stored("1", SOURCE),), {"_source": asked})["hits"]["hits"][0]
    assert hit.get("_source") == shown


def test_no_pattern_takes_for_ever() -> None:
    """One that looked back would try for years."""
    many = "*a" * 40 + "b"
    stored = (Stored("1", {"name": "a" * 200, "a" * 200: 1}),)
    for body in ({"query": {"wildcard": {"name.keyword": many}}}, {"_source": many}, {"_source": {"excludes": many}}):
        hits = search(TEMPLATE_INDEX, stored, body)["hits"]["hits"]
        assert [hit["_source"] for hit in hits] in ([], [{}], [stored[0].source])


@pytest.mark.parametrize(
    ("request_body", "keys"),
    [
        ({}, {"name", "description", "use_case", "version", "workflows", "ui_metadata", "created_time"}),
        ({"_source": False}, {"name", "description", "use_case", "version", "workflows", "created_time"}),
        ({"_source": ["user", "use_case", "ui_metadata"]}, {"use_case"}),
    ],
    ids=lambda value: str(sorted(value)),  # the same in every process
)
def test_the_plugins_own_source_filter(request_body: Json, keys: set[str]) -> None:
    """Users are hidden; any `_source` of the client's hides ui_metadata; false is taken back."""
    answer = search(TEMPLATE_INDEX, TEMPLATES[:1], request_body, Rules(plugin_source))
    assert set(answer["hits"]["hits"][0]["_source"]) == keys


def test_the_plugin_shows_no_credentials_however_one_asks() -> None:
    nodes = [
        {"id": "a", "type": "create_connector", "user_inputs": {"name": "c"}},
        {"id": "b", "type": "deploy_model", "user_inputs": {}},
    ]
    for asked in ({}, {"_source": True}, {"_source": "workflows"}):
        source = search(TEMPLATE_INDEX, TEMPLATES[:1], asked, Rules(plugin_source))["hits"]["hits"][0]["_source"]
        assert source["workflows"]["provision"]["nodes"] == nodes
    nested = search(TEMPLATE_INDEX, TEMPLATES[:1], {"_source": "*.credential.*"}, Rules(plugin_source))
    assert nested["hits"]["hits"][0]["_source"] == {}


def test_documents_are_not_changed() -> None:
    before = repr(TEMPLATES)
    search(TEMPLATE_INDEX, TEMPLATES, {"_source": "workflows"}, Rules(plugin_source))
    assert repr(TEMPLATES) == before


@pytest.mark.parametrize(
    ("request_body", "kind", "reason"),
    [
        # the request
        ([], "parsing_exception", "Expected [START_OBJECT] but found [START_ARRAY]"),
        ({"foo": {}}, "parsing_exception", "Unknown key for a START_OBJECT in [foo]."),
        ({"foo": []}, "parsing_exception", "Unknown key for a START_ARRAY in [foo]."),
        ({"foo": "x"}, "parsing_exception", "Unknown key for a VALUE_STRING in [foo]."),
        ({"size": {}}, "parsing_exception", "Unknown key for a START_OBJECT in [size]."),
        ({"query": "x"}, "parsing_exception", "Unknown key for a VALUE_STRING in [query]."),
        ({"query": None}, "parsing_exception", "Unknown key for a VALUE_NULL in [query]."),
        ({"from": -1}, "illegal_argument_exception", "[from] parameter cannot be negative, found [-1]"),
        ({"size": -2}, "illegal_argument_exception", "[size] parameter cannot be negative, found [-2]"),
        ({"size": "abc"}, "number_format_exception", 'For input string: "abc"'),
        (
            {"size": True},
            "json_parse_exception",
            "Current token (VALUE_TRUE) not numeric, can not use numeric value accessors",
        ),
        (
            {"track_total_hits": -2},
            "illegal_argument_exception",
            "[track_total_hits] parameter must be positive or equals to -1, got -2",
        ),
        (
            {"_source": 1},
            "parsing_exception",
            "Expected one of [VALUE_BOOLEAN, VALUE_STRING, START_ARRAY, START_OBJECT] but found [VALUE_NUMBER]",
        ),
        ({"_source": {"foo": []}}, "parsing_exception", "Unknown key for a START_ARRAY in [foo]."),
        ({"_source": ["a", 1]}, "parsing_exception", "Unknown key for a VALUE_NUMBER in [includes]."),
        # queries
        ({"query": {}}, "illegal_argument_exception", "query malformed, empty clause found"),
        ({"query": {"match": "x"}}, "parsing_exception", "[match] query malformed, no start_object after query name"),
        ({"query": {"term": []}}, "parsing_exception", "[term] query malformed, no start_object after query name"),
        ({"query": {"foo": {}}}, "parsing_exception", "unknown query [foo]"),
        ({"query": {"mtch": {}}}, "parsing_exception", "unknown query [mtch] did you mean [match]?"),
        (
            {"query": {"match_al": {}}},
            "parsing_exception",
            "unknown query [match_al] did you mean any of [match_all, match, match_none, match_phrase]?",
        ),
        (
            {"query": {"match_all": {}, "match_none": {}}},
            "parsing_exception",
            "[match_all] malformed query, expected [END_OBJECT] but found [FIELD_NAME]",
        ),
        (
            {"query": {"match": {"a": "1", "b": "2"}}},
            "parsing_exception",
            "[match] query doesn't support multiple fields, found [a] and [b]",
        ),
        (
            {"query": {"range": {"a": {}, "b": {}}}},
            "parsing_exception",
            "[range] query doesn't support multiple fields, found [a] and [b]",
        ),
        ({"query": {"match": {}}}, "parsing_exception", "No text specified for text query"),
        ({"query": {"match": {"a": None}}}, "parsing_exception", "No text specified for text query"),
        ({"query": {"match": {"a": {"qery": 1}}}}, "parsing_exception", "[match] query does not support [qery]"),
        ({"query": {"match": {"a": ["x"]}}}, "parsing_exception", "[match] unknown token [START_ARRAY] after [a]"),
        (
            {"query": {"match": {"name": {"query": "x", "operator": "xor"}}}},
            "illegal_argument_exception",
            "No enum constant org.opensearch.index.query.Operator.XOR",
        ),
        ({"query": {"match_phrase": {}}}, "illegal_argument_exception", "[match_phrase] requires fieldName"),
        ({"query": {"match_phrase": {"a": None}}}, "illegal_argument_exception", "[match_phrase] requires query value"),
        ({"query": {"term": {}}}, "illegal_argument_exception", "field name is null or empty"),
        ({"query": {"term": {"a": {}}}}, "illegal_argument_exception", "value cannot be null"),
        ({"query": {"term": {"a": [1]}}}, "parsing_exception", "[term] query does not support array of values"),
        ({"query": {"term": {"a": {"vlue": 1}}}}, "parsing_exception", "[term] query does not support [vlue]"),
        ({"query": {"prefix": {"a": None}}}, "illegal_argument_exception", "value cannot be null"),
        ({"query": {"range": {"a": 1}}}, "parsing_exception", "[range] query does not support [a]"),
        ({"query": {"range": {"a": {"over": 1}}}}, "parsing_exception", "[range] query does not support [over]"),
        (
            {"query": {"terms": {}}},
            "parsing_exception",
            "[terms] query requires a field name, followed by array of terms or a document lookup specification",
        ),
        ({"query": {"terms": {"a": "x"}}}, "parsing_exception", "[terms] query does not support [a]"),
        (
            {"query": {"terms": {"a": [], "b": []}}},
            "parsing_exception",
            "[terms] query does not support multiple fields",
        ),
        ({"query": {"terms": {"a": [None]}}}, "parsing_exception", "No value specified for terms query"),
        ({"query": {"ids": {"value": []}}}, "parsing_exception", "[ids] query does not support [value]"),
        ({"query": {"exists": {}}}, "parsing_exception", "[exists] must be provided with a [field]"),
        ({"query": {"exists": {"fild": "a"}}}, "parsing_exception", "[exists] query does not support [fild]"),
        (
            {"query": {"exists": {"field": []}}},
            "parsing_exception",
            "[exists] unknown token [START_ARRAY] after [field]",
        ),
        ({"query": {"nested": {"query": {}}}}, "illegal_argument_exception", "[nested] requires 'path' field"),
        (
            {"query": {"bool": {"musst": []}}},
            "x_content_parse_exception",
            "[bool] unknown field [musst] did you mean [must]?",
        ),
        (
            {"query": {"bool": {"must": "x"}}},
            "x_content_parse_exception",
            "[bool] must doesn't support values of type: VALUE_STRING",
        ),
        (
            {"query": {"match_all": {"boost": -1}}},
            "illegal_argument_exception",
            "negative [boost] are not allowed in [-1.0], use a value between 0 and 1 to deboost",
        ),
        ({"query": {"match_all": {"boost": "x"}}}, "number_format_exception", 'For input string: "x"'),
        # sort
        (
            {"sort": [1]},
            "illegal_argument_exception",
            "malformed sort format, within the sort array, an object, or an actual string are allowed",
        ),
        (
            {"sort": 1},
            "illegal_argument_exception",
            "malformed sort format, either start with array, object, or an actual string",
        ),
        (
            {"sort": {"use_case": 1}},
            "x_content_parse_exception",
            "[field_sort] Expected START_OBJECT but was: VALUE_NUMBER",
        ),
        ({"sort": {"use_case": {"ordr": 1}}}, "x_content_parse_exception", "[field_sort] unknown field [ordr]"),
        (
            {"sort": {"use_case": "down"}},
            "illegal_argument_exception",
            "No enum constant org.opensearch.search.sort.SortOrder.DOWN",
        ),
    ],
    ids=str,
)
def test_malformed_requests_get_opensearchs_own_words(request_body: Json, kind: str, reason: str) -> None:
    error = refused(request_body)
    assert (error.status, error.kind, error.reason) == (400, kind, reason)


DATE = "failed to parse date field [soon] with format [strict_date_time||epoch_millis]"


@pytest.mark.parametrize(
    ("request_body", "kind", "reason"),
    [
        (
            {"size": 10_001},
            "illegal_argument_exception",
            "Result window is too large, from + size must be less than or equal to: [10000] but was [10001]. See the "
            "scroll api for a more efficient way to request large data sets. This limit can be set by changing the "
            "[index.max_result_window] index level setting.",
        ),
        ({"sort": "nonsense"}, "query_shard_exception", "No mapping found for [nonsense] in order to sort on"),
        ({"sort": "user.name"}, "query_shard_exception", "No mapping found for [user.name] in order to sort on"),
        (
            {"sort": "name"},
            "illegal_argument_exception",
            "Text fields are not optimised for operations that require per-document field data like aggregations and "
            "sorting, so these operations are disabled by default. Please use a keyword field instead. Alternatively, "
            "set fielddata=true on [name] in order to load field data by uninverting the inverted index. Note that "
            "this can use significant memory.",
        ),
        ({"query": {"range": {"created_time": {"gt": "soon"}}}}, "parse_exception", f"{DATE}: [{DATE}]"),
        (
            {"query": {"bool": {"must": {"term": {"created_time": "soon"}}}}},
            "query_shard_exception",
            f"failed to create query: {DATE}: [{DATE}]",
        ),
        (
            {"query": {"wildcard": {"created_time": "1*"}}},
            "query_shard_exception",
            "Can only use wildcard queries on keyword and text fields - not on [created_time] which is of type [date]",
        ),
        (
            {"query": {"prefix": {"_id": "t"}}},
            "query_shard_exception",
            "Can only use prefix queries on keyword and text fields - not on [_id] which is of type [_id]",
        ),
        (
            {"query": {"range": {"_id": {"gt": "t"}}}},
            "query_shard_exception",
            "failed to create query: Field [_id] of type [_id] does not support range queries",
        ),
        (
            {"query": {"nested": {"path": "name", "query": {"match_all": {}}}}},
            "query_shard_exception",
            "failed to create query: [nested] failed to find nested object under path [name]",
        ),
    ],
    ids=str,
)
def test_what_only_the_shard_can_refuse(request_body: Json, kind: str, reason: str) -> None:
    """As a failure of the index's only shard, even while the index is empty."""
    for documents in (TEMPLATES, ()):
        error = refused(request_body, documents=documents).error()
        root = error["root_cause"][0]
        assert (error["type"], error["reason"]) == ("search_phase_execution_exception", "all shards failed")
        assert (root["type"], root["reason"]) == (kind, reason)
        assert error["failed_shards"][0]["reason"] == root
        assert root.get("index") == (TEMPLATE_INDEX if kind == "query_shard_exception" else None)
        assert ("caused_by" in error) is (kind != "query_shard_exception")


def test_an_error_inside_bool_is_wrapped_and_remains_the_root_cause() -> None:
    assert refused({"query": {"bool": {"must": [{"bool": {"filter": {"foo": {}}}}]}}}).error() == {
        "root_cause": [{"type": "parsing_exception", "reason": "unknown query [foo]"}],
        "type": "x_content_parse_exception",
        "reason": "[bool] failed to parse field [must]",
        "caused_by": {
            "type": "x_content_parse_exception",
            "reason": "[bool] failed to parse field [filter]",
            "caused_by": {
                "type": "parsing_exception",
                "reason": "unknown query [foo]",
                "caused_by": {"type": "named_object_not_found_exception", "reason": "unknown field [foo]"},
            },
        },
    }


def test_an_illegal_argument_inside_bool_is_no_root_cause() -> None:
    error = refused({"query": {"bool": {"filter": {"bool": {"must": {"term": {}}}}}}}).error()
    inner = {"type": "x_content_parse_exception", "reason": "[bool] failed to parse field [must]"}
    assert error["root_cause"] == [inner]
    assert error["caused_by"]["caused_by"]["reason"] == "field name is null or empty"


@pytest.mark.parametrize(
    ("request_body", "what"),
    [
        ({"aggs": {}}, "[aggs] in a search"),
        ({"highlight": {}}, "[highlight] in a search"),
        ({"explain": True}, "[explain] in a search"),
        ({"min_score": 1}, "[min_score] in a search"),
        ({"query": {"query_string": {"query": "x"}}}, "the query [query_string]"),
        ({"query": {"knn": {}}}, "the query [knn]"),
        ({"query": {"bool": {"must": [{"fuzzy": {}}]}}}, "the query [fuzzy]"),
        ({"query": {"match": {"name": {"query": "x", "fuzziness": 1}}}}, "[fuzziness] in the query [match]"),
        ({"query": {"terms": {"a": {"index": "i"}}}}, "a lookup in [terms] for [a]"),
        (
            {"query": {"bool": {"should": {"match_all": {}}, "minimum_should_match": "75%"}}},
            "[minimum_should_match] of [75%]",
        ),
        ({"query": {"range": {"created_time": {"gte": "now-1d"}}}}, "date math such as [now-1d]"),
        ({"query": {"range": {"created_time": {"gte": 1, "format": "x"}}}}, "[format] in the query [range]"),
        ({"query": {"nested": {"path": "user", "inner_hits": {}}}}, "[inner_hits] in the query [nested]"),
        ({"sort": {"_script": {}}}, "[_script] in [sort]"),
        ({"sort": {"use_case": {"mode": "max"}}}, "[mode] in [sort]"),
    ],
    ids=str,
)
def test_what_mockflow_cannot_do_it_says(request_body: Json, what: str) -> None:
    """Never an empty answer: a 400 that names mockflow, and what it can."""
    error = refused(request_body)
    assert (error.status, error.kind) == (400, "illegal_argument_exception")
    assert error.reason.startswith(f"mockflow does not support {what}; it supports ")


def test_the_time_of_a_search_does_not_grow_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each document is looked at once for all words; the scores are those of word by word."""
    words = [f"w{number}" for number in range(500)]
    stored = [Stored(str(n), {"name": f"w{n} w{n + 1} w{n}", "use_case": f"w{n}"}) for n in range(50)]
    terms, looks = Field.terms, [0]

    def counted(field: Field, document: Stored) -> Any:
        looks[0] += 1
        return terms(field, document)

    def found(query: Json) -> Any:
        looks[0] = 0
        return search(TEMPLATE_INDEX, stored, {"query": query, "size": 100})["hits"]

    monkeypatch.setattr(Field, "terms", counted)
    for query in (
        {"match": {"name": " ".join([*words, *words[:100]])}},
        {"match": {"name": {"query": " ".join(words), "minimum_should_match": 2}}},
        {"bool": {"should": [{"term": {"name": word}} for word in words]}},
        {"bool": {"should": [{"match": {"name": f"{word} w3"}} for word in words]}},
        {"bool": {"should": [{"term": {"use_case": word}} for word in words], "must": [{"match_all": {}}]}},
    ):
        with monkeypatch.context() as patched:
            patched.setattr("mockflow.core.opensearch.search.scoring._FEW", 10_000)
            expected = found(query)
            before = looks[0]
        assert expected["hits"]
        assert found(query) == expected
        assert looks[0] < before / 4
