"""Whether OpenSearch can read a mapping, and its text where it cannot.

The order and the texts are those of DocumentMapperParser, RootObjectMapper, ObjectMapper and ParametrizedFieldMapper
(docs/reference/opensearch.md, "Mappings and index settings"). A mapping is read in the order of a Java HashMap, so of
two mistakes the same one is found first.

Not checked: formats of dates, what dynamic templates would make of a field, ``derived``, ``composite`` and
``context_aware_grouping``, the relations of a join, the contexts of a completion, the parameters of geo types beyond
their names, of flat_object, of version and of plugins other than k-NN.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.opensearch.java import failed_cast, java_text
from mockflow.core.opensearch.mappings.analysis import Analysis
from mockflow.core.opensearch.mappings.field_extras import EXTRAS
from mockflow.core.opensearch.mappings.field_parameters import (
    READERS,
    RESTRICTED,
    MappingContext,
    read_bool,
    unsupported,
)
from mockflow.core.opensearch.mappings.mapping_merge import check_dotted_names
from mockflow.core.opensearch.mappings.mapping_types import FieldType, field_types
from mockflow.core.opensearch.mappings.root_mapping import check_dynamic, check_templates, read_metadata
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.settings.cluster_settings import Text
from mockflow.core.opensearch.settings.index_settings import Minor, members, text_of

Node = Mapping[str, Any]


def check_mapping(
    mapping: Node,
    settings: Mapping[str, Text | None],
    analysis: Analysis,
    minor: Minor,
    plugins: Collection[str] | None = None,
) -> None:
    """Raises RefusedError for a mapping, without its type ``_doc``, that an index with these settings cannot have."""
    similar = {"BM25", "boolean", "LegacyBM25"} | members(settings, "index.similarity.").keys()
    context = MappingContext(minor, settings, analysis, frozenset(similar))
    reader = _Reader(context, field_types(minor, plugins))
    try:
        reader.read_root(mapping)
        if context.at_build:
            raise context.at_build[0]
        check_dotted_names(mapping)
    except RecursionError:
        _check_limits(reader, settings)  # what was read so far is deeper than is allowed by default
        raise RefusedError("The mapping is nested too deep for mockflow", "MapperParsingException") from None
    except RefusedError as error:
        message = f"Failed to parse mapping [_doc]: {error.refusal.message}"
        raise RefusedError(message, "MapperParsingException") from None
    _check_aliases(reader)
    _check_limits(reader, settings)


@dataclass
class _Reader:
    """Walks through one mapping."""

    context: MappingContext
    types: Mapping[str, FieldType]
    fields: set[str] = field(default_factory=set)
    objects: set[str] = field(default_factory=set)
    nested: int = 0
    aliases: dict[str, str] = field(default_factory=dict)
    """Full name -> path."""

    def read_root(self, mapping: Node) -> None:
        remaining = []
        for key in hash_map_order(mapping):
            if not (self._read_object_key(key, mapping[key], "") or self._read_root_key(key, mapping[key])):
                remaining.append(key)
        unknown = {key: mapping[key] for key in remaining if not read_metadata(key, mapping[key])}
        if unknown.pop("_meta", {}) is not None and not isinstance(mapping.get("_meta", {}), dict):
            raise RefusedError(failed_cast(mapping["_meta"]))
        if unknown:
            raise RefusedError(unsupported("Root mapping definition", unknown))

    def read_properties(self, properties: Node, path: str) -> None:
        for name in hash_map_order(properties):
            node = properties[name]
            if node == []:
                continue
            if not isinstance(node, dict):
                raise RefusedError(
                    f"Expected map for property [fields] on field [{name}] but got a class java.lang.String"
                )
            kind = self._type(name, node)
            parts = _parts(name)
            full = ".".join((path, *parts)) if path else ".".join(parts)
            self.objects.update(_parents(path, parts))
            self._read_field(name, parts[-1], full, node, kind)

    def _type(self, name: str, node: Node) -> FieldType:
        if node.get("type") is not None:
            type_name = java_text(node["type"])
        elif node.get("properties") is not None or (len(node) == 1 and node.get("enabled") is not None):
            type_name = "object"
        else:
            raise RefusedError(f"No type specified for field [{name}]")
        if type_name not in self.types:
            raise RefusedError(f"No handler for type [{type_name}] declared on field [{name}]")
        return self.types[type_name]

    def _read_field(self, name: str, last: str, full: str, node: Node, kind: FieldType) -> None:
        """`name` is the key in the mapping, `last` what follows its last dot, `full` has the parents' names too."""
        if not last:
            self.context.at_build.append(RefusedError("name cannot be empty string"))
        if kind.name in ("object", "nested"):
            self.objects.add(full)
            self.nested += kind.name == "nested"
            self._read_object(name, last, full, node)
            return
        self.fields.add(full)
        if kind.name == "alias":
            self._read_alias(name, last, full, node)
        elif kind.is_old:
            self._read_old(name, last, full, node, kind)
        else:
            self._read_parameters(last, full, node, kind)

    def _read_object(self, name: str, last: str, full: str, node: Node) -> None:
        for key in ("include_in_parent", "include_in_root"):
            if node.get(key) is not None:
                read_bool(f"{last}.{key}", node[key])
        own = ("type", "include_in_parent", "include_in_root")
        unknown = {
            key: node[key]
            for key in hash_map_order(node)
            if key not in own and not self._read_object_key(key, node[key], full)
        }
        if unknown:
            raise RefusedError(unsupported(f"Mapping definition for [{name}]", unknown))

    def _read_object_key(self, key: str, value: Any, path: str) -> bool:
        """What the root and every object may have; whether the key is one of those."""
        if key == "dynamic":
            check_dynamic(value, self.context.minor)
        elif key == "enabled":
            read_bool("enabled.enabled", value)
        elif key == "properties":
            if value != [] and not isinstance(value, dict):
                raise RefusedError("properties must be a map type")
            self.read_properties(value or {}, path)
        elif key == "derived":
            if value != [] and not isinstance(value, dict):
                raise RefusedError("derived must be a map type")
        elif key == "disable_objects" and self.context.minor >= _DISABLE_OBJECTS_SINCE:
            pass
        else:
            return key in ("include_in_all", "composite")
        return True

    def _read_root_key(self, key: str, value: Any) -> bool:
        """What the root alone may have; whether the key is one of those."""
        if key in ("date_detection", "numeric_detection"):
            read_bool(key, value)
        elif key == "dynamic_templates":
            check_templates(value)
        else:
            return key in _ROOT_SINCE and self.context.minor >= _ROOT_SINCE[key]
        return True

    def _read_alias(self, name: str, last: str, full: str, node: Node) -> None:
        if node.get("path") is None:
            raise RefusedError(f"The [path] property must be specified for field [{last}].")
        self.aliases[full] = java_text(node["path"])
        if unknown := {key: node[key] for key in hash_map_order(node) if key not in ("type", "path")}:
            raise RefusedError(unsupported(f"Mapping definition for [{name}]", unknown))

    def _read_old(self, name: str, last: str, full: str, node: Node, kind: FieldType) -> None:
        if isinstance(node.get("fields"), dict):
            self._read_multi_fields(last, full, node["fields"])
        known = {"type", "fields", "copy_to", *kind.parameters}
        if unknown := {key: node[key] for key in hash_map_order(node) if key not in known}:
            raise RefusedError(unsupported(f"Mapping definition for [{name}]", unknown))

    def _read_parameters(self, last: str, full: str, node: Node, kind: FieldType) -> None:
        """ParametrizedFieldMapper.Builder.parse, and what single types add to it."""
        restricted = []
        for key in hash_map_order(node):
            value = node[key]
            parameter = kind.parameters.get(key)
            if key in ("type", "copy_to"):
                continue
            if key == "fields":
                self._read_multi_fields(last, full, value)
            elif parameter is None or self.context.minor < parameter.since:
                if not kind.is_open and key not in _IGNORED:
                    raise RefusedError(f"unknown parameter [{key}] on mapper [{last}] of type [{kind.name}]")
            elif value is None and not parameter.takes_null:
                raise RefusedError(f"[{key}] on mapper [{last}] of type [{kind.name}] must not have a [null] value")
            elif parameter.kind in RESTRICTED:
                restricted.append(key)
            elif value is not None:
                READERS[parameter.kind](last, key, value, self.context)
        for key in (key for key in kind.parameters if key in restricted):
            RESTRICTED[kind.parameters[key].kind](last, key, node[key], self.context)
        if kind.name in EXTRAS:
            EXTRAS[kind.name](last, node, self.context)

    def _read_multi_fields(self, name: str, full: str, value: Any) -> None:
        if value != [] and not isinstance(value, dict):
            shown = failed_cast(value).split(" cannot")[0]
            raise RefusedError(
                f"expected map for property [fields] on field [{java_text(value)}] or [fields] but got a {shown}"
            )
        for key in hash_map_order(value or {}):
            node = value[key]
            if "." in key:
                raise RefusedError(f"Field name [{key}] which is a multi field of [{name}] cannot contain '.'")
            if not isinstance(node, dict):
                raise RefusedError(f"illegal field [{key}], only fields can be specified inside fields")
            if node.get("type") is None:
                raise RefusedError(f"no type specified for property [{key}]")
            type_name = java_text(node["type"])
            if type_name in ("object", "nested", "alias"):
                raise RefusedError(f"Type [{type_name}] cannot be used in multi field")
            if type_name not in self.types:
                raise RefusedError(f"no handler for type [{type_name}] declared on field [{key}]")
            self._read_field("fields", key, f"{full}.{key}", node, self.types[type_name])


