"""The errors of searches: OpenSearch's exceptions, and mockflow's own error for unsupported features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.core.opensearch.jackson import Part, Place, path_to, place_of

_PARSER: Final = "x_content_parse_exception"
_ON_SHARDS: Final = "search_phase_execution_exception"
_FAILED: Final = "Failed to search indices [{}]"
_MOCKFLOW: Final = "mockflow does not support "
# How an exception shows its place (ParsingException and XContentParseException of OpenSearch 3).
_PLACE_BESIDE_REASON: Final = frozenset({"parsing_exception"})
_PLACE_IN_REASON: Final = frozenset({_PARSER, "named_object_not_found_exception"})


class SearchError(ValueError):
    """An exception of OpenSearch. `kind` is its name in snake case, `error()` its form in the response."""

    def __init__(
        self,
        kind: str,
        reason: str,
        *,
        meta: Mapping[str, Any] | None = None,
        caused_by: SearchError | None = None,
        root: SearchError | None = None,
        suppressed: Mapping[str, Any] | None = None,
        status: int = 400,
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.meta = meta or {}
        self.caused_by = caused_by
        self.suppressed = suppressed
        self.status = status
        self._root = root
        self._at: tuple[object, str | int | None, Part] | None = None
        self._place: Place | None = None
        self._ends_reason = False

    def at(
        self, container: object, key: str | int | None = None, part: Part = "value", *, ends_reason: bool = False
    ) -> SearchError:
        """The same error, at a place in the request: of `container`, or of its value under `key`.

        `ends_reason`: OpenSearch writes the place at the end of the reason.
        """
        self._at = (container, key, part)
        self._ends_reason = ends_reason
        return self

    def locate(self, text: str, request: object) -> None:
        """Finds the line and column of this error and of its causes; `request` is the parsed `text`."""
        cause = self.caused_by
        if cause is not None:
            cause.locate(text, request)
        if self._at is None:
            inner = cause is not None and self.kind == _PARSER
            self._place = cause._place if cause is not None and inner else None
            return
        container, key, part = self._at
        path = path_to(request, container)
        if path is not None:
            self._place = place_of(text, path if key is None else (*path, key), part)

    def error(self) -> dict[str, Any]:
        """The `error` object of the response body (docs/reference/opensearch.md, "Errors")."""
        suppressed = {"suppressed": [self.suppressed]} if self.suppressed else {}
        return {"root_cause": [self.root._json()], **self._json(with_cause=True), **suppressed}

    @property
    def root(self) -> SearchError:
        """The innermost error of the parsers: for a failed [bool], the error of its clause."""
        if self._root:
            return self._root
        within = self.caused_by
        return (
            within.root if within and self.kind == _PARSER and within.kind in (_PARSER, "parsing_exception") else self
        )

    @property
    def is_of_a_parser(self) -> bool:
        """Whether the parsers around it wrap it. They wrap neither errors of the shard nor those of mockflow."""
        return self.kind != _ON_SHARDS and self.is_of_opensearch

    @property
    def is_of_a_shard(self) -> bool:
        """Whether the request was parsed, and an index does not allow it."""
        return self.kind == _ON_SHARDS

    @property
    def is_of_opensearch(self) -> bool:
        """Whether OpenSearch has this error; else mockflow does not support what was asked for."""
        return not self.reason.startswith(_MOCKFLOW)

    def _json(self, *, with_cause: bool = False) -> dict[str, Any]:
        cause = {"caused_by": self.caused_by._json(with_cause=True)} if with_cause and self.caused_by else {}
        place = self._place
        if place is None:
            return {"type": self.kind, "reason": self.reason, **self.meta, **cause}
        reason = f"{self.reason} at [{place.line}:{place.column}]" if self._ends_reason else self.reason
        if self.kind in _PLACE_IN_REASON:
            reason = f"[{place.line}:{place.column}] {reason}"
        shown = {"line": place.line, "col": place.column} if self.kind in _PLACE_BESIDE_REASON else {}
        return {"type": self.kind, "reason": reason, **shown, **self.meta, **cause}


def failed_on_indices(index: str, error: SearchError) -> SearchError:
    """What flow-framework's search action makes of an error that the search itself met; others pass as they are.

    (docs/reference/plugin.md, "Search")
    """
    if error.kind == _ON_SHARDS:
        cause = SearchError(error.kind, error.reason, meta=error.meta, caused_by=error.caused_by or error.root)
        return SearchError("status_exception", _FAILED.format(index), caused_by=cause, root=error.root, status=500)
    return error


def no_such_index(index: str) -> SearchError:
    """404 of flow-framework's search action for an index that does not exist yet."""
    meta = {"index": index, "resource.id": index, "resource.type": "index_or_alias", "index_uuid": "_na_"}
    cause = SearchError("index_not_found_exception", f"no such index [{index}]", meta=meta)
    return SearchError("status_exception", _FAILED.format(index), caused_by=cause, root=cause, status=404)


def unwritable_aggregations(reason: str, cause: str | None) -> SearchError:
    """500 of flow-framework's search action for any result with aggregations, which it cannot write.

    `cause` is the type of the inner exception, if there is one. (docs/reference/plugin.md, "Search")
    """
    unclosed = {"type": "i_o_exception", "reason": "Unclosed object or array found"}
    not_closed = {"type": "illegal_state_exception", "reason": "Failed to close the XContentBuilder"}
    return SearchError(
        "json_generation_exception",
        reason,
        caused_by=SearchError(cause, reason) if cause else None,
        suppressed={**not_closed, "caused_by": unclosed},
        status=500,
    )


def parsing(reason: str, caused_by: SearchError | None = None) -> SearchError:
    """parsing_exception."""
    return SearchError("parsing_exception", reason, caused_by=caused_by)


def object_parser(reason: str, caused_by: SearchError | None = None) -> SearchError:
    """An x_content_parse_exception, thrown by the parsers of whole objects such as [bool]."""
    return SearchError(_PARSER, reason, caused_by=caused_by)


def illegal_argument(reason: str) -> SearchError:
    """illegal_argument_exception."""
    return SearchError("illegal_argument_exception", reason)


def not_supported(what: str, supported: Iterable[str]) -> SearchError:
    """The refusal of a feature that OpenSearch has and mockflow does not."""
    return illegal_argument(f"{_MOCKFLOW}{what}; it supports {', '.join(supported)}")


def shard_failure(index: str, kind: str, reason: str, *, status: int = 400) -> SearchError:
    """A search_phase_execution_exception: the request was parsed, and fails on the index's only shard."""
    of_opensearch = kind == "query_shard_exception"  # it names the index; Java's own exceptions do not
    names = {"index": index, "index_uuid": opensearch_uuid("index", index)} if of_opensearch else {}
    cause = SearchError(kind, reason, meta=names)
    shard = {"shard": 0, "index": index, "node": opensearch_uuid("node"), "reason": cause._json()}
    again = None if of_opensearch else SearchError(kind, reason, caused_by=cause)
    meta: dict[str, Any] = {"phase": "query", "grouped": True, "failed_shards": [shard]}
    return SearchError(_ON_SHARDS, "all shards failed", meta=meta, caused_by=again, root=cause, status=status)
