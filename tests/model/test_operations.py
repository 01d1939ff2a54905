"""Random sequences of everything that clients do, against the server and against `reference`: no difference.

``MOCKFLOW_MODEL_EXAMPLES=2000`` runs so many sequences of chance; without it, the same few each time.
"""

import asyncio
import json
import logging
import os
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mockflow.cluster import Cluster, LoadedScenario, Settings
from mockflow.core.scenario.model import Scenario
from mockflow.server.answer import answer
from mockflow.server.http.messages import Request
from tests.model import templates
from tests.model.reference import (
    RELEASES,
    STEPS,
    Answer,
    Body,
    Draft,
    Flow,
    JsonText,
    Known,
    Like,
    Script,
    Server,
    Thing,
    Unordered,
    changes_between,
    nodes_of,
    not_there,
)

T = TypeVar("T")

EXAMPLES: Final = int(os.environ.get("MOCKFLOW_MODEL_EXAMPLES", "0"))
WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
MOST_WORKFLOWS: Final = 6

# What the scenarios below say, in the model's words.
SCRIPTS: Final[Mapping[str, Script]] = {
    "FAILS_ONCE": Script(
        fails=(
            {
                "model": ("no answer", "REQUEST_TIMEOUT"),
                "ingest": ("bad processor", "BAD_REQUEST"),
                "tool": ("no such tool", "BAD_REQUEST"),
            },
            {},
        )
    ),
    "SLOW": Script(takes={"connector": 2500, "ingest": 1, "index": 0}),
    "STUBBORN": Script(keeps=(("connector", "agent", "ingest"), ("connector",), ()), deprovision_takes=(300, 0, 200)),
}
SCENARIOS: Final[tuple[Body, ...]] = (
    {
        "scenario": "fails-once",
        "match": {"use_case": "FAILS_ONCE"},
        "provision": {
            "attempts": [
                {
                    "steps": {
                        "model": {"fails": {"status": "REQUEST_TIMEOUT", "message": "no answer"}},
                        "create_ingest_pipeline": {"fails": {"status": "BAD_REQUEST", "message": "bad processor"}},
                        "tool": {"fails": {"status": "BAD_REQUEST", "message": "no such tool"}},
                    }
                },
                {},
            ]
        },
    },
    {
        "scenario": "slow",
        "match": {"use_case": "SLOW"},
        "provision": {
            "steps": {"connector": {"takes": "2500ms"}, "ingest": {"takes": "1ms"}, "index": {"takes": "0s"}}
        },
        "reprovision": {
            "steps": {"connector": {"takes": "2500ms"}, "ingest": {"takes": "1ms"}, "index": {"takes": "0s"}}
        },
    },
    {
        "scenario": "stubborn",
        "match": {"use_case": "STUBBORN"},
        "deprovision": {
            "attempts": [
                {"keeps": ["connector", "agent", "ingest"], "takes": "300ms"},
                {"keeps": ["connector"]},
                {"takes": "200ms"},
            ]
        },
    },
)
USE_CASES: Final = ("PLAIN", *SCRIPTS)

milliseconds = st.integers(1, 6000) | st.sampled_from((1, 999, 1000, 1001, 2000, 3000))
drafts = templates.templates(USE_CASES).map(Draft)
PATHS: Final = {
    "index": "/{id}",
    "ingest_pipeline": "/_ingest/pipeline/{id}",
    "search_pipeline": "/_search/pipeline/{id}",
    "model": "/_plugins/_ml/models/{id}",
    "model_group": "/_plugins/_ml/model_groups/{id}",
    "connector": "/_plugins/_ml/connectors/{id}",
    "agent": "/_plugins/_ml/agents/{id}",
}


