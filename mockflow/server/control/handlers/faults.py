"""Faults that are added at run time, and the list of all active ones."""

from typing import Final

from mockflow.cluster.armed import ArmedFault
from mockflow.core.faults.model import Fault
from mockflow.core.scenario.fault_rules import alone
from mockflow.server.control import requests, views
from mockflow.server.control.call import PREFIX, ControlCall, ControlError, read_body

_MAX_DIGITS: Final = 15


def list_faults(call: ControlCall) -> list[views.FaultView]:
    """All active faults, those added at run time first."""
    interference = call.cluster.interference
    return [_fault_view(armed) for armed in (*interference.added, *interference.faults)]


def add_fault(call: ControlCall) -> views.FaultView:
    """Adds a fault; it acts on requests from now on."""
    body = read_body(call, requests.NewFault)
    written = body.model_dump(by_alias=True, exclude_unset=True, exclude={"workflow_id"})
    if problems := [f"{problem.message}; {problem.hint}" for problem in alone(Fault.model_validate(written))]:
        raise ControlError(400, "; ".join(problems), [{"field": "", "message": message} for message in problems])
    if body.workflow_id is not None:
        call.cluster.find(body.workflow_id)
    armed = call.cluster.interference.add(Fault.model_validate(written), body.workflow_id)
    call.cluster.rescripted()
    return _fault_view(armed)


def delete_faults(call: ControlCall) -> list[views.FaultView]:
    """Removes all faults that were added at run time."""
    gone = call.cluster.interference.added
    call.cluster.interference.added = []
    call.cluster.rescripted()
    return [_fault_view(armed) for armed in gone]


def delete_fault(call: ControlCall) -> views.FaultView:
    """Removes one fault that was added at run time; 404 for an unknown id."""
    text, interference = call.values["id"], call.cluster.interference
    armed = interference.fault(int(text)) if text.isascii() and text.isdigit() and len(text) < _MAX_DIGITS else None
    if armed is None:
        raise ControlError(404, f'no fault "{text}" was added at run time; GET {PREFIX}/faults lists them')
    interference.added.remove(armed)
    call.cluster.rescripted()
    return _fault_view(armed)


def _fault_view(armed: ArmedFault) -> views.FaultView:
    return views.FaultView(
        id=None if armed.scenario else armed.number,
        scenario=armed.scenario.scenario if armed.scenario else None,
        fault=armed.fault.label,
        workflow_id=armed.workflow_id,
        calls=armed.calls,
        acted=armed.acted,
        script=armed.fault.model_dump(by_alias=True, exclude_unset=True),
    )
