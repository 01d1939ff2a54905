"""The parameters of a field: how OpenSearch reads each kind, and what it says of a bad value.

Every reader takes the field's name, the parameter's, its value and the context, and raises RefusedError. The texts
are those of ParametrizedFieldMapper, TypeParsers and XContentMapValues; numbers are read as Java reads them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mockflow.core.opensearch.java import class_name, java_text
from mockflow.core.opensearch.mappings.analysis import Analysis
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.settings.cluster_settings import Text
from mockflow.core.opensearch.settings.index_settings import Minor
from mockflow.core.opensearch.settings.setting_values import NO_SUCH_SPACE, SPACE_TYPES


@dataclass
class MappingContext:
    """The facts that the check of one mapping needs, and the refusals that it finds late."""

    minor: Minor
    settings: Mapping[str, Text | None]
    """Those of the index, normalized."""
    analysis: Analysis
    similarities: frozenset[str]
    at_build: list[RefusedError] = field(default_factory=list)
    """OpenSearch reads the whole mapping before it builds the fields; these are refused only then."""


Reader = Callable[[str, str, Any, MappingContext], None]


def read_bool(name: str, value: Any) -> None:
    """A boolean of an old parser; `name` is how the text calls it."""
    if java_text(value) not in ("true", "false"):
        raise RefusedError(f"Could not convert [{name}] to boolean")


def read_int(value: Any) -> int:
    """As XContentMapValues.nodeIntegerValue: any number, cut to a whole one, or its text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value)
    text = java_text(value)
    if not re.fullmatch(r"[-+]?\d{1,10}", text, re.ASCII) or not -(2**31) <= int(text) < 2**31:
        raise RefusedError(f'For input string: "{text}"', "NumberFormatException")
    return int(text)


def _bool(_name: str, _parameter: str, value: Any, _context: MappingContext) -> None:
    if java_text(value) not in ("true", "false", ""):
        raise RefusedError(f"Failed to parse value [{java_text(value)}] as only [true] or [false] are allowed.")


def _int(_name: str, _parameter: str, value: Any, _context: MappingContext) -> None:
    read_int(value)


def _float(_name: str, _parameter: str, value: Any, _context: MappingContext) -> None:
    try:
        float(java_text(value).replace("_", "x"))
    except ValueError:
        text = java_text(value)
        raise RefusedError(f'For input string: "{text}"' if text else "empty String") from None


def _anything(_name: str, _parameter: str, _value: Any, _context: MappingContext) -> None:
    pass


def _meta(name: str, parameter: str, value: Any, _context: MappingContext) -> None:
    """At most five short texts."""
    if not isinstance(value, dict):
        shown = f"{class_name(value).rpartition('.')[2]}[{java_text(value)}]"
        raise RefusedError(f"[meta] must be an object, got {shown} for field [{name}]")
    if len(value) > 5:
        raise RefusedError(f"[meta] can't have more than 5 entries, but got {len(value)} on field [{name}]")
    for key in value:
        if len(key) > 20:
            raise RefusedError(f"[meta] keys can't be longer than 20 chars, but got [{key}] for field [{name}]")
    for text in value.values():
        if text is None:
            raise RefusedError(f"[meta] values can't be null (field [{name}])")
        if not isinstance(text, str):
            shown = f"{class_name(text).rpartition('.')[2]}[{java_text(text)}]"
            raise RefusedError(f"[meta] values can only be strings, but got {shown} for field [{name}]")
        if len(text) > 50:
            raise RefusedError(f"[meta] values can't be longer than 50 chars, but got [{text}] for field [{name}]")


def _analyzer(_name: str, _parameter: str, value: Any, context: MappingContext) -> None:
    if java_text(value) not in context.analysis.analyzers:
        raise RefusedError(f"analyzer [{java_text(value)}] has not been configured in mappings")


def _normalizer(name: str, _parameter: str, value: Any, context: MappingContext) -> None:
    if java_text(value) not in context.analysis.normalizers | {"default"}:
        context.at_build.append(RefusedError(f"normalizer [{java_text(value)}] not found for field [{name}]"))


def _similarity(name: str, _parameter: str, value: Any, context: MappingContext) -> None:
    if value is not None and java_text(value) not in context.similarities:
        raise RefusedError(f"Unknown Similarity type [{java_text(value)}] for field [{name}]")


