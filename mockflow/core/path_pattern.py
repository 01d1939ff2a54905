"""Patterns for a request's method and path: ``GET /_plugins/_ml/models/{model_id}``, ``/_cat/*``, ``/_plugins/**``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")

_PATTERN = re.compile(r"(?:(?P<method>[A-Z]+) )?(?P<path>/\S*)")
_PART = re.compile(r"\{(\w+)\}|(\*)")


@dataclass(frozen=True)
class PathPattern:
    """`method` None means any. In the path ``{name}`` stands for a segment, ``*`` for text within one, and ``/**`` at
    its end for all that follows.
    """

    method: str | None
    path: str

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """The decoded values of its names where a raw path fits; None where it, or the method, does not."""
        if self.method not in (None, method):
            return None
        return self.values(path)

    def values(self, path: str) -> Mapping[str, str] | None:
        """As `match`, whatever the method."""
        found = _regex(self.path).fullmatch(_plain(path))
        return None if found is None else {name: unquote(value) for name, value in found.groupdict().items()}

    def __str__(self) -> str:
        return f"{self.method} {self.path}" if self.method else self.path


@lru_cache(maxsize=4096)
def parse_pattern(text: str) -> PathPattern:
    """Raises ValueError for what is no pattern."""
    found = _PATTERN.fullmatch(text)
    if not found:
        raise ValueError('a method and a path, such as "GET /_plugins/_ml/models/{model_id}", or a path alone')
    if found["method"] not in (None, *METHODS):
        raise ValueError(f"there is no method {found['method']}; one of {', '.join(METHODS)}")
    names = [part[1] for part in _PART.finditer(found["path"]) if part[1]]
    if len(set(names)) < len(names):
        raise ValueError("two parts of the path have the same name; give each its own")
    if wrong := next((name for name in names if not name.isidentifier()), None):
        raise ValueError(f"{{{wrong}}} is no name; it begins with a letter")
    return PathPattern(found["method"], found["path"])


@lru_cache(maxsize=4096)
def _regex(path: str) -> re.Pattern[str]:
    plain = _plain(path)
    plain, rest = (plain[:-3], r"(?:/.*)?") if plain.endswith("/**") else (plain, "")
    pieces, end = [], 0
    for part in _PART.finditer(plain):
        pieces += [re.escape(plain[end : part.start()]), f"(?P<{part[1]}>[^/]+)" if part[1] else "[^/]*"]
        end = part.end()
    return re.compile("".join(pieces) + re.escape(plain[end:]) + rest, re.DOTALL)


def _plain(path: str) -> str:
    """As the cluster's own routing sees it: slashes at the end do not count, nor whether one stands before."""
    return f"/{path.removeprefix('/')}".rstrip("/") or "/"
