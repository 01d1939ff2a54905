"""`Scenario`: the same models as YAML makes, and YAML that reads back as what was built."""

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mockflow import MockFlow, Scenario, ScenarioError
from mockflow.core.scenario.model import Scenario as Model
from mockflow.loading.load import load_text

X: Final = Scenario("x").workflow("w")
TEMPLATE: Final = {"name": "t", "workflows": {"provision": {"nodes": [{"id": "a", "type": "noop"}]}}}
CASES: Final[dict[str, tuple[Scenario, str]]] = {
    "models": (
        Scenario("x").model("m*", "a", {"echo": True}, latency="1s").model(None, "b", agent="*", optional=True),
        "{scenario: x, models: [{model: m*, answers: [a, {echo: true}], latency: 1s}, "
        "{agent: '*', answers: [b], optional: true}]}",
    ),
    "use cases": (
        Scenario("x")
        .use_case("mine", {"name": "n"}, defaults={"a": "b"}, required=["c"])
        .use_case("semantic_search", defaults={"create_index.name": "i"}),
        "{scenario: x, use_cases: {mine: {template: {name: n}, defaults: {a: b}, required: [c]}, "
        "semantic_search: {defaults: {create_index.name: i}}}}",
    ),
    "only a name": (Scenario("x").match(everything=True), "{scenario: x, match: everything}"),
    "about": (
        Scenario("x", description="why", unrealistic=True, trust_inputs=True).match(use_case="U"),
        "{scenario: x, description: why, unrealistic: true, trust_inputs: true, match: {use_case: U}}",
    ),
    "match": (
        Scenario("x").match(name="bedrock*", use_case="U", header={"X-A": "b"}),
        "{scenario: x, match: {name: 'bedrock*', use_case: U, header: {X-A: b}}}",
    ),
    "workflow": (
        Scenario("x").workflow("w", template=TEMPLATE, starts="load"),
        f"{{scenario: x, workflow_id: w, starts: load, template: {json.dumps(TEMPLATE)}}}",
    ),
    "timeline": (
        X.at("0s", state="NOT_STARTED").at("+2s", state="PROVISIONING", error=None).at_poll(3, user_outputs={"a": [1]}),
        """
        scenario: x
        workflow_id: w
        provision:
          timeline:
            - {at: 0s, state: NOT_STARTED}
            - {at: +2s, state: PROVISIONING, error: null}
            - {at_poll: 3, user_outputs: {a: [1]}}
        """,
    ),
    "resources": (
        X.created("create_connector", resource_id="c")
        .at("1s")
        .created("create_index")
        .created("create_index")
        .created("mine", "m", resource_type="t", resource_id="r"),
        """
        scenario: x
        workflow_id: w
        provision:
          timeline:
            - at: 0s
              created: [{workflow_step_name: create_connector, workflow_step_id: create_connector_1, resource_id: c}]
            - at: 1s
              created:
                - {workflow_step_name: create_index, workflow_step_id: create_index_1}
                - {workflow_step_name: create_index, workflow_step_id: create_index_2}
                - {workflow_step_name: mine, workflow_step_id: m, resource_type: t, resource_id: r}
        """,
    ),
    "plan": (
        Scenario("x")
        .match(name="n")
        .step_time("10ms")
        .step("deploy_model", takes="30s")
        .step("a", fails={"status": "CONFLICT", "message": "m"})
        .step("b", fails="timeout"),
        """
        scenario: x
        match: {name: n}
        provision:
          step_time: 10ms
          steps: {deploy_model: {takes: 30s}, a: {fails: {status: CONFLICT, message: m}}, b: {fails: timeout}}
        """,
    ),
    "attempts": (
        Scenario("x").match(name="n").step("a", fails={}).attempt().at("0s", state="COMPLETED").attempt(),
        """
        scenario: x
        match: {name: n}
        provision: {attempts: [{steps: {a: {fails: {}}}}, {timeline: [{at: 0s, state: COMPLETED}]}, {}]}
        """,
    ),
    "other runs": (
        Scenario("x")
        .match(name="n")
        .at("0s", state="COMPLETED")
        .reprovision()
        .step_time("1s")
        .attempt()
        .step_time("2s")
        .deprovision(keeps=["a"], takes="300ms")
        .deprovision(),
        """
        scenario: x
        match: {name: n}
        provision: {timeline: [{at: 0s, state: COMPLETED}]}
        reprovision: {attempts: [{step_time: 1s}, {step_time: 2s}]}
        deprovision: {attempts: [{keeps: [a], takes: 300ms}, {}]}
        """,
    ),
    "what goes wrong": (
        X.fault("get_status", calls="2..3", respond="too_many_requests", state="PROVISIONING")
        .fault(["info", "/_cat/**"], scope="cluster", delay=40, probability=0.5, name="slow")
        .fault("any", connection="drip", over="1s", delay={"uniform": {"max": "2s"}})
        .outage("3s")
        .outage("1m", ("yellow", "2s"), name="sick")
        .stub("GET /x/{id}", "unauthorized", state="COMPLETED", during="1s..")
        .stub({"path": "/y", "body": {"$.a": 1}}, [{"status": 404}, {"body": {"id": "{{path.id}}"}}], name="twice"),
        """
        scenario: x
        workflow_id: w
        faults:
          - {on: get_status, calls: 2..3, while: {state: PROVISIONING}, respond: too_many_requests}
          - {name: slow, on: [info, "/_cat/**"], scope: cluster, probability: 0.5, delay: 40ms}
          - {on: any, connection: drip, over: 1s, delay: {uniform: {max: 2s}}}
        outages:
          - at: 3s
          - {name: sick, at: 1m, phases: [{phase: yellow, takes: 2s}]}
        stubs:
          - {request: "GET /x/{id}", when: {state: COMPLETED, during: 1s..}, respond: unauthorized}
          - name: twice
            request: {path: /y, body: {$.a: 1}}
            respond: [{status: 404}, {body: {id: "{{path.id}}"}}]
        """,
    ),
}


