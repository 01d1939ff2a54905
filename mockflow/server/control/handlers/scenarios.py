"""Scenarios: list, load, remove."""

from typing import Final

from mockflow.cluster import LoadedScenario, scenarios
from mockflow.loading.load import load_text
from mockflow.server.control import views
from mockflow.server.control.call import ControlCall, ControlError

_MAX_PROBLEMS: Final = 1000  # in one response


def list_scenarios(call: ControlCall) -> views.ScenariosView:
    """The loaded scenarios, and the problems of their files."""
    return views.ScenariosView(
        scenarios=[_scenario_view(loaded) for loaded in call.world.scenarios.values()],
        problems=[views.ProblemView.model_validate(problem) for problem in call.cluster.problems],
    )


def load_scenarios(call: ControlCall) -> views.Loaded:
    """Loads the scenarios in the body; 400 with their problems if there are errors."""
    source = call.query.get("source", "request")
    loading = load_text(call.request.body, source)
    if loading.errors:
        more = len(loading.errors) - _MAX_PROBLEMS
        lines = [*map(str, loading.errors[:_MAX_PROBLEMS]), *([f"and {more} more"] if more > 0 else [])]
        raise ControlError(400, "\n".join(lines), [problem.as_json() for problem in loading.problems[:_MAX_PROBLEMS]])
    loaded = [LoadedScenario(located.scenario, str(located.place)) for located in loading.scenarios]
    scenarios.load(call.world, loaded)
    return views.Loaded(
        loaded=[_scenario_view(scenario) for scenario in loaded],
        problems=[views.ProblemView(**problem.as_json()) for problem in loading.problems],
    )


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
