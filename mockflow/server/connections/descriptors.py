"""File descriptors: how many connections a process may hold, each of which is one."""

import os
import sys
from contextlib import suppress
from typing import Final

from mockflow.core.base.bounds import SPARE_DESCRIPTORS

_LEAST: Final = 8  # connections that are tried however few descriptors there are
_IN_USE: Final = 32  # descriptors, where the system does not list them
_LISTS: Final = ("/proc/self/fd", "/dev/fd")


def raise_limit(connections: int) -> None:
    """Raises the soft limit of this process, if it can be, so that it can hold this many connections."""
    if sys.platform == "win32":  # sockets are no descriptors there
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _in_use() + connections + SPARE_DESCRIPTORS
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    with suppress(OSError, ValueError):  # some systems have a lower limit than the hard one
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def fitting(connections: int, others: int = 0) -> int:
    """How many of these connections the process can hold now, beside `others`."""
    if sys.platform == "win32":
        return connections
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return connections
    return min(connections, max(_LEAST, soft - _in_use() - SPARE_DESCRIPTORS - others))


def shortage(wanted: int, taken: int) -> str | None:
    """The message for fewer connections than were wanted."""
    if taken >= wanted:
        return None
    return (
        f"this process may open too few files for {wanted} connections, so it takes {taken}; "
        "ulimit -n raises the limit, --max-connections sets another number"
    )


def _in_use() -> int:
    for folder in _LISTS:
        with suppress(OSError):
            return len(os.listdir(folder))  # noqa: PTH208 - only their number
    return _IN_USE
