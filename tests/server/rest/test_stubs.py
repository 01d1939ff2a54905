"""Stubs: which requests they answer, with what, and what a client can never make of them."""

import json
from typing import Any, Final
from urllib.parse import quote

import pytest

from tests.support.server import JSON, NOT_STARTED, OWNER, STORY, TEXT, Answer, Server, Servers

MODEL: Final = "/_plugins/_ml/models/m2"


async def with_stubs(serve: Servers, stubs: str, **options: Any) -> Server:
    """A server of STORY whose scenario has these stubs too, as YAML of a list."""
    return await serve(f"{STORY}stubs:\n{stubs}", **options)


async def journal(server: Server) -> list[dict[str, Any]]:
    exchanges: list[dict[str, Any]] = (await server.ask(f"{OWNER}/journal")).json["exchanges"]
    return exchanges


# -- which requests ----------------------------------------------------------------------------------

HIT: Final = 299  # which nothing else answers
MATCHING: Final[list[tuple[str, tuple[str, str, str, dict[str, str]], bool]]] = [
    ("GET /a/{x}", ("GET", "/a/1", "", {}), True),
    ("GET /a/{x}", ("POST", "/a/1", "", {}), False),
    ("GET /a/{x}", ("GET", "/a", "", {}), False),
    ("GET /a/{x}", ("GET", "/a/1/2", "", {}), False),
    ("GET /a/{x}", ("GET", "/a/1/", "", {}), True),
    ("GET /a/{x}", ("GET", "/a/1%2F2", "", {}), True),
    ("GET /a/{x}", ("GET", "/A/1", "", {}), False),
    ("/a/{x}", ("DELETE", "/a/1", "", {}), True),
    ("/a/*", ("GET", "/a/1", "", {}), True),
    ("/a/m*l", ("GET", "/a/model", "", {}), True),
    ("/a/m*l", ("GET", "/a/models", "", {}), False),
    ("/a/**", ("GET", "/a", "", {}), True),
    ("/a/**", ("GET", "/a/1/2/3", "", {}), True),
    ("/a/**", ("GET", "/ab", "", {}), False),
    ("/a.b", ("GET", "/axb", "", {}), False),
    ("{path: /a, query: {size: '5'}}", ("GET", "/a?size=5&from=1", "", {}), True),
    ("{path: /a, query: {size: '5'}}", ("GET", "/a?size=50", "", {}), False),
    ("{path: /a, query: {size: '5*'}}", ("GET", "/a?size=50", "", {}), True),
    ("{path: /a, query: {size: '*'}}", ("GET", "/a", "", {}), False),
    ("{path: /a, query: {q: a b}}", ("GET", "/a?q=a%20b", "", {}), True),
    ("{path: /a, headers: {X-Kind: 'big*'}}", ("GET", "/a", "", {"x-kind": "bigger"}), True),
    ("{path: /a, headers: {X-Kind: 'big*'}}", ("GET", "/a", "", {"x-kind": "small"}), False),
    ("{path: /a, headers: {X-Kind: 'big*'}}", ("GET", "/a", "", {}), False),
    (
        "{method: POST, path: /a, body: {$.query.match_all: '*'}}",
        ("POST", "/a", '{"query":{"match_all":"x"}}', {}),
        True,
    ),
    ("{method: POST, path: /a, body: {$.size: 5}}", ("POST", "/a", '{"size":5}', {}), True),
    ("{method: POST, path: /a, body: {$.size: 5}}", ("POST", "/a", '{"size":"5"}', {}), False),
    ("{method: POST, path: /a, body: {$.size: 1}}", ("POST", "/a", '{"size":true}', {}), False),
    (
        "{method: POST, path: /a, body: {'$.docs[*].text': b}}",
        ("POST", "/a", '{"docs":[{"text":"a"},{"text":"b"}]}', {}),
        True,
    ),
    (
        "{method: POST, path: /a, body: {'$.docs[?@.n > 1].text': '*'}}",
        ("POST", "/a", '{"docs":[{"n":2,"text":"a"}]}', {}),
        True,
    ),
    (
        "{method: POST, path: /a, body: {'$.docs[?@.n > 1].text': '*'}}",
        ("POST", "/a", '{"docs":[{"n":1,"text":"a"}]}', {}),
        False,
    ),
    ("{method: POST, path: /a, body: {$.size: 5}}", ("POST", "/a", "size: 5", {}), False),
    ("{method: POST, path: /a, body: {$.size: 5}}", ("POST", "/a", "", {}), False),
    ("{method: POST, path: /a, body: {$.x: null}}", ("POST", "/a", '{"x":null}', {}), True),
]