def _parts(name: str) -> list[str]:
    """``String.split``: empty parts at the end do not count."""
    parts = name.split(".")
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    if parts == [""] and name:
        raise RefusedError(f"Invalid field name {name}")
    return parts


def _parents(path: str, parts: list[str]) -> list[str]:
    """The objects that a dotted name makes on its way."""
    outer = [path] if path else []
    return [".".join(outer + parts[:number]) for number in range(1, len(parts))]


def _check_aliases(reader: _Reader) -> None:
    for name, path in reader.aliases.items():
        if path == name:
            reason = "an alias cannot refer to itself."
        elif path in reader.aliases:
            reason = "an alias cannot refer to another alias."
        elif path not in reader.fields:
            reason = "an alias must refer to an existing field in the mappings."
        else:
            continue
        raise RefusedError(
            f"Invalid [path] value [{path}] for field alias [{name}]: {reason}", "MapperParsingException"
        )


def _check_limits(reader: _Reader, settings: Mapping[str, Text | None]) -> None:
    def limit(name: str, otherwise: int) -> int:
        return int(text_of(settings, f"index.mapping.{name}.limit") or otherwise)

    nested, total, depth = limit("nested_fields", 50), limit("total_fields", 1000), limit("depth", 20)
    if reader.nested > nested:
        raise RefusedError(f"Limit of nested fields [{nested}] has been exceeded")
    if len(reader.objects) + len(reader.fields) > total:
        raise RefusedError(f"Limit of total fields [{total}] has been exceeded")
    for path in sorted(reader.objects):
        if path.count(".") + 2 > depth:
            raise RefusedError(f"Limit of mapping depth [{depth}] has been exceeded due to object field [{path}]")


# Once read for every type: where a type does not have them, they are ignored.
_IGNORED: Final = frozenset({"store", "meta", "boost", "index", "doc_values", "index_options", "similarity"})
# Keys of the root whose values are not checked, and since when they are there.
_ROOT_SINCE: Final = {
    "date_formats": (0, 0),
    "dynamic_date_formats": (0, 0),
    "context_aware_grouping": (3, 3),
    "dynamic_properties": (3, 6),
}
_DISABLE_OBJECTS_SINCE: Final = (3, 4)
