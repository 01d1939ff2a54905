"""Query parameters by OpenSearch's rules (consumers.md, section 4.5)."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from mockflow.server.errors import Refusal, bad_parameter, illegal_argument

# Accepted by every route, whatever its own parameters are.
COMMON: Final = frozenset({"pretty", "human", "error_trace", "format", "filter_path"})

_TIME_UNITS_MS: Final = {
    "nanos": 1e-6,
    "micros": 1e-3,
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
}
_BAD_ESCAPE: Final = re.compile(r"%(?!%|[0-9a-fA-F]{2})")


class Parameters:
    """The parameters of one request; remembers which ones the handler has asked for."""

    __slots__ = ("_consumed", "_values")

    def __init__(self, values: Mapping[str, str], path_values: Mapping[str, str]) -> None:
        self._values = values
        self._consumed = list(path_values)

    def text(self, name: str) -> str | None:
        """The value as it came; None where it was not sent."""
        self._consumed.append(name)
        return self._values.get(name)

    def boolean(self, name: str, default: bool = False) -> bool:
        """True or false; sent without a value it means true, blank means the default."""
        value = self.text(name)
        if value in ("", "true"):
            return True
        if value == "false":
            return False
        if value is None or not value.strip():
            return default
        raise illegal_argument(f"Failed to parse value [{value}] as only [true] or [false] are allowed.")

    def time(self, name: str, default: int | None = None) -> int | None:
        """A time value in milliseconds; -1 means without end."""
        value = self.text(name)
        return default if value is None else _time_value(name, value)

    def unknown(self) -> list[str]:
        """What was sent and nobody asked for, sorted."""
        known = self._consumed
        return sorted([name for name in self._values if name not in known and name not in COMMON])

    def refuse_unknown(self, path: str) -> None:
        """Raises OpenSearch's 400 for parameters that the handler does not know."""
        if self._values and (unknown := self.unknown()):
            raise illegal_argument(_unrecognized(path, unknown, COMMON | set(self._consumed)))


def parse_target(target: str) -> tuple[str, dict[str, str]]:
    """The raw path and the decoded parameters; of a repeated one the last wins."""
    path, _, query = target.partition("?")
    values: dict[str, str] = {}
    if not query:
        return path, values
    for part in query.partition("#")[0].replace(";", "&").split("&"):
        name, equals, value = part.partition("=")
        if name or equals:
            try:
                values[decode(name)] = decode(value)
            except ValueError as error:
                raise bad_parameter(str(error)) from None
    values.pop("", None)
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


def _escape_message(text: str, index: int) -> str:
    rest = text[index + 1 :]
    if not rest:
        return f"unterminated escape sequence at end of string: {text}"
    if len(rest) == 1:
        return f"partial escape sequence at end of string: {text}"
    return f"invalid escape sequence `%{rest[:2]}' at index {index} of: {text}"


def _time_value(name: str, value: str) -> int:
    folded = value.strip().lower()
    unit = next((unit for unit in _TIME_UNITS_MS if folded.endswith(unit)), None)
    number = folded.removesuffix(unit or "").strip()
    if unit is None:
        if re.fullmatch(r"-0*1|0+", folded):
            return -1 if folded.startswith("-") else 0
        raise illegal_argument(
            f"failed to parse setting [{name}] with value [{value}] as a time value: unit is missing or unrecognized"
        )
    if not re.fullmatch(r"[-+]?\d{1,18}", number):
        raise _not_a_number(value, number)
    if int(number) < -1:
        raise illegal_argument(
            f"failed to parse setting [{name}] with value [{value}] as a time value: "
            "negative durations are not supported"
        )
    return -1 if int(number) == -1 else int(int(number) * _TIME_UNITS_MS[unit])


def _not_a_number(value: str, number: str) -> Refusal:
    cause = {"type": "number_format_exception", "reason": f'For input string: "{number}"'}
    try:
        float(number)
    except ValueError:
        return illegal_argument(f"failed to parse [{value}]", cause)
    return illegal_argument(f"failed to parse [{value}], fractional time values are not supported", cause)


def _unrecognized(path: str, unknown: Iterable[str], known: Iterable[str]) -> str:
    parts = [f"[{name}]{_suggestion(name, known)}" for name in unknown]
    plural = "s" if len(parts) > 1 else ""
    return f"request [{path}] contains unrecognized parameter{plural}: {', '.join(parts)}"


def _suggestion(name: str, known: Iterable[str]) -> str:
    scored = [(-_similarity(name, candidate), candidate) for candidate in set(known)]
    near = [candidate for score, candidate in sorted(scored) if score < -0.5]
    if not near:
        return ""
    return f" -> did you mean [{near[0]}]?" if len(near) == 1 else f" -> did you mean any of [{', '.join(near)}]?"


def _similarity(one: str, other: str) -> float:
    """1 less the Levenshtein distance in parts of the longer word: OpenSearch's measure for near misses."""
    longer = max(len(one), len(other))
    if longer > 100:  # nothing of that length is a misspelling, and the table below is quadratic
        return 0.0
    row = list(range(len(other) + 1))
    for number, mine in enumerate(one, 1):
        above, row = row, [number]
        for place, theirs in enumerate(other, 1):
            row.append(min(row[-1] + 1, above[place] + 1, above[place - 1] + (mine != theirs)))
    return 1 - row[-1] / longer
