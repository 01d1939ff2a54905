"""Query parameters: booleans, time values, unknown ones, encodings, and what is checked before what.

Facts: docs/reference/opensearch.md, "Parameters".
"""

import pytest

from tests.support.server import NOT_STARTED, STORY, WORKFLOW, Server, Servers

STATUS = f"{WORKFLOW}/w/_status"


# -- booleans ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["?all=true", "?all", "?all=", "?all&pretty=false", "?&all&", "?all=false&all=true"])
async def test_true(server: Server, query: str) -> None:
    answer = await server.status(query=query)
    assert answer.json == {**NOT_STARTED, "provisioning_progress": "NOT_STARTED"}


@pytest.mark.parametrize("query", ["", "?", "?all=false", "?all=%20", "?all=+", "?all=%09", "?all=true&all=false"])
async def test_false(server: Server, query: str) -> None:
    assert (await server.status(query=query)).json == NOT_STARTED


@pytest.mark.parametrize(
    ("sent", "quoted"),
    [
        ("True", "True"),
        ("TRUE", "TRUE"),
        ("False", "False"),
        ("1", "1"),
        ("0", "0"),
        ("yes", "yes"),
        ("on", "on"),
        ("%20true", " true"),
        ("true%20", "true "),
        ("tru%C3%A9", "trué"),
        ("true,true", "true,true"),
        ("null", "null"),
    ],
)
async def test_no_boolean(server: Server, sent: str, quoted: str) -> None:
    answer = await server.status(query=f"?all={sent}")
    reason = f"Failed to parse value [{quoted}] as only [true] or [false] are allowed."
    cause = {"type": "illegal_argument_exception", "reason": reason}
    assert answer.status == 400
    assert answer.json == {"error": {"root_cause": [cause], **cause}, "status": 400}


async def test_the_bytes_of_that_error(server: Server) -> None:
    assert (await server.status(query="?all=True")).body == (
        b'{"error":{"root_cause":[{"type":"illegal_argument_exception","reason":"Failed to parse value [True] as only '
        b'[true] or [false] are allowed."}],"type":"illegal_argument_exception","reason":"Failed to parse value [True] '
        b'as only [true] or [false] are allowed."},"status":400}'
    )


@pytest.mark.parametrize("name", ["pretty", "human", "error_trace"])
@pytest.mark.parametrize("target", [STATUS, "/no/such/path", "/_cluster/health", f"{WORKFLOW}/w"])
async def test_those_of_every_route_are_read_before_routing(server: Server, name: str, target: str) -> None:
    answer = await server.ask(f"{target}?{name}=abc")
    assert answer.status == 400
    assert answer.reason == "Failed to parse value [abc] as only [true] or [false] are allowed."


# -- unknown ones --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("foo", "parameter: [foo]"),
        ("foo=1&foo=2", "parameter: [foo]"),
        ("zzz&foo", "parameters: [foo], [zzz]"),
        ("b=1&a=2&c", "parameters: [a], [b], [c]"),
        ("ALL=true", "parameter: [ALL]"),
        ("al=true", "parameter: [al] -> did you mean [all]?"),
        ("prety", "parameter: [prety] -> did you mean [pretty]?"),
        ("alll&foo&prety=x", "parameters: [alll] -> did you mean [all]?, [foo], [prety] -> did you mean [pretty]?"),
        ("workflow_i", "parameter: [workflow_i] -> did you mean [workflow_id]?"),
        ("filterpath=x", "parameter: [filterpath] -> did you mean [filter_path]?"),
        ("gr%C3%B6%C3%9Fe", "parameter: [größe]"),
        ("a%20b+c", "parameter: [a b c]"),
        ("wait_for_completion_timeout=1s", "parameter: [wait_for_completion_timeout]"),
        ("x" * 2000, f"parameter: [{'x' * 2000}]"),
    ],
)
async def test_unknown(server: Server, query: str, told: str) -> None:
    answer = await server.status(query=f"?{query}")
    assert answer.status == 400
    assert answer.error["type"] == "illegal_argument_exception"
    assert answer.reason == f"request [{STATUS}] contains unrecognized {told}"


async def test_several_near_ones_are_told_best_first(server: Server) -> None:
    answer = await server.ask("/_cluster/health?wait_for")
    assert answer.reason == (
        "request [/_cluster/health] contains unrecognized parameter: [wait_for] -> did you mean any of "
        "[wait_for_nodes, wait_for_events, wait_for_status]?"
    )


async def test_the_path_is_told_decoded(server: Server) -> None:
    answer = await server.status("a%20b", "?foo")
    assert answer.reason == f"request [{WORKFLOW}/a b/_status] contains unrecognized parameter: [foo]"


@pytest.mark.parametrize(("query", "name"), [("?=x", "x"), ("?==x=y", "x"), ("?&=%78", "x")])
async def test_a_part_without_a_name_is_a_name(server: Server, query: str, name: str) -> None:
    answer = await server.ask(f"/_cluster/health{query}")
    assert answer.status == 400
    assert answer.reason == f"request [/_cluster/health] contains unrecognized parameter: [{name}]"


