"""What the owner can ask for: clock, scenarios, workflows, journal, coverage."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from mockflow.cluster import Cluster, LoadedScenario, Workflow
from mockflow.cluster.armed import ArmedFault
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
        now=cluster.now(), elapsed_ms=cluster.elapsed_ms, mode=cluster.clock.mode, speed=cluster.clock.speed
    )


def change_clock(call: ControlCall) -> models.ClockView:
    cluster, change = call.cluster, read_body(call, models.ClockChange)
    if change.mode is not None:
        cluster.clock.set_mode(change.mode)
    elif change.advance is not None:
        cluster.clock.advance(change.advance)
    elif change.speed is not None:
        cluster.clock.set_speed(change.speed)
    elif change.until is not None:
        cluster.advance_to_state(change.until.workflow_id, change.until.state)
    elif change.next is not None:
        cluster.advance_to_next(change.next)
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
        scenarios=[_scenario_view(loaded) for loaded in call.cluster.scenarios.values()],
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
    call.cluster.scenarios.load(loaded)
    return models.Loaded(
        loaded=[_scenario_view(scenario) for scenario in loaded],
        problems=[models.ProblemView(**problem.as_json()) for problem in loading.problems],
    )


def delete_scenario(call: ControlCall) -> models.ScenarioView:
    name = call.values["name"]
    loaded = call.cluster.scenarios.get(name)
    call.cluster.scenarios.remove(name)
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
    return [_workflow_view(call.cluster, workflow) for workflow in call.cluster.living()]


def get_workflow(call: ControlCall) -> models.WorkflowDetail:
    cluster = call.cluster
    workflow = cluster.find(call.values["workflow_id"])
    timeline = [models.Moment(**moment) for moment in workflow.moments(cluster.upcoming(workflow))]
    windows = cluster.interference.windows(workflow.scenario.scenario) if workflow.scenario else ()
    faults = [models.FaultWindow(fault=what, from_ms=begin, to_ms=end) for what, begin, end in windows]
    return models.WorkflowDetail(**dict(_workflow_view(cluster, workflow)), timeline=timeline, faults=faults)


def status_at(call: ControlCall) -> dict[str, Any]:
    cluster = call.cluster
    workflow = cluster.find(call.values["workflow_id"])
    try:
        at = parse_duration(call.query["at"]) if "at" in call.query else cluster.elapsed(workflow)
    except ValueError as error:
        raise ControlError(400, f"at: {error}") from None
    run = cluster.upcoming(workflow)
    return status_document(workflow.id, {**workflow.owned, **run.fields(run.position(at))}, show_all=True).value


def restart_workflow(call: ControlCall) -> models.WorkflowView:
    return _workflow_view(call.cluster, call.cluster.restart(call.values["workflow_id"]))


def _workflow_view(cluster: Cluster, workflow: Workflow) -> models.WorkflowView:
    run = cluster.upcoming(workflow)
    elapsed = cluster.elapsed(workflow)
    fields = run.timeline.fields(run.position(elapsed))
    following = cluster.next_moment(workflow, elapsed) if workflow.run else run.next_time(elapsed)
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
    chosen = call.cluster.journal.select(
        operation=query.get("operation"),
        workflow_id=query.get("workflow_id"),
        status=_number(query, "status"),
        since=_number(query, "since") or 0,
    )
    return _journal(call.cluster, chosen)


def clear_journal(call: ControlCall) -> models.JournalView:
    call.cluster.journal.clear()
    return _journal(call.cluster, ())


def _journal(cluster: Cluster, exchanges: Iterable[Exchange]) -> models.JournalView:
    return models.JournalView(
        counted=cluster.journal.counted,
        stuck=cluster.stuck,
        exchanges=[models.ExchangeView(**exchange.as_json(cluster.began)) for exchange in exchanges],
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
    journal = call.cluster.journal
    text = call.values["number"]
    found = journal.latest(int(text) - 1, len(journal)) if text.isascii() and text.isdigit() else []
    if not found or found[0].number != int(text):
        raise ControlError(404, f"no exchange {text} in the journal; it keeps the last {len(journal)}")
    return models.ExchangeView(**found[0].as_json(call.cluster.began))


def get_coverage(call: ControlCall) -> models.CoverageView:
    cluster = call.cluster
    parts = [
        *cluster.coverage.parts(loaded.scenario for loaded in cluster.scenarios.values()),
        *cluster.interference.parts(),
    ]
    return models.CoverageView(parts=[models.PartView(**asdict(part)) for part in parts])


# -- faults ----------------------------------------------------------------------------------------


def list_faults(call: ControlCall) -> list[models.FaultView]:
    interference = call.cluster.interference
    return [_fault_view(armed) for armed in (*interference.added, *interference.faults)]


def add_fault(call: ControlCall) -> models.FaultView:
    body = read_body(call, models.NewFault)
    written = body.model_dump(by_alias=True, exclude_unset=True, exclude={"workflow_id"})
    if problems := [f"{problem.message}; {problem.hint}" for problem in alone(Fault.model_validate(written))]:
        raise ControlError(400, "; ".join(problems), [{"field": "", "message": message} for message in problems])
    if body.workflow_id is not None:
        call.cluster.find(body.workflow_id)
    armed = call.cluster.interference.add(Fault.model_validate(written), body.workflow_id)
    call.cluster.rescripted()
    return _fault_view(armed)


def delete_faults(call: ControlCall) -> list[models.FaultView]:
    gone = call.cluster.interference.added
    call.cluster.interference.added = []
    call.cluster.rescripted()
    return [_fault_view(armed) for armed in gone]


def delete_fault(call: ControlCall) -> models.FaultView:
    text, interference = call.values["id"], call.cluster.interference
    armed = interference.fault(int(text)) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else None
    if armed is None:
        raise ControlError(404, f'no fault "{text}" that was added here; GET {PREFIX}/faults lists them')
    interference.added.remove(armed)
    call.cluster.rescripted()
    return _fault_view(armed)


def _fault_view(armed: ArmedFault) -> models.FaultView:
    return models.FaultView(
        id=None if armed.scenario else armed.number,
        scenario=armed.scenario.scenario if armed.scenario else None,
        fault=armed.fault.label,
        workflow_id=armed.workflow_id,
        calls=armed.calls,
        acted=armed.acted,
        script=armed.fault.model_dump(by_alias=True, exclude_unset=True),
    )


def plan_next_run(call: ControlCall) -> models.NextRun:
    body = read_body(call, models.NextRun)
    call.cluster.next_steps.update(body.steps)
    return models.NextRun(steps=call.cluster.next_steps)


# -- the page --------------------------------------------------------------------------------------


def page_file(call: ControlCall) -> Response:
    return page.file(call.request, call.values["file"])


def events(call: ControlCall) -> Response:
    return feed.stream(call.cluster, _workflow_view)
