"""What the owner can ask for: clock, scenarios, workflows, journal, coverage."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from mockflow.cluster import Cluster, LoadedScenario, Workflow, moments, moving, scenarios
from mockflow.cluster.active import ActiveFault
from mockflow.cluster.journal import Exchange
from mockflow.core.base.durations import parse_duration
from mockflow.core.faults.model import Fault
from mockflow.core.opensearch.security import parse_user
from mockflow.core.plugin.status import status_document
from mockflow.core.scenario.fault_rules import alone
from mockflow.loading.load import load_text
from mockflow.server.control import events as feed
from mockflow.server.control import models as models
from mockflow.server.control import page
from mockflow.server.control.call import PREFIX, ControlCall, ControlError, read_body
from mockflow.server.http.messages import Response

# -- clock and world -------------------------------------------------------------------------------


def get_clock(call: ControlCall) -> models.ClockView:
    cluster = call.cluster
    return models.ClockView(
        now=cluster.world.now(),
        elapsed_ms=cluster.world.elapsed_ms,
        mode=cluster.world.clock.mode,
        speed=cluster.world.clock.speed,
    )


def change_clock(call: ControlCall) -> models.ClockView:
    cluster, change = call.cluster, read_body(call, models.ClockChange)
    if change.mode is not None:
        cluster.world.clock.set_mode(change.mode)
    elif change.advance is not None:
        cluster.world.clock.advance(change.advance)
    elif change.speed is not None:
        cluster.world.clock.set_speed(change.speed)
    elif change.until is not None:
        moving.advance_to_state(cluster.world, change.until.workflow_id, change.until.state)
    elif change.next is not None:
        moving.advance_to_next(cluster.world, change.next)
    return get_clock(call)


def reset(call: ControlCall) -> models.ClockView:
    body = read_body(call, models.Reset)
    changes = body.model_dump(exclude={"keep"}, exclude_none=True)
    if body.max_polls is not None:
        changes["ends_stuck"] = True
    if body.users is not None:
        changes["users"] = tuple(map(parse_user, body.users))
    call.cluster.reset(keep_scenarios="scenarios" in body.keep, **changes)
    return get_clock(call)


# -- scenarios -------------------------------------------------------------------------------------


def list_scenarios(call: ControlCall) -> models.ScenariosView:
    return models.ScenariosView(
        scenarios=[_scenario_view(loaded) for loaded in call.world.scenarios.values()],
        problems=[models.ProblemView.model_validate(problem) for problem in call.cluster.problems],
    )


def load_scenarios(call: ControlCall) -> models.Loaded:
    source = call.query.get("source", "request")
    loading = load_text(call.request.body, source)
    if loading.errors:
        more = len(loading.errors) - _MOST_PROBLEMS
        told = [*map(str, loading.errors[:_MOST_PROBLEMS]), *([f"and {more} more"] if more > 0 else [])]
        raise ControlError(400, "\n".join(told), [problem.as_json() for problem in loading.problems[:_MOST_PROBLEMS]])
    loaded = [LoadedScenario(located.scenario, str(located.place)) for located in loading.scenarios]
    scenarios.load(call.world, loaded)
    return models.Loaded(
        loaded=[_scenario_view(scenario) for scenario in loaded],
        problems=[models.ProblemView(**problem.as_json()) for problem in loading.problems],
    )


def delete_scenario(call: ControlCall) -> models.ScenarioView:
    name = call.values["name"]
    loaded = call.world.scenarios.get(name)
    scenarios.remove(call.world, name)
    assert loaded is not None
    return _scenario_view(loaded)


def _scenario_view(loaded: LoadedScenario) -> models.ScenarioView:
    scenario = loaded.scenario
    return models.ScenarioView(
        scenario=scenario.scenario,
        description=scenario.description,
        workflow_id=scenario.workflow_id,
        source=loaded.source,
    )


# -- workflows -------------------------------------------------------------------------------------


def list_workflows(call: ControlCall) -> list[models.WorkflowView]:
    return [_workflow_view(call.cluster, workflow) for workflow in call.world.living()]


def get_workflow(call: ControlCall) -> models.WorkflowDetail:
    cluster = call.cluster
    workflow = cluster.world.find(call.values["workflow_id"])
    timeline = [models.Moment(**moment) for moment in workflow.moments(moving.upcoming(cluster.world, workflow))]
    windows = cluster.world.active.windows(workflow.scenario.scenario) if workflow.scenario else ()
    faults = [models.FaultWindow(fault=what, from_ms=begin, to_ms=end) for what, begin, end in windows]
    return models.WorkflowDetail(**dict(_workflow_view(cluster, workflow)), timeline=timeline, faults=faults)


def status_at(call: ControlCall) -> dict[str, Any]:
    cluster = call.cluster
    workflow = cluster.world.find(call.values["workflow_id"])
    try:
        at = parse_duration(call.query["at"]) if "at" in call.query else cluster.world.elapsed(workflow)
    except ValueError as error:
        raise ControlError(400, f"at: {error}") from None
    run = moving.upcoming(cluster.world, workflow)
    return status_document(workflow.id, {**workflow.owned, **run.fields(run.position(at))}, show_all=True).value


def restart_workflow(call: ControlCall) -> models.WorkflowView:
    return _workflow_view(call.cluster, moving.restart(call.world, call.values["workflow_id"]))


def _workflow_view(cluster: Cluster, workflow: Workflow) -> models.WorkflowView:
    run = moving.upcoming(cluster.world, workflow)
    elapsed = cluster.world.elapsed(workflow)
    fields = run.timeline.fields(run.position(elapsed))
    following = moments.next_moment(cluster.world, workflow, elapsed) if workflow.run else run.next_time(elapsed)
    poll = run.next_poll
    upcoming = None
    if following is not None:
        upcoming = models.NextMoment(at_ms=following)
    elif poll is not None:
        upcoming = models.NextMoment(at_poll=poll)
    return models.WorkflowView(
        workflow_id=workflow.id,
        scenario=workflow.scenario.scenario if workflow.scenario else None,
        run=workflow.kind,
        starts=workflow.begins,
        begun=workflow.run is not None,
        elapsed_ms=elapsed,
        polls=workflow.polls,
        state=fields.get("state"),
        provisioning_progress=fields.get("provisioning_progress"),
        next=upcoming,
    )


# -- journal and coverage --------------------------------------------------------------------------


def get_journal(call: ControlCall) -> models.JournalView:
    query = call.query
    chosen = call.world.journal.select(
        operation=query.get("operation"),
        workflow_id=query.get("workflow_id"),
        status=_number(query, "status"),
        since=_number(query, "since") or 0,
    )
    return _journal(call.cluster, chosen)


def clear_journal(call: ControlCall) -> models.JournalView:
    call.world.journal.clear()
    return _journal(call.cluster, ())


def _journal(cluster: Cluster, exchanges: Iterable[Exchange]) -> models.JournalView:
    return models.JournalView(
        counted=cluster.world.journal.counted,
        stuck=cluster.world.stuck,
        exchanges=[models.ExchangeView(**exchange.as_json(cluster.world.began)) for exchange in exchanges],
    )


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        raise ControlError(400, f'{name}: "{text}" is not a whole number')
    return int(text)


_MOST_DIGITS: Final = 15
_MOST_PROBLEMS: Final = 1000  # of what was sent at once


def get_exchange(call: ControlCall) -> models.ExchangeView:
    journal = call.world.journal
    text = call.values["number"]
    found = journal.latest(int(text) - 1, len(journal)) if text.isascii() and text.isdigit() else []
    if not found or found[0].number != int(text):
        raise ControlError(404, f"no exchange {text} in the journal; it keeps the last {len(journal)}")
    return models.ExchangeView(**found[0].as_json(call.world.began))


def get_coverage(call: ControlCall) -> models.CoverageView:
    cluster = call.cluster
    parts = [
        *cluster.world.coverage.parts(loaded.scenario for loaded in cluster.world.scenarios.values()),
        *cluster.world.active.parts(),
    ]
    return models.CoverageView(parts=[models.PartView(**asdict(part)) for part in parts])


# -- faults ----------------------------------------------------------------------------------------


def list_faults(call: ControlCall) -> list[models.FaultView]:
    active = call.world.active
    return [_fault_view(fault) for fault in (*active.added, *active.faults)]


def add_fault(call: ControlCall) -> models.FaultView:
    body = read_body(call, models.NewFault)
    written = body.model_dump(by_alias=True, exclude_unset=True, exclude={"workflow_id"})
    if problems := [f"{problem.message}; {problem.hint}" for problem in alone(Fault.model_validate(written))]:
        raise ControlError(400, "; ".join(problems), [{"field": "", "message": message} for message in problems])
    if body.workflow_id is not None:
        call.world.find(body.workflow_id)
    fault = call.world.active.add(Fault.model_validate(written), body.workflow_id)
    call.world.active_changed()
    return _fault_view(fault)


def delete_faults(call: ControlCall) -> list[models.FaultView]:
    gone = call.world.active.added
    call.world.active.added = []
    call.world.active_changed()
    return [_fault_view(fault) for fault in gone]


def delete_fault(call: ControlCall) -> models.FaultView:
    text, active = call.values["id"], call.world.active
    fault = active.fault(int(text)) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else None
    if fault is None:
        raise ControlError(404, f'no fault "{text}" that was added here; GET {PREFIX}/faults lists them')
    active.added.remove(fault)
    call.world.active_changed()
    return _fault_view(fault)


def _fault_view(fault: ActiveFault) -> models.FaultView:
    return models.FaultView(
        id=None if fault.scenario else fault.number,
        scenario=fault.scenario.scenario if fault.scenario else None,
        fault=fault.fault.label,
        workflow_id=fault.workflow_id,
        calls=fault.calls,
        acted=fault.acted,
        script=fault.fault.model_dump(by_alias=True, exclude_unset=True),
    )


def plan_next_run(call: ControlCall) -> models.NextRun:
    body = read_body(call, models.NextRun)
    call.world.next_steps.update(body.steps)
    return models.NextRun(steps=call.world.next_steps)


# -- the page --------------------------------------------------------------------------------------


def page_file(call: ControlCall) -> Response:
    return page.file(call.request, call.values["file"])


def events(call: ControlCall) -> Response:
    return feed.stream(call.cluster, _workflow_view)
