"""A document on its way through an ingest pipeline: fields by dotted paths, and OpenSearch's words for what is missing.

Source: IngestDocument (read; docs/reference/opensearch.md, "Pipelines").
"""

import re
from typing import Any, Final

from mockflow.core.opensearch.java import class_name, java_text

_PLACEHOLDER: Final = re.compile(r"\{\{\{?\s*([^{}\s]{1,200})\s*\}?\}\}")
_INGEST: Final = "_ingest."
_SOURCE: Final = "_source."
MAX_DEPTH: Final = 200
MAX_COPIED: Final = 4 * 1024 * 1024
"""The most characters that the processors of a pipeline copy in one document. A value counts as `_VALUE` of them."""
_VALUE: Final = 64  # about as many characters are copied in the time of a value


class ProcessorError(Exception):
    """A processor that fails: the reason, and the type of the error as REST answers have it."""

    def __init__(self, reason: str, type: str = "illegal_argument_exception") -> None:
        super().__init__(reason)
        self.reason = reason
        self.type = type


class IngestDocument:
    """The source of a document, and the metadata of this run. Paths are dotted; a number selects an item of a list."""

    def __init__(self, source: dict[str, Any], ingest: dict[str, Any]) -> None:
        self.source = source
        self.ingest = ingest
        self.running: list[str] = []
        """The pipelines that a processor has called and that have not ended."""
        self._room = MAX_COPIED

    def get(self, path: str) -> Any:
        """The value of a field. Raises ProcessorError where it is not there."""
        value, parts = self._start(path)
        for part in parts:
            if isinstance(value, dict):
                if part not in value:
                    raise ProcessorError(f"field [{part}] not present as part of path [{path}]")
                value = value[part]
            elif isinstance(value, list):
                value = value[_index(part, value, path)]
            elif value is None:
                raise ProcessorError(f"cannot resolve [{part}] from null as part of path [{path}]")
            else:
                raise ProcessorError(
                    f"cannot resolve [{part}] from object of type [{class_name(value)}] as part of path [{path}]"
                )
        return value

    def has(self, path: str) -> bool:
        """Whether the field is there."""
        try:
            self.get(path)
        except ProcessorError:
            return False
        return True

    def set(self, path: str, value: Any) -> None:
        """Sets a field; objects on the way to it are made."""
        holder, parts = self._start(path)
        *outer, last = parts
        for part in outer:
            if isinstance(holder, list):
                holder = holder[_index(part, holder, path)]
            elif isinstance(holder, dict):
                holder = holder.setdefault(part, {})
            else:
                break
        if isinstance(holder, list):
            holder[_index(last, holder, path)] = value
        elif isinstance(holder, dict):
            holder[last] = value
        else:
            raise ProcessorError(
                f"cannot set [{last}] with parent object of type [{class_name(holder)}] as part of path [{path}]"
            )

    def remove(self, path: str) -> None:
        """Removes a field. Raises ProcessorError where it is not there."""
        self.get(path)
        parent, _, last = path.rpartition(".")
        holder = self.get(parent) if parent else self._start(path)[0]
        if isinstance(holder, list):
            del holder[_index(last, holder, path)]
        else:
            del holder[last]

    def filled(self, template: Any) -> Any:
        """A value with ``{{field}}`` replaced in its texts; a field that is not there leaves nothing."""
        if isinstance(template, str):
            return _PLACEHOLDER.sub(lambda found: self._text(found[1]), template)
        if isinstance(template, list):
            return [self.filled(item) for item in template]
        if isinstance(template, dict):
            return {self.filled(name): self.filled(item) for name, item in template.items()}
        return template

    def copied(self, value: Any, depth: int = 0) -> Any:
        """A deep copy, so that no value is within itself."""
        if depth > MAX_DEPTH:
            raise ProcessorError(f"a document is nested deeper than {MAX_DEPTH}")
        self._spend(_VALUE + (len(value) if isinstance(value, str) else 0))
        if isinstance(value, list):
            return [self.copied(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {name: self.copied(item, depth + 1) for name, item in value.items()}
        return value

    def _text(self, path: str) -> str:
        try:
            value = self.get(path)
        except ProcessorError:
            return ""
        text = "" if value is None else java_text(value)
        self._spend(len(text))
        return text

    @property
    def copied_size(self) -> int:
        """The characters that processors have copied; a value counts as `_VALUE`."""
        return MAX_COPIED - self._room

    def _spend(self, size: int) -> None:
        """Counts what processors copy: the size of a document could double with each of them."""
        self._room -= size
        if self._room < 0:
            raise ProcessorError(
                f"processors copy more than {MAX_COPIED} characters of a document; a value counts as {_VALUE}"
            )

    def _start(self, path: str) -> tuple[Any, list[str]]:
        if not path:
            raise ProcessorError("path cannot be null nor empty")
        if path.startswith(_INGEST):
            return self.ingest, path.removeprefix(_INGEST).split(".")
        return self.source, path.removeprefix(_SOURCE).split(".")


def _index(part: str, values: list[Any], path: str) -> int:
    if not (part.isascii() and part.isdigit() and len(part) < 10):
        raise ProcessorError(f"[{part}] is not an integer, cannot be used as an index as part of path [{path}]")
    if int(part) >= len(values):
        raise ProcessorError(
            f"[{part}] is out of bounds for array with length [{len(values)}] as part of path [{path}]"
        )
    return int(part)
