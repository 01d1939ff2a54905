"""What the page loads: its files, and the events by which it follows the cluster."""

from mockflow.server.control import events, page
from mockflow.server.control.call import ControlCall
from mockflow.server.control.handlers.workflows import workflow_view
from mockflow.server.http.messages import Response


def page_file(call: ControlCall) -> Response:
    """A file of the page; 404 for an unknown name."""
    return page.file(call.request, call.values["file"])


def event_stream(call: ControlCall) -> Response:
    """Server-sent events with the changes of the cluster."""
    return events.stream(call.cluster, workflow_view)