COMPACT: Final = '{"name":"x","workflows":{"provision":{"nodes":[{"id":"a","type":"noop"}]}}}'
NO_TEMPLATE: Final = (404, "Failed to retrieve template ({id}) from global context.")
# Method, path and body of a request about an unknown workflow -> its answer; without a text, a delete document.
UNKNOWN: Final[Mapping[str, tuple[int, str]]] = {
    "GET  null": NO_TEMPLATE,
    "GET /_status null": (404, "Fail to find workflow status of {id}"),
    "POST /_provision null": NO_TEMPLATE,
    "POST /_deprovision null": (404, "Failed to get workflow state for workflow {id}"),
    "DELETE  null": (200, ""),
    "DELETE ?clear_status=true null": (200, ""),
    f"PUT  {COMPACT}": NO_TEMPLATE,
    f"PUT ?reprovision=true {COMPACT}": NO_TEMPLATE,
    'PUT ?update_fields=true {"name":"y"}': NO_TEMPLATE,
}
# What differs while no workflow was ever created.
VIRGIN: Final = {
    ("GET", ""): (404, "There are no templates in the global_context"),
    ("GET", "/_status"): (404, "Failed to get workflow status of: {id}"),
    ("POST", "/_provision"): (500, "Failed to get template {id}"),
    ("DELETE", ""): (404, "There are no templates in the global context"),
    ("DELETE", "?clear_status=true"): (404, "There are no templates in the global context"),
    ("PUT", ""): (404, "Failed to retrieve template ({id})."),
    ("PUT", "?reprovision=true"): (404, "Failed to retrieve template ({id})."),
    ("PUT", "?update_fields=true"): (404, "Failed to retrieve template ({id})."),
}


def has_flows(machine: Any) -> bool:
    return bool(machine.flows)


def is_new(flow: Flow) -> bool:
    return flow.template is not None and flow.progress == "NOT_STARTED"


def is_settled(flow: Flow) -> bool:
    return flow.template is not None and flow.progress in ("DONE", "FAILED")