def model_of(text: str) -> Model:
    loading = load_text(text, "test.yaml")
    assert not loading.errors, loading.errors
    [located] = loading.scenarios
    return located.scenario


@pytest.mark.parametrize(("built", "text"), CASES.values(), ids=CASES)
def test_it_is_the_model_that_yaml_makes(built: Scenario, text: str) -> None:
    assert built.build() == model_of(text)
    assert model_of(built.yaml()) == built.build()
    assert str(built) == built.yaml()
    assert (built.name, repr(built)) == ("x", "<Scenario x>")


def test_every_method_is_among_the_cases() -> None:
    methods = {name for name in vars(Scenario) if not name.startswith("_")} - {"name", "yaml", "build"}
    source = ast.parse(Path(__file__).read_text("utf-8"))
    called = {node.func.attr for node in ast.walk(source) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
    assert methods <= called


def test_its_yaml_reads_well() -> None:
    built = X.at("0s", state="PROVISIONING").created("create_index", "i").at("2s", state="COMPLETED")
    assert built.yaml() == (
        "scenario: x\n"
        "workflow_id: w\n"
        "provision:\n"
        "  timeline:\n"
        "  - at: 0s\n"
        "    state: PROVISIONING\n"
        "    created:\n"
        "    - workflow_step_name: create_index\n"
        "      workflow_step_id: i\n"
        "  - at: 2s\n"
        "    state: COMPLETED\n"
    )


# -- texts that YAML would take for something else ------------------------------------------------------

ODD: Final = [
    "1e3",
    "on",
    "null",
    "~",
    "2026-01-01",
    "0x1F",
    "0o7",
    "1:30",
    "yes",
    "- a",
    "a: b",
    "#",
    "'",
    "é\u2028\x85",
]
texts = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
names = texts.filter(lambda text: not text.startswith("@"))  # which begins the name of a shipped scenario
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@given(names, texts, texts, values)
def test_any_text_reads_back_as_it_was(name: str, workflow_id: str, error: str, output: Any) -> None:
    built = (
        Scenario(name, description=error, unrealistic=True)
        .workflow(workflow_id)
        .at("0s", state="PROVISIONING", error=error, user_outputs={"out": output})
        .created("create_index", error, resource_id=workflow_id)
    )
    model = built.build()
    assert (model.scenario, model.workflow_id, model.description) == (name, workflow_id, error)
    assert model.provision is not None
    assert model.provision.timeline is not None
    [keyframe] = model.provision.timeline
    assert (keyframe.error, keyframe.user_outputs) == (error, {"out": output})
    assert keyframe.created is not None
    assert (keyframe.created[0].workflow_step_id, keyframe.created[0].resource_id) == (error, workflow_id)


@given(names)
def test_everybody_elses_yaml_reads_it_too(text: str) -> None:
    assert yaml.safe_load(Scenario(text).workflow(text).yaml()) == {"scenario": text, "workflow_id": text}


# -- problems --------------------------------------------------------------------------------------------

PROBLEMS: Final[list[tuple[Callable[[], Scenario], str]]] = [
    (
        lambda: X.at("0s", state="PROVISIONNING"),  # type: ignore[arg-type]
        'x"\\):6:5: unknown state "PROVISIONNING"; did you mean PROVISIONING\\?',
    ),
    (lambda: X.at("2s", state="PROVISIONING").at("1s", state="COMPLETED"), "a keyframe at 1s stands after one at 2s"),
    (lambda: X.at("soon", state="FAILED"), "is not a time"),
    (lambda: X.at_poll(0, state="FAILED"), "at_poll"),
    (lambda: X.at("0s", stat="FAILED"), 'unknown key "stat"; did you mean state'),  # type: ignore[call-arg]
    (lambda: X.at("0s", state="PROVISIONING").step("a", takes="1s"), "timeline"),
    (lambda: Scenario("x").match(), "match is empty"),
    (lambda: Scenario("x").match(everything=True).step("a", fails={"status": "TEAPOT"}), 'unknown status "TEAPOT"'),
    (lambda: Scenario("x").workflow("w", starts="soon"), "starts"),
    (lambda: Scenario("x"), "workflow_id"),
    (lambda: Scenario(""), "scenario"),
]


@pytest.mark.parametrize(("made", "why"), PROBLEMS)
def test_problems_tell_the_yaml(made: Callable[[], Scenario], why: str) -> None:
    with pytest.raises(ScenarioError, match=why) as error:
        made().build()
    assert str(error.value).endswith(f"\n\n{made().yaml()}")
    assert error.value.problems
    assert error.value.problems[0]["file"] == f'Scenario("{made().name}")'
    with pytest.raises(ScenarioError, match=why):
        MockFlow(made())
    with MockFlow() as cluster:
        with pytest.raises(ScenarioError, match=why):
            cluster.load(made())
        assert cluster.scenarios() == []


# -- each call gives a new one ---------------------------------------------------------------------------

STEPS: Final[list[Callable[[Scenario], Scenario]]] = [
    lambda s: s.workflow("v"),
    lambda s: s.match(name="n"),
    lambda s: s.at("9s", state="FAILED"),
    lambda s: s.at_poll(9, state="FAILED"),
    lambda s: s.created("create_index"),
    lambda s: s.step("b", takes="1s"),
    lambda s: s.step_time("1s"),
    lambda s: s.attempt(),
    lambda s: s.reprovision(),
    lambda s: s.deprovision(keeps=["a"]),
]


@pytest.mark.parametrize("step", STEPS)
def test_a_beginning_can_be_shared(step: Callable[[Scenario], Scenario]) -> None:
    begun = X.at("0s", state="PROVISIONING").created("create_index").deprovision()
    before, model = begun.yaml(), begun.build()
    new = step(begun)
    assert new is not begun
    step(new)
    assert (begun.yaml(), begun.build()) == (before, model)


def test_what_was_given_stays_the_callers() -> None:
    template, outputs, keeps = {"name": "t"}, {"a": [1]}, ["a"]
    built = X.workflow("w", template=template).at("0s", user_outputs=outputs).deprovision(keeps=keeps)
    before = built.yaml()
    template["name"], outputs["a"] = "other", [2]
    keeps.append("b")
    assert built.yaml() == before


def test_it_plays() -> None:
    with MockFlow(X.at("0s", state="PROVISIONING").at("1s", state="COMPLETED"), clock="frozen") as cluster:
        cluster.clock.advance_to("COMPLETED")
        assert cluster.clock.elapsed == 1_000