@pytest.mark.parametrize(
    ("wanted", "asked", "hits"), MATCHING, ids=[f"{wanted} - {asked[:3]}" for wanted, asked, _ in MATCHING]
)
async def test_matching(serve: Servers, wanted: str, asked: tuple[str, str, str, dict[str, str]], hits: bool) -> None:
    server = await with_stubs(
        serve, f"  - {{request: {wanted if wanted[0] == '{' else repr(wanted)}, respond: {{status: {HIT}}}}}"
    )
    method, target, body, headers = asked
    answer = await server.ask(target, method, body, {"Content-Type": "application/json", **headers})
    assert (answer.status == HIT) == hits


async def test_a_sequence_and_its_last_answer_for_ever(serve: Servers) -> None:
    server = await with_stubs(serve, "  - {request: GET /a, respond: [unauthorized, {body: {n: 1}}, {body: {n: 2}}]}")
    answers = [await server.ask("/a") for _ in range(4)]
    assert [answer.status for answer in answers] == [401, 200, 200, 200]
    assert [answer.json for answer in answers[1:]] == [{"n": 1}, {"n": 2}, {"n": 2}]
    await server.ask(f"{OWNER}/workflows/w/restart", "POST")
    assert (await server.ask("/a")).status == 401, "a restart begins anew"


async def test_when(serve: Servers) -> None:
    server = await with_stubs(
        serve,
        "  - {request: GET /a/b, when: {state: PROVISIONING}, respond: {body: provisioning}}\n"
        "  - {request: GET /a/b, when: {during: 6s..7s}, respond: {body: sixth}}\n"
        "  - {request: GET /a/b, when: {state: COMPLETED, during: 8s..}, respond: {body: late}}\n",
    )
    assert (await server.ask("/a/b")).status == 400, "not begun"
    await server.status()
    seen = []
    for _ in range(10):
        answer = await server.ask("/a/b")
        seen.append(answer.body.decode() if answer.status == 200 else answer.status)
        await server.advance("1s")
    assert seen == [400, 400, *["provisioning"] * 4, "sixth", 400, "late", "late"]


async def test_when_moves_on_in_auto(serve: Servers) -> None:
    """A loop that waits for a stub alone must end."""
    states = {"NOT_STARTED": "NONE", "PROVISIONING": "LOADING", "COMPLETED": "DEPLOYED"}
    stubs = (
        f"  - {{request: '{MODEL}', when: {{state: {state}}}, respond: {{body: {{s: {told}}}}}}}\n"
        for state, told in states.items()
    )
    server = await with_stubs(serve, "".join(stubs), mode="auto")
    assert (await server.status()).json == NOT_STARTED
    assert [(await server.ask(MODEL)).json["s"] for _ in range(3)] == ["LOADING", "DEPLOYED", "DEPLOYED"]


# -- the order ---------------------------------------------------------------------------------------


async def test_faults_then_stubs_then_the_cluster_then_nobody(serve: Servers) -> None:
    server = await with_stubs(
        serve,
        "  - {request: GET /a/b, respond: {body: first}}\n"
        "  - {request: GET /a/b, respond: {body: second}}\n"
        "  - {request: GET /_cluster/health, respond: {body: stubbed}}\n"
        "faults:\n  - {on: [/a/b, cluster.health], scope: cluster, call: 1, respond: forbidden}\n",
    )
    assert (await server.ask("/a/b")).status == 403
    assert (await server.ask("/a/b")).body == b"first"
    assert (await server.ask("/_cluster/health")).body == b"stubbed"
    assert (await server.ask("/_cluster/health?level=nonsense&pretty=x")).status == 400, "what no route lets through"
    assert (await server.ask("/_cat/health")).status == 200
    assert (await server.ask("/b/c")).error == "no handler found for uri [/b/c] and method [GET]"
    told = [(one["fault"] is not None, one["stub"]) for one in await journal(server)]
    assert told[:3] == [(True, None), (False, "GET /a/b"), (False, "GET /_cluster/health")]