class Operations(RuleBasedStateMachine):
    """One server and its model."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()

    def teardown(self) -> None:
        if self.flows:
            self.ask_for_nobody()
            self.look_at_all_things()
            self.cluster.world.clock.close()
        self.loop.close()

    @initialize(release=st.sampled_from(sorted(RELEASES)), first=st.lists(drafts, min_size=2, max_size=2))
    def begin(self, release: str, first: list[Draft]) -> None:
        scenarios = tuple(LoadedScenario(Scenario.model_validate(content)) for content in SCENARIOS)
        self.cluster = Cluster(Settings(trust_inputs=True, mode="frozen", opensearch_version=release), scenarios)
        self.model = Server(RELEASES[release], SCRIPTS)
        self.seen: set[str] = set()
        self.ask_for_nobody()
        for draft in first:
            self.create_and_let_it_run(draft, 1)

    # -- asking --------------------------------------------------------------------------------------

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(coroutine)

    async def ask(self, target: str, method: str = "GET", body: Any = None) -> Answer:
        headers = {} if body is None else {"Content-Type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        response = await answer(self.cluster, Request(method, target, headers, content))
        return response.status, json.loads(response.body) if response.body else None

    def same(self, expected: Answer, target: str, method: str = "GET", body: Any = None) -> None:
        self.compare(expected, self.run(self.ask(target, method, body)))

    def compare(self, expected: Answer, actual: Answer) -> None:
        assert actual[0] == expected[0], f"{actual}, not {expected}"
        assert self.fits(expected[1], actual[1]), f"{actual}, not {expected}"

    def fits(self, expected: Any, actual: Any) -> bool:
        """Whether an answer is the expected one; ids that nobody has seen are taken over from it."""
        if isinstance(expected, Known):
            if expected.value is None and isinstance(actual, str) and len(actual) == 20 and actual not in self.seen:
                expected.value = actual
                self.seen.add(actual)
            return bool(expected.value == actual)
        if isinstance(expected, Like | JsonText):
            return expected.fits(actual)
        if isinstance(expected, dict):
            order = sorted if isinstance(expected, Unordered) else list
            return order(expected) == order(actual) and all(self.fits(expected[key], actual[key]) for key in expected)
        if isinstance(expected, list):
            return len(expected) == len(actual) and all(map(self.fits, expected, actual))
        return bool(type(expected) is type(actual) and expected == actual)

    def a_flow(self, data: st.DataObject, likely: Callable[[Flow], object] = lambda _: True) -> Flow:
        """One of the workflows, mostly one that is `likely` to be accepted."""
        fitting = [flow for flow in self.flows if likely(flow)]
        if not fitting or data.draw(st.integers(0, 4), label="any") == 4:
            fitting = self.flows
        return fitting[data.draw(st.integers(0, len(fitting) - 1), label="number of the workflow")]

    async def advance(self, milliseconds: int) -> None:
        self.cluster.world.clock.advance(milliseconds)
        self.model.advance(milliseconds)

    @invariant()
    def every_status_is_the_same(self) -> None:
        for flow in self.flows:
            self.same(self.model.status(flow, show_all=True), f"{WORKFLOW}/{flow.id}/_status?all=true")

    # -- create and update ---------------------------------------------------------------------------

    @precondition(lambda self: len(self.flows) < MOST_WORKFLOWS)
    @rule(draft=drafts, validate=st.booleans(), provision=st.booleans())
    def create(self, draft: Draft, validate: bool, provision: bool) -> None:
        expected, _ = self.model.create(draft, provision=provision)
        self.same(expected, WORKFLOW + query(validate, provision=provision), "POST", draft.template)

    @precondition(lambda self: len(self.flows) < MOST_WORKFLOWS)
    @rule(draft=drafts, by=milliseconds)
    def create_and_let_it_run(self, draft: Draft, by: int) -> None:
        self.create(draft, validate=True, provision=True)
        self.run(self.advance(3000 + by))

    @precondition(has_flows)
    @rule(data=st.data(), draft=drafts, validate=st.booleans(), provision=st.booleans())
    def update(self, data: st.DataObject, draft: Draft, validate: bool, provision: bool) -> None:
        flow = self.a_flow(data, is_new)
        expected = self.model.update(flow, draft, provision=provision)
        self.same(expected, f"{WORKFLOW}/{flow.id}{query(validate, provision=provision)}", "PUT", draft.template)

    @rule(
        data=st.data(),
        operation=st.sampled_from(("create", "update", "reprovision")),
        draft=st.sampled_from(templates.REFUSED + templates.UNSORTABLE),
        validate=st.booleans(),
    )
    def send_a_wrong_one(self, data: st.DataObject, operation: str, draft: Draft, validate: bool) -> None:
        if not self.flows or (operation == "create" and len(self.flows) < MOST_WORKFLOWS):
            expected, _ = self.model.create(draft, validate=validate)
            self.same(expected, WORKFLOW + query(validate), "POST", draft.template)
        elif operation == "reprovision":
            flow = self.a_flow(data, is_settled)
            expected = self.model.reprovision(flow, draft, validate=validate)
            self.same(expected, f"{WORKFLOW}/{flow.id}{query(validate, reprovision=True)}", "PUT", draft.template)
        else:
            flow = self.a_flow(data, is_new)
            expected = self.model.update(flow, draft, validate=validate)
            self.same(expected, f"{WORKFLOW}/{flow.id}{query(validate)}", "PUT", draft.template)

    @precondition(has_flows)
    @rule(
        data=st.data(),
        changes=st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(("renamed", "renamed again")),
                "description": st.just("described"),
                "use_case": st.just("ANOTHER"),
                "version": st.just({"template": "2.0.0", "compatibility": ["3.0.0"]}),
                "ui_metadata": st.just({"config": {"x": [1, None]}}),
                "workflows": st.just({}),
            },
        ),
    )
    def update_fields(self, data: st.DataObject, changes: Body) -> None:
        flow = self.a_flow(data)
        expected = self.model.update_fields(flow, changes)
        self.same(expected, f"{WORKFLOW}/{flow.id}?update_fields=true", "PUT", changes)

    @precondition(has_flows)
    @rule(data=st.data(), show_all=st.booleans())
    def look(self, data: st.DataObject, show_all: bool) -> None:
        flow = self.a_flow(data)
        self.same(self.model.get(flow), f"{WORKFLOW}/{flow.id}")
        self.same(self.model.status(flow, show_all=show_all), f"{WORKFLOW}/{flow.id}/_status?all={lower(show_all)}")

    def ask_for_nobody(self) -> None:
        workflow_id = "8xL8bowB8y25Tqfenm50"
        for operation, (status, text) in UNKNOWN.items():
            method, path, body = operation.split(" ")
            if not self.model.has_templates and (method, path) in VIRGIN:
                status, text = VIRGIN[method, path]
            expected = (status, {"error": text.format(id=workflow_id)}) if text else not_there(workflow_id)
            self.same(expected, f"{WORKFLOW}/{workflow_id}{path}", method, json.loads(body))

    # -- runs ----------------------------------------------------------------------------------------

    @precondition(has_flows)
    @rule(data=st.data())
    def provision(self, data: st.DataObject) -> None:
        flow = self.a_flow(data, is_new)
        self.same(self.model.provision(flow), f"{WORKFLOW}/{flow.id}/_provision", "POST")

    @precondition(has_flows)
    @rule(data=st.data(), timeout=milliseconds)
    def provision_and_wait(self, data: st.DataObject, timeout: int) -> None:
        flow = self.a_flow(data, is_new)
        expected = self.model.provision(flow)
        target = f"{WORKFLOW}/{flow.id}/_provision?wait_for_completion_timeout={timeout}ms"
        if expected[0] >= 400:
            self.same(expected, target, "POST")
        else:
            self.compare(*self.run(self.waited(flow, timeout, expected[0], self.ask(target, "POST"))))

    async def waited(self, flow: Flow, timeout: int, status: int, asking: Coroutine[Any, Any, Answer]) -> Any:
        """What a request that waits for a run says, and what it should; the clock moves to its end, no further."""
        request = asyncio.ensure_future(asking)
        await asyncio.sleep(0)
        end = flow.events[-1].time if flow.events else self.model.now
        if flow.fails and not self.model.release.ends_wait_on_failure:
            end = self.model.now + timeout
        left = min(timeout, end - self.model.now)
        while left:
            assert not request.done()
            step = min(left, 700)
            await self.advance(step)
            left -= step
        actual = await asyncio.wait_for(request, timeout=10)
        return self.model.waited(flow, status), actual

    @precondition(has_flows)
    @rule(data=st.data(), validate=st.booleans())
    def reprovision(self, data: st.DataObject, validate: bool) -> None:
        flow = self.a_flow(data, is_settled)
        assume(flow.template is not None)
        template = flow.template or {}
        draft = data.draw(drafts if flow.graph_refusal else templates.changed(template).map(Draft))
        assume(self.knows_what_a_reprovision_does(flow, draft))
        expected = self.model.reprovision(flow, draft)
        self.same(expected, f"{WORKFLOW}/{flow.id}{query(validate, reprovision=True)}", "PUT", draft.template)

    def knows_what_a_reprovision_does(self, flow: Flow, draft: Draft) -> bool:
        """The contract is silent about nodes that are kept or updated although what they had made is not there."""
        changes = changes_between(flow.nodes, nodes_of(draft.template), renewed_credentials=flow.renewed_credentials)
        if flow.progress not in ("DONE", "FAILED") or isinstance(changes, str):
            return True
        there = {r.step_id for r in flow.resources if (r.kind, r.id) in self.model.things}
        made = [node["id"] for node in flow.nodes if STEPS[node["type"]].resource_type]
        return flow.graph_refusal is None and there.issuperset(made)

    @rule(by=milliseconds)
    def time_passes(self, by: int) -> None:
        self.run(self.advance(by))
        self.look_at_all_things()

    # -- the end -------------------------------------------------------------------------------------

    @precondition(has_flows)
    @rule(data=st.data(), allowed=st.lists(st.sampled_from(templates.INDEXES + templates.PIPELINES), unique=True))
    def deprovision(self, data: st.DataObject, allowed: list[str]) -> None:
        flow = self.a_flow(data, lambda flow: flow.resources)
        allow = f"?allow_delete={'%2C'.join(allowed)}" if allowed else ""
        asking = self.ask(f"{WORKFLOW}/{flow.id}/_deprovision{allow}", "POST")
        self.compare(*self.run(self.deprovisioned(flow, allowed, asking)))

    async def deprovisioned(self, flow: Flow, allowed: list[str], asking: Coroutine[Any, Any, Answer]) -> Any:
        """The whole request waits; until its end the document keeps all but its resources (section 5)."""
        takes = self.model.begin_deprovision(flow)
        if takes:
            kept = without_resources(self.model.status(flow, show_all=True))
            request = asyncio.ensure_future(asking)
            for _ in range(takes // 100):
                await asyncio.sleep(0)
                assert not request.done()
                self.compare(kept, without_resources(await self.ask(f"{WORKFLOW}/{flow.id}/_status?all=true")))
                await self.advance(100)
            asking = asyncio.wait_for(request, timeout=10)
        expected = self.model.deprovision(flow, allowed)
        return expected, await asking

    @precondition(has_flows)
    @rule(data=st.data(), clear_status=st.booleans())
    def delete(self, data: st.DataObject, clear_status: bool) -> None:
        flow = self.a_flow(data)
        expected = self.model.delete(flow, clear_status=clear_status)
        self.same(expected, f"{WORKFLOW}/{flow.id}{'?clear_status=true' * clear_status}", "DELETE")

    # -- what runs have made -------------------------------------------------------------------------

    @rule()
    def look_at_all_things(self) -> None:
        self.every_status_is_the_same()  # tells the ids of what is new
        named = {("index", name) for name in templates.INDEXES}
        named |= {(kind, name) for kind in ("ingest_pipeline", "search_pipeline") for name in templates.PIPELINES}
        made = {(resource.kind, resource.id) for flow in self.flows for resource in flow.resources}
        for kind, name in [*sorted(named), *self.model.things.keys() - named, *made - self.model.things.keys() - named]:
            status, body = self.run(self.ask(PATHS[kind].format(id=name)))
            thing = self.model.things.get((kind, name))
            assert status == (200 if thing else 404), f"{kind} {name}: {status} {body}"
            says = told_of(kind, str(name), thing) if thing else {}
            assert {key: value for key, value in flat(body).items() if key in says} == says

    @rule(data=st.data())
    def delete_a_thing(self, data: st.DataObject) -> None:
        """Behind its workflow's back, so that a later deprovision does not find it."""
        assume(self.model.things)
        kind, name = key = data.draw(st.sampled_from(list(self.model.things)), label="thing")
        assume(kind != "model_group")
        assume(not self.model.is_to_update(key))  # as in knows_what_a_reprovision_does
        status, _ = self.run(self.ask(PATHS[kind].format(id=name), "DELETE"))
        if status in (400, 409):
            assert kind == ("model" if status == 400 else "connector"), "one that is deployed or in use"
            return
        assert status == 200
        del self.model.things[key]

    @property
    def flows(self) -> list[Flow]:
        return self.model.flows if hasattr(self, "model") else []


