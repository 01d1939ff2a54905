"""What no handler answers: 400, 405, 406, OPTIONS, HEAD."""

from typing import Final

import pytest

from mockflow.cluster import Cluster, polling
from mockflow.server.answer import answer as answer_of
from mockflow.server.http.messages import Request
from mockflow.server.rest.errors import UnknownMethodError
from tests.support.server import JSON, STORY, TEXT, WORKFLOW, Server, Wire, cluster_of, request

STATUS: Final = f"{WORKFLOW}/w/_status"
JSON_BODY: Final = {"Content-Type": "application/json"}


# -- nobody serves the path ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("/_cat/nope", "/_cat/nope"),
        ("/_cat/nope?a=1&b", "/_cat/nope"),
        ("/a%20b/c%2Fd/gr%C3%B6%C3%9Fe", "/a b/c/d/größe"),
        ("/_nope/a+b", "/_nope/a+b"),
        ("/_nope/x/", "/_nope/x/"),
        ("/_plugins/_flow_framework", "/_plugins/_flow_framework"),
        ("/_plugins/_flow_framework/workflow/w/_statuses", "/_plugins/_flow_framework/workflow/w/_statuses"),
        ("/_PLUGINS/_flow_framework/workflow/w/_status", "/_PLUGINS/_flow_framework/workflow/w/_status"),
        ("/_mockflowers/clock", "/_mockflowers/clock"),
        ("http://mockflow/_nope/x", "/_nope/x"),
    ],
)
async def test_no_handler(server: Server, target: str, told: str) -> None:
    answer = await server.ask(target)
    assert answer.status == 400
    assert answer.header("content-type") == JSON
    assert answer.body.decode() == f'{{"error":"no handler found for uri [{told}] and method [GET]"}}'


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
async def test_no_handler_names_the_method(server: Server, method: str) -> None:
    assert (await server.ask("/_nope/x", method)).error == f"no handler found for uri [/_nope/x] and method [{method}]"


async def test_no_handler_comes_before_a_bad_type_of_body(server: Server) -> None:
    answer = await server.ask("/_nope/x", "POST", "x", {"Content-Type": "text/plain"})
    assert answer.error == "no handler found for uri [/_nope/x] and method [POST]"


@pytest.mark.parametrize("tail", ["%zz", "x%", "{model_id}", "a|b", "a^b", "x?q={}", '"a"', "a\\b", "`"])
async def test_what_java_calls_no_uri(server: Server, tail: str) -> None:
    answer = await server.ask(f"/_nope/{tail}")
    assert (answer.status, answer.json) == (400, {"error": "invalid uri has been requested"})


# -- the path knows other methods -----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "PATCH", "TRACE"])
async def test_a_wrong_method(server: Server, method: str) -> None:
    answer = await server.ask(f"{STATUS}?all=1&foo", method)
    assert answer.status == 405
    assert answer.header("Allow") == "GET"
    assert answer.header("content-type") == JSON
    expected = (
        f'{{"error":"Incorrect HTTP method for uri [{STATUS}?all=1&foo] and method [{method}], allowed: [GET]",'
        '"status":405}'
    )
    assert answer.body.decode() == ("" if method == "HEAD" else expected)
    assert answer.header("content-length") == str(len(expected))


async def test_all_methods_of_a_path_are_told(server: Server) -> None:
    answer = await server.ask("/", "DELETE")
    assert answer.status == 405
    assert set((answer.header("Allow") or "").split(",")) == {"GET", "HEAD"}
    assert answer.error in {
        f"Incorrect HTTP method for uri [/] and method [DELETE], allowed: [{listed}]"
        for listed in ("GET, HEAD", "HEAD, GET")
    }


@pytest.mark.parametrize("method", ["PROPFIND", "get", "FOO"])
@pytest.mark.parametrize("target", [STATUS, "/_nope/x"])
async def test_a_method_that_opensearch_does_not_have(server: Server, method: str, target: str) -> None:
    """The connection is closed without a response, measured with methods that HTTP does not have either."""
    wire = await Wire.open(server.url)
    try:
        await wire.send(request(target, method))
        assert await wire.rest() == b""
    finally:
        await wire.close()
    assert (await server.status()).status == 200


