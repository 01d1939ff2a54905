from typing import Any

import pytest

from mockflow.core.opensearch.mappings.analysis import check_analysis
from mockflow.core.opensearch.mappings.check_mapping import check_mapping
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.settings.index_settings import normalized

NEWEST = (3, 8)
OLD = (2, 19)
KNN = {"index.knn": True}


def check(mapping: dict[str, Any], settings: dict[str, Any] | None = None, minor: tuple[int, int] = NEWEST) -> None:
    known = normalized(settings or {})
    check_mapping(mapping, known, check_analysis(known, None), minor)


def refused(mapping: dict[str, Any], settings: dict[str, Any] | None = None, minor: tuple[int, int] = NEWEST) -> str:
    with pytest.raises(RefusedError) as caught:
        check(mapping, settings, minor)
    return caught.value.refusal.message.removeprefix("Failed to parse mapping [_doc]: ")


def fields(**of: Any) -> dict[str, Any]:
    return {"properties": of}


def vector(**parameters: Any) -> dict[str, Any]:
    return fields(v={"type": "knn_vector", **parameters})


@pytest.mark.parametrize("minor", [OLD, NEWEST])
@pytest.mark.parametrize(
    "mapping",
    [
        {},
        {"properties": {}},
        {"properties": []},
        {"dynamic": "strict", "date_detection": False, "numeric_detection": "true", "_meta": {"a": 1}},
        {"dynamic": False, "_source": {"enabled": True, "excludes": ["a.*"]}, "_routing": {"required": True}},
        fields(a={"type": "text", "fields": {"raw": {"type": "keyword", "ignore_above": 256}}, "copy_to": ["b"]}),
        fields(a={"properties": {"b": {"type": "integer"}}}, c={"enabled": False}),
        fields(a={"type": "nested", "include_in_parent": True, "properties": {"b": {"type": "date"}}}),
        fields(a={"type": "object", "dynamic": "true", "enabled": "false"}),
        fields(a={"type": "text", "analyzer": "english", "search_analyzer": "standard", "similarity": "boolean"}),
        fields(a={"type": "text", "index_options": "offsets", "term_vector": "with_positions_offsets"}),
        fields(a={"type": "keyword", "null_value": None, "normalizer": "lowercase", "index_options": "freqs"}),
        fields(a={"type": "date", "format": "strict_date_optional_time||epoch_millis"}),
        fields(a={"type": "long", "coerce": True}, b={"type": "scaled_float", "scaling_factor": 100}),
        fields(a={"type": "geo_point"}, b={"type": "geo_shape", "orientation": "ccw"}, c={"type": "ip"}),
        fields(a={"type": "rank_features"}, b={"type": "rank_feature", "positive_score_impact": False}),
        fields(a={"type": "keyword"}, b={"type": "alias", "path": "a"}),
        fields(a={"type": "join", "relations": {"q": "a"}}, b={"type": "percolator"}, c={"type": "completion"}),
        fields(**{"a.b.c": {"type": "keyword"}, "a.b.d": {"type": "flat_object"}}),
        fields(a={"type": "boolean", "meta": {"unit": "x"}}, b={"type": "binary", "doc_values": True}),
        fields(a={"type": "integer", "boost": "x", "index_options": 5}),
        {"dynamic_templates": [{"s": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}]},
    ],
)
def test_mappings_that_an_index_may_have(mapping: dict[str, Any], minor: tuple[int, int]) -> None:
    check(mapping, {}, minor)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (fields(a={"type": "nope"}), "No handler for type [nope] declared on field [a]"),
        (fields(a={"type": "string"}), "No handler for type [string] declared on field [a]"),
        (fields(a={}), "No type specified for field [a]"),
        (fields(a="text"), "Expected map for property [fields] on field [a] but got a class java.lang.String"),
        ({"properties": "x"}, "properties must be a map type"),
        ({"foo": {}}, "Root mapping definition has unsupported parameters:  [foo : {}]"),
        (
            {"my_type": {"properties": {"a": {"type": "text"}}}},
            "Root mapping definition has unsupported parameters:  [my_type : {properties={a={type=text}}}]",
        ),
        (fields(f={"type": "text", "x": 1}), "unknown parameter [x] on mapper [f] of type [text]"),
        (
            fields(**{"o.f": {"type": "long", "analyzer": "a"}}),
            "unknown parameter [analyzer] on mapper [f] of type [long]",
        ),
        (
            fields(f={"type": "text", "norms": None}),
            "[norms] on mapper [f] of type [text] must not have a [null] value",
        ),
        (
            fields(f={"type": "text", "index": "no"}),
            "Failed to parse value [no] as only [true] or [false] are allowed.",
        ),
        (fields(f={"type": "keyword", "ignore_above": "x"}), 'For input string: "x"'),
        (fields(f={"type": "text", "analyzer": "nope"}), "analyzer [nope] has not been configured in mappings"),
        (fields(f={"type": "text", "similarity": "nope"}), "Unknown Similarity type [nope] for field [f]"),
        (
            fields(f={"type": "text", "index_options": "all"}),
            "Unknown value [all] for field [index_options] - accepted values are [positions, docs, freqs, offsets]",
        ),
        (fields(f={"type": "keyword", "normalizer": "nope"}), "normalizer [nope] not found for field [f]"),
        (
            fields(f={"type": "object", "properties": {}, "x": [1]}),
            "Mapping definition for [f] has unsupported parameters:  [x : [1]]",
        ),
        (fields(f={"type": "geo_point", "x": 1}), "Mapping definition for [f] has unsupported parameters:  [x : 1]"),
        (
            fields(f={"type": "text", "fields": {"k": {"type": "nope"}}}),
            "no handler for type [nope] declared on field [k]",
        ),
        (fields(f={"type": "text", "fields": {"k": {}}}), "no type specified for property [k]"),
        (
            fields(f={"type": "text", "fields": {"k": {"type": "nested"}}}),
            "Type [nested] cannot be used in multi field",
        ),
        (fields(f={"type": "scaled_float"}), "Field [f] misses required parameter [scaling_factor]"),
        (fields(f={"type": "token_count"}), "Analyzer must be set for field [f] but wasn't."),
        (fields(f={"type": "alias"}), "The [path] property must be specified for field [f]."),
        ({"dynamic": "sometimes"}, "Could not convert [dynamic.dynamic] to boolean"),
        ({"date_detection": "no"}, "Could not convert [date_detection] to boolean"),
        ({"_id": {}}, "_id is not configurable"),
        ({"_source": {"x": 1}}, "unknown metadata parameter [x] on metadata field [_source]"),
        ({"_source": True}, "[_parent] must be an object containing [type]"),
        ({"dynamic_templates": {}}, "Dynamic template syntax error. An array of named objects is expected."),
        (
            {"dynamic_templates": [{"a": {"mapping": {}}}]},
            "template must have match, path_match or match_mapping_type set",
        ),
        ({"dynamic_templates": [{"a": {"match": "*"}}]}, "template must have mapping set"),
        (
            {"dynamic_templates": [{"a": {"match_mapping_type": "text", "mapping": {}}}]},
            "No field type matched on [text], possible values are "
            "[object, string, long, double, boolean, date, binary]",
        ),
    ],
)
def test_mappings_that_cannot_be_read(mapping: dict[str, Any], message: str) -> None:
    assert refused(mapping) == message


