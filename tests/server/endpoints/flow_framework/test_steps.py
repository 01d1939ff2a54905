"""GET /workflow/_steps, against the table of steps."""

import json
from typing import Any, Final

import pytest

from tests.support.flow_framework import WORKFLOW, Door
from tests.support.paths import SHARED

STEPS: Final = f"{WORKFLOW}/_steps"
TABLE: Final = SHARED / "steps.json"


async def test_the_whole_catalogue(door: Door) -> None:
    catalogue = (await door.ask("GET", STEPS)).json
    assert len(catalogue) == 21
    assert list(catalogue)[:3] == ["update_search_pipeline", "update_ingest_pipeline", "reindex"], "a HashMap's order"
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
    for name in ("delete_index", "delete_ingest_pipeline", "delete_search_pipeline"):
        del expected[name]  # measured: they are not listed, and 60 s is written as 1m
    for step in expected.values():
        if step.get("timeout") == "60s":
            step["timeout"] = "1m"
    assert (await door.ask("GET", STEPS)).json == expected


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("create_index", ["create_index"]),
        ("create_index,noop", ["noop", "create_index"]),
        ("noop,create_index", ["noop", "create_index"]),
        ("noop,noop", ["noop"]),
        ("noop,", ["noop"]),
        ("noop,,", ["noop"]),
    ],
)
async def test_the_steps_that_are_named(door: Door, query: str, names: list[str]) -> None:
    everything: dict[str, Any] = (await door.ask("GET", STEPS)).json
    answer = await door.ask("GET", f"{STEPS}?workflow_step={query}")
    assert answer.told == (200, {name: everything[name] for name in names})
    assert list(answer.json) == names


@pytest.mark.parametrize("query", ["", "=", "=,", "=,,"])
async def test_no_names_are_all(door: Door, query: str) -> None:
    answer = await door.ask("GET", f"{STEPS}?workflow_step{query}")
    assert answer.told == (await door.ask("GET", STEPS)).told


@pytest.mark.parametrize(
    "query", ["nope", "noop,nope", "x,noop,y", ",noop", "noop,,create_index", "%20noop", "noop,%20reindex", "NOOP", "*"]
)
async def test_an_unknown_name(door: Door, query: str) -> None:
    answer = await door.ask("GET", f"{STEPS}?workflow_step={query}")
    assert answer.told == (400, {"error": "Failed to retrieve workflow step json."})


@pytest.mark.parametrize("name", ["delete_index", "delete_ingest_pipeline", "delete_search_pipeline"])
async def test_steps_that_no_template_may_have_are_unknown(door: Door, name: str) -> None:
    assert (await door.ask("GET", f"{STEPS}?workflow_step={name}")).status == 400


async def test_a_parameter_that_was_not_sent_is_not_suggested(door: Door) -> None:
    answer = await door.ask("GET", f"{STEPS}?workflow_steps=noop")
    assert (answer.status, answer.reason) == (
        400,
        f"request [{STEPS}] contains unrecognized parameter: [workflow_steps]",
    )
    answer = await door.ask("GET", f"{STEPS}?workflow_steps=noop&workflow_step=noop")
    assert answer.reason.endswith("[workflow_steps] -> did you mean [workflow_step]?")
