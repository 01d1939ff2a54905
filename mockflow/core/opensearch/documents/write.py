"""One write of a document, as the APIs of single documents and the bulk API give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mockflow.core.base.json_scanner import MalformedJsonError
from mockflow.core.opensearch.documents.document_store import ANY, Conditions
from mockflow.core.opensearch.documents.errors import DocumentError, mapper_parsing
from mockflow.core.opensearch.documents.partial_update import Update
from mockflow.core.opensearch.documents.read_document import ReadDocument, read_document
from mockflow.core.opensearch.jackson import error_of

Kind = Literal["index", "create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Write:
    """A write. `source` is the document of an index or create, `update` what an update has."""

    kind: Kind
    index: str
    """The name of an index or alias."""
    id: str | None
    source: Mapping[str, Any] | None = None
    update: Update | None = None
    conditions: Conditions = ANY
    routing: str | None = None
    pipeline: str | None = None
    require_alias: bool = False
    error: DocumentError | None = None
    """Why the source cannot be read; it counts when the write has its turn."""
    size: int = 0
    """About how many bytes the source or the update has."""
    ahead: Ahead | None = None

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The source, or the partial document of an update."""
        return self.update.doc if self.update is not None else self.source


@dataclass(frozen=True, slots=True)
class Ahead:
    """A large document that was read before its turn, by what was the mapping of its index then."""

    source: Mapping[str, Any]
    mapping: Mapping[str, Any] | None
    """None: it was not read."""
    read: ReadDocument | DocumentError | None


def read_ahead(id: str, source: Mapping[str, Any], mapping: Mapping[str, Any]) -> Ahead:
    """Reads a document, for `Write.ahead`."""
    try:
        return Ahead(source, mapping, read_document(id, source, mapping))
    except DocumentError as error:
        return Ahead(source, mapping, error)


def unreadable_source(error: MalformedJsonError, jackson: int) -> DocumentError:
    """The refusal of a document that is no JSON. `jackson` is the library's major version."""
    told = error_of(error, jackson=jackson)
    cause = DocumentError(told["type"], told["reason"])
    return mapper_parsing("failed to parse", cause)


def no_object() -> DocumentError:
    """The refusal of a document that is no object."""
    reason = "Compressor detection can only be called on some xcontent bytes or compressed xcontent bytes"
    return mapper_parsing("failed to parse", DocumentError("not_x_content_exception", reason))