async def test_a_stub_of_a_status_is_no_poll(serve: Servers) -> None:
    server = await with_stubs(
        serve,
        "  - request: GET /_plugins/_flow_framework/workflow/w/_status\n    when: {state: PROVISIONING}\n"
        "    respond: {body: {state: STUBBED}}\n",
        mode="auto",
    )
    assert [(await server.status()).json["state"] for _ in range(3)] == ["NOT_STARTED", "STUBBED", "COMPLETED"]
    assert [one["is_poll"] for one in await journal(server)] == [True, False, True]


async def test_near_misses(serve: Servers) -> None:
    server = await with_stubs(
        serve,
        "  - {request: 'POST /_plugins/_ml/models/{id}/_predict', respond: {status: 200}}\n"
        "  - {request: GET /far/away/from/it, respond: {status: 200}}\n"
        "  - {request: {method: GET, path: /a/b, query: {size: '5'}, headers: {x: y}}, respond: {status: 200}}\n"
        "  - {request: GET /b/c, when: {state: COMPLETED}, respond: {status: 200}}\n"
        "  - {request: {method: POST, path: /c/d, body: {$.n: 5}}, respond: {status: 200}}\n",
    )
    await server.ask("/_plugins/_ml/models/m/_predicts", "POST")
    await server.ask("/a/b?size=6")
    await server.ask("/b/c")
    await server.ask("/c/d", "POST", '{"n": 6}', {"Content-Type": "application/json"})
    await server.ask("/_cluster/health")
    nearest = [(one["near_misses"] or [None])[0] for one in await journal(server)]
    assert nearest == [
        {
            "stub": "POST /_plugins/_ml/models/{id}/_predict",
            "reasons": ['the path is "/_plugins/_ml/models/m/_predicts", not "/_plugins/_ml/models/{id}/_predict"'],
        },
        {"stub": "GET /a/b", "reasons": ['the parameter size is "6", not "5"', "the header x is missing"]},
        {"stub": "GET /b/c", "reasons": ["no workflow is COMPLETED"]},
        {"stub": "POST /c/d", "reasons": ["$.n in the body is 6, not 5"]},
        None,
    ]


# -- templating --------------------------------------------------------------------------------------

FILLED: Final = """
  - request: POST /echo/{name}
    respond:
      headers: {X-Told: "{{query.q}}"}
      body:
        path: "{{path.name}}"
        query: "{{query.q}}"
        header: "{{header.X-Kind}}"
        body: "{{body.docs.0.text}}"
        whole: "{{body}}"
        within: "<{{body.docs.0.text}}|{{query.q}}>"
        nothing: "{{body.not.there}}"
        "{{path.name}}": key
        state: "{{workflow.state}}"
        id: "{{workflow.id}}"
        model: "{{workflow.resources.register_model_2}}"
        now: "{{now}}"
        elapsed: "{{elapsed}} ms"
        method: "{{method}}"
  - request: POST /text/{name}
    respond: {body: "a {{path.name}} b {{body.docs.0.text}} c"}
  - request: POST /json-text
    respond:
      headers: {Content-Type: application/json}
      body: '{"q": "{{query.q}}", "n": {{elapsed}}, "t": "{{body.docs.0.text}}"}'
"""


async def echo(server: Server, text: Any = "t", q: str = "q", name: str = "n", path: str = "/echo/") -> Answer:
    target = f"{path}{quote(name, safe='') if path.endswith('/') else ''}?q={quote(q, safe='')}"
    body = text if isinstance(text, bytes) else json.dumps({"docs": [{"text": text}]}).encode()
    return await server.ask(target, "POST", body, {"Content-Type": "application/json", "X-Kind": "k"})