async def test_the_paths_own_name_is_no_unknown_parameter(server: Server) -> None:
    """PathTrie puts the path's values among the parameters, over what was sent."""
    assert (await server.status(query="?workflow_id=other")).json == NOT_STARTED


@pytest.mark.parametrize("query", ["?format=json&filter_path=*&pretty=false&human&error_trace=false", "?human=true"])
async def test_those_of_every_route_are_never_unknown(server: Server, query: str) -> None:
    assert (await server.status(query=query)).json == NOT_STARTED


# -- order of checks: 405, 406, the handler's parameters, unknown ones, the action ----------------------


async def test_a_known_bad_value_comes_before_an_unknown_name(server: Server) -> None:
    assert "Failed to parse value [1]" in (await server.status(query="?foo&all=1")).reason


async def test_an_unknown_name_comes_before_an_unknown_workflow(server: Server) -> None:
    answer = await server.status("nope", "?foo")
    assert (answer.status, answer.error["type"]) == (400, "illegal_argument_exception")


async def test_a_bad_type_of_body_comes_before_the_handlers_parameters(server: Server) -> None:
    answer = await server.ask(f"{STATUS}?all=1&foo", body="x", headers={"Content-Type": "text/plain"})
    assert answer.status == 406


async def test_a_wrong_method_comes_before_a_bad_type_of_body(server: Server) -> None:
    answer = await server.ask(f"{STATUS}?all=1&foo", "POST", body="x", headers={"Content-Type": "text/plain"})
    assert answer.status == 405


async def test_an_unknown_name_comes_before_a_body_that_nobody_reads(server: Server) -> None:
    json_body = {"Content-Type": "application/json"}
    assert "unrecognized" in (await server.ask("/?foo", body="{}", headers=json_body)).reason
    assert (await server.ask("/", body="{}", headers=json_body)).reason == (
        "request [GET /] does not support having a body"
    )


# -- encodings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("all=%", "unterminated escape sequence at end of string: %"),
        ("all=true%", "unterminated escape sequence at end of string: true%"),
        ("all=%4", "partial escape sequence at end of string: %4"),
        ("all=%zz", "invalid escape sequence `%zz' at index 0 of: %zz"),
        ("all=a%g1b", "invalid escape sequence `%g1' at index 1 of: a%g1b"),
        ("%zz=1", "invalid escape sequence `%zz' at index 0 of: %zz"),
        ("pretty=abc&all=%zz", "invalid escape sequence `%zz' at index 0 of: %zz"),
    ],
)
@pytest.mark.parametrize("target", [STATUS, "/no/such/path"])
async def test_broken_escapes(server: Server, target: str, query: str, problem: str) -> None:
    answer = await server.ask(f"{target}?{query}")
    wrapped = {"type": "bad_parameter_exception", "reason": f"java.lang.IllegalArgumentException: {problem}"}
    cause = {"type": "illegal_argument_exception", "reason": problem}
    assert answer.status == 400
    assert answer.json == {"error": {"root_cause": [wrapped], **wrapped, "caused_by": cause}, "status": 400}


@pytest.mark.parametrize(
    "query", ["?%61ll=tru%65", "?all=%74%72%75%65", "?all=true#fragment", "?all=true;pretty=false", "?=all&=&"]
)
async def test_encodings_that_are_read(server: Server, query: str) -> None:
    assert (await server.status(query=query)).json == {**NOT_STARTED, "provisioning_progress": "NOT_STARTED"}


# -- time values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["1s", "1S", "1m", "1M", "500ms", "2h", "1d", "100micros", "100nanos", "0", "-1", "%201s%20", "0s", "-1ms", "00"],
)
async def test_time_values(server: Server, value: str) -> None:
    assert (await server.ask(f"/_cluster/health?timeout={value}")).status == 200


@pytest.mark.parametrize(
    ("value", "reason", "cause"),
    [
        (
            "5",
            "failed to parse setting [timeout] with value [5] as a time value: unit is missing or unrecognized",
            None,
        ),
        ("", "failed to parse setting [timeout] with value [] as a time value: unit is missing or unrecognized", None),
        (
            "1w",
            "failed to parse setting [timeout] with value [1w] as a time value: unit is missing or unrecognized",
            None,
        ),
        (
            "-5s",
            "failed to parse setting [timeout] with value [-5s] as a time value: negative durations are not supported",
            None,
        ),
        ("1.5s", "failed to parse [1.5s], fractional time values are not supported", 'For input string: "1.5"'),
        ("xs", "failed to parse [xs]", 'For input string: "x"'),
        ("s", "failed to parse [s]", 'For input string: ""'),
    ],
)
async def test_no_time_value(server: Server, value: str, reason: str, cause: str | None) -> None:
    answer = await server.ask(f"/_cluster/health?timeout={value}")
    assert answer.status == 400
    assert answer.reason == reason
    caused_by = {"type": "number_format_exception", "reason": cause} if cause else None
    assert answer.error.get("caused_by") == caused_by


async def test_two_scripts_do_not_share_parameters(serve: Servers) -> None:
    """Each request has its own: what one sent is not known to the next."""
    server = await serve(STORY)
    assert (await server.status(query="?all")).json != (await server.status()).json
