"""What clients do with documents: writes by one item, and the indices that searches read.

A `Writer` belongs to one turn of the loop: what it remembers of indices holds until another request has its turn.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from mockflow.cluster import client_indices, index_listing
from mockflow.cluster.world import World
from mockflow.core.opensearch.documents.document_store import DocumentStore, Written
from mockflow.core.opensearch.documents.errors import (
    DocumentError,
    blocked_index,
    check_blocks,
    document_missing,
    index_closed,
    invalid_request,
)
from mockflow.core.opensearch.documents.partial_update import Update, merged_source
from mockflow.core.opensearch.documents.read_document import ReadDocument, count_fields, read_document
from mockflow.core.opensearch.documents.write import Write
from mockflow.core.opensearch.ids import opensearch_id
from mockflow.core.opensearch.indices.alias_actions import write_index
from mockflow.core.opensearch.indices.create_index import IndexRequest
from mockflow.core.opensearch.indices.index_changes import IndexChanges
from mockflow.core.opensearch.search.field_table import field_table
from mockflow.core.opensearch.search.fields import FieldTable
from mockflow.core.opensearch.settings.index_settings import text_of

log: Final = logging.getLogger("mockflow")

RunPipeline = Callable[[str, str, dict[str, Any]], dict[str, Any]]
"""The document that an ingest pipeline makes of another; the arguments are the pipeline, the id and the document."""

_DEPTH: Final = "index.mapping.depth.limit"
NO_ID: Final = "auto-generated"
"""The id that is told of a dropped document without one (TransportBulkAction)."""
_LONGEST_ID: Final = 512  # bytes
_ANY_VERSION: Final = -3  # Versions.MATCH_ANY
_NO_SEQ_NO: Final = -2  # SequenceNumbers.UNASSIGNED_SEQ_NO


class DroppedDocumentError(Exception):
    """A pipeline has dropped the document: nothing is written, and the write succeeds."""


@dataclass(frozen=True)
class Done:
    """What became of a write."""

    index: str
    id: str
    written: Written
    copies: int
    """The number of shards that the write goes to."""
    source: Mapping[str, Any] | None = None
    """The new document of an update."""

    @property
    def is_dropped(self) -> bool:
        """Whether a pipeline has dropped the document."""
        return self.written.seq_no == _NO_SEQ_NO


class View:
    """An index as documents see it."""

    def __init__(self, world: World, name: str, created: int) -> None:
        body = index_listing.body(world, name)
        self.name = name
        self.created = created
        self.mapping: Mapping[str, Any] = body["mappings"]
        self.settings = body["settings"]
        made = world.resources.find(("index", name))
        self.is_made = made is not None
        """Whether it is no index of a plugin."""

        self.is_closed = made is not None and made.changes is not None and made.changes.is_closed

    @cached_property
    def table(self) -> FieldTable | None:
        """Its fields; None for an index of a plugin."""
        return field_table(self.mapping, self.settings) if self.is_made else None

    @cached_property
    def fields(self) -> int:
        """How many fields its mapping has."""
        return count_fields(self.mapping)

    def number(self, setting: str, otherwise: int) -> int:
        """A setting that is a whole number."""
        return int(text_of(self.settings, setting) or otherwise)


class Writer:
    """Carries out writes, one after the other."""

    def __init__(self, world: World, run_pipeline: RunPipeline | None = None) -> None:
        self._world = world
        self._run_pipeline = run_pipeline
        self._views: dict[str, View] = {}
        self._writers: dict[str, dict[str, bool | None]] | None = None

    def write(self, write: Write) -> Done:
        """Carries out one write. Raises DocumentError and RefusedError, and then has changed no document."""
        if write.error is not None:
            raise write.error
        if write.id is not None and len(write.id.encode("utf-8", "surrogatepass")) > _LONGEST_ID:
            size = len(write.id.encode("utf-8", "surrogatepass"))
            raise invalid_request(f"id is too long, must be no longer than {_LONGEST_ID} bytes but was: {size}")
        name = self._resolved(write)
        if write.kind == "delete":
            return self._delete(write, name)
        if write.kind == "update":
            assert write.update is not None
            assert write.id is not None
            view = self._view_or_new(name)
            try:
                return self._update(write, view, write.id, write.update)
            except DroppedDocumentError:
                return _dropped(view.name, write.id)
        assert write.source is not None
        # Pipelines come before a missing index is created (TransportBulkAction).
        settings = self._view(name).settings if self._is_there(name) else {}
        id = new_id(self._world, "document") if write.id is None else write.id
        try:
            source = self._piped(write, settings, id, write.source)
        except DroppedDocumentError:
            return _dropped(name, write.id or NO_ID, write.conditions.version)
        view = self._view_or_new(name)
        return self._done(view, self._index(write, view, id, source))

    def _delete(self, write: Write, name: str) -> Done:
        assert write.id is not None
        if not index_listing.exists(self._world, name):
            raise no_such_index(name)
        view = self._view(name)
        return self._done(view, self._store(view).delete(write.id, write.conditions))

    def _update(self, write: Write, view: View, id: str, update: Update) -> Done:
        store = self._store(view)
        before = store.get(id)
        assert update.doc is not None
        if before is None:
            source = update.doc if update.doc_as_upsert else update.upsert
            if source is None:
                raise document_missing(view.name, id)
            source = self._piped(write, view.settings, id, source)
        else:
            partial = self._piped(write, view.settings, id, update.doc) if update.doc_as_upsert else update.doc
            source = merged_source(before.source, partial)
            if update.detect_noop and source == before.source and _same_types(source, before.source):
                written = Written(id, before.version, before.seq_no, "noop")
                return Done(view.name, id, written, 0, source)
        is_partial = before is not None and before.indexed is None
        return self._done(view, self._index(write, view, id, source, update.doc if is_partial else source), source)

    def _index(
        self, write: Write, view: View, id: str, source: Mapping[str, Any], new: Mapping[str, Any] | None = None
    ) -> Written:
        """Writes a document. Of an update `new` is what is new in it; the rest fits the mapping already."""
        store = self._store(view)
        if store.get(id) is None:
            self._check_room(view.name)
        if view.is_made and write.routing is None and (view.mapping.get("_routing") or {}).get("required") is True:
            raise DocumentError("routing_missing_exception", f"routing is required for [{view.name}]/[{id}]")
        read = self._read(write, view, id, source if new is None else new)
        indexed = read.indexed
        if indexed is not None and new is not None and new is not source:
            indexed = read_document(id, source, view.mapping).indexed
        if view.is_made:
            self._check_fields(view, read)
        written = store.index(
            id,
            source,
            write.conditions,
            routing=write.routing,
            indexed=indexed,
            size=write.size,
        )
        if read.addition and view.is_made:
            self._add_fields(view, read.addition)
        return written

    def _read(self, write: Write, view: View, id: str, source: Mapping[str, Any]) -> ReadDocument:
        ahead = write.ahead
        if ahead is None or source is not ahead.source or ahead.mapping != view.mapping:
            return read_document(id, source, view.mapping)
        if isinstance(ahead.read, DocumentError):
            raise ahead.read
        assert ahead.read is not None
        return ahead.read

    def _add_fields(self, view: View, addition: Mapping[str, Any]) -> None:
        made = self._world.resources.find(("index", view.name))
        assert made is not None
        self._world.resources.change(view.name, (made.changes or IndexChanges()).with_mapping(addition))
        del self._views[view.name]

    def _check_fields(self, view: View, read: ReadDocument) -> None:
        limit, depth = view.number("index.mapping.total_fields.limit", 1000), view.number(_DEPTH, 20)
        problem = ""
        if read.fields and view.fields + read.fields > limit:
            problem = f"Limit of total fields [{limit}] has been exceeded"
        elif read.deepest.count(".") + 2 > depth:
            problem = f"Limit of mapping depth [{depth}] has been exceeded due to object field [{read.deepest}]"
        if problem:
            raise DocumentError("illegal_argument_exception", problem)

    def _check_room(self, name: str) -> None:
        stores, most = self._world.stores, self._world.settings.max_documents
        if stores.total < most:
            return
        if not stores.told_full:
            stores.told_full = True
            log.warning(
                "the indices hold %d documents, the maximum; mockflow refuses a further one with 403 "
                "cluster_block_exception; --max-documents sets the maximum",
                most,
            )
        raise blocked_index(name)

    def _piped(
        self, write: Write, settings: Mapping[str, Any], id: str, source: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The document as the ingest pipelines of the request and of the index make it."""
        chosen = write.pipeline or text_of(settings, "index.default_pipeline")
        for name in (chosen, text_of(settings, "index.final_pipeline")):
            if name and name != "_none" and self._run_pipeline is not None:
                source = self._run_pipeline(name, id, dict(source))
        return source

    def _resolved(self, write: Write) -> str:
        """The name of the index that a write goes to, which may be missing."""
        name, world = write.index, self._world
        if name in self._views and not write.require_alias:
            return name
        name = index_listing.dated(world, name)
        is_index = index_listing.exists(world, name)
        if not is_index:
            name = write_index(name, self._aliases())
            if write.require_alias and name == write.index:
                reason = (
                    f"no such index [{name}] and [require_alias] request flag is [true] and [{name}] is not an alias"
                )
                raise no_such_index(name, reason)
        return name

    def _is_there(self, name: str) -> bool:
        return name in self._views or index_listing.exists(self._world, name)

    def _view_or_new(self, name: str) -> View:
        """The index, which is created if there is none."""
        if not self._is_there(name):
            if self._world.cluster_settings.text("action.auto_create_index") == "false":
                raise no_such_index(name, f"no such index [{name}] and [action.auto_create_index] is [false]")
            self._check_room(name)
            client_indices.create(self._world, name, IndexRequest())
        return self._view(name)

    def _aliases(self) -> dict[str, dict[str, bool | None]]:
        if self._writers is None:
            self._writers = {}
            for row in index_listing.aliases(self._world):
                self._writers.setdefault(row.alias, {})[row.index] = row.write_index
        return self._writers

    def _view(self, name: str) -> View:
        """The index, which has to take writes."""
        view = self._views.get(name)
        if view is None:
            created = index_listing.created(self._world, name)
            assert created is not None
            view = View(self._world, name, created)
            if view.is_closed:
                raise index_closed(name)
            check_blocks(name, view.settings, "write")
            self._views[name] = view
        return view

    def _store(self, view: View) -> DocumentStore:
        return self._world.stores.open(view.name, view.created)

    def _done(self, view: View, written: Written, source: Mapping[str, Any] | None = None) -> Done:
        return Done(view.name, written.id, written, 1 + view.number("index.number_of_replicas", 1), source)

    def mapping_of(self, write: Write) -> Mapping[str, Any]:
        """The mapping by which the document of a write will be read, as far as it is known now."""
        world = self._world
        name = index_listing.dated(world, write.index)
        name = name if index_listing.exists(world, name) else write_index(name, self._aliases())
        return self._view(name).mapping if index_listing.exists(world, name) else {}


