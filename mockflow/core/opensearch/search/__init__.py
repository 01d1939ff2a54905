"""OpenSearch's search over a small list of JSON documents, as a pure function (contract.md, section 8).

    search(index, documents, request, source=plugin_source)

The texts of errors are OpenSearch's (main and 2.x). Where its parsers tell line and column, the answers here
leave them out: a parsed body has none. What OpenSearch can do and mockflow cannot is refused with a 400 that
says so.
"""

from mockflow.core.opensearch.search.errors import SearchError
from mockflow.core.opensearch.search.fields import STATE_INDEX, TEMPLATE_INDEX, Stored
from mockflow.core.opensearch.search.request import PARAMETERS, from_parameters, search
from mockflow.core.opensearch.search.source import SourceFilter, plugin_source

__all__ = [
    "PARAMETERS",
    "STATE_INDEX",
    "TEMPLATE_INDEX",
    "SearchError",
    "SourceFilter",
    "Stored",
    "from_parameters",
    "plugin_source",
    "search",
]
