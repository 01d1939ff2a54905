"""Smile, Jackson's binary JSON, as OpenSearch writes it (docs/reference/opensearch.md, "Rendering")."""

import struct
from collections.abc import Mapping
from typing import Any, Final

SMILE_TYPE: Final = "application/smile"

_HEADER: Final = b":)\n\x05"  # names are written once, then by number; values are not
_MOST_NAMES: Final = 1024  # the reader begins a new list of names after this many
_OBJECT, _OBJECT_END, _ARRAY, _ARRAY_END = 0xFA, 0xFB, 0xF8, 0xF9
_EMPTY, _NULL, _FALSE, _TRUE, _INT, _LONG, _DOUBLE = 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x29
_LONG_ASCII, _LONG_UNICODE, _LONG_NAME, _TEXT_END = 0xE0, 0xE4, 0x34, 0xFC


def smile(value: Any) -> bytes:
    """The JSON value as Smile. Raises RecursionError for one that is nested too deep."""
    return _Writer().written(value)


class _Writer:
    """Writes one document. The reader keeps the same list of names."""

    def __init__(self) -> None:
        self._to = bytearray(_HEADER)
        self._names: dict[str, int] = {}
        self._count = 0

    def written(self, value: Any) -> bytes:
        self._write(value)
        return bytes(self._to)

    def _write(self, value: Any) -> None:
        to = self._to
        if isinstance(value, Mapping):
            to.append(_OBJECT)
            for key, item in value.items():
                self._name(str(key))
                self._write(item)
            to.append(_OBJECT_END)
        elif isinstance(value, list | tuple):
            to.append(_ARRAY)
            for item in value:
                self._write(item)
            to.append(_ARRAY_END)
        elif isinstance(value, str):
            to += _text(value)
        elif value is None:
            to.append(_NULL)
        elif isinstance(value, bool):
            to.append(_TRUE if value else _FALSE)
        elif isinstance(value, int):
            to += _integer(value)
        else:
            to.append(_DOUBLE)
            to += _in_sevens(struct.pack(">d", value))

    def _name(self, name: str) -> None:
        """By its number where the reader has it; a number whose low byte is 0xFE or 0xFF is never used."""
        number = self._names.get(name)
        if number is not None and number & 0xFF < 0xFE:
            self._to += bytes((0x40 | number,)) if number < 64 else bytes((0x30 | number >> 8, number & 0xFF))
            return
        text = name.encode("utf-8", "replace")
        if not text:
            self._to.append(_EMPTY)
            return
        if text.isascii() and len(text) <= 64:
            self._to.append(0x80 + len(text) - 1)
        elif not text.isascii() and len(text) <= 57:
            self._to.append(0xC0 + len(text) - 2)
        else:
            self._to.append(_LONG_NAME)
            self._to += text
            self._to.append(_TEXT_END)
            return
        self._to += text
        if self._count == _MOST_NAMES:
            self._names.clear()
            self._count = 0
        self._names[name] = self._count
        self._count += 1


def _text(value: str) -> bytes:
    text = value.encode("utf-8", "replace")
    length = len(text)
    if not text:
        return bytes((_EMPTY,))
    if text.isascii():
        if length <= 64:
            return bytes((0x40 + length - 1,)) + text
        return bytes((_LONG_ASCII,)) + text + bytes((_TEXT_END,))
    if length <= 65:
        return bytes((0x80 + length - 2,)) + text
    return bytes((_LONG_UNICODE,)) + text + bytes((_TEXT_END,))


def _integer(value: int) -> bytes:
    """Zigzag: 0, -1, 1, -2, ... are 0, 1, 2, 3, ..."""
    folded = value << 1 if value >= 0 else (-value << 1) - 1
    if folded < 32:
        return bytes((0xC0 | folded,))
    last, rest = 0x80 | folded & 0x3F, folded >> 6
    digits = []
    while rest:
        digits.append(rest & 0x7F)
        rest >>= 7
    return bytes((_INT if -(1 << 31) <= value < 1 << 31 else _LONG, *reversed(digits), last))


def _in_sevens(eight: bytes) -> bytes:
    """64 bits as ten bytes of seven bits."""
    number = int.from_bytes(eight, "big")
    return bytes(number >> shift & 0x7F for shift in range(63, -1, -7))
