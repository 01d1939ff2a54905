"""What a client sends to a stub whose patterns could try for ever: the answer comes at once."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from mockflow.core.base.path_pattern import parse_pattern
from mockflow.core.stubs.json_path import TooManyVisitsError, find_all, parse_json_path
from tests.support.server import Server, Servers

STUBS: Final = """
scenario: stubs
match: everything
stubs:
  - {request: "GET /path/*-*-*-*-*-*-*x", respond: {body: matched}}
  - {request: "GET /names/{a}-{b}/{c}-{d}/{e}-{f}/x", respond: {body: matched}}
  - {request: {path: /header/x/y, headers: {X: "*a*a*a*a*a*a*b"}}, respond: {body: matched}}
  - {request: {path: /value/x/y, body: {$.a: "*a*a*a*a*a*a*b"}}, respond: {body: matched}}
  - {request: {path: /json/x/y, body: {"$..*..*..*..*": 7}}, respond: {body: matched}}
  - request: {path: /secret/x/y, headers: {Authorization: a}, query: {h: a}, body: {$.password: a, $.b: a}}
    respond: {body: matched}
  - {request: {path: /echo/x/y}, respond: {body: {echo: "{{body}}"}}}
"""
JSON: Final = {"Content-Type": "application/json"}
BOMB: Final[Any] = [[[[[[1] * 7] * 7] * 7] * 7] * 7] * 7
_SECONDS: Final = 5  # of a busy machine; without a bound it is years


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    servers = Servers()
    yield await servers(STUBS)
    await servers.stop()


@pytest.mark.parametrize(
    ("target", "headers", "body"),
    [
        (f"/path/{'-' * 4000}", {}, ""),
        (f"/names/{'-' * 1300}/{'-' * 1300}/{'-' * 1300}/y", {}, ""),
        ("/header/x/y", {"X": "a" * 8000}, ""),
        ("/value/x/y", JSON, json.dumps({"a": "a" * 150_000})),
        ("/json/x/y", JSON, json.dumps(BOMB)),
    ],
)
async def test_a_request_that_nearly_fits_is_answered_at_once(
    server: Server, target: str, headers: dict[str, str], body: str
) -> None:
    began = time.perf_counter()
    answer = await server.ask(target, "GET", body, headers)
    assert answer.status == 400
    assert time.perf_counter() - began < _SECONDS


async def test_many_stubs_that_look_at_much_of_a_body() -> None:
    stub = "  - {request: {path: /p%d/x/y, body: {$.a.b: 1, $..q: 2}}, respond: {body: x}}\n"
    servers = Servers()
    server = await servers("scenario: many\nmatch: everything\nstubs:\n" + "".join(stub % n for n in range(200)))
    body = json.dumps({"a": [{"q1": 1, "z": [1, 2, 3]}] * 20_000})
    began = time.perf_counter()
    assert (await server.ask("/q/x/y", "POST", body, JSON)).status == 400
    assert time.perf_counter() - began < _SECONDS
    await servers.stop()


async def test_a_near_miss_says_that_an_expression_looks_at_too_much(server: Server) -> None:
    await server.ask("/json/x/y", "GET", json.dumps(BOMB), JSON)
    (exchange,) = server.cluster.world.journal
    assert exchange.scripted
    assert "visits too many values of the body" in str(exchange.scripted.near_misses)


async def test_a_near_miss_tells_no_secret(server: Server) -> None:
    body = json.dumps({"password": "s3cret", "b": {"api_key": "s3cret"}})
    await server.ask("/secret/x/y?pretty", "POST", body, {**JSON, "Authorization": "Bearer s3cret"})
    (exchange,) = server.cluster.world.journal
    assert exchange.scripted
    told = exchange.scripted.near_misses[0]
    assert "the header Authorization is (hidden)" in str(told)
    assert "s3cret" not in str(told)


@pytest.mark.parametrize("query", ["?format=yaml", "?filter_path=**.x"])
async def test_a_deep_body_that_is_echoed(server: Server, query: str) -> None:
    body = f'{{"t":{"[" * 900}{"]" * 900}}}'
    answer = await server.ask(f"/echo/x/y{query}", "POST", body, JSON)
    assert answer.status == 400
    assert b"nested too deep" in answer.body


@pytest.mark.parametrize(
    ("expression", "value", "found"),
    [
        ("$", [1], [[1]]),
        ("$.a.b", {"a": {"b": {"c": 1}}}, [{"c": 1}]),
        ("$.query.match", {"query": {"match": "x"}}, ["x"]),
        ("$..x", {"x": 1, "y": [{"x": 2}]}, [1, 2]),
        ("$[-1]", [1, 2], [2]),
        ("$[0:2]", [[1], [2], [3]], [[1], [2]]),
        ("$[?@.a == 1].b", [{"a": 1, "b": 2}, {"a": 2}], [2]),
        ("$[?@.a == $[1].a].b", [{"a": [1, {"x": 2}], "b": 2}, {"a": [1, {"x": 2}]}], [2]),
        ("$[?length(@.a) == 2].a", [{"a": [1, 2]}, {"a": [1]}], [[1, 2]]),
        ("$[?@['search'] == 'search'].search", [{"search": "search"}], ["search"]),
    ],
)
def test_what_an_expression_finds(expression: str, value: Any, found: list[Any]) -> None:
    assert find_all(expression, value) == found
    assert all(type(one) in (int, str, dict, list) for one in find_all(expression, value))


@pytest.mark.parametrize(
    "expression", ["$..*..*..*..*", "$[?@..*[?@..*[?@..a]]]", "$[*,*,*][*,*,*][*,*,*][*,*,*][*,*,*][*,*,*]"]
)
def test_an_expression_that_looks_at_too_much_gives_up(expression: str) -> None:
    with pytest.raises(TooManyVisitsError):
        find_all(expression, BOMB)


@pytest.mark.parametrize("expression", ["$[?match(@.a, '(a+)+b')]", "$[?search(@.a, '(a+)+b')]", "$[?@.a =~ /(a+)+b/]"])
def test_regular_expressions_are_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="leave out the regular expression"):
        parse_json_path(expression)


@pytest.mark.parametrize(
    ("pattern", "path", "values"),
    [
        ("/a/{b}", "/a/x%2Fy", {"b": "x/y"}),
        ("/a/{b}-{c}", "/a/x-y-z", {"b": "x-y", "c": "z"}),
        ("/a/{b}", "/a/", None),
        ("/a/*", "/a/x/y", None),
        ("/a*c/*", "/abbc/y", {}),
        ("/a/**", "/a", {}),
        ("/a/{b}/**", "/a/x/y/z", {"b": "x"}),
        ("/a/**", "/ab", None),
        ("/**", "/", {}),
        ("/**", "/x/y", {}),
    ],
)
def test_path_patterns(pattern: str, path: str, values: dict[str, str] | None) -> None:
    assert parse_pattern(pattern).match("GET", path) == values


def test_a_pattern_of_many_names_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 2 names"):
        parse_pattern("/a/{b}-{c}-{d}")