def test_an_alias_of_nothing_is_refused_after_the_mapping_was_read() -> None:
    with pytest.raises(RefusedError) as caught:
        check(fields(b={"type": "alias", "path": "a"}))
    assert caught.value.refusal.message == (
        "Invalid [path] value [a] for field alias [b]: an alias must refer to an existing field in the mappings."
    )


def test_of_two_mistakes_the_first_in_the_order_of_a_hash_map_is_named() -> None:
    assert refused(fields(b={"type": "nope"}, a={"type": "nope"})) == "No handler for type [nope] declared on field [a]"


def test_a_field_is_built_only_after_all_were_read() -> None:
    mapping = fields(a={"type": "keyword", "normalizer": "nope"}, b={"type": "nope"})
    assert refused(mapping) == "No handler for type [nope] declared on field [b]"


def test_types_come_with_releases_and_plugins() -> None:
    check(fields(a={"type": "semantic", "model_id": "m"}))
    assert refused(fields(a={"type": "semantic"}), minor=OLD) == "No handler for type [semantic] declared on field [a]"
    known = check_analysis({}, [])
    with pytest.raises(RefusedError, match=r"No handler for type \[knn_vector\] declared on field \[v\]"):
        check_mapping(vector(dimension=2), {}, known, NEWEST, ["opensearch-ml"])


