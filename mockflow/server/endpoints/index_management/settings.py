"""PUT /{index}/_settings (docs/reference/documents.md, "Indices")."""

from mockflow.cluster import client_indices
from mockflow.core.opensearch.documents.errors import DocumentError, invalid_request
from mockflow.core.opensearch.indices.listing import SOME_INDICES
from mockflow.core.opensearch.settings.index_settings import normalized
from mockflow.server.endpoints.indices import found_indices
from mockflow.server.endpoints.request_options import read_indices_options, read_manager_timeout
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, Call, Reply


def put_settings(call: Call) -> Action:
    """Changes dynamic settings of the indices of the path; the body may have them under ``settings`` or ``index``."""
    options = read_indices_options(call.parameters, SOME_INDICES)
    read_manager_timeout(call.parameters)
    call.parameters.time("timeout")
    call.parameters.boolean("flat_settings")
    preserve = call.parameters.boolean("preserve_existing")
    expression, body = call.value("index"), read_object(call)
    inner = body.get("settings")
    if len(body) == 1 and isinstance(inner, dict):
        body = inner
    try:
        changes = normalized(body)
    except ValueError as error:
        raise DocumentError("settings_exception", str(error)) from None
    if not changes:
        raise invalid_request("no settings to update")

    def act() -> Reply:
        names = found_indices(call.world, expression, options)
        client_indices.put_settings(call.world, names, changes, preserve=preserve)
        return Reply(200, {"acknowledged": True})

    return act
