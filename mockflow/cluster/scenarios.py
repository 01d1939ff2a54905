"""The scenarios of a world: loading, replacing, removing and reloading them, and matching them to workflows.

A change of the scenarios changes the workflows that they bring or match.
"""

import logging
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Final

from mockflow.cluster import runs
from mockflow.cluster.changes import Changes, LoadedScenario
from mockflow.cluster.stored_template import StoredTemplate
from mockflow.cluster.workflow import Workflow
from mockflow.cluster.world import World
from mockflow.core.base import bounds
from mockflow.core.base.steps import Steps
from mockflow.core.plugin.lifecycle import template_from
from mockflow.core.plugin.template import Template
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.scenario.model import Scenario
from mockflow.core.scenario.rules import Claim, claims_of
from mockflow.core.script.compiler import written_resources

MAX_SCENARIOS: Final = bounds.SCENARIOS

_NO_TEMPLATES: Final[Mapping[str, tuple[Template, bool]]] = {}
log: Final = logging.getLogger("mockflow")


class UnknownScenarioError(LookupError):
    """No scenario has this name."""


class TooManyError(ValueError):
    """More scenarios than a world holds."""


class ClaimedError(ValueError):
    """Two scenarios claim one name, one workflow id or one match."""


def load(world: World, scenarios: Iterable[LoadedScenario], *, instead_of: Iterable[str] = ()) -> None:
    """Adds scenarios, or replaces those of the same name. On ClaimedError or TooManyError nothing is changed.

    Those named `instead_of` are removed unless they are among the new ones.

    A workflow that a replaced scenario brought begins anew; workflows of clients go on, by the new script.
    """
    new = {loaded.name: loaded for loaded in scenarios}
    _replace(world, new, [name for name in instead_of if name not in new])


def load_in_slices(
    world: World,
    scenarios: Sequence[LoadedScenario],
    templates: Mapping[str, tuple[Template, bool]],
    *,
    instead_of: Iterable[str] = (),
) -> Steps[None]:
    """As `load`, with a pause after each few scenarios, in which clients may be answered.

    `templates` are the results of `template_of` by name, for those scenarios that bring a workflow. Everything is
    checked at the beginning; so nothing but requests of clients may change the world in a pause.
    """
    new = {loaded.name: loaded for loaded in scenarios}
    gone = [name for name in instead_of if name not in new]
    replaced = dict.fromkeys([*gone, *new])
    _check_count(world, new, replaced)
    names, among_new, takes = list(new), dict[Claim, str](), False
    for begin in range(0, len(names), _CHECKED_SLICE):
        checked = {name: new[name] for name in names[begin : begin + _CHECKED_SLICE]}
        _check_claims(world, checked, replaced, among_new, new)
        claimed = ((claim, name) for name, it in checked.items() for claim in claims_of(it.scenario))
        takes = takes or any(world.claims.get(claim, name) not in (name, *gone) for claim, name in claimed)
        yield
    size = len(new) if takes else _SLICE  # scenarios that swap what they claim are replaced at once
    for begin in range(0, len(names), max(1, size)):
        _replace(world, {name: new[name] for name in names[begin : begin + size]}, gone, templates=templates)
        gone = []
        yield


_SLICE: Final = 50
_CHECKED_SLICE: Final = 500


def remove(world: World, name: str) -> None:
    """Removes a scenario and the workflow that it brought. Workflows of clients that it matched have none from now on.

    Raises UnknownScenarioError.
    """
    if name not in world.scenarios:
        raise UnknownScenarioError(name)
    _replace(world, {}, [name])


def reload(world: World, changes: Changes) -> None:
    """Applies the changes of scenario files. On ClaimedError or TooManyError nothing is changed.

    Every workflow that remains keeps its events and elapsed time, and goes on by its new script. A scenario of a file
    that was replaced or removed through the control API stays so until the file's own version changes.
    """
    new = {loaded.name: loaded for loaded in (*changes.new, *changes.changed)}
    gone = [loaded.name for loaded in changes.gone if world.scenarios.get(loaded.name) == loaded]
    _replace(world, new, gone, keeps_runs=True)
    for before, after in changes.moved:
        if world.scenarios.get(before.name) == before:
            # The script is the same: the workflow keeps its scenario object.
            world.scenarios[before.name] = LoadedScenario(world.scenarios[before.name].scenario, after.source)
    files = [loaded.name for loaded in changes.after if loaded.name in world.scenarios]
    world.scenarios = {name: world.scenarios[name] for name in dict.fromkeys([*files, *world.scenarios])}
    world.active.put_in_order(world.scenarios)
    world.model_scripts.put_in_order(world.scenarios)
    world.matches.put_in_order(world.scenarios)


def matching(world: World, *, name: str, use_case: str, headers: Mapping[str, str]) -> Scenario | None:
    """The scenario that matches a workflow which a client creates. The most specific one wins."""
    best = world.matches.best(name=name, use_case=use_case, headers=headers)
    if len(best) > 1:
        tied = [scenario.scenario for scenario in best]
        log.warning("scenarios %s match workflow %s equally; %s is used", ", ".join(tied), name, tied[0])
    return best[0] if best else None


def template_of(scenario: Scenario) -> tuple[Template, bool]:
    """The template of the workflow that `scenario` brings, and whether it was made from its resources' steps."""
    if scenario.template is not None:
        return parse_template(scenario.template), False
    attempts = [scenario.provision, *(scenario.provision.attempts or ())] if scenario.provision else []
    keyframes = [keyframe for attempt in attempts for keyframe in attempt.timeline or ()]
    resources = [
        entry
        for keyframe in keyframes
        for entry in written_resources(keyframe, scenario.scenario, scenario.workflow_id or "")
    ]
    return parse_template(template_from(scenario.scenario, resources)), True


