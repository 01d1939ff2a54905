"""GET /workflow/_steps, against the table of steps (contract.md, section 7)."""

import json
from typing import Any, Final

import pytest

from tests.support.flow_framework import NOOP, WORKFLOW, Door
from tests.support.paths import SHARED

STEPS: Final = f"{WORKFLOW}/_steps"
TABLE: Final = SHARED / "steps.json"


async def test_the_whole_catalogue(door: Door) -> None:
    catalogue = (await door.ask("GET", STEPS)).json
    assert len(catalogue) == 24
    for name, step in catalogue.items():
        assert list(step) == ["inputs", "outputs", "required_plugins", *(["timeout"] if "timeout" in step else [])], (
            name
        )
    assert catalogue["deploy_model"] == {
        "inputs": ["model_id"],
        "outputs": ["model_id"],
        "required_plugins": ["opensearch-ml"],
        "timeout": "15s",
    }
    assert catalogue["noop"] == {"inputs": [], "outputs": [], "required_plugins": []}


@pytest.mark.skipif(not TABLE.exists(), reason=f"{TABLE} is not here")
async def test_says_what_the_table_says(door: Door) -> None:
    table = json.loads(TABLE.read_text("utf-8"))
    shown = ("inputs", "outputs", "required_plugins", "timeout")
    expected = {name: {key: step[key] for key in shown if key in step} for name, step in table.items()}
    assert (await door.ask("GET", STEPS)).json == expected


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("create_index", ["create_index"]),
        ("create_index,noop", ["create_index", "noop"]),
        ("create_index%2C%20noop", ["create_index", "noop"]),
    ],
)
async def test_the_steps_that_are_named(door: Door, query: str, names: list[str]) -> None:
    everything: dict[str, Any] = (await door.ask("GET", STEPS)).json
    answer = await door.ask("GET", f"{STEPS}?workflow_step={query}")
    assert answer.told == (200, {name: everything[name] for name in names})


@pytest.mark.parametrize(("query", "unknown"), [("nope", "nope"), ("noop,nope", "nope"), ("x,noop,y", "x, y")])
async def test_an_unknown_name(door: Door, query: str, unknown: str) -> None:
    answer = await door.ask("GET", f"{STEPS}?workflow_step={query}")
    assert answer.told == (400, {"error": f"Invalid step name: [{unknown}]"})


async def test_unknown_parameters_and_methods(door: Door) -> None:
    answer = await door.ask("GET", f"{STEPS}?workflow_steps=noop")
    assert (answer.status, answer.reason.split(" -> ")[1]) == (400, "did you mean [workflow_step]?")
    await door.create(NOOP)
    # A workflow may be named so: PUT is an update of it.
    error = {"error": "Failed to retrieve template (_steps) from global context."}
    assert (await door.ask("PUT", STEPS, {"name": "n"})).told == (404, error)
