"""What a consumer and its cluster said to each other, played back: the same requests get the same answers."""

import asyncio
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

import pytest

from mockflow.cluster import Cluster, LoadedScenario, Settings
from mockflow.core.scenario.model import Scenario
from mockflow.core.script.models import Resource as ScriptedResource
from mockflow.loading.load import Located, load_text
from mockflow.recording import status_history
from mockflow.recording.exchanges import Exchange
from mockflow.recording.recorder import Recorder
from mockflow.recording.scenario import scenario_of, text_of
from mockflow.recording.status_history import StatusHistory
from mockflow.recording.stubs import MAX_ANSWERS, MAX_REQUESTS
from mockflow.server.answer import answer
from mockflow.server.http.messages import Request
from tests.recording.support import EPOCH, cluster_of, hears, no_delay, shipped
from tests.support.counting import counting

SHIPPED: Final = [located for located in shipped() if located.scenario.workflow_id]  # the others script no status
API: Final = "/_plugins/_flow_framework/workflow"
LATENCY: Final = 20
JSON: Final = {"Content-Type": "application/json"}
HTML: Final = {"content-type": "text/html"}
TEMPLATE: Final = {
    "name": "my search",
    "use_case": "SEMANTIC_SEARCH",
    "workflows": {
        "provision": {
            "nodes": [
                {
                    "id": "create_connector_1",
                    "type": "create_connector",
                    "user_inputs": {
                        "name": "c",
                        "description": "d",
                        "version": "1",
                        "protocol": "http",
                        "parameters": {},
                        "credential": {"key": "s3cret-of-the-template"},
                        "actions": [],
                    },
                },
                {
                    "id": "register_model_2",
                    "type": "register_remote_model",
                    "previous_node_inputs": {"create_connector_1": "connector_id"},
                    "user_inputs": {"name": "m", "deploy": True},
                },
                {
                    "id": "create_ingest_pipeline_3",
                    "type": "create_ingest_pipeline",
                    "previous_node_inputs": {"register_model_2": "model_id"},
                    "user_inputs": {"pipeline_id": "p", "configurations": {}},
                },
            ]
        }
    },
}


class Ask(NamedTuple):
    """A request, `pause` ms after the answer before."""

    pause: int
    method: str
    target: str
    body: Any = None


class Cast:
    """A consumer and a cluster on a frozen clock; what they say is noted as the proxy would."""

    def __init__(self, cluster: Cluster, latency: int = LATENCY) -> None:
        self.cluster = cluster
        self.latency = latency
        self.story = Recorder(EPOCH)
        self.asked: list[tuple[Ask, int]] = []
        self.answers: list[tuple[str, int, Any]] = []

    async def ask(self, ask: Ask) -> Any:
        self.cluster.world.clock.advance(ask.pause)
        began = self.cluster.world.now() - EPOCH
        self.asked.append((ask, began))
        body = b"" if ask.body is None else json.dumps(ask.body).encode()
        answering = asyncio.ensure_future(answer(self.cluster, Request(ask.method, ask.target, JSON, body)))
        while not answering.done():
            for _ in range(5):
                await asyncio.sleep(0)
            if not answering.done():  # it waits for its run
                self.cluster.world.clock.advance(10)
        response = answering.result()
        status, told = hears(self.cluster, response)
        told = "" if ask.method == "HEAD" else told  # a body that no client receives
        self.cluster.world.clock.advance(self.latency)
        self.story.add(
            Exchange(
                began=began,
                ended=self.cluster.world.now() - EPOCH,
                method=ask.method,
                target=ask.target,
                request_headers=JSON,
                request_body=body,
                status=status,
                response_headers={"content-type": response.content_type, **response.headers},
                response_body=response.body if status else b"",
            )
        )
        self.answers.append((f"{ask.method} {ask.target}", status, told))
        return told


def written(story: Recorder) -> list[Scenario]:
    """The scenarios as they come out of the file; nothing is to be said of them."""
    scenarios = story.scenarios()
    loading = load_text(text_of(scenarios), "recorded.yaml")
    assert [str(problem) for problem in loading.problems] == []
    assert [located.scenario for located in loading.scenarios] == scenarios
    return scenarios