# -- replacing -----------------------------------------------------------------------------------------


def _replace(
    world: World,
    new: Mapping[str, LoadedScenario],
    gone: Iterable[str] = (),
    *,
    keeps_runs: bool = False,
    templates: Mapping[str, tuple[Template, bool]] = _NO_TEMPLATES,
) -> None:
    """Puts `new` in place of the scenarios of the same names and of `gone`. With `keeps_runs` workflows continue."""
    names = dict.fromkeys([*gone, *new])
    _check_count(world, new, names)
    _check_claims(world, new, names, {}, new)
    going = [world.scenarios[name] for name in names if name in world.scenarios]
    brought = [(workflow, it.scenario) for it in going if (workflow := _brought(world, it.scenario))]
    bringing = {it.scenario.workflow_id: it.scenario for it in new.values() if it.scenario.brings_workflow}
    for loaded in going:
        for claim in claims_of(loaded.scenario):
            del world.claims[claim]
        world.coverage.forget(loaded.name)
        world.matches.remove(loaded.scenario, keeps_place=loaded.name in new)
        if loaded.name not in new:
            del world.scenarios[loaded.name]
            world.active.deactivate(loaded.name)
            world.model_scripts.deactivate(loaded.name)
            world.use_cases.pop(loaded.name, None)
    for name, loaded in new.items():
        world.scenarios[name] = loaded
        world.matches.put(loaded.scenario)
        world.claims.update(dict.fromkeys(claims_of(loaded.scenario), name))
        world.active.activate(loaded.scenario, keep_counts=keeps_runs)
        world.model_scripts.activate(loaded.scenario, keep_counts=keeps_runs)
        world.use_cases.pop(name, None)
        if loaded.scenario.use_cases:
            world.use_cases[name] = {key: case.as_plugin() for key, case in loaded.scenario.use_cases.items()}
    for workflow, scenario in brought:  # all of them first: two may have swapped their workflows
        if keeps_runs and workflow.id in bringing:
            _hand_over(world, workflow, scenario, bringing.pop(workflow.id))
        else:
            world.forget(workflow)
    _update_matched(world, names)
    for scenario in bringing.values():
        _bring(world, scenario, templates.get(scenario.scenario))
    for name in names:
        world.outages_changed(name)
    world.active_changed()


def _check_count(world: World, new: Mapping[str, LoadedScenario], names: Iterable[str]) -> None:
    """Raises TooManyError. `names` are those of the scenarios that are replaced, removed or added."""
    gone_now = sum(name in world.scenarios and name not in new for name in names)
    count = len(world.scenarios) - gone_now + sum(name not in world.scenarios for name in new)
    if new and count > MAX_SCENARIOS:
        raise TooManyError(f"{count} scenarios are too many; mockflow holds {MAX_SCENARIOS}")


def _check_claims(
    world: World,
    new: Mapping[str, LoadedScenario],
    replaced: Container[str],
    among_new: dict[Claim, str],
    all_new: Mapping[str, LoadedScenario],
) -> None:
    """Raises ClaimedError where a scenario of `new` claims what belongs to a scenario that stays.

    `among_new` has the claims of those of `all_new` that were checked before, and gets these.
    """
    for name, loaded in new.items():
        for claim in claims_of(loaded.scenario):
            owner = among_new.setdefault(claim, name)
            if owner == name:
                owner = world.claims.get(claim, name)
                if owner in replaced:
                    continue
            other = all_new.get(owner) or world.scenarios[owner]
            value = claim.key if claim.key == "match" else f'{claim.key} "{claim.value}"'
            raise ClaimedError(
                f'{value} of scenario "{name}" belongs to scenario "{owner}" ({other.source}) already; '
                "choose another, or remove that one first"
            )


def _brought(world: World, scenario: Scenario) -> Workflow | None:
    """The workflow that the scenario has brought, if it still exists."""
    workflow = world.workflows.get(scenario.workflow_id or "")
    return workflow if workflow and scenario.brings_workflow and workflow.scenario is scenario else None


def _bring(world: World, scenario: Scenario, template_and_origin: tuple[Template, bool] | None) -> None:
    assert scenario.workflow_id is not None
    if scenario.workflow_id in world.workflows:  # a client's, whose id was copied into the scenario
        world.forget(world.workflows[scenario.workflow_id])
    now = world.now()
    template, is_made = template_and_origin or template_of(scenario)
    stored = StoredTemplate(template, now, now, keeps_times=world.version.behaviour.keeps_times, is_made=is_made)
    workflow = Workflow(scenario.workflow_id, scenario, stored)
    world.add(workflow)
    runs.begin_at_load(world, workflow)


def _hand_over(world: World, workflow: Workflow, before: Scenario, after: Scenario) -> None:
    """Makes the workflow that `before` brought the one that `after` brings."""
    world.set_scenario(workflow, after)
    old, _ = template_of(before)
    template, is_made = template_of(after)
    workflow.change_template(old, template, is_made=is_made)
    if workflow.run is not None:
        runs.play_again(world, workflow)
    else:
        runs.begin_at_load(world, workflow)


def _update_matched(world: World, names: Iterable[str]) -> None:
    """Updates the workflows of clients whose create request matched a scenario of one of these names."""
    matched = [workflow for name in names for workflow in world.matched_by(name)]
    for workflow in sorted(matched, key=lambda one: one.number):
        loaded = world.scenarios.get(workflow.matched or "")
        world.set_scenario(workflow, loaded.scenario if loaded and loaded.scenario.match else None)
        if workflow.scenario:  # without one the run under way goes on as it began
            runs.play_again(world, workflow)
