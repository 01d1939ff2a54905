"""OpenSearch's routing: literal segments win over wildcards, whatever the method; 405 lists a path's methods.

Source: docs/reference/opensearch.md, "Routing".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeVar

from mockflow.core.opensearch.rest_paths import RestPath
from mockflow.server.rest.parameters import decode

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


@dataclass(frozen=True, slots=True)
class Missing:
    """No route: the methods that the path has (none: there is no such path)."""

    methods: frozenset[str]
    is_unreadable: bool = False
    """Whether a segment in the place of a wildcard has a broken escape."""
    not_served: RestPath | None = None
    """The route that OpenSearch has and mockflow does not serve."""


class Router(Generic[Handler]):
    """Finds the route of a request, as OpenSearch's PathTrie does."""

    def __init__(self, routes: Iterable[Route[Handler]]) -> None:
        self._root: Final[_Node[Handler]] = _Node()
        self.routes = tuple(routes)
        for route in self.routes:
            self.add(route)

    def add(self, route: Route[Handler]) -> bool:
        """Adds a route. False: the path has a route for this method, which stays."""
        segments = _segments(route.path)
        node = self._root
        for segment in segments:
            node = node.made(segment)
        wildcards = tuple((segment[1:-1], place) for place, segment in enumerate(segments) if segment.startswith("{"))
        return node.methods.setdefault(route.method, (route, wildcards))[0] is route

    def find(self, method: str, path: str) -> Found[Handler] | Missing:
        """The route for a raw path, else why there is none."""
        segments = _segments(path)
        is_unreadable = False
        try:
            for mode in _Mode:
                node = self._root.find(segments, 0, mode, refuse=_refuse_unreadable)
                if node is not None and (found := node.methods.get(method)):
                    route, wildcards = found
                    return Found(route, {name: segments[place] for name, place in wildcards})
        except ValueError:
            is_unreadable = True
        methods = self.methods(path)
        # OpenSearch looks at the methods first, so a wrong one does not reach the escape.
        is_reached = method in methods or not (methods or method == "OPTIONS")
        return Missing(methods, is_unreadable and is_reached)

    def methods(self, path: str) -> frozenset[str]:
        """The methods of a raw path."""
        nodes = (self._root.find(_segments(path), 0, mode) for mode in _Mode)
        return frozenset(known for node in nodes if node for known in node.methods)


_Wildcards = tuple[tuple[str, int], ...]
"""The names of wildcards, and the index of their segment."""


class _Mode(Enum):
    """Which segments may take the place of a wildcard, in the order in which OpenSearch tries them."""

    NONE = 0
    FIRST = 1
    LAST = 2
    ANY = 3


class _Node(Generic[Handler]):
    """All paths with the same first segments; wildcards are equal, whatever their name."""

    __slots__ = ("literal", "methods", "wild")

    def __init__(self) -> None:
        self.literal: dict[str, _Node[Handler]] = {}
        self.wild: _Node[Handler] | None = None
        self.methods: dict[str, tuple[Route[Handler], _Wildcards]] = {}

    def made(self, segment: str) -> "_Node[Handler]":
        """The node of one segment more of a route's path."""
        if not segment.startswith("{"):
            return self.literal.setdefault(segment, _Node())
        if self.wild is None:
            self.wild = _Node()
        return self.wild

    def find(
        self, segments: list[str], place: int, mode: _Mode, refuse: Callable[[str], object] = lambda _: None
    ) -> "_Node[Handler] | None":
        """The node with methods for the segments from `place` on. A literal segment wins, unless nothing comes of it.

        `refuse` is called with each segment that takes the place of a wildcard.
        """
        if place == len(segments):
            return self if self.methods else None
        segment, is_last = segments[place], place == len(segments) - 1
        is_first = mode is _Mode.FIRST and place == _FIRST_PLACE
        admits_wild = is_first or mode is _Mode.ANY or (mode is _Mode.LAST and is_last)
        node = self.literal.get(segment)
        if node is None:
            goes_on = admits_wild
        elif not node.methods and self.wild and admits_wild and (is_last or is_first):
            goes_on = True
        else:
            found = node.find(segments, place + 1, mode, refuse)
            if found is not None:
                return found
            goes_on = not is_last and mode is not _Mode.NONE
        if not goes_on or self.wild is None:
            return None
        refuse(segment)
        return self.wild.find(segments, place + 1, mode, refuse)


_FIRST_PLACE: Final = 1  # before it is the empty text before the first slash


def _refuse_unreadable(segment: str) -> None:
    """ValueError for a broken escape."""
    decode(segment, plus_as_space=False)


def _segments(path: str) -> list[str]:
    """``/a/b/`` -> ``["", a, b]``: a leading slash and trailing slashes are not significant."""
    return f"/{path.removeprefix('/')}".rstrip("/").split("/")
