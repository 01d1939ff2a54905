"""An event loop in its own thread, for clusters that serve synchronous code."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

_SECONDS: Final = 30.0
T = TypeVar("T")


class LoopThread:
    """Runs from `start` to `stop`. The thread is a daemon, so it does not keep a process alive."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="mockflow", daemon=True)

    def start(self) -> "LoopThread":
        self._thread.start()
        return self

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs `work` in the loop and waits for its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(_SECONDS)

    def stop(self) -> None:
        """Ends the loop and joins the thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_SECONDS)
        self.loop.close()
