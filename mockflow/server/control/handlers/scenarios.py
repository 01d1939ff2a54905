"""Scenarios: list, load, remove."""

import asyncio
from collections.abc import Mapping
from typing import Final

from mockflow.cluster import LoadedScenario, scenarios
from mockflow.core.plugin.template import Template
from mockflow.loading.load import Loading, load_text
from mockflow.server.control import views
from mockflow.server.control.call import ControlCall, ControlError
from mockflow.server.http.messages import Ahead, Request
from mockflow.server.rest.errors import Refusal
from mockflow.server.rest.parameters import parse_target
from mockflow.server.rest.worker import in_thread

_MAX_PROBLEMS: Final = 1000  # in one response


def list_scenarios(call: ControlCall) -> views.ScenariosView:
    """The loaded scenarios, and the problems of their files."""
    return views.ScenariosView(
        scenarios=[_scenario_view(loaded) for loaded in call.world.scenarios.values()],
        problems=[views.ProblemView.model_validate(problem) for problem in call.cluster.problems],
    )


def load_scenarios(call: ControlCall) -> views.Loaded:
    """Loads the scenarios in the body; 400 with their problems if there are errors."""
    loading, _ = _read(call)
    loaded = _without_errors(loading)
    scenarios.load(call.world, loaded)
    return _told(loaded, loading)


async def load_scenarios_in_loop(call: ControlCall) -> views.Loaded:
    """As `load_scenarios`, with pauses in which clients are answered."""
    loading, templates = _read(call)
    loaded = _without_errors(loading)
    for _ in scenarios.load_in_slices(call.world, loaded, templates):
        await asyncio.sleep(0)
    return await in_thread(_told, loaded, loading)


def _without_errors(loading: Loading) -> list[LoadedScenario]:
    if loading.errors:
        more = len(loading.errors) - _MAX_PROBLEMS
        lines = [*map(str, loading.errors[:_MAX_PROBLEMS]), *([f"and {more} more"] if more > 0 else [])]
        raise ControlError(400, "\n".join(lines), [problem.as_json() for problem in loading.problems[:_MAX_PROBLEMS]])
    return [LoadedScenario(located.scenario, str(located.place)) for located in loading.scenarios]


def _told(loaded: list[LoadedScenario], loading: Loading) -> views.Loaded:
    return views.Loaded(
        loaded=[_scenario_view(scenario) for scenario in loaded],
        problems=[views.ProblemView(**problem.as_json()) for problem in loading.problems],
    )


def read_ahead(request: Request) -> None:
    """Loads a large body, before its turn to change the cluster."""
    try:
        _, query = parse_target(request.target)
    except Refusal:
        return
    source = query.get("source", _SOURCE)
    request.ahead = Ahead()
    request.ahead.keep(source, lambda: _loaded(request, source))


_Loaded = tuple[Loading, Mapping[str, tuple[Template, bool]]]
"""What a body has, and the templates of the workflows that its scenarios bring, by name."""


def _loaded(request: Request, source: str) -> _Loaded:
    loading = load_text(request.body, source)
    brought = (located.scenario for located in loading.scenarios if located.scenario.brings_workflow)
    return loading, {} if loading.errors else {it.scenario: scenarios.template_of(it) for it in brought}


def _read(call: ControlCall) -> _Loaded:
    request, source = call.request, call.query.get("source", _SOURCE)
    if request.ahead is None:
        return load_text(request.body, source), {}
    return request.ahead.result(source, lambda: _loaded(request, source))


_SOURCE: Final = "request"


def delete_scenario(call: ControlCall) -> views.ScenarioView:
    """Removes a scenario; 404 for an unknown name."""
    name = call.values["name"]
    loaded = call.world.scenarios.get(name)
    scenarios.remove(call.world, name)
    assert loaded is not None
    return _scenario_view(loaded)


def _scenario_view(loaded: LoadedScenario) -> views.ScenarioView:
    scenario = loaded.scenario
    return views.ScenarioView(
        scenario=scenario.scenario,
        description=scenario.description,
        workflow_id=scenario.workflow_id,
        source=loaded.source,
    )
