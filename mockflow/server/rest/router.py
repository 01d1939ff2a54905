"""OpenSearch's routing: literal segments win over wildcards; a path without the method lists its methods.

Source: docs/reference/opensearch.md, "Routing".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar

Handler = TypeVar("Handler")


@dataclass(frozen=True)
class Route(Generic[Handler]):
    """A method and a path such as ``/_plugins/x/{id}``; `operation` is its name in the API specification."""

    method: str
    path: str
    operation: str
    handler: Handler
    repeats: bool = False
    """Whether the action depends on the request line alone, if there is no body; it is cached then."""


@dataclass(slots=True)
class Found(Generic[Handler]):
    """A route, and the raw (still encoded) values of its wildcards by name."""

    route: Route[Handler]
    values: Mapping[str, str]


class Router(Generic[Handler]):
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route[Handler]]) -> None:
        self._shapes: dict[int, list[_Shape[Handler]]] = {}  # by number of segments, the most literal first
        self.operations: set[str] = set()
        """The names of the operations of all routes."""
        for route in routes:
            self.operations.add(route.operation)
            segments = _segments(route.path)
            shapes = self._shapes.setdefault(len(segments), [])
            wild = tuple(segment.startswith("{") for segment in segments)
            shape = next((shape for shape in shapes if shape.wild == wild), None)
            if shape is None:
                shape = _Shape(wild)
                shapes.append(shape)
                shapes.sort(key=lambda shape: shape.wild)
            shape.add(route, segments)

    def find(self, method: str, path: str) -> Found[Handler] | set[str]:
        """The route for a raw path, else the methods that the path has (none: there is no such path)."""
        segments = _segments(path)
        known: set[str] = set()
        for shape in self._shapes.get(len(segments), ()):
            if methods := shape.methods.get(shape.literals(segments)):
                if found := methods.get(method):
                    route, wildcards = found
                    return Found(route, {name: segments[place] for name, place in wildcards})
                known.update(methods)
        return known


_Wildcards = tuple[tuple[str, int], ...]
"""The names of wildcards, and the index of their segment."""


class _Shape(Generic[Handler]):
    """All routes whose wildcards are at the same places; their literal segments are the key."""

    def __init__(self, wild: tuple[bool, ...]) -> None:
        self.wild: Final = wild
        self.literals: Final[Callable[[list[str]], Any]] = itemgetter(*(n for n, w in enumerate(wild) if not w))
        self.methods: Final[dict[Any, dict[str, tuple[Route[Handler], _Wildcards]]]] = {}

    def add(self, route: Route[Handler], segments: list[str]) -> None:
        wildcards = tuple((name[1:-1], place) for place, name in enumerate(segments) if self.wild[place])
        self.methods.setdefault(self.literals(segments), {})[route.method] = (route, wildcards)


def _segments(path: str) -> list[str]:
    """``/a/b/`` -> ``["", a, b]``: a leading slash and trailing slashes are not significant."""
    return f"/{path.removeprefix('/')}".rstrip("/").split("/")
