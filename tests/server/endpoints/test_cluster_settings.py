"""Cluster settings: stored, echoed, refused as OpenSearch does it; the plugin's own act."""

import json
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from opensearchpy import AsyncOpenSearch
from pytest_aiohttp.plugin import AiohttpClient

from mockflow.cluster import Cluster, Settings
from mockflow.server.app import create_app

Client = TestClient[Request, Application]
Body = dict[str, Any]

PATH = "/_cluster/settings"
PLUGIN = "plugins.flow_framework."


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, cluster: Cluster) -> Client:
    return await aiohttp_client(create_app(cluster))


async def put(client: Client, body: Any, query: str = "") -> Body:
    async with client.put(PATH + query, json=body) as response:
        answer: Body = await response.json()
        assert response.status == 200, answer
        return answer


async def get(client: Client, query: str = "?flat_settings=true") -> Body:
    async with client.get(PATH + query) as response:
        answer: Body = await response.json()
        assert response.status == 200, answer
        return answer


async def refusal(client: Client, body: Any) -> tuple[int, str, str]:
    text = body if isinstance(body, str) else json.dumps(body)
    async with client.put(PATH, data=text, headers={"Content-Type": "application/json"}) as response:
        answer = await response.json()
        error = answer["error"]
        assert answer["status"] == response.status
        assert error["root_cause"][0]["reason"] == error["reason"]
        return response.status, error["type"], error["reason"]


# -- stored and echoed -----------------------------------------------------------------------------


async def test_nothing_is_set_at_first(client: Client) -> None:
    assert await get(client, "") == {"persistent": {}, "transient": {}}


async def test_nested_and_dotted_keys_are_the_same_and_values_are_strings(client: Client) -> None:
    body = {
        "persistent": {"cluster": {"routing.allocation.enable": "all"}, PLUGIN + "max_workflows": 7},
        "transient": {"plugins": {"ml_commons": {"only_run_on_ml_node": False, "jvm_heap_memory_threshold": 85}}},
    }
    answer = await put(client, body)
    assert list(answer) == ["acknowledged", "persistent", "transient"]
    assert answer == {
        "acknowledged": True,
        "persistent": {
            "cluster": {"routing": {"allocation": {"enable": "all"}}},
            "plugins": {"flow_framework": {"max_workflows": "7"}},
        },
        "transient": {"plugins": {"ml_commons": {"only_run_on_ml_node": "false", "jvm_heap_memory_threshold": "85"}}},
    }
    del answer["acknowledged"]
    assert await get(client, "") == answer
    assert await get(client) == {
        "persistent": {"cluster.routing.allocation.enable": "all", PLUGIN + "max_workflows": "7"},
        "transient": {
            "plugins.ml_commons.jvm_heap_memory_threshold": "85",
            "plugins.ml_commons.only_run_on_ml_node": "false",
        },
    }


async def test_a_list_stays_a_list_of_strings(client: Client) -> None:
    key = "plugins.ml_commons.trusted_connector_endpoints_regex"
    assert (await put(client, {"persistent": {key: ["^https://a$", 1]}}, "?flat_settings"))["persistent"] == {
        key: ["^https://a$", "1"]
    }


async def test_an_update_answers_with_itself_alone_and_keeps_the_rest(client: Client) -> None:
    await put(client, {"persistent": {"cluster.a": 1, "cluster.b": 2}})
    answer = await put(client, {"persistent": {"cluster.b": 3}}, "?flat_settings=true")
    assert answer == {"acknowledged": True, "persistent": {"cluster.b": "3"}, "transient": {}}
    assert (await get(client))["persistent"] == {"cluster.a": "1", "cluster.b": "3"}


async def test_a_value_and_settings_below_it(client: Client) -> None:
    await put(client, {"persistent": {"cluster.blocks.create_index": "false"}})
    await put(client, {"persistent": {"cluster.blocks.create_index.auto_release": "true"}})
    blocks = (await get(client, ""))["persistent"]["cluster"]["blocks"]
    assert blocks == {"create_index": "false", "create_index.auto_release": "true"}


