r"""The body of a bulk request: pairs of lines, an action and its document (BulkRequestParser).

writes = read_bulk(b'{"index": {"_id": "1"}}\n{"a": 1}\n', BulkDefaults("my-index"), jackson=2)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.base.json_reader import read_value, text_of_body
from mockflow.core.base.json_scanner import MalformedJsonError
from mockflow.core.base.tokens import NOTHING
from mockflow.core.opensearch.documents.document_store import Conditions
from mockflow.core.opensearch.documents.errors import DocumentError, invalid_request
from mockflow.core.opensearch.documents.partial_update import Update, read_update
from mockflow.core.opensearch.documents.write import Kind, Write, no_object, unreadable_source
from mockflow.core.opensearch.jackson import error_of
from mockflow.core.opensearch.search.json_values import as_text, token
from mockflow.core.opensearch.search.source import SourceFilter


@dataclass(frozen=True)
class BulkDefaults:
    """What the path and the parameters say for all items."""

    index: str | None = None
    routing: str | None = None
    pipeline: str | None = None
    require_alias: bool = False
    source: SourceFilter | None = None


def read_bulk(body: bytes, defaults: BulkDefaults, *, jackson: int) -> list[Write]:
    """The writes of a body. Raises DocumentError where the request as a whole is refused."""
    if not body.endswith(b"\n"):
        raise _illegal("The bulk request must be terminated by a newline [\\n]")
    writes = list(_writes(body, defaults, jackson))
    if not writes:
        raise invalid_request("no requests added")
    problems = ["index is missing" for write in writes if not write.index]
    problems += ["id is missing" for write in writes if write.id is None and write.kind in ("update", "delete")]
    if problems:
        raise invalid_request(*problems)
    return writes


def _writes(body: bytes, defaults: BulkDefaults, jackson: int) -> Iterator[Write]:
    lines = _lines(body)
    for number, line in lines:
        if not line.strip():
            continue
        kind, meta = _action(number, line, jackson)
        if kind == "delete":
            yield _write(kind, meta, defaults)
            continue
        following = next(lines, None)
        if following is None:
            return
        if kind in ("index", "create", "update"):
            yield _with_source(kind, meta, following[1], defaults, jackson)


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    start, number = 0, 0
    while start < len(body):
        end = body.find(b"\n", start)
        number += 1
        yield number, body[start:end].removesuffix(b"\r")
        start = end + 1


def _action(number: int, line: bytes, jackson: int) -> tuple[Any, Mapping[str, Any]]:
    """The action's name and its parameters."""
    where = f"Malformed action/metadata line [{number}]"
    try:
        value = read_value(text_of_body(line))
    except MalformedJsonError as error:
        told = error_of(error, jackson=jackson)
        raise DocumentError(told["type"], told["reason"]) from None
    if not isinstance(value, dict):
        kind = token(value) if value is not NOTHING else "null"
        raise _illegal(f"{where}, expected START_OBJECT but found [{kind}]")
    if not value:
        raise _illegal(f"{where}, expected FIELD_NAME but found [END_OBJECT]")
    kind, meta = next(iter(value.items()))
    if not isinstance(meta, dict):
        raise _illegal(f"{where}, expected START_OBJECT but found [{token(meta)}]")
    if len(value) > 1:
        raise _illegal(f"{where}, expected END_OBJECT but found [FIELD_NAME]")
    for key, given in meta.items():
        if key not in _PARAMETERS:
            raise _illegal(f"Action/metadata line [{number}] contains an unknown parameter [{key}]")
        if isinstance(given, dict | list) and key != "_source":
            shown = f"expected a simple value for field [{key}] but found [{token(given)}]"
            raise _illegal(f"{where}, {shown}")
    return kind, meta


def _with_source(kind: Kind, meta: Mapping[str, Any], line: bytes, defaults: BulkDefaults, jackson: int) -> Write:
    update: Update | None = None
    source: Mapping[str, Any] | None = None
    error: DocumentError | None = None
    try:
        value = read_value(text_of_body(line))
    except MalformedJsonError as failed:
        if kind == "update":
            told = error_of(failed, jackson=jackson)
            raise DocumentError(told["type"], told["reason"]) from None
        error = unreadable_source(failed, jackson)
    else:
        if kind == "update":
            try:
                update = read_update(value)
            except DocumentError as failed:
                if failed.is_of_opensearch:
                    raise
                error = failed
        elif isinstance(value, dict):
            source = value
        else:
            error = no_object()
    return _write(kind, meta, defaults, source, update, error, len(line))


def _write(
    kind: Kind,
    meta: Mapping[str, Any],
    defaults: BulkDefaults,
    source: Mapping[str, Any] | None = None,
    update: Update | None = None,
    error: DocumentError | None = None,
    size: int = 0,
) -> Write:
    id = meta.get("_id")
    if id == "":
        raise _illegal("if _id is specified it must not be empty")
    is_create = kind == "create" or (kind == "index" and meta.get("op_type") == "create")
    conditions = Conditions(
        is_create,
        _whole(meta, "version", "_version"),
        meta.get("version_type", meta.get("_version_type", "internal")),
        _whole(meta, "if_seq_no"),
        _whole(meta, "if_primary_term"),
    )
    routing = meta.get("routing", meta.get("_routing", defaults.routing))
    return Write(
        "create" if is_create else kind,
        as_text(meta.get("_index", defaults.index or "")),
        None if id is None else as_text(id),
        source,
        update,
        conditions,
        None if routing is None else as_text(routing),
        meta.get("pipeline", defaults.pipeline),
        meta.get("require_alias", defaults.require_alias) in (True, "true"),
        error,
        size,
    )


def _whole(meta: Mapping[str, Any], *names: str) -> int | None:
    value = next((meta[name] for name in names if meta.get(name) is not None), None)
    try:
        return None if value is None else int(value)
    except ValueError:
        raise DocumentError("number_format_exception", f'For input string: "{value}"') from None


def _illegal(reason: str) -> DocumentError:
    return DocumentError("illegal_argument_exception", reason)


_PARAMETERS: Final = frozenset(
    {
        *("_index", "_id", "routing", "_routing", "op_type", "version", "_version", "version_type", "_version_type"),
        *("if_seq_no", "if_primary_term", "retry_on_conflict", "_retry_on_conflict", "pipeline", "require_alias"),
        "_source",
    }
)
