"""Fields of documents: types by the plugin's mappings, and the indexed terms that queries match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final, NamedTuple

from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.plugin_indices import STATE_INDEX, TEMPLATE_INDEX
from mockflow.core.opensearch.search.field_terms import TERMS, BadValueError, formatted_date, words
from mockflow.core.opensearch.search.json_values import as_text
from mockflow.core.opensearch.search.ml_fields import with_known

_SUBFIELD: Final = ".keyword"
_USER: Final = {
    "user": "nested",
    **{
        f"user.{name}{suffix}": kind
        for name in ("name", "backend_roles", "roles", "custom_attribute_names")
        for suffix, kind in (("", "text"), (_SUBFIELD, "keyword"))
    },
}

# Field types by index. Neither mapping is dynamic: a field that is not listed here is stored, but no query finds it.
# Fields below a nested field are found by [nested] queries only, as in OpenSearch.
# Source: the plugin's mappings/global-context.json and workflow-state.json.
MAPPINGS: Final[Mapping[str, Mapping[str, str]]] = {
    TEMPLATE_INDEX: {
        "workflow_id": "keyword",
        "name": "text",
        "name.keyword": "keyword",
        "description": "text",
        "use_case": "keyword",
        "version": "nested",
        "version.template": "text",
        "version.compatibility": "text",
        "created_time": "date",
        "last_updated_time": "date",
        "last_provisioned_time": "date",
        **_USER,
    },
    STATE_INDEX: {
        "schema_version": "integer",
        "workflow_id": "keyword",
        "error": "text",
        "state": "keyword",
        "provisioning_progress": "keyword",
        "provision_start_time": "date",
        "provision_end_time": "date",
        "resources_created": "nested",
        "resources_created.workflow_step_name": "keyword",
        "resources_created.workflow_step_id": "keyword",
        "resources_created.resource_type": "keyword",
        "resources_created.resource_id": "keyword",
        **_USER,
    },
}


@dataclass(frozen=True)
class Stored:
    """One document of an index; `source` is its JSON."""

    id: str
    source: Mapping[str, Any]
    version: int = 1
    seq_no: int = 0
    primary_term: int = 1
    routing: str | None = None
    indexed: Mapping[str, Any] | None = None
    """The source with dotted keys as objects, where it has such keys."""


Analyse = Callable[[str], tuple[str, ...]]
"""Text -> terms."""


class Refusal(NamedTuple):
    """Why a field cannot be searched, or not by terms."""

    reason: str
    of_all_queries: bool = True
    """Else of those by whole terms; ranges and patterns have reasons of their own."""
    is_direct: bool = False
    """Whether it is an exception of the query, not of the field, which tells that the query was not created."""
    is_of_mockflow: bool = False
    """Whether OpenSearch would search."""


@dataclass(frozen=True)
class Field:
    """A field: where its values are in a document, and how they are indexed."""

    name: str
    type: str
    path: tuple[str, ...]
    format: str | None = None
    """The format of a date; None is that of the plugin's own dates."""
    longest: int | None = None
    """The most characters of a keyword that is indexed (``ignore_above``)."""
    declared: str = ""
    """The type in the mapping, such as ``integer``, where `type` is ``long``."""
    analyse: Analyse | None = None
    """Of a text, that of documents; None is the standard analyzer."""
    analyse_query: Analyse | None = None
    normalise: Callable[[str], str] | None = None
    """Of a keyword."""
    null: Any = field(default=None, hash=False)
    """What is indexed for an explicit null (``null_value``)."""
    copies: tuple[tuple[str, ...], ...] = ()
    """The paths of other values that are indexed here too (``copy_to``)."""
    refusal: Refusal | None = None
    unsortable: str | None = None
    """Why OpenSearch does not sort by it; empty: it does, and mockflow does not."""

    @property
    def is_text(self) -> bool:
        """Whether its values are strings, of type text or keyword."""
        return self.type in ("text", "keyword")

    @property
    def shown_type(self) -> str:
        """The type as errors name it."""
        return self.declared or self.type

    def values(self, document: Stored) -> list[Any]:
        """The document's values in order, from all arrays on the path."""
        if self.type == "_id":
            return [document.id]
        source = document.source if document.indexed is None else document.indexed
        value = source.get(self.path[0])
        if len(self.path) == 1 and isinstance(value, str | int | float) and not self.copies:  # the usual case, quick
            return [value]
        values = list(_leaves(value, self.path[1:], self.null)) if self.path[0] in source else []
        for path in self.copies:
            values += _leaves(source.get(path[0]), path[1:])
        return values

    def terms(self, document: Stored) -> Sequence[Any]:
        """The indexed terms: words of a text, whole strings of a keyword, else numbers or booleans."""
        values = self.values(document)
        if self.type == "text":
            analyse = self.analyse or words
            analysed = [analyse(as_text(value)) for value in values]
            return analysed[0] if len(analysed) == 1 else [word for part in analysed for word in part]
        terms = [term for value in values if (term := self._indexed(value)) is not None]
        return terms if self.longest is None else [term for term in terms if len(term) <= self.longest]

    def term(self, value: Any) -> Any:
        """The indexed form of a value. Raises BadValueError."""
        if self.format is not None:
            return formatted_date(value, self.format)
        convert: Callable[[Any], Any] = TERMS.get(self.type, as_text)
        term = convert(value)
        return self.normalise(term) if self.normalise else term

    def _indexed(self, value: Any) -> Any:
        try:
            term = self.term(value)
        except BadValueError:
            return None  # not of the field's type: stored, but no query finds it
        return int(term) if self.type == "long" and isinstance(term, float) else term  # coerced