async def test_null_takes_away(client: Client) -> None:
    await put(client, {"persistent": {"cluster.a": 1, "cluster.b": 2}, "transient": {"cluster.a": 3}})
    answer = await put(client, {"persistent": {"cluster.a": None}})
    assert answer == {"acknowledged": True, "persistent": {}, "transient": {}}
    assert await get(client) == {"persistent": {"cluster.b": "2"}, "transient": {"cluster.a": "3"}}
    await put(client, {"transient": {"cluster": {"a": None, "never_set": None}}})
    assert (await get(client))["transient"] == {}


async def test_null_with_a_wildcard_takes_away_all_that_match(client: Client) -> None:
    await put(client, {"persistent": {PLUGIN + "enabled": False, PLUGIN + "max_workflows": 3, "cluster.a": 1}})
    await put(client, {"persistent": {"plugins.*": None, "nobody.knows.*": None}})
    assert (await get(client))["persistent"] == {"cluster.a": "1"}
    await put(client, {"persistent": {"*": None}})
    assert (await get(client))["persistent"] == {}


async def test_defaults(client: Client) -> None:
    assert "defaults" not in await get(client)
    await put(client, {"persistent": {PLUGIN + "max_workflows": 3}})
    defaults = (await get(client, "?include_defaults=true&flat_settings=true"))["defaults"]
    assert defaults[PLUGIN + "enabled"] == "true"
    assert defaults[PLUGIN + "request_timeout"] == "10s"
    assert defaults[PLUGIN + "multi_tenancy_enabled"] == "false"
    assert PLUGIN + "max_workflows" not in defaults
    nested = (await get(client, "?include_defaults"))["defaults"]
    assert nested["plugins"]["flow_framework"]["max_workflow_steps"] == "50"
    assert nested["cluster"]["name"] == "mockflow"


async def test_filter_path_as_a_dashboard_asks(client: Client) -> None:
    assert await get(client, "?filter_path=persistent.cluster.pluggable*") == {}


async def test_yaml(client: Client) -> None:
    headers = {"Content-Type": "application/yaml", "Accept": "application/json"}
    text = f"persistent:\n  {PLUGIN}max_workflows: 12\n  cluster:\n    a: on\n"
    async with client.put(PATH, data=text, headers=headers) as response:
        assert response.status == 200, await response.text()
    assert (await get(client))["persistent"] == {"cluster.a": "true", PLUGIN + "max_workflows": "12"}


async def test_a_new_world_has_no_settings(client: Client, cluster: Cluster) -> None:
    await put(client, {"persistent": {PLUGIN + "max_workflows": 3}, "transient": {"cluster.a": 1}})
    async with client.post("/_mockflow/reset") as response:
        assert response.status == 200
    assert await get(client) == {"persistent": {}, "transient": {}}
    assert cluster.world.flow_framework.max_workflows == 1000


async def test_through_the_client_library(client: Client) -> None:
    async with AsyncOpenSearch([f"http://{client.host}:{client.port}"]) as opensearch:
        await opensearch.cluster.put_settings(body={"transient": {PLUGIN + "enabled": False}}, flat_settings=True)
        settings = await opensearch.cluster.get_settings(include_defaults=True, flat_settings=True)
    assert settings["transient"] == {PLUGIN + "enabled": "false"}


# -- the plugin's settings -------------------------------------------------------------------------


async def test_what_the_plugin_goes_by(client: Client, cluster: Cluster) -> None:
    at_first = cluster.world.flow_framework
    assert (at_first.enabled, at_first.max_workflows, at_first.max_workflow_steps) == (True, 1000, 50)
    assert (at_first.request_timeout, at_first.task_request_retry_duration) == (10_000, 5_000)
    assert (at_first.filter_by_backend_roles, at_first.multi_tenancy_enabled) == (False, False)
    assert (at_first.max_active_provisions_per_tenant, at_first.max_active_deprovisions_per_tenant) == (2, 1)
    body = {PLUGIN + "enabled": "false", PLUGIN + "max_workflows": "0", PLUGIN + "request_timeout": "1m"}
    await put(client, {"persistent": body})
    assert (cluster.world.flow_framework.enabled, cluster.world.flow_framework.max_workflows) == (False, 0)
    assert cluster.world.flow_framework.request_timeout == 60_000
    assert at_first.enabled, "a value that was read does not change"


