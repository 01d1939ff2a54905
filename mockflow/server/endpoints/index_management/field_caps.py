"""GET and POST of _field_caps (docs/reference/documents.md, "Mappings")."""

from mockflow.cluster import index_listing
from mockflow.core.opensearch.documents.errors import invalid_request
from mockflow.core.opensearch.indices.listing import OPEN_INDICES
from mockflow.core.opensearch.mappings.field_capabilities import capabilities
from mockflow.core.opensearch.search.errors import not_supported, object_parser
from mockflow.server.endpoints.indices import found_indices
from mockflow.server.endpoints.request_options import read_indices_options
from mockflow.server.rest.body import read_value
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.source_parameter import sent_content
from mockflow.server.rest.worker import in_thread


def field_caps(call: Call) -> Action:
    """The capabilities of the fields that the parameter ``fields`` names."""
    options = read_indices_options(call.parameters, OPEN_INDICES)
    include_unmapped = call.parameters.boolean("include_unmapped")
    patterns = [part for part in (call.parameters.text("fields") or "").split(",") if part]
    _read_filter(call)
    if not patterns:
        raise invalid_request("no fields specified")
    expression = call.value("index")

    async def act() -> Reply:
        names = sorted(found_indices(call.world, expression, options))
        mappings = {name: index_listing.body(call.world, name)["mappings"] for name in names}

        def fields() -> dict[str, object]:
            return capabilities(mappings, patterns, include_unmapped=include_unmapped)

        return Reply(200, {"indices": names, "fields": await in_thread(fields) if names else {}})

    return act


def _read_filter(call: Call) -> None:
    sent = sent_content(call)
    value = {} if sent is None else read_value(sent, call.world.version)
    for key, query in value.items() if isinstance(value, dict) else ():
        if key != "index_filter":
            raise object_parser(f"[field_caps_request] unknown field [{key}]").at(value, key, "key")
        if not isinstance(query, dict) or list(query) != ["match_all"]:
            raise not_supported("an [index_filter] of field capabilities", ("[match_all]",))
