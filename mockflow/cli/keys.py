"""Keys that are pressed in a terminal while a picture is shown."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NAMES: Final = {
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1b[5~": "page up",
    "\x1b[6~": "page down",
    "\x1b[H": "home",
    "\x1b[1~": "home",
    "\x1b[F": "end",
    "\x1b[4~": "end",
    "\x1bOA": "up",
    "\x1bOB": "down",
    "\x1b": "escape",
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\b": "backspace",
}
"""The names of keys that have no character."""


class Keys:
    """Reads keys; without a terminal as standard input there are none."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def wait(self, seconds: float) -> str | None:
        """The name or the character of the next key, or None after `seconds`."""
        if self._descriptor is None:
            time.sleep(seconds)
            return None
        import select

        if not select.select([self._descriptor], [], [], seconds)[0]:
            return None
        pressed = os.read(self._descriptor, 16)
        if not pressed:  # the terminal is gone
            self._descriptor = None
            return None
        text = pressed.decode("utf-8", "replace")
        return NAMES.get(text, text if text.isprintable() else None)


@contextmanager
def keys() -> Iterator[Keys]:
    """Reads single keys without an echo meanwhile; Ctrl-C stays what it is."""
    try:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError):  # Windows, or no terminal
        yield Keys(None)
        return
    except Exception as error:
        if type(error).__name__ != "error":  # termios.error
            raise
        yield Keys(None)
        return
    try:
        tty.setcbreak(descriptor)
        yield Keys(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
