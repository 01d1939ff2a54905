"""Results that follow from a large text, so that a thread may find them before the event loop needs them."""

import threading
from collections.abc import Callable, Hashable
from hashlib import sha256
from typing import Any, Final, TypeVar

LARGE: Final = 16 * 1024
"""Characters; what follows from a shorter text is found anew each time."""
_KEPT: Final = 32

Result = TypeVar("Result")


class LargeTexts:
    """The latest results of pure functions of large texts, by the digest of the text."""

    def __init__(self) -> None:
        self._results: dict[Hashable, Any] = {}
        self._lock = threading.Lock()

    def result(self, text: str, key: Hashable, find: Callable[[], Result]) -> Result:
        """What `find` returns. It depends on nothing but the text and `key`, which has its name too."""
        if len(text) < LARGE:
            return find()
        whole = sha256(text.encode("utf-8", "surrogatepass")).digest(), key
        with self._lock:
            if whole in self._results:
                found: Result = self._results[whole]
                return found
        found = find()
        with self._lock:
            self._results[whole] = found
            if len(self._results) > _KEPT:
                del self._results[next(iter(self._results))]
        return found


LARGE_TEXTS: Final = LargeTexts()
