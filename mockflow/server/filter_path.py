"""OpenSearch's ``filter_path``: which parts of an answer a client wants (consumers.md, section 4.7).

Comma-separated paths; one that begins with ``-`` excludes. ``*`` stands for any part of one key, ``**`` for any
number of levels; arrays are looked through; what a filter leaves empty goes.
"""

import re
from functools import lru_cache
from typing import Any, Final

Json = Any
_Segments = tuple[str, ...]
_State = frozenset[tuple[int, int]]
"""Where each path of a filter stands: ``(path, segment)``. Sets keep many ``**`` from multiplying."""

_NOTHING: Final = object()


def filter_paths(value: Json, expression: str) -> Json:
    """What `expression` leaves of `value`; ValueError for an exclusion of nothing."""
    includes, excludes = _compiled(expression)
    if includes:
        value = _included(value, includes, includes.start)
    if excludes and value is not _NOTHING:
        value = _excluded(value, excludes, excludes.start)
    return {} if value is _NOTHING else value


class _Filter:
    """Some paths, walked all at once."""

    def __init__(self, paths: list[str]) -> None:
        self.paths: list[_Segments] = [_split(path) for path in paths]
        self.start: _State = self._closure({(number, 0) for number in range(len(self.paths))})

    def step(self, state: _State, key: str) -> _State:
        """Where the paths stand after `key`."""
        after: set[tuple[int, int]] = set()
        for path, at in state:
            if at < len(self.paths[path]):
                segment = self.paths[path][at]
                if segment == "**":
                    after.add((path, at))
                elif _matches(segment, key):
                    after.add((path, at + 1))
        return self._closure(after)

    def ended(self, state: _State) -> bool:
        """Whether a path takes all that is here."""
        return any(at == len(self.paths[path]) for path, at in state)

    def _closure(self, state: set[tuple[int, int]]) -> _State:
        """``**`` stands for no level, too; at the end of a path it takes everything."""
        open_ends = list(state)
        while open_ends:
            path, at = open_ends.pop()
            if at < len(self.paths[path]) and self.paths[path][at] == "**" and (path, at + 1) not in state:
                state.add((path, at + 1))
                open_ends.append((path, at + 1))
        return frozenset(state)


@lru_cache(maxsize=128)
def _compiled(expression: str) -> tuple[_Filter | None, _Filter | None]:
    parts = [part.strip() for part in expression.split(",") if part.strip()]
    excludes = [part[1:].strip() for part in parts if part.startswith("-")]
    if "" in excludes:
        raise ValueError("filters cannot be null or empty")
    includes = [part for part in parts if not part.startswith("-")]
    return _Filter(includes) if includes else None, _Filter(excludes) if excludes else None


def _included(value: Json, filter: _Filter, state: _State) -> Json:
    if filter.ended(state):
        return value
    if isinstance(value, dict):
        kept = {
            key: part
            for key, item in value.items()
            if (after := filter.step(state, key))
            and (part := _included(item, filter, after)) is not _NOTHING
        }
        return kept or _NOTHING
    if isinstance(value, list):
        items = [part for item in value if (part := _included(item, filter, state)) is not _NOTHING]
        return items or _NOTHING
    return _NOTHING


def _excluded(value: Json, filter: _Filter, state: _State) -> Json:
    if filter.ended(state):
        return _NOTHING
    if isinstance(value, dict) and value:
        kept = {
            key: part
            for key, item in value.items()
            if (part := _excluded(item, filter, filter.step(state, key))) is not _NOTHING
        }
        return kept or _NOTHING
    if isinstance(value, list) and value:
        items = [part for item in value if (part := _excluded(item, filter, state)) is not _NOTHING]
        return items or _NOTHING
    return value


def _split(path: str) -> _Segments:
    """The segments of a path; ``\\.`` is a dot within one."""
    return tuple(part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", path))


@lru_cache(maxsize=1024)
def _pattern(segment: str) -> re.Pattern[str]:
    literal = (re.escape(part) for part in re.sub(r"\*+", "*", segment).split("*"))
    return re.compile(".*".join(literal), re.DOTALL)


def _matches(segment: str, key: str) -> bool:
    return segment in ("*", key) or ("*" in segment and _pattern(segment).fullmatch(key) is not None)