@dataclass(frozen=True)
class FieldTable:
    """The fields of a mapping, by full name."""

    types: Mapping[str, str]
    """How queries treat them: as text, keyword, long, float, boolean, date, ip, nested, or by their own type."""
    fields: Mapping[str, Field]
    """Those that have values. Their paths begin at the root."""


@dataclass(frozen=True)
class Scope:
    """The documents of a query, and the fields at the root or at one nested path."""

    index: str
    fields: Mapping[str, str]
    documents: Sequence[Stored]
    table: FieldTable | None = None
    """The fields of an index that has a mapping of its own here."""
    nested: str = ""
    scores_keywords: bool = False
    """Whether a term of a keyword field has a score of its own, as before 3.0; else it is 1.0."""
    nesting: int = 0
    """How many nested queries are around."""
    work: Work = field(default_factory=lambda: Work(), compare=False)

    @classmethod
    def of(
        cls,
        index: str,
        documents: Sequence[Stored],
        table: FieldTable | None = None,
        *,
        scores_keywords: bool = False,
    ) -> Scope:
        """The root of an index. If it has no mapping here, the mapping is inferred as OpenSearch does."""
        fields = table.types if table else MAPPINGS.get(index) or with_known(index, _inferred(documents))
        return cls(index, fields, documents, table, scores_keywords=scores_keywords)

    def field(self, name: str) -> Field | None:
        """The field of that name; None if it is not mapped or belongs to another scope."""
        if name == "_id":
            return Field(name, "_id", ())
        kind = self.fields.get(name)
        if kind is None and (flat := self._flat_object_above(name)):
            return flat
        if kind is None or kind == "nested" or self._nested_above(name) != self.nested:
            return None
        if self.table:
            field = self.table.fields[name]
            if not self.nested:
                return field
            return replace(field, path=field.path[self.nested.count(".") + 1 :], copies=())
        path = name.removesuffix(_SUBFIELD) if self.fields.get(name.removesuffix(_SUBFIELD)) == "text" else name
        return Field(name, kind, tuple(self._from_here(path)))

    def named(self, pattern: str) -> list[Field]:
        """The fields for a name, a name with `*`, or the name of an object."""
        if field := self.field(pattern):
            return [field]
        names = (name for name in self.fields if matches(pattern, name) or name.startswith(f"{pattern}."))
        return [field for name in names if (field := self.field(name))]

    def within(self, path: str) -> Scope:
        """The scope of the objects at a nested path."""
        objects = tuple(part for document in self.documents for part in self.parts(document, path))
        return replace(self, documents=objects, nested=path, nesting=self.nesting + 1, work=self.work.within())

    def parts(self, document: Stored, path: str) -> list[Stored]:
        """The objects at a nested path of one document, as documents for the inner queries."""
        source = document.source if document.indexed is None else document.indexed
        return [Stored(document.id, part) for part in _objects(source, self._from_here(path))]

    def _from_here(self, path: str) -> list[str]:
        return (path.removeprefix(f"{self.nested}.") if self.nested else path).split(".")

    def _flat_object_above(self, name: str) -> Field | None:
        """The field of type flat_object that a name is within."""
        above = (name[:dot] for dot in range(len(name)) if name[dot] == ".")
        held = (self.table.fields.get(path) for path in above) if self.table else ()
        return next((field for field in held if field and field.declared == "flat_object"), None)

    def _nested_above(self, name: str) -> str:
        above = (name[:dot] for dot in range(len(name) - 1, 0, -1) if name[dot] == ".")
        return next((path for path in above if self.fields.get(path) == "nested"), "")