async def test_a_transient_setting_goes_before_a_persistent_one(client: Client, cluster: Cluster) -> None:
    await put(client, {"persistent": {PLUGIN + "max_workflows": 5}, "transient": {PLUGIN + "max_workflows": 6}})
    assert cluster.world.flow_framework.max_workflows == 6
    await put(client, {"transient": {PLUGIN + "max_workflows": None}})
    assert cluster.world.flow_framework.max_workflows == 5
    await put(client, {"persistent": {PLUGIN + "max_workflows": None}})
    assert cluster.world.flow_framework.max_workflows == 1000


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("max_workflows", -1, "Failed to parse value [-1] for setting [{key}] must be >= 0"),
        ("max_workflows", 10_001, "Failed to parse value [10001] for setting [{key}] must be <= 10000"),
        ("max_workflows", "abc", "Failed to parse value [abc] for setting [{key}]"),
        ("max_workflows", 1.5, "Failed to parse value [1.5] for setting [{key}]"),
        ("max_workflows", 3_000_000_000, "Failed to parse value [3000000000] for setting [{key}]"),
        ("max_workflows", "", "Failed to parse value [] for setting [{key}]"),
        ("max_workflows", [1, 2], "Failed to parse value [[1, 2]] for setting [{key}]"),
        ("max_workflow_steps", 0, "Failed to parse value [0] for setting [{key}] must be >= 1"),
        ("max_workflow_steps", 501, "Failed to parse value [501] for setting [{key}] must be <= 500"),
        ("max_active_provisions_per_tenant", 41, "Failed to parse value [41] for setting [{key}] must be <= 40"),
        ("enabled", "True", "Failed to parse value [True] as only [true] or [false] are allowed."),
        ("filter_by_backend_roles", 1, "Failed to parse value [1] as only [true] or [false] are allowed."),
        (
            "request_timeout",
            10,
            "failed to parse setting [{key}] with value [10] as a time value: unit is missing or unrecognized",
        ),
        (
            "request_timeout",
            "-5s",
            "failed to parse setting [{key}] with value [-5s] as a time value: negative durations are not supported",
        ),
        ("request_timeout", "-1", "failed to parse value [-1] for setting [{key}], must be >= [0ms]"),
        ("task_request_retry_duration", "1.5s", "failed to parse [1.5s], fractional time values are not supported"),
    ],
)
async def test_values_that_cannot_be(client: Client, cluster: Cluster, name: str, value: Any, reason: str) -> None:
    before = cluster.world.flow_framework
    key = PLUGIN + name
    expected = (400, "illegal_argument_exception", reason.format(key=key))
    assert await refusal(client, {"persistent": {key: value}, "transient": {"cluster.a": 1}}) == expected
    assert await get(client) == {"persistent": {}, "transient": {}}, "all of a request or nothing"
    assert cluster.world.flow_framework == before


async def test_a_number_that_is_none_says_why(client: Client) -> None:
    async with client.put(PATH, json={"transient": {PLUGIN + "max_workflows": "abc"}}) as response:
        cause = (await response.json())["error"]["caused_by"]
    assert cause == {"type": "number_format_exception", "reason": 'For input string: "abc"'}


