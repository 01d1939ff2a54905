"""Reads regular files only: a FIFO or a device, which may wait for ever or never end, is refused."""

import errno
import os
import stat
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
    with os.fdopen(descriptor, "rb") as stream:
        _refuse_special(os.fstat(descriptor).st_mode)
        return stream.read(at_most)


def require_regular(path: str | Path) -> None:
    """Raises OSError for a path that does not exist, and SpecialFileError for one that is neither file nor folder."""
    _refuse_special(Path(path).stat().st_mode)


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
