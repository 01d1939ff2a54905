"""Numbers that are not JSON, or too large for a double: refused, and never in any JSON that mockflow writes."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from tests.support.server import OWNER, STORY, WORKFLOW, Server, Servers

JSON: Final = {"Content-Type": "application/json"}
NO_NUMBERS: Final = ("NaN", "Infinity", "-Infinity")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    servers = Servers()
    yield await servers(STORY, version="3.8.0")
    await servers.stop()


def strict(body: bytes) -> Any:
    """The JSON value; fails for what Python alone takes for a number."""

    def refuse(text: str) -> float:
        raise AssertionError(f"{text} is no JSON")

    return json.loads(body, parse_constant=refuse)


@pytest.mark.parametrize("number", NO_NUMBERS)
async def test_words_for_numbers_are_refused(server: Server, number: str) -> None:
    """With the text of Jackson, ReaderBasedJsonParser._handleOddValue and _handleInvalidNumberStart."""
    answer = await server.ask(f"{WORKFLOW}/_search", "POST", f'{{"size": {number}}}', JSON)
    error = strict(answer.body)["error"]
    assert (answer.status, error["type"]) == (400, "json_parse_exception")
    assert error["reason"].startswith(
        f"Non-standard token '{number}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow\n at "
    )
    answer = await server.ask("/_cluster/settings", "PUT", f'{{"persistent": {{"a": {number}}}}}', JSON)
    assert (answer.status, strict(answer.body)["error"]["type"]) == (400, "json_parse_exception")
    answer = await server.ask(WORKFLOW, "POST", f'{{"name": "x", "ui_metadata": {{"a": {number}}}}}', JSON)
    assert (answer.status, strict(answer.body)) == (
        400,
        {"error": "IOException: template content invalid for specified Content-Type."},
    )


@pytest.mark.parametrize(("text", "shown"), [("-Inf", "-Inf"), ("-INFX", "-INFX"), ("NaNs", "NaNs")])
async def test_words_that_only_begin_so(server: Server, text: str, shown: str) -> None:
    answer = await server.ask(f"{WORKFLOW}/_search", "POST", f'{{"size": {text}}}', JSON)
    assert strict(answer.body)["error"]["reason"].startswith(f"Unrecognized token '{shown}': was expecting (JSON")


async def test_a_number_that_is_too_large_is_a_text_where_any_value_may_stand(server: Server) -> None:
    """Jackson reads it as an infinite double, and writes that as a text (QUOTE_NON_NUMERIC_NUMBERS)."""
    body = '{"name": "x", "ui_metadata": {"a": 1e400, "b": [-1e400, {"c": 1.5}]}}'
    made = strict((await server.ask(WORKFLOW, "POST", body, JSON)).body)["workflow_id"]
    for query in ("", "?pretty", "?filter_path=ui_metadata"):
        answer = await server.ask(f"{WORKFLOW}/{made}{query}")
        assert strict(answer.body)["ui_metadata"] == {"a": "Infinity", "b": ["-Infinity", {"c": 1.5}]}
    assert b'"Infinity"' in (await server.ask(f"{WORKFLOW}/{made}?format=yaml")).body


@pytest.mark.parametrize("number", ["1e400", "-1e400", "2147483648", "1e10"])
async def test_a_number_that_is_no_int_is_refused(server: Server, number: str) -> None:
    answer = await server.ask(f"{WORKFLOW}/_search", "POST", f'{{"size": {number}}}', JSON)
    error = strict(answer.body)["error"]
    assert (answer.status, error["type"]) == (400, "input_coercion_exception")
    assert error["reason"].endswith("out of range of int (-2147483648 - 2147483647)")


@pytest.mark.parametrize("boost", ["1e400", '"NaN"', '"Infinity"', "1" + "0" * 400])
async def test_a_boost_that_is_not_finite_fails_on_the_shard(server: Server, boost: str) -> None:
    await server.ask(WORKFLOW, "POST", '{"name": "x"}', JSON)
    for query in (
        f'{{"match_all": {{"boost": {boost}}}}}',
        f'{{"term": {{"name": {{"value": "x", "boost": {boost}}}}}}}',
    ):
        answer = await server.ask(f"{WORKFLOW}/_search", "POST", f'{{"query": {query}}}', JSON)
        (root,) = strict(answer.body)["error"]["root_cause"]
        assert (answer.status, root["type"]) == (500, "query_shard_exception")
        assert root["reason"].startswith("failed to create query: boost must be a positive float, got ")


@pytest.mark.parametrize("digits", [1_000, 1_001, 4_000, 5_000])
async def test_a_number_has_at_most_1000_characters(server: Server, digits: int) -> None:
    answer = await server.ask(f"{WORKFLOW}/_search", "POST", f'{{"min_score": {"9" * digits}}}', JSON)
    expected = f"Number value length ({digits}) exceeds the maximum allowed (1000"
    assert (expected in strict(answer.body)["error"]["reason"]) is (digits > 1_000)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "-1e400"])
async def test_parameters(server: Server, number: str) -> None:
    for target in (
        "/_cluster/health?wait_for_nodes=",
        "/_cluster/health?timeout=",
        "/_cluster/settings?timeout=",
        f"{WORKFLOW}?provision=true&wait_for_completion_timeout=",
    ):
        method = "POST" if target.startswith(WORKFLOW) else "PUT" if "settings" in target else "GET"
        answer = await server.ask(target + number, method, b"{}" if method != "GET" else b"", JSON)
        assert answer.status == 400
        strict(answer.body)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 400])
async def test_the_control_api_refuses_them(server: Server, number: str) -> None:
    for path, body in (
        ("clock", f'{{"speed": {number}}}'),
        ("reset", f'{{"speed": {number}}}'),
        ("next_run", f'{{"steps": {{"n": {{"takes": {number}}}}}}}'),
        ("faults", f'{{"on": "any", "delay": {{"lognormal": {{"median": 1, "sigma": {number}}}}}}}'),
        ("faults", f'{{"on": "any", "probability": {number}}}'),
    ):
        answer = await server.ask(f"{OWNER}/{path}", "POST", body)
        assert answer.status == 400, path
        strict(answer.body)
    if number[0] != "9":
        answer = await server.ask(
            f"{OWNER}/faults", "POST", f'{{"on": "any", "respond": {{"body": {{"a": {number}}}}}}}'
        )
        assert (answer.status, strict(answer.body)["error"]["message"]) == (
            400,
            f"the body is not JSON: {number} is no number in JSON",
        )


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
async def test_the_journal_shows_a_refused_body_as_text(server: Server, number: str) -> None:
    body = f'{{"size": {number}}}'
    await server.ask(f"{WORKFLOW}/_search", "POST", body, JSON)
    answer = await server.ask(f"{OWNER}/journal")
    assert strict(answer.body)["exchanges"][-1]["request"]["body"] == body
    strict((await server.ask(f"{OWNER}/coverage")).body)


@pytest.mark.parametrize("number", [".nan", ".inf", "-.Inf", "1e400"])
async def test_a_scenario_names_the_place(server: Server, number: str) -> None:
    text = f"scenario: x\nmatch: everything\nstubs:\n  - request: /a\n    respond: {{body: {{a: {number}}}}}\n"
    answer = await server.ask(f"{OWNER}/scenarios?source=x.yaml", "PUT", text)
    assert answer.status == 400
    assert f"x.yaml:5:25: {number} is not a number in JSON" in strict(answer.body)["error"]["message"]


async def test_a_stub_matches_no_body_that_is_no_json(server: Server) -> None:
    stub = {"request": {"path": "/a/b/c", "body": {"$.a": "*"}}, "respond": {"status": 202, "body": "{{body.a}}"}}
    scenario = json.dumps({"scenario": "s", "match": "everything", "stubs": [stub]})
    assert (await server.ask(f"{OWNER}/scenarios", "PUT", scenario)).status == 200
    for number, status in (("1.5", 400), ('"x"', 202), ("NaN", 400), ("1e400", 400)):
        answer = await server.ask("/a/b/c", "POST", f'{{"a": {number}}}', JSON)
        assert answer.status in (status, 202 if number == "1.5" else status)
