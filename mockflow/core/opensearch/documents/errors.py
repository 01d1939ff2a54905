"""The errors of documents, as OpenSearch's exceptions (docs/reference/documents.md, "Errors")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.core.opensearch.search.errors import SearchError

DocumentError = SearchError
"""An exception of OpenSearch, with its form in the response and its status."""


def version_conflict(index: str, id: str, reason: str) -> DocumentError:
    """409: the document is not what the request takes it for."""
    message = f"[{id}]: version conflict, {reason}"
    return DocumentError("version_conflict_engine_exception", message, meta=_shard(index), status=409)


def document_missing(index: str, id: str) -> DocumentError:
    """404 of an update."""
    return DocumentError("document_missing_exception", f"[{id}]: document missing", meta=_shard(index), status=404)


def mapper_parsing(reason: str, caused_by: DocumentError | None = None) -> DocumentError:
    """400: the document does not fit the mapping."""
    return DocumentError("mapper_parsing_exception", reason, caused_by=caused_by)


def invalid_request(*problems: str) -> DocumentError:
    """400 action_request_validation_exception, with the problems numbered."""
    listed = "".join(f"{number}: {problem};" for number, problem in enumerate(problems, 1))
    return DocumentError("action_request_validation_exception", f"Validation Failed: {listed}")


def blocked_index(index: str) -> DocumentError:
    """403 of an index that may not grow: mockflow holds as many documents as it may.

    The text is that of the flood stage of the disk, for which OpenSearch's status is 429. Clients would send such a
    request again and again.
    """
    return _blocked(index, f"FORBIDDEN/12/{_FLOOD_STAGE}", 403)


def index_closed(index: str) -> DocumentError:
    """400 of an index that is closed (IndexClosedException)."""
    meta = {"index": index, "index_uuid": opensearch_uuid("index", index)}
    return DocumentError("index_closed_exception", "closed", meta=meta)


def check_blocks(index: str, settings: Mapping[str, object], action: Action) -> None:
    """Raises DocumentError where a setting ``index.blocks.*`` forbids the action (IndexMetadata)."""
    for setting, (block, actions, status) in _BLOCKS.items():
        if action in actions and settings.get(f"index.blocks.{setting}") == "true":
            raise _blocked(index, block, status)


def _blocked(index: str, block: str, status: int) -> DocumentError:
    return DocumentError("cluster_block_exception", f"index [{index}] blocked by: [{block}];", status=status)


Action = Literal["read", "write", "change", "delete_index"]
_FLOOD_STAGE: Final = "disk usage exceeded flood-stage watermark, index has read-only-allow-delete block"
_BLOCKS: Final[Mapping[str, tuple[str, tuple[Action, ...], int]]] = {
    "read_only": ("FORBIDDEN/5/index read-only (api)", ("write", "change", "delete_index"), 403),
    "read": ("FORBIDDEN/7/index read (api)", ("read",), 403),
    "write": ("FORBIDDEN/8/index write (api)", ("write",), 403),
    "metadata": ("FORBIDDEN/9/index metadata (api)", ("change", "delete_index"), 403),
    "read_only_allow_delete": (f"TOO_MANY_REQUESTS/12/{_FLOOD_STAGE}", ("write", "change"), 429),
}


def item_error(error: DocumentError) -> dict[str, Any]:
    """The `error` of one item of a bulk response: the exception without its root cause."""
    return {key: value for key, value in error.error().items() if key != "root_cause"}


def _shard(index: str) -> Mapping[str, Any]:
    return {"index": index, "shard": "0", "index_uuid": opensearch_uuid("index", index)}
