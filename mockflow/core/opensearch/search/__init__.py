"""OpenSearch's search over a small list of JSON documents, as a pure function.

    search(index, documents, request, Rules(plugin_source))

The error texts are OpenSearch's, of main and 2.x (docs/reference/opensearch.md, "Search"). They have no line and
column, since the body is parsed already. Features that mockflow lacks are refused with a 400 that says so.
"""

from mockflow.core.opensearch.search.errors import SearchError
from mockflow.core.opensearch.search.fields import Stored
from mockflow.core.opensearch.search.queries import too_deep
from mockflow.core.opensearch.search.request import Rules, empty_answer, search
from mockflow.core.opensearch.search.source import SourceFilter, plugin_source

__all__ = [
    "Rules",
    "SearchError",
    "SourceFilter",
    "Stored",
    "empty_answer",
    "plugin_source",
    "search",
    "too_deep",
]
