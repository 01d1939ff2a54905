"""An event loop in its own thread, for clusters that serve synchronous code."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from mockflow.handle.errors import MockFlowError

_SECONDS: Final = 30.0
T = TypeVar("T")
FORKED: Final = (
    "this process was forked from the one that runs the MockFlow, and has no thread that serves it; "
    "MockFlow.connect(url) with its url makes a handle that works here"
)


class LoopThread:
    """Runs from `start` to `stop`. The thread is a daemon, so it does not keep a process alive."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self.loop.run_forever, name="mockflow", daemon=True)

    @property
    def is_elsewhere(self) -> bool:
        """Whether this process is a fork of the one in which the loop runs."""
        return os.getpid() != self._process

    def start(self) -> "LoopThread":
        self._thread.start()
        return self

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs `work` in the loop and waits for its result. Raises MockFlowError in a forked child."""
        if self.is_elsewhere:
            work.close()
            raise MockFlowError(FORKED)
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(_SECONDS)

    def stop(self) -> None:
        """Ends the loop and joins the thread. Does nothing in a forked child."""
        if self.is_elsewhere:
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_SECONDS)
        self.loop.close()
