"""How an answer is written: pretty, human, error_trace, filter_path, format, Accept."""

from typing import Final

import pytest
import yaml

from tests.support.server import JSON, NOT_STARTED, WORKFLOW, YAML, Server

STATUS: Final = f"{WORKFLOW}/w/_status"


# -- pretty --------------------------------------------------------------------------------------------


async def test_pretty_byte_for_byte(server: Server) -> None:
    await server.advance("6s")
    await server.status()
    await server.advance("2s")
    answer = await server.status(query="?pretty&all")
    assert answer.header("content-type") == JSON
    assert answer.body.decode() == (
        "{\n"
        '  "workflow_id" : "w",\n'
        '  "state" : "PROVISIONING",\n'
        '  "provisioning_progress" : "IN_PROGRESS",\n'
        '  "provision_start_time" : 1767225608000,\n'
        '  "resources_created" : [\n'
        "    {\n"
        '      "workflow_step_name" : "create_connector",\n'
        '      "workflow_step_id" : "create_connector_1",\n'
        '      "resource_type" : "connector_id",\n'
        '      "resource_id" : "c1"\n'
        "    }\n"
        "  ]\n"
        "}\n"
    )


@pytest.mark.parametrize("query", ["?pretty=false", "?pretty=%20"])
async def test_not_pretty(server: Server, query: str) -> None:
    assert (await server.status(query=query)).body == b'{"workflow_id":"w","state":"NOT_STARTED"}'


async def test_errors_are_pretty_too(server: Server) -> None:
    answer = await server.status("nope", "?pretty")
    assert answer.body == b'{\n  "error" : "Fail to find workflow status of nope"\n}\n'
    assert (await server.ask("/_nope/x?pretty")).body == (
        b'{\n  "error" : "no handler found for uri [/_nope/x] and method [GET]"\n}\n'
    )


async def test_nothing_left_is_pretty_too(server: Server) -> None:
    assert (await server.status(query="?pretty&filter_path=nope")).body == b"{ }\n"


@pytest.mark.parametrize("query", ["?human", "?human=true", "?human=false"])
async def test_human_changes_nothing_here(server: Server, query: str) -> None:
    await server.advance("9s")
    assert (await server.status(query=f"{query}&all")).body == (await server.status(query="?all")).body


# -- error_trace ---------------------------------------------------------------------------------------


async def test_error_trace_of_an_object_error(server: Server) -> None:
    answer = await server.status(query="?all=x&error_trace")
    root = answer.error["root_cause"][0]
    for part in (answer.error, root):
        assert part["stack_trace"].startswith("IllegalArgumentException: Failed to parse value [x]")
        assert "\n\tat " in part["stack_trace"]
    assert list(answer.json) == ["error", "status"]
    assert list(answer.error) == ["root_cause", "type", "reason", "stack_trace"]


async def test_error_trace_of_a_cause(server: Server) -> None:
    answer = await server.ask("/_cluster/health?timeout=xs&error_trace=true")
    assert answer.error["caused_by"]["stack_trace"].startswith("NumberFormatException: ")


@pytest.mark.parametrize("target", [f"{WORKFLOW}/nope/_status", "/_nope/x"])
async def test_error_trace_leaves_string_errors_alone(server: Server, target: str) -> None:
    assert (await server.ask(f"{target}?error_trace")).body == (await server.ask(target)).body


async def test_error_trace_leaves_good_answers_alone(server: Server) -> None:
    assert (await server.status(query="?error_trace")).json == NOT_STARTED


# -- filter_path: its own rules are tested in test_filter_path ------------------------------------------


@pytest.mark.parametrize(
    ("filter_path", "left"),
    [
        ("state", {"state": "COMPLETED"}),
        ("state,workflow_id", {"workflow_id": "w", "state": "COMPLETED"}),
        ("resources_created.resource_id", {"resources_created": [{"resource_id": "c1"}, {"resource_id": "m2"}]}),
        ("*_id", {"workflow_id": "w"}),
        ("**.resource_type", {"resources_created": [{"resource_type": "connector_id"}, {"resource_type": "model_id"}]}),
        ("-resources_created", {"workflow_id": "w", "state": "COMPLETED"}),
        ("-resources_created,-state", {"workflow_id": "w"}),
        ("resources_created,-**.workflow_*,-**.resource_id", None),
        ("nope", {}),
        ("", None),
        ("%73tate", {"state": "COMPLETED"}),
    ],
)
async def test_filter_path(server: Server, filter_path: str, left: object) -> None:
    await server.status()
    await server.advance("6s")
    answer = await server.status(query=f"?filter_path={filter_path}")
    assert answer.status == 200
    whole = (await server.status()).json
    kinds = {"resources_created": [{"resource_type": "connector_id"}, {"resource_type": "model_id"}]}
    expected = left if left is not None else (whole if not filter_path else kinds)
    assert answer.json == expected


@pytest.mark.parametrize("filter_path", ["-", "state,-", "-,"])
async def test_filter_path_without_anything_left_out_is_refused(server: Server, filter_path: str) -> None:
    for target in ("/", "/_cluster/health"):
        answer = await server.ask(f"{target}?filter_path={filter_path}")
        assert (answer.status, answer.reason) == (400, "filters cannot be null or empty")


