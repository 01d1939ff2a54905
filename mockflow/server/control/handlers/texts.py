"""The text of one scenario: read, checked, replaced in the running cluster, and written into its file."""

from typing import Final

from mockflow.cluster import LoadedScenario, UnknownScenarioError, scenarios
from mockflow.loading.body_files import without_body_files
from mockflow.loading.load import Loading
from mockflow.loading.writing import as_yaml
from mockflow.server.control import views
from mockflow.server.control.call import ControlCall
from mockflow.server.control.errors import ControlError
from mockflow.server.control.files import texts_of
from mockflow.server.control.handlers.scenarios import load_in_loop, loaded_of, read, scenario_view, told


def get_scenario(call: ControlCall) -> views.ScenarioText:
    """A scenario's document as text; 404 for an unknown name.

    It is that of the last load through the control API, else that of its file, else it is made from the scenario.
    """
    loaded = _find(call)
    texts = texts_of(call.cluster)
    file = texts.text_of(loaded.name) if texts else None
    made = as_yaml(without_body_files(loaded.scenario)) if loaded.text is None and file is None else ""
    text = loaded.text if loaded.text is not None else file.text if file else made
    return views.ScenarioText(
        **dict(scenario_view(loaded)),
        text=text,
        is_made=bool(made),
        file=file.file if file else None,
        line=file.line if file and loaded.text is None else 1,
        version=(loaded.version or file.version) if file else None,
        read_only=file.refusal or None if file else _no_file(call),
    )


def _no_file(call: ControlCall) -> str:
    return _OF_WORLD if call.cluster.path else _NO_FILE


_NO_FILE: Final = "the scenario comes from no file of this server"
_OF_WORLD: Final = "a further world writes no files; the server's own /_mockflow does"


def check_text(call: ControlCall) -> views.Checked:
    """The problems of a text, which is not loaded."""
    name, texts = call.query.get("scenario"), texts_of(call.cluster)
    loading = texts.parse(name, call.request.body) if texts and name is not None else None
    if loading is None:
        loading, _ = read(call)
    return views.Checked(
        scenarios=[located.scenario.scenario for located in loading.scenarios],
        problems=[views.ProblemView(**problem.as_json()) for problem in loading.problems],
    )


def replace_scenario(call: ControlCall) -> views.Loaded:
    """Loads the body in place of a scenario, and writes it into its file if asked to; 404 for an unknown name."""
    loaded, version = _find(call), call.query.get("version")
    if _writes(call):
        return _write(call, loaded, version)
    loading, _ = read(call)
    new = loaded_of(loading, call.request.body, version)
    scenarios.load(call.world, new, instead_of=[loaded.name])
    return told(new, loading)


async def replace_scenario_in_loop(call: ControlCall) -> views.Loaded:
    """As `replace_scenario`, with pauses in which clients are answered."""
    loaded, version = _find(call), call.query.get("version")
    if _writes(call):  # a file of that size is no scenario of an editor: it is read and checked as a whole
        return _write(call, loaded, version)
    return await load_in_loop(call, version, instead_of=[loaded.name])


def _writes(call: ControlCall) -> bool:
    write = call.query.get("write", "false")
    if write not in ("true", "false"):
        raise ControlError(400, f'write: "{write}" is neither true nor false')
    return write == "true"


def _write(call: ControlCall, loaded: LoadedScenario, version: str | None) -> views.Loaded:
    texts = texts_of(call.cluster)
    if texts is None:
        raise ControlError(403, _no_file(call))
    if version is None:
        raise ControlError(400, "write needs version: that of the file as it was read, from GET of the same path")
    new, loading = texts.write(loaded.name, call.request.body, version)
    return told(new, Loading(loading.scenarios, loading.warnings))


def _find(call: ControlCall) -> LoadedScenario:
    name = call.values["name"]
    loaded = call.world.scenarios.get(name)
    if loaded is None:
        raise UnknownScenarioError(name)
    return loaded