async def test_values_of_request_workflow_and_clock(serve: Servers) -> None:
    server = await with_stubs(serve, FILLED)
    await server.status()
    await server.advance("6s")
    answer = await echo(server)
    assert answer.header("content-type") == JSON
    assert answer.header("x-told") == "q"
    assert answer.json == {
        "path": "n",
        "query": "q",
        "header": "k",
        "body": "t",
        "whole": {"docs": [{"text": "t"}]},
        "within": "<t|q>",
        "nothing": None,
        "{{path.name}}": "key",
        "state": "COMPLETED",
        "id": "w",
        "model": "m2",
        "now": server.cluster.world.now(),
        "elapsed": "6000 ms",
        "method": "POST",
    }
    text = await echo(server, path="/text/")
    assert (text.header("content-type"), text.body) == (TEXT, b"a n b t c")


HOSTILE: Final = [
    "{{now}}",
    "{{workflow.id}}",
    "{{{{body}}}}",
    "{{ body.docs.0.text }}",
    '","admin":true,"x":"',
    '"}],"a":[{"b":"',
    "a\r\nSet-Cookie: x=1\r\n\r\n<html>",
    "a\nb\x00c\x7f\x1b[31m",
    "\\u0022\\",
    "%0d%0aX: y",
    "<script>alert(1)</script>",
    "\u2028\u2029\ufeff",
    "é" * 50,
    "",
    " ",
]


@pytest.mark.parametrize("evil", HOSTILE, ids=[repr(evil)[:30] for evil in HOSTILE])
async def test_a_clients_value_is_a_value_and_nothing_else(serve: Servers, evil: str) -> None:
    server = await with_stubs(serve, FILLED)
    answer = await echo(server, evil, q=evil, name=evil or "n")
    told = answer.json
    assert (told["body"], told["query"], told["path"]) == (evil, evil, evil or "n")
    assert told["within"] == f"<{evil}|{evil}>"
    assert len(told) == 14
    header = answer.header("x-told")
    assert header is not None
    assert header == "".join(mark for mark in evil if mark.isprintable()).strip()
    assert {name.lower() for name, _ in answer.headers} == {
        "x-opensearch-version",
        "x-told",
        "content-type",
        "content-length",
    }
    text = await echo(server, evil, name=evil or "n", path="/text/")
    assert text.body.decode() == f"a {evil or 'n'} b {evil} c"
    assert (await echo(server, evil, q=evil, path="/json-text")).json == {"q": evil, "n": 0, "t": evil}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1, 2, 3]",
        b"null",
        b'"text"',
        b'{"docs": {"0": {"text": 5}}}',
        b'{"docs": [{"text": {"a": [1, {"b": null}]}}]}',
        b'{"docs": [{"text": "\\ud800"}]}',
        b'{"docs": [{"text": NaN}]}',
        b'{"docs": [{"text": -Infinity}]}',
        b'{"docs": [{"text": 1e999}]}',
        b'{"docs": [{"text": ' + b"9" * 5000 + b"}]}",
        b'{"docs": [{"text": ' + b"9" * 400 + b"}]}",
        b'{"docs": [{"text": ' + b"[" * 900 + b"]" * 900 + b"}]}",
        b'{"docs": [{"text": ' + b"[" * 100000 + b"]" * 100000 + b"}]}",
        b'{"docs": [{"text": "' + b"x" * 1_000_000 + b'"}]}',
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda body: repr(body)[:40],
)
async def test_whatever_the_body_is_the_answer_is_json_and_bounded(serve: Servers, body: bytes) -> None:
    server = await with_stubs(serve, FILLED)
    answer = await echo(server, body)
    assert answer.status == 200, answer.body[:200]
    told = json.loads(answer.body, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert len(told["within"]) < 70_000
    assert len(str(told["body"])) < 70_000
    assert (await echo(server, body, path="/text/")).status == 200
    assert (await server.status()).json == NOT_STARTED, "the server still answers"
