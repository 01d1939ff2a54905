"""OpenSearch's routing: literal segments before wildcards, and a known path tells its methods.

Rules: consumers.md, section 4.4.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Handler = TypeVar("Handler")


@dataclass(frozen=True)
class Route(Generic[Handler]):
    """A method and a path such as ``/_plugins/x/{id}``; `operation` is its name in the API specification."""

    method: str
    path: str
    operation: str
    handler: Handler


@dataclass
class _Node(Generic[Handler]):
    literal: dict[str, "_Node[Handler]"] = field(default_factory=dict)
    wildcard: "_Node[Handler] | None" = None
    routes: dict[str, Route[Handler]] = field(default_factory=dict)


@dataclass(frozen=True)
class Found(Generic[Handler]):
    """A route, and the raw (still encoded) values of its wildcards by name."""

    route: Route[Handler]
    values: Mapping[str, str]


class Router(Generic[Handler]):
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route[Handler]]) -> None:
        self._root: _Node[Handler] = _Node()
        for route in routes:
            node = self._root
            for segment in _segments(route.path):
                if segment.startswith("{"):
                    node.wildcard = node = node.wildcard or _Node()
                else:
                    node = node.literal.setdefault(segment, _Node())
            node.routes[route.method] = route

    def find(self, method: str, path: str) -> Found[Handler] | set[str]:
        """The route for a raw path; else the methods that the path knows (none: nobody serves it)."""
        segments = _segments(path)
        known: set[str] = set()
        for node in _matching(self._root, segments, 0):
            if route := node.routes.get(method):
                return Found(route, _values(route.path, segments))
            known.update(node.routes)
        return known


def _segments(path: str) -> list[str]:
    """``/a/b/`` -> ``[a, b]``: one slash before and any after do not count."""
    return path.removeprefix("/").rstrip("/").split("/") if path.strip("/") else []


def _matching(node: _Node[Handler], segments: list[str], depth: int) -> Iterator[_Node[Handler]]:
    """The nodes that serve the path, the most literal first."""
    if depth == len(segments):
        if node.routes:
            yield node
        return
    if literal := node.literal.get(segments[depth]):
        yield from _matching(literal, segments, depth + 1)
    if node.wildcard:
        yield from _matching(node.wildcard, segments, depth + 1)


def _values(path: str, segments: list[str]) -> dict[str, str]:
    return {
        name[1:-1]: segment for name, segment in zip(_segments(path), segments, strict=True) if name.startswith("{")
    }
