"""A JSON value read token by token, as OpenSearch's `XContentParser` reads a body.

The plugin's parsers stop at the first thing that they cannot use. So what is wrong further on does not matter, and a
reader has to walk through a body in the same order to give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

START_OBJECT: Final = "START_OBJECT"
END_OBJECT: Final = "END_OBJECT"
START_ARRAY: Final = "START_ARRAY"
END_ARRAY: Final = "END_ARRAY"
FIELD_NAME: Final = "FIELD_NAME"
VALUE_STRING: Final = "VALUE_STRING"
VALUE_NUMBER: Final = "VALUE_NUMBER"
VALUE_BOOLEAN: Final = "VALUE_BOOLEAN"
VALUE_NULL: Final = "VALUE_NULL"

_NAMES: Final = {
    START_OBJECT: "an object",
    END_OBJECT: "the end of an object",
    START_ARRAY: "a list",
    END_ARRAY: "the end of a list",
    FIELD_NAME: "a field",
    VALUE_STRING: "text",
    VALUE_NUMBER: "a number",
    VALUE_BOOLEAN: "a boolean",
    VALUE_NULL: "null",
    None: "nothing",
}
_UNREADABLE: Final = "a place from which it cannot be read on"
_TEXTS: Final = frozenset({VALUE_STRING, VALUE_NUMBER, VALUE_BOOLEAN})


class ContentError(ValueError):
    """A body that is not of the expected kind, or no JSON at all. The message tells what it has, such as "null where
    text belongs".
    """


class NoTextError(ContentError):
    """A null, an object or an array where a text is read. Java throws IllegalStateException here."""


class Broken:
    """Stands in a value for the place where the text that it was read from could not be read on.

    It is the last entry of the container that it stands in; in an object it is the key as well, unless the key was
    still readable.
    """

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN: Final = Broken()
NOTHING: Final = object()
"""The value of a text that holds none."""


@dataclass(frozen=True)
class Written:
    """A number or boolean that was not written as Python writes it, with its text, such as ``0.50`` or ``0x1F``."""

    value: float | bool
    text: str


class Tokens:
    """Walks through a value. `next` moves on; the other members tell about the token it stands at."""

    def __init__(self, value: Any) -> None:
        self.kind: str | None = None
        """The kind of the token; None before the first one and after the last one."""
        self._value: Any = None
        self._open: list[_Container] = []
        self._rest: Iterator[Any] = iter(() if value is NOTHING else (value,))

    def next(self) -> str | None:
        """Moves to the next token and returns its kind. ContentError where the text was broken off."""
        if self._value is BROKEN:
            raise ContentError(_UNREADABLE)
        if not self._open:
            return self._at(next(self._rest, _END))
        container = self._open[-1]
        if container.pending is not _END:
            value, container.pending = container.pending, _END
            if value is BROKEN:  # a string, of which a parser knows no more before it reads its text
                self.kind, self._value = VALUE_STRING, value
                return self.kind
            return self._at(value)
        entry = next(container.entries, _END)
        if entry is _END:
            self._open.pop()
            self.kind = END_OBJECT if container.is_object else END_ARRAY
        elif container.is_object:
            name, container.pending = entry
            if name is BROKEN:
                raise ContentError(_UNREADABLE)
            self.kind, container.name = FIELD_NAME, name
        else:
            container.count += 1
            return self._at(entry)
        return self.kind

    @property
    def name(self) -> str | None:
        """The name of the field that the token is or belongs to; None within an array and outside of all."""
        above = self._open[:-1] if self.kind in (START_OBJECT, START_ARRAY) else self._open
        return above[-1].name if above else None

    @property
    def path(self) -> tuple[str | int, ...]:
        """The keys and list indexes that lead to the token."""
        begins = self.kind in (START_OBJECT, START_ARRAY)
        around = self._open[:-1] if begins else self._open
        return tuple(place for container in around if (place := container.place) is not None)

    def expect(self, kind: str) -> None:
        """Raises ContentError unless the token is of that kind."""
        if self.kind != kind:
            raise ContentError(f"{_NAMES[self.kind]} where {_NAMES[kind]} belongs")

    def text(self) -> str:
        """The token's text; of a number or boolean as it was written. Raises NoTextError for what has none."""
        if self.kind not in _TEXTS:
            raise NoTextError(f"{_NAMES[self.kind]} where text belongs")
        _refuse_broken(self._value)
        return text_of(self._value)

    def value(self) -> Any:
        """The token's value: a string, number, boolean or None; an object or array as a whole, walked through."""
        value = self._value
        _refuse_broken(value)
        if self.kind in (START_OBJECT, START_ARRAY):
            self._open.pop()
            self.kind = END_OBJECT if self.kind == START_OBJECT else END_ARRAY
        return value.value if isinstance(value, Written) else value

    def fields(self) -> Iterator[str]:
        """The names of the object that begins here, with the tokens at the value of each."""
        self.expect(START_OBJECT)
        while self.next() != END_OBJECT:
            name = self.name
            if name is None:
                raise ContentError(f"{_NAMES[self.kind]} where a field belongs")
            self.next()
            yield name

    def elements(self) -> Iterator[None]:
        """One for each element of the array that begins here, with the tokens at it."""
        self.expect(START_ARRAY)
        while self.next() != END_ARRAY:
            yield

    def _at(self, value: Any) -> str | None:
        if value is BROKEN:
            raise ContentError(_UNREADABLE)
        self._value = value
        if value is _END:
            self.kind = None
        elif isinstance(value, dict):
            self._open.append(_Container(iter(value.items()), is_object=True))
            self.kind = START_OBJECT
        elif isinstance(value, (list, tuple)):
            self._open.append(_Container(iter(value), is_object=False))
            self.kind = START_ARRAY
        else:
            self.kind = kind_of(value)
        return self.kind


