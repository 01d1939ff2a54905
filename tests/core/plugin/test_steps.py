"""The step catalogue against the one of the plugin."""

import json
from dataclasses import replace
from typing import Any, Final

import pytest

from mockflow.core.base.durations import parse_duration
from mockflow.core.plugin.steps import STEPS, Step
from tests.support.paths import SHARED

PLUGIN: Final = SHARED / "steps.json"

needs_plugin = pytest.mark.skipif(
    not PLUGIN.is_file(), reason="../shared/steps.json, the plugin's catalogue, is missing"
)


@needs_plugin
def test_it_is_the_catalogue_of_the_plugin() -> None:
    theirs: dict[str, dict[str, Any]] = json.loads(PLUGIN.read_text("utf-8"))
    ours = {name: replace(step, optional=()) for name, step in STEPS.items()}  # the catalogue names what is required
    assert {name: step_of(entry, name) for name, entry in theirs.items()} == ours


@needs_plugin
def test_it_has_the_plugins_order() -> None:
    assert list(STEPS) == list(json.loads(PLUGIN.read_text("utf-8")))


def step_of(entry: dict[str, Any], name: str) -> Step:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    if values.get("timeout") == "60s":
        values["timeout"] = "1m"  # as Java writes it
    return Step(name, **values)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_it_refers_to_steps_that_are_there(step: Step) -> None:
    for other in (step.update_step, step.deprovision_step):
        assert other is None or other in STEPS
    assert (step.deprovision_step is not None) == (step.resource_type is not None), "what is created is taken away"
    if step.timeout:
        assert parse_duration(step.timeout) > 0