async def test_the_plugin_refuses_it_with_its_own_errors_after_the_effect(server: Server) -> None:
    for _ in range(2):  # the second one is of a line that is known
        answer = await server.status(query="?filter_path=-")
        assert (answer.status, answer.json) == (400, {"error": "Failed to get workflow status."})
    failed = (400, {"error": "Failed to get workflow."})
    body, headers = '{"name":"made"}', {"Content-Type": "application/json"}
    answer = await server.ask(f"{WORKFLOW}?filter_path=-", "POST", body, headers)
    assert (answer.status, answer.json) == failed
    (made,) = [workflow for workflow in server.cluster.world.workflows.values() if workflow.id != "w"]
    answer = await server.ask(f"{WORKFLOW}/w/_provision?filter_path=-&wait_for_completion_timeout=0s", "POST")
    assert (answer.status, answer.json) == failed
    answer = await server.ask(f"{WORKFLOW}/{made.id}?filter_path=-", "DELETE")
    assert (answer.status, answer.json) == failed
    assert (await server.ask(f"{WORKFLOW}/{made.id}")).status == 404


@pytest.mark.parametrize("target", [f"{WORKFLOW}/nope/_status", f"{STATUS}?all=x", "/_nope/x", "/?timeout=1s"])
@pytest.mark.parametrize("filter_path", ["nope", "-error", "-"])
async def test_filter_path_does_not_touch_errors(server: Server, target: str, filter_path: str) -> None:
    joint = "&" if "?" in target else "?"
    filtered = await server.ask(f"{target}{joint}filter_path={filter_path}")
    plain = await server.ask(target)
    assert (filtered.status, filtered.body) == (plain.status, plain.body)


async def test_of_repeated_filter_paths_the_last_counts(server: Server) -> None:
    assert (await server.status(query="?filter_path=state&filter_path=workflow_id")).json == {"workflow_id": "w"}


# -- format, Accept, Content-Type -----------------------------------------------------------------------


async def test_yaml_byte_for_byte(server: Server) -> None:
    answer = await server.status(query="?format=yaml")
    assert answer.header("content-type") == YAML
    assert answer.body == b'---\nworkflow_id: "w"\nstate: "NOT_STARTED"\n'


@pytest.mark.parametrize("query", ["?format=YAML", "?format=Yaml", "?format=yaml&pretty"])
async def test_yaml_by_format(server: Server, query: str) -> None:
    answer = await server.status(query=query)
    assert answer.header("content-type") == YAML
    assert yaml.safe_load(answer.body) == NOT_STARTED


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "application/yaml"},
        {"accept": "Application/YAML"},
        {"Accept": "application/yaml; charset=UTF-8"},
        {"Content-Type": "application/yaml"},
        {"Content-Type": "application/yaml", "Accept": "*/*"},
        {"Content-Type": "application/yaml", "Accept": "text/html"},
    ],
)
async def test_yaml_by_header(server: Server, headers: dict[str, str]) -> None:
    answer = await server.ask(STATUS, headers=headers)
    assert answer.header("content-type") == YAML
    assert yaml.safe_load(answer.body) == NOT_STARTED


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {}),
        ("?format=json", {}),
        ("?format=JSON", {}),
        ("?format=json", {"Accept": "application/yaml"}),
        ("?format=xml", {}),
        ("?format=", {}),
        ("", {"Accept": "*/*"}),
        ("", {"Accept": "text/html,application/xhtml+xml;q=0.9"}),
        ("", {"Accept": "garbage"}),
        ("", {"Accept": "application/vnd.elasticsearch+json;compatible-with=7"}),
        ("", {"Accept": "application/vnd.opensearch+json;compatible-with=7"}),
        ("", {"Accept": "application/json", "Content-Type": "application/yaml"}),
        ("", {"Content-Type": "application/json"}),
        ("", {"Content-Type": "text/plain"}),
        ("", {"Content-Type": "application/x-www-form-urlencoded"}),
    ],
)
async def test_json(server: Server, query: str, headers: dict[str, str]) -> None:
    answer = await server.ask(STATUS + query, headers=headers)
    assert answer.header("content-type") == JSON
    assert answer.json == NOT_STARTED


async def test_a_request_in_yaml_gets_its_answer_in_yaml(server: Server) -> None:
    answer = await server.ask(STATUS, body="a: 1", headers={"Content-Type": "application/yaml"})
    assert answer.header("content-type") == YAML


async def test_errors_in_yaml(server: Server) -> None:
    answer = await server.status("nope", "?format=yaml")
    assert (answer.status, answer.header("content-type")) == (404, YAML)
    assert answer.body == b'---\nerror: "Fail to find workflow status of nope"\n'
    assert yaml.safe_load((await server.status(query="?format=yaml&all=x")).body)["status"] == 400


async def test_filtered_yaml(server: Server) -> None:
    assert (await server.status(query="?format=yaml&filter_path=state")).body == b'---\nstate: "NOT_STARTED"\n'
    assert (await server.status(query="?format=yaml&filter_path=nope")).body == b"--- {}\n"
