"""The routes of indices and documents. Their handlers are imported when the first request comes."""

from collections.abc import Iterable
from typing import Final

from mockflow.server.endpoints.core_errors import translating
from mockflow.server.endpoints.lazy import Later
from mockflow.server.rest.call import ApiRoute, Handler


class _Later(Later):
    """A handler of documents or indices, whose errors are those of a response."""

    def made(self) -> Handler:
        return translating(self.imported())


def _routes(operation: str, name: str, methods: str, *paths: str) -> Iterable[ApiRoute]:
    handler = _Later(name)
    return [ApiRoute(method, path, operation, handler) for path in paths for method in methods.split()]


def _empty(operation: str, function: str, methods: str, *paths: str) -> Iterable[ApiRoute]:
    return _routes(operation, f"index_management.empty_lists:{function}", methods, *paths)


_MANAGEMENT: Final = "index_management"
INDICES: Final = (
    *_routes("indices.create", f"{_MANAGEMENT}.create:create_index", "PUT", "/{index}"),
    *_routes(
        "indices.put_mapping", f"{_MANAGEMENT}.mappings:put_mapping", "PUT POST",
        "/{index}/_mapping", "/{index}/_mappings",
    ),
    *_routes(
        "indices.get_field_mapping", f"{_MANAGEMENT}.mappings:get_field_mapping", "GET",
        "/_mapping/field/{fields}", "/{index}/_mapping/field/{fields}",
    ),
    *_routes(
        "indices.put_settings", f"{_MANAGEMENT}.settings:put_settings", "PUT", "/{index}/_settings", "/_settings"
    ),
    *_routes(
        "indices.get_alias", f"{_MANAGEMENT}.aliases:get_alias", "GET",
        "/_alias", "/_alias/{name}", "/{index}/_alias", "/{index}/_alias/{name}", "/_aliases",
    ),
    *_routes(
        "indices.exists_alias", f"{_MANAGEMENT}.aliases:get_alias", "HEAD", "/_alias/{name}", "/{index}/_alias/{name}"
    ),
    *_routes(
        "indices.put_alias", f"{_MANAGEMENT}.aliases:put_alias", "PUT POST",
        "/{index}/_alias/{name}", "/{index}/_aliases/{name}", "/_alias/{name}", "/_aliases/{name}",
    ),
    *_routes(
        "indices.put_alias", f"{_MANAGEMENT}.aliases:put_alias", "PUT",
        "/{index}/_alias", "/{index}/_aliases", "/_alias",
    ),
    *_routes(
        "indices.delete_alias", f"{_MANAGEMENT}.aliases:delete_alias", "DELETE",
        "/{index}/_alias/{name}", "/{index}/_aliases/{name}",
    ),
    *_routes("indices.update_aliases", f"{_MANAGEMENT}.aliases:update_aliases", "POST", "/_aliases"),
    *_routes(
        "indices.refresh", f"{_MANAGEMENT}.maintenance:refresh", "GET POST", "/_refresh", "/{index}/_refresh"
    ),
    *_routes("indices.flush", f"{_MANAGEMENT}.maintenance:flush", "GET POST", "/_flush", "/{index}/_flush"),
    *_routes(
        "indices.forcemerge", f"{_MANAGEMENT}.maintenance:forcemerge", "POST", "/_forcemerge", "/{index}/_forcemerge"
    ),
    *_routes(
        "indices.clear_cache", f"{_MANAGEMENT}.maintenance:clear_cache", "POST",
        "/_cache/clear", "/{index}/_cache/clear",
    ),
    *_routes(
        "indices.stats", f"{_MANAGEMENT}.maintenance:stats", "GET",
        "/_stats", "/_stats/{metric}", "/{index}/_stats", "/{index}/_stats/{metric}",
    ),
    *_routes(
        "field_caps", f"{_MANAGEMENT}.field_caps:field_caps", "GET POST", "/_field_caps", "/{index}/_field_caps"
    ),
    *_routes("indices.close", f"{_MANAGEMENT}.states:close_index", "POST", "/{index}/_close"),
    *_routes("indices.open", f"{_MANAGEMENT}.states:open_index", "POST", "/{index}/_open"),
    *_routes("indices.add_block", f"{_MANAGEMENT}.states:add_block", "PUT", "/{index}/_block/{block}"),
    *_empty("indices.resolve_index", "resolve_index", "GET", "/_resolve/index/{name}"),
)  # fmt: skip
EMPTY_LISTS: Final = (
    *_empty("indices.get_template", "get_templates", "GET", "/_template", "/_template/{name}"),
    *_empty("indices.exists_template", "get_templates", "HEAD", "/_template/{name}"),
    *_empty("indices.delete_template", "delete_template", "DELETE", "/_template/{name}"),
    *_empty("indices.get_index_template", "get_index_templates", "GET", "/_index_template", "/_index_template/{name}"),
    *_empty("indices.exists_index_template", "get_index_templates", "HEAD", "/_index_template/{name}"),
    *_empty("indices.delete_index_template", "delete_index_template", "DELETE", "/_index_template/{name}"),
    *_empty(
        "cluster.get_component_template", "get_component_templates", "GET",
        "/_component_template", "/_component_template/{name}",
    ),
    *_empty("cluster.exists_component_template", "get_component_templates", "HEAD", "/_component_template/{name}"),
    *_empty("cluster.delete_component_template", "delete_component_template", "DELETE", "/_component_template/{name}"),
    *_empty("indices.get_data_stream", "get_data_streams", "GET", "/_data_stream", "/_data_stream/{name}"),
    *_empty("indices.delete_data_stream", "delete_data_stream", "DELETE", "/_data_stream/{name}"),
    *_empty("snapshot.get_repository", "get_repositories", "GET", "/_snapshot", "/_snapshot/{name}"),
    *_empty("tasks.list", "list_tasks", "GET", "/_tasks"),
    *_empty("cluster.pending_tasks", "pending_tasks", "GET", "/_cluster/pending_tasks"),
)  # fmt: skip
DOCUMENTS: Final = (
    *_routes("index", "documents.writes:index_document", "POST", "/{index}/_doc"),
    *_routes("index", "documents.writes:index_document", "PUT POST", "/{index}/_doc/{id}"),
    *_routes("core.create", "documents.writes:create_document", "PUT POST", "/{index}/_create/{id}"),
    *_routes("core.update", "documents.writes:update_document", "POST", "/{index}/_update/{id}"),
    *_routes("core.delete", "documents.writes:delete_document", "DELETE", "/{index}/_doc/{id}"),
    *_routes("core.get", "documents.reads:get_document", "GET", "/{index}/_doc/{id}"),
    *_routes("exists", "documents.reads:get_document", "HEAD", "/{index}/_doc/{id}"),
    *_routes("get_source", "documents.reads:get_source", "GET", "/{index}/_source/{id}"),
    *_routes("exists_source", "documents.reads:get_source", "HEAD", "/{index}/_source/{id}"),
    *_routes("mget", "documents.reads:get_many", "GET POST", "/_mget", "/{index}/_mget"),
    *_routes("bulk", "documents.bulk:bulk", "POST PUT", "/_bulk", "/{index}/_bulk"),
    *_routes("core.search", "documents.searches:search", "GET POST", "/_search", "/{index}/_search"),
    *_routes("msearch", "documents.msearch:msearch", "GET POST", "/_msearch", "/{index}/_msearch"),
    *_routes(
        "indices.validate_query", "documents.validate:validate_query", "GET POST",
        "/_validate/query", "/{index}/_validate/query",
    ),
    *_routes("count", "documents.counts:count", "GET POST", "/_count", "/{index}/_count"),
    *_routes("scroll", "documents.scrolls:scroll", "GET POST", "/_search/scroll", "/_search/scroll/{scroll_id}"),
    *_routes(
        "clear_scroll", "documents.scrolls:clear_scroll", "DELETE", "/_search/scroll", "/_search/scroll/{scroll_id}"
    ),
    *_routes("create_pit", "documents.points_in_time:create_pit", "POST", "/{index}/_search/point_in_time"),
    *_routes("get_all_pits", "documents.points_in_time:get_all_pits", "GET", "/_search/point_in_time/_all"),
    *_routes("delete_all_pits", "documents.points_in_time:delete_all_pits", "DELETE", "/_search/point_in_time/_all"),
    *_routes("delete_pit", "documents.points_in_time:delete_pits", "DELETE", "/_search/point_in_time"),
    *_routes("tasks.get", "documents.tasks:get_task", "GET", "/_tasks/{task_id}"),
    *_routes("reindex", "documents.reindex:reindex", "POST", "/_reindex"),
    *_routes("delete_by_query", "documents.by_query:delete_by_query", "POST", "/{index}/_delete_by_query"),
    *_routes("update_by_query", "documents.by_query:update_by_query", "POST", "/{index}/_update_by_query"),
)  # fmt: skip