async def played_back(scenarios: list[Scenario], heard: Cast) -> list[tuple[str, int, Any]]:
    """The answers to the same requests at the same times."""
    settings = Settings(mode="frozen", epoch=EPOCH)
    cast = Cast(Cluster(settings, tuple(LoadedScenario(scenario) for scenario in scenarios)), latency=0)
    for ask, time in heard.asked:
        await cast.ask(ask._replace(pause=max(EPOCH + time - cast.cluster.world.now(), 0)))
    return cast.answers


def polls(workflow_id: str, number: int, pause: int, query: str = "") -> list[Ask]:
    return [Ask(pause, "GET", f"{API}/{workflow_id}/_status{query}")] * number


def without_times(answers: list[tuple[str, int, Any]]) -> list[tuple[str, int, Any]]:
    """Times are told within a request's latency; ids of indices' documents count as what they are."""

    def cut(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: cut(v) for k, v in value.items() if not k.endswith("_time")}
        return [cut(item) for item in value] if isinstance(value, list) else value

    return [(request, status, cut(told)) for request, status, told in answers]


@pytest.mark.parametrize("query", ["", "?all=true"])
@pytest.mark.parametrize("located", SHIPPED, ids=lambda located: located.scenario.scenario)
async def test_every_shipped_scenario(located: Located, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Provisioned, polled to its end, taken away and provisioned again, whatever it answers to that.

    None is left out: what was refused is refused again and where nothing arrived nothing arrives, by the time of a run
    or the number of the call, whether chance, count, time or an outage did it. How a connection broke is not compared.
    """
    scenario = located.scenario
    workflow_id = scenario.workflow_id
    assert workflow_id is not None
    cast = Cast(cluster_of(scenario))
    no_delay(monkeypatch, cast.cluster)
    if scenario.match:
        name = (scenario.match.name or scenario.scenario).replace("*", "-of-a-consumer")
        create = Ask(0, "POST", API, {**TEMPLATE, "name": name})
        made = await cast.ask(create) or await cast.ask(create)  # a reply is lost: the client's own retry
        workflow_id = made["workflow_id"]
    for ask in _life_of(scenario, workflow_id, query):
        await cast.ask(ask)
    monkeypatch.undo()
    again = await played_back(written(cast.story), cast)
    assert without_times(again) == without_times(cast.answers)


def _life_of(scenario: Scenario, workflow_id: str, query: str) -> Iterator[Ask]:
    yield Ask(5, "GET", f"{API}/{workflow_id}")
    if scenario.begins == "provision":
        yield from polls(workflow_id, 2, 100, query)
        yield Ask(50, "POST", f"{API}/{workflow_id}/_provision")
    yield from polls(workflow_id, 60, 700, query)
    if scenario.begins == "provision":
        again = Ask(50, "POST", f"{API}/{workflow_id}/_provision")
        yield again  # refused
        yield Ask(50, "POST", f"{API}/{workflow_id}/_deprovision")
        yield from polls(workflow_id, 2, 700, query)
        names = "allow_delete=reviews,reviews-ingest,recipes,tickets-ingest,faq-ingest,articles,articles-ingest,p"
        yield Ask(50, "POST", f"{API}/{workflow_id}/_deprovision?{names}")
        yield from polls(workflow_id, 2, 700, query)
        yield again
        yield from polls(workflow_id, 60, 700, query)


async def test_a_workflow_that_the_consumer_creates() -> None:
    """The template's name tells it; it gets the same id, and the same resources at the same times."""
    cast = Cast(cluster_of())
    workflow_id = (await cast.ask(Ask(0, "POST", API, TEMPLATE)))["workflow_id"]
    for ask in (
        *polls(workflow_id, 2, 300),
        Ask(10, "POST", f"{API}/{workflow_id}/_provision"),
        *polls(workflow_id, 10, 400, "?all=true"),
        Ask(10, "GET", f"{API}/{workflow_id}"),
        Ask(10, "POST", f"{API}/{workflow_id}/_deprovision"),
        *polls(workflow_id, 1, 10),
    ):
        await cast.ask(ask)
    [scenario] = written(cast.story)
    assert scenario.match is not None
    assert scenario.match.name == "my search"
    assert scenario.workflow_id == workflow_id
    assert without_times(await played_back([scenario], cast)) == without_times(cast.answers)


@pytest.mark.parametrize("wait", ["", "&wait_for_completion_timeout=10s", "&wait_for_completion_timeout=1s"])
async def test_a_workflow_that_is_created_and_provisioned_at_once(wait: str) -> None:
    cast = Cast(cluster_of())
    target = f"{API}?use_case=semantic_search&provision=true{wait}"
    created = await cast.ask(Ask(0, "POST", target, {"create_ingest_pipeline.model_id": "m1"}))
    for ask in polls(created["workflow_id"], 10, 400):
        await cast.ask(ask)
    [scenario] = written(cast.story)
    assert without_times(await played_back([scenario], cast)) == without_times(cast.answers)


async def test_a_second_workflow_of_the_same_name_is_played_as_the_first() -> None:
    cast = Cast(cluster_of())
    first, second = [(await cast.ask(Ask(0, "POST", API, TEMPLATE)))["workflow_id"] for _ in range(2)]
    assert [scenario.workflow_id for scenario in written(cast.story)] == [first]
    assert list(cast.story.left_out) == [
        f"{second}: all of it: {first} has a template of the same name and is played instead"
    ]


async def test_all_other_requests_become_stubs() -> None:
    cast = Cast(cluster_of())
    for ask in (
        Ask(0, "GET", "/"),
        Ask(0, "GET", "/_cluster/health"),
        Ask(0, "GET", "/_cluster/health?level=indices"),
        Ask(0, "GET", "/_cat/indices?v"),
        Ask(0, "GET", "/no-such-index"),
        Ask(0, "HEAD", "/no-such-index"),
        Ask(0, "POST", "/nobody/_answers?x=%2F", {"q": 1}),
        Ask(0, "GET", f"{API}/_steps?workflow_step=noop"),
    ):
        await cast.ask(ask)
    [scenario] = written(cast.story)
    assert [stub.label for stub in scenario.stubs] == [
        "GET /_cluster/health",
        "GET /_cat/indices",
        "POST /nobody/_answers",
        "GET /no-such-index",
        "HEAD /no-such-index",
    ]
    assert await played_back([scenario], cast) == cast.answers


async def test_refused_calls_become_faults() -> None:
    """A busy cluster for a while, and a gateway that fails once."""
    scenario = load_text(FAULTY, "faulty.yaml").scenarios[0].scenario
    cast = Cast(cluster_of(scenario))
    for ask in (
        *polls("w", 8, 500, "?all=true"),
        Ask(10, "GET", f"{API}/w"),
        Ask(10, "GET", f"{API}/w"),
        *polls("w", 2, 500, "?all=true"),
    ):
        await cast.ask(ask)
    assert [status for _, status, _ in cast.answers] == [200, 200, 429, 429, 503, 503, 200, 200, 200, 502, 500, 500]
    [recorded] = written(cast.story)
    windows = [fault.during for fault in recorded.faults if fault.during]
    assert windows == ["1040ms..2080ms", "2080ms..3120ms", "4220ms.."]
    assert await played_back([recorded], cast) == cast.answers


FAULTY: Final = """
scenario: faulty
workflow_id: w
provision: {timeline: [{at: 0s, state: PROVISIONING}, {at: 1800ms, state: COMPLETED}]}
faults:
  - {on: get_status, during: 1s..2s, respond: too_many_requests}
  - {on: get_status, during: 2s..3s, respond: {status: 503, body: not yet}}
  - {on: get_status, during: 4s.., respond: {status: 500, body: {error: {reason: x}}}}
  - {on: get, call: 2, respond: {status: 502, headers: {content-type: text/html}, body: <html>}}
"""


async def test_refused_polls_of_several_runs_are_told_by_their_number() -> None:
    """A window of time does not know one run from another."""
    story = Recorder(EPOCH)
    for method, target, status, body in (
        ("POST", f"{API}/w/_provision", 202, {"workflow_id": "w"}),
        ("GET", f"{API}/w/_status", 429, {"error": {"reason": "busy"}}),
        ("POST", f"{API}/w/_deprovision", 200, {"workflow_id": "w"}),
        ("POST", f"{API}/w/_provision", 202, {"workflow_id": "w"}),
    ):
        story.add(exchange(method, target, status, body))
    [scenario] = written(story)
    assert [(fault.on, fault.call, fault.during) for fault in scenario.faults] == [(("get_status",), 1, None)]
    assert list(story.left_out) == []


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ((504, b"<html>"), {"respond": {"status": 504, "headers": HTML, "body": "<html>"}, "performed": True}),
        ((0, b""), {"connection": "lost_reply"}),
    ],
    ids=["a gateway gave up", "the reply was lost"],
)
async def test_a_provision_that_happened_all_the_same(told: tuple[int, bytes], fault: dict[str, Any]) -> None:
    """The first look after it tells; the run began when it was asked for."""
    story = Recorder(EPOCH)
    for time, method, target, status, body in (
        (0, "GET", f"{API}/w/_status", 200, {"workflow_id": "w", "state": "NOT_STARTED"}),
        (1000, "POST", f"{API}/w/_provision", *told),
        (3000, "GET", f"{API}/w/_status", 200, {"workflow_id": "w", "state": "PROVISIONING"}),
        (4000, "GET", f"{API}/w/_status", 200, {"workflow_id": "w", "state": "COMPLETED"}),
    ):
        html = HTML if body == b"<html>" else JSON
        told_then = replace(exchange(method, target, status, body), began=time, ended=time, response_headers=html)
        story.add(told_then)
    [scenario] = written(story)
    [played] = scenario.faults
    assert played.model_dump(exclude_unset=True) == {"on": ("provision",), "call": 1, **fault}
    assert scenario.provision is not None
    assert scenario.provision.timeline is not None
    assert [(keyframe.at, keyframe.state) for keyframe in scenario.provision.timeline] == [
        ("0s", "PROVISIONING"),
        ("3s", "COMPLETED"),
    ]


