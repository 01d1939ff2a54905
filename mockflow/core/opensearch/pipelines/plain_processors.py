"""The ingest processors that change plain data.

Each takes a document and the processor's configuration, which was checked when the pipeline was put, and raises
ProcessorError. Sources: the processors of modules/ingest-common of OpenSearch (read; docs/reference/opensearch.md,
"Pipelines").
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, Final

from mockflow.core.base.json_writer import loads
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.java import class_name, java_text
from mockflow.core.opensearch.pipelines.chunking import chunk
from mockflow.core.opensearch.pipelines.ingest_document import IngestDocument, ProcessorError

Configuration = Mapping[str, Any]
Processor = Callable[[IngestDocument, Configuration], None]


def _set(document: IngestDocument, it: Configuration) -> None:
    field = document.filled(it["field"])
    if it.get("override") is False and document.has(field) and document.get(field) is not None:
        return
    value = document.copied(document.get(it["copy_from"])) if it.get("copy_from") else document.filled(it.get("value"))
    if it.get("ignore_empty_value") and value in (None, ""):
        return
    document.set(field, value)


def _remove(document: IngestDocument, it: Configuration) -> None:
    if it.get("exclude_field") is not None:
        kept = {str(name).partition(".")[0] for name in _several(it["exclude_field"])}
        for name in [name for name in document.source if name not in kept]:
            del document.source[name]
        return
    for field in map(document.filled, _several(it.get("field"))):
        if document.has(field) or not it.get("ignore_missing"):
            document.remove(field)


def _remove_by_pattern(document: IngestDocument, it: Configuration) -> None:
    excludes = it.get("field_pattern") is None
    patterns = [str(one) for one in _several(it["exclude_field_pattern" if excludes else "field_pattern"])]
    for name in list(document.source):
        if any(matches(pattern, name) for pattern in patterns) != excludes:
            del document.source[name]


def _rename(document: IngestDocument, it: Configuration) -> None:
    field, target = document.filled(it["field"]), document.filled(it["target_field"])
    if not document.has(field):
        if it.get("ignore_missing"):
            return
        raise ProcessorError(f"field [{field}] doesn't exist")
    if document.has(target) and not it.get("override_target"):
        raise ProcessorError(f"field [{target}] already exists")
    value = document.get(field)
    document.remove(field)
    document.set(target, value)


def _copy(document: IngestDocument, it: Configuration) -> None:
    source, target = document.filled(it["source_field"]), document.filled(it["target_field"])
    if not document.has(source):
        if it.get("ignore_missing"):
            return
        raise ProcessorError(f"source field [{source}] doesn't exist")
    if document.has(target) and not it.get("override_target"):
        raise ProcessorError(f"target field [{target}] already exists")
    value = document.get(source)
    if it.get("remove_source"):
        document.remove(source)
    document.set(target, document.copied(value))


def _append(document: IngestDocument, it: Configuration) -> None:
    field, values = document.filled(it["field"]), _several(document.filled(it["value"]))
    before = _several(document.get(field)) if document.has(field) else []
    for value in values:
        if it.get("allow_duplicates") is not False or value not in before:
            before = [*before, value]
    document.set(field, before)


def _of_text(change: Callable[[str], Any]) -> Processor:
    """A processor of a text, or of each text of a list."""

    def process(document: IngestDocument, it: Configuration) -> None:
        field = it["field"]
        value = document.get(field) if document.has(field) or not it.get("ignore_missing") else None
        if value is None:
            if it.get("ignore_missing"):
                return
            raise ProcessorError(f"field [{field}] is null, cannot process it.")
        new = [change(_text(item, field)) for item in value] if isinstance(value, list) else change(_text(value, field))
        document.set(it.get("target_field") or field, new)

    return process


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise ProcessorError(f"field [{field}] of type [{class_name(value)}] cannot be cast to [java.lang.String]")
    return value


def _split(document: IngestDocument, it: Configuration) -> None:
    field = it["field"]
    if not document.has(field) and it.get("ignore_missing"):
        return
    value = document.get(field)
    if value is None:
        if it.get("ignore_missing"):
            return
        raise ProcessorError(f"field [{field}] is null, cannot split.")
    separator = _LITERALS.get(it["separator"], it["separator"])
    text = _text(value, field)
    parts = text.split() if separator in _BLANKS else text.split(separator) if separator else list(text)
    while parts and not parts[-1] and not it.get("preserve_trailing"):
        parts.pop()
    document.set(it.get("target_field") or field, parts)


_BLANKS: Final = frozenset({r"\s+", r"\s*", r"\s"})
_LITERALS: Final = {r"\|": "|", r"\.": ".", r"\,": ",", r"\t": "\t", r"\n": "\n", r"\\": "\\"}
_NO_EXPRESSION: Final = frozenset("\\^$.|?*+()[]{}")


def is_plain_separator(text: str) -> bool:
    """Whether a separator is no regular expression, apart from the usual ones for blanks and single characters."""
    return text in _BLANKS or text in _LITERALS or not _NO_EXPRESSION.intersection(text)


def _join(document: IngestDocument, it: Configuration) -> None:
    field, value = it["field"], document.get(it["field"])
    if value is None:
        raise ProcessorError(f"field [{field}] is null, cannot join.")
    if not isinstance(value, list):
        raise ProcessorError(f"field [{field}] of type [{class_name(value)}] cannot be cast to [java.util.List]")
    document.set(it.get("target_field") or field, it["separator"].join(map(java_text, value)))


def _convert(document: IngestDocument, it: Configuration) -> None:
    field, kind = it["field"], it["type"].lower()
    value = document.get(field) if document.has(field) or not it.get("ignore_missing") else None
    if value is None:
        if it.get("ignore_missing"):
            return
        raise ProcessorError(f"Field [{field}] is null, cannot be converted to type [{kind}]")
    new = [_converted(item, kind) for item in value] if isinstance(value, list) else _converted(value, kind)
    document.set(it.get("target_field") or field, new)


def _converted(value: Any, kind: str) -> Any:
    text = java_text(value)
    if kind == "string":
        return text
    if kind == "auto":
        for other in ("boolean", "integer", "long", "float", "double"):
            if isinstance(value, str):
                try:
                    return _converted(value, other)
                except ProcessorError:
                    continue
        return value
    try:
        if kind in _RANGES:
            number = int(text, 16) if text.lower().startswith(("0x", "-0x")) else int(text)
            if not -_RANGES[kind] <= number < _RANGES[kind] or len(text) > _LONGEST:
                raise ValueError
            return number
        if kind in ("float", "double"):
            return float(text)
    except ValueError:
        raise ProcessorError(f"unable to convert [{text}] to {kind}") from None
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise ProcessorError(f"[{text}] is not a boolean value, cannot convert to boolean")
        return text.lower() == "true"
    return text


_RANGES: Final = {"integer": 2**31, "long": 2**63}
_LONGEST: Final = 30


def _json(document: IngestDocument, it: Configuration) -> None:
    field, value = it["field"], document.get(it["field"])
    try:
        content = loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        raise ProcessorError(f"field [{field}] has no JSON text") from None
    if it.get("add_to_root"):
        if not isinstance(content, dict):
            raise ProcessorError("cannot add non-map fields to root of document")
        document.source.update(content)
        return
    document.set(it.get("target_field") or field, content)


def _date(document: IngestDocument, it: Configuration) -> None:
    """ISO dates and epoch times; another format is not read, see `reads_date`."""
    value = document.get(it["field"])
    moment = None if value is None else next(filter(None, (_moment(java_text(value), f) for f in it["formats"])), None)
    if moment is None:
        raise ProcessorError(f"unable to parse date [{java_text(value)}]")
    written = moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    document.set(it.get("target_field") or "@timestamp", written)


def reads_dates(formats: Any) -> bool:
    """Whether all of these formats are ones of which dates are read."""
    return isinstance(formats, list) and all(str(one).upper() in _DATE_FORMATS for one in formats)


_DATE_FORMATS: Final = frozenset({"ISO8601", "UNIX", "UNIX_MS", "YYYY-MM-DD"})


def _moment(text: str, form: str) -> datetime | None:
    try:
        if form.upper() in ("UNIX", "UNIX_MS"):
            return datetime.fromtimestamp(float(text) / (1 if form.upper() == "UNIX" else 1000), timezone.utc)
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _fail(document: IngestDocument, it: Configuration) -> None:
    raise ProcessorError(document.filled(it["message"]), "fail_processor_exception")


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


PLAIN: Final[Mapping[str, Processor]] = {
    "set": _set,
    "remove": _remove,
    "remove_by_pattern": _remove_by_pattern,
    "rename": _rename,
    "copy": _copy,
    "append": _append,
    "lowercase": _of_text(str.lower),
    "uppercase": _of_text(str.upper),
    "trim": _of_text(str.strip),
    "split": _split,
    "join": _join,
    "convert": _convert,
    "json": _json,
    "date": _date,
    "fail": _fail,
    "text_chunking": chunk,
}
"""By their type."""