def kind_of(value: Any) -> str:
    """The kind of the first token of `value`."""
    plain = value.value if isinstance(value, Written) else value
    if isinstance(plain, str):
        return VALUE_STRING
    if isinstance(plain, bool):
        return VALUE_BOOLEAN
    if isinstance(plain, (int, float)):
        return VALUE_NUMBER
    if isinstance(plain, dict):
        return START_OBJECT
    return VALUE_NULL if plain is None else START_ARRAY


def text_of(value: Any) -> str:
    """The text of a string, number or boolean, as it was written."""
    if isinstance(value, str):
        return value
    if isinstance(value, Written):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def plain_value(value: Any) -> Any:
    """The value with numbers and booleans as Python has them. ContentError if its text could not be read on."""
    root = [value]
    left: list[Any] = [root]
    while left:  # without recursion: a body may be nested deeper than Python's calls
        container = left.pop()
        for place in list(container) if isinstance(container, dict) else range(len(container)):
            item = container[place]
            if item is BROKEN:
                raise ContentError(_UNREADABLE)
            if isinstance(item, Written):
                container[place] = item.value
            elif isinstance(item, (dict, list)):
                left.append(item)
    return root[0]


class _Container:
    """An object or array that is being walked through."""

    __slots__ = ("count", "entries", "is_object", "name", "pending")

    def __init__(self, entries: Iterator[Any], *, is_object: bool) -> None:
        self.entries = entries
        self.is_object = is_object
        self.count = 0
        """The number of entries that were begun."""
        self.name: str | None = None
        self.pending: Any = _END
        """The value of the field whose name was the last token."""

    @property
    def place(self) -> str | int | None:
        """The name of the field or the index of the element that was begun last."""
        if self.is_object:
            return self.name
        return self.count - 1 if self.count else None


class _End:
    """No value: there is none left."""


_END: Final = _End()


def _refuse_broken(value: Any) -> None:
    """What is broken off ends in BROKEN, so only what comes last in it is looked at."""
    while isinstance(value, (dict, list)) and value:
        value = next(reversed(value.values())) if isinstance(value, dict) else value[-1]
    if value is BROKEN:
        raise ContentError(_UNREADABLE)
