"""Rules that span several keys of a scenario. Errors reject it; warnings are about what the plugin never does."""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from mockflow.core.base.durations import format_duration
from mockflow.core.base.findings import Finding, Path, quoted
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.base.tokens import ContentError
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.graph import sequence_of
from mockflow.core.plugin.resource_list import Differences
from mockflow.core.plugin.status import FINAL_STATES, PROGRESS, PROGRESS_OF_STATE, STATES, Fields, Resource
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.plugin.use_cases import use_cases
from mockflow.core.plugin.versions import DEFAULT_VERSION, parse_version
from mockflow.core.scenario import fault_rules
from mockflow.core.scenario.model import Scenario
from mockflow.core.script.compiler import compile_run, place_keyframes
from mockflow.core.script.models import Attempt, Keyframe
from mockflow.core.script.plan import Deprovision


def check(scenario: Scenario) -> list[Finding]:
    """All findings about `scenario`, errors before warnings."""
    timelines = list(_timelines(scenario))
    errors = [*_about_whom(scenario), *_template(scenario), *_use_cases(scenario), *fault_rules.errors(scenario)]
    for _, script, path in _scripts(scenario):
        errors += _one_form(scenario, script, path)
    errors += _attempts_alone(scenario)
    errors += [f for timeline, path in timelines for rule in _ERRORS for f in rule(scenario, timeline, path)]
    if errors or scenario.unrealistic:
        return errors
    warnings = [f for timeline, path in timelines for rule in _WARNINGS for f in rule(scenario, timeline, path)]
    return [
        *warnings,
        *_runs_without_end(scenario),
        *_steps_that_are_not_there(scenario),
        *_steps_that_would_fail(scenario),
        *fault_rules.warnings(scenario),
    ]


def _scripts(scenario: Scenario) -> Iterator[tuple[str, Attempt, Path]]:
    """Every run that the scenario scripts: kind, script and place."""
    for kind, script in (("provision", scenario.provision), ("reprovision", scenario.reprovision)):
        if script:
            yield kind, script, (kind,)
            for number, attempt in enumerate(script.attempts or ()):
                yield kind, attempt, (kind, "attempts", number)


def _timelines(scenario: Scenario) -> Iterator[tuple[tuple[Keyframe, ...], Path]]:
    for _, script, path in _scripts(scenario):
        if script.timeline:
            yield script.timeline, (*path, "timeline")


def _about_whom(scenario: Scenario) -> Iterator[Finding]:
    """A scenario defines a workflow, or applies to workflows of clients."""
    of_cluster = (scenario.faults, scenario.outages, scenario.stubs, scenario.models, scenario.use_cases)
    scripts_the_cluster = any(of_cluster)
    scripts_runs = scenario.provision or scenario.reprovision or scenario.deprovision or scenario.template is not None
    if not scenario.has_workflow and (scripts_runs or not scripts_the_cluster):
        hint = "write workflow_id for a workflow of its own, or match for those that clients create"
        about = tuple((key,) for key in ("workflow_id", "match", "faults", "outages", "stubs", "models", "use_cases"))
        yield Finding((), "the scenario applies to no workflow", hint, about=about)
    if scenario.match and scenario.template is not None:
        hint = "leave it out: the client's own template is used"
        yield Finding(("template",), "template beside match", hint, other=("match",))
    if scenario.match and scenario.starts not in (None, "provision"):
        hint = "leave it out: a client's workflow starts when it is provisioned"
        yield Finding(("starts",), f"starts: {scenario.starts} beside match", hint, other=("match",))


def _use_cases(scenario: Scenario) -> Iterator[Finding]:
    """A use case that the plugin has not needs a template."""
    for name, case in scenario.use_cases.items():
        if case.template is None and name not in use_cases():
            hint = f"write its template; {did_you_mean(name, use_cases())}"
            yield Finding(("use_cases", name), f"the plugin has no use case {quoted(name)}", hint)