@pytest.mark.parametrize("status", [0, 504])
async def test_a_provision_that_did_not_happen(status: int) -> None:
    story = Recorder(EPOCH)
    for target, told, body in (
        (f"{API}/w/_provision", status, b""),
        (f"{API}/w/_status", 200, {"workflow_id": "w", "state": "NOT_STARTED"}),
    ):
        story.add(exchange("GET" if "_status" in target else "POST", target, told, body))
    [scenario] = written(story)
    [fault] = scenario.faults
    assert not fault.performed
    assert fault.connection in (None, "empty")


def test_a_create_that_was_refused_for_good_is_told() -> None:
    story = Recorder(EPOCH)
    story.add(exchange("POST", API, 503, b"not yet", TEMPLATE))
    assert story.scenarios() == []
    assert list(story.left_out) == [
        "requests: a refused create: no workflow of the template my search was created later"
    ]


def exchange(method: str, target: str, status: int, body: Any, sent: Any = None, **headers: str) -> Exchange:
    """One at the time 0."""
    asked = b"" if sent is None else json.dumps(sent).encode()
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Exchange(0, 0, method, target, {}, asked, status, told, content)


def stubs_of(*exchanges: Exchange) -> tuple[list[dict[str, Any]], list[str]]:
    """The stubs as they are written, and what was left out."""
    story = Recorder(EPOCH)
    for one in exchanges:
        story.add(one)
    documents = [scenario.model_dump(exclude_unset=True) for scenario in written(story)]
    return [stub for document in documents for stub in document["stubs"]], list(story.left_out)


