r"""OpenSearch's ``filter_path``: the parts of a response that a client selects.

An expression is a comma-separated list of paths; one that begins with ``-`` excludes. Dots separate the
keys of a path, ``\.`` is a dot within a key, ``*`` stands for any part of one key and ``**`` for one level
or more; arrays are
transparent.

As in OpenSearch 3.0: AbstractRestChannel reads the list, FilterPath one path, FilterPathBasedFilter applies
them, and Jackson's FilteringGeneratorDelegate writes an object or array only if it keeps something inside
(docs/reference/opensearch.md, "filter_path").
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from mockflow.core.base.wildcards import matches

Json = Any


def filter_paths(value: Json, expression: str) -> Json:
    """The part of `value` that `expression` keeps; ValueError if there is a ``-`` without a path.

    An object or array that becomes empty by an include or an exclude is dropped; one that no path leads into stays,
    even if it is empty. An object of which nothing is left is ``{}``, an array ``[]`` (OpenSearch sends no body
    then).
    """
    for filter in _compiled(expression):
        kept = filter.walk(value, filter.paths)
        if kept is _NOTHING:
            return [] if isinstance(value, list) else {}
        value = kept
    return value


def is_filter(expression: str) -> bool:
    """Whether `filter_paths` takes the expression."""
    try:
        _compiled(expression)
    except ValueError:
        return False
    return True


_NOTHING: Final = object()


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    """One key of a path, and the rest. Compared by identity, so that sets of paths are cheap."""

    key: str
    rest: "_Path | None"

    def matches(self, key: str) -> bool:
        return matches(self.key, key)


# The positions in all paths of a filter; None is the end of one. A set, because a path with several `**` reaches
# the same position in many ways.
_Paths = frozenset[_Path | None]


@dataclass(frozen=True, slots=True)
class _Filter:
    inclusive: bool
    paths: _Paths

    def walk(self, value: Json, paths: _Paths) -> Json:
        """The kept part of a value at the positions `paths`, of which none is the end of a path."""
        if isinstance(value, dict):
            kept = {key: part for key, item in value.items() if (part := self._item(item, paths, key)) is not _NOTHING}
            return kept or _NOTHING
        if isinstance(value, list):
            return [part for item in value if (part := self.walk(item, paths)) is not _NOTHING] or _NOTHING
        return _NOTHING if self.inclusive else value

    def _item(self, item: Json, paths: _Paths, key: str) -> Json:
        after = _after(paths, key)
        if after and None not in after:
            return self.walk(item, after)
        return item if self.inclusive == (None in after) else _NOTHING


@lru_cache(maxsize=128)
def _compiled(expression: str) -> tuple[_Filter, ...]:
    """The filters to apply in order."""
    entries = [entry for part in expression.split(",") if (entry := part.strip())]
    includes = [entry for entry in entries if not entry.startswith("-")]
    excludes = [path for entry in entries if entry.startswith("-") and (path := entry[1:].strip())]
    if len(includes) < len(entries) and not excludes:
        raise ValueError("filters cannot be null or empty")
    filters = (_Filter(True, _parsed(includes)), _Filter(False, _parsed(excludes)))
    return tuple(filter for filter in filters if filter.paths)


def _parsed(paths: list[str]) -> _Paths:
    return frozenset(_path(path) for path in paths)


def _path(text: str) -> _Path | None:
    path = None
    for part in reversed(re.split(r"(?<!\\)\.", text)):
        path = _Path(re.sub(r"\\.", ".", part), path)  # OpenSearch unescapes so: `\x` is a dot, too
    return path


def _after(paths: _Paths, key: str) -> _Paths:
    """The positions after `key`."""
    after: set[_Path | None] = set()
    for path in paths:
        if path is not None and path.matches(key):
            after.add(path.rest)
            if path.key == "**":
                after.add(path)
    return frozenset(after)
