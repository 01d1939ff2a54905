"""JSON that cannot be read, in the words of each release, and characters that answers escape."""

import json
from typing import Any, Final

import pytest

from mockflow.server.answer import answer
from mockflow.server.http.messages import Request
from tests.support.server import STORY, WORKFLOW, cluster_of

JSON_BODY: Final = {"Content-Type": "application/json"}
YAML_BODY: Final = {"Content-Type": "application/yaml", "Accept": "application/json"}
REDACTED: Final = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
SETTINGS: Final = "/_cluster/settings"
SEARCH: Final = f"{WORKFLOW}/_search"
XYZ: Final = (
    "Unrecognized token 'xyz': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
)


async def ask(target: str, body: str | bytes, version: str, headers: dict[str, str] = JSON_BODY) -> tuple[int, Any]:
    method = "PUT" if target == SETTINGS else "POST"
    content = body.encode() if isinstance(body, str) else body
    got = await answer(cluster_of(STORY, version=version), Request(method, target, headers, content))
    return got.status, json.loads(got.body)


@pytest.mark.parametrize("target", [SETTINGS, SEARCH])
@pytest.mark.parametrize("version", ["3.7.0", "3.8.0"])
async def test_malformed_json_of_jackson_3(target: str, version: str) -> None:
    reason = f"{XYZ}\n at {REDACTED}; byte offset: #0]"
    told = {"type": "json_parse_exception", "reason": reason}
    cause = {"type": "stream_read_exception", "reason": reason}
    assert await ask(target, "xyz", version) == (
        400,
        {"error": {"root_cause": [told], **told, "caused_by": cause}, "status": 400},
    )
    started = f"{REDACTED}; byte offset: #UNKNOWN]"
    reason = (
        f"Unexpected end-of-input: expected close marker for Object (start marker at {started})\n"
        f" at {REDACTED}; byte offset: #1]"
    )
    told = {"type": "unexpected_end_of_input_exception", "reason": reason}
    assert (await ask(target, "{", version))[1]["error"] == {"root_cause": [told], **told, "caused_by": told}


@pytest.mark.parametrize("target", [SETTINGS, SEARCH])
@pytest.mark.parametrize("version", ["2.12.0", "2.19.6", "3.6.0"])
async def test_malformed_json_of_jackson_2(target: str, version: str) -> None:
    told = {"type": "json_parse_exception", "reason": f"{XYZ}\n at {REDACTED}; line: 1, column: 4]"}
    assert await ask(target, "xyz", version) == (400, {"error": {"root_cause": [told], **told}, "status": 400})
    told = {
        "type": "json_e_o_f_exception",
        "reason": f"Unexpected end-of-input: expected close marker for Object (start marker at {REDACTED}; line: 1, "
        f"column: 1])\n at {REDACTED}; line: 1, column: 2]",
    }
    assert (await ask(target, "{", version))[1]["error"] == {"root_cause": [told], **told}


@pytest.mark.parametrize(
    ("body", "begins"),
    [
        ('{"a": 1, "a": 2}', 'Duplicate Object property "a"'),
        ('{"a": NaN}', "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"),
        ('{"a": 1} /', None),
        ('{"a" /* b: 1}', "Unexpected end-of-input in a comment"),
        ('{"a": /b', "Unexpected character ('b' (code 98)): was expecting either '*' or '/' for a comment"),
        ("[" * 100_000, "Document nesting depth (1001) exceeds the maximum allowed (1000, from "),
        (f'{{"a": {"9" * 5000}}}', "Number value length (5000) exceeds the maximum allowed (1000, from "),
        (b'{"a": "\xff"}', "Invalid UTF-8 start byte 0xff"),
        (b'{"a": \xfe}', "Invalid UTF-8 start byte 0xfe"),
    ],
)
async def test_what_else_is_not_json(body: str | bytes, begins: str | None) -> None:
    status, error = await ask(SETTINGS, body, "3.8.0")
    assert status == 400
    reason = error["error"]["reason"]
    assert reason.startswith(begins or "Validation Failed")


@pytest.mark.parametrize("tail", ["", " xyz", "}", ' {"query": 5}', "// comment"])
async def test_what_follows_the_first_value_is_not_read(tail: str) -> None:
    status, found = await ask(SEARCH, '/* all */ {"query": {"match_all": {}}}' + tail, "3.8.0")
    assert status in (200, 404), found


@pytest.mark.parametrize("blank", [" ", "\n\t", "// nothing"])
async def test_a_body_without_a_value(blank: str) -> None:
    status, error = await ask(SEARCH, blank, "3.8.0")
    told = {
        "type": "parsing_exception",
        "reason": "Expected [START_OBJECT] but found [null]",
        "line": 1,
        "col": 0,
    }
    assert (status, error["error"]) == (400, {"root_cause": [told], **told})
    assert (await ask(SETTINGS, blank, "3.8.0"))[0] == 400, "nothing to set"


async def test_yaml_is_read_as_in_the_plugin() -> None:
    status, found = await ask(SETTINGS, "transient: {cluster.a: 0x1F, cluster.b: [yes, 0.5]}", "3.8.0", YAML_BODY)
    assert (status, found["transient"]) == (200, {"cluster": {"a": "31", "b": ["true", "0.5"]}})
    for broken in ("a: [", "a: 1\na: 2", "\t"):
        assert (await ask(SETTINGS, broken, "3.8.0", YAML_BODY))[0] == 400


# -- characters beyond U+FFFF ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "shown"), [("2.19.6", r"\uD83D\uDE00 ü"), ("3.6.0", r"\uD83D\uDE00 ü"), ("3.7.0", "😀 ü")]
)
async def test_jackson_2_escapes_characters_beyond_the_bmp(version: str, shown: str) -> None:
    cluster = cluster_of(STORY, version=version)
    for query, body in (("", f'{{"error":"Fail to find workflow status of {shown}"}}'), ("?pretty", None)):
        got = await answer(cluster, Request("GET", f"{WORKFLOW}/%F0%9F%98%80%20%C3%BC/_status{query}", {}))
        assert got.status == 404
        assert shown.encode() in got.body
        if body is not None:
            assert got.body.decode() == body
    got = await answer(cluster, Request("GET", f"{WORKFLOW}/%F0%9F%98%80/_status?format=yaml", {}))
    assert "😀".encode() in got.body


@pytest.mark.parametrize("version", ["2.19.6", "3.8.0"])
async def test_half_a_pair_is_escaped_in_every_release(version: str) -> None:
    cluster = cluster_of(version=version)
    got = await answer(cluster, Request("POST", WORKFLOW, JSON_BODY, b'{"name":"\\ud800"}'))
    workflow_id = json.loads(got.body)["workflow_id"]
    got = await answer(cluster, Request("GET", f"{WORKFLOW}/{workflow_id}", {}))
    assert got.body.startswith(b'{"name":"\\uD800"')