def test_different_answers_come_in_turn() -> None:
    answers = [{"n": n} for n in (1, 1, 2, 2, 2)]
    [stub], _ = stubs_of(*(exchange("GET", "/x", 200, answer) for answer in answers))
    assert [told["body"]["n"] for told in stub["respond"]] == [1, 1, 2]


def test_different_bodies_have_answers_of_their_own() -> None:
    sent = [{"query": "a"}, {"query": "b"}, {"query": "a"}]
    stubs, _ = stubs_of(*(exchange("POST", "/x/_search", 200, {"n": n}, body) for n, body in enumerate(sent)))
    assert [stub["request"]["body"] for stub in stubs] == [{"$": {"query": "a"}}, {"$": {"query": "b"}}]
    assert [[told["body"]["n"] for told in stub["respond"]] for stub in stubs] == [[0, 2], [1]]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (exchange("GET", "/x", 200, b"\xff\xfe"), "GET /x: a response that is not text"),
        (exchange("GET", "/x", 200, b"{}", content_encoding="gzip"), "GET /x: a body that is no gzip"),
        (exchange("GET", "/x", 200, b"{}", content_encoding="br"), "GET /x: a body compressed by br"),
        (exchange("GET", "/x", 200, {"source": "{{query.q}}"}), "GET /x: a response with {{ }} in it"),
        (exchange("GET", "/x", 200, b"x" * (2**20 + 1)), "GET /x: a response of more than 1 MiB"),
        (exchange("GET", "/{a}/{a}", 200, {}), "GET /{a}/{a}: a request or a response that no stub can have"),
        (exchange("TRACE", "/x", 200, b"x"), "TRACE /x: a method that no stub can have"),
    ],
    ids=lambda value: value.split(": ")[1] if isinstance(value, str) else "",
)
def test_what_no_stub_can_say_is_left_out_and_told(told: Exchange, reason: str) -> None:
    stubs, left_out = stubs_of(told, exchange("GET", "/y", 200, {}))
    assert len(stubs) == 1
    assert len(left_out) == 1
    assert reason in left_out[0]


