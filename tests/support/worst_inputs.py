"""Requests that are as expensive as they can be made for their size, one kind for each way to be so.

`make stall` sends them at growing sizes and measures; a short round of them runs in the tests.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tests.support.asks import Ask
from tests.support.worst_documents import MAKES as OF_DOCUMENTS
from tests.support.worst_endpoints import MAKES as OF_ENDPOINTS

FLOW: Final = "/_plugins/_flow_framework/workflow"
CONTROL: Final = "/_mockflow"
JSON: Final = {"Content-Type": "application/json"}
YAML: Final = {"Content-Type": "application/yaml"}
USER: Final = "owner:secret"
"""The user of servers with the security plugin."""
_LINE: Final = 4_000
_HEADERS: Final = 15_000


Make = Callable[[int], Iterator[Ask]]


@dataclass(frozen=True)
class Kind:
    """A kind of input. The last request that `make` gives is the expensive one; those before it prepare the server.

    `sizes` are what `make` takes: the first is for tests. `statuses` are the answers that the last request may get.
    """

    name: str
    make: Make
    sizes: tuple[int, ...]
    statuses: tuple[int, ...]
    needs_user: bool = False
    startup: Callable[[int], str] | None = None
    """The scenarios that the server starts with, besides those of every server."""


class Made:
    """What the requests before have made, which the targets and bodies of those after name: ``{workflow}``, and by the
    keys of answers ``{model_id}``, ``{agent_id}``, ``{_scroll_id}``.
    """

    def __init__(self) -> None:
        self._values = {"workflow": "/"}

    def note(self, ask: Ask, status: int, answer: bytes) -> None:
        """Notes what an answer has."""
        if not (status in (200, 201) and len(answer) < _LARGEST_ANSWER) and "scroll" not in ask.target:
            return
        try:
            values = json.loads(answer)
        except ValueError:
            return
        values = values if isinstance(values, dict) else {}
        self._values |= {key: values[key] for key in ("model_id", "agent_id", "_scroll_id") if key in values}
        if status == 201 and ask.target.startswith(FLOW):
            self._values["workflow"] = f"{FLOW}/{values['workflow_id']}"

    def filled(self, ask: Ask) -> Ask:
        """The request with what it names."""
        target, body = ask.target, ask.body
        for key, value in self._values.items():
            target = target.replace(f"{{{key}}}", value)
            if len(body) < _LARGEST_ANSWER:
                body = body.replace(f"{{{key}}}".encode(), value.encode())
        return Ask(ask.method, target, body, ask.headers)


_LARGEST_ANSWER: Final = 1_000


def search(query: Callable[[int], Any]) -> Make:
    """A search of templates with the query of a size."""

    def make(size: int) -> Iterator[Ask]:
        for number in range(3):
            yield create({"name": f"books {number}", "description": "w0 w1 a a a a b"})
        yield post(f"{FLOW}/_search", {"query": query(size)})

    return make


def body(content: Callable[[int], Any], target: str = f"{FLOW}/_search") -> Make:
    """A POST of a JSON value."""
    return lambda size: iter([post(target, content(size))])


def raw(
    text: Callable[[int], str | bytes], target: str = FLOW, method: str = "POST", headers: Mapping[str, str] = JSON
) -> Make:
    """A request with these bytes as its body."""

    def make(size: int) -> Iterator[Ask]:
        given = text(size)
        yield Ask(method, target, given.encode() if isinstance(given, str) else given, headers)

    return make


def get(target: Callable[[int], str], headers: Callable[[int], Mapping[str, str]] = lambda _: {}) -> Make:
    """A GET."""
    return lambda size: iter([Ask("GET", target(size), b"", headers(size))])


def post(target: str, content: Any, method: str = "POST") -> Ask:
    return Ask(method, target, json.dumps(content).encode(), JSON)


def create(template: Mapping[str, Any], query: str = "") -> Ask:
    return post(f"{FLOW}{query}", template)


def template(*nodes: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "x", **more, "workflows": {"provision": {"nodes": list(nodes)}}}


def node(inputs: Any, name: str = "n", kind: str = "noop") -> dict[str, Any]:
    return {"id": name, "type": kind, "user_inputs": inputs}


def scenario(**keys: Any) -> Ask:
    content = {"scenario": "worst", "match": "everything", **keys}
    return Ask("PUT", f"{CONTROL}/scenarios", json.dumps(content).encode())


def nested(depth: int, inner: Any, *keys: str) -> Any:
    """`inner` within so many objects, whose keys are `keys` in turn."""
    for place in reversed(range(depth)):
        inner = {keys[place % len(keys)]: inner}
    return inner


def _stored(rendering: str) -> Make:
    """A large template, read back in a form."""

    def make(size: int) -> Iterator[Ask]:
        inputs = {f"key{number}": f"value of {number}" for number in range(size)}
        scripted = {"scenario": "large", "workflow_id": "large", "template": template(node(inputs))}
        yield Ask("PUT", f"{CONTROL}/scenarios", json.dumps(scripted).encode())
        yield Ask("GET", f"{FLOW}/large?{rendering}")

    return make


def _stored_settings(size: int, removes: bool = False) -> Iterator[Ask]:
    """Many settings, which are read, or removed by as many patterns."""
    settings = {f"cluster.s{number}.x": "1" for number in range(size)}
    yield post("/_cluster/settings", {"persistent": settings}, "PUT")
    if removes:
        patterns = {f"cluster.s{number}*": None for number in range(size)}
        yield post("/_cluster/settings", {"persistent": patterns}, "PUT")
    else:
        yield Ask("GET", "/_cluster/settings")


def _stubs(request: Callable[[int], Mapping[str, Any] | str], ask: Ask, count: Callable[[int], int]) -> Make:
    def make(size: int) -> Iterator[Ask]:
        stubs = [{"request": request(number), "respond": {"status": 200}} for number in range(count(size))]
        yield scenario(stubs=stubs)
        yield ask

    return make


def _substitution(size: int) -> Iterator[Ask]:
    steps = [
        node({"index_name": f"i{number}", "configurations": "${{a}}" * 100}, f"n{number}", "create_index")
        for number in range(20)
    ]
    yield create(template(*steps))
    yield Ask("POST", "{workflow}/_provision", json.dumps({"a": "x" * size}).encode(), JSON)


def _use_case(size: int) -> Iterator[Ask]:
    text = "${{create_connector.actions.url}}" * 1_000
    given = {"create_connector.credential.key": text, "create_connector.actions.url": "u" * size}
    yield post(f"{FLOW}?use_case=openai_embedding_model_deployment", given)


def _signed(size: int) -> Mapping[str, str]:
    return {"Authorization": f"AWS4-HMAC-SHA256 {('Credential=' * size)[:_HEADERS]}"}


def _graph(size: int) -> Iterator[Ask]:
    nodes = [{"id": f"n{number}", "type": "noop"} for number in range(size)]
    edges = [{"source": f"n{number}", "dest": f"n{number + 1}"} for number in range(size - 1)]
    limit = {"persistent": {"plugins.flow_framework.max_workflow_steps": 500}}
    yield post("/_cluster/settings", limit, "PUT")
    yield create({"name": "x", "workflows": {"provision": {"nodes": nodes, "edges": edges}}})


def _ring(size: int) -> Iterator[Ask]:
    nodes = [{"id": f"n{number}", "type": "noop"} for number in range(50)]
    edges = [{"source": f"n{number % 49}", "dest": f"n{number % 49 + 1}"} for number in range(size)]
    yield create({"name": "x", "workflows": {"provision": {"nodes": nodes, "edges": edges}}})


def _provisioned(inputs: Mapping[str, Any], kind: str) -> Ask:
    """A template of one step that is provisioned at once."""
    return create(template(node(inputs, kind=kind)), "?provision=true")


def _connector(**action: str) -> Ask:
    inputs = {
        "name": "c",
        "description": "d",
        "version": "1",
        "protocol": "http",
        "parameters": {"x": "y"},
        "credential": {"key": "k"},
        "actions": [{"action_type": "predict", "method": "POST", "url": "https://api.openai.com/v1/x", **action}],
    }
    return _provisioned(inputs, "create_connector")


def _regex_setting(size: int) -> Iterator[Ask]:
    settings = {"plugins.ml_commons.trusted_connector_endpoints_regex": ["^https://(a+)+$"]}
    yield post("/_cluster/settings", {"persistent": settings}, "PUT")
    yield _connector(url="https://" + "a" * size + "!")


def _connector_parameters(size: int) -> Iterator[Ask]:
    yield _connector(url="https://api.openai.com/" + "${parameters." * size)


def _array_in_quotes(size: int) -> Iterator[Ask]:
    configurations = '{"a": ' + json.dumps('"[' * size) + "}"
    yield _provisioned({"pipeline_id": "p", "configurations": configurations}, "create_ingest_pipeline")


def _index(size: int, part: str) -> Iterator[Ask]:
    content = {
        "mappings": {"mappings": {"properties": {f"f{n}": {"type": "text"} for n in range(size)}}},
        "unknown": {"settings": {f"index.f{n}": 1 for n in range(size)}},
        "deep": {"mappings": nested(size, {"type": "text"}, "properties", "f")},
        "analysis": {"settings": {"analysis": {"analyzer": {f"a{n}": {"type": "standard"} for n in range(size)}}}},
    }
    yield _provisioned({"index_name": f"i-{part}-{size}", "configurations": json.dumps(content[part])}, "create_index")


def _pipeline(size: int, part: str) -> Iterator[Ask]:
    content: dict[str, list[Any]] = {
        "deep": [nested(size, {"set": {"field": "a", "value": "b"}}, "foreach", "processor")],
        "set": [{"set": {"field": f"f{n}", "value": "{{" * 5}} for n in range(size)],
        "unknown": [{f"sett{n}": {}} for n in range(size)],
        "keys": [{"set": {f"valu{n}": 1 for n in range(size)}}],
    }
    configurations = json.dumps({"processors": content[part]})
    yield _provisioned({"pipeline_id": "p", "configurations": configurations}, "create_ingest_pipeline")


def _faults(size: int) -> Iterator[Ask]:
    faults = [{"on": "get_status", "call": number + 2, "delay": 0} for number in range(size)]
    yield scenario(faults=faults)
    yield Ask("GET", f"{CONTROL}/faults")


def _coverage(size: int) -> Iterator[Ask]:
    frames = [{"at": f"{number}s", "state": "PROVISIONING"} for number in range(size)]
    yield Ask(
        "PUT",
        f"{CONTROL}/scenarios",
        json.dumps({"scenario": "long", "workflow_id": "long", "provision": {"timeline": frames}}).encode(),
    )
    yield Ask("GET", f"{CONTROL}/coverage")


def _workflows(size: int) -> Iterator[Ask]:
    documents = [json.dumps({"scenario": f"s{n}", "workflow_id": f"w{n}", "provision": {}}) for n in range(size)]
    yield Ask("PUT", f"{CONTROL}/scenarios", "\n---\n".join(documents).encode())
    yield Ask("GET", f"{CONTROL}/workflows")


def _load(size: int, instead_of: str = "") -> Iterator[Ask]:
    documents = [
        f"scenario: s{n}\nworkflow_id: w{n}\nprovision:\n  timeline:\n    - {{at: 0s, state: PROVISIONING}}\n"
        for n in range(size)
    ]
    yield Ask("PUT", f"{CONTROL}/scenarios{instead_of}", "---\n".join(documents).encode())


def _replace(size: int) -> Iterator[Ask]:
    yield Ask("PUT", f"{CONTROL}/scenarios", b"scenario: old\nworkflow_id: w0\n")
    yield from _load(size, "/old")


def _journal(size: int) -> Iterator[Ask]:
    for _ in range(10):
        yield create({"name": "x" * size})
    yield Ask("GET", f"{CONTROL}/journal")


def _told(size: int, ask: Ask) -> Iterator[Ask]:
    """Many polls in the journal, and a request that looks at them."""
    for _ in range(size):
        yield Ask("GET", f"{FLOW}/w/_status")
    yield ask


def _many_scenarios(size: int, ask: Ask) -> Iterator[Ask]:
    """Many scenarios, and a request about all of them."""
    yield Ask("PUT", f"{CONTROL}/scenarios", _scenarios(size).encode())
    yield ask


def _scenarios(size: int) -> str:
    """Scenarios with a workflow, a fault and a stub each."""
    documents = [
        f"scenario: s{n}\nworkflow_id: w{n}\nprovision:\n  timeline:\n    - {{at: 0s, state: PROVISIONING}}\n"
        f"faults:\n  - {{on: get_status, during: 1h..2h, respond: too_many_requests}}\n"
        f"stubs:\n  - {{request: GET /stub/{n}, respond: {{status: 200}}}}\n"
        for n in range(size)
    ]
    return "---\n".join(documents)


def _search_many(size: int) -> Iterator[Ask]:
    """Many workflows to search in, and the most clauses that a search may have."""
    documents = [
        json.dumps({"scenario": f"s{n}", "workflow_id": f"w{n}", "template": template(node({"a": f"text {n}"}))})
        for n in range(size)
    ]
    yield Ask("PUT", f"{CONTROL}/scenarios", "\n---\n".join(documents).encode())
    yield post(f"{FLOW}/_search", {"query": {"match": {"name": " ".join(f"w{n}" for n in range(1_024))}}})


def _anchors(size: int) -> str:
    return "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, size))


_LARGE: Final = Ask("POST", "/nowhere/at/all", json.dumps([{"a": [{"b": n} for n in range(2)]}] * 3_000).encode(), JSON)

KINDS: Final = (
    # YAML
    Kind("YAML documents, client", raw(lambda n: "---\n{}\n" * n, headers=YAML), (1_000, 300_000), (400,)),
    Kind(
        "YAML documents, scenarios",
        raw(lambda n: "---\n{}\n" * n, f"{CONTROL}/scenarios", "PUT"),
        (100, 100_000),
        (400,),
    ),
    Kind("YAML sequence, client", raw(lambda n: "a: [" + "1," * n + "]", headers=YAML), (100, 500_000), (400,)),
    Kind(
        "YAML keys, client", raw(lambda n: "".join(f"k{i}: v\n" for i in range(n)), headers=YAML), (10, 100_000), (400,)
    ),
    Kind("YAML quotes, client", raw(lambda n: 'name: "' + "\\n" * n, headers=YAML), (100, 1_000_000), (400,)),
    Kind("YAML deep, client", raw(lambda n: "[" * n, headers=YAML), (900, 100_000), (400,)),
    Kind("YAML deep closed, client", raw(lambda n: "[" * n + "]" * n, headers=YAML), (900, 10_000), (400,)),
    Kind("YAML deep keys, client", raw(lambda n: "{a: " * n + "}" * n, headers=YAML), (700, 10_000), (400,)),
    Kind("YAML deep blocks, client", raw(lambda n: "- " * n + "a", headers=YAML), (700, 10_000), (400,)),
    Kind("YAML one line, client", raw(lambda n: "a: b: " * n, headers=YAML), (100, 200_000), (400,)),
    Kind(
        "YAML anchors, client",
        raw(lambda n: "".join(f"a{i}: &a{i} x\n" for i in range(n)), headers=YAML),
        (9, 50_000),
        (400,),
    ),
    Kind("YAML aliases, scenarios", raw(_anchors, f"{CONTROL}/scenarios", "PUT"), (40, 2_000), (400,)),
    Kind("YAML deep, scenarios", raw(lambda n: "[" * n, f"{CONTROL}/scenarios", "PUT"), (100, 1_000_000), (400,)),
    Kind(
        "YAML unknown keys, scenarios",
        raw(lambda n: "scenario: x\n" + "".join(f"key{i}: 1\n" for i in range(n)), f"{CONTROL}/scenarios", "PUT"),
        (100, 5_000, 60_000),
        (400,),
    ),
    Kind(
        "YAML unknown long keys",
        raw(lambda n: "scenario: x\n" + f"provisio{'n' * n}: 1\n" * 1, f"{CONTROL}/scenarios", "PUT"),
        (100, 1_000, 100_000),
        (400,),
    ),
    Kind(
        "YAML tags, scenarios",
        raw(lambda n: "".join(f"k{i}: !!x y\n" for i in range(n)), f"{CONTROL}/scenarios", "PUT"),
        (100, 60_000),
        (400,),
    ),
    Kind(
        "wrong keyframes",
        raw(
            lambda n: "scenario: x\nprovision:\n  timeline:\n" + "    - {att: 1s, state: NOPE}\n" * n,
            f"{CONTROL}/scenarios",
            "PUT",
        ),
        (100, 20_000),
        (400,),
    ),
    Kind("scenarios loaded", _load, (10, 2_000, 15_000), (200,)),
    Kind("scenarios loaded for one", _replace, (10, 15_000), (200,)),
    # JSON bodies
    Kind("JSON digits", raw(lambda n: '{"name": [' + "1," * n + "1]}"), (100, 1_000_000, 5_000_000), (400,)),
    Kind("JSON long digits", raw(lambda n: '{"name": ' + "9" * n + "}"), (2_000, 1_000_000), (400,)),
    Kind("JSON quotes", raw(lambda n: '{"name": "' + '\\"' * n), (100, 5_000_000), (400,)),
    Kind("JSON surrogates", raw(lambda n: '{"name": "' + "\\ud83d\\ude00" * n + '"}'), (100, 1_000_000), (201,)),
    Kind("JSON half surrogates", raw(lambda n: '{"name": "' + "\\ud83d" * n + '"}'), (100, 1_000_000), (201, 400)),
    Kind("JSON wrong bytes", raw(lambda n: b'{"name": "' + b"\xff" * n + b'"}'), (100, 5_000_000), (400,)),
    Kind("JSON spaces", raw(lambda n: " " * n + "x"), (100, 5_000_000), (400,)),
    Kind("JSON comments", raw(lambda n: "/**/" * n + "{}"), (100, 1_000_000), (201, 400)),
    Kind("JSON comment", raw(lambda n: '{"name":"x"' + "/*" * n), (100, 1_000_000), (400,)),
    Kind("JSON keys", raw(lambda n: "{" + ",".join(f'"k{i}":1' for i in range(n)) + "}"), (100, 500_000), (400,)),
    Kind("JSON late error", raw(lambda n: '{"name": [' + "{}," * n + "x]}"), (100, 1_000_000), (400,)),
    Kind(
        "JSON late error, search",
        raw(lambda n: '{"query": [' + "{}," * n + "x]}", f"{FLOW}/_search"),
        (100, 1_000_000),
        (400,),
    ),
    Kind(
        "JSON late error, settings",
        raw(lambda n: '{"a": [' + "{}," * n + "x]}", "/_cluster/settings", "PUT"),
        (100, 1_000_000),
        (400,),
    ),
    Kind("JSON deep", raw(lambda n: '{"a":' * n, f"{FLOW}/_search"), (900, 1_000_000), (400,)),
    Kind("JSON deep, control", raw(lambda n: "[" * n, f"{CONTROL}/clock"), (900, 1_000_000), (400,)),
    Kind(
        "gzip bomb",
        raw(lambda n: gzip.compress(b" " * n), headers={**JSON, "Content-Encoding": "gzip"}),
        (10_000, 95_000_000),
        (400,),
    ),
    Kind(
        "large template",
        raw(lambda n: json.dumps(template(node({f"k{i}": "v" for i in range(n)})))),
        (100, 200_000),
        (201,),
    ),
    Kind("large string", raw(lambda n: json.dumps({"name": "x" * n})), (100, 10_000_000), (201,)),
    # searches
    Kind(
        "search words",
        search(lambda n: {"match": {"name": " ".join(f"w{i}" for i in range(n))}}),
        (1_024, 1_025, 20_000, 200_000),
        (200, 400, 500),
    ),
    Kind("search one word often", search(lambda n: {"match": {"name": "w " * n}}), (2_000, 1_000_000), (500,)),
    Kind("search phrase", search(lambda n: {"match_phrase": {"name": "a " * n}}), (2_000, 500_000), (200,)),
    Kind(
        "search clauses",
        search(lambda n: {"bool": {"should": [{"term": {"name": f"w{i}"}} for i in range(n)]}}),
        (1_024, 1_025, 50_000),
        (200, 400, 500),
    ),
    Kind(
        "search terms",
        search(lambda n: {"terms": {"name": [f"w{i}" for i in range(n)]}}),
        (1_000, 60_000, 200_000),
        (200, 400, 500),
    ),
    Kind(
        "search ids",
        search(lambda n: {"ids": {"values": [f"w{i}" for i in range(n)]}}),
        (1_000, 200_000),
        (200, 400, 500),
    ),
    Kind(
        "search nested bool",
        search(lambda n: nested(n, {"match_all": {}}, "bool", "must")),
        (195, 390, 780),
        (200, 400, 500),
    ),
    Kind("search nested bools of lists", search(lambda n: _bools(n)), (100, 260), (200, 400, 500)),
    Kind(
        "search nested constant",
        search(lambda n: nested(n, {"match_all": {}}, "constant_score", "filter")),
        (195, 390, 780),
        (200, 400, 500),
    ),
    Kind("search nested nested", search(lambda n: _nested_query(n)), (195, 250), (200, 400, 500)),
    Kind("search bool tree", search(lambda n: _tree(n)), (5, 9), (200, 400, 500)),
    Kind(
        "search wildcard", search(lambda n: {"wildcard": {"name": "*a" * n}}), (100, 10_000, 200_000), (200, 400, 500)
    ),
    Kind(
        "search wildcard marks",
        search(lambda n: {"wildcard": {"name": "?*" * n + "x"}}),
        (100, 10_000, 200_000),
        (200, 400, 500),
    ),
    Kind("search exists", search(lambda n: {"exists": {"field": "*a" * n}}), (100, 10_000, 200_000), (200, 400, 500)),
    Kind("search unknown query", search(lambda n: {"x" * n: {}}), (100, 1_000_000), (400,)),
    Kind("search unknown bool key", search(lambda n: {"bool": {"mus" * n: {}}}), (100, 1_000_000), (400,)),
    Kind("search _source", lambda n: _source(n), (100, 2_000, 10_000), (200, 400, 500)),
    Kind(
        "search late place",
        search(lambda n: {"bool": {"must": [{"match_all": {}}] * n + [{"nope": {}}]}}),
        (100, 100_000),
        (400,),
    ),
    Kind("search in many", _search_many, (10, 1_000), (200, 500)),
    Kind("search date", search(lambda n: {"term": {"created_time": "1" * n}}), (100, 1_000_000), (400, 500)),
    # the query string and headers
    Kind("filter_path deep", get(lambda n: f"/_nodes?filter_path={'**.' * n}x"[:_LINE]), (10, 1_400), (200,)),
    Kind("filter_path many", get(lambda n: f"/_nodes?filter_path={'**.a,' * n}x"[:_LINE]), (10, 1_400), (200,)),
    Kind(
        "filter_path stars", get(lambda n: f"/_nodes?filter_path={'*a' * n}x.**.**.**.b"[:_LINE]), (10, 1_900), (200,)
    ),
    Kind("filter_path large", _stored("filter_path=" + "**." * 50 + "x"), (10, 20_000), (200,)),
    Kind("filter_path many large", _stored("filter_path=" + "**.k*9,-**.*7*," * 100), (10, 20_000), (200,)),
    Kind("parameters", get(lambda n: "/?" + "&".join(f"{i:x}" for i in range(n))[:_LINE]), (100, 1_000), (400,)),
    Kind(
        "parameters near",
        get(lambda n: "/_cluster/health?" + "&".join(f"wait_for_nodez{i}" for i in range(n))[:_LINE]),
        (10, 300),
        (400,),
    ),
    Kind("long parameter", get(lambda n: f"/_cluster/health?{'wait_for_nodes' * n}"[:_LINE]), (7, 300), (400,)),
    Kind("wildcard indexes", get(lambda n: f"/_cat/indices/{'*a*,-*b*,' * n}"[:_LINE]), (10, 450), (200, 404)),
    Kind("cat columns", get(lambda n: f"/_cat/indices?h={'*,' * n}&s={'health,' * 100}"[:_LINE]), (10, 1_500), (200,)),
    Kind("cat indices", get(lambda n: f"/_cat/plugins?h={'*' * n}x"[:_LINE]), (10, 3_900), (200,)),
    Kind("nodes", get(lambda n: f"/_nodes/{'*a*,' * n}"[:_LINE]), (10, 900), (200,)),
    Kind("health nodes", get(lambda n: f"/_cluster/health?wait_for_nodes={'1' * n}"[:_LINE]), (10, 3_900), (400,)),
    Kind("path", get(lambda n: ("/a" * n)[:_LINE]), (100, 2_000), (400,)),
    Kind("escapes", get(lambda n: "/" + ("%41" * n)[:_LINE]), (10, 1_300), (400, 404)),
    Kind("headers", get(lambda _: "/", lambda n: {f"X-{i}": "a" for i in range(n)}), (100, 100), (200,)),
    Kind("cookies", get(lambda _: "/", lambda n: {"Cookie": ("a=b;" * n)[:_HEADERS]}), (100, 3_700), (200,)),
    Kind("Accept", get(lambda _: "/", lambda n: {"Accept": ("a/b ;" * n)[:_HEADERS]}), (100, 3_000), (200,)),
    Kind(
        "Accept-Encoding",
        get(lambda _: "/", lambda n: {"Accept-Encoding": ("gzip;q=0," * n)[:_HEADERS]}),
        (100, 3_000),
        (200,),
    ),
    Kind(
        "Content-Type",
        lambda n: iter([Ask("POST", FLOW, b"{}", {"Content-Type": ("a" * n + "/" * n)[:_HEADERS]})]),
        (100, 7_000),
        (400,),
    ),
    Kind(
        "Host", get(lambda _: f"{CONTROL}/clock", lambda n: {"Host": (":1" * n)[:_HEADERS]}), (100, 7_000), (200, 403)
    ),
    Kind("token", get(lambda n: f"{CONTROL}/clock?{'token=a&' * n}"[:_LINE]), (10, 450), (200,)),
    Kind("SigV4", get(lambda _: "/", _signed), (10, 1_300), (401,), needs_user=True),
    Kind(
        "Basic",
        get(lambda _: "/", lambda n: {"Authorization": ("Basic " + "YTph" * n)[:_HEADERS]}),
        (10, 3_500),
        (401,),
        needs_user=True,
    ),
    # stubs
    Kind(
        "JSONPath, one stub",
        _stubs(
            lambda n: {"method": "POST", "path": "/x", "body": {"$..*..*..*": n}},
            Ask("POST", "/x", _LARGE.body, JSON),
            lambda n: 1,
        ),
        (1,),
        (400, 404, 405),
    ),
    Kind(
        "JSONPath, many stubs",
        _stubs(
            lambda n: {"method": "POST", "path": "/x", "body": {f"$..a{n}..*..*": n}},
            Ask("POST", "/x", _LARGE.body, JSON),
            lambda n: n,
        ),
        (10, 1_000),
        (400, 404, 405),
    ),
    Kind(
        "JSONPath filters",
        _stubs(
            lambda n: {"method": "POST", "path": "/x", "body": {f"$..[?count(@..b) == {n}]": n}},
            Ask("POST", "/x", _LARGE.body, JSON),
            lambda n: n,
        ),
        (1, 100),
        (400, 404, 405),
    ),
    Kind(
        "stub values",
        _stubs(
            lambda n: {"method": "POST", "path": "/x", "body": {"$..a": [n]}},
            Ask("POST", "/x", _LARGE.body, JSON),
            lambda n: n,
        ),
        (10, 5_000),
        (400, 404, 405),
    ),
    Kind("near misses", _stubs(lambda n: f"POST /nowhere/at/all/{{a}}/{n}", _LARGE, lambda n: n), (10, 10_000), (400,)),
    Kind(
        "two names in a segment",
        _stubs(lambda n: f"GET /{{x}}a{{y}}{n}", Ask("GET", f"/{'a' * _LINE}"), lambda n: n),
        (5, 1_000),
        (400, 404),
    ),
    Kind(
        "a name and stars",
        _stubs(lambda n: f"GET /{{x}}a*{n}", Ask("GET", f"/{'a' * _LINE}"), lambda n: n),
        (5, 1_000),
        (400, 404),
    ),
    Kind(
        "stars in a segment",
        _stubs(lambda n: f"GET /{'*a' * 500}*b{n}*a", Ask("GET", f"/{'a' * _LINE}"), lambda n: n),
        (5, 1_000),
        (400, 404),
    ),
    Kind("filled stubs", lambda n: _filled(n), (10, 10_000), (200,)),
    # templates
    Kind("deep user_inputs", raw(lambda n: json.dumps(template(node(nested(n, "x", "a"))))), (700, 900), (400,)),
    Kind(
        "deep model_config",
        raw(
            lambda n: json.dumps(
                template(
                    node(
                        {
                            "function_definition": 0,
                            "configurations": nested(n, "x", "a"),
                            "model_config": nested(n, "x", "a"),
                            "guardrails": {"type": "model", "input_guardrail": nested(n, "x", "a")},
                        },
                        kind="register_remote_model",
                    )
                )
            )
        ),
        (300, 700),
        (201, 400),
    ),
    Kind(
        "deep ui_metadata",
        lambda n: iter(
            [create(template(node({}), ui_metadata=nested(n, "x", "a"))), Ask("GET", "{workflow}?format=yaml")]
        ),
        (300, 700),
        (200, 400),
    ),
    Kind(
        "deep ui_metadata pretty",
        lambda n: iter([create(template(node({}), ui_metadata=nested(n, "x", "a"))), Ask("GET", "{workflow}?pretty")]),
        (300, 700),
        (200, 400),
    ),
    Kind(
        "deep ui_metadata filtered",
        lambda n: iter(
            [create(template(node({}), ui_metadata=nested(n, "x", "a"))), Ask("GET", "{workflow}?filter_path=**.x")]
        ),
        (300, 700),
        (200, 400),
    ),
    Kind(
        "deep ui_metadata searched",
        lambda n: iter(
            [
                create(template(node({}), ui_metadata=nested(n, "x", "a"))),
                post(
                    f"{FLOW}/_search",
                    {"query": {"exists": {"field": "ui_metadata.*"}}, "_source": {"includes": ["*.a"]}},
                ),
            ]
        ),
        (300, 700),
        (200, 400),
    ),
    Kind("substitution", _substitution, (1_000, 100_000), (200, 202, 400)),
    Kind("use case", _use_case, (1_000, 100_000), (201, 400)),
    Kind("graph", _graph, (50, 500, 10_000), (201, 400)),
    Kind("edges", _ring, (50, 10_000, 100_000), (201, 400)),
    Kind("trusted endpoints", _regex_setting, (10, 28), (201, 202)),
    Kind("connector parameters", _connector_parameters, (10, 10_000), (201, 202)),
    Kind("array in quotes", _array_in_quotes, (10, 10_000), (201, 202)),
    Kind("template pretty", _stored("pretty"), (10, 40_000), (200,)),
    Kind("template as YAML", _stored("format=yaml"), (10, 40_000), (200,)),
    # the cluster
    Kind(
        "cluster settings",
        raw(lambda n: json.dumps({"persistent": {f"a.b{i}": "1" for i in range(n)}}), "/_cluster/settings", "PUT"),
        (100, 100_000),
        (400,),
    ),
    Kind(
        "cluster settings deep",
        raw(lambda n: json.dumps({"persistent": nested(n, "1", "a")}), "/_cluster/settings", "PUT"),
        (300, 700),
        (400,),
    ),
    Kind(
        "cluster settings null",
        raw(lambda n: json.dumps({"persistent": {f"a.b{i}*": None for i in range(n)}}), "/_cluster/settings", "PUT"),
        (100, 10_000),
        (200, 400),
    ),
    Kind("cluster settings stored", _stored_settings, (100, 100_000), (200,)),
    Kind("cluster settings removed", partial(_stored_settings, removes=True), (100, 50_000), (200,)),
    Kind("index mappings", partial(_index, part="mappings"), (100, 1_000, 20_000), (201, 202)),
    Kind("index settings unknown", partial(_index, part="unknown"), (100, 20_000), (201, 202)),
    Kind("index deep", partial(_index, part="deep"), (10, 100, 390), (201, 202)),
    Kind("index analysis", partial(_index, part="analysis"), (100, 20_000), (201, 202)),
    Kind("pipeline processors", partial(_pipeline, part="set"), (100, 20_000), (201, 202)),
    Kind("pipeline unknown", partial(_pipeline, part="unknown"), (100, 20_000), (201, 202)),
    Kind("pipeline deep", partial(_pipeline, part="deep"), (100, 390), (201, 202)),
    Kind("pipeline keys", partial(_pipeline, part="keys"), (100, 20_000), (201, 202)),
    # the control API
    Kind("journal", _journal, (100, 500_000), (200,)),
    Kind(
        "verify polling",
        partial(_told, ask=post(f"{CONTROL}/verify", {"polling": {"min_interval": "0ms"}})),
        (10, 10_000),
        (200,),
    ),
    Kind(
        "verify polling unmet",
        partial(_told, ask=post(f"{CONTROL}/verify", {"polling": {"min_interval": "1h"}})),
        (10, 10_000),
        (422,),
    ),
    Kind(
        "verify called",
        partial(_told, ask=post(f"{CONTROL}/verify", {"called": {"operation": "get_status"}})),
        (10, 10_000),
        (200,),
    ),
    Kind("story", partial(_told, ask=Ask("GET", f"{CONTROL}/story")), (10, 10_000), (200,)),
    Kind("story, scenarios", partial(_many_scenarios, ask=Ask("GET", f"{CONTROL}/story")), (10, 10_000), (200,)),
    Kind("coverage, scenarios", partial(_many_scenarios, ask=Ask("GET", f"{CONTROL}/coverage")), (10, 10_000), (200,)),
    Kind(
        "reset, scenarios",
        partial(_many_scenarios, ask=post(f"{CONTROL}/reset", {"keep": ["scenarios"]})),
        (10, 10_000),
        (200,),
    ),
    Kind(
        "world made",
        lambda _: iter([post(f"{CONTROL}/worlds", {})]),
        (10, 10_000),
        (200,),
        startup=_scenarios,
    ),
    Kind(
        "world removed",
        lambda _: iter([post(f"{CONTROL}/worlds", {"name": "w"}), Ask("DELETE", f"{CONTROL}/worlds/w")]),
        (10, 10_000),
        (200,),
        startup=_scenarios,
    ),
    Kind("faults", _faults, (10, 2_000), (200,)),
    Kind("coverage", _coverage, (10, 4_000), (200,)),
    Kind("workflows", _workflows, (10, 2_000), (200,)),
    Kind("OpenAPI", get(lambda _: f"{CONTROL}/openapi.json"), (1,), (200,)),
    Kind(
        "plans",
        raw(lambda n: json.dumps({"steps": {f"n{i}": {"takes": "1s"} for i in range(n)}}), f"{CONTROL}/next_run"),
        (100, 500, 20_000),
        (200, 400),
    ),
    Kind(
        "plans misspelt",
        raw(
            lambda n: json.dumps({"steps": {f"reg{i:03}ster_rem0te_modle": {"takes": "1s"} for i in range(n)}}),
            f"{CONTROL}/next_run",
        ),
        (100, 500, 1_000),
        (200, 400),
    ),
    Kind(
        "plan unknown keys",
        raw(lambda n: json.dumps({"steps": {"n": {f"takez{i}": 1 for i in range(n)}}}), f"{CONTROL}/next_run"),
        (100, 20_000),
        (400,),
    ),
    Kind(
        "control unknown keys",
        raw(lambda n: json.dumps({f"advances{i}": 1 for i in range(n)}), f"{CONTROL}/clock"),
        (100, 20_000),
        (400,),
    ),
    Kind("control long key", raw(lambda n: json.dumps({"advance" * n: 1}), f"{CONTROL}/clock"), (100, 100_000), (400,)),
    Kind(
        "fault operation",
        raw(lambda n: json.dumps({"on": "get_statu" * n, "delay": "1s"}), f"{CONTROL}/faults"),
        (10, 10_000),
        (400,),
    ),
    *(Kind(name, make, sizes, statuses) for name, make, sizes, statuses in (*OF_DOCUMENTS, *OF_ENDPOINTS)),
)


def _bools(size: int) -> Any:
    query: Any = {"match_all": {}}
    for _ in range(size):
        query = {"bool": {"must": [query], "should": [{"match_all": {}}]}}
    return query


def _nested_query(size: int) -> Any:
    query: Any = {"match_all": {}}
    for _ in range(size):
        query = {"nested": {"path": "a", "query": query}}
    return query


def _tree(depth: int) -> Any:
    """A bool of three bools of three bools and so on."""
    if not depth:
        return {"match_all": {}}
    inner = _tree(depth - 1)
    return {"bool": {"should": [inner, inner, inner]}}


def _source(size: int) -> Iterator[Ask]:
    yield create(template(node({f"key{number}": "v" for number in range(200)})))
    yield post(f"{FLOW}/_search", {"_source": [f"*a*b{number}*c*" for number in range(size)]})


def _filled(size: int) -> Iterator[Ask]:
    respond = {"status": 200, "body": {"a": ["{{body.a}} {{query.q}}"] * 100}}
    yield scenario(stubs=[{"request": "POST /x", "respond": respond}])
    yield post("/x?q=y", {"a": "{{body.a}}" * size})
