"""Ends tests whose client keeps asking although its connection is closed each time."""

import ctypes
import threading
from typing import Final

import pytest


class EndlessPolling(pytest.fail.Exception):  # type: ignore[name-defined, misc]
    """Not an Exception, so that a program that catches all exceptions cannot swallow it."""

    def __init__(self) -> None:
        super().__init__("a client keeps polling although its connection is closed; the test was interrupted")


class Interrupter:
    """Ends a test whose client keeps polling although its connection is closed each time.

    It raises EndlessPolling in the thread of the test. It does so only between `enable` and `disable`, while pytest
    attributes the exception to the test.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._times = 0

    def enable(self) -> None:
        with self._lock:
            self._thread = threading.get_ident()

    def disable(self) -> None:
        with self._lock:
            self._thread = None

    @property
    def has_cut_off(self) -> bool:
        """Whether a connection was closed since the test began."""
        return self._times > 0

    def forget(self) -> None:
        """A test begins."""
        with self._lock:
            self._times = 0

    def cut_off(self) -> None:
        """Called when the connection of an endlessly polling client was closed."""
        with self._lock:
            self._times += 1
            if self._times > _CUTS and self._thread is not None:
                exception = ctypes.py_object(EndlessPolling)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), exception)


_CUTS: Final = 25  # a client may retry this often before it gives up
