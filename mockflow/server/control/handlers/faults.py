"""Faults that are added at run time, and the list of all active ones."""

from mockflow.cluster.active import ActiveFault
from mockflow.core.base.bounds import ADDED_FAULT_BYTES, ADDED_FAULTS
from mockflow.core.faults.model import Fault
from mockflow.core.scenario.fault_rules import alone
from mockflow.server.control import requests, views
from mockflow.server.control.call import ControlCall, read_body
from mockflow.server.control.errors import ControlError
from mockflow.server.control.handlers.single import number_of, refuse, refuse_body_file
from mockflow.server.control.paths import PREFIX


def list_faults(call: ControlCall) -> list[views.FaultView]:
    """The active faults, those added at run time first; with `workflow_id` those for its requests, else all."""
    active = call.world.active
    if "workflow_id" in call.query:
        workflow_id = call.query["workflow_id"]
        chosen = active.faults_about(workflow_id, call.world.workflows.get(workflow_id))
    else:
        chosen = [*active.added, *active.faults]
    return [_fault_view(fault) for fault in chosen]


def add_fault(call: ControlCall) -> views.FaultView:
    """Adds a fault; it acts on requests from now on."""
    body = read_body(call, requests.NewFault)
    written = body.model_dump(by_alias=True, exclude_unset=True, exclude={"workflow_id"})
    refuse(alone(Fault.model_validate(written)))
    refuse_body_file(body.respond)
    if body.workflow_id is not None:
        call.world.find(body.workflow_id)
    active, size = call.world.active, len(call.request.body)
    if active.added_count >= ADDED_FAULTS or active.added_bytes + size > ADDED_FAULT_BYTES:
        message = f"there is no room for a fault beside {active.added_count} added ones of {active.added_bytes} bytes"
        raise ControlError(409, f"{message}; DELETE {PREFIX}/faults removes them")
    fault = active.add(Fault.model_validate(written), body.workflow_id, size)
    call.world.active_changed()
    return _fault_view(fault)


def delete_faults(call: ControlCall) -> list[views.FaultView]:
    """Removes all faults that were added at run time."""
    gone = call.world.active.added
    for fault in gone:
        call.world.active.remove_added(fault)
        _end(call, fault)
    call.world.active_changed()
    return [_fault_view(fault) for fault in gone]


def delete_fault(call: ControlCall) -> views.FaultView:
    """Removes one fault that was added at run time; 404 for an unknown id."""
    active = call.world.active
    fault = active.fault(number_of(call.values["id"]))
    if fault is None:
        message = f'no fault "{call.values["id"]}" was added at run time; GET {PREFIX}/faults lists them'
        raise ControlError(404, message)
    active.remove_added(fault)
    _end(call, fault)
    call.world.active_changed()
    return _fault_view(fault)


def _end(call: ControlCall, fault: ActiveFault) -> None:
    """Keeps in the coverage whether a removed fault has acted."""
    call.world.coverage.end("faults", fault.label, acted=fault.has_acted, optional=fault.is_optional)


def _fault_view(fault: ActiveFault) -> views.FaultView:
    return views.FaultView(
        id=None if fault.scenario else fault.number,
        scenario=fault.scenario.scenario if fault.scenario else None,
        fault=fault.fault.label,
        workflow_id=fault.workflow_id,
        calls=fault.calls,
        acted=fault.acted,
        next_call=fault.next_call,
        script=fault.fault.model_dump(by_alias=True, exclude_unset=True),
    )
