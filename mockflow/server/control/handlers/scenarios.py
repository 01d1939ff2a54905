"""Scenarios: list, load, remove."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mockflow.cluster import LoadedScenario, scenarios
from mockflow.core.plugin.template import Template
from mockflow.loading import documents
from mockflow.loading.load import Loading, load_text
from mockflow.server.control import views
from mockflow.server.control.call import ControlCall
from mockflow.server.control.errors import ControlError
from mockflow.server.http.messages import Ahead, Request
from mockflow.server.rest.errors import Refusal
from mockflow.server.rest.parameters import parse_target
from mockflow.server.rest.pauses import with_pauses
from mockflow.server.rest.worker import in_thread

_MAX_PROBLEMS: Final = 1000  # in one response
_MANY: Final = 1_000


def list_scenarios(call: ControlCall) -> views.ScenariosView:
    """The loaded scenarios, and the problems of their files."""
    return views.ScenariosView(
        scenarios=[scenario_view(loaded) for loaded in call.world.scenarios.values()],
        problems=[views.ProblemView.model_validate(problem) for problem in call.cluster.problems],
    )


def load_scenarios(call: ControlCall) -> views.Loaded:
    """Loads the scenarios in the body; 400 with their problems if there are errors."""
    loading, _ = read(call)
    loaded = loaded_of(loading, call.request.body)
    scenarios.load(call.world, loaded)
    return told(loaded, loading)


async def load_scenarios_in_loop(call: ControlCall) -> views.Loaded:
    """As `load_scenarios`, with pauses in which clients are answered."""
    return await load_in_loop(call)


async def load_in_loop(
    call: ControlCall, version: str | None = None, *, instead_of: Iterable[str] = ()
) -> views.Loaded:
    """Loads the body with pauses, in place of the scenarios named `instead_of`; `version` is that of its file."""
    loading, templates = read(call)
    loaded = await in_thread(loaded_of, loading, call.request.body, version)
    steps = scenarios.load_in_slices(call.world, loaded, templates, instead_of=instead_of)
    await with_pauses(steps, keeps_many=len(loaded) > _MANY)
    return await in_thread(told, loaded, loading)


def loaded_of(loading: Loading, body: bytes, version: str | None = None) -> list[LoadedScenario]:
    """The scenarios of a body, each with its document. Raises ControlError 400 if it has errors."""
    if loading.errors:
        more = len(loading.errors) - _MAX_PROBLEMS
        lines = [*map(str, loading.errors[:_MAX_PROBLEMS]), *([f"and {more} more"] if more > 0 else [])]
        raise ControlError(400, "\n".join(lines), [problem.as_json() for problem in loading.problems[:_MAX_PROBLEMS]])
    found = documents.parts(body.decode("utf-8-sig")) if len(body) <= _MOST_KEPT else []
    begins = [part.line for part in found]
    return [
        LoadedScenario(
            located.scenario,
            str(located.place),
            found[bisect_right(begins, located.place.line) - 1].text if found else None,
            version,
        )
        for located in loading.scenarios
    ]


_MOST_KEPT: Final = 1024 * 1024
"""The bytes of a body up to which its documents are kept as they were written; the text of others is made anew."""


def told(loaded: Sequence[LoadedScenario], loading: Loading) -> views.Loaded:
    """The response to a load."""
    return views.Loaded(
        loaded=[scenario_view(scenario) for scenario in loaded],
        problems=[views.ProblemView(**problem.as_json()) for problem in loading.problems],
    )


def read_ahead(request: Request) -> None:
    """Loads a large body, before its turn to change the cluster."""
    try:
        _, query = parse_target(request.target)
    except Refusal:
        return
    source = query.get("source", SOURCE)
    request.ahead = Ahead()
    request.ahead.keep(source, lambda: _loaded(request, source))


_Loaded = tuple[Loading, Mapping[str, tuple[Template, bool]]]
"""What a body has, and the templates of the workflows that its scenarios bring, by name."""


def _loaded(request: Request, source: str) -> _Loaded:
    loading = load_text(request.body, source)
    brought = (located.scenario for located in loading.scenarios if located.scenario.brings_workflow)
    return loading, {} if loading.errors else {it.scenario: scenarios.template_of(it) for it in brought}


def read(call: ControlCall) -> _Loaded:
    """What the body has; it may have been read ahead."""
    request, source = call.request, call.query.get("source", SOURCE)
    if request.ahead is None:
        return load_text(request.body, source), {}
    return request.ahead.result(source, lambda: _loaded(request, source))


SOURCE: Final = "request"
"""The name of a body in problems, where the request does not give one."""


def delete_scenario(call: ControlCall) -> views.ScenarioView:
    """Removes a scenario; 404 for an unknown name."""
    name = call.values["name"]
    loaded = call.world.scenarios.get(name)
    scenarios.remove(call.world, name)
    assert loaded is not None
    return scenario_view(loaded)


def scenario_view(loaded: LoadedScenario) -> views.ScenarioView:
    """A scenario as the list shows it."""
    scenario = loaded.scenario
    return views.ScenarioView(
        scenario=scenario.scenario,
        description=scenario.description,
        workflow_id=scenario.workflow_id,
        source=loaded.source,
    )