def test_the_server_does_what_the_model_does(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "mockflow")  # it warns of steps in the scenarios that a template has not
    profile = settings(
        max_examples=EXAMPLES or 50,
        stateful_step_count=40,
        derandomize=not EXAMPLES,
        database=None,
        report_multiple_bugs=False,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),  # what Phase.explain adds takes minutes here
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Operations, settings=profile)


def lower(flag: bool) -> str:
    return str(flag).lower()


def query(validate: bool, **flags: bool) -> str:
    said = [f"{name}=true" for name, flag in flags.items() if flag] + ["validation=none"] * (not validate)
    return f"?{'&'.join(said)}" if said else ""


def without_resources(answer: Answer) -> Answer:
    return answer[0], {name: value for name, value in answer[1].items() if name != "resources_created"}


def told_of(kind: str, name: str, thing: Thing) -> Body:
    """What follows from a thing's inputs, as `flat` shows it."""
    inputs = thing.inputs
    if kind == "index":
        settings = {"creation_date": str(thing.created), "provided_name": name}
        body: Body = {name: {"mappings": inputs["configurations"]["mappings"], "settings": {"index": settings}}}
    elif kind.endswith("pipeline"):
        body = {name: inputs["configurations"]}
    else:
        body = {key: inputs[key] for key in ("name", "type") if key in inputs}
        if kind == "model":
            body["model_state"] = "DEPLOYED" if thing.deployed else "REGISTERED"
    return flat(body)


def flat(body: Any, path: str = "") -> Body:
    """Every leaf of a JSON object by its path."""
    if not isinstance(body, dict) or not body:
        return {path: body}
    return {key: leaf for name, value in body.items() for key, leaf in flat(value, f"{path}/{name}").items()}
