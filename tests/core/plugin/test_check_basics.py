"""What noop and reindex check, rendered for 3.8.0 and 2.19.6, and what is said of every step."""

from typing import Any

import pytest

from mockflow.core.plugin.graph import sequence_of
from mockflow.core.plugin.step_checks.call import StepCall
from mockflow.core.plugin.step_checks.table import CHECKS, check_step, duration_of
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.substitution import resolved_inputs
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.plugin.use_cases import expand, use_cases
from tests.core.plugin.steps import NEW, OLD, around, both, call, error, foreign

NO_UNIT = "failed to parse setting [delay] with value [{}] as a time value: unit is missing or unrecognized"
REINDEX = {"source_index": "a", "destination_index": "b", "requests_per_second": -1}
THERE = {("index", "a")}


def errors(type: str, inputs: dict[str, Any], **changes: Any) -> tuple[str | None, str | None]:
    return error(type, inputs, NEW, **changes), error(type, inputs, OLD, **changes)


@pytest.mark.parametrize(
    ("inputs", "milliseconds"),
    [({}, None), ({"delay": "3s"}, 3000), ({"delay": "10ms"}, 10), ({"delay": "0"}, 0)],
)
def test_a_noop_takes_its_delay(inputs: dict[str, Any], milliseconds: int | None) -> None:
    assert errors("noop", inputs) == (None, None)
    assert duration_of(call("noop", inputs), around()) == milliseconds


@pytest.mark.parametrize(
    ("delay", "message"),
    [
        ("abc", NO_UNIT.format("abc")),
        (5, NO_UNIT.format("5")),
        ("-1", "timeout value is negative"),
        ("1.5s", "failed to parse [1.5s], fractional time values are not supported"),
    ],
)
def test_a_bad_delay_fails(delay: Any, message: str) -> None:
    assert errors("noop", {"delay": delay}) == both(message)
    assert duration_of(call("noop", {"delay": delay}), around()) is None


def test_older_releases_have_no_delay() -> None:
    assert error("noop", {"delay": "abc"}, "2.13.0") is None
    assert duration_of(call("noop", {"delay": "3s"}), around("2.13.0")) is None


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"requests_per_second": "100"},
        {"refresh": True, "require_alias": False, "slices": 1, "max_docs": 5},
        {"source_index": "a,x*"},
    ],
)
def test_a_good_reindex_succeeds(changes: dict[str, Any]) -> None:
    assert errors("reindex", {**REINDEX, **changes}, resources=THERE) == (None, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"requests_per_second": "x"}, 'Failed to reindex For input string: "x"'),
        ({"slices": "x"}, 'Failed to reindex For input string: "x"'),
        ({"max_docs": -1}, "Failed to reindex [max_docs] parameter cannot be negative, found [-1]"),
        (
            {"refresh": "yes"},
            "Failed to reindex Failed to parse value [yes] as only [true] or [false] are allowed.",
        ),
    ],
)
def test_a_bad_reindex_fails(changes: dict[str, Any], message: str) -> None:
    assert errors("reindex", {**REINDEX, **changes}, resources=THERE) == both(message)


def test_a_reindex_without_a_rate_always_fails() -> None:
    inputs = {name: REINDEX[name] for name in ("source_index", "destination_index")}
    message = 'Cannot invoke "java.lang.Float.floatValue()" because "<local14>" is null'
    expected = foreign("NullPointerException", message, "INTERNAL_SERVER_ERROR")
    assert errors("reindex", inputs) == expected
    assert errors("reindex", inputs, resources=THERE) == expected


def test_the_source_has_to_be_there() -> None:
    assert errors("reindex", REINDEX) == both("Failed to reindex from source a to b", "INTERNAL_SERVER_ERROR")
    message = "Validation Failed: 1: reindex cannot write into an index its reading from [a];"
    assert errors("reindex", {**REINDEX, "destination_index": "a"}, resources=THERE) == both(message)


def test_every_step_has_a_check() -> None:
    assert CHECKS.keys() == STEPS.keys()


# Use cases whose names are placeholders without a value: ML Commons refuses them from 3.1 on.
WITHOUT_NAMES = {"open_ai_embedding_model_deploy", "openai_chat_model_deploy"}


@pytest.mark.parametrize("release", [OLD, NEW])
@pytest.mark.parametrize("name", use_cases())
def test_the_steps_of_every_use_case_succeed(name: str, release: str) -> None:
    if release == OLD and name.startswith("agentic_search"):
        pytest.skip("a use case of 3.2")
    failed = _first_failure(expand(name, dict.fromkeys(use_cases()[name]["required"], "v")), release)
    assert failed == ("register_model" if release == NEW and name in WITHOUT_NAMES else None)


def _first_failure(template: Any, release: str) -> str | None:
    """The node that fails first, each step's resource being its own id."""
    graph = parse_template(template).provision
    assert graph
    surroundings = around(release, resources={("index", "v")})
    outputs: dict[str, dict[str, Any]] = {}
    sequence = sequence_of(graph, workflow_id="w", max_steps=50)
    for node in sequence.nodes:
        earlier = {before: outputs[before] for before in sequence.predecessors[node.id]}
        inputs = resolved_inputs(node, earlier, {})
        step = StepCall(node.id, node.type, inputs, node.previous_node_inputs, earlier)
        if check_step(step, surroundings):
            return node.id
        outputs[node.id] = {name: inputs.get(name, node.id) for name in STEPS[node.type].outputs}
        kind = STEPS[node.type].resource_type
        entry = {"workflow_step_name": node.type, "workflow_step_id": node.id, "resource_id": node.id}
        surroundings = surroundings.after(step, ({**entry, "resource_type": kind},) if kind else ())
    return None
