"""Stubs that are added at run time, and the list of all active ones."""

from mockflow.cluster.active import ActiveStub
from mockflow.core.base.bounds import ADDED_STUB_BYTES, ADDED_STUBS
from mockflow.core.scenario.fault_rules import stub_alone
from mockflow.core.stubs.model import Stub
from mockflow.server.control import views
from mockflow.server.control.call import ControlCall, read_body
from mockflow.server.control.errors import ControlError
from mockflow.server.control.handlers.single import number_of, refuse, refuse_body_file
from mockflow.server.control.paths import PREFIX


def list_stubs(call: ControlCall) -> list[views.StubView]:
    """All active stubs, those added at run time first."""
    return [_stub_view(stub) for stub in call.world.active.stubs]


def add_stub(call: ControlCall) -> views.StubView:
    """Adds a stub; it answers requests from now on."""
    stub = read_body(call, Stub)
    refuse(stub_alone(stub))
    for respond in stub.respond:
        refuse_body_file(respond)
    of_all, size = call.world.active, len(call.request.body)
    count = len(of_all.added_stubs)
    if count >= ADDED_STUBS or of_all.added_stub_bytes + size > ADDED_STUB_BYTES:
        message = f"there is no room for a stub beside {count} added ones of {of_all.added_stub_bytes} bytes"
        raise ControlError(409, f"{message}; DELETE {PREFIX}/stubs removes them")
    active = of_all.add_stub(stub, size)
    call.world.active_changed()
    return _stub_view(active)


def delete_stubs(call: ControlCall) -> list[views.StubView]:
    """Removes all stubs that were added at run time."""
    gone = call.world.active.added_stubs
    for stub in gone:
        _remove(call, stub)
    return [_stub_view(stub) for stub in gone]


def delete_stub(call: ControlCall) -> views.StubView:
    """Removes one stub that was added at run time; 404 for an unknown id."""
    stub = call.world.active.stub(number_of(call.values["id"]))
    if stub is None:
        raise ControlError(404, f'no stub "{call.values["id"]}" was added at run time; GET {PREFIX}/stubs lists them')
    _remove(call, stub)
    return _stub_view(stub)


def _remove(call: ControlCall, stub: ActiveStub) -> None:
    """Removes it, and keeps in the coverage whether it has answered."""
    call.world.active.remove_added_stub(stub)
    call.world.coverage.end("stubs", stub.label, acted=stub.has_acted, optional=stub.is_optional)
    call.world.active_changed()


def _stub_view(stub: ActiveStub) -> views.StubView:
    return views.StubView(
        id=None if stub.scenario else stub.number,
        scenario=stub.scenario.scenario if stub.scenario else None,
        stub=stub.label,
        answered=stub.answered,
        script=stub.stub.model_dump(mode="json", by_alias=True, exclude_unset=True),
    )
