"""Query parameters by OpenSearch's rules (docs/reference/opensearch.md, "Parameters")."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from mockflow.core.base.suggest import near_misses
from mockflow.core.opensearch import values
from mockflow.server.rest.errors import bad_parameter, bad_value, illegal_argument

# Accepted by every route.
COMMON: Final = frozenset({"pretty", "human", "error_trace", "format", "filter_path"})

_BAD_ESCAPE: Final = re.compile(r"%(?!%|[0-9a-fA-F]{2})")


class Parameters:
    """The parameters of one request; records which of them the handler has read."""

    __slots__ = ("_consumed", "_values")

    def __init__(self, values: Mapping[str, str], path_values: Mapping[str, str]) -> None:
        self._values = values
        self._consumed = {*path_values}

    def has(self, name: str) -> bool:
        """Whether the parameter was sent. It does not count as read, so no suggestion names it."""
        return name in self._values

    def text(self, name: str) -> str | None:
        """The value as it was sent; None if it was not."""
        self._consumed.add(name)
        return self._values.get(name)

    def boolean(self, name: str, default: bool = False) -> bool:
        """True or false; without a value it is true, a blank value is the default. 400 for any other text."""
        value = self.text(name)
        if value is None or (value and not value.strip()):
            return default
        if value == "":
            return True
        try:
            return values.boolean(value)
        except values.BadValueError as error:
            raise bad_value(error) from None

    def is_set(self, name: str) -> bool:
        """Whether the parameter is true; False where it is no boolean."""
        value = self._values.get(name)
        return value is not None and value.strip() in ("", "true")

    def time(self, name: str, default: int | None = None, *, shown_as: str | None = None) -> int | None:
        """A time value in milliseconds; -1 means no limit. 400 for a value that is no time.

        `shown_as` is the name of the parameter in the error, where OpenSearch has another one there.
        """
        value = self.text(name)
        try:
            return default if value is None else values.time_value(shown_as or name, value)
        except values.BadValueError as error:
            raise bad_value(error) from None

    def leave_unread(self, name: str) -> None:
        """Treats the path value `name` as an unknown parameter, because the handler does not read it."""
        self._values = {**self._values, name: ""}
        self._consumed.remove(name)

    def rest(self) -> dict[str, str]:
        """The parameters that were not read so far; they count as read from now on."""
        names = self.unknown()
        self._consumed.update(names)
        return {name: self._values[name] for name in names}

    def unknown(self) -> list[str]:
        """The names of the parameters that were not read, sorted."""
        return sorted(self._values.keys() - self._consumed - COMMON)

    def refuse_unknown(self, path: str) -> None:
        """Raises OpenSearch's 400 for parameters that the handler has not read."""
        if self._values.keys() <= self._consumed:
            return
        if unknown := self.unknown():
            raise illegal_argument(unrecognized(readable(path), unknown, COMMON | self._consumed))


def parse_target(target: str) -> tuple[str, dict[str, str]]:
    """The raw path and the decoded parameters; the last of repeated ones wins. 400 for a broken escape."""
    path, _, query = target.partition("?")
    values: dict[str, str] = {}
    if not query:
        return path, values
    for part in query.partition("#")[0].replace(";", "&").split("&"):
        name, _, value = part.lstrip("=").partition("=")  # `=x` is the name x
        if name:
            try:
                values[decode(name)] = decode(value)
            except ValueError as error:
                raise bad_parameter(str(error)) from None
    return path, values


def decode(text: str, *, plus_as_space: bool = True) -> str:
    """Percent-decoding as OpenSearch does it; ValueError with its message for a broken escape."""
    if plus_as_space and "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    if broken := _BAD_ESCAPE.search(text.replace("%%", "  ")):
        raise ValueError(_escape_message(text, broken.start()))
    raw = re.sub(
        rb"%(%|[0-9a-fA-F]{2})",
        lambda found: b"%" if found[1] == b"%" else bytes([int(found[1], 16)]),
        text.encode("utf-8", "surrogateescape"),
    )
    return raw.decode("utf-8", "replace")


def readable(path: str) -> str:
    """The decoded path for a message; the raw path if its escapes are broken."""
    try:
        return decode(path, plus_as_space=False)
    except ValueError:
        return path


def _escape_message(text: str, index: int) -> str:
    rest = text[index + 1 :]
    if not rest:
        return f"unterminated escape sequence at end of string: {text}"
    if len(rest) == 1:
        return f"partial escape sequence at end of string: {text}"
    return f"invalid escape sequence `%{rest[:2]}' at index {index} of: {text}"


def unrecognized(path: str, unknown: Iterable[str], known: Iterable[str], what: str = "parameter") -> str:
    """OpenSearch's text for unknown parameters, or other parts of a request, with those that are alike."""
    names = list(unknown)
    parts = [f"[{name}]{_suggestion(name, known)}" for name in names[:_SUGGESTED]]
    parts += [f"[{name}]" for name in names[_SUGGESTED:]]
    plural = "s" if len(parts) > 1 else ""
    return f"request [{path}] contains unrecognized {what}{plural}: {', '.join(parts)}"


_SUGGESTED: Final = 30  # names for which there are suggestions; comparing words takes long


def _suggestion(name: str, known: Iterable[str]) -> str:
    near = near_misses(name, known)
    if not near:
        return ""
    return f" -> did you mean [{near[0]}]?" if len(near) == 1 else f" -> did you mean any of [{', '.join(near)}]?"
