"""The ingest processor text_chunking: texts in pieces.

Source: TextChunkingProcessor, FixedTokenLengthChunker, DelimiterChunker and FixedCharLengthChunker of neural-search
(read; docs/reference/opensearch.md, "Pipelines"). Tokens are those of the standard tokenizer, about.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.opensearch.pipelines.ingest_document import IngestDocument, ProcessorError
from mockflow.core.opensearch.search.field_terms import word_starts

Configuration = Mapping[str, Any]

MAX_TOKENS: Final = 10_000
_MOST_CHUNKS: Final = 100
_UNLIMITED: Final = -1
_DEFAULT: Final = "fixed_token_length"


def can_chunk(algorithm: Mapping[str, Any]) -> bool:
    """Whether mockflow knows the tokenizer of this algorithm."""
    _, given = _chosen(algorithm)
    return bool(given.get("tokenizer", "standard") == "standard")


def chunk(document: IngestDocument, it: Configuration) -> None:
    """Puts the pieces of each text of ``field_map`` into its target, a list."""
    name, given = _chosen(it["algorithm"])
    for field, value in ((field, document.source.get(field)) for field in it["field_map"]):
        _check(field, value)
    room = _Room(
        int(given.get("max_chunk_limit", _MOST_CHUNKS)), sum(1 for _ in _texts(document.source, it["field_map"]))
    )

    def pieces(text: str) -> list[str]:
        made = document.copied(_ALGORITHMS[name](text, given, room)) if text else []
        room.used(len(made), bool(text))
        return list(made)

    _chunk_all(document.source, it["field_map"], pieces, ignores_missing=bool(it.get("ignore_missing")))


def _chosen(algorithm: Mapping[str, Any]) -> tuple[str, Configuration]:
    """The one algorithm of a processor, and its parameters."""
    none: Configuration = {}
    return next(iter(algorithm.items()), (_DEFAULT, none))


@dataclass
class _Room:
    """How many chunks a document may still get, and how many texts are still to be chunked."""

    left: int
    texts: int

    def is_full(self, made: int) -> bool:
        """Whether the next chunk of a text has to be its last."""
        return self.left != _UNLIMITED and made + self.texts >= self.left

    def used(self, chunks: int, was_text: bool) -> None:
        self.texts -= was_text
        if self.left != _UNLIMITED:
            self.left -= chunks


def _chunk_all(
    holder: Mapping[str, Any], fields: Mapping[str, Any], pieces: Callable[[str], list[str]], *, ignores_missing: bool
) -> None:
    for field, target in fields.items():
        value = holder.get(field)
        if isinstance(target, dict):
            for inner in value if isinstance(value, list) else [value]:
                if isinstance(inner, dict):
                    _chunk_all(inner, target, pieces, ignores_missing=ignores_missing)
        elif isinstance(holder, dict) and not (value is None and ignores_missing):
            holder[str(target)] = [piece for text in _leaf(value) for piece in pieces(text)]


def _texts(holder: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[str]:
    """The texts to be chunked that are not empty."""
    for field, target in fields.items():
        value = holder.get(field)
        if isinstance(target, dict):
            for inner in value if isinstance(value, list) else [value]:
                if isinstance(inner, dict):
                    yield from _texts(inner, target)
        else:
            yield from filter(None, _leaf(value))


def _leaf(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else []


def _check(field: str, value: Any) -> None:
    """Raises ProcessorError for a value that is no text, and no list or object of texts."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                _check_within(field, item)
            elif not isinstance(item, str):
                what = "null" if item is None else "non-string value"
                raise ProcessorError(f"list type field [{field}] has {what}, cannot process it")
    elif isinstance(value, dict):
        _check_within(field, value)
    elif value is not None and not isinstance(value, str):
        raise ProcessorError(f"field [{field}] is neither string nor nested type, cannot process it")


def _check_within(field: str, values: Mapping[str, Any]) -> None:
    for value in values.values():
        if isinstance(value, (list, dict)):
            _check(field, value)
        elif value is not None and not isinstance(value, str):
            raise ProcessorError(f"map type field [{field}] has non-string type, cannot process it")


def _by_tokens(text: str, given: Configuration, room: _Room) -> list[str]:
    starts = word_starts(text, MAX_TOKENS + 1)
    if len(starts) > MAX_TOKENS:
        raise ProcessorError(
            f"The number of tokens produced by calling _analyze has exceeded the allowed maximum of [{MAX_TOKENS}]. "
            "This limit can be set by changing the [index.analyze.max_token_count] index level setting.",
            "illegal_state_exception",
        )
    limit = int(given.get("token_limit", 384))
    positions = [0, *starts[1:], len(text)] if starts else []
    return _overlapping(text, positions, limit, _overlap(limit, given), room)


def _by_characters(text: str, given: Configuration, room: _Room) -> list[str]:
    limit = int(given.get("char_limit", 2048))
    return _overlapping(text, range(len(text) + 1), limit, _overlap(limit, given), room)


def _overlapping(text: str, positions: Any, limit: int, overlap: int, room: _Room) -> list[str]:
    """Pieces of `limit` units; `positions` are the beginnings of all units, and the end."""
    made: list[str] = []
    count = len(positions) - 1
    for start in range(0, max(count, 0), limit - overlap):
        end = start + limit
        if room.is_full(len(made)) or end >= count:
            return [*made, text[positions[start] :]]
        made.append(text[positions[start] : positions[end]])
    return made


def _by_delimiter(text: str, given: Configuration, room: _Room) -> list[str]:
    """Each piece ends with the delimiter."""
    delimiter = given.get("delimiter", "\n\n")
    made: list[str] = []
    start = 0
    while (found := text.find(delimiter, start)) >= 0 and not room.is_full(len(made)):
        made.append(text[start : found + len(delimiter)])
        start = found + len(delimiter)
    return [*made, text[start:]] if start < len(text) else made


def _overlap(limit: int, given: Configuration) -> int:
    return int(limit * float(given.get("overlap_rate", 0)))


_ALGORITHMS: Final[Mapping[str, Callable[[str, Configuration, _Room], list[str]]]] = {
    "fixed_token_length": _by_tokens,
    "fixed_char_length": _by_characters,
    "delimiter": _by_delimiter,
}