def _one_form(scenario: Scenario, script: Attempt, path: Path) -> Iterator[Finding]:
    """A run has a timeline, a plan, or attempts of these."""
    for key in sorted(script.model_fields_set & {"timeline", "attempts"}):
        if getattr(script, key) is None:
            yield Finding((*path, key), f"{key} is empty", "leave it out, or add an entry")
    written = script.model_fields_set & {"timeline", "step_time", "steps"}
    if getattr(script, "attempts", None) and written:
        hint = "move it into the attempts that it is for"
        for key in sorted(written):
            yield Finding((*path, key), f"{key} beside attempts", hint, other=(*path, "attempts"))
    elif "timeline" in written and len(written) > 1:
        for key in sorted(written - {"timeline"}):
            hint = "a run has a timeline or a plan: keep one of the two"
            yield Finding((*path, key), f"{key} beside a timeline", hint, other=(*path, "timeline"))
    elif scenario.brings_workflow and scenario.template is None and written & {"steps", "step_time"}:
        hint = "write template, or a timeline"
        about = (("template",), ("match",), path)
        yield Finding(path, "a plan needs the template with its steps", hint, about=about)


def _runs_without_end(scenario: Scenario) -> Iterator[Finding]:
    """Runs of a workflow of the scenario's own that have neither a timeline nor steps."""
    if not scenario.brings_workflow or scenario.template is not None:
        return
    for kind, script, path in _scripts(scenario):
        if not script.timeline and not getattr(script, "attempts", None):
            message = f"{kind} has neither a timeline nor a template's steps: the workflow stays PROVISIONING for ever"
            hint = "write timeline, template, or unrealistic: true"
            yield Finding(path, message, hint, "warning", about=(path, ("template",)))


def _attempts_alone(scenario: Scenario) -> Iterator[Finding]:
    """As `_one_form`, for deprovisionings."""
    script = scenario.deprovision
    if script and script.attempts:
        for key in sorted(script.model_fields_set & {"keeps", "takes"}):
            hint = "move it into the attempts that it is for"
            yield Finding(("deprovision", key), f"{key} beside attempts", hint, other=("deprovision", "attempts"))


def _template(scenario: Scenario) -> Iterator[Finding]:
    if scenario.template is None or scenario.match:
        return
    try:
        graph = parse_template(scenario.template).provision
        if graph is None:
            yield Finding(
                ("template",), "the template has no workflow to provision", "write workflows: {provision: ...}"
            )
            return
        unknown = [(number, node.type) for number, node in enumerate(graph.nodes) if node.type not in STEPS]
        for number, name in unknown:
            path = ("template", "workflows", "provision", "nodes", number, "type")
            yield Finding(path, f'the plugin has no step "{name}"', did_you_mean(name, STEPS))
        if not unknown:
            sequence_of(graph, workflow_id=scenario.workflow_id, max_steps=len(graph.nodes))
    except FlowFrameworkError as error:
        yield Finding(("template",), f"the plugin would refuse this template: {error}")
    except ContentError as error:
        hint = "ids and names are text, versions like 1.0.0, nodes and edges lists, workflows and inputs mappings"
        yield Finding(("template",), f"the plugin would refuse this template: it has {error}", hint)


def _steps_that_are_not_there(scenario: Scenario) -> Iterator[Finding]:
    """Planned steps that the scenario's template does not have. For a client's template, the log reports them."""
    graph = parse_template(scenario.template).provision if scenario.template is not None else None
    if graph is None:
        return
    ids = [node.id for node in graph.nodes]
    known = list(dict.fromkeys([*ids, *(node.type for node in graph.nodes)]))
    for kind, script, path in _scripts(scenario):
        for name in script.steps if kind == "provision" else ():  # a reprovisioning may add nodes
            if name not in known:
                message = f'no step "{name}" in the template'
                yield Finding((*path, "steps", name), message, did_you_mean(name, known), "warning")
    for plan, path in _deprovisionings(scenario):
        for number, name in enumerate(plan.keeps):
            if name not in ids and scenario.reprovision is None:
                message = f'no step with the id "{name}" in the template'
                yield Finding((*path, "keeps", number), message, did_you_mean(name, ids), "warning")