# -- which settings there are ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("foo.bar", "persistent setting [foo.bar], not recognized"),
        ("bogus", "persistent setting [bogus], not recognized"),
        ("cluster", "persistent setting [cluster], not recognized"),
        ("index.number_of_replicas", "persistent setting [index.number_of_replicas], not recognized"),
        ("plugins.*", "persistent setting [plugins.*], not recognized"),
        (PLUGIN + "max_workflow", f"persistent setting [{PLUGIN}max_workflow], not recognized"),
        (
            PLUGIN + "multi_tenancy_enabled",
            f"persistent setting [{PLUGIN}multi_tenancy_enabled], not dynamically updateable",
        ),
        (
            PLUGIN + "provision_thread_pool_size",
            f"persistent setting [{PLUGIN}provision_thread_pool_size], not dynamically updateable",
        ),
        (
            PLUGIN + "remote_metadata_type",
            f"final persistent setting [{PLUGIN}remote_metadata_type], not updateable",
        ),
        ("cluster.name", "persistent setting [cluster.name], not dynamically updateable"),
        ("node.attr.zone", "persistent setting [node.attr.zone], not dynamically updateable"),
    ],
)
@pytest.mark.parametrize(
    ("version", "kind"), [("2.19.3", "illegal_argument_exception"), ("3.0.0", "settings_exception")]
)
async def test_settings_that_cannot_be_set(
    aiohttp_client: AiohttpClient, version: str, kind: str, key: str, reason: str
) -> None:
    client = await aiohttp_client(create_app(Cluster(Settings(opensearch_version=version))))
    if "provision_thread_pool" in key and version < "3":
        reason = reason.replace("not dynamically updateable", "not recognized")
    assert await refusal(client, {"persistent": {key: "true"}}) == (400, kind, reason)
    assert (await refusal(client, {"transient": {key: "x"}}))[2] == reason.replace("persistent", "transient")


@pytest.mark.parametrize("key", ["foo.bar", "bogus", PLUGIN + "max_workflow"])
async def test_an_unknown_setting_cannot_be_taken_away(client: Client, key: str) -> None:
    reason = f"transient setting [{key}], not recognized"
    assert await refusal(client, {"transient": {key: None}}) == (400, "settings_exception", reason)


async def test_tenants_have_limits_since_3_0(aiohttp_client: AiohttpClient) -> None:
    key = PLUGIN + "max_active_provisions_per_tenant"
    client = await aiohttp_client(create_app(Cluster(Settings(opensearch_version="2.19.0"))))
    assert (await refusal(client, {"transient": {key: 1}}))[2] == f"transient setting [{key}], not recognized"
    assert key not in (await get(client, "?include_defaults&flat_settings"))["defaults"]


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("cluster.routing.allocation.enable", "foo", "Illegal allocation.enable value [FOO]"),
        ("cluster.routing.rebalance.enable", "foo", "Illegal rebalance.enable value [FOO]"),
        ("cluster.max_shards_per_node", 0, "Failed to parse value [0] for setting [{key}] must be >= 1"),
        ("cluster.blocks.read_only", "yes", "Failed to parse value [yes] as only [true] or [false] are allowed."),
        (
            "search.max_keep_alive",
            "1",
            "failed to parse setting [{key}] with value [1] as a time value: unit is missing or unrecognized",
        ),
        (
            "indices.recovery.max_bytes_per_sec",
            "40",
            "failed to parse setting [{key}] with value [40] as a size in bytes: unit is missing or unrecognized",
        ),
        ("logger.org.opensearch.discovery", "loud", "Unknown level constant [LOUD]."),
        (
            "cluster.routing.allocation.allow_rebalance",
            "foo",
            "Illegal value for cluster.routing.allocation.allow_rebalance: foo",
        ),
        (
            "plugins.ml_commons.only_run_on_ml_node",
            "no",
            "Failed to parse value [no] as only [true] or [false] are allowed.",
        ),
    ],
)
async def test_values_of_core_settings(client: Client, key: str, value: Any, reason: str) -> None:
    expected = (400, "illegal_argument_exception", reason.format(key=key))
    assert await refusal(client, {"transient": {key: value}}) == expected
    assert await get(client) == {"persistent": {}, "transient": {}}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cluster.routing.allocation.enable", "new_primaries"),
        ("cluster.routing.allocation.allow_rebalance", "always"),
        ("cluster.routing.allocation.disk.watermark.low", "85%"),
        ("indices.recovery.max_bytes_per_sec", "40mb"),
        ("logger.level", "debug"),
        ("search.max_buckets", "70000"),
        ("plugins.ml_commons.native_memory_threshold", "100"),
    ],
)
async def test_good_values_of_core_settings(client: Client, key: str, value: str) -> None:
    await put(client, {"persistent": {key: value}})
    assert (await get(client))["persistent"] == {key: value}


