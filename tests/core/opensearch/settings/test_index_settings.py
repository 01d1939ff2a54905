from typing import Any

import pytest

from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.settings.index_settings import (
    check_explicit,
    check_new,
    check_update,
    index_settings_table,
    normalized,
)

NEWEST = (3, 8)
OLD = (2, 19)
UNKNOWN = (
    " please check that any required plugins are installed, or check the breaking changes documentation "
    "for removed settings"
)


def refused_new(settings: dict[str, Any], minor: tuple[int, int] = NEWEST) -> str:
    with pytest.raises(RefusedError) as caught:
        check_new(normalized(settings), index_settings_table(minor))
    return caught.value.refusal.message


def refused_update(changes: dict[str, Any], minor: tuple[int, int] = NEWEST) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        check_update("i", "U", normalized(changes), index_settings_table(minor))
    return caught.value


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"number_of_shards": 1, "number_of_replicas": "0"},
        {"index": {"number_of_shards": "3", "refresh_interval": "-1"}},
        {"index.knn": True, "index.knn.algo_param.ef_search": 100},
        {"index": {"knn": "true", "knn.advanced.approximate_threshold": -1}},
        {"auto_expand_replicas": "0-all"},
        {"auto_expand_replicas": False},
        {"refresh_interval": "30s", "translog": {"durability": "async", "sync_interval": "5s"}},
        {"translog.flush_threshold_size": "1gb", "merge.policy.max_merged_segment": "512mb"},
        {"codec": "zstd", "codec.compression_level": 3},
        {"codec": "best_compression"},
        {"number_of_shards": 2, "number_of_routing_shards": 4},
        {"analysis": {"analyzer": {"a": {"type": "custom", "tokenizer": "standard"}}}},
        {"similarity": {"mine": {"type": "BM25"}}},
        {"sort": {"field": ["a", "b"], "order": ["asc", "desc"], "mode": ["min", "max"]}},
        {"routing.allocation.include._name": "node-1"},
        {"search.default_pipeline": "p", "default_pipeline": "q", "final_pipeline": "_none"},
        {"search": {"slowlog": {"threshold": {"query": {"warn": "10s"}}, "level": "info"}}},
        {"blocks.read_only": False, "hidden": "true", "priority": 100},
        {"mapping": {"total_fields": {"limit": 2000}}, "query.default_field": ["a", "b"]},
        {"write.wait_for_active_shards": "all", "max_result_window": 50000},
        {"number_of_replicas": None},
        {"creation_date": "1700000000000"},
    ],
)
@pytest.mark.parametrize("minor", [OLD, NEWEST])
def test_settings_that_a_new_index_may_have(settings: dict[str, Any], minor: tuple[int, int]) -> None:
    table = index_settings_table(minor)
    check_new(normalized(settings), table)
    check_explicit("i", normalized(settings), table)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"foo": 1}, f"unknown setting [index.foo]{UNKNOWN}"),
        ({"index": {"foo": {"bar": 1}}}, f"unknown setting [index.foo.bar]{UNKNOWN}"),
        ({"number_of_shard": 1}, "unknown setting [index.number_of_shard] did you mean [index.number_of_shards]?"),
        (
            {"index": {"number_of_shards": {"nested": 1}}},
            "unknown setting [index.number_of_shards.nested] did you mean [index.number_of_shards]?",
        ),
        ({"number_of_shards": 0}, "Failed to parse value [0] for setting [index.number_of_shards] must be >= 1"),
        (
            {"number_of_shards": 1025},
            "Failed to parse value [1025] for setting [index.number_of_shards] must be <= 1024",
        ),
        ({"number_of_shards": "x"}, "Failed to parse value [x] for setting [index.number_of_shards]"),
        ({"number_of_shards": [1, 2]}, "Failed to parse value [[1, 2]] for setting [index.number_of_shards]"),
        ({"number_of_replicas": -1}, "Failed to parse value [-1] for setting [index.number_of_replicas] must be >= 0"),
        ({"max_result_window": 1.5e4}, "Failed to parse value [15000.0] for setting [index.max_result_window]"),
        ({"hidden": "yes"}, "Failed to parse value [yes] as only [true] or [false] are allowed."),
        (
            {"refresh_interval": "abc"},
            "failed to parse setting [index.refresh_interval] with value [abc] as a time value: "
            "unit is missing or unrecognized",
        ),
        (
            {"translog.sync_interval": "10ms"},
            "failed to parse value [10ms] for setting [index.translog.sync_interval], must be >= [100ms]",
        ),
        (
            {"translog.flush_threshold_size": "10"},
            "failed to parse setting [index.translog.flush_threshold_size] with value [10] as a size in bytes: "
            "unit is missing or unrecognized",
        ),
        (
            {"translog.flush_threshold_size": "10b"},
            "failed to parse value [10b] for setting [index.translog.flush_threshold_size], must be >= [56b]",
        ),
        (
            {"translog.durability": "never"},
            "No enum constant org.opensearch.index.translog.Translog.Durability.NEVER",
        ),
        (
            {"auto_expand_replicas": "5-1"},
            "[index.auto_expand_replicas] minReplicas must be =< maxReplicas but wasn't 5 > 1",
        ),
        (
            {"auto_expand_replicas": "all"},
            "failed to parse [index.auto_expand_replicas] from value: [all] at index -1",
        ),
        (
            {"codec": "gzip"},
            "unknown value for [index.codec] must be one of [default, lz4, best_compression, zlib] but was: gzip",
        ),
        (
            {"codec.compression_level": 3},
            "missing required setting [index.codec] for setting [index.codec.compression_level]",
        ),
        (
            {"number_of_shards": 2, "number_of_routing_shards": 3},
            "the number of source shards [2] must be a factor of [3]",
        ),
        (
            {"number_of_shards": 4, "number_of_routing_shards": 3},
            "index.number_of_routing_shards [3] must be >= index.number_of_shards [4]",
        ),
        (
            {"similarity": {"BM25": {"type": "BM25"}}},
            "illegal value for [index.similarity.BM25] cannot redefine built-in similarity",
        ),
        ({"number_of_shards": 0, "a": 1}, f"unknown setting [index.a]{UNKNOWN}"),
    ],
)
def test_settings_that_a_new_index_may_not_have(settings: dict[str, Any], message: str) -> None:
    assert refused_new(settings) == message