def _steps_that_would_fail(scenario: Scenario) -> Iterator[Finding]:
    """Steps of the scenario's template with inputs that a real cluster refuses, unless a script fails there anyway."""
    graph = parse_template(scenario.template).provision if scenario.template is not None else None
    if graph is None or scenario.trust_inputs:
        return
    from mockflow.core.plugin.lint_steps import failing  # the checks of steps are large

    attempts = [script for kind, script, _ in _scripts(scenario) if kind == "provision"]
    if any(keyframe.state == "FAILED" for attempt in attempts for keyframe in attempt.timeline or ()):
        return
    planned = {name for attempt in attempts for name, plan in attempt.steps.items() if plan.fails}
    sequence = sequence_of(graph, workflow_id=scenario.workflow_id, max_steps=len(graph.nodes))
    for node_id, step, finding in failing(sequence, graph, parse_version(DEFAULT_VERSION)):
        if not {node_id, step} & planned:
            hint = "; ".join(filter(None, [finding.hint, "trust_inputs: true lets it succeed"]))
            yield Finding(("template", *finding.path), finding.message, hint, "warning")


def _deprovisionings(scenario: Scenario) -> Iterator[tuple[Deprovision, Path]]:
    script = scenario.deprovision
    if script:
        yield script, ("deprovision",)
        for number, attempt in enumerate(script.attempts or ()):
            yield attempt, ("deprovision", "attempts", number)


Rule = Callable[[Scenario, tuple[Keyframe, ...], Path], Iterable[Finding]]


def _one_time_each(_: Scenario, timeline: tuple[Keyframe, ...], path: Path) -> Iterator[Finding]:
    for number, keyframe in enumerate(timeline):
        if keyframe.at is not None and keyframe.at_poll is not None:
            message = "a keyframe has at and at_poll"
            yield Finding((*path, number, "at_poll"), message, "keep one of the two", other=(*path, number, "at"))
        if keyframe.at is None and keyframe.at_poll is None:
            about = ((*path, number, "at"), (*path, number, "at_poll"))
            hint = 'write at: 2s, at: "+2s" or at_poll: 3'
            yield Finding((*path, number), "a keyframe needs its time", hint, about=about)


def _in_order(_: Scenario, timeline: tuple[Keyframe, ...], path: Path) -> Iterator[Finding]:
    timed = [(n, place) for n, place in enumerate(place_keyframes(timeline)) if _has_time(timeline[n])]
    polls = [(n, place.poll) for n, place in timed if place.poll is not None]
    for (first, before), (second, poll) in pairwise(polls):
        if poll <= before:
            places = (*path, second, "at_poll"), (*path, first, "at_poll")
            yield _misplaced(*places, f"poll {poll}", f"poll {before}")
    for (first, place), (second, later) in pairwise(timed):
        if later.segment == place.segment and later.offset <= place.offset:
            places = (*path, second, "at"), (*path, first, "at" if timeline[first].at else "at_poll")
            counted = "; times count from the at_poll" if place.segment else ""
            yield _misplaced(*places, format_duration(later.offset), format_duration(place.offset), counted)


def _has_time(keyframe: Keyframe) -> bool:
    return (keyframe.at is None) != (keyframe.at_poll is None)


def _misplaced(second: Path, first: Path, when: str, before: str, counted: str = "") -> Finding:
    if when == before:
        return Finding(second, f"two keyframes at {when}", f"make them one{counted}", other=first)
    message = f"a keyframe at {when} stands after one at {before}"
    return Finding(second, message, f"keyframes stand in order{counted}", other=first)


def _known_states(scenario: Scenario, timeline: tuple[Keyframe, ...], path: Path) -> Iterator[Finding]:
    if scenario.unrealistic:
        return
    for key, known in (("state", STATES), ("provisioning_progress", PROGRESS)):
        for number, keyframe in enumerate(timeline):
            value = getattr(keyframe, key)
            if value is not None and value not in known:
                advice = did_you_mean(value, known) + " (unrealistic: true permits any other)"
                yield Finding((*path, number, key), f"unknown {key} {quoted(value)}", advice)


def _created_or_replaced(_: Scenario, timeline: tuple[Keyframe, ...], path: Path) -> Iterator[Finding]:
    for number, keyframe in enumerate(timeline):
        if {"created", "resources_created"} <= keyframe.model_fields_set:
            yield Finding(
                (*path, number, "created"),
                "a keyframe has created and resources_created",
                "created adds to the list, resources_created replaces it: keep one of the two",
                other=(*path, number, "resources_created"),
            )