def _dropped(name: str, id: str, version: int | None = None) -> Done:
    """What OpenSearch tells of a document that a pipeline has dropped (TransportBulkAction.markItemAsDropped)."""
    return Done(name, id, Written(id, _ANY_VERSION if version is None else version, _NO_SEQ_NO, "noop"), 0)


def new_id(world: World, kind: str) -> str:
    """An id in OpenSearch's form, made of the seed and a counter."""
    world.stores.ids_made += 1
    return opensearch_id(kind, str(world.settings.seed), str(world.stores.ids_made))


def views(world: World, names: Iterable[str]) -> list[View]:
    """The indices with these names, which exist."""
    found = []
    for name in names:
        created = index_listing.created(world, name)
        if created is not None:
            found.append(View(world, name, created))
    return found


def no_such_index(name: str, reason: str = "") -> DocumentError:
    """404 for a missing index."""
    meta = {"index": name, "resource.id": name, "resource.type": "index_or_alias", "index_uuid": "_na_"}
    return DocumentError("index_not_found_exception", reason or f"no such index [{name}]", meta=meta, status=404)


def _same_types(one: Any, other: Any) -> bool:
    """Whether equal values are written alike: to Python ``1``, ``1.0`` and ``true`` are equal."""
    if isinstance(one, Mapping):
        return all(_same_types(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return all(map(_same_types, one, other))
    return type(one) is type(other)