class Work:
    """What the clauses of a request share: how many there are, and what they have found out about a field."""

    def __init__(self) -> None:
        self.named: dict[str, Callable[[Stored], float | None]] = {}
        """The scorers of queries that have a ``_name``."""
        self.clauses = [0]
        """One number, which those of inner scopes share: of the queries that are not made of others."""
        self._statistics: dict[tuple[str, str], Statistics] = {}

    def within(self) -> Work:
        """The same for other documents."""
        inner = Work()
        inner.clauses = self.clauses
        return inner

    def statistics(self, field: Field, documents: Sequence[Stored]) -> Statistics:
        """The statistics of a field, calculated once."""
        key = field.name, field.type
        if key not in self._statistics:
            lists = [indexed for document in documents if (indexed := field.terms(document))]
            having = Counter(chain.from_iterable(map(set, lists)))
            lengths = [len(indexed) for indexed in lists]
            self._statistics[key] = Statistics(len(lists), sum(lengths), max(lengths, default=0), having)
        return self._statistics[key]


class Statistics(NamedTuple):
    """How often the terms of a field occur: in `documents` with the field, which have `terms` together."""

    documents: int
    terms: int
    longest: int
    """The most terms of one document."""
    having: Mapping[Any, int]
    """Term -> number of documents that have it."""


def _leaves(value: Any, path: Sequence[str], null: Any = None) -> Iterator[Any]:
    if isinstance(value, list):
        for part in value:
            yield from _leaves(part, path, null)
    elif isinstance(value, dict):
        if path and path[0] in value:
            yield from _leaves(value[path[0]], path[1:], null)
    elif not path and (value is not None or null is not None):
        yield null if value is None else value


def _objects(value: Any, path: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for part in value:
            yield from _objects(part, path)
    elif isinstance(value, dict):
        if not path:
            yield value
        elif path[0] in value:
            yield from _objects(value[path[0]], path[1:])


def _inferred(documents: Iterable[Stored]) -> dict[str, str]:
    """OpenSearch's dynamic mapping: the first value of a field gives its type; a string is a text and a keyword."""
    fields: dict[str, str] = {}

    def learn(value: Any, name: str) -> None:
        if isinstance(value, list):
            for part in value:
                learn(part, name)
        elif isinstance(value, Mapping):
            for key, part in value.items():
                learn(part, f"{name}.{key}" if name else key)
        elif isinstance(value, str):
            if fields.setdefault(name, "text") == "text":
                fields.setdefault(name + _SUBFIELD, "keyword")
        elif value is not None:
            kind = "boolean" if isinstance(value, bool) else "long" if isinstance(value, int) else "float"
            fields.setdefault(name, kind)

    for document in documents:
        learn(document.source, "")
    return fields
