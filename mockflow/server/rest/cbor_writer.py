"""CBOR as OpenSearch writes it (docs/reference/opensearch.md, "Rendering")."""

import struct
from collections.abc import Mapping
from typing import Any, Final

CBOR_TYPE: Final = "application/cbor"

_UNSIGNED, _NEGATIVE, _TEXT = 0x00, 0x20, 0x60
_ARRAY, _MAP, _END = b"\x9f", b"\xbf", b"\xff"  # of unknown length, as Jackson writes them
_FALSE, _TRUE, _NULL, _DOUBLE = b"\xf4", b"\xf5", b"\xf6", b"\xfb"


def cbor(value: Any) -> bytes:
    """The JSON value as CBOR. Raises RecursionError for one that is nested too deep."""
    written = bytearray()
    _write(value, written)
    return bytes(written)


def _write(value: Any, to: bytearray) -> None:
    if isinstance(value, Mapping):
        to += _MAP
        for key, item in value.items():
            _write(str(key), to)
            _write(item, to)
        to += _END
    elif isinstance(value, list | tuple):
        to += _ARRAY
        for item in value:
            _write(item, to)
        to += _END
    elif isinstance(value, str):
        text = value.encode("utf-8", "replace")
        to += _head(_TEXT, len(text)) + text
    elif value is None:
        to += _NULL
    elif isinstance(value, bool):
        to += _TRUE if value else _FALSE
    elif isinstance(value, int):
        to += _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
    else:
        to += _DOUBLE + struct.pack(">d", value)


def _head(kind: int, count: int) -> bytes:
    """The type and a number, in the shortest form."""
    if count < 24:
        return bytes((kind | count,))
    size = 1 if count < 1 << 8 else 2 if count < 1 << 16 else 4 if count < 1 << 32 else 8
    return bytes((kind | 23 + size.bit_length(),)) + count.to_bytes(size, "big")
