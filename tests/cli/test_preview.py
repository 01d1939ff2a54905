"""What is drawn is what is served: rehearsed runs against the control API, and any scenario that may be written."""

import io
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mockflow import MockFlow, strategies
from mockflow.cli.preview import RunPreview, preview_of
from mockflow.cli.show import picture
from mockflow.cli.svg import plotted
from mockflow.cli.terminal import Pen
from mockflow.cluster import Settings
from mockflow.core.scenario.model import Scenario
from mockflow.loading.load import load_paths
from tests.support.paths import SCENARIOS

FROZEN: Final = Settings(mode="frozen")
SHIPPED: Final = {each.scenario.scenario: each.scenario for each in load_paths([SCENARIOS]).scenarios}
BROUGHT: Final = [name for name, scenario in SHIPPED.items() if scenario.brings_workflow]


def runs(scenario: Scenario, **changes: Any) -> list[RunPreview]:
    return list(preview_of(scenario.model_copy(update=changes), FROZEN).runs)


@pytest.mark.parametrize("name", [name for name in BROUGHT if SHIPPED[name].begins == "first_status"])
def test_the_first_run_is_the_one_that_is_served(name: str) -> None:
    scenario = SHIPPED[name]
    assert scenario.workflow_id
    with MockFlow(SCENARIOS / f"{name}.yaml", clock="frozen") as cluster:
        detail = cluster._transport.ask("GET", f"/workflows/{scenario.workflow_id}")
    assert runs(scenario)[0].moments == detail["timeline"]


@pytest.mark.parametrize("name", BROUGHT)
def test_each_attempt_has_its_run(name: str) -> None:
    scenario = SHIPPED[name]
    told = [run.title.split(",")[0] for run in runs(scenario)]
    scripts = {kind: getattr(scenario, kind) for kind in ("provision", "reprovision", "deprovision")}
    for kind, script in scripts.items():
        wanted = len(script.attempts or (script,)) if script else int(kind == "provision")
        assert told.count(kind) == wanted


def test_a_plan_for_one_step_ends_as_planned() -> None:
    scenario = Scenario.model_validate(
        {
            "scenario": "s",
            "match": {"everything": True},
            "provision": {"steps": {"create_connector": {"takes": "1s"}, "mine": {"fails": {"timeout": True}}}},
        }
    )
    [run] = runs(scenario)
    last = run.moments[-1]
    assert (last["at_ms"], last["status"]["state"]) == (11_000, "FAILED")
    assert last["status"]["error"] == "TimeoutException during step mine, restStatus: INTERNAL_SERVER_ERROR"


def test_no_plan_is_one_step() -> None:
    scenario = Scenario.model_validate({"scenario": "s", "match": {"name": "x"}})
    [run] = preview_of(scenario, Settings(mode="frozen", step_time=250)).runs
    assert [moment["at_ms"] for moment in run.moments] == [0, 250]


def test_rehearsing_leaves_nothing_behind() -> None:
    scenario = SHIPPED["retry-succeeds-after-deprovision"]
    assert runs(scenario) == runs(scenario)


@given(strategies.scenarios() | strategies.scenarios(None), st.integers(1, 160), st.booleans())
def test_any_scenario_can_be_drawn(scenario: Any, width: int, has_colours: bool) -> None:
    story = preview_of(scenario.build(), FROZEN)
    out = io.StringIO()
    console = Console(file=out, width=width, color_system="truecolor" if has_colours else None, force_terminal=True)
    console.print(picture(story, Pen.of(console)))
    assert story.name[:1] in out.getvalue()
    assert ET.fromstring(plotted([story])).tag.endswith("svg")
