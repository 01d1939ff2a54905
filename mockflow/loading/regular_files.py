"""Reads regular files only: a FIFO or a device, which may wait for ever or never end, is refused."""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final


class SpecialFileError(OSError):
    """The path is a FIFO, a device or a socket."""

    def __str__(self) -> str:
        return str(self.strerror)


def read_regular(path: str | Path, at_most: int = -1) -> bytes:
    """The first `at_most` bytes of a file; -1: all. Raises OSError, for what is no file SpecialFileError."""
    require_regular(path)  # before it is opened: to open a device may have effects
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _refuse_special(os.fstat(descriptor).st_mode)
        return b"".join(_parts(descriptor, at_most))
    finally:
        os.close(descriptor)


def _parts(descriptor: int, at_most: int) -> Iterator[bytes]:
    left = at_most if at_most >= 0 else sys.maxsize
    while left and (part := os.read(descriptor, min(left, _AT_ONCE))):
        yield part
        left -= len(part)


_AT_ONCE: Final = 64 * 1024
"""Each read takes a buffer of its size: one of all that a file may have costs more than to parse a usual file."""


def require_regular(path: str | Path) -> None:
    """Raises OSError for a path that does not exist, and SpecialFileError for one that is neither file nor folder."""
    _refuse_special(os.stat(path).st_mode)  # noqa: PTH116 - a Path for each of many files costs as much again


def _refuse_special(mode: int) -> None:
    for is_kind, name in _KINDS:
        if is_kind(mode):
            raise SpecialFileError(errno.EINVAL, f"it is a {name}, not a file")


_KINDS: Final = (
    (stat.S_ISFIFO, "FIFO"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
    (stat.S_ISSOCK, "socket"),
)
