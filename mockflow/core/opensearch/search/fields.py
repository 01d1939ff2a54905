"""Fields of documents: types by the plugin's mappings, and the indexed terms that queries match."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.plugin_indices import STATE_INDEX, TEMPLATE_INDEX
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
DATE_FORMAT: Final = "strict_date_time||epoch_millis"


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


class BadValueError(ValueError):
    """A value that is invalid for the type of its field. The text is OpenSearch's."""


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

    @property
    def is_text(self) -> bool:
        """Whether its values are strings, of type text or keyword."""
        return self.type in ("text", "keyword")

    def values(self, document: Stored) -> list[Any]:
        """The document's values in order, from all arrays on the path."""
        if self.type == "_id":
            return [document.id]
        source = document.source if document.indexed is None else document.indexed
        value = source.get(self.path[0])
        if len(self.path) == 1 and isinstance(value, str | int | float):  # the usual case; the general one is slow
            return [value]
        return list(_leaves(value, self.path[1:]))

    def terms(self, document: Stored) -> Sequence[Any]:
        """The indexed terms: words of a text, whole strings of a keyword, else numbers or booleans."""
        values = self.values(document)
        if self.type == "text":
            analysed = [words(as_text(value)) for value in values]
            return analysed[0] if len(analysed) == 1 else [word for part in analysed for word in part]
        terms = [term for value in values if (term := self._indexed(value)) is not None]
        return terms if self.longest is None else [term for term in terms if len(term) <= self.longest]

    def term(self, value: Any) -> Any:
        """The indexed form of a value. Raises BadValueError."""
        if self.format is not None:
            return _formatted_date(value, self.format)
        convert: Callable[[Any], Any] = _TERMS.get(self.type, as_text)
        return convert(value)

    def _indexed(self, value: Any) -> Any:
        try:
            return self.term(value)
        except BadValueError:
            return None  # not of the field's type: stored, but no query finds it


@dataclass(frozen=True)
class FieldTable:
    """The fields of a mapping, by full name."""

    types: Mapping[str, str]
    """How queries treat them: as text, keyword, long, float, boolean, date, nested, or by their own type."""
    paths: Mapping[str, str]
    """Of multi-fields and aliases: the path of the values."""
    formats: Mapping[str, str]
    """Of dates."""
    longest: Mapping[str, int]
    """Of keywords that ignore longer values."""


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
        if kind is None or kind == "nested" or self._nested_above(name) != self.nested:
            return None
        if self.table:
            table, path = self.table, self.table.paths.get(name, name)
            return Field(name, kind, tuple(self._from_here(path)), table.formats.get(name), table.longest.get(name))
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

    def _nested_above(self, name: str) -> str:
        above = (name[:dot] for dot in range(len(name) - 1, 0, -1) if name[dot] == ".")
        return next((path for path in above if self.fields.get(path) == "nested"), "")


class Work:
    """What the clauses of a request share: how many there are, and what they have found out about a field."""

    def __init__(self) -> None:
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


@lru_cache(maxsize=16_384)
def words(text: str) -> tuple[str, ...]:
    """Splits a text about as the standard analyzer: lower-case words, single CJK characters, `3.5` and `a.b` whole."""
    return tuple(word for word in _WORD.findall(text.lower()) if any(map(str.isalnum, word)))


def word_starts(text: str, most: int) -> list[int]:
    """Where the words of a text begin, at most so many."""
    found = (word.start() for word in _WORD.finditer(text) if any(map(str.isalnum, word[0])))
    return list(islice(found, most))


_CJK: Final = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_LETTER: Final = rf"[^\W\d_{_CJK}]"
_WORD: Final = re.compile(
    rf"[{_CJK}]|[^\W{_CJK}]+(?:(?:(?<={_LETTER})[.':\u2019](?={_LETTER})|(?<=\d)[.,;'](?=\d))[^\W{_CJK}]+)*"
)
_DATE_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{1,9})(?:Z|([+-]\d\d):?(\d\d))")


def _number(value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = as_text(value)
    if re.fullmatch(r"[-+]?\d{1,18}", text):
        return int(text)
    if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", text):
        return float(text)
    raise BadValueError(f'For input string: "{text}"')


def _boolean(value: Any) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false", ""):
        return False
    raise BadValueError(f"Can't parse boolean value [{value}], expected [true] or [false]")


def _date(value: Any) -> int:
    """The epoch milliseconds of a date, given as such or as a full time with fraction and zone."""
    text = as_text(value)
    if re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    if found := _DATE_TIME.fullmatch(text):
        offset = timedelta(hours=int(found[3] or 0), minutes=int((found[3] or "+")[0] + (found[4] or "0")))
        try:
            moment = datetime.fromisoformat(found[1]).replace(tzinfo=timezone.utc) - offset
        except (ValueError, OverflowError):
            pass
        else:
            return round(moment.timestamp()) * 1000 + int((found[2] + "00")[:3])
    failure = f"failed to parse date field [{text}] with format [{DATE_FORMAT}]"
    raise BadValueError(f"{failure}: [{failure}]")


def _formatted_date(value: Any, format: str) -> int | str:
    from mockflow.core.opensearch.dates import NoDateError, parse_date  # on first use

    try:
        return parse_date(value, format)
    except NoDateError as error:
        failure = f"failed to parse date field [{error}] with format [{format}]"
        raise BadValueError(f"{failure}: [{failure}]") from None


_TERMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "integer": _number,
    "long": _number,
    "float": _number,
    "boolean": _boolean,
    "date": _date,
}


def _leaves(value: Any, path: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for part in value:
            yield from _leaves(part, path)
    elif isinstance(value, dict):
        if path and path[0] in value:
            yield from _leaves(value[path[0]], path[1:])
    elif not path and value is not None:
        yield value


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
