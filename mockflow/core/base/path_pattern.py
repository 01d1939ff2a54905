"""Patterns for a request's method and path: ``GET /_plugins/_ml/models/{model_id}``, ``/_cat/*``, ``/_plugins/**``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from mockflow.core.base.wildcards import matches_parts

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")

_PATTERN = re.compile(r"(?:(?P<method>[A-Z]+) )?(?P<path>/\S*)")
_PART = re.compile(r"\{(\w+)\}|(\*)")
_MAX_PARTS: Final = 2  # names and * in a segment


@dataclass(frozen=True)
class PathPattern:
    """A pattern for requests. `method` None means any.

    In the path ``{name}`` stands for a segment, ``*`` for text within a segment, and a final ``/**`` for all further
    segments.
    """

    method: str | None
    path: str

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """The decoded values of the names in a raw path; None if the path or the method does not match."""
        if self.method not in (None, method):
            return None
        return self.values(path)

    def values(self, path: str) -> Mapping[str, str] | None:
        """As `match`, for any method."""
        segments, takes_rest = segments_of(self.path)
        given = split_path(path)
        if len(given) < len(segments) or (len(given) > len(segments) and not takes_rest):
            return None
        values: dict[str, str] = {}
        for segment, text in zip(segments, given, strict=False):
            if isinstance(segment, tuple):
                if not matches_parts(segment, text):
                    return None
            else:
                found = segment.match(text)
                if found is None:
                    return None
                values |= found
        return {name: unquote(value) for name, value in values.items()}

    def __str__(self) -> str:
        return f"{self.method} {self.path}" if self.method else self.path


@lru_cache(maxsize=16_384)
def parse_pattern(text: str) -> PathPattern:
    """The pattern in `text`. Raises ValueError if it is invalid."""
    found = _PATTERN.fullmatch(text)
    if not found:
        raise ValueError('a method and a path, such as "GET /_plugins/_ml/models/{model_id}", or a path alone')
    if found["method"] not in (None, *METHODS):
        raise ValueError(f"there is no method {found['method']}; one of {', '.join(METHODS)}")
    names = _names(found["path"])
    if len(set(names)) < len(names):
        raise ValueError("two parts of the path have the same name; give each its own")
    if wrong := next((name for name in names if not name.isidentifier()), None):
        raise ValueError(f"{{{wrong}}} is not a name; a name begins with a letter")
    for segment in found["path"].split("/"):
        if _names(segment) and len(_PART.findall(segment)) > _MAX_PARTS:
            raise ValueError(f"{segment} has more than {_MAX_PARTS} names and * between two slashes")
    return PathPattern(found["method"], found["path"])


@lru_cache(maxsize=16_384)
def segments_of(path: str) -> "tuple[tuple[tuple[str, ...] | _Segment, ...], bool]":
    """The pattern of each segment, and whether further segments may follow.

    A segment without names is a wildcard: its parts between the stars.
    """
    plain = _plain(path)
    takes_rest = plain.endswith("/**")
    segments = plain.removesuffix("/**").split("/")
    return tuple(_Segment(one) if "{" in one and _names(one) else tuple(one.split("*")) for one in segments), takes_rest


class _Segment:
    """A segment with one or two parts, which are names or ``*``. Of two the first takes as much as it can.

    It is no regular expression, whose time would grow with the square of the text's length.
    """

    def __init__(self, segment: str) -> None:
        parts = list(_PART.finditer(segment))
        ends = [0, *(part.end() for part in parts)]
        starts = [*(part.start() for part in parts), len(segment)]
        self._literals = [segment[end:start] for end, start in zip(ends, starts, strict=True)]
        self._names: list[str | None] = [part[1] for part in parts]

    def match(self, text: str) -> dict[str, str] | None:
        """The values of the names, of which each has one character or more; None if the text does not match."""
        before, *between, after = self._literals
        if len(text) < len(before) + len(after) or not (text.startswith(before) and text.endswith(after)):
            return None
        texts = [text[len(before) : len(text) - len(after)]]
        least = [int(name is not None) for name in self._names]
        if between:
            (inside,), (middle,) = texts, between
            place = inside.rfind(middle, least[0], len(inside) - least[1])
            if place < 0 or len(inside) < sum(least) + len(middle):
                return None
            texts = [inside[:place], inside[place + len(middle) :]]
        if any(len(one) < length for one, length in zip(texts, least, strict=True)):
            return None
        return {name: one for name, one in zip(self._names, texts, strict=True) if name is not None}


def _names(text: str) -> list[str]:
    return [part[1] for part in _PART.finditer(text) if part[1]]


def split_path(path: str) -> list[str]:
    """The segments of a raw path; the first one is empty."""
    return _plain(path).split("/")


def _plain(path: str) -> str:
    """The path as OpenSearch routes it: leading and trailing slashes make no difference."""
    return f"/{path.removeprefix('/')}".rstrip("/") or "/"
