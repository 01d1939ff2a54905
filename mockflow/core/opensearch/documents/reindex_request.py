"""The body of a reindex, and the write of each document that it copies (ReindexRequest, Reindexer)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mockflow.core.opensearch.documents.document_store import Conditions, VersionType
from mockflow.core.opensearch.documents.errors import invalid_request
from mockflow.core.opensearch.documents.write import Write
from mockflow.core.opensearch.search.errors import SearchError, illegal_argument, not_supported, object_parser
from mockflow.core.opensearch.search.fields import Stored
from mockflow.core.opensearch.search.json_values import as_text, names, token


@dataclass(frozen=True)
class Reindex:
    """What is copied, and where to."""

    source: str
    """The expression of the indices."""
    search: Mapping[str, Any]
    """What is searched in them."""
    target: str
    op_type: str
    version_type: VersionType
    routing: str | None
    """``keep``, ``discard``, or ``=`` and the new one."""
    pipeline: str | None
    require_alias: bool

    def write(self, _: str, document: Stored) -> Write:
        """The write of a document into the target."""
        conditions = Conditions(is_create=self.op_type == "create")
        if self.version_type != "internal":
            conditions = replace(conditions, version=document.version, version_type=self.version_type)
        routing = document.routing if self.routing in (None, "keep") else None
        if self.routing is not None and self.routing.startswith("="):
            routing = self.routing[1:]
        return Write(
            "create" if self.op_type == "create" else "index",
            self.target,
            document.id,
            document.source,
            None,
            conditions,
            routing,
            self.pipeline,
            self.require_alias,
        )


def read_reindex(body: Mapping[str, Any], *, require_alias: bool) -> Reindex:
    """The request. Raises SearchError."""
    for key in body:
        if key not in _KEYS:
            raise object_parser(f"[reindex] unknown field [{key}]").at(body, key, "key")
    source, dest = (_object(body, key) for key in ("source", "dest"))
    if "script" in body:
        raise not_supported("[script] of a reindex", ("[source]", "[dest]", "[max_docs]", "[conflicts]"))
    for key in ("remote", "slice"):
        if source.get(key) is not None:
            raise not_supported(f"[{key}] in the source of a reindex", ("[index]", "[query]", "[size]", "[_source]"))
    for key in dest:
        if key not in _DEST:
            cause = object_parser(f"[dest] unknown field [{key}]").at(dest, key, "key")
            raise object_parser("[reindex] failed to parse field [dest]", cause)
    given = {key: None if dest.get(key) is None else as_text(dest[key]) for key in _DEST}
    op_type, routing = (given["op_type"] or "index").lower(), given["routing"]
    if op_type not in ("index", "create"):
        raise illegal_argument(f"opType must be 'create' or 'index', found: [{given['op_type']}]")
    indices = source.get("index")
    if indices is not None and not isinstance(indices, str | list):
        raise illegal_argument(f"Expected [index] to be a list or a string but was [{as_text(indices)}]")
    expression = ",".join(map(as_text, indices)) if isinstance(indices, list) else indices or ""
    search = {key: value for key, value in source.items() if key != "index"}
    _validate(expression, search, given["index"], routing)
    return Reindex(
        expression,
        {"size": 1000, **search},
        given["index"] or "",
        op_type,
        _version_type(given["version_type"]),
        routing,
        given["pipeline"],
        require_alias,
    )


def in_source(error: SearchError) -> SearchError:
    """What the parser of a reindex makes of an error in its source."""
    return object_parser("[reindex] failed to parse field [source]", error) if error.is_of_a_parser else error


def _object(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = body.get(key, {})
    if not isinstance(value, Mapping):
        raise object_parser(f"[reindex] {key} doesn't support values of type: {token(value)}").at(body, key)
    return value


def _validate(expression: str, search: Mapping[str, Any], target: str | None, routing: str | None) -> None:
    problems = []
    if search.get("from") is not None:
        problems += ["using [from] is not allowed in a scroll context", "from is not supported in this context"]
    if not expression:
        problems.append("use _all if you really want to copy from all existing indexes")
    if search.get("_source") in (False, "false"):
        problems.append("_source:false is not supported in this context")
    if target is None:
        problems.append("index must be specified")
    elif routing not in (None, "keep", "discard") and not routing.startswith("="):
        problems.append("routing must be unset, [keep], [discard] or [=<some new value>]")
    if problems:
        raise invalid_request(*problems)


def _version_type(text: str | None) -> VersionType:
    known: Mapping[str, VersionType] = {
        "internal": "internal", "external": "external", "external_gt": "external", "external_gte": "external_gte",
    }  # fmt: skip
    if text is not None and text not in known:
        raise illegal_argument(f"No version type match [{text}]")
    return known[text or "internal"]


_KEYS: Final = names("source dest max_docs size script conflicts")
_DEST: Final = ("index", "type", "routing", "op_type", "pipeline", "version_type")