def _index_prefixes(_name: str, parameter: str, value: Any, _context: MappingContext) -> None:
    if not isinstance(value, dict):
        return
    if unknown := {key: value[key] for key in value if key not in ("min_chars", "max_chars")}:
        raise RefusedError(unsupported(f"Mapping definition for [{parameter}]", unknown))
    least, greatest = read_int(value.get("min_chars", 2)), read_int(value.get("max_chars", 5))
    for broken, reason in (
        (least > greatest, f"min_chars [{least}] must be less than max_chars [{greatest}]"),
        (least < 1, f"min_chars [{least}] must be greater than zero"),
        (greatest >= 20, f"max_chars [{greatest}] must be less than 20"),
    ):
        if broken:
            raise RefusedError(reason)


def _scaling_factor(_name: str, _parameter: str, value: Any, _context: MappingContext) -> None:
    _float(_name, _parameter, value, _context)
    number = float(java_text(value))
    if not 0 < number < float("inf"):
        raise RefusedError(f"[scaling_factor] must be a positive number, got [{java_text(number)}]")


def _knn_dimension(name: str, _parameter: str, value: Any, _context: MappingContext) -> None:
    try:
        dimension = read_int(value)
    except RefusedError:
        raise RefusedError(
            f"Unable to parse [dimension] from provided value [{java_text(value)}] for vector [{name}]"
        ) from None
    if dimension <= 0:
        raise RefusedError(f"Dimension value must be greater than 0 for vector: {name}")


def _knn_data_type(_name: str, _parameter: str, value: Any, _context: MappingContext) -> None:
    if java_text(value).upper() not in ("BINARY", "BYTE", "FLOAT"):
        raise RefusedError("Invalid value provided for [data_type] field. Supported values are [binary,byte,float]")


def _knn_space(_name: str, _parameter: str, value: Any, _context: MappingContext) -> None:
    if java_text(value).lower() not in (*SPACE_TYPES, "undefined"):
        raise RefusedError(NO_SUCH_SPACE.format(java_text(value)))


def one_of(*allowed: str, shown: str | None = None) -> Reader:
    """One of these texts; `shown` is how the refusal lists them."""
    listed = shown or ", ".join(allowed)

    def read(_name: str, parameter: str, value: Any, _context: MappingContext) -> None:
        if value is not None and java_text(value) not in allowed:
            raise RefusedError(
                f"Unknown value [{java_text(value)}] for field [{parameter}] - accepted values are [{listed}]"
            )

    return read


def unsupported(what: str, remaining: Mapping[str, Any]) -> str:
    """The text of DocumentMapperParser.checkNoRemainingFields."""
    shown = "".join(f" [{key} : {java_text(value)}]" for key, value in remaining.items())
    return f"{what} has unsupported parameters: {shown}"


READERS: Final[Mapping[str, Reader]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "string": _anything,
    "any": _anything,
    "meta": _meta,
    "analyzer": _analyzer,
    "normalizer": _normalizer,
    "similarity": _similarity,
    "index_prefixes": _index_prefixes,
    "scaling_factor": _scaling_factor,
    "knn_dimension": _knn_dimension,
    "knn_data_type": _knn_data_type,
    "knn_space": _knn_space,
    "knn_method": _anything,  # knn_vector.py reads it with what stands beside it
}
# Read like texts, and compared only after all parameters of the field were read.
RESTRICTED: Final[Mapping[str, Reader]] = {
    "text_index_options": one_of("positions", "docs", "freqs", "offsets"),
    "docs_only": one_of("docs"),
    "keyword_index_options": one_of("docs", "freqs"),
    "term_vector": one_of(
        "no",
        "yes",
        "with_positions",
        "with_offsets",
        "with_positions_offsets",
        "with_positions_payloads",
        "with_positions_offsets_payloads",
    ),
    "knn_mode": one_of("in_memory", "on_disk", shown="null, in_memory, on_disk"),
    "knn_compression": one_of("1x", "2x", "4x", "8x", "16x", "32x", "64x", shown="null, 1x, 2x, 4x, 8x, 16x, 32x, 64x"),
}
