"""The `_source` of hits: which parts of a document they show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.search.errors import illegal_argument, parsing
from mockflow.core.opensearch.search.json_values import token

_KEYS: Final = {"includes": "includes", "include": "includes", "excludes": "excludes", "exclude": "excludes"}
_CREDENTIAL: Final = "workflows.provision.nodes.user_inputs.credential"


@dataclass(frozen=True)
class SourceFilter:
    """Included and excluded paths. `*` matches dots too, and a path includes everything below it.

    Without includes everything is included.
    """

    fetch: bool = True
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    def part_of(self) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
        """The function from a document to its included part."""
        if not self.includes and not self.excludes:
            return lambda source: source

        @cache
        def choice(path: str) -> bool | None:
            return None if _covers(self.excludes, path) else _covers(self.includes or ("*",), path)

        return lambda source: _object(source, "", choice)


_Choice = Callable[[str], bool | None]
"""Whether the value at a path is included; None if it is excluded."""


def parse_source(value: Any) -> SourceFilter:
    """The request's `_source`: true, false, a path, paths, or `{includes, excludes}`."""
    if isinstance(value, bool):
        return SourceFilter(fetch=value)
    if isinstance(value, str | list):
        return SourceFilter(includes=_paths(value, "includes"))
    if not isinstance(value, Mapping):
        raise parsing(
            "Expected one of [VALUE_BOOLEAN, VALUE_STRING, START_ARRAY, START_OBJECT] but found " + f"[{token(value)}]"
        )
    paths: dict[str, tuple[str, ...]] = {"includes": (), "excludes": ()}
    for key, given in value.items():
        if key not in _KEYS or not isinstance(given, str | list):
            raise parsing(f"Unknown key for a {token(given)} in [{key}].").at(value, key)
        paths[_KEYS[key]] = _paths(given, _KEYS[key])
    return SourceFilter(includes=paths["includes"], excludes=paths["excludes"])


def refuse_same_entry(requested: SourceFilter) -> None:
    """Refuses a path that is included and excluded (FetchSourceContext since 3.7, OpenSearch pull request 21203)."""
    both = next((path for path in requested.includes if path in requested.excludes), None)
    if both is not None:
        raise illegal_argument(f"The same entry [{both}] cannot be both included and excluded in _source.")


def plugin_source(requested: SourceFilter | None, *, for_admin: bool = False) -> SourceFilter:
    """The source filter of flow-framework's two searches.

    Credentials are never shown, and users only to admins. `_source: false` has no effect. A request with any `_source`
    gets no ui_metadata (RestHandlerUtils.getSourceContext, since 2.14).
    """
    user = () if for_admin else ("user",)
    if requested is None:
        return SourceFilter(excludes=(*user, _CREDENTIAL))
    return SourceFilter(includes=requested.includes, excludes=(*requested.excludes, *user, "ui_metadata", _CREDENTIAL))


def _paths(value: str | list[Any], key: str) -> tuple[str, ...]:
    paths = [value] if isinstance(value, str) else value
    for path in paths:
        if not isinstance(path, str):
            raise parsing(f"Unknown key for a {token(path)} in [{key}].")
    return tuple(paths)


def _covers(patterns: Iterable[str], path: str) -> bool:
    return any(matches(pattern, path) or matches(f"{pattern}.*", path) for pattern in patterns)


def _object(source: Mapping[str, Any], above: str, choice: _Choice) -> dict[str, Any]:
    """The part of an object. OpenSearch filters a map in memory, so its keys come in the order of a `HashMap`."""
    kept = {}
    for key, value in hash_map(source).items():
        path = above + key
        requested = choice(path)
        if requested is None:
            continue
        if isinstance(value, dict):
            value = _object(value, path + ".", choice)
        elif isinstance(value, list):
            value = _array(value, path, choice)
        elif not requested:
            continue
        if requested or value:
            kept[key] = value
    return hash_map(kept)


def _array(values: list[Any], path: str, choice: _Choice) -> list[Any]:
    """The array without the objects and arrays that become empty, as OpenSearch's filter does."""
    kept = []
    for value in values:
        if isinstance(value, dict):
            value = _object(value, path + ".", choice)
        elif isinstance(value, list):
            value = _array(value, path, choice)
        elif choice(path):
            kept.append(value)
            continue
        if value and isinstance(value, dict | list):
            kept.append(value)
    return kept