def test_compressed_answers_are_read() -> None:
    stubs, _ = stubs_of(
        exchange("GET", "/g", 200, gzip.compress(b'{"a": 1}'), content_encoding="gzip"),
        exchange("GET", "/d", 200, zlib.compress(b'{"a": 1}'), content_encoding="deflate"),
    )
    assert [stub["respond"][0]["body"] for stub in stubs] == [{"a": 1}, {"a": 1}]


def test_so_many_requests_and_answers_are_kept() -> None:
    stubs, left_out = stubs_of(*(exchange("GET", f"/{n}", 200, {}) for n in range(MAX_REQUESTS + 2)))
    assert len(stubs) == MAX_REQUESTS
    assert left_out == ["requests: all after the first 2000 different requests"]
    [stub], left_out = stubs_of(*(exchange("GET", "/x", 200, {"n": n}) for n in range(MAX_ANSWERS + 2)))
    assert len(stub["respond"]) == MAX_ANSWERS
    assert left_out == ["requests: GET /x: all after its first 1000 responses"]


def test_half_a_character_is_a_question_mark() -> None:
    story = Recorder(EPOCH)
    story.add(exchange("GET", "/x", 200, {"a": "\ud800"}))
    assert load_text(text_of(story.scenarios()), "x").scenarios[0].scenario.stubs[0].respond[0].body == {"a": "?"}


@pytest.mark.parametrize("text", ["\x00", "\u2028", "{{", "- : #", "null", "\t\r\n "])
def test_odd_texts_are_written_as_they_are(text: str) -> None:
    [stub], _ = stubs_of(exchange("GET", "/x", 200, {"a": text, text: 1}))
    assert stub["respond"][0]["body"] == {"a": text, text: 1}


def test_a_resource_that_is_listed_again_and_again_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 status reads, each with one resource more: 300 checks, and not 45,000."""
    checked: list[Any] = []
    monkeypatch.setattr(status_history, "_is_valid", counting(checked, status_history._is_valid))
    history = StatusHistory("w")
    step = {"workflow_step_name": "create_connector", "resource_type": "connector_id"}
    listed = [{**step, "workflow_step_id": f"s{number}", "resource_id": f"c{number}"} for number in range(300)]
    for number in range(300):
        history.record(number * 10, {"state": "PROVISIONING", "resources_created": listed[: number + 1]})
    assert sum(args[0] is ScriptedResource for args in checked) == 300
    scenario = scenario_of(history, epoch=EPOCH)
    assert scenario is not None
    assert scenario.provision is not None
    timeline = scenario.provision.timeline or ()
    assert [len(keyframe.created or ()) for keyframe in timeline] == [1] * 300