async def test_such_a_request_without_a_response_is_in_the_journal() -> None:
    cluster = Cluster()
    with pytest.raises(UnknownMethodError):
        await answer_of(cluster, Request("get", "/", {}))
    assert [(entry.method, entry.status) for entry in cluster.world.journal] == [("get", 0)]


# -- a literal path wins, whatever the method ------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "method", "allowed"),
    [
        (f"{WORKFLOW}/_search", "PUT", "GET,POST"),
        (f"{WORKFLOW}/_search", "DELETE", "GET,POST"),
        (f"{WORKFLOW}/_search", "HEAD", "GET,POST"),
        (f"{WORKFLOW}/_steps", "POST", "GET"),
        (f"{WORKFLOW}/_steps", "DELETE", "GET"),
        (f"{WORKFLOW}/_steps?update_fields=true", "PUT", "GET"),
        ("/_plugins/_ml/models/_search", "DELETE", "GET,POST"),
        ("/_plugins/_ml/agents/_search", "PUT", "GET,POST"),
    ],
)
async def test_a_literal_path_is_no_id(server: Server, target: str, method: str, allowed: str) -> None:
    answer = await server.ask(target, method, "" if method == "HEAD" else '{"name":"x"}', JSON_BODY)
    assert (answer.status, answer.header("Allow")) == (405, allowed)
    if method != "HEAD":
        listed = allowed.replace(",", ", ")
        assert answer.error == f"Incorrect HTTP method for uri [{target}] and method [{method}], allowed: [{listed}]"
    answer = await server.ask(target.partition("?")[0], "OPTIONS")
    assert (answer.status, answer.header("Allow")) == (200, allowed)


async def test_what_only_begins_like_a_literal_path_is_an_id(server: Server) -> None:
    assert (await server.ask(f"{WORKFLOW}/_step")).error.endswith("(_step) from global context.")
    assert (await server.ask(f"{WORKFLOW}/_steps/_status")).error == "Fail to find workflow status of _steps"
    assert (await server.ask(f"{WORKFLOW}/state/_status")).error == "Fail to find workflow status of state"


# -- broken escapes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "method", "allowed"),
    [
        (f"{WORKFLOW}/a%zzb", "GET", "DELETE, GET, PUT"),
        (f"{WORKFLOW}/a%2", "DELETE", "DELETE, GET, PUT"),
        (f"{WORKFLOW}/%/_status?all", "GET", "GET"),
        (f"{WORKFLOW}/a%zzb/_provision", "POST", "POST"),
        ("/_cluster/health/a%", "GET", "GET"),
        ("/a%zzb/_nope", "GET", ""),
    ],
)
async def test_a_broken_escape_in_the_place_of_a_name(server: Server, target: str, method: str, allowed: str) -> None:
    answer = await server.ask(target, method)
    listed = f", allowed: [{allowed}]" if allowed else ""
    assert (answer.status, answer.json) == (405, {"error": f"Unexpected HTTP method{listed}", "status": 405})
    assert answer.header("Allow") == (allowed.replace(" ", "") or None)


async def test_a_wrong_method_comes_before_a_broken_escape(server: Server) -> None:
    answer = await server.ask(f"{WORKFLOW}/a%zz/_status", "POST")
    assert answer.error == f"Incorrect HTTP method for uri [{WORKFLOW}/a%zz/_status] and method [POST], allowed: [GET]"
    answer = await server.ask(f"{WORKFLOW}/a%zz/_status", "OPTIONS")
    assert (answer.status, answer.header("Allow")) == (200, "GET")


