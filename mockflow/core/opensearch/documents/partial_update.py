"""The body of an update, and what it makes of a document (UpdateRequest, UpdateHelper)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.opensearch.documents.errors import DocumentError, invalid_request
from mockflow.core.opensearch.documents.read_document import check_depth
from mockflow.core.opensearch.search.errors import not_supported
from mockflow.core.opensearch.search.json_values import token
from mockflow.core.opensearch.search.source import SourceFilter, parse_source


@dataclass(frozen=True)
class Update:
    """A partial document, and what is written where there is none."""

    doc: Mapping[str, Any] | None = None
    upsert: Mapping[str, Any] | None = None
    doc_as_upsert: bool = False
    detect_noop: bool = True
    source: SourceFilter | None = None
    """What of the new document the response shows; None: nothing."""


def read_update(body: Any) -> Update:
    """The update. Raises DocumentError."""
    if not isinstance(body, Mapping):
        raise DocumentError(
            "x_content_parse_exception", f"[UpdateRequest] Expected START_OBJECT but was: {token(body)}"
        )
    for key, value in body.items():
        if key in _NOT_HERE and value not in (None, False):
            raise not_supported(f"[{key}] in an update", ("[doc]", "[upsert]", "[doc_as_upsert]"))
        if key not in _KEYS and key not in _NOT_HERE:
            raise DocumentError("x_content_parse_exception", f"[UpdateRequest] unknown field [{key}]").at(
                body, key, "key"
            )
        if key in ("doc", "upsert") and not isinstance(value, Mapping):
            cause = f"[UpdateRequest] {key} doesn't support values of type: {token(value)}"
            raise DocumentError("x_content_parse_exception", cause).at(body, key)
        if key in ("doc", "upsert"):
            check_depth(value)
    update = Update(
        body.get("doc"),
        body.get("upsert"),
        body.get("doc_as_upsert", False) in (True, "true"),
        body.get("detect_noop", True) in (True, "true"),
        parse_source(body["_source"]) if "_source" in body else None,
    )
    if update.doc is None:
        raise invalid_request(
            *(("script or doc is missing",) if update.upsert is None or not update.doc_as_upsert else ()),
            *(("doc must be specified if doc_as_upsert is enabled",) if update.doc_as_upsert else ()),
        )
    return update


def merged_source(source: Mapping[str, Any], partial: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the partial one merged in: objects recursively, everything else replaced."""
    merged = dict(source)
    for key, value in partial.items():
        before = merged.get(key)
        is_both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[key] = merged_source(before, value) if is_both else value  # type: ignore[arg-type]
    return merged


_KEYS: Final = frozenset({"doc", "upsert", "doc_as_upsert", "detect_noop", "_source", "if_seq_no", "if_primary_term"})
_NOT_HERE: Final = frozenset({"script", "scripted_upsert", "lang", "params"})
