"""The parameters of GET and POST _search, put into the request's body (RestSearchAction)."""

from typing import Any, Final

from mockflow.core.opensearch.search.errors import not_supported
from mockflow.server.endpoints.documents.common import read_source_filter, whole
from mockflow.server.rest.errors import illegal_argument
from mockflow.server.rest.parameters import Parameters

_IGNORED_TEXTS: Final = (
    *("preference", "routing", "search_type", "batched_reduce_size", "pre_filter_shard_size", "stats"),
    *("max_concurrent_shard_requests", "timeout", "cancel_after_time_interval", "pre_filter_search_shards"),
)
_IGNORED_BOOLEANS: Final = (
    *("request_cache", "allow_partial_search_results", "ccs_minimize_roundtrips", "typed_keys", "phase_took"),
)
_QUERY_STRING: Final = (
    *("q", "df", "analyzer", "analyze_wildcard", "default_operator", "lenient", "search_pipeline"),
    *("stored_fields", "docvalue_fields", "suggest_field", "suggest_mode", "suggest_size", "suggest_text"),
    *("terminate_after", "explain", "verbose_pipeline"),
)


def with_parameters(parameters: Parameters, body: dict[str, Any]) -> dict[str, Any]:
    """The body with what the parameters say, which wins. 400 for parameters that mockflow does not carry out."""
    for name in _IGNORED_TEXTS:
        parameters.text(name)
    for name in _IGNORED_BOOLEANS:
        parameters.boolean(name)
    parameters.boolean("track_scores")
    for name in _QUERY_STRING:
        if parameters.text(name) not in (None, "false"):
            raise not_supported(f"the parameter [{name}] of a search", ("a request body",))
    request = dict(body)
    for name in ("from", "size"):
        number = whole(parameters, name)
        if number is not None:
            request[name] = number
    for name in ("version", "seq_no_primary_term", "include_named_queries_score"):
        if parameters.text(name) is not None:
            request[name] = parameters.boolean(name)
    total = parameters.text("track_total_hits")
    if total is not None:
        request["track_total_hits"] = total == "true" if total in ("true", "false") else _total(parameters)
    sort = parameters.text("sort")
    if sort is not None:
        request["sort"] = [_criterion(part) for part in sort.split(",")]
    shown = read_source_filter(parameters)
    if shown is not None:
        request["_source"] = (
            {"includes": list(shown.includes), "excludes": list(shown.excludes)} if shown.fetch else False
        )
    return request


def _total(parameters: Parameters) -> int:
    number = whole(parameters, "track_total_hits")
    assert number is not None
    return number


def _criterion(text: str) -> Any:
    name, colon, order = text.rpartition(":")
    if not colon:
        return text
    if order not in ("asc", "desc"):
        raise illegal_argument(f"No enum constant org.opensearch.search.sort.SortOrder.{order.upper()}")
    return {name: {"order": order}}