# -- OPTIONS -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "allowed"),
    [(STATUS, "GET"), (f"{STATUS}?foo", "GET"), ("/_cluster/health/x", "GET"), ("/_nope/x", None)],
)
async def test_options(server: Server, target: str, allowed: str | None) -> None:
    answer = await server.ask(target, "OPTIONS")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Allow") == allowed
    assert answer.header("content-type") == TEXT
    assert answer.header("content-length") == "0"


# -- HEAD ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/_nope/x", "/?foo", "/?pretty=x", "/_nope/%zz"])
async def test_an_error_to_head_tells_the_length_of_the_body_it_omits(server: Server, target: str) -> None:
    """On one connection: had a body come, the next answer would not be readable."""
    head = await server.ask(target, "HEAD")
    assert (head.status, head.body) == (400, b"")
    assert head.header("content-type") == JSON
    get = await server.ask(target)
    assert head.header("content-length") == str(len(get.body) + (1 if b"method [GET]" in get.body else 0))


# -- 406 -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "told"),
    [
        (None, ""),
        ("text/plain", "text/plain"),
        ("text/plain; charset=UTF-8", "text/plain; charset=UTF-8"),
        ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
        ("application/xml", "application/xml"),
        ("multipart/form-data; boundary=x", "multipart/form-data; boundary=x"),
    ],
)
@pytest.mark.parametrize("target", [STATUS, "/", "/_cluster/health"])
async def test_a_body_of_a_type_that_nobody_reads(
    server: Server, target: str, content_type: str | None, told: str
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await server.ask(target, body="{}", headers=headers)
    assert answer.status == 406
    assert answer.body.decode() == f'{{"error":"Content-Type header [{told}] is not supported","status":406}}'


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/JSON",
        "APPLICATION/JSON; CHARSET=utf-8",
        "application/json;charset=UTF-8",
        "application/x-ndjson",
        "application/vnd.opensearch+json;compatible-with=7",
        "application/yaml",
        "application/smile",
        "application/cbor",
    ],
)
async def test_a_body_of_a_type_that_is_read(server: Server, content_type: str) -> None:
    assert (await server.ask(STATUS, body="{}", headers={"Content-Type": content_type})).status == 200


@pytest.mark.parametrize("content_type", ["", "garbage", "application", "/json", "a/b c", "a/b,c/d", "é/ü"])
@pytest.mark.parametrize("body", ["", "{}"])
async def test_what_is_no_content_type(server: Server, content_type: str, body: str) -> None:
    """The header is parsed with the request, body or not, before the route is looked for."""
    for target in (STATUS, "/_nope/x"):
        answer = await server.ask(target, body=body, headers={"Content-Type": content_type})
        plain = f"invalid Content-Type header [{content_type}]"
        told = {
            "type": "content_type_header_exception",
            "reason": f"java.lang.IllegalArgumentException: {plain}",
        }
        cause = {"type": "illegal_argument_exception", "reason": plain}
        assert answer.status == 400
        assert answer.json == {"error": {"root_cause": [told], **told, "caused_by": cause}, "status": 400}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("length", [{}, {"Content-Length": "0"}])
async def test_without_a_body_the_type_does_not_matter(
    server: Server, content_type: str, length: dict[str, str]
) -> None:
    answer = await server.ask(STATUS, headers={"Content-Type": content_type, **length})
    assert answer.status == 200


# -- a fault of our own ---------------------------------------------------------------------------------


async def test_a_fault_of_our_own_is_a_500_and_in_the_log(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(polling, "poll", broken)
    answer = await server.status()
    assert answer.status == 500
    assert answer.reason == "internal error of mockflow; its log has the traceback"
    assert "RuntimeError: boom" in caplog.text
    monkeypatch.undo()
    assert (await server.status()).status == 200


async def test_answer_is_a_function_of_plain_values() -> None:
    """The same door without any socket, as a program would embed it."""
    answer = await answer_of(cluster_of(STORY), Request("GET", STATUS, {}))
    assert (answer.status, answer.body) == (200, b'{"workflow_id":"w","state":"NOT_STARTED"}')