@pytest.mark.parametrize(
    ("count", "message"),
    [(1000, None), (1001, "Limit of total fields [1000] has been exceeded")],
)
def test_an_index_has_a_thousand_fields_at_most(count: int, message: str | None) -> None:
    mapping = fields(**{f"f{number}": {"type": "keyword"} for number in range(count)})
    if message:
        assert refused(mapping) == message
        check(mapping, {"mapping.total_fields.limit": 2000})
    else:
        check(mapping)


ANALYSIS = {
    "analysis": {
        "analyzer": {"mine": {"tokenizer": "cut", "filter": ["lowercase", "short"]}},
        "tokenizer": {"cut": {"type": "ngram", "min_gram": 2}},
        "filter": {"short": {"type": "length", "max": 9}},
        "normalizer": {"folded": {"filter": ["lowercase"]}},
    }
}


def test_a_mapping_uses_what_the_settings_define() -> None:
    check(fields(a={"type": "text", "analyzer": "mine"}, b={"type": "keyword", "normalizer": "folded"}), ANALYSIS)


@pytest.mark.parametrize(
    ("analysis", "message"),
    [
        ({"analyzer": {"a": {"type": "nope"}}}, "Unknown analyzer type [nope] for [a]"),
        ({"tokenizer": {"t": {"type": "nope"}}}, "Unknown tokenizer type [nope] for [t]"),
        ({"filter": {"f": {"type": "nope"}}}, "Unknown filter type [nope] for [f]"),
        ({"char_filter": {"c": {"x": 1}}}, "char_filter [c] must specify either an analyzer type, or a tokenizer"),
        ({"analyzer": {"a": {"x": 1}}}, "analyzer [a] must specify either an analyzer type, or a tokenizer"),
        ({"analyzer": {"a": {"type": "custom"}}}, "Custom Analyzer [a] must be configured with a tokenizer"),
        ({"analyzer": {"a": {"tokenizer": "t"}}}, "Custom Analyzer [a] failed to find tokenizer under name [t]"),
        (
            {"analyzer": {"a": {"tokenizer": "standard", "filter": ["lowercase", "f"]}}},
            "Custom Analyzer [a] failed to find filter under name [f]",
        ),
        (
            {"analyzer": {"a": {"tokenizer": "standard", "filter": "synonym"}}},
            "Custom Analyzer [a] failed to find filter under name [synonym]",
        ),
    ],
)
def test_analysis_that_is_refused(analysis: dict[str, Any], message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_analysis(normalized({"analysis": analysis}), None)
    assert caught.value.refusal.message == message


METHOD = {"name": "hnsw", "engine": "faiss", "space_type": "l2", "parameters": {"m": 16, "ef_construction": 100}}


@pytest.mark.parametrize("minor", [OLD, NEWEST])
@pytest.mark.parametrize(
    ("parameters", "settings"),
    [
        ({"dimension": 768}, {}),
        ({"dimension": "768"}, KNN),
        ({"dimension": 768, "method": METHOD}, KNN),
        ({"dimension": 768, "method": {"name": "hnsw", "engine": "lucene", "parameters": {}}}, KNN),
        ({"dimension": 768, "method": {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"}}, KNN),
        ({"dimension": 768, "space_type": "innerproduct", "mode": "on_disk", "compression_level": "16x"}, KNN),
        ({"model_id": "m"}, KNN),
        ({"dimension": 8, "data_type": "byte", "method": METHOD}, KNN),
        (
            {
                "dimension": 8,
                "method": {**METHOD, "parameters": {"encoder": {"name": "sq", "parameters": {"type": "fp16"}}}},
            },
            KNN,
        ),
    ],
)
def test_vectors_that_an_index_may_have(
    parameters: dict[str, Any], settings: dict[str, Any], minor: tuple[int, int]
) -> None:
    check(vector(**parameters), settings, minor)


@pytest.mark.parametrize(
    ("parameters", "settings", "message"),
    [
        ({}, {}, "Dimension value missing for vector: v"),
        ({}, KNN, "Dimension value missing for vector: v"),
        ({"dimension": 0}, KNN, "Dimension value must be greater than 0 for vector: v"),
        ({"dimension": "${{ d }}"}, KNN, "Unable to parse [dimension] from provided value [${{ d }}] for vector [v]"),
        (
            {"dimension": 16001},
            KNN,
            "Validation Failed: 1: Dimension value cannot be greater than 16000 for vector with engine: faiss;",
        ),
        (
            {"dimension": 4, "method": METHOD},
            {},
            "Cannot set modelId or method parameters when index.knn setting is false",
        ),
        (
            {"dimension": 4, "mode": "on_disk"},
            {},
            "Compression and mode can not be specified in a flat mapping configuration for field: v",
        ),
        ({"model_id": "m", "method": METHOD}, KNN, "Method and model can not be both specified in the mapping: v"),
        ({"dimension": 4, "method": {"engine": "faiss"}}, KNN, "name needs to be set"),
        ({"dimension": 4, "method": {"name": "hnsw", "engine": "nope"}}, KNN, "Invalid engine: nope"),
        ({"dimension": 4, "method": {"name": "hnsw", "space_type": "nope"}}, KNN, "Invalid space_type: nope"),
        ({"dimension": 4, "method": {"name": "nope", "engine": "faiss"}}, KNN, "Invalid method name: nope"),
        ({"dimension": 4, "method": {"name": "hnsw", "x": 1}}, KNN, "Invalid parameter: x"),
        (
            {"dimension": 4, "method": {**METHOD, "parameters": {"foo": 1}}},
            KNN,
            "Validation Failed: 1: Unknown parameter 'foo' found;",
        ),
        (
            {"dimension": 4, "method": {**METHOD, "parameters": {"m": "16"}}},
            KNN,
            "Validation Failed: 1: value is not an instance of Integer for Integer parameter [m].;",
        ),
        (
            {"dimension": 4, "method": {**METHOD, "space_type": "l1"}},
            KNN,
            'Validation Failed: 1: "hnsw" with "faiss" configuration does not support space type: "l1".;',
        ),
        (
            {"dimension": 4, "method": {"name": "ivf", "engine": "faiss"}},
            KNN,
            'Validation Failed: 1: "method" requires training.;',
        ),
        (
            {"dimension": 4, "space_type": "l2", "method": {**METHOD, "space_type": "innerproduct"}},
            KNN,
            'Cannot specify conflicting space types: "[innerproduct]" "[l2]"',
        ),
        (
            {"dimension": 4, "space_type": "nope"},
            KNN,
            "Unable to find space: nope . Valid values are: [l2, cosinesimil, l1, linf, innerproduct, hamming]",
        ),
        (
            {"dimension": 4, "data_type": "int"},
            KNN,
            "Invalid value provided for [data_type] field. Supported values are [binary,byte,float]",
        ),
        ({"dimension": 4, "x": 1}, KNN, "unknown parameter [x] on mapper [v] of type [knn_vector]"),
    ],
)
def test_vectors_that_are_refused(parameters: dict[str, Any], settings: dict[str, Any], message: str) -> None:
    assert refused(vector(**parameters), settings) == message


def test_nmslib_ends_with_2() -> None:
    parameters = {"dimension": 4, "method": {"name": "hnsw", "engine": "nmslib", "space_type": "l2"}}
    check(vector(**parameters), KNN, OLD)
    assert refused(vector(**parameters), KNN).startswith("nmslib engine is deprecated in OpenSearch")


TEXT = {"type": "text"}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (fields(**{"a": TEXT, "a.b": TEXT}), "mapper [a] cannot be changed from type [text] to [ObjectMapper]"),
        (
            fields(**{"o.a": {"type": "keyword"}, "o.a.b": TEXT}),
            "mapper [o.a] cannot be changed from type [keyword] to [ObjectMapper]",
        ),
        (
            fields(a=fields(b=TEXT), **{"a.b": {"type": "long"}}),
            "mapper [a.b] cannot be changed from type [text] to [long]",
        ),
    ],
)
def test_a_dotted_name_makes_an_object_of_no_field(mapping: dict[str, Any], message: str) -> None:
    assert refused(mapping) == message


def test_dotted_names_may_say_more_of_one_object() -> None:
    check(fields(a=fields(b=TEXT), **{"a.b": TEXT, "a.c": TEXT}))
    check({"disable_objects": True, **fields(**{"a": TEXT, "a.b": TEXT})})