def _own_id(scenario: Scenario, timeline: tuple[Keyframe, ...], path: Path) -> Iterator[Finding]:
    for number, keyframe in enumerate(timeline):
        if keyframe.workflow_id not in (None, scenario.workflow_id):
            yield Finding(
                (*path, number, "workflow_id"),
                f"{quoted(keyframe.workflow_id)} is not the scenario's workflow {quoted(scenario.workflow_id)}",
                "leave it out, or change one of the two",
                other=("workflow_id",) if scenario.workflow_id else None,
            )


def _like_the_plugin(scenario: Scenario, timeline: tuple[Keyframe, ...], path: Path) -> Iterator[Finding]:
    """Warns about statuses that the plugin never shows (docs/reference/plugin.md, "Status document")."""
    accepted = "NOT_STARTED" if scenario.brings_workflow else "PROVISIONING"
    run = compile_run(timeline, scenario=scenario.scenario, workflow_id=scenario.workflow_id or "", state=accepted)
    before: Fields = {"state": "NOT_STARTED"}
    listed = Differences()
    for segment in run.segments:
        for number, fields in zip(segment.keyframes, segment.snapshots, strict=True):
            _, gone = listed.to(fields.get("resources_created"))
            if number is not None:
                for key, message in _impossible(before, fields, gone):
                    place = (*path, number, key) if key in timeline[number].model_fields_set else (*path, number)
                    yield Finding(place, message, "unrealistic: true allows it", "warning")
            before = fields


def _impossible(before: Fields, now: Fields, gone: Collection[Resource]) -> Iterator[tuple[str, str]]:
    """The key and a description of each change between two snapshots that the plugin never makes.

    `gone` are the resources that only the first one lists.
    """
    old, state = before.get("state"), now.get("state")
    if state is None:
        yield "state", "a status without a state"
    elif state != old:
        if old in FINAL_STATES:
            yield "state", f"{state} after the final state {old}"
        elif state in FINAL_STATES and old == "NOT_STARTED":
            yield "state", f"{state} without PROVISIONING before it"
        elif state == "NOT_STARTED":
            yield "state", f"NOT_STARTED again after {old}"
    progress = now.get("provisioning_progress")
    if state in PROGRESS_OF_STATE and progress != PROGRESS_OF_STATE[state]:
        if before.get("provisioning_progress") != progress or old != state:
            shown = f"provisioning_progress {progress}" if progress else "no provisioning_progress"
            yield "provisioning_progress", f"{shown} in state {state}, where the plugin has {PROGRESS_OF_STATE[state]}"
    if state == "FAILED" and old != "FAILED" and "error" not in now:
        yield "error", "FAILED without an error"
    listed = now.get("resources_created")
    if state == "NOT_STARTED" and listed and (listed != before.get("resources_created") or old != state):
        yield "resources_created", "resources in state NOT_STARTED"
    if gone:
        vanished = ", ".join(quoted(resource["resource_id"]) for resource in gone)
        yield "resources_created", f"resources vanish without deprovisioning: {vanished}"


_ERRORS: tuple[Rule, ...] = (_one_time_each, _in_order, _known_states, _created_or_replaced, _own_id)
_WARNINGS: tuple[Rule, ...] = (_like_the_plugin,)


class Claim(NamedTuple):
    """A key and a value, as text, that only one scenario may have."""

    key: str
    value: str


def claims_of(scenario: Scenario) -> Iterator[Claim]:
    """The claims of `scenario`: its name, and its workflow_id and match if it has them."""
    for key in ("scenario", "workflow_id", "match"):
        value = getattr(scenario, key)
        if value is not None:
            yield Claim(key, str(value))


def claims(scenarios: Iterable[Scenario]) -> Iterator[tuple[int, int, str]]:
    """Conflicts of name, workflow or match: ``(later, earlier, key)``, with indexes into `scenarios`."""
    first: dict[Claim, int] = {}
    for number, scenario in enumerate(scenarios):
        for claim in claims_of(scenario):
            earlier = first.setdefault(claim, number)
            if earlier != number:
                yield number, earlier, claim.key