@pytest.mark.parametrize(("version", "status"), [("2.19.6", 500), ("3.0.0", 400)])
async def test_settings_that_cannot_be_loaded(aiohttp_client: AiohttpClient, version: str, status: int) -> None:
    client = await aiohttp_client(create_app(Cluster(Settings(opensearch_version=version))))
    for scope in ("persistent", "transient"):
        expected = (status, "settings_exception", "Failed to load settings from [null]")
        assert await refusal(client, {scope: None}) == expected


# -- bodies and parameters -------------------------------------------------------------------------

NO_SETTINGS = "Validation Failed: 1: no settings to update;"


@pytest.mark.parametrize(
    ("body", "status", "kind", "reason"),
    [
        ("", 400, "parse_exception", "request body is required"),
        ("{}", 400, "action_request_validation_exception", NO_SETTINGS),
        ("[]", 400, "action_request_validation_exception", NO_SETTINGS),
        ('{"persistent":null}', 400, "settings_exception", "Failed to load settings from [null]"),
        ('{"cluster.a":1}', 400, "action_request_validation_exception", NO_SETTINGS),
        ("{", 400, "json_e_o_f_exception", "Unexpected end-of-input: expected close marker for Object"),
        ('{"persistent":{"cluster.a":1,"cluster.a":2}}', 400, "json_parse_exception", "Duplicate field 'cluster.a'"),
        ('{"persistent":{"cluster.a":NaN}}', 400, "json_parse_exception", "Non-standard token 'NaN'"),
        ("[" * 100_000, 400, "json_parse_exception", "Document nesting depth (1001) exceeds"),
        ('{"persistent":"cluster.a"}', 500, "class_cast_exception", "class java.lang.String cannot be cast"),
        (
            '{"persistent":{"cluster.a":[{"b":1}]}}',
            400,
            "settings_exception",
            'Failed to load settings from [{"cluster.a":[{"b":1}]}]',
        ),
    ],
)
async def test_bodies_that_cannot_be(client: Client, body: str, status: int, kind: str, reason: str) -> None:
    got_status, got_kind, got_reason = await refusal(client, body)
    assert (got_status, got_kind) == (status, kind)
    assert got_reason.startswith(reason)


async def test_a_body_that_is_neither_json_nor_yaml(client: Client) -> None:
    async with client.put(PATH, data=b"\xbf\xff", headers={"Content-Type": "application/cbor"}) as response:
        assert response.status == 400
    async with client.put(PATH, data="a: [", headers={"Content-Type": "application/yaml"}) as response:
        assert response.status == 400
    async with client.put(PATH, data="a=1", headers={"Content-Type": "application/x-www-form-urlencoded"}) as response:
        assert response.status == 406


@pytest.mark.parametrize(
    ("method", "query", "reason"),
    [
        ("GET", "?flat_settings=yes", "Failed to parse value [yes] as only [true] or [false] are allowed."),
        ("GET", "?include_default", f"request [{PATH}] contains unrecognized parameter: [include_default]"),
        ("PUT", "?include_defaults", f"request [{PATH}] contains unrecognized parameter: [include_defaults]"),
        (
            "PUT",
            "?timeout=5",
            "failed to parse setting [timeout] with value [5] as a time value: unit is missing or unrecognized",
        ),
    ],
)
async def test_parameters_that_cannot_be(client: Client, method: str, query: str, reason: str) -> None:
    body = {"transient": {"cluster.a": 1}} if method == "PUT" else None
    async with client.request(method, PATH + query, json=body) as response:
        assert response.status == 400
        assert (await response.json())["error"]["reason"].startswith(reason)
    assert (await get(client))["transient"] == {}


async def test_get_takes_no_body_and_delete_is_unknown(client: Client) -> None:
    async with client.request("GET", PATH, json={}) as response:
        assert (await response.json())["error"]["reason"] == f"request [GET {PATH}] does not support having a body"
    async with client.delete(PATH) as response:
        assert response.status == 405
        assert response.headers["Allow"] == "GET,PUT"