def test_an_unknown_setting_throws_another_class_in_3() -> None:
    classes = {}
    for minor in (OLD, NEWEST):
        with pytest.raises(RefusedError) as caught:
            check_new(normalized({"foo": 1}), index_settings_table(minor))
        classes[minor] = caught.value.refusal.exception
    assert classes == {OLD: "IllegalArgumentException", NEWEST: "SettingsException"}


def test_settings_come_and_go_with_releases_and_plugins() -> None:
    check_new(normalized({"knn.algo_param.m": 16}), index_settings_table(OLD))
    assert refused_new({"knn.algo_param.m": 16}).startswith("unknown setting [index.knn.algo_param.m]")
    check_new(normalized({"knn.memory_optimized_search": True}), index_settings_table(NEWEST))
    assert refused_new({"knn.memory_optimized_search": True}, OLD).startswith("unknown setting [index.knn.memory_opt")
    with pytest.raises(RefusedError, match=r"unknown setting \[index.knn\]"):
        check_new(normalized({"knn": True}), index_settings_table(NEWEST, ["opensearch-ml"]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"uuid": "x"}, "failed to create index [i]"),
        ({"data_path": "/x"}, "failed to create index [i]"),
        (
            {"soft_deletes.enabled": False},
            "Creating indices with soft-deletes disabled is not supported. "
            "Please do not specify a value for setting [index.soft_deletes.enabled].",
        ),
        (
            {"translog.retention.size": "1gb"},
            "Translog retention settings [index.translog.retention.age] and [index.translog.retention.size] "
            "are no longer supported. Please do not specify values for these settings",
        ),
    ],
)
def test_settings_that_are_known_and_not_for_users(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_explicit("i", normalized(settings), index_settings_table(NEWEST))
    assert caught.value.refusal.message == message


@pytest.mark.parametrize(
    "changes",
    [
        {"number_of_replicas": 2},
        {"refresh_interval": "5s"},
        {"blocks.write": True},
        {"index.knn.algo_param.ef_search": 9},
    ],
)
def test_an_open_index_takes_dynamic_settings(changes: dict[str, Any]) -> None:
    check_update("i", "U", normalized(changes), index_settings_table(NEWEST))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"number_of_shards": 5},
            "Can't update non dynamic settings [[index.number_of_shards]] for open indices [[i/U]]",
        ),
        ({"codec": "zlib"}, "Can't update non dynamic settings [[index.codec]] for open indices [[i/U]]"),
        (
            {"analysis.analyzer.a.type": "stop"},
            "Can't update non dynamic settings [[index.analysis.analyzer.a.type]] for open indices [[i/U]]",
        ),
        ({"uuid": "x"}, "can not update private setting [index.uuid]; this setting is managed by OpenSearch"),
        (
            {"searchable_snapshot.repository": "x"},
            "can not update internal setting [index.searchable_snapshot.repository]; "
            "this setting is managed via a dedicated API",
        ),
        ({"foo": 1}, f"unknown setting [index.foo]{UNKNOWN}"),
        ({"number_of_replicas": "x"}, "Failed to parse value [x] for setting [index.number_of_replicas]"),
    ],
)
def test_an_open_index_does_not_take_others(changes: dict[str, Any], message: str) -> None:
    assert refused_update(changes).refusal.message == message
