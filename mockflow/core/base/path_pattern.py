"""Patterns for a request's method and path: ``GET /_plugins/_ml/models/{model_id}``, ``/_cat/*``, ``/_plugins/**``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from mockflow.core.base.wildcards import matches

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")

_PATTERN = re.compile(r"(?:(?P<method>[A-Z]+) )?(?P<path>/\S*)")
_PART = re.compile(r"\{(\w+)\}|(\*)")
_MAX_PARTS: Final = 2  # names and * in a segment; each further one makes a mismatch about a thousand times slower


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
            if isinstance(segment, str):
                if not matches(segment, text):
                    return None
            elif found := segment.fullmatch(text):
                values |= found.groupdict()
            else:
                return None
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
def segments_of(path: str) -> tuple[tuple[str | re.Pattern[str], ...], bool]:
    """The pattern of each segment, and whether further segments may follow.

    A segment is a wildcard text, or a regular expression if it has names. One expression for the whole path could
    backtrack without end.
    """
    plain = _plain(path)
    takes_rest = plain.endswith("/**")
    segments = plain.removesuffix("/**").split("/")
    return tuple(_regex(one) if "{" in one and _names(one) else one for one in segments), takes_rest


def _regex(segment: str) -> re.Pattern[str]:
    pieces, end = [], 0
    for part in _PART.finditer(segment):
        pieces += [re.escape(segment[end : part.start()]), f"(?P<{part[1]}>.+)" if part[1] else ".*"]
        end = part.end()
    return re.compile("".join(pieces) + re.escape(segment[end:]), re.DOTALL)


def _names(text: str) -> list[str]:
    return [part[1] for part in _PART.finditer(text) if part[1]]


def split_path(path: str) -> list[str]:
    """The segments of a raw path; the first one is empty."""
    return _plain(path).split("/")


def _plain(path: str) -> str:
    """The path as OpenSearch routes it: leading and trailing slashes make no difference."""
    return f"/{path.removeprefix('/')}".rstrip("/") or "/"
